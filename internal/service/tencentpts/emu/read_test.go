package ptsemu

import (
	"fmt"
	"testing"
	"time"
)

func TestPaging(t *testing.T) {
	c := newCloud(t)
	c.Switches.ParallelJobs = 1000
	var ids []string
	for range 45 {
		ids = append(ids, c.start(ScenarioDemo))
	}
	for _, tc := range []struct {
		more        string
		first, size int // index into ids, oldest first
	}{
		{``, 44, 20},
		{`,"Limit":0`, 44, 20},
		{`,"Limit":100`, 44, 45},
		{`,"Offset":40`, 4, 5},
		{`,"Offset":45`, -1, 0},
		{`,"Offset":1000`, -1, 0},
		{`,"Limit":3,"Offset":2`, 42, 3},
		{`,"Ascend":true,"OrderBy":"start_time","Limit":2`, 0, 2},
		{`,"JobIds":["` + ids[7] + `"]`, 7, 1},
	} {
		t.Run(tc.more, func(t *testing.T) {
			reply := c.ok("DescribeJobs", jobsQuery(ScenarioDemo, tc.more))
			set := rows(t, reply, "JobSet")
			if len(set) != tc.size {
				t.Fatalf("%d jobs, want %d", len(set), tc.size)
			}
			if tc.size > 0 && set[0]["JobId"] != ids[tc.first] {
				t.Errorf("first %v, want %v", set[0]["JobId"], ids[tc.first])
			}
			if want := 45.0; tc.size != 1 && num(t, reply, "Total") != want {
				t.Errorf("Total %v", reply["Total"])
			}
		})
	}
	c.Switches.OldestFirst = true
	if set := rows(t, c.ok("DescribeJobs", jobsQuery(ScenarioDemo, "")), "JobSet"); set[0]["JobId"] != ids[0] {
		t.Errorf("first %v, want the oldest", set[0]["JobId"])
	}
	c.Switches.ClampLimit = true
	if set := rows(t, c.ok("DescribeJobs", jobsQuery(ScenarioDemo, `,"Limit":1000`)), "JobSet"); len(set) != 45 {
		t.Errorf("%d jobs with a clamped limit", len(set))
	}
}

