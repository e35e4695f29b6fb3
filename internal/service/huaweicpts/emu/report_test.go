package cptsemu

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

// told is everything the report calls tell of one case of a run.
type told struct{ cases, report, detail, outline reply }

func (w *world) told(run, i int) told {
	w.t.Helper()
	cases := w.get("/v2/{p}/task-run-infos/%d/cases", run).wantOK()
	at := fmt.Sprintf("result.case_aw_info_list.%d.", i)
	return told{
		cases:   cases,
		report:  w.get("/v1/{p}/task-run-infos/%d/case-run-infos/%v/reports?brokens_limit_count=12", run, cases.at(at+"case_uri_i")).wantOK(),
		detail:  w.get("/v2/{p}/task-run-infos/%d/case-run-infos/%v/detail", run, cases.at(at+"testcaseId")).wantOK(),
		outline: w.get("/v2/{p}/task-run-infos/%d/reports/log-outline", run).wantOK(),
	}
}

const (
	performance = "result.details.data.0.performance."
	detail      = "result.detail.performance."
	coreIndex   = "result.outline.core_index."
)

func TestCaseIDs(t *testing.T) {
	w := newWorld(t)
	run := w.start(w.create("x", true, HealthyCase, SlowCase))
	w.pass(time.Minute)
	cases := w.get("/v2/{p}/task-run-infos/%d/cases", run).wantOK()
	seen := map[string]bool{}
	for i := range 2 {
		for _, name := range []string{"caseUri", "case_uri_i", "testcaseId", "id"} {
			id, isText := cases.at(fmt.Sprintf("result.case_aw_info_list.%d.%s", i, name)).(string)
			if !isText || seen[id] {
				t.Errorf("%s is %q: no string or not its own", name, id)
			}
			seen[id] = true
		}
	}
	id := func(name string) string {
		return cases.at("result.case_aw_info_list.1." + name).(string)
	}
	row := cases.at("result.case_aw_info_list.1.aw.0.id").(string)
	v2 := fmt.Sprintf("/v2/{p}/task-run-infos/%d/case-run-infos/", run)
	report := fmt.Sprintf("/v1/{p}/task-run-infos/%d/case-run-infos/", run)
	for _, c := range []struct {
		path string
		form map[CaseRunID]bool
	}{
		{report + id("case_uri_i") + "/reports?brokens_limit_count=5", map[CaseRunID]bool{HWDOCForm: true, SDKForm: true}},
		{report + id("testcaseId") + "/reports?brokens_limit_count=5", nil},
		{v2 + id("testcaseId") + "/detail", map[CaseRunID]bool{HWDOCForm: true}},
		{v2 + id("case_uri_i") + "/detail", map[CaseRunID]bool{SDKForm: true}},
		{v2 + id("id") + "/detail", nil},
		{v2 + id("testcaseId") + "/detail/" + id("id") + "/chart", map[CaseRunID]bool{HWDOCForm: true}},
		{v2 + id("testcaseId") + "/detail/" + row + "/chart", map[CaseRunID]bool{HWDOCForm: true}},
		{v2 + id("testcaseId") + "/detail/" + id("testcaseId") + "/chart", nil},
		{v2 + id("case_uri_i") + "/detail/" + id("testcaseId") + "/chart", map[CaseRunID]bool{SDKForm: true}},
		{v2 + id("case_uri_i") + "/detail/" + id("id") + "/chart", nil},
	} {
		for _, form := range []CaseRunID{HWDOCForm, SDKForm} {
			w.Switches.CaseRunID, w.Switches.WrongCaseEmpty = form, false
			r := w.get("%s", c.path)
			if c.form[form] {
				if r.wantOK(); r.at("result") == nil {
					t.Errorf("form %d: %s is empty", form, c.path)
				}
				continue
			}
			r.want(403, codeNoSuch)
			w.Switches.WrongCaseEmpty = true
			if r := w.get("%s", c.path).wantOK(); r.at("result") != nil {
				t.Errorf("form %d: %s gives %v", form, c.path, r.body)
			}
		}
	}
}

