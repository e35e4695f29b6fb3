package tencent

import (
	"cmp"
	"context"
	"fmt"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	sts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sts/v20180813"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Names of the inputs of a login without keys.
const (
	roleInput     = "tencent_role_arn"
	providerInput = "tencent_oidc_provider"
)

// RoleFields are the inputs of a login without keys.
func RoleFields(role *cloud.TencentRole) field.Set {
	return field.Set{
		field.RuledText(roleInput, &role.ARN,
			field.Rule{Max: 255, Pattern: `qcs::cam::uin/[0-9]+:roleName/[^\s]+`, Says: "a role's ARN, like qcs::cam::uin/100000000001:roleName/deploy"},
			"Role of Tencent Cloud that the step logs in as, without keys: qcs::cam::uin/ACCOUNT:roleName/NAME."),
		field.RuledText(providerInput, &role.Provider,
			field.Rule{Max: 128, Pattern: `[^\s/]+`, Says: "the name of an identity provider"},
			"Name of the OIDC identity provider in Tencent Cloud that the role trusts."),
	}
}

// CheckRole complains of a role without its provider, and of a session that
// Tencent Cloud does not give.
func CheckRole(login cloud.Login, complain func(input, text string)) {
	switch role := login.Tencent; {
	case role.ARN != "" && role.Provider == "":
		complain(roleInput, "needs "+providerInput+" beside it: the identity provider that the role trusts")
	case role.Provider != "" && role.ARN == "":
		complain(providerInput, "means nothing without "+roleInput)
	}
	if login.Tencent.ARN != "" && login.Lasts > longestSession {
		complain("session_duration", "is longer than the 12h that Tencent Cloud gives at most")
	}
}

// longestSession is of facts tencent-auth §6; whether a role allows less is for
// its owner to say.
const longestSession = 12 * time.Hour

// keyring chooses the login.
func keyring(env cloud.Env, target Target) (cloud.Keyring, error) {
	ways := cloud.Ways{
		Variables: Variables(), Held: func() (cloud.Keyring, error) { return held(env) },
		Session: func() (cloud.Keyring, error) { return session(env, target) },
		Stand:   cloud.Held{Has: cloud.Keys{ID: "AKIDEXAMPLE", Secret: "example"}},
	}
	if env.Login.Tencent.ARN != "" {
		ways.Role = roleInput
	}
	return ways.Choose(env)
}

// session logs in by the role, through the site of the target.
func session(env cloud.Env, target Target) (cloud.Keyring, error) {
	at := target
	at.Endpoint = env.LoginAt(target.Endpoint)
	at.Region = cmp.Or(at.Region, anyRegion)
	login := &Account{Target: at, transport: env.Transport, service: "sts"}
	if err := env.CheckProxy(at.Endpoint); err != nil {
		return nil, err
	}
	return env.Session("Tencent Cloud at "+login.host(), "sts.tencentcloudapi.com", func(ctx context.Context, token string) (cloud.Keys, error) {
		return login.assume(ctx, env.Login, cloud.SessionName(env.Getenv), token)
	}), nil
}

// assume is the vendor's call. It can start nothing, and each identity token is
// used for one only.
func assumeCall() cloud.Call {
	return cloud.Call{
		Name: "AssumeRoleWithWebIdentity", Does: "trades the identity token for keys of the role",
		Permission: "none: the role's trust policy decides", PerSecond: 20, Reads: true, Keys: true,
	}
}

// stsCodes are of facts tencent-auth §6.
var stsCodes = []cloud.Code{
	{Code: "InvalidParameter.WebIdentityTokenError", Fault: job.Denied, Meaning: "the identity provider does not take the identity token: its audience is none of the provider's client ids, its keys are not those that the provider holds, it has expired, or it was used before",
		Cure: "compare oidc_audience with the provider's client ids, and update the provider's keys from the issuer's (they are a copy)"},
	{Code: "InvalidParameter.OverLimit", Fault: job.Throttled, Meaning: "too many logins", Cure: "wait a little and run the step again"},
	{Code: "InternalError.GetRoleError", Fault: job.Denied, Meaning: "the role is not there", Cure: "check " + roleInput + ", and whether the account is of the site that is called (input site: intl or domestic)"},
	{Code: "UnauthorizedOperation", Fault: job.Denied, Meaning: "the role's trust policy does not take this identity token",
		Cure: "compare its conditions on oidc:sub and oidc:aud with what this workflow is: repository, branch or environment"},
	{Code: "InvalidParameter", Fault: job.Denied, Meaning: "role, identity provider or session length is not one that the cloud has or allows", Cure: "check " + roleInput + ", " + providerInput + " and session_duration"},
}

type assumed struct {
	*tchttp.BaseResponse
	Response struct {
		Credentials struct{ Token, TmpSecretId, TmpSecretKey string }
		ExpiredTime cloud.Number
	}
}

func (a *Account) assume(ctx context.Context, login cloud.Login, name, token string) (cloud.Keys, error) {
	call, answer := assumeCall(), &assumed{BaseResponse: &tchttp.BaseResponse{}}
	road := a.transport.Bind(ctx, call)
	err := a.once(call, road, stsCodes, func() error {
		client, err := sts.NewClient(nil, a.Target.Region, a.Profile())
		if err != nil {
			return err
		}
		client.WithHttpTransport(road)
		request := sts.NewAssumeRoleWithWebIdentityRequest()
		request.ProviderId, request.WebIdentityToken = &login.Tencent.Provider, &token
		request.RoleArn, request.RoleSessionName = &login.Tencent.ARN, &name
		if login.Lasts > 0 {
			request.DurationSeconds = new(int64(login.Lasts / time.Second))
		}
		request.SetContext(ctx)
		return client.Send(request, answer)
	})
	if err != nil {
		return cloud.Keys{}, err
	}
	keys := answer.Response.Credentials
	if keys.TmpSecretId == "" || keys.TmpSecretKey == "" || keys.Token == "" || answer.Response.ExpiredTime.Whole() == 0 {
		return cloud.Keys{}, cloud.Unknown(call, "the answer holds no keys", nil)
	}
	return cloud.Keys{
		ID: keys.TmpSecretId, Secret: keys.TmpSecretKey, Token: keys.Token,
		Ends: time.Unix(answer.Response.ExpiredTime.Whole(), 0),
	}, nil
}

// secretVariables are the names in use for each part of a key (facts
// tencent-auth §7): SDK, CLI and Terraform agree on the pair; the token has two
// spellings.
const (
	idVariable    = "TENCENTCLOUD_SECRET_ID"
	keyVariable   = "TENCENTCLOUD_SECRET_KEY"
	tokenVariable = "TENCENTCLOUD_TOKEN"
	tokenOther    = "TENCENTCLOUD_SECURITY_TOKEN"
)

// Variables are the environment variables read for a login.
func Variables() []string { return []string{idVariable, keyVariable, tokenVariable, tokenOther} }

// held are the keys of the environment.
func held(env cloud.Env) (cloud.Keyring, error) {
	part := cloud.PartsFrom(env.Getenv)
	id, key := part.Get(idVariable), part.Get(keyVariable)
	token, second := part.Get(tokenVariable), part.Get(tokenOther)
	switch {
	case part.Err() != nil:
		return nil, part.Err()
	case id == "" && key == "":
		return nil, env.Missing("there are no Tencent Cloud credentials",
			fmt.Sprintf("set %s and %s in the step's env, from secrets, or log in without keys by %s and %s", idVariable, keyVariable, roleInput, providerInput))
	case id == "":
		return nil, env.Missing(idVariable+" is empty", "set it in the step's env beside "+keyVariable)
	case key == "":
		return nil, env.Missing(keyVariable+" is empty", "set it in the step's env beside "+idVariable)
	case token != "" && second != "" && token != second:
		return nil, cloud.Denied(fmt.Sprintf("%s and %s differ", tokenVariable, tokenOther), "keep one of them")
	}
	from := tokenVariable
	if token == "" {
		from = tokenOther
	}
	return cloud.Held{Has: cloud.Keys{ID: id, Secret: key, Token: cmp.Or(token, second)}, From: from}, nil
}
