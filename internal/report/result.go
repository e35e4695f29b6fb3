package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// ResultVersion is the version of result.json that is written and read. It is raised
// when a reader of the old form would misunderstand the new one.
const ResultVersion = 1

// ResultSchema is the JSON Schema of result.json.
//
//go:embed result.schema.json
var ResultSchema string

// Result is one judged job, as it is written to result.json.
type Result struct {
	Version    int             `json:"version"`
	Tool       string          `json:"tool,omitempty"` // what wrote it
	Provider   string          `json:"provider"`
	What       string          `json:"what"`
	Name       string          `json:"name,omitempty"` // what the user calls it
	Ref        job.Ref         `json:"ref"`
	How        job.How         `json:"how,omitempty"`
	Emulated   bool            `json:"emulated,omitempty"` // it was a job of the emulator
	Aborted    *job.Abort      `json:"aborted,omitempty"`  // the gate that it was stopped for
	Console    string          `json:"console,omitempty"`  // the vendor's page for it
	Outcome    job.Outcome     `json:"outcome"`
	Verdict    job.Verdict     `json:"verdict,omitempty"` // empty: no gate was judged
	Status     string          `json:"status,omitempty"`  // as the cloud wrote it last
	Stop       job.Stop        `json:"stop,omitempty"`
	StillCosts string          `json:"still_costs,omitempty"` // what of it costs on after its end, and how that is ended
	Began      time.Time       `json:"began,omitzero"`
	Ended      time.Time       `json:"ended,omitzero"`
	Judged     time.Time       `json:"judged,omitzero"`            // when the result was made, by the clock of who made it
	Seconds    float64         `json:"duration_seconds,omitempty"` // how long it ran; 0: not known
	RequestID  string          `json:"request_id,omitempty"`
	RunURL     string          `json:"run_url,omitempty"` // of the workflow run
	Commit     string          `json:"commit,omitempty"`
	GitRef     string          `json:"git_ref,omitempty"`
	Gates      []job.Judgement `json:"gates,omitempty"`
	Report     job.Report      `json:"report"`
	Timeline   []job.Moment    `json:"timeline,omitempty"`
	Why        []string        `json:"why,omitempty"`     // why it ended so, as far as it is known
	Culprit    string          `json:"culprit,omitempty"` // the job whose failure ended this one
	Notes      []string        `json:"notes,omitempty"`   // what a reader should know about how it was judged
	Rerun      string          `json:"rerun,omitempty"`   // the command that does the same locally

	Past []Result `json:"-"` // earlier results of the same job, the oldest first
	Base []Result `json:"-"` // the earlier results that it is compared with, the oldest first
	Kept bool     `json:"-"` // it is written to files too
}

// When tells when the job ended, as far as that is known.
func (r Result) When() time.Time { return r.head().when() }

// title is how the job is named to people.
func (r Result) title() string { return cmp.Or(r.Name, r.What) }

// Of is the result of a job, without what only the step knows, such as the commit.
func Of(item job.Item) Result {
	r := Result{
		Version: ResultVersion, Tool: madeBy, Provider: item.Provider, What: item.What, Name: item.Name, Ref: item.Ref, How: item.How, Emulated: item.Emulated, Aborted: item.Aborted, Console: item.Console,
		Outcome: engine.OutcomeOf(item), Verdict: item.Verdict, Status: item.Status, Stop: item.Stop, StillCosts: item.Last.StillCosts, Began: item.Last.Begun, Ended: item.Last.Ended,
		RequestID: item.RequestID, Gates: item.Gates, Report: item.Report, Timeline: item.Timeline, Why: slices.Clip(item.Why), Culprit: item.Culprit,
	}
	if !r.Began.IsZero() && !r.Ended.IsZero() {
		r.Seconds = r.Ended.Sub(r.Began).Seconds()
	}
	if item.Err != nil {
		r.Why = append(r.Why, item.Err.Error())
	}
	if item.Note != "" {
		r.Notes = append(r.Notes, item.Note)
	}
	return r
}

