package cloud

import (
	"cmp"
	"fmt"
	"net/url"
	"strings"

	"cloudjob/internal/job"
)

// CheckProxy complains of a proxy address that net/http would silently ignore, unless
// the called address needs no proxy. "" stands for the service's own address.
func (e Env) CheckProxy(address string) error {
	if u, err := url.Parse(address); e.Rehearsal || e.Transport.Base != nil || err == nil && loopback(u.Hostname()) {
		return nil
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} { // the first that is set counts
		proxy := e.Getenv(name)
		if proxy == "" {
			continue
		}
		for _, all := range []string{"ALL_PROXY", "all_proxy"} { // which stood in for it
			if e.Getenv(all) == proxy {
				name = all
				break
			}
		}
		if problem := proxyProblem(proxy); problem != "" {
			return &job.Error{
				Fault: job.Unsent, Call: "connect", Message: fmt.Sprintf("%s %s", name, problem),
				Cure: "write it like http://proxy.example.com:3128, odd characters of a login percent-encoded, or leave it out; nothing was sent",
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
