package clients

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	cptsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"
	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	dgcmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	drsmodel "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"
)

func huawei(t *testing.T, key, secret string) (*core.HcHttpClient, *tap) {
	t.Helper()
	credential, err := basic.NewCredentialsBuilder().WithAk(key).WithSk(secret).WithProjectId(huaweiProject).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	wire := &tap{}
	client, err := core.NewHcHttpClientBuilder().WithEndpoints([]string{emulator(t).String()}).WithCredential(credential).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpRoundTripper(wire).WithUserAgent("clients")).SafeBuild()
	if err != nil {
		t.Fatal(err)
	}
	return client, wire
}

func huaweiRefused(t *testing.T, err error, want string) {
	t.Helper()
	refused(t, err, func(e *sdkerr.ServiceResponseError) string { return fmt.Sprint(e.StatusCode, " ", e.ErrorCode) }, want)
}

func TestDRS(t *testing.T) {
	http, wire := huawei(t, "EMULATORAK", secret)
	c := drs.NewDrsClient(http)
	const migration, synchronisation = "9a470239-2308-4bb5-a6bc-1040402fjb21", "dbb8127c-b093-4b94-b764-7161e151jb2s"
	started := answered(t, wire, c.BatchStartJobs, &drsmodel.BatchStartJobsRequest{Body: &drsmodel.BatchStartJobReq{
		Jobs: []drsmodel.StartInfo{{JobId: migration}, {JobId: synchronisation}},
	}})
	if results := *started.Results; len(results) != 2 || results[0].Status.Value() != "success" {
		t.Fatalf("%v", started)
	}
	status := func(id string) func() string {
		return func() string {
			got := answered(t, wire, c.BatchListJobStatus, &drsmodel.BatchListJobStatusRequest{
				Body: &drsmodel.BatchQueryJobReqPage{Jobs: []string{id}},
			})
			return (*got.Results)[0].Status.Value()
		}
	}
	is := func(want string) func(string) bool { return func(got string) bool { return got == want } }
	until(t, status(migration), is("FULL_TRANSFER_COMPLETE"))
	until(t, status(synchronisation), is("INCRE_TRANSFER_STARTED"))

	both := []string{migration, synchronisation}
	answered(t, wire, c.BatchListJobDetails, &drsmodel.BatchListJobDetailsRequest{Body: &drsmodel.BatchQueryJobReqPage{Jobs: both}})
	answered(t, wire, c.BatchListProgresses, &drsmodel.BatchListProgressesRequest{Body: &drsmodel.BatchQueryProgressReq{Jobs: both}},
		// as recorded in 2026, and newer than the SDK
		"results.apply_bytes_rate", "results.apply_rows_rate", "results.dst_offset", "results.node_offset", "results.src_offset")
	answered(t, wire, c.ShowJobList, &drsmodel.ShowJobListRequest{Body: &drsmodel.QueryJobsReq{
		CurPage: 1, PerPage: 100, DbUseType: drsmodel.GetQueryJobsReqDbUseTypeEnum().SYNC,
	}}, "jobs.multi_write") // as recorded in 2026
	const unchecked = "a281f62f-4631-45d6-a2d3-679a9f4jb105"
	answered(t, wire, c.BatchCheckJobs, &drsmodel.BatchCheckJobsRequest{Body: &drsmodel.BatchPrecheckReq{
		Jobs: []drsmodel.PreCheckInfo{{JobId: unchecked, PrecheckMode: drsmodel.GetPreCheckInfoPrecheckModeEnum().FOR_START_JOB}},
	}})
	answered(t, wire, c.BatchCheckResults, &drsmodel.BatchCheckResultsRequest{Body: &drsmodel.BatchQueryPrecheckResultReq{Jobs: []string{unchecked}}})
	answered(t, wire, c.BatchStopJobs, &drsmodel.BatchStopJobsRequest{Body: &drsmodel.BatchPauseJobReq{
		Jobs: []drsmodel.PauseInfo{{JobId: synchronisation, PauseMode: drsmodel.GetPauseInfoPauseModeEnum().TARGET}},
	}})
	until(t, status(synchronisation), is("PAUSING"))
	again := true
	answered(t, wire, c.BatchRestoreTask, &drsmodel.BatchRestoreTaskRequest{Body: &drsmodel.BatchRetryReq{
		Jobs: []drsmodel.RetryInfo{{JobId: synchronisation, IsSyncReEdit: &again}},
	}})
	until(t, status(synchronisation), is("INCRE_TRANSFER_STARTED"))
	answered(t, wire, c.BatchDeleteJobs, &drsmodel.BatchDeleteJobsRequest{Body: &drsmodel.BatchDeleteJobReq{
		Jobs: []drsmodel.DeleteJobReq{{JobId: synchronisation, DeleteType: drsmodel.GetDeleteJobReqDeleteTypeEnum().TERMINATE}},
	}})
	until(t, status(synchronisation), is("RELEASE_RESOURCE_COMPLETE"))

	_, err := c.BatchStartJobs(&drsmodel.BatchStartJobsRequest{Body: &drsmodel.BatchStartJobReq{Jobs: []drsmodel.StartInfo{}}})
	huaweiRefused(t, err, "400 DRS.M00201")
	// The code stands in the list of results, where the SDK does not look.
	_, err = c.BatchListJobDetails(&drsmodel.BatchListJobDetailsRequest{Body: &drsmodel.BatchQueryJobReqPage{Jobs: []string{"00000000-0000-0000-0000-000000000000"}}})
	huaweiRefused(t, err, "400 ")
}

