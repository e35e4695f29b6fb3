package action

import (
	"bytes"
	"strings"
	"testing"

	"cloudjob/internal/github"
	"cloudjob/internal/locale"
	"cloudjob/internal/report"
)

// TestLanguage holds which language is spoken before inputs are read: of a step
// what its inputs say, else English, and of a laptop what its environment says.
func TestLanguage(t *testing.T) {
	for name, test := range map[string]struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		"a step":                    {"", nil, map[string]string{"GITHUB_ACTIONS": "true", "LANG": "zh_CN.UTF-8"}, locale.English},
		"a step in Chinese":         {"", nil, map[string]string{"GITHUB_ACTIONS": "true", "INPUT_LOCALE": "zh"}, locale.Chinese},
		"its post step":             {"post", nil, map[string]string{"GITHUB_ACTIONS": "true", "INPUT_LOCALE": "zh"}, locale.Chinese},
		"the post step of a plan":   {"post", nil, map[string]string{"GITHUB_ACTIONS": "true", "STATE_locale": "zh"}, locale.Chinese},
		"a state that says nothing": {"post", nil, map[string]string{"GITHUB_ACTIONS": "true", "STATE_locale": "../zh"}, locale.English},
		"a command":                 {"", []string{"check"}, map[string]string{"LANG": "zh_CN.UTF-8"}, locale.Chinese},
		"a command beside a step":   {"", []string{"check"}, map[string]string{"GITHUB_ACTIONS": "true", "INPUT_LOCALE": "zh", "LANG": "zh_CN"}, locale.English},
		"no step, no command":       {"", nil, map[string]string{"LANG": "zh_CN.UTF-8"}, locale.Chinese},
		"a laptop in English":       {"", []string{"check"}, map[string]string{"LANG": "en_GB.UTF-8"}, locale.English},
	} {
		p := &process{name: test.name, args: test.args, getenv: func(name string) string { return test.env[name] }}
		p.speak(p.preferred())
		if is := p.book.Load() != nil; is != (test.want == locale.Chinese) {
			t.Errorf("%s: in Chinese: %v", name, is)
		}
	}
}

// TestSecretsInChinese: what is masked in English is masked in Chinese, and a
// secret of our own phrases' words is.
func TestSecretsInChinese(t *testing.T) {
	var out bytes.Buffer
	const secret = "the call was refused: see the message"
	p := &process{stdout: &out, stderr: &out, getenv: func(name string) string {
		return map[string]string{"GITHUB_ACTIONS": "true", "INPUT_LOCALE": "zh", "TENCENTCLOUD_SECRET_KEY": secret}[name]
	}}
	p.speak(p.preferred())
	c := p.newConsole()
	out.Reset()
	c.line("StartJob: %s; wait until it is free", secret)
	c.failure("cloudjob: login", secret)
	c.outputs([]report.Output{{Name: "reason", Value: secret}, {Name: "job_id", Value: "the call was refused"}})
	if got, want := out.String(), "StartJob：***；请等到它空闲\n::error title=cloudjob%3A 登录::***\nreason = ***\njob_id = the call was refused\n"; got != want {
		t.Errorf("it says\n%s\nnot\n%s", got, want)
	}
}

// TestCommentFits: a comment that is longer in Chinese is made of less.
func TestCommentFits(t *testing.T) {
	p := &process{getenv: func(string) string { return "" }}
	text := func(limit int) string { return strings.Repeat("- fail\n", limit/len("- fail\n")) }
	english := p.wordedComment(text)
	p.speak(locale.Chinese)
	chinese := p.wordedComment(text)
	if len(chinese) > github.Limit || len(chinese) < github.Limit/2 || strings.Contains(chinese, "fail") || len(english) < github.Limit-2<<10 {
		t.Errorf("%d bytes in Chinese, %d in English: %.100q", len(chinese), len(english), chinese)
	}
}
