package gate

import (
	"fmt"
	"maps"
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

// Basis is the part of an earlier report that these gates are judged by, the
// values that their baselines are made of, and of which people see what became:
// the values of the whole job.
func Basis(gates []Gate, r job.Report) job.Report {
	var basis job.Report
	for _, s := range r.Samples {
		isBase := func(g Gate) bool { return g.Limit.Baseline && g.Metric == s.Metric && g.Aggregation == s.Aggregation }
		if len(s.Labels) == 0 || slices.ContainsFunc(gates, isBase) {
			basis.Samples = append(basis.Samples, s)
		}
	}
	return basis
}

// median is the middle of the values of earlier results.
type median struct {
	value   float64
	results int
}

// medians are the values that baseline limits follow from.
type medians struct {
	values map[key]map[string][]float64 // by labels, in order
	least  int
	absent string // why there is no value of something
}

// medians reads of the reports what the gates need. A value that no gate would
// be judged by is none.
func (b *Baseline) medians(gates []Gate) medians {
	if b == nil {
		return medians{absent: `the input "baseline" names no earlier results`}
	}
	m := medians{values: map[key]map[string][]float64{}, least: b.Least, absent: b.Why}
	if len(b.Reports) > 0 {
		m.absent = "no earlier result has it"
	}
	for _, g := range gates {
		if g.Limit.Baseline {
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
	for _, byLabels := range m.values {
		for _, values := range byLabels {
			slices.Sort(values)
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

// of is the median of what has these labels, or why there is none.
func (m medians) of(k key, labels map[string]string) (middle median, missing string) {
	values := m.values[k][labelText(labels)]
	n := len(values)
	switch {
	case n == 0:
		return median{}, m.absent
	case n < m.least:
		return median{}, fmt.Sprintf("only %s of it, and it takes %d", count(int64(n), "earlier result"), m.least)
	}
	return median{Median(values), n}, ""
}

// Median is the middle of values in their order, of which there must be one.
func Median(values []float64) float64 {
	n := len(values)
	if n%2 == 0 { // halves: the sum of two huge values is not finite
		return values[n/2-1]/2 + values[n/2]/2
	}
	return values[n/2]
}
