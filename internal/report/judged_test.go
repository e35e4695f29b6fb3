package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"cloudjob/internal/gate"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

// judgedCase is the input.json of a folder in testdata/judged: results, and
// earlier results of the first. What is written of them stands beside it;
// report.html only where a page is kept.
type judgedCase struct{ Results, Past []json.RawMessage }

func TestJudgedGolden(t *testing.T) {
	folders, err := filepath.Glob("testdata/judged/*/input.json")
	if err != nil || len(folders) < 6 {
		t.Fatalf("only %d cases: %v", len(folders), err)
	}
	schema := resultSchema(t)
	for _, path := range folders {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			var c judgedCase
			src, err := os.ReadFile(path)
			if err == nil {
				err = json.Unmarshal(src, &c)
			}
			if err != nil {
				t.Fatal(err)
			}
			results := readAll(t, schema, c.Results)
			results[0].Past = readAll(t, schema, c.Past)
			checkJudged(t, Judged(results))
			compare(t, filepath.Join(dir, "summary.md"), Judged(results))
			compare(t, filepath.Join(dir, "junit.xml"), string(checkJUnit(t, results)))
			compare(t, filepath.Join(dir, "series.csv"), string(checkCSV(t, results[0])))
			page := checkHTML(t, results)
			if golden := filepath.Join(dir, "report.html"); exists(golden) {
				compare(t, golden, string(page))
			}
			if len(results) == 2 {
				text, markdown := Compare(results[0], results[1], nil)
				checkJudged(t, markdown)
				compare(t, filepath.Join(dir, "compare.txt"), text+"\n")
				compare(t, filepath.Join(dir, "compare.md"), markdown)
			}
		})
	}
}

func exists(path string) bool { _, err := os.Stat(path); return !errors.Is(err, os.ErrNotExist) }

// readAll holds that what is read is what the schema says, and that writing
// and reading it again changes nothing.
func readAll(t *testing.T, schema *jsonschema.Schema, sources []json.RawMessage) (results []Result) {
	t.Helper()
	for _, src := range sources {
		r, err := ReadResult(src)
		if err != nil {
			t.Fatal(err)
		}
		written, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range [][]byte{src, written} {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%v", err)
			}
		}
		again, err := ReadResult(written)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, again); diff != "" {
			t.Errorf("written and read again (-before +after):\n%s", diff)
		}
		results = append(results, r)
	}
	return results
}

// resultSchema is the shipped schema, which takes more names, made strict: so
// a name that is written and not declared is found.
func resultSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(ResultSchema))
	if err != nil {
		t.Fatal(err)
	}
	strict(doc)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("result.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("result.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func strict(v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["type"] == "object" && v["properties"] != nil {
			v["additionalProperties"] = false
		}
		for _, inner := range v {
			strict(inner)
		}
	case []any:
		for _, inner := range v {
			strict(inner)
		}
	}
}

