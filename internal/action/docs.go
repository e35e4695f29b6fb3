package action

import (
	"cloudjob/internal/emulator"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"cloudjob/internal/docs"
	"cloudjob/internal/job"
)

// remote matches addresses of repositories, and finds their owner/name.
var remote = regexp.MustCompile(`^(?:https://|ssh://|[\w.-]+@)[^/:]+(?::\d+/|[:/])([\w.-]+/[\w.-]+?)(?:\.git)?/?$`)

// origin is owner/name of the repository that the checkout was cloned from. It is
// empty if that was a folder or a bundle.
func origin() string {
	url, err := exec.Command("git", "remote", "get-url", "origin").Output()
	if m := remote.FindStringSubmatch(strings.TrimSpace(string(url))); err == nil && m != nil {
		return m[1]
	}
	return ""
}

// docs writes the generated documentation into the checkout it is run in.
func (p *process) docs() int {
	c := p.newConsole()
	fail := func(err error) int {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w; it has to be run in a checkout of this action", err)
		}
		c.failure("cloudjob: docs", err.Error())
		return job.Internal.Exit()
	}
	_, halves := newEmulator(emulator.Options{})
	files, err := docs.Generate(os.DirFS("."), world(halves, listenAddress), origin())
	if err != nil {
		return fail(err)
	}
	for _, f := range files {
		if old, err := os.ReadFile(f.Path); err == nil && string(old) == f.Text {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(f.Path), 0o755); err != nil {
			return fail(err)
		}
		if err := os.WriteFile(f.Path, []byte(f.Text), 0o644); err != nil {
			return fail(fmt.Errorf("write %s: %w", f.Path, err))
		}
		c.line("wrote %s", f.Path)
	}
	return 0
}
