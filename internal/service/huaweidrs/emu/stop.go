package drsemu

import (
	"net/http"
	"slices"
	"time"

	"cloudjob/internal/emulator/emu"
)

// act does something to each job of a call and collects the items.
func (s *Service) act(status int, ids []string, do func(i int, j *job) *fault) emu.Answer {
	if answer, refused := s.refuseMissing(ids); refused {
		return answer
	}
	results := []any{}
	for i, id := range ids {
		f := s.missing(id)
		if f == nil {
			f = do(i, s.jobs[id])
		}
		results = append(results, outcome(id, f))
	}
	return emu.Answer{Status: status, Body: map[string]any{"results": results, "count": len(results)}}
}

// batchStopJobs pauses (HWDOC batch-pause-task).
func (s *Service) batchStopJobs(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	entries, ids, err := s.entries(body)
	if err != nil {
		return emu.Answer{}, err
	}
	if err = s.checkShape(ids); err != nil {
		return emu.Answer{}, err
	}
	modes := make([]string, len(entries))
	for i, entry := range entries {
		if modes[i], err = word(entry, "pause_mode", "target", "all"); err != nil {
			return emu.Answer{}, err
		}
	}
	if s.anyParent(ids) {
		return emu.Answer{}, onlySubTasks()
	}
	return s.act(http.StatusOK, ids, func(i int, j *job) *fault { return s.pause(j, modes[i]) }), nil
}

// pause is for five states (HWDOC, OTC). Mode "all" stops the capture of the
// source's log too.
func (s *Service) pause(j *job, mode string) *fault {
	now := s.now()
	switch {
	case s.Switches.StopRefused != "":
		return &fault{s.Switches.StopRefused, "The task cannot be stopped."}
	case now.Before(j.busy):
		return busy()
	case !pausable(j.walk.at(now)), s.Switches.RecoveryUnpausable && j.UseType == disasterRecovery:
		return wrongState()
	}
	at := now.Add(s.Switches.SlowPause)
	j.paused = j.walk.cut(at)
	j.walk.then(at, Step{Status: pausing})
	j.busy, j.uncaptured = at, mode == "all"
	return nil
}

// batchRestoreTask resumes a paused job or retries a failed one.
func (s *Service) batchRestoreTask(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	entries, ids, err := s.entries(body)
	if err != nil {
		return emu.Answer{}, err
	}
	for _, entry := range entries {
		edited, err := flag(entry, "is_sync_re_edit")
		if err != nil {
			return emu.Answer{}, err
		}
		if !edited && !s.Switches.ReEditOptional {
			return emu.Answer{}, empty("is_sync_re_edit")
		}
	}
	if s.anyParent(ids) {
		return emu.Answer{}, onlySubTasks()
	}
	return s.act(http.StatusOK, ids, func(_ int, j *job) *fault { return s.restore(j) }), nil
}

// restore lets a job go on where it was paused; a failure does not come again.
// That it goes on at once, and keeps its actual_start_time, is UNVERIFIED.
func (s *Service) restore(j *job) *fault {
	now := s.now()
	if now.Before(j.busy) {
		return busy()
	}
	switch status := j.walk.at(now); status {
	case pausing:
		rest := j.paused
		if len(rest) == 0 || failed(rest[0].Status) {
			rest = s.healed(j, now)
		}
		j.walk.cut(now)
		j.walk.then(now, rest...)
	case fullFailed, increFailed:
		j.walk.cut(now)
		j.walk.then(now, s.healed(j, now)...)
	default:
		return wrongState()
	}
	j.paused, j.uncaptured = nil, false
	s.ran(j)
	return nil
}

// healed is the healthy way on from where a job has come to.
func (s *Service) healed(j *job, now time.Time) []Step {
	if _, incremental := j.walk.first(increStarted, now); incremental || j.TaskType == incrTrans {
		return []Step{{Status: increStarted}}
	}
	steps := healthyWalk(j.TaskType)[1:] // without STARTJOBING
	steps[0].For = max(time.Second, j.copyTotal()-j.walk.spent(fullStarted, now))
	return s.released(j, steps)
}

// batchDeleteJobs terminates jobs or deletes their records.
func (s *Service) batchDeleteJobs(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	entries, ids, err := s.entries(body)
	if err != nil {
		return emu.Answer{}, err
	}
	kinds := make([]string, len(entries))
	for i, entry := range entries {
		if kinds[i], err = word(entry, "delete_type", "terminate", "force_terminate", "delete"); err != nil {
			return emu.Answer{}, err
		}
		if err = flags(entry, "is_show_breakpoint_position"); err != nil {
			return emu.Answer{}, err
		}
	}
	return s.act(http.StatusAccepted, ids, func(i int, j *job) *fault {
		if kinds[i] == "delete" {
			return s.remove(j)
		}
		return s.terminate(j, kinds[i] == "force_terminate")
	}), nil
}

func (s *Service) remove(j *job) *fault {
	now := s.now()
	if !deletable(j.walk.at(now)) {
		return wrongState()
	}
	j.walk.cut(now)
	j.walk.then(now, Step{Status: deleted})
	return nil
}

// terminate ends a job for good. Force overcomes what is stuck or busy.
func (s *Service) terminate(j *job, force bool) *fault {
	now := s.now()
	status := j.walk.at(now)
	switch {
	case status == releaseComplete:
		return released()
	case status == createFailed:
		return wrongState() // only its record can be deleted
	case s.Switches.StopRefused != "":
		return &fault{s.Switches.StopRefused, "The task cannot be stopped."}
	case force:
	case now.Before(j.busy):
		return busy()
	case status == releaseStarted, slices.Contains(s.Switches.NoTerminateIn, status): // the first from real traffic (2026-06)
		return wrongState()
	}
	end := releaseComplete
	if j.StuckRelease && !force {
		end = releaseFailed
	}
	j.walk.cut(now)
	j.walk.then(now, Step{releaseStarted, releaseTime + s.Switches.SlowRelease}, Step{Status: end})
	j.paused, j.busy = nil, time.Time{}
	return nil
}