// full is a result in which every text is s and no field is empty.
func full(s string) Result {
	series := job.Series{Metric: s, Aggregation: s, Labels: map[string]string{"request": s}}
	for i := range 100 {
		series.Points = append(series.Points, job.Point{At: time.Duration(i) * time.Second, Value: float64(i)})
	}
	plainly := series
	plainly.Labels, plainly.Metric, plainly.Aggregation = nil, "rps", ""
	return Result{
		Tool: s, Provider: s, What: s, Ref: job.Ref{ID: s, Run: s, In: s, Kind: s, Since: s}, How: job.Began, Outcome: job.GateFailed, Verdict: job.Fail, Status: s, Stop: job.StopConfirmed,
		Began: time.Date(2026, 5, 4, 1, 2, 3, 0, time.UTC), Ended: time.Date(2026, 5, 4, 2, 2, 3, 0, time.UTC), Seconds: 3600, RequestID: s, RunURL: s, Commit: s, GitRef: s,
		Aborted: &job.Abort{Gate: s, After: 95 * time.Second}, Console: s,
		Gates: []job.Judgement{
			{Gate: s, Name: s, Severity: "abort", File: s, Line: 3, Subject: s, Op: "<", Wants: s, Results: 3, Median: 0.9, Verdict: job.Fail, Unit: job.Percent, Limit: 1, Actual: 2, Where: s, Reason: s},
			{Gate: s, Subject: s, Op: "==", Wants: s, Severity: "warn", Verdict: job.Fail, Unit: job.Word, Word: s},
			{Gate: named(s, s, map[string]string{"request": s}) + " < baseline", Subject: named(s, s, map[string]string{"request": s}), Op: "<", Wants: "baseline", NoLimit: true, Verdict: job.Inconclusive, Reason: s},
		},
		Report: job.Report{
			Samples: []job.Sample{{Metric: s, Aggregation: s, Value: 1, Word: s, Behind: 1, Missing: s}, {Metric: "response_time", Aggregation: "p95", Labels: map[string]string{"request": s}, Value: 1}, {Metric: s, Labels: map[string]string{s: s, "x": s}}},
			Series:  []job.Series{series, plainly}, Errors: []job.ErrorKind{{What: s, Count: 3}}, Ranges: []job.Range{{What: s, Count: 3}}, Parts: []job.Part{{Name: s, Status: s, Detail: s}}, Notes: []string{s},
		},
		Timeline: []job.Moment{{At: time.Date(2026, 5, 4, 1, 2, 3, 0, time.UTC), What: s}}, Why: []string{s}, Notes: []string{s}, Rerun: s,
	}
}

// TestSchemaKnowsEveryField validates a result that has them all.
func TestSchemaKnowsEveryField(t *testing.T) {
	r := full("x")
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	readAll(t, resultSchema(t), []json.RawMessage{b})
}

func TestSchemaRefuses(t *testing.T) {
	schema := resultSchema(t)
	for _, change := range []func(map[string]any){
		func(r map[string]any) { r["version"] = 2 },
		func(r map[string]any) { delete(r, "outcome") },
		func(r map[string]any) { r["outcome"] = "fine" },
		func(r map[string]any) { r["began"] = "yesterday" },
		func(r map[string]any) { r["gates"] = []any{map[string]any{"gate": "x"}} },
		func(r map[string]any) {
			r["report"] = map[string]any{"samples": []any{map[string]any{"metric": "rps"}}}
		},
		func(r map[string]any) { r["other"] = 1 },
	} {
		b, err := full("x").JSON()
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string]any
		if err := json.Unmarshal(b, &doc); err != nil {
			t.Fatal(err)
		}
		change(doc)
		if schema.Validate(doc) == nil {
			t.Errorf("the schema takes %.200v", doc)
		}
	}
}

func TestReadResultRefuses(t *testing.T) {
	tests := []struct{ src, want string }{
		{``, "not a result.json: it is empty"},
		{`[]`, "not a result.json: it is a list, and a result.json holds one result; give each a file of its own"},
		{`[{"version":1}]`, "it is a list"},
		{`3`, "not a result.json: it is no object"},
		{`{}`, "not a result.json: it has no version"},
		{`{"version":2}`, "result.json has version 2, and only version 1 can be read"},
		{`{"version":1}`, "it has no provider or no outcome"},
		{`{"version":1,"provider":"x","outcome":"succeeded","gates":3}`, "not a result.json: json: cannot unmarshal number"},
		{`{"version":1,"provider":"x","outcome":"succeeded"} x`, "not a result.json: invalid character"},
	}
	for _, test := range tests {
		if _, err := ReadResult([]byte(test.src)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("ReadResult(%s): %v, want %q", test.src, err, test.want)
		}
	}
}

// TestNoNumber holds that what JSON cannot write is no value, and never zero.
func TestNoNumber(t *testing.T) {
	r := full("x")
	r.Report.Samples = []job.Sample{{Metric: "rps", Value: math.NaN()}}
	r.Report.Series = []job.Series{{Metric: "rps", Points: []job.Point{{At: 1, Value: math.Inf(1)}, {At: 2, Value: 3}}}}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadResult(b)
	if err != nil {
		t.Fatal(err)
	}
	if got.Report.Samples[0].Missing == "" || len(got.Report.Series[0].Points) != 1 {
		t.Errorf("%+v", got.Report)
	}
	if !math.IsNaN(r.Report.Samples[0].Value) {
		t.Error("JSON changed the result")
	}
	r.Gates[0].Actual = math.NaN()
	if _, err := r.JSON(); err == nil {
		t.Error("a gate that saw no number was written")
	}
}

