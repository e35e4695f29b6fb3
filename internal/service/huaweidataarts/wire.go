package huaweidataarts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// send makes one call by the SDK's own definition of it, but with an answer of
// ours: the SDK's models break on real data (sheet huawei-dataarts §9).
func (f follower) send(ctx context.Context, call cloud.Call, request any, definition *def.HttpRequestDef, answer any) (requestID string, err error) {
	definition.Response = answer
	if f.pace != nil {
		if err := f.pace.Wait(ctx); err != nil {
			return "", fmt.Errorf("wait to call %s: %w", call.Name, err)
		}
	}
	return f.account.Call(ctx, call, codes, func(client *core.HcHttpClient) error {
		_, err := client.Sync(request, definition)
		return err
	})
}

// header is the workspace as the SDK wants it; without one the header is left
// out, which means the default workspace (document 004).
func header(workspace string) *string {
	if workspace == "" {
		return nil
	}
	return &workspace
}

// loose is a number or a text: the documents, their samples and the SDKs do
// not agree which of ids and times, and numbers have decimals (sheet
// huawei-dataarts §5, §6, §9). Anything else is as good as absent.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	*l = ""
	var number json.Number // takes a number in a text too, and null
	if json.Unmarshal(b, &number) == nil {
		*l = loose(number)
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) == nil {
		*l = loose(text)
	}
	return nil
}

// isID tells an id, which goes into paths and into since, from what is none.
func (l loose) isID() bool {
	return l != "0" && regexp.MustCompile(`^\w[\w-]*$`).MatchString(string(l))
}

// time reads milliseconds, or the written times of old samples; zero if there
// is none.
func (l loose) time() time.Time {
	if ms, err := strconv.ParseFloat(string(l), 64); err == nil && ms > 0 {
		return time.UnixMilli(int64(ms))
	}
	t, err := time.Parse(time.RFC3339, string(l))
	if err != nil {
		return time.Time{}
	}
	return t
}

func (l loose) number() float64 {
	n, err := strconv.ParseFloat(string(l), 64)
	if err != nil {
		return 0
	}
	return n
}

// empty is the answer of a call that has none. The SDK sets the field here and
// in the other answers.
type empty struct {
	HttpStatusCode int `json:"-"`
}

// run is the answer of run-immediate.
type run struct {
	InstanceID     loose `json:"instanceId"`
	HttpStatusCode int   `json:"-"`
}

// definition is what we read of a job's definition.
type definition struct {
	ProcessType string `json:"processType"`
	JobType     string `json:"jobType"` // the older SDK's name for it (sheet huawei-dataarts §5)
	Schedule    struct {
		Type string `json:"type"`
	} `json:"schedule"`
	HttpStatusCode int `json:"-"`
}

func (d definition) isStream() bool { return cmp.Or(d.ProcessType, d.JobType) == "REAL_TIME" }

func (f follower) definition(ctx context.Context, ref job.Ref) (d definition, err error) {
	_, err = f.send(ctx, showJob(), &model.ShowJobRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForShowJob(), &d)
	return d, err
}

// pager leads through the pages of a list. Offset counts pages by the document
// and records by Terraform (sheet huawei-dataarts §5): a second page that
// repeats the second record of the first tells which.
type pager struct {
	limit  int   // records of a page
	most   int   // pages to read; a list that says at once that it has more is not read on
	offset int32 // of the next page
	step   int32
	pages  int  // that were read
	total  int  // records, as the first page says; 0: it does not
	ended  bool // the last page was read
	second string
}

// more takes the names on a page, each of which the list has once, and tells
// whether to read another page.
func (p *pager) more(names []string, total loose) bool {
	if p.pages++; p.pages == 1 {
		p.total = int(total.number())
	}
	p.ended = len(names) < p.limit
	if p.ended || p.pages == p.most || p.total > p.most*p.limit {
		return false
	}
	switch {
	case p.pages == 1:
		p.second, p.step = names[1], 1
	case p.pages == 2 && slices.Contains(names, p.second):
		p.offset, p.step = 0, int32(p.limit)
	}
	p.offset += p.step
	return true
}

// jobPage is a page of ListJobs.
type jobPage struct {
	Total loose `json:"total"`
	Jobs  []struct {
		Name   string `json:"name"`
		Status string `json:"status"`
	} `json:"jobs"`
	HttpStatusCode int `json:"-"`
}

func (p jobPage) names() []string {
	var names []string
	for _, j := range p.Jobs {
		names = append(names, j.Name)
	}
	return names
}

const (
	jobsLimit = 100 // the most of a page (sheet huawei-dataarts §5)
	jobsPages = 50  // bounds the search in a list that would not end
)

func (f follower) readJobs(ctx context.Context, request model.ListJobsRequest) (page jobPage, err error) {
	limit := int32(jobsLimit)
	request.Limit = &limit
	_, err = f.send(ctx, listJobs(), &request, dgc.GenReqDefForListJobs(), &page)
	return page, err
}

// listed is the status of a batch job in the list, the only call that tells
// it; empty if it is not there. The filter by name is a fuzzy one, so more
// than a page may come.
func (f follower) listed(ctx context.Context, ref job.Ref) (string, error) {
	batch := model.GetListJobsRequestJobTypeEnum().BATCH
	pages := pager{limit: jobsLimit, most: jobsPages}
	for more := true; more; {
		page, err := f.readJobs(ctx, model.ListJobsRequest{Workspace: header(ref.In), JobType: &batch, JobName: &ref.ID, Offset: &pages.offset})
		if err != nil {
			return "", err
		}
		names := page.names()
		if i := slices.Index(names, ref.ID); i >= 0 {
			return page.Jobs[i].Status, nil
		}
		more = pages.more(names, "") // it is looked for on every page
	}
	return "", nil
}

