package catalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Inspector is a service that can tell, by reads alone, whether its start could
// work.
type Inspector interface {
	engine.Service

	// Whoami tells whose the login is.
	Whoami(context.Context) (cloud.Identity, error)

	// Inspect reads what the start needs, and the last runs of the same, the
	// newest first. What cannot be read is a thing too.
	Inspect(context.Context) ([]job.Thing, []job.Earlier)
}

const (
	inspectWithin = 2 * time.Minute  // the reads of one service
	tryWithin     = 30 * time.Second // those of an earlier run
	textLimit     = 2 << 10
	thingLimit    = 200 // of a list of things; those that are problems are kept beyond it
)

// Inspect tells what a start of the services of one spec would meet. parts are
// what the user asks for, and guard is the most that each of them may run.
// Nothing is started or changed: only reads are sent.
func (p Provider) Inspect(ctx context.Context, services []engine.Service, parts cloud.Part, guard engine.Guard) job.Inspection {
	i := job.Inspection{Provider: p.Name}
	for _, s := range services {
		i.What = append(i.What, s.What()...)
	}
	ends := calls{ended: map[string]error{}}
	if err := job.Caught(func() { p.inspect(cloud.ReadsOnly(ctx, ends.add), services, &ends, guard, &i) }); err != nil {
		i.Things = append(i.Things, job.NotRead("this check", err))
	}
	if parts |= cloud.ToCheck; len(guard) > 0 {
		parts |= cloud.ToGuard
	}
	i.Needs = ends.needs(p.Calls(), parts)
	return i
}

func (p Provider) inspect(ctx context.Context, services []engine.Service, ends *calls, guard engine.Guard, i *job.Inspection) {
	for n, s := range services {
		inspector, ok := s.(Inspector)
		if !ok {
			i.Things = append(i.Things, job.NotRead("this check", fmt.Errorf("%s cannot be inspected", p.Name)))
			return
		}
		if n == 0 {
			i.Things = append(i.Things, whoami(ctx, inspector))
		}
		if ends.isRejected() {
			return
		}
		limited, cancel := context.WithTimeout(ctx, inspectWithin)
		things, runs := inspector.Inspect(limited)
		if p.Measures != nil && !ends.isRejected() && !slices.ContainsFunc(things, func(t job.Thing) bool { return t.Finding == job.Absent }) {
			if size := sized(limited, s, guard); !slices.ContainsFunc(things, func(t job.Thing) bool { return sameRead(t.Err, size.Err) }) {
				things = append(things, size)
			}
		}
		if ctx.Err() == nil { // a call that could not have its turn in time ends before the time does
			things = outOfTime(things)
		}
		cancel()
		for _, t := range things {
			if (len(i.Things) < thingLimit || t.Finding > job.Untold) && !slices.ContainsFunc(i.Things, func(known job.Thing) bool { return known.Name == t.Name && known.Says == t.Says }) {
				i.Things = append(i.Things, bounded(t))
			}
		}
		for k := range runs {
			s := &runs[k].Status
			s.Believe()
			s.Word, s.Message = job.Cut(s.Word, textLimit), job.Cut(s.Message, textLimit)
		}
		i.Runs = append(i.Runs, runs...)
		if over := slices.IndexFunc(runs, func(r job.Earlier) bool { return r.Status.State.Over() }); over >= 0 && n == 0 {
			try(ctx, inspector, runs[over])
		}
	}
}

// sized is how much a start would run, as a thing. That it cannot be told is a
// problem only if a guard needs it.
func sized(ctx context.Context, s engine.Service, guard engine.Guard) job.Thing {
	what := strings.Join(s.What(), ", ")
	t := job.Thing{Name: "size of " + what}
	size, err := engine.SizeOf(ctx, s)
	switch over, untold := guard.Over(s.What(), size), guard.Untold(s.What(), size); {
	case err != nil && (len(guard) > 0 || halted(err)):
		return job.NotRead(t.Name, guard.Unread(err))
	case err != nil:
		t.Finding, t.Says = job.Untold, job.NotRead(t.Name, err).Says
	case over != nil:
		t.Finding, t.Says, t.Cure = job.Unfit, strings.TrimPrefix(over.Message, what+" "), over.Cure
	case untold != nil:
		t.Finding, t.Says, t.Cure, t.Err = job.Unread, strings.TrimPrefix(untold.Message, what+": "), untold.Cure, untold
	default:
		t.Says = "up to " + size.Text()
	}
	return t
}