// TestSpikesStay holds that the lowest and the highest point of any series are
// in its chart, which has few points.
func TestSpikesStay(t *testing.T) {
	for _, n := range []int{1, 2, 59, 60, 61, 119, 1000, 100_000} {
		for _, spike := range []int{0, n / 3, n - 1} {
			points := make([]job.Point, n)
			for i := range points {
				points[i] = job.Point{At: time.Duration(i) * time.Second, Value: math.Sin(float64(i))}
			}
			points[spike].Value = 50
			points[(spike+n/2)%n].Value -= 50
			low := slices.MinFunc(points, byValue).Value
			kept, drawn := downsample(points, chartPoints), even(points, chartPoints)
			if len(kept) > chartPoints || len(drawn) > chartPoints {
				t.Errorf("%d points: %d kept, %d drawn", n, len(kept), len(drawn))
			}
			if high := slices.MaxFunc(points, byValue).Value; slices.MaxFunc(kept, byValue).Value != high || slices.MinFunc(kept, byValue).Value != low || slices.Max(drawn) != high || slices.Min(drawn) != low {
				t.Errorf("%d points: a spike at %d is lost", n, spike)
			}
			if !slices.IsSortedFunc(kept, func(a, b job.Point) int { return int(a.At - b.At) }) {
				t.Errorf("%d points: not in order of time", n)
			}
		}
	}
}

func byValue(a, b job.Point) int {
	switch {
	case a.Value < b.Value:
		return -1
	case a.Value > b.Value:
		return 1
	}
	return 0
}

// TestGaps holds that nothing is drawn in a gap but the straight line over it.
func TestGaps(t *testing.T) {
	got := even([]job.Point{{At: 0, Value: 0}, {At: time.Second, Value: 10}, {At: 5 * time.Second, Value: 50}}, 12)
	if !slices.IsSorted(got) || len(got) != 12 || got[0] != 0 || got[11] != 50 {
		t.Errorf("%v", got)
	}
	if got := even([]job.Point{{At: 1, Value: 5}, {At: 1, Value: 6}, {At: 1, Value: 7}}, 12); !slices.Equal(got, []float64{5, 7}) {
		t.Errorf("points of one time: %v", got)
	}
}

func TestSparkline(t *testing.T) {
	tests := []struct {
		values []float64
		want   string
	}{
		{nil, ""}, {[]float64{5, 5}, "▄▄"}, {[]float64{99, 100, 98}, "▄▄▄"}, {[]float64{0, 1, 2, 3, 4, 5, 6, 7}, "▁▂▃▄▅▆▇█"}, {[]float64{-math.MaxFloat64, math.MaxFloat64}, "▁█"},
	}
	for _, test := range tests {
		if got := sparkline(test.values); got != test.want {
			t.Errorf("sparkline(%v) = %q, want %q", test.values, got, test.want)
		}
	}
}

// What a summary says of its own: tags, charts, links.
var (
	charts  = regexp.MustCompile("(?s)```mermaid\n(.*?)```\n")
	links   = regexp.MustCompile(`<a href="(?i:https?)://[^"<>\s]*">(workflow run|console|commit [0-9a-f]{7})</a>`)
	ownTags = strings.NewReplacer("<details>", "", "<details open>", "", "</details>", "", "<summary>", "", "</summary>", "", "<code>", "", "</code>", "", "<wbr>", "", "<br>", "", inFiles, "", nowhere, "")
	heavy   = regexp.MustCompile(`^(#{3,4} |- |\| --- .*|\|( --- \|)+$)|\*\*`)
	axisOf  = regexp.MustCompile(`^    (title "[^"\x60;#%\\]*"|x-axis "seconds since the start" -?[\d.]+ --> -?[\d.]+|y-axis -?[\d.]+ --> -?[\d.]+|line \[-?[\d.]+(, -?[\d.]+)*\])$`)
)

