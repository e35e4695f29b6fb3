package dataartsemu

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

const user = "cloudjob" // owner and creator of every job

// listJobs lists the jobs of one type with their status (facts huawei-dataarts §5).
func (s *Service) listJobs(c *call) emu.Answer {
	page, ok := s.page(c.Query, 100)
	jobType := c.Query.Get("jobType")
	if jobType == "" {
		jobType = Batch
	}
	if !ok || jobType != Batch && jobType != RealTime {
		return s.refuse(invalid)
	}
	jobs := []map[string]any{}
	for _, j := range s.jobs {
		// No job of this world has a tag.
		if j.Workspace == c.workspace && j.Type == jobType && c.Query.Get("tags") == "" &&
			strings.Contains(j.Name, c.Query.Get("jobName")) {
			jobs = append(jobs, s.jobRecord(j, c.now))
		}
	}
	return emu.Answer{Body: map[string]any{"total": len(jobs), "jobs": cut(jobs, page)}}
}

func (s *Service) jobRecord(j *job, now time.Time) map[string]any {
	r := map[string]any{
		"name":              j.Name,
		"jobType":           j.Type,
		"owner":             user,
		"priority":          0,
		"status":            s.status(j, now),
		"createUser":        user,
		"createTime":        j.created.UnixMilli(),
		"lastUpdateTime":    j.created.UnixMilli(),
		"lastUpdateUser":    user,
		"path":              "/",
		"singleNodeJobFlag": len(j.Nodes) == 1,
	}
	if t := j.current(); t != nil {
		r["startTime"] = t.began.UnixMilli()
		if !t.ended.IsZero() {
			r["endTime"] = t.gone.UnixMilli()
		}
	}
	if i := s.lastInstance(j, now); i != nil {
		v := i.view(now)
		r["lastInstanceStatus"] = s.statusText(v)
		if !v.end.IsZero() {
			r["lastInstanceEndTime"] = v.end.UnixMilli()
		}
	}
	return r
}

func (s *Service) lastInstance(j *job, now time.Time) *instance {
	for _, i := range slices.Backward(s.instances) {
		if i.job == j && s.isListed(i, now) {
			return i
		}
	}
	return nil
}

// showJob shows a job's definition (facts huawei-dataarts §5).
func (s *Service) showJob(_ *call, j *job) emu.Answer {
	nodes := []map[string]any{}
	for k, n := range j.Nodes {
		before := []string{}
		if k > 0 {
			before = append(before, j.Nodes[k-1].Name)
		}
		nodes = append(nodes, map[string]any{
			"name":        n.Name,
			"type":        n.Type,
			"location":    map[string]any{"x": strconv.Itoa(100 + 200*k), "y": "100"}, // texts in DGC, numbers in DLF
			"preNodeName": before,
			"properties":  []any{},
		})
	}
	return emu.Answer{Body: map[string]any{
		"name":              j.Name,
		"nodes":             nodes,
		"schedule":          j.timetable(),
		"params":            []any{},
		"directory":         "/",
		"processType":       j.Type,
		"singleNodeJobFlag": len(j.Nodes) == 1,
		"logPath":           logBucket,
		"basicConfig":       map[string]any{"owner": user, "priority": 0, "executeUser": ""},
	}}
}

// timetable is the schedule of a definition. A real-time job has none of its
// own; that it reads EXECUTE_ONCE is UNVERIFIED.
func (j *job) timetable() map[string]any {
	switch {
	case j.Type == Batch && j.Schedule == Cron:
		expression, interval := cron(j.Every)
		return map[string]any{"type": Cron, "cron": map[string]any{
			"expression":         expression,
			"expressionTimeZone": "GMT+0",
			"startTime":          j.created.UTC().Format("2006-01-02T15:04:05-07"),
			"intervalType":       interval,
			"dependPrePeriod":    false,
		}}
	case j.Type == Batch && j.Schedule == Event:
		return map[string]any{"type": Event, "event": map[string]any{"eventType": "KAFKA", "failPolicy": "IGNORE"}}
	default:
		return map[string]any{"type": Once}
	}
}

