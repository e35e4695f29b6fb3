package ptsemu

import (
	"strconv"
	"time"
)

// State is the Status of a job (facts tencent-pts §4, CLI:api). The numbers 7
// to 10 are not defined.
type State int

const (
	JobUnknown                State = 0
	JobCreated                State = 1
	JobPending                State = 2
	JobPreparing              State = 3
	JobSelectClustering       State = 4
	JobCreateTasking          State = 5
	JobSyncTasking            State = 6
	JobRunning                State = 11
	JobFinished               State = 12
	JobPrepareException       State = 13
	JobFinishException        State = 14
	JobAborting               State = 15
	JobAborted                State = 16
	JobAbortException         State = 17
	JobDeleted                State = 18
	JobSelectClusterException State = 19
	JobCreateTaskException    State = 20
	JobSyncTaskException      State = 21
)

// Values of AbortReason (facts tencent-pts §5).
const (
	AbortReasonUnknown int64 = 0
	AbortReasonUser    int64 = 1
	AbortReasonSLA     int64 = 2
)

// String is the vendor's name of the state.
func (s State) String() string {
	switch s {
	case JobUnknown:
		return "JobUnknown"
	case JobCreated:
		return "JobCreated"
	case JobPending:
		return "JobPending"
	case JobPreparing:
		return "JobPreparing"
	case JobSelectClustering:
		return "JobSelectClustering"
	case JobCreateTasking:
		return "JobCreateTasking"
	case JobSyncTasking:
		return "JobSyncTasking"
	case JobRunning:
		return "JobRunning"
	case JobFinished:
		return "JobFinished"
	case JobPrepareException:
		return "JobPrepareException"
	case JobFinishException:
		return "JobFinishException"
	case JobAborting:
		return "JobAborting"
	case JobAborted:
		return "JobAborted"
	case JobAbortException:
		return "JobAbortException"
	case JobDeleted:
		return "JobDeleted"
	case JobSelectClusterException:
		return "JobSelectClusterException"
	case JobCreateTaskException:
		return "JobCreateTaskException"
	case JobSyncTaskException:
		return "JobSyncTaskException"
	}
	return strconv.Itoa(int(s))
}

// terminal tells whether a job in this state has ended. That the exception
// states never move on is inferred from their names (facts tencent-pts §4,
// UNVERIFIED).
func (s State) terminal() bool {
	switch s {
	case JobFinished, JobPrepareException, JobFinishException, JobAborted, JobAbortException,
		JobDeleted, JobSelectClusterException, JobCreateTaskException, JobSyncTaskException:
		return true
	}
	return false
}

// step is the entry of a job into a state.
type step struct {
	at    time.Time
	state State
}

// walk is what happens to a job that nobody stops.
func (j *job) walk() []step {
	o := j.scenario.Outcome
	sixth := func(n int) time.Time {
		return j.created.Add(o.preparation() * time.Duration(n) / 6)
	}
	ready := sixth(6)
	turn := ready.Add(j.turnsAfter())
	end := ready.Add(max(0, j.planned()+o.Late))
	all := []step{
		{j.created, JobCreated},
		{sixth(1), JobPreparing},
		{sixth(2), JobSelectClustering},
		{sixth(4), JobCreateTasking},
		{sixth(5), JobSyncTasking},
		{ready, JobRunning},
	}
	switch final := j.scenario.final(); final {
	case JobFinished, JobFinishException:
		return append(all, step{end, final})
	case JobAborted, JobAbortException:
		return append(all, step{turn, JobAborting}, step{turn.Add(j.stopTakes), final})
	case JobAborting, JobDeleted:
		return append(all, step{turn, final})
	case JobPrepareException:
		return append(all[:2], step{sixth(2), final})
	case JobSelectClusterException:
		return append(all[:3], step{sixth(4), final})
	case JobCreateTaskException:
		return append(all[:4], step{sixth(5), final})
	case JobSyncTaskException:
		return append(all[:5], step{ready, final})
	case JobCreated:
		return all[:1]
	case JobPending:
		return append(all[:1], step{sixth(1), final})
	case JobPreparing:
		return all[:2]
	case JobSelectClustering:
		return all[:3]
	case JobCreateTasking:
		return all[:4]
	case JobSyncTasking:
		return all[:5]
	case JobRunning:
		return all
	default:
		return append(all[:5], step{ready, final})
	}
}

