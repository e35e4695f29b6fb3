package action

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// scene is one step of the demonstration.
type scene struct {
	name    string // of its folder
	title   string
	inputs  string // one input a line
	gates   string
	cancel  time.Duration // when the step is cancelled; 0: never
	outcome job.Outcome   // what the scene is meant to end with
}

// demoPlan has a job of each of the other services.
const demoPlan = `jobs:
  - provider: tencent-batch
    endpoint: emulator
    region: ap-guangzhou
    placement: {Zone: ap-guangzhou-4}
    job: {JobName: demo, Tasks: [{TaskName: hello, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo hello}}]}
  - provider: huawei-drs
    endpoint: emulator
    project_id: ` + emulator.ProjectID + `
    job_ids: [9a470239-2308-4bb5-a6bc-1040402fjb21]
  - provider: huawei-cpts
    endpoint: emulator
    project_id: ` + emulator.ProjectID + `
    test_project_id: 393862
    name: demo
    parallel: true
    case_ids: [449269, 449270]
    gates: p95(response_time) < 300ms
  - provider: huawei-dataarts
    endpoint: emulator
    project_id: ` + emulator.ProjectID + `
    job_name: myJob
    run: once
`

// planName is the file of demoPlan, beside the folders of the scenes.
const planName = "plan.yml"

// scenes are what the action is for, in the order of a first look at it.
func scenes(dir string) []scene {
	const loadTest = "provider=tencent-pts\nendpoint=emulator\nproject_id=project-demo\nscenario_id="
	const gates = "error_rate < 1%\np95(response_time) < 300ms\nrps >= 450/s"
	return []scene{
		{"1-passes", "A load test that passes its gates", loadTest + "scenario-demo\nemulator_speed=40", gates, 0, job.Succeeded},
		{"2-breaks", "One that breaks them", loadTest + "scenario-slow\nemulator_speed=80", gates, 0, job.GateFailed},
		{"3-cancel", "A workflow that is cancelled stops its job", loadTest + "scenario-demo\nemulator_speed=10", "", 1500 * time.Millisecond, job.Cancelled},
		{"4-plan", "A plan with the other four services", "plan_file=" + filepath.Join(dir, planName) + "\nemulator_speed=80", "", 0, job.Succeeded},
		{"5-slips", "Slips, which are found before anything is called", "provider=tencent-pts\nproject_id=project demo\nscenaro_id=scenario-demo\nwait=ture", "", 0, job.InvalidInput},
	}
}

func (s scene) fields(dir string) []field.Input {
	lines := strings.Split(s.inputs, "\n")
	if s.outcome != job.InvalidInput {
		lines = append(lines, "wait=true", "report_dir="+filepath.Join(dir, s.name))
	}
	var inputs []field.Input
	for _, line := range lines {
		name, text, _ := strings.Cut(line, "=")
		inputs = append(inputs, field.Input{Name: name, Text: text})
	}
	if s.gates != "" {
		inputs = append(inputs, field.Input{Name: "gates", Text: s.gates})
	}
	return inputs
}

// demo runs steps against the emulator in this process, through the real SDKs, and
// leaves their reports and summaries as a workflow would get them.
func (p *process) demo(ctx context.Context) int {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(p.stderr)
	dir := flags.String("report", "", "the `folder` that gets report pages, summaries and outputs; a new one unless given")
	flags.Usage = func() {
		fmt.Fprint(p.stderr, "usage: cloudjob demo [-report DIR]\n\nshows in some seconds what cloudjob does, against the emulator: no account, no network.\n\n")
		flags.PrintDefaults()
	}
	switch err := flags.Parse(p.args); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return job.InvalidInput.Exit()
	case flags.NArg() > 0:
		flags.Usage()
		return job.InvalidInput.Exit()
	}
	began := time.Now()
	c := p.newConsole()
	if err := setStage(dir); err != nil {
		c.failure("cloudjob: demo", "the folder for the reports cannot be used: "+err.Error())
		return job.Internal.Exit()
	}
	c.line("five steps against the emulator, which is inside this process: nothing real runs, nothing is called")
	failed := false
	for i, s := range scenes(*dir) {
		c.verbatim(fmt.Sprintf("\n── %d. %s ──\n\n$ %s\n", i+1, c.book.Text(s.title), rerun(s.fields(*dir), func(string) bool { return false })))
		got, err := p.play(ctx, s, *dir)
		if err != nil {
			c.failure("cloudjob: demo", err.Error())
			return job.Internal.Exit()
		}
		if ctx.Err() != nil {
			return job.Cancelled.Exit()
		}
		c.line("exit status %d", got)
		if got != s.outcome.Exit() {
			c.failure("cloudjob: demo", fmt.Sprintf("this did not go as staged, which is exit status %d; it is a fault of ours", s.outcome.Exit()))
			failed = true
		}
	}
	c.line("\nthat took %s; open the reports in a browser (summary.md beside each is what the run's page shows):\n", time.Since(began).Round(100*time.Millisecond))
	for _, s := range scenes(*dir) {
		if page := filepath.Join(*dir, s.name, pageName); exists(page) {
			c.verbatim("  " + page)
		}
	}
	c.line("\nin a workflow: the same inputs below \"with:\", endpoint: emulator among them; no secrets are needed")
	if failed {
		return job.Internal.Exit()
	}
	return 0
}

// setStage makes the folder and the plan in it. If dir is empty, it is a new temporary
// folder.
func setStage(dir *string) error {
	var err error
	if *dir == "" {
		*dir, err = os.MkdirTemp("", "cloudjob-demo-")
	} else if err = os.MkdirAll(*dir, 0o755); err == nil {
		*dir, err = filepath.Abs(*dir)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*dir, planName), []byte(demoPlan), 0o644)
	}
	return cause(err)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// play runs a step as a runner does, with files for its outputs and its summary. If the
// demonstration itself runs in a workflow, the step gets none of that one's files.
func (p *process) play(ctx context.Context, s scene, dir string) (status int, err error) {
	folder := filepath.Join(dir, s.name)
	files := map[string]string{"GITHUB_OUTPUT": filepath.Join(folder, "outputs"), "GITHUB_STEP_SUMMARY": filepath.Join(folder, "summary.md")}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return 0, fmt.Errorf("make %s: %w", folder, cause(err))
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) { // of an earlier demonstration
			return 0, fmt.Errorf("remove %s: %w", file, cause(err))
		}
	}
	step := &process{
		name: p.name, byHand: true, stdout: p.stdout, stderr: p.stderr, network: p.network, jitter: p.jitter,
		getenv: func(name string) string { return files[name] }, environ: func() []string { return nil },
	}
	step.book.Store(p.book.Load())
	if s.cancel > 0 {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, s.cancel)
		defer end()
	}
	return step.step(ctx, s.fields(dir)), nil
}
