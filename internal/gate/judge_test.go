package gate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// results are earlier results in which each sample has its values, one a
// result.
func results(least int, samples ...[]job.Sample) *gate.Baseline {
	b := &gate.Baseline{Least: least, Why: "nothing was found"}
	for _, values := range samples {
		for i, s := range values {
			if i == len(b.Reports) {
				b.Reports = append(b.Reports, job.Report{})
			}
			b.Reports[i].Samples = append(b.Reports[i].Samples, s)
		}
	}
	return b
}

// of repeats a sample with other values.
func of(s job.Sample, values ...float64) (all []job.Sample) {
	for _, v := range values {
		s.Value = v
		all = append(all, s)
	}
	return all
}

// judge judges a report as it comes in.
func judge(g gate.Gate, r job.Report, b *gate.Baseline, elapsed time.Duration) job.Judgement {
	r.Believe()
	return gate.Judge([]gate.Gate{g}, r, b, elapsed)[0]
}

func sample(aggregation, request string, value float64, behind int64) job.Sample {
	s := job.Sample{Metric: "response_time", Aggregation: aggregation, Value: value, Behind: behind}
	if request != "" {
		s.Labels = map[string]string{"request": request}
	}
	return s
}

func report() job.Report {
	return job.Report{Samples: []job.Sample{
		sample("p95", "", 0.3, 500), sample("p99", "", 0, 500), sample("p90", "", 0, 0), sample("p50", "", 0.1, 0),
		sample("p95", "GET /a", 0.2, 300), sample("p95", "GET /b", 0.4, 150), sample("p95", "POST /c", 0.25, 19),
		sample("p99", "GET /a", 0.2, 99), sample("p99", "GET /b", 0.9, 100),
		sample("avg", "", math.NaN(), 1),
		{Metric: "error_rate", Value: 0.5},
		{Metric: "errors", Value: 3},
		{Metric: "rps", Value: 450},
		{Metric: "rps", Aggregation: "max", Value: 7},
		{Metric: "duration", Missing: "the service gave no end"},
		{Metric: "state", Word: "SUCCEED"},
		{Metric: "check_error_rate", Labels: map[string]string{"check": "x", "step": "1"}, Value: 7},
		{Metric: "check_error_rate", Labels: map[string]string{"check": "x", "step": "2"}, Value: 8},
	}}
}

