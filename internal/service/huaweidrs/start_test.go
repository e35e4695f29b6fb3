package huaweidrs

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/servicetest"
)

// TestStartAnswers are the ways in which the service answers for single tasks
// inside an answer of success, and what became of them.
func TestStartAnswers(t *testing.T) {
	const a, b = drsemu.Migration, drsemu.Sync
	kinds := map[string]string{a: fullTrans, b: fullIncrTrans}
	started := func(id string) said {
		return said{Outcome: job.Started, Ref: job.Ref{ID: id, Kind: kinds[id]}, Status: "success"}
	}
	lost := said{Outcome: job.StartUnknown, Message: "the answer does not name the task; look at its status in the console"}
	busy := said{
		Outcome: job.StartFailed, Status: "failed", Code: "DRS.M01504",
		Message: "Another operation is being performed on the migration task or the migration task is abnormal. Try again later.",
	}
	wrongState := said{Outcome: job.StartFailed, Status: "failed", Code: "DRS.M00304", Message: "API cannot be invoked by a task in the current state."}
	missing := said{Outcome: job.StartFailed, Code: "DRS.M00289", Message: "task " + unknown + ": The task does not exist."}
	tests := []struct {
		name   string
		change func(*drsemu.Service)
		ids    []string
		want   []said
		begun  int
	}{
		{"both", func(*drsemu.Service) {}, []string{a, b}, []said{started(a), started(b)}, 2},
		{"under the sample's key", func(s *drsemu.Service) { s.Switches.JobsKey = true }, []string{a, b}, []said{started(a), started(b)}, 2},
		{"one is busy", func(*drsemu.Service) {}, []string{a, drsemu.RefusesStart, b}, []said{started(a), busy, started(b)}, 2},
		{"one runs already", func(*drsemu.Service) {}, []string{drsemu.AlreadyRunning, b}, []said{wrongState, started(b)}, 1},
		{"one was not checked", func(*drsemu.Service) {}, []string{drsemu.PrecheckMissing, b}, []said{busy, started(b)}, 1},
		{"one begins unseen", func(s *drsemu.Service) { s.Switches.StartHides = a }, []string{a, b}, []said{lost, started(b)}, 2},
		{"one is lost", func(s *drsemu.Service) { s.Switches.StartLoses = a }, []string{a, b}, []said{lost, started(b)}, 1},
		{"one does not exist", func(s *drsemu.Service) { s.Switches.UnknownJob = drsemu.UnknownPerJob }, []string{a, unknown},
			[]said{started(a), {Outcome: job.StartFailed, Status: "failed", Code: "DRS.M05003", Message: "The task is not found."}}, 1},
		{"one does not exist, for all", func(*drsemu.Service) {}, []string{a, unknown}, []said{missing, missing}, 0},
		{"one does not exist, plainly", func(s *drsemu.Service) { s.Switches.UnknownJob = drsemu.UnknownPlain }, []string{unknown},
			[]said{{Outcome: job.StartFailed, Code: "DRS.M05003", Message: "The task is not found."}}, 0},
		{"one ended", func(*drsemu.Service) {}, []string{drsemu.AlreadyEnded}, []said{wrongState}, 0},
		{"a second start is refused", func(s *drsemu.Service) { s.Switches.SecondStartRefused = true }, []string{drsemu.AlreadyRunning},
			[]said{{Outcome: job.StartFailed, Code: "DRS.M00304", Message: "API cannot be invoked by a task in the current state."}}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			service, network := emulated(test.change)
			got := saying(start(t, network, test.ids...))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if begun := len(service.Half().Begun()); begun != test.begun {
				t.Errorf("%d tasks begun, want %d", begun, test.begun)
			}
		})
	}
}

// TestNotes: what a reader should know of a start that was accepted.
func TestNotes(t *testing.T) {
	_, network := emulated(func(*drsemu.Service) {})
	got := saying(startInputs(t, network, "{"+target+"jobs: [{job_id: "+drsemu.Migration+", start_time: 2100-01-01T08:00:00+08:00}, {job_id: "+drsemu.Monthly+"}, {job_id: "+drsemu.Sync+"}]}"))
	if want := "scheduled for 2100-01-01T00:00:00Z"; got[0].Note != want {
		t.Errorf("got %q, want %q", got[0].Note, want)
	}
	if !strings.HasPrefix(got[1].Note, "order CS") {
		t.Errorf("got %q", got[1].Note)
	}
	if got[2].Note != "" {
		t.Errorf("got %q", got[2].Note)
	}
	if got := note(task{startTime: "4102444800000"}, reply{OrderID: "CS1"}, job.Ref{Kind: fullTrans}); got != "scheduled for 2100-01-01T00:00:00Z; order CS1" {
		t.Errorf("got %q", got)
	}
}

