package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file compares the values of a whole job with earlier ones, and says how its
// response times and errors are distributed.

// change is a value of the whole job, compared with the median of earlier results.
type change struct {
	Name, Value, Before, Text string
	Class                     string // "better", "worse", or "" if it is neither
	Mark                      string // the same as a symbol
}

// changesOf are all values of the whole job. base says which results they are
// compared with; it is "" if there are none.
func changesOf(r Result) (rows []change, base string) {
	before := map[string][]float64{}
	for _, of := range r.Base {
		for _, s := range of.Report.Samples {
			if len(s.Labels) == 0 && s.Missing == "" && s.Word == "" && isNumber(s.Value) {
				name := named(s.Metric, s.Aggregation, nil)
				before[name] = append(before[name], s.Value)
			}
		}
	}
	whole := slices.DeleteFunc(slices.Clone(r.Report.Samples), func(s job.Sample) bool { return len(s.Labels) > 0 })
	slices.SortStableFunc(whole, func(a, b job.Sample) int { return cmp.Compare(usualRank(a), usualRank(b)) })
	for _, s := range whole {
		name := named(s.Metric, s.Aggregation, nil)
		row := change{Name: clean(name), Value: clean(sampled(s))}
		if values := slices.Sorted(slices.Values(before[name])); len(values) > 0 && s.Missing == "" && s.Word == "" {
			row.compare(s, values)
		}
		rows = append(rows, row)
	}
	if len(before) > 0 {
		base = fmt.Sprintf("The median of the last %s of this job that passed, %s.", plural(len(r.Base), "result"), span(r.Base))
	}
	return rows, base
}

// usualRank is lowest for the values that people look at first.
func usualRank(s job.Sample) int {
	order := usualOrder()
	if i := slices.Index(order, named(s.Metric, s.Aggregation, nil)); i >= 0 {
		return i
	}
	return len(order)
}

// compare compares a value with earlier ones, which are sorted. A value that lies
// between the lowest and the highest of them is neither better nor worse.
func (c *change) compare(s job.Sample, before []float64) {
	unit, better := job.UnitOf(s.Metric), job.QuantityOf(s.Metric).Better
	median := gate.Median(before)
	c.Before = gate.Amount(median, unit)
	of := comparison{unit: unit, sides: [2]side{{median, "", true, true}, {s.Value, "", true, true}}}
	among := len(before) > 1 && before[0] <= s.Value && s.Value <= before[len(before)-1]
	switch {
	case s.Value == median:
	case among:
		c.Text = of.change() + ", usual"
		return
	case better == job.Lower:
		of.op = "<"
	case better == job.Higher:
		of.op = ">"
	}
	c.Text = of.change()
	if of.op == "" {
		return
	}
	c.Class, c.Mark = "worse", "▼"
	if (s.Value < median) == (better == job.Lower) {
		c.Class, c.Mark = "better", "▲"
	}
}

// spreadOf says how response times are distributed, as far as the service tells.
func spreadOf(r Result) []share {
	var rows []share
	var values []float64
	for _, of := range []struct{ aggregation, name string }{
		{"min", "the fastest"}, {"p50", "50 % within"}, {"p75", "75 % within"}, {"p90", "90 % within"}, {"p95", "95 % within"}, {"p99", "99 % within"}, {"p999", "99.9 % within"}, {"max", "the slowest"},
	} {
		for _, s := range r.Report.Samples {
			if s.Metric == "response_time" && s.Aggregation == of.aggregation && len(s.Labels) == 0 && s.Missing == "" && drawable(s.Value) {
				rows, values = append(rows, share{Name: of.name, Text: gate.Amount(s.Value, job.Seconds)}), append(values, s.Value)
				break
			}
		}
	}
	if len(rows) < 3 {
		return nil
	}
	withBars(rows, values)
	return rows
}

// rangeShares are the numbers of requests by ranges of response time.
func rangeShares(r job.Report) (rows []share) {
	const most = 50
	var all float64
	for _, of := range r.Ranges {
		all += float64(of.Count)
	}
	var values []float64
	for _, of := range r.Ranges[:min(most, len(r.Ranges))] {
		text := strconv.FormatInt(of.Count, 10)
		if all > 0 {
			text += " (" + percent(float64(of.Count)/all) + ")"
		}
		rows, values = append(rows, share{Name: clean(of.What), Text: text}), append(values, float64(of.Count))
	}
	withBars(rows, values)
	return rows
}

// errorShares are the kinds of errors, the most frequent first, and how many
// are not among them.
func errorShares(r job.Report) (rows []share, left int) {
	const most = 20
	kinds := slices.Clone(r.Errors)
	slices.SortStableFunc(kinds, func(a, b job.ErrorKind) int { return cmp.Compare(b.Count, a.Count) })
	texts := errorTable(r)
	var values []float64
	for i, k := range kinds[:min(most, len(kinds))] {
		text := strconv.FormatInt(k.Count, 10)
		if part := texts[i][2]; part != "–" {
			text += " (" + part + ")"
		}
		rows, values = append(rows, share{Name: clean(k.What), Text: text}), append(values, float64(k.Count))
	}
	withBars(rows, values)
	return rows, len(kinds) - len(rows)
}

// withBars gives each row a bar; the longest has the length 100.
func withBars(rows []share, values []float64) {
	for i, v := range values {
		rows[i].Width = pixel(100 * max(v, 0) / max(slices.Max(values), 1e-300))
	}
}
