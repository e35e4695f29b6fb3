package action

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/action/runnertest"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// owners are the owners of so many services of one job.
func owners(t *testing.T, p *process, services int) []plan.Job {
	t.Helper()
	decoded, problems := plan.Decode([]field.Input{
		{Name: "provider", Text: "tencent-pts"}, {Name: "project_id", Text: "project-demo"}, {Name: "scenario_id", Text: "scenario-demo"}, {Name: "endpoint", Text: demoEndpoint},
	}, p.readFile)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all := make([]plan.Job, services)
	for i := range all {
		all[i] = decoded.Jobs[0]
	}
	return all
}

// record is that of a service whose job runs.
func recordOf(i int) engine.Record {
	in := fmt.Sprintf("project-1a2b3c4d scenario-%08x", i*2654435761&0xffffffff)
	return engine.Record{
		Intent: job.Intent{Mark: fmt.Sprintf("cj-%010x-1-abcd", i*40503), In: in, At: time.Date(2026, 11, 26, 18, 0, 0, i, time.UTC)},
		What:   []string{"scenario " + in}, Jobs: []engine.Kept{{Ref: job.Ref{ID: fmt.Sprintf("job-%08x", i*2246822519&0xffffffff), In: in}}}, Policy: engine.Stop, Asked: true,
	}
}

// TestStateFits: the runner hands the state to the post step in variables, of
// which one holds 128 KiB, and all together 2 MiB. Of 5,000 jobs that run none
// is missing, whatever the order in which they were saved.
func TestStateFits(t *testing.T) {
	const n = 5000
	path := filepath.Join(t.TempDir(), "state")
	env := map[string]string{"GITHUB_STATE": path}
	p := &process{getenv: func(name string) string {
		if text, ok := env[name]; ok {
			return text
		}
		return emulated(name)
	}}
	j := p.newJournal(owners(t, p, n), plan.Run{Wait: true}, nil)
	var saving sync.WaitGroup
	for from := range 10 {
		saving.Go(func() {
			for i := from; i < n; i += 10 {
				first := recordOf(i)
				first.Jobs, first.Asked = nil, false
				for _, r := range []engine.Record{first, recordOf(i)} {
					if err := j.Save(i, r); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	saving.Wait()
	for i := range n / 2 { // some are done: of them nothing is left
		r := recordOf(2 * i)
		r.Done = true
		if i%100 == 0 {
			if err := j.Save(2*i, r); err != nil {
				t.Fatal(err)
			}
		}
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := runnertest.Entries(string(written))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		env["STATE_"+e.Name] = e.Value
	}
	total, largest := 0, 0
	for name, value := range env {
		total += len(name) + len(value) + len("=") + 1 + 8 + len("-e ") + len(name) + 8 // as a variable, and as an argument of docker
		largest = max(largest, len(name)+len(value))
	}
	t.Logf("%d jobs: %d variables, %d KiB in all, the largest %d bytes; %d KiB were written", n, len(env), total>>10, largest, len(written)>>10)
	if total > 1<<20 || largest > 100<<10 {
		t.Errorf("%d bytes in all, the largest has %d", total, largest)
	}
	left, err := p.left(p.newConsole(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]engine.Record{}
	for _, l := range left.jobs {
		got[l.Record.What[0]] = l.Record
	}
	if want := n - n/200; len(left.jobs) != want || len(got) != want {
		t.Errorf("%d are left, %d of them different, want %d", len(left.jobs), len(got), want)
	}
	for i := range n {
		want := recordOf(i)
		if diff := cmp.Diff(want, got[want.What[0]]); i%200 != 0 && diff != "" {
			t.Fatalf("service %d (-saved +left):\n%s", i, diff)
		}
	}
}

// TestStateIsFull: what the post step could not be told is not started, and
// what was saved before stays as it was.
func TestStateIsFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	p := &process{getenv: func(name string) string { return map[string]string{"GITHUB_STATE": path}[name] }}
	j := p.newJournal(owners(t, p, 100), plan.Run{Wait: true}, nil)
	if err := j.Save(0, recordOf(0)); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	big := recordOf(1)
	for i := range 30_000 {
		big.Intent.Before = append(big.Intent.Before, fmt.Sprintf("%x", i*i*2654435761))
	}
	if err := j.Save(1, big); err == nil || !strings.Contains(err.Error(), "split this into several steps") {
		t.Errorf("a record that fits no variable: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the state changed, %v", err)
	}
	large := recordOf(2)
	for i := range 4000 {
		large.Intent.Before = append(large.Intent.Before, fmt.Sprintf("%x", i*i*2654435761))
	}
	saved := 0
	for i := 2; i < 100 && j.Save(i, large) == nil; i++ {
		saved++
	}
	text, err := json.Marshal(large)
	if err != nil || saved < 10 || saved > 60 {
		t.Errorf("%d records of %d bytes were saved, %v", saved, len(text), err)
	}
	large.Done = true
	if err := j.Save(2, large); err != nil {
		t.Errorf("one that is done: %v", err)
	}
	large.Done = false
	if err := j.Save(99, large); err != nil {
		t.Errorf("there is room again: %v", err)
	}
}

// TestDelimiters: what a value holds cannot end it, because nobody knows its
// end before it is written: no two entries of a step end alike.
func TestDelimiters(t *testing.T) {
	path := filepath.Join(t.TempDir(), "output")
	p := &process{getenv: func(name string) string {
		return map[string]string{"GITHUB_OUTPUT": path, "GITHUB_STATE": path}[name]
	}}
	for range 3 {
		if err := p.setOutputs([]report.Output{{Name: "job_id", Value: "1"}, {Name: "status", Value: "on"}}); err != nil {
			t.Fatal(err)
		}
	}
	j := p.newJournal(owners(t, p, 1), plan.Run{Wait: true}, nil)
	for range 3 {
		if err := j.Save(0, recordOf(0)); err != nil {
			t.Fatal(err)
		}
	}
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(src)) {
		if _, delimiter, ok := strings.Cut(strings.TrimSpace(line), "<<"); ok {
			if seen[delimiter] || len(delimiter) < 20 {
				t.Errorf("the delimiter %s stood there before, or can be guessed", delimiter)
			}
			seen[delimiter] = true
		}
	}
	if len(seen) != 10 {
		t.Errorf("%d delimiters, want 10", len(seen))
	}
}
