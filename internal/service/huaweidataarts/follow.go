package huaweidataarts

import (
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

const readPermission = "a role in the workspace that may read jobs (no action of identity policies is published)"

func showJob() cloud.Call {
	return cloud.Call{Name: "ShowJob", Does: "tells a batch job from a real-time one", Permission: readPermission, Reads: true, Answer: `{"processType":"BATCH"}`}
}

func listJobs() cloud.Call {
	return cloud.Call{Name: "ListJobs", Does: "tells whether schedules are on, and reads the states of many real-time jobs", Permission: readPermission, Reads: true, Answer: `{"total":0,"jobs":[]}`}
}

func showJobStatus() cloud.Call {
	return cloud.Call{Name: "ShowJobStatus", Does: "reads the state of a real-time job", Permission: readPermission, Reads: true}
}

func listJobInstances() cloud.Call {
	return cloud.Call{Name: "ListJobInstances", Does: "finds the instances of a job, and reads those of many jobs", Permission: readPermission, Reads: true, Answer: `{"total":0,"instances":[]}`}
}

func showJobInstance() cloud.Call {
	return cloud.Call{Name: "ShowJobInstance", Does: "reads the state of one instance and its nodes", Permission: readPermission, Reads: true}
}

func stopJobInstance() cloud.Call {
	return cloud.Call{Name: "StopJobInstance", Does: "stops one instance", Permission: permission, NoContent: true}
}

func stopJob() cloud.Call {
	return cloud.Call{Name: "StopJob", Does: "stops a job's schedule, or a real-time job", Permission: permission, NoContent: true}
}

// follower knows the jobs of DataArts. A run is one instance; a schedule is
// followed by the first instance that it makes; a stream is the job itself.
type follower struct {
	account *huawei.Account
	pace    *rate.Limiter // of the calls of a poll; nil: none
}

var _ engine.Follower = follower{}

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

// manual lists the runs of a job that were asked for by hand or by a call.
func (f follower) manual(ctx context.Context, ref job.Ref) ([]instance, error) {
	list, err := f.instances(ctx, ref, time.Now().Add(-lookBack))
	return slices.DeleteFunc(list, func(i instance) bool { return !i.isManual() }), err
}

// findRun lists the runs that were not there before the start. Nothing tells
// ours from one that somebody else began at that time. Without a start, of an
// earlier attempt, it lists those that live.
func (f follower) findRun(ctx context.Context, intent job.Intent, ref job.Ref) ([]engine.Found, error) {
	list, err := f.manual(ctx, ref)
	if err != nil {
		return nil, err
	}
	attach := intent.At.IsZero()
	list = slices.DeleteFunc(list, func(i instance) bool {
		if attach {
			return i.state().Over()
		}
		return slices.Contains(intent.Before, string(i.InstanceID)) || i.asked().Before(intent.At.Add(-skew))
	})
	var found []engine.Found
	for _, i := range list {
		ref.Run, ref.Since = string(i.InstanceID), since{at: i.PlanTime.time()}.text()
		found = append(found, engine.Found{Ref: ref, State: i.state(), Ours: !attach})
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
		if plan := i.PlanTime.time(); s.counts(i) && !i.state().Over() && plan.Before(s.at) {
			s.at = plan
		}
	}
	for _, i := range list {
		if i.state().Over() && i.PlanTime.time().After(s.from()) {
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
	return f.listed(ctx, ref)
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
// UNVERIFIED (sheet huawei-dataarts §3).
func (f follower) stopMade(ctx context.Context, ref job.Ref) error {
	list, err := f.made(ctx, ref)
	for _, i := range list {
		if !i.state().Over() {
			err = errors.Join(err, f.stopRun(ctx, job.Ref{ID: ref.ID, In: ref.In, Kind: once, Run: string(i.InstanceID)}))
		}
	}
	return err
}

// stopRun stops an instance. Only one that runs can be stopped, and the code
// for any other is not documented (sheet huawei-dataarts §6), so after a
// refusal its state decides.
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
			if n.Status != "NORMAL" {
				why = append(why, failure(n.Name, n.Status, n.LogPath))
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
		if n.Status != "fail" && n.Status != "manual-stop" {
			continue
		}
		status := n.Status
		if tries := n.RetryTimes.number(); tries > 0 {
			status += fmt.Sprintf(" after %.0f retries", tries)
		}
		why = append(why, failure(n.Name, status, n.LogPath))
	}
	plan := i.PlanTime.time()
	if plan.IsZero() {
		return why, nil
	}
	list, err := f.between(ctx, ref, plan.UnixMilli()-1, plan.UnixMilli()+1) // only lists have the message
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
