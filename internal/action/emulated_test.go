package action

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/emulator"
)

// forbidden is a network that nothing may be called over.
type forbidden struct{ t *testing.T }

func (f forbidden) RoundTrip(r *http.Request) (*http.Response, error) {
	f.t.Errorf("%s %s left the process", r.Method, r.URL)
	return nil, errors.New("nothing may leave the process")
}

// newEmulatedStage is a step whose endpoint is emulator, without a login; it may
// call nothing.
func newEmulatedStage(t *testing.T, with map[string]string) *stage {
	t.Helper()
	s := newStage(t, with)
	s.network = forbidden{t}
	s.env["INPUT_ENDPOINT"], s.env["RUNNER_TEMP"] = "emulator", s.file("temp")
	for _, p := range []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY", "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"} {
		s.env[p] = ""
	}
	if err := os.Mkdir(s.file("temp"), 0o755); err != nil {
		t.Fatal(err)
	}
	return s
}

// kept are the files in RUNNER_TEMP.
func (s *stage) kept(t *testing.T) (files []string) {
	t.Helper()
	entries, err := os.ReadDir(s.file("temp"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files = append(files, s.file(filepath.Join("temp", e.Name())))
	}
	return files
}

// TestEmulatedStep: a step without an account runs a load test to its end and
// judges it, and everything that anybody reads of it says that it was not real.
func TestEmulatedStep(t *testing.T) {
	for scenario, want := range map[string]struct {
		status  int
		outcome string
	}{"scenario-demo": {0, "succeeded"}, "scenario-slow": {11, "gate-failed"}} {
		t.Run(scenario, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newEmulatedStage(t, load())
				s.env["INPUT_SCENARIO_ID"], s.env["INPUT_GATES"] = scenario, "p95(response_time) < 300ms"
				began := time.Now()
				status := s.process("action").main(t.Context())
				outputs := s.outputs(t)
				if status != want.status || outputs["outcome"] != want.outcome || outputs["emulated"] != "true" || !strings.Contains(outputs["statuses"], `"emulated":true`) {
					t.Fatalf("exit status %d, outputs %v\n%s", status, outputs, s.out.String())
				}
				if entries, err := runnertest.Entries(s.read("output")); err != nil || slices.Contains(entries, runnertest.Entry{Name: "emulated"}) {
					t.Errorf("while it ran an output said that it is real, %v", err)
				}
				if took := time.Since(began); took > 6*time.Second {
					t.Errorf("66 s of load took %s at speed 20", took)
				}
				page, _ := os.ReadFile(s.file("reports/report.html"))
				result, _ := os.ReadFile(s.file("reports/result.json"))
				for what, text := range map[string]string{
					"log": s.out.String(), "summary": s.read("summary"), "page": string(page), "result": string(result),
				} {
					says := map[string]string{"log": "nothing real runs", "result": `"emulated": true`}[what]
					if says == "" {
						says = "Emulated: nothing real ran."
					}
					if !strings.Contains(text, says) {
						t.Errorf("the %s does not say %q", what, says)
					}
				}
				if !strings.HasPrefix(s.read("summary"), "🧪 **Emulated") || strings.Index(string(page), "nothing real ran") > strings.Index(string(page), "<h1>") {
					t.Error("it does not stand above all else")
				}
				if table := "✅ pass  p95(response_time) < 300ms  220 ms"; scenario == "scenario-demo" && !strings.Contains(s.out.String(), table) {
					t.Errorf("the log does not show the gate that passed: %s", s.out.String())
				}
				if status := s.post(t); status != 0 || !strings.Contains(s.out.String(), "nothing is left to settle") || len(s.kept(t)) > 0 {
					t.Errorf("the post step: %d, %v is left behind\n%s", status, s.kept(t), s.out.String())
				}
			})
		})
	}
}

