package action

import (
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// This file says in annotations why a step failed. The runner keeps ten, so the
// reason of the outcome comes first, then the gates, then what else went wrong.

func (c *console) explain(r engine.Result, onInconclusive string) {
	all := messages(r)
	first := min(1, len(all))
	for _, m := range all[:first] {
		c.failure("cloudjob: "+string(m.outcome), m.text)
	}
	c.annotateGates(r, onInconclusive)
	for _, m := range all[first:] {
		c.failure("cloudjob: "+string(m.outcome), m.text)
	}
}

// message is one reason, and the jobs that it hit.
type message struct {
	outcome job.Outcome
	victim  bool // it is another job's fault
	text    string
}

// messages are the different reasons why jobs did not end well, the step's own
// outcome first and the victims of another job last. What gates decided, their
// own annotations tell.
func messages(r engine.Result) []message {
	var all []message
	hit := map[message][]string{}
	for _, item := range r.Items {
		reason := report.Reason(item)
		if reason == "" || slices.ContainsFunc(item.Gates, func(j job.Judgement) bool { return j.Severity != gate.Warn && j.Verdict != job.Pass }) && judged(item) && item.Err == nil {
			continue
		}
		m := message{engine.OutcomeOf(item), item.Culprit != "", shorten(reason)}
		if hit[m] == nil {
			all = append(all, m)
		}
		hit[m] = append(hit[m], strings.TrimSuffix(item.Title()+" "+item.Ref.ID, " "))
	}
	for i, m := range all {
		what := hit[m]
		if len(what) > 3 {
			what = append(what[:3:3], fmt.Sprintf("%d more", len(what)-3))
		}
		all[i].text = strings.Join(what, ", ") + ": " + m.text
	}
	rank := func(m message) int {
		switch {
		case m.victim:
			return 2
		case m.outcome == r.Outcome:
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b message) int { return rank(a) - rank(b) })
	return all
}

// reasonLimit keeps an annotation below the 4096 characters at which the runner
// cuts it without a word.
const reasonLimit = 3000

func shorten(reason string) string {
	if len(reason) <= reasonLimit {
		return reason
	}
	return strings.ToValidUTF8(reason[:reasonLimit], "") + "… (cut; the output reason has more)"
}

// annotateGates puts gates that are not passed on their own lines, the broken
// ones first. A cancel, and a job that was not started, say enough themselves;
// of a job that did not end well a gate without data says nothing new.
func (c *console) annotateGates(r engine.Result, onInconclusive string) {
	rank := func(j job.Judgement) int {
		switch {
		case j.Severity == gate.Warn:
			return 2
		case j.Verdict == job.Fail:
			return 0
		}
		return 1
	}
	for now := range 3 {
		for _, item := range r.Items {
			if item.End == job.Cancelled || item.Err != nil {
				continue
			}
			for _, j := range item.Gates {
				if annotated(item, j, onInconclusive) && rank(j) == now {
					c.annotateGate(item.Title(), j, onInconclusive)
				}
			}
		}
	}
}

func annotated(item job.Item, j job.Judgement, onInconclusive string) bool {
	switch {
	case j.Verdict == job.Inconclusive && onInconclusive == "pass":
		return false
	case j.Verdict == job.Inconclusive:
		return judged(item)
	}
	return j.Verdict != job.Pass
}

// judged tells of a job whose gates decided how it ended.
func judged(item job.Item) bool {
	return item.End == "" || item.End == job.Succeeded || item.End == job.GateFailed || item.End == job.Unjudged
}

func (c *console) annotateGate(what string, j job.Judgement, onInconclusive string) {
	text := strings.TrimSuffix(fmt.Sprintf("%s: %s: %s: %s", what, j.Gate, j.Verdict, j.Reason), ": ")
	properties := titled("cloudjob: gate "+string(j.Verdict), field.Place{File: j.File, Line: j.Line})
	if j.Severity == gate.Warn || j.Verdict == job.Inconclusive && onInconclusive == "warn" {
		c.caution(properties, text)
		return
	}
	c.annotate(properties, text)
}
