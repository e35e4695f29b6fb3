package tencentbatch

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
)

// stage is a cloud of one test, and the service that asks it.
type stage struct {
	*emulator.Emulator
	batch    *batchemu.Service
	services []engine.Service
}

func newStage(t *testing.T, task string) stage {
	t.Helper()
	batch := batchemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, batch.Half()), batch: batch}
	spec := New()
	problems := spec.Fields().DecodeInputs([]field.Input{
		{Name: "region", Text: "ap-guangzhou"}, {Name: "placement", Text: "Zone: ap-guangzhou-4"},
		{Name: "job", Text: "JobName: nightly\nTasks:\n  - TaskName: main\n    EnvId: env-demo0001\n    Application: {DeliveryForm: LOCAL, Command: " + task},
	}, field.Options{}, spec.Check)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	env := cloud.Env{Transport: &cloud.Transport{Base: s.Transport()}, Getenv: func(name string) string {
		return map[string]string{"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret}[name]
	}}
	services, err := spec.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	s.services = services
	return s
}

func options() engine.Options {
	return engine.Options{
		Mark: engine.Mark{Run: "test", Attempt: "1", Once: "once"},
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second, Confirm: time.Minute,
	}
}

func TestLives(t *testing.T) {
	tests := map[string]struct {
		task string
		end  job.Outcome
		word string
		why  []string
	}{
		"healthy":     {"echo hello}", job.Succeeded, "SUCCEED", nil},
		"fails":       {"'echo hello; exit 3'}", job.JobFailed, "FAILED", []string{"task main, instance 0: FAILED, exit code 3", "stdout: hello"}},
		"interrupted": {"'exit 3'}\n    FailedAction: INTERRUPT", job.JobFailed, "FAILED_INTERRUPTED", []string{"keep costing", "exit code 3"}},
		"partly":      {"exit $BATCH_TASK_INSTANCE_INDEX}\n    TaskInstanceNum: 5", job.JobFailed, "FAILED", []string{"2 more instances failed"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, test.task)
				r := engine.Run(t.Context(), s.services, options())
				item := r.Items[0]
				if r.Outcome != test.end || item.Status != test.word {
					t.Errorf("outcome %s, status %q; want %s, %q (%v)", r.Outcome, item.Status, test.end, test.word, item.Err)
				}
				why := strings.Join(item.Why, "\n")
				for _, want := range test.why {
					if !strings.Contains(why, want) {
						t.Errorf("why =\n%s\nwant %q in it", why, want)
					}
				}
			})
		})
	}
}

func TestCancelStops(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, "sleep 300}")
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			r := engine.Run(ctx, s.services, options())
			if r.Outcome != job.Cancelled {
				t.Errorf("after %s: outcome %s", after, r.Outcome)
			}
			for _, begun := range s.Begun()["batch"] {
				if begun.Live {
					t.Errorf("after %s: %s is still live, stop %q", after, begun.ID, r.Items[0].Stop)
				}
			}
		})
	}
}

func TestAmbiguousSubmit(t *testing.T) {
	for _, fault := range emulator.Faults() {
		fault.Call = "SubmitJob"
		if fault.Kind == emulator.Slow {
			fault.Delay = 2 * time.Minute
		}
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, "sleep 5}")
			s.batch.Switches.HiddenFor = 5 * time.Second
			s.Inject(fault)
			r := engine.Run(t.Context(), s.services, options())
			begun := s.Begun()["batch"]
			if len(begun) > 1 {
				t.Fatalf("%v: begun %d times", fault, len(begun))
			}
			if len(begun) == 1 && r.Outcome != job.Succeeded {
				t.Errorf("%v: begun, but outcome %s: %v", fault, r.Outcome, r.Items[0].Err)
			}
			if len(begun) == 0 && r.Items[0].How != "" {
				t.Errorf("%v: not begun, but %q", fault, r.Items[0].How)
			}
		})
	}
}

func TestMarked(t *testing.T) {
	for name, want := range map[string]string{
		"":                      "cj-mark",
		"nightly":               "nightly cj-mark",
		strings.Repeat("夜", 60): strings.Repeat("夜", 52) + " cj-mark",
	} {
		if got := marked(name, "cj-mark"); got != want {
			t.Errorf("marked(%q) = %q, want %q", name, got, want)
		}
	}
}