func TestCPTS(t *testing.T) {
	http, wire := huawei(t, "EMULATORAK", secret)
	c := cpts.NewCptsClient(http)
	const project = 393862
	create := func() int32 {
		return *answered(t, wire, c.CreateNewTask, &cptsmodel.CreateNewTaskRequest{Body: &cptsmodel.NewTaskInfo{
			Name: "nightly", ProjectId: project, OperateMode: 2, CaseIdList: []int32{449269, 449270},
		}}).TaskId
	}
	order := func(task, status int32) *cptsmodel.BatchUpdateTaskStatusRequest {
		return &cptsmodel.BatchUpdateTaskStatusRequest{TestSuitId: project, Body: &cptsmodel.BatchUpdateTaskStatusRequestBody{
			Type: new(int32(1)), ProjectId: project, TaskIdList: []int32{task}, ClusterId: 0, ClusterType: "shared-cluster-internet",
			NetworkInfo: &cptsmodel.NetworkInfo{NetworkType: "internet"}, Status: status,
		}}
	}
	runStatus := func(task int32) func() int32 {
		return func() int32 {
			return *answered(t, wire, c.ShowTask, &cptsmodel.ShowTaskRequest{TaskId: task}).TaskInfo.RunStatus
		}
	}
	is := func(want int32) func(int32) bool { return func(got int32) bool { return got == want } }

	task := create()
	answered(t, wire, c.UpdateTaskRelatedTestCase, &cptsmodel.UpdateTaskRelatedTestCaseRequest{TaskId: task, Body: &cptsmodel.UpdateNewTaskRequestBody{
		Name: "nightly", ProjectId: project, OperateMode: 2, CaseIdList: []int32{449269},
	}})
	begun := answered(t, wire, c.BatchUpdateTaskStatus, order(task, 9))
	run := *(*begun.Result)[0].TaskRunId
	until(t, runStatus(task), is(0))
	until(t, runStatus(task), is(2))
	answered(t, wire, c.ShowHistoryRunInfo, &cptsmodel.ShowHistoryRunInfoRequest{TaskId: task})
	answered(t, wire, c.ShowTaskSet, &cptsmodel.ShowTaskSetRequest{TestSuiteId: project, Offset: new(int32(0)), Limit: new(int32(50))})
	// The emulator names some fields twice, as sources disagree on them.
	answered(t, wire, c.ListProjectSets, &cptsmodel.ListProjectSetsRequest{}, "projects.create_time", "projects.update_time", "projects.group")
	answered(t, wire, c.ListProjectTestCase, &cptsmodel.ListProjectTestCaseRequest{TestSuiteId: project})
	answered(t, wire, c.ShowCase, &cptsmodel.ShowCaseRequest{CaseId: 449269})
	answered(t, wire, c.ListTaskCases, &cptsmodel.ListTaskCasesRequest{TestSuitId: project, TaskId: task})

	cases := answered(t, wire, c.ShowMergeTaskCase, &cptsmodel.ShowMergeTaskCaseRequest{TaskRunId: run})
	row := (*cases.Result.CaseAwInfoList)[0]
	var merged, uri int32
	if _, err := fmt.Sscan(*row.TestcaseId+" "+*row.CaseUriI, &merged, &uri); err != nil {
		t.Fatal(err)
	}
	answered(t, wire, c.ShowMergeCaseDetail, &cptsmodel.ShowMergeCaseDetailRequest{TaskRunId: run, CaseRunId: merged})
	answered(t, wire, c.ShowTaskCaseAwChart, &cptsmodel.ShowTaskCaseAwChartRequest{TaskRunId: run, CaseRunId: merged, DetailId: *row.Id})
	answered(t, wire, c.ShowReport, &cptsmodel.ShowReportRequest{TaskRunId: run, CaseRunId: uri, BrokensLimitCount: 10})
	answered(t, wire, c.ShowMergeReportLogsOutline, &cptsmodel.ShowMergeReportLogsOutlineRequest{TaskRunId: run})

	other := create()
	answered(t, wire, c.UpdateTaskStatus, &cptsmodel.UpdateTaskStatusRequest{TestSuiteId: project, TaskId: other, Body: &cptsmodel.UpdateTaskStatusRequestBody{
		ClusterType: "shared-cluster-internet", NetworkInfo: &cptsmodel.NetworkInfo{}, Status: 9,
	}})
	until(t, runStatus(other), is(0))
	answered(t, wire, c.BatchUpdateTaskStatus, order(other, 2))
	until(t, runStatus(other), is(4))
	answered(t, wire, c.DeleteNewTask, &cptsmodel.DeleteNewTaskRequest{TaskId: other}, "code", "message")

	terraform(t, c, wire, runStatus)

	_, err := c.ShowTask(&cptsmodel.ShowTaskRequest{TaskId: 1})
	huaweiRefused(t, err, "403 SVCSTG.CPTS.4032002")
	_, err = c.CreateNewTask(&cptsmodel.CreateNewTaskRequest{Body: &cptsmodel.NewTaskInfo{ProjectId: project, OperateMode: 2}})
	huaweiRefused(t, err, "400 SVCSTG.CPTS.4000001") // no source has a code; it is the emulator's own
}

