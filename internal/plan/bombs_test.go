package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"cloudjob/internal/field"
	"cloudjob/internal/plan"
)

// TestBombs: a small file cannot ask for endless work, nor for an endless list
// of complaints. Without the limits these cases take minutes or all memory.
func TestBombs(t *testing.T) {
	const task = "{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: echo}}"
	const batch = "{provider: tencent-batch, region: ap-guangzhou, placement: {Zone: ap-guangzhou-4}, "
	for name, test := range map[string]struct{ plan, want string }{
		"over the limit": {
			"jobs: []\n#" + strings.Repeat("x", 200<<10), "plan.yml: is larger than 128 KiB, which is the limit",
		},
		"the same job many times": {
			"jobs:\n- &a " + batch + "job: {Tasks: [" + strings.Repeat(task+",", 500) + "]}}\n" + strings.Repeat("- *a\n", 15000),
			"there are more than 100000 values",
		},
		"the same task many times": {
			"jobs:\n- " + batch + "job: {Tasks: [&a " + task + strings.Repeat(",*a", 30000) + "]}}\n", "there are more than 100000 values",
		},
		"the same mistakes many times": {
			"jobs:\n- " + batch + "job: {Tasks: [&a {" + strings.Repeat("x: y,", 9000) + "}" + strings.Repeat(",*a", 20000) + "]}}\n",
			"these are 200 mistakes",
		},
		"a list in itself": {
			"jobs: &a\n- {provider: huawei-dataarts, project_id: a, region: cn-north-4, job_name: x, job_params: *a}\n- *a\n",
			"an entry of jobs must be a map",
		},
		"a map in itself": {
			"jobs:\n- &a {provider: huawei-dataarts, project_id: a, region: cn-north-4, job_name: x, job_params: *a}\n",
			`the value of "job_params" must be text, not a map`,
		},
		"entries that are none": {"jobs: [" + strings.Repeat("1,", 60000) + "]\n", "these are 200 mistakes"},
		"unknown names":         {"jobs:\n- {provider: tencent-pts" + distinct(12000, ", n%d: x") + "}\n", "these are 200 mistakes"},
		"many files":            {"jobs:\n" + strings.Repeat("- "+batch+"job_file: large.yml}\n", 1200), "there are more than 100000 values"},
		"tasks of one name": {
			"jobs:\n- " + batch + "job: {Tasks: [" + strings.Repeat("{TaskName: a, EnvId: e, Application: {DeliveryForm: LOCAL, Command: x}},", 1500) + "]}}\n",
			"these are 200 mistakes",
		},
		"gates of all jobs": {
			"gates: [" + distinct(900, "rps > %d/s,") + "]\njobs:\n" + strings.Repeat("- {provider: tencent-pts, project_id: p, scenario_id: s}\n", 1500),
			"there are more than 100000 values",
		},
		"a default of all jobs": {
			"defaults: {tencent-batch: {job_file: large.yml}}\njobs:\n" + strings.Repeat("- "+batch+"}\n", 1200), "there are more than 100000 values",
		},
		"a wrong default of all jobs": {
			"defaults: {debug: maybe}\njobs:\n" + strings.Repeat("- {provider: tencent-pts, project_id: p, scenario_id: s}\n", 1500),
			`debug must be true or false, not "maybe"`,
		},
		"deep": {"jobs: " + strings.Repeat("[", 60000), "is not valid YAML"},
	} {
		t.Run(name, func(t *testing.T) {
			inputs := []field.Input{{Name: "plan_file", Text: "plan.yml"}}
			_, problems := plan.Decode(inputs, func(path string) ([]byte, error) {
				if path == "large.yml" {
					return []byte("Tasks: [" + strings.Repeat(task+",", 1500) + "]"), nil
				}
				return []byte(test.plan), nil
			})
			checkProblems(t, problems)
			if !strings.Contains(problems.Error(), test.want) {
				t.Errorf("no problem says %q, but:\n%.2000s", test.want, problems.Error())
			}
		})
	}
}

// TestLongGates: a file of gates is read whole or refused, never cut.
func TestLongGates(t *testing.T) {
	inputs := []field.Input{{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "p"}, {Name: "scenario_id", Text: "s"}, {Name: "gates_file", Text: "gates.txt"}}
	for size, want := range map[int]string{field.Limit: "", field.Limit + 1: "gates.txt: is larger than 128 KiB, which is the limit"} {
		text := []byte("error_rate < 1%\n" + strings.Repeat("# more\n", size))[:size]
		p, problems := plan.Decode(inputs, func(string) ([]byte, error) { return text, nil })
		if problems.Error() != want || want == "" && len(p.Jobs[0].Gates) != 1 {
			t.Errorf("of %d bytes: %v", size, problems)
		}
	}
}

func distinct(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// TestManyDistinct: long lists that are right are read in one go.
func TestManyDistinct(t *testing.T) {
	inputs := []field.Input{
		{Name: "provider", Text: "tencent-pts"},
		{Name: "project_id", Text: "project-demo"},
		{Name: "scenario_id", Text: distinct(15000, "s%d,")},
	}
	if _, problems := plan.Decode(inputs, nil); len(problems) > 0 {
		t.Error(problems)
	}
}
