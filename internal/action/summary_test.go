package action

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/locale"
	"cloudjob/internal/report"
)

var (
	update = flag.Bool("update", false, "write the golden files")
	keep   = flag.String("keep", "", "a folder for all files of the steps, to look at them")
)

// run is a step against the emulator, from its inputs to its summary.
type run struct {
	inputs string        // NAME=VALUE, a line each; | stands for a line break
	before int           // how many times it ran before, for a baseline
	cancel time.Duration // when the workflow is cancelled; 0: never
	exit   int
}

// runs are, for each provider, one that passes, one that fails, one that cannot
// be judged and one that is cancelled; and some that end in other ways.
func runs() map[string]run {
	const (
		pts      = "provider=tencent-pts\nproject_id=project-demo\n"
		batch    = "provider=tencent-batch\nregion=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\njob={JobName: nightly, Tasks: [{TaskName: fetch, EnvId: env-demo0001, TaskInstanceNum: 3, Application: {DeliveryForm: LOCAL, Command: sleep 30}}, {TaskName: report, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: %s}}]}\n"
		huawei   = "project_id=" + emulator.ProjectID + "\nregion=cn-north-4\n"
		drs      = "provider=huawei-drs\n" + huawei
		cpts     = "provider=huawei-cpts\n" + huawei + "test_project_id=393862\nname=checkout\nparallel=false\n"
		dataarts = "provider=huawei-dataarts\n" + huawei + "run=once\n"

		load = "gates=error_rate < 1%|p95(response_time) < 300ms|slowest: p95(response_time{request~\"*\"}) < 400ms|rps >= 100/s|warn avg(response_time) < 50ms\n"
		full = "job_ids=9a470239-2308-4bb5-a6bc-1040402fjb21\n"
		sync = "job_ids=dbb8127c-b093-4b94-b764-7161e151jb2s\n"
	)
	return map[string]run{
		"tencent-pts-pass":         {pts + "scenario_id=scenario-demo\nbaseline=past/*.json\n" + load + "", 4, 0, 0},
		"tencent-pts-fail":         {pts + "scenario_id=scenario-slow\n" + load, 0, 0, 11},
		"tencent-pts-inconclusive": {pts + "scenario_id=scenario-empty\n" + load, 0, 0, 12},
		"tencent-pts-cancelled":    {pts + "scenario_id=scenario-demo\nbaseline=past/*.json\n" + load, 2, 50 * time.Second, 14},
		"tencent-pts-baseline":     {pts + "scenario_id=scenario-demo\nbaseline=past/*.json\ngates=p95(response_time) <= baseline +10% or +20ms|rps >= baseline -5%|p99(response_time{request~\"*\"}) <= baseline +10%\n", 4, 0, 0},
		"tencent-pts-new":          {pts + "scenario_id=scenario-demo\nbaseline=past/*.json\ngates=p95(response_time) <= baseline +10%|error_rate < 1%\n", 2, 0, 12},
		"tencent-pts-abort":        {pts + "scenario_id=scenario-slow\ngates=abort p95(response_time) < 500ms over 10s after 10s|error_rate < 1%\n", 0, 0, 11},
		"tencent-pts-timed-out":    {pts + "scenario_id=scenario-demo\ntimeout=40s\n" + load, 0, 0, 13},
		"tencent-pts-job-failed":   {pts + "scenario_id=scenario-failing\n" + load, 0, 0, 10},
		"tencent-pts-not-started":  {pts + "scenario_id=scenario-no-load\n" + load, 0, 0, 5},

		"tencent-batch-pass":         {fmt.Sprintf(batch, "echo done") + "gates=failed_tasks == 0|duration < 10m|state == SUCCEED\n", 0, 0, 0},
		"tencent-batch-fail":         {fmt.Sprintf(batch, "echo done") + "gates=failed_tasks == 0|quick: duration < 20s\n", 0, 0, 11},
		"tencent-batch-inconclusive": {fmt.Sprintf(batch, "echo done") + "gates=failed_tasks == 0|duration <= baseline +10%\nbaseline=results/*.json\n", 0, 0, 12},
		"tencent-batch-cancelled":    {fmt.Sprintf(batch, "echo done") + "gates=failed_tasks == 0\n", 0, 30 * time.Second, 14},
		"tencent-batch-job-failed":   {fmt.Sprintf(batch, "exit 3") + "gates=failed_tasks == 0\n", 0, 0, 10},

		"huawei-drs-pass":         {drs + sync + "gates=replication_delay < 30s for 2m after 1m30s|state == INCRE_TRANSFER_STARTED\n", 0, 0, 0},
		"huawei-drs-fail":         {drs + full + "gates=progress >= 100%|quick: duration < 20s\n", 0, 0, 11},
		"huawei-drs-inconclusive": {drs + full + "gates=progress >= 100%|replication_delay < 30s\n", 0, 0, 12},
		"huawei-drs-cancelled":    {drs + full + "gates=progress >= 100%\n", 0, 20 * time.Second, 14},
		"huawei-drs-paused":       {drs + full + "on_cancel=stop\ngates=progress >= 100%\n", 0, 20 * time.Second, 14},
		"huawei-drs-timed-out":    {drs + full + "timeout=20s\ngates=progress >= 100%\n", 0, 0, 13},
		"huawei-drs-terminated":   {drs + full + "on_cancel=terminate\ngates=progress >= 100%\n", 0, 20 * time.Second, 14},
		"huawei-drs-resumed":      {drs + "job_ids=edae91cb-5892-49b6-a529-4921fb26jb21\ngates=progress >= 100%\n", 0, 0, 0},
		"huawei-drs-job-failed":   {drs + "job_ids=140b5236-88ad-43c8-811c-1268453jb101\ngates=progress >= 100%\n", 0, 0, 10},

		"huawei-cpts-pass":         {cpts + "case_ids=449269,449270\n" + load, 0, 0, 0},
		"huawei-cpts-fail":         {cpts + "case_ids=449269,449271,449272\n" + load, 0, 0, 11},
		"huawei-cpts-inconclusive": {cpts + "case_ids=449269\ngates=error_rate < 1%|p95(response_time) <= baseline +10%\nbaseline=results/*.json\n", 0, 0, 12},
		"huawei-cpts-cancelled":    {cpts + "case_ids=449269,449270\n" + load, 0, 50 * time.Second, 14},

		"huawei-dataarts-pass":         {dataarts + "job_name=myJob\ngates=failed_tasks == 0|duration < 5m\n", 0, 0, 0},
		"huawei-dataarts-fail":         {dataarts + "job_name=myJob\ngates=failed_tasks == 0|quick: duration < 20s\n", 0, 0, 11},
		"huawei-dataarts-inconclusive": {dataarts + "job_name=myJob\ngates=failed_tasks == 0|duration <= baseline +10%\nbaseline=results/*.json\n", 0, 0, 12},
		"huawei-dataarts-cancelled":    {dataarts + "job_name=myJob\ngates=failed_tasks == 0\n", 0, 15 * time.Second, 14},
		"huawei-dataarts-job-failed":   {dataarts + "job_name=failingJob\ngates=failed_tasks == 0\n", 0, 0, 10},
	}
}

