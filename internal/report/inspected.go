package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// This file shows what a live check found: the problems first, then for each
// entry what was read, its last runs, and the permissions.

// Inspected is the job summary of a live check.
func Inspected(all []job.Inspection) string {
	outcome := job.OutcomeOfAll(all)
	problems, total := Problems(all), 0
	for _, i := range all {
		total += len(i.What)
	}
	var b strings.Builder
	if len(problems) == 0 {
		fmt.Fprintf(&b, "### %s Live check: nothing speaks against a start of %s\n\nOnly reads were made; nothing was started.\n", Mark(outcome), plural(total, "job"))
	} else {
		fmt.Fprintf(&b, "### %s Live check: %s – %s\n\nOutcome: **%s**\n\nOnly reads were made; nothing was started.\n",
			Mark(outcome), plural(len(problems), "problem"), cell(firstOf(problems[0])), outcome)
		b.WriteString("\n| | Provider | What | What is wrong | What to do |\n| --- | --- | --- | --- | --- |\n")
		fill(&b, summaryLimit/4, len(problems), "problem", inLog, func(n int) string {
			p := problems[n]
			return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", Mark(p.Outcome), cell(p.Provider), cell(p.Name), cell(p.Says), cell(p.Cure))
		})
	}
	fill(&b, summaryLimit, len(all), "check", inLog, func(n int) string { return inspected(all[n]) })
	return b.String()
}

// Found is a problem, and the entry that has it.
type Found struct {
	job.Problem
	Provider string
}

