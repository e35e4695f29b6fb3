package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cloudjob/internal/emulator/emu"
)

// Kind is what goes wrong with a call.
type Kind int

const (
	Slow            Kind = iota // nothing but the delay; After: the half had its effect before it
	Dial                        // connection refused, before; only the Transport can do it
	Drop                        // the connection ends without an answer
	Reset                       // the connection is reset without an answer
	Cut                         // the real answer ends in the middle of the body, after; Drop if it has no body
	BadGateway                  // 502 with a page of HTML
	TooMany                     // 429 with plain text, before
	Throttle                    // the vendor's throttle code, before
	ThrottleAccount             // Tencent's sub-code for a whole account, before; Huawei has only one code
	Redirect                    // 302 to Location, before
	Empty                       // 200 with no body
	Null                        // 200 with the body null, after
	WrongType                   // 200 with an array where an object was, after
	Text                        // 200 with a string where an object was, after
	Internal                    // InternalError; 500 APIGW.0601
	BackendTimeout              // InternalError; 504 APIGW.0201
	Unauthorized                // AuthFailure.SecretIdNotFound; 401 APIGW.0301; before
	Forbidden                   // AuthFailure.UnauthorizedOperation; 403 APIGW.0302; before
)

// String names a kind in log lines and tests.
func (k Kind) String() string {
	names := [...]string{
		"Slow", "Dial", "Drop", "Reset", "Cut", "BadGateway", "TooMany", "Throttle", "ThrottleAccount",
		"Redirect", "Empty", "Null", "WrongType", "Text", "Internal", "BackendTimeout", "Unauthorized", "Forbidden",
	}
	if k < 0 || int(k) >= len(names) {
		return "Kind(" + strconv.Itoa(int(k)) + ")"
	}
	return names[k]
}

// Fault is one line of the script: which calls it strikes, and how.
//
// Each fault counts the matching calls since it was injected, also those that
// another one strikes. If several could strike a call, the first injected does.
type Fault struct {
	Service string        // as the half names it; "" is any
	Call    string        // the vendor's name of the call; "" is any, also an unknown one
	Skip    int           // so many matching calls pass first
	Times   int           // how often it strikes: 0 is once, or always with For; negative is always
	For     time.Duration // it strikes no later than so long after it was injected; 0 is whenever

	Kind  Kind
	After bool // the half had its effect first; kinds with one moment only ignore it

	Delay      time.Duration // real time before the answer or the failure; ends with the request's context
	RetryAfter time.Duration // if positive, the header Retry-After of an answer the fault makes up, in whole seconds
	Location   string        // of a Redirect; "" is /healthz, so that who follows it gets 200 and some JSON
}

// ParseFault reads a fault that a socket can have from a line: its kind, then
// any of call=NAME, delay=8s, times=N, for=10m and after, which are the fields
// of Fault.
func ParseFault(line string) (Fault, error) {
	f := Fault{Kind: Dial}
	words := strings.Fields(line)
	var kinds []string
	for kind := Slow; kind <= Forbidden; kind++ {
		if kind == Dial {
			continue
		}
		kinds = append(kinds, kind.String())
		if len(words) > 0 && words[0] == kind.String() {
			f.Kind = kind
		}
	}
	if f.Kind == Dial {
		return Fault{}, fmt.Errorf("a fault begins with its kind: %s", strings.Join(kinds, ", "))
	}
	for _, word := range words[1:] {
		var err error
		switch name, value, _ := strings.Cut(word, "="); name {
		case "call":
			f.Call = value
		case "delay":
			f.Delay, err = time.ParseDuration(value)
		case "times":
			f.Times, err = strconv.Atoi(value)
		case "for":
			f.For, err = time.ParseDuration(value)
		case "after":
			f.After = true
		default:
			err = errors.New("a fault can have call, delay, times, for and after")
		}
		if err != nil {
			return Fault{}, fmt.Errorf("read %q of a fault: %w", word, err)
		}
	}
	return f, nil
}

// Faults lists every kind at every moment it has, with After set right.
func Faults() []Fault {
	var all []Fault
	for kind := Slow; kind <= Forbidden; kind++ {
		before, after := moments(kind)
		if before {
			all = append(all, Fault{Kind: kind})
		}
		if after {
			all = append(all, Fault{Kind: kind, After: true})
		}
	}
	return all
}

// moments says whether a kind can come before and after the half's effect.
func moments(kind Kind) (before, after bool) {
	switch kind {
	case Cut, Null, WrongType, Text:
		return false, true
	case Dial, TooMany, Throttle, ThrottleAccount, Redirect, Unauthorized, Forbidden:
		return true, false
	}
	return true, true
}

// scripted is a fault with what is left of it.
type scripted struct {
	Fault
	skip, times int
	until       time.Time // zero: no end
}

// Inject adds faults to the script.
func (e *Emulator) Inject(faults ...Fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range faults {
		switch before, after := moments(f.Kind); {
		case !before:
			f.After = true
		case !after:
			f.After = false
		}
		if f.For > 0 && f.Times == 0 {
			f.Times = -1
		}
		s := &scripted{Fault: f, skip: f.Skip, times: max(f.Times, 1)}
		if f.For > 0 {
			s.until = e.real().Add(f.For)
		}
		e.script = append(e.script, s)
	}
}

// Injected counts the calls that a fault struck.
func (e *Emulator) Injected() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.injected
}

