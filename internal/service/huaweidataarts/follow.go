package huaweidataarts

// This file reads how jobs are, those of a workspace together where its lists
// tell enough.

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1/model"
	"golang.org/x/time/rate"

	"cloudjob/internal/job"
)

// atOnce is how many calls of a poll go out together; the others follow a
// second apart, also where the lists tell too little and each job needs a call.
const atOnce = 10

// Status reads the jobs of a workspace from its lists, of which one call tells
// of many. What a list does not tell is read alone, and so is a single job: it
// costs no more calls, and tells how far its nodes are.
func (f follower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	f.pace = rate.NewLimiter(rate.Every(time.Second), atOnce)
	statuses := make([]job.Status, len(refs))
	readers := map[string]reader{} // by workspace
	var failed error
	for i, ref := range refs {
		r, ok := readers[ref.In]
		if !ok {
			r = f.reader(ctx, ref.In, refs)
			readers[ref.In] = r
		}
		var err error
		switch ref.Kind {
		case schedule:
			statuses[i], err = r.readSchedule(ctx, ref)
		case stream:
			statuses[i], err = r.readStream(ctx, ref)
		default:
			statuses[i], err = r.readRun(ctx, ref)
		}
		failed = errors.Join(failed, err)
	}
	return statuses, failed
}

// reader reads the jobs of one workspace in one poll. It reads each list once,
// when the first job needs it.
type reader struct {
	follower
	planned   func() planned
	schedules func() map[string]string // words by name
	streams   func() map[string]string
}

// planned are the instances of a workspace.
type planned struct {
	byID  map[string]instance
	byJob map[string][]instance
	whole bool // none is missing
}

func (f follower) reader(ctx context.Context, in string, refs []job.Ref) reader {
	names := map[string][]string{} // by kind
	var starts []time.Time         // of what has instances
	for _, ref := range refs {
		if ref.In != in {
			continue
		}
		names[ref.Kind] = append(names[ref.Kind], ref.ID)
		if s := readSince(ref.Since); ref.Kind != stream && !s.at.IsZero() {
			starts = append(starts, s.from())
		}
	}
	types := model.GetListJobsRequestJobTypeEnum()
	return reader{
		follower:  f,
		planned:   sync.OnceValue(func() planned { return f.plannedSince(ctx, in, starts) }),
		schedules: sync.OnceValue(func() map[string]string { return f.words(ctx, in, types.BATCH, names[schedule]) }),
		streams:   sync.OnceValue(func() map[string]string { return f.words(ctx, in, types.REAL_TIME, names[stream]) }),
	}
}

// plannedSince lists the instances of all jobs, if several began at starts: the
// page of ListJobInstances asks for no job's name. It gives up where the pages
// are more than the starts, and where one cannot be read.
func (f follower) plannedSince(ctx context.Context, in string, starts []time.Time) planned {
	list := planned{byID: map[string]instance{}, byJob: map[string][]instance{}}
	if len(starts) < 2 {
		return list
	}
	after, before := window(ctx, slices.MinFunc(starts, time.Time.Compare))
	pages := pager{limit: instancesLimit, most: len(starts)}
	for more := true; more; {
		page, err := f.readInstances(ctx, model.ListJobInstancesRequest{
			Workspace: header(in), MinPlanTime: &after, MaxPlanTime: &before, Offset: &pages.offset,
		})
		if err != nil {
			return list
		}
		for _, i := range page.Instances {
			if i.InstanceID == "" {
				continue
			}
			list.byID[string(i.InstanceID)] = i
			list.byJob[i.JobName] = append(list.byJob[i.JobName], i)
		}
		more = pages.more(ids(page.Instances), int(page.Total.Whole()))
	}
	list.whole = pages.ended && len(list.byID) >= pages.total
	return list
}

// words lists the states of all jobs of a type by name, if several are named.
// It gives up as plannedSince does.
func (f follower) words(ctx context.Context, in string, jobType model.ListJobsRequestJobType, names []string) map[string]string {
	words := map[string]string{}
	if len(names) < 2 {
		return words
	}
	unread := func(name string) bool { _, read := words[name]; return !read }
	pages := pager{limit: jobsLimit, most: len(names)}
	for more := true; more && slices.ContainsFunc(names, unread); {
		page, err := f.readJobs(ctx, model.ListJobsRequest{Workspace: header(in), JobType: &jobType, Offset: &pages.offset})
		if err != nil {
			return words
		}
		for _, j := range page.Jobs {
			words[j.Name] = j.Status
		}
		more = pages.more(page.names(), int(page.Total.Whole()))
	}
	return words
}

// readRun reads one instance. One that was not listed when it was looked for has
// no id.
func (r reader) readRun(ctx context.Context, ref job.Ref) (job.Status, error) {
	if ref.Run == "" {
		return job.Status{State: job.StateUnknown, Word: "not listed", Unlisted: true}, nil
	}
	if i, listed := r.planned().byID[ref.Run]; listed && i.JobName == ref.ID {
		return i.read(), nil
	}
	return r.readAlone(ctx, ref)
}

