package job

import (
	"strings"
	"time"
)

// This file is the vocabulary of measurements: what a provider can report,
// what it did report, and what was made of it.

// Unit is what a value is measured in. Values are kept in these units
// everywhere; a provider converts at its client's edge.
type Unit string

const (
	Seconds        Unit = "s"
	Percent        Unit = "%" // 0 to 100
	PerSecond      Unit = "/s"
	BytesPerSecond Unit = "B/s"
	Count          Unit = "" // a whole number
	Word           Unit = "state"
)

// perRun stands behind the unit of what changes from run to run.
const perRun = "/run"

// PerRun is the unit of how far a value of this one moves from run to run.
func (u Unit) PerRun() Unit { return u + perRun }

// OfRuns takes PerRun back; ok is false if there is nothing to take.
func (u Unit) OfRuns() (of Unit, ok bool) {
	text, ok := strings.CutSuffix(string(u), perRun)
	return Unit(text), ok
}

// Metric declares one thing that a provider can report.
type Metric struct {
	Name         string
	Unit         Unit
	Aggregations []string // of which one must be written: avg, p95; nil: the metric is written alone
	Alone        bool     // it can be written alone too
	Series       []string // aggregations, "" for alone, that the service knows over time, so that a window can be put on them
	Polled       bool     // it is of the moment, so that reading it again and again makes a series
	Selectors    []string // keys: request, check; no series has any
	Live         []string // selectors, "" for none, with which it is known while the job runs
	Doc          string   // one sentence
	Call         string   // the API call it comes from
	Late         string   // how late the value is known, for people
	States       []string // of a word: those that a job can end with
}

// Trend is which values of a metric are better.
type Trend int

const (
	Neither Trend = iota
	Lower
	Higher
)

// Quantity is what the name of a metric means: the same on every provider.
type Quantity struct {
	Unit     Unit
	Better   Trend
	Requests bool // it is of requests: without one it says nothing
	Above0   bool // 0 is no value of it: nothing takes no time
	Grows    bool // while its job runs it never gets less
	Unknown  bool // nobody declares it, so its values may be any
}

// QuantityOf is what a metric's name means. A name that nobody declares is a
// count.
func QuantityOf(metric string) Quantity {
	switch metric {
	case "response_time":
		return Quantity{Unit: Seconds, Better: Lower, Requests: true, Above0: true}
	case "error_rate", "check_error_rate":
		return Quantity{Unit: Percent, Better: Lower, Requests: true}
	case "errors":
		return Quantity{Unit: Count, Better: Lower, Requests: true, Grows: true}
	case "requests", "succeeded_tasks":
		return Quantity{Unit: Count, Better: Higher, Grows: true}
	case "virtual_users": // the most that were seen
		return Quantity{Unit: Count, Grows: true}
	case "failed_tasks":
		return Quantity{Unit: Count, Better: Lower, Grows: true}
	case "rps":
		return Quantity{Unit: PerSecond, Better: Higher}
	case "received_rate", "sent_rate":
		return Quantity{Unit: BytesPerSecond}
	case "duration":
		return Quantity{Unit: Seconds, Grows: true}
	case "replication_delay":
		return Quantity{Unit: Seconds, Better: Lower}
	case "progress":
		return Quantity{Unit: Percent, Better: Higher, Grows: true}
	case "state":
		return Quantity{Unit: Word}
	}
	return Quantity{Unit: Count, Unknown: true}
}

// UnitOf is the unit of a metric.
func UnitOf(metric string) Unit { return QuantityOf(metric).Unit }

// Sample is one value of a report. A value that the service did not give is not
// in the report, or has the reason in Missing: absent is never zero.
type Sample struct {
	Metric      string            `json:"metric"`
	Aggregation string            `json:"aggregation,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"` // request, check
	Value       float64           `json:"value"`
	Word        string            `json:"word,omitempty"`    // for Word metrics
	Behind      int64             `json:"behind,omitempty"`  // how many measurements are behind it; 0: not known
	Missing     string            `json:"missing,omitempty"` // why there is no value
	Odd         bool              `json:"-"`                 // Value is what was sent and can be no value
}

// Series is a metric over time.
type Series struct {
	Metric      string            `json:"metric"`
	Aggregation string            `json:"aggregation,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Points      []Point           `json:"points"`
	Odd         []Odd             `json:"-"` // what was sent for a time and can be no value
}

// Odd is a point of a series that is none.
type Odd struct {
	At  time.Duration // since the job began; negative: the time itself can be none
	Why string
}

// Point is one value of a series.
type Point struct {
	At    time.Duration `json:"at"` // since the job began
	Value float64       `json:"value"`
}

// Range is how many requests took so long, where the service counts that.
type Range struct {
	What  string `json:"what"` // as the service writes it
	Count int64  `json:"count"`
}

// ErrorKind is one sort of failed request.
type ErrorKind struct {
	What  string `json:"what"` // "404 Not Found"
	Count int64  `json:"count"`
}

// Part is one item of a job that is no load test: a Batch task, a DataArts node.
type Part struct {
	Name   string `json:"name"`
	Status string `json:"status"`
	Detail string `json:"detail,omitempty"` // exit code, log path
}

// Report is what a job measured, as far as its service says.
type Report struct {
	Samples []Sample    `json:"samples,omitempty"`
	Series  []Series    `json:"series,omitempty"`
	Errors  []ErrorKind `json:"errors,omitempty"`
	Ranges  []Range     `json:"ranges,omitempty"` // the shortest times first
	Parts   []Part      `json:"parts,omitempty"`
	Notes   []string    `json:"notes,omitempty"` // what a reader should know: data missing, a call refused
	Left    *Left       `json:"left_out,omitempty"`
}

// Left counts what is left out of a report that was too large to be kept whole.
type Left struct {
	Requests int `json:"requests,omitempty"` // of which no value is kept
	Values   int `json:"values,omitempty"`
	Series   int `json:"series,omitempty"`
	Points   int `json:"points,omitempty"`
	Errors   int `json:"errors,omitempty"` // kinds of them
	Parts    int `json:"parts,omitempty"`
}

// Verdict is what a gate, and a job by its gates, came to.
type Verdict string

const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// Judgement is what one gate came to.
type Judgement struct {
	Gate     string  `json:"gate"` // the line, as the language prints it
	Name     string  `json:"name,omitempty"`
	Severity string  `json:"severity,omitempty"` // "" is fail; warn, abort
	File     string  `json:"file,omitempty"`     // where it is written
	Line     int     `json:"line,omitempty"`
	Subject  string  `json:"subject"` // the line's parts: p95(response_time)
	Op       string  `json:"op"`      // <
	Wants    string  `json:"wants"`   // 300ms; baseline +10%; SUCCEED
	Verdict  Verdict `json:"verdict"`
	Unit     Unit    `json:"unit,omitempty"`
	Limit    float64 `json:"limit"`
	NoLimit  bool    `json:"no_limit,omitempty"` // it is judged with earlier results that are not there; of a baseline Limit means nothing then
	Results  int     `json:"results,omitempty"`  // how many earlier results it is judged with, if any
	Median   float64 `json:"median,omitempty"`   // of those, if it is a baseline
	Actual   float64 `json:"actual"`
	Word     string  `json:"word,omitempty"`   // the actual state, for state gates
	Where    string  `json:"where,omitempty"`  // the label that decided, of those a selector matched
	Reason   string  `json:"reason,omitempty"` // why it is inconclusive, or what broke it

	NotYet bool `json:"-"` // it is broken, and holds yet if the job runs on: what it is about only grows, or is its state
}
