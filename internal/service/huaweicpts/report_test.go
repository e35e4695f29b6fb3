package huaweicpts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// finished is a run of the cases to its end, and what is then said of it.
func (w *world) finished(parallel bool, cases ...int) (job.Ref, job.Status) {
	w.Helper()
	inputs := creating(cases...)
	inputs["parallel"] = fmt.Sprint(parallel)
	_, item := w.begin(w.open(inputs))
	if item.Err != nil {
		w.Fatal(item.Err)
	}
	time.Sleep(5*time.Second + time.Duration(len(cases))*time.Minute)
	return item.Ref, w.read(item.Ref)
}

func (w *world) read(ref job.Ref) job.Status {
	w.Helper()
	statuses, err := w.follower().Status(w.Context(), []job.Ref{ref})
	if err != nil {
		w.Fatal(err)
	}
	return statuses[0]
}

func (w *world) report(ref job.Ref, last job.Status) job.Report {
	w.Helper()
	r, err := w.follower().(follower).Report(w.Context(), ref, last)
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// values are the samples by "metric aggregation request"; a missing one is NaN.
func values(samples []job.Sample) map[string]float64 {
	all := map[string]float64{}
	for _, s := range samples {
		name := strings.Join(strings.Fields(s.Metric+" "+s.Aggregation), " ")
		if s.Labels != nil {
			name += " of " + s.Labels["request"]
		}
		if _, twice := all[name]; twice {
			name += " twice"
		}
		all[name] = s.Value
		if s.Missing != "" {
			all[name] = math.NaN()
		}
	}
	return all
}

// ofRun leaves the requests out, and the state, which is no number.
func ofRun(samples []job.Sample) map[string]float64 {
	all := values(samples)
	maps.DeleteFunc(all, func(name string, _ float64) bool { return strings.Contains(name, " of ") || name == "state" })
	return all
}

func (w *world) want(got, want map[string]float64) {
	w.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-6), cmpopts.EquateNaNs()); diff != "" {
		w.Errorf("values (-want +got):\n%s", diff)
	}
}

// healthy are the numbers of HealthyCase, by the facts of the emulator.
func healthy(change ...func(map[string]float64)) map[string]float64 {
	all := map[string]float64{
		"response_time avg": 0.0937, "response_time min": 0.016866, "response_time max": 0.43102,
		"response_time p50": 0.08433, "response_time p75": 0.12181, "response_time p90": 0.164912,
		"response_time p95": 0.1874, "response_time p99": 0.24362, "response_time p999": 0.29984,
		"error_rate": 0, "requests": 6000, "errors": 0, "virtual_users": 50,
		"rps": 100, "rps max": 103, "received_rate": 97000, "sent_rate": 56000, "duration": 65,
	}
	for _, c := range change {
		c(all)
	}
	return all
}

// without makes some of them missing.
func without(names ...string) func(map[string]float64) {
	return func(all map[string]float64) {
		for _, name := range names {
			if _, ok := all[name]; !ok {
				panic("no metric " + name)
			}
			all[name] = math.NaN()
		}
	}
}

// TestEveryMetric: what is declared is reported, and nothing else is.
func TestEveryMetric(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.report(w.finished(false, cptsemu.HealthyCase))
		declared := map[string]float64{}
		for _, m := range Metrics() {
			for _, a := range m.Aggregations {
				declared[m.Name+" "+a] = 0
			}
			if m.Alone {
				declared[m.Name] = 0
			}
			if m.Doc == "" || m.Call == "" || m.Late == "" {
				t.Errorf("%s is not explained", m.Name)
			}
			for _, a := range m.Series {
				if !slices.ContainsFunc(r.Series, func(s job.Series) bool { return s.Metric == m.Name && s.Aggregation == a }) {
					t.Errorf("no series of %s %s", m.Name, a)
				}
			}
		}
		got := values(r.Samples)
		maps.DeleteFunc(got, func(name string, _ float64) bool { return strings.Contains(name, " of ") })
		if diff := cmp.Diff(slices.Sorted(maps.Keys(declared)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("declared and reported:\n%s", diff)
		}
		if len(r.Series) != 4 {
			t.Errorf("%d series", len(r.Series))
		}
	})
}

