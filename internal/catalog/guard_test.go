package catalog_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// wide is a guard of every measure of the subject's provider that anything passes.
func (s subject) wide() engine.Guard {
	provider, _ := catalog.Find(s.provider)
	if provider.Measures == nil {
		return nil
	}
	guard := engine.Guard{}
	for _, m := range provider.Measures() {
		guard[m] = 1 << 50
	}
	return guard
}

// sized are subjects of every kind of which can be told how much they run, and
// how much that is, with the reads that tell it.
func sized() map[string]struct {
	size  engine.Guard
	reads map[string]int
} {
	type sizing = struct {
		size  engine.Guard
		reads map[string]int
	}
	return map[string]sizing{
		"pts healthy":   {engine.Guard{job.VirtualUsers: 100, job.Length: 60, job.VUM: 500 * 60}, map[string]int{"DescribeScenarios": 1}},
		"batch healthy": {engine.Guard{job.Instances: 1, job.Length: 86400}, nil},
		"cpts healthy":  {engine.Guard{job.VirtualUsers: 100, job.Length: 60, job.VUM: 100 * 60}, map[string]int{"ShowCase": 2}},
		"cpts existing": {engine.Guard{job.VirtualUsers: 50, job.Length: 60, job.VUM: 50 * 60}, map[string]int{"ShowTask": 1}},
	}
}

// guarded runs the subject's start in a world, and says which calls it made.
func (s subject) guarded(t *testing.T, w *world, o engine.Options) (engine.Result, map[string]int) {
	t.Helper()
	before := w.Calls()
	services, _, _ := s.open(t, env(w))
	o.Mark, o.Guards, o.Timeout = engine.Mark{Run: "guarded", Attempt: "2", Once: "once"}, []engine.Guard{s.guard}, 5*time.Minute
	r := engine.Run(t.Context(), services, o)
	calls := w.Calls()
	for name, n := range before {
		if calls[name] -= n; calls[name] == 0 {
			delete(calls, name)
		}
	}
	delete(calls, emulator.Total)
	return r, calls
}

// TestGuards: a start is as large as its limits at the most, and what is above one
// of them is refused before anything but its size was read. Without limits nothing
// more is read than ever.
func TestGuards(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, s := range subjects() {
		is, ok := sized()[s.name]
		if !ok {
			continue
		}
		checked++
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			r, plain := s.guarded(t, w, engine.Options{})
			if r.Outcome != job.Started {
				t.Fatalf("%s: %s", s.name, r.Outcome)
			}
			w = newWorld(s.service)
			s.guard = is.size
			r, calls := s.guarded(t, w, engine.Options{})
			more := maps.Clone(plain)
			for name, n := range is.reads {
				more[name] += n
			}
			if r.Outcome != job.Started || !maps.Equal(calls, more) {
				t.Errorf("%s at its limits: %s, calls %v, want %v: %v", s.name, r.Outcome, calls, more, r.Items[0].Err)
			}
			for m := range is.size {
				w := newWorld(s.service)
				s.guard = maps.Clone(is.size)
				s.guard[m]--
				r, calls := s.guarded(t, w, engine.Options{})
				text := fmt.Sprint(r.Items[0].Err)
				if r.Outcome != job.StartFailed || !strings.Contains(text, "but "+m.Input()+" is ") || !strings.Contains(text, "nothing was started") || !maps.Equal(calls, orNone(is.reads)) || len(w.begun(s)) > 0 {
					t.Errorf("%s above %s: %s, calls %v: %s", s.name, m.Input(), r.Outcome, calls, text)
				}
			}
		})
	}
	if checked != len(sized()) {
		t.Errorf("only %d subjects were found", checked)
	}
}

func orNone(calls map[string]int) map[string]int {
	if calls == nil {
		return map[string]int{}
	}
	return calls
}

// TestGuardsUnderFaults: whatever becomes of the read of a size, a start that is
// too large begins nothing, and one that is not begins once if it says so, and
// never if it does not.
func TestGuardsUnderFaults(t *testing.T) {
	t.Parallel()
	plays := 0
	for _, s := range subjects() {
		is := sized()[s.name]
		for call := range is.reads {
			for _, kind := range emulator.Faults() {
				for _, times := range []int{1, -1} {
					for _, small := range []int64{0, 1} {
						plays++
						synctest.Test(t, func(t *testing.T) {
							w := newWorld(s.service)
							fault := kind
							fault.Call, fault.Times = call, times
							w.Inject(fault)
							s.guard = maps.Clone(is.size)
							s.guard[job.VUM] -= small
							r, _ := s.guarded(t, w, engine.Options{})
							begun, started := len(w.begun(s)), r.Outcome == job.Started
							if small == 1 && (begun > 0 || started) || begun > 1 || (begun == 1) != started {
								t.Errorf("%s, %s %v %d times, too large by %d: %s, %d begun: %v", s.name, call, kind.Kind, times, small, r.Outcome, begun, r.Items[0].Err)
							}
						})
					}
				}
			}
		}
	}
	if plays < 200 {
		t.Errorf("only %d plays", plays)
	}
}

