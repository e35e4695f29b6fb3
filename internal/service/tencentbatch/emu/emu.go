// Package batchemu is the emulator's half for Tencent Cloud Batch
// (BatchCompute), API 2017-03-12: jobs that are DAGs of tasks, tasks that run
// one or more instances, instances that move with the clock.
//
// # The world
//
// The regions are ap-guangzhou, ap-shanghai, ap-beijing and ap-singapore; the
// zones of a region are its name, a hyphen and a digit. The one compute
// environment is env-demo0001 in ap-guangzhou. Every well-formed image id,
// bucket, network and topic is taken to exist. There are no jobs at first, and
// room for 1000.
//
// # What a job does
//
// A job's own content decides what becomes of it, so that it can be tried
// without an account. The words of a task's Command are read, after variables
// such as $BATCH_TASK_INSTANCE_INDEX have been replaced:
//
//   - last words "exit N", N from 1 to 255: each instance ends with exit code
//     N and fails
//   - "sleep N" anywhere: each instance runs N seconds, several add up;
//     without it, 20 seconds
//   - "echo x": x is a line of the standard output
//   - anything else succeeds with exit code 0
//
// So `echo hello; sleep 5; exit 3` prints hello, runs for 5 seconds and fails,
// and `exit $BATCH_TASK_INSTANCE_INDEX` fails in every instance but the first.
// FailedAction, MaxRetryCount, Timeout, MaxConcurrentNum and Dependences act
// as documented. An instance is SUBMITTED for 2 seconds, PENDING while tasks
// before it are open, RUNNABLE for 2 seconds and STARTING for 6. What a
// command cannot say, such as machines that cannot be had, Service.Script says
// for a job's name.
//
// # Sources
//
// It is written from docs/facts/tencent-batch.md and its sources, whose labels
// (document 002, CLI:api, CLI:ex) stand in the comments too.
package batchemu

