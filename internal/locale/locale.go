// Package locale says in another language what the program says in English. The
// program speaks English inside; where a text leaves it for a person, its edge
// looks the text up in the book of the person's language.
package locale

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The languages, by the values of the input locale.
const (
	English = "en"
	Chinese = "zh"
)

// Names are the languages that texts exist in.
func Names() []string { return []string{English, Chinese} }

//go:embed zh.txt
var chinese string

// Named is the book of a language; nil, which leaves every text as it is, for
// English and for what is no language. A book is read anew each time.
func Named(language string) *Book {
	if language == Chinese {
		return parse(chinese)
	}
	return nil
}

// Preferred is the language that a laptop's environment asks for, in the order
// in which POSIX has its variables count.
func Preferred(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if value := getenv(name); value != "" {
			if language, _, _ := strings.Cut(strings.ToLower(value), "_"); language == Chinese || strings.HasPrefix(language, Chinese+".") {
				return Chinese
			}
			return English
		}
	}
	return English
}

// Text is a text of one line or several in the book's language. What the book
// has no phrase for, such as the words of a cloud or a user, stays as it is.
func (b *Book) Text(english string) string {
	return b.Document()(english)
}

// Document is Text for the texts of one document.
func (b *Book) Document() func(english string) string {
	if b == nil {
		return func(english string) string { return english }
	}
	all, known := perDocument, map[string]string{}
	return func(english string) string {
		lines := strings.Split(english, "\n")
		for i, line := range lines {
			said, ok := known[line]
			if !ok {
				left := min(perLine, all)
				all -= left
				said = b.line(line, &left)
				all += left
				known[line] = said
			}
			lines[i] = said
		}
		return strings.Join(lines, "\n")
	}
}

// How many bytes are looked up for one line, and for one document: what is left
// then stays as it is, so that no text, however it was made, keeps anybody
// waiting for more than about a second.
const (
	perLine     = 64 << 10
	perDocument = 8 << 20
)

// perLookup is what a lookup costs beside the text's length.
const perLookup = 32

func (b *Book) line(s string, left *int) string {
	if len(s) > *left {
		return s
	}
	if rest, ok := strings.CutPrefix(s, ": "); ok { // behind what stands apart from it
		if said := b.line(rest, left); said != rest {
			return "：" + said
		}
		return s
	}
	english := s
	s, quotes := b.quotes.hide(s)
	if s == "" {
		return english
	}
	t := &translation{book: b, known: map[string]said{}, left: left}
	if body, before, after := trimmed(s); b.whole[body] != "" && label(body) {
		return quotes.show(around(before, b.whole[body], after))
	}
	return quotes.show(t.of(s).text)
}

// said is what a text became, and how many bytes of it the book knew.
type said struct {
	text  string
	known int
}

// translation is the work on one line.
type translation struct {
	book  *Book
	known map[string]said
	left  *int // bytes that it may still look up
}

// of says a text: by the phrase, or by the phrases of its parts, that know most
// of it.
func (t *translation) of(s string) said {
	if done, ok := t.known[s]; ok {
		return done
	}
	best := said{text: s}
	if !strings.ContainsFunc(s, isLatin) || *t.left < len(s) {
		return best
	}
	*t.left -= len(s) + perLookup
	t.known[s] = best // while it is worked on
	best = t.anew(s)
	t.known[s] = best
	return best
}

func (t *translation) anew(s string) said {
	if text, ok := t.book.whole[s]; ok && !label(s) {
		return said{text, len(s)}
	}
	body, before, after := trimmed(s)
	if len(body) < len(s) {
		inner := t.of(body)
		if inner.known == 0 {
			return said{text: s}
		}
		return said{around(before, inner.text, after), inner.known}
	}
	if all, ok := t.list(s); ok {
		return all
	}
	best := said{text: s}
	for _, way := range []func(string) said{t.phrase, t.joined, t.subject, t.sentence} {
		if one := way(s); one.known > best.known {
			best = one
		}
	}
	return best
}

// sentence says one with its full stop, and a heading with its colon.
func (t *translation) sentence(s string) said {
	if heading, ok := strings.CutSuffix(s, ":"); ok && t.book.whole[heading] != "" {
		return said{t.book.whole[heading] + "：", len(s)}
	}
	body, stopped := strings.CutSuffix(s, ".")
	if !stopped || strings.HasSuffix(body, ".") || !strings.Contains(body, " ") {
		return said{text: s}
	}
	inner := t.of(body)
	return said{inner.text + "。", inner.known}
}

// label tells of a phrase of one word that heads a column or names a value. It
// stands alone: within a text it is a name, such as the one of an input.
func label(s string) bool {
	return !strings.Contains(s, " ") && s != "" && s[0] >= 'A' && s[0] <= 'Z'
}

// phrase says a text by one phrase of the book that has holes.
func (t *translation) phrase(s string) said {
	best := said{text: s}
	for _, p := range t.book.open {
		holes, ok := p.match(s)
		if !ok {
			continue
		}
		known := p.weight
		for i, hole := range holes {
			if p.holes[i] != anything {
				continue
			}
			inner := t.of(hole)
			if holes[i], known = inner.text, known+inner.known; i == 0 && p.parts[0] == "" && strings.Contains(hole, ": ") {
				known-- // what stands before a joint is most likely no part of the phrase
			}
		}
		if known > best.known {
			best = said{p.fill(holes), known}
		}
	}
	return best
}

