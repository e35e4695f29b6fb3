package engine

import (
	"context"
	"errors"
	"sync"
	"time"

	"cloudjob/internal/job"
)

// ErrTooEarly is what Stop wraps if the job cannot be stopped in its present
// state but may be later.
var ErrTooEarly = errors.New("the job cannot be stopped yet")

// stopEvery is how often a stop is asked for again that came too early or
// was not heard.
const stopEvery = time.Second

// partlyBudget is how long a cancelled step, which soon is killed, may read on.
const partlyBudget = 2 * time.Second

// stopAll ends the jobs of a unit that still run, or leaves them, because the
// run ends before them.
func (r *run) stopAll(u *unit, cause error) {
	policy, end, budget, confirmFor := r.OnCancel, job.Cancelled, r.leftOf(cancelBudget), r.Confirm
	switch {
	case errors.Is(cause, errTimeout):
		policy, end, budget, confirmFor = r.OnTimeout, job.TimedOut, confirmBudget, confirmBudget
	case errors.Is(cause, errFailFast):
		end, budget, confirmFor = job.JobFailed, confirmBudget, confirmBudget
	}
	var stopping sync.WaitGroup
	for _, f := range r.live(u) {
		if r.hasEnd(f) {
			continue
		}
		if r.isOver(f) {
			r.ended(f)
			continue
		}
		r.note(f, cause.Error())
		if !stops(u.service, f.item.Ref, policy, f.theirs) {
			r.set(f, func(item *job.Item) {
				item.Stop, item.End = job.StopLeft, end
				if f.theirs {
					item.Note = "it ran, or may have run, before this step, so it is not stopped"
				}
			})
			r.keep(f, func(k *Kept) { k.Stop = job.StopLeft })
			r.notify(Ends, f, "")
			continue
		}
		r.set(f, func(item *job.Item) { item.End = end })
		stopping.Go(func() { r.stop(f, policy == Terminate, budget, confirmFor) })
	}
	stopping.Wait()
}

// leftOf is what is left of a budget that began when the run was ended.
func (r *run) leftOf(budget time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.endedAt.IsZero() {
		return budget
	}
	return max(time.Second, budget-time.Since(r.endedAt))
}

// hasEnd tells of a job whose end was noted before the run was ended.
func (r *run) hasEnd(f *followed) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return f.item.End != ""
}

// isOver tells of a job that ended by itself before it could be stopped.
func (r *run) isOver(f *followed) bool {
	select {
	case <-f.over:
		return true
	default:
		return false
	}
}

// stops decides whether a job is stopped when the run ends before it.
func stops(s Follower, ref job.Ref, policy string, theirs bool) bool {
	switch {
	case theirs || policy == Leave:
		return false
	case policy == OnDefault:
		return !s.Lasting(ref)
	}
	return true
}

// stop asks for the end of one job until the cloud takes it, and then, if
// there is time, until it has ended.
func (r *run) stop(f *followed, terminate bool, budget, confirmFor time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), budget)
	defer cancel()
	err := askToStop(ctx, f.unit.service, f.item.Ref, terminate)
	became := job.StopRequested
	if err != nil {
		became = job.StopFailed
		r.notify(Trouble, f, "the stop was not taken: "+err.Error())
	}
	r.note(f, string(became))
	r.set(f, func(item *job.Item) { item.Stop = became })
	r.keep(f, func(k *Kept) { k.Stop = became })
	r.save(f.unit)
	if confirmFor > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), confirmFor)
		defer cancel()
		confirm(ctx, f.unit.service, []job.Ref{f.item.Ref}, r.PollEvery, func(_ int, s job.Status) { r.stopSeen(f, s) })
		r.partly(f, whyBudget)
	} else if err == nil {
		r.partly(f, min(partlyBudget, r.leftOf(cancelBudget)))
	}
	r.notify(Ends, f, "")
}

// stopSeen notes what was read of a job after its stop.
func (r *run) stopSeen(f *followed, s job.Status) {
	r.mu.Lock()
	before := f.item.Last
	r.mu.Unlock()
	if before.State != s.State || before.Word != s.Word {
		r.note(f, read(s))
	}
	r.set(f, func(item *job.Item) {
		item.Last, item.Status = s, s.Word
		if s.State.Over() && !s.Costs {
			item.Stop = stopped(s.State)
		}
	})
	r.keep(f, func(k *Kept) { k.Over = s.State.Over() && !s.Costs })
}

// stopped is what became of a stop, by the state the job ended in.
func stopped(s job.State) job.Stop {
	if s == job.StateSucceeded {
		return job.StopNotNeeded
	}
	return job.StopConfirmed
}

// askToStop repeats a stop until the cloud takes it. A stop is harmless to
// repeat, so whatever hinders it is tried again until ctx ends.
func askToStop(ctx context.Context, follower Follower, ref job.Ref, terminate bool) error {
	for {
		err := follower.Stop(ctx, ref, terminate)
		if err == nil || definite(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(stopEvery):
		}
	}
}

// definite tells of a refusal that time will not change.
func definite(err error) bool {
	if errors.Is(err, ErrTooEarly) {
		return false
	}
	f := fault(err)
	return f == job.Refused || f == job.Denied
}
