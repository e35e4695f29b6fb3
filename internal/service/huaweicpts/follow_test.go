package huaweicpts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var states []job.State
		var progress []string
		began := time.Now()
		r := w.run(w.open(creating(cptsemu.HealthyCase, cptsemu.HealthyCase2)), func(o *engine.Options) {
			o.Notify = func(e engine.Event) {
				if e.Kind == engine.Changes {
					states = append(states, e.Item.Last.State)
				}
				progress = append(progress, e.Item.Last.Progress)
			}
		})
		if r.Outcome != job.Succeeded || r.Items[0].Status != "2 ended" || r.Items[0].How != job.Began {
			t.Errorf("ended as %+v", r)
		}
		if took := time.Since(began); took < 125*time.Second || took > 145*time.Second {
			t.Errorf("a run of 125 s was followed for %s", took)
		}
		if want := []job.State{job.StatePending, job.StateRunning, job.StateSucceeded}; !slices.Equal(states, want) {
			t.Errorf("states %v, want %v", states, want)
		}
		if !slices.ContainsFunc(progress, func(p string) bool { return strings.HasPrefix(p, "1 of 2 cases ended") }) {
			t.Errorf("progress %v", progress)
		}
		jobs := w.begun()
		if len(jobs) != 1 || !strings.HasPrefix(jobs[0].Mark, "shop cj-") || jobs[0].ID != r.Items[0].Ref.Run {
			t.Errorf("began %+v, the item is %+v", jobs, r.Items[0])
		}
	})
}

// TestStatesAreTrue follows runs through every way in which the cloud may tell
// of them late or not at all. What is said of the end must be so, and when it
// is said the run must have ended.
func TestStatesAreTrue(t *testing.T) {
	shapes := map[string]func(*cptsemu.Switches){
		"plain":               func(*cptsemu.Switches) {},
		"idle":                func(s *cptsemu.Switches) { s.IdleAfterStart = 30 * time.Second },
		"idle with data":      func(s *cptsemu.Switches) { s.IdleAfterStart, s.IdleWithRunData = 30*time.Second, true },
		"idle to the end":     func(s *cptsemu.Switches) { s.IdleAfterStart = 10 * time.Minute },
		"data to the end":     func(s *cptsemu.Switches) { s.IdleAfterStart, s.IdleWithRunData = 10*time.Minute, true },
		"listed late":         func(s *cptsemu.Switches) { s.ListedAfter = 40 * time.Second },
		"listed after it":     func(s *cptsemu.Switches) { s.ListedAfter = 10 * time.Minute },
		"idle, listed late":   func(s *cptsemu.Switches) { s.IdleAfterStart, s.ListedAfter = 20*time.Second, 40*time.Second },
		"history of the past": func(s *cptsemu.Switches) { s.HistoryEndedOnly = true },
		"no ShowTask":         func(s *cptsemu.Switches) { s.ShowTaskOldOnly = true },
		"no ShowTask, no present": func(s *cptsemu.Switches) {
			s.ShowTaskOldOnly, s.HistoryEndedOnly = true, true
		},
		"no ShowTask, no outline": func(s *cptsemu.Switches) {
			s.ShowTaskOldOnly, s.LogOutlineAbsent = true, true
		},
		"no ShowTask, no outline, SDK ids": func(s *cptsemu.Switches) {
			s.ShowTaskOldOnly, s.LogOutlineAbsent, s.CaseRunID, s.WrongCaseEmpty = true, true, cptsemu.SDKForm, true
		},
		"no ShowTask, no outline, late report": func(s *cptsemu.Switches) {
			s.ShowTaskOldOnly, s.LogOutlineAbsent, s.ReportAfter, s.Missing = true, true, time.Minute, cptsemu.MissingResult
		},
		"refusals inside": func(s *cptsemu.Switches) {
			s.RefusalsInside, s.ShowTaskOldOnly, s.CaseRunID = true, true, cptsemu.SDKForm
		},
		"decimals": func(s *cptsemu.Switches) { s.DecimalsInInts, s.RatioSuccessRate = true, true },
	}
	for name, shape := range shapes {
		for _, of := range []int{cptsemu.HealthyCase, cptsemu.AbortingCase} {
			for _, before := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/case %d/existing %v", name, of, before), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(t, shape)
						runs, inputs := 1, creating(of)
						if before { // with a run that ended otherwise
							other := cptsemu.HealthyCase + cptsemu.AbortingCase - of
							runs, inputs = 2, existing(w.cpts.AddTask("nightly", false, other))
							w.begin(w.open(inputs))
							time.Sleep(time.Hour)
							setCases(w, inputs["task_id"], of)
						}
						began := time.Now()
						r := w.run(w.open(inputs))
						want := job.Succeeded
						if of == cptsemu.AbortingCase {
							want = job.JobFailed
						}
						jobs := w.begun()
						if r.Outcome != want || len(jobs) != runs || jobs[runs-1].Live || jobs[runs-1].ID != r.Items[0].Ref.Run {
							t.Errorf("outcome %s after %s, want %s; item %+v; began %+v", r.Outcome, time.Since(began), want, r.Items[0], jobs)
						}
					})
				})
			}
		}
	}
}

