package tencentpts

// This file tells before a start how much it would run: what the scenario's load
// is, and how much of it would be billed.

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Measures are what a scenario tells of its runs.
func Measures() []job.Measure { return []job.Measure{job.VirtualUsers, job.Length, job.VUM} }

var _ engine.Sized = (*service)(nil)

// Size reads the scenario. A debug run is not billed (facts tencent-pts §2).
func (s *service) Size(ctx context.Context) (job.Size, error) {
	found, there, err := s.find(ctx)
	switch {
	case err != nil:
		return job.Size{}, err
	case !there:
		return job.Size{}, &job.Error{Call: describeScenarios().Name, Message: fmt.Sprintf("there is no %s in project %s", s.What()[0], s.spec.projectID), Cure: "check scenario_id, project_id and site"}
	}
	size := sizeOf(found.Load)
	if s.spec.debug != nil && *s.spec.debug {
		size.Amounts[2] = job.Amount{Measure: job.VUM, From: "a debug run is not billed"}
	}
	return size, nil
}

// perResource is how many virtual users one resource carries and is billed for
// (facts tencent-pts §7).
const perResource = 500

// sizeOf is how much a load is: users, length and VUM, in this order.
func sizeOf(raw json.RawMessage) job.Size {
	users, length, billed := job.Amount{Measure: job.VirtualUsers}, job.Amount{Measure: job.Length}, job.Amount{Measure: job.VUM}
	var l load
	broken := json.Unmarshal(raw, &l) != nil
	spec := l.LoadSpec
	forms := 0
	for _, there := range []bool{spec.Concurrency != nil, spec.RequestsPerSecond != nil, spec.ScriptOrigin != nil} {
		if there {
			forms++
		}
	}
	var resources int64
	switch {
	case broken || forms != 1:
		why := "the scenario has no load in a form that is documented"
		users.Unknown, length.Unknown = why, why
	case spec.Concurrency != nil:
		c := spec.Concurrency
		var stages []cloud.Number
		for i, stage := range c.Stages {
			n, known := counted(stage.TargetVirtualUsers)
			if users.N = max(users.N, n); !known {
				users.Unknown = fmt.Sprintf("part %d of the load does not tell its TargetVirtualUsers", i+1)
			}
			stages = append(stages, stage.DurationSeconds)
		}
		length = c.length(stages...)
		resources = (users.N + perResource - 1) / perResource
		n, known := counted(c.Resources)
		if resources = max(resources, n); c.Resources.Given && !known {
			billed.Unknown = "the scenario does not tell its Resources"
		}
	case spec.RequestsPerSecond != nil:
		c := spec.RequestsPerSecond
		length = c.length(c.DurationSeconds)
		n, known := counted(c.Resources)
		if resources = n; !known || n == 0 {
			users.Unknown = "a load by requests per second has as many users as its Resources carry, and the scenario does not tell them"
		} else {
			users.N, users.From = job.Times(n, perResource), fmt.Sprintf("as many as its resources carry, %d x %d", n, perResource)
		}
	default:
		users.Unknown = "the load is that of a JMeter script, which the scenario does not tell"
		length = limits{}.length(spec.ScriptOrigin.DurationSeconds)
	}
	switch billed.Unknown = cmp.Or(users.Unknown, length.Unknown, billed.Unknown); billed.Unknown {
	case "":
		billed.N = job.Times(job.Times(resources, perResource), length.N)
		billed.From = fmt.Sprintf("PTS bills its resources, %d x %d users", resources, perResource)
	}
	return job.Size{Amounts: []job.Amount{users, length, billed}, Lower: "lower the scenario's load"}
}

// length adds up how long the parts of a load last, and how long PTS may wait
// for its graceful end. Whether it does, and bills it, is UNVERIFIED; it is
// counted.
func (l limits) length(parts ...cloud.Number) job.Amount {
	all := job.Amount{Measure: job.Length}
	for i, part := range parts {
		n, known := counted(part)
		if all.N = job.Plus(all.N, n); !known {
			all.Unknown = fmt.Sprintf("part %d of the load does not tell its DurationSeconds", i+1)
		}
	}
	graceful, known := counted(l.GracefulStopSeconds)
	if graceful > 0 {
		all.N = job.Plus(all.N, graceful)
		all.From = fmt.Sprintf("with the %ds of its graceful stop", graceful)
	}
	switch {
	case l.GracefulStopSeconds.Given && !known:
		all.Unknown = "the scenario does not tell its GracefulStopSeconds"
	case l.IterationCount.Given && l.IterationCount.Value > 0:
		all.Unknown = "the load ends after iterations (IterationCount), and no document tells how long they take"
	case all.Unknown == "" && all.N == 0:
		all.Unknown = "the scenario does not tell how long its load lasts"
	}
	return all
}

// counted is a count of users or seconds, a fraction counted whole; not known if
// none is given, or one that nothing is counted to.
func counted(n cloud.Number) (int64, bool) {
	if !n.Given || n.Value < 0 || n.Value > math.MaxInt32 {
		return 0, false
	}
	return int64(math.Ceil(n.Value)), true
}
