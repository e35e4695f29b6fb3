package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Judge holds a report against gates. elapsed is how long the job has run.
// baseline may be nil: then there is none.
func Judge(gates []Gate, r job.Report, baseline *Baseline, elapsed time.Duration) []job.Judgement {
	d, past := newData(gates, r), baseline.past(gates)
	judgements := make([]job.Judgement, len(gates))
	for i, g := range gates {
		judging := judging{Gate: g, fixed: g.fixed(), past: past, elapsed: elapsed}
		judgements[i] = judging.judge(d)
	}
	return judgements
}

// Unjudged is what gates come to of a job that did not run to its end, with
// what they came to when it was last looked at, after it had run so long; nil
// if it was not.
func Unjudged(gates []Gate, last []job.Judgement, after time.Duration, why string) []job.Judgement {
	judgements := make([]job.Judgement, len(gates))
	for i, g := range gates {
		judging := judging{Gate: g, fixed: g.fixed()}
		j := judging.judgement(unclear(nil, why))
		if i < len(last) && last[i].Verdict != job.Inconclusive {
			l := last[i]
			j = l
			j.Verdict, j.Reason = job.Inconclusive, fmt.Sprintf("%s; after %s it was %s (%s)", why, length(after.Truncate(time.Second)), seen(l), stood(l))
		}
		judgements[i] = j
	}
	return judgements
}

// stood says how a gate stood while its job ran.
func stood(j job.Judgement) string {
	if j.NotYet {
		return "not yet"
	}
	return string(j.Verdict)
}

// seen is the value that a gate saw.
func seen(j job.Judgement) string {
	if j.Unit == job.Word {
		return j.Word
	}
	actual, _ := Compared(j.Actual, j.Limit, j.Unit)
	return actual
}

// Verdict is what a job comes to by its gates. Warnings do not count, and
// onInconclusive is "pass" or "warn" where what could not be judged does not.
func Verdict(js []job.Judgement, onInconclusive string) job.Verdict {
	verdict := job.Pass
	for _, j := range js {
		switch {
		case j.Severity == Warn:
		case j.Verdict == job.Fail:
			return job.Fail
		case j.Verdict != job.Pass && onInconclusive != "pass" && onInconclusive != "warn":
			verdict = job.Inconclusive
		}
	}
	return verdict
}

// key is what a gate measures.
type key struct{ metric, aggregation string }

// data is the part of a report that the gates need.
type data struct {
	samples map[key][]labelled
	series  map[key][]*job.Series
	idle    bool // the service says that no request was made
}

// labelled is a sample with its only label, if it has but one: thousands of
// samples are read for every gate, and their maps are slow.
type labelled struct {
	*job.Sample
	key, name string
}

func newLabelled(s *job.Sample) labelled {
	l := labelled{Sample: s}
	if len(s.Labels) == 1 {
		for l.key, l.name = range s.Labels {
		}
	}
	return l
}

func (l labelled) label(key string) (name string, ok bool) {
	if l.key == key {
		return l.name, true
	}
	if l.key != "" {
		return "", false
	}
	name, ok = l.Labels[key]
	return name, ok
}

func newData(gates []Gate, r job.Report) data {
	d := data{samples: map[key][]labelled{}, series: map[key][]*job.Series{}, idle: isIdle(r)}
	for _, g := range gates {
		d.samples[key{g.Metric, g.Aggregation}], d.series[key{g.Metric, g.Aggregation}] = nil, nil
	}
	for i := range r.Samples {
		s := &r.Samples[i]
		k := key{s.Metric, s.Aggregation}
		if all, wanted := d.samples[k]; wanted {
			d.samples[k] = append(all, newLabelled(s))
		}
	}
	for i := range r.Series {
		s := &r.Series[i]
		k := key{s.Metric, s.Aggregation}
		if all, wanted := d.series[k]; wanted {
			d.series[k] = append(all, s)
		}
	}
	return d
}

// isIdle tells that the service counts no request. Fewer than none are none.
func isIdle(r job.Report) bool {
	return slices.ContainsFunc(r.Samples, func(s job.Sample) bool {
		return isTotal(s) && (s.Value < 0 || s.Value == 0 && s.Missing == "")
	})
}

// isTotal tells of the number of all requests.
func isTotal(s job.Sample) bool {
	return s.Metric == "requests" && s.Aggregation == "" && len(s.Labels) == 0
}

