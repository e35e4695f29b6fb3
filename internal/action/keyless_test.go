package action

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
)

// roleStep is a step that has no key: one job on each cloud, both endless.
type roleStep struct {
	cloud  *emulator.Emulator
	dir    string
	env    map[string]string
	clock  func() time.Time
	before []string // jobs that ran already
	out    bytes.Buffer
}

// The logins, at the top of a plan.
const (
	byRole   = "tencent_role_arn: " + emulator.TencentRoleARN + "\ntencent_oidc_provider: " + emulator.TencentOIDCProvider + "\n"
	byAgency = "huawei_agency_urn: " + emulator.HuaweiAgencyURN + "\nhuawei_oidc_provider_urn: " + emulator.HuaweiOIDCProviderURN + "\n"
	byIAM    = "huawei_identity_provider: " + emulator.HuaweiIdentityProvider + "\n"
)

const endless = `
jobs:
  - provider: tencent-batch
    region: ap-guangzhou
    endpoint: ` + demoEndpoint + `
    placement: {Zone: ap-guangzhou-4}
    job: {JobName: nightly, Tasks: [{TaskName: fetch, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: sleep 86400}}]}
  - provider: huawei-cpts
    project_id: ` + emulator.ProjectID + `
    region: cn-north-4
    endpoint: ` + demoEndpoint + `
    test_project_id: 393862
    name: soak
    parallel: false
    case_ids: [1]
`

// newRoleStep is to be made inside the bubble.
func newRoleStep(t *testing.T, dir, plan string, life time.Duration) *roleStep {
	t.Helper()
	k := &roleStep{dir: dir}
	clock := emulator.NewClock(1)
	tests := cptsemu.New(clock)
	tests.AddCase(cptsemu.Case{ID: 1, Name: "soak", Lasts: 24 * time.Hour, Users: 5, RPS: 10, P95: 50})
	k.cloud = emulator.New(emulator.Options{Login: emulator.Login{KeyLife: life}}, batchemu.New(clock).Half(), tests.Half())
	k.env = map[string]string{
		"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": dir, "GITHUB_REPOSITORY": "octo-org/octo-repo", "GITHUB_RUN_ID": "7", "GITHUB_RUN_ATTEMPT": "1",
		"ACTIONS_ID_TOKEN_REQUEST_URL": demoEndpoint + emulator.IdentityTokenPath, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": emulator.IdentityRequestToken,
		"RUNNER_DEBUG": "1",
	}
	k.before = k.live()
	for _, name := range []string{"GITHUB_OUTPUT", "GITHUB_STATE", "GITHUB_STEP_SUMMARY"} {
		k.env[name] = filepath.Join(dir, strings.ToLower(name))
	}
	if err := os.WriteFile(filepath.Join(dir, "plan.yml"), []byte(plan), 0o644); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *roleStep) process() *process {
	return &process{
		stdout: &k.out, stderr: &k.out, network: k.cloud.Transport(), jitter: func() float64 { return 0.5 }, clock: k.clock,
		getenv: func(name string) string { return k.env[name] },
	}
}

// main runs the step until ctx ends, or it does.
func (k *roleStep) main(ctx context.Context, inputs ...field.Input) int {
	return k.process().step(ctx, append([]field.Input{{Name: "plan_file", Text: "plan.yml"}}, inputs...))
}

// post is another process: it has the state and nothing else.
func (k *roleStep) post(t *testing.T) int {
	t.Helper()
	state, err := os.ReadFile(k.env["GITHUB_STATE"])
	if err != nil {
		t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(state))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		k.env["STATE_"+e.Name] = e.Value
	}
	return k.process().post(t.Context())
}

// live are the jobs that run in the emulated clouds, without what ran before.
func (k *roleStep) live() (live []string) {
	for service, jobs := range k.cloud.Begun() {
		for _, j := range jobs {
			if one := service + " " + j.ID; j.Live && !slices.Contains(k.before, one) {
				live = append(live, one)
			}
		}
	}
	slices.Sort(live)
	return live
}

