package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/job"
)

// This file is the guard on money: a start is refused before it if it would run
// more than the user allows.

// Guard is the most that one start may run, in the units of job.Amount. A
// measure that it lacks has no limit.
type Guard map[job.Measure]int64

// Sized is a Service of which it can be told before a start how much that would
// run.
type Sized interface {
	// Size tells it, by reads alone. What cannot be told is an amount with the
	// reason; the error, a *job.Error, says that nothing could be read.
	Size(ctx context.Context) (job.Size, error)
}

// SizeOf asks a service how much its start would run.
func SizeOf(ctx context.Context, s Service) (job.Size, error) {
	sized, ok := s.(Sized)
	if !ok {
		return job.Size{}, &job.Error{Call: "start", Message: "how much it would run cannot be told of " + s.Provider()}
	}
	size, err := sized.Size(ctx)
	for i := range size.Amounts {
		a := &size.Amounts[i]
		a.From, a.Unknown = job.Cut(a.From, textLimit), job.Cut(a.Unknown, textLimit)
	}
	return size, boundError(err)
}

// Over says of which measures a size is above the guard; nil if of none. As much
// as the limit is allowed.
func (g Guard) Over(what []string, size job.Size) *job.Error {
	over := g.those(func(m job.Measure) bool { a := size.Of(m); return a.Unknown == "" && a.N > g[m] })
	if len(over) == 0 {
		return nil
	}
	return &job.Error{
		Call: "start", Message: fmt.Sprintf("%s would run up to %s, but %s", strings.Join(what, ", "), size.Known().Text(), g.text(over)),
		Cure: fmt.Sprintf("%s, or raise %s", size.Lower, inputs(over)),
	}
}

// Untold says what of a size cannot be held against the guard, because it cannot
// be told; nil if all can.
func (g Guard) Untold(what []string, size job.Size) *job.Error {
	untold := g.those(func(m job.Measure) bool { return size.Of(m).Unknown != "" })
	if len(untold) == 0 {
		return nil
	}
	var reasons []string
	for _, m := range untold {
		reasons = append(reasons, fmt.Sprintf("%s cannot be held: %s", m.Input(), size.Of(m).Unknown))
	}
	return &job.Error{
		Call: "start", Message: fmt.Sprintf("%s: %s", strings.Join(what, ", "), strings.Join(reasons, "; ")),
		Cure: "leave out " + inputs(untold) + " to start it all the same",
	}
}

// Refusal is why a start of a size is refused; nil if it is not.
func (g Guard) Refusal(what []string, size job.Size) error {
	if over := g.Over(what, size); over != nil {
		return over
	}
	if untold := g.Untold(what, size); untold != nil {
		return untold
	}
	return nil
}

// Unread is the error of a Size that the guard needs.
func (g Guard) Unread(err error) error {
	e, ok := errors.AsType[*job.Error](err)
	if !ok || len(g) == 0 {
		return err
	}
	known := *e
	known.Meaning = strings.TrimPrefix(known.Meaning+"; "+inputs(g.those(func(job.Measure) bool { return true }))+" needs this read", "; ")
	return &known
}

// those are the measures with a limit of which something holds.
func (g Guard) those(holds func(job.Measure) bool) []job.Measure {
	return slices.DeleteFunc(job.Measures(), func(m job.Measure) bool { _, limited := g[m]; return !limited || !holds(m) })
}

// Text is the limits for people.
func (g Guard) Text() string { return g.text(g.those(func(job.Measure) bool { return true })) }

func (g Guard) text(of []job.Measure) string {
	limits := make([]string, len(of))
	for i, m := range of {
		limits[i] = m.Input() + " is " + m.Limit(g[m])
	}
	return strings.Join(limits, ", ")
}

func inputs(measures []job.Measure) string {
	names := make([]string, len(measures))
	for i, m := range measures {
		names[i] = m.Input()
	}
	return strings.Join(names, ", ")
}

// guarded refuses the start of a unit that its guard does not let pass. Without
// a guard nothing is read.
func (r *run) guarded(u *unit) (refused bool) {
	if len(u.guard) == 0 {
		return false
	}
	size, err := SizeOf(r.ctx, u.sized)
	if err == nil {
		err = u.guard.Refusal(u.record.What, size)
	} else {
		err = u.guard.Unread(err)
	}
	switch {
	case r.cause() != nil: // the signal came while it was read
		r.late(u, "")
	case err != nil:
		r.refuse(u, unsent(err, ""))
	default:
		return false
	}
	return true
}
