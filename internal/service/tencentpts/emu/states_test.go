package ptsemu

import (
	"fmt"
	"testing"
	"time"
)

// walked samples a scenario's job twice a second and returns the states in
// their order.
func walked(c *cloud, scenario string, d time.Duration) string {
	out, last := "", State(-1)
	for range int(d/(500*time.Millisecond)) + 1 {
		if s := c.status(scenario); s != last {
			out += fmt.Sprintf(" %d", s)
			last = s
		}
		c.pass(500 * time.Millisecond)
	}
	return out
}

func TestWalks(t *testing.T) {
	for _, tc := range []struct {
		name  string
		end   State
		walk  string
		start bool // load has begun
		live  bool
	}{
		{"finished", 0, " 1 3 4 5 6 11 12", true, false},
		{"prepare exception", JobPrepareException, " 1 3 13", false, false},
		{"finish exception", JobFinishException, " 1 3 4 5 6 11 14", true, false},
		{"aborted", JobAborted, " 1 3 4 5 6 11 15 16", true, false},
		{"abort exception", JobAbortException, " 1 3 4 5 6 11 15 17", true, false},
		{"deleted", JobDeleted, " 1 3 4 5 6 11 18", true, false},
		{"no generators", JobSelectClusterException, " 1 3 4 19", false, false},
		{"no tasks", JobCreateTaskException, " 1 3 4 5 20", false, false},
		{"no sync", JobSyncTaskException, " 1 3 4 5 6 21", false, false},
		{"stuck created", JobCreated, " 1", false, true},
		{"stuck pending", JobPending, " 1 2", false, true},
		{"stuck preparing", JobPreparing, " 1 3", false, true},
		{"stuck selecting", JobSelectClustering, " 1 3 4", false, true},
		{"stuck creating", JobCreateTasking, " 1 3 4 5", false, true},
		{"stuck syncing", JobSyncTasking, " 1 3 4 5 6", false, true},
		{"stuck running", JobRunning, " 1 3 4 5 6 11", true, true},
		{"stuck aborting", JobAborting, " 1 3 4 5 6 11 15", true, true},
		{"undefined", State(9), " 1 3 4 5 6 9", false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCloud(t)
			c.AddScenario(Scenario{
				ID: "scenario-x", Stages: []Stage{{20, 10}},
				Outcome: Outcome{End: tc.end, Numbers: Numbers{RequestsPerSecond: 10, ErrorPercent: 1, P95: 0.1}},
			})
			c.start("scenario-x")
			if got := walked(c, "scenario-x", time.Minute); got != tc.walk {
				t.Errorf("walk %q, want %q", got, tc.walk)
			}
			job := c.show("scenario-x")
			if began := job["StartTime"] != nil; began != tc.start {
				t.Errorf("StartTime %v, want known: %v", job["StartTime"], tc.start)
			}
			if ended := job["EndTime"] != nil; ended == tc.live {
				t.Errorf("EndTime %v of a job that is live: %v", job["EndTime"], tc.live)
			}
			begun := c.Half().Begun()
			if len(begun) != 1 || begun[0].Live != tc.live || begun[0].Mark != "mark of scenario-x" {
				t.Errorf("begun %+v, want one job, live: %v", begun, tc.live)
			}
			if want := State(job["Status"].(float64)).String(); begun[0].State != want {
				t.Errorf("begun in state %s, want %s", begun[0].State, want)
			}
			if _, ok := job["Message"].(string); !ok {
				t.Errorf("Message %v", job["Message"])
			}
		})
	}
}

func TestWorld(t *testing.T) {
	for _, tc := range []struct {
		scenario string
		after    time.Duration
		want     State
		reason   float64
	}{
		{ScenarioDemo, 66 * time.Second, JobFinished, 0},
		{ScenarioFailing, 29 * time.Second, JobAborted, 2},
		{ScenarioPrepareFails, 2 * time.Second, JobPrepareException, 0},
		{ScenarioSlow, 66 * time.Second, JobFinished, 0},
		{ScenarioShort, 6 * time.Second, JobFinished, 0},
		{ScenarioRPS, 66 * time.Second, JobFinished, 0},
		{ScenarioEmpty, 16 * time.Second, JobFinished, 0},
		{ScenarioNoGenerators, 6 * time.Second, JobSelectClusterException, 0},
		{ScenarioStuck, time.Hour, JobPending, 0},
	} {
		t.Run(tc.scenario, func(t *testing.T) {
			c := newCloud(t)
			c.start(tc.scenario)
			c.pass(tc.after)
			job := c.show(tc.scenario)
			if State(num(t, job, "Status")) != tc.want || num(t, job, "AbortReason") != tc.reason {
				t.Errorf("status %v reason %v, want %d and %v", job["Status"], job["AbortReason"], tc.want, tc.reason)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	c := newCloud(t)
	c.start(ScenarioDemo)
	job := c.show(ScenarioDemo)
	if job["CreatedAt"] != "2026-01-02T11:04:05+08:00" || job["StartTime"] != nil || job["EndTime"] != nil {
		t.Errorf("times %v %v %v", job["CreatedAt"], job["StartTime"], job["EndTime"])
	}
	c.Switches.EmptyTimes = true
	if job = c.show(ScenarioDemo); job["StartTime"] != "" || job["EndTime"] != "" {
		t.Errorf("times %v %v, want empty", job["StartTime"], job["EndTime"])
	}
	c.pass(2 * time.Minute)
	if job = c.show(ScenarioDemo); job["StartTime"] != "2026-01-02T11:04:11+08:00" || job["EndTime"] != "2026-01-02T11:05:11+08:00" {
		t.Errorf("times %v %v", job["StartTime"], job["EndTime"])
	}
}

func TestStateNames(t *testing.T) {
	for s := State(0); s <= 22; s++ {
		if s.String() == "" {
			t.Errorf("state %d has no name", s)
		}
	}
	if JobRunning.String() != "JobRunning" || State(9).String() != "9" {
		t.Errorf("names %s %s", JobRunning, State(9))
	}
}
