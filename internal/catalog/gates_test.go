package catalog_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// gatesOf are gates that a healthy job passes, one for each thing that the
// provider declares.
func gatesOf(t *testing.T, provider string) []gate.Gate {
	t.Helper()
	p, ok := catalog.Find(provider)
	if !ok {
		t.Fatalf("no provider %s", provider)
	}
	// Most values are far below these; what is to be much is above 0.
	far := map[job.Unit]string{job.Seconds: " < 999999m", job.Percent: " < 100%", job.PerSecond: " > 0/s", job.BytesPerSecond: " > 0B/s", job.Count: " < 999999999"}
	var lines []string
	for _, m := range p.Metrics() {
		far := far[m.Unit]
		switch m.Name {
		case "state":
			lines = append(lines, m.Name+" != "+m.States[len(m.States)-1])
			continue
		case "progress":
			far = " > 0%"
		}
		if m.Alone || m.Aggregations == nil {
			lines = append(lines, m.Name+far)
		}
		for _, a := range m.Aggregations {
			lines = append(lines, a+"("+m.Name+")"+far)
		}
		for _, key := range m.Selectors {
			subject := m.Name + "{" + key + `~"*"}`
			if m.Aggregations != nil && !m.Alone {
				subject = m.Aggregations[0] + "(" + subject + ")"
			}
			lines = append(lines, subject+far)
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
	w = newWorld(s.service)
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

// TestUnitsAreTheNames: a name means the same on every provider.
func TestUnitsAreTheNames(t *testing.T) {
	for _, p := range catalog.Providers() {
		for _, m := range p.Metrics() {
			if m.Unit != job.UnitOf(m.Name) {
				t.Errorf("%s measures %s in %q, the others in %q", p.Name, m.Name, m.Unit, job.UnitOf(m.Name))
			}
		}
	}
}

// TestGatesOverPolls: values that a service gives only of the moment are
// watched for as long as a gate asks, though the job has reached its goal.
func TestGatesOverPolls(t *testing.T) {
	tests := map[string]struct {
		gate    string
		outcome job.Outcome
		least   time.Duration
		most    time.Duration
	}{
		"held":         {"replication_delay < 30s for 2m after 90s", job.Succeeded, 2 * time.Minute, 5 * time.Minute},
		"not yet held": {"replication_delay < 30s for 4m", job.GateFailed, 4 * time.Minute, 6 * time.Minute},
		"mean":         {"replication_delay < 4s over 60s after 2m", job.Succeeded, 2 * time.Minute, 5 * time.Minute},
		"at once":      {"replication_delay < 10m", job.Succeeded, 0, 2 * time.Minute},
	}
	i := slices.IndexFunc(subjects(), func(s subject) bool { return s.name == "drs sync" })
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, r := judgedRun(t, subjects()[i], parsed(t, "huawei-drs", test.gate), nil)
				if took := time.Since(began); r.Outcome != test.outcome || took < test.least || took > test.most {
					t.Errorf("%s after %s, %+v", r.Outcome, took, r.Items[0].Gates)
				}
			})
		})
	}
}

// TestNoValueIsNotWaitedFor: a full migration has no delay at all.
func TestNoValueIsNotWaitedFor(t *testing.T) {
	i := slices.IndexFunc(subjects(), func(s subject) bool { return s.name == "drs full" })
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		_, r := judgedRun(t, subjects()[i], parsed(t, "huawei-drs", "replication_delay < 30s for 30m"), nil)
		if took := time.Since(began); r.Outcome != job.Unjudged || took > 5*time.Minute {
			t.Errorf("%s after %s", r.Outcome, took)
		}
	})
}

// TestStandings: while jobs run it is told how their gates stand, about once a
// minute, and of very many jobs it is not.
func TestStandings(t *testing.T) {
	for jobs, reports := range map[int]bool{1: true, standings + 1: false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld("pts")
			gates := parsed(t, "tencent-pts", "error_rate < 1%\np95(response_time) < 100ms")
			inputs := strings.Replace(subjects()[0].inputs, "scenario-demo", "scenario-slow", 1)
			var told []string
			o := engine.Options{
				Mark: engine.Mark{Run: "standing"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second, Heartbeat: 15 * time.Second,
				Notify: func(e engine.Event) {
					if e.Kind == engine.Beats && e.Item.Gates != nil {
						told = append(told, string(e.Item.Gates[0].Verdict)+" "+string(e.Item.Gates[1].Verdict))
					}
				},
			}
			var services []engine.Service
			for range jobs {
				s := subjects()[0]
				s.inputs = inputs
				list, _, _ := s.open(t, env(w.Transport()))
				services, o.Gates = append(services, list...), append(o.Gates, gates)
			}
			engine.Run(t.Context(), services, o)
			calls := w.Calls()["DescribeSampleMatrixBatchQuery"]
			switch {
			case reports && (len(told) < 3 || told[len(told)-1] != "pass fail"):
				t.Errorf("one job: %q", told)
			case reports && calls > 10:
				t.Errorf("one job: %d calls for curves in two minutes", calls)
			case !reports && len(told) > 0:
				t.Errorf("%d jobs: told %d times", jobs, len(told))
			}
		})
	}
}

