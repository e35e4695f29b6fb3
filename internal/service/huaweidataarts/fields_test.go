package huaweidataarts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

// TestMistakes are those that only this service knows of.
func TestMistakes(t *testing.T) {
	common := []field.Input{{Name: "project_id", Text: "0123456789abcdef0123456789abcdef"}, {Name: "region", Text: "cn-north-4"}, {Name: "job_name", Text: "myJob"}}
	for _, test := range []struct{ name, text, run, want string }{
		{"start_date", "20241301", schedule, `start_date: must be a day that exists, written as 20241030, not 20241301`},
		{"start_date", "20250229", schedule, `start_date: must be a day that exists`},
		{"start_date", "2024-10-30", schedule, `start_date: must be a whole number`},
		{"start_date", "241030", schedule, `start_date: must be between 20000101 and 20991231, not 241030: a day is written as 20241030`},
		{"start_date", "20240229", schedule, ""},
		{"start_date", "20241030", once, `start_date: start_date is of run: schedule; one run now has no start date`},
		{"ignore_first_self_dep", "yes", schedule, `ignore_first_self_dep: must be true or false`},
		{"ignore_first_self_dep", "false", once, `ignore_first_self_dep: ignore_first_self_dep is of run: schedule`},
		{"job_params", "[{name: a, value: b, paramType: constant}]", schedule, `paramType must be variable or constants, not "constant"`},
		{"job_params", "[{name: a, value: b, paramType: constants}]", once, ""},
	} {
		s := New()
		problems := s.Fields().DecodeInputs(append(common, field.Input{Name: "run", Text: test.run}, field.Input{Name: test.name, Text: test.text}), field.Options{}, s.Check)
		switch {
		case test.want == "" && len(problems) > 0:
			t.Errorf("%+v: %v", test, problems)
		case test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].String(), test.want)):
			t.Errorf("%+v: %v", test, problems)
		}
	}
}

// TestFields: every input arrives in the spec, and nowhere else.
func TestFields(t *testing.T) {
	target := huawei.Target{ProjectID: "0123456789abcdef0123456789abcdef", Region: "cn-north-4"}
	common := []field.Input{{Name: "project_id", Text: target.ProjectID}, {Name: "region", Text: target.Region}}
	params := []field.Pair{{Name: "day", Value: "20301231"}, {Name: "empty", Value: ""}, {Name: "007", Value: "yes"}}
	for name, test := range map[string]struct {
		inputs []field.Input
		want   Spec
	}{
		"map": {
			[]field.Input{
				{Name: "workspace", Text: "7f4c9e2b1d3a45c68e0b9a7d5f213c84"}, {Name: "job_name", Text: "作业一"}, {Name: "run", Text: "once"},
				{Name: "job_params", Text: "day: 20301231\nempty: ''\n007: yes"},
			},
			Spec{workspace: "7f4c9e2b1d3a45c68e0b9a7d5f213c84", jobName: "作业一", run: once, params: params},
		},
		"list": {
			[]field.Input{
				{Name: "job_name", Text: "my.Job-1_a"},
				{Name: "job_params", Text: `[{"name": "day", "value": 20301231}, {"name": "empty", "value": ""}, {"name": "007", "value": "yes"}]`},
			},
			Spec{jobName: "my.Job-1_a", run: schedule, params: params},
		},
		"of the newer documents": {
			[]field.Input{
				{Name: "job_name", Text: "myJob"}, {Name: "start_date", Text: "20241030"}, {Name: "ignore_first_self_dep", Text: "true"},
				{Name: "job_params", Text: "- {name: day, value: '20241030', paramType: constants}\n- {name: env, value: prod, paramType: variable}\n- {name: a, value: b}"},
			},
			Spec{jobName: "myJob", run: schedule, startDate: new(int64(20241030)), ignoreFirst: new(true), params: []field.Pair{
				{Name: "day", Value: "20241030", Type: "constants"}, {Name: "env", Value: "prod", Type: "variable"}, {Name: "a", Value: "b"},
			}},
		},
		"least": {[]field.Input{{Name: "job_name", Text: "myJob"}}, Spec{jobName: "myJob", run: schedule}},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			if problems := s.Fields().DecodeInputs(append(common, test.inputs...), field.Options{}, s.Check); len(problems) > 0 {
				t.Fatal(problems)
			}
			test.want.target = target
			diff := cmp.Diff(&test.want, s, cmp.AllowUnexported(Spec{}), cmpopts.IgnoreUnexported(huawei.Target{}))
			if diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}
