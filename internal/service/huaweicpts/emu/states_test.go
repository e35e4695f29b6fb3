package cptsemu

import (
	"fmt"
	"testing"
	"time"
)

// TestWalks follows run_status, second by second given, after a start at 0.
func TestWalks(t *testing.T) {
	type point struct{ at, status int }
	for name, c := range map[string]struct {
		parallel bool
		cases    []int
		stopAt   int // seconds, 0 is never
		walk     []point
	}{
		"one case":          {false, []int{HealthyCase}, 0, []point{{0, 9}, {4, 9}, {5, 0}, {64, 0}, {65, 2}, {9999, 2}}},
		"in turn":           {false, []int{HealthyCase, HealthyCase2}, 0, []point{{0, 9}, {5, 0}, {124, 0}, {125, 2}}},
		"side by side":      {true, []int{HealthyCase, HealthyCase2}, 0, []point{{0, 9}, {5, 0}, {64, 0}, {65, 2}}},
		"abort":             {false, []int{AbortingCase, HealthyCase}, 0, []point{{4, 9}, {24, 0}, {25, 3}, {9999, 3}}},
		"abort, second":     {false, []int{HealthyCase, AbortingCase}, 0, []point{{84, 0}, {85, 3}}},
		"abort, parallel":   {true, []int{HealthyCase, AbortingCase}, 0, []point{{24, 0}, {25, 3}}},
		"pause":             {false, []int{1}, 0, []point{{14, 0}, {15, 1}, {34, 1}, {35, 0}, {84, 0}, {85, 2}}},
		"stop":              {false, []int{HealthyCase}, 20, []point{{19, 0}, {20, 5}, {24, 5}, {25, 4}, {9999, 4}}},
		"stop while 9":      {false, []int{HealthyCase}, 2, []point{{1, 9}, {2, 5}, {7, 4}}},
		"stop while paused": {false, []int{1}, 20, []point{{19, 1}, {20, 5}, {25, 4}}},
		"stop when ended":   {false, []int{HealthyCase}, 70, []point{{69, 2}, {70, 2}, {80, 2}}},
		"stop when aborted": {false, []int{AbortingCase}, 30, []point{{29, 3}, {30, 3}, {40, 3}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.AddCase(Case{ID: 1, Name: "pausing", Lasts: time.Minute, Users: 5, RPS: 10, P95: 50, PausesAfter: 10 * time.Second, PausedFor: 20 * time.Second})
			id := w.create("walk", c.parallel, c.cases...)
			run := w.start(id)
			began := w.now
			stopped := false
			for _, p := range c.walk {
				if c.stopAt > 0 && p.at >= c.stopAt && !stopped {
					w.now = began.Add(time.Duration(c.stopAt) * time.Second)
					r := w.order(toStop, id).wantOK()
					if r.whole("result.0.task_run_id") != run {
						t.Errorf("the stop names run %v", r.at("result.0.task_run_id"))
					}
					stopped = true
				}
				w.now = began.Add(time.Duration(p.at) * time.Second)
				if got := w.runStatus(id); got != p.status {
					t.Errorf("after %d s status %d, want %d", p.at, got, p.status)
				}
			}
		})
	}
}

func TestCaseStatus(t *testing.T) {
	for name, c := range map[string]struct {
		cases  []int
		stopAt time.Duration
		at     time.Duration
		want   [2]int
	}{
		"waiting":       {[]int{HealthyCase, HealthyCase2}, 0, 0, [2]int{9, 9}},
		"first":         {[]int{HealthyCase, HealthyCase2}, 0, 6 * time.Second, [2]int{0, 9}},
		"second":        {[]int{HealthyCase, HealthyCase2}, 0, 66 * time.Second, [2]int{2, 0}},
		"ended":         {[]int{HealthyCase, HealthyCase2}, 0, time.Hour, [2]int{2, 2}},
		"aborted":       {[]int{HealthyCase, AbortingCase}, 0, time.Hour, [2]int{2, 3}},
		"aborted first": {[]int{AbortingCase, HealthyCase}, 0, time.Hour, [2]int{3, 3}},
		"stopping":      {[]int{HealthyCase, HealthyCase2}, 70 * time.Second, 71 * time.Second, [2]int{2, 5}},
		"stopped":       {[]int{HealthyCase, HealthyCase2}, 70 * time.Second, time.Hour, [2]int{2, 4}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			id := w.create("x", false, c.cases...)
			run := w.start(id)
			if c.stopAt > 0 {
				w.pass(c.stopAt)
				w.order(toStop, id).wantOK()
			}
			w.pass(c.at - c.stopAt)
			info := w.get("/v1/{p}/tasks/%d", id).wantOK()
			for i, want := range c.want {
				at := fmt.Sprintf("taskInfo.related_temp_running_data.%d.", i)
				if got := info.whole(at + "related_temp_running_data.0.temp_running_status"); got != want {
					t.Errorf("case %d has status %d, want %d", i, got, want)
				}
				if info.whole(at+"task_run_info_id") != run || info.whole(at+"temp_id") != c.cases[i] {
					t.Errorf("run data %v", info.at(at[:len(at)-1]))
				}
			}
		})
	}
}

