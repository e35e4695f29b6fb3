package huaweidrs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

// stage is a cloud of one test, and a service that asks it.
type stage struct {
	*emulator.Emulator
	drs     *drsemu.Service
	env     cloud.Env
	spec    *Spec
	service *service
}

func newStage(t *testing.T, ids ...string) stage {
	t.Helper()
	drs := drsemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, drs.Half()), drs: drs}
	s.env = envOver(s.Transport())
	s.spec, s.service = open(t, s.env, field.Input{Name: "job_ids", Text: strings.Join(ids, "\n")})
	return s
}

func envOver(road http.RoundTripper) cloud.Env {
	return cloud.Env{Transport: &cloud.Transport{Base: road}, Getenv: func(name string) string {
		return map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}[name]
	}}
}

func open(t *testing.T, env cloud.Env, inputs ...field.Input) (*Spec, *service) {
	t.Helper()
	spec := New()
	inputs = append(inputs, field.Input{Name: "project_id", Text: emulator.ProjectID}, field.Input{Name: "region", Text: "cn-north-4"})
	if problems := spec.Fields().DecodeInputs(inputs, field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	services, err := spec.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	return spec, services[0].(*service)
}

func (s stage) run(ctx context.Context, change func(*engine.Options)) engine.Result {
	o := engine.Options{
		Mark: engine.Mark{Run: "test", Attempt: "1", Once: "once"},
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second, Jitter: func() float64 { return 0.5 },
	}
	if change != nil {
		change(&o)
	}
	return engine.Run(ctx, []engine.Service{s.service}, o)
}

func (s stage) intend(t *testing.T) job.Intent {
	t.Helper()
	intent, err := s.service.Intend(t.Context(), "cj-mark")
	if err != nil {
		t.Fatal(err)
	}
	return intent
}

func (s stage) status(t *testing.T, refs ...job.Ref) []job.Status {
	t.Helper()
	statuses, err := s.service.Status(t.Context(), refs)
	if err != nil || len(statuses) != len(refs) {
		t.Fatalf("%d statuses for %d refs, %v", len(statuses), len(refs), err)
	}
	return statuses
}

// begun names the tasks that really began, and whether they live.
func (s stage) begun() map[string]bool {
	lives := map[string]bool{}
	for _, j := range s.Begun()["drs"] {
		lives[j.ID] = j.Live
	}
	return lives
}

// taskID makes an id of the documented shape.
func taskID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%07djb101", n) }

func TestStates(t *testing.T) {
	goals := func(full, both, incremental, unknown job.State) map[string]job.State {
		return map[string]job.State{fullTrans: full, fullIncrTrans: both, incrTrans: incremental, "": unknown}
	}
	always := func(s job.State) map[string]job.State { return goals(s, s, s, s) }
	tests := map[string]map[string]job.State{
		"CREATING":                        always(job.StatePending),
		"CREATE_FAILED":                   always(job.StateFailed),
		"CONFIGURATION":                   always(job.StatePending),
		"STARTJOBING":                     always(job.StatePending),
		"WAITING_FOR_START":               always(job.StatePending),
		"START_JOB_FAILED":                always(job.StateFailed),
		"PAUSING":                         always(job.StateStopped),
		"FULL_TRANSFER_STARTED":           always(job.StateRunning),
		"FULL_TRANSFER_FAILED":            always(job.StateFailed),
		"FULL_TRANSFER_COMPLETE":          goals(job.StateSucceeded, job.StateRunning, job.StateRunning, job.StateRunning),
		"INCRE_TRANSFER_STARTED":          goals(job.StateRunning, job.StateSucceeded, job.StateSucceeded, job.StateRunning),
		"INCRE_TRANSFER_FAILED":           always(job.StateFailed),
		"RELEASE_RESOURCE_STARTED":        always(job.StateStopping),
		"RELEASE_RESOURCE_FAILED":         always(job.StateFailed),
		"RELEASE_RESOURCE_COMPLETE":       always(job.StateStopped), // without a completed copy in its history
		"REBUILD_NODE_STARTED":            always(job.StateRunning),
		"REBUILD_NODE_FAILED":             always(job.StateFailed),
		"CHANGE_JOB_STARTED":              always(job.StateRunning),
		"CHANGE_JOB_FAILED":               always(job.StateFailed),
		"DELETED":                         always(job.StateStopped), // the emulator answers DRS.M05004 for it
		"CHILD_TRANSFER_STARTING":         always(job.StateRunning),
		"CHILD_TRANSFER_STARTED":          always(job.StateRunning),
		"CHILD_TRANSFER_COMPLETE":         always(job.StateRunning),
		"CHILD_TRANSFER_FAILED":           always(job.StateFailed),
		"RELEASE_CHILD_TRANSFER_STARTED":  always(job.StateRunning),
		"RELEASE_CHILD_TRANSFER_COMPLETE": always(job.StateRunning),
		"NODE_UPGRADE_START":              always(job.StateRunning),
		"NODE_UPGRADE_COMPLETE":           always(job.StateRunning),
		"NODE_UPGRADE_FAILED":             always(job.StateFailed),
		"FROZEN_SOLID":                    always(job.StateUnknown),
	}
	if len(tests) != 29+1 {
		t.Fatalf("%d words, the SDK has 29", len(tests)-1)
	}
	for word, want := range tests {
		for kind, state := range want {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: kind, Status: word})
				if kind == "" { // nothing else may tell the kind
					s.drs.Refuse(drsemu.Refusal{Call: "BatchListProgresses", Code: "DRS.M00102", Times: 1})
					s.drs.Refuse(drsemu.Refusal{Call: "BatchListJobDetails", Code: "DRS.M00102", Times: 1})
				}
				got := s.status(t, job.Ref{ID: taskID(1), Kind: kind})[0]
				shown := word
				if word == deleted {
					shown = gone
				}
				if got.State != state || got.Word != shown || got.Costs != (word == releaseFailed || word == increStarted && state.Over()) {
					t.Errorf("%s of %q: got %+v, want %s", word, kind, got, state)
				}
			})
		}
	}
}

