package huaweidataarts

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

// TestShortPages: the road takes nulls out of a page, so a short one ends a
// list only if all records are read that the list says it has.
func TestShortPages(t *testing.T) {
	pages := pager{limit: 3, most: 9}
	if !pages.more([]string{"a", "b"}, 5) || pages.more([]string{"d"}, 5) || !pages.ended {
		t.Errorf("the second page is the last: %+v", pages)
	}
	pages = pager{limit: 3, most: 9} // offset counts records: the second page is read again
	if !pages.more([]string{"a", "b", "c"}, 8) || !pages.more([]string{"b", "c"}, 8) || !pages.more([]string{"d", "e"}, 8) || pages.offset != 6 || pages.more([]string{"g", "h"}, 8) {
		t.Errorf("8 records are on three pages: %+v", pages)
	}
	if pages = (pager{limit: 3, most: 9}); pages.more(nil, 5) || !pages.ended {
		t.Errorf("an empty page is the last: %+v", pages)
	}
}

// TestOddLists: jobs and instances are found in lists with a null in them, also
// where it takes the place by which the pages are told apart.
func TestOddLists(t *testing.T) {
	f := openInputs(t, servicetest.Answers{
		"/jobs":                  `{"total": "3", "jobs": [null, {"name": "other"}, null, {"name": "job_batch", "status": "SCHEDULING"}]}`,
		"/jobs/instances/detail": `{"total": 2.0, "instances": [{"jobName": "job_batch", "instanceId": "1.0", "instanceType": "0.0", "status": "success", "planTime": "2000-01-01T00:00:00Z"}, null, {}]}`,
	}, starting("job_batch"))
	if word, err := f.word(t.Context(), job.Ref{ID: "job_batch", Kind: schedule}); word != "SCHEDULING" || err != nil {
		t.Errorf("word %q, %v", word, err)
	}
	list, err := f.instances(t.Context(), job.Ref{ID: "job_batch"}, time.Now())
	if err != nil || len(list) != 1 || list[0].InstanceID != "1" || !(since{at: time.Now()}).counts(list[0]) {
		t.Errorf("instances %+v, %v", list, err)
	}
	all := f.plannedSince(t.Context(), "", []time.Time{time.Now(), time.Now()})
	if len(all.byID) != 1 || all.whole {
		t.Errorf("one of two that are said to be there: %+v", all)
	}
	pages := pager{limit: 3, most: 9}
	if !pages.more([]string{"", "b", ""}, 0) || !pages.more([]string{"b", "c", "d"}, 0) || pages.offset != 3 {
		t.Errorf("offset counts records, and the next is %d", pages.offset)
	}
}

// TestStatusOfMany: one job that cannot be read hides no other.
func TestStatusOfMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		gone := job.Ref{ID: "nobody", Run: "1", Kind: once}
		statuses, err := service.Status(t.Context(), []job.Ref{gone, ref})
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Code != "DLF.0100" {
			t.Errorf("got %v", err)
		}
		if len(statuses) != 2 || statuses[0].State != "" || statuses[1].State != job.StatePending {
			t.Errorf("got %+v", statuses)
		}
	})
}

// TestLongLists: a job is found behind hundreds of similar names, whatever
// offset counts, and a run behind a day of a schedule's instances.
func TestLongLists(t *testing.T) {
	for _, items := range []bool{false, true} {
		for _, n := range []int{99, 100, 101, 250} {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches.OffsetCountsItems = items
				for i := range n {
					s.dataarts.Add(dataartsemu.Job{Name: fmt.Sprintf("my%03d-last", i), Type: dataartsemu.Batch, Nodes: []dataartsemu.Node{{Name: "n"}}})
				}
				s.dataarts.Add(dataartsemu.Job{Name: "last", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: time.Hour, Nodes: []dataartsemu.Node{{Name: "n"}}, On: true})
				f := s.open("last", schedule)
				for name, want := range map[string]string{"last": "SCHEDULING", "las": ""} {
					if got, err := f.listed(t.Context(), job.Ref{ID: name}); err != nil || got.Status != want {
						t.Errorf("of %d, items %t: %s is %q, %v", n, items, name, got, err)
					}
				}
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Add(dataartsemu.Job{Name: "often", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 20 * time.Second, Nodes: []dataartsemu.Node{{Name: "n"}}, On: true})
		time.Sleep(11 * time.Hour)
		s.somebody("often", once)
		time.Sleep(11 * time.Hour)
		f := s.open("often", once)
		list, err := f.instances(t.Context(), job.Ref{ID: "often"}, time.Now().Add(-lookBack))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, j := range s.Begun()["dayu-dlf"] {
			if j.Mark == "often" {
				want = append(want, j.ID)
			}
		}
		got := ids(list)
		slices.Sort(got)
		slices.Sort(want)
		if len(got) < 2*instancesLimit || !slices.Equal(got, want) {
			t.Errorf("%d instances, %d different, want %d", len(got), len(slices.Compact(slices.Clone(got))), len(want))
		}
		for shift := range int64(5) { // a plan time at the seam of the two halves
			const every = 20_000
			plan := time.Now().Add(-10*time.Hour).UnixMilli() / every * every
			after := plan - 10*time.Hour.Milliseconds() + shift - 3
			before := after + 20*time.Hour.Milliseconds()
			list, err := f.between(t.Context(), job.Ref{ID: "often"}, after, before)
			want := int((before-1)/every - after/every + 1) // and the one by hand
			if err != nil || len(list) != want {
				t.Errorf("shift %d: %d instances, want %d: %v", shift, len(list), want, err)
			}
			all := ids(list)
			slices.Sort(all)
			if len(slices.Compact(all)) != len(list) {
				t.Errorf("shift %d: some came twice", shift)
			}
		}
		if manual, err := f.manual(t.Context(), job.Ref{ID: "often"}); err != nil || len(manual) != 1 {
			t.Errorf("by hand: %+v, %v", manual, err)
		}
	})
}
