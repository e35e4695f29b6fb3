package drsemu

import (
	"slices"
	"time"
)

// The status values this half moves jobs through (facts huawei-drs §4, SDK3).
// Script.Walk may name any other.
const (
	creating        = "CREATING"
	createFailed    = "CREATE_FAILED"
	configuration   = "CONFIGURATION"
	starting        = "STARTJOBING"
	waitingForStart = "WAITING_FOR_START"
	startFailed     = "START_JOB_FAILED"
	pausing         = "PAUSING" // means paused
	fullStarted     = "FULL_TRANSFER_STARTED"
	fullFailed      = "FULL_TRANSFER_FAILED"
	fullComplete    = "FULL_TRANSFER_COMPLETE"
	increStarted    = "INCRE_TRANSFER_STARTED"
	increFailed     = "INCRE_TRANSFER_FAILED"
	releaseStarted  = "RELEASE_RESOURCE_STARTED"
	releaseFailed   = "RELEASE_RESOURCE_FAILED"
	releaseComplete = "RELEASE_RESOURCE_COMPLETE"
	childReleased   = "RELEASE_CHILD_TRANSFER_COMPLETE"
	childFailed     = "CHILD_TRANSFER_FAILED"
	rebuildFailed   = "REBUILD_NODE_FAILED"
	changeFailed    = "CHANGE_JOB_FAILED"
	upgradeFailed   = "NODE_UPGRADE_FAILED"
	deleted         = "DELETED"
)

// Values of task_type and db_use_type (facts huawei-drs §1, SDK3).
const (
	fullTrans        = "FULL_TRANS"
	fullIncrTrans    = "FULL_INCR_TRANS"
	incrTrans        = "INCR_TRANS"
	migration        = "migration"
	synchronization  = "sync"
	disasterRecovery = "cloudDataGuard"
)

// How long the stages take. The emulator's own choice: a full transfer is
// over forty seconds after its start.
const (
	startingTime = 10 * time.Second
	copyTime     = 30 * time.Second
	completeTime = 5 * time.Second
	releaseTime  = 5 * time.Second
)

// Step is one status of a walk and how long it lasts. The last one lasts.
type Step struct {
	Status string
	For    time.Duration
}

// healthyWalk is what a job of a task type goes through after its start.
func healthyWalk(taskType string) []Step {
	switch taskType {
	case fullTrans:
		return []Step{{starting, startingTime}, {fullStarted, copyTime}, {fullComplete, 0}}
	case incrTrans:
		return []Step{{starting, startingTime}, {increStarted, 0}}
	}
	return []Step{
		{starting, startingTime}, {fullStarted, copyTime}, {fullComplete, completeTime}, {increStarted, 0},
	}
}

// walk is the life of a job: what it was, is, and will be if nobody acts.
type walk struct{ moments []moment }

type moment struct {
	at     time.Time
	status string
}

// then adds steps that begin at t.
func (w *walk) then(t time.Time, steps ...Step) {
	for _, step := range steps {
		w.moments = append(w.moments, moment{t, step.Status})
		t = t.Add(step.For)
	}
}

// at is the status at a time; before the first it is the first.
func (w *walk) at(t time.Time) string {
	status := w.moments[0].status
	for _, m := range w.moments {
		if m.at.After(t) {
			break
		}
		status = m.status
	}
	return status
}

// cut takes back what would come after t and returns it, the rest of the
// present step first.
func (w *walk) cut(t time.Time) []Step {
	rest := []Step{{Status: w.at(t)}}
	from := t
	kept := w.moments[:0:0]
	for _, m := range w.moments {
		if !m.at.After(t) {
			kept = append(kept, m)
			continue
		}
		rest[len(rest)-1].For = m.at.Sub(from)
		rest = append(rest, Step{Status: m.status})
		from = m.at
	}
	w.moments = kept
	return rest
}

// stage is a time that a job has spent in one status.
type stage struct {
	status string
	from   time.Time
	long   time.Duration
}

// stages lists what has been until now.
func (w *walk) stages(now time.Time) []stage {
	var past []stage
	for i, m := range w.moments {
		if m.at.After(now) {
			break
		}
		end := now
		if i+1 < len(w.moments) && !w.moments[i+1].at.After(now) {
			end = w.moments[i+1].at
		}
		past = append(past, stage{m.status, m.at, end.Sub(m.at)})
	}
	return past
}

// spent is the time passed in a status until now.
func (w *walk) spent(status string, now time.Time) time.Duration {
	var sum time.Duration
	for _, st := range w.stages(now) {
		if st.status == status {
			sum += st.long
		}
	}
	return sum
}

// first is when a status was first entered.
func (w *walk) first(status string, now time.Time) (time.Time, bool) {
	for _, st := range w.stages(now) {
		if st.status == status {
			return st.from, true
		}
	}
	return time.Time{}, false
}

// pausable are the five states that HWDOC and OTC list for a pause.
func pausable(status string) bool {
	return slices.Contains([]string{fullStarted, fullFailed, fullComplete, increStarted, increFailed}, status)
}

// deletable are the states in which a record may be deleted (HWDOC, OTC).
func deletable(status string) bool {
	return slices.Contains([]string{createFailed, releaseComplete, childReleased}, status)
}

// failed says whether a status carries error_code and failed_reason.
func failed(status string) bool {
	return slices.Contains([]string{
		createFailed, startFailed, fullFailed, increFailed, releaseFailed,
		childFailed, rebuildFailed, changeFailed, upgradeFailed,
	}, status)
}

// live says whether a begun job still runs or will run. A paused job does
// neither; one that is being released, or whose release failed, is not ended.
func live(status, taskType string) bool {
	switch status {
	case pausing, releaseComplete, deleted:
		return false
	case fullComplete:
		return taskType != fullTrans
	case releaseFailed:
		return true
	}
	return !failed(status)
}
