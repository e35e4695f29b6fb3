package catalog_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// named is the subject by a job of its that runs.
func (s subject) named(ref job.Ref) subject {
	lines := []string{"mode=follow"}
	for l := range strings.Lines(s.inputs) {
		if name, _, _ := strings.Cut(l, "="); slices.Contains(strings.Fields(s.there.keep), name) {
			lines = append(lines, strings.TrimSpace(l))
		}
	}
	if s.there.id != "" {
		lines = append(lines, s.there.id+"="+ref.ID)
	}
	if s.there.run != "" {
		lines = append(lines, s.there.run+"="+ref.Run)
	}
	s.inputs = strings.Join(lines, "\n")
	return s
}

// existing are the subjects whose jobs can be named.
func existing() []subject {
	return slices.DeleteFunc(subjects(), func(s subject) bool { return s.there == there{} })
}

// begin starts the subject's job as an earlier step would, and leaves it.
func (s subject) begin(t *testing.T, w *world) job.Ref {
	services, _, _ := s.open(t, env(w.Transport()))
	r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "earlier"}, Timeout: time.Minute})
	if r.Outcome != job.Started || len(w.begun(s)) != 1 {
		t.Fatalf("%s: %s, %+v", s.name, r.Outcome, r.Items)
	}
	time.Sleep(12 * time.Second) // virtual
	return r.Items[0].Ref
}

// TestFollowsExisting: a job that an earlier step started is waited for as if
// this one had, and nothing is started.
func TestFollowsExisting(t *testing.T) {
	for _, s := range existing() {
		if s.name == "pts stuck" {
			continue
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			services, _, _ := s.named(s.begin(t, w)).open(t, env(w.Transport()))
			r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "later"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second})
			want := job.Succeeded
			if !s.well {
				want = job.JobFailed
			}
			if item := r.Items[0]; r.Outcome != want || item.How != job.Followed || item.Stop != "" || len(w.begun(s)) != 1 || !s.well && item.Why == nil {
				t.Errorf("%s: %s, %s, stop %q, %q, begun %d", s.name, r.Outcome, item.How, item.Stop, item.Why, len(w.begun(s)))
			}
		})
	}
}

// TestStopsExistingOnlyIfTold: whatever ends the step, and whatever call fails
// and how, a job that it only follows is stopped if on_cancel says so, and never
// otherwise; and nothing is ever started.
func TestStopsExistingOnlyIfTold(t *testing.T) {
	faults := []emulator.Kind{-1, emulator.Drop, emulator.BadGateway, emulator.Throttle, emulator.Null, emulator.Forbidden}
	plays := 0
	for _, s := range existing() {
		for _, policy := range []string{engine.OnDefault, engine.Leave, engine.Stop, engine.Terminate} {
			for _, event := range []string{"cancel", "timeout", "post"} {
				for _, kind := range faults {
					for _, call := range s.calls[1:] {
						if kind < 0 && call != s.calls[1] {
							continue
						}
						if plays++; testing.Short() && plays%7 != 0 {
							continue
						}
						synctest.Test(t, func(t *testing.T) {
							s.end(t, policy, event, emulator.Fault{Call: call, Kind: kind})
						})
					}
				}
			}
		}
	}
	t.Logf("%d plays", plays)
}

// stops is how often a job was asked to stop; a start of PerfTest, which is the
// same call, counts too.
func (w *world) stops() (n int) {
	calls := map[string]bool{"BatchDeleteJobs": true}
	for _, s := range existing() {
		calls[s.stop] = true
	}
	for call := range calls {
		n += w.Calls()[call]
	}
	return n
}

