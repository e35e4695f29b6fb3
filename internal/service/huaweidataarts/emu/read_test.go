package dataartsemu

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"
)

func names(records any, key string) []string {
	list := []string{}
	for _, r := range records.([]any) {
		list = append(list, r.(map[string]any)[key].(string))
	}
	return list
}

func TestListJobs(t *testing.T) {
	batch := []string{MyJob, FailingJob, FlakyJob, HaltedJob, OnceJob, ScheduledJob, ChineseJob}
	tests := []struct {
		query string
		items bool
		total float64
		want  []string
	}{
		{"", false, 7, batch},
		{"jobType=BATCH", false, 7, batch},
		{"jobType=REAL_TIME", false, 2, []string{MyStream, BrokenStream}},
		{"jobName=fla", false, 1, []string{FlakyJob}},
		{"jobName=Job&limit=2", false, 6, batch[:2]},
		{"limit=4&offset=1", false, 7, batch[4:]},
		{"limit=4&offset=1", true, 7, batch[1:5]},
		{"limit=4&offset=4", true, 7, batch[4:]},
		{"limit=4&offset=9", false, 7, []string{}},
		{"limit=100&offset=2147483647", false, 7, []string{}},
		{"tags=a", false, 0, []string{}},
	}
	for _, test := range tests {
		c := newCloud(t)
		c.Switches.OffsetCountsItems = test.items
		got := c.get("/jobs?" + test.query)
		if list := names(got["jobs"], "name"); got["total"] != test.total || !reflect.DeepEqual(list, test.want) {
			t.Errorf("%s: total %v, %q, want %v, %q", test.query, got["total"], list, test.total, test.want)
		}
	}
}

