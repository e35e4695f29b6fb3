package catalog_test

import (
	"cmp"
	"flag"
	"fmt"
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

var every = flag.Bool("every", false, "play every fault at every moment, also those that are known to be alike")

// TestPromises holds the promises over every subject, every event, every
// moment of the job's life and every fault of the emulator.
//
// Each call in each phase meets every fault once, and a call that begins a job
// does under every event. Under the other events any other call meets one
// fault of each class of those that nobody can tell apart, in turns. -short
// has each eighth call meet one fault.
func TestPromises(t *testing.T) {
	t.Parallel()
	var moments, plays, injected atomic.Int64
	t.Run("subjects", func(t *testing.T) {
		for _, s := range subjects() {
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				classes := alike(t, s)
				met := map[moment]bool{}
				over := play(t, s, event{change: func(*attempt) {}}).first.took
				for turn, e := range events(s, over) {
					without := play(t, s, e)
					if without.broken != "" {
						t.Errorf("%s: %s", e.name, without.broken)
					}
					for i, m := range without.moments {
						if testing.Short() && (i+turn)%16 != 0 {
							continue
						}
						moments.Add(1)
						faults := emulator.Faults()
						switch of := (moment{phase: m.phase, call: m.call}); {
						case testing.Short():
							faults = faults[turn%len(faults):][:1]
						case met[of] && !m.starts(s) && classes[m.call] != nil && !*every:
							faults = one(classes[m.call], turn)
						default:
							met[of] = true
						}
						for _, fault := range faults {
							p := play(t, s, e, at(m.call, m.skip, fault))
							injected.Add(int64(p.struck))
							if text := p.against(without, e, m); text != "" {
								t.Errorf("%s, %+v, %v, after %t: %s", e.name, m, fault.Kind, fault.After, text)
							}
						}
						plays.Add(int64(len(faults)))
						if t.Failed() {
							return // the rest would say the same
						}
					}
				}
			})
		}
	})
	t.Logf("%d moments, %d plays, %d faults injected", moments.Load(), plays.Load(), injected.Load())
}

// event is what happens to an attempt from outside.
type event struct {
	name   string
	change func(*attempt)
	mute   bool // the start has its effect, and its answer does not come in time
	late   bool // new jobs are listed late
	rerun  bool // another attempt follows
	calm   bool // nothing comes between the start and the end

	beside func(subject) subject // nil, or what a step of the same place began before, and left running
}

