package cptsemu

import (
	"fmt"
	"testing"
)

func TestTaskSetPaging(t *testing.T) {
	w := newWorld(t)
	for i := range 4 {
		w.create(fmt.Sprint("t", i), false, HealthyCase)
	}
	names := func(query string) string {
		r := w.get("/v1/{p}/all-tasks/393862%s", query).wantOK()
		all := ""
		for i := range r.count("tasks") {
			all += fmt.Sprint(r.at(fmt.Sprintf("tasks.%d.name", i)), " ")
		}
		return all
	}
	for query, want := range map[string]string{
		"":                              "t3 t2 t1 t0 nightly ",
		"?limit=2&offset=0":             "t3 t2 ",
		"?limit=2&offset=2":             "t1 t0 ",
		"?limit=2&offset=4":             "nightly ",
		"?limit=2&offset=5":             "",
		"?limit=0&offset=3":             "t0 nightly ",
		"?limit=2147483647&offset=1":    "t2 t1 t0 nightly ",
		"?offset=2147483647":            "",
		"?limit=2000&offset=2147483647": "",
	} {
		if got := names(query); got != want {
			t.Errorf("%q lists %q, want %q", query, got, want)
		}
	}
	w.Switches.OffsetIsPage = true
	if got := names("?limit=2&offset=1"); got != "t1 t0 " {
		t.Errorf("page 1 is %q", got)
	}
	w.Switches.PageLimit = 3
	if got := names("?limit=50&offset=1"); got != "t0 nightly " {
		t.Errorf("page 1 of 3 is %q", got)
	}
	for _, query := range []string{"limit=x", "limit=-1", "offset=1.5", "offset=-1"} {
		w.get("/v1/{p}/all-tasks/393862?%s", query).want(400, codeBadValue)
		w.get("/v1/{p}/test-suites?%s", query).want(400, codeBadValue)
	}
	if got := w.get("/v1/{p}/all-tasks/393863").wantOK(); got.count("tasks") != 0 {
		t.Errorf("the other project has %v", got.body)
	}
}

func TestTaskRow(t *testing.T) {
	w := newWorld(t)
	row := w.get("/v1/{p}/all-tasks/393862").wantOK()
	for path, want := range map[string]string{
		"extend": "[]", "tasks.0.id": "184138", "tasks.0.description": "", "tasks.0.operate_mode": "2",
		"tasks.0.bench_concurrent": "100", "tasks.0.parallel": "false",
		"tasks.0.update_time":      "2026-03-01T12:00:00.000000+08:00",
		"tasks.0.task_run_info.id": "0", "tasks.0.task_run_info.run_type": "1",
	} {
		if got := fmt.Sprint(row.at(path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	run := w.start(ExistingTask)
	id := func() int { return w.get("/v1/{p}/all-tasks/393862").whole("tasks.0.task_run_info.id") }
	if id() != run {
		t.Errorf("task_run_info.id %d, want the run", id())
	}
	w.Switches.TaskRunInfoIsTask = true
	if id() != ExistingTask {
		t.Errorf("task_run_info.id %d, want the task", id())
	}
}

func TestProjectsAndCases(t *testing.T) {
	w := newWorld(t)
	projects := w.get("/v1/{p}/test-suites?offset=0&limit=1").wantOK()
	if projects.count("projects") != 1 || projects.whole("projects.0.id") != TestProject {
		t.Errorf("projects %v", projects.body)
	}
	tree := w.get("/v1/{p}/test-suites/393862/directory").wantOK()
	if tree.count("directory") != 5 || tree.whole("directory.0.id") != HealthyCase || tree.whole("directory.4.type") != 2 {
		t.Errorf("directory %v", tree.body)
	}
	cases := w.get("/v1/{p}/test-suites/393862/tasks/184138/test-cases").wantOK()
	if cases.count("test_cases") != 1 || cases.at("test_cases.0.name") != "browse" {
		t.Errorf("cases %v", cases.body)
	}
}

// TestShowCase: a case has the load that ShowTask shows of it in a task.
func TestShowCase(t *testing.T) {
	w := newWorld(t)
	one := w.get("/v2/{p}/test-cases/%d", HealthyCase).wantOK()
	task := w.get("/v1/{p}/tasks/%d", ExistingTask).wantOK()
	if own, of := fmt.Sprint(one.at("test_case")), fmt.Sprint(task.at("taskInfo.case_list.0")); own != of {
		t.Errorf("%s\nis not\n%s", own, of)
	}
	if users, seconds := one.whole("test_case.stages.0.issue_num"), one.whole("test_case.stages.0.time"); users != 50 || seconds != 60 {
		t.Errorf("%d users for %d s", users, seconds)
	}
}
