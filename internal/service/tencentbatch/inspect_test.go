package tencentbatch

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
)

// byAction is a cloud that says one thing to each call.
type byAction map[string]string

func (a byAction) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a[r.Header.Get("X-TC-Action")])), Request: r}, nil
}

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
		cloud  byAction
		want   []string
	}{
		"there":         {inputs, byAction{"DescribeComputeEnv": env, "DescribeJobs": jobs}, []string{there, role, "run job-0000000b FAILED", "run job-0000000a SUCCEED"}},
		"without names": {strings.Replace(inputs, "JobName: nightly, ", "", 1), byAction{"DescribeComputeEnv": env, "DescribeJobs": jobs}, []string{there, role}},
		"going": {inputs, byAction{"DescribeComputeEnv": strings.NewReplacer(`"AbnormalCount":null`, `"AbnormalCount":1`, `"NextAction":null`, `"NextAction":"DELETING"`).Replace(env), "DescribeJobs": empty},
			[]string{there + ", and 1 not well; its next action is DELETING", role}},
		"not there": {inputs, byAction{"DescribeComputeEnv": `{"Response":{"Error":{"Code":"ResourceNotFound.ComputeEnv","Message":"m"},"RequestId":"r"}}`, "DescribeJobs": empty},
			[]string{"absent compute environment env-demo0001: there is no such compute environment in ap-guangzhou", role}},
		"machines of its own": {anonymous, byAction{"DescribeJobs": empty}, []string{cvm, role}},
	} {
		t.Run(name, func(t *testing.T) {
			spec, problems := decode(t, test.inputs)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			keys := map[string]string{"TENCENTCLOUD_SECRET_ID": emulator.TencentKeyID, "TENCENTCLOUD_SECRET_KEY": emulator.Secret}
			services, err := spec.Open(cloud.Env{Getenv: func(name string) string { return keys[name] }, Transport: &cloud.Transport{Base: test.cloud}})
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			things, runs := services[0].(*service).Inspect(t.Context())
			for _, thing := range things {
				lines = append(lines, fmt.Sprintf("%s %s: %s", []string{"fine", "untold", "absent", "unfit", "unread"}[thing.Finding], thing.Name, thing.Says))
			}
			for _, r := range runs {
				lines = append(lines, fmt.Sprintf("run %s %s", r.Ref.ID, r.Status.Word))
			}
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}
