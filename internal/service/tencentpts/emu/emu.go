// Package ptsemu emulates Tencent Cloud PTS, API 2021-07-28, written from the
// vendor's documents alone.
//
// The facts are those of docs/facts/tencent-pts.md and its sources, whose labels
// (document 000, CLI:api, CLI:ex) stand in the comments too. UNVERIFIED marks
// what no source states.
package ptsemu

import (
	"strconv"
	"time"

	"cloudjob/internal/emulator/emu"
)

// Service is the emulated PTS of one account.
type Service struct {
	Switches Switches

	now       emu.Clock
	projects  []*project
	scenarios []*Scenario
	jobs      []*job // oldest first, the deleted ones too
}

// AbortMode is how AbortJob behaves.
type AbortMode int

const (
	// AbortAnyLive accepts AbortJob in every live state but JobAborting.
	AbortAnyLive AbortMode = iota
	// AbortOnlyRunning refuses it with JobStatusNotRunning before JobRunning.
	AbortOnlyRunning
	// AbortFails accepts it and ends in JobAbortException; the load goes on to
	// its planned end.
	AbortFails
)

// Switches choose between behaviours that no source settles, and bring
// faults of the service itself. The zero value is the most plausible one.
type Switches struct {
	// AbortMode: whether AbortJob is accepted before JobRunning is UNVERIFIED
	// (facts tencent-pts §5).
	AbortMode AbortMode
	// AbortDuration is how long JobAborting lasts; 0 is 3 s (UNVERIFIED).
	AbortDuration time.Duration

	// ListingDelay hides a new job from DescribeJobs and
	// DescribeScenarioWithJobs for a while. How soon a job is listed is
	// UNVERIFIED (facts tencent-pts §2). Calls that name the JobId find it at once.
	ListingDelay time.Duration
	// LateReportPolls is how many times DescribeJobs or DescribeScenarioWithJobs
	// shows an ended job before its report data is there; until then RequestTotal
	// is 0 and reports are empty (facts tencent-pts §6.1, COMMUNITY, UNVERIFIED).
	LateReportPolls int

	// QuotedValue writes the Value of a MetricSample as a string, as two vendor
	// samples do (facts tencent-pts §6.2, UNVERIFIED). Matrix values stay numbers.
	QuotedValue bool
	// ZeroWithoutData answers a metric query that has no data with the value
	// 0 in place of no sample (UNVERIFIED).
	ZeroWithoutData bool
	// PercentilesAboveMax reports a Max below P90, as histogram estimates do
	// in a vendor sample (facts tencent-pts §3).
	PercentilesAboveMax bool
	// RequestP99Zero reports P99 as 0 in DescribeRequestSummary, as a vendor
	// sample does (facts tencent-pts §6.1).
	RequestP99Zero bool

	// AlertStatusNumber writes the Status of an alert record as a number, as a
	// vendor sample does (CLI:ex), in place of the object of CLI:api.
	AlertStatusNumber bool

	// MissingListCode refuses a missing or empty required list; "" is
	// MissingParameter. InvalidParameter is as plausible (facts tencent-pts §12,
	// UNVERIFIED).
	MissingListCode string
	// PlainNotFound refuses unknown ids with ResourceNotFound in place of
	// FailedOperation.ResourceNotFound; facts tencent-pts §8 lists both.
	PlainNotFound bool
	// NullLists writes empty lists as null; both are allowed (facts tencent-pts
	// §3, §6.1).
	NullLists bool
	// EmptyTimes writes times that are not known yet as "" in place of null
	// (facts tencent-pts §1).
	EmptyTimes bool

	// ClampLimit treats a Limit above 100 as 100 in place of refusing it
	// (UNVERIFIED).
	ClampLimit bool
	// OldestFirst lists without Ascend oldest first in place of newest first
	// (UNVERIFIED: do not rely on any order, facts tencent-pts §3).
	OldestFirst bool
	// TimeFilterEquals matches StartTime and EndTime of DescribeJobs exactly
	// in place of as a range (facts tencent-pts §3, UNVERIFIED).
	TimeFilterEquals bool
	// NameMatchExact matches ScenarioName and ProjectName exactly in place of
	// as a part of the name (facts tencent-pts §7, UNVERIFIED).
	NameMatchExact bool
	// DeletedListed keeps deleted jobs in lists with JobDeleted in place of
	// leaving them out (UNVERIFIED).
	DeletedListed bool

	// ParallelJobs is how many jobs may be live at once; 0 is 10 (facts
	// tencent-pts §7).
	ParallelJobs int
	// NoteLimit and JobOwnerLimit are length limits in characters, refused with
	// InvalidParameterValue; 0 is none. None is documented (facts tencent-pts §12,
	// UNVERIFIED).
	NoteLimit     int
	JobOwnerLimit int

	// Refuse makes a call, by its name, answer with an error code, before it
	// does anything: "StartJob": "ResourceInsufficient".
	Refuse map[string]string
	// BegunThoughRefused makes StartJob, by the code in Refuse, begin the job
	// all the same: FailedOperation.DbRecordUpdateFailed may leave a record
	// behind (facts tencent-pts §8).
	BegunThoughRefused bool
}

