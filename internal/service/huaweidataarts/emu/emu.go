// Package dataartsemu is the emulator's half of Huawei Cloud DataArts Factory:
// the v1 job calls of the host dayu-dlf, over jobs that run by the clock.
//
// It is written from docs/facts/huawei-dataarts.md and its sources, whose labels
// (document 004, HWDOC, OTC, KESTRA) stand in the comments too. OTC's samples
// settle orders and units that the tables leave open.
package dataartsemu

import (
	"time"

	"cloudjob/internal/emulator/emu"
)

// Service is the emulated DataArts Factory of one region.
type Service struct {
	Switches Switches

	now       emu.Clock
	jobs      []*job
	instances []*instance // in the order of their ids
	begun     []func(time.Time) emu.Job
}

// Switches choose among behaviours that the documents leave open or disagree
// on. The zero value is the most plausible service.
type Switches struct {
	// NotPublished: every call answers 404 APIGW.0101, as KESTRA saw for these
	// paths on the host dayu (facts huawei-dataarts §1). UNVERIFIED for dayu-dlf.
	NotPublished bool
	// FiveDigitCodes: DLF.30100, DLF.30137 and DLF.20819 stand for DLF.0100,
	// DLF.0137 and DLF.0819 (facts huawei-dataarts §8).
	FiveDigitCodes bool
	// NoDefaultWorkspace: a call without the workspace header is refused. The
	// page says so of accounts without a default workspace (HWDOC); that the
	// code is DLF.0819 is UNVERIFIED.
	NoDefaultWorkspace bool

	// SecondStartTaken: starting what is on already is 204, not the 400 that a
	// production script depends on (facts huawei-dataarts §3). UNVERIFIED.
	SecondStartTaken bool
	// SecondStart30107: it is refused with the code for it in the vendor's list
	// and that list's words (facts huawei-dataarts §3). That the code has the
	// prefix of the others is UNVERIFIED.
	SecondStart30107 bool
	// OnceStartRefused: StartJob of an EXECUTE_ONCE job is 400 DLF.3051, as
	// KESTRA saw on v2 (facts huawei-dataarts §3). UNVERIFIED for v1.
	OnceStartRefused bool
	// OnceStaysScheduling: an EXECUTE_ONCE job does not go back to STOPPED
	// when its one instance has ended. UNVERIFIED (facts huawei-dataarts §3).
	OnceStaysScheduling bool
	// RunOnceIsType7: run-immediate makes instances of type 7, not 2. Which
	// one is UNVERIFIED (facts huawei-dataarts §4).
	RunOnceIsType7 bool

	// IdleStopRefused: StopJob of what is not on is 400 DLF.3051, not 204.
	// UNVERIFIED: undocumented.
	IdleStopRefused bool
	// StopPauses: a stopped batch job is PAUSED, which Terraform accepts too
	// (facts huawei-dataarts §3). UNVERIFIED.
	StopPauses bool
	// StopEndsInstances: StopJob stops the job's live instances as well.
	// UNVERIFIED (facts huawei-dataarts §3).
	StopEndsInstances bool
	// StopIgnored: stops are answered with 204 and have no effect.
	StopIgnored bool
	// ConsoleStops: instances that wait, are paused or are halted can be stopped
	// too, as the console allows. The page of the call names running ones only
	// (facts huawei-dataarts §6), so that is UNVERIFIED for the call.
	ConsoleStops bool
	// InstanceStopTakes: a stopped instance runs on for so long. UNVERIFIED.
	InstanceStopTakes time.Duration
	// StreamStopTakes: how long a real-time job is STOPPING; 0 is 5 seconds.
	// UNVERIFIED.
	StreamStopTakes time.Duration

	// InstanceKnownAfter: a new instance is unknown to every call for so long.
	// UNVERIFIED (facts huawei-dataarts §6).
	InstanceKnownAfter time.Duration
	// InstanceListedAfter: a new instance is not listed for so long.
	// UNVERIFIED (facts huawei-dataarts §6).
	InstanceListedAfter time.Duration
	// PlanTimesCompared: minPlanTime and maxPlanTime are compared with the plan
	// time, as older pages say, not with the time at which the run began, as the
	// page of 2026 does (facts huawei-dataarts §6).
	PlanTimesCompared bool
	// WaitingUnlisted: an instance is not listed before it runs. The page can
	// filter by the status waiting, but compares the time of a beginning that
	// such a one has not (facts huawei-dataarts §6). UNVERIFIED.
	WaitingUnlisted bool
	// NoPreciseQuery: preciseQuery is not known, as on pages of 2022 and 2023,
	// so that names that contain the one asked for are listed too.
	NoPreciseQuery bool
	// NoInstanceTypes: instances in a list have no instanceType, as in the
	// samples of DGC.
	NoInstanceTypes bool
	// OldestFirst: instances are listed oldest first. The order is
	// UNVERIFIED; OTC's sample has the newest first.
	OldestFirst bool
	// OffsetCountsItems: offset counts records, as Terraform takes it, not
	// pages, as the pages say (facts huawei-dataarts §5).
	OffsetCountsItems bool

	// InstanceIDText: instanceId is a JSON string, as the DLF SDK has it, not
	// a number (facts huawei-dataarts §4).
	InstanceIDText bool
	// ExecuteTimeMinutes: executeTime is in minutes with one decimal, as in
	// OTC's samples (18 s are 0.3), not in the documented milliseconds.
	ExecuteTimeMinutes bool
	// NewerStatus: ShowJobStatus has the shape of OTC's sample of 2025: nodes
	// have a LastInstanceStatus and no status, and the job no times. Which word
	// goes with which state of the job is UNVERIFIED, save that the sample has
	// waiting in a job that is NORMAL.
	NewerStatus bool
	// LowerStarttime: ShowJobStatus says starttime, as the SDK has it, not
	// startTime, as the pages do (facts huawei-dataarts §5).
	LowerStarttime bool
	// StatusTimesText: the times in ShowJobStatus are JSON strings, as in the
	// SDK, not numbers, as in the samples (facts huawei-dataarts §5).
	StatusTimesText bool
	// ForceSuccessStatus: an instance set to success by hand says forceSuccess
	// or ignoreSuccess in its status (DGC enum), not success with that flag.
	ForceSuccessStatus bool
	// BatchStatusRefused: ShowJobStatus of a batch job is 400 DLF.3051. The
	// page is about real-time jobs, but AIRFLOW reads batch jobs with it.
	// UNVERIFIED.
	BatchStatusRefused bool
}

