package dataartsemu

import (
	"time"

	"cloudjob/internal/emulator/emu"
)

// stopJob takes a batch job off its schedule or stops a real-time one
// (facts huawei-dataarts §3). Instances run on unless a switch says otherwise.
func (s *Service) stopJob(c *call, j *job) emu.Answer {
	status := s.status(j, c.now)
	if !isOn(status) && status != Exception {
		if s.Switches.IdleStopRefused && status != Stopping {
			return s.refuseWith(invalid, "The job is not started.")
		}
		return noContent()
	}
	if s.Switches.StopIgnored {
		return noContent()
	}
	t := j.current()
	t.ended, t.gone = c.now, c.now
	if j.Type == RealTime {
		t.gone = c.now.Add(s.streamStopTakes())
	}
	if s.Switches.StopEndsInstances {
		s.stopInstances(j, c.now)
	}
	return noContent()
}

func (s *Service) streamStopTakes() time.Duration {
	if s.Switches.StreamStopTakes > 0 {
		return s.Switches.StreamStopTakes
	}
	return 5 * time.Second
}

func (s *Service) stopInstances(j *job, now time.Time) {
	for _, i := range s.instances {
		if i.job == j && i.stop.IsZero() && i.view(now).live {
			i.stop = now.Add(s.Switches.InstanceStopTakes)
		}
	}
}

// stopJobInstance stops an instance that runs; any other is 400 (facts
// huawei-dataarts §6). Which code that is has no source: UNVERIFIED.
func (s *Service) stopJobInstance(c *call, i *instance) emu.Answer {
	if !s.canStop(i.view(c.now)) {
		return s.refuseWith(invalid, "The job instance is not running.")
	}
	if !s.Switches.StopIgnored && i.stop.IsZero() {
		i.stop = c.now.Add(s.Switches.InstanceStopTakes)
	}
	return noContent()
}

func (s *Service) canStop(v view) bool {
	return v.status == Running || s.Switches.ConsoleStops && v.live
}

// restoreJobInstance runs an instance again, from its first node, after it
// succeeded, failed or was cancelled (HWDOC).
func (s *Service) restoreJobInstance(c *call, i *instance) emu.Answer {
	if _, ok := c.Object(); !ok {
		return s.refuse(invalid)
	}
	v := i.view(c.now)
	if v.live || v.status == SkipByDepend {
		return s.refuseWith(invalid, "The job instance has not ended.")
	}
	i.began, i.stop = c.now, time.Time{}
	return noContent()
}
