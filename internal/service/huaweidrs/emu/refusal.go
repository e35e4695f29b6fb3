package drsemu

import (
	"net/http"
	"strings"

	"cloudjob/internal/emulator/emu"
)

// fault is why a call, or one job of it, is refused.
type fault struct{ code, text string }

func wrongType(name string) *fault {
	return &fault{"DRS.M00200", "The parameter " + name + " has a wrong type."}
}

func empty(name string) *fault {
	return &fault{"DRS.M00201", "The parameter " + name + " must not be empty."}
}

func invalid(name string) *fault {
	return &fault{"DRS.M00202", "The parameter " + name + " has an invalid value."}
}

// busy and wrongState refuse a single job inside a 2xx: the first in the words
// of OTC's sample, the second in those of real traffic (2026-06).
func busy() *fault {
	return &fault{"DRS.M01504", "Another operation is being performed on the migration task or the migration task is abnormal. Try again later."}
}

func wrongState() *fault {
	return &fault{"DRS.M00304", "API cannot be invoked by a task in the current state."}
}

// onlySubTasks refuses the parent of a dual-active disaster recovery. That it
// cannot be started, paused or resumed is documented (HWDOC, OTC); that this
// code of the table says so is UNVERIFIED.
func onlySubTasks() *fault {
	return &fault{"DRS.M00307", "The API can be called only for subtasks."}
}

func released() *fault {
	return &fault{"DRS.M05004", "The task is deleted or its resources are released."}
}

// The codes of API v5 have twelve characters (HWDOC): one for a job that does
// not exist, and a general one. Which of them, if not others, a wrong
// parameter or state gets is UNVERIFIED.
const (
	v5Failed  = "DRS.10000001"
	v5Missing = "DRS.10000010"
)

// httpStatus is the status that a code comes with (facts huawei-drs §8, HWDOC,
// OTC). The table has 202 for DRS.M01504, which is a job's and not a call's.
func httpStatus(code string) int {
	switch code {
	case "DRS.M00103":
		return http.StatusUnauthorized
	case "DRS.M00100", "DRS.M00102", "DRS.M00261":
		return http.StatusForbidden
	case "DRS.M00101":
		return http.StatusNotFound
	case "DRS.M00002", "DRS.M00277", "DRS.M01501":
		return http.StatusUnprocessableEntity
	case "DRS.M00004":
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// refuse is the answer to a call that is refused as a whole.
func (s *Service) refuse(f *fault, v5 bool) emu.Answer {
	status, code := httpStatus(f.code), f.code
	if v5 && status == http.StatusBadRequest && code != v5Missing {
		code = v5Failed
	}
	if s.Switches.OldErrorKeys {
		return emu.Answer{Status: status, Body: map[string]any{
			"err code": strings.Replace(code, "DRS.", "DRS-", 1),
			"err msg":  f.text,
		}}
	}
	return emu.Answer{Status: status, Body: map[string]any{"error_code": code, "error_msg": f.text}}
}

// outcome is one job's item in the reply to a call that acts on jobs.
func outcome(id string, f *fault) map[string]any {
	item := map[string]any{"id": id, "status": "success"}
	if f != nil {
		item["status"] = "failed"
		item["error_code"] = f.code
		item["error_msg"] = f.text
	}
	return item
}

// missing says why there is no job of that id, or nil if there is one.
func (s *Service) missing(id string) *fault {
	j := s.jobs[id]
	switch {
	case j != nil && j.walk.at(s.now()) == deleted:
		return released()
	case j != nil:
		return nil
	case s.Switches.UnknownJob == UnknownResults:
		return &fault{"DRS.M00289", "The task does not exist."} // TF
	}
	return &fault{"DRS.M05003", "The task is not found."}
}

// refuseMissing is the answer to a call that names jobs which do not exist.
// ok is false if there are none, or if their items are to say so.
func (s *Service) refuseMissing(ids []string) (answer emu.Answer, ok bool) {
	if s.Switches.UnknownJob == UnknownPerJob {
		return emu.Answer{}, false
	}
	items := []any{}
	for _, id := range ids {
		f := s.missing(id)
		if f == nil {
			continue
		}
		if s.Switches.UnknownJob == UnknownPlain {
			return s.refuse(f, false), true
		}
		items = append(items, map[string]any{"id": id, "error_code": f.code, "error_msg": f.text})
	}
	if len(items) == 0 {
		return emu.Answer{}, false
	}
	return emu.Answer{
		Status: http.StatusBadRequest,
		Body:   map[string]any{"results": items, "count": len(items)},
	}, true
}
