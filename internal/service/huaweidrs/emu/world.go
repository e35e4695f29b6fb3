package drsemu

import (
	"fmt"
	"slices"
	"time"
)

// The jobs of the world. Unless it says otherwise a job is configured,
// prechecked and ready to start.
const (
	Migration        = "9a470239-2308-4bb5-a6bc-1040402fjb21" // document 001; FULL_TRANS, complete 40 s after its start
	Sync             = "dbb8127c-b093-4b94-b764-7161e151jb2s" // document 001; FULL_INCR_TRANS, incremental after 45 s, for ever
	FailsInFull      = "140b5236-88ad-43c8-811c-1268453jb101" // FULL_TRANSFER_FAILED half-way through the full transfer
	FailsToStart     = "24834eb6-be30-464e-a299-f7aa730jb101" // start accepted, then START_JOB_FAILED
	RefusesStart     = "4c6ac8c0-2f51-426a-97b2-cb2c668jb201" // its start fails with DRS.M01504 inside the 202
	AlreadyRunning   = "c7debc9c-8e09-4a5d-8dd6-cc44f78jb20r" // INCRE_TRANSFER_STARTED before anybody came
	AlreadyEnded     = "7f8e6f74-72d2-4ddd-bb8f-6c41397jb101" // RELEASE_RESOURCE_COMPLETE
	Monthly          = "6211d20d-0006-41da-836e-db3301ajb20b" // yearly/monthly: its start pays an order
	PrecheckMissing  = "a281f62f-4631-45d6-a2d3-679a9f4jb105" // CONFIGURATION, but no precheck was made
	DisasterRecovery = "8d0e8e36-a618-490d-8a46-8c61ac9jb502" // cloudDataGuard, protecting
	Paused           = "edae91cb-5892-49b6-a529-4921fb26jb21" // FULL_INCR_TRANS, PAUSING half-way through its full transfer
	DualParent       = "f95c5d83-d0c9-42bd-b295-38c31cd1jb15" // parent of a dual-active recovery: neither starts, pauses nor resumes
	DualForward      = "d54691d2-f105-434d-a75d-809b017jb101" // its sub-task, ready to start
)

// Precheck is what a job's precheck found, or will find when it is made.
type Precheck int

const (
	Passed  Precheck = iota
	Alarm            // one ALARM item, the rest passed
	Failing          // one FAILED item
	Unmade           // passes, once it is made
)

// Script is a job as a test wants it. Its zero value, with an ID, is a
// healthy FULL_INCR_TRANS synchronization that is ready to start.
type Script struct {
	ID       string
	Name     string // "" is made up
	UseType  string // migration, sync, cloudDataGuard
	TaskType string // FULL_TRANS, FULL_INCR_TRANS, INCR_TRANS
	Status   string // where it stands, and stays, when it is added; "" is CONFIGURATION
	Precheck Precheck

	Walk         []Step // after the start; nil is the healthy one of the TaskType
	Code, Reason string // error_code and failed_reason in a *_FAILED status
	RefusesStart bool   // the start fails with DRS.M01504 inside the 202
	Monthly      bool   // the start's reply has an order_id
	DualActive   bool   // of a dual-active disaster recovery: its parent, if it has none itself
	Parent       string // id of the parent
	StuckRelease bool   // terminate ends in RELEASE_RESOURCE_FAILED, force_terminate does not

	// The replication delay when the incremental transfer begins, 60 s if
	// zero, and where it settles, 2 s if zero. It falls by 2 s each second.
	DelayFrom, DelayTo time.Duration
}

// job is a script that lives.
type job struct {
	Script
	created time.Time
	checked time.Time // when the precheck was made; zero is never
	check   int       // counts prechecks
	walk    *walk
	run     *run      // the start that began it; nil before
	paused  []Step    // what a resume goes on with
	busy    time.Time // until then another operation is running
	sched   time.Time // the start_time, if one was given
	began   time.Time // in a run before it was reset
	copied  time.Time // in a run before it was reset

	uncaptured bool // it is paused, and the source's log is not captured either
}

// parent tells of the parent task of a dual-active disaster recovery.
func (j *job) parent() bool { return j.DualActive && j.Parent == "" }

// run is one accepted start.
type run struct {
	job     *job
	walk    *walk
	began   time.Time
	dropped bool // the job was reset under it
}