// A task costs from its start until it is ended, in whatever state it rests.
func TestCosts(t *testing.T) {
	tests := map[string]string{ // what is said; nothing of those that go on or are gone
		"PAUSING":                   "it is paused, and costs on until it is ended, in the console; on_cancel: terminate",
		"FULL_TRANSFER_COMPLETE":    "its copy is complete, and it costs on until it is ended",
		"INCRE_TRANSFER_STARTED":    "it replicates on, and costs on until it is ended",
		"FULL_TRANSFER_FAILED":      "it failed, and costs on until it is ended",
		"INCRE_TRANSFER_FAILED":     "it failed, and costs on until it is ended",
		"START_JOB_FAILED":          "it failed, and costs on until it is ended",
		"RELEASE_RESOURCE_FAILED":   "ended by force",
		"CREATE_FAILED":             "",
		"RELEASE_RESOURCE_STARTED":  "",
		"RELEASE_RESOURCE_COMPLETE": "",
		"DELETED":                   "",
		"STARTJOBING":               "",
		"FULL_TRANSFER_STARTED":     "",
	}
	for word, want := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			kind := fullIncrTrans
			if word == fullComplete {
				kind = fullTrans
			}
			s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: kind, Status: word})
			if got := s.status(t, job.Ref{ID: taskID(1), Kind: kind})[0].StillCosts; !strings.Contains(got, want) || (got == "") != (want == "") {
				t.Errorf("%s: %q", word, got)
			}
		})
	}
}

func TestDeletedAsWord(t *testing.T) {
	if got := state(deleted, fullTrans); got != job.StateStopped {
		t.Errorf("got %s", got)
	}
}

// A kind that the ref lacks is learnt from what is read anyway.
func TestKindLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: fullTrans, Status: fullComplete})
		got := s.status(t, job.Ref{ID: drsemu.AlreadyRunning}, job.Ref{ID: taskID(1)}, job.Ref{ID: drsemu.AlreadyEnded})
		for i, status := range got {
			if status.State != job.StateSucceeded {
				t.Errorf("%d: %+v", i, status)
			}
		}
	})
}

func TestReleasedByHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, taskID(1), taskID(2))
		ended := job.Ref{ID: drsemu.AlreadyEnded, Kind: fullTrans}
		if got := s.status(t, ended)[0]; got.State != job.StateSucceeded {
			t.Errorf("after its copy: %+v", got)
		}
		s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: fullTrans})
		s.drs.Begin(taskID(1))
		time.Sleep(20 * time.Second)
		cut := job.Ref{ID: taskID(1), Kind: fullTrans}
		if err := s.service.Stop(t.Context(), cut, true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if got := s.status(t, cut)[0]; got.State != job.StateStopped || got.Word != releaseComplete {
			t.Errorf("terminated: %+v", got)
		}
		s.drs.Refuse(drsemu.Refusal{Call: "BatchListJobDetails", Code: "DRS.M00102", Times: 1})
		if got := s.status(t, ended)[0]; got.State != job.StateStopped {
			t.Errorf("without the permission to read its history: %+v", got)
		}
		s.Inject(emulator.Fault{Call: "BatchListJobDetails", Kind: emulator.BadGateway, Times: -1})
		got, err := s.service.Status(t.Context(), []job.Ref{ended, {ID: drsemu.Sync, Kind: fullIncrTrans}})
		if err == nil || got[0].State != "" || got[1].State != job.StatePending {
			t.Errorf("history not readable now: %+v, %v", got, err)
		}
	})
}

func TestProgress(t *testing.T) {
	tests := []struct {
		word, want string
		said       reply
	}{
		{fullStarted, "42 %", reply{Progress: "42", Delay: "-1", TransferStatus: fullStarted}},
		{fullStarted, "42 %", reply{Progress: "42%", Delay: "7"}},
		{increStarted, "delay 3 s", reply{Progress: "100", Delay: "3", TransferStatus: increStarted}},
		{increStarted, "delay 0 s", reply{Progress: "100", Delay: "0"}},
		{increStarted, "", reply{Progress: "100", Delay: "-1"}},
		{increStarted, "", reply{Progress: "100"}},
		{increStarted, "99 %", reply{Progress: "99", Delay: "-1", TransferStatus: fullStarted}}, // it lags behind
		{fullStarted, "", reply{}},
		{fullStarted, "", reply{Progress: "soon"}},
	}
	for _, test := range tests {
		if got := test.said.progress(test.word); got != test.want {
			t.Errorf("%s %+v: got %q, want %q", test.word, test.said, got, test.want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration)
		s.drs.Begin(drsemu.Migration)
		time.Sleep(25 * time.Second)
		running := job.Ref{ID: drsemu.Migration, Kind: fullTrans}
		got := s.status(t, running, job.Ref{ID: drsemu.AlreadyRunning, Kind: fullIncrTrans})
		if got[0].Progress != "50 %" || got[1].Progress != "delay 2 s" {
			t.Errorf("progress %q and %q", got[0].Progress, got[1].Progress)
		}
		s.Inject(emulator.Fault{Call: "BatchListProgresses", Kind: emulator.Forbidden})
		if got := s.status(t, running)[0]; got.State != job.StateRunning || got.Progress != "" {
			t.Errorf("without the permission to read it: %+v", got)
		}
	})
}

// One call reads many tasks, also those after the fifth.
func TestFewCalls(t *testing.T) {
	for _, test := range []struct{ tasks, calls int }{{1, 1}, {7, 1}, {100, 1}, {101, 2}, {250, 3}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			var refs []job.Ref
			for i := range test.tasks {
				s.drs.Add(drsemu.Script{ID: taskID(i), Status: fullStarted})
				refs = append(refs, job.Ref{ID: taskID(i), Kind: fullIncrTrans})
			}
			refs = append(refs, refs[0]) // another service's, in the same group
			for i, status := range s.status(t, refs...) {
				if status.State != job.StateRunning || status.Progress == "" {
					t.Errorf("%d of %d: %+v", i, test.tasks, status)
				}
			}
			calls := s.Calls()
			if calls["BatchListJobStatus"] != test.calls || calls["BatchListProgresses"] != test.calls || calls[emulator.Total] != 2*test.calls {
				t.Errorf("%d tasks: %v", test.tasks, calls)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // nothing moves
		s := newStage(t, drsemu.Sync)
		s.status(t, job.Ref{ID: drsemu.Sync})
		if calls := s.Calls(); calls[emulator.Total] != 1 {
			t.Errorf("%v", calls)
		}
	})
}

// A part that cannot be read says nothing of its tasks, and hides no other.
func TestPartUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		var refs []job.Ref
		for i := range perCall + 1 {
			s.drs.Add(drsemu.Script{ID: taskID(i)})
			refs = append(refs, job.Ref{ID: taskID(i)})
		}
		s.Inject(emulator.Fault{Call: "BatchListJobStatus", Kind: emulator.Forbidden, Skip: 1})
		got, err := s.service.Status(t.Context(), refs)
		if err == nil || len(got) != len(refs) || got[0].State != job.StatePending || got[perCall].State != "" {
			t.Errorf("%d, %+v, %+v, %v", len(got), got[0], got[perCall], err)
		}
	})
}

