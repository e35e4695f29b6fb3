package tencentpts

import (
	"slices"
	"testing"

	"cloudjob/internal/cloud"
)

// TestStatesOfGates: a gate can ask for every state that a run ends with, and
// for no other.
func TestStatesOfGates(t *testing.T) {
	var over []string
	for number := range 100 {
		if s, word := state(cloud.Number{Value: float64(number), Given: true}); s.Over() {
			over = append(over, word)
		}
	}
	for _, m := range Metrics() {
		if m.Name == finalState && !slices.Equal(slices.Sorted(slices.Values(m.States)), slices.Sorted(slices.Values(over))) {
			t.Errorf("a gate can ask for %q, and a run ends as %q", m.States, over)
		}
	}
}