// TestNumbers reads the numbers of HealthyCase through every trap that does not
// change them.
func TestNumbers(t *testing.T) {
	for name, shape := range map[string]func(*cptsemu.Switches){
		"plain":              func(*cptsemu.Switches) {},
		"SDK ids":            func(s *cptsemu.Switches) { s.CaseRunID = cptsemu.SDKForm },
		"SDK ids by empty":   func(s *cptsemu.Switches) { s.CaseRunID, s.WrongCaseEmpty = cptsemu.SDKForm, true },
		"decimals":           func(s *cptsemu.Switches) { s.DecimalsInInts = true },
		"ratio":              func(s *cptsemu.Switches) { s.RatioSuccessRate = true },
		"ratio and decimals": func(s *cptsemu.Switches) { s.RatioSuccessRate, s.DecimalsInInts = true, true },
		"epoch":              func(s *cptsemu.Switches) { s.EpochTimestamps = true },
		"all of TPS":         func(s *cptsemu.Switches) { s.TPSCountsErrors = true },
		"no successRate":     func(s *cptsemu.Switches) { s.NullMetrics = []string{"successRate", "tps"} },
		"late, null":         func(s *cptsemu.Switches) { s.ReportAfter = 20 * time.Second },
		"late, zero":         func(s *cptsemu.Switches) { s.ReportAfter, s.Missing = 20*time.Second, cptsemu.MissingZero },
		"late, no result":    func(s *cptsemu.Switches) { s.ReportAfter, s.Missing = 20*time.Second, cptsemu.MissingResult },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, shape)
				ref, last := w.finished(false, cptsemu.HealthyCase)
				began := time.Now()
				r := w.report(ref, last)
				w.want(ofRun(r.Samples), healthy())
				if took, late := time.Since(began), strings.HasPrefix(name, "late"); late && took != 20*time.Second || !late && took != 0 {
					t.Errorf("it took %s", took)
				}
				for _, s := range r.Series {
					if len(s.Points) != 60 || s.Points[0].At != 6*time.Second || s.Points[59].At != 65*time.Second {
						t.Errorf("%s: points %v", s.Metric, s.Points)
					}
				}
			})
		})
	}
}

func TestCases(t *testing.T) {
	for name, test := range map[string]struct {
		parallel bool
		cases    []int
		want     map[string]float64
	}{
		"slow": {false, []int{cptsemu.SlowCase}, healthy(func(m map[string]float64) {
			for name := range m {
				if strings.HasPrefix(name, "response_time") {
					m[name] *= 900 / 187.4
				}
			}
		})},
		"failing": {false, []int{cptsemu.FailingCase}, healthy(func(m map[string]float64) { m["error_rate"], m["errors"] = 20, 1200 })},
		"one after the other": {false, []int{cptsemu.HealthyCase, cptsemu.HealthyCase2}, healthy(worst, func(m map[string]float64) {
			m["requests"], m["duration"] = 12000, 125
		})},
		"side by side": {true, []int{cptsemu.HealthyCase, cptsemu.HealthyCase2}, healthy(worst, func(m map[string]float64) {
			m["requests"], m["virtual_users"], m["rps"], m["rps max"] = 12000, 100, 200, 206
			m["received_rate"], m["sent_rate"] = 194000, 112000
		})},
		"errors of one of two": {true, []int{cptsemu.HealthyCase, cptsemu.FailingCase}, healthy(func(m map[string]float64) {
			m["requests"], m["virtual_users"], m["rps"], m["rps max"] = 12000, 100, 200, 206
			m["received_rate"], m["sent_rate"] = 194000, 112000
			m["errors"], m["error_rate"] = 1200, 10
		})},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.report(w.finished(test.parallel, test.cases...))
				w.want(ofRun(r.Samples), test.want)
				if len(r.Parts) != len(test.cases) {
					t.Errorf("parts %+v", r.Parts)
				}
			})
		})
	}
}

