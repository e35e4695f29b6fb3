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
	Hidden []string // names of values that nobody is to see

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

var _ Offline = (*Rehearsal)(nil)

// Offline is a road that leads nowhere: it answers, and sends nothing.
type Offline interface {
	http.RoundTripper
	SendsNothing()
}

// SendsNothing says what a rehearsal is.
func (r *Rehearsal) SendsNothing() {}

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
		kept.Body = indented(body, r.Hidden)
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

// headers are the headers that the vendor's documents speak of, without the secrets in
// them.
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

// indented writes a JSON body with a value a line. Hidden values are replaced. A body
// that is not JSON is not shown, because it could have hidden values anywhere.
func indented(body []byte, hidden []string) string {
	var b bytes.Buffer
	if json.Indent(&b, bytes.TrimSpace(body), "", "  ") != nil {
		return "(a body that is no JSON)"
	}
	text := htmlEscape.ReplaceAllStringFunc(b.String(), func(escape string) string {
		switch escape {
		case `\u003c`:
			return "<"
		case `\u003e`:
			return ">"
		case `\u0026`:
			return "&"
		}
		return escape
	})
	if len(hidden) == 0 {
		return text
	}
	values := regexp.MustCompile(`(?m)^( *"(?:` + strings.Join(hidden, "|") + `)": )"(?:[^"\\]|\\.)*"`)
	return values.ReplaceAllString(text, `$1"***"`)
}

// htmlEscape finds the escapes that an SDK writes for HTML. It matches all other
// escapes too, so that the second half of \\ is not taken for the first of one.
var htmlEscape = regexp.MustCompile(`\\(?:u[0-9a-f]{4}|.)`)
