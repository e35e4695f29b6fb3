package action

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/record"
	"cloudjob/internal/report"
)

// This file keeps a run in a file: its calls as they come, and at its end what is
// not of the cloud.

// recording is the recording of a step; nil if none is asked for.
type recording struct {
	p      *process
	c      *console
	plan   plan.Plan
	writer *record.Writer
	file   *os.File
	dir    *reports
	name   string // in dir
	told   string // its path
	knew   int    // secrets when it began
	course engine.Course
}

// recordedRun is what stands beside the calls: all that the summary and the
// reports say and that no call tells. Its secrets are out.
type recordedRun struct {
	At       time.Time       `json:"at"`     // when it was judged
	Judged   bool            `json:"judged"` // there were gates, or report_dir
	Read     bool            `json:"read"`   // reports were read
	Wait     bool            `json:"wait"`
	Unjudged string          `json:"on_inconclusive"`
	Baseline bool            `json:"baseline"`
	Newest   int             `json:"baseline_newest"`
	Least    int             `json:"baseline_min"`
	Past     report.KeptPast `json:"past"`
	Origin   runOrigin       `json:"origin"`
	Rerun    string          `json:"rerun,omitempty"`
	Plan     string          `json:"rerun_plan,omitempty"`
	Sources  []report.Source `json:"sources,omitempty"`
	Jobs     []recordedJob   `json:"jobs"`
	Course   engine.Course   `json:"course"`
}

// recordedJob is what became of a job, without what it measured and how that was
// judged: a replay reads and judges it again.
type recordedJob struct {
	Item   job.Item       `json:"item"`
	Target string         `json:"target,omitempty"` // where it is; empty: it was never reached
	Gates  []recordedGate `json:"gates,omitempty"`
	Fault  *job.Error     `json:"fault,omitempty"` // the item's error, which is an interface there
	Error  string         `json:"error,omitempty"` // the same if it is a fault of ours
}

// recordedGate is a gate with its place.
type recordedGate struct {
	Text string `json:"text"`
	File string `json:"file"`
	Line int    `json:"line"`
	Col  int    `json:"col"`
}

// Files of a folder of recordings: each step has one of its own.
const mostRecordings = 1000

func recordingName(n int) string {
	if n == 1 {
		return "recording.har"
	}
	return fmt.Sprintf("recording-%d.har", n)
}

// record begins the recording of a step, and has both clouds' roads tell it of
// their calls.
func (p *process) record(c *console, run plan.Plan, around surroundings) (*recording, error) {
	if run.Record == "" {
		return nil, nil
	}
	dir, err := p.folder(run.Record)
	if err != nil {
		return nil, err
	}
	file, name, err := dir.next()
	if err != nil {
		dir.close()
		return nil, fmt.Errorf("it cannot be written to: %w", err)
	}
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	w, err := record.NewWriter(file, version)
	if err != nil {
		file.Close()
		dir.close()
		return nil, err
	}
	r := &recording{p: p, c: c, plan: run, writer: w, file: file, dir: dir, name: name, told: dir.of(name), knew: p.secrets.count()}
	for _, t := range around.transports() {
		t.Hidden, t.Record = hidden(run.Jobs), w.Add
	}
	return r, nil
}

// next makes the file of a recording beside those of other steps.
func (r *reports) next() (*os.File, string, error) {
	for n := 1; n <= mostRecordings; n++ {
		name := recordingName(n)
		f, err := r.dir.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, "", cause(err)
		}
		r.give(r.dir, name)
		return f, name, nil
	}
	return nil, "", fmt.Errorf("there are %d recordings in it already; remove some", mostRecordings)
}

func (s surroundings) transports() []*cloud.Transport {
	if s.emulated == nil {
		return []*cloud.Transport{s.real.Transport}
	}
	return []*cloud.Transport{s.real.Transport, s.emulated.Transport}
}

