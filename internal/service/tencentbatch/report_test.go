package tencentbatch

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
)

// observe submits a job, a YAML map, and reads its report after a while.
func observe(t *testing.T, spec string, after time.Duration, switches batchemu.Switches, outcome batchemu.Outcome) servicetest.Observed {
	t.Helper()
	batch := batchemu.New(emulator.NewClock(1))
	batch.Switches = switches
	e := emulator.New(emulator.Options{}, batch.Half())
	batch.Script("scripted "+mark, outcome)
	item := start(t, e.Transport(), "{"+target+"job: "+spec+"}")
	if item.Err != nil {
		t.Fatal(item.Err)
	}
	time.Sleep(after)
	f := reader(t, e.Transport())
	o := servicetest.Observe(t, e, f, item.Ref, servicetest.Status(t, f, item.Ref)[0])
	if o.Err != nil {
		t.Fatal(o.Err)
	}
	return o
}

// TestReports: a case is a file that says which job is submitted, when its
// report is read, and under which switches of the emulator, and a file with
// the report.
func TestReports(t *testing.T) {
	type in struct {
		Job      json.RawMessage
		Seconds  int
		Switches batchemu.Switches
		Outcome  batchemu.Outcome // of a job named "scripted"
	}
	servicetest.Cases(t, func(t *testing.T, in in) string {
		return observe(t, string(in.Job), time.Duration(in.Seconds)*time.Second, in.Switches, in.Outcome).Text()
	})
}

// tasks writes a job of n tasks. Those from failing on fail.
func tasks(n, failing int) string {
	var all []string
	for i := range n {
		command := "sleep 5"
		if i >= failing {
			command = "sleep 5; exit 7"
		}
		all = append(all, fmt.Sprintf(`{TaskName: t%d, EnvId: env-demo0001, Application: {DeliveryForm: LOCAL, Command: %q}}`, i, command))
	}
	return "{JobName: many, Tasks: [" + strings.Join(all, ", ") + "]}"
}

// TestNumbers holds a report against what the job was told to do.
func TestNumbers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := observe(t, tasks(5, 3), time.Minute, batchemu.Switches{}, batchemu.Outcome{})
		for metric, want := range map[string]job.Sample{
			succeededTasks: {Metric: succeededTasks, Value: 3, Behind: 5},
			failedTasks:    {Metric: failedTasks, Value: 2, Behind: 5},
			duration:       {Metric: duration, Value: 2 + 2 + 6 + 5},
			finalState:     {Metric: finalState, Word: "FAILED"},
		} {
			if diff := cmp.Diff(want, servicetest.SampleOf(t, o.Report, metric)); diff != "" {
				t.Error(diff)
			}
		}
		if got := o.Parts[4]; got != (job.Part{Name: "t4", Status: "FAILED", Detail: "1 of 1 instance failed: exit code 7 (1×)"}) {
			t.Errorf("%+v", got)
		}
	})
}

// TestEveryMetric: what is declared is reported, nothing else is, and it comes
// from calls of ours.
func TestEveryMetric(t *testing.T) {
	calls := map[string]bool{}
	for _, c := range Calls() {
		calls[c.Name] = true
	}
	synctest.Test(t, func(t *testing.T) {
		o := observe(t, tasks(1, 1), time.Minute, batchemu.Switches{}, batchemu.Outcome{})
		var declared, reported []string
		for _, m := range Metrics() {
			declared = append(declared, m.Name)
			if !m.Alone || m.Doc == "" || m.Late == "" || !calls[m.Call] {
				t.Errorf("%+v", m)
			}
		}
		for _, s := range o.Samples {
			reported = append(reported, s.Metric)
			if s.Missing != "" {
				t.Errorf("%+v", s)
			}
		}
		slices.Sort(declared)
		slices.Sort(reported)
		if diff := cmp.Diff(declared, reported); diff != "" {
			t.Error(diff)
		}
	})
}

// TestManyTasks: all are named; only so many are read, failed ones first.
func TestManyTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := observe(t, tasks(30, 27), time.Minute, batchemu.Switches{}, batchemu.Outcome{})
		if o.Calls["DescribeTask"] != detailedTasks || o.Calls[emulator.Total] != detailedTasks+1 {
			t.Errorf("calls %v", o.Calls)
		}
		if len(o.Parts) != 30 || len(o.Notes) != 1 || !strings.Contains(o.Notes[0], "10 more tasks") {
			t.Errorf("%d parts, notes %q", len(o.Parts), o.Notes)
		}
		for i, p := range o.Parts {
			if read := i < 17 || i >= 27; p.Name != fmt.Sprintf("t%d", i) || (p.Detail != "") != read {
				t.Errorf("part %d: %+v", i, p)
			}
		}
	})
}

