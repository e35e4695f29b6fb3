package action

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// newEmulator makes the emulated cloud with everything in its world.
func newEmulator(o emulator.Options) (*emulator.Emulator, []emu.Half) {
	clock := emulator.NewClock(o.Speed)
	var halves []emu.Half
	for _, p := range catalog.Providers() {
		halves = append(halves, p.Emulate(clock))
	}
	return emulator.New(o, halves...), halves
}

// emulated is the environment of a step that talks to the emulator.
func emulated(name string) string {
	tencentNames, huaweiNames := tencent.Variables(), huawei.Variables()
	return map[string]string{
		tencentNames[0]: emulator.TencentKeyID, tencentNames[1]: emulator.Secret,
		huaweiNames[0]: emulator.HuaweiAccessKey, huaweiNames[1]: emulator.Secret,
		"GITHUB_ACTOR": "demo",
	}[name]
}

// scene is one step of the demonstration.
type scene struct {
	provider string
	title    string
	inputs   string // one input a line
}

const demoEndpoint = "http://127.0.0.1:8787" // never reached: the emulator is inside the process

// scenes are, for each provider, a healthy start, a mistake in the inputs and
// a refusal by the cloud.
func scenes() []scene {
	const huaweiTarget = "project_id=" + emulator.ProjectID + "\nregion=cn-north-4\n"
	const batchTarget = "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\n"
	const batchJob = "job={JobName: demo, Tasks: [{TaskName: hello, EnvId: %s, Application: {DeliveryForm: LOCAL, Command: echo hello}}]}"
	return []scene{
		{"tencent-pts", "a load test", "project_id=project-demo\nscenario_id=scenario-demo\nnote=cloudjob demo"},
		{"tencent-pts", "a slip in a name", "project_id=project-demo\nscenaro_id=scenario-demo"},
		{"tencent-pts", "a scenario without load", "project_id=project-demo\nscenario_id=scenario-no-load"},
		{"tencent-batch", "a batch job", batchTarget + fmt.Sprintf(batchJob, "env-demo0001")},
		{"tencent-batch", "a zone of another region", "region=ap-shanghai\nplacement={Zone: ap-guangzhou-4}\n" + fmt.Sprintf(batchJob, "env-demo0001")},
		{"tencent-batch", "an environment that does not exist", batchTarget + fmt.Sprintf(batchJob, "env-missing1")},
		{"huawei-drs", "two replication tasks", huaweiTarget + "job_ids=9a470239-2308-4bb5-a6bc-1040402fjb21,dbb8127c-b093-4b94-b764-7161e151jb2s"},
		{"huawei-drs", "a time in the past", huaweiTarget + "job_ids=9a470239-2308-4bb5-a6bc-1040402fjb21\nstart_time=1599202771816"},
		{"huawei-drs", "a task that is busy", huaweiTarget + "job_ids=4c6ac8c0-2f51-426a-97b2-cb2c668jb201"},
		{"huawei-cpts", "a performance test of two cases", huaweiTarget + "test_project_id=393862\nname=demo\nparallel=false\ncase_ids=449269,449270"},
		{"huawei-cpts", "a mode that is no longer taken", huaweiTarget + "test_project_id=393862\nname=demo\nparallel=false\ncase_ids=449269\noperate_mode=1"},
		{"huawei-cpts", "a case that does not exist", huaweiTarget + "test_project_id=393862\nname=demo\nparallel=false\ncase_ids=111"},
		{"huawei-dataarts", "one run of a pipeline", huaweiTarget + "job_name=myJob\nrun=once\njob_params={day: \"20301231\"}"},
		{"huawei-dataarts", "a job name with a slash", huaweiTarget + "job_name=my/Job"},
		{"huawei-dataarts", "a job that does not exist", huaweiTarget + "job_name=yourJob"},
	}
}

func (s scene) fields() []field.Input {
	inputs := []field.Input{{Name: "provider", Text: s.provider}, {Name: "endpoint", Text: demoEndpoint}}
	for line := range strings.Lines(s.inputs) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "=")
		inputs = append(inputs, field.Input{Name: name, Text: text})
	}
	return inputs
}

