package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"cloudjob/internal/job"
)

// Head is the part of a result that is enough to choose among earlier results. It is
// read without the rest of the file, because there may be many files, and large ones.
type Head struct {
	Name     string // of the file
	Provider string
	What     string
	Ref      job.Ref
	Outcome  job.Outcome
	Began    time.Time
	Ended    time.Time
	Noted    time.Time // by the clock of who noted it: when it was judged, or last heard of
	RunURL   string
}

// when is the time by which results are ordered: the end of the job. A job that never
// ends counts by the time when it was judged.
func (h Head) when() time.Time {
	for _, at := range []time.Time{h.Ended, h.Noted, h.Began} {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// head is the head of a result that was read.
func (r Result) head() Head {
	return Head{Provider: r.Provider, What: r.What, Ref: r.Ref, Outcome: r.Outcome, Began: r.Began, Ended: r.Ended, Noted: r.Judged, RunURL: r.RunURL}
}

// fingerprint is equal for copies of one result. Two runs of the same task, which
// share an id and maybe an end, differ by their workflow run or the time when they
// were judged.
type fingerprint struct {
	provider, what, runURL string
	ref                    job.Ref
	began, ended, noted    int64
}

func (h Head) fingerprint() fingerprint {
	return fingerprint{h.Provider, h.What, h.RunURL, h.Ref, h.Began.UnixNano(), h.Ended.UnixNano(), h.Noted.UnixNano()}
}

// ReadHead reads the head of a result.json, and not much more of the file.
func ReadHead(r io.Reader) (Head, error) {
	var h Head
	var version *int
	var timeline []job.Moment
	err := readFields(r, map[string]any{
		"version": &version, "provider": &h.Provider, "what": &h.What, "ref": &h.Ref, "outcome": &h.Outcome,
		"began": &h.Began, "ended": &h.Ended, "judged": &h.Noted, "run_url": &h.RunURL, "timeline": &timeline,
	}, func(key string) bool { return (key == "gates" || key == "report") && h.whole(version) })
	if err != nil {
		return Head{}, err
	}
	if h.Noted.IsZero() && len(timeline) > 0 {
		h.Noted = timeline[len(timeline)-1].At
	}
	h.Began, h.Ended, h.Noted = job.Believable(h.Began), job.Believable(h.Ended), job.Believable(h.Noted)
	return h, checked(version, h.Provider, h.Outcome)
}

// errEnough stops the reading: the rest of the file is not needed.
var errEnough = errors.New("enough is read")

// readFields reads those fields of a result.json that into has: a pointer, or a
// function that reads the field. It stops before a field for which done is true.
func readFields(r io.Reader, into map[string]any, done func(key string) bool) error {
	dec := json.NewDecoder(r)
	if err := opens(dec); err != nil {
		return err
	}
	for {
		key, err := dec.Token()
		if err != nil {
			return notResult(err)
		}
		name, ok := key.(string)
		if !ok || done(name) { // not ok at the closing brace, which is no text
			return nil
		}
		switch to := into[name].(type) {
		case nil:
			err = dec.Decode(&json.RawMessage{})
		case func(*json.Decoder) error:
			err = to(dec)
		default:
			err = dec.Decode(to)
		}
		switch {
		case errors.Is(err, errEnough):
			return nil
		case err != nil:
			return notResult(err)
		}
	}
}

// whole reports whether nothing of the head can stand further down in the file.
func (h Head) whole(version *int) bool {
	dated := !h.Noted.IsZero() || !h.Ended.IsZero()
	return version != nil && h.Provider != "" && h.What != "" && h.Outcome != "" && dated
}

// opens reads the brace that a result begins with.
func opens(dec *json.Decoder) error {
	switch begin, err := dec.Token(); {
	case err != nil && errors.Is(err, io.EOF):
		return errors.New("not a result.json: it is empty")
	case err != nil:
		return notResult(err)
	case begin == json.Delim('['):
		return errors.New("not a result.json: it is a list, and a result.json holds one result; give each a file of its own")
	case begin != json.Delim('{'):
		return errors.New("not a result.json: it is no object")
	}
	return nil
}

func notResult(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errors.New("not a result.json: it ends in the middle")
	}
	return fmt.Errorf("not a result.json: %w", err)
}

// checked refuses what is no result, or one of another version.
func checked(version *int, provider string, outcome job.Outcome) error {
	switch {
	case version == nil:
		return errors.New("not a result.json: it has no version")
	case *version != ResultVersion:
		return fmt.Errorf("result.json has version %d, and only version %d can be read", *version, ResultVersion)
	case provider == "" || outcome == "":
		return errors.New("not a result.json: it has no provider or no outcome")
	}
	return nil
}
