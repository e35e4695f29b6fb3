package tencentpts

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

// TestAttachFindsAll: the runs of all attempts are found, on whatever page they
// stand; what one start began is found without reading on.
func TestAttachFindsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, ptsemu.ScenarioShort)
		begin := func(mark string) job.Intent {
			intent, err := s.services[0].Intend(t.Context(), mark)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(10 * time.Minute) // few may run at the same time
			if items := s.services[0].Start(t.Context(), intent); items[0].Err != nil {
				t.Fatal(items[0].Err)
			}
			return intent
		}
		begin("cj-abcdefghij-1-aaaa")
		for i := range 2 * pageLimit {
			begin(fmt.Sprintf("cj-otherother-1-%d", i))
		}
		last := begin("cj-abcdefghij-2-bbbb")

		base := last
		base.Mark = "cj-abcdefghij-"
		found, err := s.services[0].Find(t.Context(), base)
		marks := map[string]engine.Found{}
		for _, f := range found {
			marks[f.Mark] = f
		}
		if one, two := marks["cj-abcdefghij-1-aaaa"], marks["cj-abcdefghij-2-bbbb"]; err != nil || len(found) != 2 || !one.Ours || !two.Ours || one.Ref == two.Ref {
			t.Errorf("found %+v, %v", found, err)
		}

		before := s.Calls()["DescribeJobs"]
		last.At = time.Now()
		if found, err := s.services[0].Find(t.Context(), last); err != nil || len(found) != 1 || found[0].Mark != last.Mark {
			t.Errorf("found %+v, %v", found, err)
		}
		if calls := s.Calls()["DescribeJobs"] - before; calls != 1 {
			t.Errorf("it read %d pages for what stands on the first", calls)
		}
	})
}

func TestMarksOnLaterPages(t *testing.T) {
	listing().MarksOnLaterPages(t, "project-1/scenario-1", func(n http.RoundTripper) engine.Follower { return reader(t, n) })
}
