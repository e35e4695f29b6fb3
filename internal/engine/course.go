package engine

import (
	"context"
	"fmt"
	"slices"
	"time"

	"cloudjob/internal/job"
)

// Course is what a run read of its jobs, and when: enough to read the same again
// of a recording of its calls.
type Course struct {
	Polls []Poll      `json:"polls,omitempty"`
	Jobs  []JobCourse `json:"jobs,omitempty"` // of each item
}

// Poll is a read of the states of several jobs.
type Poll struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"`
	Jobs   []int     `json:"jobs"` // which items, in the order in which they were asked for
}

// JobCourse is what was read of one job.
type JobCourse struct {
	Last     int       `json:"last"`               // the poll that its last status is of, counted from 1; 0: it is of a read that is not told
	Ended    bool      `json:"ended,omitempty"`    // it was seen to its end
	Readings []Reading `json:"readings,omitempty"` // of its report, in their order
	Skipped  int       `json:"skipped,omitempty"`  // readings in the middle that are not told, because there were too many
}

// Reading is one read of a job's report.
type Reading struct {
	Number int           `json:"number"` // among those of all jobs
	Of     Phase         `json:"of"`
	Poll   int           `json:"poll"`           // that told the status that it was read for; 0: Last has it
	Last   *job.Status   `json:"last,omitempty"` // the status
	At     time.Time     `json:"at"`
	Until  time.Time     `json:"until,omitzero"` // it was not waited for any longer
	Ran    time.Duration `json:"ran"`            // how long the job had run then
	Error  string        `json:"error,omitempty"`
}

// Phase is when a report was read.
type Phase string

// The phases of a report.
const (
	running Phase = "running" // the job went on
	held    Phase = "held"    // it had reached the state that is waited for, and went on in it
	inPart  Phase = "part"    // it was stopped, or was left
	atEnd   Phase = "end"     // it had ended
)

const (
	unknownPoll  = 0
	mostReadings = 10_000 // of a job
)

// statesOf and reportOf are what the calls of a poll and of a reading are for.
func statesOf(poll int) string    { return fmt.Sprintf("states %d", poll) }
func reportOf(reading int) string { return fmt.Sprintf("report %d", reading) }

// polls notes that the states of jobs are read now, in which context.
func (r *run) polls(jobs []*followed) (context.Context, int) {
	if r.Course == nil {
		return r.ctx, unknownPoll
	}
	p := Poll{At: time.Now()}
	for _, f := range jobs {
		p.Jobs = append(p.Jobs, f.number)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p.Number = len(r.Course.Polls) + 1
	r.Course.Polls = append(r.Course.Polls, p)
	return job.For(r.ctx, statesOf(p.Number)), p.Number
}

// readAt is the poll that told a job's last status.
func (r *run) readAt(f *followed) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return f.lastPoll
}

// report reads a job's report for a status, which a poll told.
func (r *run) report(ctx context.Context, f *followed, last job.Status, poll int, of Phase) (job.Report, error) {
	if r.Course == nil {
		return f.unit.service.Report(ctx, f.item.Ref, last)
	}
	r.mu.Lock()
	r.readings++
	reading := Reading{Number: r.readings, Of: of, Poll: poll, At: time.Now()}
	r.mu.Unlock()
	report, err := f.unit.service.Report(job.For(ctx, reportOf(reading.Number)), f.item.Ref, last)
	if err != nil && of != atEnd {
		return report, err
	}
	if poll == unknownPoll {
		reading.Last = &last
	}
	reading.Until, _ = ctx.Deadline()
	if ctx.Err() != nil {
		reading.Until = time.Now()
	}
	if err != nil {
		reading.Error = err.Error()
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := &f.course
	if len(c.Readings) == mostReadings { // the first and the last say most
		c.Readings, c.Skipped = slices.Delete(c.Readings, mostReadings/2, mostReadings/2+1), c.Skipped+1
	}
	c.Readings = append(c.Readings, reading)
	return report, err
}

// ran is how long a job had run when its report was read.
func (r *run) ran(f *followed, last job.Status) time.Duration {
	ran := r.elapsed(last)
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(f.course.Readings); n > 0 {
		f.course.Readings[n-1].Ran = ran
	}
	return ran
}

// shorten leaves out the polls that nothing hangs on.
func (c *Course) shorten() {
	number := map[int]int{}
	var kept []Poll
	keep := func(poll *int) {
		if *poll == unknownPoll {
			return
		}
		if number[*poll] == 0 {
			kept = append(kept, c.Polls[*poll-1])
			number[*poll] = len(kept)
		}
		*poll = number[*poll]
	}
	for i := range c.Jobs {
		keep(&c.Jobs[i].Last)
		for k := range c.Jobs[i].Readings {
			keep(&c.Jobs[i].Readings[k].Poll)
		}
	}
	c.Polls = kept
}
