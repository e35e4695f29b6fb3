package emulator

import (
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// This file is what both clouds share of logins without keys: whom they trust,
// and what they give.

// The world's identity providers, and what can be assumed through them with an
// identity token of the emulated GitHub. Each trusts both forms of its subject;
// those of production trust that environment alone, which no token here is for.
const (
	// TencentOIDCProvider is the name of the identity provider.
	TencentOIDCProvider = "github-actions"
	// TencentAudience is its client id.
	TencentAudience = "sts.tencentcloudapi.com"
	// TencentRoleARN is the role.
	TencentRoleARN = "qcs::cam::uin/" + TencentAccount + ":roleName/cloudjob"
	// TencentProductionRoleARN is the role that no token here may assume.
	TencentProductionRoleARN = TencentRoleARN + "-production"

	// HuaweiOIDCProviderURN is the identity provider of IAM 5.
	HuaweiOIDCProviderURN = "iam::" + HuaweiAccount + ":oidcProvider:github-actions"
	// HuaweiAudience is its client id, and that of the providers of IAM 3.
	HuaweiAudience = "sts.myhuaweicloud.com"
	// HuaweiAgencyURN is the trust agency.
	HuaweiAgencyURN = "iam::" + HuaweiAccount + ":agency:cloudjob"
	// HuaweiProductionAgencyURN is the agency that no token here may assume.
	HuaweiProductionAgencyURN = HuaweiAgencyURN + "-production"

	// HuaweiIdentityProvider is the identity provider of IAM 3.
	HuaweiIdentityProvider = "github-actions"
	// HuaweiProductionIdentityProvider is one whose rules take no token here.
	HuaweiProductionIdentityProvider = "github-production"
)

// Login is how identity tokens and temporary keys come about.
type Login struct {
	KeyLife        time.Duration   // no temporary key and no IAM token lives longer, whatever was asked for; 0 is as asked
	TokenLife      time.Duration   // of identity tokens; 0 is five minutes
	SubjectWithIDs bool            // identity tokens have the newer form of subject
	Key            *rsa.PrivateKey // signs identity tokens; nil is a new one, made when the first is asked for
}

// Issued counts what was really issued, whatever reached the caller.
type Issued struct {
	IdentityTokens int // of GitHub
	Keys           int // temporary access keys, one an exchange
}

// Issued tells how many identity tokens and temporary keys there were.
func (e *Emulator) Issued() Issued {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.issued
}

// Secrets are all that opens something here: the world's own, and all that was
// issued. Ids of keys are none.
func (e *Emulator) Secrets() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string{Secret, SessionToken, AuthToken, IdentityRequestToken}, e.secrets...)
}

// ExpireKeys ends the life of every temporary key and IAM token that was
// issued so far.
func (e *Emulator) ExpireKeys() {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.real()
	for vendor, keys := range e.keys {
		keys = maps.Clone(keys)
		for id, key := range keys {
			if !key.expires.IsZero() {
				key.expires = now
				keys[id] = key
			}
		}
		e.keys[vendor] = keys
	}
	for text, token := range e.tokens {
		if token.provider != "" {
			token.expires = now
			e.tokens[text] = token
		}
	}
}

// mainBranch and production are subjects that something trusts.
func mainBranch() []string { return []string{Subject, SubjectWithIDs} }

func production() []string {
	forms := mainBranch()
	for i := range forms {
		forms[i] = strings.Replace(forms[i], "ref:refs/heads/main", "environment:production", 1)
	}
	return forms
}

// errUntrusted is a good identity token of somebody else.
var errUntrusted = errors.New("the subject of the identity token does not meet the conditions of trust")

// introduce accepts an identity token for those whose subject is trusted, and
// only once.
func (e *Emulator) introduce(token, audience string, trusted []string) (claims, error) {
	c, err := e.issuer.verify(token, audience, e.real())
	switch {
	case err != nil:
		return c, err
	case !slices.Contains(trusted, c.Subject):
		return c, errUntrusted
	case e.used[c.ID] && !e.options.Switches.ReusableTokens:
		return c, errors.New("the identity token was used before")
	}
	e.used[c.ID] = true
	return c, nil
}

// expiry is when something ends that was asked for so long. Its second is a
// whole one, as the vendors write it.
func (e *Emulator) expiry(asked time.Duration) time.Time {
	if limit := e.options.Login.KeyLife; limit > 0 {
		asked = min(asked, limit)
	}
	return e.real().Add(asked).UTC().Truncate(time.Second)
}

// issue makes a temporary key.
func (e *Emulator) issue(vendor emu.Vendor, life time.Duration, holder principal) (id string, k key) {
	e.issued.Keys++
	n := e.issued.Keys
	k = key{secret: text("secret", n, 40), token: text("session", n, 400), expires: e.expiry(life), holder: holder}
	if vendor == emu.Tencent {
		id = "AKID" + alphanumeric(text("id", n, 96))[:32]
	} else {
		id = "HST" + strings.ToUpper(alphanumeric(text("id", n, 96)))[:17]
	}
	keys := maps.Clone(e.keys[vendor])
	keys[id] = k
	e.keys[vendor] = keys
	e.secrets = append(e.secrets, k.secret, k.token)
	return id, k
}

// material is so many bytes that look random, the nth of their kind. They are
// the same in every emulator: nothing here is worth guarding.
func material(kind string, n, size int) []byte {
	var all []byte
	for block := 0; len(all) < size; block++ {
		all = append(all, mac([]byte("emulator"), fmt.Sprint(kind, n, "/", block))...)
	}
	return all[:size]
}

// text is material of so many characters, with the signs of base64 that some
// escape.
func text(kind string, n, length int) string {
	return base64.StdEncoding.EncodeToString(material(kind, n, length))[:length]
}

func alphanumeric(s string) string {
	return strings.NewReplacer("+", "", "/", "").Replace(s)
}

// isSessionName tells of the characters and the length of a session's name:
// Tencent's AssumeRole documents them (page 1150/49456), Huawei only the length.
// For the calls here they are UNVERIFIED.
func isSessionName(s string) bool {
	odd := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune("_+=,.@-", r)
	}
	return len(s) >= 2 && len(s) <= 128 && strings.IndexFunc(s, odd) < 0
}
