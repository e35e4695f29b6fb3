package emulator

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator/emu"
)

// testKey saves each test the making of a key.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// keyless is a world for logins.
func keyless(o Options) *Emulator {
	o.Login.Key = testKey()
	return New(o, halves()...)
}

// tokenRequest asks for an identity token as a job does.
func tokenRequest(t testing.TB, query string) *http.Request {
	t.Helper()
	r := huaweiRequest(t, "GET", inProcess+IdentityTokenPath+query, "")
	r.Header.Set("Authorization", "bearer "+IdentityRequestToken)
	return r
}

// identityFor is an identity token of the emulator's own endpoint.
func identityFor(t testing.TB, e *Emulator, audience string) string {
	t.Helper()
	answer, body := do(t, client(e), tokenRequest(t, "&audience="+url.QueryEscape(audience)))
	var told struct {
		Count int
		Value string
	}
	if err := json.Unmarshal([]byte(body), &told); err != nil || answer.StatusCode != 200 || told.Count != len(told.Value) {
		t.Fatalf("%d %s, %v", answer.StatusCode, body, err)
	}
	return told.Value
}

// TestIdentityToken reads a token as a stranger would: by the published key.
func TestIdentityToken(t *testing.T) {
	for _, withIDs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			e := keyless(Options{Login: Login{SubjectWithIDs: withIDs}})
			base := "http://issuer.example"
			_, body := do(t, client(e), huaweiRequest(t, "GET", base+"/.well-known/openid-configuration", ""))
			var configuration map[string]any
			if err := json.Unmarshal([]byte(body), &configuration); err != nil || configuration["issuer"] != Issuer {
				t.Fatalf("%s, %v", body, err)
			}
			_, body = do(t, client(e), huaweiRequest(t, "GET", configuration["jwks_uri"].(string), ""))
			var published struct{ Keys []map[string]string }
			if err := json.Unmarshal([]byte(body), &published); err != nil || len(published.Keys) != 1 {
				t.Fatalf("%s, %v", body, err)
			}
			jwk := published.Keys[0]
			n, _ := base64.RawURLEncoding.DecodeString(jwk["n"])
			exponent, _ := base64.RawURLEncoding.DecodeString(jwk["e"])
			public := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(exponent).Int64())}

			parts := strings.Split(identityFor(t, e, "an audience & more"), ".")
			sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
			signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
			if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], signature); err != nil {
				t.Error(err)
			}
			var header, says map[string]any
			for i, into := range []*map[string]any{&header, &says} {
				data, err := base64.RawURLEncoding.DecodeString(parts[i])
				if err != nil || json.Unmarshal(data, into) != nil {
					t.Fatalf("%s: %v", parts[i], err)
				}
			}
			if header["alg"] != "RS256" || header["typ"] != "JWT" || header["kid"] != jwk["kid"] || header["x5t"] != jwk["x5t"] {
				t.Errorf("%v, the key is %v", header, jwk)
			}
			subject := "repo:octo-org/octo-repo:ref:refs/heads/main"
			if withIDs {
				subject = fmt.Sprintf("repo:octo-org@%s/octo-repo@%s:ref:refs/heads/main", says["repository_owner_id"], says["repository_id"])
			}
			now := float64(time.Now().Unix())
			if says["iss"] != Issuer || says["aud"] != "an audience & more" || says["sub"] != subject || says["iat"] != now || says["exp"] != now+300 || says["nbf"].(float64) >= now {
				t.Errorf("it says %v", says)
			}
			if second := strings.Split(identityFor(t, e, "x"), "."); second[1] == parts[1] || e.Issued().IdentityTokens != 2 {
				t.Errorf("the second is the first: %v", e.Issued())
			}
			if got := e.Calls()["GetIDToken"]; got != 2 {
				t.Errorf("%d calls", got)
			}
		})
	}
}

func TestIdentityTokenWithoutAudience(t *testing.T) {
	e := keyless(Options{})
	_, body := do(t, client(e), tokenRequest(t, ""))
	part := strings.Split(body, ".")[1]
	data, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !strings.Contains(string(data), `"aud":"https://github.com/octo-org"`) {
		t.Errorf("%s, %v", data, err)
	}
}