// TestGuardsAttach: what an earlier attempt started runs already, and is followed
// without a look at its size.
func TestGuardsAttach(t *testing.T) {
	for _, s := range subjects() {
		if _, ok := sized()[s.name]; !ok {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			services, _, _ := s.open(t, env(w))
			engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "guarded", Attempt: "1", Once: "then"}})
			time.Sleep(15 * time.Second) // until it is listed
			for m := range sized()[s.name].size {
				s.guard = engine.Guard{m: 1}
			}
			r, calls := s.guarded(t, w, engine.Options{Attach: true})
			if how := r.Items[0].How; how != job.Attached || len(w.begun(s)) != 1 || calls["DescribeScenarios"]+calls["ShowCase"] > 0 {
				t.Errorf("%s: %s, %s, calls %v: %v", s.name, r.Outcome, how, calls, r.Items[0].Err)
			}
		})
	}
}

// TestGuardsInCheck: a live check tells the size of what would run, and refuses
// what its limits do. What cannot be told is a problem only if a limit needs it.
func TestGuardsInCheck(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		is, ok := sized()[s.name]
		if !ok {
			continue
		}
		for m := range is.size {
			for by, want := range map[int64]job.Outcome{0: job.Started, 1: job.StartFailed} {
				s.guard = engine.Guard{m: is.size[m] - by}
				i, _ := s.check(t, false, everything)
				if problems := i.Problems(); foundBy(i) != want || len(problems) != int(by) || by == 1 && !strings.HasPrefix(problems[0].Says, "would run up to ") {
					t.Errorf("%s, %s above by %d: outcome %s:\n%s", s.name, m, by, foundBy(i), show(i))
				}
			}
		}
		s.guard = nil
		if i, _ := s.check(t, false, everything); foundBy(i) != job.Started || !strings.Contains(show(i), "0 size of "+i.What[0]+": up to ") {
			t.Errorf("%s without limits: outcome %s:\n%s", s.name, foundBy(i), show(i))
		}
		for call := range is.reads {
			for kind, guarded := range map[emulator.Kind]job.Outcome{emulator.Forbidden: job.Unauthorized, emulator.Null: job.Unjudged} {
				if call != "ShowCase" { // the check itself needs the others
					continue
				}
				fault := emulator.Fault{Call: call, Kind: kind}
				s.guard = nil
				without, _ := s.check(t, false, everything, fault)
				s.guard = s.wide()
				with, _ := s.check(t, false, everything, fault)
				if foundBy(without) != job.Started || foundBy(with) != guarded || !strings.Contains(show(without), "1 size of ") {
					t.Errorf("%s, %v: outcome %s without limits and %s with:\n%s", s.name, kind, foundBy(without), foundBy(with), show(without))
				}
			}
		}
	}
}

// TestGuardsInCheckOnce: a read that a check makes twice, and that fails, is told
// once.
func TestGuardsInCheckOnce(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		for call := range sized()[s.name].reads {
			s.guard = s.wide()
			i, _ := s.check(t, false, everything, emulator.Fault{Call: call, Kind: emulator.Forbidden})
			if problems := i.Problems(); foundBy(i) != job.Unauthorized || len(problems) != 1 {
				t.Errorf("%s, %s: %v", s.name, call, problems)
			}
		}
	}
}

// TestGuardsOfEveryLoad: each form of a load that PTS has is told as far as it
// tells itself.
func TestGuardsOfEveryLoad(t *testing.T) {
	for name, test := range map[string]struct {
		load ptsemu.Scenario
		says string
	}{
		"rate":   {ptsemu.Scenario{Rate: &ptsemu.Rate{MaxRequestsPerSecond: 400, DurationSeconds: 60}}, "500 virtual users (as many as its resources carry, 1 x 500), 1m, 500 VUM"},
		"script": {ptsemu.Scenario{Script: &ptsemu.Script{MachineNumber: 2, DurationSeconds: 1}}, "max_virtual_users cannot be held: the load is that of a JMeter script"},
		"none":   {ptsemu.Scenario{}, "max_duration cannot be held: the scenario has no load in a form that is documented"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld("pts")
				test.load.ID = "scenario-own"
				w.pts.AddScenario(test.load)
				s := subject{provider: "tencent-pts", service: "pts", inputs: "project_id=project-demo\nscenario_id=scenario-own", guard: engine.Guard{job.VirtualUsers: 1, job.Length: 1, job.VUM: 1}}
				r, _ := s.guarded(t, w, engine.Options{})
				if text := fmt.Sprint(r.Items[0].Err); r.Outcome != job.StartFailed || !strings.Contains(text, test.says) || len(w.begun(s)) > 0 {
					t.Errorf("%s: %s", r.Outcome, text)
				}
			})
		})
	}
}
