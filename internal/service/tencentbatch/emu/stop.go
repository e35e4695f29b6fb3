package batchemu

import (
	"time"

	"cloudjob/internal/emulator/emu"
)

// done is the reply of calls that answer nothing but a request id.
type done struct{}

// terminateJob is TerminateJob (facts tencent-batch §6): asynchronous,
// forbidden while the job is SUBMITTED, without effect on what has ended.
func (s *Service) terminateJob(region string, b body) (any, *emu.Error) {
	j, err := s.job(region, b, "ResourceNotFound.Job")
	if err != nil {
		return nil, err
	}
	if j.state() == Submitted {
		return nil, refuse(or(s.Switches.SubmittedCode, "UnsupportedOperation"), "The job was not parsed yet.")
	}
	if s.Switches.TerminateBusy && j.isTerminating() {
		return nil, refuse("ResourceInUse.Job", "The job is being terminated.")
	}
	for _, t := range j.tasks {
		if err := s.checkTerminate(t); err != nil {
			return nil, err
		}
	}
	j.terminating = true
	for _, t := range j.tasks {
		for _, in := range t.instances {
			s.terminate(j, in)
		}
	}
	j.settle(s.now())
	return done{}, nil
}

func (s *Service) checkTerminate(t *task) *emu.Error {
	if s.Switches.TerminateEnvIDRefused && t.spec.EnvId != "" {
		return refuse("UnsupportedOperation.TerminateOperationWithEnvId", "The task %s runs in a compute environment.", t.spec.TaskName)
	}
	return nil
}

// terminate ends an instance: at once if it has no machine, else after the
// machine was destroyed (facts tencent-batch §6). In a compute environment the
// machine is rebooted instead, which looks the same.
func (s *Service) terminate(j *job, in *instance) {
	switch {
	case in.state == Succeed, in.state == Failed, in.stopping, in.hung:
	case s.Switches.TerminateNeverEnds:
		in.hung, in.due = true, time.Time{}
	case in.state == Starting, in.state == Running, in.state == FailedInterrupted:
		in.stopping, in.due = true, s.now().Add(s.terminateFor(j))
	default:
		in.fail(s.now(), "terminated by the user", "terminated")
	}
}

func (s *Service) terminateFor(j *job) time.Duration {
	if d := s.Switches.TerminateFor; d > 0 {
		return d
	}
	return TerminateBase + time.Duration(len(j.tasks))*TerminatePerTask
}

// isTerminating tells whether a TerminateJob still has something to end.
func (j *job) isTerminating() bool {
	if !j.terminating {
		return false
	}
	for _, t := range j.tasks {
		for _, in := range t.instances {
			if in.stopping || in.hung {
				return true
			}
		}
	}
	return false
}

// instanceParams is what TerminateTaskInstance accepts (facts tencent-batch §6).
func instanceParams() shape {
	return shape{aText("JobId").required(), aText("TaskName").required(), aNumber("TaskInstanceIndex").required()}
}

// terminateTaskInstance is TerminateTaskInstance (facts tencent-batch §6). It
// knows one code for what is not there.
func (s *Service) terminateTaskInstance(region string, b body) (any, *emu.Error) {
	const notFound = "ResourceNotFound.TaskInstance"
	j, err := s.job(region, b, notFound)
	if err != nil {
		return nil, err
	}
	name, _ := emu.Text(b, "TaskName")
	i, _ := emu.Int(b, "TaskInstanceIndex")
	t := j.task(name)
	if t == nil || i >= int64(len(t.instances)) {
		return nil, refuse(notFound, "The job has no instance %d of a task %q.", i, name)
	}
	if err := s.checkTerminate(t); err != nil {
		return nil, err
	}
	s.terminate(j, t.instances[i])
	j.settle(s.now())
	return done{}, nil
}

// deleteJob is DeleteJob (facts tencent-batch §6): only when all has ended, and
// no machine was kept.
func (s *Service) deleteJob(region string, b body) (any, *emu.Error) {
	j, err := s.job(region, b, "ResourceNotFound.Job")
	if err != nil {
		return nil, err
	}
	m := j.instanceMetrics()
	if m != (metrics{SucceedCount: m.SucceedCount, FailedCount: m.FailedCount}) {
		return nil, refuse("ResourceInUse.Job", "The job %s has not ended.", j.id)
	}
	j.deleted = true
	return done{}, nil
}

// retryParams is what RetryJobs accepts (facts tencent-batch §6).
func retryParams() shape { return shape{texts("JobIds").required().atMost(100)} }

// retryJobs is RetryJobs (facts tencent-batch §6): what failed in failed jobs
// runs again. It refuses all if it refuses one.
func (s *Service) retryJobs(region string, b body) (any, *emu.Error) {
	var q struct{ JobIds []string }
	b.decode(&q)
	var jobs []*job
	for _, id := range q.JobIds {
		j, err := s.job(region, body{"JobId": id}, "ResourceNotFound.Job")
		if err != nil {
			return nil, err
		}
		if j.state() != Failed {
			return nil, refuse("UnsupportedOperation", "The job %s is not FAILED.", id)
		}
		jobs = append(jobs, j)
	}
	for _, j := range jobs {
		j.retry(s.now())
	}
	return done{}, nil
}

// retry sends the failed instances back to PENDING.
func (j *job) retry(now time.Time) {
	j.terminating = false
	for _, t := range j.tasks {
		for k, in := range t.instances {
			if in.state == Failed {
				t.instances[k] = &instance{state: Pending, runs: in.runs, cvmFails: in.cvmFails}
			}
		}
	}
	j.settle(now)
}