// Problems are those of all inspections, those that decide the outcome first.
func Problems(all []job.Inspection) []Found {
	var found []Found
	for _, i := range all {
		for _, p := range i.Problems() {
			if f := (Found{p, i.Provider}); !slices.Contains(found, f) {
				found = append(found, f)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int {
		switch {
		case a.Outcome == b.Outcome:
			return 0
		case job.Worse(a.Outcome, b.Outcome) == a.Outcome:
			return -1
		}
		return 1
	})
	return found
}

// Text is a problem in one sentence.
func (f Found) Text() string {
	text := f.Provider + ", " + f.Name + ": " + f.Says
	if f.Cure != "" {
		text += "; " + f.Cure
	}
	return strings.Join(strings.Fields(text), " ")
}

func firstOf(f Found) string {
	text := []rune(clean(f.Name + ": " + f.Says))
	if len(text) > reasonShown {
		return string(text[:reasonShown]) + "…"
	}
	return string(text)
}

// shownWhat is how many names of jobs the heading of an entry shows.
const shownWhat = 3

func inspected(i job.Inspection) string {
	what := i.What
	if len(what) > shownWhat {
		what = append(slices.Clone(what[:shownWhat]), fmt.Sprintf("%d more", len(i.What)-shownWhat))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\n#### %s: would start %s\n\n| | Needed | What was read |\n| --- | --- | --- |\n", cell(i.Provider), cell(strings.Join(what, ", ")))
	fill(&b, summaryLimit/4, len(i.Things), "line", inLog, func(n int) string {
		t := i.Things[n]
		return fmt.Sprintf("| %s | %s | %s |\n", findingMark(t.Finding), cell(t.Name), cell(t.Says))
	})
	if len(i.Runs) > 0 {
		b.WriteString("\n| | Last runs of | Id | Began (UTC) | Took | Ended as |\n| --- | --- | --- | --- | --- | --- |\n")
		fill(&b, summaryLimit/3, len(i.Runs), "run", inLog, func(n int) string {
			r := i.Runs[n]
			return fmt.Sprintf("| %s | %s | %s | %s | %s | %s |\n", stateMark(r.Status.State), cell(r.Of),
				ids(job.Item{Ref: r.Ref}), began(r.Status), took(r.Status), cell(endedAs(r.Status)))
		})
	}
	if needs := grouped(i.Needs); len(needs) > 0 {
		b.WriteString("\n| | Permission | Calls | Needed to | |\n| --- | --- | --- | --- | --- |\n")
		fill(&b, summaryLimit/2, len(needs), "permission", inLog, func(k int) string {
			n := needs[k]
			return fmt.Sprintf("| %s | %s | %s | %s | %s |\n", n.mark, cell(n.permission), strings.Join(n.calls, ", "), cell(strings.Join(n.parts, ", ")), cell(n.standing))
		})
	}
	return b.String()
}

// group is a permission and the calls that need it.
type group struct {
	mark, permission, standing string
	calls, parts               []string
}

// grouped are the permissions, the missing ones first. Calls that need the same
// permission share a group if their checks ended alike.
func grouped(needs []job.Need) (all []group) {
	for _, n := range sorted(needs) {
		g := group{needMark(n), n.Permission, standingOf(n), nil, nil}
		k := slices.IndexFunc(all, func(known group) bool {
			return known.mark == g.mark && known.permission == g.permission && known.standing == g.standing
		})
		if k < 0 {
			k, all = len(all), append(all, g)
		}
		all[k].calls = append(all[k].calls, code(n.Call))
		for _, part := range strings.Split(n.For, ", ") {
			if !slices.Contains(all[k].parts, part) {
				all[k].parts = append(all[k].parts, part)
			}
		}
	}
	return all
}

func sorted(needs []job.Need) []job.Need {
	return slices.SortedStableFunc(slices.Values(needs), func(a, b job.Need) int { return cmp.Compare(b.Standing, a.Standing) })
}

func findingMark(f job.Finding) string {
	switch f {
	case job.Fine:
		return "✅"
	case job.Untold:
		return "▫️"
	case job.Unread:
		return "❓"
	}
	return "❌"
}

func stateMark(s job.State) string {
	switch s {
	case job.StateSucceeded:
		return "✅"
	case job.StateFailed:
		return "❌"
	case job.StateStopped:
		return "🛑"
	}
	return "▫️"
}

func needMark(n job.Need) string {
	switch {
	case n.Standing == job.Allowed:
		return "✅"
	case n.Standing == job.Denial && n.Asked:
		return "❌"
	case n.Standing == job.Denial:
		return "⚠️"
	}
	return "▫️"
}

// standingOf says whether a permission is there.
func standingOf(n job.Need) string {
	switch n.Standing {
	case job.Allowed:
		return "is there"
	case job.Untriable:
		return "not tried: the call changes something"
	case job.Untried:
		return "not tried: there was nothing to try it on"
	}
	text := "refused: " + job.NotRead(n.Call, n.Err).Says
	if !n.Asked {
		text += "; what is asked for here does not need it"
	}
	return text
}

func began(s job.Status) string {
	if s.Begun.IsZero() {
		return ""
	}
	return s.Begun.UTC().Format("2006-01-02 15:04")
}

func took(s job.Status) string {
	d := s.Ended.Sub(s.Begun)
	if s.Begun.IsZero() || s.Ended.IsZero() || d < 0 {
		return ""
	}
	return d.Round(time.Second).String()
}

func endedAs(s job.Status) string {
	more := slices.DeleteFunc([]string{s.Message, s.Progress}, func(text string) bool { return text == "" })
	return strings.TrimSuffix(cmp.Or(s.Word, string(s.State))+": "+strings.Join(more, ", "), ": ")
}

// InspectedText is the same as plain text, without a line break at its end; the
// problems stand in it where they were found.
func InspectedText(i job.Inspection) string {
	var b strings.Builder
	for _, what := range i.What {
		fmt.Fprintf(&b, "would start: %s, %s\n", clean(i.Provider), clean(what))
	}
	for _, t := range i.Things {
		fmt.Fprintf(&b, "  %s %s: %s\n", findingMark(t.Finding), clean(t.Name), clean(t.Says))
	}
	for _, r := range i.Runs {
		line := fmt.Sprintf("  %s earlier: %s", stateMark(r.Status.State), clean(strings.TrimSuffix(r.Of+", "+r.Ref.ID+" run "+r.Ref.Run, " run ")))
		if at := began(r.Status); at != "" {
			line += ", began " + at
		}
		if d := took(r.Status); d != "" {
			line += ", took " + d
		}
		fmt.Fprintf(&b, "%s, %s\n", line, clean(endedAs(r.Status)))
	}
	for _, n := range grouped(i.Needs) {
		fmt.Fprintf(&b, "  %s %s needs %s: %s\n", n.mark, clean(strings.Join(n.parts, ", ")), clean(n.permission), clean(n.standing))
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// InspectedOutputs are the outputs of a live check that found problems; none if
// it found none, as after any other dry run.
func InspectedOutputs(all []job.Inspection) []Output {
	var lines []string
	for _, p := range Problems(all) {
		lines = append(lines, p.Text())
	}
	if lines == nil {
		return nil
	}
	return []Output{{"outcome", string(job.OutcomeOfAll(all))}, {"reason", job.Cut(strings.Join(lines, "\n"), outputLimit/3)}}
}
