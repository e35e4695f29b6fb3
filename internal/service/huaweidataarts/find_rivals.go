package huaweidataarts

// This file lists what runs of the same job, whoever began it.

import (
	"context"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Rivals are the instances of the job that are not over, or for run: schedule
// whether it is on. Nothing tells who began them (facts huawei-dataarts §4), and
// a list goes back no more than seven days (facts huawei-dataarts §6).
func (s *service) Rivals(ctx context.Context) ([]engine.Live, error) {
	ref := job.Ref{ID: s.spec.jobName, In: s.spec.workspace, Kind: s.spec.run}
	if ref.Kind == once {
		return s.runsOf(ctx, ref)
	}
	d, err := s.definition(ctx, ref)
	if err != nil {
		return nil, err
	}
	if d.isStream() {
		ref.Kind = stream
	}
	word, err := s.word(ctx, ref)
	if err != nil || !isOn(word) {
		return nil, err
	}
	return []engine.Live{{Ref: ref, Status: job.Status{State: jobState(word), Word: word}}}, nil
}

// runsOf are the instances of a job that are not over, but for those that its
// schedule plans for later. One that waits may not be listed, and has no id then.
func (f follower) runsOf(ctx context.Context, ref job.Ref) (live []engine.Live, err error) {
	list, err := f.instances(ctx, ref, time.Now().Add(ahead-longestSpan))
	if err != nil {
		return nil, err
	}
	for _, i := range list {
		later := i.state() == job.StatePending && i.planned().After(time.Now().Add(skew))
		if i.state().Over() || isPlanned(i) && later {
			continue
		}
		of := ref
		of.Run = string(i.InstanceID)
		one := engine.Live{Ref: of, Status: i.read(), Since: i.planned()}
		if isPlanned(i) {
			one.Note = "which the schedule made"
		}
		live = append(live, one)
	}
	if len(live) > 0 {
		return live, nil
	}
	word, err := f.queued(ctx, ref, nil)
	if word != "" {
		live = append(live, engine.Live{Ref: ref, Status: job.Status{State: job.StatePending, Word: word}, Note: "which is not listed yet"})
	}
	return live, err
}
