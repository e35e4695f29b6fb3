package ptsemu

import (
	"encoding/json"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

// cloud is a Service under a virtual clock, called as over the wire.
type cloud struct {
	*Service
	t     *testing.T
	time  time.Time
	calls map[string]func(*emu.Request) emu.Answer
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{t: t, time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), calls: map[string]func(*emu.Request) emu.Answer{}}
	c.Service = New(func() time.Time { return c.time })
	for _, call := range c.Half().Calls {
		c.calls[call.Name] = call.Handle
	}
	return c
}

func (c *cloud) pass(d time.Duration) { c.time = c.time.Add(d) }

// do makes a call and returns the reply as a client decodes it, or the code of
// the refusal.
func (c *cloud) do(call, body string) (reply map[string]any, code string) {
	c.t.Helper()
	handle := c.calls[call]
	if handle == nil {
		c.t.Fatalf("no call %s", call)
	}
	a := handle(&emu.Request{Body: []byte(body)})
	if a.Err != nil {
		if a.Err.Message == "" {
			c.t.Errorf("%s: refused with %s without a message", call, a.Err.Code)
		}
		return nil, a.Err.Code
	}
	raw, err := json.Marshal(a.Body)
	if err != nil {
		c.t.Fatalf("%s: %v", call, err)
	}
	if err := json.Unmarshal(raw, &reply); err != nil || reply == nil {
		c.t.Fatalf("%s: reply %s is no object: %v", call, raw, err)
	}
	return reply, ""
}

func (c *cloud) ok(call, body string) map[string]any {
	c.t.Helper()
	reply, code := c.do(call, body)
	if code != "" {
		c.t.Fatalf("%s %s: refused with %s", call, body, code)
	}
	return reply
}

func (c *cloud) refused(call, body, want string) {
	c.t.Helper()
	if _, code := c.do(call, body); code != want {
		c.t.Errorf("%s %s: code %q, want %q", call, body, code, want)
	}
}

// start begins a job of a scenario in ProjectDemo.
func (c *cloud) start(scenario string) string {
	c.t.Helper()
	reply := c.ok("StartJob", `{"ScenarioId":"`+scenario+`","ProjectId":"project-demo","JobOwner":"me","Note":"mark of `+scenario+`"}`)
	return reply["JobId"].(string)
}

// triple is the body that names a job, with more fields.
func triplet(scenario, job, more string) string {
	return `{"ProjectId":"project-demo","ScenarioId":"` + scenario + `","JobId":"` + job + `"` + more + `}`
}

func jobsQuery(scenario, more string) string {
	return `{"ProjectIds":["project-demo"],"ScenarioIds":["` + scenario + `"]` + more + `}`
}

// show is the one job of a scenario as DescribeJobs shows it.
func (c *cloud) show(scenario string) map[string]any {
	c.t.Helper()
	set, _ := c.ok("DescribeJobs", jobsQuery(scenario, ""))["JobSet"].([]any)
	if len(set) != 1 {
		c.t.Fatalf("DescribeJobs lists %d jobs of %s, want 1", len(set), scenario)
	}
	return set[0].(map[string]any)
}

func (c *cloud) status(scenario string) State {
	c.t.Helper()
	return State(c.show(scenario)["Status"].(float64))
}

func num(t *testing.T, o map[string]any, name string) float64 {
	t.Helper()
	n, ok := o[name].(float64)
	if !ok {
		t.Fatalf("%s is %#v, want a number", name, o[name])
	}
	return n
}

func rows(t *testing.T, o map[string]any, name string) []map[string]any {
	t.Helper()
	list, ok := o[name].([]any)
	if !ok {
		t.Fatalf("%s is %#v, want a list", name, o[name])
	}
	out := make([]map[string]any, 0, len(list))
	for _, v := range list {
		out = append(out, v.(map[string]any))
	}
	return out
}

