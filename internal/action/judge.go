package action

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// results are the jobs of a run as result.json holds them.
func (p *process) results(r engine.Result, j *judging) []report.Result {
	var results []report.Result
	for _, item := range r.Items {
		one := report.Result{
			Version: report.ResultVersion, Tool: "cloudjob", Provider: item.Provider, What: item.What, Ref: item.Ref, How: item.How,
			Outcome: engine.OutcomeOf(item), Verdict: item.Verdict, Status: item.Status, Stop: item.Stop, StillCosts: item.Last.StillCosts,
			Began: item.Last.Begun, Ended: item.Last.Ended, RequestID: item.RequestID, RunURL: p.runURL(),
			Commit: p.getenv("GITHUB_SHA"), GitRef: p.getenv("GITHUB_REF"), Gates: item.Gates, Report: item.Report, Timeline: item.Timeline, Why: item.Why,
			Rerun: j.rerun, Past: j.past.Of(item.Provider, item.What, j.newest),
		}
		if !one.Began.IsZero() && !one.Ended.IsZero() {
			one.Seconds = one.Ended.Sub(one.Began).Seconds()
		}
		if item.Err != nil {
			one.Why = append(one.Why, item.Err.Error())
		}
		if item.Note != "" {
			one.Notes = append(one.Notes, item.Note)
		}
		results = append(results, one)
	}
	return results
}

// runURL is the page of the workflow run.
func (p *process) runURL() string {
	id := p.getenv("GITHUB_RUN_ID")
	if id == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/actions/runs/%s", p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), id)
}

// writeReports writes the files of report_dir and returns the outputs that
// name them. With several jobs each has a result and a series of its own.
func (p *process) writeReports(dir string, results []report.Result) ([]report.Output, error) {
	root, err := p.workspace()
	if err != nil {
		return nil, err
	}
	defer root.Close()
	dir = path.Clean(dir)
	if err := root.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder %s: %w", dir, cause(err))
	}
	files := map[string][]byte{}
	first := ""
	for i, result := range results {
		suffix := ""
		if len(results) > 1 {
			suffix = "-" + strconv.Itoa(i+1)
		}
		src, err := result.JSON()
		if err != nil {
			return nil, err
		}
		first = cmp.Or(first, path.Join(dir, "result"+suffix+".json"))
		files["result"+suffix+".json"], files["series"+suffix+".csv"] = src, report.CSV(result)
	}
	page, err := report.HTML(results)
	if err != nil {
		return nil, err
	}
	junit, err := report.JUnit(results)
	if err != nil {
		return nil, err
	}
	files["report.html"], files["junit.xml"] = page, junit
	for name, src := range files {
		if err := root.WriteFile(path.Join(dir, name), src, 0o644); err != nil {
			return nil, fmt.Errorf("write %s: %w", path.Join(dir, name), cause(err))
		}
	}
	return []report.Output{{Name: "result_file", Value: first}, {Name: "report_file", Value: path.Join(dir, "report.html")}}, nil
}

// annotateGates puts gates that are not passed on their own lines, the broken
// ones first. A cancel, and a job that was not started, say enough themselves.
func (c *console) annotateGates(r engine.Result) {
	rank := func(j job.Judgement) int {
		switch {
		case j.Severity == gate.Warn:
			return 2
		case j.Verdict == job.Fail:
			return 0
		}
		return 1
	}
	for now := range 3 {
		for _, item := range r.Items {
			if item.End == job.Cancelled || item.Err != nil {
				continue
			}
			for _, j := range item.Gates {
				if j.Verdict != job.Pass && rank(j) == now {
					c.annotateGate(item.What, j)
				}
			}
		}
	}
}

func (c *console) annotateGate(what string, j job.Judgement) {
	text := strings.TrimSuffix(fmt.Sprintf("%s: %s: %s: %s", what, j.Gate, j.Verdict, j.Reason), ": ")
	properties := titled("cloudjob: gate "+string(j.Verdict), field.Place{File: j.File, Line: j.Line})
	if j.Severity == gate.Warn {
		c.caution(properties, text)
		return
	}
	c.annotate(properties, text)
}

// verdictOutputs are what later steps learn of the gates.
func verdictOutputs(r engine.Result) []report.Output {
	verdict := job.Verdict("")
	all := []job.Judgement{}
	for _, item := range r.Items {
		all = append(all, item.Gates...)
		switch {
		case item.Verdict == job.Fail, item.Verdict == job.Inconclusive && verdict != job.Fail, verdict == "":
			verdict = item.Verdict
		}
	}
	b, err := json.Marshal(all)
	if err != nil { // a value that is no number is never judged
		b = []byte("[]")
	}
	return []report.Output{{Name: "verdict", Value: string(verdict)}, {Name: "gates", Value: string(b)}}
}
