package huaweidrs

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

// A run that ended says when it began and ended, by the cloud's clock.
func TestTimes(t *testing.T) {
	const open = -1
	for name, test := range map[string]struct {
		id    string
		ended time.Duration // after its beginning
		after func(s stage)
	}{
		"copied":       {drsemu.Migration, 40 * time.Second, nil},
		"fails":        {drsemu.FailsInFull, 25 * time.Second, nil},
		"never begins": {drsemu.FailsToStart, 10 * time.Second, nil},
		"replicates":   {drsemu.Sync, open, nil},
		"is paused": {drsemu.Migration, 20 * time.Second, func(s stage) {
			time.Sleep(20 * time.Second)
			s.service.Stop(context.Background(), job.Ref{ID: drsemu.Migration}, false)
		}},
		"is ended": {drsemu.Migration, 25 * time.Second, func(s stage) {
			time.Sleep(20 * time.Second)
			s.service.Stop(context.Background(), job.Ref{ID: drsemu.Migration}, true)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, test.id)
				if test.after != nil {
					go test.after(s)
				}
				began := time.Now()
				last := s.run(t.Context(), nil).Items[0].Last
				want := time.Time{}
				if test.ended != open {
					want = began.Add(test.ended)
				}
				if !last.Begun.Equal(began) || !last.Ended.Equal(want) {
					t.Errorf("%s: %s to %s; want %s to %s", last.Word, last.Begun, last.Ended, began, want)
				}
			})
		})
	}
}

// A task that was reset still shows when an earlier run was complete, which is
// no success of this one.
func TestEarlierRun(t *testing.T) {
	for name, test := range map[string]struct{ begins, ends time.Duration }{
		"in its copy":     {0, 20 * time.Second},
		"at once":         {0, 2 * time.Second},
		"before its time": {time.Hour, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, drsemu.Migration)
				s.drs.Begin(drsemu.Migration)
				time.Sleep(time.Hour)
				s.drs.Reset(drsemu.Migration)
				if test.begins > 0 {
					s.service.tasks[0].startTime = millis(time.Now().Add(test.begins))
				}
				go func() {
					time.Sleep(test.ends)
					s.service.Stop(t.Context(), job.Ref{ID: drsemu.Migration}, true)
				}()
				r := s.run(t.Context(), func(o *engine.Options) { o.Report = true })
				item := r.Items[0]
				if r.Outcome != job.JobFailed || item.Status != releaseComplete {
					t.Errorf("%s, %s %s", r.Outcome, item.Last.State, item.Status)
				}
				if d := item.Report.Samples[0]; d.Metric != "duration" || d.Missing == "" {
					t.Errorf("%+v", d)
				}
			})
		})
	}
}

// The run after a reset has times of its own.
func TestAfterReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration)
		s.drs.Begin(drsemu.Migration)
		time.Sleep(time.Hour)
		s.drs.Reset(drsemu.Migration)
		began := time.Now()
		r := s.run(t.Context(), func(o *engine.Options) { o.Report = true })
		last := r.Items[0].Last
		if r.Outcome != job.Succeeded || !last.Begun.Equal(began) || last.Ended.Sub(last.Begun) != 40*time.Second || r.Items[0].Report.Samples[0].Value != 40 {
			t.Errorf("%s: %s to %s, %+v", r.Outcome, last.Begun, last.Ended, r.Items[0].Report.Samples[0])
		}
	})
}

// What an attempt attaches to began when the earlier attempt started it.
func TestTimesOfAttached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration)
		began := time.Now()
		s.run(t.Context(), func(o *engine.Options) { o.Wait = false })
		time.Sleep(20 * time.Second)
		item := s.run(t.Context(), func(o *engine.Options) { o.Attach, o.Mark.Attempt = true, "2" }).Items[0]
		if item.How != job.Attached || !item.Last.Begun.Equal(began) || item.Last.Ended.Sub(began) != 40*time.Second {
			t.Errorf("%s: %s to %s", item.How, item.Last.Begun, item.Last.Ended)
		}
	})
}

// Of a resumed task it is known when it ended, and not when it went on.
func TestTimesOfResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(72 * time.Hour) // the virtual clock begins with 2000, and no time before it is believed
		s := newStage(t, drsemu.Sync)
		s.drs.Add(drsemu.Script{ID: drsemu.Sync, TaskType: fullTrans, Status: pausing})
		resumed := time.Now()
		item := s.run(t.Context(), nil).Items[0]
		if item.End != job.Succeeded || !item.Last.Begun.IsZero() || item.Last.Ended.Sub(resumed) != 15*time.Second {
			t.Errorf("%s: %s to %s", item.End, item.Last.Begun, item.Last.Ended)
		}
	})
}

func TestPastIsKept(t *testing.T) {
	at := time.UnixMilli(1608369232412)
	for _, p := range []past{
		{}, {begun: at}, {copied: at}, {begun: at, copied: at.Add(time.Minute)},
		{paused: true}, {paused: true, since: at}, {begun: at, copied: at, paused: true, since: at},
	} {
		for _, kind := range []string{"", fullTrans} {
			ref := refOf(entry(job.Ref{ID: "a", Kind: kind, Since: p.String()}))
			if got := pastOf(ref); got != p || ref.ID != "a" || ref.Kind != kind {
				t.Errorf("%+v became %+v, in %+v", p, got, ref)
			}
		}
	}
}
