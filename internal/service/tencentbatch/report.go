package tencentbatch

// This file reads what became of a job's tasks.

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeJob() cloud.Call {
	return cloud.Call{Name: "DescribeJob", For: cloud.ToRun | cloud.ToWait, Does: "reads one job", Permission: "batch:DescribeJob" + readPolicy, PerSecond: 2, Reads: true}
}

func describeTask() cloud.Call {
	return cloud.Call{Name: "DescribeTask", For: cloud.ToWait, Does: "reads the instances of a failed task", Permission: "batch:DescribeTask" + readPolicy, PerSecond: 3, Reads: true}
}

// How much of a job with many tasks is read and told.
const (
	detailedTasks   = 20   // one call each, at 3 a second
	listedInstances = 1000 // the most that DescribeTask lists (facts tencent-batch §5)
	toldExitCodes   = 5    // different ones of a task
)

// Report reads what became of a job's tasks: in one call while it goes on, and
// when last says that it has ended with one more for each task, up to a limit.
// Only a job that cannot be read is an error.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	response := &jobReportResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeJob(), &jobRequest{&tchttp.BaseRequest{}, ref.ID}, response); err != nil {
		return job.Report{}, err
	}
	j := response.Response
	if j == nil || j.JobState == "" {
		return job.Report{}, cloud.Unknown(describeJob(), "the answer tells no state", nil)
	}
	report := job.Report{Samples: append(j.endings(), j.counts()...)}
	for _, t := range j.TaskSet {
		report.Parts = append(report.Parts, job.Part{Name: t.TaskName, Status: t.TaskState})
	}
	if last.State.Over() {
		f.addDetails(ctx, ref, j.TaskSet, &report)
	}
	return report, nil
}

// endings are the samples of a job's end. A live job may show an EndTime too
// (facts tencent-batch §3), so its state decides.
func (j *jobReport) endings() []job.Sample {
	final, length := job.Sample{Metric: finalState, Word: j.JobState}, job.Sample{Metric: duration}
	begun, ended := j.CreateTime.Time(), j.EndTime.Time()
	switch took := ended.Sub(begun); {
	case !state(j.JobState).Over():
		final = job.Sample{Metric: finalState, Missing: notEnded}
		length.Missing = notEnded
	case begun.IsZero():
		length.Missing = "the service tells no time of submission"
	case ended.IsZero():
		length.Missing = "the service tells no end"
	case took < 0:
		length.Missing = "the service tells an end before the submission"
	default:
		length.Value = took.Seconds()
	}
	return []job.Sample{final, length}
}

const notEnded = "the job has not ended"

// counts are those of task instances, over all tasks.
func (j *jobReport) counts() []job.Sample {
	succeeded, failed := job.Sample{Metric: succeededTasks}, job.Sample{Metric: failedTasks}
	if j.TaskInstanceMetrics == nil || j.TaskInstanceMetrics.all() == 0 {
		const missing = "the service counts no task instances"
		succeeded.Missing, failed.Missing = missing, missing
		return []job.Sample{succeeded, failed}
	}
	m := *j.TaskInstanceMetrics
	succeeded.Value, succeeded.Behind = m.SucceedCount.Value, m.all()
	failed.Value, failed.Behind = float64(m.failed()), m.all()
	return []job.Sample{succeeded, failed}
}

// addDetails reads the instances of the first tasks, of failed ones first. It
// ends at the first call that fails, as the others would.
func (f follower) addDetails(ctx context.Context, ref job.Ref, tasks []taskState, report *job.Report) {
	order := byNeed(tasks)
	for _, i := range order[:min(len(order), detailedTasks)] {
		detail, err := f.detail(ctx, ref, tasks[i])
		if err != nil {
			report.Notes = append(report.Notes, "instances of tasks are not known: "+err.Error())
			return
		}
		report.Parts[i].Detail = detail
	}
	if more := len(order) - detailedTasks; more > 0 {
		report.Notes = append(report.Notes, fmt.Sprintf("the instances of %d more tasks were not read", more))
	}
}

// byNeed are the places of the tasks, failed ones first.
func byNeed(tasks []taskState) []int {
	var failed, others []int
	for i, t := range tasks {
		if state(t.TaskState) == job.StateFailed {
			failed = append(failed, i)
		} else {
			others = append(others, i)
		}
	}
	return append(failed, others...)
}

// detail is a task's line: how many instances, and how those failed that did.
func (f follower) detail(ctx context.Context, ref job.Ref, t taskState) (string, error) {
	limit := int64(1) // the counts are enough
	if state(t.TaskState) == job.StateFailed {
		limit = listedInstances
	}
	response := &instancesResponse{BaseResponse: &tchttp.BaseResponse{}}
	err := f.send(ctx, describeTask(), &instancesRequest{&tchttp.BaseRequest{}, ref.ID, t.TaskName, limit}, response)
	if err != nil || response.Response == nil || response.Response.TaskInstanceMetrics == nil {
		return "", err
	}
	m := *response.Response.TaskInstanceMetrics
	line := instanceCount(m.all())
	if m.failed() > 0 {
		line = fmt.Sprintf("%d of %s failed", m.failed(), line)
		if codes := exitCodes(response.Response.TaskInstanceSet); codes != "" {
			line += ": " + codes
		}
	}
	return line, nil
}

func instanceCount(n int64) string {
	if n == 1 {
		return "1 instance"
	}
	return fmt.Sprintf("%d instances", n)
}

// exitCodes tells the exit codes of failed instances, the most frequent first.
// An instance that never ran its command has none.
func exitCodes(all []instanceView) string {
	times := map[string]int{}
	for _, i := range all {
		if state(i.TaskInstanceState) != job.StateFailed {
			continue
		}
		code := "no exit code"
		if i.ExitCode.Given {
			code = fmt.Sprintf("exit code %d", i.ExitCode.Whole())
		}
		times[code]++
	}
	codes := slices.SortedFunc(maps.Keys(times), func(a, b string) int {
		return cmp.Or(cmp.Compare(times[b], times[a]), cmp.Compare(a, b))
	})
	var told []string
	for _, code := range codes[:min(len(codes), toldExitCodes)] {
		told = append(told, fmt.Sprintf("%s (%d×)", code, times[code]))
	}
	if more := len(codes) - toldExitCodes; more > 0 {
		told = append(told, fmt.Sprintf("and %d others", more))
	}
	return strings.Join(told, ", ")
}
