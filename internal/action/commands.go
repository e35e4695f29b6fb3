package action

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"text/tabwriter"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
)

// verb is a command, as its help tells of it. An example stands as somebody
// types it; what needs a cloud has the emulator at its own address.
type verb struct {
	name    string
	uses    []string // what can stand behind the name
	does    string   // in the list of all
	help    string   // in its own help: what it needs and does
	exits   string   // empty: 0, or 2 if it is used wrongly
	example string
	prints  bool // its output is for a file or a summary
	run     func(*process, context.Context) int
}

// A start against the emulator, and what logs in to it before.
const (
	emulatedJob    = " provider=tencent-pts project_id=project-demo scenario_id=scenario-short endpoint=http://" + listenAddress
	emulatedRun    = "cloudjob run" + emulatedJob
	startedEarlier = "job=$(" + emulatedRun + " | sed -n 's/^job_id = //p')\n"
	emulatedKey    = "export TENCENTCLOUD_SECRET_ID=" + emulator.TencentKeyID + " TENCENTCLOUD_SECRET_KEY=" + emulator.Secret + "\n"
)

// verbs lists the commands.
func verbs() []verb {
	return []verb{
		{
			name: "run", uses: []string{"NAME=VALUE ...", "PLAN.yml"}, does: "start what the inputs, or the jobs of a plan, describe, as a workflow step would",
			help:  "The names are those of the inputs of the action; cloudjob inputs PROVIDER lists them. A value of several lines\nis one word for the shell. The login comes from the environment. With wait=true, gates or report_dir the job is\nfollowed to its end; Ctrl-C stops it as on_cancel says.",
			exits: "\n" + outcomes(), example: emulatedKey + emulatedRun + "\n",
			run: func(p *process, ctx context.Context) int {
				return p.withInputs("run", func(inputs []field.Input) int { return p.step(ctx, inputs) })
			},
		},
		{
			name: "follow", uses: []string{"NAME=VALUE ..."}, does: "wait for a job that was started before, here or elsewhere, and judge it",
			help:  "The names are those of run, with the job's id: job_id, run_id with what it is a run of, or job_ids of replication\ntasks. Nothing is started. Ctrl-C leaves the job running, unless on_cancel=stop is given.",
			exits: "\n" + outcomes(), example: emulatedKey + startedEarlier + "cloudjob follow" + emulatedJob + " job_id=\"$job\" gates='error_rate < 1%'\n",
			run: func(p *process, ctx context.Context) int { return p.existing(ctx, "follow", cloud.ModeFollow) },
		},
		{
			name: "stop", uses: []string{"NAME=VALUE ..."}, does: "stop a job that was started before, and wait until the cloud confirms",
			help:  "The names are those of follow. A replication task is paused; on_cancel=terminate ends it for good.",
			exits: "\n" + outcomes(), example: emulatedKey + startedEarlier + "cloudjob stop" + emulatedJob + " job_id=\"$job\"\n",
			run: func(p *process, ctx context.Context) int { return p.existing(ctx, "stop", cloud.ModeStop) },
		},
		{
			name: "orphans", uses: []string{"[-stop] [-repository OWNER/NAME] PROVIDER NAME=VALUE ..."}, does: "list jobs that live and that some workflow run started, and stop those whose run is over",
			help: `PROVIDER is tencent-pts, tencent-batch or huawei-cpts; the others keep no mark of who started what. The names are
those inputs that say where to look: project_id, region, or project_id, region and test_project_id; endpoint, site, and
the inputs of a login. With GITHUB_TOKEN, which needs actions: read, and GITHUB_REPOSITORY, GitHub is asked which of
the runs are over.

  -stop                     stops those whose run is over, one by one, and waits until the cloud confirms. What a run
                            that goes on has started, or one that the repository does not know, is never stopped.
  -repository OWNER/NAME    whose runs they are, if not those of GITHUB_REPOSITORY`,
			exits:   "0, also if there are some; 2 for mistakes, 3 for a login or a permission that is missing, 10 or 13 if the cloud\ndid not confirm a stop, 1 if the jobs could not be listed",
			example: emulatedKey + "cloudjob orphans tencent-pts project_id=project-demo endpoint=http://" + listenAddress + "\n",
			run:     (*process).orphans,
		},
		{
			name: "check", uses: []string{"[-live] NAME=VALUE ...", "[-live] PLAN.yml"}, does: "say what would be started, every mistake, and what each gate asks for; calls nothing",
			help:    "It needs no login. With -live it logs in and reads: whose the login is, whether what would be started is there\nand in which state, which permissions are missing, how its last runs went. It starts nothing.",
			exits:   "0 if nothing is wrong, 2 for mistakes; with -live 3 for a login or a permission that is missing, 5 if a start would be refused",
			example: "cloudjob check provider=tencent-pts project_id=project-demo scenario_id=scenario-demo gates='error_rate < 1%'\n",
			run: func(p *process, ctx context.Context) int {
				live := p.flagged("-live", "--live")
				return p.withInputs("check", func(inputs []field.Input) int { return p.check(ctx, inputs, live) })
			},
		},
		{
			name: "inputs", uses: []string{"PROVIDER"}, does: "list what a provider takes, and what every step takes", prints: true,
			help:    "PROVIDER is " + field.List(catalog.Names()) + ".",
			example: "cloudjob inputs tencent-pts\n",
			run:     func(p *process, _ context.Context) int { return p.inputs() },
		},
		{
			name: "gates", uses: []string{"explain PROVIDER FILE [RESULT.json ...]", "suggest RESULT.json ..."}, does: "say in plain words what each gate of a file asks for, or propose gates that earlier results keep", prints: true,
			help:    "explain reads a file with a gate a line; with result.json files of earlier runs, as report_dir has them, it says what\ngates that compare come to. suggest reads such files of one job, of which those that passed count, leaves a fifth of\nroom to the worst of them, and tells how often each gate would have broken on them.",
			exits:   "0, or 2 if a gate or a file is wrong",
			example: "echo 'p95(response_time) < 300ms' > my.gates\ncloudjob gates explain tencent-pts my.gates\n",
			run:     func(p *process, _ context.Context) int { return p.gates() },
		},
		{
			name: "compare", uses: []string{"[-markdown] [-force] A.json B.json"}, does: "two results side by side; -markdown for a comment", prints: true,
			help:    "The files are result.json of two runs of one job, as report_dir has them. Results of two jobs, or of a real and an\nemulated one, are compared only with -force.",
			exits:   "0, or 2 if a file is none or the two are not comparable",
			example: emulatedKey + emulatedRun + " report_dir=before\n" + emulatedRun + " report_dir=after\ncloudjob compare before/result.json after/result.json\n",
			run:     func(p *process, _ context.Context) int { return p.compare() },
		},
		{
			name: "trend", uses: []string{"RESULT.json ... [-o FOLDER] [-emulated]"}, does: "a page of trends over many results", run: func(p *process, _ context.Context) int { return p.trend() },
			help: `It writes FOLDER/index.html: one page that shows, for each job, the value of every
gate over all of the results, with its limit as it was, what deviates, and the
verdict and the workflow run of each result. Jobs without gates show their main
metrics. The page needs nothing else: no script, no file, no connection.

A RESULT.json is a path or a pattern in quotes ('results/**/result.json', where
** stands for any folders). What is no result, or has no date, is named and left
out, here and on the page. Copies of a result count once. Results of emulated
jobs (endpoint: emulator) are left out beside real ones, and counted: they make
no trend together. Of emulated ones alone it makes a page that says so.

  -o FOLDER   where the page is written, "site" unless given; made if it is not
              there. An index.html that this command did not write is kept, and
              the command fails.
  -emulated   shows the emulated results, and leaves the real ones out.`,
			exits:   "0 if the page is written, 2 if there is nothing to show or the folder cannot be used",
			example: emulatedKey + emulatedRun + " report_dir=before\ncloudjob trend before/result.json -o site\n",
		},
		{
			name: "replay", uses: []string{"FILE [gates=... | gates_file=...] [NAME=VALUE ...]", "-facts FILE"}, does: "judge a recorded run again, by its own gates or by others; calls nothing",
			help:  "FILE is the recording.har of a run, which the input record makes. Its summary, reports and verdict are made again of\nthe answers that the clouds gave. With gates or gates_file it tells whether the run would have passed those. It also\ntakes report_dir, on_inconclusive and locale. It needs no login, and has no connection to anything.\n\n-facts says instead which facts about the clouds (docs/facts) the calls of the recording confirm or contradict, and in\nwhich call. What the emulator answered proves nothing about a cloud.",
			exits: "that of the run as it is judged now, or 2 if the file cannot be replayed", example: emulatedKey + emulatedRun + " wait=true record=recorded\ncloudjob replay recorded/recording.har gates='p95(response_time) < 300ms'\n",
			run: (*process).replay,
		},
		{
			name: "demo", uses: []string{"[-report DIR]"}, does: "what it does, shown against the emulator in ten seconds",
			help: "It needs nothing and calls nothing beyond this process. With -report the pages and summaries stay in a folder.", exits: "0, or 1 for a fault of ours", example: "cloudjob demo\n",
			run: (*process).demo,
		},
		{
			name: "emulate", uses: []string{"[flags]"}, does: "the emulator as a server, for trying workflows and commands without an account",
			help: "It serves until Ctrl-C.", exits: "0, 1 if it cannot listen, or 2 for flags that are wrong", example: "cloudjob emulate -speed 20\n",
			prints: true, // its keys are public, and may be those of the environment
			run:    (*process).emulate,
		},
		{
			name: "docs", does: "write the generated parts of the documentation",
			help: "It has to be run in a checkout of this action: it reads README.md and action.yml there.", exits: "0, or 1 if they are not there or cannot be written",
			example: "cd cloudjob && go run . docs\n",
			run:     func(p *process, _ context.Context) int { return p.docs() },
		},
		{
			name: "version", does: "what this program is made of", prints: true, example: "cloudjob version\n",
			run: func(p *process, _ context.Context) int { return p.version() },
		},
	}
}

