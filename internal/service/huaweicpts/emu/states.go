package cptsemu

import "time"

// States of a run and of the cases in it (facts huawei-cpts §5).
const (
	running    = 0
	paused     = 1 // run_status only
	ended      = 2 // also what a task says that never ran
	aborted    = 3
	terminated = 4
	stopping   = 5
	waiting    = 9
)

// run is one execution of a task, with the definition it had then. What it does
// is laid out in full when it begins; only a stop cuts it short.
type run struct {
	id       int // task_run_id, the report id
	task     *task
	name     string
	parallel bool
	shared   bool // on the shared resource group
	parts    []*part
	began    time.Time
	starts   time.Time // leaves waiting
	ends     time.Time // by itself
	final    int       // ended or aborted

	halted    time.Time // when a stop was asked, zero if none was
	stopTakes time.Duration
}

// part is one case within a run.
type part struct {
	Case
	index int       // of all parts of all runs, for the ids
	from  time.Time // when its turn comes
	to    time.Time // when it is done by itself, or the run's end cuts it
}

// The three ids of a case within a run (facts huawei-cpts §6.2), from ranges
// that do not meet.
func (p *part) caseURI() int        { return 910000 + p.index }     // case_uri_i
func (p *part) testcaseID() int     { return 730000 + p.index }     // testcaseId, taskExecId
func (p *part) rowID() int          { return 5200000 + 10*p.index } // id, caseAwId; its requests' rows follow
func (p *part) requestID(i int) int { return p.rowID() + 1 + i }

// load is for how long the case puts load on, and how that ends.
func (c *Case) load() (d time.Duration, final int) {
	if c.AbortsAfter > 0 && c.AbortsAfter < c.Lasts {
		return c.AbortsAfter, aborted
	}
	return max(0, c.Lasts+c.Late), ended
}

func (c *Case) pauses() bool {
	d, _ := c.load()
	return c.PausedFor > 0 && c.PausesAfter < d
}

// begin lays out a new run of t. Cases run side by side or one after the other;
// one that aborts takes the run with it.
func (s *Service) begin(t *task, shared bool) *run {
	s.lastRun++
	r := &run{id: s.lastRun, task: t, name: t.name, parallel: t.parallel, shared: shared, began: s.now(), final: ended}
	r.starts = r.began.Add(orDefault(s.Switches.Waiting, 5*time.Second))
	r.ends = r.starts
	turn := r.starts
	for _, c := range t.cases {
		s.lastCaseRun++
		p := &part{Case: *c, index: s.lastCaseRun, from: turn}
		r.place(p)
		if !t.parallel {
			turn = p.to
		}
	}
	for _, p := range r.parts {
		if p.to.After(r.ends) {
			p.to = r.ends
		}
	}
	s.runs = append(s.runs, r)
	return r
}

// place adds a case whose turn is known and moves the run's end with it.
func (r *run) place(p *part) {
	d, final := p.load()
	p.to = p.from.Add(d)
	if p.pauses() {
		p.to = p.to.Add(p.PausedFor)
	}
	r.parts = append(r.parts, p)
	switch {
	case final == aborted && (r.final != aborted || p.to.Before(r.ends)):
		r.final, r.ends = aborted, p.to
	case r.final != aborted && p.to.After(r.ends):
		r.ends = p.to
	}
}

// stop asks a live run to end.
func (s *Service) stop(r *run) {
	now := s.now()
	if r.live(now) && r.halted.IsZero() {
		r.halted, r.stopTakes = now, orDefault(s.Switches.StopTakes, 5*time.Second)
	}
}

func (r *run) status(now time.Time) int {
	switch {
	case !r.halted.IsZero() && now.Before(r.halted.Add(r.stopTakes)):
		return stopping
	case !r.halted.IsZero():
		return terminated
	case now.Before(r.starts):
		return waiting
	case !now.Before(r.ends):
		return r.final
	case r.pausedAt(now):
		return paused
	}
	return running
}

func (r *run) live(now time.Time) bool {
	switch r.status(now) {
	case ended, aborted, terminated:
		return false
	}
	return true
}

// endTime is when the run came to rest, or zero.
func (r *run) endTime(now time.Time) time.Time {
	switch {
	case r.live(now):
		return time.Time{}
	case r.halted.IsZero():
		return r.ends
	}
	return r.halted.Add(r.stopTakes)
}

func (r *run) pausedAt(now time.Time) bool {
	for _, p := range r.parts {
		from := p.from.Add(p.PausesAfter)
		if p.pauses() && !now.Before(from) && now.Before(from.Add(p.PausedFor)) {
			return true
		}
	}
	return false
}

// partStatus is temp_running_status: the run's, as far as the case took part.
func (r *run) partStatus(p *part, now time.Time) int {
	if !r.halted.IsZero() && r.halted.Before(p.to) {
		return r.status(now)
	}
	switch {
	case now.Before(p.from):
		if r.live(now) {
			return waiting
		}
		return r.final
	case now.Before(p.to):
		return running
	case r.final == aborted && p.to.Equal(r.ends):
		return aborted
	}
	return ended
}

// seconds is for how many whole seconds the case has put load on.
func (r *run) seconds(p *part, now time.Time) int {
	until := now
	for _, limit := range []time.Time{p.to, r.halted} {
		if !limit.IsZero() && limit.Before(until) {
			until = limit
		}
	}
	loaded := until.Sub(p.from)
	if p.pauses() && loaded > p.PausesAfter {
		loaded = max(p.PausesAfter, loaded-p.PausedFor)
	}
	return int(max(loaded, 0) / time.Second)
}

// startOf is when the case began to put load on, or zero if it did not.
func (r *run) startOf(p *part, now time.Time) time.Time {
	cutBefore := !p.from.Before(r.ends) || !r.halted.IsZero() && !p.from.Before(r.halted)
	if now.Before(p.from) || cutBefore {
		return time.Time{}
	}
	return p.from
}

// endOf is when the case stopped putting load on, or zero if it has not.
func (r *run) endOf(p *part, now time.Time) time.Time {
	end := p.to
	if !r.halted.IsZero() && r.halted.Before(end) {
		end = r.halted
	}
	if r.startOf(p, now).IsZero() || now.Before(end) {
		return time.Time{}
	}
	return end
}

func orDefault(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

func (s *Service) runsOf(t *task) []*run {
	var runs []*run
	for _, r := range s.runs {
		if r.task == t {
			runs = append(runs, r)
		}
	}
	return runs
}

func (s *Service) liveRuns(t *task) []*run {
	now := s.now()
	var live []*run
	for _, r := range s.runsOf(t) {
		if r.live(now) {
			live = append(live, r)
		}
	}
	return live
}