// finding is what one thing that a gate picks came to.
type finding struct {
	verdict job.Verdict
	labels  map[string]string
	value   float64
	limit   float64
	word    string
	reason  string // why it is inconclusive
	based   median // the limit, if it is a baseline
}

func unclear(labels map[string]string, reason string) finding {
	return finding{verdict: job.Inconclusive, labels: labels, reason: reason}
}

// judging is a gate while it is judged, with what it is judged by.
type judging struct {
	Gate
	fixed   float64 // the limit, if it is no baseline
	past    past
	elapsed time.Duration
}

// fixed is the limit of a gate without a baseline.
func (g Gate) fixed() float64 {
	if g.Runs == 0 {
		return g.Limit.Value.base()
	}
	c := g.Limit.Changes[0]
	if c.Down {
		return -c.By.base()
	}
	return c.By.base()
}

func (g *judging) judge(d data) job.Judgement { return g.judgement(g.find(d)) }

func (g *judging) judgement(f finding) job.Judgement {
	j := job.Judgement{
		Gate: g.Gate.String(), Name: g.Name, Severity: g.Severity, File: g.Place.File, Line: g.Place.Line,
		Subject: g.subject(), Op: g.Op, Wants: g.wants(), Unit: g.shown(), Limit: g.fixed,
		Verdict: f.verdict, Actual: f.value, Word: f.word, Where: where(f.labels), Reason: f.reason,
	}
	if g.Limit.Baseline {
		j.Limit, j.Median = f.limit, f.based.value
	}
	if g.Compares() {
		j.Results, j.NoLimit = f.based.results, f.based.results == 0
	}
	if f.verdict == job.Fail {
		j.Reason, j.NotYet = g.broken(f), g.notYet(f)
	}
	return j
}

// notYet tells of a broken gate that time alone may mend: a state is not yet the
// one that is wanted, or what only grows is not yet as much.
func (g *judging) notYet(f finding) bool {
	switch {
	case g.Limit.Word != "":
		return g.Op == "=="
	case g.overTimed() || !job.QuantityOf(g.Metric).Grows && g.Aggregation != "max":
		return false
	}
	return f.value < f.limit && (g.Op == ">" || g.Op == ">=" || g.Op == "==") || f.value == f.limit && (g.Op == ">" || g.Op == "!=")
}

// unit is the metric's, which a limit without a baseline tells too.
func (g Gate) unit() job.Unit {
	switch {
	case g.Unit != "":
		return g.Unit
	case g.Limit.Word != "":
		return job.Word
	case g.Runs > 0:
		return measureOf(g.Limit.Changes[0].By.Unit).of
	case !g.Limit.Baseline:
		return measureOf(g.Limit.Value.Unit).of
	}
	return job.Count
}

// shown is the unit of what is limited.
func (g Gate) shown() job.Unit {
	switch {
	case g.Runs == 0:
		return g.unit()
	case g.Limit.Changes[0].relative():
		return job.Percent.PerRun()
	}
	return g.unit().PerRun()
}

