package action

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cloudjob/internal/field"
)

// TestSecretInTwoLines: a secret that was stored with a line break inside is no
// login, and the connection is not to blame.
func TestSecretInTwoLines(t *testing.T) {
	for _, name := range []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN"} {
		dir := t.TempDir()
		var out, err bytes.Buffer
		env := map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": filepath.Join(dir, "output"), "GITHUB_STEP_SUMMARY": filepath.Join(dir, "summary"),
			"TENCENTCLOUD_SECRET_ID": "AKIDEXAMPLE", "TENCENTCLOUD_SECRET_KEY": "example-key", "TENCENTCLOUD_TOKEN": "example-token",
		}
		env[name] += "\nsecond"
		p := &process{stdout: &out, stderr: &err, getenv: func(name string) string { return env[name] }, network: indiscreet{}}
		status := p.step(context.Background(), []field.Input{
			{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "p"}, {Name: "scenario_id", Text: "s"},
		})
		if want := name + " has a line break inside, so it is no key or token"; status != 3 || !strings.Contains(out.String(), want) {
			t.Errorf("%s: exit status %d, want 3 and %q in\n%s", name, status, want, out.String())
		}
	}
}

// TestAllProxy stands for the proxy of https where there is none.
func TestAllProxy(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string // of HTTPS_PROXY; empty: it is left as it is
	}{
		{nil, ""},
		{map[string]string{"ALL_PROXY": "socks5://a:1"}, "socks5://a:1"},
		{map[string]string{"all_proxy": "socks5://a:1"}, "socks5://a:1"},
		{map[string]string{"ALL_PROXY": "socks5://a:1", "all_proxy": "socks5://b:1"}, "socks5://a:1"},
		{map[string]string{"ALL_PROXY": "socks5://a:1", "HTTPS_PROXY": "http://b:1"}, ""},
		{map[string]string{"ALL_PROXY": "socks5://a:1", "https_proxy": "http://b:1"}, ""},
	} {
		if _, got := allProxy(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%v: got %q, want %q", test.env, got, test.want)
		}
	}
}
