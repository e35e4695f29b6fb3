package catalog_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// rivalled are the subjects of which others can run the same.
func rivalled(t *testing.T) []subject {
	return slices.DeleteFunc(subjects(), func(s subject) bool {
		services, _, spec := s.open(t, env(newWorld(s.service)))
		alone, ok := spec.(catalog.Alone)
		if isAlone := ok && alone.NoRivals() != ""; isAlone {
			return true
		}
		if _, ok := services[0].(engine.Rivals); !ok {
			t.Errorf("%s neither tells what others run of the same, nor why it cannot", s.name)
		}
		return false
	})
}

// beside runs the subject's step while another's job of the same runs.
func (s subject) beside(t *testing.T, w *world, ctx context.Context, does string) engine.Result {
	services, provider, spec := s.open(t, env(w.Transport()))
	return engine.Run(ctx, services, engine.Options{
		Mark: engine.Mark{Run: "later", Attempt: "1", Once: "once"}, Contents: []string{provider.Content(spec, services[0])},
		IfRunning: []string{does}, Timeout: time.Hour, PollEvery: 5 * time.Second, Jitter: func() float64 { return 0.5 },
	})
}

// own are the jobs that starts began: a schedule begins others itself.
func (w *world) own(s subject) []emu.Job {
	return slices.DeleteFunc(w.begun(s), func(j emu.Job) bool { return s.kind != "" && !strings.HasPrefix(j.ID, s.kind+"/") })
}

// TestYieldsToOthers: with fail nothing is started beside what another step runs,
// which is named; with start it is, and nothing more is called than ever.
func TestYieldsToOthers(t *testing.T) {
	for _, s := range rivalled(t) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			ref := s.begin(t, w)
			if len(w.live(s)) == 0 {
				t.Fatalf("%s: it ended too soon to be a rival", s.name)
			}
			before := maps.Clone(w.Calls())
			r := s.beside(t, w, t.Context(), engine.Yield)
			if text := fmt.Sprint(r.Items[0].Err); r.Outcome != job.StartFailed || !strings.Contains(text, "the same runs already, and not for this step: "+strings.TrimSpace(ref.ID+" "+ref.Run)) {
				t.Errorf("%s: %s: %s", s.name, r.Outcome, text)
			}
			if after := w.Calls(); len(w.own(s)) != 1 || after[s.start] != before[s.start] || after[s.stop] != before[s.stop] {
				t.Errorf("%s: %d jobs, calls %v, before %v", s.name, len(w.own(s)), after, before)
			}
		})
	}
}

// TestLooksForNothing: without if_running, or with start, a run makes the calls
// that it made before there was such a thing.
func TestLooksForNothing(t *testing.T) {
	for _, start := range starts() {
		for _, does := range [][]string{nil, {engine.Beside}} {
			s := newStage(t, start.provider)
			r := engine.Run(t.Context(), s.open(t, start.inputs), engine.Options{Mark: engine.Mark{Run: "run", Attempt: "1", Once: "once"}, IfRunning: does})
			if calls := s.emulator.Calls(); r.Outcome != job.Started || calls[emulator.Total] != len(start.reads)+len(start.calls) {
				t.Errorf("%s: %s with the calls %v", start.name, r.Outcome, calls)
			}
		}
	}
}

// TestQueuesBehindOthers: with wait exactly one job is started, and at no time do
// two of the same run, whatever call fails once and how.
func TestQueuesBehindOthers(t *testing.T) {
	plays := 0
	for _, s := range rivalled(t) {
		if s.lasting || s.name == "pts stuck" { // it has no end
			continue
		}
		for _, call := range s.calls {
			for _, kind := range []emulator.Kind{-1, emulator.Drop, emulator.BadGateway, emulator.Throttle, emulator.Null, emulator.Forbidden} {
				if !s.onlyReads(call) || kind < 0 && call != "DescribeJobs" && call != "ShowTask" && call != "ListJobInstances" {
					continue
				}
				for _, later := range []bool{false, true} { // at the first look, or while it waits
					plays++
					synctest.Test(t, func(t *testing.T) { s.queue(t, emulator.Fault{Call: call, Kind: kind}, later) })
				}
			}
		}
	}
	t.Logf("%d plays", plays)
}

