package action

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// hostileItems are jobs of which everything that somebody else wrote is s.
func hostileItems(s string) []job.Item {
	labels := map[string]string{"request": s}
	item := job.Item{
		Provider: s, What: s, Name: s, Ref: job.Ref{ID: s, Run: s, In: s, Kind: s, Since: s}, How: job.Began, Status: s, RequestID: s, Note: s,
		Last: job.Status{Word: s, Message: s, Progress: s, StillCosts: s, State: job.StateFailed}, End: job.GateFailed, Why: []string{s, s}, Stop: job.StopConfirmed, Verdict: job.Fail,
		Timeline: []job.Moment{{At: time.Unix(1e9, 0), What: s}},
		Report: job.Report{
			Samples: []job.Sample{{Metric: "response_time", Aggregation: "p95", Labels: labels, Value: 1}, {Metric: "state", Word: s}, {Metric: "rps", Missing: s}},
			Series:  []job.Series{{Metric: "rps", Labels: labels, Points: []job.Point{{At: 0, Value: 1}, {At: time.Second, Value: 2}}}},
			Errors:  []job.ErrorKind{{What: s, Count: 1}}, Ranges: []job.Range{{What: s, Count: 1}}, Parts: []job.Part{{Name: s, Status: s, Detail: s}}, Notes: []string{s},
		},
		Gates: []job.Judgement{{Gate: s, Name: s, File: s, Line: 1, Subject: s, Op: "<", Wants: s, Verdict: job.Fail, Unit: job.Seconds, Word: s, Where: s, Reason: s}},
	}
	failed, ended := item, item
	failed.Err = &job.Error{Fault: job.Refused, Call: s, Code: s, Message: s, RequestID: s, Meaning: s, Cure: s}
	failed.End, failed.Gates = "", nil
	ended.Culprit = s
	return []job.Item{item, failed, ended}
}

// strings of a JSON value, names too.
func stringsOf(v any) (all []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, one := range v {
			all = append(all, stringsOf(one)...)
		}
	case map[string]any:
		for name, one := range v {
			all = append(append(all, name), stringsOf(one)...)
		}
	}
	return all
}

// checkLog holds that the runner sees no command in a log but ours.
func checkLog(t *testing.T, what, log string) {
	t.Helper()
	for _, command := range runnertest.Commands(log) {
		ours := slices.Contains([]string{"add-mask", "debug", "group", "endgroup"}, command.Name)
		if !ours && !strings.HasPrefix(command.Line, "::"+command.Name+" ") || !ours && !strings.Contains(command.Line, "title=cloudjob%3A ") {
			t.Errorf("%s: a command of others: %.200q", what, command.Line)
		}
		_, said, _ := strings.Cut(strings.TrimPrefix(command.Line, "::"), "::")
		said = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(said)
		if inner := runnertest.Commands(said); inner != nil {
			t.Errorf("%s: %.200q says a command", what, command.Line)
		}
	}
	if r := hostile.Unseen(log); r != "" {
		t.Errorf("%s: nobody sees %s in the log", what, r)
	}
}