// events come before the start, in it, while the job is pending, while it
// runs, while it is stopped, and when it has ended but was not yet seen to:
// short before over, the end of an undisturbed attempt.
func events(s subject, over time.Duration) []event {
	const pending = 1100 * time.Millisecond
	running := cmp.Or(s.runs, 20*time.Second) + 300*time.Millisecond
	stopped := running + 1400*time.Millisecond
	unseen := over - time.Millisecond
	nothing := func(*attempt) {}
	timeout := func(after time.Duration, policy string) func(*attempt) {
		return func(a *attempt) { a.options.Timeout, a.options.OnTimeout = after, policy }
	}
	signal := func(after time.Duration, policy string) func(*attempt) {
		return func(a *attempt) { a.signal, a.options.OnCancel = after, policy }
	}
	kill := func(after time.Duration) func(*attempt) { return func(a *attempt) { a.kill = after } }
	die := func(after time.Duration) func(*attempt) { return func(a *attempt) { a.kill, a.noPost = after, true } }
	stopping := func(then func(*attempt)) func(*attempt) { // a timeout had it stopped, which takes some seconds
		return func(a *attempt) { then(a); timeout(running, engine.Stop)(a) }
	}
	all := []event{
		{name: "nothing", change: nothing, calm: true},
		{name: "nothing, listed late", change: nothing, late: true, calm: true},
		{name: "not waited for", change: func(a *attempt) { a.options.Wait = false }, calm: true},
		{name: "report", change: func(a *attempt) { a.options.Report = true }, calm: true},

		{name: "cancel before", change: signal(-1, "")},
		{name: "cancel in the start", change: signal(time.Second, ""), mute: true},
		{name: "cancel in the start, listed late", change: signal(time.Second, ""), mute: true, late: true},
		{name: "cancel pending", change: signal(pending, "")},
		{name: "cancel running", change: signal(running, "")},
		{name: "cancel stopping", change: stopping(signal(stopped, ""))},
		{name: "cancel unseen", change: signal(unseen, "")},
		{name: "cancel, leave", change: signal(running, engine.Leave)},

		{name: "timeout in the start", change: timeout(10*time.Second, engine.Stop), mute: true},
		{name: "timeout pending", change: timeout(pending, engine.Stop)},
		{name: "timeout running", change: timeout(running, engine.Stop)},
		{name: "timeout unseen", change: timeout(unseen, engine.Stop)},
		{name: "timeout, leave", change: timeout(running, engine.Leave)},

		{name: "kill in the start", change: kill(time.Second), mute: true},
		{name: "kill in the start, listed late", change: kill(time.Second), mute: true, late: true},
		{name: "kill pending", change: kill(pending)},
		{name: "kill running", change: kill(running)},
		{name: "kill stopping", change: stopping(kill(stopped))},
		{name: "kill unseen", change: kill(unseen)},
		{name: "cancel, then kill", change: func(a *attempt) { a.signal, a.kill = running, running+500*time.Millisecond }},

		{name: "re-run", change: nothing, rerun: true, calm: true},
		{name: "cancel, re-run", change: signal(running, ""), rerun: true},
		{name: "runner dies in the start, re-run", change: die(time.Second), mute: true, rerun: true},
		{name: "runner dies pending, re-run", change: die(pending), rerun: true},
		{name: "runner dies running, re-run", change: die(running), rerun: true},
		{name: "runner dies stopping, re-run", change: stopping(die(stopped)), rerun: true},
		{name: "runner dies unseen, re-run", change: die(unseen), rerun: true},
	}
	if s.marked {
		all = append(all,
			event{name: "a step of the same place, runner dies running, re-run", change: die(running), rerun: true, beside: subject.twin},
			event{name: "the same step twice, runner dies running, re-run", change: die(running), rerun: true, beside: func(s subject) subject { return s }})
	}
	if s.lasting { // any other is stopped without being told, and for good
		all = append(all,
			event{name: "cancel, stop", change: signal(running, engine.Stop)},
			event{name: "cancel, stop, listed late", change: signal(running, engine.Stop), late: true},
			event{name: "cancel, terminate", change: signal(running, engine.Terminate)},
			event{name: "timeout, unsaid", change: timeout(running, engine.OnDefault)},
			event{name: "timeout, terminate", change: timeout(running, engine.Terminate)})
	}
	return all
}

// moment is when a fault can strike: at the first call of a name that one
// process makes in one phase of the job's life.
type moment struct {
	process, phase, call string
	skip                 int // so many calls of the name come before it
}

// starts tells of a call that is to begin a job.
func (m moment) starts(s subject) bool {
	return m.call == s.start && (m.phase == "before" || m.phase == "ended")
}

// played is what a play came to.
type played struct {
	first   *attempt
	moments []moment // if there was no fault
	struck  int      // calls that met a fault
	broken  string   // a promise that was
}

// play plays an event with faults and holds it to the promises.
func play(t *testing.T, s subject, e event, faults ...emulator.Fault) (p played) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s.service)
		if e.late {
			w.listLate(15 * time.Second)
		}
		var others []*attempt
		if e.beside != nil {
			other := &attempt{number: "1", step: "beside"}
			other.play(t, w, e.beside(s))
			others = append(others, other)
		}
		told := others != nil // of what it left running
		if e.mute {
			w.mute = s.start
		}
		w.Inject(faults...)
		if faults == nil {
			w.heard = p.hear(w, e.mute)
		}
		p.first = &attempt{number: "1", told: told, options: engine.Options{Wait: true, OnTimeout: engine.Stop}}
		e.change(p.first)
		p.first.play(t, w, s)
		p.broken = p.first.broken(w, s)
		if e.rerun && p.broken == "" {
			p.broken = rerun(t, w, s, p.first, others...)
		}
		p.struck = w.Injected()
	})
	return p
}

