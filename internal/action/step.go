package action

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// step does what a workflow step does: check, start, report.
func (p *process) step(ctx context.Context, inputs []field.Input) int {
	p.isStep.Store(true)
	plan, read, problems := p.decode(inputs)
	problems = append(problems, p.refuseOrdinary(plan)...)
	c := p.newConsole()
	refuse := func(problems field.Problems) int {
		status := p.refuse(c, problems)
		p.comment(ctx, c, plan.Run, p.env(c, plan.Login, plan.Roots).Transport, func(limit int) string { return report.CommentRefused(problems, p.tested(), limit) })
		return status
	}
	if len(problems) > 0 {
		return refuse(problems)
	}
	c.doubts(plan.Doubts)
	switch {
	case plan.IsLive():
		return p.live(ctx, c, plan)
	case plan.Dry():
		return p.rehearse(ctx, c, plan)
	}
	p.commentDue(plan.Run)
	world := p.newOwnCloud(c, plan, plan.Wait)
	p.announce(c, world, plan)
	around := p.surround(c, plan.Login, plan.Roots, world)
	recording, err := p.record(c, plan, around)
	if err != nil {
		return refuse(unusable("record", plan.Record, err))
	}
	defer recording.end()
	finish := func(r engine.Result, j *judging, faults ...fault) int {
		status, broken := p.finish(c, r, j, faults...)
		p.comment(ctx, c, plan.Run, around.real.Transport, func(limit int) string {
			return report.Comment(p.results(r, j), p.tested(), broken, limit)
		})
		return status
	}
	services, owners, result := open(plan.Jobs, around.of)
	if result.Outcome == job.Started {
		result = allowed(ctx, around.real, plan.Login.Accounts, services, owners)
	}
	if result.Outcome != job.Started {
		result = c.redacted(result)
		recording.finish(result, nil, nil, nil)
		c.verbatim(report.Table(result, c.book))
		return finish(result, nil)
	}
	past, err := p.past(c, plan.Run, plan.Jobs, services, owners)
	if err != nil {
		return finish(engine.Result{}, nil, fault{"baseline", "the earlier results cannot be read: " + err.Error()})
	}
	j := &judging{past: past, newest: plan.Newest, onInconclusive: plan.Unjudged, rerun: newAgain(p.elsewhere(inputs), c.secrets.in), sources: read}
	j.rerun.command = c.secrets.replace(j.rerun.command)
	if plan.ReportDir != "" {
		if j.reports, err = p.prepare(plan.ReportDir, count(services)); err != nil {
			return refuse(unusable("report_dir", plan.ReportDir, err))
		}
		defer j.reports.close()
	}
	if plan.Wait {
		c.group("start and follow", func() { result = p.run(ctx, c, plan, services, owners, past, world, recording) })
		c.verbatim(report.Table(result, c.book))
	} else {
		result = p.run(ctx, c, plan, services, owners, past, world, recording)
	}
	j.at = time.Now()
	recording.finish(result, j, services, owners)
	if !plan.Judges() {
		j = nil
	}
	return finish(result, j)
}

// decode reads the inputs, and tells which texts it read. All paths are looked at
// before anything is done, also those that are needed late.
func (p *process) decode(inputs []field.Input) (plan.Plan, []report.Source, field.Problems) {
	p.secrets.add(nil, p.known()...)
	for _, in := range inputs { // before the first mistake
		if in.Name == "locale" {
			p.speak(strings.TrimSpace(in.Text))
		}
	}
	var wrote []string
	var read []report.Source
	for _, in := range inputs {
		wrote = append(wrote, in.Name, in.Text)
		read = append(read, report.Source{Name: in.Name, Digest: sha256.Sum256([]byte(in.Text))})
	}
	plan, problems := plan.Decode(inputs, func(path string) ([]byte, error) {
		src, err := p.readFile(path)
		wrote = append(wrote, string(src))
		read = append(read, report.Source{Name: path, Digest: sha256.Sum256(src)})
		return src, err
	})
	if plan.Locale != "" {
		p.speak(plan.Locale)
	}
	paths := map[string][]string{"baseline": plan.Baseline}
	if plan.ReportDir != "" {
		paths["report_dir"] = []string{plan.ReportDir}
	}
	if plan.Record != "" {
		paths["record"] = []string{plan.Record}
	}
	for _, input := range []string{"baseline", "report_dir", "record"} {
		for _, name := range paths[input] {
			at, err := p.locate(name)
			if err != nil {
				problems = append(problems, unusable(input, name, err)...)
				continue
			}
			at.root.Close()
		}
	}
	roots, more := p.roots(plan.CAFile)
	plan.Roots = roots
	return plan, read, p.unquoted(append(problems, more...), wrote...)
}

