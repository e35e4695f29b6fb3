package action

import (
	"testing"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func TestMoment(t *testing.T) {
	for want, last := range map[string]job.Status{
		"  1m7s  task 7: running (0 running), of 3m planned, 1 of 2 cases ended, 100.0/s": {
			State: job.StateRunning, Word: "0 running", Planned: 3 * time.Minute, Progress: "1 of 2 cases ended, 100.0/s",
		},
		"  1m7s  task 7: pending (9 waiting)": {State: job.StatePending, Word: "9 waiting", Planned: 3 * time.Minute},
		"  1m7s  task 7: running":             {State: job.StateRunning, Word: "RUNNING", Message: "running"},
	} {
		e := engine.Event{Took: 67 * time.Second, Item: job.Item{What: "task", Ref: job.Ref{ID: "7"}, Last: last}}
		if got := moment(e); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// The line of a job's end says what became of a stop, and what costs on.
func TestEnding(t *testing.T) {
	const costs = "it failed, and costs on until it is ended"
	for want, item := range map[string]job.Item{
		"  1m7s  ❌ task 7: job-failed, " + costs + "\n        status FAILED": {End: job.JobFailed, Why: []string{"status FAILED"}, Last: job.Status{StillCosts: costs}},
		"  1m7s  🛑 task 7: cancelled, stop requested":                        {End: job.Cancelled, Stop: job.StopRequested},
		"  1m7s  ✅ task 7: succeeded":                                        {End: job.Succeeded},
	} {
		item.What, item.Ref.ID = "task", "7"
		if got := ending(engine.Event{Took: 67 * time.Second, Item: item}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
