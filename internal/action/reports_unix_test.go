//go:build unix

package action

import (
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// TestReportsAreGivenAway: the container is root, and on a runner of one's own
// the next checkout, which is not, must be able to delete what it wrote: each
// folder that was made, and each file.
func TestReportsAreGivenAway(t *testing.T) {
	dir := t.TempDir()
	p := &process{getenv: func(name string) string { return map[string]string{"GITHUB_WORKSPACE": dir}[name] }}
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		if err := os.Chown(dir, 1234, 5678); err != nil {
			t.Fatal(err)
		}
	}
	r, err := p.prepare("there/a/b", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	var given []string
	give := r.give
	r.give = func(root *os.Root, name string) { given = append(given, filepath.Ext(name)); give(root, name) }
	if _, err := r.writeAll([]report.Result{{Provider: "tencent-pts", What: "scenario", Outcome: job.Succeeded}}, nil, nil); err != nil {
		t.Fatal(err)
	}
	slices.Sort(given)
	if diff := cmp.Diff([]string{".csv", ".html", ".json", ".json", ".xml"}, given); diff != "" {
		t.Errorf("given away (-want +got):\n%s", diff)
	}
	if os.Geteuid() != 0 {
		return // nothing can be given away; the image is tried as root
	}
	for _, name := range []string{"there/a", "there/a/b", "there/a/b/result.json", "there/a/b/verdict.json", "there/a/b/series.csv", "there/a/b/report.html", "there/a/b/junit.xml"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 1234 || owner.Gid != 5678 {
			t.Errorf("%s belongs to %d:%d", name, owner.Uid, owner.Gid)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "there")); err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
		t.Errorf("a folder that was there changed its owner, or %v", err)
	}
}

// TestReportsReplaceLinks: what a link leads to is not written to, even if the
// link was put there while the job ran; and what cannot be put in its place is
// not left beside it.
func TestReportsReplaceLinks(t *testing.T) {
	dir := t.TempDir()
	p := &process{getenv: func(name string) string { return map[string]string{"GITHUB_WORKSPACE": dir}[name] }}
	r, err := p.prepare("out", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	mine := filepath.Join(dir, "mine")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../mine", filepath.Join(dir, "out/junit.xml")); err != nil {
		t.Fatal(err)
	}
	if err := r.write("junit.xml", []byte("ours")); err != nil {
		t.Fatal(err)
	}
	if src, err := os.ReadFile(mine); err != nil || string(src) != "mine" {
		t.Errorf("the link's target is %q, %v", src, err)
	}
	if src, err := os.ReadFile(filepath.Join(dir, "out/junit.xml")); err != nil || string(src) != "ours" {
		t.Errorf("the report is %q, %v", src, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "out/report.html/x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := r.write("report.html", []byte("ours")); err == nil {
		t.Error("a folder was replaced")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "out/.*")); err != nil || left != nil {
		t.Errorf("%q is left, %v", left, err)
	}
}
