package cptsemu

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCreate(t *testing.T) {
	w := newWorld(t)
	r := w.call("POST", "/v3/{p}/tasks", seedBody)
	r.want(201, codeSuccess)
	id := r.whole("task_id")
	info := w.get("/v1/{p}/tasks/%d", id).wantOK()
	if got := info.whole("taskInfo.run_status"); got != ended {
		t.Errorf("a task that never ran reports %d, want 2", got)
	}
	if got := info.count("taskInfo.related_temp_running_data"); got != 0 {
		t.Errorf("%d run data before any run", got)
	}
	if got := info.at("taskInfo.create_time"); got != "2026-03-01T12:00:00+08:00" {
		t.Errorf("create_time %v", got)
	}
	if info.count("taskInfo.case_list") != 2 || info.whole("taskInfo.case_list.1.case_id") != HealthyCase2 {
		t.Errorf("cases %v", info.at("taskInfo.case_list"))
	}
	const stage = "taskInfo.case_list.0.stages.0."
	if info.whole(stage+"operate_mode") != 0 || info.whole(stage+"pressure_mode") != 0 || info.whole(stage+"time") != 60 || info.at("taskInfo.parallel") != false {
		t.Errorf("the load is %v", info.at("taskInfo.case_list.0.stages"))
	}
	if again := w.call("POST", "/v3/{p}/tasks", seedBody); again.whole("task_id") == id {
		t.Error("a second task of the same name has the same id")
	}
	if len(w.Half().Begun()) != 0 {
		t.Error("creating a task began a run")
	}
}

func TestDefinitionsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
		code   string
	}{
		"no JSON":            {`{`, 400, codeBadValue},
		"a list":             {`[]`, 400, codeBadValue},
		"empty":              {``, 400, codeBadValue},
		"null":               {`null`, 400, codeBadValue},
		"no name":            {strings.Replace(seedBody, `"name"`, `"nam"`, 1), 400, codeBadValue},
		"empty name":         {strings.Replace(seedBody, `"task"`, `""`, 1), 400, codeBadValue},
		"number as name":     {strings.Replace(seedBody, `"task"`, `1`, 1), 400, codeBadValue},
		"no parallel":        {strings.Replace(seedBody, `"parallel"`, `"x"`, 1), 400, codeBadValue},
		"text as parallel":   {strings.Replace(seedBody, `"parallel":false`, `"parallel":"false"`, 1), 400, codeBadValue},
		"text as full link":  {strings.Replace(seedBody, `"enable_full_link":true`, `"enable_full_link":"x"`, 1), 400, codeBadValue},
		"no project":         {strings.Replace(seedBody, `"project_id"`, `"x"`, 1), 400, codeBadValue},
		"quoted project":     {strings.Replace(seedBody, `393862`, `"393862"`, 1), 400, codeBadValue},
		"negative project":   {strings.Replace(seedBody, `393862`, `-1`, 1), 400, codeBadValue},
		"project over int32": {strings.Replace(seedBody, `393862`, `2147483648`, 1), 400, codeBadValue},
		"unknown project":    {strings.Replace(seedBody, `393862`, `1`, 1), 403, codeNoSuch},
		"other project":      {strings.Replace(seedBody, `393862`, `393863`, 1), 403, codeNoSuch},
		"no mode":            {strings.Replace(seedBody, `"operate_mode"`, `"x"`, 1), 400, codeBadValue},
		"mode 0":             {strings.Replace(seedBody, `"operate_mode":2`, `"operate_mode":0`, 1), 400, codeBadValue},
		"mode 1":             {strings.Replace(seedBody, `"operate_mode":2`, `"operate_mode":1`, 1), 400, codeBadValue},
		"no cases":           {strings.Replace(seedBody, `"case_id_list"`, `"x"`, 1), 400, codeBadValue},
		"null cases":         {strings.Replace(seedBody, `[449269,449270]`, `null`, 1), 400, codeBadValue},
		"empty cases":        {strings.Replace(seedBody, `[449269,449270]`, `[]`, 1), 400, codeBadValue},
		"quoted case":        {strings.Replace(seedBody, `449270`, `"449270"`, 1), 400, codeBadValue},
		"decimal case":       {strings.Replace(seedBody, `449270`, `449270.5`, 1), 400, codeBadValue},
		"unknown case":       {strings.Replace(seedBody, `449270`, `5`, 1), 403, codeNoSuch},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.call("POST", "/v3/{p}/tasks", c.body).want(c.status, c.code)
			w.call("PUT", fmt.Sprintf("/v3/{p}/tasks/%d", ExistingTask), c.body).want(c.status, c.code)
			if got := w.get("/v1/{p}/all-tasks/393862").count("tasks"); got != 1 {
				t.Errorf("%d tasks after a refusal", got)
			}
		})
	}
}

func TestNameLimit(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.NameLimit = 4 })
	w.call("POST", "/v3/{p}/tasks", seedBody).want(201, codeSuccess)
	w.call("POST", "/v3/{p}/tasks", strings.Replace(seedBody, "task", "测试任务", 1)).want(201, codeSuccess)
	w.call("POST", "/v3/{p}/tasks", strings.Replace(seedBody, "task", "tasks", 1)).want(400, codeBadValue)
}