// standings is how many jobs are told of at the most.
const standings = 20

// TestEarlierResults: a limit follows from what passed before, for the job that
// it is of.
func TestEarlierResults(t *testing.T) {
	of := func(p95 float64) *gate.Baseline {
		sample := job.Sample{Metric: "response_time", Aggregation: "p95", Value: p95}
		return &gate.Baseline{Least: 2, Reports: []job.Report{{Samples: []job.Sample{sample}}, {Samples: []job.Sample{sample}}}}
	}
	for want, baseline := range map[job.Outcome]*gate.Baseline{job.Succeeded: of(0.21), job.GateFailed: of(0.19), job.Unjudged: {Least: 2, Why: "none passed"}} {
		synctest.Test(t, func(t *testing.T) {
			asked := ""
			_, r := judgedRun(t, subjects()[0], parsed(t, "tencent-pts", "p95(response_time) <= baseline +10%"), func(o *engine.Options) {
				o.Baseline = func(provider, what string) *gate.Baseline { asked = provider + " " + what; return baseline }
			})
			if r.Outcome != want || asked != "tencent-pts scenario scenario-demo" {
				t.Errorf("%s, want %s; asked for %s; %+v", r.Outcome, want, asked, r.Items[0].Gates)
			}
		})
	}
}

// TestUnfinished: a job that did not run to its end has no verdict, whatever
// its gates were then, but what it measured is told.
func TestUnfinished(t *testing.T) {
	for _, s := range subjects() {
		if !s.well {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gates := gatesOf(t, s.provider)
				_, r := judgedRun(t, s, gates, func(o *engine.Options) { o.Timeout = 15 * time.Second })
				item := r.Items[0]
				if item.End != job.TimedOut {
					t.Skipf("it ended as %s before", item.End)
				}
				if len(item.Gates) != len(gates) || item.Verdict != job.Inconclusive || item.Report.Samples == nil {
					t.Errorf("verdict %s, %d gates, %d samples", item.Verdict, len(item.Gates), len(item.Report.Samples))
				}
				for _, j := range item.Gates {
					if j.Verdict != job.Inconclusive || !strings.HasPrefix(j.Reason, "the job did not end in time") {
						t.Errorf("%s: %s, %s", j.Gate, j.Verdict, j.Reason)
					}
				}
			})
		})
	}
}

// parsed are gates of a provider.
func parsed(t *testing.T, provider, text string) []gate.Gate {
	t.Helper()
	p, _ := catalog.Find(provider)
	gates, problems := gate.Parse("gates", text)
	if problems = append(problems, gate.Check(gates, p.Metrics(), p.Name)...); len(problems) > 0 {
		t.Fatal(problems)
	}
	return gates
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
		"no data, allowed":   {empty, "error_rate < 1%", "pass", job.Succeeded, job.Inconclusive},
		"no baseline":        {healthy, "avg(response_time) <= baseline +10%", "", job.Unjudged, job.Inconclusive},
		"abort not broken":   {healthy, "abort p95(response_time) < 2s over 10s", "", job.Succeeded, job.Pass},
		"abort":              {slow, "abort p95(response_time) < 500ms over 10s after 10s", "", job.GateFailed, job.Fail},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gates := parsed(t, "tencent-pts", test.gates)
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

// TestLostReport: what was seen while the job ran decides nothing, if the
// report of its end cannot be read.
func TestLostReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("pts")
		services, _, _ := subjects()[0].open(t, env(w.Transport()))
		r := engine.Run(t.Context(), services, engine.Options{
			Mark: engine.Mark{Run: "lost"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second, Heartbeat: 10 * time.Second,
			Gates: [][]gate.Gate{parsed(t, "tencent-pts", "error_rate < 9%")},
			Notify: func(e engine.Event) {
				if e.Item.Last.State == job.StateSucceeded && e.Kind == engine.Changes {
					w.Inject(emulator.Fault{Kind: emulator.Drop, Times: -1})
				}
			},
		})
		item := r.Items[0]
		if r.Outcome != job.Unjudged || !strings.HasPrefix(item.Gates[0].Reason, "the report could not be read: DescribeJobs: ") || !strings.Contains(item.Gates[0].Reason, "; after ") || item.Report.Samples == nil {
			t.Errorf("%s, %+v", r.Outcome, item.Gates)
		}
	})
}