// cron is the expression, seconds first, of an interval. Only intervals that
// divide an hour or a day can be said.
func cron(every time.Duration) (expression, interval string) {
	switch {
	case every < time.Hour:
		return fmt.Sprintf("0 0/%d * * * ?", int(every.Minutes())), "minutes"
	case every < 24*time.Hour:
		return fmt.Sprintf("0 0 0/%d * * ?", int(every.Hours())), "hours"
	default:
		return "0 0 0 * * ?", "days"
	}
}

// showJobStatus shows how a real-time job is (facts huawei-dataarts §5).
func (s *Service) showJobStatus(c *call, j *job) emu.Answer {
	if j.Type == Batch && s.Switches.BatchStatusRefused {
		return s.refuse(invalid)
	}
	status := s.status(j, c.now)
	body := map[string]any{
		"name":            j.Name,
		"status":          status,
		"createUser":      user,
		"lastModifiyUser": user, // so spelt (facts huawei-dataarts §5)
		"lastUpdateTime":  s.statusTime(j.created),
		"nodes":           streamNodes(j, status),
	}
	if s.Switches.NewerStatus {
		return emu.Answer{Body: map[string]any{"name": j.Name, "status": status, "nodes": newerNodes(j, status)}}
	}
	if t := j.current(); t != nil {
		start := "startTime"
		if s.Switches.LowerStarttime {
			start = "starttime"
		}
		body[start] = s.statusTime(t.began)
		body["lastUpdateTime"] = s.statusTime(t.began)
		if status == Stopped && !t.ended.IsZero() {
			body["endTime"] = s.statusTime(t.gone)
			body["lastUpdateTime"] = s.statusTime(t.gone)
		}
	}
	return emu.Answer{Body: body}
}

func (s *Service) statusTime(t time.Time) any {
	if s.Switches.StatusTimesText {
		return t.UTC().Format(time.RFC3339)
	}
	return t.UnixMilli()
}

// streamNodes: in an EXCEPTION it is the last node that is broken.
func streamNodes(j *job, status string) []map[string]any {
	nodes := []map[string]any{}
	for k, n := range j.Nodes {
		own := status
		if status == Exception && k < len(j.Nodes)-1 {
			own = Normal
		}
		nodes = append(nodes, map[string]any{
			"name":            n.Name,
			"status":          own,
			"nodeType":        n.Type,
			"logPath":         logBucket + "/" + j.Name + "/" + n.Name + ".log",
			"jobInstanceId":   0,
			"bufferRecords":   0,
			"speed":           0,
			"totalGetBytes":   0,
			"totalGetRecords": 0,
			"totalPutBytes":   0,
			"totalPutRecords": 0,
		})
	}
	return nodes
}

// newerNodes are the nodes of NewerStatus.
func newerNodes(j *job, status string) []map[string]any {
	nodes := streamNodes(j, status)
	for _, n := range nodes {
		n["LastInstanceStatus"] = Waiting
		if n["status"] == Exception {
			n["LastInstanceStatus"] = Fail
		}
		for _, name := range []string{"status", "nodeType", "logPath"} {
			delete(n, name)
		}
	}
	return nodes
}

// listJobInstances lists instances of all jobs of a workspace (facts
// huawei-dataarts §6).
func (s *Service) listJobInstances(c *call) emu.Answer {
	page, pageOK := s.page(c.Query, 1000)
	f, ok := s.readFilter(c.Query, c.now)
	if !ok || !pageOK {
		return s.refuse(invalid)
	}
	records := []map[string]any{}
	for _, i := range s.inListOrder() {
		v := i.view(c.now)
		if i.job.Workspace == c.workspace && s.isListed(i, c.now) && f.takes(i, s.statusText(v), s.compared(i, v)) {
			records = append(records, s.instanceRecord(i, v))
		}
	}
	return emu.Answer{Body: map[string]any{"total": len(records), "instances": cut(records, page)}}
}

