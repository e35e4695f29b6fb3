package huaweicpts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

const mayRead = "codeartsperftest:cpts:getPerfTestTask"

func showTaskSet() cloud.Call {
	return cloud.Call{
		Name: "ShowTaskSet", For: cloud.ToRun | cloud.ToCheck, Does: "looks for the task that was created", Permission: "codeartsperftest:cpts:listPerfTestTask",
		Reads: true, Answer: `{"code":"SVCSTG.CPTS.0000000","message":"success","tasks":[]}`,
	}
}

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

func showMergeTaskCase() cloud.Call {
	return cloud.Call{Name: "ShowMergeTaskCase", For: cloud.ToWait, Does: "lists the cases of a run", Permission: mayRead, Reads: true}
}

func showMergeCaseDetail() cloud.Call {
	return cloud.Call{Name: "ShowMergeCaseDetail", For: cloud.ToWait, Does: "tells why a case failed, and its numbers", Permission: mayRead, Reads: true}
}

func showMergeReportLogsOutline() cloud.Call {
	return cloud.Call{Name: "ShowMergeReportLogsOutline", For: cloud.ToWait, Does: "sums a run up: its load so far, and how it ended", Permission: mayRead, Reads: true}
}

// The kinds of ref.
const (
	own     = ""        // a run of a task that was created for it
	shared  = "shared"  // a run of a task that was there before, so that others may run it too
	created = "created" // a task that was only created: nothing runs
)

const (
	pageLimit   = 50
	searchPages = 40 // bounds the search for a mark: the list has no filter and no documented order

	checkWithin = 2 * time.Second // for what is read before a stop, which must be out soon after a signal
	reportsLate = 5 * time.Minute // after a run's end; until then its report may come (UNVERIFIED)
	whyCases    = 10              // the most cases whose reasons are read
)

// follower knows the runs of PerfTest.
type follower struct{ account *huawei.Account }

var _ engine.Follower = follower{}

// call makes a call as the SDK defines it, with an answer type of ours.
func (f follower) call(ctx context.Context, call cloud.Call, request any, definition *def.HttpRequestDef, into answer) error {
	_, err := f.send(ctx, call, request, definition, into)
	return err
}

// send is a call of which the request's id is wanted too.
func (f follower) send(ctx context.Context, call cloud.Call, request any, definition *def.HttpRequestDef, into answer) (requestID string, err error) {
	definition.Response = into
	return f.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		*into.top() = head{} // of a try before
		if _, err := client.Sync(request, definition); err != nil {
			return err
		}
		return refusal(into)
	})
}

func (f follower) Group() (string, int) { return "huawei-cpts " + f.account.Where(), 1 }

// Lasting: a load test is ended without loss.
func (f follower) Lasting(job.Ref) bool { return false }

// Find looks for runs that began under the intent: in the task that was to be
// started, or in those whose name holds the mark. Live runs come first. A
// marked task without a run is no find, because it costs nothing.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	tasks, kind := []marked{}, own
	for _, task := range intent.IDs {
		tasks, kind = append(tasks, marked{id: task}), shared
	}
	var failed error
	if len(tasks) == 0 {
		if tasks, failed = f.marked(ctx, intent); failed != nil {
			return nil, failed
		}
	}
	var alive, over []engine.Found
	for _, task := range tasks {
		runs, err := f.begun(ctx, task.id, intent)
		failed = errors.Join(failed, err)
		for _, run := range runs {
			one := engine.Found{Ref: job.Ref{ID: task.id, Run: run, In: intent.In, Kind: kind}, State: job.StateUnknown, Mark: task.mark, Ours: kind == own}
			if s, err := f.status(ctx, one.Ref); err == nil {
				one.State = s.State
			} else {
				failed = errors.Join(failed, err)
			}
			if one.State.Over() {
				over = append(over, one)
			} else {
				alive = append(alive, one)
			}
		}
	}
	return append(alive, over...), failed
}

// marked is a task whose name holds a mark.
type marked struct{ id, name, mark string }

// marked lists the tasks of the test project whose name holds the mark, the
// newest first. The greatest page is not documented, so a page's length decides
// nothing: the list is read until a page brings nothing new.
func (f follower) marked(ctx context.Context, intent job.Intent) ([]marked, error) {
	project, err := number("test project", intent.In)
	if err != nil || intent.Mark == "" {
		return nil, err
	}
	var tasks []marked
	seen := map[string]bool{}
	for range searchPages {
		offset, limit := int32(len(seen)), int32(pageLimit)
		request := &model.ShowTaskSetRequest{TestSuiteId: project, Offset: &offset, Limit: &limit}
		var answer taskSetAnswer
		if err := f.call(ctx, showTaskSet(), request, cpts.GenReqDefForShowTaskSet(), &answer); err != nil {
			return nil, err
		}
		before := len(seen)
		for _, t := range answer.Tasks {
			task := id(t.ID)
			if mark := engine.Marked(written(t.Name), intent.Mark); mark != "" && task != "" && !seen[task] {
				tasks = append(tasks, marked{task, written(t.Name), mark})
			}
			seen[task] = true
		}
		if len(seen) == before {
			break
		}
	}
	slices.SortStableFunc(tasks, func(a, b marked) int { return rank(b.id) - rank(a.id) })
	return tasks, nil
}

