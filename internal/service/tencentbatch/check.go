package tencentbatch

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
			at.ProblemAt("Tasks", "TaskName %q of task %d stands twice; it must be unique in the job", t.TaskName, i+1)
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
				at.ProblemAt("Dependences", "no task is named %q", name)
				return
			}
		}
		next[d.StartTask] = append(next[d.StartTask], d.EndTask)
	}
	if loop := findLoop(j.Tasks, next); loop != "" {
		at.ProblemAt("Dependences", "task %q waits for itself; dependences may not form a loop", loop)
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
