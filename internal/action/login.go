package action

import (
	"crypto/x509"
	"strings"
	"sync"

	"cloudjob/internal/cloud"
)

// env is the environment that services are opened with: the transport, and how to log
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

// eventLimit is how many bytes are read of the event that started the workflow.
const eventLimit = 16 << 20

// fork reports whether GitHub gives this run neither secrets nor identity tokens,
// because it is of a pull request from a fork. Runs of pull_request_target get both.
func (p *process) fork() bool {
	name := p.getenv("GITHUB_EVENT_NAME")
	if name != "pull_request" && !strings.HasPrefix(name, "pull_request_review") {
		return false
	}
	e := p.event()
	return e.PullRequest != nil && e.PullRequest.Head.Repo.FullName != p.getenv("GITHUB_REPOSITORY")
}