// TestHostileStep: whatever the cloud, the names of branches and the inputs say,
// log, outputs, summary and reports are read by everybody as they were meant.
func TestHostileStep(t *testing.T) {
	var names []string
	for _, doc := range slices.Concat(report.OutputDocs(), report.JudgedDocs()) {
		names = append(names, doc.Name)
	}
	for i, s := range hostile.Texts(t) {
		if testing.Short() && i%15 != 0 {
			continue
		}
		dir := t.TempDir()
		var out bytes.Buffer
		env := map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir, "GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
			"GITHUB_REF": s, "GITHUB_SHA": s, "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "1",
		}
		p := &process{stdout: &out, stderr: &out, getenv: func(name string) string { return env[name] }}
		c := p.newConsole()
		reports, err := p.prepare("report", 3)
		if err != nil {
			t.Fatal(err)
		}
		result := engine.Result{Outcome: job.GateFailed, Items: hostileItems(s)}
		shown := progress{c: c, p: p, total: 3}
		for _, kind := range []engine.Kind{engine.Begins, engine.Changes, engine.Beats, engine.Ends, engine.Trouble} {
			shown.show(engine.Event{Kind: kind, Item: result.Items[0], Text: s})
		}
		c.debug(s)
		c.group(s, func() { c.line("%s", report.Table(result, nil)) })
		c.outputs([]report.Output{{Name: "reason", Value: s}})
		p.finish(c, c.redacted(result), &judging{reports: reports, rerun: again{command: c.secrets.replace(rerun([]field.Input{{Name: "note", Text: s}}, c.secrets.in))}}, fault{"outputs", s})
		reports.close()

		checkLog(t, fmt.Sprintf("%.60q", s), out.String())
		read := func(name string) string {
			src, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			return string(src)
		}
		entries, err := runnertest.Entries(read("output"))
		if err != nil {
			t.Errorf("outputs of %.60q: %v", s, err)
		}
		for _, e := range entries {
			if !slices.Contains(names, e.Name) {
				t.Errorf("%.60q sets the output %q", s, e.Name)
			}
			var list any
			if json.Unmarshal([]byte(e.Value), &list) == nil {
				for _, text := range stringsOf(list) {
					if r := hostile.Unseen(text); r != "" {
						t.Errorf("nobody sees %s of %.60q in the output %s", r, s, e.Name)
					}
				}
			}
		}
		if _, faults := hostile.Markdown(read("summary")); faults != nil {
			t.Errorf("summary of %.60q: GitHub reads %s", s, faults[0])
		}
		for _, name := range []string{"output", "summary", "report/result-1.json", "report/result-2.json", "report/series-1.csv", "report/junit.xml", "report/report.html", "report/verdict.json"} {
			if r := hostile.Unseen(read(name)); r != "" {
				t.Errorf("nobody sees %s of %.60q in %s", r, s, name)
			}
		}
		var written any
		if err := json.Unmarshal([]byte(read("report/result-1.json")), &written); err != nil {
			t.Fatal(err)
		}
		for _, text := range stringsOf(written) {
			if r := hostile.Unseen(text); r != "" {
				t.Errorf("nobody sees %s of %.60q in %.60q of result.json", r, s, text)
			}
		}
	}
}

// TestHostilePost: the same of a state.
func TestHostilePost(t *testing.T) {
	for _, s := range hostile.Seeds(t) {
		record, err := json.Marshal(kept{Provider: s, Target: s, Record: engine.Record{What: []string{s + "x"}, Names: []string{s}, Jobs: []engine.Kept{{Ref: job.Ref{ID: s}}}, Asked: true}})
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range []map[string]string{
			{stateCount: "1", stateRecords + "0": packed(t, string(record))},
			{stateCount: s}, {stateCount: "1", stateRecords + "0": s}, {stateCount: "1", stateLogin: s},
			{stateCount: "1", stateEmulator: s, stateRecords + "0": packed(t, kept1("tencent-pts", `{"Site":"intl","Endpoint":"http://`+cloud.EmulatorHost+`"}`, goodRecord))},
		} {
			summary := filepath.Join(t.TempDir(), "summary")
			p, out, _ := stateful(state)
			inner := p.getenv
			p.getenv = func(name string) string {
				if name == "GITHUB_STEP_SUMMARY" {
					return summary
				}
				return inner(name)
			}
			p.main(t.Context())
			checkLog(t, fmt.Sprintf("state of %.60q", s), out.String())
			src, _ := os.ReadFile(summary) // where nothing was settled there is none
			if _, faults := hostile.Markdown(string(src)); faults != nil {
				t.Errorf("summary after %.60q: GitHub reads %s", s, faults[0])
			}
		}
	}
}