// planned is the length of the configured load.
func (j *job) planned() time.Duration {
	return time.Duration(j.scenario.plannedSeconds()) * time.Second
}

// turnsAfter is how long the load runs until the scripted turn: the SLA rule
// that fires, the stop, the deletion.
func (j *job) turnsAfter() time.Duration {
	if after := j.scenario.Outcome.After; after > 0 {
		return after
	}
	return j.planned() / 2
}

// steps is what happens to the job, an accepted AbortJob included.
func (j *job) steps() []step {
	steps := j.walk()
	if j.abort == nil {
		return steps
	}
	kept := steps[:0:0]
	for _, s := range steps {
		if !s.at.After(j.abort.at) {
			kept = append(kept, s)
		}
	}
	return append(kept,
		step{j.abort.at, JobAborting},
		step{j.abort.at.Add(j.abort.takes), j.abort.ends})
}

// moment is a job as seen at one time. Times that have not come are zero.
type moment struct {
	state   State
	started time.Time // the load began
	stopped time.Time // the load ended
	ended   time.Time // the job ended
}

func (j *job) at(now time.Time) moment {
	var m moment
	for _, s := range j.steps() {
		if s.at.After(now) {
			break
		}
		if m.state == JobRunning {
			m.stopped = s.at
		}
		if s.state == JobRunning {
			m.started = s.at
		}
		if s.state.terminal() {
			m.ended = s.at
		}
		m.state = s.state
	}
	return m
}

// seconds is how many whole seconds of load have passed.
func (m moment) seconds(now time.Time) int {
	if m.started.IsZero() {
		return 0
	}
	until := now
	if !m.stopped.IsZero() {
		until = m.stopped
	}
	return int(until.Sub(m.started) / time.Second)
}

// live tells whether load runs or will run. After JobAbortException the stop
// failed, so the load goes on to its planned end (facts tencent-pts §4: load
// may still run).
func (j *job) live(now time.Time) bool {
	m := j.at(now)
	if m.state == JobAbortException {
		return now.Before(j.created.Add(j.scenario.Outcome.preparation() + j.planned()))
	}
	return !m.state.terminal()
}

// reason is the AbortReason of the job, unknown while nothing stops it.
func (j *job) reason(now time.Time) int64 {
	switch j.at(now).state {
	case JobAborting, JobAborted, JobAbortException:
	default:
		return AbortReasonUnknown
	}
	if j.abort != nil {
		return j.abort.reason
	}
	if r := j.scenario.SLA; r != nil && r.AbortFlag {
		return AbortReasonSLA
	}
	return AbortReasonUser
}

// slaFired is when the scenario's rule fired, zero if it has not.
func (j *job) slaFired(now time.Time) time.Time {
	if j.scenario.SLA == nil {
		return time.Time{}
	}
	m := j.at(now)
	if m.started.IsZero() {
		return time.Time{}
	}
	fires := m.started.Add(j.turnsAfter())
	if fires.After(now) || (!m.stopped.IsZero() && fires.After(m.stopped)) {
		return time.Time{}
	}
	return fires
}

// message is the text of Job.Message. The vendor writes it in the account's
// language; nobody may rely on it.
func (j *job) message(now time.Time) string {
	switch j.state(now) {
	case JobAborting:
		return "stopping"
	case JobAborted:
		if j.reason(now) == AbortReasonSLA {
			return "aborted by SLA rule"
		}
		return "aborted by user"
	case JobPrepareException:
		return "preparation failed: the script could not be loaded"
	case JobSelectClusterException:
		return "no load generators available"
	case JobCreateTaskException:
		return "tasks could not be created"
	case JobSyncTaskException:
		return "tasks could not be synchronised"
	case JobFinishException:
		return "the run ended, but not all data could be collected"
	case JobAbortException:
		return "the job could not be stopped"
	case JobFinished:
		return "finished"
	case JobRunning:
		return "running"
	case JobDeleted:
		return "deleted"
	default:
		return "preparing"
	}
}
