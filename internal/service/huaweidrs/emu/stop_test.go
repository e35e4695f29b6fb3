package drsemu

import (
	"testing"
	"time"
)

func TestPausable(t *testing.T) {
	states := map[string]bool{
		creating: false, createFailed: false, configuration: false, starting: false, waitingForStart: false,
		startFailed: false, pausing: false, fullStarted: true, fullFailed: true, fullComplete: true,
		increStarted: true, increFailed: true, releaseStarted: false, releaseFailed: false,
		releaseComplete: false, childReleased: false, "REBUILD_NODE_STARTED": false,
	}
	const id = "11111111-0000-0000-0000-00000000jb01"
	for status, can := range states {
		for _, useType := range []string{migration, synchronization, disasterRecovery} {
			r := newRig(t)
			r.Add(Script{ID: id, Status: status, UseType: useType})
			want, after := "200 failed/DRS.M00304", status
			if can {
				want, after = "200 success", pausing
			}
			r.want("BatchStopJobs", pauseOf(id), want)
			r.wantStatus(id, after)
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	r := newRig(t)
	r.Begin(Sync)
	r.wait(25 * time.Second) // half of the full transfer
	r.want("BatchRestoreTask", resumeOf(Sync), "200 failed/DRS.M00304")
	r.want("BatchStopJobs", object(Sync, `"pause_mode":"all"`), "200 success")
	if r.Captures(Sync) {
		t.Error("the log is captured")
	}
	if got := r.follow(Sync, time.Hour); got != "0:PAUSING " {
		t.Errorf("got %s", got)
	}
	r.want("BatchStopJobs", pauseOf(Sync), "200 failed/DRS.M00304")
	r.want("BatchStartJobs", start(Sync), "202 failed/DRS.M00304")
	r.want("BatchRestoreTask", start(Sync), "400 DRS.M00201")
	r.want("BatchRestoreTask", object(Sync, `"is_sync_re_edit":false`), "400 DRS.M00201")
	r.want("BatchRestoreTask", resumeOf(Sync), "200 success")
	r.want("BatchRestoreTask", resumeOf(Sync), "200 failed/DRS.M00304")
	if !r.Captures(Sync) {
		t.Error("the log is not captured")
	}
	want := "0:FULL_TRANSFER_STARTED 15:FULL_TRANSFER_COMPLETE 20:INCRE_TRANSFER_STARTED "
	if got := r.follow(Sync, time.Minute); got != want {
		t.Errorf("got %s", got)
	}
	if got := r.Half().Begun(); len(got) != 2 || got[0].Live || !got[1].Live { // the start, and the resume
		t.Errorf("begun %v", got)
	}
	r.want("BatchStopJobs", pauseOf(Sync), "200 success")
	if !r.Captures(Sync) {
		t.Error("mode target ends the capture of the log")
	}
	r.Switches.ReEditOptional = true
	r.want("BatchRestoreTask", resumeOf(Sync), "200 success")
}

func TestPausedInTheWorld(t *testing.T) {
	r := newRig(t)
	r.wantStatus(Paused, pausing)
	r.want("BatchStartJobs", `{"jobs":[{"job_id":"`+Paused+`"},{"job_id":"`+Sync+`"}]}`, "202 failed/DRS.M00304 success")
	if got := len(r.Half().Begun()); got != 1 {
		t.Errorf("%d begun", got)
	}
	r.want("BatchRestoreTask", resumeOf(Paused), "200 success")
	if got := r.follow(Paused, time.Minute); got != "0:FULL_TRANSFER_STARTED 15:FULL_TRANSFER_COMPLETE 20:INCRE_TRANSFER_STARTED " {
		t.Errorf("got %s", got)
	}
	if got := len(r.Half().Begun()); got != 2 {
		t.Errorf("%d begun", got)
	}
}

func TestDualActive(t *testing.T) {
	r := newRig(t)
	both := func(more string) string {
		return `{"jobs":[{"job_id":"` + DualForward + `"` + more + `},{"job_id":"` + DualParent + `"` + more + `}]}`
	}
	r.want("BatchStartJobs", both(""), "400 DRS.M00307")
	r.want("BatchStopJobs", both(`,"pause_mode":"target"`), "400 DRS.M00307")
	r.want("BatchRestoreTask", both(`,"is_sync_re_edit":true`), "400 DRS.M00307")
	if got := len(r.Half().Begun()); got != 0 {
		t.Errorf("%d begun", got)
	}
	_, detail := r.call("BatchListJobDetails", `{"jobs":["`+DualForward+`","`+DualParent+`","`+DisasterRecovery+`"]}`)
	for i, want := range []map[string]any{{"multi_write": true, "parent_id": DualParent}, {"multi_write": true}, {}} {
		for _, name := range []string{"multi_write", "parent_id"} {
			if got := item(detail, i)[name]; got != want[name] {
				t.Errorf("%d: %s is %v", i, name, got)
			}
		}
	}
	r.want("BatchStartJobs", start(DualForward), "202 success")
}

func TestRecoveryUnpausable(t *testing.T) {
	r := newRig(t)
	r.Switches.RecoveryUnpausable = true
	r.want("BatchStopJobs", pauseOf(DisasterRecovery), "200 failed/DRS.M00304")
	r.want("BatchStopJobs", pauseOf(AlreadyRunning), "200 success")
}

func TestRetry(t *testing.T) {
	r := newRig(t)
	r.Begin(FailsInFull)
	r.wait(time.Minute)
	r.want("BatchRestoreTask", resumeOf(FailsInFull), "200 success")
	if got := r.follow(FailsInFull, time.Minute); got != "0:FULL_TRANSFER_STARTED 15:FULL_TRANSFER_COMPLETE " {
		t.Errorf("got %s", got)
	}

	const id = "11111111-0000-0000-0000-00000000jb01"
	r.Add(Script{ID: id, TaskType: incrTrans, Walk: []Step{{increStarted, time.Second}, {increFailed, 0}}})
	r.Begin(id)
	r.wait(time.Second)
	r.wantStatus(id, increFailed)
	r.want("BatchStopJobs", pauseOf(id), "200 success")
	r.want("BatchRestoreTask", resumeOf(id), "200 success")
	if got := r.follow(id, time.Minute); got != "0:INCRE_TRANSFER_STARTED " {
		t.Errorf("got %s", got)
	}
}

func TestSlowPause(t *testing.T) {
	r := newRig(t)
	r.Switches.SlowPause = 8 * time.Second
	r.Begin(Sync)
	r.wait(35 * time.Second)
	r.want("BatchStopJobs", pauseOf(Sync), "200 success")
	r.want("BatchStopJobs", pauseOf(Sync), "200 failed/DRS.M01504")
	r.want("BatchRestoreTask", resumeOf(Sync), "200 failed/DRS.M01504")
	r.want("BatchDeleteJobs", endOf(Sync, "terminate"), "202 failed/DRS.M01504")
	want := "0:FULL_TRANSFER_STARTED 5:FULL_TRANSFER_COMPLETE 8:PAUSING "
	if got := r.follow(Sync, time.Minute); got != want {
		t.Errorf("got %s", got)
	}
	r.want("BatchRestoreTask", resumeOf(Sync), "200 success")
	if got := r.follow(Sync, time.Minute); got != "0:FULL_TRANSFER_COMPLETE 2:INCRE_TRANSFER_STARTED " {
		t.Errorf("got %s", got)
	}
}

func TestTerminate(t *testing.T) {
	tests := []struct {
		name     string
		switches Switches
		status   string
		kind     string
		want     string
		walk     string
	}{
		{"running", Switches{}, increStarted, "terminate", "202 success", "0:RELEASE_RESOURCE_STARTED 5:RELEASE_RESOURCE_COMPLETE "},
		{"slow", Switches{SlowRelease: 10 * time.Second}, fullStarted, "terminate", "202 success", "0:RELEASE_RESOURCE_STARTED 15:RELEASE_RESOURCE_COMPLETE "},
		{"paused", Switches{}, pausing, "terminate", "202 success", "0:RELEASE_RESOURCE_STARTED 5:RELEASE_RESOURCE_COMPLETE "},
		{"configuring", Switches{}, configuration, "terminate", "202 success", "0:RELEASE_RESOURCE_STARTED 5:RELEASE_RESOURCE_COMPLETE "},
		{"never made", Switches{}, createFailed, "terminate", "202 failed/DRS.M00304", "0:CREATE_FAILED "},
		{"ending", Switches{}, releaseStarted, "terminate", "202 failed/DRS.M00304", "0:RELEASE_RESOURCE_STARTED "},
		{"ending by force", Switches{}, releaseStarted, "force_terminate", "202 success", "0:RELEASE_RESOURCE_STARTED 5:RELEASE_RESOURCE_COMPLETE "},
		{"ended", Switches{}, releaseComplete, "terminate", "202 failed/DRS.M05004", "0:RELEASE_RESOURCE_COMPLETE "},
		{"refused", Switches{StopRefused: "DRS.M01504"}, increStarted, "terminate", "202 failed/DRS.M01504", "0:INCRE_TRANSFER_STARTED "},
		{"starting", Switches{NoTerminateIn: []string{starting}}, starting, "terminate", "202 failed/DRS.M00304", "0:STARTJOBING "},
		{"delete running", Switches{}, increStarted, "delete", "202 failed/DRS.M00304", "0:INCRE_TRANSFER_STARTED "},
	}
	const id = "11111111-0000-0000-0000-00000000jb01"
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.Switches = test.switches
			r.Add(Script{ID: id, Status: test.status})
			r.want("BatchDeleteJobs", endOf(id, test.kind), test.want)
			if got := r.follow(id, time.Minute); got != test.walk {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestStuckRelease(t *testing.T) {
	const id = "11111111-0000-0000-0000-00000000jb01"
	r := newRig(t)
	r.Add(Script{ID: id, StuckRelease: true})
	r.Begin(id)
	r.want("BatchDeleteJobs", endOf(id, "terminate"), "202 success")
	r.wait(time.Minute)
	if got := r.Half().Begun()[0]; got.State != releaseFailed || !got.Live {
		t.Errorf("begun %v", got)
	}
	r.want("BatchDeleteJobs", endOf(id, "force_terminate"), "202 success")
	r.wait(time.Minute)
	if got := r.Half().Begun()[0]; got.State != releaseComplete || got.Live {
		t.Errorf("begun %v", got)
	}
}

func TestStopRefused(t *testing.T) {
	r := newRig(t)
	r.Switches.StopRefused = "DRS.M01504"
	r.want("BatchStopJobs", pauseOf(AlreadyRunning), "200 failed/DRS.M01504")
	r.wantStatus(AlreadyRunning, increStarted)
}

func TestLooseIDs(t *testing.T) {
	r := newRig(t)
	r.Switches.LooseIDs = true
	r.Add(Script{ID: "a", Status: increStarted})
	r.want("BatchStopJobs", pauseOf("a"), "200 success")
}

func TestDelete(t *testing.T) {
	for _, status := range []string{createFailed, releaseComplete, childReleased} {
		const id = "11111111-0000-0000-0000-00000000jb01"
		r := newRig(t)
		r.Add(Script{ID: id, Status: status})
		r.want("BatchDeleteJobs", endOf(id, "delete"), "202 success")
		r.want("BatchListJobStatus", one(id), "400 DRS.M05004")
		r.want("BatchListJobDetails", one(id), "400 DRS.M05004")
		r.want("BatchStartJobs", start(id), "400 DRS.M05004")
		r.Switches.UnknownJob = UnknownPerJob
		r.want("BatchStartJobs", start(id), "202 failed/DRS.M05004")
	}
}

func TestPartialStop(t *testing.T) {
	r := newRig(t)
	body := `{"jobs":[{"job_id":"` + AlreadyRunning + `","pause_mode":"target"},{"job_id":"` + Sync + `","pause_mode":"all"}]}`
	reply := r.want("BatchStopJobs", body, "200 success failed/DRS.M00304")
	if reply["count"] != 2.0 || item(reply, 1)["error_msg"] == "" {
		t.Errorf("reply %v", reply)
	}
}

func TestV5Stop(t *testing.T) {
	r := newRig(t)
	status, body := r.v5("StopJobAction", AlreadyRunning, `{"is_force_stop":false}`)
	if status != 200 || body["id"] != AlreadyRunning || body["name"] != "DRS-running" || body["status"] != "success" {
		t.Errorf("%d %v", status, body)
	}
	r.wantStatus(AlreadyRunning, releaseStarted)
	status, body = r.v5("StopJobAction", AlreadyRunning, ``)
	if status != 200 || body["status"] != "failed" || body["error_code"] != "DRS.10000001" {
		t.Errorf("%d %v", status, body)
	}
	for _, test := range []struct{ id, body, want string }{
		{"a", `{}`, "400 DRS.10000010"},
		{Sync, `{"is_force_stop":"no"}`, "400 DRS.10000001"},
		{Sync, `[]`, "400 DRS.10000001"},
	} {
		if got := short(r.v5("StopJobAction", test.id, test.body)); got != test.want {
			t.Errorf("%s: %s", test.body, got)
		}
	}
}

func TestV5BatchStop(t *testing.T) {
	r := newRig(t)
	body := `{"jobs":[{"job_id":"` + AlreadyRunning + `","is_force_stop":true},{"job_id":"a"},{"job_id":"` + AlreadyEnded + `"}]}`
	status, reply := r.v5("BatchStopJobsAction", "", body)
	if got := short(status, reply); got != "200 success failed/DRS.10000010 failed/DRS.10000001" {
		t.Errorf("got %s", got)
	}
	if _, ok := reply["jobs"]; !ok || len(reply) != 1 {
		t.Errorf("reply %v", reply)
	}
	if got := short(r.v5("BatchStopJobsAction", "", `{"jobs":[{"job_id":"a","is_force_stop":1}]}`)); got != "400 DRS.10000001" {
		t.Errorf("got %s", got)
	}
}

func TestV5Action(t *testing.T) {
	action := func(name, params string) string {
		return `{"job":{"action_name":"` + name + `","action_params":` + params + `}}`
	}
	tests := []struct{ id, body, want, after string }{
		{AlreadyRunning, action("stop", `{"pause_mode":"target"}`), "success", pausing},
		{AlreadyRunning, action("stop", `null`), "success", pausing},
		{AlreadyRunning, action("stop", `{"pause_mode":"none"}`), "400 DRS.10000001", increStarted},
		{AlreadyRunning, action("start", `{}`), "DRS.10000001", increStarted},
		{Sync, action("start", `{}`), "success", starting},
		{Sync, action("start", `{"start_time":"9999999999999"}`), "success", waitingForStart},
		{Sync, action("start", `{"start_time":1}`), "400 DRS.10000001", configuration},
		{Sync, action("start", `{"is_only_init_task":1}`), "400 DRS.10000001", configuration},
		{Sync, action("start", `[]`), "400 DRS.10000001", configuration},
		{Sync, action("stop", `{"pause_mode":"all"}`), "DRS.10000001", configuration},
		{Sync, action("jump", `{}`), "400 DRS.10000001", configuration},
		{Sync, `{}`, "400 DRS.10000001", configuration},
		{Sync, `{"job":[]}`, "400 DRS.10000001", configuration},
		{"a", action("start", `{}`), "400 DRS.10000010", ""},
	}
	for _, test := range tests {
		r := newRig(t)
		status, body := r.v5("ExecuteJobAction", test.id, test.body)
		got, _ := body["status"].(string)
		if got == "failed" {
			got, _ = body["error_code"].(string)
		} else if status != 200 {
			got = short(status, body)
		}
		if got != test.want || r.Status(test.id) != test.after {
			t.Errorf("%s: got %s and %s, want %s and %s", test.body, got, r.Status(test.id), test.want, test.after)
		}
	}
}

func TestV5StartsWaitingJob(t *testing.T) {
	r := newRig(t)
	r.Switches.ActionQueryID = true
	r.want("BatchStartJobs", object(Migration, `"start_time":"9999999999999"`), "202 success")
	status, body := r.v5("ExecuteJobAction", Migration, `{"job":{"action_name":"start"}}`)
	if status != 202 || body["query_id"] != "00000001-0000-4000-8000-000000000001" || len(body) != 1 {
		t.Errorf("%d %v", status, body)
	}
	want := "0:STARTJOBING 10:FULL_TRANSFER_STARTED 40:FULL_TRANSFER_COMPLETE "
	if got := r.follow(Migration, time.Minute); got != want {
		t.Errorf("got %s", got)
	}
	if got := len(r.Half().Begun()); got != 1 {
		t.Errorf("%d begun", got)
	}
}
