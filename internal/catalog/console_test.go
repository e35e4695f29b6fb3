package catalog_test

import (
	"testing"

	"gopkg.in/yaml.v3"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
)

// TestConsole: a job has a link to the console where its vendor documents the
// page, for that site and region, and nowhere else.
func TestConsole(t *testing.T) {
	const (
		pts      = "project_id: project-demo, scenario_id: scenario-demo"
		batch    = "region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, job: {JobName: j, Tasks: [{TaskName: a, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: x}}]}"
		project  = "project_id: 0123456789abcdef0123456789abcdef"
		dataarts = project + ", job_name: myJob"
	)
	for _, test := range []struct{ provider, inputs, want string }{
		{"tencent-pts", pts + ", site: domestic", "https://console.cloud.tencent.com/pts"},
		{"tencent-pts", pts, ""},
		{"tencent-pts", pts + ", site: domestic, endpoint: 'http://127.0.0.1:8787'", ""},
		{"tencent-pts", pts + ", site: domestic, endpoint: emulator", ""},
		{"tencent-batch", batch, "https://console.cloud.tencent.com/batch/job"},
		{"tencent-batch", batch + ", site: intl", ""},
		{"huawei-dataarts", dataarts + ", region: cn-north-4", "https://console.huaweicloud.com/dayu/"},
		{"huawei-dataarts", dataarts + ", region: ap-southeast-3", ""},
		{"huawei-dataarts", dataarts + ", region: cn-north-4, endpoint: 'http://127.0.0.1:8787'", ""},
		{"huawei-drs", project + ", region: cn-north-4, job_ids: [9a470239-2308-4bb5-a6bc-1040402fjb21]", ""},
		{"huawei-cpts", project + ", region: cn-north-4, test_project_id: 393862, task_id: 184139", ""},
	} {
		provider, _ := catalog.Find(test.provider)
		spec := provider.New()
		var n yaml.Node
		if err := yaml.Unmarshal([]byte("{"+test.inputs+"}"), &n); err != nil {
			t.Fatal(err)
		}
		if problems := spec.Fields().DecodeYAML("x.yml", n.Content[0], field.Options{}, spec.Check); len(problems) > 0 {
			t.Fatalf("%s {%s}: %v", test.provider, test.inputs, problems)
		}
		services, err := spec.Open(cloud.Env{Getenv: func(name string) string { return login()[name] }, Transport: &cloud.Transport{}, Logins: &cloud.Logins{}})
		if err != nil || len(services) != 1 {
			t.Fatalf("%s {%s}: %v", test.provider, test.inputs, err)
		}
		got := ""
		if c, ok := services[0].(engine.Console); ok {
			got = c.Console()
		}
		if got != test.want {
			t.Errorf("%s {%s}: %q, want %q", test.provider, test.inputs, got, test.want)
		}
		without, _ := spec.Open(cloud.Env{Getenv: func(string) string { return "" }, Transport: &cloud.Transport{}, Logins: &cloud.Logins{}}) // no login
		for _, item := range engine.Fail(without[0], nil) {
			if item.Console != "" && item.Console != test.want {
				t.Errorf("%s {%s}, without a login: %q", test.provider, test.inputs, item.Console)
			}
		}
	}
}
