package drsemu

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// seven adds jobs a0 to a6 and returns a body that asks for them.
func seven(r *rig, page string) string {
	var ids []string
	for i := range 7 {
		id := fmt.Sprintf("a%d", i)
		r.Add(Script{ID: id})
		ids = append(ids, `"`+id+`"`)
	}
	if page != "" {
		page = `,"page_req":` + page
	}
	return `{"jobs":[` + strings.Join(ids, ",") + `]` + page + `}`
}

func TestPages(t *testing.T) {
	tests := []struct{ page, want string }{
		{``, "a0 a1 a2 a3 a4"}, // five without a word
		{`null`, "a0 a1 a2 a3 a4"},
		{`{}`, "a0 a1 a2 a3 a4"},
		{`{"cur_page":2}`, "a5 a6"},
		{`{"cur_page":1,"per_page":0}`, "a0 a1 a2 a3 a4 a5 a6"},
		{`{"cur_page":1,"per_page":100}`, "a0 a1 a2 a3 a4 a5 a6"},
		{`{"cur_page":3,"per_page":3}`, "a6"},
		{`{"cur_page":3}`, "400 DRS.M00211"},
		{`{"cur_page":2,"per_page":0}`, "400 DRS.M00211"},
		{`{"cur_page":9223372036854775807}`, "400 DRS.M00211"},
		{`{"per_page":101}`, "400 DRS.M00211"},
		{`{"cur_page":0}`, "400 DRS.M00210"},
		{`{"cur_page":"1"}`, "400 DRS.M00210"},
		{`{"per_page":-1}`, "400 DRS.M00210"},
		{`{"per_page":1.5}`, "400 DRS.M00210"},
	}
	for _, call := range []string{"BatchListJobStatus", "BatchListJobDetails"} {
		for _, test := range tests {
			r := newRig(t)
			status, body := r.call(call, seven(r, test.page))
			got := short(status, body)
			if status == 200 {
				var ids []string
				for _, i := range body["results"].([]any) {
					ids = append(ids, i.(map[string]any)["id"].(string))
				}
				got = strings.Join(ids, " ")
				if body["count"] != float64(len(ids)) {
					t.Errorf("%s %s: count %v", call, test.page, body["count"])
				}
			}
			if got != test.want {
				t.Errorf("%s %s: got %s, want %s", call, test.page, got, test.want)
			}
		}
	}
	r := newRig(t)
	r.Switches.TotalCount = true
	if _, body := r.call("BatchListJobStatus", seven(r, "")); body["count"] != 7.0 || len(body["results"].([]any)) != 5 {
		t.Errorf("total count: %v", body["count"])
	}
}

func TestFailureFields(t *testing.T) {
	r := newRig(t)
	r.want("BatchStartJobs", start(FailsInFull), "202 success")
	r.wait(24 * time.Second)
	_, status := r.call("BatchListJobStatus", one(FailsInFull))
	if _, has := item(status, 0)["error_code"]; has {
		t.Error("an error before the failure")
	}
	r.wait(time.Second)
	const code, reason = "DRS.KE0002", "The source database refused the user name or the password."
	r.wantStatus(FailsInFull, fullFailed) // and nothing beside it
	r.Switches.StatusSaysWhy = true
	_, status = r.call("BatchListJobStatus", one(FailsInFull))
	want := map[string]any{"id": FailsInFull, "status": fullFailed, "error_code": code, "error_message": reason}
	if got := item(status, 0); !reflect.DeepEqual(got, want) {
		t.Errorf("status %v", got)
	}
	_, detail := r.call("BatchListJobDetails", one(FailsInFull))
	if got := item(detail, 0); got["error_code"] != code || got["error_message"] != reason || got["failed_reason"] != reason {
		t.Errorf("detail %v", got)
	}
	_, progress := r.call("BatchListProgresses", one(FailsInFull))
	if got := item(progress, 0); got["error_code"] != code || got["error_msg"] != reason || got["progress"] != "50" {
		t.Errorf("progress %v", got)
	}
}

