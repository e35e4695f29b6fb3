package engine

import (
	"context"
	"slices"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// reportBudget is how long the report of a job that ended may be waited for:
// some services give it only some time later.
const reportBudget = 3 * time.Minute

// gates are those of a job's service.
func (r *run) gates(f *followed) []gate.Gate {
	if f.unit.index >= len(r.Gates) {
		return nil
	}
	return r.Gates[f.unit.index]
}

// judge reads the report of a job that ended and holds it against its gates.
func (r *run) judge(f *followed, last job.Status) job.Verdict {
	gates := r.gates(f)
	if gates == nil && !r.Report {
		return ""
	}
	ctx, cancel := context.WithTimeout(r.ctx, reportBudget)
	defer cancel()
	report, err := f.unit.service.Report(ctx, f.item.Ref, last)
	if err != nil {
		report.Notes = append(report.Notes, "the report could not be read: "+err.Error())
	}
	var judgements []job.Judgement
	verdict := job.Verdict("")
	if gates != nil {
		judgements = gate.JudgeAll(gates, report, nil, r.elapsed(f, last))
		verdict = gate.Verdict(judgements, r.Unjudged)
	}
	r.set(f, func(item *job.Item) { item.Report, item.Gates, item.Verdict = report, judgements, verdict })
	return verdict
}

// elapsed is how long a job has run, by the cloud's clock where it tells.
func (r *run) elapsed(f *followed, last job.Status) time.Duration {
	switch {
	case !last.Begun.IsZero() && !last.Ended.IsZero():
		return last.Ended.Sub(last.Begun)
	case !last.Begun.IsZero():
		return time.Since(last.Begun)
	}
	return time.Since(r.began)
}

// abort looks whether an abort gate of a running job is broken, and if so asks
// the cloud to stop it. Its end is then waited for like any other.
func (r *run) abort(f *followed, now job.Status) {
	aborts := slices.DeleteFunc(slices.Clone(r.gates(f)), func(g gate.Gate) bool { return g.Severity != gate.Abort })
	if len(aborts) == 0 || f.broken || f.theirs || now.State != job.StateRunning {
		return
	}
	report, err := f.unit.service.Report(r.ctx, f.item.Ref, now)
	if err != nil {
		return // the next poll reads it again
	}
	judgements := gate.JudgeAll(aborts, report, nil, r.elapsed(f, now))
	i := slices.IndexFunc(judgements, func(j job.Judgement) bool { return j.Verdict == job.Fail })
	if i < 0 {
		return
	}
	f.broken = true
	r.notify(Trouble, f, "a gate is broken, so the job is stopped: "+judgements[i].Gate)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), confirmBudget)
	defer cancel()
	became := job.StopConfirmed
	if err := askToStop(ctx, f.unit.service, f.item.Ref, false); err != nil {
		became = job.StopFailed
		r.notify(Trouble, f, "the stop was not taken: "+err.Error())
	}
	r.set(f, func(item *job.Item) { item.Stop = became })
}
