package catalog_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

// everything is what a step that waits asks for.
const everything = cloud.ToRun | cloud.ToWait | cloud.ToStop

// inspect makes a live check of a subject in a world where its jobs have run,
// and holds what every check keeps: only reads go out, and nothing begins.
func (s subject) inspect(t *testing.T, w *world, parts cloud.Part) job.Inspection {
	t.Helper()
	services, provider, _ := s.open(t, env(w))
	reads := []string{"GetCallerIdentity"} // it is of another half, and not heard
	for _, c := range provider.Calls() {
		if c.Reads {
			reads = append(reads, c.Name)
		}
	}
	w.heard = func(call string, _ []emu.Job) {
		if !slices.Contains(reads, call) {
			t.Errorf("%s was called, which is no read", call)
		}
	}
	before := fmt.Sprint(w.Begun())
	i := provider.Inspect(t.Context(), services, parts, s.guard)
	if after := fmt.Sprint(w.Begun()); after != before {
		t.Errorf("the check began something: %s\nbefore it: %s", after, before)
	}
	w.heard = nil
	return i
}

// ran lets the subject's job be started and end.
func (s subject) ran(t *testing.T, w *world) {
	t.Helper()
	services, _, _ := s.open(t, env(w))
	intent, err := services[0].Intend(t.Context(), "cj-0123456789-1-once")
	if err != nil {
		t.Fatal(err)
	}
	if item := services[0].Start(t.Context(), intent)[0]; item.Err != nil {
		t.Fatal(item.Err)
	}
	time.Sleep(patience)
}

func show(i job.Inspection) string {
	var lines []string
	for _, t := range i.Things {
		lines = append(lines, fmt.Sprintf("%d %s: %s", t.Finding, t.Name, t.Says))
	}
	for _, r := range i.Runs {
		lines = append(lines, fmt.Sprintf("run of %s: %v %s %s %s", r.Of, r.Ref, r.Status.State, r.Status.Word, r.Status.Ended.Sub(r.Status.Begun)))
	}
	for _, n := range i.Needs {
		lines = append(lines, fmt.Sprintf("%d %t %s: %s", n.Standing, n.Asked, n.Call, n.For))
	}
	return strings.Join(lines, "\n")
}

// check makes a live check in a world of its own, after faults were put into it.
func (s subject) check(t *testing.T, ran bool, parts cloud.Part, faults ...emulator.Fault) (i job.Inspection, calls map[string]int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s.service)
		if ran {
			s.ran(t, w)
		}
		before := w.Calls()
		for _, f := range faults {
			f.Times = -1
			w.Inject(f)
		}
		i = s.inspect(t, w, parts)
		calls = w.Calls()
		for name, n := range before {
			calls[name] -= n
		}
	})
	return i, calls
}

func foundBy(i job.Inspection) job.Outcome { return job.OutcomeOfAll([]job.Inspection{i}) }

// TestInspectWhatIsThere: what is there and can be started is no problem, and
// the login is told where the cloud tells it.
func TestInspectWhatIsThere(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			i, _ := s.check(t, false, everything)
			if outcome := foundBy(i); outcome != job.Started {
				t.Errorf("outcome %s:\n%s", outcome, show(i))
			}
			if len(i.Things) < 2 || i.Things[0].Name != "login" {
				t.Errorf("it tells\n%s", show(i))
			}
			account := emulator.HuaweiAccount
			if strings.HasPrefix(s.provider, "tencent") {
				account = emulator.TencentAccount
			}
			if !strings.HasPrefix(i.Things[0].Says, "account "+account+", ") {
				t.Errorf("the login is told as %q", i.Things[0].Says)
			}
		})
	}
}

// TestInspectLastRuns: a run of before is told, with how long it took and how it
// ended, and lets the reads of a wait be tried.
func TestInspectLastRuns(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		if s.kind != "" || s.name == "pts stuck" || s.name == "dataarts stream" {
			continue // they have no run that ended, or not only ours
		}
		t.Run(s.name, func(t *testing.T) {
			i, _ := s.check(t, true, everything)
			if len(i.Runs) != 1 || i.Runs[0].Of != i.What[0] {
				t.Fatalf("it tells\n%s", show(i))
			}
			last := i.Runs[0].Status
			ended := last.State.Over() || s.provider == "huawei-drs"
			if !ended || (last.State == job.StateSucceeded) != s.well || last.Begun.IsZero() && !s.lasting {
				t.Errorf("the last run is %+v", last)
			}
			if took := last.Ended.Sub(last.Begun); !s.lasting && (took <= 0 || took > patience) {
				t.Errorf("the last run took %s", took)
			}
			for _, n := range i.Needs {
				if n.Standing == job.Denial {
					t.Errorf("%s is refused: %v", n.Call, n.Err)
				}
				if tried := n.Standing == job.Allowed; !tried && slices.Contains([]string{"DescribeRequestSummary", "DescribeJob", "ShowReport"}, n.Call) {
					t.Errorf("%s was not tried", n.Call)
				}
			}
		})
	}
}