// hidden are the names of values that nobody is to see.
func hidden(jobs []plan.Job) (names []string) {
	for _, j := range jobs {
		names = append(names, j.Spec.Fields().Hidden()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// of is the course that a run is to tell, nil if there is no recording.
func (r *recording) of() *engine.Course {
	if r == nil {
		return nil
	}
	return &r.course
}

// finish writes what became of a redacted run. A recording that fails does not
// fail the step, whose jobs are what matters.
func (r *recording) finish(result engine.Result, j *judging, services []engine.Service, owners []plan.Job) {
	if r == nil {
		return
	}
	left, err := r.writer.Finish(r.run(result, j, services, owners))
	if err == nil && r.p.secrets.count() > r.knew {
		err = r.cleanAgain()
	}
	if err != nil {
		r.c.caution(map[string]string{"title": "cloudjob: record"}, fmt.Sprintf("%s is not whole: %s", r.told, err))
		return
	}
	if left > 0 {
		r.c.caution(map[string]string{"title": "cloudjob: record"}, fmt.Sprintf("%s would have become too large: %d of its calls are without what they sent and were answered", r.told, left))
	}
	r.c.line("the run is recorded in %s; cloudjob replay judges it again", r.told)
}

// end closes the file. One of a step that was refused before it called anything
// is taken away.
func (r *recording) end() {
	if r == nil {
		return
	}
	r.file.Close()
	if r.writer.Empty() {
		_ = r.dir.dir.Remove(r.name)
	}
	r.dir.close()
}

// cleanAgain takes out what nobody knew for a secret when it was written.
func (r *recording) cleanAgain() error {
	src, err := io.ReadAll(io.NewSectionReader(r.file, 0, record.Limit))
	if err != nil {
		return cause(err)
	}
	if clean := cloud.Clean(src, r.p.secrets.redact, nil); len(clean) != len(src) {
		_, err = r.file.WriteAt(clean, 0)
		return errors.Join(cause(err), cause(r.file.Truncate(int64(len(clean)))))
	}
	return nil
}

// run is what stands beside the calls.
func (r *recording) run(result engine.Result, j *judging, services []engine.Service, owners []plan.Job) json.RawMessage {
	if j == nil {
		j = &judging{at: time.Now()}
	}
	run := recordedRun{
		At: j.at, Judged: services != nil && r.plan.Judges(), Read: true, Wait: r.plan.Wait, Unjudged: r.plan.Unjudged,
		Baseline: r.plan.Baseline != nil, Newest: r.plan.Newest, Least: r.plan.Least, Past: j.past.Keep(), Origin: r.p.origin(),
		Rerun: j.rerun.command, Plan: string(j.rerun.plan), Course: r.course,
	}
	of := ownersOf(services, owners)
	for _, s := range j.sources { // the others may be secrets, which a digest of them could be found by
		stands := func(g gate.Gate) bool { return g.Place.File == s.Name }
		if slices.ContainsFunc(owners, func(o plan.Job) bool { return slices.ContainsFunc(o.Gates, stands) }) {
			run.Sources = append(run.Sources, s)
		}
	}
	for i, item := range result.Items {
		one := recordedJob{Item: item}
		one.Item.Report, one.Item.Gates, one.Item.Verdict, one.Item.Err = job.Report{}, nil, "", nil
		if e, ok := errors.AsType[*job.Error](item.Err); ok {
			known := *e
			known.Err, one.Fault = nil, &known
		} else if item.Err != nil {
			one.Error = item.Err.Error()
		}
		if i < len(of) {
			one.Target = of[i].Spec.Target()
			for _, g := range of[i].Gates {
				one.Gates = append(one.Gates, recordedGate{g.String(), g.Place.File, g.Place.Line, g.Place.Col})
			}
		}
		run.Jobs = append(run.Jobs, one)
	}
	if run.Course.Jobs == nil {
		run.Course.Jobs = make([]engine.JobCourse, len(run.Jobs))
	}
	b, err := job.JSON(run, "")
	if err != nil {
		return nil // there is no number in it that JSON has not
	}
	return cloud.Clean(b, r.p.secrets.redact, nil)
}

// ownersOf are the entries of the plan that each item is of.
func ownersOf(services []engine.Service, owners []plan.Job) (of []plan.Job) {
	for i, s := range services {
		for range s.What() {
			of = append(of, owners[i])
		}
	}
	return of
}

// passages are gates as they stood where they were written.
func passages(gates []recordedGate) (lines []field.Passage) {
	for _, g := range gates {
		lines = append(lines, field.Passage{Place: field.Place{File: g.File, Line: g.Line, Col: g.Col}, Text: g.Text})
	}
	return lines
}
