package huawei

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

const agencyURN = "iam::0123456789abcdef0123456789abcdef:agency:deploy"

// doors are GitHub's endpoint, both login services, and the service that is
// called then; by path.
type doors struct {
	answers map[string]string // of a path; an answer of a number is a status before it
	subject string            // X-Subject-Token
	asked   []*http.Request
	bodies  []string
}

func (d *doors) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	d.asked, d.bodies = append(d.asked, r), append(d.bodies, string(body))
	status, answer := 200, d.answers[r.URL.Path]
	switch {
	case r.URL.Host == "tokens.example.com":
		answer = `{"value":"identity-token"}`
	case len(answer) > 3 && answer[3] == ' ' && answer[0] >= '4' && answer[0] <= '5':
		fmt.Sscan(answer, &status)
		answer = answer[4:]
	case answer == "":
		answer = `{}`
	}
	header := http.Header{"X-Request-Id": {"req-1"}}
	if strings.HasSuffix(r.URL.Path, "id-token/tokens") && d.subject != "" {
		header.Set("X-Subject-Token", d.subject)
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func (d *doors) env(login cloud.Login) cloud.Env {
	return cloud.Env{
		Getenv: getenv(map[string]string{
			"ACTIONS_ID_TOKEN_REQUEST_URL": "https://tokens.example.com/?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-bearer",
			"GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1",
		}),
		Transport: &cloud.Transport{Base: d}, Login: login, Logins: &cloud.Logins{},
	}
}

const (
	assumePath = "/v5/agencies/assume-with-oidc"
	tokenPath  = "/v3.0/OS-AUTH/id-token/tokens"
	keysPath   = "/v3.0/OS-CREDENTIAL/securitytokens"
)

var (
	byAgency = cloud.Login{Huawei: cloud.HuaweiAgency{URN: agencyURN, Provider: "iam::0123456789abcdef0123456789abcdef:oidcProvider:github"}}
	byIAM    = cloud.Login{Huawei: cloud.HuaweiAgency{IdentityProvider: "github"}}
	given    = map[string]string{
		assumePath: `{"credentials":{"access_key_id":"TMPAK","secret_access_key":"tmp-key","security_token":"tmp-token","expiration":"2000-01-01T01:00:00Z"},"assumed_agency":{"urn":"sts::fedcba:assumed-agency:deploy/cloudjob-acme.shop-7-1","id":"x"}}`,
		tokenPath:  `{"token":{"expires_at":"2000-01-02T00:00:00.000000Z","methods":["mapped"],"user":{"domain":{"id":"fedcba","name":"acme"}}}}`,
		keysPath:   `{"credential":{"access":"TMPAK","secret":"tmp-key","securitytoken":"tmp-token","expires_at":"2000-01-01T01:00:00.574000Z"}}`,
	}
)

func read(t *testing.T, a *Account) error {
	t.Helper()
	request := def.NewHttpRequestDefBuilder().WithMethod(http.MethodGet).WithPath("/v3/jobs").WithResponse(new(struct {
		HttpStatusCode int `json:"-"`
	})).Build()
	_, err := a.Call(t.Context(), cloud.Call{Name: "ListJobs"}, nil, func(client *core.HcHttpClient) error {
		_, err := client.Sync(&struct{}{}, request)
		return err
	})
	return err
}

// TestAgency logs in by both ways: what is sent, where, and what signs the call.
func TestAgency(t *testing.T) {
	for name, test := range map[string]struct {
		target Target
		login  cloud.Login
		paths  []string
		host   string
	}{
		"an agency":                    {Target{Region: "cn-north-4"}, byAgency, []string{assumePath}, "sts.cn-north-4.myhuaweicloud.com"},
		"IAM":                          {Target{Region: "cn-north-4"}, byIAM, []string{tokenPath, keysPath}, "iam.cn-north-4.myhuaweicloud.com"},
		"an endpoint that stands in":   {Target{Endpoint: "http://127.0.0.1:8787"}, byAgency, []string{assumePath}, "127.0.0.1:8787"},
		"an address of the login's":    {Target{Endpoint: "https://drs.example.com"}, cloud.Login{Huawei: byIAM.Huawei, Endpoint: "https://iam.example.com/"}, []string{tokenPath, keysPath}, "iam.example.com"},
		"an endpoint that does not":    {Target{Endpoint: "https://drs.example.com", Region: "cn-south-1"}, byAgency, []string{assumePath}, "sts.cn-south-1.myhuaweicloud.com"},
		"the region that is elsewhere": {Target{Region: "eu-west-101"}, byAgency, []string{assumePath}, "sts.eu-west-101.myhuaweicloud.eu"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				test.login.Lasts = 2 * time.Hour
				d := &doors{answers: given, subject: "subject-token"}
				var told []string
				env := d.env(test.login)
				env.Secret = func(s string) { told = append(told, s) }
				a, err := Open(env, test.target, "drs")
				if err != nil {
					t.Fatal(err)
				}
				if err := read(t, a); err != nil {
					t.Fatal(err)
				}
				if len(d.asked) != len(test.paths)+2 {
					t.Fatalf("%d calls", len(d.asked))
				}
				if got := d.asked[0].URL.Query().Get("audience"); got != "sts.myhuaweicloud.com" {
					t.Errorf("a token for %q", got)
				}
				for i, path := range test.paths {
					if r := d.asked[i+1]; r.URL.Path != path || r.URL.Host != test.host || r.Method != http.MethodPost || r.Header.Get("Authorization") != "" {
						t.Errorf("asked %s %s with %v", r.Method, r.URL, r.Header)
					}
				}
				var want, got any
				wants := `{"provider_urn":"iam::0123456789abcdef0123456789abcdef:oidcProvider:github","agency_urn":"` + agencyURN +
					`","agency_session_name":"cloudjob-acme.shop-7-1","id_token":"identity-token","duration_seconds":7200}`
				if len(test.paths) == 2 {
					wants = `{"auth":{"id_token":{"id":"identity-token"}}}`
					if r := d.asked[1]; r.Header.Get("X-Idp-Id") != "github" || r.Header.Get("Content-Type") != "application/json;charset=UTF-8" {
						t.Errorf("the first step has %v", r.Header)
					}
					second := `{"auth":{"identity":{"methods":["token"],"token":{"duration_seconds":7200,"id":"subject-token"}}}}`
					if d.bodies[2] != second {
						t.Errorf("the second step says %s, want %s", d.bodies[2], second)
					}
					if !strings.Contains(strings.Join(told, " "), "subject-token") {
						t.Error("the token between the steps was not told to be a secret")
					}
				}
				if json.Unmarshal([]byte(wants), &want) != nil || json.Unmarshal([]byte(d.bodies[1]), &got) != nil || !equal(want, got) {
					t.Errorf("said %s, want %s", d.bodies[1], wants)
				}
				call := d.asked[len(d.asked)-1]
				if !strings.Contains(call.Header.Get("Authorization"), "Access=TMPAK,") || call.Header.Get("X-Security-Token") != "tmp-token" {
					t.Errorf("called with %v", call.Header)
				}
				if account, err := a.owner(t.Context()); account != "fedcba" || err != nil {
					t.Errorf("in the account %q, %v", account, err)
				}
			})
		})
	}
}

