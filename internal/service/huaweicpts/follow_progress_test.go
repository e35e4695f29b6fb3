package huaweicpts

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// TestLoad: what is not known is not shown, and the error rate comes of counts.
func TestLoad(t *testing.T) {
	for name, c := range map[string]struct{ core, want string }{
		"all": {
			`{"request_count":6000,"success_count":4800,"error_request_count":1200,"rps":100.04,"max_users":50,"success_rate":7}`,
			"6000 requests, 100.0/s on average, 20.00 % errors, up to 50 users",
		},
		"quoted": {
			`{"request_count":"6000","success_count":"4800","error_request_count":"1200","rps":"100.04","max_users":"50"}`,
			"6000 requests, 100.0/s on average, 20.00 % errors, up to 50 users",
		},
		"decimals":            {`{"request_count":6000.0,"error_request_count":15.0,"max_users":50.5}`, "6000 requests, 0.25 % errors, up to 50 users"},
		"no error":            {`{"request_count":6000,"error_request_count":0}`, "6000 requests, 0.00 % errors"},
		"no count of all":     {`{"success_count":4800,"error_request_count":1200}`, "6000 requests, 20.00 % errors"},
		"no count of errors":  {`{"request_count":6000,"success_count":4800}`, "6000 requests, 20.00 % errors"},
		"one count":           {`{"request_count":6000}`, "6000 requests"},
		"successRate alone":   {`{"request_count":6000,"success_rate":99}`, "6000 requests"},
		"nulls":               {`{"request_count":6000,"error_request_count":null,"rps":null,"max_users":null}`, "6000 requests"},
		"only errors":         {`{"error_request_count":3}`, ""},
		"no request yet":      {`{"request_count":0,"success_count":0,"error_request_count":0,"rps":0,"max_users":50,"success_rate":0}`, ""},
		"nothing measured":    {`{"request_count":null,"rps":12.5,"max_users":50}`, ""},
		"nothing":             {`{}`, ""},
		"null":                {`null`, ""},
		"no numbers":          {`{"request_count":"many","error_request_count":{},"rps":[1]}`, ""},
		"below zero":          {`{"request_count":6000,"error_request_count":-1,"rps":-5,"max_users":-1}`, "6000 requests"},
		"more errors than ok": {`{"request_count":10,"success_count":20}`, "10 requests"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer loadAnswer
			if err := json.Unmarshal([]byte(`{"result":{"outline":{"core_index":`+c.core+`}}}`), &answer); err != nil {
				t.Fatal(err)
			}
			if got := answer.Result.Outline.Core.text(); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestPlanned(t *testing.T) {
	const (
		minute = `{"operate_mode":0,"pressure_mode":0,"time":60}`
		half   = `{"operate_mode":"0","pressure_mode":"1","time":"30"}`
	)
	list := func(parallel, cases string) string { return `{"parallel":` + parallel + `,"case_list":` + cases + `}` }
	for name, c := range map[string]struct {
		task string
		want time.Duration
	}{
		"one case":            {list("false", `[{"stages":[`+minute+`]}]`), time.Minute},
		"several stages":      {list("false", `[{"status":1,"stages":[`+minute+`,`+half+`]}]`), 90 * time.Second},
		"one after the other": {list("false", `[{"stages":[`+minute+`]},{"stages":[`+half+`]}]`), 90 * time.Second},
		"side by side":        {list("true", `[{"stages":[`+minute+`]},{"stages":[`+half+`]}]`), time.Minute},
		"nobody knows how":    {list("null", `[{"stages":[`+minute+`]},{"stages":[`+half+`]}]`), 0},
		"one, whatever way":   {list("null", `[{"stages":[`+half+`]}]`), 30 * time.Second},
		"one does not say":    {list("true", `[{"stages":[`+minute+`]},{"stages":[]}]`), 0},
		"by count":            {list("false", `[{"stages":[{"operate_mode":1,"pressure_mode":0,"time":60,"count":5}]}]`), 0},
		"a load that wanders": {list("false", `[{"stages":[{"operate_mode":0,"pressure_mode":3,"time":60}]}]`), 0},
		"no mode":             {list("false", `[{"stages":[{"pressure_mode":0,"time":60}]}]`), 0},
		"no pressure":         {list("false", `[{"stages":[{"operate_mode":0,"pressure_mode":null,"time":60}]}]`), 0},
		"no time":             {list("false", `[{"stages":[{"operate_mode":0,"pressure_mode":0,"time":null}]}]`), 0},
		"disabled":            {list("false", `[{"status":2,"stages":[`+minute+`]}]`), 0},
		"for ever":            {list("false", `[{"stages":[{"operate_mode":0,"pressure_mode":0,"time":1e300}]}]`), 0},
		"no case":             {list("false", `[]`), 0},
		"null":                {list("false", `null`), 0},
		"ids":                 {list("false", `[449269,449270]`), 0},
		"text":                {list("false", `"449269"`), 0},
		"nothing":             {`{}`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var info taskInfo
			if err := json.Unmarshal([]byte(c.task), &info); err != nil {
				t.Fatal(err)
			}
			if got := info.planned(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// followed are the events of a run and its result.
func (w *world) followed(s engine.Service, change ...func(*engine.Options)) (events []engine.Event, r engine.Result) {
	note := func(o *engine.Options) { o.Notify = func(e engine.Event) { events = append(events, e) } }
	r = w.run(s, append(change, note)...)
	return events, r
}

func of(kind engine.Kind, events []engine.Event) []engine.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e engine.Event) bool { return e.Kind != kind })
}

// TestHeartbeat: a heartbeat tells the load and the errors so far, by one call
// of its own.
func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		events, r := w.followed(w.open(creating(cptsemu.FailingCase, cptsemu.HealthyCase, cptsemu.HealthyCase2)))
		beats := of(engine.Beats, events)
		if r.Outcome != job.Succeeded || len(beats) != 2 || w.calls("ShowMergeReportLogsOutline") != len(beats) {
			t.Fatalf("outcome %s after %d beats with calls %v", r.Outcome, len(beats), w.front.Calls())
		}
		for i, from := range []string{"1 of 3 cases ended, ", "2 of 3 cases ended, "} {
			last := beats[i].Item.Last
			rest, ok := strings.CutPrefix(last.Progress, from)
			var requests, rps, errors float64
			_, err := fmt.Sscanf(rest, "%f requests, %f/s on average, %f %% errors, up to 50 users", &requests, &rps, &errors)
			// Only the first case's minute of 100 requests a second has errors, 20 % of them.
			if !ok || err != nil || rps < 98 || rps > 101 || requests < 6000 || errors < 100*1200/requests-0.01 || errors > 100*1200/requests+0.01 {
				t.Errorf("%q: %v", last.Progress, err)
			}
			if last.Planned != 3*time.Minute {
				t.Errorf("planned are %s", last.Planned)
			}
		}
		for _, e := range append(of(engine.Changes, events), of(engine.Ends, events)...) {
			if strings.Contains(e.Item.Last.Progress, "requests") {
				t.Errorf("%q: load that was not just read", e.Item.Last.Progress)
			}
		}
	})
}

// TestNoLoad: nothing is shown, never 0, while the service tells nothing.
func TestNoLoad(t *testing.T) {
	for _, how := range []cptsemu.Missing{cptsemu.MissingNull, cptsemu.MissingZero, cptsemu.MissingResult} {
		t.Run(fmt.Sprint(how), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.ReportAfter, s.Missing = time.Second, how })
				events, _ := w.followed(w.open(creating(cptsemu.HealthyCase, cptsemu.HealthyCase2)))
				beats := of(engine.Beats, events)
				if len(beats) != 1 || beats[0].Item.Last.Progress != "1 of 2 cases ended" {
					t.Errorf("beats %+v", beats)
				}
			})
		})
	}
}

