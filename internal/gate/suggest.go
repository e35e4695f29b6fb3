package gate

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// Suggestion is a gate that all earlier results pass, and gates on the same metric
// that compare instead.
type Suggestion struct {
	Trial
	Worst  string // the worst value of the earlier results
	Others []Trial
}

// Trial tells how often a gate breaks when each earlier result is judged by the
// others alone. Of counts only the results that could be judged so.
type Trial struct {
	Gate       Gate
	Broken, Of int
}

// Margin is the room between a suggested limit and the worst value, as a share of
// that value.
const Margin = 0.2

// Suggest proposes gates that every report passes. The reports stand with the oldest
// first. A metric that one of them lacks gets no gate.
func Suggest(metrics []job.Metric, reports []job.Report) (all []Suggestion) {
	loads := slices.ContainsFunc(metrics, func(m job.Metric) bool { return m.Name == "rps" })
	for _, m := range metrics {
		if m.Name == "duration" && loads { // the length of a load test is set, not measured
			continue
		}
		for _, aggregation := range suggested(m) {
			g := Gate{Metric: m.Name, Aggregation: aggregation, Op: "<", Unit: m.Unit, Polled: m.Polled}
			if m.Name == "rps" {
				g.Op = ">="
			}
			all = append(all, g.suggest(metrics, reports)...)
			if m.Name == "response_time" && aggregation == "p95" && slices.Contains(m.Selectors, "request") {
				g.Selectors = []Selector{{Key: "request", Glob: true, Text: "*"}}
				all = append(all, g.suggest(metrics, reports)...)
			}
		}
	}
	return all
}

// suggested are the aggregations of a metric that are usually limited.
func suggested(m job.Metric) []string {
	offered := func(aggregations ...string) []string {
		return slices.DeleteFunc(aggregations, func(a string) bool { return !offers(m, a) })
	}
	switch m.Name {
	case "response_time":
		return offered("p95", "p99", "avg")
	case "error_rate", "check_error_rate", "rps", "failed_tasks", "replication_delay", "duration", "state":
		return offered("")
	}
	return nil
}

// suggest is a gate with a limit that all reports keep, and that others could
// break, or nothing.
func (g Gate) suggest(metrics []job.Metric, reports []job.Report) []Suggestion {
	seen, ok := g.seen(reports)
	if !ok {
		return nil
	}
	worst := g.worst(seen)
	s := Suggestion{Trial: g.leftOut(seen), Worst: worst.Word, Others: g.comparing(reports)}
	g = g.limited(worst)
	if Check([]Gate{g}, metrics, "") != nil {
		return nil
	}
	for _, r := range reports {
		if j := Judge([]Gate{g}, r, nil, math.MaxInt64); j[0].Verdict != job.Pass {
			return nil
		}
	}
	if g.Unit != job.Word {
		s.Worst = Amount(worst.Actual, g.Unit)
	}
	s.Gate = g
	return []Suggestion{s}
}

// limited is the gate with a limit that the worst value passes.
func (g Gate) limited(worst job.Judgement) Gate {
	switch g.Unit {
	case job.Word:
		g.Op, g.Limit.Word = "==", worst.Word
	case job.Count:
		g.Op, g.Limit.Value.Number = "<=", worst.Actual
		if worst.Actual == 0 {
			g.Op = "=="
		}
	default:
		g.Limit.Value = roomy(worst.Actual, g.Unit, g.Op == ">=")
	}
	return g
}

// seen has, for each report, the value that the gate is judged by. ok is false if a
// report lacks it.
func (g Gate) seen(reports []job.Report) (seen []job.Judgement, ok bool) {
	if g.Unit == job.Word {
		g.Op, g.Limit.Word = "==", " " // no state is named so: only the judgement's Word is wanted
	}
	for _, r := range reports {
		j := Judge([]Gate{g}, r, nil, math.MaxInt64)[0]
		if j.Verdict == job.Inconclusive {
			return nil, false
		}
		seen = append(seen, j)
	}
	return seen, len(reports) > 0
}

func (g Gate) worst(seen []job.Judgement) job.Judgement {
	return slices.MaxFunc(seen, func(a, b job.Judgement) int { return cmp.Compare(excess(g.Op, a.Actual, 0), excess(g.Op, b.Actual, 0)) })
}

