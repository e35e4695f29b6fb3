package report

import (
	"encoding/json"
	"errors"
	"io"

	"cloudjob/internal/job"
)

// The most that is kept of one result for a page of trends.
const (
	outlineGates   = 100
	outlineSamples = 500 // that are looked at: totals stand before those of requests
)

// ReadOutline reads of a result.json what a page of trends shows: what the job is
// called, whether it was real, when it was, how it ended, and the values of its
// gates or, without any, of the whole job.
// It reads no further than it has to, because there may be thousands of files.
func ReadOutline(src io.Reader) (Result, error) {
	var r Result
	var version *int
	err := readFields(src, map[string]any{
		"version": &version, "provider": &r.Provider, "what": &r.What, "name": &r.Name, "ref": &r.Ref, "emulated": &r.Emulated, "outcome": &r.Outcome, "verdict": &r.Verdict,
		"status": &r.Status, "stop": &r.Stop, "still_costs": &r.StillCosts, "how": &r.How, "began": &r.Began, "ended": &r.Ended, "judged": &r.Judged,
		"run_url": &r.RunURL, "commit": &r.Commit, "gates": &r.Gates, "why": &r.Why, "culprit": &r.Culprit, "timeline": &r.Timeline,
		"report": func(dec *json.Decoder) error { return readTotals(dec, &r.Report, r.outlined(version)) },
	}, func(key string) bool { return key == "report" && len(r.Gates) > 0 && r.outlined(version) })
	if err == nil {
		err = checked(version, r.Provider, r.Outcome)
	}
	if err != nil {
		return Result{}, err
	}
	if r.Judged.IsZero() && len(r.Timeline) > 0 {
		r.Judged = r.Timeline[len(r.Timeline)-1].At
	}
	r.Began, r.Ended, r.Judged = job.Believable(r.Began), job.Believable(r.Ended), job.Believable(r.Judged)
	r.Report.Believe()
	if r.head().when().IsZero() {
		return Result{}, errors.New("it does not say when it was, so it has no place in a trend")
	}
	r.Timeline, r.Gates, r.Why = nil, r.Gates[:min(outlineGates, len(r.Gates))], r.Why[:min(1, len(r.Why))]
	return r, nil
}

// outlined tells that nothing is missing that stands behind the report. Only of
// a job that failed more is said there: why.
func (r Result) outlined(version *int) bool {
	said := r.Outcome == job.Succeeded || r.Outcome == job.GateFailed || r.Outcome == job.Unjudged
	return said && r.head().whole(version)
}

// readTotals reads the values of the whole job, from the first of a report's. If
// they are all that is needed it reads no further.
func readTotals(dec *json.Decoder, into *job.Report, enough bool) error {
	switch begin, err := dec.Token(); {
	case err != nil:
		return err
	case begin == nil:
		return nil
	case begin != json.Delim('{'):
		return errors.New("its report is no object")
	}
	seen := 0
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		if key != "samples" {
			if err := dec.Decode(&json.RawMessage{}); err != nil {
				return err
			}
			continue
		}
		switch begin, err := dec.Token(); {
		case err != nil:
			return err
		case begin == nil:
			continue
		case begin != json.Delim('['):
			return errors.New("its samples are no list")
		}
		for ; dec.More(); seen++ {
			var s job.Sample
			target := any(&s)
			switch {
			case seen < outlineSamples:
			case enough:
				return errEnough
			default:
				target = &json.RawMessage{}
			}
			if err := dec.Decode(target); err != nil {
				return err
			}
			if s.Metric != "" && len(s.Labels) == 0 {
				into.Samples = append(into.Samples, s)
			}
		}
		if _, err := dec.Token(); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}
