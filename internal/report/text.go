package report

import (
	"html"
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
func cell(s string) string {
	var b strings.Builder
	runes := []rune(clean(s))
	for i, r := range runes {
		switch {
		case strings.ContainsRune("\\`*_[]<>|~&$", r):
			b.WriteString(entity(r))
		case r == '@' || r == '#':
			b.WriteString(entity(r) + apart)
		case r == ':' && i+1 < len(runes) && runes[i+1] != ' ':
			b.WriteString(":" + apart)
		case r == '.' && i >= 3 && strings.EqualFold(string(runes[i-3:i]), "www"):
			b.WriteString(apart + ".")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// apart splits a text, so that what stands on its two sides is not read as one
// mention, reference, emoji or address.
const apart = "<!-- -->"

func entity(r rune) string { return "&#" + strconv.Itoa(int(r)) + ";" }

// code shows an id or a code in fixed width; nothing in it is markup.
func code(s string) string {
	if s = clean(s); s == "" {
		return ""
	}
	return "<code>" + strings.NewReplacer("|", "&#124;", "`", "&#96;", "*", "&#42;", "_", "&#95;", "[", "&#91;", "\\", "&#92;", "~", "&#126;", "@", "&#64;", ":", "&#58;").
		Replace(html.EscapeString(s)) + "</code>"
}

// block shows text of several lines as it is.
func block(s string) string {
	return "<pre>" + strings.ReplaceAll(html.EscapeString(strings.ToValidUTF8(s, "\ufffd")), "\n\n", "\n&#8203;\n") + "</pre>\n"
}
