package huawei

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/impl"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/request"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Names of the inputs of a login without keys.
const (
	agencyInput           = "huawei_agency_urn"
	providerInput         = "huawei_oidc_provider_urn"
	identityProviderInput = "huawei_identity_provider"
)

// AgencyFields are the inputs of a login without keys.
func AgencyFields(agency *cloud.HuaweiAgency) field.Set {
	return field.Set{
		field.RuledText(agencyInput, &agency.URN,
			field.Rule{Max: 1500, Pattern: `iam::[0-9A-Za-z]+:agency:[^\s]+`, Says: "an agency's URN, like iam::0123456789abcdef0123456789abcdef:agency:deploy"},
			"Trust agency of Huawei Cloud that the step logs in as, without keys: iam::ACCOUNT:agency:NAME."),
		field.RuledText(providerInput, &agency.Provider,
			field.Rule{Max: 1500, Pattern: `iam::[0-9A-Za-z]+:[^\s:]+:[^\s]+`, Says: "the URN of an identity provider, like iam::0123456789abcdef0123456789abcdef:oidcProvider:github-actions"},
			"URN of the OIDC identity provider in Huawei Cloud that the agency trusts, as the console shows it: iam::ACCOUNT:oidcProvider:NAME."),
		field.RuledText(identityProviderInput, &agency.IdentityProvider,
			field.Rule{Max: 64, Pattern: `[0-9A-Za-z_-]+`, Says: "the name of an identity provider"},
			"Name of an identity provider of Huawei Cloud's IAM v3 (OpenID Connect, programmatic access): the older login without keys. Give it instead of an agency, not beside one."),
	}
}

// CheckAgency complains of an agency without its provider, of two ways at once,
// and of a session that Huawei Cloud does not give.
func CheckAgency(login cloud.Login, complain func(input, text string)) {
	agency := login.Huawei
	switch {
	case agency.URN != "" && agency.IdentityProvider != "":
		complain(identityProviderInput, "is another way to log in than "+agencyInput+"; give one of them")
	case agency.URN != "" && agency.Provider == "":
		complain(agencyInput, "needs "+providerInput+" beside it: the identity provider that the agency trusts")
	case agency.Provider != "" && agency.URN == "":
		complain(providerInput, "means nothing without "+agencyInput)
	}
	if agency.URN != "" && login.Lasts > longestSession {
		complain("session_duration", "is longer than the 12h that Huawei Cloud's STS gives at most")
	}
}

// longestSession is of facts huawei-auth §4; an agency may allow less.
const longestSession = 12 * time.Hour

// keyring chooses the login.
func keyring(env cloud.Env, target Target) (cloud.Keyring, error) {
	ways := cloud.Ways{
		Variables: Variables(), Held: func() (cloud.Keyring, error) { return held(env) },
		Session: func() (cloud.Keyring, error) { return session(env, target) },
		Stand:   cloud.Held{Has: cloud.Keys{ID: "AKEXAMPLE", Secret: "example"}},
	}
	switch agency := env.Login.Huawei; {
	case agency.URN != "":
		ways.Role = agencyInput
	case agency.IdentityProvider != "":
		ways.Role = identityProviderInput
	}
	return ways.Choose(env)
}

// audience is what the identity token is made for, unless the user says
// otherwise.
const audience = "sts.myhuaweicloud.com"

// session logs in by the agency or the identity provider, in the region of the
// target.
func session(env cloud.Env, target Target) (cloud.Keyring, error) {
	at := func(service string) (string, error) {
		given := strings.TrimSuffix(env.LoginAt(target.Endpoint), "/")
		if given == "" && target.Region == "" {
			return "", cloud.Denied("nothing tells where to log in", "give region, or login_endpoint")
		}
		given = cmp.Or(given, address(service, target.Region))
		return given, env.CheckProxy(given)
	}
	service, exchange := "sts", exchanger{env}.assume
	if env.Login.Huawei.URN == "" {
		service, exchange = "iam", exchanger{env}.federate
	}
	address, err := at(service)
	if err != nil {
		return nil, err
	}
	return env.Session("Huawei Cloud at "+address, audience, func(ctx context.Context, token string) (cloud.Keys, error) {
		return exchange(ctx, address, token)
	}), nil
}

