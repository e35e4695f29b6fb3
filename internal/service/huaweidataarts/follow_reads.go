package huaweidataarts

// This file reads lists, which come in pages, and single jobs.

import (
	"cmp"
	"context"
	"slices"
	"time"

	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func listJobs() cloud.Call {
	return cloud.Call{Name: "ListJobs", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "tells whether schedules are on, and reads the states of many real-time jobs", PerSecond: perSecond, Permission: readPermission, Reads: true, Answer: `{"total":0,"jobs":[]}`}
}

func showJobStatus() cloud.Call {
	return cloud.Call{Name: "ShowJobStatus", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "reads the state of a real-time job", PerSecond: perSecond, Permission: readPermission, Reads: true}
}

func listJobInstances() cloud.Call {
	return cloud.Call{Name: "ListJobInstances", For: cloud.ToRun | cloud.ToWait | cloud.ToStop | cloud.ToCheck, Does: "finds the instances of a job, and reads those of many jobs", PerSecond: perSecond, Permission: readPermission, Reads: true, Answer: `{"total":0,"instances":[]}`}
}

func showJobInstance() cloud.Call {
	return cloud.Call{Name: "ShowJobInstance", For: cloud.ToWait | cloud.ToStop, Does: "reads the state of one instance and its nodes", PerSecond: perSecond, Permission: readPermission, Reads: true}
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
func (p *pager) more(names []string, total int) bool {
	if p.pages++; p.pages == 1 {
		p.total = total
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
		more = pages.more(names, 0) // it is looked for on every page
	}
	return listedJob{}, nil
}

func (f follower) streamStatus(ctx context.Context, ref job.Ref) (s streamStatus, err error) {
	_, err = f.send(ctx, showJobStatus(), &model.ShowJobStatusRequest{Workspace: header(ref.In), JobName: ref.ID}, dgc.GenReqDefForShowJobStatus(), &s)
	return s, err
}

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
func window(ctx context.Context, from time.Time) (after, before int64) {
	to := job.Now(ctx).Add(ahead)
	if earliest := to.Add(-longestSpan); from.Before(earliest) {
		from = earliest
	}
	return from.UnixMilli(), to.UnixMilli()
}

func (f follower) readInstances(ctx context.Context, request model.ListJobInstancesRequest) (page instancePage, err error) {
	limit := int32(instancesLimit)
	request.Limit = &limit
	_, err = f.send(ctx, listJobInstances(), &request, dgc.GenReqDefForListJobInstances(), &page)
	return page, err
}

// instances lists the job's instances that were planned, or began, after from.
func (f follower) instances(ctx context.Context, ref job.Ref, from time.Time) ([]instance, error) {
	after, before := window(ctx, from)
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
