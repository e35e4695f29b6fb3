package gate

// This file picks the values of a report that a gate is about.

import (
	"slices"
	"strings"

	"cloudjob/internal/job"
)

// key is what a gate measures, whatever its selectors pick.
type key struct{ metric, aggregation string }

// data is the part of a report that the gates need.
type data struct {
	samples map[key][]labelled
	series  map[key][]*job.Series
	idle    bool // the service says that no request was made
}

// labelled is a sample with its label beside it, if it has exactly one. A gate
// looks at thousands of samples, and looking into the map of each is slow.
type labelled struct {
	*job.Sample
	key, name string
}

func newLabelled(s *job.Sample) labelled {
	l := labelled{Sample: s}
	if len(s.Labels) == 1 {
		for l.key, l.name = range s.Labels {
		}
	}
	return l
}

func (l labelled) label(key string) (name string, ok bool) {
	if l.key == key {
		return l.name, true
	}
	if l.key != "" {
		return "", false
	}
	name, ok = l.Labels[key]
	return name, ok
}

func newData(gates []Gate, r job.Report) data {
	d := data{samples: map[key][]labelled{}, series: map[key][]*job.Series{}, idle: isIdle(r)}
	for _, g := range gates {
		d.samples[key{g.Metric, g.Aggregation}], d.series[key{g.Metric, g.Aggregation}] = nil, nil
	}
	for i := range r.Samples {
		s := &r.Samples[i]
		k := key{s.Metric, s.Aggregation}
		if all, wanted := d.samples[k]; wanted {
			d.samples[k] = append(all, newLabelled(s))
		}
	}
	for i := range r.Series {
		s := &r.Series[i]
		k := key{s.Metric, s.Aggregation}
		if all, wanted := d.series[k]; wanted {
			d.series[k] = append(all, s)
		}
	}
	return d
}

// isIdle reports whether the service counted no request. A negative count, which is
// wrong in any case, is taken as none too.
func isIdle(r job.Report) bool {
	return slices.ContainsFunc(r.Samples, func(s job.Sample) bool {
		return isTotal(s) && (s.Value < 0 || s.Value == 0 && s.Missing == "")
	})
}

// isTotal reports whether a sample is the number of all requests.
func isTotal(s job.Sample) bool {
	return s.Metric == "requests" && s.Aggregation == "" && len(s.Labels) == 0
}

// picks reports whether a gate is about the thing with these labels. A gate without
// a selector is about the whole job, which has no labels.
func (g *judging) picks(labels map[string]string) bool {
	return g.picksSample(labelled{Sample: &job.Sample{Labels: labels}})
}

func (g *judging) picksSample(l labelled) bool {
	for _, s := range g.Selectors {
		name, ok := l.label(s.Key)
		if !ok || !s.matches(name) {
			return false
		}
	}
	return len(g.Selectors) > 0 || len(l.Labels) == 0
}

func (s Selector) matches(text string) bool {
	if s.Glob {
		return glob(s.Text, text)
	}
	return s.Text == text
}

// glob matches a whole text. Only * has a meaning, because names of requests are
// full of the other characters that patterns use, such as ? and [.
func glob(pattern, text string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, head)
	for ok {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		_, text, ok = strings.Cut(text, part)
		rest = next
	}
	return false
}