// exchanger trades identity tokens for keys. The SDK's clients cannot: those of STS
// want a login to make one, and that of IAM wants the token in a file (facts
// huawei-auth §4).
type exchanger struct{ env cloud.Env }

// The calls of a login. They start nothing.
var (
	assumeCall = cloud.Call{
		Name: "AssumeAgencyWithOIDC", Does: "trades the identity token for keys of the agency",
		Permission: "none: the agency's trust policy decides", Reads: true, Keys: true,
	}
	tokenCall = cloud.Call{
		Name: "CreateTokenWithIdToken", Does: "trades the identity token for a token of IAM",
		Permission: "none: the identity provider's conversion rules decide", Reads: true, Keys: true,
	}
	keysCall = cloud.Call{
		Name: "CreateTemporaryAccessKeyByToken", Does: "trades the token of IAM for keys",
		Permission: "none", Reads: true, Keys: true,
	}
)

// assume logs in by an agency: STS v5 (facts huawei-auth §4, flow B).
func (x exchanger) assume(ctx context.Context, address, token string) (cloud.Keys, error) {
	body := map[string]any{
		"provider_urn": x.env.Login.Huawei.Provider, "agency_urn": x.env.Login.Huawei.URN,
		"agency_session_name": cloud.SessionName(x.env.Getenv), "id_token": token,
	}
	if x.env.Login.Lasts > 0 {
		body["duration_seconds"] = int64(x.env.Login.Lasts / time.Second)
	}
	answer, err := x.env.Transport.JSON(ctx, assumeCall, http.MethodPost, address+"/v5/agencies/assume-with-oidc", nil, body)
	if err != nil {
		return cloud.Keys{}, err
	}
	if answer.Status >= 300 {
		return cloud.Keys{}, refused(assumeCall, answer,
			"compare the agency's trust policy and the provider's client ids with what this workflow is (repository, branch or environment) and with oidc_audience")
	}
	var read struct {
		Credentials struct {
			ID     string `json:"access_key_id"`
			Secret string `json:"secret_access_key"`
			Token  string `json:"security_token"`
			Ends   string `json:"expiration"`
		} `json:"credentials"`
		Agency struct {
			URN string `json:"urn"`
		} `json:"assumed_agency"`
	}
	if err := json.Unmarshal(answer.Body, &read); err != nil {
		return cloud.Keys{}, cloud.Unknown(assumeCall, "the answer cannot be read", err)
	}
	c := read.Credentials
	account, _ := parts(cmp.Or(read.Agency.URN, x.env.Login.Huawei.URN))
	return keysOf(assumeCall, c.ID, c.Secret, c.Token, c.Ends, account)
}

