package emulator

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// assumeRole exchanges a token at Tencent's STS, unsigned, with some parameters
// changed.
func assumeRole(t testing.TB, e *Emulator, token string, changes []any) string {
	t.Helper()
	_, body := do(t, client(e), assumeRoleRequest(t, token, changes))
	return body
}

func assumeRoleRequest(t testing.TB, token string, changes []any) *http.Request {
	t.Helper()
	in, _ := json.Marshal(changed(map[string]any{
		"ProviderId": TencentOIDCProvider, "WebIdentityToken": token, "RoleArn": TencentRoleARN, "RoleSessionName": "octo-org_octo-repo-1-1",
	}, changes))
	r := tencentRequest(t, inProcess, "AssumeRoleWithWebIdentity", string(in))
	r.Header.Set("X-TC-Version", "2018-08-13")
	r.Header.Set("X-TC-Region", "ap-guangzhou")
	r.Header.Set("X-TC-Timestamp", fmt.Sprint(time.Now().Unix()))
	r.Header.Set("Authorization", "SKIP")
	return r
}

// tencentKeys are what an exchange gave.
type tencentKeys struct {
	Credentials struct{ Token, TmpSecretId, TmpSecretKey string }
	ExpiredTime int64
	Expiration  string
}

func roleKeys(t testing.TB, body string) tencentKeys {
	t.Helper()
	var told struct{ Response tencentKeys }
	if err := json.Unmarshal([]byte(body), &told); err != nil || told.Response.Credentials.TmpSecretId == "" {
		t.Fatalf("%s, %v", body, err)
	}
	return told.Response
}

// callTencent makes a call with temporary keys and gives the answer.
func callTencent(t testing.TB, e *Emulator, keys tencentKeys, service, version, action string) string {
	t.Helper()
	r := tencentRequest(t, inProcess, action, "{}")
	r.Header.Set("X-TC-Version", version)
	r.Header.Set("X-TC-Region", "ap-guangzhou")
	s := tencentKey()
	s.service, s.id, s.secret, s.token = service, keys.Credentials.TmpSecretId, keys.Credentials.TmpSecretKey, keys.Credentials.Token
	s.sign(r, "{}")
	_, body := do(t, client(e), r)
	return body
}

func TestTencentLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := keyless(Options{})
		keys := roleKeys(t, assumeRole(t, e, identityFor(t, e, TencentAudience), []any{"DurationSeconds", 900}))
		ends := time.Now().Add(900 * time.Second)
		if keys.ExpiredTime != ends.Unix() || keys.Expiration != ends.UTC().Format("2006-01-02T15:04:05Z") || !strings.HasPrefix(keys.Credentials.TmpSecretId, "AKID") {
			t.Errorf("got %+v", keys)
		}
		who := callTencent(t, e, keys, "sts", "2018-08-13", "GetCallerIdentity")
		for _, want := range []string{
			`"Type":"CAMRole"`, `"AccountId":"` + TencentAccount + `"`, `"UserId":"` + roleID + `:octo-org_octo-repo-1-1"`,
			`"Arn":"qcs::sts:` + TencentAccount + `:assumed-role/` + roleID + `"`,
		} {
			if !strings.Contains(who, want) {
				t.Errorf("%s lacks %s", who, want)
			}
		}
		start := func(keys tencentKeys) string {
			return tencentCode(t, callTencent(t, e, keys, "pts", "2021-07-28", "StartJob"))
		}
		if code := start(keys); code != "" {
			t.Errorf("a call with the new key: %s", code)
		}
		wrong := keys
		wrong.Credentials.Token = SessionToken
		if code := start(wrong); code != "AuthFailure.TokenFailure" {
			t.Errorf("a call with another token: %q", code)
		}
		time.Sleep(900*time.Second - 1)
		if code := start(keys); code != "" {
			t.Errorf("a call just before the end: %s", code)
		}
		time.Sleep(time.Nanosecond)
		if code := start(keys); code != "AuthFailure.TokenFailure" {
			t.Errorf("a call with an expired key: %q", code)
		}
		second := roleKeys(t, assumeRole(t, e, identityFor(t, e, TencentAudience), nil))
		if second.Credentials == keys.Credentials || second.ExpiredTime != time.Now().Unix()+7200 || start(second) != "" || start(keys) == "" {
			t.Errorf("the second key is %+v", second)
		}
		if got := e.Issued(); got != (Issued{IdentityTokens: 2, Keys: 2}) || e.Calls()["AssumeRoleWithWebIdentity"] != 2 {
			t.Errorf("%+v were issued, %v were called", got, e.Calls())
		}
	})
}