func TestUnknownTask(t *testing.T) {
	for mode, code := range map[drsemu.UnknownJob]string{
		drsemu.UnknownResults: unknownID, drsemu.UnknownPlain: notFound, drsemu.UnknownPerJob: notFound,
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			s.drs.Switches.UnknownJob = mode
			var refs []job.Ref
			for i := range 9 {
				if i != 4 {
					s.drs.Add(drsemu.Script{ID: taskID(i)})
				}
				refs = append(refs, job.Ref{ID: taskID(i), Kind: fullTrans})
			}
			for i, status := range s.status(t, refs...) {
				want := job.StatePending
				if i == 4 {
					want = job.StateUnknown
					if status.Word != code || !strings.Contains(status.Message, "task") {
						t.Errorf("%d: %+v, want %s", mode, status, code)
					}
				}
				if status.State != want {
					t.Errorf("%d: %d is %+v, want %s", mode, i, status, want)
				}
			}
			err := s.service.Stop(t.Context(), refs[4], false)
			if codeOf(err) != code || errors.Is(err, engine.ErrTooEarly) {
				t.Errorf("%d: stop says %v", mode, err)
			}
		})
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

// What was not there, was refused or ended before is not ours afterwards.
func TestFind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		states := []string{
			"CREATING", "CREATE_FAILED", "CONFIGURATION", "STARTJOBING", "WAITING_FOR_START", "START_JOB_FAILED", "PAUSING",
			"FULL_TRANSFER_STARTED", "INCRE_TRANSFER_STARTED", "INCRE_TRANSFER_FAILED", "RELEASE_RESOURCE_COMPLETE",
			"CHANGE_JOB_STARTED", "NODE_UPGRADE_START", "CHILD_TRANSFER_STARTED", "DELETED", "FULL_TRANSFER_ODD",
		}
		want := map[string]job.State{
			"STARTJOBING": job.StatePending, "WAITING_FOR_START": job.StatePending, "START_JOB_FAILED": job.StateFailed,
			"PAUSING": job.StateStopped, "FULL_TRANSFER_STARTED": job.StateRunning, "INCRE_TRANSFER_STARTED": job.StateRunning,
			"INCRE_TRANSFER_FAILED": job.StateFailed, "RELEASE_RESOURCE_COMPLETE": job.StateStopped, "CHILD_TRANSFER_STARTED": job.StateRunning,
		}
		var ids []string
		for i := range states {
			ids = append(ids, taskID(i))
		}
		s := newStage(t, ids...)
		for _, id := range ids {
			s.drs.Add(drsemu.Script{ID: id})
		}
		intent := s.intend(t)
		for i, id := range ids {
			s.drs.Add(drsemu.Script{ID: id, Status: states[i]})
		}
		found, err := s.service.Find(t.Context(), intent)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range found {
			word := states[one.Index]
			if one.State != want[word] || one.Ours || one.Ref != (job.Ref{ID: ids[one.Index], Kind: fullIncrTrans}) {
				t.Errorf("%s: %+v, want %q", word, one, want[word])
			}
		}
		if len(found) != len(want) {
			t.Errorf("%d found, want %d", len(found), len(want))
		}
		intent.Skip = []int{slices.Index(states, "STARTJOBING")}
		intent.Before = []string{ids[slices.Index(states, "PAUSING")]}
		if found, _ := s.service.Find(t.Context(), intent); len(found) != len(want)-2 {
			t.Errorf("%d found without two, want %d", len(found), len(want)-2)
		}
		if found, _ := s.service.Find(t.Context(), s.intend(t)); found != nil {
			t.Errorf("found %+v, which all were there before", found)
		}
	})
}

