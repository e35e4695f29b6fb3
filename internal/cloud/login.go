package cloud

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"cloudjob/internal/job"
)

// Denied is the error of a login that cannot be tried.
func Denied(message, cure string) error {
	return &job.Error{Fault: job.Denied, Call: "login", Message: message, Cure: cure}
}

// Login reads the parts of a login from the environment.
type Login struct {
	getenv func(string) string
	err    error
}

// LoginFrom reads from getenv.
func LoginFrom(getenv func(string) string) *Login { return &Login{getenv: getenv} }

// Get reads a part. White space around it came with the storing, and goes.
func (l *Login) Get(name string) string {
	value := strings.TrimSpace(l.getenv(name))
	if strings.ContainsFunc(value, unicode.IsControl) && l.err == nil {
		what := "a control character"
		if strings.ContainsAny(value, "\r\n") {
			what = "a line break"
		}
		l.err = Denied(name+" has "+what+" inside, so it is no key or token", "store the secret again, as one line and nothing else")
	}
	return value
}

// Err complains of a part that was read and that no header could carry.
func (l *Login) Err() error { return l.err }

// CheckProxy complains of a proxy's address that net/http would silently pass
// by, unless the address that is called is reached without a proxy.
func (e Env) CheckProxy(address string) error {
	if u, err := url.Parse(address); e.Rehearsal || e.Transport.Base != nil || err == nil && loopback(u.Hostname()) {
		return nil
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} { // the first that is set counts
		proxy := e.Getenv(name)
		if proxy == "" {
			continue
		}
		if problem := proxyProblem(proxy); problem != "" {
			return &job.Error{
				Fault: job.Unsent, Call: "connect", Message: fmt.Sprintf("%s %s", name, problem),
				Cure: "write it like http://proxy.example.com:3128, or leave it out; nothing was sent",
			}
		}
		return nil
	}
	return nil
}

// proxyProblem never shows the address, which may hold a password.
func proxyProblem(proxy string) string {
	if !strings.Contains(proxy, "://") { // a host alone is taken, as everywhere
		proxy = "http://" + proxy
	}
	u, err := url.Parse(proxy)
	switch {
	case err != nil || u.Hostname() == "":
		return "is no address of a proxy"
	case cmp.Or(u.Path, "/") != "/" || u.RawQuery != "" || u.Fragment != "":
		return "is an address of a page, not of a proxy"
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
		return ""
	}
	return "has the scheme " + Shorten(u.Scheme) + "; a proxy is spoken to by http, https or socks5"
}
