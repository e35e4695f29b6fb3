package huaweicpts

// This file declares what a gate can be put on.

import "cloudjob/internal/job"

// Metrics are what PerfTest can report.
func Metrics() []job.Metric {
	const (
		reports = "ShowReport, ShowMergeCaseDetail"
		live    = "while the run lasts; final some seconds after its end (how many is UNVERIFIED), for which a minute is waited"
	)
	return []job.Metric{
		{
			Name: "response_time", Unit: job.Seconds, Aggregations: aggregations(), Series: []string{"avg"}, Selectors: []string{"request"}, Live: []string{"", "request"},
			Doc:  "Response time of the requests. Of several cases the worst counts, for min the best; avg is weighted by requests. A request is named \"case / request\". That the service counts in milliseconds is UNVERIFIED: no document names the unit.",
			Call: reports, Late: live,
		},
		{
			Name: "error_rate", Unit: job.Percent, Alone: true, Series: []string{""}, Live: []string{""},
			Doc:  "Failed of all requests, from their counts; successRate is not read, because its scale is UNVERIFIED.",
			Call: reports, Late: live,
		},
		{
			Name: "rps", Unit: job.PerSecond, Aggregations: []string{"max"}, Alone: true, Series: []string{""}, Live: []string{""},
			Doc:  "All requests of the cases per second, from the first case's start to the last one's end. max is the highest point of the curve, which has up to 300 points.",
			Call: reports, Late: live,
		},
		{Name: "requests", Unit: job.Count, Alone: true, Live: []string{""}, Doc: "Requests of all cases, whether they failed or not.", Call: reports, Late: live},
		{Name: "errors", Unit: job.Count, Alone: true, Live: []string{""}, Doc: "Failed requests of all cases.", Call: reports, Late: live},
		{
			Name: "virtual_users", Unit: job.Count, Alone: true, Series: []string{""}, Live: []string{""},
			Doc:  "The most users (currentThreadNum) of the cases that ran at the same time.",
			Call: reports, Late: live,
		},
		{
			Name: "received_rate", Unit: job.BytesPerSecond, Alone: true, Live: []string{""},
			Doc:  "Average that the executors received (avgRecBytes). The service counts in KB/s; that it means 1000 bytes is UNVERIFIED.",
			Call: reports, Late: live,
		},
		{
			Name: "sent_rate", Unit: job.BytesPerSecond, Alone: true, Live: []string{""},
			Doc:  "Average that the executors sent (avgSentBytes). The service counts in KB/s; that it means 1000 bytes is UNVERIFIED.",
			Call: reports, Late: live,
		},
		{
			Name: "duration", Unit: job.Seconds, Alone: true,
			Doc:  "From the run's start to its end, as the service writes them; the wait for executors is part of it.",
			Call: "ShowHistoryRunInfo, ShowReport", Late: "after the end",
		},
		{
			Name: "state", Unit: job.Word, Alone: true,
			Doc:  "The word for the run's run_status: 2, 3 or 4.",
			Call: "ShowTask", Late: "at the next poll", States: []string{"ended", "aborted", "terminated"},
		},
	}
}

// timing is an aggregation of response_time: where it stands in a report, and
// how it comes of several cases.
type timing struct {
	aggregation string
	of          func(*figures) amount
	over        func([]weighed) weighed
}

func timings() []timing {
	return []timing{
		{"avg", func(f *figures) amount { return f.Average }, mean},
		{"min", func(f *figures) amount { return f.Min }, lowest},
		{"max", func(f *figures) amount { return f.Max }, highest},
		{"p50", func(f *figures) amount { return f.P50 }, highest},
		{"p75", func(f *figures) amount { return f.P75 }, highest},
		{"p90", func(f *figures) amount { return f.P90 }, highest},
		{"p95", func(f *figures) amount { return f.P95 }, highest},
		{"p99", func(f *figures) amount { return f.P99 }, highest},
		{"p999", func(f *figures) amount { return f.P999 }, highest},
	}
}

func aggregations() (names []string) {
	for _, t := range timings() {
		names = append(names, t.aggregation)
	}
	return names
}
