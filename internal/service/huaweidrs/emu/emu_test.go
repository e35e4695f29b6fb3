package drsemu

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

const project = "054ba152d480d55b2f5dc0069e7ddef0"

// rig is a service whose clock stands still until it is moved.
type rig struct {
	*Service
	t   *testing.T
	now time.Time
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	r.Service = New(func() time.Time { return r.now })
	return r
}

func (r *rig) wait(d time.Duration) { r.now = r.now.Add(d) }

func (r *rig) send(name, id, body string, header http.Header) emu.Answer {
	r.t.Helper()
	for _, c := range r.Half().Calls {
		if c.Name == name {
			return c.Handle(&emu.Request{
				Body:   []byte(body),
				Header: header,
				Path: func(v string) string {
					return map[string]string{"project_id": project, "job_id": id}[v]
				},
			})
		}
	}
	r.t.Fatalf("no call %s", name)
	return emu.Answer{}
}

// call is send, with the answer as a client reads it.
func (r *rig) call(name, body string) (int, map[string]any) {
	r.t.Helper()
	return r.decoded(r.send(name, "", body, http.Header{}))
}

func (r *rig) v5(name, id, body string) (int, map[string]any) {
	r.t.Helper()
	return r.decoded(r.send(name, id, body, http.Header{}))
}

