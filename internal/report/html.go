package report

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

//go:embed page.tmpl.html
var pageTemplate string

const (
	pageCharts   = 12   // of a job; series.csv has all
	pagePoints   = 200  // of a chart
	pageValues   = 60   // of a chart's table
	pageRequests = 1000 // result.json has all
	pageRows     = 2000 // of any other table
)

// page is what the template reads.
type page struct {
	Title string
	Above string // what stands above all, or ""
	Mark  string
	Text  string
	Jobs  []pageJob
}

type pageJob struct {
	Anchor             string
	Mark, Word, Reason string
	Provider, What     string
	Facts              []pair
	URL                string
	Why, Notes         []string
	Gates              []gateRow
	Charts             []picture
	ChartsLeft         int
	Tables             []pageTable
	Rerun              string
	Trend              bool // a gate has earlier results
}

type pageTable struct {
	Title string
	Head  []string
	Rows  [][]string
	Left  int  // rows that are not shown
	Open  bool // unfolded
	Gone  int  // rows that are nowhere: the report was too large
}

// HTML is report.html: one page that needs nothing else, neither files nor
// scripts nor a connection.
func HTML(results []Result) ([]byte, error) {
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return nil, fmt.Errorf("report.html: %w", err)
	}
	results = worstFirst(results)
	var p page
	switch len(results) {
	case 0:
		p.Mark, p.Text = "❓", "No job was judged"
	case 1:
		mark, word, reason := say(results[0])
		p.Mark, p.Text = mark, word+": "+reason
	default:
		p.Mark, p.Text = sayAll(results)
	}
	p.Text = clean(p.Text)
	p.Above, p.Title = notReal(emulatedResults(results), len(results)), clean(p.Mark+" "+p.Text)
	if p.Above != "" {
		p.Title = "Emulated: " + p.Title
	}
	for i, r := range results {
		p.Jobs = append(p.Jobs, newPageJob(i, r))
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("report.html: %w", err)
	}
	return b.Bytes(), nil
}

func newPageJob(i int, r Result) pageJob {
	j := pageJob{Anchor: fmt.Sprintf("job-%d", i+1), Provider: clean(r.Provider), What: clean(r.title()), Gates: gateRows(r), Rerun: job.Plain(r.Rerun)}
	mark, word, reason := say(r)
	j.Mark, j.Word, j.Reason = mark, clean(word), clean(reason)
	j.Facts = facts(r)
	if link(r.RunURL, "") != "" {
		j.URL = r.RunURL
	}
	for k, g := range j.Gates {
		j.Gates[k].Name, j.Gates[k].Gate, j.Gates[k].Note = clean(g.Name), clean(g.Gate), clean(g.Note)
		j.Gates[k].Limit, j.Gates[k].Actual = clean(g.Limit), clean(g.Actual)
		j.Trend = j.Trend || g.Bars != ""
	}
	j.Why, j.Notes = cleaned(r.Why), cleaned(slices.Concat(r.Notes, r.Report.Notes))
	list := curves(r)
	for _, c := range list[:min(pageCharts, len(list))] {
		j.Charts = append(j.Charts, draw(c))
	}
	j.ChartsLeft = len(list) - len(j.Charts)
	head, rows, total := requestTable(r.Report, pageRequests)
	lost := gone(r.Report)
	j.table(pageTable{"Items", []string{"", "Item", "Status", "Detail"}, partTable(r.Report), 0, true, 0})
	j.table(pageTable{"Slowest requests", head, rows, total - len(rows) - lost, true, lost})
	j.table(pageTable{"Errors by kind", []string{"Error", "Count", "Share of errors"}, errorTable(r.Report), 0, true, 0})
	j.table(pageTable{"Checks and other values", []string{"Value", ""}, rowsOf(labelled(r.Report)), 0, false, 0})
	j.table(pageTable{"All totals", []string{"Metric", "Value"}, rowsOf(totals(r)), 0, true, 0})
	j.table(pageTable{"Timeline", []string{"When (UTC)", "What"}, rowsOf(timeline(r)), 0, true, 0})
	return j
}

