package catalog_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/catalog"
	"cloudjob/internal/emulator"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// This file holds the promises when what the action stands on ends: its login,
// or its own code.

// crash is a fault of ours.
func crash() { panic("a fault in the code") }

// methods are those of a service that a fault of ours can be in. Start has two
// moments: before its call is sent and after it was answered.
func methods() []string {
	return []string{"Intend", "Start", "Started", "Group", "Find", "Status", "Stop", "Stopped", "Why", "Report", "Lasting"}
}

// faulty is a service with a fault of ours in one of its methods.
type faulty struct {
	engine.Service
	faultyFollower
}

var _ engine.Service = faulty{}

func (f faulty) Intend(ctx context.Context, mark string) (job.Intent, error) {
	f.hit("Intend")
	return f.Service.Intend(ctx, mark)
}

func (f faulty) Start(ctx context.Context, intent job.Intent) []job.Item {
	f.hit("Start")
	items := f.Service.Start(ctx, intent)
	f.hit("Started")
	return items
}

// The methods of both are those with the fault.
func (f faulty) Group() (string, int) { return f.faultyFollower.Group() }
func (f faulty) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	return f.faultyFollower.Find(ctx, intent)
}
func (f faulty) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	return f.faultyFollower.Status(ctx, refs)
}
func (f faulty) Stop(ctx context.Context, ref job.Ref, terminate bool) error {
	return f.faultyFollower.Stop(ctx, ref, terminate)
}
func (f faulty) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	return f.faultyFollower.Why(ctx, ref, last)
}
func (f faulty) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	return f.faultyFollower.Report(ctx, ref, last)
}
func (f faulty) Lasting(ref job.Ref) bool { return f.faultyFollower.Lasting(ref) }

// faultyFollower is the same of a follower.
type faultyFollower struct {
	engine.Follower
	method string
	met    *atomic.Bool // the fault was hit
}

func (f faultyFollower) hit(method string) {
	if f.method == method {
		f.met.Store(true)
		crash()
	}
}

func (f faultyFollower) Group() (string, int) {
	f.hit("Group")
	return f.Follower.Group()
}

func (f faultyFollower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	f.hit("Find")
	return f.Follower.Find(ctx, intent)
}

func (f faultyFollower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	f.hit("Status")
	return f.Follower.Status(ctx, refs)
}

func (f faultyFollower) Stop(ctx context.Context, ref job.Ref, terminate bool) error {
	f.hit("Stop")
	err := f.Follower.Stop(ctx, ref, terminate)
	f.hit("Stopped")
	return err
}

func (f faultyFollower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	f.hit("Why")
	return f.Follower.Why(ctx, ref, last)
}

func (f faultyFollower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	f.hit("Report")
	return f.Follower.Report(ctx, ref, last)
}

func (f faultyFollower) Lasting(ref job.Ref) bool {
	f.hit("Lasting")
	return f.Follower.Lasting(ref)
}

// services puts the attempt's fault, if there is one, into services of main.
func (a *attempt) services(services []engine.Service) []engine.Service {
	if a.fault == "" {
		return services
	}
	services = slices.Clone(services)
	for i, s := range services {
		services[i] = faulty{s, a.follower(s).(faultyFollower)}
	}
	return services
}

// follower puts it into the post step's.
func (a *attempt) follower(f engine.Follower) engine.Follower {
	if a.fault == "" {
		return f
	}
	return faultyFollower{f, a.fault, &a.met}
}

// ending lets the attempt's login end when it is time: for all calls, or for
// those that only read.
func (a *attempt) ending(w *world, s subject) (stop func()) {
	if a.login == 0 {
		return func() {}
	}
	timer := time.AfterFunc(a.login, func() {
		if !a.reads {
			w.Inject(emulator.Fault{Kind: emulator.Unauthorized, Times: -1, Service: s.service})
			return
		}
		provider, _ := catalog.Find(s.provider)
		for _, call := range provider.Calls() {
			if call.Reads {
				w.Inject(emulator.Fault{Call: call.Name, Kind: emulator.Forbidden, Times: -1})
			}
		}
	})
	return func() { timer.Stop() }
}

