package ptsemu

import (
	"reflect"
	"testing"
	"time"
)

func (c *cloud) sample(scenario, job, metric, aggregation, more string) map[string]any {
	c.t.Helper()
	reply := c.ok("DescribeSampleQuery", triplet(scenario, job, `,"Metric":"`+metric+`","Aggregation":"`+aggregation+`"`+more))
	sample, _ := reply["MetricSample"].(map[string]any)
	return sample
}

func (c *cloud) matrixOf(scenario, job, metric, aggregation, more string) map[string]any {
	c.t.Helper()
	reply := c.ok("DescribeSampleMatrixQuery", triplet(scenario, job, `,"Metric":"`+metric+`","Aggregation":"`+aggregation+`"`+more))
	return reply["MetricSampleMatrix"].(map[string]any)
}

func values(t *testing.T, stream map[string]any) (times, out []float64) {
	t.Helper()
	for _, v := range rows(t, stream, "Values") {
		times = append(times, num(t, v, "Timestamp"))
		out = append(out, num(t, v, "Value"))
	}
	return times, out
}

// Every metric and aggregation answers a point query and a matrix query, with
// its unit (facts tencent-pts §6.3).
func TestAllMetrics(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	pairs := 0
	for _, m := range rows(t, c.ok("DescribeAvailableMetrics", ``), "MetricSet") {
		name := m["Metric"].(string)
		for _, a := range rows(t, m, "Aggregations") {
			pairs++
			aggregation := a["Aggregation"].(string)
			s := c.sample(ScenarioDemo, id, name, aggregation, "")
			if s == nil || s["Unit"] != a["Unit"] || s["Metric"] != name || s["Aggregation"] != aggregation || num(t, s, "Value") < 0 {
				t.Errorf("%s %s: sample %v", name, aggregation, s)
			}
			x := c.matrixOf(ScenarioDemo, id, name, aggregation, "")
			if x["Unit"] != a["Unit"] || num(t, x, "Step") != 1e9 {
				t.Errorf("%s %s: matrix of unit %v, step %v", name, aggregation, x["Unit"], x["Step"])
			}
			streams := rows(t, x, "Streams")
			if len(streams) == 0 {
				t.Errorf("%s %s: no streams", name, aggregation)
			}
			for _, stream := range streams {
				if stream["Name"] == "" {
					t.Errorf("%s %s: nameless stream", name, aggregation)
				}
			}
		}
	}
	if pairs < 60 {
		t.Errorf("%d pairs of metric and aggregation", pairs)
	}
}

func TestUnits(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	for _, tc := range []struct {
		metric, aggregation, unit string
		value                     float64
	}{
		{"pts_engine_req_total", "Count", "reqs", 28800},
		{"pts_engine_req_total", "Rate", "reqs/s", 480},
		{"pts_engine_req_total", "ErrorPercentage", "%", 0.399306},
		{"pts_engine_req_duration_seconds", "P50", "s", 0.121},
		{"pts_engine_req_duration_seconds", "P90", "s", 0.1892},
		{"pts_engine_req_duration_seconds", "P95", "s", 0.22},
		{"pts_engine_req_duration_seconds", "P99", "s", 0.297},
		{"pts_engine_req_duration_seconds", "Avg", "s", 0.132},
		{"pts_engine_num_vus", "Gauge", "VUs", 100},
		{"pts_engine_num_vus", "MaxOverTime", "VUs", 100},
		{"pts_engine_iterations_total", "Count", "iters", 2880},
		{"pts_engine_iterations_total", "Rate", "iters/s", 48},
		{"pts_engine_checks_total", "Count", "checks", 43200},
		{"pts_engine_checks_total", "Rate", "checks/s", 720},
		{"pts_engine_req_sent_total", "Count", "reqs", 28800},
		{"pts_engine_send_bytes_total", "Count", "bytes", 28800 * bytesSent},
		{"pts_engine_receive_bytes_total", "Rate", "bytes/s", 480 * bytesReceived},
	} {
		s := c.sample(ScenarioDemo, id, tc.metric, tc.aggregation, "")
		if s["Unit"] != tc.unit || !near(num(t, s, "Value"), tc.value) {
			t.Errorf("%s %s: %v %v, want %v %s", tc.metric, tc.aggregation, s["Value"], s["Unit"], tc.value, tc.unit)
		}
		if s["Labels"] != nil {
			t.Errorf("%s: labels %v, want null", tc.metric, s["Labels"])
		}
	}
	job := c.show(ScenarioDemo)
	for aggregation, field := range map[string]string{"P90": "ResponseTimeP90", "P95": "ResponseTimeP95", "P99": "ResponseTimeP99", "Avg": "ResponseTimeAverage"} {
		if s := c.sample(ScenarioDemo, id, "pts_engine_req_duration_seconds", aggregation, ""); s["Value"] != job[field] {
			t.Errorf("%s %v, %s %v", aggregation, s["Value"], field, job[field])
		}
	}
}

