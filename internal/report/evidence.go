package report

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"

	"cloudjob/internal/gate"
	"cloudjob/internal/job"
)

// EvidenceName is the name of the file that an attestation of a verdict is made from.
const EvidenceName = "verdict.json"

// EvidenceType is the type of the in-toto predicate in that file.
const EvidenceType = "https://in-toto.io/attestation/test-result/v0.1"

// Source is a file or an input with gates.
type Source struct {
	Name   string
	Digest [32]byte // SHA-256 of its bytes
}

// The results that in-toto's predicate knows.
const (
	evidencePassed = "PASSED"
	evidenceWarned = "WARNED"
	evidenceFailed = "FAILED"
)

// evidence is the predicate "Test Result" of in-toto, version 0.1.0. It is bound to
// what was tested, such as the digest of an image, by whoever signs it.
type evidence struct {
	Result        string       `json:"result"`
	Configuration []descriptor `json:"configuration"`
	URL           string       `json:"url,omitempty"`
	Passed        []string     `json:"passedTests"`
	Warned        []string     `json:"warnedTests"`
	Failed        []string     `json:"failedTests"`
}

// descriptor is a ResourceDescriptor of in-toto.
type descriptor struct {
	Name        string            `json:"name"`
	Digest      map[string]string `json:"digest,omitempty"`
	Annotations *annotations      `json:"annotations,omitempty"`
}

// annotations say what the job was and what was asked of it, and which program wrote
// this.
type annotations struct {
	Tool     string   `json:"tool"`
	Provider string   `json:"provider"`
	What     string   `json:"what"`
	ID       string   `json:"id,omitempty"`
	Run      string   `json:"run,omitempty"`
	Commit   string   `json:"commit,omitempty"`
	Emulated bool     `json:"emulated,omitempty"`
	Gates    []string `json:"gates"`
}

// Evidence is the verdict of a step: how each job ended, the verdict of each gate, and
// the digests of the files or inputs that the gates stand in. It passes only if all
// jobs did. An emulated job is no evidence of anything real, so it makes the whole a
// warning at best.
func Evidence(results []Result, sources []Source) ([]byte, error) {
	e := evidence{Configuration: []descriptor{}, Passed: []string{}, Warned: []string{}, Failed: []string{}}
	for _, r := range results {
		e.URL = cmp.Or(e.URL, clean(r.RunURL))
		e.Configuration = append(e.Configuration, tested(r))
		e.add(r)
	}
	for _, s := range sources {
		e.Configuration = append(e.Configuration, descriptor{Name: cmp.Or(clean(s.Name), "gates"), Digest: map[string]string{"sha256": hex.EncodeToString(s.Digest[:])}})
	}
	switch {
	case len(e.Failed) > 0 || len(results) == 0:
		e.Result = evidenceFailed
	case len(e.Warned) > 0:
		e.Result = evidenceWarned
	default:
		e.Result = evidencePassed
	}
	b, err := job.JSON(e, "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", EvidenceName, err)
	}
	return append(b, '\n'), nil
}

// tested describes a job and its gates.
func tested(r Result) descriptor {
	a := annotations{Tool: madeBy, Provider: clean(r.Provider), What: clean(r.What), ID: clean(r.Ref.ID), Run: clean(r.Ref.Run), Commit: clean(r.Commit), Emulated: r.Emulated, Gates: []string{}}
	for _, g := range r.Gates {
		a.Gates = append(a.Gates, clean(g.Gate))
	}
	return descriptor{Name: cmp.Or(clean(r.title()), "job"), Annotations: &a}
}

// add adds a job and its gates, each by the job's title.
func (e *evidence) add(r Result) {
	name := func(what string) string { return clean(r.title() + ": " + what) }
	if r.Emulated {
		e.Warned = append(e.Warned, name("nothing real ran: it was emulated"))
	}
	ended := fmt.Sprintf("it ended as %s", r.Outcome)
	switch r.Outcome {
	case job.Succeeded, job.GateFailed, job.Unjudged: // it ended well; its gates are added below
		e.Passed = append(e.Passed, name("it ran to its end"))
	default:
		e.Failed = append(e.Failed, name(ended))
	}
	held := len(e.Failed)
	for _, g := range r.Gates {
		switch what := name(g.Gate); {
		case g.Verdict == job.Pass:
			e.Passed = append(e.Passed, what)
		case g.Severity == gate.Warn || g.Verdict == job.Inconclusive && r.Outcome == job.Succeeded: // on_inconclusive
			e.Warned = append(e.Warned, what)
		default:
			e.Failed = append(e.Failed, what)
		}
	}
	if held == len(e.Failed) && slices.Contains([]job.Outcome{job.GateFailed, job.Unjudged}, r.Outcome) {
		e.Failed = append(e.Failed, name(ended))
	}
}
