package tencentpts

// This file is what is asked of the load engines' own metrics, and what their
// answers say.

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func describeSampleBatchQuery() cloud.Call {
	return cloud.Call{Name: "DescribeSampleBatchQuery", For: cloud.ToWait, Does: "reads the median, peaks and counts of a run", Permission: "pts:DescribeSampleBatchQuery" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeSampleMatrixBatchQuery() cloud.Call {
	return cloud.Call{Name: "DescribeSampleMatrixBatchQuery", For: cloud.ToWait, Does: "reads a run's numbers over time", Permission: "pts:DescribeSampleMatrixBatchQuery" + inReadPolicy, PerSecond: 30, Reads: true}
}

// query asks for one metric of the load engines (facts tencent-pts §6.3).
type query struct {
	Metric      string
	Aggregation string
	GroupBy     []string `json:"GroupBy,omitnil"` //lint:ignore SA5008 omitnil is an option of the SDK's own encoder
}

const (
	engineRequests = "pts_engine_req_total"
	engineTimes    = "pts_engine_req_duration_seconds"
	engineUsers    = "pts_engine_num_vus"
	engineChecks   = "pts_engine_checks_total"
)

// pointQueries are the values of the whole run that DescribeJobs does not have.
func pointQueries() []query {
	return []query{
		medianTime(), peakRate(), mostUsers(), countByResult(), checkCount(), failedChecks(),
	}
}

func medianTime() query { return query{Metric: engineTimes, Aggregation: "P50"} }

func peakRate() query { return query{Metric: engineRequests, Aggregation: "MaxRateOverTime"} }

func mostUsers() query { return query{Metric: engineUsers, Aggregation: "MaxOverTime"} }

func checkCount() query { return query{Metric: engineChecks, Aggregation: "Count"} }

func failedChecks() query { return query{Metric: engineChecks, Aggregation: "ErrorPercentage"} }

func countByResult() query { return query{engineRequests, "Count", []string{resultLabel}} }

// The label by which requests are counted, and its value for those that
// succeeded (facts tencent-pts §6.2).
const (
	resultLabel = "result"
	resultOK    = "ok"
)

// curve is a metric over time.
type curve struct {
	query
	metric, aggregation string
}

// curves are all read in one call.
func curves() []curve {
	return []curve{
		{query{Metric: engineRequests, Aggregation: "Rate"}, rps, ""},
		{query{Metric: engineRequests, Aggregation: "ErrorPercentage"}, errorRate, ""},
		{query{Metric: engineTimes, Aggregation: "Avg"}, responseTime, "avg"},
		{query{Metric: engineTimes, Aggregation: "P50"}, responseTime, "p50"},
		{query{Metric: engineTimes, Aggregation: "P90"}, responseTime, "p90"},
		{query{Metric: engineTimes, Aggregation: "P95"}, responseTime, "p95"},
		{query{Metric: engineTimes, Aggregation: "P99"}, responseTime, "p99"},
		{query{Metric: engineUsers, Aggregation: "Gauge"}, virtualUsers, ""},
		{query{Metric: engineChecks, Aggregation: "ErrorPercentage"}, checkErrorRate, ""},
	}
}

type points []point

// of are the answers to a query, each in our unit.
func (all points) of(q query) (some points) {
	for _, p := range all {
		if p.Metric != q.Metric || p.Aggregation != q.Aggregation {
			continue
		}
		factor, known := scale(q, p.Unit)
		p.Value = cloud.Number{Value: p.Value.Value * factor, Given: p.Value.Given && known}
		some = append(some, p)
	}
	return some
}

func (all points) value(q query) cloud.Number {
	if some := all.of(q); len(some) == 1 {
		return some[0].Value
	}
	return cloud.Number{}
}

// scale takes values to our units. One example of the vendor's has times in ms
// (facts tencent-pts §6.3).
func scale(q query, unit string) (factor float64, known bool) {
	if q.Metric != engineTimes {
		return 1, true
	}
	switch unit {
	case "s", "":
		return 1, true
	case "ms":
		return 0.001, true
	}
	return 0, false
}

func (p point) label(name string) string {
	for _, l := range p.Labels {
		if l.LabelName == name {
			return l.LabelValue
		}
	}
	return ""
}

func (f follower) addPoints(ctx context.Context, ref job.Ref, behind int64, report *job.Report) {
	call := describeSampleBatchQuery()
	answer, ok := f.ask(ctx, call, ref, pointQueries(), report)
	all := points(answer.MetricSampleSet)
	samples := []job.Sample{
		positive(responseTime, "p50", all.value(medianTime()), behind),
		positive(rps, "max", all.value(peakRate()), behind),
		positive(virtualUsers, "", all.value(mostUsers()), behind),
		failures(all.of(countByResult())),
		checked(all.value(failedChecks()), all.value(checkCount())),
	}
	for i := range samples {
		if !ok {
			samples[i].Missing = call.Name + " failed"
		}
	}
	report.Samples = append(report.Samples, samples...)
}

// failures counts requests by result: the error rate is rounded, and times the
// requests it is no count. That nothing failed is believed only beside a count
// of what succeeded.
func failures(counts points) job.Sample {
	var all, failed float64
	for _, c := range counts {
		result := c.label(resultLabel)
		if result == "" || !c.Value.Given {
			return job.Sample{Metric: errorCount, Missing: "the service did not count by result"}
		}
		all += c.Value.Value
		if result != resultOK {
			failed += c.Value.Value
		}
	}
	if all <= 0 {
		return job.Sample{Metric: errorCount, Missing: notGiven}
	}
	return job.Sample{Metric: errorCount, Value: math.Round(failed), Behind: int64(math.Round(all))}
}

// checked is the rate of all checks, in percent.
func checked(rate, count cloud.Number) job.Sample {
	if count.Whole() <= 0 {
		return job.Sample{Metric: checkErrorRate, Missing: "no checks were counted"}
	}
	return plain(checkErrorRate, rate, count.Whole())
}

func (f follower) addCurves(ctx context.Context, ref job.Ref, begun time.Time, report *job.Report) {
	if begun.IsZero() {
		report.Notes = append(report.Notes, "nothing is known over time: the service tells no start of the load")
		return
	}
	var queries []query
	for _, c := range curves() {
		queries = append(queries, c.query)
	}
	answer, _ := f.ask(ctx, describeSampleMatrixBatchQuery(), ref, queries, report)
	for _, c := range curves() {
		for _, m := range answer.MetricSampleMatrixSet {
			if m.Metric == c.Metric && m.Aggregation == c.Aggregation {
				c.add(m, begun, report)
			}
		}
	}
}

// add takes a matrix of one stream: what several would mean together is not
// documented.
func (c curve) add(m matrix, begun time.Time, report *job.Report) {
	factor, known := scale(c.query, m.Unit)
	switch {
	case len(m.Streams) == 0:
		return
	case len(m.Streams) > 1 || !known:
		report.Notes = append(report.Notes, fmt.Sprintf("%s of %s over time is left out: it came in %d streams, in the unit %s", m.Aggregation, m.Metric, len(m.Streams), strconv.Quote(m.Unit)))
		return
	}
	series := job.Series{Metric: c.metric, Aggregation: c.aggregation}
	for _, v := range m.Streams[0].Values {
		at := time.UnixMilli(v.Timestamp.Whole()).Sub(begun)
		if v.Value.Given && v.Timestamp.Given && at >= 0 {
			series.Points = append(series.Points, job.Point{At: at, Value: v.Value.Value * factor})
		}
	}
	slices.SortStableFunc(series.Points, func(a, b job.Point) int { return cmp.Compare(a.At, b.At) })
	if series.Points != nil {
		report.Series = append(report.Series, series)
	}
}
