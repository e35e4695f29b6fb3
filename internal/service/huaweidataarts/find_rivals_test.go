package huaweidataarts

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

// TestRivalInstances: whatever made an instance, it is a rival while it goes on;
// one that the schedule plans for later is none yet.
func TestRivalInstances(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		at := func(d time.Duration) int64 { return now.Add(d).UnixMilli() }
		list := fmt.Sprintf(`{"total":7,"instances":[
			{"jobName":"myJob","instanceId":1,"instanceType":2,"status":"running","planTime":%[1]d,"startTime":%[1]d},
			{"jobName":"myJob","instanceId":2,"instanceType":0,"status":"running","planTime":%[1]d,"startTime":%[1]d},
			{"jobName":"myJob","instanceId":3,"instanceType":0,"status":"waiting","planTime":%[1]d},
			{"jobName":"myJob","instanceId":4,"instanceType":0,"status":"waiting","planTime":%[2]d},
			{"jobName":"myJob","instanceId":5,"instanceType":2,"status":"success","planTime":%[1]d,"startTime":%[1]d},
			{"jobName":"myJob2","instanceId":6,"instanceType":2,"status":"running","planTime":%[1]d,"startTime":%[1]d},
			{"jobName":"myJob","instanceId":7,"instanceType":2,"status":"odd","planTime":%[1]d}
		]}`, at(-6*24*time.Hour+time.Hour), at(time.Hour))
		live, err := openInputs(t, servicetest.Answer(list), running("myJob")).Rivals(t.Context())
		var got []string
		for _, l := range live {
			got = append(got, l.Ref.Run+" "+l.Note)
		}
		if want := "[1  2 which the schedule made 3 which the schedule made 7 ]"; err != nil || fmt.Sprint(got) != want {
			t.Errorf("%v, %v; want %s", got, err, want)
		}
	})
}

// TestRivalQueued: a run that waits may not be listed. Where the list of jobs
// tells of it, it is waited for, and then its instance is.
func TestRivalQueued(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		s.dataarts.Switches.WaitingUnlisted = true
		slow := batch("slow", 10*time.Minute)
		slow.Waits = []dataartsemu.Phase{{Status: "waiting", Takes: time.Minute}}
		s.dataarts.Add(slow)
		s.somebody("slow", once)
		began := time.Now()
		r, item := s.run(t.Context(), s.open("slow", once), func(o *engine.Options) { o.Wait, o.Timeout, o.IfRunning = false, time.Hour, []string{engine.Queue} })
		if took := time.Since(began); item.Err != nil || len(s.runs()) != 2 || took < 11*time.Minute || took > 12*time.Minute {
			t.Errorf("%s after %s: %v", r.Outcome, took, item.Err)
		}
	})
}

// TestRivalOn: a schedule or a real-time job that is on is a rival of itself, one
// that is off is not.
func TestRivalOn(t *testing.T) {
	for name, want := range map[string]int{"myJob": 0, "scheduledJob": 1, "myStream": 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t)
			if live, err := s.open(name, schedule).Rivals(t.Context()); err != nil || len(live) != want {
				t.Errorf("%s: %+v, %v", name, live, err)
			}
			s.somebody(name, schedule)
			time.Sleep(20 * time.Second)
			if live, err := s.open(name, schedule).Rivals(t.Context()); err != nil || len(live) != 1 {
				t.Errorf("%s, started: %+v, %v", name, live, err)
			}
		})
	}
}
