package tencentbatch

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"cloudjob/internal/engine"
	"cloudjob/internal/service/servicetest"
)

// rivals asks over any network what others run of a name.
func rivals(t *testing.T, network http.RoundTripper, name string) ([]engine.Live, error) {
	s := servicetest.Open(t, New(), network, strings.Replace(inputs, "JobName: nightly", fmt.Sprintf("JobName: %q", name), 1))[0]
	return s.(engine.Rivals).Rivals(t.Context())
}

// TestRivalNames: the name tells what is the same, whatever mark stands behind
// it, also where the mark left no room for all of it.
func TestRivalNames(t *testing.T) {
	long := strings.Repeat("n", nameLimit)
	all := []string{"nightly", "nightly cj-abcdefghij-1-wxyz", "nightly cj-bbcdefghij-12-wxyz", "nightly2", "night", "cj-abcdefghij-1-wxyz", "", marked(long, "cj-abcdefghij-1-wxyz"), long}
	var list []string
	for i, name := range all {
		list = append(list, fmt.Sprintf(`{"JobId":"job-%d","JobName":%q,"JobState":"RUNNING","CreateTime":"2026-11-27T12:00:00Z"}`, i, name))
	}
	list = append(list, `{"JobId":"over","JobName":"nightly","JobState":"SUCCEED"}`, `{"JobId":"kept","JobName":"nightly","JobState":"FAILED_INTERRUPTED"}`, `{"JobId":"odd","JobName":"nightly","JobState":"ODD"}`)
	for name, want := range map[string][]string{"nightly": {"job-0", "job-1", "job-2", "odd"}, long: {"job-7", "job-8"}, "other": nil} {
		live, err := rivals(t, servicetest.Answer(`{"Response":{"JobSet":[`+strings.Join(list, ",")+`],"TotalCount":12}}`), name)
		var got []string
		for _, l := range live {
			got = append(got, l.Ref.ID)
			if (l.Mark != "") != strings.Contains("job-1 job-2 job-7", l.Ref.ID) {
				t.Errorf("%s bears the mark %q", l.Ref.ID, l.Mark)
			}
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

// TestRivalsOnAllPages: a list without an order is read to its end, or nothing is
// said.
func TestRivalsOnAllPages(t *testing.T) {
	for jobs, said := range map[int]bool{searchPages * pageLimit: true, searchPages*pageLimit + 1: false} {
		synctest.Test(t, func(t *testing.T) {
			l := listing()
			l.Jobs = jobs
			if live, err := rivals(t, &l, "nightly"); (err == nil) != said {
				t.Errorf("of %d jobs %d are told, %v", jobs, len(live), err)
			}
		})
	}
}

// TestFindsMarks: what any step submitted and lives is found by its mark, and what is
// over and costs on.
func TestFindsMarks(t *testing.T) {
	const list = `{"Response":{"JobSet":[
		{"JobId":"job-1","JobName":"a cj-abcdefghij-1-wxyz-7ctc50i","JobState":"RUNNING","CreateTime":"2026-11-27T12:00:00Z"},
		{"JobId":"job-2","JobName":"b cj-abcdefghij-1-wxyz","JobState":"FAILED_INTERRUPTED"},
		{"JobId":"job-3","JobName":"c cj-abcdefghij-1-wxyz","JobState":"FAILED"},
		{"JobId":"job-4","JobName":"d cj-abcdefghij","JobState":"RUNNING"}, {"JobId":"job-5","JobName":"nightly","JobState":"RUNNING"}, null
	],"TotalCount":6}}`
	live, err := marks{reader(t, servicetest.Answer(list))}.Marked(t.Context())
	var got []string
	for _, l := range live {
		got = append(got, l.String())
	}
	if want := []string{"job-1 (RUNNING), since 2026-11-27T12:00:00Z, of workflow run 16012345698", "job-2 (FAILED_INTERRUPTED)"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
