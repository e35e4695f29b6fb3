package huaweidataarts

import (
	"slices"
	"testing"

	"cloudjob/internal/job"
)

// TestStatesOfGates: a gate can ask for every state that waiting ends with, and
// for none from before a job runs.
func TestStatesOfGates(t *testing.T) {
	for _, m := range Metrics() {
		if m.Unit != job.Word {
			continue
		}
		instances := []string{"waiting", "waiting-confirm", "freeze", "running", "pause", "success", "forceSuccess", "ignoreSuccess", "fail", "running-exception", "skip-by-depend", "manual-stop", "canceled"}
		streams := []string{"SCHEDULING", "STARTING", "STARTTING", "NORMAL", "OVERLOAD", "STOPPING", "STOPPED", "PAUSED", "PAUSE", "DISABLE", "EXCEPTION", "ABNORMAL"}
		for _, word := range slices.Concat(instances, streams) {
			state := jobState(word)
			if slices.Contains(instances, word) {
				state = instance{Status: word}.state()
			}
			if is := slices.Contains(m.States, word); state.Over() && !is || is && state == job.StatePending {
				t.Errorf("%s is %s, and a gate can ask for %q", word, state, m.States)
			}
		}
	}
}
