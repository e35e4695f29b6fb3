package report

import (
	"strings"
	"testing"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// TestFirstLineIsTrue: only a step that ends with 0 has a first line that says
// something good.
func TestFirstLineIsTrue(t *testing.T) {
	for _, k := range job.Kinds() {
		first, _, _ := strings.Cut(Judged([]Result{{Provider: "p", What: "w", Outcome: k.Outcome, Why: []string{"broken"}}}), "\n")
		good := strings.Contains(first, "✅") || strings.Contains(first, "Passed") || strings.Contains(first, "Succeeded")
		if good != (k.Exit == 0) {
			t.Errorf("%s, exit %d: %q", k.Outcome, k.Exit, first)
		}
	}
}

// TestSettled: what became of a job at the end of a step is said as it is.
func TestSettled(t *testing.T) {
	for stop, want := range map[job.Stop][2]string{
		job.StopConfirmed: {"✅ stopped", "may still run"},
		job.StopNotNeeded: {"✅ it had ended by itself", "may still run"},
		job.StopLeft:      {"left running", "✅"},
		job.StopRequested: {"may still run", "✅"},
		job.StopFailed:    {"may still run", "✅"},
	} {
		text := Settled(engine.Result{Items: []job.Item{{Provider: "p", What: "w", Ref: job.Ref{ID: "1"}, Status: "RUNNING", Stop: stop}}})
		if !strings.Contains(text, want[0]) || strings.Contains(text, want[1]) {
			t.Errorf("%s: %s", stop, text)
		}
	}
}

// TestHeadroom: what is left is on the good side of the limit, what misses it on
// the bad one, for requirements of at most and of at least.
func TestHeadroom(t *testing.T) {
	for _, test := range []struct {
		op            string
		limit, actual float64
		verdict       job.Verdict
		want          string
	}{
		{"<", 200, 150, job.Pass, "25 % left"},
		{"<=", 200, 250, job.Fail, "missed by 25 %"},
		{">", 200, 250, job.Pass, "25 % left"},
		{">=", 200, 150, job.Fail, "missed by 25 %"},
		{"==", 200, 200, job.Pass, "–"},
		{"<", 0, 3, job.Fail, "missed by 3"},
		{"<", 200, 0, job.Inconclusive, "–"},
	} {
		got := headroom(job.Judgement{Op: test.op, Limit: test.limit, Actual: test.actual, Verdict: test.verdict})
		if got != test.want {
			t.Errorf("%v %s %v: %q, want %q", test.actual, test.op, test.limit, got, test.want)
		}
	}
}
