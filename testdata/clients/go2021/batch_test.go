// Package clients2021 drives a running emulator with the typed Batch client of
// Tencent's Go SDK of 2021.
package clients2021

import (
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	batch "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/batch/v20170312"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
)

const (
	key    = "AKIDEMULATOR" // as `cloudjob emulate -h` names it
	secret = "emulator-secret-key"
	region = "ap-guangzhou"
)

func client(t *testing.T, key, secret, signMethod, reqMethod string) *batch.Client {
	t.Helper()
	at, err := url.Parse(os.Getenv("EMULATOR"))
	if err != nil || at.Host == "" {
		t.Fatal("EMULATOR must be the address of a running emulator, such as http://127.0.0.1:8787")
	}
	p := profile.NewClientProfile()
	p.SignMethod = signMethod
	p.HttpProfile.Scheme, p.HttpProfile.Endpoint, p.HttpProfile.ReqMethod = "HTTP", at.Host, reqMethod
	c, err := batch.NewClient(common.NewCredential(key, secret), region, p)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if e, ok := errors.AsType[*sdkerrors.TencentCloudSDKError](err); !ok || e.Code != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func submission(command string) *batch.SubmitJobRequest {
	r := batch.NewSubmitJobRequest()
	r.Placement = &batch.Placement{Zone: new("ap-guangzhou-4")}
	r.Job = &batch.Job{
		JobName:  new("nightly"),
		Priority: new(uint64(1)),
		Tasks: []*batch.Task{{
			TaskName:        new("only"),
			TaskInstanceNum: new(uint64(2)),
			Application:     &batch.Application{DeliveryForm: new("LOCAL"), Command: new(command)},
			ComputeEnv: &batch.AnonymousComputeEnv{
				EnvType: new("MANAGED"),
				EnvData: &batch.EnvData{InstanceType: new("S5.SMALL2"), ImageId: new("img-eb30mz89")},
			},
			RestartComputeNode: new(false),
		}},
	}
	return r
}

// submit starts a job and returns what asks how it is.
func submit(t *testing.T, c *batch.Client, command string) *batch.DescribeJobRequest {
	t.Helper()
	answer, err := c.SubmitJob(submission(command))
	if err != nil {
		t.Fatal(err)
	}
	ask := batch.NewDescribeJobRequest()
	ask.JobId = answer.Response.JobId
	return ask
}

func reaches(t *testing.T, c *batch.Client, ask *batch.DescribeJobRequest, state string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(25 * time.Millisecond) {
		answer, err := c.DescribeJob(ask)
		if err != nil {
			t.Fatal(err)
		}
		if *answer.Response.JobState == state {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not %s within a minute, but %s", state, *answer.Response.JobState)
		}
	}
}

func TestSucceed(t *testing.T) {
	c := client(t, key, secret, "TC3-HMAC-SHA256", "POST")
	job := submit(t, c, "echo hello; sleep 30")
	reaches(t, c, job, "RUNNING")
	reaches(t, c, job, "SUCCEED")

	task := batch.NewDescribeTaskRequest()
	task.JobId, task.TaskName, task.Limit = job.JobId, new("only"), new(uint64(10))
	shown, err := c.DescribeTask(task)
	if err != nil {
		t.Fatal(err)
	}
	if set := shown.Response.TaskInstanceSet; len(set) != 2 || *set[1].ExitCode != 0 || *set[1].TaskInstanceState != "SUCCEED" {
		t.Errorf("%s", shown.ToJsonString())
	}
	ask := batch.NewDescribeTaskLogsRequest()
	ask.JobId, ask.TaskName, ask.TaskInstanceIndexes = job.JobId, new("only"), []*uint64{new(uint64(1))}
	logs, err := c.DescribeTaskLogs(ask)
	if err != nil {
		t.Fatal(err)
	}
	_, encoded, _ := strings.Cut(*logs.Response.TaskInstanceLogSet[0].StdoutLog, ",") // a data URI
	if text, err := base64.StdEncoding.DecodeString(encoded); err != nil || string(text) != "hello\n" {
		t.Errorf("%v in %s", err, logs.ToJsonString())
	}
	info := batch.NewDescribeJobSubmitInfoRequest()
	info.JobId = job.JobId
	if answer, err := c.DescribeJobSubmitInfo(info); err != nil || *answer.Response.Tasks[0].TaskInstanceNum != 2 {
		t.Errorf("%v: %v", err, answer)
	}
	list := batch.NewDescribeJobsRequest()
	list.JobIds = []*string{job.JobId}
	if answer, err := c.DescribeJobs(list); err != nil || *answer.Response.TotalCount != 1 {
		t.Errorf("%v: %v", err, answer)
	}
}

func TestTerminate(t *testing.T) {
	c := client(t, key, secret, "TC3-HMAC-SHA256", "POST")
	job := submit(t, c, "sleep 3600")
	reaches(t, c, job, "RUNNING")
	stop := batch.NewTerminateJobRequest()
	stop.JobId = job.JobId
	if _, err := c.TerminateJob(stop); err != nil {
		t.Fatal(err)
	}
	reaches(t, c, job, "FAILED")
	remove := batch.NewDeleteJobRequest()
	remove.JobId = job.JobId
	if _, err := c.DeleteJob(remove); err != nil {
		t.Fatal(err)
	}
	_, err := c.DescribeJob(job)
	refused(t, err, "ResourceNotFound.Job")
}

func TestRefusals(t *testing.T) {
	for _, sign := range []string{"TC3-HMAC-SHA256", "HmacSHA256", "HmacSHA1"} {
		for _, method := range []string{"POST", "GET"} {
			t.Run(sign+" by "+method, func(t *testing.T) {
				c := client(t, key, secret, sign, method)
				submit(t, c, "true")
				_, err := c.SubmitJob(batch.NewSubmitJobRequest())
				refused(t, err, "MissingParameter")
				_, err = client(t, "AKIDNOBODY", secret, sign, method).SubmitJob(submission("true"))
				refused(t, err, "AuthFailure.SecretIdNotFound")
				_, err = client(t, key, "wrong", sign, method).SubmitJob(submission("true"))
				refused(t, err, "AuthFailure.SignatureFailure")
			})
		}
	}
}