// unusable says of a path that is no mistake of form what is wrong with it.
func unusable(input, name string, err error) field.Problems {
	return field.Problems{{Place: field.Place{File: input}, Text: fmt.Sprintf("%s cannot be used: %s", field.Quote(name), err)}}
}

// count is how many jobs the services start.
func count(services []engine.Service) (jobs int) {
	for _, s := range services {
		jobs += len(s.What())
	}
	return jobs
}

// judging is what the reports of a judged step are made of beside its result.
type judging struct {
	reports        *reports // nil: none are asked for
	past           report.Past
	newest         int // results of the past that are used
	onInconclusive string
	rerun          again
	sources        []report.Source // texts that were read
	at             time.Time       // when it was judged; zero: now
	origin         *runOrigin      // of the workflow run that it is of; nil: this one
}

// asked are the texts that the gates of results stand in.
func (j *judging) asked(results []report.Result) (asked []report.Source) {
	for _, s := range j.sources {
		stands := func(g job.Judgement) bool { return g.File == s.Name }
		if slices.ContainsFunc(results, func(r report.Result) bool { return slices.ContainsFunc(r.Gates, stands) }) {
			asked = append(asked, s)
		}
	}
	return asked
}

// run hands the services to the engine, with the step's inputs as its options.
func (p *process) run(ctx context.Context, c *console, run plan.Plan, services []engine.Service, owners []plan.Job, past report.Past, world *ownCloud, recording *recording) engine.Result {
	var mu sync.Mutex
	shown := progress{c: c, p: p, total: count(services)}
	o := engine.Options{
		Mark: p.mark(run.JobIndex), Contents: contents(services, owners), Names: titles(services, owners), Wait: run.Wait, Timeout: run.Timeout, PollEvery: run.PollEvery,
		OnTimeout: run.OnTimeout, OnCancel: run.OnCancel, MaxParallel: run.MaxParallel, FailFast: run.FailFast,
		Journal: p.newJournal(owners, run.Run, world),
		Notify:  func(e engine.Event) { mu.Lock(); defer mu.Unlock(); shown.show(e) },
	}
	o.Unjudged, o.Report, o.Course = run.Unjudged, run.ReportDir != "" || recording != nil, recording.of()
	for _, owner := range owners {
		o.Gates, o.Emulated = append(o.Gates, owner.Gates), append(o.Emulated, owner.Emulated())
		o.Guards, o.IfRunning = append(o.Guards, owner.Guard), append(o.IfRunning, owner.IfRunning)
	}
	if run.Baseline != nil {
		o.Baseline = func(provider, what string) *gate.Baseline {
			return past.Baseline(provider, what, run.Newest, run.Least)
		}
	}
	o.Jitter = p.jitter
	o.Attach = run.Attach() && o.Mark.Attempt != "1"
	if run.AllEmulated() {
		o.PollEvery = max(time.Second, o.PollEvery/time.Duration(run.EmulatorSpeed)) // of their time
	}
	if o.Journal == nil {
		o.Confirm = time.Minute // there is no post step to do it
	}
	if c.terminal {
		o.Heartbeat = time.Second
	}
	return c.redacted(engine.Run(ctx, services, o))
}

// open makes the services of all jobs; owners has the job of each. Unless every
// login is there, the result says what is missing and nothing is to be started.
func open(jobs []plan.Job, of func(target string) (cloud.Env, error)) (services []engine.Service, owners []plan.Job, r engine.Result) {
	r.Outcome = job.Started
	failures := map[string]error{} // of each provider
	for _, j := range jobs {
		env, err := of(j.Spec.Target())
		var list []engine.Service
		if err == nil {
			list, err = j.Spec.Open(env)
		}
		for _, s := range list {
			services, owners = append(services, s), append(owners, j)
		}
		if err = emulatorKeys(err, j, env); err != nil {
			failures[j.Provider.Name] = err
			r.Outcome = job.Worse(r.Outcome, job.OutcomeOf(err))
		}
	}
	if r.Outcome == job.Started {
		return services, owners, r
	}
	called := titles(services, owners)
	for i, s := range services {
		err := failures[s.Provider()]
		if err == nil {
			err = &job.Error{Fault: job.Denied, Call: "start", Message: "not started, because the login of another job is missing"}
		}
		r.Items = append(r.Items, failed(s, owners[i], called[i], err)...)
	}
	return nil, nil, r
}

