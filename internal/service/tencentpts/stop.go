package tencentpts

// This file aborts a run.

import (
	"context"
	"errors"
	"fmt"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func abortJob() cloud.Call {
	return cloud.Call{Name: "AbortJob", For: cloud.ToStop, Does: "stops a run", Permission: "pts:AbortJob (in QcloudPTSFullAccess)", PerSecond: 20}
}

// Stop aborts. The answer to a run that does not run is the same whether it has
// ended or not begun, so its status decides (facts tencent-pts §5).
func (f follower) Stop(ctx context.Context, ref job.Ref, _ bool) error {
	project, scenario := unscope(ref.In)
	byUser := int64(1)
	request := pts.NewAbortJobRequest()
	request.JobId, request.ProjectId, request.ScenarioId, request.AbortReason = &ref.ID, &project, &scenario, &byUser
	err := f.send(ctx, abortJob(), request, &emptyResponse{BaseResponse: &tchttp.BaseResponse{}})
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Code != "FailedOperation.JobStatusNotRunning" {
		return err
	}
	statuses, readErr := f.Status(ctx, []job.Ref{ref})
	switch {
	case readErr != nil:
		return errors.Join(engine.ErrTooEarly, readErr)
	case statuses[0].State.Over() || statuses[0].State == job.StateStopping:
		return nil
	}
	return fmt.Errorf("%w: %w", engine.ErrTooEarly, err)
}
