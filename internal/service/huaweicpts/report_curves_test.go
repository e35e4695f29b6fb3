package huaweicpts

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
)

// TestSeries lays the curves of two cases over each other.
func TestSeries(t *testing.T) {
	for name, test := range map[string]struct {
		parallel bool
		points   int
		last     time.Duration
		first    map[string]float64
	}{
		"side by side":        {true, 60, 65 * time.Second, map[string]float64{"rps": 200, "response_time": 0.0937, "virtual_users": 100, "error_rate": 10}},
		"one after the other": {false, 120, 125 * time.Second, map[string]float64{"rps": 100, "response_time": 0.0937, "virtual_users": 50, "error_rate": 20}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				r := w.report(w.finished(test.parallel, cptsemu.FailingCase, cptsemu.HealthyCase))
				got := map[string]float64{}
				for _, s := range r.Series {
					if len(s.Points) != test.points || s.Points[test.points-1].At != test.last {
						t.Errorf("%s: %d points, the last %v", s.Metric, len(s.Points), s.Points[len(s.Points)-1])
					}
					got[s.Metric] = s.Points[0].Value
				}
				w.want(got, test.first)
			})
		})
	}
}

// TestUnreadableStamps: points whose times nobody can read are spread over the
// case's time.
func TestUnreadableStamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.alter = func(path string, body []byte) []byte {
			if !strings.HasSuffix(path, "/reports") {
				return body
			}
			i := bytes.Index(body, []byte(`"commonTimestamps":[`))
			end := i + bytes.IndexByte(body[i:], ']')
			return slices.Concat(body[:i], []byte(`"commonTimestamps":["00:00:01","00:00:02"`), body[end:])
		}
		r := w.report(w.finished(false, cptsemu.HealthyCase))
		w.want(ofRun(r.Samples), healthy())
		for _, s := range r.Series {
			if len(s.Points) != 60 || s.Points[9].At != 15*time.Second {
				t.Errorf("%s: %v", s.Metric, s.Points)
			}
		}
	})
}

// TestNoCurves: without ShowReport the other call gives the numbers, in whole
// milliseconds, and the peak.
func TestNoCurves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ref, last := w.finished(true, cptsemu.HealthyCase, cptsemu.HealthyCase2)
		w.inject(emulator.Fault{Times: 2, Kind: emulator.Forbidden}, "ShowReport")
		r := w.report(ref, last)
		got := ofRun(r.Samples)
		if got["response_time p95"] != 0.213 || got["rps"] != 200 || got["rps max"] != 206 || got["duration"] != 65 || len(r.Series) != 0 {
			t.Errorf("%v, series %v", got, r.Series)
		}
	})
}

// TestGapsInACurve: a null in a curve is a gap. The values after it stay at
// their times, whether a value lacks or a time.
func TestGapsInACurve(t *testing.T) {
	of := func(lists string) map[time.Duration]float64 {
		t.Helper()
		var c curves
		if err := json.Unmarshal([]byte(lists), &c); err != nil {
			t.Fatal(err)
		}
		m := measured{cases: []measurement{{curves: c, total: figures{Start: "2026-11-26T18:00:00+08:00", End: "2026-11-26T18:00:05+08:00"}}}}
		at := map[time.Duration]float64{}
		for _, s := range m.series(combine(m.stretches())) {
			if s.Metric == "rps" {
				for _, p := range s.Points {
					at[p.At] = p.Value
				}
			}
		}
		return at
	}
	const stamps = `"2026-11-26T18:00:01+08:00","2026-11-26T18:00:02+08:00","2026-11-26T18:00:03+08:00","2026-11-26T18:00:04+08:00"`
	s := time.Second
	for lists, want := range map[string]map[time.Duration]float64{
		`{"commonTimestamps":[` + stamps + `],"tps_brokens":{"tps":[null,"2",3.0,4]}}`:                                                    {2 * s: 2, 3 * s: 3, 4 * s: 4},
		`{"commonTimestamps":[` + stamps + `],"tps_brokens":{"tps":[1,null,null,4]}}`:                                                     {1 * s: 1, 4 * s: 4},
		`{"commonTimestamps":[` + stamps + `],"tps_brokens":{"tps":[1,2]}}`:                                                               {1 * s: 1, 2 * s: 2},
		`{"commonTimestamps":["2026-11-26T18:00:01+08:00",null,"2026-11-26T18:00:03+08:00"],"tps_brokens":{"tps":[1,2,3]}}`:               {1 * s: 1, 2 * s: 2, 3 * s: 3},
		`{"commonTimestamps":[null,null,"2026-11-26T18:00:03+08:00","2026-11-26T18:00:04+08:00",null],"tps_brokens":{"tps":[1,2,3,4,5]}}`: {1 * s: 1, 2 * s: 2, 3 * s: 3, 4 * s: 4, 5 * s: 5},
		`{"commonTimestamps":[null,null,null,null,null],"tps_brokens":{"tps":[1,2,3,4,5]}}`:                                               {1 * s: 1, 2 * s: 2, 3 * s: 3, 4 * s: 4, 5 * s: 5}, // spread
		`{"commonTimestamps":null,"tps_brokens":{"tps":[1,null,3,4,5]}}`:                                                                  {1 * s: 1, 3 * s: 3, 4 * s: 4, 5 * s: 5},
	} {
		if diff := cmp.Diff(want, of(lists)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", lists, diff)
		}
	}
}
