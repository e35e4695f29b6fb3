package cptsemu

import (
	"slices"
	"time"

	"cloudjob/internal/emulator/emu"
)

// shown are the runs of a task that have found their way into the listings.
func (s *Service) shown(t *task) []*run {
	now := s.now()
	return slices.DeleteFunc(s.runsOf(t), func(r *run) bool {
		return now.Before(r.began.Add(s.Switches.ListedAfter))
	})
}

func (s *Service) showTask(r *emu.Request) emu.Answer {
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	if t.v3 && s.Switches.ShowTaskOldOnly {
		return noSuch("The task").answer()
	}
	return ok(object{"taskInfo": s.taskInfo(t)})
}

// taskInfo is the task and the state of its last run (facts huawei-cpts §5).
func (s *Service) taskInfo(t *task) object {
	caseList := make([]object, len(t.cases))
	for i, c := range t.cases {
		caseList[i] = c.info(i)
	}
	status, data := s.lastRunOf(t)
	return object{
		"bench_concurrent":          t.users,
		"case_list":                 caseList,
		"create_time":               stamp(t.made),
		"description":               "",
		"name":                      t.name,
		"operate_mode":              2,
		"project_id":                t.project,
		"related_temp_running_data": data,
		"run_status":                status,
		"update_time":               microStamp(t.updated),
		"parallel":                  t.parallel,
	}
}

const benchConcurrent = 100 // HWDOC sample of ShowTaskSet

// lastRunOf tells run_status and the data of the last run, both late by the
// switches. A task without a run says 2 (TF: idle) and has no data.
func (s *Service) lastRunOf(t *task) (status int, data []object) {
	now := s.now()
	last, shown := lastOf(s.runsOf(t)), s.shown(t)
	status = ended
	if last != nil && !now.Before(last.began.Add(s.Switches.IdleAfterStart)) {
		status = last.status(now)
	} else if !s.Switches.IdleWithRunData {
		shown = slices.DeleteFunc(shown, func(r *run) bool { return r == last })
	}
	data = []object{}
	if r := lastOf(shown); r != nil {
		for _, p := range r.parts {
			data = append(data, r.runningData(p, now))
		}
	}
	return status, data
}

// runningData is one case of related_temp_running_data. UNVERIFIED: that
// related_temp_running_id, called the case_run_id of the report calls (SDK), is
// the value of case_uri_i.
func (r *run) runningData(p *part, now time.Time) object {
	common := func() object {
		return object{
			"task_run_info_id":        r.id,
			"related_temp_running_id": p.caseURI(),
			"temp_id":                 p.ID,
			"temp_name":               p.Name,
			"content_method_url":      p.contentMethodURL(),
		}
	}
	inner, outer := common(), common()
	inner["temp_running_status"] = r.partStatus(p, now)
	inner["crawler_status"] = 0
	outer["related_temp_running_data"] = []object{inner}
	return outer
}

// contentMethodURL names the requests of the case with method and address (SDK).
func (c *Case) contentMethodURL() []string {
	lines := make([]string, len(caseRequests()))
	for i, q := range caseRequests() {
		lines[i] = q.name + " GET http://" + c.Name + ".example.com/" + q.name
	}
	return lines
}

// info is a CaseInfoDetail of case_list and of test_case (SDK), with its load as
// one stage.
func (c *Case) info(sort int) object {
	seconds := int(c.Lasts / time.Second)
	return object{
		"case_id":            c.ID,
		"name":               c.Name,
		"case_type":          0,
		"contents":           []any{},
		"for_loop_params":    []any{},
		"increase_setting":   []any{},
		"setup_contents":     []any{},
		"link_app_list":      []any{},
		"status":             1,
		"temp_id":            c.ID,
		"sort":               sort,
		"directory_id":       0,
		"user_replicas":      1,
		"collect_log_policy": 0,
		"case_info":          nil,
		"stages": []object{{
			"operate_mode":  0,
			"name":          "stage1",
			"time":          seconds,
			"start_time":    0,
			"end_time":      seconds,
			"issue_num":     c.Users,
			"count":         0,
			"pressure_mode": 0,
		}},
	}
}

