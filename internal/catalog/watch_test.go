package catalog_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

var watched = flag.Int("watched", 40, "how many simulated jobs are watched, of each kind")

// planned and unplanned are services, of which the second's cloud tells no
// planned length.
func planned(s engine.Service) engine.Service { return s }

func unplanned(s engine.Service) engine.Service {
	if g, ok := s.(engine.Gauge); ok {
		return struct {
			endless
			engine.Gauge
		}{endless{s}, g}
	}
	return endless{s}
}

type endless struct{ engine.Service }

func (u endless) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	statuses, err := u.Service.Status(ctx, refs)
	for i := range statuses {
		statuses[i].Planned = 0
	}
	return statuses, err
}

// length is how long a job is planned for, prepared, and longer than planned.
type length struct{ planned, preparation, late time.Duration }

// lengths are load tests of 1 to 30 minutes, the shorter the more of them, that
// end a little before or after their plan.
func lengths(n int) (all []length) {
	dice := rand.New(rand.NewPCG(1, 2))
	between := func(from, to time.Duration) time.Duration { return from + time.Duration(dice.Int64N(int64(to-from))) }
	for range n {
		planned := time.Minute << dice.IntN(5)
		planned = between(planned, 2*planned).Truncate(time.Second)
		planned = min(planned, 30*time.Minute)
		all = append(all, length{planned, between(3*time.Second, 40*time.Second), between(-time.Second-planned/200, 3*time.Second+planned/100)})
	}
	return all
}

// put puts jobs of such a length into a world.
func (l length) put(w *world) subject {
	if w.pts != nil {
		w.pts.AddScenario(ptsemu.Scenario{
			ID: "scenario-long", Stages: []ptsemu.Stage{{DurationSeconds: int64(l.planned / time.Second), TargetVirtualUsers: 10}},
			Outcome: ptsemu.Outcome{Preparation: l.preparation, Late: l.late},
		})
		return subject{provider: "tencent-pts", service: "pts", start: "StartJob", inputs: "project_id=project-demo\nscenario_id=scenario-long"}
	}
	w.cpts.Switches.Waiting = l.preparation
	w.cpts.AddCase(cptsemu.Case{ID: 449280, Name: "long", Lasts: l.planned, Late: l.late, Users: 10, RPS: 10, P95: 100})
	return subject{provider: "huawei-cpts", service: "cpts", start: "BatchUpdateTaskStatus", inputs: huaweiInputs + "test_project_id=393862\nname=long\nparallel=true\ncase_ids=449280"}
}

// watch follows one job to its end, and tells after how long that was noticed
// and with how many calls.
func (l length) watch(t *testing.T, service string, jitter uint64, o engine.Options, change func(engine.Service) engine.Service) (late time.Duration, calls int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(service)
		s := l.put(w)
		var began, seen time.Time
		w.heard = func(call string, _ []emu.Job) {
			if call == s.start && began.IsZero() {
				began = time.Now()
			}
		}
		services, _, _ := s.open(t, env(w.Transport()))
		services[0] = change(services[0])
		o.Mark, o.Wait, o.Timeout = engine.Mark{Run: "watched"}, true, 2*time.Hour
		o.PollEvery = 10 * time.Second
		o.Jitter = rand.New(rand.NewPCG(3, jitter)).Float64
		o.Notify = func(e engine.Event) {
			if e.Kind == engine.Changes && e.Item.Last.State.Over() {
				seen = time.Now()
			}
		}
		if r := engine.Run(t.Context(), services, o); r.Outcome != job.Succeeded {
			t.Errorf("%+v: %s", l, r.Outcome)
		}
		late, calls = seen.Sub(began.Add(l.preparation+l.planned+l.late)), w.Calls()[emulator.Total]
	})
	return late, calls
}

// figuresOf sums up how late ends were noticed.
func figuresOf(late []time.Duration, calls int) string {
	slices.Sort(late)
	return fmt.Sprintf("noticed after %.2f s in the mean, %.2f s at the 95th percentile, %.2f s at most; %.1f calls a job",
		mean(late).Seconds(), late[len(late)*95/100].Seconds(), late[len(late)-1].Seconds(), float64(calls)/float64(len(late)))
}

func mean(all []time.Duration) (mean time.Duration) {
	for _, d := range all {
		mean += d
	}
	return mean / time.Duration(len(all))
}

// TestEndsAreNoticed: where the cloud tells how long a job will run, its end is
// noticed soon, with no more calls than where it does not.
func TestEndsAreNoticed(t *testing.T) {
	if testing.Short() {
		*watched = min(*watched, 15)
	}
	for _, service := range []string{"pts", "cpts"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			var known, unknown []time.Duration
			callsKnown, callsUnknown := 0, 0
			for i, l := range lengths(*watched) {
				late, calls := l.watch(t, service, uint64(i), engine.Options{}, planned)
				known, callsKnown = append(known, late), callsKnown+calls
				late, calls = l.watch(t, service, uint64(i), engine.Options{}, unplanned)
				unknown, callsUnknown = append(unknown, late), callsUnknown+calls
			}
			t.Logf("length known: %s", figuresOf(known, callsKnown))
			t.Logf("length unknown: %s", figuresOf(unknown, callsUnknown))
			if m := mean(known); m > 1500*time.Millisecond {
				t.Errorf("an end is noticed after %s in the mean", m)
			}
			if callsKnown > callsUnknown {
				t.Errorf("%d calls where the length is known, %d where it is not", callsKnown, callsUnknown)
			}
			if m := mean(unknown); m > 6*time.Second {
				t.Errorf("the end of a job of unknown length is noticed after %s in the mean", m)
			}
		})
	}
}
