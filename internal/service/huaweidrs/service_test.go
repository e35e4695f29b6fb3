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

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/servicetest"
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
	services := servicetest.Open(t, New(), network, inputs)
	if len(services) != 1 {
		t.Fatalf("%d services: all tasks go into one call", len(services))
	}
	intent := job.Intent{Mark: mark, IDs: []string{drsemu.Migration + " " + fullTrans}} // of the one task that an Answer knows
	if _, ok := network.(servicetest.Answer); !ok {
		intent = servicetest.Intend(t, services[0], mark)
	}
	items := servicetest.Start(t, services[0], intent)
	for _, item := range items {
		if item.RequestID == "" {
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
	spec    *Spec
	service *service
}

func newStage(t *testing.T, ids ...string) stage {
	t.Helper()
	drs := drsemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, drs.Half()), drs: drs}
	s.spec, s.service = open(t, s.Transport(), field.Input{Name: "job_ids", Text: strings.Join(ids, "\n")})
	return s
}

// open makes the service of inputs, and the spec that it is of.
func open(t *testing.T, network http.RoundTripper, inputs ...field.Input) (*Spec, *service) {
	t.Helper()
	spec := New()
	inputs = append(inputs, field.Input{Name: "project_id", Text: emulator.ProjectID}, field.Input{Name: "region", Text: "cn-north-4"})
	return spec, servicetest.OpenInputs(t, spec, network, inputs...)[0].(*service)
}

func (s stage) run(ctx context.Context, change func(*engine.Options)) engine.Result {
	o := servicetest.Options()
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
	return servicetest.Status(t, s.service, refs...)
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
