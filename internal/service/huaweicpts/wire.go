package huaweicpts

// This file is the little that is read of the answers. The SDK's own types are
// not used for it: they refuse a whole answer for one decimal or one time that
// they did not expect (sheet huawei-cpts §9). So what is a number, a text or
// null on the wire is taken as it comes.

import (
	"encoding/json"
	"strconv"
	"time"
)

// stopBody is BatchUpdateTaskStatus for a stop. The SDK's type cannot send the
// empty network_info that is known to work (sheet huawei-cpts §4.1).
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

type stopAnswer struct {
	HttpStatusCode int `json:"-"` // the SDK sets it
	Result         []struct {
		TaskID any `json:"task_id"`
	} `json:"result"`
}

// takes tells that the stop of the task was taken.
func (a stopAnswer) takes(task string) bool {
	for _, r := range a.Result {
		if id(r.TaskID) == task {
			return true
		}
	}
	return false
}

type taskSetAnswer struct {
	HttpStatusCode int `json:"-"`
	Tasks          []struct {
		ID   any `json:"id"`
		Name any `json:"name"`
	} `json:"tasks"`
}

type taskAnswer struct {
	HttpStatusCode int       `json:"-"`
	TaskInfo       *taskInfo `json:"taskInfo"`
}

// taskInfo is a task as ShowTask shows it: the state of its last run, and of
// that run's cases.
type taskInfo struct {
	RunStatus  any             `json:"run_status"`
	Cases      []caseRun       `json:"related_temp_running_data"`
	Parallel   any             `json:"parallel"`
	Definition json.RawMessage `json:"case_list"` // apart, because only people miss it if it is not as documented
}

type caseRun struct {
	RunID  any `json:"task_run_info_id"`
	Nested []struct {
		Status any `json:"temp_running_status"`
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
	HttpStatusCode int      `json:"-"`
	Runs           []logged `json:"log_list"`
}

// logged is a run as ShowHistoryRunInfo lists it.
type logged struct {
	RunID     any `json:"run_id"` // with decimals, by the SDK's type
	StartTime any `json:"start_time"`
	EndTime   any `json:"end_time"` // null while it runs (UNVERIFIED)
}

func (r logged) ended() bool { return text(r.EndTime) != "" }

type casesAnswer struct {
	HttpStatusCode int `json:"-"`
	Result         struct {
		ErrMessage any       `json:"err_message"`
		Cases      []runCase `json:"case_aw_info_list"`
	} `json:"result"`
}

// runCase is a case within a run. Which of its ids names it in the other calls
// is told in two ways (sheet huawei-cpts §6.2).
type runCase struct {
	Name       any `json:"name"`
	TestcaseID any `json:"testcaseId"` // HWDOC
	CaseURI    any `json:"case_uri_i"` // SDK
}

type detailAnswer struct {
	HttpStatusCode int `json:"-"`
	Result         struct {
		Detail caseDetail `json:"detail"`
	} `json:"result"`
}

type caseDetail struct {
	Total struct {
		figures
		FailedReason any `json:"failedReason"`
		ResultLog    any `json:"resultLog"`
		TaskStatus   any `json:"taskStatus"`
	} `json:"performance"`
	Requests []figures `json:"detailDatas"`
}

// told tells that the case was there, though it may have no numbers yet.
func (d *caseDetail) told() bool {
	t := &d.Total
	return t.ready() || first(t.Name, t.TaskStatus) != nil || first(t.FailedReason, t.ResultLog) != nil
}

// endAnswer is what the summary of a run tells of its end.
type endAnswer struct {
	HttpStatusCode int `json:"-"`
	Result         struct {
		Outline struct {
			Execution struct {
				TaskStatus any `json:"task_status"`
			} `json:"task_basic_execution_data"`
		} `json:"outline"`
	} `json:"result"`
}

// whole reads a number that may come with decimals or in quotes.
func whole(v any) (n int, ok bool) {
	written := text(v)
	if number, is := v.(json.Number); is {
		written = number.String()
	}
	f, err := strconv.ParseFloat(written, 64)
	return int(f), err == nil
}

// id reads an id; 0 and null are none.
func id(v any) string {
	if n, ok := whole(v); ok && n > 0 {
		return strconv.Itoa(n)
	}
	return ""
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// when reads a time with its offset; null is not yet.
func when(v any) time.Time {
	t, err := time.Parse(time.RFC3339, text(v))
	if err != nil {
		return time.Time{}
	}
	return t
}
