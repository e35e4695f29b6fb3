package huaweidrs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

const (
	mark    = "cj-test"
	target  = "project_id: " + emulator.ProjectID + ", region: cn-north-4, "
	unknown = "00000000-0000-0000-0000-000000000000"
)

// start starts tasks by their ids.
func start(t *testing.T, network http.RoundTripper, ids ...string) []job.Item {
	t.Helper()
	return startInputs(t, network, "{"+target+"job_ids: ["+strings.Join(ids, ", ")+"]}")
}

// startInputs starts what the inputs, a YAML map, ask for.
func startInputs(t *testing.T, network http.RoundTripper, inputs string) []job.Item {
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
	if err != nil {
		t.Fatal(err)
	}
	if len(services) != 1 {
		t.Fatalf("%d services: all tasks go into one call", len(services))
	}
	intent := job.Intent{Mark: mark, IDs: []string{drsemu.Migration + " " + fullTrans}} // of the one task that canned knows
	if _, ok := network.(canned); !ok {
		if intent, err = services[0].Intend(t.Context(), mark); err != nil {
			t.Fatal(err)
		}
	}
	items := services[0].Start(t.Context(), intent)
	if len(items) != len(services[0].What()) {
		t.Fatalf("%d items for %q", len(items), services[0].What())
	}
	for i, item := range items {
		if item.Provider != Name || item.What != services[0].What()[i] || item.RequestID == "" {
			t.Errorf("got %+v", item)
		}
	}
	return items
}

// emulated is an emulated DRS.
func emulated(change func(*drsemu.Service)) (*drsemu.Service, http.RoundTripper) {
	s := drsemu.New(time.Now)
	change(s)
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

// said is what an item says, in short.
type said struct {
	Outcome       job.Outcome
	Ref           job.Ref
	Status, Code  string
	Note, Message string
}

func saying(items []job.Item) (list []said) {
	for _, item := range items {
		s := said{Outcome: job.OutcomeOf(item.Err), Ref: item.Ref, Status: item.Status, Note: item.Note}
		if e, ok := errors.AsType[*job.Error](item.Err); ok {
			s.Code, s.Message = e.Code, e.Message
		}
		list = append(list, s)
	}
	return list
}

// stage is a cloud of one test, and a service that asks it.
type stage struct {
	*emulator.Emulator
	drs     *drsemu.Service
	env     cloud.Env
	spec    *Spec
	service *service
}

func newStage(t *testing.T, ids ...string) stage {
	t.Helper()
	drs := drsemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, drs.Half()), drs: drs}
	s.env = envOver(s.Transport())
	s.spec, s.service = open(t, s.env, field.Input{Name: "job_ids", Text: strings.Join(ids, "\n")})
	return s
}

func envOver(road http.RoundTripper) cloud.Env {
	return cloud.Env{Transport: &cloud.Transport{Base: road}, Getenv: func(name string) string {
		return map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}[name]
	}}
}

func open(t *testing.T, env cloud.Env, inputs ...field.Input) (*Spec, *service) {
	t.Helper()
	spec := New()
	inputs = append(inputs, field.Input{Name: "project_id", Text: emulator.ProjectID}, field.Input{Name: "region", Text: "cn-north-4"})
	if problems := spec.Fields().DecodeInputs(inputs, field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	services, err := spec.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	return spec, services[0].(*service)
}

func (s stage) run(ctx context.Context, change func(*engine.Options)) engine.Result {
	o := engine.Options{
		Mark: engine.Mark{Run: "test", Attempt: "1", Once: "once"},
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second, Jitter: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&o)
	}
	return engine.Run(ctx, []engine.Service{s.service}, o)
}

func (s stage) intend(t *testing.T) job.Intent {
	t.Helper()
	intent, err := s.service.Intend(t.Context(), "cj-mark")
	if err != nil {
		t.Fatal(err)
	}
	return intent
}

func (s stage) status(t *testing.T, refs ...job.Ref) []job.Status {
	t.Helper()
	statuses, err := s.service.Status(t.Context(), refs)
	if err != nil || len(statuses) != len(refs) {
		t.Fatalf("%d statuses for %d refs, %v", len(statuses), len(refs), err)
	}
	return statuses
}

// begun names the tasks that really began, and whether they live.
func (s stage) begun() map[string]bool {
	lives := map[string]bool{}
	for _, j := range s.Begun()["drs"] {
		lives[j.ID] = j.Live
	}
	return lives
}

// taskID makes an id of the documented shape.
func taskID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%07djb101", n) }

func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		name, perCall := s.service.Group()
		if name != "huawei-drs https://drs.cn-north-4.myhuaweicloud.com "+emulator.ProjectID || perCall != 100 {
			t.Errorf("%q %d", name, perCall)
		}
		if !s.service.Lasting(job.Ref{ID: drsemu.Sync, Kind: fullTrans}) {
			t.Error("a replication task is lasting")
		}
	})
}

func TestCalls(t *testing.T) {
	drs := drsemu.New(time.Now)
	for _, call := range Calls() {
		known := false
		for _, c := range drs.Half().Calls {
			known = known || c.Name == call.Name
		}
		starts := slices.Contains([]string{"BatchStartJobs", "BatchRestoreTask", "BatchStopJobs", "BatchDeleteJobs"}, call.Name)
		if !known || call.Reads == starts || call.Does == "" || call.Permission == "" {
			t.Errorf("%+v", call)
		}
	}
}
