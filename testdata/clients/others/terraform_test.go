package others

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chnsz/golangsdk"
	"github.com/chnsz/golangsdk/openstack/drs/v3/jobs"
)

// terraform is a client of chnsz/golangsdk with a key, for the paths under a
// version and the project.
func terraform(t *testing.T, version, key string) (*golangsdk.ServiceClient, *tap) {
	t.Helper()
	wire := &tap{}
	p := &golangsdk.ProviderClient{ProjectID: project, AKSKAuthOptions: golangsdk.AKSKAuthOptions{AccessKey: key, SecretKey: secret, ProjectId: project}}
	p.HTTPClient.Transport = wire
	return &golangsdk.ServiceClient{ProviderClient: p, Endpoint: fmt.Sprintf("%s/%s/%s/", emulator(t), version, project)}, wire
}

func badRequest(e golangsdk.ErrDefault400) []byte { return e.Body }

func TestTerraformDRS(t *testing.T) {
	c, wire := terraform(t, "v3", accessKey)
	started := right[*jobs.ActionResp](t)(jobs.Start(c, jobs.StartJobReq{Jobs: []jobs.StartInfo{{JobId: migration}, {JobId: synchronisation}}}))
	if started.Count != 2 || started.Results[0].Status != "success" || started.Results[1].Id != synchronisation {
		t.Fatalf("%+v", started)
	}
	status := func(id string) func() string {
		return func() string {
			got := right[*jobs.StatusResp](t)(jobs.Status(c, jobs.QueryJobReq{Jobs: []string{id}}))
			if got.Count != 1 || got.Results[0].Id != id {
				t.Fatalf("%+v", got)
			}
			return got.Results[0].Status
		}
	}
	until(t, status(migration), is("FULL_TRANSFER_COMPLETE"))
	until(t, status(synchronisation), is("INCRE_TRANSFER_STARTED"))
	details := right[*jobs.JobDetailResp](t)(jobs.Get(c, jobs.QueryJobReq{Jobs: []string{migration, synchronisation}}))
	if details.Count != 2 || details.Results[0].TaskType == "" || details.Results[1].Name == "" || details.Results[0].ActualStartTime == "" {
		t.Errorf("%+v", details)
	}
	for _, use := range []string{"migration", "sync"} {
		list := right[*jobs.JobsListResp](t)(jobs.List(c, jobs.ListJobsReq{CurPage: 1, PerPage: 100, DbUseType: use}))
		if list.TotalRecord == 0 || len(list.Jobs) != list.TotalRecord || list.Jobs[0].DbUseType != use {
			t.Errorf("%s: %+v", use, list)
		}
	}
	const unchecked = "a281f62f-4631-45d6-a2d3-679a9f4jb105"
	right[*jobs.PrecheckResp](t)(jobs.PreCheckJobs(c, jobs.BatchPrecheckReq{Jobs: []jobs.PreCheckInfo{{JobId: unchecked, PrecheckMode: "forStartJob"}}}))
	checks := right[*jobs.PrecheckResultResp](t)(jobs.CheckResults(c, jobs.QueryPrecheckResultReq{Jobs: []string{unchecked}}))
	if checks.Count != 1 {
		t.Errorf("%+v", checks)
	}
	if err := jobs.Delete(c, jobs.BatchDeleteJobReq{Jobs: []jobs.DeleteJobReq{{JobId: synchronisation, DeleteType: "terminate"}}}); err.Err != nil {
		t.Fatal(err.Err)
	}
	until(t, status(synchronisation), is("RELEASE_RESOURCE_COMPLETE"))

	_, err := jobs.Status(c, jobs.QueryJobReq{Jobs: []string{nobody}})
	if err == nil {
		t.Error("a task that does not exist has a status")
	}
	if wire.status/100 == 2 {
		t.Errorf("status %d: %s", wire.status, wire.body)
	}
	stranger, _ := terraform(t, "v3", "NOBODY")
	_, err = jobs.Status(stranger, jobs.QueryJobReq{Jobs: []string{migration}})
	refused(t, err, func(e golangsdk.ErrDefault401) []byte { return e.Body }, "APIGW.0301")
}

