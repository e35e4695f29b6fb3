package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// late is how old the newest value of a series may be. The services give values with
// a delay, of which no document says how long it is (UNVERIFIED for all of them).
const late = 2 * time.Minute

// judgeSeries judges the newest part of a series.
func (g *judging) judgeSeries(s *job.Series) finding {
	limit, based, missing := g.limitFor(s.Labels)
	if missing != "" {
		return finding{verdict: job.Inconclusive, labels: s.Labels, reason: missing, based: based}
	}
	f := g.overTime(s, limit)
	f.labels, f.limit, f.based = s.Labels, limit, based
	return f
}

// overTime judges the points of a series. Those before "after" do not count.
func (g *judging) overTime(s *job.Series, limit float64) finding {
	points := usable(s.Points, g.After)
	last := time.Duration(0)
	if len(points) > 0 {
		last = points[len(points)-1].At
	}
	if why := g.odd(s.Odd, last); why != "" {
		return unclear(nil, why)
	}
	if len(points) == 0 {
		return unclear(nil, "there is no data over time"+afterGrace(g))
	}
	if g.elapsed-last > max(late, g.Over, g.For) {
		return unclear(nil, fmt.Sprintf("the newest value is %s old", job.Span(g.elapsed-last)))
	}
	step := usualStep(points)
	values, reason := g.windows(points, step, limit)
	if len(values) == 0 {
		return unclear(nil, reason)
	}
	if g.For == 0 {
		return decided(values[0], g.Op, limit)
	}
	return g.held(values, step, limit)
}

// odd is the reason why a point within the time that a gate looks at cannot be a
// value, or "".
func (g *judging) odd(all []job.Odd, last time.Duration) string {
	for _, o := range all {
		if o.At < 0 || o.At >= g.After && o.At > last-g.For-g.Over {
			return o.Why
		}
	}
	return ""
}

func afterGrace(g *judging) string {
	if g.After == 0 {
		return ""
	}
	return " after the first " + job.Span(g.After)
}

// decided judges one value.
func decided(p job.Point, op string, limit float64) finding {
	return finding{verdict: verdictOf(holds(op, p.Value, limit)), value: p.Value}
}

// held judges all values of the time of a "for". One value beyond the limit is enough
// to fail, but an abort gate stops a job only if all of them are.
func (g *judging) held(values []job.Point, step time.Duration, limit float64) finding {
	byExcess := func(a, b job.Point) int {
		return cmp.Compare(excess(g.Op, a.Value, limit), excess(g.Op, b.Value, limit))
	}
	decisive, certain := slices.MaxFunc(values, byExcess), job.Fail
	if g.Severity == Abort {
		decisive, certain = slices.MinFunc(values, byExcess), job.Pass
	}
	f := decided(decisive, g.Op, limit)
	if reason := gap(values, g.For, step); reason != "" && f.verdict != certain {
		f.verdict, f.reason = job.Inconclusive, reason
	}
	return f
}

// windows are the values to judge: only the newest one, or with "for" one for each
// point of that time. With "over" the value stands for the window that ends there. A
// window with a gap has no value. Where the newest has none, there are no values,
// and reason says why.
func (g *judging) windows(points []job.Point, step time.Duration, limit float64) (values []job.Point, reason string) {
	last := points[len(points)-1].At
	from := len(points) - 1
	for g.For > 0 && from > 0 && points[from-1].At > last-g.For {
		from--
	}
	first := 0
	for i := from; i < len(points); i++ {
		p := points[i]
		for points[first].At <= p.At-g.Over && first < i {
			first++
		}
		if g.Over > 0 {
			window := points[first : i+1]
			if why := gap(window, g.Over, step); why != "" {
				reason = why
				continue
			}
			p.Value = g.combine(window, limit)
		}
		values = append(values, p)
	}
	if g.For == 0 && len(values) == 0 || len(values) > 0 && values[len(values)-1].At != last {
		return nil, reason
	}
	return values, reason
}

// combine makes one value of a window: the lowest for min, the highest for max, the
// worst for percentiles and counts, whose mean would mean nothing, and else the mean.
func (g *judging) combine(window []job.Point, limit float64) float64 {
	lowest, highest, sum := window[0].Value, window[0].Value, 0.0
	for _, p := range window {
		lowest, highest, sum = min(lowest, p.Value), max(highest, p.Value), sum+p.Value
	}
	switch {
	case g.Aggregation == "min":
		return lowest
	case g.Aggregation == "max":
		return highest
	case g.worstOfWindow() && excess(g.Op, lowest, limit) > excess(g.Op, highest, limit):
		return lowest
	case g.worstOfWindow():
		return highest
	}
	return min(max(sum/float64(len(window)), lowest), highest)
}

func (g *judging) worstOfWindow() bool {
	return strings.HasPrefix(g.Aggregation, "p") || g.unit() == job.Count
}

// usable are the points that count, in order of time.
func usable(all []job.Point, after time.Duration) []job.Point {
	points := make([]job.Point, 0, len(all))
	for _, p := range all {
		if p.At >= after {
			points = append(points, p)
		}
	}
	slices.SortStableFunc(points, func(a, b job.Point) int { return cmp.Compare(a.At, b.At) })
	return points
}

// usualStep is the median of the distances between points.
func usualStep(points []job.Point) time.Duration {
	if len(points) < 2 {
		return 0
	}
	steps := make([]time.Duration, len(points)-1)
	for i := range steps {
		steps[i] = points[i+1].At - points[i].At
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// gap says which part of the last span has no points, or "".
func gap(points []job.Point, span, step time.Duration) string {
	for i := 1; i < len(points); i++ {
		if hole := points[i].At - points[i-1].At; hole > 3*step {
			return fmt.Sprintf("there is no data for %s of the last %s", job.Span(hole), job.Span(span))
		}
	}
	known := points[len(points)-1].At - points[0].At + step
	if known+step/2 >= span { // points do not come exactly on time
		return ""
	}
	return fmt.Sprintf("only %s of the last %s are known", job.Span(known), job.Span(span))
}
