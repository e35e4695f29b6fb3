package action

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// unlucky is a source of delimiters of which the first are known to whoever
// wrote the values.
func unlucky() func() string {
	next := 0
	return func() string {
		next++
		return strings.Repeat("A", min(next, 3)) + strings.Repeat("B", max(0, next-3))
	}
}

// FuzzOutputs holds that the runner reads back exactly what was set, whatever
// the values are; and that a write that fails leaves what stood there before.
func FuzzOutputs(f *testing.F) {
	for _, value := range []string{
		"", " ", "job-1", "\n", "\n\n", "a\nb\n", "\r\n", "a\rb", "=", "<<", "x=y", "x<<end_A\ny\nend_A", "end_A", "end_A\nverdict=passed", "end_A\nend_AA\nend_AAA",
		"_GitHubActionsFileCommandDelimeter_", "x\n_GitHubActionsFileCommandDelimeter_\nverdict=passed", "::set-output name=x::y",
		"\ufeffx", "\x00", "\xff\xfe", "end_\xffA", "\u2028", "作业 😀", `["a","b"]`,
	} {
		f.Add(value, "next")
		f.Add("before", value)
	}
	for _, value := range hostile.Seeds(f) {
		f.Add(value, value)
	}
	path := filepath.Join(f.TempDir(), "output")
	f.Fuzz(func(t *testing.T, first, second string) {
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		random := unlucky()
		var want []runnertest.Entry
		for _, block := range [][]report.Output{{{Name: "job_id", Value: first}, {Name: "statuses", Value: second}}, {{Name: "outcome", Value: first + second}}} {
			if err := appendWhole(path, outputsBlock(block, random)); err != nil {
				t.Fatal(err)
			}
			for _, o := range block {
				want = append(want, runnertest.Entry{Name: o.Name, Value: job.Plain(o.Value)})
			}
		}
		written, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := runnertest.Entries(string(written))
		if err != nil {
			t.Fatalf("the runner would refuse %q: %v", written, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("outputs (-set +read):\n%s", diff)
		}

		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := appendTo(fullDisk{f}, outputsBlock([]report.Output{{Name: "late", Value: first}}, random)); err == nil {
			t.Error("a write to a full disk did not fail")
		}
		after, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(written), string(after)); diff != "" {
			t.Errorf("a failed write changed the file:\n%s", diff)
		}
	})
}

// fullDisk has room for ten bytes more.
type fullDisk struct{ *os.File }

func (f fullDisk) Write(b []byte) (int, error) {
	n, err := f.File.Write(b[:min(10, len(b))])
	return n, errors.Join(err, syscall.ENOSPC)
}
