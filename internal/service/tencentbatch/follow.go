package tencentbatch

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

//lint:file-ignore SA5008 omitnil is an option of the SDK's own encoder

const (
	readPolicy = " (in QcloudBatchReadOnlyAccess)"
	pageLimit  = 100 // of DescribeJobs (facts tencent-batch §3)
	pages      = 20  // how far back a search for a mark goes
)

func describeJobs() cloud.Call {
	return cloud.Call{Name: "DescribeJobs", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the states of many jobs", Permission: "batch:DescribeJobs" + readPolicy, PerSecond: 2, Reads: true}
}

func describeJob() cloud.Call {
	return cloud.Call{Name: "DescribeJob", For: cloud.ToRun | cloud.ToWait, Does: "reads one job", Permission: "batch:DescribeJob" + readPolicy, PerSecond: 2, Reads: true}
}

func describeTask() cloud.Call {
	return cloud.Call{Name: "DescribeTask", For: cloud.ToWait, Does: "reads the instances of a failed task", Permission: "batch:DescribeTask" + readPolicy, PerSecond: 3, Reads: true}
}

func describeTaskLogs() cloud.Call {
	return cloud.Call{Name: "DescribeTaskLogs", For: cloud.ToWait, Does: "reads the last output of failed instances", Permission: "batch:DescribeTaskLogs" + readPolicy, PerSecond: 20, Reads: true}
}

func terminateJob() cloud.Call {
	return cloud.Call{Name: "TerminateJob", For: cloud.ToStop, Does: "stops a job", Permission: "batch:TerminateJob (in QcloudBatchFullAccess)", PerSecond: 2}
}

// follower knows the jobs of Batch in a region.
type follower struct{ account *tencent.Account }

var (
	_ engine.Follower = follower{}
	_ engine.Console  = follower{}
)

// Console is the list of jobs, of the domestic site and of any region, which is
// chosen there (facts tencent-batch §1).
func (f follower) Console() string {
	return f.account.OnDomestic("https://console.cloud.tencent.com/batch/job")
}

// send makes one call.
func (f follower) send(ctx context.Context, call cloud.Call, r tencent.Request, response tchttp.Response) error {
	return f.account.Send(ctx, call, codes, "2017-03-12", r, response)
}

func (f follower) Group() (string, int) { return "tencent-batch " + f.account.Where(), pageLimit }

// Lasting: a batch job is ended without loss of anything but its work.
func (f follower) Lasting(job.Ref) bool { return false }

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
	CreateTime  *string
	EndTime     *string
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

func (f follower) list(ctx context.Context, ids []string, offset int) ([]jobView, int, error) {
	limit, from := int64(pageLimit), int64(offset)
	r := &describeJobsRequest{BaseRequest: &tchttp.BaseRequest{}, JobIds: ids, Offset: &from, Limit: &limit}
	response := &describeJobsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeJobs(), r, response); err != nil {
		return nil, 0, err
	}
	if response.Response == nil {
		return nil, 0, cloud.Unknown(describeJobs(), "the answer is empty", nil)
	}
	return response.Response.JobSet, int(response.Response.TotalCount.Whole()), nil
}

// Find compares names: DescribeJobs does not show ClientTokens, and whether its
// filter takes a part of a name is not documented. What one start began stands
// together; the jobs of all attempts may stand far apart.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	var found []engine.Found
	for page := range pages {
		jobs, total, err := f.list(ctx, nil, page*pageLimit)
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			if mark := engine.Marked(j.JobName, intent.Mark); mark != "" {
				found = append(found, engine.Found{Ref: job.Ref{ID: j.JobId}, State: state(j.JobState), Mark: mark, Ours: true})
			}
		}
		if !tencent.More(page+1, pageLimit, len(jobs), total) || found != nil && !intent.At.IsZero() {
			break
		}
	}
	return found, nil
}

func (f follower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	statuses := make([]job.Status, 0, len(refs))
	var failed error
	for chunk := range slices.Chunk(refs, pageLimit) {
		ids := make([]string, len(chunk))
		for i, ref := range chunk {
			ids[i] = ref.ID
		}
		jobs, _, err := f.list(ctx, ids, 0)
		failed = errors.Join(failed, err)
		for _, id := range ids {
			s := job.Status{}
			if err == nil {
				s.State, s.Unlisted = job.StateUnknown, true
			}
			for _, j := range jobs {
				if j.JobId == id {
					s = status(j)
				}
			}
			statuses = append(statuses, s)
		}
	}
	return statuses, failed
}

// States are the words of Batch, each with what it is to who waits.
func States() []job.Status {
	var all []job.Status
	for _, word := range []string{"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEED", "FAILED", "FAILED_INTERRUPTED"} {
		all = append(all, status(jobView{JobState: word}))
	}
	return all
}

// state maps the enum that jobs, tasks and instances share (facts
// tencent-batch §4). A terminated job is FAILED like any other.
func state(word string) job.State {
	switch word {
	case "SUBMITTED", "PENDING", "RUNNABLE", "STARTING":
		return job.StatePending
	case "RUNNING":
		return job.StateRunning
	case "SUCCEED":
		return job.StateSucceeded
	case "FAILED", "FAILED_INTERRUPTED":
		return job.StateFailed
	}
	return job.StateUnknown
}

func status(j jobView) job.Status {
	s := job.Status{State: state(j.JobState), Word: j.JobState, Begun: when(j.CreateTime), Costs: j.JobState == "FAILED_INTERRUPTED"}
	if s.State.Over() { // a live job may show an end too (facts tencent-batch §3)
		s.Ended = when(j.EndTime)
	}
	if m := j.TaskMetrics; m.all() > 0 {
		s.Progress = fmt.Sprintf("%d of %d tasks ended", m.ended(), m.all())
		if m.failed() > 0 {
			s.Progress += fmt.Sprintf(", %d failed", m.failed())
		}
	}
	if s.Costs {
		s.Message = "its machines were kept by FailedAction and keep costing until the job is terminated"
	}
	return s
}

func when(s *string) time.Time {
	if s == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, *s)
	if err != nil {
		return time.Time{}
	}
	return t
}

type jobRequest struct {
	*tchttp.BaseRequest
	JobId string
}

type emptyResponse struct {
	*tchttp.BaseResponse
	Response *struct{ RequestId string }
}

// Stop terminates. The service refuses it in SUBMITTED, with a code that no
// document names, so after a refusal the state decides.
func (f follower) Stop(ctx context.Context, ref job.Ref, _ bool) error {
	err := f.send(ctx, terminateJob(), &jobRequest{&tchttp.BaseRequest{}, ref.ID}, &emptyResponse{BaseResponse: &tchttp.BaseResponse{}})
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Refused {
		return err
	}
	statuses, readErr := f.Status(ctx, []job.Ref{ref})
	switch {
	case readErr != nil:
		return fmt.Errorf("%w: %w", engine.ErrTooEarly, readErr)
	case statuses[0].State.Over() && !statuses[0].Costs:
		return nil
	case statuses[0].State == job.StatePending || statuses[0].State == job.StateUnknown:
		return fmt.Errorf("%w: %w", engine.ErrTooEarly, err)
	}
	return err
}

type describeJobResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		StateReason string
		TaskSet     []struct{ TaskName, TaskState string }
	}
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

type describeTaskLogsResponse struct {
	*tchttp.BaseResponse
	Response *struct {
		TaskInstanceLogSet []struct {
			TaskInstanceIndex    cloud.Number
			StdoutLog, StderrLog *string
		}
	}
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
