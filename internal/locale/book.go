package locale

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Book is the phrases of a language. A nil book is that of English.
type Book struct {
	whole  map[string]string // phrases without holes
	open   []*phrase         // those with holes
	quotes quotes            // that phrases have
}

// phrase is an English text with holes, and the same in another language.
type phrase struct {
	parts  []string
	holes  []hole // holes[i] is between parts[i] and parts[i+1]
	weight int    // bytes of the parts
	says   []string
	order  []int // order[i] is the hole between says[i] and says[i+1]
}

// hole is what may stand in a place that a phrase leaves open.
type hole int

const (
	anything    hole = iota // {}: a text, which may be a phrase itself
	verbatim                // {=}: a text that stays as it is
	quoted                  // {q}: a text in double quotes, as Go writes it
	number                  // {n}
	word                    // {w}: a text without space, or one in quotes
	operator                // {o}: < or == or the like
	aggregation             // {a}: avg or p95 or the like
)

func signs() map[string]hole {
	return map[string]hole{"{}": anything, "{=}": verbatim, "{q}": quoted, "{n}": number, "{w}": word, "{o}": operator, "{a}": aggregation}
}

// entry is a text of a book, and the same in its language.
type entry struct{ english, other string }

// entries reads the source of a book: lines of English, and below them, indented,
// what they are in the language. A line that begins with # is a remark.
func entries(src string) (all []entry) {
	var english []string
	fresh := true // the next line of English begins a phrase
	for line := range strings.Lines(src) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "# "):
		case strings.HasPrefix(line, "\t"):
			for _, e := range english {
				all = append(all, entry{e, strings.TrimPrefix(line, "\t")})
			}
			fresh = true
		default:
			if fresh {
				english, fresh = nil, false
			}
			english = append(english, line)
		}
	}
	return all
}

func parse(src string) *Book {
	b := &Book{whole: map[string]string{}}
	for _, e := range entries(src) {
		e.english, b.quotes = hide(e.english, b.quotes)
		e.other, b.quotes = hide(e.other, b.quotes)
		if p := newPhrase(e.english, e.other); len(p.holes) > 0 {
			b.open = append(b.open, p)
		} else {
			b.whole[e.english] = e.other
		}
	}
	slices.SortStableFunc(b.open, func(p, q *phrase) int { return cmp.Compare(q.weight, p.weight) })
	return b
}

func newPhrase(english, other string) *phrase {
	p := &phrase{}
	rest := english
	for {
		at, size, kind := nextHole(rest)
		if size == 0 {
			break
		}
		p.parts, p.holes = append(p.parts, rest[:at]), append(p.holes, kind)
		rest = rest[at+size:]
	}
	p.parts = append(p.parts, rest)
	for _, part := range p.parts {
		p.weight += len(part)
	}
	for rest = other; ; {
		at, number := nextNumber(rest)
		if at < 0 {
			break
		}
		p.says, p.order = append(p.says, rest[:at]), append(p.order, number)
		rest = rest[at+len("{1}"):]
	}
	p.says = append(p.says, rest)
	return p
}

// nextHole finds the first hole of an English text.
func nextHole(s string) (at, size int, kind hole) {
	at = len(s)
	for sign, k := range signs() {
		if i := strings.Index(s, sign); i >= 0 && i < at {
			at, size, kind = i, len(sign), k
		}
	}
	return at, size, kind
}

// nextNumber finds the first hole, {1}, of a text of the other language.
func nextNumber(s string) (at, number int) {
	for i := 0; i+2 < len(s); i++ {
		if s[i] == '{' && s[i+2] == '}' && s[i+1] >= '1' && s[i+1] <= '9' {
			return i, int(s[i+1] - '1')
		}
	}
	return -1, 0
}

// match tells whether a text is the phrase with something in its holes, and with
// what. Every hole takes as little as it can; none is filled anew when a later
// one does not fit, so that the time is bounded by the text.
func (p *phrase) match(s string) (holes []string, ok bool) {
	last := p.parts[len(p.parts)-1]
	if !strings.HasPrefix(s, p.parts[0]) || !strings.HasSuffix(s, last) || len(s) < p.weight+len(p.holes) {
		return nil, false
	}
	rest := s[len(p.parts[0]):]
	for i := 0; i < len(p.holes); {
		kind := p.holes[i]
		if kind != anything && kind != verbatim {
			fixed, size, ok := p.fixed(i, rest)
			if !ok {
				return nil, false
			}
			holes, rest, i = append(holes, fixed...), rest[size:], i+len(fixed)
			continue
		}
		if i+1 == len(p.holes) { // the rest
			text := strings.TrimSuffix(rest, last)
			if text == "" {
				return nil, false
			}
			return append(holes, text), true
		}
		found := false
		for from := 1; from <= len(rest) && !found; {
			next := strings.Index(rest[from:], p.parts[i+1])
			if next < 0 {
				return nil, false
			}
			begin := from + next // where what is fixed behind the hole begins
			from = begin + 1
			behind := rest[begin+len(p.parts[i+1]):]
			fixed, size, ok := p.fixed(i+1, behind)
			if !ok || i+1+len(fixed) == len(p.holes) && size != len(behind) {
				continue
			}
			holes = append(append(holes, rest[:begin]), fixed...)
			rest, i, found = behind[size:], i+1+len(fixed), true
		}
		if !found {
			return nil, false
		}
	}
	return holes, rest == ""
}

// fixed takes the holes from number i on that show where they end, and the parts
// behind them, from the beginning of a text.
func (p *phrase) fixed(i int, s string) (holes []string, size int, ok bool) {
	begin := len(s)
	for ; i < len(p.holes) && p.holes[i] != anything && p.holes[i] != verbatim; i++ {
		part := p.parts[i+1]
		var text string
		switch p.holes[i] {
		case quoted:
			r, size := utf8.DecodeRuneInString(s)
			if !hidden(r) {
				return nil, 0, false
			}
			text = s[:size]
		case number:
			text = s[:digits(s)]
		case aggregation:
			text = aggregations.FindString(s)
		case operator:
			text = s[:len(s)-len(strings.TrimLeft(s, "<>=!"))]
		case word:
			end := strings.IndexFunc(s, unicode.IsSpace)
			if end < 0 {
				end = len(s)
			}
			switch at := strings.LastIndex(s[:end]+" ", part); {
			case part == "" || part[0] == ' ':
				text = s[:end]
			case at < 0:
				at = strings.Index(s[:min(len(s), end+len(part))], part)
				if at < 0 {
					return nil, 0, false
				}
				text = s[:at]
			default:
				text = s[:min(at, end)]
			}
		}
		if s = s[len(text):]; text == "" || p.holes[i] == word && !isWord(text) || !strings.HasPrefix(s, part) {
			return nil, 0, false
		}
		s = s[len(part):]
		holes = append(holes, text)
	}
	return holes, begin - len(s), true
}

var aggregations = regexp.MustCompile(`^(?:avg|min|max|p[0-9]{2,3})\b`)

// digits is how long the number is that a text begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && (s[n] >= '0' && s[n] <= '9' || n > 0 && (s[n] == '.' || s[n] == ',') && n+1 < len(s) && s[n+1] >= '0' && s[n+1] <= '9') {
		n++
	}
	return n
}

// fill writes the phrase in the book's language.
func (p *phrase) fill(holes []string) string {
	text := p.says[0]
	for i, n := range p.order {
		text = spaced(spaced(text, holes[n]), p.says[i+1])
	}
	return text
}
