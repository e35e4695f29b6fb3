package engine

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// rivalService is a service whose cloud lists what runs.
type rivalService struct {
	*startService
	looks  atomic.Int64
	unseen func(look int) error // nil: the list can be read
	dark   error                // of every read of states
	unmade bool                 // it keeps no marks
}

func (s *rivalService) Rivals(context.Context) (live []Live, err error) {
	if look := int(s.looks.Add(1)); s.unseen != nil {
		err = s.unseen(look)
	}
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	for _, j := range s.cloud.jobs {
		one := Live{Ref: job.Ref{ID: j.id}, Status: job.Status{State: j.state, Word: "Going"}, Who: "alice"}
		if !s.unmade {
			one.Mark = Marked(j.note, MarkPrefix)
		}
		if !j.state.Over() && err == nil {
			live = append(live, one)
		}
	}
	return live, err
}

func (s *rivalService) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	if s.dark != nil {
		return nil, s.dark
	}
	return s.startService.Status(ctx, refs)
}

// rivalRun is a step that starts one job, or not.
func rivalRun(does string) Options {
	return Options{Mark: Mark{Run: "place", Attempt: "2", Once: "once"}, Contents: []string{"load", "load", "load"}, IfRunning: []string{does, does, does}, Timeout: time.Hour, PollEvery: 10 * time.Second}
}

// ends ends a job after a while.
func (c *startCloud) ends(j *startJob, after time.Duration) {
	time.AfterFunc(after, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		j.state = job.StateSucceeded
	})
}

// TestStartLooksForNothing: who does not ask pays nothing.
func TestStartLooksForNothing(t *testing.T) {
	for _, does := range [][]string{nil, {""}, {Beside}} {
		synctest.Test(t, func(t *testing.T) {
			c := &startCloud{}
			c.add("somebody's", job.StateRunning)
			s, o := &rivalService{startService: c.service()}, rivalRun("")
			o.IfRunning = does
			if r := Run(t.Context(), []Service{s}, o); r.Outcome != job.Started || s.looks.Load() != 0 {
				t.Errorf("%q: %s after %d looks", does, r.Outcome, s.looks.Load())
			}
		})
	}
}

// TestYields: what runs of the same is named, and nothing is started.
func TestYields(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &startCloud{}
		c.add("somebody's", job.StateRunning)
		c.add("somebody's", job.StateSucceeded)
		for range 6 {
			c.add("another step's cj-zzzzzzzzzz-1-wxyz", job.StatePending)
		}
		r := Run(t.Context(), []Service{&rivalService{startService: c.service()}}, rivalRun(Yield))
		text := r.Items[0].Err.Error()
		for _, want := range []string{"job-1 (Going), started by alice; job-3 ", "; and 2 more; nothing was started; if_running: wait"} {
			if r.Outcome != job.StartFailed || len(c.starts) > 0 || !strings.Contains(text, want) || strings.Contains(text, "job-2") {
				t.Errorf("%s with %d starts, want %q: %s", r.Outcome, len(c.starts), want, text)
			}
		}
	})
}

// TestQueues: a start waits for the end of what others run, also of what they
// begin meanwhile, at the step's pace; and it is told of.
func TestQueues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, s := &startCloud{}, (*rivalService)(nil)
		c.ends(c.add("somebody's", job.StateRunning), 5*time.Minute)
		time.AfterFunc(5*time.Minute-time.Second, func() { c.ends(c.add("the next", job.StatePending), 3*time.Minute) })
		s = &rivalService{startService: c.service()}
		o, began := rivalRun(Queue), time.Now()
		var told []string
		o.Notify = func(e Event) {
			if e.Kind == Waits {
				told = append(told, e.Text)
			}
		}
		r := Run(t.Context(), []Service{s}, o)
		took := time.Since(began)
		if r.Outcome != job.Started || len(c.starts) != 1 || took < 7*time.Minute+59*time.Second || took > 8*time.Minute+30*time.Second {
			t.Errorf("%s with %d starts after %s", r.Outcome, len(c.starts), took)
		}
		if s.looks.Load() != 3 {
			t.Errorf("%d looks, want one at first and one after each end", s.looks.Load())
		}
		if len(told) < 8 || len(told) > 11 || told[0] != "waits for the end of job-1 (Going), started by alice" {
			t.Errorf("told %d times: %q", len(told), told)
		}
		if line := fmt.Sprint(r.Items[0].Timeline); !strings.Contains(line, "waits for the end of job-1 ") || !strings.Contains(line, "waits for the end of job-2 ") || !strings.Contains(line, "started") {
			t.Errorf("timeline %s", line)
		}
	})
}