func TestUpdateChangesTheNextRunOnly(t *testing.T) {
	w := newWorld(t)
	id := w.create("one", false, HealthyCase)
	run := w.start(id)
	body := `{"name":"two","parallel":true,"project_id":393862,"operate_mode":2,"case_id_list":[449271]}`
	w.pass(time.Second)
	r := w.call("PUT", fmt.Sprintf("/v3/{p}/tasks/%d", id), body).wantOK()
	if r.at("taskInfo.name") != "two" || r.at("taskInfo.parallel") != true || r.whole("taskInfo.case_list.0.case_id") != SlowCase {
		t.Errorf("task is %v", r.body)
	}
	if r.at("taskInfo.update_time") != "2026-03-01T12:00:01.000000+08:00" {
		t.Errorf("update_time %v", r.at("taskInfo.update_time"))
	}
	cases := w.get("/v2/{p}/task-run-infos/%d/cases", run).wantOK()
	if cases.at("result.case_aw_info_list.0.caseUri") != "449269" {
		t.Errorf("the running run has cases %v", cases.body)
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t)
	id := w.create("one", false, HealthyCase)
	path := fmt.Sprintf("/v3/{p}/tasks/%d", id)
	run := w.start(id)
	w.call("DELETE", path, "").want(400, codeBusy)
	w.pass(time.Hour)
	w.call("DELETE", path, "").wantOK()
	w.call("DELETE", path, "").want(403, codeNoSuch)
	w.get("/v1/{p}/tasks/%d", id).want(403, codeNoSuch)
	w.get("/v2/{p}/task-run-infos/%d/cases", run).wantOK()

	w.Switches.DeleteNoContent, w.Switches.DeleteRunning = true, true
	id = w.create("two", false, HealthyCase)
	w.start(id)
	if r := w.call("DELETE", fmt.Sprintf("/v3/{p}/tasks/%d", id), ""); r.status != 204 || r.body != nil {
		t.Errorf("answer is %d %v", r.status, r.body)
	}
	if jobs := w.Half().Begun(); len(jobs) != 2 || !jobs[1].Live {
		t.Errorf("begun %v", jobs)
	}
}

func TestUnknownIDs(t *testing.T) {
	type row struct{ method, path, body string }
	tests := map[string]row{
		"UpdateTaskRelatedTestCase": {"PUT", "/v3/{p}/tasks/ID", seedBody},
		"DeleteNewTask":             {"DELETE", "/v3/{p}/tasks/ID", ""},
		"BatchUpdateTaskStatus":     {"POST", "/v1/{p}/test-suites/ID/tasks/batch-update-task-status", batch(toStart, nil, ExistingTask)},
		"UpdateTaskStatus task":     {"POST", "/v1/{p}/test-suites/393862/tasks/ID", ""},
		"UpdateTaskStatus project":  {"POST", "/v1/{p}/test-suites/ID/tasks/184138", ""},
		"ShowTask":                  {"GET", "/v1/{p}/tasks/ID", ""},
		"UpdateTask":                {"PUT", "/v1/{p}/tasks/ID", ""},
		"DeleteTask":                {"DELETE", "/v1/{p}/tasks/ID", ""},
		"ShowProject":               {"GET", "/v1/{p}/test-suites/ID", ""},
		"UpdateProject":             {"PUT", "/v1/{p}/test-suites/ID", ""},
		"DeleteProject":             {"DELETE", "/v1/{p}/test-suites/ID", ""},
		"ShowTaskSet":               {"GET", "/v1/{p}/all-tasks/ID", ""},
		"ShowHistoryRunInfo":        {"GET", "/v1/{p}/tasks/history-run-list/ID", ""},
		"ShowMergeTaskCase":         {"GET", "/v2/{p}/task-run-infos/ID/cases", ""},
		"ShowMergeCaseDetail run":   {"GET", "/v2/{p}/task-run-infos/ID/case-run-infos/1/detail", ""},
		"ShowMergeCaseDetail case":  {"GET", "/v2/{p}/task-run-infos/RUN/case-run-infos/ID/detail", ""},
		"ShowTaskCaseAwChart run":   {"GET", "/v2/{p}/task-run-infos/ID/case-run-infos/1/detail/1/chart", ""},
		"ShowTaskCaseAwChart case":  {"GET", "/v2/{p}/task-run-infos/RUN/case-run-infos/ID/detail/1/chart", ""},
		"ShowReport run":            {"GET", "/v1/{p}/task-run-infos/ID/case-run-infos/1/reports?brokens_limit_count=5", ""},
		"ShowReport case":           {"GET", "/v1/{p}/task-run-infos/RUN/case-run-infos/ID/reports?brokens_limit_count=5", ""},
		"log-outline":               {"GET", "/v2/{p}/task-run-infos/ID/reports/log-outline", ""},
		"ListProjectTestCase":       {"GET", "/v1/{p}/test-suites/ID/directory", ""},
		"ShowCase":                  {"GET", "/v2/{p}/test-cases/ID", ""},
		"ListTaskCases project":     {"GET", "/v1/{p}/test-suites/ID/tasks/184138/test-cases", ""},
		"ListTaskCases task":        {"GET", "/v1/{p}/test-suites/393862/tasks/ID/test-cases", ""},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			path := strings.Replace(c.path, "RUN", fmt.Sprint(w.start(ExistingTask)), 1)
			w.call(c.method, strings.Replace(path, "ID", "99", 1), c.body).want(403, codeNoSuch)
			for _, id := range []string{"x", "-1", "2147483648", "%7Bid%7D"} {
				w.call(c.method, strings.Replace(path, "ID", id, 1), c.body).want(400, codeBadValue)
			}
		})
	}
	w := newWorld(t)
	w.get("/v1/{p}/test-suites/393863/tasks/184138/test-cases").want(403, codeNoSuch)
}
