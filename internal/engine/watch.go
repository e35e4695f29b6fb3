package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/job"
)

const (
	quick   = time.Second     // the first polls
	listGap = 5 * time.Second // between two calls of a poll that takes several, where one call reads many jobs
	oneGap  = time.Second     // the same where each job needs a call

	loadEvery  = 30 * time.Second // at the most, of each job
	loadBudget = 5 * time.Second  // for the jobs of a poll, because polls wait for it
)

// watcher polls all jobs of a group, with as few calls as the API allows.
type watcher struct {
	follower Follower
	perCall  int
	jobs     []*followed
	wait     time.Duration // until the next poll
	kick     chan struct{}
}

// watch adds a job to the watcher of its group.
func (r *run) watch(f *followed) {
	name, perCall := f.unit.service.Group()
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.watchers[name]
	if w == nil {
		w = &watcher{follower: f.unit.service, perCall: max(1, perCall), kick: make(chan struct{}, 1)}
		r.watchers[name] = w
	}
	w.jobs = append(w.jobs, f)
	w.wait = quick
	if len(w.jobs) == 1 {
		r.pollers.Go(func() { r.poll(name, w) })
		return
	}
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// poll reads the group's jobs until none is left or the run ends.
func (r *run) poll(name string, w *watcher) {
	for {
		r.mu.Lock()
		jobs := slices.Clone(w.jobs)
		if len(jobs) == 0 {
			delete(r.watchers, name)
			r.mu.Unlock()
			return
		}
		delay := w.next(len(jobs), r.PollEvery, r.Jitter)
		r.mu.Unlock()
		select {
		case <-r.ctx.Done():
			return
		case <-w.kick: // a new job: begin quickly again
			continue
		case <-time.After(delay):
		}
		r.read(w, jobs)
	}
}

// next is the time until the next poll: quick at first, then the interval, more
// if a poll takes many calls, so that the calls per minute hardly grow with the
// jobs.
func (w *watcher) next(jobs int, every time.Duration, jitter func() float64) time.Duration {
	delay := min(w.wait, max(every, quick))
	w.wait = 2 * delay
	calls := (jobs + w.perCall - 1) / w.perCall
	gap := listGap
	if w.perCall == 1 {
		gap = oneGap
	}
	delay = max(delay, time.Duration(calls-1)*gap)
	return time.Duration(float64(delay) * (0.9 + 0.2*jitter()))
}

// read reads the jobs once. A read that fails fails no job.
func (r *run) read(w *watcher, jobs []*followed) {
	refs := make([]job.Ref, len(jobs))
	for i, f := range jobs {
		refs[i] = f.item.Ref
	}
	statuses, err := states(r.ctx, w.follower, refs)
	if err != nil {
		if r.ctx.Err() == nil {
			r.notify(Trouble, jobs[0], "the status cannot be read, it is tried again: "+err.Error())
		}
		if e, ok := errors.AsType[*job.Error](err); ok && e.After > 0 {
			r.mu.Lock()
			w.wait = max(w.wait, e.After)
			r.mu.Unlock()
		}
	}
	r.gauge(w, jobs, statuses)
	for i, status := range statuses {
		if i < len(jobs) && (err == nil || status.State != "") {
			r.look(jobs[i], status)
			r.observe(w, jobs[i], status)
		}
	}
}

// states are what a follower says of jobs, as far as it can be.
func states(ctx context.Context, follower Follower, refs []job.Ref) ([]job.Status, error) {
	statuses, err := follower.Status(ctx, refs)
	for i := range statuses {
		statuses[i].Believe()
	}
	return statuses, err
}

// gauge adds the load to what is about to be told of jobs that go on.
func (r *run) gauge(w *watcher, jobs []*followed, statuses []job.Status) {
	g, ok := w.follower.(Gauge)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(r.ctx, loadBudget)
	defer cancel()
	for i := range min(len(jobs), len(statuses)) {
		f, now := jobs[i], &statuses[i]
		if now.State != job.StateRunning || !r.beats(f, *now) {
			continue
		}
		if time.Since(f.gauged) >= loadEvery {
			f.load = ""
			if ctx.Err() == nil {
				f.gauged = time.Now()
				if load, err := g.Load(ctx, f.item.Ref); err == nil {
					f.load = load
				}
			}
		}
		if now.Progress != "" && f.load != "" {
			now.Progress += ", "
		}
		now.Progress += f.load
	}
}

// beats tells whether a job that goes on was not told of for a while.
func (r *run) beats(f *followed, now job.Status) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !f.changes(now) && time.Since(f.beat) >= r.Heartbeat
}

// changes tells whether a status is another than the last one.
func (f *followed) changes(now job.Status) bool {
	return f.item.Last.State != now.State || f.item.Last.Word != now.Word
}

// observe notes what was read of a job, and tells of it if it is new or was
// not shown for a while.
func (r *run) observe(w *watcher, f *followed, now job.Status) {
	r.mu.Lock()
	if f.item.End != "" { // its end was told while this was read
		r.mu.Unlock()
		return
	}
	changed := f.changes(now)
	f.item.Last = now
	if now.Word != "" {
		f.item.Status = now.Word
	}
	shown := changed || time.Since(f.beat) >= r.Heartbeat
	if shown {
		f.beat = time.Now()
	}
	if now.State.Over() {
		w.jobs = slices.DeleteFunc(w.jobs, func(other *followed) bool { return other == f })
	}
	r.mu.Unlock()
	if changed {
		r.note(f, read(now))
	}
	r.foresee(f, now.Planned)
	switch {
	case changed:
		r.notify(Changes, f, "")
	case shown:
		r.notify(Beats, f, "")
	}
	if now.State.Over() {
		close(f.over)
	}
}

// read says what a job's state was read as.
func read(s job.Status) string {
	if s.Word == "" || strings.EqualFold(s.Word, string(s.State)) {
		return string(s.State)
	}
	return string(s.State) + " (" + s.Word + ")"
}

// confirm polls jobs that were asked to stop until they are over or ctx ends.
func confirm(ctx context.Context, follower Follower, refs []job.Ref, every time.Duration, seen func(i int, s job.Status)) {
	over := make([]bool, len(refs))
	for wait := quick; slices.Contains(over, false); wait = min(2*wait, every) {
		statuses, err := states(ctx, follower, refs)
		if err == nil {
			for i, s := range statuses {
				if !over[i] {
					over[i] = s.State.Over() && !s.Costs
					seen(i, s)
				}
			}
		}
		if !slices.Contains(over, false) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}