// TestForeseen: as soon as it is known how long a run is to be, it is told which
// gates it is too short for.
func TestForeseen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		began := time.Now()
		_, r := judgedRun(t, subjects()[0], parsed(t, "tencent-pts", "error_rate < 1% over 5s\nerror_rate < 1% over 20m after 10s\nrps > 1/s after 40m"), func(o *engine.Options) {
			o.Notify = func(e engine.Event) {
				if e.Kind == engine.Trouble && time.Since(began) < 5*time.Second {
					told = append(told, e.Text)
				}
			}
		})
		if len(told) != 2 || !strings.HasPrefix(told[0], "error_rate < 1% over 20m after 10s takes 20m10s until it can be judged, and the run is planned for ") || !strings.HasPrefix(told[1], "rps > 1/s after 40m takes 40m ") {
			t.Errorf("told %q", told)
		}
		gates := r.Items[0].Gates
		if r.Outcome != job.Unjudged || gates[0].Verdict != job.Pass || gates[1].Verdict != job.Inconclusive || gates[2].Verdict != job.Inconclusive || gates[1].Reason == "" {
			t.Errorf("%s, %+v", r.Outcome, gates)
		}
	})
}

// rewritten is a road on which a number of the answers is another.
type rewritten struct {
	http.RoundTripper
	field *regexp.Regexp // its first group stays
	value string
}

func (r rewritten) RoundTrip(request *http.Request) (*http.Response, error) {
	answer, err := r.RoundTripper.RoundTrip(request)
	if err != nil {
		return answer, err
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return answer, err
	}
	body = r.field.ReplaceAll(body, []byte("${1}"+r.value))
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return answer, nil
}

// TestNonsenseIsNoData: what can be no value decides nothing, and is told.
func TestNonsenseIsNoData(t *testing.T) {
	for name, test := range map[string]struct {
		subject, field, value string
		gate, why             string
	}{
		"a negative rate":        {"pts healthy", `("ErrorRate":)[0-9.]+`, "-1", "error_rate < 90%", "the service sent -1%, and error_rate is never below 0%"},
		"more than all":          {"pts healthy", `("ErrorRate":)[0-9.]+`, "1e308", "error_rate < 90%", "the service sent 1e+308%, and error_rate is never above 100%"},
		"less than no requests":  {"pts healthy", `("RequestTotal":)[0-9.]+`, "-1", "error_rate < 90%", "requests"},
		"half a request":         {"pts healthy", `("RequestTotal":)[0-9.]+`, "1000.5", "requests > 10", "the service sent 1000.5, and requests is a whole number"},
		"over time":              {"pts healthy", `("Value":)0[.][0-9]+`, "-3", "error_rate < 90% over 5s", "the service sent -3%, and error_rate is never below 0%"},
		"while it runs":          {"drs sync", `("incre_trans_delay":")[0-9]+`, "99999999999", "replication_delay < 100m for 30s", "the service sent 9.9999999999e+10s, and replication_delay is never above 100 years"},
		"a time in another unit": {"dataarts once", `("endTime":)[0-9]+`, "1780000000000000", "duration < 100000m", "DataArts does not tell when the run began and ended"},
		"a time long after":      {"pts healthy", `("EndTime":")[^"]+`, "2150-01-01T00:00:00Z", "duration < 100000m", "the service tells no end"},
		"a time before all":      {"drs full", `("full_transfer_complete_time":"?)[0-9]+`, "1", "duration < 100000m", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := slices.IndexFunc(subjects(), func(s subject) bool { return s.name == test.subject })
				s := subjects()[i]
				w := newWorld(s.service)
				services, p, _ := s.open(t, env(rewritten{w.Transport(), regexp.MustCompile(test.field), test.value}))
				r := engine.Run(t.Context(), services, engine.Options{
					Mark: engine.Mark{Run: "odd"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second,
					Gates: [][]gate.Gate{parsed(t, p.Name, test.gate)},
				})
				item := r.Items[0]
				if item.Gates[0].Verdict != job.Inconclusive || !strings.Contains(item.Gates[0].Reason, test.why) {
					t.Errorf("%s: %s, %q", r.Outcome, item.Gates[0].Verdict, item.Gates[0].Reason)
				}
				if year := item.Last.Ended.Year(); !item.Last.Ended.IsZero() && (year < 2000 || year > 2100) {
					t.Errorf("it ended at %s", item.Last.Ended)
				}
			})
		})
	}
}
