package tencentpts

import (
	"context"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Calls are the calls of PTS that we make. 20 per second is published for
// every action, 30 for series (document 000, facts tencent-pts §9).
func Calls() []cloud.Call {
	return []cloud.Call{
		startJob(), describeJobs(), abortJob(), describeAlertRecords(), describeNormalLogs(),
		describeSampleBatchQuery(), describeSampleMatrixBatchQuery(),
		describeRequestSummary(), describeCheckSummary(), describeErrorSummary(),
		describeScenarios(), describeProjects(),
	}
}

func startJob() cloud.Call {
	return cloud.Call{
		Name: "StartJob", For: cloud.ToRun, Does: "creates and starts one run of a scenario",
		Permission: "pts:StartJob (in the policy QcloudPTSFullAccess)", PerSecond: 20, Where: "the scenario's list of runs",
		Answer: `{"Response":{"JobId":"job-xx","RequestId":"req-xx"}}`,
	}
}

// service runs one scenario.
type service struct {
	follower
	spec     *Spec
	scenario string
	owner    string
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

func (s *service) What() []string { return []string{named(s.scenario)} }

// named is what a run is called: by its scenario.
func named(scenario string) string { return "scenario " + scenario }

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

// Codes explains PTS's own codes.
func Codes() []cloud.Code { return codes }

// codes are PTS's own (document 000, facts tencent-pts §8).
var codes = []cloud.Code{
	{Code: "FailedOperation.DbRecordCreateFailed", Fault: job.Ambiguous, Meaning: "the run was not recorded, so it probably did not begin", Cure: "look in the scenario's list of runs before starting it again"},
	{Code: "FailedOperation.DbRecordUpdateFailed", Fault: job.Ambiguous, Meaning: "the run's record may exist", Cure: "look in the scenario's list of runs before starting it again"},
	{Code: "FailedOperation.JobStatusNotRunning", Fault: job.Refused, Meaning: "the run does not run: it has not begun or has ended", Cure: "read its status"},
	{Code: "FailedOperation.NoTasksInJob", Fault: job.Refused, Meaning: "the scenario produces no load", Cure: "give it a script or steps, and a load configuration"},
	{Code: "FailedOperation.NotSupportedInEnv", Fault: job.Refused, Meaning: "this environment does not support the scenario", Cure: "check the scenario's type and site"},
	{Code: "FailedOperation.ResourceNotFound", Fault: job.Refused, Meaning: "no such scenario in this project", Cure: "check project_id, scenario_id and site"},
	{Code: "LimitExceeded", Fault: job.Throttled, Meaning: "a quota is used up, usually that of runs at the same time", Cure: "wait for other runs to end, or ask for a higher quota"},
	{Code: "ResourceInsufficient", Fault: job.Throttled, Meaning: "there are not enough load generators, or the package is used up", Cure: "lower the load or try later"},
}
