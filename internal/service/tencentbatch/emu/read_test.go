package batchemu

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestDescribeJob(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "true", "")+","+aTask("b", "true", ""),
		`,"Priority":"3","Tags":[{"Key":"k","Value":"v"}],"Dependences":[{"StartTask":"a","EndTask":"b"}]`))
	w.pass(11 * time.Second)
	zero := map[string]any{"SubmittedCount": 0.0, "PendingCount": 1.0, "RunnableCount": 0.0, "StartingCount": 0.0,
		"RunningCount": 1.0, "SucceedCount": 0.0, "FailedInterruptedCount": 0.0, "FailedCount": 0.0}
	const created = "2026-01-02T03:04:05Z"
	want(t, "job", w.ok("DescribeJob", byID(id)), map[string]any{
		"JobId": id, "JobName": "nightly", "Zone": "ap-guangzhou-4", "Priority": 3.0, "JobState": Running, "StateReason": "",
		"NextAction": "", "CreateTime": created, "EndTime": nil, "TaskMetrics": zero, "TaskInstanceMetrics": zero,
		"TaskSet": []any{
			map[string]any{"TaskName": "a", "TaskState": Running, "CreateTime": created, "EndTime": nil},
			map[string]any{"TaskName": "b", "TaskState": Pending, "CreateTime": created, "EndTime": nil},
		},
		"DependenceSet": []any{map[string]any{"StartTask": "a", "EndTask": "b"}},
		"Tags":          []any{map[string]any{"Key": "k", "Value": "v"}},
	})
}

func TestEndTimes(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "true", ""), ""))
	for _, c := range []struct {
		set        Switches
		live, over any
	}{
		{Switches{}, nil, "2026-01-02T03:04:35Z"},
		{Switches{EndTimeNull: true}, nil, nil},
		{Switches{EndTimeEmpty: true}, "", "2026-01-02T03:04:35Z"},
		{Switches{EndTimeEarly: true}, "2026-01-02T03:04:05Z", "2026-01-02T03:04:35Z"},
	} {
		w.Switches = c.set
		id = w.submit(aJob(aTask("a", "true", ""), ""))
		w.now = epoch.Add(time.Hour)
		live := w.submit(aJob(aTask("a", "true", ""), ""))
		want(t, fmt.Sprintf("over %+v", c.set), w.ok("DescribeJob", byID(id))["EndTime"], c.over)
		got := w.ok("DescribeJob", byID(live))["EndTime"]
		if s, ok := got.(string); ok {
			got = strings.Replace(s, "T04:", "T03:", 1)
		}
		want(t, fmt.Sprintf("live %+v", c.set), got, c.live)
		w.now = epoch
	}
	w.Switches = Switches{ExitCodeNull: true}
	w.now = epoch.Add(time.Hour)
	want(t, "exit code", w.instance(id, "a", 0)["ExitCode"], nil)
}

func TestHidden(t *testing.T) {
	w := newWorld(t)
	w.Switches.HiddenFor = 3 * time.Second
	w.Switches.UnlistedFor = 5 * time.Second
	id := w.submit(aJob(aTask("a", "true", ""), ""))
	w.pass(3*time.Second - 1)
	for _, call := range []string{"DescribeJob", "TerminateJob", "DescribeJobSubmitInfo"} {
		w.wantCode(call, byID(id), "ResourceNotFound.Job")
	}
	w.pass(1)
	w.wantCode("DescribeJob", byID(id), "")
	want(t, "listed", w.ok("DescribeJobs", "{}")["TotalCount"], 0.0)
	w.pass(2 * time.Second)
	want(t, "listed", w.ok("DescribeJobs", "{}")["TotalCount"], 1.0)
	want(t, "begun", len(w.Half().Begun()), 1)
}

