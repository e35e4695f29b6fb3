package others

import (
	"fmt"
	"testing"
	"time"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
	"github.com/opentelekomcloud/gophertelekomcloud/openstack/dataarts/v1/job"
	drs "github.com/opentelekomcloud/gophertelekomcloud/openstack/drs/v3/public"
)

// telekom is a client of gophertelekomcloud with a key.
func telekom(t *testing.T, version, key string) (*golangsdk.ServiceClient, *tap) {
	t.Helper()
	wire := &tap{}
	p := &golangsdk.ProviderClient{ProjectID: project, AKSKAuthOptions: golangsdk.AKSKAuthOptions{AccessKey: key, SecretKey: secret, ProjectId: project}}
	p.HTTPClient.Transport = wire
	return &golangsdk.ServiceClient{ProviderClient: p, Endpoint: fmt.Sprintf("%s/%s/%s/", emulator(t), version, project)}, wire
}

// TestTelekomDRS: the client wants 202 of a start and of a delete, and 200 of a
// read.
func TestTelekomDRS(t *testing.T) {
	c, _ := telekom(t, "v3", accessKey)
	started := right[*drs.BatchTasksResponse](t)(drs.BatchStartTasks(c, drs.BatchStartJobOpts{Jobs: []drs.StartInfo{{JobId: migration}}}))
	if started.Count != 1 || started.Results[0].Id != migration || started.Results[0].Status != "success" {
		t.Fatalf("%+v", started)
	}
	status := func() string {
		got := right[*drs.BatchListTaskStatusResponse](t)(drs.BatchListTaskStatus(c, drs.BatchQueryTaskOpts{Jobs: []string{migration}}))
		return got.Results[0].Status
	}
	until(t, status, is("FULL_TRANSFER_COMPLETE"))
	details := right[*drs.BatchListTaskDetailsResponse](t)(drs.BatchListTaskDetails(c, drs.BatchQueryTaskOpts{Jobs: []string{migration}, PageReq: drs.PageReq{CurPage: 1, PerPage: 5}}))
	if details.Count != 1 || details.Results[0].TaskType == "" || details.Results[0].Status != "FULL_TRANSFER_COMPLETE" || details.Results[0].FullTransferCompleteTime == "" {
		t.Errorf("%+v", details)
	}
	const unchecked = "a281f62f-4631-45d6-a2d3-679a9f4jb105"
	checked := right[*drs.BatchCheckTasksResponse](t)(drs.BatchCheckTasks(c, drs.BatchPreCheckReq{Jobs: []drs.PreCheckInfo{{JobId: unchecked, PreCheckMode: "forStartJob"}}}))
	if checked.Count != 1 {
		t.Errorf("%+v", checked)
	}
	results := right[*drs.BatchCheckResultsResponse](t)(drs.BatchCheckResults(c, drs.BatchQueryPrecheckResultReq{Jobs: []string{unchecked}}))
	if results.Count != 1 {
		t.Errorf("%+v", results)
	}
	ended := right[*drs.BatchTasksResponse](t)(drs.BatchDeleteTasks(c, drs.BatchDeleteTasksOpts{Jobs: []drs.DeleteJobReq{{JobId: migration, DeleteType: "terminate"}}}))
	if ended.Count != 1 || ended.Results[0].Status != "success" {
		t.Errorf("%+v", ended)
	}
	until(t, status, is("RELEASE_RESOURCE_COMPLETE"))

	stranger, _ := telekom(t, "v3", "NOBODY")
	_, err := drs.BatchListTaskStatus(stranger, drs.BatchQueryTaskOpts{Jobs: []string{migration}})
	refused(t, err, func(e golangsdk.ErrDefault401) []byte { return e.Body }, "APIGW.0301")
}

// TestTelekomDataArts: the client reads numbers for all times but those of a
// job that runs in real time.
func TestTelekomDataArts(t *testing.T) {
	c, wire := telekom(t, "v1", accessKey)
	const batch, stream = "myJob", "myStream"
	listed := func() string {
		got := right[*job.ListResp](t)(job.List(c, job.ListOpts{JobName: batch, Limit: 100}, ""))
		if got.Total != 1 || got.Jobs[0].Name != batch || got.Jobs[0].CreateTime < 1e12 {
			t.Fatalf("%s", wire.body)
		}
		return got.Jobs[0].Status
	}
	// The client wants whole numbers for the position of a node; all samples of the
	// vendors have texts.
	if _, err := job.Get(c, batch, ""); err == nil {
		t.Error("the emulator no longer follows the vendors' samples")
	}
	params := []*job.JobParam{{Name: "day", Value: "1", ParamType: "variable"}}
	if err := job.Start(c, batch, &job.StartReq{JobParams: params}); err != nil {
		t.Fatal(err)
	}
	until(t, listed, is("SCHEDULING"))
	if err := job.Stop(c, batch, ""); err != nil {
		t.Fatal(err)
	}
	until(t, listed, is("STOPPED"))

	run := func() string {
		once := right[*job.ExecuteImmediatelyResp](t)(job.ExecuteImmediately(c, batch, &job.ExecuteImmediatelyReq{JobParams: params}))
		return fmt.Sprint(once.InstanceId)
	}
	shown := func(id string) func() string {
		return func() string { return right[*job.JobInstanceResp](t)(job.GetJobInstance(c, batch, id, "")).Status }
	}
	first := run()
	until(t, shown(first), is("success"))
	got := right[*job.JobInstanceResp](t)(job.GetJobInstance(c, batch, first, ""))
	if got.StartTime < 1e12 || got.EndTime < got.StartTime || len(got.Nodes) == 0 || got.Nodes[0].Status != "success" {
		t.Errorf("%s", wire.body)
	}
	list := right[*job.GetJobInstanceListResp](t)(job.GetJobInstanceList(c, job.GetJobInstanceListReq{JobName: batch, MinPlanTime: time.Now().Add(-time.Hour * 24).UnixMilli(), MaxPlanTime: time.Now().Add(time.Hour * 24).UnixMilli(), Limit: 100, InstanceType: 2, PreciseQuery: true}))
	if list.Total == 0 || list.Instances[0].JobName != batch || list.Instances[0].SubmitTime < 1e12 {
		t.Errorf("%s", wire.body)
	}
	if err := job.RetryInstance(c, batch, first, ""); err != nil {
		t.Fatal(err)
	}
	until(t, shown(first), is("running"))
	if err := job.StopInstance(c, batch, first, ""); err != nil {
		t.Fatal(err)
	}
	until(t, shown(first), is("manual-stop"))

	if err := job.Start(c, stream, &job.StartReq{}); err != nil {
		t.Fatal(err)
	}
	// This client wants texts for the times, the vendor's samples have numbers.
	if _, err := job.GetRunningStatus(c, stream, ""); err == nil {
		t.Error("the emulator no longer follows the vendor's samples")
	}
	if err := job.Stop(c, stream, ""); err != nil {
		t.Fatal(err)
	}
	err := job.Start(c, "nobody", &job.StartReq{})
	refused(t, err, func(e golangsdk.ErrDefault400) []byte { return e.Body }, "DLF.0100")
}
