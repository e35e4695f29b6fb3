package huaweidrs

import (
	"errors"
	"slices"
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

// A kind that the ref lacks is learnt from what is read anyway.
func TestKindLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: fullTrans, Status: fullComplete})
		got := s.status(t, job.Ref{ID: drsemu.AlreadyRunning}, job.Ref{ID: taskID(1)}, job.Ref{ID: drsemu.AlreadyEnded})
		for i, status := range got {
			if status.State != job.StateSucceeded {
				t.Errorf("%d: %+v", i, status)
			}
		}
	})
}

func TestReleasedByHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, taskID(1), taskID(2))
		ended := job.Ref{ID: drsemu.AlreadyEnded, Kind: fullTrans}
		if got := s.status(t, ended)[0]; got.State != job.StateSucceeded {
			t.Errorf("after its copy: %+v", got)
		}
		s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: fullTrans})
		s.drs.Begin(taskID(1))
		time.Sleep(20 * time.Second)
		cut := job.Ref{ID: taskID(1), Kind: fullTrans}
		if err := s.service.Stop(t.Context(), cut, true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if got := s.status(t, cut)[0]; got.State != job.StateStopped || got.Word != releaseComplete {
			t.Errorf("terminated: %+v", got)
		}
		s.drs.Refuse(drsemu.Refusal{Call: "BatchListJobDetails", Code: "DRS.M00102", Times: 1})
		if got := s.status(t, ended)[0]; got.State != job.StateStopped {
			t.Errorf("without the permission to read its history: %+v", got)
		}
		s.Inject(emulator.Fault{Call: "BatchListJobDetails", Kind: emulator.BadGateway, Times: -1})
		got, err := s.service.Status(t.Context(), []job.Ref{ended, {ID: drsemu.Sync, Kind: fullIncrTrans}})
		if err == nil || got[0].State != "" || got[1].State != job.StatePending {
			t.Errorf("history not readable now: %+v, %v", got, err)
		}
	})
}

// One call reads many tasks, also those after the fifth.
func TestFewCalls(t *testing.T) {
	for _, test := range []struct{ tasks, calls int }{{1, 1}, {7, 1}, {100, 1}, {101, 2}, {250, 3}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			var refs []job.Ref
			for i := range test.tasks {
				s.drs.Add(drsemu.Script{ID: taskID(i), Status: fullStarted})
				refs = append(refs, job.Ref{ID: taskID(i), Kind: fullIncrTrans})
			}
			refs = append(refs, refs[0]) // another service's, in the same group
			for i, status := range s.status(t, refs...) {
				if status.State != job.StateRunning || status.Progress == "" {
					t.Errorf("%d of %d: %+v", i, test.tasks, status)
				}
			}
			calls := s.Calls()
			if calls["BatchListJobStatus"] != test.calls || calls["BatchListProgresses"] != test.calls || calls[emulator.Total] != 2*test.calls {
				t.Errorf("%d tasks: %v", test.tasks, calls)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // nothing moves
		s := newStage(t, drsemu.Sync)
		s.status(t, job.Ref{ID: drsemu.Sync})
		if calls := s.Calls(); calls[emulator.Total] != 1 {
			t.Errorf("%v", calls)
		}
	})
}

// A part that cannot be read says nothing of its tasks, and hides no other.
func TestPartUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		var refs []job.Ref
		for i := range perCall + 1 {
			s.drs.Add(drsemu.Script{ID: taskID(i)})
			refs = append(refs, job.Ref{ID: taskID(i)})
		}
		s.Inject(emulator.Fault{Call: "BatchListJobStatus", Kind: emulator.Forbidden, Skip: 1})
		got, err := s.service.Status(t.Context(), refs)
		if err == nil || len(got) != len(refs) || got[0].State != job.StatePending || got[perCall].State != "" {
			t.Errorf("%d, %+v, %+v, %v", len(got), got[0], got[perCall], err)
		}
	})
}

