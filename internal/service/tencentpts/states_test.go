package tencentpts

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

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
		network := answers{"DescribeJobs": `{"JobSet":[null,{"JobId":"job-0","Status":12},{"JobId":"job-1","Status":` + number + `},{"JobId":"job-2","Status":11}],"Total":3}`}
		got, err := reader(t, network).Status(t.Context(), []job.Ref{ref})
		if err != nil || got[0].State != want.state || got[0].Word != want.word {
			t.Errorf("%s is %s %q, want %s %q (%v)", number, got[0].State, got[0].Word, want.state, want.word, err)
		}
	}
	for reason, want := range map[string]job.State{"0": job.StateStopped, "1": job.StateStopped, "2": job.StateFailed, `"2"`: job.StateFailed, "null": job.StateStopped} {
		network := answers{"DescribeJobs": `{"JobSet":[{"JobId":"job-1","Status":16,"AbortReason":` + reason + `}]}`}
		if got, err := reader(t, network).Status(t.Context(), []job.Ref{ref}); err != nil || got[0].State != want {
			t.Errorf("aborted for %s: %s, want %s (%v)", reason, got[0].State, want, err)
		}
	}
}

// TestARunThatDoesNotRun: AbortJob refuses it in the same words whether it has
// ended or has not begun. Only one that has ended, or is ending, is stopped.
func TestARunThatDoesNotRun(t *testing.T) {
	ref := job.Ref{ID: "job-1", In: "project-1/scenario-1"}
	stop := func(t *testing.T, jobs string) error {
		return reader(t, answers{
			"AbortJob":     `{"Error":{"Code":"FailedOperation.JobStatusNotRunning","Message":"the job is not running"},"RequestId":"r"}`,
			"DescribeJobs": jobs,
		}).Stop(t.Context(), ref, false)
	}
	for number, of := range states() {
		err := stop(t, `{"JobSet":[{"JobId":"job-1","Status":`+number+`}]}`)
		stopped := of.state.Over() || of.state == job.StateStopping
		if stopped != (err == nil) || !stopped && !errors.Is(err, engine.ErrTooEarly) {
			t.Errorf("status %s: got %v", number, err)
		}
	}
	if err := stop(t, `{"JobSet":[],"Total":0}`); !errors.Is(err, engine.ErrTooEarly) {
		t.Errorf("not listed: got %v", err)
	}
	synctest.Test(t, func(t *testing.T) {
		if err := stop(t, `[]`); !errors.Is(err, engine.ErrTooEarly) {
			t.Errorf("status not read: got %v", err)
		}
	})
}

// listing is a network that lists so many runs, a page at a time.
type listing struct {
	runs  int
	holes bool     // the first of each page is null
	mute  bool     // it does not tell how many there are
	asked []string // of each call, what it asked for
}

func (l *listing) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct {
		JobIds        []string
		Offset, Limit int
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	l.asked = append(l.asked, fmt.Sprintf("%d ids from %d", len(in.JobIds), in.Offset))
	var set []string
	total := 0
	for n := range l.runs {
		id := fmt.Sprintf("job-%03d", n)
		if in.JobIds != nil && !slices.Contains(in.JobIds, id) {
			continue
		}
		if total++; total > in.Offset && len(set) < in.Limit {
			set = append(set, fmt.Sprintf(`{"JobId":%q,"Note":"note cj-%03d","Status":11}`, id, n))
		}
	}
	if l.holes && set != nil {
		set[0] = "null"
	}
	if l.mute {
		total = 0
	}
	body := fmt.Sprintf(`{"Response":{"JobSet":[%s],"Total":%d}}`, strings.Join(set, ","), total)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

// TestMarksOnLaterPages: a list's order is not documented, so all of its pages
// are searched for a mark.
func TestMarksOnLaterPages(t *testing.T) {
	for mark, id := range map[string]string{"cj-003": "job-003", "cj-130": "job-130", "cj-249": "job-249", "cj-999": ""} {
		for _, l := range []*listing{{runs: 250}, {runs: 250, holes: true}, {runs: 250, mute: true}} {
			synctest.Test(t, func(t *testing.T) {
				found, err := reader(t, l).Find(t.Context(), job.Intent{Mark: mark, In: "project-1/scenario-1"})
				switch {
				case err != nil:
					t.Error(err)
				case id == "" && (len(found) > 0 || len(l.asked) != 3):
					t.Errorf("%s: found %v after %q", mark, found, l.asked)
				case id != "" && (len(found) != 1 || found[0].Ref != (job.Ref{ID: id, In: "project-1/scenario-1"}) || found[0].State != job.StateRunning || !found[0].Ours):
					t.Errorf("%s: found %v after %q", mark, found, l.asked)
				}
			})
		}
	}
}

// TestManyRuns: a call lists at most 100 runs, so more are read in several.
func TestManyRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listing{runs: 300}
		var refs []job.Ref
		for n := range 250 {
			refs = append(refs, job.Ref{ID: fmt.Sprintf("job-%03d", n), In: "project-1/scenario-1"})
		}
		statuses, err := reader(t, l).Status(t.Context(), refs)
		if err != nil || len(statuses) != len(refs) {
			t.Fatalf("%d statuses, %v", len(statuses), err)
		}
		for i, s := range statuses {
			if s.State != job.StateRunning {
				t.Errorf("%s is %s", refs[i].ID, s.State)
			}
		}
		if diff := cmp.Diff([]string{"100 ids from 0", "100 ids from 0", "50 ids from 0"}, l.asked); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRecordedRun are the values of the vendor's example of DescribeJobs.
func TestRecordedRun(t *testing.T) {
	network := answers{"DescribeJobs": `{"JobSet":[{"ErrorRate":0,"RequestTotal":78,"RequestsPerSecond":3.6055887,"ResponseTimeAverage":0.041749522,
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
		if s := sampleOf(t, r, k); s.Value != want || s.Missing != "" {
			t.Errorf("%s is %+v", k, s)
		}
	}
}
