package action

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cloudjob/internal/gate"
	"cloudjob/internal/plan"
)

// TestMatching: ** stands for any folders, or none, and other parts for one.
func TestMatching(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"1.json", "a/2.json", "a/b/3.json", "a/b/c/4.json", "a/b/c/4.txt", "d/b/5.json", "a/x.json/6.json"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for pattern, want := range map[string][]string{
		"*.json":           {"1.json"},
		"a/2.json":         {"a/2.json"},
		"**/*.json":        {"1.json", "a/2.json", "a/b/3.json", "a/b/c/4.json", "a/x.json/6.json", "d/b/5.json"},
		"a/**/*.json":      {"a/2.json", "a/b/3.json", "a/b/c/4.json", "a/x.json/6.json"},
		"a/**/b/**/*.json": {"a/b/3.json", "a/b/c/4.json"},
		"**/b/*.json":      {"a/b/3.json", "d/b/5.json"},
		"a/b/c/**":         {"a/b/c/4.json", "a/b/c/4.txt"},
		"**/**/4.*":        {"a/b/c/4.json", "a/b/c/4.txt"},
		"*/**/5.json":      {"d/b/5.json"},
		"none/**":          nil,
		"**/none.json":     nil,
		"a/**b/*.json":     {"a/b/3.json"},
	} {
		if got := matching(root, pattern); !slices.Equal(got, want) {
			t.Errorf("%s matches %q, want %q", pattern, got, want)
		}
	}
}

// TestBasisOfAll: a job that stands twice in a plan is compared by the gates of
// both.
func TestBasisOfAll(t *testing.T) {
	gates := func(text string) []gate.Gate { g, _ := gate.Parse("gates", text); return g }
	jobs := []plan.Job{{Gates: gates("rps >= baseline\nerror_rate < 1%")}, {}, {Gates: gates("errors <= baseline +1")}}
	if got := compared(jobs); len(got) != 2 || got[0].Metric != "rps" || got[1].Metric != "errors" {
		t.Errorf("limited by a baseline: %v", got)
	}
}
