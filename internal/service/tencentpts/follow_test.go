package tencentpts

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

func TestLives(t *testing.T) {
	tests := map[string]struct {
		scenario string
		end      job.Outcome
		word     string
		why      string
	}{
		"healthy":           {ptsemu.ScenarioDemo, job.Succeeded, "JobFinished", ""},
		"short":             {ptsemu.ScenarioShort, job.Succeeded, "JobFinished", ""},
		"SLA rule":          {ptsemu.ScenarioFailing, job.JobFailed, "JobAborted by an SLA rule", "SLA rule: "},
		"prepare exception": {ptsemu.ScenarioPrepareFails, job.JobFailed, "JobPrepareException", "JobPrepareException"},
		"no generators":     {ptsemu.ScenarioNoGenerators, job.JobFailed, "JobSelectClusterException", "JobSelectClusterException"},
		"refused":           {ptsemu.ScenarioNoLoad, job.StartFailed, "", ""},
		"stuck":             {ptsemu.ScenarioStuck, job.TimedOut, "JobAborted", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, test.scenario)
				r := engine.Run(t.Context(), s.services, servicetest.Options())
				item := r.Items[0]
				if r.Outcome != test.end || item.Status != test.word {
					t.Errorf("outcome %s, status %q; want %s, %q (%v)", r.Outcome, item.Status, test.end, test.word, item.Err)
				}
				if why := strings.Join(item.Why, "\n"); !strings.Contains(why, test.why) {
					t.Errorf("why = %q, want %q in it", why, test.why)
				}
				for _, begun := range s.Begun()["pts"] {
					if begun.Live {
						t.Errorf("%s is still live", begun.ID)
					}
					if !strings.HasPrefix(begun.Mark, "before the release cj-") {
						t.Errorf("note = %q", begun.Mark)
					}
				}
			})
		})
	}
}

// states are the whole enum, and what each number is for who waits (facts
// tencent-pts §4).
func states() map[string]struct {
	state job.State
	word  string
} {
	type s = struct {
		state job.State
		word  string
	}
	return map[string]s{
		"0": {job.StateUnknown, "JobUnknown"},
		"1": {job.StatePending, "JobCreated"}, "2": {job.StatePending, "JobPending"}, "3": {job.StatePending, "JobPreparing"},
		"4": {job.StatePending, "JobSelectClustering"}, "5": {job.StatePending, "JobCreateTasking"}, "6": {job.StatePending, "JobSyncTasking"},
		"11": {job.StateRunning, "JobRunning"},
		"12": {job.StateSucceeded, "JobFinished"},
		"13": {job.StateFailed, "JobPrepareException"}, "14": {job.StateFailed, "JobFinishException"},
		"15": {job.StateStopping, "JobAborting"}, "16": {job.StateStopped, "JobAborted"},
		"17": {job.StateFailed, "JobAbortException"}, "18": {job.StateFailed, "JobDeleted"}, "19": {job.StateFailed, "JobSelectClusterException"},
		"20": {job.StateFailed, "JobCreateTaskException"}, "21": {job.StateFailed, "JobSyncTaskException"},
		// What no document lists is read on, and shown as it came.
		"7": {job.StateUnknown, "7, which is not documented"}, "10": {job.StateUnknown, "10, which is not documented"}, "22": {job.StateUnknown, "22, which is not documented"}, "99": {job.StateUnknown, "99, which is not documented"},
		"-1": {job.StateUnknown, "-1, which is not documented"}, "12.5": {job.StateUnknown, "12.5, which is not documented"}, "null": {job.StateUnknown, "no status"}, `"done"`: {job.StateUnknown, "no status"},
		`"12"`: {job.StateSucceeded, "JobFinished"}, "12.0": {job.StateSucceeded, "JobFinished"}, `"14"`: {job.StateFailed, "JobFinishException"},
	}
}

func TestStates(t *testing.T) {
	ref := job.Ref{ID: "job-1", In: "project-1/scenario-1"}
	for number, want := range states() {
		network := servicetest.Responses{"DescribeJobs": `{"JobSet":[null,{"JobId":"job-0","Status":12},{"JobId":"job-1","Status":` + number + `},{"JobId":"job-2","Status":11}],"Total":3}`}
		got, err := reader(t, network).Status(t.Context(), []job.Ref{ref})
		if err != nil || got[0].State != want.state || got[0].Word != want.word {
			t.Errorf("%s is %s %q, want %s %q (%v)", number, got[0].State, got[0].Word, want.state, want.word, err)
		}
	}
	for reason, want := range map[string]job.State{"0": job.StateStopped, "1": job.StateStopped, "2": job.StateFailed, `"2"`: job.StateFailed, "null": job.StateStopped} {
		network := servicetest.Responses{"DescribeJobs": `{"JobSet":[{"JobId":"job-1","Status":16,"AbortReason":` + reason + `}]}`}
		if got, err := reader(t, network).Status(t.Context(), []job.Ref{ref}); err != nil || got[0].State != want {
			t.Errorf("aborted for %s: %s, want %s (%v)", reason, got[0].State, want, err)
		}
	}
}

func TestManyRuns(t *testing.T) {
	listing().ManyJobs(t, "project-1/scenario-1", func(n http.RoundTripper) engine.Follower { return reader(t, n) })
}

// TestRecordedRun are the values of the vendor's example of DescribeJobs.
func TestRecordedRun(t *testing.T) {
	network := servicetest.Responses{"DescribeJobs": `{"JobSet":[{"ErrorRate":0,"RequestTotal":78,"RequestsPerSecond":3.6055887,"ResponseTimeAverage":0.041749522,
		"ResponseTimeP99":0.0988,"ResponseTimeP95":0.094,"ResponseTimeP90":0.088,"ResponseTimeMax":0.08245612,"ResponseTimeMin":0.004263497,
		"NetworkReceiveRate":1842.4558,"NetworkSendRate":773.39874,"JobId":"job-1a2b3c4d","TestScripts":null,"Datasets":null,"Protocols":[],
		"StartTime":"2024-08-08T14:31:50+08:00","EndTime":"2024-08-08T14:32:12+08:00","AbortReason":1,"Status":16,"Message":"用户中断",
		"NotificationHooks":null,"Duration":600,"MaxVirtualUserCount":5,"LoadSourceInfos":null,"CreatedAt":"2024-08-08T14:31:44+08:00"}],"Total":1}`}
	ref := job.Ref{ID: "job-1a2b3c4d", In: "project-1a2b3c4d/scenario-1a2b3c4d"}
	got, err := reader(t, network).Status(t.Context(), []job.Ref{ref})
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Date(2024, 8, 8, 6, 31, 50, 0, time.UTC)
	want := job.Status{
		State: job.StateStopped, Word: "JobAborted", Message: "用户中断", Progress: "78 requests, 3.6/s, 0.00 % errors, p95 94 ms",
		Planned: 10 * time.Minute, Begun: begun, Ended: begun.Add(22 * time.Second),
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Error(diff)
	}
	r, err := reader(t, network).Report(t.Context(), ref, got[0])
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range map[string]float64{"requests": 78, "p95 response_time": 0.094, "max response_time": 0.08245612, "received_rate": 1842.4558, "duration": 22} {
		if s := servicetest.SampleOf(t, r, k); s.Value != want || s.Missing != "" {
			t.Errorf("%s is %+v", k, s)
		}
	}
}
