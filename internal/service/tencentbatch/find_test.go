package tencentbatch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// step is a step of one place that submits a job of one task.
func (s stage) step(t *testing.T, attempt, task string) engine.Result {
	t.Helper()
	spec := New()
	services := servicetest.Open(t, spec, s.Transport(), "{"+target+"job: {Tasks: [{EnvId: env-demo0001, "+task+"}]}}")
	return engine.Run(t.Context(), services, engine.Options{
		Mark: engine.Mark{Run: "place", Attempt: attempt, Once: fmt.Sprint("x", len(s.Begun()["batch"]))}, Contents: []string{spec.Fields().Content()},
		Attach: attempt != "1", Timeout: time.Hour, PollEvery: 10 * time.Second,
	})
}

// TestAttachToTheSame: of two jobs whose marks are the same, because they differ
// only in what no mark may hold, each step follows its own.
func TestAttachToTheSame(t *testing.T) {
	const run = "Application: {DeliveryForm: LOCAL, Command: 'if [ 1 < 2 ]; then run.sh; fi'}"
	for name, tasks := range map[string][2]string{
		"command":    {run, strings.ReplaceAll(run, "run.sh", "ship.sh")},
		"commands":   {"Application: {DeliveryForm: LOCAL, Commands: [{Command: a}, {Command: b}]}", "Application: {DeliveryForm: LOCAL, Commands: [{Command: a}, {Command: c}]}"},
		"variable":   {run + ", EnvVars: [{Name: STAGE, Value: test}]", run + ", EnvVars: [{Name: STAGE, Value: production}]"},
		"no value":   {run + ", EnvVars: [{Name: STAGE, Value: ''}]", run + ", EnvVars: [{Name: STAGE, Value: production}]"},
		"package":    {"Application: {DeliveryForm: PACKAGE, Command: a, PackagePath: 'cos://a-1.cos.ap-guangzhou.myqcloud.com/x.tgz'}", "Application: {DeliveryForm: PACKAGE, Command: a, PackagePath: 'cos://a-1.cos.ap-guangzhou.myqcloud.com/y.tgz'}"},
		"docker run": {"Application: {DeliveryForm: LOCAL, Command: a, Docker: {Image: x, DockerRunOption: '-e A=1'}}", "Application: {DeliveryForm: LOCAL, Command: a, Docker: {Image: x, DockerRunOption: '-e A=2'}}"},
	} {
		for _, escaped := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := newStage(t, "echo}")
					s.batch.Switches.EscapedCommands = escaped
					var own [2]string
					for i, task := range tasks {
						r := s.step(t, "1", task)
						if r.Outcome != job.Started {
							t.Fatalf("%+v", r)
						}
						own[i] = r.Items[0].Ref.ID
					}
					if begun := s.Begun()["batch"]; strings.TrimSuffix(begun[0].Mark, "x0") != strings.TrimSuffix(begun[1].Mark, "x1") {
						t.Errorf("what is apart is in the mark: %s, %s", begun[0].Mark, begun[1].Mark)
					}
					for _, i := range []int{1, 0} {
						if r := s.step(t, "2", tasks[i]); r.Items[0].How != job.Attached || r.Items[0].Ref.ID != own[i] {
							t.Errorf("%s follows %+v, want %s", tasks[i], r.Items[0], own[i])
						}
					}
				})
			})
		}
	}
}

