package batchemu

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is a service with a clock that the test moves.
type world struct {
	*Service
	t     *testing.T
	now   time.Time
	calls map[string]func(*emu.Request) emu.Answer
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, now: epoch, calls: map[string]func(*emu.Request) emu.Answer{}}
	w.Service = New(func() time.Time { return w.now })
	for _, c := range w.Half().Calls {
		w.calls[c.Name] = c.Handle
	}
	return w
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

func (w *world) in(region, call, body string) emu.Answer {
	w.t.Helper()
	if w.calls[call] == nil {
		w.t.Fatalf("no call %s", call)
	}
	return w.calls[call](&emu.Request{Body: []byte(body), Region: region})
}

// code is the error of a call in Guangzhou, or "".
func (w *world) code(call, body string) string {
	w.t.Helper()
	if err := w.in(Guangzhou, call, body).Err; err != nil {
		return err.Code
	}
	return ""
}

func (w *world) wantCode(call, body, want string) {
	w.t.Helper()
	if got := w.code(call, body); got != want {
		w.t.Errorf("%s %s: got code %q, want %q", call, body, got, want)
	}
}

// ok is the reply of a call in Guangzhou, as the wire has it.
func (w *world) ok(call, body string) map[string]any {
	w.t.Helper()
	a := w.in(Guangzhou, call, body)
	if a.Err != nil {
		w.t.Fatalf("%s %s: %v", call, body, *a.Err)
	}
	return wire(w.t, a.Body)
}