// JSON is the text of result.json. JSON has no number for infinity: a sample with such
// a value is kept without it, and such a point is left out. In a gate it is an error,
// because leaving it out could change the verdict.
func (r Result) JSON() ([]byte, error) {
	r.Version, r.Report = ResultVersion, bounded(finite(r.Report))
	b, err := job.JSON(r, "  ")
	if err != nil {
		return nil, fmt.Errorf("result.json: %w", err)
	}
	return append(b, '\n'), nil
}

func finite(r job.Report) job.Report {
	r.Samples, r.Series = slices.Clone(r.Samples), slices.Clone(r.Series)
	for i, s := range r.Samples {
		if !isNumber(s.Value) {
			r.Samples[i].Value, r.Samples[i].Missing = 0, "the value is not a number"
		}
	}
	for i, s := range r.Series {
		r.Series[i].Points = numbers(s.Points)
	}
	return r
}

// The most that result.json holds of each list. Samples were bounded when they
// were judged.
const (
	mostSeries = 30
	mostPoints = 5000 // of a series
	mostErrors = 1000
	mostParts  = 5000
)

// bounded leaves out what would make a file too large to be read again: it keeps
// the extremes of a series, the most frequent errors, and the items that did not
// end well.
func bounded(r job.Report) job.Report {
	var left job.Left
	if r.Left != nil {
		left = *r.Left
	}
	left.Series += max(0, len(r.Series)-mostSeries)
	r.Series = r.Series[:min(mostSeries, len(r.Series))]
	for i := range r.Series {
		points := r.Series[i].Points
		r.Series[i].Points = downsample(points, mostPoints)
		left.Points += len(points) - len(r.Series[i].Points)
	}
	if len(r.Errors) > mostErrors {
		left.Errors += len(r.Errors) - mostErrors
		r.Errors = slices.Clone(r.Errors)
		slices.SortStableFunc(r.Errors, func(a, b job.ErrorKind) int { return cmp.Compare(b.Count, a.Count) })
		r.Errors = r.Errors[:mostErrors]
	}
	if len(r.Parts) > mostParts {
		left.Parts += len(r.Parts) - mostParts
		r.Parts = slices.Clone(r.Parts)
		slices.SortStableFunc(r.Parts, func(a, b job.Part) int { return partRank(a) - partRank(b) })
		r.Parts = r.Parts[:mostParts]
	}
	if left != (job.Left{}) {
		r.Left = &left
	}
	return r
}

// numbers are the points whose value is a number. It is never nil, so that JSON has an
// empty list.
func numbers(points []job.Point) []job.Point {
	kept := make([]job.Point, 0, len(points))
	for _, p := range points {
		if isNumber(p.Value) {
			kept = append(kept, p)
		}
	}
	return kept
}

func isNumber(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// ReadResult reads a result.json of this version.
func ReadResult(src []byte) (Result, error) {
	if err := opens(json.NewDecoder(bytes.NewReader(src))); err != nil {
		return Result{}, err
	}
	var head struct {
		Version  *int        `json:"version"`
		Provider string      `json:"provider"`
		Outcome  job.Outcome `json:"outcome"`
	}
	if err := json.Unmarshal(src, &head); err != nil {
		return Result{}, fmt.Errorf("not a result.json: %w", err)
	}
	if err := checked(head.Version, head.Provider, head.Outcome); err != nil {
		return Result{}, err
	}
	var r Result
	if err := json.Unmarshal(src, &r); err != nil {
		return Result{}, fmt.Errorf("not a result.json: %w", err)
	}
	r.believe()
	return r, nil
}

// believe takes out what can be no time and no number.
func (r *Result) believe() {
	r.Began, r.Ended, r.Judged = job.Believable(r.Began), job.Believable(r.Ended), job.Believable(r.Judged)
	r.Report.Believe()
}
