package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

// The tests' own halves: they begin a job per start and can echo.

func halves() []emu.Half {
	var pts, cpts []emu.Job
	begin := func(jobs *[]emu.Job) string {
		id := fmt.Sprintf("job-%d", len(*jobs)+1)
		*jobs = append(*jobs, emu.Job{ID: id, Live: true})
		return id
	}
	return []emu.Half{
		{
			Vendor: emu.Tencent, Service: "pts", Version: "2021-07-28",
			Begun: func() []emu.Job { return pts },
			Calls: []emu.Call{
				{Name: "StartJob", Handle: func(r *emu.Request) emu.Answer {
					return emu.Answer{Body: map[string]any{"JobId": begin(&pts), "Text": "<&>"}}
				}},
				{Name: "Echo", Handle: func(r *emu.Request) emu.Answer {
					o, _ := r.Object()
					return emu.Answer{Body: map[string]any{"Got": o, "Region": r.Region}}
				}},
				{Name: "Refuse", Handle: func(*emu.Request) emu.Answer { return emu.Refuse("FailedOperation", "no") }},
				{Name: "Nothing", Handle: func(*emu.Request) emu.Answer { return emu.Answer{} }},
				{Name: "Array", Handle: func(*emu.Request) emu.Answer { return emu.Answer{Body: []int{1}} }},
			},
		},
		{Vendor: emu.Tencent, Service: "batch", Version: "2017-03-12"},
		{
			Vendor: emu.Huawei, Service: "cpts",
			Begun: func() []emu.Job { return cpts },
			Calls: []emu.Call{
				{Name: "CreateTask", Route: "POST /v3/{project_id}/tasks", Handle: func(*emu.Request) emu.Answer {
					return emu.Answer{Status: 201, Body: map[string]any{"task_id": begin(&cpts)}}
				}},
				{Name: "StartJob", Route: "POST /v1/{project_id}/jobs/{job_name}/start", Handle: func(*emu.Request) emu.Answer {
					begin(&cpts)
					return emu.Answer{Status: 204}
				}},
				{Name: "Echo", Route: "GET /v1/{project_id}/echo/{name}", Handle: func(r *emu.Request) emu.Answer {
					return emu.Answer{Body: map[string]any{"name": r.Path("name"), "query": r.Query}}
				}},
				{Name: "Refuse", Route: "DELETE /v1/{project_id}/echo/{name}", Handle: func(*emu.Request) emu.Answer {
					return emu.Answer{Status: 400, Body: map[string]any{"code": "CPTS.1", "message": "no"}}
				}},
			},
		},
	}
}

func world() *Emulator { return New(Options{}, halves()...) }

// The tests' own signers, written from the rules in docs/facts.

func hash(b []byte) string { return fmt.Sprintf("%x", sha256.Sum256(b)) }

func sign(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	io.WriteString(h, text)
	return h.Sum(nil)
}

// tencentSigner signs a request in one way out of many.
type tencentSigner struct {
	id, secret, token, service string
	host                       string // to sign; "" is the request's
	signed                     []string
	at                         time.Time
	payload                    string // "" is the body's hash
}

func tencentKey() tencentSigner {
	return tencentSigner{id: TencentKeyID, secret: Secret, service: "pts", signed: []string{"content-type", "host"}, at: time.Now()}
}

func (s tencentSigner) sign(r *http.Request, body string) {
	stamp := fmt.Sprint(s.at.Unix())
	r.Header.Set("X-TC-Timestamp", stamp)
	if s.token != "" {
		r.Header.Set("X-TC-Token", s.token)
	}
	host := s.host
	if host == "" {
		host = requestHost(r)
	}
	headers := ""
	for _, name := range s.signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = host
		}
		headers += name + ":" + strings.ToLower(strings.TrimSpace(value)) + "\n"
	}
	payload := s.payload
	if payload == "" {
		payload = hash([]byte(body))
	}
	query := ""
	if r.Method == "GET" {
		query = r.URL.Query().Encode()
	}
	list := strings.Join(s.signed, ";")
	canonical := r.Method + "\n/\n" + query + "\n" + headers + "\n" + list + "\n" + payload
	date := s.at.UTC().Format("2006-01-02")
	scope := date + "/" + s.service + "/tc3_request"
	text := "TC3-HMAC-SHA256\n" + stamp + "\n" + scope + "\n" + hash([]byte(canonical))
	key := sign(sign(sign([]byte("TC3"+s.secret), date), s.service), "tc3_request")
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Credential="+s.id+"/"+scope+
		", SignedHeaders="+list+", Signature="+hex.EncodeToString(sign(key, text)))
}

