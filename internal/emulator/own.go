package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"

	"cloudjob/internal/emulator/emu"
)

// own answers what is asked of the emulator itself. That is no call of a cloud:
// it is not signed and not counted, and no fault strikes it.
func (e *Emulator) own(r *http.Request) (answer reply, ok bool) {
	switch r.Method + " " + r.URL.Path {
	case "GET /healthz":
		return newReply(http.StatusOK, "application/json", []byte(`{"status":"ok"}`)), true
	case "GET /jobs":
		return e.truth(), true
	case "POST /faults":
		return e.takeFault(r.Body), true
	case "POST /expire":
		e.ExpireKeys()
		return newReply(http.StatusNoContent, "", nil), true
	}
	return reply{}, false
}

// truth lists what Begun tells, a JSON object a line.
func (e *Emulator) truth() reply {
	var lines bytes.Buffer
	begun := e.Begun()
	for _, service := range slices.Sorted(maps.Keys(begun)) {
		for _, job := range begun[service] {
			_ = json.NewEncoder(&lines).Encode(struct { // into memory, it cannot fail
				Service string `json:"service"`
				emu.Job
			}{service, job})
		}
	}
	return newReply(http.StatusOK, "application/x-ndjson", lines.Bytes())
}

// takeFault injects the fault that a body describes.
func (e *Emulator) takeFault(body io.Reader) reply {
	line, err := io.ReadAll(io.LimitReader(body, 1<<10))
	if err != nil {
		return refuseFault(err)
	}
	f, err := ParseFault(string(line))
	if err != nil {
		return refuseFault(err)
	}
	if f.Call != "" && !slices.ContainsFunc(e.halves, func(h emu.Half) bool {
		return slices.ContainsFunc(h.Calls, func(c emu.Call) bool { return c.Name == f.Call })
	}) {
		return refuseFault(fmt.Errorf("no call is named %q", f.Call))
	}
	e.Inject(f)
	return newReply(http.StatusNoContent, "", nil)
}

func refuseFault(err error) reply {
	return newReply(http.StatusBadRequest, "text/plain; charset=utf-8", []byte(err.Error()+"\n"))
}
