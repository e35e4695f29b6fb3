package tencentpts

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// observe starts a scenario and reads its report after a while.
func observe(t *testing.T, scenario string, after time.Duration, switches ptsemu.Switches) servicetest.Observed {
	t.Helper()
	s := newStage(t, scenario)
	s.pts.Switches = switches
	service := s.services[0]
	item := servicetest.Start(t, service, servicetest.Intend(t, service, mark))[0]
	if item.Err != nil {
		t.Fatal(item.Err)
	}
	time.Sleep(after)
	last := job.Status{State: job.StateSucceeded}
	if switches.Refuse["DescribeJobs"] == "" {
		last = servicetest.Status(t, service, item.Ref)[0]
	}
	began := time.Now()
	o := servicetest.Observe(t, s.Emulator, service, item.Ref, last)
	if o.Calls["DescribeJobs"] > 1 {
		o.Took = time.Since(began)
	}
	return o
}

// TestReports: a case is a file that says which scenario is read, when, and
// under which switches of the emulator, and a file with the report.
func TestReports(t *testing.T) {
	type in struct {
		Scenario string
		Seconds  int
		Switches ptsemu.Switches
	}
	servicetest.Cases(t, func(t *testing.T, in in) string {
		return observe(t, in.Scenario, time.Duration(in.Seconds)*time.Second, in.Switches).Text()
	})
}

// TestNumbers holds the reports against what the scenarios promise.
func TestNumbers(t *testing.T) {
	for scenario, want := range map[string]map[string]float64{
		ptsemu.ScenarioDemo: {
			"requests": 28800, "errors": 115, "error_rate": 0.399306, "rps": 480, "p95 response_time": 0.22,
			"duration": 60, "virtual_users": 100, "check_error_rate": 0.400463,
			"received_rate": 480 * 1800, "sent_rate": 480 * 420,
			`requests{request="POST https://shop.example.com/api/orders"}`: 5760,
		},
		ptsemu.ScenarioSlow: {"requests": 190 * 60, "p95 response_time": 0.9, "error_rate": 0.596491},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := observe(t, scenario, 70*time.Second, ptsemu.Switches{})
			if o.Err != nil {
				t.Fatal(o.Err)
			}
			for k, v := range want {
				if s := servicetest.SampleOf(t, o.Report, k); s.Missing != "" || math.Abs(s.Value-v) > 1e-4 {
					t.Errorf("%s: %s = %+v, want %v", scenario, k, s, v)
				}
			}
			if s := servicetest.SampleOf(t, o.Report, "state"); s.Word != "JobFinished" {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestEveryMetric: the healthy scenario gives every value and every series
// that is declared, and no other.
func TestEveryMetric(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := observe(t, ptsemu.ScenarioDemo, 70*time.Second, ptsemu.Switches{})
		if o.Err != nil {
			t.Fatal(o.Err)
		}
		got, series, labels := map[string]int{}, map[string]bool{}, map[string]bool{}
		for _, s := range o.Samples {
			if len(s.Labels) == 0 {
				got[servicetest.Key(s)]++
				if s.Missing != "" {
					t.Errorf("%+v", s)
				}
			}
			for k := range s.Labels {
				labels[s.Metric+" "+k] = true
			}
		}
		for _, s := range o.Series {
			series[strings.TrimSpace(s.Aggregation+" "+s.Metric)] = true
			if len(s.Points) != 60 || s.Points[59].At < 59*time.Second || s.Points[59].At > 61*time.Second {
				t.Errorf("%s %s: %d points, to %s", s.Aggregation, s.Metric, len(s.Points), s.Points[len(s.Points)-1].At)
			}
		}
		want, wantSeries, wantLabels := map[string]int{}, map[string]bool{}, map[string]bool{}
		for _, m := range Metrics() {
			if m.Alone {
				want[m.Name] = 1
			}
			for _, a := range m.Aggregations {
				want[a+" "+m.Name] = 1
			}
			for _, a := range m.Series {
				wantSeries[strings.TrimSpace(a+" "+m.Name)] = true
			}
			for _, k := range m.Selectors {
				wantLabels[m.Name+" "+k] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error("samples", diff)
		}
		if diff := cmp.Diff(wantSeries, series); diff != "" {
			t.Error("series", diff)
		}
		if diff := cmp.Diff(wantLabels, labels); diff != "" {
			t.Error("labels", diff)
		}
	})
}

// TestDeclarations: what is declared can be shown, and its calls are ours.
func TestDeclarations(t *testing.T) {
	calls := map[string]bool{}
	for _, c := range Calls() {
		calls[c.Name] = true
	}
	for _, m := range Metrics() {
		if m.Doc == "" || m.Late == "" || !m.Alone && m.Aggregations == nil {
			t.Errorf("%+v", m)
		}
		named := 0
		for word := range strings.FieldsFuncSeq(m.Call, func(r rune) bool { return strings.ContainsRune(" ;,", r) }) {
			if strings.HasPrefix(word, "Describe") {
				named++
				if !calls[word] {
					t.Errorf("%s: %s is not among the calls", m.Name, word)
				}
			}
		}
		if named == 0 {
			t.Errorf("%s names no call", m.Name)
		}
	}
}

// TestNoData: what was not measured is never a value, whatever the service
// says in its place.
func TestNoData(t *testing.T) {
	for _, switches := range []ptsemu.Switches{{}, {ZeroWithoutData: true}, {NullLists: true, EmptyTimes: true}} {
		for scenario, after := range map[string]time.Duration{ptsemu.ScenarioEmpty: 30 * time.Second, ptsemu.ScenarioDemo: 3 * time.Second, ptsemu.ScenarioPrepareFails: 30 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				o := observe(t, scenario, after, switches)
				if o.Err != nil {
					t.Fatal(o.Err)
				}
				for _, s := range o.Samples {
					if s.Metric != finalState && s.Metric != duration && s.Missing == "" {
						t.Errorf("%s: %+v", scenario, s)
					}
				}
				if len(o.Samples) != 18 || len(o.Series) != 0 {
					t.Errorf("%s: %d samples, %d series", scenario, len(o.Samples), len(o.Series))
				}
			})
		}
	}
}