const emulatedPlan = `jobs:
  - provider: tencent-pts
    endpoint: emulator
    project_id: project-demo
    scenario_id: scenario-short
  - provider: tencent-batch
    endpoint: emulator
    region: ap-guangzhou
    placement: {Zone: ap-guangzhou-4}
    job: {JobName: demo, Tasks: [{TaskName: main, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo hello}}]}
  - provider: huawei-drs
    endpoint: emulator
    project_id: ` + emulator.ProjectID + `
    job_ids: [9a470239-2308-4bb5-a6bc-1040402fjb21]
  - provider: huawei-cpts
    endpoint: emulator
    project_id: ` + emulator.ProjectID + `
    test_project_id: 393862
    name: demo
    parallel: true
    case_ids: [449269]
  - provider: huawei-dataarts
    endpoint: emulator
    project_id: ` + emulator.ProjectID + `
    job_name: myJob
    run: once
`

// planned makes a stage whose jobs stand in a plan.
func planned(t *testing.T, plan string) *stage {
	t.Helper()
	s := newEmulatedStage(t, map[string]string{"plan_file": "plan.yml", "wait": "true"})
	delete(s.env, "INPUT_ENDPOINT")
	if err := os.WriteFile(s.file("plan.yml"), []byte(plan), 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEmulatedLogins: all services take no login, and whatever login of the
// user's there is does not get there: the emulator takes its own alone.
func TestEmulatedLogins(t *testing.T) {
	real := map[string]string{
		"TENCENTCLOUD_SECRET_ID": "AKIDreal", "TENCENTCLOUD_SECRET_KEY": "real-secret-of-the-user", "TENCENTCLOUD_TOKEN": "real-token-of-the-user",
		"HW_AUTH_TOKEN": "real-iam-token-of-the-user", "HUAWEICLOUD_SDK_AK": "REALAK", "HUAWEICLOUD_SDK_SK": "real-secret-key-of-the-user",
		"ACTIONS_ID_TOKEN_REQUEST_URL": "https://vstoken.actions.example/token?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "real-request-token",
		"OTHER_TOKEN": "real-identity-token",
	}
	for name, c := range map[string]struct{ env, inputs map[string]string }{
		"none": {}, "keys": {real, nil},
		"roles": {real, map[string]string{
			"tencent_role_arn": emulator.TencentRoleARN, "tencent_oidc_provider": emulator.TencentOIDCProvider,
			"huawei_agency_urn": emulator.HuaweiAgencyURN, "huawei_oidc_provider_urn": emulator.HuaweiOIDCProviderURN,
			"allowed_account_ids": emulator.TencentAccount + "," + emulator.HuaweiAccount,
		}},
		"a token in a variable": {real, map[string]string{"huawei_identity_provider": emulator.HuaweiIdentityProvider, "id_token_variable": "OTHER_TOKEN"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := planned(t, emulatedPlan)
				maps.Copy(s.env, c.env)
				for name, text := range c.inputs {
					s.env["INPUT_"+strings.ToUpper(name)] = text
				}
				if status := s.process("action").main(t.Context()); status != 0 || strings.Count(s.outputs(t)["statuses"], `"succeeded"`) != 5 {
					t.Fatalf("exit status %d, %s\n%s", status, s.outputs(t)["statuses"], s.out.String())
				}
			})
		})
	}
}

// TestEmulatedBesideReal: of a plan with both, the real job is called where it
// is, and only the other is told to be emulated.
func TestEmulatedBesideReal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := planned(t, `jobs:
  - {provider: tencent-pts, endpoint: `+demoEndpoint+`, project_id: project-demo, scenario_id: scenario-short}
  - {provider: tencent-pts, endpoint: emulator, project_id: project-demo, scenario_id: scenario-demo}
`)
		s.network = s.cloud.Transport()
		delete(s.env, "TENCENTCLOUD_SECRET_ID")
		delete(s.env, "TENCENTCLOUD_SECRET_KEY")
		s.env["INPUT_REPORT_DIR"] = "reports"
		if status := s.process("action").main(t.Context()); status != 0 {
			t.Fatalf("exit status %d\n%s", status, s.out.String())
		}
		if real := s.cloud.Begun()["pts"]; len(real) != 1 {
			t.Errorf("%d jobs began in the real cloud, not 1", len(real))
		}
		if !strings.Contains(s.read("summary"), "Emulated: 1 of 2 jobs were not real.") {
			t.Errorf("the summary does not tell which were real:\n%s", s.read("summary")[:200])
		}
		for file, emulated := range map[string]bool{"reports/result-1.json": false, "reports/result-2.json": true} {
			if text := s.read(file); strings.Contains(text, `"emulated": true`) != emulated {
				t.Errorf("%s tells the wrong one", file)
			}
		}
	})
}

