// Package engine owns the life of a job: find it if it is there already, start
// it once, follow it, stop it, and say how it ended. It knows no vendor; a
// Service does.
package engine

import (
	"cmp"
	"context"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// Service is one start call of a provider. It starts one job; with DRS it may start
// several tasks.
type Service interface {
	// Provider is the provider's name.
	Provider() string

	// What names each job that Start will start, in the words of the vendor's
	// documents: "scenario scenario-demo". There is at least one.
	What() []string

	// Intend says how the jobs of a start with this mark can be found later. It
	// reads what must be known from before the start, and starts nothing.
	Intend(ctx context.Context, mark string) (job.Intent, error)

	// Start sends the start call, once. It returns one item for each name of
	// What, in that order. The error of an item is a *job.Error, or a fault of
	// ours. Names in intent.Skip are not started.
	Start(ctx context.Context, intent job.Intent) []job.Item

	Follower
}

// Follower reads and stops jobs of a provider by their refs, whoever started them.
type Follower interface {
	// Group is a name that is the same for followers that can read each other's
	// jobs; perCall is how many refs one call of the API reads.
	Group() (name string, perCall int)

	// Find returns the jobs that were started with the intent and that the cloud
	// lists by now; finding none is no error. An intent without a time asks for
	// live jobs of all attempts: its mark is the part that theirs begin with.
	// Where several jobs could be the same one, all are returned.
	Find(ctx context.Context, intent job.Intent) ([]Found, error)

	// Status reads all refs with as few calls as the API allows. The statuses are
	// in the order of the refs. A job that the cloud does not know, or not yet,
	// has StateUnknown.
	Status(ctx context.Context, refs []job.Ref) ([]job.Status, error)

	// Stop asks the cloud to end a job. Where that only pauses the job, terminate
	// ends it for good. Stopping a job that has ended is no error. ErrTooEarly
	// means that the job cannot be stopped yet.
	Stop(ctx context.Context, ref job.Ref, terminate bool) error

	// Why returns what the cloud knows of a failure, a line each.
	Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error)

	// Report reads what the job measured: everything if last says that the job is
	// over, and else what can be had with few calls. A value that the cloud does
	// not give is left out, never reported as zero.
	Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error)

	// Lasting reports whether ending the job destroys what took long to build, or
	// what others rely on. Such a job is left running unless the user wants it
	// stopped.
	Lasting(ref job.Ref) bool
}

// Gauge is a Follower that needs a call of its own to tell how much load a running
// job makes.
type Gauge interface {
	// Load is the load in words. It is called at times before a running job is
	// shown; if it fails, the job is shown without it.
	Load(ctx context.Context, ref job.Ref) (string, error)
}

// Console is a Follower whose jobs are listed on a page of the vendor's console that
// the vendor documents. No vendor documents the page of a single job.
type Console interface {
	// Console is the address of the page; empty if this site has none.
	Console() string
}

// consoleOf is the page of a follower's jobs, or empty.
func consoleOf(f Follower) string {
	if c, ok := f.(Console); ok {
		return c.Console()
	}
	return ""
}

// Found is a job that Find found.
type Found struct {
	Index  int // of its name in What
	Ref    job.Ref
	State  job.State
	Mark   string // its whole mark; empty if the service keeps no marks
	Ours   bool   // its mark proves that this workflow run started it; if false, it may be somebody else's, unless it began with our start
	Unsure string // why it may be of another content, such as "its parameters are not shown"; empty if it is surely of ours
}

// The values of OnCancel and OnTimeout: what is done with jobs that still run.
const (
	OnDefault = ""          // stop, unless the job is lasting
	Stop      = "stop"      // stop; a replication task is paused
	Leave     = "leave"     // leave it running, and say so
	Terminate = "terminate" // end it for good
)

