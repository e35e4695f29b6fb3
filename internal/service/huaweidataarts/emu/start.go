package dataartsemu

import (
	"bytes"
	"strconv"
	"time"
	"unicode/utf8"

	"cloudjob/internal/emulator/emu"
)

// startJob puts a batch job on its schedule or starts a real-time one
// (document 004, facts huawei-dataarts §3). It says nothing of what comes of it.
func (s *Service) startJob(c *call, j *job) emu.Answer {
	if !startBodyIsGood(c.Request) {
		return s.refuse(invalid)
	}
	if code := s.startRefusal(j); code != "" {
		return s.refuse(code)
	}
	if isOn(s.status(j, c.now)) {
		return s.secondStart()
	}
	if t := j.current(); t != nil && t.ended.IsZero() {
		t.ended, t.gone = c.now, c.now // an EXCEPTION or a run-once that is over
	}
	t := s.turnOn(j, c.now)
	j.turns = append(j.turns, t)
	s.record(j, t)
	return noContent()
}

// secondStart is the answer to a start of what is on already. That the text
// says "is running" is all that is known of it (facts huawei-dataarts §3).
func (s *Service) secondStart() emu.Answer {
	switch {
	case s.Switches.SecondStartTaken:
		return noContent()
	case s.Switches.SecondStart30107:
		return s.refuseWith(onAlready, "作业已经在运行。")
	default:
		return s.refuseWith(invalid, "The job is running.")
	}
}

// startRefusal is the code with which a job cannot be started, or "".
func (s *Service) startRefusal(j *job) string {
	switch {
	case j.Refusal != "":
		return j.Refusal
	case len(j.Nodes) == 0:
		return noNodes
	case j.Type == Batch && j.Schedule == Cron && j.Every <= 0:
		return badSchedule
	case j.Type == Batch && j.Schedule == Once && s.Switches.OnceStartRefused:
		return invalid
	default:
		return ""
	}
}

// runOnce begins an instance now, scheduled or not (facts huawei-dataarts §4).
func (s *Service) runOnce(c *call, j *job) emu.Answer {
	switch {
	case j.Type != Batch:
		return s.refuse(batchOnly)
	case !runBodyIsGood(c.Request):
		return s.refuse(invalid)
	case j.Refusal != "":
		return s.refuse(j.Refusal)
	case len(j.Nodes) == 0:
		return s.refuse(noNodes)
	}
	kind := byHand
	if s.Switches.RunOnceIsType7 {
		kind = runOnce
	}
	i := s.begin(j, kind, c.now)
	return emu.Answer{Body: map[string]any{"instanceId": s.instanceID(i)}}
}

// startBodyIsGood checks the fields of facts huawei-dataarts §3, both spellings
// where sources disagree. Fields it does not know pass: nothing says that they
// are refused.
func startBodyIsGood(r *emu.Request) bool {
	body, ok := r.Object()
	return ok && jobParamsAreGood(body) &&
		dateIsGood(body) &&
		isAbsentOr(body, "ignore_first_self_dep", isBool) &&
		isAbsentOr(body, "ignore_first_self_dependence", isBool)
}

// runBodyIsGood: useExecutionUser is "true" or "false" in a string (TF). The
// body may be null, as a client of OTC's sends it (facts huawei-dataarts §3);
// whether a start may have that is UNVERIFIED, so there it is refused.
func runBodyIsGood(r *emu.Request) bool {
	body, ok := r.Object()
	if string(bytes.TrimSpace(r.Body)) == "null" {
		ok = true
	}
	return ok && jobParamsAreGood(body) && isAbsentOr(body, "useExecutionUser", func(v any) bool {
		return v == "true" || v == "false"
	})
}

func isAbsentOr(body map[string]any, name string, good func(any) bool) bool {
	v := body[name]
	return v == nil || good(v)
}

func isBool(v any) bool {
	_, ok := v.(bool)
	return ok
}

// dateIsGood: start_date is an integer that reads yyyymmdd (HWDOC).
func dateIsGood(body map[string]any) bool {
	if body["start_date"] == nil {
		return true
	}
	n, ok := emu.Int(body, "start_date")
	if !ok {
		return false
	}
	_, err := time.Parse("20060102", strconv.FormatInt(n, 10))
	return err == nil
}

func jobParamsAreGood(body map[string]any) bool {
	if body["jobParams"] == nil {
		return true
	}
	params, ok := emu.List(body, "jobParams")
	if !ok {
		return false
	}
	for _, p := range params {
		param, ok := p.(map[string]any)
		if !ok || !jobParamIsGood(param) {
			return false
		}
	}
	return true
}

// jobParamIsGood: limits count characters (document 004); the letters of a name are
// those of facts huawei-dataarts §3.
func jobParamIsGood(param map[string]any) bool {
	name, ok := emu.Text(param, "name")
	if !ok || name == "" || len(name) > 64 {
		return false
	}
	for _, r := range name {
		if !isWord(r) {
			return false
		}
	}
	value, ok := emu.Text(param, "value")
	return ok && utf8.RuneCountInString(value) <= 1024 &&
		isAbsentOr(param, "paramType", isParamType) &&
		isAbsentOr(param, "type", isParamType)
}

// isParamType takes the values of every source: they disagree (facts
// huawei-dataarts §3).
func isParamType(v any) bool {
	return v == "variable" || v == "constants" || v == "procedure"
}

// instanceID is an id in the JSON type that the switch says.
func (s *Service) instanceID(i *instance) any {
	if s.Switches.InstanceIDText {
		return strconv.FormatInt(i.id, 10)
	}
	return i.id
}