// TestEmulatedCancel: the post step goes on with the world of main, whether main
// asked for the stop, or was killed and lives on beside it.
func TestEmulatedCancel(t *testing.T) {
	for name, cancels := range map[string]bool{"cancelled": true, "killed": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newEmulatedStage(t, load())
				s.env["INPUT_SCENARIO_ID"] = "scenario-stuck"
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan int, 1)
				go func() { done <- s.process("action").main(ctx) }()
				time.Sleep(4 * time.Second)
				if cancels {
					cancel()
					if status := <-done; status != 14 {
						t.Errorf("exit status %d, not 14", status)
					}
				} else {
					synctest.Wait()
				}
				if files := s.kept(t); len(files) != 1 {
					t.Fatalf("%v is kept", files)
				}
				before := s.read("summary")
				if status := s.post(t); status != 0 {
					t.Errorf("the post step ends with %d\n%s", status, s.out.String())
				}
				if said := strings.TrimPrefix(s.read("summary"), before); !strings.Contains(said, "✅ stopped; the cloud says JobAborted") || !strings.HasPrefix(said, "🧪 **Emulated: nothing real ran.**") {
					t.Errorf("the post step says\n%s", said)
				}
				if files := s.kept(t); len(files) > 0 {
					t.Errorf("%v is left behind", files)
				}
				cancel()
				if !cancels {
					<-done
				}
			})
		})
	}
}

// TestEmulatedWorldIsGone: where the post step cannot go on with the world it
// says so, and that nothing real is lost; a file that was tampered with is
// refused.
func TestEmulatedWorldIsGone(t *testing.T) {
	state := func(change func(kept map[string]any)) func(*testing.T, *stage) {
		return func(t *testing.T, s *stage) {
			kept := map[string]any{}
			if err := json.Unmarshal([]byte(s.env["STATE_"+stateEmulator]), &kept); err != nil {
				t.Fatal(err)
			}
			change(kept)
			text, _ := json.Marshal(kept)
			s.env["STATE_"+stateEmulator] = string(text)
		}
	}
	for name, c := range map[string]struct {
		spoil  func(*testing.T, *stage)
		status int
		says   string
	}{
		"RUNNER_TEMP is not set": {func(_ *testing.T, s *stage) { s.env["RUNNER_TEMP"] = "" }, 0, "RUNNER_TEMP, where it was kept, is not set"},
		"another machine":        {func(_ *testing.T, s *stage) { s.env["RUNNER_TEMP"] = s.file("nowhere") }, 0, "cannot be opened"},
		"the file is gone": {func(t *testing.T, s *stage) {
			if err := os.Remove(s.kept(t)[0]); err != nil {
				t.Fatal(err)
			}
		}, 0, "is not there any more"},
		"no word": {func(_ *testing.T, s *stage) { s.env["STATE_"+stateEmulator] = "" }, 0, "kept nothing of it"},
		"forged": {func(t *testing.T, s *stage) {
			if err := os.WriteFile(s.kept(t)[0], []byte(`{"service":"pts","call":"StartJob"}`+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, 1, "it is not what the world wrote down"},
		"a device": {func(t *testing.T, s *stage) {
			file := s.kept(t)[0]
			if err := errors.Join(os.Remove(file), os.Symlink("/dev/zero", file)); err != nil {
				t.Fatal(err)
			}
		}, 1, "outside"},
		"elsewhere":   {state(func(kept map[string]any) { kept["file"] = "../" + historyPrefix + "x" }), 1, "no step makes"},
		"another key": {state(func(kept map[string]any) { kept["key"] = strings.Repeat("A", 43) + "=" }), 1, "it is not what the world wrote down"},
		"no key":      {state(func(kept map[string]any) { delete(kept, "key") }), 1, "seal"},
		"no speed":    {state(func(kept map[string]any) { delete(kept, "speed") }), 1, "speed"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newEmulatedStage(t, load())
				s.env["INPUT_SCENARIO_ID"] = "scenario-stuck"
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				s.process("action").main(ctx)
				for name, value := range s.entries(t, "state") {
					s.env["STATE_"+name] = value
				}
				c.spoil(t, s)
				s.out.Reset()
				status := s.process("post").main(t.Context())
				log := s.out.String()
				if status != c.status || !strings.Contains(log, c.says) || !strings.Contains(log, "nothing runs and nothing is to be stopped") || strings.Contains(log, "console") {
					t.Errorf("exit status %d, want %d and %q:\n%s", status, c.status, c.says, log)
				}
				if !strings.Contains(s.read("summary"), "The emulated jobs ended with the step") {
					t.Errorf("the summary says nothing of it:\n%s", s.read("summary"))
				}
			})
		})
	}
}