func TestTencentLoginRefused(t *testing.T) {
	const badParameter = "InvalidParameter.ParamError"
	for name, test := range map[string]struct {
		changes []any
		want    string
	}{
		"no provider":           {[]any{"ProviderId", nil}, "MissingParameter"},
		"no token":              {[]any{"WebIdentityToken", ""}, "MissingParameter"},
		"no role":               {[]any{"RoleArn", nil}, "MissingParameter"},
		"no session":            {[]any{"RoleSessionName", nil}, "MissingParameter"},
		"role is a number":      {[]any{"RoleArn", 1}, "InvalidParameter"},
		"unknown parameter":     {[]any{"Rolearn", "x"}, "UnknownParameter"},
		"unknown provider":      {[]any{"ProviderId", "gitlab"}, badParameter},
		"session of one":        {[]any{"RoleSessionName", "x"}, badParameter},
		"session of 129":        {[]any{"RoleSessionName", strings.Repeat("x", 129)}, badParameter},
		"session of 128":        {[]any{"RoleSessionName", strings.Repeat("x", 128)}, ""},
		"session with a slash":  {[]any{"RoleSessionName", "octo-org/octo-repo"}, badParameter},
		"session with a colon":  {[]any{"RoleSessionName", "a:b"}, badParameter},
		"all that is allowed":   {[]any{"RoleSessionName", "aZ09_+=,.@-"}, ""},
		"too long":              {[]any{"DurationSeconds", 43201}, badParameter},
		"longest":               {[]any{"DurationSeconds", 43200}, ""},
		"no time":               {[]any{"DurationSeconds", 0}, badParameter},
		"a fraction":            {[]any{"DurationSeconds", 900.5}, badParameter},
		"a text, as in tccli":   {[]any{"DurationSeconds", "5000"}, ""},
		"unknown role":          {[]any{"RoleArn", TencentRoleARN + "x"}, "InternalError.GetRoleError"},
		"role of others":        {[]any{"RoleArn", TencentProductionRoleARN}, "UnauthorizedOperation"},
		"as it should be":       {nil, ""},
		"huawei's token":        {[]any{"audience", HuaweiAudience}, "InvalidParameter.WebIdentityTokenError"},
		"token of no audience":  {[]any{"audience", ""}, "InvalidParameter.WebIdentityTokenError"},
		"without X-TC-Region":   {[]any{"X-TC-Region", ""}, "MissingParameter"},
		"without a time":        {[]any{"X-TC-Timestamp", ""}, "MissingParameter"},
		"six minutes late":      {[]any{"X-TC-Timestamp", fmt.Sprint(time.Now().Unix() - 360)}, "AuthFailure.SignatureExpire"},
		"no Authorization":      {[]any{"Authorization", ""}, "AuthFailure.InvalidAuthorization"},
		"Skip is not SKIP":      {[]any{"Authorization", "Skip"}, "AuthFailure.InvalidAuthorization"},
		"an unsigned start":     {[]any{"X-TC-Action", "StartJob", "X-TC-Version", "2021-07-28"}, "AuthFailure.InvalidAuthorization"},
		"an unsigned who am I":  {[]any{"X-TC-Action", "GetCallerIdentity"}, "AuthFailure.InvalidAuthorization"},
		"an unsigned no action": {[]any{"X-TC-Action", "Nothing"}, "AuthFailure.InvalidAuthorization"},
	} {
		t.Run(name, func(t *testing.T) {
			e := keyless(Options{})
			audience := TencentAudience
			var parameters []any
			headers := map[string]string{}
			for i := 0; i < len(test.changes); i += 2 {
				switch name := test.changes[i].(string); {
				case name == "audience":
					audience = test.changes[i+1].(string)
				case name == "Authorization" || strings.HasPrefix(name, "X-TC-"):
					headers[name] = test.changes[i+1].(string)
				default:
					parameters = append(parameters, name, test.changes[i+1])
				}
			}
			r := assumeRoleRequest(t, identityFor(t, e, audience), parameters)
			for name, value := range headers {
				r.Header.Del(name)
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			answer, body := do(t, client(e), r)
			if code := tencentCode(t, body); code != test.want || answer.StatusCode != 200 {
				t.Errorf("got %s, want %q", body, test.want)
			}
			if issued := e.Issued().Keys; (issued == 1) != (test.want == "") || len(e.Begun()["pts"]) > 0 {
				t.Errorf("%d keys were issued, %v begun", issued, e.Begun())
			}
		})
	}
}

// assumeAgency exchanges a token at Huawei's STS.
func assumeAgency(t testing.TB, e *Emulator, token string, changes []any) (*http.Response, string) {
	t.Helper()
	in, _ := json.Marshal(changed(map[string]any{
		"provider_urn": HuaweiOIDCProviderURN, "agency_urn": HuaweiAgencyURN, "agency_session_name": "octo-org_octo-repo-1-1", "id_token": token,
	}, changes))
	return do(t, client(e), huaweiRequest(t, "POST", inProcess+"/v5/agencies/assume-with-oidc", string(in)))
}

// callHuawei makes a call with temporary keys.
func callHuawei(t testing.TB, e *Emulator, access, secret, token, method, path string) (*http.Response, string) {
	t.Helper()
	r := huaweiRequest(t, method, inProcess+path, "")
	s := huaweiKey()
	s.access, s.secret, s.token = access, secret, token
	s.sign(r, "")
	return do(t, client(e), r)
}

func TestHuaweiLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := keyless(Options{})
		answer, body := assumeAgency(t, e, identityFor(t, e, HuaweiAudience), []any{"duration_seconds", 900})
		var told struct {
			Credentials   struct{ Access_key_id, Secret_access_key, Security_token, Expiration string }
			Assumed       struct{ Urn, ID string } `json:"assumed_agency"`
			Audience      string
			Provider      string
			FromToken     string `json:"subject_from_id_token"`
			NotDocumented any    `json:"error_code"`
		}
		if err := json.Unmarshal([]byte(body), &told); err != nil || answer.StatusCode != 200 {
			t.Fatalf("%d %s, %v", answer.StatusCode, body, err)
		}
		urn := "sts::" + HuaweiAccount + ":assumed-agency:cloudjob/octo-org_octo-repo-1-1"
		if told.Audience != HuaweiAudience || told.Provider != HuaweiOIDCProviderURN || told.FromToken != Subject || told.Assumed.Urn != urn ||
			told.Credentials.Expiration != time.Now().Add(900*time.Second).UTC().Format("2006-01-02T15:04:05.000Z") {
			t.Errorf("got %s", body)
		}
		call := func(token, path string) (int, string) {
			answer, body := callHuawei(t, e, told.Credentials.Access_key_id, told.Credentials.Secret_access_key, token, "GET", path)
			return answer.StatusCode, body
		}
		good := told.Credentials.Security_token
		if status, body := call(good, "/v5/caller-identity"); status != 200 || !strings.Contains(body, `"account_id":"`+HuaweiAccount+`"`) ||
			!strings.Contains(body, `"principal_urn":"`+urn+`"`) || !strings.Contains(body, told.Assumed.ID) {
			t.Errorf("the caller is %d %s", status, body)
		}
		if status, body := call(good, echoPath+"x"); status != 200 {
			t.Errorf("a call with the new key: %d %s", status, body)
		}
		for _, token := range []string{"", SessionToken} {
			if status, body := call(token, echoPath+"x"); status != 401 || !strings.Contains(body, "APIGW.0301") {
				t.Errorf("with the token %q: %d %s", token, status, body)
			}
		}
		time.Sleep(900*time.Second - 1)
		if status, body := call(good, echoPath+"x"); status != 200 {
			t.Errorf("a call just before the end: %d %s", status, body)
		}
		time.Sleep(time.Nanosecond)
		if status, body := call(good, echoPath+"x"); status != 401 || !strings.Contains(body, "APIGW.0301") || !strings.Contains(body, "expired") {
			t.Errorf("a call with an expired key: %d %s", status, body)
		}
		if got := e.Issued(); got != (Issued{IdentityTokens: 1, Keys: 1}) || e.Calls()["AssumeAgencyWithOIDC"] != 1 {
			t.Errorf("%+v were issued, %v were called", got, e.Calls())
		}
	})
}

