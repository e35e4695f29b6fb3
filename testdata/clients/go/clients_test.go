// Package clients drives a running emulator with the vendors' Go SDKs and
// holds every answer against the vendors' own types.
package clients

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// The emulator's world, as `cloudjob emulate -h` names it.
const (
	secret        = "emulator-secret-key"
	huaweiProject = "0123456789abcdef0123456789abcdef"
)

// emulator is the address of a running one, made to run fast.
func emulator(t *testing.T) *url.URL {
	t.Helper()
	at, err := url.Parse(os.Getenv("EMULATOR"))
	if err != nil || at.Host == "" {
		t.Fatal("EMULATOR must be the address of a running emulator, such as http://127.0.0.1:8787")
	}
	return at
}

// tap keeps the last answer that came over a client's wire.
type tap struct{ body []byte }

func (w *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	w.body, err = io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(w.body))
	return answer, err
}

// answered makes a call. Its answer must decode, and may have no field, but
// for those named, that the vendor's type of it has no place for.
func answered[Q, A any](t *testing.T, wire *tap, call func(*Q) (*A, error), request *Q, beyond ...string) *A {
	t.Helper()
	answer, err := call(request)
	if err != nil {
		t.Fatalf("%T: %v", request, err)
	}
	if len(wire.body) == 0 {
		return answer
	}
	var raw any
	if err := json.Unmarshal(wire.body, &raw); err != nil {
		t.Fatalf("%T: %v", answer, err)
	}
	for _, field := range unknown(raw, reflect.TypeOf(answer), "") {
		if !slices.Contains(beyond, field) {
			t.Errorf("%T has no %s", answer, field)
		}
	}
	return answer
}

// unknown lists the fields of a JSON value that a type has no place for.
func unknown(v any, t reflect.Type, path string) (fields []string) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if reflect.PointerTo(t).Implements(reflect.TypeFor[json.Unmarshaler]()) {
		return nil
	}
	switch v := v.(type) {
	case []any:
		if t.Kind() == reflect.Slice {
			for _, item := range v {
				fields = append(fields, unknown(item, t.Elem(), path)...)
			}
		}
	case map[string]any:
		if t.Kind() != reflect.Struct {
			return nil
		}
		types := map[string]reflect.Type{}
		for _, f := range reflect.VisibleFields(t) {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			types[name] = f.Type
		}
		for name, value := range v {
			if types[name] == nil {
				fields = append(fields, path+name)
				continue
			}
			fields = append(fields, unknown(value, types[name], path+name+".")...)
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
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

// refused wants a call's error to be E and to say want.
func refused[E error](t *testing.T, err error, say func(E) string, want string) {
	t.Helper()
	if vendors, ok := errors.AsType[E](err); !ok || say(vendors) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