// TestInspectWhatIsNot: what is not there, or is in a state that takes no start,
// is a problem, and the first one named.
func TestInspectWhatIsNot(t *testing.T) {
	t.Parallel()
	named := map[string]subject{}
	for _, s := range subjects() {
		named[s.name] = s
	}
	batch := func(env string) string { return strings.ReplaceAll(named["batch healthy"].inputs, "env-demo0001", env) }
	const cpts = huaweiInputs + "test_project_id=393862\n"
	tests := []struct {
		of, inputs string
		outcome    job.Outcome
		says       string
	}{
		{"pts healthy", "project_id=project-demo\nscenario_id=scenario-none", job.InvalidInput, "scenario scenario-none: there is no such scenario in the project"},
		{"pts healthy", "project_id=project-none\nscenario_id=scenario-demo", job.InvalidInput, "project project-none: there is no such project on the intl site"},
		{"batch healthy", batch("env-none0000"), job.InvalidInput, "compute environment env-none0000: there is no such"},
		{"batch healthy", batch("env-x"), job.InvalidInput, "compute environment env-x: there is no such"},
		{"drs full", huaweiInputs + "job_ids=9a470239-2308-4bb5-a6bc-1040402fjb00", job.InvalidInput, "task 9a470239-2308-4bb5-a6bc-1040402fjb00: there is no such task"},
		{"drs full", huaweiInputs + "job_ids=" + drsemu.Migration + ",9a470239-2308-4bb5-a6bc-1040402fjb00", job.InvalidInput, "task 9a470239-2308-4bb5-a6bc-1040402fjb00: there is no such task"},
		{"drs full", huaweiInputs + "job_ids=" + drsemu.AlreadyRunning, job.StartFailed, "is in INCRE_TRANSFER_STARTED, in which DRS takes no start"},
		{"drs full", huaweiInputs + "job_ids=" + drsemu.AlreadyEnded, job.StartFailed, "is in RELEASE_RESOURCE_COMPLETE, in which"},
		{"drs full", huaweiInputs + "job_ids=" + drsemu.PrecheckMissing, job.StartFailed, "has no result of a precheck"},
		{"drs full", huaweiInputs + "job_ids=" + drsemu.DualParent, job.StartFailed, "is the parent of a dual-active"},
		{"drs full", huaweiInputs + "job_ids=" + drsemu.Paused + "\nstart_time=4070908800000", job.StartFailed, "leave out its start_time"},
		{"cpts healthy", cpts + "name=sim\nparallel=true\ncase_ids=449269,999", job.InvalidInput, "case 999: there is no such case"},
		{"cpts healthy", huaweiInputs + "test_project_id=1\nname=sim\nparallel=true\ncase_ids=449269", job.InvalidInput, "test project 1: there is no such test project"},
		{"cpts existing", cpts + "task_id=999", job.InvalidInput, "task 999: there is no such task"},
		{"dataarts once", huaweiInputs + "job_name=none\nrun=once", job.InvalidInput, "job none: there is no such job"},
		{"dataarts once", huaweiInputs + "workspace=none\njob_name=myJob\nrun=once", job.InvalidInput, "workspace none: there is no such workspace"},
		{"dataarts once", huaweiInputs + "job_name=myStream\nrun=once", job.StartFailed, "is a real-time job, and only batch jobs can be run once"},
	}
	for _, test := range tests {
		t.Run(test.says, func(t *testing.T) {
			s := named[test.of]
			s.inputs = test.inputs
			i, _ := s.check(t, false, everything)
			problems := i.Problems()
			if foundBy(i) != test.outcome || len(problems) != 1 {
				t.Fatalf("outcome %s, want %s:\n%s", foundBy(i), test.outcome, show(i))
			}
			if text := problems[0].Name + ": " + problems[0].Says; !strings.Contains(text, test.says) {
				t.Errorf("it says %q, want %q", text, test.says)
			}
		})
	}
}

// checked are subjects that make all reads of a check between them, with limits
// that let each of them pass.
func checked() []subject {
	all := subjects()
	for i := range all {
		all[i].guard = all[i].wide()
	}
	return slices.DeleteFunc(all, func(s subject) bool {
		return !slices.Contains([]string{"pts healthy", "batch healthy", "drs full", "cpts healthy", "cpts existing", "dataarts once", "dataarts schedule", "dataarts stream"}, s.name)
	})
}

