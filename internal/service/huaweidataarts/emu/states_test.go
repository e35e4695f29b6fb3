package dataartsemu

import (
	"fmt"
	"reflect"
	"testing"
	"time"
)

// walk is the statuses of an instance with the second at which each came.
func (c *cloud) walk(path string, seconds int) []string {
	var steps []string
	last := ""
	for at := range seconds + 1 {
		if status := c.get(path)["status"].(string); status != last {
			steps = append(steps, fmt.Sprintf("%d %s", at, status))
			last = status
		}
		c.pass(time.Second)
	}
	return steps
}

func TestInstanceWalks(t *testing.T) {
	second := time.Second
	two := func(last Node) []Node { return []Node{{Name: "a", Takes: 3 * second}, last} }
	tests := []struct {
		name string
		job  Job
		want []string
	}{
		{MyJob, Job{}, []string{"0 waiting", "2 running", "30 success"}},
		{FailingJob, Job{}, []string{"0 waiting", "2 running", "20 fail"}},
		{FlakyJob, Job{}, []string{"0 waiting", "2 running", "30 success"}},
		{HaltedJob, Job{}, []string{"0 waiting", "2 running", "20 running-exception"}},
		{"retried in vain", Job{Nodes: two(Node{Name: "b", Takes: 2 * second, Failures: 2, Ends: Fail})},
			[]string{"0 running", "9 fail"}},
		{"halted in vain", Job{Nodes: two(Node{Name: "b", Takes: 2 * second, Failures: 2, Ends: Halt})},
			[]string{"0 running", "9 running-exception"}},
		{"skipped node", Job{Nodes: two(Node{Name: "b", Takes: 9 * second, Ends: Skip})}, []string{"0 running", "3 success"}},
		{"paused", Job{Nodes: two(Node{Name: "b", Ends: Pause})}, []string{"0 running", "3 pause"}},
		{"no end", Job{Nodes: two(Node{Name: "b", Takes: Forever, Failures: 1})}, []string{"0 running"}},
		{"all waits", Job{Nodes: two(Node{Name: "b"}), Waits: []Phase{{WaitingConfirm, 2 * second}, {Freeze, second}, {Waiting, Forever}}},
			[]string{"0 waiting-confirm", "2 freeze", "3 waiting"}},
		{"skipped", Job{Nodes: two(Node{Name: "b"}), Waits: []Phase{{Waiting, second}}, Ends: SkipByDepend},
			[]string{"0 waiting", "1 skip-by-depend"}},
		{"forced", Job{Nodes: two(Node{Name: "b", Takes: second, Ends: Fail}), Ends: ForceSuccess}, []string{"0 running", "4 success"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCloud(t)
			name := test.name
			if test.job.Nodes != nil {
				name = "scripted"
				test.job.Name, test.job.Type, test.job.Schedule = name, Batch, Once
				c.Add(test.job)
			}
			if got := c.walk(c.run(name), 40); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestHalted: the failed node says so, the others wait, and nothing runs.
func TestHalted(t *testing.T) {
	c := newCloud(t)
	path := c.run(HaltedJob)
	c.pass(50 * time.Minute)
	c.wantTruth("132343 haltedJob running-exception false")
	got := c.get(path)
	if nodes := names(got["nodes"], "status"); !reflect.DeepEqual(nodes, []string{Success, Fail, Waiting}) || got["endTime"] != nil {
		t.Errorf("got %v", got)
	}
	if listed := c.instances("jobName=haltedJob"); listed[0]["status"] != RunningException || listed[0]["errorMessage"] == nil {
		t.Errorf("listed as %v", listed)
	}
	status, answer := c.post(path+"/restart", "")
	c.wantCode(status, answer, "DLF.3051")
}

func TestSetByHand(t *testing.T) {
	tests := []struct {
		ends           string
		spelt          bool
		status         string
		forced, ignore bool
	}{
		{ForceSuccess, false, Success, true, false},
		{IgnoreSuccess, false, Success, false, true},
		{ForceSuccess, true, ForceSuccess, true, false},
		{IgnoreSuccess, true, IgnoreSuccess, false, true},
	}
	for _, test := range tests {
		c := newCloud(t)
		c.Switches.ForceSuccessStatus = test.spelt
		c.Add(Job{Name: "hand", Type: Batch, Nodes: []Node{{Name: "n", Ends: Fail}}, Ends: test.ends})
		got := c.get(c.run("hand"))
		if got["status"] != test.status || got["forceSuccess"] != test.forced || got["ignoreSuccess"] != test.ignore {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}

func TestStreamWalks(t *testing.T) {
	tests := []struct {
		name  string
		job   Job
		stop  int // the second of the stop; 0: none
		takes time.Duration
		want  []string
	}{
		{name: MyStream, want: []string{"0 STARTING", "10 NORMAL"}},
		{name: BrokenStream, want: []string{"0 STARTING", "10 NORMAL", "30 EXCEPTION"}},
		{name: MyStream, stop: 20, want: []string{"0 STARTING", "10 NORMAL", "20 STOPPING", "25 STOPPED"}},
		{name: MyStream, stop: 5, takes: 9 * time.Second, want: []string{"0 STARTING", "5 STOPPING", "14 STOPPED"}},
		{name: BrokenStream, stop: 35, want: []string{"0 STARTING", "10 NORMAL", "30 EXCEPTION", "35 STOPPING", "40 STOPPED"}},
		{name: "quick", job: Job{Name: "quick", Type: RealTime, Nodes: []Node{{Name: "n"}}}, want: []string{"0 NORMAL"}},
		{name: "ends", job: Job{Name: "ends", Type: RealTime, Nodes: []Node{{Name: "n"}}, Walk: []Phase{{Normal, 3 * time.Second}, {Stopped, time.Second}}},
			want: []string{"0 NORMAL", "3 STOPPED"}},
	}
	for _, test := range tests {
		c := newCloud(t)
		c.Switches.StreamStopTakes = test.takes
		if test.job.Name != "" {
			c.Add(test.job)
		}
		if got := c.get("/jobs/" + test.name + "/status")["status"]; got != Stopped {
			t.Errorf("before the start: %v", got)
		}
		c.must("/jobs/" + test.name + "/start")
		var got []string
		last := ""
		for at := range 50 {
			if test.stop > 0 && at == test.stop {
				c.must("/jobs/" + test.name + "/stop")
			}
			status := c.get("/jobs/" + test.name + "/status")["status"].(string)
			if listed := c.jobStatus(RealTime, test.name); listed != status {
				t.Errorf("listed as %s, shown as %s", listed, status)
			}
			if status != last {
				got = append(got, fmt.Sprintf("%d %s", at, status))
				last = status
			}
			c.pass(time.Second)
		}
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

func TestStreamTruth(t *testing.T) {
	c := newCloud(t)
	c.must("/jobs/" + BrokenStream + "/start")
	c.pass(10 * time.Second)
	c.wantTruth("stream/brokenStream brokenStream NORMAL true")
	c.pass(30 * time.Second)
	c.wantTruth("stream/brokenStream brokenStream EXCEPTION false")
	c.must("/jobs/" + BrokenStream + "/start")
	c.wantTruth("stream/brokenStream brokenStream STOPPED false", "stream/brokenStream brokenStream STARTING true")
	c.must("/jobs/" + BrokenStream + "/stop")
	c.pass(time.Second)
	c.wantTruth("stream/brokenStream brokenStream STOPPED false", "stream/brokenStream brokenStream STOPPING true")
	c.pass(4 * time.Second)
	c.wantTruth("stream/brokenStream brokenStream STOPPED false", "stream/brokenStream brokenStream STOPPED false")
}

func TestAddKeepsWhatRuns(t *testing.T) {
	c := newCloud(t)
	path := c.run(MyJob)
	c.Add(Job{Name: MyJob, Type: Batch, Schedule: Once, Nodes: []Node{{Name: "n", Ends: Fail}}})
	if got := c.get(c.run(MyJob))["status"]; got != Fail {
		t.Errorf("the new one: %v", got)
	}
	c.pass(30 * time.Second)
	if got := c.get(path)["status"]; got != Success {
		t.Errorf("the old one: %v", got)
	}
}