// checkJudged holds what every summary of judged jobs keeps: its limit, whole
// tables, folds that are closed, charts of known lines, and no markup of others.
func checkJudged(t *testing.T, summary string) {
	t.Helper()
	if len(summary) >= summaryLimit || !utf8.ValidString(summary) {
		t.Errorf("the summary has %d bytes, the limit is %d", len(summary), summaryLimit)
	}
	checkMarkdown(t, summary)
	if first, _, _ := strings.Cut(summary, "\n"); !strings.HasPrefix(first, "### ") {
		t.Errorf("the first line is %.200q", first)
	}
	if unquoted := blocks.ReplaceAllString(summary, ""); strings.Count(unquoted, "<details>")+strings.Count(unquoted, "<details open>") != strings.Count(unquoted, "</details>") || strings.Count(unquoted, "```")%2 != 0 {
		t.Error("a fold or a chart is not closed")
	}
	for _, c := range charts.FindAllStringSubmatch(blocks.ReplaceAllString(summary, ""), -1) {
		if len(c[1]) > 50_000 {
			t.Errorf("a chart has %d characters", len(c[1]))
		}
		lines := strings.Split(strings.TrimSuffix(c[1], "\n"), "\n")
		for _, line := range lines[2:] {
			if !axisOf.MatchString(line) {
				t.Errorf("what is this line of a chart? %.300q", line)
			}
		}
	}
	bare := links.ReplaceAllString(charts.ReplaceAllString(blocks.ReplaceAllString(summary, ""), ""), "")
	cells := 0
	for line := range strings.Lines(ownTags.Replace(strings.ReplaceAll(bare, apart, ""))) {
		line = strings.TrimSuffix(line, "\n")
		if bars := strings.Count(line, "|"); strings.HasPrefix(line, "|") {
			if cells == 0 {
				cells = bars
			}
			if bars != cells {
				t.Errorf("a row has %d bars, the head of its table %d: %.300q", bars, cells, line)
			}
		} else if cells = 0; bars > 0 {
			t.Errorf("a bar outside a table: %.300q", line)
		}
		text := entities.ReplaceAllString(heavy.ReplaceAllString(line, ""), " ")
		if strings.ContainsAny(text, "<>`[]*_~\\$@&#") || strings.Contains(text, "://") || strings.Contains(text, "www.") {
			t.Errorf("markup in %.300q", line)
		}
	}
}

func checkJUnit(t *testing.T, results []Result) []byte {
	t.Helper()
	b, err := JUnit(results)
	if err != nil {
		t.Fatal(err)
	}
	if !utf8.Valid(b) {
		t.Error("junit.xml is not UTF-8")
	}
	var suites junitSuites
	if err := xml.Unmarshal(b, &suites); err != nil {
		t.Fatalf("junit.xml: %v", err)
	}
	for i, s := range suites.Suites {
		if got, want := len(s.Cases), 1+len(results[i].Gates); got != want || s.Tests != want {
			t.Errorf("%d of %d test cases for %d", got, s.Tests, want)
		}
	}
	return b
}

func checkCSV(t *testing.T, r Result) []byte {
	t.Helper()
	b := CSV(r)
	rows, err := csv.NewReader(bytes.NewReader(b)).ReadAll() // complains of rows of different lengths
	if err != nil {
		t.Fatalf("series.csv: %v", err)
	}
	if len(rows[0]) != 1+len(r.Report.Series) {
		t.Errorf("%d columns for %d series", len(rows[0]), len(r.Report.Series))
	}
	for _, name := range rows[0] {
		if name != "" && strings.ContainsAny(name[:1], "=+-@|\t\r") {
			t.Errorf("a spreadsheet takes %q for a formula", name)
		}
	}
	return b
}

