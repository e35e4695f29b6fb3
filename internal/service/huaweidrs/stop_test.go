package huaweidrs

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/servicetest"
)

func TestStop(t *testing.T) {
	none := ""
	tests := []struct {
		word, kind           string
		paused, terminated   string // the status afterwards
		pauseErr, terminaErr error
	}{
		{"CONFIGURATION", fullIncrTrans, "CONFIGURATION", releaseStarted, engine.ErrTooEarly, nil},
		{"STARTJOBING", fullIncrTrans, "STARTJOBING", releaseStarted, engine.ErrTooEarly, nil},
		{"WAITING_FOR_START", fullIncrTrans, "WAITING_FOR_START", releaseStarted, engine.ErrTooEarly, nil},
		{"CHANGE_JOB_STARTED", fullIncrTrans, "CHANGE_JOB_STARTED", releaseStarted, engine.ErrTooEarly, nil},
		{"FULL_TRANSFER_STARTED", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"FULL_TRANSFER_COMPLETE", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"FULL_TRANSFER_COMPLETE", fullTrans, "FULL_TRANSFER_COMPLETE", releaseStarted, nil, nil},
		{"FULL_TRANSFER_FAILED", fullTrans, "FULL_TRANSFER_FAILED", releaseStarted, nil, nil},
		{"INCRE_TRANSFER_STARTED", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"INCRE_TRANSFER_STARTED", none, pausing, releaseStarted, nil, nil},
		{"START_JOB_FAILED", fullIncrTrans, "START_JOB_FAILED", releaseStarted, nil, nil},
		{"PAUSING", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"CREATE_FAILED", fullIncrTrans, "CREATE_FAILED", "CREATE_FAILED", nil, nil},
		{"RELEASE_RESOURCE_STARTED", fullTrans, releaseStarted, releaseStarted, nil, nil},
		{"RELEASE_RESOURCE_COMPLETE", fullTrans, releaseComplete, releaseComplete, nil, nil},
		{"DELETED", fullTrans, deleted, deleted, nil, nil},
	}
	for _, test := range tests {
		for _, terminate := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: test.kind, Status: test.word})
				err := s.service.Stop(t.Context(), job.Ref{ID: taskID(1), Kind: test.kind}, terminate)
				wantErr, want := test.pauseErr, test.paused
				if terminate {
					wantErr, want = test.terminaErr, test.terminated
				}
				if got := s.drs.Status(taskID(1)); got != want || !errors.Is(err, wantErr) {
					t.Errorf("%s of %q, terminate %v: %s, %v; want %s, %v", test.word, test.kind, terminate, got, err, want, wantErr)
				}
			})
		}
	}
}

