package tencentbatch

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

func TestCancelStops(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, "sleep 300}")
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			r := engine.Run(ctx, s.services, options())
			if r.Outcome != job.Cancelled {
				t.Errorf("after %s: outcome %s", after, r.Outcome)
			}
			for _, begun := range s.Begun()["batch"] {
				if begun.Live {
					t.Errorf("after %s: %s is still live, stop %q", after, begun.ID, r.Items[0].Stop)
				}
			}
		})
	}
}

// TestARefusedStop: TerminateJob is forbidden in SUBMITTED, with a code that no
// document names. What has ended needs no stop, unless its machines were kept.
func TestARefusedStop(t *testing.T) {
	const stopped, early, refused = "stopped", "too early", "refused"
	for word, want := range map[string]string{
		"SUBMITTED": early, "PENDING": early, "RUNNABLE": early, "STARTING": early, "DEFROSTING": early,
		"RUNNING": refused, "SUCCEED": stopped, "FAILED": stopped, "FAILED_INTERRUPTED": refused,
	} {
		err := reader(t, servicetest.Responses{
			"TerminateJob": `{"Error":{"Code":"UnsupportedOperation","Message":"not in this state"},"RequestId":"r"}`,
			"DescribeJobs": `{"JobSet":[{"JobId":"job-1","JobState":"` + word + `"}]}`,
		}).Stop(t.Context(), job.Ref{ID: "job-1"}, false)
		got := refused
		switch {
		case err == nil:
			got = stopped
		case errors.Is(err, engine.ErrTooEarly):
			got = early
		}
		if got != want {
			t.Errorf("%s: %s, want %s: %v", word, got, want, err)
		}
	}
}
