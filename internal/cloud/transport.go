package cloud

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"cloudjob/internal/job"
)

const (
	answerWithin = 30 * time.Second // one call, from its first byte to the answer's last
	answerLimit  = 16 << 20
)

// Transport sends the calls of all jobs of the process. Its zero value uses
// the network, through the proxy that the environment names.
type Transport struct {
	Base  http.RoundTripper   // nil: the network
	Trace func(line string)   // nil, or told of each call in a line or two without secrets
	Roots []*x509.Certificate // beside the system's

	// Record, unless it is nil, is handed each call when its answer is there, or
	// will not come.
	Record func(Recorded)
	Hidden []string // names of values that no record shows

	within time.Duration // answerWithin, but in tests

	// Redact takes the secrets out of all that comes from outside, before
	// anybody cuts it or looks for something in it; nil: there are none.
	Redact func(text string) string

	mu       sync.Mutex
	network  http.RoundTripper
	limiters map[string]*rate.Limiter
	rests    map[string]time.Time // until when a read is not made again, because the cloud asked for that
}

// Bound is the road for one call: a RoundTripper under the vendor's client,
// which ends with the context even where the client knows none.
type Bound struct {
	Status    int           // of the answer, 0 before there is one
	RequestID string        // of the answer's header, where the vendor sends one
	After     time.Duration // how long the cloud asked us to wait; see Rest

	t    *Transport
	ctx  context.Context
	call Call
	key  string // of the call at its host
	mine bool   // its turn has come
}

// Bind makes the road for one call.
func (t *Transport) Bind(ctx context.Context, call Call) *Bound {
	return &Bound{t: t, ctx: context.WithValue(ctx, callKey{}, call), call: call}
}

type callKey struct{}

var _ http.RoundTripper = (*Bound)(nil)

// Await waits until it is the call's turn at a host. Who signs calls does so
// before: a signature ends, and so do keys.
func (b *Bound) Await(host string) error {
	b.key = host + " " + b.call.Name
	alive := job.Sendable(b.ctx)
	if err := b.t.wait(alive, b.key, b.call); err != nil {
		return b.fail(job.Halted, "cancelled before it was sent", context.Cause(alive))
	}
	b.mine = true
	return nil
}

