package gate

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// Suggestion is a gate that earlier results would have passed.
type Suggestion struct {
	Gate  Gate
	Worst string // of their values
}

// Margin is what a suggested limit leaves to the worst value, as a share of it.
const Margin = 0.2

// Suggest proposes gates for what a provider reports, such that every report
// passes them. What a report does not have is not proposed.
func Suggest(metrics []job.Metric, reports []job.Report) (all []Suggestion) {
	loads := slices.ContainsFunc(metrics, func(m job.Metric) bool { return m.Name == "rps" })
	for _, m := range metrics {
		if m.Name == "duration" && loads { // of a load test it is given
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

// suggested are the aggregations of a metric that it is usual to limit.
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
	worst, ok := g.worstOf(reports)
	if !ok {
		return nil
	}
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
	if Check([]Gate{g}, metrics, "") != nil {
		return nil
	}
	for _, r := range reports {
		if j := Judge([]Gate{g}, r, nil, math.MaxInt64); j[0].Verdict != job.Pass {
			return nil
		}
	}
	text := worst.Word
	if g.Unit != job.Word {
		text = Amount(worst.Actual, g.Unit)
	}
	return []Suggestion{{g, text}}
}

// worstOf is the worst value of all reports. ok is false if one has none.
func (g Gate) worstOf(reports []job.Report) (worst job.Judgement, ok bool) {
	if g.Unit == job.Word {
		g.Op, g.Limit.Word = "==", " " // which nothing is
	}
	for i, r := range reports {
		j := Judge([]Gate{g}, r, nil, math.MaxInt64)[0]
		if j.Verdict == job.Inconclusive {
			return j, false
		}
		if i == 0 || excess(g.Op, j.Actual, 0) > excess(g.Op, worst.Actual, 0) {
			worst = j
		}
	}
	return worst, len(reports) > 0
}

// roomy is a limit with a margin to a value, of two digits.
func roomy(worst float64, u job.Unit, below bool) Value {
	if below {
		limit, unit := inUnit(worst*(1-Margin), u)
		return Value{twoDigits(limit, math.Floor), unit}
	}
	least := map[job.Unit]float64{job.Seconds: 0.01, job.Percent: 0.5}[u] // for values near 0
	limit, unit := inUnit(max(worst*(1+Margin), worst+least), u)
	v := Value{twoDigits(limit, math.Ceil), unit}
	if u == job.Percent {
		v.Number = min(v.Number, 100)
	}
	return v
}

// inUnit is a value in the unit that a person would write it in.
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
	if err != nil { // FormatFloat wrote it
		return v
	}
	return n
}