// streamStatus is the answer of ShowJobStatus. Its startTime is starttime in
// the SDK (sheet huawei-dataarts §5); names are read in any case.
type streamStatus struct {
	Status    string `json:"status"`
	StartTime loose  `json:"startTime"`
	EndTime   loose  `json:"endTime"`
	Nodes     []struct {
		Name    string `json:"name"`
		Status  string `json:"status"`
		LogPath string `json:"logPath"`
	} `json:"nodes"`
	HttpStatusCode int `json:"-"`
}

func (f follower) streamStatus(ctx context.Context, ref job.Ref) (s streamStatus, err error) {
	_, err = f.send(ctx, showJobStatus(), &model.ShowJobStatusRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForShowJobStatus(), &s)
	return s, err
}

// instance is one run of a batch job. executeTime is not read: it is in
// milliseconds by the table and in minutes by the samples.
type instance struct {
	JobName        string `json:"jobName"`
	InstanceID     loose  `json:"instanceId"`
	InstanceType   loose  `json:"instanceType"`
	Status         string `json:"status"`
	PlanTime       loose  `json:"planTime"`
	SubmitTime     loose  `json:"submitTime"` // in lists only
	StartTime      loose  `json:"startTime"`
	EndTime        loose  `json:"endTime"`
	ForceSuccess   bool   `json:"forceSuccess"`
	IgnoreSuccess  bool   `json:"ignoreSuccess"`
	ErrorMessage   string `json:"errorMessage"` // in lists only
	Nodes          []node `json:"nodes"`        // not in lists
	HttpStatusCode int    `json:"-"`
}

type node struct {
	Name       string `json:"nodeName"`
	Status     string `json:"status"`
	RetryTimes loose  `json:"retryTimes"`
	Speed      loose  `json:"speed"` // rows per second
	LogPath    string `json:"logPath"`
}

// isManual tells of an instance that run-immediate made, or somebody's hand in
// the console: type 2 is manual, 7 a single run. Which of them the call makes
// is UNVERIFIED (sheet huawei-dataarts §4).
func (i instance) isManual() bool { return i.InstanceType == "2" || i.InstanceType == "7" }

// asked is when an instance was asked for.
func (i instance) asked() time.Time { return cmp.Or(i.SubmitTime, i.PlanTime).time() }

func (f follower) instance(ctx context.Context, ref job.Ref) (i instance, err error) {
	_, err = f.send(ctx, showJobInstance(), &model.ShowJobInstanceRequest{
		Workspace: header(ref.In), JobName: ref.ID, InstanceId: ref.Run,
	}, dgc.GenReqDefForShowJobInstance(), &i)
	return i, err
}

const (
	instancesLimit = 1000               // the most of a page (sheet huawei-dataarts §6)
	longestSpan    = 7 * 24 * time.Hour // between the two plan times of a list
	ahead          = 24 * time.Hour     // plan times can lie in the future, and the default ends now
)

// window are the plan times, both exclusive, of what was planned after from.
// Newer pages of the vendor's say that an instance's start time is compared, not
// its plan time: UNVERIFIED. A run that a list leaves out is read alone.
func window(from time.Time) (after, before int64) {
	to := time.Now().Add(ahead)
	if earliest := to.Add(-longestSpan); from.Before(earliest) {
		from = earliest
	}
	return from.UnixMilli(), to.UnixMilli()
}

// instancePage is a page of ListJobInstances.
type instancePage struct {
	Total          loose      `json:"total"`
	Instances      []instance `json:"instances"`
	HttpStatusCode int        `json:"-"`
}

func (f follower) readInstances(ctx context.Context, request model.ListJobInstancesRequest) (page instancePage, err error) {
	limit := int32(instancesLimit)
	request.Limit = &limit
	_, err = f.send(ctx, listJobInstances(), &request, dgc.GenReqDefForListJobInstances(), &page)
	return page, err
}

// instances lists the job's instances that were planned after from.
func (f follower) instances(ctx context.Context, ref job.Ref, from time.Time) ([]instance, error) {
	after, before := window(from)
	return f.between(ctx, ref, after, before)
}

// between lists a job's instances by plan times, of which both ends are
// exclusive. None may be missing, so a full page is asked for again in two
// halves, as neither the list's order nor what offset counts is settled.
func (f follower) between(ctx context.Context, ref job.Ref, after, before int64) ([]instance, error) {
	precise := true
	page, err := f.readInstances(ctx, model.ListJobInstancesRequest{
		Workspace: header(ref.In), JobName: &ref.ID, PreciseQuery: &precise, MinPlanTime: &after, MaxPlanTime: &before,
	})
	if err != nil {
		return nil, err
	}
	if len(page.Instances) < instancesLimit || before-after <= 2 {
		return named(page.Instances, ref.ID), nil
	}
	middle := after + (before-after)/2 + 1
	early, err := f.between(ctx, ref, after, middle)
	if err != nil {
		return nil, err
	}
	late, err := f.between(ctx, ref, middle-1, before)
	return append(early, late...), err
}

// named are the instances of exactly this job.
func named(all []instance, name string) []instance {
	var list []instance
	for _, i := range all {
		if i.JobName == name {
			list = append(list, i)
		}
	}
	return list
}
