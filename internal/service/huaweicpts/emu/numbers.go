package cptsemu

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// request is one request ("aw") of a case. Every case has the same ones.
type request struct {
	name  string
	share int     // of ten
	pace  float64 // its response times, as a factor of the case's; averages to 1 by share
}

func caseRequests() []request {
	return []request{{"list", 6, 0.9}, {"order", 4, 1.15}}
}

// tally is what became of the requests so far. None times out.
type tally struct {
	good    int // answered with 200
	wrong   int // answered with 500, which the case does not accept
	refused int // not connected
}

func (t tally) requests() int { return t.good + t.wrong + t.refused }
func (t tally) errors() int   { return t.wrong + t.refused }

func (t tally) plus(o tally) tally {
	return tally{t.good + o.good, t.wrong + o.wrong, t.refused + o.refused}
}

func (t tally) minus(o tally) tally {
	return tally{t.good - o.good, t.wrong - o.wrong, t.refused - o.refused}
}

// of is the part of t that belongs to request i; the parts add up to t.
func (t tally) of(i int) tally {
	before := 0
	for _, q := range caseRequests()[:i] {
		before += q.share
	}
	upTo := before + caseRequests()[i].share
	cut := func(n int) int { return n*upTo/10 - n*before/10 }
	return tally{cut(t.good), cut(t.wrong), cut(t.refused)}
}

// tally counts the first so many seconds of load. The rate swings by a few
// percent within five seconds, so that a maximum differs from an average. A
// quarter of the errors are refused connections.
func (c *Case) tally(seconds int) tally {
	swing := [5]int{0, 3, -2, 1, -2}
	five, rest := 0, 0
	for i, percent := range swing {
		rate := c.RPS + c.RPS*percent/100
		five += rate
		if i < seconds%5 {
			rest += rate
		}
	}
	n := seconds/5*five + rest
	errors := n * c.ErrorPercent / 100
	return tally{good: n - errors, wrong: errors - errors/4, refused: errors / 4}
}

// times are response times in ms (unit UNVERIFIED, facts huawei-cpts §6.4).
type times struct {
	avg, min, max, p50, p75, p85, p90, p95, p99, p999, p9999 float64
}

func (c *Case) times(pace float64) times {
	p95 := c.P95 * pace
	return times{
		avg: 0.5 * p95, min: 0.1 * p95, max: 2 * p95,
		p50: 0.45 * p95, p75: 0.65 * p95, p85: 0.78 * p95, p90: 0.88 * p95,
		p95: p95, p99: 1.3 * p95, p999: 1.6 * p95, p9999: 1.8 * p95,
	}
}

// caseTimes spans the times of the requests.
func (c *Case) caseTimes() times {
	t := c.times(1)
	for _, q := range caseRequests() {
		own := c.times(q.pace)
		t.min, t.max = min(t.min, own.min), max(t.max, own.max)
	}
	return t
}

// numbers are the figures of one row of a report: a case or a request.
type numbers struct {
	tally
	times
	seconds int
	users   int
	live    int   // users at this moment
	peak    tally // its best second
	peakAt  int   // which second that was
}

// numbersOf are the figures of a case (i < 0) or of its request i. ok is false
// if there are none to show yet.
func (s *Service) numbersOf(r *run, p *part, i int) (n numbers, ok bool) {
	now := s.now()
	seconds := r.seconds(p, now)
	if seconds == 0 || !s.reported(r) {
		return numbers{}, false
	}
	n = numbers{tally: p.tally(seconds), times: p.caseTimes(), seconds: seconds, users: p.Users}
	if r.endOf(p, now).IsZero() {
		n.live = p.Users
	}
	for at := range min(seconds, 5) {
		if second := p.tally(at + 1).minus(p.tally(at)); second.requests() > n.peak.requests() {
			n.peak, n.peakAt = second, at
		}
	}
	if i >= 0 {
		n.tally, n.peak, n.times = n.tally.of(i), n.peak.of(i), p.times(caseRequests()[i].pace)
	}
	return n, true
}

// reported tells whether the numbers of a run can be seen.
func (s *Service) reported(r *run) bool {
	now, late := s.now(), s.Switches.ReportAfter
	return late == 0 || !r.live(now) && !now.Before(r.endTime(now).Add(late))
}

func per(n, seconds int) float64 {
	if seconds == 0 {
		return 0
	}
	return float64(n) / float64(seconds)
}

// rate is the success rate on the scale of the switch.
func (s *Service) rate(t tally) float64 {
	share := 0.0
	if t.requests() > 0 {
		share = float64(t.good) / float64(t.requests())
	}
	if s.Switches.RatioSuccessRate {
		return share
	}
	return 100 * share
}

