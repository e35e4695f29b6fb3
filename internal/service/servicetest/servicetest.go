// Package servicetest is what the tests of the services share: it opens a
// service over any network, starts what it starts, and writes down what it
// says. Only tests import it.
package servicetest

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Spec is what a service makes of a user's inputs.
type Spec interface {
	Fields() field.Set
	Check(*field.At)
	Open(cloud.Env) ([]engine.Service, error)
}

// Env is an environment with a network and the emulator's logins to both
// clouds.
func Env(network http.RoundTripper) cloud.Env {
	login := map[string]string{
		"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret,
		"HUAWEICLOUD_SDK_AK": emulator.HuaweiAccessKey, "HUAWEICLOUD_SDK_SK": emulator.Secret,
	}
	return cloud.Env{Transport: &cloud.Transport{Base: network}, Getenv: func(name string) string { return login[name] }}
}

// Decode reads inputs, a YAML map, into a spec.
func Decode(t *testing.T, spec Spec, inputs string) field.Problems {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(inputs), &n); err != nil {
		t.Fatal(err)
	}
	return spec.Fields().DecodeYAML("inputs", n.Content[0], field.Options{}, spec.Check)
}

// Open makes the services of inputs, a YAML map, over a network.
func Open(t *testing.T, spec Spec, network http.RoundTripper, inputs string) []engine.Service {
	t.Helper()
	return open(t, spec, network, Decode(t, spec, inputs))
}

// OpenInputs makes the services of a step's inputs.
func OpenInputs(t *testing.T, spec Spec, network http.RoundTripper, inputs ...field.Input) []engine.Service {
	t.Helper()
	return open(t, spec, network, spec.Fields().DecodeInputs(inputs, field.Options{}, spec.Check))
}

func open(t *testing.T, spec Spec, network http.RoundTripper, problems field.Problems) []engine.Service {
	t.Helper()
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	services, err := spec.Open(Env(network))
	if err != nil || len(services) == 0 {
		t.Fatal(services, err)
	}
	return services
}

// Intend is the intent of a service under a mark, at this time.
func Intend(t *testing.T, s engine.Service, mark string) job.Intent {
	t.Helper()
	intent, err := s.Intend(t.Context(), mark)
	if err != nil {
		t.Fatal(err)
	}
	intent.At = time.Now()
	return intent
}

// Start starts a service under an intent. What it says names all that it was
// to start.
func Start(t *testing.T, s engine.Service, intent job.Intent) []job.Item {
	t.Helper()
	items := s.Start(t.Context(), intent)
	if len(items) != len(s.What()) {
		t.Fatalf("%d items for %q", len(items), s.What())
	}
	for i, item := range items {
		if item.Provider != s.Provider() || item.What != s.What()[i] {
			t.Errorf("%s of %s, want %s of %s", item.What, item.Provider, s.What()[i], s.Provider())
		}
	}
	return items
}

// Status is the status of each job.
func Status(t *testing.T, f engine.Follower, refs ...job.Ref) []job.Status {
	t.Helper()
	statuses, err := f.Status(t.Context(), refs)
	if err != nil || len(statuses) != len(refs) {
		t.Fatalf("%d statuses of %d jobs, %v", len(statuses), len(refs), err)
	}
	return statuses
}

// Options are those of a run that is waited for.
func Options() engine.Options {
	return engine.Options{
		Mark: engine.Mark{Run: "test", Attempt: "1", Once: "once"},
		Wait: true, Timeout: time.Hour, PollEvery: 10 * time.Second,
		Jitter: func() float64 { return 0.5 },
	}
}

// Inspected is what a check tells, a line for each thing and each run.
func Inspected(t *testing.T, s interface {
	Inspect(context.Context) ([]job.Thing, []job.Earlier)
}) (lines []string) {
	t.Helper()
	things, runs := s.Inspect(t.Context())
	for _, thing := range things {
		lines = append(lines, fmt.Sprintf("%s %s: %s", []string{"fine", "untold", "absent", "unfit", "unread"}[thing.Finding], thing.Name, thing.Says))
	}
	for _, r := range runs {
		id := r.Ref.ID
		if r.Ref.Run != "" {
			id = r.Ref.Run
		}
		lines = append(lines, fmt.Sprintf("run %s %s", id, r.Status.Word))
	}
	return lines
}
