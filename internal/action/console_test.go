package action

import (
	"bytes"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/field"
	"cloudjob/internal/hostile"
)

// FuzzGuard holds that no text in the log is a command, that the commands that
// the console itself writes are those and no others, and that plain text stays
// as it is.
func FuzzGuard(f *testing.F) {
	for _, text := range hostile.Seeds(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		guarded := guard(text)
		if commands := runnertest.Commands(guarded); commands != nil {
			t.Errorf("guard(%q) = %q has commands in it: %q", text, guarded, commands)
		}
		if r := hostile.Unseen(guarded); r != "" {
			t.Errorf("guard(%q) = %q has %s in it", text, guarded, r)
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
	if hostile.Unseen(text) != "" || strings.Contains(text, "##[") {
		return false
	}
	for line := range strings.SplitSeq(text, "\n") {
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
	c.annotate(titled(text, field.Place{File: text, Line: 1}), text)
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
		want = []string{"error", "warning", "debug", "error", "group", "endgroup"}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("commands of %q, in a workflow %q (-want +got):\n%s", text, inAction, diff)
	}
	if r := hostile.Unseen(out.String() + err.String()); r != "" {
		t.Errorf("nobody sees %s in the log of %q: %q %q", r, text, &out, &err)
	}
}
