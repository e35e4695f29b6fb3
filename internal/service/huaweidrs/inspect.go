package huaweidrs

// This file tells by reads alone what a start would meet.

import (
	"context"
	"slices"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func batchCheckResults() cloud.Call {
	return cloud.Call{Name: "BatchCheckResults", For: cloud.ToCheck, Does: "tells how the tasks' prechecks went", Permission: toRead, Reads: true}
}

// Whoami tells whose the login is.
func (f follower) Whoami(ctx context.Context) (cloud.Identity, error) { return f.account.Whoami(ctx) }

// Inspect reads the tasks: their status decides whether a start is taken. A task
// is its own only run.
func (s *service) Inspect(ctx context.Context) (things []job.Thing, runs []job.Earlier) {
	var ids, known, configured []string
	for _, t := range s.tasks {
		ids = append(ids, t.jobID)
	}
	said, err := s.states(ctx, ids)
	if err != nil {
		return []job.Thing{job.NotRead(strings.Join(s.What(), ", "), err)}, nil
	}
	for _, id := range ids {
		if said[id].Status != "" {
			known = append(known, id)
		}
		if said[id].word() == configuration {
			configured = append(configured, id)
		}
	}
	details, detailErr := s.details(ctx, known)
	for _, t := range s.tasks {
		r := said[t.jobID]
		thing := t.inspected(r, details[t.jobID])
		if thing.Finding == job.Fine && slices.Contains(configured, t.jobID) {
			s.prechecked(ctx, t, &thing)
		}
		things = append(things, thing)
		if known := details[t.jobID]; !unstarted(r.word()) && known.BegunAt != "" {
			one := job.Earlier{Of: "task " + t.jobID, Ref: job.Ref{ID: t.jobID, Kind: string(known.TaskType)}}
			one.Status = status(one.Ref, r, reply{}, known)
			one.Status.Begun = known.BegunAt.Time()
			runs = append(runs, one)
		}
	}
	if detailErr != nil {
		things = append(things, job.NotRead("kinds of the tasks", detailErr))
	}
	return things, runs
}

// inspected says whether a task can be started, or is paused and can be resumed
// (facts huawei-drs §4, §6). What the start itself refuses is said
// as it says it.
func (t task) inspected(r, detail reply) job.Thing {
	thing := job.Thing{Name: "task " + t.jobID, Says: "is in " + r.word()}
	was := past{paused: r.word() == pausing}
	switch word := r.word(); {
	case word == unknownID || word == notFound || word == "":
		thing.Finding, thing.Says, thing.Cure = job.Absent, "there is no such task in this project and region", "check the id, project_id and region"
	case word == gone || word == deleted:
		thing.Finding, thing.Says, thing.Cure = job.Absent, "was deleted or released", "create a new one"
	case r.Status == "": // a code in the place of the status
		thing.Finding, thing.Says = job.Unfit, r.reason()
	case t.impossible(was, detail) != "":
		thing.Finding, thing.Says = job.Unfit, t.impossible(was, detail)
	case word == pausing:
		thing.Says += ", which means paused: a start resumes it"
	case word == configuration:
		thing.Says += ": a start begins it"
	default:
		thing.Finding, thing.Says, thing.Cure = job.Unfit, thing.Says+", in which DRS takes no start", "a task is started when it is configured and its precheck has passed, and resumed when it is paused"
	}
	return thing
}

// prechecked completes what is known of a task that waits for its first start:
// without a precheck that passed it is refused. One call for each task, because
// the answer names prechecks, and is refused as a whole for one task.
func (s *service) prechecked(ctx context.Context, t task, thing *job.Thing) {
	call := batchCheckResults()
	var said precheckAnswer
	_, err := s.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		said = precheckAnswer{}
		definition := drs.GenReqDefForBatchCheckResults()
		definition.Response = &said
		_, err := client.Sync(&request{s.language, &model.BatchQueryPrecheckResultReq{Jobs: []string{t.jobID}}}, definition)
		return err
	})
	switch {
	case err != nil:
		*thing = job.NotRead(thing.Name, tidy(err))
		thing.Says = "is in " + configuration + ", and whether its precheck passed could not be read: " + thing.Says
		return
	case len(said.Results) != 1:
		*thing = job.NotRead(thing.Name, cloud.Unknown(call, "the answer does not name the task's precheck", nil))
		return
	}
	const cure = "let its precheck run and pass, in the console"
	switch r := said.Results[0]; {
	case r.ErrorCode != "":
		thing.Finding, thing.Says, thing.Cure = job.Unfit, "has no result of a precheck: "+reply{ErrorCode: r.ErrorCode, ErrorMsg: r.ErrorMsg}.reason(), cure
	case r.Result.Is:
		thing.Says += ", and its precheck passed"
	case r.Process != "" && r.Process != "100%":
		thing.Finding, thing.Says, thing.Cure = job.Unfit, "its precheck goes on ("+string(r.Process)+")", "wait until it has passed"
	default:
		thing.Finding, thing.Says, thing.Cure = job.Unfit, "its precheck did not pass", cure
	}
}
