package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// Past are results of earlier runs.
type Past struct {
	results []Result // the oldest first
	nothing string   // why there are none
}

// NewPast sorts results by time and drops copies of one. nothing says why there
// are none, if so.
func NewPast(results []Result, nothing string) Past {
	results = slices.Clone(results)
	slices.SortStableFunc(results, func(a, b Result) int { return ended(a).Compare(ended(b)) })
	var p Past
	for _, r := range results {
		copied := func(other Result) bool {
			return other.Provider == r.Provider && other.Ref == r.Ref && ended(other).Equal(ended(r))
		}
		if !slices.ContainsFunc(p.results, copied) {
			p.results = append(p.results, r)
		}
	}
	p.nothing = nothing
	return p
}

func ended(r Result) time.Time {
	if r.Ended.IsZero() {
		return r.Began
	}
	return r.Ended
}

// Of are the newest results of a job, the oldest first.
func (p Past) Of(provider, what string, newest int) []Result {
	var of []Result
	for _, r := range p.results {
		if r.Provider == provider && r.What == what {
			of = append(of, r)
		}
	}
	return of[max(0, len(of)-newest):]
}

// Baseline is what a job is compared with: the newest of its results that
// passed.
func (p Past) Baseline(provider, what string, newest, least int) *gate.Baseline {
	b := &gate.Baseline{Least: least}
	of := p.Of(provider, what, len(p.results))
	for _, r := range of {
		if Passed(r) {
			b.Reports = append(b.Reports, r.Report)
		}
	}
	b.Reports = b.Reports[max(0, len(b.Reports)-newest):]
	switch {
	case len(b.Reports) > 0:
	case len(of) > 0:
		b.Why = fmt.Sprintf("of %s of it none passed", plural(len(of), "earlier result"))
	case len(p.results) > 0:
		b.Why = fmt.Sprintf("of %s none is of %s", plural(len(p.results), "earlier result"), clean(what))
	default:
		b.Why = cmp.Or(p.nothing, "there are no earlier results")
	}
	return b
}

// Passed tells of a result that others may be compared with. The first results
// of a job are inconclusive for want of a baseline alone: they count.
func Passed(r Result) bool {
	if r.Outcome == job.Succeeded {
		return true
	}
	return r.Outcome == job.Unjudged && !slices.ContainsFunc(r.Gates, func(g job.Judgement) bool {
		return g.Severity != gate.Warn && g.Verdict != job.Pass && !(g.Verdict == job.Inconclusive && g.NoLimit)
	})
}
