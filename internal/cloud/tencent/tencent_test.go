package tencent

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// key is what a login came to.
type key struct{ ID, Key, Token string }

func TestCredentials(t *testing.T) {
	const id, secret, token, other = "TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "TENCENTCLOUD_TOKEN", "TENCENTCLOUD_SECURITY_TOKEN"
	tests := []struct {
		name string
		env  map[string]string
		want key
		fail string
	}{
		{"a permanent key", map[string]string{id: "AKIDONEONE", secret: "s-tested"}, key{"AKIDONEONE", "s-tested", ""}, ""},
		{"a temporary key", map[string]string{id: "AKIDONEONE", secret: "s-tested", token: "t-tested"}, key{"AKIDONEONE", "s-tested", "t-tested"}, ""},
		{"the other spelling", map[string]string{id: "AKIDONEONE", secret: "s-tested", other: "t-tested"}, key{"AKIDONEONE", "s-tested", "t-tested"}, ""},
		{"both spellings", map[string]string{id: "AKIDONEONE", secret: "s-tested", token: "t-tested", other: " t-tested\n"}, key{"AKIDONEONE", "s-tested", "t-tested"}, ""},
		{"stray spaces", map[string]string{id: " AKIDONEONE\n", secret: "\ts-tested \r\n", token: " "}, key{"AKIDONEONE", "s-tested", ""}, ""},
		{"different tokens", map[string]string{id: "AKIDONEONE", secret: "s-tested", token: "t-tested", other: "u-tested"}, key{}, token + " and " + other + " differ; keep one of them"},
		{"nothing", nil, key{}, "there are no Tencent Cloud credentials; set " + id + " and " + secret},
		{"only blanks", map[string]string{id: " ", secret: "\n"}, key{}, "there are no Tencent Cloud credentials"},
		{"only a token", map[string]string{token: "t-tested"}, key{}, "there are no Tencent Cloud credentials"},
		{"a line break in the id", map[string]string{id: "AKID1\nAKID2", secret: "s-tested"}, key{}, id + " has a line break inside"},
		{"a line break in the key", map[string]string{id: "AKIDONEONE", secret: "s\r\nt"}, key{}, secret + " has a line break inside"},
		{"a line break in the token", map[string]string{id: "AKIDONEONE", secret: "s-tested", token: "t\nu"}, key{}, token + " has a line break inside"},
		{"a line break in the other token", map[string]string{id: "AKIDONEONE", secret: "s-tested", other: "t\nu"}, key{}, other + " has a line break inside"},
		{"a tab in the key", map[string]string{id: "AKIDONEONE", secret: "s\tt"}, key{}, secret + " has a control character inside"},
		{"a key that is cut off", map[string]string{id: "AKIDONEONE", secret: "s-teste"}, key{}, secret + " has fewer than 8 characters, so it is no key or token"},
		{"a short token", map[string]string{id: "AKIDONEONE", secret: "s-tested", token: "t"}, key{}, token + " has fewer than 8 characters"},
		{"no key", map[string]string{id: "AKIDONEONE"}, key{}, secret + " is empty; set it in the step's env beside " + id},
		{"no id", map[string]string{secret: "s-tested", token: "t-tested"}, key{}, id + " is empty; set it in the step's env beside " + secret},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ring, err := held(cloud.Env{Getenv: getenv(test.env)})
			if test.fail != "" {
				e, ok := errors.AsType[*job.Error](err)
				if !ok || e.Fault != job.Denied || !strings.Contains(e.Error(), test.fail) {
					t.Errorf("got %v, want it denied with %q", err, test.fail)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got, err := ring.Keys(t.Context(), cloud.Call{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, key{got.ID, got.Secret, got.Token}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	read := map[string]bool{}
	if _, err := held(cloud.Env{Getenv: func(name string) string { read[name] = true; return "xxxxxxxx" }}); err != nil {
		t.Fatal(err)
	}
	for _, name := range Variables() {
		if !read[name] {
			t.Errorf("%s is not read", name)
		}
		delete(read, name)
	}
	if len(read) > 0 {
		t.Errorf("read but not in Variables: %v", read)
	}
}

// request makes a call of the account through the vendor's client.
func request(t *testing.T, a *Account) error {
	t.Helper()
	return send(t, a, cloud.Call{Name: "StartJob"})
}

func send(t *testing.T, a *Account, call cloud.Call) error {
	t.Helper()
	return a.Call(t.Context(), call, nil, func(client *common.Client) error {
		r := tchttp.NewCommonRequest("pts", "2021-07-28", "StartJob")
		if err := r.SetActionParameters(map[string]any{"Note": "n"}); err != nil {
			return err
		}
		return client.Send(r, tchttp.NewCommonResponse())
	})
}

// network answers every request alike and keeps where they went.
type network struct {
	status int
	body   string
	asked  []*http.Request
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.asked = append(n.asked, r)
	return &http.Response{StatusCode: n.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(n.body)), Request: r}, nil
}

func account(t *testing.T, n http.RoundTripper, target Target) *Account {
	t.Helper()
	env := map[string]string{"TENCENTCLOUD_SECRET_ID": "AKIDONEONE", "TENCENTCLOUD_SECRET_KEY": "hunter2-hunter2"}
	a, err := Open(cloud.Env{Getenv: getenv(env), Transport: &cloud.Transport{Base: n}}, target, "pts")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestHost(t *testing.T) {
	for _, test := range []struct {
		target Target
		want   string
	}{
		{Target{Site: International}, "https://pts.intl.tencentcloudapi.com/"},
		{Target{Site: Domestic, Region: "ap-guangzhou"}, "https://pts.tencentcloudapi.com/"},
		{Target{Site: Domestic, Endpoint: "http://127.0.0.1:8787"}, "http://127.0.0.1:8787/"},
		{Target{Site: International, Endpoint: "https://pts.example.com:8443/"}, "https://pts.example.com:8443/"},
	} {
		n := &network{status: 200, body: `{"Response":{"JobId":"job-1"}}`}
		if err := request(t, account(t, n, test.target)); err != nil {
			t.Error(err)
		}
		if len(n.asked) != 1 || n.asked[0].URL.String() != test.want || n.asked[0].Header.Get("X-TC-Region") != test.target.Region {
			t.Errorf("%+v: asked %v", test.target, n.asked)
		}
	}
}

// TestNothingElseIsConsulted: no file of the home folder, no variable but
// those listed, no metadata address; with a login and without one.
func TestNothingElseIsConsulted(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked %s %s", r.Method, r.URL)
	}))
	defer elsewhere.Close()
	usual := http.DefaultTransport
	http.DefaultTransport = unexpected{t} // the way to the metadata address
	defer func() { http.DefaultTransport = usual }()

	const profile = "[default]\nsecret_id = AKIDFILE\nsecret_key = file\n"
	homes := map[string]map[string]string{
		"an empty home": {},
		"a full home": {
			".tencentcloud/credentials": profile,
			".tccli/default.credential": `{"secretId":"AKIDFILE","secretKey":"file"}`,
		},
	}
	for name, files := range homes {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			for path, text := range files {
				write(t, filepath.Join(home, path), text)
			}
			t.Setenv("HOME", home)
			t.Setenv("TENCENTCLOUD_CREDENTIALS_FILE", filepath.Join(home, ".tencentcloud/credentials"))
			t.Setenv("TENCENTCLOUD_SECRET_ID", "AKIDPROCESS") // the action passes its own environment, not the process's
			t.Setenv("TENCENTCLOUD_SECRET_KEY", "process")
			t.Setenv("TENCENTCLOUD_REGION", "ap-elsewhere")
			t.Setenv("TKE_ROLE_ARN", elsewhere.URL)

			n := &network{status: 200, body: `{"Response":{"JobId":"job-1"}}`}
			if err := request(t, account(t, n, Target{Site: International})); err != nil {
				t.Error(err)
			}
			if len(n.asked) != 1 || n.asked[0].URL.Host != "pts.intl.tencentcloudapi.com" ||
				!strings.Contains(n.asked[0].Header.Get("Authorization"), "Credential=AKIDONEONE/") || n.asked[0].Header.Get("X-TC-Region") != "" {
				t.Errorf("asked %+v", n.asked)
			}
			n.asked = nil
			if _, err := Open(cloud.Env{Getenv: getenv(nil), Transport: &cloud.Transport{Base: n}}, Target{}, "pts"); err == nil {
				t.Error("logged in with nothing")
			}
			a, err := Open(cloud.Env{Getenv: getenv(nil), Transport: &cloud.Transport{Base: n}, Rehearsal: true}, Target{}, "pts")
			if err != nil {
				t.Fatalf("a rehearsal needs no login: %v", err)
			}
			if keys, err := a.keys.Keys(t.Context(), cloud.Call{}); err != nil || keys.ID != "AKIDEXAMPLE" {
				t.Errorf("a rehearsal signs by %+v: %v", keys, err)
			}
			if len(n.asked) != 0 {
				t.Errorf("asked %+v", n.asked)
			}
			if got := count(t, home); got != len(files) {
				t.Errorf("%d files in the home folder, want %d", got, len(files))
			}
		})
	}
}

