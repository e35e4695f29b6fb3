package cloud

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// TestReadsOnly: where only reads are allowed nothing else is tried, and how
// each read ended is told once, after all its tries.
func TestReadsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		ctx := ReadsOnly(t.Context(), func(call Call, err error) {
			text := call.Name
			if err != nil {
				text += ": " + err.Error()
			}
			told = append(told, text)
		})
		tries := 0
		for _, do := range []func() error{
			func() error { return nil },
			func() error {
				if tries++; tries < 3 {
					return &job.Error{Fault: job.Throttled, Call: "x", Message: "slow down"}
				}
				return nil
			},
			func() error { return errors.New("a fault") },
		} {
			_ = Retry(ctx, Call{Name: "ShowJob", Reads: true}, do)
		}
		err := Retry(ctx, Call{Name: "StartJob", Does: "starts a job"}, func() error { t.Error("it was tried"); return nil })
		if job.OutcomeOf(err) != job.Internal || !strings.Contains(err.Error(), "StartJob starts a job") {
			t.Errorf("got %v", err)
		}
		if got := strings.Join(told, ", "); got != "ShowJob, ShowJob, ShowJob: a fault" {
			t.Errorf("told %q", got)
		}
	})
}

// TestRetryKeepsTheReason: a read that is made again, and comes too late for its
// context, failed for what the cloud said.
func TestRetryKeepsTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		tries := 0
		err := Retry(ctx, Call{Name: "ShowJob", Reads: true}, func() error {
			if tries++; tries > 1 {
				return &job.Error{Fault: job.Halted, Call: "ShowJob", Message: "cancelled before it was sent"}
			}
			return &job.Error{Fault: job.Throttled, Call: "ShowJob", Message: "slow down"}
		})
		if job.OutcomeOf(err) != job.Limited || tries != 2 {
			t.Errorf("got %v after %d tries", err, tries)
		}
	})
}

func TestPart(t *testing.T) {
	if got := (ToRun | ToStop | ToCheck).String(); got != "run, stop, check -live" {
		t.Errorf("got %q", got)
	}
}

// TestRejected tells logins that are not taken from permissions that are missing.
func TestRejected(t *testing.T) {
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"nothing":                  {nil, false},
		"another fault":            {errors.New("x"), false},
		"a key unknown":            {&job.Error{Fault: job.Denied, Code: "AuthFailure.SecretIdNotFound", Status: 200}, true},
		"a permission":             {&job.Error{Fault: job.Denied, Code: "AuthFailure.UnauthorizedOperation", Status: 200}, false},
		"the other permission":     {&job.Error{Fault: job.Denied, Code: "UnauthorizedOperation", Status: 200}, false},
		"Huawei's login":           {&job.Error{Fault: job.Denied, Code: "APIGW.0301", Status: 401}, true},
		"Huawei's permission":      {&job.Error{Fault: job.Denied, Code: "APIGW.0302", Status: 403}, false},
		"a refusal with an unlike": {&job.Error{Fault: job.Refused, Code: "X", Status: 401}, false},
	} {
		if got := Rejected(test.err); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
