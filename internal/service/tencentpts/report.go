package tencentpts

// This file reads what a run measured as a whole.

import (
	"context"
	"fmt"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

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
	f.addCurves(ctx, ref, j.StartTime.Time(), &report)
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
		if err != nil || !over || !lags(j) || !job.Pause(ctx, lateEvery) {
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
