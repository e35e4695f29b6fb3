package gate_test

import (
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"testing"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

func units() []job.Unit {
	return []job.Unit{job.Seconds, job.Percent, job.PerSecond, job.BytesPerSecond, job.Count}
}

// TestComparedInOrder: what differs never looks the same, and stays in order.
func TestComparedInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 40_000 {
		limit := math.Round(math.Pow(10, r.Float64()*12-5)*1000) / 1000
		v := limit
		switch r.IntN(3) {
		case 0:
			v = math.Nextafter(limit, float64(r.IntN(2))*1e18)
		case 1:
			v = limit * (1 + (r.Float64()-0.5)*math.Pow(10, -float64(r.IntN(12))))
		case 2:
			v = r.Float64() * limit * 2
		}
		inOrder(t, v, limit, units()[r.IntN(len(units()))])
	}
}

func FuzzCompared(f *testing.F) {
	f.Add(0.3004, 0.3, 0)
	f.Add(1e-300, 0.0, 1)
	f.Add(1e300, 1e299, 3)
	f.Add(119.99999999999999, 120.0, 0)
	f.Add(-180.5, -180.4, 0)
	f.Fuzz(func(t *testing.T, v, limit float64, unit int) {
		if v-v == 0 && limit-limit == 0 { // finite
			inOrder(t, v, limit, units()[uint(unit)%uint(len(units()))])
		}
	})
}

func inOrder(t *testing.T, v, limit float64, u job.Unit) {
	t.Helper()
	shown, shownLimit := gate.Compared(v, limit, u)
	a, b := number(t, shown), number(t, shownLimit)
	if (shown == shownLimit) != (v == limit) || v < limit && a > b || v > limit && a < b {
		t.Fatalf("%v and %v are printed as %s and %s", v, limit, shown, shownLimit)
	}
}

var quantity = regexp.MustCompile(`^(-?)(?:(\d+) min ?)?(?:(-?[\d.]+) ?(ms|s|%|/s|[KM]?B/s|)$)?`)

// number reads back what was printed.
func number(t *testing.T, text string) float64 {
	t.Helper()
	part := quantity.FindStringSubmatch(text)
	if part == nil {
		t.Fatalf("%q is no quantity", text)
	}
	n, _ := strconv.ParseFloat(part[3], 64) // without it, minutes
	n *= map[string]float64{"ms": 1e-3, "KB/s": 1e3, "MB/s": 1e6, "s": 1, "%": 1, "/s": 1, "B/s": 1, "": 1}[part[4]]
	minutes, _ := strconv.ParseFloat(part[2], 64)
	n += 60 * minutes
	if part[1] != "" {
		n = -n
	}
	return n
}

func TestCompared(t *testing.T) {
	for _, c := range []struct {
		actual, limit float64
		unit          job.Unit
		want, limited string
	}{
		{0.3, 0.3, job.Seconds, "300 ms", "300 ms"},
		{0.07, 0.05, job.Seconds, "70 ms", "50 ms"},
		{0.30000000000000004, 0.3, job.Seconds, "300.1 ms", "300 ms"},
		{0.29999999999, 0.3, job.Seconds, "299.9 ms", "300 ms"},
		{0.287131234, 0.3, job.Seconds, "287.1 ms", "300 ms"},
		{0.287131234, 0.287131234, job.Seconds, "287.1 ms", "287.1 ms"},
		{0.287131, 0.287131, job.Seconds, "287.131 ms", "287.131 ms"},
		{1.5, 2, job.Seconds, "1.5 s", "2 s"},
		{0.99999999, 0.5, job.Seconds, "1000 ms", "500 ms"},
		{0.9996, 1, job.Seconds, "999.6 ms", "1 s"},
		{119.9999, 120, job.Seconds, "119.9 s", "2 min"},
		{1800.01, 1800, job.Seconds, "30 min 1 s", "30 min"},
		{754, 600.5, job.Seconds, "12 min 34 s", "10 min 0.5 s"},
		{599.2, 600, job.Seconds, "9 min 59 s", "10 min"},
		{599.2, 300, job.Seconds, "10 min", "5 min"},
		{0, 1, job.Seconds, "0 s", "1 s"},
		{1.0000001, 1, job.Percent, "1.001 %", "1 %"},
		{0.9999999, 1, job.Percent, "0.9999 %", "1 %"},
		{1e-9, 0, job.Percent, "0.000000001 %", "0 %"},
		{99.995, 99.2, job.Percent, "100 %", "99.2 %"},
		{480.123456, 450, job.PerSecond, "480.2/s", "450/s"},
		{450, 450.4, job.PerSecond, "450/s", "450.4/s"},
		{1234567, 1, job.Count, "1234567", "1"},
		{1500, 1, job.BytesPerSecond, "1.5 KB/s", "1 B/s"},
		{12345678, 1, job.BytesPerSecond, "12.35 MB/s", "1 B/s"},
		{math.Inf(1), 1, job.Count, "no number", "1"},
	} {
		got, limited := gate.Compared(c.actual, c.limit, c.unit)
		if got != c.want || limited != c.limited {
			t.Errorf("%v and %v %q are printed as %q and %q, want %q and %q", c.actual, c.limit, c.unit, got, limited, c.want, c.limited)
		}
	}
}

func TestAmount(t *testing.T) {
	for _, c := range []struct {
		value float64
		unit  job.Unit
		want  string
	}{
		{0, job.Seconds, "0 s"}, {0.0004, job.Seconds, "0.4 ms"}, {0.2124, job.Seconds, "212 ms"}, {1.2345, job.Seconds, "1.23 s"}, {90, job.Seconds, "90 s"},
		{600.4, job.Seconds, "10 min"}, {1290.6, job.Seconds, "21 min 31 s"}, {119.9999, job.Seconds, "120 s"}, {-130, job.Seconds, "-2 min 10 s"}, {3599.9, job.Seconds, "60 min"},
		{0.42, job.Percent, "0.42 %"}, {100, job.Percent, "100 %"}, {481.7, job.PerSecond, "482/s"}, {12345.6, job.PerSecond, "12346/s"}, {999, job.BytesPerSecond, "999 B/s"},
		{1_234_567, job.BytesPerSecond, "1.23 MB/s"}, {2500, job.BytesPerSecond, "2.5 KB/s"}, {289012, job.Count, "289012"}, {1e12, job.Count, "1000000000000"}, {-0.0001, job.Count, "-0.0001"},
		{1.0 / 3, job.Percent, "0.333 %"}, {0.00012345, job.Percent, "0.000123 %"}, {math.NaN(), job.Count, "no number"}, {math.Inf(-1), job.Seconds, "no number"},
	} {
		if got := gate.Amount(c.value, c.unit); got != c.want {
			t.Errorf("Amount(%v, %q) is %q, want %q", c.value, c.unit, got, c.want)
		}
	}
}