// TestFaultsOfOurs: whichever method a panic is in, in main and in its post
// step, the process lives, says internal, and no job runs on unnoticed.
func TestFaultsOfOurs(t *testing.T) {
	t.Parallel()
	events := map[string]func(*attempt){
		"nothing": func(*attempt) {},
		"cancel":  func(a *attempt) { a.signal = 12 * time.Second },
		"timeout": func(a *attempt) { a.options.Timeout = 12 * time.Second },
		"kill":    func(a *attempt) { a.kill = 12 * time.Second },
	}
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			met := 0
			for _, method := range methods() {
				for name, change := range events {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(s.service)
						a := &attempt{number: "1", fault: method, options: engine.Options{Wait: true, OnTimeout: engine.Stop, Report: true}}
						change(a)
						a.play(t, w, s)
						if text := a.broken(w, s); text != "" {
							t.Errorf("%s, %s: %s (%+v, %+v)", method, name, text, a.result, a.settled)
						}
						if !a.met.Load() {
							return
						}
						met++
						if !a.killed && a.result.Outcome != job.Internal && a.settled.Items == nil {
							t.Errorf("%s, %s: the outcome is %s", method, name, a.result.Outcome)
						}
						if stops := method == "Stop" || method == "Stopped" || method == "Lasting" || method == "Group" || method == "Find"; !stops && !s.lasting && a.leftover > 0 {
							t.Errorf("%s, %s: %d jobs run on: %+v", method, name, a.leftover, a.settled)
						}
					})
				}
			}
			if met < len(methods()) {
				t.Errorf("only %d faults were met", met)
			}
		})
	}
}

// TestLoginsThatEnd: a login that ends, for all calls or for reads alone, ends
// the step soon, which says that its job runs on; the post step stops it where
// it may.
func TestLoginsThatEnd(t *testing.T) {
	t.Parallel()
	for _, s := range subjects() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			for _, reads := range []bool{true, false} {
				for _, after := range []time.Duration{1100 * time.Millisecond, 8 * time.Second} {
					synctest.Test(t, func(t *testing.T) {
						w := newWorld(s.service)
						a := &attempt{number: "1", login: after, reads: reads, options: engine.Options{Wait: true, OnTimeout: engine.Stop, Timeout: time.Hour}}
						a.play(t, w, s)
						item := a.result.Items[0]
						if text := a.broken(w, s); text != "" {
							t.Errorf("after %s, reads %t: %s", after, reads, text)
						}
						if item.How == "" || item.End == job.Succeeded { // it had not begun yet, or had reached its goal
							return
						}
						text := strings.Join(item.Why, "\n")
						if a.result.Outcome != job.Unauthorized || a.took > 8*time.Minute || !strings.Contains(text, item.What+" ("+item.Ref.ID+") runs on") {
							t.Errorf("after %s, reads %t: %s after %s: %s", after, reads, a.result.Outcome, a.took, text)
						}
						if item.Stop != job.StopLeft {
							t.Errorf("after %s, reads %t: stop %q", after, reads, item.Stop)
						}
						if reads && !s.looks && !s.lasting && a.leftover > 0 {
							t.Errorf("after %s: it may be stopped, and runs on: %+v", after, a.settled)
						}
					})
				}
			}
		})
	}
}

// stops notes when requests to stop are sent, and for how many jobs.
type stops struct {
	http.RoundTripper
	mu   sync.Mutex
	sent []time.Time
}

func (s *stops) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if isStop(r, body) {
		s.mu.Lock()
		s.sent = append(s.sent, time.Now())
		s.mu.Unlock()
	}
	return s.RoundTripper.RoundTrip(r)
}

