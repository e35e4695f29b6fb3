package report

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

var update = flag.Bool("update", false, "write the golden files")

// golden is a case in testdata: NAME.json says what happened, and NAME.md,
// NAME.txt and NAME.outputs what is shown of it. Exactly one member is set.
type golden struct {
	Items    []goldenItem
	Problems field.Problems
	Requests []cloud.Request
	Checks   []goldenCheck
}

// goldenCheck is a live check, with errors as those of items are written.
type goldenCheck struct {
	job.Inspection
	Things []struct {
		job.Thing
		Failure *goldenFailure
	}
	Needs []struct {
		job.Need
		Failure *goldenFailure
	}
}

func (g goldenCheck) inspection(t *testing.T) job.Inspection {
	i := g.Inspection
	for _, one := range g.Things {
		if one.Failure != nil {
			one.Thing = job.NotRead(one.Name, one.Failure.err(t))
		}
		i.Things = append(i.Things, one.Thing)
	}
	for _, one := range g.Needs {
		if one.Failure != nil {
			one.Need.Err = one.Failure.err(t)
		}
		i.Needs = append(i.Needs, one.Need)
	}
	return i
}

type goldenItem struct {
	job.Item
	Failure *goldenFailure
	Broken  string // a fault of ours
}

type goldenFailure struct {
	Fault string
	job.Error
}

func (f *goldenFailure) err(t *testing.T) error {
	fault := slices.Index([]string{"refused", "denied", "throttled", "unsent", "stopped", "ambiguous"}, f.Fault)
	if fault < 0 {
		t.Fatalf("no fault is called %q", f.Fault)
	}
	f.Error.Fault = job.Fault(fault)
	return &f.Error
}

func (g golden) result(t *testing.T) engine.Result {
	r := engine.Result{Outcome: job.Started}
	for _, i := range g.Items {
		switch {
		case i.Failure != nil:
			i.Item.Err = i.Failure.err(t)
		case i.Broken != "":
			i.Item.Err = errors.New(i.Broken)
		}
		r.Items = append(r.Items, i.Item)
		r.Outcome = job.Worse(r.Outcome, job.OutcomeOf(i.Item.Err))
	}
	return r
}

func TestGolden(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.json")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range cases {
		name := strings.TrimSuffix(path, ".json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(src, &g); err != nil {
				t.Fatal(err)
			}
			var summary string
			switch {
			case g.Problems != nil:
				summary = Invalid(g.Problems)
			case g.Requests != nil:
				summary = Rehearsed(g.Requests)
			case g.Checks != nil:
				var all []job.Inspection
				var text strings.Builder
				for _, c := range g.Checks {
					all = append(all, c.inspection(t))
					text.WriteString(InspectedText(all[len(all)-1]) + "\n")
				}
				for _, o := range InspectedOutputs(all) {
					fmt.Fprintf(&text, "%s = %s\n", o.Name, o.Value)
				}
				summary = Inspected(all)
				compare(t, name+".txt", text.String())
			default:
				r := g.result(t)
				summary = Summary(r)
				compare(t, name+".txt", Table(r, nil)+"\n")
				var outputs strings.Builder
				for _, o := range Outputs(r, false, "the log") {
					fmt.Fprintf(&outputs, "%s = %s\n", o.Name, o.Value)
				}
				compare(t, name+".outputs", outputs.String())
			}
			compare(t, name+".md", summary)
			checkSummary(t, summary)
		})
	}
}

func compare(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// block of a dry run, and what a summary says of its own beside tables.
var (
	blocks    = regexp.MustCompile(`(?s)<pre>[^<>]*</pre>\n`)
	sentences = []*regexp.Regexp{
		regexp.MustCompile(`^#{3,4} [^|<>]*$`),
		regexp.MustCompile(`^Outcome: \*\*[a-z-]+\*\*$`),
		regexp.MustCompile(`^[0-9]+ [a-z]+ more, not shown here: the log has all\.$`),
		regexp.MustCompile(`^<code>[^|<>]*</code>: [^|<>]*$`),
		regexp.MustCompile(`^<details><summary>Whole ids, for the vendor's support</summary>$|^</details>$`),
		regexp.MustCompile(`^Only reads were made; nothing was started\.$`),
		regexp.MustCompile(`^$`),
	}
)

// checkSummary holds what every summary keeps: the limit, tables with as many
// cells in each row as in their head, and nothing else but our own sentences.
func checkSummary(t *testing.T, summary string) {
	t.Helper()
	if len(summary) >= summaryLimit {
		t.Errorf("the summary has %d bytes, the limit is %d", len(summary), summaryLimit)
	}
	checkMarkdown(t, summary)
	cells := 0 // of the table that we are in; 0 is none
	for line := range strings.Lines(blocks.ReplaceAllString(strings.ReplaceAll(summary, apart, ""), "")) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "|") {
			cells = 0
			if !slices.ContainsFunc(sentences, func(s *regexp.Regexp) bool { return s.MatchString(line) }) {
				t.Errorf("what is this line? %.300q", line)
			}
			continue
		}
		if cells == 0 {
			cells = strings.Count(line, "|")
		}
		if got := strings.Count(line, "|"); got != cells {
			t.Errorf("a row has %d bars, the head of its table %d: %.300q", got, cells, line)
		}
		bare := strings.NewReplacer("<code>", "", "</code>", "", "<wbr>", "", "<br>", "", "**", "").Replace(links.ReplaceAllString(line, ""))
		if strings.ContainsAny(bare, "<>`[]*_~\\$@") || strings.Contains(bare, "://") || strings.Contains(bare, "www.") {
			t.Errorf("markup in %.300q", line)
		}
	}
}

