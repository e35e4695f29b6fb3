package tencentpts

// This file declares what a user may write of a load test.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/field"
)

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

// Example are inputs of a step, for its page.
const Example = `project_id: project-demo
scenario_id: scenario-demo
note: release candidate
`

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

// owner defaults to who started the workflow; JobOwner may not be empty.
func owner(given string, getenv func(string) string) string {
	for _, name := range []string{given, getenv("GITHUB_ACTOR"), getenv("USER")} {
		if name != "" {
			return name
		}
	}
	return "cloudjob"
}
