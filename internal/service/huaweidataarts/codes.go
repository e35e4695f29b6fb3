package huaweidataarts

// This file explains the codes of DataArts.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Codes explains DataArts' own codes.
func Codes() []cloud.Code { return codes }

// codes are those that our calls can meet, in the older and the newer spelling
// (facts huawei-dataarts §8).
var codes = []cloud.Code{
	{Code: "DLF.0100", Fault: job.Refused, Meaning: "no such job in the workspace", Cure: "check job_name and workspace"},
	{Code: "DLF.30100", Fault: job.Refused, Meaning: "no such job in the workspace", Cure: "check job_name and workspace"},
	{Code: "DLF.0136", Fault: job.Refused, Meaning: "only batch jobs can be run once", Cure: "use run: schedule for a real-time job"},
	{Code: "DLF.0137", Fault: job.Refused, Meaning: "no such instance", Cure: "a new one is not known at once"},
	{Code: "DLF.30137", Fault: job.Refused, Meaning: "no such instance", Cure: "a new one is not known at once"},
	{Code: "DLF.0802", Fault: job.Refused, Meaning: "a parameter is not configured", Cure: "see the message"},
	{Code: "DLF.0819", Fault: job.Refused, Meaning: "no such workspace", Cure: "check workspace: it is an id, not a name"},
	{Code: "DLF.20819", Fault: job.Refused, Meaning: "no such workspace", Cure: "check workspace: it is an id, not a name"},
	{Code: "DLF.1006", Fault: job.Refused, Meaning: "the job has no nodes", Cure: "give it nodes and submit it"},
	{Code: "DLF.3004", Fault: job.Refused, Meaning: "the job's name is empty", Cure: "check job_name"},
	{Code: "DLF.3018", Fault: job.Refused, Meaning: "the job's name is invalid", Cure: "check job_name"},
	{Code: "DLF.3025", Fault: job.Refused, Meaning: "the job's schedule is invalid", Cure: "mend it in the console"},
	{Code: "DLF.3051", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "check job_params; a job that runs once cannot be scheduled"},
	{Code: "DLF.30107", Fault: job.Refused, Meaning: "the job is on already", Cure: "wait until it is off, or stop it in the console"},
	{Code: "DLF.6201", Fault: job.Refused, Meaning: "a script of the job does not exist", Cure: "mend the job's nodes"},
	{Code: "DLF.6888", Fault: job.Denied, Meaning: "the account's permissions are not valid", Cure: "give the user a role in the workspace"},
	{Code: "APIGW.0308", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a minute or more: calls count that are refused, too"},
	{Code: "APIGW.0101", Fault: job.Refused, Meaning: "this address does not publish the call", Cure: "check region and endpoint: DataArts Factory is on dayu-dlf, and the host dayu serves only the other modules"},
}
