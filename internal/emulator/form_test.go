package emulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"
)

// The tests' own signer of the old signatures.

func aForm(more ...string) url.Values {
	form := url.Values{
		"Action": {"Echo"}, "Version": {"2021-07-28"}, "SecretId": {TencentKeyID}, "SignatureMethod": {"HmacSHA256"},
		"Timestamp": {fmt.Sprint(time.Now().Unix())}, "Nonce": {"11886"},
	}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// formRequest sends a form, signed with secret if that is not empty.
func formRequest(t *testing.T, method string, form url.Values, secret string) *http.Request {
	t.Helper()
	address, body := inProcess+"/", ""
	if secret != "" {
		form.Set("Signature", formSignature(t, method, form, secret))
	}
	if method == "GET" {
		address += "?" + form.Encode()
	} else {
		body = form.Encode()
	}
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if method != "GET" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func formSignature(t *testing.T, method string, form url.Values, secret string) string {
	t.Helper()
	var names, pairs []string
	for name := range form {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		pairs = append(pairs, name+"="+form.Get(name))
	}
	newHash := sha1.New
	if form.Get("SignatureMethod") == "HmacSHA256" {
		newHash = sha256.New
	}
	h := hmac.New(newHash, []byte(secret))
	h.Write([]byte(method + "127.0.0.1:8787/?" + strings.Join(pairs, "&")))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

func TestFormSignedCalls(t *testing.T) {
	for name, form := range map[string]url.Values{
		"HmacSHA256":      aForm(),
		"HmacSHA1":        aForm("SignatureMethod", "HmacSHA1"),
		"no method":       aForm("SignatureMethod", ""),
		"temporary key":   aForm("SecretId", TencentTemporaryKeyID, "Token", SessionToken),
		"language":        aForm("Language", "en-US", "RequestClient", "SDK"),
		"odd characters":  aForm("Text", "a b+c&d=e/ü中文\n"),
		"lists and trees": aForm("L.0", "x", "L.1", "y", "O.N", "1"),
		"region":          aForm("Region", "ap-guangzhou"),
	} {
		for _, method := range []string{"POST", "GET"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				_, body := do(t, client(world()), formRequest(t, method, form, Secret))
				if code := tencentCode(t, body); code != "" {
					t.Error(body)
				}
			})
			form.Del("Signature")
		}
	}
}

func TestFormParameters(t *testing.T) {
	form := aForm("Region", "ap-guangzhou", "Language", "zh-CN", "N", "7", "L.0.B", "true", "Text", "ü & b")
	_, body := do(t, client(world()), formRequest(t, "POST", form, Secret))
	want := `{"Response":{"Got":{"L":[{"B":"true"}],"N":"7","Text":"ü & b"},"Region":"ap-guangzhou","RequestId":"00000000-0000-4000-8000-000000000001"}}`
	if body != want {
		t.Errorf("got\n%s\nwant\n%s", body, want)
	}
}

func TestFormRefusals(t *testing.T) {
	at := func(d time.Duration) string { return fmt.Sprint(time.Now().Add(d).Unix()) }
	for name, test := range map[string]struct {
		form         url.Values
		secret, code string
	}{
		"unsigned":       {aForm(), "", "AuthFailure.InvalidAuthorization"},
		"signed wrongly": {aForm("Signature", "x"), "", "AuthFailure.SignatureFailure"},
		"wrong secret":   {aForm(), "x", "AuthFailure.SignatureFailure"},
		"unknown key":    {aForm("SecretId", "AKIDX"), Secret, "AuthFailure.SecretIdNotFound"},
		"no key":         {aForm("SecretId", ""), Secret, "AuthFailure.SecretIdNotFound"},
		"no token":       {aForm("SecretId", TencentTemporaryKeyID), Secret, "AuthFailure.TokenFailure"},
		"late":           {aForm("Timestamp", at(-6*time.Minute)), Secret, "AuthFailure.SignatureExpire"},
		"early":          {aForm("Timestamp", at(6*time.Minute)), Secret, "AuthFailure.SignatureExpire"},
		"no time":        {aForm("Timestamp", ""), Secret, "MissingParameter"},
		"odd time":       {aForm("Timestamp", "now"), Secret, "InvalidParameterValue"},
		"no action":      {aForm("Action", ""), Secret, "MissingParameter"},
		"unknown action": {aForm("Action", "Stop"), Secret, "InvalidAction"},
		"no version":     {aForm("Version", ""), Secret, "MissingParameter"},
		"version":        {aForm("Version", "2000-01-01"), Secret, "NoSuchVersion"},
		"names clash":    {aForm("A", "1", "A.B", "2"), Secret, "InvalidParameter"},
	} {
		for _, method := range []string{"POST", "GET"} {
			t.Run(name+"/"+method, func(t *testing.T) {
				_, body := do(t, client(world()), formRequest(t, method, test.form, test.secret))
				if code := tencentCode(t, body); code != test.code {
					t.Errorf("got %s, want %s", body, test.code)
				}
			})
			if test.secret != "" {
				test.form.Del("Signature")
			}
		}
	}
}

// TestFormOverSocket also shows that an early reading of the body is no second.
func TestFormOverSocket(t *testing.T) {
	e := world()
	r := formRequest(t, "POST", aForm("Action", "StartJob"), Secret)
	address := mustParse(t, serve(t, e))
	r.URL.Host = address.Host
	r.Host = "127.0.0.1:8787" // as it was signed
	_, body := do(t, http.DefaultClient, r)
	if code := tencentCode(t, body); code != "" || len(e.Begun()["pts"]) != 1 || e.Calls()["StartJob"] != 1 {
		t.Errorf("%s, calls %v", body, e.Calls())
	}
}

func FuzzForm(f *testing.F) {
	f.Add("POST", "Action=Echo&Version=2021-07-28&SecretId=AKIDEMULATOR&Timestamp=1700000000&Signature=x&A.0=1")
	f.Add("GET", "Signature&Timestamp=%zz")
	f.Add("GET", "Signature=x;Action=Echo")
	f.Fuzz(func(t *testing.T, method, raw string) {
		r := &http.Request{Method: method, Host: "h", URL: mustParse(t, "http://h/"), Header: http.Header{}, Body: http.NoBody}
		r.URL.RawQuery = raw
		a := &arrival{Request: r, body: []byte(raw)}
		if a.form = a.signedForm(); a.form == nil {
			return
		}
		if a.verifyForm(time.Unix(1700000000, 0), tencentAccounts()) == nil {
			t.Error("a made-up signature passed")
		}
		if made, ok := nested(ownParameters(a.form)); ok && !isObject(made) {
			t.Errorf("%q became %s", raw, made)
		}
	})
}
