package gate

// This file works out a gate's limit: the one that is written, or the one that
// earlier results give. It judges trends too.

import (
	"fmt"
	"slices"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// limitFor is the limit for the thing with these labels, or the reason why there is
// none.
func (g *judging) limitFor(labels map[string]string) (limit float64, based median, missing string) {
	if !g.Limit.Baseline {
		return g.fixed, median{}, ""
	}
	based, missing = g.past.of(key{g.Metric, g.Aggregation}, labels, g.Limit.least())
	if missing != "" {
		return 0, median{}, "there is no baseline: " + missing
	}
	if based.value == 0 && g.Limit.relative() {
		return 0, based, fmt.Sprintf("the baseline is 0, and any share of 0 is 0; give a floor beside it, such as %s", g.floored())
	}
	if based.noise == 0 && g.Limit.allNoisy() {
		return based.value, based, fmt.Sprintf("most of the %d earlier results are the same, so they tell nothing of the noise; give a floor beside it, such as %s", based.results, g.floored())
	}
	if limit = g.Limit.changed(based, g.Op); !finite(limit) {
		return 0, median{}, "there is no baseline: the limit that follows from it is too large a number"
	}
	return limit, based, ""
}

func count[N int64 | float64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%v %ss", n, what)
}

// least is how many earlier results its changes take, whatever baseline_min says.
func (l Limit) least() int {
	if slices.ContainsFunc(l.Changes, Change.noisy) {
		return leastNoise
	}
	return 0
}

// relative reports whether all changes of a baseline grow with it.
func (l Limit) relative() bool {
	return len(l.Changes) > 0 && !slices.ContainsFunc(l.Changes, func(c Change) bool { return !c.relative() })
}

// allNoisy reports whether all changes of a baseline grow with its noise.
func (l Limit) allNoisy() bool {
	return len(l.Changes) > 0 && !slices.ContainsFunc(l.Changes, func(c Change) bool { return !c.noisy() })
}

// floored is the gate's limit as a message proposes it: with a second change, which
// does not grow with the baseline.
func (g Gate) floored() string {
	floor := Change{Down: g.Limit.Changes[0].Down, By: map[job.Unit]Value{
		job.Seconds: {20, "ms"}, job.Percent: {0.5, points}, job.PerSecond: {1, "/s"}, job.BytesPerSecond: {1, "KB/s"},
	}[g.unit()]}
	if floor.By.Number == 0 {
		floor.By.Number = 1
	}
	return Limit{Baseline: true, Changes: []Change{g.Limit.Changes[0], floor}}.String()
}

// changed is the limit: the baseline after that change which allows more.
func (l Limit) changed(from median, op string) float64 {
	var limits []float64
	for _, c := range l.Changes {
		limits = append(limits, c.moved(from))
	}
	switch {
	case len(limits) == 0:
		return from.value
	case op == ">" || op == ">=":
		return slices.Min(limits)
	}
	return slices.Max(limits)
}

// moved is the baseline after one change.
func (c Change) moved(from median) float64 {
	by := c.By.Base()
	switch {
	case c.noisy():
		by *= from.noise
	case c.relative():
		by *= from.value / 100
	}
	if c.Down {
		by = -by
	}
	return from.value + by
}

// trend judges how a value moves from run to run, up to this one. A relative trend
// is a share of the median of the earlier results only: if this result counted in
// that median, a worse value could make the share smaller.
func (g *judging) trend(s *job.Sample) finding {
	k := key{g.Metric, g.Aggregation}
	f := finding{verdict: job.Inconclusive, labels: s.Labels}
	earlier, missing := g.past.enough(k, s.Labels, g.Runs-1)
	if missing != "" {
		f.reason = "there is no trend: " + missing
		return f
	}
	earlier = earlier[len(earlier)-(g.Runs-1):]
	f.based.results = len(earlier)
	f.value, f.limit = slope(append(slices.Clip(earlier), s.Value)), g.fixed
	if g.Limit.Changes[0].relative() {
		middle := Median(slices.Sorted(slices.Values(earlier)))
		if middle == 0 {
			f.reason = "the median of the earlier results is 0, and any share of 0 is 0; give what it may move in " + field.List(perRunUnits(g.unit()))
			return f
		}
		f.value *= 100 / middle
	}
	if !finite(f.value) {
		f.value, f.reason = 0, "there is no trend: it is too large a number"
		return f
	}
	f.verdict = verdictOf(holds(g.Op, f.value, f.limit))
	return f
}

// perRunUnits are the units that a trend may be limited in, other than a share.
func perRunUnits(u job.Unit) (names []string) {
	for _, name := range append(unitNames(u), map[job.Unit]string{job.Percent: points}[u]) {
		if name != string(job.Percent) && name != "" || u == job.Count && len(names) == 0 {
			names = append(names, name+perRun)
		}
	}
	return names
}
