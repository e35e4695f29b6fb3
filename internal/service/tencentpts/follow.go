package tencentpts

// This file reads how runs are, a hundred in a call.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeJobs() cloud.Call {
	return cloud.Call{Name: "DescribeJobs", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the runs' states and numbers", Permission: "pts:DescribeJobs (in QcloudPTSReadOnlyAccess)", PerSecond: 20, Reads: true}
}

// pageLimit is the most that DescribeJobs lists in one call (facts tencent-pts §3).
const pageLimit = 100

func (f follower) list(ctx context.Context, projects, scenarios, ids []string, offset int, states ...int64) ([]run, int, error) {
	limit, from := int64(pageLimit), int64(offset)
	request := pts.NewDescribeJobsRequest()
	request.ProjectIds, request.ScenarioIds, request.JobIds = pointers(projects), pointers(scenarios), pointers(ids)
	request.Limit, request.Offset = &limit, &from
	for _, s := range states {
		request.Status = append(request.Status, &s)
	}
	call, response := describeJobs(), &describeJobsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, call, request, response); err != nil {
		return nil, 0, err
	}
	if response.Response == nil {
		return nil, 0, cloud.Unknown(call, "the answer is empty", nil)
	}
	return response.Response.JobSet, int(response.Response.Total.Whole()), nil
}

func (f follower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	statuses := make([]job.Status, len(refs))
	var failed error
	for chunk := range slices.Chunk(indices(len(refs)), pageLimit) {
		var projects, scenarios, ids []string
		for _, i := range chunk {
			project, scenario := unscope(refs[i].In)
			projects, scenarios = add(projects, project), add(scenarios, scenario)
			ids = append(ids, refs[i].ID)
		}
		jobs, _, err := f.list(ctx, projects, scenarios, ids, 0)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		for _, i := range chunk {
			statuses[i] = job.Status{State: job.StateUnknown, Unlisted: true}
			for _, j := range jobs {
				if j.JobId == refs[i].ID {
					statuses[i] = j.status()
				}
			}
		}
	}
	return statuses, failed
}

// status reads a run. Numbers are as facts tencent-pts §3 explains them.
func (r run) status() job.Status {
	s := job.Status{State: job.StateUnknown, Word: "no status", Message: r.Message, Begun: r.StartTime.Time(), Ended: r.EndTime.Time()}
	if seconds := r.Duration.Whole(); seconds > 0 && seconds < int64(longest/time.Second) {
		s.Planned = time.Duration(seconds) * time.Second
	}
	if !r.Status.Given {
		return s
	}
	s.State, s.Word = state(r.Status)
	if r.AbortReason.Whole() == abortedBySLA && s.State == job.StateStopped {
		s.State, s.Word = job.StateFailed, s.Word+bySLA
	}
	if s.State == job.StateRunning || s.State.Over() {
		s.Progress = r.progress()
	}
	return s
}

const (
	abortedBySLA = 2
	bySLA        = " by an SLA rule"
	longest      = 365 * 24 * time.Hour // what is planned for longer is no plan
)

// States are the words of PTS, each with what it is to who waits.
func States() []job.Status {
	var all []job.Status
	for number := range 22 {
		s, word := state(cloud.Number{Value: float64(number), Given: true})
		if !strings.HasPrefix(word, "Job") { // the enum has gaps
			continue
		}
		all = append(all, job.Status{State: s, Word: word})
		if s == job.StateStopped {
			all = append(all, job.Status{State: job.StateFailed, Word: word + bySLA})
		}
	}
	return all
}

// state maps the whole enum (facts tencent-pts §4). A number that it does not
// have is unknown, and the run is read on.
func state(number cloud.Number) (job.State, string) {
	switch number.Value {
	case 0:
		return job.StateUnknown, "JobUnknown"
	case 1:
		return job.StatePending, "JobCreated"
	case 2:
		return job.StatePending, "JobPending"
	case 3:
		return job.StatePending, "JobPreparing"
	case 4:
		return job.StatePending, "JobSelectClustering"
	case 5:
		return job.StatePending, "JobCreateTasking"
	case 6:
		return job.StatePending, "JobSyncTasking"
	case 11:
		return job.StateRunning, "JobRunning"
	case 12:
		return job.StateSucceeded, "JobFinished"
	case 13:
		return job.StateFailed, "JobPrepareException"
	case 14:
		return job.StateFailed, "JobFinishException"
	case 15:
		return job.StateStopping, "JobAborting"
	case 16:
		return job.StateStopped, "JobAborted"
	case 17:
		return job.StateFailed, "JobAbortException"
	case 18:
		return job.StateFailed, "JobDeleted"
	case 19:
		return job.StateFailed, "JobSelectClusterException"
	case 20:
		return job.StateFailed, "JobCreateTaskException"
	case 21:
		return job.StateFailed, "JobSyncTaskException"
	}
	return job.StateUnknown, strconv.FormatFloat(number.Value, 'g', -1, 64) + ", which is not documented"
}

func (r run) progress() string {
	if r.requests() <= 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("%d requests", r.requests())}
	if r.RequestsPerSecond.Given {
		parts = append(parts, fmt.Sprintf("%.1f/s", r.RequestsPerSecond.Value))
	}
	if r.ErrorRate.Given { // percent
		parts = append(parts, fmt.Sprintf("%.2f %% errors", r.ErrorRate.Value))
	}
	if r.ResponseTimeP95.Value > 0 { // seconds
		parts = append(parts, fmt.Sprintf("p95 %.0f ms", 1000*r.ResponseTimeP95.Value))
	}
	return strings.Join(parts, ", ")
}

func pointers(list []string) []*string {
	var p []*string
	for i := range list {
		p = append(p, &list[i])
	}
	return p
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func add(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
