package tencentpts

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/service/servicetest"
)

// rivals asks over any network what others run.
func rivals(t *testing.T, network http.RoundTripper) ([]engine.Live, error) {
	s := servicetest.OpenInputs(t, New(), network, field.Input{Name: "project_id", Text: "project-1"}, field.Input{Name: "scenario_id", Text: "scenario-1"})[0]
	return s.(engine.Rivals).Rivals(t.Context())
}

// TestRivalsOnAllPages: a list without an order is read to its end, or nothing is
// said.
func TestRivalsOnAllPages(t *testing.T) {
	for jobs, want := range map[int]int{0: 0, 250: 250, searchPages * pageLimit: searchPages * pageLimit, searchPages*pageLimit + 1: -1} {
		synctest.Test(t, func(t *testing.T) {
			l := listing()
			l.Jobs = jobs
			live, err := rivals(t, &l)
			switch {
			case want < 0 && (err == nil || !strings.Contains(err.Error(), "more than 2000 runs")):
				t.Errorf("of %d runs %d are told, %v", jobs, len(live), err)
			case want >= 0 && (err != nil || len(live) != want):
				t.Errorf("of %d runs %d are told, %v", jobs, len(live), err)
			case want > 0 && (live[7].Ref.In != "project-1/scenario-1" || live[7].Mark != ""):
				t.Errorf("%+v", live[7])
			}
		})
	}
}

// TestRivalStates: what is being stopped puts load on still, and a number that
// nobody explains may; what is over does not.
func TestRivalStates(t *testing.T) {
	const list = `{"Response":{"JobSet":[
		{"JobId":"a","Status":11,"JobOwner":"alice","StartTime":"2026-11-27T12:00:00Z","Note":"cj-zzzzzzzzzz-9-zzzz cj-abcdefghij-1-wxyz"},
		{"JobId":"b","Status":15}, {"JobId":"c","Status":7}, {"JobId":"d"}, null, {"JobId":null,"Status":11},
		{"JobId":"e","Status":12}, {"JobId":"f","Status":16}, {"JobId":"g","Status":17}
	],"Total":9}}`
	live, err := rivals(t, servicetest.Answer(list))
	var got []string
	for _, l := range live {
		got = append(got, l.String()+" "+l.Mark)
	}
	want := "a (JobRunning), started by alice, since 2026-11-27T12:00:00Z cj-abcdefghij-1-wxyz|b (JobAborting) |c (7, which is not documented) |d (no status) "
	if text := strings.Join(got, "|"); err != nil || text != want {
		t.Errorf("%v\n%s\n%s", err, text, want)
	}
}