func (r *rig) decoded(a emu.Answer) (int, map[string]any) {
	r.t.Helper()
	raw, err := json.Marshal(a.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		r.t.Fatal(err)
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	return a.Status, body
}

// short writes a reply as status and items, for tables.
func short(status int, body map[string]any) string {
	words := []string{fmt.Sprint(status)}
	if code, ok := body["error_code"]; ok {
		return fmt.Sprint(status, " ", code)
	}
	for _, key := range []string{"results", "jobs"} {
		items, _ := body[key].([]any)
		for _, i := range items {
			item := i.(map[string]any)
			word := ""
			for _, field := range []string{"status", "transfer_status", "error_code"} {
				if v, ok := item[field]; ok {
					word += "/" + v.(string)
				}
			}
			words = append(words, strings.TrimPrefix(word, "/"))
		}
	}
	return strings.Join(words, " ")
}

func (r *rig) want(name, body, want string) map[string]any {
	r.t.Helper()
	status, reply := r.call(name, body)
	if got := short(status, reply); got != want {
		r.t.Errorf("%s %s\n got %s\nwant %s", name, body, got, want)
	}
	return reply
}

func (r *rig) wantStatus(id, want string) {
	r.t.Helper()
	r.want("BatchListJobStatus", one(id), "200 "+want)
}

func item(body map[string]any, n int) map[string]any {
	for _, key := range []string{"results", "jobs"} {
		if items, ok := body[key].([]any); ok && n < len(items) {
			return items[n].(map[string]any)
		}
	}
	return map[string]any{}
}

func one(id string) string { return `{"jobs":["` + id + `"]}` }

func object(id, more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"jobs":[{"job_id":"` + id + `"` + more + `}]}`
}

func start(id string) string { return object(id, "") }

func pauseOf(id string) string { return object(id, `"pause_mode":"target"`) }

func resumeOf(id string) string { return object(id, `"is_sync_re_edit":true`) }

func endOf(id, kind string) string { return object(id, `"delete_type":"`+kind+`"`) }

func TestRoutes(t *testing.T) {
	half := newRig(t).Half()
	if half.Vendor != emu.Huawei || half.Service != "drs" || half.Version != "" {
		t.Errorf("half = %v %q %q", half.Vendor, half.Service, half.Version)
	}
	mux := http.NewServeMux()
	names := map[string]bool{}
	for _, c := range half.Calls {
		mux.HandleFunc(c.Route, func(http.ResponseWriter, *http.Request) {}) // panics on a conflict
		names[c.Name] = true
	}
	if len(names) != len(half.Calls) {
		t.Error("two calls share a name")
	}
}

func TestHeaders(t *testing.T) {
	header := func(language, contentType string) http.Header {
		h := http.Header{}
		if language != "" {
			h.Set("X-Language", language)
		}
		if contentType != "" {
			h.Set("Content-Type", contentType)
		}
		return h
	}
	tests := []struct {
		name                  string
		switches              Switches
		language, contentType string
		want                  string
	}{
		{"none", Switches{}, "", "", "200 CONFIGURATION"},
		{"usual", Switches{}, "en-us", "application/json", "200 CONFIGURATION"},
		{"any case", Switches{}, "EN-US", "application/json;charset=UTF-8", "200 CONFIGURATION"},
		{"chinese", Switches{}, "zh-CN", "", "200 CONFIGURATION"},
		{"other language", Switches{}, "fr-fr", "", "400 DRS.M00202"},
		{"other language let in", Switches{AnyLanguage: true}, "fr-fr", "", "200 CONFIGURATION"},
		{"other type", Switches{}, "", "text/plain", "400 DRS.M00202"},
		{"broken type", Switches{}, "", ";", "400 DRS.M00202"},
		{"language required", Switches{HeadersRequired: true}, "", "application/json", "400 DRS.M00201"},
		{"type required", Switches{HeadersRequired: true}, "en-us", "", "400 DRS.M00201"},
		{"both there", Switches{HeadersRequired: true}, "En-Us", "application/json", "200 CONFIGURATION"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.Switches = test.switches
			answer := r.send("BatchListJobStatus", "", one(Sync), header(test.language, test.contentType))
			if got := short(r.decoded(answer)); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestProjectID(t *testing.T) {
	r := newRig(t)
	for _, c := range r.Half().Calls {
		for _, id := range []string{"", "{project_id}", "cn-north-4"} {
			answer := c.Handle(&emu.Request{Body: []byte("{}"), Path: func(string) string { return id }})
			if got := short(r.decoded(answer)); got != "403 DRS.M00261" {
				t.Errorf("%s with project %q: %s", c.Name, id, got)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	tests := map[string]string{
		"DRS.M00004": "500", "DRS.M01501": "422", "DRS.M00002": "422", "DRS.M01503": "400",
		"DRS.M00100": "403", "DRS.M00101": "404", "DRS.M00102": "403", "DRS.M00103": "401", "DRS.M00105": "400",
	}
	for code, status := range tests {
		for _, executed := range []bool{false, true} {
			r := newRig(t)
			r.Refuse(Refusal{Call: "BatchStartJobs", Code: code, Times: 1, Executed: executed})
			r.want("BatchStartJobs", start(Migration), status+" "+code)
			if got := len(r.Half().Begun()) == 1; got != executed {
				t.Errorf("%s executed=%v: begun %v", code, executed, got)
			}
			r.want("BatchListJobStatus", one(Sync), "200 CONFIGURATION")
			r.want("BatchStartJobs", start(Sync), "202 success")
		}
	}
}

func TestOldErrorKeys(t *testing.T) {
	r := newRig(t)
	r.Switches.OldErrorKeys = true
	status, body := r.call("BatchStartJobs", `{}`)
	if status != 400 || body["err code"] != "DRS-M00201" || body["err msg"] == "" || len(body) != 2 {
		t.Errorf("got %d %v", status, body)
	}
}

// What every call with "jobs" refuses alike.
func TestJobsField(t *testing.T) {
	objects := map[string]string{ // what else an entry needs
		"BatchStartJobs": ``, "BatchRestoreTask": `,"is_sync_re_edit":true`, "BatchStopJobs": `,"pause_mode":"all"`,
		"BatchDeleteJobs": `,"delete_type":"terminate"`, "BatchCheckJobs": `,"precheck_mode":"forStartJob"`,
	}
	texts := []string{
		"BatchListJobStatus", "BatchListJobDetails", "BatchListProgresses", "BatchCheckResults", "BatchListRposAndRtos",
	}
	both := []struct{ body, want string }{
		{`{`, "400 DRS.M00300"},
		{`[]`, "400 DRS.M00300"},
		{``, "400 DRS.M00201"},
		{`{}`, "400 DRS.M00201"},
		{`{"jobs":null}`, "400 DRS.M00201"},
		{`{"jobs":[]}`, "400 DRS.M00201"},
		{`{"jobs":{}}`, "400 DRS.M00200"},
		{`{"jobs":[7]}`, "400 DRS.M00200"},
		{`{"jobs":[null]}`, "400 DRS.M00201"},
	}
	check := func(call string, tests []struct{ body, want string }) {
		for _, test := range tests {
			newRig(t).want(call, test.body, test.want)
		}
	}
	for call, more := range objects {
		a := `{"job_id":"` + Sync + `"` + more + `}`
		check(call, both)
		check(call, []struct{ body, want string }{
			{`{"jobs":["` + Sync + `"]}`, "400 DRS.M00200"},
			{`{"jobs":[{}]}`, "400 DRS.M00201"},
			{`{"jobs":[{"job_id":""}]}`, "400 DRS.M00201"},
			{`{"jobs":[{"job_id":null}]}`, "400 DRS.M00201"},
			{`{"jobs":[{"job_id":7}]}`, "400 DRS.M00200"},
			{`{"jobs":[` + a + `,` + a + `]}`, "400 DRS.M00301"},
		})
	}
	for _, call := range texts {
		check(call, both)
		check(call, []struct{ body, want string }{
			{`{"jobs":[{}]}`, "400 DRS.M00200"},
			{`{"jobs":[""]}`, "400 DRS.M00201"},
			{`{"jobs":["` + Sync + `","` + Sync + `"]}`, "400 DRS.M00301"},
		})
	}
}

func TestOtherFields(t *testing.T) {
	tests := []struct{ call, body, want string }{
		{"BatchStartJobs", object(Sync, `"start_time":1599202771816`), "400 DRS.M00200"},
		{"BatchStartJobs", object(Sync, `"start_time":"tomorrow"`), "400 DRS.M00202"},
		{"BatchStartJobs", object(Sync, `"start_time":"-1"`), "400 DRS.M00202"},
		{"BatchStartJobs", object(Sync, `"start_time":"99999999999999999999"`), "400 DRS.M00202"},
		{"BatchStartJobs", object(Sync, `"is_only_init_task":"true"`), "400 DRS.M00200"},
		{"BatchStartJobs", object(Sync, `"is_auto_create_compare":1`), "400 DRS.M00200"},
		{"BatchStartJobs", object(Sync, `"is_auto_create_compare":false,"start_time":"","more":1`), "202 success"},
		{"BatchStartJobs", object(Sync, `"start_time":null`), "202 success"},
		{"BatchStopJobs", start(Sync), "400 DRS.M00201"},
		{"BatchStopJobs", object(Sync, `"pause_mode":"source"`), "400 DRS.M00202"},
		{"BatchStopJobs", object(Sync, `"pause_mode":true`), "400 DRS.M00200"},
		{"BatchStopJobs", object("a", `"pause_mode":"all"`), "400 DRS.M00202"},
		{"BatchDeleteJobs", start(Sync), "400 DRS.M00201"},
		{"BatchDeleteJobs", endOf(Sync, "stop"), "400 DRS.M00202"},
		{"BatchDeleteJobs", object(Sync, `"delete_type":"terminate","is_show_breakpoint_position":1`), "400 DRS.M00200"},
		{"BatchRestoreTask", object(Sync, `"is_sync_re_edit":"yes"`), "400 DRS.M00200"},
		{"BatchCheckJobs", start(Sync), "400 DRS.M00201"},
		{"BatchCheckJobs", object(Sync, `"precheck_mode":"now"`), "400 DRS.M00202"},
		{"BatchCheckResults", one("a"), "400 DRS.M00202"},
		{"BatchListJobStatus", `{"jobs":["` + Sync + `"],"page_req":[]}`, "400 DRS.M00200"},
		{"ShowJobList", `{"cur_page":1,"per_page":10}`, "400 DRS.M00201"},
		{"ShowJobList", `{"cur_page":1,"db_use_type":"sync"}`, "400 DRS.M00201"},
		{"ShowJobList", `{"per_page":1,"db_use_type":"sync"}`, "400 DRS.M00201"},
		{"ShowJobList", `{"cur_page":-1,"per_page":10,"db_use_type":"sync"}`, "400 DRS.M00210"},
		{"ShowJobList", `{"cur_page":"1","per_page":10,"db_use_type":"sync"}`, "400 DRS.M00210"},
		{"ShowJobList", `{"cur_page":1,"per_page":101,"db_use_type":"sync"}`, "400 DRS.M00211"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"copy"}`, "400 DRS.M00202"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","net_type":"lan"}`, "400 DRS.M00202"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","name":5}`, "400 DRS.M00200"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","instance_ip":5}`, "400 DRS.M00200"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","instance_ids":"a"}`, "400 DRS.M00200"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","instance_ids":[1,2,3,4,5,6,7,8,9,10,11]}`, "400 DRS.M00202"},
		{"ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","name":"` + strings.Repeat("a,", 100) + `a"}`, "400 DRS.M00202"},
	}
	for _, test := range tests {
		newRig(t).want(test.call, test.body, test.want)
	}
}

