package batchemu

import (
	"html"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

type describeJobReply struct {
	JobId               string
	JobName             string
	Zone                string
	Priority            int64
	JobState            string
	StateReason         string
	NextAction          *string
	CreateTime          string
	EndTime             *string
	TaskSet             []taskView
	DependenceSet       []dependence
	TaskMetrics         metrics
	TaskInstanceMetrics metrics
	Tags                []tag // null if there are none
}

type taskView struct {
	TaskName   string
	TaskState  string
	CreateTime string
	EndTime    *string
}

// describeJob is DescribeJob (facts tencent-batch §3).
func (s *Service) describeJob(region string, b body) (any, *emu.Error) {
	j, err := s.job(region, b, "ResourceNotFound.Job")
	if err != nil {
		return nil, err
	}
	r := describeJobReply{
		JobId:               j.id,
		JobName:             j.spec.JobName,
		Zone:                j.placement.Zone,
		Priority:            j.spec.Priority,
		JobState:            j.shown(),
		StateReason:         j.reason(),
		NextAction:          s.nextAction(j),
		CreateTime:          utc(j.created),
		EndTime:             s.endTime(j.end(), j.created),
		TaskSet:             []taskView{},
		DependenceSet:       append([]dependence{}, j.spec.Dependences...),
		TaskMetrics:         j.taskMetrics(),
		TaskInstanceMetrics: j.instanceMetrics(),
		Tags:                j.spec.Tags,
	}
	for _, t := range j.tasks {
		r.TaskSet = append(r.TaskSet, taskView{t.spec.TaskName, t.state(), utc(j.created), s.endTime(t.end(), j.created)})
	}
	return r, nil
}

// reason is why the job failed, empty otherwise.
func (j *job) reason() string {
	state := j.state()
	if state != Failed && state != FailedInterrupted {
		return ""
	}
	for _, k := range j.order {
		for _, in := range j.tasks[k].instances {
			if in.state == Failed || in.state == FailedInterrupted {
				return "task " + j.tasks[k].spec.TaskName + ": " + in.reason
			}
		}
	}
	return ""
}

// nextAction is TERMINATING while a terminate of the job is under way.
func (s *Service) nextAction(j *job) *string {
	action := ""
	if j.isTerminating() {
		action = "TERMINATING"
	} else if s.Switches.NextActionNull {
		return nil
	}
	return &action
}

// endTime is the time of an end, or what is shown while there is none.
func (s *Service) endTime(end, created time.Time) *string {
	shown := ""
	switch {
	case s.Switches.EndTimeNull:
		return nil
	case !end.IsZero():
		shown = utc(end)
	case s.Switches.EndTimeEarly:
		shown = utc(created)
	case !s.Switches.EndTimeEmpty:
		return nil
	}
	return &shown
}

// utc writes a time as facts tencent-batch §1 says.
func utc(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// utcOrNull writes a time that may not have come yet.
func utcOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	shown := utc(t)
	return &shown
}

// jobsParams is what DescribeJobs accepts (facts tencent-batch §3). How many
// JobIds it takes is not documented; 100 is the limit of its sister
// DescribeComputeEnvs.
func jobsParams() shape {
	return shape{
		texts("JobIds").atMost(100),
		filterParam(),
		aNumber("Offset"),
		aNumber("Limit").upTo(100, badValue),
	}
}

func filterParam() param {
	return objectsOf("Filters", aText("Name").required(), texts("Values").required())
}

type filter struct {
	Name   string
	Values []string
}

type page struct{ Offset, Limit *int64 }

// of is the page's part of n things: from and to.
func (p page) of(n int, limit int64) (from, to int) {
	if p.Limit != nil {
		limit = *p.Limit
	}
	var offset int64
	if p.Offset != nil {
		offset = *p.Offset
	}
	offset = min(offset, int64(n))
	return int(offset), int(min(offset+limit, int64(n)))
}

type describeJobsReply struct {
	JobSet     []jobView
	TotalCount int
}

type jobView struct {
	JobId       string
	JobName     string
	JobState    string
	Priority    int64
	Placement   placement
	CreateTime  string
	EndTime     *string
	TaskMetrics metrics
	Tags        []tag
}

// describeJobs is DescribeJobs (facts tencent-batch §3). The newest job comes
// first, as in CLI:ex.
func (s *Service) describeJobs(region string, b body) (any, *emu.Error) {
	var q struct {
		JobIds  []string
		Filters []filter
		page
	}
	b.decode(&q)
	if len(q.JobIds) > 0 && len(q.Filters) > 0 {
		return nil, refuse(badCombination, "JobIds and Filters exclude each other.")
	}
	if err := s.checkJobIDs(region, q.JobIds); err != nil {
		return nil, err
	}
	for _, f := range q.Filters {
		if !isJobFilter(f.Name) {
			return nil, refuse("InvalidFilter", "There is no filter %q.", f.Name)
		}
	}
	var found []*job
	for _, j := range slices.Backward(s.jobs) {
		if j.region != region || j.deleted || s.age(j) < max(s.Switches.UnlistedFor, s.Switches.HiddenFor) {
			continue
		}
		j.advance(s.now())
		if (len(q.JobIds) == 0 || slices.Contains(q.JobIds, j.id)) && j.passes(q.Filters) {
			found = append(found, j)
		}
	}
	r := describeJobsReply{JobSet: []jobView{}, TotalCount: len(found)}
	from, to := q.of(len(found), 20)
	for _, j := range found[from:to] {
		r.JobSet = append(r.JobSet, s.view(j))
	}
	return r, nil
}

func (s *Service) checkJobIDs(region string, ids []string) *emu.Error {
	for _, id := range ids {
		if !isID(id, "job-") {
			return refuse("InvalidParameter.JobIdMalformed", "%q is no job id.", id)
		}
		if s.Switches.UnknownIDsRefused && s.find(region, id) == nil {
			return refuse("ResourceNotFound.Job", "There is no job %s in %s.", id, region)
		}
	}
	return nil
}

func isJobFilter(name string) bool {
	switch name {
	case "job-id", "job-name", "job-state", "zone", "tag-key", "tag-value":
		return true
	}
	key, ok := strings.CutPrefix(name, "tag:")
	return ok && key != ""
}

// passes tells whether all filters accept the job; of a filter's values one is
// enough.
func (j *job) passes(filters []filter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(j.filterable(f.Name), func(v string) bool { return slices.Contains(f.Values, v) }) {
			return false
		}
	}
	return true
}

