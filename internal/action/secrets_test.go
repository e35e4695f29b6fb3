package action

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestRedact holds that of secrets which begin alike the longer is found, and
// that short ones, which would shred every text, are left.
func TestRedact(t *testing.T) {
	var s secrets
	s.add(nil, "secret-key", "secret-key-of-another", "short")
	if got, want := s.replace("secret-key-of-another secret-key-2 short"), "*** ***-2 short"; got != want {
		t.Errorf("redacted %q, want %q", got, want)
	}
}

// TestSecretsGrow: a key that a login brings while the step runs is masked once,
// before anything that holds it is written, and taken out of what is written
// from then on, by consoles that were there before, the crash's among them.
func TestSecretsGrow(t *testing.T) {
	var out bytes.Buffer
	p := &process{stdout: &out, stderr: &out, getenv: func(name string) string {
		return map[string]string{"GITHUB_ACTIONS": "true", "TENCENTCLOUD_SECRET_KEY": "permanent-key"}[name]
	}}
	c := p.newConsole()
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			key := fmt.Sprintf("temporary-key-%02d", i)
			p.keep(key)
			p.keep(key, "permanent-key")
			c.line("signed with %s", key)
			c.debug(key)
		})
	}
	all.Wait()
	c.failure("title", "refused: temporary-key-11")
	p.crashed(fmt.Errorf("a fault with temporary-key-07 and permanent-key"))
	log := out.String()
	if n := strings.Count(log, "::add-mask::"); n != 21 {
		t.Errorf("%d masks, want 21", n)
	}
	if rest := logWithoutMasks(log); strings.Contains(rest, "temporary-key") || strings.Contains(rest, "permanent-key") || !strings.Contains(rest, "signed with ***\n") || !strings.Contains(rest, "a fault with *** and ***") {
		t.Errorf("the log shows keys:\n%s", rest)
	}
	if !strings.HasPrefix(log, "::add-mask::permanent-key\n") {
		t.Errorf("the log begins with something else than a mask:\n%s", log)
	}
}