// sameRead tells of two errors that they are of the same call.
func sameRead(a, b error) bool {
	one, ok := errors.AsType[*job.Error](a)
	other, too := errors.AsType[*job.Error](b)
	return ok && too && one.Call == other.Call
}

// outOfTime says of what was not read any more that the check ended first. What
// took the time is the problem, if that is known.
func outOfTime(things []job.Thing) []job.Thing {
	known := slices.ContainsFunc(things, func(t job.Thing) bool { return t.Finding == job.Unread && !halted(t.Err) })
	for n, t := range things {
		switch {
		case !halted(t.Err):
		case known:
			things[n] = job.Thing{Name: t.Name, Finding: job.Untold, Says: "not read: the check ended first"}
		default:
			things[n] = job.NotRead(t.Name, &job.Error{Fault: job.Ambiguous, Call: "read", Message: fmt.Sprintf("it took more than %s", inspectWithin), Cure: "check again"})
		}
	}
	return things
}

func halted(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && e.Fault == job.Halted
}

// whoami is the login as a thing.
func whoami(ctx context.Context, inspector Inspector) job.Thing {
	who, err := inspector.Whoami(ctx)
	t := job.Thing{Name: "login"}
	switch {
	case errors.Is(err, cloud.ErrUntold):
		t.Finding, t.Says = job.Untold, "this region or address does not tell whose it is"
	case err != nil:
		return bounded(job.NotRead("login", err))
	default:
		t.Says = strings.TrimSuffix("account "+who.Account+", "+strings.TrimSpace(who.Kind+" "+who.Name), ", ")
		if !who.Until.IsZero() {
			t.Says += ", until " + who.Until.UTC().Format(time.RFC3339)
		}
	}
	return bounded(t)
}

// try makes the reads that only a run that is over lets be made: which of them
// may be made is all that is wanted of them.
func try(ctx context.Context, s Inspector, run job.Earlier) {
	ctx, cancel := context.WithTimeout(ctx, tryWithin)
	defer cancel()
	_, _ = s.Status(ctx, []job.Ref{run.Ref})
	_, _ = s.Report(ctx, run.Ref, run.Status)
	_, _ = s.Why(ctx, run.Ref, run.Status)
}

func bounded(t job.Thing) job.Thing {
	t.Name, t.Says, t.Cure = job.Cut(t.Name, textLimit), job.Cut(t.Says, textLimit), job.Cut(t.Cure, textLimit)
	return t
}

// calls are how the calls that were made ended, by their names: a refusal is
// kept, and otherwise the last.
type calls struct {
	mu       sync.Mutex
	ended    map[string]error
	rejected bool // there is no login that would be taken
}

func (c *calls) add(call cloud.Call, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, failed := errors.AsType[*job.Error](err)
	switch {
	case failed && e.Fault == job.Denied && (cloud.Rejected(err) || e.Call != call.Name): // a call that was not made is told with what the login said
		c.rejected = true
	case !isDenied(c.ended[call.Name]):
		c.ended[call.Name] = err
	}
}

func isDenied(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && e.Fault == job.Denied
}

func (c *calls) isRejected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rejected
}

// needs are the permissions of a provider's calls. One that another call proved
// is there for all, and one that only a check needs is told if it was refused.
func (c *calls) needs(all []cloud.Call, parts cloud.Part) (needs []job.Need) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range all {
		err, made := c.ended[call.Name]
		n := job.Need{For: call.For.String(), Call: call.Name, Permission: call.Permission, Asked: call.For&parts != 0}
		e, failed := errors.AsType[*job.Error](err)
		switch {
		case !call.Reads:
			n.Standing = job.Untriable
		case isDenied(err):
			n.Standing, n.Err = job.Denial, err
		case !made || err != nil && (!failed || e.Fault != job.Refused): // a refusal for another reason is an answer
			n.Standing = job.Untried
		}
		if call.For.Beyond(parts) || n.Standing == job.Denial {
			needs = append(needs, n)
		}
	}
	for k := range needs {
		proven := slices.ContainsFunc(needs, func(n job.Need) bool { return n.Permission == needs[k].Permission && n.Standing == job.Allowed })
		if proven && needs[k].Standing == job.Untried {
			needs[k].Standing = job.Allowed
		}
	}
	return needs
}
