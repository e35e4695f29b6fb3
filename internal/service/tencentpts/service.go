// Package tencentpts starts load tests of Tencent Cloud Performance Testing
// Service (PTS, API 2021-07-28).
package tencentpts

// This file is the provider as the engine sees it: its name, its calls, the
// service that starts what a spec asks for, and the follower of runs that any
// process started.

import (
	"cmp"
	"context"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Name is the provider's name.
const Name = "tencent-pts"

// Calls are the calls of PTS that we make. 20 per second is published for
// every action, 30 for series (document 000, facts tencent-pts §9).
func Calls() []cloud.Call {
	return []cloud.Call{
		startJob(), describeJobs(), abortJob(), describeAlertRecords(), describeNormalLogs(),
		describeSampleBatchQuery(), describeSampleMatrixBatchQuery(),
		describeRequestSummary(), describeCheckSummary(), describeErrorSummary(),
		describeScenarios(), describeProjects(),
	}
}

const inReadPolicy = " (in QcloudPTSReadOnlyAccess)"

// Open makes one service for each scenario.
func (s *Spec) Open(env cloud.Env) ([]engine.Service, error) {
	account, err := tencent.Open(env, s.target, "pts")
	services := make([]engine.Service, len(s.scenarios))
	for i, scenario := range s.scenarios {
		if s.Mode() != cloud.ModeStart {
			there := engine.Existing{Of: Name, Name: named(scenario), Ref: job.Ref{ID: s.jobID, In: scope(s.projectID, scenario)}, Ends: s.mode == cloud.ModeStop}
			services[i] = there.Service(follower{account})
			continue
		}
		services[i] = &service{follower: follower{account}, spec: s, scenario: scenario, owner: owner(s.jobOwner, env.Getenv)}
	}
	return services, err
}

// Mode is what is done with the job.
func (s *Spec) Mode() string { return cmp.Or(s.mode, cloud.ModeStart) }

// Target is where the jobs are found again.
func (s *Spec) Target() string { return cloud.TargetText(s.target) }

// Reopen makes a follower of jobs that another process started.
func Reopen(env cloud.Env, target string) (engine.Follower, error) {
	t, err := tencent.ReadTarget(env, target)
	if err != nil {
		return nil, err
	}
	account, err := tencent.Open(env, t, "pts")
	return follower{account}, err
}

// follower knows the runs of PTS.
type follower struct{ account *tencent.Account }

var (
	_ engine.Follower = follower{}
	_ engine.Console  = follower{}
)

// Console is the page that PTS's guides log in to, of the domestic site. What
// stands behind it for a run is UNVERIFIED, and so is the international site's
// (facts tencent-pts §10).
func (f follower) Console() string {
	return f.account.OnDomestic("https://console.cloud.tencent.com/pts")
}

// send makes one call.
func (f follower) send(ctx context.Context, call cloud.Call, r tencent.Request, response tchttp.Response) error {
	return f.account.Send(ctx, call, codes, pts.APIVersion, r, response)
}

func (f follower) Group() (string, int) { return "tencent-pts " + f.account.Where(), pageLimit }

// Lasting: a load test is ended without loss.
func (f follower) Lasting(job.Ref) bool { return false }

// service runs one scenario.
type service struct {
	follower
	spec     *Spec
	scenario string
	owner    string
}

var _ engine.Service = (*service)(nil)

func (s *service) Provider() string { return Name }

func (s *service) What() []string { return []string{named(s.scenario)} }

// named is what a run is called: by its scenario.
func named(scenario string) string { return "scenario " + scenario }

// scope writes the project and the scenario that nearly every call wants
// beside the run's id.
func scope(project, scenario string) string { return project + "/" + scenario }

func unscope(in string) (project, scenario string) {
	project, scenario, _ = strings.Cut(in, "/")
	return project, scenario
}