func (k *roleStep) outputs(t *testing.T) map[string]string {
	t.Helper()
	src, err := os.ReadFile(k.env["GITHUB_OUTPUT"])
	if err != nil {
		t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(src))
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, e := range entries {
		values[e.Name] = e.Value
	}
	return values
}

// leaks are the secrets of the emulated world, and all that it issued, which
// stand in anything that was written, but for the masks.
func (k *roleStep) leaks(t *testing.T) (leaked []string) {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(k.out.String()) {
		if !strings.HasPrefix(line, "::add-mask::") {
			all.WriteString(line)
		}
	}
	err := filepath.WalkDir(k.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range k.cloud.Secrets() {
		if strings.Contains(all.String(), s) {
			leaked = append(leaked, s)
		}
	}
	return leaked
}

// TestTwoHoursWithoutKeys: jobs on both clouds are started, followed for two
// hours with keys that live five minutes, cancelled, and stopped by the post
// step, since the cloud takes no stop in the time that main has.
func TestTwoHoursWithoutKeys(t *testing.T) {
	for name, login := range map[string]string{"by agency": byRole + byAgency, "by IAM": byRole + byIAM} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				k := newRoleStep(t, dir, login+endless, 5*time.Minute)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(2*time.Hour, func() {
					if live := k.live(); len(live) != 2 {
						t.Errorf("after two hours %v run\n%s", live, k.out.String())
					}
					for _, call := range []string{"TerminateJob", "BatchUpdateTaskStatus"} {
						k.cloud.Inject(emulator.Fault{Call: call, Kind: emulator.BadGateway, Times: -1, For: 10 * time.Second})
					}
					cancel()
				})
				exit := k.main(ctx, field.Input{Name: "timeout", Text: "30h"}, field.Input{Name: "on_cancel", Text: "stop"}, field.Input{Name: "wait", Text: "true"},
					field.Input{Name: "allowed_account_ids", Text: emulator.TencentAccount + "," + emulator.HuaweiAccount})
				if exit != 14 || len(k.live()) != 2 {
					t.Errorf("main ends with %d, and %v run\n%s", exit, k.live(), k.out.String())
				}
				inMain := k.cloud.Issued()
				time.Sleep(10 * time.Second)
				if exit := k.post(t); exit != 0 || len(k.live()) != 0 {
					t.Errorf("the post step ends with %d, and %v run\n%s", exit, k.live(), k.out.String())
				}
				issued := k.cloud.Issued()
				t.Logf("main: %d identity tokens, %d exchanges; the post step: %d and %d; calls %v",
					inMain.IdentityTokens, inMain.Keys, issued.IdentityTokens-inMain.IdentityTokens, issued.Keys-inMain.Keys, k.cloud.Calls())
				if n := inMain.Keys; n < 2*24 || n > 2*34 || inMain.IdentityTokens != n || issued.Keys != n+2 || issued.IdentityTokens != issued.Keys {
					t.Errorf("main: %+v, with the post step: %+v", inMain, issued)
				}
				if leaked := k.leaks(t); leaked != nil {
					t.Errorf("%q can be read", leaked)
				}
			})
		})
	}
}

