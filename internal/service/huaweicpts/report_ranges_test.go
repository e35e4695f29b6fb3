package huaweicpts

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// TestRanges: how many requests took how long is told as the service tells it,
// the shortest first, and of several cases only where all are cut alike.
func TestRanges(t *testing.T) {
	many := map[string]string{}
	for i := range mostRanges + 1 {
		many[fmt.Sprintf("%d-%d", i, i+1)] = "1"
	}
	tooMany, _ := json.Marshal(many)
	tests := []struct {
		name  string
		cases []string
		want  []job.Range
	}{
		{"one", []string{`{"1000-": "3", "0-100": 7, "100-1000": "12.0", "<1": "0"}`}, []job.Range{{What: "0-100", Count: 7}, {What: "<1"}, {What: "100-1000", Count: 12}, {What: "1000-", Count: 3}}},
		{"two alike", []string{`{"0-1": "1", "1-2": "2"}`, `{"1-2": "3", "0-1": "4"}`}, []job.Range{{What: "0-1", Count: 5}, {What: "1-2", Count: 5}}},
		{"two cut otherwise", []string{`{"0-1": "1"}`, `{"0-2": "3"}`}, nil},
		{"one of two has none", []string{`{"0-1": "1"}`, `null`}, nil},
		{"nothing", []string{`{}`}, nil},
		{"no requests", []string{`{"0-1": "0"}`}, nil},
		{"a count that is none", []string{`{"0-1": "many", "1-2": "3"}`}, nil},
		{"no table", []string{`["0-1"]`}, nil},
		{"a text", []string{`"0-1:3"`}, nil},
		{"too many", []string{string(tooMany)}, nil},
	}
	for _, test := range tests {
		var m measured
		for _, src := range test.cases {
			var c measurement
			if err := json.Unmarshal([]byte(src), &c.ranges); err != nil {
				t.Fatalf("%s: %v", test.name, err)
			}
			m.cases = append(m.cases, c)
		}
		if diff := cmp.Diff(test.want, m.ranges()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r := w.report(w.finished(false, cptsemu.HealthyCase))
		total := int64(0)
		for _, of := range r.Ranges {
			total += of.Count
		}
		if len(r.Ranges) != 4 || total != 6000 || r.Ranges[0].What[:2] != "0-" {
			t.Errorf("of 6000 requests: %+v", r.Ranges)
		}
	})
}
