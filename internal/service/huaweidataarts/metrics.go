package huaweidataarts

// This file declares what a gate can be put on.

import "cloudjob/internal/job"

// Metrics are what DataArts can report. It keeps no history of any, so none has
// a series.
func Metrics() []job.Metric {
	const reads, poll = "ShowJobInstance; ListJobInstances too for a schedule; ShowJobStatus for a real-time job", "at the next poll"
	return []job.Metric{
		{Name: "duration", Unit: job.Seconds, Alone: true, Doc: "From the instance's startTime to its endTime. executeTime is not read, because its unit is UNVERIFIED. A real-time job that runs has no duration.", Call: reads, Late: "after the end"},
		{Name: "succeeded_tasks", Unit: job.Count, Alone: true, Live: []string{""}, Doc: "Nodes with the status success, of a real-time job NORMAL or, where its nodes have no status, with a last instance that is success. A skipped node has neither succeeded nor failed.", Call: reads, Late: poll},
		{Name: "failed_tasks", Unit: job.Count, Alone: true, Live: []string{""}, Doc: "Nodes with the status fail, of a real-time job EXCEPTION or ABNORMAL or, where its nodes have no status, with a last instance that failed. A node that succeeds when it is tried again has not failed.", Call: reads, Late: poll},
		{Name: "state", Unit: job.Word, Alone: true, Doc: "The status as DataArts writes it, of a real-time job in capitals; running-exception is halted by a node that failed.", Call: reads, Late: poll, States: []string{
			"success", "forceSuccess", "ignoreSuccess", "fail", "skip-by-depend", "running-exception", "manual-stop", "canceled",
			"NORMAL", "STOPPED", "PAUSED", "PAUSE", "DISABLE", "EXCEPTION", "ABNORMAL",
		}},
	}
}
