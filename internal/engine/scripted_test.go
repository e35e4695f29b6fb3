package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"cloudjob/internal/job"
)

// startCloud is a cloud in which the tests of starting decide what is there and
// what a start is answered. Steps of one run share it.
type startCloud struct {
	mu     sync.Mutex
	jobs   []*startJob
	starts []startCall
	stops  []string

	unlisted, unread error         // of every Find; of every Intend
	again            bool          // starts are idempotent
	read, took       time.Duration // until what is read before a start, and a start, are answered

	answer func(call int, s *startService, intent job.Intent) []job.Item // nil: every start begins its jobs and says so
}

// startJob is a job in the cloud.
type startJob struct {
	id       string
	index    int // in What
	note     string
	state    job.State
	anybodys bool // the service keeps no marks
	unsure   string
}

// startCall is a start that was sent.
type startCall struct {
	at     time.Time
	intent job.Intent
}

// startService starts jobs of some names in the cloud.
type startService struct {
	cloud *startCloud
	what  []string
}

var _ Service = (*startService)(nil)

func (c *startCloud) service(what ...string) *startService {
	if what == nil {
		what = []string{"a job"}
	}
	return &startService{c, what}
}

// add puts a job into the cloud that was there before.
func (c *startCloud) add(note string, state job.State) *startJob {
	c.mu.Lock()
	defer c.mu.Unlock()
	j := &startJob{id: fmt.Sprintf("job-%d", len(c.jobs)+1), note: note, state: state}
	c.jobs = append(c.jobs, j)
	return j
}

func (s *startService) Provider() string                                           { return "start-cloud" }
func (s *startService) What() []string                                             { return s.what }
func (s *startService) Group() (string, int)                                       { return "start-cloud", 10 }
func (s *startService) Lasting(job.Ref) bool                                       { return false }
func (s *startService) Why(context.Context, job.Ref, job.Status) ([]string, error) { return nil, nil }

func (s *startService) Intend(_ context.Context, mark string) (job.Intent, error) {
	time.Sleep(s.cloud.read)
	return job.Intent{Mark: mark, Again: s.cloud.again}, s.cloud.unread
}

func (s *startService) Start(ctx context.Context, intent job.Intent) []job.Item {
	s.cloud.mu.Lock()
	s.cloud.starts = append(s.cloud.starts, startCall{time.Now(), intent})
	call := len(s.cloud.starts)
	s.cloud.mu.Unlock()
	if s.cloud.answer != nil {
		return s.cloud.answer(call, s, intent)
	}
	items := s.begin(intent, "")
	select {
	case <-time.After(s.cloud.took):
		return items
	case <-ctx.Done():
		return Fail(s, &job.Error{Fault: job.Ambiguous, Call: "Start", Message: "no answer"})
	}
}

// begin begins every job that the intent does not skip; lost is what is said in
// the place of an answer.
func (s *startService) begin(intent job.Intent, lost string) []job.Item {
	items := Each(s.what, job.Item{Provider: s.Provider()})
	for i := range s.what {
		if slices.Contains(intent.Skip, i) {
			items[i].Err = &job.Error{Call: "Start", Message: "left out"}
			continue
		}
		j := s.cloud.add("note "+intent.Mark, job.StateRunning)
		j.index = i
		items[i].Ref = job.Ref{ID: j.id}
		if lost != "" {
			items[i].Ref, items[i].Err = job.Ref{}, &job.Error{Fault: job.Ambiguous, Call: "Start", Message: lost}
		}
	}
	return items
}

func (s *startService) Find(_ context.Context, intent job.Intent) ([]Found, error) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	var found []Found
	for _, j := range s.cloud.jobs {
		one := Found{Index: j.index, Ref: job.Ref{ID: j.id}, State: j.state, Mark: Marked(j.note, intent.Mark), Unsure: j.unsure}
		one.Ours = one.Mark != ""
		if one.Ours || j.anybodys {
			found = append(found, one)
		}
	}
	return found, s.cloud.unlisted
}

func (s *startService) Status(_ context.Context, refs []job.Ref) ([]job.Status, error) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	statuses := make([]job.Status, len(refs))
	for i, ref := range refs {
		for _, j := range s.cloud.jobs {
			if j.id == ref.ID {
				statuses[i] = job.Status{State: j.state, Word: string(j.state)}
			}
		}
	}
	return statuses, nil
}

func (s *startService) Stop(_ context.Context, ref job.Ref, _ bool) error {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	s.cloud.stops = append(s.cloud.stops, ref.ID)
	for _, j := range s.cloud.jobs {
		if j.id == ref.ID {
			j.state = job.StateStopped
		}
	}
	return nil
}

// Report says that half of the requests fail.
func (s *startService) Report(context.Context, job.Ref, job.Status) (job.Report, error) {
	return job.Report{Samples: []job.Sample{{Metric: "error_rate", Value: 50}}}, nil
}
