package emulator

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// tencentSTS tells a caller who it is (page 1150/49453), and gives a role's keys
// for an identity token (page 1150/49454). Other logins are not emulated, nor is
// this one unsigned in the way before TC3.
func (e *Emulator) tencentSTS() emu.Half {
	return emu.Half{
		Vendor: emu.Tencent, Service: "sts", Version: "2018-08-13",
		Calls: []emu.Call{
			{Name: "GetCallerIdentity", Handle: e.tencentCaller},
			{Name: "AssumeRoleWithWebIdentity", Open: true, Handle: e.assumeRole},
		},
	}
}

// tencentCaller takes the Type of everybody who is no role for that of a
// sub-account, as in the page's example. Who the PrincipalId of a web identity's
// role is, of which no account's user asked, is UNVERIFIED.
func (e *Emulator) tencentCaller(r *emu.Request) emu.Answer {
	if r.Region == "" {
		return emu.Refuse("MissingParameter", "The common parameter `Region` is missing.")
	}
	holder := e.keys[emu.Tencent][r.KeyID].holder
	kind := "CAMUser"
	if strings.HasPrefix(holder.name, "qcs::sts:") {
		kind = "CAMRole"
	}
	return emu.Answer{Body: map[string]any{
		"Type": kind, "AccountId": TencentAccount, "UserId": holder.id, "PrincipalId": userUIN, "Arn": holder.name,
	}}
}

// tencentRoles are the roles by ARN: an id, and the subjects they trust.
func tencentRoles() map[string]struct {
	id      string
	trusted []string
} {
	return map[string]struct {
		id      string
		trusted []string
	}{
		TencentRoleARN:           {roleID, mainBranch()},
		TencentProductionRoleARN: {"4611686018427000002", production()},
	}
}

// assumeRole exchanges an identity token. The codes are those of STS's client
// (facts tencent-auth §6); that a wrong provider is a ParamError and that an
// unknown role is a GetRoleError is UNVERIFIED, and so is their order.
func (e *Emulator) assumeRole(r *emu.Request) emu.Answer {
	if r.Region == "" {
		return emu.Refuse("MissingParameter", "The common parameter `Region` is missing.")
	}
	in, ok := r.Object()
	if !ok {
		return emu.Refuse("InvalidParameter", "The body is not a JSON object.")
	}
	given := map[string]string{}
	for _, name := range []string{"ProviderId", "WebIdentityToken", "RoleArn", "RoleSessionName"} {
		value, refused := parameter(in, name)
		if refused != nil {
			return emu.Answer{Err: refused}
		}
		given[name] = value
	}
	if unknown := emu.Unknown(in, "ProviderId", "WebIdentityToken", "RoleArn", "RoleSessionName", "DurationSeconds"); unknown != "" {
		return emu.Refuse("UnknownParameter", "The parameter `"+unknown+"` is not recognized.")
	}
	life, ok := seconds(in["DurationSeconds"], 7200, 1, 43200)
	switch {
	case !ok:
		return emu.Refuse("InvalidParameter.ParamError", "DurationSeconds is not a whole number from 1 to 43200.")
	case !isSessionName(given["RoleSessionName"]):
		return emu.Refuse("InvalidParameter.ParamError", "RoleSessionName is not of 2 to 128 letters, digits and =,.@_+-.")
	case given["ProviderId"] != TencentOIDCProvider:
		return emu.Refuse("InvalidParameter.ParamError", "The identity provider does not exist.")
	}
	role, ok := tencentRoles()[given["RoleArn"]]
	if !ok {
		return emu.Refuse("InternalError.GetRoleError", "The role cannot be found.")
	}
	switch _, err := e.introduce(given["WebIdentityToken"], TencentAudience, role.trusted); err {
	case nil:
	case errUntrusted:
		return emu.Refuse("UnauthorizedOperation", "The role may not be assumed: "+err.Error()+".")
	default:
		return emu.Refuse("InvalidParameter.WebIdentityTokenError", "WebIdentityToken is wrong: "+err.Error()+".")
	}
	id, key := e.issue(emu.Tencent, life, tencentSession(role.id, given["RoleSessionName"]))
	return emu.Answer{Body: map[string]any{
		"Credentials": map[string]string{"Token": key.token, "TmpSecretId": id, "TmpSecretKey": key.secret},
		"ExpiredTime": key.expires.Unix(),
		"Expiration":  key.expires.Format(time.RFC3339),
	}}
}

// parameter reads a text that is required.
func parameter(in map[string]any, name string) (string, *emu.Error) {
	switch value := in[name].(type) {
	case nil:
	case emu.Loose:
		if value != "" {
			return string(value), nil
		}
	case string:
		if value != "" {
			return value, nil
		}
	default:
		return "", refusal("InvalidParameter", "The parameter `"+name+"` is not a string.")
	}
	return "", refusal("MissingParameter", "The request is missing a required parameter `"+name+"`.")
}

// seconds reads a length of time. The vendors' samples have it as a number and
// as a text (facts tencent-auth §6).
func seconds(value any, unless, least, most int64) (time.Duration, bool) {
	n := unless
	if value != nil {
		var err error
		if n, err = strconv.ParseInt(fmt.Sprint(value), 10, 64); err != nil {
			return 0, false
		}
	}
	return time.Duration(n) * time.Second, least <= n && n <= most
}
