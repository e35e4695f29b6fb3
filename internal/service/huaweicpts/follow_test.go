package huaweicpts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// world is PerfTest in process. Make it in a bubble: its time is the bubble's.
type world struct {
	*testing.T
	cpts  *cptsemu.Service
	front *emulator.Emulator
	mu    sync.Mutex                            // guards sent
	sent  []string                              // the bodies of all calls that change something, in order
	alter func(path string, body []byte) []byte // nil, or what makes other answers of the emulator's
}

func newWorld(t *testing.T, change ...func(*cptsemu.Switches)) *world {
	w := &world{T: t, cpts: cptsemu.New(time.Now)}
	for _, c := range change {
		c(&w.cpts.Switches)
	}
	w.front = emulator.New(emulator.Options{}, w.cpts.Half())
	return w
}

// RoundTrip notes what is sent on its way to the emulator.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.sent = append(w.sent, strings.TrimSpace(string(body)))
		w.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	resp, err := w.front.Transport().RoundTrip(r)
	if err != nil || w.alter == nil {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	body = w.alter(r.URL.Path, body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

func (w *world) env() cloud.Env {
	login := map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}
	return cloud.Env{Getenv: func(name string) string { return login[name] }, Transport: &cloud.Transport{Base: w}}
}

func specOf(t *testing.T, inputs map[string]string) *Spec {
	t.Helper()
	spec := New()
	list := []field.Input{
		{Name: "project_id", Text: emulator.ProjectID},
		{Name: "endpoint", Text: "http://127.0.0.1:8787"},
		{Name: "test_project_id", Text: fmt.Sprint(cptsemu.TestProject)},
	}
	for name, text := range inputs {
		list = append(list, field.Input{Name: name, Text: text})
	}
	if problems := spec.Fields().DecodeInputs(list, field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	return spec
}

func (w *world) open(inputs map[string]string) engine.Service {
	w.Helper()
	services, err := specOf(w.T, inputs).Open(w.env())
	if err != nil || len(services) != 1 {
		w.Fatal(services, err)
	}
	return services[0]
}

// creating are the inputs that create a task of cases and start it.
func creating(cases ...int) map[string]string {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(cases), " ", ","), "[]")
	return map[string]string{"name": "shop", "parallel": "false", "case_ids": list}
}

func existing(task int) map[string]string { return map[string]string{"task_id": fmt.Sprint(task)} }

// follower is what another process makes of the target.
func (w *world) follower() engine.Follower {
	w.Helper()
	f, err := Reopen(w.env(), specOf(w.T, creating(cptsemu.HealthyCase)).Target())
	if err != nil {
		w.Fatal(err)
	}
	return f
}

func options(change ...func(*engine.Options)) engine.Options {
	o := engine.Options{
		Mark: engine.Mark{Run: "run", Attempt: "1", Once: "x"}, Wait: true,
		Timeout: time.Hour, PollEvery: 10 * time.Second, Confirm: time.Minute,
	}
	for _, c := range change {
		c(&o)
	}
	return o
}

func (w *world) run(s engine.Service, change ...func(*engine.Options)) engine.Result {
	return engine.Run(w.Context(), []engine.Service{s}, options(change...))
}

// begin starts a job as the engine does.
func (w *world) begin(s engine.Service) (job.Intent, job.Item) {
	w.Helper()
	intent, err := s.Intend(w.Context(), "cj-mark-1-x")
	if err != nil {
		w.Fatal(err)
	}
	intent.At = time.Now()
	return intent, s.Start(w.Context(), intent)[0]
}

func (w *world) begun() []emu.Job { return w.front.Begun()["cpts"] }

func (w *world) calls(name string) int { return w.front.Calls()[name] }

func (w *world) inject(f emulator.Fault, call string) {
	f.Service, f.Call = "cpts", call
	w.front.Inject(f)
}

func bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, test)
}