// worst takes percentiles and the maximum of the slower of the two healthy
// cases, the minimum of the faster, and the mean of both.
func worst(m map[string]float64) {
	for name := range m {
		if strings.HasPrefix(name, "response_time") && name != "response_time min" {
			m[name] *= 212.6 / 187.4
		}
	}
	m["response_time avg"] = (0.0937 + 0.1063) / 2
}

// TestCallCounts: two calls for each case and one for the list; while the run
// lasts, one for each case.
func TestCallCounts(t *testing.T) {
	calls := func(w *world) string {
		return fmt.Sprint(w.calls("ShowMergeTaskCase"), w.calls("ShowReport"), w.calls("ShowMergeCaseDetail"))
	}
	for name, test := range map[string]struct {
		shape func(*cptsemu.Switches)
		over  bool
		want  string
	}{
		"over":               {func(*cptsemu.Switches) {}, true, "1 2 2"},
		"under way":          {func(*cptsemu.Switches) {}, false, "1 2 0"},
		"SDK ids":            {func(s *cptsemu.Switches) { s.CaseRunID = cptsemu.SDKForm }, true, "1 2 4"},
		"SDK ids, empty":     {func(s *cptsemu.Switches) { s.CaseRunID, s.WrongCaseEmpty = cptsemu.SDKForm, true }, true, "1 2 4"},
		"late":               {func(s *cptsemu.Switches) { s.ReportAfter = 35 * time.Second }, true, "1 6 6"}, // three times
		"never":              {func(s *cptsemu.Switches) { s.ReportAfter = 24 * time.Hour }, true, "1 26 26"}, // 13 times
		"late and under way": {func(s *cptsemu.Switches) { s.ReportAfter = 24 * time.Hour }, false, "1 2 2"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, test.shape)
				inputs := creating(cptsemu.HealthyCase, cptsemu.HealthyCase2)
				inputs["parallel"] = "true"
				_, item := w.begin(w.open(inputs))
				time.Sleep(30 * time.Second)
				if test.over {
					time.Sleep(time.Minute)
				}
				w.report(item.Ref, w.read(item.Ref))
				if got := calls(w); got != test.want {
					t.Errorf("calls %s, want %s", got, test.want)
				}
			})
		})
	}
}

// TestMissing: what a service does not give is not there, and never 0.
func TestMissing(t *testing.T) {
	for name, test := range map[string]struct {
		null []string
		lack func(map[string]float64)
	}{
		"p95":             {[]string{"tp95"}, without("response_time p95")},
		"average":         {[]string{"averageRespTime"}, without("response_time avg")},
		"errors":          {[]string{"errorCount"}, func(map[string]float64) {}},   // the two other counts tell
		"requests":        {[]string{"requests"}, func(map[string]float64) {}},     //
		"successes":       {[]string{"successCount"}, func(map[string]float64) {}}, //
		"errors for good": {[]string{"errorCount", "successCount"}, without("errors", "error_rate")},
		"users and rates": {[]string{"currentThreadNum", "avgRecBytes", "avgSentBytes"}, without("virtual_users", "received_rate", "sent_rate")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.NullMetrics = test.null })
				r := w.report(w.finished(false, cptsemu.HealthyCase))
				w.want(ofRun(r.Samples), healthy(test.lack))
			})
		})
	}
}

