package locale

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	quote     = regexp.MustCompile(`"[^"]*"`)
	halfWidth = regexp.MustCompile(`\p{Han}[,;:?]|[,;:?)]\p{Han}`)
)

// TestBookIsWhole: a phrase says each of its holes once or more, and nothing
// that it does not have; and no phrase stands twice.
func TestBookIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range entries(chinese) {
		p := newPhrase(e.english, e.other)
		for i := range p.holes {
			if !slices.Contains(p.order, i) {
				t.Errorf("%q loses hole %d in %q", e.english, i+1, e.other)
			}
		}
		for _, n := range p.order {
			if n >= len(p.holes) {
				t.Errorf("%q has no hole %d, which %q names", e.english, n+1, e.other)
			}
		}
		if seen[e.english] {
			t.Errorf("%q stands twice", e.english)
		}
		seen[e.english] = true
		if strings.TrimSpace(e.english) != e.english || strings.TrimSpace(e.other) != e.other || e.other == "" {
			t.Errorf("%q, %q: space at an end, or nothing", e.english, e.other)
		}
		if odd := halfWidth.FindString(strings.NewReplacer("{", "字", "}", "字").Replace(quote.ReplaceAllString(e.other, "字"))); odd != "" {
			t.Errorf("%q: a half-width sign stands beside Chinese: %q", e.other, odd)
		}
		if strings.HasSuffix(e.english, ".") != strings.HasSuffix(e.other, "。") && !strings.HasSuffix(e.english, "and .") {
			t.Errorf("%q and %q: only one ends in a full stop", e.english, e.other)
		}
		if !strings.ContainsFunc(e.other, func(r rune) bool { return wide(r) || full(r) }) {
			t.Errorf("%q: %q is not Chinese", e.english, e.other)
		}
	}
}
