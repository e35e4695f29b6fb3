package tencentpts

// This file reads the parts of a run: single requests, single checks, and the
// kinds of errors.

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeRequestSummary() cloud.Call {
	return cloud.Call{Name: "DescribeRequestSummary", For: cloud.ToWait, Does: "reads the numbers of each URL and method", Permission: "pts:DescribeRequestSummary" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeCheckSummary() cloud.Call {
	return cloud.Call{Name: "DescribeCheckSummary", For: cloud.ToWait, Does: "reads how often each check failed", Permission: "pts:DescribeCheckSummary" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeErrorSummary() cloud.Call {
	return cloud.Call{Name: "DescribeErrorSummary", For: cloud.ToWait, Does: "reads the kinds of errors", Permission: "pts:DescribeErrorSummary" + inReadPolicy, PerSecond: 20, Reads: true}
}

func (f follower) addRequests(ctx context.Context, ref job.Ref, report *job.Report) {
	answer, _ := f.ask(ctx, describeRequestSummary(), ref, nil, report)
	if len(answer.RequestSummarySet) > 0 {
		report.Samples = slices.Grow(report.Samples, len(answer.RequestSummarySet)*len(answer.RequestSummarySet[0].samples()))
	}
	for _, r := range answer.RequestSummarySet {
		report.Samples = append(report.Samples, r.samples()...)
	}
}

func (r requestSummary) samples() []job.Sample {
	behind := r.Count.Whole()
	samples := []job.Sample{
		plain(requests, r.Count, behind),
		plain(errorRate, r.ErrorPercentage, behind),
		positive(responseTime, "avg", r.Average, behind),
		positive(responseTime, "min", r.Min, behind),
		positive(responseTime, "max", r.Max, behind),
		positive(responseTime, "p90", r.P90, behind),
		positive(responseTime, "p95", r.P95, behind),
		positive(responseTime, "p99", r.P99, behind),
		{Metric: responseTime, Aggregation: "p50", Missing: "the service tells no p50 of a single request"},
	}
	labels := map[string]string{ofRequest: strings.TrimSpace(r.Method + " " + r.Service)} // of all: there may be 60,000 requests
	for i := range samples {
		samples[i].Labels = labels
		if r.Count.Given && behind == 0 {
			samples[i].Missing = "no requests were counted"
		}
	}
	return samples
}

func (f follower) addChecks(ctx context.Context, ref job.Ref, report *job.Report) {
	answer, _ := f.ask(ctx, describeCheckSummary(), ref, nil, report)
	for _, c := range answer.CheckSummarySet {
		report.Samples = append(report.Samples, c.sample())
	}
}

// sample prefers the counts, which are exact.
func (c checkSummary) sample() job.Sample {
	all := c.SuccessCount.Value + c.FailCount.Value
	rate := cloud.Number{Value: 100 * c.ErrorRate.Value, Given: c.ErrorRate.Given}
	if all > 0 && c.SuccessCount.Given && c.FailCount.Given {
		rate = cloud.Number{Value: 100 * c.FailCount.Value / all, Given: true}
	}
	s := plain(checkErrorRate, rate, int64(math.Round(all)))
	if all == 0 && c.SuccessCount.Given && c.FailCount.Given {
		s = job.Sample{Metric: checkErrorRate, Missing: "the check was never made"}
	}
	s.Labels = map[string]string{ofCheck: c.Name}
	return s
}

// addErrors adds the kinds of errors, the most frequent first. The service
// tells them apart by protocol too, which is nobody's concern here.
func (f follower) addErrors(ctx context.Context, ref job.Ref, report *job.Report) {
	answer, _ := f.ask(ctx, describeErrorSummary(), ref, nil, report)
	at := map[string]int{}
	for _, e := range answer.ErrorSummarySet {
		what := cmp.Or(e.Result, e.Status, e.Message, "unknown")
		i, known := at[what]
		if !known {
			i, at[what] = len(report.Errors), len(report.Errors)
			report.Errors = append(report.Errors, job.ErrorKind{What: what})
		}
		report.Errors[i].Count += e.Count.Whole()
	}
	slices.SortStableFunc(report.Errors, func(a, b job.ErrorKind) int { return cmp.Compare(b.Count, a.Count) })
}
