package huaweicpts

// This file makes the values of a run of the numbers of its cases.

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/job"
)

func (m *measured) report() job.Report {
	line := combine(m.stretches())
	r := job.Report{Notes: m.notes, Errors: m.errorKinds(), Ranges: m.ranges(), Series: m.series(line)}
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
	if requests, errors := c.total.requests(), c.total.errors(); requests.Given && errors.Given {
		p.Detail = fmt.Sprintf("%.0f requests, %.0f errors", requests.Value, errors.Value)
	}
	if c.total.P95.Given {
		p.Detail += fmt.Sprintf(", p95 %g ms", c.total.P95.Value)
	}
	return p
}

// sample is a value, or why there is none.
func sample(metric, aggregation string, value, behind amount, missing string) job.Sample {
	s := job.Sample{Metric: metric, Aggregation: aggregation, Behind: int64(behind.Value)}
	if value.Given {
		s.Value = value.Value
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

func (m *measured) counts() []job.Sample {
	requests, errors := m.total((*figures).requests), m.total((*figures).errors)
	return []job.Sample{
		sample("error_rate", "", errors.over(requests).times(100), requests, m.missing()),
		sample("requests", "", requests, amount{}, m.missing()),
		sample("errors", "", errors, requests, m.missing()),
		sample("virtual_users", "", m.atOnce(func(f *figures) amount { return f.Users }), amount{}, m.missing()),
	}
}

// total is nothing as long as a case has no numbers: 0 would be a claim.
func (m *measured) total(count func(*figures) amount) amount {
	if !m.ready() {
		return amount{}
	}
	return sum(m.each(count)...)
}

// atOnce adds up what the cases had that ran at the same time, and returns the
// most that there was.
func (m *measured) atOnce(of func(*figures) amount) (most amount) {
	all := m.each(of)
	if len(all) == 1 || !sum(all...).Given {
		return sum(all...)
	}
	if !m.period().Given {
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
		if total := sum(together...); total.Value >= most.Value {
			most = total
		}
	}
	return most
}

func (m *measured) rates(line []stretch) []job.Sample {
	period, requests := m.period(), m.total((*figures).requests)
	average := requests.over(period)
	if !period.Given && len(m.cases) == 1 {
		average = m.cases[0].total.TPS
	}
	missing := m.missing()
	if m.ready() && !period.Given {
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
// one's end. The average RPS is all requests by the whole period (facts
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
		if s.rps.Given && s.rps.Value >= best.Value {
			best = s.rps
		}
	}
	if best.Given || !m.ready() {
		return best
	}
	return m.atOnce(func(f *figures) amount {
		if f.MaxRPS.Given {
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
	if words := strings.Fields(m.last.Word); len(words) > 1 {
		if _, err := strconv.Atoi(words[0]); err == nil {
			return job.Sample{Metric: "state", Word: words[1]}
		}
	}
	return job.Sample{Metric: "state", Missing: "the service does not tell the run's state"}
}

// ofRequests has the response times of each request. Two of the same name are
// told apart by their place.
func (m *measured) ofRequests() (samples []job.Sample) {
	seen := map[string]int{}
	for i := range m.cases {
		c := &m.cases[i]
		for k := range c.requests {
			q := &c.requests[k]
			name := c.name() + " / " + string(cmp.Or(q.Name, "without a name"))
			if seen[name]++; seen[name] > 1 {
				name += fmt.Sprintf(" (%d)", seen[name])
			}
			labels := map[string]string{"request": name} // of all values: there may be thousands of requests
			for _, t := range timings() {
				s := sample("response_time", t.aggregation, t.of(q).times(1e-3), q.requests(), "the service does not give it for this request")
				s.Labels = labels
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
		if n := sum(m.each(k.of)...); n.Given && n.Value > 0 {
			kinds = append(kinds, job.ErrorKind{What: k.what, Count: int64(n.Value)})
		}
	}
	return kinds
}
