package action

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// This file is the check that logs in and reads: check -live by hand, and
// dry_run: live in a workflow.

// live says what a step would meet. It starts nothing.
func (p *process) live(ctx context.Context, c *console, asked plan.Plan) int {
	ctx, cancel := context.WithTimeout(ctx, asked.Timeout)
	defer cancel()
	parts := cloud.ToRun
	if asked.Wait {
		parts |= cloud.ToWait | cloud.ToStop
	}
	world := p.newOwnCloud(c, asked, false)
	p.announce(c, world, asked)
	around := p.surround(c, asked.Login, asked.Roots, world)
	var all []job.Inspection
	for _, j := range asked.Jobs {
		i := inspect(ctx, j, around.of, asked.Login.Accounts, parts)
		for k, what := range i.What {
			i.What[k] = called(j, what)
		}
		all = append(all, i)
	}
	all = c.redactedInspections(all)
	for _, i := range all {
		c.group(fmt.Sprintf("live check of %s", i.Provider), func() { c.line("%s", report.InspectedText(i)) })
	}
	for _, f := range report.Problems(all) {
		c.failure("cloudjob: "+string(f.Outcome), shorten(f.Text()))
	}
	outcome := job.OutcomeOfAll(all)
	if outcome == job.Started {
		c.line("nothing speaks against a start; nothing was started")
	}
	if outputs := report.InspectedOutputs(all); p.isStep.Load() && outputs != nil {
		if err := p.setOutputs(outputs); err != nil {
			c.failure("cloudjob: outputs", err.Error())
			outcome = job.Internal
		}
		if p.getenv("GITHUB_OUTPUT") == "" {
			c.outputs(outputs)
		}
	}
	p.addSummary(c, report.Inspected(all))
	return outcome.Exit()
}

// inspect is the check of one entry. Without a login, or in an account that is
// not allowed, nothing is read.
func inspect(ctx context.Context, j plan.Job, of func(target string) (cloud.Env, error), accounts []string, parts cloud.Part) job.Inspection {
	env, err := of(j.Spec.Target())
	var services []engine.Service
	if err == nil {
		services, err = j.Spec.Open(env)
	}
	name := "login"
	if err == nil {
		name, err = "allowed_account_ids", env.Logins.Allow(ctx, accounts)
	}
	if err == nil {
		return j.Provider.Inspect(ctx, services, parts, j.Guard)
	}
	err = emulatorKeys(err, j, env)
	i := job.Inspection{Provider: j.Provider.Name, Things: []job.Thing{job.NotRead(name, err)}}
	for _, s := range services {
		i.What = append(i.What, s.What()...)
	}
	return i
}

// redactedInspections takes the secrets out of what the cloud said, before it is
// escaped, as redacted does of results.
func (c *console) redactedInspections(all []job.Inspection) []job.Inspection {
	for n := range all {
		i := &all[n]
		i.What = c.cleared(i.What)
		for k := range i.Things {
			t := &i.Things[k]
			c.clear(&t.Name, &t.Says, &t.Cure)
		}
		for k := range i.Runs {
			r := &i.Runs[k]
			c.clear(&r.Of, &r.Ref.ID, &r.Ref.Run, &r.Status.Word, &r.Status.Message, &r.Status.Progress)
		}
		for k := range i.Needs {
			i.Needs[k].Err = c.clearedError(i.Needs[k].Err)
		}
	}
	return all
}

func (c *console) clearedError(err error) error {
	if e, ok := errors.AsType[*job.Error](err); ok {
		known := *e
		c.clear(&known.Code, &known.Message, &known.RequestID, &known.Meaning, &known.Cure)
		return &known
	}
	return err
}

// flagged removes a flag from the arguments of a command, and reports whether it was
// there.
func (p *process) flagged(names ...string) bool {
	before := len(p.args)
	p.args = slices.DeleteFunc(slices.Clone(p.args), func(arg string) bool { return slices.Contains(names, arg) })
	return len(p.args) < before
}
