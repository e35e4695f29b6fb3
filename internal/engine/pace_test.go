package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// planning has the cloud tell a planned length of every job.
func (c *lifeCloud) planning(d time.Duration) *lifeCloud {
	for _, j := range c.jobs {
		j.planned = d
	}
	return c
}

// reads are the times of the calls that read states, since the first.
func (c *lifeCloud) reads() (at []time.Duration) {
	calls := c.seen("status")
	for _, call := range calls {
		at = append(at, call.at.Sub(calls[0].at))
	}
	return at
}

// noticed runs a cloud's jobs, and tells when their ends were seen, since the
// beginning.
func noticed(t *testing.T, change func(*Options), clouds ...*lifeCloud) map[string]time.Duration {
	began := time.Now()
	seen := map[string]time.Duration{}
	lifeRun(t, t.Context(), func(o *Options) {
		o.Notify = func(e Event) {
			if e.Kind == Changes && e.Item.Last.State.Over() {
				seen[strings.TrimPrefix(e.Item.What, "job ")] = time.Since(began)
			}
		}
		if change != nil {
			change(o)
		}
	}, clouds...)
	return seen
}

// TestPaceFindsTheEnd: a job of known length is read seldom in the middle and
// often around its end, with no more calls.
func TestPaceFindsTheEnd(t *testing.T) {
	for _, late := range []time.Duration{-3 * time.Second, 0, 500 * time.Millisecond, 7 * time.Second, 15 * time.Second} {
		lifeTest(t, fmt.Sprint(late), func(t *testing.T) {
			const planned = 10 * time.Minute
			ends := planned + late
			c := newLifeCloud("a").ending("a", ends, job.StateSucceeded).planning(planned)
			if seen := noticed(t, nil, c)["a"]; seen < ends || seen > ends+2500*time.Millisecond {
				t.Errorf("it ended after %s, which was noticed after %s", ends, seen)
			}
			plain := newLifeCloud("a").ending("a", ends, job.StateSucceeded)
			noticed(t, nil, plain)
			if with, without := len(c.reads()), len(plain.reads()); with > without {
				t.Errorf("%d reads where the length is known, %d where it is not", with, without)
			}
			longest := time.Duration(0)
			for i, at := range c.reads()[1:] {
				longest = max(longest, at-c.reads()[i])
			}
			if longest > 31*time.Second {
				t.Errorf("nothing was read for %s", longest)
			}
		})
	}
}

// TestPaceBelievesNoNonsense: a plan that cannot be, or that the step will not
// see the end of, changes no read.
func TestPaceBelievesNoNonsense(t *testing.T) {
	reads := func(t *testing.T, timeout time.Duration, change func(c *lifeCloud)) []time.Duration {
		c := newLifeCloud("a").ending("a", 40*time.Minute, job.StateSucceeded)
		change(c)
		noticed(t, func(o *Options) { o.Timeout = timeout }, c)
		return c.reads()
	}
	lifeTest(t, "", func(t *testing.T) {
		want := reads(t, 0, func(*lifeCloud) {})
		for name, change := range map[string]func(c *lifeCloud){
			"below zero":          func(c *lifeCloud) { c.planning(-time.Hour) },
			"a second":            func(c *lifeCloud) { c.planning(time.Second) },
			"beyond the deadline": func(c *lifeCloud) { c.planning(61 * time.Minute) },
			"a thousand years":    func(c *lifeCloud) { c.planning(1<<63 - 1) },
		} {
			timeout := time.Duration(0)
			if name == "beyond the deadline" {
				timeout = time.Hour
			}
			if got := reads(t, timeout, change); !slices.Equal(got, want) {
				t.Errorf("%s: read at %v, and without a plan at %v", name, got, want)
			}
		}
	})
}

// TestPaceMistrustsClocks: a cloud whose clock is wrong by an hour is not
// believed more than our own reads.
func TestPaceMistrustsClocks(t *testing.T) {
	for _, wrong := range []time.Duration{-time.Hour, time.Hour} {
		for ends := 10 * time.Minute; ends < 10*time.Minute+10*time.Second; ends += 1700 * time.Millisecond {
			lifeTest(t, fmt.Sprint(wrong, ends), func(t *testing.T) {
				time.Sleep(24 * time.Hour) // an hour before virtual time begins no job was
				c := skewed{newLifeCloud("a").ending("a", ends, job.StateSucceeded).planning(ends), wrong}
				began, seen := time.Now(), time.Duration(0)
				Run(t.Context(), []Service{c}, Options{
					Mark: Mark{Run: "life"}, Wait: true, Timeout: 3 * time.Hour, PollEvery: 10 * time.Second, Jitter: func() float64 { return 0.5 },
					Notify: func(e Event) {
						if e.Item.Last.State.Over() && seen == 0 {
							seen = time.Since(began)
						}
					},
				})
				if seen > ends+2500*time.Millisecond {
					t.Errorf("it ended after %s, which was noticed after %s", ends, seen)
				}
			})
		}
	}
}

// skewed is a cloud with a wrong clock.
type skewed struct {
	*lifeCloud
	by time.Duration
}

func (c skewed) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	statuses, err := c.lifeCloud.Status(ctx, refs)
	for i := range statuses {
		if !statuses[i].Begun.IsZero() {
			statuses[i].Begun = statuses[i].Begun.Add(c.by)
		}
	}
	return statuses, err
}

