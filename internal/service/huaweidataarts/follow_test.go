package huaweidataarts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
)

// stage is a cloud of one test. It opens one second past a plan time of all
// schedules, a day after a bubble's beginning, so that a clock that is behind
// shows a time that can be.
type stage struct {
	*emulator.Emulator
	t        *testing.T
	dataarts *dataartsemu.Service
	targets  []string  // of what was opened
	held     time.Time // what the cloud's clock shows; zero: it goes on
}

func newStage(t *testing.T) *stage { return newStageAhead(t, 0) }

// newStageAhead is a cloud whose clock is ahead of ours.
func newStageAhead(t *testing.T, ahead time.Duration) *stage {
	time.Sleep(24*time.Hour + time.Second)
	s := &stage{t: t}
	s.dataarts = dataartsemu.New(func() time.Time { return cmp.Or(s.held, time.Now().Add(ahead)) })
	s.Emulator = emulator.New(emulator.Options{}, s.dataarts.Half())
	return s
}

func (s *stage) env() cloud.Env {
	return cloud.Env{Transport: &cloud.Transport{Base: s.Transport()}, Getenv: func(name string) string {
		return map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}[name]
	}}
}

// open is a service of job, run as the input says; more are further inputs.
func (s *stage) open(job, run string, more ...field.Input) *service {
	s.t.Helper()
	spec := New()
	problems := spec.Fields().DecodeInputs(append([]field.Input{
		{Name: "project_id", Text: emulator.ProjectID}, {Name: "region", Text: "cn-north-4"},
		{Name: "job_name", Text: job}, {Name: "run", Text: run},
	}, more...), field.Options{}, spec.Check)
	if len(problems) > 0 {
		s.t.Fatal(problems)
	}
	services, err := spec.Open(s.env())
	if err != nil {
		s.t.Fatal(err)
	}
	s.targets = append(s.targets, spec.Target())
	return services[0].(*service)
}

// somebody starts a job that is not ours.
func (s *stage) somebody(job, run string) job.Ref {
	s.t.Helper()
	item := s.open(job, run).Start(s.t.Context(), intentOf(job, run))[0]
	if item.Err != nil {
		s.t.Fatal(item.Err)
	}
	return item.Ref
}

func intentOf(name, kind string) job.Intent {
	return intend("", job.Ref{ID: name, Kind: kind}, since{}, nil)
}

// intent is what a service reads before a start, at the time of the start.
func (s *stage) intent(service *service) job.Intent {
	s.t.Helper()
	intent, err := service.Intend(s.t.Context(), "cj-mark")
	if err != nil {
		s.t.Fatal(err)
	}
	intent.At = time.Now()
	return intent
}

func (s *stage) start(service *service) job.Ref {
	s.t.Helper()
	item := service.Start(s.t.Context(), s.intent(service))[0]
	if item.Err != nil {
		s.t.Fatal(item.Err)
	}
	return item.Ref
}

func (s *stage) status(f engine.Follower, ref job.Ref) job.Status {
	s.t.Helper()
	statuses, err := f.Status(s.t.Context(), []job.Ref{ref})
	if err != nil {
		s.t.Fatal(err)
	}
	return statuses[0]
}

// runs are the instances that ever began, and live those of them, and of what
// was started, that are not over.
func (s *stage) runs() (all []string) {
	for _, j := range s.Begun()["dayu-dlf"] {
		if !strings.Contains(j.ID, "/") {
			all = append(all, j.ID)
		}
	}
	return all
}

// began is when an instance began, by the service's clock.
func (s *stage) began(id string) (at time.Time) {
	for _, j := range s.Begun()["dayu-dlf"] {
		if j.ID == id {
			at = j.Began
		}
	}
	return at
}

func (s *stage) live() (ids []string) {
	for _, j := range s.Begun()["dayu-dlf"] {
		if j.Live {
			ids = append(ids, j.ID)
		}
	}
	return ids
}

// checkCalls wants every call that was made among those that we declare.
func (s *stage) checkCalls() {
	s.t.Helper()
	for name := range s.Calls() {
		declared := slices.ContainsFunc(Calls(), func(c cloud.Call) bool { return c.Name == name && c.Does != "" && c.Permission != "" })
		if name != emulator.Total && !declared {
			s.t.Errorf("%s is not declared", name)
		}
	}
}

func options() engine.Options {
	return engine.Options{
		Mark: engine.Mark{Run: "test", Attempt: "1", Once: "once"},
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second,
	}
}

// run is a life through the engine.
func (s *stage) run(ctx context.Context, service *service, change func(*engine.Options)) (engine.Result, job.Item) {
	o := options()
	if change != nil {
		change(&o)
	}
	r := engine.Run(ctx, []engine.Service{service}, o)
	return r, r.Items[0]
}

// brokenAtOnce is a stream that never becomes NORMAL.
func brokenAtOnce() dataartsemu.Job {
	return dataartsemu.Job{
		Name: "brokenAtOnce", Type: dataartsemu.RealTime, Nodes: []dataartsemu.Node{{Name: "source"}, {Name: "flink"}},
		Walk: []dataartsemu.Phase{{Status: "STARTING", Takes: 3 * time.Second}, {Status: "EXCEPTION", Takes: dataartsemu.Forever}},
	}
}

type life struct {
	job, run, workspace string
	end                 job.Outcome
	word                string
	why                 []string
	runs                int    // instances that it takes
	saw                 string // a word on the way
	live                string // what is live at the end, without its name
}