// lastRan plays, and says when one of the jobs ran last, as far as that was
// within the time of an answer.
func lastRan(w *world, s subject, jobs []emu.Job, play func()) (last time.Time) {
	const often = 200 * time.Millisecond
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for range answerWithin / often {
			if slices.ContainsFunc(w.running(s), func(j emu.Job) bool {
				return slices.ContainsFunc(jobs, func(of emu.Job) bool { return of.ID == j.ID })
			}) {
				last = time.Now()
			}
			select {
			case <-over:
				return
			case <-time.After(often):
			}
		}
	})
	play()
	close(over)
	watching.Wait()
	return last
}

// rerun plays the next attempt: a job that still runs is followed, and no
// second one begun beside it. Others began jobs of the same place before.
func rerun(t *testing.T, w *world, s subject, first *attempt, others ...*attempt) (broken string) {
	t.Helper()
	own := slices.DeleteFunc(w.running(s), func(j emu.Job) bool { return s.marked && !first.isOf(j) })
	next := &attempt{number: "2", told: first.told, options: engine.Options{Wait: true, OnTimeout: engine.Stop}}
	lasted := lastRan(w, s, own, func() { next.play(t, w, s) })
	if text := next.broken(w, s); text != "" {
		return "re-run: " + text
	}
	if text := next.strays(w, append(others, first)); text != "" {
		return "re-run: " + text
	}
	item := next.result.Items[0]
	for _, other := range others {
		if len(own) > 0 && other.of.inputs == s.inputs && item.How == job.Attached && other.runs(w) {
			return fmt.Sprintf("re-run: of two that could be its own it took %s", item.Ref.ID)
		}
	}
	if len(own) > 0 && s.marked && item.How == job.Began && !lasted.Before(next.begun[0].Began) {
		return "re-run: a job ran, and another was begun"
	}
	return ""
}

// runs tells whether a job that the attempt began still does.
func (a *attempt) runs(w *world) bool { return slices.ContainsFunc(w.running(a.of), a.isOf) }

// strays says which job the attempt took for its own, or stopped, that is
// another's: not one of its own mark, nor one that an earlier attempt began of
// the same content.
func (a *attempt) strays(w *world, others []*attempt) string {
	attached := !a.killed && a.result.Items[0].How == job.Attached
	for _, item := range a.heard() {
		if asked := item.Stop == job.StopRequested || item.Stop == job.StopFailed; !a.of.marked && attached && asked {
			return fmt.Sprintf("it stopped %s %s, which may be anybody's", item.Ref.ID, item.Ref.Run)
		}
		if !a.of.marked {
			continue
		}
		truth, known := w.job(a.of, item.Ref)
		if !known || a.isOf(truth) {
			continue
		}
		isKin := slices.ContainsFunc(others, func(other *attempt) bool {
			return other.isOf(truth) && other.number < a.number && other.of.inputs == a.of.inputs
		})
		if !isKin || !attached && !a.killed {
			return fmt.Sprintf("it took %s (%s) for its own", truth.ID, truth.Mark)
		}
	}
	return ""
}

// hear notes the moments of a play. The start that is not answered is none:
// the event is a fault of it.
func (p *played) hear(w *world, mute bool) func(string, []emu.Job) {
	before, met := map[string]int{}, map[moment]bool{}
	return func(call string, truth []emu.Job) {
		m := moment{process: w.process.Load().(string), phase: phase(truth), call: call}
		if !met[m] && !(mute && call == w.mute) {
			met[m] = true
			m.skip = before[call]
			p.moments = append(p.moments, m)
		}
		before[call]++
	}
}

// against says what a fault did that it may not, or "".
func (p played) against(without played, e event, m moment) string {
	switch {
	case p.struck != 1:
		return fmt.Sprintf("it struck %d calls, want 1", p.struck)
	case p.broken != "":
		return p.broken
	case e.calm && m.phase != "before" && p.first.result.Outcome != without.first.result.Outcome:
		return fmt.Sprintf("the outcome is %s, and %s without it", p.first.result.Outcome, without.first.result.Outcome)
	}
	return ""
}

