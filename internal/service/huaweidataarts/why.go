package huaweidataarts

// This file tells which nodes failed.

import (
	"cmp"
	"context"
	"fmt"

	"cloudjob/internal/job"
)

// Why names the nodes that failed. Their log is a path in OBS, not an address.
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why := []string{"status " + last.Word}
	if last.Message != "" {
		why[0] += ": " + last.Message
	}
	if ref.Kind == stream {
		s, err := f.streamStatus(ctx, ref)
		for _, n := range s.Nodes {
			switch n.state() {
			case job.StatePending, job.StateRunning, job.StateSucceeded:
			default:
				why = append(why, failure(n.name(), n.word(), n.LogPath))
			}
		}
		return why, err
	}
	if ref.Kind == schedule {
		list, err := f.made(ctx, ref)
		i, found := deciding(list)
		if !found || err != nil {
			return append(why, "the schedule made no instance that ended"), err
		}
		ref.Run = string(i.InstanceID)
		why = append(why, "instance "+ref.Run)
	}
	more, err := f.whyRun(ctx, ref)
	return append(why, more...), err
}

func (f follower) whyRun(ctx context.Context, ref job.Ref) ([]string, error) {
	i, err := f.instance(ctx, ref)
	if err != nil {
		return nil, err
	}
	var why []string
	for _, n := range i.Nodes {
		if state := n.state(); state != job.StateFailed && state != job.StateStopped {
			continue
		}
		status := n.Status
		if tries := n.RetryTimes.Value; tries > 0 {
			status += fmt.Sprintf(" after %.0f retries", tries)
		}
		why = append(why, failure(n.Name, status, n.LogPath))
	}
	from, to := i.planned(), cmp.Or(i.StartTime.Time(), i.planned()) // whichever of them is compared
	if from.IsZero() {
		return why, nil
	}
	list, err := f.between(ctx, ref, from.UnixMilli()-1, to.UnixMilli()+1) // only lists have the message
	for _, l := range list {
		if string(l.InstanceID) == ref.Run && l.ErrorMessage != "" {
			why = append(why, "message: "+l.ErrorMessage)
		}
	}
	return why, err
}

func failure(node, status, log string) string {
	line := "node " + node + ": " + status
	if log != "" {
		line += ", log " + log
	}
	return line
}
