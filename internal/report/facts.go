package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file has the texts about a result that both the summary and the page show.
// They are plain: each of the two escapes them in its own way.

// pair is a name and its value, as texts.
type pair struct{ Name, Text string }

// unnamed is the line of a gate without its name.
func unnamed(g job.Judgement) string {
	if g.Name == "" {
		return g.Gate
	}
	return strings.TrimSpace(strings.TrimPrefix(g.Gate, g.Name+":"))
}

// gateRow is one gate of the table.
type gateRow struct {
	Mark, Word                    string // ❌ fail
	Name, Gate                    string
	Limit, Actual, Headroom, Note string
	Bars, Trend                   string // the last results as bars, and in words
	Based                         bool   // the limit comes from a baseline, so the gate's line does not say it
	Known                         bool   // the gate is not inconclusive
}

// standing is the symbol and the word for a gate's verdict.
func standing(g job.Judgement) (mark, word string) {
	switch {
	case g.Verdict == job.Pass:
		return "✅", "pass"
	case g.Verdict == job.Fail && g.Severity == "warn":
		return "⚠️", "warning"
	case g.Verdict == job.Fail && g.Severity == "abort":
		return "❌", "fail, aborts"
	case g.Verdict == job.Fail:
		return "❌", "fail"
	}
	return "❓", "inconclusive"
}

// sortedGates puts broken gates first, and before them the one that the job was
// stopped for. Otherwise it keeps the order.
func sortedGates(gates []job.Judgement) []job.Judgement {
	sorted := slices.Clone(gates)
	slices.SortStableFunc(sorted, func(a, b job.Judgement) int { return weight(a) - weight(b) })
	return sorted
}

// weight is the rank of a gate by its verdict, the worst first.
func weight(g job.Judgement) int {
	mark, _ := standing(g)
	if mark == "❌" && g.Severity == gate.Abort {
		return -1
	}
	return slices.Index([]string{"❌", "❓", "⚠️", "✅"}, mark)
}

// deciding are the gates in the order of their importance for the verdict: as
// sortedGates has them, and those that hold by their headroom, the least first.
func deciding(gates []job.Judgement) []job.Judgement {
	sorted := sortedGates(gates)
	slices.SortStableFunc(sorted, func(a, b job.Judgement) int {
		return cmp.Or(weight(a)-weight(b), cmp.Compare(room(a), room(b)))
	})
	return sorted
}

// unselected is what a gate is about, without its selector.
func unselected(subject string) string {
	before, rest, ok := strings.Cut(subject, "{")
	if end := strings.LastIndex(rest, "}"); ok && end >= 0 {
		return before + rest[end+1:]
	}
	return subject
}

// room is the headroom of a gate that holds, as a share of its limit. If there is no
// such share, it is infinite.
func room(g job.Judgement) float64 {
	share := math.Abs(g.Limit-g.Actual) / math.Abs(g.Limit)
	if g.Verdict != job.Pass || headroom(g) == noHeadroom || !isNumber(share) {
		return math.Inf(1)
	}
	return share
}

func gateRows(r Result) []gateRow {
	past := pastValues(r.Past)
	var rows []gateRow
	for _, g := range sortedGates(r.Gates) {
		row := gateRow{Name: g.Name, Gate: unnamed(g), Note: aside(g), Based: g.Results > 0, Known: g.Verdict != job.Inconclusive}
		row.Mark, row.Word = standing(g)
		row.Actual, row.Limit = compared(g)
		row.Headroom = headroom(g)
		values := past[g.Subject]
		if g.Verdict != job.Inconclusive {
			values = append(slices.Clone(values), g.Actual)
		}
		if values = values[max(0, len(values)-20):]; len(values) > 1 && g.Unit != job.Word {
			row.Bars = sparkline(values)
			row.Trend = fmt.Sprintf("%d results, from %s to %s", len(values), gate.Amount(values[0], g.Unit), gate.Amount(values[len(values)-1], g.Unit))
		}
		rows = append(rows, row)
	}
	return rows
}

