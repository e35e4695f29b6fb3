package main

import (
	"strings"
	"testing"
)

const list = `# The engine.

=== Nobody is told.
file a/b.go
# the quick one first
test ./a -run One
test ./b
---
	if ok {
	}
+++
	if !ok {

	}

=== A line is gone.
file c.go
test ./c
---
	tell()
+++
`

func TestParse(t *testing.T) {
	edits, err := parse("engine.txt", list)
	if err != nil {
		t.Fatal(err)
	}
	if len(edits) != 2 {
		t.Fatalf("%d edits, want 2", len(edits))
	}
	first, second := edits[0], edits[1]
	if first.place != "engine.txt:3" || first.suffers != "Nobody is told." || first.file != "a/b.go" {
		t.Errorf("the header was read as %+v", first)
	}
	if len(first.tests) != 2 || strings.Join(first.tests[0], "|") != "./a|-run|One" {
		t.Errorf("the tests were read as %q", first.tests)
	}
	got, err := first.apply("func f() {\n\tif ok {\n\t}\n}\n")
	if want := "func f() {\n\tif !ok {\n\n\t}\n}\n"; err != nil || got != want {
		t.Errorf("the edit makes %q, %v; want %q", got, err, want)
	}
	got, err = second.apply("\ttell()\n\ttell(1)\n")
	if want := "\ttell(1)\n"; err != nil || got != want {
		t.Errorf("the edit makes %q, %v; want %q", got, err, want)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string][2]string{
		"no header":       {"file a.go\n", "engine.txt:1"},
		"an unknown word": {"=== X.\nfiles a.go\n", "engine.txt:2"},
		"no file":         {"=== X.\ntest ./a\n---\nold\n+++\n", "a file"},
		"no sentence":     {"=== \nfile a.go\ntest ./a\n---\nold\n+++\n", "a sentence"},
		"no old text":     {"=== X.\nfile a.go\ntest ./a\n---\n+++\nnew\n", "an old text"},
		"no test":         {"=== X.\nfile a.go\n---\nold\n+++\nnew\n", "no test"},
		"no change":       {"=== X.\nfile a.go\ntest ./a\n---\nold\n+++\nold\n", "changes nothing"},
	} {
		if _, err := parse("engine.txt", c[0]); err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c[1])
		}
	}
}

func TestApplyRefuses(t *testing.T) {
	e := edit{place: "engine.txt:1", file: "a.go", old: "\tstop()\n"}
	for text, times := range map[string]string{"\tstart()\n": "0 times", "\tstop()\n\tstop()\n": "2 times", "\t\tstop()\n": "0 times"} {
		if _, err := e.apply(text); err == nil || !strings.Contains(err.Error(), times) {
			t.Errorf("%q: got %v, want an error with %q", text, err, times)
		}
	}
}
