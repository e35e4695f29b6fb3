package plan_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/plan"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A case of testdata/errors is two files, and of testdata/ok one:
//
//	x.yml     a plan file, or
//	x.inputs  a txtar archive. Lines before its first section are inputs,
//	          NAME=VALUE; a section named as an input holds a value of several
//	          lines; a section whose name has a dot is a file of the workspace
//	x.out     every problem, one a line (go test ./internal/plan -update)
//
// Both kinds of case may also read the files of testdata/files.
type golden struct {
	path   string
	inputs []field.Input
	files  map[string][]byte
}

// cases are the golden cases of a folder.
func cases(t testing.TB, folder string) []golden {
	t.Helper()
	var all []golden
	for _, extension := range []string{"yml", "inputs"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*."+extension))
		if err != nil || len(paths) == 0 {
			t.Fatalf("testdata/%s has no *.%s: %v", folder, extension, err)
		}
		for _, path := range paths {
			all = append(all, load(t, path))
		}
	}
	return all
}

func load(t testing.TB, path string) golden {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := golden{path: path, files: map[string][]byte{}}
	if strings.HasSuffix(path, ".yml") {
		g.files["plan.yml"] = src
		g.inputs = []field.Input{{Name: "plan_file", Text: "plan.yml"}}
		return g
	}
	archive := txtar.Parse(src)
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSuffix(line, "\n")
		if name, value, ok := strings.Cut(line, "="); ok {
			g.inputs = append(g.inputs, field.Input{Name: name, Text: value})
		} else if line != "" {
			t.Fatalf("%s: %q is not NAME=VALUE", path, line)
		}
	}
	for _, f := range archive.Files {
		if strings.Contains(f.Name, ".") {
			g.files[f.Name] = f.Data
		} else {
			g.inputs = append(g.inputs, field.Input{Name: f.Name, Text: string(f.Data)})
		}
	}
	return g
}

// readFile reads the workspace of the case.
func (g golden) readFile(path string) ([]byte, error) {
	if src, ok := g.files[path]; ok {
		return src, nil
	}
	if strings.Contains(path, "/") { // an operating system words its own message
		return nil, fs.ErrNotExist
	}
	src, err := os.ReadFile(filepath.Join("testdata", "files", path))
	if err != nil {
		return nil, fs.ErrNotExist
	}
	return src, nil
}

