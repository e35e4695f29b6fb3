package huaweicpts

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	"cloudjob/internal/service/servicetest"
)

// TestCodes are the published codes of facts huawei-cpts §8 that a start can
// meet.
func TestCodes(t *testing.T) {
	for code, fault := range map[string]job.Fault{"SVCSTG.CPTS.4032002": job.Refused, "SVCSTG.CPTS.4031009": job.Denied, "CPTS.05001001": job.Ambiguous} {
		if c := cloud.Explain(code, codes); c.Fault != fault || c.Meaning == "" || c.Cure == "" {
			t.Errorf("%s: got %+v", code, c)
		}
	}
}

// TestRefusals: the code and the message of a refusal reach the user, whether
// it comes as one or inside an answer of success (facts huawei-cpts
// §8), and what is only refused has not happened.
func TestRefusals(t *testing.T) {
	const never = `{"code":"SVCSTG.CPTS.4031009","message":"user not open cpts"}`
	for name, test := range map[string]struct {
		status     int
		body       string
		outcome    job.Outcome
		code, says string
		meaning    string
	}{
		"never opened":             {403, never, job.Unauthorized, "SVCSTG.CPTS.4031009", "user not open cpts", "was never opened"},
		"never opened, inside 200": {200, never, job.Unauthorized, "SVCSTG.CPTS.4031009", "user not open cpts", "was never opened"},
		"no such thing, inside":    {200, `{"code":"SVCSTG.CPTS.4032002","message":"gone","result":null}`, job.StartFailed, "SVCSTG.CPTS.4032002", "gone", "does not exist"},
		"a code nobody lists":      {200, `{"code":"SVCSTG.CPTS.4000077","message":"no executor left","extend":null,"result":[]}`, job.StartFailed, "SVCSTG.CPTS.4000077", "no executor left", "was refused"},
		"a number for a code":      {200, `{"code":4000077,"message":"no executor left"}`, job.StartFailed, "4000077", "no executor left", "was refused"},
		"a word for a code":        {200, `{"code":"quota","message":"too much"}`, job.StartFailed, "quota", "too much", "was refused"},
		"too many, inside":         {200, `{"code":"SVCSTG.CPTS.4290001","message":"slow down"}`, job.Limited, "SVCSTG.CPTS.4290001", "slow down", "too many"},
		"their fault, inside":      {200, `{"code":"CPTS.05001001","message":"oops"}`, job.StartUnknown, "CPTS.05001001", "oops", "unknown fault"},
		"another fault of theirs":  {200, `{"code":"SVCSTG.CPTS.5001234","message":"oops"}`, job.StartUnknown, "SVCSTG.CPTS.5001234", "oops", "fault of the cloud"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, inputs := range []string{create, givenTask} {
					item := startUnread(t, &servicetest.Refusal{Status: test.status, Body: test.body}, inputs, "184138")
					e, ok := errors.AsType[*job.Error](item.Err)
					if !ok || job.OutcomeOf(item.Err) != test.outcome || e.Code != test.code || e.Message != test.says || !strings.Contains(e.Meaning, test.meaning) || e.Cure == "" || e.RequestID != servicetest.RequestID {
						t.Errorf("got %s: %+v", job.OutcomeOf(item.Err), item.Err)
					}
				}
			})
		})
	}
}

// TestSuccessIsNotAWord: an answer that has what was asked for is no refusal,
// whatever its code says (facts huawei-cpts §1).
func TestSuccessIsNotAWord(t *testing.T) {
	for _, code := range []string{`"SVCSTG.CPTS.0000000"`, `"CPTS.00000000"`, `"0"`, `0`, `null`, `""`, `"anything"`} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.alter = func(_ string, body []byte) []byte {
				return bytes.ReplaceAll(body, []byte(`"code":"SVCSTG.CPTS.0000000"`), []byte(`"code":`+code))
			}
			r := w.run(w.open(creating(cptsemu.HealthyCase)), func(o *engine.Options) { o.Report = true })
			if r.Outcome != job.Succeeded || ofRun(r.Items[0].Report.Samples)["requests"] != 6000 {
				t.Errorf("%s: %s, %v", code, r.Outcome, r.Items[0].Err)
			}
		})
	}
}
