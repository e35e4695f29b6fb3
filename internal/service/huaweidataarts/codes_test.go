package huaweidataarts

import (
	"errors"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
)

// TestCodes are the codes of document 004 and of facts huawei-dataarts §8, as
// the emulated service refuses both starts with them.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: `6888`,
		job.StartFailed:  `0100 30100 0136 0802 0819 20819 1006 3004 3018 3025 3051 6201`,
	} {
		for _, name := range strings.Fields(names) {
			for _, inputs := range []string{starting("refused"), running("refused")} {
				service, network := emulated()
				service.Add(dataartsemu.Job{
					Name: "refused", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: time.Hour,
					Nodes: []dataartsemu.Node{{Name: "n", Type: "Shell"}}, Refusal: "DLF." + name,
				})
				item := startInputs(t, network, inputs)
				e, ok := errors.AsType[*job.Error](item.Err)
				known := cloud.Explain("DLF."+name, codes)
				if !ok || e.Code != "DLF."+name || known.Meaning == "" || e.Meaning != known.Meaning || e.Cure == "" {
					t.Errorf("%s: got %+v", name, item)
					continue
				}
				if got := job.OutcomeOf(e); got != outcome {
					t.Errorf("%s: outcome %s, want %s", name, got, outcome)
				}
				if begun := len(service.Half().Begun()); begun != 0 {
					t.Errorf("%s: %d begun", name, begun)
				}
			}
		}
	}
}

// TestNewerCodes: the five-digit forms mean what the four-digit ones do.
func TestNewerCodes(t *testing.T) {
	for older, newer := range map[string]string{"DLF.0100": "DLF.30100", "DLF.0819": "DLF.20819"} {
		a, b := cloud.Explain(older, codes), cloud.Explain(newer, codes)
		if a.Meaning == "" || a.Meaning != b.Meaning || a.Cure != b.Cure || a.Fault != b.Fault {
			t.Errorf("%s: %+v\n%s: %+v", older, a, newer, b)
		}
	}
}
