package cloud

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
)

func TestExplain(t *testing.T) {
	own := []Code{
		{Code: "LimitExceeded", Meaning: "own"},
		{Code: "FailedOperation.NoTasksInJob", Meaning: "no tasks"},
	}
	common := []Code{
		{Code: "LimitExceeded", Meaning: "common"},
		{Code: "LimitExceeded.JobQuota", Meaning: "common, and nearer"},
		{Code: "FailedOperation", Fault: job.Ambiguous, Meaning: "failed"},
		{Code: "InvalidParameter", Meaning: "parameter"},
		{Code: "DLF.0100", Meaning: "no job"},
	}
	for code, meaning := range map[string]string{
		"LimitExceeded":                     "own",                // the first table wins
		"LimitExceeded.Other":               "own",                // its parent
		"LimitExceeded.JobQuota":            "common, and nearer", // a nearer name wins over an earlier table
		"FailedOperation.NoTasksInJob":      "no tasks",
		"FailedOperation.NoTasksInJob.More": "no tasks",
		"FailedOperation.Other":             "failed",
		"InvalidParameter.A.B.C":            "parameter",
		"DLF.0100":                          "no job",
		"DLF.0101":                          "", // DLF alone is no code
		"LimitExceededOther":                "",
		"limitexceeded":                     "",
		".LimitExceeded":                    "",
		"":                                  "",
	} {
		if got := Explain(code, own, common); got.Meaning != meaning {
			t.Errorf("%q: got %q, want %q", code, got.Meaning, meaning)
		}
	}
	if got := Explain("FailedOperation.Other", own, common); got.Fault != job.Ambiguous {
		t.Errorf("the parent's fault is lost: %+v", got)
	}
	if got := Explain("Nobody.Knows", own, common); got.Code != "Nobody.Knows" || got.Fault != job.Refused {
		t.Errorf("got %+v", got)
	}
}

func TestUnknown(t *testing.T) {
	cause := errors.New("cause")
	e := Unknown(Call{Name: "StartJob"}, "no job", cause)
	if e.Fault != job.Ambiguous || e.Call != "StartJob" || e.Message != "no job" || !errors.Is(e, cause) {
		t.Errorf("got %+v", e)
	}
}

func TestShorten(t *testing.T) {
	long := strings.Repeat("作", 301)
	for text, want := range map[string]string{
		"":                               "no message",
		" \n ":                           "no message",
		"one  line\r\nof\ttext ":         "one line of text",
		"::set-output name=a::b\n::stop": "::set-output name=a::b ::stop",
		strings.Repeat("作", 300):         strings.Repeat("作", 300),
		long:                             strings.Repeat("作", 300) + "…",
	} {
		if got := Shorten(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func FuzzShorten(f *testing.F) {
	f.Add("a\nb")
	f.Add(strings.Repeat("x ", 400))
	f.Add("\xff\u2028")
	f.Fuzz(func(t *testing.T, s string) {
		got := Shorten(s)
		if got == "" || strings.ContainsAny(got, "\r\n") || utf8.RuneCountInString(got) > 301 {
			t.Errorf("got %q", got)
		}
	})
}

// TestRehearsal: nothing is sent, the documented answers are played back, and
// what would have been sent is kept without its secrets.
func TestRehearsal(t *testing.T) {
	stage := &Rehearsal{}
	transport := &Transport{Base: stage}
	send := func(call Call, r *http.Request) string {
		resp, err := transport.Bind(context.Background(), call).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	first := Call{Name: "SubmitJob", Answer: `{"Response":{"JobId":"job-xx"}}`}
	r, err := http.NewRequest(http.MethodPost, "https://batch.example.com/v1/jobs?a=b", strings.NewReader(`{"b":"<&>","a":[1,2],"n":12345678901234567890}`+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "X-Language": {"en-us", "zh-cn"},
		"Authorization": {"hunter2"}, "X-Tc-Token": {"hunter2"}, "X-Security-Token": {"hunter2"}, "X-Auth-Token": {"hunter2"},
	}
	if got := send(first, r); got != first.Answer {
		t.Errorf("played back %s", got)
	}
	second := Call{Name: "StartJob", NoContent: true}
	empty, err := http.NewRequest(http.MethodPost, "https://dayu.example.com/start", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := send(second, empty); got != "" {
		t.Errorf("played back %s", got)
	}
	third := Call{Name: "Odd", Answer: "{}"}
	odd, err := http.NewRequest(http.MethodPost, "https://odd.example.com", strings.NewReader("not JSON"))
	if err != nil {
		t.Fatal(err)
	}
	send(third, odd)
	want := []Request{
		{
			Call: first, Line: "POST https://batch.example.com/v1/jobs?a=b",
			Headers: []string{"Authorization: ***", "Content-Type: application/json", "X-Auth-Token: ***", "X-Language: en-us, zh-cn", "X-Security-Token: ***", "X-Tc-Token: ***"},
			Body:    "{\n  \"b\": \"<&>\",\n  \"a\": [\n    1,\n    2\n  ],\n  \"n\": 12345678901234567890\n}",
		},
		{Call: second, Line: "POST https://dayu.example.com/start"},
		{Call: third, Line: "POST https://odd.example.com", Body: "(a body that is no JSON)"},
	}
	if diff := cmp.Diff(want, stage.Requests()); diff != "" {
		t.Error(diff)
	}
}

// TestRehearsalHidesSecretsOfTheBody: a Batch job may hold passwords and keys
// of others (facts tencent-batch §2.3 to §2.5).
func TestRehearsalHidesSecretsOfTheBody(t *testing.T) {
	stage := &Rehearsal{Hidden: []string{"Password", "SecretId", "SecretKey"}}
	body := `{"Job":{"Docker":{"User":"robot","Password":"hunter2 \"quoted\" \\"},"Authentications":[{"SecretId":"AKIDX","SecretKey":"hunter2"}],"Command":"echo \"Password\": \"kept\""}}`
	r, err := http.NewRequest(http.MethodPost, "https://batch.example.com", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (&Transport{Base: stage}).Bind(t.Context(), Call{Name: "SubmitJob", Answer: "{}"}).RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	got := stage.Requests()[0].Body
	want := `{
  "Job": {
    "Docker": {
      "User": "robot",
      "Password": "***"
    },
    "Authentications": [
      {
        "SecretId": "***",
        "SecretKey": "***"
      }
    ],
    "Command": "echo \"Password\": \"kept\""
  }
}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
