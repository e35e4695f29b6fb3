package action

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
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

// TestReplaysToTheSame: a recording of each provider's jobs, however they went, is
// read and judged again to the same summary, reports, outputs and exit status, byte
// by byte, without a call.
func TestReplaysToTheSame(t *testing.T) {
	ends, plays := map[job.Outcome]int{}, 0
	for _, provider := range slices.Sorted(maps.Keys(healthy())) {
		for _, l := range lives() {
			t.Run(provider+" "+l.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s, exit := l.recorded(t, provider)
					outputs, summary, files, log := s.outputs(t), s.read("summary"), s.reports(t, "reports"), s.out.String()
					end := job.Outcome(outputs["outcome"])
					if !slices.Contains(l.ends, end) {
						t.Fatalf("it ended %s (%d):\n%s", end, exit, log)
					}
					time.Sleep(48 * time.Hour) // whatever a replay says of the time is not the clock's
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
					if strings.Contains(s.read("recorded/recording.har"), emulator.Secret) {
						t.Error("the recording has a secret")
					}
					ends[end]++
					plays++
				})
			})
		}
	}
	t.Logf("%d replays, which ended %v", plays, ends)
	for _, o := range []job.Outcome{job.Succeeded, job.GateFailed, job.JobFailed, job.Cancelled, job.TimedOut, job.Unauthorized, job.StartUnknown} {
		if ends[o] == 0 && !t.Failed() {
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

var _ = bytes.MinRead
