package emulator

import (
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"
)

// The vectors of facts tencent-auth §2.
var tc3Vectors = []struct{ service, body, canonical, signature string }{
	{"batch", `{"JobId":"job-abc"}`,
		"2f8440dbe9dd5d9b5af4fc81d4a2038119df9de6566e55711912f82e779cdd6a",
		"b249c4e36c09dee276877cf7b3f70e3779e688cac4d17a2790fc0d97bb4308f0"},
	{"pts", `{"ScenarioId":"scenario-1","JobOwner":"me","ProjectId":"project-1"}`,
		"662136973c21c0889c044a5e6d66c78e036e0007d22304ebee0b79e61df041d2",
		"f8620f6d8346e3dfecf07ba4229dfece41a82ab9989e80944787becb805f3935"},
}

func tc3Vector(t *testing.T, service, signature string) (*http.Request, keyring, time.Time) {
	r := tencentRequest(t, "http://127.0.0.1:8080", "Any", "")
	r.Header.Set("X-TC-Timestamp", "1700000000")
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential=AKIDEXAMPLE/2023-11-14/"+service+
		"/tc3_request, SignedHeaders=content-type;host, Signature="+signature)
	return r, keyring{"AKIDEXAMPLE": {secret: "SECRETKEY"}}, time.Unix(1700000000, 0)
}

func TestTC3Vectors(t *testing.T) {
	for _, v := range tc3Vectors {
		r, keys, now := tc3Vector(t, v.service, v.signature)
		s, ok := parseTC3(r.Header.Get("Authorization"))
		if !ok {
			t.Fatal("not parsed")
		}
		if got := hexHash([]byte(s.canonical(r, r.Host, []byte(v.body)))); got != v.canonical {
			t.Errorf("%s: canonical request %s, want %s", v.service, got, v.canonical)
		}
		for _, at := range []time.Time{now, now.Add(tencentWindow), now.Add(-tencentWindow)} {
			if refused := s.verify(r, []byte(v.body), at, keys); refused != nil {
				t.Errorf("%s at %v: %v", v.service, at, refused)
			}
		}
	}
}

func TestTC3Keys(t *testing.T) {
	k1, k2, k3 := tc3Keys("SECRETKEY", "2023-11-14", "batch")
	for _, k := range []struct {
		got  []byte
		want string
	}{
		{k1, "4001748d3d00fbdbea52f6d3ddd45b6a2d11ee47857cb08e25fc5ecdb60d5454"},
		{k2, "0797c4d260a86a97930674fbbee29be4e2f43ccb0a751234ded87941cc447049"},
		{k3, "9cf95193ea82720e3e256fab6c17139f4473870ed5d273c556c4cb1e419c5d7f"},
	} {
		if hex.EncodeToString(k.got) != k.want {
			t.Errorf("got %x, want %s", k.got, k.want)
		}
	}
}

