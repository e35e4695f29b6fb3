package ptsemu

import "time"

// The documented world: one project with these scenarios.
const (
	ProjectDemo = "project-demo"

	// ScenarioDemo is healthy: 6 s of preparation, 60 s of load, 100 VUs,
	// 480 req/s on average, 0.4 % errors, p95 0.22 s.
	ScenarioDemo = "scenario-demo"
	// ScenarioFailing answers 12 % of requests with errors, until after 20 s
	// of load its SLA rule stops it: JobAborted, AbortReason 2.
	ScenarioFailing = "scenario-failing"
	// ScenarioPrepareFails ends in JobPrepareException before any load.
	ScenarioPrepareFails = "scenario-prepare-fails"
	// ScenarioNoLoad has no load: StartJob answers FailedOperation.NoTasksInJob.
	ScenarioNoLoad = "scenario-no-load"
	// ScenarioSlow finishes like ScenarioDemo, with a p95 of 0.9 s and a
	// notice from an SLA rule that stops nothing.
	ScenarioSlow = "scenario-slow"
	// ScenarioShort is healthy: 1 s of preparation, 5 s of load.
	ScenarioShort = "scenario-short"
	// ScenarioRPS is healthy and driven by a request rate, so that
	// AdjustJobSpeed works on it.
	ScenarioRPS = "scenario-rps"
	// ScenarioEmpty finishes without having sent a single request.
	ScenarioEmpty = "scenario-empty"
	// ScenarioNoGenerators ends in JobSelectClusterException.
	ScenarioNoGenerators = "scenario-no-generators"
	// ScenarioStuck stays in JobPending for ever.
	ScenarioStuck = "scenario-stuck"
)

// project groups scenarios.
type project struct {
	id, name, description string
}

// Scenario is a load test to start.
type Scenario struct {
	ID          string
	ProjectID   string // of a project that exists; "" is ProjectDemo
	Name        string // "" is the ID
	Description string
	Type        string // "" is pts-js

	// Stages is a load by virtual users, Rate one by request rate, Script that of
	// a JMeter script; the first that is there counts. Without any the scenario
	// produces no task.
	Stages               []Stage
	Rate                 *Rate
	Script               *Script
	MaxRequestsPerSecond int64 // the configured cap of Stages; 0 is none

	SLA     *SLARule
	Outcome Outcome

	number  int  // in the order of adding
	started bool // a job of it was begun
}

// Stage goes in so many seconds from the users of the stage before to its own.
type Stage struct{ DurationSeconds, TargetVirtualUsers int64 }

// Rate is the load mode RequestsPerSecond.
type Rate struct {
	StartRequestsPerSecond, MaxRequestsPerSecond int64
	DurationSeconds                              int64
}

// Script is the load mode ScriptOrigin: the script decides, on so many machines.
type Script struct{ MachineNumber, DurationSeconds int64 }

// SLARule watches a metric. It fires after Outcome.After of load; with
// AbortFlag that stops the job.
type SLARule struct {
	Metric, Aggregation, Condition string
	Value                          float64
	For                            string
	AbortFlag                      bool
}

// Outcome is what a job of a scenario comes to.
type Outcome struct {
	// End is the last state of the job; 0 is JobAborted if the SLA rule has
	// AbortFlag, else JobFinished. A state that is not terminal is never left:
	// JobPending is a job that waits for ever. An undefined number is entered
	// after the preparation.
	End State
	// After is how much load runs until the SLA rule fires and until
	// JobAborted, JobAbortException or JobDeleted begins; 0 is half of it.
	After time.Duration
	// Preparation is the time from StartJob to the load; 0 is 6 s, as in the
	// vendor's sample (facts tencent-pts §4).
	Preparation time.Duration
	// Late is how much longer than planned a load lasts that nothing cuts short;
	// below 0 it is shorter. Whether a job keeps to its plan to the second is not
	// documented (UNVERIFIED; GracefulStopSeconds may come to it, facts
	// tencent-pts §7).
	Late time.Duration
	// Numbers of the whole planned load.
	Numbers Numbers
}

// Numbers are the results of a load that ran to its planned end; the rest of
// a report follows from them.
type Numbers struct {
	RequestsPerSecond float64 // average; 0 is no request at all
	ErrorPercent      float64 // 0 to 100
	P95               float64 // seconds
}

const defaultPreparation = 6 * time.Second

func (o Outcome) preparation() time.Duration {
	if o.Preparation > 0 {
		return o.Preparation
	}
	return defaultPreparation
}

func (c *Scenario) final() State {
	switch {
	case c.Outcome.End != 0:
		return c.Outcome.End
	case c.SLA != nil && c.SLA.AbortFlag:
		return JobAborted
	}
	return JobFinished
}

// plannedSeconds is Job.Duration: the sum of the stages (facts tencent-pts §3).
func (c *Scenario) plannedSeconds() int64 {
	if len(c.Stages) == 0 {
		switch {
		case c.Rate != nil:
			return max(c.Rate.DurationSeconds, 0)
		case c.Script != nil:
			return max(c.Script.DurationSeconds, 0)
		}
		return 0
	}
	total := int64(0)
	for _, stage := range c.Stages {
		total += max(stage.DurationSeconds, 0)
	}
	return total
}