// aside is what a reader should know about a gate's value: which request it is of,
// where its limit comes from, and why it is not known.
func aside(g job.Judgement) string {
	var parts []string
	if g.Where != "" {
		parts = append(parts, g.Where)
	}
	if _, moves := g.Unit.OfRuns(); g.Results > 0 && !moves {
		parts = append(parts, fmt.Sprintf("median of the last %d: %s", g.Results, gate.Amount(g.Median, g.Unit)))
	}
	if g.Verdict == job.Inconclusive {
		parts = append(parts, g.Reason)
	}
	return strings.Join(parts, "; ")
}

// pastValues are the values that gates were judged by in earlier results, by the
// gates' subjects: the gates themselves may have had other limits then.
func pastValues(past []Result) map[string][]float64 {
	values := map[string][]float64{}
	for _, r := range past {
		said := map[string]bool{} // subjects: several gates may be about one value
		for _, g := range r.Gates {
			if g.Verdict != job.Inconclusive && isNumber(g.Actual) && !said[g.Subject] {
				said[g.Subject] = true
				values[g.Subject] = append(values[g.Subject], g.Actual)
			}
		}
	}
	return values
}

// compared prints a gate's value and its limit.
func compared(g job.Judgement) (actual, limit string) {
	actual, limit = gate.Compared(g.Actual, g.Limit, g.Unit)
	if g.Verdict == job.Inconclusive {
		_, limit = gate.Compared(g.Limit, g.Limit, g.Unit)
		actual = "not known"
	}
	switch {
	case g.Unit == job.Word:
		actual, limit = cmp.Or(g.Word, "not known"), g.Wants
	case g.NoLimit:
		limit = g.Wants
	}
	return actual, g.Op + " " + limit
}

// noHeadroom stands where there is no headroom to tell.
const noHeadroom = "–"

// headroom says how far a value is from its limit, within it or beyond it.
func headroom(g job.Judgement) string {
	room := g.Limit - g.Actual
	if g.Unit == job.Word || g.Verdict == job.Inconclusive || !isNumber(room) || !strings.HasPrefix(g.Op, "<") && !strings.HasPrefix(g.Op, ">") {
		return noHeadroom
	}
	size := gate.Amount(math.Abs(room), g.Unit)
	if g.Limit != 0 {
		size = percent(room / g.Limit)
	}
	if g.Verdict == job.Pass {
		return size + " left"
	}
	return "missed by " + size
}

// percent prints a share, with at most two digits.
func percent(share float64) string {
	share = math.Abs(share) * 100
	switch {
	case share != 0 && share < 0.1:
		return "under 0.1 %"
	case share >= 1000:
		return "over 1000 %"
	case share < 10:
		share = math.Round(share*10) / 10
	default:
		share = math.Round(share)
	}
	return strconv.FormatFloat(share, 'f', -1, 64) + " %"
}

// say is the first line about a result: a symbol, a word and the reason.
func say(r Result) (mark, word, reason string) {
	if r.Culprit != "" {
		return Mark(job.Cancelled), "Ended", r.Culprit + " failed, which ended this job too (fail_fast)" + stopped(r)
	}
	switch r.Outcome {
	case job.Succeeded:
		return passed(r)
	case job.Stopped:
		return Mark(r.Outcome), "Stopped", "mode: stop asked for its end, so nothing was judged" + stopped(r)
	case job.GateFailed:
		if text := aborted(r); text != "" {
			return "❌", "Aborted", text
		}
		return "❌", "Failed", worst(r, "❌")
	case job.Unjudged:
		return "❓", "Inconclusive", worst(r, "❓")
	case job.JobFailed:
		return Mark(r.Outcome), "The job failed", first(r.Why, "status "+cmp.Or(r.Status, "unknown"))
	case job.TimedOut:
		if r.How == "" && r.Stop == "" {
			return Mark(r.Outcome), "Timed out", "it was not started in time"
		}
		return Mark(r.Outcome), "Timed out", "it did not end in time" + stopped(r)
	case job.Cancelled:
		return Mark(r.Outcome), "Cancelled", "the workflow was cancelled" + stopped(r)
	case job.Started:
		return Mark(r.Outcome), "Started", "it was not waited for"
	}
	for _, k := range job.Kinds() {
		if k.Outcome == r.Outcome && r.How != "" { // it did start, but could not be followed to its end
			return Mark(r.Outcome), "Lost sight of", first(r.Why, k.When) + stopped(r)
		}
		if k.Outcome == r.Outcome {
			return Mark(r.Outcome), "Not started", first(r.Why, k.When)
		}
	}
	return "❌", string(r.Outcome), first(r.Why, "")
}

