package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/locale"
)

// comparedRequests is how many requests are compared: those that changed most.
const comparedRequests = 20

// Unlike is the reason why two results should not be compared: they are of different
// jobs, or only one of them is real. It is empty if they can be.
func Unlike(a, b Result) string {
	switch {
	case a.Provider != b.Provider, a.What != b.What:
		return fmt.Sprintf("the first is of %s, %s, and the second of %s, %s", clean(a.Provider), clean(a.What), clean(b.Provider), clean(b.What))
	case a.Emulated && !b.Emulated:
		return "the first was emulated and the second was real"
	case b.Emulated && !a.Emulated:
		return "the first was real and the second was emulated"
	}
	return ""
}

// of names a result: its job, its run, and its commit.
func of(r Result) string {
	parts := []string{r.Provider, r.title(), brief(r.Ref.ID), brief(r.Ref.Run)}
	if at := r.head().when(); !at.IsZero() {
		parts = append(parts, at.UTC().Format("2006-01-02 15:04")+" UTC")
	}
	if r.Commit != "" {
		parts = append(parts, "commit "+brief(r.Commit))
	}
	if r.Emulated {
		parts = append(parts, "emulated: nothing real ran")
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// Compare compares two results, as text and as Markdown, in the book's language: what
// they are of, the values that their gates are about, all totals, and the requests
// that changed most.
func Compare(a, b Result, book *locale.Book) (text, markdown string) {
	head := []string{"Value", "Before", "After", "Change"}
	rows := slices.Concat([][]string{endings(a, b)}, changes(a, b))
	lines := [][]string{worded(cleaned(head), book)}
	for _, row := range rows {
		lines = append(lines, worded(cleaned(row), book))
	}
	var md strings.Builder
	fmt.Fprintf(&md, "### %s\n\n", strings.Join(slices.Compact([]string{cell(a.title()), cell(b.title())}), " and "))
	fmt.Fprintf(&md, "- Before: %s\n- After: %s\n\n", cell(of(a)), cell(of(b)))
	md.WriteString(grid(head, rows, len(rows), len(rows), summaryLimit-(4<<10), inFiles))
	text = book.Text(fmt.Sprintf("before: %s\nafter:  %s\n", clean(of(a)), clean(of(b))))
	return text + aligned(lines), Markdown(md.String(), book)
}

func endings(a, b Result) []string {
	change := "same"
	if a.Outcome != b.Outcome {
		change = "changed"
	}
	return []string{"outcome", outcomeWord(a), outcomeWord(b), change}
}

func outcomeWord(r Result) string {
	mark, _, _ := say(r)
	return mark + " " + string(r.Outcome)
}

// side is a value of one of the two results.
type side struct {
	value  float64
	word   string
	number bool
	known  bool
}

func (s side) text(u job.Unit) string {
	switch {
	case !s.known:
		return "–"
	case s.number:
		return gate.Amount(s.value, u)
	}
	return s.word
}

// comparison is one line of the comparison.
type comparison struct {
	name        string
	unit        job.Unit
	op          string // of a gate on the value; empty: no gate says which way is better
	note        string
	sides       [2]side
	isOfRequest bool
}

func changes(a, b Result) [][]string {
	var order []*comparison
	byName := map[string]*comparison{}
	at := func(name string, unit job.Unit) *comparison {
		if byName[name] == nil {
			byName[name] = &comparison{name: name, unit: unit}
			order = append(order, byName[name])
		}
		return byName[name]
	}
	for i, r := range []Result{a, b} {
		for _, g := range sortedGates(r.Gates) {
			row := at(g.Subject, g.Unit)
			row.op = g.Op
			row.sides[i] = side{g.Actual, g.Word, g.Unit != job.Word, g.Verdict != job.Inconclusive}
			mark, _ := standing(g)
			row.note = strings.TrimPrefix(row.note+" → "+mark, " → ")
		}
	}
	for i, r := range []Result{a, b} {
		for _, s := range r.Report.Samples {
			if s.Missing != "" || len(s.Labels) > 0 && s.Labels["request"] == "" {
				continue
			}
			row := at(named(s.Metric, s.Aggregation, s.Labels), job.UnitOf(s.Metric))
			row.isOfRequest = len(s.Labels) > 0 && row.op == ""
			if !row.sides[i].known {
				row.sides[i] = side{s.Value, s.Word, s.Word == "", true}
			}
		}
	}
	return printedRows(order)
}

// printedRows leaves out the requests that did not change, or changed least.
func printedRows(order []*comparison) [][]string {
	var rows, perRequest []*comparison
	for _, row := range order {
		if row.isOfRequest && row.change() == "same" {
			continue
		}
		if row.isOfRequest {
			perRequest = append(perRequest, row)
		} else {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(perRequest, func(x, y *comparison) int { return cmp.Compare(y.size(), x.size()) })
	rows = append(rows, perRequest[:min(comparedRequests, len(perRequest))]...)
	var lines [][]string
	for _, row := range rows {
		before, after := row.sides[0].text(row.unit), row.sides[1].text(row.unit)
		if row.sides[0].number && row.sides[1].number && row.sides[0].known && row.sides[1].known {
			before, after = gate.Compared(row.sides[0].value, row.sides[1].value, row.unit)
		}
		lines = append(lines, []string{row.name, before, after, strings.TrimSpace(row.change() + " " + row.note)})
	}
	return lines
}

// size is how much a value changed, as a share of the old value.
func (r *comparison) size() float64 {
	a, b := r.sides[0], r.sides[1]
	if !a.known || !b.known || !a.number || !b.number || a.value == b.value {
		return 0
	}
	return max(a.value-b.value, b.value-a.value) / max(a.value, -a.value, 1e-9)
}

// change says the difference in words: a sign, a share, and better or worse where a
// gate says which that is.
func (r *comparison) change() string {
	a, b := r.sides[0], r.sides[1]
	switch {
	case !a.known && !b.known:
		return ""
	case !a.known:
		return "new"
	case !b.known:
		return "gone"
	case !a.number || !b.number:
		if a.word == b.word {
			return "same"
		}
		return "changed"
	case a.value == b.value:
		return "same"
	}
	sign, lower := "+", b.value < a.value
	if lower {
		sign = "-"
	}
	size := gate.Amount(max(a.value-b.value, b.value-a.value), r.unit)
	if a.value != 0 {
		size = percent(r.size())
	}
	text := sign + size
	if strings.HasPrefix(size, "under") || strings.HasPrefix(size, "over") {
		text = sign + " " + size
	}
	switch {
	case strings.HasPrefix(r.op, "<") && lower, strings.HasPrefix(r.op, ">") && !lower:
		text += ", better"
	case strings.HasPrefix(r.op, "<"), strings.HasPrefix(r.op, ">"):
		text += ", worse"
	}
	return text
}
