package emulator

import (
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

const (
	tc3Scheme       = "TC3-HMAC-SHA256"
	tc3Terminator   = "tc3_request"
	tencentWindow   = 300 * time.Second // facts tencent-auth §2, DOC 571/33624
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// tc3 is what an Authorization header of TC3-HMAC-SHA256 says.
type tc3 struct {
	id, date, service string
	signed            []string
	signature         string
}

func parseTC3(header string) (tc3, bool) {
	values, ok := authorization(header, tc3Scheme, "Credential", "SignedHeaders", "Signature")
	if !ok {
		return tc3{}, false
	}
	credential := strings.Split(values["Credential"], "/")
	if len(credential) != 4 || credential[3] != tc3Terminator || slices.Contains(credential, "") {
		return tc3{}, false
	}
	return tc3{
		id: credential[0], date: credential[1], service: credential[2],
		signed:    signedNames(values["SignedHeaders"]),
		signature: values["Signature"],
	}, true
}

// verify judges a request at a moment, in the order and with the codes of
// facts tencent-auth §2; nil is a good signature.
func (s tc3) verify(r *http.Request, body []byte, now time.Time, keys keyring) *emu.Error {
	// DOCREPO requires these two; which code a lack of them gives is
	// UNVERIFIED.
	if !slices.Contains(s.signed, "content-type") || !slices.Contains(s.signed, "host") {
		return refusal("AuthFailure.InvalidAuthorization", "The signed headers must include content-type and host.")
	}
	stamp := r.Header.Get("X-TC-Timestamp")
	signedAt, refused := inTime(stamp, now)
	if refused != nil {
		return refused
	}
	secret, refused := keys.secret(s.id, r.Header.Get("X-TC-Token"), now)
	if refused != nil {
		return refused
	}
	if s.date != signedAt.UTC().Format(time.DateOnly) || !s.signedBy(secret, stamp, r, body) {
		return mismatch()
	}
	return nil
}

// inTime reads the common parameter Timestamp.
func inTime(stamp string, now time.Time) (signedAt time.Time, refused *emu.Error) {
	if stamp == "" {
		return signedAt, refusal("MissingParameter", "The common parameter `Timestamp` is missing.")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return signedAt, refusal("InvalidParameterValue", "The common parameter `Timestamp` is not a time in Unix seconds.")
	}
	signedAt = time.Unix(seconds, 0)
	if now.Sub(signedAt).Abs() > tencentWindow {
		return signedAt, refusal("AuthFailure.SignatureExpire", "The signature has expired: the timestamp is more than five minutes from the server's time.")
	}
	return signedAt, nil
}

// secret is what a SecretId signs with at a moment, if the token is the one it
// needs.
func (keys keyring) secret(id, token string, now time.Time) (string, *emu.Error) {
	key, known := keys[id]
	if !known {
		return "", refusal("AuthFailure.SecretIdNotFound", "The SecretId was not found.")
	}
	if !key.fits(token, now) {
		return "", refusal("AuthFailure.TokenFailure", "The token is missing, wrong or expired.")
	}
	return key.secret, nil
}

func mismatch() *emu.Error {
	return refusal("AuthFailure.SignatureFailure", "The signature does not match the request.")
}

// signedBy tries the host as the header has it and without its port: the
// vendor's Node SDK signs it without.
func (s tc3) signedBy(secret, stamp string, r *http.Request, body []byte) bool {
	_, _, signing := tc3Keys(secret, s.date, s.service)
	for _, host := range []string{r.Host, withoutPort(r.Host)} {
		text := strings.Join([]string{
			tc3Scheme, stamp, s.date + "/" + s.service + "/" + tc3Terminator,
			hexHash([]byte(s.canonical(r, host, body))),
		}, "\n")
		if sameSignature(hex.EncodeToString(mac(signing, text)), s.signature) {
			return true
		}
	}
	return false
}

// canonical is the canonical request. Its path is always "/". The query is
// the one that was sent: the vendor's Go SDK sorts it, its Node SDKs do not.
func (s tc3) canonical(r *http.Request, host string, body []byte) string {
	query := ""
	if r.Method == http.MethodGet {
		query = r.URL.RawQuery
	}
	var headers strings.Builder
	for _, name := range s.signed {
		value := strings.ToLower(strings.TrimSpace(headerValue(r, name, host)))
		headers.WriteString(name + ":" + value + "\n")
	}
	payload := hexHash(body)
	if r.Header.Get("X-TC-Content-SHA256") == unsignedPayload {
		payload = hexHash([]byte(unsignedPayload))
	}
	return strings.Join([]string{r.Method, "/", query, headers.String(), strings.Join(s.signed, ";"), payload}, "\n")
}

// tc3Keys is the chain of derived keys; the last one signs.
func tc3Keys(secret, date, service string) (k1, k2, k3 []byte) {
	k1 = mac([]byte("TC3"+secret), date)
	k2 = mac(k1, service)
	k3 = mac(k2, tc3Terminator)
	return k1, k2, k3
}

func withoutPort(host string) string {
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		return host[:i]
	}
	return host
}

func refusal(code, message string) *emu.Error {
	return &emu.Error{Code: code, Message: message}
}
