package report

import (
	"strings"
	"testing"

	"cloudjob/internal/job"
)

// TestCommentOfEmulatedJobs: a verdict on what was not real says so first.
func TestCommentOfEmulatedJobs(t *testing.T) {
	real, played := Result{Provider: "tencent-pts", What: "scenario a", Outcome: job.Succeeded}, Result{Provider: "tencent-pts", What: "scenario b", Outcome: job.Succeeded, Emulated: true}
	for _, results := range [][]Result{{played}, {real, played}} {
		if text := Comment(results, Tested{Commit: testedCommit}, "", 64<<10); !strings.Contains(text, "Emulated:") || strings.Index(text, "Emulated:") > 200 {
			t.Errorf("%d jobs: it begins with %.200q", len(results), text)
		}
	}
	if text := Comment([]Result{real}, Tested{Commit: testedCommit}, "", 64<<10); strings.Contains(text, "Emulated") {
		t.Errorf("a real one: %.200q", text)
	}
}
