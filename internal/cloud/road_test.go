package cloud

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloudjob/internal/job"
)

// These tests are of servers that mean ill, over real sockets. Where an answer
// never ends, its call has a shorter time.
const hurried = 2 * time.Second // a busy machine connects in it

// raw is a server that reads a request and then writes what it likes, until it
// is told that nobody listens any more.
func raw(t *testing.T, write func(w io.Writer) error) (address string, sent *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sent = new(atomic.Int64)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				if _, err := conn.Read(make([]byte, 4096)); err != nil {
					return
				}
				if write(counting{conn, sent}) == nil {
					io.Copy(io.Discard, conn) // until the client hangs up
				}
			})
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return listener.Addr().String(), sent
}

type counting struct {
	io.Writer
	n *atomic.Int64
}

func (c counting) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.n.Add(int64(n))
	return n, err
}

// forever writes a text again and again.
func forever(w io.Writer, text string) error {
	for {
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
}

// slowly writes a text again and again, much slower than a call may last.
func slowly(w io.Writer, text string) error {
	for tick := time.NewTicker(hurried / 20); ; <-tick.C {
		if _, err := io.WriteString(w, text); err != nil {
			tick.Stop()
			return err
		}
	}
}

// TestHostileAnswers: whatever a server sends, a call ends in time, reads no more
// than its limits, and is not taken for a success.
func TestHostileAnswers(t *testing.T) {
	const ok, chunked = "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	const mega = 1 << 20
	inLate := "did not answer within 2s"
	for _, test := range []struct {
		name  string
		write func(w io.Writer) error
		part  string
		most  int64 // bytes that the server got rid of; 0: few
	}{
		{"nothing at all", func(io.Writer) error { return nil }, inLate, 0},
		{"a header that dribbles", func(w io.Writer) error { io.WriteString(w, ok); return slowly(w, "X-A: b\r\n") }, inLate, 0},
		{"one header without an end", func(w io.Writer) error { io.WriteString(w, ok+"X-A: "); return slowly(w, "b") }, inLate, 0},
		{"headers without number", func(w io.Writer) error { io.WriteString(w, ok); return forever(w, "X-A: b\r\n") }, "server response headers exceeded", 8 * mega},
		{"a header without size", func(w io.Writer) error {
			io.WriteString(w, ok+"X-A: ")
			return forever(w, strings.Repeat("b", 1000))
		}, "server response headers exceeded", 8 * mega},
		{"a status line without size", func(w io.Writer) error { return forever(w, "HTTP/1.1 200 OK OK OK OK") }, "server response headers exceeded", 8 * mega},
		{"early hints without number", func(w io.Writer) error {
			return forever(w, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
		}, "server response headers exceeded", 8 * mega},
		{"another protocol, which looks like an answer", func(w io.Writer) error {
			_, err := io.WriteString(w, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n{\"Response\":{\"JobId\":\"job-1\"}}")
			return errors.Join(err, io.ErrClosedPipe)
		}, "changes the protocol", 0},
		{"a body that dribbles", func(w io.Writer) error {
			io.WriteString(w, ok+"Content-Length: 1000\r\n\r\n{\"a\":\"")
			return slowly(w, "a")
		}, inLate, 0},
		{"an answer whose end does not come", func(w io.Writer) error {
			_, err := io.WriteString(w, chunked+"2\r\n{}\r\n")
			return err
		}, inLate, 0},
		{"chunks of blanks without number", func(w io.Writer) error {
			io.WriteString(w, chunked+"2\r\n{}\r\n")
			return slowly(w, "1\r\n \r\n")
		}, inLate, 0},
		{"chunks that are mostly not there", func(w io.Writer) error {
			io.WriteString(w, chunked)
			return forever(w, "1;"+strings.Repeat("a", 2000)+"\r\n \r\n")
		}, "too much non-data", 8 * mega},
		{"a trailer without size", func(w io.Writer) error {
			io.WriteString(w, chunked+"2\r\n{}\r\n0\r\n")
			return forever(w, "X-A: b\r\n")
		}, "trailer", 8 * mega},
		{"a body without size", func(w io.Writer) error {
			io.WriteString(w, "HTTP/1.0 200 OK\r\n\r\n{\"a\":\"")
			return forever(w, strings.Repeat("a", 32<<10))
		}, "is longer than 16 MiB", answerLimit + 16*mega},
		{"a body as large as it says", func(w io.Writer) error {
			fmt.Fprintf(w, ok+"Content-Length: %d\r\n\r\n", int64(1)<<40)
			return forever(w, strings.Repeat("a", 32<<10))
		}, "is longer than 16 MiB", answerLimit + 16*mega},
		{"a refusal without size", func(w io.Writer) error {
			io.WriteString(w, "HTTP/1.0 400 Bad Request\r\n\r\n{\"a\":\"")
			return forever(w, strings.Repeat("a", 32<<10))
		}, "is longer than 16 MiB", answerLimit + 16*mega},
		{"a redirect without size", func(w io.Writer) error {
			io.WriteString(w, "HTTP/1.0 302 Found\r\nLocation: http://192.0.2.1/\r\n\r\n")
			return forever(w, strings.Repeat("a", 32<<10))
		}, "is longer than 16 MiB", answerLimit + 16*mega},
		{"a bomb", func(w io.Writer) error { // 1 GiB in about 1 MiB
			io.WriteString(w, "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
			z := gzip.NewWriter(w)
			for range 1024 {
				if _, err := z.Write(make([]byte, mega)); err != nil {
					return err
				}
			}
			return z.Close()
		}, "is longer than 16 MiB", 2 * mega},
		{"a bomb that does not go off", func(w io.Writer) error { // blocks of nothing
			io.WriteString(w, "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
			z := gzip.NewWriter(w)
			z.Write([]byte("{}"))
			for tick := time.NewTicker(hurried / 20); ; <-tick.C {
				if err := z.Flush(); err != nil {
					tick.Stop()
					return err
				}
			}
		}, inLate, 0},
		{"a bomb in a bomb", func(w io.Writer) error {
			io.WriteString(w, "HTTP/1.0 200 OK\r\nContent-Encoding: gzip, gzip\r\n\r\n")
			return forever(w, strings.Repeat("a", 32<<10))
		}, "is packed in a way that was not asked for (gzip, gzip)", 16 * mega},
		{"another coding", func(w io.Writer) error {
			_, err := io.WriteString(w, ok+"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}")
			return err
		}, "is packed in a way that was not asked for (br)", 0},
		{"what is no gzip", func(w io.Writer) error {
			_, err := io.WriteString(w, ok+"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")
			return err
		}, "broke before the whole answer came", 0},
		{"half a gzip", func(w io.Writer) error {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			io.WriteString(z, `{"Response":{"JobId":"job-1"}}`)
			z.Flush()
			fmt.Fprintf(w, ok+"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s", b.Len(), &b)
			return nil
		}, "broke before the whole answer came", 0},
		{"a list in a list in a list", func(w io.Writer) error {
			deep := `{"a":` + strings.Repeat("[", mega) + strings.Repeat("]", mega) + "}"
			_, err := fmt.Fprintf(w, ok+"Content-Length: %d\r\n\r\n%s", len(deep), deep)
			return err
		}, "with broken JSON", 8 * mega},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			address, sent := raw(t, test.write)
			transport, began := &Transport{}, time.Now()
			if test.part == inLate {
				transport.within = hurried
			}
			_, err := ask(t, transport.Bind(t.Context(), Call{Name: "StartJob"}), "http://"+address)
			(&http.Client{Transport: transport.network}).CloseIdleConnections() // the server waits for that
			want(t, err, job.Ambiguous, test.part)
			if took := time.Since(began); took > answerWithin/2 {
				t.Errorf("took %s", took)
			}
			if most := max(test.most, 64<<10); sent.Load() > most {
				t.Errorf("%d bytes were taken, want at most %d", sent.Load(), most)
			}
		})
	}
}

// TestLimitsAreDocumented: docs/networks.md has the limits that hold.
func TestLimitsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/networks.md")
	if err != nil {
		t.Fatal(err)
	}
	n := network(nil, nil, answerWithin)
	for _, line := range []string{
		fmt.Sprintf("| a connection, and the handshake of TLS | %s each |", n.TLSHandshakeTimeout),
		fmt.Sprintf("| a call, from its first byte to the answer's last | %s |", answerWithin),
		fmt.Sprintf("| an answer, unpacked | %d MiB |", answerLimit>>20),
		fmt.Sprintf("| the header of an answer | %d KiB |", n.MaxResponseHeaderBytes>>10),
		fmt.Sprintf("| a connection that nobody uses | %s |", n.IdleConnTimeout),
	} {
		if !bytes.Contains(page, []byte(line+"\n")) {
			t.Errorf("docs/networks.md lacks %s", line)
		}
	}
}

// TestGzip: what was asked for is read.
func TestGzip(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		io.WriteString(z, `{"Response":{}}`)
		z.Close()
	}))
	defer server.Close()
	if body, err := ask(t, (&Transport{}).Bind(t.Context(), Call{Name: "StartJob"}), server.URL); body != `{"Response":{}}` || err != nil {
		t.Errorf("got %q, %v", body, err)
	}
}

