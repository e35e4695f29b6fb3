package report

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
)

// loadTest is a result with what a load test is looked at by: its percentiles,
// its rate and its errors over five minutes.
func loadTest() Result {
	began := time.Date(2026, 5, 4, 1, 2, 3, 0, time.UTC)
	r := Result{
		Tool: madeBy, Provider: "tencent-pts", What: "scenario x", Name: "checkout", Ref: job.Ref{ID: "job-1"}, How: job.Began, Outcome: job.GateFailed, Verdict: job.Fail,
		Began: began, Ended: began.Add(5 * time.Minute), Judged: began.Add(5 * time.Minute), RequestID: "0b1c4a53-2b1d-4f0e-9c0e-2f9f7a9a1b2c",
		RunURL: "https://github.com/o/r/actions/runs/7", Commit: "8f3c2e1d0b9a48576f6e5d4c3b2a190817263544",
		Gates: []job.Judgement{below(0.3, 0.2), {Gate: "error_rate < 1%", Subject: "error_rate", Op: "<", Wants: "1%", Unit: job.Percent, Limit: 1, Actual: 2, Verdict: job.Fail}},
	}
	curve := func(metric, aggregation string, base float64) {
		s := job.Series{Metric: metric, Aggregation: aggregation}
		for i := range 301 {
			s.Points = append(s.Points, job.Point{At: time.Duration(i) * time.Second, Value: base * (1 + 0.1*math.Sin(float64(i)))})
		}
		r.Report.Series = append(r.Report.Series, s)
		r.Report.Samples = append(r.Report.Samples, job.Sample{Metric: metric, Aggregation: aggregation, Value: base})
	}
	for i, part := range []string{"avg", "p50", "p90", "p95", "p99"} {
		curve("response_time", part, 0.1+0.01*float64(i))
	}
	curve("error_rate", "", 2)
	curve("rps", "", 100)
	curve("virtual_users", "", 50)
	r.Report.Series[7].Points = r.Report.Series[7].Points[10:200] // known for a part of the time
	return r
}

func pageOf(t *testing.T, results ...Result) string {
	t.Helper()
	page := string(checkHTML(t, results))
	return page[strings.Index(page, "<body>"):]
}

// TestFirstScreenOfThePage: verdict and reason come first, then the gates, then the chart
// of the gate that decided; what nobody looks for first is folded below.
func TestFirstScreenOfThePage(t *testing.T) {
	r := loadTest()
	page := pageOf(t, r)
	at := 0
	for _, part := range []string{
		"<h1>❌ Failed: error_rate is 2 %, the gate wants &lt; 1 %</h1>", "<h2>checkout</h2>", `<a href="https://github.com/o/r/commit/` + r.Commit + `" rel="noreferrer">8f3c2e1</a>`, `>workflow run</a>`,
		`class="stack gates"`, `<figure>`, "<code>error_rate</code>", "Over time", "<b>Response time</b>", "<b>Requests per second</b>", "<b>Virtual users</b>", "<summary>Facts</summary>", r.RequestID, ">" + madeBy + "<",
	} {
		next := strings.Index(page[at:], part)
		if next < 0 {
			t.Fatalf("%q does not stand behind what is before it:\n%s", part, page[at:at+1000])
		}
		at += next
	}
	above, _, _ := strings.Cut(page, `class="stack gates"`)
	text := regexp.MustCompile(`<[^>]*>`).ReplaceAllString(above, "")
	for _, noise := range []string{r.RequestID, r.Commit, madeBy, "Written by"} {
		if strings.Contains(text, noise) {
			t.Errorf("above the gates stands %q", noise)
		}
	}
	if n := strings.Count(page, "<b>Failed requests</b>"); n != 1 {
		t.Errorf("the chart of the errors stands there %d times", n)
	}
	long := r
	long.Outcome, long.Gates = job.Unjudged, []job.Judgement{{Gate: "g", Subject: "p95(response_time)", Verdict: job.Inconclusive, Reason: strings.Repeat("no request matches ", 30)}}
	if title := regexp.MustCompile(`<h1>(.*)</h1>`).FindStringSubmatch(pageOf(t, long))[1]; len([]rune(title)) > reasonShown+10 || !strings.HasSuffix(title, "…") {
		t.Errorf("the heading is %q", title)
	}
	r.Commit, r.RunURL = "main", "https://ci.example.com/7"
	if page := pageOf(t, r); strings.Contains(page, "/commit/") || !strings.Contains(page, " · main") {
		t.Error("a link to a commit was guessed")
	}
}

