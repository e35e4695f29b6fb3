package report

import (
	"slices"
)

// Comment is what a pull request shows of judged jobs, in at most limit bytes:
// first the verdict and the gates, then what changed since the last result that
// passed, and the rest folded.
func Comment(results []Result, limit int) string {
	return together(results, limit, comment, func(left, jobs int) int { return left / jobs })
}

// comment is that of one job.
func comment(level string, r Result, limit int) string {
	s := &sheet{limit: limit - leftRoom, where: inResult(r)}
	top(s, level, r)
	s.add("the ids", identity(r))
	if decided(r) {
		s.add("what the cloud says", bullets("What the cloud says", reasons(r), s.limit/8, s.where))
	}
	s.add("the notes", bullets("Notes", slices.Concat(r.Notes, r.Report.Notes), s.limit/10, s.where))
	s.add("what changed", changed(r, s.limit/6))
	if list := curves(r); len(list) > 0 {
		s.add("the chart", folded("Chart: "+cell(list[0].name), chart(list[0])))
	}
	s.add("the items", items(r, s.limit/8))
	s.add("the slowest requests", slowest(r, s.limit/6))
	s.add("the errors", table("Errors by kind", []string{"Error", "Count", "Share of errors"}, errorTable(r.Report), 20, s.limit/10, s.where))
	s.add("the totals", table("All totals", []string{"Metric", "Value"}, rowsOf(totals(r)), 60, s.limit/10, s.where))
	s.add("the facts", table("Facts and ids", []string{"Fact", "Value"}, rowsOf(facts(r)), 40, s.limit/10, s.where))
	return s.String() + s.left()
}

// changed sets a result beside the last one of the same job that passed.
func changed(r Result, limit int) string {
	for _, before := range slices.Backward(r.Past) {
		if Passed(before) {
			rows := changes(before, r)
			if len(rows) == 0 {
				return ""
			}
			title := "Compared with the last result that passed"
			if at := (Head{Ended: before.Ended, Noted: before.Judged}).when(); !at.IsZero() {
				title += ", of " + at.UTC().Format("2006-01-02 15:04") + " UTC"
			}
			return folded(title, grid([]string{"Value", "Before", "Now", "Change"}, rows, len(rows), 20, limit, inResult(r)))
		}
	}
	return ""
}
