package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"cloudjob/internal/cloud"
)

// TestContent: what is started in another place, or in another way, is another
// content; who starts it and how it was written is not.
func TestContent(t *testing.T) {
	contents := func(provider, inputs string) (all []string) {
		services, p, spec := subject{provider: provider, inputs: inputs}.open(t, cloud.Env{Getenv: env(nil).Getenv, Transport: &cloud.Transport{}})
		for _, s := range services {
			all = append(all, p.Content(spec, s))
		}
		return all
	}
	const (
		pts      = "project_id=a\nscenario_id=b\n"
		batch    = "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\n"
		cpts     = huaweiInputs + "test_project_id=1\n"
		dataarts = huaweiInputs + "job_name=a\n"
	)
	task := func(more string) string {
		return "job={JobName: a, Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: a}" + more + "}]}"
	}
	for provider, of := range map[string]struct{ same, other []string }{
		"tencent-pts": {
			[]string{pts, "scenario_id=b\nproject_id=a\n", pts + "job_owner=c"},
			[]string{"project_id=a\nscenario_id=c", "project_id=b\nscenario_id=b", pts + "note=c", pts + "debug=true", pts + "site=domestic", pts + "region=ap-guangzhou"},
		},
		"tencent-batch": {
			[]string{batch + task(""), task("") + "\n" + batch, batch + task("") + "\nclient_token=x"},
			[]string{batch + task(", TaskInstanceNum: 2"), batch + task(", EnvVars: [{Name: A, Value: b}]"), strings.ReplaceAll(batch, "guangzhou", "shanghai") + task("")},
		},
		"huawei-drs": {
			[]string{huaweiInputs + "job_ids=a", huaweiInputs + "job_ids=a\nlanguage=zh-cn"},
			[]string{huaweiInputs + "job_ids=b", huaweiInputs + "job_ids=a,b", strings.ReplaceAll(huaweiInputs, "cn-north-4", "cn-north-1") + "job_ids=a"},
		},
		"huawei-cpts": {
			[]string{cpts + "task_id=1", "task_id=1\n" + cpts},
			[]string{cpts + "task_id=2", huaweiInputs + "test_project_id=2\ntask_id=1", cpts + "name=a\nparallel=true\ncase_ids=1,2", cpts + "name=a\nparallel=true\ncase_ids=2,1", cpts + "name=b\nparallel=true\ncase_ids=1,2"},
		},
		"huawei-dataarts": {
			[]string{dataarts, dataarts + "run=schedule"},
			[]string{dataarts + "run=once", dataarts + "workspace=b", huaweiInputs + "job_name=b"},
		},
	} {
		seen := contents(provider, of.same[0])
		for _, inputs := range of.same[1:] {
			if got := contents(provider, inputs); got[0] != seen[0] {
				t.Errorf("%s: %q is %q, and not %q", provider, inputs, got[0], seen[0])
			}
		}
		for _, inputs := range of.other {
			content := contents(provider, inputs)[0]
			if slices.Contains(seen, content) {
				t.Errorf("%s: %q is no other content: %q", provider, inputs, content)
			}
			seen = append(seen, content)
		}
	}

	// The scenarios of one step may be sorted anew, and become more.
	few, many := contents("tencent-pts", "project_id=a\nscenario_id=b,c"), contents("tencent-pts", "project_id=a\nscenario_id=c,d,b")
	if few[0] == few[1] || few[0] != many[2] || few[1] != many[0] {
		t.Errorf("%q, %q", few, many)
	}
}

// TestContentHoldsNoSecret: a mark is for everybody to see, so that nothing may
// be in it that could be found by trying.
func TestContentHoldsNoSecret(t *testing.T) {
	for provider, inputs := range map[string]string{
		"tencent-batch": "region=ap-guangzhou\nplacement={Zone: ap-guangzhou-4}\nclient_token=SECRET0\njob={Tasks: [{" +
			"Application: {DeliveryForm: PACKAGE, PackagePath: 'cos://SECRET1', Commands: [{Command: SECRET2}], Docker: {Image: a, User: u, Password: SECRET3, DockerRunOption: SECRET4}}, " +
			"ComputeEnv: {EnvData: {LoginSettings: {Password: SECRET5}}}, EnvVars: [{Name: A, Value: SECRET6}], Authentications: [{Scene: COS, SecretId: SECRET7, SecretKey: SECRET8}]}, " +
			"{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: SECRET9}}], " +
			"Notifications: [{TopicName: t, EventConfigs: [{EventName: JOB_RUNNING, EventVars: [{Name: A, Value: SECRET10}]}]}]}",
		"huawei-dataarts": huaweiInputs + "job_name=a\njob_params={a: SECRET11}",
	} {
		services, p, spec := subject{provider: provider, inputs: inputs}.open(t, env(nil))
		if content := p.Content(spec, services[0]); strings.Contains(content, "SECRET") {
			t.Errorf("%s: %s", provider, content)
		}
	}
}
