package huaweicpts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

func TestCancel(t *testing.T) {
	for name, shape := range map[string]func(*cptsemu.Switches){
		"plain":       func(*cptsemu.Switches) {},
		"idle":        func(s *cptsemu.Switches) { s.IdleAfterStart = time.Hour },
		"listed late": func(s *cptsemu.Switches) { s.ListedAfter = 30 * time.Second },
		"no ShowTask": func(s *cptsemu.Switches) { s.ShowTaskOldOnly = true },
	} {
		for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
			t.Run(name+" "+inputs["task_id"], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
				synctest.Test(t, func(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) {
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
			synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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
	synctest.Test(t, func(t *testing.T) {
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

// TestStopBesideANull: a null among the runs hides none of the others.
func TestStopBesideANull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.HistoryEndedOnly = true })
		_, first := w.begin(w.open(existing(cptsemu.ExistingTask)))
		_, second := w.begin(w.open(existing(cptsemu.ExistingTask)))
		w.alter = func(_ string, body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"log_list":[`), []byte(`"log_list":[null`))
		}
		time.Sleep(10 * time.Second)
		err := w.follower().Stop(t.Context(), first.Ref, false)
		if err == nil || !strings.Contains(err.Error(), "run "+second.Ref.Run+" of it runs too") {
			t.Errorf("%v", err)
		}
	})
}
