package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"cloudjob/internal/job"
)

// cellLimit bounds what one cell of a table shows, in characters.
const cellLimit = 400

// clean makes one line of any text.
func clean(s string) string {
	s = strings.Join(strings.Fields(job.Plain(s)), " ")
	if r := []rune(s); len(r) > cellLimit {
		s = string(r[:cellLimit]) + "…"
	}
	return s
}

// cell escapes text from outside for a table of GitHub's Markdown: it shows as
// it is, and can make no markup, link, mention, emoji or new cell.
func cell(s string) string { return escape(clean(s), apart) }

// paragraph is cell for a text that stands at the beginning of a line, where a
// sign or a number could begin a list, a heading or a rule.
func paragraph(s string) string {
	s = clean(s)
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if rest := s[digits:]; rest != "" && (digits > 0 && strings.Contains(".)", rest[:1]) || digits == 0 && strings.Contains("-+=", rest[:1])) {
		return s[:digits] + entity(rune(rest[0])) + escape(rest[1:], apart)
	}
	return escape(s, apart)
}

// code shows a name or a code in fixed width; nothing in it is markup.
func code(s string) string { return fixed(s, len(s)) }

// id is code that may break into lines: a request id of Huawei's has 32 digits, and
// would leave no room for the other columns.
func id(s string) string { return fixed(s, 16) }

// shortID is how long an id may be that is not shortened.
const shortID = 20

// brief is the short form of an id: seven digits of a commit, eight of a UUID or
// another long number, and the beginning of any other long text. The whole one
// stands among the facts.
func brief(s string) string {
	runes := []rune(clean(s))
	switch {
	case len(runes) <= shortID:
		return string(runes)
	case len(runes) == 40 && allHex(runes):
		return string(runes[:7])
	case len(runes) == 36 && runes[8] == '-', allHex(runes): // not every UUID of the clouds has hexadecimal digits alone
		return string(runes[:8]) + "…"
	}
	return string(runes[:shortID]) + "…"
}

// fixed is code in which a word may break after so many characters.
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
	return "<code>" + strings.Join(append(parts, escape(s[begin:], "")), softBreak) + "</code>"
}

// apart splits a text, so that what stands on its two sides is not read as one
// mention, reference, emoji, formula or address. In <code> GitHub looks for none
// of them but addresses.
const apart = "<!-- -->"

// escape writes as entities all signs that Markdown or HTML could take for markup, and
// puts gap where GitHub could see the beginning of a link.
func escape(s, gap string) string {
	var b strings.Builder
	runes := []rune(s)
	word := 0 // where the present word began
	for i, r := range runes {
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&", r):
			b.WriteString(entity(r))
		case strings.ContainsRune("@#$", r),
			r == ':' && i+1 < len(runes) && runes[i+1] != ' ',
			r == '/' && i+1 < len(runes) && runes[i+1] == '/',
			r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString(entity(r) + gap)
		case r == '-' && strings.EqualFold(string(runes[word:i]), "gh"), // GH-12 is an issue
			i-word == hashBreak && allHex(runes[word:i]): // a whole hash is a commit
			b.WriteString(gap + string(r))
		default:
			b.WriteRune(r)
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			word = i + 1
		}
	}
	return b.String()
}

// hashBreak is after how many digits a hash is split: it has 40, and the ids of
// both clouds at most 32.
const hashBreak = 36

func allHex(runes []rune) bool {
	return !slices.ContainsFunc(runes, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F')
	})
}

func entity(r rune) string { return "&#" + strconv.Itoa(int(r)) + ";" }

// dividable lets an escaped text break where an address or the name of a metric can be
// divided, so that it does not widen its column beyond a telephone. In an address
// that is before a slash or a dot: what began without one could be taken for another
// address.
func dividable(escaped string) string {
	var b strings.Builder
	runes := []rune(escaped)
	for i, r := range runes {
		inWord := i > 0 && i+1 < len(runes) && runes[i-1] != ' ' && unicode.IsLetter(runes[i+1])
		if r == '/' || r == '.' && inWord {
			b.WriteString(softBreak)
		}
		b.WriteRune(r)
		if inWord && (r == '(' || r == '{') {
			b.WriteString(softBreak)
		}
	}
	return b.String()
}

const softBreak = "<wbr>"

// block shows text of several lines as it is: in <pre>, which ends at its end
// tag only, Markdown is not read.
func block(s string) string {
	return "<pre>" + strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(job.Plain(s)) + "</pre>\n"
}