// failed are the jobs of a service that are not started.
func failed(s engine.Service, owner plan.Job, names []string, err error) []job.Item {
	items := engine.Fail(s, err)
	for i := range items {
		if items[i].Emulated = owner.Emulated(); i < len(names) {
			items[i].Name = names[i]
		}
	}
	return items
}

// called names what a job of a plan would start.
func called(j plan.Job, what string) string { return strings.TrimPrefix(j.Name+", "+what, ", ") }

// titles are what the user calls the jobs of each service. Of an entry that
// starts several, each is told by what it starts too.
func titles(services []engine.Service, owners []plan.Job) [][]string {
	jobs := map[string]int{}
	for i, s := range services {
		jobs[owners[i].Name] += len(s.What())
	}
	all := make([][]string, len(services))
	for i, s := range services {
		for _, what := range s.What() {
			switch name := owners[i].Name; {
			case name == "":
			case jobs[name] > 1:
				all[i] = append(all[i], name+", "+what)
			default:
				all[i] = append(all[i], name)
			}
		}
	}
	return all
}

// allowed fails all jobs unless every login is to an account that the user
// allows.
func allowed(ctx context.Context, env cloud.Env, accounts []string, services []engine.Service, owners []plan.Job) (r engine.Result) {
	r.Outcome = job.Started
	err := env.Logins.Allow(ctx, accounts)
	if err == nil {
		return r
	}
	r.Outcome = job.OutcomeOf(err)
	called := titles(services, owners)
	for i, s := range services {
		r.Items = append(r.Items, failed(s, owners[i], called[i], err)...)
	}
	return r
}

// contents are what each service starts.
func contents(services []engine.Service, owners []plan.Job) []string {
	all := make([]string, len(services))
	for i, s := range services {
		all[i] = owners[i].Provider.Content(owners[i].Spec, s)
	}
	return all
}

// fault is something of the step's own that failed, whatever became of its jobs.
type fault struct{ what, text string }

// finish writes outputs, annotations, reports and summary of a redacted result,
// and returns the exit status, and what stands first in a comment if the step
// itself failed. Without j nothing was judged. The outputs come first, because what
// later steps need must not be lost to anything else; those that the rest changes
// are written again.
func (p *process) finish(c *console, r engine.Result, j *judging, faults ...fault) (status int, broken string) {
	var outputs []report.Output
	set := func(more []report.Output) {
		outputs = merged(outputs, more)
		if err := p.setOutputs(more); err != nil {
			faults = append(faults, fault{"outputs", err.Error()})
		}
	}
	summary := report.Summary(r)
	if j == nil {
		set(report.Outputs(r, false, "the log"))
		c.explain(r, "")
	} else {
		results := p.results(r, j)
		set(report.Outputs(r, true, j.reports.where()))
		if table := report.Gates(results, c.book); table != "" {
			c.verbatim(table)
		}
		c.explain(r, j.onInconclusive)
		summary = report.Judged(results)
		if j.reports != nil {
			files, err := j.reports.writeAll(results, j.asked(results), j.rerun.plan)
			if err != nil {
				faults = append(faults, fault{"report_dir", "the reports cannot be written: " + err.Error()})
			}
			set(files)
		}
	}
	if len(faults) > 0 {
		var texts []string
		for i, f := range faults {
			if slices.Contains(faults[:i], f) { // outputs are written more than once
				continue
			}
			c.failure("cloudjob: "+f.what, f.text)
			texts = append(texts, c.secrets.replace(f.text))
		}
		r.Outcome = job.Internal
		set(report.Broken(texts, r))
		broken = report.BrokenSummary(texts)
		summary = broken + summary
	}
	if len(faults) > 0 || p.getenv("GITHUB_OUTPUT") == "" {
		c.outputs(outputs)
	}
	p.addSummary(c, summary)
	return r.Outcome.Exit(), broken
}

// refuse reports mistakes in the inputs.
func (p *process) refuse(c *console, problems field.Problems) int {
	for i := range problems {
		c.clear(&problems[i].Place.File, &problems[i].Text)
		c.problem(problems[i])
	}
	outputs := report.Refused(problems)
	if err := p.setOutputs(outputs); err != nil {
		c.failure("cloudjob: outputs", err.Error())
	}
	if p.getenv("GITHUB_OUTPUT") == "" {
		c.outputs(outputs)
	}
	p.addSummary(c, report.Invalid(problems))
	return job.InvalidInput.Exit()
}

