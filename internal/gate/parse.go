package gate

// This file is the grammar of a gate up to its comparison. The rest is in
// parse_limit.go, and scan.go reads the characters.

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/field"
)

const (
	baselineWord = "baseline"
	trendWord    = "trend"
	perRun       = "/run"
	lineLimit    = 2000               // characters of a line
	gateLimit    = 1000               // gates of a text
	digitLimit   = 20                 // characters of a number
	numberLimit  = 1e15               // a float64 has every whole number up to here
	spanLimit    = 7 * 24 * time.Hour // of over, for and after
	leastRuns    = 5                  // of a trend: with fewer, one odd value decides the slope
	mostRuns     = 1000
)

func severities() []string { return []string{Warn, Abort} }

func operators() []string { return []string{"<", "<=", ">", ">=", "==", "!="} }

func spanWords() []string { return []string{"over", "for", "after"} }

func aggregations() []string { return strings.Fields("avg min max p50 p75 p90 p95 p99 p999") }

// Parse reads gates, one a line. It returns those without a mistake, and all
// mistakes of the others.
func Parse(file, text string) ([]Gate, field.Problems) {
	return ParseAt(field.Place{File: file, Line: 1, Col: 1}, text)
}

// ParseAt reads gates that are part of a larger text, such as a plan. start is the
// place of their first character, and all lines begin in its column.
func ParseAt(start field.Place, text string) ([]Gate, field.Problems) {
	return new(Reader).Read(start, text)
}

// Reader reads the gates of one job from several texts: a name that is used twice is
// a mistake, also in different texts.
type Reader struct {
	names map[string]field.Place
	count int
}

// Read reads one of the texts, as ParseAt does.
func (r *Reader) Read(start field.Place, text string) (gates []Gate, problems field.Problems) {
	if r.names == nil {
		r.names = map[string]field.Place{}
	}
	budget := field.NewBudget()
	for line := range strings.SplitSeq(strings.TrimPrefix(text, "\ufeff"), "\n") {
		p := newParser(start, strings.TrimSuffix(line, "\r"))
		start.Line++
		if p.blank() {
			continue
		}
		g := p.gate()
		if first, twice := r.names[g.Name]; twice && p.problem == nil {
			where := fmt.Sprintf("line %d", first.Line)
			if first.File != start.File {
				where = field.Place{File: first.File, Line: first.Line}.String()
			}
			p.fail(g.Place.Col-p.start.Col, "%s is already the name of the gate of %s", field.Quote(g.Name), where)
		}
		if r.count == gateLimit {
			p.fail(0, "these are more than %d gates", gateLimit)
			return gates, append(problems, *p.problem)
		}
		if p.problem != nil {
			budget.Complain(&problems, *p.problem)
			continue
		}
		if g.Name != "" {
			r.names[g.Name] = g.Place
		}
		r.count++
		gates = append(gates, g)
	}
	return gates, problems
}

func (p *parser) gate() Gate {
	p.space()
	g := Gate{Place: field.Place{File: p.start.File, Line: p.start.Line, Col: p.column(p.at)}}
	for _, part := range []func(*Gate){p.name, p.severity, p.metric, p.trend, p.op, p.limit, p.runs, p.spans, p.end} {
		if p.problem == nil {
			p.space()
			part(&g)
		}
	}
	return g
}

func (p *parser) name(g *Gate) {
	at := p.at
	name := p.word()
	p.space()
	switch {
	case name != "" && begins(p.next()) && p.twoWords():
		words := strings.Fields(string(p.line[at:p.at]))
		if slices.Contains(severities(), name) {
			p.fail(at, "the name comes first: write %s", field.Quote(strings.Join(words[1:], "-")+": "+name))
			return
		}
		p.fail(at, "the name of a gate is one word: write %s", field.Quote(strings.Join(words, "-")+":"))
	case name == "" || p.next() != ':':
		p.at = at
	case slices.Contains(severities(), name):
		p.fail(at, "%q is a severity, not a name; write it without the colon", name)
	default:
		p.take(':')
		g.Name = name
	}
}

// twoWords reports whether several words, a colon and a gate stand here, which is a
// name with spaces in it, and moves behind the words.
func (p *parser) twoWords() bool {
	before := p.at
	for {
		if p.word() == "" {
			break
		}
		end := p.at
		if p.space(); p.take(':') {
			p.space()
			if p.another() {
				p.at = end
				return true
			}
			break
		}
	}
	p.at = before
	return false
}

