package tencentbatch

// This file says which facts of Batch a recorded call can confirm or contradict.

import (
	"strings"

	"cloudjob/internal/cloud"
)

// Facts are those of docs/facts/tencent-batch.md that one call tells.
func Facts() []cloud.Fact {
	ended := func(v any) bool {
		task, ok := v.(map[string]any)
		return ok && cloud.IsOneOf("SUCCEED", "FAILED", "FAILED_INTERRUPTED")(task["JobState"])
	}
	of := func(objects []any, name string) (values []any) {
		for _, o := range objects {
			if value, ok := o.(map[string]any)[name]; ok {
				values = append(values, value)
			}
		}
		return values
	}
	return []cloud.Fact{
		{At: "facts tencent-batch §4", Says: "the state of a job is a word of the published list", Tell: func(t cloud.Told) cloud.Finding {
			listed := cloud.IsOneOf("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING", "SUCCEED", "FAILED", "FAILED_INTERRUPTED")
			return cloud.Every(append(t.In("DescribeJobs", "Response.JobSet.*.JobState"), t.In("DescribeJob", "Response.JobState")...), listed)
		}},
		{At: "facts tencent-batch §3", Says: "the times of a job are UTC, with date and offset", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(append(t.In("DescribeJobs", "Response.JobSet.*.CreateTime"), t.In("DescribeJob", "Response.CreateTime")...)), func(v any) bool {
				text, _ := v.(string)
				return cloud.IsTime(v) && strings.HasSuffix(text, "Z")
			})
		}},
		{At: "facts tencent-batch §10", Unverified: true, Says: "a job that has ended has an EndTime", Tell: func(t cloud.Told) cloud.Finding {
			jobs := append(t.In("DescribeJobs", "Response.JobSet.*"), t.In("DescribeJob", "Response")...)
			return cloud.Every(of(cloud.Those(jobs, ended), "EndTime"), func(v any) bool { return !cloud.IsEmpty(v) })
		}},
		{At: "facts tencent-batch §10", Unverified: true, Says: "the NextAction of a job that has ended is empty, and not null", Tell: func(t cloud.Told) cloud.Finding {
			jobs := append(t.In("DescribeJobs", "Response.JobSet.*"), t.In("DescribeJob", "Response")...)
			return cloud.Every(cloud.Those(of(cloud.Those(jobs, ended), "NextAction"), cloud.IsEmpty), cloud.IsText)
		}},
		{At: "facts tencent-batch §10", Unverified: true, Says: "every task of a job that has ended shows an ExitCode", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(of(cloud.Those(t.In("DescribeTask", "Response.TaskInstanceSet.*"), func(v any) bool {
				o, ok := v.(map[string]any)
				return ok && cloud.IsOneOf("SUCCEED", "FAILED", "FAILED_INTERRUPTED")(o["TaskInstanceState"])
			}), "ExitCode"), func(v any) bool { return !cloud.IsEmpty(v) })
		}},
		{At: "facts tencent-batch §10", Unverified: true, Says: "a Command comes back as it was sent, without HTML escapes", Tell: func(t cloud.Told) cloud.Finding {
			marked := func(v any) bool {
				text, _ := v.(string)
				return strings.ContainsAny(text, "<>&")
			}
			return cloud.Every(cloud.Those(t.In("DescribeJobSubmitInfo", "Response.Tasks.*.Application.Command"), marked), func(v any) bool {
				text, _ := v.(string)
				return !strings.Contains(text, "&lt;") && !strings.Contains(text, "&gt;") && !strings.Contains(text, "&amp;")
			})
		}},
	}
}