// ours are the tags and attributes of the page; nothing in it loads anything.
var ours = regexp.MustCompile(`(?i)<(script|img|iframe|link|object|embed|form|base|image|use)\b|\bon[a-z]+\s*=\s*["'a-z]|url\(|@import|\bsrc=|javascript:`)

func checkHTML(t *testing.T, results []Result) []byte {
	t.Helper()
	b, err := HTML(results)
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, b)
	return b
}

// policy is the style and the script that a page lets in, and no others.
var policy = regexp.MustCompile(`(?s)content="default-src 'none'; style-src '(sha256-[^']+)'; (?:script-src '(sha256-[^']+)'; )?base-uri 'none'; form-action 'none'">.*<style>(.*?)</style>`)

// ownScript is the one script of a page, its last word.
var ownScript = regexp.MustCompile(`(?s)<script>(.*?)</script>\n</body>\n</html>\n$`)

// checkPage holds that a page is well-formed, that nothing in it loads anything
// or runs but its own script, and that its policy lets that and its style in and
// nothing else.
func checkPage(t *testing.T, b []byte) {
	t.Helper()
	m := policy.FindSubmatch(b)
	if m == nil {
		t.Fatal("the page has no strict policy")
	}
	if script := ownScript.FindSubmatchIndex(b); script != nil {
		if allowed := html.UnescapeString(string(m[2])); allowed != hashOf(string(b[script[2]:script[3]])) {
			t.Error("the page's policy does not let its own script in")
		}
		b = slices.Concat(b[:script[0]], []byte("</body></html>"))
	} else if len(m[2]) > 0 {
		t.Error("the page's policy lets a script in, and it has none")
	}
	// Of what a browser takes for a tag: an escaped text has no < of its own.
	seen := map[string]bool{}
	for _, part := range strings.Split(string(b), "<")[1:] {
		tag, _, _ := strings.Cut("<"+part, ">")
		if seen[tag] || strings.HasPrefix(tag, "<circle") {
			continue
		}
		seen[tag] = true
		if m := ours.FindString(tag); m != "" && !strings.HasPrefix(tag, "<svg") {
			t.Errorf("the page has %q in %.200q", m, tag)
		}
	}
	d := xml.NewDecoder(bytes.NewReader(b))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("the page: %v", err)
		}
	}
	if bytes.Contains(b, []byte("NaN")) || bytes.Contains(b, []byte("ZgotmplZ")) {
		t.Error("the page draws what is no number, or holds what a template refused")
	}
	if sum := sha256.Sum256(m[3]); html.UnescapeString(string(m[1])) != "sha256-"+base64.StdEncoding.EncodeToString(sum[:]) {
		t.Error("the page's policy does not let its own style in")
	}
	for _, wants := range []string{`<html lang="en">`, "<title>", `name="viewport"`} {
		if !bytes.Contains(b, []byte(wants)) {
			t.Errorf("the page has no %s", wants)
		}
	}
	if bytes.Contains(b, []byte("style=")) {
		t.Error("the page has a style that its policy keeps out")
	}
}

// TestHostileJudged holds that no text of anybody is more than text.
func TestHostileJudged(t *testing.T) {
	for _, s := range hostile.Texts(t) {
		for _, n := range []int{1, 7} {
			if n > 1 && len(s) > 1000 && s[0] != '@' { // one of the long ones will do
				continue
			}
			results := slices.Repeat([]Result{full(s)}, n)
			for i := range results {
				results[i].Outcome = []job.Outcome{job.GateFailed, job.Unjudged, job.JobFailed, job.Succeeded, job.Cancelled, job.StartFailed, job.Outcome(s)}[i%7]
				results[i].Past = []Result{full(s)}
				results[i].Gates = slices.Repeat(results[i].Gates, 14/n)
			}
			checkJudged(t, Judged(results))
			if n == 1 {
				checkJUnit(t, results)
				checkHTML(t, results)
			}
		}
		checkCSV(t, full(s))
		_, markdown := Compare(full(s), full(s+"x"), nil)
		checkJudged(t, markdown)
	}
}

