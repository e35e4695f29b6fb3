package report

import (
	"slices"
	"strings"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
)

// Comment is the comment of a pull request on judged jobs, in at most limit bytes:
// first the verdict and the gates, then what changed since the last result that
// passed, and the rest folded. broken is BrokenSummary's text about the step itself;
// it may be empty.
func Comment(results []Result, of Tested, broken string, limit int) string {
	if len(results) == 0 {
		return broken + of.line()
	}
	results = slices.Clone(results)
	for i := range results {
		results[i].Commit = of.Commit
	}
	return broken + together(results, limit-len(broken), comment, func(left, jobs int) int { return left / jobs })
}

// Tested is the commit that a comment is about, and its workflow run. The commit is
// the newest of the pull request; the workflow itself checks out a merge of it.
type Tested struct{ Commit, RunURL string }

func (t Tested) line() string {
	return joined(commitOf(Result{Commit: t.Commit, RunURL: t.RunURL}), link(t.RunURL, "workflow run")) + "\n\n"
}

// CommentRefused is the comment of a step whose inputs have mistakes.
func CommentRefused(problems field.Problems, of Tested, limit int) string {
	about := of.line()
	return invalid(problems, limit-len(about)) + "\n" + about
}

// CommentLate is the comment that the post step writes when main could not: the text
// that main left for it, or else that there is no verdict, and what became of the
// jobs.
func CommentLate(said string, of Tested, settled engine.Result, limit int) string {
	var b strings.Builder
	if said == "" {
		said = banner(emulatedItems(settled.Items), len(settled.Items)) + "### ❓ No verdict: the step was ended before it could judge\n\n" + of.line()
	}
	b.WriteString(said)
	if len(settled.Items) > 0 {
		b.WriteString("#### What became of the jobs\n\n" + settledTable(settled, limit-b.Len()-leftRoom))
	}
	return b.String()
}

// comment is the comment on one job.
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

// changed compares a result with the last one of the same job that passed.
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
