package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// authorization takes an Authorization header of the form both vendors use,
// "SCHEME Name=value, Name=value", apart. ok is false unless it has exactly
// the given names, each once and with a value.
func authorization(header, scheme string, names ...string) (values map[string]string, ok bool) {
	rest, ok := strings.CutPrefix(header, scheme+" ")
	if !ok {
		return nil, false
	}
	values = map[string]string{}
	for _, part := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := values[name]; twice || value == "" || !slices.Contains(names, name) {
			return nil, false
		}
		values[name] = value
	}
	return values, len(values) == len(names)
}

// signedNames takes a SignedHeaders list apart.
func signedNames(list string) []string {
	return strings.Split(strings.ToLower(list), ";")
}

// headerValue is the value a signature covers: trimmed; host is not in Go's
// header map.
func headerValue(r *http.Request, name, host string) string {
	if name == "host" {
		return host
	}
	values := slices.Clone(r.Header.Values(name))
	for i, v := range values {
		values[i] = strings.TrimSpace(v)
	}
	return strings.Join(values, ",")
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func sameSignature(a, b string) bool {
	return hmac.Equal([]byte(a), []byte(b))
}