// leftOut judges each report by the limit that the other reports alone would suggest.
func (g Gate) leftOut(seen []job.Judgement) (t Trial) {
	for i, j := range seen {
		others := slices.Delete(slices.Clone(seen), i, i+1)
		if len(others) == 0 {
			break
		}
		tried := g.limited(g.worst(others))
		held := j.Word == tried.Limit.Word
		if g.Unit != job.Word {
			held = holds(tried.Op, j.Actual, tried.fixed())
		}
		if t.Of++; !held {
			t.Broken++
		}
	}
	return t
}

// comparing are gates that compare the same metric with earlier results. Those that
// there are too few reports to try are left out.
func (g Gate) comparing(reports []job.Report) (trials []Trial) {
	if g.Unit == job.Word || g.Unit == job.Count || len(g.Selectors) > 0 {
		return nil
	}
	up := g.Op != ">="
	g.Op = map[bool]string{true: "<=", false: ">="}[up]
	change := func(number float64, unit string) Change { return Change{!up, Value{number, unit}} }
	floor, step := change(5, "%"), "%"
	if g.Unit == job.Percent { // an error rate is often 0, and a share of 0 allows nothing
		floor, step = change(0.5, points), points
	}
	plain, noisy := g, g
	plain.Limit = Limit{Baseline: true, Changes: []Change{change(10, "%"), floor}}
	noisy.Limit = Limit{Baseline: true, Changes: []Change{change(3, noise), floor}}
	if floor.relative() {
		plain.Limit.Changes = plain.Limit.Changes[:1]
	}
	var bases []job.Report
	for _, r := range reports {
		bases = append(bases, Basis([]Gate{plain}, r))
	}
	for _, form := range []Gate{plain, noisy} {
		trials = append(trials, form.trial(bases, func(i int) []job.Report { return slices.Delete(slices.Clone(bases), i, i+1) }))
	}
	var trend Trial
	for _, by := range map[string][]float64{"%": {1, 2, 5}, points: {0.1, 0.2, 0.5}}[step] {
		form := g
		form.Runs, form.Limit = min(10, len(reports)), Limit{Changes: []Change{change(by, step)}}
		if form.Runs < leastRuns {
			break
		}
		if trend = form.trial(bases, func(i int) []job.Report { return bases[:i] }); trend.Broken == 0 {
			break
		}
	}
	return slices.DeleteFunc(append(trials, trend), func(t Trial) bool { return t.Of == 0 })
}

// trial judges each report by those that stand for its earlier ones.
func (g Gate) trial(reports []job.Report, earlier func(i int) []job.Report) Trial {
	t := Trial{Gate: g}
	for i, r := range reports {
		j := Judge([]Gate{g}, r, &Baseline{Reports: earlier(i)}, math.MaxInt64)[0]
		if j.Verdict != job.Inconclusive {
			t.Of++
		}
		if j.Verdict == job.Fail {
			t.Broken++
		}
	}
	return t
}

// roomy is a limit of two digits with a margin to the worst value.
func roomy(worst float64, u job.Unit, below bool) Value {
	if below {
		limit, unit := inUnit(worst*(1-Margin), u)
		return Value{twoDigits(limit, math.Floor), unit}
	}
	least := map[job.Unit]float64{job.Seconds: 0.01, job.Percent: 0.5}[u] // the margin for values near 0
	limit, unit := inUnit(max(worst*(1+Margin), worst+least), u)
	v := Value{twoDigits(limit, math.Ceil), unit}
	if u == job.Percent {
		v.Number = min(v.Number, 100)
	}
	return v
}

// inUnit is a value in the unit that people would write it in.
func inUnit(v float64, u job.Unit) (float64, string) {
	if u == job.Seconds && v >= 600 {
		return v / 60, "m"
	}
	tens, shown := Scale(v, u)
	shown = strings.TrimSpace(shown)
	return v * math.Pow10(tens), shown
}

func twoDigits(v float64, round func(float64) float64) float64 {
	if v == 0 {
		return 0
	}
	grid := math.Pow10(int(math.Floor(math.Log10(v))) - 1)
	n, err := strconv.ParseFloat(strconv.FormatFloat(round(v/grid)*grid, 'g', 6, 64), 64)
	if err != nil { // cannot be: FormatFloat wrote the text
		return v
	}
	return n
}
