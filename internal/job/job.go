// Package job is the vocabulary of everything that starts, follows and shows
// jobs. It imports nothing of ours.
package job

// Ref names a job in the cloud.
type Ref struct {
	ID  string `json:"id"`            // a job, task or replication id; the name of a DataArts job
	Run string `json:"run,omitempty"` // one run of it, where the service tells runs apart: PerfTest task_run_id, DataArts instance id
}

// Item is one job that a step was to start, and what became of it.
type Item struct {
	Provider  string
	What      string // in the words of the document: "scenario scenario-demo"
	Ref       Ref    // zero if nothing was started, or if the cloud names nothing
	Status    string // as the cloud wrote it; empty if it wrote none
	RequestID string
	Note      string // what a reader should know of a job that did start; may be empty
	Err       error  // nil if the cloud accepted it
}

// Created is the status of a task that was made as asked, and not started.
const Created = "created"

// Outcome is how a step ended. Its number is the exit status.
type Outcome string

const (
	Started      Outcome = "started"
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
		{Started, 0, "the cloud accepted every job"},
		{Limited, 4, "a quota or rate limit did not yield in time"},
		{Cancelled, 14, "the workflow was cancelled before the job was started"},
		{StartFailed, 5, "the cloud refused a start"},
		{Unauthorized, 3, "the login or a permission is missing or wrong"},
		{StartUnknown, 6, "it could not be learnt whether a job started; the message says where to look"},
		{InvalidInput, 2, "an input is wrong; nothing was called"},
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
