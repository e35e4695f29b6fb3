package clients

import (
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"
)

const project, scenario = "project-demo", "scenario-demo"

func ptsClient(t *testing.T, key, secret, signMethod, reqMethod string) (*pts.Client, *tap) {
	t.Helper()
	p := profile.NewClientProfile()
	p.SignMethod = signMethod
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint, p.HttpProfile.ReqMethod = "HTTP", emulator(t).Host, reqMethod
	c, err := pts.NewClient(common.NewCredential(key, secret), "", p)
	if err != nil {
		t.Fatal(err)
	}
	wire := &tap{}
	c.WithHttpTransport(wire)
	return c, wire
}

func tencentRefused(t *testing.T, err error, want string) {
	t.Helper()
	refused(t, err, func(e *errors.TencentCloudSDKError) string { return e.Code }, want)
}

func startJob(scenario string) *pts.StartJobRequest {
	r := pts.NewStartJobRequest()
	r.ScenarioId, r.ProjectId, r.JobOwner, r.Note = new(scenario), new(project), new("octocat"), new("a note")
	return r
}

func describeJobs(scenario string, job *string) *pts.DescribeJobsRequest {
	r := pts.NewDescribeJobsRequest()
	r.ScenarioIds, r.ProjectIds, r.JobIds = []*string{new(scenario)}, []*string{new(project)}, []*string{job}
	return r
}

// newer are the fields of a job or a scenario that only the newest API has, so
// this version of the SDK lacks them (facts tencent-pts §11).
func newer(paths ...string) (fields []string) {
	for _, path := range paths {
		for _, field := range []string{"PayMode", "Usage", "Load.LoadSpec.Concurrency.Mode", "Load.LoadSpec.RequestsPerSecond.IterationCount"} {
			fields = append(fields, "Response."+path+"."+field)
		}
	}
	return fields
}

func TestPTS(t *testing.T) {
	c, wire := ptsClient(t, "AKIDEMULATOR", secret, "TC3-HMAC-SHA256", "POST")
	job := answered(t, wire, c.StartJob, startJob(scenario)).Response.JobId
	status := func(job *string) func() int64 {
		return func() int64 {
			return *answered(t, wire, c.DescribeJobs, describeJobs(scenario, job), newer("JobSet")...).Response.JobSet[0].Status
		}
	}
	is := func(want int64) func(int64) bool { return func(got int64) bool { return got == want } }
	until(t, status(job), is(11))
	until(t, status(job), is(12))
	ptsReads(t, c, wire, job)

	abort := pts.NewAbortJobRequest()
	abort.ScenarioId, abort.ProjectId, abort.JobId = new(scenario), new(project), answered(t, wire, c.StartJob, startJob(scenario)).Response.JobId
	until(t, status(abort.JobId), is(11))
	answered(t, wire, c.AbortJob, abort)
	until(t, status(abort.JobId), is(16))
	_, err := c.AbortJob(abort)
	tencentRefused(t, err, "FailedOperation.JobStatusNotRunning")
	_, err = c.StartJob(startJob("scenario-none0001"))
	tencentRefused(t, err, "FailedOperation.ResourceNotFound")
	_, err = c.StartJob(pts.NewStartJobRequest())
	tencentRefused(t, err, "MissingParameter")
}

