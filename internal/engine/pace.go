package engine

import (
	"slices"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file moves reads to where they tell most. Rounds keep their rhythm
// whatever the clouds say; a job of which they say when it will end is left out
// of every other one while that is far off, and the calls that this saves are
// made when it is near. So its end is noticed sooner with no more calls, also
// where a plan is wrong.
const (
	near     = 1500 * time.Millisecond // between two reads of a job that is about to end
	enough   = 15                      // spare calls, for each that a round takes: more are not saved
	farthest = 24 * time.Hour          // an end beyond it is not reckoned with

	lateBy    = 8               // an end that is late for so many times a wait may be waited for so long again
	leadReads = 3               // of an end, at the most, before it is due
	young     = time.Minute     // since an abort gate can be judged
	lastRead  = 2 * time.Second // before the deadline
	lastCalls = 10              // it may take, at the most
)

// pace is what the reads of a job depend on. Only its poller touches it.
type pace struct {
	read   time.Time // when it was tried last
	left   bool      // the last round left it out
	before time.Time // it did not run yet; zero if that was not seen
	begun  time.Time // it was seen to run, by our clock; zero if it does not
	since  time.Time // how long it runs counts from here, for its gates
	ends   time.Time // when it is to end, by our clock; zero if nobody knows
}

// expect reckons when a job will end. Clocks differ, so the cloud's word for its
// beginning holds only between our last read that saw it wait and the first that
// saw it run.
func (r *run) expect(f *followed, s job.Status) {
	p, now := &f.pace, time.Now()
	switch {
	case s.State == job.StateStopping || f.broken && !s.State.Over():
		if p.ends.IsZero() || p.ends.After(now) {
			p.ends = now
		}
		return
	case s.State != job.StateRunning:
		p.begun, p.ends = time.Time{}, time.Time{}
		if s.State == job.StatePending {
			p.before = now
		}
		return
	case p.begun.IsZero():
		p.begun = now
	}
	p.since = now.Add(-r.elapsed(s))
	begun := s.Begun
	switch {
	case begun.IsZero() && !p.before.IsZero():
		begun = p.before.Add(p.begun.Sub(p.before) / 2)
	case !begun.IsZero() && begun.Before(p.before):
		begun = p.before
	case begun.After(p.begun):
		begun = p.begun
	}
	p.ends = time.Time{}
	if s.Planned > 0 && s.Planned <= farthest && !begun.IsZero() {
		p.ends = begun.Add(s.Planned)
	}
	if deadline, ok := r.ctx.Deadline(); ok && p.ends.After(deadline) {
		p.ends = time.Time{} // it will not be seen
	}
}

// lead is how long before its end a job is near it: the fewer calls are spare,
// the shorter.
func (w *watcher) lead(jobs int) time.Duration {
	return time.Duration(min(leadReads, w.spare/w.calls(jobs)/leadReads)) * near
}

// due is when a job that is about to end is to be read, zero if it is not.
func (r *run) due(w *watcher, f *followed, jobs int) time.Time {
	p := f.pace
	if p.ends.IsZero() || w.spare < 1 {
		return time.Time{}
	}
	begins := p.ends.Add(-w.lead(jobs))
	if p.read.Before(begins) {
		return begins
	}
	few := r.PollEvery / time.Duration(1+w.spare/w.calls(jobs))
	wait := max(near, few, p.read.Sub(p.ends)/lateBy)
	if wait >= r.PollEvery {
		return time.Time{}
	}
	return p.read.Add(wait)
}

// judgeable is the next time at which an abort gate of a job that runs can be
// judged for the first time, zero if there is none.
func (r *run) judgeable(f *followed) (next time.Time) {
	if f.pace.begun.IsZero() || f.broken {
		return next
	}
	for _, g := range r.gates(f) {
		at := f.pace.since.Add(g.Takes())
		if g.Severity == gate.Abort && f.pace.read.Before(at) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next
}

// final is when all jobs are read for the last time before the deadline, zero if
// that is done, or takes too many calls at once. A job that ended before it is
// not one that timed out.
func (r *run) final(w *watcher, jobs []*followed) time.Time {
	deadline, ok := r.ctx.Deadline()
	if !ok || w.last || w.calls(len(jobs)) > lastCalls {
		return time.Time{}
	}
	return deadline.Add(-lastRead)
}

// between is when something is to be read next: at the round, or before it, but
// not shortly after the last read nor shortly before the round.
func (r *run) between(w *watcher, jobs []*followed, round time.Time) time.Time {
	at := round
	sooner := func(t time.Time) {
		if !t.IsZero() && t.Before(at) {
			at = t
		}
	}
	sooner(r.final(w, jobs))
	for _, f := range jobs {
		sooner(r.due(w, f, len(jobs)))
		sooner(r.judgeable(f))
	}
	if at.Before(w.free) {
		at = w.free
	}
	if at.After(round.Add(-quick)) {
		return round
	}
	return at
}

// near are the jobs that are read between two rounds, whole if it is for their
// gates or the last time. What no round has saved is saved afterwards.
func (r *run) near(w *watcher, jobs []*followed) (read []*followed, whole bool) {
	now := time.Now()
	passed := func(at time.Time) bool { return !at.IsZero() && !at.After(now) }
	if passed(r.final(w, jobs)) {
		w.last = true
		return jobs, true
	}
	for _, f := range jobs {
		judged := passed(r.judgeable(f))
		if whole = whole || judged; judged || passed(r.due(w, f, len(jobs))) {
			read = append(read, f)
		}
	}
	w.spare -= w.calls(len(read))
	w.free = now.Add(w.takes(len(read)))
	return read, whole
}

// turn are the jobs that a round reads. Others are left out only as far as that
// saves calls.
func (r *run) turn(w *watcher, jobs []*followed) []*followed {
	var read, left []*followed
	for _, f := range jobs {
		if r.canWait(w, f, len(jobs)) {
			left = append(left, f)
		} else {
			read = append(read, f)
		}
	}
	saved := w.calls(len(jobs)) - w.calls(len(read))
	if saved == 0 {
		read, left = jobs, nil
	}
	w.spare += saved
	for _, f := range read {
		f.pace.left = false
	}
	for _, f := range left {
		f.pace.left = true
	}
	return read
}

// canWait tells of a job that a round may leave out: its end is far off, or it
// was just read because it is near.
func (r *run) canWait(w *watcher, f *followed, jobs int) bool {
	p, now := f.pace, time.Now()
	if p.ends.IsZero() || r.PollEvery <= near || now.After(p.ends.Add(lateBy*r.PollEvery)) {
		return false
	}
	if begins := p.ends.Add(-w.lead(jobs)); !now.Before(begins) {
		return r.due(w, f, jobs).After(now.Add(quick)) && !r.reports(f)
	}
	return w.steady && !p.left && w.spare < enough*w.calls(jobs) && !r.reports(f)
}

// reports tells of a job whose gates need what every round reads: values that
// only repeated reading gives, and those of abort gates that are young.
func (r *run) reports(f *followed) bool {
	ran := time.Since(f.pace.since)
	return slices.ContainsFunc(r.gates(f), func(g gate.Gate) bool {
		return spans(g) || g.Severity == gate.Abort && ran < g.Takes()+young
	})
}
