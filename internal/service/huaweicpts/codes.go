package huaweicpts

// This file explains the codes of PerfTest.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Codes explains PerfTest's own codes.
func Codes() []cloud.Code { return codes }

// codes are the few that are known (facts huawei-cpts §8); the vendor does not
// publish the others.
var codes = []cloud.Code{
	{Code: "SVCSTG.CPTS.4032002", Fault: job.Refused, Meaning: "the test project, case or task does not exist for this user", Cure: "check test_project_id, case_ids and task_id"},
	{Code: "SVCSTG.CPTS.4031009", Fault: job.Denied, Meaning: "CodeArts PerfTest was never opened for this account in this region", Cure: "open it once in the region's console, then run the step again"},
	{Code: "CPTS.05001001", Fault: job.Ambiguous, Meaning: "an unknown fault of the service's", Cure: "look at the task's runs before starting it again"},
}
