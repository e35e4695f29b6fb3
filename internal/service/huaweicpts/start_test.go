package huaweicpts

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	"cloudjob/internal/service/servicetest"
)

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
		item := startUnread(t, &servicetest.Queue{text}, givenTask, "184138")
		want := job.StartUnknown
		if run != "" {
			want = job.Started
		}
		if got := job.OutcomeOf(item.Err); got != want || item.Ref != (job.Ref{ID: "184138", Run: run, In: project, Kind: shared}) {
			t.Errorf("%s\ngot %s, %+v: %v", text, got, item.Ref, item.Err)
		}
	}
	for _, text := range []string{`{}`, `{"task_id":null}`, `{"code":"SVCSTG.CPTS.0000000","message":"success"}`, `{"task_id":"x"}`, `{"task_id":99999999999}`, `{"task_id":-1}`} {
		synctest.Test(t, func(t *testing.T) {
			const empty = `{"tasks":[]}`
			network := &servicetest.Queue{text, empty, empty, empty} // it is looked for
			item := start(t, network, create)
			if job.OutcomeOf(item.Err) != job.StartUnknown || item.Ref != (job.Ref{}) || len(*network) != 0 {
				t.Errorf("%s\ngot %+v, %d answers left", text, item, len(*network))
			}
		})
	}
}

// TestLostAnswers: whatever happens to an answer, no task is made twice, no run
// begins twice, and a run is never lost silently.
func TestLostAnswers(t *testing.T) {
	for _, call := range []string{"CreateNewTask", "BatchUpdateTaskStatus"} {
		for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
			if call == "CreateNewTask" && inputs["task_id"] != "" {
				continue
			}
			for _, fault := range emulator.Faults() {
				fault.Delay = 40 * time.Second // longer than a call may take
				t.Run(fmt.Sprintf("%s %v after=%v task=%s", call, fault.Kind, fault.After, inputs["task_id"]), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { testLostAnswer(t, call, inputs, fault) })
				})
			}
		}
	}
}

func testLostAnswer(t *testing.T, call string, inputs map[string]string, fault emulator.Fault) {
	w := newWorld(t, func(s *cptsemu.Switches) { s.ListedAfter = 5 * time.Second })
	w.inject(fault, call)
	r := w.run(w.open(inputs))
	jobs, item := w.begun(), r.Items[0]
	if w.calls("CreateNewTask") > 1 || w.calls("BatchUpdateTaskStatus") > 1 {
		t.Errorf("calls %v", w.front.Calls())
	}
	if !fault.After {
		if len(jobs) != 0 || r.Outcome == job.Succeeded {
			t.Errorf("outcome %s with %+v", r.Outcome, jobs)
		}
		if call == "BatchUpdateTaskStatus" && item.Ref.ID == "" {
			t.Errorf("the created task is not named: %+v", item)
		}
		return
	}
	how := job.Adopted
	if call == "CreateNewTask" { // found again before the start, which was answered
		how = job.Began
	}
	if r.Outcome != job.Succeeded || len(jobs) != 1 || item.Ref.Run != jobs[0].ID || item.How != how {
		t.Errorf("outcome %s with %+v, item %+v", r.Outcome, jobs, item)
	}
}

func TestEmptyStartResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.EmptyStartResult = true })
		r := w.run(w.open(creating(cptsemu.HealthyCase)))
		if r.Outcome != job.Succeeded || r.Items[0].How != job.Adopted || len(w.begun()) != 1 {
			t.Errorf("ended as %+v", r)
		}
	})
}

// TestThrottledStart: a start that waits for a quota goes on with the task that
// it created.
func TestThrottledStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inject(emulator.Fault{Kind: emulator.Throttle, Times: 2}, "BatchUpdateTaskStatus")
		r := w.run(w.open(creating(cptsemu.HealthyCase)))
		if r.Outcome != job.Succeeded || w.calls("CreateNewTask") != 1 || len(w.begun()) != 1 {
			t.Errorf("ended as %+v with calls %v", r, w.front.Calls())
		}
	})
}

func TestOnlyCreated(t *testing.T) {
	for _, lost := range []bool{false, true} {
		t.Run(fmt.Sprint("lost ", lost), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if lost {
					w.inject(emulator.Fault{Kind: emulator.Drop, After: true}, "CreateNewTask")
					w.inject(emulator.Fault{Kind: emulator.Internal, Times: 20}, "ShowTaskSet") // so that only the engine's own search finds it
				}
				inputs := creating(cptsemu.HealthyCase)
				inputs["start"] = "false"
				r := w.run(w.open(inputs))
				item := r.Items[0]
				if r.Outcome != job.Succeeded || item.Ref.Kind != created || item.Ref.ID != fmt.Sprint(cptsemu.ExistingTask+1) {
					t.Errorf("ended as %+v", r)
				}
				if (item.How == job.Adopted) != lost {
					t.Errorf("it is %s", item.How)
				}
				if len(w.begun()) != 0 || w.calls("CreateNewTask") != 1 || w.calls("BatchUpdateTaskStatus") != 0 {
					t.Errorf("began %v with calls %v", w.begun(), w.front.Calls())
				}
				calls := w.calls(emulator.Total)
				if err := w.follower().Stop(t.Context(), item.Ref, false); err != nil || w.calls(emulator.Total) != calls {
					t.Errorf("stopping it: %v", err)
				}
			})
		})
	}
}
