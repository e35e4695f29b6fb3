package huaweicpts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	"cloudjob/internal/service/servicetest"
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
	return servicetest.Start(t, service, intent)[0]
}

func openInputs(t *testing.T, network http.RoundTripper, inputs string) engine.Service {
	t.Helper()
	return servicetest.Open(t, New(), network, inputs)[0]
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

// world is PerfTest in process. Make it in a bubble: its time is the bubble's.
type world struct {
	*testing.T
	cpts  *cptsemu.Service
	front *emulator.Emulator
	mu    sync.Mutex                            // guards sent
	sent  []string                              // the bodies of all calls that change something, in order
	alter func(path string, body []byte) []byte // nil, or what makes other answers of the emulator's
}

func newWorld(t *testing.T, change ...func(*cptsemu.Switches)) *world {
	w := &world{T: t, cpts: cptsemu.New(time.Now)}
	for _, c := range change {
		c(&w.cpts.Switches)
	}
	w.front = emulator.New(emulator.Options{}, w.cpts.Half())
	return w
}

// RoundTrip notes what is sent on its way to the emulator.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodGet {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		w.mu.Lock()
		w.sent = append(w.sent, strings.TrimSpace(string(body)))
		w.mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	resp, err := w.front.Transport().RoundTrip(r)
	if err != nil || w.alter == nil {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	body = w.alter(r.URL.Path, body)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, err
}

func specOf(t *testing.T, inputs map[string]string) *Spec {
	t.Helper()
	spec := New()
	list := []field.Input{
		{Name: "project_id", Text: emulator.ProjectID},
		{Name: "endpoint", Text: "http://127.0.0.1:8787"},
		{Name: "test_project_id", Text: fmt.Sprint(cptsemu.TestProject)},
	}
	for name, text := range inputs {
		list = append(list, field.Input{Name: name, Text: text})
	}
	if problems := spec.Fields().DecodeInputs(list, field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	return spec
}

func (w *world) open(inputs map[string]string) engine.Service {
	w.Helper()
	services, err := specOf(w.T, inputs).Open(servicetest.Env(w))
	if err != nil || len(services) != 1 {
		w.Fatal(services, err)
	}
	return services[0]
}

// creating are the inputs that create a task of cases and start it.
func creating(cases ...int) map[string]string {
	list := strings.Trim(strings.ReplaceAll(fmt.Sprint(cases), " ", ","), "[]")
	return map[string]string{"name": "shop", "parallel": "false", "case_ids": list}
}

func existing(task int) map[string]string { return map[string]string{"task_id": fmt.Sprint(task)} }

// follower is what another process makes of the target.
func (w *world) follower() engine.Follower {
	w.Helper()
	f, err := Reopen(servicetest.Env(w), specOf(w.T, creating(cptsemu.HealthyCase)).Target())
	if err != nil {
		w.Fatal(err)
	}
	return f
}

// options are those of a run whose stop is confirmed.
func options(change ...func(*engine.Options)) engine.Options {
	o := servicetest.Options()
	o.Confirm = time.Minute
	for _, c := range change {
		c(&o)
	}
	return o
}

func (w *world) run(s engine.Service, change ...func(*engine.Options)) engine.Result {
	return engine.Run(w.Context(), []engine.Service{s}, options(change...))
}

// begin starts a job as the engine does.
func (w *world) begin(s engine.Service) (job.Intent, job.Item) {
	w.Helper()
	intent := servicetest.Intend(w.T, s, "cj-mark-1-x")
	return intent, servicetest.Start(w.T, s, intent)[0]
}

func (w *world) begun() []emu.Job { return w.front.Begun()["cpts"] }

func (w *world) calls(name string) int { return w.front.Calls()[name] }

func (w *world) inject(f emulator.Fault, call string) {
	f.Service, f.Call = "cpts", call
	w.front.Inject(f)
}

func TestRehearsal(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		stage := &cloud.Rehearsal{}
		services, err := specOf(t, inputs).Open(cloud.Env{Getenv: func(string) string { return "" }, Transport: &cloud.Transport{Base: stage}, Rehearsal: true})
		if err != nil {
			t.Fatal(err)
		}
		intent, err := services[0].Intend(t.Context(), "cj-mark-1-x")
		if err != nil {
			t.Fatal(err)
		}
		services[0].Start(t.Context(), intent)
		var names []string
		for _, r := range stage.Requests() {
			names = append(names, r.Call.Name)
		}
		want := []string{"CreateNewTask", "BatchUpdateTaskStatus"}
		if inputs["task_id"] != "" {
			want = []string{"ShowTask", "ShowHistoryRunInfo", "BatchUpdateTaskStatus"}
		}
		if !slices.Equal(names, want) {
			t.Errorf("calls %v, want %v", names, want)
		}
	}
}

// TestCallsAreDeclared: every call that a life makes, and a check before it, is
// in Calls, and the emulator knows each of them.
func TestCallsAreDeclared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, func(s *cptsemu.Switches) { s.ShowTaskOldOnly, s.LogOutlineAbsent = true, true })
		w.inject(emulator.Fault{Kind: emulator.Drop, After: true}, "BatchUpdateTaskStatus")
		one := w.open(creating(cptsemu.AbortingCase))
		one.(*service).Inspect(t.Context())
		if _, err := one.(*service).Size(t.Context()); err != nil {
			t.Error(err)
		}
		r := w.run(one)
		w.report(r.Items[0].Ref, r.Items[0].Last)
		made := w.front.Calls()
		for _, call := range Calls() {
			if made[call.Name] == 0 {
				t.Errorf("%s was never made", call.Name)
			}
			delete(made, call.Name)
		}
		if delete(made, emulator.Total); len(made) != 0 {
			t.Errorf("not declared: %v", made)
		}
	})
}
