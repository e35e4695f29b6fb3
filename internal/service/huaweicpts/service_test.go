package huaweicpts

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

const (
	mark      = "cj-test"
	project   = "393862"
	target    = "{project_id: " + emulator.ProjectID + ", region: cn-north-4, test_project_id: " + project + ", "
	create    = target + "name: nightly, parallel: false, case_ids: [449269]}"
	givenTask = target + "task_id: 184138}"
	newTask   = "184139" // the first that the emulated service creates
)

// start starts what the inputs, a YAML map, ask for.
func start(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	service := openInputs(t, network, inputs)
	intent, err := service.Intend(t.Context(), mark)
	if err != nil {
		return engine.Fail(service, err)[0]
	}
	return startUnder(t, service, intent)
}

// startUnread starts without a read before it. The tasks are those of the
// inputs that have ids.
func startUnread(t *testing.T, network http.RoundTripper, inputs string, tasks ...string) job.Item {
	t.Helper()
	return startUnder(t, openInputs(t, network, inputs), job.Intent{Mark: mark, In: project, IDs: tasks})
}

func startUnder(t *testing.T, service engine.Service, intent job.Intent) job.Item {
	t.Helper()
	items := service.Start(t.Context(), intent)
	if len(items) != 1 || items[0].Provider != Name || items[0].What != service.What()[0] {
		t.Fatalf("items %+v", items)
	}
	return items[0]
}

func openInputs(t *testing.T, network http.RoundTripper, inputs string) engine.Service {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		t.Fatal(err)
	}
	spec := New()
	if problems := spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	env := map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}
	services, err := spec.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: network},
	})
	if err != nil || len(services) != 1 {
		t.Fatal(services, err)
	}
	return services[0]
}

// emulated is an emulated PerfTest.
func emulated() (*cptsemu.Service, *emulator.Emulator) {
	s := cptsemu.New(time.Now)
	return s, emulator.New(emulator.Options{}, s.Half())
}

// said is what an item says, in short.
type said struct {
	Outcome  job.Outcome
	Ref      job.Ref
	What     string
	Status   string
	Note     string
	Call     string // that failed
	Code     string
	Sentence string // of its message
}

func saying(item job.Item) said {
	s := said{Outcome: job.OutcomeOf(item.Err), Ref: item.Ref, What: item.What, Status: item.Status, Note: item.Note}
	if e, ok := errors.AsType[*job.Error](item.Err); ok {
		s.Call, s.Code, s.Sentence = e.Call, e.Code, e.Message
	}
	return s
}

const noRun = "the answer names no run of task %s; look at its runs in the console"