func lives() map[string]life {
	return map[string]life{
		"once":             {job: "myJob", run: once, end: job.Succeeded, word: "success", runs: 1},
		"once in Chinese":  {job: "作业一", run: once, end: job.Succeeded, word: "success", runs: 1},
		"once elsewhere":   {job: "workspaceJob", run: once, workspace: dataartsemu.NamedWorkspace, end: job.Succeeded, word: "success", runs: 1},
		"once, fails":      {job: "failingJob", run: once, end: job.JobFailed, word: "fail", why: []string{"status fail", "node transform: fail, log obs://", "message: Node transform failed."}, runs: 1},
		"once, flaky":      {job: "flakyJob", run: once, end: job.Succeeded, word: "success", runs: 1, saw: "running"},
		"once, halted":     {job: "haltedJob", run: once, end: job.JobFailed, word: "running-exception", why: []string{"status running-exception: a node failed and halts it", "node transform: fail, log obs://", "message: Node transform failed."}, runs: 1},
		"schedule, halted": {job: "haltedJob", run: schedule, end: job.JobFailed, word: "running-exception", why: []string{"instance 132343", "node transform: fail"}, runs: 1, live: "schedule/"},
		"once, no batch":   {job: "myStream", run: once, end: job.StartFailed},
		"stream":           {job: "myStream", run: schedule, end: job.Succeeded, word: "NORMAL", live: "stream/"},
		"stream, later":    {job: "brokenStream", run: schedule, end: job.Succeeded, word: "NORMAL", live: "stream/"}, // what comes after NORMAL is not waited for
		"stream, broken":   {job: "brokenAtOnce", run: schedule, end: job.JobFailed, word: "EXCEPTION", why: []string{"status EXCEPTION", "node flink: "}},
		"schedule":         {job: "myJob", run: schedule, end: job.Succeeded, word: "success", runs: 1, live: "schedule/"},
		"schedule, fails":  {job: "failingJob", run: schedule, end: job.JobFailed, word: "fail", why: []string{"instance 132343", "node transform: fail", "message: "}, runs: 1, live: "schedule/"},
		"schedule of once": {job: "onceJob", run: schedule, end: job.Succeeded, word: "success", runs: 1},
		"no such job":      {job: "nobody", run: schedule, end: job.StartFailed},
	}
}

type world struct {
	switches dataartsemu.Switches
	ahead    time.Duration
}

func worlds() map[string]world {
	return map[string]world{
		"plain": {},
		"other types": {switches: dataartsemu.Switches{
			InstanceIDText: true, ExecuteTimeMinutes: true, LowerStarttime: true, StatusTimesText: true,
			FiveDigitCodes: true, OldestFirst: true, OffsetCountsItems: true, RunOnceIsType7: true,
		}},
		"older":        {switches: dataartsemu.Switches{PlanTimesCompared: true, NoPreciseQuery: true}},
		"newer":        {switches: dataartsemu.Switches{WaitingUnlisted: true, NewerStatus: true, SecondStart30107: true, ConsoleStops: true}},
		"slow":         {switches: dataartsemu.Switches{InstanceKnownAfter: 5 * time.Second, InstanceListedAfter: 20 * time.Second}},
		"clock ahead":  {ahead: 10 * time.Minute},
		"clock behind": {ahead: -10 * time.Minute},
	}
}

func TestLives(t *testing.T) {
	for place, world := range worlds() {
		for name, want := range lives() {
			t.Run(place+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStageAhead(t, world.ahead)
					s.dataarts.Switches = world.switches
					s.dataarts.Add(brokenAtOnce())
					var words []string
					watch := func(o *engine.Options) {
						o.Notify = func(e engine.Event) { words = append(words, e.Item.Status) }
					}
					var more []field.Input
					if want.workspace != "" {
						more = append(more, field.Input{Name: "workspace", Text: want.workspace})
					}
					began := time.Now()
					r, item := s.run(t.Context(), s.open(want.job, want.run, more...), watch)
					if want.saw != "" && !slices.Contains(words, want.saw) {
						t.Errorf("never saw %q: %q", want.saw, words)
					}
					s.checkCalls()
					if r.Outcome != want.end || item.Status != want.word {
						t.Errorf("outcome %s, status %q; want %s, %q (%v)", r.Outcome, item.Status, want.end, want.word, item.Err)
					}
					for _, line := range want.why {
						if why := strings.Join(item.Why, "\n"); !strings.Contains(why, line) {
							t.Errorf("why = %q, want %q in it", why, line)
						}
					}
					if got := s.runs(); len(got) != want.runs {
						t.Errorf("instances %v, want %d", got, want.runs)
					}
					if got := strings.Join(s.live(), " "); want.live == "" && got != "" || want.live != "" && got != want.live+want.job {
						t.Errorf("live at the end: %q, want %q", got, want.live)
					}
					if took := time.Since(began); took > 6*time.Minute {
						t.Errorf("took %s", took)
					}
				})
			})
		}
	}
}

