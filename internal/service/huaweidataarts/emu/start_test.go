package dataartsemu

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestBodies(t *testing.T) {
	param := func(fields string) string { return `{"jobParams":[{` + fields + `}]}` }
	long := func(n int) string { return strings.Repeat("名", n) }
	tests := []struct {
		name, body string
		start, run bool // whether it is accepted
	}{
		{"none", ``, true, true},
		{"empty", `{}`, true, true},
		{"newline", "{}\n", true, true},
		{"no parameters", `{"jobParams":[]}`, true, true},
		{"null", `{"jobParams":null}`, true, true},
		{"two", `{"jobParams":[{"name":"aaa","value":"111"},{"name":"b-B_9","value":""}]}`, true, true},
		{"64 of name", param(`"name":"` + strings.Repeat("a", 64) + `","value":"1"`), true, true},
		{"65 of name", param(`"name":"` + strings.Repeat("a", 65) + `","value":"1"`), false, false},
		{"name with space", param(`"name":"a b","value":"1"`), false, false},
		{"name with dot", param(`"name":"a.b","value":"1"`), false, false},
		{"name in Chinese", param(`"name":"名","value":"1"`), false, false},
		{"empty name", param(`"name":"","value":"1"`), false, false},
		{"no name", param(`"value":"1"`), false, false},
		{"no value", param(`"name":"a"`), false, false},
		{"value null", param(`"name":"a","value":null`), false, false},
		{"value a number", param(`"name":"a","value":1`), false, false},
		{"1024 characters", param(`"name":"a","value":"` + long(1024) + `"`), true, true},
		{"1025 characters", param(`"name":"a","value":"` + long(1025) + `"`), false, false},
		{"paramType", param(`"name":"a","value":"1","paramType":"constants"`), true, true},
		{"type", param(`"name":"a","value":"1","type":"procedure"`), true, true},
		{"bad paramType", param(`"name":"a","value":"1","paramType":"x"`), false, false},
		{"parameters no list", `{"jobParams":{}}`, false, false},
		{"parameter no object", `{"jobParams":["a"]}`, false, false},
		{"nothing at all", `null`, false, true}, // a client of OTC's sends it (facts huawei-dataarts §3)
		{"nothing at all, in a line", " null\n", false, true},
		{"no object", `[]`, false, false},
		{"no JSON", `<html>`, false, false},
		{"start date", `{"start_date":20241030}`, true, true},
		{"start date text", `{"start_date":"20241030"}`, false, true},
		{"no such date", `{"start_date":20241330}`, false, true},
		{"self dependency", `{"ignore_first_self_dep":true,"ignore_first_self_dependence":false}`, true, true},
		{"self dependency text", `{"ignore_first_self_dep":"true"}`, false, true},
		{"execution user", `{"useExecutionUser":"true"}`, true, true},
		{"execution user bool", `{"useExecutionUser":true}`, true, false},
		{"unknown field", `{"x":1}`, true, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for path, good := range map[string]bool{"/jobs/myJob/start": test.start, "/jobs/myJob/run-immediate": test.run} {
				c := newCloud(t)
				status, answer := c.post(path, test.body)
				if !good {
					c.wantCode(status, answer, "DLF.3051")
					c.wantTruth()
				} else if status >= 300 || len(c.truth()) != 1 {
					t.Errorf("%s: %d %s, begun %v", path, status, answer, c.truth())
				}
			}
		})
	}
}

func TestRunOnceAnswer(t *testing.T) {
	tests := []struct {
		switches Switches
		want     string
	}{
		{Switches{}, `{"instanceId":132343}`},
		{Switches{InstanceIDText: true}, `{"instanceId":"132343"}`},
	}
	for _, test := range tests {
		c := newCloud(t)
		c.Switches = test.switches
		if status, answer := c.post("/jobs/myJob/run-immediate", ""); status != 200 || answer != test.want {
			t.Errorf("got %d %s, want %s", status, answer, test.want)
		}
		c.wantTruth("132343 myJob waiting true")
	}
}

func TestRunOnceIsNotSchedule(t *testing.T) {
	c := newCloud(t)
	c.run(MyJob)
	if got := c.jobStatus(Batch, MyJob); got != Stopped {
		t.Errorf("status %s, want STOPPED", got)
	}
	c.pass(time.Hour)
	c.wantTruth("132343 myJob success false", "132344 scheduledJob waiting true")
}

func TestRunOnceType(t *testing.T) {
	for _, type7 := range []bool{false, true} {
		c := newCloud(t)
		c.Switches.RunOnceIsType7 = type7
		want := map[bool]float64{false: 2, true: 7}[type7]
		if got := c.get(c.run(MyJob))["instanceType"]; got != want {
			t.Errorf("type %v, want %v", got, want)
		}
	}
}

func TestCronBeginsByTheClock(t *testing.T) {
	c := newCloud(t)
	c.must("/jobs/myJob/start")
	if got := c.jobStatus(Batch, MyJob); got != Scheduling {
		t.Errorf("status %s", got)
	}
	c.pass(4*time.Minute + 58*time.Second)
	c.wantTruth("schedule/myJob myJob SCHEDULING true")
	if got := c.instances("jobName=myJob"); len(got) != 0 {
		t.Errorf("before the plan time: %v", got)
	}
	c.pass(time.Second)
	c.wantTruth("schedule/myJob myJob SCHEDULING true", "132343 myJob waiting true")
	c.pass(10 * time.Minute)
	records := c.instances("jobName=myJob")
	if len(records) != 3 {
		t.Fatalf("after three plan times: %v", records)
	}
	for k, r := range records {
		plan := start.Truncate(time.Hour).Add(time.Duration(3-k) * 5 * time.Minute)
		if r["planTime"] != float64(plan.UnixMilli()) || r["instanceType"] != 0.0 {
			t.Errorf("instance %d: %v, want plan time %v", k, r, plan)
		}
	}
	c.must("/jobs/myJob/stop")
	c.pass(10 * time.Minute)
	c.wantTruth("schedule/myJob myJob STOPPED false", "132343 myJob success false",
		"132344 myJob success false", "132345 myJob success false")
}

