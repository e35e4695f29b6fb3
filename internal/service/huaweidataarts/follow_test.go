package huaweidataarts

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
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
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

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

// TestRecordedStatus are the shapes of DGC's sample and of OTC's of 2025, which
// has no times and no status of a node, and their like with times as texts.
func TestRecordedStatus(t *testing.T) {
	begun := time.UnixMilli(1551409465000)
	for name, test := range map[string]struct {
		answer string
		want   job.Status
		parts  []job.Part
		counts []string
	}{
		"DGC": {
			`{"lastUpdateTime": 1551409406000, "name": "job_sms", "nodes": [
				{"name": "CREATE_GES_DIR", "status": "NORMAL", "totalGetBytes": 0, "type": "Create OBS"},
				{"logPath": "obs://dlf-log/job_sms/1.job", "name": "CS_SMS_PROCESS", "runningData": "{}", "status": "NORMAL", "totalGetRecords": 165},
				{"name": "DELETE_GES_DIR", "status": "STOPPED"},
				{"name": "DLI_SMS_GES", "status": "EXCEPTION"}],
			 "startTime": 1551409465000, "status": "NORMAL"}`,
			job.Status{State: job.StateSucceeded, Word: "NORMAL", Progress: "2 of 4 nodes NORMAL", Begun: begun, Costs: true},
			[]job.Part{{Name: "CREATE_GES_DIR", Status: "NORMAL"}, {Name: "CS_SMS_PROCESS", Status: "NORMAL", Detail: "log obs://dlf-log/job_sms/1.job"}, {Name: "DELETE_GES_DIR", Status: "STOPPED"}, {Name: "DLI_SMS_GES", Status: "EXCEPTION"}},
			[]string{"succeeded_tasks 2", "failed_tasks 1"},
		},
		"OTC": {
			`{"name": "job_sms", "nodes": [{"bufferRecords": 0, "jobInstanceId": 0, "LastInstanceStatus": "waiting", "name": "MRS_Flink_Job_8635", "speed": 0, "totalGetBytes": 0}], "status": "NORMAL"}`,
			job.Status{State: job.StateSucceeded, Word: "NORMAL", Costs: true},
			[]job.Part{{Name: "MRS_Flink_Job_8635", Status: "waiting"}},
			[]string{"succeeded_tasks 0", "failed_tasks 0"},
		},
		"OTC, its nodes ended": {
			`{"name": "job_sms", "nodes": [{"LastInstanceStatus": "success", "name": "a"}, {"LastInstanceStatus": "fail", "name": "b"}], "status": "EXCEPTION"}`,
			job.Status{State: job.StateFailed, Word: "EXCEPTION"},
			[]job.Part{{Name: "a", Status: "success"}, {Name: "b", Status: "fail"}},
			[]string{"succeeded_tasks 1", "failed_tasks 1"},
		},
		"both words": {
			`{"nodes": [null, {"status": "NORMAL", "lastInstanceStatus": "fail", "name": "a"}], "status": "NORMAL", "starttime": "2019-03-01T03:04:25Z"}`,
			job.Status{State: job.StateSucceeded, Word: "NORMAL", Progress: "1 of 1 nodes NORMAL", Begun: begun, Costs: true},
			[]job.Part{{Name: "a", Status: "NORMAL"}},
			[]string{"succeeded_tasks 1", "failed_tasks 0"},
		},
		"times with an offset": {
			`{"nodes": null, "status": "STOPPED", "startTime": "2019-03-01T11:04:25+08:00", "endTime": "1551409466000.0"}`,
			job.Status{State: job.StateStopped, Word: "STOPPED", Begun: begun, Ended: begun.Add(time.Second)},
			nil,
			[]string{"succeeded_tasks ?", "failed_tasks ?"},
		},
		"times that cannot be": {
			`{"nodes": [], "status": "STOPPED", "startTime": 1551409465000000, "endTime": "2107-01-01T00:00:00Z"}`,
			job.Status{State: job.StateStopped, Word: "STOPPED"},
			nil,
			[]string{"succeeded_tasks ?", "failed_tasks ?"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := openInputs(t, servicetest.Answers{"/jobs/job_sms/status": test.answer}, starting("job_sms"))
			ref := job.Ref{ID: "job_sms", Kind: stream}
			statuses, err := f.Status(t.Context(), []job.Ref{ref})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, statuses[0]); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			r, err := f.Report(t.Context(), ref, statuses[0])
			if diff := cmp.Diff(test.parts, r.Parts); diff != "" || err != nil {
				t.Errorf("parts (-want +got):\n%s%v", diff, err)
			}
			if got := servicetest.Lines(r.Samples)[1:3]; !slices.Equal(got, test.counts) {
				t.Errorf("got %q, want %q", got, test.counts)
			}
		})
	}
}

