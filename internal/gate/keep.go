package gate

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"cloudjob/internal/job"
)

// keptBytes bounds the values of a report that are kept, as a file has them:
// some 40,000.
const keptBytes = 8 << 20

// Kept is what is kept of a report once it was judged: all of it, unless its
// values are too many. Then it keeps, as long as there is room, the values of
// the whole job, all values of what gates decided on, the values that baselines
// of later runs come from, and of the rest what is largest: the slowest, those
// with most errors, and the most frequent. The report says what it leaves out.
func Kept(gates []Gate, judgements []job.Judgement, r job.Report) job.Report {
	k := keeper{room: keptBytes, gates: gates}
	total := 0
	for i := range r.Samples {
		total += size(&r.Samples[i])
	}
	if total <= k.room {
		return r
	}
	k.sort(r.Samples)
	k.decided(judgements)
	k.compared(r.Samples)
	k.largest()
	return k.report(r)
}

// size is how many bytes a sample has in a file.
func size(s *job.Sample) int {
	n := 200 + len(s.Metric) + len(s.Aggregation) + inFile(s.Word) + inFile(s.Missing) // with names, numbers and blanks
	for key, name := range s.Labels {
		n += 20 + inFile(key) + inFile(name)
	}
	return n
}

// inFile is the length of a text as JSON writes it, or more.
func inFile(s string) (n int) {
	for _, r := range s {
		switch {
		case r < ' ', r == '"', r == '\\', r == '<', r == '>', r == '&', r == utf8.RuneError, r == '\u2028', r == '\u2029':
			n += 6
		default:
			n += utf8.RuneLen(r)
		}
	}
	return n
}

// thing is what has the same labels: a request, a check.
type thing struct {
	labelled
	samples []int32
	size    int
	ranks   [len(ranked)]float64
	kept    bool // all of its samples
}

// ranked are the values by which things are large, those that are looked at
// first standing first.
var ranked = [...]key{
	{"response_time", "p95"}, {"response_time", "avg"}, {"error_rate", ""}, {"check_error_rate", ""}, {"errors", ""}, {"requests", ""},
}

// keeper chooses what is kept.
type keeper struct {
	gates  []Gate
	room   int // bytes
	things []thing
	keep   []bool // by sample
}

// sort groups the samples by what they are of, and keeps those of the whole job.
func (k *keeper) sort(samples []job.Sample) {
	k.keep = make([]bool, len(samples))
	places := map[string]int{}
	last := -1
	for i := range samples {
		s := &samples[i]
		if len(s.Labels) == 0 {
			k.take(i, size(s))
			continue
		}
		l := newLabelled(s)
		if last < 0 || !l.same(k.things[last].labelled) {
			name := l.key + "=" + l.name
			if l.key == "" {
				name = labelText(s.Labels)
			}
			place, known := places[name]
			if !known {
				place = len(k.things)
				places[name] = place
				k.things = append(k.things, thing{labelled: l})
			}
			last = place
		}
		t := &k.things[last]
		t.samples, t.size = append(t.samples, int32(i)), t.size+size(s)
		for n, of := range ranked {
			if s.Metric == of.metric && s.Aggregation == of.aggregation && s.Missing == "" && finite(s.Value) {
				t.ranks[n] = s.Value
			}
		}
	}
}

// same tells, of samples with one label, that they are of one thing.
func (l labelled) same(other labelled) bool {
	return l.key != "" && l.key == other.key && l.name == other.name
}

// take keeps a sample if there is room.
func (k *keeper) take(sample, size int) {
	if !k.keep[sample] && size <= k.room {
		k.keep[sample], k.room = true, k.room-size
	}
}

// whole keeps all of a thing, or nothing more of it.
func (k *keeper) whole(t *thing) bool {
	if !t.kept && t.size <= k.room {
		t.kept, k.room = true, k.room-t.size
	}
	return t.kept
}

func (k *keeper) decided(judgements []job.Judgement) {
	decided := map[string]bool{}
	for _, j := range judgements {
		decided[j.Where] = j.Where != ""
	}
	for i := range k.things {
		if t := &k.things[i]; decided[where(t.Labels)] {
			k.whole(t)
		}
	}
}

// compared keeps what gates pick whose limit is a baseline: without it the next
// run has nothing to compare with.
func (k *keeper) compared(samples []job.Sample) {
	for _, g := range k.gates {
		if !g.Compares() {
			continue
		}
		picking := judging{Gate: g}
		for i := range k.things {
			t := &k.things[i]
			if t.kept || !picking.picksSample(t.labelled) {
				continue
			}
			for _, n := range t.samples {
				if s := &samples[n]; s.Metric == g.Metric && s.Aggregation == g.Aggregation {
					k.take(int(n), size(s))
				}
			}
		}
	}
}

// largest fills the room, with the largest of each kind in turn, and then with
// what has none of these values.
func (k *keeper) largest() {
	orders := make([][]int, len(ranked))
	for n := range ranked {
		order := make([]int, 0, len(k.things))
		for i := range k.things {
			if k.things[i].ranks[n] > 0 {
				order = append(order, i)
			}
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(k.things[b].ranks[n], k.things[a].ranks[n]) })
		orders[n] = order
	}
	for turn := range len(k.things) {
		for _, order := range orders {
			if turn < len(order) && !k.whole(&k.things[order[turn]]) {
				return
			}
		}
	}
	for i := range k.things {
		k.whole(&k.things[i])
	}
}

// report is the report of what is kept.
func (k *keeper) report(r job.Report) job.Report {
	left := job.Left{}
	all, some := 0, 0
	for i := range k.things {
		t := &k.things[i]
		any := false
		for _, n := range t.samples {
			k.keep[n] = k.keep[n] || t.kept
			any = any || k.keep[n]
		}
		if t.key == "request" {
			if all++; any {
				some++
			}
		}
	}
	var kept []job.Sample
	for i, s := range r.Samples {
		if k.keep[i] {
			kept = append(kept, s)
		}
	}
	left.Values, left.Requests = len(r.Samples)-len(kept), all-some
	r.Notes = append(slices.Clip(r.Notes), fmt.Sprintf(
		"the report is too large to keep: of %d requests %d are kept, and %d of %d values; all were judged, and those that gates decided on, the slowest, those with most errors and the most frequent are kept",
		all, some, len(kept), len(r.Samples)))
	r.Samples, r.Left = kept, &left
	return r
}
