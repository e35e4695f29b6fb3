package catalog_test

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

var (
	schedules = flag.Int("schedules", 10_000, "how many random schedules the simulator plays")
	seed      = flag.Uint64("seed", 0, "play this one schedule only, and tell what happens")
)

// figures are what all schedules together came to.
type figures struct {
	schedules, shared, faults, starts, attached, unclear, signals, kills, settled, crashes, logins atomic.Int64

	doubled, unnoticed, strayed atomic.Int64 // these are to stay 0
}

// TestSimulator plays random schedules of faults, delays, signals, kills and
// re-runs in virtual time and compares what was said with the truth. A failure
// names its seed; -seed plays it again.
func TestSimulator(t *testing.T) {
	t.Parallel()
	var f figures
	if *seed != 0 {
		simulate(t, *seed, &f, t.Logf)
		return
	}
	const workers = 8
	if testing.Short() {
		*schedules = min(*schedules, 500)
	}
	t.Run("schedules", func(t *testing.T) {
		for worker := range workers {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for n := worker; n < *schedules && !t.Failed(); n += workers {
					simulate(t, uint64(n)+1, &f, func(string, ...any) {})
				}
			})
		}
	})
	t.Logf("%d schedules, %d of them with steps of one place, %d faults injected, %d jobs begun, %d attached, %d left because several could be the step's, %d signals, %d kills, %d settled by the post step, %d faults of ours, %d logins that ended; doubled %d, unnoticed %d, attached to another's %d",
		f.schedules.Load(), f.shared.Load(), f.faults.Load(), f.starts.Load(), f.attached.Load(), f.unclear.Load(), f.signals.Load(), f.kills.Load(), f.settled.Load(), f.crashes.Load(), f.logins.Load(),
		f.doubled.Load(), f.unnoticed.Load(), f.strayed.Load())
	if n := f.doubled.Load() + f.unnoticed.Load() + f.strayed.Load(); n > 0 && !t.Failed() {
		t.Errorf("%d jobs were doubled, unnoticed or another's", n)
	}
}

// latest is how late a job is listed at most.
const latest = 20 * time.Second

// dice draws what happens in a schedule.
type dice struct{ *rand.Rand }

func (d dice) often(percent int) bool { return d.IntN(100) < percent }

func (d dice) within(most time.Duration) time.Duration {
	return time.Duration(d.Int64N(int64(most))) + time.Millisecond
}

func simulate(t *testing.T, seed uint64, f *figures, tell func(string, ...any)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := dice{rand.New(rand.NewPCG(seed, 2))}
		all := subjects()
		s := all[d.IntN(len(all))]
		w := newWorld(s.service)
		d.shuffle(w)
		faults := d.faults(s)
		w.Inject(faults...)
		f.schedules.Add(1)
		tell("seed %d: %s, faults %v", seed, s.name, faults)

		if s.marked && d.often(50) {
			f.shared.Add(1)
			d.share(t, w, s, seed, f, tell)
			f.faults.Add(int64(w.Injected()))
			return
		}
		told := false
		var earlier []*attempt
		for number := 1; number <= 1+d.IntN(2); number++ {
			a := d.attempt(number)
			a.told = told
			d.spoil(a)
			tell("%s", a.spoiled())
			tell("attempt %s: signal %s, kill %s, post %v, policy %q", a.number, a.signal, a.kill, !a.noPost, a.options.OnCancel)
			a.play(t, w, s)
			a.describe(w, tell)
			f.count(a)
			if text := a.broken(w, s); text != "" {
				t.Errorf("seed %d, %s, attempt %d: %s", seed, s.name, number, text)
			}
			if text := a.strays(w, earlier); text != "" {
				f.strayed.Add(1)
				t.Errorf("seed %d, %s, attempt %d: %s", seed, s.name, number, text)
			}
			earlier = append(earlier, a)
			told = a.told
			time.Sleep(latest + d.within(2*time.Minute)) // before it is listed, nobody can know of a job whose runner died
		}
		f.faults.Add(int64(w.Injected()))
	})
}

// share plays attempts of two steps of one place, which start the same or
// different jobs; each attempt may begin while the one before goes on.
func (d dice) share(t *testing.T, w *world, s subject, seed uint64, f *figures, tell func(string, ...any)) {
	t.Helper()
	steps := []subject{s, s}
	if d.often(70) {
		steps[1] = s.twin()
	}
	var all []*attempt
	var playing sync.WaitGroup
	for number := 1; number <= 1+d.IntN(3); number++ {
		for i, step := range steps {
			a := d.attempt(number)
			a.step, a.overlaps = string(rune('a'+i)), true
			tell("attempt %s of step %s: signal %s, kill %s, post %v, policy %q", a.number, a.step, a.signal, a.kill, !a.noPost, a.options.OnCancel)
			all = append(all, a)
			playing.Go(func() { a.play(t, w, step) })
			time.Sleep(d.within(5 * time.Second))
		}
		if d.often(50) {
			time.Sleep(d.within(time.Minute))
			continue
		}
		playing.Wait()
		time.Sleep(latest + d.within(2*time.Minute))
	}
	playing.Wait()
	time.Sleep(latest + answerWithin) // what is on the way arrives
	for _, a := range all {
		a.begun = slices.DeleteFunc(w.begun(s), func(j emu.Job) bool { return !a.isOf(j) })
		a.describe(w, tell)
		f.count(a)
		text := a.untrue(w, s)
		if len(a.begun) > 1 || text == "" && a.doubles(w, all) {
			text = cmp.Or(text, "a job of an earlier attempt ran, and another was begun")
			f.doubled.Add(1)
		}
		if stray := a.strays(w, all); stray != "" {
			text = stray
			f.strayed.Add(1)
		}
		if text != "" {
			t.Errorf("seed %d, %s, attempt %s of step %s: %s", seed, s.name, a.number, a.step, text)
		}
	}
	for _, j := range w.running(s) {
		if !slices.ContainsFunc(all, func(a *attempt) bool { return a.tells(j) }) {
			f.unnoticed.Add(1)
			t.Errorf("seed %d, %s: %s runs on unnoticed", seed, s.name, j.Mark)
		}
	}
}