// compared is the time of an instance that a list's span is about: when it began
// to run (facts huawei-dataarts §6). What has not is compared by its plan time, or
// not listed at all: zero.
func (s *Service) compared(i *instance, v view) time.Time {
	switch {
	case v.start.IsZero() && s.Switches.WaitingUnlisted:
		return time.Time{}
	case v.start.IsZero() || s.Switches.PlanTimesCompared:
		return i.plan
	default:
		return v.start
	}
}

// inListOrder sorts by plan time; a restart does not move an instance.
func (s *Service) inListOrder() []*instance {
	all := slices.Clone(s.instances)
	slices.SortStableFunc(all, func(a, b *instance) int { return a.plan.Compare(b.plan) })
	if !s.Switches.OldestFirst {
		slices.Reverse(all)
	}
	return all
}

// filter is what a list of instances is about.
type filter struct {
	name     string
	precise  bool
	status   string
	kind     string
	min, max int64 // both exclusive (HWDOC)
}

// readFilter: the default span is today until now; more than 7 days are
// refused (facts huawei-dataarts §6; the code is UNVERIFIED).
func (s *Service) readFilter(q url.Values, now time.Time) (f filter, ok bool) {
	f = filter{name: q.Get("jobName"), status: q.Get("status"), kind: q.Get("instanceType")}
	switch q.Get("preciseQuery") {
	case "", "false":
	case "true":
		f.precise = !s.Switches.NoPreciseQuery
	default:
		return f, false
	}
	if f.min, ok = integer(q, "minPlanTime", midnight(now).UnixMilli()); !ok {
		return f, false
	}
	if f.max, ok = integer(q, "maxPlanTime", now.UnixMilli()); !ok {
		return f, false
	}
	const week = 7 * 24 * time.Hour
	if f.max > f.min && uint64(f.max)-uint64(f.min) > uint64(week.Milliseconds()) {
		return f, false
	}
	return f, isInstanceStatus(f.status) && slices.Contains([]string{"", "0", "2", "5", "6", "7"}, f.kind)
}

// midnight is when today began where the service stands: UTC+8. UNVERIFIED.
func midnight(now time.Time) time.Time {
	local := now.In(time.FixedZone("GMT+8", 8*60*60))
	return time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, local.Location())
}

// isInstanceStatus: that another value is refused is UNVERIFIED.
func isInstanceStatus(status string) bool {
	switch status {
	case "", Waiting, WaitingConfirm, Freeze, Running, Pause, RunningException,
		Success, ForceSuccess, IgnoreSuccess, Fail, ManualStop, SkipByDepend:
		return true
	}
	return false
}

func (f filter) takes(i *instance, status string, at time.Time) bool {
	named := strings.Contains(i.def.Name, f.name)
	if f.precise && f.name != "" {
		named = i.def.Name == f.name
	}
	return named && !at.IsZero() && f.min < at.UnixMilli() && at.UnixMilli() < f.max &&
		(f.status == "" || f.status == status) &&
		(f.kind == "" || f.kind == strconv.Itoa(i.kind))
}

// span is a slice of a list.
type span struct{ skip, limit int64 }

// page reads limit and offset; offset counts pages (HWDOC).
func (s *Service) page(q url.Values, most int64) (p span, ok bool) {
	limit, ok := integer(q, "limit", 10)
	if !ok || limit < 1 || limit > most {
		return p, false
	}
	offset, ok := integer(q, "offset", 0)
	if !ok || offset < 0 || offset > 1<<31-1 {
		return p, false
	}
	if s.Switches.OffsetCountsItems {
		return span{offset, limit}, true
	}
	return span{offset * limit, limit}, true
}

func cut(records []map[string]any, p span) []map[string]any {
	from := min(p.skip, int64(len(records)))
	to := min(from+p.limit, int64(len(records)))
	return records[from:to]
}

func integer(q url.Values, name string, fallback int64) (n int64, ok bool) {
	text := q.Get(name)
	if text == "" {
		return fallback, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}