func TestStop(t *testing.T) {
	none := ""
	tests := []struct {
		word, kind           string
		paused, terminated   string // the status afterwards
		pauseErr, terminaErr error
	}{
		{"CONFIGURATION", fullIncrTrans, "CONFIGURATION", releaseStarted, engine.ErrTooEarly, nil},
		{"STARTJOBING", fullIncrTrans, "STARTJOBING", releaseStarted, engine.ErrTooEarly, nil},
		{"WAITING_FOR_START", fullIncrTrans, "WAITING_FOR_START", releaseStarted, engine.ErrTooEarly, nil},
		{"CHANGE_JOB_STARTED", fullIncrTrans, "CHANGE_JOB_STARTED", releaseStarted, engine.ErrTooEarly, nil},
		{"FULL_TRANSFER_STARTED", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"FULL_TRANSFER_COMPLETE", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"FULL_TRANSFER_COMPLETE", fullTrans, "FULL_TRANSFER_COMPLETE", releaseStarted, nil, nil},
		{"FULL_TRANSFER_FAILED", fullTrans, "FULL_TRANSFER_FAILED", releaseStarted, nil, nil},
		{"INCRE_TRANSFER_STARTED", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"INCRE_TRANSFER_STARTED", none, pausing, releaseStarted, nil, nil},
		{"START_JOB_FAILED", fullIncrTrans, "START_JOB_FAILED", releaseStarted, nil, nil},
		{"PAUSING", fullIncrTrans, pausing, releaseStarted, nil, nil},
		{"CREATE_FAILED", fullIncrTrans, "CREATE_FAILED", "CREATE_FAILED", nil, nil},
		{"RELEASE_RESOURCE_STARTED", fullTrans, releaseStarted, releaseStarted, nil, nil},
		{"RELEASE_RESOURCE_COMPLETE", fullTrans, releaseComplete, releaseComplete, nil, nil},
		{"DELETED", fullTrans, deleted, deleted, nil, nil},
	}
	for _, test := range tests {
		for _, terminate := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				s.drs.Add(drsemu.Script{ID: taskID(1), TaskType: test.kind, Status: test.word})
				err := s.service.Stop(t.Context(), job.Ref{ID: taskID(1), Kind: test.kind}, terminate)
				wantErr, want := test.pauseErr, test.paused
				if terminate {
					wantErr, want = test.terminaErr, test.terminated
				}
				if got := s.drs.Status(taskID(1)); got != want || !errors.Is(err, wantErr) {
					t.Errorf("%s of %q, terminate %v: %s, %v; want %s, %v", test.word, test.kind, terminate, got, err, want, wantErr)
				}
			})
		}
	}
}

func TestStopRefused(t *testing.T) {
	tests := []struct {
		code     string
		tooEarly bool
	}{{busy, true}, {notNow, true}, {"DRS.M00102", false}}
	for _, test := range tests {
		for _, terminate := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				s.drs.Switches.StopRefused = test.code // inside a 2xx
				err := s.service.Stop(t.Context(), job.Ref{ID: drsemu.AlreadyRunning, Kind: fullIncrTrans}, terminate)
				if codeOf(err) != test.code || errors.Is(err, engine.ErrTooEarly) != test.tooEarly {
					t.Errorf("%s, terminate %v: %v", test.code, terminate, err)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) { // for the call as a whole, because the status changed after it was read
		s := newStage(t, drsemu.Sync)
		s.drs.Refuse(drsemu.Refusal{Call: "BatchStopJobs", Code: notNow, Times: 1})
		err := s.service.Stop(t.Context(), job.Ref{ID: drsemu.AlreadyRunning, Kind: fullIncrTrans}, false)
		if !errors.Is(err, engine.ErrTooEarly) {
			t.Errorf("%v", err)
		}
	})
	synctest.Test(t, func(t *testing.T) { // released between the read and the termination
		s := newStage(t, drsemu.Sync)
		s.drs.Switches.StopRefused = gone
		if err := s.service.Stop(t.Context(), job.Ref{ID: drsemu.AlreadyRunning}, true); err != nil {
			t.Errorf("%v", err)
		}
	})
}

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, drsemu.Sync)
		seen := map[string][]string{}
		r := s.run(t.Context(), func(o *engine.Options) {
			o.PollEvery = 2 * time.Second
			o.Notify = func(e engine.Event) {
				if e.Kind == engine.Changes {
					seen[e.Item.Ref.ID] = append(seen[e.Item.Ref.ID], e.Item.Last.Word)
				}
			}
		})
		want := map[string][]string{
			drsemu.Migration: {"STARTJOBING", "FULL_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE"},
			drsemu.Sync:      {"STARTJOBING", "FULL_TRANSFER_STARTED", "FULL_TRANSFER_COMPLETE", "INCRE_TRANSFER_STARTED"},
		}
		for id, words := range want {
			if !slices.Equal(seen[id], words) {
				t.Errorf("%s went %v, want %v", id, seen[id], words)
			}
		}
		if r.Outcome != job.Succeeded || r.Items[0].Last.Progress != "100 %" || !strings.HasPrefix(r.Items[1].Last.Progress, "delay ") {
			t.Errorf("%s: %+v, %+v", r.Outcome, r.Items[0].Last, r.Items[1].Last)
		}
	})
}