// instances are jobs whose runs go through one status each.
func TestInstanceStates(t *testing.T) {
	forever := dataartsemu.Forever
	waits := func(status string) dataartsemu.Job {
		return dataartsemu.Job{Waits: []dataartsemu.Phase{{Status: status, Takes: forever}}, Nodes: []dataartsemu.Node{{Name: "n"}}}
	}
	nodes := func(list ...dataartsemu.Node) dataartsemu.Job { return dataartsemu.Job{Nodes: list} }
	ends := func(how string) dataartsemu.Job {
		return dataartsemu.Job{Nodes: []dataartsemu.Node{{Name: "n", Takes: time.Second}}, Ends: how}
	}
	tests := []struct {
		name     string
		def      dataartsemu.Job
		switches dataartsemu.Switches
		want     job.Status // its times are not compared
	}{
		{"unknown", waits("waiting"), dataartsemu.Switches{InstanceKnownAfter: time.Hour}, job.Status{State: job.StateUnknown, Word: "not known yet", Unlisted: true}},
		{"unknown, newer code", waits("waiting"), dataartsemu.Switches{InstanceKnownAfter: time.Hour, FiveDigitCodes: true}, job.Status{State: job.StateUnknown, Word: "not known yet", Unlisted: true}},
		{"waiting", waits("waiting"), dataartsemu.Switches{}, job.Status{State: job.StatePending, Word: "waiting", Progress: "0 of 1 nodes"}},
		{"waiting-confirm", waits("waiting-confirm"), dataartsemu.Switches{}, job.Status{State: job.StatePending, Word: "waiting-confirm", Message: "somebody has to confirm it", Progress: "0 of 1 nodes"}},
		{"freeze", waits("freeze"), dataartsemu.Switches{}, job.Status{State: job.StatePending, Word: "freeze", Progress: "0 of 1 nodes"}},
		{"stopped while it waited", waits("canceled"), dataartsemu.Switches{}, job.Status{State: job.StateStopped, Word: "canceled", Progress: "0 of 1 nodes"}},
		{"a new word", waits("pondering"), dataartsemu.Switches{}, job.Status{State: job.StateUnknown, Word: "pondering", Progress: "0 of 1 nodes"}},
		{"running", nodes(dataartsemu.Node{Name: "a"}, dataartsemu.Node{Name: "b", Takes: forever, Speed: 800}, dataartsemu.Node{Name: "c"}), dataartsemu.Switches{},
			job.Status{State: job.StateRunning, Word: "running", Progress: "1 of 3 nodes, b runs, 800 rows/s"}},
		{"pause", nodes(dataartsemu.Node{Name: "a", Ends: "pause"}), dataartsemu.Switches{}, job.Status{State: job.StateRunning, Word: "pause", Progress: "0 of 1 nodes"}},
		{"tried again", nodes(dataartsemu.Node{Name: "a", Takes: 4 * time.Second, Failures: 1}), dataartsemu.Switches{},
			job.Status{State: job.StateRunning, Word: "running", Progress: "0 of 1 nodes, a runs (retry 1)"}},
		{"halted", nodes(dataartsemu.Node{Name: "a", Ends: "halt"}, dataartsemu.Node{Name: "b"}), dataartsemu.Switches{},
			job.Status{State: job.StateFailed, Word: "running-exception", Message: "a node failed and halts it; it stays so until somebody continues or stops it in the console", Progress: "0 of 2 nodes"}},
		{"success", ends(""), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Progress: "1 of 1 nodes"}},
		{"a node skipped", nodes(dataartsemu.Node{Name: "a", Ends: "skip"}), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Progress: "1 of 1 nodes"}},
		{"forced", ends("forceSuccess"), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Message: "somebody set it to success by hand", Progress: "1 of 1 nodes"}},
		{"forced, a word", ends("forceSuccess"), dataartsemu.Switches{ForceSuccessStatus: true}, job.Status{State: job.StateSucceeded, Word: "forceSuccess", Message: "somebody set it to success by hand", Progress: "1 of 1 nodes"}},
		{"ignored", ends("ignoreSuccess"), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Message: "it failed, and the failure is ignored", Progress: "1 of 1 nodes"}},
		{"ignored, a word", ends("ignoreSuccess"), dataartsemu.Switches{ForceSuccessStatus: true}, job.Status{State: job.StateSucceeded, Word: "ignoreSuccess", Message: "it failed, and the failure is ignored", Progress: "1 of 1 nodes"}},
		{"skipped", ends("skip-by-depend"), dataartsemu.Switches{}, job.Status{State: job.StateFailed, Word: "skip-by-depend", Message: "it was skipped because of a job that it depends on, and did not run", Progress: "1 of 1 nodes"}},
		{"fail", nodes(dataartsemu.Node{Name: "a", Ends: "fail"}, dataartsemu.Node{Name: "b"}), dataartsemu.Switches{}, job.Status{State: job.StateFailed, Word: "fail", Progress: "0 of 2 nodes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches = test.switches
				test.def.Name, test.def.Type = "a-job", dataartsemu.Batch
				s.dataarts.Add(test.def)
				service := s.open("a-job", once)
				ref := s.start(service)
				time.Sleep(5 * time.Second)
				got := s.status(service, ref)
				got.Begun, got.Ended = time.Time{}, time.Time{}
				if got != test.want {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
			})
		})
	}
}

func TestStoppedByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		if want := (job.Ref{ID: "myJob", Run: "132343", Kind: once, Since: since{at: time.Now()}.text()}); ref != want {
			t.Errorf("ref %+v, want %+v", ref, want)
		}
		time.Sleep(12 * time.Second)
		if err := service.Stop(t.Context(), ref, false); err != nil {
			t.Fatal(err)
		}
		got := s.status(service, ref)
		if got.State != job.StateStopped || got.Word != "manual-stop" || got.Ended.Sub(got.Begun) != 10*time.Second {
			t.Errorf("got %+v", got)
		}
		why, err := service.Why(t.Context(), ref, got)
		if err != nil || !strings.Contains(strings.Join(why, "\n"), "node transform: manual-stop") {
			t.Errorf("why %q, %v", why, err)
		}
	})
}

func TestStreamStates(t *testing.T) {
	tests := map[string]job.State{
		"STARTING": job.StatePending, "STARTTING": job.StatePending, "NORMAL": job.StateSucceeded, "OVERLOAD": job.StateRunning,
		"EXCEPTION": job.StateFailed, "ABNORMAL": job.StateFailed, "STOPPING": job.StateStopping,
		"STOPPED": job.StateStopped, "PAUSE": job.StateStopped, "PAUSED": job.StateStopped, "DISABLE": job.StateStopped,
		"INIT": job.StateUnknown, "PONDERING": job.StateUnknown,
	}
	for word, want := range tests {
		t.Run(word, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(dataartsemu.Job{
					Name: "a-stream", Type: dataartsemu.RealTime, Nodes: []dataartsemu.Node{{Name: "n"}},
					Walk: []dataartsemu.Phase{{Status: word, Takes: dataartsemu.Forever}},
				})
				service := s.open("a-stream", schedule)
				ref := s.start(service)
				if want := fmt.Sprintf("since:%d", time.Now().UnixMilli()); ref != (job.Ref{ID: "a-stream", Kind: stream, Since: want}) {
					t.Errorf("ref %+v", ref)
				}
				early := want
				if isOff(word) { // it may be the state before the start
					early = job.StateUnknown
				}
				if got := s.status(service, ref); got.State != early {
					t.Errorf("at once: %+v, want %s", got, early)
				}
				time.Sleep(settles)
				got := s.status(service, ref)
				if got.State != want || got.Word != word || got.Costs != (word == "NORMAL") || got.Begun.IsZero() {
					t.Errorf("got %+v, want %s", got, want)
				}
			})
		})
	}
}

