package drsemu

import "time"

// Switches turn behaviour that the sources leave open, or that they
// contradict each other about. The zero value is the most plausible service.
type Switches struct {
	// HeadersRequired makes X-Language and Content-Type mandatory, as document 001
	// has it; newer pages (HWDOC, OTC) make X-Language optional. UNVERIFIED.
	HeadersRequired bool
	// AnyLanguage lets an X-Language pass that is neither en-us nor zh-cn.
	// UNVERIFIED: the two are documented, the refusal of others is not.
	AnyLanguage bool
	// OldErrorKeys writes errors as very old pages show them: keys "err code"
	// and "err msg", codes DRS-M... (facts huawei-drs §8).
	OldErrorKeys bool
	// MaxJobs limits the jobs of one call; 0 is no limit. UNVERIFIED: no
	// limit is documented. A limit of 1 answers DRS.M00299, others M00300.
	MaxJobs int
	// UnknownJob says how v3 calls answer ids that do not exist. UNVERIFIED
	// but for batch-detail, where TF sees UnknownResults.
	UnknownJob UnknownJob

	// JobsKey puts the start reply under "jobs", as document 001's sample shows it,
	// instead of "results", as its table and every other source say.
	JobsKey bool
	// SecondStartRefused answers a start of a job in a wrong state with HTTP 400
	// and begins nothing of the call, as the table of errors has it; otherwise
	// that job alone fails inside the 202, as in real traffic (2026-06).
	SecondStartRefused bool
	// PastStartRefused answers a start_time in the past with DRS.M00202;
	// otherwise the job starts at once. UNVERIFIED.
	PastStartRefused bool
	// StartHides is the id of a job that begins but is missing in the reply.
	StartHides string
	// StartLoses is the id of a job that is missing in the reply and does not
	// begin.
	StartLoses string
	// ReleaseAfter lets a finished FULL_TRANS job go on to
	// RELEASE_RESOURCE_COMPLETE by itself after so long; 0 is never.
	// UNVERIFIED.
	ReleaseAfter time.Duration

	// LateStatus is by how much status, detail and list lag behind; right
	// after a start they then still show CONFIGURATION (facts huawei-drs §4).
	LateStatus time.Duration
	// LateProgress is the same for batch-progress.
	LateProgress time.Duration
	// TotalCount makes count the number of jobs asked for instead of those
	// returned. UNVERIFIED: OTC says returned for status, and less for detail.
	TotalCount bool
	// StatusSaysWhy gives error_code and error_message in batch-status too, for
	// which it has fields (SDK3); real traffic (2026-06) and OTC have none there.
	StatusSaysWhy bool
	// SpacedTimes writes create_time in the list as 2006-01-02 15:04:05 (OTC)
	// instead of RFC 3339 (real traffic 2026-06).
	SpacedTimes bool
	// EmptyDelay gives an unknown incre_trans_delay as "" instead of "-1".
	// Both are known to occur (facts huawei-drs §5).
	EmptyDelay bool
	// ProcessDuration makes process_time a duration instead of a time stamp.
	// UNVERIFIED: the sources say both.
	ProcessDuration bool
	// ExactName makes the list's name filter match whole names instead of
	// parts. UNVERIFIED.
	ExactName bool

	// LooseIDs lets pause and precheck-result take ids of any shape; otherwise
	// they want the 36 characters of a job id. UNVERIFIED: the pages demand a
	// UUID, which no real id is.
	LooseIDs bool
	// SlowPause is the time a job needs to get from an accepted pause to
	// PAUSING.
	SlowPause time.Duration
	// SlowRelease is added to the time a termination needs.
	SlowRelease time.Duration
	// StopRefused is the code with which each job of a pause or a termination
	// fails, DRS.M01504 for one; "" is none.
	StopRefused string
	// NoTerminateIn lists statuses in which terminate fails with DRS.M00304.
	// UNVERIFIED: documented are "most running states" and WAITING_FOR_START
	// (OTC's guide); whether STARTJOBING is among them is not.
	NoTerminateIn []string
	// RecoveryUnpausable refuses the pause of a disaster recovery, as older
	// pages have it; the page of 2025-12 allows it.
	RecoveryUnpausable bool
	// ReEditOptional lets batch-retry-task do without is_sync_re_edit: true.
	// UNVERIFIED: the English pages make it mandatory for every resume, the
	// Chinese one for that of a re-edited job, and the samples leave it out.
	ReEditOptional bool

	// ActionQueryID answers a v5 action with 202 and a query_id, as SDK5
	// models it, instead of 200 and a status, as TF expects it.
	ActionQueryID bool
}

// UnknownJob is a way to answer for a job that does not exist, or no more.
type UnknownJob int

const (
	UnknownResults UnknownJob = iota // HTTP 400, {"results":[{"error_code":"DRS.M00289"}]}
	UnknownPlain                     // HTTP 400, {"error_code":"DRS.M05003"}
	UnknownPerJob                    // 2xx, the job's own item holds the code
)

// Refusal asks for a call to be refused with a documented code that nothing
// else in this world leads to: DRS.M00004, DRS.M01503, DRS.M00102 and so on.
type Refusal struct {
	Call     string // its name: BatchStartJobs
	Code     string
	Times    int
	Executed bool // the call has its effect before it is refused
}

// Refuse makes the next calls of a name fail.
func (s *Service) Refuse(r Refusal) { s.refusals = append(s.refusals, r) }
