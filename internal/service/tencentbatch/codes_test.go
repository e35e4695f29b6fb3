package tencentbatch

import (
	"errors"
	"strings"
	"testing"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// TestCodes are the codes of document 002 and of facts tencent-batch §7, as
// the emulated service refuses a good submission with them.
func TestCodes(t *testing.T) {
	for outcome, names := range map[job.Outcome]string{
		job.Unauthorized: `UnauthorizedOperation.UserNotAllowedToUseBatch`,
		job.Limited:      `LimitExceeded.JobQuota`,
		job.StartUnknown: `InternalError InternalError.CallCvm InternalError.CallCam InternalError.CallTagAPI`,
		job.StartFailed: `AllowedOneAttributeInEnvIdAndComputeEnv
			InvalidParameter.CvmParameters InvalidParameter.JobDescriptionTooLong InvalidParameter.JobNameTooLong
			InvalidParameter.NotificationEventNameDuplicate InvalidParameter.NotificationTopicName
			InvalidParameter.NotificationTopicNameTooLong InvalidParameter.TaskName InvalidParameter.TaskNameTooLong
			InvalidParameterValue.ComputeEnv InvalidParameterValue.DependenceNotFoundTaskName
			InvalidParameterValue.DependenceUnfeasible InvalidParameterValue.LocalPath InvalidParameterValue.MaxRetryCount
			InvalidParameterValue.Negative InvalidParameterValue.RemoteStoragePath InvalidParameterValue.RemoteStorageSchemeType
			InvalidParameter.EnvIdMalformed InvalidParameter.ImageIdMalformed InvalidParameter.InvalidParameterCombination
			InvalidParameterValue.InstanceTypeDuplicate InvalidParameterValue.InvalidDataTypeAny InvalidParameterValue.NotFloat
			InvalidParameterValue.InvalidZoneMismatchRegion InvalidZone.MismatchRegion InvalidParameterValue.UnavailableZone
			InvalidParameterValue.LimitExceeded InvalidParameterValue.TaskInstanceNum ResourceNotFound.ComputeEnv
			ActionOffline InvalidAction UnsupportedRegion`,
	} {
		for _, code := range strings.Fields(names) {
			service, network := emulated()
			service.Switches.SubmitRefusal = code
			item := start(t, network, inputs)
			e, ok := errors.AsType[*job.Error](item.Err)
			if !ok || e.Code != code || e.Meaning == "" || e.Cure == "" || e.RequestID == "" {
				t.Errorf("%s: got %+v", code, item)
				continue
			}
			if got := job.OutcomeOf(e); got != outcome {
				t.Errorf("%s: outcome %s, want %s", code, got, outcome)
			}
		}
	}
}

func codeOf(code string) cloud.Code { return cloud.Explain(code, codes) }

// TestStorageHint: a scheme is refused for the folders of a task. Who has an
// http:// address in PackagePath, which the vendor's guide shows, is not to
// change it.
func TestStorageHint(t *testing.T) {
	said := codeOf("InvalidParameterValue.RemoteStorageSchemeType").Meaning + "; " + codeOf("InvalidParameterValue.RemoteStorageSchemeType").Cure
	for _, part := range []string{"RedirectInfo", "InputMappings", "OutputMappings", "PackagePath is another matter, and may be http://"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q does not say %q", said, part)
		}
	}
}
