package huaweicpts

// This file reads how a run is: by its task's state, by the task's history, and
// at last by its reports.

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func showTask() cloud.Call {
	return cloud.Call{
		Name: "ShowTask", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the state of a task's last run", Permission: mayRead,
		Reads: true, Answer: `{"code":"SVCSTG.CPTS.0000000","message":"success","taskInfo":{"run_status":2,"related_temp_running_data":[]}}`,
	}
}

func showHistoryRunInfo() cloud.Call {
	return cloud.Call{
		Name: "ShowHistoryRunInfo", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "lists a task's runs", Permission: mayRead,
		Reads: true, Answer: `{"code":"SVCSTG.CPTS.0000000","message":"success","log_list":[]}`,
	}
}

// look reads what both calls show of a task. That ShowTask, labelled old
// edition, serves the tasks of the v3 call is UNVERIFIED, so without it the
// history has to do.
func (f follower) look(ctx context.Context, task string) (taskInfo, []logged, error) {
	info, err := f.task(ctx, task)
	if err != nil && !refused(err) {
		return info, nil, err
	}
	history, err := f.history(ctx, task)
	return info, history, err
}

func (f follower) task(ctx context.Context, task string) (taskInfo, error) {
	n, err := number("task", task)
	if err != nil {
		return taskInfo{}, err
	}
	call := showTask()
	var answer taskAnswer
	err = f.call(ctx, call, &model.ShowTaskRequest{TaskId: n}, cpts.GenReqDefForShowTask(), &answer)
	if err != nil {
		return taskInfo{}, err
	}
	if answer.TaskInfo == nil {
		return taskInfo{}, cloud.Unknown(call, "the answer holds no task", nil)
	}
	return *answer.TaskInfo, nil
}

func (f follower) history(ctx context.Context, task string) ([]logged, error) {
	n, err := number("task", task)
	if err != nil {
		return nil, err
	}
	var answer historyAnswer
	err = f.call(ctx, showHistoryRunInfo(), &model.ShowHistoryRunInfoRequest{TaskId: n}, cpts.GenReqDefForShowHistoryRunInfo(), &answer)
	return answer.Runs, err
}

func (f follower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	statuses := make([]job.Status, len(refs))
	var failed error
	for i, ref := range refs {
		status, err := f.status(ctx, ref)
		statuses[i], failed = status, errors.Join(failed, err)
	}
	return statuses, failed
}

// status reads a run. ShowTask tells of a task's last run only, and its 2 may
// mean that the task never ran (facts huawei-cpts §5), so it counts only where
// it names our run. Otherwise the history decides.
func (f follower) status(ctx context.Context, ref job.Ref) (job.Status, error) {
	switch {
	case ref.Kind == created:
		return job.Status{State: job.StateSucceeded, Word: "created"}, nil
	case ref.Run == "":
		return job.Status{State: job.StateUnknown, Word: "no run"}, nil
	}
	info, err := f.task(ctx, ref.ID)
	if err != nil && !refused(err) {
		return job.Status{}, err
	}
	state, known, doubtful := info.status()
	s := status(state, known)
	s.Planned = info.planned()
	sure := info.run() == ref.Run && known && !doubtful
	if sure {
		s.Progress = progress(info.cases())
		if live(state) {
			return s, nil
		}
	}
	history, err := f.history(ctx, ref.ID)
	if err != nil && !sure {
		return job.Status{}, err
	}
	listed := slices.IndexFunc(history, func(r logged) bool { return id(r.RunID) == ref.Run })
	if listed >= 0 { // only the history tells the times
		s.Begun, s.Ended = history[listed].times()
	}
	switch {
	case sure:
		return s, nil
	case listed >= 0 && history[listed].ended():
		return f.ended(ctx, ref.Run, history[listed]), nil
	case known && live(state) && !newer(info.run(), ref.Run): // ours is the last run, though it is not named yet
		return s, nil
	case listed >= 0:
		return job.Status{State: job.StateRunning, Word: "without end_time", Begun: s.Begun}, nil
	}
	return job.Status{State: job.StateUnknown, Word: "not listed", Unlisted: true}, nil
}

// Values of run_status and temp_running_status (facts huawei-cpts §5).
const (
	running    = 0
	paused     = 1
	ended      = 2 // also of a task that never ran
	aborted    = 3
	terminated = 4
	stopping   = 5
	waiting    = 9
)

func live(number int) bool {
	return number == waiting || number == running || number == paused || number == stopping
}

// States are the words of PerfTest, each with what it is to who waits.
func States() []job.Status {
	var all []job.Status
	for _, number := range []int{waiting, running, paused, ended, aborted, stopping, terminated} {
		all = append(all, status(number, true))
	}
	return all
}

const undocumented = ", which is not documented"

// status maps the whole enum. A number that it does not have is unknown, and
// the run is read on.
func status(number int, known bool) job.Status {
	names := map[int]job.Status{
		waiting:    {State: job.StatePending, Word: "9 waiting"},
		running:    {State: job.StateRunning, Word: "0 running"},
		paused:     {State: job.StateRunning, Word: "1 paused"},
		ended:      {State: job.StateSucceeded, Word: "2 ended"},
		aborted:    {State: job.StateFailed, Word: "3 aborted abnormally"},
		terminated: {State: job.StateStopped, Word: "4 terminated"},
		stopping:   {State: job.StateStopping, Word: "5 terminating"},
	}
	s, ok := names[number]
	switch {
	case !known:
		return job.Status{State: job.StateUnknown, Word: "no status"}
	case !ok:
		return job.Status{State: job.StateUnknown, Word: strconv.Itoa(number) + undocumented}
	}
	return s
}

// reportsLate is how long after a run's end its report may still come
// (UNVERIFIED).
const reportsLate = 5 * time.Minute

// ended is a run of which the history tells that it ended, but not how. What
// no report tells within a while is not called a success.
func (f follower) ended(ctx context.Context, run string, r logged) job.Status {
	s := job.Status{State: job.StateUnknown, Word: "ended", Message: "how it ended is not reported yet"}
	state, known, err := f.ending(ctx, run)
	switch {
	case known:
		s = status(state, true)
	case job.Now(ctx).Sub(when(r.EndTime)) > reportsLate:
		s.State, s.Message = job.StateFailed, "no report tells how it ended"
		if err != nil {
			s.Message += ": " + err.Error()
		}
	}
	s.Begun, s.Ended = r.times()
	return s
}

// ending asks the run's reports for its last state: first the summary, which
// the vendor no longer documents (facts huawei-cpts §2), then the cases.
func (f follower) ending(ctx context.Context, run string) (state int, known bool, err error) {
	var answer endAnswer
	err = f.outline(ctx, run, &answer)
	if state, known = whole(answer.Result.Outline.Execution.TaskStatus); err == nil && known && !live(state) {
		return state, true, nil
	}
	list, listErr := f.cases(ctx, run)
	err = errors.Join(err, listErr)
	for _, c := range list.Result.Cases {
		detail, caseErr := f.detail(ctx, run, c)
		if state, known = whole(detail.Total.TaskStatus); known && !live(state) {
			return state, true, nil
		}
		err = errors.Join(err, caseErr)
	}
	return 0, false, err
}

// refused tells of a call that the service understood and did not carry out. A
// login that failed is another matter.
func refused(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && (e.Fault == job.Refused || e.Fault == job.Denied && e.Status != 401)
}