func equal(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// TestAgencyRefused: what the cloud says of a login, in each of its forms, and
// what is said of it here.
func TestAgencyRefused(t *testing.T) {
	for _, test := range []struct {
		login   cloud.Login
		path    string
		answer  string
		subject string
		want    string
	}{
		{byAgency, assumePath, `400 {"error_code":"STS5.0010","error_msg":"no"}`, "", "AssumeAgencyWithOIDC: STS5.0010: no (request req-1); the login was refused; compare the agency's trust policy"},
		{byAgency, assumePath, `403 {"error_code":"STS5.1001","error_msg":"no"}`, "", "STS5.1001: no (request req-1); the agency's trust policy does not take this identity token; compare its conditions on oidc:sub, oidc:aud and oidc:iss"},
		{byAgency, assumePath, `400 {"error_code":"STS5.2001","error_msg":"no"}`, "", "STS5.2001: no (request req-1); the identity provider does not take the identity token: its audience is none of the provider's client ids, or it has expired; compare oidc_audience with the provider's client ids"},
		{byAgency, assumePath, `404 {"error_code":"STS5.1106","error_msg":"no"}`, "", "STS5.1106: no (request req-1); the agency or the identity provider is not there; check huawei_agency_urn and huawei_oidc_provider_urn"},
		{byAgency, assumePath, `401 {"code":"STS5.1","message":"no"}`, "", "STS5.1: no"},
		{byAgency, assumePath, `503 {"error_msg":"down"}`, "", "see whether the login service can be reached"},
		{byAgency, assumePath, `{"credentials":null}`, "", "the answer holds no keys"},
		{byAgency, assumePath, `{"credentials":{"access_key_id":"a","secret_access_key":"b","security_token":"c","expiration":"soon"}}`, "", "the answer holds no keys"},
		{byAgency, assumePath, `{"credentials":[]}`, "", "the answer cannot be read"},
		{byIAM, tokenPath, `401 {"error":{"code":401,"message":"no","title":"Unauthorized"}}`, "", "CreateTokenWithIdToken: 401: no (request req-1); the login was refused; check huawei_identity_provider, compare the identity provider's client id"},
		{byIAM, tokenPath, `{"token":{}}`, "", "the answer holds no token"},
		{byIAM, keysPath, `401 {"error":{"code":401,"message":"no"}}`, "subject-token", "programmatic access"},
		{byIAM, keysPath, `{"credential":{}}`, "subject-token", "the answer holds no keys"},
		{byIAM, keysPath, `{"credential":1}`, "subject-token", "the answer cannot be read"},
	} {
		t.Run(test.want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := map[string]string{}
				for path, answer := range given {
					answers[path] = answer
				}
				answers[test.path] = test.answer
				d := &doors{answers: answers, subject: test.subject}
				a, err := Open(d.env(test.login), Target{Region: "cn-north-4"}, "drs")
				if err != nil {
					t.Fatal(err)
				}
				err = read(t, a)
				if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Denied || !strings.Contains(e.Error(), test.want) {
					t.Errorf("got %v, want it denied with %q", err, test.want)
				}
				if last := d.asked[len(d.asked)-1]; last.URL.Path == "/v3/jobs" {
					t.Error("called without a login")
				}
				if strings.Contains(err.Error(), "identity-token") || strings.Contains(err.Error(), "subject-token") {
					t.Errorf("a token is shown: %v", err)
				}
			})
		})
	}
	_, err := Open((&doors{}).env(byAgency), Target{Endpoint: "https://drs.example.com"}, "drs")
	if err == nil || !strings.Contains(err.Error(), "nothing tells where to log in; give region, or login_endpoint") {
		t.Errorf("without a region: %v", err)
	}
}

