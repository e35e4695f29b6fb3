package report

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

// markup is what GitHub's Markdown could take for more than text, in what is
// left of an escaped text without its entities and comments.
var markup = regexp.MustCompile("[|<>`\\[\\]\\\\*_~$\n\r\t&@#]|:[^ ]|//|(?i)www\\.|\\p{Cc}|\\p{Cf}")

var entities = regexp.MustCompile(`&#\d+;`)

// shown is what a reader sees of escaped text, and the rest that is not
// escaped, its parts set apart by NUL.
func shown(t *testing.T, escaped string) (text, raw string) {
	t.Helper()
	if !utf8.ValidString(escaped) {
		t.Errorf("%.300q is not UTF-8", escaped)
	}
	raw = strings.ReplaceAll(entities.ReplaceAllString(escaped, " "), apart, " ")
	return html.UnescapeString(strings.ReplaceAll(escaped, apart, "")), raw
}

func checkCell(t *testing.T, s string) {
	t.Helper()
	text, raw := shown(t, cell(s))
	if text != clean(s) {
		t.Errorf("a reader of cell(%.300q) sees %.300q", s, text)
	}
	if m := markup.FindString(raw); m != "" {
		t.Errorf("cell(%.300q) = %.300q has %.300q in it", s, cell(s), m)
	}
}

func checkCode(t *testing.T, s string) {
	t.Helper()
	for _, escaped := range []string{code(s), id(s)} {
		inner, ok := strings.CutPrefix(escaped, "<code>")
		inner, closed := strings.CutSuffix(inner, "</code>")
		if (!ok || !closed) && clean(s) != "" {
			t.Fatalf("code(%.300q) = %.300q", s, escaped)
		}
		text, raw := shown(t, strings.ReplaceAll(inner, "<wbr>", ""))
		if text != clean(s) {
			t.Errorf("a reader of code(%.300q) sees %.300q", s, text)
		}
		if m := markup.FindString(raw); m != "" {
			t.Errorf("code(%.300q) = %.300q has %.300q in it", s, escaped, m)
		}
	}
}

func TestEscaping(t *testing.T) {
	for _, s := range hostile.Texts(t) {
		checkCell(t, s)
		checkCode(t, s)
	}
}

func TestCell(t *testing.T) {
	tests := []struct{ in, want string }{
		{"scenario scenario-demo", "scenario scenario-demo"},
		{`task "x" of 2 cases, it's 100%`, `task "x" of 2 cases, it's 100%`},
		{"作业 1 → 成功", "作业 1 → 成功"},
		{"a|b", "a&#124;b"},
		{"two\r\nlines", "two lines"},
		{"note: 5 o'clock", "note: 5 o'clock"},
		{"a:b", "a&#58;<!-- -->b"},
		{"@me #1", "&#64;<!-- -->me &#35;<!-- -->1"},
		{"GH-12 of gh-7", "GH<!-- -->-12 of gh<!-- -->-7"},
		{"high-12", "high-12"},
		{"0123456789abcdef0123456789abcdef01234567", "0123456789abcdef0123456789abcdef0123<!-- -->4567"},
		{"$5 and $6", "&#36;<!-- -->5 and &#36;<!-- -->6"},
		{"see www.example.com", "see www&#46;<!-- -->example.com"},
		{"\u202egnp.exe", "gnp.exe"},
		{"👩‍👩‍👧", "👩👩👧"},
		{strings.Repeat("é", cellLimit+1), strings.Repeat("é", cellLimit) + "…"},
	}
	for _, test := range tests {
		if got := cell(test.in); got != test.want {
			t.Errorf("cell(%.300q) = %.300q, want %.300q", test.in, got, test.want)
		}
	}
}

func TestID(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{"job-1a2b3c4d", "<code>job-1a2b3c4d</code>"},
		{"d5e0c1a7-9b1f-4f3c-8f6e-0c1b2a3d4e5f", "<code>d5e0c1a7-9b1f-4f3c-8f6e-0c1b2a3d4e5f</code>"},
		{"0f1e2d3c4b5a69788796a5b4c3d2e1f0", "<code>0f1e2d3c4b5a6978<wbr>8796a5b4c3d2e1f0</code>"},
		{"a|b", "<code>a&#124;b</code>"},
	}
	for _, test := range tests {
		if got := id(test.in); got != test.want {
			t.Errorf("id(%q) = %q, want %q", test.in, got, test.want)
		}
	}
}

// FuzzCell holds that no text is more than text in a cell or in an id.
func FuzzCell(f *testing.F) {
	for _, s := range hostile.Seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkCell(t, s)
		checkCode(t, s)
		line := clean(s)
		if utf8.RuneCountInString(line) > cellLimit+1 {
			t.Errorf("clean(%.300q) is %d characters long", s, utf8.RuneCountInString(line))
		}
		if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) && r != ' ' }) {
			t.Errorf("clean(%.300q) = %.300q is more than one line of words", s, line)
		}
	})
}

// FuzzBlock holds that no text leaves a block, and that all of it is shown.
func FuzzBlock(f *testing.F) {
	for _, s := range hostile.Seeds(f) {
		f.Add(s)
	}
	f.Add("</pre>\n\n| a |\n| --- |")
	f.Fuzz(func(t *testing.T, s string) {
		inner, ok := strings.CutPrefix(block(s), "<pre>")
		inner, closed := strings.CutSuffix(inner, "</pre>\n")
		if !ok || !closed || strings.ContainsAny(inner, "<>") {
			t.Fatalf("block(%.300q) = %.300q", s, block(s))
		}
		if got, want := html.UnescapeString(inner), job.Plain(s); got != want {
			t.Errorf("a reader of block(%.300q) sees %.300q", s, got)
		}
	})
}

// TestDividable: a column of a summary is no wider than the parts of an address or
// of a metric's name, and a number and a word in brackets stay whole.
func TestDividable(t *testing.T) {
	for text, want := range map[string]string{
		"POST /api/orders":                             "POST <wbr>/api<wbr>/orders",
		"GET shop.example.com":                         "GET shop<wbr>.example<wbr>.com",
		`the report has no p95(response{request~"a"})`: `the report has no p95(<wbr>response{<wbr>request&#126;"a"})`,
		"1.5 s (pass). Done...":                        "1.5 s (pass). Done...",
	} {
		if got := breakable(text); got != want {
			t.Errorf("%q\nis  %q\nnot %q", text, got, want)
		}
	}
}
