package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/emulator/emu"
)

func vendorName(v emu.Vendor) string { return [...]string{"tencent", "huawei"}[v] }

func service(v emu.Vendor) string { return [...]string{"pts", "cpts"}[v] }

// want is what a client sees of a fault.
type want struct {
	err     error // instead of an answer
	readErr error // in the body
	status  int
	part    string // of the body
	empty   bool
}

func wanted(f Fault, v emu.Vendor) want {
	pick := func(tencent, huawei want) want { return [...]want{tencent, huawei}[v] }
	switch f.Kind {
	case Slow:
		return pick(want{status: 200, part: "job-1"}, want{status: 201, part: "job-1"})
	case Dial:
		return want{err: syscall.ECONNREFUSED}
	case Drop:
		return want{err: io.EOF}
	case Reset:
		return want{err: syscall.ECONNRESET}
	case Cut:
		return pick(want{status: 200, readErr: io.ErrUnexpectedEOF, part: `{"Response"`}, want{status: 201, readErr: io.ErrUnexpectedEOF, part: `{"task`})
	case BadGateway:
		return want{status: 502, part: "<html>"}
	case TooMany:
		return want{status: 429, part: "too many"}
	case Throttle:
		return pick(want{status: 200, part: `"RequestLimitExceeded"`}, want{status: 429, part: "APIGW.0308"})
	case ThrottleAccount:
		return pick(want{status: 200, part: `"RequestLimitExceeded.UinLimitExceeded"`}, want{status: 429, part: "APIGW.0308"})
	case Redirect:
		return want{status: 302, empty: true}
	case Empty:
		return want{status: 200, empty: true}
	case Null:
		return want{status: 200, part: "null"}
	case WrongType:
		return want{status: 200, part: "[]"}
	case Text:
		return pick(want{status: 200, part: `{"Response":"ok"}`}, want{status: 200, part: `"ok"`})
	case Internal:
		return pick(want{status: 200, part: `"InternalError"`}, want{status: 500, part: "APIGW.0601"})
	case BackendTimeout:
		return pick(want{status: 200, part: `"InternalError"`}, want{status: 504, part: "APIGW.0201"})
	case Unauthorized:
		return pick(want{status: 200, part: `"AuthFailure.SecretIdNotFound"`}, want{status: 401, part: "APIGW.0301"})
	case Forbidden:
		return pick(want{status: 200, part: `"AuthFailure.UnauthorizedOperation"`}, want{status: 403, part: "APIGW.0302"})
	}
	return want{}
}

// check makes the call and compares.
func (w want) check(t *testing.T, c *http.Client, r *http.Request) {
	t.Helper()
	answer, err := c.Do(r)
	if w.err != nil {
		if !errors.Is(err, w.err) {
			t.Errorf("got %v, want %v", err, w.err)
		}
		return
	}
	if err != nil {
		t.Error(err)
		return
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if !errors.Is(err, w.readErr) {
		t.Errorf("reading: %v, want %v", err, w.readErr)
	}
	if answer.StatusCode != w.status || !strings.Contains(string(body), w.part) || w.empty && len(body) > 0 {
		t.Errorf("got %d %q, want %+v", answer.StatusCode, body, w)
	}
}

func TestFaults(t *testing.T) {
	for _, v := range []emu.Vendor{emu.Tencent, emu.Huawei} {
		for _, socket := range []bool{false, true} {
			for _, f := range Faults() {
				if f.Kind == Dial && socket {
					continue
				}
				t.Run(fmt.Sprintf("%s/socket=%t/%v/after=%t", vendorName(v), socket, f.Kind, f.After), func(t *testing.T) {
					e := world()
					base, c := inProcess, client(e)
					if socket {
						base, c = serve(t, e), &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
					}
					c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
					f.Delay = time.Millisecond
					e.Inject(f)
					wanted(f, v).check(t, c, startRequest(t, v, base))
					effect := 0
					if f.After || f.Kind == Slow {
						effect = 1
					}
					if n := len(e.Begun()[service(v)]); n != effect {
						t.Errorf("%d jobs began, want %d", n, effect)
					}
					arrived := 1
					if f.Kind == Dial {
						arrived = 0
					}
					if e.Injected() != 1 || e.Calls()[Total] != arrived {
						t.Errorf("%d injected, calls %v", e.Injected(), e.Calls())
					}
					if answer, _ := do(t, c, startRequest(t, v, base)); answer.StatusCode > 201 {
						t.Errorf("the fault struck twice: %d", answer.StatusCode)
					}
				})
			}
		}
	}
}

func TestInProcessErrorsAreNetworkErrors(t *testing.T) {
	for kind, op := range map[Kind]string{Dial: "dial", Drop: "read", Reset: "read"} {
		e := world()
		e.Inject(Fault{Kind: kind})
		_, err := e.Transport().RoundTrip(startRequest(t, emu.Tencent, inProcess))
		var network *net.OpError
		if !errors.As(err, &network) || network.Op != op {
			t.Errorf("%v: %#v", kind, err)
		}
	}
}

func TestSocketPassesDialFaultsBy(t *testing.T) {
	e := world()
	e.Inject(Fault{Kind: Dial})
	if answer, _ := do(t, http.DefaultClient, startRequest(t, emu.Huawei, serve(t, e))); answer.StatusCode != 201 || e.Injected() != 0 {
		t.Errorf("%d, %d injected", answer.StatusCode, e.Injected())
	}
	if _, err := client(e).Do(startRequest(t, emu.Huawei, inProcess)); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the fault was used up: %v", err)
	}
}

