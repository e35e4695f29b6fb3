package tencentpts

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

const inReadPolicy = " (in QcloudPTSReadOnlyAccess)"

func describeSampleBatchQuery() cloud.Call {
	return cloud.Call{Name: "DescribeSampleBatchQuery", For: cloud.ToWait, Does: "reads the median, peaks and counts of a run", Permission: "pts:DescribeSampleBatchQuery" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeSampleMatrixBatchQuery() cloud.Call {
	return cloud.Call{Name: "DescribeSampleMatrixBatchQuery", For: cloud.ToWait, Does: "reads a run's numbers over time", Permission: "pts:DescribeSampleMatrixBatchQuery" + inReadPolicy, PerSecond: 30, Reads: true}
}

func describeRequestSummary() cloud.Call {
	return cloud.Call{Name: "DescribeRequestSummary", For: cloud.ToWait, Does: "reads the numbers of each URL and method", Permission: "pts:DescribeRequestSummary" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeCheckSummary() cloud.Call {
	return cloud.Call{Name: "DescribeCheckSummary", For: cloud.ToWait, Does: "reads how often each check failed", Permission: "pts:DescribeCheckSummary" + inReadPolicy, PerSecond: 20, Reads: true}
}

func describeErrorSummary() cloud.Call {
	return cloud.Call{Name: "DescribeErrorSummary", For: cloud.ToWait, Does: "reads the kinds of errors", Permission: "pts:DescribeErrorSummary" + inReadPolicy, PerSecond: 20, Reads: true}
}

// How often, and how many times more, an ended run is read that shows no
// requests.
const (
	lateReads = 6
	lateEvery = 10 * time.Second
)

// Report reads what a run measured: in three calls while it goes on, in six
// when last says that it has ended. Only a run that cannot be read is an error;
// what else is refused is in the notes.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	over := last.State.Over()
	j, err := f.settled(ctx, ref, over)
	if err != nil {
		return job.Report{}, err
	}
	report := job.Report{Samples: endings(j)}
	if j.requests() <= 0 { // so there is nothing to ask for
		reason := j.noRequests(over)
		report.Samples = append(report.Samples, noTotals(reason)...)
		report.Notes = append(report.Notes, reason)
		return report, nil
	}
	report.Samples = append(report.Samples, totals(j)...)
	f.addPoints(ctx, ref, j.requests(), &report)
	f.addCurves(ctx, ref, when(j.StartTime), &report)
	if over {
		f.addRequests(ctx, ref, &report)
		f.addChecks(ctx, ref, &report)
		f.addErrors(ctx, ref, &report)
	}
	return report, nil
}

// settled reads a run. An ended one that shows no requests is read again for a
// while, because its data may come later (facts tencent-pts §6.1, UNVERIFIED).
func (f follower) settled(ctx context.Context, ref job.Ref, over bool) (run, error) {
	j, err := f.read(ctx, ref)
	for range lateReads {
		if err != nil || !over || !lags(j) || !pause(ctx, lateEvery) {
			break
		}
		if again, err := f.read(ctx, ref); err == nil {
			j = again
		}
	}
	return j, err
}

func (f follower) read(ctx context.Context, ref job.Ref) (run, error) {
	project, scenario := unscope(ref.In)
	jobs, _, err := f.list(ctx, []string{project}, []string{scenario}, []string{ref.ID}, 0)
	if err != nil {
		return run{}, err
	}
	for _, j := range jobs {
		if j.JobId == ref.ID {
			return j, nil
		}
	}
	return run{}, cloud.Unknown(describeJobs(), "the run "+ref.ID+" is not listed", nil)
}

// lags tells that a run made load and shows none of it. One that a user
// stopped is not waited for.
func lags(j run) bool {
	s := j.status()
	loaded := s.State == job.StateSucceeded || s.State == job.StateFailed && !s.Begun.IsZero()
	return loaded && j.requests() <= 0
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (r run) noRequests(over bool) string {
	switch {
	case r.requests() < 0:
		return fmt.Sprintf("no data: the service counts %d requests", r.requests())
	case over:
		return "no data: the service counts no requests"
	}
	return "no data yet: the service counts no requests so far"
}

// endings are the samples that need no load.
func endings(j run) []job.Sample {
	s := j.status()
	state, length := job.Sample{Metric: finalState}, job.Sample{Metric: duration}
	switch took := s.Ended.Sub(s.Begun); {
	case !s.State.Over():
		state.Missing, length.Missing = notEnded, notEnded
	case s.Begun.IsZero():
		length.Missing = "the service tells no start of the load"
	case s.Ended.IsZero():
		length.Missing = "the service tells no end"
	case took < 0:
		length.Missing = "the service tells an end before the start"
	default:
		length.Value = took.Seconds()
	}
	if s.State.Over() {
		_, state.Word = nameOf(j)
	}
	return []job.Sample{state, length}
}

const notEnded = "the run has not ended"

// nameOf is the vendor's own word; that of a status tells of SLA rules too.
func nameOf(j run) (job.State, string) {
	if !j.Status.Given {
		return job.StateUnknown, ""
	}
	return state(j.Status)
}

// noTotals are all samples of a run without load.
func noTotals(reason string) (samples []job.Sample) {
	for _, m := range Metrics() {
		if m.Name == finalState || m.Name == duration {
			continue
		}
		if m.Alone {
			samples = append(samples, job.Sample{Metric: m.Name, Missing: reason})
		}
		for _, a := range m.Aggregations {
			samples = append(samples, job.Sample{Metric: m.Name, Aggregation: a, Missing: reason})
		}
	}
	return samples
}

// totals are the numbers of the whole run: seconds, percent 0 to 100, bytes
// per second (facts tencent-pts §3).
func totals(j run) []job.Sample {
	behind := j.requests()
	timing := func(aggregation string, n cloud.Number) job.Sample {
		return positive(responseTime, aggregation, n, behind)
	}
	return []job.Sample{
		plain(requests, j.RequestTotal, behind),
		plain(errorRate, j.ErrorRate, behind),
		positive(rps, "", j.RequestsPerSecond, behind),
		plain(receivedRate, j.NetworkReceiveRate, behind),
		plain(sentRate, j.NetworkSendRate, behind),
		timing("avg", j.ResponseTimeAverage),
		timing("min", j.ResponseTimeMin),
		timing("max", j.ResponseTimeMax),
		timing("p90", j.ResponseTimeP90),
		timing("p95", j.ResponseTimeP95),
		timing("p99", j.ResponseTimeP99),
	}
}

const notGiven = "the service gave no value"

func plain(metric string, n cloud.Number, behind int64) job.Sample {
	s := job.Sample{Metric: metric, Value: n.Value, Behind: behind}
	if !n.Given {
		s.Missing = notGiven
	}
	return s
}

// positive is a sample that cannot be 0 if there were requests: a vendor
// sample shows a P99 of 0 beside a P95 of 0.09 (facts tencent-pts §6.1).
func positive(metric, aggregation string, n cloud.Number, behind int64) job.Sample {
	s := plain(metric, n, behind)
	s.Aggregation = aggregation
	if n.Given && n.Value <= 0 {
		s.Value, s.Missing = 0, fmt.Sprintf("reported as %v with %d requests behind it", n.Value, behind)
	}
	return s
}

// ofRun is a request about one run.
type ofRun struct {
	*tchttp.BaseRequest
	JobId, ProjectId, ScenarioId string
	Queries                      []query `json:"Queries,omitnil"` //lint:ignore SA5008 omitnil is an option of the SDK's own encoder
}

// reply is what any of the calls about one run returns; lists may be null.
type reply struct {
	*tchttp.BaseResponse
	Response *found
}

type found struct {
	MetricSampleSet       []point
	MetricSampleMatrixSet []matrix
	RequestSummarySet     []requestSummary
	CheckSummarySet       []checkSummary
	ErrorSummarySet       []errorSummary
}

// ask makes one call about a run. A failure goes to the notes.
func (f follower) ask(ctx context.Context, call cloud.Call, ref job.Ref, queries []query, report *job.Report) (found, bool) {
	project, scenario := unscope(ref.In)
	request := &ofRun{&tchttp.BaseRequest{}, ref.ID, project, scenario, queries}
	r := &reply{BaseResponse: &tchttp.BaseResponse{}}
	err := f.send(ctx, call, request, r)
	if err == nil && r.Response == nil {
		err = cloud.Unknown(call, "the answer is empty", nil)
	}
	if err != nil {
		report.Notes = append(report.Notes, err.Error())
		return found{}, false
	}
	return *r.Response, true
}

// point is one value of a metric.
type point struct {
	Metric, Aggregation, Unit string
	Labels                    []struct{ LabelName, LabelValue string }
	Value                     cloud.Number
}

func (p point) label(name string) string {
	for _, l := range p.Labels {
		if l.LabelName == name {
			return l.LabelValue
		}
	}
	return ""
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

// matrix is one metric over time.
type matrix struct {
	Metric, Aggregation, Unit string
	Streams                   []stream
}

type stream struct {
	Values []struct {
		Timestamp cloud.Number // ms
		Value     cloud.Number
	}
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

// requestSummary is one URL and method: seconds, and percent 0 to 100 (facts
// tencent-pts §6.1).
type requestSummary struct {
	Service, Method                  string
	Count                            cloud.Number
	Average, Min, Max, P90, P95, P99 cloud.Number
	ErrorPercentage                  cloud.Number
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

// checkSummary is one check. ErrorRate is a fraction here, unlike everywhere
// else (facts tencent-pts §6.1).
type checkSummary struct {
	Name                    string
	SuccessCount, FailCount cloud.Number
	ErrorRate               cloud.Number
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

// errorSummary is one kind of failed requests.
type errorSummary struct {
	Status, Result, Message string
	Count                   cloud.Number
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