// TestTheLoginServiceIsDown for ten minutes in the middle of an hour.
func TestTheLoginServiceIsDown(t *testing.T) {
	for _, test := range []struct {
		life    time.Duration
		exit    int
		outcome string
	}{
		{time.Hour, 14, "cancelled"},         // nobody notices
		{5 * time.Minute, 3, "unauthorized"}, // the keys end, and five minutes later nobody waits any more
	} {
		t.Run(fmt.Sprint(test.life), func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				k := newRoleStep(t, dir, byRole+byAgency+endless, test.life)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(40*time.Minute, func() {
					for _, call := range []string{"AssumeRoleWithWebIdentity", "AssumeAgencyWithOIDC"} {
						k.cloud.Inject(emulator.Fault{Call: call, Kind: emulator.Dial, Times: -1, For: 10 * time.Minute})
					}
				})
				time.AfterFunc(time.Hour, cancel)
				began := time.Now()
				exit := k.main(ctx, field.Input{Name: "timeout", Text: "30h"}, field.Input{Name: "on_cancel", Text: "stop"}, field.Input{Name: "wait", Text: "true"})
				outputs := k.outputs(t)
				t.Logf("after %s exit %d, %s: %s", time.Since(began).Round(time.Second), exit, outputs["outcome"], outputs["reason"])
				if exit != test.exit || outputs["outcome"] != test.outcome {
					t.Errorf("ends with %d, %s\n%s", exit, outputs["outcome"], k.out.String())
				}
				if test.exit != 3 {
					k.post(t)
					if live := k.live(); len(live) != 0 {
						t.Errorf("%v run", live)
					}
					return
				}
				if live := k.live(); len(live) != 2 {
					t.Errorf("%v run", live)
				}
				for _, want := range []string{"runs on", "the login service"} {
					if !strings.Contains(outputs["reason"], want) {
						t.Errorf("the reason does not say %q: %s", want, outputs["reason"])
					}
				}
			})
		})
	}
}

// TestKeysDieInTheStop: between the cancel and the stop the cloud ends all keys.
func TestKeysDieInTheStop(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		k := newRoleStep(t, dir, byRole+byAgency+endless, 0)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Minute, func() { k.cloud.ExpireKeys(); cancel() })
		exit := k.main(ctx, field.Input{Name: "timeout", Text: "30h"}, field.Input{Name: "on_cancel", Text: "stop"}, field.Input{Name: "wait", Text: "true"})
		time.Sleep(10 * time.Second)
		if live := k.live(); exit != 14 || len(live) != 0 {
			t.Errorf("ends with %d, and %v run\n%s", exit, live, k.out.String())
		}
		if issued := k.cloud.Issued(); issued.Keys != 4 {
			t.Errorf("issued %+v", issued)
		}
	})
}

// TestTheClockOfTheRunnerJumps: within the life of the keys nobody notices but
// the login service; a clock that is beyond it cannot log in any more, and the
// step says so.
func TestTheClockOfTheRunnerJumps(t *testing.T) {
	for jump, want := range map[time.Duration]struct {
		exit, keys int
		says       string
	}{
		50 * time.Minute: {14, 6, "the workflow was cancelled"},
		-3 * time.Hour:   {14, 2, "the workflow was cancelled"},
		3 * time.Hour:    {3, 2, "set the clock of the runner"},
	} {
		t.Run(jump.String(), func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				k := newRoleStep(t, dir, byRole+byAgency+endless, time.Hour)
				jumped := time.Duration(0)
				k.clock = func() time.Time { return time.Now().Add(jumped).Round(0) }
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Minute, func() { jumped = jump })
				time.AfterFunc(20*time.Minute, cancel)
				exit := k.main(ctx, field.Input{Name: "timeout", Text: "30h"}, field.Input{Name: "on_cancel", Text: "stop"}, field.Input{Name: "wait", Text: "true"})
				reason := k.outputs(t)["reason"]
				t.Logf("exit %d, %+v: %s", exit, k.cloud.Issued(), reason)
				if exit != want.exit || !strings.Contains(reason, want.says) || want.exit == 14 && k.cloud.Issued().Keys != want.keys {
					t.Errorf("ends with %d: %s\n%s", exit, reason, k.out.String())
				}
			})
		})
	}
}

// TestWrongAccount: nothing is started in an account that is not allowed.
func TestWrongAccount(t *testing.T) {
	for _, allowed := range []string{emulator.TencentAccount, emulator.HuaweiAccount, "1"} {
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			k := newRoleStep(t, dir, byRole+byAgency+endless, 0)
			exit := k.main(t.Context(), field.Input{Name: "timeout", Text: "30h"}, field.Input{Name: "allowed_account_ids", Text: allowed})
			if outputs := k.outputs(t); exit != 3 || len(k.live()) != 0 || !strings.Contains(outputs["reason"], "which allowed_account_ids does not name") {
				t.Errorf("%s: ends with %d, %v run: %s", allowed, exit, k.live(), outputs["reason"])
			}
		})
	}
}
