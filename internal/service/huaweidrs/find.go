package huaweidrs

// This file finds tasks that began though their start was not answered.

import (
	"context"
	"slices"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Find returns the tasks that were not started before and are now. A task's id
// is what is started, so one that runs is never another job; but nothing marks
// who started a task, so none is surely ours. One that is still in
// CONFIGURATION, or still paused, may be found later.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	var ids []string
	for _, e := range intent.IDs {
		ids = append(ids, refOf(e).ID)
	}
	said, err := f.states(ctx, ids)
	var found []engine.Found
	for i, e := range intent.IDs {
		ref := refOf(e)
		word := said[ref.ID].word()
		if !started(word) || word == pausing && pastOf(ref).paused || slices.Contains(intent.Before, ref.ID) || slices.Contains(intent.Skip, i) {
			continue
		}
		now := state(word, ref.Kind)
		if word == increStarted { // its goal is reached, but it lives, and a later attempt follows it
			now = job.StateRunning
		}
		found = append(found, engine.Found{Index: i, Ref: ref, State: now})
	}
	return found, err
}