// TestEmulatedKeepsNoSecret: what main writes for the post step shows nothing of
// what was asked.
func TestEmulatedKeepsNoSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEmulatedStage(t, map[string]string{
			"provider": "tencent-batch", "region": "ap-guangzhou", "placement": "{Zone: ap-guangzhou-4}", "wait": "true",
			"job": "{JobName: demo, Tasks: [{TaskName: main, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo canary-in-a-command; sleep 9000}}]}",
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		s.process("action").main(ctx)
		files := s.kept(t)
		if len(files) != 1 {
			t.Fatalf("%v is kept", files)
		}
		text, err := os.ReadFile(files[0])
		info, statErr := os.Stat(files[0])
		if err != nil || statErr != nil || info.Mode().Perm() != 0o600 || strings.Count(string(text), "\n") != 2 { // the start and the stop
			t.Errorf("%v, %v, mode %s, %d lines", err, statErr, info.Mode(), strings.Count(string(text), "\n"))
		}
		for _, secret := range []string{"canary", emulator.Secret, "SubmitJob"} {
			if strings.Contains(string(text), secret) || strings.Contains(s.read("state"), secret) {
				t.Errorf("%q is kept", secret)
			}
		}
	})
}

// TestEmulatedUnkept: without a place to keep the world the step does what it
// does, and says what the post step cannot do.
func TestEmulatedUnkept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEmulatedStage(t, load())
		delete(s.env, "RUNNER_TEMP")
		if status := s.process("action").main(t.Context()); status != 0 || !strings.Contains(s.out.String(), "the post step cannot look after it: RUNNER_TEMP is not set") {
			t.Errorf("exit status %d\n%s", status, s.out.String())
		}
	})
}

// TestEmulatedRerun: a re-run has a world of its own and says so.
func TestEmulatedRerun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEmulatedStage(t, load())
		s.env["GITHUB_RUN_ATTEMPT"] = "2"
		if status := s.process("action").main(t.Context()); status != 0 || s.outputs(t)["started"] != "started" || !strings.Contains(s.out.String(), "no job of an earlier attempt to follow") {
			t.Errorf("exit status %d, outputs %v\n%s", status, s.outputs(t), s.out.String())
		}
	})
}

// TestEmulatedInputs: what goes only with the emulator, and what does not.
func TestEmulatedInputs(t *testing.T) {
	for name, c := range map[string]struct {
		inputs map[string]string
		says   string
	}{
		"a speed of nothing":  {map[string]string{"endpoint": demoEndpoint, "emulator_speed": "5"}, "emulator_speed: means nothing here: no job has endpoint: emulator"},
		"too fast":            {map[string]string{"emulator_speed": "1001"}, "emulator_speed: must be"},
		"not at all":          {map[string]string{"emulator_speed": "0"}, "emulator_speed: must be"},
		"a login of its own":  {map[string]string{"tencent_role_arn": emulator.TencentRoleARN, "tencent_oidc_provider": "x", "login_endpoint": demoEndpoint}, "login_endpoint: means nothing here"},
		"the word of a login": {map[string]string{"tencent_role_arn": emulator.TencentRoleARN, "tencent_oidc_provider": "x", "login_endpoint": "emulator"}, "the logins follow it there"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newEmulatedStage(t, load())
			for name, text := range c.inputs {
				s.env["INPUT_"+strings.ToUpper(name)] = text
			}
			if status := s.process("action").main(t.Context()); status != 2 || !strings.Contains(s.outputs(t)["reason"], c.says) {
				t.Errorf("exit status %d, reason %q", status, s.outputs(t)["reason"])
			}
		})
	}
}