// TestSilentHandshake: a host that takes connections and says nothing has had no
// call.
func TestSilentHandshake(t *testing.T) {
	address, _ := raw(t, func(io.Writer) error { return nil })
	began := time.Now()
	_, err := ask(t, (&Transport{within: hurried}).Bind(t.Context(), Call{Name: "StartJob"}), "https://"+address)
	want(t, err, job.Unsent, "no connection to "+address+": net/http: TLS handshake timeout")
	if took := time.Since(began); took >= hurried {
		t.Errorf("took %s", took)
	}
}

// TestSilentProxy: the same of a proxy that never answers.
func TestSilentProxy(t *testing.T) {
	address, _ := raw(t, func(w io.Writer) error { return slowly(w, "HTTP/1.1 200 OK OK OK OK") })
	within := hurried
	got := call(t, "https://pts.invalid/", "HTTPS_PROXY=http://"+address, childWithin+"="+within.String())
	if want := fmt.Sprintf("fault %d: StartJob: no connection to pts.invalid: context deadline exceeded; ", job.Unsent); !strings.HasPrefix(got, want) {
		t.Errorf("got %s, want %s…", got, want)
	}
}

// silenced is a network that goes dead without a word.
type silenced struct {
	net.Conn
	dead *atomic.Bool
}