func verbOf(name string) (verb, bool) {
	all := verbs()
	i := slices.IndexFunc(all, func(v verb) bool { return v.name == name })
	if i < 0 {
		return verb{}, false
	}
	return all[i], true
}

// outcomes are the exit statuses of a step.
func outcomes() string {
	kinds := job.Kinds()
	slices.SortStableFunc(kinds, func(a, b job.Kind) int { return a.Exit - b.Exit })
	var parts []string
	for _, k := range kinds {
		parts = append(parts, fmt.Sprintf("%2d  %s: %s", k.Exit, k.Outcome, k.When))
	}
	return "  " + strings.Join(parts, "\n  ")
}

// usage is the list of all commands.
func usage() string {
	var b strings.Builder
	b.WriteString("cloudjob starts jobs on cloud services.\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, v := range verbs() {
		fmt.Fprintf(w, "  cloudjob %s\t%s\n", v.name, v.does)
	}
	w.Flush()
	b.WriteString("\nEach says more with -h. Without arguments it runs the step that the environment describes (INPUT_...).\n")
	return b.String()
}

// usage is how a command is called, a line each.
func (v verb) usage() string {
	text, begin := "", "usage: "
	for _, use := range v.uses {
		text += begin + "cloudjob " + v.name + " " + use + "\n"
		begin = "       "
	}
	if text == "" {
		return begin + "cloudjob " + v.name + "\n"
	}
	return text
}