func TestCutWithoutBodyIsDrop(t *testing.T) {
	e := world()
	e.Inject(Fault{Kind: Cut})
	r := huaweiRequest(t, "POST", inProcess+"/v1/"+ProjectID+"/jobs/j/start", "")
	huaweiKey().sign(r, "")
	if _, err := client(e).Do(r); !errors.Is(err, io.EOF) || len(e.Begun()["cpts"]) != 1 {
		t.Errorf("%v, %v", err, e.Begun())
	}
}

func TestRedirectIsFollowedIntoATrap(t *testing.T) {
	e := world()
	base := serve(t, e)
	for _, c := range []*http.Client{client(e), http.DefaultClient} {
		e.Inject(Fault{Kind: Redirect})
		answer, body := do(t, c, startRequest(t, emu.Tencent, base))
		if answer.StatusCode != 200 || body != `{"status":"ok"}` {
			t.Errorf("%d %s", answer.StatusCode, body)
		}
	}
	e.Inject(Fault{Kind: Redirect, Location: "/else"})
	answer, err := e.Transport().RoundTrip(startRequest(t, emu.Tencent, inProcess))
	if err != nil || answer.Header.Get("Location") != "/else" {
		t.Errorf("%v %v", answer, err)
	}
}

func TestRetryAfter(t *testing.T) {
	e := world()
	e.Inject(Fault{Kind: TooMany, RetryAfter: 1600 * time.Millisecond})
	answer, _ := do(t, client(e), startRequest(t, emu.Huawei, inProcess))
	if got := answer.Header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q", got)
	}
}

func TestScript(t *testing.T) {
	const none = Kind(-1)
	start, create := &call{half: &emu.Half{Service: "pts"}, name: "StartJob"}, &call{half: &emu.Half{Service: "cpts"}, name: "CreateTask"}
	otherStart := &call{half: &emu.Half{Service: "cpts"}, name: "StartJob"}
	for name, test := range map[string]struct {
		faults []Fault
		calls  []*call
		want   []Kind
	}{
		"once":        {[]Fault{{Kind: Drop}}, []*call{start, start}, []Kind{Drop, none}},
		"twice":       {[]Fault{{Kind: Drop, Times: 2}}, []*call{start, create, start}, []Kind{Drop, Drop, none}},
		"always":      {[]Fault{{Kind: Drop, Times: -1}}, []*call{start, start, nil, start}, []Kind{Drop, Drop, Drop, Drop}},
		"skip":        {[]Fault{{Kind: Drop, Skip: 2}}, []*call{start, start, start, start}, []Kind{none, none, Drop, none}},
		"by name":     {[]Fault{{Kind: Drop, Call: "CreateTask", Skip: 1}}, []*call{create, start, nil, create}, []Kind{none, none, none, Drop}},
		"by service":  {[]Fault{{Kind: Drop, Call: "StartJob", Service: "cpts"}}, []*call{start, otherStart}, []Kind{none, Drop}},
		"in order":    {[]Fault{{Kind: Drop}, {Kind: Reset}}, []*call{start, start, start}, []Kind{Drop, Reset, none}},
		"all count":   {[]Fault{{Kind: Drop, Times: 2}, {Kind: Reset, Skip: 1}}, []*call{start, start, start}, []Kind{Drop, Drop, Reset}},
		"one by one":  {[]Fault{{Kind: Drop}, {Kind: Reset, Skip: 1}, {Kind: Cut, Skip: 3}}, []*call{start, start, start, start}, []Kind{Drop, Reset, none, Cut}},
		"unknown too": {[]Fault{{Kind: Drop}}, []*call{nil}, []Kind{Drop}},
	} {
		t.Run(name, func(t *testing.T) {
			e := world()
			e.Inject(test.faults...)
			for i, c := range test.calls {
				got := none
				if f := e.strike(c, true); f != nil {
					got = f.Kind
				}
				if got != test.want[i] {
					t.Errorf("call %d: got %v, want %v", i, got, test.want[i])
				}
			}
		})
	}
}

func TestInjectSetsTheOnlyMoment(t *testing.T) {
	e := world()
	e.Inject(Fault{Kind: Cut}, Fault{Kind: Throttle, After: true}, Fault{Kind: Drop}, Fault{Kind: Drop, After: true})
	for i, after := range []bool{true, false, false, true} {
		if e.script[i].After != after {
			t.Errorf("%d: After %t", i, e.script[i].After)
		}
	}
}