// TestTerraformCPTS goes the way of the provider's resources for a PerfTest
// project and task. This version of the client has no package for PerfTest; the
// calls are those that the provider makes with it or with the vendor's SDK.
func TestTerraformCPTS(t *testing.T) {
	c, wire := terraform(t, "v1", accessKey)
	send := func(method, path string, body map[string]any) (answer struct {
		Code, Message string
		ProjectID     int `json:"project_id"`
		TaskID        int `json:"task_id"`
		Project       struct{ Name, Description, Create_time, Update_time string }
		TaskInfo      struct {
			Name             string
			Run_status       int
			Bench_concurrent int
			Project_id       int
		}
		Result struct {
			Run int `json:"task_run_id"`
		}
	}) {
		t.Helper()
		opts := &golangsdk.RequestOpts{JSONResponse: &answer, OkCodes: []int{200, 201, 204}}
		if body != nil {
			opts.JSONBody = body
		}
		if _, err := c.Request(method, c.ServiceURL(path), opts); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
		if !strings.HasSuffix(answer.Code, "0000000") {
			t.Errorf("%s %s: %s", method, path, wire.body)
		}
		return answer
	}
	suite := send("POST", "test-suites", map[string]any{"name": "terraform", "description": "demo"}).ProjectID
	suitePath := fmt.Sprint("test-suites/", suite)
	send("PUT", suitePath, map[string]any{"id": suite, "name": "terraform", "description": "demo 2"})
	if got := send("GET", suitePath, nil).Project; got.Name != "terraform" || got.Description != "demo 2" || got.Create_time == "" || got.Update_time == "" {
		t.Errorf("%+v", got)
	}
	task := send("POST", "tasks", map[string]any{"name": "load", "project_id": suite, "bench_concurrent": 100}).TaskID
	taskPath := fmt.Sprint("tasks/", task)
	if got := send("GET", taskPath, nil).TaskInfo; got.Run_status != 2 || got.Bench_concurrent != 100 || got.Project_id != suite {
		t.Errorf("a task that never ran: %+v", got)
	}
	send("PUT", taskPath, map[string]any{"id": task, "name": "load 2", "project_id": suite, "bench_concurrent": 200})
	order := fmt.Sprint(suitePath, "/tasks/", task)
	internet := map[string]any{"network_type": "internet"}
	if run := send("POST", order, map[string]any{"cluster_type": "shared-cluster-internet", "cluster_id": 0, "status": 9, "network_info": internet}).Result.Run; run == 0 {
		t.Error("the start names no run")
	}
	read := func() int { return send("GET", taskPath, nil).TaskInfo.Run_status }
	until(t, read, is(2)) // without a case it is soon over
	send("POST", order, map[string]any{"cluster_type": "shared-cluster-internet", "cluster_id": -1, "status": 2, "network_info": map[string]any{}})
	send("DELETE", taskPath, nil)
	_, err := c.Get(c.ServiceURL(taskPath), nil, nil)
	refused(t, err, func(e golangsdk.ErrDefault403) []byte { return e.Body }, "SVCSTG.CPTS.4032002")
	send("DELETE", suitePath, nil)

	// The existing task has a case, and runs for a while.
	const nightly = "test-suites/393862/tasks/184138"
	send("POST", nightly, map[string]any{"cluster_type": "shared-cluster-internet", "cluster_id": 0, "status": 9, "network_info": internet})
	existing := func() int { return send("GET", "tasks/184138", nil).TaskInfo.Run_status }
	until(t, existing, is(0))
	send("POST", nightly, map[string]any{"cluster_type": "shared-cluster-internet", "cluster_id": -1, "status": 2, "network_info": map[string]any{}})
	until(t, existing, is(4))
	_, err = c.Request("POST", c.ServiceURL(nightly), &golangsdk.RequestOpts{JSONBody: map[string]any{"cluster_type": "private-cluster", "cluster_id": 7, "status": 9, "network_info": map[string]any{}}})
	refused(t, err, func(e golangsdk.ErrDefault403) []byte { return e.Body }, "SVCSTG.CPTS.4032002")
	_, err = c.Request("POST", c.ServiceURL("tasks"), &golangsdk.RequestOpts{JSONBody: map[string]any{"name": strings.Repeat("x", 43), "project_id": 393862}})
	refused(t, err, badRequest, "name is too long")
}

// TestTerraformDataArts starts and reads a job by the paths of the provider's
// DataArts resources, with this client's signature.
func TestTerraformDataArts(t *testing.T) {
	c, wire := terraform(t, "v1", accessKey)
	do := func(method, path string, body any, into any, codes ...int) {
		t.Helper()
		opts := &golangsdk.RequestOpts{JSONResponse: into, OkCodes: codes}
		if body != nil {
			opts.JSONBody = body
		}
		if _, err := c.Request(method, c.ServiceURL(path), opts); err != nil {
			t.Fatalf("%s %s: %v (%s)", method, path, err, wire.body)
		}
	}
	var jobs struct {
		Total int
		Jobs  []struct{ Name, Status, JobType string }
	}
	do("GET", "jobs?jobName=myJob", nil, &jobs, 200)
	if jobs.Total != 1 || jobs.Jobs[0].Name != "myJob" {
		t.Errorf("%+v", jobs)
	}
	do("POST", "jobs/myJob/start", map[string]any{"jobParams": []map[string]string{{"name": "day", "value": "1", "paramType": "variable"}}}, nil, 204)
	listed := func() string { do("GET", "jobs?jobName=myJob", nil, &jobs, 200); return jobs.Jobs[0].Status }
	until(t, listed, is("SCHEDULING"))
	do("POST", "jobs/myJob/stop", nil, nil, 204)
	until(t, listed, is("STOPPED"))
}