// unexpected is a network that nobody may use.
type unexpected struct{ t *testing.T }

func (u unexpected) RoundTrip(r *http.Request) (*http.Response, error) {
	u.t.Errorf("asked %s %s", r.Method, r.URL)
	return nil, errors.New("unexpected")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, dir string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestExplained are answers that the SDK makes errors of.
func TestExplained(t *testing.T) {
	refusal := func(code string) string {
		return fmt.Sprintf(`{"Response":{"Error":{"Code":%q,"Message":"first\nsecond"},"RequestId":"r-1"}}`, code)
	}
	tests := []struct {
		name   string
		status int
		body   string
		target Target
		want   job.Error
	}{
		{
			"a refusal", 200, refusal("InvalidParameter.Other"), Target{},
			job.Error{
				Fault: job.Refused, Status: 200, Code: "InvalidParameter.Other", Message: "first second", RequestID: "r-1",
				Meaning: "a parameter is wrong", Cure: "see the message for which",
			},
		},
		{
			"with another status", 503, refusal("InternalError"), Target{},
			job.Error{
				Fault: job.Ambiguous, Status: 503, Code: "InternalError", Message: "first second", RequestID: "r-1",
				Meaning: "a fault of the cloud's, perhaps after the job began", Cure: "look for the job before starting it again; quote the request id to support",
			},
		},
		{
			"a key of the other site", 200, refusal("AuthFailure.SecretIdNotFound"), Target{Site: International},
			job.Error{
				Fault: job.Denied, Status: 200, Code: "AuthFailure.SecretIdNotFound", Message: "first second", RequestID: "r-1",
				Meaning: "the key is unknown, deleted or disabled",
				Cure:    "check the secret, also for stray spaces; this call went to the intl site, and a key works on its own site only: try site: domestic",
			},
		},
		{
			"a key of the other site, from the other side", 200, refusal("AuthFailure.SecretIdNotFound"), Target{Site: Domestic},
			job.Error{
				Fault: job.Denied, Status: 200, Code: "AuthFailure.SecretIdNotFound", Message: "first second", RequestID: "r-1",
				Meaning: "the key is unknown, deleted or disabled",
				Cure:    "check the secret, also for stray spaces; this call went to the domestic site, and a key works on its own site only: try site: intl",
			},
		},
		{
			"a key unknown at the user's own address", 200, refusal("AuthFailure.SecretIdNotFound"), Target{Site: International, Endpoint: "https://pts.example.com"},
			job.Error{
				Fault: job.Denied, Status: 200, Code: "AuthFailure.SecretIdNotFound", Message: "first second", RequestID: "r-1",
				Meaning: "the key is unknown, deleted or disabled", Cure: "check the secret, also for stray spaces",
			},
		},
		{
			"a code nobody knows", 200, refusal("Nobody.Knows"), Target{},
			job.Error{
				Fault: job.Refused, Status: 200, Code: "Nobody.Knows", Message: "first second", RequestID: "r-1",
				Meaning: "the call was refused", Cure: "see the message",
			},
		},
		{
			"a code nobody knows, of a server in trouble", 500, refusal("Nobody.Knows"), Target{},
			job.Error{
				Fault: job.Ambiguous, Status: 500, Code: "Nobody.Knows", Message: "first second", RequestID: "r-1",
				Meaning: "a fault of the cloud's, perhaps after the job began", Cure: "look for the job before starting it again",
			},
		},
		{
			"an object of a proxy", 502, `{"message":"bad gateway"}`, Target{},
			job.Error{Fault: job.Ambiguous, Status: 502, Code: "ClientError.HttpStatusCodeError", Meaning: "the SDK could not read the answer", Cure: "look at the job before starting it again"},
		},
		{
			"an answer of the old kind", 200, `{"code":4104,"codeDesc":"AuthFailure","message":"no"}`, Target{},
			job.Error{
				Fault: job.Denied, Status: 200, Code: "AuthFailure", Message: "no",
				Meaning: "the login failed", Cure: "check the key and its permissions",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := &network{status: test.status, body: test.body}
			err := request(t, account(t, n, test.target))
			got, ok := errors.AsType[*job.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if got.Call != "StartJob" || got.Err == nil || len(n.asked) != 1 {
				t.Errorf("call %q, cause %v, sent %d times", got.Call, got.Err, len(n.asked))
			}
			if test.want.Message == "" { // the SDK's own words
				got.Message = ""
			}
			got.Call, got.Err = "", nil
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestTheSDKFails: a fault of the SDK's, or of ours in its midst, ends
// nothing but the call.
func TestTheSDKFails(t *testing.T) {
	a := account(t, &network{status: 200, body: "{}"}, Target{})
	err := a.Call(t.Context(), cloud.Call{Name: "StartJob"}, nil, func(*common.Client) error {
		var response *tchttp.CommonResponse
		return errors.New(string(response.GetBody()))
	})
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Ambiguous || !strings.Contains(e.Error(), "the SDK failed on the answer") {
		t.Errorf("got %v", err)
	}
	fault := errors.New("no such field")
	err = a.Call(t.Context(), cloud.Call{Name: "StartJob"}, nil, func(*common.Client) error { return fault })
	if job.OutcomeOf(err) != job.Internal || !errors.Is(err, fault) {
		t.Errorf("got %v", err)
	}
	a = account(t, &network{status: 200, body: `{"Response":{}}`}, Target{})
	err = a.Call(t.Context(), cloud.Call{Name: "StartJob"}, nil, func(client *common.Client) error {
		if err := client.Send(tchttp.NewCommonRequest("pts", "2021-07-28", "StartJob"), tchttp.NewCommonResponse()); err != nil {
			t.Fatal(err)
		}
		return fault
	})
	if job.OutcomeOf(err) != job.StartUnknown || !errors.Is(err, fault) {
		t.Errorf("after the answer: %v", err)
	}
}

// TestTheTurnMayBeLate: of many calls the last wait longer for their turn than
// the SDK lets a call take, and what becomes of them then is still told.
func TestTheTurnMayBeLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := account(t, refused{}, Target{Region: "ap-guangzhou"})
		var calls sync.WaitGroup
		for range 120 {
			calls.Go(func() {
				err := send(t, a, cloud.Call{Name: "StartJob", PerSecond: 1})
				if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Unsent {
					t.Errorf("got %v, want the call unsent", err)
				}
			})
		}
		calls.Wait()
	})
}

// refused is a network where nobody listens.
type refused struct{}

func (refused) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
}

// TestCommonCodes are the names of facts tencent-auth §4, and what each means
// for a start.
func TestCommonCodes(t *testing.T) {
	for fault, names := range map[job.Fault]string{
		job.Denied: `AuthFailure AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId AuthFailure.MFAFailure
			AuthFailure.SecretIdNotFound AuthFailure.SignatureExpire AuthFailure.SignatureFailure AuthFailure.TokenFailure
			AuthFailure.UnauthorizedOperation UnauthorizedOperation IpInBlacklist IpNotInWhitelist`,
		job.Refused: `ActionOffline DryRunOperation InvalidAction NoSuchProduct NoSuchVersion InvalidParameter InvalidParameterValue
			InvalidRequest MissingParameter UnknownParameter RequestSizeLimitExceeded ResourceInUse ResourceNotFound
			ResourceUnavailable UnsupportedOperation UnsupportedProtocol UnsupportedRegion`,
		job.Throttled: `LimitExceeded RequestLimitExceeded RequestLimitExceeded.GlobalRegionUinLimitExceeded
			RequestLimitExceeded.IPLimitExceeded RequestLimitExceeded.UinLimitExceeded ResourceInsufficient`,
		job.Ambiguous: `FailedOperation InternalError ServiceUnavailable ResponseSizeLimitExceeded`,
	} {
		for _, name := range strings.Fields(names) {
			c := cloud.Explain(name, commonCodes)
			if c.Fault != fault || c.Meaning == "" || c.Cure == "" {
				t.Errorf("%s: got %+v, want fault %d, a meaning and a cure", name, c, fault)
			}
		}
	}
}