// rehearse shows what would be sent. The real clients make the requests; only
// the network is replaced, so what is shown is exactly what a run sends, but for
// values that may be secrets.
func (p *process) rehearse(ctx context.Context, c *console, plan plan.Plan) int {
	stage := &cloud.Rehearsal{}
	for _, j := range plan.Jobs {
		stage.Hidden = append(stage.Hidden, j.Spec.Fields().Hidden()...)
	}
	env := cloud.Env{Getenv: p.getenv, Transport: &cloud.Transport{Base: stage}, Rehearsal: true, Login: plan.Login}
	services, owners, r := open(plan.Jobs, func(string) (cloud.Env, error) { return env, nil })
	if r.Outcome != job.Started {
		status, _ := p.finish(c, c.redacted(r), nil)
		return status
	}
	for i, s := range services {
		if err := c.foretell(ctx, owners[i], s); err != nil {
			r.Outcome = job.Worse(r.Outcome, job.OutcomeOf(err))
			r.Items = append(r.Items, failed(s, owners[i], nil, err)...)
		}
	}
	if r.Outcome != job.Started {
		status, _ := p.finish(c, c.redacted(r), nil)
		return status
	}
	mark := engine.Mark{Run: "dry run", Attempt: "1", Once: "mark"} // a run draws its own
	marks := mark.Of(make([]string, len(services)))
	for i, s := range services { // one after the other, so that requests stand in their order
		for _, item := range s.Start(ctx, job.Intent{Mark: marks[i]}) {
			if e, ok := errors.AsType[*job.Error](item.Err); item.Err != nil && (!ok || e.Fault != job.Ambiguous) {
				status, _ := p.finish(c, c.redacted(engine.Result{Outcome: job.OutcomeOf(item.Err), Items: []job.Item{item}}), nil)
				return status
			}
		}
	}
	if emulates(owners) {
		c.line("%s stands for the emulator inside of the step, to which endpoint: emulator leads", cloud.EmulatorHost)
	}
	requests := stage.Requests()
	c.line("dry run: nothing is sent; these are the requests, but that each run draws its own mark (cj-…):")
	for _, request := range requests {
		c.group(fmt.Sprintf("%s, which %s", request.Call.Name, request.Call.Does), func() {
			c.verbatim(report.Request(request))
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
	c.explainJobs(plan.Jobs)
	p.addSummary(c, report.Rehearsed(requests))
	return 0
}

// otherCalls are the calls of the providers that the requests do not show, each
// once. Only a job that is waited for is ever stopped.
func otherCalls(owners []plan.Job, shown []cloud.Request, wait bool) []string {
	var lines []string
	for _, o := range owners {
		guarded := cloud.Part(0)
		if len(o.Guard) > 0 {
			guarded = cloud.ToGuard
		}
		for _, call := range o.Provider.Calls() {
			line := fmt.Sprintf("%s %s, which %s: needs %s", o.Provider.Name, call.Name, call.Does, call.Permission)
			isShown := slices.ContainsFunc(shown, func(r cloud.Request) bool { return r.Call.Name == call.Name })
			if !isShown && call.For.Beyond(guarded) && (call.Reads || wait) && !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// check says what a step would do, without a login and without a call, unless it
// is to be live.
func (p *process) check(ctx context.Context, inputs []field.Input, live bool) int {
	plan, _, problems := p.decode(inputs)
	problems = append(problems, p.refuseOrdinary(plan)...)
	c := p.newConsole()
	if len(problems) > 0 {
		for _, problem := range problems {
			c.problem(problem)
		}
		return job.InvalidInput.Exit()
	}
	c.doubts(plan.Doubts)
	if live || plan.IsLive() {
		return p.live(ctx, c, plan)
	}
	env := cloud.Env{Getenv: p.getenv, Transport: &cloud.Transport{}, Rehearsal: true, Login: plan.Login}
	outcome := job.Started
	for _, j := range plan.Jobs {
		services, err := j.Spec.Open(env)
		for _, s := range services {
			for _, what := range s.What() {
				c.line("would start: %s, %s", j.Provider.Name, called(j, what))
			}
			if over := c.foretell(ctx, j, s); over != nil {
				outcome = job.OutcomeOf(over)
				c.failure("cloudjob: "+string(outcome), over.Error())
			}
		}
		if err != nil {
			c.failure("cloudjob: login", err.Error())
			return job.OutcomeOf(err).Exit()
		}
	}
	c.explainJobs(plan.Jobs)
	return outcome.Exit()
}
