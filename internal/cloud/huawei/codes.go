package huawei

import (
	"slices"

	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Codes explains the codes of the API gateway, and those of the login.
func Codes() []cloud.Code { return slices.Concat(gatewayCodes, stsCodes) }

// gatewayCodes are the API gateway's codes (facts huawei-auth §5), which come
// before any service sees the call.
var gatewayCodes = []cloud.Code{
	{Code: "APIGW.0101", Fault: job.Refused, Meaning: "this address does not publish the call", Cure: "check region and endpoint"},
	{Code: "APIGW.0103", Fault: job.Ambiguous, Meaning: "the gateway found no backend", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0104", Fault: job.Ambiguous, Meaning: "the gateway found no backend", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0105", Fault: job.Ambiguous, Meaning: "the gateway found no backend", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0106", Fault: job.Refused, Meaning: "the gateway misses a parameter", Cure: "DataArts wants workspace here"},
	{Code: "APIGW.0301", Fault: job.Denied, Meaning: "the login failed: key, secret, token or clock", Cure: "check the secret and the runner's clock; after 5 failures the key is locked for some minutes"},
	{Code: "APIGW.0302", Fault: job.Denied, Meaning: "this login is not allowed to call it", Cure: "give its user, group or agency the permission that the provider's page names"},
	{Code: "APIGW.0303", Fault: job.Denied, Meaning: "the login failed", Cure: "check the credentials"},
	{Code: "APIGW.0304", Fault: job.Denied, Meaning: "not allowed to call it", Cure: "check the permissions"},
	{Code: "APIGW.0305", Fault: job.Denied, Meaning: "the login failed", Cure: "check the credentials"},
	{Code: "APIGW.0306", Fault: job.Denied, Meaning: "not allowed to call it", Cure: "check the permissions"},
	{Code: "APIGW.0307", Fault: job.Denied, Meaning: "the token must be renewed", Cure: "get a new token"},
	// Calls within the window count too, so one that comes too early makes it
	// longer (facts huawei-dataarts §8).
	{Code: "APIGW.0308", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait some minutes and run the step again", After: time.Minute},
	{Code: "APIGW.0310", Fault: job.Denied, Meaning: "the project cannot be used", Cure: "check project_id"},
	{Code: "APIGW.0401", Fault: job.Denied, Meaning: "the caller's address is blocked", Cure: "hosted runners have no fixed address"},
	{Code: "APIGW.0402", Fault: job.Denied, Meaning: "the caller's address is blocked", Cure: "hosted runners have no fixed address"},
	{Code: "APIGW.0501", Fault: job.Refused, Meaning: "the method is not allowed", Cure: "check endpoint"},
	{Code: "APIGW.0502", Fault: job.Refused, Meaning: "the method is not allowed", Cure: "check endpoint"},
	{Code: "APIGW.0601", Fault: job.Ambiguous, Meaning: "a fault of the gateway's, perhaps after the job began", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0602", Fault: job.Refused, Meaning: "the request is invalid", Cure: "see the message"},
	{Code: "APIGW.0605", Fault: job.Ambiguous, Meaning: "the gateway could not resolve the backend", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0610", Fault: job.Ambiguous, Meaning: "the backend broke the connection", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0613", Fault: job.Ambiguous, Meaning: "IAM is not available", Cure: "try later"},
	{Code: "APIGW.0705", Fault: job.Ambiguous, Meaning: "the login could not be computed", Cure: "try later"},
	{Code: "APIGW.0801", Fault: job.Ambiguous, Meaning: "the service is not available", Cure: "look for the job before starting it again"},
	{Code: "APIGW.0802", Fault: job.Denied, Meaning: "this user is not allowed in the region", Cure: "check region"},
}
