package huaweidrs

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/servicetest"
)

// startedTimes is how often the emulated cloud began the task.
func (s stage) startedTimes(id string) (n int) {
	for _, j := range s.Begun()["drs"] {
		if j.ID == id {
			n++
		}
	}
	return n
}

// What on_cancel: stop had paused is started again by the next run.
func TestResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Paused)
		r := s.run(t.Context(), nil)
		item := r.Items[0]
		if r.Outcome != job.Succeeded || item.How != job.Began || item.Ref.ID != drsemu.Paused || item.Ref.Kind != fullIncrTrans || !strings.Contains(item.Note, "it was paused, and is resumed") {
			t.Errorf("%s %v %+v", r.Outcome, item.Err, item)
		}
		if calls := s.Calls(); calls["BatchRestoreTask"] != 1 || calls["BatchStartJobs"] != 0 {
			t.Errorf("%v", calls)
		}
	})
}

// Paused and unstarted tasks of one step go into a call each.
func TestResumeAndStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync, drsemu.Paused, drsemu.RefusesStart)
		r := s.run(t.Context(), nil)
		for i, want := range []job.Outcome{job.Succeeded, job.Succeeded, job.StartFailed} {
			if got := engine.OutcomeOf(r.Items[i]); got != want || r.Items[i].RequestID == "" {
				t.Errorf("%d: %s, %v", i, got, r.Items[i].Err)
			}
		}
		if calls := s.Calls(); calls["BatchRestoreTask"] != 1 || calls["BatchStartJobs"] != 1 {
			t.Errorf("%v", calls)
		}
	})
}

// A task that was paused by a cancel is resumed by the re-run of the workflow.
func TestResumeByRerun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		s.run(ctx, func(o *engine.Options) { o.OnCancel, o.Confirm = engine.Stop, 30*time.Second })
		if got := s.drs.Status(drsemu.Sync); got != pausing {
			t.Fatal(got)
		}
		r := s.run(t.Context(), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
		if r.Outcome != job.Succeeded || r.Items[0].How != job.Began || s.startedTimes(drsemu.Sync) != 2 {
			t.Errorf("%s, %s, begun %d times: %v", r.Outcome, r.Items[0].How, s.startedTimes(drsemu.Sync), r.Items[0].Err)
		}
	})
}

// A resume whose answer is lost is looked for and never sent again.
func TestResumeUnanswered(t *testing.T) {
	for _, executed := range []bool{false, true} {
		for _, late := range []time.Duration{0, 15 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Paused)
				s.drs.Switches.LateStatus = late
				s.Inject(emulator.Fault{Call: "BatchRestoreTask", Kind: emulator.Drop, After: executed})
				r := s.run(t.Context(), nil)
				item, times := r.Items[0], 0
				outcome, how := job.StartUnknown, job.How("")
				if executed {
					outcome, how, times = job.Succeeded, job.Adopted, 1
				}
				if r.Outcome != outcome || item.How != how || s.startedTimes(drsemu.Paused) != times || s.Calls()["BatchRestoreTask"] != 1 {
					t.Errorf("executed %v, late %s: %s, %q, begun %d times, %v", executed, late, r.Outcome, item.How, s.startedTimes(drsemu.Paused), s.Calls())
				}
			})
		}
	}
}

// The answer to one of the two calls says nothing of the tasks of the other.
func TestResumeHalfAnswered(t *testing.T) {
	for call, lost := range map[string]int{"BatchStartJobs": 0, "BatchRestoreTask": 1} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync, drsemu.Paused)
			s.drs.Refuse(drsemu.Refusal{Call: call, Code: "DRS.M00102", Times: 1})
			r := s.run(t.Context(), nil)
			for i, item := range r.Items {
				want := job.Succeeded
				if i == lost {
					want = job.Unauthorized
				}
				if got := engine.OutcomeOf(item); got != want {
					t.Errorf("%s: task %d is %s, want %s: %v", call, i, got, want, item.Err)
				}
			}
		})
	}
}

// A status that lags behind shows a resumed task as paused: that is not its end.
func TestResumedSeenLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Paused)
		s.drs.Switches.LateStatus = 15 * time.Second
		r := s.run(t.Context(), nil)
		if r.Outcome != job.Succeeded {
			t.Errorf("%s %+v", r.Outcome, r.Items[0])
		}
	})
	synctest.Test(t, func(t *testing.T) { // nor is it stopped already
		s := newStage(t, drsemu.Paused)
		s.drs.Switches.LateStatus = 4 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r := s.run(ctx, func(o *engine.Options) { o.OnCancel, o.Confirm = engine.Stop, time.Minute })
		if r.Items[0].Stop != job.StopConfirmed || s.drs.Status(drsemu.Paused) != pausing {
			t.Errorf("stop %q, and it is %s", r.Items[0].Stop, s.drs.Status(drsemu.Paused))
		}
	})
}

// Somebody pauses the resumed task once more.
func TestPausedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Paused)
		time.AfterFunc(5*time.Second, func() {
			if err := s.service.Stop(context.Background(), job.Ref{ID: drsemu.Paused}, false); err != nil {
				t.Error(err)
			}
		})
		r := s.run(t.Context(), nil)
		if r.Outcome != job.JobFailed || r.Items[0].Status != pausing {
			t.Errorf("%s %+v", r.Outcome, r.Items[0])
		}
	})
}