func TestFailures(t *testing.T) {
	tests := map[string]struct {
		id   string
		end  job.Outcome
		word string
		why  []string
	}{
		"in full": {drsemu.FailsInFull, job.JobFailed, "FULL_TRANSFER_FAILED", []string{
			"status FULL_TRANSFER_FAILED",
			"DRS.KE0002: The source database refused the user name or the password.; a database refused the user or the password; correct the task's connection and let its precheck pass",
		}},
		"to start": {drsemu.FailsToStart, job.JobFailed, "START_JOB_FAILED", []string{
			"status START_JOB_FAILED",
			"DRS.M05003: The replication instance could not be created.; no such task; check the id and region",
		}},
		"refused": {drsemu.RefusesStart, job.StartFailed, "failed", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newStage(t, test.id).run(t.Context(), nil)
				item := r.Items[0]
				if r.Outcome != test.end || item.Status != test.word || !slices.Equal(item.Why, test.why) {
					t.Errorf("%s %s %q", r.Outcome, item.Status, item.Why)
				}
			})
		})
	}
}

func TestWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Switches.StatusSaysWhy = true
		s.drs.Add(drsemu.Script{
			ID: taskID(1), Status: "INCRE_TRANSFER_FAILED", Code: "DRS.M00004", Reason: "no route to 192.168.0.27:3306\n::error::x",
		})
		ref := job.Ref{ID: taskID(1), Kind: fullIncrTrans}
		last := s.status(t, ref)[0]
		if last.Message != "DRS.M00004: no route to (address) ::error::x" {
			t.Errorf("message %q", last.Message)
		}
		why, err := s.service.Why(t.Context(), ref, last)
		if err != nil || len(why) != 2 || !strings.HasPrefix(why[1], last.Message+"; the service is not well") {
			t.Errorf("%q, %v", why, err)
		}
		for _, call := range []string{"BatchListJobDetails", "BatchListProgresses"} { // one of them is enough
			s.Inject(emulator.Fault{Call: call, Kind: emulator.Forbidden})
			if why, err := s.service.Why(t.Context(), ref, last); err != nil || len(why) != 2 {
				t.Errorf("without %s: %q, %v", call, why, err)
			}
		}
		s.Inject(emulator.Fault{Kind: emulator.Forbidden, Times: 2})
		if why, err := s.service.Why(t.Context(), ref, last); err == nil || len(why) != 2 || why[1] != last.Message {
			t.Errorf("without both: %q, %v", why, err)
		}
		why, _ = s.service.Why(t.Context(), job.Ref{ID: drsemu.AlreadyEnded}, job.Status{Word: releaseComplete})
		if !slices.Equal(why, []string{"status RELEASE_RESOURCE_COMPLETE: somebody ended it, and it cannot be resumed"}) {
			t.Errorf("ended: %q", why)
		}
	})
}

func TestCancel(t *testing.T) {
	tests := []struct {
		name, policy string
		after        time.Duration
		stop         job.Stop
		word         string
	}{
		{"left by default", engine.OnDefault, 20 * time.Second, job.StopLeft, fullStarted},
		{"left", engine.Leave, 20 * time.Second, job.StopLeft, fullStarted},
		{"paused", engine.Stop, 20 * time.Second, job.StopConfirmed, pausing},
		{"paused once it transfers", engine.Stop, 6 * time.Second, job.StopConfirmed, pausing},
		{"too early to pause", engine.Stop, 2 * time.Second, job.StopFailed, "STARTJOBING"},
		{"terminated", engine.Terminate, 20 * time.Second, job.StopConfirmed, releaseComplete},
		{"terminated in its start", engine.Terminate, 2 * time.Second, job.StopConfirmed, releaseComplete},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Sync)
				ctx, cancel := context.WithTimeout(t.Context(), test.after)
				defer cancel()
				r := s.run(ctx, func(o *engine.Options) {
					o.OnCancel = test.policy
					if test.policy != engine.OnDefault && test.stop == job.StopConfirmed {
						o.Confirm = 30 * time.Second
					}
				})
				item := r.Items[0]
				if word := s.drs.Status(drsemu.Sync); r.Outcome != job.Cancelled || item.Stop != test.stop || word != test.word {
					t.Errorf("%s, stop %q, status %s", r.Outcome, item.Stop, word)
				}
			})
		})
	}
}