// TestStart are starts that the service, or a fault, meets in its own way:
// what is said of them, and how many runs began.
func TestStart(t *testing.T) {
	createdOnly := fmt.Sprintf("task %s was created; task_id: %s starts it", newTask, newTask)
	fault := func(kind emulator.Kind, call string) func(*cptsemu.Service, *emulator.Emulator) {
		return func(_ *cptsemu.Service, e *emulator.Emulator) { e.Inject(emulator.Fault{Kind: kind, Call: call}) }
	}
	none := func(*cptsemu.Service, *emulator.Emulator) {}
	tests := []struct {
		name   string
		change func(*cptsemu.Service, *emulator.Emulator)
		inputs string
		want   said
		begun  int
	}{
		{"created and started", none, create,
			said{Outcome: job.Started, Ref: job.Ref{ID: newTask, Run: "48105", In: project}, What: `task "nightly" of 1 case`}, 1},
		{"two cases", none, strings.Replace(create, "[449269]", "[449269, 449270]", 1),
			said{Outcome: job.Started, Ref: job.Ref{ID: newTask, Run: "48105", In: project}, What: `task "nightly" of 2 cases`}, 1},
		{"an existing task", none, givenTask,
			said{Outcome: job.Started, Ref: job.Ref{ID: "184138", Run: "48105", In: project, Kind: shared}, What: "task 184138"}, 1},
		{"only created", none, strings.Replace(create, "}", ", start: false}", 1),
			said{Outcome: job.Started, Ref: job.Ref{ID: newTask, In: project, Kind: created}, What: `task "nightly" of 1 case`, Status: job.Created, Note: "task_id: " + newTask + " starts it"}, 0},

		{"a case that does not exist", none, strings.Replace(create, "449269", "1", 1),
			said{Outcome: job.StartFailed, What: `task "nightly" of 1 case`, Call: "CreateNewTask", Code: "SVCSTG.CPTS.4032002", Sentence: "The case does not exist."}, 0},
		{"a run left out of the answer", func(s *cptsemu.Service, _ *emulator.Emulator) { s.Switches.EmptyStartResult = true }, givenTask,
			said{Outcome: job.StartUnknown, Ref: job.Ref{ID: "184138", In: project, Kind: shared}, What: "task 184138", Call: "BatchUpdateTaskStatus", Sentence: fmt.Sprintf(noRun, "184138")}, 1},
		{"a run of a new task left out", func(s *cptsemu.Service, _ *emulator.Emulator) { s.Switches.EmptyStartResult = true }, create,
			said{Outcome: job.StartUnknown, Ref: job.Ref{ID: newTask, In: project}, What: `task "nightly" of 1 case`, Note: "task " + newTask + " was created", Call: "BatchUpdateTaskStatus", Sentence: fmt.Sprintf(noRun, newTask)}, 1},
		{"a task that runs", func(s *cptsemu.Service, e *emulator.Emulator) {
			s.Switches.RefuseSecondStart = true
			start(t, e.Transport(), givenTask)
		}, givenTask,
			said{Outcome: job.StartFailed, Ref: job.Ref{ID: "184138", In: project, Kind: shared}, What: "task 184138", Call: "BatchUpdateTaskStatus", Code: "SVCSTG.CPTS.4000002", Sentence: "The task is running."}, 1},

		{"created, and not allowed to start", fault(emulator.Forbidden, "BatchUpdateTaskStatus"), create,
			said{Outcome: job.Unauthorized, Ref: job.Ref{ID: newTask, In: project}, What: `task "nightly" of 1 case`, Note: createdOnly, Call: "BatchUpdateTaskStatus", Code: "APIGW.0302", Sentence: "The IAM user is not allowed to call the API"}, 0},
		{"created, and throttled", fault(emulator.Throttle, "BatchUpdateTaskStatus"), create,
			said{Outcome: job.Limited, Ref: job.Ref{ID: newTask, In: project}, What: `task "nightly" of 1 case`, Note: createdOnly, Call: "BatchUpdateTaskStatus", Code: "APIGW.0308", Sentence: "The throttling threshold has been reached"}, 0},
		{"created, and refused at the door", fault(emulator.Dial, "BatchUpdateTaskStatus"), create,
			said{Outcome: job.StartFailed, Ref: job.Ref{ID: newTask, In: project}, What: `task "nightly" of 1 case`, Note: createdOnly, Call: "BatchUpdateTaskStatus", Sentence: "no connection to cpts.cn-north-4.myhuaweicloud.com: dial tcp: connection refused"}, 0},
		{"not created", fault(emulator.Forbidden, "CreateNewTask"), create,
			said{Outcome: job.Unauthorized, What: `task "nightly" of 1 case`, Call: "CreateNewTask", Code: "APIGW.0302", Sentence: "The IAM user is not allowed to call the API"}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			service, e := emulated()
			test.change(service, e)
			item := start(t, e.Transport(), test.inputs)
			if diff := cmp.Diff(test.want, saying(item)); diff != "" {
				t.Error(diff)
			}
			begun := service.Half().Begun()
			if len(begun) != test.begun {
				t.Errorf("%d runs begun, want %d", len(begun), test.begun)
			}
			for _, run := range begun {
				if item.Ref.ID == newTask && run.Mark != "nightly "+mark {
					t.Errorf("the task is named %q", run.Mark)
				}
			}
		})
	}
}

// TestStartOfAMissingTask: the look before the start finds out, and so does the
// start.
func TestStartOfAMissingTask(t *testing.T) {
	missing := strings.Replace(givenTask, "184138", "1", 1)
	ref := job.Ref{ID: "1", In: project, Kind: shared}
	service, e := emulated()
	want := said{Outcome: job.StartFailed, What: "task 1", Call: "ShowHistoryRunInfo", Code: "SVCSTG.CPTS.4032002", Sentence: "The task does not exist."}
	if diff := cmp.Diff(want, saying(start(t, e.Transport(), missing))); diff != "" {
		t.Error(diff)
	}
	want.Call, want.Ref = "BatchUpdateTaskStatus", ref
	if diff := cmp.Diff(want, saying(startUnread(t, e.Transport(), missing, "1"))); diff != "" {
		t.Error(diff)
	}
	service.Switches.DropBadTasks = true
	want = said{Outcome: job.StartUnknown, Ref: ref, What: "task 1", Call: "BatchUpdateTaskStatus", Sentence: fmt.Sprintf(noRun, "1")}
	if diff := cmp.Diff(want, saying(startUnread(t, e.Transport(), missing, "1"))); diff != "" {
		t.Error(diff)
	}
	if begun := len(service.Half().Begun()); begun != 0 {
		t.Errorf("%d runs begun", begun)
	}
}

