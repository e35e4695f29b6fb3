package action

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
)

// life is one way in which a recorded run may go.
type life struct {
	name   string
	gates  string
	inputs map[string]map[string]string // beside those of a healthy job, of each provider
	all    map[string]string            // of every provider
	faults []emulator.Fault
	starts []emulator.Fault // at the call that starts
	cancel time.Duration    // after which the workflow is cancelled; 0: never
	ends   []job.Outcome    // of which one is how it ends
}

var starts = map[string]string{
	"tencent-pts": "StartJob", "tencent-batch": "SubmitJob", "huawei-drs": "BatchStartJobs", "huawei-cpts": "BatchUpdateTaskStatus", "huawei-dataarts": "RunOnce",
}

func lives() []life {
	failing := map[string]map[string]string{
		"tencent-pts":     {"scenario_id": "scenario-failing"},
		"tencent-batch":   {"job": "{JobName: demo, Tasks: [{TaskName: hello, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: exit 3}}]}"},
		"huawei-cpts":     {"case_ids": "449273"},
		"huawei-dataarts": {"job_name": "failingJob", "job_params": ""},
	}
	aborting := map[string]map[string]string{
		"tencent-pts": {"gates": "abort p95(response_time) < 1ms"},
		"huawei-cpts": {"gates": "abort avg(response_time) < 1ms"},
	}
	seldom := map[string]string{"poll_interval": "20s"}
	return []life{
		{name: "passes", gates: "duration < 9000s", ends: []job.Outcome{job.Succeeded}},
		{name: "without a gate", ends: []job.Outcome{job.Succeeded}},
		{name: "its gate is broken", gates: "late: duration < 1s\nwarn duration < 2s", ends: []job.Outcome{job.GateFailed}},
		{name: "fails", gates: "duration < 9000s", inputs: failing, ends: []job.Outcome{job.JobFailed, job.Succeeded}},
		{name: "is cancelled", gates: "duration < 9000s", all: map[string]string{"on_cancel": "stop"}, cancel: 4 * time.Second, ends: []job.Outcome{job.Cancelled}},
		{name: "is too late", gates: "duration < 9000s", all: map[string]string{"timeout": "4s"}, ends: []job.Outcome{job.TimedOut}},
		{name: "is refused", gates: "duration < 9000s", starts: []emulator.Fault{{Kind: emulator.Forbidden}}, ends: []job.Outcome{job.Unauthorized}},
		{name: "is unknown", gates: "duration < 9000s", starts: []emulator.Fault{{Kind: emulator.Drop, Times: 9}}, ends: []job.Outcome{job.StartUnknown, job.StartFailed}},
		{name: "is adopted", gates: "duration < 9000s", starts: []emulator.Fault{{Kind: emulator.Drop, After: true}}, ends: []job.Outcome{job.Succeeded, job.StartUnknown}},
		{name: "is aborted", gates: "duration < 9000s", inputs: aborting, ends: []job.Outcome{job.GateFailed, job.Succeeded}},
		{name: "is read with trouble", gates: "duration < 9000s", all: seldom, ends: []job.Outcome{job.Succeeded}, faults: []emulator.Fault{
			{Kind: emulator.Internal, Skip: 4, Times: 2}, {Kind: emulator.TooMany, Skip: 6, RetryAfter: 2 * time.Second}, {Kind: emulator.Cut, Skip: 8}, {Kind: emulator.BadGateway, Skip: 9},
			{Kind: emulator.Dial, Skip: 10}, {Kind: emulator.Reset, Skip: 11}, {Kind: emulator.Slow, Skip: 12, Delay: 40 * time.Second}, {Kind: emulator.Empty, Skip: 13},
		}},
	}
}

// recorded plays a life of a provider's job, and leaves its stage.
func (l life) recorded(t *testing.T, provider string) (s *stage, exit int) {
	t.Helper()
	inputs := healthy()[provider]
	inputs["gates"], inputs["record"] = l.gates, "recorded"
	maps.Copy(inputs, l.all)
	maps.Copy(inputs, l.inputs[provider])
	s = newStage(t, inputs)
	s.env["GITHUB_SERVER_URL"], s.env["GITHUB_REPOSITORY"], s.env["GITHUB_REF"] = "https://github.com", "octo/shop", "refs/heads/main"
	for _, f := range l.starts {
		f.Call = starts[provider]
		s.cloud.Inject(f)
	}
	s.cloud.Inject(l.faults...)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if l.cancel > 0 {
		time.AfterFunc(l.cancel, cancel)
	}
	return s, s.process("action").main(ctx)
}