func TestJobFilters(t *testing.T) {
	c := newCloud(t)
	c.start(ScenarioDemo) // starts 11:04:11, ends 11:05:11
	c.pass(2 * time.Minute)
	c.ok("StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"me","Debug":true}`) // 11:06:11
	c.pass(10 * time.Second)
	for _, tc := range []struct {
		more string
		want float64
	}{
		{``, 2},
		{`,"Debug":true`, 1},
		{`,"Debug":false`, 1},
		{`,"Status":[11]`, 1},
		{`,"Status":[10,11,12]`, 2},
		{`,"Status":[13]`, 0},
		{`,"StartTime":"2026-01-02T11:04:11+08:00"`, 2},
		{`,"StartTime":"2026-01-02T11:05:00+08:00"`, 1},
		{`,"StartTime":"2026-01-02T03:05:00Z"`, 1},
		{`,"EndTime":"2026-01-02T11:05:11+08:00"`, 1},
		{`,"EndTime":"2026-01-02T11:05:10+08:00"`, 0},
		{`,"JobIds":["job-x"]`, 0},
		{`,"JobIds":null,"Status":null`, 2},
	} {
		if got := num(t, c.ok("DescribeJobs", jobsQuery(ScenarioDemo, tc.more)), "Total"); got != tc.want {
			t.Errorf("%s: Total %v, want %v", tc.more, got, tc.want)
		}
	}
	c.Switches.TimeFilterEquals = true
	if got := num(t, c.ok("DescribeJobs", jobsQuery(ScenarioDemo, `,"StartTime":"2026-01-02T11:04:11+08:00"`)), "Total"); got != 1 {
		t.Errorf("equal StartTime: Total %v", got)
	}
	c.Switches.NullLists = true
	reply := c.ok("DescribeJobs", jobsQuery("scenario-x", ""))
	if set, present := reply["JobSet"]; !present || set != nil || num(t, reply, "Total") != 0 {
		t.Errorf("reply %v", reply)
	}
}

func TestListingDelay(t *testing.T) {
	c := newCloud(t)
	c.Switches.ListingDelay = 20 * time.Second
	id := c.start(ScenarioDemo)
	c.pass(19 * time.Second)
	if n := num(t, c.ok("DescribeJobs", jobsQuery(ScenarioDemo, `,"JobIds":["`+id+`"]`)), "Total"); n != 0 {
		t.Errorf("listed %v", n)
	}
	if n := len(c.Half().Begun()); n != 1 {
		t.Errorf("begun %d", n)
	}
	c.ok("DescribeRequestSummary", triplet(ScenarioDemo, id, ""))
	c.pass(time.Second)
	if s := c.status(ScenarioDemo); s != JobRunning {
		t.Errorf("status %d", s)
	}
}

func TestScenarios(t *testing.T) {
	c := newCloud(t)
	c.AddScenario(Scenario{ID: "scenario-y", ProjectID: "project-y", Name: "demo too"})
	for _, tc := range []struct {
		body string
		want float64
	}{
		{`{}`, 11},
		{`{"ScenarioIds":["scenario-demo","scenario-x"]}`, 1},
		{`{"ProjectIds":["project-y"]}`, 1},
		{`{"ScenarioName":"demo"}`, 2},
		{`{"ScenarioType":"pts-http"}`, 1},
		{`{"Limit":3}`, 11},
	} {
		if got := num(t, c.ok("DescribeScenarios", tc.body), "Total"); got != tc.want {
			t.Errorf("%s: Total %v, want %v", tc.body, got, tc.want)
		}
	}
	c.Switches.NameMatchExact = true
	if got := num(t, c.ok("DescribeScenarios", `{"ScenarioName":"demo"}`), "Total"); got != 1 {
		t.Errorf("exact name: Total %v", got)
	}
	c.start(ScenarioFailing)
	if got := num(t, c.ok("DescribeScenarios", `{"ScenarioStatus":[2]}`), "Total"); got != 1 {
		t.Errorf("scenarios that have run: %v", got)
	}
	one := rows(t, c.ok("DescribeScenarios", `{"ScenarioIds":["scenario-failing"]}`), "ScenarioSet")[0]
	rule := rows(t, one["SLAPolicy"].(map[string]any), "SLARules")[0]
	if rule["AbortFlag"] != true || rule["Metric"] != "pts_engine_req_total" || rule["Value"] != 5.0 || one["Datasets"] != nil {
		t.Errorf("scenario %v", one)
	}
	script := rows(t, one, "TestScripts")[0]
	if script["EncodedContent"] == "" || one["ProjectName"] != "Demo" {
		t.Errorf("scenario %v", one)
	}
}

// TestEmptyLists are written as the vendor's examples have them, not as null.
func TestEmptyLists(t *testing.T) {
	c := newCloud(t)
	c.Switches.NullLists = true
	c.start(ScenarioDemo)
	both := rows(t, c.ok("DescribeScenarioWithJobs", `{"ScenarioIds":["scenario-demo"]}`), "ScenarioWithJobsSet")[0]
	scenario := rows(t, c.ok("DescribeScenarios", `{"ScenarioIds":["scenario-demo"]}`), "ScenarioSet")[0]
	for _, o := range []map[string]any{c.show(ScenarioDemo), scenario, both["Scenario"].(map[string]any), rows(t, both, "Jobs")[0]} {
		for _, name := range []string{"Protocols", "RequestFiles", "Plugins"} {
			if list := rows(t, o, name); len(list) != 0 {
				t.Errorf("%s is %v", name, list)
			}
		}
	}
	if rules := rows(t, scenario["SLAPolicy"].(map[string]any), "SLARules"); len(rules) != 0 {
		t.Errorf("rules %v", rules)
	}
}

func TestRegions(t *testing.T) {
	c := newCloud(t)
	for _, body := range []string{`{}`, `{"LoadType":0}`} {
		if set := rows(t, c.ok("DescribeRegions", body), "RegionSet"); len(set) != 2 || set[0]["Region"] != "ap-guangzhou" || set[0]["RegionId"] != 1.0 {
			t.Errorf("%s: %v", body, set)
		}
	}
}

func TestScenarioWithJobs(t *testing.T) {
	c := newCloud(t)
	var ids []string
	for range 3 {
		ids = append(ids, c.start(ScenarioDemo))
	}
	reply := c.ok("DescribeScenarioWithJobs", `{"ScenarioIds":["scenario-demo"],"IgnoreScript":true,"Owner":"demo","ScenarioStatus":2,
		"ScenarioRelatedJobsParams":{"Limit":2,"Ascend":true,"OrderBy":"StartTime"}}`)
	set := rows(t, reply, "ScenarioWithJobsSet")
	if len(set) != 1 || num(t, reply, "Total") != 1 {
		t.Fatalf("reply %v", reply)
	}
	jobs := rows(t, set[0], "Jobs")
	if len(jobs) != 2 || jobs[0]["JobId"] != ids[0] || jobs[0]["Note"] != "mark of scenario-demo" {
		t.Errorf("jobs %v", jobs)
	}
	if scenario := set[0]["Scenario"].(map[string]any); scenario["TestScripts"] != nil || scenario["ScenarioId"] != ScenarioDemo {
		t.Errorf("scenario %v", scenario)
	}
	if reply := c.ok("DescribeScenarioWithJobs", `{"Owner":"nobody"}`); num(t, reply, "Total") != 0 {
		t.Errorf("reply %v", reply)
	}
}

func TestProjects(t *testing.T) {
	c := newCloud(t)
	for n := range 3 {
		c.AddProject(fmt.Sprintf("project-%d", n), fmt.Sprintf("Team %d", n))
	}
	for _, tc := range []struct {
		body string
		want float64
	}{
		{`{}`, 4},
		{`{"ProjectIds":["project-demo"]}`, 1},
		{`{"ProjectName":"Team"}`, 3},
		{`{"TagFilters":[{"TagKey":"a","TagValue":"b"}]}`, 0},
		{`{"Limit":1,"Offset":3,"Ascend":true,"OrderBy":"id"}`, 4},
	} {
		if got := num(t, c.ok("DescribeProjects", tc.body), "Total"); got != tc.want {
			t.Errorf("%s: Total %v, want %v", tc.body, got, tc.want)
		}
	}
	p := rows(t, c.ok("DescribeProjects", `{"ProjectIds":["project-demo"]}`), "ProjectSet")[0]
	if p["Name"] != "Demo" || p["ProjectId"] != ProjectDemo || p["Tags"] != nil || p["Status"] != 1.0 {
		t.Errorf("project %v", p)
	}
}