// text is a command's own help.
func (v verb) text() string {
	text := v.usage() + "\n" + strings.ToUpper(v.does[:1]) + v.does[1:] + ".\n"
	if v.help != "" {
		text += v.help + "\n"
	}
	exits := v.exits
	if exits == "" {
		exits = "0, or 2 if it is used wrongly"
	}
	text += "\nExit status:" + strings.TrimSuffix(" "+exits, " ") + "\n\nExample"
	if strings.Contains(v.example, "http://"+listenAddress) {
		text += ", while cloudjob emulate -speed 20 runs in another terminal"
	}
	return text + ":\n\n" + strings.ReplaceAll("  "+strings.TrimSuffix(v.example, "\n"), "\n", "\n  ") + "\n"
}

// misused says how a command is called.
func (p *process) misused(name string) int {
	v, _ := verbOf(name)
	fmt.Fprintf(p.stderr, "%s\ncloudjob %s -h says more\n", v.usage(), name)
	return job.InvalidInput.Exit()
}

// asksHelp tells of arguments that want a command's help.
func asksHelp(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" })
}

// inputs lists what a provider takes.
func (p *process) inputs() int {
	if len(p.args) != 1 {
		return p.misused("inputs")
	}
	c := p.newConsole()
	provider, ok := catalog.Find(p.args[0])
	if !ok {
		c.failure("cloudjob: inputs", noProvider(p.args[0]))
		return job.InvalidInput.Exit()
	}
	c.line("%s starts %s.\n", provider.Title, provider.Starts)
	c.line("%s", fieldList(provider.New().Fields()))
	c.line("Beside them every step takes:\n")
	var run plan.Run
	c.line("%s", fieldList(slices.DeleteFunc(run.Fields(), func(f *field.Field) bool { return f.Given != "" })))
	c.line("The login comes from the environment: %s, or from the inputs for a login without keys.", strings.Join(provider.Variables, ", "))
	return 0
}

