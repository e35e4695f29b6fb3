// Package emulator stands in for both clouds: one http.Handler over the
// services' halves that checks signatures, wraps answers as the vendors do
// and injects scripted faults; also a transport without sockets.
//
// It is written from the vendors' documents and docs/facts alone, so that any
// vendor's client can talk to it.
package emulator

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"cloudjob/internal/emulator/emu"
)

// Total is the key of Calls under which every call counts, known or not.
const Total = "total"

// Options are what an Emulator can be told. The zero value is good.
type Options struct {
	Speed    float64           // of the emulated clock in log lines; 0 is 1. Give the halves a clock of the same speed
	Log      func(line string) // optional; gets one line per call, one at a time, never a secret
	Switches Switches
	Login    Login
	History  *History // whose clock the halves have; nil: nothing is kept for another process
}

// Switches are facts that no document settles. The zero value is the most
// plausible behaviour.
type Switches struct {
	// LockOut refuses an AK for five minutes after five failed
	// authentications in a row. Known from another service's FAQ only, so
	// UNVERIFIED for these (facts huawei-auth §2).
	LockOut bool
	// HuaweiHostSigned demands host among the signed headers. UNVERIFIED:
	// the vendor's Go SDK does not sign it (facts huawei-auth §2).
	HuaweiHostSigned bool
	// ReusableTokens lets an identity token be exchanged again and again until
	// it expires. The documents do not speak of it, so that either is UNVERIFIED;
	// the stricter is what a client should be ready for.
	ReusableTokens bool
	// RenewToken answers an expired IAM token with APIGW.0307 in place of
	// APIGW.0301. Both are documented for it; which comes is UNVERIFIED (facts
	// huawei-auth §5).
	RenewToken bool
}

// Emulator is both clouds. Use New.
type Emulator struct {
	options  Options
	emulated emu.Clock // for log lines
	real     emu.Clock // for signatures and logins: clients sign with the real time
	issuer   *issuer
	patience time.Duration // with a client that sends or reads slowly
	halves   []emu.Half
	actions  []*call          // of tencent
	routes   *http.ServeMux   // of the others; every handler is a *call
	services map[string]*call // of the halves that were given, by service and name

	mu       sync.Mutex // guards the halves' state and all below
	serial   int        // of request ids
	arrivals map[string]int
	script   []*scripted
	injected int
	failures map[string]failures    // by AK
	keys     map[emu.Vendor]keyring // of the clouds
	tokens   map[string]iamToken    // IAM's, by their text
	used     map[string]bool        // identity tokens, by their id
	issued   Issued
	secrets  []string // that were issued

	logging sync.Mutex // one line at a time
}

// call is one call of one half.
type call struct {
	half      *emu.Half
	name      string
	method    string   // of a route
	variables []string // of its path
	open      bool
	handle    func(*emu.Request) emu.Answer
	kept      bool // it is of a service, whose history is kept
}

// New puts the halves behind one front. All Huawei services and GitHub share it
// and are told apart by path only. Two halves that claim one route are a programming
// error, on which http.ServeMux panics.
func New(o Options, halves ...emu.Half) *Emulator {
	e := &Emulator{
		options:  o,
		emulated: NewClock(o.Speed),
		real:     NewClock(1),
		issuer:   newIssuer(o.Login),
		patience: 30 * time.Second,
		routes:   http.NewServeMux(),
		services: map[string]*call{},
		arrivals: map[string]int{},
		failures: map[string]failures{},
		keys:     map[emu.Vendor]keyring{emu.Tencent: tencentAccounts(), emu.Huawei: huaweiAccounts()},
		tokens:   map[string]iamToken{AuthToken: worldToken()},
		used:     map[string]bool{},
	}
	platform := e.platform()
	e.halves = append(platform, halves...)
	for i := range e.halves {
		e.open(&e.halves[i], i >= len(platform))
	}
	if o.History != nil {
		o.History.held = time.Time{}
	}
	return e
}

// open makes the calls of a half known: of a service, or of the platform.
func (e *Emulator) open(half *emu.Half, service bool) {
	for _, c := range half.Calls {
		known := &call{half: half, name: c.Name, open: c.Open, handle: c.Handle, kept: service}
		if service {
			e.services[half.Service+" "+c.Name] = known
		}
		if half.Vendor == emu.Tencent {
			e.actions = append(e.actions, known)
		} else {
			known.method, known.variables = method(c.Route), variables(c.Route)
			e.routes.Handle(c.Route, known)
		}
	}
}

// NewClock is a clock that starts now and runs speed times as fast as the
// real one; 0 is 1. In a testing/synctest bubble, make it inside the bubble.
func NewClock(speed float64) emu.Clock {
	if speed == 0 || speed == 1 {
		return time.Now
	}
	start := time.Now()
	return func() time.Time {
		return start.Add(time.Duration(float64(time.Since(start)) * speed))
	}
}

// Begun tells, by service, every job that the emulated cloud really began.
func (e *Emulator) Begun() map[string][]emu.Job {
	e.mu.Lock()
	defer e.mu.Unlock()
	begun := map[string][]emu.Job{}
	for _, half := range e.halves {
		if half.Begun != nil {
			begun[half.Service] = append(begun[half.Service], half.Begun()...)
		}
	}
	return begun
}

// Calls counts the calls that arrived, by the vendor's name for them and
// under Total. Services that share a name share its count.
func (e *Emulator) Calls() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.arrivals)
}

