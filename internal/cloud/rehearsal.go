package cloud

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Rehearsal stands in for the network: it sends nothing, keeps what would have
// been sent, and plays back each call's documented answer so that the calls
// after it are seen too.
type Rehearsal struct {
	mu       sync.Mutex
	requests []Request
}

// Request is a call as it would have been sent, without secrets.
type Request struct {
	Call    Call
	Line    string   // POST https://host/path
	Headers []string // sorted; those that hold secrets show only that they are there
	Body    string   // indented JSON; empty if there is none
}

var _ http.RoundTripper = (*Rehearsal)(nil)

// Requests returns what would have been sent so far.
func (r *Rehearsal) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.requests)
}

func (r *Rehearsal) RoundTrip(req *http.Request) (*http.Response, error) {
	call, _ := req.Context().Value(callKey{}).(Call)
	kept := Request{Call: call, Line: req.Method + " " + req.URL.String(), Headers: headers(req)}
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body.Close()
		kept.Body = indented(body)
	}
	r.mu.Lock()
	r.requests = append(r.requests, kept)
	r.mu.Unlock()

	resp := &http.Response{
		StatusCode: http.StatusOK,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       io.NopCloser(strings.NewReader(call.Answer)),
		Request:    req,
	}
	if call.NoContent {
		resp.StatusCode = http.StatusNoContent
	}
	return resp, nil
}

// headers shows what a strict reader of the vendor's document would look for,
// and hides what must not be shown.
func headers(req *http.Request) []string {
	var lines []string
	for name, values := range req.Header {
		value := strings.Join(values, ", ")
		switch strings.ToLower(name) {
		case "authorization", "x-tc-token", "x-security-token", "x-auth-token":
			value = "***"
		}
		lines = append(lines, name+": "+value)
	}
	slices.Sort(lines)
	return lines
}

func indented(body []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(body), "", "  ") != nil {
		return string(body)
	}
	// A Batch job may hold these (sheet tencent-batch §2.3 to §2.5).
	secret := regexp.MustCompile(`(?m)^( *"(?:Password|SecretKey|SecretId)": )"(?:[^"\\]|\\.)*"`)
	return secret.ReplaceAllString(b.String(), `$1"***"`)
}
