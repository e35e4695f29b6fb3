package catalog_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// start is one start that the emulated cloud accepts.
type start struct {
	name     string
	provider string
	inputs   string
	reads    []string // the calls before it, in their order
	calls    []string // that it makes, in their order
	begins   int      // jobs

	// needless is the read without which the start is still possible, and the
	// refusals that are taken so.
	needless string
	refusals []emulator.Kind
}

func starts() []start {
	const tenant = "{project_id: " + emulator.ProjectID + ", region: cn-north-4, "
	return []start{
		{name: "pts", provider: "tencent-pts", inputs: "{project_id: project-demo, scenario_id: scenario-demo}", calls: []string{"StartJob"}, begins: 1},
		{
			name: "batch", provider: "tencent-batch",
			inputs: "{region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, job: {Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo}}]}}",
			calls:  []string{"SubmitJob"}, begins: 1,
		},
		{
			name: "drs", provider: "huawei-drs",
			inputs: tenant + "job_ids: [9a470239-2308-4bb5-a6bc-1040402fjb21, dbb8127c-b093-4b94-b764-7161e151jb2s]}",
			reads:  []string{"BatchListJobStatus", "BatchListJobDetails"}, calls: []string{"BatchStartJobs"}, begins: 2,
			needless: "BatchListJobDetails", refusals: []emulator.Kind{emulator.Unauthorized, emulator.Forbidden},
		},
		{
			name: "cpts", provider: "huawei-cpts",
			inputs: tenant + "test_project_id: 393862, name: nightly, parallel: false, case_ids: [449269, 449270]}",
			calls:  []string{"CreateNewTask", "BatchUpdateTaskStatus"}, begins: 1,
		},
		{
			name: "cpts existing", provider: "huawei-cpts", inputs: tenant + "test_project_id: 393862, task_id: 184138}",
			reads: []string{"ShowTask", "ShowHistoryRunInfo"}, calls: []string{"BatchUpdateTaskStatus"}, begins: 1,
			needless: "ShowTask", refusals: []emulator.Kind{emulator.Forbidden},
		},
		{
			name: "dataarts schedule", provider: "huawei-dataarts", inputs: tenant + "job_name: myJob}",
			reads: []string{"ShowJob", "ListJobs", "ListJobInstances"}, calls: []string{"StartJob"}, begins: 1,
		},
		{
			name: "dataarts stream", provider: "huawei-dataarts", inputs: tenant + "job_name: myStream}",
			reads: []string{"ShowJob", "ShowJobStatus"}, calls: []string{"StartJob"}, begins: 1,
		},
		{
			name: "dataarts once", provider: "huawei-dataarts", inputs: tenant + "job_name: myJob, run: once}",
			reads: []string{"ListJobInstances"}, calls: []string{"RunOnce"}, begins: 1,
		},
	}
}

// stage is an emulated cloud of one provider. Its clock stands still, so that
// nothing in it begins by itself.
type stage struct {
	provider catalog.Provider
	emulator *emulator.Emulator
	endpoint string // "" is the vendor's own
	network  http.RoundTripper
}

func newStage(tb testing.TB, provider string) *stage {
	tb.Helper()
	p, ok := catalog.Find(provider)
	if !ok {
		tb.Fatalf("no provider %s", provider)
	}
	now := time.Now()
	e := emulator.New(emulator.Options{}, p.Emulate(func() time.Time { return now }))
	return &stage{provider: p, emulator: e, network: e.Transport()}
}

// overSocket puts the stage behind a real listener.
func (s *stage) overSocket(t *testing.T) *stage {
	server := httptest.NewServer(s.emulator)
	t.Cleanup(server.Close)
	s.endpoint, s.network = server.URL, nil
	return s
}

// open opens the services of the inputs, a YAML map.
func (s *stage) open(tb testing.TB, inputs string) []engine.Service {
	tb.Helper()
	spec := s.provider.New()
	if s.endpoint != "" {
		inputs = strings.TrimSuffix(inputs, "}") + ", endpoint: '" + s.endpoint + "'}"
	}
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		tb.Fatal(err)
	}
	if problems := spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check); len(problems) > 0 {
		tb.Fatal(problems)
	}
	env := login()
	services, err := spec.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: s.network},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return services
}

// start starts what the inputs ask for, and looks for nothing afterwards.
func (s *stage) start(tb testing.TB, inputs string) []job.Item {
	tb.Helper()
	var items []job.Item
	for _, service := range s.open(tb, inputs) {
		intent, err := service.Intend(tb.Context(), mark)
		if err != nil {
			tb.Fatal(err)
		}
		items = append(items, service.Start(tb.Context(), intent)...)
	}
	return items
}