// TestQueueEnds: what ends the step ends its waiting; nothing was started, and it
// is said for whom it waited.
func TestQueueEnds(t *testing.T) {
	for _, want := range []job.Outcome{job.Cancelled, job.TimedOut} {
		synctest.Test(t, func(t *testing.T) {
			c, o := &startCloud{}, rivalRun(Queue)
			c.add("somebody's", job.StateRunning)
			ctx := t.Context()
			if want == job.Cancelled {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, time.Minute)
				defer cancel()
			}
			r := Run(ctx, []Service{&rivalService{startService: c.service()}}, o)
			if r.Outcome != want || len(c.starts) > 0 || len(c.stops) > 0 || !strings.Contains(r.Items[0].Err.Error(), "; it waited for job-1 (running), started by alice") {
				t.Errorf("%s with %d starts, %d stops: %v", r.Outcome, len(c.starts), len(c.stops), r.Items[0].Err)
			}
		})
	}
}

// TestRivalsUnseen: what cannot be seen cannot be ruled out. A list that could be
// read before is read again, unless the cloud refuses it.
func TestRivalsUnseen(t *testing.T) {
	lost := &job.Error{Fault: job.Ambiguous, Call: "List", Message: "no answer"}
	denied := &job.Error{Fault: job.Denied, Call: "List", Message: "forbidden"}
	for name, c := range map[string]struct {
		does   string
		unseen func(look int) error
		dark   error
		want   job.Outcome
		starts int
	}{
		"fail, at first": {Yield, func(int) error { return lost }, nil, job.StartFailed, 0},
		"wait, at first": {Queue, func(int) error { return lost }, nil, job.StartFailed, 0},
		"unclear":        {Yield, func(int) error { return &job.Error{Fault: job.Unclear, Message: "not listed"} }, nil, job.StartFailed, 0},
		"denied":         {Queue, func(int) error { return denied }, nil, job.Unauthorized, 0},
		"once, later": {Queue, func(look int) error {
			if look == 2 {
				return lost
			}
			return nil
		}, nil, job.Started, 1},
		"denied, later": {Queue, func(look int) error {
			if look > 1 {
				return denied
			}
			return nil
		}, nil, job.Unauthorized, 0},
		"states": {Queue, nil, lost, job.Started, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := &startCloud{}
				cloud.ends(cloud.add("somebody's", job.StateRunning), 2*time.Minute)
				s := &rivalService{startService: cloud.service(), unseen: c.unseen, dark: c.dark}
				r := Run(t.Context(), []Service{s}, rivalRun(c.does))
				if r.Outcome != c.want || len(cloud.starts) != c.starts || s.looks.Load() > 30 {
					t.Errorf("%s with %d starts after %d looks: %v", r.Outcome, len(cloud.starts), s.looks.Load(), r.Items[0].Err)
				}
				if err := r.Items[0].Err; err != nil && !strings.Contains(err.Error(), "nothing was started") {
					t.Errorf("it is not said that nothing was started: %v", err)
				}
			})
		})
	}
}

