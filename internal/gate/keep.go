package gate

import (
	"cmp"
	"fmt"
	"slices"
	"unicode/utf8"

	"cloudjob/internal/job"
)

// keptBytes is the room in a result file for the values of a report. Some 40,000
// values fit.
const keptBytes = 8 << 20

// Kept is the part of a judged report that is kept: all of it, unless it has too
// many values. Then, as long as there is room, it keeps in this order: the values of
// the whole job, all values of what gates decided on, the values that baselines of
// later runs need, and of the rest the slowest requests, those with most errors, and
// the most frequent. The report says what was left out.
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
	n := 200 + len(s.Metric) + len(s.Aggregation) + inFile(s.Word) + inFile(s.Missing) // 200: the field names, numbers and blanks
	for key, name := range s.Labels {
		n += 20 + inFile(key) + inFile(name)
	}
	return n
}

// inFile is an upper bound of the length of a text in JSON.
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

// thing is what a group of samples with the same labels is about: a request, a check.
type thing struct {
	labelled
	samples []int32
	size    int
	ranks   [len(ranked)]float64
	kept    bool // all of its samples are kept
}

// ranked are the values that make a thing important, the most looked at first.
var ranked = [...]key{
	{"response_time", "p95"}, {"response_time", "avg"}, {"error_rate", ""}, {"check_error_rate", ""}, {"errors", ""}, {"requests", ""},
}

// keeper chooses the samples that are kept.
type keeper struct {
	gates  []Gate
	room   int // bytes
	things []thing
	keep   []bool // by sample
}

// sort groups the samples by the thing that they are about, and keeps those of the
// whole job.
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

// same reports whether two samples with one label are about the same thing.
func (l labelled) same(other labelled) bool {
	return l.key != "" && l.key == other.key && l.name == other.name
}

// take keeps a sample if there is room.
func (k *keeper) take(sample, size int) {
	if !k.keep[sample] && size <= k.room {
		k.keep[sample], k.room = true, k.room-size
	}
}

// whole keeps all samples of a thing if there is room for all, and else no more.
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

// compared keeps the samples that comparing gates pick: without them the next run
// would have nothing to compare with.
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

// largest fills the room that is left: in turns with the slowest thing, the one with
// most errors and so on, and then with things that have no such value.
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

// report is the report with only what is kept.
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