// strike draws the fault for a call, nil if there is none. The lock is held.
// A socket passes the Dial faults by: whoever is connected was not refused.
func (e *Emulator) strike(c *call, inProcess bool) *Fault {
	var drawn *Fault
	for _, s := range e.script {
		if !s.matches(c) || s.Kind == Dial && !inProcess {
			continue
		}
		if s.skip > 0 {
			s.skip--
			continue
		}
		if drawn != nil || s.times == 0 || !s.until.IsZero() && !e.real().Before(s.until) {
			continue
		}
		if s.Times >= 0 {
			s.times--
		}
		drawn = &s.Fault
		e.injected++
	}
	return drawn
}

func (f Fault) matches(c *call) bool {
	if c == nil {
		return f.Service == "" && f.Call == ""
	}
	return (f.Service == "" || f.Service == c.half.Service) && (f.Call == "" || f.Call == c.name)
}

// refused says that the call's connection is refused.
func (a *arrival) refused() bool {
	return a.fault != nil && a.fault.Kind == Dial
}

// answer lets the call happen with the fault that strikes it. An error is a
// connection without an answer.
func (e *Emulator) answer(a *arrival) (reply, error) {
	f := a.fault
	if f == nil {
		return e.reply(a), nil
	}
	var answer reply
	if f.After {
		answer = e.reply(a)
	}
	if err := wait(a.Context(), f.Delay); err != nil {
		return reply{}, err
	}
	if f.Kind == Slow {
		if !f.After {
			answer = e.reply(a)
		}
		return answer, nil
	}
	return e.spoil(a, answer)
}

// spoil makes the fault's answer, of the real one where it is used.
func (e *Emulator) spoil(a *arrival, real reply) (reply, error) {
	switch a.fault.Kind {
	case Drop:
		return reply{}, io.EOF
	case Reset:
		return reply{}, syscall.ECONNRESET
	case Dial:
		return reply{}, syscall.ECONNREFUSED
	case Cut:
		if len(real.body) == 0 {
			return reply{}, io.EOF
		}
		real.cut = true
		return real, nil
	}
	answer := e.madeUp(a)
	if s := a.fault.RetryAfter; s > 0 {
		answer.header.Set("Retry-After", strconv.Itoa(int(s.Round(time.Second)/time.Second)))
	}
	return answer, nil
}

// madeUp is an answer in place of the real one. Those of a proxy, which know
// nothing of the vendor, have no request id.
func (e *Emulator) madeUp(a *arrival) reply {
	switch a.fault.Kind {
	case BadGateway:
		return newReply(http.StatusBadGateway, "text/html", []byte("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"))
	case TooMany:
		return newReply(http.StatusTooManyRequests, "text/plain; charset=utf-8", []byte("too many requests\n"))
	case Redirect:
		return redirect(a.fault.Location)
	case Empty:
		return newReply(http.StatusOK, "", nil)
	case Null:
		return newReply(http.StatusOK, "application/json", []byte("null"))
	case WrongType:
		return newReply(http.StatusOK, "application/json", []byte("[]"))
	case Text:
		if a.vendor == emu.Tencent {
			return newReply(http.StatusOK, "application/json", []byte(`{"Response":"ok"}`))
		}
		return newReply(http.StatusOK, "application/json", []byte(`"ok"`))
	}
	switch a.vendor {
	case emu.Tencent:
		return e.tencentError(a, tencentFault(a.fault.Kind))
	case emu.GitHub:
		return restReply(a, githubFault(a.fault.Kind))
	}
	return gatewayFault(a)
}

func redirect(location string) reply {
	if location == "" {
		location = "/healthz"
	}
	answer := newReply(http.StatusFound, "", nil)
	answer.header.Set("Location", location)
	return answer
}

// tencentFault is a refusal of facts tencent-auth §4.
func tencentFault(kind Kind) emu.Error {
	switch kind {
	case Throttle:
		return emu.Error{Code: "RequestLimitExceeded", Message: "The request rate exceeds the API's limit."}
	case ThrottleAccount:
		return emu.Error{Code: "RequestLimitExceeded.UinLimitExceeded", Message: "The request rate exceeds the account's limit."}
	case Unauthorized:
		return emu.Error{Code: "AuthFailure.SecretIdNotFound", Message: "The SecretId was not found."}
	case Forbidden:
		return emu.Error{Code: "AuthFailure.UnauthorizedOperation", Message: "The caller has no permission for this operation."}
	}
	return emu.Error{Code: "InternalError", Message: "An internal error occurred."}
}

// gatewayFault is an error of facts huawei-auth §5.
func gatewayFault(a *arrival) reply {
	switch a.fault.Kind {
	case Throttle, ThrottleAccount:
		return gatewayError(a, http.StatusTooManyRequests, "APIGW.0308", "The throttling threshold has been reached")
	case BackendTimeout:
		return gatewayError(a, http.StatusGatewayTimeout, "APIGW.0201", "The backend did not answer in time")
	case Unauthorized:
		return gatewayError(a, http.StatusUnauthorized, "APIGW.0301", "Incorrect IAM authentication information: the access key does not exist")
	case Forbidden:
		return gatewayError(a, http.StatusForbidden, "APIGW.0302", "The IAM user is not allowed to call the API")
	}
	return gatewayError(a, http.StatusInternalServerError, "APIGW.0601", "Internal server error")
}

// wait takes its time, or ends with the context.
func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hangUp ends a socket's connection without an answer: with a reset if that
// is the error, else in order.
func hangUp(w http.ResponseWriter, err error) {
	if !errors.Is(err, syscall.ECONNRESET) {
		panic(http.ErrAbortHandler)
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // has Close send a reset
	}
	_ = conn.Close()
}
