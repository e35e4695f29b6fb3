// Package proxy tries the program behind a proxy that others wrote, Debian's
// tinyproxy, which has to be there. The vendors' hosts have their own names and
// a private root; all traffic stays on loopback, because tinyproxy hands its
// connections to another proxy, which leads all of them to the emulator.
package proxy

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
)

const (
	tencentHost = "pts.intl.tencentcloudapi.com"
	huaweiHost  = "drs.cn-north-4.myhuaweicloud.com"
	stsTencent  = "sts.intl.tencentcloudapi.com"
	stsHuawei   = "sts.cn-north-4.myhuaweicloud.com"
	tokenHost   = "run.actions.githubusercontent.com"
	anyHost     = "0.0.0.0" // this machine, and no loopback address to net/http

	user, password = "robot", "canary-of-the_proxy.1" // tinyproxy takes no odder characters
)

// program builds the program, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "cloudjob-proxy-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "cloudjob")
	out, err := exec.Command("go", "build", "-o", path, "cloudjob").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := program(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// network is what stands behind tinyproxy.
type network struct {
	cloud     *emulator.Emulator
	begun     chan struct{} // gets one when a start has arrived
	tls, next net.Addr      // of the clouds, and of the proxy that leads to them
	root      []byte        // in PEM
	mu        sync.Mutex
	asked     []string // of the proxy that is next
}

// newNetwork makes the clouds, with certificates of a root of their own.
func newNetwork(t *testing.T) *network {
	t.Helper()
	clock := emulator.NewClock(20)
	var halves []emu.Half
	for _, p := range catalog.Providers() {
		halves = append(halves, p.Emulate(clock))
	}
	n := &network{cloud: emulator.New(emulator.Options{Speed: 20}, halves...), begun: make(chan struct{}, 100)}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.cloud.ServeHTTP(w, r)
		if r.Header.Get("X-TC-Action") == "StartJob" {
			n.begun <- struct{}{}
		}
	}))
	var certificate tls.Certificate
	certificate, n.root = signed(t)
	server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	server.Config.ErrorLog = nil
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	n.tls = server.Listener.Addr()
	next := httptest.NewServer(http.HandlerFunc(n.lead))
	t.Cleanup(next.Close)
	n.next = next.Listener.Addr()
	return n
}

// signed makes a root and a certificate of its for all hosts.
func signed(t *testing.T) (tls.Certificate, []byte) {
	t.Helper()
	make := func(template, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
		if parent == nil {
			parent, parentKey = template, key
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
		if err != nil {
			t.Fatal(err)
		}
		made, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return made, key
	}
	root, rootKey := make(&x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a company's root"}, IsCA: true, BasicConstraintsValid: true,
	}, nil, nil)
	leaf, key := make(&x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{tencentHost, huaweiHost, stsTencent, stsHuawei, tokenHost}, IPAddresses: []net.IP{net.ParseIP(anyHost)},
	}, root, rootKey)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Raw})
}

// lead makes a tunnel to the clouds, whatever host is asked for.
func (n *network) lead(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	n.asked = append(n.asked, r.Method+" "+r.RequestURI)
	n.mu.Unlock()
	far, err := net.Dial("tcp", n.tls.String())
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { io.Copy(far, buffered); far.Close() }()
	io.Copy(near, far)
	near.Close()
}

// hosts are those that tinyproxy was led to, each once, and forgotten.
func (n *network) hosts() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	slices.Sort(n.asked)
	hosts := strings.Join(slices.Compact(n.asked), "\n")
	n.asked = nil
	return hosts
}