func TestHuaweiLoginRefused(t *testing.T) {
	long := strings.Repeat("x", 1501)
	for name, test := range map[string]struct {
		changes []any
		status  int
		code    string
	}{
		"as it should be":      {nil, 200, ""},
		"no provider":          {[]any{"provider_urn", nil}, 400, "APIGW.0106"},
		"no agency":            {[]any{"agency_urn", nil}, 400, "APIGW.0106"},
		"no session":           {[]any{"agency_session_name", nil}, 400, "APIGW.0106"},
		"no token":             {[]any{"id_token", nil}, 400, "APIGW.0106"},
		"long provider":        {[]any{"provider_urn", long}, 400, "APIGW.0602"},
		"long agency":          {[]any{"agency_urn", long}, 400, "APIGW.0602"},
		"session of one":       {[]any{"agency_session_name", "x"}, 400, "APIGW.0602"},
		"session of 129":       {[]any{"agency_session_name", strings.Repeat("x", 129)}, 400, "APIGW.0602"},
		"session with a slash": {[]any{"agency_session_name", "octo-org/octo-repo"}, 400, "APIGW.0602"},
		"token of three":       {[]any{"id_token", "abc"}, 400, "APIGW.0602"},
		"token of 20001":       {[]any{"id_token", strings.Repeat("x", 20001)}, 400, "APIGW.0602"},
		"a number":             {[]any{"agency_urn", 7}, 400, "APIGW.0602"},
		"too short":            {[]any{"duration_seconds", 899}, 400, "APIGW.0602"},
		"shortest":             {[]any{"duration_seconds", 900}, 200, ""},
		"longest":              {[]any{"duration_seconds", 43200}, 200, ""},
		"too long":             {[]any{"duration_seconds", 43201}, 400, "APIGW.0602"},
		"a text":               {[]any{"duration_seconds", "900"}, 400, "APIGW.0602"},
		"unknown parameter":    {[]any{"agencyUrn", "x"}, 400, "APIGW.0602"},
		"unknown agency":       {[]any{"agency_urn", HuaweiAgencyURN + "x"}, 404, "STS5.1106"},
		"unknown provider":     {[]any{"provider_urn", HuaweiOIDCProviderURN + "x"}, 404, "STS5.1106"},
		"agency of others":     {[]any{"agency_urn", HuaweiProductionAgencyURN}, 403, "STS5.1001"},
		"tencent's token":      {[]any{"audience", TencentAudience}, 400, "STS5.2001"},
	} {
		t.Run(name, func(t *testing.T) {
			e := keyless(Options{})
			audience, changes := HuaweiAudience, test.changes
			if changes != nil && changes[0] == "audience" {
				audience, changes = changes[1].(string), nil
			}
			answer, body := assumeAgency(t, e, identityFor(t, e, audience), changes)
			var refused struct {
				Code string `json:"error_code"`
			}
			if err := json.Unmarshal([]byte(body), &refused); err != nil || answer.StatusCode != test.status || refused.Code != test.code {
				t.Errorf("got %d %s, want %d %s", answer.StatusCode, body, test.status, test.code)
			}
			if issued := e.Issued().Keys; (issued == 1) != (test.status == 200) {
				t.Errorf("%d keys were issued", issued)
			}
		})
	}
}

