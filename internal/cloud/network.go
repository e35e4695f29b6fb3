package cloud

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// headerLimit bounds an answer's header, in bytes.
const headerLimit = 256 << 10

type dialer func(ctx context.Context, network, address string) (net.Conn, error)

// network makes the pool of connections. Every wait has a limit: connecting and the
// handshake may take a third of the time of a call.
func network(dial dialer, roots []*x509.Certificate, within time.Duration) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: tunnelled,
		DialContext:            atHome(dial),
		TLSClientConfig:        &tls.Config{RootCAs: pool(roots)},
		TLSHandshakeTimeout:    within / 3,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: within / 3, PingTimeout: within / 3}, // otherwise a connection that died silently is used again and again
		MaxResponseHeaderBytes: headerLimit,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
	}
}

// atHome refuses a connection to localhost that leads to another machine. Keys may go
// there unencrypted, and whoever resolves the name decides where it leads.
func atHome(dial dialer) dialer {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(address)
		if remote, _, _ := net.SplitHostPort(conn.RemoteAddr().String()); err == nil && loopback(host) && !loopback(remote) {
			conn.Close()
			return nil, fmt.Errorf("%s is another machine here (%s)", host, conn.RemoteAddr())
		}
		return conn, nil
	}
}

// pool has the system's roots and more; nil stands for the system's alone.
func pool(roots []*x509.Certificate) *x509.CertPool {
	if roots == nil {
		return nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // there are none
		pool = x509.NewCertPool()
	}
	for _, root := range roots {
		pool.AddCert(root)
	}
	return pool
}

// tunnelRefused is the error for a proxy that refuses to connect.
type tunnelRefused struct {
	proxy, host string
	status      int
	login       bool // the proxy's address has one
}

// unauthorized reports whether the proxy refused the login. tinyproxy answers 407
// without a login, and 401 to a wrong one.
func (e *tunnelRefused) unauthorized() bool {
	return e.status == http.StatusProxyAuthRequired || e.status == http.StatusUnauthorized
}

func (e *tunnelRefused) Error() string {
	switch {
	case !e.unauthorized():
		return fmt.Sprintf("the proxy %s makes no connection to %s (HTTP %d)", e.proxy, e.host, e.status)
	case e.login:
		return fmt.Sprintf("the proxy %s refuses the login that stands in its address (HTTP %d)", e.proxy, e.status)
	}
	return fmt.Sprintf("the proxy %s wants a login (HTTP %d)", e.proxy, e.status)
}

func (e *tunnelRefused) cure() string {
	if e.unauthorized() {
		return "write it into the proxy's variable, like http://user:password@host:3128, from a secret and with odd characters percent-encoded; nothing was started by this call"
	}
	return "have it let the host through, or name the host in NO_PROXY; nothing was started by this call"
}

// tunnelled reads a proxy's answer, because net/http would keep only its status text.
func tunnelled(_ context.Context, proxy *url.URL, connect *http.Request, resp *http.Response) error {
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	return &tunnelRefused{proxy.Host, cmp.Or(connect.URL.Opaque, connect.Host), resp.StatusCode, proxy.User != nil}
}