func TestScheduleStates(t *testing.T) {
	for name, switches := range map[string]dataartsemu.Switches{"stopped": {}, "paused": {StopPauses: true}, "type 7": {RunOnceIsType7: true}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.dataarts.Switches = switches
			service := s.open("myJob", schedule)
			ref := s.start(service)
			if got := s.status(service, ref); got.State != job.StatePending || got.Word != "SCHEDULING" {
				t.Errorf("%s, at first: %+v", name, got)
			}
			s.somebody("myJob", once) // which is not the schedule's
			time.Sleep(2 * time.Minute)
			if got := s.status(service, ref); got.State != job.StatePending {
				t.Errorf("%s, after somebody's run: %+v", name, got)
			}
			time.Sleep(3*time.Minute + 8*time.Second)
			got := s.status(service, ref)
			if got.State != job.StateRunning || got.Word != "running" || got.Progress != "instance 132344" {
				t.Errorf("%s, running: %+v", name, got)
			}
			time.Sleep(time.Minute)
			if got := s.status(service, ref); got.State != job.StateSucceeded || !got.Costs {
				t.Errorf("%s, over: %+v", name, got)
			}
			time.Sleep(time.Hour) // a dozen later ones do not matter
			if got := s.status(service, ref); got.State != job.StateSucceeded || got.Progress != "instance 132344" {
				t.Errorf("%s, later: %+v", name, got)
			}
			if err := service.Stop(t.Context(), ref, false); err != nil {
				t.Fatal(err)
			}
			if got := s.status(service, ref); got.State != job.StateSucceeded || got.Costs {
				t.Errorf("%s, off: %+v", name, got)
			}
			if n := s.Calls()["StopJobInstance"]; n > 0 {
				t.Errorf("%s: %d stops of instances that had ended", name, n)
			}
		})
	}
}

func TestScheduleStoppedBySomebody(t *testing.T) {
	tests := map[string]struct {
		switches dataartsemu.Switches
		word     string
	}{
		"stopped": {dataartsemu.Switches{}, "STOPPED"},
		"paused":  {dataartsemu.Switches{StopPauses: true}, "PAUSED"},
	}
	for name, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.dataarts.Switches = test.switches
			service := s.open("myJob", schedule)
			ref := s.start(service)
			if err := service.Stop(t.Context(), ref, false); err != nil {
				t.Fatal(err)
			}
			if got := s.status(service, ref); got.State != job.StateUnknown {
				t.Errorf("%s, at once: %+v", name, got)
			}
			time.Sleep(settles)
			if got := s.status(service, ref); got.State != job.StateStopped || got.Word != test.word {
				t.Errorf("%s: %+v", name, got)
			}
			if why, err := service.Why(t.Context(), ref, s.status(service, ref)); err != nil || !slices.Contains(why, "the schedule made no instance that ended") {
				t.Errorf("%s: why %q, %v", name, why, err)
			}
		})
	}
}

// TestScheduleBefore: instances of a schedule that somebody had on shortly
// before do not count, although they are within the clocks' skew.
func TestScheduleBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		theirs := s.somebody("myJob", schedule)
		time.Sleep(6 * time.Minute)
		if err := s.open("myJob", schedule).Stop(t.Context(), theirs, false); err != nil {
			t.Fatal(err)
		}
		service := s.open("myJob", schedule)
		ref := s.start(service)
		if len(s.runs()) != 1 || strings.Contains(ref.Since, "joined") {
			t.Fatalf("instances %v, ref %+v", s.runs(), ref)
		}
		if got := s.status(service, ref); got.State != job.StatePending {
			t.Errorf("got %+v", got)
		}
		time.Sleep(5 * time.Minute)
		if got := s.status(service, ref); got.State != job.StateSucceeded || got.Progress != "instance 132344" {
			t.Errorf("got %+v", got)
		}
	})
}

// TestOvertaken: of two instances the one that ends first decides.
func TestOvertaken(t *testing.T) {
	for _, oldest := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.dataarts.Switches.OldestFirst = oldest
			every := func(takes time.Duration) dataartsemu.Job {
				return dataartsemu.Job{Name: "a-job", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: time.Minute, Nodes: []dataartsemu.Node{{Name: "n", Takes: takes}}}
			}
			s.dataarts.Add(every(time.Hour))
			service := s.open("a-job", schedule)
			ref := s.start(service)
			time.Sleep(time.Minute)
			if got := s.status(service, ref); got.State != job.StateRunning || got.Progress != "instance 132343" {
				t.Errorf("got %+v", got)
			}
			s.dataarts.Add(every(10 * time.Second))
			time.Sleep(30 * time.Second)
			if got := s.status(service, ref); got.State != job.StateRunning || got.Progress != "instance 132343" {
				t.Errorf("got %+v", got)
			}
			time.Sleep(time.Minute)
			if got := s.status(service, ref); got.State != job.StateSucceeded || got.Progress != "instance 132344" {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestUnreadable: what cannot be read is an error, not an absence.
func TestUnreadable(t *testing.T) {
	for _, kind := range []string{once, schedule} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			service := s.open("myJob", kind)
			ref, intent := s.start(service), s.intent(service)
			intent.Before, intent.At = nil, time.Time{}
			s.Inject(emulator.Fault{Times: -1, Kind: emulator.BadGateway})
			if _, err := service.Find(t.Context(), intent); err == nil {
				t.Errorf("%s: nothing was found, and no error", kind)
			}
			if _, err := service.Status(t.Context(), []job.Ref{ref}); err == nil {
				t.Errorf("%s: a status was read", kind)
			}
			if _, err := service.Intend(t.Context(), ""); err == nil {
				t.Errorf("%s: an intent was read", kind)
			}
			if _, err := service.Why(t.Context(), ref, job.Status{}); err == nil {
				t.Errorf("%s: reasons were read", kind)
			}
		})
	}
}