func fieldList(set field.Set) string {
	var b strings.Builder
	for _, f := range set {
		more := ""
		switch {
		case f.Required:
			more = ", required"
		case f.Default != "":
			more = ", default " + f.Default
		}
		fmt.Fprintf(&b, "  %s (%s%s)\n      %s\n", f.Name, f.Word(), more, f.Doc)
		for _, inner := range f.Nested().Names() {
			fmt.Fprintf(&b, "        %s\n", inner)
		}
	}
	return b.String()
}

// noProvider says that there is none of a name.
func noProvider(name string) string {
	if near := field.Nearest(name, catalog.Names()); near != "" {
		return fmt.Sprintf("%s is no provider, did you mean %q?", field.Quote(name), near)
	}
	return fmt.Sprintf("%s is no provider; it can be %s", field.Quote(name), field.List(catalog.Names()))
}

// emulatorKeys makes of a login that is not there, to a job whose address is one
// of this machine, how to log in to the emulator. In a workflow, whose steps have
// an environment of their own, a line for a shell is no cure.
func emulatorKeys(err error, j plan.Job, env cloud.Env) error {
	var target struct{ Endpoint string }
	missing, ok := errors.AsType[*job.Error](err)
	if !ok || missing.Fault != job.Denied || json.Unmarshal([]byte(j.Spec.Target()), &target) != nil || !strings.HasPrefix(target.Endpoint, "http:") {
		return err
	}
	if env.Getenv("GITHUB_ACTIONS") == "true" {
		return err
	}
	if login, err := json.Marshal(env.Login); err != nil || string(login) != "{}" || env.FirstSet(j.Provider.Variables) != "" {
		return missing
	}
	local := *missing
	keys := map[string]string{tencent.Variables()[0]: emulator.TencentKeyID, huawei.Variables()[0]: emulator.HuaweiAccessKey}
	local.Cure = fmt.Sprintf("for the emulator: export %s=%s %s=%s", j.Provider.Variables[0], keys[j.Provider.Variables[0]], j.Provider.Variables[1], emulator.Secret)
	return &local
}

// version says what the program is made of.
func (p *process) version() int {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	fmt.Fprint(p.stdout, versionOf(info))
	return 0
}

func versionOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	version, commit := info.Main.Version, settings["vcs.revision"]
	if version == "" {
		version = "(devel)"
	}
	switch {
	case commit == "":
		commit = "not known: it was not built in a checkout"
	case settings["vcs.modified"] == "true":
		commit += ", with changes that are not committed"
	}
	text := fmt.Sprintf("cloudjob %s\ncommit %s\ngo %s %s/%s\n", version, commit, strings.TrimPrefix(runtime.Version(), "go"), runtime.GOOS, runtime.GOARCH)
	for _, m := range info.Deps {
		if strings.Contains(m.Path, "-sdk-go") {
			text += m.Path + " " + m.Version + "\n"
		}
	}
	return text
}
