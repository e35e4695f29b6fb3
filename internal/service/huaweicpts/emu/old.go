package cptsemu

import (
	"slices"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// This file is the calls that Terraform's provider makes and the current pages
// label old: tasks of v1, and test projects. Their fields are the SDK's.
// UNVERIFIED: that each answers 200.

const (
	oldNameLimit = 42      // characters of the name of a v1 task or a project (TF)
	aboutLimit   = 50      // characters of a project's description (TF)
	usersLimit   = 2000000 // of bench_concurrent (TF)
)

// oldTask is what a body says of a v1 task. It has no case yet. UNVERIFIED: temps
// and operate_mode, which the SDK has too, make no difference.
func (b *body) oldTask() (name string, project, users int) {
	name, project, users = b.name(oldNameLimit), b.integer("project_id", 0), benchConcurrent
	if b.has("bench_concurrent") {
		users = b.integer("bench_concurrent", 0)
	}
	if users > usersLimit {
		b.refuse("bench_concurrent is too large.")
	}
	return name, project, users
}

func (s *Service) createTask(r *emu.Request) emu.Answer {
	b := readBody(r)
	name, project, users := b.oldTask()
	if b.refused != nil {
		return b.refused.answer()
	}
	if refused := s.checkProject(project); refused != nil {
		return refused.answer()
	}
	t := s.newTask(project, name, false)
	t.users = users
	return ok(object{"task_id": t.id})
}

// updateTask changes a task's name and concurrency. UNVERIFIED: its project
// cannot be changed, and the other fields that the SDK has are not looked at.
func (s *Service) updateTask(r *emu.Request) emu.Answer {
	t, refused := s.taskOf(r)
	if refused != nil {
		return refused.answer()
	}
	b := readBody(r)
	if b.integer("id", 0) != t.id {
		b.refuse("id must be the task of the path.")
	}
	name, project, users := b.oldTask()
	if b.refused != nil {
		return b.refused.answer()
	}
	if project != t.project {
		return noSuch("The task").answer()
	}
	t.name, t.users, t.updated = name, users, s.now()
	return ok(object{"taskInfo": s.taskInfo(t)})
}

// about reads the description of a project.
func (b *body) about() string {
	if !b.has("description") {
		return ""
	}
	about := b.text("description")
	if utf8.RuneCountInString(about) > aboutLimit {
		b.refuse("description is too long.")
	}
	return about
}

func (s *Service) createProject(r *emu.Request) emu.Answer {
	b := readBody(r)
	name, about := b.name(oldNameLimit), b.about()
	if b.refused != nil {
		return b.refused.answer()
	}
	id := 0
	for _, p := range s.projects {
		id = max(id, p.id+1)
	}
	s.projects = append(s.projects, &project{id: id, name: name, about: about, made: s.now(), updated: s.now()})
	return ok(object{"project_id": id})
}

// projectAt is the project that the path names.
func (s *Service) projectAt(r *emu.Request) (*project, *refusal) {
	id, refused := s.projectOf(r, "test_suite_id")
	if refused != nil {
		return nil, refused
	}
	return s.projects[slices.IndexFunc(s.projects, func(p *project) bool { return p.id == id })], nil
}

func (s *Service) showProject(r *emu.Request) emu.Answer {
	p, refused := s.projectAt(r)
	if refused != nil {
		return refused.answer()
	}
	return ok(object{"project": object{
		"create_time": stamp(p.made), "update_time": stamp(p.updated), "description": p.about,
		"group": "", "id": p.id, "name": p.name, "source": 0,
	}})
}

func (s *Service) updateProject(r *emu.Request) emu.Answer {
	p, refused := s.projectAt(r)
	if refused != nil {
		return refused.answer()
	}
	b := readBody(r)
	if b.integer("id", 0) != p.id {
		b.refuse("id must be the test project of the path.")
	}
	name, about := b.name(oldNameLimit), b.about()
	if b.refused != nil {
		return b.refused.answer()
	}
	p.name, p.about, p.updated = name, about, s.now()
	return ok(nil)
}

// deleteProject takes the project's tasks with it. UNVERIFIED: a run that is live
// goes on.
func (s *Service) deleteProject(r *emu.Request) emu.Answer {
	p, refused := s.projectAt(r)
	if refused != nil {
		return refused.answer()
	}
	for id, t := range s.tasks {
		if t.project == p.id {
			delete(s.tasks, id)
		}
	}
	s.projects = slices.DeleteFunc(s.projects, func(other *project) bool { return other == p })
	return ok(nil)
}
