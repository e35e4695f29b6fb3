package locale

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

// inChinese are the folders of golden files about mistakes of which some are kept
// in Chinese too, so that somebody reads them.
var inChinese = map[string][]string{
	"../plan/testdata/errors": {"login", "plan-job-names", "plan-gates-lists", "pts", "batch-task", "cpts", "dataarts-limits", "drs", "yaml-star"},
	"../gate/testdata/errors": {"head", "names", "text", "selector", "trend", "unit", "range"},
}

// english finds what was left in English: three words in a row, outside of quotes.
var (
	inQuotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	english  = regexp.MustCompile(`\b[a-z]{2,}(?:'s)?,? [a-z]{2,} [a-z]{2,}\b`)
)

// TestMistakesInChinese says every golden mistake in Chinese: nothing of them is
// left in English.
func TestMistakesInChinese(t *testing.T) {
	b := Named(Chinese)
	for folder, kept := range inChinese {
		files, err := filepath.Glob(folder + "/*.out")
		if err != nil || len(files) < 10 {
			t.Fatalf("%d files in %s: %v", len(files), folder, err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			said := b.Text(string(src))
			for line := range strings.Lines(said) {
				if left := english.FindString(inQuotes.ReplaceAllString(line, `""`)); left != "" {
					t.Errorf("%s: %q is left in %s", file, left, line)
				}
			}
			for _, name := range kept {
				if strings.TrimSuffix(filepath.Base(file), ".out") == name {
					compare(t, filepath.Join("testdata", filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(file))))+"-"+name+".zh"), said)
				}
			}
		}
	}
}

// TestExplainedInChinese is the same of what gates ask for.
func TestExplainedInChinese(t *testing.T) {
	src, err := os.ReadFile("../gate/testdata/explain.out")
	if err != nil {
		t.Fatal(err)
	}
	said := Named(Chinese).Text(string(src))
	for line := range strings.Lines(said) {
		if left := english.FindString(inQuotes.ReplaceAllString(line, `""`)); left != "" && strings.HasPrefix(line, " ") { // other lines are of a metric that a test made up
			t.Errorf("%q is left in %s", left, line)
		}
	}
	compare(t, "testdata/gate-explain.zh", said)
}

func compare(t *testing.T, golden, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if diff := cmp.Diff(string(want), got); err != nil || diff != "" {
		t.Errorf("%s: %v (-want +got):\n%s", golden, err, diff)
	}
}