// begun is every job that the emulated cloud really began.
func (s *stage) begun() (all []emu.Job) {
	for _, jobs := range s.emulator.Begun() {
		all = append(all, jobs...)
	}
	return all
}

func TestStart(t *testing.T) {
	for _, start := range starts() {
		t.Run(start.name, func(t *testing.T) {
			s := newStage(t, start.provider)
			items := s.start(t, start.inputs)
			for _, item := range items {
				if item.Err != nil || item.Provider != start.provider || item.What == "" || item.Ref.ID == "" || item.RequestID == "" {
					t.Errorf("got %+v", item)
				}
			}
			if got := len(s.begun()); got != start.begins || len(items) != start.begins {
				t.Errorf("%d jobs begun and %d items, want %d", got, len(items), start.begins)
			}
			s.sentOnce(t, start)
			calls := s.emulator.Calls()
			if calls[emulator.Total] != len(start.reads)+len(start.calls) {
				t.Errorf("calls %v, want %v and %v", calls, start.reads, start.calls)
			}
			for _, name := range append(start.reads, start.calls...) {
				if calls[name] != 1 {
					t.Errorf("%s was made %d times", name, calls[name])
				}
			}
		})
	}
}

// TestStartsAreRehearsed: every call of a start, and before it, has an answer
// that can be played back, with which the start goes on to its end.
func TestStartsAreRehearsed(t *testing.T) {
	for _, start := range starts() {
		t.Run(start.name, func(t *testing.T) {
			s, road := newStage(t, start.provider), &cloud.Rehearsal{}
			s.network = road
			for _, item := range s.start(t, start.inputs) {
				if e, ok := errors.AsType[*job.Error](item.Err); item.Err != nil && (!ok || e.Fault != job.Ambiguous) {
					t.Errorf("got %+v", item)
				}
			}
			var names []string
			for _, r := range road.Requests() {
				names = append(names, r.Call.Name)
				if r.Call.Answer == "" && !r.Call.NoContent {
					t.Errorf("%s has no answer", r.Call.Name)
				}
			}
			before := len(names) - len(start.calls)
			if before < 0 || !slices.Equal(names[before:], start.calls) || (before > 0) != (len(start.reads) > 0) {
				t.Errorf("calls %q, want %q and %q", names, start.reads, start.calls)
			}
		})
	}
}

// TestStartUnderFaults holds the first promise of a start, for every start,
// each of its calls and every fault that the emulator knows: what is said of a
// job agrees with what became of it, and nothing is sent twice.
func TestStartUnderFaults(t *testing.T) {
	for _, start := range starts() {
		for _, call := range start.calls {
			for _, fault := range emulator.Faults() {
				fault.Call = call
				name := faultName(start, fault)
				t.Run("in process/"+name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						startUnderFault(t, newStage(t, start.provider), start, fault)
					})
				})
				if fault.Kind == emulator.Dial {
					continue // who is connected was not refused
				}
				t.Run("socket/"+name, func(t *testing.T) {
					t.Parallel() // what was lost is looked for by the real clock
					startUnderFault(t, newStage(t, start.provider).overSocket(t), start, fault)
				})
			}
		}
	}
}

func faultName(start start, fault emulator.Fault) string {
	name := strings.Join([]string{start.name, fault.Call, fault.Kind.String()}, "/")
	if fault.After {
		name += " after"
	}
	return name
}

func startUnderFault(t *testing.T, s *stage, start start, fault emulator.Fault) {
	s.emulator.Inject(fault)
	items := s.start(t, start.inputs)
	if s.emulator.Injected() != 1 {
		t.Fatalf("the fault struck %d calls, want 1", s.emulator.Injected())
	}
	s.agrees(t, start, items)
	s.sentOnce(t, start)
	want := outcomeOf(fault.Kind)
	if fault.Call == "CreateNewTask" && fault.After {
		want = job.Started // the task is found by its name, and started
	}
	for _, item := range items {
		if got := job.OutcomeOf(item.Err); got != want {
			t.Errorf("outcome %s, want %s: %v", got, want, item.Err)
		}
		if item.Err != nil {
			explained(t, item.Err, fault.Call)
		}
	}
}

// TestReadsBeforeAStart: a read that fails once is made again unless it was
// refused, and without what it reads nothing is started, which is said.
func TestReadsBeforeAStart(t *testing.T) {
	for _, start := range starts() {
		for _, call := range start.reads {
			for _, fault := range emulator.Faults() {
				fault.Call = call
				for _, fault.Times = range []int{1, -1} {
					t.Run(fmt.Sprint(faultName(start, fault), " ", fault.Times), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { testReadBeforeAStart(t, start, fault) })
					})
				}
			}
		}
	}
}

