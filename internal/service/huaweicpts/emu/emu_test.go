package cptsemu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

const tenant = "0123456789abcdef0123456789abcdef"

// world is a service with a clock to turn and the routes as the emulator has them.
type world struct {
	*Service
	t   testing.TB
	now time.Time
	mux *http.ServeMux
}

func newWorld(t testing.TB, switches ...func(*Switches)) *world {
	w := &world{t: t, now: time.Date(2026, 3, 1, 4, 0, 0, 0, time.UTC), mux: http.NewServeMux()}
	w.Service = New(func() time.Time { return w.now })
	for _, set := range switches {
		set(&w.Switches)
	}
	for _, call := range w.Half().Calls {
		w.mux.HandleFunc(call.Route, func(rw http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			a := call.Handle(&emu.Request{Body: body, Header: r.Header, Query: r.URL.Query(), Path: r.PathValue})
			if a.Status == 0 {
				a.Status = http.StatusOK
			}
			rw.WriteHeader(a.Status)
			if a.Body != nil {
				if err := json.NewEncoder(rw).Encode(a.Body); err != nil {
					t.Errorf("%s: %v", call.Name, err)
				}
			}
		})
	}
	return w
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// reply is a decoded answer; at reads a value by its path, "result.0.task_id".
type reply struct {
	t      testing.TB
	status int
	body   any
}

func (w *world) call(method, path, body string) reply {
	w.t.Helper()
	r := httptest.NewRequest(method, strings.ReplaceAll(path, "{p}", tenant), strings.NewReader(body))
	rec := httptest.NewRecorder()
	w.mux.ServeHTTP(rec, r)
	got := reply{t: w.t, status: rec.Code}
	if rec.Body.Len() > 0 {
		dec := json.NewDecoder(rec.Body)
		dec.UseNumber()
		if err := dec.Decode(&got.body); err != nil {
			w.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return got
}

func (w *world) get(format string, args ...any) reply {
	w.t.Helper()
	return w.call("GET", fmt.Sprintf(format, args...), "")
}

func (r reply) at(path string) any {
	r.t.Helper()
	v := r.body
	for _, step := range strings.Split(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			inner, found := x[step]
			if !found {
				r.t.Fatalf("%s: no %q", path, step)
			}
			v = inner
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(x) {
				r.t.Fatalf("%s: no element %q of %d", path, step, len(x))
			}
			v = x[i]
		default:
			r.t.Fatalf("%s: %q of %v", path, step, v)
		}
	}
	return v
}

func (r reply) num(path string) float64 {
	r.t.Helper()
	n, isNumber := r.at(path).(json.Number)
	f, err := n.Float64()
	if !isNumber || err != nil {
		r.t.Fatalf("%s is no number but %v", path, r.at(path))
	}
	return f
}

func (r reply) whole(path string) int {
	r.t.Helper()
	n, err := strconv.Atoi(fmt.Sprint(r.at(path)))
	if err != nil {
		r.t.Fatalf("%s: %v", path, err)
	}
	return n
}

func (r reply) count(path string) int {
	r.t.Helper()
	list, isList := r.at(path).([]any)
	if !isList {
		r.t.Fatalf("%s is no list but %v", path, r.at(path))
	}
	return len(list)
}

func (r reply) want(status int, code string) {
	r.t.Helper()
	if r.status != status || r.at("code") != code {
		r.t.Errorf("answer is %d %v, want %d %s", r.status, r.body, status, code)
	}
}

func (r reply) wantOK() reply {
	r.t.Helper()
	if r.status != 200 {
		r.t.Fatalf("answer is %d %v, want 200", r.status, r.body)
	}
	r.want(200, codeSuccess)
	return r
}

const seedBody = `{"name":"task","parallel":false,"enable_full_link":true,"project_id":393862,"operate_mode":2,"case_id_list":[449269,449270]}` + "\n"

func (w *world) create(name string, parallel bool, cases ...int) int {
	w.t.Helper()
	body, _ := json.Marshal(object{"name": name, "parallel": parallel, "project_id": TestProject, "operate_mode": 2, "case_id_list": cases})
	r := w.call("POST", "/v3/{p}/tasks", string(body))
	r.want(201, codeSuccess)
	return r.whole("task_id")
}

// batch is the body of BatchUpdateTaskStatus with fields replaced, or removed by nil.
func batch(status int, change object, tasks ...int) string {
	body := object{
		"type": 1, "project_id": TestProject, "task_id_list": tasks, "cluster_id": 0,
		"cluster_type": sharedCluster, "without_package": 0, "status": status,
		"network_info": object{"network_type": "internet"}, "enterprise_project_id": "0",
	}
	return edited(body, change)
}

func edited(body, change object) string {
	for name, value := range change {
		body[name] = value
		if value == nil {
			delete(body, name)
		}
	}
	text, _ := json.Marshal(body)
	return string(text)
}

const batchPath = "/v1/{p}/test-suites/393862/tasks/batch-update-task-status"

func (w *world) order(status int, tasks ...int) reply {
	w.t.Helper()
	return w.call("POST", batchPath, batch(status, nil, tasks...))
}

func (w *world) start(task int) int {
	w.t.Helper()
	r := w.order(toStart, task).wantOK()
	if r.whole("result.0.task_id") != task {
		w.t.Errorf("result is of task %v", r.at("result.0.task_id"))
	}
	return r.whole("result.0.task_run_id")
}

func (w *world) runStatus(task int) int {
	w.t.Helper()
	return w.get("/v1/{p}/tasks/%d", task).wantOK().whole("taskInfo.run_status")
}

func TestCallsAreRoutable(t *testing.T) {
	w := newWorld(t)
	half := w.Half()
	if half.Vendor != emu.Huawei || half.Service != "cpts" || len(half.Calls) != 24 {
		t.Errorf("half is %d %q with %d calls", half.Vendor, half.Service, len(half.Calls))
	}
	for _, call := range half.Calls {
		method, pattern, _ := strings.Cut(call.Route, " ")
		path := strings.NewReplacer("{project_id}", tenant, "{", "", "}", "").Replace(pattern)
		if _, got := w.mux.Handler(httptest.NewRequest(method, path, nil)); got != call.Route {
			t.Errorf("%s is served by %q", call.Name, got)
		}
	}
}

func TestBegunTellsEveryRun(t *testing.T) {
	w := newWorld(t)
	if got := w.Half().Begun(); len(got) != 0 {
		t.Fatalf("begun before any start: %v", got)
	}
	one, two := w.create("mark-1", false, HealthyCase), w.create("mark-2", true, AbortingCase)
	first := w.start(one)
	began := w.now
	w.pass(10 * time.Second)
	second := w.start(two)
	w.call("PUT", fmt.Sprintf("/v3/{p}/tasks/%d", one), strings.Replace(seedBody, `"task"`, `"renamed"`, 1)).wantOK()
	w.pass(40 * time.Second)
	want := []emu.Job{
		{ID: strconv.Itoa(first), Mark: "mark-1", State: "0", Live: true, Began: began},
		{ID: strconv.Itoa(second), Mark: "mark-2", State: "3", Live: false, Began: began.Add(10 * time.Second)},
	}
	if got := w.Half().Begun(); !reflect.DeepEqual(got, want) {
		t.Errorf("begun\n%v, want\n%v", got, want)
	}
}

func TestDeterministic(t *testing.T) {
	play := func() string {
		w := newWorld(t)
		id := w.create("x", true, HealthyCase, FailingCase)
		run := w.start(id)
		w.pass(30 * time.Second)
		cases := w.get("/v2/{p}/task-run-infos/%d/cases", run)
		report := w.get("/v1/{p}/task-run-infos/%d/case-run-infos/%v/reports?brokens_limit_count=9", run, cases.at("result.case_aw_info_list.1.case_uri_i"))
		return fmt.Sprint(cases.body, report.body, w.get("/v1/{p}/tasks/%d", id).body, w.get("/v1/{p}/all-tasks/393862").body)
	}
	if a, b := play(), play(); a != b {
		t.Errorf("two plays differ:\n%s\n%s", a, b)
	}
}

func TestAddedCasesAndTasks(t *testing.T) {
	w := newWorld(t)
	id := w.AddCase(Case{Name: "own", Lasts: 10 * time.Second, Users: 1, RPS: 10, P95: 20})
	task := w.AddTask("own task", false, id, 7)
	if got := w.get("/v1/{p}/test-suites/393862/tasks/%d/test-cases", task).wantOK(); got.count("test_cases") != 1 || got.whole("test_cases.0.id") != id {
		t.Errorf("cases are %v", got.body)
	}
	w.start(task)
	w.pass(15 * time.Second)
	if got := w.runStatus(task); got != ended {
		t.Errorf("status %d", got)
	}
}

// FuzzBodies sends any bytes to every call; it may refuse but not fall over.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{seedBody, batch(toStart, nil, ExistingTask), batch(toStop, nil, ExistingTask), "", "null", "[]", `{"name":1}`, `{"case_id_list":[1e9,{}]}`} {
		f.Add([]byte(seed), "184138", "5")
	}
	f.Fuzz(func(t *testing.T, body []byte, id, query string) {
		w := newWorld(t)
		run := strconv.Itoa(w.start(ExistingTask))
		w.pass(20 * time.Second)
		for _, call := range w.Half().Calls {
			for _, path := range []string{id, run, "393862", "910001", "730001"} {
				a := call.Handle(&emu.Request{
					Body:   bytes.Clone(body),
					Header: http.Header{},
					Query:  map[string][]string{"offset": {query}, "limit": {query}, "brokens_limit_count": {query}},
					Path: func(name string) string {
						if name == "task_run_id" {
							return run
						}
						return path
					},
				})
				if _, err := json.Marshal(a.Body); err != nil {
					t.Errorf("%s: %v", call.Name, err)
				}
				if a.Status != 0 && (a.Status < 200 || a.Status > 599) {
					t.Errorf("%s: status %d", call.Name, a.Status)
				}
			}
		}
	})
}
