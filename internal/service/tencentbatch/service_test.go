package tencentbatch

import (
	"net/http"
	"testing"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
)

const (
	mark   = "cj-test"
	target = "region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, "
	inputs = "{" + target + "job: {JobName: nightly, Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo}}]}}"
)

// start starts what the inputs, a YAML map, ask for.
func start(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	s := servicetest.Open(t, New(), network, inputs)[0]
	return servicetest.Start(t, s, servicetest.Intend(t, s, mark))[0]
}

// emulated is an emulated Batch.
func emulated() (*batchemu.Service, http.RoundTripper) {
	s := batchemu.New(time.Now)
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

// stage is a cloud of one test, and the service that asks it.
type stage struct {
	*emulator.Emulator
	batch    *batchemu.Service
	services []engine.Service
}

func newStage(t *testing.T, task string) stage {
	t.Helper()
	batch := batchemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, batch.Half()), batch: batch}
	s.services = servicetest.OpenInputs(t, New(), s.Transport(),
		field.Input{Name: "region", Text: "ap-guangzhou"}, field.Input{Name: "placement", Text: "Zone: ap-guangzhou-4"},
		field.Input{Name: "job", Text: "JobName: nightly\nTasks:\n  - TaskName: main\n    EnvId: env-demo0001\n    Application: {DeliveryForm: LOCAL, Command: " + task})
	return s
}

// options are those of a run whose stop is confirmed.
func options() engine.Options {
	o := servicetest.Options()
	o.Confirm = time.Minute
	return o
}

// reader is a follower over any network.
func reader(t *testing.T, network http.RoundTripper) follower {
	t.Helper()
	return servicetest.Open(t, New(), network, inputs)[0].(*service).follower
}

// listing is a list of jobs in pages.
func listing() servicetest.Listing {
	return servicetest.Listing{Job: `{"JobId":%q,"JobName":"nightly cj-%03d","JobState":"RUNNING"}`, Total: "TotalCount"}
}
