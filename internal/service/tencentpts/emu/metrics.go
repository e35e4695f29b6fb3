package ptsemu

import (
	"cloudjob/internal/emulator/emu"
)

// family tells which labels a metric has.
type family int

const (
	plain family = iota
	ofRequests
	ofChecks
)

func (f family) cells() []cell {
	switch f {
	case ofRequests:
		return requestCells()
	case ofChecks:
		return checkCells()
	}
	return plainCells()
}

// value is a number about the seconds from a to b; ok is false if there is
// no data.
type value func(p part, a, b int) (v float64, ok bool)

// line is one of the series that an aggregation consists of.
type line struct {
	name   string
	labels []label
	value  value
}

// aggregation is a way to look at a metric.
type aggregation struct {
	name, legend, unit string
	cumulated          bool // a series of it always counts from the begin
	lines              []line
}

// metric is one of DescribeAvailableMetrics.
type metric struct {
	name, alias, description, kind, unit string
	inner                                bool
	family                               family
	aggregations                         []aggregation
}

// metrics are those of facts tencent-pts §6.3 (CLI:ex), with their units.
func metrics() []metric {
	out := []metric{
		{"pts_engine_req_total", "RequestsCount", "number of requests", "counter", "reqs", false, ofRequests, []aggregation{
			one("Rate", "requests per second", "reqs/s", rate(1)),
			since("MaxRateOverTime", "peak of requests per second", "reqs/s", maxRate),
			since("Count", "requests", "reqs", counted(1)),
			one("ErrorPercentage", "failed requests", "%", errorPercentage),
			byResult(),
		}},
		{"pts_engine_req_duration_seconds", "RequestDuration", "response time", "histogram", "s", false, ofRequests,
			append(durations("response time", 1), timings())},
		{"pts_engine_checks_total", "ChecksCount", "number of checks", "counter", "checks", false, ofChecks, []aggregation{
			one("Rate", "checks per second", "checks/s", rate(1)),
			since("Count", "checks", "checks", counted(1)),
			one("ErrorPercentage", "failed checks", "%", errorPercentage),
		}},
		{"pts_engine_num_vus", "NumberVirtualUsers", "virtual users", "gauge", "VUs", false, plain, []aggregation{
			one("Gauge", "virtual users", "VUs", users),
			since("MaxOverTime", "peak of virtual users", "VUs", maxUsers),
		}},
		{"pts_engine_send_bytes_total", "SendBytesCount", "bytes sent", "counter", "bytes", false, plain,
			append(bytes("sent", bytesSent), usage("sent bandwidth used", bytesSent))},
		{"pts_engine_receive_bytes_total", "ReceiveBytesCount", "bytes received", "counter", "bytes", false, plain,
			append(bytes("received", bytesReceived), usage("received bandwidth used", bytesReceived))},
		{"pts_engine_iterations_total", "IterationsCount", "iterations of the scenario", "counter", "iters", false, plain, []aggregation{
			one("Rate", "iterations per second", "iters/s", rate(1.0/pattern)),
			since("Count", "iterations", "iters", iterations),
		}},
		{"pts_engine_req_sent_total", "RequestSentCount", "requests sent", "counter", "reqs", false, plain, []aggregation{
			one("Rate", "requests sent per second", "reqs/s", rate(1)),
			since("Count", "requests sent", "reqs", counted(1)),
		}},
		{"pts_engine_iterations_duration_seconds", "IterationDuration", "duration of an iteration", "histogram", "s", false, plain,
			durations("iteration", pattern)},
	}
	for _, p := range phases() {
		out = append(out, metric{"pts_engine_req_" + p.name + "_duration_seconds", p.alias, p.legend,
			"histogram", "s", false, ofRequests, durations(p.legend, p.share)})
	}
	return append(out,
		metric{"pts_engine_req_max_duration_seconds", "RequestMaxDuration", "longest response time", "gauge", "s", true, ofRequests,
			[]aggregation{since("Max", "longest response time", "s", longest)}},
		metric{"pts_engine_req_min_duration_seconds", "RequestMinDuration", "shortest response time", "gauge", "s", true, ofRequests,
			[]aggregation{since("Min", "shortest response time", "s", shortest)}},
		metric{"container_cpu_usage_seconds_total", "ContainerCPUUsageCount", "processor use of the generators", "counter", "s", true, plain,
			[]aggregation{one("UsagePercentage", "processor used", "%", share(35))}},
		metric{"container_memory_usage_bytes", "ContainerMemUsage", "memory use of the generators", "gauge", "bytes", true, plain,
			[]aggregation{one("UsagePercentage", "memory used", "%", share(42))}},
		metric{"container_network_transmit_bytes_total", "ContainerNetworkSendCount", "bytes sent by the generators", "counter", "bytes", true, plain,
			bytes("sent by generators", bytesSent)},
		metric{"container_network_receive_bytes_total", "ContainerNetworkReceiveCount", "bytes received by the generators", "counter", "bytes", true, plain,
			bytes("received by generators", bytesReceived)},
	)
}

// phase is a stage of a request and its share of the response time.
type phase struct {
	name, alias, legend string
	share               float64
}

func phases() []phase {
	return []phase{
		{"send", "RequestSendingDuration", "sending", 0.01},
		{"wait", "RequestWaitingDuration", "waiting", 0.88},
		{"receive", "RequestReceivingDuration", "receiving", 0.05},
		{"block", "RequestBlockingDuration", "blocked", 0.02},
		{"connect", "RequestConnectingDuration", "connecting", 0.025},
		{"tls_handshake", "RequestHandshakingDuration", "TLS handshake", 0.015},
	}
}

