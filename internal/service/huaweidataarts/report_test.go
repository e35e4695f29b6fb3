package huaweidataarts

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	"cloudjob/internal/service/servicetest"
)

func wanted(duration, succeeded, failed, state string) []string {
	return []string{"duration " + duration, "succeeded_tasks " + succeeded, "failed_tasks " + failed, "state " + state}
}

// TestReports reads jobs so long after their start, in every world, and counts
// the calls. A part is its name, status and detail, of which a log is only begun.
func TestReports(t *testing.T) {
	log := func(node string) string { return "log obs://dlf-log-cloudjob/" + node }
	for place, world := range worlds() {
		for name, test := range map[string]struct {
			job, run string
			after    time.Duration
			want     []string
			parts    []string
			calls    int
		}{
			"once":         {"myJob", once, time.Minute, wanted("28", "3", "0", "success"), []string{"extract success", "transform success", "load success"}, 1},
			"once, fails":  {"failingJob", once, time.Minute, wanted("18", "1", "1", "fail"), []string{"extract success", "transform fail", "load waiting"}, 1},
			"once, flaky":  {"flakyJob", once, time.Minute, wanted("28", "2", "0", "success"), []string{"extract success", "load success retries: 1"}, 1},
			"under way":    {"myJob", once, 12 * time.Second, wanted("?", "1", "0", "running"), []string{"extract success", "transform running", "load waiting"}, 1},
			"skips":        {"skips", once, time.Minute, wanted("8", "1", "0", "success"), []string{"extract success", "load skip"}, 1},
			"schedule":     {"myJob", schedule, 6 * time.Minute, wanted("28", "3", "0", "success"), []string{"extract success", "transform success", "load success"}, 2},
			"no instance":  {"myJob", schedule, time.Minute, wanted("?", "?", "?", "SCHEDULING"), nil, 1},
			"once, halted": {"haltedJob", once, time.Minute, wanted("?", "1", "1", "running-exception"), []string{"extract success", "transform fail", "load waiting"}, 1},
			"stream":       {"myStream", schedule, time.Minute, wanted("?", "2", "0", "NORMAL"), []string{"source NORMAL", "flink NORMAL"}, 1},
			"exception":    {"brokenStream", schedule, time.Minute, wanted("?", "1", "1", "EXCEPTION"), []string{"source NORMAL", "flink EXCEPTION"}, 1},
		} {
			if newer := map[string][]string{"stream": {"waiting", "waiting"}, "exception": {"waiting", "fail"}}[name]; newer != nil && world.switches.NewerStatus { // it has other words, and no logs
				test.want[1], test.parts = "succeeded_tasks 0", []string{"source " + newer[0], "flink " + newer[1]}
			}
			t.Run(place+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStageAhead(t, world.ahead)
					s.dataarts.Switches = world.switches
					s.dataarts.Add(dataartsemu.Job{
						Name: "skips", Type: dataartsemu.Batch, Schedule: dataartsemu.Cron, Every: time.Hour,
						Nodes: []dataartsemu.Node{{Name: "extract", Takes: 8 * time.Second}, {Name: "load", Ends: dataartsemu.Skip}},
					})
					service := s.open(test.job, test.run)
					ref := s.start(service)
					time.Sleep(test.after)
					last := s.status(service, ref)
					before := s.Calls()[emulator.Total]
					r, err := service.Report(t.Context(), ref, last)
					if err != nil {
						t.Fatal(err)
					}
					if diff := cmp.Diff(test.want, servicetest.Lines(r.Samples)); diff != "" {
						t.Error(diff)
					}
					if calls := s.Calls()[emulator.Total] - before; calls != test.calls {
						t.Errorf("%d calls, want %d", calls, test.calls)
					}
					var parts []string
					for _, p := range r.Parts {
						detail, path, _ := strings.Cut(p.Detail, "log ")
						ran := p.Status != "waiting" && p.Status != "skip" && (ref.Kind != stream || !world.switches.NewerStatus)
						if ran != strings.HasPrefix("log "+path, log("")) {
							t.Errorf("%+v", p)
						}
						parts = append(parts, strings.TrimRight(p.Name+" "+p.Status+" "+detail, ", "))
					}
					if diff := cmp.Diff(test.parts, parts); diff != "" {
						t.Error(diff)
					}
					s.checkCalls()
				})
			})
		}
	}
}

