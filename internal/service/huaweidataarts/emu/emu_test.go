package dataartsemu

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

// cloud is a service behind its routes, with a clock that only the test moves.
type cloud struct {
	*Service
	t   *testing.T
	now time.Time
	mux *http.ServeMux
}

// start is one second past a plan time of all jobs, 08:00:01 in UTC+8.
var start = time.Date(2026, 3, 2, 0, 0, 1, 0, time.UTC)

func newCloud(t *testing.T) *cloud {
	c := &cloud{t: t, now: start, mux: http.NewServeMux()}
	c.Service = New(func() time.Time { return c.now })
	for _, call := range c.Half().Calls {
		c.mux.HandleFunc(call.Route, func(w http.ResponseWriter, r *http.Request) {
			var body bytes.Buffer
			if _, err := body.ReadFrom(r.Body); err != nil {
				t.Error(err)
			}
			a := call.Handle(&emu.Request{Body: body.Bytes(), Header: r.Header, Query: r.URL.Query(), Path: r.PathValue})
			w.Header().Set("Call", call.Name)
			w.WriteHeader(max(a.Status, 200))
			if a.Body != nil {
				if err := json.NewEncoder(w).Encode(a.Body); err != nil {
					t.Error(err)
				}
			}
		})
	}
	return c
}

func (c *cloud) pass(d time.Duration) { c.now = c.now.Add(d) }

// in sends a request to a workspace; path begins after the project.
func (c *cloud) in(workspace, method, path, body string) (int, string, string) {
	c.t.Helper()
	r := httptest.NewRequest(method, "/v1/b384b9e9ab9b4ee8994c8633aabc9505"+path, strings.NewReader(body))
	if workspace != "" {
		r.Header.Set("Workspace", workspace)
	}
	w := httptest.NewRecorder()
	c.mux.ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String()), w.Header().Get("Call")
}

func (c *cloud) post(path, body string) (int, string) {
	c.t.Helper()
	status, answer, _ := c.in("", "POST", path, body)
	return status, answer
}

// get is the decoded answer of a read that must succeed.
func (c *cloud) get(path string) map[string]any {
	c.t.Helper()
	return c.getIn("", path)
}

func (c *cloud) getIn(workspace, path string) map[string]any {
	c.t.Helper()
	status, answer, _ := c.in(workspace, "GET", path, "")
	if status != 200 {
		c.t.Fatalf("GET %s: %d %s", path, status, answer)
	}
	var o map[string]any
	if err := json.Unmarshal([]byte(answer), &o); err != nil {
		c.t.Fatal(err)
	}
	return o
}

// run begins an instance and returns its path.
func (c *cloud) run(job string) string {
	c.t.Helper()
	status, answer := c.post("/jobs/"+job+"/run-immediate", "")
	var o struct{ InstanceID json.Number }
	if err := json.Unmarshal([]byte(answer), &o); err != nil || status != 200 {
		c.t.Fatalf("run %s: %d %s", job, status, answer)
	}
	return "/jobs/" + job + "/instances/" + o.InstanceID.String()
}

// must posts without a body and wants 204 without one.
func (c *cloud) must(path string) {
	c.t.Helper()
	if status, answer := c.post(path, ""); status != 204 || answer != "" {
		c.t.Fatalf("POST %s: %d %q, want 204 and nothing", path, status, answer)
	}
}

func (c *cloud) wantCode(status int, answer, code string) {
	c.t.Helper()
	if status != 400 || !strings.Contains(answer, `"error_code":"`+code+`"`) || !strings.Contains(answer, `"error_msg":"`) {
		c.t.Errorf("got %d %s, want 400 %s", status, answer, code)
	}
}

// jobStatus reads a job's status from the list.
func (c *cloud) jobStatus(kind, name string) string {
	c.t.Helper()
	for _, r := range c.get("/jobs?limit=100&jobType=" + kind)["jobs"].([]any) {
		if r.(map[string]any)["name"] == name {
			return r.(map[string]any)["status"].(string)
		}
	}
	c.t.Fatalf("job %s is not listed", name)
	return ""
}

