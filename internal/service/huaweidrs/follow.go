package huaweidrs

// This file reads how tasks are: their states in one call, and more of those
// that have more to tell.

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func batchListJobStatus() cloud.Call {
	return cloud.Call{Name: "BatchListJobStatus", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the tasks' states, before the start too", Permission: toRead, Reads: true, Answer: noTasks}
}

func batchListJobDetails() cloud.Call {
	return cloud.Call{Name: "BatchListJobDetails", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the tasks' kinds, and why they failed", Permission: toRead, Reads: true, Answer: noTasks}
}

func batchListProgresses() cloud.Call {
	return cloud.Call{Name: "BatchListProgresses", For: cloud.ToWait, Does: "reads how far the tasks are", Permission: "drs:migrationJobs:getProgress", Reads: true}
}

// perCall is how many tasks one read names: the largest page. How many ids a
// call may hold is not documented (facts huawei-drs §5).
const perCall = 100

// inParts makes a read for some tasks at a time and puts the answers together.
func inParts(ids []string, size int, read func([]string) (map[string]reply, error)) (map[string]reply, error) {
	all := map[string]reply{}
	var failed error
	for part := range slices.Chunk(ids, size) {
		said, err := read(part)
		maps.Copy(all, said)
		failed = errors.Join(failed, err)
	}
	return all, failed
}

// states reads the status of any number of tasks.
func (f follower) states(ctx context.Context, ids []string) (map[string]reply, error) {
	return inParts(ids, perCall, func(ids []string) (map[string]reply, error) { return f.statesOf(ctx, ids) })
}

// statesOf reads the status of some tasks. A call that names a task which does
// not exist is refused as a whole (facts huawei-drs §5), so it is then made in
// halves, until such a task stands alone and gets the code in the place of its
// status.
func (f follower) statesOf(ctx context.Context, ids []string) (map[string]reply, error) {
	said, _, err := f.call(ctx, batchListJobStatus(), drs.GenReqDefForBatchListJobStatus, all(ids))
	e, failed := errors.AsType[*job.Error](err)
	switch {
	case !failed || e.Code != unknownID && e.Code != notFound && e.Code != gone:
		return said, err
	case len(ids) == 1:
		return map[string]reply{ids[0]: {ErrorCode: cloud.Text(e.Code), ErrorMsg: cloud.Text(e.Message)}}, nil
	}
	return inParts(ids, (len(ids)+1)/2, func(half []string) (map[string]reply, error) { return f.statesOf(ctx, half) })
}

// details reads what a task is and was. Tasks that do not exist must not be
// among the ids.
func (f follower) details(ctx context.Context, ids []string) (map[string]reply, error) {
	return inParts(ids, perCall, func(ids []string) (map[string]reply, error) {
		said, _, err := f.call(ctx, batchListJobDetails(), drs.GenReqDefForBatchListJobDetails, all(ids))
		return said, err
	})
}

func (f follower) progresses(ctx context.Context, ids []string) (map[string]reply, error) {
	return inParts(ids, perCall, func(ids []string) (map[string]reply, error) {
		said, _, err := f.call(ctx, batchListProgresses(), drs.GenReqDefForBatchListProgresses, &model.BatchQueryProgressReq{Jobs: ids})
		return said, err
	})
}

// all asks for one page with all of the tasks. Without page_req those after the
// fifth are left out silently (facts huawei-drs §5).
func all(ids []string) *model.BatchQueryJobReqPage {
	first, everything := int32(1), int32(0)
	return &model.BatchQueryJobReqPage{Jobs: ids, PageReq: &model.PageReq{CurPage: &first, PerPage: &everything}}
}

// Status reads the states, and more only of tasks that have more to tell: how
// far those are that move, and what became of those that came to an end. How
// far they are and when they ended is for people, so it may fail.
func (f follower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	refs = slices.Clone(refs) // their kinds are completed
	var ids, moving, ended []string
	for _, ref := range refs {
		if !slices.Contains(ids, ref.ID) { // a call may not name a task twice
			ids = append(ids, ref.ID)
		}
	}
	said, err := f.states(ctx, ids)
	for _, id := range ids {
		if moves(said[id].word()) {
			moving = append(moving, id)
		}
	}
	progress, _ := f.progresses(ctx, moving)
	for i := range refs {
		refs[i].Kind = cmp.Or(refs[i].Kind, string(progress[refs[i].ID].TaskMode))
		ref, word := refs[i], said[refs[i].ID].word()
		if state(word, ref.Kind).Over() && said[ref.ID].Status != "" && word != deleted && !slices.Contains(ended, ref.ID) {
			ended = append(ended, ref.ID)
		}
	}
	detail, detailErr := f.details(ctx, ended)
	statuses := make([]job.Status, len(refs))
	var failed error
	for i, ref := range refs {
		r, there := said[ref.ID]
		ref.Kind = cmp.Or(ref.Kind, string(detail[ref.ID].TaskType))
		switch {
		case there && detailErr != nil && undecided(ref, r.word(), detailErr):
			failed = detailErr
		case there:
			statuses[i] = status(ref, r, progress[ref.ID], detail[ref.ID])
		case err == nil:
			statuses[i] = job.Status{State: job.StateUnknown, Unlisted: true}
		}
	}
	return statuses, errors.Join(err, failed)
}

// refused tells of a read that will be refused the next time too.
func refused(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && (e.Fault == job.Refused || e.Fault == job.Denied)
}
