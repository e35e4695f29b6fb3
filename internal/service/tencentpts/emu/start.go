package ptsemu

import (
	"time"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// parallelJobs is the account's limit of jobs at the same time (facts
// tencent-pts §7).
const parallelJobs = 10

// job is one run of a scenario.
type job struct {
	id       string
	number   int
	owner    string
	note     string
	debug    bool
	project  *project
	scenario Scenario // as it was at the start
	created  time.Time

	stopTakes  time.Duration // how long JobAborting lasts when the script stops it
	abort      *abort        // the accepted AbortJob
	deleted    bool
	endedReads int   // how often a list showed it ended
	target     int64 // of AdjustJobSpeed
	run        *run
}

// state is the state of the job, its deletion included.
func (j *job) state(now time.Time) State {
	if j.deleted {
		return JobDeleted
	}
	return j.at(now).state
}

// startJob creates and starts a job (document 000).
func (s *Service) startJob() emu.Call {
	return s.call("StartJob", s.start,
		required(aText, "ScenarioId", "JobOwner", "ProjectId"),
		optional(aFlag, "Debug"),
		optional(aText, "Note"))
}

func (s *Service) start(in object) (object, *emu.Error) {
	note, owner := text(in, "Note"), text(in, "JobOwner")
	if tooLong(note, s.Switches.NoteLimit) {
		return nil, invalidValue("Note")
	}
	if tooLong(owner, s.Switches.JobOwnerLimit) {
		return nil, invalidValue("JobOwner")
	}
	p, c := s.project(text(in, "ProjectId")), s.scenario(text(in, "ScenarioId"))
	if p == nil || c == nil || c.ProjectID != p.id {
		return nil, s.notFound("project and scenario")
	}
	if c.plannedSeconds() == 0 || c.maxVirtualUsers() == 0 {
		return nil, refusal("FailedOperation.NoTasksInJob", "The scenario produces no task.")
	}
	if s.liveJobs() >= s.parallelJobs() {
		return nil, refusal("LimitExceeded", "Too many jobs run at the same time.")
	}
	c.started = true
	j := &job{
		id:        id("job", len(s.jobs)+1),
		number:    len(s.jobs) + 1,
		owner:     owner,
		note:      note,
		debug:     flag(in, "Debug"),
		project:   p,
		scenario:  *c,
		created:   s.now(),
		stopTakes: s.abortDuration(),
		run:       newRun(c),
	}
	s.jobs = append(s.jobs, j)
	return object{"JobId": j.id}, nil
}

func tooLong(s string, limit int) bool {
	return limit > 0 && utf8.RuneCountInString(s) > limit
}

func (s *Service) parallelJobs() int {
	if s.Switches.ParallelJobs > 0 {
		return s.Switches.ParallelJobs
	}
	return parallelJobs
}

func (s *Service) liveJobs() int {
	n := 0
	for _, j := range s.jobs {
		if !j.state(s.now()).terminal() {
			n++
		}
	}
	return n
}

func (s *Service) notFound(what string) *emu.Error {
	code := "FailedOperation.ResourceNotFound"
	if s.Switches.PlainNotFound {
		code = "ResourceNotFound"
	}
	return refusal(code, "The "+what+" cannot be found.")
}

// triple is what nearly every call about a job needs (facts tencent-pts §1).
func triple() []param { return required(aText, "JobId", "ProjectId", "ScenarioId") }

// job finds the job of a triple.
func (s *Service) job(in object) (*job, *emu.Error) {
	for _, j := range s.jobs {
		if j.id == text(in, "JobId") && j.project.id == text(in, "ProjectId") &&
			j.scenario.ID == text(in, "ScenarioId") && !j.deleted {
			return j, nil
		}
	}
	return nil, s.notFound("job")
}

// updateJob changes the Note of a job (facts tencent-pts §5).
func (s *Service) updateJob() emu.Call {
	return s.call("UpdateJob", func(in object) (object, *emu.Error) {
		j, err := s.job(in)
		if err != nil {
			return nil, err
		}
		note, given := emu.Text(in, "Note")
		if tooLong(note, s.Switches.NoteLimit) {
			return nil, invalidValue("Note")
		}
		if given {
			j.note = note
		}
		return object{}, nil
	}, triple(), optional(aText, "Note"))
}

// adjustJobSpeed sets the target rate of a running job whose load is driven by
// rate. Only the newest API knows ProjectId and ScenarioId here (facts
// tencent-pts §11). The target is reported back; the emulated load does not
// follow it.
func (s *Service) adjustJobSpeed() emu.Call {
	return s.call("AdjustJobSpeed", func(in object) (object, *emu.Error) {
		j := s.jobByID(in)
		if j == nil {
			return nil, s.notFound("job")
		}
		if j.state(s.now()) != JobRunning {
			return nil, notRunning()
		}
		rate, target := j.scenario.Rate, number(in, "TargetRequestsPerSecond")
		if len(j.scenario.Stages) > 0 || rate == nil ||
			target < rate.StartRequestsPerSecond || target > rate.MaxRequestsPerSecond {
			return nil, invalidValue("TargetRequestsPerSecond")
		}
		j.target = target
		return object{}, nil
	},
		required(aText, "JobId"),
		required(aNumber, "TargetRequestsPerSecond"),
		optional(aText, "ProjectId", "ScenarioId"))
}

// jobByID finds a job by its id, and by the rest of the triple if given.
func (s *Service) jobByID(in object) *job {
	for _, j := range s.jobs {
		if j.id == text(in, "JobId") && !j.deleted &&
			either(text(in, "ProjectId"), j.project.id) &&
			either(text(in, "ScenarioId"), j.scenario.ID) {
			return j
		}
	}
	return nil
}

func either(given, is string) bool { return given == "" || given == is }
