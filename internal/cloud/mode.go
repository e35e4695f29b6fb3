package cloud

import "cloudjob/internal/field"

// What is done with a job (input mode).
const (
	ModeStart  = "start"  // one that is not there yet
	ModeFollow = "follow" // one that was started before is waited for
	ModeStop   = "stop"   // one that was started before is stopped
)

// ModeField declares the input mode.
func ModeField(mode *string) *field.Field {
	return field.Choice("mode", mode,
		"start starts it. follow waits for one that was started before, here or elsewhere, judges it, and stops it only if on_cancel says so. stop stops it and waits until the cloud confirms. Both need its id: job_id, run_id, or for replication tasks job_ids. Left out, a job_id or run_id means follow.",
		ModeStart, ModeFollow, ModeStop).Or(ModeStart).Apart()
}

// SettleMode complains of what does not go with the mode, and tells whether a
// job that is there is meant. id is the input that names one; starts are those
// that describe how one is started.
func SettleMode(at *field.At, mode *string, id string, starts ...string) (existing bool) {
	if at.Bad("mode") {
		return *mode != ""
	}
	named := at.Has(id)
	switch {
	case *mode == "" && named:
		*mode = ModeFollow
	case *mode == "" || *mode == ModeStart:
		if named {
			at.ProblemAt(id, "%s names a job that is there, and mode: start starts one; leave one of them out", id)
		}
		return false
	case !named:
		at.ProblemAt(id, "%s is required with mode: %s: it names the job", id, *mode)
	}
	for _, name := range starts {
		if at.Has(name) {
			at.ProblemAt(name, "%s is about a start, and mode: %s starts nothing; leave it out", name, *mode)
		}
	}
	return true
}
