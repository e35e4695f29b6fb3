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

// This file writes the annotations that say why a step failed. The runner keeps ten, so
// the reason for the outcome comes first, then the gates, then everything else.

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

// message is one reason, and the jobs that failed for it.
type message struct {
	outcome job.Outcome
	victim  bool // they were ended because another job failed
	text    string
}

// messages are the different reasons why jobs did not end well. Those for the step's
// outcome come first, and jobs that were ended because of another one last. Gates have
// annotations of their own.
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

// reasonLimit keeps an annotation below the 4096 characters from which the runner cuts
// it off.
const reasonLimit = 3000

func shorten(reason string) string {
	if len(reason) <= reasonLimit {
		return reason
	}
	return strings.ToValidUTF8(reason[:reasonLimit], "") + "… (cut; the output reason has more)"
}

// annotateGates writes annotations for gates that did not pass, the broken ones first.
// Gates of a job that was cancelled or not started have none, nor have gates without
// data of a job that did not end well: the job's own message is enough.
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

// judged reports whether gates decided the outcome of a job.
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
