package huaweidataarts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"
	"golang.org/x/time/rate"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

const readPermission = "DAYU User with any role in the workspace, such as viewer, or DAYU Administrator; identity policies need no action, but the same role"

func showJob() cloud.Call {
	return cloud.Call{Name: "ShowJob", For: cloud.ToRun | cloud.ToCheck, Does: "tells a batch job from a real-time one", PerSecond: aDefinition, Permission: readPermission, Reads: true, Answer: `{"processType":"BATCH"}`}
}

func listJobs() cloud.Call {
	return cloud.Call{Name: "ListJobs", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "tells whether schedules are on, and reads the states of many real-time jobs", PerSecond: most, Permission: readPermission, Reads: true, Answer: `{"total":0,"jobs":[]}`}
}

func showJobStatus() cloud.Call {
	return cloud.Call{Name: "ShowJobStatus", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the state of a real-time job", PerSecond: most, Permission: readPermission, Reads: true}
}

func listJobInstances() cloud.Call {
	return cloud.Call{Name: "ListJobInstances", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "finds the instances of a job, and reads those of many jobs", PerSecond: most, Permission: readPermission, Reads: true, Answer: `{"total":0,"instances":[]}`}
}

func showJobInstance() cloud.Call {
	return cloud.Call{Name: "ShowJobInstance", For: cloud.ToWait | cloud.ToStop, Does: "reads the state of one instance and its nodes", PerSecond: most, Permission: readPermission, Reads: true}
}

func stopJobInstance() cloud.Call {
	return cloud.Call{Name: "StopJobInstance", For: cloud.ToStop, Does: "stops one instance", PerSecond: most, Permission: permission, NoContent: true}
}

func stopJob() cloud.Call {
	return cloud.Call{Name: "StopJob", For: cloud.ToStop, Does: "stops a job's schedule, or a real-time job", PerSecond: most, Permission: permission, NoContent: true}
}

// follower knows the jobs of DataArts. A run is one instance; a schedule is
// followed by the first instance that it makes; a stream is the job itself.
type follower struct {
	account *huawei.Account
	pace    *rate.Limiter // of the calls of a poll; nil: none
}

var (
	_ engine.Follower = follower{}
	_ engine.Console  = follower{}
)

// Console is the page that the Chinese guides log in to (DAYU, as the service was
// called). They are of the regions in China; for others it is UNVERIFIED.
func (f follower) Console() string {
	if !f.account.In("cn-") {
		return ""
	}
	return "https://console.huaweicloud.com/dayu/"
}

// Group: a poll reads the pages of two lists, and those of ListJobs hold less.
func (f follower) Group() (string, int) { return Name + " " + f.account.Where(), jobsLimit }

// Lasting: others rely on a schedule or a real-time job; a run is ended
// without loss.
func (f follower) Lasting(ref job.Ref) bool { return ref.Kind != once }

func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	ref := refOf(intent)
	switch ref.Kind {
	case once:
		return f.findRun(ctx, intent, ref)
	case schedule, stream:
		return f.findOn(ctx, intent, ref)
	}
	return nil, nil
}

// lookBack is how old a run may be to be found.
const lookBack = 24 * time.Hour

// manual lists the runs of a job that were asked for by hand or by a call, and
// those of which old answers do not say whether they were.
func (f follower) manual(ctx context.Context, ref job.Ref) ([]instance, error) {
	list, err := f.instances(ctx, ref, time.Now().Add(-lookBack))
	return slices.DeleteFunc(list, isPlanned), err
}

// isPlanned tells of an instance that was not asked for by hand.
func isPlanned(i instance) bool { return i.InstanceType != "" && !i.isManual() }

// queued is the word for an instance of a job that waits and is not among those
// listed: the list of jobs has the status of the last one. If one of those that
// are listed goes on, that may be it.
func (f follower) queued(ctx context.Context, ref job.Ref, listed []instance) (string, error) {
	if slices.ContainsFunc(listed, func(i instance) bool { return !i.state().Over() }) {
		return "", nil
	}
	j, err := f.listed(ctx, ref)
	if (instance{Status: j.LastStatus}).state() != job.StatePending {
		return "", err
	}
	return j.LastStatus, nil
}