// TestWaitEndsWithTheContext: a report that is late is not waited for longer
// than the caller does.
func TestWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, ptsemu.ScenarioDemo)
		s.pts.Switches.LateReportPolls = 100
		service := s.services[0].(*service)
		intent, err := service.Intend(t.Context(), mark)
		if err != nil {
			t.Fatal(err)
		}
		item := service.Start(t.Context(), intent)[0]
		time.Sleep(70 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		began := time.Now()
		r, err := service.Report(ctx, item.Ref, job.Status{State: job.StateSucceeded})
		if took := time.Since(began); err != nil || took != 15*time.Second {
			t.Errorf("%v after %s", err, took)
		}
		if s := servicetest.SampleOf(t, r, "requests"); s.Missing == "" {
			t.Errorf("%+v", s)
		}
		if s := servicetest.SampleOf(t, r, "duration"); s.Missing != "" || s.Value != 60 {
			t.Errorf("%+v", s)
		}
	})
}

// TestNobodyWaitsWhileItRuns: a run that ended since its status was read is
// read once, so that following it does not halt.
func TestNobodyWaitsWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servicetest.Responses{"DescribeJobs": `{"JobSet":[{"JobId":"job-1","Status":12,"RequestTotal":0}]}`}
		began := time.Now()
		r, err := reader(t, network).Report(t.Context(), job.Ref{ID: "job-1", In: "p/s"}, job.Status{State: job.StateRunning})
		if took := time.Since(began); err != nil || took != 0 {
			t.Errorf("%v after %s", err, took)
		}
		if s := servicetest.SampleOf(t, r, "requests"); s.Missing == "" {
			t.Errorf("%+v", s)
		}
	})
}

