package catalog_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// many is a subject of so many PTS jobs, each of which puts on load for so long.
func many(w *world, jobs int, lasts time.Duration) subject {
	w.pts.Switches.ParallelJobs = jobs
	ids := make([]string, jobs)
	for i := range ids {
		ids[i] = fmt.Sprintf("scenario-many-%d", i)
		w.pts.AddScenario(ptsemu.Scenario{ID: ids[i], Stages: []ptsemu.Stage{{DurationSeconds: int64(lasts / time.Second), TargetVirtualUsers: 10}}})
	}
	return subject{provider: "tencent-pts", service: "pts", inputs: "project_id=project-demo\nscenario_id=" + strings.Join(ids, ",")}
}

// TestCallsHardlyGrow counts the reads per minute of the emulator while it is
// watched.
func TestCallsHardlyGrow(t *testing.T) {
	t.Parallel()
	const minutes = 8
	perMinute := map[int]float64{}
	crowds := []int{1, 10, 100, 1000}
	if testing.Short() {
		crowds = crowds[:3]
	}
	for _, jobs := range crowds {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld("pts")
			s := many(w, jobs, time.Hour)
			services, _, _ := s.open(t, env(w.Transport()))
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan engine.Result)
			go func() {
				done <- engine.Run(ctx, services, engine.Options{Mark: engine.Mark{Run: "many"}, Wait: true, PollEvery: 10 * time.Second, OnCancel: engine.Leave})
			}()
			time.Sleep(5 * time.Minute) // until all are started and the polls have slowed down
			before := w.Calls()["DescribeJobs"]
			time.Sleep(minutes * time.Minute)
			perMinute[jobs] = float64(w.Calls()["DescribeJobs"]-before) / minutes
			cancel()
			<-done
		})
	}
	t.Logf("calls per minute: 1 job %.1f, 10 jobs %.1f, 100 jobs %.1f, 1000 jobs %.1f", perMinute[1], perMinute[10], perMinute[100], perMinute[1000])
	if perMinute[100] > 1.2*perMinute[1] || perMinute[1000] > 3*perMinute[1] {
		t.Error("the calls per minute grow with the jobs")
	}
}

// TestStartsKeepTheRate starts 200 jobs at the published 20 per second.
func TestStartsKeepTheRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("pts")
		s := many(w, 200, time.Hour)
		services, _, _ := s.open(t, env(w.Transport()))
		began := time.Now()
		r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "many"}, Timeout: time.Hour})
		took := time.Since(began)
		t.Logf("200 starts took %s, %d calls", took, w.Calls()["StartJob"])
		if r.Outcome != job.Started || w.Calls()["StartJob"] != 200 {
			t.Errorf("outcome %s with %d calls", r.Outcome, w.Calls()["StartJob"])
		}
		if least := 199 * 50 * time.Millisecond; took < least || took > least+least/10 {
			t.Errorf("took %s, want hardly more than %s", took, least)
		}
	})
}

// TestTwoHours follows a job for two hours while connections and the login
// fail on the way, in far less than a second of real time.
func TestTwoHours(t *testing.T) {
	began := time.Now()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("pts")
		s := many(w, 1, 2*time.Hour)
		broken := &weather{RoundTripper: w.Transport(), began: time.Now()}
		services, _, _ := s.open(t, env(broken))
		r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "long"}, Wait: true, Timeout: 3 * time.Hour, PollEvery: 10 * time.Second})
		if r.Outcome != job.Succeeded {
			t.Errorf("outcome %s, %+v", r.Outcome, r.Items[0])
		}
		if broken.spoiled == 0 {
			t.Error("nothing was spoiled: the test shows nothing")
		}
		t.Logf("%d calls, %d of them spoiled", w.Calls()[emulator.Total], broken.spoiled)
	})
	t.Logf("two hours in %s", time.Since(began))
}

// weather spoils the connection for some minutes of every half hour, and the
// login for some others.
type weather struct {
	http.RoundTripper
	began   time.Time
	spoiled int
}

func (b *weather) RoundTrip(r *http.Request) (*http.Response, error) {
	since := time.Since(b.began)
	switch minute := int(since.Minutes()) % 30; {
	case since < time.Minute:
	case minute < 4:
		b.spoiled++
		return nil, fmt.Errorf("connection reset")
	case minute < 8:
		b.spoiled++
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "Signature=", "Signature=0", 1))
	}
	return b.RoundTripper.RoundTrip(r)
}

// TestQuotaIsWaitedFor runs two jobs where the service allows one at a time.
func TestQuotaIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("pts")
		s := many(w, 2, time.Minute)
		w.pts.Switches.ParallelJobs = 1
		services, _, _ := s.open(t, env(w.Transport()))
		r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "quota"}, Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second})
		if r.Outcome != job.Succeeded || len(w.begun(s)) != 2 {
			t.Errorf("outcome %s, %d begun", r.Outcome, len(w.begun(s)))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("pts")
		s := many(w, 2, time.Hour)
		w.pts.Switches.ParallelJobs = 1
		services, _, _ := s.open(t, env(w.Transport()))
		r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "quota"}, Timeout: 5 * time.Minute})
		if r.Outcome != job.Limited || len(w.begun(s)) != 1 {
			t.Errorf("outcome %s, %d begun; a quota that does not yield in time is its own outcome", r.Outcome, len(w.begun(s)))
		}
	})
}

// TestMaxParallel looks every second how many jobs live.
func TestMaxParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld("pts")
		s := many(w, 6, time.Minute)
		services, _, _ := s.open(t, env(w.Transport()))
		done := make(chan engine.Result)
		go func() {
			done <- engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "parallel"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second, MaxParallel: 2})
		}()
		most := 0
		for {
			select {
			case r := <-done:
				if r.Outcome != job.Succeeded || most != 2 || len(w.begun(s)) != 6 {
					t.Errorf("outcome %s, at most %d at once, %d begun", r.Outcome, most, len(w.begun(s)))
				}
				return
			case <-time.After(time.Second):
				most = max(most, len(w.live(s)))
			}
		}
	})
}

// TestFailFast stops the other jobs when one fails.
func TestFailFast(t *testing.T) {
	for _, fast := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld("pts")
			s := subject{provider: "tencent-pts", service: "pts", inputs: "project_id=project-demo\nscenario_id=scenario-prepare-fails,scenario-demo"}
			services, _, _ := s.open(t, env(w.Transport()))
			r := engine.Run(t.Context(), services, engine.Options{Mark: engine.Mark{Run: "fast"}, Wait: true, Timeout: time.Hour, PollEvery: 5 * time.Second, FailFast: fast})
			want := map[bool]string{true: "JobAborted", false: "JobFinished"}[fast]
			if r.Outcome != job.JobFailed || r.Items[1].Status != want || len(w.live(s)) > 0 {
				t.Errorf("fail_fast %t: outcome %s, the other job %q, want %q, %d live", fast, r.Outcome, r.Items[1].Status, want, len(w.live(s)))
			}
		})
	}
}