// federated is the first step at IAM 3; scope is the JSON of it, or empty.
func federated(t testing.TB, e *Emulator, provider, token, scope string) (*http.Response, string) {
	t.Helper()
	in := `{"auth":{"id_token":{"id":"` + token + `"}`
	if scope != "" {
		in += `,"scope":` + scope
	}
	r := huaweiRequest(t, "POST", inProcess+"/v3.0/OS-AUTH/id-token/tokens", in+"}}")
	r.Header.Set("X-Idp-Id", provider)
	return do(t, client(e), r)
}

// unscopedToken is the first step in the form of the vendor's Node SDK.
func unscopedToken(t testing.TB, e *Emulator, token string) (*http.Response, string) {
	t.Helper()
	r := huaweiRequest(t, "POST", inProcess+"/v3/OS-FEDERATION/identity_providers/"+HuaweiIdentityProvider+"/protocols/oidc/auth", "")
	r.Header.Set("Authorization", "Bearer "+token)
	return do(t, client(e), r)
}

// temporaryKey is the second step; the token goes into the header, the body, or
// both.
func temporaryKey(t testing.TB, e *Emulator, header, body, duration string) (*http.Response, string) {
	t.Helper()
	token := []string{}
	if body != "" {
		token = append(token, `"id":"`+body+`"`)
	}
	if duration != "" {
		token = append(token, `"duration_seconds":`+duration)
	}
	in := `{"auth":{"identity":{"methods":["token"],"token":{` + strings.Join(token, ",") + `}}}}`
	r := huaweiRequest(t, "POST", inProcess+"/v3.0/OS-CREDENTIAL/securitytokens", in)
	if header != "" {
		r.Header.Set("X-Auth-Token", header)
	}
	return do(t, client(e), r)
}

