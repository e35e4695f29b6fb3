package ptsemu

import (
	"math"
	"strings"
	"testing"
	"time"
)

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-4*math.Max(1, math.Abs(b)) }

func TestSummaryOfDemo(t *testing.T) {
	c := newCloud(t)
	c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	job := c.show(ScenarioDemo)
	for name, want := range map[string]float64{
		"RequestTotal": 28800, "RequestsPerSecond": 480, "ResponseTimeP95": 0.22, "ResponseTimeAverage": 0.132, "Usage": 500,
	} {
		if got := num(t, job, name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	if e := num(t, job, "ErrorRate"); !near(e, 0.399306) {
		t.Errorf("ErrorRate %v percent", e)
	}
}

// Every scenario's reports agree with each other at every time of the run.
func TestReportsAgree(t *testing.T) {
	for _, scenario := range []string{ScenarioDemo, ScenarioFailing, ScenarioSlow, ScenarioShort, ScenarioRPS} {
		t.Run(scenario, func(t *testing.T) {
			c := newCloud(t)
			id := c.start(scenario)
			c.pass(time.Second)
			last := 0.0
			for range 30 {
				c.pass(3 * time.Second)
				job := c.show(scenario)
				total := num(t, job, "RequestTotal")
				if total < last {
					t.Fatalf("RequestTotal fell from %v to %v", last, total)
				}
				last = total
				agree(t, c, job, scenario, id)
			}
			if last == 0 {
				t.Error("no request was counted")
			}
		})
	}
}

func agree(t *testing.T, c *cloud, job map[string]any, scenario, id string) {
	t.Helper()
	total, body := num(t, job, "RequestTotal"), triplet(scenario, id, "")
	ordered(t, job, "ResponseTimeMin", "ResponseTimeAverage", "ResponseTimeP90", "ResponseTimeP95", "ResponseTimeP99", "ResponseTimeMax")

	count, failed, average, most := 0.0, 0.0, 0.0, 0.0
	for _, r := range rows(t, c.ok("DescribeRequestSummary", body), "RequestSummarySet") {
		ordered(t, r, "Min", "Average", "P90", "P95", "P99", "Max")
		n := num(t, r, "Count")
		count += n
		failed += n * num(t, r, "ErrorPercentage") / 100
		average += n * num(t, r, "Average")
		most = math.Max(most, num(t, r, "Max"))
	}
	if count != total || !near(average, total*num(t, job, "ResponseTimeAverage")) || most != num(t, job, "ResponseTimeMax") {
		t.Errorf("requests: %v of %v, average %v, max %v; job %v", count, total, average, most, job)
	}
	if !near(failed, total*num(t, job, "ErrorRate")/100) {
		t.Errorf("failed %v of %v, ErrorRate %v", failed, total, job["ErrorRate"])
	}

	errors, rate := 0.0, 0.0
	for _, e := range rows(t, c.ok("DescribeErrorSummary", body), "ErrorSummarySet") {
		errors += num(t, e, "Count")
		rate += num(t, e, "Rate")
	}
	if !near(errors, failed) || !near(rate, num(t, job, "ErrorRate")) {
		t.Errorf("errors %v rate %v, want %v and %v", errors, rate, failed, job["ErrorRate"])
	}

	for _, check := range rows(t, c.ok("DescribeCheckSummary", body), "CheckSummarySet") {
		good, bad := num(t, check, "SuccessCount"), num(t, check, "FailCount")
		if !near(num(t, check, "ErrorRate"), bad/(good+bad)) {
			t.Errorf("check %v: ErrorRate is no fraction", check)
		}
		if check["Name"] == "status is 200" && (good+bad != total || !near(bad, failed)) {
			t.Errorf("check %v of %v requests, %v failed", check, total, failed)
		}
	}
}

func ordered(t *testing.T, o map[string]any, names ...string) {
	t.Helper()
	for i := 1; i < len(names); i++ {
		if a, b := num(t, o, names[i-1]), num(t, o, names[i]); a > b {
			t.Errorf("%s %v is over %s %v", names[i-1], a, names[i], b)
		}
	}
}

func TestEmptyReports(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioEmpty)
	c.pass(time.Hour)
	job := c.show(ScenarioEmpty)
	if num(t, job, "RequestTotal") != 0 || num(t, job, "ErrorRate") != 0 || num(t, job, "ResponseTimeP99") != 0 {
		t.Errorf("job %v", job)
	}
	for call, set := range map[string]string{
		"DescribeRequestSummary": "RequestSummarySet", "DescribeCheckSummary": "CheckSummarySet", "DescribeErrorSummary": "ErrorSummarySet",
	} {
		c.Switches.NullLists = false
		if got := rows(t, c.ok(call, triplet(ScenarioEmpty, id, "")), set); len(got) != 0 {
			t.Errorf("%s: %v", call, got)
		}
		c.Switches.NullLists = true
		if got, present := c.ok(call, triplet(ScenarioEmpty, id, ""))[set]; !present || got != nil {
			t.Errorf("%s: %v, want null", call, got)
		}
	}
}

func TestReportTraps(t *testing.T) {
	c := newCloud(t)
	c.Switches.PercentilesAboveMax = true
	c.Switches.RequestP99Zero = true
	id := c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	job := c.show(ScenarioDemo)
	if num(t, job, "ResponseTimeMax") >= num(t, job, "ResponseTimeP90") {
		t.Errorf("max %v is not below p90 %v", job["ResponseTimeMax"], job["ResponseTimeP90"])
	}
	for _, r := range rows(t, c.ok("DescribeRequestSummary", triplet(ScenarioDemo, id, "")), "RequestSummarySet") {
		if num(t, r, "P99") != 0 || num(t, r, "P95") == 0 || num(t, r, "Count") == 0 {
			t.Errorf("row %v", r)
		}
	}
}

func TestLateReport(t *testing.T) {
	c := newCloud(t)
	c.Switches.LateReportPolls = 2
	id := c.start(ScenarioDemo)
	c.pass(30 * time.Second)
	c.show(ScenarioDemo)
	c.pass(time.Minute)
	body := triplet(ScenarioDemo, id, "")
	for range 2 {
		if got := rows(t, c.ok("DescribeRequestSummary", body), "RequestSummarySet"); len(got) != 0 {
			t.Errorf("report is there too early: %v", got)
		}
		job := c.show(ScenarioDemo)
		if State(num(t, job, "Status")) != JobFinished || num(t, job, "RequestTotal") != 0 {
			t.Errorf("status %v with %v requests", job["Status"], job["RequestTotal"])
		}
	}
	if n := num(t, c.show(ScenarioDemo), "RequestTotal"); n != 28800 {
		t.Errorf("RequestTotal %v", n)
	}
	if got := rows(t, c.ok("DescribeRequestSummary", body), "RequestSummarySet"); len(got) != 3 {
		t.Errorf("report %v", got)
	}
}

func TestErrorFilters(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioFailing)
	c.pass(time.Minute)
	count := func(filters string) (n float64) {
		for _, e := range rows(t, c.ok("DescribeErrorSummary", triplet(ScenarioFailing, id, `,"Filters":[`+filters+`]`)), "ErrorSummarySet") {
			n += num(t, e, "Count")
		}
		return n
	}
	all, only := count(""), count(`{"LabelName":"status","LabelValue":"503","Operator":0}`)
	without := count(`{"LabelName":"status","LabelValue":"503","Operator":1}`)
	if only == 0 || without == 0 || only+without != all {
		t.Errorf("all %v, 503 %v, others %v", all, only, without)
	}
	if n := count(`{"LabelName":"method","LabelValue":"DELETE"}`); n != 0 {
		t.Errorf("%v errors of a method never used", n)
	}
}

