package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"cloudjob/internal/job"
)

// This file checks what the clouds say where it enters. Texts are cut, because an
// answer may have texts of any length, and they go into outputs, state, log and
// files. Numbers and times that are impossible are removed, so that they decide
// nothing.
const (
	idLimit   = 1 << 10 // ten times as long as the longest id of any service
	wordLimit = 256     // of a state, a code
	nameLimit = 1 << 10 // of a request, a task
	textLimit = 2 << 10 // of a message, a line of reasons
	lineLimit = 20      // lines of reasons or notes
)

// bounded wraps a service so that everything it returns is checked.
func bounded(s Service) Service {
	b := boundedService{boundedFollower{s}, s}
	if g, ok := s.(Gauge); ok {
		return struct {
			boundedService
			boundedGauge
		}{b, boundedGauge{g}}
	}
	return b
}

type boundedService struct {
	boundedFollower
	service Service
}

func (b boundedService) Provider() string { return b.service.Provider() }

func (b boundedService) What() []string { return b.service.What() }

func (b boundedService) Intend(ctx context.Context, mark string) (job.Intent, error) {
	intent, err := b.service.Intend(ctx, mark)
	if err == nil {
		err = incredible("what was there before", slices.Concat(intent.IDs, intent.Before)...)
	}
	return intent, boundError(err)
}

// Start refuses an item whose id cannot be one, because the job could not be found
// by it afterwards. The job is then looked for by its mark.
func (b boundedService) Start(ctx context.Context, intent job.Intent) []job.Item {
	items := b.service.Start(ctx, intent)
	for i := range items {
		item := &items[i]
		if err := incredible("the answer to the start", item.Ref.ID, item.Ref.Run); err != nil {
			item.Ref, item.Err = job.Ref{}, err
		}
		item.Err = boundError(item.Err)
		item.Status, item.RequestID, item.Note = job.Cut(item.Status, wordLimit), job.Cut(item.RequestID, wordLimit), job.Cut(item.Note, textLimit)
	}
	return items
}

// boundedFollower wraps a follower so that everything it returns is checked.
type boundedFollower struct{ Follower }

func (b boundedFollower) Find(ctx context.Context, intent job.Intent) ([]Found, error) {
	found, err := b.Follower.Find(ctx, intent)
	var credible []Found
	for _, f := range found {
		if strange := incredible("the list of jobs", f.Ref.ID, f.Ref.Run); strange == nil {
			credible = append(credible, f)
		} else if err == nil {
			err = strange
		}
	}
	return credible, boundError(err)
}

func (b boundedFollower) Status(ctx context.Context, refs []job.Ref) ([]job.Status, error) {
	all, err := b.Follower.Status(ctx, refs)
	for i := range all {
		boundStatus(&all[i])
	}
	return all, boundError(err)
}

func boundStatus(s *job.Status) {
	s.Believe()
	s.Word, s.Message, s.Progress = job.Cut(s.Word, wordLimit), job.Cut(s.Message, textLimit), job.Cut(s.Progress, textLimit)
}

func (b boundedFollower) Stop(ctx context.Context, ref job.Ref, terminate bool) error {
	return boundError(b.Follower.Stop(ctx, ref, terminate))
}

func (b boundedFollower) Why(ctx context.Context, ref job.Ref, last job.Status) ([]string, error) {
	why, err := b.Follower.Why(ctx, ref, last)
	return job.CutLines(why, lineLimit, textLimit), boundError(err)
}

func (b boundedFollower) Report(ctx context.Context, ref job.Ref, last job.Status) (job.Report, error) {
	r, err := b.Follower.Report(ctx, ref, last)
	r.Believe()
	return boundReport(r), boundError(err)
}

type boundedGauge struct{ Gauge }

func (b boundedGauge) Load(ctx context.Context, ref job.Ref) (string, error) {
	load, err := b.Gauge.Load(ctx, ref)
	return job.Cut(load, wordLimit), boundError(err)
}

type boundedRivals struct{ rivals Rivals }

func (b boundedRivals) Rivals(ctx context.Context) ([]Live, error) {
	return boundLive(b.rivals.Rivals(ctx))
}

func boundLive(live []Live, err error) ([]Live, error) {
	for i := range live {
		l := &live[i]
		l.Status.Believe()
		l.Of, l.Status.Word, l.Who, l.Note = job.Cut(l.Of, nameLimit), job.Cut(l.Status.Word, wordLimit), job.Cut(l.Who, wordLimit), job.Cut(l.Note, textLimit)
		err = cmp.Or(err, incredible("the list of jobs", l.Ref.ID, l.Ref.Run))
	}
	return live, boundError(err)
}

