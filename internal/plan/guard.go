package plan

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// This file reads the guard on money: the most that a start may run, of all jobs
// or of one.

// guard is what one place says of it.
type guard struct {
	users, instances, vum *int64
	length                time.Duration
}

const (
	longestGuard = 10 * 365 * 24 * time.Hour
	mostVUM      = 1e12
)

// fields declares the limits of some measures.
func (g *guard) fields(measures []job.Measure) field.Set {
	most := field.Range{Min: 1, Max: 1<<31 - 1}
	var set field.Set
	for _, m := range measures {
		switch m {
		case job.VirtualUsers:
			set = append(set, field.Int(m.Input(), &g.users, most, "Most virtual users that a load test may run at the same time. A start that its scenario or cases define as larger is refused before it."))
		case job.Instances:
			set = append(set, field.Int(m.Input(), &g.instances, most, "Most task instances that a Batch job may run, those of all its tasks together. A larger one is not submitted."))
		case job.Length:
			set = append(set, field.Duration(m.Input(), &g.length, time.Second, longestGuard, "Longest that a start may run, by the load of its scenario or cases, or the timeouts of its tasks. A start that may run longer is refused before it.").Then(g.whole))
		case job.VUM:
			set = append(set, field.Int(m.Input(), &g.vum, field.Range{Min: 1, Max: mostVUM}, "Most VUM that a load test may cost: virtual users times minutes, as the cloud bills them. A start that its scenario or cases define as more expensive is refused before it."))
		}
	}
	return set
}

// whole complains of a part of a second, which no size is told to.
func (g *guard) whole(at *field.At) {
	if g.length%time.Second != 0 {
		at.Problem("must be whole seconds, not %s", g.length)
	}
}

// limits are what it says, in the units of a size.
func (g guard) limits() engine.Guard {
	if g == (guard{}) {
		return nil
	}
	limits := engine.Guard{}
	for m, n := range map[job.Measure]*int64{job.VirtualUsers: g.users, job.Instances: g.instances} {
		if n != nil {
			limits[m] = *n
		}
	}
	if g.vum != nil {
		limits[job.VUM] = *g.vum * 60
	}
	if g.length > 0 {
		limits[job.Length] = int64(g.length / time.Second)
	}
	return limits
}

// check complains of a guard at a job that is not started.
func (g guard) check(at *field.At, mode string) {
	for _, m := range job.Measures() {
		if name := m.Input(); at.Has(name) && mode != cloud.ModeStart {
			at.ProblemAt(name, "%s is about a start, and mode: %s starts nothing; leave it out", name, mode)
		}
	}
}

// isGuard tells of a name that is a limit's.
func isGuard(name string) bool {
	return slices.ContainsFunc(job.Measures(), func(m job.Measure) bool { return m.Input() == name })
}

// measures are what can be told of the starts of a provider.
func measures(p catalog.Provider) []job.Measure {
	if p.Measures == nil {
		return nil
	}
	return p.Measures()
}

// unmeasured says why a limit cannot be held for a provider.
func unmeasured(p catalog.Provider) string {
	if p.Measures == nil {
		return fmt.Sprintf("cannot be held for %s: %s; leave it out", p.Name, p.Sizeless)
	}
	var names []string
	for _, m := range p.Measures() {
		names = append(names, m.Input())
	}
	return fmt.Sprintf("means nothing to %s; its limits are %s", p.Name, strings.Join(names, ", "))
}

// guardJobs gives each job the limits of the whole that can be held for it, beside
// its own: of two the lower one counts. One that no job can use is a mistake, so
// that nobody relies on it.
func (p *Plan) guardJobs(given places) (problems field.Problems) {
	whole := p.Run.guard.limits()
	used := engine.Guard{}
	for i := range p.Jobs {
		j := &p.Jobs[i]
		if j.Spec.Mode() != cloud.ModeStart {
			continue
		}
		j.Guard = maps.Clone(j.Guard)
		for m, most := range whole {
			if !slices.Contains(measures(j.Provider), m) {
				continue
			}
			used[m] = most
			if own, has := j.Guard[m]; j.Guard == nil {
				j.Guard = engine.Guard{m: most}
			} else if !has || most < own {
				j.Guard[m] = most
			}
		}
	}
	for _, m := range job.Measures() {
		_, limited := whole[m]
		if _, is := used[m]; is || !limited || len(p.Jobs) == 0 {
			continue
		}
		text := "can be held for no job of this plan"
		switch first := p.Jobs[0]; {
		case len(p.Jobs) > 1:
		case first.Spec.Mode() != cloud.ModeStart:
			text = fmt.Sprintf("is about a start, and mode: %s starts nothing; leave it out", first.Spec.Mode())
		default:
			text = unmeasured(first.Provider)
		}
		at := given[m.Input()]
		if at.Line > 0 {
			text = m.Input() + " " + text
		}
		problems = append(problems, field.Problem{Place: at, Text: text})
	}
	return problems
}
