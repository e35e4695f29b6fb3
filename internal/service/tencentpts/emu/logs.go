package ptsemu

import (
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// contextLife is how long a Context of DescribeNormalLogs is good (facts
// tencent-pts §7).
const contextLife = time.Hour

// entry is one line of a job's log.
type entry struct {
	at             time.Time
	severity, kind string
	body           string
}

// log is what the job has written until now: one line for each state it
// entered.
func (j *job) log(now time.Time) []entry {
	var out []entry
	for _, step := range j.steps() {
		if step.at.After(now) {
			break
		}
		e := entry{step.at, "info", "engine", "job " + j.id + ": " + step.state.String()}
		if step.state.terminal() && step.state != JobFinished && step.state != JobAborted {
			e.severity = "error"
			e.body += ": " + j.message(now)
		}
		out = append(out, e)
		if step.state == JobRunning {
			out = append(out, entry{step.at, "info", "console", "the script has begun"})
		}
	}
	return out
}

// describeNormalLogs reads a job's log in pages; Context names the next page.
func (s *Service) describeNormalLogs() emu.Call {
	return s.call("DescribeNormalLogs", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		limit, from := number(in, "Limit"), 0
		if limit < 0 || limit > maxLimit {
			return nil, invalidValue("Limit")
		}
		if limit == 0 {
			limit = maxLimit
		}
		if cursor := text(in, "Context"); cursor != "" {
			if from, err = s.readContext(j, cursor); err != nil {
				return nil, err
			}
		}
		found, err := s.foundLogs(j, in)
		if err != nil {
			return nil, err
		}
		from = min(from, len(found))
		to := min(from+int(limit), len(found))
		return object{"Context": s.context(j, to), "NormalLogs": s.list(found[from:to])}, nil
	},
		triple(),
		optional(aText, "Context", "From", "To", "SeverityText", "Instance", "InstanceRegion", "LogType"),
		optional(aNumber, "Limit"))
}

func (s *Service) foundLogs(j *job, in object) ([]object, *emu.Error) {
	from, err := instant(in, "From")
	if err != nil {
		return nil, err
	}
	to, err := instant(in, "To")
	if err != nil {
		return nil, err
	}
	severity, kind := text(in, "SeverityText"), text(in, "LogType")
	if !oneOf(severity, "", "debug", "info", "error") {
		return nil, invalidValue("SeverityText")
	}
	if !oneOf(kind, "", "console", "engine") {
		return nil, invalidValue("LogType")
	}
	var out []object
	for _, e := range j.log(s.now()) {
		if either(severity, e.severity) && either(kind, e.kind) && either(text(in, "InstanceRegion"), region) && either(text(in, "Instance"), generatorIP) &&
			!e.at.Before(from) && (to.IsZero() || !e.at.After(to)) {
			out = append(out, object{
				"Timestamp":    strconv.FormatInt(e.at.UnixMilli(), 10),
				"SeverityText": e.severity, "Body": e.body,
			})
		}
	}
	return out, nil
}

func oneOf(v string, allowed ...string) bool {
	for _, a := range allowed {
		if v == a {
			return true
		}
	}
	return false
}

// context is opaque to callers: job number, next line and time of issue.
func (s *Service) context(j *job, next int) string {
	return strings.Join([]string{
		strconv.Itoa(j.number), strconv.Itoa(next), strconv.FormatInt(s.now().Unix(), 10)}, "-")
}

func (s *Service) readContext(j *job, cursor string) (next int, err *emu.Error) {
	fields := strings.Split(cursor, "-")
	if len(fields) != 3 || fields[0] != strconv.Itoa(j.number) {
		return 0, invalidValue("Context")
	}
	next, badNext := strconv.Atoi(fields[1])
	issued, badTime := strconv.ParseInt(fields[2], 10, 64)
	if badNext != nil || badTime != nil || next < 0 || s.now().After(time.Unix(issued, 0).Add(contextLife)) {
		return 0, invalidValue("Context")
	}
	return next, nil
}
