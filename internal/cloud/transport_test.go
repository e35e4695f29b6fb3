package cloud

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
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// roundTripper is a network made of one function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// connect tells the request's trace that there is a connection, as net/http
// does before it sends.
func connect(r *http.Request) {
	if trace := httptrace.ContextClientTrace(r.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
}

func answer(r *http.Request, status int, body io.Reader) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(body), Request: r}
}

func post(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(`{"Note":"private"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "TC3-HMAC-SHA256 Signature=0123456789abcdef")
	return r
}

// ask makes one call over the road and returns the body of an answer that was
// believed.
func ask(t *testing.T, road *Bound, url string) (body string, err error) {
	t.Helper()
	resp, err := road.RoundTrip(post(t, url))
	if err != nil {
		if resp != nil {
			t.Error("an answer and an error")
		}
		return "", err
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Error(err)
	}
	if int64(len(b)) != resp.ContentLength {
		t.Errorf("ContentLength %d of %d bytes", resp.ContentLength, len(b))
	}
	return string(b), nil
}

// want checks an error's fault and that its words hold a part.
func want(t *testing.T, err error, fault job.Fault, part string) *job.Error {
	t.Helper()
	e, ok := errors.AsType[*job.Error](err)
	if !ok {
		t.Fatalf("got %v, want a *job.Error", err)
	}
	if e.Fault != fault || !strings.Contains(e.Error(), part) {
		t.Errorf("got fault %d: %v\nwant fault %d and %q", e.Fault, e, fault, part)
	}
	return e
}

// TestAnswers are answers of a real server, and whether they can be believed.
func TestAnswers(t *testing.T) {
	const believed = job.Fault(-1)
	const page = "<html><body>please sign in</body></html>"
	tests := []struct {
		name      string
		status    int
		body      string
		noContent bool
		fault     job.Fault
		part      string
	}{
		{"an object", 200, `{"Response":{}}`, false, believed, ""},
		{"an object in space", 200, " \r\n{\"a\":[1]}\n", false, believed, ""},
		{"created", 201, `{"task_id":1}`, false, believed, ""},
		{"accepted", 202, `{"results":[]}`, false, believed, ""},
		{"a refusal", 400, `{"error_code":"DLF.0100"}`, false, believed, ""},
		{"a login refused", 401, `{"error_code":"APIGW.0301"}`, false, believed, ""},
		{"throttled in JSON", 429, `{"error_code":"APIGW.0308"}`, false, believed, ""},
		{"a fault in JSON", 503, `{"error_code":"APIGW.0801"}`, false, believed, ""},

		{"nothing", 200, "", false, job.Ambiguous, "HTTP 200 with nothing where JSON was due"},
		{"blanks", 200, " \n", false, job.Ambiguous, "with nothing"},
		{"null", 200, "null", false, job.Ambiguous, "with JSON of another kind"},
		{"a list", 200, "[]", false, job.Ambiguous, "with JSON of another kind"},
		{"a text", 200, `"ok"`, false, job.Ambiguous, "with JSON of another kind"},
		{"a number", 200, `7`, false, job.Ambiguous, "with JSON of another kind"},
		{"a page", 200, page, false, job.Ambiguous, "with a web page"},
		{"plain text", 200, "ok", false, job.Ambiguous, "with plain text"},
		{"half an object", 200, `{"Response":{"JobId"`, false, job.Ambiguous, "with broken JSON"},
		{"two objects", 200, `{}{}`, false, job.Ambiguous, "with broken JSON"},
		{"no content where some was due", 204, "", false, job.Ambiguous, "HTTP 204 with nothing"},

		{"moved", 301, "", false, job.Ambiguous, "redirect (HTTP 301)"},
		{"found", 302, `{"ok":true}`, false, job.Ambiguous, "redirect (HTTP 302)"},
		{"see other", 303, "", false, job.Ambiguous, "redirect (HTTP 303)"},
		{"not modified", 304, "", false, job.Ambiguous, "redirect (HTTP 304)"},
		{"temporary", 307, "", false, job.Ambiguous, "redirect (HTTP 307)"},
		{"permanent", 308, page, false, job.Ambiguous, "redirect (HTTP 308)"},

		{"throttled in words", 429, "slow down", false, job.Throttled, "too many requests (HTTP 429)"},
		{"throttled on a page", 429, page, false, job.Throttled, "too many requests"},
		{"a proxy's login", 407, page, false, job.Unsent, "the proxy wants a login (HTTP 407)"},
		{"a page of a proxy", 403, page, false, job.Refused, "HTTP 403 with a web page; a proxy or a wrong endpoint"},
		{"not found in words", 404, "404 page not found\n", false, job.Refused, "HTTP 404 with plain text"},
		{"a request timed out", 408, "", false, job.Ambiguous, "HTTP 408 with nothing"},
		{"a fault in words", 500, "oops", false, job.Ambiguous, "HTTP 500 with plain text"},
		{"a bad gateway", 502, page, false, job.Ambiguous, "HTTP 502 with a web page"},
		{"unavailable", 503, "", false, job.Ambiguous, "HTTP 503 with nothing"},
		{"a gateway's timeout", 504, page, false, job.Ambiguous, "HTTP 504 with a web page"},

		{"no content", 204, "", true, believed, ""},
		{"a refusal of no content", 400, `{"error_code":"DLF.0100"}`, true, believed, ""},
		{"an object for no content", 200, `{"ok":true}`, true, job.Ambiguous, "where an empty 204 was due"},
		{"an empty 200 for no content", 200, "", true, job.Ambiguous, "HTTP 200 with nothing where an empty 204 was due"},
		{"accepted for no content", 202, "", true, job.Ambiguous, "where an empty 204 was due"},
		{"a page for no content", 404, page, true, job.Refused, "HTTP 404 with a web page"},
		{"a redirect for no content", 302, "", true, job.Ambiguous, "redirect"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var arrived, followed atomic.Int32
			elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				followed.Add(1)
				io.WriteString(w, `{"Response":{"JobId":"job-elsewhere"}}`)
			}))
			defer elsewhere.Close()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				arrived.Add(1)
				w.Header().Set("X-Request-Id", "r-1")
				if test.status/100 == 3 {
					w.Header().Set("Location", elsewhere.URL)
				}
				w.WriteHeader(test.status)
				io.WriteString(w, test.body)
			}))
			defer server.Close()

			road := (&Transport{}).Bind(t.Context(), Call{Name: "StartJob", NoContent: test.noContent})
			body, err := ask(t, road, server.URL)
			if test.fault == believed {
				if err != nil || body != test.body {
					t.Errorf("got %q, %v", body, err)
				}
			} else {
				e := want(t, err, test.fault, test.part)
				if e.Call != "StartJob" || e.Status != test.status || e.RequestID != "r-1" {
					t.Errorf("got call %q, status %d, request %q", e.Call, e.Status, e.RequestID)
				}
			}
			if road.Status != test.status || road.RequestID != "r-1" {
				t.Errorf("the road knows status %d and request %q", road.Status, road.RequestID)
			}
			if arrived.Load() != 1 || followed.Load() != 0 {
				t.Errorf("sent %d times, followed %d times", arrived.Load(), followed.Load())
			}
		})
	}
}

// TestBrokenConnections are a real server that hangs up at some moment.
func TestBrokenConnections(t *testing.T) {
	hangUp := func(w http.ResponseWriter, reset bool) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		if tcp, ok := conn.(*net.TCPConn); ok && reset {
			tcp.SetLinger(0)
		}
		conn.Close()
	}
	tests := []struct {
		name   string
		serve  func(http.ResponseWriter)
		status int
	}{
		{"no answer", func(w http.ResponseWriter) { hangUp(w, false) }, 0},
		{"a reset", func(w http.ResponseWriter) { hangUp(w, true) }, 0},
		{"half a body", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "100")
			io.WriteString(w, `{"Response":{"JobId":"job-1"}}`)
		}, 200},
		{"half a chunked body", func(w http.ResponseWriter) {
			io.WriteString(w, `{"Response":{"JobId":"job-1"}}`) // whole, but its end was not announced
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, 200},
		{"no HTTP", func(w http.ResponseWriter) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			io.WriteString(conn, "220 mail.example.com ESMTP\r\n")
			conn.Close()
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var arrived atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				if arrived.Add(1) == 1 {
					io.WriteString(w, `{"first":true}`) // its connection stays and is used again
					return
				}
				test.serve(w)
			}))
			defer server.Close()
			transport := &Transport{}
			for i := range 2 {
				road := transport.Bind(t.Context(), Call{Name: "StartJob"})
				_, err := ask(t, road, server.URL)
				if i == 0 {
					if err != nil {
						t.Fatal(err)
					}
					continue
				}
				e := want(t, err, job.Ambiguous, "broke before the whole answer came")
				if e.Status != test.status {
					t.Errorf("status %d, want %d", e.Status, test.status)
				}
			}
			if arrived.Load() != 2 {
				t.Errorf("%d requests arrived, want 2: nothing is sent twice", arrived.Load())
			}
		})
	}
}

func TestNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	listener.Close()
	_, err = ask(t, (&Transport{}).Bind(t.Context(), Call{Name: "StartJob"}), url)
	e := want(t, err, job.Unsent, "no connection to "+listener.Addr().String())
	if !strings.Contains(e.Cure, "nothing was started") || e.Status != 0 {
		t.Errorf("got %+v", e)
	}
}

// TestPlainHTTP: keys never travel in the clear.
func TestPlainHTTP(t *testing.T) {
	for url, goes := range map[string]bool{
		"http://127.0.0.1:8787":        true,
		"http://127.8.9.10:1":          true,
		"http://[::1]:8787":            true,
		"http://localhost:8787":        true,
		"https://pts.example.com":      true,
		"http://pts.example.com":       false,
		"http://10.0.0.1:8787":         false,
		"http://169.254.169.254":       false,
		"http://0.0.0.0:8787":          false,
		"http://localhost.example.com": false,
		"http://127.0.0.1.example.com": false,
		"ftp://pts.example.com":        false,
		"http://[::ffff:10.0.0.1]:80":  false,
	} {
		sent := 0
		base := roundTripper(func(r *http.Request) (*http.Response, error) {
			sent++
			connect(r)
			return answer(r, 200, strings.NewReader("{}")), nil
		})
		_, err := ask(t, (&Transport{Base: base}).Bind(t.Context(), Call{Name: "StartJob"}), url)
		switch {
		case goes && (err != nil || sent != 1):
			t.Errorf("%s: sent %d times, %v", url, sent, err)
		case !goes && sent != 0:
			t.Errorf("%s was sent", url)
		case !goes:
			want(t, err, job.Unsent, "plain http is used for loopback addresses only")
		}
	}
}

// TestTimeouts: a call ends after 30 seconds, whatever holds it up.
func TestTimeouts(t *testing.T) {
	hang := func(r *http.Request) error { <-r.Context().Done(); return r.Context().Err() }
	tests := []struct {
		name  string
		base  roundTripper
		fault job.Fault
		part  string
	}{
		{"no connection", func(r *http.Request) (*http.Response, error) { return nil, hang(r) },
			job.Unsent, "no connection to pts.example.com"},
		{"no answer", func(r *http.Request) (*http.Response, error) { connect(r); return nil, hang(r) },
			job.Ambiguous, "pts.example.com did not answer within 30s"},
		{"a body that never ends", func(r *http.Request) (*http.Response, error) {
			connect(r)
			return answer(r, 200, io.MultiReader(strings.NewReader(`{"Response":`), reader(func() error { return hang(r) }))), nil
		}, job.Ambiguous, "did not answer within 30s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				_, err := ask(t, (&Transport{Base: test.base}).Bind(t.Context(), Call{Name: "StartJob"}), "https://pts.example.com")
				want(t, err, test.fault, test.part)
				if took := time.Since(began); took != answerWithin {
					t.Errorf("took %s", took)
				}
			})
		})
	}
}

// reader fails once its function returns.
type reader func() error

func (f reader) Read([]byte) (int, error) { return 0, f() }

// TestCancel: before the call is sent nothing can have happened; afterwards it
// may have.
func TestCancel(t *testing.T) {
	cause := errors.New("the workflow was cancelled")
	hang := func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() }
	tests := []struct {
		name  string
		base  roundTripper
		after time.Duration
		fault job.Fault
		part  string
		sent  int
	}{
		{"before", nil, 0, job.Halted, "cancelled before it was sent", 0},
		{"while connecting", hang, time.Second, job.Halted, "cancelled before it was sent", 1},
		{"while waiting", func(r *http.Request) (*http.Response, error) { connect(r); return hang(r) },
			time.Second, job.Ambiguous, "cancelled while waiting for the answer of pts.example.com", 1},
		{"while reading", func(r *http.Request) (*http.Response, error) {
			connect(r)
			return answer(r, 200, reader(func() error { _, err := hang(r); return err })), nil
		}, time.Second, job.Ambiguous, "cancelled while waiting", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				sent := 0
				base := roundTripper(func(r *http.Request) (*http.Response, error) { sent++; return test.base(r) })
				if test.after == 0 {
					cancel(cause)
				} else {
					time.AfterFunc(test.after, func() { cancel(cause) })
				}
				began := time.Now()
				_, err := ask(t, (&Transport{Base: base}).Bind(ctx, Call{Name: "StartJob"}), "https://pts.example.com")
				e := want(t, err, test.fault, test.part)
				if !errors.Is(e, cause) {
					t.Errorf("%v lost its cause", e)
				}
				if took := time.Since(began); took != test.after || sent != test.sent {
					t.Errorf("ended after %s, sent %d times", took, sent)
				}
			})
		})
	}
}

// TestCancelWhileItsTurnIsAwaited: the published rate holds a call back; it
// was not sent.
func TestCancelWhileItsTurnIsAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := 0
		transport := &Transport{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
			sent++
			return answer(r, 200, strings.NewReader("{}")), nil
		})}
		call := Call{Name: "SubmitJob", PerSecond: 1}
		if _, err := ask(t, transport.Bind(t.Context(), call), "https://batch.example.com"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(300*time.Millisecond, cancel)
		_, err := ask(t, transport.Bind(ctx, call), "https://batch.example.com")
		want(t, err, job.Halted, "cancelled before it was sent")
		short, cancelShort := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancelShort()
		_, err = ask(t, transport.Bind(short, call), "https://batch.example.com")
		want(t, err, job.Halted, "cancelled before it was sent")
		if sent != 1 {
			t.Errorf("sent %d times, want 1", sent)
		}
	})
}

// TestRates: all jobs of the process share an API's published rate, and N
// calls take N divided by it.
func TestRates(t *testing.T) {
	tests := []struct {
		name  string
		calls []Call // each sent often, side by side
		hosts []string
		often int
		takes time.Duration
	}{
		{"one API", []Call{{Name: "StartJob", PerSecond: 20}}, []string{"pts.example.com"}, 200, 9950 * time.Millisecond},
		{"a slower one", []Call{{Name: "SubmitJob", PerSecond: 7}}, []string{"batch.example.com"}, 8, time.Second},
		{"two APIs", []Call{{Name: "StartJob", PerSecond: 20}, {Name: "AbortJob", PerSecond: 20}}, []string{"pts.example.com"}, 21, time.Second},
		{"two hosts", []Call{{Name: "StartJob", PerSecond: 20}}, []string{"pts.example.com", "pts.example.org"}, 21, time.Second},
		{"no rate", []Call{{Name: "BatchStartJobs"}}, []string{"drs.example.com"}, 500, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int32
				transport := &Transport{Base: roundTripper(func(r *http.Request) (*http.Response, error) {
					sent.Add(1)
					return answer(r, 200, strings.NewReader("{}")), nil
				})}
				began := time.Now()
				var wg sync.WaitGroup
				for range test.often {
					for _, call := range test.calls {
						for _, host := range test.hosts {
							wg.Go(func() {
								if _, err := ask(t, transport.Bind(t.Context(), call), "https://"+host); err != nil {
									t.Error(err)
								}
							})
						}
					}
				}
				wg.Wait()
				took := time.Since(began)
				if off := took - test.takes; off < -time.Millisecond || off > time.Millisecond {
					t.Errorf("took %s, want %s", took, test.takes)
				}
				if want := test.often * len(test.calls) * len(test.hosts); int(sent.Load()) != want {
					t.Errorf("sent %d, want %d", sent.Load(), want)
				}
			})
		})
	}
}

// TestARehearsalKeepsNoRate: nothing is sent, so a dry run of thousands of jobs
// takes no time.
func TestARehearsalKeepsNoRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jobs = 2000
		stage := &Rehearsal{}
		transport, began := &Transport{Base: stage}, time.Now()
		for range jobs {
			if _, err := ask(t, transport.Bind(t.Context(), Call{Name: "StartJob", PerSecond: 20, Answer: `{}`}), "https://pts.example.com"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 0 || len(stage.Requests()) != jobs {
			t.Errorf("%d requests took %s", len(stage.Requests()), took)
		}
	})
}

func TestAnswersHaveALimit(t *testing.T) {
	for _, test := range []struct {
		size     int
		believed bool
	}{{answerLimit, true}, {answerLimit + 1, false}} {
		t.Run(fmt.Sprint(test.size), func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				io.WriteString(w, "{}"+strings.Repeat(" ", test.size-len("{}")))
			}))
			defer server.Close()
			body, err := ask(t, (&Transport{}).Bind(t.Context(), Call{Name: "ShowReport"}), server.URL)
			if test.believed {
				if err != nil || len(body) != test.size {
					t.Errorf("got %d bytes, %v", len(body), err)
				}
				return
			}
			want(t, err, job.Ambiguous, "the answer of "+server.Listener.Addr().String()+" is longer than 16 MiB")
		})
	}
}

// TestTrace: what a call was, and nothing that a log may not hold.
func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines []string
		fail := false
		transport := &Transport{
			Trace: func(line string) { lines = append(lines, line) },
			Base: roundTripper(func(r *http.Request) (*http.Response, error) {
				connect(r)
				time.Sleep(40 * time.Millisecond)
				if fail {
					return nil, io.ErrUnexpectedEOF
				}
				a := answer(r, 200, strings.NewReader(`{"Response":{"Token":"private"}}`))
				a.Header = http.Header{"X-Request-Id": {"4711"}, "Date": {"Fri, 27 Nov 2026 06:00:00 GMT"}, "Set-Cookie": {"private"}}
				return a, nil
			}),
		}
		const url = "https://user:private@pts.example.com/private?token=private"
		for _, fail = range []bool{false, true} {
			ask(t, transport.Bind(t.Context(), Call{Name: "StartJob"}), url)
		}
		fail = false
		ask(t, transport.Bind(t.Context(), Call{Name: "Login", Keys: true}), url)
		got := strings.Join(lines, "\n")
		want := `StartJob POST pts.example.com: status 200 after 40ms, X-Request-Id 4711, Date Fri, 27 Nov 2026 06:00:00 GMT
StartJob answered {Response:{Token:‹7 characters›}}
StartJob POST pts.example.com: status 0 after 40ms
Login POST pts.example.com: status 200 after 40ms, X-Request-Id 4711, Date Fri, 27 Nov 2026 06:00:00 GMT
Login answered 32 bytes, which are keys`
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// TestTheRequestIsLeftAlone: a RoundTripper may not change what it is given,
// and the body is read once.
func TestTheRequestIsLeftAlone(t *testing.T) {
	var bodies []string
	base := roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := io.ReadAll(r.Body)
		bodies = append(bodies, string(body))
		return answer(r, 200, strings.NewReader("{}")), err
	})
	r := post(t, "https://pts.example.com")
	ctx := r.Context()
	if _, err := (&Transport{Base: base}).Bind(t.Context(), Call{Name: "StartJob"}).RoundTrip(r); err != nil {
		t.Fatal(err)
	}
	if r.Context() != ctx || len(bodies) != 1 || bodies[0] != `{"Note":"private"}` {
		t.Errorf("the request was changed or sent as %q", bodies)
	}
}