// TestErrors holds the very words of every message.
func TestErrors(t *testing.T) {
	for _, g := range cases(t, "errors") {
		t.Run(strings.TrimPrefix(g.path, "testdata/errors/"), func(t *testing.T) {
			_, problems := plan.Decode(g.inputs, g.readFile)
			if len(problems) == 0 {
				t.Fatal("the case has no problem")
			}
			for _, p := range problems {
				if complaint := illFormed(p); complaint != "" {
					t.Errorf("%q %s", p, complaint)
				}
			}
			got := problems.Error() + "\n"
			path := strings.TrimSuffix(g.path, filepath.Ext(g.path)) + ".out"
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// illFormed says what a problem lacks to be one clear sentence with a place.
func illFormed(p field.Problem) string {
	switch {
	case p.Place.File == "":
		return "has no place"
	case strings.TrimSpace(p.Text) == "":
		return "has no text"
	case strings.ContainsAny(p.Text, "\r\n"):
		return "has more than one line"
	case strings.HasSuffix(p.Text, "."):
		return "ends with a full stop"
	case len(p.Text) > 800:
		return "is too long to read"
	}
	return ""
}

// TestOK holds what must be taken without a word.
func TestOK(t *testing.T) {
	for _, g := range cases(t, "ok") {
		t.Run(strings.TrimPrefix(g.path, "testdata/ok/"), func(t *testing.T) {
			p, problems := plan.Decode(g.inputs, g.readFile)
			if len(problems) > 0 {
				t.Fatalf("problems:\n%s", problems.Error())
			}
			if len(p.Jobs) == 0 {
				t.Error("the plan has no jobs")
			}
		})
	}
}

// TestInputs: the names of all inputs, those of the step first, each once.
func TestInputs(t *testing.T) {
	names := plan.Inputs()
	if diff := cmp.Diff([]string{"provider", "plan_file", "dry_run"}, names[:3]); diff != "" {
		t.Errorf("the first names (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] {
			t.Errorf("%s is there twice", name)
		}
		seen[name] = true
	}
	var run plan.Run
	for _, p := range catalog.Providers() {
		for _, name := range p.New().Fields().Names() {
			if !seen[name] {
				t.Errorf("%s of %s is not there", name, p.Name)
			}
			if slices.Contains(run.Fields().Names(), name) {
				t.Errorf("%s of %s is the step's own", name, p.Name)
			}
		}
	}
}

// TestPlan: what was asked, in its order.
func TestPlan(t *testing.T) {
	src := "jobs:\n" +
		"- {provider: tencent-pts, project_id: p, scenario_id: s}\n" +
		"- {provider: huawei-dataarts, project_id: p, region: cn-north-4, job_name: j}\n" +
		"- {provider: tencent-pts, project_id: p, scenario_id: s}\n"
	inputs := []field.Input{{Name: "plan_file", Text: " plans/a.yml\n"}, {Name: "dry_run", Text: "true"}, {Name: "note", Text: " "}}
	p, problems := plan.Decode(inputs, func(path string) ([]byte, error) {
		if path != "plans/a.yml" {
			return nil, fs.ErrNotExist
		}
		return []byte(src), nil
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var got []string
	for _, job := range p.Jobs {
		got = append(got, job.Provider.Name)
	}
	if diff := cmp.Diff([]string{"tencent-pts", "huawei-dataarts", "tencent-pts"}, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if p.DryRun != plan.Rehearsed {
		t.Error("dry_run is lost")
	}
	if p.Jobs[0].Spec == p.Jobs[2].Spec {
		t.Error("two entries share a spec")
	}
}

// TestNoStrays: a case that nobody runs, or an answer without a question, is a
// slip in a file's name.
func TestNoStrays(t *testing.T) {
	for folder, want := range map[string]int{"errors": 2, "ok": 1} {
		entries, err := os.ReadDir(filepath.Join("testdata", folder))
		if err != nil {
			t.Fatal(err)
		}
		parts := map[string]int{}
		for _, e := range entries {
			parts[strings.TrimSuffix(e.Name(), filepath.Ext(e.Name()))]++
		}
		for name, n := range parts {
			if n != want {
				t.Errorf("testdata/%s/%s.* has %d files, want %d", folder, name, n, want)
			}
		}
	}
}

// TestDefaultsAndGates: what a job says wins, then its provider's defaults, then
// those of all jobs; gates of all jobs come before its own.
func TestDefaultsAndGates(t *testing.T) {
	src := `gates_file: all.gates
defaults:
  note: of all
  project_id: p
  tencent-pts:
    note: of the provider
    gates: rps > 10/s
  huawei-dataarts:
    project_id: 0123456789abcdef0123456789abcdef
    region: cn-north-4
    job_name: j
jobs:
- {provider: tencent-pts, scenario_id: a}
- {provider: tencent-pts, scenario_id: b, note: its own, gates: [errors < 5, "state == JobFinished"]}
- {provider: tencent-pts, scenario_id: c, note: , gates_file: own.gates, name: third}
- {provider: huawei-dataarts}
`
	files := map[string]string{"plan.yml": src, "all.gates": "duration < 5m", "own.gates": "errors == 0"}
	read := map[string]int{}
	p, problems := plan.Decode([]field.Input{{Name: "plan_file", Text: "plan.yml"}}, func(path string) ([]byte, error) {
		read[path]++
		return []byte(files[path]), nil
	})
	if problems != nil {
		t.Fatal(problems)
	}
	var got []string
	for _, j := range p.Jobs {
		line := j.Name + "|"
		for _, note := range []string{"of all", "of the provider", "its own"} {
			if strings.Contains(j.Spec.Fields().Content(), note) {
				line += note
			}
		}
		for _, g := range j.Gates {
			line += "|" + g.Place.String() + " " + g.String()
		}
		got = append(got, line)
	}
	want := []string{
		"|of the provider|all.gates:1:1 duration < 5m|plan.yml:7:12 rps > 10/s",
		"|its own|all.gates:1:1 duration < 5m|plan.yml:14:66 errors < 5|plan.yml:14:79 state == JobFinished",
		"third||all.gates:1:1 duration < 5m|own.gates:1:1 errors == 0",
		"||all.gates:1:1 duration < 5m",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("jobs (-want +got):\n%s", diff)
	}
	if read["all.gates"] != 1 {
		t.Errorf("all.gates is read %d times", read["all.gates"])
	}
	if !p.Wait {
		t.Error("gates do not make the step wait")
	}
}
