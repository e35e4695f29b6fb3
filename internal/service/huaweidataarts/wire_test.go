package huaweidataarts

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// TestOddInstance: a null among the nodes, numbers as texts and with fractions
// are read as a person would, in whatever is told of a run.
func TestOddInstance(t *testing.T) {
	const plain = `{"jobName": "job_batch", "instanceId": 34765, "status": "fail", "planTime": 1551425326540, "startTime": 1551425327000, "endTime": 1551425387000, "executeTime": 1, "total": 2, "instanceType": 2,
		"nodes": [{"nodeName": "Dummy_8556", "status": "success", "retryTimes": 0}, {"nodeName": "error", "status": "fail", "retryTimes": 3, "speed": 7, "logPath": "obs://dlf-log/error.job"}]}`
	type told struct {
		Status job.Status
		Report job.Report
		Why    []string
	}
	read := func(instance string) (got told) {
		list := strings.Replace(instance, `"nodes"`, `"errorMessage": "no such table", "nodes"`, 1)
		f := openInputs(t, servicetest.Answers{
			"/jobs/job_batch/instances/34765": instance,
			"/jobs/instances/detail":          `{"total": 1, "instances": [null, ` + list + `]}`,
		}, running("job_batch"))
		ref := job.Ref{ID: "job_batch", Kind: once, Run: "34765"}
		statuses, err := f.Status(t.Context(), []job.Ref{ref})
		if err != nil {
			t.Fatal(err)
		}
		got.Status = statuses[0]
		var more error
		got.Report, err = f.Report(t.Context(), ref, got.Status)
		if got.Why, more = f.Why(t.Context(), ref, got.Status); err != nil || more != nil {
			t.Fatal(err, more)
		}
		return got
	}
	want := read(plain)
	if got := strings.Join(want.Why, "; "); got != "status fail; node error: fail after 3 retries, log obs://dlf-log/error.job; message: no such table" {
		t.Errorf("why: %s", got)
	}
	for name, change := range map[string]*strings.Replacer{
		"nulls":     strings.NewReplacer(`"nodes": [`, `"nodes": [null, `, `}, {`, `}, null, {`),
		"texts":     strings.NewReplacer(`34765`, `"34765"`, `1551425326540`, `"1551425326540"`, `1551425327000`, `"1551425327000"`, `1551425387000`, `"1551425387000"`, `: 3,`, `: "3",`, `: 2,`, `: "2",`, `: 0`, `: "0"`),
		"fractions": strings.NewReplacer(`34765`, `34765.0`, `1551425326540`, `1551425326540.0`, `1551425327000`, `1551425327000.00`, `1551425387000`, `1.551425387e12`, `: 3,`, `: 3.0,`, `: 2,`, `: 2.0,`, `: 0`, `: 0.0`),
		"both":      strings.NewReplacer(`34765`, `"34765.0"`, `1551425327000`, `"1551425327000.0"`, `: 3,`, `: "3.0",`),
	} {
		if diff := cmp.Diff(want, read(change.Replace(plain))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
