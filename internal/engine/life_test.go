package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// This file is the life of jobs after their start, and what becomes of those
// that nobody follows any more, against a cloud that does what a test says.

// lifeCloud is a cloud with one start call. Its jobs run for an hour and end
// well, unless a test says otherwise.
type lifeCloud struct {
	names   []string
	group   string // its followers can read each other's jobs
	perCall int
	lasting bool

	mu    *sync.Mutex
	jobs  map[string]*lifeJob
	calls []lifeCall

	// What a call does beside or instead of the usual; nil: nothing.
	intend func() error
	start  func(name string) error
	find   func(job.Intent) ([]Found, error)
	status func(ctx context.Context, id string) error
	stop   func(ctx context.Context, id string) error
	why    func(context.Context) ([]string, error)
	report func(context.Context) (job.Report, error)
	weigh  func()        // when it is asked what a cancel does
	slow   time.Duration // every stop is answered after it
}

// lifeJob is the truth of one job.
type lifeJob struct {
	began   time.Time
	runs    time.Duration
	ends    job.State
	planned time.Duration // as the cloud tells; 0: it does not
	stopped time.Time
	takes   time.Duration // from its stop to its end
	word    func() string // of a job that runs; nil: running
}

// lifeCall is a call that the cloud saw.
type lifeCall struct {
	what, id  string
	terminate bool
	at        time.Time
}

var _ Service = (*lifeCloud)(nil)

func newLifeCloud(names ...string) *lifeCloud {
	c := &lifeCloud{names: names, group: "life " + strings.Join(names, ","), perCall: 100, mu: &sync.Mutex{}, jobs: map[string]*lifeJob{}}
	for _, name := range names {
		c.jobs[name] = &lifeJob{runs: time.Hour, ends: job.StateSucceeded}
	}
	return c
}

// manyLives are clouds of one job each that know each other's.
func manyLives(n int) (clouds []*lifeCloud) {
	for i := range n {
		c := newLifeCloud(fmt.Sprint("j", i))
		c.group = "one"
		if i > 0 {
			clouds[0].jobs[c.names[0]] = c.jobs[c.names[0]]
			c.mu, c.jobs = clouds[0].mu, clouds[0].jobs
		}
		clouds = append(clouds, c)
	}
	return clouds
}

// ending has a job end so long after its start.
func (c *lifeCloud) ending(name string, after time.Duration, state job.State) *lifeCloud {
	c.jobs[name].runs, c.jobs[name].ends = after, state
	return c
}

// running has all jobs run since a while.
func (c *lifeCloud) running(since time.Duration) *lifeCloud {
	for _, j := range c.jobs {
		j.began = time.Now().Add(-since)
	}
	return c
}

func (c *lifeCloud) note(call lifeCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.at = time.Now()
	c.calls = append(c.calls, call)
}

// seen are the calls of a name.
func (c *lifeCloud) seen(what string) (seen []lifeCall) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, call := range c.calls {
		if call.what == what {
			seen = append(seen, call)
		}
	}
	return seen
}

func (c *lifeCloud) Provider() string { return "life" }

func (c *lifeCloud) What() (what []string) {
	for _, name := range c.names {
		what = append(what, "job "+name)
	}
	return what
}

func (c *lifeCloud) Intend(_ context.Context, mark string) (job.Intent, error) {
	if c.intend != nil {
		if err := c.intend(); err != nil {
			return job.Intent{}, err
		}
	}
	return job.Intent{Mark: mark}, nil
}

func (c *lifeCloud) Start(_ context.Context, intent job.Intent) []job.Item {
	items := Each(c.What(), job.Item{Provider: "life"})
	for i, name := range c.names {
		if slices.Contains(intent.Skip, i) {
			continue
		}
		c.note(lifeCall{what: "start", id: name})
		c.jobs[name].began = time.Now()
		items[i].Ref = job.Ref{ID: name}
		if c.start != nil {
			items[i].Err = c.start(name)
		}
	}
	return items
}

func (c *lifeCloud) Group() (string, int) { return c.group, c.perCall }

func (c *lifeCloud) Find(_ context.Context, intent job.Intent) ([]Found, error) {
	c.note(lifeCall{what: "find"})
	if c.find == nil {
		return nil, nil
	}
	return c.find(intent)
}

