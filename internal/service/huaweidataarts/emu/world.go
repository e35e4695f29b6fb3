package dataartsemu

import (
	"math"
	"slices"
	"time"
)

// Workspace ids are hex strings (facts huawei-dataarts §2). A call without the
// header is about the default workspace.
const (
	DefaultWorkspace = "0a8c6a7d9d0e4f0fb2d2a9d3c4b5e6f7"
	NamedWorkspace   = "7f4c9e2b1d3a45c68e0b9a7d5f213c84"
)

// The jobs that are there from the beginning.
const (
	MyJob        = "myJob"        // CRON, every 5 minutes; three nodes; 30 s and well
	FailingJob   = "failingJob"   // CRON, every 5 minutes; its second node fails at 20 s
	FlakyJob     = "flakyJob"     // CRON, every 5 minutes; its second node fails at 20 s, is tried again, and all is well at 30 s
	HaltedJob    = "haltedJob"    // CRON, every 5 minutes; its second node fails at 20 s and halts it: running-exception
	OnceJob      = "onceJob"      // EXECUTE_ONCE
	ScheduledJob = "scheduledJob" // CRON, hourly; SCHEDULING before anybody came
	ChineseJob   = "作业一"          // CRON, every 5 minutes
	MyStream     = "myStream"     // real-time: STARTING for 10 s, then NORMAL
	BrokenStream = "brokenStream" // real-time: STARTING for 10 s, NORMAL for 20 s, then EXCEPTION
	WorkspaceJob = "workspaceJob" // CRON, in NamedWorkspace only
)

// Values of Job.Type (facts huawei-dataarts §5).
const (
	Batch    = "BATCH"
	RealTime = "REAL_TIME"
)

// Values of Job.Schedule (facts huawei-dataarts §3).
const (
	Cron  = "CRON"
	Once  = "EXECUTE_ONCE"
	Event = "EVENT"
)

// Statuses of instances and of their nodes (facts huawei-dataarts §6).
const (
	Waiting          = "waiting"
	WaitingConfirm   = "waiting-confirm"
	Freeze           = "freeze"
	Running          = "running"
	Pause            = "pause"
	RunningException = "running-exception"
	Success          = "success"
	ForceSuccess     = "forceSuccess"
	IgnoreSuccess    = "ignoreSuccess"
	Fail             = "fail"
	ManualStop       = "manual-stop"
	SkipByDepend     = "skip-by-depend"
	Skip             = "skip" // nodes only
)

// Halt is how a node ends that fails and halts its instance, which then says
// running-exception (facts huawei-dataarts §6). The node itself says fail.
const Halt = "halt"

// Statuses of jobs (facts huawei-dataarts §5).
const (
	Scheduling = "SCHEDULING"
	Paused     = "PAUSED"
	Starting   = "STARTING"
	Normal     = "NORMAL"
	Exception  = "EXCEPTION"
	Stopping   = "STOPPING"
	Stopped    = "STOPPED"
)

// Forever is longer than any test.
const Forever = time.Duration(math.MaxInt64)

// Job is a job and how it will go whenever it runs.
type Job struct {
	Name      string
	Workspace string // "" is DefaultWorkspace
	Type      string // Batch or RealTime
	Nodes     []Node // run one after the other
	On        bool   // scheduled, or running, from the beginning
	Refusal   string // what StartJob and RunOnce answer with, if not "": DLF.6201, DLF.6888

	// Batch only.
	Schedule string        // Cron, Once or Event
	Every    time.Duration // Cron: the plan times are its multiples; 0 is no valid schedule
	Waits    []Phase       // what an instance goes through before it runs
	Ends     string        // ForceSuccess, IgnoreSuccess, SkipByDepend; "" is as the nodes end

	// Real-time only: what the job goes through once started. The last phase
	// lasts; none is NORMAL at once.
	Walk []Phase
}

