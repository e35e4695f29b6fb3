// Package hostile has texts that want to be more than text, and reads what was
// written with them as its readers would. It is for tests.
package hostile

import (
	_ "embed"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

//go:embed texts.txt
var texts string

// Texts are all of them, and very long ones.
func Texts(t testing.TB) []string {
	t.Helper()
	all := Seeds(t)
	for _, s := range []string{"x", "&", "|", "😀", "@", "a\n", "$", "\u202e", "e\u0301"} {
		all = append(all, strings.Repeat(s, 3_000))
	}
	return all
}

// Seeds are those that are short, for fuzzing to begin with.
func Seeds(t testing.TB) (all []string) {
	t.Helper()
	for line := range strings.Lines(texts) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		s, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("texts.txt: %s: %v", line, err)
		}
		all = append(all, s)
	}
	if len(all) < 100 {
		t.Fatalf("only %d texts", len(all))
	}
	return all
}

// Unseen finds in a file, or in a log, what no reader sees: characters that are
// no text, but for line breaks and tabs.
func Unseen(text string) string {
	if !utf8.ValidString(text) {
		return "no UTF-8"
	}
	last := ' '
	for _, r := range text {
		emoji := r == '\ufe0f' && unicode.IsSymbol(last)
		if !emoji && r != '\n' && r != '\t' && (unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point, unicode.Noncharacter_Code_Point)) {
			return strconv.QuoteRuneToASCII(r)
		}
		last = r
	}
	return ""
}
