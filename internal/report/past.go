package report

import (
	"cmp"
	"fmt"
	"slices"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// Past are results of earlier runs. Of all of them the heads are known, and of
// each job the newest results.
type Past struct {
	heads   map[task][]Head // the oldest first
	total   int
	nothing string // why there are none
	read    map[task]history
}

// task is what results are of.
type task struct{ provider, what string }

// history is what was read of a task: its newest results, and the newest that
// passed; the oldest first.
type history struct{ newest, passed []Result }

// NewPast sorts results by time and drops copies of one. nothing says why there
// are none, if so.
func NewPast(heads []Head, nothing string) Past {
	p := Past{heads: map[task][]Head{}, nothing: nothing, read: map[task]history{}}
	seen := map[fingerprint]bool{}
	for _, h := range heads {
		if is := h.fingerprint(); !seen[is] {
			seen[is] = true
			p.heads[task{h.Provider, h.What}] = append(p.heads[task{h.Provider, h.What}], h)
			p.total++
		}
	}
	for _, of := range p.heads {
		slices.SortStableFunc(of, func(a, b Head) int { return a.when().Compare(b.when()) })
	}
	return p
}

// Read reads the newest results of a job, and the newest that passed, with read;
// ok is false for one that cannot be read, which the next one replaces.
func (p Past) Read(provider, what string, newest int, read func(name string) (r Result, ok bool)) {
	if _, done := p.read[task{provider, what}]; done {
		return
	}
	var h history
	for _, head := range slices.Backward(p.heads[task{provider, what}]) {
		shown, mayPass := len(h.newest) == newest, head.Outcome == job.Succeeded || head.Outcome == job.Unjudged
		if shown && len(h.passed) == newest {
			break
		}
		if shown && !mayPass {
			continue
		}
		r, ok := read(head.Name)
		if !ok {
			continue
		}
		if !shown {
			h.newest = append(h.newest, r)
		}
		if len(h.passed) < newest && Passed(r) {
			h.passed = append(h.passed, r)
		}
	}
	slices.Reverse(h.newest)
	slices.Reverse(h.passed)
	p.read[task{provider, what}] = h
}

// Of are the newest results of a job that were read, the oldest first.
func (p Past) Of(provider, what string, newest int) []Result {
	of := p.read[task{provider, what}].newest
	return of[max(0, len(of)-newest):]
}

// Passed are the newest results of a job that passed, the oldest first: what it
// is compared with.
func (p Past) Passed(provider, what string, newest int) []Result {
	of := p.read[task{provider, what}].passed
	return of[max(0, len(of)-newest):]
}

// Baseline is the same for gates.
func (p Past) Baseline(provider, what string, newest, least int) *gate.Baseline {
	b := &gate.Baseline{Least: least}
	for _, r := range p.Passed(provider, what, newest) {
		b.Reports = append(b.Reports, r.Report)
	}
	switch of := len(p.heads[task{provider, what}]); {
	case len(b.Reports) > 0:
	case of > 0:
		b.Why = fmt.Sprintf("of %s of it none passed", plural(of, "earlier result"))
	case p.total > 0:
		b.Why = fmt.Sprintf("of %s none is of %s", plural(p.total, "earlier result"), clean(what))
	default:
		b.Why = cmp.Or(p.nothing, "there are no earlier results")
	}
	return b
}

// Passed tells of a result that others may be compared with. The first results
// of a job are inconclusive for want of a baseline alone: they count.
func Passed(r Result) bool {
	if r.Outcome == job.Succeeded {
		return true
	}
	return r.Outcome == job.Unjudged && !slices.ContainsFunc(r.Gates, func(g job.Judgement) bool {
		return g.Severity != gate.Warn && g.Verdict != job.Pass && !(g.Verdict == job.Inconclusive && g.NoLimit)
	})
}

// KeptPast is a Past as a recording keeps it.
type KeptPast struct {
	Nothing string     `json:"nothing,omitempty"`
	Total   int        `json:"total,omitempty"`
	Tasks   []KeptTask `json:"tasks,omitempty"`
}

// KeptTask is what a KeptPast has of one job.
type KeptTask struct {
	Provider string   `json:"provider"`
	What     string   `json:"what"`
	Heads    int      `json:"heads"` // how many results there were
	Newest   []Result `json:"newest,omitempty"`
	Passed   []Result `json:"passed,omitempty"`
}

// Keep is what of the past a recording keeps.
func (p Past) Keep() KeptPast {
	kept := KeptPast{Nothing: p.nothing, Total: p.total}
	for of, h := range p.read {
		kept.Tasks = append(kept.Tasks, KeptTask{of.provider, of.what, len(p.heads[of]), h.newest, h.passed})
	}
	slices.SortStableFunc(kept.Tasks, func(a, b KeptTask) int {
		return cmp.Or(cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.What, b.What))
	})
	return kept
}

// Past is the past again. Its results are believed as those of a file are.
func (k KeptPast) Past() Past {
	p := Past{heads: map[task][]Head{}, total: k.Total, nothing: k.Nothing, read: map[task]history{}}
	for _, t := range k.Tasks {
		of := task{t.Provider, t.What}
		p.heads[of] = make([]Head, min(max(0, t.Heads), mostHeads))
		for _, results := range [][]Result{t.Newest, t.Passed} {
			for i := range results {
				results[i].believe()
			}
		}
		p.read[of] = history{t.Newest, t.Passed}
	}
	return p
}

// mostHeads is how many earlier results a recording can tell of at most.
const mostHeads = 1_000_000