func TestFederation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := keyless(Options{})
		answer, body := federated(t, e, HuaweiIdentityProvider, identityFor(t, e, HuaweiAudience), "")
		unscoped := answer.Header.Get("X-Subject-Token")
		if answer.StatusCode != 201 || unscoped == "" || answer.Header.Get("X-Request-Id") == "" {
			t.Fatalf("%d %v %s", answer.StatusCode, answer.Header, body)
		}
		for _, want := range []string{
			`"expires_at":"` + time.Now().Add(24*time.Hour).UTC().Format("2006-01-02T15:04:05.000000Z") + `"`, `"methods":["mapped"]`,
			`"identity_provider":{"id":"` + HuaweiIdentityProvider + `"}`, `"domain":{"id":"` + HuaweiAccount + `"`,
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %s", body, want)
			}
		}
		older, _ := unscopedToken(t, e, identityFor(t, e, HuaweiAudience))
		second := older.Header.Get("X-Subject-Token")
		if older.StatusCode != 201 || second == "" || second == unscoped {
			t.Fatalf("the older form: %d %v", older.StatusCode, older.Header)
		}
		for name, test := range map[string]struct {
			header, body, duration string
			status                 int
			life                   time.Duration
		}{
			"in the body":     {"", unscoped, "21600", 201, 6 * time.Hour},
			"in the header":   {second, "", "", 201, 15 * time.Minute},
			"header first":    {unscoped, "wrong", "900", 201, 15 * time.Minute},
			"header is wrong": {"wrong", unscoped, "900", 401, 0},
			"none":            {"", "", "900", 401, 0},
			"too short":       {unscoped, "", "899", 400, 0},
			"a day":           {unscoped, "", "86400", 201, 24 * time.Hour},
			"too long":        {unscoped, "", "86401", 400, 0},
			"a text":          {unscoped, "", `"900"`, 400, 0},
			"identity token":  {"", identityFor(t, e, HuaweiAudience), "900", 401, 0},
		} {
			answer, body := temporaryKey(t, e, test.header, test.body, test.duration)
			if answer.StatusCode != test.status {
				t.Errorf("%s: %d %s", name, answer.StatusCode, body)
			}
			if test.status != 201 {
				continue
			}
			var told struct {
				Credential struct {
					Access, Secret, Securitytoken string
					ExpiresAt                     time.Time `json:"expires_at"`
				}
			}
			if err := json.Unmarshal([]byte(body), &told); err != nil || !told.Credential.ExpiresAt.Equal(time.Now().Add(test.life)) {
				t.Errorf("%s: %s, %v", name, body, err)
			}
			answer, body = callHuawei(t, e, told.Credential.Access, told.Credential.Secret, told.Credential.Securitytoken, "GET", echoPath+"x")
			if answer.StatusCode != 200 {
				t.Errorf("%s, a call with the key: %d %s", name, answer.StatusCode, body)
			}
		}
	})
}

// withToken makes a call with an IAM token.
func withToken(t testing.TB, e *Emulator, token, path string) (*http.Response, string) {
	t.Helper()
	r := huaweiRequest(t, "GET", inProcess+path, "")
	r.Header.Set("X-Auth-Token", token)
	r.Header.Set("X-Subject-Token", token)
	return do(t, client(e), r)
}

func TestFederationScopes(t *testing.T) {
	for scope, test := range map[string]struct {
		status           int
		service, account int // of a call of a service, and of one about the account
	}{
		``:                                       {201, 401, 401},
		`{"project":{"id":"` + ProjectID + `"}}`: {201, 200, 200},
		`{"project":{"name":"` + ProjectName + `"}}`:                          {201, 200, 200},
		`{"project":{"id":"` + ProjectID + `","name":"` + ProjectName + `"}}`: {201, 200, 200},
		`{"domain":{"id":"` + HuaweiAccount + `"}}`:                           {201, 401, 200},
		`{"domain":{"name":"` + HuaweiAccountName + `"}}`:                     {201, 401, 200},
		`{"project":{"id":"` + strings.Repeat("f", 32) + `"}}`:                {404, 0, 0},
		`{"project":{"id":"` + ProjectID + `","name":"cn-north-1"}}`:          {404, 0, 0},
		`{"project":{}}`: {404, 0, 0},
		`{"project":{"id":"` + ProjectID + `"},"domain":{"id":"` + HuaweiAccount + `"}}`: {404, 0, 0},
		`{"region":{"id":"x"}}`: {404, 0, 0},
	} {
		e := keyless(Options{})
		answer, body := federated(t, e, HuaweiIdentityProvider, identityFor(t, e, HuaweiAudience), scope)
		if answer.StatusCode != test.status {
			t.Errorf("%s: %d %s", scope, answer.StatusCode, body)
		}
		token := answer.Header.Get("X-Subject-Token")
		if (token != "") != (test.status == 201) {
			t.Errorf("%s: the token is %q", scope, token)
		}
		if token == "" {
			continue
		}
		for path, want := range map[string]int{
			echoPath + "x": test.service, "/v5/caller-identity": test.account,
			"/v3/auth/domains": 200, "/v3/auth/tokens": 200, "/v3/projects": 200,
		} {
			if answer, body := withToken(t, e, token, path); answer.StatusCode != want {
				t.Errorf("%s, GET %s: %d %s", scope, path, answer.StatusCode, body)
			}
		}
	}
}

