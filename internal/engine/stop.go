package engine

import (
	"context"
	"errors"
	"time"

	"cloudjob/internal/job"
)

// ErrTooEarly is what Stop wraps if the job cannot be stopped in its present
// state but may be later.
var ErrTooEarly = errors.New("the job cannot be stopped yet")

// stopEvery is the pause before a stop is sent again that came too early or got no
// answer.
const stopEvery = time.Second

// partlyBudget is how long a cancelled step may still read reports: the runner kills
// it soon.
const partlyBudget = 2 * time.Second

// stopAll stops the jobs of a unit that still run when the run ends, or leaves them.
func (r *run) stopAll(u *unit, cause error) {
	policy, end, budget, confirmFor := r.OnCancel, job.Cancelled, r.leftOf(cancelBudget), r.Confirm
	culprit, failFast := errors.AsType[failedFirst](cause)
	switch {
	case errors.Is(cause, errTimeout):
		policy, end, budget, confirmFor = r.OnTimeout, job.TimedOut, confirmBudget, confirmBudget
	case failFast:
		end, budget, confirmFor = job.JobFailed, confirmBudget, confirmBudget
	}
	var over []*followed
	var stopping crew
	for _, f := range r.live(u) {
		if r.hasEnd(f) {
			continue
		}
		if r.isOver(f) { // its end is dealt with once all stops are sent
			over = append(over, f)
			continue
		}
		r.note(f, cause.Error())
		r.set(f, func(item *job.Item) {
			if failFast {
				item.Culprit = culprit.what
			}
			if f.unread != nil {
				item.Why = append(item.Why, "its state could not be read last: "+f.unread.Error())
			}
		})
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
		stopping.Go(func() { r.stop(f, policy == Terminate, budget, confirmFor) }, func(err error) {
			r.set(f, func(item *job.Item) { item.End, item.Stop = "", job.StopFailed })
			r.crashed([]*followed{f}, err)
		})
	}
	for _, f := range over {
		r.ended(f)
	}
	stopping.Wait()
}

// leftOf is how much is left of a budget that began when the run was told to end.
func (r *run) leftOf(budget time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.endedAt.IsZero() {
		return budget
	}
	return max(time.Second, budget-time.Since(r.endedAt))
}

// hasEnd reports whether a job's end was noted before the run was told to end.
func (r *run) hasEnd(f *followed) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return f.item.End != ""
}

// isOver reports whether a job ended by itself before it could be stopped.
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

// stop sends a stop for one job until the cloud accepts it, and then waits for the
// end of the job as long as confirmFor allows.
func (r *run) stop(f *followed, terminate bool, budget, confirmFor time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), budget)
	defer cancel()
	err := r.request(ctx, f, terminate)
	if confirmFor > 0 {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), confirmFor)
		defer cancel()
		over, unread := r.closing.confirm(ctx, f.unit.service, f.item.Ref, func(s job.Status) { r.stopSeen(f, s) })
		if !over && unread != nil {
			r.set(f, func(item *job.Item) {
				item.Why = append(item.Why, "whether it ended could not be read: "+unread.Error())
			})
		}
		r.partly(f, whyBudget)
	} else if err == nil {
		r.partly(f, min(partlyBudget, r.leftOf(cancelBudget)))
	}
	r.notify(Ends, f, "")
}

// request sends a stop until the cloud accepts it. It notes in the record that the
// stop is sent before it sends it, so that the post step knows of it if this process
// is killed.
func (r *run) request(ctx context.Context, f *followed, terminate bool) error {
	r.keep(f, func(k *Kept) { k.Stop, k.Terminate = job.StopRequested, terminate })
	r.save(f.unit)
	err := r.closing.stop(ctx, f.unit.service, f.item.Ref, terminate)
	became := job.StopRequested
	if err != nil {
		became = job.StopFailed
		r.notify(Trouble, f, "the stop was not taken: "+err.Error())
	}
	r.note(f, string(became))
	r.set(f, func(item *job.Item) {
		if item.Stop = became; err != nil {
			item.Why = append(item.Why, "the stop was not taken: "+err.Error())
		}
	})
	r.keep(f, func(k *Kept) { k.Stop = became })
	r.save(f.unit)
	return err
}

// stopSeen notes what was read about a job after its stop.
func (r *run) stopSeen(f *followed, s job.Status) {
	r.mu.Lock()
	before := f.item.Last
	r.mu.Unlock()
	if before.State != s.State || before.Word != s.Word {
		r.note(f, read(s))
	}
	r.set(f, func(item *job.Item) {
		f.lastPoll = unknownPoll
		item.Last, item.Status = s, s.Word
		if quiet(s) {
			item.Stop = stopped(s.State)
		}
	})
	r.keep(f, func(k *Kept) { k.Over = quiet(s) })
}

// stopped is what became of a stop, told by the state in which the job ended.
func stopped(s job.State) job.Stop {
	if s == job.StateSucceeded {
		return job.StopNotNeeded
	}
	return job.StopConfirmed
}