func TestMaxJobs(t *testing.T) {
	two := `{"jobs":[{"job_id":"` + Sync + `"},{"job_id":"` + Migration + `"}]}`
	for limit, want := range map[int]string{0: "202 success success", 1: "400 DRS.M00299", 2: "202 success success"} {
		r := newRig(t)
		r.Switches.MaxJobs = limit
		r.want("BatchStartJobs", two, want)
	}
	r := newRig(t)
	r.Switches.MaxJobs = 2
	r.want("BatchListJobStatus", `{"jobs":["a","b","c"]}`, "400 DRS.M00300")
}

func TestUnknownJob(t *testing.T) {
	const unknown = "00000000-0000-0000-0000-00000000jb00"
	calls := map[string]string{ // each with a body
		"BatchStartJobs":      start(unknown),
		"BatchStopJobs":       pauseOf(unknown),
		"BatchRestoreTask":    resumeOf(unknown),
		"BatchDeleteJobs":     endOf(unknown, "terminate"),
		"BatchCheckJobs":      object(unknown, `"precheck_mode":"forStartJob"`),
		"BatchCheckResults":   one(unknown),
		"BatchListJobStatus":  one(unknown),
		"BatchListJobDetails": one(unknown),
		"BatchListProgresses": one(unknown),
	}
	for call, body := range calls {
		reply := newRig(t).want(call, body, "400 DRS.M00289")
		if _, plain := reply["error_code"]; plain {
			t.Errorf("%s: error_code beside results", call)
		}
		r := newRig(t)
		r.Switches.UnknownJob = UnknownPlain
		if _, reply := r.call(call, body); reply["error_code"] != "DRS.M05003" {
			t.Errorf("%s: %v", call, reply)
		}
		r.Switches.UnknownJob = UnknownPerJob
		status, reply := r.call(call, body)
		if status >= 300 || item(reply, 0)["error_code"] != "DRS.M05003" {
			t.Errorf("%s: %d %v", call, status, reply)
		}
	}
	r := newRig(t)
	mixed := `{"jobs":[{"job_id":"` + Sync + `"},{"job_id":"` + unknown + `"}]}`
	r.want("BatchStartJobs", mixed, "400 DRS.M00289")
	if len(r.Half().Begun()) != 0 {
		t.Error("a refused call began a job")
	}
	r.Switches.UnknownJob = UnknownPerJob
	r.want("BatchStartJobs", mixed, "202 success failed/DRS.M05003")
}

