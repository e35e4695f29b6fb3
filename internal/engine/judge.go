package engine

import (
	"context"
	"slices"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

const (
	// reportBudget is how long the report of a job that ended may be waited for:
	// some services give it only some time later.
	reportBudget = 3 * time.Minute

	// standings are told if there are at most so many starts: of more nobody
	// reads them, and the calls would grow with the jobs.
	standings     = 20
	standingEvery = 10 * time.Second // at the soonest
)

// gates are those of a job's service.
func (r *run) gates(f *followed) []gate.Gate {
	if f.unit.index >= len(r.Gates) {
		return nil
	}
	return r.Gates[f.unit.index]
}

func (r *run) verdicts(f *followed, report job.Report, ran time.Duration) []job.Judgement {
	var baseline *gate.Baseline
	if r.Baseline != nil {
		baseline = r.Baseline(f.item.Provider, f.item.What)
	}
	return gate.Judge(r.gates(f), report, baseline, ran)
}

// judge reads the report of a job that ended and holds it against its gates. It
// returns what they do to the job's end, as on_inconclusive wants it; the item's
// verdict is what they came to: no job that did not end well has passed.
func (r *run) judge(f *followed, last job.Status) job.Verdict {
	gates := r.gates(f)
	if gates == nil && !r.Report {
		return ""
	}
	r.hold(f, last)
	ctx, cancel := context.WithTimeout(r.ctx, reportBudget)
	defer cancel()
	report, err := r.report(ctx, f, last, r.readAt(f), atEnd)
	return r.weigh(f, last, report, err, r.ran(f, last))
}

// weigh holds what was read of a job that ended, after it had run for so long,
// against its gates; err is why it could not be read.
func (r *run) weigh(f *followed, last job.Status, report job.Report, err error, ran time.Duration) job.Verdict {
	gates := r.gates(f)
	var judgements []job.Judgement
	if err == nil || report.Samples != nil {
		report = f.polled.in(report)
		judgements = r.verdicts(f, report, ran)
		for i, seen := range f.item.Gates { // what the job was stopped for stays, whatever came of it afterwards
			if f.broken && i < len(judgements) && seen.Severity == gate.Abort && seen.Verdict == job.Fail {
				judgements[i] = seen
			}
		}
	} else { // what was seen before its end is shown, and decides nothing
		report = f.item.Report
		judgements = gate.Unjudged(gates, f.item.Gates, f.ran, "the report could not be read: "+err.Error())
	}
	if err != nil {
		report.Notes = append(slices.Clip(report.Notes), "the report could not be read: "+err.Error())
	}
	verdict, counts := job.Verdict(""), job.Verdict("")
	if gates != nil {
		verdict, counts = gate.Verdict(judgements, ""), gate.Verdict(judgements, r.Unjudged)
	}
	switch {
	case f.broken && gates != nil:
		verdict = job.Fail
	case last.State != job.StateSucceeded && verdict == job.Pass:
		verdict = job.Inconclusive
	}
	report = gate.Kept(gates, judgements, report)
	r.set(f, func(item *job.Item) { item.Report, item.Gates, item.Verdict = report, judgements, verdict })
	return counts
}

// partly reads, within a budget, what a job measured until it was stopped.
// There is no verdict on it.
func (r *run) partly(f *followed, budget time.Duration) {
	if r.gates(f) == nil && !r.Report {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), budget)
	defer cancel()
	r.mu.Lock()
	last := f.item.Last
	r.mu.Unlock()
	if report, err := r.report(ctx, f, last, r.readAt(f), inPart); err == nil {
		r.see(f, report, r.ran(f, last))
	}
}

// foresee tells, as soon as a job's planned length is known, which gates it is
// too short for.
func (r *run) foresee(f *followed, planned time.Duration) {
	if planned == 0 || f.planned {
		return
	}
	f.planned = true
	for _, short := range gate.TooShort(r.gates(f), planned) {
		r.note(f, short)
		r.notify(Trouble, f, short)
	}
}

// see takes over what is known of a job before its end, after it ran for so long.
func (r *run) see(f *followed, report job.Report, ran time.Duration) []job.Judgement {
	r.locked(func() {
		f.looked, f.ran = time.Now(), ran
		f.polled.add(report, f.ran, r.gates(f))
		report = f.polled.in(report)
	})
	judgements := r.verdicts(f, report, ran)
	report = gate.Kept(r.gates(f), judgements, report)
	r.set(f, func(item *job.Item) { item.Report, item.Gates = report, judgements })
	return judgements
}

// unjudged says of the gates of a job that did not run to its end that they
// were not judged.
func (r *run) unjudged(f *followed) {
	gates, why := r.gates(f), "the job did not run to its end"
	if gates == nil || f.item.Verdict != "" || !r.Wait {
		return
	}
	switch {
	case f.item.Err != nil:
		why = "the job was not started"
	case f.item.End == job.TimedOut:
		why = "the job did not end in time"
	case f.item.End == job.Cancelled:
		why = "the workflow was cancelled"
	case f.item.End == job.Unauthorized || f.item.End == job.Internal:
		why = "the job was not followed to its end"
	case f.item.Culprit != "":
		why = f.item.Culprit + " failed, which ended this job too (fail_fast)"
	}
	f.item.Gates, f.item.Verdict = gate.Unjudged(gates, f.item.Gates, f.ran, why), job.Inconclusive
}

