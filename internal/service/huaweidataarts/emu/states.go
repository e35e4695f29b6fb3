package dataartsemu

import (
	"slices"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// The first ids are those of the samples (HWDOC).
const (
	firstJobID      = 608627
	firstInstanceID = 132343
)

// Instance types (facts huawei-dataarts §6).
const (
	scheduled = 0
	byHand    = 2
	runOnce   = 7
)

// onceDelay is how soon a started EXECUTE_ONCE job runs. UNVERIFIED.
const onceDelay = 5 * time.Second

// job is a definition and what was done with it.
type job struct {
	Job
	number  int64
	created time.Time // when it was submitted too
	turns   []*turn   // oldest first; the last one counts
}

// turn is one stay of a job on its schedule, or one run of a real-time job.
type turn struct {
	began time.Time
	next  time.Time // the next plan time; zero: no more
	ended time.Time // when it was stopped; zero: it was not
	gone  time.Time // when the stop is done
	once  *instance // the one of an EXECUTE_ONCE job
}

// turnOn puts a job on, without a record in the truth.
func (s *Service) turnOn(j *job, now time.Time) *turn {
	t := &turn{began: now}
	switch {
	case j.Type != Batch:
	case j.Schedule == Once:
		t.next = now.Add(onceDelay)
	case j.Schedule == Cron && j.Every > 0:
		t.next = now.Truncate(j.Every).Add(j.Every)
	}
	return t
}

// due is a plan time that has come.
type due struct {
	job  *job
	turn *turn
	plan time.Time
}

// catchUp begins the instances whose plan time has come since the last call,
// in the order of their times, so that ids do not depend on who looks when.
func (s *Service) catchUp(now time.Time) {
	var all []due
	for _, j := range s.jobs {
		t := j.current()
		if t == nil || !t.ended.IsZero() {
			continue
		}
		for !t.next.IsZero() && !t.next.After(now) {
			all = append(all, due{j, t, t.next})
			t.next = following(j, t.next)
		}
	}
	slices.SortStableFunc(all, func(a, b due) int { return a.plan.Compare(b.plan) })
	for _, d := range all {
		if d.job.Schedule == Once {
			d.turn.once = s.begin(d.job, runOnce, d.plan)
		} else {
			s.begin(d.job, scheduled, d.plan)
		}
	}
}

// following is the plan time after one, or zero.
func following(j *job, plan time.Time) time.Time {
	if j.Schedule != Cron || j.Every <= 0 {
		return time.Time{}
	}
	return plan.Add(j.Every)
}

func (j *job) current() *turn {
	if len(j.turns) == 0 {
		return nil
	}
	return j.turns[len(j.turns)-1]
}

// status is a job's status now (facts huawei-dataarts §5).
func (s *Service) status(j *job, now time.Time) string {
	t := j.current()
	if t == nil {
		return Stopped
	}
	return s.turnStatus(j, t, now)
}

func (s *Service) turnStatus(j *job, t *turn, now time.Time) string {
	switch {
	case j.Type == RealTime:
		return streamStatus(j.Walk, t, now)
	case !t.ended.IsZero() && s.Switches.StopPauses:
		return Paused
	case !t.ended.IsZero():
		return Stopped
	case t.once != nil && !s.Switches.OnceStaysScheduling && !t.once.view(now).live:
		return Stopped
	default:
		return Scheduling
	}
}

func streamStatus(walk []Phase, t *turn, now time.Time) string {
	if !t.ended.IsZero() {
		if now.Before(t.gone) {
			return Stopping
		}
		return Stopped
	}
	if len(walk) == 0 {
		return Normal
	}
	if status, _ := phase(walk, now.Sub(t.began)); status != "" {
		return status
	}
	return walk[len(walk)-1].Status
}

// phase is the status that lasts at t, or "" and the time since the last one.
func phase(phases []Phase, t time.Duration) (status string, left time.Duration) {
	for _, p := range phases {
		if t < p.Takes {
			return p.Status, 0
		}
		t -= p.Takes
	}
	return "", t
}

// isOn tells whether a start would find the job started already.
func isOn(status string) bool {
	return status == Scheduling || status == Starting || status == Normal
}

// record puts a turn that a call began into the truth.
func (s *Service) record(j *job, t *turn) {
	id := "schedule/" + j.Name
	if j.Type == RealTime {
		id = "stream/" + j.Name
	}
	s.begun = append(s.begun, func(now time.Time) emu.Job {
		status := s.turnStatus(j, t, now)
		return emu.Job{ID: id, Mark: j.Name, State: status, Live: isOn(status) || status == Stopping, Began: t.began}
	})
}

// instance is one run of a batch job.
type instance struct {
	id    int64
	job   *job
	def   Job // as it was when the instance began
	kind  int
	plan  time.Time
	made  time.Time
	began time.Time // when it was made, or restarted last
	stop  time.Time // when a stop takes effect; zero: none
}

// begin makes an instance and records it in the truth.
func (s *Service) begin(j *job, kind int, plan time.Time) *instance {
	i := &instance{
		id:  firstInstanceID + int64(len(s.instances)),
		job: j, def: j.Job, kind: kind,
		plan: plan, made: plan, began: plan,
	}
	s.instances = append(s.instances, i)
	s.begun = append(s.begun, func(now time.Time) emu.Job {
		v := i.view(now)
		return emu.Job{ID: strconv.FormatInt(i.id, 10), Mark: j.Name, State: v.status, Live: v.live && v.status != RunningException, Began: i.made}
	})
	return i
}

func (s *Service) known(i *instance, now time.Time) bool {
	return now.Sub(i.made) >= s.Switches.InstanceKnownAfter
}

func (s *Service) isListed(i *instance, now time.Time) bool {
	return s.known(i, now) && now.Sub(i.made) >= s.Switches.InstanceListedAfter
}

// view is an instance as it is at one time.
type view struct {
	status     string
	live       bool
	start, end time.Time // zero: not yet
	nodes      []nodeView
}

type nodeView struct {
	Node
	status     string
	start, end time.Time // zero: not yet
	ran        time.Duration
	retries    int
}

func (i *instance) view(now time.Time) view {
	if i.stop.IsZero() || now.Before(i.stop) {
		return i.walk(now)
	}
	v := i.walk(i.stop)
	if v.live {
		v.cancel(i.stop)
	}
	return v
}

// walk is the instance at a time, had nobody stopped it.
func (i *instance) walk(now time.Time) view {
	v := view{status: Running, live: true}
	for _, n := range i.def.Nodes {
		v.nodes = append(v.nodes, nodeView{Node: n, status: Waiting})
	}
	status, left := phase(i.def.Waits, now.Sub(i.began))
	if status != "" {
		v.status = status
		return v
	}
	v.start = now.Add(-left)
	if i.def.Ends == SkipByDepend {
		v.skip()
		return v
	}
	at := v.start
	for k := range v.nodes {
		n := &v.nodes[k]
		n.walk(at, now)
		switch n.status {
		case Running: // also one that is tried again (facts huawei-dataarts §6)
			return v
		case Pause:
			v.status = Pause
			return v
		case Fail:
			if n.Ends == Halt {
				v.status = RunningException // until somebody continues it
				return v
			}
			v.finish(Fail, n.end, i.def.Ends)
			return v
		}
		at = n.end
	}
	v.finish(Success, at, i.def.Ends)
	return v
}

// finish ends a view, as its nodes ended or as somebody decided over them.
func (v *view) finish(status string, at time.Time, ends string) {
	if ends != "" {
		status = ends
	}
	v.status, v.end, v.live = status, at, false
}

func (v *view) skip() {
	for k := range v.nodes {
		v.nodes[k].status = Skip
	}
	v.finish(SkipByDepend, v.start, "")
}

// cancel stops what runs. Nodes that never ran stay waiting: UNVERIFIED.
func (v *view) cancel(at time.Time) {
	v.finish(ManualStop, at, "")
	for k := range v.nodes {
		if n := &v.nodes[k]; n.status == Running || n.status == Pause {
			n.status, n.end = ManualStop, at
		}
	}
}

// walk is a node that begins at start, as it is now.
func (n *nodeView) walk(start, now time.Time) {
	if n.Ends == Skip {
		n.status, n.end = Skip, start
		return
	}
	n.start = start
	if n.Ends == Pause {
		n.status = Pause
		return
	}
	left := now.Sub(start)
	for attempt := 0; attempt <= n.Failures; attempt++ {
		n.retries = attempt
		if left < n.Takes {
			n.status, n.ran = Running, now.Sub(start)
			return
		}
		left -= n.Takes
	}
	n.status = Success
	if n.Ends == Fail || n.Ends == Halt {
		n.status = Fail
	}
	n.end = now.Add(-left)
	n.ran = n.end.Sub(start)
}
