package tencentpts

// This file is what is read of the answers. The SDK's models are not used for
// it: they refuse a whole answer for one number in quotes (facts tencent-pts
// §1).

import (
	"time"

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
	JobId, Note, Message string
	StartTime, EndTime   string // empty until they happen
	Status, AbortReason  cloud.Number
	Duration             cloud.Number // planned, seconds

	RequestTotal, RequestsPerSecond, ErrorRate            cloud.Number
	ResponseTimeAverage, ResponseTimeMin, ResponseTimeMax cloud.Number
	ResponseTimeP90, ResponseTimeP95, ResponseTimeP99     cloud.Number
	NetworkReceiveRate, NetworkSendRate                   cloud.Number
}

func (r run) requests() int64 { return r.RequestTotal.Whole() }

// when reads a time of PTS; empty is not yet.
func when(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}

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