func TestDescribeJobs(t *testing.T) {
	w := newWorld(t)
	var ids []string
	for i := range 25 {
		ids = append(ids, w.submit(strings.Replace(inJob(fmt.Sprintf(`"Tags":[{"Key":"n","Value":"%d"},{"Key":"all","Value":"x"}]`, i)), "nightly", fmt.Sprint("job", i), 1)))
	}
	list := func(body string) string {
		t.Helper()
		r := w.ok("DescribeJobs", body)
		out := fmt.Sprint(r["TotalCount"], ":")
		for _, v := range r["JobSet"].([]any) {
			out += " " + v.(map[string]any)["JobName"].(string)
		}
		return out
	}
	filter := func(pairs ...string) string {
		var all []string
		for i := 0; i < len(pairs); i += 2 {
			all = append(all, fmt.Sprintf(`{"Name":%q,"Values":["%s"]}`, pairs[i], strings.ReplaceAll(pairs[i+1], ",", `","`)))
		}
		return `{"Filters":[` + strings.Join(all, ",") + `]}`
	}
	for _, c := range []struct{ body, want string }{
		{"{}", "25: job24 job23 job22 job21 job20 job19 job18 job17 job16 job15 job14 job13 job12 job11 job10 job9 job8 job7 job6 job5"},
		{`{"Offset":23}`, "25: job1 job0"},
		{`{"Offset":"22","Limit":"2"}`, "25: job2 job1"},
		{`{"Offset":9223372036854775807}`, "25:"},
		{`{"Limit":0}`, "25:"},
		{`{"JobIds":["` + ids[3] + `","` + ids[7] + `","job-abcdefgh"]}`, "2: job7 job3"},
		{filter("job-name", "job3,job4,nobody"), "2: job4 job3"},
		{filter("job-name", "job3,job4", "tag:n", "4,5"), "1: job4"},
		{filter("tag-key", "n", "tag-value", "6"), "1: job6"},
		{filter("job-id", ids[9]), "1: job9"},
		{filter("zone", "ap-guangzhou-3"), "0:"},
		{filter("zone", "ap-guangzhou-4", "job-state", "SUBMITTED", "job-name", "job1"), "1: job1"},
		{filter("job-state", "RUNNING"), "0:"},
		{filter("tag:none", "x"), "0:"},
	} {
		want(t, c.body, list(c.body), c.want)
	}
	for body, code := range map[string]string{
		`{"JobIds":["` + ids[0] + `"],"Filters":[{"Name":"zone","Values":["z"]}]}`: badCombination,
		`{"JobIds":["x"]}`:              "InvalidParameter.JobIdMalformed",
		`{"JobIds":"x"}`:                "InvalidParameter",
		`{"Limit":101}`:                 "InvalidParameterValue",
		`{"Limit":-1}`:                  "InvalidParameterValue.Negative",
		filter("name", "x"):             "InvalidFilter",
		filter("tag:", "x"):             "InvalidFilter",
		`{"Filters":[{"Name":"zone"}]}`: "MissingParameter",
		`{"Filters":[{"Name":"zone","Values":[],"V":1}]}`: "UnknownParameter",
	} {
		w.wantCode("DescribeJobs", body, code)
	}
	w.Switches.UnknownIDsRefused = true
	w.wantCode("DescribeJobs", `{"JobIds":["`+ids[0]+`","job-abcdefgh"]}`, "ResourceNotFound.Job")
	job := w.ok("DescribeJobs", `{"JobIds":["`+ids[0]+`"]}`)["JobSet"].([]any)[0].(map[string]any)
	delete(job, "TaskMetrics")
	want(t, "job", job, map[string]any{
		"JobId": ids[0], "JobName": "job0", "JobState": Submitted, "Priority": 0.0, "CreateTime": "2026-01-02T03:04:05Z", "EndTime": nil,
		"Placement": map[string]any{"Zone": "ap-guangzhou-4", "ProjectId": 0.0, "HostIds": []any{}, "HostId": "", "RackId": "",
			"DedicatedResourcePackTenancy": "", "DedicatedResourcePackIds": []any{}},
		"Tags": []any{map[string]any{"Key": "n", "Value": "0"}, map[string]any{"Key": "all", "Value": "x"}},
	})
}

func TestDescribeTask(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "exit $BATCH_TASK_INSTANCE_INDEX", `,"TaskInstanceNum":120,"RedirectInfo":{"StdoutRedirectPath":"cos://b-1.cos.ap-guangzhou.myqcloud.com/l/","StderrRedirectFileName":"e-${BATCH_TASK_INSTANCE_INDEX}"}`), ""))
	w.pass(time.Minute)
	task := func(more string) string { return `{"JobId":"` + id + `","TaskName":"a"` + more + `}` }
	list := func(more string) string {
		t.Helper()
		r := w.ok("DescribeTask", task(more))
		set := r["TaskInstanceSet"].([]any)
		out := fmt.Sprint(r["TaskInstanceTotalCount"], ":", len(set))
		if len(set) > 0 {
			out += fmt.Sprint(" from ", set[0].(map[string]any)["TaskInstanceIndex"])
		}
		return out
	}
	const filters = `,"Filters":[{"Name":"task-instance-state","Values":["%s"]}]`
	want(t, "all", list(""), "120:100 from 119")
	want(t, "page", list(`,"Offset":100`), "120:20 from 19")
	want(t, "limit", list(`,"Limit":1000`), "120:120 from 119")
	want(t, "filter", list(fmt.Sprintf(filters, "SUCCEED")), "1:1 from 0")
	want(t, "filter", list(fmt.Sprintf(filters, "RUNNING")), "0:0")
	r := w.ok("DescribeTask", task(""))
	want(t, "state", r["TaskState"], Failed)
	want(t, "metrics", counts(r["TaskInstanceMetrics"]), "Succeed 1, Failed 119")
	want(t, "redirect", w.instance(id, "a", 119)["RedirectInfo"], map[string]any{
		"StdoutRedirectPath": "cos://b-1.cos.ap-guangzhou.myqcloud.com/l/", "StderrRedirectPath": "",
		"StdoutRedirectFileName": "stdout." + id + ".a.119.log", "StderrRedirectFileName": "e-119"})
	w.wantCode("DescribeTask", task(`,"Limit":1001`), "InvalidParameterValue")
	w.wantCode("DescribeTask", `{"JobId":"`+id+`","TaskName":"b"}`, "ResourceNotFound.Task")
	w.wantCode("DescribeTask", task(`,"Filters":[{"Name":"task-instance-type","Values":["x"]}]`), "InvalidFilter")
	w.Switches.InternationalFilter = true
	w.wantCode("DescribeTask", task(`,"Filters":[{"Name":"task-instance-type","Values":["x"]}]`), "")
	w.wantCode("DescribeTask", task(fmt.Sprintf(filters, "x")), "InvalidFilter")
}

