package tencentbatch

// This file tells before a start how much it would run: how many instances the
// tasks have, and how long their timeouts let them.

import (
	"context"
	"slices"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Measures are what a job tells of its runs.
func Measures() []job.Measure { return []job.Measure{job.Instances, job.Length} }

var _ engine.Sized = (*service)(nil)

// Size calls nothing: all of it is in what the user asks for.
func (s *service) Size(context.Context) (job.Size, error) { return s.spec.job.size(), nil }

// What holds of a task that does not say it (facts tencent-batch §2.3).
const (
	defaultInstances = 1
	defaultTimeout   = 86400 // seconds
)

// size is the most that a job can run: tasks that depend on each other run one
// after the other, all others at the same time. How long machines are waited for
// is no part of it.
func (j *jobSpec) size() job.Size {
	instances, waits := int64(0), map[string][]string{}
	lasts := map[string]int64{} // by the names of tasks
	longest := int64(0)
	for _, t := range j.Tasks {
		instances = job.Plus(instances, or(t.TaskInstanceNum, defaultInstances))
		if t.TaskName == "" { // nothing can depend on it
			longest = max(longest, t.lasts())
		} else {
			lasts[t.TaskName] = t.lasts()
		}
	}
	for _, d := range j.Dependences {
		waits[d.EndTask] = append(waits[d.EndTask], d.StartTask)
	}
	until := map[string]int64{}
	var end func(name string) int64
	end = func(name string) int64 {
		if known, done := until[name]; done {
			return known
		}
		begin := int64(0)
		for _, before := range waits[name] {
			begin = max(begin, end(before))
		}
		until[name] = job.Plus(begin, lasts[name])
		return until[name]
	}
	for name := range lasts {
		longest = max(longest, end(name))
	}
	length := job.Amount{Measure: job.Length, N: longest, From: "by the timeouts of its tasks"}
	if slices.ContainsFunc(j.Tasks, func(t task) bool { return or(t.Timeout, defaultTimeout) == 0 }) {
		length.Unknown = "no document tells how long a task with Timeout 0 can run"
	}
	return job.Size{Lower: "lower TaskInstanceNum, Timeout or MaxRetryCount of its tasks", Amounts: []job.Amount{{Measure: job.Instances, N: instances}, length}}
}

// lasts is how long a task can run, in seconds. Whether Timeout is that of the
// task or of each instance, and whether it begins anew with a retry, is
// UNVERIFIED: the longer one is counted (facts tencent-batch §10).
func (t task) lasts() int64 {
	rounds, instances := int64(1), or(t.TaskInstanceNum, defaultInstances)
	if most := or(t.MaxConcurrentNum, 0); most > 0 {
		rounds = (instances + most - 1) / most
	}
	return job.Times(job.Times(or(t.Timeout, defaultTimeout), rounds), 1+or(t.MaxRetryCount, 0))
}

func or(n *int64, without int64) int64 {
	if n == nil {
		return without
	}
	return *n
}