// tinyproxy starts one that hands over to the network, with more lines of its
// configuration, and returns its address.
func (n *network) tinyproxy(t *testing.T, lines ...string) string {
	t.Helper()
	path, err := exec.LookPath("tinyproxy")
	if err != nil {
		t.Fatal("these tests need Debian's tinyproxy: ", err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)
	config := filepath.Join(t.TempDir(), "tinyproxy.conf")
	text := strings.Join(append([]string{
		"Port " + port, "Listen 127.0.0.1", "Allow 127.0.0.1", "Timeout 30", "MaxClients 50", "LogLevel Connect", "Upstream http " + n.next.String(),
	}, lines...), "\n") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	c := exec.Command(path, "-d", "-c", config)
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() { c.Process.Kill(); <-ended })
	for give := time.After(10 * time.Second); ; {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return address
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("tinyproxy ended: %v\n%s", err, &log)
		case <-give:
			t.Fatal("tinyproxy does not listen")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// step is a workflow step and all that it writes.
type step struct {
	dir    string
	env    []string
	status int
	log    string // what it printed
	texts  string // all that it wrote anywhere
}

// newStep has the credentials of the emulator's world, the roots in a file of
// the workspace, and inputs and variables.
func (n *network) newStep(t *testing.T, set ...string) *step {
	t.Helper()
	s := &step{dir: t.TempDir()}
	for _, name := range []string{"output", "state", "summary", "env"} {
		if err := os.WriteFile(filepath.Join(s.dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string][]byte{"roots.pem": n.root, "plan.yml": []byte(plan)} {
		if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	in := func(name string) string { return filepath.Join(s.dir, name) }
	s.env = append([]string{
		"HOME=" + s.dir, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + s.dir, "RUNNER_DEBUG=1",
		"GITHUB_OUTPUT=" + in("output"), "GITHUB_STATE=" + in("state"), "GITHUB_STEP_SUMMARY=" + in("summary"), "GITHUB_ENV=" + in("env"),
		"TENCENTCLOUD_SECRET_ID=" + emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY=" + emulator.Secret,
		"HUAWEICLOUD_SDK_AK=" + emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK=" + emulator.Secret,
		"INPUT_POLL_INTERVAL=1s",
	}, set...)
	return s
}

const plan = `jobs:
  - provider: tencent-pts
    project_id: project-demo
    scenario_id: scenario-short
  - provider: huawei-drs
    project_id: ` + emulator.ProjectID + `
    region: cn-north-4
    job_ids: 9a470239-2308-4bb5-a6bc-1040402fjb21
`

func (s *step) command(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return &exec.Cmd{Path: path, Args: []string{name}, Env: s.env, Dir: s.dir}
}

// run runs the step's main phase, or its post phase.
func (s *step) run(t *testing.T, name string) {
	t.Helper()
	c := s.command(t, name)
	out, err := c.CombinedOutput()
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && !exited {
		t.Fatal(err)
	}
	s.status, s.log = c.ProcessState.ExitCode(), string(out)
	s.texts += s.log
	err = filepath.WalkDir(s.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "roots.pem" {
			return err
		}
		text, err := os.ReadFile(path)
		s.texts += string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// expect holds a step's end, a part of what it said, and that nothing of the
// proxy's login is anywhere.
func (s *step) expect(t *testing.T, status int, part string) {
	t.Helper()
	if s.status != status || !strings.Contains(s.log, part) {
		t.Errorf("ended with %d, want %d and %q\n%s", s.status, status, part, s.log)
	}
	texts := regexp.MustCompile(`(?m)^::add-mask::.*$`).ReplaceAllString(s.texts, "") // they tell the runner
	for _, form := range []string{password, base64.StdEncoding.EncodeToString([]byte(user + ":" + password)), base64.StdEncoding.EncodeToString([]byte(user + ":wrong" + password))} {
		if strings.Contains(texts, form) {
			t.Errorf("the proxy's password stands as %q in\n%s", form, texts)
		}
	}
}

// login is an address with a login.
func login(address, password string) string {
	return (&url.URL{Scheme: "http", User: url.UserPassword(user, password), Host: address}).String()
}

// TestPlan runs jobs of both vendors on their own hosts through tinyproxy, with
// a login and without, by each variable.
func TestPlan(t *testing.T) {
	for _, test := range []struct {
		variable, address string
		locked            bool
	}{
		{"HTTPS_PROXY", "http://ADDRESS", false},
		{"https_proxy", "ADDRESS", false},
		{"ALL_PROXY", "http://ADDRESS", false},
		{"HTTPS_PROXY", login("ADDRESS", password), true},
		{"https_proxy", strings.Replace(login("ADDRESS", password), ":c", ":%63", 1), true},
		{"all_proxy", login("ADDRESS", password), true},
	} {
		proxy := test.variable + "=" + test.address
		t.Run(strings.Replace(proxy, password, "PASSWORD", 1), func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			var lines []string
			if test.locked {
				lines = []string{"BasicAuth " + user + " " + password}
			}
			proxy := strings.Replace(proxy, "ADDRESS", n.tinyproxy(t, lines...), 1)
			s := n.newStep(t, proxy, "INPUT_PLAN_FILE=plan.yml", "INPUT_CA_FILE=roots.pem", "INPUT_REPORT_DIR=reports", "INPUT_ON_INCONCLUSIVE=pass")
			s.run(t, "cloudjob")
			s.expect(t, 0, "")
			if got, want := n.hosts(), "CONNECT "+huaweiHost+":443\nCONNECT "+tencentHost+":443"; got != want {
				t.Errorf("tinyproxy led to\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestLogin logs in to both clouds without keys, the same way.
func TestLogin(t *testing.T) {
	n := newNetwork(t)
	proxy := n.tinyproxy(t, "BasicAuth "+user+" "+password)
	for _, test := range []struct {
		login  string
		status int
		part   string
	}{
		{password, 0, ""},
		{"wrong" + password, 3, "identity token: the proxy " + proxy + " refuses the login that stands in its address (HTTP 401); see whether the login service can be reached: write it into the proxy's variable"},
	} {
		s := n.newStep(t, "HTTPS_PROXY="+login(proxy, test.login), "INPUT_PLAN_FILE=plan.yml", "INPUT_CA_FILE=roots.pem",
			"TENCENTCLOUD_SECRET_ID=", "TENCENTCLOUD_SECRET_KEY=", "HUAWEICLOUD_SDK_AK=", "HUAWEICLOUD_SDK_SK=",
			"ACTIONS_ID_TOKEN_REQUEST_URL=https://"+tokenHost+emulator.IdentityTokenPath, "ACTIONS_ID_TOKEN_REQUEST_TOKEN="+emulator.IdentityRequestToken,
			"INPUT_TENCENT_ROLE_ARN="+emulator.TencentRoleARN, "INPUT_TENCENT_OIDC_PROVIDER="+emulator.TencentOIDCProvider,
			"INPUT_HUAWEI_AGENCY_URN="+emulator.HuaweiAgencyURN, "INPUT_HUAWEI_OIDC_PROVIDER_URN="+emulator.HuaweiOIDCProviderURN)
		s.run(t, "cloudjob")
		s.expect(t, test.status, test.part)
		want := ""
		if test.status == 0 {
			want = "CONNECT " + strings.Join([]string{huaweiHost, tencentHost, tokenHost, stsHuawei, stsTencent}, ":443\nCONNECT ") + ":443"
		}
		if got := n.hosts(); got != want {
			t.Errorf("tinyproxy led to\n%s\nwant\n%s", got, want)
		}
	}
}

// TestRefusals: what a proxy refuses is said in a sentence with its cause, and
// nothing was sent.
func TestRefusals(t *testing.T) {
	n := newNetwork(t)
	locked := n.tinyproxy(t, "BasicAuth "+user+" "+password)
	narrow := n.tinyproxy(t, "ConnectPort 563")
	page, err := os.ReadFile("../../docs/networks.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ proxy, part string }{
		{"HTTPS_PROXY=http://" + locked, "the proxy " + locked + " wants a login (HTTP 407)"},
		{"HTTPS_PROXY=" + login(locked, "wrong"+password), "the proxy " + locked + " refuses the login that stands in its address (HTTP 401)"},
		{"HTTPS_PROXY=http://" + narrow, "the proxy " + narrow + " makes no connection to " + tencentHost + ":443 (HTTP 403)"},
		{"HTTPS_PROXY=http://" + user + ":#" + password + "@" + locked, "HTTPS_PROXY is an address of a page, not of a proxy"}, // # is not percent-encoded
	} {
		s := n.newStep(t, test.proxy, "INPUT_PROVIDER=tencent-pts", "INPUT_PROJECT_ID=project-demo", "INPUT_SCENARIO_ID=scenario-short", "INPUT_CA_FILE=roots.pem")
		s.run(t, "cloudjob")
		s.expect(t, 5, test.part)
		if documented := strings.NewReplacer(locked, "PROXY", narrow, "PROXY", tencentHost+":443", "HOST").Replace(test.part); !bytes.Contains(page, []byte("\n| `"+documented+"` |")) {
			t.Errorf("docs/networks.md lacks %q", documented)
		}
		if hosts := n.hosts(); hosts != "" || n.cloud.Calls()[emulator.Total] != 0 {
			t.Errorf("%s: tinyproxy led to %s", test.proxy, hosts)
		}
	}
}

// TestRoots: a host whose root is private is called only if the root is known,
// by the input or by SSL_CERT_FILE.
func TestRoots(t *testing.T) {
	n := newNetwork(t)
	open := n.tinyproxy(t)
	for _, test := range []struct {
		set    []string
		status int
		part   string
	}{
		{nil, 5, "certificate signed by unknown authority; if your network has roots of its own, name their file in ca_file"},
		{[]string{"INPUT_CA_FILE=roots.pem"}, 0, ""},
		{[]string{"SSL_CERT_FILE=ROOTS"}, 0, ""},
		{[]string{"INPUT_CA_FILE=plan.yml"}, 2, `ca_file: "plan.yml" has no certificate in PEM`},
	} {
		s := n.newStep(t, "HTTPS_PROXY="+open, "INPUT_PROVIDER=tencent-pts", "INPUT_PROJECT_ID=project-demo", "INPUT_SCENARIO_ID=scenario-short")
		for _, v := range test.set {
			s.env = append(s.env, strings.Replace(v, "ROOTS", filepath.Join(s.dir, "roots.pem"), 1))
		}
		s.run(t, "cloudjob")
		s.expect(t, test.status, test.part)
	}
}

// TestNoProxy: who is in NO_PROXY is called directly; odd entries exempt nobody.
func TestNoProxy(t *testing.T) {
	n := newNetwork(t)
	open := n.tinyproxy(t)
	_, port, err := net.SplitHostPort(n.tls.String())
	if err != nil {
		t.Fatal(err)
	}
	endpoint := net.JoinHostPort(anyHost, port)
	for _, test := range []struct {
		except string
		direct bool
	}{
		{"NO_PROXY=", false}, {"NO_PROXY=" + anyHost, true}, {"no_proxy=0.0.0.0/8", true}, {"NO_PROXY=" + endpoint, true}, {"NO_PROXY=*", true},
		{"NO_PROXY=" + anyHost + ":1", false}, {"NO_PROXY=.0.0.0,0.0.0.0.example.com", false}, {"NO_PROXY=, ,[,%,0.0.0.0/99,:", false},
		{"NO_PROXY=" + tencentHost, false},
	} {
		s := n.newStep(t, "HTTPS_PROXY="+open, test.except, "INPUT_CA_FILE=roots.pem", "INPUT_ENDPOINT=https://"+endpoint,
			"INPUT_PROVIDER=tencent-pts", "INPUT_PROJECT_ID=project-demo", "INPUT_SCENARIO_ID=scenario-short")
		s.run(t, "cloudjob")
		s.expect(t, 0, "")
		want := "CONNECT " + endpoint
		if test.direct {
			want = ""
		}
		if got := n.hosts(); got != want {
			t.Errorf("%s: tinyproxy led to %q, want %q", test.except, got, want)
		}
	}
}

// TestPost: a main that was killed behind a proxy with a login and a private
// root leaves its job to the post step, which goes the same way.
func TestPost(t *testing.T) {
	n := newNetwork(t)
	s := n.newStep(t, "HTTPS_PROXY="+login(n.tinyproxy(t, "BasicAuth "+user+" "+password), password), "INPUT_CA_FILE=roots.pem",
		"INPUT_PROVIDER=tencent-pts", "INPUT_PROJECT_ID=project-demo", "INPUT_SCENARIO_ID=scenario-stuck", "INPUT_WAIT=true")
	main := s.command(t, "cloudjob")
	if err := main.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-n.begun:
	case <-time.After(30 * time.Second):
		t.Error("nothing was started")
	}
	main.Process.Kill()
	main.Wait()
	saved, err := os.ReadFile(filepath.Join(s.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(saved))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		s.env = append(s.env, "STATE_"+e.Name+"="+e.Value)
	}
	n.hosts()
	s.run(t, "post")
	s.expect(t, 0, "the step ended before its jobs did")
	if got := n.hosts(); got != "CONNECT "+tencentHost+":443" {
		t.Errorf("the post step was led to %q", got)
	}
	if summary, err := os.ReadFile(filepath.Join(s.dir, "summary")); err != nil || !strings.Contains(string(summary), "✅ stopped") {
		t.Errorf("%v\n%s", err, summary)
	}
}
