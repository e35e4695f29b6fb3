package report

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// most is what 60,000 requests may cost: the file, and all that is allocated to
// judge, keep, write and read them, freed or not.
const (
	mostFile      = 10 << 20
	mostAllocated = 250 << 20
)

// loadOf is the report of a load test with so many requests, nine values each.
func loadOf(requests int) (r job.Report) {
	r.Samples = append(r.Samples, job.Sample{Metric: "requests", Value: 1e6}, job.Sample{Metric: "response_time", Aggregation: "p95", Value: 0.2})
	for i := range requests {
		labels := map[string]string{"request": fmt.Sprintf("GET https://shop.example.com/api/v2/articles/%d", i)}
		for _, aggregation := range []string{"avg", "min", "max", "p50", "p90", "p95", "p99"} {
			r.Samples = append(r.Samples, job.Sample{Metric: "response_time", Aggregation: aggregation, Labels: labels, Value: float64(1+i) / 1e5, Behind: 5000})
		}
		r.Samples = append(r.Samples, job.Sample{Metric: "error_rate", Labels: labels, Value: float64(i%101) / 100}, job.Sample{Metric: "requests", Labels: labels, Value: 5000})
	}
	return r
}

func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// TestSixtyThousandRequests holds what a large report costs, that its file can
// be read again, and that the file and what people read say what is left out.
func TestSixtyThousandRequests(t *testing.T) {
	const n = 60_000
	gates, problems := gate.Parse("gates", "p95(response_time) < 1s\n"+`p95(response_time{request~"GET *"}) < 100ms`+"\n"+`p99(response_time{request~"*/7"}) <= baseline +10%`)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	measured := loadOf(n)
	before := allocated()
	judgements := gate.Judge(gates, measured, nil, time.Minute)
	r := Result{Provider: "tencent-pts", What: "scenario", Outcome: job.GateFailed, Gates: judgements, Report: gate.Kept(gates, judgements, measured)}
	src, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	page, err := HTML([]Result{r})
	if err != nil {
		t.Fatal(err)
	}
	junit, err := JUnit([]Result{r})
	if err != nil {
		t.Fatal(err)
	}
	summary := Judged([]Result{r})
	read, err := ReadResult(src)
	if err != nil {
		t.Fatal(err)
	}
	cost := allocated() - before
	t.Logf("result.json %.1f MB, report.html %.1f MB, junit.xml %d bytes, %d values kept, %.0f MB allocated in all", float64(len(src))/1e6, float64(len(page))/1e6, len(junit), len(read.Report.Samples), float64(cost)/1e6)
	if len(src) > mostFile || cost > mostAllocated {
		t.Errorf("result.json has %d bytes, and %d were allocated", len(src), cost)
	}
	worst := fmt.Sprintf("GET https://shop.example.com/api/v2/articles/%d", n-1)
	found := 0
	for _, s := range read.Report.Samples {
		if s.Labels["request"] == worst {
			found++
		}
	}
	if found != 9 || judgements[1].Where != worst || len(read.Gates) != 3 {
		t.Errorf("of the request that broke the gate %d values are read again", found)
	}
	left := read.Report.Left
	if left == nil || left.Requests < n/2 || left.Values != len(measured.Samples)-len(read.Report.Samples) {
		t.Errorf("it says that it leaves out %+v", left)
	}
	for what, says := range map[string]string{
		summary:      fmt.Sprintf("(10 of %d)", n),
		string(page): "were measured and judged, and left out",
		string(src):  "the report is too large to keep",
	} {
		if !strings.Contains(what, says) {
			t.Errorf("nothing says %q", says)
		}
	}
	if !strings.Contains(summary, fmt.Sprintf("has %d of them", n-left.Requests)) || !strings.Contains(summary, "the report is too large to keep") {
		t.Error("the summary does not say how many requests are kept")
	}
	if again, err := read.JSON(); err != nil || !bytes.Equal(again, src) {
		t.Error("what was read is not written alike")
	}
}

// TestLargeLists: no list makes a file that cannot be read again, and what
// matters most of each is kept.
func TestLargeLists(t *testing.T) {
	r := Result{Provider: "p", What: "w", Outcome: job.JobFailed}
	for i := range 20_000 {
		status := "SUCCEED"
		if i == 19_999 {
			status = "FAILED"
		}
		r.Report.Parts = append(r.Report.Parts, job.Part{Name: fmt.Sprint("task ", i), Status: status})
		r.Report.Errors = append(r.Report.Errors, job.ErrorKind{What: fmt.Sprint("error ", i), Count: int64(i)})
	}
	for i := range 200 {
		s := job.Series{Metric: fmt.Sprint("m", i)}
		for k := range 20_000 / (1 + i) {
			s.Points = append(s.Points, job.Point{At: time.Duration(k) * time.Second, Value: 1})
		}
		if i == 0 {
			s.Points[777].Value = 99
		}
		r.Report.Series = append(r.Report.Series, s)
	}
	src, err := r.JSON()
	if err != nil || len(src) > mostFile {
		t.Fatalf("%d bytes, %v", len(src), err)
	}
	read, err := ReadResult(src)
	if err != nil {
		t.Fatal(err)
	}
	got := read.Report
	if got.Parts[0].Name != "task 19999" || got.Errors[0].What != "error 19999" || len(got.Series) != mostSeries {
		t.Errorf("%+v, %+v, %d series", got.Parts[0], got.Errors[0], len(got.Series))
	}
	peak := 0.0
	for _, p := range got.Series[0].Points {
		peak = max(peak, p.Value)
	}
	if peak != 99 {
		t.Errorf("the highest point is %v", peak)
	}
	want := job.Left{Series: 170, Points: 15_000 + 5_000 + 1_666, Errors: 19_000, Parts: 15_000}
	if got.Left == nil || got.Left.Errors != want.Errors || got.Left.Parts != want.Parts || got.Left.Series != want.Series || got.Left.Points < want.Points {
		t.Errorf("it says that it leaves out %+v, want %+v", got.Left, want)
	}
	if len(r.Report.Parts) != 20_000 || r.Report.Parts[0].Name != "task 0" || r.Report.Left != nil || len(r.Report.Series[0].Points) != 20_000 {
		t.Error("writing changed the result")
	}
}
