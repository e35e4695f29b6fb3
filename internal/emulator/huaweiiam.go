package emulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// iam is what the clients of regional services ask of Huawei's IAM 3: the
// project's id (facts huawei-auth §3), the account, and temporary keys for an
// identity token, in two steps (facts huawei-auth §4).
func (e *Emulator) iam() emu.Half {
	return emu.Half{
		Vendor: emu.Huawei, Service: "iam",
		Calls: []emu.Call{
			{Name: "KeystoneListProjects", Route: "GET /v3/projects", Handle: listProjects},
			{Name: "KeystoneListAuthDomains", Route: "GET /v3/auth/domains", Handle: listDomains},
			{Name: "KeystoneValidateToken", Route: "GET /v3/auth/tokens", Handle: e.validateToken},
			{Name: "CreateTokenWithIdToken", Route: "POST /v3.0/OS-AUTH/id-token/tokens", Open: true, Handle: e.tokenForIdentity},
			{Name: "CreateUnscopedTokenWithIdToken", Route: "POST /v3/OS-FEDERATION/identity_providers/{idp_id}/protocols/{protocol_id}/auth", Open: true, Handle: e.unscopedForIdentity},
			{Name: "CreateTemporaryAccessKeyByToken", Route: "POST /v3.0/OS-CREDENTIAL/securitytokens", Open: true, Handle: e.keyForToken},
		},
	}
}

func listProjects(r *emu.Request) emu.Answer {
	projects := []any{}
	if !r.Query.Has("name") || r.Query.Get("name") == ProjectName {
		projects = append(projects, map[string]any{"id": ProjectID, "name": ProjectName})
	}
	return emu.Answer{Body: map[string]any{"projects": projects}}
}

// listDomains is page iam_07_0001.
func listDomains(r *emu.Request) emu.Answer {
	self := "http://" + r.Host + "/v3"
	return emu.Answer{Body: map[string]any{
		"domains": []any{map[string]any{
			"id": HuaweiAccount, "name": HuaweiAccountName, "enabled": true, "description": "",
			"links": map[string]any{"self": self + "/domains/" + HuaweiAccount},
		}},
		"links": map[string]any{"self": self + "/auth/domains"},
	}}
}

// Scopes of an IAM token.
const (
	unscoped = iota
	domainScope
	projectScope
)

// iamToken is a token of IAM's.
type iamToken struct {
	scope           int
	method          string
	provider        string // of a federated user
	holder          principal
	issued, expires time.Time
}

func (t iamToken) expired(now time.Time) bool { return !now.Before(t.expires) }