// Node is one step of a job.
type Node struct {
	Name     string
	Type     string        // DLISQL, Shell, CDMJob ...
	Takes    time.Duration // each attempt
	Failures int           // attempts that fail before the last one
	Ends     string        // Fail, Halt, Skip or Pause; "" is Success
	Speed    int64         // rows per second
}

// Phase is a status and how long it lasts.
type Phase struct {
	Status string
	Takes  time.Duration
}

func world() []Job {
	waits := []Phase{{Waiting, 2 * time.Second}}
	healthy := []Node{
		{Name: "extract", Type: "CDMJob", Takes: 8 * time.Second, Speed: 1200},
		{Name: "transform", Type: "DLISQL", Takes: 12 * time.Second, Speed: 800},
		{Name: "load", Type: "DWSSQL", Takes: 8 * time.Second, Speed: 1200},
	}
	failing := []Node{
		{Name: "extract", Type: "CDMJob", Takes: 8 * time.Second, Speed: 1200},
		{Name: "transform", Type: "DLISQL", Takes: 10 * time.Second, Ends: Fail},
		{Name: "load", Type: "DWSSQL", Takes: 8 * time.Second, Speed: 1200},
	}
	halted := slices.Clone(failing)
	halted[1].Ends = Halt
	flaky := []Node{
		{Name: "extract", Type: "CDMJob", Takes: 8 * time.Second, Speed: 1200},
		{Name: "load", Type: "DWSSQL", Takes: 10 * time.Second, Failures: 1, Speed: 500},
	}
	stream := []Node{
		{Name: "source", Type: "DISTransferTask"},
		{Name: "flink", Type: "MRSFlinkJob"},
	}
	starting := Phase{Starting, 10 * time.Second}
	const fiveMinutes = 5 * time.Minute
	return []Job{
		{Name: MyJob, Type: Batch, Schedule: Cron, Every: fiveMinutes, Waits: waits, Nodes: healthy},
		{Name: FailingJob, Type: Batch, Schedule: Cron, Every: fiveMinutes, Waits: waits, Nodes: failing},
		{Name: FlakyJob, Type: Batch, Schedule: Cron, Every: fiveMinutes, Waits: waits, Nodes: flaky},
		{Name: HaltedJob, Type: Batch, Schedule: Cron, Every: fiveMinutes, Waits: waits, Nodes: halted},
		{Name: OnceJob, Type: Batch, Schedule: Once, Waits: waits, Nodes: healthy},
		{Name: ScheduledJob, Type: Batch, Schedule: Cron, Every: time.Hour, Waits: waits, Nodes: healthy, On: true},
		{Name: ChineseJob, Type: Batch, Schedule: Cron, Every: fiveMinutes, Waits: waits, Nodes: healthy},
		{Name: MyStream, Type: RealTime, Nodes: stream, Walk: []Phase{starting, {Normal, Forever}}},
		{Name: BrokenStream, Type: RealTime, Nodes: stream, Walk: []Phase{starting, {Normal, 20 * time.Second}, {Exception, Forever}}},
		{Name: WorkspaceJob, Workspace: NamedWorkspace, Type: Batch, Schedule: Cron, Every: fiveMinutes, Waits: waits, Nodes: healthy},
	}
}

// jobAge is how long before it comes into the world a job was submitted: the
// samples of OTC and DGC show times that are days older than the instances.
const jobAge = 9 * 24 * time.Hour

// Add puts a job into the world. One of the same name in the same workspace
// gets the new definition, save On; instances that have begun keep the old one.
func (s *Service) Add(def Job) {
	if def.Workspace == "" {
		def.Workspace = DefaultWorkspace
	}
	if j := s.find(def.Workspace, def.Name); j != nil {
		j.Job = def
		return
	}
	now := s.now()
	j := &job{Job: def, number: firstJobID + int64(len(s.jobs)), created: now.Add(-jobAge)}
	if def.On {
		j.turns = append(j.turns, s.turnOn(j, now))
	}
	s.jobs = append(s.jobs, j)
}
