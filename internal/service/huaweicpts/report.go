package huaweicpts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func showReport() cloud.Call {
	return cloud.Call{Name: "ShowReport", Does: "reads a case's numbers and curves", Permission: mayRead, Reads: true}
}

const (
	curvePoints = 300             // asked for of each curve; the limits are not documented (sheet huawei-cpts §6.3)
	kilobyte    = 1000            // bytes; that it is not 1024 is UNVERIFIED
	reportWait  = time.Minute     // for numbers that come after the end
	reportEvery = 5 * time.Second // they are looked for
)

// Report reads the numbers of the run's cases and makes those of the run of
// them: no call gives all of these for the run (sheet huawei-cpts §6.1). What a
// refused call does not tell is missing; any other failure is returned beside
// the rest.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	m := measured{last: last}
	var err error
	if ref.Run != "" {
		err = f.measure(ctx, ref.Run, &m)
	}
	if !last.State.Over() { // a case whose turn has not come lacks nothing
		m.cases = slices.DeleteFunc(m.cases, func(c measurement) bool { return !c.total.ready() })
	}
	return m.report(), err
}

// measure reads until every case of a run that is over has numbers. They appear
// some seconds after the end; how many is UNVERIFIED (sheet huawei-cpts §10).
func (f follower) measure(ctx context.Context, run string, m *measured) error {
	for until := time.Now().Add(reportWait); ; {
		err := f.readCases(ctx, run, m)
		if err != nil || !m.last.State.Over() || m.ready() || !time.Now().Before(until) {
			return err
		}
		select {
		case <-ctx.Done():
			m.notes = append(m.notes, "the numbers of the run were not waited for any longer")
			return nil
		case <-time.After(reportEvery):
		}
	}
}

