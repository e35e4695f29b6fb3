package cptsemu

import (
	"net/http"

	"cloudjob/internal/emulator/emu"
)

// definition is what a body says of a task.
type definition struct {
	name     string
	parallel bool
	project  int
	cases    []*Case
}

// readDefinition checks the body of CreateNewTask (document 003), and that of
// UpdateTaskRelatedTestCase, which is the same without enable_full_link (SDK).
// Names need not be unique (facts huawei-cpts §3).
func (s *Service) readDefinition(r *emu.Request) (definition, *refusal) {
	b := readBody(r)
	d := definition{
		name:     b.name(s.Switches.NameLimit),
		parallel: b.boolean("parallel"),
		project:  b.integer("project_id", 0),
	}
	if b.has("enable_full_link") {
		b.boolean("enable_full_link")
	}
	// document 003: fixed value 2. UNVERIFIED: 0 and 1 are refused.
	if b.integer("operate_mode", 0) != 2 {
		b.refuse("operate_mode must be 2.")
	}
	ids := b.ids("case_id_list")
	if b.refused != nil {
		return d, b.refused
	}
	if refused := s.checkProject(d.project); refused != nil {
		return d, refused
	}
	for _, id := range ids {
		c := s.cases[id]
		if c == nil || c.Project != d.project {
			return d, noSuch("The case")
		}
		d.cases = append(d.cases, c)
	}
	return d, nil
}

// createNewTask only defines a task; nothing starts (document 003).
func (s *Service) createNewTask(r *emu.Request) emu.Answer {
	d, refused := s.readDefinition(r)
	if refused != nil {
		return refused.answer()
	}
	t := s.newTask(d.project, d.name, d.parallel)
	t.cases, t.v3 = d.cases, true
	return succeed(http.StatusCreated, object{"task_id": t.id})
}

// updateTaskRelatedTestCase changes the definition; runs that began keep theirs.
func (s *Service) updateTaskRelatedTestCase(r *emu.Request) emu.Answer {
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	d, refused := s.readDefinition(r)
	if refused != nil {
		return refused.answer()
	}
	if d.project != t.project {
		return noSuch("The task").answer()
	}
	t.name, t.parallel, t.cases, t.updated = d.name, d.parallel, d.cases, s.now()
	return ok(object{"taskInfo": s.taskInfo(t)})
}

// deleteNewTask removes the task; reports of its runs stay readable by run id.
func (s *Service) deleteNewTask(r *emu.Request) emu.Answer {
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	if len(s.liveRuns(t)) > 0 && !s.Switches.DeleteRunning {
		return busy().answer()
	}
	delete(s.tasks, t.id)
	if s.Switches.DeleteNoContent {
		return emu.Answer{Status: http.StatusNoContent}
	}
	return ok(nil)
}