func TestLateStates(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.IdleAfterStart = 8 * time.Second })
	id := w.create("x", false, HealthyCase)
	data := func() int {
		return w.get("/v1/{p}/tasks/%d", id).wantOK().count("taskInfo.related_temp_running_data")
	}
	w.start(id)
	w.pass(7 * time.Second)
	if w.runStatus(id) != ended || data() != 0 {
		t.Errorf("status %d with %d run data while idle", w.runStatus(id), data())
	}
	w.Switches.IdleWithRunData = true
	if w.runStatus(id) != ended || data() != 1 {
		t.Errorf("status %d with %d run data while idle, data shown", w.runStatus(id), data())
	}
	w.pass(time.Second)
	if w.runStatus(id) != running || data() != 1 {
		t.Errorf("status %d with %d run data afterwards", w.runStatus(id), data())
	}
}

func TestIdleShowsTheRunBefore(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.IdleAfterStart = 8 * time.Second })
	first := w.start(ExistingTask)
	w.pass(time.Hour)
	second := w.start(ExistingTask)
	shown := func() int {
		return w.get("/v1/{p}/tasks/%d", ExistingTask).whole("taskInfo.related_temp_running_data.0.task_run_info_id")
	}
	if got := shown(); got != first || w.runStatus(ExistingTask) != ended {
		t.Errorf("run %d is shown, want the first, %d", got, first)
	}
	w.pass(8 * time.Second)
	if got := shown(); got != second || w.runStatus(ExistingTask) != running {
		t.Errorf("run %d is shown, want the second, %d", got, second)
	}
}

func TestLateListing(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.ListedAfter = 10 * time.Second })
	run := w.start(ExistingTask)
	seen := func() [3]int {
		return [3]int{
			w.get("/v1/{p}/tasks/%d", ExistingTask).count("taskInfo.related_temp_running_data"),
			w.get("/v1/{p}/tasks/history-run-list/%d", ExistingTask).count("log_list"),
			w.get("/v1/{p}/all-tasks/393862").whole("tasks.0.task_run_info.id"),
		}
	}
	w.pass(9 * time.Second)
	if got := seen(); got != [3]int{0, 0, 0} {
		t.Errorf("too early %v", got)
	}
	if got := w.runStatus(ExistingTask); got != running {
		t.Errorf("status %d", got)
	}
	w.pass(time.Second)
	if got := seen(); got != [3]int{1, 1, run} {
		t.Errorf("listed %v", got)
	}
}

func TestHistory(t *testing.T) {
	w := newWorld(t)
	first := w.start(ExistingTask)
	w.pass(time.Hour)
	second := w.start(ExistingTask)
	w.pass(15 * time.Second)
	r := w.get("/v1/{p}/tasks/history-run-list/%d", ExistingTask).wantOK()
	for path, want := range map[string]string{
		"log_list.0.run_id":            fmt.Sprint(second),
		"log_list.0.end_time":          "<nil>",
		"log_list.0.continue_time":     "10",
		"log_list.1.run_id":            fmt.Sprint(first),
		"log_list.1.name":              "nightly_2026-03-01T12:00:00+08:00",
		"log_list.1.run_type":          "1",
		"log_list.1.start_time":        "2026-03-01T12:00:00+08:00",
		"log_list.1.end_time":          "2026-03-01T12:01:05+08:00",
		"log_list.1.continue_time":     "60",
		"log_list.1.temp_names.0.name": "browse",
		"log_list.1.parallel":          "false",
	} {
		if got := fmt.Sprint(r.at(path)); got != want {
			t.Errorf("%s is %s, want %s", path, got, want)
		}
	}
	w.Switches.HistoryEndedOnly = true
	if got := w.get("/v1/{p}/tasks/history-run-list/%d", ExistingTask); got.count("log_list") != 1 {
		t.Errorf("history %v", got.body)
	}
	w.order(toStop, ExistingTask).wantOK()
	w.pass(5 * time.Second)
	if got := w.get("/v1/{p}/tasks/history-run-list/%d", ExistingTask).at("log_list.0.end_time"); got != "2026-03-01T13:00:20+08:00" {
		t.Errorf("the stopped run ended at %v", got)
	}
}

func TestShowTaskOldOnly(t *testing.T) {
	w := newWorld(t, func(s *Switches) { s.ShowTaskOldOnly = true })
	w.get("/v1/{p}/tasks/%d", w.create("x", false, HealthyCase)).want(403, codeNoSuch)
	w.get("/v1/{p}/tasks/%d", ExistingTask).wantOK()
}
