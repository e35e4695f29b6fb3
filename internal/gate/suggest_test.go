package gate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

func TestSuggest(t *testing.T) {
	var reports []job.Report
	for i, p95 := range []float64{0.21, 0.2124, 0.19} {
		reports = append(reports, job.Report{Samples: []job.Sample{
			sample("p95", "", p95, 500), sample("avg", "", 1.01, 500), sample("p95", "GET /a", p95/2, 500), sample("p95", "GET /b", p95*2, 500),
			{Metric: "error_rate", Value: 0.1 * float64(i)}, {Metric: "rps", Value: 480 + float64(i)}, {Metric: "state", Word: "JobFinished"},
			{Metric: "failed_tasks", Value: 0}, {Metric: "duration", Value: 700},
		}})
	}
	reports[1].Samples = append(reports[1].Samples, job.Sample{Metric: "check_error_rate", Value: 1})
	var got []string
	for _, s := range slices.Concat(gate.Suggest(metricsOf(t, "tencent-pts"), reports), gate.Suggest(metricsOf(t, "tencent-batch"), reports)) {
		got = append(got, s.Gate.String()+" # "+s.Worst)
	}
	want := []string{
		"p95(response_time) < 260ms # 212 ms",
		`p95(response_time{request~"*"}) < 510ms # 425 ms`,
		"avg(response_time) < 1.3s # 1.01 s",
		"error_rate < 0.7% # 0.2 %",
		"rps >= 380/s # 480/s",
		"state == JobFinished # JobFinished",
		"duration < 14m # 11 min 40 s", "failed_tasks == 0 # 0", // and no state: no batch job ends as JobFinished
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if none := gate.Suggest(metricsOf(t, "tencent-pts"), nil); none != nil {
		t.Errorf("from nothing: %v", none)
	}
	reports[0].Samples[7-1].Word = "JobAborted"
	for _, s := range gate.Suggest(metricsOf(t, "tencent-pts"), reports) {
		if s.Gate.Metric == "state" {
			t.Errorf("from two states: %s", s.Gate)
		}
	}
}

// TestSuggestedTrials: of each way to limit the same is told how often it would
// have broken, on what it could have been judged on.
func TestSuggestedTrials(t *testing.T) {
	var reports []job.Report
	for _, p95 := range []float64{0.2, 0.21, 0.19, 0.2, 0.21, 0.2, 0.19, 0.2, 0.21, 0.2, 0.3} {
		reports = append(reports, job.Report{Samples: []job.Sample{sample("p95", "", p95, 500), {Metric: "error_rate", Value: 0}}})
	}
	var got []string
	for _, s := range gate.Suggest(metricsOf(t, "tencent-pts"), reports) {
		for _, trial := range append([]gate.Trial{s.Trial}, s.Others...) {
			got = append(got, fmt.Sprintf("%s # %d of %d", trial.Gate, trial.Broken, trial.Of))
		}
	}
	want := []string{
		"p95(response_time) < 360ms # 1 of 11", // the last, by the others' 260ms
		"p95(response_time) <= baseline +10% # 1 of 11",
		"p95(response_time) <= baseline +3 mad or +5% # 1 of 11",
		"p95(response_time) trend <= +1%/run over 10 runs # 0 of 2",
		"error_rate < 0.5% # 0 of 11",
		"error_rate <= baseline +10% or +0.5pp # 0 of 11",
		"error_rate <= baseline +3 mad or +0.5pp # 0 of 11",
		"error_rate trend <= +0.1pp/run over 10 runs # 0 of 2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSuggestedGatesPass: whatever was seen, it passes what is made of it, and
// that can be read again.
func TestSuggestedGatesPass(t *testing.T) {
	metrics := metricsOf(t, "tencent-pts")
	suggested, others := 0, 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 7))
		var reports []job.Report
		for range 1 + r.IntN(8) {
			rep := randomReport(r)
			rep.Samples = append(rep.Samples, job.Sample{Metric: "rps", Value: r.ExpFloat64() * float64(r.IntN(100))}, job.Sample{Metric: "error_rate", Value: r.Float64() * 100},
				job.Sample{Metric: "state", Word: []string{"JobFinished", "JobVanished"}[r.IntN(2)]})
			reports = append(reports, rep)
		}
		for _, s := range gate.Suggest(metrics, reports) {
			again, problems := gate.Parse("gates", s.Gate.String())
			if problems = append(problems, gate.Check(again, metrics, "tencent-pts")...); len(problems) > 0 {
				t.Fatalf("seed %d: %s: %v", seed, s.Gate, problems)
			}
			for _, rep := range reports {
				if j := gate.Judge(again, rep, nil, time.Hour)[0]; j.Verdict != job.Pass {
					t.Fatalf("seed %d: %s is %s: %s", seed, s.Gate, j.Verdict, j.Reason)
				}
			}
			suggested++
			for _, o := range s.Others {
				again, problems := gate.Parse("gates", o.Gate.String())
				if problems = append(problems, gate.Check(again, metrics, "tencent-pts")...); len(problems) > 0 {
					t.Fatalf("seed %d: %s: %v", seed, o.Gate, problems)
				}
				others++
			}
		}
	}
	if suggested < 2000 || others < 500 {
		t.Errorf("only %d and %d gates were suggested", suggested, others)
	}
}
