package huaweidataarts

// This file maps the service's words to states.

import (
	"cmp"
	"fmt"

	"cloudjob/internal/job"
)

// States are the words of DataArts, those of a run first, then those of a
// schedule or a real-time job, each with what it is to who waits.
func States() []job.Status {
	var all []job.Status
	for _, word := range []string{
		"waiting", "waiting-confirm", "freeze", "running", "pause", "success", "forceSuccess", "ignoreSuccess",
		"fail", "running-exception", "skip-by-depend", "manual-stop", "canceled",
	} {
		i := instance{Status: word}
		all = append(all, job.Status{State: i.state(), Word: word, Message: i.remark()})
	}
	for _, word := range []string{"SCHEDULING", "STARTING", "NORMAL", "OVERLOAD", "STOPPING", "STOPPED", "PAUSED", "PAUSE", "DISABLE", "EXCEPTION", "ABNORMAL"} {
		all = append(all, job.Status{State: jobState(word), Word: word})
	}
	return all
}

// jobState maps the words of a schedule and of a stream (facts huawei-dataarts
// §5). STARTTING is the spelling of old pages. PAUSE, DISABLE, ABNORMAL and
// OVERLOAD are the SDK's alone, their meanings UNVERIFIED; so is INIT's, which
// is left unknown because it may come before any start.
func jobState(word string) job.State {
	switch word {
	case "SCHEDULING", "STARTING", "STARTTING":
		return job.StatePending
	case "NORMAL":
		return job.StateSucceeded
	case "OVERLOAD":
		return job.StateRunning
	case "STOPPING":
		return job.StateStopping
	case "STOPPED", "PAUSED", "PAUSE", "DISABLE":
		return job.StateStopped
	case "EXCEPTION", "ABNORMAL":
		return job.StateFailed
	}
	return job.StateUnknown
}

// isOn tells that a start has had its effect, isOff that none has. A word that
// nobody explains is neither.
func isOn(word string) bool {
	switch jobState(word) {
	case job.StatePending, job.StateRunning, job.StateSucceeded:
		return true
	}
	return false
}

func isOff(word string) bool {
	switch jobState(word) {
	case job.StateStopping, job.StateStopped, job.StateFailed:
		return true
	}
	return false
}

// state maps the words of an instance (facts huawei-dataarts §6), all of which
// it knows. running-exception is halted by a node that failed, and stays so
// until a person continues it; one that is tried again is running (facts
// huawei-dataarts §6). skip-by-depend never ran, which nobody who
// waits for it calls good.
func (i instance) state() job.State {
	switch i.Status {
	case "waiting", "waiting-confirm", "freeze":
		return job.StatePending
	case "running", "pause":
		return job.StateRunning
	case "success", "forceSuccess", "ignoreSuccess":
		return job.StateSucceeded
	case "fail", "running-exception", "skip-by-depend":
		return job.StateFailed
	case "manual-stop", "canceled": // the latter of one that was stopped while it waited
		return job.StateStopped
	}
	return job.StateUnknown
}

func (i instance) read() job.Status {
	return job.Status{
		State: i.state(), Word: cmp.Or(i.Status, "no status"), Message: i.remark(),
		Begun: i.StartTime.Time(), Ended: i.EndTime.Time(),
	}
}

// remark is what a reader should know of a status that its word does not say.
// The message of a failure is in lists only, so Why looks for it.
func (i instance) remark() string {
	switch {
	case i.Status == "forceSuccess" || i.Status == "success" && i.ForceSuccess.Is:
		return "somebody set it to success by hand"
	case i.Status == "ignoreSuccess" || i.Status == "success" && i.IgnoreSuccess.Is:
		return "it failed, and the failure is ignored"
	case i.Status == "skip-by-depend":
		return "it was skipped because of a job that it depends on, and did not run"
	case i.Status == "running-exception":
		return "a node failed and halts it; it stays so until somebody continues or stops it in the console"
	case i.Status == "waiting-confirm":
		return "somebody has to confirm it"
	}
	return ""
}

// progress says how far an instance is.
func progress(nodes nodes) string {
	if len(nodes) == 0 {
		return ""
	}
	done, now := 0, ""
	for _, n := range nodes {
		switch n.Status {
		case "success", "skip":
			done++
		case "running":
			now = ", " + n.Name + " runs"
			if tries := n.RetryTimes.Value; tries > 0 {
				now += fmt.Sprintf(" (retry %.0f)", tries)
			}
			if speed := n.Speed.Value; speed > 0 {
				now += fmt.Sprintf(", %.0f rows/s", speed)
			}
		}
	}
	return fmt.Sprintf("%d of %d nodes", done, len(nodes)) + now
}
