package locale

import (
	"slices"
	"strconv"
	"strings"
)

// quotes are texts in double quotes, as Go writes them. Each stands in a text as
// one character, so that nothing within it is taken for English: the first that
// was seen as the first character that Unicode leaves to programs, and so on.
type quotes []string

const (
	firstHidden = '\ue000'
	lastHidden  = '\uf8ff'

	mostQuotes   = 1000 // of a text and of all phrases; others stay what they are
	longestQuote = 1000 // bytes; a longer one too
)

// hidden tells of a character that stands for a text in quotes.
func hidden(r rune) bool { return r >= firstHidden && r <= lastHidden }

// hide hides the quotes of a text, and returns those by which show finds them
// again; nothing of a text whose signs could not be told from ours.
func (q quotes) hide(text string) (string, quotes) { return hide(text, slices.Clip(q)) }

// hide adds to q the quotes of a text that it has not.
func hide(text string, q quotes) (string, quotes) {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == '"' || hidden(r) }) {
		return text, q
	}
	var b strings.Builder
	for len(text) > 0 {
		at := strings.IndexFunc(text, func(r rune) bool { return r == '"' || hidden(r) })
		if at < 0 {
			break
		}
		b.WriteString(text[:at])
		text = text[at:]
		one, err := strconv.QuotedPrefix(text[:min(len(text), longestQuote)])
		if text[0] != '"' { // it is somebody's, and stands for itself
			one, err = text[:len("\ue000")], nil
		}
		n := slices.Index(q, one)
		if n < 0 && err == nil && len(q) < mostQuotes {
			n, q = len(q), append(q, one)
		}
		if n < 0 && text[0] != '"' {
			return "", nil // it could be taken for another
		}
		if n < 0 { // one that is not closed
			b.WriteByte(text[0])
			text = text[1:]
			continue
		}
		b.WriteRune(rune(firstHidden + n))
		text = text[len(one):]
	}
	b.WriteString(text)
	return b.String(), q
}

// show undoes hide.
func (q quotes) show(text string) string {
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if n := int(r - firstHidden); hidden(r) && n < len(q) {
			b.WriteString(q[n])
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
