package catalog_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/engine"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// gatesOf are gates that any value passes, one for each thing that the
// provider declares.
func gatesOf(t *testing.T, provider string) []gate.Gate {
	t.Helper()
	p, ok := catalog.Find(provider)
	if !ok {
		t.Fatalf("no provider %s", provider)
	}
	zero := map[job.Unit]string{job.Seconds: "0s", job.Percent: "0%", job.PerSecond: "0/s", job.BytesPerSecond: "0B/s", job.Count: "0"}
	var lines []string
	for _, m := range p.Metrics() {
		if m.Unit == job.Word {
			lines = append(lines, m.Name+" != nothing")
			continue
		}
		if m.Alone || m.Aggregations == nil {
			lines = append(lines, m.Name+" >= "+zero[m.Unit])
		}
		for _, a := range m.Aggregations {
			lines = append(lines, a+"("+m.Name+") >= "+zero[m.Unit])
		}
		for _, key := range m.Selectors {
			subject := m.Name + "{" + key + `~"*"}`
			if m.Aggregations != nil && !m.Alone {
				subject = m.Aggregations[0] + "(" + subject + ")"
			}
			lines = append(lines, subject+" >= "+zero[m.Unit])
		}
	}
	gates, problems := gate.Parse("gates", strings.Join(lines, "\n"))
	problems = append(problems, gate.Check(gates, p.Metrics(), p.Name)...)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return gates
}

// judgedRun runs a subject to its end under gates.
func judgedRun(t *testing.T, s subject, gates []gate.Gate, change func(*engine.Options)) (w *world, r engine.Result) {
	t.Helper()
	w = newWorld()
	services, _, _ := s.open(t, env(w.Transport()))
	o := engine.Options{
		Mark: engine.Mark{Run: "judged"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second, OnTimeout: engine.Stop,
		Gates: [][]gate.Gate{gates},
	}
	if change != nil {
		change(&o)
	}
	return w, engine.Run(t.Context(), services, o)
}

// TestEveryMetricIsJudged takes every metric that a provider declares from the
// emulator through the SDK to a judged gate.
func TestEveryMetricIsJudged(t *testing.T) {
	// What a job of the kind can have no value for, with the reason.
	without := map[string]string{
		"drs full": "replication_delay", // a full migration has no increments
	}
	for _, s := range subjects() {
		if !s.well {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gates := gatesOf(t, s.provider)
				_, r := judgedRun(t, s, gates, func(o *engine.Options) { o.Unjudged = "pass" })
				item := r.Items[0]
				if len(item.Gates) != len(gates) || item.End != job.Succeeded {
					t.Fatalf("%d of %d gates judged, end %s, %v", len(item.Gates), len(gates), item.End, item.Report.Notes)
				}
				for i, j := range item.Gates {
					missing := without[s.name]
					ongoing := (s.name == "drs sync" || s.name == "dataarts stream") && gates[i].Metric == "duration" // it has no end yet
					if j.Verdict != job.Pass && gates[i].Metric != missing && !ongoing {
						t.Errorf("%s: %s, %s", j.Gate, j.Verdict, j.Reason)
					}
				}
			})
		})
	}
}

// TestGatesDecide holds the outcome of jobs that end well against their gates.
func TestGatesDecide(t *testing.T) {
	healthy := subjects()[0]
	slow := healthy
	slow.inputs = strings.Replace(slow.inputs, "scenario-demo", "scenario-slow", 1)
	empty := healthy
	empty.inputs = strings.Replace(empty.inputs, "scenario-demo", "scenario-empty", 1)
	tests := map[string]struct {
		subject  subject
		gates    string
		unjudged string
		outcome  job.Outcome
		verdict  job.Verdict
	}{
		"pass":               {healthy, "p95(response_time) < 300ms\nerror_rate < 1%", "", job.Succeeded, job.Pass},
		"fail":               {healthy, "p95(response_time) < 200ms", "", job.GateFailed, job.Fail},
		"warn":               {healthy, "warn p95(response_time) < 200ms", "", job.Succeeded, job.Pass},
		"no data is no pass": {empty, "error_rate < 1%", "", job.Unjudged, job.Inconclusive},
		"no data, allowed":   {empty, "error_rate < 1%", "pass", job.Succeeded, job.Pass},
		"no baseline":        {healthy, "avg(response_time) <= baseline +10%", "", job.Unjudged, job.Inconclusive},
		"abort not broken":   {healthy, "abort p95(response_time) < 2s over 10s", "", job.Succeeded, job.Pass},
		"abort":              {slow, "abort p95(response_time) < 500ms over 10s after 10s", "", job.GateFailed, job.Fail},
	}
	p, _ := catalog.Find("tencent-pts")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gates, problems := gate.Parse("gates", test.gates)
				if problems = append(problems, gate.Check(gates, p.Metrics(), p.Name)...); len(problems) > 0 {
					t.Fatal(problems)
				}
				began := time.Now()
				w, r := judgedRun(t, test.subject, gates, func(o *engine.Options) { o.Unjudged = test.unjudged })
				item := r.Items[0]
				if r.Outcome != test.outcome || item.Verdict != test.verdict {
					t.Errorf("outcome %s, verdict %s, gates %+v, notes %q", r.Outcome, item.Verdict, item.Gates, item.Report.Notes)
				}
				if name == "abort" && (item.Status != "JobAborted" || time.Since(began) > 50*time.Second || len(w.live(test.subject)) > 0) {
					t.Errorf("an abort gate was broken, and the job ended as %s after %s", item.Status, time.Since(began))
				}
			})
		})
	}
}
