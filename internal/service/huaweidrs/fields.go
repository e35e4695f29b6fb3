package huaweidrs

// This file declares what a user may write of tasks, and complains of what
// cannot be.

import (
	"strconv"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

// Spec is what a user asks of DRS: tasks to start in one call (document 001).
type Spec struct {
	target    huawei.Target
	jobIDs    []string
	startTime string
	jobs      []task
	language  string
	mode      string
}

// task is one replication task and how it is to be started.
type task struct {
	jobID             string
	startTime         string // epoch milliseconds, or empty for now
	onlyInitTask      *bool
	autoCreateCompare *bool
}

// Example are inputs of a step, for its page.
const Example = `project_id: 0123456789abcdef0123456789abcdef
region: cn-north-4
job_ids: |
  9a470239-2308-4bb5-a6bc-1040402fjb21
  dbb8127c-b093-4b94-b764-7161e151jb2s
`

// New returns a spec with its defaults.
func New() *Spec { return &Spec{language: english} }

const (
	english = "en-us"
	chinese = "zh-cn"
)

// Fields declares what a user may write.
func (s *Spec) Fields() field.Set {
	return append(s.target.Fields(regions()),
		field.UniqueTexts("job_ids", &s.jobIDs, jobID(), "Replication tasks to start (job_id of each). A paused one is resumed. Exactly one of job_ids and jobs."),
		timeField("start_time", &s.startTime, "When all of job_ids start; a paused one cannot be given a time. Without it they start now."),
		field.Objects("jobs", &s.jobs, "Replication tasks, each with its own settings (jobs). Exactly one of job_ids and jobs.", taskFields, nil),
		cloud.ModeField(&s.mode),
		field.Choice("language", &s.language, "Language of the service's messages (X-Language).", english, chinese, "EN-US", "ZH-CN").Or(english).Apart(),
	)
}

// jobID is the shape of a task's id: like a UUID, but with other letters
// (facts huawei-drs §1), so only its characters are checked.
func jobID() field.Rule {
	return field.Rule{Max: 64, Pattern: `[0-9A-Za-z-]+`, Says: "a task id such as 9a470239-2308-4bb5-a6bc-1040402fjb21"}
}

func taskFields(t *task) field.Set {
	return field.Set{
		field.RuledText("job_id", &t.jobID, jobID(), "Replication task to start. A paused one is resumed.").Require(),
		timeField("start_time", &t.startTime, "When it starts. Without it, now."),
		field.Bool("is_only_init_task", &t.onlyInitTask, "Only initialise the task; for tenants on a list of the vendor's."),
		field.Bool("is_auto_create_compare", &t.autoCreateCompare, "Create a comparison task at the end.").Or("true"),
	}
}

// timeField takes both spellings of a time and keeps epoch milliseconds.
func timeField(name string, dst *string, doc string) *field.Field {
	return field.Text(name, dst, doc+" Epoch milliseconds such as 1893456000000, or a time such as 2030-01-01T00:00:00Z.").
		Then(func(at *field.At) {
			t, ok := parseTime(*dst)
			switch {
			case !ok:
				at.Problem("must be epoch milliseconds (13 digits) or a time such as 2030-01-01T00:00:00Z, not %s", field.Quote(*dst))
			case t.Before(time.Now()):
				at.Problem("is in the past (%s); leave it out to start now", t.UTC().Format(time.RFC3339))
			default:
				*dst = strconv.FormatInt(t.UnixMilli(), 10)
				at.Begins(t)
			}
		})
}

func parseTime(s string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		// 13 digits are milliseconds from the year 2001 to 2286; 10 would be seconds, which the service would take for 1970.
		return time.UnixMilli(ms), len(s) == 13
	}
	t, err := time.Parse(time.RFC3339, s)
	return t, err == nil
}

// Check complains of what only several inputs together show.
func (s *Spec) Check(at *field.At) {
	s.target.Check(at)
	if s.Mode() != cloud.ModeStart { // a task has its id before it is started
		cloud.SettleMode(at, &s.mode, "job_ids", "jobs", "start_time")
		return
	}
	at.ExactlyOne("job_ids", "jobs")
	if at.Has("jobs") && at.Has("start_time") {
		at.ProblemAt("start_time", "start_time goes with job_ids; inside jobs each entry has its own")
	}
	seen := map[string]bool{}
	for _, t := range s.jobs {
		if seen[t.jobID] && t.jobID != "" {
			at.ProblemAt("jobs", "jobs names %q twice; a job_id must be unique", t.jobID)
		}
		seen[t.jobID] = true
	}
}

// NoRivals says why nobody can run the same: DRS starts a task that is configured
// or paused, and no other (facts huawei-drs §4, §6).
func (s *Spec) NoRivals() string {
	return "a replication task is the only run of itself: DRS refuses the start of one that runs, and takes none of one that has ended"
}

// regions are those of the vendor's SDK v0.1.207 and of facts huawei-drs §1.
func regions() []string {
	return []string{
		"cn-north-1", "cn-north-2", "cn-north-4", "cn-north-9", "cn-north-11", "cn-north-12",
		"cn-east-2", "cn-east-3", "cn-east-4", "cn-east-5", "cn-south-1", "cn-south-2", "cn-south-4",
		"cn-southwest-2", "cn-southwest-3",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
		"af-south-1", "af-north-1", "sa-brazil-1", "la-south-2", "la-north-2", "na-mexico-1",
		"tr-west-1", "ae-ad-1", "me-east-1", "eu-west-0", "eu-west-101", "my-kualalumpur-1", "ru-moscow-1", "ru-northwest-2",
	}
}
