package batchemu

import "testing"

func TestDescribeComputeEnv(t *testing.T) {
	w := newWorld(t)
	env := w.ok("DescribeComputeEnv", `{"EnvId":"`+EnvID+`"}`)
	want(t, "id", env["EnvId"], EnvID)
	want(t, "machines", env["DesiredComputeNodeCount"], 1.0)
	want(t, "running", env["ComputeNodeMetrics"].(map[string]any)["RunningCount"], 1.0)
	w.wantCode("DescribeComputeEnv", `{"EnvId":"env-other001"}`, "ResourceNotFound.ComputeEnv")
	w.wantCode("DescribeComputeEnv", `{"EnvId":"demo"}`, "InvalidParameter.EnvIdMalformed")
	w.wantCode("DescribeComputeEnv", `{}`, "MissingParameter")
	w.wantCode("DescribeComputeEnv", `{"EnvId":"`+EnvID+`","Limit":1}`, "UnknownParameter")
	elsewhere := w.in(Shanghai, "DescribeComputeEnv", `{"EnvId":"`+EnvID+`"}`)
	if elsewhere.Err == nil || elsewhere.Err.Code != "ResourceNotFound.ComputeEnv" {
		t.Errorf("in another region: %+v", elsewhere)
	}
}
