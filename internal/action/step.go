package action

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// secrets are the values of all variables that hold credentials.
func (p *process) secrets() []string {
	var values []string
	for _, provider := range catalog.Providers() {
		for _, name := range provider.Variables {
			if v := strings.TrimSpace(p.getenv(name)); v != "" && !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
	}
	return values
}

// step does what a workflow step does: check, start, report.
func (p *process) step(ctx context.Context, inputs []field.Input) int {
	c := p.newConsole(p.secrets())
	plan, problems := plan.Decode(inputs, p.readFile)
	if len(problems) > 0 {
		return p.refuse(c, problems)
	}
	if plan.DryRun {
		return p.rehearse(ctx, c, plan)
	}
	env := cloud.Env{Getenv: p.getenv, Transport: &cloud.Transport{Base: p.network}}
	if p.getenv("RUNNER_DEBUG") == "1" {
		var mu sync.Mutex
		env.Transport.Trace = func(line string) { mu.Lock(); defer mu.Unlock(); c.debug(line) }
	}
	past, err := p.past(c, plan.Run, plan.Jobs)
	if err != nil {
		c.failure("cloudjob: baseline", "the earlier results cannot be read: "+err.Error())
		return job.Internal.Exit()
	}
	services, owners, result := open(plan.Jobs, env)
	if result.Outcome != job.Started {
		c.line("%s", report.Table(result))
		return p.finish(c, result, nil)
	}
	if plan.Wait {
		c.group("start and follow", func() { result = p.run(ctx, c, plan.Run, services, owners, past) })
		c.line("%s", report.Table(result))
	} else {
		result = p.run(ctx, c, plan.Run, services, owners, past)
	}
	if !plan.Judges() {
		return p.finish(c, result, nil)
	}
	return p.finish(c, result, &judging{dir: plan.ReportDir, past: past, newest: plan.Newest, rerun: c.redact.Replace(rerun(inputs))})
}

// judging is what the reports of a judged step are made of beside its result.
type judging struct {
	dir    string // of the reports; empty: none
	past   report.Past
	newest int // results of the past that are used
	rerun  string
}

// run hands the services to the engine, with the step's inputs as its options.
func (p *process) run(ctx context.Context, c *console, run plan.Run, services []engine.Service, owners []plan.Job, past report.Past) engine.Result {
	total := 0
	for _, s := range services {
		total += len(s.What())
	}
	var mu sync.Mutex
	shown := progress{c: c, p: p, total: total}
	o := engine.Options{
		Mark: p.mark(run.JobIndex), Contents: contents(services, owners), Wait: run.Wait, Timeout: run.Timeout, PollEvery: run.PollEvery,
		OnTimeout: run.OnTimeout, OnCancel: run.OnCancel, MaxParallel: run.MaxParallel, FailFast: run.FailFast,
		Journal: p.newJournal(owners, run.Wait),
		Notify:  func(e engine.Event) { mu.Lock(); defer mu.Unlock(); shown.show(e) },
	}
	o.Unjudged, o.Report = run.Unjudged, run.ReportDir != ""
	for _, owner := range owners {
		o.Gates = append(o.Gates, owner.Gates)
	}
	if run.Baseline != nil {
		o.Baseline = func(provider, what string) *gate.Baseline {
			return past.Baseline(provider, what, run.Newest, run.Least)
		}
	}
	o.Jitter = p.jitter
	o.Attach = run.Attach() && o.Mark.Attempt != "1"
	if o.Journal == nil {
		o.Confirm = time.Minute // there is no post step to do it
	}
	if c.terminal {
		o.Heartbeat = time.Second
	}
	return engine.Run(ctx, services, o)
}

// open makes the services of all jobs; owners has the job of each. Unless every
// login is there, the result says what is missing and nothing is to be started.
func open(jobs []plan.Job, env cloud.Env) (services []engine.Service, owners []plan.Job, r engine.Result) {
	r.Outcome = job.Started
	failures := map[string]error{} // of each provider
	for _, j := range jobs {
		list, err := j.Spec.Open(env)
		for _, s := range list {
			services, owners = append(services, s), append(owners, j)
		}
		if err != nil {
			failures[j.Provider.Name] = err
			r.Outcome = job.Worse(r.Outcome, job.OutcomeOf(err))
		}
	}
	if r.Outcome == job.Started {
		return services, owners, r
	}
	for _, s := range services {
		err := failures[s.Provider()]
		if err == nil {
			err = &job.Error{Fault: job.Denied, Call: "start", Message: "not started, because the login of another job is missing"}
		}
		r.Items = append(r.Items, engine.Fail(s, err)...)
	}
	return nil, nil, r
}

// contents are what each service starts.
func contents(services []engine.Service, owners []plan.Job) []string {
	all := make([]string, len(services))
	for i, s := range services {
		all[i] = owners[i].Provider.Content(owners[i].Spec, s)
	}
	return all
}

// finish writes outputs and summary and returns the exit status. Without j
// nothing was judged.
func (p *process) finish(c *console, r engine.Result, j *judging) int {
	r = c.redacted(r)
	outputs, summary := report.Outputs(r), report.Summary(r)
	if j != nil {
		outputs = append(outputs, verdictOutputs(r)...)
		results := p.results(r, j)
		summary = report.Judged(results)
		if j.dir != "" {
			files, err := p.writeReports(j.dir, results)
			if err != nil {
				c.failure("cloudjob: report_dir", "the reports cannot be written: "+err.Error())
				r.Outcome = job.Worse(r.Outcome, job.Internal)
			}
			outputs = append(outputs, files...)
		}
	}
	c.annotateGates(r)
	for _, message := range messages(r) {
		c.failure("cloudjob: "+string(r.Outcome), message)
	}
	if err := p.setOutputs(c, outputs); err != nil {
		c.failure("cloudjob: outputs", err.Error())
		r.Outcome = job.Worse(r.Outcome, job.Internal)
	}
	p.addSummary(c, summary)
	return r.Outcome.Exit()
}

// messages are the different failures of a result, each with the jobs it hit.
func messages(r engine.Result) []string {
	var order []string
	hit := map[string][]string{}
	for _, item := range r.Items {
		text := ""
		switch {
		case item.Err != nil:
			text = item.Err.Error()
		case item.End == job.Unauthorized || item.End == job.Internal: // it could not be followed
			text = strings.Join(item.Why, "; ")
		default:
			continue
		}
		if _, seen := hit[text]; !seen {
			order = append(order, text)
		}
		hit[text] = append(hit[text], item.What)
	}
	for i, text := range order {
		what := hit[text]
		if len(what) > 3 {
			what = append(what[:3:3], fmt.Sprintf("%d more", len(what)-3))
		}
		order[i] = strings.Join(what, ", ") + ": " + text
	}
	return order
}

// refuse reports mistakes in the inputs.
func (p *process) refuse(c *console, problems field.Problems) int {
	for i := range problems {
		problems[i].Text = c.redact.Replace(problems[i].Text)
		c.problem(problems[i])
	}
	r := engine.Result{Outcome: job.InvalidInput}
	if err := p.setOutputs(c, []report.Output{{Name: "outcome", Value: string(r.Outcome)}}); err != nil {
		c.failure("cloudjob: outputs", err.Error())
	}
	p.addSummary(c, report.Invalid(problems))
	return r.Outcome.Exit()
}

// rehearse shows what would be sent. The real clients make the requests; only
// the network is replaced, so what is shown is exactly what a run sends.
func (p *process) rehearse(ctx context.Context, c *console, plan plan.Plan) int {
	stage := &cloud.Rehearsal{}
	env := cloud.Env{Getenv: p.getenv, Transport: &cloud.Transport{Base: stage}, Rehearsal: true}
	services, owners, r := open(plan.Jobs, env)
	if r.Outcome != job.Started {
		return p.finish(c, r, nil)
	}
	mark := engine.Mark{Run: "dry run", Attempt: "1", Once: "mark"} // a run draws its own
	marks := mark.Of(make([]string, len(services)))
	for i, s := range services { // one after the other, so that requests stand in their order
		for _, item := range s.Start(ctx, job.Intent{Mark: marks[i]}) {
			if e, ok := errors.AsType[*job.Error](item.Err); item.Err != nil && (!ok || e.Fault != job.Ambiguous) {
				return p.finish(c, engine.Result{Outcome: job.OutcomeOf(item.Err), Items: []job.Item{item}}, nil)
			}
		}
	}
	requests := stage.Requests()
	c.line("dry run: nothing is sent; these are the requests, but that each run draws its own mark (cj-…):")
	for _, request := range requests {
		c.group(fmt.Sprintf("%s, which %s", request.Call.Name, request.Call.Does), func() {
			c.line("%s", report.Request(request))
			c.line("needs %s", request.Call.Permission)
		})
	}
	if others := otherCalls(owners, requests, plan.Wait); others != nil {
		c.group("other calls that a run can make: reads before and after the start, and the stop of a job that is waited for", func() {
			for _, line := range others {
				c.line("%s", line)
			}
		})
	}
	p.addSummary(c, report.Rehearsed(requests))
	return 0
}

// otherCalls are the calls of the providers that the requests do not show, each
// once. Only a job that is waited for is ever stopped.
func otherCalls(owners []plan.Job, shown []cloud.Request, wait bool) []string {
	var lines []string
	for _, o := range owners {
		for _, call := range o.Provider.Calls() {
			line := fmt.Sprintf("%s %s, which %s: needs %s", o.Provider.Name, call.Name, call.Does, call.Permission)
			isShown := slices.ContainsFunc(shown, func(r cloud.Request) bool { return r.Call.Name == call.Name })
			if !isShown && (call.Reads || wait) && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// check says what a step would do, without a login and without a call.
func (p *process) check(inputs []field.Input) int {
	c := p.newConsole(p.secrets())
	plan, problems := plan.Decode(inputs, p.readFile)
	if len(problems) > 0 {
		for _, problem := range problems {
			c.problem(problem)
		}
		return job.InvalidInput.Exit()
	}
	env := cloud.Env{Getenv: p.getenv, Transport: &cloud.Transport{}, Rehearsal: true}
	for _, j := range plan.Jobs {
		services, err := j.Spec.Open(env)
		for _, s := range services {
			for _, what := range s.What() {
				c.line("would start: %s, %s", j.Provider.Name, what)
			}
		}
		if err != nil {
			c.failure("cloudjob: login", err.Error())
			return job.OutcomeOf(err).Exit()
		}
	}
	return 0
}