// at is a fault that strikes one call, after some others of its name.
func at(call string, skip int, fault emulator.Fault) emulator.Fault {
	fault.Call, fault.Skip = call, skip
	if fault.Kind == emulator.Slow {
		fault.Delay = answerWithin + 15*time.Second
	}
	return fault
}

// answerWithin is how long a call may take.
const answerWithin = 30 * time.Second

// one takes a fault of each class, in each turn another one.
func one(classes [][]emulator.Fault, turn int) (faults []emulator.Fault) {
	for _, class := range classes {
		faults = append(faults, class[turn%len(class)])
	}
	return faults
}

// broken says which promise an attempt broke, or "".
func (a *attempt) broken(w *world, s subject) string {
	if text := a.untrue(w, s); text != "" {
		return text
	}
	said := false
	for _, item := range a.heard() {
		said = mayRunOn(s, item) || said && item.How == "" // what is said last of a job counts
	}
	a.told = a.told || said
	if unheard := a.killed && a.settled.Items == nil && len(a.begun) == 0; a.leftover > 0 && !a.noPost && !a.told && !unheard {
		return fmt.Sprintf("%d jobs run on unnoticed", a.leftover)
	}
	return ""
}

// untrue says what was done or said that is not as it should be, or "".
func (a *attempt) untrue(w *world, s subject) string {
	if len(a.begun) > 1 {
		return fmt.Sprintf("%d jobs were begun", len(a.begun))
	}
	if !a.killed {
		if text := a.lied(s, a.result.Items[0]); text != "" {
			return text
		}
	}
	for _, item := range a.heard() {
		truth, known := w.job(s, item.Ref)
		if item.How != "" && !known {
			return fmt.Sprintf("%+v names no job", item.Ref)
		}
		end := engine.OutcomeOf(item)
		over := end == job.Succeeded && !s.lasting || end == job.JobFailed || item.Stop == job.StopConfirmed || item.Stop == job.StopNotNeeded
		if over && truth.Live {
			return fmt.Sprintf("it is said to be over (%s, %s), and is %s", end, item.Stop, truth.State)
		}
	}
	return ""
}

// mayRunOn tells whether an item says that a job may run on.
func mayRunOn(s subject, item job.Item) bool {
	switch item.Stop {
	case job.StopLeft, job.StopRequested, job.StopFailed:
		return true
	}
	switch engine.OutcomeOf(item) {
	case job.Started, job.StartUnknown:
		return true
	case job.Succeeded:
		return s.lasting // it succeeds while it runs
	}
	return strings.Contains(item.Last.Message, "may still run") || item.Err != nil && strings.Contains(item.Err.Error(), "may still run")
}

// lied says what main said of its job that is not true, or "".
func (a *attempt) lied(s subject, item job.Item) string {
	o := engine.OutcomeOf(item)
	switch {
	case len(a.begun) == 1 && item.How == "" && o != job.StartUnknown && !(o == job.Internal && mayRunOn(s, item)):
		return fmt.Sprintf("a job was begun, and the outcome is %s: %v", o, item.Err)
	case len(a.begun) == 0 && (item.How == job.Began || item.How == job.Adopted && s.marked): // without a mark it may be an earlier attempt's
		return fmt.Sprintf("no job was begun, and it is said to be %s", item.How)
	case o == job.Succeeded && item.How == "":
		return "no job is known, and it is said to have succeeded"
	case o == job.Succeeded && !s.well:
		return "a job that fails was said to have succeeded"
	case o == job.JobFailed && s.well && item.How != job.Attached && !a.overlaps: // another attempt may have asked it to stop
		return "a job that succeeds was said to have failed: " + item.Status
	case o == job.Started && a.options.Wait:
		return "it was to be waited for"
	case o == job.TimedOut && a.took < cmp.Or(a.options.Timeout, patience):
		return fmt.Sprintf("it is said to have timed out after %s", a.took)
	case o == job.Cancelled && a.signal == 0:
		return "it is said to have been cancelled, and nobody did"
	}
	return ""
}
