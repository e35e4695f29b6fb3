package report

import (
	"cmp"
	"math"
	"slices"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file is the table of requests of the page, which has as many of them as a
// page can hold.

// requestBytes is about what all tables of requests of a page may take.
const requestBytes = 1_200_000

// requestList are requests, the slowest first. Each column has one unit, so that
// it can be read down, and sorted.
type requestList struct {
	Head  []string
	Rows  []requestRow
	Total int
	Left  int // that result.json has
	Gone  int // that are nowhere: the report was too large
}

type requestRow struct {
	Name  string
	Broke bool // a gate
	Cells []string
}

func newRequestList(r Result, most int) *requestList {
	all := requests(r.Report.Samples)
	if len(all) == 0 {
		return nil
	}
	cols := columns()
	var used []int
	list := requestList{Total: len(all) + gone(r.Report), Gone: gone(r.Report)}
	for i, c := range cols {
		if slices.ContainsFunc(all, func(q *request) bool { return isNumber(q.values[i]) }) {
			used = append(used, i)
			switch job.UnitOf(c.metric) {
			case job.Seconds:
				list.Head = append(list.Head, c.title+", ms")
			case job.Percent:
				list.Head = append(list.Head, c.title+", %")
			default:
				list.Head = append(list.Head, c.title)
			}
		}
	}
	if len(used) > 0 {
		slices.SortStableFunc(all, func(a, b *request) int { return cmp.Compare(b.values[used[0]], a.values[used[0]]) }) // NaN is the lowest
	}
	broke := map[string]bool{}
	for _, g := range r.Gates {
		broke[g.Where] = broke[g.Where] || g.Verdict == job.Fail
	}
	size := 0
	for _, q := range all {
		row := requestRow{Name: clean(q.name), Broke: broke[q.name]}
		size += len("<tr><td><td>\n") + len(row.Name)
		for _, i := range used {
			text := columnText(q.values[i], job.UnitOf(cols[i].metric))
			row.Cells = append(row.Cells, text)
			size += len("<td>") + len(text)
		}
		if size > most {
			break
		}
		list.Rows = append(list.Rows, row)
	}
	list.Left = len(all) - len(list.Rows)
	return &list
}

// columnText is a value without its unit, which its column has: a time in
// milliseconds.
func columnText(v float64, u job.Unit) string {
	if u == job.Seconds {
		v *= 1000
	}
	switch {
	case !isNumber(v):
		return "–"
	case math.Abs(v) >= 100 && math.Abs(v) < 1e15:
		v = math.Round(v)
	}
	return gate.Amount(v, job.Count)
}
