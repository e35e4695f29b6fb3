package action

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/github"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// This file is the command about jobs that outlived the workflow run that started
// them: a runner that died stops nothing.

const orphansTitle = "cloudjob: orphans"

// orphanWithin is how long one of them may take to stop.
const orphanWithin = 10 * time.Minute

// orphans lists the jobs that live and bear a mark, and stops those whose run is
// over if that is asked for.
func (p *process) orphans(ctx context.Context) int {
	flags := flag.NewFlagSet("orphans", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	flags.Usage = func() {} // command shows it
	stop := flags.Bool("stop", false, "")
	repo := flags.String("repository", p.getenv("GITHUB_REPOSITORY"), "")
	var args []string
	for rest := p.args; ; { // flags may stand behind the inputs
		if flags.Parse(rest) != nil {
			return p.misused("orphans")
		}
		if rest = flags.Args(); len(rest) == 0 {
			break
		}
		args, rest = append(args, rest[0]), rest[1:]
	}
	if len(args) == 0 {
		return p.misused("orphans")
	}
	p.secrets.add(nil, p.known()...)
	provider, ok := catalog.Find(args[0])
	if !ok {
		p.newConsole().failure(orphansTitle, noProvider(args[0]))
		return job.InvalidInput.Exit()
	}
	var inputs []field.Input
	for _, arg := range args[1:] {
		name, value, ok := strings.Cut(arg, "=")
		if !ok {
			return p.misused("orphans")
		}
		inputs = append(inputs, field.Input{Name: name, Text: value})
	}
	search, problems := plan.DecodeSearch(provider, inputs)
	roots, more := p.roots(search.CAFile)
	problems = append(problems, more...)
	token := p.getenv("GITHUB_TOKEN")
	if *repo != "" && !repository.MatchString(*repo) {
		problems = append(problems, field.Problem{Place: field.Place{File: "-repository"}, Text: fmt.Sprintf("must be an owner and a name, such as octo/shop, not %s", field.Quote(*repo))})
	}
	if *stop && (token == "" || *repo == "") {
		problems = append(problems, field.Problem{Place: field.Place{File: "-stop"}, Text: "needs GITHUB_TOKEN, and GITHUB_REPOSITORY or -repository: only a job is stopped of which GitHub says that its workflow run is over"})
	}
	c := p.newConsole()
	if len(problems) > 0 {
		for _, problem := range problems {
			c.problem(problem)
		}
		return job.InvalidInput.Exit()
	}
	env := p.env(c, search.Login, roots)
	o := orphanage{c: c, search: search, repo: *repo, known: map[int64]standing{}}
	if token != "" && *repo != "" {
		o.runs = &github.Runs{Transport: env.Transport, API: strings.TrimSuffix(cmp.Or(p.getenv("GITHUB_API_URL"), "https://api.github.com"), "/"), Repo: *repo, Token: token}
	}
	return o.look(ctx, env, *stop)
}

// orphanage is what is known of them.
type orphanage struct {
	c      *console
	search plan.Search
	repo   string
	runs   *github.Runs // nil: nobody tells of workflow runs
	known  map[int64]standing
}

// standing is how a workflow run stands.
type standing struct {
	over bool
	says string
}

func (o *orphanage) look(ctx context.Context, env cloud.Env, stop bool) int {
	marks, err := o.search.Spec.Search(env)
	if err == nil {
		err = env.Logins.Allow(ctx, o.search.Login.Accounts)
	}
	var live []engine.Live
	if err == nil {
		live, err = engine.Orphans(ctx, marks)
	}
	if err != nil {
		err = emulatorKeys(err, plan.Job{Provider: o.search.Provider, Spec: o.search.Spec}, env)
		o.c.failure(orphansTitle, err.Error())
		return orphanOutcome(err).Exit()
	}
	if len(live) == 0 {
		o.c.line("nothing of a workflow run's lives here")
		return 0
	}
	var over []engine.Live
	for _, l := range live {
		s := o.standing(ctx, l)
		if l.Since.IsZero() {
			o.c.line("%s: %s", l, s.says)
		} else {
			o.c.line("alive for %s: %s: %s", job.Span(max(0, time.Since(l.Since)).Truncate(time.Second)), l, s.says)
		}
		if s.over {
			over = append(over, l)
		}
	}
	switch {
	case !stop && len(over) > 0:
		o.c.line("%d of %d outlived their workflow run; -stop stops just these", len(over), len(live))
	case stop && len(over) == 0:
		o.c.line("none of them is known to have outlived its workflow run, so nothing is stopped")
	}
	if !stop {
		return 0
	}
	worst := job.Succeeded
	for _, l := range over {
		worst = job.Worse(worst, o.stop(ctx, marks, l))
	}
	return worst.Exit()
}

// orphanOutcome is what an error before anything was stopped means: a list that
// cannot be read is no start that failed.
func orphanOutcome(err error) job.Outcome {
	if outcome := job.OutcomeOf(err); outcome == job.Unauthorized || outcome == job.Limited || outcome == job.Cancelled {
		return outcome
	}
	return job.Internal
}

// standing asks how the workflow run of a job stands, each once.
func (o *orphanage) standing(ctx context.Context, l engine.Live) standing {
	origin, _ := engine.OriginOf(l.Mark)
	if origin.RunID == 0 {
		return standing{says: "its mark names no workflow run, so it is never stopped"}
	}
	s, ok := o.known[origin.RunID]
	if !ok {
		s = o.ask(ctx, origin.RunID)
		o.known[origin.RunID] = s
	}
	return s
}

func (o *orphanage) ask(ctx context.Context, id int64) standing {
	if o.runs == nil {
		return standing{says: "whether its run is over was not asked: there is no GITHUB_TOKEN, or no repository"}
	}
	run, err := o.runs.Get(ctx, id)
	switch {
	case errors.Is(err, github.ErrNoRun):
		return standing{says: fmt.Sprintf("%s does not know the run, or the token may not see it, so it is never stopped", o.repo)}
	case err != nil:
		return standing{says: "whether its run is over could not be read: " + err.Error()}
	case run.Over():
		return standing{over: true, says: fmt.Sprintf("its run is over (%s) %s", run.Conclusion, run.URL)}
	}
	return standing{says: fmt.Sprintf("its run goes on (%s) %s", run.Status, run.URL)}
}

// stop stops one, and waits until the cloud confirms. The run is asked for again:
// it may have been begun anew, and then its next attempt follows the job.
func (o *orphanage) stop(ctx context.Context, marks engine.Marks, l engine.Live) job.Outcome {
	origin, _ := engine.OriginOf(l.Mark)
	if s := o.ask(ctx, origin.RunID); !s.over {
		o.c.line("%s is left: %s", l.Ref.ID, s.says)
		return job.Succeeded
	}
	of := engine.Existing{Of: o.search.Provider.Name, Name: cmp.Or(l.Of, "job "+l.Ref.ID), Ref: l.Ref, Ends: true}
	r := o.c.redacted(engine.Run(ctx, []engine.Service{of.Service(marks)}, engine.Options{Wait: true, Timeout: orphanWithin}))
	item := r.Items[0]
	if item.Err != nil {
		o.c.failure(orphansTitle, fmt.Sprintf("%s was not stopped: %s", l.Ref.ID, item.Err))
		return r.Outcome
	}
	text := fmt.Sprintf("%s: %s", l.Ref.ID, report.Stopped(item))
	if r.Outcome != job.Stopped {
		o.c.failure(orphansTitle, strings.Join(append([]string{text}, item.Why...), "\n"))
		return r.Outcome
	}
	o.c.line("%s %s", report.Mark(job.Stopped), text)
	return r.Outcome
}
