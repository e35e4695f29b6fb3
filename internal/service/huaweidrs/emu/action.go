package drsemu

import (
	"fmt"
	"net/http"
	"time"

	"cloudjob/internal/emulator/emu"
)

// found is the job in the path of a v5 call.
func (s *Service) found(id string) (*job, *fault) {
	if s.missingV5(id) {
		return nil, &fault{v5Missing, "The task does not exist."}
	}
	return s.jobs[id], nil
}

func (s *Service) missingV5(id string) bool {
	j := s.jobs[id]
	return j == nil || j.walk.at(s.now()) == deleted
}

// outcomeV5 is the reply of a v5 action on one job, an item of a batch too.
func outcomeV5(j *job, f *fault) map[string]any {
	if f != nil {
		f = &fault{v5Failed, f.text}
	}
	item := outcome(j.ID, f)
	item["name"] = j.Name
	return item
}

// stopJobAction ends a job for good, unlike the action "stop" (facts huawei-drs
// §6).
func (s *Service) stopJobAction(r *emu.Request, body map[string]any) (emu.Answer, *fault) {
	force, err := flag(body, "is_force_stop")
	if err != nil {
		return emu.Answer{}, err
	}
	j, err := s.found(r.Path("job_id"))
	if err != nil {
		return emu.Answer{}, err
	}
	return emu.Answer{Body: outcomeV5(j, s.terminate(j, force))}, nil
}

func (s *Service) batchStopJobsAction(_ *emu.Request, body map[string]any) (emu.Answer, *fault) {
	entries, ids, err := s.entries(body)
	if err != nil {
		return emu.Answer{}, err
	}
	force := make([]bool, len(entries))
	for i, entry := range entries {
		if force[i], err = flag(entry, "is_force_stop"); err != nil {
			return emu.Answer{}, err
		}
	}
	items := []any{}
	for i, id := range ids {
		j, missing := s.found(id)
		if missing != nil {
			items = append(items, outcome(id, missing))
			continue
		}
		items = append(items, outcomeV5(j, s.terminate(j, force[i])))
	}
	return emu.Answer{Body: map[string]any{"jobs": items}}, nil
}

// executeJobAction starts, or pauses: action_name "stop" is a pause. Other
// actions of SDK5 are not emulated.
func (s *Service) executeJobAction(r *emu.Request, body map[string]any) (emu.Answer, *fault) {
	request, ok := emu.Object(body, "job")
	if !ok {
		if body["job"] == nil {
			return emu.Answer{}, empty("job")
		}
		return emu.Answer{}, wrongType("job")
	}
	name, err := word(request, "action_name", "start", "stop")
	if err != nil {
		return emu.Answer{}, err
	}
	params := map[string]any{}
	if request["action_params"] != nil {
		if params, ok = emu.Object(request, "action_params"); !ok {
			return emu.Answer{}, wrongType("action_params")
		}
	}
	j, err := s.found(r.Path("job_id"))
	if err != nil {
		return emu.Answer{}, err
	}
	do := s.actionStop
	if name == "start" {
		do = s.actionStart
	}
	refused, err := do(j, params)
	if err != nil {
		return emu.Answer{}, err
	}
	return s.actionReply(j, refused), nil
}

// actionReply is synchronous or not: HWDOC has both, 200 with the outcome and
// 202 with a query_id.
func (s *Service) actionReply(j *job, refused *fault) emu.Answer {
	if refused != nil || !s.Switches.ActionQueryID {
		return emu.Answer{Body: outcomeV5(j, refused)}
	}
	s.queries++
	return emu.Answer{
		Status: http.StatusAccepted,
		Body:   map[string]any{"query_id": fmt.Sprintf("%08x-0000-4000-8000-%012x", s.queries, s.queries)},
	}
}

// actionStart starts a configured job, or a scheduled one before its time, the
// only state that TF uses it in.
func (s *Service) actionStart(j *job, params map[string]any) (refused, err *fault) {
	at, err := s.startTime(params)
	if err != nil {
		return nil, err
	}
	if err = flags(params, "is_only_init_task", "is_auto_create_compare"); err != nil {
		return nil, err
	}
	if j.walk.at(s.now()) == waitingForStart && at == (time.Time{}) {
		s.startNow(j)
		return nil, nil
	}
	if refused = s.startable(j); refused == nil {
		s.begin(j, at)
	}
	return refused, nil
}

// actionStop pauses. Whether v5 demands pause_mode is UNVERIFIED; it may be
// absent here.
func (s *Service) actionStop(j *job, params map[string]any) (refused, err *fault) {
	mode, err := optionalWord(params, "pause_mode", "target", "all")
	if err != nil {
		return nil, err
	}
	return s.pause(j, mode), nil
}