var headings = regexp.MustCompile(`<h([1-6])`)

// TestHeadings: no page skips a level of headings.
func TestHeadings(t *testing.T) {
	r, other := loadTest(), loadTest()
	r.Past, r.Why, r.Notes = nightly(0.3, 0.2, 0.1), []string{"it broke"}, []string{"a note"}
	r.Report.Errors = []job.ErrorKind{{What: "404", Count: 3}}
	other.What, other.Name = "scenario y", ""
	for name, page := range map[string]string{
		"one job": pageOf(t, r), "two jobs": pageOf(t, r, other), "none": pageOf(t), "bare": pageOf(t, Result{Provider: "p", What: "w"}),
		"a trend": trendPageOf(t, nightly(0.3, 0.2, 0.4)), "trends": trendPageOf(t, append(nightly(0.3, 0.2, 0.4), r), Unread{"a", "b"}),
	} {
		was := 0
		for _, h := range headings.FindAllStringSubmatch(page, -1) {
			level, _ := strconv.Atoi(h[1])
			if level > was+1 || level == 1 && was > 0 {
				t.Errorf("%s: a heading of level %d stands behind one of level %d", name, level, was)
			}
			was = level
		}
	}
}

// TestPanels: the percentiles are in one chart, each line with its own look and
// its name at its end, and all charts have the same time at the same place.
func TestPanels(t *testing.T) {
	var j pageJob
	j.draw(loadTest())
	if j.First == nil || j.First.Code != "error_rate" || len(j.Charts) != 3 {
		t.Fatalf("first %+v, and %d more", j.First, len(j.Charts))
	}
	times := j.Charts[0]
	if len(times.Lines) != 5 || times.Name != "Response time" || len(times.Legend) != 6 || times.Legend[3].Text != "p95: 95 % are faster; highest 143 ms at +33s" || times.Legend[5].Text != "p95 limit < 300 ms" {
		t.Errorf("%d lines, legend %+v", len(times.Lines), times.Legend)
	}
	looks, ends := map[string]bool{}, []float64{}
	for _, l := range times.Lines {
		looks[l.Class] = true
		y, err := strconv.ParseFloat(l.EndY, 64)
		if err != nil || l.End == "" {
			t.Errorf("a line without a name at its end: %+v", l.End)
		}
		ends = append(ends, y)
	}
	slices.Sort(ends)
	for i := 1; i < len(ends); i++ {
		if ends[i]-ends[i-1] < endHeight-0.2 {
			t.Errorf("the names of two lines touch: %v", ends)
		}
	}
	if len(looks) != 5 {
		t.Errorf("the looks of five lines are %v", looks)
	}
	for _, pic := range append(j.Charts, *j.First) {
		if diff := cmp.Diff(times.X, pic.X); diff != "" {
			t.Errorf("%s has another axis of time: %s", pic.Name, diff)
		}
	}
	if first, _, _ := strings.Cut(j.Charts[2].Lines[0].Points, ","); first != "85.0" { // ten of 300 seconds
		t.Errorf("what began later begins at %s", first)
	}
}

// TestNearestCurve: a gate whose value is not told over time has the nearest
// curve, without its limit, and not that of a gate that decided nothing.
func TestNearestCurve(t *testing.T) {
	r := loadTest()
	gate := func(subject string, verdict job.Verdict) job.Judgement {
		return job.Judgement{Gate: subject + " < 1", Subject: subject, Op: "<", Unit: job.Seconds, Limit: 0.5, Actual: 0.4, Verdict: verdict}
	}
	errors := job.Judgement{Gate: "error_rate < 50%", Subject: "error_rate", Op: "<", Unit: job.Percent, Limit: 50, Actual: 1, Verdict: job.Pass}
	all := r.Report.Series
	tests := []struct {
		gates  []job.Judgement
		series []job.Series
		want   string
		limits int
	}{
		{[]job.Judgement{errors, gate("p95(response_time)", job.Fail)}, all, "p95(response_time)", 1},
		{[]job.Judgement{errors, gate("p999(response_time)", job.Fail)}, all[:6], "avg(response_time)", 0},
		{[]job.Judgement{errors, gate("p95(response_time)", job.Fail)}, []job.Series{all[5], all[0]}, "avg(response_time)", 0},
		{[]job.Judgement{errors, gate(`p95(response_time{request="GET /"})`, job.Fail)}, all, "p95(response_time)", 0},
		{[]job.Judgement{errors, gate("p95(response_time) trend", job.Fail)}, all[:6], "avg(response_time)", 0},
		{[]job.Judgement{errors, gate("duration", job.Fail)}, all, "error_rate", 1},
	}
	for _, test := range tests {
		r.Gates, r.Report.Series = test.gates, test.series
		if got := curves(r)[0]; got.name != test.want || len(got.limits) != test.limits {
			t.Errorf("%s: the first curve is %s with %d limits, want %s", test.gates[1].Subject, got.name, len(got.limits), test.want)
		}
	}
}

