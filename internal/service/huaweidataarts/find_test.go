package huaweidataarts

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

// TestRecordedRuns are the times of the samples of OTC and DGC: all instances
// of a job have one submitTime, which is days older than they. So a run whose
// start was not answered is known by its id, which was not there before, and by
// when it was planned and began. What a schedule made, what fills in, what has
// no type and what may be one of two is not taken.
func TestRecordedRuns(t *testing.T) {
	const (
		both      = `, "submitTime": 1550910278706, "jobName": "job_batch", "jobId": 608627, "status": "success", "executeTime": 0.3}`
		byHand    = `{"instanceId": 34765, "instanceType": 2, "planTime": 1551671580000, "startTime": 1551671580000, "endTime": 1551671598000` + both
		filledIn  = `{"instanceId": 34764, "instanceType": 5, "planTime": 1551671520000, "startTime": 1551671521000, "endTime": 1551671538000` + both
		planned   = `{"instanceId": 34766, "instanceType": 0, "planTime": 1551671580000, "startTime": 1551671581000` + both
		untyped   = `{"instanceId": 34767, "planTime": 1551671580000, "startTime": 1551671581000` + both
		noPlan    = `{"instanceId": 34768, "instanceType": "2", "planTime": null, "startTime": 1551671580000` + both
		micros    = `{"instanceId": 34769, "instanceType": 2.0, "planTime": 1551671580000000, "startTime": "1551671580000.0"` + both
		noTime    = `{"instanceId": 34770, "instanceType": 7, "planTime": 1551671580, "startTime": -1` + both
		another   = `{"instanceId": 34771, "instanceType": 7, "planTime": 1551671583000` + both
		longName  = `{"instanceId": 34772, "instanceType": 2, "planTime": 1551671580000, "jobName": "job_batch_2"}`
		yesterday = `{"instanceId": 34773, "instanceType": 2, "planTime": 1551585180000, "startTime": 1551585180000` + both
		tomorrow  = `{"instanceId": 34774, "instanceType": 2, "planTime": 1551757980000` + both
	)
	start := time.UnixMilli(1551671579500)
	for name, test := range map[string]struct {
		list    []string
		before  []string
		want    string
		unclear string // the ids of which none is to be taken
	}{
		"by hand":           {list: []string{byHand, filledIn}, want: "34765"},
		"known before":      {list: []string{byHand, filledIn}, before: []string{"34765"}},
		"filled in":         {list: []string{filledIn}},
		"the schedule's":    {list: []string{planned}},
		"beside a plan":     {list: []string{planned, byHand}, want: "34765"},
		"no type":           {list: []string{untyped}, unclear: "34767"},
		"no type, and one":  {list: []string{untyped, byHand}, unclear: "34767, 34765"},
		"no plan time":      {list: []string{noPlan}, want: "34768"},
		"plan time odd":     {list: []string{micros}, want: "34769"},
		"no time that is":   {list: []string{noTime}, unclear: "34770"},
		"two":               {list: []string{byHand, another}, unclear: "34765, 34771"},
		"two, one known":    {list: []string{byHand, another}, before: []string{"34771"}, want: "34765"},
		"a longer name":     {list: []string{longName}},
		"a null beside it":  {list: []string{"null", byHand}, want: "34765"},
		"of the day before": {list: []string{yesterday}},
		"of the day after":  {list: []string{tomorrow}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				at(start.Add(time.Second))
				network := servicetest.Answers{"/jobs/instances/detail": `{"total": 1, "instances": [` + strings.Join(test.list, ",") + `]}`}
				f := openInputs(t, network, running("job_batch"))
				intent := intend("cj-mark", job.Ref{ID: "job_batch", Kind: once}, since{}, test.before)
				intent.At = start
				found, err := f.Find(t.Context(), intent)
				var runs []string
				unsure := len(found) > 1
				for _, one := range found {
					runs = append(runs, one.Ref.Run)
					unsure = unsure || one.Unsure != ""
					if !one.Ours {
						t.Errorf("found %+v", one)
					}
				}
				if got := strings.Join(runs, ", "); err != nil || got != test.want+test.unclear || unsure != (test.unclear != "") {
					t.Errorf("found %q, unsure %t, %v; want %q, unclear %q", got, unsure, err, test.want, test.unclear)
				}
			})
		})
	}
}

