package tencentpts

import (
	"strings"
	"testing"

	"cloudjob/internal/service/servicetest"

	"github.com/google/go-cmp/cmp"
)

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
		cloud servicetest.Answers
		want  []string
	}{
		"there": {servicetest.Answers{"DescribeScenarios": ours, "DescribeJobs": runs}, []string{
			"fine project project-demo: is there, and is called Demo", "fine scenario scenario-demo: is there, and is called checkout",
			"run job-5 JobPending", "run job-3 JobPrepareException", "run job-2 99, which is not documented", "run job-1 JobFinished",
		}},
		"never run": {servicetest.Answers{"DescribeScenarios": ours, "DescribeJobs": `{"Response":{"JobSet":null,"Total":null}}`}, []string{
			"fine project project-demo: is there, and is called Demo", "fine scenario scenario-demo: is there, and is called checkout",
		}},
		"of another project":   {servicetest.Answers{"DescribeScenarios": strings.Replace(ours, "project-demo", "project-other", 1), "DescribeProjects": there}, []string{"fine project project-demo: is there", lost}},
		"of no project's name": {servicetest.Answers{"DescribeScenarios": strings.Replace(ours, `"ProjectId":"project-demo",`, "", 1), "DescribeJobs": `{"Response":{"JobSet":[]}}`}, []string{"fine project project-demo: is there, and is called Demo", "fine scenario scenario-demo: is there, and is called checkout"}},
		"not there":            {servicetest.Answers{"DescribeScenarios": none, "DescribeProjects": there}, []string{"fine project project-demo: is there", lost}},
		"not there, refused":   {servicetest.Answers{"DescribeScenarios": refused("FailedOperation.ResourceNotFound"), "DescribeProjects": there}, []string{"fine project project-demo: is there", lost}},
		"no project":           {servicetest.Answers{"DescribeScenarios": none, "DescribeProjects": `{"Response":{"ProjectSet":[]}}`}, []string{noProject}},
		"no project, refused":  {servicetest.Answers{"DescribeScenarios": refused("ResourceNotFound"), "DescribeProjects": refused("ResourceNotFound")}, []string{noProject}},
		"a project not shown":  {servicetest.Answers{"DescribeScenarios": none, "DescribeProjects": refused("UnauthorizedOperation")}, []string{lost, "unread project project-demo: DescribeProjects: UnauthorizedOperation: m (request r); access management denies this call"}},
		"the wrong site": {servicetest.Answers{"DescribeScenarios": refused("AuthFailure.SecretIdNotFound")}, []string{
			"unread scenario scenario-demo: DescribeScenarios: AuthFailure.SecretIdNotFound: m (request r); the key is unknown, deleted or disabled",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, servicetest.Inspected(t, servicetest.Open(t, New(), test.cloud, "{project_id: project-demo, scenario_id: scenario-demo}")[0].(*service))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
