package huaweidrs

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/field"
	"cloudjob/internal/service/servicetest"
)

// TestInspect: what the answers say is read as a person would read it.
func TestInspect(t *testing.T) {
	const details = `{"results":[{"id":"a","task_type":"FULL_TRANS","actual_start_time":"1608369232412","update_time":"1608517066434"}],"count":1}`
	status := func(word string) string { return `{"results":[null,{"id":"a","status":"` + word + `"}],"count":1}` }
	precheck := func(rest string) string { return `{"results":[{"precheck_id":"a",` + rest + `}],"count":1}` }
	for name, test := range map[string]struct {
		cloud servicetest.Answers
		want  []string
	}{
		"passed":      {servicetest.Answers{"batch-precheck-result": precheck(`"result":true,"process":"100%","total_passed_rate":"100%"`)}, []string{"fine task a: is in CONFIGURATION: a start begins it, and its precheck passed"}},
		"as a text":   {servicetest.Answers{"batch-precheck-result": precheck(`"result":"true"`)}, []string{"fine task a: is in CONFIGURATION: a start begins it, and its precheck passed"}},
		"not passed":  {servicetest.Answers{"batch-precheck-result": precheck(`"result":false,"process":"100%","total_passed_rate":"60%"`)}, []string{"unfit task a: its precheck did not pass"}},
		"under way":   {servicetest.Answers{"batch-precheck-result": precheck(`"result":false,"process":"40%"`)}, []string{"unfit task a: its precheck goes on (40%)"}},
		"not made":    {servicetest.Answers{"batch-precheck-result": precheck(`"error_code":"DRS.M00303","error_msg":"none"`)}, []string{"unfit task a: has no result of a precheck: DRS.M00303: none"}},
		"not told":    {servicetest.Answers{"batch-precheck-result": `{"results":null,"count":0}`}, []string{"unread task a: BatchCheckResults: the answer does not name the task's precheck"}},
		"paused":      {servicetest.Answers{"batch-status": status("PAUSING")}, []string{"fine task a: is in PAUSING, which means paused: a start resumes it", "run a PAUSING"}},
		"in its copy": {servicetest.Answers{"batch-status": status("FULL_TRANSFER_STARTED")}, []string{"unfit task a: is in FULL_TRANSFER_STARTED, in which DRS takes no start", "run a FULL_TRANSFER_STARTED"}},
		"a new word":  {servicetest.Answers{"batch-status": status("DREAMING")}, []string{"unfit task a: is in DREAMING, in which DRS takes no start", "run a DREAMING"}},
		"deleted":     {servicetest.Answers{"batch-status": `{"results":[{"id":"a","error_code":"DRS.M05004","error_message":"gone"}]}`}, []string{"absent task a: was deleted or released"}},
		"left out":    {servicetest.Answers{"batch-status": `{"results":[],"count":0}`, "batch-detail": `{"results":[]}`}, []string{"absent task a: there is no such task in this project and region"}},
	} {
		t.Run(name, func(t *testing.T) {
			all := servicetest.Answers{"batch-status": status("CONFIGURATION"), "batch-detail": details}
			for call, said := range test.cloud {
				all[call] = said
			}
			_, service := open(t, all, field.Input{Name: "job_ids", Text: "a"})
			lines := servicetest.Inspected(t, service)
			if diff := cmp.Diff(test.want, lines); diff != "" {
				t.Error(diff)
			}
		})
	}
}