func TestFindRun(t *testing.T) {
	found := func(run string, state job.State, ours bool, more ...string) (all []engine.Found) {
		for _, run := range append([]string{run}, more...) {
			all = append(all, engine.Found{Ref: job.Ref{ID: "myJob", Run: run, Kind: once}, State: state, Ours: ours})
		}
		return all
	}
	tests := []struct {
		name    string
		before  int           // runs of somebody's before
		ago     time.Duration // how long
		between int           // runs after the intent
		ahead   time.Duration // of the cloud's clock
		attach  bool
		want    []engine.Found
	}{
		{name: "none"},
		{name: "ours", between: 1, want: found("132343", job.StatePending, true)},
		{name: "ours, its clock behind", between: 1, ahead: -10 * time.Minute, want: found("132343", job.StatePending, true)},
		{name: "ours, its clock ahead", between: 1, ahead: 10 * time.Minute, want: found("132343", job.StatePending, true)},
		{name: "somebody's before", before: 1, ago: time.Second},
		{name: "ours after somebody's", before: 2, ago: time.Second, between: 1, want: found("132345", job.StatePending, true)},
		{name: "two could be ours", between: 2, want: found("132344", job.StatePending, true, "132343")},
		{name: "a live one of an earlier attempt", before: 1, ago: 10 * time.Second, attach: true, want: found("132343", job.StateRunning, false)},
		{name: "one of an earlier attempt that ended", before: 1, ago: time.Minute, attach: true},
		{name: "two live ones", before: 2, ago: time.Second, attach: true, want: found("132344", job.StatePending, false, "132343")},
	}
	for _, test := range tests {
		for _, type7 := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", test.name, type7), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStageAhead(t, test.ahead)
					s.dataarts.Switches.RunOnceIsType7 = type7
					for range test.before {
						s.somebody("myJob", once)
					}
					time.Sleep(test.ago)
					service := s.open("myJob", once)
					intent := s.intent(service)
					if test.attach {
						intent.Before, intent.At = nil, time.Time{} // as the engine asks
					}
					for range test.between {
						s.somebody("myJob", once)
					}
					s.somebody("failingJob", once) // another job's
					for i := range test.want {     // it is listed by its plan time
						test.want[i].Ref.Since = since{at: s.began(test.want[i].Ref.Run)}.text()
					}
					got, err := service.Find(t.Context(), intent)
					if err != nil || !reflect.DeepEqual(got, test.want) {
						t.Errorf("found %+v, %v; want %+v", got, err, test.want)
					}
				})
			})
		}
	}
}

// TestYesterday: a run of the day before is not ours, even if the intent does
// not know it.
func TestYesterday(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.somebody("myJob", once)
		service := s.open("myJob", once)
		for _, pass := range []time.Duration{skew + time.Second, lookBack} {
			time.Sleep(pass)
			intent := intentOf("myJob", once)
			intent.At = time.Now()
			if got, err := service.Find(t.Context(), intent); err != nil || got != nil {
				t.Errorf("found %+v, %v", got, err)
			}
		}
	})
}

// TestQueuedRun: a run of an earlier attempt that waits may not be listed. Where
// the list of jobs tells of it nothing is begun beside it, until it runs.
func TestQueuedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Switches.WaitingUnlisted = true
		slow := batch("slow", time.Hour)
		slow.Waits = []dataartsemu.Phase{{Status: "waiting", Takes: time.Minute}}
		s.dataarts.Add(slow)
		ref := s.somebody("slow", once)
		again := func(o *engine.Options) { o.Attach, o.Wait, o.Mark.Attempt = true, false, "2" }
		r, item := s.run(t.Context(), s.open("slow", once), again)
		if r.Outcome != job.StartUnknown || len(s.runs()) != 1 || !strings.Contains(item.Err.Error(), "is waiting and not listed yet") {
			t.Errorf("%s, %v: %v", r.Outcome, s.runs(), item.Err)
		}
		time.Sleep(2 * time.Minute)
		r, item = s.run(t.Context(), s.open("slow", once), again)
		if r.Outcome != job.Started || item.How != job.Attached || item.Ref.Run != ref.Run {
			t.Errorf("%s, %q, %+v: %v", r.Outcome, item.How, item.Ref, item.Err)
		}
	})
}

func TestFindOn(t *testing.T) {
	tests := []struct {
		name, job string
		before    bool // it is on before the intent
		start     bool // after it
		attach    bool
		found     bool
	}{
		{name: "ours", job: "myJob", start: true, found: true},
		{name: "not started", job: "myJob"},
		{name: "on before", job: "myJob", before: true, start: true},
		{name: "on from the beginning", job: "scheduledJob", start: true},
		{name: "an earlier attempt's", job: "myJob", before: true, attach: true, found: true},
		{name: "nothing of an earlier attempt", job: "myJob", attach: true},
		{name: "our stream", job: "myStream", start: true, found: true},
		{name: "a stream on before", job: "myStream", before: true, start: true},
		{name: "a stream of an earlier attempt", job: "myStream", before: true, attach: true, found: true},
		{name: "a stream in an unexplained state before", job: "inInit", before: true},
		{name: "a stream that was broken before", job: "brokenAtOnce", before: true, start: true, found: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(brokenAtOnce())
				inInit := brokenAtOnce()
				inInit.Name, inInit.Walk = "inInit", []dataartsemu.Phase{{Status: "INIT", Takes: 25 * time.Second}, {Status: "NORMAL", Takes: dataartsemu.Forever}}
				s.dataarts.Add(inInit)
				if test.before {
					s.somebody(test.job, schedule)
				}
				time.Sleep(20 * time.Second)
				service := s.open(test.job, schedule)
				intent := s.intent(service)
				if test.attach {
					intent.Before, intent.At = nil, time.Time{}
				}
				if test.start {
					s.somebody(test.job, schedule)
				}
				if test.job == "inInit" {
					time.Sleep(10 * time.Second)
				}
				got, err := service.Find(t.Context(), intent)
				if err != nil || len(got) > 0 != test.found {
					t.Fatalf("found %+v, %v", got, err)
				}
				if test.found && (got[0].Ours || got[0].State.Over() || got[0].Ref.ID != test.job || !strings.Contains(got[0].Ref.Since, "since:")) {
					t.Errorf("found %+v", got[0])
				}
			})
		})
	}
}

