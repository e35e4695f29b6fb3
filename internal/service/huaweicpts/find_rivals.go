package huaweicpts

// This file lists what runs of the same task or of the same cases, whoever
// started it.

import (
	"context"
	"fmt"
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// lookedAt bounds how many tasks are read to see which of them run: the list of
// tasks does not tell (facts huawei-cpts §7), so each takes a call.
const lookedAt = 200

// Rivals are the runs that go on of the task that is to be started, or of any
// task of the test project that runs one of the cases. No call tells who started
// them.
func (s *service) Rivals(ctx context.Context) ([]engine.Live, error) {
	in := fmt.Sprint(*s.spec.testProjectID)
	if s.spec.taskID != nil {
		return s.runsOf(ctx, fmt.Sprint(*s.spec.taskID), in)
	}
	tasks, all, err := s.tasks(ctx, in)
	if err != nil {
		return nil, err
	}
	if !all || len(tasks) > lookedAt {
		return nil, cloud.Unknown(showTaskSet(), fmt.Sprintf("the test project has more than %d tasks, and their list does not tell which of them run; delete old ones", lookedAt), nil)
	}
	var rivals []engine.Live
	for _, t := range tasks {
		info, err := s.follower.task(ctx, t.id)
		if absent(err) { // it was deleted meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		state, known, _ := info.status()
		if run := info.run(); known && live(state) && run != "" && s.shares(info) {
			rivals = append(rivals, engine.Live{
				Ref: job.Ref{ID: t.id, Run: run, In: in, Kind: shared}, Status: status(state, known),
				Mark: engine.Marked(t.name, engine.MarkPrefix), What: fmt.Sprintf("of task %q", t.name),
			})
		}
	}
	return rivals, nil
}

// shares tells of a run that one of the cases is in, or whose cases are not told.
// That temp_id is the id of case_ids is the SDK's word (facts huawei-cpts §5).
func (s *service) shares(info taskInfo) bool {
	told := false
	for _, c := range info.Cases {
		n, known := whole(c.CaseID)
		told = told || known
		if known && slices.Contains(s.spec.caseIDs, int64(n)) {
			return true
		}
	}
	return !told
}

// runsOf are the runs of a task that go on. Only the last can be told by its
// state, an older one by an end that it has not (facts huawei-cpts §5).
func (f follower) runsOf(ctx context.Context, task, in string) (rivals []engine.Live, err error) {
	info, history, err := f.look(ctx, task)
	if err != nil {
		return nil, err
	}
	for _, run := range runIDs(info, history) {
		if slices.ContainsFunc(history, func(r logged) bool { return id(r.RunID) == run && r.ended() }) {
			continue
		}
		ref := job.Ref{ID: task, Run: run, In: in, Kind: shared}
		now, err := f.status(ctx, ref)
		if err != nil {
			return nil, err
		}
		if !now.State.Over() && !now.Unlisted {
			rivals = append(rivals, engine.Live{Ref: ref, Status: now})
		}
	}
	return rivals, nil
}