func testReadBeforeAStart(t *testing.T, start start, fault emulator.Fault) {
	s := newStage(t, start.provider)
	s.emulator.Inject(fault)
	r := engine.Run(t.Context(), s.open(t, start.inputs), engine.Options{Mark: engine.Mark{Run: "run", Attempt: "1", Once: "once"}})
	if s.emulator.Injected() == 0 {
		t.Fatal("the fault struck nothing")
	}
	s.agrees(t, start, r.Items)
	s.sentOnce(t, start)

	refused := fault.Kind == emulator.Unauthorized || fault.Kind == emulator.Forbidden
	passes := !refused && fault.Times > 0
	isNeedless := fault.Call == start.needless && slices.Contains(start.refusals, fault.Kind)
	want := outcomeOf(fault.Kind)
	switch {
	case passes || isNeedless:
		want = job.Started
	case want == job.StartUnknown:
		want = job.StartFailed // nothing was sent that could begin a job
	}
	begins := 0
	if want == job.Started {
		begins = start.begins
	}
	if begun := s.begun(); r.Outcome != want || len(begun) != begins {
		t.Errorf("outcome %s with %d jobs, want %s with %d: %+v", r.Outcome, len(begun), want, begins, r.Items)
	}
	for _, item := range r.Items {
		if item.Err == nil {
			continue
		}
		explained(t, item.Err, fault.Call)
		if !strings.Contains(item.Err.Error(), "nothing was started") {
			t.Errorf("it is not said that nothing was started: %v", item.Err)
		}
	}
}

// outcomeOf is what a start is to say of a fault: it is sure only where the
// answer is, and never more optimistic than the cloud.
func outcomeOf(kind emulator.Kind) job.Outcome {
	switch kind {
	case emulator.Slow:
		return job.Started
	case emulator.Dial:
		return job.StartFailed
	case emulator.TooMany, emulator.Throttle, emulator.ThrottleAccount:
		return job.Limited
	case emulator.Unauthorized, emulator.Forbidden:
		return job.Unauthorized
	}
	return job.StartUnknown
}

// agrees compares what is said of each job with the truth.
func (s *stage) agrees(t *testing.T, start start, items []job.Item) {
	t.Helper()
	begun := s.begun()
	if len(begun) > start.begins {
		t.Errorf("%d jobs were begun, want at most %d: %v", len(begun), start.begins, begun)
	}
	for _, item := range items {
		switch outcome := job.OutcomeOf(item.Err); outcome {
		case job.Started:
			if len(begun) != start.begins {
				t.Errorf("%s is said to be started, but %d jobs were begun", item.What, len(begun))
			}
		case job.StartUnknown:
		default:
			if len(begun) > 0 {
				t.Errorf("%s is said to be %s, but %v was begun: %v", item.What, outcome, begun, item.Err)
			}
		}
	}
}

// sentOnce: every call went out at most once, and no other did that is not a
// read.
func (s *stage) sentOnce(t *testing.T, start start) {
	t.Helper()
	calls := s.emulator.Calls()
	total := calls[emulator.Total]
	delete(calls, emulator.Total)
	for _, name := range start.calls {
		if calls[name] > 1 {
			t.Errorf("%s was sent %d times", name, calls[name])
		}
		total -= calls[name]
	}
	for _, call := range s.provider.Calls() {
		if call.Reads {
			total -= calls[call.Name]
		}
	}
	if total != 0 {
		t.Errorf("%d calls went out that belong to nothing: %v", total, calls)
	}
}

// explained: an error names its call, says something and holds no secret.
func explained(t *testing.T, err error, call string) {
	t.Helper()
	e, ok := errors.AsType[*job.Error](err)
	if !ok {
		t.Errorf("%v is no *job.Error", err)
		return
	}
	if e.Call != call || e.Message == "" {
		t.Errorf("call %q, message %q; want call %q and a message", e.Call, e.Message, call)
	}
	for _, secret := range []string{emulator.Secret, "Signature="} {
		if strings.Contains(e.Error(), secret) {
			t.Errorf("the error shows %q: %v", secret, e)
		}
	}
}

// BenchmarkStart is a whole start: inputs decoded, login found, clients built,
// requests signed and sent, those that only read too, answers judged. The cloud is the emulator, in this
// process, made anew for each start and not counted.
func BenchmarkStart(b *testing.B) {
	for _, start := range starts() {
		b.Run(start.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				s := newStage(b, start.provider)
				b.StartTimer()
				for _, item := range s.start(b, start.inputs) {
					if item.Err != nil {
						b.Fatal(item.Err)
					}
				}
			}
		})
	}
}
