// Package tencentbatch submits jobs to Tencent Cloud Batch (BatchCompute, API
// 2017-03-12).
package tencentbatch

// This file is the provider as the engine sees it: its name, its calls, the
// service that starts what a spec asks for, and the follower of jobs that any
// process started.

import (
	"cmp"
	"context"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Name is the provider's name.
const Name = "tencent-batch"

// Calls are the calls of Batch that we make, with the lowest of the published
// rates (document 002; facts tencent-batch §8).
func Calls() []cloud.Call {
	return []cloud.Call{submitJob(), describeJobs(), describeJob(), describeTask(), describeTaskLogs(), describeJobSubmitInfo(), terminateJob(), describeComputeEnv()}
}

const readPolicy = " (in QcloudBatchReadOnlyAccess)"

// Open makes the one service.
func (s *Spec) Open(env cloud.Env) ([]engine.Service, error) {
	account, err := tencent.Open(env, s.target, "batch")
	if s.Mode() != cloud.ModeStart {
		there := engine.Existing{Of: Name, Name: "job " + s.jobID, Ref: job.Ref{ID: s.jobID}, Ends: s.mode == cloud.ModeStop}
		return []engine.Service{there.Service(follower{account})}, err
	}
	return []engine.Service{&service{follower{account}, s}}, err
}

// Mode is what is done with the job.
func (s *Spec) Mode() string { return cmp.Or(s.mode, cloud.ModeStart) }

// Target is where the job is found again.
func (s *Spec) Target() string { return cloud.TargetText(s.target) }

// Reopen makes a follower of jobs that another process started.
func Reopen(env cloud.Env, target string) (engine.Follower, error) {
	t, err := tencent.ReadTarget(env, target)
	if err != nil {
		return nil, err
	}
	account, err := tencent.Open(env, t, "batch")
	return follower{account}, err
}

// follower knows the jobs of Batch in a region.
type follower struct{ account *tencent.Account }

var (
	_ engine.Follower = follower{}
	_ engine.Console  = follower{}
)

// Console is the list of jobs, of the domestic site and of any region, which is
// chosen there (facts tencent-batch §1).
func (f follower) Console() string {
	return f.account.OnDomestic("https://console.cloud.tencent.com/batch/job")
}

// send makes one call.
func (f follower) send(ctx context.Context, call cloud.Call, r tencent.Request, response tchttp.Response) error {
	return f.account.Send(ctx, call, codes, "2017-03-12", r, response)
}

func (f follower) Group() (string, int) { return "tencent-batch " + f.account.Where(), pageLimit }

// Lasting: a batch job is ended without loss of anything but its work.
func (f follower) Lasting(job.Ref) bool { return false }

// service submits one job.
type service struct {
	follower
	spec *Spec
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

func (s *service) What() []string {
	return []string{"job " + cmp.Or(s.spec.job.JobName, "without a name")}
}
