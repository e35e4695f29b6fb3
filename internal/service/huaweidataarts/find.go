package huaweidataarts

// This file finds a job again: the instance that was not there before the
// start, or the schedule that is on now.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

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

// Find knows one thing more than any follower: that a run which lives may have
// other parameters. No call shows those of an instance (facts huawei-dataarts §6).
func (s *service) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	found, err := s.follower.Find(ctx, intent)
	for i := range found {
		if intent.At.IsZero() && s.spec.run == once && len(s.spec.params) > 0 {
			found[i].Unsure = "DataArts does not show the parameters of a run, and this step gives some"
		}
	}
	return found, err
}