// A pause stops the target only: what the source writes in the meantime is still
// captured, and not lost to who resumes.
func TestPauseKeepsTheSource(t *testing.T) {
	for _, id := range []string{drsemu.AlreadyRunning, drsemu.DisasterRecovery, drsemu.Migration} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, id)
			s.drs.Begin(drsemu.Migration)
			time.Sleep(15 * time.Second)
			if err := s.service.Stop(t.Context(), job.Ref{ID: id, Kind: fullIncrTrans}, false); err != nil {
				t.Fatal(err)
			}
			if s.drs.Status(id) != pausing || !s.drs.Captures(id) {
				t.Errorf("%s is %s, its source captured: %v", id, s.drs.Status(id), s.drs.Captures(id))
			}
		})
	}
}

// A task at its goal is not said to be stopped before its pause is done.
func TestSlowPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Add(drsemu.Script{ID: drsemu.Sync, TaskType: incrTrans})
		s.drs.Switches.SlowPause = 20 * time.Second
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
		defer cancel()
		r := s.run(ctx, func(o *engine.Options) { o.OnCancel, o.Confirm = engine.Stop, time.Minute })
		if r.Items[0].Stop != job.StopConfirmed || s.drs.Status(drsemu.Sync) != pausing {
			t.Errorf("stop %q, status %s", r.Items[0].Stop, s.drs.Status(drsemu.Sync))
		}
	})
}

// A later attempt follows what an earlier one started, and sends no start.
func TestAttach(t *testing.T) {
	for _, after := range []time.Duration{time.Second, 20 * time.Second, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Sync)
			s.run(t.Context(), func(o *engine.Options) { o.Wait = false })
			time.Sleep(after)
			r := s.run(t.Context(), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
			if r.Outcome != job.Succeeded || r.Items[0].How != job.Attached || s.Calls()["BatchStartJobs"] != 1 {
				t.Errorf("after %s: %s, %q, %v", after, r.Outcome, r.Items[0].How, s.Calls())
			}
		})
	}
}

// Another process finds and pauses what this one left, from the record alone.
func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration, drsemu.Sync)
		record, err := json.Marshal(engine.Record{Intent: s.intend(t), What: s.service.What(), Policy: engine.Stop})
		if err != nil {
			t.Fatal(err)
		}
		s.service.Start(t.Context(), s.intend(t))
		time.Sleep(20 * time.Second)

		left := engine.Left{Provider: Name}
		if err := json.Unmarshal(record, &left.Record); err != nil {
			t.Fatal(err)
		}
		if left.Follower, err = Reopen(s.env, s.spec.Target()); err != nil {
			t.Fatal(err)
		}
		if language := left.Follower.(follower).language; language != english {
			t.Errorf("language %q", language)
		}
		r := engine.Settle(t.Context(), []engine.Left{left}, time.Second, nil)
		for i, id := range []string{drsemu.Migration, drsemu.Sync} {
			if r.Items[i].Stop != job.StopConfirmed || s.drs.Status(id) != pausing {
				t.Errorf("%s: stop %q, status %s", id, r.Items[i].Stop, s.drs.Status(id))
			}
		}
		if r.Items[1].Ref.Kind != fullIncrTrans {
			t.Errorf("the kind is lost: %+v", r.Items[1].Ref)
		}
	})
	if _, err := Reopen(cloud.Env{}, "{"); err == nil {
		t.Error("a target that cannot be read")
	}
}

func TestGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		name, perCall := s.service.Group()
		if name != "huawei-drs https://drs.cn-north-4.myhuaweicloud.com "+emulator.ProjectID || perCall != 100 {
			t.Errorf("%q %d", name, perCall)
		}
		if !s.service.Lasting(job.Ref{ID: drsemu.Sync, Kind: fullTrans}) {
			t.Error("a replication task is lasting")
		}
	})
}

// odd answers every call alike, in a form that no document has.
type odd struct {
	status int
	body   string
}

func (o odd) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: o.status, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(o.body)),
	}, nil
}

