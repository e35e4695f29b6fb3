package batchemu

import (
	"encoding/json"
	"time"

	"cloudjob/internal/emulator/emu"
)

// tokenKey is the scope in which a ClientToken is unique. UNVERIFIED; jobs are
// regional, so tokens are taken to be.
type tokenKey struct{ region, token string }

type submitReply struct{ JobId string }

// submitJob is SubmitJob (facts tencent-batch §2, document 002).
func (s *Service) submitJob(region string, b body) (any, *emu.Error) {
	raw, _ := json.Marshal(b) // as it was sent, with sorted names
	var sub submission
	b.decode(&sub)
	if err := s.check(&sub, region); err != nil {
		return nil, err
	}
	if s.Switches.SubmitRefusal != "" {
		return nil, refuse(s.Switches.SubmitRefusal, "The job was refused.")
	}
	key := tokenKey{region, sub.ClientToken}
	if first := s.remembered(key); first != nil {
		if code := s.Switches.TokenConflictCode; code != "" && first.raw != string(raw) {
			return nil, refuse(code, "The ClientToken was used for another job.")
		}
		return submitReply{first.id}, nil
	}
	if s.quotaUsed() >= positive(s.Switches.JobQuota, JobQuota) {
		return nil, refuse("LimitExceeded.JobQuota", "There are too many jobs.")
	}
	j := s.begin(&sub, region, b)
	j.raw = string(raw)
	if sub.ClientToken != "" {
		s.tokens[key] = j
	}
	return submitReply{j.id}, nil
}

func (s *Service) begin(sub *submission, region string, b body) *job {
	const first, spread = 1786325410591, 982451653157 // no factor in common with 36
	id := newID("job-", first+uint64(len(s.jobs))*spread)
	j := newJob(id, sub, s.now())
	j.region = region
	j.submitted, _ = emu.Object(b, "Job")
	j.outcome = s.scripts[sub.Job.JobName]
	j.blockedStay = s.Switches.BlockedStay
	s.jobs = append(s.jobs, j)
	return j
}

// remembered is the job that the token began, or nil.
func (s *Service) remembered(key tokenKey) *job {
	j := s.tokens[key]
	keep := s.Switches.TokenRetention
	if j == nil || keep > 0 && s.now().Sub(j.created) >= keep {
		return nil
	}
	return j
}

// quotaUsed counts the user's jobs, of all regions.
func (s *Service) quotaUsed() (n int) {
	for _, j := range s.jobs {
		j.advance(s.now())
		if !j.deleted && !(s.Switches.QuotaOfLiveJobs && ended(j.state())) {
			n++
		}
	}
	return n
}

// find is the job of this id in the region, or nil, moved to the present.
func (s *Service) find(region, id string) *job {
	for _, j := range s.jobs {
		if j.id == id && j.region == region && !j.deleted && s.age(j) >= s.Switches.HiddenFor {
			j.advance(s.now())
			return j
		}
	}
	return nil
}

func (s *Service) age(j *job) time.Duration { return s.now().Sub(j.created) }

// job is the job that a call names. The code for one that does not exist
// differs from call to call.
func (s *Service) job(region string, b body, notFound string) (*job, *emu.Error) {
	id, _ := emu.Text(b, "JobId")
	if !isID(id, "job-") {
		return nil, refuse("InvalidParameter.JobIdMalformed", "%q is no job id.", id)
	}
	j := s.find(region, id)
	if j == nil {
		return nil, refuse(notFound, "There is no job %s in %s.", id, region)
	}
	return j, nil
}

// task is the job's task of this name, or nil.
func (j *job) task(name string) *task {
	for _, t := range j.tasks {
		if t.spec.TaskName == name {
			return t
		}
	}
	return nil
}

func jobParams() shape { return shape{aText("JobId").required()} }
