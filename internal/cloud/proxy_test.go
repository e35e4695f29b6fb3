package cloud

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// The proxy's variables are read once in the life of a process, so each test
// of them is a process of its own: this one again, told by childURL what to
// call.
const (
	childURL    = "CLOUDJOB_TEST_CALL"
	childWithin = "CLOUDJOB_TEST_WITHIN" // how long the call may take
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		callOnce(url)
		return
	}
	os.Exit(m.Run())
}

// callOnce prints what one call over the real network came to.
func callOnce(url string) {
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	r.Header.Set("Authorization", "private")
	transport := &Transport{}
	if within, err := time.ParseDuration(os.Getenv(childWithin)); err == nil {
		transport.within = within
	}
	resp, err := transport.Bind(context.Background(), Call{Name: "StartJob"}).RoundTrip(r)
	if e, ok := errors.AsType[*job.Error](err); ok {
		fmt.Printf("fault %d: %v\n", e.Fault, e)
		return
	}
	body, err := io.ReadAll(resp.Body)
	fmt.Println("answer", string(body), err)
}

// call runs a child with an environment of its own.
func call(t *testing.T, url string, env ...string) string {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append([]string{childURL + "=" + url, "HOME=" + t.TempDir(), "GOCOVERDIR=" + t.TempDir(), "GORACE=atexit_sleep_ms=0"}, env...) // the race detector would sleep a second
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// proxy is a listener that keeps what it is asked and answers it.
type proxy struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

// newProxy answers every CONNECT with a status, or leads it to the address.
func newProxy(t *testing.T, status int, to string) *proxy {
	p := &proxy{}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.Method+" "+r.RequestURI+" "+r.Header.Get("Authorization"))
		p.mu.Unlock()
		if to == "" {
			w.WriteHeader(status)
			return
		}
		far, err := net.Dial("tcp", to)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		near, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { io.Copy(far, near); far.Close() }()
		io.Copy(near, far)
		near.Close()
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *proxy) log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, "\n")
}

// TestProxy: HTTPS_PROXY is honoured, in either spelling, though the Huawei
// SDK's own transport would not; the proxy sees where to, and no header of ours.
func TestProxy(t *testing.T) {
	cloud := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"host":%q,"login":%q}`, r.Host, r.Header.Get("Authorization"))
	}))
	defer cloud.Close()
	authority := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cloud.Certificate().Raw})
	if err := os.WriteFile(authority, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, variable := range []string{"HTTPS_PROXY", "https_proxy"} {
		p := newProxy(t, 0, cloud.Listener.Addr().String())
		got := call(t, "https://example.com/", variable+"="+p.URL, "SSL_CERT_FILE="+authority)
		if want := `answer {"host":"example.com","login":"private"} <nil>` + "\n"; got != want {
			t.Errorf("%s: got %s, want %s", variable, got, want)
		}
		if got, want := p.log(), "CONNECT example.com:443 "; got != want {
			t.Errorf("%s: the proxy was asked %q, want %q", variable, got, want)
		}
	}
}

// TestProxyRefuses: a tunnel that was not made carried nothing, and the words
// about it say whose fault it is and hold no password.
func TestProxyRefuses(t *testing.T) {
	for _, test := range []struct {
		status      int
		login       string // in the proxy's address
		says, cured string
	}{
		{http.StatusProxyAuthRequired, "someone:hunter2@", "the proxy ADDRESS refuses the login that stands in its address (HTTP 407)", "like http://user:password@host:3128"},
		{http.StatusProxyAuthRequired, "", "the proxy ADDRESS wants a login (HTTP 407)", "like http://user:password@host:3128"},
		{http.StatusUnauthorized, "someone:hunter2@", "the proxy ADDRESS refuses the login that stands in its address (HTTP 401)", "like http://user:password@host:3128"},
		{http.StatusForbidden, "someone:hunter2@", "the proxy ADDRESS makes no connection to pts.invalid:443 (HTTP 403)", "NO_PROXY"},
		{http.StatusBadGateway, "", "the proxy ADDRESS makes no connection to pts.invalid:443 (HTTP 502)", "NO_PROXY"},
		{http.StatusNoContent, "", "the proxy ADDRESS makes no connection to pts.invalid:443 (HTTP 204)", "NO_PROXY"},
	} {
		p := newProxy(t, test.status, "")
		got := call(t, "https://pts.invalid/", "HTTPS_PROXY="+strings.Replace(p.URL, "http://", "http://"+test.login, 1))
		says := strings.Replace(test.says, "ADDRESS", p.Listener.Addr().String(), 1)
		if want := fmt.Sprintf("fault %d: StartJob: %s; ", job.Unsent, says); !strings.HasPrefix(got, want) || !strings.Contains(got, test.cured) {
			t.Errorf("got %s, want %s…", got, want)
		}
		if strings.Contains(got, "hunter2") || strings.Contains(got, "someone") || !strings.Contains(got, "nothing was started") {
			t.Errorf("got %s", got)
		}
		if got, want := p.log(), "CONNECT pts.invalid:443 "; got != want {
			t.Errorf("the proxy was asked %q, want %q", got, want)
		}
	}
}

// TestProxyLoginIsTriedOnce: who repeats a wrong login is locked out in many a
// company. Another fault of a proxy's may pass.
func TestProxyLoginIsTriedOnce(t *testing.T) {
	for status, tries := range map[int]int{http.StatusProxyAuthRequired: 1, http.StatusUnauthorized: 1, http.StatusBadGateway: 1 + retries} {
		synctest.Test(t, func(t *testing.T) {
			tried := 0
			transport := &Transport{Base: roundTripper(func(*http.Request) (*http.Response, error) {
				tried++
				return nil, &tunnelRefused{"proxy.example.com:3128", "pts.example.com:443", status, true}
			})}
			read := Call{Name: "DescribeJobs", Reads: true}
			err := Retry(t.Context(), read, func() error {
				_, err := ask(t, transport.Bind(t.Context(), read), "https://pts.example.com")
				return err
			})
			if want(t, err, job.Unsent, "the proxy proxy.example.com:3128 "); tried != tries {
				t.Errorf("HTTP %d: tried %d times, want %d", status, tried, tries)
			}
		})
	}
}

// TestProxyIsNotForLoopback: the emulator is reached past every proxy, however
// loopback is written: http would show the proxy the login.
func TestProxyIsNotForLoopback(t *testing.T) {
	p := newProxy(t, http.StatusBadGateway, "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{}`) }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]"} {
		if got := call(t, "http://"+host+":"+port, "HTTP_PROXY="+p.URL, "HTTPS_PROXY="+p.URL, "ALL_PROXY="+p.URL, "NO_PROXY=:,[,%,*.example"); got != "answer {} <nil>\n" {
			t.Errorf("%s: got %s", host, got)
		}
	}
	for _, host := range []string{"LOCALHOST", "localhost.", "127.1", "localhost.evil"} {
		got := call(t, "http://"+host+":"+port, "HTTP_PROXY="+p.URL)
		if want := fmt.Sprintf("fault %d: StartJob: plain http is used for loopback addresses only\n", job.Unsent); got != want {
			t.Errorf("%s: got %s", host, got)
		}
	}
	if p.log() != "" {
		t.Errorf("the proxy was asked %s", p.log())
	}
}