// TestJudge holds the meaning of a gate on one value.
func TestJudge(t *testing.T) {
	baseline := results(3,
		of(sample("p95", "", 0, 100), 0.1, 0.28, 0.9, 0.2, 0.3),
		of(sample("p95", "GET /a", 0, 100), 0.2, 0.2, 0.2),
		of(sample("p95", "GET /b", 0, 100), 0.25, 0.35, 0.1, 0.5),
		of(sample("p95", "GET /b", 0, 19), 7, 7, 7, 7), // too few to count
		of(job.Sample{Metric: "rps"}, 500, 400, 600),
		of(job.Sample{Metric: "error_rate"}, 0.4, 0.5),
		of(job.Sample{Metric: "check_error_rate", Labels: map[string]string{"check": "x", "step": "1"}}, 6, 2, 9),
		of(job.Sample{Metric: "check_error_rate", Labels: map[string]string{"check": "x", "step": "2"}}, 0, 0, 0),
		of(job.Sample{Metric: "errors", Missing: "nothing"}, 1, 2, 3),
		of(job.Sample{Metric: "rps", Aggregation: "max"}, math.MaxFloat64, math.MaxFloat64, math.MaxFloat64),
	)
	for _, c := range []struct {
		line   string
		want   job.Verdict
		where  string
		limit  float64
		actual float64
		reason string
	}{
		{"p95(response_time) < 300ms", job.Fail, "", 0.3, 0.3, "p95(response_time) is 300 ms, not < 300 ms"},
		{"p95(response_time) <= 300ms", job.Pass, "", 0.3, 0.3, ""},
		{"p95(response_time) > 0.005m", job.Fail, "", 0.3, 0.3, "p95(response_time) is 300 ms, not > 300 ms"},
		{"p95(response_time) >= 0.3s", job.Pass, "", 0.3, 0.3, ""},
		{"errors == 3", job.Pass, "", 3, 3, ""},
		{"errors != 3", job.Fail, "", 3, 3, "errors is 3, not != 3"},
		{"errors == 0", job.Fail, "", 0, 3, "errors is 3, not == 0"},
		{"errors != 0", job.Pass, "", 0, 3, ""},
		{"state == SUCCEED", job.Pass, "", 0, 0, ""},
		{"state != succeed", job.Fail, "", 0, 0, "state is SUCCEED, not != succeed"},
		{"state == FAILED", job.Fail, "", 0, 0, "state is SUCCEED, not == FAILED"},

		{"p75(response_time) < 1s", job.Inconclusive, "", 1, 0, "there is no data: the report has no p75(response_time)"},
		{"p99(response_time) < 1s", job.Inconclusive, "", 1, 0, "it is reported as 0 with 500 requests behind it, so it is not known"},
		{"p90(response_time) < 1s", job.Inconclusive, "", 1, 0, "it is reported as 0, which no response takes"},
		{"avg(response_time) < 1s", job.Inconclusive, "", 1, 0, "the service gave no number"},
		{"duration < 1s", job.Inconclusive, "", 1, 0, "the service gave no end"},

		{`p95(response_time{request="GET /a"}) < 250ms`, job.Pass, "GET /a", 0.25, 0.2, ""},
		{`p95(response_time{request="GET /A"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `there is no request "GET /A"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request="elsewhere, far away"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `there is no request "elsewhere, far away"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request~"GET *"}) < 250ms`, job.Fail, "GET /b", 0.25, 0.4, "p95(response_time) of GET /b is 400 ms, not < 250 ms"},
		{`p95(response_time{request~"GET *"}) < 1s`, job.Pass, "GET /b", 1, 0.4, ""},
		{`p95(response_time{request~"GET *"}) > 100ms`, job.Pass, "GET /a", 0.1, 0.2, ""},
		{`p95(response_time{request~"*"}) < 1s`, job.Inconclusive, "POST /c", 1, 0, "there are too few samples: p95 of 19 measurements says nothing, it takes 20"},
		{`p95(response_time{request~"*"}) < 250ms`, job.Fail, "GET /b", 0.25, 0.4, "p95(response_time) of GET /b is 400 ms, not < 250 ms"},
		{`p99(response_time{request~"GET*"}) < 1s`, job.Inconclusive, "GET /a", 1, 0, "there are too few samples: p99 of 99 measurements says nothing, it takes 100"},
		{`p95(response_time{request~"PUT *"}) < 1s`, job.Inconclusive, "", 1, 0, `no request matches "PUT *"; there are "GET /a", "GET /b" and "POST /c"`},
		{`check_error_rate{check="x", step~"*"} < 8%`, job.Fail, "check=x, step=2", 8, 8, "check_error_rate of check=x, step=2 is 8 %, not < 8 %"},
		{`check_error_rate{check="x", step~"3*"} < 8%`, job.Inconclusive, "", 8, 0, `check_error_rate of nothing matches check="x", step~"3*"`},
		{"check_error_rate < 8%", job.Inconclusive, "", 8, 0, "there is no data: the report has no check_error_rate"},

		{"p95(response_time) <= baseline", job.Fail, "", 0.28, 0.3, "p95(response_time) is 300 ms, not <= 280 ms (baseline of 5 results)"},
		{"p95(response_time) <= baseline +5% or +20ms", job.Pass, "", 0.28 + 0.02, 0.3, ""},
		{"p95(response_time) <= baseline +10% or +1ms", job.Pass, "", 0.28 + 0.1*0.28, 0.3, ""},
		{"rps >= baseline -5% or -100/s", job.Pass, "", 400, 450, ""},
		{"rps >= baseline -5%", job.Fail, "", 475, 450, "rps is 450/s, not >= 475/s (baseline of 3 results)"},
		{`p95(response_time{request~"GET*"}) <= baseline`, job.Fail, "GET /b", 0.3, 0.4, "p95(response_time) of GET /b is 400 ms, not <= 300 ms (baseline of 4 results)"},
		{"error_rate <= baseline +10%", job.Inconclusive, "", 0, 0.5, "there is no baseline: only 2 earlier results of it, and it takes 3"},
		{"p50(response_time) <= baseline", job.Inconclusive, "", 0, 0.1, "there is no baseline: no earlier result has it"},
		{`check_error_rate{check="x", step="1"} <= baseline +1pp`, job.Pass, "check=x, step=1", 7, 7, ""},
		{`check_error_rate{check="x", step="1"} <= baseline +1%`, job.Fail, "check=x, step=1", 6.06, 7, "check_error_rate of check=x, step=1 is 7 %, not <= 6.06 % (baseline of 3 results)"},
		{`check_error_rate{check="x", step="1"} >= baseline -2pp`, job.Pass, "check=x, step=1", 4, 7, ""},
		{`check_error_rate{check="x", step="1"} <= baseline +10% or +0.5pp`, job.Fail, "check=x, step=1", 6.6, 7, "check_error_rate of check=x, step=1 is 7 %, not <= 6.6 % (baseline of 3 results)"},
		{`check_error_rate{check="x", step="2"} <= baseline +10%`, job.Inconclusive, "check=x, step=2", 0, 8, "the baseline is 0, and any share of 0 is 0; give a floor beside it, such as baseline +10% or +0.5pp"},
		{`check_error_rate{check="x", step="2"} <= baseline +10% or +9pp`, job.Pass, "check=x, step=2", 9, 8, ""},
		{`check_error_rate{check="x", step="2"} <= baseline`, job.Fail, "check=x, step=2", 0, 8, "check_error_rate of check=x, step=2 is 8 %, not <= 0 % (baseline of 3 results)"},
		{"errors <= baseline", job.Inconclusive, "", 0, 3, "there is no baseline: no earlier result has it"},

		{`p95(response_time{request~"*GET"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `no request matches "*GET"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request~"GET /"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `no request matches "GET /"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request~"*/a"}) < 250ms`, job.Pass, "GET /a", 0.25, 0.2, ""},
		{`p95(response_time{request~"GET*/"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `no request matches "GET*/"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request~"G*E*/a"}) < 250ms`, job.Pass, "GET /a", 0.25, 0.2, ""},
		{`p95(response_time{request~"GET /a*a"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `no request matches "GET /a*a"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request~"GET*x*"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `no request matches "GET*x*"; there are "GET /a", "GET /b" and "POST /c"`},
		{`p95(response_time{request~"GET /b"}) < 250ms`, job.Fail, "GET /b", 0.25, 0.4, "p95(response_time) of GET /b is 400 ms, not < 250 ms"},
		{`p95(response_time{check="GET /a"}) < 250ms`, job.Inconclusive, "", 0.25, 0, `there is no data: the report has no p95(response_time{check="GET /a"})`},
		{"max(rps) >= baseline +100%", job.Inconclusive, "", 0, 7, "there is no baseline: the limit that follows from it is too large a number"},
		{"state == X after 1s", job.Fail, "", 0, 0, "state is SUCCEED, not == X"},

		{"error_rate < 1% after 10m", job.Pass, "", 1, 0.5, ""},
		{"error_rate < 1% after 11m", job.Inconclusive, "", 1, 0, "the job has run for 10m, and it is judged only after 11m"},
		{"error_rate < 1% over 1m", job.Inconclusive, "", 1, 0, "there is no data: the report has no error_rate over time"},
		{"duration < 1s over 1m", job.Inconclusive, "", 1, 0, "the service gave no end"},
	} {
		gates := []gate.Gate{one(t, c.line)}
		gate.Check(gates, metricsOf(t, "tencent-pts"), "tencent-pts")
		got := judge(gates[0], report(), baseline, 10*time.Minute)
		if got.Verdict != c.want || got.Where != c.where || got.Reason != c.reason || !near(got.Limit, c.limit) || !near(got.Actual, c.actual) {
			t.Errorf("%s\n got %s where %q limit %v actual %v: %s\nwant %s where %q limit %v actual %v: %s", c.line,
				got.Verdict, got.Where, got.Limit, got.Actual, got.Reason, c.want, c.where, c.limit, c.actual, c.reason)
		}
	}
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-12 }

func TestJudgementSaysWhatItJudged(t *testing.T) {
	gates, _ := gate.Parse("x.gates", "\nslow: warn p95( response_time{request~\"GET*\"} ) < 250 ms")
	got := judge(gates[0], report(), nil, time.Minute)
	want := job.Judgement{
		Gate: `slow: warn p95(response_time{request~"GET*"}) < 250ms`, Name: "slow", Severity: "warn", File: "x.gates", Line: 2,
		Subject: `p95(response_time{request~"GET*"})`, Op: "<", Wants: "250ms",
		Verdict: job.Fail, Unit: job.Seconds, Limit: 0.25, Actual: 0.4, Where: "GET /b", Reason: "p95(response_time) of GET /b is 400 ms, not < 250 ms",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	state := judge(one(t, "state != X"), report(), nil, time.Minute)
	if state.Word != "SUCCEED" || state.Unit != job.Word {
		t.Errorf("of the state: %+v", state)
	}
	if wordless := judge(one(t, "state != X"), job.Report{Samples: []job.Sample{{Metric: "state"}}}, nil, 0); wordless.Reason != "the service gave no state" {
		t.Errorf("of no state: %+v", wordless)
	}
	if based := judge(one(t, "rps >= baseline"), report(), nil, 0); based.Reason != `there is no baseline: the input "baseline" names no earlier results` || !based.NoLimit {
		t.Errorf("without a baseline: %+v", based)
	}
	earlier := results(2, of(job.Sample{Metric: "rps"}, 400, 500, 440, 480))
	based := judge(one(t, "rps >= baseline -10%"), report(), earlier, 0)
	if based.Wants != "baseline -10%" || based.Results != 4 || based.Median != 460 || based.NoLimit || !near(based.Limit, 414) {
		t.Errorf("with a baseline: %+v", based)
	}
	none := judge(one(t, "rps >= baseline -10%"), report(), results(1), 0)
	if none.Reason != "there is no baseline: nothing was found" || !none.NoLimit {
		t.Errorf("with none: %+v", none)
	}
}

// TestUnjudged: what a running job came to is no verdict, but it is told.
func TestUnjudged(t *testing.T) {
	gates := []gate.Gate{one(t, "rps >= 450/s"), one(t, "error_rate < 9%"), one(t, "rps >= baseline"), one(t, "state == X")}
	gate.Check(gates, metricsOf(t, "tencent-pts"), "tencent-pts")
	last := gate.Judge(gates, report(), nil, time.Minute)
	for i, want := range []string{
		"it was cancelled; after 1m it was 450/s (pass)", "it was cancelled; after 1m it was 0.5 % (pass)",
		"it was cancelled", "it was cancelled; after 1m it was SUCCEED (not yet)",
	} {
		for seen, reason := range map[string]string{"seen": want, "not seen": "it was cancelled"} {
			j := gate.Unjudged(gates, map[string][]job.Judgement{"seen": last}[seen], time.Minute, "it was cancelled")[i]
			if j.Verdict != job.Inconclusive || j.Reason != reason || j.Gate != gates[i].String() || j.NoLimit != (i == 2) {
				t.Errorf("%s: %+v", seen, j)
			}
		}
	}
}

// TestNotYet: what only grows, and a state, may hold later; anything else is
// broken as it stands.
func TestNotYet(t *testing.T) {
	for line, notYet := range map[string]bool{
		"requests > 1000000": true, "requests == 1000000": true, "requests >= 1000000": true, "requests < 1": false, "requests == 1": false, "requests != 60000": true,
		"max(rps) >= 9000/s": true, "rps >= 9000/s": false, "error_rate < 0.1%": false, "p95(response_time) < 1ms": false, "state == X": true, "state != SUCCEED": false,
		"requests > 100000 over 10s": false, "rps > 1/s": false,
	} {
		g := one(t, line)
		gate.Check([]gate.Gate{g}, metricsOf(t, "tencent-pts"), "tencent-pts")
		r := report()
		r.Samples = append(r.Samples, job.Sample{Metric: "requests", Value: 60000})
		if j := judge(g, r, nil, time.Minute); j.NotYet != notYet {
			t.Errorf("%s: %+v", line, j)
		}
	}
}

// TestTooFew: a percentile takes so many measurements that one lies beyond it.
func TestTooFew(t *testing.T) {
	for aggregation, enough := range map[string]int64{"avg": 1, "max": 1, "p50": 2, "p75": 4, "p90": 10, "p95": 20, "p99": 100, "p999": 1000} {
		g := one(t, aggregation+"(response_time) < 1s")
		of := func(behind int64) job.Judgement {
			return judge(g, job.Report{Samples: []job.Sample{sample(aggregation, "", 0.5, behind)}}, nil, 0)
		}
		if got := of(enough); got.Verdict != job.Pass {
			t.Errorf("%s of %d: %s", aggregation, enough, got.Reason)
		}
		if got := of(0); got.Verdict != job.Pass {
			t.Errorf("%s of who knows how many: %s", aggregation, got.Reason)
		}
		if got := of(enough - 1); enough > 1 && (got.Verdict != job.Inconclusive || !strings.HasPrefix(got.Reason, "there are too few samples: "+aggregation+" of ")) {
			t.Errorf("%s of %d: %s %s", aggregation, enough-1, got.Verdict, got.Reason)
		}
	}
}

// TestNoRequests: a 0 that nobody asked for is not good news.
func TestNoRequests(t *testing.T) {
	r := job.Report{Samples: []job.Sample{{Metric: "requests"}, {Metric: "error_rate"}, {Metric: "errors"}, {Metric: "failed_tasks"}}}
	for line, want := range map[string]job.Verdict{
		"error_rate < 1%": job.Inconclusive, "errors == 0": job.Inconclusive,
		"requests > 0": job.Fail, "failed_tasks == 0": job.Pass,
	} {
		if got := judge(one(t, line), r, nil, time.Minute); got.Verdict != want {
			t.Errorf("%s is %s, want %s", line, got.Verdict, want)
		}
	}
}

// TestFewerThanNoRequests: a count below 0 is no request either, and what a run
// without requests measured is no part of a baseline.
func TestFewerThanNoRequests(t *testing.T) {
	of := func(requests, errors float64) job.Report {
		return job.Report{Samples: []job.Sample{{Metric: "requests", Value: requests}, {Metric: "error_rate", Value: errors}, {Metric: "failed_tasks", Value: errors}}}
	}
	if got := judge(one(t, "error_rate < 1%"), of(-1, 0), nil, 0); got.Verdict != job.Inconclusive || got.Reason != "no request was made" {
		t.Errorf("of -1 requests: %s, %s", got.Verdict, got.Reason)
	}
	b := &gate.Baseline{Least: 3, Reports: []job.Report{of(9, 4), of(0, 0), of(9, 4), of(-1, 0), of(9, 4), of(0, 0), of(0, 0)}}
	if got := judge(one(t, "error_rate <= baseline"), of(9, 3), b, 0); got.Verdict != job.Pass || got.Results != 3 || got.Median != 4 {
		t.Errorf("the baseline of runs, some of them without requests, is %+v", got)
	}
	if got := judge(one(t, "failed_tasks <= baseline"), of(9, 3), b, 0); got.Results != 7 { // they need no request
		t.Errorf("the baseline of failed tasks is %+v", got)
	}
}

// TestBasis: of an earlier report is kept what its gates need, and the values of
// the whole job, among them whether it had requests.
func TestBasis(t *testing.T) {
	r := report()
	r.Samples = append(r.Samples, job.Sample{Metric: "requests", Value: 0}, job.Sample{Metric: "requests", Value: 3, Labels: map[string]string{"request": "a"}})
	r.Series = []job.Series{{Metric: "rps"}}
	basis := gate.Basis([]gate.Gate{one(t, "errors <= baseline +1"), one(t, "rps > 1/s"), one(t, "max(rps) >= baseline")}, r)
	var kept []string
	for _, s := range basis.Samples {
		kept = append(kept, s.Aggregation+s.Metric)
		if len(s.Labels) > 0 {
			t.Errorf("kept %s of %v, which no gate is judged by", s.Metric, s.Labels)
		}
	}
	for _, of := range []string{"errors", "maxrps", "requests", "p95response_time"} {
		if !slices.Contains(kept, of) {
			t.Errorf("%s is not kept of %q", of, kept)
		}
	}
	if basis.Series != nil {
		t.Error("series are kept")
	}
	idle := &gate.Baseline{Least: 1, Reports: []job.Report{basis}}
	if got := judge(one(t, "errors <= baseline +1"), report(), idle, 0); got.Results != 0 {
		t.Errorf("a run without requests is a baseline: %+v", got)
	}
}

// line is a series of error_rate with a point every step.
func line(step time.Duration, values ...float64) job.Series {
	s := job.Series{Metric: "error_rate"}
	for i, v := range values {
		s.Points = append(s.Points, job.Point{At: time.Duration(i+1) * step, Value: v})
	}
	return s
}

// TestJudgeSeries holds the meaning of over, for and after.
func TestJudgeSeries(t *testing.T) {
	const s10 = 10 * time.Second
	hole := line(s10, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
	hole.Points = append(hole.Points[:5:5], hole.Points[9:]...)
	late := line(s10, 9, 9, 9)
	shuffled := line(s10, 9, 9, 9, 1, 1, 1)
	shuffled.Points[0], shuffled.Points[5] = shuffled.Points[5], shuffled.Points[0]
	withNaN := line(s10, 1, 1, 1, math.NaN(), 1, 1)
	jitter := line(s10, 1, 1, 1)
	jitter.Points[0].At += time.Second
	labelled := line(s10, 1, 1, 1)
	labelled.Labels = map[string]string{"request": "x"}
	of := func(metric, aggregation string, s job.Series) job.Series {
		s.Metric, s.Aggregation = metric, aggregation
		return s
	}
	for _, c := range []struct {
		line    string
		series  job.Series
		elapsed time.Duration
		want    job.Verdict
		actual  float64
		reason  string
	}{
		// over: the mean of the last values, of percentiles and counts the worst
		{"error_rate < 5% over 30s", line(s10, 9, 9, 9, 3, 4, 5), time.Minute, job.Pass, 4, ""},
		{"error_rate < 4% over 30s", line(s10, 0, 0, 0, 3, 4, 5), time.Minute, job.Fail, 4, "error_rate is 4 %, not < 4 %"},
		{"p95(response_time) < 5s over 30s", of("response_time", "p95", line(s10, 9, 9, 9, 3, 4, 5)), time.Minute, job.Fail, 5, "p95(response_time) is 5 s, not < 5 s"},
		{"p95(response_time) > 3s over 30s", of("response_time", "p95", line(s10, 9, 9, 9, 3, 4, 5)), time.Minute, job.Fail, 3, "p95(response_time) is 3 s, not > 3 s"},
		{"avg(response_time) < 5s over 30s", of("response_time", "avg", line(s10, 9, 9, 9, 3, 4, 5)), time.Minute, job.Pass, 4, ""},
		{"max(rps) < 6/s over 30s", of("rps", "max", line(s10, 9, 9, 9, 3, 4, 5)), time.Minute, job.Pass, 5, ""},
		{"min(rps) < 4/s over 30s", of("rps", "min", line(s10, 1, 1, 1, 3, 4, 5)), time.Minute, job.Pass, 3, ""},
		{"virtual_users < 5 over 30s", of("virtual_users", "", line(s10, 1, 1, 1, 3, 4, 5)), time.Minute, job.Fail, 5, "virtual_users is 5, not < 5"},
		{"error_rate < 5% over 2m", line(s10, 1, 1, 1), time.Minute, job.Inconclusive, 0, "only 30s of the last 2m are known"},
		{"error_rate < 5% over 1m", line(time.Minute, 9), time.Minute, job.Inconclusive, 0, "only 0s of the last 1m are known"},
		{"error_rate < 5% over 30s", line(time.Minute, 9, 1), 2 * time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% over 2m", hole, 2 * time.Minute, job.Inconclusive, 0, "there is no data for 50s of the last 2m"},
		{"error_rate < 5% over 30s", hole, 2 * time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% over 20s", late, 2*time.Minute + 20*time.Second, job.Fail, 9, "error_rate is 9 %, not < 5 %"},
		{"error_rate < 5% over 20s", late, 3 * time.Minute, job.Inconclusive, 0, "the newest value is 2m30s old"},
		{"error_rate < 5% over 5m", line(s10, 1, 1, 1), 4 * time.Minute, job.Inconclusive, 0, "only 30s of the last 5m are known"},
		{"error_rate < 5% over 30s", jitter, time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% over 30s", shuffled, time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% over 1m", withNaN, time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% over 30s", line(s10, 1, 1, 1, 1, -1, 1), time.Minute, job.Inconclusive, 0, "the service sent -1%, and error_rate is never below 0%"},
		{"error_rate < 5% over 30s", line(s10, 1, 1, 1, 1, 1, 101), time.Minute, job.Inconclusive, 0, "the service sent 101%, and error_rate is never above 100%"},
		{"error_rate < 5% over 30s", line(s10, 1, 1, -1, 1, 1, 1), time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% over 10s for 30s", line(s10, 1, 1, -1, 1, 1, 1), time.Minute, job.Inconclusive, 0, "the service sent -1%, and error_rate is never below 0%"},
		{"error_rate < 5% for 30s", line(s10, 9, -1, 9, 1, 1, 1), time.Minute, job.Pass, 1, ""},
		{"error_rate < 5% for 1m after 25s", line(s10, -1, -1, 1, 1, 1, 1), time.Minute, job.Inconclusive, 1, "only 40s of the last 1m are known"},
		{"error_rate < 5% over 30s", line(s10, math.Inf(1)), time.Minute, job.Inconclusive, 0, "the service sent +Inf%, which is no number"},
		{"error_rate < 5% over 30s", line(-s10, 1, 1, 1), time.Minute, job.Inconclusive, 0, "the service sent a value for -10s after the start, which is no time of a job"},
		{"error_rate < 5% over 1m", job.Series{Metric: "error_rate"}, time.Minute, job.Inconclusive, 0, "there is no data over time"},
		{"error_rate < 5% over 30s", labelled, time.Minute, job.Inconclusive, 0, "there is no data: the report has no error_rate over time"},
		{`error_rate{request="x"} < 5% over 30s`, labelled, time.Minute, job.Pass, 1, ""},
		{"error_rate <= baseline over 30s", line(s10, 1, 1, 1), time.Minute, job.Inconclusive, 0, `there is no baseline: the input "baseline" names no earlier results`},

		// for: it holds at every point
		{"error_rate < 5% for 30s", line(s10, 9, 9, 9, 3, 4, 2), time.Minute, job.Pass, 4, ""},
		{"error_rate < 4% for 30s", line(s10, 1, 1, 1, 3, 4, 2), time.Minute, job.Fail, 4, "error_rate is 4 %, not < 4 % all through the last 30s"},
		{"error_rate < 5% for 5m", line(s10, 1, 1, 1), time.Minute, job.Inconclusive, 1, "only 30s of the last 5m are known"},
		{"error_rate < 5% for 5m", line(s10, 1, 9, 1), time.Minute, job.Fail, 9, "error_rate is 9 %, not < 5 % all through the last 5m"},

		// an abort gate fires only if it was broken all the time
		{"abort error_rate < 5% for 30s", line(s10, 1, 1, 1, 9, 4, 9), time.Minute, job.Pass, 4, ""},
		{"abort error_rate < 5% for 30s", line(s10, 1, 1, 1, 9, 7, 8), time.Minute, job.Fail, 7, "error_rate is 7 %, not < 5 % nor was it during the last 30s"},
		{"abort error_rate < 5% for 1m", line(s10, 9, 9, 9), time.Minute, job.Inconclusive, 9, "only 30s of the last 1m are known"},

		// both: the mean of the window before each point
		{"error_rate < 5% over 20s for 30s", line(s10, 9, 9, 1, 5, 3, 5), time.Minute, job.Pass, 4, ""},
		{"error_rate < 4% over 20s for 30s", line(s10, 9, 9, 1, 5, 3, 5), time.Minute, job.Fail, 4, "error_rate is 4 %, not < 4 % all through the last 30s"},
		{"abort error_rate < 3% over 20s for 30s", line(s10, 9, 9, 1, 5, 3, 5), time.Minute, job.Fail, 3, "error_rate is 3 %, not < 3 % nor was it during the last 30s"},
		{"error_rate < 5% over 20s for 30s", line(s10, 1, 1, 1), time.Minute, job.Inconclusive, 1, "only 20s of the last 30s are known"},

		// after: what lies before does not count
		{"error_rate < 5% for 40s after 20s", line(s10, 9, 2, 3, 4, 2, 1), time.Minute, job.Pass, 4, ""},
		{"error_rate < 5% for 50s after 40s", line(s10, 9, 9, 9, 4, 2, 1), time.Minute, job.Inconclusive, 4, "only 30s of the last 50s are known"},
		{"error_rate < 5% for 50s after 59s", line(s10, 9, 9, 9), time.Minute, job.Inconclusive, 0, "there is no data over time after the first 59s"},
	} {
		got := judge(one(t, c.line), job.Report{Series: []job.Series{c.series}}, nil, c.elapsed)
		if got.Verdict != c.want || !near(got.Actual, c.actual) || got.Reason != c.reason {
			t.Errorf("%s of %v\n got %s %v: %s\nwant %s %v: %s", c.line, c.series.Points, got.Verdict, got.Actual, got.Reason, c.want, c.actual, c.reason)
		}
	}
}

func TestVerdict(t *testing.T) {
	of := func(severity string, v job.Verdict) job.Judgement {
		return job.Judgement{Severity: severity, Verdict: v}
	}
	pass, fail, unclear := of("", job.Pass), of("", job.Fail), of("", job.Inconclusive)
	for _, c := range []struct {
		name           string
		js             []job.Judgement
		onInconclusive string
		want           job.Verdict
	}{
		{"nothing asked", nil, "", job.Pass},
		{"pass", []job.Judgement{pass, pass}, "", job.Pass},
		{"fail", []job.Judgement{pass, unclear, fail, pass}, "", job.Fail},
		{"fail, lenient", []job.Judgement{unclear, fail}, "pass", job.Fail},
		{"abort", []job.Judgement{of("abort", job.Fail)}, "", job.Fail},
		{"warnings", []job.Judgement{of("warn", job.Fail), of("warn", job.Inconclusive)}, "", job.Pass},
		{"unclear", []job.Judgement{unclear, pass}, "fail", job.Inconclusive},
		{"unclear, warn", []job.Judgement{unclear, pass}, "warn", job.Pass},
		{"unclear, pass", []job.Judgement{unclear, pass}, "pass", job.Pass},
		{"never judged", []job.Judgement{{}}, "", job.Inconclusive},
	} {
		if got := gate.Verdict(c.js, c.onInconclusive); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// randomReport has samples and series of all sorts.
func randomReport(r *rand.Rand) (rep job.Report) {
	for _, request := range []string{"", "GET /a", "GET /b"} {
		s := sample("p95", request, float64(r.IntN(8))*0.1, int64(r.IntN(3)*15))
		if r.IntN(5) == 0 {
			s.Missing = "lost"
		}
		if r.IntN(4) > 0 {
			rep.Samples = append(rep.Samples, s)
		}
		var points []job.Point
		at := time.Duration(0)
		for range r.IntN(12) {
			at += time.Duration(1+r.IntN(3)) * 5 * time.Second
			points = append(points, job.Point{At: at, Value: float64(r.IntN(8)) * 0.1})
		}
		rep.Series = append(rep.Series, job.Series{Metric: "response_time", Aggregation: "p95", Labels: s.Labels, Points: points},
			job.Series{Metric: "response_time", Aggregation: "avg", Labels: s.Labels, Points: points})
	}
	return rep
}

func randomGate(r *rand.Rand) gate.Gate {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	g := gate.Gate{
		Severity: pick("", "warn", "abort"), Metric: "response_time", Aggregation: pick("p95", "avg"), Op: pick("<", "<=", ">", ">="), Unit: job.Seconds,
		Limit: gate.Limit{Value: gate.Value{Number: float64(r.IntN(900)), Unit: "ms"}},
		Over:  time.Duration(r.IntN(3)) * 10 * time.Second, For: time.Duration(r.IntN(3)) * 15 * time.Second, After: time.Duration(r.IntN(2)) * 20 * time.Second,
	}
	if r.IntN(2) == 0 {
		g.Selectors = []gate.Selector{{Key: "request", Glob: true, Text: pick("*", "GET*", "GET /a", "x")}}
	}
	return g
}

// TestZeroBaseline: a gate that a baseline of 0 leaves undecided is not one
// that merely waits for results.
func TestZeroBaseline(t *testing.T) {
	zero := results(1, of(job.Sample{Metric: "failed_tasks"}, 0, 0, 0))
	j := judge(one(t, "failed_tasks <= baseline +50%"), job.Report{Samples: []job.Sample{{Metric: "failed_tasks", Value: 1}}}, zero, 0)
	if j.Verdict != job.Inconclusive || j.NoLimit || j.Results != 3 || !strings.HasSuffix(j.Reason, "such as baseline +50% or +1") {
		t.Errorf("%+v", j)
	}
	series := line(10*time.Second, 1, 1, 1)
	zero = results(1, of(job.Sample{Metric: "error_rate"}, 0, 0, 0))
	if j := judge(one(t, "error_rate <= baseline +50% over 30s"), job.Report{Series: []job.Series{series}}, zero, time.Minute); j.Verdict != job.Inconclusive || j.Results != 3 {
		t.Errorf("over time: %+v", j)
	}
}

// TestUnits: a unit of the language is what people mean by it; a KB has 1000
// bytes.
func TestUnits(t *testing.T) {
	for line, value := range map[string]float64{
		"received_rate <= 1KB/s": 1000, "received_rate <= 1MB/s": 1e6, "received_rate <= 1B/s": 1, "rps <= 1/s": 1,
		"duration <= 1m": 60, "duration <= 1s": 1, "duration <= 1ms": 0.001, "error_rate <= 1%": 1, "requests <= 1": 1,
	} {
		g := one(t, line)
		of := func(v float64) job.Verdict {
			return judge(g, job.Report{Samples: []job.Sample{{Metric: g.Metric, Value: v}}}, nil, 0).Verdict
		}
		above := math.Nextafter(value, math.Inf(1))
		if g.Metric == "requests" {
			above = value + 1
		}
		if of(value) != job.Pass || of(above) != job.Fail {
			t.Errorf("%s: %v is %s, %v is %s", line, value, of(value), above, of(above))
		}
	}
}

// tightened asks for more than g does.
func tightened(r *rand.Rand, g gate.Gate) gate.Gate {
	by := float64(r.IntN(300))
	if g.Op[0] == '<' {
		by = -by
	}
	g.Limit.Value.Number += by
	return g
}

// TestMonotone: tightening a limit turns no fail into a pass, and no fail into
// what is not known.
func TestMonotone(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(10_000) {
		r := rand.New(rand.NewPCG(seed, 1))
		rep, g := randomReport(r), randomGate(r)
		tight := tightened(r, g)
		elapsed := time.Duration(r.IntN(200)) * time.Second
		a, b := judge(g, rep, nil, elapsed), judge(tight, rep, nil, elapsed)
		if a.Verdict == job.Fail && b.Verdict != job.Fail || a.Verdict == job.Inconclusive && b.Verdict == job.Pass {
			t.Fatalf("seed %d: %s is %s, and %s is %s\n%+v", seed, g, a.Verdict, tight, b.Verdict, rep)
		}
		seen[string(a.Verdict)+" to "+string(b.Verdict)]++
	}
	for _, change := range []string{"pass to fail", "pass to pass", "fail to fail", "inconclusive to inconclusive", "inconclusive to fail"} {
		if seen[change] < 100 {
			t.Errorf("the property saw no %s: %v", change, seen)
		}
	}
}

// TestMonotoneBaseline: the same of a limit that is a baseline: of a change that
// asks for more, of a second change that is taken away.
func TestMonotoneBaseline(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(5000) {
		r := rand.New(rand.NewPCG(seed, 3))
		percent := func() float64 { return float64(r.IntN(60)) / 4 }
		sometimes := float64(min(r.IntN(4), 1))
		b := results(1+r.IntN(3), of(job.Sample{Metric: "error_rate"}, sometimes*percent(), sometimes*percent(), percent()))
		rep := job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: percent()}}}
		by := gate.Change{By: gate.Value{Number: 1 + percent(), Unit: []string{"%", "pp"}[r.IntN(2)]}}
		g := gate.Gate{Metric: "error_rate", Op: []string{"<", "<="}[r.IntN(2)], Unit: job.Percent, Limit: gate.Limit{Baseline: true, Changes: []gate.Change{by}}}
		tight := g
		switch r.IntN(3) {
		case 0:
			g.Limit.Changes = append(g.Limit.Changes, gate.Change{By: gate.Value{Number: percent(), Unit: []string{"%", "pp"}[r.IntN(2)]}})
		case 1:
			by.By.Number /= 2
			tight.Limit.Changes = []gate.Change{by}
		case 2:
			by.Down = true
			tight.Limit.Changes = []gate.Change{by}
		}
		a, c := judge(g, rep, b, 0), judge(tight, rep, b, 0)
		if a.Verdict == job.Fail && c.Verdict == job.Pass || a.Verdict == job.Inconclusive && c.Verdict == job.Pass {
			t.Fatalf("seed %d: %s is %s, and %s is %s\n%+v\n%+v", seed, g, a.Verdict, tight, c.Verdict, rep, b)
		}
		seen[string(a.Verdict)+" to "+string(c.Verdict)]++
	}
	for _, change := range []string{"pass to fail", "pass to pass", "fail to fail", "inconclusive to inconclusive", "pass to inconclusive"} {
		if seen[change] < 30 {
			t.Errorf("the property saw no %s: %v", change, seen)
		}
	}
}

// TestNoise holds how far a baseline moves with the noise of the results: three
// standard deviations, as their median absolute deviation tells them.
func TestNoise(t *testing.T) {
	past := func(values ...float64) *gate.Baseline {
		return results(3, of(job.Sample{Metric: "rps"}, values...))
	}
	for _, c := range []struct {
		line   string
		past   *gate.Baseline
		value  float64
		want   job.Verdict
		limit  float64
		reason string
	}{
		// deviations of 0, 1, 1, 2, 5 from 100: their median is 1
		{"rps >= baseline -3 mad", past(100, 101, 99, 98, 105), 95.6, job.Pass, 100 - 3*1.4826, ""},
		{"rps >= baseline -3 mad", past(100, 101, 99, 98, 105), 95.5, job.Fail, 100 - 3*1.4826, "rps is 95.5/s, not >= 95.5522/s (baseline of 5 results)"},
		{"rps >= baseline -3 mad", past(100, 101, 99, 98, 1e6), 95.6, job.Pass, 100 - 3*1.4826, ""}, // a stray one moves nothing
		{"rps >= baseline -3 mad or -10/s", past(100, 101, 99, 98, 105), 90, job.Pass, 90, ""},
		{"rps <= baseline +2 mad", past(100, 101, 99, 98, 105), 103, job.Fail, 100 + 2*1.4826, "rps is 103/s, not <= 102.9/s (baseline of 5 results)"},
		{"rps >= baseline -3 mad", past(100, 101, 99, 98), 100, job.Inconclusive, 0, "there is no baseline: only 4 earlier results of it, and it takes 5"},
		{"rps >= baseline -3 mad", past(100, 100, 100, 98, 90), 100, job.Inconclusive, 100, "most of the 5 earlier results are the same, so they tell nothing of the noise; give a floor beside it, such as baseline -3 mad or -1/s"},
		{"rps >= baseline -3 mad or -10%", past(100, 100, 100, 98, 90), 90, job.Pass, 90, ""},
		{"rps >= baseline -3 mad or -10%", past(0, 0, 0, 0, 0), 0, job.Pass, 0, ""},
	} {
		g := one(t, c.line)
		g.Unit = job.PerSecond
		got := judge(g, job.Report{Samples: []job.Sample{{Metric: "rps", Value: c.value}}}, c.past, 0)
		if got.Verdict != c.want || !near(got.Limit, c.limit) || got.Reason != c.reason {
			t.Errorf("%s of %v\n got %s, limit %v: %s\nwant %s, limit %v: %s", c.line, c.value, got.Verdict, got.Limit, got.Reason, c.want, c.limit, c.reason)
		}
	}
}

// TestTrend holds what a trend is: the median of the slopes between any two of
// the last results, of which the judged one is the last.
func TestTrend(t *testing.T) {
	past := func(values ...float64) *gate.Baseline {
		return results(3, of(job.Sample{Metric: "rps"}, values...))
	}
	for _, c := range []struct {
		line   string
		past   *gate.Baseline
		value  float64
		want   job.Verdict
		actual float64
		reason string
	}{
		{"rps trend >= -1/s/run over 5 runs", past(100, 99, 98, 97), 96, job.Pass, -1, ""},
		{"rps trend > -1/s/run over 5 runs", past(100, 99, 98, 97), 96, job.Fail, -1, "rps moves by -1/s/run over 5 runs, not > -1/s/run"},
		{"rps trend >= -2%/run over 5 runs", past(100, 98, 96, 94), 92, job.Fail, -200 / 97.0, "rps moves by -2.062 %/run over 5 runs, not >= -2 %/run"},
		{"rps trend <= +2%/run over 5 runs", past(50, 50, 50, 50), 50, job.Pass, 0, ""},
		{"rps trend <= +2/s/run over 5 runs", past(1, 2, 300, 4), 5, job.Pass, 1, ""},                                                                // a stray one moves nothing
		{"rps trend <= +2/s/run over 5 runs", past(900, 800, 10, 13, 16, 19), 22, job.Fail, 3, "rps moves by +3/s/run over 5 runs, not <= +2/s/run"}, // nor do older ones
		{"rps trend <= +2/s/run over 5 runs", past(1, 2, 3), 4, job.Inconclusive, 0, "there is no trend: only 3 earlier results of it, and it takes 4"},
		{"rps trend <= +2/s/run over 5 runs", nil, 4, job.Inconclusive, 0, `there is no trend: the input "baseline" names no earlier results`},
		{"rps trend <= +2%/run over 5 runs", past(0, 0, 0, 0), 4, job.Inconclusive, 0, "the median of the earlier results is 0, and any share of 0 is 0; give what it may move in /s/run"},
	} {
		g := one(t, c.line)
		g.Unit = job.PerSecond
		got := judge(g, job.Report{Samples: []job.Sample{{Metric: "rps", Value: c.value}}}, c.past, 0)
		if got.Verdict != c.want || c.want != job.Inconclusive && !near(got.Actual, c.actual) || got.Reason != c.reason {
			t.Errorf("%s of %v\n got %s %v: %s\nwant %s %v: %s", c.line, c.value, got.Verdict, got.Actual, got.Reason, c.want, c.actual, c.reason)
		}
		if got.Subject != "rps trend" || got.NoLimit != strings.HasPrefix(c.reason, "there is no trend") {
			t.Errorf("%s: %+v", c.line, got)
		}
	}
	errors := results(3, of(job.Sample{Metric: "error_rate"}, 1, 1, 1, 1))
	got := judge(one(t, "error_rate trend <= +0.1pp/run over 5 runs"), job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: 1}}}, errors, 0)
	if got.Verdict != job.Pass || got.Unit != "%/run" || got.Limit != 0.1 || got.Wants != "+0.1pp/run" {
		t.Errorf("%+v", got)
	}
}

// TestMonotoneTrend: a worse value is never a better trend, and more noise in
// what a baseline may move turns no pass into a fail.
func TestMonotoneTrend(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(5000) {
		r := rand.New(rand.NewPCG(seed, 5))
		most := 1 + 49*min(r.IntN(4), 1) // some pasts do not vary
		value := func() float64 { return float64(1 + r.IntN(most)) }
		var earlier []float64
		for range 5 + r.IntN(6) {
			earlier = append(earlier, value())
		}
		b := results(3, of(job.Sample{Metric: "error_rate"}, earlier...))
		line := []string{"error_rate trend <= +%d%%/run over 6 runs", "error_rate trend <= +%dpp/run over 6 runs", "error_rate <= baseline +%d mad"}[r.IntN(3)]
		loose, tight := one(t, fmt.Sprintf(line, 3)), one(t, fmt.Sprintf(line, r.IntN(4)))
		better := value()
		worse := better + float64(r.IntN(40))
		of := func(g gate.Gate, v float64) job.Verdict {
			return judge(g, job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: v}}}, b, 0).Verdict
		}
		x, y := of(loose, better), of(tight, worse)
		if x == job.Fail && y != job.Fail || (x == job.Inconclusive) != (y == job.Inconclusive) {
			t.Fatalf("seed %d: %v is %s by %s, %v is %s by %s, after %v", seed, better, x, loose, worse, y, tight, earlier)
		}
		seen[string(x)+" to "+string(y)]++
	}
	for _, change := range []string{"pass to fail", "pass to pass", "fail to fail", "inconclusive to inconclusive"} {
		if seen[change] < 30 {
			t.Errorf("the property saw no %s: %v", change, seen)
		}
	}
}

// BenchmarkJudge: 50 gates on a report of 10,000 requests.
func BenchmarkJudge(b *testing.B) {
	var rep job.Report
	for i := range 10_000 {
		for j, a := range []string{"avg", "min", "max", "p50", "p90", "p95", "p99"} {
			rep.Samples = append(rep.Samples, sample(a, fmt.Sprintf("GET /api/v1/items/%d", i), float64(j+1)*0.01, 1000))
		}
	}
	var gates []gate.Gate
	for i := range 50 {
		a := []string{"avg", "p90", "p95", "p99"}[i%4]
		gates = append(gates, one(b, fmt.Sprintf(`%s(response_time{request~"GET *items*%d"}) < 1s`, a, i%10)))
	}
	b.ReportAllocs()
	for b.Loop() {
		gate.Judge(gates, rep, nil, time.Minute)
	}
}

// TestNamesThatAre: of many names those are shown that are most like the one
// that was meant, wherever they stand.
func TestNamesThatAre(t *testing.T) {
	var r job.Report
	add := func(name string) {
		r.Samples = append(r.Samples, job.Sample{Metric: "response_time", Aggregation: "p95", Labels: map[string]string{"request": name}, Value: 0.1, Behind: 1000})
	}
	for i := range 100 {
		add(fmt.Sprint("GET /things/", i))
	}
	for _, name := range []string{"GET /orders", "POST /orders", "GET /orders"} {
		add(name)
	}
	g := one(t, `p95(response_time{request="GET /oders"}) < 1s`)
	want := `there is no request "GET /oders"; there are "GET /orders", "POST /orders", "GET /things/0", "GET /things/1", "GET /things/2" and 97 more`
	if got := judge(g, r, nil, 0).Reason; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r.Samples = r.Samples[:1]
	if got, want := judge(g, r, nil, 0).Reason, `there is no request "GET /oders"; there is only "GET /things/0"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestNearestOfMany: of very many names the one that was meant is shown, wherever
// it stands.
func TestNearestOfMany(t *testing.T) {
	var r job.Report
	for i := range 10_000 {
		r.Samples = append(r.Samples, sample("p95", fmt.Sprintf("GET /api/v1/items/%d", i), 0.1, 500))
	}
	r.Samples = append(r.Samples, sample("p95", "POST /api/v1/orders", 0.1, 500))
	for _, slip := range []string{`request="POST /api/v1/order"`, `request="PSOT /api/v1/orders"`, `request="post /api/v1/orders"`, `request~"POST /api/*/order"`} {
		j := judge(one(t, "p95(response_time{"+slip+"}) < 1s"), r, nil, time.Minute)
		if !strings.Contains(j.Reason, `there are "POST /api/v1/orders", `) {
			t.Errorf("%s: %s", slip, j.Reason)
		}
	}
}