// New is a service with the world of world.go in it.
func New(now emu.Clock) *Service {
	s := &Service{now: now}
	for _, j := range world() {
		s.Add(j)
	}
	return s
}

// Half is the service as the emulator takes it.
func (s *Service) Half() emu.Half {
	const jobs = "/v1/{project_id}/jobs"
	const one = jobs + "/{job_name}"
	const instance = one + "/instances/{instance_id}"
	return emu.Half{
		Vendor:  emu.Huawei,
		Service: "dayu-dlf",
		World:   things(),
		Calls: []emu.Call{
			{Name: "StartJob", Route: "POST " + one + "/start", Handle: s.onJob(s.startJob)},
			{Name: "StopJob", Route: "POST " + one + "/stop", Handle: s.onJob(s.stopJob)},
			{Name: "RunOnce", Route: "POST " + one + "/run-immediate", Handle: s.onJob(s.runOnce)},
			{Name: "ShowJob", Route: "GET " + one, Handle: s.onJob(s.showJob)},
			{Name: "ListJobs", Route: "GET " + jobs, Handle: s.onWorkspace(s.listJobs)},
			{Name: "ShowJobStatus", Route: "GET " + one + "/status", Handle: s.onJob(s.showJobStatus)},
			{Name: "ListJobInstances", Route: "GET " + jobs + "/instances/detail", Handle: s.onWorkspace(s.listJobInstances)},
			{Name: "ShowJobInstance", Route: "GET " + instance, Handle: s.onInstance(s.showJobInstance)},
			{Name: "StopJobInstance", Route: "POST " + instance + "/stop", Handle: s.onInstance(s.stopJobInstance)},
			{Name: "RestoreJobInstance", Route: "POST " + instance + "/restart", Handle: s.onInstance(s.restoreJobInstance)},
		},
		Begun: s.everBegun,
	}
}

// everBegun is the truth, oldest first: instances, and what StartJob put on.
func (s *Service) everBegun() []emu.Job {
	now := s.now()
	s.catchUp(now)
	jobs := make([]emu.Job, 0, len(s.begun))
	for _, state := range s.begun {
		jobs = append(jobs, state(now))
	}
	return jobs
}
