package report

import (
	"encoding/json"
	"strings"
	"testing"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// What costs on after its end is said wherever the step ends with it.
func TestStillCosts(t *testing.T) {
	const costs = "it is paused, and costs on until it is ended"
	paused := job.Item{
		Provider: "huawei-drs", What: "task a", Ref: job.Ref{ID: "a"}, How: job.Began, Status: "PAUSING",
		End: job.Cancelled, Stop: job.StopConfirmed, Last: job.Status{State: job.StateStopped, Word: "PAUSING", StillCosts: costs},
	}
	failed := paused
	failed.End, failed.Stop, failed.Why = job.JobFailed, "", []string{"status FULL_TRANSFER_FAILED"}
	copied := failed
	copied.End, copied.Why = job.Succeeded, nil
	for name, item := range map[string]job.Item{"paused": paused, "failed": failed, "copied": copied} {
		r := engine.Result{Outcome: item.End, Items: []job.Item{item}}
		one := Result{Outcome: item.End, Ref: item.Ref, What: item.What, Status: item.Status, Stop: item.Stop, StillCosts: item.Last.StillCosts, Why: item.Why}
		html, err := HTML([]Result{one})
		if err != nil {
			t.Fatal(err)
		}
		for where, text := range map[string]string{
			"summary": Summary(r), "post": Settled(r), "log": Line(item, nil), "table": Table(r, nil), "end": Stopped(item), "outputs": stopIn(t, r),
			"judged": Judged([]Result{one}), "judged, of several": Judged([]Result{one, {Outcome: job.Succeeded}}), "page": string(html),
		} {
			if where == "post" && item.Stop == "" {
				continue // it settles only what was stopped or left
			}
			if !strings.Contains(strings.ReplaceAll(text, "&#44;", ","), costs) {
				t.Errorf("%s, %s: %s", name, where, text)
			}
			if name == "paused" && strings.Contains(text, "was stopped") {
				t.Errorf("%s: it is not stopped but paused: %s", where, text)
			}
		}
	}
	ended := paused
	ended.Last.StillCosts = ""
	if got := stopIn(t, engine.Result{Items: []job.Item{ended}}); got != "stopped" {
		t.Errorf("got %q", got)
	}
}

// stopIn is stop in the output statuses.
func stopIn(t *testing.T, r engine.Result) string {
	t.Helper()
	for _, o := range Outputs(r, false, "the log") {
		if o.Name != "statuses" {
			continue
		}
		var entries []struct{ Stop string }
		if err := json.Unmarshal([]byte(o.Value), &entries); err != nil {
			t.Fatal(err)
		}
		return entries[0].Stop
	}
	return ""
}
