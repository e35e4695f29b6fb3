package tencentpts

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/field"
)

// byAction is a cloud that says one thing to each call.
type byAction map[string]string

func (a byAction) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(a[r.Header.Get("X-TC-Action")])), Request: r}, nil
}

// inspected is what a check tells, a line for each thing and each run.
func inspected(t *testing.T, network http.RoundTripper, inputs string) (lines []string) {
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
	services, err := spec.Open(cloud.Env{Getenv: func(name string) string { return env[name] }, Transport: &cloud.Transport{Base: network}})
	if err != nil {
		t.Fatal(err)
	}
	things, runs := services[0].(*service).Inspect(t.Context())
	for _, thing := range things {
		lines = append(lines, fmt.Sprintf("%s %s: %s", []string{"fine", "untold", "absent", "unfit", "unread"}[thing.Finding], thing.Name, thing.Says))
	}
	for _, r := range runs {
		lines = append(lines, fmt.Sprintf("run %s %s", r.Ref.ID, r.Status.Word))
	}
	return lines
}

// TestInspect: what the answers say is read as a person would read it.
func TestInspect(t *testing.T) {
	const (
		ours  = `{"Response":{"ScenarioSet":[null,{"ScenarioId":"scenario-demo","ProjectId":"project-demo","Name":"checkout","ProjectName":"Demo","Status":2,"TestScripts":[{"EncodedContent":"c2VjcmV0"}]}],"Total":1}}`
		runs  = `{"Response":{"JobSet":[null,{"JobId":"job-1","Status":12,"StartTime":"2026-11-01T00:00:00+08:00"},{"JobId":"job-5","Status":"2"},{"JobId":"job-3","Status":13,"StartTime":"2026-11-03T00:00:00+08:00"},{"Status":12},{"JobId":"job-2","Status":99,"StartTime":"2026-11-02T00:00:00+08:00"}],"Total":6}}`
		none  = `{"Response":{"ScenarioSet":null,"Total":0}}`
		there = `{"Response":{"ProjectSet":[{"ProjectId":"project-demo","Name":null}],"Total":1}}`
	)
	refused := func(code string) string {
		return `{"Response":{"Error":{"Code":"` + code + `","Message":"m"},"RequestId":"r"}}`
	}
	lost := "absent scenario scenario-demo: there is no such scenario in the project"
	noProject := "absent project project-demo: there is no such project on the intl site of this account"
	for name, test := range map[string]struct {
		cloud byAction
		want  []string
	}{
		"there": {byAction{"DescribeScenarios": ours, "DescribeJobs": runs}, []string{
			"fine project project-demo: is there, and is called Demo", "fine scenario scenario-demo: is there, and is called checkout",
			"run job-5 JobPending", "run job-3 JobPrepareException", "run job-2 99, which is not documented", "run job-1 JobFinished",
		}},
		"never run": {byAction{"DescribeScenarios": ours, "DescribeJobs": `{"Response":{"JobSet":null,"Total":null}}`}, []string{
			"fine project project-demo: is there, and is called Demo", "fine scenario scenario-demo: is there, and is called checkout",
		}},
		"of another project":   {byAction{"DescribeScenarios": strings.Replace(ours, "project-demo", "project-other", 1), "DescribeProjects": there}, []string{"fine project project-demo: is there", lost}},
		"of no project's name": {byAction{"DescribeScenarios": strings.Replace(ours, `"ProjectId":"project-demo",`, "", 1), "DescribeJobs": `{"Response":{"JobSet":[]}}`}, []string{"fine project project-demo: is there, and is called Demo", "fine scenario scenario-demo: is there, and is called checkout"}},
		"not there":            {byAction{"DescribeScenarios": none, "DescribeProjects": there}, []string{"fine project project-demo: is there", lost}},
		"not there, refused":   {byAction{"DescribeScenarios": refused("FailedOperation.ResourceNotFound"), "DescribeProjects": there}, []string{"fine project project-demo: is there", lost}},
		"no project":           {byAction{"DescribeScenarios": none, "DescribeProjects": `{"Response":{"ProjectSet":[]}}`}, []string{noProject}},
		"no project, refused":  {byAction{"DescribeScenarios": refused("ResourceNotFound"), "DescribeProjects": refused("ResourceNotFound")}, []string{noProject}},
		"a project not shown":  {byAction{"DescribeScenarios": none, "DescribeProjects": refused("UnauthorizedOperation")}, []string{lost, "unread project project-demo: DescribeProjects: UnauthorizedOperation: m (request r); access management denies this call"}},
		"the wrong site": {byAction{"DescribeScenarios": refused("AuthFailure.SecretIdNotFound")}, []string{
			"unread scenario scenario-demo: DescribeScenarios: AuthFailure.SecretIdNotFound: m (request r); the key is unknown, deleted or disabled",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, inspected(t, test.cloud, "{project_id: project-demo, scenario_id: scenario-demo}")); diff != "" {
				t.Error(diff)
			}
		})
	}
}
