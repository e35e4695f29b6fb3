package tencentbatch

// This file holds the rules between the parts of a job.

import "cloudjob/internal/field"

// checkJob holds the rules between tasks: names are unique, dependences name
// tasks that exist and form no loop (document 002, error codes).
func checkJob(j *jobSpec, at *field.At) {
	tasks := map[string]bool{}
	for i, t := range j.Tasks {
		if t.TaskName == "" {
			continue
		}
		if tasks[t.TaskName] {
			at.ProblemAt("Tasks", "Tasks names %s twice, the second time as task %d; a TaskName must be unique in the job", field.Quote(t.TaskName), i+1)
		}
		tasks[t.TaskName] = true
	}
	if at.Bad("Tasks") || at.Bad("Dependences") {
		return
	}
	next := map[string][]string{}
	for _, d := range j.Dependences {
		for _, name := range []string{d.StartTask, d.EndTask} {
			if !tasks[name] {
				at.ProblemAt("Dependences", "Dependences names the task %s, which is not in Tasks", field.Quote(name))
			}
		}
		next[d.StartTask] = append(next[d.StartTask], d.EndTask)
	}
	if loop := findLoop(j.Tasks, next); loop != "" {
		at.ProblemAt("Dependences", "Dependences form a loop: task %s would wait for itself", field.Quote(loop))
	}
}

// checkNotification refuses an event named twice (document 002, error codes).
func checkNotification(n *notification, at *field.At) {
	seen := map[string]bool{}
	for _, e := range n.EventConfigs {
		if seen[e.EventName] && e.EventName != "" {
			at.ProblemAt("EventConfigs", "EventConfigs names the event %s twice", e.EventName)
		}
		seen[e.EventName] = true
	}
}

// findLoop names a task that can be reached from itself, or "".
func findLoop(tasks []task, next map[string][]string) string {
	const open, done = 1, 2
	state := map[string]int{}
	var visit func(name string) string
	visit = func(name string) string {
		switch state[name] {
		case open:
			return name
		case done:
			return ""
		}
		state[name] = open
		for _, n := range next[name] {
			if loop := visit(n); loop != "" {
				return loop
			}
		}
		state[name] = done
		return ""
	}
	for _, t := range tasks {
		if loop := visit(t.TaskName); loop != "" {
			return loop
		}
	}
	return ""
}
