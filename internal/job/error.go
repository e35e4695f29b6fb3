package job

import (
	"errors"
	"strings"
	"time"
)

// Fault is what kind of failure a call met.
type Fault int

const (
	Refused   Fault = iota // the cloud said no: nothing happened
	Denied                 // the login or a permission: nothing happened
	Throttled              // a quota or a rate limit: nothing happened
	Unsent                 // the call never left this machine
	Halted                 // ended by us before it was sent
	Ambiguous              // it was sent and no answer can be trusted: it may have happened
	Unclear                // it may have happened before: several jobs could be what it asks for
)

// Error is why a call did not do what was asked, in words for a user.
type Error struct {
	Fault     Fault
	Call      string // the vendor's name of the call
	Status    int    // HTTP status, 0 if there was no answer
	Code      string // the vendor's code
	Message   string // the vendor's message, or what happened on the way
	RequestID string
	Meaning   string        // what the code means
	Cure      string        // what to do
	After     time.Duration // how long the cloud asked us to wait; 0 if it did not
	Err       error
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Call)
	b.WriteString(": ")
	if e.Code != "" {
		b.WriteString(e.Code)
		b.WriteString(": ")
	}
	b.WriteString(e.Message)
	if e.RequestID != "" {
		b.WriteString(" (request " + e.RequestID + ")")
	}
	for _, more := range []string{e.Meaning, e.Cure} {
		if more != "" {
			b.WriteString("; " + more)
		}
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// OutcomeOf is what an error of a start means for the step.
func OutcomeOf(err error) Outcome {
	if err == nil {
		return Started
	}
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return Internal
	}
	switch e.Fault {
	case Denied:
		return Unauthorized
	case Throttled:
		return Limited
	case Ambiguous, Unclear:
		return StartUnknown
	case Halted:
		return Cancelled
	}
	return StartFailed
}
