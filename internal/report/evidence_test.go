package report

import (
	"crypto/sha256"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protojson"

	predicate "github.com/in-toto/attestation/go/predicates/test_result/v0"
	attestation "github.com/in-toto/attestation/go/v1"

	"cloudjob/internal/hostile"
	"cloudjob/internal/job"
)

// checkEvidence holds a verdict against the schema that in-toto publishes, in
// its own words: its types of the predicate, and its check of a statement.
func checkEvidence(t *testing.T, results []Result, sources ...Source) *predicate.TestResult {
	t.Helper()
	src, err := Evidence(results, sources)
	if err != nil {
		t.Fatal(err)
	}
	p := new(predicate.TestResult)
	if err := protojson.Unmarshal(src, p); err != nil { // no field that it does not know
		t.Fatalf("%v in\n%s", err, src)
	}
	for _, d := range p.Configuration {
		if err := d.Validate(); err != nil {
			t.Errorf("%v: %v", d, err)
		}
	}
	statement := new(attestation.Statement)
	whole := `{"_type": "https://in-toto.io/Statement/v1", "subject": [{"name": "image", "digest": {"sha256": "` + strings.Repeat("0", 64) + `"}}], "predicateType": "` + EvidenceType + `", "predicate": ` + string(src) + `}`
	if err := protojson.Unmarshal([]byte(whole), statement); err != nil {
		t.Fatal(err)
	}
	if err := statement.Validate(); err != nil {
		t.Error(err)
	}
	return p
}

// TestEvidence: a verdict passes only if everything did.
func TestEvidence(t *testing.T) {
	of := func(o job.Outcome, gates ...job.Judgement) Result {
		return Result{Provider: "tencent-pts", What: "scenario s", Name: "load", Outcome: o, Gates: gates, RunURL: "https://github.com/o/r/actions/runs/1", Ref: job.Ref{ID: "job-1"}, Commit: "c0ffee"}
	}
	gate := func(severity string, v job.Verdict) job.Judgement {
		return job.Judgement{Gate: "error_rate < 1%", Severity: severity, Verdict: v, File: "my.gates"}
	}
	good, warned, broken, unclear := gate("", job.Pass), gate("warn", job.Fail), gate("", job.Fail), gate("", job.Inconclusive)
	emulated := of(job.Succeeded, good)
	emulated.Emulated = true
	for _, c := range []struct {
		name                   string
		results                []Result
		want                   string
		passed, warned, failed int
	}{
		{"all passed", []Result{of(job.Succeeded, good, good)}, "PASSED", 3, 0, 0},
		{"no gates", []Result{of(job.Succeeded)}, "PASSED", 1, 0, 0},
		{"nothing at all", nil, "FAILED", 0, 0, 0},
		{"a warning", []Result{of(job.Succeeded, good, warned)}, "WARNED", 2, 1, 0},
		{"inconclusive, which may be", []Result{of(job.Succeeded, unclear)}, "WARNED", 1, 1, 0},
		{"inconclusive", []Result{of(job.Unjudged, unclear)}, "FAILED", 1, 0, 1},
		{"broken", []Result{of(job.GateFailed, good, broken)}, "FAILED", 2, 0, 1},
		{"broken, and no gate says so", []Result{of(job.GateFailed, good)}, "FAILED", 2, 0, 1},
		{"the job failed", []Result{of(job.JobFailed, unclear)}, "FAILED", 0, 0, 2},
		{"cancelled", []Result{of(job.Cancelled)}, "FAILED", 0, 0, 1},
		{"not waited for", []Result{of(job.Started)}, "FAILED", 0, 0, 1},
		{"one of two", []Result{of(job.Succeeded, good), of(job.TimedOut)}, "FAILED", 2, 0, 1},
		{"emulated", []Result{emulated}, "WARNED", 2, 1, 0},
	} {
		p := checkEvidence(t, c.results)
		if got := []int{len(p.PassedTests), len(p.WarnedTests), len(p.FailedTests)}; p.Result != c.want || !cmp.Equal(got, []int{c.passed, c.warned, c.failed}) {
			t.Errorf("%s: %s with %v, want %s with %d, %d, %d:\n%v", c.name, p.Result, got, c.want, c.passed, c.warned, c.failed, p)
		}
	}
	src, err := Evidence([]Result{of(job.GateFailed, broken)}, []Source{{"my.gates", sha256.Sum256([]byte("error_rate < 1%"))}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"load: error_rate < 1%", `"my.gates"`, `"sha256": "c7d9e6a38f70283419c8a82bb1efee3c6c3efe5f8ae0f65fccfbdcf3d2fee1d9"`, "https://github.com/o/r/actions/runs/1", "c0ffee", "job-1"} {
		if !strings.Contains(string(src), want) {
			t.Errorf("there is no %s in %s", want, src)
		}
	}
}

// TestEvidenceOfAll: whatever a result holds, its verdict keeps the schema.
func TestEvidenceOfAll(t *testing.T) {
	paths, err := filepath.Glob("testdata/judged/*/input.json")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	schema := resultSchema(t)
	for _, path := range paths {
		var c judgedCase
		src, err := os.ReadFile(path)
		if err == nil {
			err = json.Unmarshal(src, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		checkEvidence(t, readAll(t, schema, c.Results))
	}
	many := full("x")
	many.Gates = slices.Repeat(many.Gates, 1000)
	src, err := Evidence([]Result{many}, nil)
	if err != nil || !Named(EvidenceName) || !Ours(EvidenceName, src[:400]) {
		t.Errorf("a verdict is not known again by %s: %v", src[:400], err)
	}
	for _, text := range hostile.Texts(t) {
		checkEvidence(t, []Result{full(text)}, Source{Name: text})
	}
}
