package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// start attaches to, or starts, the jobs of a unit. Afterwards each has an
// error, or a ref and how we came to it.
func (r *run) start(u *unit) {
	defer close(u.answered)
	defer func() {
		for _, f := range u.jobs {
			if f.item.How != "" {
				r.note(f, string(f.item.How))
			}
			r.notify(Begins, f, "")
		}
	}()
	if r.cause() != nil {
		more := ""
		if r.Attach {
			more = unseen
		}
		r.late(u, more)
		return
	}
	intent := job.Intent{}
	if r.Attach && r.attach(u, &intent) {
		return
	}
	if r.guarded(u) {
		return
	}
	if !r.makesWay(u) {
		return
	}
	mine, err := u.service.Intend(r.ctx, u.mark)
	switch {
	case err != nil && !r.signalled():
		r.refuse(u, unsent(err, ""))
		return
	case r.cause() != nil: // the signal came while the intent was made
		r.late(u, "")
		return
	}
	mine.Skip, mine.At = intent.Skip, time.Now()
	r.mu.Lock()
	u.record.Intent = mine
	r.mu.Unlock()
	close(u.asking)
	if mine.Mark == "" { // nothing is started that would have to be found
		r.ask(u, mine)
		r.save(u)
		return
	}
	if err := r.save(u); err != nil {
		r.refuse(u, &job.Error{Fault: job.Refused, Call: "start", Message: err.Error() + "; nothing was started, because a cancel could not have stopped it"})
		return
	}
	r.ask(u, mine)
	answered := !r.unknown(u)
	r.mu.Lock()
	u.record.Asked = answered
	r.mu.Unlock()
	r.save(u)
}

// signalled tells that the run is to end because somebody said so.
func (r *run) signalled() bool {
	return r.cause() != nil && !errors.Is(r.cause(), errTimeout)
}

// unseen is said of a run that could not look for jobs of earlier attempts.
const unseen = "; a job of an earlier attempt may still run"

// unsent marks the error of a read before the start: whatever happened to it,
// nothing was started. more is what else is to be said of that.
func unsent(err error, more string) error {
	e, ok := errors.AsType[*job.Error](err)
	if !ok {
		return err
	}
	known := *e
	switch known.Fault {
	case job.Ambiguous:
		known.Fault, known.Cure = job.Unsent, "nothing was started; run the step again"
	case job.Unsent:
	default:
		known.Message = strings.TrimSuffix(known.Message, ".") + "; nothing was started"
	}
	known.Message += more
	return &known
}

func (r *run) refuse(u *unit, err error) {
	for _, f := range u.jobs {
		r.set(f, func(item *job.Item) {
			if item.How == "" {
				item.Err = err
			}
		})
	}
}

// late says why nothing was started after the run's end, and what else is to be
// said of that.
func (r *run) late(u *unit, more string) {
	r.refuse(u, &job.Error{Fault: job.Halted, Call: "start", Message: "not started: " + r.cause().Error() + more, Err: r.cause()})
	if errors.Is(r.cause(), errTimeout) {
		for _, f := range u.jobs {
			r.set(f, func(item *job.Item) { item.End = job.TimedOut })
		}
	}
}

// attach follows live jobs of earlier attempts. It returns true if nothing is
// left to start.
func (r *run) attach(u *unit, intent *job.Intent) bool {
	earlier, err := u.service.Intend(r.ctx, u.base)
	earlier.Before = nil // what runs is just what is looked for
	var found []Found
	if err == nil {
		found, err = u.service.Find(r.ctx, earlier)
	}
	if r.signalled() {
		r.late(u, unseen)
		return true
	}
	if err != nil { // what cannot be seen cannot be attached to; starting beside it would double it
		r.refuse(u, unsent(err, unseen))
		return true
	}
	live := slices.DeleteFunc(found, func(f Found) bool {
		isNew := f.Mark != "" && !r.Mark.follows(f.Mark)               // another step's of this attempt, or a later attempt's
		return isNew || f.State.Over() || f.State == job.StateStopping // what is being stopped is not what the re-run is for
	})
	candidates := byIndex(live, len(u.jobs))
	for _, of := range candidates {
		if len(of) > 1 || len(of) == 1 && of[0].Unsure != "" {
			r.refuse(u, unsent(unclear(of), ""))
			return true
		}
	}
	for i, of := range candidates {
		for _, one := range of {
			note := "started by an earlier attempt of this run"
			if !one.Ours {
				note = "it ran already; nothing shows whether an earlier attempt of this run started it, so it is never stopped"
			}
			r.accept(u.jobs[i], job.Item{Ref: one.Ref, How: job.Attached, Note: note}, !one.Ours)
			intent.Skip = append(intent.Skip, i)
		}
	}
	if len(intent.Skip) == len(u.jobs) {
		r.save(u)
		return true
	}
	return false
}

// byIndex sorts what was found by what it can be. What was not asked for is
// left out.
func byIndex(found []Found, names int) [][]Found {
	of := make([][]Found, names)
	for _, one := range found {
		if one.Index < names {
			of[one.Index] = append(of[one.Index], one)
		}
	}
	return of
}

