package tencentpts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/field"
)

// TestFields: every input arrives in the spec, and nowhere else.
func TestFields(t *testing.T) {
	debug := true
	for name, test := range map[string]struct {
		inputs []field.Input
		want   Spec
	}{
		"all": {
			[]field.Input{
				{Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo, scenario-short"},
				{Name: "job_owner", Text: "alice"}, {Name: "debug", Text: "true"}, {Name: "note", Text: "a note\n::with lines"},
				{Name: "region", Text: "ap-guangzhou"}, {Name: "endpoint", Text: "http://127.0.0.1:8787"}, {Name: "site", Text: "domestic"},
			},
			Spec{
				target:    tencent.Target{Region: "ap-guangzhou", Endpoint: "http://127.0.0.1:8787", Site: tencent.Domestic},
				projectID: "project-demo", scenarios: []string{"scenario-demo", "scenario-short"},
				jobOwner: "alice", debug: &debug, note: "a note\n::with lines",
			},
		},
		"least": {
			[]field.Input{{Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo"}},
			Spec{target: tencent.Target{Site: tencent.International}, projectID: "project-demo", scenarios: []string{"scenario-demo"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			if problems := s.Fields().DecodeInputs(test.inputs, field.Options{}, s.Check); len(problems) > 0 {
				t.Fatal(problems)
			}
			if diff := cmp.Diff(&test.want, s, cmp.AllowUnexported(Spec{})); diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
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
