package huaweidataarts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

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
