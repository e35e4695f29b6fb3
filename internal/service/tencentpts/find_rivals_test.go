package tencentpts

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
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

// manyScenarios is a network on which a project has so many scenarios, and the
// last one a run with a mark.
type manyScenarios struct {
	scenarios int
	asked     *[]string
}

func (m manyScenarios) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct {
		ScenarioIds, ProjectIds []string
		Status                  []int
		Offset, Limit           int
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	var set []string
	last := fmt.Sprintf("scenario-%d", m.scenarios-1)
	if in.ScenarioIds == nil {
		for i := in.Offset; i < min(m.scenarios, in.Offset+in.Limit); i++ {
			set = append(set, fmt.Sprintf(`{"ScenarioId":"scenario-%d"}`, i))
		}
		return servicetest.Answer(fmt.Sprintf(`{"Response":{"ScenarioSet":[%s],"Total":%d}}`, strings.Join(set, ","), m.scenarios)).RoundTrip(r)
	}
	*m.asked = append(*m.asked, fmt.Sprint(len(in.ScenarioIds), in.ProjectIds, in.Status))
	if slices.Contains(in.ScenarioIds, last) {
		set = append(set, fmt.Sprintf(`{"JobId":"job-1","ScenarioId":%q,"Status":2,"CreatedAt":"2026-11-27T12:00:00Z","Note":"cj-abcdefghij-1-wxyz-1"},{"JobId":"job-2","ScenarioId":%[1]q,"Status":2,"Note":"by hand"}`, last))
	}
	return servicetest.Answer(fmt.Sprintf(`{"Response":{"JobSet":[%s],"Total":%d}}`, strings.Join(set, ","), 2*len(set))).RoundTrip(r)
}

// TestFindsMarks: all scenarios of the project are searched, a hundred in a call, for
// what is not over; and a run is one of its own scenario.
func TestFindsMarks(t *testing.T) {
	for scenarios, want := range map[int]string{0: "[]", 1: "[1[project-1]", 250: "[100[project-1][0 1 2 3 4 5 6 11 15] 100[project-1][0 1 2 3 4 5 6 11 15] 50[project-1]"} {
		synctest.Test(t, func(t *testing.T) {
			var asked []string
			live, err := marks{reader(t, manyScenarios{scenarios, &asked}), "project-1"}.Marked(t.Context())
			if err != nil || len(live) != min(1, scenarios) || !strings.HasPrefix(strings.ReplaceAll(fmt.Sprint(asked), " [", "["), strings.ReplaceAll(want, " [", "[")) {
				t.Errorf("%d scenarios: %+v, %v, asked %q", scenarios, live, err, asked)
			}
			if last := fmt.Sprintf("scenario-%d", scenarios-1); len(live) > 0 && (live[0].Ref.In != "project-1/"+last || live[0].String() != "job-1 of scenario "+last+" (JobPending), since 2026-11-27T12:00:00Z, of workflow run 1") {
				t.Errorf("%d scenarios: %s in %s", scenarios, live[0], live[0].Ref.In)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		if _, err := (marks{reader(t, manyScenarios{searchPages*pageLimit + 1, new([]string)}), "project-1"}).Marked(t.Context()); err == nil {
			t.Error("more scenarios than are read are no error")
		}
	})
}