// New is a PTS with the documented world in it.
func New(now emu.Clock) *Service {
	s := &Service{now: now}
	s.world()
	return s
}

// Half is the service's part of the emulator.
func (s *Service) Half() emu.Half {
	return emu.Half{
		Vendor:  emu.Tencent,
		Service: "pts",
		Version: "2021-07-28",
		World:   things(),
		Calls: []emu.Call{
			s.startJob(),
			s.abortJob(),
			s.updateJob(),
			s.adjustJobSpeed(),
			s.deleteJobs(),
			s.describeJobs(),
			s.describeScenarios(),
			s.describeScenarioWithJobs(),
			s.describeProjects(),
			s.describeRegions(),
			s.describeRequestSummary(),
			s.describeCheckSummary(),
			s.describeErrorSummary(),
			s.describeSampleQuery(),
			s.describeSampleBatchQuery(),
			s.describeSampleMatrixQuery(),
			s.describeSampleMatrixBatchQuery(),
			s.describeAvailableMetrics(),
			s.describeMetricLabelWithValues(),
			s.describeLabelValues(),
			s.describeAlertRecords(),
			s.describeNormalLogs(),
		},
		Begun: s.begun,
	}
}

// object is a JSON object.
type object = map[string]any

// handler answers a call whose parameters are checked.
type handler func(in object) (out object, err *emu.Error)

// call is a call with its parameters.
func (s *Service) call(name string, handle handler, params ...[]param) emu.Call {
	var all []param
	for _, p := range params {
		all = append(all, p...)
	}
	return emu.Call{Name: name, Handle: func(r *emu.Request) emu.Answer {
		out, err := s.answer(name, r, handle, all)
		if err != nil {
			return emu.Answer{Err: err}
		}
		return emu.Answer{Body: out}
	}}
}

func (s *Service) answer(name string, r *emu.Request, handle handler, params []param) (object, *emu.Error) {
	var scripted *emu.Error
	if code := s.Switches.Refuse[name]; code != "" {
		scripted = refusal(code, "The call was refused.")
		if name != "StartJob" || !s.Switches.BegunThoughRefused {
			return nil, scripted
		}
	}
	in, ok := r.Object()
	if !ok {
		return nil, refusal("InvalidParameter", "The body is not a JSON object.")
	}
	if err := s.check(in, params); err != nil {
		return nil, err
	}
	out, err := handle(in)
	if err == nil && scripted != nil {
		return nil, scripted
	}
	return out, err
}

// begun is the truth about every job.
func (s *Service) begun() []emu.Job {
	now := s.now()
	out := make([]emu.Job, 0, len(s.jobs))
	for _, j := range s.jobs {
		out = append(out, emu.Job{
			ID:    j.id,
			Mark:  j.note,
			State: j.state(now).String(),
			Live:  j.live(now),
			Began: j.created,
		})
	}
	return out
}

// id has the vendor's shape: a word and eight lower-case letters or digits
// (facts tencent-pts §1, pattern UNVERIFIED).
func id(word string, n int) string {
	digits := strconv.FormatInt(int64(n), 36)
	for len(digits) < 8 {
		digits = "0" + digits
	}
	return word + "-" + digits
}

// list writes a list, an empty one perhaps as null.
func (s *Service) list(l []object) any {
	if len(l) == 0 && s.Switches.NullLists {
		return nil
	}
	if l == nil {
		return []object{}
	}
	return l
}

// chinaTime is the zone of the times in vendor samples.
func chinaTime(t time.Time) string {
	return t.In(time.FixedZone("", 8*60*60)).Format(time.RFC3339)
}

// maybeTime writes a time that may not be known yet.
func (s *Service) maybeTime(t time.Time) any {
	if !t.IsZero() {
		return chinaTime(t)
	}
	if s.Switches.EmptyTimes {
		return ""
	}
	return nil
}
