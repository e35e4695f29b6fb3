package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

// below is a gate on the p95 and what it came to.
func below(limit, actual float64) job.Judgement {
	g := job.Judgement{Gate: fmt.Sprintf("p95(response_time) < %gms", limit*1000), Subject: "p95(response_time)", Op: "<", Wants: fmt.Sprintf("%gms", limit*1000), Unit: job.Seconds, Limit: limit, Actual: actual, Verdict: job.Pass}
	if actual >= limit {
		g.Verdict = job.Fail
	}
	return g
}

// nightly are results of a job, one a day, whose p95 was so.
func nightly(limit float64, values ...float64) (results []Result) {
	for i, v := range values {
		r := earlier("scenario", i+1, job.Succeeded, below(limit, v))
		if r.Gates[0].Verdict == job.Fail {
			r.Outcome = job.GateFailed
		}
		r.RunURL = fmt.Sprintf("https://github.com/o/r/actions/runs/%d", i+1)
		results = append(results, r)
	}
	return results
}

func trendPageOf(t *testing.T, results []Result, unread ...Unread) string {
	t.Helper()
	shown, others := OneWorld(results, false)
	b, err := Trend(shown, len(others), unread)
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, b)
	return string(b)
}

// outlines are the results of a folder's input, as the command reads them.
func outlines(t *testing.T, path string) (results []Result) {
	t.Helper()
	var sources []json.RawMessage
	src, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(src, &sources)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range sources {
		r, err := ReadOutline(bytes.NewReader(src))
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	return results
}

func TestTrendGolden(t *testing.T) {
	page := trendPageOf(t, outlines(t, "testdata/trend/input.json"), Unread{"results/half.json", "not a result.json: it ends in the middle"})
	compare(t, "testdata/trend/index.html", page)
}

// TestDeviations: a value deviates that broke its limit, or that is worse than
// those before it by the rule that the page states.
func TestDeviations(t *testing.T) {
	at := func(limit float64, values ...float64) []Result { return nightly(limit, values...) }
	rises := func(results []Result) []Result { // as a baseline gate, which allows it
		for i := range results {
			g := &results[i].Gates[0]
			g.Gate, g.Wants, g.Results, g.Median = "p95(response_time) < baseline +100%", "baseline +100%", 5, g.Limit/2
		}
		return results
	}
	more := func(results []Result) []Result { // the same of a metric of which more is better
		for i := range results {
			g := &results[i].Gates[0]
			g.Gate, g.Subject, g.Op, g.Wants, g.Unit = "rps > 0/s", "rps", ">", "0/s", job.PerSecond
		}
		return results
	}
	tests := []struct {
		name    string
		results []Result
		want    []string
	}{
		{"broken", at(0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.31), []string{"", "", "", "", "", "broken"}},
		{"stray", at(0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.26), []string{"", "", "", "", "", "stray"}},
		{"better", at(0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.1), []string{"", "", "", "", "", ""}},
		{"a fifth", at(0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.24), []string{"", "", "", "", "", ""}},
		{"few before", at(0.3, 0.1, 0.1, 0.1, 0.1, 0.2), []string{"", "", "", "", ""}},
		{"as bad before", at(0.3, 0.1, 0.2, 0.1, 0.1, 0.1, 0.2), []string{"", "", "", "", "", ""}},
		{"near 0", at(1, 0, 0, 0, 0, 0, 0.04), []string{"", "", "", "", "", ""}},
		{"from 0", at(1, 0, 0, 0, 0, 0, 0.2), []string{"", "", "", "", "", "stray"}},
		{"by its own allowance", rises(at(0.4, 0.2, 0.2, 0.2, 0.2, 0.2, 0.39)), []string{"", "", "", "", "", ""}},
		{"less of what should be more", more(at(0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.1)), []string{"", "", "", "", "", "stray"}},
		{"more of what should be more", more(at(0.9, 0.2, 0.2, 0.2, 0.2, 0.2, 0.5)), []string{"", "", "", "", "", ""}},
	}
	for _, test := range tests {
		tracks := tracksOf(test.results)
		if len(tracks) != 1 {
			t.Fatalf("%s: %d values are followed", test.name, len(tracks))
		}
		tracks[0].judge()
		var got []string
		for _, v := range tracks[0].values {
			got = append(got, v.class)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	warned := at(0.3, 0.31)
	warned[0].Gates[0].Severity = "warn"
	tracks := tracksOf(warned)
	if got := tracks[0].judge().String(); got != "1 warning" {
		t.Errorf("got %q", got)
	}
	page := trendPageOf(t, tests[1].results)
	for _, want := range []string{"◯ stands out: 30 % above the median 200 ms of the 5 before", `class="stray"`, "1 stands out", "by more than 25 % of it"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if page := trendPageOf(t, tests[0].results); !strings.Contains(page, "❌ fail: wants &lt; 300 ms") || !strings.Contains(page, `class="broken"`) || !strings.Contains(page, `<a href="https://github.com/o/r/actions/runs/6" rel="noreferrer">2026-05-06 12:01</a>`) {
		t.Errorf("the page does not say what broke:\n%s", page)
	}
}

// TestLimitsChange: a limit is drawn as it was, from half-way to the result that
// it is first of; a baseline that was not known is a gap.
func TestLimitsChange(t *testing.T) {
	results := append(nightly(0.3, 0.2, 0.2), nightly(0.4, 0.2, 0.2, 0.2, 0.2)[2:]...)
	results[2].Gates[0].NoLimit, results[2].Gates[0].Verdict = true, job.Pass
	c, _ := tracksOf(results)[0].curve()
	if len(c.limits) != 1 {
		t.Fatalf("%+v", c.limits)
	}
	var got []string
	for _, s := range c.limits[0].steps {
		got = append(got, fmt.Sprintf("%s %v", s.At, s.Value))
	}
	if want := []string{"0s 0.3", "36h0m0s NaN", "60h0m0s 0.4"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if last := c.limits[0].last(); last != 0.4 {
		t.Errorf("the limit is %v", last)
	}
}

// TestTracks: each gate's value is followed by itself, one of another window
// apart; a result without the gate has its value all the same; without any gate
// the main metrics are followed.
func TestTracks(t *testing.T) {
	names := func(results []Result) (list []string) {
		for _, k := range tracksOf(results) {
			list = append(list, fmt.Sprintf("%s %d", k.name, len(k.values)))
		}
		return list
	}
	results := nightly(0.3, 0.2, 0.2)
	window := below(0.5, 0.4)
	window.Gate, window.Severity = "abort p95(response_time) < 500ms over 60s for 30s", "abort"
	warn := below(0.25, 0.2)
	warn.Gate, warn.Severity = "warn "+warn.Gate, "warn"
	unknown := job.Judgement{Gate: "rps > 1/s", Subject: "rps", Op: ">", Wants: "1/s", Unit: job.PerSecond, Verdict: job.Inconclusive}
	results[1].Gates = append(results[1].Gates, window, warn, unknown)
	bare := earlier("scenario", 3, job.Succeeded)
	bare.Report.Samples = append(bare.Report.Samples, job.Sample{Metric: "response_time", Aggregation: "p95", Value: 0.1}, job.Sample{Metric: "response_time", Aggregation: "p95", Value: 9, Labels: map[string]string{"request": "x"}})
	results = append(results, bare)
	if got, want := names(results), []string{"p95(response_time) 3", "p95(response_time) over 60s for 30s 1", "rps 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	c, _ := tracksOf(results)[0].curve()
	if len(c.limits) != 2 {
		t.Errorf("limits: %+v", c.limits)
	}
	bare.Report.Samples = append(bare.Report.Samples, job.Sample{Metric: "error_rate", Missing: "no"}, job.Sample{Metric: "duration", Value: 3}, job.Sample{Metric: "x", Value: 3})
	if got, want := names([]Result{bare}), []string{"p95(response_time) 1", "rps 1", "duration 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestTrendSorts: results come in any order and copies, and the job whose last
// run ended worst is the first.
func TestTrendSorts(t *testing.T) {
	good, bad := nightly(0.3, 0.2, 0.4, 0.2), nightly(0.3, 0.2, 0.2, 0.4)
	for i := range bad {
		bad[i].What = "another"
	}
	slices.Reverse(bad)
	shown, _ := OneWorld(slices.Concat(good, bad, good), false)
	jobs := trendJobsOf(shown)
	if len(jobs) != 2 || jobs[0].results[0].What != "another" || len(jobs[1].results) != 3 || jobs[0].results[0].Ref.ID != "1" {
		t.Errorf("%d jobs", len(jobs))
	}
	page := trendPageOf(t, slices.Concat(good, bad))
	for _, want := range []string{"❌ Trends: 1 of 2 jobs passed; another: p95(response_time) is 400 ms", "6 results of 2 jobs, 2026-05-01 to 2026-05-03 (UTC)", ">✅❌✅<", ">✅✅❌<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// TestTrendStaysSmall: whatever a page is given it stays below some size, and
// says what it leaves out.
func TestTrendStaysSmall(t *testing.T) {
	long := make([]float64, 10_000)
	for i := range long {
		long[i] = 0.2 + float64(i%7)/1000
	}
	many := nightly(0.3, long...)
	wide := nightly(0.3, 0.1, 0.2, 0.25)
	for i := range wide {
		for k := range outlineGates {
			g := below(0.3, 0.2)
			g.Subject = fmt.Sprintf(`p95(response_time{request="GET /%d"})`, k)
			wide[i].Gates = append(wide[i].Gates, g)
		}
	}
	var jobs []Result
	for i := range 300 {
		for k, r := range nightly(0.3, long[:30]...) {
			r.What = fmt.Sprint("job ", i)
			r.Ref.ID = fmt.Sprint(i, k)
			jobs = append(jobs, r)
		}
	}
	var lost []Unread
	for i := range 500 {
		lost = append(lost, Unread{fmt.Sprint("file", i), "why"})
	}
	for _, test := range []struct {
		name    string
		results []Result
		says    []string
	}{
		{"results", many, []string{"10000 results of 1 job", "9900 more are counted above and not drawn", "The newest 50; 9950 older not listed.", "480 more could not be used"}},
		{"gates", wide, []string{"71 are more of this job not shown"}},
		{"jobs", jobs, []string{"Only 100 jobs are shown", "200 are not"}},
	} {
		began, before := time.Now(), allocated()
		page := trendPageOf(t, test.results, lost...)
		t.Logf("%s: %d results, %.2f MB, %s, %.0f MB allocated", test.name, len(test.results), float64(len(page))/1e6, time.Since(began).Round(time.Millisecond), float64(allocated()-before)/1e6)
		if len(page) > 2<<20 {
			t.Errorf("%s: the page has %d bytes", test.name, len(page))
		}
		for _, want := range test.says {
			if !strings.Contains(page, want) {
				t.Errorf("%s: the page does not say %q", test.name, want)
			}
		}
	}
}

// TestSpikeOfTrend: of thousands of results the one that broke a limit is drawn.
func TestSpikeOfTrend(t *testing.T) {
	values := slices.Repeat([]float64{0.2, 0.21}, 2000)
	values[1777] = 0.5
	if page := trendPageOf(t, nightly(0.3, values...)); strings.Count(page, `class="broken"`) != 2 { // in the chart and in its legend
		t.Error("the result that broke its limit is not drawn")
	}
}

// TestHostileTrend: no text of anybody is more than text, and no number breaks a
// chart.
func TestHostileTrend(t *testing.T) {
	for _, s := range hostile.Texts(t) {
		r := full(s)
		r.Judged = r.Ended
		page := trendPageOf(t, []Result{r, full("x")}, Unread{s, s})
		if r := hostile.Unseen(page); r != "" {
			t.Errorf("%.100q: the page has %s in it", s, r)
		}
	}
	for _, v := range []float64{0, 1e-300, 1e300, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, -1, 1e15} {
		results := nightly(v, v, -v, 1)
		for i := range results {
			results[i].Report.Samples = []job.Sample{{Metric: "rps", Value: v}}
			results[i].Began, results[i].Ended = time.Time{}, []time.Time{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)}[i%2]
		}
		trendPageOf(t, results)
		results[1].Gates[0].NoLimit = true // of a curve that may be flat
		trendPageOf(t, results)
	}
}

// FuzzTrend holds that what can be read of a file can be shown.
func FuzzTrend(f *testing.F) {
	b, err := full("x").JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	for _, r := range nightly(0.3, 0.2, 0.4) {
		src, err := r.JSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add([]byte(`{"version":1,"provider":"x","outcome":"succeeded","ended":"2026-01-01T00:00:00Z","report":{"samples":[{"metric":"rps","value":1}]}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := ReadOutline(bytes.NewReader(src))
		if err != nil {
			return
		}
		other := r
		other.Ended = r.head().when().Add(time.Hour)
		trendPageOf(t, []Result{r, other}, Unread{string(src), "x"})
	})
}

// TestReadOutline: what a trend shows of a result is what the whole file says,
// read no further than it has to be.
func TestReadOutline(t *testing.T) {
	gated := nightly(0.3, 0.2)[0]
	bare := earlier("scenario", 1, job.Succeeded)
	bare.Judged = bare.Ended
	failed := nightly(0.3, 0.2)[0]
	failed.Outcome, failed.Why = job.JobFailed, []string{"it broke", "and more"}
	for i := range 3 * outlineSamples {
		bare.Report.Samples = append(bare.Report.Samples, job.Sample{Metric: "rps", Labels: map[string]string{"request": strconv.Itoa(i)}, Value: 1})
	}
	failed.Report = bare.Report
	for name, r := range map[string]Result{"gated": gated, "bare": bare, "failed": failed} {
		r.Name, r.Emulated = "nightly", true
		src, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		rest := &counted{src: bytes.NewReader(src)}
		got, err := ReadOutline(rest)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		whole, err := ReadResult(src)
		if err != nil {
			t.Fatal(err)
		}
		_, word, reason := say(got)
		_, wantWord, wantReason := say(whole)
		if word != wantWord || reason != wantReason || !got.head().when().Equal(whole.head().when()) || cmp.Diff(got.Gates, whole.Gates) != "" || got.RunURL != whole.RunURL || got.Commit != whole.Commit || got.Name != "nightly" || !got.Emulated {
			t.Errorf("%s: %s, %s; the whole says %s, %s", name, word, reason, wantWord, wantReason)
		}
		if name != "gated" && cmp.Diff(got.Report.Samples, whole.Report.Samples[:1]) != "" {
			t.Errorf("%s: the values are %+v", name, got.Report.Samples)
		}
		if name == "bare" && rest.read > len(src)/2 {
			t.Errorf("%s: %d of %d bytes were read", name, rest.read, len(src))
		}
	}
	tests := []struct{ src, want string }{
		{``, "it is empty"}, {`[]`, "it is a list"}, {`3`, "it is no object"}, {`{}`, "it has no version"}, {`{"version":2}`, "only version 1 can be read"},
		{`{"version":1,"provider":"x","outcome":"succeeded"}`, "it does not say when it was"},
		{`{"version":1,"provider":"x","outcome":"succeeded","ended":"0001-01-01T00:00:00Z"}`, "it does not say when it was"},
		{`{"version":1,"provider":"x","outcome":"succeeded","ended":"2026-01-01T00:00:00Z","gates":3}`, "not a result.json"},
		{`{"version":1,"provider":"x","outcome":"succeeded","ended":"2026-01-01T00:00:00Z","report":3}`, "its report is no object"},
		{`{"version":1,"provider":"x","outcome":"succeeded","ended":"2026-01-01T00:00:00Z","report":{"samples":{}}}`, "its samples are no list"},
		{`{"version":1,"provider":"x","outcome":"succeeded","ended":"2026-01-01T00:00:00Z","report":{"samples":[`, "it ends in the middle"},
	}
	for _, test := range tests {
		if _, err := ReadOutline(strings.NewReader(test.src)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ReadOutline(%s): %v, want %q", test.src, err, test.want)
		}
	}
}

// counted is a reader that knows how much was read.
type counted struct {
	src  *bytes.Reader
	read int
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.src.Read(b)
	c.read += n
	return n, err
}

// TestOneWorld: emulated results make no trend with real ones. They are left out
// and counted, or shown alone by a page that says so.
func TestOneWorld(t *testing.T) {
	real, played := nightly(0.3, 0.2, 0.21), nightly(0.3, 0.1, 0.5, 0.1)
	for i := range played {
		played[i].Emulated, played[i].Ref.ID = true, "emulated"
	}
	all := slices.Concat(played, real, played, real)
	page := trendPageOf(t, all)
	for _, want := range []string{"2 results of 1 job, 2026-05-01 to 2026-05-02 (UTC)", "Left out: 3 emulated results, of which nothing was real. ", "<title>✅ Trends: "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page of both does not say %q", want)
		}
	}
	if strings.Contains(page, "500 ms") {
		t.Error("the page of real results has an emulated value")
	}
	page = trendPageOf(t, played)
	for _, want := range []string{"3 results of 1 job", `<p class="above">🧪 Emulated: nothing real ran. `, "<title>Emulated: ✅ Trends: "} {
		if !strings.Contains(page, want) || strings.Contains(page, "Left out") {
			t.Errorf("the page of emulated results does not say %q", want)
		}
	}
	if shown, others := OneWorld(all, true); len(shown) != 3 || len(others) != 2 || !shown[0].Emulated || others[0].Emulated {
		t.Errorf("asked for emulated ones: %d shown, %d not", len(shown), len(others))
	}
	if shown, others := OneWorld(real, true); shown != nil || len(others) != 2 {
		t.Errorf("asked for emulated ones of real ones: %d shown", len(shown))
	}
}

// TestTrendNames: a job is called by its newest name, and is one job by whatever
// names it had.
func TestTrendNames(t *testing.T) {
	results := nightly(0.3, 0.2, 0.2, 0.4)
	results[0].Name, results[2].Name = "old name", "checkout"
	other := nightly(0.3, 0.2)
	other[0].What = "another"
	page := trendPageOf(t, slices.Concat(results, other))
	for _, want := range []string{"1 of 2 jobs passed; checkout: ", `<a href="#job-1">checkout</a><br><span class="note">tencent-pts · scenario</span>`, "<h2>❌ checkout: Failed</h2>", `<a href="#job-2">another</a><br><span class="note">tencent-pts</span>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "old name") {
		t.Error("the page calls the job by an old name")
	}
}

// TestForeignLinks: a page links to addresses of web pages alone.
func TestForeignLinks(t *testing.T) {
	for _, address := range []string{"javascript:alert(1)", "file:///etc/passwd", "https://u:p@example.com/", "//evil.example/", "data:text/html,x"} {
		r := nightly(0.3, 0.2)[0]
		r.RunURL = address
		if page := trendPageOf(t, []Result{r}); strings.Contains(page, "rel=\"noreferrer\"") {
			t.Errorf("the page links to %q", address)
		}
	}
}
