// Package catalog is the one list of services. A sixth service is its folder
// and one entry here.
package catalog

import (
	"strings"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/service/huaweicpts"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	"cloudjob/internal/service/huaweidataarts"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/huaweidrs"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/tencentbatch"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
	"cloudjob/internal/service/tencentpts"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// Spec is what a user asks of one provider.
type Spec interface {
	// Fields binds what a user may write to the spec.
	Fields() field.Set
	// Check complains of what only several fields together show, after all
	// were decoded.
	Check(*field.At)
	// Mode is what is done with the jobs: cloud.ModeStart, or what is done with
	// some that are there.
	Mode() string
	// Target tells Reopen where the jobs are, in a form that another process
	// can keep.
	Target() string
	// Open makes the services that start what was asked. They are returned,
	// to be named, even if the error, a *job.Error, says that there is no
	// login.
	Open(cloud.Env) ([]engine.Service, error)
}

// Alone is a Spec that may be of something of which others can run no second, or
// none that could be told.
type Alone interface {
	// NoRivals says why, or is empty.
	NoRivals() string
}

// Searcher is a Spec of a service that keeps marks, so that the jobs of all steps
// can be found.
type Searcher interface {
	Spec

	// Where are the fields that say where to look, and what checks them; the
	// check may be nil.
	Where() (names []string, check func(*field.At))

	// Search opens what finds them there.
	Search(cloud.Env) (engine.Marks, error)
}

// Provider is one service as its users know it.
type Provider struct {
	Name      string // the value of the input provider
	Title     string // the vendor's name for it
	Cloud     string // the vendor's, which logins are to
	Starts    string // what is started, for people
	API       string // the call or calls, and the API's version
	Example   string // inputs of a step, in YAML
	Variables []string
	New       func() Spec
	Reopen    func(env cloud.Env, target string) (engine.Follower, error)
	Metrics   func() []job.Metric // what gates can be put on
	Calls     func() []cloud.Call
	States    func() []job.Status // the cloud's words, with what they are to us, and maybe of what
	Codes     func() []cloud.Code // the service's own
	Facts     func() []cloud.Fact // that a recorded call can tell
	Emulate   func(emu.Clock) emu.Half
	Measures  func() []job.Measure // what of a start can be told before it, and bounded; nil: nothing

	// What only some have.
	Sizeless string                                 // why nothing of a start can be told before it; of those without Measures
	Foretold bool                                   // the measures are in what the user asks for: no call is needed for them
	IDOutput string                                 // the output that has a job's id beside job_id; may be empty
	Rule     func(gate.Gate) (rule string, ok bool) // a rule of the service's own that watches for the same as a gate; nil: it has none
}

// Content is what a service of a spec starts, for its mark: where, what, and
// how. Services of one spec differ by what they name.
func (p Provider) Content(s Spec, service engine.Service) string {
	return strings.Join(append([]string{p.Name, s.Target(), s.Fields().Content()}, service.What()...), "\n")
}

// Providers lists them all, in the order of the documentation.
func Providers() []Provider {
	return []Provider{
		{
			Name: tencentpts.Name, Cloud: tencentCloud, Title: "Tencent Cloud Performance Testing Service (PTS)",
			Starts: "a load test: one run of a scenario, or of each of several", API: "StartJob, API 2021-07-28",
			Variables: tencent.Variables(), New: func() Spec { return tencentpts.New() }, Reopen: tencentpts.Reopen, Metrics: tencentpts.Metrics, Calls: tencentpts.Calls, States: tencentpts.States, Codes: tencentpts.Codes, Facts: tencentpts.Facts, Measures: tencentpts.Measures, Example: tencentpts.Example,
			Emulate: func(c emu.Clock) emu.Half { return ptsemu.New(c).Half() },
			Rule:    tencentpts.Rule,
		},
		{
			Name: tencentbatch.Name, Cloud: tencentCloud, Title: "Tencent Cloud Batch",
			Starts: "a batch job of one or more tasks, which Batch parses and runs after it has accepted it", API: "SubmitJob, API 2017-03-12",
			Variables: tencent.Variables(), New: func() Spec { return tencentbatch.New() }, Reopen: tencentbatch.Reopen, Metrics: tencentbatch.Metrics, Calls: tencentbatch.Calls, States: tencentbatch.States, Codes: tencentbatch.Codes, Facts: tencentbatch.Facts, Measures: tencentbatch.Measures, Example: tencentbatch.Example,
			Emulate:  func(c emu.Clock) emu.Half { return batchemu.New(c).Half() },
			Foretold: true,
		},
		{
			Name: huaweidrs.Name, Cloud: huaweiCloud, Title: "Huawei Cloud Data Replication Service (DRS)",
			Starts: "data replication tasks, all in one call", API: "batch-starting, API v3",
			Variables: huawei.Variables(), New: func() Spec { return huaweidrs.New() }, Reopen: huaweidrs.Reopen, Metrics: huaweidrs.Metrics, Calls: huaweidrs.Calls, States: huaweidrs.States, Codes: huaweidrs.Codes, Facts: huaweidrs.Facts, Example: huaweidrs.Example,
			Emulate:  func(c emu.Clock) emu.Half { return drsemu.New(c).Half() },
			Sizeless: "nothing bounds how long a replication task runs, or how much it copies",
		},
		{
			Name: huaweicpts.Name, Cloud: huaweiCloud, Title: "Huawei Cloud CodeArts PerfTest (CPTS)",
			Starts: "a performance test task: created from cases and started, or an existing one started", API: "tasks, API v3; batch-update-task-status, API v1",
			Variables: huawei.Variables(), New: func() Spec { return huaweicpts.New() }, Reopen: huaweicpts.Reopen, Metrics: huaweicpts.Metrics, Calls: huaweicpts.Calls, States: huaweicpts.States, Codes: huaweicpts.Codes, Facts: huaweicpts.Facts, Measures: huaweicpts.Measures, Example: huaweicpts.Example,
			Emulate:  func(c emu.Clock) emu.Half { return cptsemu.New(c).Half() },
			IDOutput: "task_id",
		},
		{
			Name: huaweidataarts.Name, Cloud: huaweiCloud, Title: "Huawei Cloud DataArts Studio (DataArts Factory)",
			Starts: "a DataArts Factory job: its schedule, or one run now", API: "jobs/start and jobs/run-immediate, API v1",
			Variables: huawei.Variables(), New: func() Spec { return huaweidataarts.New() }, Reopen: huaweidataarts.Reopen, Metrics: huaweidataarts.Metrics, Calls: huaweidataarts.Calls, States: huaweidataarts.States, Codes: huaweidataarts.Codes, Facts: huaweidataarts.Facts, Example: huaweidataarts.Example,
			Emulate:  func(c emu.Clock) emu.Half { return dataartsemu.New(c).Half() },
			Sizeless: "the definition of a DataArts job does not tell how much it runs, or how long",
		},
	}
}

// Cloud is what the services of one vendor share.
type Cloud struct {
	Name  string
	Codes []cloud.Code
}

// Clouds lists the vendors, in the order of the documentation.
func Clouds() []Cloud {
	return []Cloud{{tencentCloud, tencent.Codes()}, {huaweiCloud, huawei.Codes()}}
}

// Names lists the providers' names.
func Names() []string {
	var names []string
	for _, p := range Providers() {
		names = append(names, p.Name)
	}
	return names
}

// Find returns the provider of a name.
func Find(name string) (Provider, bool) {
	for _, p := range Providers() {
		if p.Name == name {
			return p, true
		}
	}
	return Provider{}, false
}
