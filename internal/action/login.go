package action

import (
	"crypto/x509"
	"strings"
	"sync"

	"cloudjob/internal/cloud"
)

// env is what the jobs' services take from here: the road out, and how to log
// in.
func (p *process) env(c *console, login cloud.Login, roots []*x509.Certificate) cloud.Env {
	env := cloud.Env{
		Getenv: p.getenv, Transport: &cloud.Transport{Base: p.network, Roots: roots, Redact: p.secrets.redact},
		Login: login, Logins: &cloud.Logins{}, Secret: func(value string) { p.keep(value) }, Clock: p.clock, Fork: p.fork(),
	}
	if p.getenv("RUNNER_DEBUG") == "1" {
		var mu sync.Mutex
		env.Transport.Trace = func(line string) { mu.Lock(); defer mu.Unlock(); c.debug(line) }
	}
	return env
}

// eventLimit bounds what is read of the event that started the workflow.
const eventLimit = 16 << 20

// fork tells of a run that GitHub gives neither secrets nor identity tokens:
// that of a pull request from another repository. Runs of pull_request_target
// have both.
func (p *process) fork() bool {
	name := p.getenv("GITHUB_EVENT_NAME")
	if name != "pull_request" && !strings.HasPrefix(name, "pull_request_review") {
		return false
	}
	e := p.event()
	return e.PullRequest != nil && e.PullRequest.Head.Repo.FullName != p.getenv("GITHUB_REPOSITORY")
}
