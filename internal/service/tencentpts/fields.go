// Package tencentpts starts load tests of Tencent Cloud Performance Testing
// Service (PTS, API 2021-07-28).
package tencentpts

import (
	"cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Name is the provider's name.
const Name = "tencent-pts"

// Spec is what a user asks of PTS: one run of each scenario (document 000).
type Spec struct {
	target    tencent.Target
	projectID string
	scenarios []string
	jobOwner  string
	debug     *bool
	note      string
	mode      string
	jobID     string
}

// New returns a spec with its defaults.
func New() *Spec { return &Spec{} }

// Fields declares what a user may write.
func (s *Spec) Fields() field.Set {
	id := field.Rule{Max: 128, Pattern: `[0-9A-Za-z_-]+`, Says: "an id such as scenario-1a2b3c4d"}
	return field.Set{
		field.RuledText("project_id", &s.projectID,
			field.Rule{Max: 128, Pattern: `[0-9A-Za-z_-]+`, Says: "a PTS project id such as project-1a2b3c4d"},
			"PTS project that the scenarios belong to (ProjectId).").Require(),
		field.UniqueTexts("scenario_id", &s.scenarios, id,
			"Scenario to run (ScenarioId), or several: each becomes a job of its own.").Require().Apart(), // each service names its own
		field.Text("job_owner", &s.jobOwner,
			"Who started the job, as shown in the console (JobOwner).").Or("the GitHub actor").Apart(), // whoever starts it, it is the same
		field.Bool("debug", &s.debug, "Run in debug mode, which is short and not billed (Debug)."),
		field.Text("note", &s.note, "Free text kept with the job (Note)."),
		cloud.ModeField(&s.mode),
		field.RuledText("job_id", &s.jobID, field.Rule{Max: 128, Pattern: `[0-9A-Za-z_-]+`, Says: "an id such as job-1a2b3c4d"},
			"Run of the scenario that there is already (JobId), to follow or to stop instead of starting one.").Apart(),
		s.target.RegionField("Region header of the call. PTS needs none."),
		s.target.EndpointField(),
		s.target.SiteField(tencent.International), // document 000 names the international host
	}
}

// Check complains of what only several inputs together show.
func (s *Spec) Check(at *field.At) {
	if cloud.SettleMode(at, &s.mode, "job_id", "job_owner", "debug", "note") && len(s.scenarios) > 1 {
		at.ProblemAt("scenario_id", "job_id is one run, of one scenario; give that")
	}
}

// Open makes one service for each scenario.
func (s *Spec) Open(env cloud.Env) ([]engine.Service, error) {
	account, err := tencent.Open(env, s.target, "pts")
	services := make([]engine.Service, len(s.scenarios))
	for i, scenario := range s.scenarios {
		if s.Mode() != cloud.ModeStart {
			there := engine.Existing{Of: Name, Name: named(scenario), Ref: job.Ref{ID: s.jobID, In: scope(s.projectID, scenario)}, Ends: s.mode == cloud.ModeStop}
			services[i] = there.Service(follower{account})
			continue
		}
		services[i] = &service{follower: follower{account}, spec: s, scenario: scenario, owner: owner(s.jobOwner, env.Getenv)}
	}
	return services, err
}

// Mode is what is done with the job.
func (s *Spec) Mode() string { return cmp.Or(s.mode, cloud.ModeStart) }

// Target is where the jobs are found again.
func (s *Spec) Target() string { return cloud.TargetText(s.target) }

// Reopen makes a follower of jobs that another process started.
func Reopen(env cloud.Env, target string) (engine.Follower, error) {
	t, err := tencent.ReadTarget(env, target)
	if err != nil {
		return nil, err
	}
	account, err := tencent.Open(env, t, "pts")
	return follower{account}, err
}

// owner defaults to who started the workflow; JobOwner may not be empty.
func owner(given string, getenv func(string) string) string {
	for _, name := range []string{given, getenv("GITHUB_ACTOR"), getenv("USER")} {
		if name != "" {
			return name
		}
	}
	return "cloudjob"
}