func (c *lifeCloud) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	c.note(lifeCall{what: "status", id: fmt.Sprint(len(refs))})
	statuses := make([]job.Status, len(refs))
	var failed error
	for i, ref := range refs {
		if c.status != nil {
			if err := c.status(ctx, ref.ID); err != nil {
				failed = errors.Join(failed, err)
				continue
			}
		}
		statuses[i] = c.truth(ref.ID)
	}
	return statuses, failed
}

// truth is how a job stands.
func (c *lifeCloud) truth(id string) job.Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := c.jobs[id]
	switch {
	case j == nil || j.began.IsZero():
		return job.Status{State: job.StateUnknown}
	case !j.stopped.IsZero() && time.Since(j.stopped) < j.takes:
		return job.Status{State: job.StateStopping, Word: "STOPPING"}
	case !j.stopped.IsZero():
		return job.Status{State: job.StateStopped, Word: "STOPPED"}
	case time.Since(j.began) >= j.runs:
		return job.Status{State: j.ends, Word: strings.ToUpper(string(j.ends))}
	case j.word != nil:
		return job.Status{State: job.StateRunning, Word: j.word()}
	}
	return job.Status{State: job.StateRunning, Word: "RUNNING", Begun: j.began, Planned: j.planned}
}

func (c *lifeCloud) Stop(ctx context.Context, ref job.Ref, terminate bool) error {
	c.note(lifeCall{what: "stop", id: ref.ID, terminate: terminate})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(c.slow):
	}
	if c.stop != nil {
		if err := c.stop(ctx, ref.ID); err != nil {
			return err
		}
	}
	if c.truth(ref.ID).State.Over() {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs[ref.ID].stopped = time.Now()
	return nil
}

func (c *lifeCloud) Why(ctx context.Context, _ job.Ref, last job.Status) ([]string, error) {
	if c.why != nil {
		return c.why(ctx)
	}
	return []string{"status " + last.Word}, nil
}

func (c *lifeCloud) Report(ctx context.Context, _ job.Ref, _ job.Status) (job.Report, error) {
	if c.report != nil {
		return c.report(ctx)
	}
	return job.Report{}, nil
}

func (c *lifeCloud) Lasting(job.Ref) bool {
	if c.weigh != nil {
		c.weigh()
	}
	return c.lasting
}

// lifeJournal keeps the records as another process would read them.
type lifeJournal struct {
	mu      sync.Mutex
	records map[int]Record
}

func (j *lifeJournal) Save(service int, r Record) error {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var kept Record
	if err := json.Unmarshal(b, &kept); err != nil {
		return err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.records == nil {
		j.records = map[int]Record{}
	}
	j.records[service] = kept
	return nil
}

// lifeRun runs services in virtual time; change changes the usual options.
func lifeRun(t *testing.T, ctx context.Context, change func(*Options), clouds ...*lifeCloud) (Result, *lifeJournal) {
	t.Helper()
	journal := &lifeJournal{}
	o := Options{
		Mark: Mark{Run: "life", Attempt: "1"}, Wait: true, Timeout: 3 * time.Hour, PollEvery: 10 * time.Second, OnTimeout: Stop,
		Jitter: func() float64 { return 0.5 }, Journal: journal,
	}
	if change != nil {
		change(&o)
	}
	var services []Service
	for _, c := range clouds {
		services = append(services, c)
	}
	return Run(ctx, services, o), journal
}

// cancelled is a context that ends after a while, as at a signal.
func cancelled(t *testing.T, after time.Duration) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(after, cancel)
	t.Cleanup(func() { timer.Stop(); cancel() })
	return ctx
}

func denied(call string) error {
	return &job.Error{Fault: job.Denied, Call: call, Code: "AuthFailure.TokenFailure", Message: "the token has expired"}
}

// lifeTest is synctest.Test for a table.
func lifeTest(t *testing.T, name string, do func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, do) })
}

func says(lines []string, part string) bool { return strings.Contains(strings.Join(lines, "\n"), part) }

