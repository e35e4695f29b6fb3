package emulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// The vectors of facts huawei-auth §2.
var sdkVectors = []struct {
	method, address, body string
	headers               map[string]string
	signed                string
	signature, canonical  string
}{
	{"POST", "https://h/v3/0123456789abcdef0123456789abcdef/tasks",
		`{"name":"task","parallel":false,"project_id":393862,"operate_mode":2,"case_id_list":[449269,449270]}` + "\n",
		map[string]string{"User-Agent": "huaweicloud-usdk-go/3.0; demo", "X-Project-Id": "0123456789abcdef0123456789abcdef"},
		"user-agent;x-project-id;x-sdk-date",
		"4fe72e5ed83abd46b274b1ae87dbc450f50de0c2966c29bfb7bf2fd4c72017e5",
		"3a5437d4b950fa1fc0f8fb60aa556ccc85658aea73b41657a81dc69268a99e2c"},
	{"GET", "https://h/v1/0123456789abcdef0123456789abcdef/all-tasks/393862?limit=50&offset=0", "",
		map[string]string{"User-Agent": "huaweicloud-usdk-go/3.0; demo", "X-Project-Id": "0123456789abcdef0123456789abcdef", "X-Security-Token": "STSTOKEN"},
		"user-agent;x-project-id;x-sdk-date;x-security-token",
		"f3d7625bd2819c190da2eea5ccf6e422448b888968a70614e8f0b69e8addbaaa",
		"c11a17b7ab498c3a2c0ce03c0df79173d082e90a90e311f72876d068ae1ddf24"},
	{"POST", "https://dayu-dlf.cn-north-4.myhuaweicloud.com/v1/p1/jobs/my%20job/start", "",
		map[string]string{"Workspace": "ws1"},
		"host;workspace;x-sdk-date",
		"ef16dbd2868a4dac8bbb01ab5fea55d7b62a7cf275c7d2bd28495897e3b41cd1",
		"a08034f52fd462d9c60055ca5bb3c12defcdc5636fc68d4399e53703e0f2aa02"},
	{"POST", "https://h/v1/p1/x", "abc",
		map[string]string{"Content-Type": "text/plain", "X-Sdk-Content-Sha256": "UNSIGNED-PAYLOAD"},
		"x-sdk-content-sha256;x-sdk-date",
		"cca55673668e11c6f1b90d9612de8e3f0cefcf8960bea06580bc0e1694dde524",
		"580f2f4b0fd44db43fd0a48333f1e7b1127dacbe020df82acb93de8062f72513"},
}

func sdkVector(t *testing.T, i int) (*http.Request, keyring, time.Time) {
	v := sdkVectors[i]
	r := huaweiRequest(t, v.method, v.address, "")
	for name, value := range v.headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("X-Sdk-Date", "20260102T030405Z")
	r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=AKEXAMPLE, SignedHeaders="+v.signed+", Signature="+v.signature)
	token := v.headers["X-Security-Token"]
	return r, keyring{"AKEXAMPLE": {secret: "SKEXAMPLE", token: token}}, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
}

func TestSDKHMACVectors(t *testing.T) {
	for i, v := range sdkVectors {
		r, keys, now := sdkVector(t, i)
		s, ok := parseSDKHMAC(r.Header.Get("Authorization"))
		if !ok {
			t.Fatal("not parsed")
		}
		if got := hexHash([]byte(s.canonical(r, []byte(v.body)))); got != v.canonical {
			t.Errorf("%d: canonical request %s, want %s", i+1, got, v.canonical)
		}
		for _, at := range []time.Time{now, now.Add(sdkWindow), now.Add(-sdkWindow)} {
			if err := s.verify(r, []byte(v.body), at, keys); err != nil {
				t.Errorf("%d at %v: %v", i+1, at, err)
			}
		}
	}
}

