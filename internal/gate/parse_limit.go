package gate

// This file is the grammar of a gate's limit, and of "over", "for" and "after".

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

func comparing(r rune) bool { return strings.ContainsRune("<>=!~≤≥", r) }

func (p *parser) op(g *Gate) {
	at := p.at
	op := p.run(comparing)
	meant := map[string]string{"===": "==", "=<": "<=", "=>": ">=", "<>": "!=", "≤": "<=", "≥": ">=", "!": "!="}[op]
	switch {
	case slices.Contains(operators(), op):
		g.Op, g.at.op = op, p.column(at)
	case op == "":
		p.missing("a comparison, such as <,")
	case meant != "":
		p.fail(at, "unknown comparison %q, did you mean %q?", op, meant)
	default:
		p.fail(at, "unknown comparison %s; it can be %s", field.Quote(op), field.List(operators()))
	}
}

func (p *parser) limit(g *Gate) {
	g.at.limit = p.column(p.at)
	switch next := p.next(); {
	case g.at.trend > 0:
		p.slope(g)
	case next == '"' || next == '\'':
		g.Limit.Word = p.text("the state")
	case next == '-':
		p.fail(p.at, `a limit is never negative, because no metric is; a change of the baseline is written "baseline -10%%"`)
	case next == '+':
		p.fail(p.at, `a limit has no sign; a change of the baseline is written "baseline +10%%"`)
	case begins(next):
		p.wordLimit(g)
	default:
		g.Limit.Value = p.value("a limit, such as 300ms, 1% or baseline +10%,")
	}
}

// wordLimit reads a state or a baseline. States may have hyphens, so baseline-10%,
// without a space, is told apart from them here.
func (p *parser) wordLimit(g *Gate) {
	at := p.at
	word := p.word()
	if strings.HasPrefix(word, baselineWord+"-") {
		p.at = at + len(baselineWord)
		word = baselineWord
	}
	if word != baselineWord {
		g.Limit.Word = word
		return
	}
	g.Limit.Baseline = true
	p.changes(g)
}

func (p *parser) changes(g *Gate) {
	for p.space(); p.problem == nil; p.space() {
		at := p.at
		if len(g.Limit.Changes) > 0 {
			if p.peek() != "or" {
				return
			}
			p.word()
			p.space()
		}
		switch {
		case len(g.Limit.Changes) == 2:
			p.fail(at, "a baseline has at most two changes")
		case p.next() == '+' || p.next() == '-':
			p.change(g)
		case isDigit(p.next()):
			p.fail(p.at, "a change of the baseline has a sign, as in baseline +10%% or baseline -20ms")
		case len(g.Limit.Changes) > 0:
			p.missing("another change, such as +20ms,")
		case p.peek() == "or":
			p.fail(at, `"or" stands between two changes, as in baseline +10%% or +20ms`)
		default:
			return
		}
	}
}

// slope reads the limit of a trend: how far a value may move from run to run.
func (p *parser) slope(g *Gate) {
	if p.next() != '+' && p.next() != '-' {
		p.missing("how far it may move from run to run, with its sign, such as +2%/run,")
		return
	}
	p.perRun = true
	p.change(g)
	p.perRun = false
}

// runs reads how many results a trend is taken over.
func (p *parser) runs(g *Gate) {
	if g.at.trend == 0 {
		return
	}
	if p.peek() != spanWords()[0] {
		p.missing(`over how many runs, such as "over 10 runs",`)
		return
	}
	g.at.over = p.column(p.at)
	p.word()
	p.space()
	at := p.at
	text := p.run(isDigit)
	n, err := strconv.Atoi(text)
	p.space()
	switch {
	case text == "" || p.word() != "runs":
		p.fail(at, `a trend is taken over a number of runs, such as "over 10 runs"`)
	case err != nil || n < leastRuns || n > mostRuns:
		p.fail(at, "a trend is taken over %d to %d runs, this one among them", leastRuns, mostRuns)
	default:
		g.Runs = n
	}
	p.space()
	if word := p.peek(); p.problem == nil && slices.Contains(spanWords(), word) {
		p.fail(p.at, `a trend is of whole runs; leave %q out`, word)
	}
}

func (p *parser) change(g *Gate) {
	at := p.at
	c := Change{Down: p.next() == '-'}
	p.at++
	p.space()
	c.By = p.value("how much, such as 10%,")
	g.Limit.Changes, g.at.changes = append(g.Limit.Changes, c), append(g.at.changes, p.column(at))
}

// number is how numbers are written: no sign, no exponent, digits on both sides of a
// point.
var number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

