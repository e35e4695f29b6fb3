package gate

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"cloudjob/internal/job"
)

// Baseline is what a result is compared with: earlier results of the same job.
type Baseline struct {
	Reports []job.Report
	Least   int    // how many of them must have a value
	Why     string // why there are no reports, for people
}

// Basis is the part of an earlier report that is kept for comparing: the values
// that the baselines of these gates are made of, and all values of the whole
// job, because people are shown how those changed.
func Basis(gates []Gate, r job.Report) job.Report {
	var basis job.Report
	for _, s := range r.Samples {
		isBase := func(g Gate) bool { return g.Compares() && g.Metric == s.Metric && g.Aggregation == s.Aggregation }
		if len(s.Labels) == 0 || slices.ContainsFunc(gates, isBase) {
			basis.Samples = append(basis.Samples, s)
		}
	}
	return basis
}

// past are the values of earlier results that gates are compared with.
type past struct {
	values map[key]map[string][]float64 // by labels, the oldest first
	least  int
	absent string // the reason to give where a value is in no earlier result
}

// median is the median of the values of earlier results, and their noise.
type median struct {
	value   float64
	noise   float64
	results int
}

// past takes from the reports the values that the gates need. A value that a gate
// would refuse to be judged by is left out.
func (b *Baseline) past(gates []Gate) past {
	if b == nil {
		return past{absent: `the input "baseline" names no earlier results`}
	}
	m := past{values: map[key]map[string][]float64{}, least: b.Least, absent: b.Why}
	if len(b.Reports) > 0 {
		m.absent = "no earlier result has it"
	}
	for _, g := range gates {
		if g.Compares() {
			m.values[key{g.Metric, g.Aggregation}] = map[string][]float64{}
		}
	}
	for _, r := range b.Reports {
		idle := isIdle(r)
		for i := range r.Samples {
			s := &r.Samples[i]
			values := m.values[key{s.Metric, s.Aggregation}]
			if values == nil || doubt(s, false) != "" || idle && job.QuantityOf(s.Metric).Requests {
				continue
			}
			of := labelText(s.Labels)
			values[of] = append(values[of], s.Value)
		}
	}
	return m
}

func labelText(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		b.WriteString(k + "=" + quoted(labels[k]))
	}
	return b.String()
}

// of is the median of the values with these labels, or the reason why there is
// none. It takes at least so many values.
func (m past) of(k key, labels map[string]string, least int) (middle median, missing string) {
	values, missing := m.enough(k, labels, max(least, m.least))
	if missing != "" {
		return median{}, missing
	}
	sorted := slices.Sorted(slices.Values(values))
	return median{Median(sorted), deviation(sorted), len(values)}, ""
}

// enough are the values with these labels, or the reason why there are fewer than
// least.
func (m past) enough(k key, labels map[string]string, least int) (values []float64, missing string) {
	values = m.values[k][labelText(labels)]
	switch n := len(values); {
	case n == 0:
		return nil, cmp.Or(m.absent, "there are no earlier results")
	case n < least:
		return nil, fmt.Sprintf("only %s of it, and it takes %d", count(int64(n), "earlier result"), least)
	}
	return values, ""
}

// leastNoise is how many earlier results it takes to measure noise. Fewer would
// give a number that chance decides.
const leastNoise = 5

// sigma scales a median absolute deviation so that it equals the standard
// deviation where values are normally distributed: 1 / Φ⁻¹(3/4).
const sigma = 1.4826

// deviation is the median absolute deviation of sorted values, scaled to a standard
// deviation. Unlike a standard deviation, it does not grow with one stray result.
func deviation(sorted []float64) float64 {
	middle := Median(sorted)
	distances := make([]float64, len(sorted))
	for i, v := range sorted {
		distances[i] = math.Abs(v - middle)
	}
	slices.Sort(distances)
	return sigma * Median(distances)
}

// slope is by how much values grow from one to the next: the median of the slopes
// between any two of them (the estimator of Theil and Sen), so that one stray value
// does not change it.
func slope(values []float64) float64 {
	slopes := make([]float64, 0, len(values)*(len(values)-1)/2)
	for i := range values {
		for k := range i {
			slopes = append(slopes, (values[i]-values[k])/float64(i-k))
		}
	}
	slices.Sort(slopes)
	return Median(slopes)
}

// Median is the median of sorted values. There must be at least one.
func Median(values []float64) float64 {
	n := len(values)
	if n%2 == 0 { // halved first, because the sum of two huge values overflows
		return values[n/2-1]/2 + values[n/2]/2
	}
	return values[n/2]
}