// TestLifeFailFast: one that fails stops the others, which are told apart from
// it; one that succeeds stops nobody.
func TestLifeFailFast(t *testing.T) {
	failFast := func(o *Options) { o.FailFast = true }
	lifeTest(t, "one succeeds", func(t *testing.T) {
		a, b := newLifeCloud("a").ending("a", time.Minute, job.StateSucceeded), newLifeCloud("b").ending("b", 10*time.Minute, job.StateSucceeded)
		r, _ := lifeRun(t, t.Context(), failFast, a, b)
		if r.Outcome != job.Succeeded || len(b.seen("stop")) > 0 {
			t.Errorf("outcome %s, b was asked to stop %d times", r.Outcome, len(b.seen("stop")))
		}
	})
	lifeTest(t, "one fails", func(t *testing.T) {
		a, b := newLifeCloud("a").ending("a", time.Minute, job.StateFailed), newLifeCloud("b")
		r, _ := lifeRun(t, t.Context(), failFast, a, b)
		culprit, victim := r.Items[0], r.Items[1]
		if culprit.End != job.JobFailed || culprit.Culprit != "" || !says(culprit.Why, "FAILED") {
			t.Errorf("the culprit: %s, because of %q, %q", culprit.End, culprit.Culprit, culprit.Why)
		}
		if victim.Stop != job.StopConfirmed || victim.Culprit != "job a" || len(victim.Why) > 0 {
			t.Errorf("the victim: stop %q, because of %q, %q", victim.Stop, victim.Culprit, victim.Why)
		}
	})
	lifeTest(t, "a gate is broken", func(t *testing.T) {
		a, b := newLifeCloud("a").ending("a", time.Minute, job.StateSucceeded), newLifeCloud("b")
		a.report = func(context.Context) (job.Report, error) {
			return job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: 5}}}, nil
		}
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.FailFast, o.Gates = true, lifeGates(t, "error_rate < 1%") }, a, b)
		if r.Outcome != job.GateFailed || b.seen("stop") == nil {
			t.Errorf("outcome %s with the victim %s: only a gate was broken", r.Outcome, r.Items[1].End)
		}
	})
}

// lifeGates are those of the first service.
func lifeGates(t *testing.T, text string) [][]gate.Gate {
	t.Helper()
	gates, problems := gate.Parse("gates", text)
	if problems == nil {
		problems = gate.Check(gates, []job.Metric{{Name: "error_rate", Unit: job.Percent, Live: []string{""}}, {Name: "rps", Unit: job.PerSecond, Live: []string{""}}}, "life")
	}
	if problems != nil {
		t.Fatal(problems)
	}
	return [][]gate.Gate{gates, nil, nil}
}

// TestLifeEndedByItself: a job that ended before its stop had an effect is not
// said to have been stopped.
func TestLifeEndedByItself(t *testing.T) {
	lifeTest(t, "well", func(t *testing.T) {
		a := newLifeCloud("a").ending("a", 95*time.Second, job.StateSucceeded)
		a.slow = 10 * time.Second
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = 90 * time.Second }, a)
		if item := r.Items[0]; item.Stop != job.StopNotNeeded || item.End != job.TimedOut {
			t.Errorf("stop %q, end %q, want %q", item.Stop, item.End, job.StopNotNeeded)
		}
	})
	lifeTest(t, "stopped", func(t *testing.T) {
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = 90 * time.Second }, newLifeCloud("a"))
		if item := r.Items[0]; item.Stop != job.StopConfirmed {
			t.Errorf("stop %q, want %q", item.Stop, job.StopConfirmed)
		}
	})
}

// TestLifeForbiddenStop: a stop that is forbidden is asked for once, and why it
// was not taken is told.
func TestLifeForbiddenStop(t *testing.T) {
	lifeTest(t, "timeout", func(t *testing.T) {
		a := newLifeCloud("a")
		a.stop = func(context.Context, string) error { return denied("StopIt") }
		r, journal := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = time.Minute }, a)
		if n := len(a.seen("stop")); n != 1 {
			t.Errorf("it was asked %d times, want once", n)
		}
		if item := r.Items[0]; item.Stop != job.StopFailed || !says(item.Why, "StopIt: AuthFailure.TokenFailure") {
			t.Errorf("stop %q, why %q", item.Stop, item.Why)
		}
		if journal.records[0].Done {
			t.Error("the post step is told that nothing is left")
		}
	})
	lifeTest(t, "too early", func(t *testing.T) {
		a := newLifeCloud("a")
		tries := 0
		a.stop = func(context.Context, string) error {
			if tries++; tries < 4 {
				return fmt.Errorf("%w: it begins", ErrTooEarly)
			}
			return nil
		}
		r, _ := lifeRun(t, cancelled(t, 30*time.Second), nil, a)
		if item := r.Items[0]; item.Stop != job.StopRequested || len(a.seen("stop")) != 4 {
			t.Errorf("stop %q after %d requests", item.Stop, len(a.seen("stop")))
		}
	})
}

