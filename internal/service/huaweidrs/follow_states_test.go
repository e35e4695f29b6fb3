package huaweidrs

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

func TestStates(t *testing.T) {
	goals := func(full, both, incremental, unknown job.State) map[string]job.State {
		return map[string]job.State{fullTrans: full, fullIncrTrans: both, incrTrans: incremental, "": unknown}
	}
	always := func(s job.State) map[string]job.State { return goals(s, s, s, s) }
	tests := map[string]map[string]job.State{
		"CREATING":                        always(job.StatePending),
		"CREATE_FAILED":                   always(job.StateFailed),
		"CONFIGURATION":                   always(job.StatePending),
		"STARTJOBING":                     always(job.StatePending),
		"WAITING_FOR_START":               always(job.StatePending),
		"START_JOB_FAILED":                always(job.StateFailed),
		"PAUSING":                         always(job.StateStopped),
		"FULL_TRANSFER_STARTED":           always(job.StateRunning),
		"FULL_TRANSFER_FAILED":            always(job.StateFailed),
		"FULL_TRANSFER_COMPLETE":          goals(job.StateSucceeded, job.StateRunning, job.StateRunning, job.StateRunning),
		"INCRE_TRANSFER_STARTED":          goals(job.StateRunning, job.StateSucceeded, job.StateSucceeded, job.StateRunning),
		"INCRE_TRANSFER_FAILED":           always(job.StateFailed),
		"RELEASE_RESOURCE_STARTED":        always(job.StateStopping),
		"RELEASE_RESOURCE_FAILED":         always(job.StateFailed),
		"RELEASE_RESOURCE_COMPLETE":       always(job.StateStopped), // without a completed copy in its history
		"REBUILD_NODE_STARTED":            always(job.StateRunning),
		"REBUILD_NODE_FAILED":             always(job.StateFailed),
		"CHANGE_JOB_STARTED":              always(job.StateRunning),
		"CHANGE_JOB_FAILED":               always(job.StateFailed),
		"DELETED":                         always(job.StateStopped), // the emulator answers DRS.M05004 for it
		"CHILD_TRANSFER_STARTING":         always(job.StateRunning),
		"CHILD_TRANSFER_STARTED":          always(job.StateRunning),
		"CHILD_TRANSFER_COMPLETE":         always(job.StateRunning),
		"CHILD_TRANSFER_FAILED":           always(job.StateFailed),
		"RELEASE_CHILD_TRANSFER_STARTED":  always(job.StateRunning),
		"RELEASE_CHILD_TRANSFER_COMPLETE": always(job.StateRunning),
		"NODE_UPGRADE_START":              always(job.StateRunning),
		"NODE_UPGRADE_COMPLETE":           always(job.StateRunning),
		"NODE_UPGRADE_FAILED":             always(job.StateFailed),
		"FROZEN_SOLID":                    always(job.StateUnknown),
	}
	if len(tests) != 29+1 {
		t.Fatalf("%d words, the SDK has 29", len(tests)-1)
	}
	for word, want := range tests {
		for kind, state := range want {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: kind, Status: word})
				if kind == "" { // nothing else may tell the kind
					s.drs.Refuse(drsemu.Refusal{Call: "BatchListProgresses", Code: "DRS.M00102", Times: 1})
					s.drs.Refuse(drsemu.Refusal{Call: "BatchListJobDetails", Code: "DRS.M00102", Times: 1})
				}
				got := s.status(t, job.Ref{ID: taskID(1), Kind: kind})[0]
				shown := word
				if word == deleted {
					shown = gone
				}
				if got.State != state || got.Word != shown || got.Costs != (word == releaseFailed || word == increStarted && state.Over()) {
					t.Errorf("%s of %q: got %+v, want %s", word, kind, got, state)
				}
			})
		}
	}
}

// A task costs from its start until it is ended, in whatever state it rests.
func TestCosts(t *testing.T) {
	tests := map[string]string{ // what is said; nothing of those that go on or are gone
		"PAUSING":                   "it is paused, and costs on until it is ended, in the console; on_cancel: terminate",
		"FULL_TRANSFER_COMPLETE":    "its copy is complete, and it costs on until it is ended",
		"INCRE_TRANSFER_STARTED":    "it replicates on, and costs on until it is ended",
		"FULL_TRANSFER_FAILED":      "it failed, and costs on until it is ended",
		"INCRE_TRANSFER_FAILED":     "it failed, and costs on until it is ended",
		"START_JOB_FAILED":          "it failed, and costs on until it is ended",
		"RELEASE_RESOURCE_FAILED":   "ended by force",
		"CREATE_FAILED":             "",
		"RELEASE_RESOURCE_STARTED":  "",
		"RELEASE_RESOURCE_COMPLETE": "",
		"DELETED":                   "",
		"STARTJOBING":               "",
		"FULL_TRANSFER_STARTED":     "",
	}
	for word, want := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			kind := fullIncrTrans
			if word == fullComplete {
				kind = fullTrans
			}
			s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: kind, Status: word})
			if got := s.status(t, job.Ref{ID: taskID(1), Kind: kind})[0].StillCosts; !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("%s: %q", word, got)
			}
		})
	}
}

func TestDeletedAsWord(t *testing.T) {
	if got := state(deleted, fullTrans); got != job.StateStopped {
		t.Errorf("got %s", got)
	}
}

func TestProgress(t *testing.T) {
	tests := []struct {
		word, want string
		said       reply
	}{
		{fullStarted, "42 %", reply{Progress: "42", Delay: "-1", TransferStatus: fullStarted}},
		{fullStarted, "42 %", reply{Progress: "42%", Delay: "7"}},
		{increStarted, "delay 3 s", reply{Progress: "100", Delay: "3", TransferStatus: increStarted}},
		{increStarted, "delay 0 s", reply{Progress: "100", Delay: "0"}},
		{increStarted, "", reply{Progress: "100", Delay: "-1"}},
		{increStarted, "", reply{Progress: "100"}},
		{increStarted, "99 %", reply{Progress: "99", Delay: "-1", TransferStatus: fullStarted}}, // it lags behind
		{fullStarted, "", reply{}},
		{fullStarted, "", reply{Progress: "soon"}},
	}
	for _, test := range tests {
		if got := test.said.progress(test.word); got != test.want {
			t.Errorf("%s %+v: got %q, want %q", test.word, test.said, got, test.want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration)
		s.drs.Begin(drsemu.Migration)
		time.Sleep(25 * time.Second)
		running := job.Ref{ID: drsemu.Migration, Kind: fullTrans}
		got := s.status(t, running, job.Ref{ID: drsemu.AlreadyRunning, Kind: fullIncrTrans})
		if got[0].Progress != "50 %" || got[1].Progress != "delay 2 s" {
			t.Errorf("progress %q and %q", got[0].Progress, got[1].Progress)
		}
		s.Inject(emulator.Fault{Call: "BatchListProgresses", Kind: emulator.Forbidden})
		if got := s.status(t, running)[0]; got.State != job.StateRunning || got.Progress != "" {
			t.Errorf("without the permission to read it: %+v", got)
		}
	})
}