// where names what was picked, for people.
func where(labels map[string]string) string {
	if len(labels) == 1 {
		for _, name := range labels {
			return name
		}
	}
	var parts []string
	for k, name := range labels {
		parts = append(parts, k+"="+name)
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// broken says what broke a gate.
func (g *judging) broken(f finding) string {
	what := written(g.Aggregation, g.Metric)
	if len(f.labels) > 0 {
		what += " of " + where(f.labels)
	}
	if g.Runs > 0 {
		actual, limit := Compared(f.value, f.limit, g.shown())
		return fmt.Sprintf("%s moves by %s over %d runs, not %s %s", what, actual, g.Runs, g.Op, limit)
	}
	if g.Limit.Word != "" {
		return fmt.Sprintf("%s is %s, not %s %s", what, f.word, g.Op, g.Limit.Word)
	}
	actual, limit := Compared(f.value, f.limit, g.unit())
	text := fmt.Sprintf("%s is %s, not %s %s", what, actual, g.Op, limit)
	switch {
	case g.For > 0 && g.Severity == Abort:
		text += " nor was it during the last " + length(g.For)
	case g.For > 0:
		text += " all through the last " + length(g.For)
	}
	if f.based.results > 0 {
		text += fmt.Sprintf(" (%s of %s)", baselineWord, count(int64(f.based.results), "result"))
	}
	return text
}

// find judges all that a gate picks and returns the worst.
func (g *judging) find(d data) finding {
	k := key{g.Metric, g.Aggregation}
	if g.elapsed < g.After {
		return unclear(nil, fmt.Sprintf("the job has run for %s, and it is judged only after %s", length(g.elapsed), length(g.After)))
	}
	if d.idle && job.QuantityOf(g.Metric).Requests {
		return unclear(nil, "no request was made")
	}
	var worst finding
	take := func(f finding) {
		if worst.verdict == "" || g.worse(f, worst) {
			worst = f
		}
	}
	if g.overTimed() {
		for _, s := range d.series[k] {
			if g.picks(s.Labels) {
				take(g.judgeSeries(s))
			}
		}
	} else {
		for _, s := range d.samples[k] {
			if g.picksSample(s) {
				take(g.judgeSample(s.Sample))
			}
		}
	}
	if worst.verdict == "" {
		return unclear(nil, g.nothing(d))
	}
	return worst
}

// overTimed tells that a gate is judged by a series. A state has none.
func (g *judging) overTimed() bool { return (g.Over > 0 || g.For > 0) && g.Limit.Word == "" }

// worse tells that a is worse than b. Of two of the same verdict that one is
// which is farther beyond its limit, or nearer to it.
func (g *judging) worse(a, b finding) bool {
	if ra, rb := rank(a.verdict), rank(b.verdict); ra != rb || a.verdict == job.Inconclusive {
		return ra > rb
	}
	return excess(g.Op, a.value, a.limit) > excess(g.Op, b.value, b.limit)
}

func rank(v job.Verdict) int {
	switch v {
	case job.Fail:
		return 2
	case job.Inconclusive:
		return 1
	}
	return 0
}

// excess is how far a value is beyond the limit; negative if it is within. It
// is 0 only at the limit.
func excess(op string, value, limit float64) float64 {
	switch op {
	case ">", ">=":
		return limit - value
	case "==":
		return math.Abs(value - limit)
	case "!=":
		return -math.Abs(value - limit)
	}
	return value - limit
}

// holds compares raw values.
func holds(op string, value, limit float64) bool {
	over := excess(op, value, limit)
	return over < 0 || over == 0 && (op == "<=" || op == ">=" || op == "==")
}

func verdictOf(ok bool) job.Verdict {
	if ok {
		return job.Pass
	}
	return job.Fail
}

// picks tells that a gate is about what has these labels. Without a selector
// it is about the whole.
func (g *judging) picks(labels map[string]string) bool {
	return g.picksSample(labelled{Sample: &job.Sample{Labels: labels}})
}

func (g *judging) picksSample(l labelled) bool {
	for _, s := range g.Selectors {
		name, ok := l.label(s.Key)
		if !ok || !s.matches(name) {
			return false
		}
	}
	return len(g.Selectors) > 0 || len(l.Labels) == 0
}

func (s Selector) matches(text string) bool {
	if s.Glob {
		return glob(s.Text, text)
	}
	return s.Text == text
}

// glob matches the whole text. Only * means something: names of requests are
// full of the other signs that patterns use.
func glob(pattern, text string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == text
	}
	text, ok := strings.CutPrefix(text, head)
	for ok {
		part, next, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(text, part)
		}
		_, text, ok = strings.Cut(text, part)
		rest = next
	}
	return false
}

// limitFor is the limit of what has these labels, or why there is none.
func (g *judging) limitFor(labels map[string]string) (limit float64, based median, missing string) {
	if !g.Limit.Baseline {
		return g.fixed, median{}, ""
	}
	least := 0
	if slices.ContainsFunc(g.Limit.Changes, Change.noisy) {
		least = leastNoise
	}
	based, missing = g.past.of(key{g.Metric, g.Aggregation}, labels, least)
	if missing != "" {
		return 0, median{}, "there is no baseline: " + missing
	}
	if based.value == 0 && g.Limit.relative() {
		return 0, based, fmt.Sprintf("the baseline is 0, and any share of 0 is 0; give a floor beside it, such as %s", g.floored())
	}
	if based.noise == 0 && g.Limit.allNoisy() {
		return based.value, based, fmt.Sprintf("most of the %d earlier results are the same, so they tell nothing of the noise; give a floor beside it, such as %s", based.results, g.floored())
	}
	if limit = g.Limit.changed(based, g.Op); !finite(limit) {
		return 0, median{}, "there is no baseline: the limit that follows from it is too large a number"
	}
	return limit, based, ""
}

