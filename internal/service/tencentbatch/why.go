package tencentbatch

// This file tells why a job failed, and what its tasks printed last.

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeTaskLogs() cloud.Call {
	return cloud.Call{Name: "DescribeTaskLogs", For: cloud.ToWait, Does: "reads the last output of failed instances", Permission: "batch:DescribeTaskLogs" + readPolicy, PerSecond: 20, Reads: true}
}

// How much of a failure is told: the log and the summary have little room, and
// the whole is in the job's own record.
const (
	toldTasks     = 3
	toldInstances = 2
	toldLines     = 5
)

// Why tells the reasons of the job, of its failed tasks' instances, and what
// these printed last.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	response := &describeJobResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeJob(), &jobRequest{&tchttp.BaseRequest{}, ref.ID}, response); err != nil {
		return nil, err
	}
	var why []string
	if last.Message != "" {
		why = append(why, last.Message)
	}
	if response.Response == nil {
		return why, nil
	}
	if reason := response.Response.StateReason; reason != "" {
		why = append(why, "job: "+reason)
	}
	var failed error
	told := 0
	for _, t := range response.Response.TaskSet {
		if state(t.TaskState) != job.StateFailed || told == toldTasks {
			continue
		}
		told++
		lines, err := f.whyTask(ctx, ref, t.TaskName)
		why, failed = append(why, lines...), errors.Join(failed, err)
	}
	return why, failed
}

func (f follower) whyTask(ctx context.Context, ref job.Ref, task string) ([]string, error) {
	response := &describeTaskResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeTask(), &taskRequest{BaseRequest: &tchttp.BaseRequest{}, JobId: ref.ID, TaskName: task}, response); err != nil {
		return nil, err
	}
	if response.Response == nil {
		return nil, nil
	}
	var lines []string
	var indexes []int64
	failed := 0
	for _, i := range response.Response.TaskInstanceSet { // filtered here: the filter's name differs between the vendor's sites
		if state(i.TaskInstanceState) != job.StateFailed {
			continue
		}
		if failed++; failed > toldInstances {
			continue
		}
		indexes = append(indexes, i.TaskInstanceIndex.Whole())
		lines = append(lines, instanceLine(task, i))
	}
	if failed > toldInstances {
		lines = append(lines, fmt.Sprintf("task %s: %d more instances failed", task, failed-toldInstances))
	}
	if indexes == nil {
		return lines, nil
	}
	logs, err := f.logs(ctx, ref, task, indexes)
	return append(lines, logs...), err
}

func instanceLine(task string, i instanceView) string {
	line := fmt.Sprintf("task %s, instance %d: %s", task, i.TaskInstanceIndex.Whole(), i.TaskInstanceState)
	if i.ExitCode.Given {
		line += fmt.Sprintf(", exit code %d", i.ExitCode.Whole())
	}
	for _, reason := range []string{i.StateReason, i.StateDetailedReason} {
		if reason != "" {
			line += ", " + reason
		}
	}
	return line
}

func (f follower) logs(ctx context.Context, ref job.Ref, task string, indexes []int64) ([]string, error) {
	response := &describeTaskLogsResponse{BaseResponse: &tchttp.BaseResponse{}}
	err := f.send(ctx, describeTaskLogs(), &taskRequest{&tchttp.BaseRequest{}, ref.ID, task, indexes}, response)
	if err != nil || response.Response == nil {
		return nil, err
	}
	var lines []string
	for _, l := range response.Response.TaskInstanceLogSet {
		for name, log := range map[string]*string{"stderr": l.StderrLog, "stdout": l.StdoutLog} {
			for _, line := range lastLines(log) {
				lines = append(lines, fmt.Sprintf("task %s, instance %d, %s: %s", task, l.TaskInstanceIndex.Whole(), name, line))
			}
		}
	}
	slices.SortStableFunc(lines, func(a, b string) int { return strings.Compare(logKey(a), logKey(b)) })
	return lines, nil
}

// logKey orders lines by instance and stream and keeps the order within.
func logKey(line string) string { return line[:strings.Index(line, ": ")] }

// lastLines decodes a log: base64, behind a data URI's head in the vendor's
// samples, without one elsewhere (facts tencent-batch §5).
func lastLines(log *string) []string {
	if log == nil {
		return nil
	}
	_, encoded, headed := strings.Cut(*log, ",")
	if !headed {
		encoded = *log
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if err != nil {
		return nil
	}
	lines := strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' || r == '\r' })
	return lines[max(0, len(lines)-toldLines):]
}