// incredible is the error for an id that is too long to be one.
func incredible(where string, ids ...string) error {
	for _, id := range ids {
		if len(id) > idLimit {
			return &job.Error{Fault: job.Ambiguous, Call: "start", Message: fmt.Sprintf("%s has an id of %d bytes, which cannot be one", where, len(id)), Cure: "look in the console for what was started"}
		}
	}
	return nil
}

// boundError cuts the text of an error, but keeps its kind for errors.Is and As.
func boundError(err error) error {
	known, ok := errors.AsType[*job.Error](err)
	switch {
	case err == nil:
		return nil
	case !ok || error(known) != err:
		if text := job.Cut(err.Error(), textLimit); text != err.Error() {
			return cutError{text, err}
		}
		return err
	}
	e := *known
	e.Code, e.RequestID = job.Cut(e.Code, wordLimit), job.Cut(e.RequestID, wordLimit)
	e.Message, e.Meaning, e.Cure = job.Cut(e.Message, textLimit), job.Cut(e.Meaning, textLimit), job.Cut(e.Cure, textLimit)
	return &e
}

// cutError is an error with a shorter text.
type cutError struct {
	text string
	err  error
}

func (e cutError) Error() string { return e.text }
func (e cutError) Unwrap() error { return e.err }

func boundReport(r job.Report) job.Report {
	for i := range r.Samples {
		s := &r.Samples[i]
		s.Labels, s.Word, s.Missing = boundLabels(s.Labels), job.Cut(s.Word, wordLimit), job.Cut(s.Missing, textLimit)
	}
	for i := range r.Series {
		r.Series[i].Labels = boundLabels(r.Series[i].Labels)
	}
	for i := range r.Errors {
		r.Errors[i].What = job.Cut(r.Errors[i].What, nameLimit)
	}
	for i := range r.Ranges {
		r.Ranges[i].What = job.Cut(r.Ranges[i].What, wordLimit)
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		p.Name, p.Status, p.Detail = job.Cut(p.Name, nameLimit), job.Cut(p.Status, wordLimit), job.Cut(p.Detail, textLimit)
	}
	r.Notes = job.CutLines(r.Notes, lineLimit, textLimit)
	return r
}

// boundLabels cuts long names. Two that begin alike must stay different, because
// values are found by their names.
func boundLabels(labels map[string]string) map[string]string {
	changed := false
	for key, name := range labels {
		if len(name) <= nameLimit {
			continue
		}
		if !changed {
			labels, changed = maps.Clone(labels), true
		}
		sum := fnv.New32a()
		sum.Write([]byte(name))
		labels[key] = fmt.Sprintf("%s #%08x", job.Cut(name, nameLimit), sum.Sum32())
	}
	return labels
}

// Credible is an item that another process noted, with the bounds that those of
// this one have, or why it cannot be one.
func Credible(item job.Item) (job.Item, error) {
	known := func(o job.Outcome) bool {
		return slices.ContainsFunc(job.Kinds(), func(k job.Kind) bool { return k.Outcome == o })
	}
	switch {
	case item.End != "" && !known(item.End):
		return item, fmt.Errorf("%q is no outcome", job.Cut(string(item.End), wordLimit))
	case !slices.Contains([]job.How{"", job.Began, job.Adopted, job.Attached, job.Joined, job.Followed}, item.How):
		return item, fmt.Errorf("a job does not begin as %q", job.Cut(string(item.How), wordLimit))
	case !slices.Contains([]job.Stop{"", job.StopRequested, job.StopConfirmed, job.StopFailed, job.StopNotNeeded, job.StopLeft}, item.Stop):
		return item, fmt.Errorf("%q is nothing that becomes of a stop", job.Cut(string(item.Stop), wordLimit))
	case len(item.Timeline) > moments:
		return item, fmt.Errorf("it has %d moments, and at most %d are kept", len(item.Timeline), moments)
	}
	if err := incredible("it", item.Ref.ID, item.Ref.Run, item.Ref.In, item.Ref.Kind); err != nil {
		return item, err
	}
	for _, text := range []*string{&item.What, &item.Name, &item.Console, &item.Culprit} {
		*text = job.Cut(*text, nameLimit)
	}
	for _, text := range []*string{&item.Provider, &item.Status, &item.RequestID} {
		*text = job.Cut(*text, wordLimit)
	}
	item.Note, item.Why, item.Err = job.Cut(item.Note, textLimit), job.CutLines(item.Why, lineLimit, textLimit), boundError(item.Err)
	if item.Aborted != nil {
		item.Aborted = &job.Abort{Gate: job.Cut(item.Aborted.Gate, textLimit), After: max(0, item.Aborted.After)}
	}
	item.Timeline = slices.Clone(item.Timeline)
	for i := range item.Timeline {
		m := &item.Timeline[i]
		m.At, m.What = job.Believable(m.At), job.Cut(m.What, textLimit)
	}
	boundStatus(&item.Last)
	return item, nil
}
