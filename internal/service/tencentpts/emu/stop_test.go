package ptsemu

import (
	"testing"
	"time"
)

const notRunningCode = "FailedOperation.JobStatusNotRunning"

func TestAbortAnyLive(t *testing.T) {
	for _, after := range []time.Duration{0, 1, 2, 4, 5, 6, 30} {
		c := newCloud(t)
		id := c.start(ScenarioDemo)
		c.pass(after * time.Second)
		body := triplet(ScenarioDemo, id, `,"AbortReason":1`)
		if reply := c.ok("AbortJob", body); len(reply) != 0 {
			t.Errorf("reply %v, want empty", reply)
		}
		if s := c.status(ScenarioDemo); s != JobAborting {
			t.Errorf("after %d s: status %d right after the abort", after, s)
		}
		c.refused("AbortJob", body, notRunningCode)
		c.pass(3 * time.Second)
		job := c.show(ScenarioDemo)
		if State(num(t, job, "Status")) != JobAborted || num(t, job, "AbortReason") != 1 {
			t.Errorf("after %d s: status %v reason %v", after, job["Status"], job["AbortReason"])
		}
		c.refused("AbortJob", body, notRunningCode)
		c.pass(time.Hour)
		if s := c.status(ScenarioDemo); s != JobAborted {
			t.Errorf("after %d s: aborted job moved on to %d", after, s)
		}
		if b := c.Half().Begun()[0]; b.Live {
			t.Error("aborted job is live")
		}
	}
}

func TestAbortKeepsNumbers(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.pass(36 * time.Second)
	total := num(t, c.show(ScenarioDemo), "RequestTotal")
	c.ok("AbortJob", triplet(ScenarioDemo, id, ""))
	c.pass(time.Minute)
	job := c.show(ScenarioDemo)
	if got := num(t, job, "RequestTotal"); got != total || total == 0 {
		t.Errorf("RequestTotal %v, want %v", got, total)
	}
	if num(t, job, "AbortReason") != 0 {
		t.Errorf("reason %v, want unknown", job["AbortReason"])
	}
}

func TestAbortStuck(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioStuck)
	c.pass(time.Hour)
	c.ok("AbortJob", triplet(ScenarioStuck, id, ""))
	c.pass(5 * time.Second)
	if s := c.status(ScenarioStuck); s != JobAborted {
		t.Errorf("status %d", s)
	}
}

func TestAbortOnlyRunning(t *testing.T) {
	c := newCloud(t)
	c.Switches.AbortMode = AbortOnlyRunning
	id := c.start(ScenarioDemo)
	body := triplet(ScenarioDemo, id, "")
	for range 6 {
		c.refused("AbortJob", body, notRunningCode)
		c.pass(time.Second)
	}
	c.ok("AbortJob", body)
}

func TestSlowAbort(t *testing.T) {
	c := newCloud(t)
	c.Switches.AbortDuration = time.Minute
	id := c.start(ScenarioDemo)
	c.pass(50 * time.Second)
	c.ok("AbortJob", triplet(ScenarioDemo, id, ""))
	c.pass(59 * time.Second)
	if s := c.status(ScenarioDemo); s != JobAborting {
		t.Errorf("status %d, want aborting", s)
	}
	c.pass(time.Second)
	if s := c.status(ScenarioDemo); s != JobAborted {
		t.Errorf("status %d, want aborted", s)
	}
}

func TestAbortFails(t *testing.T) {
	c := newCloud(t)
	c.Switches.AbortMode = AbortFails
	id := c.start(ScenarioDemo)
	c.pass(20 * time.Second)
	c.ok("AbortJob", triplet(ScenarioDemo, id, ""))
	c.pass(10 * time.Second)
	if s := c.status(ScenarioDemo); s != JobAbortException {
		t.Errorf("status %d", s)
	}
	if b := c.Half().Begun()[0]; !b.Live || b.State != "JobAbortException" {
		t.Errorf("begun %+v, want live: load still runs", b)
	}
	c.pass(40 * time.Second)
	if b := c.Half().Begun()[0]; b.Live {
		t.Errorf("begun %+v, want ended with the planned load", b)
	}
}

func TestAbortEnded(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	c.refused("AbortJob", triplet(ScenarioDemo, id, ""), notRunningCode)
}

func TestDelete(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioShort)
	c.pass(time.Minute)
	body := `{"ProjectId":"project-demo","ScenarioIds":["scenario-short"],"JobIds":["` + id + `"]}`
	c.refused("DeleteJobs", `{"ProjectId":"project-demo","ScenarioIds":["scenario-demo"],"JobIds":["`+id+`"]}`, "FailedOperation.ResourceNotFound")
	c.ok("DeleteJobs", body)
	if reply := c.ok("DescribeJobs", jobsQuery(ScenarioShort, "")); num(t, reply, "Total") != 0 {
		t.Errorf("deleted job is listed: %v", reply)
	}
	c.refused("DescribeRequestSummary", triplet(ScenarioShort, id, ""), "FailedOperation.ResourceNotFound")
	c.refused("DeleteJobs", body, "FailedOperation.ResourceNotFound")
	c.Switches.DeletedListed = true
	if s := c.status(ScenarioShort); s != JobDeleted {
		t.Errorf("status %d", s)
	}
	if b := c.Half().Begun(); len(b) != 1 || b[0].Live {
		t.Errorf("begun %+v", b)
	}
}
