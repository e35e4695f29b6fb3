package cloud

import (
	"context"
	"errors"
	"time"

	"github.com/sethvargo/go-retry"

	"cloudjob/internal/job"
)

const (
	retries    = 4
	firstDelay = 500 * time.Millisecond
	lastDelay  = 8 * time.Second
)

// Retry makes a call, and repeats it after a fault that may pass, if the call only
// reads. Each try is signed anew. It ends with the context, also while it waits for
// the time that the cloud asked for; its error is then what the cloud said last.
func Retry(ctx context.Context, call Call, do func() error) error {
	told, err := allowed(ctx, call)
	if err != nil {
		return err
	}
	if !call.Reads {
		return do()
	}
	err = again(ctx, do)
	told(call, err)
	return err
}

func again(ctx context.Context, do func() error) error {
	delays := retry.NewExponential(firstDelay)
	delays = retry.WithJitterPercent(20, retry.WithCappedDuration(lastDelay, delays))
	var last error
	for tries := 0; ; tries++ {
		err := do()
		if e, ok := errors.AsType[*job.Error](err); ok && e.Fault == job.Halted && last != nil { // it waited in the road
			return last
		}
		if last = err; !passing(last) || tries == retries {
			return last
		}
		delay, _ := delays.Next()
		if e, ok := errors.AsType[*job.Error](last); ok && e.After > delay {
			delay = e.After
		}
		if !job.Pause(ctx, delay) {
			return last
		}
	}
}

// passing reports whether a fault of a read may be gone at the next try.
func passing(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	if !ok {
		return false
	}
	if proxy, ok := errors.AsType[*tunnelRefused](err); ok && proxy.unauthorized() { // again and again, it would lock the user out
		return false
	}
	switch e.Fault {
	case job.Throttled, job.Ambiguous, job.Unsent:
		return true
	}
	return false
}