// made counts the calls, by their names, that do makes.
func (s *stage) made(do func()) map[string]int {
	before := s.Calls()
	do()
	after := maps.Clone(s.Calls())
	delete(after, emulator.Total)
	for name, n := range after {
		if after[name] = n - before[name]; after[name] == 0 {
			delete(after, name)
		}
	}
	return after
}

// read reads jobs together, and checks that each is as it is when it is read
// alone. Only what is not over may be told in less detail.
func (s *stage) read(f engine.Follower, refs []job.Ref) (calls map[string]int) {
	s.t.Helper()
	var statuses []job.Status
	calls = s.made(func() {
		var err error
		if statuses, err = f.Status(s.t.Context(), refs); err != nil {
			s.t.Fatal(err)
		}
	})
	for i, ref := range refs {
		want, got := s.status(f, ref), statuses[i]
		switch {
		case ref.Kind == once:
			want.Progress, got.Progress = "", "" // its nodes are not in lists
		case ref.Kind == stream && !want.State.Over():
			want.Progress, got.Progress, want.Begun, got.Begun = "", "", time.Time{}, time.Time{}
		}
		if diff := cmp.Diff(want, got); diff != "" || got.State == "" {
			s.t.Errorf("%+v together:\n%s", ref, diff)
		}
	}
	return calls
}

// add adds jobs of a workspace that go alike, and returns their names.
func (s *stage) add(n int, def dataartsemu.Job) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("%s-%d", def.Name, i)
		one := def
		one.Name = names[i]
		s.dataarts.Add(one)
	}
	return names
}

// startAll starts jobs of a workspace as run says.
func (s *stage) startAll(workspace, run string, names ...string) (refs []job.Ref) {
	for _, name := range names {
		inputs := []field.Input{{Name: "workspace", Text: workspace}}
		refs = append(refs, s.start(s.open(name, run, inputs[:min(len(workspace), 1)]...)))
	}
	return refs
}

func batch(name string, takes time.Duration) dataartsemu.Job {
	return dataartsemu.Job{Name: name, Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 24 * time.Hour, Nodes: []dataartsemu.Node{{Name: "n", Takes: takes}}}
}

