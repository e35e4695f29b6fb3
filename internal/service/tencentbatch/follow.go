package tencentbatch

// This file reads how jobs are, a hundred in a call.

import (
	"context"
	"errors"
	"fmt"
	"slices"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeJobs() cloud.Call {
	return cloud.Call{Name: "DescribeJobs", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the states of many jobs", Permission: "batch:DescribeJobs" + readPolicy, PerSecond: 2, Reads: true}
}

// pageLimit is DescribeJobs' (facts tencent-batch §3).
const pageLimit = 100

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
	s := job.Status{State: state(j.JobState), Word: j.JobState, Begun: j.CreateTime.Time(), Costs: j.JobState == "FAILED_INTERRUPTED"}
	if s.State.Over() { // a live job may show an end too (facts tencent-batch §3)
		s.Ended = j.EndTime.Time()
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