// TestOddAnswers are shapes that the emulator does not have.
func TestOddAnswers(t *testing.T) {
	ended := `{"JobSet":[null,{"JobId":"job-1","Status":12,"StartTime":"2025-03-17T11:00:00+08:00","EndTime":"2025-03-17T11:01:00+08:00","RequestTotal":10}]}`
	run := func(more string) string {
		return `{"JobSet":[{"JobId":"job-1","Status":12,"RequestTotal":10,` + more + `}]}`
	}
	sample := func(metric, aggregation, more string) string {
		return fmt.Sprintf(`{"MetricSampleSet":[{"Metric":%q,"Aggregation":%q,%s}]}`, metric, aggregation, more)
	}
	matrix := func(unit, streams string) string {
		return fmt.Sprintf(`{"MetricSampleMatrixSet":[{"Metric":%q,"Aggregation":"P95","Unit":%q,"Streams":%s}]}`, engineTimes, unit, streams)
	}
	const at10s = `{"Timestamp":1742180410000,"Value":`
	tests := map[string]struct {
		call, text string
		key, want  string // of a sample, or of a series
	}{
		"no end":                 {"DescribeJobs", run(`"StartTime":"2025-03-17T11:00:00+08:00","EndTime":""`), "duration", "the service tells no end"},
		"end before the start":   {"DescribeJobs", run(`"StartTime":"2025-03-17T11:00:00+08:00","EndTime":"2025-03-17T10:59:59+08:00"`), "duration", "the service tells an end before the start"},
		"load without a start":   {"DescribeJobs", run(`"StartTime":null`), "note", "nothing is known over time: the service tells no start of the load"},
		"nothing in the answer":  {"DescribeSampleBatchQuery", "null", "errors", "DescribeSampleBatchQuery failed"},
		"less than no requests":  {"DescribeJobs", `{"JobSet":[{"JobId":"job-1","Status":16,"RequestTotal":-1}]}`, "error_rate", "no data: the service counts -1 requests"},
		"null totals":            {"", "", "p95 response_time", "the service gave no value"},
		"null error rate":        {"", "", "error_rate", "the service gave no value"},
		"median in ms":           {"DescribeSampleBatchQuery", sample(engineTimes, "P50", `"Unit":"ms","Value":120`), "p50 response_time", "0.12"},
		"median in quotes":       {"DescribeSampleBatchQuery", sample(engineTimes, "P50", `"Unit":"s","Value":"0.12"`), "p50 response_time", "0.12"},
		"median without unit":    {"DescribeSampleBatchQuery", sample(engineTimes, "P50", `"Value":0.12`), "p50 response_time", "0.12"},
		"median in another unit": {"DescribeSampleBatchQuery", sample(engineTimes, "P50", `"Unit":"us","Value":120`), "p50 response_time", "the service gave no value"},
		"median of nothing":      {"DescribeSampleBatchQuery", sample(engineTimes, "P50", `"Unit":"s","Value":"NaN"`), "p50 response_time", "the service gave no value"},
		"median null":            {"DescribeSampleBatchQuery", sample(engineTimes, "P50", `"Unit":"s","Value":null`), "p50 response_time", "the service gave no value"},
		"peak of 0":              {"DescribeSampleBatchQuery", sample(engineRequests, "MaxRateOverTime", `"Value":0`), "max rps", "reported as 0 with 10 requests behind it"},
		"not by result":          {"DescribeSampleBatchQuery", sample(engineRequests, "Count", `"Value":10`), "errors", "the service did not count by result"},
		"no result":              {"DescribeSampleBatchQuery", `{"MetricSampleSet":[]}`, "errors", "the service gave no value"},
		"zero of every result":   {"DescribeSampleBatchQuery", sample(engineRequests, "Count", `"Value":0,"Labels":[{"LabelName":"result","LabelValue":"500 x"}]`), "errors", "the service gave no value"},
		"all ok":                 {"DescribeSampleBatchQuery", sample(engineRequests, "Count", `"Value":10,"Labels":[{"LabelName":"result","LabelValue":"ok"}]`), "errors", "0"},
		"all failed":             {"DescribeSampleBatchQuery", sample(engineRequests, "Count", `"Value":9.8,"Labels":[{"LabelName":"result","LabelValue":"500 x"}]`), "errors", "10"},
		"no checks":              {"DescribeSampleBatchQuery", sample(engineChecks, "ErrorPercentage", `"Value":0`), "check_error_rate", "no checks were counted"},
		"a query answered twice": {"DescribeSampleBatchQuery", `{"MetricSampleSet":[{"Metric":"pts_engine_num_vus","Aggregation":"MaxOverTime","Value":1},{"Metric":"pts_engine_num_vus","Aggregation":"MaxOverTime","Value":2}]}`, "virtual_users", "the service gave no value"},
		"unreadable":             {"DescribeSampleBatchQuery", `{"MetricSampleSet":7}`, "virtual_users", "DescribeSampleBatchQuery failed"},
		"request without counts": {"DescribeRequestSummary", `{"RequestSummarySet":[{"Service":"/a","Method":null,"P95":0.1}]}`, `requests{request="/a"}`, "the service gave no value"},
		"request never made":     {"DescribeRequestSummary", `{"RequestSummarySet":[{"Service":"/a","Method":"GET","Count":0,"ErrorPercentage":0,"P95":0}]}`, `error_rate{request="GET /a"}`, "no requests were counted"},
		"request with P99 0":     {"DescribeRequestSummary", `{"RequestSummarySet":[{"Service":"/a","Method":"GET","Count":4,"P99":0}]}`, `p99 response_time{request="GET /a"}`, "reported as 0 with 4 requests behind it"},
		"request, no median":     {"DescribeRequestSummary", `{"RequestSummarySet":[{"Service":"/a","Method":"GET","Count":4}]}`, `p50 response_time{request="GET /a"}`, "the service tells no p50 of a single request"},
		"check by fraction":      {"DescribeCheckSummary", `{"CheckSummarySet":[{"Name":"ok","ErrorRate":0.25}]}`, `check_error_rate{check="ok"}`, "25"},
		"check by counts":        {"DescribeCheckSummary", `{"CheckSummarySet":[{"Name":"ok","SuccessCount":3,"FailCount":1,"ErrorRate":0.2}]}`, `check_error_rate{check="ok"}`, "25"},
		"check never made":       {"DescribeCheckSummary", `{"CheckSummarySet":[{"Name":"ok","SuccessCount":0,"FailCount":0,"ErrorRate":0}]}`, `check_error_rate{check="ok"}`, "the check was never made"},
		"check without numbers":  {"DescribeCheckSummary", `{"CheckSummarySet":[{"Name":"ok"}]}`, `check_error_rate{check="ok"}`, "the service gave no value"},
		"series in ms":           {"DescribeSampleMatrixBatchQuery", matrix("ms", `[{"Values":[`+at10s+`"250"}]}]`), "series p95 response_time", "[{10s 0.25}]"},
		"series out of order":    {"DescribeSampleMatrixBatchQuery", matrix("s", `[{"Values":[`+at10s+`2},{"Timestamp":1742180405000,"Value":1}]}]`), "series p95 response_time", "[{5s 1} {10s 2}]"},
		"points of no value":     {"DescribeSampleMatrixBatchQuery", matrix("s", `[{"Values":[`+at10s+`null},{"Value":1},{"Timestamp":1742180399000,"Value":1},`+at10s+`3}]}]`), "series p95 response_time", "[{10s 3}]"},
		"empty series":           {"DescribeSampleMatrixBatchQuery", matrix("s", `[{"Values":null}]`), "series p95 response_time", "none"},
		"null streams":           {"DescribeSampleMatrixBatchQuery", matrix("s", `null`), "series p95 response_time", "none"},
		"several streams":        {"DescribeSampleMatrixBatchQuery", matrix("s", `[{"Values":[`+at10s+`2}]},{"Values":[`+at10s+`3}]}]`), "note", `P95 of pts_engine_req_duration_seconds over time is left out: it came in 2 streams, in the unit "s"`},
		"series in another unit": {"DescribeSampleMatrixBatchQuery", matrix("us", `[{"Values":[`+at10s+`2}]}]`), "note", `P95 of pts_engine_req_duration_seconds over time is left out: it came in 1 streams, in the unit "us"`},
		"null errors":            {"DescribeErrorSummary", `{"ErrorSummarySet":null}`, "kinds", "[]"},
		"errors by protocol":     {"DescribeErrorSummary", `{"ErrorSummarySet":[{"Result":"404 x","Proto":"HTTP/1.1","Count":1},{"Status":"500","Count":5},{"Result":"404 x","Proto":"HTTP/2","Count":3},{"Count":null}]}`, "kinds", "[{500 5} {404 x 4} {unknown 0}]"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := servicetest.Responses{"DescribeJobs": ended, test.call: test.text}
				r, err := reader(t, network).Report(t.Context(), job.Ref{ID: "job-1", In: "p/s"}, job.Status{State: job.StateSucceeded})
				if err != nil {
					t.Fatal(err)
				}
				if got := shown(t, r, test.key); got != test.want {
					t.Errorf("%s: got %s, want %s\n%+v", test.key, got, test.want, r)
				}
			})
		})
	}
}

func shown(t *testing.T, r job.Report, k string) string {
	t.Helper()
	switch name, series := strings.CutPrefix(k, "series "); {
	case series:
		for _, s := range r.Series {
			if strings.TrimSpace(s.Aggregation+" "+s.Metric) == name {
				return fmt.Sprint(s.Points)
			}
		}
		return "none"
	case k == "note":
		return strings.Join(r.Notes, "; ")
	case k == "kinds":
		return fmt.Sprint(r.Errors)
	}
	s := servicetest.SampleOf(t, r, k)
	if s.Missing != "" {
		return s.Missing
	}
	return fmt.Sprint(s.Value)
}

// TestUnknownRun: a run that is not listed has no report.
func TestUnknownRun(t *testing.T) {
	network := servicetest.Responses{"DescribeJobs": `{"JobSet":[{"JobId":"job-2"}]}`}
	_, err := reader(t, network).Report(t.Context(), job.Ref{ID: "job-1", In: "p/s"}, job.Status{})
	if err == nil || !strings.Contains(err.Error(), "job-1 is not listed") {
		t.Errorf("got %v", err)
	}
}
