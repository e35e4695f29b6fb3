package docs_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/itchyny/gojq"
	"gopkg.in/yaml.v3"
)

// artifacts are what GitHub lists under one name: each with the run that wrote
// it, and the repository that the run's branch is of.
const artifacts = `{"artifacts": [
	{"name": "load-test", "expired": false, "workflow_run": {"id": 101, "repository_id": 1, "head_repository_id": 1, "head_branch": "main"}},
	{"name": "load-test", "expired": false, "workflow_run": {"id": 102, "repository_id": 1, "head_repository_id": 66, "head_branch": "main"}},
	{"name": "load-test", "expired": false, "workflow_run": {"id": 103, "repository_id": 1, "head_repository_id": 1, "head_branch": "feature"}},
	{"name": "load-test", "expired": false, "workflow_run": {"id": 104, "repository_id": 1, "head_repository_id": null, "head_branch": "main"}},
	{"name": "load-test", "expired": true, "workflow_run": {"id": 105, "repository_id": 1, "head_repository_id": 1, "head_branch": "main"}},
	{"name": "load-test", "expired": false, "workflow_run": null},
	{"name": "load-test", "expired": false, "workflow_run": {"id": 107, "repository_id": 1, "head_repository_id": 1, "head_branch": "main"}},
	{"name": "load-test", "expired": false, "workflow_run": {"id": 107, "repository_id": 1, "head_repository_id": 1, "head_branch": "main"}}
]}`

// TestEarlierArtifacts runs the documented step that fetches earlier results: it
// takes those of its own repository and branch, and none of a fork's, whose
// branch may have the same name.
func TestEarlierArtifacts(t *testing.T) {
	script := documented(t, "baseline-artifacts.yml", "Get the results of the last runs")
	filter := regexp.MustCompile(`gh api "repos/\$GH_REPO/actions/artifacts\?name=load-test[^"]*" --jq '([^']*)'`).FindStringSubmatch(script)
	if filter == nil {
		t.Fatalf("it does not ask for the artifacts:\n%s", script)
	}
	query, err := gojq.Parse(filter[1])
	if err != nil {
		t.Fatal(err)
	}
	code, err := gojq.Compile(query, gojq.WithEnvironLoader(func() []string { return []string{"GITHUB_REF_NAME=main"} }))
	if err != nil {
		t.Fatal(err)
	}
	var list any
	if err := json.Unmarshal([]byte(artifacts), &list); err != nil {
		t.Fatal(err)
	}
	var listed strings.Builder
	for found := code.Run(list); ; {
		v, ok := found.Next()
		if !ok {
			break
		}
		if err, failed := v.(error); failed {
			t.Fatal(err)
		}
		b, err := gojq.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		listed.Write(append(b, '\n'))
	}

	dir := t.TempDir()
	gh := "#!/bin/sh\ncase \"$1 $2\" in\napi*) cat listed ;;\n'run download') mkdir -p \"$7\" && echo \"$3 $5\" >\"$7/result.json\" ;;\n*) exit 9 ;;\nesac\n"
	for name, text := range map[string]string{"gh": gh, "listed": listed.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("bash", "-e", "-o", "pipefail", "-c", script)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + dir + ":" + os.Getenv("PATH"), "GH_REPO=o/r", "GITHUB_REF_NAME=main"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	results, err := filepath.Glob(filepath.Join(dir, "results", "*", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var runs []string
	for _, path := range results {
		runs = append(runs, filepath.Base(filepath.Dir(path)))
		if src, err := os.ReadFile(path); err != nil || strings.TrimSpace(string(src)) != runs[len(runs)-1]+" load-test" {
			t.Errorf("%s: %q, %v", path, src, err)
		}
	}
	if want := []string{"101", "107"}; !slices.Equal(runs, want) {
		t.Errorf("it took the results of the runs %q, want %q", runs, want)
	}
}

// documented is the script of a step of an example.
func documented(t *testing.T, example, step string) string {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(checkout, "examples", example))
	if err != nil {
		t.Fatal(err)
	}
	var w struct {
		Jobs map[string]struct{ Steps []struct{ Name, Run string } }
	}
	if err := yaml.Unmarshal(src, &w); err != nil {
		t.Fatal(err)
	}
	for _, job := range w.Jobs {
		for _, s := range job.Steps {
			if s.Name == step {
				return s.Run
			}
		}
	}
	t.Fatalf("%s has no step %q", example, step)
	return ""
}
