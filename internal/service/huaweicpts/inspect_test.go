package huaweicpts

import (
	"testing"
	"testing/synctest"

	"cloudjob/internal/service/servicetest"

	"github.com/google/go-cmp/cmp"
)

// TestInspect: what the answers say is read as a person would read it.
func TestInspect(t *testing.T) {
	const (
		cases   = "{project_id: p, region: cn-north-4, test_project_id: 7, name: sim, parallel: true, case_ids: [1, 2, 3, 4]}"
		task    = "{project_id: p, region: cn-north-4, test_project_id: 7, task_id: 5}"
		success = `"code":"SVCSTG.CPTS.0000000","message":"success"`
		tree    = `{` + success + `,"directory":[null,{"id":1,"type":2,"status":1},{"id":2.0,"type":2,"status":0},{"id":"3","type":"2","status":2},{"id":4,"type":1,"status":1}]}`
		none    = `{"code":"SVCSTG.CPTS.4032002","message":"none"}`
		history = `{` + success + `,"log_list":[{"run_id":8.0,"start_time":"2026-11-01T00:00:00+08:00","end_time":"2026-11-01T00:01:00+08:00"},null,{"run_id":9,"start_time":"2026-11-02T00:00:00+08:00","end_time":null}]}`
		project = "fine test project 7: is there"
	)
	shown := func(of, state string) string {
		return `{` + success + `,"taskInfo":{"project_id":` + of + `,"run_status":` + state + `,"related_temp_running_data":[{"task_run_info_id":9}]}}`
	}
	for name, test := range map[string]struct {
		inputs string
		cloud  servicetest.Answers
		want   []string
	}{
		"cases": {cases, servicetest.Answers{"directory": tree, "all-tasks": `{` + success + `,"tasks":[]}`}, []string{
			project, "fine cases: 1 of 4 are there", "absent case 2: was deleted", "unfit case 3: is disabled", "absent case 4: there is no such case in the test project",
		}},
		"no test project":       {cases, servicetest.Answers{"directory": none}, []string{"absent test project 7: there is no such test project in this project and region"}},
		"a list that is null":   {task, servicetest.Answers{"directory": `{` + success + `,"directory":null}`, "tasks": none}, []string{"unread test project 7: ListProjectTestCase: the answer holds no list of cases", "absent task 5: there is no such task"}},
		"a task":                {task, servicetest.Answers{"directory": tree, "tasks": shown("7", "0"), "history-run-list": history}, []string{project, "fine task 5: is there; its last run is 0 running, and whether a start beside it is taken is not known", "run 9 0 running", "run 8 ended"}},
		"a task that never ran": {task, servicetest.Answers{"directory": tree, "tasks": `{` + success + `,"taskInfo":{"run_status":2}}`, "history-run-list": `{` + success + `,"log_list":null}`}, []string{project, "fine task 5: is there, and has not run yet"}},
		"a task of another":     {task, servicetest.Answers{"directory": tree, "tasks": shown(`"8"`, "2"), "history-run-list": `{` + success + `,"log_list":[]}`}, []string{project, "unfit task 5: is of test project 8"}},
		"no task":               {task, servicetest.Answers{"directory": tree, "tasks": none}, []string{project, "absent task 5: there is no such task"}},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			synctest.Test(t, func(t *testing.T) {
				lines = servicetest.Inspected(t, openInputs(t, test.cloud, test.inputs).(*service))
			})
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}
