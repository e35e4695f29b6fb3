package emulator

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/emulator/emu"
)

// serveReally serves an emulator as the command does, with less patience.
func serveReally(t *testing.T, e *Emulator, patience time.Duration) string {
	t.Helper()
	e.patience = patience
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := e.Server()
	if server.ReadHeaderTimeout <= 0 || server.ReadHeaderTimeout > 30*time.Second || server.IdleTimeout <= 0 || server.IdleTimeout > 5*time.Minute {
		t.Errorf("it waits %s for headers, %s for the next request", server.ReadHeaderTimeout, server.IdleTimeout)
	}
	server.ReadHeaderTimeout, server.IdleTimeout = patience, patience
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	return listener.Addr().String()
}

// speak sends text over a connection of its own and leaves it open.
func speak(t *testing.T, address, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second)) // of the test, far beyond any patience
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestBodyRefusedUnread: what says it is too large is refused at its word, and
// the connection is closed on it.
func TestBodyRefusedUnread(t *testing.T) {
	for name, test := range map[string]struct{ head, status, code string }{
		"tencent": {"POST / HTTP/1.1\r\nHost: x\r\nX-TC-Action: StartJob\r\nX-TC-Version: 2021-07-28\r\n", "200", "RequestSizeLimitExceeded"},
		"a form":  {"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n", "200", "RequestSizeLimitExceeded"},
		"huawei":  {"POST " + tasksPath + " HTTP/1.1\r\nHost: x\r\n", "413", "APIGW.0201"},
		"a login": {"POST /v5/agencies/assume-with-oidc HTTP/1.1\r\nHost: x\r\n", "413", "APIGW.0201"},
		"a token": {"GET " + IdentityTokenPath + " HTTP/1.1\r\nHost: x\r\n", "401", "request token"},
	} {
		t.Run(name, func(t *testing.T) {
			e := world()
			conn := speak(t, serveReally(t, e, 5*time.Second), test.head+"Content-Length: 99999999999\r\n\r\n{")
			began := time.Now()
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			if err != nil || !strings.HasPrefix(answer.Status, test.status) || !strings.Contains(string(body), test.code) {
				t.Errorf("%s %s, %v", answer.Status, body, err)
			}
			if _, err := conn.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the connection goes on: %v", err)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %s: the body was waited for", took)
			}
		})
	}
}

// TestBodyThatGrows has no length, and turns out to be too large.
func TestBodyThatGrows(t *testing.T) {
	e := world()
	base := "http://" + serveReally(t, e, 20*time.Second)
	for _, test := range []struct{ path, code string }{{"/", "RequestSizeLimitExceeded"}, {tasksPath, "APIGW.0201"}} {
		body := io.MultiReader(strings.NewReader(strings.Repeat("x", huaweiBody+1)), strings.NewReader("x")) // of unknown length
		r, err := http.NewRequest("POST", base+test.path, body)
		if err != nil {
			t.Fatal(err)
		}
		answer, said := do(t, http.DefaultClient, r)
		if !strings.Contains(said, test.code) {
			t.Errorf("%s: %d %s", test.path, answer.StatusCode, said)
		}
	}
}

// TestSlowClients are dropped, wherever they stop.
func TestSlowClients(t *testing.T) {
	for name, text := range map[string]string{
		"says nothing":         "",
		"in the headers":       "POST / HTTP/1.1\r\nHost: x\r\n",
		"in the body":          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
		"in a form":            "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\na=",
		"in a chunk":           "POST " + tasksPath + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"in a fault":           "POST /faults HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nSlow",
		"after a whole answer": "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn := speak(t, serveReally(t, world(), 100*time.Millisecond), text)
			began := time.Now()
			if _, err := io.ReadAll(conn); err != nil {
				t.Errorf("after %s: %v", time.Since(began), err)
			}
		})
	}
}

// TestTricklingBody sends a byte now and then: each is in time, the whole is not.
func TestTricklingBody(t *testing.T) {
	conn := speak(t, serveReally(t, world(), 100*time.Millisecond), "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			select {
			case <-tick.C:
				if _, err := conn.Write([]byte("x")); err != nil {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	if _, err := io.ReadAll(conn); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error(err)
	}
}

// TestSlowAnswer: patience is for clients; an answer may take its time.
func TestSlowAnswer(t *testing.T) {
	for _, after := range []bool{false, true} {
		e := world()
		base := "http://" + serveReally(t, e, 50*time.Millisecond)
		e.Inject(Fault{Kind: Slow, Delay: 300 * time.Millisecond, After: after})
		if answer, body := do(t, http.DefaultClient, startRequest(t, emu.Huawei, base)); answer.StatusCode != 201 {
			t.Errorf("%d %s", answer.StatusCode, body)
		}
	}
}

// TestClientThatDoesNotRead: the answer is given up, and with it the handler.
func TestClientThatDoesNotRead(t *testing.T) {
	half := emu.Half{Vendor: emu.Huawei, Service: "large", Calls: []emu.Call{{
		Name: "Large", Route: "GET /large", Open: true,
		Handle: func(*emu.Request) emu.Answer { return emu.Answer{Body: strings.Repeat("x", 32<<20)} },
	}}}
	e := New(Options{}, half)
	e.patience = 100 * time.Millisecond
	done := make(chan struct{})
	server := e.Server()
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(done)
		e.ServeHTTP(w, r)
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	speak(t, listener.Addr().String(), "GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Error("the handler waits for ever")
	}
}

func TestLargeHeaders(t *testing.T) {
	address := serveReally(t, world(), 5*time.Second)
	for size, status := range map[int]string{16 << 10: "401", 80 << 10: "431"} {
		conn := speak(t, address, "GET "+echoPath+"x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Auth-Token: "+strings.Repeat("x", size)+"\r\n\r\n")
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || !strings.HasPrefix(answer.Status, status) {
			t.Errorf("%d bytes: %v, %v", size, answer, err)
		}
	}
}
