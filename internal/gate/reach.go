package gate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// This file finds, before anything runs, gates that make no sense: those that every
// possible value passes, or none.

// reach complains of a gate that cannot fail, or cannot pass.
func (c *checker) reach(g *Gate, m job.Metric) {
	if g.Runs > 0 { // a slope can be any number
		return
	}
	lowest, highest := g.Limit.extent(g.Op, m)
	always, never := certain(g.Op, lowest, highest, m)
	least, most := m.Unit.Range()
	what := written(g.Aggregation, m.Name)
	known := fmt.Sprintf("%s is never below %s", what, m.Unit.Bound(least))
	switch {
	case highest >= most:
		known = fmt.Sprintf("%s is never above %s", what, m.Unit.Bound(most))
	case job.QuantityOf(m.Name).Above0:
		known = what + " is always above 0s"
	}
	looser := map[string]string{"<": "<=", ">": ">="}[g.Op]
	if g.wrongWay() {
		looser = ""
	}
	switch {
	case always:
		c.fail(g, g.at.limit, "this gate cannot fail: %s; %s", known, within(m))
	case never && looser != "" && !g.Limit.Baseline && !neverAt(looser, g, m):
		c.fail(g, g.at.limit, "this gate cannot hold: %s; write %s %s", known, looser, g.Limit)
	case never:
		c.fail(g, g.at.limit, "this gate cannot hold: %s; %s", known, within(m))
	}
}

func neverAt(op string, g *Gate, m job.Metric) bool {
	_, never := certain(op, g.Limit.Value.Base(), g.Limit.Value.Base(), m)
	return never
}

// within is the cure: which limits make sense.
func within(m job.Metric) string {
	switch m.Unit {
	case job.Percent:
		return "give a limit between 0% and 100%"
	case job.Count:
		return "give a limit above 0"
	}
	return "give a limit above 0, such as " + example(m.Unit)
}

// extent are the lowest and the highest value that a limit can have, over all
// possible baselines.
func (l Limit) extent(op string, m job.Metric) (lowest, highest float64) {
	least, most := m.Unit.Range()
	if !l.Baseline {
		return l.Value.Base(), l.Value.Base()
	}
	for i, c := range l.Changes {
		low, high := c.moved(median{value: least}), c.moved(median{value: most})
		if c.noisy() { // the noise can be any number
			low, high = least, math.Inf(1)
			if c.Down {
				low, high = math.Inf(-1), most
			}
		}
		if c.relative() && c.Down && c.By.Number >= 100 { // nothing is left of any baseline
			low, high = math.Inf(-1), 0
		}
		switch {
		case i == 0:
			lowest, highest = low, high
		case op == ">" || op == ">=":
			lowest, highest = min(lowest, low), min(highest, high)
		default:
			lowest, highest = max(lowest, low), max(highest, high)
		}
	}
	if len(l.Changes) == 0 {
		return least, most
	}
	return lowest, highest
}

// certain reports whether every possible value passes a comparison, or none does,
// for any limit from lowest to highest.
func certain(op string, lowest, highest float64, m job.Metric) (always, never bool) {
	least, most := m.Unit.Range()
	if job.QuantityOf(m.Name).Above0 {
		least = math.SmallestNonzeroFloat64
	}
	switch op {
	case "<":
		return lowest > most, highest <= least
	case "<=":
		return lowest >= most, highest < least
	case ">":
		return highest < least, lowest >= most
	case ">=":
		return highest <= least, lowest > most
	case "!=":
		return highest < least || lowest > most, false
	}
	return false, highest < least || lowest > most
}

// wrongWay reports whether a gate asks for more errors, slower answers, or less work
// done. People write such a gate when they are used to tools where a condition says
// what fails. A gate on the best single value is not doubted: its limit may be meant
// either way.
func (g Gate) wrongWay() bool {
	none := g.Op == "==" || g.Op == "!=" // which is odd only about 0
	if none && (g.Limit.Baseline || g.Limit.Value.Number != 0) {
		return false
	}
	switch job.QuantityOf(g.Metric).Better {
	case job.Lower:
		return g.Aggregation != "min" && (g.Op == ">" || g.Op == ">=" || g.Op == "!=")
	case job.Higher:
		return g.Aggregation != "max" && (g.Op == "<" || g.Op == "<=" || g.Op == "==")
	}
	return false
}

