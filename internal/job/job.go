// Package job is the vocabulary of everything that starts, follows and shows
// jobs. It imports nothing of ours.
package job

import (
	"cmp"
	"time"
)

// Ref names a job in the cloud, with all that is needed to ask for it later,
// also by another process.
type Ref struct {
	ID    string `json:"id"`              // a job, task or replication id; the name of a DataArts job
	Run   string `json:"run,omitempty"`   // one run of it, where the service tells runs apart: PerfTest task_run_id, DataArts instance id
	In    string `json:"in,omitempty"`    // what the id is valid in: PTS project and scenario, PerfTest test project, DataArts workspace
	Kind  string `json:"kind,omitempty"`  // what decides when it ends: DRS task_type; DataArts once, schedule or stream
	Since string `json:"since,omitempty"` // when it began, and what was there before, where nothing else tells a job's own runs from others: DataArts
}

// Intent is what is known before a start, and enough to find afterwards what
// it began, also by another process.
type Intent struct {
	Mark   string    `json:"mark"`             // the text that makes our job findable, if the service keeps texts
	In     string    `json:"in,omitempty"`     // where to look, as in Ref
	IDs    []string  `json:"ids,omitempty"`    // what was to be started, if it had ids before
	Before []string  `json:"before,omitempty"` // what was there already and is not ours: run ids, instance ids, ids of live tasks
	Skip   []int     `json:"skip,omitempty"`   // which of the names are not started, because they run already
	At     time.Time `json:"at"`               // when, by our clock
	Again  bool      `json:"-"`                // the same start may be sent again under it and begins nothing twice
}

// Item is one job that a step was to start, and what became of it.
type Item struct {
	Provider  string
	What      string // in the words of the document: "scenario scenario-demo"
	Name      string // what the user calls it; may be empty
	Ref       Ref    // zero if nothing was started, or if the cloud names nothing
	How       How    // how it came to us; empty if it did not; of a start that is answered, Began unless the service says Joined
	Theirs    bool   // it ran, or may have run, before us: it is never stopped
	Status    string // as the cloud wrote it, at the start or last; empty if it wrote none
	RequestID string
	Note      string // what a reader should know of a job that did start; may be empty
	Err       error  // why it did not start, or why it cannot be known; nil if it started

	// Of a job that was followed:
	Last Status   // what was read last
	End  Outcome  // how following it ended; empty if it was not followed
	Why  []string // why it ended so, a line each: what the cloud knows of a failure, what could not be read or stopped
	Stop Stop     // what became of a request to stop it

	Aborted *Abort // the gate that it was stopped for; nil if for none

	Emulated bool   // it was no cloud's: the emulator inside of the process played it
	Console  string // address of the vendor's page for it, or of the nearest that the vendor documents; may be empty

	Culprit string // of a job that was ended, or not started, because another one failed (fail_fast): that one's title

	Timeline []Moment // what happened to it, as far as it was seen

	// Of a job that was judged, or whose report was asked for:
	Report  Report
	Gates   []Judgement
	Verdict Verdict // empty if there was no gate
}

// Title is how a job is named to people: as they call it, or by what it starts.
func (i Item) Title() string { return cmp.Or(i.Name, i.What) }

// Moment is something that happened to a job.
type Moment struct {
	At   time.Time `json:"at"` // by our clock
	What string    `json:"what"`
}

// Abort is the gate that a running job was stopped for.
type Abort struct {
	Gate  string        `json:"gate"`  // as the judgement has it
	After time.Duration `json:"after"` // how long the job had run
}

// How is how a job came to be followed.
type How string

const (
	Began    How = "started"       // the cloud said so
	Adopted  How = "adopted"       // the answer was lost, and the job was found
	Attached How = "attached"      // an earlier attempt of the run had started it
	Joined   How = "was on before" // it was on before the step, which began nothing
	Followed How = "followed"      // the user named it, and nothing was to be started
)

// Stop is what became of a request to stop a job.
type Stop string

const (
	StopRequested Stop = "stop requested" // not yet confirmed
	StopConfirmed Stop = "stopped"        // the cloud says it ended
	StopFailed    Stop = "stop failed"    // it may still run
	StopNotNeeded Stop = "had ended"      // it had ended by itself
	StopLeft      Stop = "left running"   // as on_cancel, on_timeout or the kind of job wants it
)