// replayed plays a recording of a stage, with nothing to call, and returns what it
// wrote in place of what the run wrote.
func (s *stage) replayed(t *testing.T, args ...string) (exit int) {
	t.Helper()
	s.out.Reset()
	s.env["GITHUB_OUTPUT"], s.env["GITHUB_STEP_SUMMARY"] = s.file("output-2"), s.file("summary-2")
	for _, name := range []string{"output-2", "summary-2"} {
		_ = os.Remove(s.file(name))
	}
	p := s.process("action")
	p.network = forbidden{t}
	p.args = append([]string{"replay", s.file("recorded/recording.har")}, args...)
	return p.main(t.Context())
}

func (s *stage) reports(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	entries, err := os.ReadDir(s.file(dir))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all[e.Name()] = s.read(filepath.Join(dir, e.Name()))
	}
	return all
}

// same replays what the stage recorded, long after, and complains of every byte
// that is another.
func (s *stage) same(t *testing.T, exit int) {
	t.Helper()
	outputs, summary, files := s.outputs(t), s.read("summary"), s.reports(t, "reports")
	time.Sleep(48 * time.Hour) // no time that a replay tells is the clock's
	if again := s.replayed(t, "report_dir="+s.file("reports")); again != exit {
		t.Errorf("the replay ends with %d, and the run with %d:\n%s", again, exit, s.out.String())
	}
	if got := s.read("summary-2"); got != summary {
		t.Errorf("another summary:\n%s", differs(summary, got))
	}
	for name, was := range files {
		if got := s.read(filepath.Join("reports", name)); got != was {
			t.Errorf("another %s:\n%s", name, differs(was, got))
		}
	}
	if len(files) < 5 {
		t.Errorf("there are only the reports %v", slices.Sorted(maps.Keys(files)))
	}
	again := s.entries(t, "output-2")
	for name, was := range outputs {
		if again[name] != was {
			t.Errorf("another output %s:\n%s", name, differs(was, again[name]))
		}
	}
}

// TestReplaysToTheSame: a recording of each provider's jobs, however they went, is
// read and judged again to the same summary, reports, outputs and exit status, byte
// by byte, without a call.
func TestReplaysToTheSame(t *testing.T) {
	ends, plays := map[job.Outcome]int{}, 0
	for i, provider := range slices.Sorted(maps.Keys(healthy())) {
		for k, l := range lives() {
			if testing.Short() && (i+k)%5 != 0 {
				continue
			}
			t.Run(provider+" "+l.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, exit := l.recorded(t, provider)
					end := job.Outcome(s.outputs(t)["outcome"])
					if !slices.Contains(l.ends, end) {
						t.Fatalf("it ended %s (%d):\n%s", end, exit, s.out.String())
					}
					s.same(t, exit)
					ends[end]++
					plays++
				})
			})
		}
	}
	t.Logf("%d replays, which ended %v", plays, ends)
	for _, o := range []job.Outcome{job.Succeeded, job.GateFailed, job.JobFailed, job.Cancelled, job.TimedOut, job.Unauthorized, job.StartUnknown} {
		if ends[o] == 0 && !t.Failed() && !testing.Short() {
			t.Errorf("no run ended %s", o)
		}
	}
}

// differs shows where two texts part.
func differs(want, got string) string {
	i := 0
	for i < min(len(want), len(got)) && want[i] == got[i] {
		i++
	}
	part := func(text string) string { return text[max(0, i-80):min(len(text), i+200)] }
	return fmt.Sprintf("at byte %d\n%q\n%q", i, part(want), part(got))
}

// TestReplaysAPlan: the same of a plan with jobs of all clouds, some of which are
// read in one call, with earlier results.
func TestReplaysAPlan(t *testing.T) {
	const jobs = `gates: |
  duration < 9000s
  warn duration < baseline +1000%
jobs:
  - provider: tencent-pts
    name: first
    project_id: project-demo
    scenario_id: [scenario-demo, scenario-short]
    gates: |
      error_rate < 50%
      p95(response_time) < 10s over 2s
  - provider: tencent-pts
    name: failing
    project_id: project-demo
    scenario_id: scenario-failing
  - provider: huawei-cpts
    project_id: ` + emulator.ProjectID + `
    region: cn-north-4
    test_project_id: 393862
    name: demo
    parallel: true
    case_ids: [449269]
  - provider: huawei-dataarts
    project_id: ` + emulator.ProjectID + `
    region: cn-north-4
    job_name: myJob
    run: once
  - provider: huawei-dataarts
    project_id: ` + emulator.ProjectID + `
    region: cn-north-4
    job_name: failingJob
    run: once
`
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, map[string]string{"plan_file": "given.yml", "report_dir": "reports", "record": "recorded", "baseline": "given/*.json", "baseline_min": "1"})
		delete(s.env, "INPUT_ENDPOINT")
		plan := strings.ReplaceAll(jobs, "  - provider:", "  - endpoint: "+demoEndpoint+"\n    provider:")
		if err := os.WriteFile(s.file("given.yml"), []byte(plan), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(s.file("given"), 0o755); err != nil {
			t.Fatal(err)
		}
		earlier := `{"version":1,"provider":"tencent-pts","what":"scenario scenario-demo","outcome":"succeeded","ended":"1999-12-31T00:00:00Z","ref":{"id":"job-0"},"report":{"samples":[{"metric":"duration","value":700}]}}`
		if err := os.WriteFile(s.file("given/result.json"), []byte(earlier), 0o644); err != nil {
			t.Fatal(err)
		}
		exit := s.process("action").main(t.Context())
		if exit == job.InvalidInput.Exit() {
			t.Fatal(s.out.String())
		}
		s.same(t, exit)
		if got := s.read("summary"); !strings.Contains(got, "baseline") || strings.Count(got, "scenario-") < 3 {
			t.Errorf("the plan says too little:\n%s", got)
		}
	})
}