// TestNoNumbers: after a minute of zeros, nulls or nothing, everything is
// missing save what is known without a report.
func TestNoNumbers(t *testing.T) {
	for _, how := range []cptsemu.Missing{cptsemu.MissingNull, cptsemu.MissingZero, cptsemu.MissingResult} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.ReportAfter, s.Missing = time.Hour, how })
				ref, last := w.finished(false, cptsemu.HealthyCase)
				began := time.Now()
				r := w.report(ref, last)
				if took := time.Since(began); took != reportWait {
					t.Errorf("it took %s", took)
				}
				for _, s := range r.Samples {
					known := s.Metric == "state" || s.Metric == "duration"
					if known != (s.Missing == "") || !known && s.Missing != "the service gives no numbers of case browse" {
						t.Errorf("%+v", s)
					}
				}
				if len(r.Series) > 0 || len(r.Errors) > 0 {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

// TestOneCaseLacks: what one of two cases does not give, the run does not have.
// A sum of the other alone would be a claim.
func TestOneCaseLacks(t *testing.T) {
	every := func(write func(v any) any) func([]byte) []byte {
		return func(body []byte) []byte {
			v := walk(decoded(body), "", func(path string, v any) any {
				if _, is := v.(json.Number); is && strings.Contains(path, ".result") {
					return write(v)
				}
				return v
			})
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
	}
	for name, lack := range map[string]func([]byte) []byte{
		"no result": func([]byte) []byte { return []byte(`{"code":"SVCSTG.CPTS.0000000","message":"success","result":null}`) },
		"zeros":     every(func(any) any { return 0 }),
		"nulls":     every(func(any) any { return nil }),
		"negative":  every(func(any) any { return -1 }),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.alter = func(path string, body []byte) []byte {
					if strings.Contains(path, "/910002/") || strings.Contains(path, "/730002/") {
						return lack(body)
					}
					return body
				}
				r := w.report(w.finished(true, cptsemu.HealthyCase, cptsemu.HealthyCase2))
				for _, s := range r.Samples {
					if s.Labels != nil {
						continue
					}
					there := s.Metric == "state" || s.Metric == "duration"
					if there != (s.Missing == "") || !there && s.Missing != "the service gives no numbers of case checkout" {
						t.Errorf("%+v", s)
					}
				}
				if name == "no result" && len(r.Series) > 0 {
					t.Errorf("series %v", r.Series)
				}
			})
		})
	}
}

