package batchemu

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"
)

// The states of jobs, tasks and task instances (facts tencent-batch §4).
const (
	Submitted         = "SUBMITTED"
	Pending           = "PENDING"
	Runnable          = "RUNNABLE"
	Starting          = "STARTING"
	Running           = "RUNNING"
	Succeed           = "SUCCEED"
	Failed            = "FAILED"
	FailedInterrupted = "FAILED_INTERRUPTED"
)

// What TaskExecutionDependOn waits for (facts tencent-batch §2.2).
const (
	afterSuccess       = "PRE_TASK_SUCCEED"
	afterPartlySuccess = "PRE_TASK_AT_LEAST_PARTLY_SUCCEED"
	afterEnd           = "PRE_TASK_FINISHED"
)

// job is a submitted job. It moves when advance is called, from event to
// event, as if it had moved all the time.
type job struct {
	id          string
	region      string
	token       string
	spec        jobSpec
	placement   placement
	submitted   map[string]any // Job as it was sent
	raw         string         // the whole body, to know it again
	outcome     Outcome
	created     time.Time
	tasks       []*task
	order       []int // of tasks, each after those it depends on
	terminating bool
	deleted     bool
	blockedStay bool
}

type task struct {
	spec      taskSpec
	before    []*task
	instances []*instance
	blocked   bool // a task before it ended in a way that keeps it from starting
}

// instance is a task instance. An instance that is due at no time waits for
// others, or has ended.
type instance struct {
	state    string
	due      time.Time // of its next change
	ready    bool      // RUNNABLE, and free to start when MaxConcurrentNum allows
	stopping bool      // its machine is being destroyed
	hung     bool      // and never will be
	runs     int       // executions begun, in all
	tries    int       // executions begun since the submission or the last RetryJobs
	cvmFails int
	node     string // the machine it is on
	launched time.Time
	started  time.Time // first RUNNING of the last execution
	ended    time.Time
	last     execution // the last one begun
	exit     *int
	reason   string
	detail   string
}

func newJob(id string, sub *submission, created time.Time) *job {
	j := &job{id: id, token: sub.ClientToken, spec: sub.Job, placement: sub.Placement, created: created, order: topological(&sub.Job)}
	byName := map[string]*task{}
	for _, spec := range sub.Job.Tasks {
		t := &task{spec: spec}
		for range spec.instances() {
			t.instances = append(t.instances, &instance{state: Submitted, due: created.Add(SubmittedFor)})
		}
		j.tasks = append(j.tasks, t)
		byName[spec.TaskName] = t
	}
	for _, d := range sub.Job.Dependences {
		start, end := byName[d.StartTask], byName[d.EndTask]
		if !slices.Contains(end.before, start) {
			end.before = append(end.before, start)
		}
	}
	return j
}

// advance plays everything that was due until now.
func (j *job) advance(now time.Time) {
	for {
		due, ok := j.nextDue()
		if !ok || due.After(now) {
			return
		}
		for _, t := range j.tasks {
			for i, in := range t.instances {
				if in.due.Equal(due) {
					j.move(t, i, due)
				}
			}
		}
		j.settle(due)
	}
}

func (j *job) nextDue() (due time.Time, ok bool) {
	for _, t := range j.tasks {
		for _, in := range t.instances {
			if !in.due.IsZero() && (!ok || in.due.Before(due)) {
				due, ok = in.due, true
			}
		}
	}
	return due, ok
}

// move takes instance i to its next state.
func (j *job) move(t *task, i int, now time.Time) {
	in := t.instances[i]
	in.due = time.Time{}
	switch {
	case in.stopping:
		in.fail(now, "terminated by the user", "terminated")
	case in.state == Submitted:
		in.state = Pending
	case in.state == Runnable:
		in.ready = true
	case in.state == Starting && in.cvmFails < j.outcome.CVMFailures:
		j.lackMachine(t, in, now)
	case in.state == Starting:
		j.run(t, i, now)
	case in.state == Running:
		j.finish(t, in, now)
	}
}

// run begins an execution. Timeout ends one that takes longer.
func (j *job) run(t *task, i int, now time.Time) {
	in := t.instances[i]
	in.state, in.started = Running, now
	in.last = j.execution(t, i, in.runs)
	in.due = now.Add(min(in.last.run, t.timeout()))
	in.runs++
	in.tries++
}