// demo plays all scenes against an emulator in this process, through the real
// SDKs, and shows the summary that a workflow would have got.
func (p *process) demo(ctx context.Context) int {
	began := time.Now()
	cloudEmulator, _ := newEmulator(emulator.Options{})
	env := cloud.Env{Getenv: emulated, Transport: &cloud.Transport{Base: cloudEmulator.Transport(), Redact: p.secrets.redact}}
	p.keep(emulator.Secret)
	c := p.newConsole()
	c.line("five services, emulated in this process; the vendors' own SDKs make the calls")

	whole := engine.Result{Outcome: job.Started}
	var mistakes field.Problems
	last := ""
	for _, s := range scenes() {
		if s.provider != last {
			provider, _ := catalog.Find(s.provider)
			c.line("\n%s (%s)", provider.Name, provider.Title)
			last = s.provider
		}
		io.WriteString(c.out, guard(fmt.Sprintf("  %-36s ", s.title)))
		start := time.Now()
		r, problems := s.play(ctx, env)
		for i, problem := range problems {
			indent(c, i)
			c.line("✋ refused before any call: %s", problem)
		}
		for i, item := range r.Items {
			indent(c, i)
			c.line("%s", demoLine(item, time.Since(start)))
		}
		mistakes = append(mistakes, problems...)
		whole.Items = append(whole.Items, r.Items...)
		for _, item := range r.Items {
			whole.Outcome = job.Worse(whole.Outcome, job.OutcomeOf(item.Err))
		}
	}
	c.line("\n%d scenes, %d calls, %s\n", len(scenes()), cloudEmulator.Calls()[emulator.Total], time.Since(began).Round(time.Millisecond))

	summary := report.Summary(whole) + "\n" + report.Invalid(mistakes)
	c.line("the job summary that a workflow would show:\n\n%s", summary)
	path, err := writeDemo(summary)
	if err != nil {
		c.failure("cloudjob: demo", "the summary cannot be written: "+err.Error())
		return job.Internal.Exit()
	}
	c.line("\nit is in %s", path)
	if !asStaged(whole, mistakes) {
		c.failure("cloudjob: demo", "the demonstration did not go as staged; this is a fault of ours")
		return job.Internal.Exit()
	}
	return 0
}

func (s scene) play(ctx context.Context, env cloud.Env) (engine.Result, field.Problems) {
	plan, problems := plan.Decode(s.fields(), nil)
	if len(problems) > 0 {
		return engine.Result{Outcome: job.InvalidInput}, problems
	}
	services, _, r := open(plan.Jobs, env)
	if r.Outcome == job.Started {
		r = engine.Run(ctx, services, engine.Options{Mark: engine.Mark{Run: "demo", Attempt: "1", Once: "demo"}})
	}
	return r, nil
}

// indent puts the lines of a scene after the first below it.
func indent(c *console, line int) {
	if line > 0 {
		io.WriteString(c.out, strings.Repeat(" ", 39))
	}
}

func demoLine(item job.Item, took time.Duration) string {
	if item.Err != nil {
		return "❌ refused by the cloud: " + item.Err.Error()
	}
	id := item.Ref.ID
	if item.Ref.Run != "" {
		id += ", run " + item.Ref.Run
	}
	return "✅ started " + id + " in " + strconv.FormatInt(took.Milliseconds(), 10) + " ms"
}

// asStaged tells whether each provider had its start and its refusals.
func asStaged(whole engine.Result, mistakes field.Problems) bool {
	started, refused := map[string]bool{}, map[string]bool{}
	for _, item := range whole.Items {
		if item.Err == nil {
			started[item.Provider] = true
		} else {
			refused[item.Provider] = true
		}
	}
	all := len(catalog.Names())
	return len(started) == all && len(refused) == all && len(mistakes) >= all
}

func writeDemo(summary string) (string, error) {
	dir, err := os.MkdirTemp("", "cloudjob-demo-")
	if err != nil {
		return "", cause(err)
	}
	path := filepath.Join(dir, "summary.md")
	return path, cause(os.WriteFile(path, []byte(summary), 0o644))
}
