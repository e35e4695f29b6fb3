package tencentbatch

// This file explains the codes of Batch.

import (
	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Codes explains Batch's own codes.
func Codes() []cloud.Code { return codes }

// codes are SubmitJob's (document 002; newer ones from facts tencent-batch §7).
var codes = []cloud.Code{
	{Code: "AllowedOneAttributeInEnvIdAndComputeEnv", Fault: job.Refused, Meaning: "a task has both or neither of ComputeEnv and EnvId", Cure: "give exactly one of them"},
	{Code: "InternalError.CallCvm", Fault: job.Ambiguous, Meaning: "the machine service returned an error", Cure: "see the message; stock and quota of the zone"},
	{Code: "InternalError.CallCam", Fault: job.Ambiguous, Meaning: "access management failed", Cure: "check the service role of Batch"},
	{Code: "InternalError.CallTagAPI", Fault: job.Ambiguous, Meaning: "the tag service failed", Cure: "check the permission to set tags"},
	{Code: "InvalidParameter.CvmParameters", Fault: job.Refused, Meaning: "a parameter of the machines is wrong", Cure: "check type, disks and network"},
	{Code: "InvalidParameter.EnvIdMalformed", Fault: job.Refused, Meaning: "EnvId is malformed", Cure: "it looks like env-1a2b3c4d"},
	{Code: "InvalidParameter.ImageIdMalformed", Fault: job.Refused, Meaning: "ImageId is malformed", Cure: "it looks like img-1a2b3c4d"},
	{Code: "InvalidParameter.InvalidParameterCombination", Fault: job.Refused, Meaning: "two parameters exclude each other", Cure: "see the message for which"},
	{Code: "InvalidParameter.JobDescriptionTooLong", Fault: job.Refused, Meaning: "JobDescription is too long", Cure: "use at most 200 characters"},
	{Code: "InvalidParameter.JobNameTooLong", Fault: job.Refused, Meaning: "JobName is too long", Cure: "use at most 60 characters"},
	{Code: "InvalidParameter.NotificationEventNameDuplicate", Fault: job.Refused, Meaning: "an event is configured twice", Cure: "keep one EventConfig for each event"},
	{Code: "InvalidParameter.NotificationTopicName", Fault: job.Refused, Meaning: "TopicName is wrong", Cure: "check the topic"},
	{Code: "InvalidParameter.NotificationTopicNameTooLong", Fault: job.Refused, Meaning: "TopicName is too long", Cure: "check the topic"},
	{Code: "InvalidParameter.TaskName", Fault: job.Refused, Meaning: "a TaskName is malformed", Cure: "use letters, digits, - and _"},
	{Code: "InvalidParameter.TaskNameTooLong", Fault: job.Refused, Meaning: "a TaskName is too long", Cure: "shorten it"},
	{Code: "InvalidParameterValue.ComputeEnv", Fault: job.Refused, Meaning: "the compute environment did not pass its checks", Cure: "do image, machine type and zone fit each other?"},
	{Code: "InvalidParameterValue.DependenceNotFoundTaskName", Fault: job.Refused, Meaning: "Dependences name a task that does not exist", Cure: "check the names"},
	{Code: "InvalidParameterValue.DependenceUnfeasible", Fault: job.Refused, Meaning: "Dependences form a loop", Cure: "break the loop"},
	{Code: "InvalidParameterValue.InstanceTypeDuplicate", Fault: job.Refused, Meaning: "a machine type stands twice", Cure: "keep one"},
	{Code: "InvalidParameterValue.InvalidZoneMismatchRegion", Fault: job.Refused, Meaning: "the zone is not in the region", Cure: "check Zone and region"},
	{Code: "InvalidZone.MismatchRegion", Fault: job.Refused, Meaning: "the zone is not in the region", Cure: "check Zone and region"},
	{Code: "InvalidParameterValue.LocalPath", Fault: job.Refused, Meaning: "a local path is wrong", Cure: "check LocalPath and the mappings"},
	{Code: "InvalidParameterValue.MaxRetryCount", Fault: job.Refused, Meaning: "MaxRetryCount is too large", Cure: "use 0 to 5"},
	{Code: "InvalidParameterValue.Negative", Fault: job.Refused, Meaning: "a number is negative", Cure: "see the message for which"},
	{Code: "InvalidParameterValue.RemoteStoragePath", Fault: job.Refused, Meaning: "an address in storage is malformed", Cure: "in RedirectInfo and the mappings it starts with cos://, cfs:// or nfs:// and ends with /; PackagePath is a file"},
	{Code: "InvalidParameterValue.RemoteStorageSchemeType", Fault: job.Refused, Meaning: "a folder of RedirectInfo, InputMappings or OutputMappings has an unknown scheme", Cure: "there use cos://, cfs:// or nfs://; PackagePath is another matter, and may be http://"},
	{Code: "InvalidParameterValue.TaskInstanceNum", Fault: job.Refused, Meaning: "TaskInstanceNum is wrong", Cure: "use 1 or more"},
	{Code: "InvalidParameterValue.UnavailableZone", Fault: job.Refused, Meaning: "the zone cannot be used now", Cure: "use another zone"},
	{Code: "LimitExceeded.JobQuota", Fault: job.Throttled, Meaning: "the quota of jobs is used up", Cure: "delete old jobs"},
	{Code: "ResourceNotFound.ComputeEnv", Fault: job.Refused, Meaning: "no such compute environment", Cure: "check EnvId and region"},
	{Code: "UnauthorizedOperation.UserNotAllowedToUseBatch", Fault: job.Denied, Meaning: "the account may not use Batch", Cure: "activate the service and its role once in the console"},
}
