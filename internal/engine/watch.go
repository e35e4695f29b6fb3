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
	quick   = time.Second     // the pause between the first polls
	listGap = 5 * time.Second // between two calls of one poll, where a call reads many jobs
	oneGap  = time.Second     // the same where a call reads one job

	loadEvery  = 30 * time.Second // the shortest time between two reads of a job's load
	loadBudget = 5 * time.Second  // for the loads of all jobs of a poll, which waits for them
)

// watcher polls all jobs of a group, with as few calls as the API allows.
type watcher struct {
	follower Follower
	perCall  int
	jobs     []*followed
	wait     time.Duration // until the next round
	steady   bool          // the quick first polls are over
	rest     time.Time     // nothing is read before this time, because the cloud asked for that or would refuse it
	spare    int           // how many calls were saved so far by jobs that rounds left out
	free     time.Time     // before this time nothing is read between rounds
	last     bool          // the last read before the deadline was made
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
	if f.item.How == job.Began {
		f.pace.before = time.Now()
	}
	if len(w.jobs) == 1 {
		r.pollers.Go(func() { r.poll(name, w) }, func(err error) {
			var jobs []*followed
			r.locked(func() {
				jobs, w.jobs = w.jobs, nil
				delete(r.watchers, name)
			})
			r.crashed(jobs, err)
		})
		return
	}
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// poll reads the group's jobs in rounds, and some of them in between, until none is
// left or the run ends. A new job may bring the next round forward but never delays
// it, because thousands of jobs may be added one by one.
func (r *run) poll(name string, w *watcher) {
	var round time.Time
	begins := true // a new wait for the next round begins
	for {
		var jobs []*followed
		var at time.Time
		r.locked(func() {
			if jobs = slices.Clone(w.jobs); len(jobs) == 0 {
				delete(r.watchers, name)
				return
			}
			if begins {
				if next := time.Now().Add(w.next(len(jobs), r.PollEvery, r.Jitter)); round.IsZero() || next.Before(round) {
					round = next
				}
			}
			if at = r.between(w, jobs, round); at.Before(w.rest) {
				at = w.rest
			}
		})
		if len(jobs) == 0 {
			return
		}
		select {
		case <-r.ctx.Done():
			return
		case <-w.kick:
			begins = true
			continue
		case <-time.After(time.Until(at)):
		}
		if begins = !time.Now().Before(round); begins {
			round = time.Time{}
			r.read(w, r.turn(w, jobs), true)
			continue
		}
		near, whole := r.near(w, jobs)
		r.read(w, near, whole)
	}
}

// next is the time until the next round: short at first, then the poll interval. It
// is longer if a round takes many calls, so that the number of calls per minute
// hardly grows with the number of jobs.
func (w *watcher) next(jobs int, every time.Duration, jitter func() float64) time.Duration {
	delay := min(w.wait, max(every, quick))
	w.wait, w.steady = 2*delay, delay >= every
	return time.Duration(float64(max(delay, w.takes(jobs))) * (0.9 + 0.2*jitter()))
}

// calls is how many calls it takes to read so many jobs.
func (w *watcher) calls(jobs int) int { return (jobs + w.perCall - 1) / w.perCall }

// takes is the time that the calls of a round for so many jobs are spread over.
func (w *watcher) takes(jobs int) time.Duration {
	gap := listGap
	if w.perCall == 1 {
		gap = oneGap
	}
	return time.Duration(max(0, w.calls(jobs)-1)) * gap
}

// read reads jobs once; with whole it judges their gates too. A read that fails does
// not end a job, unless reading it was refused as unauthorized for a while.
func (r *run) read(w *watcher, jobs []*followed, whole bool) {
	if len(jobs) == 0 {
		return
	}
	now := time.Now()
	for _, f := range jobs {
		f.pace.read = now
	}
	if soon := now.Add(quick); w.free.Before(soon) {
		w.free = soon
	}
	refs := make([]job.Ref, len(jobs))
	for i, f := range jobs {
		refs[i] = f.item.Ref
	}
	ctx, poll := r.polls(jobs)
	statuses, err := w.follower.Status(ctx, refs)
	if err != nil {
		if r.ctx.Err() == nil {
			r.notify(Trouble, jobs[0], "the status cannot be read, it is tried again: "+first(err).Error())
		}
		r.locked(func() {
			pause := time.Duration(0)
			if e, ok := errors.AsType[*job.Error](err); ok {
				pause = e.After
			}
			if isDenied(err) {
				pause = max(pause, deniedFor/deniedTimes)
			}
			w.rest = time.Now().Add(pause)
		})
	}
	r.gauge(w, jobs, statuses)
	for i, f := range jobs {
		if status, ok := readOf(statuses, i, err); ok {
			if whole {
				r.look(f, status, poll)
			}
			r.observe(w, f, status, poll)
		} else if err != nil && r.ctx.Err() == nil {
			r.unseen(w, f, err)
		}
	}
}

// unseen notes that a job could not be read, and gives it up if reading it was refused
// for a while.
func (r *run) unseen(w *watcher, f *followed, err error) {
	useless := false
	r.locked(func() {
		f.unread = first(err)
		useless = isDenied(err) && f.denied.add(deniedFor)
	})
	if useless {
		r.lose(f, f.unread)
		r.locked(func() { w.drop(f) })
	}
}

// drop removes a job from those that are read.
func (w *watcher) drop(f *followed) {
	w.jobs = slices.DeleteFunc(w.jobs, func(other *followed) bool { return other == f })
}

// gauge reads the load of running jobs that are about to be shown.
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

// beats reports whether it is time to show a running job again.
func (r *run) beats(f *followed, now job.Status) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !f.changes(now) && time.Since(f.beat) >= r.Heartbeat
}

// changes reports whether a status differs from the last one.
func (f *followed) changes(now job.Status) bool {
	return f.item.Last.State != now.State || f.item.Last.Word != now.Word
}

// observe notes what was read about a job, and shows it if something changed or if it
// was not shown for a while.
func (r *run) observe(w *watcher, f *followed, now job.Status, poll int) {
	told, changed, shown := false, false, false
	r.locked(func() {
		f.unread, f.denied = nil, denials{}
		if told = f.item.End != ""; told { // its end was told while this was read
			return
		}
		changed = f.changes(now)
		f.item.Last, f.lastPoll = now, poll
		if now.Word != "" {
			f.item.Status = now.Word
		}
		if shown = changed || time.Since(f.beat) >= r.Heartbeat; shown {
			f.beat = time.Now()
		}
		if now.State.Over() {
			w.drop(f)
		}
	})
	if told {
		return
	}
	if now.State.Over() {
		defer f.finish()
	}
	if changed {
		r.note(f, read(now))
	}
	r.foresee(f, now.Planned)
	r.expect(f, now)
	switch {
	case changed:
		r.notify(Changes, f, "")
	case shown:
		r.notify(Beats, f, "")
	}
}

// read says in words which state was read.
func read(s job.Status) string {
	if s.Word == "" || strings.EqualFold(s.Word, string(s.State)) {
		return string(s.State)
	}
	return string(s.State) + " (" + s.Word + ")"
}
