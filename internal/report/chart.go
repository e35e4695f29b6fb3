package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// chartPoints is how many points a chart in a summary has at most.
const chartPoints = 60

// curve is a series that is worth a chart, with the limits put on it.
type curve struct {
	name   string // as a gate writes it: p95(response_time)
	of     string // its metric: response_time
	part   string // its aggregation: p95; may be empty
	class  string // CSS class of its line on a page
	unit   job.Unit
	points []job.Point // in order of time, all of them numbers
	limits []limit
	when   func(time.Duration) string // writes a time below the chart
}

// limit is a gate's limit for a curve.
type limit struct {
	severity string // of the gate
	op       string
	steps    []job.Point // its values over time; each holds until the next, the last to the end
	part     string      // the aggregation it is for, in a chart with several curves
}

// last is the newest value of the limit. In a step that is no number there was none.
func (l limit) last() float64 {
	for _, s := range slices.Backward(l.steps) {
		if drawable(s.Value) {
			return s.Value
		}
	}
	return math.NaN()
}

// says the newest value of the limit in words.
func (l limit) says(u job.Unit) string {
	text := "limit " + l.op + " " + gate.Amount(l.last(), u)
	for _, of := range []string{l.severity, l.part} {
		if of != "" {
			text = of + " " + text
		}
	}
	return text
}

// named writes a metric as gates do.
func named(metric, aggregation string, labels map[string]string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		pairs = append(pairs, key+"="+strconv.Quote(labels[key]))
	}
	if pairs != nil {
		metric += "{" + strings.Join(pairs, ",") + "}"
	}
	if aggregation != "" {
		return aggregation + "(" + metric + ")"
	}
	return metric
}

// curves are the series of a result, the most important first: those that gates are
// about, the deciding gate first, then those that people look at first. Where the
// service has no series for a gate's value, the nearest one is taken: that of all
// requests, or another aggregation of the metric, without the gate's limit.
func curves(r Result) []curve {
	wanted := deciding(r.Gates)
	type ranked struct {
		curve
		rank int
	}
	var all []ranked
	for _, s := range r.Report.Series {
		points := slices.DeleteFunc(numbers(s.Points), func(p job.Point) bool { return !drawable(p.Value) })
		if len(points) < 2 {
			continue
		}
		slices.SortStableFunc(points, func(a, b job.Point) int { return cmp.Compare(a.At, b.At) })
		c := ranked{curve{name: named(s.Metric, s.Aggregation, s.Labels), of: named(s.Metric, "", s.Labels), part: s.Aggregation, unit: job.UnitOf(s.Metric), points: points, when: clock}, 2*len(wanted) + usual(s)}
		for i, g := range wanted {
			about := unselected(g.Subject)
			switch {
			case g.Unit == job.Word:
			case g.Subject == c.name, about == c.name:
				c.rank = min(c.rank, 2*i)
			case len(s.Labels) == 0 && measured(about) == s.Metric:
				c.rank = min(c.rank, 2*i+1)
			}
			if g.Unit != job.Word && g.Subject == c.name && !g.NoLimit && drawable(g.Limit) {
				c.limits = append(c.limits, limit{severity: g.Severity, op: g.Op, steps: []job.Point{{At: points[0].At, Value: g.Limit}}})
			}
		}
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return a.rank - b.rank })
	list := make([]curve, len(all))
	for i, c := range all {
		list[i] = c.curve
	}
	return list
}

// measured is the metric within a gate's subject.
func measured(subject string) string {
	if _, inner, ok := strings.Cut(subject, "("); ok {
		subject, _, _ = strings.Cut(inner, ")")
	}
	metric, _, _ := strings.Cut(subject, " ")
	return metric
}

// drawable reports whether a number can be drawn: a huge one would break the chart.
func drawable(v float64) bool { return math.Abs(v) <= 1e15 }

// usual is the rank of a series that no gate is about.
func usual(s job.Series) int {
	order := usualOrder()
	if i := slices.Index(order, named(s.Metric, s.Aggregation, nil)); i >= 0 {
		return i + len(order)*2*len(s.Labels)
	}
	return len(order) * (2*len(s.Labels) + 1)
}

func usualOrder() []string {
	return []string{"p95(response_time)", "avg(response_time)", "error_rate", "rps", "replication_delay", "progress", "failed_tasks", "succeeded_tasks", "duration"}
}

// downsample keeps at most n points: of each stretch of time the lowest and the
// highest, so that no spike is lost.
func downsample(points []job.Point, n int) []job.Point {
	if len(points) <= n {
		return points
	}
	kept := make([]job.Point, 0, n)
	for _, b := range buckets(points, n/2) {
		if b.filled {
			kept = append(kept, b.first)
			if b.second != b.first {
				kept = append(kept, b.second)
			}
		}
	}
	return kept
}

