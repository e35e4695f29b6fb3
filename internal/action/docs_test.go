package action

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cloudjob/internal/docs"
)

// TestDocsNameTheRepository: docs puts the name that git knows where the pages
// and examples have none, once; what a folder was cloned from is no name.
func TestDocsNameTheRepository(t *testing.T) {
	pages := []string{"README.md", "docs/tencent-pts.md", "docs/networks.md", "docs/zh/gates.md", "examples/matrix.yml"}
	for _, test := range []struct{ remote, want string }{
		{"https://github.com/octo-org/cloudjob.git", "octo-org/cloudjob"},
		{"git@github.com:octo-org/cloudjob.git", "octo-org/cloudjob"},
		{"ssh://git@github.example:2222/octo-org/cloudjob", "octo-org/cloudjob"},
		{"https://github.com/Octo-Org/load.gate_2.git", "Octo-Org/load.gate_2"},
		{"/srv/git/cloudjob.git", "OWNER/cloudjob"},
		{"../cloudjob", "OWNER/cloudjob"},
	} {
		here := t.TempDir()
		unnamed(t, here)
		t.Run(test.remote, func(t *testing.T) {
			t.Chdir(here)
			for _, args := range [][]string{{"init", "-q"}, {"remote", "add", "origin", test.remote}} {
				if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
					t.Fatalf("git %q: %v\n%s", args, err, out)
				}
			}
			for _, remote := range []string{test.remote, "https://github.com/a-fork/cloudjob"} {
				if test.want == "OWNER/cloudjob" && remote != test.remote {
					continue
				}
				if out, err := exec.Command("git", "remote", "set-url", "origin", remote).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, out)
				}
				if status := Main([]string{"cloudjob", "docs"}); status != 0 {
					t.Fatalf("exit status %d", status)
				}
				for _, page := range pages {
					text, err := os.ReadFile(page)
					if err != nil {
						t.Fatal(err)
					}
					if named := strings.Contains(string(text), test.want); !named || test.want != "OWNER/cloudjob" && strings.Contains(string(text), "OWNER/cloudjob") || strings.Contains(string(text), "a-fork") {
						t.Errorf("%s does not name %s alone, after %s", page, test.want, remote)
					}
				}
			}
		})
	}
}

// unnamed copies what docs reads and writes, as it is before it has the name of a
// repository: this checkout may have one.
func unnamed(t *testing.T, to string) {
	t.Helper()
	checkout := os.DirFS("../..")
	name, err := docs.Repository(checkout)
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"README.md", "action.yml", "docs", "examples", "internal/docs"} {
		err := fs.WalkDir(checkout, from, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			text, err := fs.ReadFile(checkout, path)
			if err != nil {
				return err
			}
			path = filepath.Join(to, path)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				return err
			}
			return os.WriteFile(path, bytes.ReplaceAll(text, []byte(name), []byte("OWNER/cloudjob")), 0o644)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
