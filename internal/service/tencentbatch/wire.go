package tencentbatch

// This file is what is written and read on the wire; what SubmitJob takes is in
// wire_job.go. No Go module of the product can be used beside the pinned SDK,
// so the types are ours; the SDK's common client sends them.

import (
	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
)

//lint:file-ignore SA5008 omitnil is an option of the SDK's own encoder

type submitJobRequest struct {
	*tchttp.BaseRequest
	Placement   *placement `json:"Placement,omitnil"`
	Job         *jobSpec   `json:"Job,omitnil"`
	ClientToken *string    `json:"ClientToken,omitnil"`
}

type submitJobResponse struct {
	*tchttp.BaseResponse
	Response *struct{ JobId, RequestId string }
}

type jobRequest struct {
	*tchttp.BaseRequest
	JobId string
}

type emptyResponse struct {
	*tchttp.BaseResponse
	Response *struct{ RequestId string }
}

type describeJobsRequest struct {
	*tchttp.BaseRequest
	JobIds []string `json:"JobIds,omitnil"`
	Offset *int64   `json:"Offset,omitnil"`
	Limit  *int64   `json:"Limit,omitnil"`
}

type describeJobsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		JobSet     []jobView
		TotalCount cloud.Number
	}
}

// jobView is a job as DescribeJobs lists it.
type jobView struct {
	JobId       string
	JobName     string
	JobState    string
	CreateTime  cloud.Text
	EndTime     cloud.Text
	TaskMetrics metrics
}

type metrics struct {
	SubmittedCount, PendingCount, RunnableCount, StartingCount, RunningCount cloud.Number
	SucceedCount, FailedInterruptedCount, FailedCount                        cloud.Number
}

func (m metrics) failed() int64 { return m.FailedCount.Whole() + m.FailedInterruptedCount.Whole() }

func (m metrics) ended() int64 { return m.SucceedCount.Whole() + m.failed() }

func (m metrics) all() int64 {
	return m.ended() + m.SubmittedCount.Whole() + m.PendingCount.Whole() + m.RunnableCount.Whole() + m.StartingCount.Whole() + m.RunningCount.Whole()
}

type describeJobResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		StateReason string
		TaskSet     []struct{ TaskName, TaskState string }
	}
}

type taskRequest struct {
	*tchttp.BaseRequest
	JobId, TaskName     string
	TaskInstanceIndexes []int64 `json:"TaskInstanceIndexes,omitnil"`
}

type describeTaskResponse struct {
	*tchttp.BaseResponse
	Response *struct{ TaskInstanceSet []instanceView }
}

type instanceView struct {
	TaskInstanceIndex   cloud.Number
	TaskInstanceState   string
	ExitCode            cloud.Number
	StateReason         string
	StateDetailedReason string
}

type describeTaskLogsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		TaskInstanceLogSet []struct {
			TaskInstanceIndex    cloud.Number
			StdoutLog, StderrLog *string
		}
	}
}

type describeJobSubmitInfoResponse struct {
	*tchttp.BaseResponse
	Response *struct{ Tasks []recordedTask }
}

// recordedTask is what a task runs, as the record of its job tells it.
type recordedTask struct {
	TaskName    string
	Application recordedApplication
	EnvVars     []envVar
}

type recordedApplication struct {
	Command     string
	Commands    []command
	PackagePath string
	Docker      *recordedDocker
}

type recordedDocker struct{ DockerRunOption string }

// jobReport is a job as DescribeJob reads it (facts tencent-batch §3).
type jobReport struct {
	JobState            string
	CreateTime, EndTime cloud.Text
	TaskSet             []taskState
	TaskInstanceMetrics *metrics
}

type taskState struct{ TaskName, TaskState string }

type jobReportResponse struct {
	*tchttp.BaseResponse
	Response *jobReport
}

// instancesRequest reads a page of a task's instances. There is no filter in
// it: its name differs between the vendor's sites (facts tencent-batch §5).
type instancesRequest struct {
	*tchttp.BaseRequest
	JobId, TaskName string
	Limit           int64
}

type instancesResponse struct {
	*tchttp.BaseResponse
	Response *instances
}

type instances struct {
	TaskInstanceMetrics *metrics
	TaskInstanceSet     []instanceView
}

type envRequest struct {
	*tchttp.BaseRequest
	EnvId string
}

type envResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		EnvId, EnvName, NextAction cloud.Text
		DesiredComputeNodeCount    cloud.Number
		ComputeNodeMetrics         struct{ RunningCount, AbnormalCount cloud.Number }
	}
}
