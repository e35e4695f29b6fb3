package tencentpts

import (
	"encoding/json"
	"testing"

	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// TestSize: a load is as much as its definition says, however its numbers are
// written, and what does not say it is not known.
func TestSize(t *testing.T) {
	const unformed = "the scenario has no load in a form that is documented"
	stages := func(of, more string) string { return `{"LoadSpec":{"Concurrency":{"Stages":` + of + more + `}}}` }
	const two = `[{"DurationSeconds":10,"TargetVirtualUsers":100},{"DurationSeconds":50,"TargetVirtualUsers":600}]`
	for name, test := range map[string]struct{ load, want string }{
		"stages":                   {stages(two, ""), "600 virtual users, 1m, 1,000 VUM (PTS bills its resources, 2 x 500 users)"},
		"few users":                {stages(`[{"DurationSeconds":90,"TargetVirtualUsers":1}]`, ""), "1 virtual user, 1m30s, 750 VUM (PTS bills its resources, 1 x 500 users)"},
		"a whole resource":         {stages(`[{"DurationSeconds":60,"TargetVirtualUsers":500}]`, ""), "500 virtual users, 1m, 500 VUM (PTS bills its resources, 1 x 500 users)"},
		"resources of its own":     {stages(two, `,"Resources":4`), "600 virtual users, 1m, 2,000 VUM (PTS bills its resources, 4 x 500 users)"},
		"too few resources":        {stages(two, `,"Resources":1`), "600 virtual users, 1m, 1,000 VUM (PTS bills its resources, 2 x 500 users)"},
		"no number of resources":   {stages(two, `,"Resources":-1`), "600 virtual users, 1m, vum not known (the scenario does not tell its Resources)"},
		"a graceful stop":          {stages(two, `,"GracefulStopSeconds":"30"`), "600 virtual users, 1m30s (with the 30s of its graceful stop), 1,500 VUM (PTS bills its resources, 2 x 500 users)"},
		"no number of grace":       {stages(two, `,"GracefulStopSeconds":-1`), "600 virtual users, duration not known (the scenario does not tell its GracefulStopSeconds), vum not known (the scenario does not tell its GracefulStopSeconds)"},
		"iterations":               {stages(two, `,"IterationCount":3`), "600 virtual users, duration not known (the load ends after iterations (IterationCount), and no document tells how long they take), vum not known (the load ends after iterations (IterationCount), and no document tells how long they take)"},
		"no iterations":            {stages(two, `,"IterationCount":0,"GracefulStopSeconds":null,"Resources":null`), "600 virtual users, 1m, 1,000 VUM (PTS bills its resources, 2 x 500 users)"},
		"texts, fractions, nulls":  {`{"LoadSpec":{"Concurrency":{"Stages":[null,{"DurationSeconds":"10","TargetVirtualUsers":"99.2"},{"DurationSeconds":49.5,"TargetVirtualUsers":7.0}]},"RequestsPerSecond":null,"ScriptOrigin":null}}`, "100 virtual users, 1m, 500 VUM (PTS bills its resources, 1 x 500 users)"},
		"users unknown":            {stages(`[{"DurationSeconds":10,"TargetVirtualUsers":100},{"DurationSeconds":50}]`, ""), "virtual_users not known (part 2 of the load does not tell its TargetVirtualUsers), 1m, vum not known (part 2 of the load does not tell its TargetVirtualUsers)"},
		"time unknown":             {stages(`[{"DurationSeconds":null,"TargetVirtualUsers":100}]`, ""), "100 virtual users, duration not known (part 1 of the load does not tell its DurationSeconds), vum not known (part 1 of the load does not tell its DurationSeconds)"},
		"huge":                     {stages(`[{"DurationSeconds":1e300,"TargetVirtualUsers":-5}]`, ""), "virtual_users not known (part 1 of the load does not tell its TargetVirtualUsers), duration not known (part 1 of the load does not tell its DurationSeconds), vum not known (part 1 of the load does not tell its TargetVirtualUsers)"},
		"the most that can be":     {stages(`[{"DurationSeconds":2147483647,"TargetVirtualUsers":2147483647},{"DurationSeconds":2147483647,"TargetVirtualUsers":1}]`, `,"Resources":2147483647`), "2,147,483,647 virtual users, 1193046h28m14s, 153,722,867,280,912,930.12 VUM (PTS bills its resources, 2147483647 x 500 users)"},
		"no stages":                {stages(`[null]`, ""), "0 virtual users, duration not known (the scenario does not tell how long its load lasts), vum not known (the scenario does not tell how long its load lasts)"},
		"a rate":                   {`{"LoadSpec":{"RequestsPerSecond":{"StartRequestsPerSecond":5,"MaxRequestsPerSecond":4000,"DurationSeconds":120,"Resources":2,"TargetVirtualUsers":1}}}`, "1,000 virtual users (as many as its resources carry, 2 x 500), 2m, 2,000 VUM (PTS bills its resources, 2 x 500 users)"},
		"a rate without resources": {`{"LoadSpec":{"RequestsPerSecond":{"DurationSeconds":120,"Resources":0}}}`, "virtual_users not known (a load by requests per second has as many users as its Resources carry, and the scenario does not tell them), 2m, vum not known (a load by requests per second has as many users as its Resources carry, and the scenario does not tell them)"},
		"a script":                 {`{"LoadSpec":{"ScriptOrigin":{"MachineNumber":3,"DurationSeconds":600}}}`, "virtual_users not known (the load is that of a JMeter script, which the scenario does not tell), 10m, vum not known (the load is that of a JMeter script, which the scenario does not tell)"},
		"two forms":                {`{"LoadSpec":{"ScriptOrigin":{"DurationSeconds":600},"RequestsPerSecond":{"DurationSeconds":120,"Resources":1}}}`, "virtual_users not known (" + unformed + "), duration not known (" + unformed + "), vum not known (" + unformed + ")"},
		"no form":                  {`{"LoadSpec":{}}`, "virtual_users not known (" + unformed + "), duration not known (" + unformed + "), vum not known (" + unformed + ")"},
		"null":                     {`null`, "virtual_users not known (" + unformed + "), duration not known (" + unformed + "), vum not known (" + unformed + ")"},
		"another kind":             {`"none"`, "virtual_users not known (" + unformed + "), duration not known (" + unformed + "), vum not known (" + unformed + ")"},
	} {
		t.Run(name, func(t *testing.T) {
			answer := servicetest.Answers{"DescribeScenarios": `{"Response":{"ScenarioSet":[{"ScenarioId":"scenario-demo","ProjectId":"project-demo","Load":` + test.load + `}]}}`}
			s := servicetest.Open(t, New(), answer, "{project_id: project-demo, scenario_id: scenario-demo}")[0].(*service)
			if size, err := s.Size(t.Context()); err != nil || size.Text() != test.want {
				t.Errorf("%v: %s\nwant %s", err, size.Text(), test.want)
			}
		})
	}
}

// TestSizeOfDebug: a debug run costs nothing, whatever its load is.
func TestSizeOfDebug(t *testing.T) {
	answer := servicetest.Answers{"DescribeScenarios": `{"Response":{"ScenarioSet":[{"ScenarioId":"scenario-demo","Load":{"LoadSpec":{"ScriptOrigin":{"DurationSeconds":60}}}}]}}`}
	for debug, unknown := range map[string]bool{"true": false, "false": true} {
		s := servicetest.Open(t, New(), answer, "{project_id: project-demo, scenario_id: scenario-demo, debug: "+debug+"}")[0].(*service)
		size, err := s.Size(t.Context())
		if vum := size.Of(job.VUM); err != nil || (vum.Unknown != "") != unknown || vum.N != 0 || size.Of(job.VirtualUsers).Unknown == "" {
			t.Errorf("debug %s: %v, %s", debug, err, size.Text())
		}
	}
}

// TestSizeOfNone: of a scenario that is not there nothing can be told.
func TestSizeOfNone(t *testing.T) {
	s := servicetest.Open(t, New(), servicetest.Answer(`{"Response":{"ScenarioSet":null}}`), "{project_id: project-demo, scenario_id: scenario-demo}")[0].(*service)
	if _, err := s.Size(t.Context()); job.OutcomeOf(err) != job.StartFailed {
		t.Error(err)
	}
}

// FuzzSize: whatever a load is, its size is none below 0, and its VUM are those
// of its users and its time at the least.
func FuzzSize(f *testing.F) {
	for _, load := range []string{
		`{"LoadSpec":{"Concurrency":{"Stages":[{"DurationSeconds":10,"TargetVirtualUsers":100}],"Resources":1,"GracefulStopSeconds":3}}}`,
		`{"LoadSpec":{"RequestsPerSecond":{"DurationSeconds":"120","Resources":2.5}}}`, `{"LoadSpec":{"ScriptOrigin":{"DurationSeconds":600}}}`, `null`, `[]`,
	} {
		f.Add([]byte(load))
	}
	f.Fuzz(func(t *testing.T, load []byte) {
		size := sizeOf(json.RawMessage(load))
		users, length, vum := size.Of(job.VirtualUsers), size.Of(job.Length), size.Of(job.VUM)
		for _, a := range size.Amounts {
			if a.N < 0 {
				t.Errorf("%s is %d", a.Measure, a.N)
			}
		}
		if (vum.Unknown == "") && (users.Unknown != "" || length.Unknown != "" || length.N == 0 || vum.N < job.Times(users.N, length.N)) {
			t.Errorf("%s", size.Text())
		}
	})
}
