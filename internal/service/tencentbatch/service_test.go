package tencentbatch

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
	batchemu "cloudjob/internal/service/tencentbatch/emu"
)

const (
	mark   = "cj-test"
	target = "region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, "
	inputs = "{" + target + "job: {JobName: nightly, Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo}}]}}"
)

// decode reads the inputs, a YAML map.
func decode(t *testing.T, inputs string) (*Spec, field.Problems) {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		t.Fatal(err)
	}
	spec := New()
	return spec, spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check)
}

// start starts what the inputs ask for.
func start(t *testing.T, network http.RoundTripper, inputs string) job.Item {
	t.Helper()
	spec, problems := decode(t, inputs)
	if len(problems) > 0 {
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
	intent, err := services[0].Intend(t.Context(), mark)
	if err != nil {
		t.Fatal(err)
	}
	items := services[0].Start(t.Context(), intent)
	if len(services) != 1 || len(items) != 1 {
		t.Fatalf("%d services, %d items", len(services), len(items))
	}
	return items[0]
}

// emulated is an emulated Batch.
func emulated() (*batchemu.Service, http.RoundTripper) {
	s := batchemu.New(time.Now)
	return s, emulator.New(emulator.Options{}, s.Half()).Transport()
}

// answer is a network with one answer.
type answer string

func (a answer) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(a))), Request: r}, nil
}

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
	for _, text := range []answer{
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

// TestCodes are the codes of document 002 and of facts tencent-batch §7, as
// the emulated service refuses a good submission with them.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: `UnauthorizedOperation.UserNotAllowedToUseBatch`,
		job.Limited:      `LimitExceeded.JobQuota`,
		job.StartUnknown: `InternalError InternalError.CallCvm InternalError.CallCam InternalError.CallTagAPI`,
		job.StartFailed: `AllowedOneAttributeInEnvIdAndComputeEnv
			InvalidParameter.CvmParameters InvalidParameter.JobDescriptionTooLong InvalidParameter.JobNameTooLong
			InvalidParameter.NotificationEventNameDuplicate InvalidParameter.NotificationTopicName
			InvalidParameter.NotificationTopicNameTooLong InvalidParameter.TaskName InvalidParameter.TaskNameTooLong
			InvalidParameterValue.ComputeEnv InvalidParameterValue.DependenceNotFoundTaskName
			InvalidParameterValue.DependenceUnfeasible InvalidParameterValue.LocalPath InvalidParameterValue.MaxRetryCount
			InvalidParameterValue.Negative InvalidParameterValue.RemoteStoragePath InvalidParameterValue.RemoteStorageSchemeType
			InvalidParameter.EnvIdMalformed InvalidParameter.ImageIdMalformed InvalidParameter.InvalidParameterCombination
			InvalidParameterValue.InstanceTypeDuplicate InvalidParameterValue.InvalidDataTypeAny InvalidParameterValue.NotFloat
			InvalidParameterValue.InvalidZoneMismatchRegion InvalidZone.MismatchRegion InvalidParameterValue.UnavailableZone
			InvalidParameterValue.LimitExceeded InvalidParameterValue.TaskInstanceNum ResourceNotFound.ComputeEnv
			ActionOffline InvalidAction UnsupportedRegion`,
	} {
		for _, code := range strings.Fields(names) {
			service, network := emulated()
			service.Switches.SubmitRefusal = code
			item := start(t, network, inputs)
			e, ok := errors.AsType[*job.Error](item.Err)
			if !ok || e.Code != code || e.Meaning == "" || e.Cure == "" || e.RequestID == "" {
				t.Errorf("%s: got %+v", code, item)
				continue
			}
			if got := job.OutcomeOf(e); got != outcome {
				t.Errorf("%s: outcome %s, want %s", code, got, outcome)
			}
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
			spec, problems := decode(t, inputs)
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

// TestStorageHint: a scheme is refused for the folders of a task. Who has an
// http:// address in PackagePath, which the vendor's guide shows, is not to
// change it.
func TestStorageHint(t *testing.T) {
	said := codeOf("InvalidParameterValue.RemoteStorageSchemeType").Meaning + "; " + codeOf("InvalidParameterValue.RemoteStorageSchemeType").Cure
	for _, part := range []string{"RedirectInfo", "InputMappings", "OutputMappings", "PackagePath is another matter, and may be http://"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
}

func codeOf(code string) cloud.Code { return cloud.Explain(code, codes) }