func TestNumbersAgree(t *testing.T) {
	for name, at := range map[string]time.Duration{"early": 6 * time.Second, "running": 42 * time.Second, "ended": time.Hour} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			odd := w.AddCase(Case{Name: "odd", Lasts: 61 * time.Second, Users: 7, RPS: 13, P95: 33.3, ErrorPercent: 7})
			all := []int{HealthyCase, SlowCase, FailingCase, odd}
			run := w.start(w.create("x", true, all...))
			w.pass(at)
			sum, wrong := 0.0, 0.0
			for i := range all {
				r := w.told(run, i)
				row := func(name string) float64 { return r.report.num(performance + name) }
				if row("requests") != row("successCount")+row("errorCount") {
					t.Errorf("requests %v are not good ones and errors", row("requests"))
				}
				if got := 100 * row("successCount") / row("requests"); math.Abs(got-row("successRate")) > 0.001 {
					t.Errorf("successRate %v, computed %v", row("successRate"), got)
				}
				kinds := row("failedAssert") + row("failedOthers") + row("failedParsed") + row("failedRefused") + row("failedTimeout")
				classes := row("sum1xx") + row("sum2xx") + row("sum3xx") + row("sum4xx") + row("sum5xx")
				if kinds != row("errorCount") || classes+row("failedRefused") != row("requests") {
					t.Errorf("kinds %v, classes %v of %v", kinds, classes, row("requests"))
				}
				rising := []string{"min", "tp50", "tp75", "tp90", "tp95", "tp99", "tp999", "tp9999", "max"}
				for k := range rising[1:] {
					if row(rising[k]) > row(rising[k+1]) {
						t.Errorf("%s over %s", rising[k], rising[k+1])
					}
				}
				for _, field := range []string{"requests", "errorCount", "failedAssert", "failedRefused", "sum2xx"} {
					parts := r.report.num("result.details.data.0.detailDatas.0."+field) + r.report.num("result.details.data.0.detailDatas.1."+field)
					if parts != row(field) || r.detail.num(detail+field) != row(field) {
						t.Errorf("%s: case %v, its requests %v, detail %v", field, row(field), parts, r.detail.num(detail+field))
					}
				}
				for _, field := range []string{"tp50", "tp95", "tp99", "max"} {
					if got := r.detail.whole(detail + field); math.Abs(float64(got)-row(field)) > 0.5 {
						t.Errorf("%s: detail %d, report %v", field, got, row(field))
					}
				}
				good := 0.0
				curve := r.report.at("result.brokens.respcode_brokens.success").([]any)
				for k := range curve {
					good += r.report.num(fmt.Sprintf("result.brokens.respcode_brokens.success.%d", k))
				}
				if good != row("successCount") || len(curve) > 12 || len(curve) != r.report.count("result.brokens.commonTimestamps") {
					t.Errorf("%d points with %v good, want %v", len(curve), good, row("successCount"))
				}
				spread := 0
				for _, n := range r.report.at("result.respTimeRange").(map[string]any) {
					count, err := strconv.Atoi(n.(string))
					if err != nil {
						t.Error(err)
					}
					spread += count
				}
				if float64(spread) != row("requests") {
					t.Errorf("the histogram has %d", spread)
				}
				sum, wrong = sum+row("requests"), wrong+row("errorCount")
				if r.outline.num(coreIndex+"max_users") != 157 {
					t.Errorf("max_users %v", r.outline.at(coreIndex+"max_users"))
				}
				if i == len(all)-1 && (r.outline.num(coreIndex+"request_count") != sum || r.outline.num(coreIndex+"error_request_count") != wrong) {
					t.Errorf("outline %v, want %v and %v", r.outline.at("result.outline.core_index"), sum, wrong)
				}
			}
		})
	}
}

func TestScriptedOutcomes(t *testing.T) {
	for id, want := range map[int]map[string]string{
		HealthyCase:  {"tp95": "187", "successRate": "100", "requests": "6000", "errorCount": "0", "tps": "100", "maxRps": "103", "checkpointResult": "true", "duration": "60", "failedReason": "<nil>", "currentThreadNum": "50", "userConcur": "0"},
		SlowCase:     {"tp95": "900", "successRate": "100"},
		FailingCase:  {"successRate": "80", "requests": "6000", "errorCount": "1200", "tps": "80", "tranTPS": "80", "checkpointResult": "false", "successRateCheckPoint": "95", "successRateCheckRes": "false"},
		AbortingCase: {"requests": "2000", "status": "3", "taskStatus": "3", "duration": "20", "failedReason": "the executor lost its connection", "resultLog": "the executor lost its connection"},
	} {
		w := newWorld(t)
		run := w.start(w.create("x", false, id))
		w.pass(time.Hour)
		r := w.told(run, 0)
		for name, value := range want {
			if got := fmt.Sprint(r.detail.at(detail + name)); got != value {
				t.Errorf("case %d: %s is %s, want %s", id, name, got, value)
			}
		}
		for _, name := range []string{"cpuUsage", "tp95CheckPoint", "mode", "streamingMediaVo"} {
			if r.detail.at(detail+name) != nil {
				t.Errorf("unused %s is not null", name)
			}
		}
	}
}

