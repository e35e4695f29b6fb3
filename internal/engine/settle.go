package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudjob/internal/job"
)

// Left is a service that an earlier process left behind without having taken care of
// all its jobs. Its record was checked.
type Left struct {
	Provider string
	Follower Follower
	Err      error // why there is no follower
	Record   Record
}

// Check refuses a record that no run can have written. The record decides which jobs
// are looked for and stopped, so a forged one must not be believed.
func (r Record) Check() error {
	if len(r.What) == 0 || slices.Contains(r.What, "") {
		return errors.New("it does not say what it is of")
	}
	begun := map[int]bool{}
	for _, k := range r.Jobs {
		if k.Index < 0 || k.Index >= len(r.What) || begun[k.Index] {
			return fmt.Errorf("it has job number %d of %d, or that twice", k.Index+1, len(r.What))
		}
		begun[k.Index] = true
		if !slices.Contains([]job.Stop{"", job.StopRequested, job.StopConfirmed, job.StopFailed, job.StopNotNeeded, job.StopLeft}, k.Stop) {
			return fmt.Errorf("%q is no word for what became of a stop", k.Stop)
		}
		if err := incredible("it", k.Ref.ID, k.Ref.Run); err != nil {
			return err
		}
	}
	for _, i := range r.Intent.Skip {
		if i < 0 || i >= len(r.What) {
			return fmt.Errorf("it leaves out job number %d of %d", i+1, len(r.What))
		}
	}
	switch {
	case !slices.Contains([]string{OnDefault, Stop, Leave, Terminate}, r.Policy):
		return fmt.Errorf("%q is no policy", r.Policy)
	case r.Intent.Mark == "" && len(r.Jobs) == 0:
		return errors.New("it has neither a job nor a mark")
	case r.Intent.Mark != "" && (!isMark(r.Intent.Mark) || r.Intent.At.IsZero()):
		return fmt.Errorf("%q is no mark of a start", r.Intent.Mark)
	}
	return nil
}

// lookFirst is how long it may take to read whether jobs have ended by themselves,
// before they are stopped.
const lookFirst = 5 * time.Second

// Settle takes care of the jobs that the process that wrote the records left behind.
// It finds jobs of which only the mark was kept, stops those that nobody follows any
// more, and waits until the cloud confirms. First all are asked to stop, and then
// they are read together. Jobs that are left on purpose are named and not touched. A
// job that cannot be settled does not keep the others from being settled. Settle may
// run while that process still runs, and more than once.
func Settle(ctx context.Context, left []Left, every time.Duration, notify func(Event)) Result {
	s := &settling{began: time.Now(), closing: closing{every: every}, notify: notify}
	var all, known []*leftover
	for _, l := range left {
		jobs := s.open(l)
		all = append(all, jobs...)
		for _, j := range jobs {
			if j.kept != nil && j.follower != nil {
				known = append(known, j)
			}
		}
		if first := jobs[0]; first.follower != nil && first.unanswered() {
			s.work.Go(func() { s.find(ctx, jobs) }, func(err error) { s.failed(jobs, err) })
		}
	}
	s.stopAll(ctx, known)
	s.work.Wait()
	s.closing.readers.Wait()

	var result Result
	for _, j := range all {
		if j.kept == nil && j.item.Err == nil {
			j.item.Note = "no job was found; probably none was started"
		}
		result.Items = append(result.Items, j.item)
	}
	result.Outcome = merge(result.Items)
	return result
}

// settling is one run of Settle.
type settling struct {
	began   time.Time
	work    crew
	closing closing

	mu     sync.Mutex // guards notify: one event at a time
	notify func(Event)
}

// leftover is one job of a record.
type leftover struct {
	record   Record
	follower Follower // nil if the service cannot be opened
	group    string
	perCall  int
	index    int
	kept     *Kept // nil while it is not known which job it is
	item     job.Item
	failed   bool
}

// unanswered reports whether the earlier process did not learn of every job whether
// its start worked.
func (j *leftover) unanswered() bool { return j.record.Intent.Mark != "" && !j.record.Asked }

// found notes which job it is.
func (j *leftover) found(k Kept) {
	j.kept = &k
	j.item.Ref, j.item.How, j.item.End = k.Ref, job.Adopted, job.Cancelled
}

func (j *leftover) read(now job.Status) { j.item.Last, j.item.Status = now, now.Word }

func (s *settling) tell(kind Kind, item job.Item, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.notify != nil {
		s.notify(Event{Kind: kind, Item: item, Text: text, Took: time.Since(s.began)})
	}
}

// open makes the jobs of a record ready to be settled.
func (s *settling) open(l Left) []*leftover {
	jobs := make([]*leftover, len(l.Record.What))
	for i, what := range l.Record.What {
		jobs[i] = &leftover{record: l.Record, index: i, item: job.Item{Provider: l.Provider, What: what, Name: l.Record.name(i), Emulated: l.Record.Emulated, Console: consoleOf(l.Follower)}}
	}
	for _, k := range l.Record.Jobs {
		jobs[k.Index].found(k)
	}
	if l.Err != nil {
		s.failed(jobs, l.Err)
		return jobs
	}
	follower := boundedFollower{l.Follower}
	var group string
	var perCall int
	if err := job.Caught(func() { group, perCall = follower.Group() }); err != nil {
		s.failed(jobs, err)
		return jobs
	}
	for _, j := range jobs {
		j.follower, j.group, j.perCall = follower, group, max(1, perCall)
	}
	return jobs
}

