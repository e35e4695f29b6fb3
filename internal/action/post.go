package action

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// postBudget is how long settling may take. After a cancel the runner gives
// all post steps of a job together less than five minutes.
const postBudget = 4 * time.Minute

// post settles what main left behind: it finds jobs of which only the mark was
// kept, stops those that nobody follows any more, and waits until the cloud
// confirms. It does nothing if main ended well or the user did not wait.
func (p *process) post(ctx context.Context) int {
	c := p.newConsole()
	roots, problems := p.roots(strings.TrimSpace(p.getenv("INPUT_CA_FILE")))
	defer p.forget()
	settled, status := p.settle(ctx, c, roots, problems)
	p.lateComment(ctx, c, roots, settled)
	return status
}

func (p *process) settle(ctx context.Context, c *console, roots []*x509.Certificate, problems field.Problems) (result engine.Result, status int) {
	left, err := p.left(c, roots)
	lost := p.lost(c, left)
	switch {
	case errors.Is(err, errNoWord):
		p.cannotKnow(c, err)
		return result, 0
	case err != nil:
		c.failure("cloudjob: post step", err.Error()+"; a job may still run: look for it in the console")
	case len(left.jobs) == 0 && left.lost == 0:
		c.line("nothing is left to settle")
	}
	if len(left.jobs) == 0 {
		return result, cmp.Or(exitOf(err), lost)
	}
	c.line("the step ended before its jobs did; settling them")
	for _, problem := range problems { // what can be reached with the system's roots is settled all the same
		c.problem(problem)
	}
	ctx, cancel := context.WithTimeout(ctx, postBudget)
	defer cancel()
	s := progress{c: c, p: p}
	result = c.redacted(engine.Settle(ctx, left.jobs, 5*time.Second, s.show))
	status = cmp.Or(exitOf(err), lost)
	for _, item := range result.Items {
		if text := unsettled(item); text != "" {
			c.failure("cloudjob: it may still run", text)
			status = cmp.Or(status, job.Cancelled.Exit())
		}
	}
	p.addSummary(c, report.Settled(result))
	return result, status
}

// lost says that jobs of an emulated cloud cannot be settled, and returns the exit
// status. Nothing real is lost, so that is no failure; a file that was tampered with
// is one.
func (p *process) lost(c *console, left remains) int {
	if left.lost == 0 {
		return 0
	}
	text := fmt.Sprintf("%d emulated jobs ended with the step: %s. Nothing of them was real, so nothing runs and nothing is to be stopped", left.lost, left.why)
	p.addSummary(c, report.LostEmulated(text))
	if !errors.Is(left.why, errGone) {
		c.failure("cloudjob: post step", text)
		return job.Internal.Exit()
	}
	c.line("%s", text)
	return 0
}

// exitOf is the exit status after a state that could not be read.
func exitOf(err error) int {
	if err != nil {
		return job.Internal.Exit()
	}
	return 0
}

// unsettled is the message about a job that may still run, or "".
func unsettled(item job.Item) string {
	text := strings.TrimSpace(item.Title() + " " + item.Ref.ID)
	switch {
	case item.Stop == job.StopRequested || item.Stop == job.StopFailed:
		text += ": " + string(item.Stop) + "; stop it in the console"
	case item.Err == nil:
		return ""
	}
	if item.Err != nil {
		text += ": " + item.Err.Error()
	}
	return text
}

// cannotKnow says that there is no state of main's. Main saves one before it starts
// anything. So either it was killed before that, or the runner does not pass the state
// on. This does not fail the step, because the latter is no fault of this run.
func (p *process) cannotKnow(c *console, err error) {
	asked, problems := plan.Decode(p.stepInputs(), p.readFile)
	if len(problems) > 0 || asked.Dry() || !asked.Wait {
		c.line("%s; by its inputs it waits for no job, so there is nothing to settle", err)
		return
	}
	text := err.Error() + ": it was ended before it began, or this runner hands no state to post steps (act does not). Whether a job of it still runs cannot be known here"
	if asked.AllEmulated() {
		c.line("%s; its jobs were the emulator's, so that nothing real runs", err)
		return
	}
	var look []string
	for _, j := range asked.Jobs {
		if j.Emulated() {
			continue
		}
		for _, call := range j.Provider.Calls() {
			if place := j.Provider.Name + ": " + call.Where; call.Where != "" && !slices.Contains(look, place) {
				look = append(look, place)
			}
		}
	}
	if look != nil {
		text += "; look at " + strings.Join(look, "; ")
	}
	c.caution(map[string]string{"title": "cloudjob: post step"}, text)
	p.addSummary(c, report.Unknown(text))
}
