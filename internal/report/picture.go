package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file draws curves for the pages.

// picture is a chart as the template draws it, in the units of its viewBox.
type picture struct {
	Name, Code, Extent string // Code is the name in the language of gates, where Name has words
	Bottom             string // of the box
	Height             string // of the viewBox
	TimesAt            string // the height of the times below the box
	Legend             []key
	Lines              []stroke
	Dots               []dot
	Slots              []slot
	Limits             []level
	X, Y               []tick
	Head               []string
	Values             []record
	Left               string // what the table does not have
}

// key says what a line or a point of a chart is; one that is not drawn has no
// class.
type key struct {
	Class, Text string
	Point       bool
}

// stroke is a line and the name at its end.
type stroke struct{ Class, Points, EndY, End string }

type dot struct{ Class, X, Y, R, Title string }

// slot is a stretch of time, with what was measured in it.
type slot struct{ X, Width, Title string }

// level is the line of a limit, or what is said of one at the edge.
type level struct{ Class, Path, TextY, Text string }

type tick struct{ At, Text, Anchor string }

type record struct {
	URL   string // of its first cell
	Cells []string
}

// The box of a chart's lines within its viewBox, which is 560 wide. The names of
// several lines stand at its right.
const (
	boxLeft, boxRight = 70.0, 520.0
	boxTop            = 20.0
	boxBottom         = 220.0 // of a chart that stands for itself
	lowBottom         = 150.0 // of one among others
	belowBox          = 32.0
	textHeight        = 15.0
	endHeight         = 17.0 // of the names of lines, which must not touch
)

// strokes are the classes of the lines of a chart, and pageLimits those of its
// limits: each looks its own way.
func strokes() []string    { return []string{"line", "line l2", "line l3", "line l4", "line l5"} }
func pageLimits() []string { return []string{"limit", "limit second", "limit third"} }

// frame places values in the box of a chart.
type frame struct {
	begin, end time.Duration
	low, high  float64
	bottom     float64
	unit       job.Unit
	when       func(time.Duration) string
}

// frame is that of a curve between two times.
func (c curve) frame(begin, end time.Duration, bottom float64) frame {
	factor, _, low, high := c.axis()
	return frame{begin, end, low * factor, high * factor, bottom, c.unit, c.when}
}

func (f frame) x(at time.Duration) float64 {
	return boxLeft + (boxRight-boxLeft)*(float64(at)-float64(f.begin))/max(float64(f.end)-float64(f.begin), 1)
}

func (f frame) y(v float64) float64 {
	return f.bottom - (f.bottom-boxTop)*(v-f.low)/(f.high-f.low)
}