// doubles tells whether the attempt began a job although one of an earlier
// attempt and of the same content was listed, and runs on to the end.
func (a *attempt) doubles(w *world, all []*attempt) bool {
	if len(a.begun) == 0 {
		return false
	}
	return slices.ContainsFunc(w.running(a.of), func(j emu.Job) bool {
		return j.Began.Before(a.began.Add(-latest)) && slices.ContainsFunc(all, func(other *attempt) bool {
			return other.isOf(j) && other.number < a.number && other.of.inputs == a.of.inputs
		})
	})
}

// tells tells whether somebody heard of the attempt that a job may run on, or
// nobody could because the runner died.
func (a *attempt) tells(j emu.Job) bool {
	if a.isOf(j) && a.noPost {
		return true
	}
	return slices.ContainsFunc(a.heard(), func(item job.Item) bool {
		isIt := item.Ref.ID != "" && (j.ID == item.Ref.ID || j.ID == item.Ref.Run) || item.How == "" && a.isOf(j)
		isNamed := item.Err != nil && strings.Contains(item.Err.Error(), j.ID)
		return isNamed || isIt && mayRunOn(a.of, item)
	})
}

// describe tells what was said and what is true.
func (a *attempt) describe(w *world, tell func(string, ...any)) {
	tell("attempt %s %s", a.number, a.step)
	for _, item := range a.result.Items {
		tell("  said: %s how %q ref %v status %q end %q stop %q err %v", item.What, item.How, item.Ref, item.Status, item.End, item.Stop, item.Err)
	}
	for _, item := range a.settled.Items {
		tell("  post: %s ref %v stop %q status %q note %q", item.What, item.Ref, item.Stop, item.Status, item.Note)
	}
	for _, j := range w.begun(a.of) {
		tell("  truth: %+v", j)
	}
}

func (f *figures) count(a *attempt) {
	f.starts.Add(int64(len(a.begun)))
	if a.signal > 0 {
		f.signals.Add(1)
	}
	if a.killed {
		f.kills.Add(1)
	}
	if a.met.Load() {
		f.crashes.Add(1)
	}
	if a.login > 0 && a.login < a.took {
		f.logins.Add(1)
	}
	f.settled.Add(int64(len(a.settled.Items)))
	for _, item := range a.result.Items {
		if item.How == job.Attached {
			f.attached.Add(1)
		}
		if e, ok := errors.AsType[*job.Error](item.Err); ok && e.Fault == job.Unclear {
			f.unclear.Add(1)
		}
	}
}

// attempt draws how an attempt goes.
func (d dice) attempt(number int) *attempt {
	a := &attempt{number: fmt.Sprint(number)}
	a.options = engine.Options{Wait: true, PollEvery: time.Duration(5+d.IntN(20)) * time.Second, OnTimeout: engine.Stop}
	if d.often(20) {
		a.options.Timeout = d.within(3 * time.Minute)
	}
	if d.often(25) {
		a.options.OnCancel = []string{engine.Stop, engine.Leave}[d.IntN(2)]
	}
	switch most := []time.Duration{3 * time.Second, 30 * time.Second, 2 * time.Minute}[d.IntN(3)]; d.IntN(4) {
	case 0:
		a.signal = d.within(most)
	case 1:
		a.kill = d.within(most)
	case 2:
		a.signal = d.within(most)
		a.kill = a.signal + d.within(8*time.Second)
	}
	a.noPost = a.kill > 0 && d.often(30)
	return a
}

// faults draws some faults of the subject's calls, the start's most often.
func (d dice) faults(s subject) []emulator.Fault {
	kinds := emulator.Faults()
	faults := make([]emulator.Fault, d.IntN(4))
	for i := range faults {
		f := kinds[d.IntN(len(kinds))]
		f.Call, f.Skip, f.Times = s.start, 0, 1
		if d.often(60) {
			f.Call, f.Skip, f.Times = s.calls[d.IntN(len(s.calls))], d.IntN(4), 1+d.IntN(3)
		}
		if f.Kind == emulator.Slow {
			f.Delay = d.within(time.Minute)
		}
		faults[i] = f
	}
	return faults
}

// shuffle sets switches of the services that documents leave open.
func (d dice) shuffle(w *world) {
	if d.often(50) {
		w.listLate(d.within(latest))
	}
	if idle := d.within(10 * time.Second); d.often(30) {
		if w.cpts != nil {
			w.cpts.Switches.IdleAfterStart = idle
		}
		if w.dataarts != nil {
			w.dataarts.Switches.InstanceKnownAfter = idle
		}
	}
}
