package record

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Limits of a recording. Beyond bodyLimit calls are kept without what they sent
// and were answered, and beyond entryLimit they are counted.
const (
	bodyLimit  = 48 << 20
	entryLimit = 64 << 20
)

// File is where a recording is written: os.File.
type File interface {
	io.WriterAt
	Truncate(size int64) error
}

// Writer writes a recording so that the file is whole after each call: a step
// that is killed leaves one that can be read.
type Writer struct {
	mu     sync.Mutex
	file   File
	limit  int64 // bodyLimit, but in tests
	at     int64 // where the next entry goes
	some   bool  // there is an entry
	left   int
	err    error // the first; nothing is written after it
	closed bool
}

// NewWriter begins a recording in an empty file. tool is what writes it.
func NewWriter(file File, tool string) (*Writer, error) {
	w := &Writer{file: file, limit: bodyLimit}
	creator, err := job.JSON(harCreator{"cloudjob", cmp.Or(tool, "(devel)")}, "")
	if err != nil {
		return nil, fmt.Errorf("begin the recording: %w", err)
	}
	head := fmt.Appendf(nil, `{"log":{"version":"%s","creator":%s,"entries":[`+"\n", harVersion, creator)
	w.at = int64(len(head))
	if _, err := file.WriteAt(append(head, w.tail(harOurs{})...), 0); err != nil {
		return nil, fmt.Errorf("begin the recording: %w", err)
	}
	return w, nil
}

// tail is what stands behind the last entry.
func (w *Writer) tail(ours harOurs) []byte {
	ours.Version, ours.Left = Version, w.left
	b, err := job.JSON(ours, "")
	if err != nil { // a run that is none; it was made by job.JSON
		w.err = cmp.Or(w.err, err)
		return nil
	}
	return fmt.Appendf(nil, "\n],\"_cloudjob\":%s}}\n", b)
}

// Add writes one call. A call that cannot be written ends the recording, not the
// run: Err has the reason.
func (w *Writer) Add(e cloud.Recorded) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil || w.closed {
		return
	}
	why := ""
	size := int64(len(e.Sent) + len(e.Answer))
	switch {
	case e.LeftOut:
		why = "the bodies have keys in them"
	case w.at+size > w.limit:
		why = fmt.Sprintf("the recording would be larger than %d MiB", bodyLimit>>20)
		e.Sent, e.Answer = nil, nil
		w.left++
	}
	if w.at > entryLimit {
		return
	}
	b, err := job.JSON(entryOf(e, why), "")
	if err != nil {
		w.err = fmt.Errorf("write %s into the recording: %w", e.Call.Name, err)
		return
	}
	if w.some {
		b = append([]byte(",\n"), b...)
	}
	if _, err := w.file.WriteAt(append(b, w.tail(harOurs{})...), w.at); err != nil {
		w.err = fmt.Errorf("write %s into the recording: %w", e.Call.Name, err)
		_ = w.file.Truncate(w.at) // and what stood there is written again
		_, _ = w.file.WriteAt(w.tail(harOurs{}), w.at)
		return
	}
	w.at, w.some = w.at+int64(len(b)), true
}

// Empty tells of a recording without a call that nobody finished.
func (w *Writer) Empty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.some && !w.closed
}

// Finish ends the recording with what is not of the cloud, and returns how many
// calls had to be left without their bodies. Calls that come later are not kept.
func (w *Writer) Finish(run any) (left int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	if w.err != nil {
		return w.left, w.err
	}
	b, err := job.JSON(run, "")
	if err != nil {
		return w.left, fmt.Errorf("end the recording: %w", err)
	}
	tail := w.tail(harOurs{Finished: true, Run: b})
	if _, err := w.file.WriteAt(tail, w.at); err != nil {
		return w.left, fmt.Errorf("end the recording: %w", err)
	}
	if err := w.file.Truncate(w.at + int64(len(tail))); err != nil {
		return w.left, fmt.Errorf("end the recording: %w", err)
	}
	return w.left, w.err
}

func entryOf(e cloud.Recorded, leftOut string) harEntry {
	took := milliseconds(e.Took)
	entry := harEntry{
		Started: e.Began, Time: took, Timings: harTimings{Wait: took},
		Ours: harEntryOurs{Call: e.Call.Name, For: e.For, RequestID: e.RequestID, Connected: e.Connected, Broke: e.Broke, Error: e.BrokeText, LeftOut: leftOut},
		Request: harRequest{
			Method: e.Method, URL: e.URL, HTTPVersion: "HTTP/1.1", Cookies: []struct{}{}, Headers: pairs(e.SentHeader), QueryString: query(e.URL),
			HeadersSize: -1, BodySize: len(e.Sent),
		},
		Response: harResponse{
			Status: e.Status, StatusText: http.StatusText(e.Status), HTTPVersion: "HTTP/1.1", Cookies: []struct{}{}, Headers: pairs(e.AnswerHeader),
			Content: harContent{Size: len(e.Answer), MimeType: cmp.Or(e.AnswerHeader.Get("Content-Type"), "application/octet-stream"), Text: string(e.Answer)}, HeadersSize: -1, BodySize: len(e.Answer),
		},
	}
	if len(e.Sent) > 0 {
		entry.Request.PostData = &harPost{cmp.Or(e.SentHeader.Get("Content-Type"), "application/octet-stream"), string(e.Sent)}
	}
	if !utf8.Valid(e.Answer) {
		entry.Response.Content.Text, entry.Response.Content.Encoding = base64.StdEncoding.EncodeToString(e.Answer), inBase64
	}
	return entry
}

// inBase64 is the format's word for a body that is no text.
const inBase64 = "base64"

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func query(address string) []harPair {
	u, err := url.Parse(address)
	if err != nil {
		return []harPair{}
	}
	return pairs(http.Header(u.Query()))
}

func sorted(header http.Header) []string { return slices.Sorted(maps.Keys(header)) }
