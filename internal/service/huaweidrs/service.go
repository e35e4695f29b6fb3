package huaweidrs

import (
	"cmp"
	"context"
	"strconv"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	drs "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/drs/v3/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// Calls are the calls of DRS that we make. No rate is published for it.
func Calls() []cloud.Call { return []cloud.Call{batchStartJobs()} }

func batchStartJobs() cloud.Call {
	return cloud.Call{
		Name: "BatchStartJobs", Does: "starts replication tasks", Where: "the task's status in the console",
		Permission: "presumably drs:migrationJob:action (UNVERIFIED: no page names the start's own action)",
		Answer:     `{"results":[],"count":0}`,
	}
}

// service starts all tasks of one call.
type service struct {
	account  *huawei.Account
	tasks    []task
	language string
}

var _ engine.Service = (*service)(nil)

func (s *service) What() []string {
	what := make([]string, len(s.tasks))
	for i, t := range s.tasks {
		what[i] = "task " + t.jobID
	}
	return what
}

// startAnswer is the reply of batch-starting. The document's table calls the
// list results and its sample jobs, and the SDK's model reads only results, so
// both are read.
type startAnswer struct {
	Results        []started `json:"results"`
	Jobs           []started `json:"jobs"`
	HttpStatusCode int       `json:"-"` // the SDK sets it
}

type started struct {
	ID        string `json:"id"`
	Status    string `json:"status"` // success or failed
	ErrorCode string `json:"error_code"`
	ErrorMsg  string `json:"error_msg"`
	OrderID   string `json:"order_id"`
}

func (s *service) Start(ctx context.Context) []job.Item {
	call := batchStartJobs()
	answer := &startAnswer{}
	requestID, err := s.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		definition := drs.GenReqDefForBatchStartJobs()
		definition.Response = answer
		_, err := client.Sync(s.request(), definition)
		return err
	})
	items := engine.Each(s.What(), job.Item{Provider: Name, RequestID: requestID, Err: err})
	if err != nil {
		return items
	}
	said := map[string]started{}
	for _, r := range append(answer.Results, answer.Jobs...) {
		said[r.ID] = r
	}
	for i, t := range s.tasks {
		s.judge(&items[i], t, said)
	}
	return items
}

// judge takes one task's part out of the answer. The status of the whole call
// is one of success even if single tasks failed.
func (s *service) judge(item *job.Item, t task, said map[string]started) {
	call := batchStartJobs()
	r, there := said[t.jobID]
	item.Status = r.Status
	switch {
	case !there:
		item.Err = cloud.Unknown(call, "the answer does not name the task; look at its status in the console", nil)
	case r.Status == "success":
		item.Ref = job.Ref{ID: r.ID}
		item.Note = note(t, r)
	case r.Status == "failed":
		c := cloud.Explain(r.ErrorCode, codes)
		item.Err = &job.Error{
			Fault: c.Fault, Call: call.Name, Code: r.ErrorCode, Message: cloud.Shorten(r.ErrorMsg), RequestID: item.RequestID,
			Meaning: cmp.Or(c.Meaning, "the task was refused"), Cure: cmp.Or(c.Cure, "see the message"),
		}
	default:
		item.Err = cloud.Unknown(call, "the answer gives the task the status "+strconv.Quote(r.Status)+", which is not documented", nil)
	}
}

func note(t task, r started) string {
	n := ""
	if ms, err := strconv.ParseInt(t.startTime, 10, 64); err == nil {
		n = "scheduled for " + time.UnixMilli(ms).UTC().Format(time.RFC3339)
	}
	if r.OrderID != "" {
		n = cmp.Or(n, "started") + "; order " + r.OrderID
	}
	return n
}

func (s *service) request() *model.BatchStartJobsRequest {
	language := model.GetBatchStartJobsRequestXLanguageEnum().EN_US
	if s.language == chinese {
		language = model.GetBatchStartJobsRequestXLanguageEnum().ZH_CN
	}
	infos := make([]model.StartInfo, len(s.tasks))
	for i, t := range s.tasks {
		infos[i] = model.StartInfo{JobId: t.jobID, IsOnlyInitTask: t.onlyInitTask, IsAutoCreateCompare: t.autoCreateCompare}
		if t.startTime != "" {
			infos[i].StartTime = &t.startTime
		}
	}
	return &model.BatchStartJobsRequest{XLanguage: &language, Body: &model.BatchStartJobReq{Jobs: infos}}
}

// codes are those of DRS that a start can meet (sheet huawei-drs §8).
var codes = []cloud.Code{
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
	{Code: "DRS.M00304", Fault: job.Refused, Meaning: "not allowed in the task's present status", Cure: "configure it and let its precheck pass; a task that runs cannot be started again"},
	{Code: "DRS.M00305", Fault: job.Refused, Meaning: "a parameter is wrong", Cure: "see the message"},
	{Code: "DRS.M00307", Fault: job.Refused, Meaning: "only sub-tasks can be started", Cure: "name the sub-tasks"},
	{Code: "DRS.M00308", Fault: job.Refused, Meaning: "only parent tasks can be started", Cure: "name the parent"},
	{Code: "DRS.M01501", Fault: job.Ambiguous, Meaning: "a fault of the service's", Cure: "look at the task's status before starting it again"},
	{Code: "DRS.M01503", Fault: job.Throttled, Meaning: "too many requests", Cure: "wait a little and run the step again"},
	{Code: "DRS.M01504", Fault: job.Refused, Meaning: "another operation is running on the task, or it is not well", Cure: "look at its status and try later"},
	{Code: "DRS.M05003", Fault: job.Refused, Meaning: "no such task", Cure: "check the id and region"},
	{Code: "DRS.M05004", Fault: job.Refused, Meaning: "the task was deleted or released", Cure: "create a new one"},
}
