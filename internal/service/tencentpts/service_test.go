package tencentpts

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

// stage is a cloud of one test, and services that ask it.
type stage struct {
	*emulator.Emulator
	pts      *ptsemu.Service
	services []engine.Service
}

func newStage(t *testing.T, scenarios string) stage {
	t.Helper()
	pts := ptsemu.New(emulator.NewClock(1))
	s := stage{Emulator: emulator.New(emulator.Options{}, pts.Half()), pts: pts}
	spec := New()
	problems := spec.Fields().DecodeInputs([]field.Input{
		{Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: scenarios}, {Name: "note", Text: "before the release"},
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
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second,
	}
}

// reader is a follower over any network.
func reader(t *testing.T, network http.RoundTripper) follower {
	t.Helper()
	env := map[string]string{"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret}
	account, err := tencent.Open(cloud.Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &cloud.Transport{Base: network},
	}, tencent.Target{Site: tencent.International}, "pts")
	if err != nil {
		t.Fatal(err)
	}
	return follower{account}
}

// answers is a network that answers each call with one text.
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	text := a[r.Header.Get("X-TC-Action")]
	if text == "" {
		text = "{}"
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"Response":` + text + `}`)), Request: r}, nil
}
