package report

import (
	"cmp"
	"math"
	"slices"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file is the page's table of requests, with as many requests as fit.

// requestBytes is how large all tables of requests of a page may be, roughly.
const requestBytes = 1_200_000

// requestList is a table of requests, the slowest first. All values of a column have
// the same unit, so that they can be compared and sorted.
type requestList struct {
	Head  []string
	Rows  []requestRow
	Total int
	Left  int // requests that only result.json has
	Gone  int // requests that no file has, because the report was too large
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

// columnText is a value without its unit, which the column's head has. Times are in
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
