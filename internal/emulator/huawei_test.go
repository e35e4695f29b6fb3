package emulator

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestHuaweiSignedCalls(t *testing.T) {
	for name, edit := range map[string]func(*huaweiSigner, *http.Request){
		"host and date": func(*huaweiSigner, *http.Request) {},
		"date only":     func(s *huaweiSigner, _ *http.Request) { s.signed = []string{"x-sdk-date"} },
		"as the Go SDK": func(s *huaweiSigner, r *http.Request) {
			r.Header.Set("User-Agent", " huaweicloud-usdk-go/3.0; x ")
			r.Header.Set("X-Project-Id", ProjectID)
			s.signed = []string{"user-agent", "x-project-id", "x-sdk-date"}
		},
		"as other languages": func(s *huaweiSigner, _ *http.Request) { s.signed = []string{"content-type", "host", "x-sdk-date"} },
		"temporary key": func(s *huaweiSigner, _ *http.Request) {
			s.access, s.token = HuaweiTemporaryAccessKey, SessionToken
			s.signed = []string{"x-sdk-date", "x-security-token"}
		},
		"payload as told":    func(_ *huaweiSigner, r *http.Request) { r.Header.Set("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD") },
		"clock 14 min ahead": func(s *huaweiSigner, _ *http.Request) { s.at = time.Now().Add(14 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			e := world()
			r := huaweiRequest(t, "POST", inProcess+tasksPath, "{}\n")
			s := huaweiKey()
			edit(&s, r)
			s.sign(r, "{}\n")
			answer, body := do(t, client(e), r)
			if answer.StatusCode != 201 || body != `{"task_id":"job-1"}` || answer.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%d %s", answer.StatusCode, body)
			}
			if answer.Header.Get("X-Request-Id") != "00000000000000000000000000000001" {
				t.Errorf("request id %q", answer.Header.Get("X-Request-Id"))
			}
		})
	}
}

func TestHuaweiAuthToken(t *testing.T) {
	r := huaweiRequest(t, "POST", inProcess+tasksPath, "{}")
	r.Header.Set("X-Auth-Token", AuthToken)
	if answer, body := do(t, client(world()), r); answer.StatusCode != 201 {
		t.Errorf("%d %s", answer.StatusCode, body)
	}
}

func TestHuaweiOddNames(t *testing.T) {
	names := []string{"a b", "你好", "a/b", "a%2Fb", "a+b", "a?b", `a"b'c`, "..", "%", "a;b&c=d", "#", "~-_.", "x,y"}
	queries := []url.Values{{}, {"a": {""}}, {"a b": {"c d", "+", "你"}, "é": {"/?#&="}}, {"z": {"2", "1"}, "a": {"'"}}}
	for _, base := range []string{inProcess, ""} {
		e := world()
		c := client(e)
		if base == "" {
			base, c = serve(t, e), http.DefaultClient
		}
		for _, name := range names {
			for _, query := range queries {
				escaped := url.PathEscape(name)
				if name == ".." {
					escaped = "%2E%2E"
				}
				r := huaweiRequest(t, "GET", base+echoPath+escaped+"?"+query.Encode(), "")
				huaweiKey().sign(r, "")
				answer, body := do(t, c, r)
				var got struct {
					Name  string
					Query url.Values
				}
				if err := json.Unmarshal([]byte(body), &got); err != nil || answer.StatusCode != 200 {
					t.Errorf("%s: %d %s", r.URL, answer.StatusCode, body)
					continue
				}
				if got.Name != name || !reflect.DeepEqual(got.Query, r.URL.Query()) {
					t.Errorf("%s: got %+v", r.URL, got)
				}
			}
		}
	}
}

