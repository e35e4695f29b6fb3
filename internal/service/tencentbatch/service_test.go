package tencentbatch

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
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

// stage is a cloud of one test, and the service that asks it.
type stage struct {
	*emulator.Emulator
	batch    *batchemu.Service
	services []engine.Service
}

func newStage(t *testing.T, task string) stage {
	t.Helper()
	batch := batchemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, batch.Half()), batch: batch}
	spec := New()
	problems := spec.Fields().DecodeInputs([]field.Input{
		{Name: "region", Text: "ap-guangzhou"}, {Name: "placement", Text: "Zone: ap-guangzhou-4"},
		{Name: "job", Text: "JobName: nightly\nTasks:\n  - TaskName: main\n    EnvId: env-demo0001\n    Application: {DeliveryForm: LOCAL, Command: " + task},
	}, field.Options{}, spec.Check)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	env := cloud.Env{Transport: &cloud.Transport{Base: s.Transport()}, Getenv: func(name string) string {
		return map[string]string{"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret}[name]
	}}
	services, err := spec.Open(env)
	if err != nil {
		t.Fatal(err)
	}
	s.services = services
	return s
}

func options() engine.Options {
	return engine.Options{
		Mark: engine.Mark{Run: "test", Attempt: "1", Once: "once"},
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second, Confirm: time.Minute,
	}
}

// reader is a follower over any network.
func reader(t *testing.T, network http.RoundTripper) follower {
	t.Helper()
	env := map[string]string{"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret}
	account, err := tencent.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: network},
	}, tencent.Target{Region: "ap-guangzhou", Site: tencent.Domestic}, "batch")
	if err != nil {
		t.Fatal(err)
	}
	return follower{account}
}

// answers is a network that answers each call with one text.
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	text := a[r.Header.Get("X-TC-Action")]
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Response":` + text + `}`)), Request: r}, nil
}