// unclear says that nothing tells which of the found jobs is the one that was
// looked for, or whether it is one at all. All are named and none is taken.
func unclear(found []Found) *job.Error {
	var names []string
	for _, one := range found {
		names = append(names, strings.TrimSpace(one.Ref.ID+" "+one.Ref.Run))
	}
	slices.Sort(names)
	e := &job.Error{
		Fault: job.Unclear, Call: "start", Message: fmt.Sprintf("%d jobs could be this step's, and nothing tells which is: %s", len(found), strings.Join(names, ", ")),
		Cure: "look at them in the console and stop what is not needed, or wait for their end; on_rerun: new starts another one beside them",
	}
	if len(found) == 1 {
		e.Message = fmt.Sprintf("%s runs and may be this step's, but %s", names[0], found[0].Unsure)
		e.Cure = "look at it in the console and stop it if it is not needed, or wait for its end; on_rerun: new starts another one beside it"
	}
	return e
}

// accept makes a job ours to follow.
func (r *run) accept(f *followed, item job.Item, theirs bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	item.Provider, item.What, item.Name, item.Emulated, item.Console, item.Timeline = f.item.Provider, f.item.What, f.item.Name, f.item.Emulated, f.item.Console, f.item.Timeline
	f.item, f.theirs = item, theirs
	f.unit.record.Jobs = append(f.unit.record.Jobs, Kept{Index: f.index, Ref: item.Ref, Theirs: theirs})
}

// ask sends the start, again while a quota refuses it, and looks for the jobs
// if the answer says nothing.
func (r *run) ask(u *unit, intent job.Intent) {
	repeats := 0
	for {
		items := r.send(u, intent)
		again := false
		for i, item := range items {
			f := u.jobs[i]
			if f.item.How != "" || slices.Contains(intent.Skip, i) {
				continue
			}
			if item.Err == nil {
				item.How = cmp.Or(item.How, job.Began)
				r.accept(f, item, item.Theirs || item.How == job.Followed && r.OnCancel != Stop && r.OnCancel != Terminate)
				continue
			}
			if job.OutcomeOf(f.item.Err) == job.StartUnknown {
				continue // a refusal of the repeat says nothing of the first
			}
			again = again || fault(item.Err) == job.Throttled
			r.set(f, func(old *job.Item) {
				item.Name, item.Emulated, item.Timeline = old.Name, old.Emulated, old.Timeline
				*old = item
			})
		}
		if r.unknown(u) && intent.Again && r.repeat(&repeats) {
			continue
		}
		if r.unknown(u) {
			r.seek(u, intent)
		}
		if !again || !r.waitForQuota(u) {
			return
		}
		intent.Skip = nil
		for i, f := range u.jobs {
			if fault(f.item.Err) != job.Throttled {
				intent.Skip = append(intent.Skip, i)
			}
		}
	}
}

// repeat waits before an idempotent start is sent again whose answer was lost.
// It returns false if it was sent often enough, or the run is to end.
func (r *run) repeat(times *int) bool {
	const most = 4
	if *times++; *times > most {
		return false
	}
	select {
	case <-r.ctx.Done():
		return false
	case <-time.After(time.Duration(*times) * time.Second):
		return true
	}
}

func fault(err error) job.Fault {
	if e, ok := errors.AsType[*job.Error](err); ok {
		return e.Fault
	}
	return job.Refused
}

// send makes the start call. A start that is under way at a signal may still
// be answered for a moment: an answer is better than a search.
func (r *run) send(u *unit, intent job.Intent) []job.Item {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.ctx))
	defer cancel(nil)
	stop := context.AfterFunc(r.ctx, func() {
		select {
		case <-ctx.Done():
		case <-time.After(startGrace):
			cancel(context.Cause(r.ctx))
		}
	})
	defer stop()
	return u.service.Start(job.SendWhile(ctx, r.ctx), intent)
}

// waitForQuota waits before a start is tried again that a quota refused. It
// returns false if there is no time left.
func (r *run) waitForQuota(u *unit) bool {
	delay := quotaEvery
	for _, f := range u.jobs {
		if e, ok := errors.AsType[*job.Error](f.item.Err); ok && e.Fault == job.Throttled {
			delay = max(delay, e.After)
			r.notify(Trouble, f, "waits for a quota: "+e.Error())
		}
	}
	if r.Timeout == 0 {
		return false
	}
	select {
	case <-r.ctx.Done():
		return false
	case <-time.After(delay):
		return true
	}
}

// search is when a job is looked for whose start was not answered. How soon a
// service lists a new job is documented nowhere.
var search = [...]time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 15 * time.Second, 30 * time.Second}

// seek looks for jobs whose start was not answered, on a short schedule.
func (r *run) seek(u *unit, intent job.Intent) {
	ctx, cancel := r.shortly(startGrace)
	defer cancel()
	for _, delay := range search {
		select {
		case <-ctx.Done():
			return
		case <-time.After(delay):
		}
		found, err := u.service.Find(ctx, intent)
		for i, of := range byIndex(found, len(u.jobs)) {
			f := u.jobs[i]
			switch {
			case len(of) == 0 || fault(f.item.Err) != job.Ambiguous:
			case len(of) == 1 && of[0].Unsure == "":
				r.accept(f, job.Item{Ref: of[0].Ref, How: job.Adopted, Note: "the start's answer was lost; the job was found"}, false)
			default:
				e := unclear(of)
				e.Fault = job.Ambiguous // one of them may be what was sent
				r.set(f, func(item *job.Item) { item.Err = e })
			}
		}
		if !r.unknown(u) {
			return
		}
		if err != nil && ctx.Err() == nil {
			r.notify(Trouble, u.jobs[0], "the job is looked for: "+err.Error())
		}
	}
}

// shortly is a context that outlives the run's end by grace.
func (r *run) shortly(grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(r.ctx))
	stop := context.AfterFunc(r.ctx, func() {
		select {
		case <-ctx.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return ctx, func() { stop(); cancel() }
}
