package tencentbatch

// This file declares what a gate can be put on.

import "cloudjob/internal/job"

// The metrics of a batch job by name.
const (
	succeededTasks = "succeeded_tasks"
	failedTasks    = "failed_tasks"
	duration       = "duration"
	finalState     = "state"
)

const (
	lateCounts = "read while the job goes on"
	lateEnd    = "when the job has ended"
)

// Metrics are what Batch can report (facts tencent-batch §3).
func Metrics() []job.Metric {
	return []job.Metric{
		{
			Name: succeededTasks, Unit: job.Count, Alone: true, Live: []string{""},
			Doc: "Task instances, of all tasks, that are SUCCEED.", Call: "DescribeJob", Late: lateCounts,
		},
		{
			Name: failedTasks, Unit: job.Count, Alone: true, Live: []string{""},
			Doc: "Task instances, of all tasks, that are FAILED or FAILED_INTERRUPTED.", Call: "DescribeJob", Late: lateCounts,
		},
		{
			Name: duration, Unit: job.Seconds, Alone: true,
			Doc: "Time from the submission to the end of the job, waiting for machines included, in whole seconds as the service tells both.", Call: "DescribeJob", Late: lateEnd,
		},
		{
			Name: finalState, Unit: job.Word, Alone: true,
			Doc: "The job's own final state.", Call: "DescribeJob", Late: lateEnd,
			States: []string{"SUCCEED", "FAILED", "FAILED_INTERRUPTED"},
		},
	}
}
