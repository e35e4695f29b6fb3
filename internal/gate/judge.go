package gate

// This file judges: it compares the values that a gate picks with its limit.

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// Judge judges a report by gates. elapsed is how long the job has run. baseline is
// nil if the step names no earlier results.
func Judge(gates []Gate, r job.Report, baseline *Baseline, elapsed time.Duration) []job.Judgement {
	d, past := newData(gates, r), baseline.past(gates)
	judgements := make([]job.Judgement, len(gates))
	for i, g := range gates {
		judging := judging{Gate: g, fixed: g.fixed(), past: past, elapsed: elapsed}
		judgements[i] = judging.judge(d)
	}
	return judgements
}

// Unjudged makes every gate inconclusive, for a job that did not run to its end.
// last is what the gates came to when the job was last judged, and after is how
// long it had run then; last is nil if it never was.
func Unjudged(gates []Gate, last []job.Judgement, after time.Duration, why string) []job.Judgement {
	judgements := make([]job.Judgement, len(gates))
	for i, g := range gates {
		judging := judging{Gate: g, fixed: g.fixed()}
		j := judging.judgement(unclear(nil, why))
		if i < len(last) && last[i].Verdict != job.Inconclusive {
			l := last[i]
			j = l
			j.Verdict, j.Reason = job.Inconclusive, fmt.Sprintf("%s; after %s it was %s (%s)", why, job.Span(after.Truncate(time.Second)), seen(l), stood(l))
		}
		judgements[i] = j
	}
	return judgements
}

// stood is the verdict of a gate while its job ran.
func stood(j job.Judgement) string {
	if j.NotYet {
		return "not yet"
	}
	return string(j.Verdict)
}

// seen is the value that a gate was judged by, for people.
func seen(j job.Judgement) string {
	if j.Unit == job.Word {
		return j.Word
	}
	actual, _ := Compared(j.Actual, j.Limit, j.Unit)
	return actual
}

// Verdict is the verdict on a job. Gates that only warn do not count, and neither
// do inconclusive ones where onInconclusive is "pass" or "warn".
func Verdict(js []job.Judgement, onInconclusive string) job.Verdict {
	verdict := job.Pass
	for _, j := range js {
		switch {
		case j.Severity == Warn:
		case j.Verdict == job.Fail:
			return job.Fail
		case j.Verdict != job.Pass && onInconclusive != "pass" && onInconclusive != "warn":
			verdict = job.Inconclusive
		}
	}
	return verdict
}

// finding is the verdict on one of the things that a gate picks.
type finding struct {
	verdict job.Verdict
	labels  map[string]string
	value   float64
	limit   float64
	word    string
	reason  string // why it is inconclusive
	based   median // what the limit was made of, if it is a baseline
}

func unclear(labels map[string]string, reason string) finding {
	return finding{verdict: job.Inconclusive, labels: labels, reason: reason}
}

// judging is a gate with all that it takes to judge it.
type judging struct {
	Gate
	fixed   float64 // the limit, if it does not come from a baseline
	past    past
	elapsed time.Duration
}

// fixed is the limit of a gate whose limit is no baseline.
func (g Gate) fixed() float64 {
	if g.Runs == 0 {
		return g.Limit.Value.Base()
	}
	c := g.Limit.Changes[0]
	if c.Down {
		return -c.By.Base()
	}
	return c.By.Base()
}

func (g *judging) judge(d data) job.Judgement { return g.judgement(g.find(d)) }

func (g *judging) judgement(f finding) job.Judgement {
	j := job.Judgement{
		Gate: g.Gate.String(), Name: g.Name, Severity: g.Severity, File: g.Place.File, Line: g.Place.Line,
		Subject: g.subject(), Op: g.Op, Wants: g.wants(), Unit: g.shown(), Limit: g.fixed,
		Verdict: f.verdict, Actual: f.value, Word: f.word, Where: where(f.labels), Reason: f.reason,
	}
	if g.Limit.Baseline {
		j.Limit, j.Median = f.limit, f.based.value
	}
	if g.Compares() {
		j.Results, j.NoLimit = f.based.results, f.based.results == 0
	}
	if f.verdict == job.Fail {
		j.Reason, j.NotYet = g.broken(f), g.notYet(f)
	}
	return j
}

