package tencentpts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"
	pts "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/pts/v20210728"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

func describeJobs() cloud.Call {
	return cloud.Call{Name: "DescribeJobs", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the runs' states and numbers", Permission: "pts:DescribeJobs (in QcloudPTSReadOnlyAccess)", PerSecond: 20, Reads: true}
}

func abortJob() cloud.Call {
	return cloud.Call{Name: "AbortJob", For: cloud.ToStop, Does: "stops a run", Permission: "pts:AbortJob (in QcloudPTSFullAccess)", PerSecond: 20}
}

func describeAlertRecords() cloud.Call {
	return cloud.Call{Name: "DescribeAlertRecords", For: cloud.ToWait, Does: "tells which SLA rule stopped a run", Permission: "pts:DescribeAlertRecords (in QcloudPTSReadOnlyAccess)", PerSecond: 20, Reads: true}
}

func describeNormalLogs() cloud.Call {
	return cloud.Call{Name: "DescribeNormalLogs", For: cloud.ToWait, Does: "reads the errors of a run that failed", Permission: "pts:DescribeNormalLogs (in QcloudPTSReadOnlyAccess)", PerSecond: 20, Reads: true}
}

// pageLimit is the most that DescribeJobs lists in one call (facts tencent-pts §3).
const pageLimit = 100

// searchPages bounds how far back a search for a mark goes: the order of the
// list is not documented, so it cannot stop at the first older run.
const searchPages = 20

// follower knows the runs of PTS.
type follower struct{ account *tencent.Account }

var (
	_ engine.Follower = follower{}
	_ engine.Console  = follower{}
)

// Console is the page that PTS's guides log in to, of the domestic site. What
// stands behind it for a run is UNVERIFIED, and so is the international site's
// (facts tencent-pts §10).
func (f follower) Console() string {
	return f.account.OnDomestic("https://console.cloud.tencent.com/pts")
}

// send makes one call.
func (f follower) send(ctx context.Context, call cloud.Call, r tencent.Request, response tchttp.Response) error {
	return f.account.Send(ctx, call, codes, pts.APIVersion, r, response)
}

// scope writes the project and the scenario that nearly every call wants
// beside the run's id.
func scope(project, scenario string) string { return project + "/" + scenario }

func unscope(in string) (project, scenario string) {
	project, scenario, _ = strings.Cut(in, "/")
	return project, scenario
}

func (f follower) Group() (string, int) { return "tencent-pts " + f.account.Where(), pageLimit }

// Lasting: a load test is ended without loss.
func (f follower) Lasting(job.Ref) bool { return false }

// Find compares notes: no filter of DescribeJobs knows them. What one start
// began stands together; the jobs of all attempts may stand far apart.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	project, scenario := unscope(intent.In)
	var found []engine.Found
	for page := range searchPages {
		jobs, total, err := f.list(ctx, []string{project}, []string{scenario}, nil, page*pageLimit)
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			if mark := engine.Marked(j.Note, intent.Mark); mark != "" {
				ref := job.Ref{ID: j.JobId, In: intent.In}
				found = append(found, engine.Found{Ref: ref, State: j.status().State, Mark: mark, Ours: true})
			}
		}
		if !tencent.More(page+1, pageLimit, len(jobs), total) || found != nil && !intent.At.IsZero() {
			break
		}
	}
	return found, nil
}

func (f follower) list(ctx context.Context, projects, scenarios, ids []string, offset int) ([]run, int, error) {
	limit, from := int64(pageLimit), int64(offset)
	request := pts.NewDescribeJobsRequest()
	request.ProjectIds, request.ScenarioIds, request.JobIds = pointers(projects), pointers(scenarios), pointers(ids)
	request.Limit, request.Offset = &limit, &from
	call, response := describeJobs(), &describeJobsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, call, request, response); err != nil {
		return nil, 0, err
	}
	if response.Response == nil {
		return nil, 0, cloud.Unknown(call, "the answer is empty", nil)
	}
	return response.Response.JobSet, int(response.Response.Total.Whole()), nil
}