// TestPaceCostsNothing: whatever lengths the cloud tells of however many jobs,
// in whatever groups, no more calls are made than if it told none, and never
// many at once. Jobs that end at one moment are seen in one round or in two, and
// where it tells wrong lengths an end may be noticed later: so much is left.
func TestPaceCostsNothing(t *testing.T) {
	total := 0
	for seed := range uint64(60) {
		lifeTest(t, fmt.Sprint(seed), func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 7))
			n, perCall := 1+dice.IntN(25), []int{1, 10, 100}[dice.IntN(3)]
			wrong := seed%3 == 0
			var runs, plans []time.Duration
			for range n {
				run := time.Minute + time.Duration(dice.Int64N(int64(20*time.Minute)))
				plan := run + time.Duration(dice.Int64N(int64(40*time.Second))) - 20*time.Second
				if wrong && dice.IntN(4) == 0 {
					plan = time.Duration(dice.Int64N(int64(time.Hour)))
				}
				runs, plans = append(runs, run), append(plans, plan)
			}
			watch := func(told bool) (calls int, late time.Duration) {
				clouds := manyLives(n)
				for i, c := range clouds {
					c.perCall = perCall
					c.ending(c.names[0], runs[i], job.StateSucceeded)
					if told {
						c.jobs[c.names[0]].planned = plans[i]
					}
				}
				seen := noticed(t, nil, clouds...)
				for i, c := range clouds {
					late += seen[c.names[0]] - runs[i]
				}
				for _, c := range clouds {
					for i, call := range c.seen("status") {
						var refs int
						fmt.Sscan(call.id, &refs)
						calls += (refs + perCall - 1) / perCall
						if i > 0 && call.at.Sub(c.seen("status")[i-1].at) < 500*time.Millisecond {
							t.Errorf("two reads within half a second")
						}
					}
				}
				return calls, late
			}
			with, late := watch(true)
			without, plain := watch(false)
			total += with - without
			if round := (n + perCall - 1) / perCall; with > without+round {
				t.Errorf("%d jobs, %d a call: %d calls with plans, %d without", n, perCall, with, without)
			}
			t.Logf("%d jobs, %d a call: %d calls and %.1f s late with plans, %d and %.1f s without", n, perCall, with, late.Seconds()/float64(n), without, plain.Seconds()/float64(n))
		})
	}
	if total > 0 {
		t.Errorf("%d calls more than without plans", total)
	}
}

// TestPaceSeesWhatEndedInTime: a job that ended before the deadline is not one
// that timed out, though no round came in between.
func TestPaceSeesWhatEndedInTime(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		c := newLifeCloud("a").ending("a", 10*time.Minute-4*time.Second, job.StateSucceeded)
		r, _ := lifeRun(t, t.Context(), func(o *Options) { o.Timeout, o.PollEvery = 10*time.Minute, time.Minute }, c)
		if r.Outcome != job.Succeeded || len(c.seen("stop")) > 0 {
			t.Errorf("outcome %s, %d stops", r.Outcome, len(c.seen("stop")))
		}
	})
}

// TestPaceJudgesAnAbortGateInTime: a gate that can be judged after a while is
// judged then, and while it is young no round is left out.
func TestPaceJudgesAnAbortGateInTime(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		c := newLifeCloud("a").ending("a", 10*time.Minute, job.StateSucceeded).planning(10 * time.Minute)
		var looked []time.Duration
		began := time.Now()
		c.report = func(context.Context) (job.Report, error) {
			looked = append(looked, time.Since(began))
			return job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: 1}}}, nil
		}
		lifeRun(t, t.Context(), func(o *Options) { o.Gates = lifeGates(t, "abort error_rate < 20% after 47s") }, c)
		if !slices.ContainsFunc(looked, func(at time.Duration) bool { return at >= 47*time.Second && at < 48*time.Second }) {
			t.Errorf("a gate that can be judged after 47 s was looked at after %v", looked)
		}
		for i, at := range looked[1:] {
			if gap := at - looked[i]; gap > 11*time.Second && at < 107*time.Second || gap > 31*time.Second {
				t.Errorf("nobody looked for %s before %s", gap, at)
			}
		}
	})
}

// TestPaceWaitsAsAsked: what the cloud asks for holds near an end too.
func TestPaceWaitsAsAsked(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		c := newLifeCloud("a").ending("a", 5*time.Minute, job.StateSucceeded).planning(5 * time.Minute)
		began, asked := time.Now(), time.Duration(0)
		c.status = func(context.Context, string) error {
			if now := time.Since(began); asked == 0 && now > 296*time.Second {
				asked = now
				return &job.Error{Fault: job.Throttled, Call: "ReadIt", Message: "slowly", After: 90 * time.Second}
			}
			return nil
		}
		if seen := noticed(t, nil, c)["a"]; asked == 0 || seen < asked+90*time.Second {
			t.Errorf("asked at %s to wait for 90 s, read again at %s", asked, seen)
		}
	})
}

// TestPaceOfAStop: the end of a job that the cloud stops is waited for like one
// that was planned.
func TestPaceOfAStop(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		c := newLifeCloud("a").planning(time.Hour)
		c.jobs["a"].takes = 7 * time.Second
		began := time.Now()
		c.report = func(context.Context) (job.Report, error) {
			rate := 1.0
			if time.Since(began) > 10*time.Minute {
				rate = 50
			}
			return job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: rate}}}, nil
		}
		seen := noticed(t, func(o *Options) { o.Gates = lifeGates(t, "abort error_rate < 20%") }, c)["a"]
		stop := c.seen("stop")[0].at.Sub(began)
		if late := seen - stop - 7*time.Second; late > 2500*time.Millisecond {
			t.Errorf("the stop was noticed %s late", late)
		}
	})
}
