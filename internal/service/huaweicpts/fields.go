package huaweicpts

// This file declares what a user may write of a task, and complains of what
// cannot be.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

// Spec is what a user asks of PerfTest: a task made of cases and started
// (document 003), or an existing task started.
type Spec struct {
	target              huawei.Target
	testProjectID       *int64
	name                string
	parallel            *bool
	enableFullLink      *bool
	operateMode         *int64
	caseIDs             []int64
	taskID              *int64
	start               *bool
	clusterID           *int64
	clusterType         string
	enterpriseProjectID string
	mode                string
	runID               *int64
}

const (
	sharedCluster  = "shared-cluster-internet"
	privateCluster = "private-cluster"
)

// Example are inputs of a step, for its page.
const Example = `project_id: 0123456789abcdef0123456789abcdef
region: cn-north-4
test_project_id: 393862
name: task
parallel: false
enable_full_link: true
case_ids: 449269, 449270
`

// New returns a spec with its defaults.
func New() *Spec { return &Spec{clusterType: sharedCluster} }

// Fields declares what a user may write.
func (s *Spec) Fields() field.Set {
	return append(s.target.Fields(regions()),
		field.Int("test_project_id", &s.testProjectID, field.NotNegative(),
			"PerfTest test project: the integer that the request's body calls project_id.").Require(),
		field.Text("name", &s.name, "Name of the task to create (name). Needed without task_id. In a plan also what the job is called, and with task_id only that."),
		field.Bool("parallel", &s.parallel, "Whether the cases run at the same time (parallel). Needed without task_id."),
		field.Bool("enable_full_link", &s.enableFullLink, "Whether this is a full-link pressure test (enable_full_link)."),
		field.Int("operate_mode", &s.operateMode,
			field.Range{Min: 2, Max: 2, Why: "the document fixes it, and the cases themselves say whether they run by duration (0), by count (1) or both"},
			"Always 2 (operate_mode): the document keeps the parameter for old clients only.").Or("2"),
		field.Ints("case_ids", &s.caseIDs, field.NotNegative(), "Cases of the task to create (case_id_list). Exactly one of case_ids and task_id."),
		field.Int("task_id", &s.taskID, field.NotNegative(), "Existing task to start. Exactly one of case_ids and task_id."),
		field.Bool("start", &s.start, "Whether the task is started; false only creates it.").Or("true"),
		field.Int("cluster_id", &s.clusterID, field.Range{Min: -1, Max: 1<<31 - 1}, "Resource group that runs it (cluster_id): 0 with the shared group. The id of a private one needs cluster_type: private-cluster as well.").Or("0"),
		field.Choice("cluster_type", &s.clusterType, "Kind of resource group (cluster_type).", sharedCluster, privateCluster).Or(sharedCluster),
		cloud.ModeField(&s.mode),
		field.Int("run_id", &s.runID, field.NotNegative(), "Run of task_id that there is already (task_run_id), to follow or to stop instead of starting one.").Apart(),
		field.Text("enterprise_project_id", &s.enterpriseProjectID, "Enterprise project (enterprise_project_id); 0 is the default one."),
	)
}

// Check complains of what only several inputs together show.
func (s *Spec) Check(at *field.At) {
	s.target.Check(at)
	if cloud.SettleMode(at, &s.mode, "run_id", "parallel", "enable_full_link", "operate_mode", "case_ids", "start", "cluster_id", "cluster_type", "enterprise_project_id") {
		if !at.Has("task_id") {
			at.ProblemAt("task_id", "task_id is required with run_id: the task that it is a run of")
		}
		return
	}
	s.checkCluster(at)
	if at.Has("task_id") {
		for _, name := range []string{"name", "parallel", "enable_full_link", "operate_mode", "case_ids"} {
			if at.Has(name) && !(name == "name" && at.InFile()) {
				at.ProblemAt(name, "%s describes a task to create, but task_id starts an existing one; give one or the other", name)
			}
		}
		if s.start != nil && !*s.start {
			at.ProblemAt("start", "start: false with task_id leaves nothing to do")
		}
		return
	}
	for _, name := range []string{"name", "parallel", "case_ids"} {
		if !at.Has(name) {
			at.ProblemAt(name, "%s is required to create a task; task_id would start an existing one", name)
		}
	}
}

// NoRivals says why what others run of the same cannot be told, if so.
func (s *Spec) NoRivals() string {
	if s.start != nil && !*s.start {
		return "start: false starts nothing"
	}
	return ""
}

// checkCluster: the shared group is 0, and a private one has an id (facts
// huawei-cpts §4.1). An id without its type would run on the shared group, and
// be paid for there.
func (s *Spec) checkCluster(at *field.At) {
	if at.Bad("cluster_type") || at.Bad("cluster_id") {
		return
	}
	private, id := s.clusterType == privateCluster, int64(0)
	if s.clusterID != nil {
		id = *s.clusterID
	}
	switch {
	case private && !at.Has("cluster_id"):
		at.ProblemAt("cluster_id", "cluster_id is required with cluster_type: %s", privateCluster)
	case private && id <= 0:
		at.ProblemAt("cluster_id", "cluster_id must be the id of a private resource group with cluster_type: %s, not %d", privateCluster, id)
	case !private && id > 0:
		at.ProblemAt("cluster_id", "cluster_id %d names a private resource group, but the task would run on the shared one; add cluster_type: %s, or leave cluster_id out", id, privateCluster)
	}
}

// regions are those of the vendor's SDK v0.1.207.
func regions() []string {
	return []string{
		"cn-north-1", "cn-north-4", "cn-south-1", "cn-east-2", "cn-east-3", "cn-southwest-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "af-south-1", "la-south-2", "sa-brazil-1",
	}
}
