package drsemu

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// batchStartJobs is document 001, with the two flags of SDK3.
func (s *Service) batchStartJobs(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	entries, ids, err := s.entries(body)
	if err != nil {
		return emu.Answer{}, err
	}
	times := make([]time.Time, len(entries))
	for i, entry := range entries {
		if times[i], err = s.startTime(entry); err != nil {
			return emu.Answer{}, err
		}
		if err = flags(entry, "is_only_init_task", "is_auto_create_compare"); err != nil {
			return emu.Answer{}, err
		}
	}
	if answer, refused := s.refuseMissing(ids); refused {
		return answer, nil
	}
	if s.anyParent(ids) {
		return emu.Answer{}, onlySubTasks()
	}
	if s.Switches.SecondStartRefused && s.anyStarted(ids) {
		return emu.Answer{}, wrongState()
	}
	results := []any{}
	for i, id := range ids {
		if id == s.Switches.StartLoses {
			continue
		}
		item := s.startOne(id, times[i])
		if id != s.Switches.StartHides {
			results = append(results, item)
		}
	}
	key := "results"
	if s.Switches.JobsKey {
		key = "jobs"
	}
	return emu.Answer{
		Status: http.StatusAccepted,
		Body:   map[string]any{key: results, "count": len(results)},
	}, nil
}

// startTime reads start_time: epoch milliseconds in a string, empty for now.
// The zero time is now. Seconds are read as milliseconds, so as long past.
func (s *Service) startTime(entry map[string]any) (time.Time, *fault) {
	v, err := text(entry, "start_time")
	if err != nil || v == "" {
		return time.Time{}, err
	}
	ms, bad := strconv.ParseUint(v, 10, 63)
	if bad != nil {
		return time.Time{}, invalid("start_time")
	}
	at := time.UnixMilli(int64(ms))
	if at.Before(s.now()) {
		if s.Switches.PastStartRefused {
			return time.Time{}, invalid("start_time")
		}
		return time.Time{}, nil
	}
	return at, nil
}

func (s *Service) anyStarted(ids []string) bool {
	for _, id := range ids {
		if j := s.jobs[id]; j != nil && s.started(j) {
			return true
		}
	}
	return false
}

func (s *Service) anyParent(ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { j := s.jobs[id]; return j != nil && j.parent() })
}

// started says whether a job is past the point where it can be started.
func (s *Service) started(j *job) bool {
	status := j.walk.at(s.now())
	return j.run != nil || status != configuration && status != creating
}

func (s *Service) startOne(id string, at time.Time) map[string]any {
	if f := s.missing(id); f != nil {
		return outcome(id, f)
	}
	j := s.jobs[id]
	if f := s.startable(j); f != nil {
		return outcome(id, f)
	}
	s.begin(j, at)
	item := outcome(id, nil)
	if j.Monthly {
		item["order_id"] = s.orderID()
	}
	return item
}

// startable says what keeps a job from being started: all must be configured,
// and the precheck passed (HWDOC).
func (s *Service) startable(j *job) *fault {
	switch {
	case s.started(j), j.walk.at(s.now()) != configuration:
		return wrongState()
	case j.RefusesStart, j.checked.IsZero(), s.checking(j), j.Precheck == Failing:
		return busy()
	}
	return nil
}

// begin lets a job go its way, at a time or at once.
func (s *Service) begin(j *job, at time.Time) {
	now := s.now()
	j.walk.cut(now)
	j.sched = at
	if at.After(now) {
		j.walk.then(now, Step{Status: waitingForStart})
		j.walk.then(at, s.plan(j)...)
	} else {
		j.walk.then(now, s.plan(j)...)
	}
	s.ran(j)
}

// ran notes that a start or a resume has begun a job. What an earlier one had
// begun ended when the job was paused or failed.
func (s *Service) ran(j *job) {
	if j.run != nil {
		j.run.dropped = true
	}
	j.run = &run{job: j, walk: j.walk, began: s.now()}
	s.runs = append(s.runs, j.run)
}

// startNow ends the waiting of a scheduled job.
func (s *Service) startNow(j *job) {
	now := s.now()
	rest := j.walk.cut(now)
	j.walk.then(now, rest[1:]...)
}

// plan is a job's walk after its start.
func (s *Service) plan(j *job) []Step {
	if j.Walk != nil {
		return j.Walk
	}
	return s.released(j, healthyWalk(j.TaskType))
}

// released adds the end that a FULL_TRANS job may come to by itself.
func (s *Service) released(j *job, steps []Step) []Step {
	if j.TaskType != fullTrans || s.Switches.ReleaseAfter <= 0 {
		return steps
	}
	steps[len(steps)-1].For = s.Switches.ReleaseAfter
	return append(steps, Step{releaseStarted, releaseTime}, Step{releaseComplete, 0})
}

// orderID is made from a counter, in the shape of Huawei's order numbers.
func (s *Service) orderID() string {
	s.orders++
	return fmt.Sprintf("CS%s%05d", s.now().UTC().Format("0601021504"), s.orders)
}