// filterable is what the filter of this name looks at.
func (j *job) filterable(name string) (values []string) {
	switch name {
	case "job-id":
		return []string{j.id}
	case "job-name":
		return []string{j.spec.JobName}
	case "job-state":
		return []string{j.shown()}
	case "zone":
		return []string{j.placement.Zone}
	}
	for _, t := range j.spec.Tags {
		switch name {
		case "tag-key":
			values = append(values, t.Key)
		case "tag-value", "tag:" + t.Key:
			values = append(values, t.Value)
		}
	}
	return values
}

func (s *Service) view(j *job) jobView {
	p := j.placement
	if p.HostIds == nil {
		p.HostIds = []string{}
	}
	if p.DedicatedResourcePackIds == nil {
		p.DedicatedResourcePackIds = []string{}
	}
	return jobView{
		JobId:       j.id,
		JobName:     j.spec.JobName,
		JobState:    j.shown(),
		Priority:    j.spec.Priority,
		Placement:   p,
		CreateTime:  utc(j.created),
		EndTime:     s.endTime(j.end(), j.created),
		TaskMetrics: j.taskMetrics(),
		Tags:        j.spec.Tags,
	}
}

type submitInfoReply struct {
	JobId          string
	JobName        string
	JobDescription string
	Priority       int64
	Tasks          []map[string]any
	Dependences    []dependence
	Tags           []tag
}

// describeJobSubmitInfo is DescribeJobSubmitInfo (facts tencent-batch §5): the
// tasks as they were sent, with the defaults that CLI:ex shows.
func (s *Service) describeJobSubmitInfo(region string, b body) (any, *emu.Error) {
	j, err := s.job(region, b, "ResourceNotFound.Job")
	if err != nil {
		return nil, err
	}
	r := submitInfoReply{
		JobId:          j.id,
		JobName:        j.spec.JobName,
		JobDescription: j.spec.JobDescription,
		Priority:       j.spec.Priority,
		Tasks:          []map[string]any{},
		Dependences:    append([]dependence{}, j.spec.Dependences...),
		Tags:           j.spec.Tags,
	}
	sent, _ := emu.List(j.submitted, "Tasks")
	for i, v := range sent {
		o, _ := v.(map[string]any)
		r.Tasks = append(r.Tasks, s.submitInfo(o, &j.tasks[i].spec))
	}
	return r, nil
}

func (s *Service) submitInfo(sent map[string]any, spec *taskSpec) map[string]any {
	info := map[string]any{"TaskInstanceNum": 1, "MaxRetryCount": 0, "FailedAction": "TERMINATE"}
	maps.Copy(info, sent)
	info["TaskName"] = spec.TaskName
	if app, ok := emu.Object(sent, "Application"); ok && s.Switches.EscapedCommands {
		app = maps.Clone(app)
		if command, ok := emu.Text(app, "Command"); ok {
			app["Command"] = html.EscapeString(command)
		}
		info["Application"] = app
	}
	return info
}