// TestMetricsAreReported: what is declared is reported, and nothing else is.
func TestMetricsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		r, err := service.Report(t.Context(), job.Ref{ID: "myJob", Kind: once}, job.Status{})
		if err != nil {
			t.Fatal(err)
		}
		var declared, reported []string
		for _, m := range Metrics() {
			declared = append(declared, m.Name)
			if !m.Alone || m.Aggregations != nil || m.Series != nil || m.Doc == "" || m.Call == "" || m.Late == "" {
				t.Errorf("%+v", m)
			}
		}
		for _, sample := range r.Samples {
			reported = append(reported, sample.Metric)
			if sample.Missing == "" {
				t.Errorf("%+v of a run that nobody knows", sample)
			}
		}
		if diff := cmp.Diff(declared, reported); diff != "" {
			t.Error(diff)
		}
		if calls := s.Calls()[emulator.Total]; calls != 0 {
			t.Errorf("%d calls", calls)
		}
	})
}

// TestStoppedRun: what was stopped has not failed.
func TestStoppedRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		time.Sleep(15 * time.Second)
		if err := service.Stop(t.Context(), ref, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r, err := service.Report(t.Context(), ref, s.status(service, ref))
		if diff := cmp.Diff(wanted("13", "1", "0", "manual-stop"), servicetest.Lines(r.Samples)); diff != "" || err != nil {
			t.Error(diff, err)
		}
	})
}

// TestStoppedStream: a stream that is off has a duration.
func TestStoppedStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myStream", schedule)
		ref := s.start(service)
		time.Sleep(time.Minute)
		if err := service.Stop(t.Context(), ref, false); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		r, err := service.Report(t.Context(), ref, s.status(service, ref))
		got := servicetest.Lines(r.Samples)
		if err != nil || r.Samples[0].Missing != "" || r.Samples[0].Value < 60 || r.Samples[0].Value > 90 || !slices.Equal(got[1:], wanted("", "0", "0", "STOPPED")[1:]) {
			t.Errorf("%q, %v", got, err)
		}
	})
}

// TestUnknownInstance: an instance that the service does not know is a note,
// and nothing is made up.
func TestUnknownInstance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		r, err := service.Report(t.Context(), job.Ref{ID: "myJob", Kind: once, Run: "1"}, job.Status{State: job.StateUnknown, Word: "not known yet"})
		if diff := cmp.Diff(wanted("?", "?", "?", "?"), servicetest.Lines(r.Samples)); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "DLF.0137") {
			t.Errorf("notes %q", r.Notes)
		}
	})
}

// TestBrokenRead: a call that nobody answers is an error beside what is known.
func TestBrokenRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t)
		service := s.open("myJob", once)
		ref := s.start(service)
		time.Sleep(time.Minute)
		last := s.status(service, ref)
		s.Inject(emulator.Fault{Call: "ShowJobInstance", Kind: emulator.Dial, Times: -1})
		r, err := service.Report(t.Context(), ref, last)
		if diff := cmp.Diff(wanted("?", "?", "?", "success"), servicetest.Lines(r.Samples)); diff != "" || err == nil {
			t.Error(diff, err)
		}
	})
}

func TestCount(t *testing.T) {
	nodes := []node{{Status: "success"}, {Status: "fail"}, {Status: "skip"}, {Status: "manual-stop"}, {Status: "NORMAL"}, {Status: "ABNORMAL"}, {Status: "EXCEPTION"}, {Status: "new-word"}}
	for state, want := range map[job.State]float64{job.StateSucceeded: 2, job.StateFailed: 3} {
		if s := count("tasks", nodes, state); s.Value != want || s.Missing != "" {
			t.Errorf("%s: %+v", state, s)
		}
	}
	if s := count("tasks", []node{{Status: "success"}, {Name: "load"}}, job.StateFailed); s.Missing == "" {
		t.Errorf("%+v", s)
	}
}

func TestDuration(t *testing.T) {
	from := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	to := from.Add(28 * time.Second)
	over, on := job.Status{State: job.StateSucceeded, Word: "success"}, job.Status{State: job.StateSucceeded, Word: "NORMAL"}
	for name, test := range map[string]struct {
		kind     string
		last     job.Status
		from, to time.Time
		known    bool
	}{
		"over":                    {once, over, from, to, true},
		"an end of before":        {stream, on, from, to, false}, // of a stream that runs again
		"an end of a live run":    {once, job.Status{State: job.StateRunning, Word: "running-exception"}, from, to, false},
		"no start":                {once, over, time.Time{}, to, false},
		"no end":                  {once, over, from, time.Time{}, false},
		"an end before the start": {once, over, to, from, false},
	} {
		s := duration(job.Ref{Kind: test.kind}, test.last, test.from, test.to)
		if (s.Missing == "") != test.known || test.known && s.Value != 28 || !test.known && s.Value != 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
