package huaweicpts

import (
	"encoding/json"
	"net/http"
	"testing"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// TestSize: a task is as much as its cases say, however their numbers are
// written, and what they do not say is not known.
func TestSize(t *testing.T) {
	const (
		success  = `"code":"SVCSTG.CPTS.0000000","message":"success"`
		existing = "{project_id: p, region: cn-north-4, test_project_id: 7, task_id: 5}"
		one      = `{"case_id":1,"stages":[{"operate_mode":0,"pressure_mode":0,"time":60,"issue_num":50},{"operate_mode":0,"pressure_mode":1,"time":"30","issue_num":"20"}]}`
		other    = `{"case_id":2,"stages":[{"operate_mode":0,"pressure_mode":0,"time":119.5,"issue_num":10}]}`
		each     = "each case's most users x its minutes"
	)
	task := func(parallel, cases string) servicetest.Answers {
		return servicetest.Answers{"tasks": `{` + success + `,"taskInfo":{"parallel":` + parallel + `,"case_list":` + cases + `}}`}
	}
	stage := func(of string) servicetest.Answers { return task("false", `[{"case_id":9,"stages":[`+of+`]}]`) }
	created := func(parallel string) string {
		return "{project_id: p, region: cn-north-4, test_project_id: 7, name: sim, parallel: " + parallel + ", case_ids: [1, 2]}"
	}
	queue := func(answers ...string) *servicetest.Queue { q := servicetest.Queue(answers); return &q }
	unknown := func(users, time string) string {
		text := users + ", "
		if time == "" {
			return text + "1m, vum not known (" + users[len("virtual_users not known ("):]
		}
		return text + "duration not known (" + time + "), vum not known (" + time + ")"
	}
	for name, test := range map[string]struct {
		inputs string
		cloud  http.RoundTripper
		want   string
	}{
		"parallel":              {existing, task("true", "["+one+","+other+"]"), "60 virtual users, 2m, 95 VUM (" + each + ")"},
		"one after the other":   {existing, task(`"false"`, "["+one+","+other+"]"), "50 virtual users, 3m30s, 95 VUM (" + each + ")"},
		"not told how":          {existing, task("null", "["+one+","+other+"]"), "60 virtual users, 3m30s, 95 VUM (" + each + ")"},
		"created, parallel":     {created("true"), queue(`{`+success+`,"test_case":`+one+`}`, `{`+success+`,"test_case":`+other+`}`), "60 virtual users, 2m, 95 VUM (" + each + ")"},
		"created, in turn":      {created("false"), queue(`{`+success+`,"test_case":`+one+`}`, `{`+success+`,"test_case":`+other+`}`), "50 virtual users, 3m30s, 95 VUM (" + each + ")"},
		"disabled":              {existing, task("false", `[{"status":2,"stages":[{"operate_mode":0,"pressure_mode":0,"time":60,"issue_num":1}]}]`), "1 virtual user, 1m, 1 VUM (" + each + ")"},
		"by count":              {existing, stage(`{"operate_mode":1,"pressure_mode":0,"count":9,"issue_num":5}`), unknown("5 virtual users", "stage 1 of case 9 runs by a count, or in a pressure mode of which no document tells how long it lasts")},
		"a surge":               {existing, stage(`{"operate_mode":0,"pressure_mode":3,"time":60,"issue_num":5,"maximum":70}`), unknown("70 virtual users", "stage 1 of case 9 runs by a count, or in a pressure mode of which no document tells how long it lasts")},
		"no users":              {existing, stage(`{"operate_mode":0,"pressure_mode":1,"time":60,"tps_value":9}`), unknown("virtual_users not known (stage 1 of case 9 does not tell its users)", "")},
		"users below 0":         {existing, stage(`{"operate_mode":0,"pressure_mode":0,"time":60,"issue_num":-7}`), unknown("virtual_users not known (stage 1 of case 9 does not tell its users)", "")},
		"no time":               {existing, stage(`{"operate_mode":0,"pressure_mode":0,"time":null,"issue_num":7}`), unknown("7 virtual users", "stage 1 of case 9 does not tell its time")},
		"huge":                  {existing, stage(`{"operate_mode":0,"pressure_mode":0,"time":1e300,"issue_num":7}`), unknown("7 virtual users", "stage 1 of case 9 does not tell its time")},
		"a null for a stage":    {existing, stage(`null`), "virtual_users not known (case 9 does not tell its stages), duration not known (case 9 does not tell its stages), vum not known (case 9 does not tell its stages)"},
		"no stages":             {existing, task("false", `[{"stages":null}]`), "virtual_users not known (case 1 of the task does not tell its stages), duration not known (case 1 of the task does not tell its stages), vum not known (case 1 of the task does not tell its stages)"},
		"no cases":              {existing, task("false", `[]`), "virtual_users not known (the cases are not told in a form that is documented), duration not known (the cases are not told in a form that is documented), vum not known (the cases are not told in a form that is documented)"},
		"another kind of cases": {existing, task("false", `"none"`), "virtual_users not known (the cases are not told in a form that is documented), duration not known (the cases are not told in a form that is documented), vum not known (the cases are not told in a form that is documented)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openInputs(t, test.cloud, test.inputs).(*service)
			if size, err := s.Size(t.Context()); err != nil || size.Text() != test.want {
				t.Errorf("%v: %s\nwant %s", err, size.Text(), test.want)
			}
		})
	}
	s := openInputs(t, servicetest.Answer(`{`+success+`,"test_case":null}`), created("true")).(*service)
	if _, err := s.Size(t.Context()); job.OutcomeOf(err) != job.StartUnknown {
		t.Errorf("an answer without the case: %v", err)
	}
}

// FuzzSize: whatever the cases are, their size is none below 0, and their VUM are
// not more than the most users through all of the time.
func FuzzSize(f *testing.F) {
	f.Add([]byte(`[{"case_id":1,"stages":[{"operate_mode":0,"pressure_mode":0,"time":60,"issue_num":50}]}]`), true)
	f.Add([]byte(`[{"stages":[{"operate_mode":1,"time":"60","issue_num":5.5,"maximum":9}]},null]`), false)
	f.Add([]byte(`null`), true)
	f.Fuzz(func(t *testing.T, list []byte, parallel bool) {
		size := sizeOf(json.RawMessage(list), cloud.Flag{Is: parallel, Given: true})
		users, length, vum := size.Of(job.VirtualUsers), size.Of(job.Length), size.Of(job.VUM)
		for _, a := range size.Amounts {
			if a.N < 0 {
				t.Errorf("%s is %d", a.Measure, a.N)
			}
		}
		if (vum.Unknown == "") && (users.Unknown != "" || length.Unknown != "" || length.N == 0 || vum.N > job.Times(users.N, length.N)) {
			t.Errorf("%s", size.Text())
		}
	})
}
