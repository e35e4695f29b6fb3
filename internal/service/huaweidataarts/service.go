// Package huaweidataarts starts jobs of Huawei Cloud DataArts Studio's DataArts
// Factory.
package huaweidataarts

// This file is the provider as the engine sees it: its name, its calls, the
// service that starts what a spec asks for, and the follower of jobs that any
// process started.

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	"golang.org/x/time/rate"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Name is the provider's name.
const Name = "huawei-dataarts"

// The rates of a user are those of the vendor's overview of the API, V1, of
// 2026-01. The gateway counts repeats too while it refuses, so an answer that
// asks for a pause is honoured.
const (
	perSecond            = 30
	definitionsPerSecond = 10 // of ShowJob
)

// Calls are the calls of DataArts that we make.
func Calls() []cloud.Call {
	return []cloud.Call{
		startJob(), runOnce(), showJob(), listJobs(), showJobStatus(),
		listJobInstances(), showJobInstance(), stopJobInstance(), stopJob(),
	}
}

// The roles are those of the vendor's page on DataArts' permissions; its pages
// on these calls say that they need no permission of identity policies.
const permission = "DAYU User with the workspace role developer or operator, or DAYU Administrator; identity policies need no action, but the same role"

const readPermission = "DAYU User with any role in the workspace, such as viewer, or DAYU Administrator; identity policies need no action, but the same role"

// Open makes the one service. The host is dayu-dlf, as in the vendor's SDK; one
// report has it elsewhere (facts huawei-dataarts §1, UNVERIFIED), so endpoint
// can override it.
func (s *Spec) Open(env cloud.Env) ([]engine.Service, error) {
	account, err := huawei.Open(env, s.target, host)
	if s.Mode() != cloud.ModeStart {
		ref := job.Ref{ID: s.jobName, Run: strconv.FormatInt(*s.runID, 10), In: s.workspace, Kind: once}
		there := engine.Existing{Of: Name, Name: namedRun(s.jobName), Ref: ref, Ends: s.mode == cloud.ModeStop}
		return []engine.Service{there.Service(follower{account: account})}, err
	}
	return []engine.Service{&service{follower: follower{account: account}, spec: s}}, err
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
	account, err := huawei.Open(env, t, host)
	return follower{account: account}, err
}

// host is the first label of the service's host.
const host = "dayu-dlf"

// follower knows the jobs of DataArts. A run is one instance; a schedule is
// followed by the first instance that it makes; a stream is the job itself.
type follower struct {
	account *huawei.Account
	pace    *rate.Limiter // of the calls of a poll; nil: none
}

var (
	_ engine.Follower = follower{}
	_ engine.Console  = follower{}
)

// Console is the page that the Chinese guides log in to (DAYU, as the service was
// called). They are of the regions in China; for others it is UNVERIFIED.
func (f follower) Console() string {
	if !f.account.In("cn-") {
		return ""
	}
	return "https://console.huaweicloud.com/dayu/"
}

// send makes one call by the SDK's own definition of it, but with an answer of
// ours: the SDK's models break on real data (facts huawei-dataarts §9).
func (f follower) send(ctx context.Context, call cloud.Call, request any, definition *def.HttpRequestDef, answer any) (requestID string, err error) {
	definition.Response = answer
	if f.pace != nil {
		if err := f.pace.Wait(ctx); err != nil {
			return "", fmt.Errorf("wait to call %s: %w", call.Name, err)
		}
	}
	return f.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		_, err := client.Sync(request, definition)
		return err
	})
}

// header is the workspace as the SDK wants it; without one the header is left
// out, which means the default workspace (document 004).
func header(workspace string) *string {
	if workspace == "" {
		return nil
	}
	return &workspace
}

// Group: a poll reads two lists. ListJobs has the smaller pages, so these say how
// many jobs one call reads.
func (f follower) Group() (string, int) { return Name + " " + f.account.Where(), jobsLimit }

// Lasting: others rely on a schedule or a real-time job; a run is ended
// without loss.
func (f follower) Lasting(ref job.Ref) bool { return ref.Kind != once }

// service starts one job.
type service struct {
	follower
	spec *Spec
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

func (s *service) What() []string {
	if s.spec.run == once {
		return []string{namedRun(s.spec.jobName)}
	}
	return []string{"schedule of job " + s.spec.jobName}
}

// namedRun is what one run of a job is called.
func namedRun(name string) string { return "one run of job " + name }
