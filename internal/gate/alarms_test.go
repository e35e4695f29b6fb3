package gate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// spread is how the values of a job that does not change lie about theirs.
type spread struct {
	name string
	of   func(r *rand.Rand, run int) float64 // a response time of about 1
}

func spreads() []spread {
	return []spread{
		{"steady: normal, 2 %", func(r *rand.Rand, _ int) float64 { return 1 + 0.02*r.NormFloat64() }},
		{"noisy: normal, 8 %", func(r *rand.Rand, _ int) float64 { return 1 + 0.08*r.NormFloat64() }},
		{"drifting: 2 % slower each run, 2 % about it", func(r *rand.Rand, run int) float64 { return 1 + 0.02*float64(run) + 0.02*r.NormFloat64() }},
		{"bimodal: now and then 12 % slower, 1 % about it", func(r *rand.Rand, _ int) float64 {
			v := 1 + 0.01*r.NormFloat64()
			if r.IntN(3) == 0 {
				v += 0.12
			}
			return v
		}},
		{"heavy tails: Student's t of 2 degrees, 2 %", func(r *rand.Rand, _ int) float64 {
			chi := -2 * math.Log(1-r.Float64()) // of two degrees
			return max(0.5, 1+0.02*r.NormFloat64()/math.Sqrt(chi/2))
		}},
	}
}

// TestAlarms counts, over 1,000 pasts of ten results of each kind, how often a
// gate breaks that should not, and does not break when the job takes a tenth
// longer, and holds the table of docs/gates.md (go test ./internal/gate -update).
func TestAlarms(t *testing.T) {
	forms := []string{"<= baseline +10%", "<= baseline +3 mad", "<= baseline +3 mad or +5%", "trend <= +1%/run over 10 runs"}
	var gates []gate.Gate
	head, rule := "| values |", "| --- |"
	for _, form := range forms {
		gates = append(gates, one(t, "p95(response_time) "+form))
		head, rule = head+" `"+form+"` |", rule+" --- |"
	}
	const pasts, runs = 1000, 10
	var b strings.Builder
	b.WriteString(head + "\n" + rule + "\n")
	alarms, missed := map[string][]int{}, map[string][]int{}
	for kind, s := range spreads() {
		alarm, miss := make([]int, len(gates)), make([]int, len(gates))
		for seed := range uint64(pasts) {
			r := rand.New(rand.NewPCG(seed, uint64(kind)))
			of := func(v float64) job.Report { return job.Report{Samples: []job.Sample{sample("p95", "", v, 1000)}} }
			past := &gate.Baseline{Least: 3}
			for run := range runs {
				past.Reports = append(past.Reports, of(s.of(r, run)))
			}
			now := s.of(r, runs)
			same, slower := gate.Judge(gates, of(now), past, 0), gate.Judge(gates, of(1.1*now), past, 0)
			for i := range gates {
				if same[i].Verdict == job.Inconclusive || slower[i].Verdict == job.Inconclusive {
					t.Fatalf("%s: %s: %s", s.name, gates[i], same[i].Reason)
				}
				if same[i].Verdict == job.Fail {
					alarm[i]++
				}
				if slower[i].Verdict == job.Pass {
					miss[i]++
				}
			}
		}
		fmt.Fprintf(&b, "| %s |", s.name)
		for i := range gates {
			fmt.Fprintf(&b, " %d / %d |", alarm[i], miss[i])
		}
		b.WriteString("\n")
		alarms[s.name], missed[s.name] = alarm, miss
	}
	// The reason to have the other forms.
	steady, noisy, drifting := spreads()[0].name, spreads()[1].name, spreads()[2].name
	if missed[steady][1] >= missed[steady][0] || alarms[noisy][1] >= alarms[noisy][0] || alarms[drifting][3] <= alarms[drifting][0] {
		t.Errorf("no form is better than a plain share:\n%s", &b)
	}
	section(t, "../../docs/gates.md", "alarms", b.String())
}

// section holds what stands between the lines "BEGIN name" and "END name" of a
// page.
func section(t *testing.T, path, name, want string) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(src), "<!-- BEGIN "+name+" -->\n")
	got, after, ends := strings.Cut(rest, "<!-- END "+name+" -->\n")
	if !begins || !ends {
		t.Fatalf("%s has no lines with BEGIN %s and END %[2]s", path, name)
	}
	if *update {
		text := before + "<!-- BEGIN " + name + " -->\n" + want + "<!-- END " + name + " -->\n" + after
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
