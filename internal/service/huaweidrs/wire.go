package huaweidrs

// This file is the little that is read and written on the wire. The SDK's own
// types are not used for answers: what is a number or a text is taken as it
// comes (facts huawei-drs §5).

import (
	"cmp"
	"regexp"
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
	Results        []reply    `json:"results"`
	Jobs           []reply    `json:"jobs"`
	OldCode        cloud.Text `json:"err code"`
	OldMsg         cloud.Text `json:"err msg"`
	HttpStatusCode int        `json:"-"` // the SDK sets it
}

// reply is what a call says of one task. Each call fills its own part; of
// batch-detail, which has addresses of databases too, only this is kept.
type reply struct {
	ID           cloud.Text `json:"id"`
	JobID        cloud.Text `json:"job_id"` // batch-progress calls it so
	Status       cloud.Text `json:"status"` // the task's; of a start or stop: success or failed
	ErrorCode    cloud.Text `json:"error_code"`
	ErrorMsg     cloud.Text `json:"error_msg"`
	ErrorMessage cloud.Text `json:"error_message"` // batch-status and batch-detail call it so
	OrderID      cloud.Text `json:"order_id"`

	TaskType     cloud.Text `json:"task_type"`
	FailedReason cloud.Text `json:"failed_reason"`
	BegunAt      cloud.Text `json:"actual_start_time"`           // epoch milliseconds, as the next two
	CopiedAt     cloud.Text `json:"full_transfer_complete_time"` // in this run or an earlier one
	UpdatedAt    cloud.Text `json:"update_time"`                 // of its last change
	ParentID     cloud.Text `json:"parent_id"`
	MultiWrite   cloud.Flag `json:"multi_write"` // true: of a dual-active disaster recovery

	Progress       cloud.Text `json:"progress"`          // whole percent
	Delay          cloud.Text `json:"incre_trans_delay"` // seconds; -1 or empty: not known
	TaskMode       cloud.Text `json:"task_mode"`         // as TaskType
	TransferStatus cloud.Text `json:"transfer_status"`   // as Status
}

// parent tells of the parent task of a dual-active disaster recovery. That it
// alone of its tasks has no parent_id is our reading of the field (UNVERIFIED).
func (r reply) parent() bool { return r.MultiWrite.Is && r.ParentID == "" }

// word is the task's status, or the code that stands in its place.
func (r reply) word() string { return string(cmp.Or(r.Status, r.ErrorCode)) }

// message is the vendor's text beside a code; empty if there is none.
func (r reply) message() string { return legible(string(cmp.Or(r.ErrorMsg, r.ErrorMessage))) }

// quantity is a number that DRS writes as a text (facts huawei-drs §5), a
// percentage too. -1 and nothing are no data.
func quantity(t cloud.Text) cloud.Number {
	n := cloud.Text(strings.TrimSuffix(string(t), "%")).Number()
	if n.Value < 0 {
		return cloud.Number{}
	}
	return n
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
		ID        cloud.Text `json:"precheck_id"`
		Result    cloud.Flag `json:"result"`
		Process   cloud.Text `json:"process"`
		Passed    cloud.Text `json:"total_passed_rate"`
		ErrorCode cloud.Text `json:"error_code"`
		ErrorMsg  cloud.Text `json:"error_msg"`
	} `json:"results"`
	HttpStatusCode int `json:"-"` // the SDK sets it
}
