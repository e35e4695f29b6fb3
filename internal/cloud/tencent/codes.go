package tencent

import (
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Codes explains the codes of every product, and those of the login.
func Codes() []cloud.Code { return slices.Concat(commonCodes, stsCodes) }

// commonCodes are the codes of every product (facts tencent-auth §4). Fault is
// what a code means for a call that starts something: a general failure may
// have come after the effect.
var commonCodes = []cloud.Code{
	{Code: "AuthFailure", Fault: job.Denied, Meaning: "the login failed", Cure: "check the key and its permissions"},
	{Code: "AuthFailure.InvalidAuthorization", Fault: job.Denied, Meaning: "the signature's header is malformed", Cure: "a proxy may change headers"},
	{Code: "AuthFailure.InvalidSecretId", Fault: job.Denied, Meaning: "this is no key of the cloud's API", Cure: "check which kind of key was stored"},
	{Code: "AuthFailure.MFAFailure", Fault: job.Denied, Meaning: "the key wants a second factor", Cure: "use a key or role without one for workflows"},
	{Code: "AuthFailure.SecretIdNotFound", Fault: job.Denied, Meaning: "the key is unknown, deleted or disabled", Cure: "check the secret, also for stray spaces"},
	{Code: "AuthFailure.SignatureExpire", Fault: job.Denied, Meaning: "this machine's clock is more than 5 minutes off", Cure: "set the runner's clock"},
	{Code: "AuthFailure.SignatureFailure", Fault: job.Denied, Meaning: "the signature does not match", Cure: "check the secret key; a proxy that rewrites the host does this too"},
	{Code: "AuthFailure.TokenFailure", Fault: job.Denied, Meaning: "the session token is wrong or expired", Cure: "get new temporary credentials"},
	{Code: "AuthFailure.UnauthorizedOperation", Fault: job.Denied, Meaning: "access management denies this call", Cure: "attach the policy that the provider's page names"},
	{Code: "UnauthorizedOperation", Fault: job.Denied, Meaning: "access management denies this call", Cure: "attach the policy that the provider's page names"},
	{Code: "IpInBlacklist", Fault: job.Denied, Meaning: "the key's rules refuse this address", Cure: "hosted runners have no fixed address"},
	{Code: "IpNotInWhitelist", Fault: job.Denied, Meaning: "the key's rules refuse this address", Cure: "hosted runners have no fixed address"},
	{Code: "ActionOffline", Fault: job.Refused, Meaning: "this API was withdrawn here", Cure: "try the other site"},
	{Code: "InvalidAction", Fault: job.Refused, Meaning: "this address does not serve the call", Cure: "check endpoint and site"},
	{Code: "NoSuchProduct", Fault: job.Refused, Meaning: "this address does not serve the product", Cure: "check endpoint and site"},
	{Code: "NoSuchVersion", Fault: job.Refused, Meaning: "this address does not serve the version", Cure: "check endpoint and site"},
	{Code: "UnsupportedRegion", Fault: job.Refused, Meaning: "the product is not in this region", Cure: "check region"},
	{Code: "InvalidParameter", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message for which"},
	{Code: "InvalidParameterValue", Fault: job.Refused, Meaning: "a parameter's value is wrong", Cure: "see the message for which"},
	{Code: "MissingParameter", Fault: job.Refused, Meaning: "a required parameter is missing", Cure: "see the message for which"},
	{Code: "UnknownParameter", Fault: job.Refused, Meaning: "the API does not know a parameter", Cure: "see the message for which"},
	{Code: "RequestSizeLimitExceeded", Fault: job.Refused, Meaning: "the request is too large", Cure: "make it smaller"},
	{Code: "ResponseSizeLimitExceeded", Fault: job.Ambiguous, Meaning: "the answer was too large to be sent, perhaps after the job began", Cure: "look for the job before starting it again"},
	{Code: "UnsupportedOperation", Fault: job.Refused, Meaning: "not allowed in this state", Cure: "see the message"},
	{Code: "UnsupportedProtocol", Fault: job.Refused, Meaning: "the request came over a protocol that is not served", Cure: "a proxy may change requests; check endpoint"},
	{Code: "InvalidRequest", Fault: job.Refused, Meaning: "the request is malformed", Cure: "a proxy may change requests"},
	{Code: "DryRunOperation", Fault: job.Refused, Meaning: "the call was only a trial and would have succeeded", Cure: "a proxy may change requests: none of ours is a trial"},
	{Code: "ResourceNotFound", Fault: job.Refused, Meaning: "no such id in this account, site or region", Cure: "check ids, region and site"},
	{Code: "ResourceInUse", Fault: job.Refused, Meaning: "it is busy", Cure: "wait until it is free"},
	{Code: "ResourceInsufficient", Fault: job.Throttled, Meaning: "the cloud is out of capacity", Cure: "try later or elsewhere"},
	{Code: "ResourceUnavailable", Fault: job.Refused, Meaning: "it cannot be used now", Cure: "try later"},
	{Code: "LimitExceeded", Fault: job.Throttled, Meaning: "a quota is used up", Cure: "free some of it or ask for more"},
	{Code: "RequestLimitExceeded", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a little and run the step again"},
	{Code: "FailedOperation", Fault: job.Ambiguous, Meaning: "a general failure, perhaps after the job began", Cure: "look for the job before starting it again"},
	{Code: "InternalError", Fault: job.Ambiguous, Meaning: "a fault of the cloud's, perhaps after the job began", Cure: "look for the job before starting it again; quote the request id to support"},
	{Code: "ServiceUnavailable", Fault: job.Ambiguous, Meaning: "the service is down", Cure: "look for the job before starting it again"},
}