// reads are those that a check of the subject makes.
func (s subject) reads(t *testing.T, ran bool) []cloud.Call {
	t.Helper()
	provider, _ := catalog.Find(s.provider)
	_, calls := s.check(t, ran, everything)
	return slices.DeleteFunc(provider.Calls(), func(c cloud.Call) bool { return calls[c.Name] == 0 })
}

// TestInspectDenied: a read that the login may not make is named with its
// permission, and the step is unauthorized if what is asked for needs it.
func TestInspectDenied(t *testing.T) {
	t.Parallel()
	for _, s := range checked() {
		ran := !s.lasting && s.kind == ""
		for _, call := range s.reads(t, ran) {
			t.Run(s.name+" "+call.Name, func(t *testing.T) {
				fault := emulator.Fault{Call: call.Name, Kind: emulator.Forbidden}
				for parts, asked := range map[cloud.Part]bool{everything: true, cloud.ToRun: call.For&(cloud.ToRun|cloud.ToCheck|cloud.ToGuard) != 0} {
					i, calls := s.check(t, ran, parts, fault)
					k := slices.IndexFunc(i.Needs, func(n job.Need) bool { return n.Call == call.Name })
					if calls[call.Name] == 0 {
						continue // another refusal came first
					}
					if k < 0 || i.Needs[k].Standing != job.Denial || i.Needs[k].Permission != call.Permission {
						t.Fatalf("it tells\n%s", show(i))
					}
					if outcome := foundBy(i); (outcome == job.Unauthorized) != asked || !asked && outcome != job.Started {
						t.Errorf("asked for %s: outcome %s:\n%s", parts, outcome, show(i))
					}
				}
			})
		}
	}
}

// TestInspectUnread: what cannot be read is never called good, and what is said
// of it fits the reason.
func TestInspectUnread(t *testing.T) {
	t.Parallel()
	outcomes := map[emulator.Kind]job.Outcome{
		emulator.Throttle: job.Limited, emulator.TooMany: job.Limited, emulator.Dial: job.StartFailed,
		emulator.Drop: job.Unjudged, emulator.Cut: job.Unjudged, emulator.BadGateway: job.Unjudged, emulator.Empty: job.Unjudged,
		emulator.Null: job.Unjudged, emulator.WrongType: job.Unjudged, emulator.Text: job.Unjudged, emulator.Internal: job.Unjudged,
		emulator.Redirect: job.Unjudged,
	}
	for _, s := range checked() {
		for _, call := range s.reads(t, false) {
			for kind, want := range outcomes {
				t.Run(fmt.Sprint(s.name, " ", call.Name, " ", kind), func(t *testing.T) {
					i, calls := s.check(t, false, everything, emulator.Fault{Call: call.Name, Kind: kind})
					if calls[call.Name] == 0 {
						t.Skip("it is not reached")
					}
					if outcome := foundBy(i); outcome != want {
						t.Errorf("outcome %s, want %s:\n%s", outcome, want, show(i))
					}
				})
			}
		}
	}
}

// TestInspectRejected: a login that is not taken is told once, and not tried
// on: Huawei locks a key after five failures.
func TestInspectRejected(t *testing.T) {
	t.Parallel()
	for _, s := range checked() {
		t.Run(s.name, func(t *testing.T) {
			i, calls := s.check(t, false, everything, emulator.Fault{Kind: emulator.Unauthorized})
			if outcome := foundBy(i); outcome != job.Unauthorized || len(i.Problems()) != 1 {
				t.Errorf("outcome %s:\n%s", outcome, show(i))
			}
			if n := calls[emulator.Total]; n > 2 {
				t.Errorf("%d calls were made: %v", n, calls)
			}
		})
	}
}

// without is a world without one route.
type without struct {
	*world
	path string
}

func (w without) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, w.path) {
		r = r.Clone(r.Context())
		r.URL.Path += "/of-another-region"
	}
	return w.world.RoundTrip(r)
}

// TestInspectUntold: where nothing tells whose the login is, the rest is read,
// and that is no problem.
func TestInspectUntold(t *testing.T) {
	t.Parallel()
	for _, s := range checked() {
		if strings.HasPrefix(s.provider, "tencent") {
			continue
		}
		for path, variable := range map[string]string{"/v5/caller-identity": "", "/v3/auth/tokens": "HW_AUTH_TOKEN"} {
			t.Run(s.name+path, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(s.service)
					e := env(without{w, path})
					if variable != "" {
						e.Getenv = func(name string) string { return map[string]string{variable: emulator.AuthToken}[name] }
					}
					services, provider, _ := s.open(t, e)
					i := provider.Inspect(t.Context(), services, everything, nil)
					if login := i.Things[0]; login.Finding != job.Untold || foundBy(i) != job.Started || len(i.Things) < 2 {
						t.Errorf("outcome %s:\n%s", foundBy(i), show(i))
					}
				})
			})
		}
	}
}

