package action

import (
	"cmp"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// progress shows the events of a run: a line when something changes, and regularly a
// line while nothing does. In a terminal that is one line, which is overwritten.
type progress struct {
	c       *console
	p       *process
	total   int
	begun   []job.Item
	written time.Time
}

// outputsEvery is the shortest time between two writes of the outputs while jobs begin.
const outputsEvery = 5 * time.Second

// show shows one event; the run calls it one at a time. Measured values are not shown
// here.
func (s *progress) show(e engine.Event) {
	e.Item.Report = job.Report{}
	e.Item = s.c.redactedItem(e.Item)
	s.c.clear(&e.Text)
	switch e.Kind {
	case engine.Begins:
		s.c.verbatim(report.Line(e.Item, s.c.book))
		s.begins(e.Item)
	case engine.Changes:
		s.c.line("%s", moment(e))
	case engine.Beats:
		if s.c.terminal {
			s.c.live(fmt.Sprintf("%6s  %s: %s, %s", job.Span(e.Took.Round(time.Second)), e.Item.Title(), e.Item.Last.State, cmp.Or(report.Standing(e.Item.Gates), e.Item.Last.Progress)))
			return
		}
		s.c.line("%s", moment(e))
	case engine.Waits:
		text := fmt.Sprintf("%6s  %s: %s", job.Span(e.Took.Round(time.Second)), e.Item.Title(), e.Text)
		if s.c.terminal {
			s.c.live(text)
			return
		}
		s.c.line("%s", text)
	case engine.Ends:
		s.c.line("%s", ending(e))
	case engine.Trouble:
		s.c.line("%6s  ⚠️ %s: %s", job.Span(e.Took.Round(time.Second)), e.Item.Title(), e.Text)
	}
}

// begins sets the outputs as soon as a job was started, so that they are there even if
// this process is killed.
func (s *progress) begins(item job.Item) {
	s.begun = append(s.begun, item)
	if len(s.begun) < s.total && len(s.begun) > 1 && time.Since(s.written) < outputsEvery {
		return
	}
	s.written = time.Now()
	if s.p.getenv("GITHUB_OUTPUT") != "" {
		_ = s.p.setOutputs(report.Outputs(engine.Result{Items: s.begun}, false, "the log")[1:]) // not yet the outcome; what fails here fails at the end too
	}
}

// moment is how a job stands, in one line.
func moment(e engine.Event) string {
	last := e.Item.Last
	parts := []string{fmt.Sprintf("%6s  %s %s: %s", job.Span(e.Took.Round(time.Second)), e.Item.Title(), e.Item.Ref.ID, last.State)}
	if last.Word != "" && !strings.EqualFold(last.Word, string(last.State)) {
		parts[0] += " (" + last.Word + ")"
	}
	if last.State == job.StateRunning && last.Planned > 0 {
		parts = append(parts, "of "+job.Span(last.Planned.Round(time.Second))+" planned")
	}
	for _, text := range []string{last.Progress, last.Message} {
		if text != "" && !strings.EqualFold(text, string(last.State)) {
			parts = append(parts, text)
		}
	}
	if standing := report.Standing(e.Item.Gates); standing != "" && !last.State.Over() {
		parts = append(parts, standing)
	}
	return strings.Join(parts, ", ")
}

func ending(e engine.Event) string {
	outcome, stopped := engine.OutcomeOf(e.Item), report.Stopped(e.Item)
	says := string(outcome)
	switch {
	case outcome == job.Stopped: // what became of it says more
		says = stopped
	case stopped != "":
		says += ", " + stopped
	}
	text := fmt.Sprintf("%6s  %s %s %s: %s", job.Span(e.Took.Round(time.Second)), report.Mark(outcome), e.Item.Title(), e.Item.Ref.ID, says)
	for _, why := range e.Item.Why {
		text += "\n        " + why
	}
	return text
}

// terminal reports whether the output goes to a terminal.
func terminal(w any) bool {
	f, ok := w.(interface{ Stat() (fs.FileInfo, error) })
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&fs.ModeCharDevice != 0
}
