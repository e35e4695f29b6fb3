package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

func exchange(i int) cloud.Recorded {
	return cloud.Recorded{
		Call: cloud.Call{Name: "DescribeJobs"}, Began: time.Date(2026, 11, 27, 12, 0, i, 123456789, time.UTC), Took: 1234567 * time.Nanosecond, For: fmt.Sprintf("states %d", i),
		Method: "POST", URL: "https://pts.tencentcloudapi.com/?a=b", Sent: fmt.Appendf(nil, `{"n":%d}`, i), SentHeader: http.Header{"Content-Type": {"application/json"}, "X-Tc-Action": {"DescribeJobs"}},
		Status: 200, Answer: fmt.Appendf(nil, `{"Response":{"n":%d,"text":"\u003c\"é"}}`, i), AnswerHeader: http.Header{"Content-Type": {"application/json"}}, Connected: true, RequestID: "r",
	}
}

func temporary(t testing.TB) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "recording.har"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func contents(t testing.TB, f *os.File) []byte {
	t.Helper()
	src, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// TestWholeAfterEachCall: whenever the process is killed, what is there can be
// read, and has all calls so far.
func TestWholeAfterEachCall(t *testing.T) {
	f := temporary(t)
	w, err := NewWriter(f, "v1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		r, err := Read(contents(t, f))
		if err != nil || len(r.Entries) != i || r.Finished {
			t.Fatalf("after %d calls: %v, %+v", i, err, r)
		}
		w.Add(exchange(i))
	}
	if left, err := w.Finish(map[string]string{"a": "b"}); left != 0 || err != nil {
		t.Error(left, err)
	}
	w.Add(exchange(9)) // of a comment, after the end
	r, err := Read(contents(t, f))
	if err != nil || len(r.Entries) != 5 || !r.Finished || string(r.Run) != `{"a":"b"}` || r.Tool != "v1" {
		t.Errorf("at the end: %v, %+v", err, r)
	}
	for i, e := range r.Entries {
		want := exchange(i)
		want.Call = cloud.Call{}
		if got, want := fmt.Sprintf("%+v", e.Recorded), fmt.Sprintf("%+v", want); got != want || e.Call != "DescribeJobs" {
			t.Errorf("call %d was written and read as\n%s\nand not as\n%s", i, got, want)
		}
	}
}

// TestIsAHAR: the file has what the format wants of every entry.
func TestIsAHAR(t *testing.T) {
	f := temporary(t)
	w, err := NewWriter(f, "")
	if err != nil {
		t.Fatal(err)
	}
	w.Add(exchange(1))
	w.Add(cloud.Recorded{Call: cloud.Call{Name: "Broken"}, Method: "GET", URL: "https://x", Broke: cloud.TooLate, BrokeText: "too late", Began: time.Now()})
	var file struct {
		Log struct {
			Version string
			Creator struct{ Name, Version string }
			Entries []map[string]any
		}
	}
	if err := json.Unmarshal(contents(t, f), &file); err != nil {
		t.Fatal(err)
	}
	if file.Log.Version != "1.2" || file.Log.Creator.Name == "" || file.Log.Creator.Version == "" || len(file.Log.Entries) != 2 {
		t.Errorf("%+v", file.Log)
	}
	for _, e := range file.Log.Entries {
		for name, wants := range map[string][]string{
			"":         {"startedDateTime", "time", "request", "response", "cache", "timings"},
			"request":  {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"},
			"response": {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"},
			"timings":  {"send", "wait", "receive"},
		} {
			of := e
			if name != "" {
				of, _ = e[name].(map[string]any)
			}
			for _, want := range wants {
				if v, ok := of[want]; !ok || v == nil {
					t.Errorf("%s has no %s", name, want)
				}
			}
		}
	}
}

// TestTooLarge: beyond the limit calls are kept without their bodies, and that is
// counted; what has keys never has any.
func TestTooLarge(t *testing.T) {
	f := temporary(t)
	w, err := NewWriter(f, "v1")
	if err != nil {
		t.Fatal(err)
	}
	w.limit = 4000
	keys := exchange(0)
	keys.LeftOut, keys.Sent, keys.Answer = true, nil, nil
	w.Add(keys)
	for i := range 20 {
		w.Add(exchange(i))
	}
	left, err := w.Finish(nil)
	r, readErr := Read(contents(t, f))
	if err != nil || readErr != nil || left == 0 || left >= 20 || r.Left != left || len(r.Entries) != 21 || !r.Entries[0].LeftOut || r.Entries[1].LeftOut || !r.Entries[20].LeftOut || len(r.Entries[20].Answer) > 0 {
		t.Errorf("%d are left out: %v, %v, %d entries", left, err, readErr, len(r.Entries))
	}
}

// full is a disk that takes no more.
type full struct {
	*os.File
	room int
}

func (f *full) WriteAt(b []byte, at int64) (int, error) {
	if int(at)+len(b) > f.room {
		return 0, errors.New("no space left on device")
	}
	return f.File.WriteAt(b, at)
}

// TestFullDisk: a disk that is full ends the recording, which can be read.
func TestFullDisk(t *testing.T) {
	f := &full{temporary(t), 3000}
	w, err := NewWriter(f, "v1")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 9 {
		w.Add(exchange(i))
	}
	_, err = w.Finish(nil)
	r, readErr := Read(contents(t, f.File))
	if err == nil || !strings.Contains(err.Error(), "no space left") || readErr != nil || len(r.Entries) == 0 || r.Finished {
		t.Errorf("%v, %v, %d entries", err, readErr, len(r.Entries))
	}
}

// TestHostile: what is no recording, or was made to harm, is refused in a sentence.
func TestHostile(t *testing.T) {
	whole := func(entry, ours string) string {
		return `{"log":{"version":"1.2","creator":{"name":"x","version":"9"},"entries":[` + entry + `],"_cloudjob":` + ours + `}}`
	}
	const ours = `{"version":1,"finished":true}`
	entry := func(change string) string {
		e := `{"startedDateTime":"2026-01-01T00:00:00Z","time":1,"request":{"method":"GET","url":"https://x"},"response":{"status":200,"content":{"text":"{}"}}}`
		from, to, _ := strings.Cut(change, " => ")
		return strings.Replace(e, from, to, 1)
	}
	if _, err := Read([]byte(whole(entry(""), ours))); err != nil {
		t.Fatal(err)
	}
	for src, want := range map[string]string{
		``:                             "it is no recording",
		`[]`:                           "it is no recording",
		`{}`:                           "a HAR has a log",
		`{"log":{}}`:                   "a HAR has a log",
		`{"log":{"version":"1.2"}}`:    "of another program",
		`{"log":{"version":"1.2","ent`: "it is no recording",
		whole("", `{"version":2}`):     "newer version of cloudjob (9)",
		whole("", `{"version":0}`):     "no version",
		whole(entry(`"status":200 => "status":99999`), ours):                                        "call 1 of it: 99999 is no status",
		whole(entry(`"time":1 => "time":-1`), ours):                                                 "call 1 of it: it took -1 ms",
		whole(entry(`"time":1 => "time":1e300`), ours):                                              "which cannot be",
		whole(entry(`2026-01-01T00 => 0001-01-01T00`), ours):                                        "its time cannot be one",
		whole(entry(`"text":"{}" => "text":"*","encoding":"base64"`), ours):                         "no base64",
		whole(entry(`"time":1 => "time":`+strings.Repeat("[", 100)+strings.Repeat("]", 100)), ours): "nested deeper",
		strings.Repeat(" ", Limit+1):                                                                "larger than 96 MiB",
	} {
		if _, err := Read([]byte(src)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, and not %q", src, err, want)
		}
	}
}

// TestPlayer: equal calls are told apart by their purpose, answer in their order,
// the last again and again; a call that differs in a moment is the same; any other
// has no answer; what broke breaks again.
func TestPlayer(t *testing.T) {
	var entries []Entry
	add := func(purpose, url, answer string, change func(*Entry)) {
		e := Entry{Call: "C", Recorded: cloud.Recorded{For: purpose, Method: "GET", URL: url, Status: 200, Answer: []byte(answer), Connected: true}}
		e.Began = time.Unix(int64(len(entries)), 0)
		if change != nil {
			change(&e)
		}
		entries = append(entries, e)
	}
	add("report 1", "https://h/a", "1", nil)
	add("report 2", "https://h/a", "2", nil)
	add("report 1", "https://h/a", "3", nil)
	add("report 1", "https://h/b?to=1599202771816", "4", nil)
	add("report 1", "https://h/keys", "", func(e *Entry) { e.LeftOut = true })
	add("report 1", "https://h/cut", "5", func(e *Entry) { e.Broke, e.BrokeText = cloud.Otherwise, "unexpected EOF" })
	add("report 1", "https://h/late", "", func(e *Entry) { e.Status, e.Broke, e.BrokeText = 0, cloud.TooLate, "took too long" })
	p := NewPlayer(entries)
	ask := func(purpose, url string) string {
		ctx := job.For(t.Context(), purpose)
		transport := &cloud.Transport{Base: p}
		req, err := http.NewRequestWithContext(ctx, "GET", url, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.Bind(ctx, cloud.Call{Name: "C", Reads: true}).RoundTrip(req)
		if err != nil {
			return err.Error()
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	for i := range entries {
		entries[i].Answer = []byte(`{"is":"` + string(entries[i].Answer) + `"}`)
	}
	p = NewPlayer(entries)
	for _, try := range []struct{ purpose, url, says string }{
		{"report 1", "https://h/a", `{"is":"1"}`}, {"report 2", "https://h/a", `{"is":"2"}`}, {"report 1", "https://h/a", `{"is":"3"}`}, {"report 1", "https://h/a", `{"is":"3"}`},
		{"report 1", "https://h/b?to=1599202779999", `{"is":"4"}`}, {"report 1", "https://h/b?to=15", "no answer to this call"}, {"report 3", "https://h/a", "no answer to this call"},
		{"report 1", "https://h/keys", "no answer to this call"}, {"report 1", "https://h/cut", "broke before the whole answer came: unexpected EOF"}, {"report 1", "https://h/late", "did not answer within"},
	} {
		if got := ask(try.purpose, try.url); !strings.Contains(got, try.says) {
			t.Errorf("%s of %s: %s, and not %s", try.url, try.purpose, got, try.says)
		}
	}
	p.Again()
	if got := ask("report 1", "https://h/a"); got != `{"is":"1"}` {
		t.Errorf("read again it says %s", got)
	}
}

// FuzzRead: whatever is in a file, reading it ends, and what is read can be played.
func FuzzRead(f *testing.F) {
	file := temporary(f)
	w, err := NewWriter(file, "v1")
	if err != nil {
		f.Fatal(err)
	}
	w.Add(exchange(1))
	odd := exchange(2)
	odd.Answer = []byte{0xff, 0xfe}
	w.Add(odd)
	if _, err := w.Finish(map[string]int{"a": 1}); err != nil {
		f.Fatal(err)
	}
	f.Add(contents(f, file))
	f.Add([]byte(`{"log":{"version":"1.2","entries":[{}],"_cloudjob":{"version":1}}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		r, err := Read(src)
		if err != nil {
			return
		}
		p := NewPlayer(r.Entries)
		for _, e := range r.Entries {
			ctx := job.For(context.Background(), e.For)
			req, err := http.NewRequestWithContext(ctx, "GET", "https://h/", bytes.NewReader(e.Sent))
			if err != nil {
				t.Fatal(err)
			}
			if resp, err := p.RoundTrip(req); err == nil {
				_, _ = io.ReadAll(resp.Body)
			}
		}
	})
}
