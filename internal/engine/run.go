package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"cloudjob/internal/job"
)

const (
	cancelBudget  = 6 * time.Second  // from the signal to the last stop request; the runner waits 7.5 s
	startGrace    = 2 * time.Second  // how long after the signal we wait for the answer to a start
	confirmBudget = 90 * time.Second // how long a stop may take that no signal asked for
	whyBudget     = 20 * time.Second
	heartbeat     = time.Minute
	quotaEvery    = 15 * time.Second // the pause before a start that met a quota is tried again
)

var errTimeout = errors.New("the timeout passed")

// failedFirst ends a run because one of its jobs failed.
type failedFirst struct{ what string }

func (e failedFirst) Error() string { return e.what + " failed" }

// run is one run of all services.
type run struct {
	Options
	began    time.Time
	ctx      context.Context // ends at the signal, the timeout or the first failure
	end      context.CancelCauseFunc
	units    []*unit
	starting chan struct{} // has one for each unit that is at its start
	slots    chan struct{} // nil: any number
	watchers map[string]*watcher

	pollers crew
	closing closing

	mu      sync.Mutex // guards what is below, the units' items and records, and the watchers
	endedAt time.Time

	readings int // that a Course tells of
}

// unit is one service and its jobs.
type unit struct {
	service Service
	rivals  Rivals // nil: it cannot tell what runs of the same
	index   int
	mark    string // of this attempt of the workflow run
	base    string // what the marks of all attempts begin with
	record  Record
	jobs    []*followed
	ends    bool    // the step is there to stop its jobs
	sized   Service // as it came: what has bounds does not tell its size
	guard   Guard

	asking   chan struct{} // closed before its start is sent
	answered chan struct{} // closed when nothing more is to be learnt of it
}

// followed is one job.
type followed struct {
	unit   *unit
	index  int // of its name in What
	item   job.Item
	theirs bool
	over   chan struct{} // closed when there is nothing more to wait for
	once   sync.Once     // closes it
	unread error         // why the last read failed; nil if it did not
	denied denials
	broken bool          // an abort gate was broken, so it is being stopped
	beat   time.Time     // when it was last shown
	looked time.Time     // when its report was last read while it ran
	blind  time.Time     // when the user was last told that reading the report failed
	ran    time.Duration // how long it had run when its report was last read
	polled polled
	load   string    // what a Gauge said last
	gauged time.Time // when the Gauge was last asked

	planned bool // it was checked that its planned length is enough for its gates
	pace    pace // of its reads

	number   int // among all jobs
	lastPoll int // the one that told its last status; see Course
	course   JobCourse
}

// Run starts all services and follows their jobs as the options say. It returns when
// all have ended, or soon after ctx ends.
func Run(ctx context.Context, services []Service, o Options) Result {
	r := &run{Options: o, began: time.Now(), watchers: map[string]*watcher{}, closing: closing{every: confirmEvery}, starting: make(chan struct{}, together)}
	r.ctx, r.end = context.WithCancelCause(ctx)
	defer r.end(nil)
	r.Heartbeat = cmp.Or(r.Heartbeat, heartbeat)
	if r.Jitter == nil {
		r.Jitter = rand.Float64
	}
	if o.Timeout > 0 {
		var stop context.CancelFunc
		r.ctx, stop = context.WithTimeoutCause(r.ctx, o.Timeout, errTimeout)
		defer stop()
	}
	defer context.AfterFunc(r.ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.endedAt = time.Now()
	})()
	if o.MaxParallel > 0 {
		r.slots = make(chan struct{}, o.MaxParallel)
	}
	contents := make([]string, len(services))
	copy(contents, o.Contents)
	jobs := 0
	marks, bases := o.Mark.Of(contents), o.Mark.bases(contents)
	for i, s := range services {
		u := &unit{service: bounded(s), index: i, mark: marks[i], base: bases[i], record: Record{What: s.What(), Policy: o.OnCancel}, asking: make(chan struct{}), answered: make(chan struct{})}
		if i < len(o.Names) {
			u.record.Names = o.Names[i]
		}
		if rivals, ok := s.(Rivals); ok {
			u.rivals = boundedRivals{rivals}
		}
		if e, ok := s.(ender); ok {
			u.ends = e.ends()
		}
		u.record.Emulated = i < len(o.Emulated) && o.Emulated[i]
		if u.sized = s; i < len(o.Guards) {
			u.guard = o.Guards[i]
		}
		for j, what := range u.record.What {
			item := job.Item{Provider: s.Provider(), What: what, Name: u.record.name(j), Emulated: u.record.Emulated, Console: consoleOf(s)}
			u.jobs = append(u.jobs, &followed{unit: u, index: j, item: item, over: make(chan struct{}), number: jobs})
			jobs++
		}
		r.units = append(r.units, u)
	}
	r.all()
	r.end(nil)
	r.pollers.Wait()
	r.closing.readers.Wait()

	result := Result{}
	for _, u := range r.units {
		for _, f := range u.jobs {
			r.unjudged(f)
			if first, ok := errors.AsType[failedFirst](f.item.Err); ok && fault(f.item.Err) == job.Halted {
				f.item.Culprit = first.what // because of it this one was not started
			}
			result.Items = append(result.Items, f.item)
			if r.Course != nil {
				f.course.Last = f.lastPoll
				r.Course.Jobs = append(r.Course.Jobs, f.course)
			}
		}
	}
	if r.Course != nil {
		r.Course.shorten()
	}
	result.Outcome = merge(result.Items)
	return result
}

