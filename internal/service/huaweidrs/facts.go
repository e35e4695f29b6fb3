package huaweidrs

// This file says which facts of DRS a recorded call can confirm or contradict.

import (
	"slices"
	"strings"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Facts are those of docs/facts/huawei-drs.md that one call tells.
func Facts() []cloud.Fact {
	const status, details, progress = "BatchListJobStatus", "BatchListJobDetails", "BatchListProgresses"
	return []cloud.Fact{
		{At: "facts huawei-drs §4", Says: "the status of a task is a word of the published list", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(append(t.In(status, "results.*.status"), t.In(details, "results.*.status")...)), func(v any) bool {
				return slices.ContainsFunc(States(), func(s job.Status) bool { return s.Word == v })
			})
		}},
		{At: "facts huawei-drs §5", Says: "the times of a task are milliseconds, as texts", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(append(t.In(details, "results.*.actual_start_time"), t.In(details, "results.*.update_time")...)), func(v any) bool { return cloud.IsText(v) && cloud.IsMoment(v) })
		}},
		{At: "facts huawei-drs §5", Says: "the progress of a task is whole percent, as a text", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(t.In(progress, "results.*.progress")), func(v any) bool {
				text, ok := v.(string)
				return ok && strings.Trim(text, "0123456789") == "" && len(text) <= 3
			})
		}},
		{At: "facts huawei-drs §5", Says: "batch-status of a failed task has no error_code", Tell: func(t cloud.Told) cloud.Finding {
			failed := cloud.Those(t.In(status, "results.*"), func(v any) bool {
				o, _ := v.(map[string]any)
				text, _ := o["status"].(string)
				return strings.HasSuffix(text, "_FAILED")
			})
			return cloud.Every(failed, func(v any) bool { return cloud.IsEmpty(v.(map[string]any)["error_code"]) })
		}},
		{At: "facts huawei-drs §10", Unverified: true, Says: "count is the number of the results that came", Tell: func(t cloud.Told) cloud.Finding {
			var results int
			for _, call := range []string{status, details} {
				results += len(t.In(call, "results.*"))
			}
			return cloud.Every(append(t.In(status, "count"), t.In(details, "count")...), func(v any) bool { return v == float64(results) })
		}},
		{At: "facts huawei-drs §10", Unverified: true, Says: "a call for more than 10 tasks is answered", Tell: func(t cloud.Told) cloud.Finding {
			sent, _ := t.Sent.(map[string]any)
			jobs, _ := sent["jobs"].([]any)
			switch {
			case t.Call != status && t.Call != details || len(jobs) <= 10 || t.Status == 0 || t.Status >= 500:
				return cloud.Silent
			case t.Status < 300:
				return cloud.Confirms
			}
			return cloud.Contradicts
		}},
	}
}