func world() []Script {
	failingCopy := []Step{{starting, startingTime}, {fullStarted, copyTime / 2}, {fullFailed, 0}}
	endingCopy := append(healthyWalk(fullTrans), Step{releaseStarted, releaseTime}, Step{releaseComplete, 0})
	return []Script{
		{ID: Migration, Name: "DRS-migration", UseType: migration, TaskType: fullTrans},
		{ID: Sync, Name: "DRS-sync", UseType: synchronization, TaskType: fullIncrTrans},
		{
			ID: FailsInFull, Name: "DRS-fails-in-full", UseType: migration, TaskType: fullTrans,
			Walk: failingCopy, Code: "DRS.KE0002", Reason: "The source database refused the user name or the password.",
		},
		{
			ID: FailsToStart, Name: "DRS-fails-to-start", UseType: migration, TaskType: fullIncrTrans,
			Walk: []Step{{starting, startingTime}, {startFailed, 0}},
			Code: "DRS.M05003", Reason: "The replication instance could not be created.",
		},
		{ID: RefusesStart, Name: "DRS-refuses-start", UseType: synchronization, TaskType: fullIncrTrans, RefusesStart: true},
		{ID: AlreadyRunning, Name: "DRS-running", UseType: synchronization, TaskType: fullIncrTrans, Status: increStarted},
		{ID: AlreadyEnded, Name: "DRS-ended", UseType: migration, TaskType: fullTrans, Status: releaseComplete, Walk: endingCopy},
		{ID: Monthly, Name: "DRS-monthly", UseType: synchronization, TaskType: fullIncrTrans, Monthly: true},
		{ID: PrecheckMissing, Name: "DRS-unchecked", UseType: migration, TaskType: fullTrans, Precheck: Unmade},
		{ID: DisasterRecovery, Name: "DRS-recovery", UseType: disasterRecovery, TaskType: fullIncrTrans, Status: increStarted},
		{ID: Paused, Name: "DRS-paused", UseType: synchronization, TaskType: fullIncrTrans, Status: pausing},
		{ID: DualParent, Name: "DRS-dual", UseType: disasterRecovery, TaskType: fullIncrTrans, DualActive: true},
		{ID: DualForward, Name: "DRS-dual-forward", UseType: disasterRecovery, TaskType: fullIncrTrans, DualActive: true, Parent: DualParent},
	}
}

// Add puts a job into the world, in place of one with the same id.
func (s *Service) Add(script Script) {
	now := s.now()
	if script.Name == "" {
		script.Name = fmt.Sprintf("DRS-%04d", len(s.order)+1)
	}
	if script.UseType == "" {
		script.UseType = synchronization
	}
	if script.TaskType == "" {
		script.TaskType = fullIncrTrans
	}
	if script.DelayFrom == 0 {
		script.DelayFrom = time.Minute
	}
	if script.DelayTo == 0 {
		script.DelayTo = 2 * time.Second
	}
	j := &job{Script: script, created: now.Add(-24 * time.Hour)}
	if script.Precheck != Unmade {
		j.checked = now.Add(-2 * time.Hour)
	}
	j.walk = s.history(j, now)
	if old := s.jobs[j.ID]; old != nil {
		s.drop(old)
		s.order[slices.Index(s.order, old)] = j
	} else {
		s.order = append(s.order, j)
	}
	s.jobs[j.ID] = j
}

// history is the past of a job that stands in its scripted status: if its walk
// leads there it has gone that way for an hour. A paused one had come half-way
// through its full transfer.
func (s *Service) history(j *job, now time.Time) *walk {
	w := &walk{}
	if j.Status == "" || j.Status == configuration {
		w.then(j.created, Step{Status: configuration})
		return w
	}
	way := s.plan(j)
	if j.Status == pausing && j.Walk == nil && j.TaskType != incrTrans {
		half := now.Add(startingTime + copyTime/2 - time.Hour)
		w.then(j.created, Step{Status: configuration})
		w.then(now.Add(-time.Hour), way...)
		j.paused = w.cut(half)
		w.then(half, Step{Status: pausing})
		return w
	}
	for i, step := range way {
		if step.Status == j.Status {
			w.then(j.created, Step{Status: configuration})
			w.then(now.Add(-time.Hour), way[:i+1]...)
			return w
		}
	}
	w.then(j.created, Step{Status: j.Status})
	return w
}

// Reset puts a job back into CONFIGURATION, its precheck as scripted, so that
// it can be started again. Starts that began it stay in Begun, and
// the times of what they did in its details.
func (s *Service) Reset(id string) bool {
	j := s.jobs[id]
	if j == nil {
		return false
	}
	script, now := j.Script, s.now()
	began, copied := j.latest(starting, j.began, now), j.latest(fullComplete, j.copied, now)
	script.Status = ""
	s.Add(script)
	s.jobs[id].began, s.jobs[id].copied = began, copied
	return true
}

// drop ends what a job was doing, for it is replaced.
func (s *Service) drop(j *job) {
	j.walk.cut(s.now())
	if j.run != nil {
		j.run.dropped = true
	}
}

// Begin starts a job as somebody else would, in the console. It says whether
// the job was there and startable.
func (s *Service) Begin(id string) bool {
	j := s.jobs[id]
	if j == nil || s.startable(j) != nil {
		return false
	}
	s.begin(j, time.Time{})
	return true
}

// Captures says whether a job, paused or not, still captures its source's log.
func (s *Service) Captures(id string) bool { return s.jobs[id] != nil && !s.jobs[id].uncaptured }

// Status is the true status of a job, "" if there is none.
func (s *Service) Status(id string) string {
	if j := s.jobs[id]; j != nil {
		return j.walk.at(s.now())
	}
	return ""
}
