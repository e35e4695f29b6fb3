package job

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestClock: what waits by a clock of its own has waited at once, and not longer
// than there was time; any other context has the real time.
func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, recorded := time.Now(), time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)
		clock := NewClock(recorded)
		ctx, cancel := context.WithCancel(clock.In(t.Context()))
		if !Pause(ctx, time.Hour) || !Now(ctx).Equal(recorded.Add(time.Hour)) || time.Since(began) != 0 {
			t.Errorf("after an hour of its own it is %v, and %v passed", Now(ctx), time.Since(began))
		}
		clock.Set(recorded, recorded.Add(time.Minute))
		if !Pause(ctx, 59*time.Second) || Pause(ctx, time.Second) {
			t.Error("it waits longer than there was time")
		}
		clock.Set(recorded, time.Time{})
		cancel()
		if Pause(ctx, time.Second) {
			t.Error("it waits when nobody wants it any more")
		}
		if !Pause(t.Context(), time.Second) || time.Since(began) != time.Second || !Now(t.Context()).Equal(time.Now()) {
			t.Errorf("without a clock %v passed", time.Since(began))
		}
		ctx, cancel = context.WithCancel(t.Context())
		cancel()
		if Pause(ctx, time.Hour) || time.Since(began) != time.Second {
			t.Error("it waits for what was cancelled")
		}
		if PurposeOf(t.Context()) != "" || PurposeOf(For(t.Context(), "report 1")) != "report 1" {
			t.Error("a purpose is lost")
		}
	})
}