// TestReplaysAJobOfAnother: the same of a step that follows or stops what an earlier
// one began.
func TestReplaysAJobOfAnother(t *testing.T) {
	names := map[string][]string{ // the inputs that name a job, and the outputs that they are
		"tencent-pts":     {"project_id", "scenario_id", "job_id"},
		"tencent-batch":   {"region", "job_id"},
		"huawei-drs":      {"project_id", "region", "job_ids"},
		"huawei-cpts":     {"project_id", "region", "test_project_id", "task_id", "run_id"},
		"huawei-dataarts": {"project_id", "region", "job_name", "run_id"},
	}
	for _, provider := range slices.Sorted(maps.Keys(names)) {
		for _, mode := range []string{"follow", "stop"} {
			t.Run(provider+" "+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begun := healthy()[provider]
					begun["wait"] = "false"
					delete(begun, "gates")
					delete(begun, "report_dir")
					s := newStage(t, begun)
					if exit := s.process("action").main(t.Context()); exit != 0 {
						t.Fatalf("it did not start (%d):\n%s", exit, s.out.String())
					}
					inputs := map[string]string{"provider": provider, "mode": mode, "poll_interval": "1s", "report_dir": "reports", "record": "recorded"}
					for _, name := range names[provider] {
						inputs[name] = cmp.Or(begun[name], s.outputs(t)[name])
					}
					if mode == "follow" {
						inputs["gates"] = "duration < 9000s"
					}
					s.next(t, inputs)
					exit := s.process("action").main(t.Context())
					ends := map[string]job.Outcome{"follow": job.Succeeded, "stop": job.Stopped}[mode]
					if got := s.outputs(t); got["started"] != "followed" || got["outcome"] != string(ends) {
						t.Fatalf("it was %s and ended %s (%d):\n%s", got["started"], got["outcome"], exit, s.out.String())
					}
					s.same(t, exit)
				})
			})
		}
	}
}

// next makes the stage that of another step, with the same cloud.
func (s *stage) next(t *testing.T, with map[string]string) {
	t.Helper()
	s.out.Reset()
	for _, file := range []string{"output", "state", "summary"} {
		if err := os.Remove(s.file(file)); err != nil {
			t.Fatal(err)
		}
	}
	maps.DeleteFunc(s.env, func(name, _ string) bool { return strings.HasPrefix(name, "INPUT_") && name != "INPUT_ENDPOINT" })
	for name, text := range with {
		s.env["INPUT_"+strings.ToUpper(name)] = text
	}
}

// replay plays a recording of a life, and gives what it wrote to judge.
func (l life) replay(t *testing.T, provider string, change func(s *stage), args []string, see func(s *stage, exit int)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, _ := l.recorded(t, provider)
		if change != nil {
			change(s)
		}
		see(s, s.replayed(t, args...))
	})
}

