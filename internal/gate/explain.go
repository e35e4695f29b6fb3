package gate

import (
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Explain says in plain words what a gate asks for. What is true of several gates is
// said once for all of them, by Rules and Sources.
func Explain(g Gate, m job.Metric) string {
	sentences := []string{g.consequence() + " " + g.plainly() + g.plainTime(m) + "."}
	if g.After > 0 {
		sentences = append(sentences, "It is not judged during the first "+job.Span(g.After)+" of the job.")
	}
	return strings.Join(sentences, " ")
}

// Standing says what limit the earlier results at hand give a gate that compares
// with them. It is "" for other gates, and for those with a selector, where each
// thing that is picked has a limit of its own.
func Standing(g Gate, b *Baseline) string {
	if !g.Compares() || len(g.Selectors) > 0 {
		return ""
	}
	past := b.past([]Gate{g})
	k := key{g.Metric, g.Aggregation}
	if g.Runs > 0 {
		values, missing := past.enough(k, nil, g.Runs-1)
		if missing != "" {
			return "Now there is no trend: " + missing + "."
		}
		values = values[len(values)-(g.Runs-1):]
		moved, unit := slope(values), g.unit().PerRun()
		_, text := Compared(moved, moved, unit)
		return fmt.Sprintf("Over the last %d results it moved by %s, about a median of %s.", len(values), text, Amount(Median(slices.Sorted(slices.Values(values))), g.unit()))
	}
	judging := judging{Gate: g, past: past}
	limit, based, missing := judging.limitFor(nil)
	if missing != "" {
		return "Now " + missing + "."
	}
	text := fmt.Sprintf("Of %s the median is %s", count(int64(based.results), "result"), Amount(based.value, g.unit()))
	if slices.ContainsFunc(g.Limit.Changes, Change.noisy) {
		text += fmt.Sprintf(" and the noise %s", Amount(based.noise, g.unit()))
	}
	_, wants := Compared(limit, limit, g.unit())
	return text + ", so the limit is " + wants + "."
}

// Rules are the rules by which these gates are judged, each said once.
func Rules(gates []Gate) (rules []string) {
	for _, rule := range []struct {
		says string
		of   func(Gate) bool
	}{
		{"of several that match a pattern the worst decides", func(g Gate) bool {
			return slices.ContainsFunc(g.Selectors, func(s Selector) bool { return s.Glob })
		}},
		{"a gate is inconclusive if nothing has the name, or matches the pattern, that it picks", func(g Gate) bool { return g.Selectors != nil }},
		{"a gate whose limit is a share of a median is inconclusive if that is 0", func(g Gate) bool {
			return g.Limit.Baseline && g.Limit.relative() && !job.QuantityOf(g.Metric).Above0
		}},
		{fmt.Sprintf("the noise of earlier results (mad) is their median distance from their median, scaled to a standard deviation, and is read of at least %d", leastNoise), func(g Gate) bool {
			return slices.ContainsFunc(g.Limit.Changes, Change.noisy)
		}},
		{"a gate that only the noise moves is inconclusive if most of the earlier results are the same", func(g Gate) bool { return g.Limit.allNoisy() }},
		{"a trend is the median of the slopes between any two of its runs, of which this is the last; with fewer results that passed it is inconclusive", func(g Gate) bool { return g.Runs > 0 }},
	} {
		if slices.ContainsFunc(gates, rule.of) {
			rules = append(rules, rule.says)
		}
	}
	return rules
}

// Sources say which calls the values of gates come from, and when they are known.
// Metrics of which the same is true share a line.
func Sources(gates []Gate, metrics []job.Metric) (from, known []string) {
	add := func(lines *[]string, of map[string]int, metric, says string) {
		i, there := of[says]
		switch {
		case says == "":
		case there:
			names, _, _ := strings.Cut((*lines)[i], ": ")
			(*lines)[i] = names + ", " + metric + ": " + says
		default:
			of[says] = len(*lines)
			*lines = append(*lines, metric+": "+says)
		}
	}
	calls, times := map[string]int{}, map[string]int{}
	for _, m := range metrics {
		if slices.ContainsFunc(gates, func(g Gate) bool { return g.Metric == m.Name }) {
			add(&from, calls, m.Name, m.Call)
			add(&known, times, m.Name, m.Late)
		}
	}
	return from, known
}

func (g Gate) consequence() string {
	switch g.Severity {
	case Warn:
		return "A warning is shown unless"
	case Abort:
		return "The job is stopped and the step fails unless"
	}
	return "The step fails unless"
}

// plainly is the comparison in words: what is measured, and its limit.
func (g Gate) plainly() string {
	if g.Runs > 0 {
		return g.plainSubject() + " moves by " + g.plainLimit()
	}
	return g.plainSubject() + " is " + g.plainLimit()
}

func (g Gate) plainSubject() string {
	text := g.Metric
	if g.Aggregation != "" {
		text = g.Aggregation + " of " + g.Metric
	}
	for i, s := range g.Selectors {
		joint := " of each "
		if i > 0 {
			joint = " and "
		}
		how := " named "
		if s.Glob {
			how = " that matches "
		}
		text += joint + s.Key + how + quoted(s.Text)
	}
	return text
}

func (g Gate) plainLimit() string {
	how := map[string]string{"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "exactly", "!=": "anything but"}[g.Op]
	switch {
	case g.Runs > 0:
		return how + " " + g.plainSlope()
	case g.Limit.Word != "":
		return how + " " + quoted(g.Limit.Word)
	case !g.Limit.Baseline:
		limit := g.Limit.Value.Base()
		_, text := Compared(limit, limit, g.unit())
		return how + " " + text
	}
	return how + " the median of the earlier results" + g.plainChanges()
}

func (g Gate) plainChanges() string {
	var parts []string
	for _, c := range g.Limit.Changes {
		word, by := "plus ", c.By.String()
		if c.Down {
			word = "minus "
		}
		switch {
		case c.noisy():
			by = plain(c.By.Number) + " times their noise"
		case c.relative():
			by += " of it"
		case c.By.Unit == points:
			by = count(c.By.Number, "percentage point")
		}
		parts = append(parts, word+by)
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return " " + parts[0]
	}
	return " " + field.List(parts) + ", whichever allows more"
}

// plainSlope is the limit of a trend in words.
func (g Gate) plainSlope() string {
	c := g.Limit.Changes[0]
	text := c.String()
	switch {
	case c.relative():
		text += " of the median of the earlier results"
	case c.By.Unit == points:
		text = sign(c) + count(c.By.Number, "percentage point")
	}
	return text + " from run to run"
}

func (g Gate) plainTime(m job.Metric) string {
	held := ""
	switch {
	case g.For > 0 && g.Severity == Abort:
		held = ", at least once in the last " + job.Span(g.For)
	case g.For > 0:
		held = ", all through the last " + job.Span(g.For)
	}
	switch {
	case g.Over > 0 && g.For > 0:
		return held + ", each time by " + g.plainWindow(m) + " of the " + job.Span(g.Over) + " before"
	case g.Over > 0:
		return ", by " + g.plainWindow(m) + " of the last " + job.Span(g.Over)
	}
	return held
}

// plainWindow says which value stands for a window. A mean of percentiles or of
// counts would mean nothing, so there it is the worst.
func (g Gate) plainWindow(m job.Metric) string {
	switch {
	case g.Aggregation == "min":
		return "the lowest value"
	case g.Aggregation == "max":
		return "the highest value"
	case strings.HasPrefix(g.Aggregation, "p") || m.Unit == job.Count:
		return "the worst value"
	}
	return "the mean of the values"
}
