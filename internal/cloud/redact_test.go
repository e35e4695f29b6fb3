package cloud

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudjob/internal/job"
)

// TestRedactedAnswers: whoever reads an answer finds no secret in it, so that
// none is cut before it could be recognised; the rest is as it came. What a
// login brings is not taken from it.
func TestRedactedAnswers(t *testing.T) {
	const secret = "temporary-secret-key"
	redact := func(text string) string { return strings.ReplaceAll(text, secret, "***") }
	for _, test := range []struct {
		call     Call
		in, want string
	}{
		{Call{}, `{"message":"` + strings.Repeat("long ", 80) + secret + `"}`, `{"message":"` + strings.Repeat("long ", 80) + `***"}`},
		{Call{}, `{"` + secret + `":["a",{"b":"x` + secret + secret + `<"}], "n": 12}`, `{"***":["a",{"b":"x******<"}],"n":12}`},
		{Call{}, `{"a":"\u0074emporary\u002dsecret-key \"\/","b":"\"\/\u00e9"}`, `{"a":"*** \"/","b":"\"\/\u00e9"}`},
		{Call{}, `{"a":"` + secret + `"}`, `{"a":"***"}`},
		{Call{Keys: true}, `{"a":"` + secret + `","b":"no ` + secret + `"}`, `{"a":"temporary-secret-key","b":"no ***"}`},
		{Call{}, `{"a":"\n","b":[ ]}`, `{"a":"\n","b":[ ]}`},
	} {
		transport := &Transport{Redact: redact, Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			connect(r)
			resp := answer(r, http.StatusOK, strings.NewReader(test.in))
			resp.Header.Set("X-Request-Id", "request of "+secret)
			resp.Header.Set("X-Subject-Token", secret)
			return resp, nil
		})}
		road := transport.Bind(t.Context(), test.call)
		resp, err := road.RoundTrip(post(t, "https://drs.example.com/"))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || string(body) != test.want || road.RequestID != "request of ***" || (resp.Header.Get("X-Subject-Token") == secret) != test.call.Keys {
			t.Errorf("%s became %s, request %q, headers %v (%v)", test.in, body, road.RequestID, resp.Header, err)
		}
	}
}

// TestRedactedFaults: what the way to the cloud says of itself, such as the
// password of a proxy, is no part of an error; what the error is stays known.
func TestRedactedFaults(t *testing.T) {
	const secret = "password-of-a-proxy"
	cause := errors.New("proxyconnect tcp: " + strings.Repeat("no way ", 35) + secret)
	transport := &Transport{
		Redact: func(text string) string { return strings.ReplaceAll(text, secret, "***") },
		Base:   roundTripper(func(*http.Request) (*http.Response, error) { return nil, cause }),
	}
	_, err := transport.Bind(t.Context(), Call{Name: "Try"}).RoundTrip(post(t, "https://drs.example.com/"))
	e := want(t, err, job.Unsent, "***")
	if strings.Contains(e.Error(), "password") || strings.Contains(e.Err.Error(), "password") || !errors.Is(err, cause) {
		t.Errorf("the error is %v, of %v", e, e.Err)
	}
	road := transport.Bind(t.Context(), Call{Name: "Try"})
	if e := road.Crashed(&job.Crash{Value: "read " + secret}); strings.Contains(e.Error(), "password") {
		t.Errorf("of a panic: %v", e)
	}
	if err := road.Unread(cause); strings.Contains(err.Error(), "password") || !errors.Is(err, cause) {
		t.Errorf("of an SDK: %v", err)
	}
}
