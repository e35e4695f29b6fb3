package emulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestTencentSignedCalls(t *testing.T) {
	for name, edit := range map[string]func(*tencentSigner, *http.Request){
		"as the Go SDK":     func(*tencentSigner, *http.Request) {},
		"host without port": func(s *tencentSigner, _ *http.Request) { s.host, s.service = "127.0.0.1", "127" },
		"host in the scope": func(s *tencentSigner, _ *http.Request) { s.service = "127" },
		"localhost": func(s *tencentSigner, r *http.Request) {
			r.Host, s.host, s.service = "localhost:1", "localhost", "localhost"
		},
		"address of IPv6":       func(s *tencentSigner, r *http.Request) { r.Host, s.host, s.service = "[::1]:1", "[::1]", "[::1]" },
		"the vendor's own host": func(s *tencentSigner, r *http.Request) { r.Host = "pts.tencentcloudapi.com" },
		"with the action":       func(s *tencentSigner, _ *http.Request) { s.signed = append(s.signed, "x-tc-action") },
		"many headers": func(s *tencentSigner, r *http.Request) {
			r.Header.Set("X-TC-Region", "  AP-Guangzhou ")
			s.signed = append(s.signed, "x-tc-action", "x-tc-region", "x-tc-version")
		},
		"content type with charset": func(_ *tencentSigner, r *http.Request) {
			r.Header.Set("Content-Type", "application/json; charset=UTF-8")
		},
		"unsigned payload": func(s *tencentSigner, r *http.Request) {
			r.Header.Set("X-TC-Content-SHA256", "UNSIGNED-PAYLOAD")
			s.payload = hash([]byte("UNSIGNED-PAYLOAD"))
		},
		"temporary key": func(s *tencentSigner, _ *http.Request) { s.id, s.token = TencentTemporaryKeyID, SessionToken },
		"clock 4 min ahead": func(s *tencentSigner, _ *http.Request) {
			s.at = time.Now().Add(4 * time.Minute)
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := world()
			r := tencentRequest(t, inProcess, "StartJob", `{"A":1}`)
			s := tencentKey()
			edit(&s, r)
			s.sign(r, `{"A":1}`)
			answer, body := do(t, client(e), r)
			if code := tencentCode(t, body); code != "" || answer.StatusCode != 200 {
				t.Errorf("%d %s", answer.StatusCode, body)
			}
			if n := len(e.Begun()["pts"]); n != 1 {
				t.Errorf("%d jobs began", n)
			}
		})
	}
}

func TestTencentRefusals(t *testing.T) {
	type edit struct {
		sign func(*tencentSigner)
		make func(*http.Request) // before signing
		send func(*http.Request) // after signing
		body string
	}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, test := range map[string]struct {
		edit edit
		code string
	}{
		"no authorization": {edit{send: func(r *http.Request) { r.Header.Del("Authorization") }}, "AuthFailure.InvalidAuthorization"},
		"SKIP":             {edit{send: header("Authorization", "SKIP")}, "AuthFailure.InvalidAuthorization"},
		"late":             {edit{sign: func(s *tencentSigner) { s.at = time.Now().Add(-6 * time.Minute) }}, "AuthFailure.SignatureExpire"},
		"early":            {edit{sign: func(s *tencentSigner) { s.at = time.Now().Add(6 * time.Minute) }}, "AuthFailure.SignatureExpire"},
		"unknown key":      {edit{sign: func(s *tencentSigner) { s.id = "AKIDX" }}, "AuthFailure.SecretIdNotFound"},
		"no token":         {edit{sign: func(s *tencentSigner) { s.id = TencentTemporaryKeyID }}, "AuthFailure.TokenFailure"},
		"wrong token": {edit{sign: func(s *tencentSigner) { s.id, s.token = TencentTemporaryKeyID, "x" }},
			"AuthFailure.TokenFailure"},
		"wrong secret":         {edit{sign: func(s *tencentSigner) { s.secret = "x" }}, "AuthFailure.SignatureFailure"},
		"another host":         {edit{sign: func(s *tencentSigner) { s.host = "example.com" }}, "AuthFailure.SignatureFailure"},
		"another port":         {edit{sign: func(s *tencentSigner) { s.host = "127.0.0.1:1" }}, "AuthFailure.SignatureFailure"},
		"another product":      {edit{sign: func(s *tencentSigner) { s.service = "batch" }}, "AuthFailure.SignatureFailure"},
		"unknown action":       {edit{make: header("X-TC-Action", "Stop")}, "InvalidAction"},
		"action in other case": {edit{make: header("X-TC-Action", "startjob")}, "InvalidAction"},
		"unknown version":      {edit{make: header("X-TC-Version", "2000-01-01")}, "NoSuchVersion"},
		"unknown version by host": {edit{make: header("X-TC-Version", "2000-01-01"), sign: func(s *tencentSigner) { s.service = "127" }},
			"NoSuchVersion"},
		"unknown action by host": {edit{make: header("X-TC-Action", "Stop"), sign: func(s *tencentSigner) { s.service = "127" }},
			"InvalidAction"},
		"unknown product": {edit{make: header("X-TC-Action", "RunInstances"), sign: func(s *tencentSigner) { s.service = "cvm" }},
			"NoSuchProduct"},
		"no action":    {edit{make: func(r *http.Request) { r.Header.Del("X-TC-Action") }}, "MissingParameter"},
		"no version":   {edit{make: func(r *http.Request) { r.Header.Del("X-TC-Version") }}, "MissingParameter"},
		"method":       {edit{make: func(r *http.Request) { r.Method = "PUT" }}, "UnsupportedProtocol"},
		"array":        {edit{body: "[]"}, "InvalidParameter"},
		"null":         {edit{body: "null"}, "InvalidParameter"},
		"empty":        {edit{body: " "}, "InvalidParameter"},
		"no JSON":      {edit{body: "{"}, "InvalidParameter"},
		"two objects":  {edit{body: "{}{}"}, "InvalidParameter"},
		"not UTF-8":    {edit{body: "{\"A\":\"\xff\"}"}, "InvalidParameter"},
		"too large":    {edit{body: `{"A":"` + strings.Repeat("x", 10<<20) + `"}`}, "RequestSizeLimitExceeded"},
		"of the half":  {edit{make: header("X-TC-Action", "Refuse")}, "FailedOperation"},
		"half's fault": {edit{make: header("X-TC-Action", "Array")}, "InternalError"},
		"long query": {edit{make: func(r *http.Request) { r.Method, r.URL.RawQuery = "GET", "A="+strings.Repeat("x", 32<<10) }},
			"RequestSizeLimitExceeded"},
		"query clash": {edit{make: func(r *http.Request) { r.Method, r.URL.RawQuery = "GET", "A=1&A.B=2" }}, "InvalidParameter"},
		"query twice": {edit{make: func(r *http.Request) { r.Method, r.URL.RawQuery = "GET", "A=1&A=2" }}, "InvalidParameter"},
	} {
		t.Run(name, func(t *testing.T) {
			body := test.edit.body
			if body == "" {
				body = "{}"
			}
			r := tencentRequest(t, inProcess, "StartJob", body)
			s := tencentKey()
			if test.edit.make != nil {
				test.edit.make(r)
			}
			if r.Method == "GET" {
				r.Body, body = nil, ""
			}
			if test.edit.sign != nil {
				test.edit.sign(&s)
			}
			s.sign(r, body)
			if test.edit.send != nil {
				test.edit.send(r)
			}
			e := world()
			answer, reply := do(t, client(e), r)
			if code := tencentCode(t, reply); code != test.code || answer.StatusCode != 200 {
				t.Errorf("got %d %s, want %s", answer.StatusCode, reply, test.code)
			}
			if n := len(e.Begun()["pts"]); n != 0 {
				t.Errorf("%d jobs began", n)
			}
		})
	}
}