// taskParams is what DescribeTask accepts (facts tencent-batch §5).
func taskParams() shape {
	return shape{
		aText("JobId").required(),
		aText("TaskName").required(),
		aNumber("Offset"),
		aNumber("Limit").upTo(1000, badValue),
		filterParam(),
	}
}

type describeTaskReply struct {
	JobId                  string
	TaskName               string
	TaskState              string
	CreateTime             string
	EndTime                *string
	TaskInstanceTotalCount int
	TaskInstanceMetrics    metrics
	TaskInstanceSet        []instanceView
}

type instanceView struct {
	TaskInstanceIndex     int
	TaskInstanceState     string
	ExitCode              *int
	StateReason           string
	StateDetailedReason   string
	ComputeNodeInstanceId *string // null unless it is on a machine (CLI:api)
	CreateTime            string
	LaunchTime            *string
	RunningTime           *string
	EndTime               *string
	RedirectInfo          redirect
}

// describeTask is DescribeTask (facts tencent-batch §5). It knows one code for
// what is not there. The instance with the highest index comes first, as in
// CLI:ex.
func (s *Service) describeTask(region string, b body) (any, *emu.Error) {
	const notFound = "ResourceNotFound.Task"
	j, err := s.job(region, b, notFound)
	if err != nil {
		return nil, err
	}
	var q struct {
		TaskName string
		Filters  []filter
		page
	}
	b.decode(&q)
	t := j.task(q.TaskName)
	if t == nil {
		return nil, refuse(notFound, "The job has no task %q.", q.TaskName)
	}
	if err := s.checkTaskFilters(q.Filters); err != nil {
		return nil, err
	}
	var found []int
	for i := range slices.Backward(t.instances) {
		if t.passes(i, q.Filters) {
			found = append(found, i)
		}
	}
	r := describeTaskReply{
		JobId:                  j.id,
		TaskName:               q.TaskName,
		TaskState:              t.state(),
		CreateTime:             utc(j.created),
		EndTime:                s.endTime(t.end(), j.created),
		TaskInstanceTotalCount: len(found),
		TaskInstanceMetrics:    t.metrics(),
		TaskInstanceSet:        []instanceView{},
	}
	from, to := q.of(len(found), 100)
	for _, i := range found[from:to] {
		r.TaskInstanceSet = append(r.TaskInstanceSet, s.instanceView(j, t, i))
	}
	return r, nil
}

func (s *Service) checkTaskFilters(filters []filter) *emu.Error {
	known := "task-instance-state"
	if s.Switches.InternationalFilter {
		known = "task-instance-type"
	}
	for _, f := range filters {
		if f.Name != known {
			return refuse("InvalidFilter", "There is no filter %q.", f.Name)
		}
	}
	return nil
}

func (t *task) passes(i int, filters []filter) bool {
	for _, f := range filters {
		if !slices.Contains(f.Values, t.instances[i].state) {
			return false
		}
	}
	return true
}

func (s *Service) instanceView(j *job, t *task, i int) instanceView {
	in := t.instances[i]
	v := instanceView{
		TaskInstanceIndex:   i,
		TaskInstanceState:   in.state,
		ExitCode:            in.exit,
		StateReason:         in.reason,
		StateDetailedReason: in.detail,
		CreateTime:          utc(j.created),
		LaunchTime:          utcOrNull(in.launched),
		RunningTime:         utcOrNull(in.started),
		EndTime:             s.endTime(in.ended, j.created),
		RedirectInfo:        t.redirected(j.id, i),
	}
	if s.Switches.ExitCodeNull {
		v.ExitCode = nil
	}
	if in.node != "" {
		v.ComputeNodeInstanceId = &in.node
	}
	return v
}

// redirected is where the logs of instance i go, with placeholders replaced
// and file names as in CLI:ex if none was given.
func (t *task) redirected(jobID string, i int) redirect {
	r := t.spec.RedirectInfo
	index := strconv.Itoa(i)
	fill := strings.NewReplacer("${BATCH_JOB_ID}", jobID, "${BATCH_TASK_NAME}", t.spec.TaskName,
		"${BATCH_TASK_INSTANCE_INDEX}", index)
	name := func(file, path, stream string) string {
		if file == "" && path != "" {
			file = stream + "." + jobID + "." + t.spec.TaskName + "." + index + ".log"
		}
		return fill.Replace(file)
	}
	r.StdoutRedirectFileName = name(r.StdoutRedirectFileName, r.StdoutRedirectPath, "stdout")
	r.StderrRedirectFileName = name(r.StderrRedirectFileName, r.StderrRedirectPath, "stderr")
	return r
}