// aborted says which abort gate stopped a job, and when; "" if none did.
func aborted(r Result) string {
	if r.Aborted == nil || r.Stop != job.StopConfirmed {
		return ""
	}
	for _, g := range r.Gates {
		if g.Gate == r.Aborted.Gate && g.Verdict == job.Fail {
			actual, limit := compared(g)
			return fmt.Sprintf("%s was %s, the gate wants %s, so it stopped the job after %s%s",
				cmp.Or(g.Name, g.Subject), actual, limit, gate.Amount(r.Aborted.After.Seconds(), job.Seconds), costing(r))
		}
	}
	return ""
}

// costing is the part of a sentence that says what of a job costs money after its end.
func costing(r Result) string {
	if r.StillCosts == "" {
		return ""
	}
	return "; " + r.StillCosts
}

// firstLine is the first line about one job: a symbol, what the user calls it,
// what happened and why.
func firstLine(r Result) string {
	mark, word, reason := say(r)
	text := strings.TrimSuffix(word+": "+reason, ": ")
	if r.Name != "" {
		text = r.Name + " – " + text
	}
	return mark + " " + text
}

func first(lines []string, otherwise string) string {
	if len(lines) > 0 {
		return lines[0]
	}
	return otherwise
}

func stopped(r Result) string {
	switch r.Stop {
	case "":
		return ""
	case job.StopConfirmed:
		if r.StillCosts != "" {
			return "; " + r.StillCosts
		}
	case job.StopRequested:
		return "; a stop was requested, and the post step says what became of it"
	case job.StopFailed:
		return "; it could not be stopped and may still run"
	case job.StopNotNeeded:
		return "; the job had ended by itself"
	}
	return "; the job was " + string(r.Stop)
}

// Standing says in a line how the gates of a running job stand.
func Standing(gates []job.Judgement) string {
	if len(gates) == 0 {
		return ""
	}
	holding, broken, notYet, worst := 0, 0, 0, ""
	for _, g := range gates {
		switch {
		case g.Verdict == job.Pass:
			holding++
		case g.NotYet:
			notYet++
		case g.Verdict == job.Fail:
			broken, worst = broken+1, cmp.Or(worst, g.Reason)
		}
	}
	var parts []string
	if holding > 0 {
		parts = append(parts, fmt.Sprintf("%d hold", holding))
	}
	if broken > 0 {
		parts = append(parts, fmt.Sprintf("%d broken (%s)", broken, worst))
	}
	if notYet > 0 {
		parts = append(parts, fmt.Sprintf("%d not yet", notYet))
	}
	if n := len(gates) - holding - broken - notYet; n > 0 {
		parts = append(parts, fmt.Sprintf("%d not known yet", n))
	}
	return "gates: " + strings.Join(parts, ", ")
}

// passed is the line about a job that did well: with gates, with warnings, or without
// any gate.
func passed(r Result) (mark, word, reason string) {
	count := map[string]int{}
	for _, g := range r.Gates {
		mark, _ := standing(g)
		count[mark]++
	}
	switch {
	case len(r.Gates) == 0:
		return "✅", "Succeeded", "no gates were set, so nothing but its end was judged"
	case count["❓"] > 0:
		return "⚠️", "Passed", fmt.Sprintf("%d of %s could not be judged, which the step allows: %s", count["❓"], plural(len(r.Gates), "gate"), worst(r, "❓"))
	case count["⚠️"] > 0:
		return "⚠️", "Passed", fmt.Sprintf("with %s: %s", plural(count["⚠️"], "warning"), worst(r, "⚠️"))
	case len(r.Gates) == 1:
		return "✅", "Passed", "its gate holds"
	}
	return "✅", "Passed", fmt.Sprintf("all %d gates hold", len(r.Gates))
}

