package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// TestDoubts: a requirement the wrong way round is shown with the right one,
// and so is a gate that only a comment holds.
func TestDoubts(t *testing.T) {
	metrics := metricsOf(t, "tencent-pts")
	for line, want := range map[string]string{
		"error_rate > 5%":                  "this holds only while error_rate is above 5 %: a gate says what must hold, not what fails; if that is what must not be, write error_rate <= 5%",
		"error_rate >= 5%":                 "write error_rate < 5%",
		"a: warn p95(response_time) > 1s":  "write a: warn p95(response_time) <= 1s",
		"avg(response_time) > baseline":    "write avg(response_time) <= baseline",
		"errors != 0":                      "write errors == 0",
		"failed_tasks > 0":                 "write failed_tasks <= 0",
		"replication_delay > 30s for 5m":   "write replication_delay <= 30s for 5m",
		"rps < 450/s":                      "this holds only while rps is below 450/s: a gate says what must hold, not what fails; if that is what must not be, write rps >= 450/s",
		"rps < baseline -5%":               "write rps >= baseline -5%",
		"requests == 0":                    "write requests != 0",
		"succeeded_tasks < 3":              "write succeeded_tasks >= 3",
		"progress < 100%":                  "write progress >= 100%",
		"error_rate < 5%":                  "",
		"errors == 0":                      "",
		"errors == 3":                      "",
		"errors != 3":                      "",
		"rps >= 450/s":                     "",
		"max(rps) < 600/s":                 "",
		"min(response_time) > 1ms":         "",
		"duration > 10m":                   "",
		"duration < 10m":                   "",
		"virtual_users > 9":                "",
		"sent_rate > 1MB/s":                "",
		"state != JobAborted":              "",
		"error_rate < 1% # rps >= 4/s":     `its comment holds a gate, rps >= 4/s, which is not judged; if lines were joined by ">", write "gates: |"`,
		"error_rate < 1% # of a: rps >4/s": "a: rps > 4/s",
		"error_rate < 1% # first p95(response_time) < 300ms rps > 4/s": "its comment holds a gate, rps > 4/s,",
		"error_rate < 1% # more than before":                           "",
		"error_rate < 1% # was 2% > 1%":                                "",
		"error_rate < 1% # speed > 4/s":                                "", // no metric
	} {
		doubts := gate.Doubts([]gate.Gate{one(t, line)}, metrics)
		switch {
		case want == "" && len(doubts) > 0, want != "" && (len(doubts) != 1 || !strings.Contains(doubts[0].Text, want)):
			t.Errorf("%s: %v, want %q", line, doubts, want)
		}
		for _, d := range doubts {
			if complaint := illFormed(d); complaint != "" {
				t.Errorf("%s: %q %s", line, d, complaint)
			}
		}
	}
}

// TestOppositesPass: the gate that is shown instead fails just where the other
// one passes.
func TestOppositesPass(t *testing.T) {
	for _, line := range []string{"error_rate > 5%", "error_rate >= 5%", "errors != 0", "rps < 450/s", "rps <= 450/s", "requests == 0"} {
		g := one(t, line)
		_, shown, _ := strings.Cut(gate.Doubts([]gate.Gate{g}, nil)[0].Text, ", write ")
		for _, value := range []float64{0, 4, 5, 6, 450, 451} {
			r := job.Report{Samples: []job.Sample{{Metric: g.Metric, Value: value}, {Metric: "requests", Value: 9}}}
			if g.Metric == "requests" {
				r.Samples = r.Samples[:1]
			}
			a, b := judge(g, r, nil, 0).Verdict, judge(one(t, shown), r, nil, 0).Verdict
			if (a == job.Pass) == (b == job.Pass) && a != job.Inconclusive {
				t.Errorf("%v: %s is %s, %s is %s", value, line, a, shown, b)
			}
		}
	}
}

