package tencentpts

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

func TestCancelStops(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second} {
		for _, mode := range []ptsemu.AbortMode{ptsemu.AbortAnyLive, ptsemu.AbortOnlyRunning} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, ptsemu.ScenarioDemo)
				s.pts.Switches.AbortMode = mode
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				began := time.Now()
				o := servicetest.Options()
				o.Confirm = 30 * time.Second
				r := engine.Run(ctx, s.services, o)
				if r.Outcome != job.Cancelled {
					t.Errorf("after %s: outcome %s", after, r.Outcome)
				}
				live := 0
				for _, begun := range s.Begun()["pts"] {
					if begun.Live {
						live++
					}
				}
				if live > 0 && (mode == ptsemu.AbortAnyLive || after == 20*time.Second) {
					t.Errorf("after %s: still live, stop %q, took %s", after, r.Items[0].Stop, time.Since(began))
				}
				if live > 0 && r.Items[0].Stop == job.StopConfirmed {
					t.Errorf("after %s: said to be stopped, and lives", after)
				}
			})
		}
	}
}

// TestARunThatDoesNotRun: AbortJob refuses it in the same words whether it has
// ended or has not begun. Only one that has ended, or is ending, is stopped.
func TestARunThatDoesNotRun(t *testing.T) {
	ref := job.Ref{ID: "job-1", In: "project-1/scenario-1"}
	stop := func(t *testing.T, jobs string) error {
		return reader(t, servicetest.Responses{
			"AbortJob":     `{"Error":{"Code":"FailedOperation.JobStatusNotRunning","Message":"the job is not running"},"RequestId":"r"}`,
			"DescribeJobs": jobs,
		}).Stop(t.Context(), ref, false)
	}
	for number, of := range states() {
		err := stop(t, `{"JobSet":[{"JobId":"job-1","Status":`+number+`}]}`)
		stopped := of.state.Over() || of.state == job.StateStopping
		if stopped != (err == nil) || !stopped && !errors.Is(err, engine.ErrTooEarly) {
			t.Errorf("status %s: got %v", number, err)
		}
	}
	if err := stop(t, `{"JobSet":[],"Total":0}`); !errors.Is(err, engine.ErrTooEarly) {
		t.Errorf("not listed: got %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		if err := stop(t, `[]`); !errors.Is(err, engine.ErrTooEarly) {
			t.Errorf("status not read: got %v", err)
		}
	})
}
