package cptsemu

import (
	"fmt"
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// chartPoints is how many points a chart has at most; the call has no such
// parameter. UNVERIFIED.
const chartPoints = 100

// showTaskCaseAwChart has the curves of a case or of one of its requests.
func (s *Service) showTaskCaseAwChart(r *emu.Request) emu.Answer {
	run, p, refused := s.partOf(r, s.mergedID)
	if refused != nil {
		return refused.answer()
	}
	if p == nil {
		return result(nil)
	}
	i, found := s.detailOf(p, r.Path("detail_id"))
	if !found {
		if refused := s.wrongCase(); refused != nil {
			return refused.answer()
		}
		return result(nil)
	}
	if s.resultMissing(run, p) {
		return result(nil)
	}
	list := s.curves(run, p, i, chartPoints)
	list["performance_load"] = nil
	list["rtmp_brokens"] = nil
	list["streaming_error_brokens"] = nil
	return result(object{
		"broken_list":     list,
		"err_message":     nil,
		"resp_time_range": s.histogram(run, p, i),
	})
}

// detailOf tells which request detail_id names; -1 is the case itself.
func (s *Service) detailOf(p *part, detail string) (i int, found bool) {
	if s.Switches.CaseRunID == SDKForm {
		return -1, detail == quoted(p.testcaseID())
	}
	for i := range caseRequests() {
		if detail == quoted(p.requestID(i)) {
			return i, true
		}
	}
	return -1, detail == quoted(p.rowID())
}

// curves cut the seconds of load into at most so many points (facts huawei-cpts
// §6.3). Counts add up to the totals of the case.
func (s *Service) curves(r *run, p *part, i, points int) object {
	n, have := s.numbersOf(r, p, i)
	if !have {
		n.seconds = 0
	}
	points = min(points, n.seconds)
	stamps := make([]string, points)
	pieces := make([]piece, points)
	for k := range points {
		from, to := k*n.seconds/points, (k+1)*n.seconds/points
		t := p.tally(to).minus(p.tally(from))
		if i >= 0 {
			t = p.tally(to).of(i).minus(p.tally(from).of(i))
		}
		pieces[k] = piece{t, to - from}
		stamps[k] = s.pointStamp(p.from.Add(time.Duration(to) * time.Second))
	}
	constant := func(value float64) []float64 {
		return curve(pieces, func(piece) float64 { return value })
	}
	return object{
		"commonTimestamps": stamps,
		"tps_brokens": object{
			"tps":     curve(pieces, func(c piece) float64 { return s.tps(c.tally, c.seconds) }),
			"average": constant(n.avg),
		},
		"vusers_brokens": object{"vusers": constant(float64(n.users))},
		"brand_brokens": object{
			"recBytes":  curve(pieces, func(c piece) float64 { return per(c.requests(), c.seconds) * received }),
			"sentBytes": curve(pieces, func(c piece) float64 { return per(c.requests(), c.seconds) * sent }),
		},
		"respcode_brokens": object{
			"success":          curve(pieces, func(c piece) float64 { return float64(c.good) }),
			"error":            curve(pieces, func(c piece) float64 { return float64(c.errors()) }),
			"refusedFailed":    curve(pieces, func(c piece) float64 { return float64(c.refused) }),
			"checkPointFailed": curve(pieces, func(c piece) float64 { return float64(c.wrong) }),
			"timeout":          constant(0),
			"parsedFailed":     constant(0),
			"othersFailed":     constant(0),
		},
	}
}

// piece is what happened between two points of a curve.
type piece struct {
	tally
	seconds int
}

func curve(pieces []piece, value func(piece) float64) []float64 {
	points := make([]float64, len(pieces))
	for k, c := range pieces {
		points[k] = rounded(value(c))
	}
	return points
}

// pointStamp is a time on a curve; its format is undocumented (facts
// huawei-cpts §6.3).
func (s *Service) pointStamp(t time.Time) string {
	if s.Switches.EpochTimestamps {
		return strconv.FormatInt(t.UnixMilli(), 10)
	}
	return stamp(t)
}

// histogram is how many requests took how long, as text to text (SDK). The
// form of the ranges is UNVERIFIED. The counts add up to all requests.
func (s *Service) histogram(r *run, p *part, i int) map[string]string {
	n, have := s.numbersOf(r, p, i)
	ranges := map[string]string{}
	if !have {
		return ranges
	}
	below, counted := 0.0, 0
	for _, step := range []struct {
		to      float64
		percent int
	}{{n.p50, 50}, {n.p90, 90}, {n.p99, 99}, {n.max, 100}} {
		upTo := n.requests() * step.percent / 100
		ranges[fmt.Sprintf("%.0f-%.0f", below, step.to)] = strconv.Itoa(upTo - counted)
		below, counted = step.to, upTo
	}
	return ranges
}
