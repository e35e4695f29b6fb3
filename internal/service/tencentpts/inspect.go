package tencentpts

// This file tells by reads alone what a start would meet.

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/job"
)

func describeScenarios() cloud.Call {
	return cloud.Call{Name: "DescribeScenarios", For: cloud.ToCheck | cloud.ToGuard, Does: "tells whether the scenario is there, and its load", Permission: "pts:DescribeScenarios" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeProjects() cloud.Call {
	return cloud.Call{Name: "DescribeProjects", For: cloud.ToCheck, Does: "tells, if the scenario is not there, whether its project is", Permission: "pts:DescribeProjects" + inReadPolicy, PerSecond: 20, Reads: true}
}

// lastRuns is how many runs of before are told.
const lastRuns = 5

// Whoami tells whose the login is.
func (f follower) Whoami(ctx context.Context) (cloud.Identity, error) { return f.account.Whoami(ctx) }

// Inspect looks for the scenario in its project. What its Status says is not
// documented (facts tencent-pts §7), so that it is there is all that is told.
func (s *service) Inspect(ctx context.Context) ([]job.Thing, []job.Earlier) {
	name := s.What()[0]
	found, there, err := s.find(ctx)
	switch {
	case err != nil:
		things := []job.Thing{job.NotRead(name, err)}
		if cloud.Rejected(err) {
			return things, nil
		}
		runs, more := s.earlier(ctx)
		return append(things, more...), runs
	case !there:
		return s.missing(ctx), nil
	}
	things := []job.Thing{
		{Name: "project " + s.spec.projectID, Says: called(found.ProjectName)},
		{Name: name, Says: called(found.Name)},
	}
	runs, more := s.earlier(ctx)
	return append(things, more...), runs
}

func called(name cloud.Text) string {
	if name == "" {
		return "is there"
	}
	return "is there, and is called " + string(name)
}

// find reads the scenario. One of another project is none.
func (s *service) find(ctx context.Context) (scenario, bool, error) {
	request := pts.NewDescribeScenariosRequest()
	request.ScenarioIds, request.ProjectIds = pointers([]string{s.scenario}), pointers([]string{s.spec.projectID})
	call, response := describeScenarios(), &describeScenariosResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := s.send(ctx, call, request, response); err != nil {
		if isAbsent(err) {
			err = nil
		}
		return scenario{}, false, err
	}
	if response.Response == nil {
		return scenario{}, false, cloud.Unknown(call, "the answer is empty", nil)
	}
	for _, c := range response.Response.ScenarioSet {
		if string(c.ScenarioId) == s.scenario && string(cmp.Or(c.ProjectId, cloud.Text(s.spec.projectID))) == s.spec.projectID {
			return c, true, nil
		}
	}
	return scenario{}, false, nil
}

func isAbsent(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && (strings.HasSuffix(e.Code, "ResourceNotFound") || strings.HasPrefix(e.Code, "ResourceNotFound."))
}

// missing tells whether it is the project or the scenario that is not there.
func (s *service) missing(ctx context.Context) []job.Thing {
	project := job.Thing{Name: "project " + s.spec.projectID, Finding: job.Absent, Says: "there is no such project on the " + s.account.Target.Site + " site of this account", Cure: "check project_id and site"}
	lost := job.Thing{Name: s.What()[0], Finding: job.Absent, Says: "there is no such scenario in the project", Cure: "check scenario_id, project_id and site"}
	request := pts.NewDescribeProjectsRequest()
	request.ProjectIds = pointers([]string{s.spec.projectID})
	call, response := describeProjects(), &describeProjectsResponse{BaseResponse: &tchttp.BaseResponse{}}
	err := s.send(ctx, call, request, response)
	switch {
	case isAbsent(err):
		return []job.Thing{project}
	case err == nil && response.Response == nil:
		err = cloud.Unknown(call, "the answer is empty", nil)
	}
	if err != nil { // the scenario is missing all the same
		return []job.Thing{lost, job.NotRead(project.Name, err)}
	}
	for _, p := range response.Response.ProjectSet {
		if string(p.ProjectId) == s.spec.projectID {
			return []job.Thing{{Name: project.Name, Says: called(p.Name)}, lost}
		}
	}
	return []job.Thing{project}
}

// earlier are the last runs of the scenario. The list's order is not documented
// (facts tencent-pts §3), so it is read as far as a search for a mark goes.
func (s *service) earlier(ctx context.Context) ([]job.Earlier, []job.Thing) {
	in := scope(s.spec.projectID, s.scenario)
	var runs []job.Earlier
	for list, err := range s.runs(ctx, s.spec.projectID, []string{s.scenario}) {
		if errors.Is(err, tencent.ErrGoesOn) {
			break
		} else if err != nil {
			return nil, []job.Thing{job.NotRead("last runs of "+s.What()[0], err)}
		}
		for _, r := range list {
			if r.JobId != "" {
				runs = append(runs, job.Earlier{Of: s.What()[0], Ref: job.Ref{ID: r.JobId, In: in}, Status: r.status()})
			}
		}
	}
	slices.SortStableFunc(runs, func(a, b job.Earlier) int { return began(b).Compare(began(a)) })
	return runs[:min(lastRuns, len(runs))], nil
}

// began is when a run did; one that has not yet is the newest.
func began(r job.Earlier) time.Time {
	if r.Status.Begun.IsZero() && !r.Status.State.Over() {
		return time.Now()
	}
	return r.Status.Begun
}