func TestSDKHMACTampering(t *testing.T) {
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	edit := func(from, to string) func(*http.Request) {
		return func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
		}
	}
	const mismatch = "signature does not match"
	tests := map[string]struct {
		vector int
		tamper func(*http.Request)
		reason string
	}{
		"method":         {1, func(r *http.Request) { r.Method = "DELETE" }, mismatch},
		"path":           {1, func(r *http.Request) { r.URL.Path += "1" }, mismatch},
		"query value":    {1, func(r *http.Request) { r.URL.RawQuery = "limit=51&offset=0" }, mismatch},
		"query more":     {1, func(r *http.Request) { r.URL.RawQuery += "&x" }, mismatch},
		"user agent":     {1, set("User-Agent", "other"), mismatch},
		"project":        {1, set("X-Project-Id", "other"), mismatch},
		"token":          {1, set("X-Security-Token", "other"), "security token"},
		"no token":       {1, set("X-Security-Token", ""), "security token"},
		"date":           {1, set("X-Sdk-Date", "20260102T030406Z"), mismatch},
		"old":            {1, set("X-Sdk-Date", "20260102T024904Z"), "expired"},
		"future":         {1, set("X-Sdk-Date", "20260102T031906Z"), "expired"},
		"no date":        {1, set("X-Sdk-Date", ""), "X-Sdk-Date is missing"},
		"odd date":       {1, set("X-Sdk-Date", "2026-01-02T03:04:05Z"), "X-Sdk-Date is missing"},
		"date unsigned":  {1, edit(";x-sdk-date", ""), "x-sdk-date is not among"},
		"key":            {1, edit("AKEXAMPLE", "AKOTHER"), "does not exist"},
		"signature":      {1, edit("Signature=f", "Signature=e"), mismatch},
		"names":          {1, edit("user-agent;x-project-id", "x-project-id;user-agent"), mismatch},
		"body":           {0, func(*http.Request) {}, mismatch}, // checked without its body
		"host":           {2, func(r *http.Request) { r.Host = "other" }, mismatch},
		"workspace":      {2, set("Workspace", "ws2"), mismatch},
		"payload header": {3, set("X-Sdk-Content-Sha256", ""), mismatch},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r, keys, now := sdkVector(t, test.vector)
			test.tamper(r)
			s, ok := parseSDKHMAC(r.Header.Get("Authorization"))
			if !ok {
				t.Fatal("not parsed")
			}
			err := s.verify(r, nil, now, keys)
			if err == nil || !strings.Contains(err.Error(), test.reason) {
				t.Errorf("got %v, want %q", err, test.reason)
			}
		})
	}
}

func TestSDKHMACHeaderParts(t *testing.T) {
	good := "SDK-HMAC-SHA256 Access=ak, SignedHeaders=host;x-sdk-date, Signature=ab"
	if _, ok := parseSDKHMAC(good); !ok {
		t.Fatal("the good one is not parsed")
	}
	for _, bad := range []string{
		"", "SDK-HMAC-SHA256", "V11-HMAC-SHA256" + strings.TrimPrefix(good, "SDK-HMAC-SHA256"),
		strings.Replace(good, "Access=ak, ", "", 1), strings.Replace(good, "=ak", "=", 1), good + ", X=1",
	} {
		if _, ok := parseSDKHMAC(bad); ok {
			t.Errorf("parsed: %s", bad)
		}
	}
}

// TestSDKHMACOlderForm has signatures that golangsdk and gophertelekomcloud made,
// with empty and with filled parts of the scope.
func TestSDKHMACOlderForm(t *testing.T) {
	requests := func() [2]*http.Request {
		post := huaweiRequest(t, "POST", "https://drs.cn-north-4.myhuaweicloud.com/v3/p1/jobs/batch-status", "")
		post.Header.Set("X-Language", "en-us")
		post.Header.Set("Authorization", "SDK-HMAC-SHA256 Credential=AKEXAMPLE/20261126///sdk_request, SignedHeaders=content-type;host;x-language;x-sdk-date, Signature=1f84ee728d3321336a2761af62cfb9fa1f94903c8428f29e0a06b017e97abf5d")
		get := huaweiRequest(t, "GET", "https://dayu.example.com/v1/p1/jobs/my%20job?limit=100&jobName=a%2Fb", "")
		get.Header.Set("Authorization", "SDK-HMAC-SHA256 Credential=AKEXAMPLE/20261126/eu-de/dlf/sdk_request, SignedHeaders=host;x-sdk-date, Signature=84166dc23c8695fede025de6703a3e18fc8063fb7c7d14514487ee74fdb46e0e")
		for _, r := range []*http.Request{post, get} {
			r.Header.Set("X-Sdk-Date", "20261126T192410Z")
		}
		return [2]*http.Request{post, get}
	}
	bodies := [2]string{`{"jobs":["a"]}` + "\n", ""}
	now := time.Date(2026, 11, 26, 19, 24, 10, 0, time.UTC)
	verdict := func(r *http.Request, body string, keys keyring) error {
		s, ok := parseSDKHMAC(r.Header.Get("Authorization"))
		if !ok {
			t.Fatalf("not parsed: %s", r.Header.Get("Authorization"))
		}
		return s.verify(r, []byte(body), now, keys)
	}
	keys := keyring{"AKEXAMPLE": {secret: "SKEXAMPLE"}}
	for i, r := range requests() {
		if err := verdict(r, bodies[i], keys); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		if verdict(r, bodies[i]+"x", keys) == nil || verdict(r, bodies[i], keyring{"AKEXAMPLE": {secret: "other"}}) == nil || verdict(r, bodies[i], keyring{}) == nil {
			t.Errorf("%d: another body, secret or key passed", i)
		}
		good := r.Header.Get("Authorization")
		for _, change := range [][2]string{{"/20261126/", "/20261125/"}, {"/sdk_request", "x/sdk_request"}, {"=AKEXAMPLE", "=ak"}} {
			r.Header.Set("Authorization", strings.Replace(good, change[0], change[1], 1))
			if verdict(r, bodies[i], keys) == nil {
				t.Errorf("%d: %s passed", i, change[1])
			}
		}
		r.Header.Set("Authorization", good)
		yesterday, _ := parseSDKHMAC(good)
		yesterday.scope = strings.Replace(yesterday.scope, "20261126", "20261125", 1)
		yesterday.signature = yesterday.sign("SKEXAMPLE", "20261126T192410Z", yesterday.canonical(r, []byte(bodies[i])))
		if yesterday.verify(r, []byte(bodies[i]), now, keys) == nil {
			t.Errorf("%d: a scope of another day passed", i)
		}
		for _, change := range [][2]string{{"/sdk_request", "/request"}, {"/20261126/", "/"}, {"Credential=AKEXAMPLE", "Credential=AKEXAMPLE, Access=AKEXAMPLE"}, {"AKEXAMPLE/20261126", "AKEXAMPLE"}} {
			if _, ok := parseSDKHMAC(strings.Replace(good, change[0], change[1], 1)); ok {
				t.Errorf("%d: parsed with %s", i, change[1])
			}
		}
	}
}

