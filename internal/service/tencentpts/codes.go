package tencentpts

// This file explains the codes of PTS.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Codes explains PTS's own codes.
func Codes() []cloud.Code { return codes }

// codes are PTS's own (document 000, facts tencent-pts §8).
var codes = []cloud.Code{
	{Code: "FailedOperation.DbRecordCreateFailed", Fault: job.Ambiguous, Meaning: "the run was not recorded, so it probably did not begin", Cure: "look in the scenario's list of runs before starting it again"},
	{Code: "FailedOperation.DbRecordUpdateFailed", Fault: job.Ambiguous, Meaning: "the run's record may exist", Cure: "look in the scenario's list of runs before starting it again"},
	{Code: "FailedOperation.JobStatusNotRunning", Fault: job.Refused, Meaning: "the run does not run: it has not begun or has ended", Cure: "read its status"},
	{Code: "FailedOperation.NoTasksInJob", Fault: job.Refused, Meaning: "the scenario produces no load", Cure: "give it a script or steps, and a load configuration"},
	{Code: "FailedOperation.NotSupportedInEnv", Fault: job.Refused, Meaning: "this environment does not support the scenario", Cure: "check the scenario's type and site"},
	{Code: "FailedOperation.ResourceNotFound", Fault: job.Refused, Meaning: "no such scenario in this project", Cure: "check project_id, scenario_id and site"},
	{Code: "LimitExceeded", Fault: job.Throttled, Meaning: "a quota is used up, usually that of runs at the same time", Cure: "wait for other runs to end, or ask for a higher quota"},
	{Code: "ResourceInsufficient", Fault: job.Throttled, Meaning: "there are not enough load generators, or the package is used up", Cure: "lower the load or try later"},
}
