package tencentpts

// This file tells why a run failed.

import (
	"context"
	"errors"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeAlertRecords() cloud.Call {
	return cloud.Call{Name: "DescribeAlertRecords", For: cloud.ToWait, Does: "tells which SLA rule stopped a run", Permission: "pts:DescribeAlertRecords (in QcloudPTSReadOnlyAccess)", PerSecond: 20, Reads: true}
}

func describeNormalLogs() cloud.Call {
	return cloud.Call{Name: "DescribeNormalLogs", For: cloud.ToWait, Does: "reads the errors of a run that failed", Permission: "pts:DescribeNormalLogs (in QcloudPTSReadOnlyAccess)", PerSecond: 20, Reads: true}
}

// Why adds the SLA rule that fired and the last errors of the run's log.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why := []string{"status " + last.Word}
	if last.Message != "" {
		why[0] += ": " + last.Message
	}
	if strings.HasPrefix(last.Word, "JobAbortException") {
		why = append(why, "stopping it failed, so load may still run")
	}
	rules, err := f.rules(ctx, ref)
	why = append(why, rules...)
	if last.State == job.StateFailed && rules == nil {
		logs, logErr := f.errors(ctx, ref)
		why, err = append(why, logs...), errors.Join(err, logErr)
	}
	return why, err
}

func (f follower) rules(ctx context.Context, ref job.Ref) ([]string, error) {
	project, scenario := unscope(ref.In)
	request := pts.NewDescribeAlertRecordsRequest()
	request.ProjectIds, request.ScenarioIds, request.JobIds = pointers([]string{project}), pointers([]string{scenario}), pointers([]string{ref.ID})
	response := &describeAlertRecordsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeAlertRecords(), request, response); err != nil || response.Response == nil {
		return nil, err
	}
	var lines []string
	for _, record := range response.Response.AlertRecordSet {
		if record.JobId == ref.ID {
			lines = append(lines, "SLA rule: "+strings.TrimPrefix(record.JobSLADescription, "SLA rule: "))
		}
	}
	return lines, nil
}

// errors reads a few error lines of the engines' log.
func (f follower) errors(ctx context.Context, ref job.Ref) ([]string, error) {
	project, scenario := unscope(ref.In)
	severity, limit := "error", int64(5)
	request := pts.NewDescribeNormalLogsRequest()
	request.JobId, request.ProjectId, request.ScenarioId = &ref.ID, &project, &scenario
	request.SeverityText, request.Limit = &severity, &limit
	response := &describeNormalLogsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeNormalLogs(), request, response); err != nil || response.Response == nil {
		return nil, err
	}
	var lines []string
	for _, l := range response.Response.NormalLogs {
		lines = append(lines, "log: "+l.Body)
	}
	return lines, nil
}