// together is how many services may be under way at once. It only limits memory and
// connections: the transport keeps to the vendors' rates.
const together = 64

// all runs the units side by side. As soon as the start of a unit was answered, it
// makes room for the next one, unless MaxParallel limits how many jobs may live.
func (r *run) all() {
	var following crew
	for _, u := range r.units {
		r.starting <- struct{}{}
		if r.slots != nil {
			select {
			case r.slots <- struct{}{}:
			case <-r.ctx.Done(): // start says why nothing is started
			}
		}
		following.Go(func() {
			defer r.makeRoom()
			func() {
				defer func() { <-r.starting }()
				r.start(u)
			}()
			r.follow(u)
		}, func(err error) { r.crashed(u.jobs, err) })
	}
	following.Wait()
}

// makeRoom lets the next unit begin.
func (r *run) makeRoom() {
	if r.slots == nil {
		return
	}
	select {
	case <-r.slots:
	default:
	}
}

// crashed marks jobs as ended by a fault of ours, unless they have ended already.
// Their records stay open, so that the post step takes care of them. The user is told
// last, because telling may be what crashed.
func (r *run) crashed(jobs []*followed, err error) {
	var hit []*followed
	for _, f := range jobs {
		r.set(f, func(item *job.Item) {
			switch {
			case item.End != "" || item.Err != nil:
				return
			case item.How == "":
				item.Err = fmt.Errorf("%w; if it was started, it may still run", err)
			default:
				item.End, item.Why = job.Internal, append(item.Why, err.Error(), runsOn(*item))
			}
			hit = append(hit, f)
		})
		f.finish()
	}
	for _, f := range hit {
		_ = job.Caught(func() { r.save(f.unit) })
	}
	for i, f := range hit {
		_ = job.Caught(func() {
			if crash, ok := errors.AsType[*job.Crash](err); ok && i == 0 {
				r.notify(Trouble, f, crash.Error()+"\n"+crash.Stack)
			}
			r.notify(Ends, f, "")
		})
	}
	if r.FailFast && hit != nil {
		r.end(failedFirst{hit[0].item.Title()})
	}
}

// runsOn says that a job runs on which nobody follows any more.
func runsOn(item job.Item) string { return fmt.Sprintf("%s (%s) runs on", item.Title(), item.Ref.ID) }

// lose gives up following a job that cannot be read any more. It is not stopped here:
// there was no cancel and no timeout, and nobody could see whether the stop worked.
// The post step tries to stop it, unless OnCancel says to leave it.
func (r *run) lose(f *followed, err error) {
	left := !stops(f.unit.service, f.item.Ref, r.OnCancel, f.theirs)
	r.note(f, "it cannot be read any more")
	r.set(f, func(item *job.Item) {
		on := runsOn(*item)
		switch {
		case left:
			on += ", as on_cancel or the kind of job wants it"
		case r.Journal != nil:
			on += "; the post step tries to stop it"
		default:
			on += "; stop it in the console if it is not wanted"
		}
		item.End, item.Stop = job.Unauthorized, job.StopLeft
		item.Why = append(item.Why, "its state could not be read any more: "+err.Error(), on)
	})
	if left {
		r.keep(f, func(k *Kept) { k.Stop = job.StopLeft })
	}
	r.notify(Ends, f, "")
	f.finish()
	if r.FailFast {
		r.end(failedFirst{f.item.Title()})
	}
}

// finish wakes those who wait for the job.
func (f *followed) finish() { f.once.Do(func() { close(f.over) }) }

// follow waits until the jobs of a unit are over, and stops them if the run
// ends before that.
func (r *run) follow(u *unit) {
	defer r.save(u)
	live := r.live(u)
	if u.ends {
		r.halt(live)
		u.record.Done = u.settled()
		return
	}
	if !r.Wait {
		u.record.Done = true // nobody asked to take care of them
		if cause := r.cause(); cause != nil && !errors.Is(cause, errTimeout) {
			r.leave(live)
		}
		return
	}
	for _, f := range live {
		r.watch(f)
	}
	for _, f := range live {
		select {
		case <-f.over:
		case <-r.ctx.Done():
		}
		if r.ctx.Err() == nil && !r.hasEnd(f) { // if the run is ending, the others are stopped first
			r.ended(f)
		}
	}
	if cause := r.cause(); cause != nil {
		r.stopAll(u, cause)
	}
	u.record.Done = !r.unknown(u) && u.settled()
}