func wire(t *testing.T, v any) (o map[string]any) {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

const env = `"ComputeEnv":{"EnvType":"MANAGED","EnvData":{"InstanceType":"S5.SMALL2","ImageId":"img-bd78fy2t"}}`

// aTask is a task with further fields.
func aTask(name, command, more string) string {
	return fmt.Sprintf(`{"TaskName":%q,"Application":{"DeliveryForm":"LOCAL","Command":%q},%s%s}`, name, command, env, more)
}

// aJob is a body of SubmitJob with further fields in Job.
func aJob(tasks, more string) string {
	return `{"Placement":{"Zone":"ap-guangzhou-4"},"Job":{"JobName":"nightly","Tasks":[` + tasks + `]` + more + `}}`
}

func (w *world) submit(body string) string {
	w.t.Helper()
	return w.ok("SubmitJob", body)["JobId"].(string)
}

func byID(id string) string { return `{"JobId":"` + id + `"}` }

func (w *world) state(id string) string {
	w.t.Helper()
	return w.ok("DescribeJob", byID(id))["JobState"].(string)
}

func (w *world) instance(id, task string, i int) map[string]any {
	w.t.Helper()
	for _, v := range w.ok("DescribeTask", `{"JobId":"`+id+`","TaskName":"`+task+`"}`)["TaskInstanceSet"].([]any) {
		if in := v.(map[string]any); in["TaskInstanceIndex"] == float64(i) {
			return in
		}
	}
	w.t.Fatalf("no instance %d", i)
	return nil
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func TestHalf(t *testing.T) {
	h := New(func() time.Time { return epoch }).Half()
	want(t, "vendor", h.Vendor, emu.Tencent)
	want(t, "service", h.Service, "batch")
	want(t, "version", h.Version, "2017-03-12")
	want(t, "begun", len(h.Begun()), 0)
}

func TestRegion(t *testing.T) {
	w := newWorld(t)
	id := w.submit(aJob(aTask("a", "true", ""), ""))
	for _, call := range w.Half().Calls {
		for region, code := range map[string]string{"": "MissingParameter", "ap-atlantis": "UnsupportedRegion"} {
			if a := call.Handle(&emu.Request{Body: []byte(byID(id)), Region: region}); a.Err == nil || a.Err.Code != code {
				t.Errorf("%s in %q: got %v, want %s", call.Name, region, a.Err, code)
			}
		}
	}
	if a := w.in(Shanghai, "DescribeJob", byID(id)); a.Err == nil || a.Err.Code != "ResourceNotFound.Job" {
		t.Errorf("a job in another region: got %v", a.Err)
	}
	if a := w.in(Shanghai, "DescribeJobs", "{}"); wire(t, a.Body)["TotalCount"] != 0.0 {
		t.Errorf("jobs of another region are listed: %v", a.Body)
	}
	body := strings.Replace(aJob(aTask("a", "true", ""), ""), "ap-guangzhou-4", "ap-singapore-2", 1)
	if a := w.in(Singapore, "SubmitJob", body); a.Err != nil {
		t.Errorf("another region: %v", a.Err)
	}
}

func TestEveryCallRefusesWhatItDoesNotKnow(t *testing.T) {
	w := newWorld(t)
	for name := range w.calls {
		w.wantCode(name, `{"Surprise":1}`, "UnknownParameter")
		w.wantCode(name, `[1]`, "InvalidParameter")
		w.wantCode(name, `{`, "InvalidParameter")
		if name != "DescribeJobs" {
			w.wantCode(name, ``, "MissingParameter")
		}
	}
	for _, name := range []string{"DescribeJob", "DescribeJobSubmitInfo", "TerminateJob", "DeleteJob"} {
		w.wantCode(name, `{"JobId":"job-1"}`, "InvalidParameter.JobIdMalformed")
		w.wantCode(name, `{"JobId":"job-ABCDEFGH"}`, "InvalidParameter.JobIdMalformed")
		w.wantCode(name, `{"JobId":"job-abcdefgh"}`, "ResourceNotFound.Job")
		w.wantCode(name, `{"JobId":7}`, "InvalidParameter")
	}
	const task = `"TaskName":"a","TaskInstanceIndex":0}`
	w.wantCode("DescribeTask", `{"JobId":"x","TaskName":"a"}`, "InvalidParameter.JobIdMalformed")
	w.wantCode("DescribeTask", `{"JobId":"job-abcdefgh","TaskName":"a"}`, "ResourceNotFound.Task")
	w.wantCode("DescribeTaskLogs", `{"JobId":"x","TaskName":"a"}`, "InvalidParameter.JobIdMalformed")
	w.wantCode("DescribeTaskLogs", `{"JobId":"job-abcdefgh","TaskName":"a"}`, "ResourceNotFound.Job")
	w.wantCode("TerminateTaskInstance", `{"JobId":"x",`+task, "InvalidParameter.JobIdMalformed")
	w.wantCode("TerminateTaskInstance", `{"JobId":"job-abcdefgh",`+task, "ResourceNotFound.TaskInstance")
	w.wantCode("RetryJobs", `{"JobIds":["x"]}`, "InvalidParameter.JobIdMalformed")
	w.wantCode("RetryJobs", `{"JobIds":["job-abcdefgh"]}`, "ResourceNotFound.Job")
	w.wantCode("RetryJobs", `{"JobIds":[]}`, "MissingParameter")
	w.wantCode("RetryJobs", `{"JobIds":[`+strings.Repeat(`"job-abcdefgh",`, 100)+`"job-abcdefgh"]}`, "InvalidParameterValue.LimitExceeded")
}

func TestIDs(t *testing.T) {
	w := newWorld(t)
	seen := map[string]bool{}
	for range 200 {
		id := w.submit(aJob(aTask("a", "true", ""), ""))
		if !isID(id, "job-") || seen[id] {
			t.Fatalf("bad or repeated id %q", id)
		}
		seen[id] = true
	}
}

func TestBegun(t *testing.T) {
	w := newWorld(t)
	a := w.submit(aJob(aTask("a", "sleep 5", ""), ""))
	w.pass(time.Second)
	b := w.submit(strings.Replace(aJob(aTask("a", "true", ""), ""), `{"Pl`, `{"ClientToken":"tok","Pl`, 1))
	w.pass(15 * time.Second)
	want(t, "begun", w.Half().Begun(), []emu.Job{
		{ID: a, Mark: "nightly", State: Succeed, Live: false, Began: epoch},
		{ID: b, Mark: "tok", State: Running, Live: true, Began: epoch.Add(time.Second)},
	})
	w.ok("DeleteJob", byID(a))
	want(t, "a deleted job has begun", w.Half().Begun()[0].State, Succeed)
}

// FuzzCalls holds that no body makes a call panic, and that time may pass
// after it.
// TestFlatCalls: in a query or form every value is a text, and is taken as
// what its parameter is.
func TestFlatCalls(t *testing.T) {
	w := newWorld(t)
	w.Switches.StrictNumbers = true
	flat := func(call, body string) emu.Answer {
		return w.calls[call](&emu.Request{Body: []byte(body), Region: Guangzhou, Flat: true})
	}
	for _, test := range []struct{ more, code string }{
		{`,"TaskInstanceNum":"2","RestartComputeNode":"false"`, ""},
		{`,"TaskInstanceNum":"two"`, "InvalidParameter"},
		{`,"TaskInstanceNum":""`, "InvalidParameter"},
		{`,"RestartComputeNode":"no"`, "InvalidParameter"},
		{`,"Timeout":"-1"`, "InvalidParameterValue.Negative"},
	} {
		code := ""
		if err := flat("SubmitJob", aJob(aTask("a", "true", test.more), "")).Err; err != nil {
			code = err.Code
		}
		want(t, test.more, code, test.code)
	}
	id := w.jobs[0].id
	want(t, "TaskInstanceNum", w.ok("DescribeJobSubmitInfo", byID(id))["Tasks"].([]any)[0].(map[string]any)["TaskInstanceNum"], 2.0)
	logs := flat("DescribeTaskLogs", `{"JobId":"`+id+`","TaskName":"a","TaskInstanceIndexes":["1"]}`)
	want(t, "logs refused", logs.Err == nil, true)
	want(t, "logs", wire(t, logs.Body)["TotalCount"], 1.0)
}

func FuzzCalls(f *testing.F) {
	f.Add([]byte(aJob(aTask("a", "sleep 1; exit 1", `,"MaxRetryCount":2`)+","+aTask("b", "true", ""), `,"Dependences":[{"StartTask":"a","EndTask":"b"}]`)))
	f.Add([]byte(`{"JobId":"job-abcdefgh","TaskName":"a","Offset":9223372036854775807,"Limit":1}`))
	f.Add([]byte(`{"Offset":"9223372036854775807","Limit":100,"Filters":[{"Name":"tag:x","Values":["y"]}]}`))
	f.Add([]byte(`{"JobIds":[null]}`))
	f.Add([]byte(`{"Placement":{"Zone":"ap-guangzhou-4"},"Job":{"Tasks":[{"Application":{"DeliveryForm":"LOCAL","Commands":[{"Command":"sleep 99999999999; exit 256"}]},"EnvId":"env-demo0001","TaskInstanceNum":3,"MaxConcurrentNum":1}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		w := newWorld(t)
		for _, call := range w.Half().Calls {
			for _, flat := range []bool{false, true} {
				raw, err := json.Marshal(call.Handle(&emu.Request{Body: append([]byte(nil), body...), Region: Guangzhou, Flat: flat}).Body)
				if err != nil || len(raw) == 0 {
					t.Fatalf("%s: %v", call.Name, err)
				}
			}
			w.pass(7 * time.Second)
			w.Half().Begun()
		}
	})
}
