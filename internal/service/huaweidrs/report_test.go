package huaweidrs

import (
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/servicetest"
)

func wanted(duration, succeeded, failed, progress, delay, state string) []string {
	return []string{
		"duration " + duration, "succeeded_tasks " + succeeded, "failed_tasks " + failed,
		"progress " + progress, "replication_delay " + delay, "state " + state,
	}
}

// TestReports reads tasks so long after their start, and counts the calls.
func TestReports(t *testing.T) {
	const full, both = fullTrans, fullIncrTrans
	for name, test := range map[string]struct {
		id, kind string
		after    time.Duration
		shape    func(*drsemu.Switches)
		want     []string
	}{
		"copied":         {drsemu.Migration, full, time.Minute, nil, wanted("40", "1", "0", "100", "?", fullComplete)},
		"copies":         {drsemu.Migration, full, 25 * time.Second, nil, wanted("?", "?", "?", "50", "?", fullStarted)},
		"starts":         {drsemu.Migration, full, 5 * time.Second, nil, wanted("?", "?", "?", "0", "?", "STARTJOBING")},
		"replicates":     {drsemu.Sync, both, 65 * time.Second, nil, wanted("40", "1", "0", "100", "20", increStarted)},
		"settled":        {drsemu.Sync, both, time.Hour, nil, wanted("40", "1", "0", "100", "2", increStarted)},
		"empty delay":    {drsemu.Migration, full, time.Minute, func(s *drsemu.Switches) { s.EmptyDelay = true }, wanted("40", "1", "0", "100", "?", fullComplete)},
		"fails to copy":  {drsemu.FailsInFull, full, time.Minute, nil, wanted("?", "0", "1", "50", "?", "FULL_TRANSFER_FAILED")},
		"fails to start": {drsemu.FailsToStart, both, time.Minute, nil, wanted("?", "0", "1", "0", "?", "START_JOB_FAILED")},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, test.id)
				if test.shape != nil {
					test.shape(&s.drs.Switches)
				}
				if !s.drs.Begin(test.id) {
					t.Fatal("it does not start")
				}
				time.Sleep(test.after)
				ref := job.Ref{ID: test.id, Kind: test.kind}
				last := s.status(t, ref)[0]
				before := s.Calls()[emulator.Total]
				r, err := s.service.Report(t.Context(), ref, last)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, servicetest.Lines(r.Samples)); diff != "" {
					t.Error(diff)
				}
				if calls := s.Calls()[emulator.Total] - before; calls != 2 {
					t.Errorf("%d calls", calls)
				}
				if r.Series != nil || r.Notes != nil {
					t.Errorf("%+v", r)
				}
			})
		})
	}
}

// TestMetricsAreReported: what is declared is reported, and nothing else is.
func TestMetricsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration)
		r, err := s.service.Report(t.Context(), job.Ref{ID: drsemu.Migration}, job.Status{})
		if err != nil {
			t.Fatal(err)
		}
		var declared, reported []string
		for _, m := range Metrics() {
			declared = append(declared, m.Name)
			known := slices.ContainsFunc(Calls(), func(c cloud.Call) bool { return c.Name == m.Call })
			if !m.Alone || m.Aggregations != nil || m.Series != nil || m.Doc == "" || !known || m.Late == "" {
				t.Errorf("%+v", m)
			}
		}
		for _, s := range r.Samples {
			reported = append(reported, s.Metric)
		}
		if diff := cmp.Diff(declared, reported); diff != "" {
			t.Error(diff)
		}
	})
}

// TestStoppedCounts: a task that somebody paused has neither succeeded nor
// failed, and its delay grows.
func TestStoppedCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Begin(drsemu.Sync)
		time.Sleep(time.Hour)
		ref := job.Ref{ID: drsemu.Sync, Kind: fullIncrTrans}
		if err := s.service.Stop(t.Context(), ref, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r, err := s.service.Report(t.Context(), ref, s.status(t, ref)[0])
		if diff := cmp.Diff(wanted("40", "0", "0", "100", "62", pausing), servicetest.Lines(r.Samples)); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// TestRefusedReads: what a call does not tell is missing, and the reader knows.
func TestRefusedReads(t *testing.T) {
	for call, want := range map[string][]string{
		"BatchListProgresses": wanted("40", "1", "0", "?", "?", fullComplete),
		"BatchListJobDetails": wanted("?", "1", "0", "100", "?", fullComplete),
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, drsemu.Migration)
			s.drs.Begin(drsemu.Migration)
			time.Sleep(time.Minute)
			ref := job.Ref{ID: drsemu.Migration, Kind: fullTrans}
			last := s.status(t, ref)[0]
			s.drs.Refuse(drsemu.Refusal{Call: call, Code: "DRS.M00102", Times: 1})
			r, err := s.service.Report(t.Context(), ref, last)
			if diff := cmp.Diff(want, servicetest.Lines(r.Samples)); diff != "" || err != nil {
				t.Error(call, diff, err)
			}
			if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "a permission is missing") {
				t.Errorf("%s: notes %q", call, r.Notes)
			}
		})
	}
}

// TestBrokenReads: a call that nobody answers is an error beside what is known.
func TestBrokenReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Migration)
		s.Inject(emulator.Fault{Service: "drs", Call: "BatchListProgresses", Kind: emulator.Dial, Times: -1})
		s.drs.Begin(drsemu.Migration)
		time.Sleep(time.Minute)
		r, err := s.service.Report(t.Context(), job.Ref{ID: drsemu.Migration}, job.Status{State: job.StateSucceeded, Word: fullComplete})
		if diff := cmp.Diff(wanted("40", "1", "0", "?", "?", fullComplete), servicetest.Lines(r.Samples)); diff != "" || err == nil {
			t.Error(diff, err)
		}
	})
}

// TestGone: a task that somebody deleted is said to be so; no other code in the
// place of a status is one.
func TestGone(t *testing.T) {
	for status, want := range map[string]string{gone: deleted, unknownID: "", "": "", "NEW_WORD": "NEW_WORD"} {
		if s := word(job.Status{Word: status}); s.Word != want || (s.Missing == "") != (want != "") {
			t.Errorf("%q: %+v", status, s)
		}
	}
}

func FuzzReading(f *testing.F) {
	for _, s := range []string{"-1", "", "0", "12", "1.5", "NaN", "Inf", "1e400", "94%", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, written string) {
		if s := reading("progress", cloud.Text(written)); !(s.Value >= 0 && s.Value <= math.MaxFloat64) || s.Missing != "" && s.Value != 0 {
			t.Errorf("%q: %+v", written, s)
		}
	})
}

func TestDuration(t *testing.T) {
	for _, test := range []struct {
		from, to cloud.Text
		seconds  float64
		known    bool
	}{
		{"1772409601000", "1772409641500", 40.5, true},
		{"1772409601000", "1772409601000", 0, true},
		{"1772409601000", "1772409600000", 0, false}, // of a run before this one
		{"", "1772409601000", 0, false},
		{"1772409601000", "0", 0, false},
		{"soon", "later", 0, false},
		{"1772409601000.0", "1.7724096415e12", 40.5, true},
		{"1772409601", "1772409641", 0, false},             // seconds, so of 1970
		{"1772409601000000", "1772409641000000", 0, false}, // microseconds
	} {
		if s := duration(job.Ref{}, reply{BegunAt: test.from, CopiedAt: test.to}); s.Value != test.seconds || (s.Missing == "") != test.known {
			t.Errorf("%+v: %+v", test, s)
		}
	}
}
