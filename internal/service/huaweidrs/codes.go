package huaweidrs

// This file explains the codes of DRS.

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// The codes by which something is decided; codes explains them.
const (
	unknownID = "DRS.M00289"
	notFound  = "DRS.M05003"
	gone      = "DRS.M05004" // deleted or released; stands in the place of a status
	notNow    = "DRS.M00304"
	busy      = "DRS.M01504"
)

// Codes explains DRS's own codes.
func Codes() []cloud.Code { return codes }

// codes are those of DRS that our calls can meet (facts huawei-drs §8).
var codes = []cloud.Code{
	{Code: "DRS.KE0002", Fault: job.Refused, Meaning: "a database refused the user or the password", Cure: "correct the task's connection and let its precheck pass"},
	{Code: "DRS.M00002", Fault: job.Refused, Meaning: "the service found nothing", Cure: "check the task ids"},
	{Code: "DRS.M00004", Fault: job.Ambiguous, Meaning: "the service is not well", Cure: "look at the task's status before starting it again"},
	{Code: "DRS.M00007", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00100", Fault: job.Denied, Meaning: "the token is invalid", Cure: "check the credentials"},
	{Code: "DRS.M00101", Fault: job.Denied, Meaning: "the user has no role", Cure: "give the user a DRS role in the project"},
	{Code: "DRS.M00102", Fault: job.Denied, Meaning: "a permission is missing", Cure: "give the user a DRS role in the project"},
	{Code: "DRS.M00103", Fault: job.Denied, Meaning: "a permission is missing", Cure: "give the user a DRS role in the project"},
	{Code: "DRS.M00105", Fault: job.Denied, Meaning: "the account is restricted", Cure: "see the console; payment may be due"},
	{Code: "DRS.M00200", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00201", Fault: job.Refused, Meaning: "a parameter is empty", Cure: "see the message"},
	{Code: "DRS.M00202", Fault: job.Refused, Meaning: "a parameter's value is invalid", Cure: "see the message"},
	{Code: "DRS.M00261", Fault: job.Denied, Meaning: "the project id is invalid", Cure: "check project_id and region"},
	{Code: "DRS.M00273", Fault: job.Refused, Meaning: "a parameter holds what is forbidden", Cure: "see the message"},
	{Code: "DRS.M00289", Fault: job.Refused, Meaning: "no such task", Cure: "check the id and region"},
	{Code: "DRS.M00299", Fault: job.Refused, Meaning: "only one task may be started in a call", Cure: "give each task a step, or an entry of the plan file, of its own"},
	{Code: "DRS.M00300", Fault: job.Refused, Meaning: "the request is invalid", Cure: "see the message"},
	{Code: "DRS.M00301", Fault: job.Refused, Meaning: "a task stands twice in the request", Cure: "name each once"},
	{Code: "DRS.M00302", Fault: job.Refused, Meaning: "this kind of replication is not supported", Cure: "start the task in the console"},
	{Code: "DRS.M00303", Fault: job.Refused, Meaning: "the service misses a setting of the task", Cure: "configure the task in the console"},
	{Code: "DRS.M00304", Fault: job.Refused, Meaning: "not allowed in the task's present status", Cure: "look at its status: a task is started when it is configured and its precheck has passed, and resumed when it is paused; one that runs is not started again"},
	{Code: "DRS.M00305", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00307", Fault: job.Refused, Meaning: "only sub-tasks can be started", Cure: "name the sub-tasks"},
	{Code: "DRS.M00308", Fault: job.Refused, Meaning: "only parent tasks can be started", Cure: "name the parent"},
	{Code: "DRS.M01501", Fault: job.Ambiguous, Meaning: "a fault of the service's", Cure: "look at the task's status before starting it again"},
	{Code: "DRS.M01503", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a little and run the step again"},
	{Code: "DRS.M01504", Fault: job.Refused, Meaning: "another operation is running on the task, or it is not well", Cure: "look at its status and try later"},
	{Code: "DRS.M05003", Fault: job.Refused, Meaning: "no such task", Cure: "check the id and region"},
	{Code: "DRS.M05004", Fault: job.Refused, Meaning: "the task was deleted or released", Cure: "create a new one"},
}

// codeOf is the vendor's code in an error; empty if there is none.
func codeOf(err error) string {
	if e, ok := errors.AsType[*job.Error](err); ok {
		return e.Code
	}
	return ""
}

// explain completes an error with the reply's code and what it means; what the
// error says already stays where the code is not known.
func (r reply) explain(e job.Error) *job.Error {
	e.Code, e.Message = string(r.ErrorCode), cmp.Or(r.message(), "no message")
	if c := cloud.Explain(e.Code, codes); c.Meaning != "" {
		e.Fault, e.Meaning, e.Cure = c.Fault, c.Meaning, c.Cure
	}
	if r.ID != "" {
		e.Message = "task " + string(r.ID) + ": " + e.Message
	}
	return &e
}

// tidy takes the reason out of an error that the SDK did not understand: it may
// stand beside a task, as that of an id that does not exist (facts huawei-drs
// §5). What is left of the raw body, or of the piece of it that the SDK's
// decoder quotes, is dropped, because batch-detail holds addresses of
// databases.
func tidy(err error) error {
	e, ok := errors.AsType[*job.Error](err)
	sdk, raw := errors.AsType[*sdkerr.ServiceResponseError](err)
	if !ok || !raw || sdk.ErrorCode != "" {
		return err
	}
	known := *e
	known.Err, known.Message = nil, fmt.Sprintf("HTTP %d with a body of an unexpected form", e.Status)
	var said answer
	if json.Unmarshal([]byte(sdk.ErrorMessage), &said) != nil {
		return &known
	}
	old := reply{ErrorCode: cloud.Text(strings.Replace(string(said.OldCode), "DRS-", "DRS.", 1)), ErrorMsg: said.OldMsg}
	for _, r := range append(said.Results, old) {
		if r.ErrorCode != "" {
			return r.explain(known)
		}
	}
	return &known
}