// RoundTrip sends the request and returns an answer that can be believed, or a
// *job.Error. It never sends twice.
func (b *Bound) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != "https" && !loopback(req.URL.Hostname()) {
		return nil, b.fail(job.Unsent, "plain http is used for loopback addresses only", nil)
	}
	host := req.URL.Host
	if !b.mine {
		if err := b.Await(host); err != nil {
			return nil, err
		}
	}
	if alive := job.Sendable(b.ctx); alive.Err() != nil {
		return nil, b.fail(job.Halted, "cancelled before it was sent", context.Cause(alive))
	}
	ctx, cancel := context.WithTimeout(b.ctx, b.t.answerWithin())
	defer cancel()
	sent := false
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent = true }})

	var sentBody []byte
	if b.t.Record != nil {
		var err error
		if req, sentBody, err = copied(req); err != nil {
			return nil, b.fail(job.Unsent, "the request cannot be read: "+err.Error(), err)
		}
	}
	began := time.Now()
	resp, body, err := exchange(b.t.base(), req.WithContext(ctx))
	broke := err
	if err != nil {
		err = b.said(err)
	}
	if resp != nil {
		b.redactHeader(resp.Header)
		b.Status, b.RequestID = resp.StatusCode, resp.Header.Get("X-Request-Id")
		if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
			b.Rest(time.Duration(min(seconds, longestRest)) * time.Second)
		}
	}
	if b.t.Trace != nil {
		b.trace(req, resp, body, time.Since(began))
	}
	if b.t.Record != nil {
		b.record(req, sentBody, resp, body, broke, Recorded{Call: b.call, Began: began, Took: time.Since(began), Connected: sent})
	}
	if err != nil {
		return nil, b.broken(err, sent, host)
	}
	if err := b.doubt(resp, body); err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(body)) > 0 {
		body = legible(body, b.redactor(body))
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

// longestRest bounds, in seconds, what a Retry-After can ask for: beyond it one
// more try costs less than not knowing.
const longestRest = 300

// Rest keeps all that share the transport from making the read again for a
// while. Other calls are only told: whether a start or a stop waits is for those
// to say who know what hangs on it.
func (b *Bound) Rest(d time.Duration) {
	b.After = max(b.After, d)
	if !b.call.Reads {
		return
	}
	b.t.mu.Lock()
	defer b.t.mu.Unlock()
	if b.t.rests == nil {
		b.t.rests = map[string]time.Time{}
	}
	if until := time.Now().Add(b.After); until.After(b.t.rests[b.key]) {
		b.t.rests[b.key] = until
	}
}

// redactor takes secrets out of the texts of an answer; nil if there are none in
// it. What a login brings may be known from before, and stays.
func (b *Bound) redactor(answer []byte) func(text string) string {
	redact := b.t.Redact
	if redact == nil || !bytes.ContainsRune(answer, '\\') && redact(string(answer)) == string(answer) {
		return nil
	}
	return func(text string) string {
		if without := redact(text); without != redacted || !b.call.Keys {
			return without
		}
		return text
	}
}

// redacted is what stands for a secret.
const redacted = "***"

func (b *Bound) redactHeader(header http.Header) {
	for _, values := range header {
		for i, value := range values {
			if redact := b.redactor([]byte(value)); redact != nil {
				values[i] = redact(value)
			}
		}
	}
}

// said is an error without the secrets that its text may have, such as the
// password of a proxy.
func (b *Bound) said(err error) error {
	if b.t.Redact == nil {
		return err
	}
	return saidError{b.t.Redact(err.Error()), err}
}

// saidError says something else than the error that it is.
type saidError struct {
	text string
	err  error
}

func (e saidError) Error() string { return e.text }
func (e saidError) Unwrap() error { return e.err }

// Crashed is the error of a call on whose answer the SDK panicked.
func (b *Bound) Crashed(fault error) *job.Error {
	text := fault.Error()
	if crash, ok := errors.AsType[*job.Crash](fault); ok {
		text = fmt.Sprint(crash.Value)
	}
	return Unknown(b.call, "the SDK failed on the answer: "+Shorten(b.said(errors.New(text)).Error()), nil)
}

// Unread is the error of an SDK that says nothing of what the cloud said. Once
// there was an answer, the call may have had its effect.
func (b *Bound) Unread(err error) error {
	err = b.said(err)
	if b.Status == 0 {
		return fmt.Errorf("call %s: %w", b.call.Name, err)
	}
	e := Unknown(b.call, "the SDK failed on the answer: "+Shorten(err.Error()), err)
	e.Status, e.RequestID, e.Cure = b.Status, b.RequestID, b.call.Look()
	return e
}

// JSON makes a call that no SDK makes. An answer of any status is one, if it
// can be believed.
func (t *Transport) JSON(ctx context.Context, call Call, method, address string, headers map[string]string, body any) (Answer, error) {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return Answer{}, fmt.Errorf("write the request of %s: %w", call.Name, err)
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, sent)
	if err != nil {
		return Answer{}, fmt.Errorf("make the request of %s: %w", call.Name, err)
	}
	req.Header.Set("User-Agent", "cloudjob")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	road := t.Bind(ctx, call)
	resp, err := road.RoundTrip(req)
	if err != nil {
		return Answer{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return Answer{resp.StatusCode, resp.Header, text, road.RequestID}, err
}

// exchange reads the whole answer, so that a body cut short is seen here and
// not inside an SDK, which would take it for something else.
func exchange(base http.RoundTripper, req *http.Request) (*http.Response, []byte, error) {
	resp, err := base.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	coding := resp.Header.Get("Content-Encoding") // what net/http asked for is not here any more
	switch {
	case resp.StatusCode < http.StatusOK:
		return resp, nil, unread("changes the protocol")
	case coding != "" && coding != "identity":
		return resp, nil, unread("is packed in a way that was not asked for (" + Shorten(coding) + ")")
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit+1))
	if err == nil && len(body) > answerLimit {
		err = unread(fmt.Sprintf("is longer than %d MiB", answerLimit>>20))
	}
	return resp, body, err
}

func (t *Transport) answerWithin() time.Duration { return cmp.Or(t.within, answerWithin) }

// unread says why an answer is not read to its end; its name stands before.
type unread string

func (e unread) Error() string { return "the answer " + string(e) }

// base returns what really sends. The network's pool is made at its first use.
func (t *Transport) base() http.RoundTripper {
	if t.Base != nil {
		return t.Base
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.network == nil {
		within := t.answerWithin()
		t.network = network((&net.Dialer{Timeout: within / 3}).DialContext, t.Roots, within)
	}
	return t.network
}

// wait keeps the call's published rate, and the rests that the cloud asked for,
// over all jobs of the process. What sends nothing has nobody who counts its
// calls.
func (t *Transport) wait(ctx context.Context, key string, call Call) error {
	if _, sendsNothing := t.Base.(Offline); sendsNothing {
		return ctx.Err()
	}
	t.mu.Lock()
	rest := time.Until(t.rests[key])
	l := t.limiters[key]
	if l == nil && call.PerSecond > 0 {
		l = rate.NewLimiter(rate.Limit(call.PerSecond), 1)
		if t.limiters == nil {
			t.limiters = map[string]*rate.Limiter{}
		}
		t.limiters[key] = l
	}
	t.mu.Unlock()
	if rest > 0 {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rest):
		}
	}
	if l == nil {
		return ctx.Err()
	}
	return l.Wait(ctx)
}

