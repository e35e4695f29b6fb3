package plan_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
)

// TestGuards: a job has the limits of the step, of the top of its plan, of its
// provider and its own, as far as they can be held for it; of several the lowest
// counts.
func TestGuards(t *testing.T) {
	const (
		pts   = "{provider: tencent-pts, project_id: p, scenario_id: s"
		batch = "{provider: tencent-batch, region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, job: {Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: x}}]}"
		drs   = "{provider: huawei-drs, project_id: p, region: cn-north-4, job_ids: [9a470239-2308-4bb5-a6bc-1040402fjb21]}"
	)
	for name, test := range map[string]struct {
		step, plan string
		want       []engine.Guard
	}{
		"none":                      {"", "jobs: [" + pts + "}, " + drs + "]", []engine.Guard{nil, nil}},
		"of one job":                {"", "jobs: [" + pts + ", max_vum: 7, max_duration: 1m}, " + pts + "}]", []engine.Guard{{job.VUM: 420, job.Length: 60}, nil}},
		"of the top":                {"", "{max_vum: 7, max_duration: 2m, jobs: [" + pts + "}, " + batch + "}, " + drs + "]}", []engine.Guard{{job.VUM: 420, job.Length: 120}, {job.Length: 120}, nil}},
		"of the step":               {"max_instances=3", "jobs: [" + pts + "}, " + batch + "}]", []engine.Guard{nil, {job.Instances: 3}}},
		"of a provider":             {"", "{defaults: {tencent-pts: {max_virtual_users: 9}}, jobs: [" + pts + "}, " + pts + ", max_virtual_users: 10}]}", []engine.Guard{{job.VirtualUsers: 9}, {job.VirtualUsers: 10}}},
		"its own is lower":          {"max_vum=9", "jobs: [" + pts + ", max_vum: 8}]", []engine.Guard{{job.VUM: 480}}},
		"the step's is lower":       {"max_vum=7", "jobs: [" + pts + ", max_vum: 8}]", []engine.Guard{{job.VUM: 420}}},
		"what is there has none":    {"max_vum=7", "jobs: [" + pts + "}, " + pts + ", job_id: j}]", []engine.Guard{{job.VUM: 420}, nil}},
		"the largest and the least": {"", "jobs: [" + pts + ", max_vum: 1000000000000, max_virtual_users: 2147483647, max_duration: 1s}]", []engine.Guard{{job.VUM: 60e12, job.VirtualUsers: 1<<31 - 1, job.Length: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := []field.Input{{Name: "plan_file", Text: "plan.yml"}}
			if name, text, ok := strings.Cut(test.step, "="); ok {
				inputs = append(inputs, field.Input{Name: name, Text: text})
			}
			p, problems := plan.Decode(inputs, func(path string) ([]byte, error) {
				if path != "plan.yml" {
					return nil, errors.New("not there")
				}
				return []byte(test.plan), nil
			})
			if len(problems) > 0 || len(p.Jobs) != len(test.want) {
				t.Fatal(problems)
			}
			for i, want := range test.want {
				if !maps.Equal(p.Jobs[i].Guard, want) {
					t.Errorf("job %d has %v, want %v", i+1, p.Jobs[i].Guard, want)
				}
			}
		})
	}
	p, problems := plan.Decode([]field.Input{{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "p"}, {Name: "scenario_id", Text: "s"}, {Name: "max_vum", Text: "2"}}, nil)
	if len(problems) > 0 || !maps.Equal(p.Jobs[0].Guard, engine.Guard{job.VUM: 120}) {
		t.Errorf("of a step: %v, %v", p.Jobs, problems)
	}
}