// maxVirtualUsers is Job.MaxVirtualUserCount: the largest stage (facts
// tencent-pts §3). How many users a load by rate gets is not documented: one
// for five req/s.
func (c *Scenario) maxVirtualUsers() int64 {
	if len(c.Stages) == 0 && c.Rate != nil {
		return c.Rate.MaxRequestsPerSecond/5 + 1
	}
	most := int64(0)
	for _, stage := range c.Stages {
		most = max(most, stage.TargetVirtualUsers)
	}
	return most
}

// maxRate is Job.MaxRequestsPerSecond: the configured cap (facts tencent-pts §3).
func (c *Scenario) maxRate() int64 {
	if len(c.Stages) == 0 && c.Rate != nil {
		return c.Rate.MaxRequestsPerSecond
	}
	return c.MaxRequestsPerSecond
}

// AddProject adds a project, or renames the one with this id.
func (s *Service) AddProject(id, name string) {
	if p := s.project(id); p != nil {
		p.name = name
		return
	}
	s.projects = append(s.projects, &project{id: id, name: name})
}

// AddScenario adds a scenario, or replaces the one with its ID; jobs already
// begun keep the old one. A project that does not exist yet is added.
func (s *Service) AddScenario(c Scenario) {
	if c.ProjectID == "" {
		c.ProjectID = ProjectDemo
	}
	if c.Name == "" {
		c.Name = c.ID
	}
	if c.Type == "" {
		c.Type = "pts-js"
	}
	if s.project(c.ProjectID) == nil {
		s.AddProject(c.ProjectID, c.ProjectID)
	}
	for i, old := range s.scenarios {
		if old.ID == c.ID {
			c.number = old.number
			s.scenarios[i] = &c
			return
		}
	}
	c.number = len(s.scenarios) + 1
	s.scenarios = append(s.scenarios, &c)
}

func (s *Service) project(id string) *project {
	for _, p := range s.projects {
		if p.id == id {
			return p
		}
	}
	return nil
}

func (s *Service) scenario(id string) *Scenario {
	for _, c := range s.scenarios {
		if c.ID == id {
			return c
		}
	}
	return nil
}

func (s *Service) world() {
	s.projects = []*project{{id: ProjectDemo, name: "Demo", description: "Load tests to try things with."}}

	minute := []Stage{{10, 100}, {50, 100}}
	healthy := Numbers{RequestsPerSecond: 480, ErrorPercent: 0.4, P95: 0.22}

	for _, c := range []Scenario{
		{
			ID: ScenarioDemo, Name: "demo", Description: "A healthy load test of one minute.",
			Stages: minute, MaxRequestsPerSecond: 1000,
			Outcome: Outcome{Numbers: healthy},
		},
		{
			ID: ScenarioFailing, Name: "failing", Description: "Many errors: an SLA rule stops the run.",
			Stages: minute, MaxRequestsPerSecond: 1000,
			SLA: &SLARule{
				Metric: "pts_engine_req_total", Aggregation: "ErrorPercentage",
				Condition: ">", Value: 5, For: "10s", AbortFlag: true,
			},
			Outcome: Outcome{
				After:   20 * time.Second,
				Numbers: Numbers{RequestsPerSecond: 410, ErrorPercent: 12, P95: 0.48},
			},
		},
		{
			ID: ScenarioPrepareFails, Name: "prepare-fails", Description: "The script cannot be loaded.",
			Stages:  minute,
			Outcome: Outcome{End: JobPrepareException, Numbers: healthy},
		},
		{
			ID: ScenarioNoLoad, Name: "no-load", Description: "No stage is configured.",
		},
		{
			ID: ScenarioSlow, Name: "slow", Description: "Finishes, but answers slowly.",
			Stages: minute, MaxRequestsPerSecond: 1000,
			SLA: &SLARule{
				Metric: "pts_engine_req_duration_seconds", Aggregation: "P95",
				Condition: ">", Value: 0.5, For: "10s",
			},
			Outcome: Outcome{Numbers: Numbers{RequestsPerSecond: 190, ErrorPercent: 0.6, P95: 0.9}},
		},
		{
			ID: ScenarioShort, Name: "short", Description: "A healthy load test of five seconds.",
			Stages: []Stage{{1, 20}, {4, 20}},
			Outcome: Outcome{
				Preparation: time.Second,
				Numbers:     Numbers{RequestsPerSecond: 100, ErrorPercent: 0.4, P95: 0.22},
			},
		},
		{
			ID: ScenarioRPS, Name: "rps", Description: "A healthy load test by request rate.", Type: "pts-http",
			Rate:    &Rate{StartRequestsPerSecond: 50, MaxRequestsPerSecond: 400, DurationSeconds: 60},
			Outcome: Outcome{Numbers: Numbers{RequestsPerSecond: 240, ErrorPercent: 0.2, P95: 0.18}},
		},
		{
			ID: ScenarioEmpty, Name: "empty", Description: "Finishes without a request.",
			Stages: []Stage{{10, 10}},
		},
		{
			ID: ScenarioNoGenerators, Name: "no-generators", Description: "No generator is free.",
			Stages:  minute,
			Outcome: Outcome{End: JobSelectClusterException, Numbers: healthy},
		},
		{
			ID: ScenarioStuck, Name: "stuck", Description: "Waits in the queue for ever.",
			Stages:  minute,
			Outcome: Outcome{End: JobPending, Numbers: healthy},
		},
	} {
		s.AddScenario(c)
	}
}
