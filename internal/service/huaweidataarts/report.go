package huaweidataarts

// This file reads what became of a job's nodes.

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// Report reads the nodes of a run, of the instance that decides how a schedule
// did, or of a real-time job. It returns what is known beside an error.
func (f follower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	nodes, from, to, err := f.ran(ctx, ref)
	report := job.Report{Samples: []job.Sample{
		duration(ref, last, from, to),
		count("succeeded_tasks", nodes, job.StateSucceeded),
		count("failed_tasks", nodes, job.StateFailed),
		word(last),
	}}
	for _, n := range nodes {
		report.Parts = append(report.Parts, n.part())
	}
	if isRefused(err) {
		report.Notes, err = append(report.Notes, err.Error()), nil
	}
	return report, err
}

// ran is what the service tells of the nodes and of the time they took.
func (f follower) ran(ctx context.Context, ref job.Ref) (nodes nodes, from, to time.Time, err error) {
	if ref.Kind == stream {
		s, err := f.streamStatus(ctx, ref)
		return s.Nodes, s.StartTime.Time(), s.EndTime.Time(), err
	}
	if ref.Kind == schedule {
		list, err := f.made(ctx, ref)
		i, found := deciding(list)
		if err != nil || !found {
			return nil, from, to, err
		}
		ref.Run = string(i.InstanceID) // the list has no nodes
	}
	if ref.Run == "" {
		return nil, from, to, nil
	}
	i, err := f.instance(ctx, ref)
	return i.Nodes, i.StartTime.Time(), i.EndTime.Time(), err
}

// state is how a node ended; its words are those of an instance, and skip, or of
// a real-time job (facts huawei-dataarts §5, §6).
func (n node) state() job.State {
	if state := jobState(n.word()); state != job.StateUnknown {
		return state
	}
	return instance{Status: n.word()}.state()
}

func (n node) part() job.Part {
	var details []string
	if tries := n.RetryTimes.Value; tries > 0 {
		details = append(details, fmt.Sprintf("retries: %.0f", tries))
	}
	if n.LogPath != "" { // a path in OBS, not an address
		details = append(details, "log "+n.LogPath)
	}
	return job.Part{Name: n.name(), Status: n.word(), Detail: strings.Join(details, ", ")}
}

// count counts the nodes in a state. None at all, or one without a status,
// leaves the number unknown.
func count(metric string, nodes nodes, state job.State) job.Sample {
	s := job.Sample{Metric: metric}
	if len(nodes) == 0 {
		s.Missing = "DataArts lists no nodes"
	}
	for _, n := range nodes {
		if n.word() == "" {
			return job.Sample{Metric: metric, Missing: "DataArts gives no status of node " + n.name()}
		}
		if n.state() == state {
			s.Value++
		}
	}
	return s
}

// duration needs an end: a real-time job has one only when it is off.
func duration(ref job.Ref, last job.Status, from, to time.Time) job.Sample {
	s := job.Sample{Metric: "duration"}
	switch {
	case ref.Kind == stream && !isOff(last.Word):
		s.Missing = "a real-time job has no end while it runs"
	case !last.State.Over():
		s.Missing = "the run has not ended"
	case from.IsZero() || to.Before(from):
		s.Missing = "DataArts does not tell when the run began and ended"
	default:
		s.Value = to.Sub(from).Seconds()
	}
	return s
}

// word is the status as the service wrote it; what we say in its place when it
// wrote none has a blank.
func word(last job.Status) job.Sample {
	if last.Word == "" || strings.Contains(last.Word, " ") {
		return job.Sample{Metric: "state", Missing: "DataArts does not tell the state"}
	}
	return job.Sample{Metric: "state", Word: last.Word}
}
