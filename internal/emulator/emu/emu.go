// Package emu is the contract between the emulator and the half of it that
// each service brings: what a call, a request and an answer are.
//
// A half is written from the vendor's documents alone. It knows neither the
// SDKs nor our client, decodes and answers wire JSON by hand, and leaves
// signatures, envelopes, request ids and faults to the emulator.
package emu

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Vendor tells whose signature and whose envelope a service uses.
type Vendor int

const (
	Tencent Vendor = iota // TC3-HMAC-SHA256, POST / with X-TC-Action
	Huawei                // SDK-HMAC-SHA256, REST
	GitHub                // no signature, REST: the issuer of identity tokens
)

// Clock tells the emulated time. Everything that moves in a half moves with
// it; a half never sleeps, has no goroutine and draws no random number: its
// state is a function of what was asked and of the time.
type Clock func() time.Time

// Half is one service's part of the emulator.
//
// Its calls are made one at a time: the emulator holds a lock around each.
type Half struct {
	Vendor  Vendor
	Service string // tencent: the service in the credential's scope; else the first label of the host
	Version string // tencent: X-TC-Version; else empty
	Calls   []Call
	Begun   func() []Job // the truth about every job ever begun, oldest first
	World   []Thing      // what is there from the beginning, for people to try
}

// Thing is something of the world that a user can name.
type Thing struct{ ID, Does string }

// Call is one call of a service's API. One whose name says that it reads
// (Describe, List, Show, Get) changes nothing: a world that is made again is made
// without it.
type Call struct {
	Name   string // as the vendor names it: StartJob, BatchStartJobs
	Route  string // not tencent: method and pattern of http.ServeMux, "POST /v3/{project_id}/tasks"
	Open   bool   // it takes no signature: what it carries is the login, for Handle to judge
	Handle func(*Request) Answer
}

// Request is a call that came with a good signature, or of an Open call.
type Request struct {
	KeyID  string // of the access key that signed; empty if none did
	Host   string // that was asked; not tencent
	Body   []byte
	Header http.Header
	Query  url.Values
	Path   func(name string) string // a variable of the route, decoded
	Region string                   // tencent: X-TC-Region, possibly empty
	Flat   bool                     // tencent: the parameters came in a query or a form, so every value is Loose
}

// Object decodes the body into a JSON object with numbers kept as written, and
// texts as Loose if the request is flat. An empty body is an empty object. ok
// is false if it is anything else.
func (r *Request) Object() (o map[string]any, ok bool) {
	if len(r.Body) == 0 {
		return map[string]any{}, true
	}
	dec := json.NewDecoder(bytes.NewReader(r.Body))
	dec.UseNumber()
	if err := dec.Decode(&o); err != nil || o == nil {
		return nil, false
	}
	if r.Flat {
		loosen(o)
	}
	return o, true
}

// Answer is what a half replies.
//
// For Tencent the emulator wraps Body into {"Response":{...,"RequestId":""}},
// or Err into {"Response":{"Error":{...}}}, always with status 200. For the
// others Status, Header and Body are sent as they are; a nil Body is an empty one.
type Answer struct {
	Status int               // 0 is 200; not tencent
	Header map[string]string // beside the usual ones; not tencent
	Body   any               // marshalled with encoding/json
	Err    *Error            // tencent only
}

// Error is a refusal of Tencent's API 3.0.
type Error struct{ Code, Message string }

// Refuse is the answer with a Tencent error.
func Refuse(code, message string) Answer {
	return Answer{Err: &Error{Code: code, Message: message}}
}

// Job is one job the emulated cloud really began, whatever it told the caller.
type Job struct {
	ID    string    `json:"id"`    // as the service names it; a PerfTest run's task_run_id, a DataArts instance id
	Mark  string    `json:"mark"`  // the caller's own text in it: Note, task name, ClientToken
	State string    `json:"state"` // the service's own state now
	Live  bool      `json:"live"`  // it runs, or will run: not ended
	Began time.Time `json:"began"`
}
