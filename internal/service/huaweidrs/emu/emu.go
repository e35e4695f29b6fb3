// Package drsemu is the emulator's half of Huawei Cloud Data Replication
// Service (DRS): batch start, reads, pause, resume, precheck and termination
// of replication jobs, API v3, and the job actions of API v5.
//
// It is written from docs/facts/huawei-drs.md and its sources, whose labels
// (document 001, SDK3, SDK5, HWDOC, OTC, TF, PROBE) stand in the comments too.
// What no source settles is a field of Switches.
package drsemu

import (
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

// Service is the emulated DRS of one tenant.
//
// Its exported methods must not run beside a call: like the calls themselves
// they are made one at a time.
type Service struct {
	Switches Switches

	now      emu.Clock
	jobs     map[string]*job
	order    []*job // as created
	runs     []*run // as begun
	refusals []Refusal
	orders   int
	queries  int
}

// New returns the service with the documented world in it.
func New(now emu.Clock) *Service {
	s := &Service{now: now, jobs: map[string]*job{}}
	for _, script := range world() {
		s.Add(script)
	}
	return s
}

// Half is the service's part of the emulator.
func (s *Service) Half() emu.Half {
	return emu.Half{
		Vendor:  emu.Huawei,
		Service: "drs",
		World:   things(),
		Calls: []emu.Call{
			s.call("BatchStartJobs", "POST /v3/{project_id}/jobs/batch-starting", s.batchStartJobs),
			s.call("BatchListJobStatus", "POST /v3/{project_id}/jobs/batch-status", s.batchListJobStatus),
			s.call("BatchListJobDetails", "POST /v3/{project_id}/jobs/batch-detail", s.batchListJobDetails),
			s.call("BatchListProgresses", "POST /v3/{project_id}/jobs/batch-progress", s.batchListProgresses),
			s.call("BatchCheckJobs", "POST /v3/{project_id}/jobs/batch-precheck", s.batchCheckJobs),
			s.call("BatchCheckResults", "POST /v3/{project_id}/jobs/batch-precheck-result", s.batchCheckResults),
			s.call("BatchStopJobs", "POST /v3/{project_id}/jobs/batch-pause-task", s.batchStopJobs),
			s.call("BatchRestoreTask", "POST /v3/{project_id}/jobs/batch-retry-task", s.batchRestoreTask),
			s.call("BatchDeleteJobs", "DELETE /v3/{project_id}/jobs/batch-jobs", s.batchDeleteJobs),
			s.call("ShowJobList", "POST /v3/{project_id}/jobs", s.showJobList),
			s.call("BatchListRposAndRtos", "POST /v3/{project_id}/jobs/batch-rpo-and-rto", s.batchListRposAndRtos),
			s.call("StopJobAction", "POST /v5/{project_id}/jobs/{job_id}/stop", s.stopJobAction),
			s.call("BatchStopJobsAction", "POST /v5/{project_id}/jobs/batch-stop", s.batchStopJobsAction),
			s.call("ExecuteJobAction", "POST /v5/{project_id}/jobs/{job_id}/action", s.executeJobAction),
		},
		Begun: s.begun,
	}
}

// handler answers a call whose headers and body are in order, or says what
// refuses it.
type handler func(*emu.Request, map[string]any) (emu.Answer, *fault)

// call wraps a handler with what every call has: the headers, the project id
// of the path, a JSON object as body, and the refusals a test asked for.
func (s *Service) call(name, route string, h handler) emu.Call {
	_, path, _ := strings.Cut(route, " ")
	v5 := strings.HasPrefix(path, "/v5/")
	handle := func(r *emu.Request) emu.Answer {
		refusal, refused := s.takeRefusal(name)
		if refused && !refusal.Executed {
			return s.refuse(&fault{code: refusal.Code, text: "Refused on request."}, false)
		}
		answer, err := s.checked(r, h)
		switch {
		case err != nil:
			return s.refuse(err, v5)
		case refused:
			return s.refuse(&fault{code: refusal.Code, text: "Refused on request."}, false)
		}
		return answer
	}
	return emu.Call{Name: name, Route: route, Handle: handle}
}

func (s *Service) checked(r *emu.Request, h handler) (emu.Answer, *fault) {
	if err := s.checkHeaders(r.Header); err != nil {
		return emu.Answer{}, err
	}
	if !projectID.MatchString(r.Path("project_id")) {
		return emu.Answer{}, &fault{code: "DRS.M00261", text: "The project ID is invalid."}
	}
	body, ok := r.Object()
	if !ok {
		// The code for a body that is no JSON is not documented; M00300
		// is the table's general "invalid request".
		return emu.Answer{}, &fault{code: "DRS.M00300", text: "The request body is not a JSON object."}
	}
	return h(r, body)
}

var (
	projectID = regexp.MustCompile(`^[0-9a-f]{32}$`)
	// 36 characters, a UUID but for its jb... tail (facts huawei-drs §1).
	jobID = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-z]{4}){3}-[0-9a-z]{12}$`)
)

// checkHeaders looks at the two headers of document 001 table 2 that are not the
// login. Newer pages make X-Language optional (HWDOC, OTC).
func (s *Service) checkHeaders(h http.Header) *fault {
	language, contentType := h.Get("X-Language"), h.Get("Content-Type")
	switch {
	case language == "":
		if s.Switches.HeadersRequired {
			return empty("X-Language")
		}
	case !strings.EqualFold(language, "en-us") && !strings.EqualFold(language, "zh-cn"):
		if !s.Switches.AnyLanguage {
			return invalid("X-Language")
		}
	}
	if contentType == "" {
		if s.Switches.HeadersRequired {
			return empty("Content-Type")
		}
		return nil
	}
	if media, _, err := mime.ParseMediaType(contentType); err != nil || media != "application/json" {
		return invalid("Content-Type")
	}
	return nil
}

// begun lists one job for each accepted start or resume. Jobs that ran before
// anybody came are not among them, as nobody's call began them.
func (s *Service) begun() []emu.Job {
	now := s.now()
	list := make([]emu.Job, 0, len(s.runs))
	for _, r := range s.runs {
		status := r.walk.at(now)
		list = append(list, emu.Job{
			ID:    r.job.ID,
			Mark:  r.job.ID,
			State: status,
			Live:  !r.dropped && live(status, r.job.TaskType),
			Began: r.began,
		})
	}
	return list
}

func (s *Service) takeRefusal(call string) (Refusal, bool) {
	for i, r := range s.refusals {
		if r.Call == call && r.Times > 0 {
			s.refusals[i].Times--
			return r, true
		}
	}
	return Refusal{}, false
}

// millis is a time as DRS writes it: epoch milliseconds in a string.
func millis(t time.Time) string { return itoa(t.UnixMilli()) }
