package huaweidataarts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

func TestCancelOfOnceStopsIt(t *testing.T) {
	for _, after := range []time.Duration{0, time.Second, 5 * time.Second, 15 * time.Second} {
		for _, switches := range []dataartsemu.Switches{{}, {ConsoleStops: true}, {WaitingUnlisted: true}, {InstanceStopTakes: 3 * time.Second}, {InstanceKnownAfter: 2 * time.Second}} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches = switches
				ctx, cancel := context.WithTimeout(t.Context(), after)
				defer cancel()
				began := time.Now()
				r, item := s.run(ctx, s.open("myJob", once), func(o *engine.Options) { o.Confirm = 10 * time.Second })
				if r.Outcome != job.Cancelled || len(s.live()) > 0 {
					t.Errorf("after %s, %+v: outcome %s, live %v", after, switches, r.Outcome, s.live())
				}
				if begun := len(s.runs()) > 0; begun && item.Stop != job.StopConfirmed {
					t.Errorf("after %s, %+v: stop %q", after, switches, item.Stop)
				}
				if took := time.Since(began) - after; took > 12*time.Second {
					t.Errorf("after %s: took %s", after, took)
				}
			})
		}
	}
}

func TestCancelOfWhatLasts(t *testing.T) {
	running := 5*time.Minute + 8*time.Second
	tests := map[string]struct {
		job      string
		on       bool // before
		after    time.Duration
		policy   string
		switches dataartsemu.Switches
		stop     job.Stop
		live     string
	}{
		"schedule":                       {job: "myJob", after: time.Minute, stop: job.StopLeft, live: "schedule/myJob"},
		"schedule, to be stopped":        {job: "myJob", after: time.Minute, policy: engine.Stop, stop: job.StopConfirmed},
		"schedule, to be terminated":     {job: "myJob", after: time.Minute, policy: engine.Terminate, stop: job.StopConfirmed},
		"schedule, with its run":         {job: "myJob", after: running, policy: engine.Stop, stop: job.StopConfirmed},
		"schedule, its run waits":        {job: "myJob", after: 5 * time.Minute, policy: engine.Stop, stop: job.StopConfirmed},
		"schedule, its run waits, too":   {job: "myJob", after: 5 * time.Minute, policy: engine.Stop, switches: dataartsemu.Switches{ConsoleStops: true}, stop: job.StopConfirmed},
		"schedule, unlisted run waits":   {job: "myJob", after: 5 * time.Minute, policy: engine.Stop, switches: dataartsemu.Switches{WaitingUnlisted: true}, stop: job.StopConfirmed},
		"stream, somebody's":             {job: "myStream", on: true, after: 5 * time.Second, policy: engine.Terminate, stop: job.StopLeft, live: "stream/myStream"},
		"schedule, stops its run itself": {job: "myJob", after: running, policy: engine.Stop, switches: dataartsemu.Switches{StopEndsInstances: true}, stop: job.StopConfirmed},
		"schedule, somebody's":           {job: "myJob", on: true, after: time.Minute, policy: engine.Stop, stop: job.StopLeft, live: "schedule/myJob"},
		"stream":                         {job: "myStream", after: 5 * time.Second, stop: job.StopLeft, live: "stream/myStream"},
		"stream, to be stopped":          {job: "myStream", after: 5 * time.Second, policy: engine.Stop, stop: job.StopConfirmed},
		"stream, slow":                   {job: "myStream", after: 5 * time.Second, policy: engine.Stop, switches: dataartsemu.Switches{StreamStopTakes: 40 * time.Second}, stop: job.StopConfirmed},
		"stop ignored":                   {job: "myStream", after: 5 * time.Second, policy: engine.Stop, switches: dataartsemu.Switches{StopIgnored: true}, stop: job.StopRequested, live: "stream/myStream"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches = test.switches
				if test.on {
					s.somebody(test.job, schedule)
				}
				ctx, cancel := context.WithTimeout(t.Context(), test.after)
				defer cancel()
				var trouble []string
				r, item := s.run(ctx, s.open(test.job, schedule), func(o *engine.Options) {
					o.OnCancel, o.Confirm = test.policy, time.Minute
					o.Notify = func(e engine.Event) { trouble = append(trouble, e.Text) }
				})
				if r.Outcome != job.Cancelled || item.Stop != test.stop {
					t.Errorf("outcome %s, stop %q, %v; want %q (%q)", r.Outcome, item.Stop, item.Err, test.stop, trouble)
				}
				if got := strings.Join(s.live(), " "); got != test.live {
					t.Errorf("live %q, want %q", got, test.live)
				}
				s.checkCalls()
				if test.on && !strings.Contains(item.Note, "before this step") {
					t.Errorf("nobody said why: %q", item.Note)
				}
			})
		})
	}
}