func TestListJobsRecord(t *testing.T) {
	c := newCloud(t)
	ms := func(d time.Duration) float64 { return float64(start.Add(d).UnixMilli()) }
	c.must("/jobs/myJob/start")
	c.run(MyJob)
	c.pass(time.Minute)
	c.must("/jobs/myJob/stop")
	want := map[string]any{
		"name": MyJob, "jobType": Batch, "owner": user, "priority": 0.0, "status": Stopped,
		"createUser": user, "createTime": ms(-jobAge), "startTime": ms(0), "endTime": ms(time.Minute),
		"lastInstanceStatus": Success, "lastInstanceEndTime": ms(30 * time.Second),
		"lastUpdateTime": ms(-jobAge), "lastUpdateUser": user, "path": "/", "singleNodeJobFlag": false,
	}
	if got := c.get("/jobs?jobName=myJob")["jobs"].([]any)[0]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestBadQueries(t *testing.T) {
	now := start.UnixMilli()
	queries := []string{
		"/jobs?jobType=batch", "/jobs?limit=0", "/jobs?limit=101", "/jobs?limit=x", "/jobs?offset=-1", "/jobs?offset=x",
		"/jobs/instances/detail?limit=0", "/jobs/instances/detail?limit=1001", "/jobs/instances/detail?offset=-1",
		"/jobs/instances/detail?preciseQuery=yes", "/jobs/instances/detail?status=done",
		"/jobs/instances/detail?instanceType=1", "/jobs/instances/detail?minPlanTime=x", "/jobs/instances/detail?maxPlanTime=1.5",
		fmt.Sprintf("/jobs/instances/detail?minPlanTime=%d&maxPlanTime=%d", now-7*86400_000-1, now),
		fmt.Sprintf("/jobs/instances/detail?minPlanTime=%d", now-8*86400_000),
		"/jobs/instances/detail?minPlanTime=-9223372036854775808&maxPlanTime=9223372036854775807",
	}
	for _, query := range queries {
		t.Run(query, func(t *testing.T) {
			c := newCloud(t)
			status, answer, _ := c.in("", "GET", query, "")
			c.wantCode(status, answer, "DLF.3051")
		})
	}
	newCloud(t).get(fmt.Sprintf("/jobs/instances/detail?minPlanTime=%d&maxPlanTime=%d", now-7*86400_000, now))
}

func TestShowJob(t *testing.T) {
	tests := []struct{ name, processType, schedule, expression string }{
		{MyJob, Batch, Cron, "0 0/5 * * * ?"},
		{ScheduledJob, Batch, Cron, "0 0 0/1 * * ?"},
		{"daily", Batch, Cron, "0 0 0 * * ?"},
		{OnceJob, Batch, Once, ""},
		{"event", Batch, Event, ""},
		{MyStream, RealTime, Once, ""},
	}
	c := newCloud(t)
	c.Add(Job{Name: "daily", Type: Batch, Schedule: Cron, Every: 24 * time.Hour})
	c.Add(Job{Name: "event", Type: Batch, Schedule: Event})
	for _, test := range tests {
		got := c.get("/jobs/" + test.name)
		schedule := got["schedule"].(map[string]any)
		if got["name"] != test.name || got["processType"] != test.processType || schedule["type"] != test.schedule {
			t.Errorf("%s: %v", test.name, got)
		}
		if cron, _ := schedule["cron"].(map[string]any); test.expression != "" && cron["expression"] != test.expression {
			t.Errorf("%s: cron %v, want %s", test.name, cron, test.expression)
		}
	}
	nodes := c.get("/jobs/" + MyJob)["nodes"].([]any)
	if got := names(nodes, "name"); !reflect.DeepEqual(got, []string{"extract", "transform", "load"}) {
		t.Errorf("nodes %q", got)
	}
	if got := nodes[1].(map[string]any)["preNodeName"]; !reflect.DeepEqual(got, []any{"extract"}) {
		t.Errorf("preNodeName %v", got)
	}
	// The vendor's type of it has texts, and fails on numbers (DGC).
	if got := nodes[1].(map[string]any)["location"]; !reflect.DeepEqual(got, map[string]any{"x": "300", "y": "100"}) {
		t.Errorf("location %v", got)
	}
}

func TestShowJobStatus(t *testing.T) {
	tests := []struct {
		switches Switches
		key      string
		want     any
	}{
		{Switches{}, "startTime", float64(start.UnixMilli())},
		{Switches{LowerStarttime: true}, "starttime", float64(start.UnixMilli())},
		{Switches{StatusTimesText: true}, "startTime", "2026-03-02T00:00:01Z"},
	}
	for _, test := range tests {
		c := newCloud(t)
		c.Switches = test.switches
		c.must("/jobs/" + BrokenStream + "/start")
		c.pass(40 * time.Second)
		got := c.get("/jobs/" + BrokenStream + "/status")
		if got[test.key] != test.want || got["lastUpdateTime"] != test.want || got["endTime"] != nil {
			t.Errorf("%+v: %v", test.switches, got)
		}
		if nodes := names(got["nodes"], "status"); !reflect.DeepEqual(nodes, []string{Normal, Exception}) {
			t.Errorf("nodes %q", nodes)
		}
		c.must("/jobs/" + BrokenStream + "/stop")
		c.pass(time.Minute)
		if got := c.get("/jobs/" + BrokenStream + "/status"); got["endTime"] == nil {
			t.Errorf("no end: %v", got)
		}
	}
}

// TestNewerJobStatus has the names of OTC's sample of 2025, and no others.
func TestNewerJobStatus(t *testing.T) {
	c := newCloud(t)
	c.Switches.NewerStatus = true
	c.must("/jobs/" + BrokenStream + "/start")
	for after, want := range map[time.Duration][]string{15 * time.Second: {Waiting, Waiting}, 40 * time.Second: {Waiting, Fail}} {
		c.now = start.Add(after)
		got := c.get("/jobs/" + BrokenStream + "/status")
		delete(got, "createUser")
		if len(got) != 3 || got["name"] != BrokenStream || got["status"] == nil {
			t.Errorf("after %s: %v", after, got)
		}
		for k, n := range got["nodes"].([]any) {
			node := n.(map[string]any)
			if node["LastInstanceStatus"] != want[k] || node["status"] != nil || node["jobInstanceId"] != 0.0 || len(node) != 9 {
				t.Errorf("after %s: %v, want %s", after, node, want[k])
			}
		}
	}
}

func TestBatchJobStatus(t *testing.T) {
	if got := newCloud(t).get("/jobs/" + ScheduledJob + "/status")["status"]; got != Scheduling {
		t.Errorf("status %v", got)
	}
}

// history is a world with instances 132343 of myJob (type 2, success), 132344
// of failingJob (type 2, fail), 132345 of onceJob (type 7, success) and 132346
// of myJob (type 2, running), all of today.
func history(t *testing.T) *cloud {
	c := newCloud(t)
	c.run(MyJob)
	c.pass(time.Second)
	c.run(FailingJob)
	c.must("/jobs/" + OnceJob + "/start")
	c.pass(time.Minute)
	c.run(MyJob)
	c.pass(5 * time.Second)
	return c
}

func TestListJobInstances(t *testing.T) {
	first := start.UnixMilli()
	tests := []struct {
		query    string
		switches Switches
		total    float64
		want     []int
	}{
		{query: "", total: 4, want: []int{132346, 132345, 132344, 132343}},
		{query: "", switches: Switches{OldestFirst: true}, total: 4, want: []int{132343, 132344, 132345, 132346}},
		{query: "jobName=Job", total: 4, want: []int{132346, 132345, 132344, 132343}},
		{query: "jobName=Job&preciseQuery=true", total: 0, want: []int{}},
		{query: "jobName=myJob&preciseQuery=true", total: 2, want: []int{132346, 132343}},
		{query: "jobName=my&preciseQuery=false", total: 2, want: []int{132346, 132343}},
		{query: "status=success", total: 2, want: []int{132345, 132343}},
		{query: "status=fail", total: 1, want: []int{132344}},
		{query: "status=pause", total: 0, want: []int{}},
		{query: "instanceType=7", total: 1, want: []int{132345}},
		{query: "instanceType=0", total: 0, want: []int{}},
		{query: "limit=3", total: 4, want: []int{132346, 132345, 132344}},
		{query: "limit=3&offset=1", total: 4, want: []int{132343}},
		{query: "limit=3&offset=1", switches: Switches{OffsetCountsItems: true}, total: 4, want: []int{132345, 132344, 132343}},
		{query: fmt.Sprintf("minPlanTime=%d", first), switches: Switches{PlanTimesCompared: true}, total: 3, want: []int{132346, 132345, 132344}},
		{query: fmt.Sprintf("minPlanTime=%d", first+2000), total: 3, want: []int{132346, 132345, 132344}},
		{query: fmt.Sprintf("maxPlanTime=%d", first+1000), switches: Switches{PlanTimesCompared: true}, total: 1, want: []int{132343}},
		{query: fmt.Sprintf("maxPlanTime=%d", first+3000), total: 1, want: []int{132343}},
		{query: fmt.Sprintf("minPlanTime=%d&maxPlanTime=%d", first+10_000, first), total: 0, want: []int{}},
	}
	for _, test := range tests {
		c := history(t)
		c.Switches = test.switches
		got := c.get("/jobs/instances/detail?" + test.query)
		ids := []int{}
		for _, r := range got["instances"].([]any) {
			ids = append(ids, int(r.(map[string]any)["instanceId"].(float64)))
		}
		if got["total"] != test.total || !reflect.DeepEqual(ids, test.want) {
			t.Errorf("%s: total %v, %v, want %v, %v", test.query, got["total"], ids, test.total, test.want)
		}
	}
}

// TestSpans: a span is about when a run began, or when it was planned.
func TestSpans(t *testing.T) {
	plan := start.UnixMilli() // of a run that waits for 2 seconds
	span := func(min, max int64) string { return fmt.Sprintf("minPlanTime=%d&maxPlanTime=%d", plan+min, plan+max) }
	for _, test := range []struct {
		switches Switches
		after    time.Duration
		span     string
		want     int
	}{
		{Switches{}, time.Second, span(-1, 1), 1},
		{Switches{WaitingUnlisted: true}, time.Second, span(-1, 1), 0},
		{Switches{WaitingUnlisted: true}, time.Second, span(-9999, 9999), 0},
		{Switches{WaitingUnlisted: true}, 3 * time.Second, span(1999, 2001), 1},
		{Switches{}, 3 * time.Second, span(-1, 1), 0},
		{Switches{}, 3 * time.Second, span(1999, 2001), 1},
		{Switches{}, time.Hour, span(1999, 2001), 1},
		{Switches{PlanTimesCompared: true}, 3 * time.Second, span(-1, 1), 1},
		{Switches{PlanTimesCompared: true}, 3 * time.Second, span(1999, 2001), 0},
		{Switches{PlanTimesCompared: true, WaitingUnlisted: true}, time.Second, span(-1, 1), 0},
	} {
		c := newCloud(t)
		c.Switches = test.switches
		c.run(MyJob)
		c.pass(test.after)
		if got := c.get("/jobs/instances/detail?jobName=myJob&" + test.span); got["total"] != float64(test.want) {
			t.Errorf("%+v after %s, %s: %v", test.switches, test.after, test.span, got)
		}
	}
}

// TestOlderLists: without preciseQuery longer names are listed too, and the
// records of DGC's samples have no type.
func TestOlderLists(t *testing.T) {
	c := newCloud(t)
	c.Switches = Switches{NoPreciseQuery: true, NoInstanceTypes: true}
	c.Add(Job{Name: "myJob2", Type: Batch, Nodes: []Node{{Name: "n"}}})
	c.run(MyJob)
	c.run("myJob2")
	got := c.instances("preciseQuery=true&jobName=myJob")
	if len(got) != 2 || got[0]["instanceType"] != nil || got[0]["instanceId"] == nil {
		t.Errorf("got %v", got)
	}
}

// TestDefaultSpan: yesterday, in UTC+8, is not listed by default.
func TestDefaultSpan(t *testing.T) {
	c := history(t)
	c.now = time.Date(2026, 3, 2, 16, 30, 0, 0, time.UTC) // 00:30 of the next day
	got := c.get("/jobs/instances/detail?preciseQuery=true&jobName=myJob")
	if got["total"] != 0.0 {
		t.Errorf("got %v", got)
	}
	if got := c.instances("preciseQuery=true&jobName=myJob"); len(got) != 2 {
		t.Errorf("with a span: %v", got)
	}
}

func TestInstanceRecord(t *testing.T) {
	ms := func(s int) float64 { return float64(start.UnixMilli() + int64(s)*1000) }
	tests := []struct {
		switches Switches
		id, time any
	}{
		{Switches{}, 132344.0, 18000.0},
		{Switches{ExecuteTimeMinutes: true}, 132344.0, 0.3},
		{Switches{InstanceIDText: true}, "132344", 18000.0},
	}
	for _, test := range tests {
		c := history(t)
		c.Switches = test.switches
		want := map[string]any{
			"jobName": FailingJob, "jobId": 608628.0, "jobInstanceName": FailingJob, "status": Fail,
			"planTime": ms(1), "startTime": ms(3), "endTime": ms(21), "submitTime": ms(-9 * 86400),
			"executeTime": test.time, "instanceId": test.id, "instanceType": 2.0, "version": 1.0,
			"forceSuccess": false, "ignoreSuccess": false, "errorMessage": "Node transform failed.",
		}
		if got := c.instances("jobName=failingJob")[0]; !reflect.DeepEqual(got, want) {
			t.Errorf("got %v\nwant %v", got, want)
		}
		if got := c.get("/jobs/failingJob/instances/132344"); got["executeTime"] != test.time || got["instanceId"] != test.id {
			t.Errorf("shown as %v", got)
		}
	}
}

func TestLateInstance(t *testing.T) {
	c := newCloud(t)
	c.Switches.InstanceKnownAfter = 5 * time.Second
	c.Switches.InstanceListedAfter = 8 * time.Second
	path := c.run(MyJob)
	for at := range 10 {
		status, answer, _ := c.in("", "GET", path, "")
		if at < 5 {
			c.wantCode(status, answer, "DLF.0137")
		} else if status != 200 {
			t.Errorf("second %d: %d %s", at, status, answer)
		}
		if got := len(c.instances("")); got != 0 != (at >= 8) {
			t.Errorf("second %d: %d listed", at, got)
		}
		c.pass(time.Second)
	}
	c.wantTruth("132343 myJob running true")
}

func TestNodesOfInstance(t *testing.T) {
	c := newCloud(t)
	path := c.run(FlakyJob)
	ms := func(s int) float64 { return float64(start.UnixMilli() + int64(s)*1000) }
	c.pass(time.Second)
	got := c.get(path)
	if got["startTime"] != nil || got["executeTime"] != nil || got["total"] != 2.0 {
		t.Errorf("while waiting: %v", got)
	}
	c.pass(21 * time.Second)
	want := []any{
		map[string]any{
			"nodeName": "extract", "status": Success, "type": "CDMJob", "planTime": ms(0), "startTime": ms(2), "endTime": ms(10),
			"retryTimes": 0.0, "instanceId": 132343.0, "inputRowCount": 9600.0, "speed": 1200.0,
			"logPath": "obs://dlf-log-cloudjob/flakyJob/2026-03-02_00_00_01.000/extract/extract.job",
		},
		map[string]any{
			"nodeName": "load", "status": Running, "type": "DWSSQL", "planTime": ms(0), "startTime": ms(10),
			"retryTimes": 1.0, "instanceId": 132343.0, "inputRowCount": 6000.0, "speed": 500.0,
			"logPath": "obs://dlf-log-cloudjob/flakyJob/2026-03-02_00_00_01.000/load/load.job",
		},
	}
	if got := c.get(path)["nodes"]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// TestRowsGrow: rows never shrink and are what speed and time make of them.
func TestRowsGrow(t *testing.T) {
	c := newCloud(t)
	path := c.run(MyJob)
	last := make([]float64, 3)
	for range 40 {
		for k, n := range c.get(path)["nodes"].([]any) {
			rows := n.(map[string]any)["inputRowCount"].(float64)
			if rows < last[k] {
				t.Errorf("node %d: %v rows after %v", k, rows, last[k])
			}
			last[k] = rows
		}
		c.pass(time.Second)
	}
	if want := []float64{9600, 9600, 9600}; !reflect.DeepEqual(last, want) {
		t.Errorf("rows %v, want %v", last, want)
	}
	if queue := c.get(path)["nodes"].([]any)[1].(map[string]any)["queue"]; queue != "default" {
		t.Errorf("queue of a DLI node: %v", queue)
	}
}

func TestNumbersAreIntegers(t *testing.T) {
	c := history(t)
	_, answer, _ := c.in("", "GET", "/jobs/myJob/instances/132343", "")
	var o map[string]json.RawMessage
	if err := json.Unmarshal([]byte(answer), &o); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"instanceId": "132343", "executeTime": "28000", "startTime": "1772409603000"} {
		if got := string(o[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}