func TestReset(t *testing.T) {
	r := newRig(t)
	if r.Reset("a") || r.Begin("a") || r.Status("a") != "" {
		t.Error("a job that is not there")
	}
	r.want("BatchStartJobs", start(Migration), "202 success")
	r.wait(20 * time.Second)
	if !r.Reset(Migration) {
		t.Fatal("not reset")
	}
	r.wantStatus(Migration, configuration)
	if !r.Begin(Migration) || r.Begin(Migration) {
		t.Error("not begun just once")
	}
	_, detail := r.call("BatchListJobDetails", one(Migration))
	if got := item(detail, 0)["full_transfer_complete_time"]; got != nil {
		t.Errorf("no copy was complete, and it was at %v", got)
	}
	r.wait(time.Second)
	var got []string
	for _, j := range r.Half().Begun() {
		got = append(got, fmt.Sprintln(j.ID == Migration && j.Mark == Migration, j.State, j.Live))
	}
	want := []string{"true FULL_TRANSFER_STARTED false\n", "true STARTJOBING true\n"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("begun %q, want %q", got, want)
	}
}

// A reset job still shows when an earlier run began and was complete, as OTC's
// sample of one in CONFIGURATION does.
func TestResetKeepsTimes(t *testing.T) {
	r := newRig(t)
	begin := r.now
	times := func(began, copied any) {
		t.Helper()
		_, body := r.call("BatchListJobDetails", one(Migration))
		if got := item(body, 0); got["actual_start_time"] != began || got["full_transfer_complete_time"] != copied {
			t.Errorf("began %v, copied %v; want %v, %v", got["actual_start_time"], got["full_transfer_complete_time"], began, copied)
		}
	}
	r.Begin(Migration)
	r.wait(time.Minute)
	times(millis(begin), millis(begin.Add(40*time.Second)))
	r.Reset(Migration)
	r.wantStatus(Migration, configuration)
	times(millis(begin), millis(begin.Add(40*time.Second)))
	r.Begin(Migration)
	times(millis(begin.Add(time.Minute)), millis(begin.Add(40*time.Second)))
	r.wait(40 * time.Second)
	times(millis(begin.Add(time.Minute)), millis(begin.Add(100*time.Second)))
}

func FuzzBodies(f *testing.F) {
	for _, body := range []string{
		``, `{}`, start(Sync), one(Sync), pauseOf(Sync), endOf(Sync, "delete"), `{"jobs":[{"job_id":null}]}`,
		object(Sync, `"start_time":"9223372036854775807"`), object(Sync, `"precheck_mode":"forStartJob"`),
		`{"cur_page":9223372036854775807,"per_page":100,"db_use_type":"sync"}`,
		`{"jobs":["` + Sync + `"],"page_req":{"cur_page":9223372036854775807,"per_page":100}}`,
		`{"job":{"action_name":"start","action_params":{"start_time":"1"}}}`, `{"is_force_stop":true}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := newRig(t)
		for _, c := range r.Half().Calls {
			for range 2 {
				status, _ := r.decoded(r.send(c.Name, Sync, body, http.Header{}))
				if status < 200 || status > 599 {
					t.Errorf("%s: status %d", c.Name, status)
				}
			}
			r.wait(7 * time.Second)
		}
		r.Half().Begun()
	})
}
