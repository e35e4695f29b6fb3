package tencentpts

import (
	"net/http"
	"testing"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

const (
	inputs = "{project_id: project-demo, scenario_id: scenario-demo, note: ours}"
	mark   = "cj-test"
)

// start starts what the inputs, a YAML map, ask for.
func start(t *testing.T, network http.RoundTripper, inputs string) (items []job.Item) {
	t.Helper()
	for _, s := range servicetest.Open(t, New(), network, inputs) {
		items = append(items, servicetest.Start(t, s, servicetest.Intend(t, s, mark))...)
	}
	return items
}

// emulated is an emulated PTS.
func emulated() (*ptsemu.Service, http.RoundTripper) {
	s := ptsemu.New(time.Now)
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

func begun(s *ptsemu.Service) int { return len(s.Half().Begun()) }

// stage is a cloud of one test, and services that ask it.
type stage struct {
	*emulator.Emulator
	pts      *ptsemu.Service
	services []engine.Service
}

func newStage(t *testing.T, scenarios string) stage {
	t.Helper()
	pts := ptsemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, pts.Half()), pts: pts}
	s.services = servicetest.Open(t, New(), s.Transport(), "{project_id: project-demo, scenario_id: "+scenarios+", note: before the release}")
	return s
}

// reader is a follower over any network.
func reader(t *testing.T, network http.RoundTripper) follower {
	t.Helper()
	return servicetest.Open(t, New(), network, inputs)[0].(*service).follower
}

// listing is a list of jobs in pages.
func listing() servicetest.Listing {
	return servicetest.Listing{Job: `{"JobId":%q,"Note":"note cj-%03d","Status":11}`, Total: "Total"}
}
