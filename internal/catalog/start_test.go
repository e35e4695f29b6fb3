package catalog_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// start is one start that the emulated cloud accepts.
type start struct {
	name     string
	provider string
	inputs   string
	calls    []string // that it makes, in their order
	begins   int      // jobs
}

func starts() []start {
	const tenant = "{project_id: " + emulator.ProjectID + ", region: cn-north-4, "
	return []start{
		{"pts", "tencent-pts", "{project_id: project-demo, scenario_id: scenario-demo}", []string{"StartJob"}, 1},
		{
			"batch", "tencent-batch",
			"{region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, job: {Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo}}]}}",
			[]string{"SubmitJob"}, 1,
		},
		{
			"drs", "huawei-drs",
			tenant + "job_ids: [9a470239-2308-4bb5-a6bc-1040402fjb21, dbb8127c-b093-4b94-b764-7161e151jb2s]}",
			[]string{"BatchStartJobs"}, 2,
		},
		{
			"cpts", "huawei-cpts",
			tenant + "test_project_id: 393862, name: nightly, parallel: false, case_ids: [449269, 449270]}",
			[]string{"CreateNewTask", "BatchUpdateTaskStatus"}, 1,
		},
		{"cpts existing", "huawei-cpts", tenant + "test_project_id: 393862, task_id: 184138}", []string{"BatchUpdateTaskStatus"}, 1},
		{"dataarts schedule", "huawei-dataarts", tenant + "job_name: myJob}", []string{"StartJob"}, 1},
		{"dataarts stream", "huawei-dataarts", tenant + "job_name: myStream}", []string{"StartJob"}, 1},
		{"dataarts once", "huawei-dataarts", tenant + "job_name: myJob, run: once}", []string{"RunOnce"}, 1},
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

// start starts what the inputs, a YAML map, ask for.
func (s *stage) start(tb testing.TB, inputs string) []job.Item {
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
	var items []job.Item
	for _, service := range services {
		items = append(items, service.Start(tb.Context(), job.Intent{})...)
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
			if calls := s.emulator.Calls(); calls[emulator.Total] != len(start.calls) {
				t.Errorf("calls %v, want %v", calls, start.calls)
			}
		})
	}
}

// TestStartUnderFaults holds the first promise of a start, for every start,
// each of its calls and every fault that the emulator knows: what is said of a
// job agrees with what became of it, and nothing is sent twice.
func TestStartUnderFaults(t *testing.T) {
	roads := []struct {
		name string
		take func(*stage, *testing.T) *stage
	}{
		{"in process", func(s *stage, _ *testing.T) *stage { return s }},
		{"socket", (*stage).overSocket},
	}
	for _, road := range roads {
		for _, start := range starts() {
			for _, call := range start.calls {
				for _, fault := range emulator.Faults() {
					if fault.Kind == emulator.Dial && road.name == "socket" {
						continue // who is connected was not refused
					}
					name := strings.Join([]string{road.name, start.name, call, fault.Kind.String()}, "/")
					if fault.After {
						name += " after"
					}
					t.Run(name, func(t *testing.T) {
						s := road.take(newStage(t, start.provider), t)
						fault.Call = call
						s.emulator.Inject(fault)
						items := s.start(t, start.inputs)
						if s.emulator.Injected() != 1 {
							t.Fatalf("the fault struck %d calls, want 1", s.emulator.Injected())
						}
						s.agrees(t, start, items)
						s.sentOnce(t, start)
						for _, item := range items {
							if got := job.OutcomeOf(item.Err); got != outcomeOf(fault.Kind) {
								t.Errorf("outcome %s, want %s: %v", got, outcomeOf(fault.Kind), item.Err)
							}
							if item.Err != nil {
								explained(t, item.Err, call)
							}
						}
					})
				}
			}
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

// sentOnce: every call went out at most once, and no other did.
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

// BenchmarkStart is a whole start: inputs decoded, login found, client built,
// request signed and sent, answer judged. The cloud is the emulator, in this
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
