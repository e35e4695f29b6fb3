package record

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Limit is the size in bytes of the largest recording that is read: what is
// written has no more but for what the run says of its jobs.
const Limit = 96 << 20

const (
	mostEntries = 200_000
	mostDepth   = 64 // of the file; a body is a text in it
)

// Recording is a recording that was read.
type Recording struct {
	Tool     string // that wrote it
	Entries  []Entry
	Finished bool // false: the step was killed while it was written
	Left     int  // entries without bodies
	Run      json.RawMessage
}

// ErrForeign is of a HAR that another program wrote.
var ErrForeign = errors.New("it is a HAR of another program; only recordings of cloudjob can be replayed")

// Read reads a recording. Nothing in it is believed but that it is one: who uses
// what it holds bounds it as if a cloud had said it.
func Read(src []byte) (Recording, error) {
	if len(src) > Limit {
		return Recording{}, fmt.Errorf("it is larger than %d MiB, which is the limit", Limit>>20)
	}
	if err := shallow(src); err != nil {
		return Recording{}, err
	}
	var file struct {
		Log *struct {
			Version string     `json:"version"`
			Creator harCreator `json:"creator"`
			Entries []harEntry `json:"entries"`
			Ours    *harOurs   `json:"_cloudjob"`
		} `json:"log"`
	}
	if err := json.Unmarshal(src, &file); err != nil {
		return Recording{}, fmt.Errorf("it is no recording: %w", err)
	}
	switch log := file.Log; {
	case log == nil || log.Version == "":
		return Recording{}, errors.New("it is no recording: a HAR has a log with a version")
	case log.Ours == nil:
		return Recording{}, ErrForeign
	case log.Ours.Version > Version:
		return Recording{}, fmt.Errorf("it was made by a newer version of cloudjob (%s): its form is %d, and this version reads %d", job.Cut(job.Plain(log.Creator.Version), 40), log.Ours.Version, Version)
	case log.Ours.Version < 1:
		return Recording{}, errors.New("it is no recording: its form has no version")
	case len(log.Entries) > mostEntries:
		return Recording{}, fmt.Errorf("it has %d calls, and at most %d are read", len(log.Entries), mostEntries)
	}
	r := Recording{Tool: file.Log.Creator.Version, Finished: file.Log.Ours.Finished, Left: file.Log.Ours.Left, Run: file.Log.Ours.Run}
	for i, e := range file.Log.Entries {
		entry, err := e.read()
		if err != nil {
			return Recording{}, fmt.Errorf("call %d of it: %w", i+1, err)
		}
		r.Entries = append(r.Entries, entry)
	}
	return r, nil
}

// shallow complains of a file that is nested deeper than any recording.
func shallow(src []byte) error {
	depth, inText := 0, false
	for i := 0; i < len(src); i++ {
		switch c := src[i]; {
		case inText && c == '\\':
			i++
		case c == '"':
			inText = !inText
		case inText:
		case c == '{' || c == '[':
			if depth++; depth > mostDepth {
				return fmt.Errorf("it is no recording: it is nested deeper than %d", mostDepth)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

func (e harEntry) read() (Entry, error) {
	answer := []byte(e.Response.Content.Text)
	if e.Response.Content.Encoding == inBase64 {
		var err error
		if answer, err = base64.StdEncoding.DecodeString(e.Response.Content.Text); err != nil {
			return Entry{}, fmt.Errorf("the answer is no base64: %w", err)
		}
	}
	switch {
	case e.Response.Status != 0 && (e.Response.Status < 100 || e.Response.Status > 999):
		return Entry{}, fmt.Errorf("%d is no status of HTTP", e.Response.Status)
	case e.Time < 0 || e.Time > float64(longest/time.Millisecond):
		return Entry{}, fmt.Errorf("it took %g ms, which cannot be", e.Time)
	case job.Believable(e.Started).IsZero():
		return Entry{}, errors.New("its time cannot be one")
	}
	out := Entry{Began: e.Started, Took: time.Duration(math.Round(e.Time * float64(time.Millisecond))), Call: e.Ours.Call}
	out.Recorded = cloud.Recorded{
		For: e.Ours.For, Began: out.Began, Took: out.Took, Method: e.Request.Method, URL: e.Request.URL, SentHeader: headerOf(e.Request.Headers),
		Status: e.Response.Status, Answer: answer, AnswerHeader: headerOf(e.Response.Headers), RequestID: e.Ours.RequestID,
		LeftOut: e.Ours.LeftOut != "", Connected: e.Ours.Connected, Broke: e.Ours.Broke, BrokeText: e.Ours.Error,
	}
	if e.Request.PostData != nil {
		out.Sent = bytes.TrimSpace([]byte(e.Request.PostData.Text))
	}
	return out, nil
}

// longest is more than any call takes.
const longest = time.Hour

func headerOf(all []harPair) http.Header {
	header := http.Header{}
	for _, p := range all {
		header.Add(p.Name, p.Value)
	}
	return header
}
