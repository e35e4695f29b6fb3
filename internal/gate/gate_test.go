package gate_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

var update = flag.Bool("update", false, "write the golden files anew")

// metricsOf reads what a provider of the tests can report, testdata/metrics.
func metricsOf(t testing.TB, provider string) (metrics []job.Metric) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "metrics", provider+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(src, &metrics); err != nil {
		t.Fatal(err)
	}
	return metrics
}

// TestErrors holds the very words of every message. A case of testdata/errors
// is two files:
//
//	x.gates   gates; the first line is "# provider: NAME", of testdata/metrics
//	x.out     every problem, one a line (go test ./internal/gate -update)
func TestErrors(t *testing.T) {
	paths, err := filepath.Glob("testdata/errors/*.gates")
	if err != nil || len(paths) == 0 {
		t.Fatalf("there are no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(src), "\n")
			provider, ok := strings.CutPrefix(first, "# provider: ")
			if !ok {
				t.Fatalf("the first line is %q", first)
			}
			gates, problems := gate.Parse("gates", string(src))
			problems = append(problems, gate.Check(gates, metricsOf(t, provider), provider)...)
			problems.Sort()
			for _, p := range problems {
				if complaint := illFormed(p); complaint != "" {
					t.Errorf("%q %s", p, complaint)
				}
			}
			golden(t, strings.TrimSuffix(path, ".gates")+".out", problems.Error()+"\n")
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// illFormed says what a problem lacks to be one clear sentence with a place.
func illFormed(p field.Problem) string {
	switch {
	case p.Place.File == "" || p.Place.Line == 0 || p.Place.Col == 0:
		return "has no whole place"
	case strings.TrimSpace(p.Text) == "":
		return "has no text"
	case strings.ContainsAny(p.Text, "\r\n"):
		return "has more than one line"
	case strings.HasSuffix(p.Text, "."):
		return "ends with a full stop"
	case len(p.Text) > 400:
		return "is too long to read"
	}
	return ""
}

// one parses one gate that is right.
func one(t testing.TB, line string) gate.Gate {
	t.Helper()
	gates, problems := gate.Parse("gates", line)
	if len(problems) > 0 || len(gates) != 1 {
		t.Fatalf("%q: %d gates, problems: %v", line, len(gates), problems)
	}
	return gates[0]
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"error_rate<1%", "error_rate < 1%"},
		{"  error_rate   <  1.50 %  over run # why", "error_rate < 1.5%"},
		{`checkout :p99( response_time { request = "POST /orders" } )<800 ms`, `checkout: p99(response_time{request="POST /orders"}) < 800ms`},
		{`p95(response_time{request~"GET /api/*",check="a\"b\\c"}) < 250ms`, `p95(response_time{request~"GET /api/*", check="a\"b\\c"}) < 250ms`},
		{"rps>=450/s", "rps >= 450/s"},
		{"warn p95(response_time) <= baseline+10% or+20ms", "warn p95(response_time) <= baseline +10% or +20ms"},
		{"rps >= baseline-10%", "rps >= baseline -10%"},
		{"rps >= baseline", "rps >= baseline"},
		{"p95(response_time)<=baseline+3mad or +20ms", "p95(response_time) <= baseline +3 mad or +20ms"},
		{"rps >= baseline -2.5 mad", "rps >= baseline -2.5 mad"},
		{"p95(response_time)trend<=+2 %/run over 10 runs", "p95(response_time) trend <= +2%/run over 10 runs"},
		{"warn error_rate trend <= + 0.1pp/run over  05  runs # why", "warn error_rate trend <= +0.1pp/run over 5 runs"},
		{`slow: avg(response_time{request~"*"}) trend < +3ms/run over 20 runs`, `slow: avg(response_time{request~"*"}) trend < +3ms/run over 20 runs`},
		{"errors trend <= +0.5/run over 8 runs", "errors trend <= +0.5/run over 8 runs"},
		{"rps trend >= -1/s/run over 8 runs", "rps trend >= -1/s/run over 8 runs"},
		{"error_rate <= baseline+ 1 pp or +10%", "error_rate <= baseline +1pp or +10%"},
		{"abort error_rate < 20% over 60s for 90s after 3600s", "abort error_rate < 20% over 1m for 1m30s after 1h"},
		{"failed_tasks == 0 for 1h0m5s", "failed_tasks == 0 for 1h5s"},
		{`state == "12 JobFinished"`, `state == "12 JobFinished"`},
		{`state == "baseline"`, `state == "baseline"`},
		{`state == "SUCCEED"`, "state == SUCCEED"},
		{"duration < 10 m over run", "duration < 10m"},
		{"error_rate <\u00a01%", "error_rate < 1%"},
	} {
		g := one(t, c.line)
		if got := g.String(); got != c.want {
			t.Errorf("%q is printed as %q, want %q", c.line, got, c.want)
		}
		if diff := cmp.Diff(withoutPlace(g), withoutPlace(one(t, g.String())), same); diff != "" {
			t.Errorf("%q is not itself (-before +after):\n%s", c.line, diff)
		}
	}
}

var same = cmpopts.IgnoreUnexported(gate.Gate{})

func withoutPlace(g gate.Gate) gate.Gate {
	g.Place = field.Place{}
	return g
}

func TestParsed(t *testing.T) {
	got := one(t, `a: abort p95(response_time{request~"GET*"}) <= baseline -10% or +20ms over 60s for 30s after 1m`)
	want := gate.Gate{
		Place: field.Place{File: "gates", Line: 1, Col: 1}, Name: "a", Severity: gate.Abort, Metric: "response_time", Aggregation: "p95",
		Selectors: []gate.Selector{{Key: "request", Glob: true, Text: "GET*"}}, Op: "<=",
		Limit: gate.Limit{Baseline: true, Changes: []gate.Change{{Down: true, By: gate.Value{Number: 10, Unit: "%"}}, {By: gate.Value{Number: 20, Unit: "ms"}}}},
		Over:  time.Minute, For: 30 * time.Second, After: time.Minute,
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPlace: the text of a YAML block is indented, and begins below.
func TestPlace(t *testing.T) {
	text := "error_rate < 1%\r\n\n  rps > 4\n  größe: eror_rate < 1%\nrps >"
	gates, problems := gate.ParseAt(field.Place{File: "plan.yml", Line: 7, Col: 5}, text)
	problems = append(problems, gate.Check(gates, metricsOf(t, "tencent-pts"), "tencent-pts")...)
	problems.Sort()
	want := `plan.yml:9:13: the limit of rps has no unit; write > 4/s
plan.yml:10:14: tencent-pts has no metric "eror_rate", did you mean "error_rate"?
plan.yml:11:10: the line ends where a limit, such as 300ms, 1% or baseline +10%, is expected`
	if diff := cmp.Diff(want, problems.Error()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(gates) != 3 || gates[0].Place != (field.Place{File: "plan.yml", Line: 7, Col: 5}) || gates[2].Place.Col != 7 {
		t.Errorf("the gates are at %v", gates)
	}
}

// TestCheckOK holds what must be taken without a word.
func TestCheckOK(t *testing.T) {
	gates, problems := gate.Parse("gates", `
error_rate < 1%
p95(response_time) < 300ms
checkout: p99(response_time{request="POST /orders"}) < 0.8s
p95(response_time{request~"GET /api/*"}) < 250ms
rps >= 450/s
max(rps) >= 600/s
warn p95(response_time) <= baseline +10% or +20ms
error_rate <= baseline +10%
abort error_rate < 20% over 60s for 30s after 1m
p99(response_time) < 1s over run
requests == 10
received_rate > 1.5KB/s
state != JobAborted
check_error_rate{check="a", step="b"} <= 0%
error_rate <= baseline +1pp or +10%
state == jobfinished
duration < 10m # a comment
requests > 0
error_rate <= 0%
`)
	if len(gates) != 19 || len(problems) > 0 {
		t.Fatalf("%d gates, problems: %v", len(gates), problems)
	}
	if problems := gate.Check(gates, metricsOf(t, "tencent-pts"), "tencent-pts"); len(problems) > 0 {
		t.Error(problems)
	}
	if gates[6].Unit != job.Seconds {
		t.Errorf("the unit of %s is %q", gates[6], gates[6].Unit)
	}
}

func FuzzParse(f *testing.F) {
	paths, err := filepath.Glob("testdata/errors/*.gates")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(src)) {
			f.Add(line)
		}
	}
	f.Add(`a: abort p95(response_time{request~"a\"*\\", check="b"}) <= baseline -10% or +20ms over 60s for 90s after 25h1s # c`)
	f.Add("state == baseline-x")
	f.Add("error_rate <= baseline +1pp or -0.5pp # rps > 4/s")
	metrics := metricsOf(f, "tencent-pts")
	f.Fuzz(func(t *testing.T, text string) {
		gates, problems := gate.Parse("gates", text)
		problems = append(problems, gate.Check(gates, metrics, "tencent-pts")...)
		problems = append(problems, gate.Doubts(gates, metrics)...)
		problems = append(problems, gate.Fit(gates, time.Minute, false, 10)...)
		for _, p := range problems {
			if strings.ContainsAny(p.String(), "\r\n") || p.Place.Line == 0 || p.Place.Col == 0 {
				t.Fatalf("bad problem %q", p)
			}
		}
		gate.Judge(gates, job.Report{}, nil, time.Hour)
		for _, g := range gates {
			printed := g.String()
			again, problems := gate.Parse("gates", printed)
			if len(problems) > 0 || len(again) != 1 {
				t.Fatalf("%q is printed as %q: %v", text, printed, problems)
			}
			g.Unit = ""
			if diff := cmp.Diff(withoutPlace(g), withoutPlace(again[0]), same, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("%q is printed as %q (-before +after):\n%s", text, printed, diff)
			}
			if again[0].String() != printed {
				t.Fatalf("%q is printed as %q", printed, again[0].String())
			}
		}
	})
}