// bucket is a stretch of time with its lowest and highest point, in order of
// time.
type bucket struct {
	first, second job.Point
	filled        bool
}

func buckets(points []job.Point, n int) []bucket {
	all := make([]bucket, n)
	begin, span := points[0].At, points[len(points)-1].At-points[0].At
	for _, p := range points {
		at := int(float64(n) * float64(p.At-begin) / float64(span+1))
		b := &all[min(max(at, 0), n-1)]
		if !b.filled {
			*b = bucket{p, p, true}
			continue
		}
		low, high := b.first, b.second
		if low.Value > high.Value {
			low, high = high, low
		}
		if p.Value < low.Value {
			low = p
		} else if p.Value > high.Value {
			high = p
		}
		if low.At > high.At {
			low, high = high, low
		}
		b.first, b.second = low, high
	}
	return all
}

// even are at most n values at equal distances in time, because mermaid and a
// sparkline draw them so. Where nothing was measured, they lie on the straight line
// between their neighbours, as in any line chart.
func even(points []job.Point, n int) []float64 {
	if len(points) <= n && evenly(points) {
		values := make([]float64, len(points))
		for i, p := range points {
			values[i] = p.Value
		}
		return values
	}
	values := make([]float64, n/2*2)
	last := -1 // the last slot that has a value
	for i, b := range buckets(points, n/2) {
		if !b.filled {
			continue
		}
		values[2*i], values[2*i+1] = b.first.Value, b.second.Value
		for slot := last + 1; last >= 0 && slot < 2*i; slot++ {
			part := float64(slot-last) / float64(2*i-last)
			values[slot] = values[last] + part*(values[2*i]-values[last])
		}
		last = 2*i + 1
	}
	return values[:last+1]
}

func evenly(points []job.Point) bool {
	shortest, longest := time.Duration(math.MaxInt64), time.Duration(0)
	for i := 1; i < len(points); i++ {
		gap := points[i].At - points[i-1].At
		shortest, longest = min(shortest, gap), max(longest, gap)
	}
	return shortest > 0 && float64(longest) <= 1.5*float64(shortest)
}

// sparkline draws values as bars in a line of text, scaled from the lowest to the
// highest. Values that hardly differ have bars that hardly differ, so that noise does
// not look like a change.
func sparkline(values []float64) string {
	bars := []rune("▁▂▃▄▅▆▇█")
	low, high := slices.Min(append(values, math.Inf(1))), slices.Max(append(values, math.Inf(-1)))
	low, high = min(low, 0.8*high), max(high, 1.25*low)
	var b strings.Builder
	for _, v := range values {
		bar := 0
		if half := high/2 - low/2; half > 0 { // halved first, because the difference of two huge values overflows
			bar = int(math.Round((v/2 - low/2) / half * float64(len(bars)-1)))
		}
		b.WriteRune(bars[bar])
	}
	return b.String()
}

// extent says in words what the chart of a curve shows.
func (c curve) extent() string {
	low, high := c.points[0], c.points[0]
	for _, p := range c.points {
		if p.Value < low.Value {
			low = p
		}
		if p.Value > high.Value {
			high = p
		}
	}
	return fmt.Sprintf("lowest %s, highest %s at %s, last %s", gate.Amount(low.Value, c.unit), gate.Amount(high.Value, c.unit), c.when(high.At), gate.Amount(c.points[len(c.points)-1].Value, c.unit))
}

// clock writes a time since the job began: +1m, +1h2s.
func clock(d time.Duration) string { return "+" + job.Span(d.Round(time.Second)) }

// The share of a chart's height that its curve has at least, when the nearest limit
// outside of the curve is drawn too, and when other limits are.
const (
	nearestShare = 0.1
	otherShare   = 0.5
)