func TestIdentityTokenRefused(t *testing.T) {
	for name, test := range map[string]struct {
		path, authorization string
		status              int
	}{
		"no bearer":    {IdentityTokenPath, "", 401},
		"wrong bearer": {IdentityTokenPath, "bearer " + IdentityRequestToken + "x", 401},
		"other scheme": {IdentityTokenPath, "basic " + IdentityRequestToken, 401},
		"a secret key": {IdentityTokenPath, "bearer " + Secret, 401},
		"query lost":   {"/github/token?audience=x", "bearer " + IdentityRequestToken, 400},
		"capitals":     {IdentityTokenPath, "Bearer " + IdentityRequestToken, 200},
	} {
		t.Run(name, func(t *testing.T) {
			e := keyless(Options{})
			r := huaweiRequest(t, "GET", inProcess+test.path, "")
			r.Header.Set("Authorization", test.authorization)
			answer, body := do(t, client(e), r)
			if answer.StatusCode != test.status || strings.Contains(body, "value") != (test.status == 200) {
				t.Errorf("%d %s", answer.StatusCode, body)
			}
			if issued := e.Issued().IdentityTokens; issued != 0 && test.status != 200 {
				t.Errorf("%d tokens were issued", issued)
			}
		})
	}
}

// TestNoKeyUnasked: making a key takes longer than a whole test.
func TestNoKeyUnasked(t *testing.T) {
	e := world()
	e.issuer.key = func() *rsa.PrivateKey { panic("a key was made that nobody needs") }
	do(t, client(e), startRequest(t, emu.Tencent, inProcess))
	do(t, client(e), startRequest(t, emu.Huawei, inProcess))
	do(t, client(e), huaweiRequest(t, "GET", inProcess+IdentityTokenPath, ""))
}

// TestOwnKey has an emulator make its key, in a bubble.
func TestOwnKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := world()
		if _, err := e.issuer.verify(identityFor(t, e, "x"), "x", time.Now()); err != nil {
			t.Error(err)
		}
		if _, err := keyless(Options{}).issuer.verify(identityFor(t, e, "x"), "x", time.Now()); err == nil {
			t.Error("another emulator takes the token for its own")
		}
	})
}

// forged are identity tokens that no cloud may take, by what is wrong.
func forged(t testing.TB, e *Emulator, audience string, now time.Time) map[string]string {
	t.Helper()
	i := e.issuer
	header := func(changes ...any) map[string]any {
		return changed(map[string]any{"typ": "JWT", "alg": "RS256", "kid": i.keyID()}, changes)
	}
	payload := func(changes ...any) map[string]any {
		return changed(map[string]any{
			"iss": Issuer, "aud": audience, "sub": Subject, "jti": "forged", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Unix() + 300,
		}, changes)
	}
	hs256 := func(secret []byte) string {
		text := jwtPart(header("alg", "HS256")) + "." + jwtPart(payload())
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil))
	}
	der, err := x509.MarshalPKIXPublicKey(&i.key().PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other := newIssuer(Login{Key: stranger})
	good := i.sign(header(), payload())
	if _, err := i.verify(good, audience, now); err != nil {
		t.Fatalf("the token that is forged is no good one: %v", err)
	}
	parts := strings.Split(good, ".")
	return map[string]string{
		"nothing":                "not a token",
		"four parts":             good + ".x",
		"alg none":               jwtPart(header("alg", "none")) + "." + parts[1] + ".",
		"alg none, signed":       i.sign(header("alg", "none"), payload()),
		"alg None":               jwtPart(header("alg", "None")) + "." + parts[1] + ".",
		"no signature":           parts[0] + "." + parts[1] + ".",
		"no alg":                 i.sign(header("alg", nil), payload()),
		"HS256 of the key":       hs256(der),
		"HS256 of the key's PEM": hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256 of nothing":       hs256(nil),
		"RS512":                  i.sign(header("alg", "RS512"), payload()),
		"another key":            other.sign(header(), payload()),
		"another key by name":    other.sign(header("kid", other.keyID()), payload()),
		"no kid":                 i.sign(header("kid", nil), payload()),
		"changed payload":        parts[0] + "." + jwtPart(payload("run_id", "2")) + "." + parts[2],
		"changed header":         jwtPart(header("x", "y")) + "." + parts[1] + "." + parts[2],
		"cut signature":          good[:len(good)-4],
		"wrong issuer":           i.sign(header(), payload("iss", "https://token.example")),
		"issuer with a slash":    i.sign(header(), payload("iss", Issuer+"/")),
		"wrong audience":         i.sign(header(), payload("aud", "https://github.com/octo-org")),
		"wrong audiences":        i.sign(header(), payload("aud", []string{"a", "b"})),
		"no audience":            i.sign(header(), payload("aud", nil)),
		"expired":                i.sign(header(), payload("exp", now.Unix())),
		"no end":                 i.sign(header(), payload("exp", nil)),
		"not yet":                i.sign(header(), payload("nbf", now.Unix()+1)),
		"no subject":             i.sign(header(), payload("sub", nil)),
		"no id":                  i.sign(header(), payload("jti", nil)),
	}
}