// TestInspectByToken: an IAM token is asked about at IAM.
func TestInspectByToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := checked()[2]
		w := newWorld(s.service)
		e := env(w)
		e.Getenv = func(name string) string { return map[string]string{"HW_AUTH_TOKEN": emulator.AuthToken}[name] }
		services, provider, _ := s.open(t, e)
		i := provider.Inspect(t.Context(), services, everything, nil)
		if login := i.Things[0]; !strings.HasPrefix(login.Says, "account "+emulator.HuaweiAccount+", user ") {
			t.Errorf("the login is told as %q", login.Says)
		}
	})
}

// TestInspectUnasked: a read of whose the login is that fails for a while leaves
// the check open, and the rest is read.
func TestInspectUnasked(t *testing.T) {
	t.Parallel()
	for _, s := range checked() {
		for kind, want := range map[emulator.Kind]job.Outcome{emulator.Throttle: job.Limited, emulator.Null: job.Unjudged, emulator.Forbidden: job.Unauthorized} {
			t.Run(fmt.Sprint(s.name, " ", kind), func(t *testing.T) {
				i, _ := s.check(t, false, everything, emulator.Fault{Call: "GetCallerIdentity", Kind: kind})
				if foundBy(i) != want || len(i.Things) < 2 || len(i.Problems()) != 1 {
					t.Errorf("outcome %s, want %s:\n%s", foundBy(i), want, show(i))
				}
			})
		}
	}
}

// TestInspectSlow: a check that has no more time before all was read is not
// green.
func TestInspectSlow(t *testing.T) {
	t.Parallel()
	for _, s := range checked() {
		t.Run(s.name, func(t *testing.T) {
			provider, _ := catalog.Find(s.provider)
			var faults []emulator.Fault
			for _, call := range provider.Calls() {
				faults = append(faults, emulator.Fault{Call: call.Name, Kind: emulator.Slow, Delay: 29 * time.Second})
			}
			if s.provider == "huawei-drs" { // it reads much of many tasks
				s.inputs = huaweiInputs + "job_ids=" + strings.Join([]string{drsemu.Migration, drsemu.Sync, drsemu.Monthly, drsemu.FailsInFull, drsemu.FailsToStart, drsemu.RefusesStart}, ",")
			}
			i, _ := s.check(t, false, everything, faults...)
			late := slices.ContainsFunc(i.Things, func(t job.Thing) bool { return t.Finding == job.Unread })
			if outcome := foundBy(i); late != (outcome == job.Unjudged) || s.provider == "huawei-drs" && !late {
				t.Errorf("outcome %s:\n%s", outcome, show(i))
			}
		})
	}
}

// environments are a cloud in which every compute environment is there, but for
// one.
type environments struct{ gone string }

func (e environments) RoundTrip(r *http.Request) (*http.Response, error) {
	var asked struct{ EnvId string }
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return nil, err
	}
	said := `{"Response":{"AccountId":"1","EnvId":"` + asked.EnvId + `","JobSet":[]}}`
	if asked.EnvId == e.gone && e.gone != "" {
		said = `{"Response":{"Error":{"Code":"ResourceNotFound.ComputeEnv","Message":"none"},"RequestId":"r"}}`
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(said)), Request: r}, nil
}

// TestInspectMany: of many things a problem is told wherever it stands, and so
// is that the time ended before the last was read.
func TestInspectMany(t *testing.T) {
	for _, test := range []struct {
		tasks int
		gone  string
		want  job.Outcome
	}{
		{230, "", job.Started},
		{230, "env-229", job.InvalidInput},
		{245, "", job.Unjudged}, // two are read in a second
	} {
		synctest.Test(t, func(t *testing.T) {
			tasks := make([]string, test.tasks)
			for k := range tasks {
				tasks[k] = fmt.Sprintf("{EnvId: env-%d, Application: {DeliveryForm: LOCAL, Command: x}}", k)
			}
			s := subject{provider: "tencent-batch", inputs: "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\njob={Tasks: [" + strings.Join(tasks, ", ") + "]}"}
			services, provider, _ := s.open(t, env(environments{test.gone}))
			i := provider.Inspect(t.Context(), services, everything, nil)
			if outcome := foundBy(i); outcome != test.want || len(i.Things) > 220 {
				t.Errorf("%d environments without %q: outcome %s, %d things, problems %v", test.tasks, test.gone, outcome, len(i.Things), i.Problems())
			}
		})
	}
}