// failed notes that jobs could not be settled, for those of which nothing else is
// noted.
func (s *settling) failed(jobs []*leftover, err error) {
	for i, j := range jobs {
		switch {
		case j.failed || j.kept == nil && !j.unanswered():
			continue
		case j.kept != nil && (j.kept.Theirs || j.kept.Stop == job.StopLeft || j.record.Policy == Leave):
			j.item.Stop = job.StopLeft
		case j.kept != nil:
			j.item.Stop, j.item.Err = job.StopFailed, err
		default:
			j.item.Err = unlearnt(err, j.record.Intent.Mark)
		}
		j.failed = true
		text := err.Error()
		if crash, ok := errors.AsType[*job.Crash](err); ok && i == 0 {
			text += "\n" + crash.Stack
		}
		_ = job.Caught(func() {
			s.tell(Trouble, j.item, text)
			s.tell(Ends, j.item, "")
		})
	}
}

func unlearnt(err error, mark string) error {
	return &job.Error{
		Fault: job.Ambiguous, Call: "search", Message: "whether it was started could not be learnt: " + first(err).Error(),
		Cure: "look for it in the console (" + mark + ")", Err: err,
	}
}

// stopAll ends jobs of all services, side by side. It reads them first, as many as one
// call can, so that no job is stopped that has ended by itself.
func (s *settling) stopAll(ctx context.Context, jobs []*leftover) {
	slices.SortStableFunc(jobs, func(a, b *leftover) int { return strings.Compare(a.group, b.group) })
	for len(jobs) > 0 {
		n := 1
		for n < len(jobs) && n < jobs[0].perCall && jobs[n].group == jobs[0].group {
			n++
		}
		chunk := jobs[:n]
		jobs = jobs[n:]
		s.work.Go(func() {
			_ = job.Caught(func() { look(ctx, chunk) }) // jobs that cannot be read are stopped all the same
			for _, j := range chunk {
				s.work.Go(func() { s.end(ctx, j) }, func(err error) { s.failed([]*leftover{j}, err) })
			}
		}, func(err error) { s.failed(chunk, err) })
	}
}

// look reads as many jobs as one call can.
func look(ctx context.Context, jobs []*leftover) {
	ctx, cancel := context.WithTimeout(ctx, lookFirst)
	defer cancel()
	refs := make([]job.Ref, len(jobs))
	for i, j := range jobs {
		refs[i] = j.kept.Ref
	}
	statuses, err := jobs[0].follower.Status(ctx, refs)
	for i, j := range jobs {
		if now, ok := readOf(statuses, i, err); ok {
			j.read(now)
		}
	}
}

// end stops one job and waits for its end, if we may stop it and it still runs.
func (s *settling) end(ctx context.Context, j *leftover) {
	k, item := j.kept, &j.item
	begun := k.Stop == job.StopRequested || k.Stop == job.StopFailed
	switch over := quiet(item.Last); {
	case over && k.Stop == job.StopRequested:
		item.Stop = stopped(item.Last.State)
	case over:
		item.Stop = job.StopNotNeeded
	case k.Stop == job.StopLeft || !begun && !stops(j.follower, k.Ref, j.record.Policy, k.Theirs):
		item.Stop = job.StopLeft
	case begun: // the stop may not have arrived, so it is sent again
		s.stop(ctx, j, k.Terminate)
	default:
		s.stop(ctx, j, j.record.Policy == Terminate)
	}
	s.tell(Ends, *item, "")
}

func (s *settling) stop(ctx context.Context, j *leftover, terminate bool) {
	item := &j.item
	item.Stop = job.StopRequested
	err := s.closing.stop(ctx, j.follower, j.kept.Ref, terminate)
	if err != nil {
		item.Stop = job.StopFailed
	}
	over, unread := s.closing.confirm(ctx, j.follower, j.kept.Ref, j.read)
	switch {
	case over && err != nil:
		item.Stop = job.StopNotNeeded
	case over:
		item.Stop = stopped(item.Last.State)
	case err != nil && unread != nil:
		item.Err = fmt.Errorf("%w; it could not be read either: %w", err, unread)
	default:
		item.Err = errors.Join(err, unread)
	}
}

// find looks for jobs whose start the earlier process got no answer to, and ends each
// when it is found. Jobs that the start left out ran before it, and are not ours.
func (s *settling) find(ctx context.Context, jobs []*leftover) {
	intent := jobs[0].record.Intent
	var missing []*leftover
	for _, j := range jobs {
		if j.kept == nil && !slices.Contains(intent.Skip, j.index) {
			missing = append(missing, j)
		}
	}
	var failed error
	for _, delay := range search {
		if len(missing) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			failed = errors.Join(failed, context.Cause(ctx))
		case <-time.After(delay):
		}
		if ctx.Err() != nil {
			break
		}
		var all []Found
		if all, failed = jobs[0].follower.Find(ctx, intent); failed != nil {
			s.tell(Trouble, jobs[0].item, "the job is looked for: "+first(failed).Error())
		}
		for index, of := range byIndex(all, len(jobs)) {
			i := slices.IndexFunc(missing, func(j *leftover) bool { return j.index == index })
			switch {
			case i < 0 || len(of) == 0:
				continue
			case len(of) == 1 && of[0].Unsure == "":
				missing[i].found(Kept{Index: index, Ref: of[0].Ref})
				s.stopAll(ctx, missing[i:i+1:i+1])
			default: // any of them could be ours, so none is stopped
				missing[i].item.Err = unclear(of)
				s.tell(Ends, missing[i].item, "")
			}
			missing = slices.Concat(missing[:i], missing[i+1:])
		}
	}
	for _, j := range missing {
		if failed != nil {
			j.item.Err = unlearnt(failed, intent.Mark)
		}
	}
}
