package job

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlain(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"scenario 压测 «été» 😀\tx\ny", "scenario 压测 «été» 😀\tx\ny"},
		{"a\r\nb\rc\vd\fe\u0085f\u2028g\u2029h", "a\nb\nc\nd\ne\nf\ng\nh"},
		{"AKID\x00\x1b\x7f\u009bX", "AKIDX"},
		{"AKID\u200b\u200c\u200d\u2060\ufeff\u00adX", "AKIDX"},
		{"a\u202ab\u202bc\u202cd\u202de\u202ef\u2066g\u2067h\u2068i\u2069j\u200ek\u200fl\u061cm", "abcdefghijklm"},
		{"a\u034fb\u115fc\u3164d\uffa0e\u17b4f\u2065g\U000e0001h\U000e0041i\U000e01f0j", "abcdefghij"}, // shown as nothing at all
		{"a\ufe0fb\ufe00c\U000e0100d\u180be", "abcde"},
		{"⏱️ ➡️ ❤️ 1️⃣", "⏱️ ➡️ ❤️ 1⃣"}, // of emoji it says that they are such
		{"⏱\ufe0f\ufe0fx", "⏱\ufe0fx"},
		{"👩‍👩‍👧", "👩👩👧"},
		{"\xff broken \xc3", "\ufffd broken \ufffd"},
		{"a\xff\u200bb\xffc", "a\ufffdb\ufffdc"},
		{"a\ufffeb\uffffc\U0001fffed", "abcd"},
	}
	for _, test := range tests {
		if got := Plain(test.in); got != test.want {
			t.Errorf("Plain(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// FuzzPlain holds that what is left is text, and that nothing else was taken.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "plain", "a\u202eb", "⏱️", "⏱\u200b\ufe0f", "\xff\xfe", "\r\n\u2028", "\u115f", "e\u0301\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain := Plain(s)
		if !utf8.ValidString(plain) || Plain(plain) != plain {
			t.Errorf("Plain(%q) = %q", s, plain)
		}
		for _, r := range plain {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Errorf("Plain(%q) = %q has %U in it", s, plain, r)
			}
		}
		seen := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
					return -1
				}
				return r
			}, s)
		}
		if seen(plain) != seen(s) {
			t.Errorf("Plain(%q) = %q took what is seen", s, plain)
		}
	})
}
