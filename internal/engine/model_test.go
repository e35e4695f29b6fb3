package engine

import (
	"fmt"
	"testing"
)

// This file is the protocol of start, attach and stop, written down as states
// and transitions and explored exhaustively: every interleaving of a main, its
// post step and a second attempt with a network that loses questions and
// answers, with signals and with kills. It assumes what the code assumes:
//
//   - a request takes effect, if ever, before the search for its job ends
//   - the state's entries are written whole or not at all
//   - one attempt of a run begins after the one before has ended; attempts that
//     overlap, and steps of one place, are played by the simulator of package
//     catalog

// phase is where a process is.
type phase uint8

const (
	unborn    phase = iota
	beginning       // nothing was saved or sent
	intending       // the intent is saved
	asking          // the start is sent
	seeking         // its answer is lost
	knowing         // the job is known, and not yet saved
	following       // it is saved
	stopping        // the end was asked for, or is about to be
	ended
	dead // killed: it says nothing and saves nothing
)

// entry is what the state's file says.
type entry uint8

const (
	nothing entry = iota
	intent        // a mark
	named         // a ref
	done
)

// word is what the attempt has told its user about a job that may run.
type word uint8

const (
	silent  word = iota
	unknown      // start-unknown, or "no job was found" by the post step
	pending      // a stop is requested and not confirmed
	settled      // it is over
)

// model is one state of everything.
type model struct {
	attempt    uint8
	main, post phase
	saved      entry
	said       word
	onTheWay   bool  // a start that has neither taken effect nor been lost
	jobs       uint8 // live jobs of this attempt's mark
	earlier    uint8 // live jobs of the earlier attempt's mark
	begun      uint8 // jobs ever begun under this attempt's mark
	attached   bool
	noRunner   bool // the runner died: there is no post step
}

// live is how many jobs of the run live.
func (m model) live() uint8 { return m.jobs + m.earlier }

// ours are the live jobs that this attempt answers for: those it began, and
// what it attached to and saved. A job of a runner that died is known by its
// mark alone, to the attempt that will attach to it.
func (m model) ours() uint8 {
	if m.attached && m.saved != nothing {
		return m.live()
	}
	return m.jobs
}

// next are all states that can follow.
func (m model) next() (all []model) {
	add := func(change func(*model)) {
		n := m
		change(&n)
		all = append(all, n)
	}
	if m.onTheWay {
		add(func(n *model) { n.onTheWay = false; n.jobs++; n.begun++ }) // it takes effect
		add(func(n *model) { n.onTheWay = false })                      // it is lost
	}
	if m.jobs > 0 {
		add(func(n *model) { n.jobs-- }) // it ends by itself
	}
	if m.earlier > 0 {
		add(func(n *model) { n.earlier-- })
	}
	if m.main != ended && m.main != dead {
		add(func(n *model) { n.main = dead })
		add(func(n *model) { n.main, n.noRunner = dead, true })
		m.steps(add)
		return all
	}
	if m.noRunner || m.post == ended {
		if m.attempt == 1 && !m.onTheWay {
			add(func(n *model) { *n = model{attempt: 2, main: beginning, earlier: m.live()} })
		}
		return all
	}
	m.settle(add)
	return all
}

// steps are those of main.
func (m model) steps(add func(func(*model))) {
	switch m.main {
	case beginning:
		if m.earlier > 0 {
			add(func(n *model) { n.main, n.attached = knowing, true })
			return
		}
		add(func(n *model) { n.main, n.saved = intending, intent })
	case intending:
		add(func(n *model) { n.main, n.onTheWay = asking, true })
	case asking:
		if !m.onTheWay {
			if m.begun > 0 {
				add(func(n *model) { n.main = knowing }) // the answer comes
			} else {
				add(func(n *model) { n.main, n.saved = ended, done }) // a refusal comes
			}
		}
		add(func(n *model) { n.main = seeking }) // no answer comes, or one that cannot be trusted
	case seeking:
		if m.jobs > 0 {
			add(func(n *model) { n.main = knowing })
		}
		if !m.onTheWay && m.jobs == 0 {
			add(func(n *model) { n.main, n.said = ended, unknown }) // the intent stays saved for the post step
		}
	case knowing:
		add(func(n *model) { n.main, n.saved = following, named })
	case following:
		if m.live() == 0 {
			add(func(n *model) { n.main, n.saved, n.said = ended, done, settled })
		}
		add(func(n *model) { n.main = stopping }) // the signal, or the timeout
	case stopping:
		add(func(n *model) { n.main, n.said = ended, pending }) // it was lost, or its effect was not seen
		add(func(n *model) { n.stop(); n.main, n.said = ended, pending })
	}
}

// settle are the steps of the post step.
func (m model) settle(add func(func(*model))) {
	switch {
	case m.post == unborn && (m.saved == nothing || m.saved == done):
		add(func(n *model) { n.post = ended })
	case m.post == unborn && m.saved == intent:
		add(func(n *model) { n.post = seeking })
	case m.post == unborn:
		add(func(n *model) { n.post = stopping })
	case m.post == seeking && m.jobs > 0:
		add(func(n *model) { n.post = stopping })
	case m.post == seeking && !m.onTheWay:
		add(func(n *model) { n.post, n.said = ended, unknown })
	case m.post == stopping:
		add(func(n *model) { n.stop(); n.post, n.said = ended, settled })
		add(func(n *model) { n.post, n.said = ended, pending }) // the cloud does not confirm
	}
}

// stop ends what the process follows.
func (m *model) stop() {
	if m.attached {
		m.earlier = 0
		return
	}
	m.jobs = 0
}

// broken says which promise a state breaks, or "".
func (m model) broken() string {
	quiet := (m.main == ended || m.main == dead) && (m.post == ended || m.noRunner)
	switch {
	case m.begun > 1 || m.jobs > 1 || m.earlier > 1:
		return "one mark has begun two jobs"
	case m.live() > 1:
		return "two jobs of one run live"
	case quiet && !m.onTheWay && m.ours() > 0 && !m.noRunner && (m.said == silent || m.said == settled):
		return "a job lives that nobody knows of"
	}
	return ""
}

func TestModel(t *testing.T) {
	first := model{attempt: 1, main: beginning}
	from := map[model]model{first: first}
	queue := []model{first}
	transitions := 0
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		if text := m.broken(); text != "" {
			path := fmt.Sprintf("%+v", m)
			for at := m; at != first; at = from[at] {
				path = fmt.Sprintf("%+v\n%s", from[at], path)
			}
			t.Fatalf("%s:\n%s", text, path)
		}
		for _, n := range m.next() {
			transitions++
			if _, seen := from[n]; !seen {
				from[n] = m
				queue = append(queue, n)
			}
		}
	}
	if len(from) < 100 {
		t.Errorf("only %d states were explored: the model is broken", len(from))
	}
	t.Logf("%d states, %d transitions", len(from), transitions)
}

// TestModelFindsFaults shows that the exploration can fail: a protocol that
// sends its start again after a lost answer doubles jobs.
func TestModelFindsFaults(t *testing.T) {
	blind := model{attempt: 1, main: seeking, saved: intent, jobs: 1, begun: 1}
	blind.main, blind.onTheWay = asking, true // what a blind retry does
	for _, n := range blind.next() {
		if n.broken() != "" {
			return
		}
	}
	t.Error("a blind retry was not found out")
}
