package huaweidrs

// This file starts all tasks of one call, and resumes those of them that are
// paused.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func batchStartJobs() cloud.Call {
	return cloud.Call{
		Name: "BatchStartJobs", For: cloud.ToRun, Does: "starts replication tasks; those that are paused are resumed by BatchRestoreTask instead", Where: "the task's status in the console",
		Permission: "drs:migrationJob:action, with VPC FullAccess and RDS ReadOnlyAccess",
		Answer:     noTasks,
	}
}

// Intend keeps the tasks with their kinds, and those of them that were not
// seen unstarted: after a start without an answer only a change proves that it
// was executed, because an id is the same whoever starts it (facts huawei-drs §3).
// That the start is not sent again follows from that too: a second one would be
// refused, and say nothing of the first.
func (s *service) Intend(ctx context.Context, mark string) (job.Intent, error) {
	intent := job.Intent{Mark: mark}
	var ids, known []string
	for _, t := range s.tasks {
		ids = append(ids, t.jobID)
	}
	before, err := s.states(ctx, ids)
	if err != nil {
		return intent, err
	}
	paused := false
	for _, id := range ids {
		if before[id].Status != "" {
			known = append(known, id)
		}
		paused = paused || before[id].word() == pausing
	}
	details, err := s.details(ctx, known)
	if err != nil && (paused || !refused(err)) { // without the permission the kinds are not known, and a start is still possible
		return intent, err
	}
	var problems []string
	for _, t := range s.tasks {
		word, detail := before[t.jobID].word(), details[t.jobID]
		was := past{begun: detail.BegunAt.Time(), copied: detail.CopiedAt.Time()}
		switch {
		case word == pausing:
			was.paused, was.since = true, detail.UpdatedAt.Time()
		case !unstarted(word):
			was = past{} // what it tells is of the run that it is in
			intent.Before = append(intent.Before, t.jobID)
		}
		intent.IDs = append(intent.IDs, entry(job.Ref{ID: t.jobID, Kind: string(detail.TaskType), Since: was.String()}))
		if text := t.impossible(was, detail); text != "" {
			problems = append(problems, text)
		}
	}
	if problems != nil {
		return intent, &job.Error{Fault: job.Refused, Call: batchStartJobs().Name, Message: strings.Join(problems, "; ")}
	}
	return intent, nil
}

// impossible says why a task cannot be started as asked, or "".
func (t task) impossible(was past, detail reply) string {
	switch {
	case detail.parent():
		return "task " + t.jobID + " is the parent of a dual-active disaster recovery, which DRS neither starts nor resumes; name its sub-tasks"
	case was.paused && t.startTime != "":
		return "task " + t.jobID + " is paused, and DRS resumes a task at once; leave out its start_time"
	case was.paused && t.onlyInitTask != nil:
		return "task " + t.jobID + " is paused, and is_only_init_task is for its first start; leave it out"
	}
	return ""
}

// Start starts the tasks, and resumes those that are paused, which takes a call
// of its own (facts huawei-drs §6). Neither is sent again: a second
// resume would be refused as a second start is.
func (s *service) Start(ctx context.Context, intent job.Intent) []job.Item {
	items := engine.Each(s.What(), job.Item{Provider: Name, Err: &job.Error{Fault: job.Refused, Call: batchStartJobs().Name, Message: "left out of this start"}})
	refs := make([]job.Ref, len(s.tasks))
	var fresh, paused []int
	for i, t := range s.tasks {
		refs[i] = job.Ref{ID: t.jobID}
		if i < len(intent.IDs) {
			refs[i] = refOf(intent.IDs[i])
		}
		switch {
		case slices.Contains(intent.Skip, i):
		case pastOf(refs[i]).paused:
			paused = append(paused, i)
		default:
			fresh = append(fresh, i)
		}
	}
	begin := func(call cloud.Call, define func() *def.HttpRequestDef, body any, asked []int) {
		said, requestID, err := s.call(ctx, call, define, body)
		for _, i := range asked {
			item, id := &items[i], s.tasks[i].jobID
			item.Status, item.RequestID, item.Err = string(said[id].Status), requestID, err
			if err == nil {
				item.Err = done(call, requestID, id, said)
			}
			if item.Err == nil {
				item.Ref, item.Note = refs[i], note(s.tasks[i], said[id], refs[i])
			}
		}
	}
	if fresh != nil {
		begin(batchStartJobs(), drs.GenReqDefForBatchStartJobs, s.starts(fresh), fresh)
	}
	if paused != nil {
		begin(batchRestoreTask(), drs.GenReqDefForBatchRestoreTask, s.resumes(paused), paused)
	}
	return items
}

// done takes one task's part out of the answer to a start or a stop. The
// status of the whole call is one of success even if single tasks failed.
func done(call cloud.Call, requestID, id string, said map[string]reply) error {
	r, there := said[id]
	switch {
	case !there:
		return cloud.Unknown(call, "the answer does not name the task; look at its status in the console", nil)
	case r.Status == "success":
		return nil
	case r.Status == "failed":
		r.ID = "" // the item names it
		return r.explain(job.Error{
			Fault: job.Refused, Call: call.Name, RequestID: requestID,
			Meaning: "the task was refused", Cure: "see the message",
		})
	}
	return cloud.Unknown(call, fmt.Sprintf("the answer gives the task the status %q, which is not documented", r.Status), nil)
}

// note says what a reader should know of a task that started.
func note(t task, r reply, ref job.Ref) string {
	var notes []string
	if pastOf(ref).paused {
		notes = append(notes, "it was paused, and is resumed")
		if t.autoCreateCompare != nil {
			notes = append(notes, "is_auto_create_compare stays as its first start had it")
		}
	}
	if ms, err := strconv.ParseInt(t.startTime, 10, 64); err == nil {
		notes = append(notes, "scheduled for "+time.UnixMilli(ms).UTC().Format(time.RFC3339))
	}
	if r.OrderID != "" {
		notes = append(notes, "order "+string(r.OrderID))
	}
	if ref.Kind == "" {
		notes = append(notes, "its task_type could not be read (BatchListJobDetails), so waiting may not see when it has reached its goal")
	}
	return strings.Join(notes, "; ")
}

func (s *service) starts(asked []int) *model.BatchStartJobReq {
	infos := make([]model.StartInfo, len(asked))
	for i, index := range asked {
		t := s.tasks[index]
		infos[i] = model.StartInfo{JobId: t.jobID, IsOnlyInitTask: t.onlyInitTask, IsAutoCreateCompare: t.autoCreateCompare}
		if t.startTime != "" {
			infos[i].StartTime = &t.startTime
		}
	}
	return &model.BatchStartJobReq{Jobs: infos}
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
