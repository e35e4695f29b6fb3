package engine

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// sizedService tells how much its start would run.
type sizedService struct {
	*startService
	size  job.Size
	err   error
	takes time.Duration
	reads int
}

func (s *sizedService) Size(ctx context.Context) (job.Size, error) {
	s.reads++
	select {
	case <-time.After(s.takes):
		return s.size, s.err
	case <-ctx.Done():
		return job.Size{}, &job.Error{Fault: job.Halted, Call: "Read", Message: "ended", Err: context.Cause(ctx)}
	}
}

func loadOf(users, seconds int64) job.Size {
	return job.Size{Lower: "lower the load", Amounts: []job.Amount{
		{Measure: job.VirtualUsers, N: users}, {Measure: job.Length, N: seconds}, {Measure: job.VUM, N: job.Times(users, seconds), From: "users x minutes"},
	}}
}

// without is the size of which a measure cannot be told.
func without(size job.Size, m job.Measure) job.Size {
	for i := range size.Amounts {
		if size.Amounts[i].Measure == m {
			size.Amounts[i].Unknown = "it is in a script"
		}
	}
	return size
}

// TestGuard: a start that would run more than any limit is refused before it, as
// much as the limit is allowed, and the message has all that is above.
func TestGuard(t *testing.T) {
	load := func() job.Size { return loadOf(5000, 1800) }
	denied := &job.Error{Fault: job.Denied, Call: "Read", Code: "Forbidden", Message: "no", Cure: "give it"}
	for name, test := range map[string]struct {
		guard Guard
		size  job.Size
		err   error
		end   job.Outcome
		says  string
	}{
		"no limit":               {nil, load(), denied, job.Started, ""},
		"an empty guard":         {Guard{}, load(), denied, job.Started, ""},
		"at the limits":          {Guard{job.VirtualUsers: 5000, job.Length: 1800, job.VUM: 9000000}, load(), nil, job.Started, ""},
		"above one":              {Guard{job.VirtualUsers: 5000, job.VUM: 8999999}, load(), nil, job.StartFailed, "start: a job would run up to 5,000 virtual users, 30m, 150,000 VUM (users x minutes), but max_vum is 149,999.98; nothing was started; lower the load, or raise max_vum"},
		"above all":              {Guard{job.VirtualUsers: 4999, job.Length: 1799, job.VUM: 60}, load(), nil, job.StartFailed, "but max_virtual_users is 4,999, max_duration is 29m59s, max_vum is 1; nothing was started; lower the load, or raise max_virtual_users, max_duration, max_vum"},
		"more than can be":       {Guard{job.VUM: 1e12 * 60}, loadOf(math.MaxInt32, math.MaxInt64), nil, job.StartFailed, "2,147,483,647 virtual users, 9,223,372,036,854,775,807s, 153,722,867,280,912,930.12 VUM (users x minutes), but max_vum is 1,000,000,000,000;"},
		"another measure":        {Guard{job.Instances: 1}, load(), nil, job.StartFailed, "start: a job: max_instances cannot be held: nothing tells it; nothing was started; leave out max_instances to start it all the same"},
		"a part unknown":         {Guard{job.VirtualUsers: 9000}, without(load(), job.VirtualUsers), nil, job.StartFailed, "start: a job: max_virtual_users cannot be held: it is in a script; nothing was started; leave out"},
		"an unasked part":        {Guard{job.Length: 1800}, without(load(), job.VirtualUsers), nil, job.Started, ""},
		"above, a part unknown":  {Guard{job.VirtualUsers: 1, job.Length: 1}, without(load(), job.VirtualUsers), nil, job.StartFailed, "would run up to 30m, 150,000 VUM (users x minutes), but max_duration is 1s;"},
		"denied":                 {Guard{job.VUM: 1}, job.Size{}, denied, job.Unauthorized, "Read: Forbidden: no; nothing was started; max_vum needs this read; give it"},
		"refused":                {Guard{job.VUM: 1, job.Length: 1}, job.Size{}, &job.Error{Call: "Read", Message: "no"}, job.StartFailed, "Read: no; nothing was started; max_duration, max_vum needs this read"},
		"lost":                   {Guard{job.VUM: 1}, job.Size{}, &job.Error{Fault: job.Ambiguous, Call: "Read", Message: "no answer"}, job.StartFailed, "Read: no answer; max_vum needs this read; nothing was started; run the step again"},
		"throttled":              {Guard{job.VUM: 1}, job.Size{}, &job.Error{Fault: job.Throttled, Call: "Read", Message: "wait"}, job.Limited, "Read: wait; nothing was started; max_vum needs this read"},
		"a fault of ours":        {Guard{job.VUM: 1}, job.Size{}, errors.New("oops"), job.Internal, "oops"},
		"nothing, and no limits": {nil, job.Size{}, nil, job.Started, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &startCloud{}
				s := &sizedService{startService: c.service(), size: test.size, err: test.err}
				r := Run(t.Context(), []Service{s}, Options{Mark: Mark{Run: "x"}, Guards: []Guard{test.guard}, Timeout: time.Hour})
				started, reads := 0, min(1, len(test.guard))
				if test.end == job.Started {
					started = 1
				}
				text := ""
				if err := r.Items[0].Err; err != nil {
					text = err.Error()
				}
				if r.Outcome != test.end || !strings.Contains(text, test.says) || len(c.starts) != started || s.reads != reads {
					t.Errorf("%s with %d starts and %d reads: %s", r.Outcome, len(c.starts), s.reads, text)
				}
			})
		})
	}
}

