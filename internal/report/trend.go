package report

import (
	"cmp"
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file is the page of trends: for each job, the values of its gates over all its
// runs.

//go:embed trend.tmpl.html
var trendTemplate string

// TrendName is the name of the file with a page of trends.
const TrendName = "index.html"

// What a page shows at most, so that it stays below some 2 MB whatever it is
// given. Many charts have fewer points each, and many jobs fewer runs.
const (
	trendJobs      = 100
	trendCharts    = 30 // of a job
	trendAllCharts = 200
	trendPoints    = 100 // of a chart
	trendAllPoints = 6000
	trendRuns      = 50 // of a job
	trendAllRuns   = 1500
	trendStrip     = 20 // marks of the last results
	trendUnread    = 20 // files that are left out, by name
	trendMetrics   = 5  // of a job without gates
)

// The rule by which a value stands out although no gate is broken. The page explains
// it to readers (rules).
const (
	oddBefore  = 10   // how many results before it are looked at
	oddLeast   = 5    // how many of them there must be
	oddShare   = 0.25 // how far it is from their median, as a share of it
	oddOfLimit = 0.05 // and as a share of the gate's limit, so that noise near 0 does not stand out
)

func rules() []string {
	return []string{
		"A filled point is a result beyond a limit: a red one broke a gate, a violet one a gate that only warns. The limit of a gate against a baseline is the median of the results before it and the allowance that the gate gives, so it is judged by that alone.",
		fmt.Sprintf("A ring is a result that keeps its limit and stands out: it is worse than each of the up to %d results before it, of which there must be %d, and worse than their median by more than %s of it and, where there is a limit, by more than %s of the limit. Where neither direction is worse, a value stands out on both sides.", oddBefore, oddLeast, percent(oddShare), percent(oddOfLimit)),
		"A limit is drawn as it was at each result. One that is far from the values is named at the edge of its chart, so that it does not flatten them.",
		"Results stand where they are in time. A result whose gate could not be judged has no point; the table of runs has its verdict.",
	}
}

// Unread is a file that a page of trends leaves out, and why.
type Unread struct{ Name, Why string }

type trendPage struct {
	look
	Title, Mark, Text, Span, Left string
	Above                         string // what stands above all, or ""
	Apart                         string // what is left out because it does not go with the rest
	Several                       bool
	Jobs                          []trendJob
	Rules                         []string
	Unread                        []pair
	UnreadMore                    string
}

type trendJob struct {
	Anchor            string
	Provider, What    string
	Name              string // what the user calls it now, or ""
	trendRun                 // the last
	Count, Deviations string
	Strip             string
	Charts            []picture
	ChartsLeft        string
	Runs              []trendRun
	RunsLeft          string
	Commits           bool
	results           []Result // the oldest first
	tracks            []*track
}

type trendRun struct{ When, URL, Mark, Word, Reason, Commit string }

// OneWorld divides results into those that are shown and the others, because real and
// emulated ones make no trend together. The real ones are shown, unless the emulated
// ones are asked for or there are no others. Copies are dropped.
func OneWorld(results []Result, emulated bool) (shown, others []Result) {
	var worlds [2][]Result
	seen := map[fingerprint]bool{}
	for world, isEmulated := range []bool{false, true} {
		clear(seen)
		for _, r := range results {
			if is := r.head().fingerprint(); r.Emulated == isEmulated && !seen[is] {
				seen[is] = true
				worlds[world] = append(worlds[world], r)
			}
		}
	}
	if emulated || worlds[0] == nil {
		return worlds[1], worlds[0]
	}
	return worlds[0], worlds[1]
}

// Trend is the page of trends of at least one result. others is how many results
// OneWorld left out.
func Trend(results []Result, others int, unread []Unread) ([]byte, error) {
	p := trendPage{look: newLook(madeTrend, ""), Rules: rules(), Above: notReal(emulatedResults(results), len(results))}
	switch {
	case others > 0 && p.Above == "":
		p.Apart = fmt.Sprintf("Left out: %s, of which nothing was real. Emulated results make no trend with real ones; trend -emulated shows them alone.", plural(others, "emulated result"))
	case others > 0:
		p.Apart = fmt.Sprintf("Left out: %s, as trend -emulated wants it.", plural(others, "real result"))
	}
	jobs := trendJobsOf(results)
	newest := make([]Result, len(jobs))
	charts, total := 0, 0
	for i := range jobs {
		newest[i] = jobs[i].results[len(jobs[i].results)-1]
		total += len(jobs[i].results)
	}
	if len(jobs) == 1 {
		mark, word, reason := say(newest[0])
		p.Mark, p.Text = mark, word+": "+reason
	} else {
		p.Mark, p.Text = sayAll(newest)
	}
	p.Several, p.Text = len(jobs) > 1, clean(p.Text)
	p.Title = clean(p.Mark + " Trends: " + p.Text)
	if p.Above != "" {
		p.Title = "Emulated: " + p.Title
	}
	p.Span = clean(plural(total, "result") + " of " + plural(len(jobs), "job") + ", " + span(results))
	if left := len(jobs) - trendJobs; left > 0 {
		p.Left = fmt.Sprintf("Only %d jobs are shown, those that ended worst first; %s not. Give fewer files for the others.", trendJobs, are(left))
		jobs = jobs[:trendJobs]
	}
	for i := range jobs {
		jobs[i].tracks = tracksOf(jobs[i].results)
		charts += min(trendCharts, len(jobs[i].tracks))
	}
	room := trendAllCharts
	points := max(trendAllPoints/trendAllCharts, min(trendPoints, trendAllPoints/max(charts, 1)))
	runs := max(1, min(trendRuns, trendAllRuns/len(jobs)))
	for i := range jobs {
		drawn := min(room, trendCharts, len(jobs[i].tracks))
		room -= drawn
		jobs[i].fill(i, drawn, points, runs)
	}
	p.Jobs = jobs
	for _, u := range unread[:min(trendUnread, len(unread))] {
		p.Unread = append(p.Unread, pair{clean(u.Name), clean(u.Why)})
	}
	if left := len(unread) - trendUnread; left > 0 {
		p.UnreadMore = fmt.Sprintf("%d more could not be used.", left)
	}
	return render(TrendName, trendTemplate, p)
}

func are(n int) string {
	if n == 1 {
		return "1 is"
	}
	return fmt.Sprintf("%d are", n)
}

// span says from when to when results are.
func span(results []Result) string {
	first, last := results[0].head().when(), results[0].head().when()
	for _, r := range results {
		if at := r.head().when(); at.Before(first) {
			first = at
		} else if at.After(last) {
			last = at
		}
	}
	if day(first) == day(last) {
		return day(first) + " (UTC)"
	}
	return day(first) + " to " + day(last) + " (UTC)"
}

func day(t time.Time) string    { return t.UTC().Format("2006-01-02") }
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// trendJobsOf sorts results by their jobs and in order of time; the job whose
// last run ended worst is the first.
func trendJobsOf(results []Result) []trendJob {
	of := map[task][]Result{}
	for _, r := range results {
		of[task{r.Provider, r.What}] = append(of[task{r.Provider, r.What}], r)
	}
	var last []Result
	for _, list := range of {
		slices.SortStableFunc(list, func(a, b Result) int { return a.head().when().Compare(b.head().when()) })
		last = append(last, list[len(list)-1])
	}
	slices.SortStableFunc(last, func(a, b Result) int {
		return cmp.Or(strings.Compare(a.What, b.What), strings.Compare(a.Provider, b.Provider))
	})
	var jobs []trendJob
	for _, r := range worstFirst(last) {
		jobs = append(jobs, trendJob{results: of[task{r.Provider, r.What}]})
	}
	return jobs
}

func (j *trendJob) fill(i, charts, points, runs int) {
	last := j.results[len(j.results)-1]
	j.Anchor, j.Provider, j.What = fmt.Sprintf("job-%d", i+1), clean(last.Provider), clean(last.What)
	j.Name = clean(last.Name)
	j.Count = plural(len(j.results), "result")
	j.trendRun = runOf(last)
	for _, r := range j.results[max(0, len(j.results)-trendStrip):] {
		mark, _, _ := say(r)
		j.Strip += mark
	}
	for _, r := range slices.Backward(j.results[max(0, len(j.results)-runs):]) {
		j.Runs = append(j.Runs, runOf(r))
		j.Commits = j.Commits || r.Commit != ""
	}
	if left := len(j.results) - len(j.Runs); left > 0 {
		j.RunsLeft = fmt.Sprintf("The newest %d; %d older not listed.", len(j.Runs), left)
	}
	all := counts{}
	for k, t := range j.tracks {
		all.add(t.judge())
		if k < charts {
			j.Charts = append(j.Charts, t.picture(points))
		}
	}
	j.Deviations = all.String()
	if left := len(j.tracks) - charts; left > 0 {
		j.ChartsLeft = fmt.Sprintf("%s more of this job not shown: a page has at most %d charts, and %d of a job. Give it the files of fewer jobs.", are(left), trendAllCharts, trendCharts)
	}
}

func runOf(r Result) trendRun {
	mark, word, reason := say(r)
	t := trendRun{When: minute(r.head().when()), Mark: mark, Word: clean(word), Reason: clean(reason), Commit: clean(r.Commit)}
	if text := []rune(t.Reason); len(text) > reasonShown {
		t.Reason = string(text[:reasonShown]) + "…"
	}
	if c := []rune(t.Commit); len(c) > 9 {
		t.Commit = string(c[:9])
	}
	if link(r.RunURL, "") != "" {
		t.URL = r.RunURL
	}
	return t
}

// counts are how many values deviate, by the class of their points.
type counts map[string]int

func (c counts) add(other counts) {
	for class, n := range other {
		c[class] += n
	}
}

func (c counts) String() string {
	var parts []string
	for _, say := range []struct{ class, one, more string }{
		{"broken", "1 broke a limit", "%d broke a limit"}, {"warned", "1 warning", "%d warnings"}, {"stray", "1 stands out", "%d stand out"},
	} {
		switch n := c[say.class]; {
		case n == 1:
			parts = append(parts, say.one)
		case n > 1:
			parts = append(parts, fmt.Sprintf(say.more, n))
		}
	}
	return cmp.Or(strings.Join(parts, ", "), "no deviations")
}

// track is one value that is followed over the results of a job: that of a gate or of
// a metric.
type track struct {
	name   string // with the spans of its gate, because another span gives another value
	unit   job.Unit
	better job.Trend
	values []tracked
	counts counts
}

// tracked is the value of one result.
type tracked struct {
	at    time.Time
	url   string
	value float64
	word  string
	gates []job.Judgement // of this value
	class string          // of a point that deviates
	note  string          // why
}

// subject is what a gate measures, and over which spans.
func subject(g job.Judgement) string {
	_, spans, _ := strings.Cut(g.Gate, " "+g.Op+" "+g.Wants+" ")
	return strings.TrimSpace(g.Subject + " " + spans)
}

// tracksOf are the values that gates are about, those of the newest result first; for
// a job without gates, those that people look at first. A result that lacks the gate
// still counts if the report of the whole job has the value.
func tracksOf(results []Result) []*track {
	var list []*track
	byName := map[string]*track{}
	for _, r := range slices.Backward(results) {
		for _, g := range r.Gates {
			if name := subject(g); byName[name] == nil {
				byName[name] = &track{name: name, unit: g.Unit, better: wanted(g.Op)}
				list = append(list, byName[name])
			}
		}
	}
	if list == nil {
		for _, s := range usualTotals(results) {
			name := named(s.Metric, s.Aggregation, nil)
			byName[name] = &track{name: name, unit: job.UnitOf(s.Metric), better: job.QuantityOf(s.Metric).Better}
			list = append(list, byName[name])
		}
	}
	for _, r := range results {
		values := map[string]*tracked{}
		for _, g := range r.Gates {
			name := subject(g)
			v := values[name]
			if v == nil {
				v = &tracked{value: math.NaN()}
				values[name] = v
			}
			v.gates = append(v.gates, g)
			if g.Verdict != job.Inconclusive && g.Unit == byName[name].unit {
				v.value, v.word = g.Actual, g.Word
			}
		}
		for _, s := range r.Report.Samples {
			if len(s.Labels) > 0 {
				continue
			}
			name := named(s.Metric, s.Aggregation, nil)
			if byName[name] != nil && values[name] == nil && s.Missing == "" {
				values[name] = &tracked{value: s.Value, word: s.Word}
			}
		}
		for name, v := range values {
			v.at = r.head().when()
			if link(r.RunURL, "") != "" {
				v.url = r.RunURL
			}
			if t := byName[name]; t.unit == job.Word && v.word != "" || t.unit != job.Word && drawable(v.value) {
				t.values = append(t.values, *v)
			}
		}
	}
	return slices.DeleteFunc(list, func(t *track) bool { return len(t.values) == 0 })
}

// wanted is which values are good for a gate with this comparison.
func wanted(op string) job.Trend {
	switch {
	case strings.HasPrefix(op, "<"):
		return job.Lower
	case strings.HasPrefix(op, ">"):
		return job.Higher
	}
	return job.Neither
}

// usualTotals are the values of whole jobs that people look at first, each once.
func usualTotals(results []Result) []job.Sample {
	order := usualOrder()
	found := make([]*job.Sample, len(order))
	for _, r := range results {
		for _, s := range r.Report.Samples {
			if len(s.Labels) > 0 || s.Missing != "" {
				continue
			}
			if i := slices.Index(order, named(s.Metric, s.Aggregation, nil)); i >= 0 {
				found[i] = &s
			}
		}
	}
	var list []job.Sample
	for _, s := range found {
		if s != nil && len(list) < trendMetrics {
			list = append(list, *s)
		}
	}
	return list
}

// judge marks the values that deviate, and counts them.
func (t *track) judge() counts {
	t.counts = counts{}
	var before []float64
	for i := range t.values {
		v := &t.values[i]
		if v.class, v.note = t.deviation(*v, before); v.class != "" {
			t.counts[v.class]++
		}
		if before = append(before, v.value); len(before) > oddBefore {
			before = before[1:]
		}
	}
	return t.counts
}

// deviation says whether a value deviates, and why.
func (t *track) deviation(v tracked, before []float64) (class, note string) {
	own, limit := false, 0.0
	for _, g := range sortedGates(v.gates) { // the broken ones first
		if g.Verdict == job.Fail {
			mark, word := standing(g)
			_, wants := compared(g)
			if class = "broken"; g.Severity == gate.Warn {
				class = "warned"
			}
			return class, mark + " " + word + ": wants " + wants
		}
		own = own || g.Results > 0 && !g.NoLimit
		if !g.NoLimit && drawable(g.Limit) {
			limit = max(limit, math.Abs(g.Limit))
		}
	}
	if own || t.unit == job.Word || len(before) < oddLeast {
		return "", ""
	}
	sorted := slices.Sorted(slices.Values(before))
	middle, size := gate.Median(sorted), 0.0
	if t.better != job.Higher && v.value > sorted[len(sorted)-1] || t.better != job.Lower && v.value < sorted[0] {
		size = math.Abs(v.value - middle)
	}
	if size <= max(oddShare*math.Abs(middle), oddOfLimit*limit) || middle == 0 && limit == 0 {
		return "", ""
	}
	where := "above"
	if v.value < middle {
		where = "below"
	}
	by := gate.Amount(size, t.unit)
	if middle != 0 {
		by = percent(size / middle)
	}
	return "stray", fmt.Sprintf("◯ stands out: %s %s the median %s of the %d before", by, where, gate.Amount(middle, t.unit), len(before))
}

// curve is the track as a curve, and what is known about each of its points.
func (t *track) curve() (curve, map[job.Point]tracked) {
	begin := t.values[0].at
	length := t.values[len(t.values)-1].at.Sub(begin)
	c := curve{name: t.name, unit: t.unit, when: func(d time.Duration) string {
		if at := begin.Add(d).UTC(); length < 4*24*time.Hour {
			return at.Format("01-02 15:04")
		} else {
			return day(at)
		}
	}}
	about := map[job.Point]tracked{}
	for _, v := range t.values {
		p := job.Point{At: v.at.Sub(begin), Value: v.value}
		c.points = append(c.points, p)
		if about[p].class == "" { // of two points at one place, the one that deviates is shown
			about[p] = v
		}
	}
	c.limits = t.limits(c.points)
	return c, about
}

// limits are the limits of a track's gates. A limit continues at the next result if
// that has a gate of the same severity and comparison. A change of it is drawn
// half-way between two results.
func (t *track) limits(points []job.Point) []limit {
	type kind struct {
		severity, op string
		nth          int
	}
	var order []kind
	steps := map[kind][]job.Point{}
	for i, v := range t.values {
		from := points[i].At
		if i > 0 {
			from = points[i-1].At + (points[i].At-points[i-1].At)/2
		}
		count, now := map[kind]int{}, map[kind]float64{}
		for _, g := range v.gates {
			k := kind{g.Severity, g.Op, 0}
			k.nth, count[k] = count[k], count[k]+1
			if now[k] = g.Limit; g.NoLimit || !drawable(g.Limit) {
				now[k] = math.NaN()
			}
			if !slices.Contains(order, k) {
				order = append(order, k)
			}
		}
		for _, k := range order {
			value, on := now[k]
			if !on {
				value = math.NaN()
			}
			had := steps[k]
			if len(had) == 0 || had[len(had)-1].Value != value && (drawable(value) || drawable(had[len(had)-1].Value)) {
				steps[k] = append(had, job.Point{At: from, Value: value})
			}
		}
	}
	var limits []limit
	for _, k := range order {
		if l := (limit{severity: k.severity, op: k.op, steps: steps[k]}); drawable(l.last()) {
			limits = append(limits, l)
		}
	}
	return limits
}

// picture draws a track with at most so many points, and a table of the same.
func (t *track) picture(points int) picture {
	c, about := t.curve()
	shown := downsample(c.points, points)
	var pic picture
	if t.unit == job.Word {
		shown = c.points[max(0, len(c.points)-points):]
		pic = picture{Name: clean(t.name)}
	} else {
		f := c.frame(c.points[0].At, c.points[len(c.points)-1].At, boxBottom)
		pic = f.picture()
		pic.Name, pic.Lines = clean(c.name), []stroke{f.stroke(c, points)}
		if pic.Limits, pic.Legend = f.limits(c); pic.Legend != nil {
			pic.Legend = slices.Insert(pic.Legend, 0, key{strokes()[0], "value", false})
		}
		for _, p := range shown {
			v := about[p]
			d := dot{Class: cmp.Or(v.class, "seen"), X: pixel(f.x(p.At)), Y: pixel(f.y(p.Value)), R: "3", Title: minute(v.at) + ": " + gate.Amount(p.Value, t.unit)}
			if v.class != "" {
				d.R, d.Title = "5.5", d.Title+"; "+clean(v.note)
			}
			pic.Dots = append(pic.Dots, d)
		}
	}
	gated := slices.ContainsFunc(t.values, func(v tracked) bool { return v.gates != nil })
	pic.Extent = clean(t.says(c))
	for _, k := range []key{{"broken", "broke a limit", true}, {"warned", "beyond a limit that warns", true}, {"stray", "stands out", true}} {
		if t.counts[k.Class] > 0 && t.unit != job.Word {
			pic.Legend = append(pic.Legend, k)
		}
	}
	pic.Head = []string{"When (UTC)", pic.Name, "Deviation"}
	if gated {
		pic.Head = slices.Insert(pic.Head, 2, "Wants")
	}
	for _, p := range slices.Backward(shown) {
		v := about[p]
		cells := []string{minute(v.at), gate.Amount(p.Value, t.unit)}
		if t.unit == job.Word {
			cells[1] = clean(v.word)
		}
		if gated {
			var wants []string
			for _, g := range v.gates {
				_, limit := compared(g)
				wants = append(wants, strings.TrimSpace(g.Severity+" "+limit))
			}
			cells = append(cells, clean(strings.Join(wants, "; ")))
		}
		pic.Values = append(pic.Values, record{v.url, append(cells, clean(v.note))})
	}
	if left := len(c.points) - len(shown); left > 0 {
		pic.Left = fmt.Sprintf("Of %d results the lowest and the highest of each stretch of time are shown; %d more are counted above and not drawn.", len(c.points), left)
	}
	return pic
}

// says in words what a chart shows.
func (t *track) says(c curve) string {
	last := t.values[len(t.values)-1]
	text := "last " + last.word
	switch {
	case t.unit != job.Word && len(t.values) == 1:
		text = gate.Amount(last.value, t.unit)
	case t.unit != job.Word:
		text = c.extent()
	}
	return plural(len(t.values), "result") + "; " + text + "; " + t.counts.String()
}
