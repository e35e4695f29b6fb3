package tencentpts

// This file finds a run again by the mark in its note.

import (
	"context"

	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// searchPages bounds how far back a search for a mark goes: the order of the
// list is not documented, so it cannot stop at the first older run.
const searchPages = 20

// Find compares notes: no filter of DescribeJobs knows them. What one start
// began stands together; the jobs of all attempts may stand far apart.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	project, scenario := unscope(intent.In)
	var found []engine.Found
	for page := range searchPages {
		jobs, total, err := f.list(ctx, []string{project}, []string{scenario}, nil, page*pageLimit)
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			if mark := engine.Marked(j.Note, intent.Mark); mark != "" {
				ref := job.Ref{ID: j.JobId, In: intent.In}
				found = append(found, engine.Found{Ref: ref, State: j.status().State, Mark: mark, Ours: true})
			}
		}
		if !tencent.More(page+1, pageLimit, len(jobs), total) || found != nil && !intent.At.IsZero() {
			break
		}
	}
	return found, nil
}