func one(name, legend, unit string, v value) aggregation {
	return aggregation{name, legend, unit, false, []line{{"", nil, v}}}
}

func since(name, legend, unit string, v value) aggregation {
	return aggregation{name, legend, unit, true, []line{{"", nil, v}}}
}

// quantile names an aggregation of a histogram.
type quantile struct {
	name  string
	ratio float64
}

func durations(legend string, factor float64) []aggregation {
	quantiles := []quantile{{"P50", ratioP50}, {"P90", ratioP90}, {"P95", ratioP95}, {"P99", ratioP99}}
	percentiles := aggregation{name: "Percentiles", legend: legend + " Percentiles", unit: "s"}
	out := []aggregation{one("Avg", legend+" Avg", "s", duration(ratioAverage*factor))}
	for _, q := range quantiles {
		v := duration(q.ratio * factor)
		out = append(out, one(q.name, legend+" "+q.name, "s", v))
		percentiles.lines = append(percentiles.lines, line{q.name, nil, v})
	}
	return append(out, percentiles)
}

// timings are the mean durations of the stages of a request.
func timings() aggregation {
	out := aggregation{name: "Timings", legend: "mean duration by stage", unit: "s"}
	for _, p := range phases() {
		out.lines = append(out.lines, line{p.legend, nil, duration(ratioAverage * p.share)})
	}
	return out
}

// byResult is the share of each result but ok in all requests.
func byResult() aggregation {
	out := aggregation{name: "ErrorPercentageByResult", legend: "failed requests by result", unit: "%"}
	for _, f := range faults() {
		v := func(p part, a, b int) (float64, bool) {
			all, _, _ := p.count(a, b)
			only := part{p.run, keep(p.cells, []filter{{"result", f.result, false}})}
			some, _, _ := only.count(a, b)
			return percent(some, all), all > 0 && some > 0
		}
		out.lines = append(out.lines, line{f.result, []label{{"result", f.result}}, v})
	}
	return out
}

func bytes(legend string, each float64) []aggregation {
	return []aggregation{
		one("Rate", "bytes per second "+legend, "bytes/s", rate(each)),
		since("Count", "bytes "+legend, "bytes", counted(each)),
	}
}

func usage(legend string, each float64) aggregation {
	return one("UsagePercentage", legend, "%", func(p part, a, b int) (float64, bool) {
		n, _, _ := p.count(a, b)
		return round(perSecond(n, b-a) * each / bandwidth * 100), b > a
	})
}

func rate(each float64) value {
	return func(p part, a, b int) (float64, bool) {
		n, _, _ := p.count(a, b)
		return round(perSecond(n, b-a) * each), b > a
	}
}

func counted(each float64) value {
	return func(p part, a, b int) (float64, bool) {
		n, _, _ := p.count(a, b)
		return round(float64(n) * each), b > a
	}
}

func iterations(p part, a, b int) (float64, bool) {
	return float64((p.run.requests[b] - p.run.requests[a]) / pattern), b > a
}

func maxRate(p part, a, b int) (float64, bool) {
	most := 0.0
	for k := a; k < b; k++ {
		n, _, _ := p.count(k, k+1)
		most = max(most, float64(n))
	}
	return most, b > a
}

func errorPercentage(p part, a, b int) (float64, bool) {
	all, failed, _ := p.count(a, b)
	return percent(failed, all), all > 0
}

func duration(ratio float64) value {
	return func(p part, a, b int) (float64, bool) {
		all, _, _ := p.count(a, b)
		return p.latency(ratio, a, b), all > 0
	}
}

func longest(p part, _, b int) (float64, bool) {
	all, _, _ := p.count(0, b)
	_, most := p.extremes(b)
	return most, all > 0
}

func shortest(p part, _, b int) (float64, bool) {
	all, _, _ := p.count(0, b)
	least, _ := p.extremes(b)
	return least, all > 0
}

func users(p part, _, b int) (float64, bool) {
	if b == 0 {
		return 0, false
	}
	return float64(p.run.users[b-1]), true
}

func maxUsers(p part, a, b int) (float64, bool) {
	most := int64(0)
	for k := a; k < b; k++ {
		most = max(most, p.run.users[k])
	}
	return float64(most), b > a
}

// share is a use of a resource that follows the virtual users.
func share(top float64) value {
	return func(p part, a, b int) (float64, bool) {
		now, ok := users(p, a, b)
		most, _ := maxUsers(p, 0, p.run.seconds())
		if most == 0 {
			return 0, ok
		}
		return round(top * now / most), ok
	}
}

// describeAvailableMetrics lists the metrics and their aggregations.
func (s *Service) describeAvailableMetrics() emu.Call {
	return s.call("DescribeAvailableMetrics", func(object) (object, *emu.Error) {
		var set []object
		for _, m := range metrics() {
			var aggregations []object
			for _, a := range m.aggregations {
				aggregations = append(aggregations, object{"Aggregation": a.name, "Legend": a.legend, "Unit": a.unit})
			}
			set = append(set, object{
				"Metric": m.name, "Alias": m.alias, "Description": m.description, "MetricType": m.kind,
				"Unit": m.unit, "Aggregations": aggregations, "InnerMetric": m.inner,
			})
		}
		return object{"MetricSet": set}, nil
	})
}

func metricNamed(name string) (metric, bool) {
	for _, m := range metrics() {
		if m.name == name {
			return m, true
		}
	}
	return metric{}, false
}

func (m metric) aggregation(name string) (aggregation, bool) {
	for _, a := range m.aggregations {
		if a.name == name {
			return a, true
		}
	}
	return aggregation{}, false
}
