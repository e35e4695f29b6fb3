package huaweicpts

// This file is the little that is read of the answers. The SDK's own types are
// not used for it: they refuse a whole answer for one decimal or one time that
// they did not expect (facts huawei-cpts §9). So a number, a
// text or null is taken as it comes.

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
)

// answer is one of the answers below.
type answer interface {
	top() *head
	tells() bool // it has what was asked for
}

// head is what stands beside the payload of an answer.
type head struct {
	HttpStatusCode int        `json:"-"` // the SDK sets it
	Code           cloud.Text `json:"code"`
	Message        cloud.Text `json:"message"`
}

func (h *head) top() *head { return h }

// refusal is what an answer of success refuses, or nil. An answer that tells
// what was asked for refuses nothing, whatever its code: two codes of success
// are documented (facts huawei-cpts §1).
func refusal(a answer) error {
	code := string(a.top().Code)
	last := code[strings.LastIndexByte(code, '.')+1:]
	if strings.Trim(last, "0") == "" || a.tells() {
		return nil
	}
	return &huawei.Refusal{Code: code, Message: string(a.top().Message), As: statusIn(last)}
}

// statusIn is the HTTP status that a code holds, 0 if none: 4032002 comes with
// 403, 04006025 with 400, 05001001 with 500 (facts huawei-cpts §8).
func statusIn(digits string) int {
	if n, err := strconv.Atoi(digits); err == nil && n >= 100_0000 && n <= 599_9999 {
		return n / 1_0000
	}
	return 0
}

type createAnswer struct {
	head
	TaskID cloud.Number `json:"task_id"`
}

// tells takes a 0 for a task: the range of ids begins there (facts huawei-cpts §1).
func (a *createAnswer) tells() bool { return inRange(a.TaskID) }

// stopBody is BatchUpdateTaskStatus for a stop. The SDK's type cannot send the
// empty network_info that is known to work (facts huawei-cpts §4.1).
type stopBody struct {
	Type        int32    `json:"type"`
	ProjectID   int32    `json:"project_id"`
	TaskIDs     []int32  `json:"task_id_list"`
	ClusterID   int32    `json:"cluster_id"`
	ClusterType string   `json:"cluster_type"`
	NetworkInfo struct{} `json:"network_info"`
	Status      int32    `json:"status"`
}

type stopRequest struct {
	TestSuitId int32     `json:"test_suit_id"` // spelt so in the path
	Body       *stopBody `json:"body"`
}

// statusAnswer answers a start or a stop.
type statusAnswer struct {
	head
	Result []struct {
		TaskID cloud.Number `json:"task_id"`
		RunID  cloud.Number `json:"task_run_id"`
	} `json:"result"`
}

func (a *statusAnswer) tells() bool { return len(a.Result) > 0 }

// run is the run that was started of a task, empty if none is named.
func (a *statusAnswer) run(task string) string {
	for _, r := range a.Result {
		if names(r.TaskID, task) && id(r.RunID) != "" {
			return id(r.RunID)
		}
	}
	return ""
}

// takes tells that the stop of the task was taken.
func (a *statusAnswer) takes(task string) bool {
	for _, r := range a.Result {
		if names(r.TaskID, task) {
			return true
		}
	}
	return false
}

type taskSetAnswer struct {
	head
	Tasks []struct {
		ID   cloud.Number `json:"id"`
		Name cloud.Text   `json:"name"`
	} `json:"tasks"`
}

func (a *taskSetAnswer) tells() bool { return a.Tasks != nil }

type taskAnswer struct {
	head
	TaskInfo *taskInfo `json:"taskInfo"`
}

func (a *taskAnswer) tells() bool { return a.TaskInfo != nil }

// taskInfo is a task as ShowTask shows it: the state of its last run, and of
// that run's cases.
type taskInfo struct {
	Project    cloud.Number    `json:"project_id"` // the test project
	RunStatus  cloud.Number    `json:"run_status"`
	Cases      []caseRun       `json:"related_temp_running_data"`
	Parallel   cloud.Flag      `json:"parallel"`
	Definition json.RawMessage `json:"case_list"` // apart, because only people miss it if it is not as documented
}

// definition is a case as ShowTask and ShowCase define it (facts huawei-cpts
// §6.4).
type definition struct {
	ID     cloud.Number `json:"case_id"`
	Status amount       `json:"status"`
	Stages []stage      `json:"stages"`
}

type stage struct {
	By       amount `json:"operate_mode"`
	Pressure amount `json:"pressure_mode"`
	Seconds  amount `json:"time"`
	Users    amount `json:"issue_num"` // at the most
	Highest  amount `json:"maximum"`   // of the modes in which users come and go
}

type caseAnswer struct {
	head
	Case json.RawMessage `json:"test_case"`
}

func (a *caseAnswer) tells() bool { return len(a.Case) > 0 && string(a.Case) != "null" }

type caseRun struct {
	RunID  cloud.Number `json:"task_run_info_id"`
	CaseID cloud.Number `json:"temp_id"`
	Nested []struct {
		Status cloud.Number `json:"temp_running_status"`
	} `json:"related_temp_running_data"`
}

// run is the run that is shown, empty if none is.
func (t taskInfo) run() string {
	for _, c := range t.Cases {
		if run := id(c.RunID); run != "" {
			return run
		}
	}
	return ""
}

// cases are the states of the shown run's cases.
func (t taskInfo) cases() (states []int) {
	for _, c := range t.Cases {
		for _, one := range c.Nested {
			if n, ok := whole(one.Status); ok {
				states = append(states, n)
			}
		}
	}
	return states
}