func TestStop(t *testing.T) {
	tests := map[string]struct {
		job      string
		run      string
		after    time.Duration
		switches dataartsemu.Switches
		fault    *emulator.Fault
		early    bool
		code     string
	}{
		"waiting":            {job: "myJob", run: once, early: true, code: "DLF.3051"},
		"not known yet":      {job: "myJob", run: once, switches: dataartsemu.Switches{InstanceKnownAfter: time.Minute}, early: true, code: "DLF.0137"},
		"running":            {job: "myJob", run: once, after: 5 * time.Second},
		"retrying":           {job: "flakyJob", run: once, after: 25 * time.Second},
		"halted":             {job: "haltedJob", run: once, after: 25 * time.Second},
		"halted, allowed":    {job: "haltedJob", run: once, after: 25 * time.Second, switches: dataartsemu.Switches{ConsoleStops: true}},
		"waiting, allowed":   {job: "myJob", run: once, switches: dataartsemu.Switches{ConsoleStops: true}},
		"ended":              {job: "myJob", run: once, after: time.Minute},
		"failed":             {job: "failingJob", run: once, after: time.Minute},
		"forbidden":          {job: "myJob", run: once, after: 5 * time.Second, fault: &emulator.Fault{Call: "StopJobInstance", Kind: emulator.Forbidden}, code: "APIGW.0302"},
		"schedule":           {job: "myJob", run: schedule},
		"schedule, is off":   {job: "onceJob", run: schedule, after: time.Minute, switches: dataartsemu.Switches{IdleStopRefused: true}},
		"schedule, no right": {job: "myJob", run: schedule, fault: &emulator.Fault{Call: "StopJob", Kind: emulator.Forbidden}, code: "APIGW.0302"},
		"stream, stopping":   {job: "myStream", run: schedule},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches = test.switches
				service := s.open(test.job, test.run)
				ref := s.start(service)
				time.Sleep(test.after)
				if test.fault != nil {
					s.Inject(*test.fault)
				}
				err := service.Stop(t.Context(), ref, false)
				if errors.Is(err, engine.ErrTooEarly) != test.early || (err != nil) != (test.code != "") {
					t.Fatalf("got %v", err)
				}
				if e, ok := errors.AsType[*job.Error](err); err != nil && (!ok || e.Code != test.code) {
					t.Errorf("got %v, want code %s", err, test.code)
				}
				if test.code == "" {
					if err := service.Stop(t.Context(), ref, true); err != nil {
						t.Errorf("again: %v", err)
					}
				}
			})
		})
	}
}

// TestStopIsOfTheWorkspace: in another workspace there is a job of the same
// name, and an instance of the same number cannot be.
func TestStopIsOfTheWorkspace(t *testing.T) {
	for name, test := range map[string]struct {
		run   string
		after time.Duration
		def   dataartsemu.Job
	}{
		"run":      {once, 5 * time.Second, batch("twin", time.Hour)},
		"schedule": {schedule, time.Minute, batch("twin", time.Hour)},
		"its run":  {schedule, 25 * time.Hour, batch("twin", 10*time.Hour)},
		"stream":   {schedule, time.Minute, dataartsemu.Job{Name: "twin", Type: dataartsemu.RealTime, Nodes: []dataartsemu.Node{{Name: "n"}}}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(test.def)
				test.def.Workspace = dataartsemu.NamedWorkspace
				s.dataarts.Add(test.def)
				theirs := s.open("twin", test.run)
				ref := s.start(theirs)
				ours := s.startAll(dataartsemu.NamedWorkspace, test.run, "twin")[0]
				time.Sleep(test.after)
				if err := theirs.Stop(t.Context(), ours, false); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				other, got := s.status(theirs, ref), s.status(theirs, ours)
				if got.State != job.StateStopped || other.State.Over() && !other.Costs {
					t.Errorf("ours %+v, theirs %+v", got, other)
				}
			})
		})
	}
}

// TestSettle: the process dies while its start is under way.
func TestSettle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.somebody("myJob", once)
		s.Inject(emulator.Fault{Call: "RunOnce", Kind: emulator.Drop, After: true}, emulator.Fault{Call: "ListJobInstances", Skip: 1, Times: -1, Kind: emulator.Drop})
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		j := &journal{}
		r, _ := s.run(ctx, s.open("myJob", once), func(o *engine.Options) { o.Journal = j })
		if r.Outcome != job.StartUnknown || len(j.record.Jobs) != 0 || len(s.runs()) != 2 {
			t.Fatalf("outcome %s, record %+v, instances %v", r.Outcome, j.record, s.runs())
		}
		later := &stage{Emulator: emulator.New(emulator.Options{}, s.dataarts.Half()), t: t} // without the faults
		follower, err := Reopen(servicetest.Env(later.Transport()), s.targets[len(s.targets)-1])
		if err != nil {
			t.Fatal(err)
		}
		r = engine.Settle(t.Context(), []engine.Left{{Provider: Name, Follower: follower, Record: j.record}}, 10*time.Second, nil)
		if got := r.Items[0]; got.Stop != job.StopConfirmed || got.Ref.Run != "132344" {
			t.Errorf("settled: %+v", got)
		}
		if got := later.live(); len(got) != 1 || got[0] != "132343" {
			t.Errorf("live %v, want somebody's 132343 alone", got)
		}
	})
}
