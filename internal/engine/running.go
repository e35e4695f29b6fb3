package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// This file makes way for what others run of the same. Two load tests at once
// falsify both, and nothing in a result tells that there were two.

// What is done if the same runs already.
const (
	Beside = "start" // or empty: it is started beside it, and nobody looks
	Queue  = "wait"  // it is started when the other has ended
	Yield  = "fail"  // it is not started
)

// Rivals is a Service whose cloud lists what runs of the one job that it would
// start, whoever started it.
type Rivals interface {
	// Rivals returns what is not over of the same, ours among it. What cannot be
	// read is an error, because it cannot be ruled out.
	Rivals(ctx context.Context) ([]Live, error)
}

// Live is a job that is not over, or still costs. Its ref is one that Status
// reads.
type Live struct {
	Ref    job.Ref
	Of     string // what it is of, if there is more to say than its id: "scenario scenario-demo"
	Status job.Status
	Since  time.Time // when it began, or was made; zero if the cloud does not say
	Mark   string    // the whole mark that it bears; empty if it bears none
	Who    string    // who started it, as the cloud has it; may be empty
	Note   string    // what else there is to say of it; may be empty
}

func (l Live) String() string {
	text := strings.TrimSpace(l.Ref.ID + " " + l.Ref.Run)
	if l.Of != "" {
		text += " of " + l.Of
	}
	if l.Status.Word != "" {
		text += " (" + l.Status.Word + ")"
	}
	if l.Who != "" {
		text += ", started by " + l.Who
	}
	if !l.Since.IsZero() {
		text += ", since " + l.Since.UTC().Format(time.RFC3339)
	}
	if l.Note != "" {
		text += ", " + l.Note
	}
	if o, ok := OriginOf(l.Mark); ok && o.RunID != 0 {
		text += fmt.Sprintf(", of workflow run %d", o.RunID)
	}
	return text
}

// listed names them, and of very many says how many more there are.
func listed(rivals []Live) string {
	const most = 5
	var names []string
	for _, l := range rivals[:min(most, len(rivals))] {
		names = append(names, l.String())
	}
	text := strings.Join(names, "; ")
	if more := len(rivals) - most; more > 0 {
		text += fmt.Sprintf("; and %d more", more)
	}
	return text
}

// makesWay looks for what others run of the same, and waits for its end if that
// is wanted. It returns false if nothing is to be started; the unit's jobs say
// why. Between the last look and the start another may still begin.
func (r *run) makesWay(u *unit) bool {
	does := Beside
	if u.index < len(r.IfRunning) {
		does = r.IfRunning[u.index]
	}
	if does != Queue && does != Yield {
		return true
	}
	w := watcher{perCall: 1, wait: quick}
	var rivals []Live
	for {
		live, err := r.rivals(u)
		switch {
		case r.cause() != nil:
			waited := ""
			if rivals != nil {
				waited = "; it waited for " + listed(rivals)
			}
			r.late(u, waited)
			return false
		case err != nil && (rivals == nil || definite(err)):
			r.refuse(u, unseenRivals(err))
			return false
		case err != nil: // of a list that could be read before
			r.notify(Trouble, u.jobs[0], "what runs of the same cannot be read, it is tried again: "+first(err).Error())
		case len(live) == 0:
			return true
		case does == Yield:
			r.refuse(u, rivalled(u.jobs[0].item, live))
			return false
		default:
			rivals = live
		}
		rivals = r.await(u, &w, rivals)
	}
}

// rivals are the jobs that others run of the same.
func (r *run) rivals(u *unit) ([]Live, error) {
	if u.rivals == nil {
		return nil, fmt.Errorf("%s cannot tell what runs of the same", u.service.Provider())
	}
	live, err := u.rivals.Rivals(r.ctx)
	return slices.DeleteFunc(live, func(l Live) bool { return r.isOurs(u, l) }), err
}

// isOurs tells of a job that this step began, in this attempt or an earlier one.
// Where a service keeps no mark, only the answer to a start tells; one that is
// under way is waited for.
func (r *run) isOurs(u *unit, l Live) bool {
	if l.Mark != "" {
		return slices.ContainsFunc(r.units, func(other *unit) bool { return Marked(l.Mark, other.base) == l.Mark })
	}
	where, _ := u.service.Group()
	return slices.ContainsFunc(r.units, func(other *unit) bool {
		if there, _ := other.service.Group(); other == u || there != where {
			return false
		}
		select {
		case <-other.asking:
			select {
			case <-other.answered:
			case <-r.ctx.Done():
			}
		default:
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		return slices.ContainsFunc(other.jobs, func(f *followed) bool {
			ref := f.item.Ref
			return f.item.How != "" && ref.ID == l.Ref.ID && ref.Run == l.Ref.Run && ref.In == l.Ref.In
		})
	})
}

// await waits until none of the rivals is left, as far as their states tell, and
// returns those that were waited for last. Others may start meanwhile in its
// place.
func (r *run) await(u *unit, w *watcher, rivals []Live) []Live {
	<-r.starting
	defer func() { r.starting <- struct{}{} }()
	f, told, text := u.jobs[0], time.Time{}, ""
	for {
		if now := "waits for the end of " + listed(rivals); now != text || time.Since(told) >= r.Heartbeat {
			if now != text {
				r.note(f, now)
			}
			told, text = time.Now(), now
			r.notify(Waits, f, text)
		}
		select {
		case <-r.ctx.Done():
			return rivals
		case <-time.After(w.next(len(rivals), r.PollEvery, r.Jitter)):
		}
		refs := make([]job.Ref, len(rivals))
		for i, l := range rivals {
			refs[i] = l.Ref
		}
		statuses, err := u.service.Status(r.ctx, refs)
		if err != nil {
			return rivals // the next look tells what is wrong
		}
		var left []Live
		for i, l := range rivals {
			if s, ok := readOf(statuses, i, nil); ok && !s.State.Over() && !s.Unlisted {
				l.Status.State, l.Status.Word = s.State, s.Word
				left = append(left, l)
			}
		}
		if left == nil {
			return rivals
		}
		rivals = left
	}
}

// rivalled says of a job that is not started what runs of the same.
func rivalled(item job.Item, rivals []Live) error {
	e := &job.Error{
		Fault: job.Refused, Call: "start",
		Message: "the same runs already, and not for this step: " + listed(rivals) + "; nothing was started",
		Cure:    "if_running: wait waits for its end, if_running: start starts another one beside it",
	}
	if item.Console != "" {
		e.Cure += "; it is seen in " + item.Console
	}
	return e
}

// unseenRivals is why nothing is started where nobody can tell what runs.
func unseenRivals(err error) error {
	err = unsent(err, "; what others run of it could not be seen")
	if e, ok := errors.AsType[*job.Error](err); ok && e.Fault == job.Unclear {
		e.Fault = job.Refused // nothing was started, that is sure
	}
	return err
}
