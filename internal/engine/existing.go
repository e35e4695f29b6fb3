package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// Existing is a job that somebody started before. It is followed or stopped, and
// nothing is started. It is stopped only if the user asks for that.
type Existing struct {
	Of   string // the provider
	Name string // what it runs, named as a start of the same would be
	Ref  job.Ref
	Ends bool // the user asks to stop it
}

// Service makes a service of it, which can be run like one that starts jobs.
func (e Existing) Service(follower Follower) Service {
	s := &existing{Follower: follower, Existing: e}
	if g, ok := follower.(Gauge); ok {
		return struct {
			*existing
			Gauge
		}{s, g}
	}
	return s
}

type existing struct {
	Follower
	Existing
}

// ender is a service whose jobs are to be stopped.
type ender interface{ ends() bool }

func (s *existing) ends() bool { return s.Ends }

func (s *existing) Provider() string { return s.Of }

func (s *existing) What() []string { return []string{s.Name} }

// lookAgain are the pauses before each look for a job that is not listed. It may
// have begun just now.
var lookAgain = [...]time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// Intend looks whether the job is there.
func (s *existing) Intend(ctx context.Context, _ string) (job.Intent, error) {
	var last job.Status
	for _, delay := range lookAgain {
		select {
		case <-ctx.Done():
			return job.Intent{}, &job.Error{Fault: job.Halted, Call: "follow", Message: "cancelled before it was found", Err: context.Cause(ctx)}
		case <-time.After(delay):
		}
		var err error
		if last, err = statusOf(ctx, s, s.Ref); err != nil || !last.Unlisted {
			return job.Intent{}, err
		}
	}
	message := "the cloud has no " + s.called()
	if last.Message != "" {
		message += " (" + last.Message + ")"
	}
	return job.Intent{}, &job.Error{
		Fault: job.Refused, Call: "follow", Message: message,
		Cure: "check its id, and where it was started (region, project)",
	}
}

// called names the job by its id and by what it runs.
func (s *existing) called() string {
	switch {
	case s.Ref.Run != "":
		return fmt.Sprintf("run %s of %s", s.Ref.Run, s.Name)
	case strings.Contains(s.Name, s.Ref.ID):
		return s.Name
	}
	return fmt.Sprintf("%s of %s", s.Ref.ID, s.Name)
}

func (s *existing) Start(context.Context, job.Intent) []job.Item {
	return []job.Item{{Provider: s.Of, What: s.Name, Ref: s.Ref, How: job.Followed}}
}

// Find finds nothing: a job that exists is known by its id.
func (s *existing) Find(context.Context, job.Intent) ([]Found, error) { return nil, nil }

// halt stops the jobs of a unit because that is what the step is for, and waits
// until the cloud confirms.
func (r *run) halt(jobs []*followed) {
	var stopping crew
	for _, f := range jobs {
		stopping.Go(func() { r.haltOne(f) }, func(err error) { r.crashed([]*followed{f}, err) })
	}
	stopping.Wait()
}

func (r *run) haltOne(f *followed) {
	ctx, cancel := r.shortly(cancelBudget)
	defer cancel()
	terminate := r.OnCancel == Terminate
	costs := func(s job.Status) bool { return terminate && s.StillCosts != "" } // it is over, but not for good
	if now, err := statusOf(ctx, f.unit.service, f.item.Ref); err == nil && quiet(now) && !costs(now) {
		r.stopSeen(f, now)
		r.set(f, func(item *job.Item) { item.Stop, item.End = job.StopNotNeeded, job.Stopped })
		r.notify(Ends, f, "")
		return
	}
	refused := r.request(ctx, f, terminate)
	over, unread := false, error(nil)
	for refused == nil || !definite(refused) {
		over, unread = r.closing.confirm(ctx, f.unit.service, f.item.Ref, func(s job.Status) { r.stopSeen(f, s) })
		if !over || !costs(f.item.Last) || ctx.Err() != nil {
			break
		}
		over = false
		select {
		case <-ctx.Done():
		case <-time.After(confirmEvery):
		}
	}
	end := job.JobFailed
	switch {
	case over:
		end = job.Stopped
	case r.signalled():
		end = job.Cancelled
	case r.cause() != nil:
		end = job.TimedOut
	case isDenied(unread) || fault(refused) == job.Denied:
		end = job.Unauthorized
	}
	r.set(f, func(item *job.Item) {
		item.End = end
		if !over && unread != nil {
			item.Why = append(item.Why, "whether it ended could not be read: "+unread.Error())
		}
	})
	r.notify(Ends, f, "")
}
