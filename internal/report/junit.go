package report

import (
	"encoding/xml"
	"fmt"
	"strconv"

	"cloudjob/internal/job"
)

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Name    string       `xml:"name,attr"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name      string      `xml:"name,attr"`
	Tests     int         `xml:"tests,attr"`
	Failures  int         `xml:"failures,attr"`
	Errors    int         `xml:"errors,attr"`
	Skipped   int         `xml:"skipped,attr"`
	Time      string      `xml:"time,attr"`
	Timestamp string      `xml:"timestamp,attr,omitempty"`
	Cases     []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitTrouble `xml:"failure"`
	Error   *junitTrouble `xml:"error"`
	Skipped *junitTrouble `xml:"skipped"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitTrouble struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
}

// JUnit shows a job as a suite: how it ended as a first test case, and each
// gate as one. A broken gate is a failure, one that could not be judged an
// error; what does not fail the step is skipped, with its reason.
func JUnit(results []Result) ([]byte, error) {
	suites := junitSuites{Name: madeBy}
	for _, r := range results {
		suites.Suites = append(suites.Suites, suite(r))
	}
	b, err := xml.MarshalIndent(suites, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("junit.xml: %w", err)
	}
	return append([]byte(xml.Header), append(b, '\n')...), nil
}

func suite(r Result) junitSuite {
	name := clean(r.Provider + ": " + r.title())
	if r.Emulated {
		name += " (emulated: nothing real ran)"
	}
	s := junitSuite{Name: name, Time: strconv.FormatFloat(max(r.Seconds, 0), 'f', -1, 64)}
	if !r.Began.IsZero() {
		s.Timestamp = r.Began.UTC().Format("2006-01-02T15:04:05")
	}
	s.Cases = append(s.Cases, ending(name, r))
	for _, g := range r.Gates {
		s.Cases = append(s.Cases, gateCase(name, g, r.Outcome))
	}
	s.Tests = len(s.Cases)
	for _, c := range s.Cases {
		switch {
		case c.Failure != nil:
			s.Failures++
		case c.Error != nil:
			s.Errors++
		case c.Skipped != nil:
			s.Skipped++
		}
	}
	return s
}

// ending is the test case of the job itself. It passes if only gates failed.
func ending(class string, r Result) junitCase {
	c := junitCase{Class: class, Name: "the job ends well"}
	_, word, reason := say(r)
	trouble := &junitTrouble{Message: clean(word + ": " + reason), Type: clean(string(r.Outcome))}
	switch {
	case r.Outcome == job.Succeeded, r.Outcome == job.GateFailed, r.Outcome == job.Unjudged:
	case r.Outcome == job.Started, r.Outcome == job.Stopped, r.Culprit != "":
		c.Skipped = trouble
	case r.Outcome == job.JobFailed:
		c.Failure = trouble
	default:
		c.Error = trouble
	}
	return c
}

func gateCase(class string, g job.Judgement, outcome job.Outcome) junitCase {
	c := junitCase{Class: class, Name: clean(g.Gate), File: clean(g.File), Line: g.Line}
	actual, limit := compared(g)
	text := fmt.Sprintf("%s, the gate wants %s", actual, limit)
	if g.Where != "" {
		text += " (" + g.Where + ")"
	}
	if g.Reason != "" {
		text += ": " + g.Reason
	}
	_, word := standing(g)
	trouble := &junitTrouble{Message: clean(text), Type: word}
	switch {
	case g.Verdict == job.Pass:
		c.Out = trouble.Message
	case g.Severity == "warn", g.Verdict == job.Inconclusive && outcome == job.Succeeded:
		c.Skipped = &junitTrouble{Message: clean(word + ", which does not fail the step: " + text)}
	case g.Verdict == job.Fail:
		c.Failure = trouble
	default:
		c.Error = trouble
	}
	return c
}