// TestAttach: the second attempt follows what the first one left.
func TestAttach(t *testing.T) {
	tests := map[string]struct {
		job, run string
		leave    time.Duration // when the first attempt is cancelled; 0: there was none, and somebody started the job
		ago      time.Duration // how long before the second
		runs     int
	}{
		"once":                      {"myJob", once, 10 * time.Second, 0, 1},
		"schedule, nothing yet":     {"myJob", schedule, time.Minute, 0, 1},
		"schedule, under way":       {"myJob", schedule, 5*time.Minute + 8*time.Second, 0, 1},
		"schedule, long under way":  {"longJob", schedule, 24*time.Hour + time.Minute, 40 * time.Minute, 1},
		"schedule, one has ended":   {"myJob", schedule, 0, 7 * time.Minute, 2},
		"schedule of once":          {"onceJob", schedule, 15 * time.Second, 0, 1},
		"stream":                    {"myStream", schedule, 5 * time.Second, 0, 0},
		"stream, has become NORMAL": {"myStream", schedule, 0, time.Hour, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(dataartsemu.Job{Name: "longJob", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: 24 * time.Hour, Nodes: []dataartsemu.Node{{Name: "n", Takes: time.Hour}}})
				if test.leave == 0 {
					s.somebody(test.job, test.run)
				} else {
					ctx, cancel := context.WithTimeout(t.Context(), test.leave)
					defer cancel()
					r, item := s.run(ctx, s.open(test.job, test.run), func(o *engine.Options) {
						o.OnCancel, o.Timeout, o.PollEvery = engine.Leave, 0, 10*time.Minute
					})
					if r.Outcome != job.Cancelled || item.Stop != job.StopLeft {
						t.Fatalf("first attempt: %s, %q, %v", r.Outcome, item.Stop, item.Err)
					}
				}
				time.Sleep(test.ago)
				r, item := s.run(t.Context(), s.open(test.job, test.run), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
				if r.Outcome != job.Succeeded || item.How != job.Attached {
					t.Errorf("second attempt: %s, %q, status %q, %v", r.Outcome, item.How, item.Status, item.Err)
				}
				if starts := s.Calls()["StartJob"] + s.Calls()["RunOnce"]; starts != 1 {
					t.Errorf("started %d times", starts)
				}
				runs := 0
				for _, j := range s.Begun()["dayu-dlf"] {
					if j.Mark == test.job && !strings.Contains(j.ID, "/") {
						runs++
					}
				}
				if runs != test.runs {
					t.Errorf("%d instances, want %d", runs, test.runs)
				}
			})
		})
	}
}

// TestAttachNeedsTheParameters: a run shows no parameters, so that one which
// lives may be that of another step.
func TestAttachNeedsTheParameters(t *testing.T) {
	for _, params := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			s.somebody("myJob", once)
			service := s.open("myJob", once)
			if params {
				service.spec.params = []field.Pair{{Name: "stage", Value: "production"}}
			}
			r, item := s.run(t.Context(), service, func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" })
			want := job.Succeeded
			if params {
				want = job.StartUnknown
			}
			if r.Outcome != want || (item.How == job.Attached) == params || s.Calls()["RunOnce"] != 1 {
				t.Errorf("parameters %t: %s, %+v", params, r.Outcome, item)
			}
		})
	}
}

// TestSimilarNames: where the list does not look for exact names, what runs
// under a longer one is not ours to find, to follow or to stop.
func TestSimilarNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Switches.NoPreciseQuery = true
		longer := batch("myJob-2", time.Hour)
		longer.Every = 4 * time.Minute
		s.dataarts.Add(longer)
		service, plan := s.open("myJob", once), s.open("myJob", schedule)
		intent := s.intent(service)
		ref := s.start(plan)
		s.somebody("myJob-2", once)
		s.somebody("myJob-2", schedule)
		time.Sleep(4*time.Minute + 5*time.Second)
		if found, err := service.Find(t.Context(), intent); len(found) > 0 || err != nil {
			t.Errorf("found %+v, %v", found, err)
		}
		if got := s.status(plan, ref); got.State != job.StatePending || got.Word != "SCHEDULING" {
			t.Errorf("followed: %+v", got)
		}
		time.Sleep(time.Minute)
		if err := plan.Stop(t.Context(), ref, false); err != nil {
			t.Fatal(err)
		}
		if got := s.live(); !slices.Equal(got, []string{"132343", "schedule/myJob-2", "132344"}) {
			t.Errorf("live %q", got)
		}
		if got := s.status(plan, ref); got.State != job.StateStopped || got.Progress != "instance 132345" {
			t.Errorf("stopped: %+v", got)
		}
	})
}
