package dataartsemu

import (
	"math"
	"strings"
	"time"

	"cloudjob/internal/emulator/emu"
)

const logBucket = "obs://dlf-log-cloudjob"

// showJobInstance shows an instance and its nodes (facts huawei-dataarts §6).
func (s *Service) showJobInstance(c *call, i *instance) emu.Answer {
	v := i.view(c.now)
	body := s.instanceHead(i, v)
	nodes := []map[string]any{}
	for _, n := range v.nodes {
		nodes = append(nodes, s.nodeRecord(i, n))
	}
	body["total"] = len(nodes)
	body["nodes"] = nodes
	return emu.Answer{Body: body}
}

// instanceRecord is an instance in a list.
func (s *Service) instanceRecord(i *instance, v view) map[string]any {
	r := s.instanceHead(i, v)
	r["jobId"] = i.job.number
	r["jobInstanceName"] = i.def.Name
	r["submitTime"] = i.job.created.UnixMilli() // the job's: it tells nothing of the instance (facts huawei-dataarts §6)
	r["version"] = 1
	if s.Switches.NoInstanceTypes {
		delete(r, "instanceType")
	}
	if v.status == Fail || v.status == RunningException {
		r["errorMessage"] = "Node " + v.failed() + " failed."
	}
	return r
}

// instanceHead is what a list and a single instance have in common. Times that
// have not come are left out, as endTime may be (HWDOC); that startTime is too
// is UNVERIFIED.
func (s *Service) instanceHead(i *instance, v view) map[string]any {
	r := map[string]any{
		"jobName":       i.def.Name,
		"instanceId":    s.instanceID(i),
		"instanceType":  i.kind,
		"status":        s.statusText(v),
		"planTime":      i.plan.UnixMilli(),
		"forceSuccess":  v.status == ForceSuccess,
		"ignoreSuccess": v.status == IgnoreSuccess,
	}
	if !v.start.IsZero() {
		r["startTime"] = v.start.UnixMilli()
	}
	if !v.end.IsZero() {
		r["endTime"] = v.end.UnixMilli()
	}
	if !v.start.IsZero() && !v.end.IsZero() {
		r["executeTime"] = s.executeTime(v.end.Sub(v.start))
	}
	return r
}

// statusText is the status on the wire. What was set to success by hand says
// success and a flag (HWDOC) unless the switch says otherwise.
func (s *Service) statusText(v view) string {
	if !s.Switches.ForceSuccessStatus && (v.status == ForceSuccess || v.status == IgnoreSuccess) {
		return Success
	}
	return v.status
}

// executeTime is in milliseconds by the table and in minutes by the samples.
func (s *Service) executeTime(d time.Duration) any {
	if s.Switches.ExecuteTimeMinutes {
		return math.Round(d.Minutes()*10) / 10
	}
	return d.Milliseconds()
}

func (v view) failed() string {
	for _, n := range v.nodes {
		if n.status == Fail {
			return n.Name
		}
	}
	return ""
}

// nodeRecord is a node of an instance; its rows grow while it runs.
func (s *Service) nodeRecord(i *instance, n nodeView) map[string]any {
	r := map[string]any{
		"nodeName":      n.Name,
		"status":        n.status,
		"type":          n.Type,
		"planTime":      i.plan.UnixMilli(),
		"retryTimes":    n.retries,
		"instanceId":    s.instanceID(i),
		"inputRowCount": n.Speed * int64(n.ran/time.Second),
		"speed":         float64(n.Speed),
	}
	if strings.HasPrefix(n.Type, "DLI") {
		r["queue"] = "default" // DLI nodes only (HWDOC)
	}
	if !n.start.IsZero() {
		r["startTime"] = n.start.UnixMilli()
		r["logPath"] = logBucket + "/" + i.def.Name + "/" + i.plan.UTC().Format("2006-01-02_15_04_05.000") + "/" + n.Name + "/" + n.Name + ".job"
	}
	if !n.end.IsZero() {
		r["endTime"] = n.end.UnixMilli()
	}
	return r
}
