package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// huaweiSTS gives an agency's keys for an identity token (page
// AssumeAgencyWithOIDC of IAM 5), and tells a caller who it is (page
// GetCallerIdentity).
func (e *Emulator) huaweiSTS() emu.Half {
	return emu.Half{
		Vendor: emu.Huawei, Service: "sts",
		Calls: []emu.Call{
			{Name: "AssumeAgencyWithOIDC", Route: "POST /v5/agencies/assume-with-oidc", Open: true, Handle: e.assumeAgency},
			{Name: "GetCallerIdentity", Route: "GET /v5/caller-identity", Handle: e.huaweiCaller},
		},
	}
}

func (e *Emulator) huaweiCaller(r *emu.Request) emu.Answer {
	holder := e.huaweiHolder(r)
	return emu.Answer{Body: map[string]string{
		"account_id": HuaweiAccount, "principal_urn": holder.name, "principal_id": holder.id,
	}}
}

// huaweiHolder is who signed, or whose IAM token came.
func (e *Emulator) huaweiHolder(r *emu.Request) principal {
	if r.KeyID != "" {
		return e.keys[emu.Huawei][r.KeyID].holder
	}
	return e.tokens[r.Header.Get("X-Auth-Token")].holder
}

// agency is a trust agency.
type agency struct {
	id, name string
	trusted  []string
}

func agencies() map[string]agency {
	return map[string]agency{
		HuaweiAgencyURN:           {"5b1c2d3e4f5061728394a5b6c7d8e9f0", "cloudjob", mainBranch()},
		HuaweiProductionAgencyURN: {"5b1c2d3e4f5061728394a5b6c7d8e9f1", "cloudjob-production", production()},
	}
}

// assumeAgency exchanges an identity token. No page lists STS's codes. Three
// are known of people who met them: 403 STS5.1001 where the conditions of trust
// are not met, STS5.2001 for a wrong audience, STS5.1106 for an agency that
// cannot be found. That the second means any wrong token, the statuses of the
// latter two, and the gateway's codes for wrong parameters are UNVERIFIED.
func (e *Emulator) assumeAgency(r *emu.Request) emu.Answer {
	in, ok := r.Object()
	if !ok {
		return refuse(http.StatusBadRequest, "APIGW.0602", "The body is not a JSON object")
	}
	given := map[string]string{}
	for _, p := range []struct {
		name        string
		least, most int
	}{{"provider_urn", 1, 1500}, {"agency_urn", 1, 1500}, {"agency_session_name", 2, 128}, {"id_token", 4, 20000}} {
		value, ok := emu.Text(in, p.name)
		if in[p.name] == nil {
			return refuse(http.StatusBadRequest, "APIGW.0106", "The parameter "+p.name+" is missing")
		}
		if length := utf8.RuneCountInString(value); !ok || length < p.least || length > p.most {
			return refuse(http.StatusBadRequest, "APIGW.0602", fmt.Sprintf("The parameter %s is not a text of %d to %d characters", p.name, p.least, p.most))
		}
		given[p.name] = value
	}
	number, isNumber := in["duration_seconds"].(json.Number)
	life, inLimits := seconds(in["duration_seconds"], 3600, 900, 43200)
	switch {
	case in["duration_seconds"] != nil && !isNumber || !inLimits:
		return refuse(http.StatusBadRequest, "APIGW.0602", "The parameter duration_seconds is not a whole number from 900 to 43200: "+string(number))
	case !isSessionName(given["agency_session_name"]):
		return refuse(http.StatusBadRequest, "APIGW.0602", "The parameter agency_session_name has a character that is not allowed")
	}
	if unknown := emu.Unknown(in, "provider_urn", "agency_urn", "agency_session_name", "id_token", "duration_seconds", "policy", "policy_ids"); unknown != "" {
		return refuse(http.StatusBadRequest, "APIGW.0602", "The parameter "+unknown+" is unknown")
	}
	to, ok := agencies()[given["agency_urn"]]
	if !ok {
		return refuse(http.StatusNotFound, "STS5.1106", "The agency cannot be found")
	}
	if given["provider_urn"] != HuaweiOIDCProviderURN {
		return refuse(http.StatusNotFound, "STS5.1106", "The identity provider cannot be found")
	}
	who, err := e.introduce(given["id_token"], HuaweiAudience, to.trusted)
	switch err {
	case nil:
	case errUntrusted:
		return refuse(http.StatusForbidden, "STS5.1001", "sts:agencies:assumeWithOIDC is not allowed: "+err.Error())
	default:
		return refuse(http.StatusBadRequest, "STS5.2001", "The parameter id_token is wrong: "+err.Error())
	}
	session := principal{
		id:   to.id + ":" + given["agency_session_name"],
		name: "sts::" + HuaweiAccount + ":assumed-agency:" + to.name + "/" + given["agency_session_name"],
	}
	id, key := e.issue(emu.Huawei, life, session)
	return emu.Answer{Body: map[string]any{
		"credentials": map[string]string{
			"access_key_id": id, "secret_access_key": key.secret, "security_token": key.token,
			"expiration": key.expires.Format("2006-01-02T15:04:05.000Z"),
		},
		"assumed_agency":        map[string]string{"urn": session.name, "id": session.id},
		"audience":              HuaweiAudience,
		"provider":              HuaweiOIDCProviderURN,
		"subject_from_id_token": who.Subject,
	}}
}

// refuse is an error of a service that writes code and message as the gateway.
func refuse(status int, code, message string) emu.Answer {
	return emu.Answer{Status: status, Body: map[string]string{"error_code": code, "error_msg": message}}
}

// microseconds is how IAM 3 writes a time.
func microseconds(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
