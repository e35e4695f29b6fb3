package huaweidrs

// This file declares what a gate can be put on.

import "cloudjob/internal/job"

// Metrics are what DRS can report of a task. The service keeps no history
// of any; of two, reading them again and again makes a series.
func Metrics() []job.Metric {
	const poll = "at the next poll"
	return []job.Metric{
		{Name: "duration", Unit: job.Seconds, Alone: true, Doc: "From the task's start (actual_start_time) until its full copy was complete (full_transfer_complete_time); a task that only replicates increments has no end, and so no duration.", Call: "BatchListJobDetails", Late: "after the copy"},
		{Name: "succeeded_tasks", Unit: job.Count, Alone: true, Doc: "1 if the task reached its goal, 0 if it failed or was stopped.", Call: "BatchListJobStatus", Late: poll},
		{Name: "failed_tasks", Unit: job.Count, Alone: true, Doc: "1 if the task failed, 0 if it reached its goal or was stopped.", Call: "BatchListJobStatus", Late: poll},
		{Name: "progress", Unit: job.Percent, Alone: true, Polled: true, Live: []string{""}, Doc: "How far the full copy is.", Call: "BatchListProgresses", Late: poll},
		{Name: "replication_delay", Unit: job.Seconds, Alone: true, Polled: true, Live: []string{""}, Doc: "How far the target is behind the source (incre_trans_delay); -1 and empty are no data.", Call: "BatchListProgresses", Late: poll},
		{Name: "state", Unit: job.Word, Alone: true, Doc: "The task's status as DRS writes it.", Call: "BatchListJobStatus", Late: poll, States: []string{
			fullComplete, increStarted, pausing, releaseComplete, deleted,
			createFailed, "START_JOB_FAILED", "FULL_TRANSFER_FAILED", "INCRE_TRANSFER_FAILED", releaseFailed,
			"REBUILD_NODE_FAILED", "CHANGE_JOB_FAILED", "CHILD_TRANSFER_FAILED", "NODE_UPGRADE_FAILED",
		}},
	}
}