// TestLifeStopsGoOutTogether: all jobs of a start call are asked to stop within
// the time that a signal leaves, though each answer takes most of it.
func TestLifeStopsGoOutTogether(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a := newLifeCloud("a", "b", "c")
		a.slow = 5 * time.Second
		began := time.Now()
		r, _ := lifeRun(t, cancelled(t, 30*time.Second), nil, a)
		for _, item := range r.Items {
			if item.Stop != job.StopRequested {
				t.Errorf("%s: stop %q", item.What, item.Stop)
			}
		}
		stops := a.seen("stop")
		if len(stops) != 3 || stops[2].at.Sub(began) > 36*time.Second || time.Since(began) > 37*time.Second {
			t.Errorf("%d stops, the step lived %s after the signal", len(stops), time.Since(began)-30*time.Second)
		}
	})
}

// TestLifeStopSaysWhatTheCloudSaid: the last try, which our own deadline ends,
// hides no answer that came before.
func TestLifeStopSaysWhatTheCloudSaid(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a := newLifeCloud("a")
		tries := 0
		a.stop = func(ctx context.Context, _ string) error {
			if tries++; tries < 3 {
				return &job.Error{Fault: job.Ambiguous, Call: "Stop", Message: "answered HTTP 502"}
			}
			<-ctx.Done()
			return &job.Error{Fault: job.Halted, Call: "Stop", Message: "cancelled before it was sent"}
		}
		r, _ := lifeRun(t, cancelled(t, 30*time.Second), nil, a)
		if why := strings.Join(r.Items[0].Why, "\n"); !strings.Contains(why, "answered HTTP 502") {
			t.Errorf("says %q", why)
		}
	})
}

// TestLifeStopsComeFirst: what is read for people when the run ends, of jobs that
// failed just then, keeps no other job from being stopped in time.
func TestLifeStopsComeFirst(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		names := []string{"z", "a", "b", "c", "d", "e", "f", "g"}
		c := newLifeCloud(append(names, "last")...)
		for _, name := range names[1:] {
			c.ending(name, time.Minute, job.StateFailed)
		}
		c.why = func(ctx context.Context) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }
		began := time.Now()
		lifeRun(t, cancelled(t, 5*time.Minute), nil, c)
		for _, call := range c.seen("stop") {
			if late := call.at.Sub(began) - 5*time.Minute; late > time.Second {
				t.Errorf("%s was asked to stop %s after the signal", call.id, late)
			}
		}
		if n := len(c.seen("stop")); n != 2 {
			t.Errorf("%d jobs were asked to stop, want 2", n)
		}
	})
}

// TestLifeSignalWhileReading: the same, when the signal comes while the reasons of
// a job are read.
func TestLifeSignalWhileReading(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		c := newLifeCloud("a", "b").ending("a", time.Minute, job.StateFailed)
		c.why = func(ctx context.Context) ([]string, error) { <-ctx.Done(); return nil, ctx.Err() }
		began := time.Now()
		lifeRun(t, cancelled(t, 65*time.Second), nil, c)
		stops := c.seen("stop")
		if len(stops) != 1 || stops[0].at.Sub(began) > 67*time.Second {
			t.Errorf("stops %+v", stops)
		}
	})
}

// TestLifeStopIsKeptBefore: while a stop is on its way the post step knows of it,
// and of which kind it is.
func TestLifeStopIsKeptBefore(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a, journal := newLifeCloud("a"), &lifeJournal{}
		var kept Kept
		a.stop = func(context.Context, string) error {
			journal.mu.Lock()
			defer journal.mu.Unlock()
			kept = journal.records[0].Jobs[0]
			return nil
		}
		lifeRun(t, t.Context(), func(o *Options) { o.Timeout, o.OnTimeout, o.Journal = time.Minute, Terminate, journal }, a)
		if kept.Stop != job.StopRequested || !kept.Terminate {
			t.Errorf("kept %+v", kept)
		}
	})
}

