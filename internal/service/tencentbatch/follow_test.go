package tencentbatch

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

func TestLives(t *testing.T) {
	tests := map[string]struct {
		task string
		end  job.Outcome
		word string
		why  []string
	}{
		"healthy":     {"echo hello}", job.Succeeded, "SUCCEED", nil},
		"fails":       {"'echo hello; exit 3'}", job.JobFailed, "FAILED", []string{"task main, instance 0: FAILED, exit code 3", "stdout: hello"}},
		"interrupted": {"'exit 3'}\n    FailedAction: INTERRUPT", job.JobFailed, "FAILED_INTERRUPTED", []string{"keep costing", "exit code 3"}},
		"partly":      {"exit $BATCH_TASK_INSTANCE_INDEX}\n    TaskInstanceNum: 5", job.JobFailed, "FAILED", []string{"2 more instances failed"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, test.task)
				r := engine.Run(t.Context(), s.services, options())
				item := r.Items[0]
				if r.Outcome != test.end || item.Status != test.word {
					t.Errorf("outcome %s, status %q; want %s, %q (%v)", r.Outcome, item.Status, test.end, test.word, item.Err)
				}
				why := strings.Join(item.Why, "\n")
				for _, want := range test.why {
					if !strings.Contains(why, want) {
						t.Errorf("why =\n%s\nwant %q in it", why, want)
					}
				}
			})
		})
	}
}

// TestStates are the whole enum (facts tencent-batch §4), and a word that no
// document lists. A job whose machines were kept has ended and costs on.
func TestStates(t *testing.T) {
	for word, want := range map[string]job.State{
		"SUBMITTED": job.StatePending, "PENDING": job.StatePending, "RUNNABLE": job.StatePending, "STARTING": job.StatePending,
		"RUNNING": job.StateRunning, "SUCCEED": job.StateSucceeded, "FAILED": job.StateFailed, "FAILED_INTERRUPTED": job.StateFailed,
		"DEFROSTING": job.StateUnknown, "SUCCEEDED": job.StateUnknown, "": job.StateUnknown,
	} {
		network := servicetest.Responses{"DescribeJobs": `{"JobSet":[null,{"JobId":"job-0","JobState":"SUCCEED"},{"JobId":"job-1","JobState":"` + word + `"},{"JobId":"job-2","JobState":"RUNNING"}]}`}
		got, err := reader(t, network).Status(t.Context(), []job.Ref{{ID: "job-1"}})
		if err != nil || got[0].State != want || got[0].Word != word || got[0].Costs != (word == "FAILED_INTERRUPTED") {
			t.Errorf("%s: got %+v, %v", word, got, err)
		}
	}
}

func TestManyJobs(t *testing.T) {
	listing().ManyJobs(t, "", func(n http.RoundTripper) engine.Follower { return reader(t, n) })
}

// TestZoneOfTheRegion: a zone of another region is refused before anything is
// sent.
func TestZoneOfTheRegion(t *testing.T) {
	for zone, good := range map[string]bool{
		"ap-guangzhou-4": true, "ap-guangzhou-10": true,
		"ap-beijing-4": false, "ap-guangzhou": false, "ap-guangzhou-": false, "ap-guangzhou-a": false, "4": false,
	} {
		spec := New()
		problems := spec.Fields().DecodeInputs([]field.Input{
			{Name: "region", Text: "ap-guangzhou"}, {Name: "placement", Text: "Zone: " + zone},
			{Name: "job", Text: "Tasks: [{EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: 'true'}}]"},
		}, field.Options{}, spec.Check)
		said := fmt.Sprint(problems)
		refused := len(problems) == 1 && strings.Contains(said, "Zone must be one of the region ap-guangzhou")
		if good && len(problems) > 0 || !good && !refused {
			t.Errorf("%s: %s", zone, said)
		}
	}
}

// TestRecordedJobs are answers of the vendor's guides: of a job that starts,
// with little in it, and of a list that shows an end beside a job that starts.
func TestRecordedJobs(t *testing.T) {
	network := servicetest.Responses{
		"DescribeJob": `{"JobState":"STARTING","Zone":"ap-guangzhou-2","JobName":"SimpleStart","Priority":1,"RequestId":"r",
			"TaskSet":[{"TaskName":"Task1","TaskState":"STARTING"}],"JobId":"job-1","DependenceSet":[]}`,
		"DescribeJobs": `{"TotalCount":2,"JobSet":[
			{"EndTime":"2020-09-21T08:59:45Z","JobState":"STARTING","JobId":"job-1","Priority":1,"JobName":"hello-test-job","CreateTime":"2020-09-22T07:14:54Z",
				"Placement":{"Zone":"ap-guangzhou-4","ProjectId":0,"HostIds":["host-1"],"HostId":"host-1"},
				"TaskMetrics":{"PendingCount":0,"FailedCount":0,"StartingCount":1,"SucceedCount":0,"FailedInterruptedCount":0,"SubmittedCount":0,"RunnableCount":0,"RunningCount":0}},
			{"EndTime":"2020-09-21T08:59:45Z","JobState":"FAILED","JobId":"job-2","Priority":1,"JobName":"hello-test-job","CreateTime":"2020-09-21T08:57:01Z",
				"TaskMetrics":{"PendingCount":0,"FailedCount":1,"StartingCount":0,"SucceedCount":0,"FailedInterruptedCount":0,"SubmittedCount":0,"RunnableCount":0,"RunningCount":0}}]}`,
	}
	got, err := reader(t, network).Status(t.Context(), []job.Ref{{ID: "job-1"}, {ID: "job-2"}})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2020, 9, 21, 8, 57, 1, 0, time.UTC)
	want := []job.Status{
		{State: job.StatePending, Word: "STARTING", Progress: "0 of 1 tasks ended", Begun: time.Date(2020, 9, 22, 7, 14, 54, 0, time.UTC)},
		{State: job.StateFailed, Word: "FAILED", Progress: "1 of 1 tasks ended, 1 failed", Begun: begun, Ended: begun.Add(164 * time.Second)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	r, err := reader(t, network).Report(t.Context(), job.Ref{ID: "job-1"}, got[0])
	if diff := cmp.Diff([]job.Part{{Name: "Task1", Status: "STARTING"}}, r.Parts); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}