func (f follower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	statuses := make([]job.Status, len(refs))
	var failed error
	for chunk := range slices.Chunk(indices(len(refs)), pageLimit) {
		var projects, scenarios, ids []string
		for _, i := range chunk {
			project, scenario := unscope(refs[i].In)
			projects, scenarios = add(projects, project), add(scenarios, scenario)
			ids = append(ids, refs[i].ID)
		}
		jobs, _, err := f.list(ctx, projects, scenarios, ids, 0)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		for _, i := range chunk {
			statuses[i] = job.Status{State: job.StateUnknown, Unlisted: true}
			for _, j := range jobs {
				if j.JobId == refs[i].ID {
					statuses[i] = j.status()
				}
			}
		}
	}
	return statuses, failed
}

// status reads a run. Numbers are as facts tencent-pts §3 explains them.
func (r run) status() job.Status {
	s := job.Status{State: job.StateUnknown, Word: "no status", Message: r.Message, Begun: when(r.StartTime), Ended: when(r.EndTime)}
	if seconds := r.Duration.Whole(); seconds > 0 && seconds < int64(longest/time.Second) {
		s.Planned = time.Duration(seconds) * time.Second
	}
	if !r.Status.Given {
		return s
	}
	s.State, s.Word = state(r.Status)
	if r.AbortReason.Whole() == abortedBySLA && s.State == job.StateStopped {
		s.State, s.Word = job.StateFailed, s.Word+bySLA
	}
	if s.State == job.StateRunning || s.State.Over() {
		s.Progress = r.progress()
	}
	return s
}

const (
	abortedBySLA = 2
	bySLA        = " by an SLA rule"
	longest      = 365 * 24 * time.Hour // what is planned for longer is no plan
)

// States are the words of PTS, each with what it is to who waits.
func States() []job.Status {
	var all []job.Status
	for number := range 22 {
		s, word := state(cloud.Number{Value: float64(number), Given: true})
		if !strings.HasPrefix(word, "Job") { // the enum has gaps
			continue
		}
		all = append(all, job.Status{State: s, Word: word})
		if s == job.StateStopped {
			all = append(all, job.Status{State: job.StateFailed, Word: word + bySLA})
		}
	}
	return all
}

// state maps the whole enum (facts tencent-pts §4). A number that it does not
// have is unknown, and the run is read on.
func state(number cloud.Number) (job.State, string) {
	switch number.Value {
	case 0:
		return job.StateUnknown, "JobUnknown"
	case 1:
		return job.StatePending, "JobCreated"
	case 2:
		return job.StatePending, "JobPending"
	case 3:
		return job.StatePending, "JobPreparing"
	case 4:
		return job.StatePending, "JobSelectClustering"
	case 5:
		return job.StatePending, "JobCreateTasking"
	case 6:
		return job.StatePending, "JobSyncTasking"
	case 11:
		return job.StateRunning, "JobRunning"
	case 12:
		return job.StateSucceeded, "JobFinished"
	case 13:
		return job.StateFailed, "JobPrepareException"
	case 14:
		return job.StateFailed, "JobFinishException"
	case 15:
		return job.StateStopping, "JobAborting"
	case 16:
		return job.StateStopped, "JobAborted"
	case 17:
		return job.StateFailed, "JobAbortException"
	case 18:
		return job.StateFailed, "JobDeleted"
	case 19:
		return job.StateFailed, "JobSelectClusterException"
	case 20:
		return job.StateFailed, "JobCreateTaskException"
	case 21:
		return job.StateFailed, "JobSyncTaskException"
	}
	return job.StateUnknown, strconv.FormatFloat(number.Value, 'g', -1, 64) + ", which is not documented"
}