// TestAmbiguousStart: whatever the answer, the truth and what is said agree.
func TestAmbiguousStart(t *testing.T) {
	tests := map[string]struct{ job, run, call string }{
		"once":     {"myJob", once, "RunOnce"},
		"schedule": {"myJob", schedule, "StartJob"},
		"stream":   {"myStream", schedule, "StartJob"},
	}
	for name, test := range tests {
		for _, fault := range emulator.Faults() {
			fault.Call = test.call
			if fault.Kind == emulator.Slow {
				fault.Delay = 2 * time.Minute
			}
			t.Run(fmt.Sprintf("%s/%s/%t", name, fault.Kind, fault.After), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t)
					s.dataarts.Switches.InstanceListedAfter, s.dataarts.Switches.WaitingUnlisted = 5*time.Second, true
					s.somebody("myJob", once) // just before
					time.Sleep(10 * time.Second)
					s.Inject(fault)
					r, item := s.run(t.Context(), s.open(test.job, test.run), nil)
					begun := 0
					for _, j := range s.Begun()["dayu-dlf"][1:] {
						if strings.Contains(j.ID, "/") || test.run == once {
							begun++
						}
					}
					switch {
					case begun > 1:
						t.Errorf("begun %d times", begun)
					case begun == 1 && (r.Outcome != job.Succeeded || item.How == ""):
						t.Errorf("begun, but outcome %s, %q: %v", r.Outcome, item.How, item.Err)
					case begun == 0 && item.How != "":
						t.Errorf("not begun, but %q as %+v", item.How, item.Ref)
					}
					if lost := fault.After && fault.Kind != emulator.Slow; lost && item.How != job.Adopted {
						t.Errorf("the answer was lost, but the job is %q: %v", item.How, item.Err)
					}
				})
			})
		}
	}
}

// TestLostAnswerOfWhatIsOn: a start that nobody answered of what was on before
// can have begun nothing, so it is not unknown whether it did.
func TestLostAnswerOfWhatIsOn(t *testing.T) {
	for _, after := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.Inject(emulator.Fault{Call: "StartJob", Kind: emulator.Drop, After: after})
			r, item := s.run(t.Context(), s.open("scheduledJob", schedule), func(o *engine.Options) { o.Wait = false })
			if r.Outcome != job.Started || item.How != job.Joined || !item.Theirs {
				t.Errorf("outcome %s, %q: %v", r.Outcome, item.How, item.Err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) { // somebody stops it between
		s := newStage(t)
		service := s.open("scheduledJob", schedule)
		intent := s.intent(service)
		if err := service.Stop(t.Context(), job.Ref{ID: "scheduledJob", Kind: schedule}, false); err != nil {
			t.Fatal(err)
		}
		s.Inject(emulator.Fault{Call: "StartJob", Kind: emulator.Drop})
		if item := service.Start(t.Context(), intent)[0]; job.OutcomeOf(item.Err) != job.StartUnknown {
			t.Errorf("%+v", item)
		}
	})
}

func TestFindRun(t *testing.T) {
	found := func(run string, state job.State, ours bool, more ...string) (all []engine.Found) {
		for _, run := range append([]string{run}, more...) {
			all = append(all, engine.Found{Ref: job.Ref{ID: "myJob", Run: run, Kind: once}, State: state, Ours: ours})
		}
		return all
	}
	tests := []struct {
		name    string
		before  int           // runs of somebody's before
		ago     time.Duration // how long
		between int           // runs after the intent
		ahead   time.Duration // of the cloud's clock
		attach  bool
		want    []engine.Found
	}{
		{name: "none"},
		{name: "ours", between: 1, want: found("132343", job.StatePending, true)},
		{name: "ours, its clock behind", between: 1, ahead: -10 * time.Minute, want: found("132343", job.StatePending, true)},
		{name: "ours, its clock ahead", between: 1, ahead: 10 * time.Minute, want: found("132343", job.StatePending, true)},
		{name: "somebody's before", before: 1, ago: time.Second},
		{name: "ours after somebody's", before: 2, ago: time.Second, between: 1, want: found("132345", job.StatePending, true)},
		{name: "two could be ours", between: 2, want: found("132344", job.StatePending, true, "132343")},
		{name: "a live one of an earlier attempt", before: 1, ago: 10 * time.Second, attach: true, want: found("132343", job.StateRunning, false)},
		{name: "one of an earlier attempt that ended", before: 1, ago: time.Minute, attach: true},
		{name: "two live ones", before: 2, ago: time.Second, attach: true, want: found("132344", job.StatePending, false, "132343")},
	}
	for _, test := range tests {
		for _, type7 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", test.name, type7), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStageAhead(t, test.ahead)
					s.dataarts.Switches.RunOnceIsType7 = type7
					for range test.before {
						s.somebody("myJob", once)
					}
					time.Sleep(test.ago)
					service := s.open("myJob", once)
					intent := s.intent(service)
					if test.attach {
						intent.Before, intent.At = nil, time.Time{} // as the engine asks
					}
					for range test.between {
						s.somebody("myJob", once)
					}
					s.somebody("failingJob", once) // another job's
					for i := range test.want {     // it is listed by its plan time
						test.want[i].Ref.Since = since{at: s.began(test.want[i].Ref.Run)}.text()
					}
					got, err := service.Find(t.Context(), intent)
					if err != nil || !reflect.DeepEqual(got, test.want) {
						t.Errorf("found %+v, %v; want %+v", got, err, test.want)
					}
				})
			})
		}
	}
}

