package huaweidrs

// This file maps the service's words to states, and says what a state costs.

import (
	"math"
	"strconv"
	"strings"

	"cloudjob/internal/job"
)

// The words for a task's status that more than one place knows (facts
// huawei-drs §4).
const (
	creating        = "CREATING"
	createFailed    = "CREATE_FAILED"
	configuration   = "CONFIGURATION"
	fullStarted     = "FULL_TRANSFER_STARTED"
	fullComplete    = "FULL_TRANSFER_COMPLETE"
	increStarted    = "INCRE_TRANSFER_STARTED"
	pausing         = "PAUSING" // means paused
	releaseStarted  = "RELEASE_RESOURCE_STARTED"
	releaseFailed   = "RELEASE_RESOURCE_FAILED"
	releaseComplete = "RELEASE_RESOURCE_COMPLETE"
	deleted         = "DELETED"
)

// Values of task_type. A task without one of them is of a kind that could not
// be read.
const (
	fullTrans     = "FULL_TRANS"
	fullIncrTrans = "FULL_INCR_TRANS"
	incrTrans     = "INCR_TRANS"
)

// States are the words of DRS, each with what it is to who waits for a task
// that ends, and after it for one that goes on for ever where that differs.
func States() []job.Status {
	var all []job.Status
	for _, word := range []string{
		creating, createFailed, configuration, "WAITING_FOR_START", "STARTJOBING", "START_JOB_FAILED",
		fullStarted, "FULL_TRANSFER_FAILED", fullComplete, increStarted, "INCRE_TRANSFER_FAILED", pausing,
		releaseStarted, releaseFailed, releaseComplete, deleted,
		"REBUILD_NODE_STARTED", "REBUILD_NODE_FAILED", "CHANGE_JOB_STARTED", "CHANGE_JOB_FAILED",
		"CHILD_TRANSFER_STARTING", "CHILD_TRANSFER_STARTED", "CHILD_TRANSFER_COMPLETE", "CHILD_TRANSFER_FAILED",
		"RELEASE_CHILD_TRANSFER_STARTED", "RELEASE_CHILD_TRANSFER_COMPLETE",
		"NODE_UPGRADE_START", "NODE_UPGRADE_COMPLETE", "NODE_UPGRADE_FAILED",
	} {
		copied, follows := state(word, fullTrans), state(word, fullIncrTrans)
		if copied == follows {
			all = append(all, job.Status{State: copied, Word: word})
			continue
		}
		all = append(all, job.Status{State: copied, Word: word, Message: "of a task that only copies (" + fullTrans + ")"},
			job.Status{State: follows, Word: word, Message: "of a task that goes on replicating (" + fullIncrTrans + ", " + incrTrans + ")"})
	}
	return all
}

// state maps the whole enum (facts huawei-drs §4). Only a task whose kind is
// known is said to have reached its goal. A word that is not in the enum is
// unknown, and the task is read on.
func state(word, kind string) job.State {
	switch word {
	case creating, configuration, "STARTJOBING", "WAITING_FOR_START": // CONFIGURATION is seen right after a start too
		return job.StatePending
	case fullComplete:
		if kind == fullTrans {
			return job.StateSucceeded
		}
		return job.StateRunning // a step on the way to the incremental transfer
	case increStarted: // it never ends by itself: this is what waiting waits for
		if kind == fullIncrTrans || kind == incrTrans {
			return job.StateSucceeded
		}
		return job.StateRunning
	case fullStarted,
		"REBUILD_NODE_STARTED", "CHANGE_JOB_STARTED", "NODE_UPGRADE_START", "NODE_UPGRADE_COMPLETE",
		"CHILD_TRANSFER_STARTING", "CHILD_TRANSFER_STARTED", "CHILD_TRANSFER_COMPLETE",
		"RELEASE_CHILD_TRANSFER_STARTED", "RELEASE_CHILD_TRANSFER_COMPLETE":
		return job.StateRunning
	case releaseStarted:
		return job.StateStopping
	case pausing, deleted, gone, releaseComplete: // the last may be a success, which its history tells
		return job.StateStopped
	case createFailed, "START_JOB_FAILED", "FULL_TRANSFER_FAILED", "INCRE_TRANSFER_FAILED", releaseFailed,
		"REBUILD_NODE_FAILED", "CHANGE_JOB_FAILED", "CHILD_TRANSFER_FAILED", "NODE_UPGRADE_FAILED":
		return job.StateFailed
	}
	return job.StateUnknown
}

