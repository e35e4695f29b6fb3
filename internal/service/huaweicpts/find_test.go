package huaweicpts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// TestFindInAnotherProcess finds by what the journal kept.
func TestFindInAnotherProcess(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		for _, old := range []int{0, 2} {
			t.Run(fmt.Sprint(inputs["task_id"], old), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					for range old {
						w.begin(w.open(existing(cptsemu.ExistingTask)))
						time.Sleep(time.Hour)
					}
					intent, item := w.begin(w.open(inputs))
					written, err := json.Marshal(intent)
					if err != nil {
						t.Fatal(err)
					}
					var read job.Intent
					if err := json.Unmarshal(written, &read); err != nil {
						t.Fatal(err)
					}
					found, err := w.follower().Find(t.Context(), read)
					if err != nil || len(found) != 1 || found[0].Ref != item.Ref || found[0].State != job.StatePending || found[0].Ours != (inputs["task_id"] == "") {
						t.Errorf("found %+v, %v, want %+v", found, err, item.Ref)
					}
				})
			})
		}
	}
}

func TestFindNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		time.Sleep(time.Hour)
		for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
			intent, err := w.open(inputs).Intend(t.Context(), "cj-mark-1-x")
			if err != nil {
				t.Fatal(err)
			}
			intent.At = time.Now()
			if found, err := w.follower().Find(t.Context(), intent); err != nil || len(found) != 0 {
				t.Errorf("found %+v, %v", found, err)
			}
		}
	})
}

// TestTwoNewRuns: if somebody starts the same task while our start is unknown,
// nothing tells the runs apart, so both are returned, also if one has ended.
func TestTwoNewRuns(t *testing.T) {
	for _, pass := range []time.Duration{0, time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			intent, _ := w.begin(w.open(existing(cptsemu.ExistingTask)))
			time.Sleep(pass)
			w.begin(w.open(existing(cptsemu.ExistingTask)))
			found, err := w.follower().Find(t.Context(), intent)
			if len(found) != 2 || err != nil || found[0].Ref.Run != "48106" || found[1].Ref.Run != "48105" {
				t.Errorf("found %+v, %v", found, err)
			}
		})
	}
}

// TestAttach: another attempt follows the live run and starts nothing.
func TestAttach(t *testing.T) {
	for _, inputs := range []map[string]string{creating(cptsemu.HealthyCase), existing(cptsemu.ExistingTask)} {
		for _, ended := range []bool{false, true} {
			t.Run(fmt.Sprint(inputs["task_id"], ended), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t)
					leave := func(o *engine.Options) { o.Wait = false }
					first := w.run(w.open(inputs), leave).Items[0]
					again := func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" }
					if ended {
						time.Sleep(time.Hour)
					}
					r := w.run(w.open(inputs), again)
					how, runs := job.Attached, 1
					if ended {
						how, runs = job.Began, 2
					}
					if r.Outcome != job.Succeeded || r.Items[0].How != how || len(w.begun()) != runs || (r.Items[0].Ref == first.Ref) == ended {
						t.Errorf("ended as %+v, began %+v", r, w.begun())
					}
				})
			})
		}
	}
}

// TestAttachToTheLiveOne: of several attempts the one that still runs counts.
func TestAttachToTheLiveOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var items []job.Item
		for attempt := range 3 { // the last one has ended before the second
			of := []int{cptsemu.HealthyCase, cptsemu.HealthyCase, cptsemu.AbortingCase}[attempt]
			items = append(items, w.run(w.open(creating(of)), func(o *engine.Options) {
				o.Wait, o.Mark.Attempt = false, fmt.Sprint(attempt+1)
			}).Items[0])
			time.Sleep(20 * time.Second)
		}
		time.Sleep(10 * time.Second)
		// The order of the list is not documented.
		w.alter = func(path string, body []byte) []byte {
			if !strings.Contains(path, "/all-tasks/") {
				return body
			}
			var answer map[string]json.RawMessage
			var tasks []json.RawMessage
			err := json.Unmarshal(body, &answer)
			err = errors.Join(err, json.Unmarshal(answer["tasks"], &tasks))
			slices.Reverse(tasks)
			answer["tasks"], _ = json.Marshal(tasks)
			body, _ = json.Marshal(answer)
			if err != nil {
				t.Error(err)
			}
			return body
		}
		name := w.begun()[0].Mark // "shop cj-…-1-once"
		intent := job.Intent{Mark: strings.TrimSuffix(strings.TrimPrefix(name, "shop "), "1-once"), In: items[0].Ref.In}
		found, err := w.follower().Find(t.Context(), intent)
		if err != nil || len(found) != 3 || found[0].Ref != items[1].Ref || found[1].Ref != items[2].Ref || found[2].Ref != items[0].Ref {
			t.Errorf("found %+v, %v", found, err)
		}
		r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "4" })
		if r.Items[0].Ref != items[1].Ref || r.Items[0].How != job.Attached || len(w.begun()) != 3 {
			t.Errorf("attached to %+v, want %+v", r.Items[0], items[1])
		}
	})
}

// TestAttachToNoneOfTwo: of two live runs of a task nothing tells which one an
// earlier attempt began.
func TestAttachToNoneOfTwo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		w.begin(w.open(existing(cptsemu.ExistingTask)))
		r := w.run(w.open(existing(cptsemu.ExistingTask)), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
		if r.Outcome != job.StartUnknown || !strings.Contains(r.Items[0].Err.Error(), "184138 48105, 184138 48106; nothing was started") || len(w.begun()) != 2 {
			t.Errorf("ended as %+v", r)
		}
	})
}

func TestFindPages(t *testing.T) {
	for _, limit := range []int{0, 20} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, func(s *cptsemu.Switches) { s.PageLimit = limit })
				intent, item := w.begin(w.open(creating(cptsemu.HealthyCase)))
				for i := range 130 { // the newest stand first
					w.cpts.AddTask(fmt.Sprint("other ", i), false, cptsemu.HealthyCase)
				}
				found, err := w.follower().Find(t.Context(), intent)
				if err != nil || len(found) != 1 || found[0].Ref != item.Ref {
					t.Errorf("found %+v, %v", found, err)
				}
			})
		})
	}
}

func TestNewestFirst(t *testing.T) {
	ids := []string{"9", "100", "10"}
	if newestFirst(ids); !slices.Equal(ids, []string{"100", "10", "9"}) {
		t.Errorf("sorted %v", ids)
	}
}
