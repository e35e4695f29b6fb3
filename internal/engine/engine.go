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

// Service is one start call of a provider: of one job, or for DRS of all tasks
// of a request.
type Service interface {
	// Provider is the provider's name.
	Provider() string

	// What names each job that Start will start, in the document's words:
	// "scenario scenario-demo". It is never empty.
	What() []string

	// Intend says how the jobs will be found after a start under mark, and
	// reads what must be known of the time before it. It starts nothing.
	Intend(ctx context.Context, mark string) (job.Intent, error)

	// Start asks the cloud to start them, once, under the intent. It returns
	// one item for each name of What, in its order; the error of an item is a
	// *job.Error, or a fault of ours. Names in intent.Skip are not started.
	Start(ctx context.Context, intent job.Intent) []job.Item

	Follower
}

// Follower knows the jobs of a provider by their refs, whoever started them.
type Follower interface {
	// Group is the same for followers that can be asked about each other's
	// jobs, and PerCall how many refs one call of Status reads.
	Group() (name string, perCall int)

	// Find returns the jobs begun under the intent, as far as the cloud lists
	// them yet; none is not an error. An intent without a time asks for what
	// runs of all attempts, of whose marks it has the beginning. Where several
	// could be the same job all are returned: Find chooses none.
	Find(ctx context.Context, intent job.Intent) ([]Found, error)

	// Status reads all refs, with as few calls as the API allows, and returns
	// them in their order. A job that the cloud does not know (yet) is
	// StateUnknown.
	Status(ctx context.Context, refs []job.Ref) ([]job.Status, error)

	// Stop asks the cloud to end a job, or with terminate to end it for good
	// where stopping only pauses it. Stopping a job that has ended is no error.
	// ErrTooEarly means that the job cannot be stopped in its present state.
	Stop(ctx context.Context, ref job.Ref, terminate bool) error

	// Why returns what the cloud knows of a failure, a line each.
	Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error)

	// Report reads what the job measured: all of it if last says that it is
	// over, what is known cheaply while it runs. Absent is not zero.
	Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error)

	// Lasting tells that ending the job destroys state that took long to
	// build, or stops what others rely on: it is left unless the user says
	// otherwise.
	Lasting(ref job.Ref) bool
}

// Gauge is a Follower whose Status does not tell how much load a running job
// puts on, because that takes a call of its own.
type Gauge interface {
	// Load reads it, for people. It is asked when a job that goes on is about
	// to be told of, but seldom; what fails is left out.
	Load(ctx context.Context, ref job.Ref) (string, error)
}

// Console is a Follower whose vendor documents a page of the console where its
// jobs are seen. No vendor documents that of a single job.
type Console interface {
	// Console is the page's address; empty for a site that has none.
	Console() string
}

// consoleOf is the page of a follower's jobs.
func consoleOf(f Follower) string {
	if c, ok := f.(Console); ok {
		return c.Console()
	}
	return ""
}

// Found is a job that Find found.
type Found struct {
	Index  int // in What
	Ref    job.Ref
	State  job.State
	Mark   string // the whole mark that it bears; empty if the service keeps none
	Ours   bool   // its mark proves that it is of this run; otherwise it may be anybody's, unless it began with our start
	Unsure string // why it may have been started with another content: "its parameters are not shown"; empty if it was not
}

// OnCancel and OnTimeout say what becomes of the jobs that still run.
const (
	OnDefault = ""          // stop, unless the job is lasting
	Stop      = "stop"      // stop; a replication task is paused
	Leave     = "leave"     // leave it running, and name it
	Terminate = "terminate" // end it for good
)

// Options say how to run.
type Options struct {
	Mark        Mark
	Contents    []string   // of each service, what it starts: the same for the same, however it was written; nil: not told
	Names       [][]string // of each service, what the user calls each of its jobs; nil: nothing
	Emulated    []bool     // of each service, whether its jobs are no cloud's; nil: none
	Attach      bool       // look for live jobs of earlier attempts first
	Wait        bool
	Timeout     time.Duration // for all jobs together, from the beginning; 0: none
	PollEvery   time.Duration
	OnTimeout   string
	OnCancel    string
	MaxParallel int            // jobs that live at the same time; 0: any number
	FailFast    bool           // stop the others when one fails
	Confirm     time.Duration  // after a cancel, how long to wait until the cloud confirms a stop; a post step can do that instead
	Gates       [][]gate.Gate  // of each service; nil: none
	Baseline    Baseline       // nil: there are no earlier results
	Unjudged    string         // on_inconclusive: fail (or empty), warn or pass
	Report      bool           // read reports also without gates
	Heartbeat   time.Duration  // how often a job that goes on is told of; 0: every minute
	Jitter      func() float64 // from 0 to 1, of the time between polls; nil: random
	Journal     Journal        // nil: nothing is kept for a post step
	Notify      func(Event)    // nil: nobody watches
	Course      *Course        // is told what was read, and when; nil: nobody wants to know
}

// Baseline has the earlier results of a job, which What names.
type Baseline func(provider, what string) *gate.Baseline

// Journal keeps what another process needs to settle what this one leaves.
type Journal interface {
	// Save keeps the record of a service, by its place in the list, in the
	// place of an earlier one. It is called before the start and after
	// everything that changes the record.
	Save(service int, r Record) error
}

// Record is what is known of one service's start.
type Record struct {
	Intent job.Intent `json:"intent"`
	What   []string   `json:"what"`
	Names  []string   `json:"names,omitempty"` // what the user calls each of them
	Jobs   []Kept     `json:"jobs,omitempty"`  // empty until the start was answered
	Policy string     `json:"policy"`          // OnCancel
	Asked  bool       `json:"asked,omitempty"` // the start was answered for every name: none is to be looked for
	Done   bool       `json:"done,omitempty"`  // there is nothing to settle

	Emulated bool `json:"emulated,omitempty"` // its jobs are no cloud's
}

// name is what the user calls a job of the record; may be empty.
func (r Record) name(i int) string {
	if i < len(r.Names) {
		return r.Names[i]
	}
	return ""
}

// Kept is a job of a record.
type Kept struct {
	Index  int      `json:"index"` // in What
	Ref    job.Ref  `json:"ref"`
	Theirs bool     `json:"theirs,omitempty"` // it may be somebody else's, so it is never stopped
	Stop   job.Stop `json:"stop,omitempty"`
	Over   bool     `json:"over,omitempty"`

	Terminate bool `json:"terminate,omitempty"` // of a stop that was sent: it is to end the job for good
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
	Text string        // for Trouble
	Took time.Duration // since the run began
}

// Kind is what an event is about.
type Kind int

const (
	Begins  Kind = iota // it was started, found, or could not be
	Changes             // its state, or the cloud's word for it, changed
	Beats               // it goes on
	Ends                // nothing more will be read of it
	Trouble             // something could not be done and will be tried again
)

// Fail gives every job of a service the same error.
func Fail(s Service, err error) []job.Item {
	return Each(s.What(), job.Item{Provider: s.Provider(), Console: consoleOf(s), Err: err})
}

// Each gives every name the same item: what one call said of all of them.
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

// merge is the outcome of all items: the worst. Those that another one ended
// count nothing beside it.
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
