package huaweicpts

// This file stops a run. The call stops all runs of a task, so it looks first
// whose they are.

import (
	"context"
	"errors"
	"fmt"
	"time"

	cpts "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cpts/v1"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// checkWithin bounds what is read before a stop, which must be out soon after a
// signal.
const checkWithin = 2 * time.Second

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