// TestYesterday: a run of the day before is not ours, even if the intent does
// not know it.
func TestYesterday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.somebody("myJob", once)
		service := s.open("myJob", once)
		for _, pass := range []time.Duration{skew + time.Second, lookBack} {
			time.Sleep(pass)
			intent := intentOf("myJob", once)
			intent.At = time.Now()
			if got, err := service.Find(t.Context(), intent); err != nil || got != nil {
				t.Errorf("found %+v, %v", got, err)
			}
		}
	})
}

// TestQueuedRun: a run of an earlier attempt that waits may not be listed. Where
// the list of jobs tells of it nothing is begun beside it, until it runs.
func TestQueuedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Switches.WaitingUnlisted = true
		slow := batch("slow", time.Hour)
		slow.Waits = []dataartsemu.Phase{{Status: "waiting", Takes: time.Minute}}
		s.dataarts.Add(slow)
		ref := s.somebody("slow", once)
		again := func(o *engine.Options) { o.Attach, o.Wait, o.Mark.Attempt = true, false, "2" }
		r, item := s.run(t.Context(), s.open("slow", once), again)
		if r.Outcome != job.StartUnknown || len(s.runs()) != 1 || !strings.Contains(item.Err.Error(), "is waiting and not listed yet") {
			t.Errorf("%s, %v: %v", r.Outcome, s.runs(), item.Err)
		}
		time.Sleep(2 * time.Minute)
		r, item = s.run(t.Context(), s.open("slow", once), again)
		if r.Outcome != job.Started || item.How != job.Attached || item.Ref.Run != ref.Run {
			t.Errorf("%s, %q, %+v: %v", r.Outcome, item.How, item.Ref, item.Err)
		}
	})
}

func TestFindOn(t *testing.T) {
	tests := []struct {
		name, job string
		before    bool // it is on before the intent
		start     bool // after it
		attach    bool
		found     bool
	}{
		{name: "ours", job: "myJob", start: true, found: true},
		{name: "not started", job: "myJob"},
		{name: "on before", job: "myJob", before: true, start: true},
		{name: "on from the beginning", job: "scheduledJob", start: true},
		{name: "an earlier attempt's", job: "myJob", before: true, attach: true, found: true},
		{name: "nothing of an earlier attempt", job: "myJob", attach: true},
		{name: "our stream", job: "myStream", start: true, found: true},
		{name: "a stream on before", job: "myStream", before: true, start: true},
		{name: "a stream of an earlier attempt", job: "myStream", before: true, attach: true, found: true},
		{name: "a stream in an unexplained state before", job: "inInit", before: true},
		{name: "a stream that was broken before", job: "brokenAtOnce", before: true, start: true, found: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(brokenAtOnce())
				inInit := brokenAtOnce()
				inInit.Name, inInit.Walk = "inInit", []dataartsemu.Phase{{Status: "INIT", Takes: 25 * time.Second}, {Status: "NORMAL", Takes: dataartsemu.Forever}}
				s.dataarts.Add(inInit)
				if test.before {
					s.somebody(test.job, schedule)
				}
				time.Sleep(20 * time.Second)
				service := s.open(test.job, schedule)
				intent := s.intent(service)
				if test.attach {
					intent.Before, intent.At = nil, time.Time{}
				}
				if test.start {
					s.somebody(test.job, schedule)
				}
				if test.job == "inInit" {
					time.Sleep(10 * time.Second)
				}
				got, err := service.Find(t.Context(), intent)
				if err != nil || len(got) > 0 != test.found {
					t.Fatalf("found %+v, %v", got, err)
				}
				if test.found && (got[0].Ours || got[0].State.Over() || got[0].Ref.ID != test.job || !strings.Contains(got[0].Ref.Since, "since:")) {
					t.Errorf("found %+v", got[0])
				}
			})
		})
	}
}

// TestAttach: the second attempt follows what the first one left.
func TestAttach(t *testing.T) {
	tests := map[string]struct {
		job, run string
		leave    time.Duration // when the first attempt is cancelled; 0: there was none, and somebody started the job
		ago      time.Duration // how long before the second
		runs     int
	}{
		"once":                      {"myJob", once, 10 * time.Second, 0, 1},
		"schedule, nothing yet":     {"myJob", schedule, time.Minute, 0, 1},
		"schedule, under way":       {"myJob", schedule, 5*time.Minute + 8*time.Second, 0, 1},
		"schedule, long under way":  {"longJob", schedule, 24*time.Hour + time.Minute, 40 * time.Minute, 1},
		"schedule, one has ended":   {"myJob", schedule, 0, 7 * time.Minute, 2},
		"schedule of once":          {"onceJob", schedule, 15 * time.Second, 0, 1},
		"stream":                    {"myStream", schedule, 5 * time.Second, 0, 0},
		"stream, has become NORMAL": {"myStream", schedule, 0, time.Hour, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(dataartsemu.Job{Name: "longJob", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 24 * time.Hour, Nodes: []dataartsemu.Node{{Name: "n", Takes: time.Hour}}})
				if test.leave == 0 {
					s.somebody(test.job, test.run)
				} else {
					ctx, cancel := context.WithTimeout(t.Context(), test.leave)
					defer cancel()
					r, item := s.run(ctx, s.open(test.job, test.run), func(o *engine.Options) {
						o.OnCancel, o.Timeout, o.PollEvery = engine.Leave, 0, 10*time.Minute
					})
					if r.Outcome != job.Cancelled || item.Stop != job.StopLeft {
						t.Fatalf("first attempt: %s, %q, %v", r.Outcome, item.Stop, item.Err)
					}
				}
				time.Sleep(test.ago)
				r, item := s.run(t.Context(), s.open(test.job, test.run), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
				if r.Outcome != job.Succeeded || item.How != job.Attached {
					t.Errorf("second attempt: %s, %q, status %q, %v", r.Outcome, item.How, item.Status, item.Err)
				}
				if starts := s.Calls()["StartJob"] + s.Calls()["RunOnce"]; starts != 1 {
					t.Errorf("started %d times", starts)
				}
				runs := 0
				for _, j := range s.Begun()["dayu-dlf"] {
					if j.Mark == test.job && !strings.Contains(j.ID, "/") {
						runs++
					}
				}
				if runs != test.runs {
					t.Errorf("%d instances, want %d", runs, test.runs)
				}
			})
		})
	}
}

