package huaweidrs

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// Numbers for strings, null and objects do not break a read.
func TestLenientTypes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := `{"count":"1","results":[{"id":"a","job_id": "a","status":"FULL_TRANSFER_STARTED","error_code":null,"error_msg":{"ip":"1"},
			"task_type":["x"],"progress": 42 ,"incre_trans_delay":-1,"transfer_status":null,"task_mode":true}]}`
		_, s := open(t, servicetest.Answer(body), field.Input{Name: "job_ids", Text: "a"})
		got, err := s.Status(t.Context(), []job.Ref{{ID: "a", Kind: fullTrans}})
		if err != nil || got[0] != (job.Status{State: job.StateRunning, Word: fullStarted, Progress: "42 %"}) {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// recordings are answers of the real service (la-north-2, 2026-06) and of
// OTC's pages, of the task a and another one.
func recordings() map[string]servicetest.Answers {
	const (
		another   = `{"id":"b","status":"INCRE_TRANSFER_FAILED"}`
		endpoints = `"source_endpoint":{"ip":"172.22.74.56","db_type":"mysql","db_port":3306,"ssl_link":false},"inst_info":{"volume_size":100,"start_time":"0"},"speed_limit":[],"tags":[]`
		detail    = `{"count":2,"results":[{"id":"b","status":"STARTJOBING","create_time":"1608519469412","actual_start_time":"1608520069393","update_time":"1608520068979","task_type":"FULL_INCR_TRANS",` + endpoints + `},
			{"id":"a","name":"DRS-0042","status":"%s","create_time":"1608366204171","task_type":"%s","actual_start_time":"1608369232412","full_transfer_complete_time":"1608369510202","update_time":"1608517066434","need_restart":false,` + endpoints + `}]}`
		parts  = `"progress_map":{"struct":{"completed":"100%","remaining_time":null},"data":{"completed":"42%","remaining_time":null}}`
		start  = `{"count":2,"results":[{"id":"b","status":"failed","error_code":"DRS.M00304","error_msg":"API cannot be invoked by a task in the current state."},{"id":"a","status":"success","order_id":"CS26"}]}`
		states = `{"results":[` + another + `,{"id":"a","status":"%s"}],"count":2}`
	)
	of := func(word, kind, progress string) servicetest.Answers {
		return servicetest.Answers{
			"batch-status": fmt.Sprintf(states, word), "batch-detail": fmt.Sprintf(detail, word, kind),
			"batch-progress": `{"count":1,"results":[` + progress + `]}`,
			"batch-starting": start, "batch-pause-task": start, "batch-jobs": start, "batch-retry-task": start,
		}
	}
	return map[string]servicetest.Answers{
		"configured":     of("CONFIGURATION", fullIncrTrans, `{"job_id":"a","progress":"0","incre_trans_delay":"-1","transfer_status":"CONFIGURATION"}`),
		"paused":         of("PAUSING", fullIncrTrans, `{"job_id":"a","progress":"42","incre_trans_delay":"-1","task_mode":"FULL_INCR_TRANS","transfer_status":"PAUSING","process_time":"0",`+parts+`}`),
		"in its copy":    of("FULL_TRANSFER_STARTED", fullIncrTrans, `{"progress":"42","job_id":"a","incre_trans_delay":"-1","incre_trans_delay_millis":"-1","task_mode":"FULL_INCR_TRANS","transfer_status":"FULL_TRANSFER_STARTED","process_time":"null","remaining_time":"0",`+parts+`,"apply_rows_rate":-1,"apply_bytes_rate":-1,"dst_offset":"N/A"}`),
		"copied":         of("FULL_TRANSFER_COMPLETE", fullTrans, `{"job_id":"a","progress":"100","transfer_status":"FULL_TRANSFER_COMPLETE","incre_trans_delay":"-1",`+parts+`}`),
		"replicates":     of("INCRE_TRANSFER_STARTED", fullIncrTrans, `{"progress":"100","job_id":"a","incre_trans_delay":"3","task_mode":"FULL_INCR_TRANS","transfer_status":"INCRE_TRANSFER_STARTED","process_time":"1594864576000","remaining_time":"10"}`),
		"released":       of("RELEASE_RESOURCE_COMPLETE", fullTrans, `{"job_id":"a","progress":"100"}`),
		"failed to copy": of("FULL_TRANSFER_FAILED", fullTrans, `{"job_id":"a","progress":"42","error_code":"DRS.KE0002","error_msg":"refused"}`),
	}
}

// read is all that the client makes of what a cloud says of the task a.
func read(t *testing.T, a servicetest.Answers) (all []string) {
	t.Helper()
	_, s := open(t, a, field.Input{Name: "job_ids", Text: "a"})
	note := func(what string, v any, err error) { all = append(all, fmt.Sprintf("%s: %+v, %v", what, v, err)) }
	ref := job.Ref{ID: "a"}
	intent, err := s.Intend(t.Context(), "cj-mark")
	note("intent", intent, err)
	found, err := s.Find(t.Context(), job.Intent{IDs: []string{"a"}})
	note("found", found, err)
	statuses, err := s.Status(t.Context(), []job.Ref{ref})
	note("status", statuses, err)
	if err != nil {
		return all
	}
	report, err := s.Report(t.Context(), ref, statuses[0])
	note("report", report, err)
	why, err := s.Why(t.Context(), ref, statuses[0])
	note("why", why, err)
	note("pause", "", s.Stop(t.Context(), ref, false))
	note("end", "", s.Stop(t.Context(), ref, true))
	for _, item := range s.Start(t.Context(), intent) {
		note("start", item.Ref, item.Err)
		note("start", item.Status, nil)
		note("start", item.Note, nil)
	}
	return all
}

// TestReadAsAPersonWould: nulls in lists, numbers as text or with a fraction,
// and numbers in the place of text say what they say otherwise.
func TestReadAsAPersonWould(t *testing.T) {
	played := 0
	for name, said := range recordings() {
		synctest.Test(t, func(t *testing.T) {
			want := read(t, said)
			if slices.ContainsFunc(want, func(s string) bool { return strings.Contains(s, "not name") || strings.Contains(s, "unexpected") }) {
				t.Fatalf("%s: %q", name, want)
			}
			for call, body := range said {
				for what, odd := range oddly(t, body) {
					other := servicetest.Answers{}
					for k, v := range said {
						other[k] = v
					}
					other[call] = odd
					if diff := cmp.Diff(want, read(t, other)); diff != "" {
						t.Errorf("%s, %s, %s:\n%s", name, call, what, diff)
					}
					played++
				}
			}
		})
	}
	if played < 500 {
		t.Errorf("only %d answers were read", played)
	}
}

var numeric = regexp.MustCompile(`^-?[0-9]+%?$`)

// oddly writes an answer with one of its values, or lists, in each other form
// that means the same.
func oddly(t *testing.T, body string) map[string]string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	var root any
	if err := dec.Decode(&root); err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	var walk func(v any, at string, put func(any))
	walk = func(v any, at string, put func(any)) {
		try := func(what string, other any) {
			put(other)
			b, err := json.Marshal(root)
			if err != nil {
				t.Fatal(err)
			}
			all[at+" "+what] = string(b)
			put(v)
		}
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				walk(inner, at+"."+k, func(other any) { v[k] = other })
			}
		case []any:
			try("with a null first", append([]any{nil}, v...))
			try("with a null last", append(slices.Clone(v), nil))
			for i, inner := range v {
				walk(inner, fmt.Sprintf("%s[%d]", at, i), func(other any) { v[i] = other })
			}
		case json.Number:
			try("as text", v.String())
			try("with a fraction", json.Number(v.String()+".0"))
		case string:
			if numeric.MatchString(v) {
				plain := strings.TrimSuffix(v, "%")
				try("as a number", json.Number(plain))
				try("with a fraction", plain+".0"+strings.TrimPrefix(v, plain))
				try("as a number with a fraction", json.Number(plain+".0"))
			}
		}
	}
	walk(root, "", func(any) {})
	return all
}

func TestQuantity(t *testing.T) {
	for text, want := range map[cloud.Text]cloud.Number{
		"42": {Value: 42, Given: true}, "42.5": {Value: 42.5, Given: true}, "94%": {Value: 94, Given: true}, "94 %": {Value: 94, Given: true}, "0": {Given: true},
		"-1": {}, "": {}, "null": {}, "N/A": {}, "%": {},
	} {
		if got := quantity(text); got != want {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