import (
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// The world.
const (
	Guangzhou = "ap-guangzhou"
	Shanghai  = "ap-shanghai"
	Beijing   = "ap-beijing"
	Singapore = "ap-singapore"

	EnvID     = "env-demo0001" // the one compute environment
	EnvRegion = Guangzhou
)

// How long an instance stays in a state when nothing holds it up.
const (
	SubmittedFor = 2 * time.Second
	RunnableFor  = 2 * time.Second
	StartingFor  = 6 * time.Second
	RunningFor   = 20 * time.Second // a Command without sleep
)

// A terminate that has to destroy machines takes TerminateBase plus
// TerminatePerTask for each task: it grows with their number (facts
// tencent-batch §6).
const (
	TerminateBase    = 3 * time.Second
	TerminatePerTask = time.Second
)

// Limits.
const (
	JobQuota         = 1000  // jobs of a user (facts tencent-batch §2.7)
	TaskNameLimit    = 60    // characters; UNVERIFIED, the limit of templates
	TopicNameLimit   = 64    // characters; UNVERIFIED, the limit of CMQ topics
	MaxTaskInstances = 10000 // of a job; UNVERIFIED, no source gives a number
)

// Switches choose among behaviours that no source settles, and turn on faults
// of the service itself. The zero value is the most plausible behaviour of a
// service in good health.
type Switches struct {
	// What is sent.

	// StrictNumbers refuses numbers in quotes. UNVERIFIED: the vendor's own
	// job files quote Priority (facts tencent-batch §9).
	StrictNumbers bool
	// WrongTypeCode replaces InvalidParameter for a value of a wrong type, for
	// example by InvalidParameterValue.InvalidDataTypeAny. UNVERIFIED.
	WrongTypeCode string
	// DeliveryFormOptional takes an Application without DeliveryForm: the API's
	// page requires it, and the vendor's SDK page submits without it. UNVERIFIED
	// (facts tencent-batch §2.4).
	DeliveryFormOptional bool
	// IncompleteEnvCode replaces InvalidParameterValue.ComputeEnv for a managed
	// environment without instance type, for example by
	// InvalidParameter.CvmParameters. UNVERIFIED (facts tencent-batch §2.5).
	IncompleteEnvCode string
	// AnyNames accepts task and topic names of any characters. UNVERIFIED: that
	// malformed names are refused is known, what malformed means is not.
	AnyNames bool
	// TaskNameLimit, TopicNameLimit and MaxTaskInstances replace the constants
	// of these names if positive. UNVERIFIED.
	TaskNameLimit    int
	TopicNameLimit   int
	MaxTaskInstances int
	// InternationalFilter names DescribeTask's filter task-instance-type, as
	// the international text does, not task-instance-state. UNVERIFIED.
	InternationalFilter bool

	// How a submission is remembered.

	// TokenConflictCode refuses a ClientToken that came before with another body.
	// Empty: the first JobId is returned. UNVERIFIED (facts tencent-batch §2).
	TokenConflictCode string
	// TokenRetention is how long a ClientToken is remembered; 0 is for ever.
	// UNVERIFIED.
	TokenRetention time.Duration
	// JobQuota replaces the constant of this name if positive.
	JobQuota int
	// QuotaOfLiveJobs lets only jobs that have not ended count. UNVERIFIED:
	// finished jobs seem to count until they are deleted (facts tencent-batch
	// §2.7).
	QuotaOfLiveJobs bool
	// SubmitRefusal refuses every good submission with this code:
	// InternalError.CallCvm, UnauthorizedOperation.UserNotAllowedToUseBatch, or
	// ActionOffline as the international endpoint may (UNVERIFIED, facts
	// tencent-batch §1).
	SubmitRefusal string

	// How jobs are shown.

	// HiddenFor is how long after its submission a job is ResourceNotFound.Job
	// in every call that names it. UNVERIFIED (facts tencent-batch §3).
	HiddenFor time.Duration
	// UnlistedFor is how long DescribeJobs leaves a new job out. UNVERIFIED.
	UnlistedFor time.Duration
	// UnknownIDsRefused makes DescribeJobs refuse a JobIds entry that names no
	// job with ResourceNotFound.Job; else it is left out. UNVERIFIED.
	UnknownIDsRefused bool
	// EndTimeNull keeps EndTime null after the end, too (facts tencent-batch §10).
	EndTimeNull bool
	// EndTimeEmpty shows no EndTime as "" and not as null (facts tencent-batch §1:
	// either).
	EndTimeEmpty bool
	// EndTimeEarly shows an EndTime on what has not ended: the trap of one of
	// the vendor's samples (facts tencent-batch §3).
	EndTimeEarly bool
	// ExitCodeNull keeps ExitCode null after the end (facts tencent-batch §10).
	ExitCodeNull bool
	// NextActionNull shows no NextAction as null and not as "" (facts
	// tencent-batch §3: either; "" in CLI:ex).
	NextActionNull bool
	// EscapedCommands escapes Command for HTML in DescribeJobSubmitInfo, as a
	// sample does (facts tencent-batch §9).
	EscapedCommands bool

	// Logs.

	// LogHead keeps the first 2048 bytes of a log, not the last. UNVERIFIED.
	LogHead bool
	// LogsWhileRunning shows logs before the instance ends. UNVERIFIED.
	LogsWhileRunning bool
	// PlainLogs sends base64 without the data URI in front (facts tencent-batch
	// §5).
	PlainLogs bool

	// States.

	// BlockedStay leaves tasks behind a failed one PENDING while the job is
	// FAILED; else they turn FAILED with it. UNVERIFIED.
	BlockedStay bool

	// Stopping.

	// SubmittedCode replaces UnsupportedOperation for terminating a job that is
	// still SUBMITTED. UNVERIFIED (facts tencent-batch §6).
	SubmittedCode string
	// TerminateFor is how long destroying machines takes, if positive.
	TerminateFor time.Duration
	// TerminateNeverEnds accepts a terminate that then hangs: what it was asked
	// to end stays as it is for good.
	TerminateNeverEnds bool
	// TerminateBusy refuses a second TerminateJob while the first is under way
	// with ResourceInUse.Job; else it is accepted. UNVERIFIED.
	TerminateBusy bool
	// TerminateEnvIDRefused refuses to end instances in a compute environment
	// with UnsupportedOperation.TerminateOperationWithEnvId. UNVERIFIED when
	// the service does so.
	TerminateEnvIDRefused bool
}

// Service is an emulated Batch account.
type Service struct {
	Switches Switches

	now     emu.Clock
	jobs    []*job // every job ever begun, oldest first
	tokens  map[tokenKey]*job
	scripts map[string]Outcome
}

// New returns the world described in the package comment, at the clock's time.
func New(now emu.Clock) *Service {
	return &Service{now: now, tokens: map[tokenKey]*job{}, scripts: map[string]Outcome{}}
}

// Half is the service's part of the emulator.
func (s *Service) Half() emu.Half {
	return emu.Half{
		Vendor:  emu.Tencent,
		Service: "batch",
		Version: "2017-03-12",
		World:   things(),
		Calls: []emu.Call{
			s.call("SubmitJob", submitParams(), s.submitJob),
			s.call("DescribeJob", jobParams(), s.describeJob),
			s.call("DescribeJobs", jobsParams(), s.describeJobs),
			s.call("DescribeJobSubmitInfo", jobParams(), s.describeJobSubmitInfo),
			s.call("DescribeTask", taskParams(), s.describeTask),
			s.call("DescribeTaskLogs", logsParams(), s.describeTaskLogs),
			s.call("TerminateJob", jobParams(), s.terminateJob),
			s.call("TerminateTaskInstance", instanceParams(), s.terminateTaskInstance),
			s.call("DeleteJob", jobParams(), s.deleteJob),
			s.call("RetryJobs", retryParams(), s.retryJobs),
			s.call("DescribeComputeEnv", environmentParams(), s.describeComputeEnv),
		},
		Begun: s.begun,
	}
}

// body is a request's body after it was checked against its params.
type body map[string]any

// call is a call that is only answered in a region of the product, and with
// parameters as the API defines them.
func (s *Service) call(name string, params shape, answer func(region string, b body) (any, *emu.Error)) emu.Call {
	return emu.Call{Name: name, Handle: func(r *emu.Request) emu.Answer {
		b, err := s.admit(r, params)
		if err != nil {
			return emu.Answer{Err: err}
		}
		reply, err := answer(r.Region, b)
		if err != nil {
			return emu.Answer{Err: err}
		}
		return emu.Answer{Body: reply}
	}}
}

func (s *Service) admit(r *emu.Request, params shape) (body, *emu.Error) {
	if r.Region == "" { // required by document 002
		return nil, refuse("MissingParameter", "The header X-TC-Region is missing.")
	}
	if !isRegion(r.Region) {
		return nil, refuse("UnsupportedRegion", "Batch is not available in the region %q.", r.Region)
	}
	o, ok := r.Object()
	if !ok {
		return nil, refuse("InvalidParameter", "The body is not a JSON object.")
	}
	c := checker{strict: s.Switches.StrictNumbers, typeCode: or(s.Switches.WrongTypeCode, "InvalidParameter")}
	if err := c.fields("", o, params); err != nil {
		return nil, err
	}
	return o, nil
}

// begun is the truth about every job, deleted ones included.
func (s *Service) begun() []emu.Job {
	var all []emu.Job
	for _, j := range s.jobs {
		j.advance(s.now())
		state := j.shown()
		if j.isTerminating() { // which no state of the service's tells
			state = "TERMINATING"
		}
		all = append(all, emu.Job{
			ID:    j.id,
			Mark:  or(j.token, j.spec.JobName),
			State: state,
			Live:  !ended(j.state()),
			Began: j.created,
		})
	}
	return all
}

func isRegion(name string) bool {
	switch name {
	case Guangzhou, Shanghai, Beijing, Singapore:
		return true
	}
	return false
}

// isZone tells whether zone is one of the region's: <region>-<digit>.
func isZone(zone, region string) bool {
	digit, ok := strings.CutPrefix(zone, region+"-")
	return ok && len(digit) == 1 && '1' <= digit[0] && digit[0] <= '9'
}

// isID tells whether id is the prefix and 8 lower-case letters or digits
// (facts tencent-batch §1).
func isID(id, prefix string) bool {
	rest, ok := strings.CutPrefix(id, prefix)
	if !ok || len(rest) != 8 {
		return false
	}
	for _, c := range rest {
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}

// newID writes a number in the vendor's shape: the prefix and 8 letters or
// digits.
func newID(prefix string, n uint64) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	var id [8]byte
	for i := range id {
		id[7-i] = alphabet[n%36]
		n /= 36
	}
	return prefix + string(id[:])
}

// or is the first of two values that is not the zero value.
func or[T comparable](v, otherwise T) T {
	var zero T
	if v == zero {
		return otherwise
	}
	return v
}