// TestLifeManyAreConfirmedTogether: what becomes of many stops is read with a
// few calls for all.
func TestLifeManyAreConfirmedTogether(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		clouds := manyLives(120)
		before, began := 0, time.Now()
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = 2 * time.Minute }, clouds...)
		reads := 0
		for i, c := range clouds {
			for _, call := range c.seen("status") {
				if call.at.Sub(began) >= 2*time.Minute {
					reads++
				} else {
					before++
				}
			}
			if r.Items[i].Stop != job.StopConfirmed {
				t.Errorf("%s: stop %q", r.Items[i].What, r.Items[i].Stop)
			}
		}
		if reads > 10 {
			t.Errorf("%d reads to confirm 120 stops of one group, of which a call reads 100 (%d before)", reads, before)
		}
	})
}

// TestLifeAbort: an abort gate's stop counts as far as the cloud took it.
func TestLifeAbort(t *testing.T) {
	broken := func(context.Context) (job.Report, error) {
		return job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: 50}}}, nil
	}
	gated := func(o *Options) { o.Gates = lifeGates(t, "abort error_rate < 1%") }
	lifeTest(t, "taken", func(t *testing.T) {
		a := newLifeCloud("a")
		a.report = broken
		r, journal := lifeRun(t, t.Context(), gated, a)
		if item := r.Items[0]; item.Stop != job.StopConfirmed || item.End != job.GateFailed {
			t.Errorf("stop %q, end %q", item.Stop, item.End)
		}
		if a := r.Items[0].Aborted; a == nil || a.Gate != "abort error_rate < 1%" || a.After <= 0 || a.After > time.Minute {
			t.Errorf("the gate that stopped it: %+v", a)
		}
		if !journal.records[0].Done {
			t.Error("something is left to the post step")
		}
	})
	lifeTest(t, "not taken", func(t *testing.T) {
		a := newLifeCloud("a").ending("a", 10*time.Minute, job.StateFailed)
		a.report = broken
		a.stop = func(context.Context, string) error { return denied("StopIt") }
		r, _ := lifeRun(t, t.Context(), gated, a)
		if item := r.Items[0]; item.Stop != job.StopNotNeeded || !says(item.Why, "StopIt") {
			t.Errorf("stop %q, why %q: nobody stopped it", item.Stop, item.Why)
		}
	})
	lifeTest(t, "not taken, and it goes on", func(t *testing.T) {
		a := newLifeCloud("a")
		a.report = broken
		a.stop = func(context.Context, string) error { return denied("StopIt") }
		r, journal := lifeRun(t, t.Context(), func(o *Options) { gated(o); o.Timeout = 5 * time.Minute }, a)
		if item := r.Items[0]; item.Stop != job.StopFailed {
			t.Errorf("stop %q, and it runs on", item.Stop)
		}
		if journal.records[0].Done {
			t.Error("the post step is told that nothing is left")
		}
	})
	lifeTest(t, "asked for, and main dies", func(t *testing.T) {
		a := newLifeCloud("a")
		a.report = broken
		dead := func(o *Options) { gated(o); o.OnCancel = Leave }
		a.stop = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() } // its answer does not come
		journal := &lifeJournal{}
		_, _ = lifeRun(t, cancelled(t, 30*time.Second), func(o *Options) { dead(o); o.Journal = journal }, a)
		if k := journal.records[0].Jobs[0]; k.Stop == "" {
			t.Errorf("the post step does not learn that a stop was sent: %+v", k)
		}
	})
}

// TestLifeReasonsAfterTheEnd: why a job failed is read, shortly, also when the
// run has ended in the meantime.
func TestLifeReasonsAfterTheEnd(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a := newLifeCloud("a", "b").ending("b", time.Minute, job.StateFailed)
		a.why = func(ctx context.Context) ([]string, error) { return []string{"exit code 3"}, ctx.Err() }
		r, _ := lifeRun(t, cancelled(t, 5*time.Minute), nil, a)
		if item := r.Items[1]; item.End != job.JobFailed || !slices.Equal(item.Why, []string{"exit code 3"}) {
			t.Errorf("end %q, why %q", item.End, item.Why)
		}
	})
}

// TestLifeTimeline: a timeline keeps its first moments and its last ones.
func TestLifeTimeline(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a := newLifeCloud("a")
		n := 0
		a.jobs["a"].word = func() string { n++; return fmt.Sprint("phase ", n) }
		r, _ := lifeRun(t, t.Context(), nil, a)
		line := r.Items[0].Timeline
		if n < 100 || len(line) > 40 {
			t.Fatalf("%d moments of %d changes", len(line), n)
		}
		if first, last := line[0].What, line[len(line)-1].What; first != string(job.Began) || last != "it ended: succeeded" {
			t.Errorf("the first is %q, the last %q", first, last)
		}
	})
}

