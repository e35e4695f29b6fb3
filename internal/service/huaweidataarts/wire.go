package huaweidataarts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// send makes one call by the SDK's own definition of it, but with an answer of
// ours: the SDK's models break on real data (facts huawei-dataarts §9).
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
// not agree which of ids and times, and numbers have decimals (facts
// huawei-dataarts §5, §6, §9). Anything else is as good as absent.
type loose string

func (l *loose) UnmarshalJSON(b []byte) error {
	*l = ""
	var number json.Number // takes a number in a text too, and null
	if json.Unmarshal(b, &number) == nil {
		*l = loose(whole(string(number)))
		return nil
	}
	var text string
	if json.Unmarshal(b, &text) == nil {
		*l = loose(text)
	}
	return nil
}

// whole writes a whole number without the fraction or the exponent that some
// writers of JSON give it, so that ids are the same text.
func whole(number string) string {
	const exact = 1 << 53
	head, fraction, _ := strings.Cut(number, ".")
	if strings.Trim(fraction, "0") == "" {
		return head
	}
	if n, err := strconv.ParseFloat(number, 64); err == nil && n == math.Trunc(n) && math.Abs(n) < exact {
		return strconv.FormatFloat(n, 'f', 0, 64)
	}
	return number
}

// isID tells an id, which goes into paths and into since, from what is none.
func (l loose) isID() bool {
	return l != "0" && regexp.MustCompile(`^\w[\w-]*$`).MatchString(string(l))
}

