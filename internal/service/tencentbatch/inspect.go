package tencentbatch

// This file tells by reads alone what a start would meet.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/job"
)

// describeComputeEnv is page 599/30517, with its rate.
func describeComputeEnv() cloud.Call {
	return cloud.Call{Name: "DescribeComputeEnv", For: cloud.ToCheck, Does: "tells whether a task's compute environment is there", Permission: "batch:DescribeComputeEnv" + readPolicy, PerSecond: 2, Reads: true}
}

// lastRuns is how many jobs of before are told.
const lastRuns = 5

// Whoami tells whose the login is.
func (f follower) Whoami(ctx context.Context) (cloud.Identity, error) { return f.account.Whoami(ctx) }

// Inspect reads the compute environments that the tasks name. What machines are
// made of belongs to other products, whose calls are not made here.
func (s *service) Inspect(ctx context.Context) (things []job.Thing, runs []job.Earlier) {
	for _, t := range s.spec.job.Tasks {
		thing := job.Thing{Name: "compute environment " + t.EnvId}
		if t.EnvId == "" {
			thing = job.Thing{Name: "machines of tasks without EnvId", Finding: job.Untold, Says: "image, machine type, zone and network are of CVM and VPC, which are not asked"}
		}
		if slices.ContainsFunc(things, func(known job.Thing) bool { return known.Name == thing.Name }) {
			continue
		}
		if t.EnvId != "" {
			thing = s.environment(ctx, thing, t.EnvId)
		}
		if things = append(things, thing); cloud.Rejected(thing.Err) {
			return things, nil
		}
	}
	things = append(things, job.Thing{Name: "service role of Batch", Finding: job.Untold, Says: "no call of Batch tells whether it may make machines"})
	runs, err := s.earlier(ctx)
	if err != nil {
		things = append(things, job.NotRead("last jobs of this name", err))
	}
	return things, runs
}

// environment reads one. The values of NextAction are not documented, so that
// one is due is only told.
func (s *service) environment(ctx context.Context, thing job.Thing, id string) job.Thing {
	call, response := describeComputeEnv(), &envResponse{BaseResponse: &tchttp.BaseResponse{}}
	err := s.send(ctx, call, &envRequest{&tchttp.BaseRequest{}, id}, response)
	if e, ok := errors.AsType[*job.Error](err); ok && (strings.HasPrefix(e.Code, "ResourceNotFound") || e.Code == "InvalidParameter.EnvIdMalformed") {
		thing.Finding, thing.Says, thing.Cure = job.Absent, "there is no such compute environment in "+s.spec.target.Region, "check EnvId, region and site"
		return thing
	}
	if err == nil && (response.Response == nil || string(response.Response.EnvId) != id) {
		err = cloud.Unknown(call, "the answer does not name the compute environment", nil)
	}
	if err != nil {
		return job.NotRead(thing.Name, err)
	}
	r := response.Response
	thing.Says = fmt.Sprintf("is there, with %d of %d machines running", r.ComputeNodeMetrics.RunningCount.Whole(), r.DesiredComputeNodeCount.Whole())
	if n := r.ComputeNodeMetrics.AbnormalCount.Whole(); n > 0 {
		thing.Says += fmt.Sprintf(", and %d not well", n)
	}
	if r.NextAction != "" {
		thing.Says += "; its next action is " + string(r.NextAction)
	}
	return thing
}

// earlier are the last jobs of the same name, whatever mark stands behind it.
// It is read as far as a search for a mark goes.
func (s *service) earlier(ctx context.Context) ([]job.Earlier, error) {
	var jobs []jobView
	for list, err := range s.jobs(ctx) {
		if errors.Is(err, tencent.ErrGoesOn) {
			break
		} else if err != nil {
			return nil, err
		}
		for _, j := range list {
			if s.isNamed(j) {
				jobs = append(jobs, j)
			}
		}
		if s.spec.job.JobName == "" { // nothing tells which are the same without a name
			break
		}
	}
	var runs []job.Earlier
	for _, j := range jobs {
		runs = append(runs, job.Earlier{Of: s.What()[0], Ref: job.Ref{ID: j.JobId}, Status: status(j)})
	}
	slices.SortStableFunc(runs, func(a, b job.Earlier) int { return b.Status.Begun.Compare(a.Status.Begun) })
	return runs[:min(lastRuns, len(runs))], nil
}