// TestAStartThatMayHaveHappened: whatever was lost on the way, the task's id
// is said, so that its runs can be looked at.
func TestAStartThatMayHaveHappened(t *testing.T) {
	for _, kind := range []emulator.Kind{emulator.Drop, emulator.Reset, emulator.Cut, emulator.Empty, emulator.Null, emulator.Internal} {
		service, e := emulated()
		e.Inject(emulator.Fault{Kind: kind, After: true, Call: "BatchUpdateTaskStatus"})
		item := start(t, e.Transport(), create)
		if job.OutcomeOf(item.Err) != job.StartUnknown || item.Ref != (job.Ref{ID: newTask, In: project}) || len(service.Half().Begun()) != 1 {
			t.Errorf("%s: got %+v", kind, item)
		}
	}
}

// answers is a network with one answer for each call.
type answers []string

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	if len(*a) == 0 {
		return nil, errors.New("a call too many")
	}
	text := (*a)[0]
	*a = (*a)[1:]
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(text)), Request: r}, nil
}

// TestAnswers: a run is started only if the answer names it, for our task.
func TestAnswers(t *testing.T) {
	for text, run := range map[string]string{
		`{"code":"x","result":[{"task_id":184138,"task_run_id":5}]}`:                    "5",
		`{"result":[{"task_id":1,"task_run_id":4},{"task_id":184138,"task_run_id":5}]}`: "5",
		`{"result":[{"task_id":1,"task_run_id":5}]}`:                                    "",
		`{"result":[{"task_id":184138,"task_run_id":0}]}`:                               "",
		`{"result":[{"task_id":184138,"task_run_id":null}]}`:                            "",
		`{"result":[{"task_id":184138}]}`:                                               "",
		`{"result":[{"task_run_id":5}]}`:                                                "",
		`{"result":[]}`:                                                                 "",
		`{"result":null}`:                                                               "",
		`{"code":"SVCSTG.CPTS.0000000","message":"success"}`:                            "",
		`{"result":{"task_run_id":5}}`:                                                  "", // the old call's form
		`{"result":[{"task_id":184138,"task_run_id":"5"}]}`:                             "5",
		`{"result":[null,{"task_id":"184138","task_run_id":5.0}]}`:                      "5",
		`{"result":[{"task_id":184138,"task_run_id":"x"}]}`:                             "",
		`{"result":[{"task_id":184138,"task_run_id":99999999999}]}`:                     "",
		`{}`: "",
	} {
		item := startUnread(t, &answers{text}, givenTask, "184138")
		want := job.StartUnknown
		if run != "" {
			want = job.Started
		}
		if got := job.OutcomeOf(item.Err); got != want || item.Ref != (job.Ref{ID: "184138", Run: run, In: project, Kind: shared}) {
			t.Errorf("%s\ngot %s, %+v: %v", text, got, item.Ref, item.Err)
		}
	}
	for _, text := range []string{`{}`, `{"task_id":null}`, `{"code":"SVCSTG.CPTS.0000000","message":"success"}`, `{"task_id":"x"}`, `{"task_id":99999999999}`, `{"task_id":-1}`} {
		bubble(t, func(t *testing.T) {
			const empty = `{"tasks":[]}`
			network := &answers{text, empty, empty, empty} // it is looked for
			item := start(t, network, create)
			if job.OutcomeOf(item.Err) != job.StartUnknown || item.Ref != (job.Ref{}) || len(*network) != 0 {
				t.Errorf("%s\ngot %+v, %d answers left", text, item, len(*network))
			}
		})
	}
}

// TestCodes are the published codes of facts huawei-cpts §8 that a start can
// meet.
func TestCodes(t *testing.T) {
	for code, fault := range map[string]job.Fault{"SVCSTG.CPTS.4032002": job.Refused, "SVCSTG.CPTS.4031009": job.Denied, "CPTS.05001001": job.Ambiguous} {
		if c := cloud.Explain(code, codes); c.Fault != fault || c.Meaning == "" || c.Cure == "" {
			t.Errorf("%s: got %+v", code, c)
		}
	}
}
