// Package others drives a running emulator with clients that neither the
// vendors nor cloudjob's authors wrote. What they send and read is the judge.
package others

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// The emulator's world, as `cloudjob emulate -h` names it.
const (
	accessKey = "EMULATORAK"
	secret    = "emulator-secret-key"
	project   = "0123456789abcdef0123456789abcdef"

	migration, synchronisation = "9a470239-2308-4bb5-a6bc-1040402fjb21", "dbb8127c-b093-4b94-b764-7161e151jb2s"
	nobody                     = "00000000-0000-0000-0000-000000000000"
)

// emulator is the address of a running one, made to run fast.
func emulator(t *testing.T) string {
	t.Helper()
	at := os.Getenv("EMULATOR")
	if at == "" {
		t.Fatal("EMULATOR must be the address of a running emulator, such as http://127.0.0.1:8787")
	}
	return strings.TrimSuffix(at, "/")
}

// tap keeps the last request's body and the last answer that went over a wire.
type tap struct {
	sent, body []byte
	status     int
}

func (w *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	w.sent = nil
	if r.Body != nil {
		var err error
		if w.sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(w.sent))
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.status = answer.StatusCode
	w.body, err = io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(w.body))
	return answer, err
}

// right ends the test at an error.
func right[A any](t *testing.T) func(A, error) A {
	return func(a A, err error) A {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
}

// until reads again until the answer is good.
func until[A any](t *testing.T, read func() A, good func(A) bool) A {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(25 * time.Millisecond) {
		got := read()
		if good(got) {
			return got
		}
		if time.Now().After(end) {
			shown, _ := json.Marshal(got)
			t.Fatalf("not within a minute, the last answer was %s", shown)
		}
	}
}

func is[A comparable](want A) func(A) bool { return func(got A) bool { return got == want } }

// refused wants an error of the client's type E with a status and with text in
// the body that it kept.
func refused[E error](t *testing.T, err error, kept func(E) []byte, want string) {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Errorf("got %T %v, want %T", err, err, *new(E))
		return
	}
	if !bytes.Contains(kept(e), []byte(want)) {
		t.Errorf("got %s, want %s", kept(e), want)
	}
}