// TestLoadFails: whatever becomes of the call for the load, the run is followed
// as if it had not been made.
func TestLoadFails(t *testing.T) {
	faults := emulator.Faults()
	for i := range faults {
		faults[i].Delay = 40 * time.Second // longer than a call may take
	}
	for _, fault := range faults {
		t.Run(fmt.Sprintf("%v after=%v", fault.Kind, fault.After), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				fault.Times = -1
				w.inject(fault, "ShowMergeReportLogsOutline")
				began := time.Now()
				events, r := w.followed(w.open(creating(cptsemu.HealthyCase, cptsemu.HealthyCase2)))
				if took := time.Since(began); r.Outcome != job.Succeeded || took > 150*time.Second {
					t.Errorf("outcome %s after %s", r.Outcome, took)
				}
				beats := of(engine.Beats, events)
				if len(beats) != 1 || beats[0].Item.Last.Progress != "1 of 2 cases ended" || len(of(engine.Trouble, events)) != 0 {
					t.Errorf("events %+v", events)
				}
			})
		})
	}
}

// TestLoadEndsWithTheRun: a call for the load that hangs holds up no cancel.
func TestLoadEndsWithTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.inject(emulator.Fault{Kind: emulator.Slow, Delay: 20 * time.Second, Times: -1}, "ShowMergeReportLogsOutline")
		var cancelled, stopped time.Time
		w.alter = func(path string, body []byte) []byte {
			if strings.HasSuffix(path, "/batch-update-task-status") {
				stopped = time.Now() // in the end
			}
			return body
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			for w.calls("ShowMergeReportLogsOutline") == 0 {
				time.Sleep(100 * time.Millisecond)
			}
			cancelled = time.Now()
			cancel()
		}()
		r := engine.Run(ctx, []engine.Service{w.open(creating(cptsemu.HealthyCase))}, options(func(o *engine.Options) { o.Heartbeat = 30 * time.Second }))
		if took := stopped.Sub(cancelled); r.Outcome != job.Cancelled || took < 0 || took > time.Second {
			t.Errorf("outcome %s, the stop was out after %s", r.Outcome, took)
		}
	})
}

