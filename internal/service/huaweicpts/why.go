package huaweicpts

// This file tells why a run failed.

import (
	"context"
	"errors"
	"slices"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// whyCases is how many cases' reasons are read.
const whyCases = 10

// Why reads the reasons of the run's cases: no call gives one of the run
// itself (facts huawei-cpts §5).
func (f follower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why := []string{"status " + last.Word}
	if last.Message != "" {
		why[0] += ": " + last.Message
	}
	list, err := f.cases(ctx, ref.Run)
	if err != nil {
		return why, err
	}
	why = add(why, "", list.Result.ErrMessage)
	for _, c := range list.Result.Cases[:min(whyCases, len(list.Result.Cases))] {
		detail, caseErr := f.detail(ctx, ref.Run, c)
		err = errors.Join(err, caseErr)
		name := "case " + string(c.Name) + ": "
		why = add(why, name, detail.Total.FailedReason)
		why = add(why, name, detail.Total.ResultLog)
	}
	return why, err
}

// add adds a line if there is one and it is not there yet.
func add(lines []string, prefix string, text cloud.Text) []string {
	if text == "" {
		return lines
	}
	line := prefix + cloud.Shorten(string(text))
	if slices.Contains(lines, line) {
		return lines
	}
	return append(lines, line)
}
