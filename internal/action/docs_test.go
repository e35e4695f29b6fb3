package action

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocsNameTheRepository: docs puts the name that git knows where the pages
// and examples have none, once; what a folder was cloned from is no name.
func TestDocsNameTheRepository(t *testing.T) {
	const checkout = "../.."
	pages := []string{"README.md", "docs/tencent-pts.md", "docs/networks.md", "docs/zh/gates.md", "examples/matrix.yml"}
	for _, test := range []struct{ remote, want string }{
		{"https://github.com/octo-org/cloudjob.git", "octo-org/cloudjob"},
		{"git@github.com:octo-org/cloudjob.git", "octo-org/cloudjob"},
		{"ssh://git@github.example:2222/octo-org/cloudjob", "octo-org/cloudjob"},
		{"/srv/git/cloudjob.git", "OWNER/cloudjob"},
		{"../cloudjob", "OWNER/cloudjob"},
	} {
		here := t.TempDir()
		for _, name := range []string{"README.md", "action.yml", "docs", "examples", "internal/docs"} {
			from := filepath.Join(checkout, name)
			if info, err := os.Stat(from); err != nil {
				t.Fatal(err)
			} else if info.IsDir() {
				if err := os.CopyFS(filepath.Join(here, name), os.DirFS(from)); err != nil {
					t.Fatal(err)
				}
				continue
			}
			text, err := os.ReadFile(from)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(here, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
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
