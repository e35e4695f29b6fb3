package action

import (
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// TestLiveWithoutKeys: a live check logs in as a step does, once for each cloud,
// in an allowed account only, and starts nothing.
func TestLiveWithoutKeys(t *testing.T) {
	const denied = "qcs::cam::uin/" + emulator.TencentAccount + ":roleName/cloudjob-production"
	tests := map[string]struct {
		plan      string
		status    job.Outcome
		exchanges int
		says      []string
	}{
		"by role and agency": {byRole + byAgency + endless, job.Started, 2, []string{
			"login: account " + emulator.TencentAccount + ", CAMRole qcs::sts:", "login: account " + emulator.HuaweiAccount + ", ",
			"nothing speaks against a start", "compute environment env-demo0001: is there", "cases: 1 of 1 are there",
		}},
		"in an allowed account": {byRole + byAgency + "allowed_account_ids: '" + emulator.TencentAccount + "," + emulator.HuaweiAccount + "'\n" + endless, job.Started, 2, []string{"nothing speaks against a start"}},
		"in another account":    {byRole + byAgency + "allowed_account_ids: '1'\n" + endless, job.Unauthorized, 1, []string{"::tencent-batch, allowed_account_ids: ", "is to account " + emulator.TencentAccount + ", which allowed_account_ids does not name"}},
		"a role that trusts another": {strings.ReplaceAll(byRole, emulator.TencentRoleARN, denied) + byAgency + endless, job.Unauthorized, 2, []string{
			"::error title=cloudjob%3A unauthorized::tencent-batch, login: AssumeRoleWithWebIdentity: ", "cases: 1 of 1 are there",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				k := newRoleStep(t, dir, test.plan, time.Hour)
				if status := k.main(t.Context(), field.Input{Name: "dry_run", Text: "live"}); status != test.status.Exit() {
					t.Errorf("exit status %d, want %s", status, test.status)
				}
				out := k.out.String()
				for _, text := range test.says {
					if !strings.Contains(out, text) {
						t.Errorf("it does not say %q", text)
					}
				}
				calls := k.cloud.Calls()
				if n := calls["AssumeRoleWithWebIdentity"] + calls["AssumeAgencyWithOIDC"]; n != test.exchanges {
					t.Errorf("%d exchanges, want %d: %v", n, test.exchanges, calls)
				}
				if live := k.live(); len(live) > 0 {
					t.Errorf("it started %v", live)
				}
				summary, err := os.ReadFile(k.env["GITHUB_STEP_SUMMARY"])
				if err != nil || !strings.HasPrefix(string(summary), "### ") || !strings.Contains(string(summary), "Live check: ") {
					t.Errorf("the summary is %q, %v", summary, err)
				}
				if leaks := k.leaks(t); leaks != nil {
					t.Errorf("leaked: %v", leaks)
				}
				if t.Failed() {
					t.Log(out)
				}
			})
		})
	}
}

// TestLiveSecrets: what a cloud says of a thing is told without the secrets that
// stand in it, in the log, the summary and the outputs.
func TestLiveSecrets(t *testing.T) {
	dir := t.TempDir()
	k := newRoleStep(t, dir, `
jobs:
  - provider: tencent-pts
    project_id: project-demo
    scenario_id: scenario-demo
    endpoint: `+demoEndpoint, time.Hour)
	k.env["TENCENTCLOUD_SECRET_ID"], k.env["TENCENTCLOUD_SECRET_KEY"] = emulator.TencentKeyID, emulator.Secret
	p := k.process()
	p.network = repeats{}
	if status := p.step(t.Context(), []field.Input{{Name: "plan_file", Text: "plan.yml"}, {Name: "dry_run", Text: "live"}}); status != job.StartFailed.Exit() {
		t.Errorf("exit status %d", status)
	}
	var all strings.Builder
	for line := range strings.Lines(k.out.String()) {
		if !strings.HasPrefix(line, "::add-mask::") {
			all.WriteString(line)
		}
	}
	for _, file := range []string{"GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"} {
		text, err := os.ReadFile(k.env[file])
		if err != nil || !strings.Contains(string(text), "***") && !strings.Contains(string(text), "&#42;&#42;&#42;") {
			t.Errorf("%s: %q, %v", file, text, err)
		}
		all.Write(text)
	}
	if strings.Contains(all.String(), emulator.Secret) || !strings.Contains(all.String(), "***") {
		t.Errorf("it says\n%s", all.String())
	}
}

// repeats is a cloud that repeats secrets in all that it says.
type repeats struct{}

func (repeats) RoundTrip(r *http.Request) (*http.Response, error) {
	said := `{"Response":{"Error":{"Code":"InvalidParameter","Message":"bad ` + emulator.Secret + `"},"RequestId":"` + emulator.Secret + `"}}`
	if r.Header.Get("X-TC-Action") == "GetCallerIdentity" {
		said = `{"Response":{"AccountId":"1","Arn":"` + emulator.Secret + `"}}`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(said)), Request: r}, nil
}