func ptsReads(t *testing.T, c *pts.Client, wire *tap, job *string) {
	t.Helper()
	metric, aggregation := new("pts_engine_req_duration_seconds"), new("P95")

	requests := pts.NewDescribeRequestSummaryRequest()
	requests.ScenarioId, requests.ProjectId, requests.JobId = new(scenario), new(project), job
	answered(t, wire, c.DescribeRequestSummary, requests, "Response.RequestSummarySet.RPS")
	checks := pts.NewDescribeCheckSummaryRequest()
	checks.ScenarioId, checks.ProjectId, checks.JobId = new(scenario), new(project), job
	answered(t, wire, c.DescribeCheckSummary, checks)
	faults := pts.NewDescribeErrorSummaryRequest()
	faults.ScenarioId, faults.ProjectId, faults.JobId = new(scenario), new(project), job
	answered(t, wire, c.DescribeErrorSummary, faults)
	labels := pts.NewDescribeMetricLabelWithValuesRequest()
	labels.ScenarioId, labels.ProjectId, labels.JobId = new(scenario), new(project), job
	answered(t, wire, c.DescribeMetricLabelWithValues, labels)
	values := pts.NewDescribeLabelValuesRequest()
	values.ScenarioId, values.ProjectId, values.JobId, values.Metric, values.LabelName = new(scenario), new(project), job, metric, new("method")
	answered(t, wire, c.DescribeLabelValues, values)
	answered(t, wire, c.DescribeAvailableMetrics, pts.NewDescribeAvailableMetricsRequest())

	sample := pts.NewDescribeSampleQueryRequest()
	sample.ScenarioId, sample.ProjectId, sample.JobId, sample.Metric, sample.Aggregation = new(scenario), new(project), job, metric, aggregation
	answered(t, wire, c.DescribeSampleQuery, sample)
	samples := pts.NewDescribeSampleBatchQueryRequest()
	samples.ScenarioId, samples.ProjectId, samples.JobId = new(scenario), new(project), job
	samples.Queries = []*pts.InternalMetricQuery{{Metric: metric, Aggregation: aggregation}}
	answered(t, wire, c.DescribeSampleBatchQuery, samples)
	matrix := pts.NewDescribeSampleMatrixQueryRequest()
	matrix.ScenarioId, matrix.ProjectId, matrix.JobId, matrix.Metric, matrix.Aggregation = new(scenario), new(project), job, metric, aggregation
	answered(t, wire, c.DescribeSampleMatrixQuery, matrix, "Response.MetricSampleMatrix.Step")
	matrices := pts.NewDescribeSampleMatrixBatchQueryRequest()
	matrices.ScenarioId, matrices.ProjectId, matrices.JobId = new(scenario), new(project), job
	matrices.Queries = samples.Queries
	answered(t, wire, c.DescribeSampleMatrixBatchQuery, matrices, "Response.MetricSampleMatrixSet.Step")

	logs := pts.NewDescribeNormalLogsRequest()
	logs.ScenarioId, logs.ProjectId, logs.JobId = new(scenario), new(project), job
	answered(t, wire, c.DescribeNormalLogs, logs)
	alerts := pts.NewDescribeAlertRecordsRequest()
	alerts.ProjectIds = []*string{new(project)}
	answered(t, wire, c.DescribeAlertRecords, alerts)
	scenarios := pts.NewDescribeScenariosRequest()
	scenarios.ProjectIds = []*string{new(project)}
	answered(t, wire, c.DescribeScenarios, scenarios, newer("ScenarioSet")...)
	answered(t, wire, c.DescribeScenarioWithJobs, pts.NewDescribeScenarioWithJobsRequest(),
		newer("ScenarioWithJobsSet.Jobs", "ScenarioWithJobsSet.Scenario")...)
	answered(t, wire, c.DescribeProjects, pts.NewDescribeProjectsRequest())
}

// TestPTSSignatures signs and sends in every way that the SDK knows.
func TestPTSSignatures(t *testing.T) {
	for _, sign := range []string{"TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"} {
		for _, method := range []string{"POST", "GET"} {
			t.Run(sign+" by "+method, func(t *testing.T) {
				c, wire := ptsClient(t, "AKIDEMULATOR", secret, sign, method)
				answered(t, wire, c.DescribeJobs, func() *pts.DescribeJobsRequest {
					r := describeJobs(scenario, answered(t, wire, c.StartJob, startJob("scenario-short")).Response.JobId)
					r.ScenarioIds[0], r.Limit = new("scenario-short"), new(int64(5))
					return r
				}(), newer("JobSet")...)
				c, _ = ptsClient(t, "AKIDEMULATOR", "wrong", sign, method)
				_, err := c.StartJob(startJob(scenario))
				tencentRefused(t, err, "AuthFailure.SignatureFailure")
				c, _ = ptsClient(t, "AKIDNOBODY", secret, sign, method)
				_, err = c.StartJob(startJob(scenario))
				tencentRefused(t, err, "AuthFailure.SecretIdNotFound")
			})
		}
	}
}