func count[N int64 | float64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%v %ss", n, what)
}

// relative tells of a baseline of which all changes grow with it.
func (l Limit) relative() bool {
	return len(l.Changes) > 0 && !slices.ContainsFunc(l.Changes, func(c Change) bool { return !c.relative() })
}

// allNoisy tells of a baseline that only its noise moves.
func (l Limit) allNoisy() bool {
	return len(l.Changes) > 0 && !slices.ContainsFunc(l.Changes, func(c Change) bool { return !c.noisy() })
}

// floored is a limit with a change that does not grow with the baseline.
func (g Gate) floored() string {
	floor := Change{Down: g.Limit.Changes[0].Down, By: map[job.Unit]Value{
		job.Seconds: {20, "ms"}, job.Percent: {0.5, points}, job.PerSecond: {1, "/s"}, job.BytesPerSecond: {1, "KB/s"},
	}[g.unit()]}
	if floor.By.Number == 0 {
		floor.By.Number = 1
	}
	return Limit{Baseline: true, Changes: []Change{g.Limit.Changes[0], floor}}.String()
}

// changed is a baseline after its changes: of two the one that allows more.
func (l Limit) changed(from median, op string) float64 {
	var limits []float64
	for _, c := range l.Changes {
		limits = append(limits, c.moved(from))
	}
	switch {
	case len(limits) == 0:
		return from.value
	case op == ">" || op == ">=":
		return slices.Min(limits)
	}
	return slices.Max(limits)
}

// moved is a baseline after one change.
func (c Change) moved(from median) float64 {
	by := c.By.base()
	switch {
	case c.noisy():
		by *= from.noise
	case c.relative():
		by *= from.value / 100
	}
	if c.Down {
		by = -by
	}
	return from.value + by
}

// trend judges how a value moves from run to run: the last of them is this one.
// A relative one is a share of the earlier results' median, so that a worse
// value is never a better trend.
func (g *judging) trend(s *job.Sample) finding {
	k := key{g.Metric, g.Aggregation}
	f := finding{verdict: job.Inconclusive, labels: s.Labels}
	earlier, missing := g.past.enough(k, s.Labels, g.Runs-1)
	if missing != "" {
		f.reason = "there is no trend: " + missing
		return f
	}
	earlier = earlier[len(earlier)-(g.Runs-1):]
	f.based.results = len(earlier)
	f.value, f.limit = slope(append(slices.Clip(earlier), s.Value)), g.fixed
	if g.Limit.Changes[0].relative() {
		middle := Median(slices.Sorted(slices.Values(earlier)))
		if middle == 0 {
			f.reason = "the median of the earlier results is 0, and any share of 0 is 0; give what it may move in " + field.List(perRunUnits(g.unit()))
			return f
		}
		f.value *= 100 / middle
	}
	if !finite(f.value) {
		f.value, f.reason = 0, "there is no trend: it is too large a number"
		return f
	}
	f.verdict = verdictOf(holds(g.Op, f.value, f.limit))
	return f
}