// worst names the first gate that has this symbol, and says how many more have it.
func worst(r Result, mark string) string {
	var with []job.Judgement
	for _, g := range r.Gates {
		if m, _ := standing(g); m == mark {
			with = append(with, g)
		}
	}
	if with == nil {
		return first(r.Why, first(r.Notes, "no reason is known"))
	}
	slices.SortStableFunc(with, func(a, b job.Judgement) int { return weight(a) - weight(b) })
	g := with[0]
	actual, limit := compared(g)
	text := fmt.Sprintf("%s is %s, the gate wants %s", cmp.Or(g.Name, g.Subject), actual, limit)
	if g.Verdict == job.Inconclusive {
		text = cmp.Or(g.Name, g.Subject) + " could not be judged: " + cmp.Or(g.Reason, "no data")
	}
	if len(with) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(with)-1)
	}
	return text
}

// ran is how long a job ran, or "".
func ran(r Result) string {
	seconds := r.Seconds
	if seconds == 0 && !r.Began.IsZero() && r.Ended.After(r.Began) {
		seconds = r.Ended.Sub(r.Began).Seconds()
	}
	if seconds <= 0 {
		return ""
	}
	return gate.Amount(seconds, job.Seconds)
}

// totals are the values of the whole job.
func totals(r Result) []pair {
	var list []pair
	for _, s := range r.Report.Samples {
		if len(s.Labels) == 0 {
			list = append(list, pair{named(s.Metric, s.Aggregation, nil), sampled(s)})
		}
	}
	return list
}

func sampled(s job.Sample) string {
	switch {
	case s.Missing != "":
		return "not known: " + s.Missing
	case s.Word != "":
		return s.Word
	}
	return gate.Amount(s.Value, job.UnitOf(s.Metric))
}

// timeline are the known moments of a job in order of time: what happened to it, and
// when its curves were highest.
func timeline(r Result) []pair {
	var moments []job.Moment
	if !r.Began.IsZero() {
		moments = append(moments, job.Moment{At: r.Began, What: "it began, by the cloud's clock" + how(r)})
		list := curves(r)
		for _, c := range list[:min(5, len(list))] {
			high := slices.MaxFunc(c.points, func(a, b job.Point) int { return cmp.Compare(a.Value, b.Value) })
			moments = append(moments, job.Moment{At: r.Began.Add(high.At), What: fmt.Sprintf("%s was highest: %s", c.name, gate.Amount(high.Value, c.unit))})
		}
	}
	if !r.Ended.IsZero() {
		moments = append(moments, job.Moment{At: r.Ended, What: strings.TrimSuffix("it ended, by the cloud's clock: "+r.Status, ": ")})
	}
	moments = append(moments, r.Timeline...)
	slices.SortStableFunc(moments, func(a, b job.Moment) int { return a.At.Compare(b.At) })
	var list []pair
	for _, m := range moments {
		list = append(list, pair{m.At.UTC().Format("2006-01-02 15:04:05"), m.What})
	}
	return list
}

func how(r Result) string {
	switch r.How {
	case job.Adopted:
		return "; the answer to its start was lost, and it was found"
	case job.Attached:
		return "; an earlier attempt of the run had started it"
	case job.Joined:
		return "; it was on before this step"
	case job.Followed:
		return "; it was started before this step"
	}
	return ""
}

// columns are the columns of the table of requests. It is sorted by the first one that
// has values.
func columns() []struct{ metric, aggregation, title string } {
	return []struct{ metric, aggregation, title string }{
		{"response_time", "p95", "p95"}, {"response_time", "p99", "p99"}, {"response_time", "avg", "avg"}, {"response_time", "max", "max"},
		{"error_rate", "", "Errors"}, {"requests", "", "Requests"},
	}
}

