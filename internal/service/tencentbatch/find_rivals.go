package tencentbatch

// This file lists what runs of the same name, whoever submitted it, and what runs
// in a region that any step submitted.

import (
	"context"
	"errors"
	"fmt"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Rivals are the jobs of the name that are not over. Each submission makes a job
// of its own, so its name is all that tells what it is one of.
func (s *service) Rivals(ctx context.Context) ([]engine.Live, error) {
	return s.living(ctx, func(j jobView) bool { return !state(j.JobState).Over() && s.isNamed(j) })
}

// living are the jobs that are wanted. Who submitted one is told by no call (facts
// tencent-batch §3).
func (f follower) living(ctx context.Context, wanted func(jobView) bool) (live []engine.Live, err error) {
	for list, err := range f.jobs(ctx) {
		if errors.Is(err, tencent.ErrGoesOn) {
			return nil, cloud.Unknown(describeJobs(), fmt.Sprintf("the region has more than %d jobs, and their list has no known order, so one that goes on may not be seen; delete old ones", searchPages*pageLimit), nil)
		} else if err != nil {
			return nil, err
		}
		for _, j := range list {
			if wanted(j) {
				s := status(j)
				live = append(live, engine.Live{Ref: job.Ref{ID: j.JobId}, Status: s, Since: s.Begun, Mark: engine.MarkOf(j.JobName)})
			}
		}
	}
	return live, nil
}

// isNamed tells of a job of the same name, whatever mark stands behind it.
func (s *service) isNamed(j jobView) bool {
	name, mark := s.spec.job.JobName, engine.Marked(j.JobName, engine.MarkPrefix)
	return name != "" && (j.JobName == name || mark != "" && j.JobName == marked(name, mark))
}

// marks is a follower that finds what bears a mark in a region.
type marks struct{ follower }

// Marked lists also what is over and costs on until it is terminated (facts
// tencent-batch §4).
func (m marks) Marked(ctx context.Context) ([]engine.Live, error) {
	return m.living(ctx, func(j jobView) bool {
		s := status(j)
		return (!s.State.Over() || s.Costs) && engine.MarkOf(j.JobName) != ""
	})
}

// Where are the fields that say where marks are looked for.
func (s *Spec) Where() ([]string, func(*field.At)) {
	return []string{"region", "endpoint", "site"}, nil
}

// Search opens what finds the marks of a region.
func (s *Spec) Search(env cloud.Env) (engine.Marks, error) {
	account, err := tencent.Open(env, s.target, "batch")
	return marks{follower{account}}, err
}
