package engine

import (
	"errors"
	"sync"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// TestNames: what the user calls a job stays with it, whatever becomes of its
// start, and reaches the post step.
func TestNames(t *testing.T) {
	lifeTest(t, "", func(t *testing.T) {
		a, b, c := newLifeCloud("a").ending("a", time.Minute, job.StateFailed), newLifeCloud("b"), newLifeCloud("c")
		c.start = func(string) error { return errors.New("refused") }
		journal := &lifeJournal{}
		r, _ := lifeRun(t, t.Context(), func(o *Options) {
			o.FailFast, o.Journal, o.Names, o.MaxParallel = true, journal, [][]string{{"checkout"}, nil, {"third"}}, 0
		}, a, b, c)
		for i, want := range []string{"checkout", "", "third"} {
			if got := r.Items[i].Name; got != want {
				t.Errorf("%s is called %q, want %q", r.Items[i].What, got, want)
			}
		}
		if culprit := r.Items[1].Culprit; culprit != "checkout" && culprit != "third" {
			t.Errorf("b was ended by %q", culprit)
		}
		if names := journal.records[0].Names; len(names) != 1 || names[0] != "checkout" {
			t.Errorf("the post step is told of %q", names)
		}
	})
	lifeTest(t, "emulated beside real ones of the same name", func(t *testing.T) {
		played, real := newLifeCloud("a").ending("a", time.Minute, job.StateSucceeded), newLifeCloud("a")
		real.start = func(string) error { return errors.New("refused") }
		journal := &lifeJournal{}
		var items []job.Item
		r, _ := lifeRun(t, t.Context(), func(o *Options) {
			o.Journal, o.Names, o.Emulated, o.MaxParallel = journal, [][]string{{"played"}, {"real"}}, []bool{true, false}, 0
			var mu sync.Mutex
			o.Notify = func(e Event) { mu.Lock(); defer mu.Unlock(); items = append(items, e.Item) }
		}, played, real)
		items = append(items, r.Items...)
		for _, item := range items {
			if item.Emulated != (item.Name == "played") {
				t.Errorf("of %q it says that emulated is %t", item.Name, item.Emulated)
			}
		}
		if !journal.records[0].Emulated || journal.records[1].Emulated {
			t.Error("the post step is told otherwise")
		}
	})
	lifeTest(t, "settled", func(t *testing.T) {
		a := newLifeCloud("a", "b").running(time.Minute)
		items := lifeSettle(t, lifeLeft(a, Record{Asked: true, Names: []string{"checkout"}, Emulated: true, Jobs: []Kept{kept("a")}})).Items
		if !items[0].Emulated {
			t.Error("a job that is settled was emulated, and is told as real")
		}
		if items[0].Title() != "checkout" || items[1].Title() != items[1].What {
			t.Errorf("titles %q and %q", items[0].Title(), items[1].Title())
		}
	})
}
