package huaweidrs

// This file tells why a task failed.

import (
	"context"
	"errors"
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Why gives the codes and reasons that batch-detail and batch-progress have.
// If one of them has any, it does not matter that the other cannot be read.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	detail, detailErr := f.details(ctx, []string{ref.ID})
	progress, progressErr := f.progresses(ctx, []string{ref.ID})
	var reasons []string
	for _, r := range []reply{detail[ref.ID], progress[ref.ID]} {
		for _, line := range r.why() {
			if !slices.Contains(reasons, line) {
				reasons = append(reasons, line)
			}
		}
	}
	why := []string{"status " + last.Word}
	if more := hint(last.Word); more != "" {
		why[0] += ": " + more
	}
	if reasons != nil {
		return append(why, reasons...), nil
	}
	if last.Message != "" {
		why = append(why, last.Message)
	}
	return why, errors.Join(detailErr, progressErr)
}

// why says a task's failure, with what its code means.
func (r reply) why() (lines []string) {
	if line := r.reason(); line != "" {
		c := cloud.Explain(string(r.ErrorCode), codes)
		for _, more := range []string{c.Meaning, c.Cure} {
			if more != "" {
				line += "; " + more
			}
		}
		lines = append(lines, line)
	}
	if reason := legible(string(r.FailedReason)); reason != "" && reason != r.message() {
		lines = append(lines, "failed reason: "+reason)
	}
	return lines
}

// hint says what the word of a task that failed or was stopped does not.
func hint(word string) string {
	switch word {
	case pausing:
		return "it is paused; starting it again resumes it"
	case releaseComplete:
		return "somebody ended it, and it cannot be resumed"
	case deleted, gone:
		return "somebody deleted it"
	case releaseFailed:
		return "it could not be ended, so it may still cost; end it by force in the console"
	}
	return ""
}
