package huawei

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

const project = "0123456789abcdef0123456789abcdef"

// TestMain gives the tests a home folder of their own. What the SDK writes
// there it writes once in the life of a process, so it is looked for at the end.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "home-")
	if err != nil {
		log.Fatal(err)
	}
	os.Setenv("HOME", home)
	status := m.Run()
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		fmt.Fprintf(os.Stderr, "the tests left %v in the home folder: %v\n", left, err)
		status = 1
	}
	os.RemoveAll(home)
	os.Exit(status)
}

func getenv(env map[string]string) func(string) string {
	return func(name string) string { return env[name] }
}

// login is what a login came to.
type login struct{ AK, SK, Token, Project, AuthToken string }

func loginOf(t *testing.T, ring cloud.Keyring) login {
	t.Helper()
	keys, err := ring.Keys(t.Context(), cloud.Call{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := credential(keys, project)
	if err != nil {
		t.Fatal(err)
	}
	switch c := c.(type) {
	case *basic.Credentials:
		return login{AK: c.AK, SK: c.SK, Token: c.SecurityToken, Project: c.ProjectId}
	case authToken:
		return login{AuthToken: c.token, Project: c.project}
	}
	t.Fatalf("a credential of the type %T", c)
	return login{}
}

func TestCredentials(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want login
		fail string
	}{
		{"the SDK's names", map[string]string{"HUAWEICLOUD_SDK_AK": "ak-tested", "HUAWEICLOUD_SDK_SK": "sk-tested"}, login{AK: "ak-tested", SK: "sk-tested", Project: project}, ""},
		{"with a token", map[string]string{"HUAWEICLOUD_SDK_AK": "ak-tested", "HUAWEICLOUD_SDK_SK": "sk-tested", "HUAWEICLOUD_SDK_SECURITY_TOKEN": "t-tested"}, login{AK: "ak-tested", SK: "sk-tested", Token: "t-tested", Project: project}, ""},
		{"Terraform's names", map[string]string{"HW_ACCESS_KEY": "ak-tested", "HW_SECRET_KEY": "sk-tested", "HW_SECURITY_TOKEN": "t-tested"}, login{AK: "ak-tested", SK: "sk-tested", Token: "t-tested", Project: project}, ""},
		{"Terraform's older names", map[string]string{"OS_ACCESS_KEY": "ak-tested", "OS_SECRET_KEY": "sk-tested", "OS_SECURITY_TOKEN": "t-tested"}, login{AK: "ak-tested", SK: "sk-tested", Token: "t-tested", Project: project}, ""},
		{"an IAM token", map[string]string{"HW_AUTH_TOKEN": " t-tested\n"}, login{AuthToken: "t-tested", Project: project}, ""},
		{"stray spaces", map[string]string{"HUAWEICLOUD_SDK_AK": " ak-tested\n", "HUAWEICLOUD_SDK_SK": "\tsk-tested\r\n", "HUAWEICLOUD_SDK_SECURITY_TOKEN": " "}, login{AK: "ak-tested", SK: "sk-tested", Project: project}, ""},

		{"the SDK's before Terraform's", map[string]string{
			"HUAWEICLOUD_SDK_AK": "ak-tested1", "HUAWEICLOUD_SDK_SK": "sk-tested1", "HW_ACCESS_KEY": "ak-tested2", "HW_SECRET_KEY": "sk-tested2", "HW_SECURITY_TOKEN": "t-tested2",
		}, login{AK: "ak-tested1", SK: "sk-tested1", Project: project}, ""},
		{"newer before older", map[string]string{
			"HW_ACCESS_KEY": "ak-tested2", "HW_SECRET_KEY": "sk-tested2", "OS_ACCESS_KEY": "ak-tested3", "OS_SECRET_KEY": "sk-tested3", "OS_SECURITY_TOKEN": "t-tested3",
		}, login{AK: "ak-tested2", SK: "sk-tested2", Project: project}, ""},
		{"a key before a token", map[string]string{"OS_ACCESS_KEY": "ak-tested", "OS_SECRET_KEY": "sk-tested", "HW_AUTH_TOKEN": "t-tested"}, login{AK: "ak-tested", SK: "sk-tested", Project: project}, ""},

		{"nothing", nil, login{}, "there are no Huawei Cloud credentials; set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK"},
		{"a key that is cut off", map[string]string{"HUAWEICLOUD_SDK_AK": "ak-tested", "HUAWEICLOUD_SDK_SK": "sk-test"}, login{}, "HUAWEICLOUD_SDK_SK has fewer than 8 characters, so it is no key or token"},
		{"a short IAM token", map[string]string{"HW_AUTH_TOKEN": "token"}, login{}, "HW_AUTH_TOKEN has fewer than 8 characters"},
		{"only blanks", map[string]string{"HUAWEICLOUD_SDK_AK": " ", "HW_AUTH_TOKEN": "\n"}, login{}, "there are no Huawei Cloud credentials"},
		{"only a security token", map[string]string{"HUAWEICLOUD_SDK_SECURITY_TOKEN": "t-tested"}, login{}, "there are no Huawei Cloud credentials"},
		{"no secret", map[string]string{"HUAWEICLOUD_SDK_AK": "ak-tested"}, login{}, "HUAWEICLOUD_SDK_SK is empty; set it in the step's env beside HUAWEICLOUD_SDK_AK"},
		{"no id", map[string]string{"HW_SECRET_KEY": "sk-tested"}, login{}, "HW_ACCESS_KEY is empty; set it in the step's env beside HW_SECRET_KEY"},
		{"half a family before a whole one", map[string]string{
			"HUAWEICLOUD_SDK_AK": "ak-tested1", "HW_ACCESS_KEY": "ak-tested2", "HW_SECRET_KEY": "sk-tested2",
		}, login{}, "HUAWEICLOUD_SDK_SK is empty"},
		{"a line break in the id", map[string]string{"HW_ACCESS_KEY": "ak\nak", "HW_SECRET_KEY": "sk-tested"}, login{}, "HW_ACCESS_KEY has a line break inside"},
		{"a line break in the key", map[string]string{"HUAWEICLOUD_SDK_AK": "ak-tested", "HUAWEICLOUD_SDK_SK": "sk\r\nsk"}, login{}, "HUAWEICLOUD_SDK_SK has a line break inside"},
		{"a line break in the security token", map[string]string{"OS_ACCESS_KEY": "ak-tested", "OS_SECRET_KEY": "sk-tested", "OS_SECURITY_TOKEN": "t\nu"}, login{}, "OS_SECURITY_TOKEN has a line break inside"},
		{"a line break in the IAM token", map[string]string{"HW_AUTH_TOKEN": "t\nu"}, login{}, "HW_AUTH_TOKEN has a line break inside"},
		{"two halves of two families", map[string]string{"HW_ACCESS_KEY": "ak-tested2", "OS_SECRET_KEY": "sk-tested3"}, login{}, "HW_SECRET_KEY is empty"},
		{"half a family before a token", map[string]string{"OS_ACCESS_KEY": "ak-tested", "HW_AUTH_TOKEN": "t-tested"}, login{}, "OS_SECRET_KEY is empty"},
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
			if diff := cmp.Diff(test.want, loginOf(t, ring)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestVariables(t *testing.T) {
	read := map[string]bool{}
	if _, err := held(cloud.Env{Getenv: func(name string) string { read[name] = true; return "" }}); err == nil {
		t.Fatal("logged in with nothing")
	}
	for _, f := range families { // a token is looked for beside its key only
		if _, err := held(cloud.Env{Getenv: func(name string) string {
			read[name] = true
			return map[string]string{f.id: "ak-tested", f.key: "sk-tested"}[name]
		}}); err != nil {
			t.Fatal(err)
		}
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

// network answers every request alike and keeps where they went.
type network struct {
	status int
	body   string
	asked  []*http.Request
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.asked = append(n.asked, r)
	header := http.Header{"X-Request-Id": {"r-1"}, "Content-Type": {"application/json"}}
	return &http.Response{StatusCode: n.status, Header: header, Body: io.NopCloser(strings.NewReader(n.body)), Request: r}, nil
}

func keysEnv() map[string]string {
	return map[string]string{"HUAWEICLOUD_SDK_AK": "AKONEONE", "HUAWEICLOUD_SDK_SK": "hunter2-hunter2"}
}

func account(t *testing.T, n http.RoundTripper, env map[string]string, target Target, service string) *Account {
	t.Helper()
	a, err := Open(cloud.Env{Getenv: getenv(env), Transport: &cloud.Transport{Base: n}}, target, service)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// startTasks makes a call of the account through the vendor's client.
func startTasks(ctx context.Context, a *Account, codes ...cloud.Code) (requestID string, err error) {
	return a.Call(ctx, cloud.Call{Name: "BatchStartJobs"}, codes, func(client *core.HcHttpClient) error {
		_, err := drs.NewDrsClient(client).BatchStartJobs(&model.BatchStartJobsRequest{
			Body: &model.BatchStartJobReq{Jobs: []model.StartInfo{{JobId: "a"}}},
		})
		return err
	})
}

func TestHost(t *testing.T) {
	for _, test := range []struct {
		service string
		target  Target
		want    string
	}{
		{"drs", Target{Region: "cn-north-4"}, "https://drs.cn-north-4.myhuaweicloud.com"},
		{"drs", Target{Region: "eu-west-101"}, "https://drs.eu-west-101.myhuaweicloud.eu"},
		{"dayu-dlf", Target{Region: "tr-west-1"}, "https://dayu-dlf.tr-west-1.myhuaweicloud.com"},
		{"cpts", Target{Region: "cn-north-4", Endpoint: "http://127.0.0.1:8787/"}, "http://127.0.0.1:8787"},
		{"cpts", Target{Endpoint: "https://cpts.example.com:8443"}, "https://cpts.example.com:8443"},
	} {
		test.target.ProjectID = project
		n := &network{status: 202, body: `{"results":[]}`}
		id, err := startTasks(t.Context(), account(t, n, keysEnv(), test.target, test.service))
		if err != nil || id != "r-1" {
			t.Errorf("request %q, %v", id, err)
		}
		want := test.want + "/v3/" + project + "/jobs/batch-starting"
		if len(n.asked) != 1 || n.asked[0].URL.String() != want {
			t.Errorf("%+v: asked %v, want %s", test.target, n.asked, want)
		}
	}
}

// TestNothingElseIsConsulted: no file of the home folder, no variable but
// those listed, no IAM and no metadata address; with each kind of login and
// without one. The variables that would lead the SDK elsewhere all do.
func TestNothingElseIsConsulted(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked %s %s", r.Method, r.URL)
	}))
	defer elsewhere.Close()
	usual := http.DefaultTransport
	http.DefaultTransport = unexpected{t}
	defer func() { http.DefaultTransport = usual }()

	homes := map[string]map[string]string{
		"an empty home": {},
		"a full home": {
			".huaweicloud/credentials":  "[basic]\nak = AKFILE\nsk = file\nproject_id = file\niam_endpoint = " + elsewhere.URL + "\n",
			".huaweicloud/regions.yaml": "DRS:\n  - id: cn-north-4\n    endpoint: " + elsewhere.URL + "\n",
		},
	}
	logins := map[string]map[string]string{
		"a key":           keysEnv(),
		"a temporary key": {"HW_ACCESS_KEY": "AKONEONE", "HW_SECRET_KEY": "hunter2-hunter2", "HW_SECURITY_TOKEN": "t-tested"},
		"a token":         {"HW_AUTH_TOKEN": "t-tested"},
	}
	for name, files := range homes {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			for path, text := range files {
				write(t, filepath.Join(home, path), text)
			}
			t.Setenv("HOME", home)
			for name, value := range map[string]string{
				"HUAWEICLOUD_SDK_AK": "AKPROCESS", "HUAWEICLOUD_SDK_SK": "process", "HUAWEICLOUD_SDK_PROJECT_ID": "process",
				"HUAWEICLOUD_SDK_IAM_ENDPOINT": elsewhere.URL, "HUAWEICLOUD_SDK_STS_ENDPOINT": elsewhere.URL,
				"HUAWEICLOUD_SDK_REGION_DRS_CN_NORTH_4": elsewhere.URL,
				"HUAWEICLOUD_SDK_CREDENTIALS_FILE":      filepath.Join(home, ".huaweicloud/credentials"),
				"HUAWEICLOUD_SDK_REGIONS_FILE":          filepath.Join(home, ".huaweicloud/regions.yaml"),
				"HC_CONTAINER_CREDENTIALS_FULL_URI":     elsewhere.URL,
			} {
				t.Setenv(name, value)
			}
			target := Target{ProjectID: project, Region: "cn-north-4"}
			for kind, env := range logins {
				n := &network{status: 202, body: `{"results":[]}`}
				if _, err := startTasks(t.Context(), account(t, n, env, target, "drs")); err != nil {
					t.Errorf("%s: %v", kind, err)
				}
				if len(n.asked) != 1 || n.asked[0].URL.String() != "https://drs.cn-north-4.myhuaweicloud.com/v3/"+project+"/jobs/batch-starting" {
					t.Errorf("%s: asked %v", kind, n.asked)
					continue
				}
				header := n.asked[0].Header
				signed := strings.Contains(header.Get("Authorization"), "Access=AKONEONE,")
				if byToken := header.Get("X-Auth-Token") == "t-tested"; byToken == signed || byToken != (kind == "a token") {
					t.Errorf("%s: login by %v", kind, header)
				}
				if (header.Get("X-Security-Token") == "t-tested") != (kind == "a temporary key") {
					t.Errorf("%s: security token %q", kind, header.Get("X-Security-Token"))
				}
			}
			n := &network{}
			if _, err := Open(cloud.Env{Getenv: getenv(nil), Transport: &cloud.Transport{Base: n}}, target, "drs"); err == nil {
				t.Error("logged in with nothing")
			}
			a, err := Open(cloud.Env{Getenv: getenv(nil), Transport: &cloud.Transport{Base: n}, Rehearsal: true}, target, "drs")
			if err != nil || loginOf(t, a.keys).AK != "AKEXAMPLE" {
				t.Errorf("a rehearsal needs no login: %v", err)
			}
			if len(n.asked) != 0 {
				t.Errorf("asked %v", n.asked)
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

// TestTheContextEndsACall, though the SDK knows none.
func TestTheContextEndsACall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		hang := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		began := time.Now()
		_, err := startTasks(ctx, account(t, hang, keysEnv(), Target{ProjectID: project, Region: "cn-north-4"}, "drs"))
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Halted {
			t.Errorf("got %v", err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// TestTheGatewayThrottles: a call that comes within the window makes it longer,
// so a read waits a minute, and a start says so.
func TestTheGatewayThrottles(t *testing.T) {
	for _, reads := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var at []time.Duration
			began := time.Now()
			gateway := roundTripper(func(r *http.Request) (*http.Response, error) {
				at = append(at, time.Since(began))
				status, body := 429, `{"error_code":"APIGW.0308","error_msg":"The throttling threshold has been reached"}`
				if len(at) > 1 {
					status, body = 200, `{}`
				}
				return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			})
			a := account(t, gateway, keysEnv(), Target{ProjectID: project, Region: "cn-north-4"}, "drs")
			_, err := a.Call(t.Context(), cloud.Call{Name: "BatchListJobStatus", Reads: reads}, nil, func(client *core.HcHttpClient) error {
				_, err := client.Sync(&struct{}{}, def.NewHttpRequestDefBuilder().WithMethod("POST").WithPath("/").WithResponse(&struct {
					HttpStatusCode int `json:"-"`
				}{}).Build())
				return err
			})
			if reads {
				if err != nil || len(at) != 2 || at[1] < time.Minute {
					t.Errorf("read at %v: %v", at, err)
				}
				return
			}
			if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Throttled || e.After != time.Minute || len(at) != 1 {
				t.Errorf("sent at %v: %+v", at, err)
			}
		})
	}
}

// TestTheSDKFails: what the SDK makes of an answer may be no error of the
// cloud's. The call may have had its effect all the same.
func TestTheSDKFails(t *testing.T) {
	ok := roundTripper(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
	})
	a := account(t, ok, keysEnv(), Target{ProjectID: project, Region: "cn-north-4"}, "drs")
	fault := errors.New("no such field")
	for sent, want := range map[bool]job.Outcome{false: job.Internal, true: job.StartUnknown} {
		_, err := a.Call(t.Context(), cloud.Call{Name: "Start"}, nil, func(client *core.HcHttpClient) error {
			if sent {
				if _, err := client.Sync(&struct{}{}, def.NewHttpRequestDefBuilder().WithMethod("POST").WithPath("/").WithResponse(&struct {
					HttpStatusCode int `json:"-"`
				}{}).Build()); err != nil {
					t.Fatal(err)
				}
			}
			return fault
		})
		if job.OutcomeOf(err) != want || !errors.Is(err, fault) {
			t.Errorf("sent %t: %v", sent, err)
		}
	}
	_, err := a.Call(t.Context(), cloud.Call{Name: "Start"}, nil, func(*core.HcHttpClient) error { panic("index out of range") })
	if job.OutcomeOf(err) != job.StartUnknown || !strings.Contains(err.Error(), "the SDK failed on the answer: index out of range") {
		t.Errorf("after a panic: %v", err)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestExplained are answers that the SDK makes errors of.
func TestExplained(t *testing.T) {
	own := []cloud.Code{{Code: "DRS.M00289", Fault: job.Refused, Meaning: "no such task", Cure: "check the id"}}
	tests := []struct {
		name   string
		status int
		body   string
		want   job.Error
	}{
		{
			"a code of the service", 400, `{"error_code":"DRS.M00289","error_msg":"first\nsecond"}`,
			job.Error{Fault: job.Refused, Code: "DRS.M00289", Message: "first second", Meaning: "no such task", Cure: "check the id"},
		},
		{
			"in the other spelling", 400, `{"code":"DRS.M00289","message":"no"}`,
			job.Error{Fault: job.Refused, Code: "DRS.M00289", Message: "no", Meaning: "no such task", Cure: "check the id"},
		},
		{
			"in an inner object", 400, `{"error":{"code":"DRS.M00289","message":"no"}}`,
			job.Error{Fault: job.Refused, Code: "DRS.M00289", Message: "no", Meaning: "no such task", Cure: "check the id"},
		},
		{
			"in a list of results", 400, `{"results":[{"id":"a","status":"failed","error_code":"DRS.M00289","error_msg":"no"}],"count":1}`,
			job.Error{Fault: job.Refused, Code: "DRS.M00289", Message: "a: no", Meaning: "no such task", Cure: "check the id"},
		},
		{
			"a code of the gateway", 403, `{"error_code":"APIGW.0302","error_msg":"no"}`,
			job.Error{
				Fault: job.Denied, Code: "APIGW.0302", Message: "no",
				Meaning: "this login is not allowed to call it", Cure: "give its user, group or agency the permission that the provider's page names",
			},
		},
		{
			"an unknown refusal", 400, `{"error_code":"DRS.M99999","error_msg":"no"}`,
			job.Error{Fault: job.Refused, Code: "DRS.M99999", Message: "no", Meaning: "the call was refused", Cure: "see the message"},
		},
		{
			"an unknown denial", 403, `{"error_code":"PAP.0011","error_msg":"no"}`,
			job.Error{Fault: job.Denied, Code: "PAP.0011", Message: "no", Meaning: "the login or a permission was refused", Cure: "check the credentials and their permissions"},
		},
		{
			"an unknown throttle", 429, `{"error_code":"X.1","error_msg":"no"}`,
			job.Error{Fault: job.Throttled, Code: "X.1", Message: "no", Meaning: "too many requests", Cure: "wait a little and run the step again"},
		},
		{
			"a backend's timeout", 504, `{"error_code":"APIGW.0201","error_msg":"no"}`,
			job.Error{Fault: job.Ambiguous, Code: "APIGW.0201", Message: "no", Meaning: "a fault of the cloud's, perhaps after the job began", Cure: "look for the job before starting it again"},
		},
		{
			"too large for the gateway", 413, `{"error_code":"APIGW.0201","error_msg":"no"}`,
			job.Error{Fault: job.Refused, Code: "APIGW.0201", Message: "no", Meaning: "the call was refused", Cure: "see the message"},
		},
		{
			"a success that the SDK cannot read", 202, `{"results":"all of them"}`,
			job.Error{Fault: job.Ambiguous, Meaning: "the SDK could not read an answer of success", Cure: "look at the job before starting it again"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := &network{status: test.status, body: test.body}
			id, err := startTasks(t.Context(), account(t, n, keysEnv(), Target{ProjectID: project, Region: "cn-north-4"}, "drs"), own...)
			got, ok := errors.AsType[*job.Error](err)
			if !ok {
				t.Fatalf("got %v", err)
			}
			if id != "r-1" || got.Call != "BatchStartJobs" || got.Status != test.status || got.RequestID != "r-1" || got.Err == nil || len(n.asked) != 1 {
				t.Errorf("request %q, sent %d times: %+v", id, len(n.asked), got)
			}
			if test.want.Message == "" { // the SDK's own words
				got.Message, got.Code = "", ""
			}
			got.Call, got.Status, got.RequestID, got.Err = "", 0, "", nil
			if diff := cmp.Diff(test.want, *got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGatewayCodes are the names of facts huawei-auth §5 that mean one thing,
// and what each means for a start.
func TestGatewayCodes(t *testing.T) {
	for fault, names := range map[job.Fault]string{
		job.Refused:   "0101 0106 0501 0502 0602",
		job.Denied:    "0301 0302 0303 0304 0305 0306 0307 0310 0401 0402 0802",
		job.Throttled: "0308",
		job.Ambiguous: "0103 0104 0105 0601 0605 0610 0613 0705 0801",
	} {
		for _, name := range strings.Fields(names) {
			c := cloud.Explain("APIGW."+name, gatewayCodes)
			if c.Fault != fault || c.Meaning == "" || c.Cure == "" {
				t.Errorf("%s: got %+v, want fault %d, a meaning and a cure", name, c, fault)
			}
		}
	}
}
