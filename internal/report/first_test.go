package report

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

const testedCommit = "6dcb09b5b57875f334f61aebed695e2e4193db5e"

// slow is a load test with two curves and two gates on them, of which a caller
// says what they came to.
func slow(gates ...job.Judgement) Result {
	series := func(metric, aggregation string, high float64) job.Series {
		s := job.Series{Metric: metric, Aggregation: aggregation}
		for i := range 60 {
			s.Points = append(s.Points, job.Point{At: time.Duration(i) * time.Second, Value: high - float64(i%7)*high/100})
		}
		return s
	}
	return Result{
		Provider: "tencent-pts", What: "scenario a", Ref: job.Ref{ID: "job-1a2b3c4d"}, Outcome: job.GateFailed, Tool: "cloudjob",
		RequestID: "0f1e2d3c4b5a69788796a5b4c3d2e1f0", Commit: testedCommit, RunURL: "https://github.com/acme/shop/actions/runs/42",
		Console: "https://console.example.com/jobs", Gates: gates,
		Report: job.Report{Series: []job.Series{series("error_rate", "", 0.4), series("response_time", "p95", 0.25), series("rps", "", 480)}},
	}
}

// holds, breaks and unknown are gates.
func holds(subject, op string, limit, actual float64) job.Judgement {
	return job.Judgement{Gate: subject + " " + op + " x", Subject: subject, Op: op, Limit: limit, Actual: actual, Verdict: job.Pass, Unit: job.UnitOf(strings.TrimSuffix(strings.TrimPrefix(subject, "p95("), ")"))}
}

func breaks(g job.Judgement, severity string) job.Judgement {
	g.Verdict, g.Severity, g.Gate = job.Fail, severity, strings.TrimSpace(severity+" "+g.Gate)
	return g
}

func unknown(g job.Judgement) job.Judgement {
	g.Verdict, g.Reason = job.Inconclusive, "no data"
	return g
}

// unfolded is what a reader sees without unfolding anything.
func unfolded(summary string) string {
	return regexp.MustCompile(`(?s)<details><summary>.*?</details>`).ReplaceAllString(summary, "")
}

// TestFirstScreen: verdict, gates and one chart come first, and nothing stands
// between them that decides nothing. What is whole stands folded, with links
// beside the short forms.
func TestFirstScreen(t *testing.T) {
	r := slow(holds("error_rate", "<", 1, 0.4), breaks(holds("p95(response_time)", "<", 0.2, 0.25), ""))
	for name, summary := range map[string]string{"summary": Judged([]Result{r}), "several": Judged([]Result{r, r}), "comment": Comment([]Result{r}, Tested{Commit: testedCommit}, "", 60000)} {
		gates := strings.Index(summary, "| | Gate |")
		if gates < 0 {
			t.Fatalf("%s: no gates in\n%s", name, summary)
		}
		for _, late := range []string{r.RequestID, r.Commit, "Written by", "Timeline", "workflow run"} {
			if strings.Contains(summary[:gates], late) {
				t.Errorf("%s: %q stands above the gates", name, late)
			}
		}
		open := unfolded(summary)
		for _, folded := range []string{r.RequestID, "Written by", "| Commit |"} {
			if strings.Contains(open, folded) || !strings.Contains(summary, folded) {
				t.Errorf("%s: %q is not folded:\n%s", name, folded, summary)
			}
		}
		for _, link := range []string{`<a href="https://github.com/acme/shop/commit/` + r.Commit + `">commit 6dcb09b</a>`, `<a href="https://github.com/acme/shop/actions/runs/42">workflow run</a>`, `<a href="https://console.example.com/jobs">console</a>`} {
			if !strings.Contains(open, link) {
				t.Errorf("%s: no link %s", name, link)
			}
		}
		want := map[string]int{"summary": 1, "several": 1, "comment": 0}[name]
		if got := strings.Count(open, "```mermaid"); got != want || want > 0 && strings.Index(open, "```mermaid") < strings.Index(open, "| | Gate |") {
			t.Errorf("%s: %d charts are unfolded, want %d below the gates", name, got, want)
		}
	}
}

// TestChartOfTheDecidingGate: the first curve is that of the gate that decided,
// of which the summary shows the chart.
func TestChartOfTheDecidingGate(t *testing.T) {
	errors, p95, rps := holds("error_rate", "<", 1, 0.4), holds("p95(response_time)", "<", 0.3, 0.25), holds("rps", ">=", 450, 480)
	ofRequest := holds(`p95(response_time{request="POST /orders"})`, "<", 0.2, 0.25)
	for name, test := range map[string]struct {
		gates []job.Judgement
		want  string
	}{
		"the least headroom":              {[]job.Judgement{errors, p95, rps}, "rps"},
		"broken":                          {[]job.Judgement{errors, rps, breaks(p95, "")}, "p95(response_time)"},
		"aborted before broken":           {[]job.Judgement{breaks(p95, ""), breaks(errors, "abort"), rps}, "error_rate"},
		"not known before a narrow pass":  {[]job.Judgement{rps, unknown(errors)}, "error_rate"},
		"broken before not known":         {[]job.Judgement{unknown(errors), breaks(p95, "")}, "p95(response_time)"},
		"a warning before a pass":         {[]job.Judgement{rps, breaks(errors, "warn")}, "error_rate"},
		"of a request, all requests":      {[]job.Judgement{rps, breaks(ofRequest, "")}, "p95(response_time)"},
		"a state and a count have no say": {[]job.Judgement{{Subject: "state", Op: "==", Unit: job.Word, Verdict: job.Pass}, {Subject: "failed_tasks", Op: "==", Verdict: job.Pass}, errors}, "error_rate"},
	} {
		if got := curves(slow(test.gates...))[0].name; got != test.want {
			t.Errorf("%s: the chart is of %s, want %s", name, got, test.want)
		}
	}
}