func TestLife(t *testing.T) {
	bubble(t, func(t *testing.T) {
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
					bubble(t, func(t *testing.T) {
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
	bubble(t, func(t *testing.T) {
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
			bubble(t, func(t *testing.T) {
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
	bubble(t, func(t *testing.T) {
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

func TestWhy(t *testing.T) {
	const reason = "case upload-aborts: the executor lost its connection"
	for name, shape := range map[string]func(*cptsemu.Switches){
		"HWDOC ids":        func(*cptsemu.Switches) {},
		"SDK ids":          func(s *cptsemu.Switches) { s.CaseRunID = cptsemu.SDKForm },
		"SDK ids by empty": func(s *cptsemu.Switches) { s.CaseRunID, s.WrongCaseEmpty = cptsemu.SDKForm, true },
		"decimals":         func(s *cptsemu.Switches) { s.DecimalsInInts = true },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, shape)
				r := w.run(w.open(creating(cptsemu.HealthyCase, cptsemu.AbortingCase)))
				if want := []string{"status 3 aborted abnormally", reason}; r.Outcome != job.JobFailed || !slices.Equal(r.Items[0].Why, want) {
					t.Errorf("%s because of %q, want %q", r.Outcome, r.Items[0].Why, want)
				}
			})
		})
	}
}

// TestLostAnswers: whatever happens to an answer, no task is made twice, no run
// begins twice, and a run is never lost silently.
func TestLostAnswers(t *testing.T) {
	for _, call := range []string{"CreateNewTask", "BatchUpdateTaskStatus"} {
		for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
			if call == "CreateNewTask" && inputs["task_id"] != "" {
				continue
			}
			for _, fault := range emulator.Faults() {
				fault.Delay = 40 * time.Second // longer than a call may take
				t.Run(fmt.Sprintf("%s %v after=%v task=%s", call, fault.Kind, fault.After, inputs["task_id"]), func(t *testing.T) {
					bubble(t, func(t *testing.T) { testLostAnswer(t, call, inputs, fault) })
				})
			}
		}
	}
}

func testLostAnswer(t *testing.T, call string, inputs map[string]string, fault emulator.Fault) {
	w := newWorld(t, func(s *cptsemu.Switches) { s.ListedAfter = 5 * time.Second })
	w.inject(fault, call)
	r := w.run(w.open(inputs))
	jobs, item := w.begun(), r.Items[0]
	if w.calls("CreateNewTask") > 1 || w.calls("BatchUpdateTaskStatus") > 1 {
		t.Errorf("calls %v", w.front.Calls())
	}
	if !fault.After {
		if len(jobs) != 0 || r.Outcome == job.Succeeded {
			t.Errorf("outcome %s with %+v", r.Outcome, jobs)
		}
		if call == "BatchUpdateTaskStatus" && item.Ref.ID == "" {
			t.Errorf("the created task is not named: %+v", item)
		}
		return
	}
	how := job.Adopted
	if call == "CreateNewTask" { // found again before the start, which was answered
		how = job.Began
	}
	if r.Outcome != job.Succeeded || len(jobs) != 1 || item.Ref.Run != jobs[0].ID || item.How != how {
		t.Errorf("outcome %s with %+v, item %+v", r.Outcome, jobs, item)
	}
}

func TestEmptyStartResult(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.EmptyStartResult = true })
		r := w.run(w.open(creating(cptsemu.HealthyCase)))
		if r.Outcome != job.Succeeded || r.Items[0].How != job.Adopted || len(w.begun()) != 1 {
			t.Errorf("ended as %+v", r)
		}
	})
}

// TestThrottledStart: a start that waits for a quota goes on with the task that
// it created.
func TestThrottledStart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.inject(emulator.Fault{Kind: emulator.Throttle, Times: 2}, "BatchUpdateTaskStatus")
		r := w.run(w.open(creating(cptsemu.HealthyCase)))
		if r.Outcome != job.Succeeded || w.calls("CreateNewTask") != 1 || len(w.begun()) != 1 {
			t.Errorf("ended as %+v with calls %v", r, w.front.Calls())
		}
	})
}

