package engine

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// lifeLeft is what a main left behind of a cloud's jobs.
func lifeLeft(c *lifeCloud, r Record) Left {
	r.What = c.What()
	if r.Intent.Mark == "" {
		r.Intent.Mark = "cj-life"
	}
	return Left{Provider: "life", Follower: c, Record: r}
}

// lifeSettle settles in virtual time, as long as a post step may take.
func lifeSettle(t *testing.T, left ...Left) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	return Settle(ctx, left, 5*time.Second, nil)
}

func kept(id string) Kept { return Kept{Ref: job.Ref{ID: id}} }

// TestSettleKnown: what becomes of a job whose ref main had saved.
func TestSettleKnown(t *testing.T) {
	type stops []bool // with terminate or without
	cases := map[string]struct {
		change func(*lifeCloud)
		record Record
		want   job.Stop
		stops  stops
	}{
		"it runs":     {record: Record{Asked: true}, want: job.StopConfirmed, stops: stops{false}},
		"left":        {record: Record{Asked: true, Policy: Leave}, want: job.StopLeft},
		"lasting":     {change: func(c *lifeCloud) { c.lasting = true }, record: Record{Asked: true}, want: job.StopLeft},
		"to be ended": {change: func(c *lifeCloud) { c.lasting = true }, record: Record{Asked: true, Policy: Terminate}, want: job.StopConfirmed, stops: stops{true}},
		"theirs":      {record: Record{Asked: true, Policy: Terminate, Jobs: []Kept{{Theirs: true}}}, want: job.StopLeft},
		"main left it on purpose": {
			record: Record{Asked: true, Policy: Stop, Jobs: []Kept{{Stop: job.StopLeft}}}, want: job.StopLeft,
		},
		"main's stop may have been lost": {
			record: Record{Asked: true, Jobs: []Kept{{Stop: job.StopRequested}}}, want: job.StopConfirmed, stops: stops{false},
		},
		"main's stop was refused": {
			record: Record{Asked: true, Policy: Leave, Jobs: []Kept{{Stop: job.StopFailed}}}, want: job.StopConfirmed, stops: stops{false},
		},
		"main was about to end it for good": { // on_timeout, say, though a cancel would only pause it
			record: Record{Asked: true, Policy: Stop, Jobs: []Kept{{Stop: job.StopRequested, Terminate: true}}}, want: job.StopConfirmed, stops: stops{true},
		},
		"main was about to pause it": { // a cancel would have ended it for good
			record: Record{Asked: true, Policy: Terminate, Jobs: []Kept{{Stop: job.StopRequested}}}, want: job.StopConfirmed, stops: stops{false},
		},
		"it has ended in the meantime": {
			change: func(c *lifeCloud) { c.ending("a", time.Minute, job.StateSucceeded) }, record: Record{Asked: true}, want: job.StopNotNeeded,
		},
		"it has failed in the meantime": {
			change: func(c *lifeCloud) { c.ending("a", time.Minute, job.StateFailed) }, record: Record{Asked: true}, want: job.StopNotNeeded,
		},
		"main's stop has had its effect": {
			change: func(c *lifeCloud) { c.ending("a", time.Minute, job.StateStopped) },
			record: Record{Asked: true, Jobs: []Kept{{Stop: job.StopRequested}}}, want: job.StopConfirmed,
		},
		"it cannot be seen before": {
			change: func(c *lifeCloud) {
				began := time.Now()
				c.status = func(context.Context, string) error {
					if time.Since(began) < 30*time.Second {
						return errors.New("no connection")
					}
					return nil
				}
			},
			record: Record{Asked: true}, want: job.StopConfirmed, stops: stops{false},
		},
	}
	for name, c := range cases {
		lifeTest(t, name, func(t *testing.T) {
			a := newLifeCloud("a").running(5 * time.Minute)
			if c.change != nil {
				c.change(a)
			}
			r := c.record
			if r.Jobs == nil {
				r.Jobs = []Kept{{}}
			}
			r.Jobs = append([]Kept{}, r.Jobs...)
			r.Jobs[0].Ref = job.Ref{ID: "a"}
			result := lifeSettle(t, lifeLeft(a, r))
			if item := result.Items[0]; item.Stop != c.want || item.Err != nil || item.Ref.ID != "a" {
				t.Errorf("%+v: stop %q, want %q", item, item.Stop, c.want)
			}
			asked := a.seen("stop")
			if len(asked) != len(c.stops) {
				t.Fatalf("it was asked to stop %d times, want %d", len(asked), len(c.stops))
			}
			for i, terminate := range c.stops {
				if asked[i].terminate != terminate {
					t.Errorf("terminate %t, want %t", asked[i].terminate, terminate)
				}
			}
			if a.seen("find") != nil {
				t.Error("the start was answered, and the job is looked for")
			}
		})
	}
}