func TestFederationRefused(t *testing.T) {
	for name, test := range map[string]struct {
		provider, audience string
		status             int
		code               string
	}{
		"as it should be":    {HuaweiIdentityProvider, HuaweiAudience, 201, ""},
		"no provider":        {"", HuaweiAudience, 404, "IAM.0004"},
		"unknown provider":   {"gitlab", HuaweiAudience, 404, "IAM.0004"},
		"rules take nobody":  {HuaweiProductionIdentityProvider, HuaweiAudience, 403, "IAM.0003"},
		"tencent's audience": {HuaweiIdentityProvider, TencentAudience, 401, "IAM.0007"},
	} {
		e := keyless(Options{})
		answer, body := federated(t, e, test.provider, identityFor(t, e, test.audience), "")
		if answer.StatusCode != test.status || !strings.Contains(body, test.code) || len(e.tokens) != 1+201/test.status {
			t.Errorf("%s: %d %s", name, answer.StatusCode, body)
		}
	}
	e := keyless(Options{})
	for _, body := range []string{``, `{}`, `[]`, `{"auth":{}}`, `{"auth":{"id_token":{}}}`, `{"auth":{"id_token":"x"}}`, `{"auth":{"id_token":{"id":7}}}`} {
		r := huaweiRequest(t, "POST", inProcess+"/v3.0/OS-AUTH/id-token/tokens", body)
		r.Header.Set("X-Idp-Id", HuaweiIdentityProvider)
		if answer, said := do(t, client(e), r); answer.StatusCode != 400 || !strings.Contains(said, "IAM.0011") {
			t.Errorf("%s: %d %s", body, answer.StatusCode, said)
		}
	}
	for _, body := range []string{``, `{}`, `{"auth":{"identity":{"token":{"id":"` + AuthToken + `"}}}}`, `{"auth":{"identity":{"methods":["password"],"token":{"id":"` + AuthToken + `"}}}}`} {
		if answer, said := do(t, client(e), huaweiRequest(t, "POST", inProcess+"/v3.0/OS-CREDENTIAL/securitytokens", body)); answer.StatusCode != 400 {
			t.Errorf("%s: %d %s", body, answer.StatusCode, said)
		}
	}
}

// TestTokenExpires: an IAM token ends too, and the switch says with which code.
func TestTokenExpires(t *testing.T) {
	for code, renew := range map[string]bool{"APIGW.0301": false, "APIGW.0307": true} {
		synctest.Test(t, func(t *testing.T) {
			e := keyless(Options{Switches: Switches{RenewToken: renew}, Login: Login{KeyLife: 5 * time.Minute}})
			answer, _ := federated(t, e, HuaweiIdentityProvider, identityFor(t, e, HuaweiAudience), `{"project":{"id":"`+ProjectID+`"}}`)
			token := answer.Header.Get("X-Subject-Token")
			time.Sleep(5*time.Minute - 1)
			if answer, body := withToken(t, e, token, echoPath+"x"); answer.StatusCode != 200 {
				t.Errorf("before the end: %d %s", answer.StatusCode, body)
			}
			time.Sleep(time.Nanosecond)
			answer, body := withToken(t, e, token, echoPath+"x")
			if got, _ := huaweiError(t, answer, body); got != code || answer.StatusCode != 401 {
				t.Errorf("after the end: %d %s", answer.StatusCode, body)
			}
			if answer, body := temporaryKey(t, e, token, "", ""); answer.StatusCode != 401 {
				t.Errorf("a key for an expired token: %d %s", answer.StatusCode, body)
			}
			answer, body = withToken(t, e, "never issued", echoPath+"x")
			if got, _ := huaweiError(t, answer, body); got != "APIGW.0301" {
				t.Errorf("a wrong token: %s", body)
			}
		})
	}
}