// TestEmulatedDryRun: what is shown goes to the emulator, and says so.
func TestEmulatedDryRun(t *testing.T) {
	s := newEmulatedStage(t, map[string]string{"provider": "tencent-pts", "project_id": "project-demo", "scenario_id": "scenario-demo", "dry_run": "true"})
	if status := s.process("action").main(t.Context()); status != 0 || !strings.Contains(s.out.String(), "stands for the emulator inside of the step") {
		t.Errorf("exit status %d\n%s", status, s.out.String())
	}
}

// TestEmulatedIsNoBaseline: a real job is not compared with emulated results,
// nor an emulated one with real results.
func TestEmulatedIsNoBaseline(t *testing.T) {
	for name, c := range map[string]struct{ first, then, says string }{
		"emulated, then emulated": {"emulator", "emulator", ""},
		"emulated, then real":     {"emulator", demoEndpoint, "it was emulated, and this job is real"},
		"real, then emulated":     {demoEndpoint, "emulator", "it was real, and this job is emulated"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newEmulatedStage(t, load())
				s.network = s.cloud.Transport()
				for _, variable := range []string{"TENCENTCLOUD_SECRET_ID", "TENCENTCLOUD_SECRET_KEY"} {
					delete(s.env, variable)
				}
				s.env["INPUT_ENDPOINT"], s.env["INPUT_REPORT_DIR"] = c.first, "results"
				if status := s.process("action").main(t.Context()); status != 0 {
					t.Fatalf("exit status %d\n%s", status, s.out.String())
				}
				s.env["INPUT_ENDPOINT"], s.env["INPUT_REPORT_DIR"] = c.then, "reports"
				s.env["INPUT_BASELINE"], s.env["INPUT_BASELINE_MIN"], s.env["INPUT_GATES"] = "results/*.json", "1", "p95(response_time) <= baseline +10%"
				want := map[bool]int{true: 0, false: 12}[c.says == ""] // passed, inconclusive
				if status := s.process("action").main(t.Context()); status != want || !strings.Contains(s.out.String(), c.says) {
					t.Errorf("exit status %d, want %d and %q\n%s", status, want, c.says, s.out.String())
				}
			})
		})
	}
}

// TestEmulatedLiveCheck: a live check asks the emulator too.
func TestEmulatedLiveCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newEmulatedStage(t, map[string]string{"provider": "tencent-pts", "project_id": "project-demo", "scenario_id": "scenario-demo", "wait": "true", "dry_run": "live"})
		if status := s.process("action").main(t.Context()); status != 0 || !strings.Contains(s.out.String(), "nothing speaks against a start") || len(s.kept(t)) > 0 {
			t.Errorf("exit status %d, %v is kept\n%s", status, s.kept(t), s.out.String())
		}
	})
}

// TestEmulatedWithoutState: a post step that was handed no state (act) sends
// nobody to look for jobs that were not real.
func TestEmulatedWithoutState(t *testing.T) {
	s := newEmulatedStage(t, load())
	if status := s.process("post").main(t.Context()); status != 0 || !strings.Contains(s.out.String(), "nothing real runs") || strings.Contains(s.out.String(), "look at") {
		t.Errorf("exit status %d\n%s", status, s.out.String())
	}
}

// TestReadmeWithoutAnAccount: the workflow of the README that needs no account
// does what it says: its gates hold, and with scenario-slow they break.
func TestReadmeWithoutAnAccount(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\nname: try cloudjob\n")
	text, _, _ := strings.Cut(rest, "```")
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct {
				Uses string
				With map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		t.Fatal(err)
	}
	steps := workflow.Jobs["load-test"].Steps
	if len(steps) == 0 {
		t.Fatal("the README has no such workflow")
	}
	for scenario, outcome := range map[string]string{steps[0].With["scenario_id"]: "succeeded", "scenario-slow": "gate-failed"} {
		synctest.Test(t, func(t *testing.T) {
			s := newEmulatedStage(t, steps[0].With)
			s.env["INPUT_SCENARIO_ID"] = scenario
			s.process("action").main(t.Context())
			if got := s.outputs(t); got["outcome"] != outcome || got["report_file"] != "reports/report.html" {
				t.Errorf("%s ends as %s, not %s: %s", scenario, got["outcome"], outcome, got["reason"])
			}
		})
	}
}