// all gives every text of an item the same value.
func all(s string, fault job.Fault) job.Item {
	return job.Item{
		Provider: s, What: s, Ref: job.Ref{ID: s, Run: s}, Status: s, RequestID: s, Note: s,
		Err: &job.Error{Fault: fault, Call: s, Code: s, Message: s, RequestID: s, Meaning: s, Cure: s},
	}
}

func TestHostileSummaries(t *testing.T) {
	for _, s := range hostile.Texts(t) {
		item := all(s, job.Refused)
		fine := item
		fine.Err = nil
		for _, n := range []int{1, 50} {
			if n > 1 && len(s) < 1000 { // many are tried for the limit
				continue
			}
			checkSummary(t, Summary(engine.Result{Outcome: job.StartFailed, Items: slices.Repeat([]job.Item{item, fine}, n)}))
			checkSummary(t, Invalid(slices.Repeat(field.Problems{{Place: field.Place{File: s, Line: n, Col: n}, Text: s}}, n)))
			checkSummary(t, Rehearsed(slices.Repeat([]cloud.Request{{
				Call: cloud.Call{Name: "StartJob", Does: s, Permission: s}, Line: s, Headers: []string{s, s}, Body: s,
			}}, n)))
		}
	}
}

// TestManyJobs holds that a summary of very many jobs shows some of each kind,
// says how many are missing, and stays within the limit.
func TestManyJobs(t *testing.T) {
	const n = 10_000
	items := slices.Repeat([]job.Item{{Provider: "tencent-pts", What: "scenario s", Ref: job.Ref{ID: "job-1"}}, all("x", job.Refused)}, n/2)
	summary := Summary(engine.Result{Outcome: job.StartFailed, Items: items})
	checkSummary(t, summary)
	for _, want := range []string{"### ❌ 5000 of 10000 jobs started", "jobs more, not shown here", "failures more, not shown here"} {
		if !strings.Contains(summary, want) {
			t.Errorf("the summary does not say %q", want)
		}
	}
	if got := strings.Count(summary, "\n| "); got < 200 {
		t.Errorf("the summary has only %d rows", got)
	}
}

// TestManyOutputs: a later step gets each output in one variable, which holds
// 128 KiB, and what does not fit is said. Those that failed are kept first.
func TestManyOutputs(t *testing.T) {
	const n = 5000
	var items []job.Item
	for i := range n {
		item := job.Item{Provider: "huawei-drs", What: fmt.Sprintf("task %d", i), Ref: job.Ref{ID: fmt.Sprintf("9a470239-2308-4bb5-a6bc-%012d", i)}, How: job.Began, End: job.Succeeded, Verdict: job.Pass}
		item.Gates = []job.Judgement{{Gate: "progress >= 100%", Subject: "progress", Op: ">=", Wants: "100%", Verdict: job.Pass, Unit: job.Percent, Limit: 100, Actual: 100}}
		if i%1000 == 999 {
			item.End, item.Why, item.Verdict, item.Gates[0].Verdict = job.JobFailed, []string{"it broke"}, job.Inconclusive, job.Inconclusive
		}
		items = append(items, item)
	}
	values := map[string]string{}
	for _, o := range Outputs(engine.Result{Outcome: job.JobFailed, Items: items}, true, "out") {
		if values[o.Name] = o.Value; len("NAME_OF_THEIRS=")+len(o.Value) > 100<<10 {
			t.Errorf("%s has %d bytes", o.Name, len(o.Value))
		}
	}
	left := map[string]int{}
	for part := range strings.SplitSeq(values["left_out"], ", ") {
		var name, noun string
		var kept, of int
		if _, err := fmt.Sscanf(part, "%s has %d of %d %s", &name, &kept, &of, &noun); err == nil {
			left[name] = kept
			if of != n {
				t.Errorf("%q, of %d jobs", part, n)
			}
		}
	}
	for _, name := range []string{"job_ids", "statuses", "gates"} {
		var list []any
		if err := json.Unmarshal([]byte(values[name]), &list); err != nil || len(list) < 300 || len(list) != left[name] {
			t.Errorf("%s has %d entries, left_out says %d: %q; %v", name, len(list), left[name], values["left_out"], err)
		}
	}
	if !strings.HasSuffix(values["left_out"], "; out has all") {
		t.Errorf("left_out says %q", values["left_out"])
	}
	if got := strings.Count(values["statuses"], `"outcome":"job-failed"`); got != 5 {
		t.Errorf("statuses has %d of the 5 that failed", got)
	}
	if got := strings.Count(values["gates"], `"inconclusive"`); got != 5 {
		t.Errorf("gates has %d of the 5 that are inconclusive", got)
	}
	for _, o := range Outputs(engine.Result{Items: items[:100]}, true, "out") {
		if o.Name == "left_out" && o.Value != "" {
			t.Errorf("100 jobs: left_out is %q", o.Value)
		}
	}
}