// TestOwnAreNoRivals: a job that this step began, by any of its attempts, or
// another job of its plan, is not waited for; one of another step is.
func TestOwnAreNoRivals(t *testing.T) {
	of := func(run, content string) string {
		return "note " + Mark{Run: run, Attempt: "1", Once: "then"}.Of([]string{content})[0]
	}
	for note, want := range map[string]job.Outcome{
		of("place", "load"):             job.Started,
		of("place", "another"):          job.StartFailed,
		of("another place", "load"):     job.StartFailed,
		"cj-abcdefghij":                 job.StartFailed,
		of("place", "load") + "-forged": job.Started, // who forges it has the step start beside his own
	} {
		synctest.Test(t, func(t *testing.T) {
			c := &startCloud{}
			c.add(note, job.StateRunning)
			r := Run(t.Context(), []Service{&rivalService{startService: c.service()}}, rivalRun(Yield))
			if r.Outcome != want {
				t.Errorf("%q: %s, want %s: %v", note, r.Outcome, want, r.Items[0].Err)
			}
		})
	}
}

// TestPlanIsNoRivalOfItself: jobs of one plan on the same thing do not wait for
// each other, also where no mark tells that they are of it and the answer to a
// start takes a while.
func TestPlanIsNoRivalOfItself(t *testing.T) {
	for _, unmade := range []bool{false, true} {
		for _, took := range []time.Duration{0, 2 * time.Second} {
			synctest.Test(t, func(t *testing.T) {
				c := &startCloud{took: took}
				var services []Service
				for i := range 3 {
					s := &rivalService{startService: c.service(), unmade: unmade}
					s.unseen = func(int) error { time.Sleep(time.Duration(i) * time.Second); return nil }
					services = append(services, s)
				}
				if r := Run(t.Context(), services, rivalRun(Yield)); r.Outcome != job.Started || len(c.starts) != 3 {
					t.Errorf("without marks %t, answered after %s: %s with %d starts: %+v", unmade, took, r.Outcome, len(c.starts), r.Items)
				}
			})
		}
	}
}

// TestWaitingHoldsUpNobody: very many that wait leave room for those that need
// not.
func TestWaitingHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var services []Service
		o := rivalRun(Queue)
		o.IfRunning, o.Contents = nil, nil
		busy, idle := &startCloud{}, &startCloud{}
		busy.add("somebody's", job.StateRunning)
		idle.add("of another id", job.StateSucceeded)
		for i := range together + 5 {
			s := &rivalService{startService: busy.service(fmt.Sprint("busy ", i))}
			services, o.IfRunning = append(services, s), append(o.IfRunning, Queue)
		}
		services, o.IfRunning = append(services, &rivalService{startService: idle.service()}), append(o.IfRunning, Queue)
		began := time.Now()
		r := Run(t.Context(), services, o)
		if len(idle.starts) != 1 || idle.starts[0].at.Sub(began) > time.Minute || len(busy.starts) != 0 || r.Outcome != job.TimedOut {
			t.Errorf("%s; the one that need not wait was started %v, the others %v", r.Outcome, idle.starts, busy.starts)
		}
	})
}

// TestNoRivals: a service that cannot tell starts nothing if it is asked to.
func TestNoRivals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &startCloud{}
		r := Run(t.Context(), []Service{c.service()}, rivalRun(Yield))
		if r.Outcome == job.Started || len(c.starts) > 0 {
			t.Errorf("%s with %d starts", r.Outcome, len(c.starts))
		}
	})
}

// TestRivalsAreBounded: what a cloud says of them is cut, and an id that can be
// none is no answer.
func TestRivalsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 2*textLimit)
	live, err := boundedRivals{saidRivals{{Ref: job.Ref{ID: "a"}, Who: long, Note: long, Status: job.Status{Word: long}}}}.Rivals(t.Context())
	if err != nil || len(live[0].String()) > textLimit+3*wordLimit {
		t.Errorf("%d bytes, %v", len(live[0].String()), err)
	}
	if _, err := (boundedRivals{saidRivals{{Ref: job.Ref{ID: long}}}}).Rivals(t.Context()); err == nil {
		t.Error("an id that can be none is taken")
	}
}

type saidRivals []Live

func (s saidRivals) Rivals(context.Context) ([]Live, error) {
	return s, nil
}
