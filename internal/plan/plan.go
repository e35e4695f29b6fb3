// Package plan reads what the user asked for, from inputs or from a plan file,
// into jobs, and reports every mistake with its place.
package plan

import (
	"crypto/x509"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/locale"
)

// Job is one entry of a plan: what is asked of one provider.
type Job struct {
	Name     string // the user's name for it, unique in the plan; may be empty
	Provider catalog.Provider
	Spec     catalog.Spec
	Gates    []gate.Gate
	Guard    engine.Guard // the most that its start may run; nil: anything

	IfRunning string // what is done if the same runs already; empty: it is started beside it

	begins  []field.Moment
	running ifRunning // as the job says it
}

// Plan is what one step is to do.
type Plan struct {
	Jobs []Job
	Run
	Doubts field.Problems // what is probably a mistake, but is accepted
}

// Run holds the inputs that belong to the step and not to a job.
type Run struct {
	Provider    string
	PlanFile    string
	DryRun      string // Not (or empty), Rehearsed or Live
	Wait        bool
	Timeout     time.Duration
	PollEvery   time.Duration
	OnTimeout   string
	OnCancel    string
	OnRerun     string
	MaxParallel int
	FailFast    bool
	Unjudged    string
	ReportDir   string
	Record      string // the folder of the recording; empty: there is to be none
	JobIndex    string
	Comment     bool
	GitHubToken string
	CAFile      string
	Roots       []*x509.Certificate // the certificates in CAFile, set by who reads the file
	Baseline    []string            // patterns of paths in the workspace
	Least       int                 // how many earlier results a baseline needs
	Newest      int                 // how many of the newest results are used
	Login       cloud.Login
	Locale      string // the language of texts for people; empty: not given

	EmulatorSpeed int // how many times faster than real time the emulator inside of the step runs

	guard                             guard // of all jobs
	gates, gatesFile                  string
	wait, failFast, comment           *bool
	maxParallel, least, newest, speed *int64
	running                           ifRunning // of all jobs that do not say it themselves
}

// Judges reports whether there are gates, or reports are asked for.
func (p *Plan) Judges() bool {
	return p.ReportDir != "" || slices.ContainsFunc(p.Jobs, func(j Job) bool { return j.Gates != nil })
}

// The values of dry_run.
const (
	Not       = "false" // or empty
	Rehearsed = "true"  // nothing is called
	Live      = "live"  // only reads are made
)

// Dry reports whether nothing is to be started.
func (r *Run) Dry() bool { return r.DryRun == Rehearsed || r.IsLive() }

// IsLive reports whether the cloud is only read.
func (r *Run) IsLive() bool { return r.DryRun == Live }

// The values of on_rerun: what a re-run does about jobs of earlier attempts.
const (
	attach = "attach"
	anew   = "new"
)

// Attach tells whether a re-run follows a job that an earlier attempt started.
func (r *Run) Attach() bool { return r.OnRerun == attach }

func newRun() Run {
	return Run{Timeout: time.Hour, PollEvery: 10 * time.Second, OnTimeout: engine.Stop, OnRerun: attach, Unjudged: "fail", Least: 3, Newest: 10, EmulatorSpeed: 20}
}