func (p *parser) value(what string) Value {
	at := p.at
	text := p.run(func(r rune) bool { return isDigit(r) || r == '.' || r == ',' || r == '_' })
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case text == "":
		p.missing(what)
	case strings.ContainsAny(text, ",_"):
		p.fail(at, "%s is not a number; write 1500 or 1.5, with no other mark than one point", field.Quote(text))
	case strings.HasPrefix(text, ".") && number.MatchString("0"+text):
		p.fail(at, "%s is not a number; write 0%s", field.Quote(text), text)
	case !number.MatchString(text) || err != nil:
		p.fail(at, "%s is not a number", field.Quote(text))
	case len(text) > digitLimit:
		p.fail(at, "the number is longer than %d characters", digitLimit)
	case n > numberLimit:
		p.fail(at, "%s is too large a number", text)
	}
	if p.problem != nil {
		return Value{}
	}
	return Value{n, p.unit()}
}

// unit reads a unit, or nothing. A space may stand before it.
func (p *parser) unit() string {
	end := p.at
	p.space()
	at := p.at
	unit := p.run(func(r rune) bool { return unicode.IsLetter(r) || r == '%' || r == '/' })
	if p.perRun {
		one, of := strings.CutSuffix(unit, perRun)
		if !of {
			p.fail(at, "how far it may move is told per run, such as +2%%/run")
			return ""
		}
		if unit = one; unit == "" {
			return ""
		}
	}
	if unit == "" || at > end && (unit == "or" || slices.Contains(spanWords(), unit) || connects(unit) || p.anotherAt(at)) {
		p.at = end
		return ""
	}
	if !slices.Contains(allUnitNames(), unit) {
		meant := map[string]string{"sec": "s", "secs": "s", "seconds": "s", "min": "m", "mins": "m", "minutes": "m", "msec": "ms", "percent": "%", "rps": "/s", "req/s": "/s", "kb": "KB/s", "mb": "MB/s"}[strings.ToLower(unit)]
		if meant != "" {
			p.fail(at, "unknown unit %s, did you mean %q?", field.Quote(unit), meant)
			return ""
		}
		p.unknown(at, "unit", unit, allUnitNames())
	}
	return unit
}

func (p *parser) spans(g *Gate) {
	for i, length := range []*time.Duration{&g.Over, &g.For, &g.After} {
		p.space()
		at, word := p.at, spanWords()[i]
		if p.peek() != word || p.problem != nil {
			continue
		}
		switch i {
		case 0:
			g.at.over = p.column(at)
		case 1:
			g.at.hold = p.column(at)
		}
		p.word()
		p.space()
		if i == 0 && p.peek() == "run" {
			p.word()
			continue
		}
		*length = p.duration(word)
	}
	p.space()
	if word := p.peek(); slices.Contains(spanWords(), word) {
		p.fail(p.at, `%q is out of order or given twice; the order is "over 60s for 30s after 1m"`, word)
	}
}

func (p *parser) duration(word string) time.Duration {
	at := p.at
	text := p.run(func(r rune) bool { return !unicode.IsSpace(r) && r != '#' })
	d, err := time.ParseDuration(text)
	switch {
	case text == "":
		p.missing("a length of time, such as 60s,")
	case number.MatchString(text) && len(text) <= digitLimit:
		p.fail(at, "%s has no unit; write %[1]ss, %[1]sm or %[1]sh", text)
	case word == "over" && field.Nearest(text, []string{"run"}) != "" && err != nil:
		p.fail(at, "%s is not a length of time, did you mean \"run\"?", field.Quote(text))
	case err != nil:
		p.fail(at, "%s is not a length of time, such as 60s, 10m or 1h30m", field.Quote(text))
	case d < time.Second || d > spanLimit || d%time.Second != 0:
		p.fail(at, "%s is not between 1s and %s, in whole seconds", field.Quote(text), job.Span(spanLimit))
	}
	return d
}

func (p *parser) anotherAt(at int) bool {
	before := p.at
	p.at = at
	defer func() { p.at = before }()
	return p.another()
}

// another reports whether another gate, at least up to its comparison, stands here.
func (p *parser) another() bool {
	rest := &parser{line: p.line, at: p.at, start: p.start}
	var g Gate
	for _, part := range []func(*Gate){rest.name, rest.severity, rest.metric, rest.trend, rest.op} {
		rest.space()
		part(&g)
	}
	return rest.problem == nil
}

// connects reports whether a word or sign is meant to join two gates.
func connects(s string) bool {
	return slices.Contains([]string{"or", "and", "||", "&&", ",", ";"}, strings.ToLower(s))
}