// timeout is the task's, by default a day (facts tencent-batch §2.3).
func (t *task) timeout() time.Duration {
	seconds := or(t.spec.Timeout, 86400)
	return time.Duration(min(seconds, 1e9)) * time.Second
}

// finish ends an execution. A timeout ends the instance for good, FAILED:
// neither MaxRetryCount nor FailedAction is known to act on it.
func (j *job) finish(t *task, in *instance, now time.Time) {
	e := in.last
	if e.run > t.timeout() {
		in.fail(now, "the timeout passed", fmt.Sprintf("timeout of %d seconds", int64(t.timeout()/time.Second)))
		return
	}
	in.exit = &e.exit
	if e.exit != 0 {
		j.failOnce(t, in, now, "the command failed", fmt.Sprintf("exit code %d", e.exit))
		return
	}
	in.end(Succeed, now, "", "successful")
}

// lackMachine is what happens when no CVM could be created: wait and try
// again, or count it as a failed execution (facts tencent-batch §2.2, §2.3).
func (j *job) lackMachine(t *task, in *instance, now time.Time) {
	in.cvmFails++
	in.node = ""
	keepWaiting := t.spec.EnvId == "" && j.spec.StateIfCreateCvmFailed == Runnable
	if keepWaiting || int64(in.cvmFails) <= t.spec.ResourceMaxRetryCount {
		in.state, in.due = Runnable, now.Add(machineWait(in.cvmFails))
		return
	}
	in.tries++
	j.failOnce(t, in, now, "no machine could be created", "CVM creation failed")
}

// machineWait is how long the nth retry of a machine waits (facts tencent-batch
// §2.3).
func machineWait(n int) time.Duration {
	switch {
	case n <= 3:
		return 600 * time.Second
	case n <= 10:
		return 900 * time.Second
	case n <= 50:
		return 1800 * time.Second
	}
	return 3600 * time.Second
}

// failOnce is a failed execution: MaxRetryCount others may follow, on a new
// machine; after the last, FailedAction says whether the machine stays.
func (j *job) failOnce(t *task, in *instance, now time.Time, reason, detail string) {
	switch {
	case int64(in.tries) <= t.spec.MaxRetryCount:
		in.state, in.due, in.node, in.exit = Runnable, now.Add(RunnableFor), "", nil
	case in.node != "" && (t.spec.FailedAction == "INTERRUPT" || t.spec.FailedAction == "FAST_INTERRUPT"):
		node := in.node
		in.end(FailedInterrupted, now, reason, detail)
		in.node = node
	default:
		in.fail(now, reason, detail)
	}
}

func (in *instance) fail(now time.Time, reason, detail string) {
	if in.state == FailedInterrupted { // it failed before; now its machine is gone, too
		reason, detail = in.reason, in.detail
	}
	in.end(Failed, now, reason, detail)
}

func (in *instance) end(state string, now time.Time, reason, detail string) {
	in.state, in.ended, in.reason, in.detail = state, now, reason, detail
	in.due, in.ready, in.stopping, in.node = time.Time{}, false, false, ""
}

// settle lets instances go on, or fail, that waited for others.
func (j *job) settle(now time.Time) {
	for _, k := range j.order {
		t := j.tasks[k]
		var open bool
		open, t.blocked = j.gate(t)
		slots := t.slots()
		for i, in := range t.instances {
			switch {
			case in.hung:
			case in.state == Pending && t.blocked && !j.blockedStay:
				in.fail(now, "a task before it failed", "dependence failed")
			case in.state == Pending && open:
				in.state, in.due = Runnable, now.Add(RunnableFor)
			case in.state == Runnable && in.ready && slots > 0:
				slots--
				in.state, in.ready, in.due = Starting, false, now.Add(StartingFor)
				in.launched, in.node = now, j.nodeID(t, i, in)
			}
		}
	}
}

// slots is how many more instances may start now (MaxConcurrentNum).
func (t *task) slots() int {
	if t.spec.MaxConcurrentNum == 0 {
		return len(t.instances)
	}
	m := t.metrics()
	return t.spec.MaxConcurrentNum - m.StartingCount - m.RunningCount
}

// gate tells whether the tasks before t let it go on, or never will. Those
// were settled first.
func (j *job) gate(t *task) (open, blocked bool) {
	open = true
	for _, b := range t.before {
		state := b.state()
		switch {
		case b.blocked && state == Pending, ended(state) && !j.satisfied(b, state):
			return false, true
		case !ended(state):
			open = false
		}
	}
	return open, false
}

