package emulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// API 3.0's signatures before TC3: HmacSHA1 and HmacSHA256. All parameters,
// the common ones and the signature too, are names and values of one query or
// form. The vendor's international Node SDK signs so unless told otherwise,
// and its Go SDK can.

// signedForm is the query or form of a call that is signed so, else nil.
func (a *arrival) signedForm() url.Values {
	if a.Header.Get("Authorization") != "" {
		return nil
	}
	raw := a.URL.RawQuery
	if a.Method == http.MethodPost {
		media, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
		if media != "application/x-www-form-urlencoded" || a.read() != nil {
			return nil
		}
		raw = string(a.body)
	}
	form, err := url.ParseQuery(raw)
	if err != nil || !form.Has("Signature") {
		return nil
	}
	return form
}

// verifyForm judges the form's signature at a moment, with the checks and
// codes of TC3 where they mean the same; nil is a good one.
func (a *arrival) verifyForm(now time.Time, keys keyring) *emu.Error {
	if _, refused := inTime(a.form.Get("Timestamp"), now); refused != nil {
		return refused
	}
	secret, refused := keys.secret(a.form.Get("SecretId"), a.form.Get("Token"), now)
	if refused != nil {
		return refused
	}
	hash := sha1.New
	if a.form.Get("SignatureMethod") == "HmacSHA256" {
		hash = sha256.New
	}
	h := hmac.New(hash, []byte(secret))
	h.Write([]byte(a.formText()))
	if !sameSignature(base64.StdEncoding.EncodeToString(h.Sum(nil)), a.form.Get("Signature")) {
		return mismatch()
	}
	return nil
}

// formText is the text that is signed: everything but the signature, sorted by
// name and not encoded, behind method, host and path.
func (a *arrival) formText() string {
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(a.form)) {
		if name != "Signature" {
			pairs = append(pairs, name+"="+a.form.Get(name))
		}
	}
	return a.Method + a.Host + "/?" + strings.Join(pairs, "&")
}

// ownParameters is a form without its common parameters.
func ownParameters(form url.Values) url.Values {
	own := maps.Clone(form)
	for _, name := range []string{
		"Action", "Version", "Region", "Timestamp", "Nonce", "Language", "RequestClient",
		"SecretId", "Token", "SignatureMethod", "Signature",
	} {
		own.Del(name)
	}
	return own
}
