package huaweicpts

// This file is the numbers of one case, put together from two calls.

import (
	"cmp"
	"fmt"

	"cloudjob/internal/cloud"
)

// figures are the numbers of a case or of one of its requests, by their names in
// both calls (facts huawei-cpts §6.1). Times are in milliseconds, rates of bytes
// in KB/s; the former is deduced (facts huawei-cpts §6.4).
type figures struct {
	ID     cloud.ID     `json:"id"`
	Name   cloud.Text   `json:"name"`
	Start  cloud.Text   `json:"startTime"`
	End    cloud.Text   `json:"endTime"`
	Status cloud.Number `json:"status"`

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
	return f.requests().Value > 0 || f.Average.Value > 0
}

// requests and errors come from two of the three counts, if one is missing.
func (f *figures) requests() amount {
	if !f.Requests.Given {
		return sum(f.Successes, f.Failures)
	}
	return f.Requests
}

func (f *figures) errors() amount {
	if left := f.Requests.Value - f.Successes.Value; !f.Failures.Given && f.Requests.Given && f.Successes.Given && left >= 0 {
		return amount{left, true}
	}
	return f.Failures
}

// fill takes what f lacks from another source of the same numbers.
func (f *figures) fill(other figures) {
	more := other.amounts()
	for i, a := range f.amounts() {
		if !a.Given {
			*a = *more[i]
		}
	}
	f.ID, f.Name, f.Status = cmp.Or(f.ID, other.ID), cmp.Or(f.Name, other.Name), cmp.Or(f.Status, other.Status)
	f.Start, f.End = cmp.Or(f.Start, other.Start), cmp.Or(f.End, other.End)
}

// measurement is a case and its numbers.
type measurement struct {
	runCase
	total    figures
	requests []figures
	curves   curves
	ranges   ranges
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

// key tells which request it is, in the answers of both calls.
func (f *figures) key() string { return fmt.Sprint(f.ID, " ", f.Name) }

func (c *measurement) name() string { return string(cmp.Or(c.Name, "without a name")) }