// TestGuardOfOthers: of several jobs the one that is too large is refused, and
// the others go on; one whose service tells no size is refused too.
func TestGuardOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &startCloud{}
		small, large := &sizedService{startService: c.service("small"), size: loadOf(1, 60)}, &sizedService{startService: c.service("large"), size: loadOf(2, 60)}
		r := Run(t.Context(), []Service{large, small, c.service("unsized")}, Options{Mark: Mark{Run: "x"}, Guards: []Guard{{job.VirtualUsers: 1}, {job.VirtualUsers: 1}, {job.VirtualUsers: 1}}})
		if r.Outcome != job.StartFailed || r.Items[0].Err == nil || r.Items[1].Err != nil || r.Items[2].Err == nil || len(c.starts) != 1 {
			t.Errorf("%s with %d starts: %+v", r.Outcome, len(c.starts), r.Items)
		}
	})
}

// TestGuardEnds: a run that ends while the size is read starts nothing, and says
// why it ended.
func TestGuardEnds(t *testing.T) {
	for want, timeout := range map[job.Outcome]time.Duration{job.TimedOut: 10 * time.Second, job.Cancelled: 0} {
		synctest.Test(t, func(t *testing.T) {
			c := &startCloud{}
			s := &sizedService{startService: c.service(), size: loadOf(1, 1), takes: time.Minute}
			ctx, cancel := context.WithTimeoutCause(t.Context(), 20*time.Second, errors.New("cancelled"))
			defer cancel()
			r := Run(ctx, []Service{s}, Options{Mark: Mark{Run: "x"}, Guards: []Guard{{job.VUM: 100}}, Timeout: timeout})
			if r.Outcome != want || len(c.starts) > 0 {
				t.Errorf("%s, want %s, with %d starts: %v", r.Outcome, want, len(c.starts), r.Items[0].Err)
			}
		})
	}
}

// TestGuardLeavesWhatRuns: a job of an earlier attempt runs already, and is
// followed whatever it is.
func TestGuardLeavesWhatRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &startCloud{}
		there := c.add(marked("1", "load"), job.StateRunning)
		s := &sizedService{startService: c.service(), size: loadOf(9, 9)}
		o := startOptions("2", "load")
		o.Guards = []Guard{{job.VUM: 1}}
		item := Run(t.Context(), []Service{s}, o).Items[0]
		if item.How != job.Attached || item.Ref.ID != there.id || s.reads > 0 || len(c.starts) > 0 {
			t.Errorf("%s %s with %d reads and %d starts: %v", item.How, item.Ref.ID, s.reads, len(c.starts), item.Err)
		}
	})
}
