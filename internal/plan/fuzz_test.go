package plan_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/plan"
)

// checkProblems holds what is true of every answer to any input.
func checkProblems(t *testing.T, problems field.Problems) {
	t.Helper()
	for _, p := range problems {
		if complaint := illFormed(p); complaint != "" {
			t.Errorf("%q %s", p, complaint)
		}
	}
	if len(problems) > 1000 {
		t.Errorf("there are %d problems, which nobody reads", len(problems))
	}
}

// FuzzPlan reads any bytes as a plan file, and as every file that it names.
func FuzzPlan(f *testing.F) {
	for _, folder := range []string{"errors", "ok", "files"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.yml"))
		if err != nil || len(paths) == 0 {
			f.Fatalf("no seeds in %s: %v", folder, err)
		}
		for _, path := range paths {
			src, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		jobs, problems := plan.File("plan.yml", func(string) ([]byte, error) { return src, nil })
		checkProblems(t, problems)
		if len(jobs) == 0 && len(problems) == 0 {
			t.Error("the plan is taken, and empty")
		}
	})
}

// FuzzInputs gives any text to any input of any provider, beside inputs that
// are right.
func FuzzInputs(f *testing.F) {
	for _, folder := range []string{"errors", "ok"} {
		for _, g := range cases(f, folder) {
			provider := ""
			for _, in := range g.inputs {
				if in.Name == "provider" {
					provider = in.Text
				}
			}
			for _, in := range g.inputs {
				f.Add(provider, in.Name, in.Text)
			}
		}
	}
	for _, p := range catalog.Providers() {
		for _, name := range p.New().Fields().Names() {
			f.Add(p.Name, name, "[*a, &a {b: c}, 'd', -1, true, null]")
		}
	}
	f.Fuzz(func(t *testing.T, provider, name, text string) {
		if strings.TrimSpace(name) == "" || strings.ContainsAny(name, "\r\n") {
			return // the runner and the command line make no such names
		}
		inputs := []field.Input{{Name: "provider", Text: provider}, {Name: "region", Text: "cn-north-4"}, {Name: name, Text: text}}
		p, problems := plan.Decode(inputs, func(path string) ([]byte, error) {
			if strings.Contains(path, "missing") {
				return nil, errors.New("it is missing")
			}
			return []byte(text), nil
		})
		checkProblems(t, problems)
		if len(problems) == 0 && len(p.Jobs) == 0 {
			t.Error("the inputs are taken, and there is nothing to do")
		}
	})
}