// Whether a task is still paused, or was paused again, is read from its
// details. Without them it is not resumed.
func TestPausedUntold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Paused)
		s.drs.Refuse(drsemu.Refusal{Call: "BatchListJobDetails", Code: "DRS.M00102", Times: 1})
		r := s.run(t.Context(), nil)
		if r.Outcome != job.Unauthorized || len(s.begun()) > 0 {
			t.Errorf("%s, begun %v", r.Outcome, s.begun())
		}
	})
	at := reply{Status: pausing, UpdatedAt: "1608369232412"}
	for _, test := range []struct {
		past   past
		detail reply
		want   bool
	}{
		{past{paused: true, since: at.UpdatedAt.Time()}, at, true},
		{past{paused: true, since: at.UpdatedAt.Time()}, reply{Status: pausing, UpdatedAt: "1608369232413"}, false},
		{past{paused: true, since: at.UpdatedAt.Time()}, reply{Status: increStarted, UpdatedAt: "1608369232413"}, true}, // it is read before the status
		{past{paused: true, since: at.UpdatedAt.Time()}, reply{}, false},                                                // unread
		{past{paused: true}, reply{Status: pausing}, false},                                                             // it has no such time
		{past{}, at, false},
	} {
		if got := test.past.unresumed(test.detail); got != test.want {
			t.Errorf("%+v, %+v: %v", test.past, test.detail, got)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Paused)
		ref := refOf(s.intend(t).IDs[0])
		if got := s.status(t, ref)[0]; got.State != job.StatePending {
			t.Errorf("not yet resumed: %+v", got)
		}
		s.Inject(emulator.Fault{Call: "BatchListJobDetails", Kind: emulator.BadGateway, Times: 5})
		got, err := s.service.Status(t.Context(), []job.Ref{ref, {ID: drsemu.Sync, Kind: fullIncrTrans}})
		if err == nil || got[0].State != "" || got[1].State != job.StatePending {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// Another process finds what was resumed, from the record alone.
func TestSettleResumed(t *testing.T) {
	for _, resumed := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Paused)
			intent := s.intend(t)
			record, err := json.Marshal(engine.Record{Intent: intent, What: s.service.What(), Policy: engine.Stop})
			if err != nil {
				t.Fatal(err)
			}
			if resumed {
				s.service.Start(t.Context(), intent)
				time.Sleep(5 * time.Second)
			}
			left := engine.Left{Provider: Name}
			if err := json.Unmarshal(record, &left.Record); err != nil {
				t.Fatal(err)
			}
			if left.Follower, err = Reopen(servicetest.Env(s.Transport()), s.spec.Target()); err != nil {
				t.Fatal(err)
			}
			item := engine.Settle(t.Context(), []engine.Left{left}, time.Second, nil).Items[0]
			if s.drs.Status(drsemu.Paused) != pausing || (item.Stop == job.StopConfirmed) != resumed {
				t.Errorf("resumed %v: stop %q, and it is %s", resumed, item.Stop, s.drs.Status(drsemu.Paused))
			}
		})
	}
}

// What a resume cannot do is refused before any call that starts something.
func TestNotResumed(t *testing.T) {
	entry := func(more string) field.Input {
		return field.Input{Name: "jobs", Text: "[{job_id: " + drsemu.Sync + "}, {job_id: " + drsemu.Paused + more + "}]"}
	}
	for name, input := range map[string]field.Input{
		"start_time":        entry(", start_time: 2100-01-01T00:00:00Z"),
		"is_only_init_task": entry(", is_only_init_task: true"),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Paused)
			_, s.service = open(t, s.Transport(), input)
			r := s.run(t.Context(), nil)
			for _, item := range r.Items {
				if err := item.Err; err == nil || !strings.Contains(err.Error(), "task "+drsemu.Paused+" is paused") || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "nothing was started") {
					t.Errorf("%s: %v", name, err)
				}
			}
			if r.Outcome != job.StartFailed || len(s.begun()) > 0 || s.Calls()["BatchRestoreTask"]+s.Calls()["BatchStartJobs"] > 0 {
				t.Errorf("%s: %s, %v", name, r.Outcome, s.Calls())
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // what is about the end of a copy only is told, and no obstacle
		s := newStage(t, drsemu.Paused)
		_, s.service = open(t, s.Transport(), field.Input{Name: "jobs", Text: "[{job_id: " + drsemu.Paused + ", is_auto_create_compare: false}]"})
		r := s.run(t.Context(), nil)
		if r.Outcome != job.Succeeded || !strings.Contains(r.Items[0].Note, "is_auto_create_compare") {
			t.Errorf("%s: %v, %q", r.Outcome, r.Items[0].Err, r.Items[0].Note)
		}
	})
}

// The parent of a dual-active recovery is refused before the call, with what
// to name instead.
func TestDualActiveParent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync, drsemu.DualParent)
		r := s.run(t.Context(), nil)
		err := r.Items[1].Err
		if r.Outcome != job.StartFailed || err == nil || !strings.Contains(err.Error(), "task "+drsemu.DualParent+" is the parent") || !strings.Contains(err.Error(), "name its sub-tasks") {
			t.Errorf("%s: %v", r.Outcome, err)
		}
		if calls := s.Calls(); calls["BatchStartJobs"] > 0 || len(s.begun()) > 0 {
			t.Errorf("%v", calls)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.DualForward, drsemu.DisasterRecovery)
		r := s.run(t.Context(), nil)
		if got := engine.OutcomeOf(r.Items[0]); got != job.Succeeded {
			t.Errorf("its sub-task: %s, %v", got, r.Items[0].Err)
		}
		if e, ok := errors.AsType[*job.Error](r.Items[1].Err); !ok || e.Code != notNow {
			t.Errorf("a recovery that runs: %v", r.Items[1].Err)
		}
	})
}