func TestSDKCanonicalPieces(t *testing.T) {
	for raw, want := range map[string]string{
		"/":             "/",
		"/a":            "/a/",
		"/a/":           "/a/",
		"/a%20b":        "/a%20b/",
		"/%E4%BD%A0":    "/%E4%BD%A0/",
		"/a%2Fb":        "/a/b/", // decoded first, then split
		"/a%252Fb":      "/a%252Fb/",
		"/a+b":          "/a%2Bb/",
		"/a%3Fb":        "/a%3Fb/",
		"/%22'()*!~._-": "/%22%27%28%29%2A%21~._-/",
	} {
		if got := sdkPath(mustParse(t, "http://h"+raw).Path); got != want {
			t.Errorf("path %s: got %s, want %s", raw, got, want)
		}
	}
	for raw, want := range map[string]string{
		"":                 "",
		"b=2&a=1":          "a=1&b=2",
		"a=2&a=1&a":        "a=&a=1&a=2",
		"a":                "a=",
		"q=a+b":            "q=a%20b",
		"q=a%2Bb":          "q=a%2Bb",
		"q=%2F%3F%22%27":   "q=%2F%3F%22%27",
		"%E4%BD%A0=%E5%A5": "%E4%BD%A0=%E5%A5",
		"a.b=1&a=2":        "a=2&a.b=1",
	} {
		if got := sdkQuery(mustParse(t, "http://h/?"+raw).Query()); got != want {
			t.Errorf("query %s: got %s, want %s", raw, got, want)
		}
	}
}

func FuzzSDKHMAC(f *testing.F) {
	f.Add("SDK-HMAC-SHA256 Access=EMULATORAK, SignedHeaders=host;x-sdk-date, Signature=ab", "/v1/p/jobs/a b", "a=1&b", "{}")
	f.Add("SDK-HMAC-SHA256 Access=EMULATORAK, SignedHeaders=x-sdk-date;;, Signature=ab", "//..", "%zz;", "")
	f.Fuzz(func(t *testing.T, header, path, query, body string) {
		r := &http.Request{Method: "GET", Host: "h", URL: mustParse(t, "http://h/"), Header: http.Header{
			"X-Sdk-Date": {"20260102T030405Z"}}}
		r.URL.Path, r.URL.RawQuery = path, query
		if s, ok := parseSDKHMAC(header); ok {
			if s.verify(r, []byte(body), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), huaweiAccounts()) == nil {
				t.Error("a made-up signature passed")
			}
			s.canonical(r, []byte(body))
		}
		if got := sdkPath(path); !strings.HasSuffix(got, "/") {
			t.Errorf("path %q became %q", path, got)
		}
	})
}
