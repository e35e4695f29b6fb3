package tencentbatch

// This file terminates a job.

import (
	"context"
	"errors"
	"fmt"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func terminateJob() cloud.Call {
	return cloud.Call{Name: "TerminateJob", For: cloud.ToStop, Does: "stops a job", Permission: "batch:TerminateJob (in QcloudBatchFullAccess)", PerSecond: 2}
}

// Stop terminates. The service refuses it in SUBMITTED, with a code that no
// document names, so after a refusal the state decides.
func (f follower) Stop(ctx context.Context, ref job.Ref, _ bool) error {
	err := f.send(ctx, terminateJob(), &jobRequest{&tchttp.BaseRequest{}, ref.ID}, &emptyResponse{BaseResponse: &tchttp.BaseResponse{}})
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Refused {
		return err
	}
	statuses, readErr := f.Status(ctx, []job.Ref{ref})
	switch {
	case readErr != nil:
		return fmt.Errorf("%w: %w", engine.ErrTooEarly, readErr)
	case statuses[0].State.Over() && !statuses[0].Costs:
		return nil
	case statuses[0].State == job.StatePending || statuses[0].State == job.StateUnknown:
		return fmt.Errorf("%w: %w", engine.ErrTooEarly, err)
	}
	return err
}
