package action

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/cloud"
	"cloudjob/internal/cloud/huawei"
	"cloudjob/internal/cloud/tencent"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/record"
	"cloudjob/internal/report"
)

// This file plays a recording: it reads again what the run read, from the file,
// and judges it by the code that a run is judged by. Nothing of it can reach a
// cloud: its road is a record.Player, which has no connection.

// mostRecordedJobs is how many jobs a recording has at most.
const mostRecordedJobs = 10_000

// replay is the command: FILE [NAME=VALUE ...], or -facts FILE.
func (p *process) replay(context.Context) int {
	if p.flagged("-facts", "--facts") {
		return p.provenFacts()
	}
	if len(p.args) == 0 || strings.HasPrefix(p.args[0], "-") {
		return p.misused("replay")
	}
	file := p.args[0]
	p.args = p.args[1:]
	var inputs []field.Input
	for _, arg := range p.args {
		name, value, _ := strings.Cut(arg, "=")
		inputs = append(inputs, field.Input{Name: name, Text: value})
		if name == "locale" {
			p.speak(strings.TrimSpace(value))
		}
	}
	p.isStep.Store(true)
	c := p.newConsole()
	wanted, problems := plan.DecodeReplay(inputs, p.readFile)
	recorded, run, err := p.readRecording(file)
	if err == nil && run == nil {
		err = errors.New("its step was killed, or gave up, before it ended, so there is nothing to judge; its calls can be read in any viewer of HAR files, and by cloudjob replay -facts")
	}
	if err != nil {
		problems = append(problems, field.Problem{Place: field.Place{File: file}, Text: "cannot be replayed: " + err.Error()})
	}
	if len(problems) > 0 {
		return p.refuse(c, problems)
	}
	return p.rejudge(c, file, wanted, recorded, *run)
}

// readRecording reads a recording, and of one that was finished what stands
// beside its calls.
func (p *process) readRecording(file string) (record.Recording, *recordedRun, error) {
	src, err := p.readAtMost(file, record.Limit, "no recording has more")
	if err != nil {
		return record.Recording{}, nil, err
	}
	recorded, err := record.Read(src)
	if err != nil || !recorded.Finished {
		return recorded, nil, err
	}
	var run recordedRun
	if err := json.Unmarshal(recorded.Run, &run); err != nil {
		return recorded, nil, fmt.Errorf("what it says of its jobs cannot be read: %w", err)
	}
	return recorded, &run, run.check()
}

// check complains of what no run can have left.
func (r *recordedRun) check() error {
	switch {
	case len(r.Jobs) > mostRecordedJobs:
		return fmt.Errorf("it has %d jobs, and at most %d are read", len(r.Jobs), mostRecordedJobs)
	case !slices.Contains([]string{"", "fail", "warn", "pass"}, r.Unjudged):
		return fmt.Errorf("%s is nothing that on_inconclusive can be", field.Quote(r.Unjudged))
	case r.Newest < 0 || r.Least < 0:
		return errors.New("it counts less than no earlier results")
	}
	r.At = job.Believable(r.At)
	for i := range r.Jobs {
		j := &r.Jobs[i]
		switch {
		case j.Fault != nil && (j.Fault.Fault < job.Refused || j.Fault.Fault > job.Unclear):
			return fmt.Errorf("its job %d has a fault of a kind that there is not", i+1)
		case j.Fault != nil:
			j.Item.Err = j.Fault
		case j.Error != "":
			j.Item.Err = errors.New(j.Error)
		}
		var err error
		if j.Item, err = engine.Credible(j.Item); err != nil {
			return fmt.Errorf("its job %d: %w", i+1, err)
		}
		if _, ok := catalog.Find(j.Item.Provider); !ok {
			return fmt.Errorf("its job %d is of a provider that there is not: %s", i+1, field.Quote(j.Item.Provider))
		}
	}
	return nil
}