func (f follower) readCases(ctx context.Context, run string, m *measured) error {
	if len(m.cases) == 0 {
		list, err := f.cases(ctx, run)
		if err != nil && !refused(err) {
			return err
		}
		m.refused = reason(err)
		for _, c := range list.Result.Cases {
			m.cases = append(m.cases, measurement{runCase: c})
		}
	}
	for i := range m.cases {
		if c := &m.cases[i]; !c.total.ready() {
			if err := f.readCase(ctx, run, m, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// readCase takes the numbers of ShowReport, which have decimals, and fills the
// gaps by ShowMergeCaseDetail: the p999 of requests is always one (sheet
// huawei-cpts §6.1). While the run lasts only a case without numbers is worth
// the second call.
func (f follower) readCase(ctx context.Context, run string, m *measured, c *measurement) error {
	err := f.readReport(ctx, run, m, c)
	if err != nil && !refused(err) {
		return err
	}
	c.refused = reason(err)
	if c.total.ready() && !m.last.State.Over() {
		return nil
	}
	err = f.readDetail(ctx, run, c)
	if err != nil && !refused(err) {
		return err
	}
	c.refused = cmp.Or(reason(err), c.refused)
	return nil
}

// reason is why a call was refused, for people.
func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

type reportAnswer struct {
	HttpStatusCode int `json:"-"`
	Result         struct {
		Curves  curves `json:"brokens"`
		Outline struct {
			Start any `json:"startTime"`
			End   any `json:"endTime"`
		} `json:"outline"`
		Details struct {
			Data []struct {
				Total    figures   `json:"performance"`
				Requests []figures `json:"detailDatas"`
			} `json:"data"`
		} `json:"details"`
	} `json:"result"`
}

// readReport names the case by case_uri_i, of which all sources say the same
// (sheet huawei-cpts §6.2).
func (f follower) readReport(ctx context.Context, run string, m *measured, c *measurement) error {
	n, err := number("run", run)
	of, ok := whole(c.CaseURI)
	if err != nil || !ok {
		return err
	}
	request := &model.ShowReportRequest{TaskRunId: n, CaseRunId: int32(of), BrokensLimitCount: curvePoints}
	var answer reportAnswer
	if err := f.call(ctx, showReport(), request, cpts.GenReqDefForShowReport(), &answer); err != nil {
		return err
	}
	if from, to := when(answer.Result.Outline.Start), when(answer.Result.Outline.End); !from.IsZero() {
		m.begun, m.ended = from, to
	}
	for _, d := range answer.Result.Details.Data {
		if d.Total.ready() {
			c.curves = answer.Result.Curves
			c.fill(d.Total, d.Requests)
			return nil
		}
	}
	return nil
}

type mergedAnswer struct {
	HttpStatusCode int `json:"-"`
	Result         struct {
		Detail struct {
			Total    figures   `json:"performance"`
			Requests []figures `json:"detailDatas"`
		} `json:"detail"`
	} `json:"result"`
}

// readDetail names the case as the documents do, and if that is refused or
// brings nothing, as the SDK's comments do: which is right is UNVERIFIED (sheet
// huawei-cpts §6.2).
func (f follower) readDetail(ctx context.Context, run string, c *measurement) error {
	n, err := number("run", run)
	if err != nil {
		return err
	}
	for _, form := range []any{c.TestcaseID, c.CaseURI} {
		of, ok := whole(form)
		if !ok {
			continue
		}
		request := &model.ShowMergeCaseDetailRequest{TaskRunId: n, CaseRunId: int32(of)}
		var answer mergedAnswer
		err = f.call(ctx, showMergeCaseDetail(), request, cpts.GenReqDefForShowMergeCaseDetail(), &answer)
		if err != nil && !refused(err) {
			return err
		}
		detail := answer.Result.Detail
		if detail.Total.ready() {
			c.fill(detail.Total, detail.Requests)
		}
		if detail.Total.Name != nil || detail.Total.ready() { // this form is the right one, though there may be no numbers yet
			return nil
		}
	}
	return err
}

// amount is a number of a report, which may have decimals or quotes where none
// are documented (sheet huawei-cpts §9), or be null. A negative one measures
// nothing.
type amount struct {
	value float64
	known bool
}

func (a *amount) UnmarshalJSON(b []byte) error {
	n, err := strconv.ParseFloat(strings.Trim(string(b), `"`), 64)
	*a = amount{}
	if err == nil && n >= 0 && !math.IsInf(n, 0) {
		*a = amount{n, true}
	}
	return nil
}

var _ json.Unmarshaler = (*amount)(nil)

func (a amount) times(factor float64) amount { return amount{a.value * factor, a.known} }

// over divides; by nothing there is no answer.
func (a amount) over(b amount) amount {
	if !a.known || !b.known || b.value == 0 {
		return amount{}
	}
	return amount{a.value / b.value, true}
}

// sum is known if all parts are.
func sum(parts ...amount) (total amount) {
	total.known = len(parts) > 0
	for _, p := range parts {
		total.value += p.value
		total.known = total.known && p.known
	}
	return total
}

// figures are the numbers of a case or of one of its requests, by their names in
// both calls (sheet huawei-cpts §6.1). Times are in milliseconds, rates of bytes
// in KB/s; the former is UNVERIFIED (§6.4).
type figures struct {
	ID     any `json:"id"`
	Name   any `json:"name"`
	Start  any `json:"startTime"`
	End    any `json:"endTime"`
	Status any `json:"status"`

	Requests  amount `json:"requests"`
	Successes amount `json:"successCount"`
	Failures  amount `json:"errorCount"`
	Average   amount `json:"averageRespTime"`
	Min       amount `json:"min"`
	Max       amount `json:"max"`
	P50       amount `json:"tp50"`
	P75       amount `json:"tp75"`
	P90       amount `json:"tp90"`
	P95       amount `json:"tp95"`
	P99       amount `json:"tp99"`
	P999      amount `json:"tp999"`
	TPS       amount `json:"tps"`
	MaxTPS    amount `json:"maxTps"`
	MaxRPS    amount `json:"maxRps"`
	Users     amount `json:"currentThreadNum"` // the most
	Received  amount `json:"avgRecBytes"`
	Sent      amount `json:"avgSentBytes"`

	Assert  amount `json:"failedAssert"`
	Refused amount `json:"failedRefused"`
	Timeout amount `json:"failedTimeout"`
	Parsed  amount `json:"failedParsed"`
	Others  amount `json:"failedOthers"`
}

func (f *figures) amounts() []*amount {
	return []*amount{
		&f.Requests, &f.Successes, &f.Failures, &f.Average, &f.Min, &f.Max,
		&f.P50, &f.P75, &f.P90, &f.P95, &f.P99, &f.P999,
		&f.TPS, &f.MaxTPS, &f.MaxRPS, &f.Users, &f.Received, &f.Sent,
		&f.Assert, &f.Refused, &f.Timeout, &f.Parsed, &f.Others,
	}
}

// ready tells that something was measured: before that all is null, or 0.
func (f *figures) ready() bool {
	return f.requests().value > 0 || f.Average.value > 0
}

// requests and errors come from two of the three counts, if one is missing.
func (f *figures) requests() amount {
	if !f.Requests.known {
		return sum(f.Successes, f.Failures)
	}
	return f.Requests
}

func (f *figures) errors() amount {
	if left := f.Requests.value - f.Successes.value; !f.Failures.known && f.Requests.known && f.Successes.known && left >= 0 {
		return amount{left, true}
	}
	return f.Failures
}

// fill takes what f lacks from another source of the same numbers.
func (f *figures) fill(other figures) {
	more := other.amounts()
	for i, a := range f.amounts() {
		if !a.known {
			*a = *more[i]
		}
	}
	f.ID, f.Name, f.Status = first(f.ID, other.ID), first(f.Name, other.Name), first(f.Status, other.Status)
	f.Start, f.End = first(f.Start, other.Start), first(f.End, other.End)
}

func first(a, b any) any {
	if a == nil {
		return b
	}
	return a
}

// measurement is a case and its numbers.
type measurement struct {
	runCase
	total    figures
	requests []figures
	curves   curves
	refused  string // why a call for it was refused
}

func (c *measurement) fill(total figures, requests []figures) {
	c.total.fill(total)
	if c.requests == nil {
		c.requests = requests
		return
	}
	others := map[string][]figures{}
	for _, q := range requests {
		others[q.key()] = append(others[q.key()], q)
	}
	for i := range c.requests {
		if same := others[c.requests[i].key()]; len(same) == 1 { // of two that look the same none is taken
			c.requests[i].fill(same[0])
		}
	}
}

// key names a request in both calls.
func (f *figures) key() string { return fmt.Sprint(f.ID, " ", f.Name) }

func (c *measurement) name() string { return cmp.Or(text(c.Name), "without a name") }

// span is a time that may not have begun or ended.
type span struct{ from, to time.Time }

// span is when the case put load on. While it lasts, the curve tells how far.
func (c *measurement) span() span {
	s := span{when(c.total.Start), when(c.total.End)}
	if !s.to.IsZero() {
		return s
	}
	if stamps := c.curves.stamps(); len(stamps) > 0 {
		s.to = stamps[len(stamps)-1]
	}
	return s
}

func (m *measured) spans() (all []span) {
	for i := range m.cases {
		all = append(all, m.cases[i].span())
	}
	return all
}

// measured is what was read of a run.
type measured struct {
	last         job.Status
	begun, ended time.Time // of the run
	cases        []measurement
	notes        []string
	refused      string // why the cases could not be listed
}

// ready tells that every case has numbers. A run has a case at least.
func (m *measured) ready() bool {
	return len(m.cases) > 0 && !slices.ContainsFunc(m.cases, func(c measurement) bool { return !c.total.ready() })
}

func (m *measured) report() job.Report {
	line := combine(m.stretches())
	r := job.Report{Notes: m.notes, Errors: m.errorKinds(), Series: m.series(line)}
	r.Samples = append(m.responseTimes(), m.counts()...)
	r.Samples = append(r.Samples, m.rates(line)...)
	r.Samples = append(r.Samples, m.duration(), m.state())
	r.Samples = append(r.Samples, m.ofRequests()...)
	if m.refused != "" {
		r.Notes = append(r.Notes, m.refused)
	}
	for i := range m.cases {
		c := &m.cases[i]
		if c.refused != "" {
			r.Notes = append(r.Notes, "case "+c.name()+": "+c.refused)
		}
		r.Parts = append(r.Parts, c.part())
	}
	return r
}

// part shows one case of several: the report's values are of all of them.
func (c *measurement) part() job.Part {
	state, known := whole(c.total.Status)
	p := job.Part{Name: "case " + c.name(), Status: status(state, known).Word, Detail: "no numbers"}
	if requests, errors := c.total.requests(), c.total.errors(); requests.known && errors.known {
		p.Detail = fmt.Sprintf("%.0f requests, %.0f errors", requests.value, errors.value)
	}
	if c.total.P95.known {
		p.Detail += fmt.Sprintf(", p95 %g ms", c.total.P95.value)
	}
	return p
}

// sample is a value, or why there is none.
func sample(metric, aggregation string, value, behind amount, missing string) job.Sample {
	s := job.Sample{Metric: metric, Aggregation: aggregation, Behind: int64(behind.value)}
	if value.known {
		s.Value = value.value
	} else {
		s.Missing = missing
	}
	return s
}

// missing says why a value of the run is not there: what one case lacks, the
// run lacks.
func (m *measured) missing() string {
	if len(m.cases) == 0 {
		return "the service gives no numbers of the run"
	}
	for i := range m.cases {
		if !m.cases[i].total.ready() {
			return "the service gives no numbers of case " + m.cases[i].name()
		}
	}
	return "the service does not give it for every case"
}

// each takes one number of every case.
func (m *measured) each(of func(*figures) amount) (all []amount) {
	for i := range m.cases {
		all = append(all, of(&m.cases[i].total))
	}
	return all
}

// weighed is a value and how many requests are behind it.
type weighed struct{ value, behind amount }

func (m *measured) responseTimes() (samples []job.Sample) {
	for _, t := range timings() {
		var parts []weighed
		for i := range m.cases {
			total := &m.cases[i].total
			parts = append(parts, weighed{t.of(total), total.requests()})
		}
		w := t.over(parts)
		samples = append(samples, sample("response_time", t.aggregation, w.value.times(1e-3), w.behind, m.missing()))
	}
	return samples
}

// highest, lowest and mean know nothing if one part is not known. The mean of
// percentiles would be none, so the worst case stands for the run.
func highest(parts []weighed) weighed {
	return pick(parts, func(a, b float64) bool { return a > b })
}

func lowest(parts []weighed) weighed {
	return pick(parts, func(a, b float64) bool { return a < b })
}

func pick(parts []weighed, better func(a, b float64) bool) (best weighed) {
	for i, p := range parts {
		if !p.value.known {
			return weighed{}
		}
		if i == 0 || better(p.value.value, best.value.value) {
			best = p
		}
	}
	return best
}

func mean(parts []weighed) weighed {
	if len(parts) == 1 {
		return parts[0]
	}
	var products, weights []amount
	for _, p := range parts {
		product := p.value.times(p.behind.value)
		product.known = product.known && p.behind.known
		products, weights = append(products, product), append(weights, p.behind)
	}
	return weighed{sum(products...).over(sum(weights...)), sum(weights...)}
}

func (m *measured) counts() []job.Sample {
	requests, errors := m.requests(), m.errors()
	return []job.Sample{
		sample("error_rate", "", errors.over(requests).times(100), requests, m.missing()),
		sample("requests", "", requests, amount{}, m.missing()),
		sample("errors", "", errors, requests, m.missing()),
		sample("virtual_users", "", m.atOnce((*figures).users), amount{}, m.missing()),
	}
}

// requests is nothing as long as a case has no numbers: 0 would be a claim.
func (m *measured) requests() amount {
	if !m.ready() {
		return amount{}
	}
	return sum(m.each((*figures).requests)...)
}

func (m *measured) errors() amount {
	if !m.ready() {
		return amount{}
	}
	return sum(m.each((*figures).errors)...)
}

func (f *figures) users() amount { return f.Users }

// atOnce adds up what the cases had that ran at the same time, and returns the
// most that there was.
func (m *measured) atOnce(of func(*figures) amount) (most amount) {
	all := m.each(of)
	if len(all) == 1 || !sum(all...).known {
		return sum(all...)
	}
	if !m.period().known {
		return amount{}
	}
	spans := m.spans()
	for i, one := range spans {
		var together []amount
		for k, other := range spans {
			if k == i || !other.from.After(one.from) && one.from.Before(other.to) {
				together = append(together, all[k])
			}
		}
		if total := sum(together...); total.value >= most.value {
			most = total
		}
	}
	return most
}

func (m *measured) rates(line []stretch) []job.Sample {
	period, requests := m.period(), m.requests()
	average := requests.over(period)
	if !period.known && len(m.cases) == 1 {
		average = m.cases[0].total.TPS
	}
	missing := m.missing()
	if m.ready() && !period.known {
		missing = "the service does not tell when the cases ran"
	}
	return []job.Sample{
		sample("rps", "", average, requests, missing),
		sample("rps", "max", m.peak(line), requests, m.missing()),
		sample("received_rate", "", m.overall(period, func(f *figures) amount { return f.Received }).times(kilobyte), amount{}, missing),
		sample("sent_rate", "", m.overall(period, func(f *figures) amount { return f.Sent }).times(kilobyte), amount{}, missing),
	}
}

// period is how many seconds passed from the first case's start to the last
// one's end. The average RPS is all requests by the whole period (sheet
// huawei-cpts §6.4), while tps may count normal answers only.
func (m *measured) period() amount {
	var first, last time.Time
	for i, s := range m.spans() {
		if s.from.IsZero() || s.to.IsZero() {
			return amount{}
		}
		if i == 0 || s.from.Before(first) {
			first = s.from
		}
		if s.to.After(last) {
			last = s.to
		}
	}
	seconds := last.Sub(first).Seconds()
	return amount{seconds, seconds > 0}
}

// overall is the average of a rate over the whole period.
func (m *measured) overall(period amount, rate func(*figures) amount) amount {
	if !m.ready() {
		return amount{}
	}
	all := m.each(rate)
	if len(all) == 1 {
		return all[0]
	}
	for i, s := range m.spans() {
		all[i] = all[i].times(s.to.Sub(s.from).Seconds())
	}
	return sum(all...).over(period)
}

// peak is the highest point of the curve, or else what the service calls the
// best second.
func (m *measured) peak(line []stretch) (best amount) {
	for _, s := range line {
		if s.rps.known && s.rps.value >= best.value {
			best = s.rps
		}
	}
	if best.known || !m.ready() {
		return best
	}
	return m.atOnce(func(f *figures) amount {
		if f.MaxRPS.known {
			return f.MaxRPS
		}
		return f.MaxTPS
	})
}

// duration is from the run's start to its end, which the cases' times are only
// the next best for.
func (m *measured) duration() job.Sample {
	for _, of := range [][2]time.Time{{m.last.Begun, m.last.Ended}, {m.begun, m.ended}} {
		if d := of[1].Sub(of[0]); !of[0].IsZero() && !of[1].IsZero() && d >= 0 {
			return job.Sample{Metric: "duration", Value: d.Seconds()}
		}
	}
	missing := "the service does not tell when the run began and ended"
	if !m.last.State.Over() {
		return sample("duration", "", amount{}, amount{}, "the run has not ended")
	}
	return sample("duration", "", m.period(), amount{}, missing)
}

// state is the one word behind the number of run_status. Any other text of a
// status is ours, such as that a run ended and nobody knows how.
func (m *measured) state() job.Sample {
	s := job.Sample{Metric: "state"}
	words := strings.Fields(m.last.Word)
	if len(words) < 2 {
		s.Missing = "the service does not tell the run's state"
		return s
	}
	if _, err := strconv.Atoi(words[0]); err != nil {
		s.Missing = "the service does not tell the run's state"
		return s
	}
	s.Word = words[1]
	return s
}

// ofRequests has the response times of each request. Two of the same name are
// told apart by their place.
func (m *measured) ofRequests() (samples []job.Sample) {
	seen := map[string]int{}
	for i := range m.cases {
		c := &m.cases[i]
		for k := range c.requests {
			q := &c.requests[k]
			name := c.name() + " / " + cmp.Or(text(q.Name), "without a name")
			if seen[name]++; seen[name] > 1 {
				name += fmt.Sprintf(" (%d)", seen[name])
			}
			for _, t := range timings() {
				s := sample("response_time", t.aggregation, t.of(q).times(1e-3), q.requests(), "the service does not give it for this request")
				s.Labels = map[string]string{"request": name}
				samples = append(samples, s)
			}
		}
	}
	return samples
}

// errorKinds are the kinds that the service tells apart.
func (m *measured) errorKinds() (kinds []job.ErrorKind) {
	for _, k := range []struct {
		what string
		of   func(*figures) amount
	}{
		{"check failed", func(f *figures) amount { return f.Assert }},
		{"connection refused", func(f *figures) amount { return f.Refused }},
		{"timeout", func(f *figures) amount { return f.Timeout }},
		{"answer could not be parsed", func(f *figures) amount { return f.Parsed }},
		{"other", func(f *figures) amount { return f.Others }},
	} {
		if n := sum(m.each(k.of)...); n.known && n.value > 0 {
			kinds = append(kinds, job.ErrorKind{What: k.what, Count: int64(n.value)})
		}
	}
	return kinds
}

// curves are a case over time (sheet huawei-cpts §6.3).
type curves struct {
	Stamps []any `json:"commonTimestamps"`
	Load   struct {
		TPS     []amount `json:"tps"`
		Average []amount `json:"average"`
	} `json:"tps_brokens"`
	Users struct {
		Users []amount `json:"vusers"`
	} `json:"vusers_brokens"`
	Answers struct {
		Success []amount `json:"success"`
		Error   []amount `json:"error"`
	} `json:"respcode_brokens"`
}

// stamps are the times of the points, none unless all can be read and grow.
func (c curves) stamps() []time.Time {
	times := make([]time.Time, len(c.Stamps))
	for i, s := range c.Stamps {
		times[i] = instant(s)
		if times[i].IsZero() || i > 0 && !times[i].After(times[i-1]) {
			return nil
		}
	}
	return times
}

// instant reads a time of a curve, whose form is not documented: as the other
// times of a report, or in seconds or milliseconds since 1970.
func instant(v any) time.Time {
	if t := when(v); !t.IsZero() {
		return t
	}
	n, ok := whole(v)
	switch {
	case !ok || n < 1e9:
		return time.Time{}
	case n < 1e11:
		return time.Unix(int64(n), 0)
	}
	return time.UnixMilli(int64(n))
}

// stretch is what a point of a curve says of the time before it.
type stretch struct {
	from, to                     time.Time
	rps, average, users, failing amount // the last is a share of all requests
}

// stretches are those of all cases: a sum without one of its parts is none.
func (m *measured) stretches() (all [][]stretch) {
	for i := range m.cases {
		if list := m.cases[i].stretches(); len(list) > 0 {
			all = append(all, list)
		}
	}
	if len(all) < len(m.cases) {
		return nil
	}
	return all
}

func (c *measurement) stretches() []stretch {
	ends, counted := c.ends(), c.counted()
	list := make([]stretch, len(ends))
	from := c.before(ends)
	for i, to := range ends {
		good, bad := at(c.curves.Answers.Success, i), at(c.curves.Answers.Error, i)
		s := stretch{
			from: from, to: to,
			rps: at(c.curves.Load.TPS, i), average: at(c.curves.Load.Average, i).times(1e-3),
			users: at(c.curves.Users.Users, i), failing: bad.over(sum(good, bad)),
		}
		if seconds := to.Sub(s.from).Seconds(); counted && seconds > 0 {
			s.rps = sum(good, bad).times(1 / seconds)
		}
		list[i], from = s, to
	}
	return list
}

func at(list []amount, i int) amount {
	if i >= len(list) {
		return amount{}
	}
	return list[i]
}

// ends are the times of the points. Where they cannot be read the points are
// spread over the case's time.
func (c *measurement) ends() []time.Time {
	if stamps := c.curves.stamps(); stamps != nil {
		return stamps
	}
	s := c.span()
	if s.from.IsZero() || !s.from.Before(s.to) {
		return nil
	}
	n := len(c.curves.Load.TPS)
	spread := make([]time.Time, n)
	for i := range spread {
		spread[i] = s.from.Add(s.to.Sub(s.from) / time.Duration(n) * time.Duration(i+1))
	}
	return spread
}

// before is where the first point's time begins: with the case, or else as long
// before as the second point is behind.
func (c *measurement) before(ends []time.Time) time.Time {
	from := when(c.total.Start)
	switch {
	case len(ends) == 0 || !from.IsZero() && from.Before(ends[0]):
		return from
	case len(ends) > 1:
		return ends[0].Add(ends[0].Sub(ends[1]))
	}
	return ends[0].Add(-time.Second)
}

// counted tells that the points' counts are of all the time between them: then
// they add up to the case's. A count has the failed requests too, which tps may
// leave out (sheet huawei-cpts §6.4).
func (c *measurement) counted() bool {
	total := sum(sum(c.curves.Answers.Success...), sum(c.curves.Answers.Error...))
	requests := c.total.requests()
	return total.known && requests.known && math.Abs(total.value-requests.value) <= requests.value/20
}

// combine lays the curves of the cases over each other: each end of a stretch
// is a point of the run.
func combine(cases [][]stretch) []stretch {
	var ends []time.Time
	for _, list := range cases {
		for _, s := range list {
			ends = append(ends, s.to)
		}
	}
	slices.SortFunc(ends, time.Time.Compare)
	ends = slices.CompactFunc(ends, time.Time.Equal)
	var line []stretch
	for _, end := range ends {
		var now []stretch
		for _, list := range cases {
			i, _ := slices.BinarySearchFunc(list, end, func(s stretch, end time.Time) int { return s.to.Compare(end) })
			if i < len(list) && list[i].from.Before(end) {
				now = append(now, list[i])
			}
		}
		line = append(line, together(end, now))
	}
	return line
}

// together is what the cases did at one time: rates and users add up, the rest
// is weighed by requests.
func together(end time.Time, now []stretch) stretch {
	var rps, users []amount
	var average, failing []weighed
	for _, s := range now {
		rps, users = append(rps, s.rps), append(users, s.users)
		average, failing = append(average, weighed{s.average, s.rps}), append(failing, weighed{s.failing, s.rps})
	}
	return stretch{to: end, rps: sum(rps...), users: sum(users...), average: mean(average).value, failing: mean(failing).value}
}

func (m *measured) series(line []stretch) (all []job.Series) {
	for _, of := range []struct {
		metric, aggregation string
		value               func(stretch) amount
	}{
		{"rps", "", func(s stretch) amount { return s.rps }},
		{"response_time", "avg", func(s stretch) amount { return s.average }},
		{"virtual_users", "", func(s stretch) amount { return s.users }},
		{"error_rate", "", func(s stretch) amount { return s.failing.times(100) }},
	} {
		series := job.Series{Metric: of.metric, Aggregation: of.aggregation}
		for _, s := range line {
			if v := of.value(s); v.known {
				series.Points = append(series.Points, job.Point{At: max(0, s.to.Sub(m.start())), Value: v.value})
			}
		}
		if series.Points != nil {
			all = append(all, series)
		}
	}
	return all
}

// start is when the run began; its first case begins somewhat later.
func (m *measured) start() time.Time {
	start := m.begun
	if !m.last.Begun.IsZero() {
		start = m.last.Begun
	}
	for i := range m.cases {
		if from := when(m.cases[i].total.Start); start.IsZero() || !from.IsZero() && from.Before(start) {
			start = from
		}
	}
	return start
}