func TestOnlyCreated(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("lost ", lost), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t)
				if lost {
					w.inject(emulator.Fault{Kind: emulator.Drop, After: true}, "CreateNewTask")
					w.inject(emulator.Fault{Kind: emulator.Internal, Times: 20}, "ShowTaskSet") // so that only the engine's own search finds it
				}
				inputs := creating(cptsemu.HealthyCase)
				inputs["start"] = "false"
				r := w.run(w.open(inputs))
				item := r.Items[0]
				if r.Outcome != job.Succeeded || item.Ref.Kind != created || item.Ref.ID != fmt.Sprint(cptsemu.ExistingTask+1) {
					t.Errorf("ended as %+v", r)
				}
				if (item.How == job.Adopted) != lost {
					t.Errorf("it is %s", item.How)
				}
				if len(w.begun()) != 0 || w.calls("CreateNewTask") != 1 || w.calls("BatchUpdateTaskStatus") != 0 {
					t.Errorf("began %v with calls %v", w.begun(), w.front.Calls())
				}
				calls := w.calls(emulator.Total)
				if err := w.follower().Stop(t.Context(), item.Ref, false); err != nil || w.calls(emulator.Total) != calls {
					t.Errorf("stopping it: %v", err)
				}
			})
		})
	}
}

func TestCancel(t *testing.T) {
	for name, shape := range map[string]func(*cptsemu.Switches){
		"plain":       func(*cptsemu.Switches) {},
		"idle":        func(s *cptsemu.Switches) { s.IdleAfterStart = time.Hour },
		"listed late": func(s *cptsemu.Switches) { s.ListedAfter = 30 * time.Second },
		"no ShowTask": func(s *cptsemu.Switches) { s.ShowTaskOldOnly = true },
	} {
		for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
			t.Run(name+" "+inputs["task_id"], func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t, shape)
					ctx, cancel := context.WithCancel(t.Context())
					time.AfterFunc(20*time.Second, cancel)
					r := engine.Run(ctx, []engine.Service{w.open(inputs)}, options())
					jobs := w.begun()
					if r.Outcome != job.Cancelled || r.Items[0].Stop != job.StopConfirmed || r.Items[0].Status != "4 terminated" {
						t.Errorf("ended as %+v", r)
					}
					if len(jobs) != 1 || jobs[0].Live || jobs[0].State != "4" {
						t.Errorf("began %+v", jobs)
					}
				})
			})
		}
	}
}

// TestStopIsSentInTime: reads that hang do not keep the stop of a task of our
// own from being sent.
func TestStopIsSentInTime(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		_, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
		w.inject(emulator.Fault{Kind: emulator.Slow, Delay: time.Minute, Times: -1}, "ShowTask")
		asked := time.Now()
		if err := w.follower().Stop(t.Context(), item.Ref, false); err != nil {
			t.Error(err)
		}
		if took := time.Since(asked); took > 3*time.Second {
			t.Errorf("the stop took %s", took)
		}
		if jobs := w.begun(); jobs[0].State != "5" {
			t.Errorf("began %+v", jobs)
		}
	})
}

// TestStopIsNotGuessed: of a task that others may run too, what runs must be
// known.
func TestStopIsNotGuessed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		_, item := w.begin(w.open(existing(cptsemu.ExistingTask)))
		w.inject(emulator.Fault{Kind: emulator.Reset, Times: -1}, "ShowTask")
		err := w.follower().Stop(t.Context(), item.Ref, false)
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Ambiguous || e.Call != "ShowTask" {
			t.Errorf("stopping: %v", err)
		}
		if jobs := w.begun(); !jobs[0].Live || jobs[0].State == "5" {
			t.Errorf("began %+v", jobs)
		}
	})
}

