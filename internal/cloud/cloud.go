// Package cloud sends every HTTP request, also those of both vendors' SDKs. It binds
// them to a context, keeps to the published rates, refuses answers that only look like
// success, and classifies every failure. Its subfolders have what differs between the
// vendors.
package cloud

import (
	"cmp"
	"strings"
	"time"

	"cloudjob/internal/job"
)

// Call is what we know of one call of a vendor's API.
type Call struct {
	Name       string // as the vendor names it: StartJob
	Does       string // what it does, for people
	Permission string // the least permission it needs
	For        Part   // what needs it
	PerSecond  int    // lowest published rate limit; 0: none is published
	Reads      bool   // it starts and changes nothing, so it may be repeated
	NoContent  bool   // success is an empty 204
	List       bool   // success is a list, not an object
	Where      string // where people can see whether it had an effect
	Answer     string // a documented answer, which a rehearsal returns
	Keys       bool   // its answer has keys, or a token for getting keys
}

// Look says what to do if it is not known whether the call had an effect.
func (c Call) Look() string {
	return "look at " + cmp.Or(c.Where, "the job") + " before starting it again"
}

// Env is what a provider is given by the process that it runs in.
type Env struct {
	Getenv    func(string) string
	Transport *Transport
	Rehearsal bool             // nothing is sent: stand-in credentials will do
	Login     Login            // how to log in without keys
	Logins    *Logins          // shared by all that are opened; nil: each opened account has its own
	Secret    func(string)     // called with every secret before it is used; may be nil
	Clock     func() time.Time // tells when keys expire; nil: the real one
	Endpoint  string           // the step's own input endpoint: besides the vendors' addresses, the only one believed in a saved state
	Fork      bool             // the run is of a pull request from a fork
}

// Code explains one error code of a vendor.
type Code struct {
	Code    string
	Fault   job.Fault // what it means for a call that starts something
	Meaning string
	Cure    string
	After   time.Duration // how long to wait, where the cloud does not say it
}

// Explain finds a code in the tables, the first table first; a code without an
// entry of its own is explained by its parent, the part before its last dot.
func Explain(code string, tables ...[]Code) Code {
	for name := code; name != ""; {
		for _, table := range tables {
			for _, c := range table {
				if c.Code == name {
					return c
				}
			}
		}
		name = name[:max(0, strings.LastIndexByte(name, '.'))]
	}
	return Code{Code: code, Fault: job.Refused}
}

// Unknown is the error for an answer that came but cannot be trusted.
func Unknown(call Call, message string, cause error) *job.Error {
	return &job.Error{Fault: job.Ambiguous, Call: call.Name, Message: message, Err: cause}
}

// Shorten cuts a text of unknown length to one line for a message.
func Shorten(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return cmp.Or(s, "no message")
}
