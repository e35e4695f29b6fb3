package report

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
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

var (
	//go:embed head.tmpl.html
	headTemplate string
	//go:embed page.tmpl.html
	pageTemplate string
	//go:embed chart.tmpl.html
	chartTemplate string
	//go:embed page.css
	pageStyle string
)

// look is what every page has: what made it, its style, and the hash by which
// the page's policy lets that in, and no other.
type look struct {
	Generator string
	Style     template.CSS
	StyleHash string
}

func newLook(generator string) look {
	sum := sha256.Sum256([]byte(pageStyle))
	return look{generator, template.CSS(pageStyle), "sha256-" + base64.StdEncoding.EncodeToString(sum[:])}
}

// render writes a page, which needs nothing else: neither files nor scripts nor
// a connection.
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
	pageCharts   = 12   // of a job; series.csv has all
	pagePoints   = 200  // of a chart
	pageValues   = 60   // of a chart's table
	pageRequests = 1000 // result.json has all
	pageRows     = 2000 // of any other table
)

// page is what the template reads.
type page struct {
	look
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

// HTML is report.html.
func HTML(results []Result) ([]byte, error) {
	results = worstFirst(results)
	p := page{look: newLook(madeBy)}
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
	return render("report.html", pageTemplate, p)
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
		j.Charts = append(j.Charts, drawRun(c))
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
	Legend       []key
	Line         string // the points of the polyline
	Dots         []dot
	Limits       []level
	X, Y         []tick
	Head         []string
	Values       []record
	Left         string // what the table does not have
}

// key says what a line or a point of a chart is; one that is not drawn has no
// class.
type key struct {
	Class, Text string
	Point       bool
}

type dot struct{ Class, X, Y, R, Title string }

// level is the line of a limit, or what is said of one at the edge.
type level struct{ Class, Path, TextY, Text string }

type tick struct{ At, Text, Anchor string }

type record struct {
	URL   string // of its first cell
	Cells []string
}

// The box of a chart's lines within its viewBox of 560 by 260.
const (
	boxLeft, boxRight = 70.0, 545.0
	boxTop, boxBottom = 20.0, 220.0
	textHeight        = 15.0
)

// pageLimits are the classes of the limits that a chart shows: each looks its
// own way.
func pageLimits() []string { return []string{"limit", "limit second", "limit third"} }

// drawRun draws what a job measured while it ran.
func drawRun(c curve) picture {
	pic := c.draw(pagePoints, func(p job.Point) dot {
		return dot{R: "2", Title: c.when(p.At) + ": " + gate.Amount(p.Value, c.unit)}
	})
	pic.Head = []string{"Time", pic.Name}
	shown := downsample(c.points, pageValues)
	for _, p := range shown {
		pic.Values = append(pic.Values, record{Cells: []string{c.when(p.At), gate.Amount(p.Value, c.unit)}})
	}
	if left := len(c.points) - len(shown); left > 0 {
		pic.Left = fmt.Sprintf("The lowest and the highest of each stretch of time; %d more values are in series.csv.", left)
	}
	return pic
}

// draw draws at most so many points of a curve, each as look says.
func (c curve) draw(most int, look func(job.Point) dot) picture {
	points := downsample(c.points, most)
	factor, _, low, high := c.axis()
	low, high = low*factor, high*factor
	begin, end := points[0].At, points[len(points)-1].At
	x := func(at time.Duration) string {
		return pixel(boxLeft + (boxRight-boxLeft)*float64(at-begin)/float64(max(end-begin, 1)))
	}
	y := func(v float64) float64 { return boxBottom - (boxBottom-boxTop)*(v-low)/(high-low) }
	pic := picture{Name: clean(c.name), Extent: c.extent()}
	var line []string
	for _, p := range points {
		d := look(p)
		d.X, d.Y = x(p.At), pixel(y(p.Value))
		line, pic.Dots = append(line, d.X+","+d.Y), append(pic.Dots, d)
	}
	pic.Line = strings.Join(line, " ")
	pic.Limits, pic.Legend = c.drawLimits(x, y, low, high)
	for _, v := range ticks(low, high, c.unit) {
		pic.Y = append(pic.Y, tick{pixel(y(v)), gate.Amount(v, c.unit), "end"})
	}
	anchors := []string{"start", "middle", "middle", "end"}
	if len(c.when(0)) > 8 { // a date: four would touch on a phone
		anchors = slices.Delete(anchors, 1, 2)
	}
	for i, anchor := range anchors {
		at := begin + (end-begin)*time.Duration(i)/time.Duration(len(anchors)-1)
		if i > 0 && end == begin {
			break
		}
		pic.X = append(pic.X, tick{x(at), c.when(at), anchor})
	}
	return pic
}

// drawLimits draws the limits that lie in a chart, names at its edge those beyond,
// and says in words what they are.
func (c curve) drawLimits(x func(time.Duration) string, y func(float64) float64, low, high float64) (levels []level, legend []key) {
	if len(c.limits) == 0 {
		return nil, nil
	}
	legend = append(legend, key{"line", "value", false})
	classes := pageLimits()
	drawn, others := c.sorted(len(classes))
	for i, l := range drawn {
		levels = append(levels, level{Class: classes[i], Path: l.path(x, y, low, high)})
		legend = append(legend, key{classes[i], clean(l.says(c.unit)), false})
	}
	top, bottom := boxTop-6, boxBottom-4
	for _, l := range others {
		says := clean(l.says(c.unit))
		switch l.where {
		case whereAbove:
			levels = append(levels, level{TextY: pixel(top), Text: "↑ " + says})
			top += textHeight
		case whereBelow:
			levels = append(levels, level{TextY: pixel(bottom), Text: "↓ " + says})
			bottom -= textHeight
		}
		legend = append(legend, key{"", l.where + ": " + says, false})
	}
	return levels, legend
}

// path is the line of a limit, as far as it lies in the chart.
func (l limit) path(x func(time.Duration) string, y func(float64) float64, low, high float64) string {
	var b strings.Builder
	on := false
	for i, s := range l.steps {
		if !drawable(s.Value) || s.Value < low || s.Value > high {
			on = false
			continue
		}
		to := pixel(boxRight)
		if i+1 < len(l.steps) {
			to = x(l.steps[i+1].At)
		}
		if at := pixel(y(s.Value)); on {
			b.WriteString("V" + at + "H" + to)
		} else {
			b.WriteString("M" + x(s.At) + " " + at + "H" + to)
		}
		on = true
	}
	return b.String()
}

func pixel(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// ticks are round values between low and high, four or so. Long times are round
// in minutes, in which they are written.
func ticks(low, high float64, u job.Unit) []float64 {
	unit := 1.0
	if u == job.Seconds && high >= 240 {
		unit = 60
	}
	step := unit * math.Pow(10, math.Floor(math.Log10((high-low)/unit/4)))
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
