package huaweicpts

// This file lists what runs of the same task or of the same cases, whoever
// started it, and what runs in a test project that any step started.

import (
	"context"
	"fmt"
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
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
	return s.running(ctx, tasks, in, s.shares)
}

// running are the last runs of tasks, of those that go on, which are wanted.
func (f follower) running(ctx context.Context, tasks []marked, in string, wanted func(taskInfo) bool) (runs []engine.Live, err error) {
	for _, t := range tasks {
		info, err := f.task(ctx, t.id)
		if absent(err) { // it was deleted meanwhile
			continue
		}
		if err != nil {
			return nil, err
		}
		state, known, _ := info.status()
		if run := info.run(); known && live(state) && run != "" && wanted(info) {
			runs = append(runs, engine.Live{
				Ref: job.Ref{ID: t.id, Run: run, In: in, Kind: shared}, Of: fmt.Sprintf("task %q", t.name),
				Status: status(state, known), Mark: engine.MarkOf(t.name),
			})
		}
	}
	return runs, nil
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
			rivals = append(rivals, engine.Live{Ref: ref, Status: now, Since: now.Begun})
		}
	}
	return rivals, nil
}

// marks is a follower that finds what bears a mark in a test project.
type marks struct {
	follower
	in string
}

// Marked reads every task whose name has a mark, because their list does not tell
// which of them run.
func (m marks) Marked(ctx context.Context) ([]engine.Live, error) {
	tasks, all, err := m.tasks(ctx, m.in)
	if err != nil {
		return nil, err
	}
	if !all {
		return nil, cloud.Unknown(showTaskSet(), fmt.Sprintf("the test project has more than %d tasks; delete old ones", searchPages*pageLimit), nil)
	}
	tasks = slices.DeleteFunc(tasks, func(t marked) bool { return engine.MarkOf(t.name) == "" })
	runs, err := m.running(ctx, tasks, m.in, func(taskInfo) bool { return true })
	for i := range runs {
		l := &runs[i]
		l.Ref.Kind = own
		history, err := m.history(ctx, l.Ref.ID)
		if err != nil { // it only tells people since when
			continue
		}
		for _, r := range history {
			if id(r.RunID) == l.Ref.Run {
				l.Since, _ = r.times()
			}
		}
	}
	return runs, err
}

// Where are the fields that say where marks are looked for.
func (s *Spec) Where() ([]string, func(*field.At)) {
	return []string{"project_id", "region", "endpoint", "test_project_id"}, s.target.Check
}

// Search opens what finds the marks of a test project.
func (s *Spec) Search(env cloud.Env) (engine.Marks, error) {
	account, err := huawei.Open(env, s.target, "cpts")
	return marks{follower{account}, fmt.Sprint(*s.testProjectID)}, err
}