// findRun lists the runs that were not there before the start and were planned
// since. Nothing tells ours from one that somebody else began at that time, and
// of some not even that they were asked for by hand. Without a start, of an
// earlier attempt, it lists those that live.
func (f follower) findRun(ctx context.Context, intent job.Intent, ref job.Ref) ([]engine.Found, error) {
	list, err := f.instances(ctx, ref, time.Now().Add(-lookBack))
	if err != nil {
		return nil, err
	}
	attach := intent.At.IsZero()
	if attach {
		if word, err := f.queued(ctx, ref, list); word != "" || err != nil {
			return nil, cmp.Or(err, error(&job.Error{
				Fault: job.Unclear, Call: listJobInstances().Name,
				Message: fmt.Sprintf("the last instance of %s is %s and not listed yet, so whether an earlier attempt began it cannot be seen", ref.ID, word),
				Cure:    "run the step again when it runs or has ended",
			}))
		}
	}
	list = slices.DeleteFunc(list, isPlanned)
	list = slices.DeleteFunc(list, func(i instance) bool {
		if attach {
			return i.state().Over()
		}
		plan := i.planned()
		another := !plan.IsZero() && (plan.Before(intent.At.Add(-skew)) || plan.After(time.Now().Add(skew)))
		return another || slices.Contains(intent.Before, string(i.InstanceID))
	})
	var found []engine.Found
	for _, i := range list {
		ref.Run, ref.Since = string(i.InstanceID), since{at: i.planned()}.text()
		one := engine.Found{Ref: ref, State: i.state(), Ours: !attach}
		if !i.isManual() || i.planned().IsZero() {
			one.Unsure = "DataArts does not say who began it, or when"
		}
		found = append(found, one)
	}
	return found, nil
}

// findOn takes a schedule or a stream that is on now and was not before. It
// proves nothing: somebody else may have put it on.
func (f follower) findOn(ctx context.Context, intent job.Intent, ref job.Ref) ([]engine.Found, error) {
	word, err := f.word(ctx, ref)
	if err != nil || !isOn(word) || len(intent.Before) > 0 {
		return nil, err
	}
	if intent.At.IsZero() && ref.Kind == schedule {
		if ref.Since, err = f.underWay(ctx, ref); err != nil {
			return nil, err
		}
	}
	return []engine.Found{{Ref: ref, State: job.StateRunning}}, nil
}

// underWay is the start of a schedule that an earlier attempt began: what runs
// of it now counts, what has ended does not.
func (f follower) underWay(ctx context.Context, ref job.Ref) (string, error) {
	s := readSince(ref.Since)
	s.known = nil
	list, err := f.instances(ctx, ref, s.at.Add(-lookBack))
	for _, i := range list {
		if plan := i.planned(); s.counts(i) && !i.state().Over() && plan.Before(s.at) {
			s.at = plan
		}
	}
	for _, i := range list {
		if i.state().Over() && i.planned().After(s.from()) {
			s.known = append(s.known, string(i.InstanceID))
		}
	}
	return s.text(), err
}

// isUnknown tells of the code for an instance that does not exist, in both
// spellings.
func isUnknown(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && (e.Code == "DLF.0137" || e.Code == "DLF.30137")
}

// word is the state of a schedule or a stream as the service writes it.
func (f follower) word(ctx context.Context, ref job.Ref) (string, error) {
	if ref.Kind == stream {
		s, err := f.streamStatus(ctx, ref)
		return s.Status, err
	}
	j, err := f.listed(ctx, ref)
	return j.Status, err
}

// Stop ends a run, or takes a job off its schedule. Nothing here is only
// paused, so there is no more to end for good.
func (f follower) Stop(ctx context.Context, ref job.Ref, _ bool) error {
	if ref.Kind == once {
		return f.stopRun(ctx, ref)
	}
	if readSince(ref.Since).joined {
		return &job.Error{Fault: job.Refused, Call: stopJob().Name, Message: "not stopped: the job was on before this run", Cure: "stop it in the console if nobody else needs it"}
	}
	_, err := f.send(ctx, stopJob(), &model.StopJobRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForStopJob(), &empty{})
	if isRefused(err) { // whether a job that is off already may be stopped is UNVERIFIED
		if word, readErr := f.word(ctx, ref); readErr == nil && isOff(word) {
			err = nil
		}
	}
	if err != nil || ref.Kind == stream {
		return err
	}
	return f.stopMade(ctx, ref)
}

