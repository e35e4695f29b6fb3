// Package gate is the language of the pass conditions: it reads gates, checks
// them against what a provider can report, and judges reports by them.
package gate

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// The severities of a gate. One without a severity fails the step.
const (
	Warn  = "warn"  // is shown and fails nothing
	Abort = "abort" // fails the step, and stops the job as soon as it is broken
)

// Gate is one requirement, of one line.
type Gate struct {
	Place       field.Place // of its first character
	Name        string      // may be empty
	Severity    string      // "", Warn or Abort
	Metric      string
	Aggregation string // "" if the metric is written alone
	Selectors   []Selector
	Op          string
	Limit       Limit
	Runs        int           // how many results a trend is taken over, with this one; 0: the gate is no trend
	Over        time.Duration // the window that a value is taken over; 0: the whole run
	For         time.Duration // how long the gate must hold; 0: only at the end
	After       time.Duration // since the job's start; the gate is not judged before
	Unit        job.Unit      // of the metric; Check sets it
	Polled      bool          // the metric's Polled; Check sets it

	at      columns
	comment string // what stands behind the gate on its line
}

// columns are the columns where the parts of a gate begin, counted from 1.
type columns struct {
	severity, aggregation, metric, trend, op, limit, over, hold int // 0: the gate does not have the part
	keys, changes                                               []int
}

// Selector picks what of a job is measured: a request, a check.
type Selector struct {
	Key  string
	Glob bool   // Text is a pattern, in which * stands for any text
	Text string // the whole name of what is picked, or the pattern
}

// Limit is one of four things: a value, a word, a baseline, or the change from run
// to run that a trend may have.
type Limit struct {
	Value    Value
	Word     string   // a state
	Baseline bool     // the median of earlier results
	Changes  []Change // of a baseline: up to two, and the one that allows more counts; of a trend: one
}

// Change moves a baseline. A percentage is a share of the baseline, also where the
// metric itself is measured in percent; there the unit pp adds points.
type Change struct {
	Down bool
	By   Value
}

// relative reports whether a change grows with the baseline.
func (c Change) relative() bool { return c.By.Unit == string(job.Percent) }

// noisy reports whether a change grows with the noise of the earlier results.
func (c Change) noisy() bool { return c.By.Unit == noise }

// Compares reports whether a gate is judged against earlier results.
func (g Gate) Compares() bool { return g.Limit.Baseline || g.Runs > 0 }

// Value is a number and its unit, as the user wrote them.
type Value struct {
	Number float64
	Unit   string
}

// measure is a unit that a gate may be written in, as a multiple of a job.Unit.
type measure struct {
	name  string
	of    job.Unit
	tens  int     // a power of ten, kept apart because it moves a decimal's point without rounding
	times float64 // the rest of the factor
	moves bool    // it is only for the change of a baseline or a trend, not for a limit
}

// points is the unit of percentage points: 1 % + 1pp is 2 %.
const points = "pp"

// noise is the unit of a change by the noise of the earlier results: their median
// absolute deviation.
const noise = "mad"

// measures lists the units that a user may write. A KB is 1000 bytes.
func measures() []measure {
	return []measure{
		{name: "ms", of: job.Seconds, tens: -3, times: 1}, {name: "s", of: job.Seconds, times: 1}, {name: "m", of: job.Seconds, times: 60},
		{name: "%", of: job.Percent, times: 1}, {name: points, of: job.Percent, times: 1, moves: true}, {name: noise, times: 1, moves: true}, {name: "/s", of: job.PerSecond, times: 1},
		{name: "B/s", of: job.BytesPerSecond, times: 1}, {name: "KB/s", of: job.BytesPerSecond, tens: 3, times: 1}, {name: "MB/s", of: job.BytesPerSecond, tens: 6, times: 1},
	}
}

func measureOf(name string) measure {
	for _, m := range measures() {
		if m.name == name {
			return m
		}
	}
	return measure{of: job.Count, times: 1}
}

