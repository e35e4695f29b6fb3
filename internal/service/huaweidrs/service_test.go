package huaweidrs

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

const (
	mark    = "cj-test"
	target  = "project_id: " + emulator.ProjectID + ", region: cn-north-4, "
	unknown = "00000000-0000-0000-0000-000000000000"
)

// start starts tasks by their ids.
func start(t *testing.T, network http.RoundTripper, ids ...string) []job.Item {
	t.Helper()
	return startInputs(t, network, "{"+target+"job_ids: ["+strings.Join(ids, ", ")+"]}")
}

// startInputs starts what the inputs, a YAML map, ask for.
func startInputs(t *testing.T, network http.RoundTripper, inputs string) []job.Item {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		t.Fatal(err)
	}
	spec := New()
	if problems := spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	env := map[string]string{"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret}
	services, err := spec.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: network},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(services) != 1 {
		t.Fatalf("%d services: all tasks go into one call", len(services))
	}
	intent := job.Intent{Mark: mark, IDs: []string{drsemu.Migration + " " + fullTrans}} // of the one task that canned knows
	if _, ok := network.(canned); !ok {
		if intent, err = services[0].Intend(t.Context(), mark); err != nil {
			t.Fatal(err)
		}
	}
	items := services[0].Start(t.Context(), intent)
	if len(items) != len(services[0].What()) {
		t.Fatalf("%d items for %q", len(items), services[0].What())
	}
	for i, item := range items {
		if item.Provider != Name || item.What != services[0].What()[i] || item.RequestID == "" {
			t.Errorf("got %+v", item)
		}
	}
	return items
}

// emulated is an emulated DRS.
func emulated(change func(*drsemu.Service)) (*drsemu.Service, http.RoundTripper) {
	s := drsemu.New(time.Now)
	change(s)
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

// said is what an item says, in short.
type said struct {
	Outcome       job.Outcome
	Ref           job.Ref
	Status, Code  string
	Note, Message string
}

func saying(items []job.Item) (list []said) {
	for _, item := range items {
		s := said{Outcome: job.OutcomeOf(item.Err), Ref: item.Ref, Status: item.Status, Note: item.Note}
		if e, ok := errors.AsType[*job.Error](item.Err); ok {
			s.Code, s.Message = e.Code, e.Message
		}
		list = append(list, s)
	}
	return list
}

// TestStartAnswers are the ways in which the service answers for single tasks
// inside an answer of success, and what became of them.
func TestStartAnswers(t *testing.T) {
	const a, b = drsemu.Migration, drsemu.Sync
	kinds := map[string]string{a: fullTrans, b: fullIncrTrans}
	started := func(id string) said {
		return said{Outcome: job.Started, Ref: job.Ref{ID: id, Kind: kinds[id]}, Status: "success"}
	}
	lost := said{Outcome: job.StartUnknown, Message: "the answer does not name the task; look at its status in the console"}
	busy := said{
		Outcome: job.StartFailed, Status: "failed", Code: "DRS.M01504",
		Message: "Another operation is being performed on the migration task or the migration task is abnormal. Try again later.",
	}
	wrongState := said{Outcome: job.StartFailed, Status: "failed", Code: "DRS.M00304", Message: "API cannot be invoked by a task in the current state."}
	missing := said{Outcome: job.StartFailed, Code: "DRS.M00289", Message: "task " + unknown + ": The task does not exist."}
	tests := []struct {
		name   string
		change func(*drsemu.Service)
		ids    []string
		want   []said
		begun  int
	}{
		{"both", func(*drsemu.Service) {}, []string{a, b}, []said{started(a), started(b)}, 2},
		{"under the sample's key", func(s *drsemu.Service) { s.Switches.JobsKey = true }, []string{a, b}, []said{started(a), started(b)}, 2},
		{"one is busy", func(*drsemu.Service) {}, []string{a, drsemu.RefusesStart, b}, []said{started(a), busy, started(b)}, 2},
		{"one runs already", func(*drsemu.Service) {}, []string{drsemu.AlreadyRunning, b}, []said{wrongState, started(b)}, 1},
		{"one was not checked", func(*drsemu.Service) {}, []string{drsemu.PrecheckMissing, b}, []said{busy, started(b)}, 1},
		{"one begins unseen", func(s *drsemu.Service) { s.Switches.StartHides = a }, []string{a, b}, []said{lost, started(b)}, 2},
		{"one is lost", func(s *drsemu.Service) { s.Switches.StartLoses = a }, []string{a, b}, []said{lost, started(b)}, 1},
		{"one does not exist", func(s *drsemu.Service) { s.Switches.UnknownJob = drsemu.UnknownPerJob }, []string{a, unknown},
			[]said{started(a), {Outcome: job.StartFailed, Status: "failed", Code: "DRS.M05003", Message: "The task is not found."}}, 1},
		{"one does not exist, for all", func(*drsemu.Service) {}, []string{a, unknown}, []said{missing, missing}, 0},
		{"one does not exist, plainly", func(s *drsemu.Service) { s.Switches.UnknownJob = drsemu.UnknownPlain }, []string{unknown},
			[]said{{Outcome: job.StartFailed, Code: "DRS.M05003", Message: "The task is not found."}}, 0},
		{"one ended", func(*drsemu.Service) {}, []string{drsemu.AlreadyEnded}, []said{wrongState}, 0},
		{"a second start is refused", func(s *drsemu.Service) { s.Switches.SecondStartRefused = true }, []string{drsemu.AlreadyRunning},
			[]said{{Outcome: job.StartFailed, Code: "DRS.M00304", Message: "API cannot be invoked by a task in the current state."}}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			service, network := emulated(test.change)
			got := saying(start(t, network, test.ids...))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if begun := len(service.Half().Begun()); begun != test.begun {
				t.Errorf("%d tasks begun, want %d", begun, test.begun)
			}
		})
	}
}