// requestTable are the slowest requests, at most n, and how many there were.
// Columns that no request has a value in are left out.
func requestTable(r job.Report, n int) (head []string, rows [][]string, total int) {
	all := requests(r.Samples)
	cols := columns()
	by := 0
	for by < 3 && !slices.ContainsFunc(all, func(q *request) bool { return isNumber(q.values[by]) }) {
		by++
	}
	slices.SortStableFunc(all, func(a, b *request) int { return cmp.Compare(b.values[by], a.values[by]) }) // cmp takes NaN as the lowest
	head = []string{"Request"}
	var used []int
	for i, c := range cols {
		if slices.ContainsFunc(all, func(q *request) bool { return isNumber(q.values[i]) }) {
			head, used = append(head, c.title), append(used, i)
		}
	}
	for _, q := range all[:min(n, len(all))] {
		row := []string{q.name}
		for _, i := range used {
			text := "–"
			if isNumber(q.values[i]) {
				text = gate.Amount(q.values[i], job.UnitOf(cols[i].metric))
			}
			row = append(row, text)
		}
		rows = append(rows, row)
	}
	return head, rows, len(all) + gone(r)
}

// gone is how many requests were left out because the report was too large.
func gone(r job.Report) int {
	if r.Left == nil {
		return 0
	}
	return r.Left.Requests
}

// request has the values of one request in the order of columns, NaN where there is
// none.
type request struct {
	name   string
	values [6]float64
}

func requests(samples []job.Sample) []*request {
	var all []*request
	byName := map[string]*request{}
	cols := columns()
	for _, s := range samples {
		name, ok := s.Labels["request"]
		if !ok || len(s.Labels) != 1 {
			continue
		}
		q := byName[name]
		if q == nil {
			none := math.NaN()
			q = &request{name, [6]float64{none, none, none, none, none, none}}
			byName[name], all = q, append(all, q)
		}
		for i, c := range cols {
			if s.Metric == c.metric && s.Aggregation == c.aggregation && s.Missing == "" {
				q.values[i] = s.Value
			}
		}
	}
	return all
}

// labelled are the values of other things than requests, such as checks, the highest
// first.
func labelled(r job.Report) []pair {
	var found []job.Sample
	for _, s := range r.Samples {
		if _, isRequest := s.Labels["request"]; len(s.Labels) > 1 || len(s.Labels) == 1 && !isRequest {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b job.Sample) int { return cmp.Compare(b.Value, a.Value) })
	list := make([]pair, len(found))
	for i, s := range found {
		list[i] = pair{named(s.Metric, s.Aggregation, s.Labels), sampled(s)}
	}
	return list
}

// errorTable are the kinds of errors, the most frequent first, with their
// share of all errors.
func errorTable(r job.Report) [][]string {
	kinds := slices.Clone(r.Errors)
	slices.SortStableFunc(kinds, func(a, b job.ErrorKind) int { return cmp.Compare(b.Count, a.Count) })
	var sum float64
	for _, k := range kinds {
		sum += float64(k.Count)
	}
	var rows [][]string
	for _, k := range kinds {
		share := "–"
		if sum > 0 {
			share = percent(float64(k.Count) / sum)
		}
		rows = append(rows, []string{k.What, fmt.Sprint(k.Count), share})
	}
	return rows
}

// partTable are the items of a job, such as tasks, those that did not end well first.
func partTable(r job.Report) [][]string {
	parts := slices.Clone(r.Parts)
	slices.SortStableFunc(parts, func(a, b job.Part) int { return partRank(a) - partRank(b) })
	var rows [][]string
	for _, p := range parts {
		rows = append(rows, []string{partMark(p), p.Name, p.Status, p.Detail})
	}
	return rows
}

// markUnwell is the symbol for an item that did not end well.
const markUnwell = "❌"

func partRank(p job.Part) int {
	return slices.Index([]string{markUnwell, "▫️", "✅"}, partMark(p))
}

// partMark reads the words of the services: SUCCEED, success, FAILED, fail,
// manual-stop, 2 ended, 4 terminated; a word that is neither gets no judgement.
func partMark(p job.Part) string {
	word := strings.ToLower(p.Status)
	switch {
	case strings.Contains(word, "fail"), strings.Contains(word, "error"), strings.Contains(word, "stop"), strings.Contains(word, "abnormal"), strings.Contains(word, "abort"), strings.Contains(word, "terminate"):
		return markUnwell
	case strings.Contains(word, "succe"), strings.Contains(word, "finish"), strings.HasSuffix(word, " ended"):
		return "✅"
	}
	return "▫️"
}
