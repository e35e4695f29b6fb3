package gate

// This file reads the characters of a line, and notes where one is wrong.

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"cloudjob/internal/field"
)

// parser reads one line. It keeps the first problem, and does not read on then.
type parser struct {
	line    []rune
	at      int // index of the next character
	start   field.Place
	perRun  bool // units end in "/run", because a trend is read
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

// missing complains that something else stands here than expected.
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

// done reports whether nothing but a comment follows.
func (p *parser) done() bool { return p.next() == 0 || p.next() == '#' }

// next is the next character, or 0.
func (p *parser) next() rune {
	if p.at < len(p.line) {
		return p.line[p.at]
	}
	return 0
}

func (p *parser) space() { p.run(unicode.IsSpace) }

// run reads as many characters as are in a set.
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

func begins(r rune) bool { return unicode.IsLetter(r) || r == '_' }

func continues(r rune) bool { return begins(r) || unicode.IsDigit(r) || r == '-' || r == '.' }

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

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

// peek is the next word, without reading it.
func (p *parser) peek() string {
	at := p.at
	word := p.word()
	p.at = at
	return word
}
