package huaweidrs

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

// What was not there, was refused or ended before is not ours afterwards.
func TestFind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := []string{
			"CREATING", "CREATE_FAILED", "CONFIGURATION", "STARTJOBING", "WAITING_FOR_START", "START_JOB_FAILED", "PAUSING",
			"FULL_TRANSFER_STARTED", "INCRE_TRANSFER_STARTED", "INCRE_TRANSFER_FAILED", "RELEASE_RESOURCE_COMPLETE",
			"CHANGE_JOB_STARTED", "NODE_UPGRADE_START", "CHILD_TRANSFER_STARTED", "DELETED", "FULL_TRANSFER_ODD",
		}
		want := map[string]job.State{
			"STARTJOBING": job.StatePending, "WAITING_FOR_START": job.StatePending, "START_JOB_FAILED": job.StateFailed,
			"PAUSING": job.StateStopped, "FULL_TRANSFER_STARTED": job.StateRunning, "INCRE_TRANSFER_STARTED": job.StateRunning,
			"INCRE_TRANSFER_FAILED": job.StateFailed, "RELEASE_RESOURCE_COMPLETE": job.StateStopped, "CHILD_TRANSFER_STARTED": job.StateRunning,
		}
		var ids []string
		for i := range states {
			ids = append(ids, taskID(i))
		}
		s := newStage(t, ids...)
		for _, id := range ids {
			s.drs.Add(drsemu.Script{ID: id})
		}
		intent := s.intend(t)
		for i, id := range ids {
			s.drs.Add(drsemu.Script{ID: id, Status: states[i]})
		}
		found, err := s.service.Find(t.Context(), intent)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found {
			word := states[one.Index]
			if one.State != want[word] || one.Ours || one.Ref != (job.Ref{ID: ids[one.Index], Kind: fullIncrTrans}) {
				t.Errorf("%s: %+v, want %q", word, one, want[word])
			}
		}
		if len(found) != len(want) {
			t.Errorf("%d found, want %d", len(found), len(want))
		}
		intent.Skip = []int{slices.Index(states, "STARTJOBING")}
		intent.Before = []string{ids[slices.Index(states, "PAUSING")]}
		if found, _ := s.service.Find(t.Context(), intent); len(found) != len(want)-2 {
			t.Errorf("%d found without two, want %d", len(found), len(want)-2)
		}
		if found, _ := s.service.Find(t.Context(), s.intend(t)); found != nil {
			t.Errorf("found %+v, which all were there before", found)
		}
	})
}

// A later attempt follows what an earlier one started, and sends no start.
func TestAttach(t *testing.T) {
	for _, after := range []time.Duration{time.Second, 20 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			s.run(t.Context(), func(o *engine.Options) { o.Wait = false })
			time.Sleep(after)
			r := s.run(t.Context(), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
			if r.Outcome != job.Succeeded || r.Items[0].How != job.Attached || s.Calls()["BatchStartJobs"] != 1 {
				t.Errorf("after %s: %s, %q, %v", after, r.Outcome, r.Items[0].How, s.Calls())
			}
		})
	}
}
