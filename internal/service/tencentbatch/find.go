package tencentbatch

// This file finds a job again by the mark in its name, and one of an earlier
// attempt by what it runs.

import (
	"context"
	"errors"
	"fmt"
	"html"
	"iter"
	"maps"
	"strings"

	tchttp "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/http"

	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/job"
)

// The mark in a job's name, which everybody sees who may list jobs, holds
// nothing that could be a secret: no command, no address, no value of a
// variable. What a job of an earlier attempt runs is read from its record.

func describeJobSubmitInfo() cloud.Call {
	return cloud.Call{Name: "DescribeJobSubmitInfo", For: cloud.ToRun, Does: "reads what a job of an earlier attempt runs", Permission: "batch:DescribeJobSubmitInfo" + readPolicy, PerSecond: 2, Reads: true}
}

// Find compares names: DescribeJobs does not show ClientTokens, and whether its
// filter takes a part of a name is not documented. What one start began stands
// together; the jobs of all attempts may stand far apart.
func (f follower) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	var found []engine.Found
	for jobs, err := range f.jobs(ctx) {
		if errors.Is(err, tencent.ErrGoesOn) {
			break
		} else if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			if mark := engine.Marked(j.JobName, intent.Mark); mark != "" {
				found = append(found, engine.Found{Ref: job.Ref{ID: j.JobId}, State: state(j.JobState), Mark: mark, Ours: true})
			}
		}
		if found != nil && !intent.At.IsZero() {
			break
		}
	}
	return found, nil
}

// searchPages bounds how far back a search goes: the order of the list is not
// documented.
const searchPages = 20

// jobs are the pages of the list of the region's jobs, as far as it is searched.
func (f follower) jobs(ctx context.Context) iter.Seq2[[]jobView, error] {
	return tencent.Pages(searchPages, pageLimit, func(offset int) ([]jobView, int, error) { return f.list(ctx, nil, offset) })
}

// Find knows one thing more than any follower: what is to be started. Jobs that
// run something else are another step's. And it asks whether a job is being
// terminated, which only DescribeJob shows (facts tencent-batch §3).
func (s *service) Find(ctx context.Context, intent job.Intent) ([]engine.Found, error) {
	found, err := s.follower.Find(ctx, intent)
	if err != nil || !intent.At.IsZero() { // the mark of one start is enough
		return found, err
	}
	var same []engine.Found
	for _, one := range found {
		if one.State.Over() {
			continue
		}
		tasks, err := s.recorded(ctx, one.Ref)
		if err != nil {
			return nil, err
		}
		is, told := s.is(tasks)
		if !told {
			one.Unsure = "its record does not tell what it runs"
		}
		if !is {
			continue
		}
		if ends, err := s.ends(ctx, one.Ref); err != nil {
			return nil, err
		} else if ends {
			one.State = job.StateStopping
		}
		same = append(same, one)
	}
	return same, nil
}

func (f follower) ends(ctx context.Context, ref job.Ref) (bool, error) {
	response := &struct {
		*tchttp.BaseResponse
		Response *struct{ NextAction string }
	}{BaseResponse: &tchttp.BaseResponse{}}
	err := f.send(ctx, describeJob(), &jobRequest{&tchttp.BaseRequest{}, ref.ID}, response)
	return response.Response != nil && response.Response.NextAction == "TERMINATING", err
}

func (f follower) recorded(ctx context.Context, ref job.Ref) ([]recordedTask, error) {
	response := &describeJobSubmitInfoResponse{BaseResponse: &tchttp.BaseResponse{}}
	if err := f.send(ctx, describeJobSubmitInfo(), &jobRequest{&tchttp.BaseRequest{}, ref.ID}, response); err != nil {
		return nil, err
	}
	if response.Response == nil {
		return nil, nil
	}
	return response.Response.Tasks, nil
}

// is compares what recorded tasks run with what ours do. same is false only if
// something differs; told is false if nothing does, but the record leaves out
// some of it.
func (s *service) is(recorded []recordedTask) (same, told bool) {
	same, told = true, true
	for i, t := range s.spec.job.Tasks {
		theirs, there := recordOf(t.TaskName, i, recorded)
		ours := runs(applied(t.Application), t.EnvVars)
		others := runs(theirs.Application, theirs.EnvVars)
		told = told && there
		for what, text := range ours {
			other, isTold := others[what]
			told = told && isTold
			same = same && (!isTold || other == text)
		}
		for what := range others {
			_, isOurs := ours[what]
			same = same && isOurs
		}
	}
	return same, told || !same
}

func applied(a *application) recordedApplication {
	r := recordedApplication{Command: a.Command, Commands: a.Commands, PackagePath: a.PackagePath}
	if a.Docker != nil {
		r.Docker = &recordedDocker{a.Docker.DockerRunOption}
	}
	return r
}

// recordOf is the record of a task, by its name if it was given one.
func recordOf(name string, index int, recorded []recordedTask) (recordedTask, bool) {
	for i, r := range recorded {
		if name != "" && r.TaskName == name || name == "" && i == index {
			return r, true
		}
	}
	return recordedTask{}, false
}

// runs is what a task runs: its command, package, options of Docker and variables,
// each under what it is called. None of it is part of the mark. A record may be
// escaped for HTML, and not wholly (facts tencent-batch §9).
func runs(a recordedApplication, variables []envVar) map[string]string {
	plain := func(text string) string { return strings.TrimSpace(html.UnescapeString(text)) }
	all := map[string]string{"command": plain(a.Command), "package": plain(a.PackagePath)}
	for i, c := range a.Commands {
		all[fmt.Sprint("command ", i)] = plain(c.Command)
	}
	if a.Docker != nil {
		all["docker run"] = plain(a.Docker.DockerRunOption)
	}
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	for _, v := range variables { // an empty value is one
		all["variable "+v.Name] = plain(v.Value)
	}
	return all
}
