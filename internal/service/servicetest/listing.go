package servicetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Listing is a network on which Tencent's DescribeJobs lists so many running
// jobs, a page at a time.
type Listing struct {
	Jobs  int
	Job   string   // one of them, as a format of its id, job-007, and its number
	Total string   // the field that tells how many there are
	Holes bool     // the first of each page is null
	Mute  bool     // it does not tell how many there are
	Asked []string // of each call, what it asked for
}

func (l *Listing) RoundTrip(r *http.Request) (*http.Response, error) {
	var in struct {
		JobIds        []string
		Offset, Limit int
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	l.Asked = append(l.Asked, fmt.Sprintf("%d ids from %d", len(in.JobIds), in.Offset))
	var set []string
	total := 0
	for n := range l.Jobs {
		id := fmt.Sprintf("job-%03d", n)
		if in.JobIds != nil && !slices.Contains(in.JobIds, id) {
			continue
		}
		if total++; total > in.Offset && len(set) < in.Limit {
			set = append(set, fmt.Sprintf(l.Job, id, n))
		}
	}
	if l.Holes && set != nil {
		set[0] = "null"
	}
	if l.Mute {
		total = 0
	}
	return respond(r, http.StatusOK, fmt.Sprintf(`{"Response":{"JobSet":[%s],%q:%d}}`, strings.Join(set, ","), l.Total, total))
}

// MarksOnLaterPages: a list's order is not documented, so all of its pages are
// searched for a mark, which is cj- and the job's number here.
func (l Listing) MarksOnLaterPages(t *testing.T, in string, open func(http.RoundTripper) engine.Follower) {
	t.Helper()
	l.Jobs = 250
	for mark, id := range map[string]string{"cj-003": "job-003", "cj-130": "job-130", "cj-249": "job-249", "cj-999": ""} {
		for _, way := range []struct{ holes, mute bool }{{}, {holes: true}, {mute: true}} {
			synctest.Test(t, func(t *testing.T) {
				l := l
				l.Holes, l.Mute = way.holes, way.mute
				found, err := open(&l).Find(t.Context(), job.Intent{Mark: mark, In: in})
				switch {
				case err != nil:
					t.Error(err)
				case id == "" && (len(found) > 0 || len(l.Asked) != 3):
					t.Errorf("%s: found %v after %q", mark, found, l.Asked)
				case id != "" && (len(found) != 1 || found[0].Ref != (job.Ref{ID: id, In: in}) || found[0].State != job.StateRunning || !found[0].Ours):
					t.Errorf("%s: found %v after %q", mark, found, l.Asked)
				}
			})
		}
	}
}

// ManyJobs: a call lists at most 100 jobs, so more are read in several.
func (l Listing) ManyJobs(t *testing.T, in string, open func(http.RoundTripper) engine.Follower) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l.Jobs = 300
		var refs []job.Ref
		for n := range 250 {
			refs = append(refs, job.Ref{ID: fmt.Sprintf("job-%03d", n), In: in})
		}
		for i, s := range Status(t, open(&l), refs...) {
			if s.State != job.StateRunning {
				t.Errorf("%s is %s", refs[i].ID, s.State)
			}
		}
		if diff := cmp.Diff([]string{"100 ids from 0", "100 ids from 0", "50 ids from 0"}, l.Asked); diff != "" {
			t.Error(diff)
		}
	})
}
