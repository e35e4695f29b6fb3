package tencentpts

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/job"
)

// TestCodes are the codes of document 000, as the emulated service refuses a
// start with them. Where the fault is ambiguous the job may have begun.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: `AuthFailure`,
		job.Limited:      `LimitExceeded ResourceInsufficient`,
		job.StartFailed: `FailedOperation.NoTasksInJob FailedOperation.NotSupportedInEnv FailedOperation.ResourceNotFound
			InvalidParameter InvalidParameterValue`,
		job.StartUnknown: `FailedOperation FailedOperation.DbRecordCreateFailed FailedOperation.DbRecordUpdateFailed InternalError`,
	} {
		for _, code := range strings.Fields(names) {
			for _, begins := range []bool{false, true} {
				if begins && outcome != job.StartUnknown {
					continue
				}
				service, network := emulated()
				service.Switches.Refuse = map[string]string{"StartJob": code}
				service.Switches.BegunThoughRefused = begins
				item := start(t, network, inputs)[0]
				e, ok := errors.AsType[*job.Error](item.Err)
				if !ok || e.Code != code || e.Meaning == "" || e.Cure == "" || e.RequestID == "" {
					t.Errorf("%s: got %+v", code, item)
					continue
				}
				if got := job.OutcomeOf(e); got != outcome {
					t.Errorf("%s: outcome %s, want %s", code, got, outcome)
				}
				if (begun(service) > 0) != begins {
					t.Errorf("%s: %d jobs begun", code, begun(service))
				}
			}
		}
	}
}

// TestQuota: runs at the same time are limited (facts tencent-pts §7).
func TestQuota(t *testing.T) {
	service, network := emulated()
	service.Switches.ParallelJobs = 1
	var outcomes []job.Outcome
	for range 2 {
		outcomes = append(outcomes, job.OutcomeOf(start(t, network, inputs)[0].Err))
	}
	if want := []job.Outcome{job.Started, job.Limited}; !slices.Equal(outcomes, want) || begun(service) != 1 {
		t.Errorf("got %v, %d begun", outcomes, begun(service))
	}
}
