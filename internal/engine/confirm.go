package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"cloudjob/internal/job"
)

const (
	// A read that is refused as unauthorized may be allowed some minutes later:
	// permissions take a while to spread, and locked keys are unlocked again. It
	// is repeated only a few times, because Huawei's gateway locks a key after 5
	// failures (facts huawei-auth §2).
	deniedFor       = 5 * time.Minute // while a job is waited for
	deniedAfterStop = time.Minute     // after it was asked to stop
	deniedTimes     = 4

	confirmEvery = 5 * time.Second // the longest time between two reads of a job that was asked to stop
)

// denials counts the reads of a job in a row that were refused as unauthorized.
type denials struct {
	times int
	since time.Time
}

// add counts one more, and reports whether it is time to give up: there were enough
// of them, over at least the time of patience.
func (d *denials) add(patience time.Duration) bool {
	if d.times++; d.times == 1 {
		d.since = time.Now()
	}
	return d.times >= deniedTimes && time.Since(d.since) >= patience
}

// isDenied reports whether all parts of a failure are refusals as unauthorized.
func isDenied(err error) bool {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(several.Unwrap(), func(e error) bool { return !isDenied(e) })
	}
	e, ok := errors.AsType[*job.Error](err)
	return ok && e.Fault == job.Denied
}

// first is the first of several joined errors. Many jobs usually fail for the same
// reason, so one stands for all.
func first(err error) error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		if all := several.Unwrap(); len(all) > 1 {
			return fmt.Errorf("%w (and %d more)", first(all[0]), len(all)-1)
		} else if len(all) == 1 {
			return first(all[0])
		}
	}
	return err
}

// readOf is what a call of Status returned for one of its refs.
func readOf(statuses []job.Status, i int, err error) (job.Status, bool) {
	if i >= len(statuses) || err != nil && statuses[i].State == "" {
		return job.Status{}, false
	}
	return statuses[i], true
}

// statusOf reads one job's status.
func statusOf(ctx context.Context, follower Follower, ref job.Ref) (job.Status, error) {
	statuses, err := follower.Status(ctx, []job.Ref{ref})
	if now, ok := readOf(statuses, 0, err); ok {
		return now, nil
	}
	return job.Status{}, err
}

// closing ends jobs. Each is asked to stop by a call of its own, several at a time.
// What became of them is read for all jobs of a group together.
type closing struct {
	every   time.Duration // the longest time between two reads of a group
	readers crew

	mu     sync.Mutex
	groups map[string]*closingGroup
}

// closingGroup are the jobs that one follower can read.
type closingGroup struct {
	follower Follower
	asking   chan struct{}      // its capacity is how many stop requests may be under way at once
	asked    []*asked           // the jobs that are still read
	end      context.CancelFunc // ends the reads, while there are any
}

// asked is a job that was asked to stop.
type asked struct {
	ref    job.Ref
	seen   func(job.Status) // called with every status that is read
	over   bool
	err    error // why the last read failed; nil if it did not
	denied denials
	left   bool          // nobody waits for it any more
	done   chan struct{} // closed when nothing more will be read of it
}

func (c *closing) group(f Follower) *closingGroup {
	name, _ := f.Group()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.groups == nil {
		c.groups = map[string]*closingGroup{}
	}
	g := c.groups[name]
	if g == nil {
		g = &closingGroup{follower: f, asking: make(chan struct{}, together)}
		c.groups[name] = g
	}
	return g
}

// stop asks for the end of a job until the cloud accepts it. Repeating a stop is
// harmless, so it is tried again after any failure that may pass, until ctx ends.
func (c *closing) stop(ctx context.Context, follower Follower, ref job.Ref, terminate bool) error {
	g := c.group(follower)
	var said error // by the cloud
	for {
		err := g.ask(ctx, follower, ref, terminate)
		if err == nil || definite(err) {
			return err
		}
		if ctx.Err() == nil {
			said = err
		}
		select {
		case <-ctx.Done():
			return cmp.Or(said, err)
		case <-time.After(stopEvery):
		}
	}
}

// ask sends one stop request, as soon as it is this job's turn.
func (g *closingGroup) ask(ctx context.Context, follower Follower, ref job.Ref, terminate bool) error {
	select {
	case g.asking <- struct{}{}:
		defer func() { <-g.asking }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return follower.Stop(ctx, ref, terminate)
}

// definite reports whether a refusal will stay the same however often it is tried.
func definite(err error) bool {
	if errors.Is(err, ErrTooEarly) {
		return false
	}
	f := fault(err)
	return f == job.Refused || f == job.Denied
}

// confirm reads a job until it is over, ctx ends, or reading it was refused for too
// long. err is why the last read failed.
func (c *closing) confirm(ctx context.Context, follower Follower, ref job.Ref, seen func(job.Status)) (over bool, err error) {
	a := &asked{ref: ref, seen: seen, done: make(chan struct{})}
	g := c.group(follower)
	c.mu.Lock()
	g.asked = append(g.asked, a)
	if len(g.asked) == 1 {
		var reads context.Context
		reads, g.end = context.WithCancel(context.WithoutCancel(ctx))
		c.readers.Go(func() { c.read(reads, g) }, func(err error) { c.leave(reads, g, err) })
	}
	c.mu.Unlock()
	select {
	case <-a.done:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	g.drop(a)
	return a.over, a.err
}

// drop removes a job from those that are read. The caller holds the lock.
func (g *closingGroup) drop(a *asked) {
	if a.left {
		return
	}
	a.left = true
	g.asked = slices.DeleteFunc(g.asked, func(other *asked) bool { return other == a })
	if len(g.asked) == 0 {
		g.end()
	}
}

// leave gives up on all jobs of a group that are still read.
func (c *closing) leave(ctx context.Context, g *closingGroup, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ctx.Err() != nil { // a later round of reads has taken over
		return
	}
	for _, a := range slices.Clone(g.asked) {
		a.err = err
		g.drop(a)
		close(a.done)
	}
}

// read reads a group's jobs until none is left. It waits a moment first, for more
// jobs to join and for the cloud to act.
func (c *closing) read(ctx context.Context, g *closingGroup) {
	for wait := quick; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		c.mu.Lock()
		jobs := slices.Clone(g.asked)
		c.mu.Unlock()
		refs := make([]job.Ref, len(jobs))
		for i, a := range jobs {
			refs[i] = a.ref
		}
		statuses, err := g.follower.Status(ctx, refs)
		for i, a := range jobs {
			s, ok := readOf(statuses, i, err)
			c.took(g, a, s, ok, err)
		}
		if wait = min(2*wait, c.every); isDenied(err) {
			wait = deniedAfterStop / deniedTimes
		}
	}
}

// took notes what a read said about a job.
func (c *closing) took(g *closingGroup, a *asked, s job.Status, ok bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	useless := false
	switch {
	case a.left:
		return
	case ok:
		a.err, a.denied, a.over = nil, denials{}, quiet(s)
		a.seen(s)
	case err != nil:
		a.err = first(err)
		useless = isDenied(err) && a.denied.add(deniedAfterStop)
	}
	if a.over || useless {
		g.drop(a)
		close(a.done)
	}
}

// quiet reports whether a job is over and costs nothing any more.
func quiet(s job.Status) bool { return s.State.Over() && !s.Costs }