// Server serves the emulator to clients that may be slow or hostile.
func (e *Emulator) Server() *http.Server {
	return &http.Server{
		Handler:           e,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10, // a session token has 4096 bytes at most (facts tencent-auth §3)
	}
}

// ServeHTTP answers one request from a socket. Whoever takes too long to send
// the body, or to read the answer, is cut off; what happens in between may take
// its time.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	socket := http.NewResponseController(w) // without deadlines if there is no socket
	_ = socket.SetReadDeadline(time.Now().Add(e.patience))
	answer, ok := e.own(r)
	if !ok {
		a := e.arrive(r, false)
		if err := a.read(); err != nil {
			panic(http.ErrAbortHandler) // the client went away while sending
		}
		if !a.tooLarge {
			_ = socket.SetReadDeadline(time.Time{})
		}
		var err error
		answer, err = e.answer(a)
		e.log(a, answer, err)
		if err != nil {
			hangUp(w, err)
			return
		}
	}
	_ = socket.SetWriteDeadline(time.Now().Add(e.patience))
	answer.write(w)
}

// arrival is a request on its way through the emulator.
type arrival struct {
	*http.Request
	vendor   emu.Vendor
	call     *call // nil if no half knows it
	keyID    string
	body     []byte
	tooLarge bool       // the body, which was then not kept
	taken    bool       // the body, which stays in the request: the server closes the connection on one that is not read
	broken   error      // of the body
	form     url.Values // tencent: all there is of a call signed in the old way; nil otherwise
	serial   int
	fault    *Fault // nil if none strikes it
}

// arrive says what was called and books it. A call that a refused connection
// keeps out did not arrive.
func (e *Emulator) arrive(r *http.Request, inProcess bool) *arrival {
	a := &arrival{Request: r}
	if r.URL.Path == "/" {
		a.vendor = emu.Tencent
		a.form = a.signedForm()
		a.call = e.action(a)
	} else {
		a.vendor, a.call = emu.Huawei, e.route(r)
		if a.call != nil {
			a.vendor = a.call.half.Vendor
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.serial++
	a.serial = e.serial
	a.fault = e.strike(a.call, inProcess)
	if a.refused() {
		return a
	}
	e.arrivals[Total]++
	if a.call != nil {
		e.arrivals[a.call.name]++
	}
	return a
}

// read takes in the body, once. One that says it is too large is not read at
// all, and of one that turns out to be so much as shows it.
func (a *arrival) read() error {
	limit := int64(huaweiBody)
	if a.URL.Path == "/" {
		limit = tencentBody
	}
	switch {
	case a.taken || a.Body == nil:
	case a.ContentLength > limit:
		a.tooLarge = true
	default:
		a.body, a.broken = io.ReadAll(io.LimitReader(a.Body, limit+1))
		if int64(len(a.body)) > limit {
			a.body, a.tooLarge = nil, true
		}
	}
	a.taken = true
	return a.broken
}

// reply is what happens to a call that no fault meets.
func (e *Emulator) reply(a *arrival) reply {
	switch a.vendor {
	case emu.Tencent:
		return e.tencent(a)
	case emu.GitHub:
		return restReply(a, e.handle(a.call, a.request()))
	}
	return e.huawei(a)
}

// handle lets a half answer; the lock is what makes its calls one at a time.
func (e *Emulator) handle(c *call, r *emu.Request) emu.Answer {
	e.mu.Lock()
	defer e.mu.Unlock()
	if h := e.options.History; h != nil && c.kept {
		return h.happens(c, r)
	}
	return c.handle(r)
}

// keyring is a vendor's access keys as they are now.
func (e *Emulator) keyring(v emu.Vendor) keyring {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.keys[v]
}

// reply is an HTTP answer before it goes to a socket or to the transport.
type reply struct {
	status int
	header http.Header
	body   []byte
	code   string // the vendor's error code, for the log
	cut    bool   // the connection breaks in the middle of the body
}

func newReply(status int, contentType string, body []byte) reply {
	header := http.Header{}
	if contentType != "" && len(body) > 0 {
		header.Set("Content-Type", contentType)
	}
	return reply{status: status, header: header, body: body}
}

// sent is the part of the body that gets through.
func (p reply) sent() []byte {
	if p.cut {
		return p.body[:len(p.body)/2]
	}
	return p.body
}

func (p reply) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.header)
	if p.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(p.body)))
	}
	w.WriteHeader(p.status)
	if _, err := w.Write(p.sent()); err != nil || p.cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// log writes time, vendor, service, call, outcome, request id and fault.
// Nothing in the line is the client's own text, so that it can forge none.
func (e *Emulator) log(a *arrival, answer reply, err error) {
	if e.options.Log == nil {
		return
	}
	vendor := [...]string{emu.Tencent: "tencent", emu.Huawei: "huawei", emu.GitHub: "github"}[a.vendor]
	service, name := "-", "-"
	if a.call != nil {
		service, name = a.call.half.Service, a.call.name
	}
	outcome := strconv.Itoa(answer.status)
	switch {
	case err != nil:
		outcome = "no-answer"
	case answer.code != "":
		outcome += " " + answer.code
	}
	line := fmt.Sprintf("%s %s %s %s %s %s", e.emulated().UTC().Format(time.RFC3339), vendor, service, name, outcome, a.requestID())
	if a.fault != nil {
		line += " fault=" + a.fault.Kind.String()
	}
	e.logging.Lock()
	defer e.logging.Unlock()
	e.options.Log(line)
}