// terraform makes the calls of Terraform's resources for a test project and a
// task, which are those of the vendor's SDK that current pages label old.
func terraform(t *testing.T, c *cpts.CptsClient, wire *tap, runStatus func(int32) func() int32) {
	t.Helper()
	suite := *answered(t, wire, c.CreateProject, &cptsmodel.CreateProjectRequest{Body: &cptsmodel.CreateProjectRequestBody{Name: "terraform", Description: new("")}}).ProjectId
	answered(t, wire, c.UpdateProject, &cptsmodel.UpdateProjectRequest{TestSuiteId: suite, Body: &cptsmodel.UpdateProjectRequestBody{Id: suite, Name: "terraform 2"}}, "code", "message")
	if got := answered(t, wire, c.ShowProject, &cptsmodel.ShowProjectRequest{TestSuiteId: suite}).Project; *got.Name != "terraform 2" || *got.Id != suite {
		t.Errorf("%v", got)
	}
	task := *answered(t, wire, c.CreateTask, &cptsmodel.CreateTaskRequest{Body: &cptsmodel.CreateTaskRequestBody{Name: "load", ProjectId: suite, BenchConcurrent: new(int32(100))}}).TaskId
	if got := runStatus(task)(); got != 2 {
		t.Errorf("a task that never ran has status %d", got)
	}
	answered(t, wire, c.UpdateTask, &cptsmodel.UpdateTaskRequest{TaskId: task, Body: &cptsmodel.UpdateTaskRequestBody{Id: task, Name: "load 2", ProjectId: suite, BenchConcurrent: new(int32(200))}})
	started := answered(t, wire, c.UpdateTaskStatus, &cptsmodel.UpdateTaskStatusRequest{TestSuiteId: suite, TaskId: task, Body: &cptsmodel.UpdateTaskStatusRequestBody{
		ClusterType: "shared-cluster-internet", Status: 9, NetworkInfo: &cptsmodel.NetworkInfo{NetworkType: "internet"},
	}})
	if *started.Result.TaskRunId == 0 {
		t.Error("the start names no run")
	}
	until(t, runStatus(task), func(got int32) bool { return got == 2 })
	answered(t, wire, c.DeleteTask, &cptsmodel.DeleteTaskRequest{TaskId: task}, "code", "message")
	answered(t, wire, c.DeleteProject, &cptsmodel.DeleteProjectRequest{TestSuiteId: suite}, "code", "message")
}