func pixel(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// picture is the empty chart: its axes.
func (f frame) picture() picture {
	pic := picture{Bottom: pixel(f.bottom), Height: pixel(f.bottom + belowBox), TimesAt: pixel(f.bottom + 20)}
	for _, v := range ticks(f.low, f.high, f.unit, f.bottom) {
		pic.Y = append(pic.Y, tick{pixel(f.y(v)), gate.Amount(v, f.unit), "end"})
	}
	anchors := []string{"start", "middle", "middle", "end"}
	if len(f.when(0)) > 8 { // a date: four would touch on a phone
		anchors = slices.Delete(anchors, 1, 2)
	}
	for i, anchor := range anchors {
		at := f.begin + (f.end-f.begin)/time.Duration(len(anchors)-1)*time.Duration(i)
		if i > 0 && f.end == f.begin {
			break
		}
		pic.X = append(pic.X, tick{pixel(f.x(at)), f.when(at), anchor})
	}
	return pic
}

// stroke is the line of a curve with at most so many points.
func (f frame) stroke(c curve, most int) stroke {
	points := downsample(c.points, most)
	line := make([]string, len(points))
	for i, p := range points {
		line[i] = pixel(f.x(p.At)) + "," + pixel(f.y(p.Value))
	}
	return stroke{Class: cmp.Or(c.class, strokes()[0]), Points: strings.Join(line, " ")}
}

// limits draws the limits that lie in a chart, names at its edge those beyond,
// and says in words what they are.
func (f frame) limits(c curve) (levels []level, legend []key) {
	classes := pageLimits()
	drawn, others := c.sorted(len(classes))
	for i, l := range drawn {
		levels = append(levels, level{Class: classes[i], Path: l.path(f)})
		legend = append(legend, key{classes[i], clean(l.says(c.unit)), false})
	}
	top, bottom := boxTop-6, f.bottom-4
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
func (l limit) path(f frame) string {
	var b strings.Builder
	on := false
	for i, s := range l.steps {
		if !drawable(s.Value) || s.Value < f.low || s.Value > f.high {
			on = false
			continue
		}
		to := boxRight
		if i+1 < len(l.steps) {
			to = f.x(l.steps[i+1].At)
		}
		if at := pixel(f.y(s.Value)); on {
			b.WriteString("V" + at + "H" + pixel(to))
		} else {
			b.WriteString("M" + pixel(f.x(s.At)) + " " + at + "H" + pixel(to))
		}
		on = true
	}
	return b.String()
}

// ticks are round values between low and high, four or so; two in a box that is
// low. Long times are round in minutes, in which they are written.
func ticks(low, high float64, u job.Unit, bottom float64) []float64 {
	unit, most := 1.0, 5.0
	if u == job.Seconds && high >= 240 {
		unit = 60
	}
	if bottom < boxBottom {
		most = 3
	}
	step := unit * math.Pow(10, math.Floor(math.Log10((high-low)/unit/4)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*times) <= most || times == 10 {
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

// panels are charts of what a job measured while it ran, of one unit each and
// all over the same time: the curves of one metric together, first those that
// every load test is looked at by.
func panels(list []curve) (all [][]curve) {
	at := map[string]int{}
	for _, c := range list {
		i, known := at[c.of]
		if !known || len(all[i]) == len(strokes()) {
			i = len(all)
			at[c.of], all = i, append(all, nil)
		}
		all[i] = append(all[i], c)
	}
	order := []string{"response_time", "rps", "error_rate", "virtual_users"}
	rank := func(panel []curve) int {
		if i := slices.Index(order, panel[0].of); i >= 0 {
			return i
		}
		return len(order)
	}
	slices.SortStableFunc(all, func(a, b []curve) int { return cmp.Compare(rank(a), rank(b)) })
	for _, panel := range all {
		slices.SortStableFunc(panel, func(a, b curve) int { return cmp.Compare(a.part, b.part) })
		for i := range panel {
			panel[i].class = strokes()[i]
		}
	}
	return all
}

// spanOf is the time that curves are of.
func spanOf(list []curve) (begin, end time.Duration) {
	begin, end = list[0].points[0].At, list[0].points[0].At
	for _, c := range list {
		begin, end = min(begin, c.points[0].At), max(end, c.points[len(c.points)-1].At)
	}
	return begin, end
}

// drawRun draws curves of one unit that a job measured while it ran.
func drawRun(list []curve, begin, end time.Duration, bottom float64) picture {
	all := curve{unit: list[0].unit, when: list[0].when}
	for _, c := range list {
		all.points = append(all.points, c.points...)
		for _, l := range c.limits {
			if l.steps = []job.Point{{At: begin, Value: l.last()}}; len(list) > 1 {
				l.part = c.part
			}
			all.limits = append(all.limits, l)
		}
	}
	f := all.frame(begin, end, bottom)
	levels, limits := f.limits(all)
	pic := f.picture()
	pic.Name, pic.Code, pic.Limits = clean(quantity(list[0].of)), clean(list[0].of), levels
	if len(list) == 1 {
		pic.Code = clean(list[0].name)
	}
	if pic.Name == "" {
		pic.Name, pic.Code = pic.Code, ""
	}
	pic.Head = []string{"Time"}
	var extents []string
	for _, c := range list {
		s := f.stroke(c, pagePoints)
		text := c.extent()
		switch {
		case len(list) > 1:
			text = c.part + ": " + text
			s.End, s.EndY = clean(c.part), pixel(f.y(c.points[len(c.points)-1].Value))
			pic.Legend = append(pic.Legend, key{s.Class, clean(c.says()), false})
			pic.Head = append(pic.Head, clean(c.part))
		case limits != nil:
			pic.Legend = append(pic.Legend, key{s.Class, "value", false})
			fallthrough
		default:
			pic.Head = append(pic.Head, clean(c.name))
		}
		extents, pic.Lines = append(extents, text), append(pic.Lines, s)
	}
	pic.Extent, pic.Legend = clean(strings.Join(extents, "; ")), append(pic.Legend, limits...)
	spread(pic.Lines, bottom)
	for _, s := range stretches(list, begin, end, pageSlots) {
		from, to := f.x(s.from), f.x(s.to)
		pic.Slots = append(pic.Slots, slot{pixel(from), pixel(max(to-from, 1)), clean(s.says(list))})
	}
	for _, s := range stretches(list, begin, end, pageValues) {
		cells := []string{s.when(list)}
		for k, v := range s.values {
			cells = append(cells, amount(v, list[k].unit))
		}
		pic.Values = append(pic.Values, record{Cells: cells})
	}
	if most := slices.MaxFunc(list, func(a, b curve) int { return cmp.Compare(len(a.points), len(b.points)) }); len(most.points) > len(pic.Values) {
		pic.Left = fmt.Sprintf("Each line has the %s value of its time; all %d are in series.csv.", extreme(list[0]), len(most.points))
	}
	return pic
}

// spread moves the names of lines apart that would stand on each other.
func spread(lines []stroke, bottom float64) {
	var order []int
	at := make([]float64, len(lines))
	for i, s := range lines {
		if s.End != "" {
			at[i], _ = strconv.ParseFloat(s.EndY, 64)
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	free := boxTop
	for _, i := range order {
		at[i] = max(at[i], free)
		free = at[i] + endHeight
	}
	room := bottom
	for _, i := range slices.Backward(order) {
		at[i] = min(at[i], room)
		room = at[i] - endHeight
		lines[i].EndY = pixel(at[i])
	}
}

// stretch is a part of the time of curves, with the extreme value of each in
// it; NaN where one has none.
type stretch struct {
	from, to    time.Duration // of the part
	first, last time.Duration // that something was measured at
	values      []float64
}

// stretches are at most so many parts of the time of curves in which anything
// was measured.
func stretches(list []curve, begin, end time.Duration, most int) []stretch {
	longest := 0
	for _, c := range list {
		longest = max(longest, len(c.points))
	}
	most = min(most, longest)
	parts := make([]stretch, most)
	span := float64(end) - float64(begin) + 1
	for k, c := range list {
		least := extreme(c) == lowest
		for _, p := range c.points {
			s := &parts[min(max(int(float64(most)*(float64(p.At)-float64(begin))/span), 0), most-1)]
			if s.values == nil {
				s.values, s.first, s.last = slices.Repeat([]float64{math.NaN()}, len(list)), p.At, p.At
			}
			s.first, s.last = min(s.first, p.At), max(s.last, p.At)
			if was := s.values[k]; math.IsNaN(was) || (p.Value < was) == least {
				s.values[k] = p.Value
			}
		}
	}
	for i := range parts {
		parts[i].from = begin + time.Duration(span/float64(most)*float64(i))
		parts[i].to = begin + time.Duration(span/float64(most)*float64(i+1))
	}
	return slices.DeleteFunc(parts, func(s stretch) bool { return s.values == nil })
}

// The extreme of a stretch of time that a reader looks for.
const (
	highest = "highest"
	lowest  = "lowest"
)

func extreme(c curve) string {
	if metric, _, _ := strings.Cut(c.of, "{"); job.QuantityOf(metric).Better == job.Higher {
		return lowest
	}
	return highest
}

func (s stretch) when(list []curve) string {
	if s.first == s.last {
		return list[0].when(s.first)
	}
	return list[0].when(s.first) + " to " + list[0].when(s.last)
}

func (s stretch) says(list []curve) string {
	var parts []string
	for k, v := range s.values {
		text := amount(v, list[k].unit)
		if len(list) > 1 {
			text = list[k].part + " " + text
		}
		parts = append(parts, text)
	}
	return s.when(list) + ": " + strings.Join(parts, ", ")
}

// amount is a value, or that there is none.
func amount(v float64, u job.Unit) string {
	if !isNumber(v) {
		return "–"
	}
	return gate.Amount(v, u)
}

// says in words what a line among others is.
func (c curve) says() string {
	high := c.points[0]
	for _, p := range c.points {
		if p.Value > high.Value {
			high = p
		}
	}
	most, at := gate.Amount(high.Value, c.unit), c.when(high.At)
	if share, ok := strings.CutPrefix(c.part, "p"); ok && c.unit == job.Seconds {
		return fmt.Sprintf("%s: %s %% are faster; highest %s at %s", c.part, share, most, at)
	}
	return fmt.Sprintf("%s: highest %s at %s", cmp.Or(c.part, "value"), most, at)
}

// quantity is a metric in words, "" if there are none but its name.
func quantity(metric string) string {
	switch metric {
	case "response_time":
		return "Response time"
	case "rps":
		return "Requests per second"
	case "error_rate":
		return "Failed requests"
	case "check_error_rate":
		return "Failed checks"
	case "virtual_users":
		return "Virtual users"
	case "replication_delay":
		return "Replication delay"
	case "progress":
		return "Progress"
	case "failed_tasks":
		return "Failed tasks"
	case "succeeded_tasks":
		return "Succeeded tasks"
	}
	return ""
}