// joints are what stands between texts that were put together, and what stands
// there in the other language.
var joints = [...][2]string{{"; ", "；"}, {": ", "："}, {", ", "，"}, {". ", "。"}, {" – ", " – "}, {" (", "（"}, {"? ", "？"}, {" · ", " · "}}

// mostJoints is at how many places of a text it is tried whether it was put
// together there; those that come first are tried.
const mostJoints = 12

// joined says a text as two that were put together. Unless the book knows one
// of them, the joint may be somebody else's.
func (t *translation) joined(s string) said {
	best, tried := said{text: s}, 0
	for at := 1; at < len(s) && tried < mostJoints; at++ {
		for _, joint := range joints {
			if !strings.HasPrefix(s[at:], joint[0]) {
				continue
			}
			tried++
			left, right, between, end := s[:at], s[at+len(joint[0]):], joint[1], ""
			if joint[0] == " (" {
				cut, closed := strings.CutSuffix(right, ")")
				if !closed {
					continue
				}
				right, end = cut, "）"
			}
			if joint[0] == ": " && isPlace(left) {
				between = ": "
			}
			l, r := t.of(left), t.of(right)
			if joint[0] == ". " && l.known == 0 { // the stop is somebody else's
				continue
			}
			if l.known+r.known > best.known {
				best = said{l.text + between + r.text + end, l.known + r.known}
			}
		}
	}
	return best
}

// subject says a text that is a name and what is said of it: "timeout is given
// twice".
func (t *translation) subject(s string) said {
	name, rest, ok := strings.Cut(s, " ")
	if !ok || !isWord(name) {
		return said{text: s}
	}
	predicate := said{t.book.whole[rest], len(rest)}
	if predicate.text == "" {
		predicate = t.phrase(rest)
	}
	if first, _ := utf8.DecodeRuneInString(predicate.text); plain(first) {
		name += " "
	}
	return said{spaced(name, predicate.text), predicate.known}
}

// isPlace tells of a line of a file, plan.yml:4:5, behind which programs expect a
// plain colon.
func isPlace(s string) bool {
	at := strings.LastIndex(s, ":")
	return at > 0 && at+1 < len(s) && digits(s[at+1:]) == len(s)-at-1 && isWord(s)
}

// list says an enumeration of names, of comparisons and of how many more: a, b or
// c.
func (t *translation) list(s string) (all said, ok bool) {
	joint, names := "", strings.Split(s, ", ")
	last := names[len(names)-1]
	for _, word := range [...][2]string{{" or ", "或"}, {" and ", "和"}} {
		if before, behind, ok := strings.Cut(last, word[0]); ok && joint == "" {
			joint, names = word[1], append(names[:len(names)-1], before, behind)
		}
	}
	for i, name := range names {
		if more, found := strings.CutSuffix(name, " more"); found && digits(more) == len(more) {
			names[i] = t.phrase(name).text
		} else if !isName(name) {
			return said{}, false
		}
	}
	if joint == "" {
		return said{}, false
	}
	text := spaced(strings.Join(names[:len(names)-1], "、"), joint)
	return said{spaced(text, names[len(names)-1]), len(" or ") + 2*len(names)}, true
}

// isName tells of what can be named in an enumeration: a word, or a comparison
// such as < 1%.
func isName(s string) bool {
	if op, rest, ok := strings.Cut(s, " "); ok && strings.Trim(op, "<>=!") == "" {
		s = rest
	}
	return isWord(s)
}

// isWord tells of a text without space that no sign of a sentence ends.
func isWord(s string) bool {
	return s != "" && !strings.ContainsFunc(s, unicode.IsSpace) && !strings.ContainsAny(s[len(s)-1:], ":,;")
}

// trimmed sets apart what is no text at the ends of one: space and symbols.
func trimmed(s string) (body, before, after string) {
	body = strings.TrimLeftFunc(s, isMark)
	before = s[:len(s)-len(body)]
	rest := strings.TrimRightFunc(body, isMark)
	return rest, before, body[len(rest):]
}

// around puts back what trimmed set apart. Behind a Chinese sign is no space.
func around(before, text, after string) string {
	if last, _ := utf8.DecodeLastRuneInString(text); full(last) {
		after = strings.TrimPrefix(after, " ")
	}
	return before + text + after
}

// isMark tells of space and of symbols such as ✅.
func isMark(r rune) bool {
	return unicode.IsSpace(r) || r > 0x7f && (unicode.IsSymbol(r) || unicode.Is(unicode.Mn, r))
}

func isLatin(r rune) bool { return r < 0x80 && unicode.IsLetter(r) }

// wide tells of a Chinese character.
func wide(r rune) bool { return unicode.Is(unicode.Han, r) }

// full tells of a punctuation mark as wide as one, which has its own space.
func full(r rune) bool { return r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef }

// spaced puts two texts together with the space that Chinese has around words
// and numbers of other scripts, and has not between its own.
func spaced(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	last, _ := utf8.DecodeLastRuneInString(a)
	first, _ := utf8.DecodeRuneInString(b)
	if wide(last) && (plain(first) || first == '!') || plain(last) && wide(first) {
		return a + " " + b
	}
	return a + b
}

// plain tells of a sign of a word, a number, a name or code.
func plain(r rune) bool {
	return !wide(r) && !full(r) && !unicode.IsSpace(r) && !strings.ContainsRune(",.;:!?…", r)
}