// rejudge judges a recorded run, by its own gates or by others.
func (p *process) rejudge(c *console, file string, wanted plan.Replay, recorded record.Recording, run recordedRun) int {
	player := record.NewPlayer(recorded.Entries)
	jobs, err := run.played(cloud.Env{Getenv: standIn, Transport: &cloud.Transport{Base: player, Redact: p.secrets.redact}, Logins: &cloud.Logins{}})
	if err != nil {
		return p.refuse(c, field.Problems{{Place: field.Place{File: file}, Text: "cannot be replayed: " + err.Error()}})
	}
	j := &judging{
		past: run.Past.Past(), newest: run.Newest, onInconclusive: cmp.Or(wanted.Unjudged, run.Unjudged), sources: run.Sources,
		rerun: again{command: run.Rerun}, at: run.At, origin: &run.Origin,
	}
	if run.Plan != "" {
		j.rerun.plan = []byte(c.secrets.replace(run.Plan))
	}
	c.clear(&j.rerun.command, &j.origin.RunURL, &j.origin.Commit, &j.origin.GitRef)
	var problems field.Problems
	if wanted.Regated && !run.Wait {
		return p.refuse(c, field.Problems{{Place: wanted.Start, Text: "the recorded run did not wait for its jobs, so there is nothing to judge by other gates"}})
	}
	for i := range jobs {
		if !wanted.Regated {
			break
		}
		provider, _ := catalog.Find(jobs[i].Item.Provider)
		gates, complaints := wanted.Gates(provider)
		jobs[i].Gates, problems = gates, append(problems, complaints...)
		j.sources = []report.Source{{Name: wanted.Start.File, Digest: sha256.Sum256([]byte(wanted.GateText))}}
		note(&jobs[i].Item, "this is a replay with other gates, of "+run.title(recorded.Tool)+"; nothing was started")
	}
	if len(problems) > 0 {
		return p.refuse(c, p.unquoted(problems.Unique(), wanted.GateText))
	}
	if wanted.ReportDir != "" {
		if j.reports, err = p.prepare(wanted.ReportDir, len(jobs)); err != nil {
			return p.refuse(c, unusable("report_dir", wanted.ReportDir, err))
		}
		defer j.reports.close()
	}
	c.line("%s is replayed, %s; nothing is sent", file, run.title(recorded.Tool))
	o := engine.Options{Unjudged: j.onInconclusive, Report: run.Read, Wait: run.Wait}
	if run.Baseline || wanted.Regated {
		o.Baseline = func(provider, what string) *gate.Baseline {
			return j.past.Baseline(provider, what, run.Newest, run.Least)
		}
	}
	result, err := engine.Replay(context.Background(), jobs, run.Course, o, player.Again)
	if err != nil {
		return p.refuse(c, field.Problems{{Place: field.Place{File: file}, Text: "cannot be replayed: " + err.Error()}})
	}
	result = c.redacted(result)
	c.verbatim(report.Table(result, c.book))
	if !run.Judged && !wanted.Regated && wanted.ReportDir == "" {
		j = nil
	}
	status, _ := p.finish(c, result, j)
	return status
}

// note adds a sentence to what a reader of an item should know.
func note(item *job.Item, text string) {
	if item.Note != "" {
		text = item.Note + "; " + text
	}
	item.Note = text
}

// title says which run was recorded.
func (r *recordedRun) title(tool string) string {
	text := "the run of " + r.At.UTC().Format("2006-01-02 15:04:05 UTC")
	if r.Origin.RunURL != "" {
		text += " (" + job.Cut(r.Origin.RunURL, 300) + ")"
	}
	if emulated := slices.ContainsFunc(r.Jobs, func(j recordedJob) bool { return j.Item.Emulated }); emulated {
		text += ", of an emulated cloud"
	}
	return text + ", as cloudjob " + job.Cut(tool, 40) + " recorded it"
}

// played opens the jobs of a run over the recording.
func (r *recordedRun) played(env cloud.Env) (jobs []engine.Played, err error) {
	for i, j := range r.Jobs {
		provider, _ := catalog.Find(j.Item.Provider)
		one := engine.Played{Item: j.Item}
		if len(j.Gates) > 0 {
			gates, problems := plan.GatesOf(provider, passages(j.Gates))
			if len(problems) > 0 {
				return nil, fmt.Errorf("the gates of its job %d: %s", i+1, problems[0])
			}
			one.Gates = gates
		}
		if j.Target != "" && j.Item.Ref.ID != "" {
			var at struct{ Endpoint string }
			if err := cloud.ReadTarget(j.Target, &at); err != nil {
				return nil, fmt.Errorf("its job %d: %w", i+1, err)
			}
			env.Endpoint = at.Endpoint // wherever it leads, nothing goes there
			if one.Follower, err = provider.Reopen(env, j.Target); err != nil {
				return nil, fmt.Errorf("its job %d: %w", i+1, err)
			}
		}
		jobs = append(jobs, one)
	}
	return jobs, nil
}

// standIn is the environment of a replay, in which nothing logs in: keys that are
// none.
func standIn(name string) string {
	if slices.Contains(slices.Concat(tencent.Variables()[:2], huawei.Variables()[:2]), name) {
		return "replayed"
	}
	return ""
}