// TestKeyLife: short-lived keys, whatever was asked for.
func TestKeyLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := keyless(Options{Login: Login{KeyLife: 5 * time.Minute, TokenLife: time.Minute}})
		want := time.Now().Add(5 * time.Minute)
		if keys := roleKeys(t, assumeRole(t, e, identityFor(t, e, TencentAudience), []any{"DurationSeconds", 7200})); keys.ExpiredTime != want.Unix() {
			t.Errorf("tencent's key ends at %s", keys.Expiration)
		}
		if _, body := assumeAgency(t, e, identityFor(t, e, HuaweiAudience), nil); !strings.Contains(body, want.UTC().Format("2006-01-02T15:04:05")) {
			t.Errorf("huawei's key: %s", body)
		}
		late := identityFor(t, e, TencentAudience)
		time.Sleep(time.Minute)
		if code := tencentCode(t, assumeRole(t, e, late, nil)); code != "InvalidParameter.WebIdentityTokenError" {
			t.Errorf("an expired identity token gets %q", code)
		}
	})
}

// TestTokenOnce: an identity token is exchanged once, also if the answer was
// lost, and by each vendor for itself.
func TestTokenOnce(t *testing.T) {
	for _, reusable := range []bool{false, true} {
		e := keyless(Options{Switches: Switches{ReusableTokens: reusable}})
		again := ""
		if !reusable {
			again = "InvalidParameter.WebIdentityTokenError"
		}
		token := identityFor(t, e, TencentAudience)
		if code := tencentCode(t, assumeRole(t, e, token, []any{"RoleArn", TencentProductionRoleARN})); code != "UnauthorizedOperation" {
			t.Fatal(code)
		}
		if code := tencentCode(t, assumeRole(t, e, token, nil)); code != "" {
			t.Errorf("a refusal used the token up: %s", code)
		}
		if code := tencentCode(t, assumeRole(t, e, token, nil)); code != again {
			t.Errorf("the second time: %q", code)
		}
		lost := identityFor(t, e, TencentAudience)
		e.Inject(Fault{Call: "AssumeRoleWithWebIdentity", Kind: Reset, After: true})
		if _, err := client(e).Do(assumeRoleRequest(t, lost, nil)); err == nil {
			t.Fatal("the answer was not lost")
		}
		if code := tencentCode(t, assumeRole(t, e, lost, nil)); code != again {
			t.Errorf("after a lost answer: %q", code)
		}
		token = identityFor(t, e, HuaweiAudience)
		for i, want := range []int{200, 400} {
			if answer, body := assumeAgency(t, e, token, nil); answer.StatusCode != want && !reusable {
				t.Errorf("huawei, time %d: %d %s", i+1, answer.StatusCode, body)
			}
		}
		if answer, body := federated(t, e, HuaweiIdentityProvider, token, ""); answer.StatusCode != 401 && !reusable {
			t.Errorf("a token used at STS, at IAM: %d %s", answer.StatusCode, body)
		}
	}
}

// TestLoginOutage: whatever can go wrong with a call can with a login, and STS
// can be away for a while.
func TestLoginOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := keyless(Options{})
		e.Inject(Fault{Service: "sts", Kind: BadGateway, For: 10 * time.Minute}, Fault{Call: "GetIDToken", Kind: Dial})
		if _, err := client(e).Do(tokenRequest(t, "")); err == nil {
			t.Error("the issuer can be reached")
		}
		exchange := func() int {
			answer, _ := do(t, client(e), assumeRoleRequest(t, identityFor(t, e, TencentAudience), nil))
			return answer.StatusCode
		}
		for range 5 {
			if status := exchange(); status != 502 {
				t.Errorf("in the outage: %d", status)
			}
			time.Sleep(2*time.Minute - 1)
		}
		if status := exchange(); status != 502 {
			t.Errorf("at its end: %d", status)
		}
		time.Sleep(5 * time.Nanosecond)
		if status := exchange(); status != 200 {
			t.Errorf("after it: %d", status)
		}
		if got := e.Issued(); got.Keys != 1 || e.Injected() != 7 {
			t.Errorf("%+v issued, %d struck", got, e.Injected())
		}
	})
	for _, f := range Faults() {
		e := keyless(Options{})
		f.Call = "GetIDToken"
		e.Inject(f)
		if answer, err := client(e).Do(tokenRequest(t, "")); err == nil {
			body, _ := io.ReadAll(answer.Body)
			if strings.Contains(string(body), `"value":"eyJ`) && strings.HasSuffix(string(body), "}") && f.Kind != Slow || strings.Contains(string(body), "APIGW") {
				t.Errorf("%s: %d %s", f.Kind, answer.StatusCode, body)
			}
		}
		if e.Injected() != 1 {
			t.Errorf("%s did not strike", f.Kind)
		}
	}
}