func TestUnknownTask(t *testing.T) {
	for mode, code := range map[drsemu.UnknownJob]string{
		drsemu.UnknownResults: unknownID, drsemu.UnknownPlain: notFound, drsemu.UnknownPerJob: notFound,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			s.drs.Switches.UnknownJob = mode
			var refs []job.Ref
			for i := range 9 {
				if i != 4 {
					s.drs.Add(drsemu.Script{ID: taskID(i)})
				}
				refs = append(refs, job.Ref{ID: taskID(i), Kind: fullTrans})
			}
			for i, status := range s.status(t, refs...) {
				want := job.StatePending
				if i == 4 {
					want = job.StateUnknown
					if status.Word != code || !strings.Contains(status.Message, "task") {
						t.Errorf("%d: %+v, want %s", mode, status, code)
					}
				}
				if status.State != want {
					t.Errorf("%d: %d is %+v, want %s", mode, i, status, want)
				}
			}
			err := s.service.Stop(t.Context(), refs[4], false)
			if codeOf(err) != code || errors.Is(err, engine.ErrTooEarly) {
				t.Errorf("%d: stop says %v", mode, err)
			}
		})
	}
}

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, drsemu.Sync)
		seen := map[string][]string{}
		r := s.run(t.Context(), func(o *engine.Options) {
			o.PollEvery = 2 * time.Second
			o.Notify = func(e engine.Event) {
				if e.Kind == engine.Changes {
					seen[e.Item.Ref.ID] = append(seen[e.Item.Ref.ID], e.Item.Last.Word)
				}
			}
		})
		want := map[string][]string{
			drsemu.Migration: {"STARTJOBING", "FULL_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE"},
			drsemu.Sync:      {"STARTJOBING", "FULL_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE", "INCRE_TRANSFER_STARTED"},
		}
		for id, words := range want {
			if !slices.Equal(seen[id], words) {
				t.Errorf("%s went %v, want %v", id, seen[id], words)
			}
		}
		if r.Outcome != job.Succeeded || r.Items[0].Last.Progress != "100 %" || !strings.HasPrefix(r.Items[1].Last.Progress, "delay ") {
			t.Errorf("%s: %+v, %+v", r.Outcome, r.Items[0].Last, r.Items[1].Last)
		}
	})
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		id   string
		end  job.Outcome
		word string
		why  []string
	}{
		"in full": {drsemu.FailsInFull, job.JobFailed, "FULL_TRANSFER_FAILED", []string{
			"status FULL_TRANSFER_FAILED",
			"DRS.KE0002: The source database refused the user name or the password.; a database refused the user or the password; correct the task's connection and let its precheck pass",
		}},
		"to start": {drsemu.FailsToStart, job.JobFailed, "START_JOB_FAILED", []string{
			"status START_JOB_FAILED",
			"DRS.M05003: The replication instance could not be created.; no such task; check the id and region",
		}},
		"refused": {drsemu.RefusesStart, job.StartFailed, "failed", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newStage(t, test.id).run(t.Context(), nil)
				item := r.Items[0]
				if r.Outcome != test.end || item.Status != test.word || !slices.Equal(item.Why, test.why) {
					t.Errorf("%s %s %q", r.Outcome, item.Status, item.Why)
				}
			})
		})
	}
}

// An answer that leaves the task out, or calls what it did by another word, is
// no answer.
func TestNotNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servicetest.Answer(`{"results":[{"id":"b","status":"success"}],"count":1}`)
		_, s := open(t, network, field.Input{Name: "job_ids", Text: "a\nb"})
		got, err := s.Status(t.Context(), []job.Ref{{ID: "a"}})
		if err != nil || got[0] != (job.Status{State: job.StateUnknown, Unlisted: true}) {
			t.Errorf("status %+v, %v", got, err)
		}
		if err := s.Stop(t.Context(), job.Ref{ID: "a"}, false); job.OutcomeOf(err) != job.StartUnknown {
			t.Errorf("stop: %v", err)
		}
		items := s.Start(t.Context(), job.Intent{})
		if job.OutcomeOf(items[0].Err) != job.StartUnknown || !strings.Contains(items[0].Err.Error(), "does not name the task") || items[1].Err != nil || items[1].Ref.ID != "b" {
			t.Errorf("start: %+v", items)
		}
		network = servicetest.Answer(`{"results":[{"id":"a","status":"accepted"}],"count":1}`)
		_, s = open(t, network, field.Input{Name: "job_ids", Text: "a"})
		if items := s.Start(t.Context(), job.Intent{}); job.OutcomeOf(items[0].Err) != job.StartUnknown {
			t.Errorf("start: %+v", items)
		}
	})
}