func requestHost(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

func tencentRequest(t testing.TB, base, action, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", base+"/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-TC-Action", action)
	r.Header.Set("X-TC-Version", "2021-07-28")
	return r
}

type huaweiSigner struct {
	access, secret, token string
	signed                []string // sorted
	at                    time.Time
}

func huaweiKey() huaweiSigner {
	return huaweiSigner{access: HuaweiAccessKey, secret: Secret, signed: []string{"host", "x-sdk-date"}, at: time.Now()}
}

func rfc3986(s string) string {
	out := ""
	for _, b := range []byte(s) {
		if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~", rune(b)) {
			out += string(rune(b))
		} else {
			out += fmt.Sprintf("%%%02X", b)
		}
	}
	return out
}

func (s huaweiSigner) sign(r *http.Request, body string) {
	date := s.at.UTC().Format("20060102T150405Z")
	r.Header.Set("X-Sdk-Date", date)
	if s.token != "" {
		r.Header.Set("X-Security-Token", s.token)
	}
	path := ""
	for _, piece := range strings.Split(strings.TrimSuffix(r.URL.Path, "/"), "/") {
		path += rfc3986(piece) + "/"
	}
	var pairs []string
	query := r.URL.Query()
	for k := range query {
		sort.Strings(query[k])
	}
	var keys []string
	for k := range query {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for _, k := range keys {
		for _, v := range query[k] {
			pairs = append(pairs, rfc3986(k)+"="+rfc3986(v))
		}
	}
	headers := ""
	for _, name := range s.signed {
		value := r.Header.Get(name)
		if name == "host" {
			value = requestHost(r)
		}
		headers += name + ":" + strings.TrimSpace(value) + "\n"
	}
	payload := r.Header.Get("X-Sdk-Content-Sha256")
	if payload == "" {
		payload = hash([]byte(body))
	}
	list := strings.Join(s.signed, ";")
	canonical := r.Method + "\n" + path + "\n" + strings.Join(pairs, "&") + "\n" + headers + "\n" + list + "\n" + payload
	text := "SDK-HMAC-SHA256\n" + date + "\n" + hash([]byte(canonical))
	r.Header.Set("Authorization", "SDK-HMAC-SHA256 Access="+s.access+", SignedHeaders="+list+
		", Signature="+hex.EncodeToString(sign([]byte(s.secret), text)))
}

func huaweiRequest(t testing.TB, method, address, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return r
}

const (
	inProcess = "http://127.0.0.1:8787"
	tasksPath = "/v3/" + ProjectID + "/tasks"
	echoPath  = "/v1/" + ProjectID + "/echo/"
)

// startRequest is a signed call that begins a job.
func startRequest(t testing.TB, vendor emu.Vendor, base string) *http.Request {
	t.Helper()
	if vendor == emu.Tencent {
		r := tencentRequest(t, base, "StartJob", "{}")
		tencentKey().sign(r, "{}")
		return r
	}
	r := huaweiRequest(t, "POST", base+tasksPath, "{}")
	huaweiKey().sign(r, "{}")
	return r
}

func do(t testing.TB, client *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

// tencentCode is the error code of a Tencent answer, "" for a success.
func tencentCode(t testing.TB, body string) string {
	t.Helper()
	var envelope struct {
		Response struct {
			Error     struct{ Code, Message string }
			RequestId string
		}
	}
	if err := json.Unmarshal([]byte(body), &envelope); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if envelope.Response.RequestId == "" {
		t.Errorf("no RequestId in %s", body)
	}
	return envelope.Response.Error.Code
}

// huaweiError is code and message of an answer of Huawei's gateway.
func huaweiError(t testing.TB, answer *http.Response, body string) (code, message string) {
	t.Helper()
	id := answer.Header.Get("X-Request-Id")
	if id == "" {
		t.Errorf("no X-Request-Id with %s", body)
	}
	if body == "" {
		return "", ""
	}
	var e struct {
		ErrorCode string `json:"error_code"`
		ErrorMsg  string `json:"error_msg"`
		RequestID string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(body), &e); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if e.ErrorCode != "" && e.RequestID != id {
		t.Errorf("request ids %q and %q differ", e.RequestID, id)
	}
	return e.ErrorCode, e.ErrorMsg
}

func client(e *Emulator) *http.Client { return &http.Client{Transport: e.Transport()} }

func serve(t testing.TB, e *Emulator) string {
	t.Helper()
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return server.URL
}

func mustParse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
