package servicetest

import (
	"errors"
	"io"
	"net/http"
	"strings"
)

// RequestID is the id of every request that one of these networks answers.
const RequestID = "req-1"

// respond answers a request. An action of Tencent's answers with 200 always.
func respond(r *http.Request, status int, body string) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {RequestID}}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// Answer is a network that gives every call the same answer.
type Answer string

func (a Answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return respond(r, http.StatusOK, string(a))
}

// Refusal is a network that gives every call the same status and answer, and
// counts them.
type Refusal struct {
	Status int
	Body   string
	Calls  int
}

func (a *Refusal) RoundTrip(r *http.Request) (*http.Response, error) {
	a.Calls++
	return respond(r, a.Status, a.Body)
}

// Answers is a network with an answer for each call, by its action, or by the
// end of its path, numbers left aside: "batch-status", "/jobs/start". The one of
// "" is that of all other calls.
type Answers map[string]string

func (a Answers) RoundTrip(r *http.Request) (*http.Response, error) {
	call := r.Header.Get("X-TC-Action")
	if call == "" {
		call = r.URL.Path
	}
	best, found := "", false
	for name := range a {
		fits := strings.HasSuffix(call, name) || strings.HasSuffix(strings.TrimRight(call, "/0123456789"), name)
		if fits && (!found || len(name) > len(best)) {
			best, found = name, true
		}
	}
	if !found {
		return nil, errors.New("nobody answers " + call)
	}
	return respond(r, http.StatusOK, a[best])
}

// Responses is a network with what each of Tencent's actions responds; {} if
// nothing is said.
type Responses map[string]string

func (a Responses) RoundTrip(r *http.Request) (*http.Response, error) {
	response := a[r.Header.Get("X-TC-Action")]
	if response == "" {
		response = "{}"
	}
	return respond(r, http.StatusOK, `{"Response":`+response+`}`)
}

// Queue is a network with one answer for each call, in order.
type Queue []string

func (q *Queue) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(*q) == 0 {
		return nil, errors.New("a call too many")
	}
	body := (*q)[0]
	*q = (*q)[1:]
	return respond(r, http.StatusOK, body)
}
