package tencentbatch

import (
	"cmp"
	"context"
	"net/http"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Calls are the calls of Batch that we make, with the lowest of the published
// rates (document 002; sheet tencent-batch §8).
func Calls() []cloud.Call { return []cloud.Call{submitJob()} }

func submitJob() cloud.Call {
	return cloud.Call{
		Name: "SubmitJob", Does: "submits a job",
		Permission: "batch:SubmitJob (in the policy QcloudBatchFullAccess), and the service role of Batch", PerSecond: 7, Where: "the region's list of jobs",
		Answer: `{"Response":{"JobId":"job-xx","RequestId":"req-xx"}}`,
	}
}

// service submits one job.
type service struct {
	account *tencent.Account
	spec    *Spec
}

var _ engine.Service = (*service)(nil)

func (s *service) What() []string {
	return []string{"job " + cmp.Or(s.spec.job.JobName, "without a name")}
}

func (s *service) Start(ctx context.Context) []job.Item {
	item, err := s.submit(ctx)
	item.Provider, item.Err = Name, err
	return engine.Each(s.What(), item)
}

func (s *service) submit(ctx context.Context) (item job.Item, err error) {
	request := &submitJobRequest{BaseRequest: &tchttp.BaseRequest{}, Placement: s.spec.placement, Job: s.spec.job}
	request.Init().WithApiInfo("batch", "2017-03-12", "SubmitJob")
	request.SetContext(ctx)
	if s.spec.clientToken != "" {
		request.ClientToken = &s.spec.clientToken
	}
	response := &submitJobResponse{BaseResponse: &tchttp.BaseResponse{}}
	call := submitJob()
	err = s.account.Call(ctx, call, codes, func(road http.RoundTripper) error {
		client := common.NewCommonClient(s.account.Credential, s.spec.target.Region, s.account.Profile())
		client.WithHttpTransport(road)
		return client.Send(request, response)
	})
	if err != nil {
		return item, err
	}
	if response.Response == nil || response.Response.JobId == nil || *response.Response.JobId == "" {
		return item, cloud.Unknown(call, "the answer names no job; look in the list of jobs of the region", nil)
	}
	item.Ref = job.Ref{ID: *response.Response.JobId}
	item.Note = "accepted; Batch parses and runs it afterwards"
	if id := response.Response.RequestId; id != nil {
		item.RequestID = *id
	}
	return item, nil
}
