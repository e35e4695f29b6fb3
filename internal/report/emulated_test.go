package report

import (
	"strings"
	"testing"

	"cloudjob/internal/engine"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

// TestBanner: what was emulated says so first of all, everywhere, and nothing
// else does.
func TestBanner(t *testing.T) {
	item := func(emulated bool) job.Item {
		return job.Item{Provider: "tencent-pts", What: "scenario x", How: job.Began, Ref: job.Ref{ID: "job-1"}, Emulated: emulated}
	}
	for name, c := range map[string]struct {
		items []job.Item
		first string
	}{
		"real":       {[]job.Item{item(false)}, ""},
		"emulated":   {[]job.Item{item(true)}, "🧪 **Emulated: nothing real ran.** "},
		"all of two": {[]job.Item{item(true), item(true)}, "🧪 **Emulated: nothing real ran.** "},
		"one of two": {[]job.Item{item(false), item(true)}, "🧪 **Emulated: 1 of 2 jobs were not real.** "},
	} {
		r := engine.Result{Outcome: job.Started, Items: c.items}
		var results []Result
		for _, i := range c.items {
			results = append(results, Of(i))
		}
		page, err := HTML(results)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"summary": Summary(r), "judged": Judged(results), "post": Settled(r)} {
			if c.first == "" && strings.Contains(text, "mulated") || !strings.HasPrefix(text, c.first) {
				t.Errorf("%s: the summary (%s) begins with %.60q", name, what, text)
			}
			if _, faults := hostile.Markdown(text); faults != nil {
				t.Errorf("%s: GitHub reads %s", name, faults[0])
			}
		}
		body := string(page)[strings.Index(string(page), "<body>"):]
		plain := strings.TrimSuffix(strings.NewReplacer("*", "", "🧪 ", "").Replace(c.first), " ")
		if at := strings.Index(body, plain); c.first != "" && (at < 0 || at > strings.Index(body, "<h1>")) || c.first == "" && strings.Contains(body, "mulated") {
			t.Errorf("%s: the page does not say first %q", name, plain)
		}
		emulated := false
		for _, o := range Outputs(r, false, "the log") {
			emulated = emulated || o.Name == "emulated" && o.Value == "true"
		}
		if emulated != (c.first != "") {
			t.Errorf("%s: the output emulated is %t", name, emulated)
		}
	}
}

// TestGatesText: the table in the log shows every gate, with a limit that its line
// does not tell, and its value, those that failed first, and of several jobs which one it is of.
func TestGatesText(t *testing.T) {
	gates := []job.Judgement{
		{Gate: "p95(response_time) < 300ms", Subject: "p95(response_time)", Op: "<", Limit: 0.3, Actual: 0.22, Unit: job.Seconds, Verdict: job.Pass},
		{Name: "few", Gate: "few: error_rate < 1%", Subject: "error_rate", Op: "<", Limit: 1, Actual: 12, Unit: job.Percent, Verdict: job.Fail},
		{Gate: "rps > 5", Subject: "rps", Op: ">", Limit: 5, Unit: job.PerSecond, Verdict: job.Inconclusive, Reason: "there is no such value"},
	}
	one := Gates([]Result{{What: "scenario x", Gates: gates}}, nil)
	lines := strings.Split(one, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "❌ fail") || !strings.Contains(lines[0], "few: error_rate < 1%") || !strings.Contains(lines[0], "12 %") ||
		!strings.Contains(lines[1], "there is no such value") || !strings.HasPrefix(lines[2], "✅ pass") || !strings.Contains(lines[2], "220 ms") {
		t.Errorf("the table is\n%s", one)
	}
	if named := Gates([]Result{{What: "scenario x", Name: "checkout", Gates: gates}, {What: "scenario y"}}, nil); !strings.HasPrefix(named, "checkout\n") {
		t.Errorf("of a job with a name the table is\n%s", named)
	}
	if two := Gates([]Result{{What: "scenario x", Gates: gates}, {What: "scenario y"}}, nil); !strings.HasPrefix(two, "scenario x\n") || strings.Contains(two, "scenario y") {
		t.Errorf("of two jobs the table is\n%s", two)
	}
	if none := Gates([]Result{{What: "scenario x"}}, nil); none != "" {
		t.Errorf("without gates it is %q", none)
	}
}

// TestEmulatedMarks: test cases and comparisons say of what they are of that it
// was not real.
func TestEmulatedMarks(t *testing.T) {
	r := Result{Provider: "tencent-pts", What: "scenario x", Outcome: job.Succeeded, Emulated: true, Gates: []job.Judgement{{Gate: "rps > 5", Verdict: job.Pass}}}
	real := r
	real.Emulated = false
	junit, err := JUnit([]Result{r, real})
	if err != nil {
		t.Fatal(err)
	}
	const mark = "(emulated: nothing real ran)"
	if got := strings.Count(string(junit), mark); got != 3 {
		t.Errorf("junit.xml marks %d of a suite and its two cases:\n%s", got, junit)
	}
	text, markdown := Compare(r, r, nil)
	if strings.Count(text, "emulated: nothing real ran") != 2 || strings.Count(markdown, "emulated&#58;")+strings.Count(markdown, "emulated: nothing real ran") != 2 {
		t.Errorf("compare says\n%s\n%s", text, markdown)
	}
	if text, _ := Compare(real, real, nil); strings.Contains(text, "emulated") {
		t.Errorf("of real ones:\n%s", text)
	}
}

// TestUnlike: what is of two jobs, or of two worlds, is told apart.
func TestUnlike(t *testing.T) {
	r := Result{Provider: "tencent-pts", What: "scenario x"}
	for want, change := range map[string]func(*Result){
		"":                           func(r *Result) { r.Name, r.Ref.ID = "checkout", "job-2" },
		"of tencent-pts, scenario y": func(r *Result) { r.What = "scenario y" },
		"of huawei-cpts":             func(r *Result) { r.Provider = "huawei-cpts" },
		"was emulated":               func(r *Result) { r.Emulated = true },
	} {
		other := r
		change(&other)
		if one, two := Unlike(r, other), Unlike(other, r); !strings.Contains(one, want) || !strings.Contains(two, want) || (one == "") != (want == "") {
			t.Errorf("want %q: %q, %q", want, one, two)
		}
	}
}