// worldToken is the token that is there from the beginning. A real one is valid
// for a day.
func worldToken() iamToken {
	return iamToken{
		scope: projectScope, method: "password", holder: huaweiUser(),
		issued: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), expires: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// describe is a token as its owner is told, with what is known of the user.
func (t iamToken) describe(user map[string]any) map[string]any {
	domain := map[string]any{"id": HuaweiAccount, "name": HuaweiAccountName}
	user["id"], user["name"], user["domain"] = t.holder.id, t.holder.id, domain
	token := map[string]any{
		"methods": []string{t.method}, "issued_at": microseconds(t.issued), "expires_at": microseconds(t.expires),
		"user": user, "roles": []any{}, "catalog": []any{},
	}
	switch t.scope {
	case domainScope:
		token["domain"] = domain
	case projectScope:
		token["project"] = map[string]any{"id": ProjectID, "name": ProjectName, "domain": domain}
	}
	return map[string]any{"token": token}
}

// validateToken is page iam_30_0004, which knows nothing of federated users.
func (e *Emulator) validateToken(r *emu.Request) emu.Answer {
	subject := r.Header.Get("X-Subject-Token")
	token, known := e.tokens[subject]
	if !known || token.expired(e.real()) {
		return keystoneError(http.StatusNotFound, "Could not find token.")
	}
	return emu.Answer{Header: map[string]string{"X-Subject-Token": subject}, Body: token.describe(map[string]any{"password_expires_at": ""})}
}

// tokenForIdentity is the first step (page iam_13_0605). Statuses and codes are
// those of IAM's pages on OpenID Connect providers; which of them comes for
// what is UNVERIFIED.
func (e *Emulator) tokenForIdentity(r *emu.Request) emu.Answer {
	in, ok := r.Object()
	auth, hasAuth := emu.Object(in, "auth")
	given, hasToken := emu.Object(auth, "id_token")
	text, hasText := emu.Text(given, "id")
	if !ok || !hasAuth || !hasToken || !hasText {
		return refuse(http.StatusBadRequest, "IAM.0011", "Request body is invalid: auth.id_token.id is missing.")
	}
	scope, found := wantedScope(auth["scope"])
	if !found {
		return refuse(http.StatusNotFound, "IAM.0004", "Could not find the project or the domain of the scope.")
	}
	return e.federate(r.Header.Get("X-Idp-Id"), text, scope)
}

// unscopedForIdentity is the older form of the first step (page iam_13_0606),
// which the vendor's Node SDK uses.
func (e *Emulator) unscopedForIdentity(r *emu.Request) emu.Answer {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || r.Path("protocol_id") != "oidc" {
		return refuse(http.StatusUnauthorized, "IAM.0007", "Request parameter Authorization is invalid.")
	}
	return e.federate(r.Path("idp_id"), text, unscoped)
}

// wantedScope reads a scope: a project or a domain, by id or by name.
func wantedScope(value any) (scope int, found bool) {
	if value == nil {
		return unscoped, true
	}
	of, _ := value.(map[string]any)
	for _, s := range []struct {
		name     string
		scope    int
		id, text string
	}{{"project", projectScope, ProjectID, ProjectName}, {"domain", domainScope, HuaweiAccount, HuaweiAccountName}} {
		which, ok := emu.Object(of, s.name)
		if !ok {
			continue
		}
		id, hasID := emu.Text(which, "id")
		name, hasName := emu.Text(which, "name")
		return s.scope, len(of) == 1 && (hasID || hasName) && (!hasID || id == s.id) && (!hasName || name == s.text)
	}
	return unscoped, false
}

// identityProviders are those of IAM 3, with the subjects that their rules take.
func identityProviders() map[string][]string {
	return map[string][]string{HuaweiIdentityProvider: mainBranch(), HuaweiProductionIdentityProvider: production()}
}

func (e *Emulator) federate(provider, identity string, scope int) emu.Answer {
	trusted, ok := identityProviders()[provider]
	if !ok {
		return refuse(http.StatusNotFound, "IAM.0004", "Could not find the identity provider.")
	}
	who, err := e.introduce(identity, HuaweiAudience, trusted)
	switch err {
	case nil:
	case errUntrusted:
		return refuse(http.StatusForbidden, "IAM.0003", "No conversion rule of the identity provider takes the user: "+err.Error()+".")
	default:
		return refuse(http.StatusUnauthorized, "IAM.0007", "Request parameter id_token is invalid: "+err.Error()+".")
	}
	// How IAM names a federated user is UNVERIFIED.
	user := principal{hexHash([]byte(who.Subject))[:32], "iam::" + HuaweiAccount + ":user:" + provider}
	token := iamToken{
		scope: scope, method: "mapped", provider: provider, holder: user,
		issued: e.real().UTC(), expires: e.expiry(24 * time.Hour),
	}
	text := "MII" + text("iam", len(e.tokens), 1200)
	e.tokens[text] = token
	e.secrets = append(e.secrets, text)
	return emu.Answer{Status: http.StatusCreated, Header: map[string]string{"X-Subject-Token": text}, Body: token.describe(map[string]any{
		"OS-FEDERATION": map[string]any{
			"identity_provider": map[string]any{"id": provider}, "protocol": map[string]any{"id": "oidc"}, "groups": []any{},
		},
	})}
}

// keyForToken is the second step (page iam_04_0003). The token stands in the
// header, which is looked at first, or in the body.
func (e *Emulator) keyForToken(r *emu.Request) emu.Answer {
	in, ok := r.Object()
	auth, _ := emu.Object(in, "auth")
	identity, hasIdentity := emu.Object(auth, "identity")
	methods, _ := emu.List(identity, "methods")
	if !ok || !hasIdentity || !slices.Equal(methods, []any{"token"}) {
		return keystoneError(http.StatusBadRequest, "auth.identity.methods is not [\"token\"].")
	}
	given, _ := emu.Object(identity, "token")
	if _, isNumber := given["duration_seconds"].(json.Number); given["duration_seconds"] != nil && !isNumber {
		return keystoneError(http.StatusBadRequest, "duration_seconds is not a number.")
	}
	life, ok := seconds(given["duration_seconds"], 900, 900, 86400)
	if !ok {
		return keystoneError(http.StatusBadRequest, "duration_seconds is not a whole number from 900 to 86400.")
	}
	text := r.Header.Get("X-Auth-Token")
	if text == "" {
		text, _ = emu.Text(given, "id")
	}
	token, known := e.tokens[text]
	if !known || token.expired(e.real()) {
		return keystoneError(http.StatusUnauthorized, "The token is missing, wrong or expired.")
	}
	id, key := e.issue(emu.Huawei, life, token.holder)
	return emu.Answer{Status: http.StatusCreated, Body: map[string]any{"credential": map[string]string{
		"access": id, "secret": key.secret, "securitytoken": key.token, "expires_at": microseconds(key.expires),
	}}}
}

// keystoneError is a refusal as IAM 3 words it (facts huawei-auth §1).
func keystoneError(status int, message string) emu.Answer {
	return emu.Answer{Status: status, Body: map[string]any{"error": map[string]any{
		"code": status, "message": message, "title": http.StatusText(status),
	}}}
}