// TestManyJobs counts the calls per minute while jobs are watched.
func TestManyJobs(t *testing.T) {
	const minutes = 8
	often := batch("often", time.Hour)
	often.Every = 4 * time.Minute
	starting := dataartsemu.Job{Name: "starting", Type: dataartsemu.RealTime, Nodes: []dataartsemu.Node{{Name: "n"}}, Walk: []dataartsemu.Phase{{Status: "STARTING", Takes: dataartsemu.Forever}}}
	for name, test := range map[string]struct {
		def  dataartsemu.Job
		run  string
		want map[string]float64 // the most of many jobs
	}{
		"runs":              {batch("run", time.Hour), once, map[string]float64{"ListJobInstances": 7}},
		"schedules":         {batch("schedule", time.Hour), schedule, map[string]float64{"ListJobInstances": 7, "ListJobs": 7}},
		"schedules' runs":   {often, schedule, map[string]float64{"ListJobInstances": 7}},
		"real-time, stuck":  {starting, schedule, map[string]float64{"ListJobs": 7}},
		"schedules of once": {dataartsemu.Job{Name: "one", Type: dataartsemu.Batch, Schedule: dataartsemu.Once, Nodes: []dataartsemu.Node{{Name: "n", Takes: time.Hour}}}, schedule, map[string]float64{"ListJobInstances": 7}},
	} {
		for _, jobs := range []int{1, 10, 100} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				var services []engine.Service
				test.def.Workspace = "here"
				for _, name := range s.add(jobs, test.def) {
					services = append(services, s.open(name, test.run, field.Input{Name: "workspace", Text: "here"}))
				}
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan engine.Result)
				go func() {
					o := options()
					o.OnCancel = engine.Leave
					done <- engine.Run(ctx, services, o)
				}()
				time.Sleep(5 * time.Minute) // until all are started and the polls have slowed down
				calls := s.made(func() { time.Sleep(minutes * time.Minute) })
				cancel()
				for _, item := range (<-done).Items {
					if item.Last.State != job.StatePending && item.Last.State != job.StateRunning {
						t.Errorf("%s: %+v", name, item)
					}
				}
				perMinute := map[string]float64{}
				for call, n := range calls {
					perMinute[call] = float64(n) / minutes
					if jobs > 1 && perMinute[call] > test.want[call] {
						t.Errorf("%s: %d jobs take %.1f calls of %s a minute", name, jobs, perMinute[call], call)
					}
				}
				t.Logf("%s: %d jobs, calls per minute: %v", name, jobs, perMinute)
			})
		}
	}
}

// TestTogetherAsAlone: jobs of every kind and end, in two workspaces, are at
// every time what they are when each is read alone.
func TestTogetherAsAlone(t *testing.T) {
	ends := func(how string) dataartsemu.Job {
		def := batch("ends-"+how, time.Second)
		def.Ends = how
		return def
	}
	for place, world := range worlds() {
		t.Run(place, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStageAhead(t, world.ahead)
				s.dataarts.Switches = world.switches
				s.dataarts.Switches.ConsoleStops = true
				s.dataarts.Add(brokenAtOnce())
				for _, workspace := range []string{"", dataartsemu.NamedWorkspace} {
					for _, how := range []string{dataartsemu.ForceSuccess, dataartsemu.IgnoreSuccess, dataartsemu.SkipByDepend} {
						def := ends(how)
						def.Workspace = workspace
						s.dataarts.Add(def)
					}
				}
				service := s.open("myJob", once)
				refs := s.startAll("", once, "myJob", "myJob", "failingJob", "flakyJob", "ends-forceSuccess", "ends-ignoreSuccess", "ends-skip-by-depend")
				refs = append(refs, s.startAll("", schedule, "myJob", "failingJob", "onceJob", "scheduledJob", "myStream", "brokenStream", "brokenAtOnce")...)
				refs = append(refs, s.startAll(dataartsemu.NamedWorkspace, once, "workspaceJob", "ends-forceSuccess")...)
				refs = append(refs, s.startAll(dataartsemu.NamedWorkspace, schedule, "workspaceJob")...)
				if err := service.Stop(t.Context(), refs[1], false); err != nil && place != "slow" {
					t.Fatal(err)
				}
				var groups [3][]job.Ref // of every kind
				for i, ref := range refs {
					groups[i%3] = append(groups[i%3], ref)
				}
				for _, pass := range append(slices.Repeat([]time.Duration{2 * time.Second}, 40), 5*time.Minute, 5*time.Minute) {
					s.held = time.Now().Add(world.ahead)
					for _, group := range groups {
						s.read(service, group)
					}
					s.held = time.Time{}
					time.Sleep(pass)
				}
				s.checkCalls()
			})
		})
	}
}