// federate logs in by an identity provider of IAM, in two steps: a token, then
// keys for it (facts huawei-auth §4, flow A).
func (x exchanger) federate(ctx context.Context, address, token string) (cloud.Keys, error) {
	answer, err := x.env.Transport.JSON(ctx, tokenCall, http.MethodPost, address+"/v3.0/OS-AUTH/id-token/tokens",
		map[string]string{"X-Idp-Id": x.env.Login.Huawei.IdentityProvider, "Content-Type": "application/json;charset=UTF-8"},
		map[string]any{"auth": map[string]any{"id_token": map[string]any{"id": token}}})
	if err != nil {
		return cloud.Keys{}, err
	}
	subject := answer.Header.Get("X-Subject-Token")
	switch {
	case answer.Status >= 300:
		return cloud.Keys{}, refused(tokenCall, answer,
			"check "+identityProviderInput+", compare the identity provider's client id with oidc_audience and its conversion rules with what this workflow is, and update its signing keys from the issuer's (they are a copy)")
	case subject == "":
		return cloud.Keys{}, cloud.Unknown(tokenCall, "the answer holds no token", nil)
	}
	if x.env.Secret != nil {
		x.env.Secret(subject)
	}
	var who struct {
		Token struct {
			User struct {
				Domain struct {
					ID string `json:"id"`
				} `json:"domain"`
			} `json:"user"`
		} `json:"token"`
	}
	_ = json.Unmarshal(answer.Body, &who) // whose it is need not be told

	wanted := map[string]any{"id": subject}
	if x.env.Login.Lasts > 0 {
		wanted["duration_seconds"] = int64(x.env.Login.Lasts / time.Second)
	}
	answer, err = x.env.Transport.JSON(ctx, keysCall, http.MethodPost, address+"/v3.0/OS-CREDENTIAL/securitytokens", nil,
		map[string]any{"auth": map[string]any{"identity": map[string]any{"methods": []string{"token"}, "token": wanted}}})
	if err != nil {
		return cloud.Keys{}, err
	}
	if answer.Status >= 300 {
		return cloud.Keys{}, refused(keysCall, answer, "see whether the identity provider's users may get keys (programmatic access)")
	}
	var read struct {
		Credential struct {
			Access, Secret, SecurityToken string
			Ends                          string `json:"expires_at"`
		} `json:"credential"`
	}
	if err := json.Unmarshal(answer.Body, &read); err != nil {
		return cloud.Keys{}, cloud.Unknown(keysCall, "the answer cannot be read", err)
	}
	c := read.Credential
	return keysOf(keysCall, c.Access, c.Secret, c.SecurityToken, c.Ends, who.Token.User.Domain.ID)
}

func keysOf(call cloud.Call, id, secret, token, ends, account string) (cloud.Keys, error) {
	until, err := time.Parse(time.RFC3339Nano, ends)
	if err != nil || id == "" || secret == "" || token == "" {
		return cloud.Keys{}, cloud.Unknown(call, "the answer holds no keys", err)
	}
	return cloud.Keys{ID: id, Secret: secret, Token: token, Ends: until, Account: account}, nil
}

// refused is the error of a login that the cloud did not take. Its body has one
// of three forms (facts huawei-auth §1).
func refused(call cloud.Call, answer cloud.Answer, cure string) error {
	type said struct {
		ErrorCode string `json:"error_code"`
		ErrorMsg  string `json:"error_msg"`
		Code      any    `json:"code"`
		Message   string `json:"message"`
	}
	var read struct {
		said
		Error said `json:"error"`
	}
	_ = json.Unmarshal(answer.Body, &read) // what is not there is left out
	code := cmp.Or(read.ErrorCode, read.Error.ErrorCode)
	for _, c := range []any{read.Code, read.Error.Code} { // IAM writes its status as a number
		if code == "" && c != nil {
			code = fmt.Sprint(c)
		}
	}
	message := cmp.Or(read.ErrorMsg, read.Message, read.Error.ErrorMsg, read.Error.Message, fmt.Sprintf("HTTP %d", answer.Status))
	e := judged(&job.Error{Call: call.Name, Status: answer.Status, Code: code, Message: cloud.Shorten(message), RequestID: answer.RequestID}, answer.Status, nil)
	if known := cloud.Explain(code, stsCodes); known.Meaning != "" {
		e.Fault, e.Meaning, e.Cure = known.Fault, known.Meaning, known.Cure
	} else if e.Fault == job.Refused || e.Fault == job.Denied {
		e.Fault, e.Meaning, e.Cure = job.Denied, "the login was refused", cure
	}
	return e
}