// The series ramp up, hold and have one spike.
func TestSeries(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.pass(66 * time.Second)
	times, rates := values(t, rows(t, c.matrixOf(ScenarioDemo, id, "pts_engine_req_total", "Rate", ""), "Streams")[0])
	if len(rates) != 60 || times[1]-times[0] != 1000 || times[0] != float64(c.time.Add(-59*time.Second).UnixMilli()) {
		t.Fatalf("%d points from %v", len(rates), times[0])
	}
	if rates[0] >= rates[5] || rates[5] >= rates[9] {
		t.Errorf("no ramp: %v", rates[:10])
	}
	peak, sum := 0.0, 0.0
	for _, r := range rates {
		sum += r
		peak = max(peak, r)
	}
	if sum != 28800 {
		t.Errorf("the series adds up to %v", sum)
	}
	if plateau := rates[20]; peak < 1.2*plateau || rates[40] != peak && rates[39] != peak && rates[41] != peak {
		t.Errorf("peak %v over plateau %v at the wrong place: %v", peak, plateau, rates)
	}
	if s := c.sample(ScenarioDemo, id, "pts_engine_req_total", "MaxRateOverTime", ""); num(t, s, "Value") != peak {
		t.Errorf("MaxRateOverTime %v, peak %v", s["Value"], peak)
	}
	_, slow := values(t, rows(t, c.matrixOf(ScenarioDemo, id, "pts_engine_req_duration_seconds", "P95", ""), "Streams")[0])
	if slow[40] < 2*slow[20] || !near(slow[50], slow[20]) {
		t.Errorf("p95 plateau %v, spike %v, after %v", slow[20], slow[40], slow[50])
	}
	_, vus := values(t, rows(t, c.matrixOf(ScenarioDemo, id, "pts_engine_num_vus", "Gauge", ""), "Streams")[0])
	if vus[0] >= vus[9] || vus[10] != 100 || vus[59] != 100 {
		t.Errorf("virtual users %v", vus)
	}
	_, counts := values(t, rows(t, c.matrixOf(ScenarioDemo, id, "pts_engine_req_total", "Count", ""), "Streams")[0])
	for i := 1; i < len(counts); i++ {
		if counts[i] < counts[i-1] {
			t.Fatalf("count fell: %v", counts)
		}
	}
	few := c.matrixOf(ScenarioDemo, id, "pts_engine_req_total", "Rate", `,"MaxPoint":10`)
	if _, v := values(t, rows(t, few, "Streams")[0]); len(v) != 10 || num(t, few, "Step") != 6e9 {
		t.Errorf("%d points, step %v", len(v), few["Step"])
	}
}

func TestLabelsAndGroups(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	post := c.sample(ScenarioDemo, id, "pts_engine_req_total", "Count", `,"Labels":[{"LabelName":"method","LabelValue":"POST"}]`)
	want := []any{map[string]any{"LabelName": "method", "LabelValue": "POST"}}
	if num(t, post, "Value") != 5760 || !reflect.DeepEqual(post["Labels"], want) {
		t.Errorf("POST %v", post)
	}
	reply := c.ok("DescribeSampleBatchQuery", triplet(ScenarioDemo, id, `,"Queries":[
		{"Metric":"pts_engine_req_total","Aggregation":"Count","GroupBy":["service"]},
		{"Metric":"pts_engine_req_total","Aggregation":"Count","Filters":[{"LabelName":"result","LabelValue":"ok","Operator":1}]},
		{"Metric":"pts_engine_req_duration_seconds","Aggregation":"Percentiles"},
		{"Metric":"pts_engine_req_total","Aggregation":"ErrorPercentageByResult"},
		{"Metric":"pts_engine_req_total","Aggregation":"Count","Labels":[{"LabelName":"status","LabelValue":"418"}]}]`))
	set := rows(t, reply, "MetricSampleSet")
	if len(set) != 3+1+4+3+1 {
		t.Fatalf("%d samples: %v", len(set), set)
	}
	sum := 0.0
	for _, s := range set[:3] {
		sum += num(t, s, "Value")
		if s["Labels"] == nil {
			t.Errorf("group without labels: %v", s)
		}
	}
	if sum != 28800 || num(t, set[3], "Value") != 115 {
		t.Errorf("groups add up to %v, errors %v", sum, set[3]["Value"])
	}
	if set[4]["Name"] != "P50" || set[7]["Name"] != "P99" || num(t, set[11], "Value") != 0 {
		t.Errorf("samples %v", set[4:])
	}
	matrix := c.matrixOf(ScenarioDemo, id, "pts_engine_req_total", "Rate",
		`,"GroupBy":["method","region"],"Filters":[{"LabelName":"status","LabelValue":"200","Operator":0}]`)
	if streams := rows(t, matrix, "Streams"); len(streams) != 2 || len(streams[0]["Labels"].([]any)) != 2 {
		t.Errorf("streams %v", streams)
	}
	batch := c.ok("DescribeSampleMatrixBatchQuery", triplet(ScenarioDemo, id, `,"MaxPoint":5,"Queries":[
		{"Metric":"pts_engine_checks_total","Aggregation":"ErrorPercentage","GroupBy":["check"]},
		{"Metric":"pts_engine_req_duration_seconds","Aggregation":"Timings"}]`))
	both := rows(t, batch, "MetricSampleMatrixSet")
	if len(both) != 2 || len(rows(t, both[0], "Streams")) != 2 || len(rows(t, both[1], "Streams")) != 6 {
		t.Errorf("matrices %v", both)
	}
}

