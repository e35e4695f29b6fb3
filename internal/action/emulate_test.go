package action

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"cloudjob/internal/field"
)

// TestEmulate serves the emulated cloud, starts a job in it, and stops it.
func TestEmulate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	none := func(string) string { return "" }
	server := &process{args: []string{"-listen", "127.0.0.1:0", "-speed", "60"}, stdout: writer, stderr: io.Discard, getenv: none}
	ended := make(chan int, 1)
	go func() {
		ended <- server.emulate(ctx)
		writer.Close()
	}()
	log := bufio.NewScanner(reader)
	address := ""
	for address == "" && log.Scan() {
		if _, rest, ok := strings.Cut(log.Text(), "listening on "); ok {
			address, _, _ = strings.Cut(rest, " ")
		}
	}
	lines := make(chan string, 100)
	go func() {
		defer close(lines)
		for log.Scan() {
			lines <- log.Text()
		}
	}()

	answer, err := http.Get(address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("/healthz answers %d", answer.StatusCode)
	}

	step := &process{stdout: io.Discard, stderr: io.Discard, getenv: emulated}
	status := step.step(t.Context(), []field.Input{
		{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo"}, {Name: "endpoint", Text: address},
	})
	if status != 0 {
		t.Errorf("a step ends with %d", status)
	}
	if line := <-lines; !strings.Contains(line, " tencent pts StartJob 200 ") {
		t.Errorf("the log of the call is %q", line)
	}

	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("the emulator ends with %d", status)
	}
}

// TestEmulateLogin logs in to a running emulator as its own words say, with
// flags that make tokens and keys short.
func TestEmulateLogin(t *testing.T) {
	address, said := emulating(t, "-listen", "127.0.0.1:0", "-key-life", "5m", "-token-life", "1m", "-subject-with-ids")
	if said.err.String() != "" {
		t.Errorf("on loopback it warns: %s", said.err.String())
	}
	value := func(name string) string {
		_, rest, _ := strings.Cut(said.out.String(), name+"=")
		line, _, _ := strings.Cut(rest, "\n")
		return line
	}
	if want := address + "/github/token?"; !strings.HasPrefix(value("ACTIONS_ID_TOKEN_REQUEST_URL"), want) {
		t.Fatalf("the address is %q, want %s", value("ACTIONS_ID_TOKEN_REQUEST_URL"), want)
	}
	r, err := http.NewRequest("GET", value("ACTIONS_ID_TOKEN_REQUEST_URL")+"&audience=sts.myhuaweicloud.com", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "bearer "+value("ACTIONS_ID_TOKEN_REQUEST_TOKEN"))
	var token struct{ Value string }
	answered(t, r, &token)
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token.Value+"..", ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Sub      string
		Iat, Exp int64
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Exp-claims.Iat != 60 || !strings.Contains(claims.Sub, "octo-org@") || !strings.Contains(said.out.String(), claims.Sub) {
		t.Errorf("it says %s, %v", payload, err)
	}
	named := func(input string) string {
		_, rest, _ := strings.Cut(said.out.String(), " "+input+" ")
		line, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(line)
	}
	body := fmt.Sprintf(`{"provider_urn":%q,"agency_urn":%q,"agency_session_name":"a-run","id_token":%q}`,
		named("huawei_oidc_provider_urn"), named("huawei_agency_urn"), token.Value)
	r, err = http.NewRequest("POST", named("login_endpoint")+"/v5/agencies/assume-with-oidc", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var keys struct {
		Credentials struct{ Expiration time.Time }
	}
	answered(t, r, &keys)
	if left := time.Until(keys.Credentials.Expiration); left > 5*time.Minute || left < 4*time.Minute {
		t.Errorf("the key lives %s", left)
	}
}

// answered makes a request that must succeed.
func answered(t *testing.T, r *http.Request, into any) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || json.Unmarshal(body, into) != nil {
		t.Fatalf("%s: %d %s, %v", r.URL, answer.StatusCode, body, err)
	}
}

// TestEmulateWarns: the emulator's keys are public.
func TestEmulateWarns(t *testing.T) {
	_, said := emulating(t, "-listen", "0.0.0.0:0", "-quiet")
	if !strings.Contains(said.err.String(), "warning: the emulator listens beyond this machine") {
		t.Errorf("it says %q", said.err.String())
	}
}

func TestEmulateFlags(t *testing.T) {
	for _, args := range [][]string{{"-speed", "0"}, {"-key-life", "-1s"}, {"-token-life", "0"}, {"-key-life", "5"}, {"now"}} {
		p := &process{args: args, stdout: io.Discard, stderr: io.Discard, getenv: func(string) string { return "" }}
		if status := p.emulate(t.Context()); status == 0 {
			t.Errorf("%v is taken", args)
		}
	}
}

// said is what a command wrote.
type said struct{ out, err *recorded }

// recorded is a writer that can be read meanwhile.
type recorded struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorded) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *recorded) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// emulating runs the emulator until the test ends, and gives its address.
func emulating(t *testing.T, args ...string) (string, said) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	s := said{out: &recorded{}, err: &recorded{}}
	p := &process{args: args, stdout: s.out, stderr: s.err, getenv: func(string) string { return "" }}
	ended := make(chan int, 1)
	go func() { ended <- p.emulate(ctx) }()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != 0 {
			t.Errorf("the emulator ends with %d", status)
		}
	})
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); runtime.Gosched() {
		if _, rest, ok := strings.Cut(s.out.String(), "listening on "); ok && strings.Contains(rest, "\n") {
			address, _, _ := strings.Cut(rest, " ")
			if answer, err := http.Get(address + "/healthz"); err == nil {
				answer.Body.Close()
			}
			return address, s
		}
	}
	t.Fatalf("it does not listen: %s%s", s.out.String(), s.err.String())
	return "", s
}