func TestStopOnTheWire(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		_, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
		if err := w.follower().Stop(t.Context(), item.Ref, false); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"type":1,"project_id":%d,"task_id_list":[%s],"cluster_id":-1,"cluster_type":"shared-cluster-internet","network_info":{},"status":2}`, cptsemu.TestProject, item.Ref.ID)
		if got := w.sent[len(w.sent)-1]; got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
	})
}

func TestStopOfAnEndedRun(t *testing.T) {
	for name, shape := range map[string]func(*cptsemu.Switches){
		"plain":                  func(*cptsemu.Switches) {},
		"refused":                func(s *cptsemu.Switches) { s.RefuseIdleStop = true },
		"left out":               func(s *cptsemu.Switches) { s.RefuseIdleStop, s.DropBadTasks = true, true },
		"left out, not readable": func(s *cptsemu.Switches) { s.RefuseIdleStop, s.DropBadTasks, s.ShowTaskOldOnly = true, true, true },
	} {
		for _, hidden := range []bool{false, true} { // whether the look before the stop fails, so that the stop is sent
			t.Run(fmt.Sprint(name, hidden), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t, shape)
					_, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
					time.Sleep(time.Hour)
					if hidden {
						w.inject(emulator.Fault{Kind: emulator.Slow, Delay: time.Minute}, "ShowTask")
					}
					if err := w.follower().Stop(t.Context(), item.Ref, false); err != nil {
						t.Error(err)
					}
					if sent := w.calls("BatchUpdateTaskStatus") == 2; sent != hidden {
						t.Errorf("stop sent: %v", sent)
					}
					if jobs := w.begun(); jobs[0].State != "2" {
						t.Errorf("began %+v", jobs)
					}
				})
			})
		}
	}
}

// TestRefusedStop: what time may change is asked for again, the rest is not.
// The service refuses the stop of a task under another project's address.
func TestRefusedStop(t *testing.T) {
	for name, c := range map[string]struct {
		after        time.Duration
		drop, forbid bool
		early        bool
	}{
		"waiting":              {after: time.Second, early: true},
		"running":              {after: 10 * time.Second},
		"waiting, left out":    {after: time.Second, drop: true, early: true},
		"running, left out":    {after: 10 * time.Second, drop: true, early: true},
		"waiting, not allowed": {after: time.Second, forbid: true},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.DropBadTasks = c.drop })
				_, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
				time.Sleep(c.after)
				if c.forbid {
					w.inject(emulator.Fault{Kind: emulator.Forbidden}, "BatchUpdateTaskStatus")
				}
				item.Ref.In = fmt.Sprint(cptsemu.OtherTestProject)
				err := w.follower().Stop(t.Context(), item.Ref, false)
				if err == nil || errors.Is(err, engine.ErrTooEarly) != c.early {
					t.Errorf("stopping: %v", err)
				}
			})
		})
	}
}

// TestSettle: of a process that was killed in the start only the intent is left.
func TestSettle(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		t.Run(inputs["task_id"], func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.ListedAfter = 5 * time.Second })
				s := w.open(inputs)
				intent, item := w.begin(s)
				left := engine.Left{Provider: Name, Follower: w.follower(), Record: engine.Record{Intent: intent, What: s.What()}}
				r := engine.Settle(t.Context(), []engine.Left{left}, 10*time.Second, nil)
				if r.Items[0].Ref != item.Ref || r.Items[0].Stop != job.StopConfirmed || w.begun()[0].State != "4" {
					t.Errorf("settled as %+v, began %+v", r, w.begun())
				}
			})
		})
	}
}

func TestStopNotTaken(t *testing.T) {
	for name, c := range map[string]struct {
		shape func(*cptsemu.Switches)
		stop  job.Stop
	}{
		"fails":      {func(s *cptsemu.Switches) { s.StopFails = true }, job.StopFailed},
		"is ignored": {func(s *cptsemu.Switches) { s.StopIgnored = true }, job.StopRequested},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, c.shape)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, cancel)
				r := engine.Run(ctx, []engine.Service{w.open(creating(cptsemu.HealthyCase))}, options(func(o *engine.Options) { o.Confirm = time.Second }))
				if !w.begun()[0].Live || r.Items[0].Stop != c.stop {
					t.Errorf("ended as %+v", r)
				}
			})
		})
	}
}

// TestLaterRunOfOthers: a run of somebody else's in our task hides ours in
// ShowTask, and must neither be taken for ours nor be stopped.
func TestLaterRunOfOthers(t *testing.T) {
	for _, c := range []struct {
		of    int
		after time.Duration
		want  job.State
	}{
		{cptsemu.HealthyCase, 70 * time.Second, job.StateSucceeded},
		{cptsemu.AbortingCase, 70 * time.Second, job.StateFailed},
		{cptsemu.HealthyCase, 30 * time.Second, job.StateRunning},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t)
				_, item := w.begin(w.open(creating(c.of)))
				time.Sleep(c.after)
				w.begin(w.open(map[string]string{"task_id": item.Ref.ID}))
				time.Sleep(10 * time.Second)
				f := w.follower()
				statuses, err := f.Status(t.Context(), []job.Ref{item.Ref})
				if err != nil || statuses[0].State != c.want || statuses[0].Begun.IsZero() || statuses[0].Ended.IsZero() == c.want.Over() {
					t.Errorf("status %+v, %v, want %s", statuses, err, c.want)
				}
				err = f.Stop(t.Context(), item.Ref, false)
				if refusal, ok := errors.AsType[*job.Error](err); c.want.Over() == (err != nil) || err != nil && (!ok || refusal.Fault != job.Refused) {
					t.Errorf("stopping: %v", err)
				}
				if jobs := w.begun(); len(jobs) != 2 || !jobs[1].Live || jobs[1].State == "5" {
					t.Errorf("the other's run is %+v", jobs)
				}
			})
		})
	}
}

// TestLaterRunIsOnlyInShowTask: a history of ended runs does not tell of the
// other's run.
func TestLaterRunIsOnlyInShowTask(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.HistoryEndedOnly = true })
		_, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
		w.begin(w.open(map[string]string{"task_id": item.Ref.ID}))
		time.Sleep(10 * time.Second)
		err := w.follower().Stop(t.Context(), item.Ref, false)
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Refused || w.calls("BatchUpdateTaskStatus") != 2 {
			t.Errorf("stopping: %v", err)
		}
		if s := w.read(item.Ref); s.State != job.StateUnknown || s.Word != "not listed" {
			t.Errorf("the state of the later run is told as ours: %+v", s)
		}
	})
}

// TestEarlierRunOfOthers: what ran in the task before us is not stopped with
// our run.
func TestEarlierRunOfOthers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		time.Sleep(10 * time.Second)
		_, item := w.begin(w.open(existing(cptsemu.ExistingTask)))
		err := w.follower().Stop(t.Context(), item.Ref, false)
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Refused || w.calls("BatchUpdateTaskStatus") != 2 {
			t.Errorf("stopping: %v", err)
		}
		time.Sleep(58 * time.Second) // the earlier one has ended, ours has not
		if err := w.follower().Stop(t.Context(), item.Ref, false); err != nil {
			t.Error(err)
		}
		if jobs := w.begun(); jobs[0].State != "2" || jobs[1].State != "5" {
			t.Errorf("began %+v", jobs)
		}
	})
}

// TestFindInAnotherProcess finds by what the journal kept.
func TestFindInAnotherProcess(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		for _, old := range []int{0, 2} {
			t.Run(fmt.Sprint(inputs["task_id"], old), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t)
					for range old {
						w.begin(w.open(existing(cptsemu.ExistingTask)))
						time.Sleep(time.Hour)
					}
					intent, item := w.begin(w.open(inputs))
					written, err := json.Marshal(intent)
					if err != nil {
						t.Fatal(err)
					}
					var read job.Intent
					if err := json.Unmarshal(written, &read); err != nil {
						t.Fatal(err)
					}
					found, err := w.follower().Find(t.Context(), read)
					if err != nil || len(found) != 1 || found[0].Ref != item.Ref || found[0].State != job.StatePending || found[0].Ours != (inputs["task_id"] == "") {
						t.Errorf("found %+v, %v, want %+v", found, err, item.Ref)
					}
				})
			})
		}
	}
}

func TestFindNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		time.Sleep(time.Hour)
		for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
			intent, err := w.open(inputs).Intend(t.Context(), "cj-mark-1-x")
			if err != nil {
				t.Fatal(err)
			}
			intent.At = time.Now()
			if found, err := w.follower().Find(t.Context(), intent); err != nil || len(found) != 0 {
				t.Errorf("found %+v, %v", found, err)
			}
		}
	})
}

// TestTwoNewRuns: if somebody starts the same task while our start is unknown,
// nothing tells the runs apart, so both are returned, also if one has ended.
func TestTwoNewRuns(t *testing.T) {
	for _, pass := range []time.Duration{0, time.Hour} {
		bubble(t, func(t *testing.T) {
			w := newWorld(t)
			intent, _ := w.begin(w.open(existing(cptsemu.ExistingTask)))
			time.Sleep(pass)
			w.begin(w.open(existing(cptsemu.ExistingTask)))
			found, err := w.follower().Find(t.Context(), intent)
			if len(found) != 2 || err != nil || found[0].Ref.Run != "48106" || found[1].Ref.Run != "48105" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

// TestAttach: another attempt follows the live run and starts nothing.
func TestAttach(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		for _, ended := range []bool{false, true} {
			t.Run(fmt.Sprint(inputs["task_id"], ended), func(t *testing.T) {
				bubble(t, func(t *testing.T) {
					w := newWorld(t)
					leave := func(o *engine.Options) { o.Wait = false }
					first := w.run(w.open(inputs), leave).Items[0]
					again := func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" }
					if ended {
						time.Sleep(time.Hour)
					}
					r := w.run(w.open(inputs), again)
					how, runs := job.Attached, 1
					if ended {
						how, runs = job.Began, 2
					}
					if r.Outcome != job.Succeeded || r.Items[0].How != how || len(w.begun()) != runs || (r.Items[0].Ref == first.Ref) == ended {
						t.Errorf("ended as %+v, began %+v", r, w.begun())
					}
				})
			})
		}
	}
}

// TestAttachToTheLiveOne: of several attempts the one that still runs counts.
func TestAttachToTheLiveOne(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		var items []job.Item
		for attempt := range 3 { // the last one has ended before the second
			of := []int{cptsemu.HealthyCase, cptsemu.HealthyCase, cptsemu.AbortingCase}[attempt]
			items = append(items, w.run(w.open(creating(of)), func(o *engine.Options) {
				o.Wait, o.Mark.Attempt = false, fmt.Sprint(attempt+1)
			}).Items[0])
			time.Sleep(20 * time.Second)
		}
		time.Sleep(10 * time.Second)
		// The order of the list is not documented.
		w.alter = func(path string, body []byte) []byte {
			if !strings.Contains(path, "/all-tasks/") {
				return body
			}
			var answer map[string]json.RawMessage
			var tasks []json.RawMessage
			err := json.Unmarshal(body, &answer)
			err = errors.Join(err, json.Unmarshal(answer["tasks"], &tasks))
			slices.Reverse(tasks)
			answer["tasks"], _ = json.Marshal(tasks)
			body, _ = json.Marshal(answer)
			if err != nil {
				t.Error(err)
			}
			return body
		}
		name := w.begun()[0].Mark // "shop cj-…-1-x"
		intent := job.Intent{Mark: strings.TrimSuffix(strings.TrimPrefix(name, "shop "), "1-x"), In: items[0].Ref.In}
		found, err := w.follower().Find(t.Context(), intent)
		if err != nil || len(found) != 3 || found[0].Ref != items[1].Ref || found[1].Ref != items[2].Ref || found[2].Ref != items[0].Ref {
			t.Errorf("found %+v, %v", found, err)
		}
		r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "4" })
		if r.Items[0].Ref != items[1].Ref || r.Items[0].How != job.Attached || len(w.begun()) != 3 {
			t.Errorf("attached to %+v, want %+v", r.Items[0], items[1])
		}
	})
}

// TestAttachToNoneOfTwo: of two live runs of a task nothing tells which one an
// earlier attempt began.
func TestAttachToNoneOfTwo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		r := w.run(w.open(existing(cptsemu.ExistingTask)), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
		if r.Outcome != job.StartUnknown || !strings.Contains(r.Items[0].Err.Error(), "184138 48105, 184138 48106; nothing was started") || len(w.begun()) != 2 {
			t.Errorf("ended as %+v", r)
		}
	})
}

func TestFindPages(t *testing.T) {
	for _, limit := range []int{0, 20} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.PageLimit = limit })
				intent, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
				for i := range 130 { // the newest stand first
					w.cpts.AddTask(fmt.Sprint("other ", i), false, cptsemu.HealthyCase)
				}
				found, err := w.follower().Find(t.Context(), intent)
				if err != nil || len(found) != 1 || found[0].Ref != item.Ref {
					t.Errorf("found %+v, %v", found, err)
				}
			})
		})
	}
}

// TestUnreadable: what cannot be read fails no job, and is told as an error.
func TestUnreadable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		_, one := w.begin(w.open(creating(cptsemu.HealthyCase)))
		_, two := w.begin(w.open(creating(cptsemu.HealthyCase)))
		gone := job.Ref{ID: "1", Run: "1", In: one.Ref.In}
		w.inject(emulator.Fault{Kind: emulator.WrongType, Times: 5}, "ShowTask")
		statuses, err := w.follower().Status(t.Context(), []job.Ref{one.Ref, two.Ref, gone})
		if err == nil || len(statuses) != 3 || statuses[0].State != "" || statuses[1].State != job.StateRunning || statuses[2].State != "" {
			t.Errorf("statuses %+v, %v", statuses, err)
		}
	})
}

func TestRehearsal(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		stage := &cloud.Rehearsal{}
		services, err := specOf(t, inputs).Open(cloud.Env{Getenv: func(string) string { return "" }, Transport: &cloud.Transport{Base: stage}, Rehearsal: true})
		if err != nil {
			t.Fatal(err)
		}
		intent, err := services[0].Intend(t.Context(), "cj-mark-1-x")
		if err != nil {
			t.Fatal(err)
		}
		services[0].Start(t.Context(), intent)
		var names []string
		for _, r := range stage.Requests() {
			names = append(names, r.Call.Name)
		}
		want := []string{"CreateNewTask", "BatchUpdateTaskStatus"}
		if inputs["task_id"] != "" {
			want = []string{"ShowTask", "ShowHistoryRunInfo", "BatchUpdateTaskStatus"}
		}
		if !slices.Equal(names, want) {
			t.Errorf("calls %v, want %v", names, want)
		}
	}
}

// TestCallsAreDeclared: every call that a life makes, and a check before it, is
// in Calls, and the emulator knows each of them.
func TestCallsAreDeclared(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.ShowTaskOldOnly, s.LogOutlineAbsent = true, true })
		w.inject(emulator.Fault{Kind: emulator.Drop, After: true}, "BatchUpdateTaskStatus")
		one := w.open(creating(cptsemu.AbortingCase))
		one.(*service).Inspect(t.Context())
		r := w.run(one)
		w.report(r.Items[0].Ref, r.Items[0].Last)
		made := w.front.Calls()
		for _, call := range Calls() {
			if made[call.Name] == 0 {
				t.Errorf("%s was never made", call.Name)
			}
			delete(made, call.Name)
		}
		if delete(made, emulator.Total); len(made) != 0 {
			t.Errorf("not declared: %v", made)
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
		d := json.NewDecoder(strings.NewReader(c.task))
		d.UseNumber()
		if err := d.Decode(&info); err != nil {
			t.Fatal(err)
		}
		if state, known, doubtful := info.status(); state != c.state && known || known != c.known || doubtful != c.doubtful {
			t.Errorf("%s: %d %v %v", name, state, known, doubtful)
		}
	}
}

func TestNoRunHasNoStatus(t *testing.T) {
	bubble(t, func(t *testing.T) {
		w := newWorld(t)
		ref := job.Ref{ID: fmt.Sprint(cptsemu.ExistingTask), In: fmt.Sprint(cptsemu.TestProject), Kind: shared}
		if statuses, err := w.follower().Status(t.Context(), []job.Ref{ref}); err != nil || statuses[0].State != job.StateUnknown {
			t.Errorf("status %+v, %v", statuses, err)
		}
	})
}

func TestNewestFirst(t *testing.T) {
	ids := []string{"9", "100", "10"}
	if newestFirst(ids); !slices.Equal(ids, []string{"100", "10", "9"}) {
		t.Errorf("sorted %v", ids)
	}
}
