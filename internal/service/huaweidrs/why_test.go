package huaweidrs

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/emulator"
	"cloudjob/internal/job"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
)

func TestWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, drsemu.Sync)
		s.drs.Switches.StatusSaysWhy = true
		s.drs.Add(drsemu.Script{
			ID: taskID(1), Status: "INCRE_TRANSFER_FAILED", Code: "DRS.M00004", Reason: "no route to 192.168.0.27:3306\n::error::x",
		})
		ref := job.Ref{ID: taskID(1), Kind: fullIncrTrans}
		last := s.status(t, ref)[0]
		if last.Message != "DRS.M00004: no route to (address) ::error::x" {
			t.Errorf("message %q", last.Message)
		}
		why, err := s.service.Why(t.Context(), ref, last)
		if err != nil || len(why) != 2 || !strings.HasPrefix(why[1], last.Message+"; the service is not well") {
			t.Errorf("%q, %v", why, err)
		}
		for _, call := range []string{"BatchListJobDetails", "BatchListProgresses"} { // one of them is enough
			s.Inject(emulator.Fault{Call: call, Kind: emulator.Forbidden})
			if why, err := s.service.Why(t.Context(), ref, last); err != nil || len(why) != 2 {
				t.Errorf("without %s: %q, %v", call, why, err)
			}
		}
		s.Inject(emulator.Fault{Kind: emulator.Forbidden, Times: 2})
		if why, err := s.service.Why(t.Context(), ref, last); err == nil || len(why) != 2 || why[1] != last.Message {
			t.Errorf("without both: %q, %v", why, err)
		}
		why, _ = s.service.Why(t.Context(), job.Ref{ID: drsemu.AlreadyEnded}, job.Status{Word: releaseComplete})
		if !slices.Equal(why, []string{"status RELEASE_RESOURCE_COMPLETE: somebody ended it, and it cannot be resumed"}) {
			t.Errorf("ended: %q", why)
		}
	})
}

func TestFailedReason(t *testing.T) {
	got := reply{ErrorCode: "DRS.X", ErrorMessage: "short", FailedReason: "longer"}.why()
	if !slices.Equal(got, []string{"DRS.X: short", "failed reason: longer"}) {
		t.Errorf("%q", got)
	}
	for word, want := range map[string]string{pausing: "resumes it", deleted: "deleted", gone: "deleted", releaseFailed: "by force"} {
		if got := hint(word); !strings.Contains(got, want) {
			t.Errorf("%s: %q", word, got)
		}
	}
}
