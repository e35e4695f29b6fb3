package catalog_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// ask asks a service something and returns of the answer what can matter.
type ask func(context.Context, engine.Service, job.Intent, job.Ref) (said any, err error)

// asks are the ways in which a service is asked about a job that was started.
func asks() []ask {
	return []ask{
		func(ctx context.Context, s engine.Service, intent job.Intent, _ job.Ref) (any, error) {
			intent, err := s.Intend(ctx, intent.Mark)
			return intent.IDs, err
		},
		func(ctx context.Context, s engine.Service, intent job.Intent, _ job.Ref) (any, error) {
			return s.Find(ctx, intent)
		},
		func(ctx context.Context, s engine.Service, _ job.Intent, ref job.Ref) (any, error) {
			statuses, err := s.Status(ctx, []job.Ref{ref})
			return statuses[0].State, err
		},
		func(ctx context.Context, s engine.Service, _ job.Intent, ref job.Ref) (any, error) {
			return nil, s.Stop(ctx, ref, false)
		},
		func(ctx context.Context, s engine.Service, _ job.Intent, ref job.Ref) (any, error) {
			why, err := s.Why(ctx, ref, job.Status{State: job.StateFailed})
			return len(why), err
		},
		func(ctx context.Context, s engine.Service, _ job.Intent, ref job.Ref) (any, error) {
			report, err := s.Report(ctx, ref, job.Status{State: job.StateSucceeded})
			return len(report.Samples), err
		},
	}
}

// alike sorts the faults of each call into classes: those of which the asker
// sees the same whatever it asks and however old the job is, and after which
// the same is true.
func alike(t *testing.T, s subject) map[string][][]emulator.Fault {
	looks := map[string][]string{}
	for _, ask := range asks() {
		met := map[string]bool{}
		for _, age := range []time.Duration{time.Second, 20 * time.Second, 2 * time.Minute} {
			for call := range look(t, s, age, ask).calls {
				if met[call] {
					continue
				}
				met[call] = true
				for i, fault := range emulator.Faults() {
					if looks[call] == nil {
						looks[call] = make([]string, len(emulator.Faults()))
					}
					looks[call][i] += look(t, s, age, ask, at(call, 0, fault)).String()
				}
			}
		}
	}
	classes := map[string][][]emulator.Fault{}
	for call, seen := range looks {
		class := map[string]int{}
		for i, fault := range emulator.Faults() {
			n, known := class[seen[i]]
			if !known {
				n = len(class)
				class[seen[i]] = n
				classes[call] = append(classes[call], nil)
			}
			classes[call][n] = append(classes[call][n], fault)
		}
	}
	return classes
}

// sight is what can be seen of a fault that lasts.
type sight struct {
	said     any
	fault    string // of the error
	tooEarly bool
	tries    int  // of the call
	changes  int  // calls that had an effect other than an answer
	slow     bool // it took long
	calls    map[string]int
}

func (s sight) String() string {
	return fmt.Sprintln(s.said, s.fault, s.tooEarly, s.tries, s.changes, s.slow)
}

// look asks something about a job of an age while faults last.
func look(t *testing.T, s subject, age time.Duration, ask ask, faults ...emulator.Fault) (seen sight) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(s.service)
		services, provider, _ := s.open(t, env(w))
		intent, err := services[0].Intend(t.Context(), "mark")
		if err != nil {
			t.Fatal(err)
		}
		item := services[0].Start(t.Context(), intent)[0]
		time.Sleep(age)
		seen.calls = map[string]int{}
		w.heard = func(call string, _ []emu.Job) {
			seen.calls[call]++
			if !slices.ContainsFunc(provider.Calls(), func(c cloud.Call) bool { return c.Name == call && c.Reads }) {
				seen.changes++
			}
		}
		for _, fault := range faults {
			fault.Times = -1
			w.Inject(fault)
		}
		asked := time.Now()
		seen.said, err = ask(t.Context(), services[0], intent, item.Ref)
		seen.slow = time.Since(asked) >= answerWithin
		seen.tries, seen.tooEarly = w.Injected(), errors.Is(err, engine.ErrTooEarly)
		if e, ok := errors.AsType[*job.Error](err); ok {
			seen.fault = fmt.Sprint("fault ", e.Fault)
		} else if err != nil {
			seen.fault = "another error"
		}
	})
	return seen
}