// TestStrangeNumbers holds that no number breaks a chart or a page.
func TestStrangeNumbers(t *testing.T) {
	for _, v := range []float64{0, 1e-300, 1e300, -1e300, math.MaxFloat64, math.SmallestNonzeroFloat64, math.NaN(), math.Inf(1), math.Inf(-1), -1, 1e15} {
		for _, at := range []time.Duration{0, -1, time.Second, math.MaxInt64, math.MinInt64} {
			r := full("x")
			r.Seconds = v
			for i := range r.Gates {
				r.Gates[i].Limit, r.Gates[i].Actual = v, -v
			}
			for i := range r.Report.Series {
				r.Report.Series[i].Points = []job.Point{{At: 0, Value: 1}, {At: at, Value: v}, {At: 5 * time.Second, Value: -v}}
			}
			checkJudged(t, Judged([]Result{r}))
			checkHTML(t, []Result{r})
			checkCSV(t, r)
			Compare(r, full("x"), nil)
		}
	}
}

// large is a result of so many requests and gates.
func large(requests, gates int, name string) Result {
	r := full("scenario")
	r.Report.Samples, r.Gates = nil, nil
	for i := range requests {
		labels := map[string]string{"request": fmt.Sprintf("GET /api/%s/%d", name, i)}
		for _, c := range columns() {
			r.Report.Samples = append(r.Report.Samples, job.Sample{Metric: c.metric, Aggregation: c.aggregation, Labels: labels, Value: float64(i%977) / 1000})
		}
	}
	for i := range gates {
		subject := fmt.Sprintf(`p95(response_time{request="GET /api/%s/%d"})`, name, i)
		r.Gates = append(r.Gates, job.Judgement{Gate: subject + " < 500ms", Subject: subject, Op: "<", Wants: "500ms", Verdict: []job.Verdict{job.Pass, job.Fail, job.Inconclusive}[i%3], Unit: job.Seconds, Limit: 0.5, Actual: float64(i) / 100, Reason: name})
	}
	return r
}

// TestLargeJudged holds that a large summary shows some of each and says what
// it does not show.
func TestLargeJudged(t *testing.T) {
	for _, name := range []string{"x", strings.Repeat("@|", 500)} {
		one := Judged([]Result{large(10_000, 50, name)})
		checkJudged(t, one)
		for _, want := range []string{"of 10000)", "not shown here", "xychart-beta", "| ❌ | ", "Timeline"} {
			if !strings.Contains(one, want) {
				t.Errorf("the summary does not say %q", want)
			}
		}
		many := Judged(slices.Repeat([]Result{large(50, 50, name)}, 1000))
		checkJudged(t, many)
		if !strings.Contains(many, "jobs more, not shown here") && !strings.Contains(many, "jobs more without a section here") {
			t.Error("the summary does not say how many jobs it leaves out")
		}
		checkHTML(t, []Result{large(10_000, 50, name)})
	}
}

// TestFirstLine holds that each outcome says what happened, and why, first.
func TestFirstLine(t *testing.T) {
	for _, k := range append(job.Kinds(), job.Kind{Outcome: job.GateFailed}, job.Kind{Outcome: job.Unjudged}) {
		first, _, _ := strings.Cut(Judged([]Result{{Provider: "p", What: "w", Outcome: k.Outcome}}), "\n")
		if !regexp.MustCompile(`^### \S+ [A-Z][a-z ]+: \S.*`).MatchString(first) {
			t.Errorf("%s: %q", k.Outcome, first)
		}
	}
}

