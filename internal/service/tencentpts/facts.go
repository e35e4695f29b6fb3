package tencentpts

// This file says which facts of PTS a recorded call can confirm or contradict.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Facts are those of docs/facts/tencent-pts.md that one call tells.
func Facts() []cloud.Fact {
	const jobs = "DescribeJobs"
	return []cloud.Fact{
		{At: "facts tencent-pts §3", Says: "CreatedAt, StartTime and EndTime of a run are times with an offset, or empty", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(append(append(t.In(jobs, "Response.JobSet.*.CreatedAt"), t.In(jobs, "Response.JobSet.*.StartTime")...), t.In(jobs, "Response.JobSet.*.EndTime")...)), cloud.IsTime)
		}},
		{At: "facts tencent-pts §3", Says: "the ErrorRate of a run is percent, 0 to 100", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(t.In(jobs, "Response.JobSet.*.ErrorRate")), cloud.IsBetween(0, 100))
		}},
		{At: "facts tencent-pts §4", Says: "the Status of a run is a number of the published list", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(t.In(jobs, "Response.JobSet.*.Status"), func(v any) bool {
				n, _ := v.(float64)
				known, _ := state(cloud.Number{Value: n, Given: true})
				return cloud.IsWhole(v) && (known != job.StateUnknown || n == 0)
			})
		}},
		{At: "facts tencent-pts §6.1", Says: "the ErrorRate of a check is a fraction, 0 to 1", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(t.In("DescribeCheckSummary", "Response.CheckSummarySet.*.ErrorRate")), cloud.IsBetween(0, 1))
		}},
		{At: "facts tencent-pts §12", Unverified: true, Says: "the Value of a metric is a number, and no text", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(t.In("DescribeSampleBatchQuery", "Response.MetricSampleSet.*.Value")), cloud.IsNumber)
		}},
		{At: "facts tencent-pts §12", Unverified: true, Says: "a list of a run that is empty is null", Tell: func(t cloud.Told) cloud.Finding {
			var empty []any
			for _, list := range []string{"Datasets", "Extensions", "Configs", "Plugins", "RequestFiles", "TestScripts"} {
				empty = append(empty, cloud.Those(t.In(jobs, "Response.JobSet.*."+list), cloud.IsEmpty)...)
			}
			return cloud.Every(empty, cloud.IsNull)
		}},
		{At: "facts tencent-pts §12", Unverified: true, Says: "a time of a run that is not known yet is null, and no empty text", Tell: func(t cloud.Told) cloud.Finding {
			unknown := append(t.In(jobs, "Response.JobSet.*.StartTime"), t.In(jobs, "Response.JobSet.*.EndTime")...)
			return cloud.Every(cloud.Those(unknown, cloud.IsEmpty), cloud.IsNull)
		}},
		{At: "facts tencent-pts §12", Unverified: true, Says: "runs are listed from the newest to the oldest", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Descends(cloud.Given(t.In(jobs, "Response.JobSet.*.CreatedAt")))
		}},
	}
}
