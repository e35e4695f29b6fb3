package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Check compares gates with what a provider can report, and returns every problem.
// It fills in Unit and Polled of each gate, which are its metric's.
func Check(gates []Gate, metrics []job.Metric, provider string) field.Problems {
	c := checker{metrics: metrics, provider: provider, budget: field.NewBudget()}
	for i := range gates {
		c.check(&gates[i])
	}
	c.problems.Sort()
	return c.problems
}

type checker struct {
	metrics  []job.Metric
	provider string
	problems field.Problems
	budget   *field.Budget
}

func (c *checker) fail(g *Gate, column int, format string, args ...any) {
	place := g.Place
	if column > 0 {
		place.Col = column
	}
	c.budget.Complain(&c.problems, field.Problem{Place: place, Text: fmt.Sprintf(format, args...)})
}

func (c *checker) check(g *Gate) {
	i := slices.IndexFunc(c.metrics, func(m job.Metric) bool { return m.Name == g.Metric })
	if i < 0 {
		c.unknownMetric(g)
		return
	}
	m := c.metrics[i]
	g.Unit, g.Polled = m.Unit, m.Polled
	c.aggregation(g, m)
	c.selectors(g, m)
	c.limit(g, m)
	c.series(g, m)
}

func (c *checker) unknownMetric(g *Gate) {
	var names []string
	for _, m := range c.metrics {
		names = append(names, m.Name)
	}
	if near := field.Nearest(g.Metric, names); near != "" {
		c.fail(g, g.at.metric, "%s has no metric %s, did you mean %q?", c.provider, field.Quote(g.Metric), near)
		return
	}
	c.fail(g, g.at.metric, "%s has no metric %s; it has %s", c.provider, field.Quote(g.Metric), and(names))
}

