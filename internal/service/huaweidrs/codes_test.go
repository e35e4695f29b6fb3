package huaweidrs

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/cloud"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	"cloudjob/internal/service/servicetest"
)

// TestCodes are the codes of facts huawei-drs §8 that a start can meet, as the
// emulated service refuses the whole call with them.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: "M00100 M00101 M00102 M00103 M00105 M00261",
		job.Limited:      "M01503",
		job.StartUnknown: "M00004 M01501",
		job.StartFailed: `M00002 M00007 M00200 M00201 M00202 M00273 M00289 M00299 M00300 M00301 M00302 M00303 M00304 M00305 M00307 M00308
			M01504 M05003 M05004`,
	} {
		for _, name := range strings.Fields(names) {
			for _, executed := range []bool{false, true} {
				if executed && outcome != job.StartUnknown {
					continue
				}
				service, network := emulated(func(s *drsemu.Service) {
					s.Refuse(drsemu.Refusal{Call: "BatchStartJobs", Code: "DRS." + name, Times: 1, Executed: executed})
				})
				item := start(t, network, drsemu.Migration)[0]
				e, ok := errors.AsType[*job.Error](item.Err)
				known := cloud.Explain("DRS."+name, codes)
				if !ok || e.Code != "DRS."+name || known.Meaning == "" || e.Meaning != known.Meaning || e.Cure == "" {
					t.Errorf("%s: got %+v", name, item)
					continue
				}
				if got := job.OutcomeOf(e); got != outcome {
					t.Errorf("%s: outcome %s, want %s", name, got, outcome)
				}
				if begun := len(service.Half().Begun()); (begun > 0) != executed {
					t.Errorf("%s: %d tasks begun", name, begun)
				}
			}
		}
	}
}

// What the SDK cannot read is never quoted: it may hold addresses of databases.
func TestNothingQuoted(t *testing.T) {
	tests := []struct {
		*servicetest.Refusal
		code  string
		fault job.Fault
	}{
		{&servicetest.Refusal{Status: 200, Body: `{"results":"192.168.0.27 db.example"}`}, "", job.Ambiguous},
		{&servicetest.Refusal{Status: 400, Body: `{"results":[{"source_endpoint":"db.example"}]}`}, "", job.Refused},
		{&servicetest.Refusal{Status: 400, Body: `{"results":"db.example"}`}, "", job.Refused},
		{&servicetest.Refusal{Status: 400, Body: `{"results":[{"source_endpoint":"db.example"},{"id":"b","error_code":"DRS.M00289","error_msg":"gone"}]}`}, unknownID, job.Refused},
		{&servicetest.Refusal{Status: 400, Body: `{"results":[{"source_endpoint":"db.example"},{"id":"b","error_code":"NOBODY.KNOWS"}]}`}, "NOBODY.KNOWS", job.Refused},
		{&servicetest.Refusal{Status: 400, Body: `{"err code":"DRS-M00304","err msg":"not now","at":"db.example"}`}, notNow, job.Refused},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			_, s := open(t, test.Refusal, field.Input{Name: "job_ids", Text: "a"})
			_, err := s.details(t.Context(), []string{"a"})
			e, ok := errors.AsType[*job.Error](err)
			if !ok || e.Code != test.code || e.Fault != test.fault || e.Status != test.Status || e.Meaning == "" {
				t.Fatalf("%s: %+v", test.Body, err)
			}
			if strings.Contains(err.Error(), "db.example") || e.Err != nil {
				t.Errorf("%s: quoted in %v, or in %v", test.Body, err, e.Err)
			}
		})
	}
}
