package report

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// earlier is a result of a run on a day.
func earlier(what string, day int, outcome job.Outcome, gates ...job.Judgement) Result {
	at := time.Date(2026, 5, day, 12, 0, 0, 0, time.UTC)
	return Result{
		Provider: "tencent-pts", What: what, Ref: job.Ref{ID: strconv.Itoa(day)}, Outcome: outcome, Began: at, Ended: at.Add(time.Minute),
		Gates:  gates,
		Report: job.Report{Samples: []job.Sample{{Metric: "rps", Value: float64(day)}}},
	}
}

// TestPast: of earlier results those of the job that passed are the baseline,
// the newest of them, each once.
func TestPast(t *testing.T) {
	young := job.Judgement{Verdict: job.Inconclusive, NoLimit: true}
	blind := job.Judgement{Verdict: job.Inconclusive}
	warned := job.Judgement{Verdict: job.Fail, Severity: "warn"}
	all := []Result{
		earlier("a", 9, job.Succeeded), earlier("a", 2, job.Unjudged, young, job.Judgement{Verdict: job.Pass}, warned),
		earlier("a", 3, job.GateFailed), earlier("b", 4, job.Succeeded), earlier("a", 5, job.Unjudged, young, blind),
		earlier("a", 6, job.Succeeded, warned), earlier("a", 6, job.Succeeded, warned), earlier("a", 1, job.Succeeded),
		earlier("c", 7, job.Cancelled),
	}
	other := earlier("a", 8, job.Succeeded)
	other.Provider = "huawei-cpts"
	p := NewPast(append(all, other), "no file matches x")
	for _, c := range []struct {
		what   string
		newest int
		of     []float64 // the days
		passed []float64
		why    string
	}{
		{"a", 10, []float64{1, 2, 3, 5, 6, 9}, []float64{1, 2, 6, 9}, ""},
		{"a", 2, []float64{6, 9}, []float64{6, 9}, ""},
		{"a", 3, []float64{5, 6, 9}, []float64{2, 6, 9}, ""},
		{"b", 3, []float64{4}, []float64{4}, ""},
		{"c", 3, []float64{7}, nil, "of 1 earlier result of it none passed"},
		{"d", 3, nil, nil, "of 9 earlier results none is of d"},
	} {
		var of, passed []float64
		for _, r := range p.Of("tencent-pts", c.what, c.newest) {
			of = append(of, r.Report.Samples[0].Value)
		}
		b := p.Baseline("tencent-pts", c.what, c.newest, 3)
		for _, r := range b.Reports {
			passed = append(passed, r.Samples[0].Value)
		}
		if !slices.Equal(of, c.of) || !slices.Equal(passed, c.passed) || b.Why != c.why || b.Least != 3 {
			t.Errorf("%s, %d newest: %v, passed %v, %+v", c.what, c.newest, of, passed, b)
		}
	}
	if why := NewPast(nil, "no file matches x").Baseline("p", "w", 3, 3).Why; why != "no file matches x" {
		t.Errorf("without any: %q", why)
	}
	if why := (Past{}).Baseline("p", "w", 3, 3).Why; why == "" {
		t.Error("nothing is said of no past")
	}
}

// TestLastResults: the table has the last values of a gate as bars, whatever
// its limit was then.
func TestLastResults(t *testing.T) {
	gate := func(limit, actual float64) job.Judgement {
		return job.Judgement{Gate: "rps >= 1/s", Subject: "rps", Op: ">=", Wants: "1/s", Verdict: job.Pass, Unit: job.PerSecond, Limit: limit, Actual: actual}
	}
	now := earlier("a", 9, job.Succeeded, gate(1, 400))
	for i, v := range []float64{100, 200, 300} {
		now.Past = append(now.Past, earlier("a", i+1, job.Succeeded, gate(float64(i), v)))
	}
	if summary := Judged([]Result{now}); !strings.Contains(summary, "| Last results |") || !strings.Contains(summary, "| ▁▃▆█ |") {
		t.Error(summary)
	}
	page, err := HTML([]Result{now})
	if err != nil || !strings.Contains(string(page), "4 results, from 100/s to 400/s") {
		t.Errorf("%v\n%s", err, page)
	}
}

// TestNoLimitIsDrawn: a baseline that is not known is no line at 0.
func TestNoLimitIsDrawn(t *testing.T) {
	r := earlier("a", 1, job.Unjudged, job.Judgement{Gate: "rps >= baseline", Subject: "rps", Op: ">=", Wants: "baseline", Verdict: job.Inconclusive, Unit: job.PerSecond, NoLimit: true, Reason: "there is no baseline"})
	r.Report.Series = []job.Series{{Metric: "rps", Points: []job.Point{{At: 0, Value: 400}, {At: time.Second, Value: 410}}}}
	if summary := Judged([]Result{r}); strings.Count(summary, "    line [") != 1 || !strings.Contains(summary, "&#62;= baseline") {
		t.Error(summary)
	}
	page, err := HTML([]Result{r})
	if err != nil || strings.Contains(string(page), `class="limit"`) {
		t.Errorf("%v\n%s", err, page)
	}
}

// TestStanding says how the gates of a running job stand.
func TestStanding(t *testing.T) {
	of := func(v job.Verdict, reason string) job.Judgement { return job.Judgement{Verdict: v, Reason: reason} }
	for want, gates := range map[string][]job.Judgement{
		"":              nil,
		"gates: 1 hold": {of(job.Pass, "")},
		"gates: 1 hold, 2 broken (rps is 3/s, not > 4/s), 1 not known yet": {of(job.Fail, "rps is 3/s, not > 4/s"), of(job.Inconclusive, "x"), of(job.Pass, ""), of(job.Fail, "y")},
	} {
		if got := Standing(gates); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestReadNonsense: what a result says that can be no value is no part of a
// baseline, and a time that can be none is none.
func TestReadNonsense(t *testing.T) {
	r, err := ReadResult([]byte(`{"version": 1, "provider": "p", "what": "w", "ref": {"id": "1"}, "outcome": "succeeded",
		"began": "1970-01-21T00:00:00Z", "ended": "2026-05-01T00:00:00Z",
		"report": {"samples": [{"metric": "error_rate", "value": 1e308}, {"metric": "requests", "value": -1}, {"metric": "rps", "value": 3}]}}`))
	if err != nil {
		t.Fatal(err)
	}
	s := r.Report.Samples
	if s[0].Missing == "" || s[1].Missing == "" || s[2].Missing != "" || !r.Began.IsZero() || r.Ended.IsZero() {
		t.Errorf("read %+v", r)
	}
}