// unitNames are the names of the units that a limit of this unit may be written in.
func unitNames(u job.Unit) (names []string) {
	for _, m := range measures() {
		if m.of == u && !m.moves {
			names = append(names, m.name)
		}
	}
	return names
}

func allUnitNames() (names []string) {
	for _, m := range measures() {
		names = append(names, m.name)
	}
	return names
}

// Base is the value in its job.Unit. It is computed in decimals, so that 70ms is
// 0.07: in floating point, 70 * 0.001 is a little more.
func (v Value) Base() float64 {
	m := measureOf(v.Unit)
	return timesTen(v.Number, m.tens) * m.times
}

// timesTen is a number times a power of ten, computed in decimals.
func timesTen(number float64, tens int) float64 {
	n, err := strconv.ParseFloat(plain(number)+"e"+strconv.Itoa(tens), 64)
	if err != nil { // out of range, which no number that a gate may have is
		return number
	}
	return n
}

func plain(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }

func (v Value) String() string {
	if v.Unit == noise {
		return plain(v.Number) + " " + noise
	}
	return plain(v.Number) + v.Unit
}

// String writes the gate in its normal form. Parsing that gives the same gate.
func (g Gate) String() string {
	var b strings.Builder
	if g.Name != "" {
		b.WriteString(g.Name + ": ")
	}
	if g.Severity != "" {
		b.WriteString(g.Severity + " ")
	}
	b.WriteString(g.subject() + " " + g.Op + " " + g.wants())
	if spans := g.spans(); spans != "" {
		b.WriteString(" " + spans)
	}
	return b.String()
}

// spans writes the parts of a gate about time: over, for and after.
func (g Gate) spans() string {
	var parts []string
	if g.Runs > 0 {
		parts = append(parts, fmt.Sprintf("over %d runs", g.Runs))
	}
	for _, span := range []struct {
		word   string
		length time.Duration
	}{{"over", g.Over}, {"for", g.For}, {"after", g.After}} {
		if span.length > 0 {
			parts = append(parts, span.word+" "+job.Span(span.length))
		}
	}
	return strings.Join(parts, " ")
}

// subject is what the gate limits, as a gate writes it.
func (g Gate) subject() string {
	if g.Runs > 0 {
		return g.measured() + " " + trendWord
	}
	return g.measured()
}

// wants is the limit, as a gate writes it.
func (g Gate) wants() string {
	if g.Runs > 0 {
		return g.Limit.Changes[0].String() + perRun
	}
	return g.Limit.String()
}

// measured is the metric with its aggregation and selectors.
func (g Gate) measured() string {
	text := g.Metric
	if len(g.Selectors) > 0 {
		text += "{" + g.selectors() + "}"
	}
	return written(g.Aggregation, text)
}

// written is a metric with its aggregation.
func written(aggregation, metric string) string {
	if aggregation == "" {
		return metric
	}
	return aggregation + "(" + metric + ")"
}

func (g Gate) selectors() string {
	parts := make([]string, len(g.Selectors))
	for i, s := range g.Selectors {
		parts[i] = s.String()
	}
	return strings.Join(parts, ", ")
}

func (s Selector) String() string {
	if s.Glob {
		return s.Key + "~" + quoted(s.Text)
	}
	return s.Key + "=" + quoted(s.Text)
}

func quoted(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `"`, `\"`) + `"`
}

func (l Limit) String() string {
	switch {
	case l.Word != "" && (!isWord(l.Word) || l.Word == baselineWord):
		return quoted(l.Word)
	case l.Word != "":
		return l.Word
	case !l.Baseline:
		return l.Value.String()
	}
	text := baselineWord
	for i, c := range l.Changes {
		if i > 0 {
			text += " or"
		}
		text += " " + c.String()
	}
	return text
}

func (c Change) String() string {
	if c.Down {
		return "-" + c.By.String()
	}
	return "+" + c.By.String()
}