// TestSettleUnanswered: what becomes of a start whose answer main did not see.
func TestSettleUnanswered(t *testing.T) {
	lifeTest(t, "found", func(t *testing.T) {
		a := newLifeCloud("a").running(time.Minute)
		looked := 0
		a.find = func(job.Intent) ([]Found, error) {
			if looked++; looked < 3 {
				return nil, nil
			}
			return []Found{{Ref: job.Ref{ID: "a"}, Ours: true}}, nil
		}
		if item := lifeSettle(t, lifeLeft(a, Record{})).Items[0]; item.Stop != job.StopConfirmed || item.How != job.Adopted {
			t.Errorf("%+v", item)
		}
	})
	lifeTest(t, "none", func(t *testing.T) {
		a := newLifeCloud("a")
		if item := lifeSettle(t, lifeLeft(a, Record{})).Items[0]; item.Err != nil || item.Note != "no job was found; probably none was started" {
			t.Errorf("%+v", item)
		}
	})
	lifeTest(t, "what the start left out", func(t *testing.T) { // it ran before, so it is not ours to stop
		a := newLifeCloud("a", "b").running(time.Minute)
		a.find = func(job.Intent) ([]Found, error) {
			return []Found{{Index: 0, Ref: job.Ref{ID: "a"}}, {Index: 1, Ref: job.Ref{ID: "b"}}}, nil
		}
		r := Record{Intent: job.Intent{Mark: "cj-life", Skip: []int{0}}, Jobs: []Kept{{Index: 0, Ref: job.Ref{ID: "a"}, Theirs: true}}}
		items := lifeSettle(t, lifeLeft(a, r)).Items
		if items[0].Stop != job.StopLeft || items[1].Stop != job.StopConfirmed || len(a.seen("stop")) != 1 {
			t.Errorf("%q and %q, %d stops", items[0].Stop, items[1].Stop, len(a.seen("stop")))
		}
	})
	lifeTest(t, "what the start left out, unsaved", func(t *testing.T) {
		a := newLifeCloud("a", "b").running(time.Minute)
		a.find = func(job.Intent) ([]Found, error) {
			return []Found{{Index: 0, Ref: job.Ref{ID: "a"}}, {Index: 1, Ref: job.Ref{ID: "b"}}}, nil
		}
		items := lifeSettle(t, lifeLeft(a, Record{Intent: job.Intent{Mark: "cj-life", Skip: []int{0}}})).Items
		if stops := a.seen("stop"); len(stops) != 1 || stops[0].id != "b" || items[1].Stop != job.StopConfirmed {
			t.Errorf("stops %+v", stops)
		}
	})
	lifeTest(t, "it must not be looked for", func(t *testing.T) {
		a := newLifeCloud("a").running(time.Minute)
		a.find = func(job.Intent) ([]Found, error) { return nil, denied("FindIt") }
		item := lifeSettle(t, lifeLeft(a, Record{})).Items[0]
		if item.Err == nil || OutcomeOf(item) != job.StartUnknown {
			t.Errorf("nobody can know whether it was started, and it is said: %q, %s", item.Note, OutcomeOf(item))
		}
	})
}

// TestSettleStopsFirst: every job is asked to stop at the rate that the cloud
// takes, before what became of the others is waited for; and all are read
// together.
func TestSettleStopsFirst(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		var left []Left
		turn := make(chan struct{}, 1)
		clouds := manyLives(120)
		for _, c := range clouds {
			c.running(time.Minute)
			c.stop = func(context.Context, string) error { // two a second
				turn <- struct{}{}
				time.Sleep(500 * time.Millisecond)
				<-turn
				return nil
			}
			c.jobs[c.names[0]].takes = 40 * time.Second
			left = append(left, lifeLeft(c, Record{Asked: true, Jobs: []Kept{kept(c.names[0])}}))
		}
		began := time.Now()
		result := lifeSettle(t, left...)
		reads, last := 0, time.Duration(0) // the last stop that the cloud took
		for i, c := range clouds {
			reads += len(c.seen("status"))
			if result.Items[i].Stop != job.StopConfirmed || len(c.seen("stop")) != 1 {
				t.Fatalf("%s: stop %q, %d requests", result.Items[i].What, result.Items[i].Stop, len(c.seen("stop")))
			}
			last = max(last, c.jobs[c.names[0]].stopped.Sub(began))
		}
		if last > time.Minute || time.Since(began) > 110*time.Second {
			t.Errorf("the last stop was taken after %s, all ended after %s", last, time.Since(began))
		}
		if reads > 60 {
			t.Errorf("%d reads of 120 jobs, of which a call reads 100", reads)
		}
	})
}

