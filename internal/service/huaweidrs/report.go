package huaweidrs

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"

	"cloudjob/internal/job"
)

// Report reads how far the task is and when it began and ended. What a refused
// call does not tell is missing, and said in a note; any other failure is
// returned beside the rest.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	progress, progressErr := f.progresses(ctx, []string{ref.ID})
	times, timesErr := f.times(ctx, ref.ID)
	report := job.Report{Samples: []job.Sample{
		duration(times),
		outcome("succeeded_tasks", last, job.StateSucceeded),
		outcome("failed_tasks", last, job.StateFailed),
		reading("progress", strings.TrimSuffix(string(progress[ref.ID].Progress), "%")),
		reading("replication_delay", string(progress[ref.ID].Delay)),
		word(last),
	}}
	var failed error
	for _, err := range []error{progressErr, timesErr} {
		switch {
		case refused(err):
			report.Notes = append(report.Notes, err.Error())
		case err != nil:
			failed = errors.Join(failed, err)
		}
	}
	return report, failed
}

// taskTimes is when a task did what, in milliseconds (sheet drs §5).
type taskTimes struct {
	ID       text `json:"id"`
	BegunAt  text `json:"actual_start_time"`
	CopiedAt text `json:"full_transfer_complete_time"`
}

// times reads the times of one task, of all that batch-detail has.
func (f follower) times(ctx context.Context, id string) (taskTimes, error) {
	var said struct {
		Results        []taskTimes `json:"results"`
		HttpStatusCode int         `json:"-"`
	}
	_, err := f.account.Call(ctx, batchListJobDetails(), codes, func(client *core.HcHttpClient) error {
		definition := drs.GenReqDefForBatchListJobDetails()
		definition.Response = &said
		_, err := client.Sync(&request{f.language, all([]string{id})}, definition)
		return err
	})
	if err != nil {
		return taskTimes{}, tidy(err)
	}
	for _, t := range said.Results {
		if string(t.ID) == id {
			return t, nil
		}
	}
	return taskTimes{}, nil
}

func duration(t taskTimes) job.Sample {
	s := job.Sample{Metric: "duration"}
	from, to := instant(t.BegunAt), instant(t.CopiedAt)
	switch {
	case from.IsZero():
		s.Missing = "DRS does not tell when the task began"
	case to.IsZero():
		s.Missing = "DRS does not tell of a completed copy"
	case to.Before(from): // a task that was resumed or reset
		s.Missing = "DRS tells of a copy that was complete before the task began"
	default:
		s.Value = to.Sub(from).Seconds()
	}
	return s
}

// instant reads milliseconds since 1970; 0 and empty are no time.
func instant(t text) time.Time {
	ms, err := strconv.ParseInt(string(t), 10, 64)
	if err != nil || ms <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

// outcome counts the one task: 1 if it ended in the state.
func outcome(metric string, last job.Status, state job.State) job.Sample {
	s := job.Sample{Metric: metric}
	switch last.State {
	case state:
		s.Value = 1
	case job.StateSucceeded, job.StateFailed, job.StateStopped:
	default:
		s.Missing = "the task has not come to an end"
	}
	return s
}

// reading is a number of batch-progress, which comes as a text. -1 and empty
// are no data (sheet drs §5).
func reading(metric, written string) job.Sample {
	s := job.Sample{Metric: metric}
	n, err := strconv.ParseFloat(written, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || n < 0 {
		s.Missing = "DRS gives no " + strings.ReplaceAll(metric, "_", " ")
		return s
	}
	s.Value = n
	return s
}

// word is the task's status. A code in its place says that the task is gone or
// cannot be read (sheet drs §5, §8).
func word(last job.Status) job.Sample {
	s := job.Sample{Metric: "state", Word: last.Word}
	switch {
	case last.Word == gone:
		s.Word = deleted
	case last.Word == "" || strings.HasPrefix(last.Word, "DRS."):
		s.Word, s.Missing = "", "DRS does not tell the task's status"
	}
	return s
}
