package cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"cloudjob/internal/job"
)

// Recorded is a call as it went over the road: what was sent and what came back,
// without secrets.
type Recorded struct {
	Call  Call
	For   string // what it was for, as the engine counts its reads; may be empty
	Began time.Time
	Took  time.Duration

	Method, URL  string
	Sent         []byte // the body; nil: there was none, or it is left out
	SentHeader   http.Header
	Status       int // of the answer; 0: there was none
	Answer       []byte
	AnswerHeader http.Header
	LeftOut      bool   // bodies that have keys in them
	Connected    bool   // there was a connection, so it may have been sent
	Broke        Break  // what broke on the way
	BrokeText    string // in words
	RequestID    string
}

// Break is how a call broke on the way.
type Break string

// The ways in which a call breaks.
const (
	Whole      Break = ""           // it did not
	TooLate    Break = "late"       // the answer did not come in time
	Unreadable Break = "unreadable" // the answer was of a kind that is not read
	Otherwise  Break = "broken"     // the connection, or what was before one
)

// recordedHeaders are the headers that say something of a call. All others may
// be a login.
var recordedHeaders = [...]string{"Content-Type", "Date", "Retry-After", "X-Request-Id", "X-Tc-Action", "X-Tc-Version", "X-Tc-Region", "X-Language", "Workspace"}

// CallOf is the call that a context belongs to, zero if to none.
func CallOf(ctx context.Context) Call {
	call, _ := ctx.Value(callKey{}).(Call)
	return call
}

// copied is a request whose body can be read a second time.
func copied(req *http.Request) (*http.Request, []byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return req, nil, nil
	}
	body, err := io.ReadAll(req.Body)
	req.Body.Close()
	if err != nil {
		return nil, nil, err
	}
	req = req.Clone(req.Context())
	req.Body = io.NopCloser(bytes.NewReader(body))
	return req, body, nil
}

// record hands over an exchange. What brings keys is named, and has no bodies.
func (b *Bound) record(req *http.Request, sent []byte, resp *http.Response, answer []byte, err error, e Recorded) {
	e.For = job.PurposeOf(b.ctx)
	e.Method, e.URL = req.Method, b.clean(req.URL.String())
	e.SentHeader, e.LeftOut = b.kept(req.Header), b.call.Keys
	if resp != nil {
		e.Status, e.AnswerHeader, e.RequestID = resp.StatusCode, b.kept(resp.Header), b.clean(b.RequestID)
	}
	if !e.LeftOut {
		e.Sent, e.Answer = b.shown(sent), b.shown(answer)
	}
	if ids := NewTold(e).requestIDs(); e.RequestID == "" && len(ids) > 0 {
		e.RequestID, _ = ids[0].(string)
	}
	if err != nil {
		e.Broke, e.BrokeText = Otherwise, b.clean(err.Error())
		if why, ok := errors.AsType[unread](err); ok {
			e.Broke, e.BrokeText = Unreadable, b.clean(string(why))
		} else if errors.Is(err, context.DeadlineExceeded) {
			e.Broke = TooLate
		}
	}
	b.t.Record(e)
}

// Replayed is the error that a recorded call broke with.
func Replayed(how Break, text string) error {
	switch how {
	case Unreadable:
		return unread(text)
	case TooLate:
		return saidError{text, context.DeadlineExceeded}
	}
	return errors.New(text)
}

func (b *Bound) kept(header http.Header) http.Header {
	kept := http.Header{}
	for _, name := range recordedHeaders {
		for _, value := range header.Values(name) {
			kept.Add(name, b.clean(value))
		}
	}
	return kept
}

func (b *Bound) clean(text string) string {
	if b.t.Redact == nil {
		return text
	}
	return b.t.Redact(text)
}

// shown is a body without secrets. In one that is no JSON nobody can say what
// stands under a hidden name, so only its kind is kept.
func (b *Bound) shown(body []byte) []byte {
	switch {
	case len(body) == 0:
		return nil
	case json.Valid(body):
		return Clean(body, b.t.Redact, b.t.Hidden)
	case len(b.t.Hidden) > 0:
		return bytes.TrimSpace(body)[:min(1, len(bytes.TrimSpace(body)))]
	}
	return []byte(b.clean(string(body)))
}