func TestAlertRecords(t *testing.T) {
	c := newCloud(t)
	c.start(ScenarioDemo)
	slow, failing := c.start(ScenarioSlow), c.start(ScenarioFailing)
	const body = `{"ProjectIds":["project-demo"]}`
	if reply := c.ok("DescribeAlertRecords", body); num(t, reply, "Total") != 0 {
		t.Errorf("early: %v", reply)
	}
	c.pass(2 * time.Minute)
	reply := c.ok("DescribeAlertRecords", body)
	if set := rows(t, reply, "AlertRecordSet"); num(t, reply, "Total") != 2 || set[0]["JobId"] != failing || set[1]["JobId"] != slow {
		t.Fatalf("records %v", reply)
	}
	record := rows(t, reply, "AlertRecordSet")[0]
	text, _ := record["JobSLADescription"].(string)
	if !strings.Contains(text, "pts_engine_req_total ErrorPercentage") || !strings.Contains(text, "> 5.00 %") || !strings.Contains(text, "current value: 12.00 %") {
		t.Errorf("description %q", text)
	}
	status := record["Status"].(map[string]any)
	if status["AbortJob"] != 1.0 || status["SendNotice"] != 0.0 || record["CreatedAt"] != "2026-01-02T11:04:31+08:00" {
		t.Errorf("record %v", record)
	}
	c.Switches.AlertStatusNumber = true
	if got := rows(t, c.ok("DescribeAlertRecords", body), "AlertRecordSet")[0]["Status"]; got != 1.0 {
		t.Errorf("Status %v, want a number", got)
	}
	for query, want := range map[string]float64{
		`{"ProjectIds":["project-x"]}`:                                           0,
		`{"ProjectIds":["project-demo"],"JobIds":["` + slow + `"]}`:              1,
		`{"ProjectIds":["project-demo"],"ScenarioIds":["scenario-demo"]}`:        0,
		`{"ProjectIds":["project-demo"],"ScenarioNames":["failing"],"Limit":1}`:  1,
		`{"ProjectIds":["project-demo"],"Ascend":true,"Offset":1,"OrderBy":"x"}`: 2,
	} {
		if got := num(t, c.ok("DescribeAlertRecords", query), "Total"); got != want {
			t.Errorf("%s: Total %v, want %v", query, got, want)
		}
	}
}

