package huaweicpts

// This file finds a run again: by the mark in its task's name, or as what began
// in an existing task since.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func showTaskSet() cloud.Call {
	return cloud.Call{
		Name: "ShowTaskSet", For: cloud.ToRun | cloud.ToCheck, Does: "looks for the task that was created", Permission: "codeartsperftest:cpts:listPerfTestTask",
		Reads: true, Answer: `{"code":"SVCSTG.CPTS.0000000","message":"success","tasks":[]}`,
	}
}

const (
	pageLimit   = 50
	searchPages = 40 // bounds the search for a mark: the list has no filter and no documented order
)

// Find looks for runs that began under the intent: in the task that was to be
// started, or in those whose name holds the mark. Live runs come first. A
// marked task without a run is no find, because it costs nothing.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	tasks, kind := []marked{}, own
	for _, task := range intent.IDs {
		tasks, kind = append(tasks, marked{id: task}), shared
	}
	var failed error
	if len(tasks) == 0 {
		if tasks, failed = f.marked(ctx, intent); failed != nil {
			return nil, failed
		}
	}
	var alive, over []engine.Found
	for _, task := range tasks {
		runs, err := f.begun(ctx, task.id, intent)
		failed = errors.Join(failed, err)
		for _, run := range runs {
			one := engine.Found{Ref: job.Ref{ID: task.id, Run: run, In: intent.In, Kind: kind}, State: job.StateUnknown, Mark: task.mark, Ours: kind == own}
			if s, err := f.status(ctx, one.Ref); err == nil {
				one.State = s.State
			} else {
				failed = errors.Join(failed, err)
			}
			if one.State.Over() {
				over = append(over, one)
			} else {
				alive = append(alive, one)
			}
		}
	}
	return append(alive, over...), failed
}

// Find knows one thing more than any follower: whether a task was only to be
// created.
func (s *service) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	if s.starts() {
		return s.follower.Find(ctx, intent)
	}
	tasks, err := s.marked(ctx, intent)
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	ref := job.Ref{ID: tasks[0].id, In: intent.In, Kind: created}
	return []engine.Found{{Ref: ref, State: job.StateSucceeded, Mark: tasks[0].mark, Ours: true}}, nil
}

// marked is a task whose name may hold a mark.
type marked struct{ id, name, mark string }

// marked lists the tasks of the test project whose name holds the mark, the
// newest first.
func (f follower) marked(ctx context.Context, intent job.Intent) ([]marked, error) {
	if intent.Mark == "" {
		return nil, nil
	}
	tasks, _, err := f.tasks(ctx, intent.In)
	for i, t := range tasks {
		tasks[i].mark = engine.Marked(t.name, intent.Mark)
	}
	return slices.DeleteFunc(tasks, func(t marked) bool { return t.mark == "" }), err
}

// tasks lists the tasks of a test project, the newest first, and tells whether
// these are all. The greatest page is not documented, so a page's length decides
// nothing: the list is read until a page brings nothing new.
func (f follower) tasks(ctx context.Context, in string) (tasks []marked, all bool, err error) {
	project, err := number("test project", in)
	if err != nil {
		return nil, false, err
	}
	seen := map[string]bool{}
	for range searchPages {
		offset, limit := int32(len(seen)), int32(pageLimit)
		request := &model.ShowTaskSetRequest{TestSuiteId: project, Offset: &offset, Limit: &limit}
		var answer taskSetAnswer
		if err := f.call(ctx, showTaskSet(), request, cpts.GenReqDefForShowTaskSet(), &answer); err != nil {
			return nil, false, err
		}
		before := len(seen)
		for _, t := range answer.Tasks {
			task := id(t.ID)
			if task != "" && !seen[task] {
				tasks = append(tasks, marked{id: task, name: string(t.Name)})
			}
			seen[task] = true
		}
		if all = len(seen) == before; all {
			break
		}
	}
	slices.SortStableFunc(tasks, func(a, b marked) int { return rank(b.id) - rank(a.id) })
	return tasks, all, nil
}

// begun are the runs of a task that were not there before the start, the newest
// first. If the task was made for us, or if a run is looked for to be attached
// to, those that have ended are left out as long as one runs.
func (f follower) begun(ctx context.Context, task string, intent job.Intent) ([]string, error) {
	info, history, err := f.look(ctx, task)
	if err != nil {
		return nil, err
	}
	runs := slices.DeleteFunc(runIDs(info, history), func(run string) bool { return slices.Contains(intent.Before, run) })
	newestFirst(runs)
	ended := func(run string) bool {
		return slices.ContainsFunc(history, func(r logged) bool { return id(r.RunID) == run && r.ended() })
	}
	if live := slices.DeleteFunc(slices.Clone(runs), ended); len(live) > 0 && (intent.At.IsZero() || len(intent.IDs) == 0) {
		return live, nil
	}
	return runs, nil
}

// runIDs are the runs that the two calls show.
func runIDs(info taskInfo, history []logged) (runs []string) {
	for _, r := range history {
		runs = append(runs, id(r.RunID))
	}
	runs = append(runs, info.run())
	slices.Sort(runs)
	return slices.DeleteFunc(slices.Compact(runs), func(run string) bool { return run == "" })
}

// newestFirst sorts ids of tasks or runs. That they grow is UNVERIFIED; all
// samples do.
func newestFirst(ids []string) {
	slices.SortStableFunc(ids, func(a, b string) int { return cmp.Compare(rank(b), rank(a)) })
}

// newer compares ids as newestFirst does. No id is older than any.
func newer(a, b string) bool { return rank(a) > rank(b) }

func rank(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		return -1
	}
	return n
}

// number reads an id that we wrote into a ref.
func number(of, id string) (int32, error) {
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s id %q is no number: %w", of, id, err)
	}
	return int32(n), nil
}
