package gate

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// ofRequests is a report of so many requests. Request n has a p95 of n ms, those
// whose number ends in 99 have the errors, those in 98 the most calls.
func ofRequests(n int, name string) (r job.Report) {
	r.Samples = []job.Sample{{Metric: "requests", Value: float64(n)}, {Metric: "response_time", Aggregation: "p95", Value: 1}}
	for i := range n {
		labels := map[string]string{"request": fmt.Sprintf("GET %s/%d", name, i)}
		for _, aggregation := range []string{"avg", "min", "max", "p50", "p90", "p95", "p99"} {
			r.Samples = append(r.Samples, job.Sample{Metric: "response_time", Aggregation: aggregation, Labels: labels, Value: float64(i) / 1000, Behind: 5000})
		}
		errors, calls := 0.0, 5.0
		switch i % 100 {
		case 99:
			errors = float64(i) / float64(n)
		case 98:
			calls = float64(1e6 + i)
		}
		r.Samples = append(r.Samples,
			job.Sample{Metric: "error_rate", Labels: labels, Value: errors, Behind: 5000}, job.Sample{Metric: "requests", Labels: labels, Value: calls})
	}
	return r
}

// inKept are the requests of which all nine values are kept.
func inKept(r job.Report) map[string]bool {
	count := map[string]int{}
	for _, s := range r.Samples {
		count[s.Labels["request"]]++
	}
	whole := map[string]bool{}
	for name, n := range count {
		whole[name] = n == 9
	}
	return whole
}

func TestKept(t *testing.T) {
	const n = 20_000
	gates, problems := Parse("gates", strings.Join([]string{
		`p95(response_time{request="GET x/10017"}) < 1s`,
		`p50(response_time{request~"GET x/1*"}) < 60m`, // decided by GET x/19999
		`error_rate{request="GET x/10023"} < 1%`,
		`p99(response_time{request~"GET x/2*"}) <= baseline +10%`,
	}, "\n"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	r := ofRequests(n, "x")
	before := len(r.Samples)
	judgements := Judge(gates, r, nil, time.Hour)
	kept := Kept(gates, judgements, r)
	if len(r.Samples) != before || r.Left != nil || r.Notes != nil {
		t.Error("the report itself was changed")
	}
	size := 0
	for i := range kept.Samples {
		size += len(kept.Samples[i].Labels["request"]) + 200
	}
	if size > keptBytes || len(kept.Samples) < 20_000 {
		t.Errorf("%d values kept", len(kept.Samples))
	}
	whole := inKept(kept)
	for _, name := range []string{"10017", "19999", "10023"} { // what gates decided on
		if !whole["GET x/"+name] {
			t.Errorf("request %s is not kept", name)
		}
	}
	for i := range 200 { // the largest of each kind
		for _, of := range []int{n - 1 - i, n - 1 - 100*i, n - 2 - 100*i} {
			if !whole[fmt.Sprintf("GET x/%d", of)] {
				t.Fatalf("request %d is not kept", of)
			}
		}
	}
	compared := 0
	for _, s := range kept.Samples {
		if s.Aggregation == "p99" && strings.HasPrefix(s.Labels["request"], "GET x/2") {
			compared++
		}
	}
	if compared != 1_111 { // 2, 20 to 29, … 2000 to 2999
		t.Errorf("of what is compared with later %d values are kept", compared)
	}
	if kept.Samples[0].Labels != nil || kept.Samples[1].Labels != nil {
		t.Error("the values of the whole are not kept")
	}
	requests := map[string]bool{}
	for _, s := range kept.Samples[2:] {
		requests[s.Labels["request"]] = true
	}
	if kept.Left == nil || kept.Left.Values != before-len(kept.Samples) || kept.Left.Requests != n-len(requests) {
		t.Errorf("%d of %d requests, %d of %d values are kept: %+v", len(requests), n, len(kept.Samples), before, kept.Left)
	}
	if len(kept.Notes) != 1 || !strings.Contains(kept.Notes[0], fmt.Sprintf("of %d requests %d are kept", n, len(requests))) {
		t.Errorf("%q", kept.Notes)
	}
	if !slices.IsSortedFunc(kept.Samples[2:], func(a, b job.Sample) int { // the order is the report's
		var x, y int
		fmt.Sscanf(a.Labels["request"], "GET x/%d", &x)
		fmt.Sscanf(b.Labels["request"], "GET x/%d", &y)
		return x - y
	}) {
		t.Error("the order changed")
	}
	if again := Kept(gates, judgements, kept); !reflect.DeepEqual(again, kept) {
		t.Error("what is kept is not kept again")
	}
}

// TestKeptWhole: a report that is not too large stays as it is.
func TestKeptWhole(t *testing.T) {
	r := ofRequests(1000, "x")
	if kept := Kept(nil, nil, r); !reflect.DeepEqual(kept, r) {
		t.Error("it was changed")
	}
}

// TestKeptOfLongNames: room is bytes, however long and odd names are.
func TestKeptOfLongNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("/a", 2000), strings.Repeat("<\x01", 500), strings.Repeat("\x01", 800), strings.Repeat("\xff", 500), strings.Repeat("文", 500)} {
		kept := Kept(nil, nil, ofRequests(3000, name))
		size := 0
		for i := range kept.Samples {
			b, err := json.Marshal(kept.Samples[i])
			if err != nil {
				t.Fatal(err)
			}
			size += len(b)
		}
		if size > keptBytes || kept.Left == nil || len(kept.Samples) < 100 {
			t.Errorf("%.10q: %d bytes, %d values, %+v", name, size, len(kept.Samples), kept.Left)
		}
	}
}

// TestKeptOfOtherThings: checks and what has several labels have their turn, and
// of two things the names are not mixed up.
func TestKeptOfOtherThings(t *testing.T) {
	r := ofRequests(10_000, "x")
	r.Samples = append(r.Samples,
		job.Sample{Metric: "check_error_rate", Labels: map[string]string{"check": "GET x/1"}, Value: 50},
		job.Sample{Metric: "check_error_rate", Labels: map[string]string{"check": "b", "request": "GET x/1"}, Value: 60})
	kept := Kept(nil, nil, r)
	if n := len(kept.Samples); kept.Samples[n-1].Labels["check"] != "b" || kept.Samples[n-2].Labels["check"] != "GET x/1" {
		t.Errorf("%+v", kept.Samples[n-2:])
	}
	if inKept(kept)["GET x/1"] {
		t.Error("a request is kept for its check")
	}
}
