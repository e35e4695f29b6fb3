package tencentpts

import (
	"context"
	"net/http"

	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Calls are the calls of PTS that we make. 20 per second is published for
// every action (document 000, sheet tencent-pts §9).
func Calls() []cloud.Call { return []cloud.Call{startJob()} }

func startJob() cloud.Call {
	return cloud.Call{
		Name: "StartJob", Does: "creates and starts one run of a scenario",
		Permission: "pts:StartJob (in the policy QcloudPTSFullAccess)", PerSecond: 20, Where: "the scenario's list of runs",
		Answer: `{"Response":{"JobId":"job-xx","RequestId":"req-xx"}}`,
	}
}

// service runs one scenario.
type service struct {
	account  *tencent.Account
	spec     *Spec
	scenario string
	owner    string
}

var _ engine.Service = (*service)(nil)

func (s *service) What() []string { return []string{"scenario " + s.scenario} }

func (s *service) Start(ctx context.Context) []job.Item {
	item, err := s.start(ctx)
	item.Provider, item.Err = Name, err
	return engine.Each(s.What(), item)
}

func (s *service) start(ctx context.Context) (item job.Item, err error) {
	request := pts.NewStartJobRequest()
	request.ProjectId, request.ScenarioId, request.JobOwner = &s.spec.projectID, &s.scenario, &s.owner
	request.Debug = s.spec.debug
	if s.spec.note != "" {
		request.Note = &s.spec.note
	}
	call := startJob()
	var response *pts.StartJobResponse
	err = s.account.Call(ctx, call, codes, func(road http.RoundTripper) error {
		client, err := pts.NewClient(s.account.Credential, s.spec.target.Region, s.account.Profile())
		if err != nil {
			return err
		}
		client.WithHttpTransport(road)
		response, err = client.StartJobWithContext(ctx, request)
		return err
	})
	if err != nil {
		return item, err
	}
	if response.Response == nil || response.Response.JobId == nil || *response.Response.JobId == "" {
		return item, cloud.Unknown(call, "the answer names no job; look in the scenario's list of runs", nil)
	}
	item.Ref = job.Ref{ID: *response.Response.JobId}
	if id := response.Response.RequestId; id != nil {
		item.RequestID = *id
	}
	return item, nil
}

// codes are PTS's own (document 000, sheet tencent-pts §8).
var codes = []cloud.Code{
	{Code: "FailedOperation.DbRecordCreateFailed", Fault: job.Ambiguous, Meaning: "the run was not recorded, so it probably did not begin", Cure: "look in the scenario's list of runs before starting it again"},
	{Code: "FailedOperation.DbRecordUpdateFailed", Fault: job.Ambiguous, Meaning: "the run's record may exist", Cure: "look in the scenario's list of runs before starting it again"},
	{Code: "FailedOperation.NoTasksInJob", Fault: job.Refused, Meaning: "the scenario produces no load", Cure: "give it a script or steps, and a load configuration"},
	{Code: "FailedOperation.NotSupportedInEnv", Fault: job.Refused, Meaning: "this environment does not support the scenario", Cure: "check the scenario's type and site"},
	{Code: "FailedOperation.ResourceNotFound", Fault: job.Refused, Meaning: "no such scenario in this project", Cure: "check project_id, scenario_id and site"},
	{Code: "LimitExceeded", Fault: job.Throttled, Meaning: "a quota is used up, usually that of runs at the same time", Cure: "wait for other runs to end, or ask for a higher quota"},
	{Code: "ResourceInsufficient", Fault: job.Throttled, Meaning: "there are not enough load generators, or the package is used up", Cure: "lower the load or try later"},
}