// State is our one vocabulary for what the clouds say of a job.
type State string

const (
	StateUnknown   State = "unknown" // nothing was read yet, or a word that no document explains
	StatePending   State = "pending"
	StateRunning   State = "running"
	StateStopping  State = "stopping"
	StateSucceeded State = "succeeded" // it ended well, or reached the state that waiting waits for
	StateFailed    State = "failed"
	StateStopped   State = "stopped" // it ended because somebody stopped it
)

// Over tells that there is nothing more to wait for.
func (s State) Over() bool { return s == StateSucceeded || s == StateFailed || s == StateStopped }

// Status is what the cloud says of a job.
type Status struct {
	State    State
	Word     string        // as the cloud writes it: "12 JobFinished", "RUNNING"
	Message  string        // the cloud's text beside it; may be empty
	Progress string        // how far it is, for people: "480 req/s, 0.4 % errors"
	Planned  time.Duration // how long it is meant to run; 0 if the cloud does not say
	Begun    time.Time     // zero if the cloud does not say
	Ended    time.Time
	Unlisted bool // the cloud does not know it, or not yet
	Costs    bool // it is over, but something of it still costs until it is stopped

	// StillCosts says of a job that is over, for people, what of it costs on and
	// how that is ended; empty if nothing does.
	StillCosts string
}

// Created is the status of a task that was made as asked, and not started.
const Created = "created"

// Outcome is how a step ended. Its number is the exit status.
type Outcome string

const (
	Started      Outcome = "started"
	Stopped      Outcome = "stopped"
	Succeeded    Outcome = "succeeded"
	JobFailed    Outcome = "job-failed"
	GateFailed   Outcome = "gate-failed"
	Unjudged     Outcome = "inconclusive"
	TimedOut     Outcome = "timed-out"
	Internal     Outcome = "internal"
	InvalidInput Outcome = "invalid-input"
	Unauthorized Outcome = "unauthorized"
	Limited      Outcome = "limited"
	StartFailed  Outcome = "start-failed"
	StartUnknown Outcome = "start-unknown"
	Cancelled    Outcome = "cancelled"
)

// Kind is how an outcome is declared: name, exit status and meaning.
type Kind struct {
	Outcome Outcome
	Exit    int
	When    string
}

// Kinds lists the outcomes from the best to the worst: of several jobs the
// worst is the step's.
func Kinds() []Kind {
	return []Kind{
		{Started, 0, "the cloud accepted every job, and they are not waited for"},
		{Stopped, 0, "mode: stop asked for the end of every job, and the cloud confirmed it; nothing was judged"},
		{Succeeded, 0, "every job ended well"},
		{Limited, 4, "a quota or rate limit did not yield in time"},
		{Unjudged, 12, "a gate could not be judged: there was no data, or too little; or a live check could not read what it wanted"},
		{GateFailed, 11, "a gate was broken"},
		{TimedOut, 13, "the timeout passed; on_timeout says whether the job was stopped"},
		{JobFailed, 10, "a cloud job failed, or somebody stopped it"},
		{Cancelled, 14, "the workflow was cancelled; the job was stopped, or left, as on_cancel says"},
		{StartFailed, 5, "a start was refused, by the cloud or by a limit such as max_vum; or a live check found that it would be"},
		{Unauthorized, 3, "the login or a permission is missing or wrong"},
		{StartUnknown, 6, "it could not be learnt whether a job started; the message says where to look"},
		{InvalidInput, 2, "an input is wrong, and nothing was called; or a live check found that what it names is not there"},
		{Internal, 1, "a fault of this action"},
	}
}

// Exit is the process's exit status.
func (o Outcome) Exit() int {
	for _, k := range Kinds() {
		if k.Outcome == o {
			return k.Exit
		}
	}
	return 1
}

// Worse returns the worse of two outcomes.
func Worse(a, b Outcome) Outcome {
	for _, k := range Kinds() {
		switch k.Outcome {
		case a:
			return b
		case b:
			return a
		}
	}
	return Internal
}
