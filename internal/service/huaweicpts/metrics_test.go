package huaweicpts

import (
	"slices"
	"testing"

	"cloudjob/internal/job"
)

// TestStatesOfGates: a gate can ask for every state that a run ends with, and
// for no other.
func TestStatesOfGates(t *testing.T) {
	var over []string
	for number := range 20 {
		last := status(number, true)
		if m := (&measured{last: last}); last.State.Over() {
			over = append(over, m.state().Word)
		}
	}
	for _, m := range Metrics() {
		if m.Unit == job.Word && !slices.Equal(m.States, over) {
			t.Errorf("a gate can ask for %q, and a run ends as %q", m.States, over)
		}
	}
}
