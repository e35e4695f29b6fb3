package cptsemu

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestOldTask goes the way of Terraform's provider: a task without cases by the
// v1 calls, started and stopped by the call for one task without
// without_package (facts huawei-cpts §4.1).
func TestOldTask(t *testing.T) {
	w := newWorld(t)
	r := w.call("POST", "/v1/{p}/tasks", `{"name":"load","project_id":393862,"bench_concurrent":200}`).wantOK()
	id := r.whole("task_id")
	path := fmt.Sprintf("/v1/{p}/tasks/%d", id)
	if got := w.get("%s", path).wantOK(); got.whole("taskInfo.run_status") != ended || got.whole("taskInfo.bench_concurrent") != 200 || got.at("taskInfo.name") != "load" || got.whole("taskInfo.project_id") != TestProject {
		t.Errorf("a task that never ran is %v", got.body)
	}
	w.pass(time.Second)
	changed := w.call("PUT", path, fmt.Sprintf(`{"id":%d,"name":"load 2","project_id":393862,"bench_concurrent":300}`, id)).wantOK()
	if changed.at("taskInfo.name") != "load 2" || changed.whole("taskInfo.bench_concurrent") != 300 || w.get("/v1/{p}/all-tasks/393862").wantOK().at("tasks.0.name") != "load 2" {
		t.Errorf("changed to %v", changed.body)
	}
	order := fmt.Sprintf("/v1/{p}/test-suites/393862/tasks/%d", id)
	started := w.call("POST", order, `{"cluster_id":0,"cluster_type":"shared-cluster-internet","network_info":{"network_type":"internet"},"status":9}`).wantOK()
	if body := started.body.(map[string]any); len(body) != 3 || started.whole("result.task_run_id") == 0 {
		t.Errorf("the answer to the start is %v", body)
	}
	if got := w.runStatus(id); got != waiting {
		t.Errorf("started, status %d", got)
	}
	w.call("POST", order, `{"cluster_id":-1,"cluster_type":"shared-cluster-internet","network_info":{},"status":2}`).wantOK()
	w.pass(time.Minute)
	if got := w.runStatus(id); got != terminated {
		t.Errorf("stopped, status %d", got)
	}
	w.call("DELETE", path, "").wantOK()
	w.get("%s", path).want(403, codeNoSuch)
}

func TestOldTaskRefused(t *testing.T) {
	w := newWorld(t)
	for body, code := range map[string]string{
		`{"project_id":393862}`:                                          codeBadValue,
		`{"name":"","project_id":393862}`:                                codeBadValue,
		`{"name":"` + strings.Repeat("x", 43) + `","project_id":393862}`: codeBadValue, // 42 at the most (TF)
		`{"name":"x"}`: codeBadValue,
		`{"name":"x","project_id":393862,"bench_concurrent":-1}`:      codeBadValue,
		`{"name":"x","project_id":393862,"bench_concurrent":2000001}`: codeBadValue, // TF
		`{"name":"x","project_id":393862,"bench_concurrent":"100"}`:   codeBadValue,
		`{"name":"x","project_id":5}`:                                 codeNoSuch,
	} {
		if r := w.call("POST", "/v1/{p}/tasks", body); r.at("code") != code {
			t.Errorf("%s: %v", body, r.body)
		}
	}
	path := fmt.Sprintf("/v1/{p}/tasks/%d", ExistingTask)
	w.call("PUT", path, `{"id":5,"name":"x","project_id":393862}`).want(400, codeBadValue)
	w.call("PUT", path, fmt.Sprintf(`{"id":%d,"name":"x","project_id":393863}`, ExistingTask)).want(403, codeNoSuch)
	w.start(ExistingTask)
	w.call("DELETE", path, "").want(400, codeBusy)
}

func TestProjectLife(t *testing.T) {
	w := newWorld(t)
	id := w.call("POST", "/v1/{p}/test-suites", `{"name":"shop","description":"of mine"}`).wantOK().whole("project_id")
	path := fmt.Sprintf("/v1/{p}/test-suites/%d", id)
	w.pass(time.Minute)
	w.call("PUT", path, fmt.Sprintf(`{"id":%d,"name":"shop 2","description":""}`, id)).wantOK()
	got := w.get("%s", path).wantOK()
	if got.at("project.name") != "shop 2" || got.at("project.description") != "" || got.at("project.create_time") != "2026-03-01T12:00:00+08:00" || got.at("project.update_time") != "2026-03-01T12:01:00+08:00" {
		t.Errorf("the project is %v", got.body)
	}
	task := w.call("POST", "/v1/{p}/tasks", fmt.Sprintf(`{"name":"x","project_id":%d}`, id)).wantOK().whole("task_id")
	w.call("DELETE", path, "").wantOK()
	w.get("%s", path).want(403, codeNoSuch)
	w.get("/v1/{p}/tasks/%d", task).want(403, codeNoSuch)
	for _, body := range []string{`{}`, `{"name":""}`, `{"name":"` + strings.Repeat("x", 43) + `"}`, `{"name":"x","description":"` + strings.Repeat("x", 51) + `"}`} {
		w.call("POST", "/v1/{p}/test-suites", body).want(400, codeBadValue)
	}
	w.call("PUT", "/v1/{p}/test-suites/393862", `{"id":1,"name":"x"}`).want(400, codeBadValue)
}

// TestNotOpened: nothing works for an account that never opened the service.
func TestNotOpened(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.NotOpened = true })
	w.call("POST", "/v3/{p}/tasks", seedBody).want(http.StatusForbidden, codeNotOpened)
	w.get("/v1/{p}/tasks/%d", ExistingTask).want(http.StatusForbidden, codeNotOpened)
	if len(w.Half().Begun()) != 0 {
		t.Error("something began")
	}
}

// TestRefusalsInside: code and message stay, the status is that of a success.
func TestRefusalsInside(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.RefusalsInside = true })
	w.get("/v1/{p}/tasks/1").want(http.StatusOK, codeNoSuch)
	w.call("POST", batchPath, batch(toStart, object{"status": 1}, ExistingTask)).want(http.StatusOK, codeBadValue)
	w.order(toStart, ExistingTask).wantOK()
	w.Switches.LogOutlineAbsent = true // the gateway knows no such way
	if r := w.get("/v2/{p}/task-run-infos/48105/reports/log-outline"); r.status != http.StatusNotFound {
		t.Errorf("the gateway answers %d", r.status)
	}
}