// TestReplayReadsTheAnswers: what a replay says is what stands in the answers, and
// not what the run noted.
func TestReplayReadsTheAnswers(t *testing.T) {
	l := life{gates: "error_rate < 5%"}
	worse := func(s *stage) {
		src := s.read("recorded/recording.har")
		changed := regexp.MustCompile(`(\\"ErrorRate\\":)[0-9.]+`).ReplaceAllString(src, "${1}44.4")
		if changed == src {
			t.Fatalf("the recording has no such answer:\n%.3000s", src)
		}
		if err := os.WriteFile(s.file("recorded/recording.har"), []byte(changed), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l.replay(t, "tencent-pts", worse, nil, func(s *stage, exit int) {
		if summary := s.read("summary-2"); exit != job.GateFailed.Exit() || !strings.Contains(summary, "44.4 %") {
			t.Errorf("it ends with %d and says\n%s", exit, summary)
		}
	})
}

// TestReplayWithOtherGates: a recorded run is judged by gates that it did not have,
// and says so everywhere.
func TestReplayWithOtherGates(t *testing.T) {
	run := life{}
	for _, try := range []struct {
		gates, says string
		ends        job.Outcome
	}{
		{"p95(response_time) < 10s", "this is a replay with other gates", job.Succeeded},
		{"strict: p95(response_time) < 1ms", "strict", job.GateFailed},
		{"warn p95(response_time) < 1ms", "https://github.com/octo/shop/actions/runs/1", job.Succeeded},
		{"p95(response_time{request=\"no such\"}) < 1s", "no such", job.Unjudged},
		{"error_rate < baseline", "there are no earlier results", job.Unjudged},
		{"abort p95(response_time) < 1ms", "p95(response_time)", job.GateFailed},
	} {
		run.replay(t, "tencent-pts", nil, []string{"gates=" + try.gates}, func(s *stage, exit int) {
			if summary := s.read("summary-2"); exit != try.ends.Exit() || !strings.Contains(summary, try.says) || !strings.Contains(summary, "replay with other gates") {
				t.Errorf("%s: it ends with %d and says\n%s\n%s", try.gates, exit, summary, s.out.String())
			}
		})
	}
	aborting := life{gates: "abort p95(response_time) < 10s"}
	aborting.replay(t, "tencent-pts", nil, []string{"gates=abort p95(response_time) < 1ms"}, func(s *stage, exit int) {
		if summary := s.read("summary-2"); exit != job.GateFailed.Exit() || !strings.Contains(summary, "would have stopped the job after") {
			t.Errorf("it ends with %d and says\n%s\n%s", exit, summary, s.out.String())
		}
	})
	for _, args := range [][]string{{"gates=nonsense"}, {"gate=error_rate < 1%"}, {"gates=error_rate < 1%", "gates_file=x"}, {"gates_file=not-there"}, {"provider=tencent-pts"}, {"on_inconclusive=perhaps"}} {
		run.replay(t, "tencent-pts", nil, args, func(s *stage, exit int) {
			if exit != job.InvalidInput.Exit() || s.read("summary-2") == "" {
				t.Errorf("%v: it ends with %d and says\n%s", args, exit, s.out.String())
			}
		})
	}
}

// TestReplayOfWhatWasNotRead: a gate on what the recorded run never read is
// inconclusive, and no error of a network that there is not.
func TestReplayOfWhatWasNotRead(t *testing.T) {
	without := func(s *stage) {
		src := strings.ReplaceAll(s.read("recorded/recording.har"), `"call":"DescribeSampleMatrixBatchQuery"`, `"call":"Another"`)
		if err := os.WriteFile(s.file("recorded/recording.har"), []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	life{}.replay(t, "tencent-pts", without, []string{"gates=p99(response_time) < 1s over 5s"}, func(s *stage, exit int) {
		if summary := s.read("summary-2"); exit != job.Unjudged.Exit() || !strings.Contains(summary, "the recording has no answer to this call") {
			t.Errorf("it ends with %d and says\n%s", exit, summary)
		}
	})
}

// TestARecordingHides: values that may be secrets, though nobody says so, are in
// no recording, and it replays without them.
func TestARecordingHides(t *testing.T) {
	hiding := life{gates: "duration < 9000s", inputs: map[string]map[string]string{
		"tencent-batch": {"job": `{JobName: shown, Tasks: [{TaskName: shown, EnvId: env-demo0001, EnvVars: [{Name: shown, Value: hidden1}], Application: {DeliveryForm: LOCAL, Command: 'echo hidden2 "a\b"'},
			Authentications: [{Scene: shown, SecretId: hidden6, SecretKey: hidden7}]}]}`},
		"huawei-dataarts": {"job_params": "{shown: hidden9}"},
	}}
	for provider := range hiding.inputs {
		synctest.Test(t, func(t *testing.T) {
			s, exit := hiding.recorded(t, provider)
			if har := s.read("recorded/recording.har"); strings.Contains(har, "hidden") || strings.Count(har, `"Digest"`) != 1 || !strings.Contains(har, "***") || !strings.Contains(har, "shown") {
				t.Errorf("the recording of %s (%d) hides nothing:\n%s\n%s", provider, exit, har, s.out.String())
			}
			s.same(t, exit)
		})
	}
}

// TestStepsOfOneFolder: each step has a recording of its own in it, and a file of
// anybody's stays.
func TestStepsOfOneFolder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := life{}.recorded(t, "tencent-pts")
		first := s.read("recorded/recording.har")
		s.env["GITHUB_OUTPUT"] = s.file("output-3")
		s.process("action").main(t.Context())
		if s.read("recorded/recording.har") != first || s.read("recorded/recording-2.har") == "" || !strings.Contains(s.out.String(), "recorded/recording-2.har") {
			t.Errorf("two steps leave %v", slices.Sorted(maps.Keys(s.reports(t, "recorded"))))
		}
	})
}