// settled reports whether no known job of the unit is left to be stopped.
func (u *unit) settled() bool {
	return !slices.ContainsFunc(u.record.Jobs, func(k Kept) bool { return !k.Over && k.Stop != job.StopLeft })
}

// leave says that jobs run on which were started just when the signal came, in a
// step that does not wait for its jobs.
func (r *run) leave(jobs []*followed) {
	for _, f := range jobs {
		r.set(f, func(item *job.Item) { item.End, item.Stop = job.Cancelled, job.StopLeft })
	}
}

// cause is why the run has to end before its jobs do, or nil.
func (r *run) cause() error {
	if r.ctx.Err() == nil {
		return nil
	}
	return context.Cause(r.ctx)
}

// live are the jobs of a unit that were started or found.
func (r *run) live(u *unit) []*followed {
	r.mu.Lock()
	defer r.mu.Unlock()
	var live []*followed
	for _, f := range u.jobs {
		if f.item.Err == nil && f.item.How != "" {
			live = append(live, f)
		}
	}
	return live
}

// unknown reports whether a job of the unit may run that we do not know of.
func (r *run) unknown(u *unit) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(u.jobs, func(f *followed) bool { return fault(f.item.Err) == job.Ambiguous })
}

// ended notes and tells how a job ended, with the reasons if it failed.
func (r *run) ended(f *followed) {
	r.mu.Lock()
	last := f.item.Last
	r.mu.Unlock()
	end := job.Succeeded
	var why []string
	if last.State != job.StateSucceeded && !f.broken {
		end = job.JobFailed
		why = r.why(f, last)
	}
	end = judged(end, f.broken, r.judge(f, last))
	f.course.Ended = true
	r.note(f, "it ended: "+string(end))
	r.set(f, func(item *job.Item) {
		item.End, item.Why, item.Status = end, append(item.Why, why...), last.Word
		switch item.Stop { // that a broken gate asked for
		case job.StopRequested:
			item.Stop = stopped(last.State)
		case job.StopFailed:
			item.Stop = job.StopNotNeeded
		}
	})
	r.keep(f, func(k *Kept) { k.Over = true })
	r.notify(Ends, f, "")
	if end != job.Succeeded && r.FailFast {
		r.end(failedFirst{f.item.Title()})
	}
}

// judged is how a job ended whose gates came to a verdict.
func judged(end job.Outcome, broken bool, verdict job.Verdict) job.Outcome {
	switch {
	case end == job.JobFailed:
	case broken || verdict == job.Fail:
		return job.GateFailed
	case verdict == job.Inconclusive:
		return job.Unjudged
	}
	return end
}

func (r *run) why(f *followed, last job.Status) []string {
	ctx, end := r.shortly(time.Second)
	defer end()
	ctx, cancel := context.WithTimeout(ctx, whyBudget)
	defer cancel()
	why, err := f.unit.service.Why(ctx, f.item.Ref, last)
	if err != nil {
		why = append(why, "the cloud's reasons could not be read: "+err.Error())
	}
	return why
}

// locked runs a function that holds the lock.
func (r *run) locked(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock() // also when do panics
	do()
}

func (r *run) set(f *followed, change func(*job.Item)) { r.locked(func() { change(&f.item) }) }

// note adds a moment to a job's timeline. A timeline that is too long loses moments
// from its middle.
func (r *run) note(f *followed, what string) {
	r.set(f, func(item *job.Item) {
		if item.Timeline = append(item.Timeline, job.Moment{At: time.Now(), What: what}); len(item.Timeline) > moments {
			item.Timeline = slices.Delete(item.Timeline, moments/2, moments/2+1)
		}
	})
}

// moments is the most that a timeline has.
const moments = 40

// keep changes what the record says about a job.
func (r *run) keep(f *followed, change func(*Kept)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range f.unit.record.Jobs {
		if f.unit.record.Jobs[i].Index == f.index {
			change(&f.unit.record.Jobs[i])
		}
	}
}

// save writes the unit's record to the journal. Only callers before a start look at
// the error: then nothing may be started without a record.
func (r *run) save(u *unit) error {
	if r.Journal == nil {
		return nil
	}
	r.mu.Lock()
	record := u.record
	record.Jobs = slices.Clone(record.Jobs)
	r.mu.Unlock()
	if err := r.Journal.Save(u.index, record); err != nil {
		return fmt.Errorf("save the state for the post step: %w", err)
	}
	return nil
}

func (r *run) notify(kind Kind, f *followed, text string) {
	if r.Notify == nil {
		return
	}
	r.mu.Lock()
	item := f.item
	r.mu.Unlock()
	r.Notify(Event{Kind: kind, Item: item, Text: text, Took: time.Since(r.began)})
}