func TestDetail(t *testing.T) {
	r := newRig(t)
	begin := r.now
	r.want("BatchStartJobs", start(Migration), "202 success")
	r.wait(time.Minute)
	_, body := r.call("BatchListJobDetails", one(Migration))
	got := item(body, 0)
	for name, want := range map[string]any{
		"id": Migration, "name": "DRS-migration", "status": fullComplete, "description": "",
		"task_type": "FULL_TRANS", "db_use_type": "migration", "job_direction": "up", "net_type": "eip",
		"create_time":                 millis(begin.Add(-24 * time.Hour)),
		"actual_start_time":           millis(begin),
		"full_transfer_complete_time": millis(begin.Add(40 * time.Second)),
		"update_time":                 millis(begin.Add(40 * time.Second)),
		"tags":                        []any{}, "children": []any{}, "speed_limit": []any{},
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s = %v, want %v", name, got[name], want)
		}
	}
	if end := got["source_endpoint"].(map[string]any); end["project_id"] != project || end["db_port"] != 3306.0 {
		t.Errorf("source %v", end)
	}
}

func TestFullProgress(t *testing.T) {
	r := newRig(t)
	progress := func(wait time.Duration, want string) {
		t.Helper()
		r.wait(wait)
		status, body := r.call("BatchListProgresses", one(Migration))
		i := item(body, 0)
		got := fmt.Sprint(status, " ", i["transfer_status"], " ", i["progress"], " left ", i["remaining_time"],
			" delay ", i["incre_trans_delay"], " at ", i["process_time"])
		if parts, ok := i["progress_map"].(map[string]any); ok {
			for _, part := range []string{"struct", "data", "index"} {
				got += fmt.Sprint(" ", parts[part].(map[string]any)["completed"])
			}
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	progress(0, "202 CONFIGURATION 0 left 0 delay -1 at 0")
	r.want("BatchStartJobs", start(Migration), "202 success")
	progress(5*time.Second, "202 STARTJOBING 0 left 0 delay -1 at 0")
	progress(5*time.Second, "202 FULL_TRANSFER_STARTED 0 left 0 delay -1 at null 0% 0% 0%")
	progress(15*time.Second, "202 FULL_TRANSFER_STARTED 50 left 15 delay -1 at null 100% 42% 0%")
	progress(14900*time.Millisecond, "202 FULL_TRANSFER_STARTED 99 left 1 delay -1 at null 100% 100% 90%")
	progress(100*time.Millisecond, "202 FULL_TRANSFER_COMPLETE 100 left 0 delay -1 at 0 100% 100% 100%")
}

func TestDelay(t *testing.T) {
	r := newRig(t)
	r.want("BatchStartJobs", start(Sync), "202 success")
	delay := func(wait time.Duration, seconds, thousandths string) {
		t.Helper()
		r.wait(wait)
		_, body := r.call("BatchListProgresses", one(Sync))
		i := item(body, 0)
		if i["incre_trans_delay"] != seconds || i["incre_trans_delay_millis"] != thousandths {
			t.Errorf("delay %v %v, want %s %s", i["incre_trans_delay"], i["incre_trans_delay_millis"], seconds, thousandths)
		}
	}
	delay(44*time.Second, "-1", "-1")
	delay(time.Second, "60", "60000")
	delay(10*time.Second, "40", "40000")
	delay(250*time.Millisecond, "39", "39500")
	r.want("BatchStopJobs", pauseOf(Sync), "200 success")
	delay(20*time.Second, "59", "59500")
	r.want("BatchRestoreTask", resumeOf(Sync), "200 success")
	delay(time.Second, "57", "57500")
	delay(time.Hour, "2", "2000")
	delay(1000*time.Hour, "2", "2000")

	_, body := r.call("BatchListProgresses", one(Sync))
	if got := item(body, 0); got["process_time"] != millis(r.now.Add(-2*time.Second)) || got["progress"] != "100" || got["task_mode"] != fullIncrTrans {
		t.Errorf("progress %v", got)
	}
	r.want("BatchDeleteJobs", endOf(Sync, "terminate"), "202 success")
	delay(0, "-1", "-1")

	_, body = r.call("BatchListProgresses", one(AlreadyRunning))
	if got := item(body, 0); got["incre_trans_delay"] != "2" || got["progress"] != "100" {
		t.Errorf("already running: %v", got)
	}
}

func TestProgressSwitches(t *testing.T) {
	r := newRig(t)
	r.Switches = Switches{EmptyDelay: true, ProcessDuration: true, LateProgress: 20 * time.Second}
	r.want("BatchStartJobs", start(Migration), "202 success")
	r.wait(20 * time.Second)
	_, body := r.call("BatchListProgresses", one(Migration))
	if got := item(body, 0); got["transfer_status"] != starting || got["incre_trans_delay"] != "" || got["process_time"] != "0" {
		t.Errorf("late progress %v", got)
	}
	r.wantStatus(Migration, fullStarted)
	r.wait(20 * time.Second)
	_, body = r.call("BatchListProgresses", one(Migration))
	if got := item(body, 0); got["progress"] != "33" || got["process_time"] != "20000" {
		t.Errorf("late progress %v", got)
	}
	r.Add(Script{ID: "slow", TaskType: incrTrans, DelayFrom: time.Minute, DelayTo: 90 * time.Second})
	r.Begin("slow")
	r.wait(time.Hour)
	_, body = r.call("BatchListProgresses", one("slow"))
	if got := item(body, 0); got["incre_trans_delay"] != "90" || got["progress_map"] != nil {
		t.Errorf("slow %v", got)
	}
}

func TestRecovery(t *testing.T) {
	r := newRig(t)
	status, body := r.call("BatchListRposAndRtos", `{"jobs":["`+DisasterRecovery+`","`+AlreadyRunning+`","`+Sync+`"]}`)
	if status != 202 || body["count"] != 3.0 {
		t.Errorf("%d %v", status, body)
	}
	for i := range 2 {
		rto := item(body, i)["rto_info"].(map[string]any)
		if rto["delay"] != "2000" || rto["time"] != "2026-01-02 03:04:05" || rto["gtid_set"] != "NA" {
			t.Errorf("rto %v", rto)
		}
	}
	if got := item(body, 2)["error_code"]; got != "DRS.M00302" {
		t.Errorf("sync: %v", got)
	}
}

// TestRecorded are replies of real traffic (la-north-2, 2026-06), of which the
// emulator has at least the fields, of the same kinds.
func TestRecorded(t *testing.T) {
	tests := []struct {
		name, call, body string
		before           func(r *rig)
		want             string
	}{
		{"started", "BatchStartJobs", start(Sync), nil, `{"id":"x","status":"success"}`},
		{"a release is not ended again", "BatchDeleteJobs", endOf(Sync, "terminate"), func(r *rig) { r.call("BatchDeleteJobs", endOf(Sync, "terminate")) },
			`{"id":"x","status":"failed","error_code":"DRS.M00304","error_msg":"API cannot be invoked by a task in the current state."}`},
		{"full transfer", "BatchListProgresses", one(Sync), func(r *rig) { r.Begin(Sync); r.wait(10 * time.Second) },
			`{"progress":"0","job_id":"x","incre_trans_delay":"-1","incre_trans_delay_millis":"-1","task_mode":"FULL_INCR_TRANS","transfer_status":"FULL_TRANSFER_STARTED",
			"process_time":"null","remaining_time":"0","apply_rows_rate":-1,"apply_bytes_rate":-1,"dst_offset":"N/A",
			"progress_map":{"struct":{"completed":"0%","remaining_time":null},"data":{"completed":"0%","remaining_time":null},"index":{"completed":"0%","remaining_time":null}}}`},
		{"full transfer complete", "BatchListProgresses", one(Sync), func(r *rig) { r.Begin(Sync); r.wait(41 * time.Second) },
			`{"job_id":"x","progress":"100","transfer_status":"FULL_TRANSFER_COMPLETE","incre_trans_delay":"-1",
			"progress_map":{"struct":{"completed":"100%","remaining_time":null},"data":{"completed":"100%","remaining_time":null},"index":{"completed":"100%","remaining_time":null}}}`},
		{"precheck", "BatchCheckJobs", object(Sync, `"precheck_mode":"forStartJob"`), nil, `{"id":"x","status":"success","precheck_id":"x"}`},
		{"alarms pass", "BatchCheckResults", one(Sync), func(r *rig) { r.Add(Script{ID: Sync, Precheck: Alarm}) },
			`{"result":true,"process":"100%","precheck_id":"x","total_passed_rate":"100%","job_direction":"up"}`},
		{"list", "ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"sync","name":"` + Sync + `"}`, func(r *rig) { r.Begin(Sync) },
			`{"id":"x","name":"DRS-sync","status":"STARTJOBING","create_time":"2026-01-01T03:04:05Z","engine_type":"mysql","net_type":"eip","billing_tag":false,"job_direction":"up",
			"db_use_type":"sync","task_type":"FULL_INCR_TRANS","node_newFramework":false,"multi_write":false,"job_action":{
			"available_actions":["CREATE","PRE_CHECK","CHANGE_MODE","MODIFY_DB_CONFIG","RESET_DB_PWD","FREE_RESOURCE"],
			"unavailable_actions":["START","RETRY","RESET","DELETE","PAUSE","CONTINUE_JOB","STOP_JOB"]}}`},
	}
	for _, test := range tests {
		r := newRig(t)
		if test.before != nil {
			test.before(r)
		}
		_, body := r.call(test.call, test.body)
		var want map[string]any
		if err := json.Unmarshal([]byte(strings.ReplaceAll(test.want, `"x"`, `"`+Sync+`"`)), &want); err != nil {
			t.Fatal(err)
		}
		got := item(body, 0)
		for name, value := range want {
			if !reflect.DeepEqual(got[name], value) {
				t.Errorf("%s: %s is %v, want %v", test.name, name, got[name], value)
			}
		}
	}
}

func TestList(t *testing.T) {
	tests := []struct{ query, want string }{
		{`"cur_page":1,"per_page":10,"db_use_type":"migration"`, "5: unchecked ended fails-to-start fails-in-full migration"},
		{`"cur_page":1,"per_page":2,"db_use_type":"migration"`, "5: unchecked ended"},
		{`"cur_page":3,"per_page":2,"db_use_type":"migration"`, "5: migration"},
		{`"cur_page":4,"per_page":2,"db_use_type":"migration"`, "5:"},
		{`"cur_page":9223372036854775807,"per_page":100,"db_use_type":"migration"`, "5:"},
		{`"cur_page":0,"per_page":2,"db_use_type":"migration"`, "5: unchecked ended fails-to-start fails-in-full migration"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","name":"","status":"","net_type":"","engine_type":""`, "5: paused monthly running refuses-start sync"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","name":"DRS-sync"`, "1: sync"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","name":"n"`, "3: monthly running sync"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","name":"` + Sync + `,` + Monthly + `"`, "2: monthly sync"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","status":"INCRE_TRANSFER_STARTED"`, "1: running"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","net_type":"vpn"`, "0:"},
		{`"cur_page":1,"per_page":10,"db_use_type":"sync","engine_type":"mongodb"`, "0:"},
		{`"cur_page":1,"per_page":10,"db_use_type":"cloudDataGuard","instance_ids":["a"]`, "3: dual-forward dual recovery"},
	}
	for _, test := range tests {
		r := newRig(t)
		status, body := r.call("ShowJobList", "{"+test.query+"}")
		if status != 200 {
			t.Fatalf("%s: %d %v", test.query, status, body)
		}
		got := fmt.Sprint(body["total_record"], ":")
		for _, j := range body["jobs"].([]any) {
			got += " " + strings.TrimPrefix(j.(map[string]any)["name"].(string), "DRS-")
		}
		if got != test.want {
			t.Errorf("%s: got %s, want %s", test.query, got, test.want)
		}
	}
}

func TestListItems(t *testing.T) {
	r := newRig(t)
	list := func(name string) map[string]any {
		t.Helper()
		_, body := r.call("ShowJobList", `{"cur_page":1,"per_page":10,"db_use_type":"migration","name":"`+name+`"}`)
		return item(body, 0)
	}
	got := list("DRS-fails-in-full")
	if got["create_time"] != "2026-01-01T03:04:05Z" || got["node_newFramework"] != false || got["billing_tag"] != false {
		t.Errorf("item %v", got)
	}
	actions := func() any { return list("DRS-fails-in-full")["job_action"].(map[string]any)["available_actions"] }
	if got := actions(); !reflect.DeepEqual(got, []any{"START", "FREE_RESOURCE"}) {
		t.Errorf("actions %v", got)
	}
	r.Begin(FailsInFull)
	r.wait(time.Minute)
	if got := actions(); !reflect.DeepEqual(got, []any{"RETRY", "RESET", "PAUSE", "STOP_JOB", "FREE_RESOURCE"}) {
		t.Errorf("actions %v", got)
	}
	if got := list("DRS-fails-in-full")["error_msg"]; got == nil {
		t.Error("no error_msg")
	}
	r.Switches.ExactName, r.Switches.SpacedTimes = true, true
	if got := list("DRS-fails-in-full")["create_time"]; got != "2026-01-01 03:04:05" {
		t.Errorf("create_time %v", got)
	}
	if got := list("DRS"); len(got) != 0 {
		t.Errorf("a part of a name found %v", got)
	}
	r.want("BatchDeleteJobs", endOf(AlreadyEnded, "delete"), "202 success")
	if got := list("DRS-ended"); len(got) != 0 {
		t.Errorf("a deleted job is listed: %v", got)
	}
}

func TestPrecheck(t *testing.T) {
	r := newRig(t)
	check := object(PrecheckMissing, `"precheck_mode":"forStartJob"`)
	results := func(id string) string {
		t.Helper()
		status, body := r.call("BatchCheckResults", one(id))
		i := item(body, 0)
		rows, _ := i["precheck_result"].([]any)
		return fmt.Sprint(status, " ", i["result"], " ", i["process"], " ", i["total_passed_rate"], " ", len(rows), " ", i["error_code"])
	}
	want := func(id, want string) {
		t.Helper()
		if got := results(id); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	want(PrecheckMissing, "200 <nil> <nil> <nil> 0 DRS.M00303")
	want(Sync, "200 true 100% 100% 10 <nil>")
	reply := r.want("BatchCheckJobs", check, "200 success")
	if item(reply, 0)["precheck_id"] != PrecheckMissing {
		t.Errorf("reply %v", reply)
	}
	want(PrecheckMissing, "200 false 0% 0% 0 <nil>")
	r.want("BatchCheckJobs", check, "200 failed/DRS.M01504")
	r.wait(5 * time.Second)
	want(PrecheckMissing, "200 false 50% 50% 5 <nil>")
	r.want("BatchStartJobs", start(PrecheckMissing), "202 failed/DRS.M01504")
	r.wait(5 * time.Second)
	want(PrecheckMissing, "200 true 100% 100% 10 <nil>")
	r.want("BatchStartJobs", start(PrecheckMissing), "202 success")
	r.want("BatchCheckResults", one(PrecheckMissing), "400 DRS.M00304")
	r.want("BatchCheckJobs", check, "200 failed/DRS.M00304")

	r.Add(Script{ID: "11111111-0000-0000-0000-00000000jb01", Precheck: Failing})
	want("11111111-0000-0000-0000-00000000jb01", "200 false 100% 90% 10 <nil>")
	r.want("BatchStartJobs", start("11111111-0000-0000-0000-00000000jb01"), "202 failed/DRS.M01504")

	const alarm = "11111111-0000-0000-0000-00000000jb02"
	r.Add(Script{ID: alarm, Precheck: Alarm})
	want(alarm, "200 true 100% 100% 10 <nil>")
	r.want("BatchStartJobs", start(alarm), "202 success")

	r.Begin(FailsInFull)
	r.wait(time.Minute)
	r.want("BatchCheckJobs", object(FailsInFull, `"precheck_mode":"forRetryJob"`), "200 success")
}
