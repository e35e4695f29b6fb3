package drsemu

import (
	"fmt"
	"testing"
	"time"
)

// follow asks for a job's status each second and lists the changes.
func (r *rig) follow(id string, d time.Duration) string {
	r.t.Helper()
	line, last := "", ""
	for i := range int(d/time.Second) + 1 {
		if i > 0 {
			r.wait(time.Second)
		}
		_, body := r.call("BatchListJobStatus", one(id))
		if status, _ := item(body, 0)["status"].(string); status != last {
			line += fmt.Sprintf("%d:%s ", i, status)
			last = status
		}
	}
	return line
}

func TestWalks(t *testing.T) {
	tests := []struct {
		name     string
		script   Script
		switches Switches
		want     string
	}{
		{"full", Script{TaskType: fullTrans}, Switches{},
			"0:STARTJOBING 10:FULL_TRANSFER_STARTED 40:FULL_TRANSFER_COMPLETE "},
		{"full and released", Script{TaskType: fullTrans}, Switches{ReleaseAfter: 20 * time.Second},
			"0:STARTJOBING 10:FULL_TRANSFER_STARTED 40:FULL_TRANSFER_COMPLETE 60:RELEASE_RESOURCE_STARTED 65:RELEASE_RESOURCE_COMPLETE "},
		{"full and incremental", Script{}, Switches{ReleaseAfter: time.Second},
			"0:STARTJOBING 10:FULL_TRANSFER_STARTED 40:FULL_TRANSFER_COMPLETE 45:INCRE_TRANSFER_STARTED "},
		{"incremental", Script{TaskType: incrTrans}, Switches{},
			"0:STARTJOBING 10:INCRE_TRANSFER_STARTED "},
		{"late status", Script{TaskType: incrTrans}, Switches{LateStatus: 3 * time.Second},
			"0:CONFIGURATION 3:STARTJOBING 13:INCRE_TRANSFER_STARTED "},
		{"scripted", Script{Walk: []Step{{"CHANGE_JOB_STARTED", time.Second}, {"NOBODY_KNOWS", 0}}}, Switches{},
			"0:CHANGE_JOB_STARTED 1:NOBODY_KNOWS "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t)
			r.Switches = test.switches
			test.script.ID = "11111111-0000-0000-0000-00000000jb01"
			r.Add(test.script)
			r.wantStatus(test.script.ID, configuration)
			r.want("BatchStartJobs", start(test.script.ID), "202 success")
			if got := r.follow(test.script.ID, 90*time.Second); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestWorldWalks(t *testing.T) {
	tests := []struct{ id, start, want string }{
		{Migration, "202 success", "0:STARTJOBING 10:FULL_TRANSFER_STARTED 40:FULL_TRANSFER_COMPLETE "},
		{Sync, "202 success", "0:STARTJOBING 10:FULL_TRANSFER_STARTED 40:FULL_TRANSFER_COMPLETE 45:INCRE_TRANSFER_STARTED "},
		{FailsInFull, "202 success", "0:STARTJOBING 10:FULL_TRANSFER_STARTED 25:FULL_TRANSFER_FAILED "},
		{FailsToStart, "202 success", "0:STARTJOBING 10:START_JOB_FAILED "},
		{RefusesStart, "202 failed/DRS.M01504", "0:CONFIGURATION "},
		{AlreadyRunning, "202 failed/DRS.M00304", "0:INCRE_TRANSFER_STARTED "},
		{AlreadyEnded, "202 failed/DRS.M00304", "0:RELEASE_RESOURCE_COMPLETE "},
		{PrecheckMissing, "202 failed/DRS.M01504", "0:CONFIGURATION "},
		{DisasterRecovery, "202 failed/DRS.M00304", "0:INCRE_TRANSFER_STARTED "},
	}
	for _, test := range tests {
		r := newRig(t)
		r.want("BatchStartJobs", start(test.id), test.start)
		if got := r.follow(test.id, time.Minute); got != test.want {
			t.Errorf("%s\n got %s\nwant %s", test.id, got, test.want)
		}
		began := 0
		if test.start == "202 success" {
			began = 1
		}
		if got := len(r.Half().Begun()); got != began {
			t.Errorf("%s: %d begun, want %d", test.id, got, began)
		}
	}
}

func TestStartReply(t *testing.T) {
	both := `{"jobs":[{"job_id":"` + Migration + `"},{"job_id":"` + Sync + `","start_time":"1599202771816"}]}`
	r := newRig(t)
	reply := r.want("BatchStartJobs", both, "202 success success") // document 001's request
	if reply["count"] != 2.0 || item(reply, 0)["id"] != Migration || item(reply, 1)["id"] != Sync || len(item(reply, 0)) != 2 {
		t.Errorf("reply %v", reply)
	}
	if _, ok := reply["results"]; !ok {
		t.Error("no results")
	}

	r = newRig(t)
	r.Switches.JobsKey = true
	reply = r.want("BatchStartJobs", both, "202 success success")
	if _, ok := reply["jobs"]; !ok || len(reply) != 2 {
		t.Errorf("reply %v", reply)
	}
}

func TestStartWithoutReply(t *testing.T) {
	both := `{"jobs":[{"job_id":"` + Migration + `"},{"job_id":"` + Sync + `"}]}`
	for name, test := range map[string]struct {
		switches Switches
		begun    int
	}{
		"hidden": {Switches{StartHides: Sync}, 2},
		"lost":   {Switches{StartLoses: Sync}, 1},
	} {
		r := newRig(t)
		r.Switches = test.switches
		reply := r.want("BatchStartJobs", both, "202 success")
		if item(reply, 0)["id"] != Migration || reply["count"] != 1.0 {
			t.Errorf("%s: %v", name, reply)
		}
		if got := len(r.Half().Begun()); got != test.begun {
			t.Errorf("%s: %d begun, want %d", name, got, test.begun)
		}
	}
}

func TestOrder(t *testing.T) {
	r := newRig(t)
	reply := r.want("BatchStartJobs", `{"jobs":[{"job_id":"`+Monthly+`"},{"job_id":"`+Sync+`"}]}`, "202 success success")
	if got := item(reply, 0)["order_id"]; got != "CS260102030400001" {
		t.Errorf("order_id %v", got)
	}
	if _, ok := item(reply, 1)["order_id"]; ok {
		t.Error("an order for a job paid by use")
	}
	reply = r.want("BatchStartJobs", start(Monthly), "202 failed/DRS.M00304")
	if _, ok := item(reply, 0)["order_id"]; ok {
		t.Error("a second order")
	}
}

func TestSecondStart(t *testing.T) {
	r := newRig(t)
	r.want("BatchStartJobs", start(Sync), "202 success")
	r.want("BatchStartJobs", `{"jobs":[{"job_id":"`+Sync+`"},{"job_id":"`+Migration+`"}]}`,
		"202 failed/DRS.M00304 success")
	if got := len(r.Half().Begun()); got != 2 {
		t.Errorf("%d begun", got)
	}

	r = newRig(t)
	r.Switches.SecondStartRefused = true
	r.want("BatchStartJobs", start(Sync), "202 success")
	r.want("BatchStartJobs", `{"jobs":[{"job_id":"`+Sync+`"},{"job_id":"`+Migration+`"}]}`, "400 DRS.M00304")
	r.want("BatchStartJobs", start(AlreadyRunning), "400 DRS.M00304")
	if got := len(r.Half().Begun()); got != 1 {
		t.Errorf("%d begun", got)
	}
}

func TestStartTime(t *testing.T) {
	r := newRig(t)
	soon := func(d time.Duration) string {
		return fmt.Sprintf(`"start_time":"%d"`, r.now.Add(d).UnixMilli())
	}
	r.want("BatchStartJobs", object(Migration, soon(30*time.Second)), "202 success")
	if got := r.Half().Begun(); len(got) != 1 || got[0].State != waitingForStart || !got[0].Live {
		t.Errorf("begun %v", got)
	}
	r.want("BatchStartJobs", start(Migration), "202 failed/DRS.M00304")
	r.want("BatchStopJobs", pauseOf(Migration), "200 failed/DRS.M00304")
	_, detail := r.call("BatchListJobDetails", one(Migration))
	if got := item(detail, 0)["inst_info"].(map[string]any)["start_time"]; got != millis(r.now.Add(30*time.Second)) {
		t.Errorf("start_time %v", got)
	}
	if _, started := item(detail, 0)["actual_start_time"]; started {
		t.Error("a waiting job has actually started")
	}
	want := "0:WAITING_FOR_START 30:STARTJOBING 40:FULL_TRANSFER_STARTED 70:FULL_TRANSFER_COMPLETE "
	if got := r.follow(Migration, 80*time.Second); got != want {
		t.Errorf("got %s", got)
	}

	r.want("BatchStartJobs", object(Sync, soon(0)), "202 success")
	r.wantStatus(Sync, starting)
	r.want("BatchStartJobs", object(Monthly, `"start_time":"1599202771"`), "202 success") // seconds, long past
	r.wantStatus(Monthly, starting)
	r.Switches.PastStartRefused = true
	r.want("BatchStartJobs", object(FailsInFull, soon(-time.Second)), "400 DRS.M00202")
	r.wantStatus(FailsInFull, configuration)
}

func TestWaitingTerminated(t *testing.T) {
	far := `"start_time":"9223372036854775807"`
	r := newRig(t)
	r.want("BatchStartJobs", object(Sync, far), "202 success")
	r.want("BatchDeleteJobs", endOf(Sync, "terminate"), "202 success")
	want := "0:RELEASE_RESOURCE_STARTED 5:RELEASE_RESOURCE_COMPLETE "
	if got := r.follow(Sync, time.Minute); got != want {
		t.Errorf("got %s", got)
	}

	r = newRig(t)
	r.Switches.NoTerminateIn = []string{waitingForStart}
	r.want("BatchStartJobs", object(Sync, far), "202 success")
	r.want("BatchDeleteJobs", endOf(Sync, "terminate"), "202 failed/DRS.M00304")
	r.wantStatus(Sync, waitingForStart)
	r.want("BatchDeleteJobs", endOf(Sync, "force_terminate"), "202 success")
}

func TestLive(t *testing.T) {
	r := newRig(t)
	live := func(want string) {
		t.Helper()
		got := ""
		for _, j := range r.Half().Begun() {
			got += fmt.Sprintf("%s:%v ", j.State, j.Live)
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	live("")
	r.want("BatchStartJobs", `{"jobs":[{"job_id":"`+Migration+`"},{"job_id":"`+Sync+`"},{"job_id":"`+FailsToStart+`"}]}`,
		"202 success success success")
	live("STARTJOBING:true STARTJOBING:true STARTJOBING:true ")
	r.wait(40 * time.Second)
	live("FULL_TRANSFER_COMPLETE:false FULL_TRANSFER_COMPLETE:true START_JOB_FAILED:false ")
	r.want("BatchStopJobs", pauseOf(Sync), "200 success")
	live("FULL_TRANSFER_COMPLETE:false PAUSING:false START_JOB_FAILED:false ")
	r.want("BatchDeleteJobs", endOf(Migration, "terminate"), "202 success")
	live("RELEASE_RESOURCE_STARTED:true PAUSING:false START_JOB_FAILED:false ")
	r.wait(5 * time.Second)
	live("RELEASE_RESOURCE_COMPLETE:false PAUSING:false START_JOB_FAILED:false ")
	if got := r.Half().Begun()[0].Began; !got.Equal(r.now.Add(-45 * time.Second)) {
		t.Errorf("began %v", got)
	}
}