// axis is the unit that the values of a chart are written in, and its range: that of
// the curve and of its limits, without limits so far away that they would flatten the
// curve.
func (c curve) axis() (factor float64, name string, low, high float64) {
	low, high = c.points[0].Value, c.points[0].Value
	for _, p := range c.points {
		low, high = min(low, p.Value), max(high, p.Value)
	}
	low = min(low, 0)
	away := func(l limit) float64 { return max(low-l.last(), l.last()-high) }
	outside := slices.DeleteFunc(slices.Clone(c.limits), func(l limit) bool { return away(l) <= 0 })
	slices.SortStableFunc(outside, func(a, b limit) int { return cmp.Compare(away(a), away(b)) })
	size, share := high-low, nearestShare
	if len(outside) < len(c.limits) { // the nearest limit is within the curve's range
		share = otherShare
	}
	for _, l := range outside {
		for _, step := range l.steps {
			if below, above := min(low, step.Value), max(high, step.Value); drawable(step.Value) && (size >= share*(above-below) || size == 0) {
				low, high = below, above
			}
		}
		share = otherShare
	}
	if high <= low {
		high = low + 1
	}
	tens, name := gate.Scale(high, c.unit)
	factor = math.Pow10(-tens)
	high += (high - low) / 20
	return factor, strings.TrimSpace(name), low / factor, high / factor
}

// mermaidLimits is how many limits a chart in a summary shows: the curve and each
// limit have a colour of their own.
const mermaidLimits = 2

// sorted divides the limits into those that are drawn, at most so many, and the
// others, with the words for where they are.
func (c curve) sorted(most int) (drawn []limit, others []beyond) {
	factor, _, low, high := c.axis()
	for _, l := range c.limits {
		switch v := l.last() / factor; {
		case v > high:
			others = append(others, beyond{l, whereAbove})
		case v < low:
			others = append(others, beyond{l, whereBelow})
		case len(drawn) == most:
			others = append(others, beyond{l, whereNot})
		default:
			drawn = append(drawn, l)
		}
	}
	return drawn, others
}

// Where a limit is that is not drawn in a chart.
const (
	whereAbove = "above the chart"
	whereBelow = "below the chart"
	whereNot   = "not drawn"
)

type beyond struct {
	limit
	where string
}

// mermaid draws a curve, each of its limits as a line of its own. GitHub's
// mermaid may be old: xychart-beta is the keyword that all know, and it has no
// legend. Without a background of its own the chart is no grey box on a dark page.
func mermaid(c curve) string {
	factor, unit, low, high := c.axis()
	values := even(c.points, chartPoints)
	begin, end := c.points[0].At.Seconds(), c.points[len(c.points)-1].At.Seconds()
	lines := []string{
		"```mermaid",
		`%%{init: {"xyChart": {"width": 600, "height": 340, "titleFontSize": 16, "xAxis": {"labelPadding": 10}, "yAxis": {"labelPadding": 14}}, "themeVariables": {"xyChart": {"backgroundColor": "transparent", "plotColorPalette": "#218bff, #e5534b, #a371f7"}}}}%%`,
		"xychart-beta",
		`    title "` + caption(strings.TrimSuffix(c.name+", "+strings.ReplaceAll(unit, "%", "percent"), ", ")) + `"`,
		fmt.Sprintf("    x-axis \"seconds since the start\" %s --> %s", coordinate(math.Round(begin)), coordinate(math.Round(max(end, begin+1)))),
		fmt.Sprintf("    y-axis %s --> %s", coordinate(low), coordinate(high)),
		"    line [" + coordinates(values, factor) + "]",
	}
	drawn, _ := c.sorted(mermaidLimits)
	for _, l := range drawn {
		lines = append(lines, "    line ["+coordinates(slices.Repeat([]float64{l.last()}, len(values)), factor)+"]")
	}
	return strings.Join(append(lines, "```", ""), "\n")
}

// legend says in words what the lines of a mermaid chart are, and which limits it does
// not show.
func legend(c curve) string {
	drawn, others := c.sorted(mermaidLimits)
	text := "blue is the value"
	for i, l := range drawn {
		text += ", " + []string{"red", "violet"}[i] + " the " + l.says(c.unit)
	}
	for _, l := range others {
		text += "; " + l.where + ": the " + l.says(c.unit)
	}
	return text
}

func coordinates(values []float64, factor float64) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = coordinate(v / factor)
	}
	return strings.Join(texts, ", ")
}

// coordinate writes a number without an exponent, which mermaid does not read.
func coordinate(v float64) string { return strconv.FormatFloat(tidy(v), 'f', -1, 64) }

// tidy rounds a number to four digits: more cannot be seen in a chart.
func tidy(v float64) float64 {
	text, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 4, 64), 64)
	if err != nil { // a huge number can be rounded up out of range
		return v
	}
	return text
}

// captionLimit keeps a title on one line of a chart.
const captionLimit = 70

// caption makes a text safe within a mermaid string. It keeps letters, digits and a
// few signs that have no meaning there.
func caption(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(" .,()/-_=+*~", r) {
			return r
		}
		return ' '
	}, clean(s))
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > captionLimit {
		return string(r[:captionLimit]) + "..."
	}
	return s
}