// unstarted tells of a task that nobody has started yet.
func unstarted(word string) bool {
	return word == creating || word == createFailed || word == configuration
}

// started tells of a task whose status shows that a start was executed, even
// if that failed or the task has ended. What may befall a task before its start
// too, such as a change or a node's upgrade, shows nothing.
func started(word string) bool {
	switch word {
	case "STARTJOBING", "WAITING_FOR_START", "START_JOB_FAILED", pausing:
		return true
	}
	for _, prefix := range []string{"FULL_TRANSFER_", "INCRE_TRANSFER_", "RELEASE_RESOURCE_", "CHILD_TRANSFER_", "RELEASE_CHILD_TRANSFER_"} {
		if strings.HasPrefix(word, prefix) && state(word, "") != job.StateUnknown {
			return true
		}
	}
	return false
}

// moves tells of a task of which batch-progress has something to tell.
func moves(word string) bool {
	return word == fullStarted || word == fullComplete || word == increStarted
}

// undecided tells of a task whose status says nothing without its details,
// which could not be read. One that was released is judged without them if they
// never can be.
func undecided(ref job.Ref, word string, err error) bool {
	return word == pausing && pastOf(ref).paused || word == releaseComplete && !refused(err)
}

// status joins what the three reads say of a task.
func status(ref job.Ref, said, progress, detail reply) job.Status {
	word, was := said.word(), pastOf(ref)
	s := job.Status{State: state(word, ref.Kind), Word: word, Message: said.reason(), Progress: progress.progress(word), Unlisted: said.Status == ""}
	begun, copied := was.times(detail)
	switch {
	case word == pausing && was.unresumed(detail):
		s.State = job.StatePending
	case word == releaseComplete && ref.Kind == fullTrans && !copied.IsZero():
		// A full transfer may go on to the release of its resources by itself, which
		// looks like its termination by somebody; whether it does is UNVERIFIED. The
		// time at which this run's copy was complete tells them apart.
		s.State = job.StateSucceeded
	}
	if !s.State.Over() {
		return s
	}
	s.Begun = begun
	switch {
	case s.State == job.StateSucceeded && ref.Kind == fullTrans:
		s.Ended = copied
	case word == increStarted: // it goes on
	case !detail.UpdatedAt.Time().Before(begun): // its last change was that it came to rest
		s.Ended = detail.UpdatedAt.Time()
	}
	// A task at its goal replicates on until it is stopped; and one that was not
	// released keeps its machines.
	s.Costs = word == increStarted || word == releaseFailed
	s.StillCosts = costs(word)
	return s
}

// costs says what costs on of a task that is over: all are charged from their
// start until they are ended (facts huawei-drs §3). What a failed
// start costs is UNVERIFIED.
func costs(word string) string {
	const until = "costs on until it is ended, in the console"
	switch word {
	case createFailed, releaseComplete, deleted, gone:
		return ""
	case pausing:
		return "it is paused, and " + until + "; on_cancel: terminate ends a task at a cancel instead"
	case fullComplete:
		return "its copy is complete, and it " + until
	case increStarted:
		return "it replicates on, and " + until
	case releaseFailed:
		return "it could not be ended, and may cost on until it is ended by force, in the console"
	}
	return "it failed, and " + until
}

// reason is the vendor's code and text for a failure; empty if there is none.
func (r reply) reason() string {
	if r.ErrorCode == "" {
		return r.message()
	}
	return strings.TrimSuffix(string(r.ErrorCode)+": "+r.message(), ": ")
}

// progress is how far a task is: the delay of an incremental transfer, and the
// percentage of any other.
func (r reply) progress(word string) string {
	if r.TransferStatus != "" {
		word = string(r.TransferStatus) // what the numbers belong to
	}
	number, unit, before := r.Progress, " %", ""
	if word == increStarted {
		number, unit, before = r.Delay, " s", "delay "
	}
	n := quantity(number)
	if !n.Given {
		return ""
	}
	return before + strconv.FormatFloat(math.Trunc(n.Value), 'f', -1, 64) + unit
}