// Fields declares the inputs of the step.
func (r *Run) Fields() field.Set {
	const day = 24 * time.Hour
	return append(field.Set{
		field.Choice("provider", &r.Provider, "Service that the job is started on. Exactly one of provider and plan_file.", catalog.Names()...),
		field.RuledText("plan_file", &r.PlanFile, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one file"}, "YAML file in the workspace that lists several jobs, on any mix of providers. Exactly one of provider and plan_file."),
		field.BoolOr("dry_run", &r.DryRun, "true checks everything, calls nothing, and shows the exact requests that would be sent and the permissions they need. live logs in and reads, starts nothing, and tells whether what would be started is there and in which state, which permissions are missing, and how its last runs went; a problem fails the step.", Live).Or(Not),
		field.Bool("wait", &r.wait, "Follow the jobs to their end, and fail if one fails.").Or("false"),
		field.Duration("timeout", &r.Timeout, time.Second, 30*day, "How long the step may take, from its first call: waiting for a quota included.").Or("1h"),
		field.Choice("on_timeout", &r.OnTimeout, "What becomes of a job that still runs at the timeout.", engine.Stop, engine.Leave).Or(engine.Stop),
		field.Duration("poll_interval", &r.PollEvery, time.Second, time.Hour, "How often the jobs are read: quicker at first, slower if there are very many, and where the cloud tells how long a job will run, more often about its end than in its middle.").Or("10s"),
		field.Choice("on_cancel", &r.OnCancel, "What becomes of a job that is waited for when the workflow is cancelled. stop pauses a replication task; terminate ends it for good.",
			engine.Stop, engine.Leave, engine.Terminate).Or("stop; leave for replication tasks, schedules and real-time jobs"),
		field.Choice("on_rerun", &r.OnRerun, "What a re-run of the workflow does if a job that its earlier attempts started with the same content still runs: attach follows it, new starts another.", attach, anew).Or(attach),
		field.Int("max_parallel", &r.maxParallel, field.Range{Min: 1, Max: 10000}, "How many starts are live at the same time, if they are waited for.").Or("all"),
		field.Bool("fail_fast", &r.failFast, "Stop the other jobs when one fails.").Or("false"),
		field.Text("gates", &r.gates, "What must hold for the job to pass, a requirement a line, such as error_rate < 1%. Implies wait. In a plan they stand in its file, for all jobs or at one."),
		field.RuledText("gates_file", &r.gatesFile, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one file"}, "File in the workspace with gates. Only one of gates and gates_file."),
		field.Choice("on_inconclusive", &r.Unjudged, "What a gate does that cannot be judged, for want of data.", "fail", "warn", "pass").Or("fail"),
		field.Texts("baseline", &r.Baseline, field.Rule{}, "Paths or patterns of result.json files of earlier runs in the workspace, such as results/*.json. A limit that is a baseline is the median of those of the same job that passed; the summary shows how they went."),
		field.Int("baseline_min", &r.least, field.Range{Min: 1, Max: 1000}, "How many earlier results a baseline takes; with fewer its gate is inconclusive.").Or("3"),
		field.Int("baseline_newest", &r.newest, field.Range{Min: 1, Max: 1000}, "How many of the earlier results are used, the newest ones.").Or("10"),
		field.RuledText("report_dir", &r.ReportDir, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one folder"}, "Folder in the workspace for result.json, junit.xml, report.html, series.csv and verdict.json. Implies wait."),
		field.RuledText("record", &r.Record, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one folder"}, "Folder in the workspace for recording.har: every call of the step and its answer, without secrets. cloudjob replay judges it again without a cloud, also by other gates. A job that is waited for has its report read for it."),
		field.RuledText("ca_file", &r.CAFile, field.Rule{Pattern: `[^\r\n]+`, Says: "the path of one file"}, "PEM file in the workspace with roots that are trusted beside the usual ones: of a proxy that opens TLS, or of a gateway of your own. No plan file can name it."),
		field.Int("emulator_speed", &r.speed, field.Range{Min: 1, Max: FastestEmulator}, "How much faster than real time the jobs run whose endpoint is emulator.").Or("20"),
		field.Bool("comment", &r.comment, "In a workflow of a pull request, keep one comment of it up to date: the verdict, the gates, what changed since the last result that passed. Needs the permission pull-requests: write; without it there is a warning.").Or("false"),
		field.Text("github_token", &r.GitHubToken, "Token that writes the comment; the runner fills it in. It is used for nothing else.").By("${{ github.token }}"),
		field.Text("job_index", &r.JobIndex, "Tells the jobs of a matrix apart; the runner fills it in.").By("${{ strategy.job-index }}"),
	}, r.above()...)
}

// localeField declares the language of texts for people.
func (r *Run) localeField() *field.Field {
	return field.Choice("locale", &r.Locale, "Language of what people read: annotations, log, job summary, comment, report page and the output reason. What programs read, and the words of the clouds, stay as they are.", locale.Names()...).
		Or("en; on a laptop what LC_ALL, LC_MESSAGES or LANG says")
}

// settle replaces pointers, which tell whether a value was given, by the values.
func (r *Run) settle() {
	on := func(b *bool) bool { return b != nil && *b }
	r.FailFast = on(r.failFast)
	r.Comment = on(r.comment)
	r.Wait = on(r.wait) || r.gates != "" || r.gatesFile != "" || r.ReportDir != ""
	take := func(n *int64, dst *int) {
		if n != nil {
			*dst = int(*n)
		}
	}
	take(r.maxParallel, &r.MaxParallel)
	take(r.least, &r.Least)
	take(r.newest, &r.Newest)
	take(r.speed, &r.EmulatorSpeed)
}

// check settles what was decoded, and complains of inputs that exclude each other, or
// that need another one. Inputs that only matter while waiting are accepted without
// wait, so that a workflow can set wait by an expression.
func (r *Run) check(at *field.At) {
	r.settle()
	if at.Has("provider") || at.Has("plan_file") {
		at.ExactlyOne("provider", "plan_file")
	} else {
		at.ProblemAt("provider", "is required (%s), or plan_file", field.List(catalog.Names()))
	}
	if at.Has("gates") && at.Has("gates_file") {
		at.ProblemAt("gates_file", "gates and gates_file exclude each other; give one of them")
	}
	r.checkBaseline(at)
	if at.Has("record") && r.Dry() {
		at.ProblemAt("record", "means nothing with dry_run, which starts nothing that could be judged again; leave one of them out")
	}
	if r.wait != nil && !*r.wait && (at.Has("gates") || at.Has("gates_file") || at.Has("report_dir")) {
		at.ProblemAt("wait", "must be true with gates, gates_file or report_dir: they judge a job that ended")
	}
}

// checkMode settles what follows from the mode of a job: an existing job is always
// waited for, and a job that is stopped is not judged.
func (p *Plan) checkMode(j Job) (problems field.Problems) {
	mode := j.Spec.Mode()
	if mode == cloud.ModeStart {
		return nil
	}
	if p.wait != nil && !*p.wait {
		problems = append(problems, field.Problem{Place: field.Place{File: "wait"}, Text: fmt.Sprintf("must be true, or left out: mode: %s is nothing but waiting", mode)})
	}
	p.Wait = true
	if mode == cloud.ModeStop && j.Gates != nil {
		problems = append(problems, field.Problem{Place: j.Gates[0].Place, Text: "a job that is stopped is not judged; leave the gates out, or use mode: follow"})
	}
	return problems
}

func (r *Run) checkBaseline(at *field.At) {
	for _, name := range []string{"baseline", "baseline_min", "baseline_newest"} {
		switch {
		case !at.Has(name):
		case !at.Has("gates") && !at.Has("gates_file") && !at.Has("plan_file"):
			at.ProblemAt(name, "means nothing without gates")
		case name != "baseline" && !at.Has("baseline"):
			at.ProblemAt(name, "means nothing without baseline")
		}
	}
	for _, pattern := range r.Baseline {
		if _, err := path.Match(pattern, ""); err != nil {
			at.ProblemAt("baseline", "%s is no pattern: a [ is not closed, or a \\ ends it", field.Quote(pattern))
		}
	}
	if r.Least > r.Newest {
		at.ProblemAt("baseline_min", "is %d, but only the %d newest results are used (baseline_newest)", r.Least, r.Newest)
	}
}

// Decode reads a step's inputs. readFile reads a file of the workspace.
func Decode(inputs []field.Input, readFile func(path string) ([]byte, error)) (Plan, field.Problems) {
	p, problems := decode(inputs, readFile)
	problems = append(problems, p.settleRunning()...)
	for _, j := range p.Jobs {
		problems = append(problems, p.checkMode(j)...)
		problems = append(problems, gate.Fit(j.Gates, p.Timeout, p.Baseline != nil, p.Newest)...)
		p.Doubts = append(p.Doubts, gate.Doubts(j.Gates, j.Provider.Metrics())...)
	}
	if len(problems) == 0 { // with a mistake in it, a job may not tell that it is emulated
		problems = p.checkEmulated()
	}
	problems.Sort()
	p.Doubts = p.Doubts.Unique()
	return p, problems.Unique()
}

func decode(inputs []field.Input, readFile func(path string) ([]byte, error)) (Plan, field.Problems) {
	p := Plan{Run: newRun()}
	steps := p.Run.Fields()
	var own, rest []field.Input
	for _, in := range inputs {
		switch {
		case strings.TrimSpace(in.Text) == "":
		case slices.Contains(steps.Names(), in.Name):
			own = append(own, in)
		default:
			rest = append(rest, in)
		}
	}
	problems := steps.DecodeInputs(own, field.Options{}, p.Run.check)
	given := givenAbove(own)
	if p.PlanFile != "" && p.Provider != "" {
		return p, problems
	}
	if p.PlanFile != "" {
		for _, in := range rest {
			problems = append(problems, field.Problem{Place: field.Place{File: in.Name}, Text: "goes into the plan file, at the job it is for"})
		}
		for name, given := range map[string]string{"gates": p.gates, "gates_file": p.gatesFile} {
			if given != "" {
				problems = append(problems, field.Problem{Place: field.Place{File: name}, Text: "goes into the plan file: at its top, for all jobs, or at the job it is for"})
			}
		}
		jobs, more := file(p.PlanFile, readFile, &p.Run, given)
		p.Jobs = jobs
		more = append(more, given.check(p)...)
		more = append(more, p.guardJobs(given)...)
		for _, j := range jobs {
			p.Wait = p.Wait || j.Gates != nil
		}
		more = append(more, p.late()...)
		more.Sort()
		return p, append(problems, more...)
	}
	provider, ok := catalog.Find(p.Provider)
	if !ok {
		return p, problems
	}
	spec := provider.New()
	o := options(provider, readFile, field.NewBudget())
	problems = append(problems, spec.Fields().DecodeInputs(rest, o, spec.Check)...)
	gates, more := p.Run.readGates(provider, readFile)
	p.Jobs = []Job{{Provider: provider, Spec: spec, Gates: gates, begins: *o.Moments}}
	problems = append(problems, p.late()...)
	problems = append(problems, p.guardJobs(given)...)
	problems = append(problems, given.check(p)...)
	problems.Sort()
	return p, append(problems, more...)
}

// late complains of a job that is planned to begin only after the timeout of the step
// that waits for it.
func (p *Plan) late() (problems field.Problems) {
	for _, j := range p.Jobs {
		for _, m := range j.begins {
			if !p.Wait || time.Until(m.At) <= p.Timeout {
				continue
			}
			text := fmt.Sprintf("is %s, after the timeout of %s, until which the step waits; raise timeout above it, or leave out what makes the step wait (wait, gates, report_dir)",
				m.At.UTC().Format(time.RFC3339), p.Timeout)
			if m.Place.Line > 0 {
				text = m.Name + " " + text
			}
			problems = append(problems, field.Problem{Place: m.Place, Text: text})
		}
	}
	return problems
}

// readGates reads the gates of the step's one job.
func (r *Run) readGates(p catalog.Provider, readFile func(path string) ([]byte, error)) ([]gate.Gate, field.Problems) {
	of := gateText{file: r.gatesFile, fileAt: field.Place{File: "gates_file"}}
	if r.gates != "" && r.gatesFile == "" {
		of.lines = []field.Passage{{Place: field.Place{File: "gates", Line: 1, Col: 1}, Text: r.gates}}
	}
	return readGates(p, readFile, of)
}

// options let messages about an unknown name say which other provider has it.
func options(p catalog.Provider, readFile func(path string) ([]byte, error), budget *field.Budget) field.Options {
	return field.Options{ReadFile: readFile, Budget: budget, Moments: new([]field.Moment), Foreign: func(name string) string { return foreign(p, name) }}
}

func foreign(p catalog.Provider, name string) string {
	var run Run
	steps := run.Fields().Names()
	if isGuard(name) {
		return unmeasured(p)
	}
	if slices.Contains(steps, name) {
		return "is an input of the step, not of a job"
	}
	var owners []string
	for _, other := range catalog.Providers() {
		if other.Name != p.Name && slices.Contains(other.New().Fields().Names(), name) {
			owners = append(owners, other.Name)
		}
	}
	if owners == nil {
		if near := field.Nearest(name, append(p.New().Fields().Names(), steps...)); slices.Contains(steps, near) {
			return fmt.Sprintf("is unknown, did you mean %q?", near)
		}
		return ""
	}
	return fmt.Sprintf("belongs to %s and means nothing to %s", field.List(owners), p.Name)
}

// Inputs are the names of all inputs: those of the step, then those of the
// providers, each once.
func Inputs() []string {
	var run Run
	names := run.Fields().Names()
	for _, p := range catalog.Providers() {
		for _, name := range p.New().Fields().Names() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
