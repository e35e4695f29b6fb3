package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

var (
	//go:embed head.tmpl.html
	headTemplate string
	//go:embed page.tmpl.html
	pageTemplate string
	//go:embed chart.tmpl.html
	chartTemplate string
	//go:embed page.css
	pageStyle string
	//go:embed page.js
	pageScript string
)

// look is what every page has: the program that made it, its style and its script,
// and their hashes. The page's Content-Security-Policy allows only what has these.
type look struct {
	Generator  string
	Style      template.CSS
	StyleHash  string
	Script     template.JS // of report.html alone
	ScriptHash string
}

func newLook(generator, script string) look {
	l := look{Generator: generator, Style: template.CSS(pageStyle), StyleHash: hashOf(pageStyle), Script: template.JS(script)}
	if script != "" {
		l.ScriptHash = hashOf(script)
	}
	return l
}

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

// render writes a page that needs no other file and no connection. Without its script
// the page still shows everything.
func render(name, text string, data any) ([]byte, error) {
	t, err := template.New("page").Parse(text)
	for part, text := range map[string]string{"head": headTemplate, "chart": chartTemplate} {
		if err == nil {
			_, err = t.New(part).Parse(text)
		}
	}
	var b bytes.Buffer
	if err == nil {
		err = t.Execute(&b, data)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b.Bytes(), nil
}

const (
	pageCharts = 12  // of a job; series.csv has all
	pagePoints = 200 // of a line
	pageSlots  = 80  // of a chart, to point at
	pageValues = 60  // of a chart's table
	pagePast   = 6   // charts of the last results
	pageRows   = 2000
)

// page is what the template reads.
type page struct {
	look
	Title  string
	Above  string // a warning above everything else, or ""
	Mark   string
	Text   string
	Beside []besideTable
	Jobs   []pageJob
}

type pageJob struct {
	Anchor             string
	Mark, Word, Reason string
	Provider, What     string
	Name               string // what the user calls it, or ""
	Key                string // its main values
	About              []ref
	Facts              []pair
	Links              []ref
	Why, Notes         []string
	Gates              []gateRow
	First              *picture // the chart of what the deciding gate is about
	Charts             []picture
	ChartsLeft         int
	Totals             []change
	Base               string // what the totals are compared with
	Spread, Ranges     []share
	Errors             []share
	ErrorsLeft         int
	Requests           *requestList
	Past               []picture
	PastSays           string
	Tables             []pageTable
	Rerun              string
	Trend              bool // a gate has earlier results
}

// ref is a text that may be a link.
type ref struct{ Text, URL string }

type pageTable struct {
	Title string
	Head  []string
	Rows  [][]string
	Left  int  // rows that are not shown
	Open  bool // unfolded
}

// share is a row of a table with a bar.
type share struct{ Name, Text, Width string }

// HTML is report.html.
func HTML(results []Result) ([]byte, error) {
	results = worstFirst(results)
	p := page{look: newLook(madeBy, pageScript), Beside: beside(results)}
	switch len(results) {
	case 0:
		p.Mark, p.Text = "❓", "No job was judged"
	case 1:
		mark, word, reason := say(results[0])
		p.Mark, p.Text = mark, word+": "+reason
	default:
		p.Mark, p.Text = sayAll(results)
	}
	if text := []rune(clean(p.Text)); len(text) > reasonShown { // the gates have all of it
		p.Text = string(text[:reasonShown]) + "…"
	}
	p.Text = clean(p.Text)
	p.Above, p.Title = notReal(emulatedResults(results), len(results)), clean(p.Mark+" "+p.Text)
	if p.Above != "" {
		p.Title = "Emulated: " + p.Title
	}
	for i, r := range results {
		p.Jobs = append(p.Jobs, newPageJob(i, len(results), r))
	}
	return render("report.html", pageTemplate, p)
}

// newPageJob is the part of a page about one of so many jobs.
func newPageJob(i, jobs int, r Result) pageJob {
	j := pageJob{Anchor: fmt.Sprintf("job-%d", i+1), Provider: clean(r.Provider), What: clean(r.What), Name: clean(r.Name), Key: keyValues(r), Gates: gateRows(r), Rerun: job.Plain(r.Rerun)}
	mark, word, reason := say(r)
	j.Mark, j.Word, j.Reason = mark, clean(word), clean(reason)
	j.about(r)
	for k, g := range j.Gates {
		j.Gates[k].Name, j.Gates[k].Gate, j.Gates[k].Note = clean(g.Name), clean(g.Gate), clean(g.Note)
		j.Gates[k].Limit, j.Gates[k].Actual = clean(g.Limit), clean(g.Actual)
		j.Trend = j.Trend || g.Bars != ""
	}
	j.Why, j.Notes = cleaned(reasons(r)), cleaned(slices.Concat(r.Notes, r.Report.Notes))
	j.draw(r)
	j.Totals, j.Base = changesOf(r)
	j.Spread, j.Ranges = spreadOf(r), rangeShares(r.Report)
	j.Errors, j.ErrorsLeft = errorShares(r.Report)
	j.Requests = newRequestList(r, requestBytes/max(jobs, 1))
	j.past(r)
	j.table(pageTable{"Items", []string{"", "Item", "Status", "Detail"}, partTable(r.Report), 0, true})
	j.table(pageTable{"Checks and other values", []string{"Value", ""}, rowsOf(labelled(r.Report)), 0, false})
	j.table(pageTable{"Timeline", []string{"When (UTC)", "What"}, rowsOf(timeline(r)), 0, false})
	return j
}

// draw makes the charts of what the job measured while it ran: first what the
// deciding gate is about, then all others over the same time.
func (j *pageJob) draw(r Result) {
	list := curves(r)
	if len(list) == 0 {
		return
	}
	begin, end := spanOf(list)
	all := panels(list)
	for i, panel := range all {
		at := slices.IndexFunc(panel, func(c curve) bool { return c.name == list[0].name })
		if at < 0 {
			continue
		}
		first := drawRun(panel[at:at+1], begin, end, boxBottom)
		j.First = &first
		if len(panel) == 1 { // the same chart would stand there twice
			all = slices.Delete(all, i, i+1)
		}
		break
	}
	for _, panel := range all[:min(pageCharts, len(all))] {
		j.Charts = append(j.Charts, drawRun(panel, begin, end, lowBottom))
	}
	for _, panel := range all[len(j.Charts):] {
		j.ChartsLeft += len(panel)
	}
}

// past draws the values of the gates, or the main values, over the last results
// and this one.
func (j *pageJob) past(r Result) {
	results := slices.DeleteFunc(append(slices.Clone(r.Past), r), func(r Result) bool { return r.head().when().IsZero() })
	if len(results) < 2 || len(r.Past) == 0 {
		return
	}
	slices.SortStableFunc(results, func(a, b Result) int { return a.head().when().Compare(b.head().when()) })
	tracks := slices.DeleteFunc(tracksOf(results), func(t *track) bool { return len(t.values) < 2 || t.unit == job.Word })
	for _, t := range tracks[:min(pagePast, len(tracks))] {
		t.judge()
		j.Past = append(j.Past, t.picture(pageValues))
	}
	j.PastSays = fmt.Sprintf("%s of this job and this one, %s.", plural(len(results)-1, "earlier result"), span(results))
}

// table adds a table if it has rows, and cuts it if it has too many.
func (j *pageJob) table(t pageTable) {
	if len(t.Rows) == 0 {
		return
	}
	if len(t.Rows) > pageRows {
		t.Left += len(t.Rows) - pageRows
		t.Rows = t.Rows[:pageRows]
	}
	for i, row := range t.Rows {
		t.Rows[i] = cleaned(row)
	}
	j.Tables = append(j.Tables, t)
}

func cleaned(lines []string) []string {
	list := make([]string, len(lines))
	for i, line := range lines {
		list[i] = clean(line)
	}
	return list
}

// about fills in the line below the job's name, and the facts about the result.
func (j *pageJob) about(r Result) {
	j.Facts = facts(r)
	when, lasted := "", ran(r)
	if at := r.When(); !at.IsZero() {
		when = minute(at) + " UTC"
	}
	if lasted != "" {
		lasted = "ran " + lasted
	}
	j.About = []ref{{j.Provider, ""}, {when, ""}, {lasted, ""}, {brief(r.Commit), commitURL(r)}}
	if j.Name != "" {
		j.About = slices.Insert(j.About, 1, ref{j.What, ""})
	}
	for _, to := range []struct{ short, whole, address string }{
		{"workflow run", "Workflow run", r.RunURL}, {"", "Commit", commitURL(r)}, {"console", "Console", r.Console},
	} {
		if link(to.address, "") == "" {
			continue
		}
		j.About, j.Links = append(j.About, ref{to.short, to.address}), append(j.Links, ref{to.whole, to.address})
	}
	j.About = slices.DeleteFunc(j.About, func(a ref) bool { return a.Text == "" })
}

func facts(r Result) []pair {
	list := []pair{{"Outcome", string(r.Outcome)}, {"Verdict", string(r.Verdict)}, {"Provider", r.Provider}, {"Name", r.Name}, {"Job", r.What}, {"Id", r.Ref.ID}, {"Run", r.Ref.Run}, {"In", r.Ref.In}, {"Start", string(r.How)}, {"Status", r.Status}, {"Stop", stoppedAs(r.Stop, r.StillCosts)}, {"Ran", ran(r)}, {"Began (UTC)", stamp(r.Began)}, {"Ended (UTC)", stamp(r.Ended)}, {"Request id", r.RequestID}, {"Commit", r.Commit}, {"Ref", r.GitRef}, {"Written by", r.Tool}}
	for i := range list {
		list[i].Text = clean(list[i].Text)
	}
	return slices.DeleteFunc(list, func(p pair) bool { return p.Text == "" })
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// keyValues are the main values of a job, for the table of several jobs: of a load
// test its response time, errors and rate; of others how many items ended well.
func keyValues(r Result) string {
	var parts []string
	seen := map[string]bool{}
	for _, s := range usualTotals([]Result{r}) {
		if len(parts) < 3 && s.Word == "" && !seen[s.Metric] {
			seen[s.Metric] = true
			parts = append(parts, clean(named(s.Metric, s.Aggregation, nil))+" "+gate.Amount(s.Value, job.UnitOf(s.Metric)))
		}
	}
	if len(parts) == 0 && len(r.Report.Parts) > 0 {
		well := 0
		for _, p := range r.Report.Parts {
			if partMark(p) == "✅" {
				well++
			}
		}
		parts = append(parts, fmt.Sprintf("%d of %s ended well", well, plural(len(r.Report.Parts), "item")))
	}
	return strings.Join(parts, " · ")
}
