package huaweicpts

import (
	"slices"
	"testing"
	"testing/synctest"

	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

func TestWhy(t *testing.T) {
	const reason = "case upload-aborts: the executor lost its connection"
	for name, shape := range map[string]func(*cptsemu.Switches){
		"HWDOC ids":        func(*cptsemu.Switches) {},
		"SDK ids":          func(s *cptsemu.Switches) { s.CaseRunID = cptsemu.SDKForm },
		"SDK ids by empty": func(s *cptsemu.Switches) { s.CaseRunID, s.WrongCaseEmpty = cptsemu.SDKForm, true },
		"decimals":         func(s *cptsemu.Switches) { s.DecimalsInInts = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, shape)
				r := w.run(w.open(creating(cptsemu.HealthyCase, cptsemu.AbortingCase)))
				if want := []string{"status 3 aborted abnormally", reason}; r.Outcome != job.JobFailed || !slices.Equal(r.Items[0].Why, want) {
					t.Errorf("%s because of %q, want %q", r.Outcome, r.Items[0].Why, want)
				}
			})
		})
	}
}