// TestAborted: the first line of a job that a gate stopped says which, and when.
func TestAborted(t *testing.T) {
	abort := breaks(holds("error_rate", "<", 20, 23), gate.Abort)
	r := slow(breaks(holds("rps", ">=", 450, 100), ""), abort)
	r.Aborted, r.Stop = &job.Abort{Gate: abort.Gate, After: 95 * time.Second}, job.StopConfirmed
	first := func(r Result) string { first, _, _ := strings.Cut(Judged([]Result{r}), "\n"); return first }
	if got, want := first(r), "### ❌ Aborted: error&#95;rate was 23 %, the gate wants &#60; 20 %, so it stopped the job after 95 s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	r.Stop = job.StopNotNeeded // it was over before the stop came
	if got := first(r); strings.Contains(got, "stopped the job") || !strings.Contains(got, "Failed: error&#95;rate is 23 %") {
		t.Errorf("of one that ended by itself: %q", got)
	}
}

// TestBrief: ids are short by one rule.
func TestBrief(t *testing.T) {
	for id, want := range map[string]string{
		"": "", "job-1a2b3c4d": "job-1a2b3c4d", "9a470239-2308-4bb5-a6bc-1040402fjb21": "9a470239…", "6dcb09b5b57875f334f61aebed695e2e4193db5e": "6dcb09b",
		"0f1e2d3c4b5a69788796a5b4c3d2e1f0": "0f1e2d3c…", "a_job_with_a_long_name_of_its_own": "a_job_with_a_long_na…", "每日销售汇总": "每日销售汇总",
	} {
		if got := brief(id); got != want {
			t.Errorf("brief(%q) is %q, want %q", id, got, want)
		}
	}
}

// TestWholeIDsOfAStart: what was only started has short ids in its table too, and
// the whole ones folded.
func TestWholeIDsOfAStart(t *testing.T) {
	item := job.Item{Provider: "huawei-drs", What: "task x", Ref: job.Ref{ID: "9a470239-2308-4bb5-a6bc-1040402fjb21"}, How: job.Began, RequestID: "0f1e2d3c4b5a69788796a5b4c3d2e1f0", Console: "https://console.example.com/"}
	summary := Summary(engine.Result{Outcome: job.Started, Items: []job.Item{item}})
	open := unfolded(summary)
	for _, folded := range []string{"1040402fjb21", "8796a5b4c3d2e1f0"} {
		if strings.Contains(open, folded) || !strings.Contains(summary, folded) {
			t.Errorf("%q is not folded:\n%s", folded, summary)
		}
	}
	item.What = "task nightly"
	open = unfolded(Summary(engine.Result{Outcome: job.Started, Items: []job.Item{item}}))
	if !strings.Contains(open, "9a470239…") || !strings.Contains(open, `<a href="https://console.example.com/">console</a>`) {
		t.Errorf("it shows\n%s", open)
	}
}

// TestPartMarks: the words of all services for the end of an item are read.
func TestPartMarks(t *testing.T) {
	for word, want := range map[string]string{
		"SUCCEED": "✅", "success": "✅", "FULL_TRANSFER_COMPLETE": "▫️", "2 ended": "✅", "finished": "✅", "suspended": "▫️", "0 running": "▫️",
		"FAILED": markUnwell, "fail": markUnwell, "manual-stop": markUnwell, "3 aborted abnormally": markUnwell, "4 terminated": markUnwell, "running-exception": "▫️",
	} {
		if got := partMark(job.Part{Status: word}); got != want {
			t.Errorf("%s is shown with %s, want %s", word, got, want)
		}
	}
}

// TestManyGates: of many gates the worst stand on the first screen, and the others
// folded below them.
func TestManyGates(t *testing.T) {
	var gates []job.Judgement
	for range 50 {
		gates = append(gates, holds("error_rate", "<", 1, 0.4))
	}
	gates = append(gates, breaks(holds("rps", ">=", 450, 100), ""))
	summary := Judged([]Result{slow(gates...)})
	open := unfolded(summary)
	if all, shown := strings.Count(summary, "\n| ✅ | "), strings.Count(open, "\n| ✅ | "); all != 50 || shown != gatesOpen-1 || strings.Count(open, "\n| ❌ | ") != 1 {
		t.Errorf("%d of %d that hold are shown:\n%s", shown, all, open)
	}
	if !strings.Contains(summary, "39 more gates</summary>") || strings.Index(summary, "39 more gates") > strings.Index(summary, "```mermaid") {
		t.Error("the others do not stand folded above the chart")
	}
}
