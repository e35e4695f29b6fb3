// Package cloud is the one HTTP road out, under the SDKs of both vendors: it
// binds the context, keeps the published rates, refuses answers that are not
// what they seem, and classifies every failure. What lies in its subfolders is
// what differs between the vendors.
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
	Reads      bool   // it can start and change nothing, so it may be made again
	NoContent  bool   // success is an empty 204
	List       bool   // success is a list, not an object
	Where      string // where people see whether it had its effect
	Answer     string // a documented answer, which a rehearsal plays back
	Keys       bool   // its answer brings keys, or a token for them
}

// Look says what to do if nobody knows whether the call had its effect.
func (c Call) Look() string {
	return "look at " + cmp.Or(c.Where, "the job") + " before starting it again"
}

// Env is what a provider takes from its surroundings.
type Env struct {
	Getenv    func(string) string
	Transport *Transport
	Rehearsal bool             // nothing is sent: stand-in credentials will do
	Login     Login            // how to log in without keys
	Logins    *Logins          // shared by all that are opened; nil: each opened account has its own
	Secret    func(string)     // is told of every secret before it is used; nil: nobody is
	Clock     func() time.Time // by which keys end; nil: the real one
	Endpoint  string           // what the step's own input endpoint says, beyond which a state is not believed
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

// Unknown is the error of an answer that came but cannot be believed.
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
