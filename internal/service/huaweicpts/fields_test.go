package huaweicpts

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

// TestFields: every input arrives in the spec, and nowhere else.
func TestFields(t *testing.T) {
	yes, no := true, false
	number := func(n int64) *int64 { return &n }
	target := huawei.Target{ProjectID: "0123456789abcdef0123456789abcdef", Region: "cn-north-4"}
	common := []field.Input{{Name: "project_id", Text: target.ProjectID}, {Name: "region", Text: target.Region}, {Name: "test_project_id", Text: "393862"}}
	for name, test := range map[string]struct {
		inputs []field.Input
		want   Spec
	}{
		"create": {
			[]field.Input{
				{Name: "name", Text: "task"}, {Name: "parallel", Text: "false"}, {Name: "enable_full_link", Text: "true"},
				{Name: "operate_mode", Text: "2"}, {Name: "case_ids", Text: "449269, 449270"}, {Name: "start", Text: "false"},
				{Name: "cluster_type", Text: "private-cluster"}, {Name: "cluster_id", Text: "1201"}, {Name: "enterprise_project_id", Text: "0"},
			},
			Spec{
				name: "task", parallel: &no, enableFullLink: &yes, operateMode: number(2), caseIDs: []int64{449269, 449270}, start: &no,
				clusterType: privateCluster, clusterID: number(1201), enterpriseProjectID: "0",
			},
		},
		"existing": {
			[]field.Input{{Name: "task_id", Text: "184138"}, {Name: "start", Text: "true"}},
			Spec{taskID: number(184138), start: &yes, clusterType: sharedCluster},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			if problems := s.Fields().DecodeInputs(append(common, test.inputs...), field.Options{}, s.Check); len(problems) > 0 {
				t.Fatal(problems)
			}
			test.want.target, test.want.testProjectID = target, number(393862)
			diff := cmp.Diff(&test.want, s, cmp.AllowUnexported(Spec{}), cmpopts.IgnoreUnexported(huawei.Target{}))
			if diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}