// tps is average TPS by the definition the switch picks.
func (s *Service) tps(t tally, seconds int) float64 {
	if s.Switches.TPSCountsErrors {
		return per(t.requests(), seconds)
	}
	return per(t.good, seconds)
}

// Bandwidth in KB/s (HWDOC): so much per request, received and sent.
const (
	received = 0.97
	sent     = 0.56
)

// metrics are the figures by their names in both report calls (facts
// huawei-cpts §6.1).
func (s *Service) metrics(n numbers) map[string]float64 {
	rps, best := per(n.requests(), n.seconds), float64(n.peak.requests())
	return map[string]float64{
		"averageRespTime": n.avg, "maxAvgTime": n.avg, "min": n.min, "max": n.max, "maxRespTime": n.max,
		"tp50": n.p50, "tp75": n.p75, "tp85": n.p85, "tp90": n.p90,
		"tp95": n.p95, "tp99": n.p99, "tp999": n.p999, "tp9999": n.p9999,
		"tps": s.tps(n.tally, n.seconds), "tranTPS": per(n.good, n.seconds),
		"maxTps": s.tps(n.peak, 1), "maxRps": best,
		"successRate": s.rate(n.tally), "maxSuccessRate": s.rate(n.tally),
		"requests": float64(n.requests()), "successCount": float64(n.good), "errorCount": float64(n.errors()),
		"failedAssert": float64(n.wrong), "failedRefused": float64(n.refused),
		"failedOthers": 0, "failedParsed": 0, "failedTimeout": 0, "errorEventsCount": 0,
		"sum1xx": 0, "sum2xx": float64(n.good), "sum3xx": 0, "sum4xx": 0, "sum5xx": float64(n.wrong),
		"avgRecBytes": rps * received, "avgSentBytes": rps * sent, "avgNetworkTraffic": rps * (received + sent),
		"maxRecBytes": best * received, "maxSentBytes": best * sent, "maxNetworkTraffic": best * (received + sent),
		"minNetworkTraffic": 0,
		"currentThreadNum":  float64(n.users), "maxThreadNum": float64(n.users), "userConcur": float64(n.live),
		"vum": float64(n.users*n.seconds) / 60, "duration": float64(n.seconds),
	}
}

// Fields that are integers in the replies with typed integers (SDK): those that
// count, and those that measure, which DecimalsInInts concerns.
const (
	counting = "requests successCount errorCount failedAssert failedRefused failedOthers failedParsed " +
		"failedTimeout errorEventsCount sum1xx sum2xx sum3xx sum4xx sum5xx currentThreadNum userConcur duration " +
		"request_count success_count error_request_count max_users"
	measuring = "min max maxRespTime tp50 tp75 tp85 tp90 tp95 tp99 tp999 tp9999 maxRps successRate " +
		"maxRecBytes maxSentBytes maxNetworkTraffic minNetworkTraffic " +
		"max_rps success_rate avg_tp50 avg_tp90 max_response_time min_response_time " +
		"max_down_stream max_network_traffic max_upstream vum"
)

func listed(name, list string) bool { return slices.Contains(strings.Fields(list), name) }

// nulls is a row with all its documented fields: what is not used is null (HWDOC sample).
func nulls(fields string) object {
	row := object{}
	for _, name := range strings.Fields(fields) {
		row[name] = nil
	}
	return row
}

// fill puts metrics into those fields of row that are documented there. Without
// numbers they are null or 0, as the switch says.
func (s *Service) fill(row object, metrics map[string]float64, have, integers bool) {
	for name, value := range metrics {
		if _, documented := row[name]; !documented {
			continue
		}
		switch {
		case slices.Contains(s.Switches.NullMetrics, name), !have && s.Switches.Missing != MissingZero:
			row[name] = nil
		case !have:
			row[name] = 0
		case integers:
			row[name] = s.integer(name, value)
		default:
			row[name] = rounded(value)
		}
	}
}

// integer is value as a field of an integer type has it.
func (s *Service) integer(name string, value float64) any {
	rate := name == "successRate" || name == "success_rate"
	switch {
	case listed(name, counting):
		return int(value)
	case !listed(name, measuring), rate && s.Switches.RatioSuccessRate:
		return rounded(value)
	case s.Switches.DecimalsInInts:
		return json.Number(strconv.FormatFloat(value, 'f', 2, 64))
	case rate:
		return int(value) // UNVERIFIED: cut, so that one error in a thousand is no 100 %
	}
	return int(math.Round(value))
}

func rounded(value float64) float64 { return math.Round(value*10000) / 10000 }

// duration is for how many whole seconds the run has been under way.
func (r *run) duration(now time.Time) int {
	until := now
	for _, limit := range []time.Time{r.ends, r.halted} {
		if !limit.IsZero() && limit.Before(until) {
			until = limit
		}
	}
	return int(max(until.Sub(r.starts), 0) / time.Second)
}