// instances lists what has a plan time around now.
func (c *cloud) instances(query string) []map[string]any {
	c.t.Helper()
	path := fmt.Sprintf("/jobs/instances/detail?minPlanTime=%d&maxPlanTime=%d&%s",
		c.now.Add(-48*time.Hour).UnixMilli(), c.now.Add(time.Hour).UnixMilli(), query)
	var records []map[string]any
	for _, r := range c.get(path)["instances"].([]any) {
		records = append(records, r.(map[string]any))
	}
	return records
}

// truth is Begun, one line per job.
func (c *cloud) truth() []string {
	var lines []string
	for _, j := range c.Half().Begun() {
		lines = append(lines, fmt.Sprintf("%s %s %s %v", j.ID, j.Mark, j.State, j.Live))
	}
	return lines
}

func (c *cloud) wantTruth(want ...string) {
	c.t.Helper()
	if got := c.truth(); !reflect.DeepEqual(got, want) {
		c.t.Errorf("begun:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHalf(t *testing.T) {
	h := newCloud(t).Half()
	if h.Vendor != emu.Huawei || h.Service != "dayu-dlf" || h.Version != "" {
		t.Errorf("half is %v %q %q", h.Vendor, h.Service, h.Version)
	}
	if begun := h.Begun(); len(begun) != 0 {
		t.Errorf("before anybody came: %v", begun)
	}
}

// TestRoutes also proves that the patterns live on one mux: newCloud would
// panic otherwise.
func TestRoutes(t *testing.T) {
	tests := []struct{ method, path, call string }{
		{"POST", "/jobs/myJob/start", "StartJob"},
		{"POST", "/jobs/%E4%BD%9C%E4%B8%9A%E4%B8%80/start", "StartJob"},
		{"POST", "/jobs/myJob/stop", "StopJob"},
		{"POST", "/jobs/myJob/run-immediate", "RunOnce"},
		{"GET", "/jobs/myJob", "ShowJob"},
		{"GET", "/jobs/instances", "ShowJob"},
		{"GET", "/jobs", "ListJobs"},
		{"GET", "/jobs/myStream/status", "ShowJobStatus"},
		{"GET", "/jobs/instances/status", "ShowJobStatus"},
		{"GET", "/jobs/instances/detail", "ListJobInstances"},
		{"GET", "/jobs/myJob/instances/1", "ShowJobInstance"},
		{"GET", "/jobs/instances/instances/1", "ShowJobInstance"},
		{"POST", "/jobs/myJob/instances/1/stop", "StopJobInstance"},
		{"POST", "/jobs/myJob/instances/1/restart", "RestoreJobInstance"},
	}
	c := newCloud(t)
	for _, test := range tests {
		if _, answer, call := c.in("", test.method, test.path, ""); call != test.call {
			t.Errorf("%s %s went to %q, want %s (%s)", test.method, test.path, call, test.call, answer)
		}
	}
}

func TestWorkspaces(t *testing.T) {
	tests := []struct {
		name, workspace, job string
		switches             Switches
		status               int
		code                 string
	}{
		{name: "default by default", job: MyJob, status: 204},
		{name: "default by id", workspace: DefaultWorkspace, job: MyJob, status: 204},
		{name: "named", workspace: NamedWorkspace, job: WorkspaceJob, status: 204},
		{name: "not in named", workspace: NamedWorkspace, job: MyJob, status: 400, code: "DLF.0100"},
		{name: "not in default", job: WorkspaceJob, status: 400, code: "DLF.0100"},
		{name: "unknown", workspace: "0123", job: MyJob, status: 400, code: "DLF.0819"},
		{name: "unknown, new code", workspace: "0123", job: MyJob, switches: Switches{FiveDigitCodes: true}, status: 400, code: "DLF.20819"},
		{name: "no default", job: MyJob, switches: Switches{NoDefaultWorkspace: true}, status: 400, code: "DLF.0819"},
		{name: "no default, named", workspace: NamedWorkspace, job: WorkspaceJob, switches: Switches{NoDefaultWorkspace: true}, status: 204},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			c.Switches = test.switches
			status, answer, _ := c.in(test.workspace, "POST", "/jobs/"+test.job+"/start", "")
			if status != test.status || test.code != "" && !strings.Contains(answer, `"`+test.code+`"`) {
				t.Errorf("got %d %s, want %d %s", status, answer, test.status, test.code)
			}
		})
	}
}

