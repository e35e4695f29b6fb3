package huaweidataarts

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// TestWhyOfNewerStatus names the nodes that failed, not those that wait.
func TestWhyOfNewerStatus(t *testing.T) {
	f := openInputs(t, servicetest.Answers{"/jobs/job_sms/status": `{"nodes": [{"LastInstanceStatus": "waiting", "name": "a"}, null, {"LastInstanceStatus": "fail", "name": "b"}, {"LastInstanceStatus": "running-exception", "name": "c"}, {"LastInstanceStatus": "success", "name": "d"}], "status": "EXCEPTION"}`}, starting("job_sms"))
	why, err := f.Why(t.Context(), job.Ref{ID: "job_sms", Kind: stream}, job.Status{Word: "EXCEPTION"})
	if diff := cmp.Diff([]string{"status EXCEPTION", "node b: fail", "node c: running-exception"}, why); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
