package tencentbatch

// This file submits a job.

import (
	"cmp"
	"context"
	"strings"
	"unicode/utf8"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func submitJob() cloud.Call {
	return cloud.Call{
		Name: "SubmitJob", For: cloud.ToRun, Does: "submits a job",
		Permission: "batch:SubmitJob (in the policy QcloudBatchFullAccess), and the service role of Batch", PerSecond: 7, Where: "the region's list of jobs",
		Answer: `{"Response":{"JobId":"job-xx","RequestId":"req-xx"}}`,
	}
}

// Intend uses the mark twice: as ClientToken, under which the same job is
// submitted only once, and in the name, where DescribeJobs shows it.
func (s *service) Intend(_ context.Context, mark string) (job.Intent, error) {
	return job.Intent{Mark: mark, Again: true}, nil
}

// nameLimit is JobName's (document 002; facts tencent-batch §2.2).
const nameLimit = 60

// marked is the user's name with the mark behind it, shortened to make room.
func marked(name, mark string) string {
	room := nameLimit - utf8.RuneCountInString(mark) - 1
	if runes := []rune(name); len(runes) > room {
		name = string(runes[:max(0, room)])
	}
	return strings.TrimSpace(name + " " + mark)
}

func (s *service) Start(ctx context.Context, intent job.Intent) []job.Item {
	item, err := s.submit(ctx, intent)
	item.Provider, item.Err = Name, err
	return engine.Each(s.What(), item)
}

func (s *service) submit(ctx context.Context, intent job.Intent) (item job.Item, err error) {
	spec, token := *s.spec.job, cmp.Or(s.spec.clientToken, intent.Mark)
	if s.spec.clientToken == "" { // under the user's own token the body has to stay the same in all attempts
		spec.JobName = marked(spec.JobName, intent.Mark)
	}
	request := &submitJobRequest{BaseRequest: &tchttp.BaseRequest{}, Placement: s.spec.placement, Job: &spec}
	if token != "" {
		request.ClientToken = &token
	}
	call, response := submitJob(), &submitJobResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := s.send(ctx, call, request, response); err != nil {
		return item, err
	}
	if response.Response == nil || response.Response.JobId == "" {
		return item, cloud.Unknown(call, "the answer names no job; look in the list of jobs of the region", nil)
	}
	item.Ref = job.Ref{ID: response.Response.JobId}
	item.RequestID = response.Response.RequestId
	return item, nil
}