// notYet reports whether a broken gate may still hold once the job has run longer:
// the wanted state may be yet to come, or a value that only grows may be yet too
// small.
func (g *judging) notYet(f finding) bool {
	switch {
	case g.Limit.Word != "":
		return g.Op == "=="
	case g.overTimed() || !job.QuantityOf(g.Metric).Grows && g.Aggregation != "max":
		return false
	}
	return f.value < f.limit && (g.Op == ">" || g.Op == ">=" || g.Op == "==") || f.value == f.limit && (g.Op == ">" || g.Op == "!=")
}

// unit is the unit of the metric. Where Check did not set it, the limit tells it.
func (g Gate) unit() job.Unit {
	switch {
	case g.Unit != "":
		return g.Unit
	case g.Limit.Word != "":
		return job.Word
	case g.Runs > 0:
		return measureOf(g.Limit.Changes[0].By.Unit).of
	case !g.Limit.Baseline:
		return measureOf(g.Limit.Value.Unit).of
	}
	return job.Count
}

// shown is the unit that the value and the limit are shown in.
func (g Gate) shown() job.Unit {
	switch {
	case g.Runs == 0:
		return g.unit()
	case g.Limit.Changes[0].relative():
		return job.Percent.PerRun()
	}
	return g.unit().PerRun()
}

