package cptsemu

import (
	"net/http"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

type object = map[string]any

const (
	codeSuccess   = "SVCSTG.CPTS.0000000" // facts huawei-cpts §1
	codeUnknown   = "CPTS.05001001"       // HTTP 500, facts huawei-cpts §8
	codeNoSuch    = "SVCSTG.CPTS.4032002" // HTTP 403: no such task or project, facts huawei-cpts §8
	codeNotOpened = "SVCSTG.CPTS.4031009" // HTTP 403, facts huawei-cpts §8
	codeNoRoute   = "APIGW.0101"          // HTTP 404, facts huawei-auth §5

	// UNVERIFIED: the codes below are not published, only made in the shape of
	// codeNoSuch. All come with HTTP 400.
	codeBadValue  = "SVCSTG.CPTS.4000001"
	codeBusy      = "SVCSTG.CPTS.4000002"
	codeNotLive   = "SVCSTG.CPTS.4000003"
	codeNoMachine = "SVCSTG.CPTS.4000004"
)

// succeed answers with the code and message that stand beside every payload.
func succeed(status int, payload object) emu.Answer {
	body := object{"code": codeSuccess, "message": "success"}
	for name, value := range payload {
		body[name] = value
	}
	return emu.Answer{Status: status, Body: body}
}

func ok(payload object) emu.Answer { return succeed(http.StatusOK, payload) }

// refusal is why a call is not carried out; nil is no refusal.
type refusal struct {
	status        int
	code, message string
}

func (r *refusal) answer() emu.Answer {
	return emu.Answer{Status: r.status, Body: object{"code": r.code, "message": r.message}}
}

func badValue(message string) *refusal {
	return &refusal{http.StatusBadRequest, codeBadValue, message}
}

// noSuch stands for every unknown id. TF knows it of tasks and test projects;
// for cases, runs and resource groups it is UNVERIFIED.
func noSuch(what string) *refusal {
	return &refusal{http.StatusForbidden, codeNoSuch, what + " does not exist."}
}

// noRoute is the gateway's answer, in the gateway's own words for its fields.
func noRoute() emu.Answer {
	return emu.Answer{Status: http.StatusNotFound, Body: object{
		"error_code": codeNoRoute,
		"error_msg":  "The API does not exist or has not been published.",
	}}
}

// Times carry the offset of Beijing (HWDOC samples), some with microseconds.
const (
	secondLayout = "2006-01-02T15:04:05-07:00"
	microLayout  = "2006-01-02T15:04:05.000000-07:00"
)

func beijing(t time.Time) time.Time { return t.In(time.FixedZone("", 8*60*60)) }

func stamp(t time.Time) string      { return beijing(t).Format(secondLayout) }
func microStamp(t time.Time) string { return beijing(t).Format(microLayout) }

// stampOrNull is null for a time that has not come.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

func quoted(id int) string { return strconv.Itoa(id) }
