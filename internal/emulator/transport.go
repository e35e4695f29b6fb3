package emulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"syscall"
)

// Transport talks to the emulator in process: no socket, no goroutine, and
// so at home in a testing/synctest bubble. What a client can observe is what
// it would observe over a socket, the hooks of net/http/httptrace included;
// GotConn tells no Conn, as there is none.
func (e *Emulator) Transport() http.RoundTripper { return transport{e} }

type transport struct{ e *Emulator }

// RoundTrip answers one request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	ctx := r.Context()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	received, err := t.received(r)
	if err != nil {
		return nil, err
	}
	if answer, ok := t.e.own(received); ok {
		return t.response(r, answer), nil
	}
	a := t.e.arrive(received, true)
	if !a.refused() {
		if err := send(a); err != nil {
			return nil, err
		}
	}
	answer, err := t.e.answer(a)
	t.e.log(a, answer, err)
	if err != nil {
		return nil, networkError(err)
	}
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return t.response(r, answer), nil
}

// received is the client's request as a server sees it.
func (t transport) received(r *http.Request) (*http.Request, error) {
	if r.URL == nil {
		return nil, errors.New("emulator: the request has no URL")
	}
	target, err := url.ParseRequestURI(r.URL.RequestURI())
	if err != nil {
		return nil, err
	}
	in := r.Clone(r.Context())
	in.URL, in.RequestURI = target, r.URL.RequestURI()
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Method == "" {
		in.Method = http.MethodGet
	}
	if in.Header == nil {
		in.Header = http.Header{}
	}
	if in.ContentLength > 0 {
		in.Header.Set("Content-Length", strconv.FormatInt(in.ContentLength, 10))
	}
	return in, nil
}

// send takes the request in and tells the client's trace that it went out.
func send(a *arrival) error {
	trace := httptrace.ContextClientTrace(a.Context())
	if trace == nil {
		trace = &httptrace.ClientTrace{}
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	err := a.read()
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{Err: err})
	}
	return err
}

// networkError is what net/http's own transport would say.
func networkError(err error) error {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return &net.OpError{Op: "dial", Net: "tcp", Err: err}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF):
		return &net.OpError{Op: "read", Net: "tcp", Err: err}
	}
	return err // the context's
}

func (t transport) response(r *http.Request, p reply) *http.Response {
	header := p.header.Clone()
	header.Set("Date", t.e.real().UTC().Format(http.TimeFormat))
	return &http.Response{
		Status:     strconv.Itoa(p.status) + " " + http.StatusText(p.status),
		StatusCode: p.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        header,
		Body:          p.reader(),
		ContentLength: int64(len(p.body)),
		Request:       r,
	}
}

// reader reads what was sent, and breaks where the connection did.
func (p reply) reader() io.ReadCloser {
	if p.cut {
		return io.NopCloser(io.MultiReader(bytes.NewReader(p.sent()), broken{}))
	}
	if len(p.body) == 0 {
		return http.NoBody
	}
	return io.NopCloser(bytes.NewReader(p.body))
}

// broken is the rest of a body whose connection is gone.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
