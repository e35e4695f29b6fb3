package huaweidrs

import (
	"context"
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

// Calls are the calls of DRS that we make. No rate is published for it.
func Calls() []cloud.Call {
	return []cloud.Call{
		batchStartJobs(), batchListJobStatus(), batchListJobDetails(), batchListProgresses(),
		batchRestoreTask(), batchStopJobs(), batchDeleteJobs(), batchCheckResults(),
	}
}

func batchStartJobs() cloud.Call {
	return cloud.Call{
		Name: "BatchStartJobs", For: cloud.ToRun, Does: "starts replication tasks; those that are paused are resumed by BatchRestoreTask instead", Where: "the task's status in the console",
		Permission: "drs:migrationJob:action, with VPC FullAccess and RDS ReadOnlyAccess",
		Answer:     noTasks,
	}
}

// service starts all tasks of one call.
type service struct {
	follower
	tasks []task
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

// named is what a task is called.
func named(id string) string { return "task " + id }

func (s *service) What() []string {
	what := make([]string, len(s.tasks))
	for i, t := range s.tasks {
		what[i] = named(t.jobID)
	}
	return what
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
		was := past{begun: instant(detail.BegunAt), copied: instant(detail.CopiedAt)}
		switch {
		case word == pausing:
			was.paused, was.since = true, instant(detail.UpdatedAt)
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

// resumes says is_sync_re_edit of every task: the English pages make it
// mandatory, the Chinese one only of a task that was edited again (UNVERIFIED:
// what it means for any other).
func (s *service) resumes(asked []int) *model.BatchRetryReq {
	infos, edited := make([]model.RetryInfo, len(asked)), true
	for i, index := range asked {
		infos[i] = model.RetryInfo{JobId: s.tasks[index].jobID, IsSyncReEdit: &edited}
	}
	return &model.BatchRetryReq{Jobs: infos}
}

// Codes explains DRS's own codes.
func Codes() []cloud.Code { return codes }

// codes are those of DRS that our calls can meet (facts huawei-drs §8).
var codes = []cloud.Code{
	{Code: "DRS.KE0002", Fault: job.Refused, Meaning: "a database refused the user or the password", Cure: "correct the task's connection and let its precheck pass"},
	{Code: "DRS.M00002", Fault: job.Refused, Meaning: "the service found nothing", Cure: "check the task ids"},
	{Code: "DRS.M00004", Fault: job.Ambiguous, Meaning: "the service is not well", Cure: "look at the task's status before starting it again"},
	{Code: "DRS.M00007", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00100", Fault: job.Denied, Meaning: "the token is invalid", Cure: "check the credentials"},
	{Code: "DRS.M00101", Fault: job.Denied, Meaning: "the user has no role", Cure: "give the user a DRS role in the project"},
	{Code: "DRS.M00102", Fault: job.Denied, Meaning: "a permission is missing", Cure: "give the user a DRS role in the project"},
	{Code: "DRS.M00103", Fault: job.Denied, Meaning: "a permission is missing", Cure: "give the user a DRS role in the project"},
	{Code: "DRS.M00105", Fault: job.Denied, Meaning: "the account is restricted", Cure: "see the console; payment may be due"},
	{Code: "DRS.M00200", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00201", Fault: job.Refused, Meaning: "a parameter is empty", Cure: "see the message"},
	{Code: "DRS.M00202", Fault: job.Refused, Meaning: "a parameter's value is invalid", Cure: "see the message"},
	{Code: "DRS.M00261", Fault: job.Denied, Meaning: "the project id is invalid", Cure: "check project_id and region"},
	{Code: "DRS.M00273", Fault: job.Refused, Meaning: "a parameter holds what is forbidden", Cure: "see the message"},
	{Code: "DRS.M00289", Fault: job.Refused, Meaning: "no such task", Cure: "check the id and region"},
	{Code: "DRS.M00299", Fault: job.Refused, Meaning: "only one task may be started in a call", Cure: "give each task a step, or an entry of the plan file, of its own"},
	{Code: "DRS.M00300", Fault: job.Refused, Meaning: "the request is invalid", Cure: "see the message"},
	{Code: "DRS.M00301", Fault: job.Refused, Meaning: "a task stands twice in the request", Cure: "name each once"},
	{Code: "DRS.M00302", Fault: job.Refused, Meaning: "this kind of replication is not supported", Cure: "start the task in the console"},
	{Code: "DRS.M00303", Fault: job.Refused, Meaning: "the service misses a setting of the task", Cure: "configure the task in the console"},
	{Code: "DRS.M00304", Fault: job.Refused, Meaning: "not allowed in the task's present status", Cure: "look at its status: a task is started when it is configured and its precheck has passed, and resumed when it is paused; one that runs is not started again"},
	{Code: "DRS.M00305", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00307", Fault: job.Refused, Meaning: "only sub-tasks can be started", Cure: "name the sub-tasks"},
	{Code: "DRS.M00308", Fault: job.Refused, Meaning: "only parent tasks can be started", Cure: "name the parent"},
	{Code: "DRS.M01501", Fault: job.Ambiguous, Meaning: "a fault of the service's", Cure: "look at the task's status before starting it again"},
	{Code: "DRS.M01503", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a little and run the step again"},
	{Code: "DRS.M01504", Fault: job.Refused, Meaning: "another operation is running on the task, or it is not well", Cure: "look at its status and try later"},
	{Code: "DRS.M05003", Fault: job.Refused, Meaning: "no such task", Cure: "check the id and region"},
	{Code: "DRS.M05004", Fault: job.Refused, Meaning: "the task was deleted or released", Cure: "create a new one"},
}
