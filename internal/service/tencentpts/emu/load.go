package ptsemu

import "math"

// pattern is the length of the cycle in which requests and errors repeat.
// Because the n-th request and the n-th error always are of the same kind,
// every counter only grows and all sums agree.
const pattern = 10

// request is one kind of request of the emulated script.
type request struct {
	method, service, proto string
	slowness               float64 // its latencies, relative to those of the run
}

// fault is one kind of failed answer.
type fault struct{ status, result, message string }

// check is one check point of the script.
type check struct {
	name string
	on   int // the kind of request it looks at, or everyRequest
}

const everyRequest = -1

// The script sends five catalogue, three basket and two order requests in an
// iteration; weighted so, the slowness is 1 on average.
func requests() [3]request {
	return [3]request{
		{"GET", "https://shop.example.com/api/catalogue", "HTTP/1.1", 0.8},
		{"GET", "https://shop.example.com/api/basket", "HTTP/1.1", 1.0},
		{"POST", "https://shop.example.com/api/orders", "HTTP/1.1", 1.5},
	}
}

func requestOrder() [pattern]int { return [pattern]int{0, 1, 0, 2, 0, 1, 0, 2, 0, 1} }

func faults() [3]fault {
	return [3]fault{
		{"503", "503 Service Unavailable", "the server had no capacity"},
		{"500", "500 Internal Server Error", "the server failed"},
		{"504", "504 Gateway Timeout", "a server behind the gateway did not answer in time"},
	}
}

func faultOrder() [pattern]int { return [pattern]int{0, 0, 1, 0, 2, 0, 1, 0, 0, 2} }

func checks() [2]check {
	return [2]check{
		{"status is 200", everyRequest},
		{"catalogue is not empty", 0},
	}
}

// region is where the load comes from.
const region = "ap-guangzhou"

// Latencies relative to the p95 of the run, without a spike. The largest one
// happens in the spike.
const (
	ratioMin     = 0.20
	ratioP50     = 0.55
	ratioAverage = 0.60
	ratioP90     = 0.86
	ratioP95     = 1.00
	ratioP99     = 1.35
	ratioMax     = 4.00
)

// The spike: more requests, slower answers, in the second half of the run.
const (
	spikeAt      = 0.65
	spikeLoad    = 1.25
	spikeLatency = 2.4
)

// Bytes of one request and one answer, and the bandwidth of a generator.
const (
	bytesSent     = 420
	bytesReceived = 1800
	bandwidth     = 12.5e6
)

// run is the load of one job, second by second, as planned. Entry k of a
// cumulated series is the sum over the first k seconds.
type run struct {
	numbers  Numbers
	users    []int64   // virtual users in second k
	requests []int64   // cumulated
	slowed   []float64 // cumulated requests, each weighted with its slowness
	worst    []float64 // the largest slowness until then
}

func newRun(c *Scenario) *run {
	seconds := int(c.plannedSeconds())
	r := &run{
		numbers:  c.Outcome.Numbers,
		users:    make([]int64, seconds),
		requests: make([]int64, seconds+1),
		slowed:   make([]float64, seconds+1),
		worst:    make([]float64, seconds+1),
	}
	weights := make([]float64, seconds+1) // cumulated
	for k := range seconds {
		level := c.level(float64(k) + 0.5)
		r.users[k] = int64(math.Ceil(level * float64(c.maxVirtualUsers())))
		weights[k+1] = weights[k] + level*spike(k, seconds, spikeLoad)
	}
	total := r.numbers.RequestsPerSecond * float64(seconds)
	for k := range seconds {
		if weights[seconds] > 0 {
			r.requests[k+1] = int64(math.Round(total * weights[k+1] / weights[seconds]))
		}
		slowness := spike(k, seconds, spikeLatency)
		r.slowed[k+1] = r.slowed[k] + float64(r.requests[k+1]-r.requests[k])*slowness
		r.worst[k+1] = max(r.worst[k], slowness)
	}
	return r
}

// spike is factor in the seconds of the spike and 1 in all others.
func spike(k, seconds int, factor float64) float64 {
	from := int(spikeAt * float64(seconds))
	if k >= from && k < from+max(1, seconds/20) {
		return factor
	}
	return 1
}

// level is the configured load t seconds after its begin, 0 to 1.
func (c *Scenario) level(t float64) float64 {
	if len(c.Stages) == 0 {
		return c.rateLevel(t)
	}
	most := float64(c.maxVirtualUsers())
	if most == 0 {
		return 0
	}
	from := 0.0
	for _, stage := range c.Stages {
		length, to := float64(max(stage.DurationSeconds, 0)), float64(max(stage.TargetVirtualUsers, 0))
		if t < length {
			return (from + (to-from)*t/length) / most
		}
		t -= length
		from = to
	}
	return from / most
}

