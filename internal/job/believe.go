package job

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// This file is the border at which what a cloud says, and what a file says that
// a cloud said, is believed or not. Nonsense is no data: what can be no value
// of its unit decides nothing.

// century bounds every length of time: none of a job lies outside of it.
const century = 100 * 365 * 24 * time.Hour

// Range are the least and the most that a value in a unit can be.
func (u Unit) Range() (least, most float64) {
	switch u {
	case Percent:
		return 0, 100
	case Seconds:
		return 0, century.Seconds()
	case Count:
		return 0, 1<<53 - 1 // beyond it not every whole number can be told apart
	}
	return 0, math.Inf(1)
}

// Bound writes the least or the most of a unit for people.
func (u Unit) Bound(v float64) string {
	switch {
	case u == Seconds && v == century.Seconds():
		return "100 years"
	case u == Count && v > 0:
		return "2^53"
	}
	return strconv.FormatFloat(v, 'f', -1, 64) + string(u)
}

// Nonsense says why a number can be no value of a metric, or "".
func Nonsense(metric string, v float64) string {
	q := QuantityOf(metric)
	u := q.Unit
	least, most := u.Range()
	sent := func() string { return "the service sent " + strconv.FormatFloat(v, 'g', -1, 64) + string(u) }
	switch {
	case u == Word:
		return ""
	case math.IsNaN(v):
		return "the service gave no number"
	case math.IsInf(v, 0):
		return sent() + ", which is no number"
	case q.Unknown:
		return ""
	case v < least:
		return fmt.Sprintf("%s, and %s is never below %s", sent(), metric, u.Bound(least))
	case v > most:
		return fmt.Sprintf("%s, and %s is never above %s", sent(), metric, u.Bound(most))
	case u == Count && v != math.Trunc(v):
		return fmt.Sprintf("%s, and %s is a whole number", sent(), metric)
	}
	return ""
}

// Believe takes what can be no value out of a report: a sample is missing and
// odd, a point is among the odd ones of its series.
func (r *Report) Believe() {
	for i := range r.Samples {
		s := &r.Samples[i]
		s.Behind = max(s.Behind, 0) // fewer than none are not known
		why := Nonsense(s.Metric, s.Value)
		if why == "" {
			continue
		}
		if s.Odd = true; s.Missing == "" {
			s.Missing = why
		}
		if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) { // JSON has no such numbers
			s.Value = 0
		}
	}
	for i := range r.Series {
		r.Series[i].believe()
	}
}

func (s *Series) believe() {
	wrong := func(p Point) bool { return p.At < 0 || p.At > century || Nonsense(s.Metric, p.Value) != "" }
	if !slices.ContainsFunc(s.Points, wrong) {
		return
	}
	var kept []Point
	for _, p := range s.Points {
		switch why := Nonsense(s.Metric, p.Value); {
		case math.IsNaN(p.Value): // nothing was measured then
		case p.At < 0 || p.At > century:
			s.Odd = append(s.Odd, Odd{-1, fmt.Sprintf("the service sent a value for %s after the start, which is no time of a job", p.At)})
		case why != "":
			s.Odd = append(s.Odd, Odd{p.At, why})
		default:
			kept = append(kept, p)
		}
	}
	s.Points = kept
}

// Believe takes out of a status the times that can be none.
func (s *Status) Believe() {
	s.Begun, s.Ended = Believable(s.Begun), Believable(s.Ended)
	s.Planned = min(max(s.Planned, 0), century)
}

// Believable is a time, or none if no job was then: a unit was mistaken.
func Believable(t time.Time) time.Time {
	if t.Year() < 2000 || t.Year() >= 2100 {
		return time.Time{}
	}
	return t
}