// end plays how a step ends that follows the subject's job.
func (s subject) end(t *testing.T, policy, event string, fault emulator.Fault) {
	w := newWorld(s.service)
	ref := s.begin(t, w)
	if len(w.live(s)) == 0 {
		return // it ended by itself
	}
	before := w.stops()
	if fault.Kind >= 0 {
		w.Inject(fault)
	}
	named := s.named(ref)
	services, provider, spec := named.open(t, env(w.Transport()))
	kept := &memory{records: map[int][]byte{}, line: &line{RoundTripper: w.Transport()}}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	o := engine.Options{Mark: engine.Mark{Run: "later"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second, OnCancel: policy, OnTimeout: engine.Stop, Journal: kept}
	if event == "timeout" {
		o.Timeout, ctx = 3*time.Second, t.Context()
	}
	r := engine.Run(ctx, services, o)
	if event == "post" { // which comes after the cancel
		follower, err := provider.Reopen(env(w.Transport()), spec.Target())
		if err != nil {
			t.Fatal(err)
		}
		settled := engine.Settle(t.Context(), kept.left(t, named, follower), 5*time.Second, nil)
		if len(settled.Items) > 0 {
			r = settled
		}
	}
	time.Sleep(time.Minute) // the stop has its effect
	told := policy == engine.Stop || policy == engine.Terminate
	what := fmt.Sprintf("%s, on_cancel %q, %s, %s of %s", s.name, policy, event, fault.Kind, fault.Call)
	if len(w.begun(s)) != 1 {
		t.Errorf("%s: %d jobs were begun", what, len(w.begun(s)))
	}
	stopped := w.stops() > before
	if stopped && !told {
		t.Errorf("%s: it was stopped, and nobody said so: %+v", what, r.Items)
	}
	if !stopped && told && fault.Kind < 0 {
		t.Errorf("%s: it was not stopped: %+v", what, r.Items)
	}
	if !told && len(r.Items) > 0 && r.Items[0].Err == nil && r.Items[0].Stop != job.StopLeft {
		t.Errorf("%s: the job is not said to be left: %+v", what, r.Items[0])
	}
}

// TestStopsWhatItIsTold: mode: stop ends a job that somebody else started, waits
// until the cloud confirms, and is not put off by a call that fails once.
func TestStopsWhatItIsTold(t *testing.T) {
	for _, s := range existing() {
		for _, fault := range []emulator.Fault{{Kind: -1}, {Kind: emulator.Drop}, {Kind: emulator.Throttle, Times: 3}, {Kind: emulator.Forbidden, Times: -1}} {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(s.service)
				ref := s.begin(t, w)
				over := len(w.running(s)) == 0
				if fault.Call = s.stop; fault.Kind >= 0 {
					w.Inject(fault)
				}
				named := s.named(ref)
				named.inputs = strings.Replace(named.inputs, "mode=follow", "mode=stop", 1)
				services, _, _ := named.open(t, env(w.Transport()))
				r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "later"}, Wait: true, Timeout: 10 * time.Minute})
				item, want, stop := r.Items[0], job.Stopped, job.StopConfirmed
				switch {
				case over:
					stop = job.StopNotNeeded
				case fault.Kind == emulator.Forbidden:
					want, stop = job.Unauthorized, job.StopFailed
				}
				if r.Outcome != want || item.Stop != stop || len(w.begun(s)) != 1 {
					t.Errorf("%s, %s: %s, stop %q, begun %d: %+v", s.name, fault.Kind, r.Outcome, item.Stop, len(w.begun(s)), item)
				}
				if running := len(w.running(s)); want == job.Stopped && running > 0 {
					t.Errorf("%s, %s: it still runs", s.name, fault.Kind)
				}
			})
		}
	}
}

// TestNoSuchJob: a job that is not there ends the step at once, and says so.
func TestNoSuchJob(t *testing.T) {
	for _, s := range existing() {
		if s.provider == "huawei-drs" { // its tasks are there before their start
			s.inputs = strings.Replace(s.inputs, "job_ids=", "job_ids=0", 1)
		}
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(s.service)
			ref := job.Ref{ID: "4711", Run: "4711"}
			if s.provider == "tencent-batch" {
				ref.ID = "job-0000abcd"
			}
			services, _, _ := s.named(ref).open(t, env(w.Transport()))
			r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "later"}, Wait: true, Timeout: time.Hour})
			if r.Outcome != job.StartFailed || !strings.HasPrefix(fmt.Sprint(r.Items[0].Err), "follow: the cloud has no ") && s.provider != "huawei-cpts" || len(w.begun(s)) != 0 {
				t.Errorf("%s: %s: %v", s.name, r.Outcome, r.Items[0].Err)
			}
		})
	}
}
