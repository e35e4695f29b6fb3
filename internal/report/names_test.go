package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// TestNames: a job that has a name is called by it everywhere, and what it
// starts is beside it where there is room.
func TestNames(t *testing.T) {
	item := job.Item{
		Provider: "tencent-pts", What: "scenario a", Name: "checkout", Ref: job.Ref{ID: "job-1"}, How: job.Began, End: job.GateFailed, Verdict: job.Fail, Why: []string{"it broke"},
		Gates: []job.Judgement{{Gate: "rps > 5/s", Subject: "rps", Op: ">", Wants: "5/s", Verdict: job.Fail, Unit: job.PerSecond, Limit: 5, Actual: 4}},
	}
	other := item
	other.Name, other.What = "", "scenario b"
	r := engine.Result{Outcome: job.GateFailed, Items: []job.Item{item, other}}
	results := []Result{Of(item), Of(other)}
	junit, err := JUnit(results)
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML(results)
	if err != nil {
		t.Fatal(err)
	}
	b, err := results[0].JSON()
	if err != nil {
		t.Fatal(err)
	}
	_, compared := Compare(results[0], results[1], nil)
	outputs := map[string]string{}
	for _, o := range Outputs(r, true, "the log") {
		outputs[o.Name] = o.Value
	}
	for where, of := range map[string][2]string{
		"summary":        {Summary(r), "| **checkout**<br>scenario a · tencent-pts · <code>job-1</code> |"},
		"first line":     {strings.SplitN(Summary(r), "\n", 2)[0], "checkout: "},
		"why":            {Summary(r), "#### Why checkout failed"},
		"settled":        {Settled(r), "| **checkout**<br>scenario a · tencent-pts · <code>job-1</code> |"},
		"table":          {Table(r, nil), "checkout"},
		"judged":         {Judged(results), "| **checkout**<br>scenario a · tencent-pts · <code>job-1</code> |"},
		"judged, folded": {Judged(results), ": checkout</summary>"},
		"judged, first":  {Judged(results), "of 2 jobs passed; checkout: "},
		"page":           {string(page), ">checkout</a>"},
		"junit":          {string(junit), `name="tencent-pts: checkout"`},
		"result.json":    {string(b), `"name": "checkout"`},
		"compare":        {compared, "### checkout and scenario b"},
		"statuses":       {outputs["statuses"], `"what":"scenario a","name":"checkout"`},
		"gates":          {outputs["gates"], `{"job":"checkout",`},
		"gates, unnamed": {outputs["gates"], `{"job":"scenario b",`},
	} {
		if !strings.Contains(of[0], of[1]) {
			t.Errorf("%s: no %q in\n%s", where, of[1], of[0])
		}
	}
	if was, is := Of(other), Of(item); was.Provider+was.What == is.Provider+is.What {
		t.Error("the two are not told apart")
	}
}

// TestPastOfARenamedJob: results are of one job by provider and What.
func TestPastOfARenamedJob(t *testing.T) {
	old := Head{Name: "old.json", Provider: "tencent-pts", What: "scenario a", Outcome: job.Succeeded}
	past := NewPast([]Head{old}, "")
	past.Read("tencent-pts", "scenario a", 10, func(string) (Result, bool) {
		return Result{Provider: "tencent-pts", What: "scenario a", Name: "its old name", Outcome: job.Succeeded}, true
	})
	if got := past.Of("tencent-pts", "scenario a", 10); len(got) != 1 {
		t.Errorf("%d earlier results", len(got))
	}
}

// TestGateNumbers: the output gates has what is known, as it is written by
// people, and nothing else.
func TestGateNumbers(t *testing.T) {
	sum, product := 0.1, 20614.0 // no constants, which Go computes exactly
	sum, product = sum+0.2, product*0.00001
	item := job.Item{Provider: "tencent-pts", What: "s", Verdict: job.Inconclusive, Gates: []job.Judgement{
		{Gate: "a", Verdict: job.Pass, Unit: job.Percent, Limit: 0.3, Actual: product, Results: 3, Median: sum},
		{Gate: "b", Verdict: job.Inconclusive, Unit: job.Seconds, Limit: 0.07, Actual: 0},
		{Gate: "c", Verdict: job.Inconclusive, Unit: job.Seconds, NoLimit: true},
		{Gate: "d", Verdict: job.Fail, Unit: job.Word, Word: "JobAborted"},
		{Gate: "e", Verdict: job.Fail, Unit: job.Count, Limit: 0, Actual: 1234567890123457},
		{Gate: "f", Verdict: job.Fail, Unit: job.Seconds, Limit: 0.123456789012345, Actual: 0.123456789012346},
	}}
	var got []map[string]any
	var value string
	for _, o := range Outputs(engine.Result{Items: []job.Item{item}}, true, "the log") {
		if o.Name == "gates" {
			value = o.Value
		}
	}
	dec := json.NewDecoder(strings.NewReader(value))
	dec.UseNumber()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, g := range got {
		line := g["gate"].(string)
		for _, name := range []string{"limit", "median", "actual"} {
			if n, ok := g[name]; ok {
				line += " " + name + "=" + n.(json.Number).String()
			}
		}
		numbers = append(numbers, line)
	}
	want := []string{
		"a limit=0.3 median=0.3 actual=0.20614", "b limit=0.07", "c", "d", "e limit=0 actual=1234567890123457",
		"f limit=0.123456789012345 actual=0.123456789012346",
	}
	if diff := cmp.Diff(want, numbers); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
}