// logText decodes a log as facts tencent-batch §5 says.
func logText(t *testing.T, v any) string {
	t.Helper()
	if v == nil {
		return "null"
	}
	s := v.(string)
	if _, rest, ok := strings.Cut(s, "data:text/plain;charset=utf-8;base64,"); ok {
		s = rest
	}
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestDescribeTaskLogs(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("a", 2000) + strings.Repeat("b", 2000)
	id := w.submit(aJob(aTask("a", "echo hello $BATCH_TASK_INSTANCE_INDEX $WHO $NOBODY; exit $BATCH_TASK_INSTANCE_INDEX", `,"TaskInstanceNum":12,"EnvVars":[{"Name":"WHO","Value":"you"}]`)+
		","+aTask("b", "true", "")+","+aTask("c", "echo "+long, ""), `,"Dependences":[{"StartTask":"a","EndTask":"b"}]`))
	task := func(name, more string) string { return `{"JobId":"` + id + `","TaskName":"` + name + `"` + more + `}` }
	logs := func(name, more string) (out []string) {
		t.Helper()
		r := w.ok("DescribeTaskLogs", task(name, more))
		out = append(out, fmt.Sprint(r["TotalCount"]))
		for _, v := range r["TaskInstanceLogSet"].([]any) {
			l := v.(map[string]any)
			out = append(out, fmt.Sprint(l["TaskInstanceIndex"], " ", logText(t, l["StdoutLog"]), logText(t, l["StderrLog"])))
		}
		return out
	}
	w.pass(15 * time.Second)
	want(t, "while running", logs("a", `,"TaskInstanceIndexes":[0]`), []string{"1", "0 nullnull"})
	w.Switches.LogsWhileRunning = true
	want(t, "while running", logs("a", `,"TaskInstanceIndexes":[1]`), []string{"1", "1 hello 1 you $NOBODY\n"})
	w.pass(time.Minute)
	want(t, "never ran", logs("b", ""), []string{"1", "0 nullnull"})
	want(t, "page", len(logs("a", "")), 1+5)
	want(t, "page", len(logs("a", `,"Limit":10`)), 1+10)
	want(t, "page", logs("a", `,"Offset":"11","Limit":10`), []string{"12", "11 hello 11 you $NOBODY\nthe command ended with exit code 11\n"})
	want(t, "named", logs("a", `,"TaskInstanceIndexes":[3,0,3]`), []string{"2",
		"3 hello 3 you $NOBODY\nthe command ended with exit code 3\n", "0 hello 0 you $NOBODY\n"})

	tail := w.ok("DescribeTaskLogs", task("c", ""))["TaskInstanceLogSet"].([]any)[0].(map[string]any)
	if !strings.HasPrefix(tail["StdoutLog"].(string), "data:text/plain;charset=utf-8;base64,") {
		t.Errorf("no data URI: %.60s", tail["StdoutLog"])
	}
	want(t, "tail", logText(t, tail["StdoutLog"]), (long + "\n")[4001-2048:])
	want(t, "empty", logText(t, tail["StderrLog"]), "")
	w.Switches.LogHead, w.Switches.PlainLogs = true, true
	head := w.ok("DescribeTaskLogs", task("c", ""))["TaskInstanceLogSet"].([]any)[0].(map[string]any)
	want(t, "head", head["StdoutLog"], base64.StdEncoding.EncodeToString([]byte(long[:2048])))

	for body, code := range map[string]string{
		task("", ""):                                                "InvalidParameter.TaskName",
		task("a b", ""):                                             "InvalidParameter.TaskName",
		task(strings.Repeat("a", 61), ""):                           "InvalidParameter.TaskNameTooLong",
		task("d", ""):                                               "ResourceNotFound.Task",
		task("a", `,"TaskInstanceIndexes":[12]`):                    "ResourceNotFound.TaskInstance",
		task("a", `,"TaskInstanceIndexes":[-1]`):                    "InvalidParameterValue.Negative",
		task("a", `,"TaskInstanceIndexes":[0],"Offset":1`):          "InvalidParameterValue",
		task("a", `,"TaskInstanceIndexes":[0,1,2,3,4,5,6,7,8,9,9]`): "InvalidParameterValue",
		task("a", `,"Limit":11`):                                    "InvalidParameterValue",
	} {
		w.wantCode("DescribeTaskLogs", body, code)
	}
}
