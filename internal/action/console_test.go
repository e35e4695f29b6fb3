package action

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
)

// FuzzGuard holds that no text in the log is a command, that the commands that
// the console itself writes are those and no others, and that plain text stays
// as it is.
func FuzzGuard(f *testing.F) {
	for _, text := range []string{
		"", "plain", "two\nlines", "::error::x", "  ::set-output name=x::y", "\t\u00a0\u3000::debug::x", "a\n::add-mask::b", "a\r::warning::b", "a\r\n::stop-commands::b",
		"\u0085::error::x", "\u2028::error::x", "a\v::error::x\f::error::y", "\ufeff::error::x", "\u200b\u200d::error::x", "\u00ad::error::x", "\x00::error::x", "\x1b::error::x",
		"##[error]x", "a ##[set-env name=x]y", "####[group]x", "##\u200b[error]x", "##\x00[error]x", "##\xff[error]x", "#\n#[error]x",
		"%0A::error::x", "::error file=a,line=1::x", "| ::error::x", "🎉 ::error::x", "a::b::c", "\xff\xfe::error::x", ":\u200b:error::x",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		guarded := guard(text)
		if commands := runnertest.Commands(guarded); commands != nil {
			t.Errorf("guard(%q) = %q has commands in it: %q", text, guarded, commands)
		}
		if guard(guarded) != guarded {
			t.Errorf("guard(%q) = %q changes when it is guarded again", text, guarded)
		}
		if harmless(text) && guarded != text {
			t.Errorf("guard(%q) = %q, though there is nothing in it", text, guarded)
		}
		for _, in := range []string{"true", ""} {
			checkConsole(t, in, text)
		}
	})
}

// harmless tells that a text has neither control characters nor anything of a
// command's form.
func harmless(text string) bool {
	if !utf8.ValidString(text) || strings.Contains(text, "##[") {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }) {
			return false
		}
		if i := strings.Index(line, "::"); i >= 0 && !strings.ContainsFunc(line[:i], func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }) {
			return false
		}
	}
	return true
}

// checkConsole writes the text in every way there is.
func checkConsole(t *testing.T, inAction, text string) {
	t.Helper()
	var out, err bytes.Buffer
	p := &process{stdout: &out, stderr: &err, getenv: func(name string) string {
		return map[string]string{"GITHUB_ACTIONS": inAction}[name]
	}}
	c := p.newConsole()
	c.line("%s", text)
	c.failure("title", text)
	c.warning(text)
	c.debug(text)
	c.group(text, func() { c.line("%s", text) })

	var got, want []string
	for _, command := range runnertest.Commands(out.String() + err.String()) {
		got = append(got, command.Name)
		// The runner writes what a command says into the log.
		_, said, _ := strings.Cut(strings.TrimPrefix(command.Line, "::"), "::")
		said = strings.NewReplacer("%0D", "\r", "%0A", "\n", "%25", "%").Replace(said)
		if inner := runnertest.Commands(said); inner != nil {
			t.Errorf("%q says a command: %q", command.Line, inner)
		}
	}
	if inAction == "true" {
		want = []string{"error", "warning", "debug", "group", "endgroup"}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands of %q, in a workflow %q (-want +got):\n%s", text, inAction, diff)
	}
	if !utf8.Valid(out.Bytes()) || !utf8.Valid(err.Bytes()) {
		t.Errorf("the log of %q is not UTF-8: %q %q", text, &out, &err)
	}
}
