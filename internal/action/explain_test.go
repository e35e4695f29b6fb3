package action

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// annotations are those that a result gets, with their kind and title.
func annotations(r engine.Result, onInconclusive string) (all []string) {
	var out bytes.Buffer
	p := &process{stdout: &out, stderr: io.Discard, getenv: func(name string) string { return map[string]string{"GITHUB_ACTIONS": "true"}[name] }}
	p.newConsole().explain(r, onInconclusive)
	for _, command := range runnertest.Commands(out.String()) {
		all = append(all, strings.ReplaceAll(strings.TrimPrefix(command.Line, "::"), "title=cloudjob%3A ", ""))
	}
	return all
}

// TestFirstReason: every way to fail has an annotation with the reason that
// came first; the same stands in the output reason.
func TestFirstReason(t *testing.T) {
	nothing := []job.Judgement{{Gate: "rps > 1/s", Subject: "rps", Op: ">", Wants: "1/s", Verdict: job.Inconclusive, Reason: "no data"}}
	broken := []job.Judgement{{Gate: "rps > 1/s", Subject: "rps", Op: ">", Wants: "1/s", Verdict: job.Fail, Unit: job.PerSecond, Limit: 1, Reason: "rps is 0/s"}}
	ref := job.Ref{ID: "job-1"}
	for name, c := range map[string]struct {
		items          []job.Item
		onInconclusive string
		want           []string
		reason         string
	}{
		"the job failed, so its gates have no data": {
			items:  []job.Item{{What: "a", Ref: ref, End: job.JobFailed, Status: "FAILED", Why: []string{"exit code 3", "more"}, Gates: nothing, Verdict: job.Inconclusive}},
			want:   []string{"error job-failed::a job-1: exit code 3%0Amore"},
			reason: "exit code 3\nmore",
		},
		"the job failed, and nobody knows why": {
			items:  []job.Item{{What: "a", Ref: ref, End: job.JobFailed, Status: "FAILED"}},
			want:   []string{"error job-failed::a job-1: status FAILED"},
			reason: "status FAILED",
		},
		"the job failed, and a gate was broken too": {
			items:  []job.Item{{What: "a", Ref: ref, End: job.JobFailed, Why: []string{"SLA"}, Gates: broken, Verdict: job.Fail}},
			want:   []string{"error job-failed::a job-1: SLA", "error gate fail::a: rps > 1/s: fail: rps is 0/s"},
			reason: "SLA",
		},
		"timed out, and the stop failed": {
			items:  []job.Item{{What: "a", Ref: ref, End: job.TimedOut, Stop: job.StopFailed, Gates: nothing}},
			want:   []string{"error timed-out::a job-1: it did not end in time; it could not be stopped and may still run"},
			reason: "it did not end in time; it could not be stopped and may still run",
		},
		"cancelled": {
			items:  []job.Item{{What: "a", Ref: ref, End: job.Cancelled, Stop: job.StopRequested, Gates: nothing}},
			want:   []string{"error cancelled::a job-1: the workflow was cancelled; a stop was requested, and the post step says what became of it"},
			reason: "the workflow was cancelled; a stop was requested, and the post step says what became of it",
		},
		"victims of another job": {
			items: []job.Item{
				{What: "b", Ref: ref, End: job.JobFailed, Stop: job.StopConfirmed, Culprit: "c", Gates: nothing},
				{What: "c", Ref: job.Ref{ID: "job-2"}, End: job.JobFailed, Why: []string{"SLA"}},
				{What: "d", Err: &job.Error{Fault: job.Halted, Call: "start", Message: "not started"}, Culprit: "c"},
			},
			want:   []string{"error job-failed::c job-2: SLA", "error job-failed::b job-1: c failed, which ended this job too (fail_fast); the job was stopped", "error cancelled::d: c failed, which ended this job too (fail_fast)%0Astart: not started"},
			reason: "SLA",
		},
		"a gate that could not be judged": {
			items:  []job.Item{{What: "a", End: job.Unjudged, Gates: nothing, Verdict: job.Inconclusive}},
			want:   []string{"error gate inconclusive::a: rps > 1/s: inconclusive: no data"},
			reason: "rps could not be judged: no data",
		},
		"a gate that could not be judged, which is a warning": {
			items:          []job.Item{{What: "a", End: job.Succeeded, Gates: nothing, Verdict: job.Inconclusive}},
			onInconclusive: "warn",
			want:           []string{"warning gate inconclusive::a: rps > 1/s: inconclusive: no data"},
		},
		"a gate that could not be judged, which passes": {
			items:          []job.Item{{What: "a", End: job.Succeeded, Gates: nothing, Verdict: job.Inconclusive}},
			onInconclusive: "pass",
		},
		"a gate was broken, and then nothing is known of it": {
			items:  []job.Item{{What: "a", Ref: ref, End: job.GateFailed}},
			want:   []string{"error gate-failed::a job-1: no reason is known"},
			reason: "no reason is known",
		},
		"a refusal": {
			items:  []job.Item{{What: "a", Err: &job.Error{Call: "StartJob", Code: "X", Message: "no"}}},
			want:   []string{"error start-failed::a: StartJob: X: no"},
			reason: "StartJob: X: no",
		},
		"a fault of ours": {
			items:  []job.Item{{What: "a", Err: errors.New("no luck")}},
			want:   []string{"error internal::a: no luck"},
			reason: "no luck",
		},
		"well": {items: []job.Item{{What: "a", Ref: ref, End: job.Succeeded}, {What: "b", Ref: ref}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := engine.Result{Outcome: job.Started, Items: c.items}
			for _, item := range c.items {
				if item.Culprit == "" {
					r.Outcome = job.Worse(r.Outcome, engine.OutcomeOf(item))
				}
			}
			if diff := cmp.Diff(c.want, annotations(r, c.onInconclusive)); diff != "" {
				t.Errorf("annotations (-want +got):\n%s", diff)
			}
			for _, o := range report.Outputs(r, true, "the log") {
				if o.Name == "reason" && o.Value != c.reason {
					t.Errorf("reason %q, want %q", o.Value, c.reason)
				}
				if o.Name == "verdict" && c.onInconclusive != "" && o.Value != string(job.Inconclusive) {
					t.Errorf("verdict %q: what could not be judged has not passed", o.Value)
				}
			}
		})
	}
}