// TestLifeLoginEnds: when reading is forbidden for a while, the step ends and
// says what it could not see.
func TestLifeLoginEnds(t *testing.T) {
	after := func(c *lifeCloud, moment time.Duration) *lifeCloud {
		began := time.Now()
		c.status = func(context.Context, string) error {
			if time.Since(began) >= moment {
				return denied("ReadIt")
			}
			return nil
		}
		return c
	}
	lifeTest(t, "for good", func(t *testing.T) {
		a, b := after(newLifeCloud("a"), 5*time.Minute), newLifeCloud("b").ending("b", 20*time.Minute, job.StateSucceeded)
		began, ended := time.Now(), time.Duration(0)
		r, journal := lifeRun(t, t.Context(), func(o *Options) {
			o.PollEvery = 2 * time.Minute
			o.Notify = func(e Event) {
				if e.Kind == Ends && e.Item.What == "job a" {
					ended = time.Since(began)
				}
			}
		}, a, b)
		item := r.Items[0]
		if r.Outcome != job.Unauthorized || item.End != job.Unauthorized || r.Items[1].End != job.Succeeded {
			t.Errorf("outcome %s: %s, %s", r.Outcome, item.End, r.Items[1].End)
		}
		if ended < 10*time.Minute || ended > 15*time.Minute {
			t.Errorf("it ended after %s: it has some patience, and not much", ended)
		}
		for _, want := range []string{"ReadIt: AuthFailure.TokenFailure: the token has expired", "job a (a) runs on", "the post step"} {
			if !says(item.Why, want) {
				t.Errorf("why %q does not say %q", item.Why, want)
			}
		}
		if item.Stop != job.StopLeft || a.seen("stop") != nil || journal.records[0].Done {
			t.Errorf("stop %q with %d requests, done %t", item.Stop, len(a.seen("stop")), journal.records[0].Done)
		}
	})
	lifeTest(t, "for good, without a post step", func(t *testing.T) {
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Journal = nil }, after(newLifeCloud("a"), time.Minute))
		if item := r.Items[0]; item.End != job.Unauthorized || says(item.Why, "the post step") {
			t.Errorf("end %q, why %q", item.End, item.Why)
		}
	})
	lifeTest(t, "for good, to be left", func(t *testing.T) {
		a := after(newLifeCloud("a"), time.Minute)
		a.lasting = true
		r, journal := lifeRun(t, t.Context(), nil, a)
		if item := r.Items[0]; item.End != job.Unauthorized || item.Stop != job.StopLeft || !journal.records[0].Done {
			t.Errorf("end %q, stop %q, done %t", item.End, item.Stop, journal.records[0].Done)
		}
	})
	lifeTest(t, "for a moment", func(t *testing.T) {
		a := newLifeCloud("a")
		began := time.Now()
		a.status = func(context.Context, string) error {
			if now := time.Since(began) % (8 * time.Minute); now < 4*time.Minute {
				return denied("ReadIt")
			}
			return nil
		}
		if r, _ := lifeRun(t, t.Context(), func(o *Options) { o.PollEvery = time.Second }, a); r.Outcome != job.Succeeded {
			t.Errorf("outcome %s: %q; permissions come and go for a moment", r.Outcome, r.Items[0].Why)
		}
	})
	lifeTest(t, "not asked often", func(t *testing.T) {
		a := after(newLifeCloud("a"), time.Minute)
		began := time.Now()
		lifeRun(t, t.Context(), func(o *Options) { o.PollEvery = time.Second }, a)
		reads := 0
		for _, call := range a.seen("status") {
			if call.at.Sub(began) >= time.Minute {
				reads++
			}
		}
		if reads > 6 {
			t.Errorf("a login that was refused was tried %d times, and clouds lock keys", reads)
		}
	})
	lifeTest(t, "before the timeout", func(t *testing.T) {
		a := after(newLifeCloud("a"), 2*time.Minute)
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = 150 * time.Second }, a)
		item := r.Items[0]
		if item.End != job.TimedOut || !says(item.Why, "its state could not be read last: ReadIt") || !says(item.Why, "whether it ended could not be read: ReadIt") || len(a.seen("stop")) != 1 {
			t.Errorf("end %q, why %q, %d stops", item.End, item.Why, len(a.seen("stop")))
		}
		if item.Stop != job.StopRequested {
			t.Errorf("stop %q, and nobody could see it", item.Stop)
		}
	})
	lifeTest(t, "long before the timeout, for a moment", func(t *testing.T) {
		a := newLifeCloud("a")
		began := time.Now()
		a.status = func(context.Context, string) error {
			if time.Since(began) < time.Minute {
				return denied("ReadIt")
			}
			return nil
		}
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = 20 * time.Minute }, a)
		if item := r.Items[0]; item.End != job.TimedOut || item.Why != nil {
			t.Errorf("end %q, why %q: it could be read again", item.End, item.Why)
		}
	})
	lifeTest(t, "reads fail otherwise", func(t *testing.T) {
		a := newLifeCloud("a")
		a.status = func(context.Context, string) error { return errors.New("no connection") }
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout = 10 * time.Minute }, a)
		if item := r.Items[0]; item.End != job.TimedOut || !says(item.Why, "no connection") {
			t.Errorf("end %q, why %q", item.End, item.Why)
		}
	})
	lifeTest(t, "of one job", func(t *testing.T) {
		a := newLifeCloud("a", "b").ending("b", 30*time.Minute, job.StateSucceeded)
		a.status = func(_ context.Context, id string) error {
			if id == "a" {
				return denied("ReadIt")
			}
			return nil
		}
		r, _ := lifeRun(t, t.Context(), nil, a)
		if r.Items[0].End != job.Unauthorized || r.Items[1].End != job.Succeeded {
			t.Errorf("%s and %s", r.Items[0].End, r.Items[1].End)
		}
	})
	lifeTest(t, "of the report", func(t *testing.T) {
		a := newLifeCloud("a")
		a.report = func(context.Context) (job.Report, error) { return job.Report{}, denied("ReportIt") }
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Gates = lifeGates(t, "error_rate < 1%") }, a)
		if item := r.Items[0]; item.End != job.Unjudged || !strings.Contains(item.Gates[0].Reason, "the token has expired") {
			t.Errorf("end %q, gates %+v", item.End, item.Gates)
		}
	})
}

