// Package cptsemu is the Huawei Cloud CodeArts PerfTest (CPTS) half of the
// emulator: test projects, cases, tasks, and the runs and reports of tasks.
//
// It is written from docs/facts/huawei-cpts.md and its sources, whose labels
// (document 003, SDK, HWDOC) stand in the comments too, and which were read
// again where the page only sums a reply up.
package cptsemu

import (
	"net/http"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// The world a new Service holds. The project and the first two cases are those
// of document 003.
const (
	TestProject      = 393862 // holds every case and task below
	OtherTestProject = 393863 // holds nothing

	HealthyCase  = 449269 // 60 s, 50 users, p95 187.4 ms, no errors
	HealthyCase2 = 449270 // the same load on another system, p95 212.6 ms
	SlowCase     = 449271 // as HealthyCase with a p95 of 900 ms
	FailingCase  = 449272 // as HealthyCase with 20 % of the requests failing
	AbortingCase = 449273 // aborts abnormally 20 s into its 60 s

	ExistingTask = 184138 // a task nobody has started yet, with HealthyCase alone

	PrivateCluster = 1201 // the one private resource group
)

// Case is a test case and the script of what happens whenever it runs. The
// load belongs to the case: no call changes it at start (facts huawei-cpts §6.4).
type Case struct {
	ID           int // 0 takes the next free one
	Project      int // 0 is TestProject
	Name         string
	Lasts        time.Duration // how long it is to put load on; whole seconds
	Late         time.Duration // by how much it does so longer, below 0 shorter (that it may is UNVERIFIED)
	Users        int           // concurrency
	RPS          int           // requests per second, right or wrong
	P95          float64       // ms; the other response times follow from it
	ErrorPercent int           // of the requests

	AbortsAfter time.Duration // into its load; the run ends with status 3. 0 is never
	Reason      string        // what the report says of the abort

	PausesAfter time.Duration // into its load, if PausedFor is set
	PausedFor   time.Duration // run_status 1 for so long

	made time.Time
}

// Switches change what the service does. Each zero value is the most plausible
// behaviour; unless it says otherwise, the point is UNVERIFIED.
type Switches struct {
	// NotOpened is an account that never opened the service in the region: every
	// call answers 403 SVCSTG.CPTS.4031009 (facts huawei-cpts §8).
	NotOpened bool
	// RefusalsInside answers refusals with 200, code and message (HWDOC lists
	// both there; that the service does so is UNVERIFIED).
	RefusalsInside bool

	// NameLimit is the most characters a task's name may have; 0 is no limit.
	// 42 are known for the v1 task only (TF).
	NameLimit int

	// Waiting is how long a started run reports 9; 0 is 5 s.
	Waiting time.Duration
	// IdleAfterStart is how long run_status stays 2, with the run before it or
	// none in related_temp_running_data, after a start (facts huawei-cpts §5, the
	// race).
	IdleAfterStart time.Duration
	// IdleWithRunData shows the new run's data even while run_status is still 2.
	IdleWithRunData bool
	// ListedAfter is how long a new run is missing in ShowHistoryRunInfo,
	// ShowTaskSet and related_temp_running_data.
	ListedAfter time.Duration
	// HistoryEndedOnly keeps runs out of ShowHistoryRunInfo until they ended.
	HistoryEndedOnly bool
	// ShowTaskOldOnly makes ShowTask, labelled old edition, answer 403 to every
	// task that CreateNewTask made.
	ShowTaskOldOnly bool

	// RefuseSecondStart refuses to start a task with a live run. Without it the
	// task gets a second run.
	RefuseSecondStart bool
	// SharedClusterRuns is how many runs the shared resource group carries at
	// once; 0 is no limit. HWDOC states that there is one, not which.
	SharedClusterRuns int
	// DropBadTasks leaves a task that cannot be started or stopped out of
	// result. Without it one bad task refuses the call and nothing is done.
	DropBadTasks bool
	// EmptyStartResult leaves every started run out of result, though it began.
	EmptyStartResult bool

	// StopTakes is how long a stopped run reports 5; 0 is 5 s.
	StopTakes time.Duration
	// StopFails answers a stop with 500 CPTS.05001001 and stops nothing.
	StopFails bool
	// StopIgnored answers a stop with success and stops nothing.
	StopIgnored bool
	// RefuseIdleStop refuses to stop a task without a live run. Without it such
	// a stop succeeds and changes nothing.
	RefuseIdleStop bool

	// DeleteNoContent answers DeleteNewTask with 204 and no body: the SDK's
	// reply type has no fields.
	DeleteNoContent bool
	// DeleteRunning lets a task with a live run be deleted; the run goes on.
	DeleteRunning bool

	// OffsetIsPage takes offset as a page number from 0, not a row number.
	OffsetIsPage bool
	// PageLimit is the most rows of a listing, whatever limit asks; 0 is 1000,
	// the longest list HWDOC allows.
	PageLimit int
	// TaskRunInfoIsTask gives task_run_info.id the task's id (SDK comment), not
	// the last run's (newer HWDOC).
	TaskRunInfoIsTask bool

	// CaseRunID is which of a case's ids the report calls take (facts huawei-cpts
	// §6.2).
	CaseRunID CaseRunID
	// WrongCaseEmpty answers a wrong case_run_id or detail_id with 200 and an
	// empty result, not with 403.
	WrongCaseEmpty bool
	// LogOutlineAbsent answers ShowMergeReportLogsOutline with 404 APIGW.0101.
	LogOutlineAbsent bool

	// ReportAfter is how long after a run's end its numbers appear; 0 shows
	// them, growing, while it runs.
	ReportAfter time.Duration
	// Missing is what stands where there are no numbers yet.
	Missing Missing
	// NullMetrics names metrics, as on the wire, that are always null.
	NullMetrics []string
	// DecimalsInInts sends metrics of an integer type with a fraction.
	DecimalsInInts bool
	// RatioSuccessRate sends success rates as 0 to 1, with a fraction in integer
	// fields too, where they would be useless otherwise. Without it 0 to 100.
	RatioSuccessRate bool
	// TPSCountsErrors makes tps count every request, as facts huawei-cpts §6.1 sets
	// it beside RPS; without it normal answers only, as in facts huawei-cpts §6.4.
	TPSCountsErrors bool
	// EpochTimestamps sends commonTimestamps as milliseconds since 1970.
	EpochTimestamps bool
}

// CaseRunID is which form of case_run_id and detail_id the service accepts.
type CaseRunID int

const (
	HWDOCForm CaseRunID = iota // case_uri_i in ShowReport; testcaseId in ShowMergeCaseDetail and the chart, detail_id = id
	SDKForm                    // case_uri_i everywhere; detail_id = testcaseId
)

// Missing is how a report says that there are no numbers.
type Missing int

const (
	MissingNull   Missing = iota // every metric is null
	MissingZero                  // every metric is 0
	MissingResult                // the whole result is null
)

// Service is the state of one emulated CodeArts PerfTest.
type Service struct {
	Switches Switches

	now      emu.Clock
	projects []*project
	cases    map[int]*Case
	tasks    map[int]*task
	runs     []*run // oldest first

	lastCase, lastTask, lastRun, lastCaseRun int
}

type project struct {
	id            int
	name, about   string
	made, updated time.Time
}

type task struct {
	id       int
	project  int
	name     string
	parallel bool
	cases    []*Case
	v3       bool // made by CreateNewTask
	users    int  // bench_concurrent
	made     time.Time
	updated  time.Time
}

// New returns a service with the documented world in it.
func New(now emu.Clock) *Service {
	s := &Service{
		now:   now,
		cases: map[int]*Case{},
		tasks: map[int]*task{},
		projects: []*project{
			{id: TestProject, name: "webshop", made: now(), updated: now()},
			{id: OtherTestProject, name: "empty", made: now(), updated: now()},
		},
		lastCase: 449299,
		lastTask: ExistingTask - 1, // HWDOC sample of a created task's id
		lastRun:  48104,            // HWDOC sample of a run id is 48105
	}
	healthy := Case{Lasts: time.Minute, Users: 50, RPS: 100, P95: 187.4}
	add := func(id int, name string, change func(*Case)) {
		c := healthy
		c.ID, c.Name = id, name
		change(&c)
		s.AddCase(c)
	}
	add(HealthyCase, "browse", func(*Case) {})
	add(HealthyCase2, "checkout", func(c *Case) { c.P95 = 212.6 })
	add(SlowCase, "search-slow", func(c *Case) { c.P95 = 900 })
	add(FailingCase, "login-errors", func(c *Case) { c.ErrorPercent = 20 })
	add(AbortingCase, "upload-aborts", func(c *Case) {
		c.AbortsAfter, c.Reason = 20*time.Second, "the executor lost its connection"
	})
	s.AddTask("nightly", false, HealthyCase)
	return s
}

// AddCase adds a case, or replaces the one with its id, and returns the id.
func (s *Service) AddCase(c Case) int {
	if c.ID == 0 {
		s.lastCase++
		c.ID = s.lastCase
	}
	if c.Project == 0 {
		c.Project = TestProject
	}
	c.made = s.now()
	s.cases[c.ID] = &c
	return c.ID
}

// AddTask adds a task of TestProject that was there before any call and
// returns its id. Cases that do not exist are left out.
func (s *Service) AddTask(name string, parallel bool, cases ...int) int {
	t := s.newTask(TestProject, name, parallel)
	for _, id := range cases {
		if c := s.cases[id]; c != nil {
			t.cases = append(t.cases, c)
		}
	}
	return t.id
}

func (s *Service) newTask(project int, name string, parallel bool) *task {
	s.lastTask++
	now := s.now()
	t := &task{id: s.lastTask, project: project, name: name, parallel: parallel, users: benchConcurrent, made: now, updated: now}
	s.tasks[t.id] = t
	return t
}

// Half is the service as the emulator serves it. Methods and paths: facts
// huawei-cpts §2.
func (s *Service) Half() emu.Half {
	half := emu.Half{
		Vendor:  emu.Huawei,
		Service: "cpts",
		World:   things(),
		Begun:   s.begun,
		Calls: []emu.Call{
			{Name: "CreateNewTask", Route: "POST /v3/{project_id}/tasks", Handle: s.createNewTask},
			{Name: "UpdateTaskRelatedTestCase", Route: "PUT /v3/{project_id}/tasks/{task_id}", Handle: s.updateTaskRelatedTestCase},
			{Name: "DeleteNewTask", Route: "DELETE /v3/{project_id}/tasks/{task_id}", Handle: s.deleteNewTask},
			{Name: "BatchUpdateTaskStatus", Route: "POST /v1/{project_id}/test-suites/{test_suit_id}/tasks/batch-update-task-status", Handle: s.batchUpdateTaskStatus},
			{Name: "UpdateTaskStatus", Route: "POST /v1/{project_id}/test-suites/{test_suite_id}/tasks/{task_id}", Handle: s.updateTaskStatus},
			{Name: "ShowTask", Route: "GET /v1/{project_id}/tasks/{task_id}", Handle: s.showTask},
			{Name: "ShowTaskSet", Route: "GET /v1/{project_id}/all-tasks/{test_suite_id}", Handle: s.showTaskSet},
			{Name: "ShowHistoryRunInfo", Route: "GET /v1/{project_id}/tasks/history-run-list/{task_id}", Handle: s.showHistoryRunInfo},
			{Name: "ShowMergeTaskCase", Route: "GET /v2/{project_id}/task-run-infos/{task_run_id}/cases", Handle: s.showMergeTaskCase},
			{Name: "ShowMergeCaseDetail", Route: "GET /v2/{project_id}/task-run-infos/{task_run_id}/case-run-infos/{case_run_id}/detail", Handle: s.showMergeCaseDetail},
			{Name: "ShowTaskCaseAwChart", Route: "GET /v2/{project_id}/task-run-infos/{task_run_id}/case-run-infos/{case_run_id}/detail/{detail_id}/chart", Handle: s.showTaskCaseAwChart},
			{Name: "ShowReport", Route: "GET /v1/{project_id}/task-run-infos/{task_run_id}/case-run-infos/{case_run_id}/reports", Handle: s.showReport},
			{Name: "ShowMergeReportLogsOutline", Route: "GET /v2/{project_id}/task-run-infos/{task_run_id}/reports/log-outline", Handle: s.showMergeReportLogsOutline},
			{Name: "ListProjectSets", Route: "GET /v1/{project_id}/test-suites", Handle: s.listProjectSets},
			{Name: "ListProjectTestCase", Route: "GET /v1/{project_id}/test-suites/{test_suite_id}/directory", Handle: s.listProjectTestCase},
			{Name: "ShowCase", Route: "GET /v2/{project_id}/test-cases/{case_id}", Handle: s.showCase},
			{Name: "ListTaskCases", Route: "GET /v1/{project_id}/test-suites/{test_suit_id}/tasks/{task_id}/test-cases", Handle: s.listTaskCases},
			{Name: "CreateTask", Route: "POST /v1/{project_id}/tasks", Handle: s.createTask},
			{Name: "UpdateTask", Route: "PUT /v1/{project_id}/tasks/{task_id}", Handle: s.updateTask},
			{Name: "DeleteTask", Route: "DELETE /v1/{project_id}/tasks/{task_id}", Handle: s.deleteNewTask},
			{Name: "CreateProject", Route: "POST /v1/{project_id}/test-suites", Handle: s.createProject},
			{Name: "ShowProject", Route: "GET /v1/{project_id}/test-suites/{test_suite_id}", Handle: s.showProject},
			{Name: "UpdateProject", Route: "PUT /v1/{project_id}/test-suites/{test_suite_id}", Handle: s.updateProject},
			{Name: "DeleteProject", Route: "DELETE /v1/{project_id}/test-suites/{test_suite_id}", Handle: s.deleteProject},
		},
	}
	for i := range half.Calls {
		half.Calls[i].Handle = s.opened(half.Calls[i].Handle)
	}
	return half
}

// opened is a call as the switches on all calls shape it.
func (s *Service) opened(handle func(*emu.Request) emu.Answer) func(*emu.Request) emu.Answer {
	return func(r *emu.Request) emu.Answer {
		refused := &refusal{http.StatusForbidden, codeNotOpened, "The user has not opened the service."}
		a := refused.answer()
		if !s.Switches.NotOpened {
			a = handle(r)
		}
		if body, isObject := a.Body.(object); s.Switches.RefusalsInside && a.Status >= 400 && isObject && body["code"] != nil {
			a.Status = http.StatusOK
		}
		return a
	}
}

// begun lists every run, named by its task_run_id and marked with the name the
// task had when it was started.
func (s *Service) begun() []emu.Job {
	now := s.now()
	jobs := make([]emu.Job, len(s.runs))
	for i, r := range s.runs {
		jobs[i] = emu.Job{
			ID:    strconv.Itoa(r.id),
			Mark:  r.name,
			State: strconv.Itoa(r.status(now)),
			Live:  r.live(now),
			Began: r.began,
		}
	}
	return jobs
}