// TestAllLives: jobs that are watched together end as each does by itself.
func TestAllLives(t *testing.T) {
	for place, world := range worlds() {
		t.Run(place, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStageAhead(t, world.ahead)
				s.dataarts.Switches = world.switches
				s.dataarts.Add(brokenAtOnce())
				var services []engine.Service
				names := slices.Sorted(maps.Keys(lives()))
				for _, name := range names {
					life := lives()[name]
					inputs := []field.Input{{Name: "workspace", Text: life.workspace}}
					services = append(services, s.open(life.job, life.run, inputs[:min(len(life.workspace), 1)]...))
				}
				r := engine.Run(t.Context(), services, options())
				for i, item := range r.Items {
					want := lives()[names[i]]
					if got := engine.OutcomeOf(item); got != want.end || item.Status != want.word {
						t.Errorf("%s: %s, %q, want %s, %q: %v", names[i], got, item.Status, want.end, want.word, item.Err)
					}
					if last := item.Last; want.word != "" && (last.Begun.IsZero() && (item.Ref.Kind != stream || !world.switches.NewerStatus) || want.run == once && want.word != "running-exception" && last.Ended.IsZero()) {
						t.Errorf("%s: %+v", names[i], last)
					}
				}
				s.checkCalls()
			})
		})
	}
}

// TestOlderInstances: what a schedule made before our start does not count,
// though the list goes back to the start of another job.
func TestOlderInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		refs := s.startAll("", schedule, "scheduledJob")
		theirs := s.somebody("myJob", schedule)
		time.Sleep(6 * time.Minute)
		f := s.open("myJob", schedule)
		if err := f.Stop(t.Context(), theirs, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Minute)
		refs = append(refs, s.startAll("", schedule, "myJob")...)
		if got := s.status(f, refs[1]); got.State != job.StatePending {
			t.Errorf("got %+v", got)
		}
		if got := s.read(f, refs); got["ListJobInstances"] != 1 {
			t.Errorf("calls %v", got)
		}
	})
}

// TestSeveralWorkspaces: each has lists of its own, and one with a single job
// needs none.
func TestSeveralWorkspaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		var refs []job.Ref
		for _, workspace := range []string{"one", "two", "three"} {
			run, plan := batch("run", time.Hour), batch("plan", time.Hour)
			run.Workspace, plan.Workspace = workspace, workspace
			refs = append(refs, s.startAll(workspace, once, s.add(3, run)...)...)
			refs = append(refs, s.startAll(workspace, schedule, s.add(3, plan)...)...)
		}
		refs = append(refs, s.startAll("", once, "myJob")...)
		refs = append(refs, s.startAll("", schedule, "myStream")...)
		mixed := make([]job.Ref, len(refs))
		for i, ref := range refs {
			mixed[i*7%len(refs)] = ref
		}
		time.Sleep(5 * time.Second)
		want := map[string]int{"ListJobInstances": 3, "ListJobs": 3, "ShowJobInstance": 1, "ShowJobStatus": 1}
		if got := s.read(s.open("myJob", once), mixed); !maps.Equal(got, want) {
			t.Errorf("calls %v, want %v", got, want)
		}
	})
}

// TestPagesOfInstances: a list is read to its end, whatever its order and what
// offset counts, unless it has more pages than there are jobs.
func TestPagesOfInstances(t *testing.T) {
	const runs, plans = 3, 2
	for _, test := range []struct{ total, pages, items int }{ // the calls, and those if offset counts records
		{999, 1, 1}, {1000, 2, 2}, {1001, 2, 3}, {1999, 2, 3}, {2000, 3, 4}, {2001, 3, 4}, {5000, 5, 5}, {5001, 1, 1},
	} {
		for _, switches := range []dataartsemu.Switches{{}, {OldestFirst: true}, {OffsetCountsItems: true}, {OffsetCountsItems: true, OldestFirst: true}} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches = switches
				often, run, plan := batch("often", time.Second), batch("run", 10*time.Hour), batch("plan", time.Hour)
				often.Every, often.On = time.Second, true
				often.Workspace, run.Workspace, plan.Workspace = "here", "here", "here"
				s.dataarts.Add(often)
				refs := s.startAll("here", once, s.add(runs, run)...)
				refs = append(refs, s.startAll("here", schedule, s.add(plans, plan)...)...)
				time.Sleep(time.Duration(test.total-runs) * time.Second)
				pages := test.pages
				if switches.OffsetCountsItems {
					pages = test.items
				}
				want := map[string]int{"ListJobInstances": pages, "ListJobs": 1}
				if test.total >= 5000 { // of 5 full pages nobody knows that there is no sixth
					want["ListJobInstances"] += plans
				}
				got := s.read(s.open("often", once), refs)
				alone := got["ShowJobInstance"]
				delete(got, "ShowJobInstance")
				if !maps.Equal(got, want) || alone > 0 && test.total < 5000 || alone > runs {
					t.Errorf("%d instances, %+v: calls %v and %d alone, want %v", test.total, switches, got, alone, want)
				}
			})
		}
	}
}

