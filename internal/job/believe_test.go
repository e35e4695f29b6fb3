package job_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// TestNonsense holds the border between a value and what can be none.
func TestNonsense(t *testing.T) {
	for _, c := range []struct {
		metric string
		value  float64
		why    string
	}{
		{"error_rate", 0, ""}, {"error_rate", 100, ""},
		{"error_rate", -1, "the service sent -1%, and error_rate is never below 0%"},
		{"error_rate", 100.001, "the service sent 100.001%, and error_rate is never above 100%"},
		{"error_rate", 1e308, "the service sent 1e+308%, and error_rate is never above 100%"},
		{"progress", 101, "the service sent 101%, and progress is never above 100%"},
		{"response_time", -0.1, "the service sent -0.1s, and response_time is never below 0s"},
		{"response_time", math.NaN(), "the service gave no number"},
		{"duration", 1.7e12, "the service sent 1.7e+12s, and duration is never above 100 years"},
		{"duration", 100 * 365 * 24 * 3600, ""},
		{"rps", math.Inf(1), "the service sent +Inf/s, which is no number"},
		{"rps", -1, "the service sent -1/s, and rps is never below 0/s"},
		{"received_rate", 1e300, ""},
		{"requests", 1<<53 - 1, ""}, {"requests", 0, ""},
		{"requests", 1 << 53, "the service sent 9.007199254740992e+15, and requests is never above 2^53"},
		{"requests", 2.5, "the service sent 2.5, and requests is a whole number"},
		{"requests", -1, "the service sent -1, and requests is never below 0"},
		{"failed_tasks", math.Inf(-1), "the service sent -Inf, which is no number"},
		{"state", -1, ""},
		{"unheard_of", -1.5, ""}, {"unheard_of", math.Inf(1), "the service sent +Inf, which is no number"},
	} {
		if why := job.Nonsense(c.metric, c.value); why != c.why {
			t.Errorf("%s of %v: %q, want %q", c.metric, c.value, why, c.why)
		}
	}
}

// TestBelieve: samples and points that can be no values are none, and say what
// was sent; the others stay as they are.
func TestBelieve(t *testing.T) {
	r := job.Report{
		Samples: []job.Sample{
			{Metric: "rps", Value: 3, Behind: -1}, {Metric: "error_rate", Value: -1}, {Metric: "requests", Value: -1, Missing: "known before"},
			{Metric: "rps", Aggregation: "max", Value: math.Inf(1)}, {Metric: "state", Word: "X"},
		},
		Series: []job.Series{
			{Metric: "error_rate", Points: []job.Point{{At: time.Second, Value: 1}, {At: 2 * time.Second, Value: -1}, {At: 3 * time.Second, Value: math.NaN()}, {At: 1 << 62, Value: 1}, {At: -1, Value: 1}}},
			{Metric: "rps", Points: []job.Point{{At: 0, Value: 1}}},
		},
	}
	r.Believe()
	for i, want := range []job.Sample{
		{Metric: "rps", Value: 3},
		{Metric: "error_rate", Value: -1, Missing: "the service sent -1%, and error_rate is never below 0%", Odd: true},
		{Metric: "requests", Value: -1, Missing: "known before", Odd: true},
		{Metric: "rps", Aggregation: "max", Missing: "the service sent +Inf/s, which is no number", Odd: true},
		{Metric: "state", Word: "X"},
	} {
		if s := r.Samples[i]; s.Value != want.Value || s.Missing != want.Missing || s.Odd != want.Odd || s.Behind != 0 || s.Word != want.Word {
			t.Errorf("sample %d is %+v, want %+v", i, s, want)
		}
	}
	s := r.Series[0]
	if len(s.Points) != 1 || s.Points[0].Value != 1 || len(s.Odd) != 3 || s.Odd[0].At != 2*time.Second || s.Odd[1].At >= 0 || !strings.Contains(s.Odd[0].Why, "sent -1%") {
		t.Errorf("the series is %+v", s)
	}
	if s := r.Series[1]; len(s.Points) != 1 || s.Odd != nil {
		t.Errorf("a sound series is %+v", s)
	}
}

// TestBelievable: a time in the wrong unit is none.
func TestBelievable(t *testing.T) {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	s := job.Status{Begun: time.UnixMilli(at.UnixMicro()), Ended: at, Planned: -time.Second}
	s.Believe()
	if !s.Begun.IsZero() || !s.Ended.Equal(at) || s.Planned != 0 {
		t.Errorf("believed: %+v", s)
	}
	for _, year := range []int{1970, 1999, 2100, 9999} {
		if at := time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC); !job.Believable(at).IsZero() {
			t.Errorf("%d is believed", year)
		}
	}
	for _, year := range []int{2000, 2099} {
		if at := time.Date(year, 7, 1, 0, 0, 0, 0, time.UTC); job.Believable(at) != at {
			t.Errorf("%d is not believed", year)
		}
	}
}
