package batchemu

import (
	"encoding/base64"
	"slices"

	"cloudjob/internal/emulator/emu"
)

// maxLog is the most a log is, in bytes before it is encoded (facts
// tencent-batch §5).
const maxLog = 2048

// logsParams is what DescribeTaskLogs accepts (facts tencent-batch §5). That it
// takes as many indexes as the greatest Limit is UNVERIFIED.
func logsParams() shape {
	return shape{
		aText("JobId").required(),
		aText("TaskName").required(),
		numbers("TaskInstanceIndexes"),
		aNumber("Offset"),
		aNumber("Limit").upTo(10, badValue),
	}
}

type logsReply struct {
	TotalCount         int
	TaskInstanceLogSet []logView
}

type logView struct {
	TaskInstanceIndex int
	StdoutLog         *string // null if there is none
	StderrLog         *string
	redirect
}

// describeTaskLogs is DescribeTaskLogs (facts tencent-batch §5).
func (s *Service) describeTaskLogs(region string, b body) (any, *emu.Error) {
	j, err := s.job(region, b, "ResourceNotFound.Job")
	if err != nil {
		return nil, err
	}
	var q struct {
		TaskName            string
		TaskInstanceIndexes []int64
		page
	}
	b.decode(&q)
	if err := s.checkTaskName(q.TaskName); err != nil {
		return nil, err
	}
	t := j.task(q.TaskName)
	if t == nil {
		return nil, refuse("ResourceNotFound.Task", "The job has no task %q.", q.TaskName)
	}
	indexes, total, err := q.logged(t, q.TaskInstanceIndexes)
	if err != nil {
		return nil, err
	}
	r := logsReply{TotalCount: total, TaskInstanceLogSet: []logView{}}
	for _, i := range indexes {
		r.TaskInstanceLogSet = append(r.TaskInstanceLogSet, s.logs(j, t, i))
	}
	return r, nil
}

// logged are the instances whose logs are asked for, and how many there are:
// those named, or a page of all.
func (p page) logged(t *task, named []int64) (indexes []int, total int, err *emu.Error) {
	if len(named) == 0 {
		from, to := p.of(len(t.instances), 5)
		for i := from; i < to; i++ {
			indexes = append(indexes, i)
		}
		return indexes, len(t.instances), nil
	}
	if p.Offset != nil {
		return nil, 0, refuse(badValue, "TaskInstanceIndexes and Offset exclude each other.")
	}
	if len(named) > 10 {
		return nil, 0, refuse(badValue, "TaskInstanceIndexes has more than 10 values.")
	}
	for _, i := range named {
		if i >= int64(len(t.instances)) {
			return nil, 0, refuse("ResourceNotFound.TaskInstance", "The task has no instance %d.", i)
		}
		if !slices.Contains(indexes, int(i)) {
			indexes = append(indexes, int(i))
		}
	}
	return indexes, len(indexes), nil
}

func (s *Service) logs(j *job, t *task, i int) logView {
	in := t.instances[i]
	v := logView{TaskInstanceIndex: i, redirect: t.redirected(j.id, i)}
	over := ended(in.state)
	if in.started.IsZero() || !over && !s.Switches.LogsWhileRunning {
		return v
	}
	e := in.last
	if in.exit == nil { // it did not come to its end
		e.stderr = ""
	}
	v.StdoutLog, v.StderrLog = s.encode(e.stdout), s.encode(e.stderr)
	return v
}

// encode cuts a log and writes it as the vendor's sample does.
func (s *Service) encode(log string) *string {
	if len(log) > maxLog {
		if s.Switches.LogHead {
			log = log[:maxLog]
		} else {
			log = log[len(log)-maxLog:]
		}
	}
	shown := base64.StdEncoding.EncodeToString([]byte(log))
	if !s.Switches.PlainLogs {
		shown = "data:text/plain;charset=utf-8;base64," + shown
	}
	return &shown
}
