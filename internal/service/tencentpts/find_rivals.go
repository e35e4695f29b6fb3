package tencentpts

// This file lists what runs of the same scenario, whoever started it.

import (
	"context"
	"fmt"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Rivals are the runs of the scenario that are not over: no state leaves it
// without load for sure before that (facts tencent-pts §4). JobOwner is free text
// of who started it (facts tencent-pts §3).
func (s *service) Rivals(ctx context.Context) (live []engine.Live, err error) {
	for page := range searchPages {
		list, total, err := s.list(ctx, []string{s.spec.projectID}, []string{s.scenario}, nil, page*pageLimit)
		if err != nil {
			return nil, err
		}
		for _, r := range list {
			if status := r.status(); !status.State.Over() && r.JobId != "" {
				live = append(live, engine.Live{
					Ref: job.Ref{ID: r.JobId, In: scope(s.spec.projectID, s.scenario)}, Status: status,
					Mark: engine.Marked(r.Note, engine.MarkPrefix), Who: r.JobOwner,
				})
			}
		}
		if !tencent.More(page+1, pageLimit, len(list), total) {
			return live, nil
		}
	}
	return nil, cloud.Unknown(describeJobs(), fmt.Sprintf("the scenario has more than %d runs, and its list has no known order, so one that runs may not be seen; delete old ones", searchPages*pageLimit), nil)
}