// time reads milliseconds, or the written times of old samples and of the newer
// job status; zero if there is none. One before 2000 or after 2100 is none: it
// was meant in another unit.
func (l loose) time() time.Time {
	t, err := time.Parse(time.RFC3339, string(l))
	if ms, number := strconv.ParseFloat(string(l), 64); number == nil && math.Abs(ms) < math.MaxInt64 {
		t, err = time.UnixMilli(int64(ms)), nil
	}
	if year := t.UTC().Year(); err != nil || year < 2000 || year >= 2100 {
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
	InstanceID     loose `json:"instanceId"`
	HttpStatusCode int   `json:"-"`
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

func (f follower) definition(ctx context.Context, ref job.Ref) (d definition, err error) {
	_, err = f.send(ctx, showJob(), &model.ShowJobRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForShowJob(), &d)
	return d, err
}

// pager leads through the pages of a list. Offset counts pages by the document
// and records by Terraform (facts huawei-dataarts §5): a second page that
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
	repeats := p.pages == 2 && slices.Contains(names, p.second)
	upTo := (int(p.offset) + 1) * p.limit // records, if offset counts pages
	if repeats || p.step > 1 {
		upTo = int(p.offset) + p.limit
	}
	// A page from which nulls were taken is short, and need not be the last.
	p.ended = len(names) == 0 || len(names) < p.limit && upTo >= p.total
	if p.ended || p.pages == p.most || p.total > p.most*p.limit {
		return false
	}
	switch {
	case p.pages == 1:
		for _, name := range names[1:] { // one may be null
			p.second = cmp.Or(p.second, name)
		}
		p.step = 1
	case repeats:
		p.offset, p.step = 0, int32(p.limit)
	}
	p.offset += p.step
	return true
}

// jobPage is a page of ListJobs. One that is null has no name.
type jobPage struct {
	Total          loose       `json:"total"`
	Jobs           []listedJob `json:"jobs"`
	HttpStatusCode int         `json:"-"`
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

const (
	jobsLimit = 100 // the most of a page (facts huawei-dataarts §5)
	jobsPages = 50  // bounds the search in a list that would not end
)

func (f follower) readJobs(ctx context.Context, request model.ListJobsRequest) (page jobPage, err error) {
	limit := int32(jobsLimit)
	request.Limit = &limit
	_, err = f.send(ctx, listJobs(), &request, dgc.GenReqDefForListJobs(), &page)
	return page, err
}

// listed is a batch job in the list, the only call that tells its status;
// empty if it is not there. The filter by name is a fuzzy one, so more than a
// page may come.
func (f follower) listed(ctx context.Context, ref job.Ref) (listedJob, error) {
	batch := model.GetListJobsRequestJobTypeEnum().BATCH
	pages := pager{limit: jobsLimit, most: jobsPages}
	for more := true; more; {
		page, err := f.readJobs(ctx, model.ListJobsRequest{Workspace: header(ref.In), JobType: &batch, JobName: &ref.ID, Offset: &pages.offset})
		if err != nil {
			return listedJob{}, err
		}
		names := page.names()
		if i := slices.Index(names, ref.ID); i >= 0 {
			return page.Jobs[i], nil
		}
		more = pages.more(names, "") // it is looked for on every page
	}
	return listedJob{}, nil
}

// streamStatus is the answer of ShowJobStatus. Its startTime is starttime in
// the SDK (facts huawei-dataarts §5), and its newer shape has no times (facts
// huawei-dataarts §5); names are read in any case.
type streamStatus struct {
	Status         string `json:"status"`
	StartTime      loose  `json:"startTime"`
	EndTime        loose  `json:"endTime"`
	Nodes          nodes  `json:"nodes"`
	HttpStatusCode int    `json:"-"`
}

func (f follower) streamStatus(ctx context.Context, ref job.Ref) (s streamStatus, err error) {
	_, err = f.send(ctx, showJobStatus(), &model.ShowJobStatusRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForShowJobStatus(), &s)
	return s, err
}

// instance is one run of a batch job. executeTime is not read: it is in
// milliseconds by the table and in minutes by the samples. Nor is submitTime:
// it is the job's, and all instances of a job have the same (facts
// huawei-dataarts §6).
type instance struct {
	JobName        string `json:"jobName"`
	InstanceID     loose  `json:"instanceId"`
	InstanceType   loose  `json:"instanceType"`
	Status         string `json:"status"`
	PlanTime       loose  `json:"planTime"`
	StartTime      loose  `json:"startTime"`
	EndTime        loose  `json:"endTime"`
	ForceSuccess   bool   `json:"forceSuccess"`
	IgnoreSuccess  bool   `json:"ignoreSuccess"`
	ErrorMessage   string `json:"errorMessage"` // in lists only
	Nodes          nodes  `json:"nodes"`        // not in lists
	HttpStatusCode int    `json:"-"`
}

// node is a node of an instance or of a real-time job. The newer status of a
// real-time job has no status of its nodes, only that of each one's last
// instance (facts huawei-dataarts §5).
type node struct {
	Name       string `json:"nodeName"`
	JobsName   string `json:"name"` // what a real-time job calls it
	Status     string `json:"status"`
	LastStatus string `json:"lastInstanceStatus"`
	RetryTimes loose  `json:"retryTimes"`
	Speed      loose  `json:"speed"` // rows per second
	LogPath    string `json:"logPath"`
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
func (i instance) planned() time.Time { return cmp.Or(i.PlanTime.time(), i.StartTime.time()) }

func (f follower) instance(ctx context.Context, ref job.Ref) (i instance, err error) {
	_, err = f.send(ctx, showJobInstance(), &model.ShowJobInstanceRequest{
		Workspace: header(ref.In), JobName: ref.ID, InstanceId: ref.Run,
	}, dgc.GenReqDefForShowJobInstance(), &i)
	return i, err
}

const (
	instancesLimit = 1000               // the most of a page (facts huawei-dataarts §6)
	longestSpan    = 7 * 24 * time.Hour // between the two plan times of a list
	ahead          = 24 * time.Hour     // plan times can lie in the future, and the default ends now
)

// window are the times, both exclusive, of what was planned after from. Older
// pages of the vendor's say that plan times are compared, newer ones that it is
// when an instance began to run, so that one that waits may not be listed
// (facts huawei-dataarts §6). None begins before it was planned, and
// a run that a list leaves out is read alone.
func window(from time.Time) (after, before int64) {
	to := time.Now().Add(ahead)
	if earliest := to.Add(-longestSpan); from.Before(earliest) {
		from = earliest
	}
	return from.UnixMilli(), to.UnixMilli()
}

// instancePage is a page of ListJobInstances. One that is null has no name.
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

// instances lists the job's instances that were planned, or began, after from.
func (f follower) instances(ctx context.Context, ref job.Ref, from time.Time) ([]instance, error) {
	after, before := window(from)
	return f.between(ctx, ref, after, before)
}

// between lists a job's instances by the times of a window, of which both ends
// are exclusive. None may be missing, so a full page is asked for again in two
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