// Options are what the user and the step want of a run.
type Options struct {
	Mark        Mark
	Contents    []string   // of each service, a text of what it starts, equal for equal starts however they were written; nil: not known
	Names       [][]string // of each service, the user's names for its jobs; nil: none
	Guards      []Guard    // of each service, the most that its start may run; nil: anything
	Emulated    []bool     // of each service, whether its jobs are the emulator's; nil: none is
	Attach      bool       // look for live jobs of earlier attempts first
	IfRunning   []string   // of each service, what is done if others run the same; nil: it is started beside it
	Wait        bool
	Timeout     time.Duration // of the whole run; 0: none
	PollEvery   time.Duration
	OnTimeout   string
	OnCancel    string
	MaxParallel int            // jobs that live at the same time; 0: any number
	FailFast    bool           // stop the others when one fails
	Confirm     time.Duration  // after a cancel, how long to wait until the cloud confirms a stop; a post step can do that instead
	Gates       [][]gate.Gate  // of each service; nil: none
	Baseline    Baseline       // nil if there are no earlier results
	Unjudged    string         // on_inconclusive: fail (or empty), warn or pass
	Report      bool           // read reports also without gates
	Heartbeat   time.Duration  // how often a job is shown while nothing changes; 0: every minute
	Jitter      func() float64 // from 0 to 1, varies the time between polls; nil: random
	Journal     Journal        // nil: nothing is kept for a post step
	Notify      func(Event)    // nil: events are dropped
	Course      *Course        // is told what was read, and when; nil: nobody wants to know
}

// Baseline returns the earlier results of a job, which it finds by its name in What.
type Baseline func(provider, what string) *gate.Baseline

// Journal keeps what the post step needs to take care of jobs that this process
// leaves behind.
type Journal interface {
	// Save keeps the record of the service with this index, and replaces an
	// earlier one. It is called before the start and after every change.
	Save(service int, r Record) error
}

// Record is what is known about one service's start.
type Record struct {
	Intent job.Intent `json:"intent"`
	What   []string   `json:"what"`
	Names  []string   `json:"names,omitempty"` // what the user calls each of them
	Jobs   []Kept     `json:"jobs,omitempty"`  // empty until the start was answered
	Policy string     `json:"policy"`          // OnCancel
	Asked  bool       `json:"asked,omitempty"` // the start was answered for every name, so no job has to be looked for
	Done   bool       `json:"done,omitempty"`  // there is nothing to settle

	Emulated bool `json:"emulated,omitempty"` // its jobs are the emulator's
}

// name is the user's name for a job of the record, or empty.
func (r Record) name(i int) string {
	if i < len(r.Names) {
		return r.Names[i]
	}
	return ""
}

// Kept is a job of a record.
type Kept struct {
	Index  int      `json:"index"` // of its name in What
	Ref    job.Ref  `json:"ref"`
	Theirs bool     `json:"theirs,omitempty"` // it may be somebody else's, so it is never stopped
	Stop   job.Stop `json:"stop,omitempty"`
	Over   bool     `json:"over,omitempty"`

	Terminate bool `json:"terminate,omitempty"` // the stop that was sent was to end the job for good
}

// Result is how a whole step ended.
type Result struct {
	Outcome job.Outcome
	Items   []job.Item
}

// Event is something that happened to a job.
type Event struct {
	Kind Kind
	Item job.Item
	Text string        // for Trouble and Waits
	Took time.Duration // since the run began
}

// Kind is what an event is about.
type Kind int

const (
	Begins  Kind = iota // it was started or found, or that failed
	Changes             // its state, or the cloud's word for it, changed
	Beats               // it still runs, and nothing changed
	Waits               // it is not started yet: others run the same
	Ends                // it will not be read any more
	Trouble             // something failed and will be tried again
)

// Fail gives every job of a service the same error.
func Fail(s Service, err error) []job.Item {
	return Each(s.What(), job.Item{Provider: s.Provider(), Console: consoleOf(s), Err: err})
}

// Each gives every name the same item: one call answered for all of them.
func Each(what []string, item job.Item) []job.Item {
	items := make([]job.Item, len(what))
	for i, name := range what {
		items[i] = item
		items[i].What = name
	}
	return items
}

// OutcomeOf is how a single item ended.
func OutcomeOf(item job.Item) job.Outcome {
	if item.End != "" {
		return item.End
	}
	return job.OutcomeOf(item.Err)
}

// merge is the outcome of all items together: the worst. Items that were ended
// because another one failed do not count.
func merge(items []job.Item) job.Outcome {
	worst := job.Outcome("")
	for _, item := range items {
		switch o := OutcomeOf(item); {
		case item.Culprit != "":
		case worst == "":
			worst = o
		default:
			worst = job.Worse(worst, o)
		}
	}
	return cmp.Or(worst, job.Started)
}
