package huaweidrs

import (
	"slices"
	"testing"

	"cloudjob/internal/job"
)

// TestStatesOfGates: a gate can ask for every state that waiting ends with, and
// for no other.
func TestStatesOfGates(t *testing.T) {
	words := []string{ // facts huawei-drs §4
		creating, createFailed, configuration, "STARTJOBING", "WAITING_FOR_START", "START_JOB_FAILED", pausing,
		fullStarted, "FULL_TRANSFER_FAILED", fullComplete, increStarted, "INCRE_TRANSFER_FAILED",
		releaseStarted, releaseFailed, releaseComplete, deleted, "REBUILD_NODE_STARTED", "REBUILD_NODE_FAILED",
		"CHANGE_JOB_STARTED", "CHANGE_JOB_FAILED", "NODE_UPGRADE_START", "NODE_UPGRADE_COMPLETE", "NODE_UPGRADE_FAILED",
		"CHILD_TRANSFER_STARTING", "CHILD_TRANSFER_STARTED", "CHILD_TRANSFER_COMPLETE", "CHILD_TRANSFER_FAILED",
		"RELEASE_CHILD_TRANSFER_STARTED", "RELEASE_CHILD_TRANSFER_COMPLETE",
	}
	for _, m := range Metrics() {
		if m.Unit != job.Word {
			continue
		}
		for _, word := range words {
			over := state(word, fullTrans).Over() || state(word, fullIncrTrans).Over()
			if over != slices.Contains(m.States, word) {
				t.Errorf("%s ends a task: %t, and a gate can ask for %q", word, over, m.States)
			}
		}
	}
}