func (r run) progress() string {
	if r.requests() <= 0 {
		return ""
	}
	parts := []string{fmt.Sprintf("%d requests", r.requests())}
	if r.RequestsPerSecond.Given {
		parts = append(parts, fmt.Sprintf("%.1f/s", r.RequestsPerSecond.Value))
	}
	if r.ErrorRate.Given { // percent
		parts = append(parts, fmt.Sprintf("%.2f %% errors", r.ErrorRate.Value))
	}
	if r.ResponseTimeP95.Value > 0 { // seconds
		parts = append(parts, fmt.Sprintf("p95 %.0f ms", 1000*r.ResponseTimeP95.Value))
	}
	return strings.Join(parts, ", ")
}

// Stop aborts. The answer to a run that does not run is the same whether it has
// ended or not begun, so its status decides (facts tencent-pts §5).
func (f follower) Stop(ctx context.Context, ref job.Ref, _ bool) error {
	project, scenario := unscope(ref.In)
	byUser := int64(1)
	request := pts.NewAbortJobRequest()
	request.JobId, request.ProjectId, request.ScenarioId, request.AbortReason = &ref.ID, &project, &scenario, &byUser
	err := f.send(ctx, abortJob(), request, &emptyResponse{BaseResponse: &tchttp.BaseResponse{}})
	if e, ok := errors.AsType[*job.Error](err); !ok || e.Code != "FailedOperation.JobStatusNotRunning" {
		return err
	}
	statuses, readErr := f.Status(ctx, []job.Ref{ref})
	switch {
	case readErr != nil:
		return errors.Join(engine.ErrTooEarly, readErr)
	case statuses[0].State.Over() || statuses[0].State == job.StateStopping:
		return nil
	}
	return fmt.Errorf("%w: %w", engine.ErrTooEarly, err)
}

// Why adds the SLA rule that fired and the last errors of the run's log.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why := []string{"status " + last.Word}
	if last.Message != "" {
		why[0] += ": " + last.Message
	}
	if strings.HasPrefix(last.Word, "JobAbortException") {
		why = append(why, "stopping it failed, so load may still run")
	}
	rules, err := f.rules(ctx, ref)
	why = append(why, rules...)
	if last.State == job.StateFailed && rules == nil {
		logs, logErr := f.errors(ctx, ref)
		why, err = append(why, logs...), errors.Join(err, logErr)
	}
	return why, err
}

func (f follower) rules(ctx context.Context, ref job.Ref) ([]string, error) {
	project, scenario := unscope(ref.In)
	request := pts.NewDescribeAlertRecordsRequest()
	request.ProjectIds, request.ScenarioIds, request.JobIds = pointers([]string{project}), pointers([]string{scenario}), pointers([]string{ref.ID})
	response := &describeAlertRecordsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeAlertRecords(), request, response); err != nil || response.Response == nil {
		return nil, err
	}
	var lines []string
	for _, record := range response.Response.AlertRecordSet {
		if record.JobId == ref.ID {
			lines = append(lines, "SLA rule: "+strings.TrimPrefix(record.JobSLADescription, "SLA rule: "))
		}
	}
	return lines, nil
}

// errors reads a few error lines of the engines' log.
func (f follower) errors(ctx context.Context, ref job.Ref) ([]string, error) {
	project, scenario := unscope(ref.In)
	severity, limit := "error", int64(5)
	request := pts.NewDescribeNormalLogsRequest()
	request.JobId, request.ProjectId, request.ScenarioId = &ref.ID, &project, &scenario
	request.SeverityText, request.Limit = &severity, &limit
	response := &describeNormalLogsResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeNormalLogs(), request, response); err != nil || response.Response == nil {
		return nil, err
	}
	var lines []string
	for _, l := range response.Response.NormalLogs {
		lines = append(lines, "log: "+l.Body)
	}
	return lines, nil
}

func pointers(list []string) []*string {
	var p []*string
	for i := range list {
		p = append(p, &list[i])
	}
	return p
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func add(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
