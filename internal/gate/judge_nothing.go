package gate

// This file says why a gate picks nothing, and which names its user may have meant.

import (
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/field"
)

// Ranking names by their distance is slow, so at most few of them are ranked: those
// whose beginning and end are most like the name that is looked for. At most some
// are shown.
const (
	few  = 200
	some = 5
)

// nothing is the reason why a gate picked nothing.
func (g *judging) nothing(d data) string {
	what, k := written(g.Aggregation, g.Metric), key{g.Metric, g.Aggregation}
	over := g.overTimed()
	var known offered
	for _, s := range d.samples[k] {
		if over && g.picks(s.Labels) && s.Missing != "" && !s.Odd {
			return s.Missing
		}
		known.add(g.Selectors, s.Labels)
	}
	for _, s := range d.series[k] {
		known.add(g.Selectors, s.Labels)
	}
	switch {
	case len(g.Selectors) == 0 || len(known.names) == 0:
		if over {
			return fmt.Sprintf("there is no data: the report has no %s over time", g.measured())
		}
		return fmt.Sprintf("there is no data: the report has no %s", g.measured())
	case len(g.Selectors) > 1:
		return fmt.Sprintf("%s of nothing matches %s", what, g.selectors())
	}
	s := g.Selectors[0]
	if s.Glob {
		return fmt.Sprintf("no %s matches %s; %s", s.Key, field.Quote(s.Text), known.nearest(strings.ReplaceAll(s.Text, "*", "")))
	}
	return fmt.Sprintf("there is no %s %s; %s", s.Key, field.Quote(s.Text), known.nearest(s.Text))
}

// offered are the names that a gate's first selector could have meant, each once.
type offered struct {
	names []string
	seen  map[string]bool
}

func (o *offered) add(selectors []Selector, labels map[string]string) {
	if len(selectors) == 0 {
		return
	}
	name, ok := labels[selectors[0].Key]
	if !ok || o.seen[name] {
		return
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[name] = true
	o.names = append(o.names, name)
}

// likeliest are at most few names: those that share the longest beginning and end
// with a text.
func likeliest(text string, names []string) []string {
	if len(names) <= few {
		return names
	}
	text = strings.ToLower(text)
	alike := make(map[string]int, len(names))
	for _, name := range names {
		alike[name] = shared(text, strings.ToLower(name))
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return alike[b] - alike[a] })
	return sorted[:few]
}

// shared counts the bytes that two texts have in common at their beginnings and at
// their ends.
func shared(a, b string) int {
	most := min(len(a), len(b))
	begin := 0
	for begin < most && a[begin] == b[begin] {
		begin++
	}
	end := 0
	for end < most-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return begin + end
}

// nearest says which names there are, the most similar to a text first.
func (o offered) nearest(text string) string {
	shown := field.NearestFirst(text, likeliest(text, o.names))
	shown = shown[:min(some, len(shown))]
	for i, name := range shown {
		shown[i] = field.Quote(name)
	}
	if more := len(o.names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	if len(o.names) == 1 {
		return "there is only " + shown[0]
	}
	return "there are " + and(shown)
}