// TestLifePanics: a panic ends what it hit as a fault of ours, and nothing
// else; the run says so and returns, and the post step is told to look.
func TestLifePanics(t *testing.T) {
	crash := func() { panic("a fault of ours") }
	hits := map[string]func(*lifeCloud, *Options){
		"intend": func(c *lifeCloud, _ *Options) { c.intend = func() error { crash(); return nil } },
		"start":  func(c *lifeCloud, _ *Options) { c.start = func(string) error { crash(); return nil } },
		"status": func(c *lifeCloud, _ *Options) { c.status = func(context.Context, string) error { crash(); return nil } },
		"why": func(c *lifeCloud, _ *Options) {
			c.ending("a", time.Minute, job.StateFailed)
			c.why = func(context.Context) ([]string, error) { crash(); return nil, nil }
		},
		"report": func(c *lifeCloud, o *Options) {
			o.Gates = lifeGates(t, "error_rate < 1%")
			c.report = func(context.Context) (job.Report, error) { crash(); return job.Report{}, nil }
		},
		"stop": func(c *lifeCloud, o *Options) {
			o.Timeout = 40 * time.Minute
			c.stop = func(context.Context, string) error { crash(); return nil }
		},
		"lasting": func(c *lifeCloud, _ *Options) {
			c.status = func(context.Context, string) error { return denied("ReadIt") }
			c.weigh = crash
		},
		"find": func(c *lifeCloud, o *Options) {
			o.Attach = true
			c.find = func(job.Intent) ([]Found, error) { crash(); return nil, nil }
		},
	}
	for name, hit := range hits {
		lifeTest(t, name, func(t *testing.T) {
			a, b := newLifeCloud("a"), newLifeCloud("b").ending("b", 30*time.Minute, job.StateSucceeded)
			began := time.Now()
			r, journal := lifeRun(t, t.Context(), func(o *Options) { hit(a, o) }, a, b)
			item := r.Items[0]
			if took := time.Since(began); took > 45*time.Minute {
				t.Errorf("it took %s, and there was nothing to wait for", took)
			}
			if r.Outcome != job.Internal || OutcomeOf(item) != job.Internal || r.Items[1].End != job.Succeeded {
				t.Errorf("outcome %s: %s, %s", r.Outcome, OutcomeOf(item), r.Items[1].End)
			}
			if text := fmt.Sprint(item.Err, item.Why); !strings.Contains(text, "a fault of ours") {
				t.Errorf("it says %s", text)
			}
			if record, saved := journal.records[0]; saved && record.Done {
				t.Error("the post step is told that nothing is left")
			}
		})
	}
	lifeTest(t, "told", func(t *testing.T) { // what tells the user fails, for all of them
		a, b := newLifeCloud("a"), newLifeCloud("b")
		r, journal := lifeRun(t, t.Context(), func(o *Options) { o.Notify = func(Event) { crash() } }, a, b)
		if r.Outcome != job.Internal || journal.records[0].Done || journal.records[1].Done {
			t.Errorf("outcome %s, %+v", r.Outcome, journal.records)
		}
	})
	lifeTest(t, "many starts", func(t *testing.T) { // none may take another's place for ever
		var clouds []*lifeCloud
		for i := range 2*together + 5 {
			c := newLifeCloud(fmt.Sprint("j", i))
			c.start = func(string) error { crash(); return nil }
			clouds = append(clouds, c)
		}
		if r, _ := lifeRun(t, t.Context(), func(o *Options) { o.MaxParallel = 3 }, clouds...); r.Outcome != job.Internal {
			t.Errorf("outcome %s", r.Outcome)
		}
	})
}