// elapsed is how long a job has run, by the cloud's clock where it tells.
func (r *run) elapsed(last job.Status) time.Duration {
	switch {
	case !last.Begun.IsZero() && !last.Ended.IsZero():
		return max(0, last.Ended.Sub(last.Begun))
	case !last.Begun.IsZero():
		return max(0, time.Since(last.Begun)) // the cloud's clock may be ahead of ours
	}
	return time.Since(r.began)
}

// look reads what is known of a running job, for three reasons: an abort gate
// may be broken, a gate needs values that only repeated reading gives, or it is
// time to say how the gates stand. A report that cannot be read is read again
// at the next poll.
func (r *run) look(f *followed, now job.Status, poll int) {
	gates := r.gates(f)
	if gates == nil || f.broken || now.State != job.StateRunning {
		return
	}
	r.mu.Lock()
	beats := len(r.units) <= standings && time.Since(f.looked) >= max(standingEvery, r.Heartbeat)
	r.mu.Unlock()
	needed := slices.ContainsFunc(gates, func(g gate.Gate) bool { return g.Severity == gate.Abort || spans(g) })
	if !beats && !needed {
		return
	}
	report, err := r.report(r.ctx, f, now, poll, running)
	if err != nil {
		if time.Since(f.blind) >= r.Heartbeat && r.ctx.Err() == nil {
			f.blind = time.Now()
			r.notify(Trouble, f, "how the gates stand cannot be read, it is tried again: "+err.Error())
		}
		return
	}
	if broken, ok := aborts(r.see(f, report, r.ran(f, now))); ok && !f.theirs {
		r.abort(f, broken)
	}
}

// aborts is the first gate that stops a job as it stands.
func aborts(judgements []job.Judgement) (gateText string, ok bool) {
	i := slices.IndexFunc(judgements, func(j job.Judgement) bool { return j.Severity == gate.Abort && j.Verdict == job.Fail })
	if i < 0 {
		return "", false
	}
	return judgements[i].Gate, true
}

// abort asks the cloud to stop a job. Its end is then waited for like any other.
func (r *run) abort(f *followed, why string) {
	f.broken = true
	r.set(f, func(item *job.Item) { item.Aborted = &job.Abort{Gate: why, After: f.ran.Truncate(time.Second)} })
	r.note(f, "a gate was broken: "+why)
	r.notify(Trouble, f, "a gate is broken, so the job is stopped: "+why)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), confirmBudget)
	defer cancel()
	_ = r.request(ctx, f, false) // what became of it is in the item
}

// spans tells of a gate on values that only repeated reading gives.
func spans(g gate.Gate) bool { return g.Polled && (g.Over > 0 || g.For > 0) }

// hold goes on reading a job that has reached the state that waiting waits for
// and runs on in it, until a gate on its values over time can be judged. A job
// that gives no such value is not waited for.
func (r *run) hold(f *followed, last job.Status) {
	gates := slices.DeleteFunc(slices.Clone(r.gates(f)), func(g gate.Gate) bool { return !spans(g) })
	long := time.Duration(0)
	for _, g := range gates {
		span := g.Over + g.For
		long = max(long, span, g.After+span-r.elapsed(last))
	}
	if long == 0 || last.State != job.StateSucceeded || !last.Ended.IsZero() {
		return
	}
	for until := time.Now().Add(long); ; {
		before := f.polled.count()
		report, err := r.report(r.ctx, f, last, r.readAt(f), held)
		if err == nil {
			r.see(f, report, r.ran(f, last))
		}
		wait := min(max(r.PollEvery, quick), time.Until(until))
		if err == nil && f.polled.count() == before || wait <= 0 {
			return
		}
		if time.Since(f.beat) >= r.Heartbeat {
			f.beat = time.Now()
			r.notify(Beats, f, "")
		}
		select {
		case <-r.ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// polled are series that repeated reading gives.
type polled []job.Series

// add adds the values of the moment that gates need, and those that can be none.
func (p *polled) add(r job.Report, at time.Duration, gates []gate.Gate) {
	for _, s := range r.Samples {
		wanted := func(g gate.Gate) bool { return spans(g) && g.Metric == s.Metric && g.Aggregation == s.Aggregation }
		if s.Missing != "" && !s.Odd || len(s.Labels) > 0 || !slices.ContainsFunc(gates, wanted) {
			continue
		}
		i := slices.IndexFunc(*p, func(known job.Series) bool { return known.Metric == s.Metric && known.Aggregation == s.Aggregation })
		if i < 0 {
			i = len(*p)
			*p = append(*p, job.Series{Metric: s.Metric, Aggregation: s.Aggregation})
		}
		if s.Odd {
			(*p)[i].Odd = append((*p)[i].Odd, job.Odd{At: at, Why: s.Missing})
			continue
		}
		(*p)[i].Points = append((*p)[i].Points, job.Point{At: at, Value: s.Value})
	}
}

func (p *polled) count() (points int) {
	for _, s := range *p {
		points += len(s.Points) + len(s.Odd)
	}
	return points
}

// in adds the series to a report.
func (p *polled) in(r job.Report) job.Report {
	for _, s := range *p {
		s.Points, s.Odd = slices.Clone(s.Points), slices.Clone(s.Odd)
		r.Series = append(r.Series, s)
	}
	return r
}