// perRunUnits are the units that a metric's trend may be limited in, without a
// share.
func perRunUnits(u job.Unit) (names []string) {
	for _, name := range append(unitNames(u), map[job.Unit]string{job.Percent: points}[u]) {
		if name != string(job.Percent) && name != "" || u == job.Count && len(names) == 0 {
			names = append(names, name+perRun)
		}
	}
	return names
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (g *judging) judgeSample(s *job.Sample) finding {
	if reason := doubt(s, g.Limit.Word != ""); reason != "" {
		return unclear(s.Labels, reason)
	}
	if g.Limit.Word != "" {
		// A state that differs in case only is the same: "!=" must not pass by a slip.
		same := strings.EqualFold(s.Word, g.Limit.Word)
		return finding{verdict: verdictOf(same == (g.Op == "==")), labels: s.Labels, word: s.Word}
	}
	if g.Runs > 0 {
		return g.trend(s)
	}
	limit, based, missing := g.limitFor(s.Labels)
	if missing != "" {
		return finding{verdict: job.Inconclusive, labels: s.Labels, value: s.Value, limit: limit, reason: missing, based: based}
	}
	return finding{verdict: verdictOf(holds(g.Op, s.Value, limit)), labels: s.Labels, value: s.Value, limit: limit, based: based}
}

// doubt says why a sample, of a word or a number, decides nothing, or "".
func doubt(s *job.Sample, word bool) string {
	switch {
	case s.Missing != "":
		return s.Missing
	case word && s.Word == "":
		return "the service gave no state"
	case word:
		return ""
	case s.Value == 0 && job.QuantityOf(s.Metric).Above0 && s.Behind > 0: // seen of P99 (facts tencent-pts §6.1)
		return fmt.Sprintf("it is reported as 0 with %s behind it, so it is not known", count(s.Behind, "request"))
	case s.Value == 0 && job.QuantityOf(s.Metric).Above0:
		return "it is reported as 0, which no response takes"
	case s.Behind > 0 && s.Behind < enough(s.Aggregation):
		return fmt.Sprintf("there are too few samples: %s of %s says nothing, it takes %d", s.Aggregation, count(s.Behind, "measurement"), enough(s.Aggregation))
	}
	return ""
}

// enough is how many measurements a percentile takes so that at least one lies
// beyond it. With fewer it is but the maximum.
func enough(aggregation string) int64 {
	switch aggregation {
	case "p50":
		return 2
	case "p75":
		return 4
	case "p90":
		return 10
	case "p95":
		return 20
	case "p99":
		return 100
	case "p999":
		return 1000
	}
	return 0
}

// few names are ranked by how near they are, for many would take too long: those
// that begin and end most like what is looked for. Some of them are shown.
const (
	few  = 200
	some = 5
)

// nothing says why a gate picked nothing.
func (g *judging) nothing(d data) string {
	what, k := written(g.Aggregation, g.Metric), key{g.Metric, g.Aggregation}
	over := g.overTimed()
	var known offered
	for _, s := range d.samples[k] {
		if over && g.picks(s.Labels) && s.Missing != "" && !s.Odd {
			return s.Missing
		}
		known.add(g.Selectors, s.Labels)
	}
	for _, s := range d.series[k] {
		known.add(g.Selectors, s.Labels)
	}
	switch {
	case len(g.Selectors) == 0 || len(known.names) == 0:
		if over {
			return fmt.Sprintf("there is no data: the report has no %s over time", g.measured())
		}
		return fmt.Sprintf("there is no data: the report has no %s", g.measured())
	case len(g.Selectors) > 1:
		return fmt.Sprintf("%s of nothing matches %s", what, g.selectors())
	}
	s := g.Selectors[0]
	if s.Glob {
		return fmt.Sprintf("no %s matches %s; %s", s.Key, field.Quote(s.Text), known.nearest(strings.ReplaceAll(s.Text, "*", "")))
	}
	return fmt.Sprintf("there is no %s %s; %s", s.Key, field.Quote(s.Text), known.nearest(s.Text))
}

// offered are the names that a gate's selector could have meant, each once.
type offered struct {
	names []string
	seen  map[string]bool
}

func (o *offered) add(selectors []Selector, labels map[string]string) {
	if len(selectors) == 0 {
		return
	}
	name, ok := labels[selectors[0].Key]
	if !ok || o.seen[name] {
		return
	}
	if o.seen == nil {
		o.seen = map[string]bool{}
	}
	o.seen[name] = true
	o.names = append(o.names, name)
}

// likeliest are few names, those first that share the longest beginning and end
// with a text.
func likeliest(text string, names []string) []string {
	if len(names) <= few {
		return names
	}
	text = strings.ToLower(text)
	alike := make(map[string]int, len(names))
	for _, name := range names {
		alike[name] = shared(text, strings.ToLower(name))
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return alike[b] - alike[a] })
	return sorted[:few]
}

// shared counts the bytes that two texts have alike at their beginning and their
// end.
func shared(a, b string) int {
	most := min(len(a), len(b))
	begin := 0
	for begin < most && a[begin] == b[begin] {
		begin++
	}
	end := 0
	for end < most-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return begin + end
}

// nearest says which names there are, those most like a text first.
func (o offered) nearest(text string) string {
	shown := field.NearestFirst(text, likeliest(text, o.names))
	shown = shown[:min(some, len(shown))]
	for i, name := range shown {
		shown[i] = field.Quote(name)
	}
	if more := len(o.names) - len(shown); more > 0 {
		shown = append(shown, fmt.Sprintf("%d more", more))
	}
	if len(o.names) == 1 {
		return "there is only " + shown[0]
	}
	return "there are " + and(shown)
}
