package tencentpts

// This file writes gates as SLA rules of PTS, which it watches itself, even
// when nothing of ours runs any more (facts tencent-pts §7).

import (
	"fmt"
	"strconv"
	"strings"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// Rule is the SLA rule that watches for the same as a gate. There is none for
// what the service does not measure, for patterns, and for baselines.
//
// A rule says what breaks it, so its condition is the opposite of the gate's:
// that is inferred from its name and its effect, UNVERIFIED.
func Rule(g gate.Gate) (rule string, ok bool) {
	source, known := ruled()[[2]string{g.Metric, g.Aggregation}]
	labels, exact := ruleLabels(g.Selectors)
	if !known || !exact || g.Compares() || g.Limit.Word != "" {
		return "", false
	}
	parts := []string{
		"Metric " + source.Metric, "Aggregation " + source.Aggregation,
		"Condition " + gate.Opposite(g.Op), "Value " + strconv.FormatFloat(g.Limit.Value.Base(), 'f', -1, 64),
	}
	if labels != "" {
		parts = append(parts, "LabelFilter "+labels)
	}
	parts = append(parts, fmt.Sprintf("AbortFlag %t", g.Severity == gate.Abort))
	if g.For > 0 {
		parts = append(parts, "For "+job.Span(g.For))
	}
	return strings.Join(parts, ", ") + ruleLoss(g), true
}

// ruled are the metrics that a rule can be about, by ours and its aggregation
// (facts tencent-pts §6.3), in our units. The service's least and largest
// response time are internal, and a count that grows all the time would break
// its rule at the start.
func ruled() map[[2]string]query {
	return map[[2]string]query{
		{responseTime, "avg"}: {Metric: engineTimes, Aggregation: "Avg"},
		{responseTime, "p50"}: {Metric: engineTimes, Aggregation: "P50"},
		{responseTime, "p90"}: {Metric: engineTimes, Aggregation: "P90"},
		{responseTime, "p95"}: {Metric: engineTimes, Aggregation: "P95"},
		{responseTime, "p99"}: {Metric: engineTimes, Aggregation: "P99"},
		{errorRate, ""}:       {Metric: engineRequests, Aggregation: "ErrorPercentage"},
		{rps, ""}:             {Metric: engineRequests, Aggregation: "Rate"},
		{rps, "max"}:          {Metric: engineRequests, Aggregation: "MaxRateOverTime"},
		{checkErrorRate, ""}:  {Metric: engineChecks, Aggregation: "ErrorPercentage"},
		{virtualUsers, ""}:    {Metric: engineUsers, Aggregation: "MaxOverTime"},
		{receivedRate, ""}:    {Metric: "pts_engine_receive_bytes_total", Aggregation: "Rate"},
		{sentRate, ""}:        {Metric: "pts_engine_send_bytes_total", Aggregation: "Rate"},
	}
}

// ruleLabels are selectors as labels of the service (facts tencent-pts §6.2): a
// request is a method and a URL there.
func ruleLabels(selectors []gate.Selector) (text string, ok bool) {
	var labels []string
	for _, s := range selectors {
		method, url, both := strings.Cut(s.Text, " ")
		switch {
		case s.Glob:
			return "", false
		case s.Key == ofCheck:
			labels = append(labels, "check="+strconv.Quote(s.Text))
		case s.Key != ofRequest:
			return "", false
		case both:
			labels = append(labels, "method="+strconv.Quote(method), "service="+strconv.Quote(url))
		default:
			labels = append(labels, "service="+strconv.Quote(s.Text))
		}
	}
	return strings.Join(labels, " "), true
}

// ruleLoss says what of a gate a rule cannot say.
func ruleLoss(g gate.Gate) string {
	var lost []string
	if g.Over > 0 {
		lost = append(lost, "over "+job.Span(g.Over))
	}
	if g.After > 0 {
		lost = append(lost, "after "+job.Span(g.After))
	}
	if len(lost) == 0 {
		return ""
	}
	return " (a rule does not know " + strconv.Quote(strings.Join(lost, " ")) + ")"
}