// begun are the runs of a task that were not there before the start, the newest
// first. Where they are ours, or are looked for to be attached to, those that
// have ended count only if none runs.
func (f follower) begun(ctx context.Context, task string, intent job.Intent) ([]string, error) {
	info, history, err := f.look(ctx, task)
	if err != nil {
		return nil, err
	}
	runs := slices.DeleteFunc(runIDs(info, history), func(run string) bool { return slices.Contains(intent.Before, run) })
	newestFirst(runs)
	ended := func(run string) bool {
		return slices.ContainsFunc(history, func(r logged) bool { return id(r.RunID) == run && r.ended() })
	}
	if live := slices.DeleteFunc(slices.Clone(runs), ended); len(live) > 0 && (intent.At.IsZero() || len(intent.IDs) == 0) {
		return live, nil
	}
	return runs, nil
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

// ended is a run of which the history tells that it ended, but not how. What
// no report tells within a while is not called a success.
func (f follower) ended(ctx context.Context, run string, r logged) job.Status {
	s := job.Status{State: job.StateUnknown, Word: "ended", Message: "how it ended is not reported yet"}
	state, known, err := f.ending(ctx, run)
	switch {
	case known:
		s = status(state, true)
	case time.Since(when(r.EndTime)) > reportsLate:
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

// outline reads the summary of a run into an answer of the caller's.
func (f follower) outline(ctx context.Context, run string, into answer) error {
	n, err := number("run", run)
	if err != nil {
		return err
	}
	return f.call(ctx, showMergeReportLogsOutline(), &model.ShowMergeReportLogsOutlineRequest{TaskRunId: n}, cpts.GenReqDefForShowMergeReportLogsOutline(), into)
}

// Stop ends the task, because a stop names no run. So what else runs in the
// task is looked at first: what is not ours is not stopped.
func (f follower) Stop(ctx context.Context, ref job.Ref, _ bool) error {
	if ref.Kind == created {
		return nil
	}
	over, other, err := f.beside(ctx, ref)
	switch {
	case over:
		return nil
	case other != "":
		return &job.Error{
			Fault: job.Refused, Call: batchUpdateTaskStatus().Name,
			Message: fmt.Sprintf("task %s was not stopped, because run %s of it runs too and a stop would end both", ref.ID, other),
			Cure:    "stop the task in the console if that is all right",
		}
	case err != nil && ref.Kind == shared: // a task of our own is stopped all the same: hardly anybody else runs it
		return err
	}
	taken, err := f.stop(ctx, ref)
	if taken || err != nil && !refused(err) {
		return err
	}
	return f.refusedStop(ctx, ref, err)
}

// beside tells whether our run has ended, and names another live run of its task.
func (f follower) beside(ctx context.Context, ref job.Ref) (over bool, other string, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	info, history, err := f.look(ctx, ref.ID)
	if err != nil {
		return false, "", err
	}
	state, known, _ := info.status()
	shown := info.run()
	if shown == ref.Run && known && !live(state) {
		return true, "", nil
	}
	if newer(shown, ref.Run) && known && live(state) {
		other = shown
	}
	for _, r := range history {
		switch run := id(r.RunID); {
		case run == ref.Run && r.ended():
			return true, "", nil
		case run != ref.Run && !r.ended() && (run != shown || live(state)):
			other = run
		}
	}
	return false, other, nil
}

// stop sends the stop with the values that Terraform's provider sends, whatever
// group the run is on (facts huawei-cpts §4.1).
func (f follower) stop(ctx context.Context, ref job.Ref) (taken bool, err error) {
	task, err := number("task", ref.ID)
	if err != nil {
		return false, err
	}
	project, err := number("test project", ref.In)
	if err != nil {
		return false, err
	}
	request := &stopRequest{TestSuitId: project, Body: &stopBody{
		Type: newEdition, ProjectID: project, TaskIDs: []int32{task},
		ClusterID: -1, ClusterType: sharedCluster, Status: toStop,
	}}
	var answer statusAnswer
	err = f.call(ctx, batchUpdateTaskStatus(), request, cpts.GenReqDefForBatchUpdateTaskStatus(), &answer)
	return err == nil && answer.takes(ref.ID), err
}

// refusedStop judges a stop that was refused (err), or whose answer leaves the
// task out (no err). Both may be said of a run that has ended, or that has not
// begun to run (UNVERIFIED).
func (f follower) refusedStop(ctx context.Context, ref job.Ref, err error) error {
	s, readErr := f.status(ctx, ref)
	refusal, _ := errors.AsType[*job.Error](err)
	switch {
	case readErr == nil && (s.State.Over() || s.State == job.StateStopping):
		return nil
	case err == nil:
		err = fmt.Errorf("the answer to the stop leaves out task %s", ref.ID)
	case refusal != nil && refusal.Fault == job.Denied, readErr == nil && s.State == job.StateRunning:
		return err
	}
	return fmt.Errorf("%w: %w", engine.ErrTooEarly, errors.Join(err, readErr))
}

// Why reads the reasons of the run's cases: no call gives one of the run
// itself (facts huawei-cpts §5).
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why := []string{"status " + last.Word}
	if last.Message != "" {
		why[0] += ": " + last.Message
	}
	list, err := f.cases(ctx, ref.Run)
	if err != nil {
		return why, err
	}
	why = add(why, "", list.Result.ErrMessage)
	for _, c := range list.Result.Cases[:min(whyCases, len(list.Result.Cases))] {
		detail, caseErr := f.detail(ctx, ref.Run, c)
		err = errors.Join(err, caseErr)
		name := "case " + written(c.Name) + ": "
		why = add(why, name, detail.Total.FailedReason)
		why = add(why, name, detail.Total.ResultLog)
	}
	return why, err
}

// add adds a line if there is one and it is not there yet.
func add(lines []string, prefix string, v any) []string {
	if written(v) == "" {
		return lines
	}
	line := prefix + cloud.Shorten(written(v))
	if slices.Contains(lines, line) {
		return lines
	}
	return append(lines, line)
}

func (f follower) cases(ctx context.Context, run string) (answer casesAnswer, err error) {
	n, err := number("run", run)
	if err != nil {
		return answer, err
	}
	err = f.call(ctx, showMergeTaskCase(), &model.ShowMergeTaskCaseRequest{TaskRunId: n}, cpts.GenReqDefForShowMergeTaskCase(), &answer)
	return answer, err
}

// detail names the case as the documents do, and if that is refused or tells
// nothing, as the SDK's comments do: which is right is UNVERIFIED (facts
// huawei-cpts §6.2). It is zero if there is no report (yet).
func (f follower) detail(ctx context.Context, run string, c runCase) (caseDetail, error) {
	n, err := number("run", run)
	if err != nil {
		return caseDetail{}, err
	}
	for _, form := range []any{c.TestcaseID, c.CaseURI} {
		of, ok := whole(form)
		if !ok {
			continue
		}
		request := &model.ShowMergeCaseDetailRequest{TaskRunId: n, CaseRunId: int32(of)}
		var answer detailAnswer
		err = f.call(ctx, showMergeCaseDetail(), request, cpts.GenReqDefForShowMergeCaseDetail(), &answer)
		if err != nil && !refused(err) {
			return caseDetail{}, err
		}
		if detail := answer.Result.Detail; detail.told() {
			return detail, nil
		}
	}
	return caseDetail{}, err
}

// refused tells of a call that the service understood and did not carry out. A
// login that failed is another matter.
func refused(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && (e.Fault == job.Refused || e.Fault == job.Denied && e.Status != 401)
}

// runIDs are the runs that the two calls show.
func runIDs(info taskInfo, history []logged) (runs []string) {
	for _, r := range history {
		runs = append(runs, id(r.RunID))
	}
	runs = append(runs, info.run())
	slices.Sort(runs)
	return slices.DeleteFunc(slices.Compact(runs), func(run string) bool { return run == "" })
}

// newestFirst sorts ids of tasks or runs. That they grow is UNVERIFIED; all
// samples do.
func newestFirst(ids []string) {
	slices.SortFunc(ids, func(a, b string) int { return cmp.Compare(rank(b), rank(a)) })
}

// newer compares ids as newestFirst does. No id is older than any.
func newer(a, b string) bool { return rank(a) > rank(b) }

func rank(id string) int {
	n, err := strconv.Atoi(id)
	if err != nil {
		return -1
	}
	return n
}

// number reads an id that we wrote into a ref.
func number(of, id string) (int32, error) {
	n, err := strconv.ParseInt(id, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s id %q is no number: %w", of, id, err)
	}
	return int32(n), nil
}
