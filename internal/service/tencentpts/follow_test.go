package tencentpts

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
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// stage is a cloud of one test, and services that ask it.
type stage struct {
	*emulator.Emulator
	pts      *ptsemu.Service
	services []engine.Service
}

func newStage(t *testing.T, scenarios string) stage {
	t.Helper()
	pts := ptsemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, pts.Half()), pts: pts}
	spec := New()
	problems := spec.Fields().DecodeInputs([]field.Input{
		{Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: scenarios}, {Name: "note", Text: "before the release"},
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
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second,
	}
}

func TestLives(t *testing.T) {
	tests := map[string]struct {
		scenario string
		end      job.Outcome
		word     string
		why      string
	}{
		"healthy":           {ptsemu.ScenarioDemo, job.Succeeded, "JobFinished", ""},
		"short":             {ptsemu.ScenarioShort, job.Succeeded, "JobFinished", ""},
		"SLA rule":          {ptsemu.ScenarioFailing, job.JobFailed, "JobAborted by an SLA rule", "SLA rule: "},
		"prepare exception": {ptsemu.ScenarioPrepareFails, job.JobFailed, "JobPrepareException", "JobPrepareException"},
		"no generators":     {ptsemu.ScenarioNoGenerators, job.JobFailed, "JobSelectClusterException", "JobSelectClusterException"},
		"refused":           {ptsemu.ScenarioNoLoad, job.StartFailed, "", ""},
		"stuck":             {ptsemu.ScenarioStuck, job.TimedOut, "JobAborted", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, test.scenario)
				r := engine.Run(t.Context(), s.services, options())
				item := r.Items[0]
				if r.Outcome != test.end || item.Status != test.word {
					t.Errorf("outcome %s, status %q; want %s, %q (%v)", r.Outcome, item.Status, test.end, test.word, item.Err)
				}
				if why := strings.Join(item.Why, "\n"); !strings.Contains(why, test.why) {
					t.Errorf("why = %q, want %q in it", why, test.why)
				}
				for _, begun := range s.Begun()["pts"] {
					if begun.Live {
						t.Errorf("%s is still live", begun.ID)
					}
					if !strings.HasPrefix(begun.Mark, "before the release cj-") {
						t.Errorf("note = %q", begun.Mark)
					}
				}
			})
		})
	}
}

func TestCancelStops(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 5 * time.Second, 20 * time.Second} {
		for _, mode := range []ptsemu.AbortMode{ptsemu.AbortAnyLive, ptsemu.AbortOnlyRunning} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, ptsemu.ScenarioDemo)
				s.pts.Switches.AbortMode = mode
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				began := time.Now()
				o := options()
				o.Confirm = 30 * time.Second
				r := engine.Run(ctx, s.services, o)
				if r.Outcome != job.Cancelled {
					t.Errorf("after %s: outcome %s", after, r.Outcome)
				}
				live := 0
				for _, begun := range s.Begun()["pts"] {
					if begun.Live {
						live++
					}
				}
				if live > 0 && (mode == ptsemu.AbortAnyLive || after == 20*time.Second) {
					t.Errorf("after %s: still live, stop %q, took %s", after, r.Items[0].Stop, time.Since(began))
				}
				if live > 0 && r.Items[0].Stop == job.StopConfirmed {
					t.Errorf("after %s: said to be stopped, and lives", after)
				}
			})
		}
	}
}

func TestAmbiguousStart(t *testing.T) {
	for _, fault := range emulator.Faults() {
		fault.Call = "StartJob"
		if fault.Kind == emulator.Slow {
			fault.Delay = 2 * time.Minute
		}
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, ptsemu.ScenarioShort)
			s.pts.Switches.ListingDelay = 5 * time.Second
			s.Inject(fault)
			r := engine.Run(t.Context(), s.services, options())
			begun := len(s.Begun()["pts"])
			if begun > 1 {
				t.Fatalf("%v: begun %d times", fault, begun)
			}
			item := r.Items[0]
			switch {
			case begun == 1 && (r.Outcome != job.Succeeded || item.How == ""):
				t.Errorf("%v: begun, but outcome %s, %q: %v", fault, r.Outcome, item.How, item.Err)
			case begun == 0 && item.How != "":
				t.Errorf("%v: not begun, but %q", fault, item.How)
			}
		})
	}
}
