package emulator

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

// TestOwn asks the emulator itself, which neither counts nor goes wrong.
func TestOwn(t *testing.T) {
	e := world()
	base := serve(t, e)
	for _, c := range []*http.Client{client(e), http.DefaultClient} {
		do(t, c, startRequest(t, emu.Tencent, base))
	}
	do(t, client(e), startRequest(t, emu.Huawei, base))
	calls := e.Calls()[Total]
	e.Inject(Fault{Kind: Drop, Times: -1})
	const jobs = `{"service":"cpts","id":"job-1","mark":"","state":"","live":true,"began":"0001-01-01T00:00:00Z"}
{"service":"pts","id":"job-1","mark":"","state":"","live":true,"began":"0001-01-01T00:00:00Z"}
{"service":"pts","id":"job-2","mark":"","state":"","live":true,"began":"0001-01-01T00:00:00Z"}
`
	for _, test := range []struct {
		method, path, body string
		status             int
		mediaType, answer  string
	}{
		{"GET", "/healthz", "", 200, "application/json", `{"status":"ok"}`},
		{"GET", "/jobs", "", 200, "application/x-ndjson", jobs},
		{"POST", "/faults", "Slow call=Echo delay=8s\n", 204, "", ""},
		{"POST", "/faults", "", 400, "text/plain; charset=utf-8", "a fault begins with its kind: Slow, Drop, "},
		{"POST", "/faults", "Slow call=Ecko", 400, "text/plain; charset=utf-8", "no call is named \"Ecko\"\n"},
	} {
		for _, c := range []*http.Client{client(e), http.DefaultClient} {
			r, err := http.NewRequest(test.method, base+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if test.body == "" {
				r.Body = nil
			}
			answer, body := do(t, c, r)
			if answer.StatusCode != test.status || answer.Header.Get("Content-Type") != test.mediaType || !strings.HasPrefix(body, test.answer) {
				t.Errorf("%s %s %q: %d %s", test.method, test.path, test.body, answer.StatusCode, body)
			}
		}
	}
	if e.Calls()[Total] != calls || e.Injected() != 0 || len(e.script) != 3 {
		t.Errorf("calls %v, %d struck, %d faults", e.Calls(), e.Injected(), len(e.script))
	}
}

func TestParseFault(t *testing.T) {
	for line, want := range map[string]Fault{
		"Slow":                      {Kind: Slow},
		" Slow  delay=10m after\n":  {Kind: Slow, Delay: 10 * time.Minute, After: true},
		"Drop call=StartJob":        {Kind: Drop, Call: "StartJob"},
		"Forbidden times=-1 call=X": {Kind: Forbidden, Times: -1, Call: "X"},
	} {
		if got, err := ParseFault(line); err != nil || got != want {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
	for line, want := range map[string]string{
		"":                "begins with its kind: Slow, Drop,",
		"slow":            "begins with its kind: Slow, Drop,",
		"Dial":            "begins with its kind: Slow, Drop,",
		"call=StartJob":   "begins with its kind",
		"Slow delay=8":    `read "delay=8" of a fault: time: missing unit`,
		"Slow times=many": `read "times=many" of a fault: strconv.Atoi`,
		"Slow skip=1":     `read "skip=1" of a fault: a fault can have call, delay, times, for and after`,
	} {
		if got, err := ParseFault(line); err == nil || !strings.Contains(err.Error(), want) || got != (Fault{}) {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
}
