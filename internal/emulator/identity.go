package emulator

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"cloudjob/internal/emulator/emu"
)

// This file plays GitHub's issuer of identity tokens.

const (
	// IdentityTokenPath is where a job asks for an identity token. The real
	// address has a query too, to which a client adds the audience.
	IdentityTokenPath = "/github/token?api-version=2.0"
	// IdentityRequestToken is the bearer that a job asks with.
	IdentityRequestToken = "emulator-request-token"
	// Issuer is who the tokens say issued them: GitHub, so that the conditions
	// of a role read as the real ones. Only this emulator knows their key.
	Issuer = "https://token.actions.githubusercontent.com"
	// Subject is whom the tokens are for.
	Subject = "repo:octo-org/octo-repo:ref:refs/heads/main"
	// SubjectWithIDs is the same in the form of newer repositories (facts
	// tencent-auth §6).
	SubjectWithIDs = "repo:octo-org@" + ownerID + "/octo-repo@" + repositoryID + ":ref:refs/heads/main"

	ownerID, repositoryID = "583231", "1296269"
)

// github is the issuer's half. Its calls have no names in any document.
func (e *Emulator) github() emu.Half {
	return emu.Half{
		Vendor: emu.GitHub, Service: "actions",
		Calls: []emu.Call{
			{Name: "GetIDToken", Route: "GET /github/token", Open: true, Handle: e.identityToken},
			{Name: "GetOpenIDConfiguration", Route: "GET /.well-known/openid-configuration", Open: true, Handle: openIDConfiguration},
			{Name: "GetJWKS", Route: "GET /.well-known/jwks", Open: true, Handle: func(*emu.Request) emu.Answer {
				return emu.Answer{Body: map[string]any{"keys": []any{e.issuer.jwk()}}}
			}},
		},
	}
}

// identityToken issues a token (facts tencent-auth §6). The bodies of refusals,
// and that a version is asked for, are UNVERIFIED; the latter finds who drops
// the query.
func (e *Emulator) identityToken(r *emu.Request) emu.Answer {
	scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || !sameSignature(bearer, IdentityRequestToken) {
		return githubError(http.StatusUnauthorized, "The request token is missing or wrong.")
	}
	if r.Query.Get("api-version") == "" {
		return githubError(http.StatusBadRequest, "The address has no api-version.")
	}
	audience := r.Query.Get("audience")
	if audience == "" {
		audience = "https://github.com/octo-org"
	}
	e.issued.IdentityTokens++
	token := e.issuer.token(audience, e.real(), e.issued.IdentityTokens)
	e.secrets = append(e.secrets, token)
	return emu.Answer{Body: map[string]any{"count": len(token), "value": token}}
}

func githubError(status int, message string) emu.Answer {
	return emu.Answer{Status: status, Body: map[string]string{"message": message}}
}

// githubFault is an error of the issuer's.
func githubFault(kind Kind) emu.Answer {
	status := http.StatusInternalServerError
	switch kind {
	case Throttle, ThrottleAccount:
		status = http.StatusTooManyRequests
	case BackendTimeout:
		status = http.StatusGatewayTimeout
	case Unauthorized:
		status = http.StatusUnauthorized
	case Forbidden:
		status = http.StatusForbidden
	}
	return githubError(status, http.StatusText(status))
}

// openIDConfiguration is where the public key is found. Its issuer is the
// tokens', not this address.
func openIDConfiguration(r *emu.Request) emu.Answer {
	return emu.Answer{Body: map[string]any{
		"issuer":                                Issuer,
		"jwks_uri":                              "http://" + r.Host + "/.well-known/jwks",
		"subject_types_supported":               []string{"public", "pairwise"},
		"response_types_supported":              []string{"id_token"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid"},
		"claims_supported":                      []string{"sub", "aud", "exp", "iat", "iss", "jti", "nbf", "ref", "repository", "run_id"},
	}}
}

// issuer signs identity tokens and knows its own again.
type issuer struct {
	login Login
	key   func() *rsa.PrivateKey
}

// newIssuer makes no key before it is needed: that takes a while.
func newIssuer(login Login) *issuer {
	return &issuer{login: login, key: sync.OnceValue(func() *rsa.PrivateKey {
		if login.Key != nil {
			return login.Key
		}
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(fmt.Errorf("make the key of identity tokens: %w", err))
		}
		return key
	})}
}

// jwk is the public key as a JSON Web Key. GitHub's have a certificate too,
// whose thumbprint x5t is; here it is the key's.
func (i *issuer) jwk() map[string]string {
	public := i.key().PublicKey
	return map[string]string{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": i.keyID(), "x5t": i.thumbprint(),
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
	}
}

