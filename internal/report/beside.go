package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cloudjob/internal/job"
)

// This file compares jobs of one plan that have the same gates.

// besideTable has a row for each value and a column for each job.
type besideTable struct {
	Jobs []string
	Rows []besideRow
	Left int // jobs that have no column
}

type besideRow struct {
	Name  string
	Cells []besideCell
}

// besideCell is a value of a job. Mark says whether it is the best or the worst of
// its row.
type besideCell struct{ Text, Mark string }

const (
	bestOfRow  = "best"
	worstOfRow = "worst"
)

const besideJobs = 8 // columns: a wider table cannot be read

// beside makes a table for each group of jobs with the same gates, if at least two of
// them have a value for the same row.
func beside(results []Result) (tables []besideTable) {
	var order []string
	groups := map[string][]Result{}
	for _, r := range results {
		key := likeness(r)
		if key == "" {
			continue
		}
		if groups[key] == nil {
			order = append(order, key)
		}
		groups[key] = append(groups[key], r)
	}
	for _, key := range order {
		if t := newBeside(groups[key]); len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// likeness is equal for jobs whose gates are about the same values. It is "" for a job
// none of whose gates is about a number.
func likeness(r Result) string {
	var about []string
	for _, g := range r.Gates {
		if g.Unit != job.Word {
			about = append(about, string(g.Unit)+" "+subject(g))
		}
	}
	slices.Sort(about)
	return strings.Join(slices.Compact(about), "\n")
}

// valueOf is a row: the value of each job, NaN where a job has none.
type valueOf struct {
	name   string
	unit   job.Unit
	better job.Trend
	of     []float64
}

func newBeside(results []Result) besideTable {
	t := besideTable{Left: max(0, len(results)-besideJobs)}
	results = results[:min(besideJobs, len(results))]
	for _, r := range results {
		t.Jobs = append(t.Jobs, clean(r.title()))
	}
	for _, v := range valuesOf(results) {
		t.Rows = append(t.Rows, v.row())
	}
	return t
}

// markdown is the table in a summary.
func (t besideTable) markdown() string {
	var b strings.Builder
	b.WriteString("#### Side by side\n\n| Metric |")
	for _, name := range t.Jobs {
		b.WriteString(" " + cell(name) + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(t.Jobs)) + "\n")
	for _, row := range t.Rows {
		b.WriteString("| " + code(row.Name) + " |")
		for _, c := range row.Cells {
			text := cell(c.Text)
			if c.Mark != "" {
				text += "<br>" + c.Mark
			}
			b.WriteString(" " + text + " |")
		}
		b.WriteString("\n")
	}
	if t.Left > 0 {
		fmt.Fprintf(&b, "\n%d more jobs with the same gates are not in this table.\n", t.Left)
	}
	return b.String() + "\n"
}

// valuesOf are the values that gates are about, and those that people look at first,
// if at least two jobs have them.
func valuesOf(results []Result) []*valueOf {
	var list []*valueOf
	byName := map[string]*valueOf{}
	at := func(name string, unit job.Unit, better job.Trend) *valueOf {
		if byName[name] == nil {
			byName[name] = &valueOf{name, unit, better, slices.Repeat([]float64{math.NaN()}, len(results))}
			list = append(list, byName[name])
		}
		return byName[name]
	}
	for i, r := range results {
		for _, g := range r.Gates {
			if v := at(subject(g), g.Unit, wanted(g.Op)); g.Unit != job.Word && g.Verdict != job.Inconclusive {
				v.of[i] = g.Actual
			}
		}
	}
	for _, s := range usualTotals(results) {
		at(named(s.Metric, s.Aggregation, nil), job.UnitOf(s.Metric), job.QuantityOf(s.Metric).Better)
	}
	for i, r := range results {
		for _, s := range r.Report.Samples {
			if len(s.Labels) > 0 || s.Missing != "" || s.Word != "" {
				continue
			}
			if v := byName[named(s.Metric, s.Aggregation, nil)]; v != nil && !isNumber(v.of[i]) {
				v.of[i] = s.Value
			}
		}
	}
	return slices.DeleteFunc(list, func(v *valueOf) bool { return len(v.known()) < 2 })
}

func (v *valueOf) known() []float64 {
	return slices.DeleteFunc(slices.Clone(v.of), func(v float64) bool { return !isNumber(v) })
}

func (v *valueOf) row() besideRow {
	low, high := slices.Min(v.known()), slices.Max(v.known())
	best, worst := low, high
	if v.better == job.Higher {
		best, worst = high, low
	}
	row := besideRow{Name: clean(v.name)}
	for _, value := range v.of {
		c := besideCell{Text: amount(value, v.unit)}
		switch {
		case low == high || v.better == job.Neither:
		case value == best:
			c.Mark = bestOfRow
		case value == worst:
			c.Mark = worstOfRow
		}
		row.Cells = append(row.Cells, c)
	}
	return row
}
