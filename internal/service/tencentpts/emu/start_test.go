package ptsemu

import (
	"regexp"
	"testing"
	"time"
)

func TestStartJob(t *testing.T) {
	c := newCloud(t)
	reply := c.ok("StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"octo","Note":"a \"mark\" ü","Debug":true}`)
	id, _ := reply["JobId"].(string)
	if len(reply) != 1 || !regexp.MustCompile(`^job-[a-z0-9]{8}$`).MatchString(id) {
		t.Errorf("reply %v", reply)
	}
	job := c.show(ScenarioDemo)
	for name, want := range map[string]any{
		"JobId": id, "ScenarioId": ScenarioDemo, "ProjectId": ProjectDemo, "ScenarioName": "demo", "ProjectName": "Demo",
		"JobOwner": "octo", "Note": "a \"mark\" ü", "Debug": true, "PayMode": 3.0, "Duration": 60.0,
		"MaxVirtualUserCount": 100.0, "MaxRequestsPerSecond": 1000.0, "RequestTotal": 0.0, "ErrorRate": 0.0,
		"Datasets": nil, "LoadSourceInfos": nil, "Type": "pts-js", "CronId": "", "Usage": 0.0,
	} {
		got, present := job[name]
		if !present || got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
	spec := job["Load"].(map[string]any)["LoadSpec"].(map[string]any)
	if spec["Concurrency"] == nil || spec["RequestsPerSecond"] != nil || spec["ScriptOrigin"] != nil {
		t.Errorf("LoadSpec %v", spec)
	}
	if second := c.ok("StartJob", `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"octo"}`); second["JobId"] == id {
		t.Error("the same id again")
	}
}

func TestParallelCap(t *testing.T) {
	const body = `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":"me"}`
	c := newCloud(t)
	for range 10 {
		c.ok("StartJob", body)
	}
	c.refused("StartJob", body, "LimitExceeded")
	c.pass(66 * time.Second)
	c.ok("StartJob", body)

	c = newCloud(t)
	c.Switches.ParallelJobs = 1
	c.ok("StartJob", body)
	c.refused("StartJob", body, "LimitExceeded")
}

func TestTextLimits(t *testing.T) {
	c := newCloud(t)
	c.Switches.NoteLimit, c.Switches.JobOwnerLimit = 3, 2
	const body = `{"ScenarioId":"scenario-demo","ProjectId":"project-demo","JobOwner":`
	c.refused("StartJob", body+`"me","Note":"long"}`, "InvalidParameterValue")
	c.refused("StartJob", body+`"you"}`, "InvalidParameterValue")
	id := c.ok("StartJob", body+`"me","Note":"üüü"}`)["JobId"].(string)
	c.refused("UpdateJob", triplet(ScenarioDemo, id, `,"Note":"long"`), "InvalidParameterValue")
}

func TestUpdateJob(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.ok("UpdateJob", triplet(ScenarioDemo, id, ""))
	if note := c.show(ScenarioDemo)["Note"]; note != "mark of scenario-demo" {
		t.Errorf("note %v", note)
	}
	c.ok("UpdateJob", triplet(ScenarioDemo, id, `,"Note":"new"`))
	if note := c.show(ScenarioDemo)["Note"]; note != "new" || c.Half().Begun()[0].Mark != "new" {
		t.Errorf("note %v", note)
	}
}

func TestAdjustJobSpeed(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioRPS)
	c.refused("AdjustJobSpeed", `{"JobId":"`+id+`","TargetRequestsPerSecond":100}`, notRunningCode)
	c.pass(10 * time.Second)
	c.refused("AdjustJobSpeed", `{"JobId":"`+id+`","TargetRequestsPerSecond":10}`, "InvalidParameterValue")
	c.refused("AdjustJobSpeed", `{"JobId":"`+id+`","TargetRequestsPerSecond":401}`, "InvalidParameterValue")
	c.ok("AdjustJobSpeed", `{"JobId":"`+id+`","TargetRequestsPerSecond":100}`)
	c.ok("AdjustJobSpeed", triplet(ScenarioRPS, id, `,"TargetRequestsPerSecond":120`))
	spec := c.show(ScenarioRPS)["Load"].(map[string]any)["LoadSpec"].(map[string]any)
	if target := spec["RequestsPerSecond"].(map[string]any)["TargetRequestsPerSecond"]; target != 120.0 {
		t.Errorf("target %v", target)
	}
	demo := c.start(ScenarioDemo)
	c.pass(10 * time.Second)
	c.refused("AdjustJobSpeed", `{"JobId":"`+demo+`","TargetRequestsPerSecond":100}`, "InvalidParameterValue")
}