func TestNumbersGrow(t *testing.T) {
	w := newWorld(t)
	run := w.start(ExistingTask)
	requests := func() any { return w.told(run, 0).report.at(performance + "requests") }
	if got := requests(); got != nil {
		t.Errorf("%v requests while waiting", got)
	}
	last := -1.0
	for range 6 {
		w.pass(10 * time.Second)
		r := w.told(run, 0)
		if got := r.report.num(performance + "requests"); got <= last {
			t.Errorf("requests went from %v to %v", last, got)
		} else {
			last = got
		}
		if r.report.at(performance+"endTime") != nil || r.detail.whole(detail+"userConcur") != 50 {
			t.Error("the case seems to be over")
		}
	}
	w.order(toStop, ExistingTask).wantOK()
	stopped := requests()
	w.pass(time.Hour)
	if got := requests(); got != stopped {
		t.Errorf("requests went on to %v after the stop at %v", got, stopped)
	}
}

func TestOutline(t *testing.T) {
	w := newWorld(t)
	run := w.start(w.create("x", false, FailingCase, HealthyCase))
	w.pass(time.Hour)
	r := w.told(run, 1)
	for path, want := range map[string]string{
		coreIndex + "request_count":                                 "12000",
		coreIndex + "success_rate":                                  "90",
		coreIndex + "rps":                                           "100",
		coreIndex + "trans_tps":                                     "90",
		coreIndex + "max_rps":                                       "103",
		coreIndex + "max_users":                                     "50",
		"result.outline.exception_response_sum.failed_assert":       "900",
		"result.outline.exception_response_sum.failed_refused":      "300",
		"result.outline.response_code_sum.sum5xx":                   "900",
		"result.outline.task_basic_execution_data.duration":         "120",
		"result.outline.task_basic_execution_data.vum":              "100",
		"result.outline.task_basic_execution_data.task_status":      "2",
		"result.outline.task_basic_execution_data.pass_num":         "1",
		"result.outline.task_basic_execution_data.complete_num":     "2",
		"result.outline.task_basic_execution_data.executed_num":     "2",
		"result.outline.task_basic_execution_data.total_num":        "2",
		"result.outline.task_basic_execution_data.end_time":         "2026-03-01T12:02:05+08:00",
		"result.outline.core_index.response_time.max_response_time": "431",
	} {
		if got := fmt.Sprint(r.outline.at(path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	for path, want := range map[string]string{
		"result.outline.successRate": "90",
		"result.outline.totalNum":    "2",
		"result.outline.endTime":     "2026-03-01T12:02:05+08:00",
		"result.taskInfo.vum":        "100",
	} {
		if got := fmt.Sprint(r.report.at(path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	for _, absent := range []string{"tp95", "avg_tp95", "avg_tp99"} {
		if _, found := r.outline.at("result.outline.core_index.response_time").(map[string]any)[absent]; found {
			t.Errorf("the outline has %s", absent)
		}
	}
}

func TestLogOutlineAbsent(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.LogOutlineAbsent = true })
	r := w.get("/v2/{p}/task-run-infos/%d/reports/log-outline", w.start(ExistingTask))
	if r.status != 404 || r.at("error_code") != "APIGW.0101" {
		t.Errorf("answer %d %v", r.status, r.body)
	}
}

func TestReportAfter(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.ReportAfter = 30 * time.Second })
	run := w.start(ExistingTask)
	for _, step := range []time.Duration{20 * time.Second, 45 * time.Second, 29 * time.Second} {
		w.pass(step)
		w.Switches.Missing = MissingNull
		r := w.told(run, 0)
		for _, got := range []any{
			r.report.at(performance + "requests"), r.report.at(performance + "tp95"), r.report.at("result.outline.tps"),
			r.report.at("result.taskInfo.vum"), r.detail.at(detail + "successRate"), r.detail.at(detail + "checkpointResult"),
			r.outline.at(coreIndex + "request_count"), r.outline.at(coreIndex + "response_time.avg_tp90"),
		} {
			if got != nil {
				t.Errorf("%v instead of null", got)
			}
		}
		if r.report.count("result.brokens.commonTimestamps") != 0 {
			t.Error("there are curves")
		}
		w.Switches.Missing = MissingZero
		r = w.told(run, 0)
		if r.report.num(performance+"requests") != 0 || r.detail.num(detail+"successRate") != 0 || r.outline.num(coreIndex+"rps") != 0 {
			t.Error("no zeros")
		}
		w.Switches.Missing = MissingResult
		r = w.told(run, 0)
		if r.report.at("result") != nil || r.detail.at("result") != nil || r.outline.at("result") != nil {
			t.Error("there are results")
		}
	}
	w.pass(time.Second)
	if got := w.told(run, 0).report.num(performance + "requests"); got != 6000 {
		t.Errorf("%v requests at last", got)
	}
}

func TestReportSwitches(t *testing.T) {
	w := newWorld(t)
	run := w.start(w.create("x", false, FailingCase))
	w.pass(time.Hour)

	w.Switches.NullMetrics = []string{"tp95", "success_rate"}
	r := w.told(run, 0)
	if r.report.at(performance+"tp95") != nil || r.detail.at(detail+"tp95") != nil || r.outline.at(coreIndex+"success_rate") != nil {
		t.Error("metrics to be null are not")
	}
	w.Switches.NullMetrics = nil

	w.Switches.DecimalsInInts = true
	r = w.told(run, 0)
	for _, got := range []any{r.detail.at(detail + "tp95"), r.detail.at(detail + "successRate"), r.outline.at(coreIndex + "success_rate"), r.outline.at(coreIndex + "response_time.avg_tp50")} {
		if !strings.Contains(got.(json.Number).String(), ".") {
			t.Errorf("%v has no fraction", got)
		}
	}
	if got := fmt.Sprint(r.detail.at(detail + "requests")); got != "6000" {
		t.Errorf("requests are %s", got)
	}
	w.Switches.DecimalsInInts = false

	w.Switches.RatioSuccessRate = true
	r = w.told(run, 0)
	for _, got := range []float64{r.report.num(performance + "successRate"), r.detail.num(detail + "successRate"), r.outline.num(coreIndex + "success_rate"), r.detail.num(detail + "peakMetric.successRate")} {
		if math.Abs(got-0.8) > 0.01 {
			t.Errorf("success rate %v, want 0.8", got)
		}
	}
	w.Switches.RatioSuccessRate = false

	w.Switches.TPSCountsErrors = true
	r = w.told(run, 0)
	if r.report.num(performance+"tps") != 100 || r.report.num(performance+"tranTPS") != 80 {
		t.Errorf("tps %v", r.report.at(performance+"tps"))
	}

	if got := r.report.at("result.brokens.commonTimestamps.11"); got != "2026-03-01T12:01:05+08:00" {
		t.Errorf("timestamp %v", got)
	}
	w.Switches.EpochTimestamps = true
	if got := w.told(run, 0).report.at("result.brokens.commonTimestamps.11"); got != "1772337665000" {
		t.Errorf("timestamp %v", got)
	}
}

func TestSuccessRateIsCut(t *testing.T) {
	w := newWorld(t)
	id := w.AddCase(Case{Name: "nearly", Lasts: 33 * time.Second, Users: 1, RPS: 10, P95: 10, ErrorPercent: 1})
	run := w.start(w.AddTask("x", false, id))
	w.pass(time.Hour)
	if r := w.told(run, 0); r.report.num(performance+"errorCount") == 0 || r.detail.whole(detail+"successRate") != 99 {
		t.Errorf("successRate %v with %v errors", r.detail.at(detail+"successRate"), r.report.at(performance+"errorCount"))
	}
}

func TestBrokensLimitCount(t *testing.T) {
	w := newWorld(t)
	run := w.start(ExistingTask)
	w.pass(time.Hour)
	path := fmt.Sprintf("/v1/{p}/task-run-infos/%d/case-run-infos/910001/reports", run)
	for _, query := range []string{"", "?brokens_limit_count=", "?brokens_limit_count=0", "?brokens_limit_count=-5", "?brokens_limit_count=x"} {
		w.get("%s", path+query).want(400, codeBadValue)
	}
	for limit, want := range map[string]int{"1": 1, "7": 7, "60": 60, "2147483647": 60} {
		if got := w.get("%s?brokens_limit_count=%s", path, limit).wantOK().count("result.brokens.tps_brokens.tps"); got != want {
			t.Errorf("limit %s gives %d points, want %d", limit, got, want)
		}
	}
}

func TestChart(t *testing.T) {
	w := newWorld(t)
	run := w.start(w.create("x", false, FailingCase))
	w.pass(time.Hour)
	total := func(detail int) (sum float64) {
		r := w.get("/v2/{p}/task-run-infos/%d/case-run-infos/730001/detail/%d/chart", run, detail).wantOK()
		for _, name := range []string{"success", "error"} {
			path := "result.broken_list.respcode_brokens." + name
			for k := range r.count(path) {
				sum += r.num(fmt.Sprint(path, ".", k))
			}
		}
		return sum
	}
	if c, list, order := total(5200010), total(5200011), total(5200012); c != 6000 || list != 3600 || order != 2400 {
		t.Errorf("case %v, requests %v and %v", c, list, order)
	}
}
