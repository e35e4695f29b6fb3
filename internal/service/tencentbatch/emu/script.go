package batchemu

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Outcome is what becomes of the instances of a job, where its commands do not
// say it. The zero value leaves everything to them.
type Outcome struct {
	// ExitCode, if not 0, is the exit code of every execution.
	ExitCode int
	// FailFirst is how many executions of each instance fail, with ExitCode or
	// 1, before one succeeds: a retry then helps.
	FailFirst int
	// Run, if positive, is how long an instance runs.
	Run time.Duration
	// CVMFailures is how often no machine can be had for an instance.
	// ResourceMaxRetryCount and StateIfCreateCvmFailed act on it.
	CVMFailures int
	// LiveState, if not empty, is shown as the state of the job while it is
	// RUNNING: a state that no document names.
	LiveState string
}

// Script sets the outcome of jobs that will be submitted with this JobName.
func (s *Service) Script(jobName string, o Outcome) { s.scripts[jobName] = o }

// execution is one run of a task's command in one instance.
type execution struct {
	run    time.Duration
	exit   int
	stdout string
	stderr string
}

// execution plays the command of instance i for the nth time, n from 0.
func (j *job) execution(t *task, i, n int) execution {
	e := play(t.command(j.id, i))
	o := j.outcome
	if o.Run > 0 {
		e.run = o.Run
	}
	switch {
	case n < o.FailFirst:
		e.exit = or(o.ExitCode, 1)
	case o.FailFirst > 0:
		e.exit = 0
	case o.ExitCode != 0:
		e.exit = o.ExitCode
	}
	if e.exit != 0 {
		e.stderr = "the command ended with exit code " + strconv.Itoa(e.exit) + "\n"
	}
	return e
}

// command is the task's text with the variables of instance i in it.
func (t *task) command(jobID string, i int) string {
	lines := []string{t.spec.Application.Command}
	for _, c := range t.spec.Application.Commands {
		lines = append(lines, c.Command)
	}
	vars := map[string]string{}
	for _, v := range t.spec.EnvVars {
		vars[v.Name] = v.Value
	}
	vars["BATCH_JOB_ID"] = jobID
	vars["BATCH_TASK_NAME"] = t.spec.TaskName
	vars["BATCH_TASK_INSTANCE_NUM"] = strconv.FormatInt(t.spec.instances(), 10)
	vars["BATCH_TASK_INSTANCE_INDEX"] = strconv.Itoa(i)
	text := strings.TrimPrefix(strings.Join(lines, "\n"), "\n")
	if !strings.Contains(text, "$") {
		return text
	}
	variable := regexp.MustCompile(`\$\w+|\$\{\w+\}`)
	return variable.ReplaceAllStringFunc(text, func(ref string) string {
		if v, ok := vars[strings.Trim(ref, "${}")]; ok {
			return v
		}
		return ref
	})
}

// play reads a command as the package comment says.
func play(command string) execution {
	e := execution{run: RunningFor, exit: exitCode(command), stdout: echoed(command)}
	if d, ok := slept(command); ok {
		e.run = d
	}
	if e.stdout == "" {
		e.stdout = "ran: " + command + "\n"
	}
	return e
}

// words splits a command at blanks and frees the words of shell punctuation.
func words(command string) []string {
	all := strings.Fields(command)
	for i := range all {
		all[i] = strings.Trim(all[i], "'\"`;&|()")
	}
	return all
}

func exitCode(command string) int {
	w := words(command)
	if len(w) < 2 || w[len(w)-2] != "exit" {
		return 0
	}
	n, err := strconv.ParseUint(w[len(w)-1], 10, 8)
	if err != nil {
		return 0
	}
	return int(n)
}

func slept(command string) (d time.Duration, ok bool) {
	w := words(command)
	for i := 1; i < len(w); i++ {
		if w[i-1] != "sleep" {
			continue
		}
		if n, err := strconv.ParseUint(w[i], 10, 31); err == nil {
			d, ok = d+time.Duration(n)*time.Second, true
		}
		if d > 100*365*24*time.Hour { // far from the limit of a Duration
			break
		}
	}
	return d, ok
}

// echoed is what the echoes in a command print, a line each. What goes to a
// file is not printed.
func echoed(command string) string {
	if !strings.Contains(command, "echo") {
		return ""
	}
	echo := regexp.MustCompile(`(?:^|[\s'"(])echo\s+(?:-[neE]+\s+)*([^>|]*)$`)
	var out strings.Builder
	for piece := range strings.SplitSeq(strings.NewReplacer("&&", "\n", "||", "\n", ";", "\n").Replace(command), "\n") {
		if said := echo.FindStringSubmatch(strings.TrimSpace(piece)); said != nil {
			out.WriteString(strings.Trim(said[1], `'"`) + "\n")
		}
	}
	return out.String()
}
