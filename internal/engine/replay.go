package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// Played is a job of a recorded run.
type Played struct {
	Item     job.Item // what became of it, without what it measured and how that was judged
	Follower Follower // reads the recording; nil: it was never read
	Gates    []gate.Gate
}

// Replay reads what a course says of recorded jobs, each read at its time, and
// judges it by the options' Baseline, Unjudged, Report and Wait. It never waits,
// and what it makes of the readings is made by what makes it of those of a run.
// Again is told before each read: what answers begins anew. An error is of a course
// that cannot be one of these jobs.
func Replay(ctx context.Context, jobs []Played, course Course, o Options, again func()) (Result, error) {
	if err := course.check(len(jobs)); err != nil {
		return Result{}, err
	}
	clock := job.NewClock(time.Time{})
	r := &run{Options: o}
	r.ctx = clock.In(ctx)
	p := &replay{run: r, jobs: jobs, course: course, at: func(t, until time.Time, purpose string) context.Context {
		clock.Set(t, until)
		again()
		return job.For(r.ctx, purpose)
	}}
	for i, j := range jobs {
		item := j.Item
		item.Report, item.Gates, item.Verdict = job.Report{}, nil, ""
		f := &followed{unit: &unit{index: i}, item: item, theirs: item.Theirs}
		if j.Follower != nil {
			p.followers = append(p.followers, boundedFollower{j.Follower})
		} else {
			p.followers = append(p.followers, nil)
		}
		r.Gates = append(r.Gates, j.Gates)
		p.followed = append(p.followed, f)
	}
	result := Result{}
	for i, f := range p.followed {
		p.play(i, f)
		r.unjudged(f)
		result.Items = append(result.Items, f.item)
	}
	result.Outcome = merge(result.Items)
	return result, nil
}

// replay is a run that is read from a recording.
type replay struct {
	*run
	jobs      []Played
	course    Course
	followers []Follower
	followed  []*followed
	at        func(t, until time.Time, purpose string) context.Context
}

// play reads and judges one job.
func (p *replay) play(i int, f *followed) {
	c := p.course.Jobs[i]
	if p.followers[i] == nil {
		return
	}
	last := p.status(i, c.Last, f.item.Last)
	verdict, weighed := job.Verdict(""), false
	for _, reading := range c.Readings {
		status := f.item.Last
		if reading.Last != nil {
			status = *reading.Last
		}
		status = p.status(i, reading.Poll, status)
		report, err := p.followers[i].Report(p.at(reading.At, reading.Until, reportOf(reading.Number)), f.item.Ref, status)
		if err != nil && reading.Error != "" {
			err = errors.New(reading.Error) // as the run said it, which may have been cancelled in it
		}
		switch {
		case reading.Of == atEnd:
			if p.judges(i) {
				verdict, weighed = p.weigh(f, status, report, err, reading.Ran), true
			}
		case err == nil && p.judges(i) && !(reading.Of == running && p.Gates[i] == nil):
			broken, ok := aborts(p.see(f, report, reading.Ran))
			if ok && reading.Of == running && !f.theirs && !f.broken {
				f.broken = true
				p.wouldStop(f, broken, reading.Ran)
			}
		}
	}
	f.item.Last = last
	if !c.Ended {
		return
	}
	if !weighed && p.judges(i) {
		verdict = p.weigh(f, last, job.Report{}, errNotRead, p.span(last))
	}
	end := job.Succeeded
	if last.State != job.StateSucceeded && !f.broken {
		end = job.JobFailed
	}
	f.item.End = judged(end, f.broken, verdict)
}

// errNotRead is of a report that a recording does not have.
var errNotRead = errors.New("the recorded run did not read it, because it had no gate and no report_dir")

// judges tells that a job has gates, or that its report is asked for.
func (p *replay) judges(i int) bool { return p.Gates[i] != nil || p.Options.Report }

// wouldStop notes of a job that was not stopped that a gate would have stopped it.
func (p *replay) wouldStop(f *followed, broken string, ran time.Duration) {
	if f.item.Aborted != nil {
		return
	}
	note := fmt.Sprintf("the gate %s would have stopped the job after %s; what it did from then on is judged as it was recorded", broken, ran.Truncate(time.Second))
	if f.item.Note != "" {
		note = f.item.Note + "; " + note
	}
	f.item.Note = note
}

// span is how long a job ran, as far as its status tells.
func (p *replay) span(last job.Status) time.Duration {
	if last.Begun.IsZero() || last.Ended.IsZero() {
		return 0
	}
	return last.Ended.Sub(last.Begun)
}

// status reads a job's status as a poll did. What a poll of the recording does not
// tell is as the run noted it; so is how far the job was, which takes other calls.
func (p *replay) status(i, poll int, noted job.Status) job.Status {
	if poll == unknownPoll {
		return noted
	}
	at := p.course.Polls[poll-1]
	refs := make([]job.Ref, len(at.Jobs))
	for k, of := range at.Jobs {
		refs[k] = p.followed[of].item.Ref
	}
	all, err := p.followers[i].Status(p.at(at.At, time.Time{}, statesOf(at.Number)), refs)
	read, ok := readOf(all, slices.Index(at.Jobs, i), err)
	if !ok {
		return noted
	}
	read.Progress = noted.Progress
	return read
}

// check complains of a course that cannot be one of so many jobs.
func (c Course) check(jobs int) error {
	if len(c.Jobs) != jobs {
		return fmt.Errorf("it tells of %d jobs how they were read, and has %d", len(c.Jobs), jobs)
	}
	reads := 0
	for i, j := range c.Jobs {
		polls := []int{j.Last}
		for _, reading := range j.Readings {
			polls = append(polls, reading.Poll)
			if reading.Ran < 0 {
				return fmt.Errorf("its job %d was read %s before it began", i+1, -reading.Ran)
			}
		}
		for _, poll := range polls {
			if poll < 0 || poll > len(c.Polls) {
				return fmt.Errorf("its job %d names a read that there is not", i+1)
			}
			if poll == unknownPoll {
				continue
			}
			of := c.Polls[poll-1].Jobs
			if !slices.Contains(of, i) || slices.ContainsFunc(of, func(n int) bool { return n < 0 || n >= jobs }) {
				return fmt.Errorf("its job %d names a read of other jobs", i+1)
			}
			if reads += len(of); reads > mostReads {
				return fmt.Errorf("it has more reads than %d, so that it cannot be one", mostReads)
			}
		}
	}
	return nil
}

// mostReads bounds the work of a replay.
const mostReads = 5_000_000