// status is the state of the last run. A 2 may be that of a task that did not
// yet notice its start, so beside a case in another state it is doubtful, and
// that state is told: of a case that still runs, if there is one.
func (t taskInfo) status() (state int, known, doubtful bool) {
	state, known = whole(t.RunStatus)
	if !known || state != ended {
		return state, known, false
	}
	for _, of := range t.cases() {
		if of != ended && !live(state) {
			state = of
		}
	}
	return state, true, state != ended
}

type historyAnswer struct {
	head
	Runs []logged `json:"log_list"`
}

func (a *historyAnswer) tells() bool { return a.Runs != nil }

// logged is a run as ShowHistoryRunInfo lists it.
type logged struct {
	RunID     cloud.Number `json:"run_id"` // with decimals, by the SDK's type
	StartTime cloud.Text   `json:"start_time"`
	EndTime   cloud.Text   `json:"end_time"` // null while it runs (UNVERIFIED)
}

// ended tells of an end, also of one whose time cannot be read.
func (r logged) ended() bool { return strings.Trim(string(r.EndTime), "0") != "" }

// times are when the run began and ended, as far as they can be.
func (r logged) times() (begun, ended time.Time) {
	begun, ended = when(r.StartTime), when(r.EndTime)
	if ended.Before(begun) {
		ended = time.Time{}
	}
	return begun, ended
}

type casesAnswer struct {
	head
	Result struct {
		ErrMessage cloud.Text `json:"err_message"`
		Cases      []runCase  `json:"case_aw_info_list"`
	} `json:"result"`
}

func (a *casesAnswer) tells() bool { return a.Result.Cases != nil || a.Result.ErrMessage != "" }

// runCase is a case within a run. Which of its ids names it in the other calls
// is told in two ways (facts huawei-cpts §6.2).
type runCase struct {
	Name       cloud.Text   `json:"name"`
	TestcaseID cloud.Number `json:"testcaseId"` // HWDOC
	CaseURI    cloud.Number `json:"case_uri_i"` // SDK
}

type detailAnswer struct {
	head
	Result struct {
		Detail caseDetail `json:"detail"`
	} `json:"result"`
}

func (a *detailAnswer) tells() bool { return a.Result.Detail.told() }

type caseDetail struct {
	Total struct {
		figures
		FailedReason cloud.Text   `json:"failedReason"`
		ResultLog    cloud.Text   `json:"resultLog"`
		TaskStatus   cloud.Number `json:"taskStatus"`
	} `json:"performance"`
	Requests []figures `json:"detailDatas"`
}

// told tells that the case was there, though it may have no numbers yet.
func (d *caseDetail) told() bool {
	t := &d.Total
	return t.ready() || t.TaskStatus.Given || cmp.Or(t.Name, t.FailedReason, t.ResultLog) != ""
}

// endAnswer is what the summary of a run tells of its end.
type endAnswer struct {
	head
	Result struct {
		Outline struct {
			Execution struct {
				TaskStatus cloud.Number `json:"task_status"`
			} `json:"task_basic_execution_data"`
		} `json:"outline"`
	} `json:"result"`
}

func (a *endAnswer) tells() bool { return a.Result.Outline.Execution.TaskStatus.Given }

// whole is a number without its decimals.
func whole(n cloud.Number) (whole int, known bool) {
	i, known := n.Int()
	return int(i), known
}

// id is the id of a run or of a task that is there; 0 and null are none.
func id(n cloud.Number) string {
	if i, _ := whole(n); i > 0 && inRange(n) {
		return strconv.Itoa(i)
	}
	return ""
}

// inRange tells of an id that the vendor's integers can hold (facts huawei-cpts
// §1).
func inRange(n cloud.Number) bool {
	i, known := whole(n)
	return known && i >= 0 && i <= math.MaxInt32
}

// names tells that an answer names an id of ours.
func names(n cloud.Number, ours string) bool {
	i, known := whole(n)
	return known && strconv.Itoa(i) == ours
}

// when is a time: with its offset, as in all samples, or in seconds or
// milliseconds since 1970, because the form of some is not documented. Null is
// not yet.
func when(t cloud.Text) time.Time {
	if n, known := t.Number().Int(); known && n >= 1e9 && n < 1e11 {
		return time.Unix(n, 0)
	}
	return t.Time()
}

type reportAnswer struct {
	head
	Result struct {
		Curves  curves `json:"brokens"`
		Ranges  ranges `json:"respTimeRange"`
		Outline struct {
			Start cloud.Text `json:"startTime"`
			End   cloud.Text `json:"endTime"`
		} `json:"outline"`
		Details struct {
			Data []struct {
				Total    figures   `json:"performance"`
				Requests []figures `json:"detailDatas"`
			} `json:"data"`
		} `json:"details"`
	} `json:"result"`
}

func (a *reportAnswer) tells() bool { return len(a.Result.Details.Data) > 0 }

// loadAnswer is what the summary of a run counts so far.
type loadAnswer struct {
	head
	Result struct {
		Outline struct {
			Core coreIndex `json:"core_index"`
		} `json:"outline"`
	} `json:"result"`
}

func (a *loadAnswer) tells() bool { return a.Result.Outline.Core.text() != "" }

type coreIndex struct {
	Requests  amount `json:"request_count"`
	Successes amount `json:"success_count"`
	Failures  amount `json:"error_request_count"`
	RPS       amount `json:"rps"` // on average
	Users     amount `json:"max_users"`
}

type treeAnswer struct {
	head
	Directory []leaf `json:"directory"`
}

// leaf is a directory or a case, of type 2. Its status is 1 if it may be used.
type leaf struct {
	ID     cloud.Number `json:"id"`
	Name   cloud.Text   `json:"name"`
	Status cloud.Number `json:"status"`
	Type   cloud.Number `json:"type"`
}

func (a *treeAnswer) tells() bool { return a.Directory != nil }
