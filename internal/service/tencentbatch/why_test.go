package tencentbatch

import (
	"encoding/base64"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/job"
	"cloudjob/internal/service/servicetest"
)

// TestTheEndOfALog: of what a failed instance printed the end tells why, in
// both forms that the vendor writes a log in.
func TestTheEndOfALog(t *testing.T) {
	log := base64.StdEncoding.EncodeToString([]byte("one\ntwo\nthree\r\nfour\nfive\nsix\nseven\n"))
	for _, head := range []string{"", "data:text/plain;charset=utf-8;base64,"} {
		why, err := reader(t, servicetest.Responses{
			"DescribeJob":      `{"JobState":"FAILED","TaskSet":[{"TaskName":"a","TaskState":"FAILED"}]}`,
			"DescribeTask":     `{"TaskInstanceSet":[{"TaskInstanceIndex":"1","TaskInstanceState":"FAILED","ExitCode":3.0,"StateReason":"","StateDetailedReason":"failed"}]}`,
			"DescribeTaskLogs": `{"TaskInstanceLogSet":[{"TaskInstanceIndex":1,"StdoutLog":null,"StderrLog":"` + head + log + `"}]}`,
		}).Why(t.Context(), job.Ref{ID: "job-1"}, job.Status{State: job.StateFailed})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"task a, instance 1: FAILED, exit code 3, failed"}
		for _, line := range []string{"three", "four", "five", "six", "seven"} {
			want = append(want, "task a, instance 1, stderr: "+line)
		}
		if diff := cmp.Diff(want, why); diff != "" {
			t.Error(diff)
		}
	}
}
