package tencent

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

const roleARN = "qcs::cam::uin/100000000001:roleName/deploy"

// login is GitHub's endpoint, STS, and the service that is called then.
type login struct {
	sts    string // its answer
	asked  []*http.Request
	bodies []string
}

func (l *login) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(orEmpty(r.Body))
	if err != nil {
		return nil, err
	}
	l.asked, l.bodies = append(l.asked, r), append(l.bodies, string(body))
	answer := `{"Response":{"JobId":"job-1","RequestId":"r"}}`
	switch {
	case r.URL.Host == "tokens.example.com":
		answer = `{"value":"identity-token"}`
	case r.Header.Get("X-TC-Action") == "AssumeRoleWithWebIdentity":
		answer = l.sts
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
}

func orEmpty(r io.Reader) io.Reader {
	if r == nil {
		return &bytes.Buffer{}
	}
	return r
}

func (l *login) env(login cloud.Login) cloud.Env {
	return cloud.Env{
		Getenv: getenv(map[string]string{
			"ACTIONS_ID_TOKEN_REQUEST_URL": "https://tokens.example.com/?v=2", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-bearer",
			"GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1",
		}),
		Transport: &cloud.Transport{Base: l}, Login: login, Logins: &cloud.Logins{},
	}
}

var role = cloud.Login{Tencent: cloud.TencentRole{ARN: roleARN, Provider: "github"}}

// TestRole logs in by the role: what is sent, where, and what signs the call.
func TestRole(t *testing.T) {
	const given = `{"Response":{"Credentials":{"Token":"tmp-token","TmpSecretId":"AKIDTMP","TmpSecretKey":"tmp-key"},"ExpiredTime":946688400,"Expiration":"2000-01-01T01:00:00Z","RequestId":"r"}}`
	for name, test := range map[string]struct {
		target Target
		login  cloud.Login
		sts    string
		host   string
		region string
		lasts  any
	}{
		"international":                  {Target{Site: International}, role, given, "sts.intl.tencentcloudapi.com", "ap-guangzhou", nil},
		"domestic":                       {Target{Site: Domestic, Region: "ap-shanghai"}, role, given, "sts.tencentcloudapi.com", "ap-shanghai", nil},
		"an endpoint that stands in":     {Target{Endpoint: "http://127.0.0.1:8787"}, role, given, "127.0.0.1:8787", "ap-guangzhou", nil},
		"an endpoint that does not":      {Target{Endpoint: "https://pts.example.com"}, role, given, "sts.tencentcloudapi.com", "ap-guangzhou", nil},
		"an address of the login's":      {Target{}, cloud.Login{Tencent: role.Tencent, Endpoint: "https://sts.example.com", Lasts: time.Hour}, given, "sts.example.com", "ap-guangzhou", 3600.0},
		"a time that is written as text": {Target{}, role, strings.ReplaceAll(given, "946688400", `"946688400"`), "sts.tencentcloudapi.com", "ap-guangzhou", nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &login{sts: test.sts}
				a, err := Open(l.env(test.login), test.target, "pts")
				if err != nil {
					t.Fatal(err)
				}
				if len(l.asked) != 0 {
					t.Error("logged in before there was a call")
				}
				if err := request(t, a); err != nil {
					t.Fatal(err)
				}
				if len(l.asked) != 3 {
					t.Fatalf("%d calls", len(l.asked))
				}
				sts, call := l.asked[1], l.asked[2]
				if sts.URL.Host != test.host || sts.Header.Get("Authorization") != "SKIP" || sts.Header.Get("X-TC-Token") != "" || sts.Header.Get("X-TC-Region") != test.region || sts.Header.Get("X-TC-Version") != "2018-08-13" {
					t.Errorf("asked %s with %v", sts.URL, sts.Header)
				}
				var body map[string]any
				if err := json.Unmarshal([]byte(l.bodies[1]), &body); err != nil {
					t.Fatal(err)
				}
				for field, want := range map[string]any{
					"ProviderId": "github", "RoleArn": roleARN, "WebIdentityToken": "identity-token", "RoleSessionName": "cloudjob-acme.shop-7-1", "DurationSeconds": test.lasts,
				} {
					if body[field] != want {
						t.Errorf("%s is %v, want %v", field, body[field], want)
					}
				}
				if !strings.Contains(call.Header.Get("Authorization"), "Credential=AKIDTMP/") || call.Header.Get("X-TC-Token") != "tmp-token" {
					t.Errorf("called with %v", call.Header)
				}
			})
		})
	}
}