// TestAnswers: the document's table calls the list results, its sample jobs;
// both are read, and what neither of them says is not known.
func TestAnswers(t *testing.T) {
	const id = `"id":"` + drsemu.Migration + `"`
	const good, other = `{` + id + `,"status":"success"}`, `{"id":"` + unknown + `","status":"success"}`
	for text, outcome := range map[servicetest.Answer]job.Outcome{
		`{"results":[` + good + `],"count":1}`:                                     job.Started,
		`{"jobs":[` + good + `],"count":1}`:                                        job.Started,
		`{"results":null,"jobs":[` + good + `],"count":1}`:                         job.Started,
		`{"results":[` + other + `,` + good + `],"count":2}`:                       job.Started,
		`{"results":[{` + id + `,"status":"success","error_code":"DRS.M01504"}]}`:  job.Started,
		`{"results":[` + other + `],"count":1}`:                                    job.StartUnknown,
		`{"results":[],"count":0}`:                                                 job.StartUnknown,
		`{"count":1}`:                                                              job.StartUnknown,
		`{}`:                                                                       job.StartUnknown,
		`{"results":[{"status":"success"}]}`:                                       job.StartUnknown,
		`{"results":[{` + id + `}]}`:                                               job.StartUnknown,
		`{"results":[{` + id + `,"status":"SUCCESS"}]}`:                            job.StartUnknown,
		`{"results":[{` + id + `,"status":"pending"}]}`:                            job.StartUnknown,
		`{"results":"all"}`:                                                        job.StartUnknown,
		`{"results":[{"id":7,"status":"success"}]}`:                                job.StartUnknown,
		`{"results":[{` + id + `,"status":"failed","error_code":"DRS.M00004"}]}`:   job.StartUnknown,
		`{"results":[{` + id + `,"status":"failed","error_code":"DRS.M00102"}]}`:   job.Unauthorized,
		`{"results":[{` + id + `,"status":"failed","error_code":"DRS.M01503"}]}`:   job.Limited,
		`{"results":[{` + id + `,"status":"failed","error_code":"NOBODY.KNOWS"}]}`: job.StartFailed,
		`{"results":[{` + id + `,"status":"failed"}]}`:                             job.StartFailed,
	} {
		item := start(t, text, drsemu.Migration)[0]
		if got := job.OutcomeOf(item.Err); got != outcome {
			t.Errorf("%s\ngot %s, want %s: %v", text, got, outcome, item.Err)
		}
		if (item.Ref.ID != "") != (outcome == job.Started) {
			t.Errorf("%s\nnames %q", text, item.Ref.ID)
		}
		if e, ok := errors.AsType[*job.Error](item.Err); ok && e.Code != "" && (e.Meaning == "" || e.Cure == "") {
			t.Errorf("%s\nis not explained: %v", text, e)
		}
	}
}

func TestIntend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ids := []string{drsemu.Sync, drsemu.AlreadyRunning, drsemu.Migration, drsemu.AlreadyEnded, drsemu.FailsToStart, drsemu.Monthly, taskID(1)}
		s := newStage(t, ids...)
		s.drs.Begin(drsemu.Monthly)
		got := s.intend(t)
		wantIDs := []string{
			drsemu.Sync + " FULL_INCR_TRANS", drsemu.AlreadyRunning + " FULL_INCR_TRANS", drsemu.Migration + " FULL_TRANS",
			drsemu.AlreadyEnded + " FULL_TRANS", drsemu.FailsToStart + " FULL_INCR_TRANS", drsemu.Monthly + " FULL_INCR_TRANS", taskID(1),
		}
		if !slices.Equal(got.IDs, wantIDs) || got.Mark != "cj-mark" {
			t.Errorf("intent = %+v", got)
		}
		if want := []string{drsemu.AlreadyRunning, drsemu.AlreadyEnded, drsemu.Monthly, taskID(1)}; !slices.Equal(got.Before, want) {
			t.Errorf("before = %v, want %v", got.Before, want)
		}
		if got.Again {
			t.Error("a start is not idempotent")
		}
	})
}

func TestIntendWithoutReads(t *testing.T) {
	tests := []struct {
		call string
		kind emulator.Kind
		ok   bool
	}{
		{"BatchListJobDetails", emulator.Forbidden, true},
		{"BatchListJobDetails", emulator.BadGateway, false},
		{"BatchListJobStatus", emulator.Forbidden, false},
		{"BatchListJobStatus", emulator.Drop, false},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			s.Inject(emulator.Fault{Call: test.call, Kind: test.kind, Times: 5}) // a read is made five times
			r := s.run(t.Context(), nil)
			item := r.Items[0]
			if !test.ok {
				if len(s.begun()) > 0 || item.Err == nil || !strings.Contains(item.Err.Error(), "nothing was started") {
					t.Errorf("%+v: begun %v, %v", test, s.begun(), item.Err)
				}
				return
			}
			if r.Outcome != job.Succeeded || item.Ref != (job.Ref{ID: drsemu.Sync}) || !strings.Contains(item.Note, "task_type") {
				t.Errorf("%+v: %s %+v", test, r.Outcome, item)
			}
		})
	}
}

