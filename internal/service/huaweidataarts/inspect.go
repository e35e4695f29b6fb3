package huaweidataarts

// This file tells by reads alone what a start would meet.

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// lastRuns is how many instances of before are told, of those of the longest
// span that a list can have.
const lastRuns = 5

// Whoami tells whose the login is.
func (f follower) Whoami(ctx context.Context) (cloud.Identity, error) { return f.account.Whoami(ctx) }

// Inspect reads the job's definition, whether it is on, and its instances.
func (s *service) Inspect(ctx context.Context) ([]job.Thing, []job.Earlier) {
	ref := job.Ref{ID: s.spec.jobName, In: s.spec.workspace, Kind: s.spec.run}
	thing := job.Thing{Name: "job " + ref.ID}
	d, err := s.definition(ctx, ref)
	switch {
	case hasCode(err, "0100"):
		thing.Finding, thing.Says, thing.Cure = job.Absent, "there is no such job in the workspace", "check job_name and workspace"
		return []job.Thing{thing}, nil
	case hasCode(err, "0819"):
		where := job.Thing{Name: "workspace " + ref.In, Finding: job.Absent, Says: "there is no such workspace", Cure: "check workspace: it is an id, not a name"}
		return []job.Thing{where}, nil
	case err != nil:
		return []job.Thing{job.NotRead(thing.Name, err)}, nil
	}
	if d.isStream() {
		return s.inspectStream(ctx, ref, thing)
	}
	thing.Says = "is a batch job"
	if ref.Kind == schedule {
		thing = s.inspectSchedule(ctx, ref, thing)
	}
	list, err := s.instances(ctx, ref, time.Now().Add(ahead-longestSpan))
	if err != nil {
		return []job.Thing{thing, job.NotRead("last instances of "+thing.Name, err)}, nil
	}
	slices.SortStableFunc(list, func(a, b instance) int { return b.planned().Compare(a.planned()) })
	var runs []job.Earlier
	for _, i := range list[:min(lastRuns, len(list))] {
		of := job.Ref{ID: ref.ID, In: ref.In, Kind: once, Run: string(i.InstanceID)} // each is one run, whatever made it
		runs = append(runs, job.Earlier{Of: s.What()[0], Ref: of, Status: i.read()})
	}
	return []job.Thing{thing}, runs
}

// inspectStream tells of a real-time job, which is on or off and has no runs.
func (s *service) inspectStream(ctx context.Context, ref job.Ref, thing job.Thing) ([]job.Thing, []job.Earlier) {
	if ref.Kind == once {
		thing.Finding, thing.Says, thing.Cure = job.Unfit, "is a real-time job, and only batch jobs can be run once", "use run: schedule"
		return []job.Thing{thing}, nil
	}
	ref.Kind = stream
	word, err := s.word(ctx, ref)
	if err != nil {
		return []job.Thing{job.NotRead(thing.Name, err)}, nil
	}
	thing.Says = "is a real-time job, " + isNow(word)
	return []job.Thing{thing}, nil
}

func (s *service) inspectSchedule(ctx context.Context, ref job.Ref, thing job.Thing) job.Thing {
	word, err := s.word(ctx, ref)
	if err != nil {
		return job.NotRead(thing.Name, err)
	}
	thing.Says += ", " + isNow(word)
	return thing
}

// isNow says of a job that may be on what a start of it would do.
func isNow(word string) string {
	switch {
	case word == "":
		return "and whether it is on is not told"
	case isOn(word):
		return word + ": it is on already, so a start begins nothing"
	}
	return word
}

// hasCode compares the last four digits, which the older and the newer spelling
// of a code share (facts huawei-dataarts §8).
func hasCode(err error, digits string) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && strings.HasPrefix(e.Code, "DLF.") && strings.HasSuffix(e.Code, digits)
}