// TestAttachUntold: a record that does not tell what a job runs proves nothing.
func TestAttachUntold(t *testing.T) {
	const told = "Application: {DeliveryForm: LOCAL, Command: a}, EnvVars: [{Name: STAGE, Value: test}]"
	ours := New()
	if problems := ours.Fields().DecodeInputs([]field.Input{
		{Name: "region", Text: "ap-guangzhou"}, {Name: "placement", Text: "Zone: ap-guangzhou-4"}, {Name: "job", Text: "Tasks: [{TaskName: main, EnvId: env-demo0001, " + told + "}]"},
	}, field.Options{}, ours.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	value := []envVar{{"STAGE", "test"}}
	for name, c := range map[string]struct {
		record     []recordedTask
		same, told bool
	}{
		"the same":         {[]recordedTask{{"main", recordedApplication{Command: "a"}, value}}, true, true},
		"in another order": {[]recordedTask{{"other", recordedApplication{Command: "b"}, nil}, {"main", recordedApplication{Command: "a"}, value}}, true, true},
		"another":          {[]recordedTask{{"main", recordedApplication{Command: "b"}, value}}, false, true},
		"another, partly":  {[]recordedTask{{"main", recordedApplication{Command: "b"}, nil}}, false, true},
		"nothing":          {nil, true, false},
		"no variables":     {[]recordedTask{{"main", recordedApplication{Command: "a"}, nil}}, true, false},
		"no such task":     {[]recordedTask{{"other", recordedApplication{Command: "a"}, value}}, true, false},
	} {
		if same, told := (&service{spec: ours}).is(c.record); same != c.same || told != c.told {
			t.Errorf("%s: same %t, told %t", name, same, told)
		}
	}
}

// TestAttachNeedsTheRecord: a record that cannot be read says nothing, so
// nothing is started beside the job, and that is said.
func TestAttachNeedsTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, "echo}")
		const task = "Application: {DeliveryForm: LOCAL, Command: a}"
		s.step(t, "1", task)
		s.Inject(emulator.Fault{Call: "DescribeJobSubmitInfo", Kind: emulator.Forbidden, Times: -1})
		r := s.step(t, "2", task)
		if err := r.Items[0].Err; r.Outcome != job.Unauthorized || err == nil || !strings.Contains(err.Error(), "nothing was started") || len(s.Begun()["batch"]) != 1 {
			t.Errorf("%+v", r)
		}
	})
}

// TestAttachFindsAll: the jobs of all attempts are found, on whatever page they
// stand; what one start began is found without reading on.
func TestAttachFindsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, "sleep 10000}")
		service := s.services[0].(*service)
		begin := func(mark string) job.Intent {
			intent, err := service.Intend(t.Context(), mark)
			if err != nil {
				t.Fatal(err)
			}
			if items := service.Start(t.Context(), intent); items[0].Err != nil {
				t.Fatal(items[0].Err)
			}
			return intent
		}
		begin("cj-abcdefghij-1-aaaa")
		for i := range 2 * pageLimit {
			begin(fmt.Sprintf("cj-otherother-1-%d", i))
		}
		last := begin("cj-abcdefghij-2-bbbb")

		base := last
		base.Mark = "cj-abcdefghij-"
		found, err := service.Find(t.Context(), base)
		if err != nil || len(found) != 2 || found[0].Mark == found[1].Mark || found[0].Ref == found[1].Ref || !found[0].Ours || !found[1].Ours {
			t.Errorf("found %+v, %v", found, err)
		}

		before := s.Calls()["DescribeJobs"]
		last.At = time.Now()
		if found, err := service.Find(t.Context(), last); err != nil || len(found) != 1 || found[0].Mark != last.Mark {
			t.Errorf("found %+v, %v", found, err)
		}
		if calls := s.Calls()["DescribeJobs"] - before; calls != 1 {
			t.Errorf("it read %d pages for what stands on the first", calls)
		}
	})
}

// TestAttachNotToATerminated: a job that is being terminated looks alive in the
// list; a re-run starts a new one.
func TestAttachNotToATerminated(t *testing.T) {
	for _, terminated := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, "echo}")
			s.batch.Switches.TerminateFor = time.Hour
			const task = "Application: {DeliveryForm: LOCAL, Command: sleep 10000}"
			first := s.step(t, "1", task).Items[0]
			time.Sleep(time.Minute)
			if terminated {
				if err := s.services[0].Stop(t.Context(), first.Ref, false); err != nil {
					t.Fatal(err)
				}
			}
			if r := s.step(t, "2", task); (r.Items[0].How == job.Attached) == terminated || len(s.Begun()["batch"]) > 2 {
				t.Errorf("terminated %t: %+v", terminated, r.Items[0])
			}
		})
	}
}

func TestMarksOnLaterPages(t *testing.T) {
	listing().MarksOnLaterPages(t, "", func(n http.RoundTripper) engine.Follower { return reader(t, n) })
}
