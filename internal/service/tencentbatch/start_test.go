package tencentbatch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

func TestStart(t *testing.T) {
	for inputs, what := range map[string]string{
		inputs: "job nightly",
		strings.Replace(inputs, "JobName: nightly, ", "", 1): "job without a name",
	} {
		service, network := emulated()
		got := start(t, network, inputs)
		truth := service.Half().Begun()
		if len(truth) != 1 || truth[0].Mark != mark || got.RequestID == "" {
			t.Fatalf("begun: %+v, said: %+v", truth, got)
		}
		got.RequestID = ""
		want := job.Item{Provider: Name, What: what, Ref: job.Ref{ID: truth[0].ID}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
}

// TestClientToken: the same token and job are one job.
func TestClientToken(t *testing.T) {
	service, network := emulated()
	withToken := strings.Replace(inputs, "{", "{client_token: run-1, ", 1)
	first, again := start(t, network, withToken), start(t, network, withToken)
	if first.Err != nil || again.Err != nil || first.Ref != again.Ref {
		t.Errorf("got %+v and %+v", first, again)
	}
	if n := len(service.Half().Begun()); n != 1 {
		t.Errorf("%d jobs begun", n)
	}
}

// TestAnswersWithoutAJob: a job may have begun, so it is not said to have
// failed.
func TestAnswersWithoutAJob(t *testing.T) {
	for _, text := range []servicetest.Answer{
		`{}`, `{"Response":null}`, `{"Response":{}}`, `{"Response":{"RequestId":"r"}}`,
		`{"Response":{"JobId":"","RequestId":"r"}}`, `{"Response":{"JobId":null,"RequestId":"r"}}`,
		`{"Response":{"JobId":7,"RequestId":"r"}}`, `{"Response":[]}`, `{"JobId":"job-1"}`,
	} {
		item := start(t, text, inputs)
		if job.OutcomeOf(item.Err) != job.StartUnknown || item.Ref != (job.Ref{}) {
			t.Errorf("%s: got %+v", text, item)
		}
	}
}

// TestDependences: what the service would refuse is refused before any call.
func TestDependences(t *testing.T) {
	tasks := func(names ...string) string {
		var list []string
		for _, name := range names {
			list = append(list, "{TaskName: "+name+", EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo}}")
		}
		return strings.Join(list, ", ")
	}
	edges := func(pairs ...string) string {
		var list []string
		for _, pair := range pairs {
			list = append(list, "{StartTask: "+pair[:1]+", EndTask: "+pair[1:]+"}")
		}
		return strings.Join(list, ", ")
	}
	for _, test := range []struct{ name, tasks, edges, problem string }{
		{"none", tasks("a", "b"), "", ""},
		{"a diamond", tasks("a", "b", "c", "d"), edges("ab", "ac", "bd", "cd"), ""},
		{"the same twice", tasks("a", "b"), edges("ab", "ab"), ""},
		{"itself", tasks("a"), edges("aa"), "loop"},
		{"a loop", tasks("a", "b", "c"), edges("ab", "bc", "ca"), "loop"},
		{"a loop behind others", tasks("a", "b", "c", "d"), edges("ab", "cd", "dc"), "loop"},
		{"an unknown task", tasks("a"), edges("ax"), `"x"`},
		{"a name twice", tasks("a", "a"), "", "twice"},
	} {
		t.Run(test.name, func(t *testing.T) {
			inputs := "{" + target + "job: {Tasks: [" + test.tasks + "], Dependences: [" + test.edges + "]}}"
			spec := New()
			problems := servicetest.Decode(t, spec, inputs)
			if test.problem == "" {
				if len(problems) > 0 || spec.job == nil {
					t.Errorf("got %v", problems)
				}
				return
			}
			if len(problems) != 1 || !strings.Contains(problems.Error(), test.problem) {
				t.Errorf("got %v, want one problem: %s", problems, test.problem)
			}
		})
	}
}

func TestMarked(t *testing.T) {
	for name, want := range map[string]string{
		"":                      "cj-mark",
		"nightly":               "nightly cj-mark",
		strings.Repeat("夜", 60): strings.Repeat("夜", 52) + " cj-mark",
	} {
		if got := marked(name, "cj-mark"); got != want {
			t.Errorf("marked(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestAmbiguousSubmit(t *testing.T) {
	for _, fault := range emulator.Faults() {
		fault.Call = "SubmitJob"
		if fault.Kind == emulator.Slow {
			fault.Delay = 2 * time.Minute
		}
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, "sleep 5}")
			s.batch.Switches.HiddenFor = 5 * time.Second
			s.Inject(fault)
			r := engine.Run(t.Context(), s.services, options())
			begun := s.Begun()["batch"]
			if len(begun) > 1 {
				t.Fatalf("%v: begun %d times", fault, len(begun))
			}
			if len(begun) == 1 && r.Outcome != job.Succeeded {
				t.Errorf("%v: begun, but outcome %s: %v", fault, r.Outcome, r.Items[0].Err)
			}
			if len(begun) == 0 && r.Items[0].How != "" {
				t.Errorf("%v: not begun, but %q", fault, r.Items[0].How)
			}
		})
	}
}