// TestRoleRefused: what the cloud says of a login, and what is said of it here.
func TestRoleRefused(t *testing.T) {
	failed := func(code string) string {
		return `{"Response":{"Error":{"Code":"` + code + `","Message":"no"},"RequestId":"req-1"}}`
	}
	for answer, want := range map[string]string{
		failed("InvalidParameter.WebIdentityTokenError"): "AssumeRoleWithWebIdentity: InvalidParameter.WebIdentityTokenError: no (request req-1); the identity provider does not take the identity token",
		failed("UnauthorizedOperation"):                  "the role's trust policy does not take this identity token",
		failed("InternalError.GetRoleError"):             "the role is not there",
		failed("InvalidParameter.ParamError"):            "check tencent_role_arn, tencent_oidc_provider and session_duration",
		failed("InternalError.SystemError"):              "see whether the login service can be reached",
		failed("RequestLimitExceeded"):                   "see whether the login service can be reached",
		`{"Response":{"RequestId":"r"}}`:                 "the answer holds no keys",
		`{"Response":{"Credentials":{"Token":"t-tested","TmpSecretId":"i","TmpSecretKey":"k"},"ExpiredTime":"soon"}}`: "the answer holds no keys",
		`{"Response":null}`: "the answer holds no keys",
		`null`:              "JSON of another kind where JSON was due",
		`<html>`:            "a web page where JSON was due",
	} {
		t.Run(want, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &login{sts: answer}
				a, err := Open(l.env(role), Target{}, "pts")
				if err != nil {
					t.Fatal(err)
				}
				err = request(t, a)
				if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Denied || !strings.Contains(e.Error(), want) {
					t.Errorf("got %v, want it denied with %q", err, want)
				}
				for _, r := range l.asked {
					if r.Header.Get("X-TC-Action") == "StartJob" {
						t.Error("called without a login")
					}
				}
				if strings.Contains(err.Error(), "identity-token") {
					t.Errorf("the token is shown: %v", err)
				}
			})
		})
	}
}

// TestKeysAndRole: only the user says which of both counts.
func TestKeysAndRole(t *testing.T) {
	keys := map[string]string{"TENCENTCLOUD_SECRET_ID": "AKIDONEONE", "TENCENTCLOUD_SECRET_KEY": "hunter2-hunter2"}
	for _, test := range []struct {
		with string
		env  map[string]string
		want string // the keys, or what is said
	}{
		{"", keys, "there are keys (TENCENTCLOUD_SECRET_ID) and a login without keys (tencent_role_arn); give one of them"},
		{"", map[string]string{"TENCENTCLOUD_SECRET_KEY": "hunter2-hunter2"}, "there are keys"},
		{cloud.LoginByKeys, keys, "AKIDONEONE"},
		{cloud.LoginByRole, keys, "session"},
		{cloud.LoginByKeys, nil, "session"},
		{"", nil, "session"},
	} {
		login := role
		login.With = test.with
		ring, err := keyring(cloud.Env{Getenv: getenv(test.env), Transport: &cloud.Transport{Base: unexpected{t}}, Login: login}, Target{})
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
	a, err := Open(cloud.Env{Getenv: getenv(nil), Transport: &cloud.Transport{Base: unexpected{t}}, Login: role, Rehearsal: true}, Target{}, "pts")
	if err != nil {
		t.Fatal(err)
	}
	if keys, err := a.keys.Keys(t.Context(), cloud.Call{}); err != nil || keys.ID != "AKIDEXAMPLE" {
		t.Errorf("a rehearsal logs in: %+v, %v", keys, err)
	}
}