// TestNotes: what a reader should know of a start that was accepted.
func TestNotes(t *testing.T) {
	_, network := emulated(func(*drsemu.Service) {})
	got := saying(startInputs(t, network, "{"+target+"jobs: [{job_id: "+drsemu.Migration+", start_time: 2100-01-01T08:00:00+08:00}, {job_id: "+drsemu.Monthly+"}, {job_id: "+drsemu.Sync+"}]}"))
	if want := "scheduled for 2100-01-01T00:00:00Z"; got[0].Note != want {
		t.Errorf("got %q, want %q", got[0].Note, want)
	}
	if !strings.HasPrefix(got[1].Note, "order CS") {
		t.Errorf("got %q", got[1].Note)
	}
	if got[2].Note != "" {
		t.Errorf("got %q", got[2].Note)
	}
	if got := note(task{startTime: "4102444800000"}, reply{OrderID: "CS1"}, job.Ref{Kind: fullTrans}); got != "scheduled for 2100-01-01T00:00:00Z; order CS1" {
		t.Errorf("got %q", got)
	}
}

// canned is a network with one answer.
type canned string

func (a canned) RoundTrip(r *http.Request) (*http.Response, error) {
	header := http.Header{"X-Request-Id": {"r-1"}}
	return &http.Response{StatusCode: http.StatusAccepted, Header: header, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

// TestAnswers: the document's table calls the list results, its sample jobs;
// both are read, and what neither of them says is not known.
func TestAnswers(t *testing.T) {
	const id = `"id":"` + drsemu.Migration + `"`
	const good, other = `{` + id + `,"status":"success"}`, `{"id":"` + unknown + `","status":"success"}`
	for text, outcome := range map[canned]job.Outcome{
		`{"results":[` + good + `],"count":1}`:                                     job.Started,
		`{"jobs":[` + good + `],"count":1}`:                                        job.Started,
		`{"results":null,"jobs":[` + good + `],"count":1}`:                         job.Started,
		`{"results":[` + other + `,` + good + `],"count":2}`:                       job.Started,
		`{"results":[{` + id + `,"status":"success","error_code":"DRS.M01504"}]}`:  job.Started,
		`{"results":[` + other + `],"count":1}`:                                    job.StartUnknown,
		`{"results":[],"count":0}`:                                                 job.StartUnknown,
		`{"count":1}`:                                                              job.StartUnknown,
		`{}`:                                                                       job.StartUnknown,
		`{"results":[{"status":"success"}]}`:                                       job.StartUnknown,
		`{"results":[{` + id + `}]}`:                                               job.StartUnknown,
		`{"results":[{` + id + `,"status":"SUCCESS"}]}`:                            job.StartUnknown,
		`{"results":[{` + id + `,"status":"pending"}]}`:                            job.StartUnknown,
		`{"results":"all"}`:                                                        job.StartUnknown,
		`{"results":[{"id":7,"status":"success"}]}`:                                job.StartUnknown,
		`{"results":[{` + id + `,"status":"failed","error_code":"DRS.M00004"}]}`:   job.StartUnknown,
		`{"results":[{` + id + `,"status":"failed","error_code":"DRS.M00102"}]}`:   job.Unauthorized,
		`{"results":[{` + id + `,"status":"failed","error_code":"DRS.M01503"}]}`:   job.Limited,
		`{"results":[{` + id + `,"status":"failed","error_code":"NOBODY.KNOWS"}]}`: job.StartFailed,
		`{"results":[{` + id + `,"status":"failed"}]}`:                             job.StartFailed,
	} {
		item := start(t, text, drsemu.Migration)[0]
		if got := job.OutcomeOf(item.Err); got != outcome {
			t.Errorf("%s\ngot %s, want %s: %v", text, got, outcome, item.Err)
		}
		if (item.Ref.ID != "") != (outcome == job.Started) {
			t.Errorf("%s\nnames %q", text, item.Ref.ID)
		}
		if e, ok := errors.AsType[*job.Error](item.Err); ok && e.Code != "" && (e.Meaning == "" || e.Cure == "") {
			t.Errorf("%s\nis not explained: %v", text, e)
		}
	}
}

// TestCodes are the codes of facts huawei-drs §8 that a start can meet, as the
// emulated service refuses the whole call with them.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: "M00100 M00101 M00102 M00103 M00105 M00261",
		job.Limited:      "M01503",
		job.StartUnknown: "M00004 M01501",
		job.StartFailed: `M00002 M00007 M00200 M00201 M00202 M00273 M00289 M00299 M00300 M00301 M00302 M00303 M00304 M00305 M00307 M00308
			M01504 M05003 M05004`,
	} {
		for _, name := range strings.Fields(names) {
			for _, executed := range []bool{false, true} {
				if executed && outcome != job.StartUnknown {
					continue
				}
				service, network := emulated(func(s *drsemu.Service) {
					s.Refuse(drsemu.Refusal{Call: "BatchStartJobs", Code: "DRS." + name, Times: 1, Executed: executed})
				})
				item := start(t, network, drsemu.Migration)[0]
				e, ok := errors.AsType[*job.Error](item.Err)
				known := cloud.Explain("DRS."+name, codes)
				if !ok || e.Code != "DRS."+name || known.Meaning == "" || e.Meaning != known.Meaning || e.Cure == "" {
					t.Errorf("%s: got %+v", name, item)
					continue
				}
				if got := job.OutcomeOf(e); got != outcome {
					t.Errorf("%s: outcome %s, want %s", name, got, outcome)
				}
				if begun := len(service.Half().Begun()); (begun > 0) != executed {
					t.Errorf("%s: %d tasks begun", name, begun)
				}
			}
		}
	}
}