// TestAttachNeedsTheParameters: a run shows no parameters, so that one which
// lives may be that of another step.
func TestAttachNeedsTheParameters(t *testing.T) {
	for _, params := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.somebody("myJob", once)
			service := s.open("myJob", once)
			if params {
				service.spec.params = []field.Pair{{Name: "stage", Value: "production"}}
			}
			r, item := s.run(t.Context(), service, func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
			want := job.Succeeded
			if params {
				want = job.StartUnknown
			}
			if r.Outcome != want || (item.How == job.Attached) == params || s.Calls()["RunOnce"] != 1 {
				t.Errorf("parameters %t: %s, %+v", params, r.Outcome, item)
			}
		})
	}
}

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

// TestSimilarNames: where the list does not look for exact names, what runs
// under a longer one is not ours to find, to follow or to stop.
func TestSimilarNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Switches.NoPreciseQuery = true
		longer := batch("myJob-2", time.Hour)
		longer.Every = 4 * time.Minute
		s.dataarts.Add(longer)
		service, plan := s.open("myJob", once), s.open("myJob", schedule)
		intent := s.intent(service)
		ref := s.start(plan)
		s.somebody("myJob-2", once)
		s.somebody("myJob-2", schedule)
		time.Sleep(4*time.Minute + 5*time.Second)
		if found, err := service.Find(t.Context(), intent); len(found) > 0 || err != nil {
			t.Errorf("found %+v, %v", found, err)
		}
		if got := s.status(plan, ref); got.State != job.StatePending || got.Word != "SCHEDULING" {
			t.Errorf("followed: %+v", got)
		}
		time.Sleep(time.Minute)
		if err := plan.Stop(t.Context(), ref, false); err != nil {
			t.Fatal(err)
		}
		if got := s.live(); !slices.Equal(got, []string{"132343", "schedule/myJob-2", "132344"}) {
			t.Errorf("live %q", got)
		}
		if got := s.status(plan, ref); got.State != job.StateStopped || got.Progress != "instance 132345" {
			t.Errorf("stopped: %+v", got)
		}
	})
}

// journal keeps the last record, as the next process reads it.
type journal struct{ record engine.Record }

func (j *journal) Save(_ int, r engine.Record) error { j.record = r; return nil }

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
		follower, err := Reopen(later.env(), s.targets[len(s.targets)-1])
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

func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		follower, err := Reopen(s.env(), s.targets[0])
		if err != nil {
			t.Fatal(err)
		}
		if got := s.status(follower, ref); got.Word != "waiting" {
			t.Errorf("got %+v", got)
		}
		mine, one := service.Group()
		theirs, _ := follower.Group()
		if mine != theirs || one != jobsLimit || !strings.Contains(mine, "dayu-dlf.cn-north-4") {
			t.Errorf("groups %q and %q of %d", mine, theirs, one)
		}
		if _, err := Reopen(s.env(), "{"); err == nil {
			t.Error("half a target is taken")
		}
	})
}

// TestStatusOfMany: one job that cannot be read hides no other.
func TestStatusOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		gone := job.Ref{ID: "nobody", Run: "1", Kind: once}
		statuses, err := service.Status(t.Context(), []job.Ref{gone, ref})
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Code != "DLF.0100" {
			t.Errorf("got %v", err)
		}
		if len(statuses) != 2 || statuses[0].State != "" || statuses[1].State != job.StatePending {
			t.Errorf("got %+v", statuses)
		}
	})
}