func (s silenced) Write(b []byte) (int, error) {
	if s.dead.Load() {
		return len(b), nil
	}
	return s.Conn.Write(b)
}

// TestDeadConnection: a connection of HTTP/2 that died without a word is given
// up, and the next call has another.
func TestDeadConnection(t *testing.T) {
	var arrived atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Add(1)
		fmt.Fprintf(w, `{"proto":%q}`, r.Proto)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	var dials atomic.Int32
	dead := new(atomic.Bool)
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		if dials.Add(1) == 1 && err == nil {
			conn = silenced{conn, dead}
		}
		return conn, err
	}
	transport := &Transport{within: hurried, network: network(dial, []*x509.Certificate{server.Certificate()}, hurried)}
	for i := range 4 {
		body, err := ask(t, transport.Bind(t.Context(), Call{Name: "StartJob"}), server.URL)
		switch i {
		case 0:
			if body != `{"proto":"HTTP/2.0"}` || err != nil {
				t.Fatalf("got %q, %v", body, err)
			}
			dead.Store(true)
		case 1:
			want(t, err, job.Ambiguous, "")
		default:
			if err != nil {
				t.Errorf("call %d: %v", i+1, err)
			}
		}
	}
	if arrived.Load() != 3 || dials.Load() != 2 {
		t.Errorf("%d calls arrived over %d connections", arrived.Load(), dials.Load())
	}
}

// TestLoopbackIsHere: a name of this machine leads nowhere else, whatever who
// resolves it says.
func TestLoopbackIsHere(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "{}") }))
	defer server.Close()
	for _, test := range []struct{ host, at, problem string }{
		{"localhost", "127.0.0.1:80", ""},
		{"localhost", "[::1]:80", ""},
		{"127.0.0.1", "127.0.0.1:80", ""},
		{"localhost", "192.0.2.1:80", "localhost is another machine here (192.0.2.1:80)"},
		{"localhost", "[2001:db8::1]:80", "localhost is another machine here ([2001:db8::1]:80)"},
		{"localhost", "@", "localhost is another machine here (@)"},
	} {
		closed := false
		dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
			return elsewhere{conn, test.at, &closed}, err
		}
		transport := &Transport{network: network(dial, nil, hurried)}
		_, err := ask(t, transport.Bind(t.Context(), Call{Name: "StartJob"}), "http://"+test.host)
		if test.problem == "" {
			if err != nil {
				t.Errorf("%+v: %v", test, err)
			}
			continue
		}
		want(t, err, job.Unsent, test.problem)
		if !closed {
			t.Errorf("%+v: the connection stays", test)
		}
	}
}

// elsewhere is a connection that leads to another address.
type elsewhere struct {
	net.Conn
	at     string
	closed *bool
}

func (e elsewhere) RemoteAddr() net.Addr { return at(e.at) }
func (e elsewhere) Close() error         { *e.closed = true; return e.Conn.Close() }

type at string

func (at) Network() string  { return "tcp" }
func (a at) String() string { return string(a) }
