package job

import (
	"math"
	"testing"
)

// TestMeasureText: amounts are written so that one above a limit never looks
// like the limit.
func TestMeasureText(t *testing.T) {
	for _, test := range []struct {
		measure     Measure
		n           int64
		text, limit string
	}{
		{VirtualUsers, 0, "0 virtual users", "0"},
		{VirtualUsers, 1, "1 virtual user", "1"},
		{Instances, 1, "1 instance", "1"},
		{VirtualUsers, 999, "999 virtual users", "999"},
		{VirtualUsers, 1000, "1,000 virtual users", "1,000"},
		{Instances, 1234567, "1,234,567 instances", "1,234,567"},
		{Length, 59, "59s", "59s"},
		{Length, 60, "1m", "1m"},
		{Length, 600, "10m", "10m"},
		{Length, 3600, "1h", "1h"},
		{Length, 3601, "1h1s", "1h1s"},
		{Length, 86400, "24h", "24h"},
		{Length, math.MaxInt64, "9,223,372,036,854,775,807s", "9,223,372,036,854,775,807s"},
		{VUM, 3000000, "50,000 VUM", "50,000"},
		{VUM, 3000001, "50,000.02 VUM", "50,000.02"},
		{VUM, 3000030, "50,000.5 VUM", "50,000.5"},
		{VUM, 3000059, "50,000.98 VUM", "50,000.98"},
	} {
		if text, limit := test.measure.Text(test.n), test.measure.Limit(test.n); text != test.text || limit != test.limit {
			t.Errorf("%d is %q and %q, want %q and %q", test.n, text, limit, test.text, test.limit)
		}
	}
}

// TestPlusTimes: what is too much to be counted stays too much.
func TestPlusTimes(t *testing.T) {
	const most = math.MaxInt64
	for _, test := range [][4]int64{{2, 3, 5, 6}, {0, most, most, 0}, {1, most, most, most}, {most, most, most, most}, {1 << 32, 1 << 32, 1 << 33, most}, {most / 2, 2, most/2 + 2, most - 1}} {
		a, b := test[0], test[1]
		if Plus(a, b) != test[2] || Plus(b, a) != test[2] || Times(a, b) != test[3] || Times(b, a) != test[3] {
			t.Errorf("%d and %d: %d and %d", a, b, Plus(a, b), Times(a, b))
		}
	}
}
