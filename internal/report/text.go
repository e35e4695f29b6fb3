package report

import (
	"strconv"
	"strings"
	"unicode"
)

// cellLimit bounds what one cell of a table shows, in characters.
const cellLimit = 400

// clean makes one line of any text: control characters and line breaks become
// spaces, marks that turn the direction of writing are dropped.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r) || unicode.IsControl(r):
			return ' '
		case unicode.Is(unicode.Cf, r) && r != '\u200d': // joined emoji stay
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > cellLimit {
		s = string(r[:cellLimit]) + "…"
	}
	return s
}

// cell escapes text from outside for a table of GitHub's Markdown: it shows as
// it is, and can make no markup, link, mention, emoji or new cell.
func cell(s string) string { return escape(clean(s), apart) }

// code shows a name or a code in fixed width; nothing in it is markup.
func code(s string) string { return fixed(s, len(s)) }

// id is code that may break: the 32 digits of Huawei's request ids would take
// the room of the other columns.
func id(s string) string { return fixed(s, 16) }

// fixed may break a word after so many characters.
func fixed(s string, width int) string {
	if s = clean(s); s == "" {
		return ""
	}
	var parts []string
	begin, run := 0, 0
	for i, r := range s {
		if run++; !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			run = 0
		} else if run > width {
			parts = append(parts, escape(s[begin:i], ""))
			begin, run = i, 1
		}
	}
	return "<code>" + strings.Join(append(parts, escape(s[begin:], "")), "<wbr>") + "</code>"
}

// apart splits a text, so that what stands on its two sides is not read as one
// mention, reference, emoji or address. In <code> GitHub looks for no mentions,
// but for addresses all the same.
const apart = "<!-- -->"

// escape writes as entities all that Markdown or HTML could take for markup,
// and puts gap behind what GitHub could take for the start of a link.
func escape(s, gap string) string {
	var b strings.Builder
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&$", r):
			b.WriteString(entity(r))
		case strings.ContainsRune("@#", r),
			r == ':' && i+1 < len(runes) && runes[i+1] != ' ',
			r == '/' && i+1 < len(runes) && runes[i+1] == '/',
			r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString(entity(r) + gap)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func entity(r rune) string { return "&#" + strconv.Itoa(int(r)) + ";" }

// block shows text of several lines as it is: in <pre>, which ends at its end
// tag only, Markdown is not read.
func block(s string) string {
	return "<pre>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(strings.ToValidUTF8(s, "\ufffd")) + "</pre>\n"
}