// and writes names as a person would: a, b and c.
func and(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// alone reports whether a metric can be written without an aggregation.
func alone(m job.Metric) bool { return m.Alone || len(m.Aggregations) == 0 }

func offers(m job.Metric, aggregation string) bool {
	if aggregation == "" {
		return alone(m)
	}
	return slices.Contains(m.Aggregations, aggregation)
}

func (c *checker) aggregation(g *Gate, m job.Metric) {
	switch {
	case offers(m, g.Aggregation):
	case g.Aggregation == "":
		c.fail(g, g.at.metric, "%s needs an aggregation: write %s; %s gives %s", m.Name, written(preferred(m.Aggregations), m.Name), c.provider, and(m.Aggregations))
	case len(m.Aggregations) == 0:
		c.fail(g, g.at.aggregation, "%s has no aggregations; write it without %s()", m.Name, g.Aggregation)
	default:
		c.fail(g, g.at.aggregation, "%s does not give %s of %s; it gives %s", c.provider, g.Aggregation, m.Name, strings.Join(forms(m), ", "))
	}
}

// preferred is the aggregation that messages show as the example.
func preferred(aggregations []string) string {
	if slices.Contains(aggregations, "p95") {
		return "p95"
	}
	return aggregations[0]
}

// forms are all ways to write a metric: alone, and with each aggregation.
func forms(m job.Metric) (all []string) {
	if alone(m) {
		all = append(all, m.Name)
	}
	for _, a := range m.Aggregations {
		all = append(all, written(a, m.Name))
	}
	return all
}

func (c *checker) selectors(g *Gate, m job.Metric) {
	for i, s := range g.Selectors {
		near := field.Nearest(s.Key, m.Selectors)
		switch {
		case slices.Contains(m.Selectors, s.Key):
		case len(m.Selectors) == 0:
			c.fail(g, g.at.keys[i], "%s gives %s only as a whole; leave the selector %s out", c.provider, m.Name, field.Quote(s.Key))
		case near != "":
			c.fail(g, g.at.keys[i], "%s has no selector %s, did you mean %q?", m.Name, field.Quote(s.Key), near)
		default:
			c.fail(g, g.at.keys[i], "%s has no selector %s; it has %s", m.Name, field.Quote(s.Key), and(m.Selectors))
		}
	}
}

func equality(op string) bool { return op == "==" || op == "!=" }

func (c *checker) limit(g *Gate, m job.Metric) {
	switch {
	case m.Unit == job.Word:
		c.state(g, m)
	case g.Limit.Word != "":
		c.noWord(g, m)
	case equality(g.Op) && g.Runs > 0:
		c.fail(g, g.at.op, "%q does not go with a trend; use <, <=, > or >=", g.Op)
	case equality(g.Op) && g.Limit.Baseline:
		c.fail(g, g.at.op, "%q does not go with a baseline; use <, <=, > or >=", g.Op)
	case equality(g.Op) && m.Unit != job.Count:
		c.fail(g, g.at.op, "%q is only for counts and states, and %s is measured in %s; use <, <=, > or >=", g.Op, m.Name, field.List(unitNames(m.Unit)))
	}
	before := len(c.problems)
	switch {
	case m.Unit == job.Word || g.Limit.Word != "":
		return
	case g.Compares():
		for i, change := range g.Limit.Changes {
			if !change.relative() && !(change.noisy() && g.Runs == 0) {
				c.unit(g, m, g.at.changes[i], sign(change), change.By)
			}
		}
	default:
		c.unit(g, m, g.at.limit, g.Op+" ", g.Limit.Value)
	}
	if len(c.problems) == before {
		c.reach(g, m)
	}
}

func sign(c Change) string {
	if c.Down {
		return "-"
	}
	return "+"
}

func (c *checker) state(g *Gate, m job.Metric) {
	if g.Runs > 0 {
		c.fail(g, g.at.trend, "%s is a word, which has no trend", m.Name)
		return
	}
	example := m.Name + " == " + append(m.States, "SUCCEED")[0]
	isOne := func(state string) bool { return strings.EqualFold(state, g.Limit.Word) }
	switch near := field.Nearest(g.Limit.Word, m.States); {
	case g.Limit.Word == "":
		c.fail(g, g.at.limit, "%s is a word, not %s; write such as %s", m.Name, kindOf(g.Limit), example)
	case !equality(g.Op):
		c.fail(g, g.at.op, "%s is a word, which %q cannot compare; use == or !=", m.Name, g.Op)
	case m.States == nil || slices.ContainsFunc(m.States, isOne):
	case near != "":
		c.fail(g, g.at.limit, "no job of %s ends as %s, did you mean %q?", c.provider, field.Quote(g.Limit.Word), near)
	default:
		c.fail(g, g.at.limit, "no job of %s ends as %s; it ends as %s", c.provider, field.Quote(g.Limit.Word), field.List(m.States))
	}
}

func kindOf(l Limit) string {
	if l.Baseline {
		return "a baseline"
	}
	return "a number"
}

func (c *checker) noWord(g *Gate, m job.Metric) {
	if near := field.Nearest(g.Limit.Word, []string{baselineWord}); near != "" {
		c.fail(g, g.at.limit, "%s is not a limit of %s, did you mean %q?", field.Quote(g.Limit.Word), m.Name, near)
		return
	}
	c.fail(g, g.at.limit, "%s is not a limit of %s, which is a number; write such as %s %s", field.Quote(g.Limit.Word), m.Name, g.Op, example(m.Unit))
}

// example is a limit to show in messages about a unit.
func example(u job.Unit) string {
	switch u {
	case job.Seconds:
		return "300ms"
	case job.Percent:
		return "1%"
	case job.PerSecond:
		return "450/s"
	case job.BytesPerSecond:
		return "10MB/s"
	}
	return "0"
}

// unit checks a value's unit. before is the text in front of the value, so that the
// message can show the whole correction.
func (c *checker) unit(g *Gate, m job.Metric, column int, before string, v Value) {
	bare := v.Unit == "" && m.Unit != job.Count
	per := ""
	if g.Runs > 0 {
		per = perRun
	}
	var right []string
	for _, name := range unitNames(m.Unit) {
		right = append(right, strings.TrimSpace(before+plain(v.Number)+name)+per)
	}
	moves := measureOf(v.Unit).moves
	switch {
	case bare && m.Unit == job.Percent && g.Limit.Baseline:
		c.fail(g, column, "the change of %s has no unit; write %s to add points, or %s to add a share of the baseline", m.Name, before+plain(v.Number)+points, right[0])
	case bare && m.Unit == job.Percent && g.Runs > 0:
		c.fail(g, column, "the change of %s has no unit; write %s for points, or %s for a share of the median", m.Name, before+plain(v.Number)+points+per, right[0])
	case bare && m.Unit == job.Percent && v.Number > 0 && v.Number < 1:
		c.fail(g, column, "the limit of %s has no unit; write %s, or %s if it is a fraction of 1", m.Name, right[0], before+Value{timesTen(v.Number, 2), "%"}.String())
	case bare:
		c.fail(g, column, "the limit of %s has no unit; write %s", m.Name, field.List(right))
	case v.Unit == noise || moves && !g.Compares():
		c.fail(g, column, "%s says how far a baseline moves, as in baseline +%s; write such as %s", v.Unit, Value{1, v.Unit}, before+example(m.Unit)+per)
	case m.Unit == job.Count && v.Unit != "":
		c.fail(g, column, "%s is a count and has no unit; write %s", m.Name, before+plain(v.Number)+per)
	case measureOf(v.Unit).of != m.Unit:
		c.fail(g, column, "%s is measured in %s, not in %s; write such as %s", m.Name, field.List(unitNames(m.Unit)), v.Unit, before+example(m.Unit)+per)
	case g.Runs > 0: // the slope of whole numbers need not be a whole number
	case m.Unit == job.Count && v.Number != math.Trunc(v.Number):
		c.fail(g, column, "%s is a whole number, and %s is not", m.Name, plain(v.Number))
	}
}

// series checks the parts of a gate that need values over time ("over", "for"), or
// values while the job runs ("abort").
func (c *checker) series(g *Gate, m job.Metric) {
	if g.Runs > 0 && g.Severity == Abort {
		c.fail(g, g.at.severity, "a trend is one of whole runs, and %q is for what is known while the job runs; leave %[1]s out", Abort)
		return
	}
	if !offers(m, g.Aggregation) {
		return
	}
	what := written(g.Aggregation, m.Name)
	overTime := m.Unit != job.Word && (m.Polled || slices.Contains(m.Series, g.Aggregation))
	for _, span := range []struct {
		word   string
		length time.Duration
		column int
	}{{"over", g.Over, g.at.over}, {"for", g.For, g.at.hold}} {
		switch {
		case span.length == 0:
		case !overTime:
			c.fail(g, span.column, `%q needs values over time, and %s gives %s only for the whole run; %s`, span.word, c.provider, what, instead(m, span.word+" "+job.Span(span.length)))
		case len(g.Selectors) > 0:
			c.fail(g, g.at.keys[0], `%q needs values over time, and %s gives those of %s only as a whole; leave the selector or "%s %s" out`, span.word, c.provider, what, span.word, job.Span(span.length))
		}
	}
	if g.Severity != Abort || g.Over > 0 || g.For > 0 {
		return
	}
	switch unknown := slices.IndexFunc(g.Selectors, func(s Selector) bool { return !slices.Contains(m.Live, s.Key) }); {
	case !slices.Contains(m.Live, ""):
		c.fail(g, g.at.severity, `"abort" needs values that are known while the job runs, and %s gives none of %s; %s`, c.provider, what, c.abortable())
	case unknown >= 0:
		c.fail(g, g.at.keys[unknown], `"abort" needs values that are known while the job runs, and %s gives those of a single %s only at its end; leave the selector or abort out`, c.provider, g.Selectors[unknown].Key)
	}
}

// instead is the cure: the aggregations of the metric that are known over time, or
// what to leave out.
func instead(m job.Metric, part string) string {
	var known []string
	for _, a := range m.Series {
		known = append(known, written(a, m.Name))
	}
	if len(known) == 0 || m.Unit == job.Word {
		return fmt.Sprintf("leave %q out", part)
	}
	return fmt.Sprintf("leave %q out, or use %s", part, field.List(known))
}

// abortable says which metrics are known while a job runs.
func (c *checker) abortable() string {
	var known []string
	for _, m := range c.metrics {
		if slices.Contains(m.Live, "") {
			known = append(known, m.Name)
		}
	}
	if len(known) == 0 {
		return "leave abort out, since nothing else is known either"
	}
	return "use " + field.List(known) + ", or leave abort out"
}