func TestTencentEnvelope(t *testing.T) {
	e := New(Options{}, halves()...)
	for i, test := range []struct {
		action, body string
		status       int
	}{
		{"StartJob", `{"Response":{"JobId":"job-1","Text":"<&>","RequestId":"00000000-0000-4000-8000-000000000001"}}`, 200},
		{"Nothing", `{"Response":{"RequestId":"00000000-0000-4000-8000-000000000002"}}`, 200},
		{"Refuse", `{"Response":{"Error":{"Code":"FailedOperation","Message":"no"},"RequestId":"00000000-0000-4000-8000-000000000003"}}`, 200},
		{"Echo", `{"Response":{"Got":{"N":12345678901234567890},"Region":"ap-guangzhou","RequestId":"00000000-0000-4000-8000-000000000004"}}`, 200},
	} {
		r := tencentRequest(t, inProcess, test.action, `{"N":12345678901234567890}`)
		r.Header.Set("X-TC-Region", "ap-guangzhou")
		tencentKey().sign(r, `{"N":12345678901234567890}`)
		answer, body := do(t, client(e), r)
		if body != test.body || answer.StatusCode != test.status || answer.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%d: got %d %s", i, answer.StatusCode, body)
		}
	}
}

func TestTencentGet(t *testing.T) {
	for query, want := range map[string]string{
		"":                            `{}`,
		"B=2&A=a%20b%2Bc":             `{"A":"a b+c","B":"2"}`,
		"A=a+b":                       `{"A":"a b"}`,
		"L.0=x&L.1=y&O.N=1":           `{"L":["x","y"],"O":{"N":"1"}}`,
		"L.1=y":                       `{"L":{"1":"y"}}`,
		"L.0.Name=x&L.0.Values.0=y&Z": `{"L":[{"Name":"x","Values":["y"]}],"Z":""}`,
		"0=x":                         `{"0":"x"}`,
	} {
		e := world()
		r := tencentRequest(t, inProcess, "Echo", "")
		r.Method, r.Body, r.ContentLength = "GET", nil, 0
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.URL.RawQuery = mustParse(t, "/?"+query).Query().Encode()
		tencentKey().sign(r, "")
		_, body := do(t, client(e), r)
		if !strings.Contains(body, `"Got":`+want) {
			t.Errorf("%s: got %s, want %s", query, body, want)
		}
	}
}

func TestTencentGetKeepsTheClientsOrderAndEncoding(t *testing.T) {
	s := tc3{signed: []string{"host"}}
	r := &http.Request{Method: "GET", URL: mustParse(t, "http://h/?b=%20&a.b=1&a=%7e"), Header: http.Header{}}
	if got, want := strings.Split(s.canonical(r, "h", nil), "\n")[2], "b=%20&a.b=1&a=%7e"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
