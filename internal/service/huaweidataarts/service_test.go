package huaweidataarts

import (
	"cmp"
	"context"
	"net/http"
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
	"cloudjob/internal/service/servicetest"
)

const mark = "cj-test"

// starting and running are the two starts of a job, as inputs.
func starting(name string) string {
	return "{project_id: " + emulator.ProjectID + ", region: cn-north-4, job_name: " + name + "}"
}

func running(name string) string {
	return strings.Replace(starting(name), "}", ", run: once}", 1)
}

// startInputs starts what the inputs, a YAML map, ask for.
func startInputs(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	service := openInputs(t, network, inputs)
	intent, err := service.Intend(t.Context(), mark)
	if err != nil {
		return engine.Fail(service, err)[0]
	}
	return startUnder(t, service, intent)
}

// startUnread starts without a read before it.
func startUnread(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	s := openInputs(t, network, inputs)
	ref := job.Ref{ID: s.spec.jobName, In: s.spec.workspace, Kind: s.spec.run}
	return startUnder(t, s, intend(mark, ref, since{}, nil))
}

func startUnder(t *testing.T, service *service, intent job.Intent) job.Item {
	t.Helper()
	intent.At = time.Now()
	return servicetest.Start(t, service, intent)[0]
}

func openInputs(t *testing.T, network http.RoundTripper, inputs string) *service {
	t.Helper()
	return servicetest.Open(t, New(), network, inputs)[0].(*service)
}

// emulated is an emulated DataArts Factory. Its clock stands still, so that no
// schedule begins anything by itself.
func emulated() (*dataartsemu.Service, http.RoundTripper) {
	now := time.Now()
	s := dataartsemu.New(func() time.Time { return now })
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

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

// open is a service of job, run as the input says; more are further inputs.
func (s *stage) open(job, run string, more ...field.Input) *service {
	s.t.Helper()
	spec := New()
	services := servicetest.OpenInputs(s.t, spec, s.Transport(), append([]field.Input{
		{Name: "project_id", Text: emulator.ProjectID}, {Name: "region", Text: "cn-north-4"},
		{Name: "job_name", Text: job}, {Name: "run", Text: run},
	}, more...)...)
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

// at sleeps until a time.
func at(when time.Time) { time.Sleep(time.Until(when)) }

func mustOpen(t *testing.T, spec *Spec, env cloud.Env) *huawei.Account {
	t.Helper()
	services, err := spec.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	return services[0].(*service).account
}

// journal keeps the last record, as the next process reads it.
type journal struct{ record engine.Record }

func (j *journal) Save(_ int, r engine.Record) error { j.record = r; return nil }

func TestReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		follower, err := Reopen(servicetest.Env(s.Transport()), s.targets[0])
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
		if _, err := Reopen(servicetest.Env(s.Transport()), "{"); err == nil {
			t.Error("half a target is taken")
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
