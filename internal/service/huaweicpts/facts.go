package huaweicpts

// This file says which facts of PerfTest a recorded call can confirm or contradict.

import (
	"strings"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Facts are those of docs/facts/huawei-cpts.md that one call tells.
func Facts() []cloud.Fact {
	return []cloud.Fact{
		{At: "facts huawei-cpts §5", Says: "the run_status of a task is a number of the published list", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(t.In("ShowTask", "taskInfo.run_status")), func(v any) bool {
				n, _ := v.(float64)
				return cloud.IsWhole(v) && status(int(n), true).State != job.StateUnknown
			})
		}},
		{At: "facts huawei-cpts §10", Unverified: true, Says: "refusals come with a status of HTTP, and not inside of a 200", Tell: func(t cloud.Told) cloud.Finding {
			answer, _ := t.Answer.(map[string]any)
			code, ok := answer["code"].(string)
			switch {
			case !ok || t.Status == 0 || t.Status >= 500:
				return cloud.Silent
			case t.Status >= 400:
				return cloud.Confirms
			case strings.Trim(code[strings.LastIndexByte(code, '.')+1:], "0") != "":
				return cloud.Contradicts
			}
			return cloud.Silent
		}},
		{At: "facts huawei-cpts §10", Unverified: true, Says: "fields that the SDK has for whole numbers hold no fractions", Tell: func(t cloud.Told) cloud.Finding {
			var numbers []any
			for _, name := range []string{"averageRespTime", "avgRecBytes", "avgSentBytes", "maxRespTime"} {
				numbers = append(numbers, cloud.Given(t.In("ShowMergeCaseDetail", "result.detail.performance."+name))...)
			}
			return cloud.Every(numbers, cloud.IsWhole)
		}},
		{At: "facts huawei-cpts §10", Unverified: true, Says: "commonTimestamps are texts, and no milliseconds", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(t.In("ShowReport", "result.brokens.commonTimestamps.*"), func(v any) bool { return cloud.IsText(v) && !cloud.IsMoment(v) })
		}},
		{At: "facts huawei-cpts §10", Unverified: true, Says: "the history has runs that go on, without an end_time", Tell: func(t cloud.Told) cloud.Finding {
			if len(cloud.Those(t.In("ShowHistoryRunInfo", "log_list.*.end_time"), cloud.IsEmpty)) > 0 {
				return cloud.Confirms
			}
			return cloud.Silent
		}},
		{At: "facts huawei-cpts §10", Unverified: true, Says: "ShowMergeReportLogsOutline is served", Tell: func(t cloud.Told) cloud.Finding {
			switch {
			case t.Call != "ShowMergeReportLogsOutline" || t.Status == 0 || t.Status >= 500:
				return cloud.Silent
			case t.Status == 404:
				return cloud.Contradicts
			case t.Status == 200 && cloud.Given(t.In(t.Call, "result.outline")) != nil:
				return cloud.Confirms
			}
			return cloud.Silent
		}},
	}
}