func TestHalf(t *testing.T) {
	h := newCloud(t).Half()
	if h.Vendor != emu.Tencent || h.Service != "pts" || h.Version != "2021-07-28" {
		t.Errorf("half is %v %q %q", h.Vendor, h.Service, h.Version)
	}
	want := []string{
		"StartJob", "AbortJob", "UpdateJob", "AdjustJobSpeed", "DeleteJobs", "DescribeJobs", "DescribeScenarios",
		"DescribeScenarioWithJobs", "DescribeProjects", "DescribeRequestSummary", "DescribeCheckSummary",
		"DescribeErrorSummary", "DescribeSampleQuery", "DescribeSampleBatchQuery", "DescribeSampleMatrixQuery",
		"DescribeSampleMatrixBatchQuery", "DescribeAvailableMetrics", "DescribeMetricLabelWithValues",
		"DescribeLabelValues", "DescribeAlertRecords", "DescribeNormalLogs", "DescribeRegions",
	}
	have := map[string]bool{}
	for _, call := range h.Calls {
		have[call.Name] = true
	}
	if len(h.Calls) != len(want) {
		t.Errorf("%d calls, want %d", len(h.Calls), len(want))
	}
	for _, name := range want {
		if !have[name] {
			t.Errorf("no call %s", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	const start = `"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"me"`
	for _, tc := range []struct{ name, call, body, code string }{
		{"no object", "StartJob", `[]`, "InvalidParameter"},
		{"not JSON", "StartJob", `{"ScenarioId"`, "InvalidParameter"},
		{"null", "StartJob", `null`, "InvalidParameter"},
		{"empty body", "StartJob", ``, "MissingParameter"},
		{"no ScenarioId", "StartJob", `{"ProjectId":"project-demo","JobOwner":"me"}`, "MissingParameter"},
		{"no ProjectId", "StartJob", `{"ScenarioId":"scenario-demo","JobOwner":"me"}`, "MissingParameter"},
		{"no JobOwner", "StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo"}`, "MissingParameter"},
		{"null JobOwner", "StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":null}`, "MissingParameter"},
		{"empty JobOwner", "StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":""}`, "InvalidParameterValue"},
		{"unknown field", "StartJob", `{` + start + `,"ClientToken":"x"}`, "UnknownParameter"},
		{"text for a flag", "StartJob", `{` + start + `,"Debug":"true"}`, "InvalidParameter"},
		{"number for a text", "StartJob", `{` + start + `,"Note":7}`, "InvalidParameter"},
		{"unknown scenario", "StartJob", `{"ScenarioId":"scenario-x","ProjectId":"project-demo","JobOwner":"me"}`, "FailedOperation.ResourceNotFound"},
		{"unknown project", "StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-x","JobOwner":"me"}`, "FailedOperation.ResourceNotFound"},
		{"scenario of another project", "StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-other","JobOwner":"me"}`, "FailedOperation.ResourceNotFound"},
		{"no load", "StartJob", `{"ScenarioId":"scenario-no-load","ProjectId":"project-demo","JobOwner":"me"}`, "FailedOperation.NoTasksInJob"},

		{"no ProjectIds", "DescribeJobs", `{"ScenarioIds":["scenario-demo"]}`, "MissingParameter"},
		{"no ScenarioIds", "DescribeJobs", `{"ProjectIds":["project-demo"]}`, "MissingParameter"},
		{"JobIds alone", "DescribeJobs", `{"JobIds":["job-00000001"]}`, "MissingParameter"},
		{"empty ScenarioIds", "DescribeJobs", `{"ProjectIds":["project-demo"],"ScenarioIds":[]}`, "MissingParameter"},
		{"text for a list", "DescribeJobs", `{"ProjectIds":"project-demo","ScenarioIds":["a"]}`, "InvalidParameter"},
		{"list of numbers", "DescribeJobs", `{"ProjectIds":[1],"ScenarioIds":["a"]}`, "InvalidParameter"},
		{"quoted Limit", "DescribeJobs", jobsQuery("a", `,"Limit":"5"`), "InvalidParameter"},
		{"fraction in Limit", "DescribeJobs", jobsQuery("a", `,"Limit":1.5`), "InvalidParameter"},
		{"Limit too high", "DescribeJobs", jobsQuery("a", `,"Limit":101`), "InvalidParameterValue"},
		{"negative Limit", "DescribeJobs", jobsQuery("a", `,"Limit":-1`), "InvalidParameterValue"},
		{"negative Offset", "DescribeJobs", jobsQuery("a", `,"Offset":-1`), "InvalidParameterValue"},
		{"bad StartTime", "DescribeJobs", jobsQuery("a", `,"StartTime":"yesterday"`), "InvalidParameterValue"},
		{"bad EndTime", "DescribeJobs", jobsQuery("a", `,"EndTime":"2026-01-02"`), "InvalidParameterValue"},
		{"text in Status", "DescribeJobs", jobsQuery("a", `,"Status":["11"]`), "InvalidParameter"},

		{"abort nothing", "AbortJob", `{}`, "MissingParameter"},
		{"abort unknown", "AbortJob", triplet("scenario-demo", "job-x", ""), "FailedOperation.ResourceNotFound"},
		{"abort with wrong scenario", "AbortJob", triplet("scenario-slow", "job-00000001", ""), "FailedOperation.ResourceNotFound"},
		{"bad AbortReason", "AbortJob", triplet("scenario-demo", "job-00000001", `,"AbortReason":3`), "InvalidParameterValue"},
		{"update unknown", "UpdateJob", triplet("scenario-demo", "job-x", `,"Note":"n"`), "FailedOperation.ResourceNotFound"},
		{"delete a live job", "DeleteJobs", `{"ProjectId":"project-demo","ScenarioIds":["scenario-demo"],"JobIds":["job-00000001"]}`, "FailedOperation"},
		{"delete unknown", "DeleteJobs", `{"ProjectId":"project-demo","ScenarioIds":["scenario-demo"],"JobIds":["job-x"]}`, "FailedOperation.ResourceNotFound"},
		{"adjust unknown", "AdjustJobSpeed", `{"JobId":"job-x","TargetRequestsPerSecond":5}`, "FailedOperation.ResourceNotFound"},
		{"adjust too early", "AdjustJobSpeed", `{"JobId":"job-00000001","TargetRequestsPerSecond":5}`, "FailedOperation.JobStatusNotRunning"},

		{"requests of unknown", "DescribeRequestSummary", triplet("scenario-demo", "job-x", ""), "FailedOperation.ResourceNotFound"},
		{"checks of unknown", "DescribeCheckSummary", triplet("scenario-demo", "job-x", ""), "FailedOperation.ResourceNotFound"},
		{"errors of unknown", "DescribeErrorSummary", triplet("scenario-demo", "job-x", ""), "FailedOperation.ResourceNotFound"},
		{"logs of unknown", "DescribeNormalLogs", triplet("scenario-demo", "job-x", ""), "FailedOperation.ResourceNotFound"},
		{"labels of unknown", "DescribeMetricLabelWithValues", triplet("scenario-demo", "job-x", ""), "FailedOperation.ResourceNotFound"},
		{"no Metric", "DescribeSampleQuery", triplet("scenario-demo", "job-00000001", `,"Aggregation":"P95"`), "MissingParameter"},
		{"unknown metric", "DescribeSampleQuery", triplet("scenario-demo", "job-00000001", `,"Metric":"x","Aggregation":"P95"`), "InvalidParameterValue"},
		{"unknown aggregation", "DescribeSampleQuery", triplet("scenario-demo", "job-00000001", `,"Metric":"pts_engine_req_total","Aggregation":"P95"`), "InvalidParameterValue"},
		{"no Queries", "DescribeSampleBatchQuery", triplet("scenario-demo", "job-00000001", ``), "MissingParameter"},
		{"bad query", "DescribeSampleBatchQuery", triplet("scenario-demo", "job-00000001", `,"Queries":[{"Metric":"pts_engine_req_total"}]`), "MissingParameter"},
		{"bad operator", "DescribeErrorSummary", triplet("scenario-demo", "job-00000001", `,"Filters":[{"LabelName":"status","LabelValue":"1","Operator":2}]`), "InvalidParameterValue"},
		{"unknown filter field", "DescribeErrorSummary", triplet("scenario-demo", "job-00000001", `,"Filters":[{"Label":"status"}]`), "UnknownParameter"},
		{"bad MaxPoint", "DescribeSampleMatrixQuery", triplet("scenario-demo", "job-00000001", `,"Metric":"pts_engine_req_total","Aggregation":"Rate","MaxPoint":-1`), "InvalidParameterValue"},
		{"bad MaxPoint in a batch", "DescribeSampleMatrixBatchQuery", triplet("scenario-demo", "job-00000001", `,"Queries":[{"Metric":"pts_engine_req_total","Aggregation":"Rate"}],"MaxPoint":-1`), "InvalidParameterValue"},
		{"values of an unknown metric", "DescribeLabelValues", triplet("scenario-demo", "job-00000001", `,"Metric":"x","LabelName":"status"`), "InvalidParameterValue"},
		{"values of an unknown label", "DescribeLabelValues", triplet("scenario-demo", "job-00000001", `,"Metric":"pts_engine_req_total","LabelName":"check"`), "InvalidParameterValue"},
		{"alerts without ProjectIds", "DescribeAlertRecords", `{}`, "MissingParameter"},
		{"alerts with a bad Limit", "DescribeAlertRecords", `{"ProjectIds":["a"],"Limit":200}`, "InvalidParameterValue"},
		{"bad LogType", "DescribeNormalLogs", triplet("scenario-demo", "job-00000001", `,"LogType":"x"`), "InvalidParameterValue"},
		{"bad SeverityText", "DescribeNormalLogs", triplet("scenario-demo", "job-00000001", `,"SeverityText":"x"`), "InvalidParameterValue"},
		{"bad Context", "DescribeNormalLogs", triplet("scenario-demo", "job-00000001", `,"Context":"1--1-1"`), "InvalidParameterValue"},
		{"bad From", "DescribeNormalLogs", triplet("scenario-demo", "job-00000001", `,"From":"x"`), "InvalidParameterValue"},
		{"bad log Limit", "DescribeNormalLogs", triplet("scenario-demo", "job-00000001", `,"Limit":101`), "InvalidParameterValue"},
		{"scenarios with a bad Limit", "DescribeScenarios", `{"Limit":101}`, "InvalidParameterValue"},
		{"a list in ScenarioStatus", "DescribeScenarioWithJobs", `{"ScenarioStatus":[2]}`, "InvalidParameter"},
		{"a number in ScenarioStatus", "DescribeScenarios", `{"ScenarioStatus":2}`, "InvalidParameter"},
		{"bad related params", "DescribeScenarioWithJobs", `{"ScenarioRelatedJobsParams":{"Limit":101}}`, "InvalidParameterValue"},
		{"unknown related param", "DescribeScenarioWithJobs", `{"ScenarioRelatedJobsParams":{"Foo":1}}`, "UnknownParameter"},
		{"projects with a bad Limit", "DescribeProjects", `{"Limit":101}`, "InvalidParameterValue"},
		{"metrics with a field", "DescribeAvailableMetrics", `{"JobId":"x"}`, "UnknownParameter"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCloud(t)
			c.AddProject("project-other", "Other")
			c.start(ScenarioDemo)
			c.refused(tc.call, tc.body, tc.code)
			if n := len(c.Half().Begun()); n != 1 {
				t.Errorf("%d jobs have begun, want 1", n)
			}
		})
	}
}

func TestRefuseSwitch(t *testing.T) {
	for _, code := range []string{
		"AuthFailure", "FailedOperation", "FailedOperation.DbRecordCreateFailed", "FailedOperation.DbRecordUpdateFailed",
		"FailedOperation.NotSupportedInEnv", "InternalError", "ResourceInsufficient", "RequestLimitExceeded",
	} {
		c := newCloud(t)
		c.Switches.Refuse = map[string]string{"StartJob": code}
		body := `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"me"}`
		c.refused("StartJob", body, code)
		if n := len(c.Half().Begun()); n != 0 {
			t.Errorf("%s: %d jobs have begun, want 0", code, n)
		}
		c.Switches.BegunThoughRefused = true
		c.refused("StartJob", body, code)
		if n := len(c.Half().Begun()); n != 1 {
			t.Errorf("%s: %d jobs have begun, want 1", code, n)
		}
		c.refused("StartJob", `{}`, "MissingParameter")
	}
}

// TestFlatCalls: in a query or form every value is a text, and is taken as
// what its parameter is.
func TestFlatCalls(t *testing.T) {
	c := newCloud(t)
	flat := func(call, body string) (code string) {
		if a := c.calls[call](&emu.Request{Body: []byte(body), Flat: true}); a.Err != nil {
			return a.Err.Code
		}
		return ""
	}
	for _, test := range []struct{ call, body, code string }{
		{"StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"7","Debug":"true"}`, ""},
		{"StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"me","Debug":"yes"}`, "InvalidParameter"},
		{"StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":""}`, "InvalidParameterValue"},
		{"DescribeJobs", jobsQuery("scenario-demo", `,"Limit":"5","Offset":"0","Status":["11","12"],"Ascend":"false"`), ""},
		{"DescribeJobs", jobsQuery("scenario-demo", `,"Limit":"many"`), "InvalidParameter"},
		{"DescribeJobs", jobsQuery("scenario-demo", `,"Limit":"1.5"`), "InvalidParameter"},
		{"DescribeJobs", jobsQuery("scenario-demo", `,"Limit":"101"`), "InvalidParameterValue"},
		{"DescribeJobs", jobsQuery("scenario-demo", `,"Status":["x"]`), "InvalidParameter"},
		{"DescribeJobs", jobsQuery("scenario-demo", `,"Status":"11"`), "InvalidParameter"},
		{"DescribeErrorSummary", triplet(ScenarioDemo, "job-00000001", `,"Filters":[{"Operator":"1","LabelName":"method","LabelValue":"GET"}]`), ""},
		{"DescribeErrorSummary", triplet(ScenarioDemo, "job-00000001", `,"Filters":[{"Operator":"x","LabelName":"method","LabelValue":"GET"}]`), "InvalidParameter"},
	} {
		if got := flat(test.call, test.body); got != test.code {
			t.Errorf("%s %s: code %q, want %q", test.call, test.body, got, test.code)
		}
	}
	if owner := c.jobs[0].owner; owner != "7" {
		t.Errorf("the owner is %q", owner)
	}
}

func TestCodeSwitches(t *testing.T) {
	c := newCloud(t)
	c.Switches.MissingListCode = "InvalidParameter"
	c.Switches.PlainNotFound = true
	c.refused("DescribeJobs", `{"ScenarioIds":["a"]}`, "InvalidParameter")
	c.refused("DescribeJobs", `{"ScenarioIds":["a"],"ProjectIds":[]}`, "InvalidParameter")
	c.refused("StartJob", `{}`, "MissingParameter")
	c.refused("AbortJob", triplet(ScenarioDemo, "job-x", ""), "ResourceNotFound")
}

func FuzzCalls(f *testing.F) {
	f.Add([]byte(`{}`))
	f.Add([]byte(jobsQuery("scenario-demo", `,"Limit":100,"Offset":9223372036854775807,"Status":[11]`)))
	f.Add([]byte(triplet("scenario-demo", "job-00000001", `,"Metric":"pts_engine_req_total","Aggregation":"Rate","GroupBy":["service","x"],"Filters":[{"LabelName":"status","LabelValue":"200","Operator":1}],"MaxPoint":9223372036854775807`)))
	f.Add([]byte(triplet("scenario-demo", "job-00000001", `,"Queries":[{"Metric":"pts_engine_req_duration_seconds","Aggregation":"Percentiles","GroupBy":["result"]}]`)))
	f.Add([]byte(triplet("scenario-demo", "job-00000001", `,"Context":"1-99999999-1767323045","Limit":3`)))
	f.Add([]byte(`{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"me"}`))
	f.Add([]byte(`{"ScenarioStatus":1,"ScenarioRelatedJobsParams":{"Limit":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c := newCloud(t)
		c.start(ScenarioDemo)
		c.pass(30 * time.Second)
		for _, call := range c.Half().Calls {
			for _, flat := range []bool{false, true} {
				if a := call.Handle(&emu.Request{Body: body, Flat: flat}); a.Err == nil {
					if _, err := json.Marshal(a.Body); err != nil {
						t.Errorf("%s: %v", call.Name, err)
					}
				}
			}
		}
	})
}