func TestWorkspacesAreApart(t *testing.T) {
	c := newCloud(t)
	c.Add(Job{Name: MyJob, Workspace: "c0ffee", Type: Batch, Schedule: Once, Nodes: []Node{{Name: "n", Takes: time.Second}}})
	c.run(MyJob)
	if status, answer, _ := c.in("c0ffee", "GET", "/jobs/myJob/instances/132343", ""); status != 400 {
		t.Errorf("other workspace: %d %s", status, answer)
	}
	c.pass(time.Second)
	for workspace, want := range map[string]float64{"": 1, "c0ffee": 0, NamedWorkspace: 0} {
		if got := c.getIn(workspace, "/jobs/instances/detail")["total"]; got != want {
			t.Errorf("workspace %q: total %v, want %v", workspace, got, want)
		}
	}
	if got := c.getIn("c0ffee", "/jobs/myJob")["schedule"]; !reflect.DeepEqual(got, map[string]any{"type": Once}) {
		t.Errorf("schedule is %v", got)
	}
}

func TestErrorCodes(t *testing.T) {
	broken := func(change func(*Job)) Job {
		j := Job{Name: "broken", Type: Batch, Schedule: Cron, Every: time.Minute, Nodes: []Node{{Name: "n", Takes: time.Second}}}
		change(&j)
		return j
	}
	tests := []struct {
		name, method, path, body, code string
		switches                       Switches
		job                            Job
	}{
		{name: "no job", method: "POST", path: "/jobs/none/start", code: "DLF.0100"},
		{name: "no job to stop", method: "POST", path: "/jobs/none/stop", code: "DLF.0100"},
		{name: "no job to run", method: "POST", path: "/jobs/none/run-immediate", code: "DLF.0100"},
		{name: "no job to show", method: "GET", path: "/jobs/none", code: "DLF.0100"},
		{name: "no job's status", method: "GET", path: "/jobs/none/status", code: "DLF.0100"},
		{name: "no job's instance", method: "GET", path: "/jobs/none/instances/1", code: "DLF.0100"},
		{name: "no job, new code", method: "POST", path: "/jobs/none/start", code: "DLF.30100", switches: Switches{FiveDigitCodes: true}},
		{name: "case matters", method: "POST", path: "/jobs/MYJOB/start", code: "DLF.0100"},
		{name: "run of a stream", method: "POST", path: "/jobs/myStream/run-immediate", code: "DLF.0136"},
		{name: "no instance", method: "GET", path: "/jobs/myJob/instances/1", code: "DLF.0137"},
		{name: "no instance, new code", method: "GET", path: "/jobs/myJob/instances/1", code: "DLF.30137", switches: Switches{FiveDigitCodes: true}},
		{name: "no instance to stop", method: "POST", path: "/jobs/myJob/instances/1/stop", code: "DLF.0137"},
		{name: "no instance to restart", method: "POST", path: "/jobs/myJob/instances/1/restart", code: "DLF.0137"},
		{name: "instance is no number", method: "GET", path: "/jobs/myJob/instances/x", code: "DLF.3051"},
		{name: "no nodes", method: "POST", path: "/jobs/broken/start", code: "DLF.1006", job: broken(func(j *Job) { j.Nodes = nil })},
		{name: "no nodes to run", method: "POST", path: "/jobs/broken/run-immediate", code: "DLF.1006", job: broken(func(j *Job) { j.Nodes = nil })},
		{name: "blank name", method: "POST", path: "/jobs/%20/start", code: "DLF.3004"},
		{name: "bad name", method: "POST", path: "/jobs/a%20b/start", code: "DLF.3018"},
		{name: "long name", method: "POST", path: "/jobs/" + strings.Repeat("a", 129) + "/start", code: "DLF.3018"},
		{name: "128 characters", method: "POST", path: "/jobs/" + strings.Repeat("%E4%BD%9C", 128) + "/start", code: "DLF.0100"},
		{name: "bad schedule", method: "POST", path: "/jobs/broken/start", code: "DLF.3025", job: broken(func(j *Job) { j.Every = 0 })},
		{name: "no script", method: "POST", path: "/jobs/broken/start", code: "DLF.6201", job: broken(func(j *Job) { j.Refusal = "DLF.6201" })},
		{name: "no right", method: "POST", path: "/jobs/broken/run-immediate", code: "DLF.6888", job: broken(func(j *Job) { j.Refusal = "DLF.6888" })},
		{name: "once refused", method: "POST", path: "/jobs/onceJob/start", code: "DLF.3051", switches: Switches{OnceStartRefused: true}},
		{name: "on already", method: "POST", path: "/jobs/scheduledJob/start", code: "DLF.3051"},
		{name: "on already, its own code", method: "POST", path: "/jobs/scheduledJob/start", code: "DLF.30107", switches: Switches{SecondStart30107: true}},
		{name: "idle stop", method: "POST", path: "/jobs/myJob/stop", code: "DLF.3051", switches: Switches{IdleStopRefused: true}},
		{name: "batch status", method: "GET", path: "/jobs/myJob/status", code: "DLF.3051", switches: Switches{BatchStatusRefused: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			c.Switches = test.switches
			if test.job.Name != "" {
				c.Add(test.job)
			}
			status, answer, _ := c.in("", test.method, test.path, test.body)
			c.wantCode(status, answer, test.code)
			c.wantTruth()
		})
	}
}