// TestDurationElsewhere: without the run's own times those of its reports, and
// of its cases, are the next best.
func TestDurationElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ref, last := w.finished(true, cptsemu.HealthyCase)
		last.Begun, last.Ended = time.Time{}, time.Time{}
		if got := ofRun(w.report(ref, last).Samples)["duration"]; got != 65 {
			t.Errorf("by the summary of the run %v", got)
		}
		w.alter = func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"outline":{`), []byte(`"elsewhere":{`))
		}
		if got := ofRun(w.report(ref, last).Samples)["duration"]; got != 60 {
			t.Errorf("by its cases %v", got)
		}
	})
}

// TestContextEndsTheWait: a wait for numbers is over when the context is.
func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.ReportAfter = time.Hour })
		ref, last := w.finished(false, cptsemu.HealthyCase)
		ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
		defer cancel()
		began := time.Now()
		r, err := w.follower().(follower).Report(ctx, ref, last)
		if err != nil || time.Since(began) != 12*time.Second || len(r.Notes) != 1 || len(r.Samples) != 19 {
			t.Errorf("after %s: %+v, %v", time.Since(began), r, err)
		}
	})
}

func TestRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		twin := w.cpts.AddCase(cptsemu.Case{Name: "browse", Lasts: time.Minute, Users: 50, RPS: 100, P95: 187.4})
		r := w.report(w.finished(true, cptsemu.HealthyCase, cptsemu.HealthyCase2, twin))
		got := values(r.Samples)
		for name, want := range map[string]float64{
			"response_time p95 of browse / list":       0.9 * 0.1874,
			"response_time p95 of browse / order":      1.15 * 0.1874,
			"response_time p95 of browse / order (2)":  1.15 * 0.1874, // of the other case of that name
			"response_time max of checkout / order":    1.15 * 0.4252,
			"response_time p999 of checkout / list":    0.306, // ShowMergeCaseDetail alone has it, in whole ms
			"response_time avg of checkout / list":     0.9 * 0.1063,
			"response_time p999 of browse / order (2)": 0.345,
		} {
			if math.Abs(got[name]-want) > 1e-6 {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		if want := 19 + 3*2*9; len(r.Samples) != want {
			t.Errorf("%d samples, want %d", len(r.Samples), want)
		}
		for _, s := range r.Samples {
			if s.Labels["request"] == "browse / list" && s.Behind != 3600 {
				t.Errorf("behind it are %d", s.Behind)
			}
		}
	})
}

func TestErrorKinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.report(w.finished(true, cptsemu.HealthyCase, cptsemu.FailingCase))
		want := []job.ErrorKind{{What: "check failed", Count: 900}, {What: "connection refused", Count: 300}}
		if diff := cmp.Diff(want, r.Errors); diff != "" {
			t.Error(diff)
		}
		parts := []job.Part{
			{Name: "case browse", Status: "2 ended", Detail: "6000 requests, 0 errors, p95 187.4 ms"},
			{Name: "case login-errors", Status: "2 ended", Detail: "6000 requests, 1200 errors, p95 187.4 ms"},
		}
		if diff := cmp.Diff(parts, r.Parts); diff != "" {
			t.Error(diff)
		}
	})
}

// TestUnderWay: what a run that lasts has so far is told, without waiting.
func TestUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		_, item := w.begin(w.open(creating(cptsemu.HealthyCase, cptsemu.HealthyCase2)))
		time.Sleep(35 * time.Second)
		began := time.Now()
		r := w.report(item.Ref, w.read(item.Ref))
		got := ofRun(r.Samples)
		if got["requests"] != 3000 || got["rps"] != 100 || got["response_time p95"] != 0.1874 || got["virtual_users"] != 50 || !math.IsNaN(got["duration"]) {
			t.Errorf("%v", got)
		}
		if len(r.Parts) != 1 || len(r.Series) != 4 || len(r.Series[0].Points) != 30 || time.Since(began) != 0 {
			t.Errorf("after %s: %+v", time.Since(began), r)
		}
	})
}

// TestStateWord: a gate on the state sees the cloud's state, not our words for
// what is not known.
func TestStateWord(t *testing.T) {
	for word, want := range map[string]string{
		"2 ended": "ended", "3 aborted abnormally": "aborted", "4 terminated": "terminated", "5 terminating": "terminating",
		"9 waiting": "waiting", "0 running": "running", "1 paused": "paused",
		"ended": "", "without end_time": "", "not listed": "", "no status": "", "7": "", "": "",
	} {
		m := measured{last: job.Status{Word: word}}
		if s := m.state(); s.Word != want || (s.Missing == "") != (want != "") {
			t.Errorf("%q: %+v", word, s)
		}
	}
}

// TestNothingRan: a task that was only created has nothing to report, and is
// not asked for it.
func TestNothingRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.report(job.Ref{ID: "1", Kind: created}, job.Status{State: job.StateSucceeded, Word: job.Created})
		for _, s := range r.Samples {
			if s.Missing == "" {
				t.Errorf("%+v", s)
			}
		}
		if len(r.Samples) != 19 || w.calls(emulator.Total) != 0 {
			t.Errorf("%d samples, %d calls", len(r.Samples), w.calls(emulator.Total))
		}
	})
}

// TestBrokenRoad: what cannot be read at all is an error, and nothing is passed
// off as a number.
func TestBrokenRoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ref, last := w.finished(false, cptsemu.HealthyCase)
		w.inject(emulator.Fault{Times: -1, Kind: emulator.Unauthorized}, "ShowReport")
		r, err := w.follower().(follower).Report(t.Context(), ref, last)
		if err == nil || !math.IsNaN(ofRun(r.Samples)["requests"]) || len(r.Samples) != 19 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestTwins: two requests that look the same are not filled with each other's
// numbers.
func TestTwins(t *testing.T) {
	list := func(p99, p999 amount) []figures {
		return []figures{{Name: "list", P99: p99, P999: p999}, {Name: "list", P99: p99}, {Name: "order", P999: p999}}
	}
	some := amount{5, true}
	c := measurement{requests: list(some, amount{})}
	c.fill(figures{}, list(amount{}, some))
	if diff := cmp.Diff(list(some, amount{})[:2], c.requests[:2], cmp.AllowUnexported(amount{})); diff != "" {
		t.Error(diff)
	}
	if c.requests[2].P999 != some {
		t.Errorf("%+v", c.requests[2])
	}
}