func (i *issuer) thumbprint() string {
	sum := sha1.Sum(x509.MarshalPKCS1PublicKey(&i.key().PublicKey))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (i *issuer) keyID() string {
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&i.key().PublicKey))
	return uuid(sum[:])
}

// token is the nth token. GitHub's documentation shows one that lives for five
// minutes, tokens of 2025 live for hours; the length is UNVERIFIED.
func (i *issuer) token(audience string, now time.Time, n int) string {
	life, subject := i.login.TokenLife, Subject
	if life == 0 {
		life = 5 * time.Minute
	}
	if i.login.SubjectWithIDs {
		subject = SubjectWithIDs
	}
	const workflow = "octo-org/octo-repo/.github/workflows/load.yml@refs/heads/main"
	const commit = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
	return i.sign(
		map[string]any{"typ": "JWT", "alg": "RS256", "x5t": i.thumbprint(), "kid": i.keyID()},
		map[string]any{
			"iss": Issuer, "aud": audience, "sub": subject, "jti": uuid(material("token", n, 16)),
			"iat": now.Unix(), "nbf": now.Add(-5 * time.Minute).Unix(), "exp": now.Add(life).Unix(),
			"actor": "octocat", "actor_id": ownerID, "base_ref": "", "head_ref": "", "event_name": "workflow_dispatch",
			"ref": "refs/heads/main", "ref_type": "branch", "ref_protected": "true", "sha": commit,
			"repository": "octo-org/octo-repo", "repository_id": repositoryID, "repository_visibility": "private",
			"repository_owner": "octo-org", "repository_owner_id": ownerID,
			"run_id": "1658821493", "run_number": "34", "run_attempt": "1", "runner_environment": "github-hosted",
			"workflow": "load", "workflow_ref": workflow, "workflow_sha": commit,
			"job_workflow_ref": workflow, "job_workflow_sha": commit,
		})
}

// sign makes a JSON Web Token with RS256, whatever the header says.
func (i *issuer) sign(header, claims map[string]any) string {
	text := jwtPart(header) + "." + jwtPart(claims)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, i.key(), crypto.SHA256, sum[:])
	if err != nil {
		panic(fmt.Errorf("sign an identity token: %w", err)) // the key is too short for RS256
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func jwtPart(fields map[string]any) string {
	data, _ := encode(fields) // of texts and numbers, it cannot fail
	return base64.RawURLEncoding.EncodeToString(data)
}

// claims are what a token says, as far as a cloud looks at it.
type claims struct {
	Issuer    string   `json:"iss"`
	Audience  audience `json:"aud"`
	Subject   string   `json:"sub"`
	ID        string   `json:"jti"`
	Expires   *int64   `json:"exp"`
	NotBefore int64    `json:"nbf"`
}

// audience is one text or a list of them (RFC 7519 §4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// verify takes a token of this issuer's apart, for an audience and a moment.
// The key says what algorithm there is, never the token. Line breaks, which Go's
// base64 skips, are no part of it.
func (i *issuer) verify(token, audience string, now time.Time) (claims, error) {
	var header struct{ Alg, Kid string }
	var c claims
	parts := strings.Split(token, ".")
	if len(parts) != 3 || strings.ContainsAny(token, "\r\n") || !jwtFields(parts[0], &header) || !jwtFields(parts[1], &c) {
		return c, errors.New("the identity token is no JSON Web Token")
	}
	if header.Alg != "RS256" {
		return c, errors.New("the identity token is not signed with RS256")
	}
	if header.Kid != i.keyID() {
		return c, errors.New("the identity token is signed with a key that the identity provider does not have")
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || rsa.VerifyPKCS1v15(&i.key().PublicKey, crypto.SHA256, sum[:], signature) != nil {
		return c, errors.New("the signature of the identity token is wrong")
	}
	switch {
	case c.Issuer != Issuer:
		return c, errors.New("the issuer of the identity token is not that of the identity provider")
	case !slices.Contains(c.Audience, audience):
		return c, errors.New("the audience of the identity token is not a client id of the identity provider")
	case c.Expires == nil || now.Unix() >= *c.Expires:
		return c, errors.New("the identity token has expired")
	case now.Unix() < c.NotBefore:
		return c, errors.New("the identity token is not valid yet")
	case c.Subject == "" || c.ID == "":
		return c, errors.New("the identity token lacks its subject or its id")
	}
	return c, nil
}

// jwtFields decodes a part of a token.
func jwtFields(part string, into any) bool {
	data, err := base64.RawURLEncoding.Strict().DecodeString(part)
	return err == nil && json.Unmarshal(data, into) == nil
}

// uuid writes 16 bytes in the form of a UUID.
func uuid(b []byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
