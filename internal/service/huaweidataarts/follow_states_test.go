package huaweidataarts

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
)

// instances are jobs whose runs go through one status each.
func TestInstanceStates(t *testing.T) {
	forever := dataartsemu.Forever
	waits := func(status string) dataartsemu.Job {
		return dataartsemu.Job{Waits: []dataartsemu.Phase{{Status: status, Takes: forever}}, Nodes: []dataartsemu.Node{{Name: "n"}}}
	}
	nodes := func(list ...dataartsemu.Node) dataartsemu.Job { return dataartsemu.Job{Nodes: list} }
	ends := func(how string) dataartsemu.Job {
		return dataartsemu.Job{Nodes: []dataartsemu.Node{{Name: "n", Takes: time.Second}}, Ends: how}
	}
	tests := []struct {
		name     string
		def      dataartsemu.Job
		switches dataartsemu.Switches
		want     job.Status // its times are not compared
	}{
		{"unknown", waits("waiting"), dataartsemu.Switches{InstanceKnownAfter: time.Hour}, job.Status{State: job.StateUnknown, Word: "not known yet", Unlisted: true}},
		{"unknown, newer code", waits("waiting"), dataartsemu.Switches{InstanceKnownAfter: time.Hour, FiveDigitCodes: true}, job.Status{State: job.StateUnknown, Word: "not known yet", Unlisted: true}},
		{"waiting", waits("waiting"), dataartsemu.Switches{}, job.Status{State: job.StatePending, Word: "waiting", Progress: "0 of 1 nodes"}},
		{"waiting-confirm", waits("waiting-confirm"), dataartsemu.Switches{}, job.Status{State: job.StatePending, Word: "waiting-confirm", Message: "somebody has to confirm it", Progress: "0 of 1 nodes"}},
		{"freeze", waits("freeze"), dataartsemu.Switches{}, job.Status{State: job.StatePending, Word: "freeze", Progress: "0 of 1 nodes"}},
		{"stopped while it waited", waits("canceled"), dataartsemu.Switches{}, job.Status{State: job.StateStopped, Word: "canceled", Progress: "0 of 1 nodes"}},
		{"a new word", waits("pondering"), dataartsemu.Switches{}, job.Status{State: job.StateUnknown, Word: "pondering", Progress: "0 of 1 nodes"}},
		{"running", nodes(dataartsemu.Node{Name: "a"}, dataartsemu.Node{Name: "b", Takes: forever, Speed: 800}, dataartsemu.Node{Name: "c"}), dataartsemu.Switches{},
			job.Status{State: job.StateRunning, Word: "running", Progress: "1 of 3 nodes, b runs, 800 rows/s"}},
		{"pause", nodes(dataartsemu.Node{Name: "a", Ends: "pause"}), dataartsemu.Switches{}, job.Status{State: job.StateRunning, Word: "pause", Progress: "0 of 1 nodes"}},
		{"tried again", nodes(dataartsemu.Node{Name: "a", Takes: 4 * time.Second, Failures: 1}), dataartsemu.Switches{},
			job.Status{State: job.StateRunning, Word: "running", Progress: "0 of 1 nodes, a runs (retry 1)"}},
		{"halted", nodes(dataartsemu.Node{Name: "a", Ends: "halt"}, dataartsemu.Node{Name: "b"}), dataartsemu.Switches{},
			job.Status{State: job.StateFailed, Word: "running-exception", Message: "a node failed and halts it; it stays so until somebody continues or stops it in the console", Progress: "0 of 2 nodes"}},
		{"success", ends(""), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Progress: "1 of 1 nodes"}},
		{"a node skipped", nodes(dataartsemu.Node{Name: "a", Ends: "skip"}), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Progress: "1 of 1 nodes"}},
		{"forced", ends("forceSuccess"), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Message: "somebody set it to success by hand", Progress: "1 of 1 nodes"}},
		{"forced, a word", ends("forceSuccess"), dataartsemu.Switches{ForceSuccessStatus: true}, job.Status{State: job.StateSucceeded, Word: "forceSuccess", Message: "somebody set it to success by hand", Progress: "1 of 1 nodes"}},
		{"ignored", ends("ignoreSuccess"), dataartsemu.Switches{}, job.Status{State: job.StateSucceeded, Word: "success", Message: "it failed, and the failure is ignored", Progress: "1 of 1 nodes"}},
		{"ignored, a word", ends("ignoreSuccess"), dataartsemu.Switches{ForceSuccessStatus: true}, job.Status{State: job.StateSucceeded, Word: "ignoreSuccess", Message: "it failed, and the failure is ignored", Progress: "1 of 1 nodes"}},
		{"skipped", ends("skip-by-depend"), dataartsemu.Switches{}, job.Status{State: job.StateFailed, Word: "skip-by-depend", Message: "it was skipped because of a job that it depends on, and did not run", Progress: "1 of 1 nodes"}},
		{"fail", nodes(dataartsemu.Node{Name: "a", Ends: "fail"}, dataartsemu.Node{Name: "b"}), dataartsemu.Switches{}, job.Status{State: job.StateFailed, Word: "fail", Progress: "0 of 2 nodes"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Switches = test.switches
				test.def.Name, test.def.Type = "a-job", dataartsemu.Batch
				s.dataarts.Add(test.def)
				service := s.open("a-job", once)
				ref := s.start(service)
				time.Sleep(5 * time.Second)
				got := s.status(service, ref)
				got.Begun, got.Ended = time.Time{}, time.Time{}
				if got != test.want {
					t.Errorf("got  %+v\nwant %+v", got, test.want)
				}
			})
		})
	}
}

func TestStreamStates(t *testing.T) {
	tests := map[string]job.State{
		"STARTING": job.StatePending, "STARTTING": job.StatePending, "NORMAL": job.StateSucceeded, "OVERLOAD": job.StateRunning,
		"EXCEPTION": job.StateFailed, "ABNORMAL": job.StateFailed, "STOPPING": job.StateStopping,
		"STOPPED": job.StateStopped, "PAUSE": job.StateStopped, "PAUSED": job.StateStopped, "DISABLE": job.StateStopped,
		"INIT": job.StateUnknown, "PONDERING": job.StateUnknown,
	}
	for word, want := range tests {
		t.Run(word, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t)
				s.dataarts.Add(dataartsemu.Job{
					Name: "a-stream", Type: dataartsemu.RealTime, Nodes: []dataartsemu.Node{{Name: "n"}},
					Walk: []dataartsemu.Phase{{Status: word, Takes: dataartsemu.Forever}},
				})
				service := s.open("a-stream", schedule)
				ref := s.start(service)
				if want := fmt.Sprintf("since:%d", time.Now().UnixMilli()); ref != (job.Ref{ID: "a-stream", Kind: stream, Since: want}) {
					t.Errorf("ref %+v", ref)
				}
				early := want
				if isOff(word) { // it may be the state before the start
					early = job.StateUnknown
				}
				if got := s.status(service, ref); got.State != early {
					t.Errorf("at once: %+v, want %s", got, early)
				}
				time.Sleep(settles)
				got := s.status(service, ref)
				if got.State != want || got.Word != word || got.Costs != (word == "NORMAL") || got.Begun.IsZero() {
					t.Errorf("got %+v, want %s", got, want)
				}
			})
		})
	}
}