// TestExitCodes are bounded, the most frequent first.
func TestExitCodes(t *testing.T) {
	var all []instanceView
	for code := range int64(8) {
		for range 8 - code {
			all = append(all, instanceView{TaskInstanceState: "FAILED", ExitCode: cloud.Number{Value: float64(code), Given: true}})
		}
	}
	all = append(all, instanceView{TaskInstanceState: "FAILED_INTERRUPTED"}, instanceView{TaskInstanceState: "SUCCEED", ExitCode: cloud.Number{Given: true}})
	want := "exit code 0 (8×), exit code 1 (7×), exit code 2 (6×), exit code 3 (5×), exit code 4 (4×), and 4 others"
	if got := exitCodes(all); got != want {
		t.Errorf("got %s", got)
	}
	if got := exitCodes(all[len(all)-2:]); got != "no exit code (1×)" {
		t.Errorf("got %s", got)
	}
}

// TestOddAnswers are shapes that the emulator does not have.
func TestOddAnswers(t *testing.T) {
	const metrics = `"TaskInstanceMetrics":{"SucceedCount":1}`
	for name, test := range map[string]struct{ text, metric, want string }{
		"null counts":             {`{"JobState":"SUCCEED","TaskInstanceMetrics":null}`, failedTasks, "the service counts no task instances"},
		"counts of nothing":       {`{"JobState":"SUBMITTED","TaskInstanceMetrics":{"FailedCount":0}}`, failedTasks, "the service counts no task instances"},
		"null lists":              {`{"JobState":"SUCCEED","TaskSet":null,` + metrics + `}`, succeededTasks, "1"},
		"end before submission":   {`{"JobState":"FAILED","CreateTime":"2025-01-01T00:00:01Z","EndTime":"2025-01-01T00:00:00Z"}`, duration, "the service tells an end before the submission"},
		"no submission":           {`{"JobState":"FAILED","EndTime":"2025-01-01T00:00:00Z"}`, duration, "the service tells no time of submission"},
		"empty end":               {`{"JobState":"FAILED","CreateTime":"2025-01-01T00:00:01Z","EndTime":""}`, duration, "the service tells no end"},
		"a state nobody explains": {`{"JobState":"PAUSED","CreateTime":"2025-01-01T00:00:00Z","EndTime":"2025-01-01T00:00:01Z"}`, finalState, "the job has not ended"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := reader(t, servicetest.Responses{"DescribeJob": test.text}).Report(t.Context(), job.Ref{ID: "job-1"}, job.Status{})
			if err != nil {
				t.Fatal(err)
			}
			s := servicetest.SampleOf(t, r, test.metric)
			got := s.Missing
			if got == "" {
				got = fmt.Sprint(s.Value)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	for _, text := range []string{`null`, `{}`, `{"JobState":""}`, `{"JobState":7}`} {
		synctest.Test(t, func(t *testing.T) {
			if r, err := reader(t, servicetest.Responses{"DescribeJob": text}).Report(t.Context(), job.Ref{ID: "job-1"}, job.Status{}); err == nil {
				t.Errorf("%s: %+v", text, r)
			}
		})
	}
}

// TestTasksThatCannotBeRead: the first refusal is enough, and what is known
// stays.
func TestTasksThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &counted{Responses: servicetest.Responses{
			"DescribeJob":  `{"JobState":"FAILED","TaskSet":[{"TaskName":"a","TaskState":"SUCCEED"},{"TaskName":"b","TaskState":"FAILED"}],"TaskInstanceMetrics":{"FailedCount":2}}`,
			"DescribeTask": `{"Error":{"Code":"UnauthorizedOperation","Message":"no"},"RequestId":"r"}`,
		}}
		r, err := reader(t, network).Report(t.Context(), job.Ref{ID: "job-1"}, job.Status{State: job.StateFailed})
		if err != nil || network.calls != 2 {
			t.Fatalf("%v after %d calls", err, network.calls)
		}
		want := []job.Part{{Name: "a", Status: "SUCCEED"}, {Name: "b", Status: "FAILED"}}
		if diff := cmp.Diff(want, r.Parts); diff != "" {
			t.Error(diff)
		}
		if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "UnauthorizedOperation") {
			t.Errorf("notes %q", r.Notes)
		}
		if s := servicetest.SampleOf(t, r, failedTasks); s.Value != 2 || s.Missing != "" {
			t.Errorf("%+v", s)
		}
	})
}

// TestTasksWithoutCounts: a part is named all the same.
func TestTasksWithoutCounts(t *testing.T) {
	for _, text := range []string{`null`, `{}`, `{"TaskInstanceMetrics":null,"TaskInstanceSet":null}`} {
		network := servicetest.Responses{"DescribeJob": `{"JobState":"FAILED","TaskSet":[{"TaskName":"b","TaskState":"FAILED"}]}`, "DescribeTask": text}
		r, err := reader(t, network).Report(t.Context(), job.Ref{ID: "job-1"}, job.Status{State: job.StateFailed})
		if diff := cmp.Diff([]job.Part{{Name: "b", Status: "FAILED"}}, r.Parts); err != nil || diff != "" {
			t.Errorf("%s: %v %s", text, err, diff)
		}
	}
}

// counted counts the calls that are answered.
type counted struct {
	servicetest.Responses
	calls int
}

func (c *counted) RoundTrip(r *http.Request) (*http.Response, error) {
	c.calls++
	return c.Responses.RoundTrip(r)
}
