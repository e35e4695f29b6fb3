package tencentpts

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

func TestStart(t *testing.T) {
	service, network := emulated()
	got := start(t, network, "{project_id: project-demo, scenario_id: [scenario-demo, scenario-missing, scenario-failing], note: ours}")
	for i := range got {
		got[i].RequestID = "" // the emulator counts them
	}
	truth := service.Half().Begun()
	if len(truth) != 2 || truth[0].Mark != "ours "+mark || truth[1].Mark != "ours "+mark {
		t.Fatalf("begun: %+v", truth)
	}
	want := []job.Item{
		{Provider: Name, What: "scenario scenario-demo", Ref: job.Ref{ID: truth[0].ID, In: "project-demo/scenario-demo"}},
		{Provider: Name, What: "scenario scenario-missing", Err: got[1].Err},
		{Provider: Name, What: "scenario scenario-failing", Ref: job.Ref{ID: truth[1].ID, In: "project-demo/scenario-failing"}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	e, ok := errors.AsType[*job.Error](got[1].Err)
	if !ok || e.Code != "FailedOperation.ResourceNotFound" || e.Fault != job.Refused || e.RequestID == "" {
		t.Errorf("got %v", got[1].Err)
	}
}

// TestAnswersWithoutAJob: a run may have begun, so it is not said to have
// failed.
func TestAnswersWithoutAJob(t *testing.T) {
	for _, text := range []servicetest.Answer{
		`{}`, `{"Response":null}`, `{"Response":{}}`, `{"Response":{"RequestId":"r"}}`,
		`{"Response":{"JobId":"","RequestId":"r"}}`, `{"Response":{"JobId":null,"RequestId":"r"}}`,
		`{"Response":{"JobId":7,"RequestId":"r"}}`, `{"Response":[]}`, `{"JobId":"job-1"}`,
	} {
		item := start(t, text, inputs)[0]
		if job.OutcomeOf(item.Err) != job.StartUnknown || item.Ref != (job.Ref{}) {
			t.Errorf("%s: got %+v", text, item)
		}
	}
}

func TestAmbiguousStart(t *testing.T) {
	for _, fault := range emulator.Faults() {
		fault.Call = "StartJob"
		if fault.Kind == emulator.Slow {
			fault.Delay = 2 * time.Minute
		}
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, ptsemu.ScenarioShort)
			s.pts.Switches.ListingDelay = 5 * time.Second
			s.Inject(fault)
			r := engine.Run(t.Context(), s.services, servicetest.Options())
			begun := len(s.Begun()["pts"])
			if begun > 1 {
				t.Fatalf("%v: begun %d times", fault, begun)
			}
			item := r.Items[0]
			switch {
			case begun == 1 && (r.Outcome != job.Succeeded || item.How == ""):
				t.Errorf("%v: begun, but outcome %s, %q: %v", fault, r.Outcome, item.How, item.Err)
			case begun == 0 && item.How != "":
				t.Errorf("%v: not begun, but %q", fault, item.How)
			}
		})
	}
}