func TestHuaweiRefusals(t *testing.T) {
	type edit struct {
		sign         func(*huaweiSigner)
		send         func(*http.Request)
		method, path string
		body         string
	}
	for name, test := range map[string]struct {
		edit    edit
		status  int
		code    string
		message string
	}{
		"nothing":      {edit{send: func(r *http.Request) { r.Header.Del("Authorization") }}, 401, "APIGW.0301", "neither a signature nor a token"},
		"scheme":       {edit{send: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }}, 401, "APIGW.0301", "malformed"},
		"unknown key":  {edit{sign: func(s *huaweiSigner) { s.access = "X" }}, 401, "APIGW.0301", "access key does not exist"},
		"wrong secret": {edit{sign: func(s *huaweiSigner) { s.secret = "X" }}, 401, "APIGW.0301", "does not match"},
		"late":         {edit{sign: func(s *huaweiSigner) { s.at = time.Now().Add(-16 * time.Minute) }}, 401, "APIGW.0301", "expired"},
		"early":        {edit{sign: func(s *huaweiSigner) { s.at = time.Now().Add(16 * time.Minute) }}, 401, "APIGW.0301", "expired"},
		"no token":     {edit{sign: func(s *huaweiSigner) { s.access = HuaweiTemporaryAccessKey }}, 401, "APIGW.0301", "security token"},
		"bad IAM token": {edit{send: func(r *http.Request) { r.Header.Del("Authorization"); r.Header.Set("X-Auth-Token", "x") }},
			401, "APIGW.0301", "cannot be decrypted"},
		"date unsigned":  {edit{sign: func(s *huaweiSigner) { s.signed = []string{"host"} }}, 401, "APIGW.0301", "x-sdk-date is not"},
		"other project":  {edit{path: "/v3/ffffffffffffffffffffffffffffffff/tasks"}, 403, "APIGW.0310", "not the caller's"},
		"no project":     {edit{path: "/v3/%7Bproject_id%7D/tasks"}, 403, "APIGW.0310", "not the caller's"},
		"unknown route":  {edit{path: "/v9/" + ProjectID}, 404, "APIGW.0101", "not exist"},
		"wrong method":   {edit{method: "PUT"}, 404, "APIGW.0101", "not exist"},
		"HEAD for GET":   {edit{method: "HEAD", path: echoPath + "x"}, 404, "APIGW.0101", "not exist"},
		"double slash":   {edit{path: "/v3//" + ProjectID + "/tasks"}, 404, "APIGW.0101", "not exist"},
		"dots":           {edit{path: "/v3/x/../" + ProjectID + "/tasks"}, 404, "APIGW.0101", "not exist"},
		"trailing slash": {edit{path: tasksPath + "/"}, 404, "APIGW.0101", "not exist"},
		"too large":      {edit{body: strings.Repeat(" ", 12<<20+1)}, 413, "APIGW.0201", "12 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			method, path := test.edit.method, test.edit.path
			if method == "" {
				method = "POST"
			}
			if path == "" {
				path = tasksPath
			}
			r := huaweiRequest(t, method, inProcess+path, test.edit.body)
			s := huaweiKey()
			if test.edit.sign != nil {
				test.edit.sign(&s)
			}
			s.sign(r, test.edit.body)
			if test.edit.send != nil {
				test.edit.send(r)
			}
			e := world()
			answer, body := do(t, client(e), r)
			code, message := huaweiError(t, answer, body)
			if answer.StatusCode != test.status || code != test.code || !strings.Contains(message, test.message) {
				t.Errorf("got %d %s", answer.StatusCode, body)
			}
			if n := len(e.Begun()["cpts"]); n != 0 {
				t.Errorf("%d jobs began", n)
			}
		})
	}
}

func TestHuaweiNoContent(t *testing.T) {
	e := world()
	base := serve(t, e)
	for _, c := range []*http.Client{client(e), http.DefaultClient} {
		r := huaweiRequest(t, "POST", base+"/v1/"+ProjectID+"/jobs/my%20job/start", "")
		huaweiKey().sign(r, "")
		answer, body := do(t, c, r)
		if answer.StatusCode != 204 || body != "" || answer.Header.Get("Content-Type") != "" || answer.Header.Get("X-Request-Id") == "" {
			t.Errorf("%d %q %v", answer.StatusCode, body, answer.Header)
		}
	}
}

func TestProjectLookup(t *testing.T) {
	known := `{"projects":[{"id":"` + ProjectID + `","name":"cn-north-4"}]}`
	for query, want := range map[string]string{"?name=cn-north-4": known, "": known, "?name=cn-east-3": `{"projects":[]}`} {
		r := huaweiRequest(t, "GET", inProcess+"/v3/projects"+query, "")
		s := huaweiKey()
		s.signed = []string{"x-sdk-date"}
		s.sign(r, "")
		if answer, body := do(t, client(world()), r); answer.StatusCode != 200 || body != want {
			t.Errorf("%s: %d %s", query, answer.StatusCode, body)
		}
	}
}

func TestHuaweiHostSigned(t *testing.T) {
	e := New(Options{Switches: Switches{HuaweiHostSigned: true}}, halves()...)
	for signed, status := range map[string]int{"host;x-sdk-date": 201, "x-sdk-date": 401} {
		r := huaweiRequest(t, "POST", inProcess+tasksPath, "{}")
		s := huaweiKey()
		s.signed = strings.Split(signed, ";")
		s.sign(r, "{}")
		if answer, body := do(t, client(e), r); answer.StatusCode != status {
			t.Errorf("%s: %d %s", signed, answer.StatusCode, body)
		}
	}
}

func TestLockOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := New(Options{Switches: Switches{LockOut: true}}, halves()...)
		c := client(e)
		try := func(secret string) (int, string) {
			r := huaweiRequest(t, "POST", inProcess+tasksPath, "{}")
			s := huaweiKey()
			s.secret = secret
			s.sign(r, "{}")
			answer, body := do(t, c, r)
			_, message := huaweiError(t, answer, body)
			return answer.StatusCode, message
		}
		expect := func(what, secret string, status int, part string) {
			t.Helper()
			if got, message := try(secret); got != status || !strings.Contains(message, part) {
				t.Errorf("%s: %d %s", what, got, message)
			}
		}
		for range 4 {
			expect("failure", "x", 401, "does not match")
		}
		expect("success resets", Secret, 201, "")
		for range 5 {
			expect("failure again", "x", 401, "does not match")
		}
		expect("locked", Secret, 401, "reached the limit")
		time.Sleep(lockOutPeriod)
		expect("the lock is over", "x", 401, "does not match")
		expect("and counts anew", Secret, 201, "")
	})
	e := world()
	for range 6 {
		r := huaweiRequest(t, "POST", inProcess+tasksPath, "{}")
		s := huaweiKey()
		s.secret = "x"
		s.sign(r, "{}")
		do(t, client(e), r)
	}
	if answer, body := do(t, client(e), startRequest(t, 1, inProcess)); answer.StatusCode != 201 {
		t.Errorf("locked out without the switch: %d %s", answer.StatusCode, body)
	}
}
