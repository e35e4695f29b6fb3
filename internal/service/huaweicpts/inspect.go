package huaweicpts

// This file tells by reads alone what a start would meet.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// listProjectTestCase is page api-cpts/ListProjectTestCase.
func listProjectTestCase() cloud.Call {
	return cloud.Call{Name: "ListProjectTestCase", For: cloud.ToCheck, Does: "tells whether the test project and the cases are there", Permission: "codeartsperftest:cpts:getPerfTestProject", Reads: true}
}

// lastRuns is how many runs of before are told. How one ended takes calls of
// its own.
const lastRuns = 3

// notThere is of a test project, case or task (facts huawei-cpts §8).
const notThere = "SVCSTG.CPTS.4032002"

// Whoami tells whose the login is.
func (f follower) Whoami(ctx context.Context) (cloud.Identity, error) { return f.account.Whoami(ctx) }

// Inspect looks for the test project, and in it for the cases, or for the task
// that is to be started again.
func (s *service) Inspect(ctx context.Context) ([]job.Thing, []job.Earlier) {
	project := job.Thing{Name: fmt.Sprintf("test project %d", *s.spec.testProjectID), Says: "is there"}
	cases, err := s.tree(ctx)
	switch {
	case absent(err):
		project.Finding, project.Says, project.Cure = job.Absent, "there is no such test project in this project and region", "check test_project_id, project_id and region"
		return []job.Thing{project}, nil
	case err != nil:
		project = job.NotRead(project.Name, err)
	}
	things := []job.Thing{project}
	if cloud.Rejected(err) {
		return things, nil
	}
	tasks := []string{}
	if s.spec.taskID != nil {
		task := fmt.Sprint(*s.spec.taskID)
		thing := s.inspectTask(ctx, task)
		if things = append(things, thing); thing.Finding == job.Absent {
			return things, nil
		}
		tasks = append(tasks, task)
	} else {
		if err == nil {
			things = append(things, s.inspectCases(cases)...)
		}
		made, err := s.marked(ctx, job.Intent{In: fmt.Sprint(*s.spec.testProjectID), Mark: engine.MarkPrefix})
		if err != nil {
			things = append(things, job.NotRead("earlier tasks of this name", err))
		}
		for _, t := range made {
			if t.name == strings.TrimSpace(s.spec.name+" "+t.mark) && len(tasks) < lastRuns {
				tasks = append(tasks, t.id)
			}
		}
	}
	runs, err := s.earlier(ctx, tasks)
	if err != nil {
		things = append(things, job.NotRead("last runs", err))
	}
	return things, runs
}

func absent(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && e.Code == notThere
}

// tree is what the test project holds.
func (s *service) tree(ctx context.Context) ([]leaf, error) {
	var answer treeAnswer
	request := &model.ListProjectTestCaseRequest{TestSuiteId: int32(*s.spec.testProjectID)}
	err := s.call(ctx, listProjectTestCase(), request, cpts.GenReqDefForListProjectTestCase(), &answer)
	if err == nil && !answer.tells() {
		err = cloud.Unknown(listProjectTestCase(), "the answer holds no list of cases", nil)
	}
	return answer.Directory, err
}

// inspectCases tells of the cases; those that are well are told together.
func (s *service) inspectCases(all []leaf) (things []job.Thing) {
	well := 0
	for _, id := range s.spec.caseIDs {
		thing := job.Thing{Name: fmt.Sprintf("case %d", id), Finding: job.Absent, Says: "there is no such case in the test project", Cure: "check case_ids and test_project_id"}
		for _, l := range all {
			if kind, _ := whole(l.Type); kind != 2 || !names(l.ID, fmt.Sprint(id)) {
				continue
			}
			switch status, known := whole(l.Status); {
			case known && status == 0:
				thing.Says = "was deleted"
			case known && status == 2:
				thing.Finding, thing.Says, thing.Cure = job.Unfit, "is disabled", "enable it in the console"
			default:
				thing.Finding = job.Fine
			}
			break
		}
		if thing.Finding == job.Fine {
			well++
			continue
		}
		things = append(things, thing)
	}
	if well > 0 {
		things = append([]job.Thing{{Name: "cases", Says: fmt.Sprintf("%d of %d are there", well, len(s.spec.caseIDs))}}, things...)
	}
	return things
}

// inspectTask tells of a task that is to be started again. What a start beside a
// run that goes on does is UNVERIFIED (facts huawei-cpts §4.3), so it is only
// told.
func (s *service) inspectTask(ctx context.Context, task string) job.Thing {
	thing := job.Thing{Name: "task " + task}
	info, err := s.follower.task(ctx, task)
	switch {
	case absent(err):
		thing.Finding, thing.Says, thing.Cure = job.Absent, "there is no such task", "check task_id, project_id and region"
		return thing
	case err != nil:
		return job.NotRead(thing.Name, err)
	}
	if project, known := whole(info.Project); known && project != int(*s.spec.testProjectID) {
		thing.Finding, thing.Says, thing.Cure = job.Unfit, fmt.Sprintf("is of test project %d", project), "check task_id and test_project_id"
		return thing
	}
	state, known, _ := info.status()
	thing.Says = "is there; its last run is " + status(state, known).Word
	switch {
	case info.run() == "":
		thing.Says = "is there, and has not run yet"
	case known && live(state):
		thing.Says += ", and whether a start beside it is taken is not known"
	}
	return thing
}

// earlier are the last runs of tasks, with how they ended.
func (s *service) earlier(ctx context.Context, tasks []string) (runs []job.Earlier, failed error) {
	for _, task := range tasks {
		history, err := s.history(ctx, task)
		failed = errors.Join(failed, err)
		for _, r := range history {
			one := job.Earlier{Of: s.What()[0], Ref: job.Ref{ID: task, Run: id(r.RunID), In: fmt.Sprint(*s.spec.testProjectID)}}
			if one.Ref.Run != "" {
				one.Status.Begun, one.Status.Ended = r.times()
				runs = append(runs, one)
			}
		}
	}
	slices.SortStableFunc(runs, func(a, b job.Earlier) int { return rank(b.Ref.Run) - rank(a.Ref.Run) })
	runs = runs[:min(lastRuns, len(runs))]
	for i := range runs {
		if status, err := s.status(ctx, runs[i].Ref); err == nil {
			runs[i].Status = status
		} else {
			failed = errors.Join(failed, err)
		}
	}
	return runs, failed
}
