package tencentbatch

import (
	"strings"
	"testing"

	"cloudjob/internal/service/servicetest"

	"github.com/google/go-cmp/cmp"
)

// TestInspect: what the answers say is read as a person would read it.
func TestInspect(t *testing.T) {
	const (
		jobs = `{"Response":{"JobSet":[null,{"JobId":"job-0000000a","JobName":"nightly cj-abcdefghij-1-once","JobState":"SUCCEED","CreateTime":"2026-11-01T00:00:00Z","EndTime":"2026-11-01T00:01:00Z"},
			{"JobId":"job-0000000b","JobName":"nightly","JobState":"FAILED","CreateTime":"2026-11-02T00:00:00Z"},{"JobId":"job-0000000c","JobName":"weekly cj-abcdefghij-1-once","JobState":"SUCCEED"},
			{"JobId":"job-0000000d","JobName":"nightly2","JobState":"SUCCEED"}],"TotalCount":5}}`
		empty = `{"Response":{"JobSet":null,"TotalCount":0}}`
		role  = "untold service role of Batch: no call of Batch tells whether it may make machines"
		env   = `{"Response":{"EnvId":"env-demo0001","DesiredComputeNodeCount":"2","ComputeNodeMetrics":{"RunningCount":1.0,"AbnormalCount":null},"NextAction":null}}`
		cvm   = "untold machines of tasks without EnvId: image, machine type, zone and network are of CVM and VPC, which are not asked"
	)
	anonymous := "{" + target + "job: {JobName: nightly, Tasks: [{ComputeEnv: {EnvType: MANAGED}, Application: {DeliveryForm: LOCAL, Command: a}}, {ComputeEnv: {EnvType: MANAGED}, Application: {DeliveryForm: LOCAL, Command: b}}]}}"
	there := "fine compute environment env-demo0001: is there, with 1 of 2 machines running"
	for name, test := range map[string]struct {
		inputs string
		cloud  servicetest.Answers
		want   []string
	}{
		"there":         {inputs, servicetest.Answers{"DescribeComputeEnv": env, "DescribeJobs": jobs}, []string{there, role, "run job-0000000b FAILED", "run job-0000000a SUCCEED"}},
		"without names": {strings.Replace(inputs, "JobName: nightly, ", "", 1), servicetest.Answers{"DescribeComputeEnv": env, "DescribeJobs": jobs}, []string{there, role}},
		"going": {inputs, servicetest.Answers{"DescribeComputeEnv": strings.NewReplacer(`"AbnormalCount":null`, `"AbnormalCount":1`, `"NextAction":null`, `"NextAction":"DELETING"`).Replace(env), "DescribeJobs": empty},
			[]string{there + ", and 1 not well; its next action is DELETING", role}},
		"not there": {inputs, servicetest.Answers{"DescribeComputeEnv": `{"Response":{"Error":{"Code":"ResourceNotFound.ComputeEnv","Message":"m"},"RequestId":"r"}}`, "DescribeJobs": empty},
			[]string{"absent compute environment env-demo0001: there is no such compute environment in ap-guangzhou", role}},
		"machines of its own": {anonymous, servicetest.Answers{"DescribeJobs": empty}, []string{cvm, role}},
	} {
		t.Run(name, func(t *testing.T) {
			lines := servicetest.Inspected(t, servicetest.Open(t, New(), test.cloud, test.inputs)[0].(*service))
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}