// TestHostileInputs: the same of inputs, plan files, gates and earlier results,
// which a pull request may bring, in a step and on the command line.
func TestHostileInputs(t *testing.T) {
	for i, s := range hostile.Seeds(t) {
		if testing.Short() && i%15 != 0 {
			continue
		}
		dir := t.TempDir()
		result := report.Of(hostileItems(s)[0])
		src, err := result.JSON()
		if err != nil {
			t.Fatal(err)
		}
		text, _ := json.Marshal(strings.ToValidUTF8(s, "?"))
		for name, content := range map[string]string{
			"plan.yml": s, "known.yml": fmt.Sprintf("provider: tencent-pts\nproject_id: %s\nscenario_id: scenario-demo\nnote: %s\n%s: 1\ngates: %s\n", text, text, text, text),
			"gates": s, "result.json": string(src),
		} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		demo := []string{"provider=tencent-pts", "endpoint=" + demoEndpoint, "project_id=project-demo", "scenario_id=scenario-demo"}
		for _, args := range [][]string{
			{"check", "provider=" + s}, {"check", s + "=1"}, {"check", s}, append([]string{"check", "note=" + s}, demo...), append([]string{"check", "gates=" + s}, demo...), append([]string{"check", "baseline=" + s}, demo...),
			{"check", "plan.yml"}, {"check", "known.yml"}, {"run", "known.yml"}, {"run", "plan.yml"}, append([]string{"run", "dry_run=true", "note=" + s, "job_owner=" + s}, demo...),
			{"gates", "explain", "tencent-pts", "gates"}, {"gates", "explain", s, "gates"}, {"gates", "explain", "tencent-pts", s}, {"gates", "suggest", "result.json"},
			{"compare", "result.json", "result.json"}, {"compare", "-markdown", "result.json", "result.json"}, {"compare", s, "result.json"}, {s},
			{"trend", "result.json", "plan.yml", "-o", "site"}, {"trend", s, "-o", "site"}, {"trend", "result.json", "-o", s},
		} {
			var out bytes.Buffer
			env := map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir, "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"), "GITHUB_OUTPUT": filepath.Join(dir, "output")}
			p := &process{name: "cloudjob", args: within(dir, args), stdout: &out, stderr: &out, environ: func() []string { return nil }, network: &hosts{}, getenv: func(name string) string {
				if text, ok := env[name]; ok {
					return text
				}
				return emulated(name)
			}}
			status := p.main(t.Context())
			what := fmt.Sprintf("%.80q", args)
			checkLog(t, what, out.String())
			if strings.Contains(out.String(), "a fault of this action") {
				t.Errorf("%s crashed:\n%.600s", what, &out)
			}
			if _, faults := hostile.Markdown(out.String()); slices.Contains(args, "-markdown") && status == 0 && faults != nil {
				t.Errorf("%s: GitHub reads %s", what, faults[0])
			}
		}
		if page, err := os.ReadFile(filepath.Join(dir, "site", report.TrendName)); s != "" && err != nil || hostile.Unseen(string(page)) != "" {
			t.Errorf("the page of trends of %.60q: %v, nobody sees %s", s, err, hostile.Unseen(string(page)))
		}
		summary, err := os.ReadFile(filepath.Join(dir, "summary"))
		if err != nil {
			t.Fatal(err)
		}
		if _, faults := hostile.Markdown(string(summary)); faults != nil || hostile.Unseen(string(summary)) != "" {
			t.Errorf("summary of %.60q: GitHub reads %.300q, nobody sees %s", s, faults, hostile.Unseen(string(summary)))
		}
		outputs, err := os.ReadFile(filepath.Join(dir, "output"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := runnertest.Entries(string(outputs)); err != nil || hostile.Unseen(string(outputs)) != "" {
			t.Errorf("outputs of %.60q: %v, nobody sees %s", s, err, hostile.Unseen(string(outputs)))
		}
	}
}

// TestHostileCalls: the same of what is sent to the emulator, whose log may be
// that of a step.
func TestHostileCalls(t *testing.T) {
	var out bytes.Buffer
	p, _, _ := stateful(nil)
	p.stdout = &out
	c := p.newConsole()
	handler, _ := newEmulator(emulator.Options{Speed: 1, Log: func(line string) { c.line("%s", line) }})
	for _, s := range hostile.Seeds(t) {
		for _, change := range []func(*http.Request){
			func(r *http.Request) { r.URL.Path = "/" + s },
			func(r *http.Request) { r.Method = s },
			func(r *http.Request) { r.Host = s },
			func(r *http.Request) { r.Header.Set("X-TC-Action", s); r.Header.Set("Authorization", s) },
			func(r *http.Request) {
				r.Header.Set("X-Project-Id", s)
				r.Header.Set("Authorization", "SDK-HMAC-SHA256 "+s)
			},
			func(r *http.Request) { r.URL.Path, r.Body = "/faults", io.NopCloser(strings.NewReader(s)) },
		} {
			r := httptest.NewRequest("POST", "http://127.0.0.1/v1/x/jobs", strings.NewReader(s))
			change(r)
			handler.ServeHTTP(httptest.NewRecorder(), r)
			checkLog(t, fmt.Sprintf("a call with %.60q", s), out.String())
			out.Reset()
		}
	}
}

// within names files by where they are.
func within(dir string, args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if i > 0 && slices.Contains([]string{"plan.yml", "known.yml", "gates", "result.json", "site"}, arg) {
			args[i] = filepath.Join(dir, arg)
		}
	}
	return args
}