// severity reads the word before a gate, if there is one.
func (p *parser) severity(g *Gate) {
	at := p.at
	word := p.word()
	p.space()
	if word == "" || !begins(p.next()) || p.peek() == trendWord && !slices.Contains(severities(), word) {
		p.at = at
		return
	}
	if slices.Contains(severities(), word) {
		g.Severity, g.at.severity = word, p.column(at)
		return
	}
	near := field.Nearest(word, severities())
	switch next := p.peek(); {
	case near == "" && field.Nearest(next, []string{trendWord}) != "":
		p.fail(p.at, "unexpected %s, did you mean %q?", field.Quote(next), trendWord)
	case word == "fail" || word == "error":
		p.fail(at, "%q is no severity: a gate without one fails the step, so leave it out", word)
	case near != "":
		p.fail(at, "%s is no severity, did you mean %q?", field.Quote(word), near)
	default:
		p.fail(at, "%s is no severity; it can be %s, or none, which fails the step", field.Quote(word), field.List(severities()))
	}
}

func (p *parser) metric(g *Gate) {
	at := p.at
	word := p.word()
	if word == "" {
		p.missing("a metric, such as error_rate or p95(response_time),")
		return
	}
	p.space()
	if !p.take('(') {
		g.Metric, g.at.metric = word, p.column(at)
		p.selectorsOf(g)
		return
	}
	if !slices.Contains(aggregations(), word) {
		p.unknown(at, "aggregation", word, aggregations())
		return
	}
	g.Aggregation, g.at.aggregation = word, p.column(at)
	p.space()
	g.at.metric = p.column(p.at)
	if g.Metric = p.word(); g.Metric == "" {
		p.missing("the name of a metric")
		return
	}
	p.space()
	p.selectorsOf(g)
	if p.space(); !p.take(')') {
		p.missing(`")"`)
	}
}

// trend reads the word behind a metric that asks how it changes from run to run.
func (p *parser) trend(g *Gate) {
	if p.peek() == trendWord {
		g.at.trend = p.column(p.at)
		p.word()
	}
}

// unknown complains that a word is none of the known ones.
func (p *parser) unknown(at int, what, word string, known []string) {
	if near := field.Nearest(word, known); near != "" {
		p.fail(at, "unknown %s %s, did you mean %q?", what, field.Quote(word), near)
		return
	}
	p.fail(at, "unknown %s %s; it can be %s", what, field.Quote(word), field.List(known))
}

func (p *parser) selectorsOf(g *Gate) {
	if !p.take('{') {
		return
	}
	for {
		p.space()
		p.selector(g)
		if p.space(); p.problem != nil || p.take('}') {
			return
		}
		if !p.take(',') {
			p.missing(`"," or "}"`)
			return
		}
	}
}

func (p *parser) selector(g *Gate) {
	at := p.at
	s := Selector{Key: p.word()}
	if s.Key == "" {
		p.missing("the key of a selector, such as request,")
		return
	}
	for _, other := range g.Selectors {
		if other.Key == s.Key {
			p.fail(at, "the selector %s is given twice", field.Quote(s.Key))
			return
		}
	}
	p.space()
	opAt := p.at
	switch op := p.run(comparing); op {
	case "=":
	case "~":
		s.Glob = true
	case "":
		p.missing(`"=" or "~"`)
		return
	default:
		p.fail(opAt, `a selector is compared with "=", or "~" for a pattern, not with %q`, op)
		return
	}
	p.space()
	s.Text = p.text("the text of a selector")
	g.Selectors, g.at.keys = append(g.Selectors, s), append(g.at.keys, p.column(at))
}

// text reads a quoted text. In it \" is a quote and \\ a backslash.
func (p *parser) text(what string) string {
	from := p.at
	switch {
	case p.next() == '\'':
		p.fail(from, "%s stands in double quotes, not in single ones", what)
		return ""
	case !p.take('"'):
		p.missing(what + ` in quotes ("…")`)
		return ""
	}
	var b strings.Builder
	for p.at < len(p.line) {
		r := p.next()
		p.at++
		switch {
		case r == '"' && b.Len() == 0:
			p.fail(from, "%s is empty", what)
			return ""
		case r == '"':
			return b.String()
		case r != '\\':
			b.WriteRune(r)
		case p.next() == '"' || p.next() == '\\':
			b.WriteRune(p.next())
			p.at++
		default:
			p.fail(p.at-1, `a backslash stands only before a quote or another backslash; write \\ for one`)
			return ""
		}
	}
	p.fail(from, "the quote is not closed")
	return ""
}

func (p *parser) end(g *Gate) {
	if p.done() {
		g.comment = string(p.line[min(p.at+1, len(p.line)):])
		return
	}
	chunk := p.chunk()
	near := field.Nearest(chunk, spanWords())
	switch {
	case p.another():
		p.fail(p.at, `a second gate begins here; write each on a line of its own (in YAML "gates: |" keeps the lines, ">" joins them)`)
	case connects(chunk) || connects(string(p.next())):
		p.fail(p.at, "gates are not joined with %s; write each on a line of its own: all of them must hold", field.Quote(chunk))
	case near != "":
		p.fail(p.at, "unexpected %s, did you mean %q?", field.Quote(chunk), near)
	default:
		p.fail(p.at, "unexpected %s; after the limit can come %s", field.Quote(chunk), field.List(spanWords()))
	}
}
