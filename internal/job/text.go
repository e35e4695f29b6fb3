package job

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Plain is text without what is no text: control characters, marks that turn
// the direction of writing, zero-width and other characters that are shown as
// nothing. They would hide a secret from whoever looks for it, or show a name
// as another. So it comes before secrets are taken out, and that before a text
// is cut or escaped. Tabs stay; every end of a line becomes a line break.
func Plain(text string) string {
	if !strings.ContainsFunc(text, odd) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	var last rune
	for _, r := range strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\r\n", "\n") {
		switch {
		case r == '\ufe0f' && unicode.In(last, unicode.So, unicode.Sm): // it makes an emoji of a sign
		case strings.ContainsRune("\r\v\f\u0085\u2028\u2029", r):
			r = '\n'
		case r != '\ufffd' && odd(r):
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// odd tells of a character that Plain may have to do something about.
func odd(r rune) bool {
	switch {
	case r < 0x7f:
		return r < ' ' && r != '\n' && r != '\t'
	case r == utf8.RuneError: // also what is no UTF-8
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp,
		unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)
}

// Cut shortens a text from outside to so many bytes, and says so.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	says := fmt.Sprintf("… (cut: it has %d bytes)", len(text))
	return strings.ToValidUTF8(text[:max(0, limit-len(says))], "") + says
}

// CutLines does the same to lines of which there may be too many as well.
func CutLines(lines []string, most, limit int) []string {
	if len(lines) == 0 {
		return lines
	}
	var kept []string
	for _, line := range lines[:min(most, len(lines))] {
		kept = append(kept, Cut(line, limit))
	}
	if more := len(lines) - most; more > 0 {
		kept = append(kept, fmt.Sprintf("(cut: %d more lines)", more))
	}
	return kept
}