// onlyReads tells of a call of the subject's provider that changes nothing.
func (s subject) onlyReads(call string) bool {
	provider, _ := catalog.Find(s.provider)
	return slices.ContainsFunc(provider.Calls(), func(c cloud.Call) bool { return c.Name == call && c.Reads })
}

func (s subject) queue(t *testing.T, fault emulator.Fault, later bool) {
	w := newWorld(s.service)
	s.begin(t, w)
	what := fmt.Sprintf("%s, %s of %s, later %t", s.name, fault.Kind, fault.Call, later)
	most := 0
	w.heard = func(call string, truth []emu.Job) {
		live := 0
		for _, j := range truth {
			if j.Live {
				live++
			}
		}
		most = max(most, live)
		if call == s.start && live > 0 {
			t.Errorf("%s: it was started beside another", what)
		}
	}
	if fault.Kind >= 0 {
		if later {
			time.AfterFunc(8*time.Second, func() { w.Inject(fault) })
		} else {
			w.Inject(fault)
		}
	}
	r := s.beside(t, w, t.Context(), engine.Queue)
	begun := len(w.own(s)) - 1
	wantBegun := 0
	if r.Outcome == job.Started {
		wantBegun = 1
	}
	if begun != wantBegun || most > 1 {
		t.Errorf("%s: %s with %d jobs begun, and %d at once: %v", what, r.Outcome, begun, most, r.Items[0].Err)
	}
	passes := fault.Kind != emulator.Forbidden && fault.Kind != emulator.Null
	if passes && r.Outcome != job.Started {
		t.Errorf("%s: %s: %v", what, r.Outcome, r.Items[0].Err)
	}
	if err := r.Items[0].Err; err != nil && !strings.Contains(err.Error(), "nothing was started") {
		t.Errorf("%s: it is not said that nothing was started: %v", what, err)
	}
}

// TestQueueIsCancelled: a cancel while others run starts nothing,
// stops nothing of theirs, and says for whom it waited.
func TestQueueIsCancelled(t *testing.T) {
	for _, s := range rivalled(t) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			ref := s.begin(t, w)
			before := maps.Clone(w.Calls())
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			r := s.beside(t, w, ctx, engine.Queue)
			after := w.Calls()
			if text := fmt.Sprint(r.Items[0].Err); r.Outcome != job.Cancelled || !strings.Contains(text, "it waited for "+strings.TrimSpace(ref.ID+" "+ref.Run)) {
				t.Errorf("%s: %s: %s", s.name, r.Outcome, text)
			}
			if len(w.own(s)) != 1 || len(w.running(s)) == 0 || after[s.stop] != before[s.stop] || after[s.start] != before[s.start] {
				t.Errorf("%s: %d jobs, calls %v, before %v", s.name, len(w.own(s)), after, before)
			}
		})
	}
}

// TestOwnRunsAreNoRivals: two jobs of one plan on the same thing run side by
// side, and a later attempt starts beside a job of its own.
func TestOwnRunsAreNoRivals(t *testing.T) {
	for _, s := range rivalled(t) {
		if s.lasting { // there is no second of it
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			first, provider, spec := s.open(t, env(w.Transport()))
			second, _, _ := s.open(t, env(w.Transport()))
			content := provider.Content(spec, first[0])
			run := func(attempt string, services ...engine.Service) engine.Result {
				return engine.Run(t.Context(), services, engine.Options{
					Mark: engine.Mark{Run: "run", Attempt: attempt, Once: "once"}, Contents: []string{content, content},
					IfRunning: []string{engine.Yield, engine.Yield}, Timeout: time.Hour,
				})
			}
			if r := run("1", first[0], second[0]); r.Outcome != job.Started || len(w.own(s)) != 2 {
				t.Errorf("%s: %s with %d jobs: %+v", s.name, r.Outcome, len(w.own(s)), r.Items)
			}
			if !s.marked {
				return
			}
			time.Sleep(time.Second)
			if r := run("2", first[0], second[0]); r.Outcome != job.Started || len(w.own(s)) != 4 {
				t.Errorf("%s, a later attempt: %s with %d jobs: %+v", s.name, r.Outcome, len(w.own(s)), r.Items)
			}
		})
	}
}