// TestEveryJobIsAskedToStop: of 120 jobs of a main that was killed each is asked
// to stop, at the rate that is published, and none of them keeps another
// waiting.
func TestEveryJobIsAskedToStop(t *testing.T) {
	t.Parallel()
	const many = 120
	cases := map[string]struct {
		kill   time.Duration // when all have begun
		within time.Duration // the last stop is sent: the jobs by the rate, and a moment to look
		all    time.Duration // all have ended
	}{
		"pts stuck":     {30 * time.Second, 9 * time.Second, 20 * time.Second},  // 20 a second (document 000)
		"batch healthy": {70 * time.Second, 63 * time.Second, 80 * time.Second}, // 2 a second (document 002)
		"cpts healthy":  {15 * time.Second, 5 * time.Second, 30 * time.Second},  // no rate is published
		"dataarts once": {30 * time.Second, 5 * time.Second, 30 * time.Second},  // no rate is published
	}
	for _, s := range subjects() {
		c, ok := cases[s.name]
		if !ok {
			continue
		}
		s.inputs = strings.NewReplacer("echo hello", "sleep 3000", "job_name=myJob", "job_name=long").Replace(s.inputs)
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(s.service)
				if w.pts != nil {
					w.pts.Switches.ParallelJobs = many
				}
				if w.dataarts != nil {
					w.dataarts.Add(dataartsemu.Job{Name: "long", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 1000 * time.Hour, Nodes: []dataartsemu.Node{{Name: "load", Type: "DWSSQL", Takes: time.Hour}}})
				}
				w.process.Store("main")
				ours := &line{RoundTripper: w}
				e := env(ours)
				var services []engine.Service
				for range many {
					more, _, _ := s.open(t, e)
					services = append(services, more...)
				}
				kept := &memory{records: map[int][]byte{}, line: ours}
				a := &attempt{number: "1", kill: c.kill, options: engine.Options{Wait: true, Timeout: time.Hour, OnCancel: engine.Stop}}
				a.main(t, services, kept)
				if n := len(w.running(s)); n != many {
					t.Fatalf("%d jobs run, want %d", n, many)
				}
				provider, spec := provider(t, s)
				watch := &stops{RoundTripper: w}
				after := env(watch)
				var left []engine.Left
				for i := range many {
					follower, err := provider.Reopen(after, spec.Target())
					if err != nil {
						t.Fatal(err)
					}
					left = append(left, engine.Left{Provider: s.provider, Follower: follower, Record: kept.record(t, i)})
				}
				ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
				defer cancel()
				began := time.Now()
				settled := engine.Settle(ctx, left, 5*time.Second, nil)
				took := time.Since(began)
				last := watch.sent[len(watch.sent)-1].Sub(began)
				how := map[job.Stop]int{}
				for _, item := range settled.Items {
					how[item.Stop]++
				}
				t.Logf("the last of %d requests to stop is sent after %.1f s, all have ended after %.1f s: %v, %d calls", len(watch.sent), last.Seconds(), took.Seconds(), how, w.Calls()[emulator.Total])
				if len(watch.sent) < many || last > c.within || took > c.all || how[job.StopConfirmed] != many {
					t.Errorf("%d requests, the last after %s, all over after %s, %v", len(watch.sent), last, took, how)
				}
				if n := len(w.running(s)); n > 0 {
					t.Errorf("%d jobs run on", n)
				}
			})
		})
	}
}

// provider is that of a subject, with its decoded inputs.
func provider(t *testing.T, s subject) (catalog.Provider, catalog.Spec) {
	t.Helper()
	_, provider, spec := s.open(t, env(nil))
	return provider, spec
}

// spoil draws how what an attempt stands on ends: its login, or its code.
func (d dice) spoil(a *attempt) {
	switch {
	case d.often(8):
		a.fault = methods()[d.IntN(len(methods()))]
	case d.often(8):
		a.login, a.reads = d.within(90*time.Second), d.often(50)
	}
}

// spoiled says what was drawn.
func (a *attempt) spoiled() string {
	return fmt.Sprintf("fault in %q, login ends after %s (reads only: %t)", a.fault, a.login, a.reads)
}
