package huaweidrs

// This file is the little that is read and written on the wire. The SDK's own
// types are not used for answers: what is a number or a text is taken as it
// comes (facts huawei-drs §5).

import (
	"cmp"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"

	"cloudjob/internal/cloud"
)

// request is what every call of DRS takes. The SDK has a type for each, which
// differ in nothing else.
type request struct {
	XLanguage string
	Body      any
}

// answer is every reply of DRS. Document 001's table calls the list of a start
// results and its sample jobs, and the SDK's models read only results, so both
// are read. Very old pages write errors with the last two keys (facts
// huawei-drs §8).
type answer struct {
	Results        []reply `json:"results"`
	Jobs           []reply `json:"jobs"`
	OldCode        text    `json:"err code"`
	OldMsg         text    `json:"err msg"`
	HttpStatusCode int     `json:"-"` // the SDK sets it
}

// reply is what a call says of one task. Each call fills its own part; of
// batch-detail, which has addresses of databases too, only this is kept.
type reply struct {
	ID           text `json:"id"`
	JobID        text `json:"job_id"` // batch-progress calls it so
	Status       text `json:"status"` // the task's; of a start or stop: success or failed
	ErrorCode    text `json:"error_code"`
	ErrorMsg     text `json:"error_msg"`
	ErrorMessage text `json:"error_message"` // batch-status and batch-detail call it so
	OrderID      text `json:"order_id"`

	TaskType     text `json:"task_type"`
	FailedReason text `json:"failed_reason"`
	BegunAt      text `json:"actual_start_time"`           // epoch milliseconds, as the next two
	CopiedAt     text `json:"full_transfer_complete_time"` // in this run or an earlier one
	UpdatedAt    text `json:"update_time"`                 // of its last change
	ParentID     text `json:"parent_id"`
	MultiWrite   text `json:"multi_write"` // true: of a dual-active disaster recovery

	Progress       text `json:"progress"`          // whole percent
	Delay          text `json:"incre_trans_delay"` // seconds; -1 or empty: not known
	TaskMode       text `json:"task_mode"`         // as TaskType
	TransferStatus text `json:"transfer_status"`   // as Status
}

// parent tells of the parent task of a dual-active disaster recovery. That it
// alone of its tasks has no parent_id is our reading of the field (UNVERIFIED).
func (r reply) parent() bool { return r.MultiWrite == "true" && r.ParentID == "" }

// word is the task's status, or the code that stands in its place.
func (r reply) word() string { return string(cmp.Or(r.Status, r.ErrorCode)) }

// message is the vendor's text beside a code; empty if there is none.
func (r reply) message() string { return legible(string(cmp.Or(r.ErrorMsg, r.ErrorMessage))) }

// text is a value that is documented as a string, however it comes: DRS writes
// numbers as strings (facts huawei-drs §5), and nothing promises that it always
// does.
type text string

func (t *text) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil && b[0] != '{' && b[0] != '[' {
		s = string(b)
	}
	if s == "null" { // process_time is, during a full copy (facts huawei-drs §5)
		s = ""
	}
	*t = text(s)
	return nil
}

// number reads a number, a percentage too; whatever else stands there is none.
func (t text) number() (float64, bool) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(string(t)), "%"), 64)
	return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
}

// legible makes a text of the vendor's fit for a log: one line, without the
// addresses of databases.
func legible(s string) string {
	if s == "" {
		return ""
	}
	address := regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b(:\d+)?`)
	return cloud.Shorten(address.ReplaceAllString(s, "(address)"))
}

type precheckAnswer struct {
	Results []struct {
		ID        text `json:"precheck_id"`
		Result    text `json:"result"`
		Process   text `json:"process"`
		Passed    text `json:"total_passed_rate"`
		ErrorCode text `json:"error_code"`
		ErrorMsg  text `json:"error_msg"`
	} `json:"results"`
	HttpStatusCode int `json:"-"` // the SDK sets it
}
