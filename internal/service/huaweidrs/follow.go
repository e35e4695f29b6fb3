package huaweidrs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// noTasks is an answer that names no task.
const noTasks = `{"results":[],"count":0}`

// toRead is what reads of a task need (facts huawei-drs §8, as the
// other permissions).
const toRead = "drs:migrationJob:get"

func batchListJobStatus() cloud.Call {
	return cloud.Call{Name: "BatchListJobStatus", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the tasks' states, before the start too", Permission: toRead, Reads: true, Answer: noTasks}
}

func batchListJobDetails() cloud.Call {
	return cloud.Call{Name: "BatchListJobDetails", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the tasks' kinds, and why they failed", Permission: toRead, Reads: true, Answer: noTasks}
}

func batchListProgresses() cloud.Call {
	return cloud.Call{Name: "BatchListProgresses", For: cloud.ToWait, Does: "reads how far the tasks are", Permission: "drs:migrationJobs:getProgress", Reads: true}
}

func batchRestoreTask() cloud.Call {
	return cloud.Call{
		Name: "BatchRestoreTask", For: cloud.ToRun, Does: "resumes paused tasks", Where: "the task's status in the console",
		Permission: "drs:migrationJob:action", Answer: noTasks,
	}
}

func batchStopJobs() cloud.Call {
	return cloud.Call{Name: "BatchStopJobs", For: cloud.ToStop, Does: "pauses a task", Permission: "drs:migrationJob:action (UNVERIFIED: no page names a pause's own)"}
}

func batchDeleteJobs() cloud.Call {
	return cloud.Call{Name: "BatchDeleteJobs", For: cloud.ToStop, Does: "terminates a task, if asked for", Permission: "drs:migrationJobs:delete, or with fine-grained permissions drs:migrationJob:terminate"}
}

// perCall is how many tasks one read names: the largest page. How many ids a
// call may hold is not documented (facts huawei-drs §5).
const perCall = 100

// Codes that decide something here; the table in service.go explains them.
const (
	unknownID = "DRS.M00289"
	notFound  = "DRS.M05003"
	gone      = "DRS.M05004" // deleted or released; stands in the place of a status
	notNow    = "DRS.M00304"
	busy      = "DRS.M01504"
)

// follower knows the tasks of DRS.
type follower struct {
	account  *huawei.Account
	language string // of the service's messages
}

var _ engine.Follower = follower{}

// call makes one call with our own answer, whose types take whatever comes, and
// returns what it says of each task, by its id.
func (f follower) call(ctx context.Context, call cloud.Call, define func() *def.HttpRequestDef, body any) (map[string]reply, string, error) {
	var said answer
	requestID, err := f.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		said = answer{}
		definition := define()
		definition.Response = &said
		_, err := client.Sync(&request{f.language, body}, definition)
		return err
	})
	if err != nil {
		return nil, requestID, tidy(err)
	}
	tasks := map[string]reply{}
	for _, r := range append(said.Results, said.Jobs...) {
		tasks[string(cmp.Or(r.ID, r.JobID))] = r
	}
	return tasks, requestID, nil
}

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
		return map[string]reply{ids[0]: {ErrorCode: text(e.Code), ErrorMsg: text(e.Message)}}, nil
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

// entry writes a ref into an intent, with the kind and the past for who comes
// later: a start that is not answered says nothing of them.
func entry(ref job.Ref) string {
	if ref.Since != "" {
		return strings.Join([]string{ref.ID, cmp.Or(ref.Kind, untold), ref.Since}, " ")
	}
	return strings.TrimSpace(ref.ID + " " + ref.Kind)
}

func refOf(entry string) job.Ref {
	words := append(strings.SplitN(entry, " ", 3), "", "")
	return job.Ref{ID: words[0], Kind: strings.TrimPrefix(words[1], untold), Since: words[2]}
}

func (f follower) Group() (string, int) { return "huawei-drs " + f.account.Where(), perCall }

// Lasting: what a pause or termination costs is a replication that took long
// to build, and that others rely on.
func (f follower) Lasting(job.Ref) bool { return true }

// Find returns the tasks that were not started before and are now. A task's id
// is what is started, so one that runs is never another job; but nothing marks
// who started a task, so none is surely ours. One that is still in
// CONFIGURATION, or still paused, may be found later.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	var ids []string
	for _, e := range intent.IDs {
		ids = append(ids, refOf(e).ID)
	}
	said, err := f.states(ctx, ids)
	var found []engine.Found
	for i, e := range intent.IDs {
		ref := refOf(e)
		word := said[ref.ID].word()
		if !started(word) || word == pausing && pastOf(ref).paused || slices.Contains(intent.Before, ref.ID) || slices.Contains(intent.Skip, i) {
			continue
		}
		now := state(word, ref.Kind)
		if word == increStarted { // its goal is reached, but it lives, and a later attempt follows it
			now = job.StateRunning
		}
		found = append(found, engine.Found{Index: i, Ref: ref, State: now})
	}
	return found, err
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

// Why gives the codes and reasons that batch-detail and batch-progress have.
// If one of them has any, it does not matter that the other cannot be read.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	detail, detailErr := f.details(ctx, []string{ref.ID})
	progress, progressErr := f.progresses(ctx, []string{ref.ID})
	var reasons []string
	for _, r := range []reply{detail[ref.ID], progress[ref.ID]} {
		for _, line := range r.why() {
			if !slices.Contains(reasons, line) {
				reasons = append(reasons, line)
			}
		}
	}
	why := []string{"status " + last.Word}
	if more := hint(last.Word); more != "" {
		why[0] += ": " + more
	}
	if reasons != nil {
		return append(why, reasons...), nil
	}
	if last.Message != "" {
		why = append(why, last.Message)
	}
	return why, errors.Join(detailErr, progressErr)
}

// why says a task's failure, with what its code means.
func (r reply) why() (lines []string) {
	if line := r.reason(); line != "" {
		c := cloud.Explain(string(r.ErrorCode), codes)
		for _, more := range []string{c.Meaning, c.Cure} {
			if more != "" {
				line += "; " + more
			}
		}
		lines = append(lines, line)
	}
	if reason := legible(string(r.FailedReason)); reason != "" && reason != r.message() {
		lines = append(lines, "failed reason: "+reason)
	}
	return lines
}

// hint says what the word of a task that failed or was stopped does not.
func hint(word string) string {
	switch word {
	case pausing:
		return "it is paused; starting it again resumes it"
	case releaseComplete:
		return "somebody ended it, and it cannot be resumed"
	case deleted, gone:
		return "somebody deleted it"
	case releaseFailed:
		return "it could not be ended, so it may still cost; end it by force in the console"
	}
	return ""
}