// TestSummaries holds what people read, made by the real action, its SDKs and
// the emulator. The files of report_dir are made too.
func TestSummaries(t *testing.T) {
	for name, r := range runs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var summary, log string
			synctest.Test(t, func(t *testing.T) { summary, log = r.play(t, dir) })
			equals(t, filepath.Join("testdata/summaries", name+".md"), summary)
			chinese := report.Markdown(summary, locale.Named(locale.Chinese))
			equals(t, filepath.Join("testdata/summaries/zh", name+".md"), chinese)
			noEnglish(t, chinese)
			if *keep != "" {
				if err := os.CopyFS(filepath.Join(*keep, name), os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
			}
			if t.Failed() {
				t.Log(log)
			}
		})
	}
}

// equals compares with a golden file.
func equals(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", golden, err, diff)
	}
}

// clouds are words of the clouds in the golden summaries, which stay as they are.
const clouds = `Node transform failed|The source database refused the user name or the password|the command (?:failed|ended with exit code)|aborted by SLA rule|The scenario produces no task`

var (
	notProse = regexp.MustCompile("(?s)<pre>.*?</pre>|<code>.*?</code>|<a [^>]*>|`[^`]*`|\"[^\"\n]*\"|" + clouds)
	english  = regexp.MustCompile(`\b[a-z]{2,}(?:'s)?,? [a-z]{2,} [a-z]{2,}\b`)
)

// noEnglish complains of three English words in a row, which is what is left of a
// text that has no phrase.
func noEnglish(t *testing.T, summary string) {
	t.Helper()
	for _, left := range english.FindAllString(notProse.ReplaceAllString(summary, ""), -1) {
		t.Errorf("%q is left in English", left)
	}
}

// play runs the step as often as it ran before, once more, and its post step.
func (r run) play(t *testing.T, dir string) (summary, log string) {
	cloud, _ := newEmulator(emulator.Options{})
	if err := os.Mkdir(filepath.Join(dir, "past"), 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range r.before {
		earlier := r
		earlier.exit = -1
		earlier.attempt(t, dir, cloud, 1000+i)
		err := os.Rename(filepath.Join(dir, "reports", "result.json"), filepath.Join(dir, "past", fmt.Sprintf("%d.json", i)))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(24 * time.Hour)
	}
	return r.attempt(t, dir, cloud, 2000)
}

// attempt is one workflow run.
func (r run) attempt(t *testing.T, dir string, cloud *emulator.Emulator, number int) (summary, log string) {
	var out bytes.Buffer
	files := map[string]string{}
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		files[name] = filepath.Join(dir, fmt.Sprintf("%s_%d", strings.ToLower(name), number))
	}
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "octo/shop",
		"GITHUB_RUN_ID": fmt.Sprint(number), "GITHUB_RUN_ATTEMPT": "1", "GITHUB_SHA": "8c5a2b1f0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b", "GITHUB_REF": "refs/heads/main",
	}
	p := &process{stdout: &out, stderr: &out, network: cloud.Transport(), jitter: func() float64 { return 0.5 }, getenv: func(name string) string {
		for _, of := range []map[string]string{files, env} {
			if of[name] != "" {
				return of[name]
			}
		}
		return emulated(name)
	}}
	inputs := []field.Input{{Name: "endpoint", Text: demoEndpoint}, {Name: "report_dir", Text: "reports"}}
	for line := range strings.Lines(r.inputs) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), "=")
		inputs = append(inputs, field.Input{Name: name, Text: strings.ReplaceAll(text, "|", "\n")})
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if r.cancel > 0 && r.exit >= 0 {
		time.AfterFunc(r.cancel, cancel)
	}
	exit := p.step(ctx, inputs)
	if exit != r.exit && r.exit >= 0 {
		t.Errorf("it exits with %d, not %d", exit, r.exit)
	}
	agree(t, exit, files["GITHUB_OUTPUT"], out.String())
	state, err := os.ReadFile(files["GITHUB_STATE"])
	if err != nil {
		t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(state))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		env["STATE_"+e.Name] = e.Value
	}
	p.post(t.Context())
	src, err := os.ReadFile(files["GITHUB_STEP_SUMMARY"])
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return string(src), out.String()
}
