package huaweicpts

// This file tells of a run that goes on: how far it is, how long it will take,
// and how much load it puts on.

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// progress tells how many cases of several are over.
func progress(cases []int) string {
	if len(cases) < 2 {
		return ""
	}
	over := 0
	for _, number := range cases {
		if number == ended || number == aborted || number == terminated {
			over++
		}
	}
	return fmt.Sprintf("%d of %d cases ended", over, len(cases))
}

const (
	byDuration  = 0 // operate_mode; the other is by count
	fixedLoads  = 1 // pressure_mode: 0 and 1 hold users or TPS, the others wander by times of their own
	enabledCase = 1 // status; that others do not run is UNVERIFIED
)

// planned is how long the cases are to put load on; 0 if any of them does not
// say. That a case goes through its stages one by one is UNVERIFIED.
func (t taskInfo) planned() time.Duration {
	var cases []definition
	if json.Unmarshal(t.Definition, &cases) != nil {
		return 0
	}
	if !t.Parallel.Given && len(cases) > 1 {
		return 0
	}
	var all, longest float64
	for _, c := range cases {
		seconds := c.seconds()
		if !seconds.Given {
			return 0
		}
		all, longest = all+seconds.Value, max(longest, seconds.Value)
	}
	if t.Parallel.Is {
		all = longest
	}
	if all > math.MaxInt32 { // more than the vendor's integers hold
		return 0
	}
	return time.Duration(all) * time.Second
}

// seconds is how long a case puts load on.
func (c definition) seconds() amount {
	if c.Status.Given && c.Status.Value != enabledCase {
		return amount{}
	}
	var all []amount
	for _, s := range c.Stages {
		s.Seconds.Given = s.Seconds.Given && s.fixed()
		all = append(all, s.Seconds)
	}
	return sum(all...)
}

// fixed tells of a stage that lasts as long as it says.
func (s stage) fixed() bool {
	return s.By.Given && s.By.Value == byDuration && s.Pressure.Given && s.Pressure.Value <= fixedLoads
}

var _ engine.Gauge = follower{}

// Load reads the summary of a run, which is one call however many cases run.
// The console's real-time report shows the same; that the call tells it while a
// run lasts is UNVERIFIED, and the vendor no longer documents the call (facts
// huawei-cpts §2). So it may be refused, or tell nothing.
func (f follower) Load(ctx context.Context, ref job.Ref) (string, error) {
	var answer loadAnswer
	err := f.outline(ctx, ref.Run, &answer)
	return answer.Result.Outline.Core.text(), err
}

// text is empty until there are requests: a 0 may stand for nothing measured.
func (c coreIndex) text() string {
	counts := figures{Requests: c.Requests, Successes: c.Successes, Failures: c.Failures}
	requests := counts.requests()
	if !requests.Given || requests.Value == 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("%.0f requests", requests.Value)}
	if c.RPS.Value > 0 {
		parts = append(parts, fmt.Sprintf("%.1f/s on average", c.RPS.Value))
	}
	if rate := counts.errors().over(requests).times(100); rate.Given {
		parts = append(parts, fmt.Sprintf("%.2f %% errors", rate.Value))
	}
	if c.Users.Value > 0 {
		parts = append(parts, fmt.Sprintf("up to %.0f users", c.Users.Value))
	}
	return strings.Join(parts, ", ")
}
