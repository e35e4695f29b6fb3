package action

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// indiscreet is a cloud that says everything that it was sent.
type indiscreet struct{}

func (indiscreet) RoundTrip(r *http.Request) (*http.Response, error) {
	said := fmt.Sprint(r.Header)
	answer, err := json.Marshal(map[string]any{"Response": map[string]any{
		"Error":     map[string]string{"Code": "AuthFailure." + r.Header.Get("X-TC-Token"), "Message": said[strings.Index(said, "X-Tc-Token"):]},
		"RequestId": r.Header.Get("X-TC-Token"),
	}})
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(answer)), Request: r,
	}, nil
}

// TestEchoedSecrets holds that a secret which the cloud sends back is nowhere
// shown, though every writer escapes it in another way.
func TestEchoedSecrets(t *testing.T) {
	const token = `to_ken*with<odd>&"signs"|and~more`
	dir := t.TempDir()
	var out, err bytes.Buffer
	env := map[string]string{
		"GITHUB_ACTIONS": "true", "RUNNER_DEBUG": "1",
		"GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
		"TENCENTCLOUD_SECRET_ID": "AKIDEXAMPLE", "TENCENTCLOUD_SECRET_KEY": "example-key", "TENCENTCLOUD_TOKEN": token,
	}
	p := &process{stdout: &out, stderr: &err, getenv: func(name string) string { return env[name] }, network: indiscreet{}}
	status := p.step(context.Background(), []field.Input{
		{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "p"}, {Name: "scenario_id", Text: "s"},
	})
	if status != 3 {
		t.Errorf("exit status %d, want 3", status)
	}
	shown := map[string]string{"log": logWithoutMasks(out.String()) + err.String()}
	for _, name := range []string{"output", "summary"} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		shown[name] = string(text)
	}
	for where, text := range shown {
		plain := html.UnescapeString(strings.NewReplacer("<!-- -->", "", "<wbr>", "", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\"`, `"`).Replace(text))
		if !strings.Contains(plain, "***") {
			t.Errorf("%s says nothing of the failure:\n%s", where, text)
		}
		if strings.Contains(plain, token) {
			t.Errorf("%s shows the token:\n%s", where, text)
		}
	}
}

func logWithoutMasks(log string) string {
	var rest strings.Builder
	for line := range strings.Lines(log) {
		if !strings.HasPrefix(line, "::add-mask::") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// TestStepInputs holds which variables are taken for inputs: those of our
// names, and slips of them, which are then refused.
func TestStepInputs(t *testing.T) {
	env := map[string]string{
		"INPUT_PROVIDER": "tencent-pts", "INPUT_NOTE": " \n", "INPUT_SCENARIO_ID": "a\nb",
		"INPUT_PROJECT-ID": "p", "INPUT_SCENARO_ID": "s", "INPUT_NOET": "", "INPUT_SOMETHING_ELSE": "x", "input_note": "x", "PROVIDER": "x",
	}
	p := &process{
		getenv: func(name string) string { return env[name] },
		environ: func() []string {
			var all []string
			for name, value := range env {
				all = append(all, name+"="+value)
			}
			return all
		},
	}
	got := p.stepInputs()
	slices.SortFunc(got, func(a, b field.Input) int { return strings.Compare(a.Name, b.Name) })
	want := []field.Input{
		{Name: "project-id", Text: "p"}, {Name: "provider", Text: "tencent-pts"}, {Name: "scenario_id", Text: "a\nb"}, {Name: "scenaro_id", Text: "s"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
}

// TestMessages holds that one cause is told once, with the jobs that it hit.
func TestMessages(t *testing.T) {
	quota := &job.Error{Call: "StartJob", Code: "LimitExceeded", Message: "too many"}
	r := engine.Result{Items: []job.Item{
		{What: "a", Err: quota}, {What: "b"}, {What: "c", Err: &job.Error{Call: "StartJob", Message: "other"}},
		{What: "d", Err: quota}, {What: "e", Err: quota}, {What: "f", Err: quota}, {What: "g", Err: quota},
	}}
	want := []string{
		"a, d, e, 2 more: StartJob: LimitExceeded: too many",
		"c: StartJob: other",
	}
	var got []string
	for _, m := range messages(r) {
		got = append(got, m.text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// TestManyFailures holds that the runner's limit of annotations is kept, and
// that nothing is lost by it.
func TestManyFailures(t *testing.T) {
	var out bytes.Buffer
	p := &process{stdout: &out, stderr: io.Discard, getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }}
	c := p.newConsole()
	for i := range 25 {
		c.problem(field.Problem{Place: field.Place{File: "plan.yml", Line: i + 1, Col: 3}, Text: "is wrong"})
	}
	if got := len(runnertest.Commands(out.String())); got != 10 {
		t.Errorf("%d annotations, want 10", got)
	}
	for i := range 25 {
		if want := fmt.Sprintf("plan.yml:%d:3: is wrong", i+1); !strings.Contains(out.String(), want) {
			t.Errorf("the log does not say %q", want)
		}
	}
}

// TestAnnotations: ten of all kinds, of gates the broken ones first, each on
// the line of its file.
func TestAnnotations(t *testing.T) {
	var out bytes.Buffer
	p := &process{stdout: &out, stderr: io.Discard, getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }}
	c := p.newConsole()
	of := func(file string, severity string, v job.Verdict, n int) (gates []job.Judgement) {
		for i := range n {
			gates = append(gates, job.Judgement{Gate: fmt.Sprintf("rps > %d/s", i), File: file, Line: i + 1, Severity: severity, Verdict: v, Reason: "because"})
		}
		return gates
	}
	c.annotateGates(engine.Result{Items: []job.Item{
		{What: "one", Gates: slices.Concat(of("a.gates", "warn", job.Fail, 5), of("a.gates", "", job.Inconclusive, 3), of("a.gates", "", job.Fail, 3), of("a.gates", "", job.Pass, 3))},
		{What: "two", Gates: of("gates", "abort", job.Fail, 3)},
		{What: "three", End: job.Cancelled, Gates: of("gates", "", job.Inconclusive, 3)},
	}}, "")
	var got []string
	for _, command := range runnertest.Commands(out.String()) {
		place, _, _ := strings.Cut(command.Line, ",title=")
		got = append(got, place[:min(len(place), 30)])
	}
	want := []string{
		"::error file=a.gates,line=1", "::error file=a.gates,line=2", "::error file=a.gates,line=3",
		"::error title=cloudjob%3A gate", "::error title=cloudjob%3A gate", "::error title=cloudjob%3A gate",
		"::error file=a.gates,line=1", "::error file=a.gates,line=2", "::error file=a.gates,line=3",
		"::warning file=a.gates,line=1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out.String())
	}
	if n := strings.Count(out.String(), "because"); n != 14 {
		t.Errorf("the log tells of %d gates, want 14", n)
	}
}

// TestRedactedResult holds that a secret in a report reaches no file.
func TestRedactedResult(t *testing.T) {
	const secret = `to_ken*with<odd>&"signs"|and~more`
	var c console
	c.secrets = new(secrets)
	c.secrets.add(nil, secret)
	labels := map[string]string{"request": "GET /" + secret}
	series := job.Series{Metric: "rps", Labels: labels, Points: []job.Point{{At: 1, Value: 1}, {At: 2, Value: 2}}}
	r := c.redacted(engine.Result{Items: []job.Item{{
		Provider: "tencent-pts", What: secret, Ref: job.Ref{ID: secret, Run: secret}, Status: secret, RequestID: secret, Note: secret, Culprit: secret, End: job.GateFailed,
		Why: []string{secret}, Timeline: []job.Moment{{What: secret}}, Verdict: job.Fail,
		Gates: []job.Judgement{{Gate: secret, Name: secret, Subject: secret, Op: "<", Wants: secret, Word: secret, Where: secret, Reason: secret, Verdict: job.Fail}},
		Report: job.Report{
			Samples: []job.Sample{{Metric: "response_time", Aggregation: "p95", Labels: labels, Word: secret, Missing: secret}},
			Series:  []job.Series{series, {Metric: "rps", Points: series.Points}},
			Errors:  []job.ErrorKind{{What: secret}}, Ranges: []job.Range{{What: secret}}, Parts: []job.Part{{Name: secret, Status: secret, Detail: secret}}, Notes: []string{secret},
		},
	}}})
	if labels["request"] != "GET /"+secret {
		t.Error("the labels of the run itself were changed")
	}
	p := &process{getenv: func(string) string { return "" }}
	results := p.results(r, &judging{})
	written := report.Judged(results)
	for _, write := range []func() ([]byte, error){
		results[0].JSON, func() ([]byte, error) { return report.HTML(results) }, func() ([]byte, error) { return report.JUnit(results) },
		func() ([]byte, error) { return report.CSV(results[0]), nil },
	} {
		src, err := write()
		if err != nil {
			t.Fatal(err)
		}
		written += "\n" + string(src)
	}
	plain := html.UnescapeString(strings.NewReplacer("<!-- -->", "", "<wbr>", "", `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\"`, `"`, `""`, `"`).Replace(written))
	for _, part := range []string{"to_ken", "odd", "signs"} {
		if i := strings.Index(plain, part); i >= 0 {
			t.Errorf("%q is shown: %s", part, plain[max(0, i-100):i+50])
		}
	}
}

// TestRerunOfMuch: a command that is too long to be pasted leads to a plan file,
// which is the same job.
func TestRerunOfMuch(t *testing.T) {
	var gates, ids []string
	for i := range 300 {
		gates, ids = append(gates, fmt.Sprintf(`g%d: p95(response_time{request="GET /it's/%d"}) < 800ms # "x": y`, i, i)), append(ids, fmt.Sprint(449269+i))
	}
	inputs := map[string][]field.Input{
		"tencent-pts": {{Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo"}, {Name: "note", Text: "true"}, {Name: "debug", Text: "true"}, {Name: "gates", Text: strings.Join(gates, "\n")}},
		"huawei-cpts": {{Name: "project_id", Text: "0123456789abcdef0123456789abcdef"}, {Name: "region", Text: "cn-north-4"}, {Name: "test_project_id", Text: "393862"}, {Name: "name", Text: "007"}, {Name: "parallel", Text: "true"}, {Name: "case_ids", Text: strings.Join(ids, ",\n")}, {Name: "gates", Text: strings.Join(gates, "\n")}},
		"huawei-drs":  {{Name: "project_id", Text: "0123456789abcdef0123456789abcdef"}, {Name: "region", Text: "cn-north-4"}, {Name: "job_ids", Text: strings.Repeat("9a470239-2308-4bb5-a6bc-1040402fjb21\n", 1)}, {Name: "gates", Text: strings.Repeat("progress >= 100% # all of it\n", 300)}},
	}
	for provider, own := range inputs {
		all := append([]field.Input{{Name: "provider", Text: provider}, {Name: "wait", Text: "true"}, {Name: "timeout", Text: "15m"}, {Name: "report_dir", Text: "reports/load/"}}, own...)
		want, problems := plan.Decode(all, nil)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		a := newAgain(all, func(string) bool { return false })
		if a.plan == nil || a.command != "cloudjob run \\\n  plan_file=reports/load/rerun.yml \\\n  wait=true \\\n  timeout=15m \\\n  report_dir=reports/load/" {
			t.Fatalf("%s: %s\n%s", provider, a.command, a.plan)
		}
		got, problems := plan.Decode([]field.Input{{Name: "plan_file", Text: "reports/load/rerun.yml"}, {Name: "wait", Text: "true"}, {Name: "timeout", Text: "15m"}}, func(string) ([]byte, error) { return a.plan, nil })
		if len(problems) > 0 || len(got.Jobs) != 1 {
			t.Fatalf("%s: %v\n%.500s", provider, problems, a.plan)
		}
		of := func(p plan.Plan) (text string) {
			for _, g := range p.Jobs[0].Gates {
				text += g.String() + "\n"
			}
			return p.Jobs[0].Spec.Target() + p.Jobs[0].Spec.Fields().Content() + text
		}
		if diff := cmp.Diff(of(want), of(got)); diff != "" {
			t.Errorf("%s (-inputs +plan):\n%s", provider, diff)
		}
		if !report.Named(rerunName) || !report.Ours(rerunName, a.plan) {
			t.Error("the next run takes the file for somebody's")
		}
		if secret := newAgain(all, func(text string) bool {
			return strings.Contains(text, "0123") || strings.Contains(text, "project-demo")
		}); secret.plan != nil {
			t.Errorf("%s: a secret went into a file", provider)
		}
		if short := newAgain(all[:6], func(string) bool { return false }); short.plan != nil {
			t.Errorf("%s: a short command has a file", provider)
		}
	}
	batch := append(healthyInputs("tencent-batch"), field.Input{Name: "gates", Text: strings.Repeat("failed_tasks == 0 # none\n", 300)})
	if a := newAgain(batch, func(string) bool { return false }); a.plan != nil || !strings.Contains(a.command, `job="${JOB:?`) {
		t.Errorf("what may be a secret went into a file:\n%s", a.plan)
	}
}

// TestElsewhere: a path of the runner's folders is one of the checkout's.
func TestElsewhere(t *testing.T) {
	p := &process{getenv: func(name string) string { return map[string]string{"GITHUB_WORKSPACE": "/github/workspace"}[name] }}
	got := p.elsewhere([]field.Input{{Name: "report_dir", Text: "/github/workspace/reports"}, {Name: "plan_file", Text: "plan.yml"}, {Name: "note", Text: "/github/workspaces"}})
	if diff := cmp.Diff([]field.Input{{Name: "report_dir", Text: "reports"}, {Name: "plan_file", Text: "plan.yml"}, {Name: "note", Text: "/github/workspaces"}}, got); diff != "" {
		t.Error(diff)
	}
}

// healthyInputs are those of a job that runs well.
func healthyInputs(provider string) (inputs []field.Input) {
	of := healthy()[provider]
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if name != "gates" {
			inputs = append(inputs, field.Input{Name: name, Text: of[name]})
		}
	}
	return inputs
}

// TestRerun holds the command that a summary offers: a shell reads each input
// as one word, as it was; the place in a matrix and the login are the runner's
// own, and what may be a secret is a variable.
func TestRerun(t *testing.T) {
	inputs := []field.Input{
		{Name: "provider", Text: "tencent-pts"}, {Name: "note", Text: "it's $HOME `x`\n!\\ \"y\" 结账"}, {Name: "endpoint", Text: "http://127.0.0.1:8787"},
		{Name: "gates", Text: "p95(response_time{request~\"GET *\"}) < 1s # all\nrps > 1/s\n"}, {Name: "placement", Text: "{Zone: ap-guangzhou-4}"},
		{Name: "jobs", Text: "[{job_id: a}]"}, {Name: "report_dir", Text: "~/-x"},
		{Name: "job", Text: "{Password: registry-password}"}, {Name: "job_params", Text: "key: secret"}, {Name: "job_owner", Text: "of hidden value"},
	}
	given := append(inputs[:len(inputs):len(inputs)], field.Input{Name: "job_index", Text: "0"}, field.Input{Name: "baseline", Text: " "}, field.Input{Name: "tencent_role_arn", Text: "role"})
	command := rerun(given, func(text string) bool { return strings.Contains(text, "hidden") })
	for _, secret := range []string{"registry-password", "key: secret", "hidden", "role"} {
		if strings.Contains(command, secret) {
			t.Errorf("%q is shown:\n%s", secret, command)
		}
	}
	run := exec.Command("sh", "-c", "cloudjob() { printf '%s\\0' \"$@\"; }\n"+command)
	run.Env = []string{"HOME=/home", "JOB={Password: registry-password}", "JOB_PARAMS=key: secret"}
	if out, err := run.CombinedOutput(); err == nil || !strings.Contains(string(out), "JOB_OWNER: is to hold the input job_owner, as in the workflow") {
		t.Errorf("without a variable the shell says %q, %v", out, err)
	}
	run = exec.Command("sh", "-c", run.Args[2])
	run.Env = []string{"HOME=/home", "JOB={Password: registry-password}", "JOB_PARAMS=key: secret", "JOB_OWNER=of hidden value"}
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v of\n%s", err, command)
	}
	want := []string{"run"}
	for _, in := range inputs {
		want = append(want, in.Name+"="+in.Text)
	}
	if diff := cmp.Diff(want, strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")); diff != "" {
		t.Errorf("what the shell passes (-want +got):\n%s\nof\n%s", diff, command)
	}
}

// TestRerunPlanStays: what a command runs is not taken away by its own run, and
// nobody else's file is written over.
func TestRerunPlanStays(t *testing.T) {
	for text, fine := range map[string]bool{report.RerunMark + "jobs: []\n": true, "jobs: []\n": false} {
		dir := t.TempDir()
		file := filepath.Join(dir, rerunName)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		p := &process{byHand: true, getenv: func(string) string { return "" }}
		r, err := p.prepare(dir, 1)
		if err == nil {
			r.close()
		}
		if (err == nil) != fine {
			t.Errorf("%q: %v", text, err)
		}
		if left, err := os.ReadFile(file); err != nil || string(left) != text {
			t.Errorf("%q: it is %q now, %v", text, left, err)
		}
	}
}
