package action

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/engine"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// results are the jobs of a run as result.json holds them.
func (p *process) results(r engine.Result) []report.Result {
	var results []report.Result
	for _, item := range r.Items {
		one := report.Result{
			Version: report.ResultVersion, Tool: "cloudjob", Provider: item.Provider, What: item.What, Ref: item.Ref, How: item.How,
			Outcome: engine.OutcomeOf(item), Verdict: item.Verdict, Status: item.Status, Stop: item.Stop,
			Began: item.Last.Begun, Ended: item.Last.Ended, RequestID: item.RequestID, RunURL: p.runURL(),
			Commit: p.getenv("GITHUB_SHA"), GitRef: p.getenv("GITHUB_REF"), Gates: item.Gates, Report: item.Report, Why: item.Why,
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

// judged tells of a result that has more to show than its starts: gates, or
// reports that were asked for.
func judged(r engine.Result) bool {
	for _, item := range r.Items {
		if item.Gates != nil || item.Report.Samples != nil {
			return true
		}
	}
	return false
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

// annotateGates puts a gate that is not passed on its own line.
func (c *console) annotateGates(r engine.Result) {
	for _, item := range r.Items {
		for _, j := range item.Gates {
			if j.Verdict == job.Pass {
				continue
			}
			text := fmt.Sprintf("%s: %s: %s", item.What, j.Gate, j.Verdict)
			if j.Verdict == job.Fail && j.Unit != job.Word {
				text += ", it was " + gate.Print(j.Actual, j.Unit, j.Limit)
			}
			if j.Reason != "" {
				text += ": " + j.Reason
			}
			if j.Severity == gate.Warn {
				c.warning(text)
				continue
			}
			properties := map[string]string{"title": "cloudjob: gate " + string(j.Verdict)}
			if j.Line > 0 && j.File != "gates" {
				properties["file"], properties["line"] = j.File, strconv.Itoa(j.Line)
			}
			c.annotate(properties, text)
		}
	}
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

// gates is the command that explains gates: cloudjob gates explain PROVIDER FILE.
func (p *process) gates() int {
	c := p.newConsole(nil)
	if len(p.args) != 3 || p.args[0] != "explain" {
		fmt.Fprint(p.stderr, usage)
		return job.InvalidInput.Exit()
	}
	provider, ok := catalog.Find(p.args[1])
	if !ok {
		c.failure("cloudjob: gates", fmt.Sprintf("%q is no provider; it can be %s", p.args[1], field.List(catalog.Names())))
		return job.InvalidInput.Exit()
	}
	src, err := p.readFile(p.args[2])
	if err != nil {
		c.failure("cloudjob: gates", fmt.Sprintf("%s cannot be read: %s", p.args[2], err))
		return job.InvalidInput.Exit()
	}
	gates, problems := gate.Parse(p.args[2], string(src))
	problems = append(problems, gate.Check(gates, provider.Metrics(), provider.Name)...)
	for _, problem := range problems {
		c.problem(problem)
	}
	if len(problems) > 0 {
		return job.InvalidInput.Exit()
	}
	for _, g := range gates {
		c.line("%s", g)
		for _, m := range provider.Metrics() {
			if m.Name == g.Metric {
				c.line("  %s", gate.Explain(g, m))
			}
		}
		if rule, ok := gate.SLA(g); ok && provider.Name == "tencent-pts" {
			c.line("  The same as a rule of the service itself, which holds even if the runner dies: %s", rule)
		}
	}
	return 0
}

// compare is the command that shows two results side by side.
func (p *process) compare() int {
	c := p.newConsole(nil)
	markdown := len(p.args) > 0 && p.args[0] == "-markdown"
	if markdown {
		p.args = p.args[1:]
	}
	if len(p.args) != 2 {
		fmt.Fprint(p.stderr, usage)
		return job.InvalidInput.Exit()
	}
	var results [2]report.Result
	var failed error
	for i, name := range p.args {
		src, err := p.readFile(name)
		if err == nil {
			results[i], err = report.ReadResult(bytes.TrimSpace(src))
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	if failed != nil {
		c.failure("cloudjob: compare", failed.Error())
		return job.InvalidInput.Exit()
	}
	text, table := report.Compare(results[0], results[1])
	if markdown {
		text = table
	}
	c.line("%s", strings.TrimSuffix(text, "\n"))
	return 0
}
