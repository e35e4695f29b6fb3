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

// The severities of a gate. Without one it fails the step.
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
	Runs        int           // of a trend: the results that it is taken of, this one among them; 0: it is none
	Over        time.Duration // the window; 0: the run
	For         time.Duration // how long it must hold; 0: at the end of the window
	After       time.Duration // grace from the job's start
	Unit        job.Unit      // the metric's; Check tells it
	Polled      bool          // as the metric; Check tells it

	at      columns
	comment string // what stands behind it on its line
}

// columns are where the parts of a gate begin, counted from 1.
type columns struct {
	severity, aggregation, metric, trend, op, limit, over, hold int // 0: there is none
	keys, changes                                               []int
}

// Selector picks what a metric is given for: a request, a check.
type Selector struct {
	Key  string
	Glob bool   // Text is a pattern, in which * stands for any text
	Text string // of what is picked, as a whole
}

// Limit is one of a value, a word, a baseline and what a trend may change from
// run to run.
type Limit struct {
	Value    Value
	Word     string   // a state
	Baseline bool     // the median of earlier results
	Changes  []Change // of the baseline, at most two, of which one is enough; of a trend the one
}

// Change moves a baseline. A percentage is one of the baseline, for a metric
// measured in percent too, of which pp moves the points.
type Change struct {
	Down bool
	By   Value
}

// relative tells of a change that grows with the baseline.
func (c Change) relative() bool { return c.By.Unit == string(job.Percent) }

// noisy tells of a change that grows with the noise of the earlier results.
func (c Change) noisy() bool { return c.By.Unit == noise }

// Compares tells that a gate is judged with earlier results.
func (g Gate) Compares() bool { return g.Limit.Baseline || g.Runs > 0 }

// Value is a number as written, in the unit that was written.
type Value struct {
	Number float64
	Unit   string
}

// measure is a unit of the language, as a multiple of one of the vocabulary's.
type measure struct {
	name  string
	of    job.Unit
	tens  int     // the power of ten, which decimals bear without rounding
	times float64 // and another factor
	moves bool    // it says how far a baseline moves, and nothing else
}

// points are the unit of what moves a percentage as it is written: 1 % and 1pp
// are 2 %.
const points = "pp"

// noise is the unit of what moves a baseline by how far the earlier results lie
// about it.
const noise = "mad"

// measures lists the units that a user may write. A KB has 1000 bytes.
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

// unitNames are the units that a metric may be written in.
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

// Base is the value in the vocabulary's unit. 70ms is the number nearest to
// 0.07, which 70 * 0.001 is not.
func (v Value) Base() float64 {
	m := measureOf(v.Unit)
	return timesTen(v.Number, m.tens) * m.times
}

// timesTen is a number times a power of ten, as decimals have it.
func timesTen(number float64, tens int) float64 {
	n, err := strconv.ParseFloat(plain(number)+"e"+strconv.Itoa(tens), 64)
	if err != nil { // out of range: a number of the language never is
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

// String writes the gate in one form of all that mean the same. Parsing it
// gives the same gate.
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

// spans are the parts of a gate about time.
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
			parts = append(parts, span.word+" "+Length(span.length))
		}
	}
	return strings.Join(parts, " ")
}

// subject is what is limited, as the language writes it.
func (g Gate) subject() string {
	if g.Runs > 0 {
		return g.measured() + " " + trendWord
	}
	return g.measured()
}

// wants is the limit.
func (g Gate) wants() string {
	if g.Runs > 0 {
		return g.Limit.Changes[0].String() + perRun
	}
	return g.Limit.String()
}

// measured is what is measured.
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

// Length writes a duration of whole seconds without what is zero: 1h30m.
func Length(d time.Duration) string {
	var b strings.Builder
	for _, unit := range []struct {
		name string
		of   time.Duration
	}{{"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}} {
		if n := d / unit.of; n > 0 {
			fmt.Fprintf(&b, "%d%s", n, unit.name)
			d -= n * unit.of
		}
	}
	if b.Len() == 0 {
		return "0s"
	}
	return b.String()
}
