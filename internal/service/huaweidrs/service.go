// Package huaweidrs starts replication tasks of Huawei Cloud Data Replication
// Service (DRS, API v3).
package huaweidrs

// This file is the provider as the engine sees it: its name, its calls, the
// service that starts what a spec asks for, and the follower of tasks that any
// process started.

import (
	"cmp"
	"context"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Name is the provider's name.
const Name = "huawei-drs"

// Calls are the calls of DRS that we make. No rate is published for it.
func Calls() []cloud.Call {
	return []cloud.Call{
		batchStartJobs(), batchListJobStatus(), batchListJobDetails(), batchListProgresses(),
		batchRestoreTask(), batchStopJobs(), batchDeleteJobs(), batchCheckResults(),
	}
}

// noTasks is an answer that names no task.
const noTasks = `{"results":[],"count":0}`

// toRead is what reads of a task need (facts huawei-drs §8, as the
// other permissions).
const toRead = "drs:migrationJob:get"

// Open makes the one service: all tasks go into one call.
func (s *Spec) Open(env cloud.Env) ([]engine.Service, error) {
	tasks := s.jobs
	for _, id := range s.jobIDs {
		tasks = append(tasks, task{jobID: id, startTime: s.startTime})
	}
	account, err := huawei.Open(env, s.target, "drs")
	if s.Mode() != cloud.ModeStart {
		var services []engine.Service
		for _, t := range tasks {
			there := engine.Existing{Of: Name, Name: named(t.jobID), Ref: job.Ref{ID: t.jobID}, Ends: s.mode == cloud.ModeStop}
			services = append(services, there.Service(follower{account, strings.ToLower(s.language)}))
		}
		return services, err
	}
	return []engine.Service{&service{follower{account, strings.ToLower(s.language)}, tasks}}, err
}

// Mode is what is done with the job.
func (s *Spec) Mode() string { return cmp.Or(s.mode, cloud.ModeStart) }

// Target is where the tasks are found again.
func (s *Spec) Target() string { return cloud.TargetText(s.target) }

// Reopen makes a follower of tasks that another process started.
func Reopen(env cloud.Env, target string) (engine.Follower, error) {
	t, err := huawei.ReadTarget(env, target)
	if err != nil {
		return nil, err
	}
	account, err := huawei.Open(env, t, "drs")
	return follower{account, english}, err
}

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

func (f follower) Group() (string, int) { return "huawei-drs " + f.account.Where(), perCall }

// Lasting: what a pause or termination costs is a replication that took long
// to build, and that others rely on.
func (f follower) Lasting(job.Ref) bool { return true }

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