// Opposite is the comparison that holds where the other does not.
func Opposite(op string) string {
	return map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}[op]
}

// Doubts are warnings about gates without a mistake: a requirement that is probably
// the wrong way round, and a gate that stands in a comment.
func Doubts(gates []Gate, metrics []job.Metric) (doubts field.Problems) {
	budget := field.NewBudget()
	for _, g := range gates {
		if g.wrongWay() {
			right := g
			right.Op = Opposite(g.Op)
			budget.Complain(&doubts, field.Problem{Place: g.Place, Text: fmt.Sprintf(
				"this holds only while %s: a gate says what must hold, not what fails; if that is what must not be, write %s",
				g.plainly(), right)})
		}
		if hidden := commented(g.comment, metrics); hidden != "" {
			budget.Complain(&doubts, field.Problem{Place: g.Place, Text: fmt.Sprintf(
				"its comment holds a gate, %s, which is not judged; if lines were joined by \">\", write \"gates: |\"", hidden)})
		}
	}
	return doubts
}

// Fit complains of gates that do not fit their step: they take longer than its
// timeout, or need earlier results and it has none, or not enough. Only so many of
// the newest results are used.
func Fit(gates []Gate, timeout time.Duration, baseline bool, newest int) (problems field.Problems) {
	c := checker{budget: field.NewBudget()}
	for i := range gates {
		g := &gates[i]
		if g.Limit.Baseline && !baseline {
			c.fail(g, g.at.limit, `a baseline is made of earlier results, which the input "baseline" names; give it, such as baseline: results/*.json`)
		}
		if least := g.Limit.least(); baseline && least > newest {
			c.fail(g, g.at.limit, "noise is read of at least %d earlier results, and only the %d newest are used; give baseline_newest: %d", least, newest, least)
		}
		if g.Runs > 0 && !baseline {
			c.fail(g, g.at.trend, `a trend is one of earlier results, which the input "baseline" names; give it, such as baseline: results/*.json`)
		}
		if g.Runs-1 > newest {
			c.fail(g, g.at.over, "it takes %d earlier results, and only the %d newest are used; shorten it, or give baseline_newest: %d", g.Runs-1, newest, g.Runs-1)
		}
		if takes := g.Takes(); takes > timeout {
			c.fail(g, cmp.Or(g.at.over, g.at.hold), "it takes %s until this can be judged, and the step ends after %s; shorten %s, or give a longer timeout", job.Span(takes), job.Span(timeout), g.spans())
		}
	}
	return c.problems
}

// Takes is how long a job has to run before the gate can be judged.
func (g Gate) Takes() time.Duration { return g.After + g.Over + g.For }

// TooShort has a sentence for each gate that cannot be judged because the job is
// planned to run for a shorter time than it takes.
func TooShort(gates []Gate, planned time.Duration) (sentences []string) {
	for _, g := range gates {
		if takes := g.Takes(); takes > planned {
			sentences = append(sentences, fmt.Sprintf("%s takes %s until it can be judged, and the run is planned for %s: it will be inconclusive", g, job.Span(takes), job.Span(planned)))
		}
	}
	return sentences
}

// commented is the gate that stands in the comment behind another one, or "".
func commented(comment string, metrics []job.Metric) string {
	for at, r := range comment {
		if at > 0 && !unicode.IsSpace(rune(comment[at-1])) || !begins(r) {
			continue
		}
		p := newParser(field.Place{}, comment[at:])
		g := p.gate()
		known := slices.ContainsFunc(metrics, func(m job.Metric) bool { return m.Name == g.Metric })
		if p.problem == nil && known {
			return g.String()
		}
	}
	return ""
}