// TestIDsDoNotDependOnReads: who looks often and who never looks see the same.
func TestIDsDoNotDependOnReads(t *testing.T) {
	run := func(step time.Duration) []string {
		c := newCloud(t)
		c.must("/jobs/" + FailingJob + "/start")
		c.must("/jobs/" + MyJob + "/start")
		c.must("/jobs/" + OnceJob + "/start")
		for until := c.now.Add(2 * time.Hour); c.now.Before(until); c.pass(step) {
			c.truth()
		}
		return c.truth()
	}
	if often, seldom := fmt.Sprint(run(time.Second)), fmt.Sprint(run(2*time.Hour)); often != seldom {
		t.Errorf("often:\n%s\nseldom:\n%s", often, seldom)
	}
}

// TestSecondStart: what is on already is refused, says that it is running, and
// nothing begins a second time.
func TestSecondStart(t *testing.T) {
	c := newCloud(t)
	c.must("/jobs/myJob/start")
	c.must("/jobs/myStream/start")
	for _, name := range []string{MyJob, MyStream, ScheduledJob} {
		status, answer := c.post("/jobs/"+name+"/start", "")
		c.wantCode(status, answer, "DLF.3051")
		if !strings.Contains(answer, "is running") {
			t.Errorf("%s: %s", name, answer)
		}
	}
	c.Switches.SecondStart30107 = true
	status, answer := c.post("/jobs/myJob/start", "")
	c.wantCode(status, answer, "DLF.30107")
	c.Switches.SecondStartTaken = true
	c.must("/jobs/scheduledJob/start")
	c.wantTruth("schedule/myJob myJob SCHEDULING true", "stream/myStream myStream STARTING true")
	c.must("/jobs/myJob/stop")
	c.must("/jobs/myJob/start")
	c.wantTruth("schedule/myJob myJob STOPPED false", "stream/myStream myStream STARTING true",
		"schedule/myJob myJob SCHEDULING true")
}

func TestScheduledBefore(t *testing.T) {
	c := newCloud(t)
	if got := c.jobStatus(Batch, ScheduledJob); got != Scheduling {
		t.Errorf("status %s", got)
	}
	c.pass(time.Hour)
	c.wantTruth("132343 scheduledJob waiting true")
}

func TestOnceJob(t *testing.T) {
	for _, stays := range []bool{false, true} {
		c := newCloud(t)
		c.Switches.OnceStaysScheduling = stays
		c.must("/jobs/onceJob/start")
		c.pass(4 * time.Second)
		c.wantTruth("schedule/onceJob onceJob SCHEDULING true")
		c.pass(time.Second)
		if got := c.instances("instanceType=7"); len(got) != 1 {
			t.Errorf("instances: %v", got)
		}
		c.pass(29 * time.Second)
		c.wantTruth("schedule/onceJob onceJob SCHEDULING true", "132343 onceJob running true")
		c.pass(time.Second)
		if stays {
			c.wantTruth("schedule/onceJob onceJob SCHEDULING true", "132343 onceJob success false")
			continue
		}
		c.wantTruth("schedule/onceJob onceJob STOPPED false", "132343 onceJob success false")
		c.must("/jobs/onceJob/start")
		c.pass(5 * time.Second)
		c.wantTruth("schedule/onceJob onceJob STOPPED false", "132343 onceJob success false",
			"schedule/onceJob onceJob SCHEDULING true", "132344 onceJob waiting true")
	}
}

func TestOnceJobStoppedInTime(t *testing.T) {
	c := newCloud(t)
	c.must("/jobs/onceJob/start")
	c.must("/jobs/onceJob/stop")
	c.pass(time.Minute)
	c.wantTruth("schedule/onceJob onceJob STOPPED false")
}

func TestEventJobWaits(t *testing.T) {
	c := newCloud(t)
	c.Add(Job{Name: "event", Type: Batch, Schedule: Event, Nodes: []Node{{Name: "n", Type: "Shell"}}})
	c.must("/jobs/event/start")
	c.pass(24 * time.Hour)
	if got := c.jobStatus(Batch, "event"); got != Scheduling {
		t.Errorf("status %s", got)
	}
	if got := c.instances("jobName=event"); len(got) != 0 {
		t.Errorf("instances %v", got)
	}
}

func TestChineseJob(t *testing.T) {
	c := newCloud(t)
	c.must("/jobs/%E4%BD%9C%E4%B8%9A%E4%B8%80/start")
	c.wantTruth("schedule/作业一 作业一 SCHEDULING true")
	c.pass(6 * time.Minute)
	if got := c.instances("preciseQuery=true&jobName=%E4%BD%9C%E4%B8%9A%E4%B8%80"); len(got) != 1 || got[0]["jobName"] != ChineseJob {
		t.Errorf("instances %v", got)
	}
}