// TestProxyThatIsNone: net/http would pass by what it cannot read, and call
// directly.
func TestProxyThatIsNone(t *testing.T) {
	const far, near = "https://pts.example.com", "http://127.0.0.1:8787"
	for _, test := range []struct {
		env     map[string]string
		address string
		want    string // "": it is one, or none is needed
	}{
		{nil, far, ""},
		{map[string]string{"HTTPS_PROXY": "http://proxy.example.com:3128"}, far, ""},
		{map[string]string{"HTTPS_PROXY": "http://someone:hunter2@proxy.example.com:3128/"}, far, ""},
		{map[string]string{"https_proxy": "proxy.example.com:3128"}, far, ""},
		{map[string]string{"HTTPS_PROXY": "proxy"}, far, ""},
		{map[string]string{"HTTPS_PROXY": "socks5h://127.0.0.1:1080"}, far, ""},
		{map[string]string{"HTTPS_PROXY": "[::1]:3128"}, far, ""},
		{map[string]string{"HTTPS_PROXY": "not a proxy"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"https_proxy": "http://"}, far, "https_proxy is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "http://hunter2 proxy:3128"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "http://proxy.example.com:port"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": " http://proxy.example.com"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "ftp://proxy.example.com"}, far, "HTTPS_PROXY has the scheme ftp"},
		{map[string]string{"HTTPS_PROXY": "http://proxy.example.com/proxy.pac"}, far, "HTTPS_PROXY is an address of a page"},
		{map[string]string{"HTTPS_PROXY": "http://proxy.example.com", "https_proxy": "not a proxy"}, far, ""},
		{map[string]string{"HTTPS_PROXY": "not a proxy"}, near, ""},
		{map[string]string{"HTTPS_PROXY": " "}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"https_proxy": "\t"}, far, "https_proxy is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "//proxy.example.com:3128"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "http:/proxy.example.com:3128"}, far, "HTTPS_PROXY is"},
		{map[string]string{"HTTPS_PROXY": "http://me:hunter2#x@proxy.example.com:3128"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "http://me:12/hunter2@proxy.example.com:3128"}, far, "HTTPS_PROXY is an address of a page"},
		{map[string]string{"HTTPS_PROXY": "http://me:hunter%2@proxy.example.com:3128"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "not a proxy"}, "", "HTTPS_PROXY is no address of a proxy"}, // the service's own address
		{map[string]string{"HTTPS_PROXY": "not a proxy", "NO_PROXY": "example.com"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "not a proxy", "ALL_PROXY": "not a proxy"}, far, "ALL_PROXY is no address of a proxy"}, // which was taken for it
		{map[string]string{"HTTPS_PROXY": "not a proxy", "all_proxy": "not a proxy"}, far, "all_proxy is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "not a proxy", "ALL_PROXY": "http://proxy.example.com"}, far, "HTTPS_PROXY is no address of a proxy"},
		{map[string]string{"HTTPS_PROXY": "", "https_proxy": "http://proxy.example.com"}, far, ""},
		{map[string]string{"HTTP_PROXY": "not a proxy"}, far, ""}, // nothing of ours goes there
	} {
		env := Env{Transport: &Transport{}, Getenv: func(name string) string { return test.env[name] }}
		err := env.CheckProxy(test.address)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%v: got %v", test.env, err)
		case test.want != "":
			if e := want(t, err, job.Unsent, test.want); strings.Contains(e.Error(), "hunter2") || !strings.Contains(e.Cure, "nothing was sent") {
				t.Errorf("got %v", e)
			}
		}
		if env.Rehearsal = true; env.CheckProxy(test.address) != nil {
			t.Errorf("%v: a rehearsal needs no proxy", test.env)
		}
	}
}