// TestPagesOfJobs: a job is found on a later page of the list, or by its name
// if the pages are more than the jobs.
func TestPagesOfJobs(t *testing.T) {
	for _, items := range []bool{false, true} {
		for _, test := range []struct{ others, jobs, calls, items int }{
			{50, 2, 1, 1}, {100, 2, 2, 3}, {98, 3, 2, 2}, {250, 3, 3, 6}, {250, 4, 3, 4}, {250, 2, 3, 3},
		} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches.OffsetCountsItems = items
				other := batch("other", time.Second)
				other.Workspace = "here"
				s.add(test.others, other)
				last := batch("last", time.Hour)
				last.Workspace = "here"
				refs := s.startAll("here", schedule, s.add(test.jobs, last)...)
				want := map[string]int{"ListJobInstances": 1, "ListJobs": test.calls}
				if items {
					want["ListJobs"] = test.items
				}
				if got := s.read(s.open("last-0", schedule), refs); !maps.Equal(got, want) {
					t.Errorf("%+v, items %t: calls %v, want %v", test, items, got, want)
				}
			})
		}
	}
}

// TestNotListed: what the list does not tell is read alone.
func TestNotListed(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*stage, []job.Ref)
		alone  int
	}{
		"all are listed": {func(*stage, []job.Ref) {}, 0},
		"late": {func(s *stage, _ []job.Ref) {
			s.dataarts.Switches.InstanceListedAfter = time.Minute
			time.Sleep(time.Minute)
		}, 0},
		"not yet":           {func(s *stage, _ []job.Ref) { s.dataarts.Switches.InstanceListedAfter = time.Minute }, 4},
		"not known yet":     {func(s *stage, _ []job.Ref) { s.dataarts.Switches.InstanceKnownAfter = time.Minute }, 4},
		"a start unknown":   {func(_ *stage, refs []job.Ref) { refs[1].Since = "" }, 0},
		"a wrong start":     {func(_ *stage, refs []job.Ref) { moveStarts(refs, time.Hour) }, 4},
		"clock behind":      {func(_ *stage, refs []job.Ref) { moveStarts(refs, 14*time.Minute) }, 0},
		"another job's":     {func(_ *stage, refs []job.Ref) { refs[2].ID = "run-0" }, 1},
		"longer than lists": {func(*stage, []job.Ref) { time.Sleep(longestSpan) }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				refs := s.startAll("", once, s.add(4, batch("run", 24*365*time.Hour))...)
				time.Sleep(time.Second)
				test.change(s, refs)
				want := map[string]int{"ListJobInstances": 1}
				if test.alone > 0 {
					want["ShowJobInstance"] = test.alone
				}
				if got := s.read(s.open("run-0", once), refs); !maps.Equal(got, want) {
					t.Errorf("calls %v, want %v", got, want)
				}
			})
		})
	}
}

func moveStarts(refs []job.Ref, by time.Duration) {
	for i := range refs {
		refs[i].Since = since{at: readSince(refs[i].Since).at.Add(by)}.text()
	}
}

