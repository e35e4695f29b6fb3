package gate

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cloudjob/internal/field"
)

const (
	baselineWord = "baseline"
	trendWord    = "trend"
	perRun       = "/run"
	lineLimit    = 2000               // characters of a line
	gateLimit    = 1000               // gates of a text
	digitLimit   = 20                 // characters of a number
	numberLimit  = 1e15               // beyond it not every whole number can be told apart
	spanLimit    = 7 * 24 * time.Hour // of over, for and after
	leastRuns    = 5                  // of a trend: of fewer one odd value makes the slope
	mostRuns     = 1000
)

func severities() []string   { return []string{Warn, Abort} }
func operators() []string    { return []string{"<", "<=", ">", ">=", "==", "!="} }
func spanWords() []string    { return []string{"over", "for", "after"} }
func aggregations() []string { return strings.Fields("avg min max p50 p75 p90 p95 p99 p999") }

// Parse reads gates, one a line, and returns those that are well written and
// every problem of the others.
func Parse(file, text string) ([]Gate, field.Problems) {
	return ParseAt(field.Place{File: file, Line: 1, Col: 1}, text)
}

// ParseAt reads gates that stand in a larger text: start is the place of their
// first character, and every line begins in its column.
func ParseAt(start field.Place, text string) ([]Gate, field.Problems) {
	return new(Reader).Read(start, text)
}

// Reader reads gates of one job that stand in several texts.
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

// parser reads one line. Its first problem stays, and the rest is not read.
type parser struct {
	line    []rune
	at      int // the next character
	start   field.Place
	perRun  bool // a unit is of what changes from run to run
	problem *field.Problem
}

func newParser(start field.Place, line string) *parser {
	p := &parser{line: []rune(line), start: start}
	switch {
	case !utf8.ValidString(line):
		p.fail(0, "the line is not UTF-8 text")
	case len(p.line) > lineLimit:
		p.fail(lineLimit, "the line is longer than %d characters", lineLimit)
	}
	for i, r := range p.line {
		if unicode.IsControl(r) && r != '\t' {
			p.fail(i, "the line holds a control character, U+%04X; remove it", r)
		}
	}
	return p
}

func (p *parser) column(at int) int { return p.start.Col + at }

func (p *parser) fail(at int, format string, args ...any) {
	if p.problem == nil {
		place := field.Place{File: p.start.File, Line: p.start.Line, Col: p.column(at)}
		p.problem = &field.Problem{Place: place, Text: fmt.Sprintf(format, args...)}
	}
}

// missing complains that what is expected does not stand here.
func (p *parser) missing(expected string) {
	if p.done() {
		p.fail(p.at, "the line ends where %s is expected", expected)
		return
	}
	p.fail(p.at, "%s is expected here, not %s", expected, field.Quote(p.chunk()))
}

// chunk is the text up to the next space.
func (p *parser) chunk() string {
	end := p.at
	for end < len(p.line) && !unicode.IsSpace(p.line[end]) {
		end++
	}
	return string(p.line[p.at:end])
}

func (p *parser) blank() bool {
	p.space()
	return p.problem == nil && p.done()
}

// done tells that nothing but a comment follows.
func (p *parser) done() bool { return p.next() == 0 || p.next() == '#' }

// next is the next character, or 0.
func (p *parser) next() rune {
	if p.at < len(p.line) {
		return p.line[p.at]
	}
	return 0
}

func (p *parser) space() { p.run(unicode.IsSpace) }

// run reads all characters that are in a set.
func (p *parser) run(in func(rune) bool) string {
	from := p.at
	for p.at < len(p.line) && in(p.line[p.at]) {
		p.at++
	}
	return string(p.line[from:p.at])
}

// take reads a character if it is the next one.
func (p *parser) take(r rune) bool {
	if p.next() != r {
		return false
	}
	p.at++
	return true
}

func begins(r rune) bool    { return unicode.IsLetter(r) || r == '_' }
func continues(r rune) bool { return begins(r) || unicode.IsDigit(r) || r == '-' || r == '.' }
func isDigit(r rune) bool   { return '0' <= r && r <= '9' }

func isWord(s string) bool {
	for i, r := range s {
		if i == 0 && !begins(r) || !continues(r) {
			return false
		}
	}
	return s != "" && !strings.HasPrefix(s, baselineWord+"-")
}

// word reads a word, or nothing.
func (p *parser) word() string {
	if !begins(p.next()) {
		return ""
	}
	return p.run(continues)
}

// peek is the next word, which is not read.
func (p *parser) peek() string {
	at := p.at
	word := p.word()
	p.at = at
	return word
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

// twoWords reads on if several words and a colon stand here, and then a gate.
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

// severity reads a word that another one follows.
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

// trend reads the word that asks how a metric changes from run to run.
func (p *parser) trend(g *Gate) {
	if p.peek() == trendWord {
		g.at.trend = p.column(p.at)
		p.word()
	}
}

// unknown says that a word is none of those there are.
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

// text reads a text in quotes, in which \" is a quote and \\ a backslash.
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

// wordLimit reads a state or a baseline. baseline-10% is no word.
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

// slope reads how far a value may move from run to run.
func (p *parser) slope(g *Gate) {
	if p.next() != '+' && p.next() != '-' {
		p.missing("how far it may move from run to run, with its sign, such as +2%/run,")
		return
	}
	p.perRun = true
	p.change(g)
	p.perRun = false
}

// runs reads over how many results a trend is taken.
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

// number is how numbers are written: no sign, no exponent, no bare point.
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
		p.fail(at, "%s is not between 1s and %s, in whole seconds", field.Quote(text), Length(spanLimit))
	}
	return d
}

func (p *parser) anotherAt(at int) bool {
	before := p.at
	p.at = at
	defer func() { p.at = before }()
	return p.another()
}

// another tells that a whole gate, up to its comparison, stands here.
func (p *parser) another() bool {
	rest := &parser{line: p.line, at: p.at, start: p.start}
	var g Gate
	for _, part := range []func(*Gate){rest.name, rest.severity, rest.metric, rest.trend, rest.op} {
		rest.space()
		part(&g)
	}
	return rest.problem == nil
}

// connects tells that a word or a sign wants to join two gates.
func connects(s string) bool {
	return slices.Contains([]string{"or", "and", "||", "&&", ",", ";"}, strings.ToLower(s))
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