// stopMade stops what the schedule has begun: whether StopJob does that is
// UNVERIFIED (facts huawei-dataarts §3). For one that waits and is not listed
// the stop comes too early.
func (f follower) stopMade(ctx context.Context, ref job.Ref) error {
	s := readSince(ref.Since)
	all, err := f.instances(ctx, ref, s.from())
	if err != nil {
		return err
	}
	word, err := f.queued(ctx, ref, all)
	if word != "" {
		err = fmt.Errorf("%w: its last instance is %s, and not listed yet", engine.ErrTooEarly, word)
	}
	for _, i := range s.made(all) {
		if !i.state().Over() {
			err = errors.Join(err, f.stopRun(ctx, job.Ref{ID: ref.ID, In: ref.In, Kind: once, Run: string(i.InstanceID)}))
		}
	}
	return err
}

// stopRun stops an instance. By the call's page only one that runs can be
// stopped, by the console's also one that waits (facts huawei-dataarts
// §6), and the code for any other is not documented, so after a
// refusal its state decides: one that waits is stopped when it runs.
func (f follower) stopRun(ctx context.Context, ref job.Ref) error {
	_, err := f.send(ctx, stopJobInstance(), &model.StopJobInstanceRequest{
		Workspace: header(ref.In), JobName: ref.ID, InstanceId: ref.Run,
	}, dgc.GenReqDefForStopJobInstance(), &empty{})
	if !isRefused(err) {
		return err
	}
	status, readErr := f.readAlone(ctx, ref)
	switch {
	case readErr != nil:
		return readErr
	case status.State.Over():
		return nil
	}
	return fmt.Errorf("%w: %w", engine.ErrTooEarly, err)
}

func isRefused(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && e.Fault == job.Refused
}

// Why names the nodes that failed. Their log is a path in OBS, not an address.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why := []string{"status " + last.Word}
	if last.Message != "" {
		why[0] += ": " + last.Message
	}
	if ref.Kind == stream {
		s, err := f.streamStatus(ctx, ref)
		for _, n := range s.Nodes {
			switch n.state() {
			case job.StatePending, job.StateRunning, job.StateSucceeded:
			default:
				why = append(why, failure(n.name(), n.word(), n.LogPath))
			}
		}
		return why, err
	}
	if ref.Kind == schedule {
		list, err := f.made(ctx, ref)
		i, found := deciding(list)
		if !found || err != nil {
			return append(why, "the schedule made no instance that ended"), err
		}
		ref.Run = string(i.InstanceID)
		why = append(why, "instance "+ref.Run)
	}
	more, err := f.whyRun(ctx, ref)
	return append(why, more...), err
}

func (f follower) whyRun(ctx context.Context, ref job.Ref) ([]string, error) {
	i, err := f.instance(ctx, ref)
	if err != nil {
		return nil, err
	}
	var why []string
	for _, n := range i.Nodes {
		if state := n.state(); state != job.StateFailed && state != job.StateStopped {
			continue
		}
		status := n.Status
		if tries := n.RetryTimes.number(); tries > 0 {
			status += fmt.Sprintf(" after %.0f retries", tries)
		}
		why = append(why, failure(n.Name, status, n.LogPath))
	}
	from, to := i.planned(), cmp.Or(i.StartTime.time(), i.planned()) // whichever of them is compared
	if from.IsZero() {
		return why, nil
	}
	list, err := f.between(ctx, ref, from.UnixMilli()-1, to.UnixMilli()+1) // only lists have the message
	for _, l := range list {
		if string(l.InstanceID) == ref.Run && l.ErrorMessage != "" {
			why = append(why, "message: "+l.ErrorMessage)
		}
	}
	return why, err
}

func failure(node, status, log string) string {
	line := "node " + node + ": " + status
	if log != "" {
		line += ", log " + log
	}
	return line
}