// TestDocumentedRefusals are the samples of document 004, OTC and DGC.
func TestDocumentedRefusals(t *testing.T) {
	for path, want := range map[string]string{
		"POST /jobs/none/start":                 `{"error_code":"DLF.0100","error_msg":"The job does not exists."}`,
		"POST /jobs/myJob/instances/34765/stop": `{"error_code":"DLF.0137","error_msg":"Job instance does not exist."}`,
		"GET /jobs/instances/detail?limit=0":    `{"error_code":"DLF.3051","error_msg":"The request parameter is invalid."}`,
		"GET /jobs/myJob/instances/34765":       `{"error_code":"DLF.0137","error_msg":"Job instance does not exist."}`,
		"GET /jobs?jobType=REALTIME":            `{"error_code":"DLF.3051","error_msg":"The request parameter is invalid."}`,
		"POST /jobs/myStreams/run-immediate":    `{"error_code":"DLF.0100","error_msg":"The job does not exists."}`,
	} {
		method, path, _ := strings.Cut(path, " ")
		if status, answer, _ := newCloud(t).in("", method, path, ""); status != 400 || answer != want {
			t.Errorf("%s: got %d %s, want 400 %s", path, status, answer, want)
		}
	}
}

func TestNotPublished(t *testing.T) {
	c := newCloud(t)
	c.Switches.NotPublished = true
	for _, call := range c.Half().Calls {
		method, _, _ := strings.Cut(call.Route, " ")
		path := strings.NewReplacer("/v1/{project_id}", "", "{job_name}", MyJob, "{instance_id}", "1").Replace(strings.Fields(call.Route)[1])
		status, answer, _ := c.in("", method, path, "")
		if status != 404 || !strings.Contains(answer, "APIGW.0101") {
			t.Errorf("%s: %d %s", call.Name, status, answer)
		}
	}
	c.wantTruth()
}

func FuzzBodies(f *testing.F) {
	f.Add([]byte(`{"jobParams":[{"name":"a","value":"b"}]}`))
	f.Add([]byte(`{"jobParams":[null],"start_date":1e9}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, body []byte) {
		now := start
		s := New(func() time.Time { return now })
		path := map[string]string{"job_name": MyJob, "instance_id": "132343"}
		for range 2 {
			for _, call := range s.Half().Calls {
				call.Handle(&emu.Request{Body: body, Header: http.Header{}, Path: func(n string) string { return path[n] }})
			}
			now = now.Add(time.Minute)
		}
		s.Half().Begun()
	})
}

func FuzzQueries(f *testing.F) {
	f.Add("limit=1&offset=2&jobName=my&preciseQuery=true&minPlanTime=-9223372036854775808&maxPlanTime=9223372036854775807")
	f.Add("status=running&instanceType=2&jobType=BATCH&tags=a")
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = query
		s := New(func() time.Time { return start })
		for _, call := range s.Half().Calls {
			call.Handle(&emu.Request{Header: http.Header{}, Query: r.URL.Query(), Path: func(string) string { return MyJob }})
		}
	})
}
