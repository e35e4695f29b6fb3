package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

// checkMarkdown holds that GitHub makes nothing of a summary that is not ours,
// and that nothing in it is unseen.
func checkMarkdown(t *testing.T, summary string) (shape []string) {
	t.Helper()
	shape, faults := hostile.Markdown(summary)
	for _, fault := range faults[:min(3, len(faults))] {
		t.Errorf("GitHub reads %s", fault)
	}
	if r := hostile.Unseen(summary); r != "" {
		t.Errorf("nobody sees %s in %.300q", r, summary)
	}
	return shape
}

// markdowns are all summaries and tables, of things that are called s.
func markdowns(s string) map[string]string {
	item := all(s, job.Refused)
	item.Why, item.Last = []string{s, s}, job.Status{Word: s, Message: s, Progress: s, StillCosts: s}
	settled := item
	settled.Stop = job.StopConfirmed
	result := full(s)
	result.RunURL, result.Console = "https://github.com/o/r/actions", "https://console.example.com/jobs" // of no run, so that no commit is linked
	result.Past = []Result{result}
	text, compared := Compare(result, result, nil)
	_ = text
	return map[string]string{
		"summary":            Summary(engine.Result{Outcome: job.StartFailed, Items: []job.Item{item, item}}),
		"settled":            Settled(engine.Result{Items: []job.Item{item, settled}}),
		"broken":             BrokenSummary([]string{s, s, s}),
		"unknown":            Unknown(s),
		"invalid":            Invalid(field.Problems{{Place: field.Place{File: s, Line: 1, Col: 1}, Text: s}}),
		"dry run":            Rehearsed([]cloud.Request{{Call: cloud.Call{Name: s, Does: s, Permission: s}, Line: s, Headers: []string{s}, Body: s}}),
		"judged":             Judged([]Result{result}),
		"several":            Judged([]Result{result, result}),
		"compare":            compared,
		"comment":            Comment([]Result{result}, Tested{Commit: testedCommit}, "", 64<<10),
		"comment on several": Comment([]Result{result, result}, Tested{Commit: testedCommit}, "", 64<<10),
		"live":               Inspected([]job.Inspection{inspection(s)}),
	}
}

// inspection is a live check of things that are called s.
func inspection(s string) job.Inspection {
	refused := &job.Error{Fault: job.Denied, Call: s, Code: s, Message: s, RequestID: s, Meaning: s, Cure: s}
	return job.Inspection{
		Provider: s, What: []string{s, s},
		Things: []job.Thing{{Name: s, Says: s}, {Name: s, Finding: job.Absent, Says: s, Cure: s}, job.NotRead("x", refused)},
		Runs:   []job.Earlier{{Of: s, Ref: job.Ref{ID: s, Run: s}, Status: job.Status{Word: s, Message: s, Progress: s}}},
		Needs:  []job.Need{{For: s, Call: s, Permission: s, Standing: job.Untried}, {For: "run", Call: s, Permission: s, Standing: job.Denial, Asked: true, Err: refused}},
	}
}

// TestHostileMarkdown: wherever a text stands in a summary, GitHub makes the
// same of it as of a plain word.
func TestHostileMarkdown(t *testing.T) {
	want := map[string][]string{}
	for name, summary := range markdowns("word") {
		want[name] = checkMarkdown(t, summary)
	}
	for _, s := range hostile.Seeds(t) {
		for name, summary := range markdowns(s) {
			shape := checkMarkdown(t, summary)
			if clean(s) == "" { // what has no text may be left out
				continue
			}
			if diff := cmp.Diff(want[name], shape); diff != "" {
				t.Errorf("%s of %q (-a word +this):\n%.600s\n%.600s", name, s, diff, summary)
			}
		}
	}
}

// TestHostileFiles: what nobody sees stands in no file and on no line.
func TestHostileFiles(t *testing.T) {
	for _, s := range hostile.Texts(t) {
		results := []Result{full(s)}
		text, _ := Compare(results[0], results[0], nil)
		item := all(s, job.Refused)
		for name, written := range map[string]string{
			"junit.xml": string(checkJUnit(t, results)), "report.html": string(checkHTML(t, results)), "series.csv": string(checkCSV(t, results[0])),
			"compare": text, "the log": Table(engine.Result{Items: []job.Item{item}}, nil) + Line(item, nil), "the log of a live check": InspectedText(inspection(s)), "the gates in the log": Gates(append(results, results...), nil),
		} {
			if r := hostile.Unseen(written); r != "" {
				t.Errorf("%s of %.100q has %s in it", name, s, r)
			}
		}
	}
}

// TestHostileFormulas: no cell of a spreadsheet is a formula, whatever ends its
// cells.
func TestHostileFormulas(t *testing.T) {
	for _, s := range hostile.Texts(t) {
		r := Result{Report: job.Report{Series: []job.Series{{Metric: s, Points: []job.Point{{At: 0, Value: -1}}}, {Metric: "rps", Labels: map[string]string{"request": s}}}}}
		for _, comma := range []rune{',', ';'} {
			sheet := csv.NewReader(bytes.NewReader(CSV(r)))
			sheet.Comma, sheet.LazyQuotes, sheet.FieldsPerRecord = comma, true, -1
			rows, err := sheet.ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			for _, value := range rows[0] {
				if bare := strings.TrimLeft(value, " \"'\t\r"); bare != "" && !strings.HasPrefix(value, "'") && strings.ContainsAny(bare[:1], "=+-@|") {
					t.Errorf("%.100q: a spreadsheet that ends cells by %q takes %.100q for a formula", s, comma, value)
				}
			}
		}
	}
}
