package tencentbatch

// This file lists what runs of the same name, whoever submitted it.

import (
	"context"
	"fmt"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Rivals are the jobs of the name that are not over. Each submission makes a job
// of its own, so its name is all that tells what it is one of. Who submitted it
// is told by no call (facts tencent-batch §3).
func (s *service) Rivals(ctx context.Context) (live []engine.Live, err error) {
	for page := range pages {
		list, total, err := s.list(ctx, nil, page*pageLimit)
		if err != nil {
			return nil, err
		}
		for _, j := range list {
			if status := status(j); !status.State.Over() && s.isNamed(j) {
				live = append(live, engine.Live{Ref: job.Ref{ID: j.JobId}, Status: status, Mark: engine.Marked(j.JobName, engine.MarkPrefix)})
			}
		}
		if !tencent.More(page+1, pageLimit, len(list), total) {
			return live, nil
		}
	}
	return nil, cloud.Unknown(describeJobs(), fmt.Sprintf("the region has more than %d jobs, and their list has no known order, so one that runs may not be seen; delete old ones", pages*pageLimit), nil)
}

// isNamed tells of a job of the same name, whatever mark stands behind it.
func (s *service) isNamed(j jobView) bool {
	name, mark := s.spec.job.JobName, engine.Marked(j.JobName, engine.MarkPrefix)
	return name != "" && (j.JobName == name || mark != "" && j.JobName == marked(name, mark))
}