// Numbers for strings, null and objects do not break a read.
func TestLenientTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := `{"count":"1","results":[{"id":"a","job_id": "a","status":"FULL_TRANSFER_STARTED","error_code":null,"error_msg":{"ip":"1"},
			"task_type":["x"],"progress": 42 ,"incre_trans_delay":-1,"transfer_status":null,"task_mode":true}]}`
		_, s := open(t, envOver(odd{200, body}), field.Input{Name: "job_ids", Text: "a"})
		got, err := s.Status(t.Context(), []job.Ref{{ID: "a", Kind: fullTrans}})
		if err != nil || got[0] != (job.Status{State: job.StateRunning, Word: fullStarted, Progress: "42 %"}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// What the SDK cannot read is never quoted: it may hold addresses of databases.
func TestNothingQuoted(t *testing.T) {
	tests := []struct {
		odd
		code  string
		fault job.Fault
	}{
		{odd{200, `{"results":"192.168.0.27 db.example"}`}, "", job.Ambiguous},
		{odd{400, `{"results":[{"source_endpoint":"db.example"}]}`}, "", job.Refused},
		{odd{400, `{"results":"db.example"}`}, "", job.Refused},
		{odd{400, `{"results":[{"source_endpoint":"db.example"},{"id":"b","error_code":"DRS.M00289","error_msg":"gone"}]}`}, unknownID, job.Refused},
		{odd{400, `{"results":[{"source_endpoint":"db.example"},{"id":"b","error_code":"NOBODY.KNOWS"}]}`}, "NOBODY.KNOWS", job.Refused},
		{odd{400, `{"err code":"DRS-M00304","err msg":"not now","at":"db.example"}`}, notNow, job.Refused},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			_, s := open(t, envOver(test.odd), field.Input{Name: "job_ids", Text: "a"})
			_, err := s.details(t.Context(), []string{"a"})
			e, ok := errors.AsType[*job.Error](err)
			if !ok || e.Code != test.code || e.Fault != test.fault || e.Status != test.status || e.Meaning == "" {
				t.Fatalf("%s: %+v", test.body, err)
			}
			if strings.Contains(err.Error(), "db.example") || e.Err != nil {
				t.Errorf("%s: quoted in %v, or in %v", test.body, err, e.Err)
			}
		})
	}
}

// An answer that leaves the task out, or calls what it did by another word, is
// no answer.
func TestNotNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := envOver(odd{200, `{"results":[{"id":"b","status":"success"}],"count":1}`})
		_, s := open(t, env, field.Input{Name: "job_ids", Text: "a\nb"})
		got, err := s.Status(t.Context(), []job.Ref{{ID: "a"}})
		if err != nil || got[0] != (job.Status{State: job.StateUnknown, Unlisted: true}) {
			t.Errorf("status %+v, %v", got, err)
		}
		if err := s.Stop(t.Context(), job.Ref{ID: "a"}, false); job.OutcomeOf(err) != job.StartUnknown {
			t.Errorf("stop: %v", err)
		}
		items := s.Start(t.Context(), job.Intent{})
		if job.OutcomeOf(items[0].Err) != job.StartUnknown || !strings.Contains(items[0].Err.Error(), "does not name the task") || items[1].Err != nil || items[1].Ref.ID != "b" {
			t.Errorf("start: %+v", items)
		}
		env = envOver(odd{200, `{"results":[{"id":"a","status":"accepted"}],"count":1}`})
		_, s = open(t, env, field.Input{Name: "job_ids", Text: "a"})
		if items := s.Start(t.Context(), job.Intent{}); job.OutcomeOf(items[0].Err) != job.StartUnknown {
			t.Errorf("start: %+v", items)
		}
	})
}

func TestFailedReason(t *testing.T) {
	got := reply{ErrorCode: "DRS.X", ErrorMessage: "short", FailedReason: "longer"}.why()
	if !slices.Equal(got, []string{"DRS.X: short", "failed reason: longer"}) {
		t.Errorf("%q", got)
	}
	for word, want := range map[string]string{pausing: "resumes it", deleted: "deleted", gone: "deleted", releaseFailed: "by force"} {
		if got := hint(word); !strings.Contains(got, want) {
			t.Errorf("%s: %q", word, got)
		}
	}
}

func TestScheduled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		at := time.Now().Add(time.Minute).UTC().Truncate(time.Second)
		_, s.service = open(t, s.env,
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

func TestCalls(t *testing.T) {
	drs := drsemu.New(time.Now)
	for _, call := range Calls() {
		known := false
		for _, c := range drs.Half().Calls {
			known = known || c.Name == call.Name
		}
		starts := slices.Contains([]string{"BatchStartJobs", "BatchRestoreTask", "BatchStopJobs", "BatchDeleteJobs"}, call.Name)
		if !known || call.Reads == starts || call.Does == "" || call.Permission == "" {
			t.Errorf("%+v", call)
		}
	}
}
