package dataartsemu

import (
	"net/http"

	"cloudjob/internal/emulator/emu"
)

// Error codes (facts huawei-dataarts §8), all with status 400.
const (
	noJob       = "DLF.0100"
	batchOnly   = "DLF.0136"
	noInstance  = "DLF.0137"
	noWorkspace = "DLF.0819"
	noNodes     = "DLF.1006"
	nameEmpty   = "DLF.3004"
	nameInvalid = "DLF.3018"
	badSchedule = "DLF.3025"
	invalid     = "DLF.3051" // the generic one
	onAlready   = "DLF.30107"
	noScript    = "DLF.6201"
	noRight     = "DLF.6888"
)

// refuse answers with an error code.
func (s *Service) refuse(code string) emu.Answer {
	return s.refuseWith(code, message(code))
}

func (s *Service) refuseWith(code, message string) emu.Answer {
	if s.Switches.FiveDigitCodes {
		code = fiveDigits(code)
	}
	return emu.Answer{
		Status: http.StatusBadRequest,
		Body:   map[string]any{"error_code": code, "error_msg": message},
	}
}

// message is what goes with a code. Those of an unknown job (document 004), of an
// unknown instance and of the generic code (OTC, DGC) are the vendor's own.
func message(code string) string {
	switch code {
	case noJob:
		return "The job does not exists."
	case batchOnly:
		return "Only a batch job can do this."
	case noInstance:
		return "Job instance does not exist."
	case noWorkspace:
		return "There is no such workspace."
	case noNodes:
		return "The job has no nodes."
	case nameEmpty:
		return "The job name is empty."
	case nameInvalid:
		return "The job name is not valid."
	case badSchedule:
		return "The schedule of the job is not valid."
	case noScript:
		return "There is no such script."
	case noRight:
		return "The account has no valid permissions."
	default:
		return "The request parameter is invalid."
	}
}

// fiveDigits is the newer form of the codes that are known in both (facts
// huawei-dataarts §8).
func fiveDigits(code string) string {
	switch code {
	case noJob:
		return "DLF.30100"
	case noInstance:
		return "DLF.30137"
	case noWorkspace:
		return "DLF.20819"
	default:
		return code
	}
}

// notPublished is the gateway's answer for a route it does not have
// (facts huawei-auth §5).
func notPublished() emu.Answer {
	return emu.Answer{
		Status: http.StatusNotFound,
		Body:   map[string]any{"error_code": "APIGW.0101", "error_msg": "The API does not exist or is not published."},
	}
}

// noContent is the success of start, stop and restart.
func noContent() emu.Answer { return emu.Answer{Status: http.StatusNoContent} }