// TestFit: what cannot be judged within the timeout, or without earlier
// results, is said before the start.
func TestFit(t *testing.T) {
	gates, problems := gate.Parse("gates", strings.Join([]string{
		"error_rate < 1% over 30m for 20m after 10m",
		"error_rate < 1% over 30m for 20m after 10m1s",
		"error_rate < 1% for 2h",
		"a: error_rate < 1% after 61m",
		"rps >= baseline -5%",
		"state == X",
		"rps trend >= -1%/run over 12 runs",
		"rps trend >= -1%/run over 11 runs",
		"rps >= baseline -3 mad or -5%",
	}, "\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	want := `gates:2:17: it takes 1h1s until this can be judged, and the step ends after 1h; shorten over 30m for 20m after 10m1s, or give a longer timeout
gates:3:17: it takes 2h until this can be judged, and the step ends after 1h; shorten for 2h, or give a longer timeout
gates:4:1: it takes 1h1m until this can be judged, and the step ends after 1h; shorten after 1h1m, or give a longer timeout
gates:5:8: a baseline is made of earlier results, which the input "baseline" names; give it, such as baseline: results/*.json
gates:7:5: a trend is one of earlier results, which the input "baseline" names; give it, such as baseline: results/*.json
gates:7:22: it takes 11 earlier results, and only the 10 newest are used; shorten it, or give baseline_newest: 11
gates:8:5: a trend is one of earlier results, which the input "baseline" names; give it, such as baseline: results/*.json
gates:9:8: a baseline is made of earlier results, which the input "baseline" names; give it, such as baseline: results/*.json`
	if diff := cmp.Diff(want, gate.Fit(gates, time.Hour, false, 10).Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if problems := gate.Fit(gates, 3*time.Hour, true, 11); len(problems) > 0 {
		t.Error(problems)
	}
	few := `gates:7:22: it takes 11 earlier results, and only the 4 newest are used; shorten it, or give baseline_newest: 11
gates:8:22: it takes 10 earlier results, and only the 4 newest are used; shorten it, or give baseline_newest: 10
gates:9:8: noise is read of at least 5 earlier results, and only the 4 newest are used; give baseline_newest: 5`
	if diff := cmp.Diff(few, gate.Fit(gates, 3*time.Hour, true, 4).Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if problems := gate.Fit(gates[8:], time.Hour, true, 5); len(problems) > 0 {
		t.Error(problems)
	}
	short := gate.TooShort(gates, 2*time.Hour-time.Second)
	if !slices.Equal(short, []string{"error_rate < 1% for 2h takes 2h until it can be judged, and the run is planned for 1h59m59s: it will be inconclusive"}) {
		t.Errorf("too short: %q", short)
	}
}

// TestRefusedGatesAreCertain: whatever is refused because it cannot fail, or
// cannot hold, indeed does neither on any value, and what is taken does both.
func TestRefusedGatesAreCertain(t *testing.T) {
	values := map[string][]float64{"error_rate": {0, 0.001, 1, 50, 99.999, 100}, "requests": {0, 1, 2, 1e6}, "rps": {0, 0.01, 3, 1e9}, "response_time": {1e-9, 0.001, 1, 1000}}
	metrics, refused, taken := metricsOf(t, "tencent-pts"), 0, 0
	for metric, all := range values {
		unit := map[string]string{"error_rate": "%", "rps": "/s", "response_time": "s"}[metric]
		subject := metric
		if metric == "response_time" {
			subject = "p95(" + metric + ")"
		}
		for _, op := range []string{"<", "<=", ">", ">=", "==", "!="} {
			for _, limit := range []string{"0", "1", "50", "100", "101"} {
				gates, problems := gate.Parse("gates", fmt.Sprintf("%s %s %s%s", subject, op, limit, unit))
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				problems = gate.Check(gates, metrics, "tencent-pts")
				seen := map[job.Verdict]bool{}
				for _, v := range all {
					s := job.Sample{Metric: gates[0].Metric, Aggregation: gates[0].Aggregation, Value: v}
					seen[judge(gates[0], job.Report{Samples: []job.Sample{s}}, nil, 0).Verdict] = true
				}
				certain := strings.Contains(problems.Error(), "cannot fail") || strings.Contains(problems.Error(), "cannot hold")
				switch {
				case certain && seen[job.Pass] && seen[job.Fail]:
					t.Errorf("%s: %v", gates[0], problems)
				case len(problems) == 0 && metric == "error_rate" && !(seen[job.Pass] && seen[job.Fail]):
					t.Errorf("%s is taken, and comes to %v only", gates[0], seen)
				case certain:
					refused++
				default:
					taken++
				}
			}
		}
	}
	if refused < 15 || taken < 60 {
		t.Errorf("%d refused, %d taken", refused, taken)
	}
}
