package huaweicpts

// This file makes the curves of a run of those of its cases.

import (
	"math"
	"slices"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// curves are a case over time (facts huawei-cpts §6.3).
type curves struct {
	Stamps []*cloud.Text `json:"commonTimestamps"`
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

// stamps are the times of the points, none unless all can be read and grow. A
// point without a time lies evenly between those beside it.
func (c curves) stamps() []time.Time {
	times := make([]time.Time, len(c.Stamps))
	last := -1 // the last point that has a time
	for i, s := range c.Stamps {
		if s == nil {
			continue
		}
		times[i] = when(*s)
		switch {
		case times[i].IsZero() || last >= 0 && !times[i].After(times[last]):
			return nil
		case last >= 0:
			step := times[i].Sub(times[last]) / time.Duration(i-last)
			for k := last + 1; k < i; k++ {
				times[k] = times[k-1].Add(step)
			}
		}
		last = i
	}
	return c.beyond(times)
}

// beyond gives times to the points before the first and after the last time, as
// far apart as the others are.
func (c curves) beyond(times []time.Time) []time.Time {
	first := slices.IndexFunc(times, func(t time.Time) bool { return !t.IsZero() })
	if first < 0 {
		return nil
	}
	step := time.Second
	if first+1 < len(times) && !times[first+1].IsZero() {
		step = times[first+1].Sub(times[first])
	}
	for i := first - 1; i >= 0; i-- {
		times[i] = times[i+1].Add(-step)
	}
	for i := first + 1; i < len(times); i++ {
		if times[i].IsZero() {
			times[i] = times[i-1].Add(step)
		}
	}
	return times
}

// stretch is what a point of a curve says of the time before it.
type stretch struct {
	from, to                     time.Time
	rps, average, users, failing amount // the last is a share of all requests
}

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
// leave out (facts huawei-cpts §6.4).
func (c *measurement) counted() bool {
	total := sum(sum(c.curves.Answers.Success...), sum(c.curves.Answers.Error...))
	requests := c.total.requests()
	return total.Given && requests.Given && math.Abs(total.Value-requests.Value) <= requests.Value/20
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
	slices.SortStableFunc(ends, time.Time.Compare)
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
			if v := of.value(s); v.Given {
				series.Points = append(series.Points, job.Point{At: max(0, s.to.Sub(m.start())), Value: v.Value})
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