func TestLabelValues(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	body := triplet(ScenarioDemo, id, `,"Metric":"pts_engine_req_total","LabelName":"status"`)
	if got := c.ok("DescribeLabelValues", body)["LabelValueSet"]; !reflect.DeepEqual(got, []any{}) {
		t.Errorf("before the load: %v", got)
	}
	c.pass(2 * time.Minute)
	if got := c.ok("DescribeLabelValues", body)["LabelValueSet"]; !reflect.DeepEqual(got, []any{"200", "500", "503", "504"}) {
		t.Errorf("values %v", got)
	}
	seen := map[string]int{}
	for _, m := range rows(t, c.ok("DescribeMetricLabelWithValues", triplet(ScenarioDemo, id, "")), "MetricLabelWithValuesSet") {
		seen[m["MetricName"].(string)] = len(rows(t, m, "LabelValuesSet"))
	}
	if seen["pts_engine_req_total"] != 6 || seen["pts_engine_checks_total"] != 3 || seen["pts_engine_num_vus"] != 0 {
		t.Errorf("labels %v", seen)
	}
	if _, inner := seen["container_memory_usage_bytes"]; inner {
		t.Error("an internal metric is listed")
	}
}

func TestNoData(t *testing.T) {
	c := newCloud(t)
	id := c.start(ScenarioDemo)
	if s := c.sample(ScenarioDemo, id, "pts_engine_req_total", "Count", ""); s != nil {
		t.Errorf("sample %v", s)
	}
	const query = `,"Queries":[{"Metric":"pts_engine_req_duration_seconds","Aggregation":"P95"}]`
	if set := rows(t, c.ok("DescribeSampleBatchQuery", triplet(ScenarioDemo, id, query)), "MetricSampleSet"); len(set) != 0 {
		t.Errorf("samples %v", set)
	}
	if streams := rows(t, c.matrixOf(ScenarioDemo, id, "pts_engine_req_total", "Rate", ""), "Streams"); len(streams) != 0 {
		t.Errorf("streams %v", streams)
	}
	c.Switches.ZeroWithoutData = true
	if s := c.sample(ScenarioDemo, id, "pts_engine_req_total", "Count", ""); num(t, s, "Value") != 0 {
		t.Errorf("sample %v", s)
	}
}

func TestQuotedValue(t *testing.T) {
	c := newCloud(t)
	c.Switches.QuotedValue = true
	id := c.start(ScenarioDemo)
	c.pass(2 * time.Minute)
	if s := c.sample(ScenarioDemo, id, "pts_engine_req_total", "Count", ""); s["Value"] != "28800" {
		t.Errorf("Value %#v", s["Value"])
	}
	set := rows(t, c.ok("DescribeSampleBatchQuery", triplet(ScenarioDemo, id,
		`,"Queries":[{"Metric":"pts_engine_req_duration_seconds","Aggregation":"P95"}]`)), "MetricSampleSet")
	if set[0]["Value"] != "0.22" {
		t.Errorf("Value %#v", set[0]["Value"])
	}
	values(t, rows(t, c.matrixOf(ScenarioDemo, id, "pts_engine_req_total", "Rate", ""), "Streams")[0]) // plain numbers
}
