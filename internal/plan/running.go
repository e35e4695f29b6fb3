package plan

import (
	"fmt"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
)

const ifRunningName = "if_running"

// ifRunning is what is done if the same runs already, and where that was said. A
// step says it by its input, a plan at its top and at its jobs.
type ifRunning struct {
	does string // empty: nothing was said
	at   field.Place
}

// field declares it.
func (i *ifRunning) field() *field.Field {
	return field.Choice(ifRunningName, &i.does, "What is done if a run of the same scenario, task or job goes on already that this step did not start: start starts another beside it, and looks for nothing; wait starts when it has ended, within the timeout; fail starts nothing and says who runs it.",
		engine.Beside, engine.Queue, engine.Yield).Or(engine.Beside).Then(func(at *field.At) { i.at = at.Place() })
}

// looks tells that somebody asked to look.
func (i ifRunning) looks() bool { return i.does == engine.Queue || i.does == engine.Yield }

// problem is one of what was said, which stands where that was.
func (i ifRunning) problem(format string, args ...any) field.Problem {
	text := fmt.Sprintf(format, args...)
	if i.at.Line > 0 {
		text = ifRunningName + " " + text
	}
	return field.Problem{Place: i.at, Text: text}
}

// settleRunning gives every job what the step or the top of the plan says for
// those that say nothing themselves, and complains where it can mean nothing.
func (p *Plan) settleRunning() (problems field.Problems) {
	var starts, others bool
	mode := ""
	for i := range p.Jobs {
		j := &p.Jobs[i]
		own := j.running
		if own.does == "" {
			own = p.running
		}
		if m := j.Spec.Mode(); m != cloud.ModeStart {
			mode, others = m, true
			if j.running.does != "" {
				problems = append(problems, j.running.problem("is about a start, and mode: %s starts nothing; leave one of them out", m))
			}
			continue
		}
		starts = true
		if alone, ok := j.Spec.(catalog.Alone); ok && own.looks() && alone.NoRivals() != "" {
			text := fmt.Sprintf("cannot be %s for %s: %s", own.does, j.Provider.Name, alone.NoRivals())
			if own == p.running && p.PlanFile != "" {
				text += "; give it at the jobs that it is for"
			}
			problems = append(problems, own.problem("%s", text))
		}
		j.IfRunning = own.does
	}
	if p.running.does != "" && others && !starts {
		problems = append(problems, p.running.problem("is about a start, and mode: %s starts nothing; leave one of them out", mode))
	}
	return problems
}
