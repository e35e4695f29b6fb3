package ptsemu

import (
	"slices"
	"time"

	"cloudjob/internal/emulator/emu"
)

// defaultAbortDuration is how long JobAborting lasts (UNVERIFIED).
const defaultAbortDuration = 3 * time.Second

// abort is an accepted AbortJob.
type abort struct {
	at     time.Time
	takes  time.Duration
	ends   State
	reason int64
}

// abortJob asks for a job to be stopped (facts tencent-pts §5). It answers
// before the job is stopped.
func (s *Service) abortJob() emu.Call {
	return s.call("AbortJob", s.stop, triple(), optional(aNumber, "AbortReason"))
}

func (s *Service) stop(in object) (object, *emu.Error) {
	reason := number(in, "AbortReason")
	if reason < AbortReasonUnknown || reason > AbortReasonSLA {
		return nil, invalidValue("AbortReason")
	}
	j, err := s.job(in)
	if err != nil {
		return nil, err
	}
	state := j.state(s.now())
	if state.terminal() || state == JobAborting {
		return nil, notRunning()
	}
	if s.Switches.AbortMode == AbortOnlyRunning && state != JobRunning {
		return nil, notRunning()
	}
	j.abort = &abort{at: s.now(), takes: s.abortDuration(), ends: JobAborted, reason: reason}
	if s.Switches.AbortMode == AbortFails {
		j.abort.ends = JobAbortException
	}
	return object{}, nil
}

func (s *Service) abortDuration() time.Duration {
	if s.Switches.AbortDuration > 0 {
		return s.Switches.AbortDuration
	}
	return defaultAbortDuration
}

func notRunning() *emu.Error {
	return refusal("FailedOperation.JobStatusNotRunning", "The job does not run.")
}

// deleteJobs deletes ended jobs (facts tencent-pts §5). That a live one is
// refused, and with which code, is UNVERIFIED.
func (s *Service) deleteJobs() emu.Call {
	return s.call("DeleteJobs", func(in object) (object, *emu.Error) {
		scenarios := texts(in, "ScenarioIds")
		var doomed []*job
		for _, jobID := range texts(in, "JobIds") {
			j := s.jobByID(object{"JobId": jobID, "ProjectId": in["ProjectId"]})
			if j == nil || !slices.Contains(scenarios, j.scenario.ID) {
				return nil, s.notFound("job")
			}
			if !j.state(s.now()).terminal() {
				return nil, refusal("FailedOperation", "The job has not ended.")
			}
			doomed = append(doomed, j)
		}
		for _, j := range doomed {
			j.deleted = true
		}
		return object{}, nil
	},
		required(textList, "JobIds", "ScenarioIds"),
		required(aText, "ProjectId"))
}