// TestKeysAndAgency: only the user says which of both counts.
func TestKeysAndAgency(t *testing.T) {
	keys := map[string]string{"HW_ACCESS_KEY": "ak-tested", "HW_SECRET_KEY": "sk-tested"}
	for _, test := range []struct {
		login cloud.Login
		with  string
		env   map[string]string
		want  string // the keys, or what is said
	}{
		{byAgency, "", keys, "there are keys (HW_ACCESS_KEY) and a login without keys (huawei_agency_urn); give one of them"},
		{byIAM, "", map[string]string{"HW_AUTH_TOKEN": "t-tested"}, "there are keys (HW_AUTH_TOKEN) and a login without keys (huawei_identity_provider)"},
		{byAgency, cloud.LoginByKeys, keys, "ak-tested"},
		{byIAM, cloud.LoginByRole, keys, "session"},
		{byAgency, cloud.LoginByKeys, nil, "session"},
	} {
		test.login.With = test.with
		ring, err := keyring(cloud.Env{Getenv: getenv(test.env), Transport: &cloud.Transport{}, Login: test.login}, Target{Region: "cn-north-4"})
		got := "session"
		switch ring := ring.(type) {
		case cloud.Held:
			got = ring.Has.ID
		case nil:
			got = err.Error()
		}
		if !strings.Contains(got, test.want) {
			t.Errorf("%q with %v: %s, want %s", test.with, test.env, got, test.want)
		}
	}
}
