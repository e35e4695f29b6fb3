package tencentbatch

import (
	"slices"
	"testing"
)

// TestStatesOfGates: a gate can ask for every state that a job ends with, and
// for no other.
func TestStatesOfGates(t *testing.T) {
	var over []string
	for _, word := range []string{"SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEED", "FAILED", "FAILED_INTERRUPTED"} { // facts tencent-batch §3
		if state(word).Over() {
			over = append(over, word)
		}
	}
	for _, m := range Metrics() {
		if m.Name == finalState && !slices.Equal(m.States, over) {
			t.Errorf("a gate can ask for %q, and a job ends as %q", m.States, over)
		}
	}
}
