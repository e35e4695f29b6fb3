package huaweidataarts

// This file says which facts of DataArts a recorded call can confirm or contradict.

import (
	"strings"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Facts are those of docs/facts/huawei-dataarts.md that one call tells.
func Facts() []cloud.Fact {
	const list, one, instances = "ListJobInstances", "ShowJobInstance", "instances.*."
	return []cloud.Fact{
		{At: "facts huawei-dataarts §6", Says: "the status of an instance is a word of the published list", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(append(t.In(list, instances+"status"), t.In(one, "status")...)), func(v any) bool {
				text, _ := v.(string)
				return (instance{Status: text}).state() != job.StateUnknown
			})
		}},
		{At: "facts huawei-dataarts §6", Says: "the times of an instance are milliseconds", Tell: func(t cloud.Told) cloud.Finding {
			var times []any
			for _, name := range []string{"planTime", "startTime", "endTime"} {
				times = append(append(times, t.In(list, instances+name)...), t.In(one, name)...)
			}
			return cloud.Every(cloud.Those(cloud.Given(times), func(v any) bool { return v != 0.0 }), cloud.IsMoment)
		}},
		{At: "facts huawei-dataarts §10", Unverified: true, Says: "an instanceId is a number, and no text", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Every(cloud.Given(append(append(t.In(list, instances+"instanceId"), t.In(one, "instanceId")...), t.In("RunOnce", "instanceId")...)), cloud.IsNumber)
		}},
		{At: "facts huawei-dataarts §10", Unverified: true, Says: "codes of errors come with four digits", Tell: func(t cloud.Told) cloud.Finding {
			answer, _ := t.Answer.(map[string]any)
			code, _ := answer["error_code"].(string)
			_, digits, ok := strings.Cut(code, "DLF.")
			switch {
			case t.Status < 400 || !ok:
				return cloud.Silent
			case len(digits) == 4:
				return cloud.Confirms
			}
			return cloud.Contradicts
		}},
		{At: "facts huawei-dataarts §10", Unverified: true, Says: "instances are listed from the newest to the oldest by planTime", Tell: func(t cloud.Told) cloud.Finding {
			return cloud.Descends(cloud.Given(t.In(list, instances+"planTime")))
		}},
		{At: "facts huawei-dataarts §10", Unverified: true, Says: "the instances of a job that was run once are of type 2 (manual)", Tell: func(t cloud.Told) cloud.Finding {
			of := cloud.Those(append(t.In(list, instances+"instanceType"), t.In(one, "instanceType")...), func(v any) bool { return v == 2.0 || v == 7.0 || v == "2" || v == "7" })
			return cloud.Every(of, func(v any) bool { return v == 2.0 || v == "2" })
		}},
		{At: "facts huawei-dataarts §10", Unverified: true, Says: "a list has instances that wait still", Tell: func(t cloud.Told) cloud.Finding {
			if len(cloud.Those(t.In(list, instances+"status"), cloud.IsOneOf("waiting", "waiting-confirm"))) > 0 {
				return cloud.Confirms
			}
			return cloud.Silent
		}},
	}
}