// stsCodes are those that people met who logged in by an agency. No page lists
// them, so what they mean is UNVERIFIED.
var stsCodes = []cloud.Code{
	{Code: "STS5.1001", Fault: job.Denied, Meaning: "the agency's trust policy does not take this identity token",
		Cure: "compare its conditions on oidc:sub, oidc:aud and oidc:iss with what this workflow is: repository, branch or environment"},
	{Code: "STS5.1106", Fault: job.Denied, Meaning: "the agency or the identity provider is not there", Cure: "check " + agencyInput + " and " + providerInput},
	{Code: "STS5.2001", Fault: job.Denied, Meaning: "the identity provider does not take the identity token: its audience is none of the provider's client ids, or it has expired",
		Cure: "compare oidc_audience with the provider's client ids"},
}

// family is one tool's names for a key.
type family struct{ id, key, token string }

// families are the names in use (facts huawei-auth §3): the SDKs', Terraform's,
// and Terraform's older ones.
var families = []family{
	{"HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_SECURITY_TOKEN"},
	{"HW_ACCESS_KEY", "HW_SECRET_KEY", "HW_SECURITY_TOKEN"},
	{"OS_ACCESS_KEY", "OS_SECRET_KEY", "OS_SECURITY_TOKEN"},
}

// tokenVariable holds an IAM token, which stands instead of a key.
const tokenVariable = "HW_AUTH_TOKEN"

// Variables are the environment variables read for a login, the first of them
// first.
func Variables() []string {
	var names []string
	for _, f := range families {
		names = append(names, f.id, f.key, f.token)
	}
	return append(names, tokenVariable)
}

// held are the keys of the environment: of the first family of which anything
// is set; a family that is only half there is an error, not a reason to look
// further.
func held(env cloud.Env) (cloud.Keyring, error) {
	part := cloud.PartsFrom(env.Getenv)
	for _, f := range families {
		id, key := part.Get(f.id), part.Get(f.key)
		switch {
		case part.Err() != nil:
			return nil, part.Err()
		case id == "" && key == "":
			continue
		case id == "":
			return nil, env.Missing(f.id+" is empty", "set it in the step's env beside "+f.key)
		case key == "":
			return nil, env.Missing(f.key+" is empty", "set it in the step's env beside "+f.id)
		}
		token := part.Get(f.token)
		if part.Err() != nil {
			return nil, part.Err()
		}
		return cloud.Held{Has: cloud.Keys{ID: id, Secret: key, Token: token}, From: f.token}, nil
	}
	token := part.Get(tokenVariable)
	switch {
	case part.Err() != nil:
		return nil, part.Err()
	case token != "":
		return cloud.Held{Has: cloud.Keys{Token: token}, From: tokenVariable}, nil
	}
	return nil, env.Missing("there are no Huawei Cloud credentials",
		fmt.Sprintf("set %s and %s in the step's env, from secrets, or log in without keys by %s and %s", families[0].id, families[0].key, agencyInput, providerInput))
}

// credential is the SDK's form of keys. It always carries a project, so that the
// SDK asks IAM for nothing.
func credential(keys cloud.Keys, project string) (auth.ICredential, error) {
	if keys.ID == "" {
		return authToken{keys.Token, project}, nil
	}
	return basic.NewCredentialsBuilder().WithAk(keys.ID).WithSk(keys.Secret).WithSecurityToken(keys.Token).WithProjectId(project).SafeBuild()
}

// authToken is a login by IAM token, which the SDK has no type for.
type authToken struct{ token, project string }

var _ auth.ICredential = authToken{}

func (t authToken) ProcessAuthParams(*impl.DefaultHttpClient, string) (auth.ICredential, error) {
	return t, nil
}

func (t authToken) ProcessAuthRequest(_ *impl.DefaultHttpClient, r *request.DefaultHttpRequest) (*request.DefaultHttpRequest, error) {
	return r.Builder().
		AddAutoFilledPathParam("project_id", t.project).
		AddHeaderParam("X-Auth-Token", t.token).
		AddHeaderParam("X-Project-Id", t.project).
		Build(), nil
}