// TestListFails: a list that cannot be read hides no job, and what the pages
// before told holds.
func TestListFails(t *testing.T) {
	for _, fault := range emulator.Faults() {
		for call, want := range map[string]map[string]int{
			"ListJobInstances": {"ShowJobInstance": 3, "ListJobs": 1},
			"ListJobs":         {"ListJobInstances": 1},
		} {
			if fault.Kind == emulator.Slow {
				fault.Delay = time.Minute
			}
			fault.Call, fault.Times = call, 5 // as often as a read is tried
			if fault.Kind == emulator.Unauthorized || fault.Kind == emulator.Forbidden {
				fault.Times = 1 // which is not tried again
			}
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				refs := s.startAll("", once, s.add(3, batch("run", time.Hour))...)
				refs = append(refs, s.startAll("", schedule, s.add(2, batch("plan", time.Hour))...)...)
				f := s.open("run-0", once)
				s.Inject(fault)
				got := s.read(f, refs)
				want = maps.Clone(want)
				want[call] = 2 // each schedule alone
				if fault.Kind != emulator.Dial {
					want[call] += fault.Times
				}
				if !maps.Equal(got, want) {
					t.Errorf("%v: calls %v, want %v", fault, got, want)
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		often := batch("often", time.Second)
		often.Every, often.On = time.Second, true
		s.dataarts.Add(often)
		refs := s.startAll("", once, s.add(4, batch("run", 10*time.Hour))...)
		time.Sleep(1500 * time.Second)
		refs = append(refs, s.startAll("", once, s.add(4, batch("late", 10*time.Hour))...)...)
		f := s.open("run-0", once)
		s.Inject(emulator.Fault{Call: "ListJobInstances", Skip: 1, Kind: emulator.Forbidden})
		want := map[string]int{"ListJobInstances": 2, "ShowJobInstance": 4}
		if got := s.read(f, refs); !maps.Equal(got, want) {
			t.Errorf("second page: calls %v, want %v", got, want)
		}
	})
}

// short is a network whose list of a workspace leaves out its first instance.
type short struct{ http.RoundTripper }

func (n short) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.RoundTripper.RoundTrip(r)
	if err != nil || !strings.HasSuffix(r.URL.Path, "/instances/detail") || r.URL.Query().Has("jobName") {
		return resp, err
	}
	defer resp.Body.Close()
	var page map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&page); err != nil {
		return nil, err
	}
	page["instances"] = page["instances"].([]any)[1:]
	b, err := json.Marshal(page)
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
	return resp, err
}

// TestShortList: a list that gives less than its total decides no schedule.
func TestShortList(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		refs := s.startAll("", schedule, "failingJob", "myJob")
		time.Sleep(6 * time.Minute)
		want := map[string]int{"ListJobInstances": 1 + 2, "ListJobs": 1}
		if got := s.read(openInputs(t, short{s.Transport()}, running("myJob")), refs); !maps.Equal(got, want) {
			t.Errorf("calls %v, want %v", got, want)
		}
	})
}

// TestPace: also where each job needs a call of its own, the calls per minute
// are bounded, and a few of them go out at once.
func TestPace(t *testing.T) {
	for jobs, least := range map[int]time.Duration{9: 0, 10: time.Second, 100: 91 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			refs := s.startAll("", once, s.add(jobs, batch("run", time.Hour))...)
			s.Inject(emulator.Fault{Call: "ListJobInstances", Times: -1, Kind: emulator.Forbidden})
			began := time.Now()
			statuses, err := s.open("run-0", once).Status(t.Context(), refs)
			rate := time.Duration(jobs) * time.Second / perSecond // of the service, which is published
			if took := time.Since(began).Round(time.Millisecond); err != nil || took < least || took > least+rate {
				t.Errorf("%d jobs took %s, want %s: %v", jobs, took, least, err)
			}
			if slices.ContainsFunc(statuses, func(s job.Status) bool { return s.State != job.StateRunning }) {
				t.Errorf("%d jobs: %+v", jobs, statuses)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if _, err := s.open("run-0", once).Status(ctx, refs); (err != nil) != (jobs == 100) || time.Since(began) > least+6*time.Second {
				t.Errorf("%d jobs in 5 s: %v", jobs, err)
			}
		})
	}
}