// TestLifeWaitsAsAsked: the cloud's word for how long to wait holds for the next
// poll too, however often the user wants one.
func TestLifeWaitsAsAsked(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a := newLifeCloud("a").ending("a", 10*time.Minute, job.StateSucceeded)
		began := time.Now()
		a.status = func(context.Context, string) error {
			if now := time.Since(began); now > 59500*time.Millisecond && now < 61*time.Second {
				return &job.Error{Fault: job.Throttled, Call: "ReadIt", Message: "slowly", After: 90 * time.Second}
			}
			return nil
		}
		lifeRun(t, t.Context(), func(o *Options) { o.PollEvery = time.Second / 2 }, a)
		reads := a.seen("status")
		for i, call := range reads[:len(reads)-1] {
			if at := call.at.Sub(began); at > 59500*time.Millisecond && at < 61*time.Second {
				if again := reads[i+1].at.Sub(call.at); again < 90*time.Second {
					t.Errorf("it was to wait for 90 s, and read again after %s", again)
				}
				return
			}
		}
		t.Error("nothing was read at the time")
	})
}

// TestLifeReadsWhileStarting: jobs that run are read while others are still
// started, however many those are.
func TestLifeReadsWhileStarting(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		clouds := manyLives(60)
		for i, c := range clouds {
			c.start = func(string) error { time.Sleep(time.Duration(i) * time.Second / 2); return nil }
		}
		clouds[0].ending("j0", 3*time.Second, job.StateFailed)
		began := time.Now()
		var seen time.Duration
		lifeRun(t, cancelled(t, time.Minute), func(o *Options) {
			o.Notify = func(e Event) {
				if e.Kind == Ends && e.Item.What == "job j0" {
					seen = time.Since(began)
				}
			}
		}, clouds...)
		if seen == 0 || seen > 8*time.Second {
			t.Errorf("a job that failed after 3 s was seen to have after %s", seen)
		}
	})
}

// TestLifeNewJobWaitsToo: where the cloud asked to wait, a new job is read no
// sooner either.
func TestLifeNewJobWaitsToo(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		clouds := manyLives(2)
		clouds[1].start = func(string) error { time.Sleep(20 * time.Second); return nil }
		asked := false
		for _, c := range clouds {
			c.status = func(context.Context, string) error {
				if asked {
					return nil
				}
				asked = true
				return &job.Error{Fault: job.Throttled, Call: "ReadIt", Message: "slowly", After: 90 * time.Second}
			}
		}
		lifeRun(t, cancelled(t, 3*time.Minute), func(o *Options) { o.PollEvery = time.Second }, clouds...)
		reads := clouds[0].seen("status")
		if len(reads) < 2 || reads[1].at.Sub(reads[0].at) < 90*time.Second {
			t.Errorf("it was to wait for 90 s, and the reads are at %v", reads[:min(3, len(reads))])
		}
	})
}
