package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"cloudjob/internal/job"
)

// Head is what tells earlier results apart. It is read without the rest of a
// file, of which there may be many, and large ones.
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

// when a result was, for the order of results. A job that never ends began long
// before: of such a one it counts when it was judged.
func (h Head) when() time.Time {
	for _, at := range []time.Time{h.Ended, h.Noted, h.Began} {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

// fingerprint is the same for the copies of a result. Two runs of one task, which
// share its id and maybe its end, are of two workflow runs or judged at two
// times.
type fingerprint struct {
	provider, what, runURL string
	ref                    job.Ref
	began, ended, noted    int64
}

func (h Head) fingerprint() fingerprint {
	return fingerprint{h.Provider, h.What, h.RunURL, h.Ref, h.Began.UnixNano(), h.Ended.UnixNano(), h.Noted.UnixNano()}
}

// ReadHead reads the head of a result.json, and no more of it than is needed.
func ReadHead(r io.Reader) (Head, error) {
	dec := json.NewDecoder(r)
	if err := opens(dec); err != nil {
		return Head{}, err
	}
	var h Head
	var version *int
	var timeline []struct{ At time.Time }
	for {
		key, err := dec.Token()
		if err != nil {
			return Head{}, notResult(err)
		}
		if key == json.Delim('}') || (key == "gates" || key == "report") && h.whole(version) {
			break
		}
		var skipped json.RawMessage
		into := any(&skipped)
		switch key {
		case "version":
			into = &version
		case "provider":
			into = &h.Provider
		case "what":
			into = &h.What
		case "ref":
			into = &h.Ref
		case "outcome":
			into = &h.Outcome
		case "began":
			into = &h.Began
		case "ended":
			into = &h.Ended
		case "judged":
			into = &h.Noted
		case "run_url":
			into = &h.RunURL
		case "timeline":
			into = &timeline
		}
		if err := dec.Decode(into); err != nil {
			return Head{}, notResult(err)
		}
	}
	if h.Noted.IsZero() && len(timeline) > 0 {
		h.Noted = timeline[len(timeline)-1].At
	}
	h.Began, h.Ended, h.Noted = job.Believable(h.Began), job.Believable(h.Ended), job.Believable(h.Noted)
	return h, checked(version, h.Provider, h.Outcome)
}

// whole tells that nothing is missing that stands further down.
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

// checked complains of a result of another version, or of none.
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