// TestManyLines: no two lines of a chart look alike, however many there are.
func TestManyLines(t *testing.T) {
	r := loadTest()
	r.Report.Series = r.Report.Series[:0]
	for i := range 12 {
		r.Report.Series = append(r.Report.Series, job.Series{Metric: "m", Aggregation: fmt.Sprint("a", i), Points: []job.Point{{At: 0, Value: 1}, {At: 9, Value: 2}}})
	}
	var j pageJob
	j.draw(r)
	for _, pic := range j.Charts {
		looks := map[string]bool{}
		for _, l := range pic.Lines {
			if looks[l.Class] {
				t.Errorf("two lines of the class %q", l.Class)
			}
			looks[l.Class] = true
		}
	}
	if len(j.Charts) != 3 {
		t.Errorf("%d charts", len(j.Charts))
	}
}

var themes = regexp.MustCompile(`:root \{([^}]*)\}`)

// contrast is that of two colours by WCAG 2.1, NaN of what is none.
func contrast(a, b string) float64 {
	luminance := func(colour string) float64 {
		digits := strings.TrimPrefix(colour, "#")
		if len(digits) == 3 {
			digits = digits[:1] + digits[:1] + digits[1:2] + digits[1:2] + digits[2:] + digits[2:]
		}
		n, err := strconv.ParseUint(digits, 16, 24)
		if err != nil || len(digits) != 6 {
			return math.NaN()
		}
		linear := func(v uint64) float64 {
			if c := float64(v&255) / 255; c > 0.04045 {
				return math.Pow((c+0.055)/1.055, 2.4)
			}
			return float64(v&255) / 255 / 12.92
		}
		return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// TestPalette: in every theme all that is written can be read, and each line and
// each limit has a colour of its own.
func TestPalette(t *testing.T) {
	all := themes.FindAllStringSubmatch(pageStyle, -1)
	if len(all) != 3 {
		t.Fatalf("%d themes", len(all))
	}
	for _, theme := range all {
		value := func(name string) string {
			_, rest, _ := strings.Cut(theme[1], name+": ")
			colour, _, _ := strings.Cut(rest, ";")
			return colour
		}
		for _, name := range []string{"--ink", "--soft", "--line", "--l2", "--l3", "--l4", "--l5", "--limit", "--second", "--third", "--good", "--bad"} {
			for _, ground := range []string{"--paper", "--shade"} {
				if c := contrast(value(name), value(ground)); !(c >= 4.5) && (ground == "--paper" || name == "--ink") {
					t.Errorf("%s on %s has a contrast of %.2f", name, ground, c)
				}
			}
		}
		of := map[string]string{}
		for _, name := range []string{"--line", "--l2", "--l3", "--l4", "--l5", "--limit", "--second", "--third"} {
			colour := value(name)
			if other, used := of[colour]; used {
				t.Errorf("%s has the colour %q, as %s", name, colour, other)
			}
			of[colour] = name
		}
	}
}

// TestStretches: of each stretch of time that can be pointed at, and that the
// table has, the value stands there that a reader looks for.
func TestStretches(t *testing.T) {
	slow := curve{of: "response_time", part: "p95", unit: job.Seconds, when: clock}
	rate := curve{of: "rps", unit: job.PerSecond, when: clock}
	for i := range 1000 {
		slow.points = append(slow.points, job.Point{At: time.Duration(i) * time.Second, Value: 0.1})
		rate.points = append(rate.points, job.Point{At: time.Duration(i) * time.Second, Value: 100})
	}
	slow.points[777].Value, rate.points[333].Value = 5, 1
	rate.points = append(rate.points[:500], rate.points[600:]...)
	for _, n := range []int{1, 7, 80, 1000} {
		parts := stretches([]curve{slow}, 0, 999*time.Second, n)
		if len(parts) != n || slices.MaxFunc(parts, func(a, b stretch) int { return int(a.values[0] - b.values[0]) }).values[0] != 5 {
			t.Errorf("of %d stretches none has the highest time", n)
		}
		parts = stretches([]curve{rate}, 0, 999*time.Second, n)
		if slices.MinFunc(parts, func(a, b stretch) int { return int(a.values[0] - b.values[0]) }).values[0] != 1 {
			t.Errorf("of %d stretches none has the lowest rate", n)
		}
	}
	if n := len(stretches([]curve{rate}, 0, 999*time.Second, 100)); n != 90 {
		t.Errorf("%d stretches, where a tenth of the time has no values", n)
	}
	both := stretches([]curve{slow, rate}, 0, 999*time.Second, 100)
	if got := both[55].says([]curve{slow, {part: "x", unit: job.PerSecond, when: clock}}); got != "+9m10s to +9m19s: p95 100 ms, x –" {
		t.Errorf("it says %q", got)
	}
	pic := drawRun([]curve{rate}, 0, 999*time.Second, boxBottom)
	if len(pic.Values) > pageValues || !strings.Contains(pic.Left, "the lowest value of its time; all 900 are in series.csv") {
		t.Errorf("%d lines of values; %q", len(pic.Values), pic.Left)
	}
}

// TestAgainst: every value of the whole job stands beside the median of the
// results that the job is compared with, and says in words and by a sign whether
// it is better, worse, or as those were.
func TestAgainst(t *testing.T) {
	of := func(p95, rate, users float64) (r Result) {
		r.Judged = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
		r.Report.Samples = []job.Sample{
			{Metric: "response_time", Aggregation: "p95", Value: p95}, {Metric: "rps", Value: rate}, {Metric: "virtual_users", Value: users}, {Metric: "state", Word: "JobFinished"},
			{Metric: "response_time", Aggregation: "p95", Value: 77, Labels: map[string]string{"request": "x"}},
		}
		return r
	}
	tests := []struct {
		now       Result
		p95, rate change
		users     string
	}{
		{of(0.4, 50, 20), change{Text: "+100 %, worse", Class: "worse", Mark: "▼"}, change{Text: "-50 %, worse", Class: "worse", Mark: "▼"}, "+100 %"},
		{of(0.1, 150, 10), change{Text: "-50 %, better", Class: "better", Mark: "▲"}, change{Text: "+50 %, better", Class: "better", Mark: "▲"}, "same"},
		{of(0.21, 95, 10), change{Text: "+5 %, usual"}, change{Text: "-5 %, usual"}, "same"},
	}
	for _, test := range tests {
		test.now.Base = []Result{of(0.2, 100, 10), of(0.22, 90, 10), of(0.18, 110, 10)}
		test.now.Past = []Result{of(9, 9, 9)} // it failed
		rows, base := changesOf(test.now)
		if len(rows) != 4 || base != "The median of the last 3 results of this job that passed, 2026-05-04 (UTC)." {
			t.Fatalf("%d values, against %q", len(rows), base)
		}
		for i, want := range []change{test.p95, test.rate, {Text: test.users}, {}} {
			got := rows[i]
			got.Name, got.Value, got.Before = "", "", ""
			if got != want {
				t.Errorf("%s: got %+v, want %+v", rows[i].Name, got, want)
			}
		}
		if rows[0].Before != "200 ms" || rows[3].Value != "JobFinished" || rows[3].Before != "" {
			t.Errorf("%+v", rows)
		}
		page := pageOf(t, test.now)
		if !strings.Contains(page, "Against the baseline") || test.p95.Class != "" && !strings.Contains(page, `<td class="`+test.p95.Class+`">`+test.p95.Mark+" ") {
			t.Error("the page does not show it")
		}
	}
	if rows, base := changesOf(of(1, 1, 1)); base != "" || rows[0].Text != "" {
		t.Errorf("without a baseline: %+v, %q", rows, base)
	}
}

// TestBeside: jobs with the same gates stand side by side, and of each value the
// best and the worst is told.
func TestBeside(t *testing.T) {
	of := func(name string, p95, rate float64) Result {
		return Result{Provider: "p", What: name, Gates: []job.Judgement{below(0.3, p95)}, Report: job.Report{Samples: []job.Sample{{Metric: "rps", Value: rate}, {Metric: "error_rate", Missing: "no"}}}}
	}
	unlike := of("other", 1, 1)
	unlike.Gates[0].Gate, unlike.Gates[0].Subject = "p99(response_time) < 1s", "p99(response_time)"
	unknown := of("d", 9, 150)
	unknown.Gates[0].Verdict = job.Inconclusive
	tables := beside([]Result{of("a", 0.2, 100), unlike, of("b", 0.1, 200), {What: "no gates"}, of("c", 0.4, 50), unknown})
	want := []besideTable{{Jobs: []string{"a", "b", "c", "d"}, Rows: []besideRow{
		{"p95(response_time)", []besideCell{{"200 ms", ""}, {"100 ms", bestOfRow}, {"400 ms", worstOfRow}, {"–", ""}}},
		{"rps", []besideCell{{"100/s", ""}, {"200/s", bestOfRow}, {"50/s", worstOfRow}, {"150/s", ""}}},
	}}}
	if diff := cmp.Diff(want, tables); diff != "" {
		t.Errorf("side by side (-want +got):\n%s", diff)
	}
	summary := Judged([]Result{of("a", 0.2, 100), of("b", 0.1, 200), of("c", 0.4, 50)})
	if want := "#### Side by side\n\n| Metric | a | b | c |\n| --- | --- | --- | --- |\n| <code>p95(response&#95;time)</code> | 200 ms | 100 ms<br>best | 400 ms<br>worst |\n"; !strings.Contains(summary, want) {
		t.Errorf("the summary lacks\n%s\n%s", want, summary)
	}
	if tables := beside([]Result{of("a", 0.2, 100), unlike}); tables != nil {
		t.Errorf("unlike jobs stand side by side: %+v", tables)
	}
	if tables := beside([]Result{unknown, unknown, {Gates: unknown.Gates, Report: job.Report{}}}[1:]); tables != nil {
		t.Errorf("jobs without a value in common stand side by side: %+v", tables)
	}
	if same := beside([]Result{of("a", 0.2, 100), of("b", 0.2, 100)})[0].Rows[0].Cells; same[0].Mark != "" || same[1].Mark != "" {
		t.Errorf("of two that are alike one is the best: %+v", same)
	}
	many := make([]Result, 12)
	for i := range many {
		many[i] = of(fmt.Sprint(i), float64(i), 1)
	}
	if table := beside(many)[0]; len(table.Jobs) != besideJobs || table.Left != 4 {
		t.Errorf("%d columns, %d left out", len(table.Jobs), table.Left)
	}
	page := pageOf(t, many[0], many[1])
	for _, wants := range []string{"Side by side", `<td class="best">0 s <span class="tag">best</span>`, `<span class="tag">worst</span>`} {
		if !strings.Contains(page, wants) {
			t.Errorf("the page does not say %q", wants)
		}
	}
}

// TestOverview: of several jobs the page says first what each is called, how it
// ended, why, and its main values.
func TestOverview(t *testing.T) {
	batch := Result{Provider: "tencent-batch", What: "job b", Outcome: job.Succeeded, Report: job.Report{Parts: []job.Part{{Name: "a", Status: "SUCCEED"}, {Name: "b", Status: "FAILED"}}}}
	page := pageOf(t, batch, loadTest())
	overview, _, _ := strings.Cut(page, "<section")
	for _, wants := range []string{
		`<td class="mark">❌ Failed</td><td class="name"><a href="#job-1">checkout</a><br><span class="note">tencent-pts · scenario x</span></td><td class="reason">error_rate is 2 %, the gate wants &lt; 1 %</td><td class="note">p95(response_time) 130 ms · error_rate 2 % · rps 100/s</td>`,
		`<a href="#job-2">job b</a><br><span class="note">tencent-batch</span>`, "1 of 2 items ended well",
	} {
		if !strings.Contains(overview, wants) {
			t.Errorf("no %q in\n%s", wants, overview)
		}
	}
	if !strings.Contains(page, "<h2>❌ checkout: Failed</h2>") || !strings.Contains(page, "<h2>✅ job b: Succeeded</h2>") {
		t.Error("the parts of the page do not name their jobs")
	}
}

// TestRequestTable: a page has all of 10,000 requests and stays below 1.5 MB;
// with more, or several jobs, it says what it leaves out.
func TestRequestTable(t *testing.T) {
	const limit = 1_500_000
	r := loadTest()
	r.Report.Samples = append(r.Report.Samples, loadOf(10_000).Samples...)
	worst := "GET https://shop.example.com/api/v2/articles/9999"
	r.Gates = append(r.Gates, job.Judgement{Gate: "g", Subject: `p95(response_time{request~"*"})`, Op: "<", Verdict: job.Fail, Where: worst})
	page := checkHTML(t, []Result{r})
	t.Logf("10,000 requests: %.2f MB", float64(len(page))/1e6)
	for _, wants := range []string{
		"10000 of 10000 requests, the slowest first.", "<th>Request</th><th>p95, ms</th><th>p99, ms</th><th>avg, ms</th><th>max, ms</th><th>Errors, %</th><th>Requests</th>",
		"\n<tr><td>❌ " + worst + "<td>100<td>100<td>100<td>100<td>0<td>5000\n<tr><td>GET https://shop.example.com/api/v2/articles/9998<td>100<td>",
	} {
		if !strings.Contains(string(page), wants) {
			t.Errorf("the page does not say %q", wants)
		}
	}
	if len(page) > limit {
		t.Errorf("the page has %d bytes", len(page))
	}
	for _, results := range [][]Result{{r, r, r}, {{Report: loadOf(30_000)}}, {{Report: loadOf(30_000), Name: "a"}, {Report: loadOf(3), Name: "b"}}} {
		page, err := HTML(results)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > limit+len(results)*200_000 || !strings.Contains(string(page), " more are in result.json.") {
			t.Errorf("%d jobs: the page has %d bytes, and does not say that it leaves something out", len(results), len(page))
		}
	}
	for v, want := range map[float64]string{0.0001234: "0.123", 0.01234: "12.3", 1.2345: "1235", 12345.6: "12345600", 0: "0", math.NaN(): "–"} {
		if got := columnText(v, job.Seconds); got != want {
			t.Errorf("%v s is %q ms, want %q", v, got, want)
		}
	}
}

// TestLastResultsOnThePage: the values of the gates over the last results have
// their dates, and this result is the last.
func TestLastResultsOnThePage(t *testing.T) {
	r := loadTest()
	r.Past = nightly(0.3, 0.2, 0.21, 0.4)
	r.Past[2].Began, r.Past[2].Ended, r.Past[2].Judged = time.Time{}, time.Time{}, time.Time{} // it does not say when it was
	page := pageOf(t, r)
	_, last, _ := strings.Cut(page, "<h3>Last results</h3>")
	for _, wants := range []string{"2 earlier results of this job and this one, 2026-05-01 to 2026-05-04 (UTC).", "<b>p95(response_time)</b>", "2026-05-01 12:01: 200 ms", "2026-05-04 01:07: 200 ms"} {
		if !strings.Contains(last, wants) {
			t.Errorf("no %q in the last results", wants)
		}
	}
	r.Past = nil
	if strings.Contains(pageOf(t, r), "Last results") {
		t.Error("there are last results without any")
	}
}

// TestHowLong: how long requests took is told by what the service says of all.
func TestHowLong(t *testing.T) {
	var r Result
	for i, part := range []string{"avg", "max", "p50", "p95", "p99"} {
		r.Report.Samples = append(r.Report.Samples, job.Sample{Metric: "response_time", Aggregation: part, Value: []float64{0.3, 2, 0.2, 0.5, 1}[i]})
	}
	want := []share{{"50 % within", "200 ms", "10.0"}, {"95 % within", "500 ms", "25.0"}, {"99 % within", "1 s", "50.0"}, {"the slowest", "2 s", "100.0"}}
	if diff := cmp.Diff(want, spreadOf(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	r.Report.Samples = r.Report.Samples[:3]
	if got := spreadOf(r); got != nil {
		t.Errorf("of two values: %+v", got)
	}
	r.Report.Ranges = []job.Range{{What: "0-100", Count: 30}, {What: "100-200", Count: 10}}
	ranges := []share{{"0-100", "30 (75 %)", "100.0"}, {"100-200", "10 (25 %)", "33.3"}}
	if diff := cmp.Diff(ranges, rangeShares(r.Report)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if page := pageOf(t, r); !strings.Contains(page, `<th scope="row">0-100</th>`) {
		t.Error("the ranges are not on the page")
	}
}
