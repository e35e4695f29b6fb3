package cloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloudjob/internal/job"
)

type answers func(*http.Request) (*http.Response, error)

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) { return a(r) }

// TestRecord: a record has what was sent and answered, as it was, without secrets,
// hidden values, headers that log in and all that brings keys; the call itself is
// not changed by it.
func TestRecord(t *testing.T) {
	const secret = "s3cret-value"
	answer, broke := "", error(nil)
	var recorded []Recorded
	transport := &Transport{
		Base: answers(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil || string(body) != `{"Password":"mine","Id":1.0}` || r.Header.Get("Authorization") == "" {
				t.Errorf("%q was sent: %v", body, err)
			}
			if broke != nil {
				return nil, broke
			}
			return &http.Response{StatusCode: 200, Header: http.Header{"X-Request-Id": {"r-" + secret}, "Set-Cookie": {"session"}, "Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer))}, nil
		}),
		Redact: func(text string) string { return strings.ReplaceAll(text, secret, redacted) },
		Record: func(r Recorded) { recorded = append(recorded, r) },
		Hidden: []string{"Password"},
	}
	call := func(call Call) (string, error) {
		ctx := job.For(t.Context(), "report 7")
		req, err := http.NewRequestWithContext(ctx, "POST", "https://host/path?token="+secret, strings.NewReader(`{"Password":"mine","Id":1.0}`))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "signed")
		req.Header.Set("X-TC-Action", "Do")
		resp, err := transport.Bind(ctx, call).RoundTrip(req)
		if err != nil {
			return "", err
		}
		body, err := io.ReadAll(resp.Body)
		return string(body), err
	}

	answer = `{"list":[{"a":1.0},null], "Password" : "hers","text":"of ` + secret + `","P\u0061ssword":"too","nested":{"Password":["kept"]}}`
	said, err := call(Call{Name: "Do", Reads: true})
	if want := `{"list":[{"a":1}],"Password":"hers","text":"of ***","P\u0061ssword":"too","nested":{"Password":["kept"]}}`; said != want || err != nil {
		t.Errorf("the caller gets %s, %v", said, err)
	}
	r := recorded[0]
	if got, want := string(r.Answer), `{"list":[{"a":1.0},null],"Password":"***","text":"of ***","P\u0061ssword":"***","nested":{"Password":["kept"]}}`; got != want {
		t.Errorf("the answer is recorded as %s", got)
	}
	if string(r.Sent) != `{"Password":"***","Id":1.0}` || r.URL != "https://host/path?token=***" || r.For != "report 7" || r.RequestID != "r-***" || r.Status != 200 {
		t.Errorf("recorded is %+v", r)
	}
	if len(r.SentHeader) != 1 || len(r.AnswerHeader) != 2 {
		t.Errorf("the headers %v and %v are recorded", r.SentHeader, r.AnswerHeader)
	}

	_, _ = call(Call{Name: "Login", Keys: true})
	if r = recorded[1]; !r.LeftOut || r.Sent != nil || r.Answer != nil || r.SentHeader.Get("Authorization") != "" {
		t.Errorf("of a call that brings keys is recorded %+v", r)
	}

	answer = "<html>" + secret
	_, _ = call(Call{Name: "Do"})
	if r = recorded[2]; string(r.Answer) != "<" {
		t.Errorf("of a page is recorded %q, in which hidden values may be", r.Answer)
	}
	transport.Hidden = nil
	_, _ = call(Call{Name: "Do"})
	if r = recorded[3]; string(r.Answer) != "<html>***" {
		t.Errorf("a page is recorded as %q", r.Answer)
	}

	for _, fault := range []error{errors.New("reset of " + secret), context.DeadlineExceeded} {
		broke = fault
		_, err := call(Call{Name: "Do"})
		r = recorded[len(recorded)-1]
		if again := Replayed(r.Broke, r.BrokeText); err == nil || r.Status != 0 || strings.Contains(r.BrokeText, secret) || errors.Is(again, context.DeadlineExceeded) != errors.Is(fault, context.DeadlineExceeded) {
			t.Errorf("%v is recorded as %+v", fault, r)
		}
	}
}