func TestTC3Tampering(t *testing.T) {
	v := tc3Vectors[0]
	edit := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	tests := map[string]struct {
		tamper func(*http.Request)
		body   string
		code   string
	}{
		"body":           {func(*http.Request) {}, v.body + " ", "AuthFailure.SignatureFailure"},
		"method":         {func(r *http.Request) { r.Method = "GET" }, v.body, "AuthFailure.SignatureFailure"},
		"content type":   {func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, v.body, "AuthFailure.SignatureFailure"},
		"host":           {func(r *http.Request) { r.Host = "127.0.0.2:8080" }, v.body, "AuthFailure.SignatureFailure"},
		"timestamp":      {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "1700000001") }, v.body, "AuthFailure.SignatureFailure"},
		"old":            {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "1699999699") }, v.body, "AuthFailure.SignatureExpire"},
		"from tomorrow":  {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "1700000301") }, v.body, "AuthFailure.SignatureExpire"},
		"no timestamp":   {func(r *http.Request) { r.Header.Del("X-TC-Timestamp") }, v.body, "MissingParameter"},
		"odd timestamp":  {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "now") }, v.body, "InvalidParameterValue"},
		"huge timestamp": {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "9223372036854775807") }, v.body, "AuthFailure.SignatureExpire"},
		"tiny timestamp": {func(r *http.Request) { r.Header.Set("X-TC-Timestamp", "-9223372036854775808") }, v.body, "AuthFailure.SignatureExpire"},
		"unsigned body":  {func(r *http.Request) { r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD") }, v.body, "AuthFailure.SignatureFailure"},
		"key":            {edit("AKIDEXAMPLE", "AKIDOTHER"), v.body, "AuthFailure.SecretIdNotFound"},
		"date":           {edit("2023-11-14", "2023-11-15"), v.body, "AuthFailure.SignatureFailure"},
		"service":        {edit("batch", "pts"), v.body, "AuthFailure.SignatureFailure"},
		"more headers":   {edit("content-type;host", "content-type;host;x-tc-action"), v.body, "AuthFailure.SignatureFailure"},
		"order":          {edit("content-type;host", "host;content-type"), v.body, "AuthFailure.SignatureFailure"},
		"no host":        {edit("content-type;host", "content-type"), v.body, "AuthFailure.InvalidAuthorization"},
		"no type":        {edit("content-type;host", "host"), v.body, "AuthFailure.InvalidAuthorization"},
		"signature":      {edit("Signature=b", "Signature=c"), v.body, "AuthFailure.SignatureFailure"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, keys, now := tc3Vector(t, v.service, v.signature)
			test.tamper(r)
			s, ok := parseTC3(r.Header.Get("Authorization"))
			if !ok {
				t.Fatal("not parsed")
			}
			if refused := s.verify(r, []byte(test.body), now, keys); refused == nil || refused.Code != test.code {
				t.Errorf("got %v, want %s", refused, test.code)
			}
		})
	}
}

func TestTC3HeaderParts(t *testing.T) {
	good := "TC3-HMAC-SHA256 Credential=id/2023-11-14/pts/tc3_request, SignedHeaders=content-type;host, Signature=ab"
	if _, ok := parseTC3(good); !ok {
		t.Fatal("the good one is not parsed")
	}
	for _, bad := range []string{
		"", "SKIP", "TC3-HMAC-SHA256", "TC3-HMAC-SHA256 ",
		strings.Replace(good, "TC3-HMAC-SHA256", "TC3-HMAC-SM3", 1),
		strings.Replace(good, "tc3_request", "aws4_request", 1),
		strings.Replace(good, "/pts", "", 1),
		strings.Replace(good, "/pts", "/", 1),
		strings.Replace(good, "id/", "/", 1),
		strings.Replace(good, ", Signature=ab", "", 1),
		strings.Replace(good, "=ab", "=", 1),
		good + ", Signature=ab", good + ", More=x", good + ",",
	} {
		if _, ok := parseTC3(bad); ok {
			t.Errorf("parsed: %s", bad)
		}
	}
}

func FuzzTC3(f *testing.F) {
	f.Add("TC3-HMAC-SHA256 Credential=AKIDEMULATOR/2023-11-14/pts/tc3_request, SignedHeaders=content-type;host, Signature=ab",
		"a=1&b", "127.0.0.1:80", "{}")
	f.Add("SKIP", "%zz&;", "[::1]:8080", "null")
	f.Fuzz(func(t *testing.T, header, query, host, body string) {
		r := &http.Request{Method: "GET", Host: host, URL: mustParse(t, "http://h/"), Header: http.Header{
			"Authorization": {header}, "X-Tc-Timestamp": {"1700000000"}}}
		r.URL.RawQuery = query
		if s, ok := parseTC3(header); ok {
			if s.verify(r, []byte(body), time.Unix(1700000000, 0), tencentAccounts()) == nil {
				t.Error("a made-up signature passed")
			}
			s.canonical(r, host, []byte(body))
		}
		if made, ok := fromQuery(query); ok && !isObject(made) {
			t.Errorf("%q became %s", query, made)
		}
	})
}
