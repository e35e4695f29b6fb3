package huaweidataarts

// This file declares what a user may write of a job, and complains of what
// cannot be.

import (
	"strconv"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

// Spec is what a user asks of DataArts: a job's schedule started (document
// 004), or the job run once now.
type Spec struct {
	target    huawei.Target
	workspace string
	jobName   string
	params    []field.Pair
	run       string
	mode      string
	runID     *int64

	// Of a schedule only.
	startDate   *int64
	ignoreFirst *bool
}

// What is started, which is also the Kind of a job.Ref; a schedule turns out to
// be a stream if the job is a real-time one.
const (
	schedule = "schedule"
	once     = "once"
	stream   = "stream"
)

// Example are inputs of a step, for its page.
const Example = `project_id: 0123456789abcdef0123456789abcdef
region: cn-north-4
job_name: myJob
run: once
job_params: |
  day: "20301231"
`

// New returns a spec with its defaults.
func New() *Spec { return &Spec{run: schedule} }

// Fields declares what a user may write.
func (s *Spec) Fields() field.Set {
	return append(s.target.Fields(regions()),
		field.RuledText("workspace", &s.workspace,
			field.Rule{Max: 64, Pattern: `[0-9A-Za-z_-]+`, Says: "a workspace id, usually 32 hexadecimal digits"},
			"Workspace id (header workspace).").Or("the default workspace"),
		field.RuledText("job_name", &s.jobName,
			field.Rule{Max: 128, Pattern: `[0-9A-Za-z一-龥_.-]+`, Says: "made of letters, digits, Chinese characters, -, _ and ."},
			"Job to start (name).").Require(),
		field.Pairs("job_params", &s.params,
			field.Rule{Max: 64, Pattern: `[0-9A-Za-z_-]+`, Says: "made of letters, digits, - and _"},
			field.Rule{Max: 1024, Empty: true},
			"Parameters for this start (jobParams): a map, or a list of name, value and paramType. Names have at most 64 characters, values 1024.").
			Typed("paramType", "Whether the value is a variable or constants.", "variable", "constants").Hide(), // they may hold secrets
		cloud.ModeField(&s.mode),
		field.Int("run_id", &s.runID, field.NotNegative(), "Run of the job that there is already (instanceId), to follow or to stop instead of starting one.").Apart(),
		field.Int("start_date", &s.startDate, field.Range{Min: 20000101, Max: 20991231, Why: "a day is written as 20241030"},
			"Day from which the schedule starts, such as 20241030.").
			Then(func(at *field.At) {
				if _, err := time.Parse("20060102", strconv.FormatInt(*s.startDate, 10)); err != nil {
					at.Problem("must be a day that exists, written as 20241030, not %d", *s.startDate)
				}
			}),
		field.Bool("ignore_first_self_dep", &s.ignoreFirst,
			"true lets the first instance of the schedule run without the one before it that it depends on."),
		field.Choice("run", &s.run,
			"schedule starts the job's schedule, or the job itself if it is a real-time job; once runs a batch job now and names the instance.",
			schedule, once).Or(schedule),
	)
}

// Check complains of what only several inputs together show.
func (s *Spec) Check(at *field.At) {
	s.target.Check(at)
	if cloud.SettleMode(at, &s.mode, "run_id", "run", "job_params", "start_date", "ignore_first_self_dep") {
		return
	}
	if s.run == once {
		for _, name := range []string{"start_date", "ignore_first_self_dep"} { // the page of the run has neither
			if at.Has(name) && !at.Bad(name) {
				at.ProblemAt(name, "%s is of run: schedule; one run now has no start date and nothing before it; leave it out", name)
			}
		}
	}
}

// regions are those of the vendor's SDK v0.1.207.
func regions() []string {
	return []string{
		"cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11",
		"cn-east-2", "cn-east-3", "cn-east-4", "cn-south-1", "cn-southwest-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
		"af-south-1", "sa-brazil-1", "la-south-2", "la-north-2", "na-mexico-1", "tr-west-1", "me-east-1",
		"eu-west-101", "ae-ad-1", "my-kualalumpur-1", "ru-northwest-2", "ru-moscow-1",
	}
}