func TestDGC(t *testing.T) {
	http, wire := huawei(t, "EMULATORAK", secret)
	c := dgc.NewDgcClient(http)
	const job, stream = "myJob", "myStream"
	params := &dgcmodel.StartJobReq{JobParams: &[]dgcmodel.JobParam{{Name: "day", Value: "1"}}}
	answered(t, wire, c.StartJob, &dgcmodel.StartJobRequest{JobName: job, Body: params})
	listed := func() string {
		got := answered(t, wire, c.ListJobs, &dgcmodel.ListJobsRequest{JobName: new(job), Limit: new(int32(100))})
		return (*got.Jobs)[0].Status.Value()
	}
	until(t, listed, func(s string) bool { return s == "SCHEDULING" })
	answered(t, wire, c.StopJob, &dgcmodel.StopJobRequest{JobName: job})
	until(t, listed, func(s string) bool { return s == "STOPPED" })
	answered(t, wire, c.ShowJob, &dgcmodel.ShowJobRequest{JobName: job})

	answered(t, wire, c.StartJob, &dgcmodel.StartJobRequest{JobName: stream})
	// The vendor's samples have numbers for the times, its type texts, so the
	// SDK cannot read the answer (facts huawei-dataarts §5).
	status := func() string {
		_, err := c.ShowJobStatus(&dgcmodel.ShowJobStatusRequest{JobName: stream})
		huaweiRefused(t, err, "200 ")
		var got struct{ Status string }
		if err := json.Unmarshal(wire.body, &got); err != nil {
			t.Fatal(err)
		}
		return got.Status
	}
	until(t, status, func(s string) bool { return s == "NORMAL" })
	answered(t, wire, c.StopJob, &dgcmodel.StopJobRequest{JobName: stream})
	until(t, status, func(s string) bool { return s == "STOPPED" })

	instance := fmt.Sprint(*answered(t, wire, c.RunOnce, &dgcmodel.RunOnceRequest{JobName: job, Body: params}).InstanceId)
	shown := func() string {
		return *answered(t, wire, c.ShowJobInstance, &dgcmodel.ShowJobInstanceRequest{JobName: job, InstanceId: instance}).Status
	}
	until(t, shown, func(s string) bool { return s == "success" })
	answered(t, wire, c.ListJobInstances, &dgcmodel.ListJobInstancesRequest{JobName: new(job), PreciseQuery: new(true)})
	answered(t, wire, c.RestoreJobInstance, &dgcmodel.RestoreJobInstanceRequest{JobName: job, InstanceId: instance})
	until(t, shown, func(s string) bool { return s == "running" })
	answered(t, wire, c.StopJobInstance, &dgcmodel.StopJobInstanceRequest{JobName: job, InstanceId: instance})
	until(t, shown, func(s string) bool { return s == "manual-stop" })

	_, err := c.StartJob(&dgcmodel.StartJobRequest{JobName: "nobody"})
	huaweiRefused(t, err, "400 DLF.0100")
}

func TestHuaweiLogins(t *testing.T) {
	for name, login := range map[string]struct{ key, secret string }{
		"wrong key":    {"NOBODY", secret},
		"wrong secret": {"EMULATORAK", "wrong"},
		"no token":     {"EMULATORTMPAK", secret},
	} {
		t.Run(name, func(t *testing.T) {
			http, _ := huawei(t, login.key, login.secret)
			_, err := dgc.NewDgcClient(http).ListJobs(&dgcmodel.ListJobsRequest{})
			huaweiRefused(t, err, "401 APIGW.0301")
		})
	}
}