func TestAlertNotReached(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioFailing)
	c.pass(10 * time.Second)
	c.ok("AbortJob", triplet(ScenarioFailing, id, `,"AbortReason":1`))
	c.pass(time.Minute)
	if reply := c.ok("DescribeAlertRecords", `{"ProjectIds":["project-demo"]}`); num(t, reply, "Total") != 0 {
		t.Errorf("a rule fired after the stop: %v", reply)
	}
	if r := num(t, c.show(ScenarioFailing), "AbortReason"); r != 1 {
		t.Errorf("reason %v", r)
	}
}

func TestNormalLogs(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioPrepareFails)
	c.pass(time.Minute)
	all := rows(t, c.ok("DescribeNormalLogs", triplet(ScenarioPrepareFails, id, "")), "NormalLogs")
	if len(all) != 3 {
		t.Fatalf("logs %v", all)
	}
	if _, ok := all[0]["Timestamp"].(string); !ok {
		t.Errorf("Timestamp %v is no string", all[0]["Timestamp"])
	}
	bad := rows(t, c.ok("DescribeNormalLogs", triplet(ScenarioPrepareFails, id, `,"SeverityText":"error","LogType":"engine"`)), "NormalLogs")
	if len(bad) != 1 || !strings.Contains(bad[0]["Body"].(string), "script") {
		t.Errorf("errors %v", bad)
	}
	var paged int
	cursor := ""
	for range 5 {
		reply := c.ok("DescribeNormalLogs", triplet(ScenarioPrepareFails, id, `,"Limit":2,"Context":"`+cursor+`"`))
		paged += len(rows(t, reply, "NormalLogs"))
		cursor = reply["Context"].(string)
	}
	if paged != 3 {
		t.Errorf("pages hold %d lines, want 3", paged)
	}
	c.pass(2 * time.Hour)
	c.refused("DescribeNormalLogs", triplet(ScenarioPrepareFails, id, `,"Context":"`+cursor+`"`), "InvalidParameterValue")
	if got := rows(t, c.ok("DescribeNormalLogs", triplet(ScenarioPrepareFails, id, `,"LogType":"console"`)), "NormalLogs"); len(got) != 0 {
		t.Errorf("console %v", got)
	}
}
