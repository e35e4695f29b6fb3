// Package huaweicpts creates and starts performance test tasks of Huawei Cloud
// CodeArts PerfTest (CPTS).
package huaweicpts

// This file is the provider as the engine sees it: its name, its calls, the
// service that starts what a spec asks for, and the follower of runs that any
// process started.

import (
	"cmp"
	"context"
	"fmt"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Name is the provider's name.
const Name = "huawei-cpts"

// Calls are the calls of PerfTest that we make. No rate is published for them.
func Calls() []cloud.Call {
	return []cloud.Call{
		createNewTask(), batchUpdateTaskStatus(), showTaskSet(), showTask(), showHistoryRunInfo(),
		showMergeTaskCase(), showReport(), showMergeCaseDetail(), showMergeReportLogsOutline(),
		listProjectTestCase(), showCase(),
	}
}

const mayRead = "codeartsperftest:cpts:getPerfTestTask"

// Open makes the one service.
func (s *Spec) Open(env cloud.Env) ([]engine.Service, error) {
	account, err := huawei.Open(env, s.target, "cpts")
	if s.Mode() != cloud.ModeStart {
		ref := job.Ref{ID: fmt.Sprint(*s.taskID), Run: fmt.Sprint(*s.runID), In: fmt.Sprint(*s.testProjectID), Kind: shared}
		there := engine.Existing{Of: Name, Name: named(*s.taskID), Ref: ref, Ends: s.mode == cloud.ModeStop}
		return []engine.Service{there.Service(follower{account})}, err
	}
	return []engine.Service{&service{follower: follower{account}, spec: s}}, err
}

// Mode is what is done with the job.
func (s *Spec) Mode() string { return cmp.Or(s.mode, cloud.ModeStart) }

// Target is where the jobs are found again.
func (s *Spec) Target() string { return cloud.TargetText(s.target) }

// Reopen makes a follower of jobs that another process started.
func Reopen(env cloud.Env, target string) (engine.Follower, error) {
	t, err := huawei.ReadTarget(env, target)
	if err != nil {
		return nil, err
	}
	account, err := huawei.Open(env, t, "cpts")
	return follower{account}, err
}

// follower knows the runs of PerfTest.
type follower struct{ account *huawei.Account }

var _ engine.Follower = follower{}

// call makes a call as the SDK defines it, with an answer type of ours.
func (f follower) call(ctx context.Context, call cloud.Call, request any, definition *def.HttpRequestDef, into answer) error {
	_, err := f.send(ctx, call, request, definition, into)
	return err
}

// send is a call of which the request's id is wanted too.
func (f follower) send(ctx context.Context, call cloud.Call, request any, definition *def.HttpRequestDef, into answer) (requestID string, err error) {
	definition.Response = into
	return f.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		*into.top() = head{} // of a try before
		if _, err := client.Sync(request, definition); err != nil {
			return err
		}
		return refusal(into)
	})
}

func (f follower) Group() (string, int) { return "huawei-cpts " + f.account.Where(), 1 }

// Lasting: a load test is ended without loss.
func (f follower) Lasting(job.Ref) bool { return false }

// The kinds of ref.
const (
	own     = ""        // a run of a task that was created for it
	shared  = "shared"  // a run of a task that was there before, so that others may run it too
	created = "created" // a task that was only created: nothing runs
)

// service creates a task and starts it, or does one of the two.
type service struct {
	follower
	spec *Spec
	task *int32 // created by a Start whose second call a quota refused: another Start goes on with it
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

func (s *service) What() []string {
	if s.spec.taskID != nil {
		return []string{named(*s.spec.taskID)}
	}
	cases := "cases"
	if len(s.spec.caseIDs) == 1 {
		cases = "case"
	}
	return []string{fmt.Sprintf("task %q of %d %s", s.spec.name, len(s.spec.caseIDs), cases)}
}

// named is what a run of a task is called that was there before.
func named(task int64) string { return fmt.Sprintf("task %d", task) }

func (s *service) starts() bool { return s.spec.start == nil || *s.spec.start }
