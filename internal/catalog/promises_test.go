package catalog_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// event is what happens to an attempt from outside.
type event struct {
	name   string
	change func(*attempt)
	rerun  bool // another attempt follows
}

// events come before the start, in it, while the job is pending, while it
// runs, and when it is about to end.
func events() []event {
	all := []event{
		{"nothing", func(*attempt) {}, false},
		{"re-run", func(*attempt) {}, true},
		{"timeout", func(a *attempt) { a.options.Timeout = 10 * time.Second }, false},
		{"timeout, leave", func(a *attempt) { a.options.Timeout, a.options.OnTimeout = 10*time.Second, engine.Leave }, false},
		{"cancel, leave", func(a *attempt) { a.signal, a.options.OnCancel = 10*time.Second, engine.Leave }, false},
		{"cancel, stop", func(a *attempt) { a.signal, a.options.OnCancel = 10*time.Second, engine.Stop }, false},
		{"cancel, then kill", func(a *attempt) { a.signal, a.kill = 10*time.Second, 10*time.Second+500*time.Millisecond }, false},
		{"runner dies, re-run", func(a *attempt) { a.kill, a.noPost = 10*time.Second, true }, true},
	}
	for _, moment := range []time.Duration{time.Nanosecond, time.Second, 5 * time.Second, 30 * time.Second, 64 * time.Second} {
		all = append(all,
			event{"cancel at " + moment.String(), func(a *attempt) { a.signal = moment }, false},
			event{"kill at " + moment.String(), func(a *attempt) { a.kill = moment }, false})
	}
	return all
}

// TestPromises holds the promises over every provider, every fault of the
// emulator at each of the calls of a job's life, and every event.
func TestPromises(t *testing.T) {
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			played, injected := 0, 0
			for third, e := range events() {
				for _, call := range s.calls {
					for i, fault := range emulator.Faults() {
						if call != s.start && i%3 != third%3 { // of the reads and stops a third, another one for each event
							continue
						}
						fault.Call, fault.Delay = call, 0
						if fault.Kind == emulator.Slow {
							fault.Delay = 45 * time.Second // longer than a call may take
						}
						injected += promise(t, s, e, fault)
						played++
					}
				}
			}
			t.Logf("%d plays, %d faults injected", played, injected)
		})
	}
}

// promise plays one event with one fault and says whether a promise broke.
func promise(t *testing.T, s subject, e event, fault emulator.Fault) (injected int) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.Inject(fault)
		a := &attempt{number: "1", options: engine.Options{Wait: true, OnTimeout: engine.Stop}}
		e.change(a)
		a.play(t, w, s)
		begun := len(w.begun(s))
		where := fmt.Sprintf("%s, %s, %v", s.name, e.name, fault)
		if text := wrong(a, s, begun, 0); text != "" {
			t.Errorf("%s: %s", where, text)
		}
		if e.rerun {
			rerun(t, w, s, where, fault.Kind == emulator.Slow)
		}
		injected = w.Injected()
	})
	return injected
}

// rerun plays the next attempt: a job that still lives is followed, and no
// second one begun beside it.
// After a slow answer the job may have ended by itself before it could be seen.
func rerun(t *testing.T, w *world, s subject, where string, slow bool) {
	live, before := len(w.live(s)), len(w.begun(s))
	next := &attempt{number: "2", options: engine.Options{Wait: true, OnTimeout: engine.Stop}}
	next.play(t, w, s)
	begun := len(w.begun(s)) - before
	if text := wrong(next, s, begun, live); text != "" {
		t.Errorf("%s, re-run: %s", where, text)
	}
	if how := next.result.Items[0].How; live > 0 && s.marked && !slow && how == job.Began {
		t.Errorf("%s, re-run: %d job lived, and another was begun", where, live)
	}
}