// readAlone reads one instance and its nodes. That a new one may be unknown for
// some seconds is UNVERIFIED (facts huawei-dataarts §6).
func (f follower) readAlone(ctx context.Context, ref job.Ref) (job.Status, error) {
	i, err := f.instance(ctx, ref)
	if isUnknown(err) {
		return job.Status{State: job.StateUnknown, Word: "not known yet", Unlisted: true}, nil
	}
	if err != nil {
		return job.Status{}, err
	}
	status := i.read()
	status.Progress = progress(i.Nodes)
	return status, nil
}

// isUnknown tells of the code for an instance that does not exist, in both
// spellings.
func isUnknown(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && (e.Code == "DLF.0137" || e.Code == "DLF.30137")
}

// settles is how long after a start a job's state may still be that of the
// time before it. Nothing is documented of that: UNVERIFIED.
const settles = 15 * time.Second

// readSchedule reads the instance that decides, or the schedule itself if there
// is none yet. Once the instance has ended, a schedule that is still on makes
// more of them.
func (r reader) readSchedule(ctx context.Context, ref job.Ref) (job.Status, error) {
	all, err := r.planned(), error(nil)
	list := readSince(ref.Since).made(all.byJob[ref.ID])
	if !all.whole {
		list, err = r.made(ctx, ref)
	}
	if err != nil {
		return job.Status{}, err
	}
	i, found := deciding(list)
	status := i.read()
	status.Progress = "instance " + string(i.InstanceID)
	if found && !status.State.Over() {
		return status, nil
	}
	word, listed := r.schedules()[ref.ID]
	if !listed {
		word, err = r.word(ctx, ref)
	}
	switch {
	case err != nil:
		return job.Status{}, err
	case found:
		status.Costs = isOn(word)
		return status, nil
	}
	status = job.Status{State: jobState(word), Word: cmp.Or(word, "not listed"), Progress: "no new instance yet"}
	switch {
	case isOn(word): // also NORMAL, which is the success of a stream only
		status.State = job.StatePending
	case isOff(word): // how soon a new instance is listed is documented nowhere
		status.Message = "an instance that began just before may not be listed yet, and may still run"
	}
	return settled(ctx, status, ref), nil
}

// deciding is the instance that decides how a schedule did: the first by plan
// time that ended, or the first there is. The list's order is not documented.
func deciding(list []instance) (first instance, found bool) {
	if len(list) == 0 {
		return first, false
	}
	slices.SortStableFunc(list, func(a, b instance) int { return a.planned().Compare(b.planned()) })
	over := slices.IndexFunc(list, func(i instance) bool { return i.state().Over() })
	return list[max(0, over)], true
}

// made lists the instances that a schedule made since its start.
func (f follower) made(ctx context.Context, ref job.Ref) ([]instance, error) {
	s := readSince(ref.Since)
	list, err := f.instances(ctx, ref, s.from())
	return s.made(list), err
}

// settled makes a bad end unknown that was read right after the start: it may be
// the state from before.
func settled(ctx context.Context, status job.Status, ref job.Ref) job.Status {
	if isOff(status.Word) && job.Now(ctx).Sub(readSince(ref.Since).at) < settles {
		status.State = job.StateUnknown
	}
	return status
}

// readStream reads a real-time job. It has no end: waiting for it is over when
// it is NORMAL, and it runs on (facts huawei-dataarts §6). A list knows fewer
// words than ShowJobStatus (facts huawei-dataarts §5), so it decides no end.
func (r reader) readStream(ctx context.Context, ref job.Ref) (job.Status, error) {
	word := r.streams()[ref.ID]
	if state := jobState(word); state != job.StateUnknown && !state.Over() {
		return settled(ctx, job.Status{State: state, Word: word}, ref), nil
	}
	s, err := r.streamStatus(ctx, ref)
	if err != nil {
		return job.Status{}, err
	}
	normal, told := 0, 0
	for _, n := range s.Nodes {
		if n.Status != "" {
			told++
		}
		if n.Status == "NORMAL" {
			normal++
		}
	}
	status := job.Status{State: jobState(s.Status), Word: cmp.Or(s.Status, "no status"), Begun: s.StartTime.Time(), Ended: s.EndTime.Time()}
	status.Costs = status.State == job.StateSucceeded
	if told > 0 {
		status.Progress = fmt.Sprintf("%d of %d nodes NORMAL", normal, len(s.Nodes))
	}
	return settled(ctx, status, ref), nil
}

// word is the state of a schedule or a stream as the service writes it.
func (f follower) word(ctx context.Context, ref job.Ref) (string, error) {
	if ref.Kind == stream {
		s, err := f.streamStatus(ctx, ref)
		return s.Status, err
	}
	j, err := f.listed(ctx, ref)
	return j.Status, err
}