func TestExpireKeys(t *testing.T) {
	e := keyless(Options{})
	keys := roleKeys(t, assumeRole(t, e, identityFor(t, e, TencentAudience), nil))
	start := func() string { return tencentCode(t, callTencent(t, e, keys, "pts", "2021-07-28", "StartJob")) }
	answer, _ := federated(t, e, HuaweiIdentityProvider, identityFor(t, e, HuaweiAudience), `{"project":{"id":"`+ProjectID+`"}}`)
	token := answer.Header.Get("X-Subject-Token")
	if code := start(); code != "" {
		t.Fatal(code)
	}
	do(t, client(e), huaweiRequest(t, "POST", inProcess+"/expire", ""))
	if code := start(); code != "AuthFailure.TokenFailure" {
		t.Errorf("the key lives on: %q", code)
	}
	if answer, _ := withToken(t, e, token, echoPath+"x"); answer.StatusCode != 401 {
		t.Errorf("the token lives on: %d", answer.StatusCode)
	}
	if answer, _ := withToken(t, e, AuthToken, echoPath+"x"); answer.StatusCode != 200 {
		t.Errorf("the world's own token: %d", answer.StatusCode)
	}
	temporary := tencentKeys{}
	temporary.Credentials.TmpSecretId, temporary.Credentials.TmpSecretKey, temporary.Credentials.Token = TencentTemporaryKeyID, Secret, SessionToken
	if code := tencentCode(t, callTencent(t, e, temporary, "pts", "2021-07-28", "StartJob")); code != "" {
		t.Errorf("the world's own temporary key: %s", code)
	}
}

// TestLoginLog: logins are logged as calls are, and nothing that was issued is.
func TestLoginLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		e := keyless(Options{Log: func(line string) { lines = append(lines, line) }})
		roleKeys(t, assumeRole(t, e, identityFor(t, e, TencentAudience), nil))
		assumeAgency(t, e, "wrong", nil)
		answer, _ := federated(t, e, HuaweiIdentityProvider, identityFor(t, e, HuaweiAudience), "")
		temporaryKey(t, e, answer.Header.Get("X-Subject-Token"), "", "")
		want := []string{
			"github actions GetIDToken 200 ", "tencent sts AssumeRoleWithWebIdentity 200 ", "huawei sts AssumeAgencyWithOIDC 400 STS5.2001 ",
			"github actions GetIDToken 200 ", "huawei iam CreateTokenWithIdToken 201 ", "huawei iam CreateTemporaryAccessKeyByToken 201 ",
		}
		for i, line := range lines {
			if i >= len(want) || !strings.Contains(line, " "+want[i]) {
				t.Errorf("line %d is %q", i, line)
			}
		}
		secrets := e.Secrets()
		if len(lines) != len(want) || len(secrets) != 4+2+2+1+2 {
			t.Errorf("%d lines, %d secrets", len(lines), len(secrets))
		}
		for _, secret := range secrets {
			if secret == "" || strings.Contains(strings.Join(lines, "\n"), secret) {
				t.Errorf("the log has %q", secret)
			}
		}
		slices.Sort(secrets)
		if len(slices.Compact(secrets)) != len(e.Secrets()) {
			t.Error("a secret was given twice")
		}
	})
}

// TestConcurrentLogins: of many that bring the same identity token one gets a
// key, while others log in and call.
func TestConcurrentLogins(t *testing.T) {
	e := keyless(Options{})
	token := identityFor(t, e, TencentAudience)
	var won atomic.Int32
	var all sync.WaitGroup
	for i := range 24 {
		all.Go(func() {
			if i%3 == 0 {
				keys := roleKeys(t, assumeRole(t, e, identityFor(t, e, TencentAudience), nil))
				if code := tencentCode(t, callTencent(t, e, keys, "pts", "2021-07-28", "StartJob")); code != "" {
					t.Error(code)
				}
				return
			}
			if tencentCode(t, assumeRole(t, e, token, nil)) == "" {
				won.Add(1)
			}
		})
	}
	all.Wait()
	if won.Load() != 1 || e.Issued() != (Issued{IdentityTokens: 9, Keys: 9}) {
		t.Errorf("%d exchanged the same token, %+v were issued", won.Load(), e.Issued())
	}
}
