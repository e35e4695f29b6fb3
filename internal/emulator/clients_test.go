package emulator_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"cloudjob/internal/emulator"
	"cloudjob/internal/emulator/emu"
	cptsemu "cloudjob/internal/service/huaweicpts/emu"
	dataartsemu "cloudjob/internal/service/huaweidataarts/emu"
	drsemu "cloudjob/internal/service/huaweidrs/emu"
	batchemu "cloudjob/internal/service/tencentbatch/emu"
	ptsemu "cloudjob/internal/service/tencentpts/emu"
)

var update = flag.Bool("update", false, "write the answers to the recorded requests anew")

// TestVendorsClients answers what the vendors' own clients were recorded to
// send, header by header: testdata/clients/NAME.http, made by
// testdata/clients/record.mjs at the root. NAME.answer is the answer.
func TestVendorsClients(t *testing.T) {
	for _, path := range recordings(t) {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".http"), func(t *testing.T) {
			requests := recorded(t, path)
			got := replay(t, requests)
			if regexp.MustCompile(`AuthFailure|APIGW|"Error"`).MatchString(got) {
				t.Errorf("refused:\n%s", got)
			}
			golden := strings.TrimSuffix(path, ".http") + ".answer"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestVendorsClientsTampered changes each recording in every value that its
// signature covers: none may pass.
func TestVendorsClientsTampered(t *testing.T) {
	for what, tamper := range tampering() {
		tried := 0
		for _, path := range recordings(t) {
			request := recorded(t, path)[0]
			if !tamper(request) {
				continue
			}
			tried++
			got := replay(t, []*sent{request})
			if !regexp.MustCompile(`AuthFailure\.SignatureFailure|APIGW\.0301`).MatchString(got) {
				t.Errorf("%s, with another %s, is not refused:\n%s", path, what, got)
			}
		}
		if tried == 0 {
			t.Errorf("no recording has a %s", what)
		}
	}
}

// tampering changes a request in one place, or tells that it has no such place.
func tampering() map[string]func(*sent) bool {
	return map[string]func(*sent) bool{
		"host": func(s *sent) bool {
			s.Host = "198.51.100.7"
			return true
		},
		"query": func(s *sent) bool {
			before := s.URL.RawQuery
			s.URL.RawQuery = regexp.MustCompile(`(demo|ap-guangzhou-4|limit=5|cn-north-)`).ReplaceAllString(before, "${1}9")
			return s.URL.RawQuery != before
		},
		"body": func(s *sent) bool {
			before := s.body
			s.body = bytes.Replace(before, []byte("a"), []byte("b"), 1)
			return !bytes.Equal(s.body, before)
		},
		"content type": func(s *sent) bool {
			if !strings.Contains(s.Header.Get("Authorization"), "content-type") {
				return false
			}
			s.Header.Set("Content-Type", "text/plain")
			return true
		},
		"project": func(s *sent) bool {
			if s.Header.Get("X-Project-Id") == "" {
				return false
			}
			s.Header.Set("X-Project-Id", "0")
			return true
		},
	}
}

func recordings(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", "clients", "*.http"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	return paths
}

// sent is one recorded request.
type sent struct {
	*http.Request
	body []byte
}

func recorded(t *testing.T, path string) (all []*sent) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(bytes.NewReader(raw))
	for {
		r, err := http.ReadRequest(in)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		all = append(all, &sent{r, body})
	}
}

// replay sends the requests to an emulated cloud of their own, at the time
// that they were signed.
func replay(t *testing.T, requests []*sent) (answers string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(requests[0].signed(t)))
		transport := emulator.New(emulator.Options{}, halves()...).Transport()
		for _, s := range requests {
			answers += s.send(t, transport)
		}
	})
	return answers
}

func halves() []emu.Half {
	return []emu.Half{
		ptsemu.New(time.Now).Half(), batchemu.New(time.Now).Half(),
		drsemu.New(time.Now).Half(), cptsemu.New(time.Now).Half(), dataartsemu.New(time.Now).Half(),
	}
}

// signed is the time in the signature, wherever the client put it.
func (s *sent) signed(t *testing.T) time.Time {
	t.Helper()
	if date := s.Header.Get("X-Sdk-Date"); date != "" {
		at, err := time.Parse("20060102T150405Z", date)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	form, _ := url.ParseQuery(string(s.body))
	for _, stamp := range []string{s.Header.Get("X-TC-Timestamp"), s.URL.Query().Get("Timestamp"), form.Get("Timestamp")} {
		if seconds, err := strconv.ParseInt(stamp, 10, 64); err == nil {
			return time.Unix(seconds, 0)
		}
	}
	t.Fatal("the recording has no time")
	return time.Time{}
}

func (s *sent) send(t *testing.T, transport http.RoundTripper) string {
	t.Helper()
	s.Body = io.NopCloser(bytes.NewReader(s.body))
	answer, err := transport.RoundTrip(s.Request)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d %s\n", answer.StatusCode, body)
}
