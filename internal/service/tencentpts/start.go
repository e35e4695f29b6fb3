package tencentpts

// This file starts one run of a scenario.

import (
	"context"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func startJob() cloud.Call {
	return cloud.Call{
		Name: "StartJob", For: cloud.ToRun, Does: "creates and starts one run of a scenario",
		Permission: "pts:StartJob (in the policy QcloudPTSFullAccess)", PerSecond: 20, Where: "the scenario's list of runs",
		Answer: `{"Response":{"JobId":"job-xx","RequestId":"req-xx"}}`,
	}
}

// Intend puts the mark into the note, where DescribeJobs shows it again. No
// other field of StartJob could hold it, and there is no idempotency key.
func (s *service) Intend(_ context.Context, mark string) (job.Intent, error) {
	return job.Intent{Mark: mark, In: scope(s.spec.projectID, s.scenario)}, nil
}

func (s *service) Start(ctx context.Context, intent job.Intent) []job.Item {
	item, err := s.start(ctx, intent)
	item.Provider, item.Err = Name, err
	return engine.Each(s.What(), item)
}

func (s *service) start(ctx context.Context, intent job.Intent) (item job.Item, err error) {
	note := strings.TrimSpace(s.spec.note + " " + intent.Mark)
	request := pts.NewStartJobRequest()
	request.ProjectId, request.ScenarioId, request.JobOwner = &s.spec.projectID, &s.scenario, &s.owner
	request.Debug, request.Note = s.spec.debug, &note
	call, response := startJob(), &startJobResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := s.send(ctx, call, request, response); err != nil {
		return item, err
	}
	if response.Response == nil || response.Response.JobId == "" {
		return item, cloud.Unknown(call, "the answer names no job; look in the scenario's list of runs", nil)
	}
	item.Ref = job.Ref{ID: response.Response.JobId, In: intent.In}
	item.RequestID = response.Response.RequestId
	return item, nil
}