// TestDelaysAreVirtual runs the slow answers in virtual time.
func TestDelaysAreVirtual(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, limit := range []time.Duration{time.Minute, time.Hour} {
			synctest.Test(t, func(t *testing.T) {
				e := world()
				e.Inject(Fault{Kind: Slow, After: after, Delay: 10 * time.Minute})
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				began := time.Now()
				answer, err := client(e).Do(startRequest(t, emu.Huawei, inProcess).WithContext(ctx))
				if limit == time.Minute {
					effect := 0
					if after {
						effect = 1
					}
					if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != limit || len(e.Begun()["cpts"]) != effect {
						t.Errorf("after=%t: %v after %v, %v", after, err, time.Since(began), e.Begun())
					}
					return
				}
				if err != nil || answer.StatusCode != 201 || time.Since(began) != 10*time.Minute {
					t.Fatalf("%v %v after %v", answer, err, time.Since(began))
				}
				answer.Body.Close()
			})
		}
	}
}

func TestDelayEndsWhenASocketsClientLeaves(t *testing.T) {
	e, done := world(), make(chan string, 1)
	e.options.Log = func(line string) { done <- line }
	e.Inject(Fault{Kind: Slow, Delay: time.Hour})
	ctx, leave := context.WithCancel(t.Context())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		leave()
		e.ServeHTTP(w, r)
	}))
	defer server.Close()
	_, err := http.DefaultClient.Do(startRequest(t, emu.Tencent, server.URL).WithContext(ctx))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if line := <-done; !strings.Contains(line, "no-answer") || len(e.Begun()["pts"]) != 0 {
		t.Errorf("%s, %v", line, e.Begun())
	}
}

// traced is what a client learns of its request from net/http/httptrace.
type traced struct{ conn, headers, request, first bool }

func trace(ctx context.Context, seen *traced) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { seen.conn = true },
		WroteHeaders:         func() { seen.headers = true },
		WroteRequest:         func(info httptrace.WroteRequestInfo) { seen.request = info.Err == nil },
		GotFirstResponseByte: func() { seen.first = true },
	})
}

func TestTrace(t *testing.T) {
	sent := traced{conn: true, headers: true, request: true}
	answered := traced{true, true, true, true}
	for name, test := range map[string]struct {
		faults []Fault
		want   traced
	}{
		"answer": {nil, answered},
		"drop":   {[]Fault{{Kind: Drop}}, sent},
		"dial":   {[]Fault{{Kind: Dial}}, traced{}},
		"late":   {[]Fault{{Kind: Slow, Delay: time.Hour}}, sent},
	} {
		synctest.Test(t, func(t *testing.T) {
			e := world()
			e.Inject(test.faults...)
			var seen traced
			ctx, cancel := context.WithTimeout(trace(t.Context(), &seen), time.Minute)
			defer cancel()
			if answer, err := e.Transport().RoundTrip(startRequest(t, emu.Tencent, inProcess).WithContext(ctx)); err == nil {
				answer.Body.Close()
			}
			if seen != test.want {
				t.Errorf("%s: %+v", name, seen)
			}
		})
	}
}

// body records that it was closed, and may fail.
type body struct {
	io.Reader
	closed bool
}

func (b *body) Close() error { b.closed = true; return nil }

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestTransportClosesTheRequestsBody(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	torn := errors.New("torn")
	for name, test := range map[string]struct {
		ctx    context.Context
		reader io.Reader
		fault  []Fault
		err    error
	}{
		"answer":    {t.Context(), strings.NewReader("{}"), nil, nil},
		"dial":      {t.Context(), strings.NewReader("{}"), []Fault{{Kind: Dial}}, syscall.ECONNREFUSED},
		"cancelled": {cancelled, strings.NewReader("{}"), nil, context.Canceled},
		"torn":      {t.Context(), failing{torn}, nil, torn},
	} {
		t.Run(name, func(t *testing.T) {
			e := world()
			e.Inject(test.fault...)
			b := &body{Reader: test.reader}
			r := startRequest(t, emu.Tencent, inProcess).WithContext(test.ctx)
			r.Body = b
			answer, err := e.Transport().RoundTrip(r)
			if !errors.Is(err, test.err) || (err == nil) != (answer != nil) || !b.closed {
				t.Errorf("%v %v, closed %t", answer, err, b.closed)
			}
			if test.err != nil && len(e.Begun()["pts"]) != 0 {
				t.Error("a job began")
			}
		})
	}
}

func TestTransportTakesBareRequests(t *testing.T) {
	rt := world().Transport()
	if _, err := rt.RoundTrip(&http.Request{}); err == nil {
		t.Error("no error without a URL")
	}
	answer, err := rt.RoundTrip(&http.Request{URL: mustParse(t, "http://h")})
	if err != nil || answer.StatusCode != 200 {
		t.Errorf("%v %v", answer, err)
	}
}