// table adds a table that has rows, and not too many of them.
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

func facts(r Result) []pair {
	list := []pair{{"Outcome", string(r.Outcome)}, {"Verdict", string(r.Verdict)}, {"Provider", r.Provider}, {"Name", r.Name}, {"Job", r.What}, {"Id", r.Ref.ID}, {"Run", r.Ref.Run}, {"In", r.Ref.In}, {"Start", string(r.How)}, {"Status", r.Status}, {"Stop", stoppedAs(r.Stop, r.StillCosts)}, {"Ran", ran(r)}, {"Request id", r.RequestID}, {"Commit", r.Commit}, {"Ref", r.GitRef}, {"Written by", r.Tool}}
	for i := range list {
		list[i].Text = clean(list[i].Text)
	}
	return slices.DeleteFunc(list, func(p pair) bool { return p.Text == "" })
}

// picture is a chart as the template draws it, in the units of its viewBox.
type picture struct {
	Name, Extent string
	Line         string // the points of the polyline
	Dots         []dot
	Limits       []level
	X, Y         []tick
	Values       [][2]string
	Left         int // values that the table does not have
}

type dot struct{ X, Y, Title string }

type level struct{ Y, TextY, Text string }

type tick struct{ At, Text, Anchor string }

// The box of a chart's lines within its viewBox of 560 by 260.
const (
	boxLeft, boxRight = 70.0, 545.0
	boxTop, boxBottom = 20.0, 220.0
)

func draw(c curve) picture {
	points := downsample(c.points, pagePoints)
	factor, _, low, high := c.axis()
	low, high = low*factor, high*factor
	begin, end := points[0].At, points[len(points)-1].At
	x := func(p job.Point) string {
		return pixel(boxLeft + (boxRight-boxLeft)*float64(p.At-begin)/float64(max(end-begin, 1)))
	}
	y := func(v float64) float64 { return boxBottom - (boxBottom-boxTop)*(v-low)/(high-low) }
	pic := picture{Name: clean(c.name), Extent: c.extent()}
	var line []string
	for _, p := range points {
		d := dot{x(p), pixel(y(p.Value)), clock(p.At) + ": " + gate.Amount(p.Value, c.unit)}
		line, pic.Dots = append(line, d.X+","+d.Y), append(pic.Dots, d)
	}
	pic.Line = strings.Join(line, " ")
	for _, l := range c.limits {
		at := y(l.Limit)
		above := at - 5
		if above < boxTop+6 {
			above = at + 14
		}
		pic.Limits = append(pic.Limits, level{pixel(at), pixel(above), "limit " + clean(l.Op) + " " + gate.Amount(l.Limit, c.unit)})
	}
	for _, v := range ticks(low, high) {
		pic.Y = append(pic.Y, tick{pixel(y(v)), gate.Amount(v, c.unit), "end"})
	}
	for third, anchor := range []string{"start", "middle", "middle", "end"} {
		p := job.Point{At: begin + (end-begin)*time.Duration(third)/3}
		pic.X = append(pic.X, tick{x(p), clock(p.At), anchor})
	}
	shown := downsample(c.points, pageValues)
	for _, p := range shown {
		pic.Values = append(pic.Values, [2]string{clock(p.At), gate.Amount(p.Value, c.unit)})
	}
	pic.Left = len(c.points) - len(shown)
	return pic
}

func pixel(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// ticks are round values between low and high, four or so.
func ticks(low, high float64) []float64 {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*times) <= 5 {
			step *= times
			break
		}
	}
	var all []float64
	for i := math.Ceil(low / step); i*step <= high && len(all) < 12; i++ {
		all = append(all, i*step)
	}
	return all
}
