package tencentpts

// This file finds a run again by the mark in its note.

import (
	"context"
	"errors"
	"iter"

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
	for jobs, err := range f.runs(ctx, project, []string{scenario}) {
		if errors.Is(err, tencent.ErrGoesOn) {
			break
		} else if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			if mark := engine.Marked(j.Note, intent.Mark); mark != "" {
				ref := job.Ref{ID: j.JobId, In: intent.In}
				found = append(found, engine.Found{Ref: ref, State: j.status().State, Mark: mark, Ours: true})
			}
		}
		if found != nil && !intent.At.IsZero() {
			break
		}
	}
	return found, nil
}

// runs are the pages of the list of what was run of some scenarios, as far as it is
// searched.
func (f follower) runs(ctx context.Context, project string, scenarios []string, states ...int64) iter.Seq2[[]run, error] {
	return tencent.Pages(searchPages, pageLimit, func(offset int) ([]run, int, error) {
		return f.list(ctx, []string{project}, scenarios, nil, offset, states...)
	})
}