// TestJUnitFailsAsTheStepDoes: what does not fail the step is skipped.
func TestJUnitFailsAsTheStepDoes(t *testing.T) {
	tests := []struct {
		outcome                   job.Outcome
		gate                      job.Judgement
		failures, errors, skipped int
	}{
		{job.Succeeded, job.Judgement{Verdict: job.Pass}, 0, 0, 0},
		{job.GateFailed, job.Judgement{Verdict: job.Fail}, 1, 0, 0},
		{job.GateFailed, job.Judgement{Verdict: job.Fail, Severity: "abort"}, 1, 0, 0},
		{job.Succeeded, job.Judgement{Verdict: job.Fail, Severity: "warn"}, 0, 0, 1},
		{job.Unjudged, job.Judgement{Verdict: job.Inconclusive}, 0, 1, 0},
		{job.Succeeded, job.Judgement{Verdict: job.Inconclusive}, 0, 0, 1},
		{job.JobFailed, job.Judgement{Verdict: job.Pass}, 1, 0, 0},
		{job.Cancelled, job.Judgement{Verdict: job.Inconclusive}, 0, 2, 0},
		{job.TimedOut, job.Judgement{Verdict: job.Pass}, 0, 1, 0},
		{job.Started, job.Judgement{Verdict: job.Pass}, 0, 0, 1},
	}
	for _, test := range tests {
		s := suite(Result{Provider: "p", What: "w", Outcome: test.outcome, Gates: []job.Judgement{test.gate}})
		if s.Failures != test.failures || s.Errors != test.errors || s.Skipped != test.skipped {
			t.Errorf("%s, %+v: %d failures, %d errors, %d skipped", test.outcome, test.gate, s.Failures, s.Errors, s.Skipped)
		}
	}
}

// FuzzJudged holds that no text breaks what is written of a result.
func FuzzJudged(f *testing.F) {
	for _, s := range hostile.Seeds(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkJudged(t, Judged([]Result{full(s)}))
		checkJudged(t, Judged([]Result{full(s), full("x")}))
		checkJUnit(t, []Result{full(s)})
		checkHTML(t, []Result{full(s)})
		checkCSV(t, full(s))
	})
}

// FuzzReadResult holds that what can be read can be shown, and written again.
func FuzzReadResult(f *testing.F) {
	b, err := full("x").JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"provider":"x","outcome":"succeeded"}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := ReadResult(src)
		if err != nil {
			return
		}
		checkJudged(t, Judged([]Result{r}))
		written, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadResult(written); err != nil {
			t.Fatal(err)
		}
	})
}

// BenchmarkJudged holds a report of 10,000 requests against 50 gates and writes
// the summary.
func BenchmarkJudged(b *testing.B) {
	r := large(10_000, 0, "x")
	for i := range r.Report.Series {
		r.Report.Series[i].Points = slices.Repeat(r.Report.Series[i].Points, 36)
	}
	var lines []string
	for i := range 50 {
		lines = append(lines, fmt.Sprintf(`%s(response_time{request~"GET *x*%d"}) < %dms`, []string{"avg", "max", "p95", "p99"}[i%4], i%10, 900+i))
	}
	gates, problems := gate.Parse("gates", strings.Join(lines, "\n"))
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	b.ReportAllocs()
	for b.Loop() {
		r.Gates = gate.Judge(gates, r.Report, nil, time.Hour)
		if summary := Judged([]Result{r}); len(summary) > summaryLimit || r.Gates[0].Verdict == job.Inconclusive {
			b.Fatal(len(summary), r.Gates[0])
		}
	}
}

// TestCompareShowsWhatChangedMost: of very many requests those stand side by
// side that a reader looks for.
func TestCompareShowsWhatChangedMost(t *testing.T) {
	took := func(change float64) (r Result) {
		for i := range 2 * comparedRequests {
			labels := map[string]string{"request": fmt.Sprintf("r%02d", i)}
			r.Report.Samples = append(r.Report.Samples, job.Sample{Metric: "response_time", Aggregation: "p95", Labels: labels, Value: 1 + change*float64(i)})
		}
		return r
	}
	text, _ := Compare(took(0), took(0.1), nil)
	first, least, last := strings.Index(text, fmt.Sprintf("r%02d", 2*comparedRequests-1)), strings.Index(text, "r01"), strings.Index(text, fmt.Sprintf("r%02d", comparedRequests))
	if first < 0 || last < first || least >= 0 {
		t.Errorf("what changed most stands at %d, what changed less at %d, and least at %d:\n%s", first, last, least, text)
	}
}