// rateLevel goes from the start to the maximal rate in the first fifth. How
// the service steps between them is not documented.
func (c *Scenario) rateLevel(t float64) float64 {
	if c.Rate == nil || c.Rate.MaxRequestsPerSecond <= 0 {
		return 0
	}
	start := float64(max(c.Rate.StartRequestsPerSecond, 0)) / float64(c.Rate.MaxRequestsPerSecond)
	ramp := float64(c.Rate.DurationSeconds) / 5
	return min(1, start+(1-start)*t/ramp)
}

func (r *run) seconds() int { return len(r.users) }

// failed is how many of the first n requests failed.
func (r *run) failed(n int64) int64 {
	return max(0, min(n, int64(float64(n)*r.numbers.ErrorPercent/100+1e-9)))
}

// slowness of the seconds from a to b, relative to the whole run.
func (r *run) slowness(a, b int) float64 {
	all, some := r.requests[r.seconds()], r.requests[b]-r.requests[a]
	if all == 0 || some == 0 {
		return 0
	}
	return (r.slowed[b] - r.slowed[a]) / float64(some) / (r.slowed[r.seconds()] / float64(all))
}

// label is a label of a metric with one value.
type label struct{ name, value string }

// cell is a part of the requests, or of the checks on them, that agree in all
// labels: those at one position of the pattern, good or failed.
type cell struct {
	position int
	bad      bool
	slowness float64
	labels   []label
}

// has tells how many requests of the first n are in the cell.
func (c cell) has(r *run, n int64) int64 {
	failed := at(c.position, r.failed(n))
	if c.bad {
		return failed
	}
	return at(c.position, n) - failed
}

// at is how many of the first n things are at this position of the pattern.
func at(position int, n int64) int64 {
	full := n / pattern
	if int64(position) < n%pattern {
		full++
	}
	return full
}

// labels of requests (facts tencent-pts §6.2, CLI:ex): result is ok on success,
// otherwise code and text.
func requestCells() []cell {
	kinds, order, bad, badOrder := requests(), requestOrder(), faults(), faultOrder()
	var out []cell
	for p := range pattern {
		kind := kinds[order[p]]
		with := func(status, result string) []label {
			return []label{
				{"service", kind.service}, {"status", status}, {"result", result},
				{"method", kind.method}, {"proto", kind.proto}, {"region", region},
			}
		}
		failed := bad[badOrder[p]]
		out = append(out,
			cell{p, false, kind.slowness, with("200", "ok")},
			cell{p, true, kind.slowness, with(failed.status, failed.result)})
	}
	return out
}

// checkCells are the checks made: a check fails if its request does.
func checkCells() []cell {
	order := requestOrder()
	var out []cell
	for _, c := range checks() {
		for p := range pattern {
			if c.on != everyRequest && c.on != order[p] {
				continue
			}
			with := func(result string) []label {
				return []label{{"check", c.name}, {"result", result}, {"region", region}}
			}
			out = append(out, cell{p, false, 1, with("ok")}, cell{p, true, 1, with("failed")})
		}
	}
	return out
}

// plainCells are all requests, for metrics without labels.
func plainCells() []cell {
	out := requestCells()
	for i := range out {
		out[i].labels = nil
	}
	return out
}

// part is some cells of a run.
type part struct {
	run   *run
	cells []cell
}

// count is how many requests, or checks, are in the part in the seconds from
// a to b, how many of them failed, and their mean slowness.
func (p part) count(a, b int) (all, failed int64, slowness float64) {
	before, after := p.run.requests[a], p.run.requests[b]
	for _, c := range p.cells {
		n := c.has(p.run, after) - c.has(p.run, before)
		all += n
		if c.bad {
			failed += n
		}
		slowness += float64(n) * c.slowness
	}
	if all > 0 {
		slowness /= float64(all)
	}
	return all, failed, slowness
}

// latency is a mean or a quantile, in seconds, of the seconds from a to b.
func (p part) latency(ratio float64, a, b int) float64 {
	_, _, slowness := p.count(a, b)
	return round(p.run.numbers.P95 * ratio * slowness * p.run.slowness(a, b))
}

// extremes are the shortest and the longest answer of the seconds until b.
func (p part) extremes(b int) (least, most float64) {
	all := p.run.worst[p.run.seconds()]
	for _, c := range p.cells {
		if c.has(p.run, p.run.requests[b]) == 0 {
			continue
		}
		short := p.run.numbers.P95 * ratioMin * c.slowness
		long := p.run.numbers.P95 * ratioMax * c.slowness * p.run.worst[b] / all
		if least == 0 || short < least {
			least = short
		}
		most = max(most, long)
	}
	return round(least), round(most)
}

// round cuts to a millionth, so that no float noise decides a gate.
func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// percent is n of all, 0 if there is none.
func percent(n, all int64) float64 {
	if all == 0 {
		return 0
	}
	return round(float64(n) / float64(all) * 100)
}

// perSecond is n in so many seconds.
func perSecond(n int64, seconds int) float64 {
	if seconds <= 0 {
		return 0
	}
	return round(float64(n) / float64(seconds))
}
