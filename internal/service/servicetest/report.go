package servicetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Golden holds a text against a file, or with -update writes it.
func Golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

// Cases runs every case of testdata/report in a bubble of its own: a file says
// what is read when, and one of the same name holds what is told of it.
func Cases[In any](t *testing.T, tell func(*testing.T, In) string) {
	t.Helper()
	files, err := filepath.Glob("testdata/report/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".json")
		t.Run(filepath.Base(name), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var in In
			d := json.NewDecoder(bytes.NewReader(b))
			d.DisallowUnknownFields()
			if err := d.Decode(&in); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) { Golden(t, name+".txt", tell(t, in)) })
		})
	}
}

// Observed is a report with what it cost.
type Observed struct {
	job.Report
	Calls map[string]int
	Took  time.Duration // to be told; 0: it is not, as where the delays of retries are random
	Err   error
}

// Observe reads the report of a job of an emulated cloud.
func Observe(t *testing.T, e *emulator.Emulator, f engine.Follower, ref job.Ref, last job.Status) Observed {
	t.Helper()
	before := e.Calls()
	r, err := f.Report(t.Context(), ref, last)
	calls := e.Calls()
	for name, n := range before {
		if calls[name] -= n; calls[name] == 0 {
			delete(calls, name)
		}
	}
	return Observed{Report: r, Calls: calls, Err: err}
}

// Text writes a report for people, and for golden files.
func (o Observed) Text() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(o.Calls)) {
		fmt.Fprintf(&b, "%d × %s\n", o.Calls[name], name)
	}
	if o.Took > 0 {
		fmt.Fprintf(&b, "took %s\n", o.Took)
	}
	b.WriteString("\n")
	if o.Err != nil {
		fmt.Fprintf(&b, "error: %v\n", o.Err)
	}
	for _, s := range o.Samples {
		switch {
		case s.Missing != "":
			fmt.Fprintf(&b, "%s: missing: %s\n", Key(s), s.Missing)
		case s.Word != "":
			fmt.Fprintf(&b, "%s = %s\n", Key(s), s.Word)
		default:
			fmt.Fprintf(&b, "%s = %.6g, behind it %d\n", Key(s), s.Value, s.Behind)
		}
	}
	for _, s := range o.Series {
		first, last := s.Points[0], s.Points[len(s.Points)-1]
		fmt.Fprintf(&b, "%s: %d points from %s %.6g to %s %.6g\n", strings.TrimSpace(s.Aggregation+" "+s.Metric), len(s.Points), first.At, first.Value, last.At, last.Value)
	}
	for _, e := range o.Errors {
		fmt.Fprintf(&b, "error %s: %d\n", e.What, e.Count)
	}
	for _, p := range o.Parts {
		fmt.Fprintf(&b, "part %s: %s: %s\n", p.Name, p.Status, p.Detail)
	}
	for _, n := range o.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

// Key names a sample: p95 response_time{request="GET /"}.
func Key(s job.Sample) string {
	k := strings.TrimSpace(s.Aggregation + " " + s.Metric)
	for name, v := range s.Labels {
		k += fmt.Sprintf("{%s=%q}", name, v)
	}
	return k
}

// SampleOf is the sample with a key.
func SampleOf(t *testing.T, r job.Report, key string) job.Sample {
	t.Helper()
	for _, s := range r.Samples {
		if Key(s) == key {
			return s
		}
	}
	t.Fatalf("no sample %s in %+v", key, r.Samples)
	return job.Sample{}
}

// Lines writes samples as "metric value", with ? for one that is missing.
func Lines(samples []job.Sample) (lines []string) {
	for _, s := range samples {
		switch {
		case s.Missing != "":
			lines = append(lines, s.Metric+" ?")
		case s.Word != "":
			lines = append(lines, s.Metric+" "+s.Word)
		default:
			lines = append(lines, fmt.Sprint(s.Metric, " ", s.Value))
		}
	}
	return lines
}
