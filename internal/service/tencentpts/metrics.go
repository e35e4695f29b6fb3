package tencentpts

// This file declares what a gate can be put on.

import "cloudjob/internal/job"

// The metrics of a load test by name, and the labels of their parts.
const (
	responseTime   = "response_time"
	errorRate      = "error_rate"
	rps            = "rps"
	requests       = "requests"
	errorCount     = "errors"
	virtualUsers   = "virtual_users"
	checkErrorRate = "check_error_rate"
	receivedRate   = "received_rate"
	sentRate       = "sent_rate"
	duration       = "duration"
	finalState     = "state"

	ofRequest = "request" // "METHOD URL"
	ofCheck   = "check"
)

// How late values are known. That totals lag after the end is told by users
// only (facts tencent-pts §6.1, UNVERIFIED).
const (
	lateTotals = "read while the run goes on; after its end totals may lag by minutes (UNVERIFIED), and a total of no requests is read again for a minute"
	lateParts  = lateTotals + "; of a single request only when the run has ended"
	lateChecks = lateTotals + "; of a single check only when the run has ended"
	lateEnd    = "when the run has ended"
)

// Metrics are what PTS can report (facts tencent-pts §3, §6). With a selector
// they are read when the run has ended.
func Metrics() []job.Metric {
	const each = "; of a request DescribeRequestSummary"
	return []job.Metric{
		{
			Name: responseTime, Unit: job.Seconds, Aggregations: []string{"avg", "min", "max", "p50", "p90", "p95", "p99"},
			Series: []string{"avg", "p50", "p90", "p95", "p99"}, Selectors: []string{ofRequest},
			Live: []string{""},
			Doc:  "Time from a request to its answer; percentiles are estimates and may exceed the maximum, p50 is known of the whole run only, and that the totals are in seconds is inferred from the vendor's samples and from the fields of single requests (UNVERIFIED).",
			Call: "DescribeJobs; p50 DescribeSampleBatchQuery" + each, Late: lateParts,
		},
		{
			Name: errorRate, Unit: job.Percent, Alone: true, Series: []string{""}, Selectors: []string{ofRequest},
			Live: []string{""},
			Doc:  "Failed requests of all requests.", Call: "DescribeJobs" + each, Late: lateParts,
		},
		{
			Name: rps, Unit: job.PerSecond, Aggregations: []string{"max"}, Alone: true, Series: []string{""},
			Live: []string{""},
			Doc:  "Requests per second, on average over the run; max(rps) is the observed peak.",
			Call: "DescribeJobs; max DescribeSampleBatchQuery", Late: lateTotals,
		},
		{
			Name: requests, Unit: job.Count, Alone: true, Selectors: []string{ofRequest},
			Live: []string{""},
			Doc:  "Requests made.", Call: "DescribeJobs" + each, Late: lateParts,
		},
		{
			Name: errorCount, Unit: job.Count, Alone: true,
			Live: []string{""},
			Doc:  "Failed requests, counted by result.",
			Call: "DescribeSampleBatchQuery", Late: lateTotals,
		},
		{
			Name: virtualUsers, Unit: job.Count, Alone: true, Series: []string{""},
			Live: []string{""},
			Doc:  "Virtual users, the most that were seen at a time.", Call: "DescribeSampleBatchQuery", Late: lateTotals,
		},
		{
			Name: checkErrorRate, Unit: job.Percent, Alone: true, Series: []string{""}, Selectors: []string{ofCheck},
			Live: []string{""},
			Doc:  "Failed checks of all checks; no data if the script makes none.",
			Call: "DescribeSampleBatchQuery; of a check DescribeCheckSummary", Late: lateChecks,
		},
		{
			Name: receivedRate, Unit: job.BytesPerSecond, Alone: true,
			Live: []string{""},
			Doc:  "Bytes received per second, on average over the run.", Call: "DescribeJobs", Late: lateTotals,
		},
		{
			Name: sentRate, Unit: job.BytesPerSecond, Alone: true,
			Live: []string{""},
			Doc:  "Bytes sent per second, on average over the run.", Call: "DescribeJobs", Late: lateTotals,
		},
		{
			Name: duration, Unit: job.Seconds, Alone: true,
			Doc: "Time from the start of the load to the end of the run, in whole seconds as the service tells both.", Call: "DescribeJobs", Late: lateEnd,
		},
		{
			Name: finalState, Unit: job.Word, Alone: true,
			Doc: "The run's own final state.", Call: "DescribeJobs", Late: lateEnd,
			States: []string{
				"JobFinished", "JobAborted", "JobPrepareException", "JobFinishException", "JobAbortException", "JobDeleted",
				"JobSelectClusterException", "JobCreateTaskException", "JobSyncTaskException",
			},
		},
	}
}
