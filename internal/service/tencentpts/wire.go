package tencentpts

// This file is what is read of the answers. The SDK's models are not used for
// it: they refuse a whole answer for one number in quotes (facts tencent-pts
// §1).

import (
	"encoding/json"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
)

type startJobResponse struct {
	*tchttp.BaseResponse
	Response *struct{ JobId, RequestId string }
}

type emptyResponse struct {
	*tchttp.BaseResponse
	Response *struct{ RequestId string }
}

type describeJobsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		JobSet []run
		Total  cloud.Number
	}
}

// run is a run as DescribeJobs shows it (facts tencent-pts §3).
type run struct {
	JobId, JobOwner, Note, Message string
	ScenarioId                     cloud.Text
	CreatedAt, StartTime, EndTime  cloud.Text // the last two empty until they happen
	Status, AbortReason            cloud.Number
	Duration                       cloud.Number // planned, seconds

	RequestTotal, RequestsPerSecond, ErrorRate            cloud.Number
	ResponseTimeAverage, ResponseTimeMin, ResponseTimeMax cloud.Number
	ResponseTimeP90, ResponseTimeP95, ResponseTimeP99     cloud.Number
	NetworkReceiveRate, NetworkSendRate                   cloud.Number
}

func (r run) requests() int64 { return r.RequestTotal.Whole() }

type describeAlertRecordsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		AlertRecordSet []struct{ JobId, JobSLADescription string }
	}
}

type describeNormalLogsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		NormalLogs []struct{ Body string }
	}
}

// ofRun is a request about one run.
type ofRun struct {
	*tchttp.BaseRequest
	JobId, ProjectId, ScenarioId string
	Queries                      []query `json:"Queries,omitnil"` //lint:ignore SA5008 omitnil is an option of the SDK's own encoder
}

// reply is what any of the calls about one run returns; lists may be null.
type reply struct {
	*tchttp.BaseResponse
	Response *found
}

type found struct {
	MetricSampleSet       []point
	MetricSampleMatrixSet []matrix
	RequestSummarySet     []requestSummary
	CheckSummarySet       []checkSummary
	ErrorSummarySet       []errorSummary
}

// point is one value of a metric.
type point struct {
	Metric, Aggregation, Unit string
	Labels                    []struct{ LabelName, LabelValue string }
	Value                     cloud.Number
}

// matrix is one metric over time.
type matrix struct {
	Metric, Aggregation, Unit string
	Streams                   []stream
}

type stream struct {
	Values []struct {
		Timestamp cloud.Number // ms
		Value     cloud.Number
	}
}

// requestSummary is one URL and method: seconds, and percent 0 to 100 (facts
// tencent-pts §6.1).
type requestSummary struct {
	Service, Method                  string
	Count                            cloud.Number
	Average, Min, Max, P90, P95, P99 cloud.Number
	ErrorPercentage                  cloud.Number
}

// checkSummary is one check. ErrorRate is a fraction here, unlike everywhere
// else (facts tencent-pts §6.1).
type checkSummary struct {
	Name                    string
	SuccessCount, FailCount cloud.Number
	ErrorRate               cloud.Number
}

// errorSummary is one kind of failed requests.
type errorSummary struct {
	Status, Result, Message string
	Count                   cloud.Number
}

type scenario struct {
	ScenarioId, ProjectId, Name, ProjectName cloud.Text
	Load                                     json.RawMessage // apart, because not everybody needs it
}

// load is what a scenario puts on: one of three forms, the others are null
// (facts tencent-pts §7).
type load struct {
	LoadSpec struct {
		Concurrency *struct {
			Stages []struct{ DurationSeconds, TargetVirtualUsers cloud.Number }
			limits
		}
		RequestsPerSecond *struct {
			DurationSeconds cloud.Number
			limits
		}
		ScriptOrigin *struct{ DurationSeconds cloud.Number }
	}
}

// limits are what two of the forms share.
type limits struct{ Resources, GracefulStopSeconds, IterationCount cloud.Number }

type describeScenariosResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		ScenarioSet []scenario
		Total       cloud.Number
	}
}

type describeProjectsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		ProjectSet []struct{ ProjectId, Name cloud.Text }
	}
}