func (j *job) satisfied(b *task, state string) bool {
	switch j.spec.TaskExecutionDependOn {
	case afterEnd:
		return true
	case afterPartlySuccess:
		return b.metrics().SucceedCount > 0
	}
	return state == Succeed
}

// nodeID names the machine of an execution; a retry has another.
func (j *job) nodeID(t *task, i int, in *instance) string {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %s %d %d %d", j.id, t.spec.TaskName, i, in.runs, in.cvmFails)
	return newID("ins-", h.Sum64())
}

// ended tells whether a state is an end, for a client that waits (facts
// tencent-batch §4).
func ended(state string) bool {
	return state == Succeed || state == Failed || state == FailedInterrupted
}

// metrics counts states. It is TaskMetrics and TaskInstanceMetrics of replies.
type metrics struct {
	SubmittedCount         int
	PendingCount           int
	RunnableCount          int
	StartingCount          int
	RunningCount           int
	SucceedCount           int
	FailedInterruptedCount int
	FailedCount            int
}

func (m *metrics) add(state string) {
	switch state {
	case Submitted:
		m.SubmittedCount++
	case Pending:
		m.PendingCount++
	case Runnable:
		m.RunnableCount++
	case Starting:
		m.StartingCount++
	case Running:
		m.RunningCount++
	case Succeed:
		m.SucceedCount++
	case FailedInterrupted:
		m.FailedInterruptedCount++
	case Failed:
		m.FailedCount++
	}
}

func (m *metrics) plus(n metrics) {
	m.SubmittedCount += n.SubmittedCount
	m.PendingCount += n.PendingCount
	m.RunnableCount += n.RunnableCount
	m.StartingCount += n.StartingCount
	m.RunningCount += n.RunningCount
	m.SucceedCount += n.SucceedCount
	m.FailedInterruptedCount += n.FailedInterruptedCount
	m.FailedCount += n.FailedCount
}

// whole is the state of what has these parts. No source says how the service
// derives it. While a part lives it is that of the part that is furthest, and
// RUNNING once another has ended; afterwards a failure counts, and a machine
// that was kept counts most.
func (m metrics) whole() string {
	over := m.SucceedCount + m.FailedCount + m.FailedInterruptedCount
	live := m.SubmittedCount + m.PendingCount + m.RunnableCount + m.StartingCount + m.RunningCount
	switch {
	case m.RunningCount > 0 || live > 0 && over > 0:
		return Running
	case m.StartingCount > 0:
		return Starting
	case m.RunnableCount > 0:
		return Runnable
	case m.PendingCount > 0:
		return Pending
	case m.SubmittedCount > 0:
		return Submitted
	case m.FailedInterruptedCount > 0:
		return FailedInterrupted
	case m.FailedCount > 0:
		return Failed
	}
	return Succeed
}

func (t *task) metrics() (m metrics) {
	for _, in := range t.instances {
		m.add(in.state)
	}
	return m
}

func (t *task) state() string { return t.metrics().whole() }

// taskMetrics counts the states of the job's tasks.
func (j *job) taskMetrics() (m metrics) {
	for _, t := range j.tasks {
		m.add(t.state())
	}
	return m
}

// instanceMetrics counts the states of the instances of all tasks.
func (j *job) instanceMetrics() (m metrics) {
	for _, t := range j.tasks {
		m.plus(t.metrics())
	}
	return m
}

// state is the job's. Tasks that can never go on do not hold up its end.
func (j *job) state() string {
	var m metrics
	for _, t := range j.tasks {
		if state := t.state(); !(t.blocked && state == Pending) {
			m.add(state)
		}
	}
	return m.whole()
}

// shown is the state as replies tell it.
func (j *job) shown() string {
	state := j.state()
	if state == Running {
		return or(j.outcome.LiveState, state)
	}
	return state
}

// end is when the last of the task's instances ended, or zero if it lives.
func (t *task) end() (end time.Time) {
	if !ended(t.state()) {
		return time.Time{}
	}
	for _, in := range t.instances {
		end = later(end, in.ended)
	}
	return end
}

// end is when the last task ended, or zero if the job lives.
func (j *job) end() (end time.Time) {
	if !ended(j.state()) {
		return time.Time{}
	}
	for _, t := range j.tasks {
		end = later(end, t.end())
	}
	return end
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