// changed is fields with some others, or without those that are nil.
func changed(fields map[string]any, changes []any) map[string]any {
	for i := 0; i < len(changes); i += 2 {
		fields[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(fields, changes[i].(string))
		}
	}
	return fields
}

// TestForgedTokens sends each to each login: none may pass.
func TestForgedTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := keyless(Options{})
		for what, token := range forged(t, e, TencentAudience, time.Now()) {
			if code := tencentCode(t, assumeRole(t, e, token, nil)); code != "InvalidParameter.WebIdentityTokenError" {
				t.Errorf("%s: AssumeRoleWithWebIdentity says %q", what, code)
			}
		}
		for what, token := range forged(t, e, HuaweiAudience, time.Now()) {
			if answer, body := assumeAgency(t, e, token, nil); answer.StatusCode != 400 || !strings.Contains(body, "STS5.2001") {
				t.Errorf("%s: AssumeAgencyWithOIDC says %d %s", what, answer.StatusCode, body)
			}
			if answer, body := federated(t, e, HuaweiIdentityProvider, token, ""); answer.StatusCode != 401 || !strings.Contains(body, "IAM.0007") {
				t.Errorf("%s: CreateTokenWithIdToken says %d %s", what, answer.StatusCode, body)
			}
			if answer, body := unscopedToken(t, e, token); answer.StatusCode != 401 {
				t.Errorf("%s: CreateUnscopedTokenWithIdToken says %d %s", what, answer.StatusCode, body)
			}
		}
		if issued := e.Issued(); issued.Keys != 0 || len(e.tokens) != 1 {
			t.Errorf("%v were issued, and %d IAM tokens", issued, len(e.tokens)-1)
		}
	})
}

// TestTwoAudiences: one of them is enough (RFC 7519 §4.1.3).
func TestTwoAudiences(t *testing.T) {
	e := keyless(Options{})
	now := time.Now()
	token := e.issuer.sign(map[string]any{"alg": "RS256", "kid": e.issuer.keyID()}, map[string]any{
		"iss": Issuer, "aud": []string{"other", TencentAudience}, "sub": Subject, "jti": "two", "exp": now.Unix() + 300,
	})
	if code := tencentCode(t, assumeRole(t, e, token, nil)); code != "" {
		t.Error(code)
	}
}

// FuzzVerify takes no text for an identity token but the very one that was
// signed.
func FuzzVerify(f *testing.F) {
	e := keyless(Options{})
	now := time.Unix(1700000000, 0)
	good := e.issuer.token("x", now, 1)
	for _, token := range forged(f, e, "x", now) {
		f.Add(token)
	}
	f.Add(good)
	f.Add(strings.Replace(good, ".", ".=", 1))
	f.Add(good + "\n")
	f.Fuzz(func(t *testing.T, token string) {
		if _, err := e.issuer.verify(token, "x", now); (err == nil) != (token == good) {
			t.Errorf("%q: %v", token, err)
		}
	})
}