// setCases changes a task's cases by the API.
func setCases(w *world, task string, of int) {
	w.Helper()
	for _, call := range w.cpts.Half().Calls {
		if call.Name != "UpdateTaskRelatedTestCase" {
			continue
		}
		body := fmt.Sprintf(`{"name":"nightly","parallel":false,"project_id":%d,"operate_mode":2,"case_id_list":[%d]}`, cptsemu.TestProject, of)
		if a := call.Handle(&emu.Request{Body: []byte(body), Path: func(string) string { return task }}); a.Status >= 300 {
			w.Fatal(a)
		}
	}
}

// TestSummaryComesFirst: where the summary tells how a run ended, the cases are
// not asked.
func TestSummaryComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.ShowTaskOldOnly = true })
		r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) { o.Heartbeat = time.Hour }) // which reads it too
		if r.Outcome != job.Succeeded || w.calls("ShowMergeReportLogsOutline") != 1 || w.calls("ShowMergeTaskCase") != 0 {
			t.Errorf("ended as %+v with calls %v", r, w.front.Calls())
		}
	})
}

// TestReportsDecide: a run that ended is not judged by what ShowTask says of its
// cases.
func TestReportsDecide(t *testing.T) {
	for _, says := range []string{"3", "9"} {
		t.Run(says, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				w.alter = func(_ string, body []byte) []byte {
					return bytes.ReplaceAll(body, []byte(`"temp_running_status":2`), []byte(`"temp_running_status":`+says))
				}
				r := w.run(w.open(creating(cptsemu.HealthyCase)))
				if r.Outcome != job.Succeeded || r.Items[0].Last.Ended.IsZero() {
					t.Errorf("ended as %+v", r)
				}
			})
		})
	}
}

// TestNoReport: what no call tells is not called a success, nor waited for
// without end.
func TestNoReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) {
			s.ShowTaskOldOnly, s.LogOutlineAbsent, s.ReportAfter, s.Missing = true, true, 24*time.Hour, cptsemu.MissingResult
		})
		began := time.Now()
		r := w.run(w.open(creating(cptsemu.HealthyCase)))
		if r.Outcome != job.JobFailed || !strings.Contains(r.Items[0].Why[0], "no report tells how it ended") {
			t.Errorf("ended as %+v", r)
		}
		if took := time.Since(began); took < reportsLate || took > reportsLate+2*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

func TestStatusOfEveryNumber(t *testing.T) {
	for number, want := range map[int]job.State{
		9: job.StatePending, 0: job.StateRunning, 1: job.StateRunning, 2: job.StateSucceeded,
		3: job.StateFailed, 4: job.StateStopped, 5: job.StateStopping, 6: job.StateUnknown, -1: job.StateUnknown,
	} {
		if got := status(number, true); got.State != want || !strings.HasPrefix(got.Word, fmt.Sprint(number)) {
			t.Errorf("%d is %+v, want %s", number, got, want)
		}
	}
	if got := status(0, false); got.State != job.StateUnknown {
		t.Errorf("no number is %+v", got)
	}
}

func TestStatusOfATask(t *testing.T) {
	for name, c := range map[string]struct {
		task            string
		state           int
		known, doubtful bool
	}{
		"nothing":             {`{}`, 0, false, false},
		"null":                {`{"run_status":null}`, 0, false, false},
		"quoted":              {`{"run_status":"3"}`, 3, true, false},
		"a decimal":           {`{"run_status":9.0}`, 9, true, false},
		"idle":                {`{"run_status":2,"related_temp_running_data":[]}`, 2, true, false},
		"ended":               {`{"run_status":2,"related_temp_running_data":[{"related_temp_running_data":[{"temp_running_status":2}]}]}`, 2, true, false},
		"2, one aborted":      {`{"run_status":2,"related_temp_running_data":[{"related_temp_running_data":[{"temp_running_status":2},{"temp_running_status":3}]}]}`, 3, true, true},
		"2, one still runs":   {`{"run_status":2,"related_temp_running_data":[{"related_temp_running_data":[{"temp_running_status":0},{"temp_running_status":3}]}]}`, 0, true, true},
		"3, one never ran":    {`{"run_status":3,"related_temp_running_data":[{"related_temp_running_data":[{"temp_running_status":9}]}]}`, 3, true, false},
		"2, cases do not say": {`{"run_status":2,"related_temp_running_data":[{"related_temp_running_data":null}]}`, 2, true, false},
	} {
		var info taskInfo
		if err := json.Unmarshal([]byte(c.task), &info); err != nil {
			t.Fatal(err)
		}
		if state, known, doubtful := info.status(); state != c.state && known || known != c.known || doubtful != c.doubtful {
			t.Errorf("%s: %d %v %v", name, state, known, doubtful)
		}
	}
}

func TestNoRunHasNoStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ref := job.Ref{ID: fmt.Sprint(cptsemu.ExistingTask), In: fmt.Sprint(cptsemu.TestProject), Kind: shared}
		if statuses, err := w.follower().Status(t.Context(), []job.Ref{ref}); err != nil || statuses[0].State != job.StateUnknown {
			t.Errorf("status %+v, %v", statuses, err)
		}
	})
}

// TestRunsHaveALength: when a run began and ended is known at its end, however
// that end was learnt.
func TestRunsHaveALength(t *testing.T) {
	for name, change := range map[string]func(*cptsemu.Switches){
		"plain":       func(*cptsemu.Switches) {},
		"listed late": func(s *cptsemu.Switches) { s.ListedAfter = 40 * time.Second },
		"ended only":  func(s *cptsemu.Switches) { s.HistoryEndedOnly = true },
		"history":     func(s *cptsemu.Switches) { s.ShowTaskOldOnly = true },
		"stopped":     func(s *cptsemu.Switches) { s.StopTakes = 10 * time.Second },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, change)
				began := time.Now()
				want := 65 * time.Second
				r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) {
					if name == "stopped" {
						o.Timeout, o.OnTimeout, want = 30*time.Second, engine.Stop, 40*time.Second
					}
				})
				last := r.Items[0].Last
				if !last.Begun.Equal(began.Truncate(time.Second)) || last.Ended.Sub(last.Begun).Round(5*time.Second) != want {
					t.Errorf("%s: began %s, ended %s (%s)", r.Outcome, last.Begun, last.Ended, last.Ended.Sub(last.Begun))
				}
			})
		})
	}
	t.Run("no history", func(t *testing.T) { // no reason to lose the end
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.inject(emulator.Fault{Kind: emulator.Internal, Times: -1}, "ShowHistoryRunInfo")
			if r := w.run(w.open(creating(cptsemu.HealthyCase))); r.Outcome != job.Succeeded || !r.Items[0].Last.Ended.IsZero() {
				t.Errorf("%+v", r)
			}
		})
	})
}

// TestTimesOfARun: a time may be a number, and no time is not a run of no length.
func TestTimesOfARun(t *testing.T) {
	at := time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		start, end string // as JSON
		length     time.Duration
		over       bool
	}{
		{`"2026-11-26T18:00:00+08:00"`, `"2026-11-26T18:01:05+08:00"`, 65 * time.Second, true},
		{fmt.Sprint(at.UnixMilli()), fmt.Sprint(at.UnixMilli() + 65_000), 65 * time.Second, true},
		{fmt.Sprintf("%q", fmt.Sprint(at.Unix())), fmt.Sprintf("%q", fmt.Sprint(at.Unix()+65)), 65 * time.Second, true},
		{`"2026-11-26T18:00:00+08:00"`, "null", 0, false},
		{`"2026-11-26T18:00:00+08:00"`, `""`, 0, false},
		{`"2026-11-26T18:00:00+08:00"`, "0", 0, false},
		{`"2026-11-26T18:00:00+08:00"`, "0.0", 0, false},
		{`"2026-11-26T18:00:00+08:00"`, `"2026-11-26T17:59:00+08:00"`, 0, true}, // before it began
		{`"2026-11-26T18:00:00+08:00"`, `"soon after"`, 0, true},
		{`"9999-11-26T18:00:00+08:00"`, "1e30", 0, true},
	} {
		var r logged
		if err := json.Unmarshal([]byte(`{"start_time":`+test.start+`,"end_time":`+test.end+`}`), &r); err != nil {
			t.Fatal(err)
		}
		begun, ended := r.times()
		length := time.Duration(0)
		if !begun.IsZero() && !ended.IsZero() {
			length = ended.Sub(begun)
		}
		if length != test.length || r.ended() != test.over {
			t.Errorf("%v to %v: %s to %s, over %v", test.start, test.end, begun, ended, r.ended())
		}
	}
}
