package huaweidrs

// This file reads how far a task is, and how long its copy took.

import (
	"context"
	"errors"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Report reads how far the task is and when it began and ended. What a refused
// call does not tell is missing, and said in a note; any other failure is
// returned beside the rest.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	progress, progressErr := f.progresses(ctx, []string{ref.ID})
	detail, detailErr := f.details(ctx, []string{ref.ID})
	report := job.Report{Samples: []job.Sample{
		duration(ref, detail[ref.ID]),
		outcome("succeeded_tasks", last, job.StateSucceeded),
		outcome("failed_tasks", last, job.StateFailed),
		reading("progress", progress[ref.ID].Progress),
		reading("replication_delay", progress[ref.ID].Delay),
		word(last),
	}}
	var failed error
	for _, err := range []error{progressErr, detailErr} {
		switch {
		case refused(err):
			report.Notes = append(report.Notes, err.Error())
		case err != nil:
			failed = errors.Join(failed, err)
		}
	}
	return report, failed
}

// duration is that of this run's copy. Of a resumed task it is from its first
// start, as long as batch-detail tells only of that.
func duration(ref job.Ref, detail reply) job.Sample {
	s := job.Sample{Metric: "duration"}
	was := pastOf(ref)
	if was.paused {
		was.begun = time.Time{}
	}
	from, to := was.times(detail)
	switch {
	case from.IsZero():
		s.Missing = "DRS does not tell when the task began"
	case to.IsZero() && detail.CopiedAt.Time().IsZero():
		s.Missing = "DRS does not tell of a completed copy"
	case to.IsZero(): // a task that was resumed or reset
		s.Missing = "DRS tells of a copy that was complete before this run"
	default:
		s.Value = to.Sub(from).Seconds()
	}
	return s
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

// reading is a number of batch-progress.
func reading(metric string, written cloud.Text) job.Sample {
	n := quantity(written)
	if !n.Given {
		return job.Sample{Metric: metric, Missing: "DRS gives no " + strings.ReplaceAll(metric, "_", " ")}
	}
	return job.Sample{Metric: metric, Value: n.Value}
}

// word is the task's status. A code in its place says that the task is gone or
// cannot be read (facts huawei-drs §5, §8).
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