// TestSettleOneOfMany: what cannot be settled keeps nobody else from it.
func TestSettleOneOfMany(t *testing.T) {
	crash := func() { panic("a fault of ours") }
	hits := map[string]func(*lifeCloud){
		"status panics": func(c *lifeCloud) { c.status = func(context.Context, string) error { crash(); return nil } },
		"stop panics":   func(c *lifeCloud) { c.stop = func(context.Context, string) error { crash(); return nil } },
		"find panics":   func(c *lifeCloud) { c.find = func(job.Intent) ([]Found, error) { crash(); return nil, nil } },
		"reads are denied": func(c *lifeCloud) {
			c.status = func(context.Context, string) error { return denied("ReadIt") }
		},
		"a stop is denied": func(c *lifeCloud) {
			c.stop = func(context.Context, string) error { return denied("StopIt") }
		},
		"reads hang": func(c *lifeCloud) {
			c.status = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
		},
		"it hangs": func(c *lifeCloud) {
			c.status = func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
			c.stop = c.status
		},
	}
	for name, hit := range hits {
		lifeTest(t, name, func(t *testing.T) {
			a, b, c := newLifeCloud("a").running(time.Minute), newLifeCloud("b").running(time.Minute), newLifeCloud("c").running(time.Minute)
			hit(a)
			first := Record{Asked: true, Jobs: []Kept{kept("a")}}
			if name == "find panics" {
				first = Record{}
			}
			began := time.Now()
			result := lifeSettle(t, lifeLeft(a, first), lifeLeft(b, Record{Asked: true, Jobs: []Kept{kept("b")}}), lifeLeft(c, Record{Asked: true, Jobs: []Kept{kept("c")}}))
			for i, c := range []*lifeCloud{b, c} {
				stops := c.seen("stop")
				if result.Items[1+i].Stop != job.StopConfirmed || len(stops) != 1 || stops[0].at.Sub(began) > 10*time.Second {
					t.Errorf("%s: stop %q, %d requests", result.Items[1+i].What, result.Items[1+i].Stop, len(stops))
				}
			}
			if item := result.Items[0]; item.Err == nil && name != "reads hang" || item.Stop == job.StopConfirmed || item.Stop == job.StopNotNeeded {
				t.Errorf("the one that was hit: stop %q, %v", item.Stop, item.Err)
			}
			if name == "reads are denied" && time.Since(began) > 2*time.Minute {
				t.Errorf("it was read for %s, though that is forbidden", time.Since(began))
			}
			if stops := a.seen("stop"); name != "find panics" && (len(stops) == 0 || stops[0].at.Sub(began) > 10*time.Second) {
				t.Error("it was not asked to stop, or late")
			}
		})
	}
}

// TestSettleTells: each job is told of once, when nothing more is read of it.
func TestSettleTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newLifeCloud("a").running(time.Minute)
		var told []Event
		Settle(t.Context(), []Left{lifeLeft(a, Record{Asked: true, Jobs: []Kept{kept("a")}})}, 5*time.Second, func(e Event) { told = append(told, e) })
		if len(told) != 1 || told[0].Kind != Ends || told[0].Item.Stop != job.StopConfirmed {
			t.Errorf("told %+v", told)
		}
	})
}

// TestSettleUnreached: of a service that cannot be reached, what was to be left
// is left, and of the rest it is said that it may run on.
func TestSettleUnreached(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		c := newLifeCloud("a", "b", "c")
		l := lifeLeft(c, Record{Asked: true, Jobs: []Kept{
			{Index: 0, Ref: job.Ref{ID: "a"}}, {Index: 1, Ref: job.Ref{ID: "b"}, Theirs: true}, {Index: 2, Ref: job.Ref{ID: "c"}, Stop: job.StopLeft},
		}})
		l.Follower, l.Err = nil, denied("login")
		items := lifeSettle(t, l).Items
		for i, want := range []job.Stop{job.StopFailed, job.StopLeft, job.StopLeft} {
			if items[i].Stop != want || (items[i].Err != nil) != (want == job.StopFailed) {
				t.Errorf("%s: stop %q, %v", items[i].What, items[i].Stop, items[i].Err)
			}
		}
	})
}