// TestVerdictBesideFailures: no step has passed beside a job that did not end
// well, whatever the others' gates say.
func TestVerdictBesideFailures(t *testing.T) {
	passed := job.Item{What: "a", End: job.Succeeded, Verdict: job.Pass}
	for _, other := range []job.Item{
		{What: "b", End: job.JobFailed}, {What: "b", End: job.TimedOut, Verdict: job.Inconclusive}, {What: "b", Err: errors.New("x")}, {What: "b", End: job.Cancelled},
	} {
		for _, items := range [][]job.Item{{passed, other}, {other, passed}} {
			for _, o := range report.Outputs(engine.Result{Outcome: engine.OutcomeOf(other), Items: items}, true, "the log") {
				if o.Name == "verdict" && o.Value != string(job.Inconclusive) {
					t.Errorf("beside %s the verdict is %q", engine.OutcomeOf(other), o.Value)
				}
			}
		}
	}
}

// agree holds that what a step leaves behind says the same of its end as its
// exit status, and why.
func agree(t *testing.T, exit int, outputs, log string) {
	t.Helper()
	src, err := os.ReadFile(outputs)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(src))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, e := range entries {
		values[e.Name] = e.Value
	}
	if outcome := job.Outcome(values["outcome"]); outcome.Exit() != exit {
		t.Errorf("the outcome is %s, the exit status %d", outcome, exit)
	}
	if (values["reason"] == "") != (exit == 0) {
		t.Errorf("exit status %d, reason %q", exit, values["reason"])
	}
	if verdict := job.Verdict(values["verdict"]); exit != 0 && verdict == job.Pass {
		t.Errorf("exit status %d, verdict %s", exit, verdict)
	}
	annotated := strings.Contains(log, "\n::error ")
	if annotated != (exit != 0) {
		t.Errorf("exit status %d, with an annotation: %t", exit, annotated)
	}
}