// showTaskSet lists the tasks of a test project (facts huawei-cpts §7; sample
// in HWDOC). UNVERIFIED: the newest stand first.
func (s *Service) showTaskSet(r *emu.Request) emu.Answer {
	project, refused := s.projectOf(r, "test_suite_id")
	if refused != nil {
		return refused.answer()
	}
	var tasks []*task
	for _, t := range s.tasks {
		if t.project == project {
			tasks = append(tasks, t)
		}
	}
	slices.SortStableFunc(tasks, func(a, b *task) int { return b.id - a.id })
	from, to, refused := s.page(r, len(tasks))
	if refused != nil {
		return refused.answer()
	}
	rows := []object{}
	for _, t := range tasks[from:to] {
		rows = append(rows, object{
			"id":               t.id,
			"name":             t.name,
			"description":      "",
			"operate_mode":     2,
			"bench_concurrent": t.users,
			"update_time":      microStamp(t.updated),
			"parallel":         t.parallel,
			"task_run_info":    s.taskRunInfo(t),
		})
	}
	return ok(object{"extend": []string{}, "tasks": rows})
}

// taskRunInfo has an id of 0 without a run, as the HWDOC sample shows.
func (s *Service) taskRunInfo(t *task) object {
	id := 0
	if last := lastOf(s.shown(t)); last != nil {
		id = last.id
	}
	if s.Switches.TaskRunInfoIsTask {
		id = t.id
	}
	return object{"id": id, "run_type": 1}
}

// showHistoryRunInfo lists the runs of a task (facts huawei-cpts §5).
// UNVERIFIED: newest first; end_time is null while a run lasts; continue_time
// is in seconds; name is the task's with the start.
func (s *Service) showHistoryRunInfo(r *emu.Request) emu.Answer {
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	now := s.now()
	rows := []object{}
	for _, run := range slices.Backward(s.shown(t)) {
		if run.live(now) && s.Switches.HistoryEndedOnly {
			continue
		}
		rows = append(rows, run.history(now))
	}
	return ok(object{"log_list": rows})
}

func (r *run) history(now time.Time) object {
	names := make([]object, len(r.parts))
	for i, p := range r.parts {
		names[i] = object{"name": p.Name}
	}
	return object{
		"name":          r.name + "_" + stamp(r.began),
		"run_id":        r.id,
		"run_type":      1,
		"start_time":    stamp(r.began),
		"end_time":      stampOrNull(r.endTime(now)),
		"continue_time": r.duration(now),
		"temp_names":    names,
		"parallel":      r.parallel,
	}
}

// listProjectSets lists the test projects. Some pages name the times
// create_time, the SDK's type of this very reply CreateTime; both are sent.
func (s *Service) listProjectSets(r *emu.Request) emu.Answer {
	from, to, refused := s.page(r, len(s.projects))
	if refused != nil {
		return refused.answer()
	}
	rows := []object{}
	for _, p := range s.projects[from:to] {
		rows = append(rows, object{
			"id":                p.id,
			"name":              p.name,
			"description":       p.about,
			"create_time":       stamp(p.made),
			"update_time":       stamp(p.updated),
			"CreateTime":        stamp(p.made),
			"UpdateTime":        stamp(p.updated),
			"group":             nil,
			"source":            0,
			"external_params":   nil,
			"variables_no_file": []string{},
		})
	}
	return ok(object{"projects": rows})
}

// listProjectTestCase is the tree of directories and cases; ours has no directory.
func (s *Service) listProjectTestCase(r *emu.Request) emu.Answer {
	project, refused := s.projectOf(r, "test_suite_id")
	if refused != nil {
		return refused.answer()
	}
	rows := []object{}
	for _, c := range s.cases {
		if c.Project == project {
			rows = append(rows, c.brief())
		}
	}
	slices.SortStableFunc(rows, func(a, b object) int { return a["id"].(int) - b["id"].(int) })
	return ok(object{"directory": rows})
}

// showCase is a case with its load (HWDOC ShowCase).
func (s *Service) showCase(r *emu.Request) emu.Answer {
	id, fits := parseID(r.Path("case_id"))
	if !fits {
		return badValue("case_id must be an integer.").answer()
	}
	c := s.cases[id]
	if c == nil {
		return noSuch("The case").answer()
	}
	return ok(object{"test_case": c.info(0)})
}

func (s *Service) listTaskCases(r *emu.Request) emu.Answer {
	project, refused := s.projectOf(r, "test_suit_id")
	if refused != nil {
		return refused.answer()
	}
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	if t.project != project {
		return noSuch("The task").answer()
	}
	rows := []object{}
	for _, c := range t.cases {
		rows = append(rows, c.brief())
	}
	return ok(object{"test_cases": rows})
}

// brief is a TestCaseBriefInfo (SDK): status 1 is enabled, type 2 a case.
func (c *Case) brief() object {
	return object{
		"id":          c.ID,
		"name":        c.Name,
		"status":      1,
		"create_time": stamp(c.made),
		"update_time": stamp(c.made),
		"parent_id":   0,
		"type":        2,
	}
}
