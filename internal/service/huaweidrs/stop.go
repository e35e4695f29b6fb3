package huaweidrs

// This file pauses a task, or ends it for good.

import (
	"context"
	"fmt"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func batchStopJobs() cloud.Call {
	return cloud.Call{Name: "BatchStopJobs", For: cloud.ToStop, Does: "pauses a task", Permission: "drs:migrationJob:action (UNVERIFIED: no page names a pause's own)"}
}

func batchDeleteJobs() cloud.Call {
	return cloud.Call{Name: "BatchDeleteJobs", For: cloud.ToStop, Does: "terminates a task, if asked for", Permission: "drs:migrationJobs:delete, or with fine-grained permissions drs:migrationJob:terminate"}
}

// Stop pauses, or with terminate ends for good: two very different things
// (facts huawei-drs §6).
func (f follower) Stop(ctx context.Context, ref job.Ref, terminate bool) error {
	said, err := f.states(ctx, []string{ref.ID})
	if err != nil {
		return err
	}
	r, there := said[ref.ID]
	switch {
	case !there:
		return cloud.Unknown(batchListJobStatus(), "the answer does not name the task", nil)
	case r.Status == "" && r.word() != gone:
		return r.explain(job.Error{Fault: job.Refused, Call: batchListJobStatus().Name})
	case terminate:
		return f.terminate(ctx, ref, r.word())
	}
	return f.pause(ctx, ref, r.word())
}

// pause is allowed in five states (facts huawei-drs §6). Two of them are
// failures, and one is the end of a task that only copies: there nothing moves
// that could be paused, and a pause would hide how it ended. Nor is a task
// paused before its resume has become visible.
func (f follower) pause(ctx context.Context, ref job.Ref, word string) error {
	now := state(word, ref.Kind)
	if word == pausing && pastOf(ref).paused {
		detail, err := f.details(ctx, []string{ref.ID})
		switch {
		case err != nil:
			return err
		case pastOf(ref).unresumed(detail[ref.ID]):
			return fmt.Errorf("%w: DRS does not show yet that the task was resumed", engine.ErrTooEarly)
		}
	}
	switch {
	case word != increStarted && (now.Over() || now == job.StateStopping):
		return nil
	case !moves(word):
		return fmt.Errorf("%w: DRS pauses a task only while it transfers, and this one is in %s; one that is scheduled or starting can only be terminated, as on_cancel: terminate does", engine.ErrTooEarly, word)
	}
	return f.end(ctx, ref, batchStopJobs(), drs.GenReqDefForBatchStopJobs, &model.BatchPauseJobReq{
		Jobs: []model.PauseInfo{{JobId: ref.ID, PauseMode: model.GetPauseInfoPauseModeEnum().TARGET}},
	})
}

// terminate is allowed in "most running states" (facts huawei-drs §6) and in
// WAITING_FOR_START (facts huawei-drs §6); whether in STARTJOBING is
// UNVERIFIED, so it is tried.
func (f follower) terminate(ctx context.Context, ref job.Ref, word string) error {
	switch word {
	case releaseStarted, releaseComplete, deleted, gone, createFailed:
		return nil
	}
	err := f.end(ctx, ref, batchDeleteJobs(), drs.GenReqDefForBatchDeleteJobs, &model.BatchDeleteJobReq{
		Jobs: []model.DeleteJobReq{{JobId: ref.ID, DeleteType: model.GetDeleteJobReqDeleteTypeEnum().TERMINATE}},
	})
	if codeOf(err) == gone {
		return nil
	}
	return err
}

// end sends a pause or a termination. The two codes say that the task's status,
// or another operation, does not allow it now; its next status may.
func (f follower) end(ctx context.Context, ref job.Ref, call cloud.Call, define func() *def.HttpRequestDef, body any) error {
	said, requestID, err := f.call(ctx, call, define, body)
	if err == nil {
		err = done(call, requestID, ref.ID, said)
	}
	if code := codeOf(err); code == notNow || code == busy {
		return fmt.Errorf("%w: %w", engine.ErrTooEarly, err)
	}
	return err
}