func TestStopRefused(t *testing.T) {
	tests := []struct {
		code     string
		tooEarly bool
	}{{busy, true}, {notNow, true}, {"DRS.M00102", false}}
	for _, test := range tests {
		for _, terminate := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				s.drs.Switches.StopRefused = test.code // inside a 2xx
				err := s.service.Stop(t.Context(), job.Ref{ID: drsemu.AlreadyRunning, Kind: fullIncrTrans}, terminate)
				if codeOf(err) != test.code || errors.Is(err, engine.ErrTooEarly) != test.tooEarly {
					t.Errorf("%s, terminate %v: %v", test.code, terminate, err)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) { // for the call as a whole, because the status changed after it was read
		s := newStage(t, drsemu.Sync)
		s.drs.Refuse(drsemu.Refusal{Call: "BatchStopJobs", Code: notNow, Times: 1})
		err := s.service.Stop(t.Context(), job.Ref{ID: drsemu.AlreadyRunning, Kind: fullIncrTrans}, false)
		if !errors.Is(err, engine.ErrTooEarly) {
			t.Errorf("%v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // released between the read and the termination
		s := newStage(t, drsemu.Sync)
		s.drs.Switches.StopRefused = gone
		if err := s.service.Stop(t.Context(), job.Ref{ID: drsemu.AlreadyRunning}, true); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestCancel(t *testing.T) {
	tests := []struct {
		name, policy string
		after        time.Duration
		stop         job.Stop
		word         string
	}{
		{"left by default", engine.OnDefault, 20 * time.Second, job.StopLeft, fullStarted},
		{"left", engine.Leave, 20 * time.Second, job.StopLeft, fullStarted},
		{"paused", engine.Stop, 20 * time.Second, job.StopConfirmed, pausing},
		{"paused once it transfers", engine.Stop, 6 * time.Second, job.StopConfirmed, pausing},
		{"too early to pause", engine.Stop, 2 * time.Second, job.StopFailed, "STARTJOBING"},
		{"terminated", engine.Terminate, 20 * time.Second, job.StopConfirmed, releaseComplete},
		{"terminated in its start", engine.Terminate, 2 * time.Second, job.StopConfirmed, releaseComplete},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				ctx, cancel := context.WithTimeout(t.Context(), test.after)
				defer cancel()
				r := s.run(ctx, func(o *engine.Options) {
					o.OnCancel = test.policy
					if test.policy != engine.OnDefault && test.stop == job.StopConfirmed {
						o.Confirm = 30 * time.Second
					}
				})
				item := r.Items[0]
				if word := s.drs.Status(drsemu.Sync); r.Outcome != job.Cancelled || item.Stop != test.stop || word != test.word {
					t.Errorf("%s, stop %q, status %s", r.Outcome, item.Stop, word)
				}
			})
		})
	}
}

// A pause stops the target only: what the source writes in the meantime is still
// captured, and not lost to who resumes.
func TestPauseKeepsTheSource(t *testing.T) {
	for _, id := range []string{drsemu.AlreadyRunning, drsemu.DisasterRecovery, drsemu.Migration} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, id)
			s.drs.Begin(drsemu.Migration)
			time.Sleep(15 * time.Second)
			if err := s.service.Stop(t.Context(), job.Ref{ID: id, Kind: fullIncrTrans}, false); err != nil {
				t.Fatal(err)
			}
			if s.drs.Status(id) != pausing || !s.drs.Captures(id) {
				t.Errorf("%s is %s, its source captured: %v", id, s.drs.Status(id), s.drs.Captures(id))
			}
		})
	}
}

// A task at its goal is not said to be stopped before its pause is done.
func TestSlowPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Add(drsemu.Script{ID: drsemu.Sync, TaskType: incrTrans})
		s.drs.Switches.SlowPause = 20 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		r := s.run(ctx, func(o *engine.Options) { o.OnCancel, o.Confirm = engine.Stop, time.Minute })
		if r.Items[0].Stop != job.StopConfirmed || s.drs.Status(drsemu.Sync) != pausing {
			t.Errorf("stop %q, status %s", r.Items[0].Stop, s.drs.Status(drsemu.Sync))
		}
	})
}

// Another process finds and pauses what this one left, from the record alone.
func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, drsemu.Sync)
		record, err := json.Marshal(engine.Record{Intent: s.intend(t), What: s.service.What(), Policy: engine.Stop})
		if err != nil {
			t.Fatal(err)
		}
		s.service.Start(t.Context(), s.intend(t))
		time.Sleep(20 * time.Second)

		left := engine.Left{Provider: Name}
		if err := json.Unmarshal(record, &left.Record); err != nil {
			t.Fatal(err)
		}
		if left.Follower, err = Reopen(servicetest.Env(s.Transport()), s.spec.Target()); err != nil {
			t.Fatal(err)
		}
		if language := left.Follower.(follower).language; language != english {
			t.Errorf("language %q", language)
		}
		r := engine.Settle(t.Context(), []engine.Left{left}, time.Second, nil)
		for i, id := range []string{drsemu.Migration, drsemu.Sync} {
			if r.Items[i].Stop != job.StopConfirmed || s.drs.Status(id) != pausing {
				t.Errorf("%s: stop %q, status %s", id, r.Items[i].Stop, s.drs.Status(id))
			}
		}
		if r.Items[1].Ref.Kind != fullIncrTrans {
			t.Errorf("the kind is lost: %+v", r.Items[1].Ref)
		}
	})
	if _, err := Reopen(cloud.Env{}, "{"); err == nil {
		t.Error("a target that cannot be read")
	}
}