// TestLongLists: a job is found behind hundreds of similar names, whatever
// offset counts, and a run behind a day of a schedule's instances.
func TestLongLists(t *testing.T) {
	for _, items := range []bool{false, true} {
		for _, n := range []int{99, 100, 101, 250} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches.OffsetCountsItems = items
				for i := range n {
					s.dataarts.Add(dataartsemu.Job{Name: fmt.Sprintf("my%03d-last", i), Type: dataartsemu.Batch, Nodes: []dataartsemu.Node{{Name: "n"}}})
				}
				s.dataarts.Add(dataartsemu.Job{Name: "last", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: time.Hour, Nodes: []dataartsemu.Node{{Name: "n"}}, On: true})
				f := s.open("last", schedule)
				for name, want := range map[string]string{"last": "SCHEDULING", "las": ""} {
					if got, err := f.listed(t.Context(), job.Ref{ID: name}); err != nil || got.Status != want {
						t.Errorf("of %d, items %t: %s is %q, %v", n, items, name, got, err)
					}
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Add(dataartsemu.Job{Name: "often", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 20 * time.Second, Nodes: []dataartsemu.Node{{Name: "n"}}, On: true})
		time.Sleep(11 * time.Hour)
		s.somebody("often", once)
		time.Sleep(11 * time.Hour)
		f := s.open("often", once)
		list, err := f.instances(t.Context(), job.Ref{ID: "often"}, time.Now().Add(-lookBack))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, j := range s.Begun()["dayu-dlf"] {
			if j.Mark == "often" {
				want = append(want, j.ID)
			}
		}
		got := ids(list)
		slices.Sort(got)
		slices.Sort(want)
		if len(got) < 2*instancesLimit || !slices.Equal(got, want) {
			t.Errorf("%d instances, %d different, want %d", len(got), len(slices.Compact(slices.Clone(got))), len(want))
		}
		for shift := range int64(5) { // a plan time at the seam of the two halves
			const every = 20_000
			plan := time.Now().Add(-10*time.Hour).UnixMilli() / every * every
			after := plan - 10*time.Hour.Milliseconds() + shift - 3
			before := after + 20*time.Hour.Milliseconds()
			list, err := f.between(t.Context(), job.Ref{ID: "often"}, after, before)
			want := int((before-1)/every - after/every + 1) // and the one by hand
			if err != nil || len(list) != want {
				t.Errorf("shift %d: %d instances, want %d: %v", shift, len(list), want, err)
			}
			all := ids(list)
			slices.Sort(all)
			if len(slices.Compact(all)) != len(list) {
				t.Errorf("shift %d: some came twice", shift)
			}
		}
		if manual, err := f.manual(t.Context(), job.Ref{ID: "often"}); err != nil || len(manual) != 1 {
			t.Errorf("by hand: %+v, %v", manual, err)
		}
	})
}

func TestLongWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Add(dataartsemu.Job{Name: "monthly", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 30 * 24 * time.Hour, Nodes: []dataartsemu.Node{{Name: "n"}}})
		service := s.open("monthly", schedule)
		ref := s.start(service)
		for range 40 { // the span of a list is at most 7 days
			if got := s.status(service, ref); got.State == job.StateSucceeded {
				return
			}
			time.Sleep(24 * time.Hour)
		}
		t.Error("its instance was not seen")
	})
}

func TestSince(t *testing.T) {
	for _, want := range []since{
		{},
		{at: time.UnixMilli(1772409601000)},
		{at: time.UnixMilli(1772409601000), joined: true, single: true, known: []string{"132343", "132344"}},
	} {
		if got := readSince(want.text()); !reflect.DeepEqual(got, want) {
			t.Errorf("%q reads %+v, want %+v", want.text(), got, want)
		}
	}
	full := since{at: time.UnixMilli(1772409601000), joined: true, single: true, known: []string{"132343"}}
	if got, want := full.text(), "since:1772409601000 joined single not:132343"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
}

func TestLoose(t *testing.T) {
	when := time.UnixMilli(1772409601000)
	tests := map[string]struct {
		text string
		time time.Time
	}{
		`1772409601000`:          {"1772409601000", when},
		`"1772409601000"`:        {"1772409601000", when},
		`1772409601000.0`:        {"1772409601000", when},
		`"1772409601000.50"`:     {"1772409601000.50", when},
		`1.772409601e12`:         {"1772409601000", when},
		`"2026-03-02T00:00:01Z"`: {"2026-03-02T00:00:01Z", when},
		`1772409601000000`:       {"1772409601000000", time.Time{}}, // meant in microseconds
		`1772409601`:             {"1772409601", time.Time{}},       // in seconds
		`946684799999`:           {"946684799999", time.Time{}},
		`946684800000`:           {"946684800000", time.UnixMilli(946684800000)},
		`4102444800000`:          {"4102444800000", time.Time{}},
		`"1970-01-01T00:00:00Z"`: {"1970-01-01T00:00:00Z", time.Time{}},
		`"2100-01-01T00:00:00Z"`: {"2100-01-01T00:00:00Z", time.Time{}},
		`1e400`:                  {"1e400", time.Time{}},
		`9007199254740993.0`:     {"9007199254740993", time.Time{}},
		`-7.00`:                  {"-7", time.Time{}},
		`0.3`:                    {"0.3", time.Time{}},
		`0`:                      {"0", time.Time{}},
		`""`:                     {"", time.Time{}},
		`null`:                   {"", time.Time{}},
		`true`:                   {"", time.Time{}},
		`[1]`:                    {"", time.Time{}},
		`"run-7"`:                {"run-7", time.Time{}},
	}
	for in, want := range tests {
		var got loose
		if err := got.UnmarshalJSON([]byte(in)); err != nil || string(got) != want.text || !got.time().Equal(want.time) {
			t.Errorf("%s reads %q, %s, %v", in, got, got.time(), err)
		}
	}
}

// TestRehearsal: what is read before a start can be rehearsed too.
func TestRehearsal(t *testing.T) {
	for kind, want := range map[string][]string{
		once:     {"ListJobInstances", "RunOnce"},
		schedule: {"ShowJob", "ListJobs", "ListJobInstances", "StartJob"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			stage := &cloud.Rehearsal{}
			service := s.open("myJob", kind, field.Input{Name: "job_params", Text: "{day: '20260302'}"})
			service.account = mustOpen(t, service.spec, cloud.Env{Transport: &cloud.Transport{Base: stage}, Rehearsal: true, Getenv: func(string) string { return "" }})
			s.start(service)
			var got []string
			for _, r := range stage.Requests() {
				got = append(got, r.Call.Name)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: calls %q, want %q", kind, got, want)
			}
			last := stage.Requests()[len(want)-1]
			if !strings.Contains(last.Body, `"name": "day"`) || !strings.Contains(last.Body, `"value": "20260302"`) {
				t.Errorf("%s: body %s", kind, last.Body)
			}
		})
	}
}

func mustOpen(t *testing.T, spec *Spec, env cloud.Env) *huawei.Account {
	t.Helper()
	services, err := spec.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	return services[0].(*service).account
}
