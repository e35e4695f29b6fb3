package tencentpts

// This file lists what runs of the same scenario, whoever started it, and what
// runs in a project that any step started.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Rivals are the runs of the scenario that are not over: no state leaves it
// without load for sure before that (facts tencent-pts §4).
func (s *service) Rivals(ctx context.Context) ([]engine.Live, error) {
	return s.living(ctx, s.spec.projectID, []string{s.scenario})
}

// living are the runs of some scenarios that are not over. JobOwner is free text
// of who started one (facts tencent-pts §3).
func (f follower) living(ctx context.Context, project string, scenarios []string, states ...int64) (live []engine.Live, err error) {
	for list, err := range f.runs(ctx, project, scenarios, states...) {
		if errors.Is(err, tencent.ErrGoesOn) {
			return nil, cloud.Unknown(describeJobs(), fmt.Sprintf("there are more than %d runs, and their list has no known order, so one that goes on may not be seen; delete old ones", searchPages*pageLimit), nil)
		} else if err != nil {
			return nil, err
		}
		for _, r := range list {
			if status := r.status(); !status.State.Over() && r.JobId != "" {
				live = append(live, engine.Live{
					Ref: job.Ref{ID: r.JobId, In: scope(project, scenarioOf(r, scenarios))}, Status: status,
					Since: cmp.Or(status.Begun, r.CreatedAt.Time()), Mark: engine.MarkOf(r.Note), Who: r.JobOwner,
				})
			}
		}
	}
	return live, nil
}

// scenarioOf is the scenario of a run; one that was asked for alone need not be
// told.
func scenarioOf(r run, asked []string) string {
	if len(asked) == 1 {
		return asked[0]
	}
	return string(r.ScenarioId)
}

// marks is a follower that finds what bears a mark in a project.
type marks struct {
	follower
	project string
}

// liveStates are the numbers of what is not over (facts tencent-pts §4).
func liveStates() []int64 { return []int64{0, 1, 2, 3, 4, 5, 6, 11, 15} }

// Marked lists the project's scenarios first, because DescribeJobs wants them
// (facts tencent-pts §3).
func (m marks) Marked(ctx context.Context) (live []engine.Live, err error) {
	scenarios, err := m.scenarios(ctx)
	if err != nil {
		return nil, err
	}
	for some := range slices.Chunk(scenarios, pageLimit) {
		all, err := m.living(ctx, m.project, some, liveStates()...)
		if err != nil {
			return nil, err
		}
		for _, l := range all {
			_, scenario := unscope(l.Ref.In)
			if l.Of = named(scenario); l.Mark != "" {
				live = append(live, l)
			}
		}
	}
	return live, nil
}

// scenarios are the ids of all of the project's.
func (m marks) scenarios(ctx context.Context) (ids []string, err error) {
	for list, err := range tencent.Pages(searchPages, pageLimit, func(offset int) ([]scenario, int, error) { return m.listScenarios(ctx, offset) }) {
		if errors.Is(err, tencent.ErrGoesOn) {
			return nil, cloud.Unknown(describeScenarios(), fmt.Sprintf("the project has more than %d scenarios", searchPages*pageLimit), nil)
		} else if err != nil {
			return nil, err
		}
		for _, c := range list {
			if id := string(c.ScenarioId); id != "" {
				ids = add(ids, id)
			}
		}
	}
	return ids, nil
}

// listScenarios reads a page of them.
func (m marks) listScenarios(ctx context.Context, offset int) ([]scenario, int, error) {
	limit, from := int64(pageLimit), int64(offset)
	request := pts.NewDescribeScenariosRequest()
	request.ProjectIds, request.Limit, request.Offset = pointers([]string{m.project}), &limit, &from
	call, response := describeScenarios(), &describeScenariosResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := m.send(ctx, call, request, response); err != nil {
		return nil, 0, err
	}
	if response.Response == nil {
		return nil, 0, cloud.Unknown(call, "the answer is empty", nil)
	}
	return response.Response.ScenarioSet, int(response.Response.Total.Whole()), nil
}

// Where are the fields that say where marks are looked for.
func (s *Spec) Where() ([]string, func(*field.At)) {
	return []string{"project_id", "region", "endpoint", "site"}, nil
}

// Search opens what finds the marks of a project.
func (s *Spec) Search(env cloud.Env) (engine.Marks, error) {
	account, err := tencent.Open(env, s.target, "pts")
	return marks{follower{account}, s.projectID}, err
}
