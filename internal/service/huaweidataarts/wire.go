package huaweidataarts

// This file is the little that is read and written on the wire. The SDK's own
// types are not used for answers: they break on real data (facts
// huawei-dataarts §9).

import (
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"cloudjob/internal/cloud"
)

// isID tells an id, which goes into paths and into since, from what is none.
func isID(id cloud.ID) bool {
	return id != "0" && regexp.MustCompile(`^\w[\w-]*$`).MatchString(string(id))
}

// startRequest has the fields that the SDK's definitions of the starts name.
type startRequest struct {
	Workspace *string    `json:"workspace,omitempty"`
	JobName   string     `json:"job_name"`
	Body      *startBody `json:"body,omitempty"`
}

// startBody is the body of both starts; the dates are of a schedule only (facts
// huawei-dataarts §3).
type startBody struct {
	Params      []jobParam `json:"jobParams,omitempty"`
	StartDate   *int64     `json:"start_date,omitempty"`
	IgnoreFirst *bool      `json:"ignore_first_self_dep,omitempty"`
}

// jobParam has the type under the name that the page of its start has.
type jobParam struct {
	Name      string `json:"name"`
	Value     string `json:"value"`
	ParamType string `json:"paramType,omitempty"` // of StartJob
	Type      string `json:"type,omitempty"`      // of RunOnce
}

// empty is the answer of a call that has none. The SDK sets the field here and
// in the other answers.
type empty struct {
	HttpStatusCode int `json:"-"`
}

// run is the answer of run-immediate.
type run struct {
	InstanceID     cloud.ID `json:"instanceId"`
	HttpStatusCode int      `json:"-"`
}

// definition is what we read of a job's definition.
type definition struct {
	ProcessType string `json:"processType"`
	JobType     string `json:"jobType"` // the older SDK's name for it (facts huawei-dataarts §5)
	Schedule    struct {
		Type string `json:"type"`
	} `json:"schedule"`
	HttpStatusCode int `json:"-"`
}

func (d definition) isStream() bool { return cmp.Or(d.ProcessType, d.JobType) == "REAL_TIME" }

// jobPage is a page of ListJobs. One that is null has no name.
type jobPage struct {
	Total          cloud.Number `json:"total"`
	Jobs           []listedJob  `json:"jobs"`
	HttpStatusCode int          `json:"-"`
}

type listedJob struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	LastStatus string `json:"lastInstanceStatus"` // of a batch job
}

func (p jobPage) names() []string {
	var names []string
	for _, j := range p.Jobs {
		names = append(names, j.Name)
	}
	return names
}

// streamStatus is the answer of ShowJobStatus. Its startTime is starttime in
// the SDK (facts huawei-dataarts §5), and its newer shape has no times (facts
// huawei-dataarts §5); names are read in any case.
type streamStatus struct {
	Status         string     `json:"status"`
	StartTime      cloud.Text `json:"startTime"`
	EndTime        cloud.Text `json:"endTime"`
	Nodes          nodes      `json:"nodes"`
	HttpStatusCode int        `json:"-"`
}

// instance is one run of a batch job. executeTime is not read: it is in
// milliseconds by the table and in minutes by the samples. Nor is submitTime:
// it is the job's, and all instances of a job have the same (facts
// huawei-dataarts §6).
type instance struct {
	JobName        string     `json:"jobName"`
	InstanceID     cloud.ID   `json:"instanceId"`
	InstanceType   cloud.ID   `json:"instanceType"`
	Status         string     `json:"status"`
	PlanTime       cloud.Text `json:"planTime"`
	StartTime      cloud.Text `json:"startTime"`
	EndTime        cloud.Text `json:"endTime"`
	ForceSuccess   cloud.Flag `json:"forceSuccess"`
	IgnoreSuccess  cloud.Flag `json:"ignoreSuccess"`
	ErrorMessage   string     `json:"errorMessage"` // in lists only
	Nodes          nodes      `json:"nodes"`        // not in lists
	HttpStatusCode int        `json:"-"`
}

// node is a node of an instance or of a real-time job. The newer status of a
// real-time job has no status of its nodes, only that of each one's last
// instance (facts huawei-dataarts §5).
type node struct {
	Name       string       `json:"nodeName"`
	JobsName   string       `json:"name"` // what a real-time job calls it
	Status     string       `json:"status"`
	LastStatus string       `json:"lastInstanceStatus"`
	RetryTimes cloud.Number `json:"retryTimes"`
	Speed      cloud.Number `json:"speed"` // rows per second
	LogPath    string       `json:"logPath"`
}

func (n node) name() string { return cmp.Or(n.Name, n.JobsName) }

func (n node) word() string { return cmp.Or(n.Status, n.LastStatus) }

// nodes are those of a list that are not null.
type nodes []node

func (l *nodes) UnmarshalJSON(b []byte) error {
	var all []*node
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("read nodes: %w", err)
	}
	*l = nil
	for _, n := range all {
		if n != nil {
			*l = append(*l, *n)
		}
	}
	return nil
}

// isManual tells of an instance that run-immediate made, or somebody's hand in
// the console: type 2 is manual, 7 a single run. Which of them the call makes
// is UNVERIFIED (facts huawei-dataarts §4).
func (i instance) isManual() bool { return i.InstanceType == "2" || i.InstanceType == "7" }

// planned is when an instance was to begin, or began, if that alone is known.
func (i instance) planned() time.Time { return cmp.Or(i.PlanTime.Time(), i.StartTime.Time()) }

// instancePage is a page of ListJobInstances. One that is null has no name.
type instancePage struct {
	Total          cloud.Number `json:"total"`
	Instances      []instance   `json:"instances"`
	HttpStatusCode int          `json:"-"`
}
