package huaweidrs

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/field"
)

// TestFields: every input arrives in the spec, and nowhere else.
func TestFields(t *testing.T) {
	yes, no := true, false
	target := huawei.Target{ProjectID: "0123456789abcdef0123456789abcdef", Region: "cn-north-4"}
	common := []field.Input{{Name: "project_id", Text: target.ProjectID}, {Name: "region", Text: target.Region}}
	for name, test := range map[string]struct {
		inputs []field.Input
		want   Spec
	}{
		"ids": {
			[]field.Input{{Name: "job_ids", Text: "a-1\nb-2"}, {Name: "start_time", Text: "2100-01-01T08:00:00+08:00"}, {Name: "language", Text: "ZH-CN"}},
			Spec{jobIDs: []string{"a-1", "b-2"}, startTime: "4102444800000", language: "ZH-CN"},
		},
		"jobs": {
			[]field.Input{{Name: "jobs", Text: `
- {job_id: a-1, start_time: 4102444800000, is_only_init_task: true, is_auto_create_compare: false}
- {job_id: b-2, start_time: 2100-01-01T00:00:00.5Z}
- job_id: c-3
`}},
			Spec{jobs: []task{
				{jobID: "a-1", startTime: "4102444800000", onlyInitTask: &yes, autoCreateCompare: &no},
				{jobID: "b-2", startTime: "4102444800500"},
				{jobID: "c-3"},
			}, language: english},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := New()
			if problems := s.Fields().DecodeInputs(append(common, test.inputs...), field.Options{}, s.Check); len(problems) > 0 {
				t.Fatal(problems)
			}
			test.want.target = target
			diff := cmp.Diff(&test.want, s, cmp.AllowUnexported(Spec{}, task{}), cmpopts.IgnoreUnexported(huawei.Target{}))
			if diff != "" {
				t.Errorf("spec (-want +got):\n%s", diff)
			}
		})
	}
}

// TestStartTime stands at the edge between past and future.
func TestStartTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for text, ok := range map[string]bool{
			now.Format(time.RFC3339Nano):                        true,
			now.Add(-time.Millisecond).Format(time.RFC3339Nano): false,
			"1893456000000":        true,  // 2030
			"0946684799999":        false, // a moment before the bubble's midnight, the year 2000
			"1893456000":           false, // seconds
			"18934560000000":       false,
			"-189345600000":        false,
			"2030-01-01T00:00:00Z": true,
			"2030-01-01t00:00:00z": false,
			"2030-01-01T00:00:00":  false,
			"2030-01-01":           false,
			"tomorrow":             false,
		} {
			s := New()
			problems := s.Fields().DecodeInputs([]field.Input{
				{Name: "project_id", Text: "p"}, {Name: "region", Text: "cn-north-4"},
				{Name: "job_ids", Text: "a-1"}, {Name: "start_time", Text: text},
			}, field.Options{}, s.Check)
			if ok != (len(problems) == 0) {
				t.Errorf("start_time %q: %v", text, problems)
			}
		}
	})
}