// TestOutputsAreDeclared holds that the outputs are those of the documentation.
func TestOutputsAreDeclared(t *testing.T) {
	var declared, set []string
	for _, d := range OutputDocs() {
		declared = append(declared, d.Name)
		if d.Doc == "" {
			t.Errorf("%s is not explained", d.Name)
		}
	}
	for _, o := range Outputs(engine.Result{}, false, "the log") {
		set = append(set, o.Name)
	}
	if diff := cmp.Diff(declared, set); diff != "" {
		t.Errorf("outputs (-declared +set):\n%s", diff)
	}
}

// TestVictims: a job that another one's failure ended is told apart from it
// everywhere: in the first line, the rows, the outputs and the test cases.
func TestVictims(t *testing.T) {
	victim := job.Item{Provider: "tencent-pts", What: "scenario b", Ref: job.Ref{ID: "job-2"}, How: job.Began, End: job.JobFailed, Stop: job.StopConfirmed, Culprit: "scenario a"}
	culprit := job.Item{Provider: "tencent-pts", What: "scenario a", Ref: job.Ref{ID: "job-1"}, How: job.Began, End: job.JobFailed, Why: []string{"12 % errors"}}
	r := engine.Result{Outcome: job.JobFailed, Items: []job.Item{victim, culprit}}
	junit, err := JUnit([]Result{Of(victim), Of(culprit)})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, o := range Outputs(r, false, "the log") {
		values[o.Name] = o.Value
	}
	const why = "scenario a failed, which ended this job too (fail_fast)"
	for text, want := range map[string]string{
		Summary(r):         "### ❌ 0 of 2 jobs succeeded, 1 failed, 1 ended with it (fail_fast) – scenario a: 12 % errors\n",
		Summary(r) + " ":   "| 🛑 | **scenario b**<br>tencent-pts · <code>job-2</code> |",
		Table(r, nil):      "🛑 tencent-pts  scenario b",
		Reason(victim):     why,
		values["reason"]:   "12 % errors",
		values["statuses"]: `"stop":"stopped","culprit":"scenario a"}`,
		string(junit):      `<testsuite name="tencent-pts: scenario b" tests="1" failures="0" errors="0" skipped="1"`,
		Judged([]Result{Of(victim), Of(culprit)}): "### ❌ 0 of 2 jobs passed; scenario a: 12 % errors",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// TestSettledUnknown: of a job whose start could not be learnt the post step's
// summary says just that, and where to look.
func TestSettledUnknown(t *testing.T) {
	text := Settled(engine.Result{Items: []job.Item{{
		Provider: "tencent-pts", What: "scenario s", Err: &job.Error{Fault: job.Ambiguous, Call: "search", Message: "whether it was started could not be learnt", Cure: "look for it in the console (cj-abc)"},
	}}})
	if !strings.Contains(text, "| ❓ search: whether it was started could not be learnt; look for it in the console (cj-abc) |") {
		t.Errorf("it says\n%s", text)
	}
}

// TestLostSight: of a job that was started and could not be followed to its end
// nobody says that it was not started.
func TestLostSight(t *testing.T) {
	lost := job.Item{
		Provider: "tencent-pts", What: "scenario s", Ref: job.Ref{ID: "job-1"}, How: job.Began, End: job.Unauthorized, Stop: job.StopLeft,
		Why: []string{"its state could not be read any more: DescribeJobs: AuthFailure", "scenario s (job-1) runs on"},
	}
	text := Judged([]Result{Of(lost)})
	if strings.Contains(text, "Not started") || !strings.Contains(text, "could not be read any more") {
		t.Errorf("it says\n%s", text)
	}
}