func (b *Bound) fail(fault job.Fault, message string, cause error) *job.Error {
	e := &job.Error{Fault: fault, Call: b.call.Name, Status: b.Status, RequestID: b.RequestID, Message: message, After: b.After, Err: cause}
	if fault == job.Ambiguous && !b.call.Reads {
		e.Cure = b.call.Look()
	}
	return e
}

// broken says what a fault on the way means. A call that never got a
// connection was not sent; any other may have had its effect.
func (b *Bound) broken(err error, sent bool, host string) *job.Error {
	switch {
	case b.ctx.Err() != nil && !sent:
		return b.fail(job.Halted, "cancelled before it was sent", context.Cause(b.ctx))
	case b.ctx.Err() != nil:
		return b.fail(job.Ambiguous, "cancelled while waiting for the answer of "+host, context.Cause(b.ctx))
	case !sent:
		return b.unconnected(err, host)
	case errors.Is(err, context.DeadlineExceeded):
		return b.fail(job.Ambiguous, fmt.Sprintf("%s did not answer within %s", host, b.t.answerWithin()), err)
	}
	if why, ok := errors.AsType[unread](err); ok {
		return b.fail(job.Ambiguous, fmt.Sprintf("the answer of %s %s", host, string(why)), err)
	}
	return b.fail(job.Ambiguous, fmt.Sprintf("the connection to %s broke before the whole answer came: %s", host, Shorten(err.Error())), err)
}

// unconnected says why there is no connection.
func (b *Bound) unconnected(err error, host string) *job.Error {
	e := b.fail(job.Unsent, fmt.Sprintf("no connection to %s: %s", host, Shorten(err.Error())), err)
	e.Cure = "check region, endpoint and proxy; nothing was started by this call"
	if refused, ok := errors.AsType[*tunnelRefused](err); ok {
		e.Message, e.Cure = refused.Error(), refused.cure()
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		e.Cure = "if your network has roots of its own, name their file in ca_file; nothing was started by this call"
	}
	return e
}

// doubt refuses answers that an SDK would take for success, or whose nature it
// would lose. nil means that the SDK may read it.
func (b *Bound) doubt(resp *http.Response, body []byte) error {
	body = bytes.TrimSpace(body)
	object := len(body) > 0 && (body[0] == '{' || b.call.List && body[0] == '[') && json.Valid(body)
	what := shape(body)
	switch s := resp.StatusCode; {
	case s >= 300 && s < 400:
		return b.fail(job.Ambiguous, fmt.Sprintf("answered with a redirect (HTTP %d), which is never followed", s), nil)
	case s < 300 && b.call.NoContent:
		if s == http.StatusNoContent && len(body) == 0 {
			return nil
		}
		return b.fail(job.Ambiguous, fmt.Sprintf("answered HTTP %d with %s where an empty 204 was due", s, what), nil)
	case object:
		return nil
	case s < 300 || s >= 500 || s == http.StatusRequestTimeout:
		return b.fail(job.Ambiguous, fmt.Sprintf("answered HTTP %d with %s where JSON was due", s, what), nil)
	case s == http.StatusTooManyRequests:
		e := b.fail(job.Throttled, fmt.Sprintf("too many requests (HTTP %d)", s), nil)
		e.Cure = "wait a little and run the step again"
		return e
	case s == http.StatusProxyAuthRequired:
		return b.fail(job.Unsent, "the proxy wants a login (HTTP 407)", nil)
	default:
		return b.fail(job.Refused, fmt.Sprintf("answered HTTP %d with %s; a proxy or a wrong endpoint does that", s, what), nil)
	}
}

// shape names a body that is no JSON object.
func shape(body []byte) string {
	switch {
	case len(body) == 0:
		return "nothing"
	case body[0] == '<':
		return "a web page"
	case body[0] == '{':
		return "broken JSON"
	case json.Valid(body):
		return "JSON of another kind"
	}
	return "plain text"
}