// TestLoadIsCheap: a terminal, which is told of every poll, and many jobs do not
// make many calls of it.
func TestLoadIsCheap(t *testing.T) {
	const minutes = 10
	for _, test := range []struct {
		jobs      int
		heartbeat time.Duration
		most      int // calls per minute
	}{{1, time.Minute, 1}, {1, time.Second, 2}, {10, time.Minute, 10}, {100, time.Second, 65}} {
		t.Run(fmt.Sprintf("%d jobs, every %s", test.jobs, test.heartbeat), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				long := w.cpts.AddCase(cptsemu.Case{Name: "long", Lasts: 2 * time.Hour, Users: 5, RPS: 10, P95: 100})
				var services []engine.Service
				for range test.jobs {
					services = append(services, w.open(creating(long)))
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan engine.Result)
				o := options(func(o *engine.Options) { o.OnCancel, o.Heartbeat = engine.Leave, test.heartbeat })
				go func() { done <- engine.Run(ctx, services, o) }()
				time.Sleep(5 * time.Minute) // until the polls have slowed down
				load, status := w.calls("ShowMergeReportLogsOutline"), w.calls("ShowTask")
				time.Sleep(minutes * time.Minute)
				load, status = w.calls("ShowMergeReportLogsOutline")-load, w.calls("ShowTask")-status
				t.Logf("%.1f calls a minute beside %.1f of ShowTask", float64(load)/minutes, float64(status)/minutes)
				if load == 0 || load > status+test.jobs || load > test.most*minutes+test.jobs { // the window may begin between a read of a job and that of its load
					t.Errorf("want some, at most %d a minute and one for each of ShowTask", test.most)
				}
				cancel()
				<-done
			})
		})
	}
}
