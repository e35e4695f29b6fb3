package tencentpts

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

const (
	inputs = "{project_id: project-demo, scenario_id: scenario-demo, note: ours}"
	mark   = "cj-test"
)

// start starts what the inputs, a YAML map, ask for.
func start(t *testing.T, network http.RoundTripper, inputs string) (items []job.Item) {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		t.Fatal(err)
	}
	spec := New()
	if problems := spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check); len(problems) > 0 {
		t.Fatal(problems)
	}
	env := map[string]string{"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret}
	services, err := spec.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: network},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range services {
		intent, err := s.Intend(t.Context(), mark)
		if err != nil {
			t.Fatal(err)
		}
		started := s.Start(t.Context(), intent)
		if len(started) != len(s.What()) {
			t.Fatalf("%d items for %q", len(started), s.What())
		}
		items = append(items, started...)
	}
	return items
}

// emulated is an emulated PTS.
func emulated() (*ptsemu.Service, http.RoundTripper) {
	s := ptsemu.New(time.Now)
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

func begun(s *ptsemu.Service) int { return len(s.Half().Begun()) }

// answer is a network with one answer.
type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

func TestStart(t *testing.T) {
	service, network := emulated()
	got := start(t, network, "{project_id: project-demo, scenario_id: [scenario-demo, scenario-missing, scenario-failing], note: ours}")
	for i := range got {
		got[i].RequestID = "" // the emulator counts them
	}
	truth := service.Half().Begun()
	if len(truth) != 2 || truth[0].Mark != "ours "+mark || truth[1].Mark != "ours "+mark {
		t.Fatalf("begun: %+v", truth)
	}
	want := []job.Item{
		{Provider: Name, What: "scenario scenario-demo", Ref: job.Ref{ID: truth[0].ID, In: "project-demo/scenario-demo"}},
		{Provider: Name, What: "scenario scenario-missing", Err: got[1].Err},
		{Provider: Name, What: "scenario scenario-failing", Ref: job.Ref{ID: truth[1].ID, In: "project-demo/scenario-failing"}},
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	e, ok := errors.AsType[*job.Error](got[1].Err)
	if !ok || e.Code != "FailedOperation.ResourceNotFound" || e.Fault != job.Refused || e.RequestID == "" {
		t.Errorf("got %v", got[1].Err)
	}
}

// TestAnswersWithoutAJob: a run may have begun, so it is not said to have
// failed.
func TestAnswersWithoutAJob(t *testing.T) {
	for _, text := range []answer{
		`{}`, `{"Response":null}`, `{"Response":{}}`, `{"Response":{"RequestId":"r"}}`,
		`{"Response":{"JobId":"","RequestId":"r"}}`, `{"Response":{"JobId":null,"RequestId":"r"}}`,
		`{"Response":{"JobId":7,"RequestId":"r"}}`, `{"Response":[]}`, `{"JobId":"job-1"}`,
	} {
		item := start(t, text, inputs)[0]
		if job.OutcomeOf(item.Err) != job.StartUnknown || item.Ref != (job.Ref{}) {
			t.Errorf("%s: got %+v", text, item)
		}
	}
}

// TestOwner: JobOwner may not be empty.
func TestOwner(t *testing.T) {
	for _, test := range []struct {
		given string
		env   map[string]string
		want  string
	}{
		{"xiaohong", map[string]string{"GITHUB_ACTOR": "octocat", "USER": "me"}, "xiaohong"},
		{"", map[string]string{"GITHUB_ACTOR": "octocat", "USER": "me"}, "octocat"},
		{"", map[string]string{"USER": "me"}, "me"},
		{"", nil, "cloudjob"},
	} {
		if got := owner(test.given, func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%+v: got %q", test, got)
		}
	}
}

// TestCodes are the codes of document 000, as the emulated service refuses a
// start with them. Where the fault is ambiguous the job may have begun.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: `AuthFailure`,
		job.Limited:      `LimitExceeded ResourceInsufficient`,
		job.StartFailed: `FailedOperation.NoTasksInJob FailedOperation.NotSupportedInEnv FailedOperation.ResourceNotFound
			InvalidParameter InvalidParameterValue`,
		job.StartUnknown: `FailedOperation FailedOperation.DbRecordCreateFailed FailedOperation.DbRecordUpdateFailed InternalError`,
	} {
		for _, code := range strings.Fields(names) {
			for _, begins := range []bool{false, true} {
				if begins && outcome != job.StartUnknown {
					continue
				}
				service, network := emulated()
				service.Switches.Refuse = map[string]string{"StartJob": code}
				service.Switches.BegunThoughRefused = begins
				item := start(t, network, inputs)[0]
				e, ok := errors.AsType[*job.Error](item.Err)
				if !ok || e.Code != code || e.Meaning == "" || e.Cure == "" || e.RequestID == "" {
					t.Errorf("%s: got %+v", code, item)
					continue
				}
				if got := job.OutcomeOf(e); got != outcome {
					t.Errorf("%s: outcome %s, want %s", code, got, outcome)
				}
				if (begun(service) > 0) != begins {
					t.Errorf("%s: %d jobs begun", code, begun(service))
				}
			}
		}
	}
}

// TestQuota: runs at the same time are limited (facts tencent-pts §7).
func TestQuota(t *testing.T) {
	service, network := emulated()
	service.Switches.ParallelJobs = 1
	var outcomes []job.Outcome
	for range 2 {
		outcomes = append(outcomes, job.OutcomeOf(start(t, network, inputs)[0].Err))
	}
	if want := []job.Outcome{job.Started, job.Limited}; !slices.Equal(outcomes, want) || begun(service) != 1 {
		t.Errorf("got %v, %d begun", outcomes, begun(service))
	}
}