func TestStart(t *testing.T) {
	for _, key := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Monthly, drsemu.RefusesStart, drsemu.Migration, drsemu.Sync)
			s.drs.Switches.JobsKey = key
			intent := s.intend(t)
			intent.Skip = []int{2}
			items := s.service.Start(t.Context(), intent)
			if len(items) != 4 {
				t.Fatalf("%d items", len(items))
			}
			for i, want := range []job.Ref{{ID: drsemu.Monthly, Kind: fullIncrTrans}, {}, {}, {ID: drsemu.Sync, Kind: fullIncrTrans}} {
				item := items[i]
				if item.Ref != want || (item.Err == nil) != (want.ID != "") || item.What != s.service.What()[i] || item.Provider != Name {
					t.Errorf("item %d: %+v", i, item)
				}
			}
			if !strings.HasPrefix(items[0].Note, "order CS") || items[0].RequestID == "" || items[0].Status != "success" {
				t.Errorf("%+v", items[0])
			}
			if e, ok := errors.AsType[*job.Error](items[1].Err); !ok || e.Code != busy || e.Fault != job.Refused || e.RequestID == "" {
				t.Errorf("%v", items[1].Err)
			}
			if got := s.begun(); len(got) != 2 || !got[drsemu.Monthly] || !got[drsemu.Sync] {
				t.Errorf("begun %v", got)
			}
			if n := s.Calls()["BatchStartJobs"]; n != 1 {
				t.Errorf("%d starts sent", n)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		items := s.service.Start(t.Context(), job.Intent{Skip: []int{0}})
		if n := s.Calls()["BatchStartJobs"]; n != 0 || len(items) != 1 || items[0].Err == nil {
			t.Errorf("%d starts sent for nothing, %+v", n, items)
		}
	})
}

// A task that the answer leaves out is looked for.
func TestMissingInAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, drsemu.Sync)
		s.drs.Switches.StartHides = drsemu.Sync
		r := s.run(t.Context(), nil)
		if r.Outcome != job.Succeeded || r.Items[0].How != job.Began || r.Items[1].How != job.Adopted || r.Items[1].Ref.Kind != fullIncrTrans {
			t.Errorf("hidden: %s %+v", r.Outcome, r.Items)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, drsemu.Sync)
		s.drs.Switches.StartLoses = drsemu.Sync
		r := s.run(t.Context(), nil)
		if r.Outcome != job.StartUnknown || r.Items[0].End != job.Succeeded || r.Items[1].How != "" {
			t.Errorf("lost: %s %+v", r.Outcome, r.Items)
		}
	})
}

// Every fault of a start: what began is found, and nothing begins twice.
func TestAmbiguousStart(t *testing.T) {
	after := 0
	for _, fault := range emulator.Faults() {
		fault.Call = "BatchStartJobs"
		if fault.Kind == emulator.Slow {
			fault.Delay = 2 * time.Minute
		}
		for _, late := range []time.Duration{0, 5 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Migration, drsemu.AlreadyRunning, drsemu.Sync)
				s.drs.Switches.LateStatus = late
				s.Inject(fault)
				// Without a timeout a throttled start is not sent again.
				r := s.run(t.Context(), func(o *engine.Options) { o.Timeout = 0 })
				begun := s.begun()
				if n := s.Calls()["BatchStartJobs"]; n > 1 {
					t.Errorf("%v: sent %d times", fault.Kind, n)
				}
				for _, i := range []int{0, 2} {
					item := r.Items[i]
					_, there := begun[strings.TrimPrefix(item.What, "task ")]
					switch {
					case there && (item.How != job.Adopted || item.End != job.Succeeded):
						t.Errorf("%v after=%v late=%s: it began, and is %q, %q", fault.Kind, fault.After, late, item.How, item.End)
					case !there && item.How != "":
						t.Errorf("%v after=%v late=%s: it did not begin, and is %q", fault.Kind, fault.After, late, item.How)
					}
					if there {
						after++
					}
				}
				if r.Items[1].How != "" {
					t.Errorf("%v: a task that ran before is said to be %q", fault.Kind, r.Items[1].How)
				}
			})
		}
	}
	if after == 0 {
		t.Error("no fault came after the effect")
	}
}

func TestScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		at := time.Now().Add(time.Minute).UTC().Truncate(time.Second)
		_, s.service = open(t, s.Transport(),
			field.Input{Name: "job_ids", Text: drsemu.Sync}, field.Input{Name: "start_time", Text: at.Format(time.RFC3339)}, field.Input{Name: "language", Text: "ZH-CN"})
		began := time.Now()
		words := map[string]bool{}
		r := s.run(t.Context(), func(o *engine.Options) { o.Notify = func(e engine.Event) { words[e.Item.Last.Word] = true } })
		if r.Outcome != job.Succeeded || time.Since(began) < time.Minute || !words["WAITING_FOR_START"] {
			t.Errorf("%s after %s, %v", r.Outcome, time.Since(began), words)
		}
		if note := "scheduled for " + at.Format(time.RFC3339); r.Items[0].Note != note {
			t.Errorf("note %q, want %q", r.Items[0].Note, note)
		}
		if s.service.language != chinese {
			t.Errorf("language %q", s.service.language)
		}
	})
}
