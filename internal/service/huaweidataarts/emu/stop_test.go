package dataartsemu

import (
	"testing"
	"time"
)

func TestStopInstance(t *testing.T) {
	c := newCloud(t)
	path := c.run(MyJob)
	c.pass(12 * time.Second)
	c.must(path + "/stop")
	got := c.get(path)
	if got["status"] != ManualStop || got["executeTime"] != 10000.0 {
		t.Errorf("stopped: %v", got)
	}
	for k, want := range []string{Success, ManualStop, Waiting} {
		if node := got["nodes"].([]any)[k].(map[string]any); node["status"] != want {
			t.Errorf("node %d: %v, want %s", k, node, want)
		}
	}
	c.wantTruth("132343 myJob manual-stop false")
	c.pass(time.Hour)
	status, answer := c.post(path+"/stop", "")
	c.wantCode(status, answer, "DLF.3051")
}

func TestStopInstanceByState(t *testing.T) {
	tests := []struct {
		name     string
		job      string
		after    time.Duration
		switches Switches
		ok       bool
	}{
		{"waiting", MyJob, 0, Switches{}, false},
		{"waiting, allowed", MyJob, 0, Switches{ConsoleStops: true}, true},
		{"running", MyJob, 5 * time.Second, Switches{}, true},
		{"tried again", FlakyJob, 25 * time.Second, Switches{}, true},
		{"halted", HaltedJob, 25 * time.Second, Switches{}, false},
		{"halted, allowed", HaltedJob, 25 * time.Second, Switches{ConsoleStops: true}, true},
		{"success", MyJob, time.Minute, Switches{}, false},
		{"success, allowed", MyJob, time.Minute, Switches{ConsoleStops: true}, false},
		{"fail", FailingJob, time.Minute, Switches{}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			c.Switches = test.switches
			path := c.run(test.job)
			c.pass(test.after)
			before := c.get(path)["status"]
			status, answer := c.post(path+"/stop", "")
			if test.ok {
				if got := c.get(path)["status"]; status != 204 || got != ManualStop {
					t.Errorf("%d %s, status %v", status, answer, got)
				}
				return
			}
			c.wantCode(status, answer, "DLF.3051")
			if got := c.get(path)["status"]; got != before {
				t.Errorf("status %v, was %v", got, before)
			}
		})
	}
}

func TestSlowStop(t *testing.T) {
	c := newCloud(t)
	c.Switches.InstanceStopTakes = 5 * time.Second
	path := c.run(MyJob)
	c.pass(10 * time.Second)
	c.must(path + "/stop")
	c.pass(4 * time.Second)
	c.must(path + "/stop") // a second one does not put it off
	if got := c.get(path)["status"]; got != Running {
		t.Errorf("status %v, want running", got)
	}
	c.pass(time.Second)
	if got := c.get(path)["status"]; got != ManualStop {
		t.Errorf("status %v, want manual-stop", got)
	}
}

func TestSlowStopComesTooLate(t *testing.T) {
	c := newCloud(t)
	c.Switches.InstanceStopTakes = time.Minute
	path := c.run(MyJob)
	c.pass(10 * time.Second)
	c.must(path + "/stop")
	c.pass(2 * time.Minute)
	if got := c.get(path)["status"]; got != Success {
		t.Errorf("status %v, want success", got)
	}
}

func TestStopIgnored(t *testing.T) {
	c := newCloud(t)
	c.Switches.StopIgnored = true
	path := c.run(MyJob)
	c.must("/jobs/myStream/start")
	c.pass(15 * time.Second)
	c.must(path + "/stop")
	c.must("/jobs/myStream/stop")
	c.wantTruth("132343 myJob running true", "stream/myStream myStream NORMAL true")
}

func TestStopJob(t *testing.T) {
	tests := []struct {
		name     string
		switches Switches
		status   string
		instance string
	}{
		{"as documented", Switches{}, Stopped, Running},
		{"pauses", Switches{StopPauses: true}, Paused, Running},
		{"ends instances", Switches{StopEndsInstances: true}, Stopped, ManualStop},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			c.Switches = test.switches
			c.must("/jobs/myJob/start")
			c.pass(5*time.Minute + 3*time.Second)
			c.must("/jobs/myJob/stop")
			if got := c.jobStatus(Batch, MyJob); got != test.status {
				t.Errorf("status %s, want %s", got, test.status)
			}
			if got := c.instances("jobName=myJob"); len(got) != 1 || got[0]["status"] != test.instance {
				t.Errorf("instances %v, want one %s", got, test.instance)
			}
			c.must("/jobs/myJob/start")
			if got := c.jobStatus(Batch, MyJob); got != Scheduling {
				t.Errorf("started again: %s", got)
			}
		})
	}
}

func TestIdleStop(t *testing.T) {
	c := newCloud(t)
	c.must("/jobs/myJob/stop")
	c.must("/jobs/myStream/stop")
	c.wantTruth()
}

func TestRestart(t *testing.T) {
	c := newCloud(t)
	path := c.run(MyJob)
	c.pass(10 * time.Second)
	status, answer := c.post(path+"/restart", "")
	c.wantCode(status, answer, "DLF.3051")
	c.must(path + "/stop")
	c.pass(time.Minute)
	status, answer = c.post(path+"/restart", "[]")
	c.wantCode(status, answer, "DLF.3051")
	c.must(path + "/restart")
	c.wantTruth("132343 myJob waiting true")
	c.pass(30 * time.Second)
	if got := c.get(path); got["status"] != Success || got["planTime"] != float64(start.UnixMilli()) {
		t.Errorf("run again: %v", got)
	}
	c.must(path + "/restart")
	c.wantTruth("132343 myJob waiting true")
}

func TestSkippedIsNotRestarted(t *testing.T) {
	c := newCloud(t)
	c.Add(Job{Name: "skipped", Type: Batch, Nodes: []Node{{Name: "n"}}, Ends: SkipByDepend})
	status, answer := c.post(c.run("skipped")+"/restart", "")
	c.wantCode(status, answer, "DLF.3051")
}