// where is the name of what was picked, for people.
func where(labels map[string]string) string {
	if len(labels) == 1 {
		for _, name := range labels {
			return name
		}
	}
	var parts []string
	for k, name := range labels {
		parts = append(parts, k+"="+name)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// broken is the sentence that says how a gate was broken.
func (g *judging) broken(f finding) string {
	what := written(g.Aggregation, g.Metric)
	if len(f.labels) > 0 {
		what += " of " + where(f.labels)
	}
	if g.Runs > 0 {
		actual, limit := Compared(f.value, f.limit, g.shown())
		return fmt.Sprintf("%s moves by %s over %d runs, not %s %s", what, actual, g.Runs, g.Op, limit)
	}
	if g.Limit.Word != "" {
		return fmt.Sprintf("%s is %s, not %s %s", what, f.word, g.Op, g.Limit.Word)
	}
	actual, limit := Compared(f.value, f.limit, g.unit())
	text := fmt.Sprintf("%s is %s, not %s %s", what, actual, g.Op, limit)
	switch {
	case g.For > 0 && g.Severity == Abort:
		text += " nor was it during the last " + job.Span(g.For)
	case g.For > 0:
		text += " all through the last " + job.Span(g.For)
	}
	if f.based.results > 0 {
		text += fmt.Sprintf(" (%s of %s)", baselineWord, count(int64(f.based.results), "result"))
	}
	return text
}

// find judges everything that a gate picks, and returns the worst finding.
func (g *judging) find(d data) finding {
	k := key{g.Metric, g.Aggregation}
	if g.elapsed < g.After {
		return unclear(nil, fmt.Sprintf("the job has run for %s, and it is judged only after %s", job.Span(g.elapsed), job.Span(g.After)))
	}
	if d.idle && job.QuantityOf(g.Metric).Requests {
		return unclear(nil, "no request was made")
	}
	var worst finding
	take := func(f finding) {
		if worst.verdict == "" || g.worse(f, worst) {
			worst = f
		}
	}
	if g.overTimed() {
		for _, s := range d.series[k] {
			if g.picks(s.Labels) {
				take(g.judgeSeries(s))
			}
		}
	} else {
		for _, s := range d.samples[k] {
			if g.picksSample(s) {
				take(g.judgeSample(s.Sample))
			}
		}
	}
	if worst.verdict == "" {
		return unclear(nil, g.nothing(d))
	}
	return worst
}

// overTimed reports whether a gate is judged by a series. States have no series.
func (g *judging) overTimed() bool { return (g.Over > 0 || g.For > 0) && g.Limit.Word == "" }

// worse reports whether a is worse than b: by its verdict, and if that is the same,
// by being farther beyond its limit, or less far within it.
func (g *judging) worse(a, b finding) bool {
	if ra, rb := rank(a.verdict), rank(b.verdict); ra != rb || a.verdict == job.Inconclusive {
		return ra > rb
	}
	return excess(g.Op, a.value, a.limit) > excess(g.Op, b.value, b.limit)
}

func rank(v job.Verdict) int {
	switch v {
	case job.Fail:
		return 2
	case job.Inconclusive:
		return 1
	}
	return 0
}

// excess is how far a value is beyond the limit. It is negative within the limit,
// and 0 only exactly at it.
func excess(op string, value, limit float64) float64 {
	switch op {
	case ">", ">=":
		return limit - value
	case "==":
		return math.Abs(value - limit)
	case "!=":
		return -math.Abs(value - limit)
	}
	return value - limit
}

// holds compares values as they were measured, not as they are shown: rounding must
// not decide.
func holds(op string, value, limit float64) bool {
	over := excess(op, value, limit)
	return over < 0 || over == 0 && (op == "<=" || op == ">=" || op == "==")
}

func verdictOf(ok bool) job.Verdict {
	if ok {
		return job.Pass
	}
	return job.Fail
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (g *judging) judgeSample(s *job.Sample) finding {
	if reason := doubt(s, g.Limit.Word != ""); reason != "" {
		return unclear(s.Labels, reason)
	}
	if g.Limit.Word != "" {
		// Case does not matter: a gate with "!=" must not pass because of a capital letter.
		same := strings.EqualFold(s.Word, g.Limit.Word)
		return finding{verdict: verdictOf(same == (g.Op == "==")), labels: s.Labels, word: s.Word}
	}
	if g.Runs > 0 {
		return g.trend(s)
	}
	limit, based, missing := g.limitFor(s.Labels)
	if missing != "" {
		return finding{verdict: job.Inconclusive, labels: s.Labels, value: s.Value, limit: limit, reason: missing, based: based}
	}
	return finding{verdict: verdictOf(holds(g.Op, s.Value, limit)), labels: s.Labels, value: s.Value, limit: limit, based: based}
}

// doubt is the reason why a gate cannot be judged by a sample, or "". word tells
// whether a word or a number is wanted.
func doubt(s *job.Sample, word bool) string {
	switch {
	case s.Missing != "":
		return s.Missing
	case word && s.Word == "":
		return "the service gave no state"
	case word:
		return ""
	case s.Value == 0 && job.QuantityOf(s.Metric).Above0 && s.Behind > 0: // seen of P99 (facts tencent-pts §6.1)
		return fmt.Sprintf("it is reported as 0 with %s behind it, so it is not known", count(s.Behind, "request"))
	case s.Value == 0 && job.QuantityOf(s.Metric).Above0:
		return "it is reported as 0, which no response takes"
	case s.Behind > 0 && s.Behind < enough(s.Aggregation):
		return fmt.Sprintf("there are too few samples: %s of %s says nothing, it takes %d", s.Aggregation, count(s.Behind, "measurement"), enough(s.Aggregation))
	}
	return ""
}

// enough is how many measurements a percentile needs so that at least one lies
// beyond it. With fewer, the percentile is only the maximum.
func enough(aggregation string) int64 {
	switch aggregation {
	case "p50":
		return 2
	case "p75":
		return 4
	case "p90":
		return 10
	case "p95":
		return 20
	case "p99":
		return 100
	case "p999":
		return 1000
	}
	return 0
}
