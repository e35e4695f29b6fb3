package action

import (
	"fmt"
	"slices"
	"strings"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// gates is the command about gates: explain PROVIDER FILE [RESULT...], suggest
// RESULT...
func (p *process) gates() int {
	c := p.newConsole()
	switch {
	case len(p.args) > 2 && p.args[0] == "explain":
		return p.explain(c, p.args[1], p.args[2], p.args[3:])
	case len(p.args) > 1 && p.args[0] == "suggest":
		return p.suggest(c, p.args[1:])
	}
	return p.misused("gates")
}

// explain says in plain words what each gate of a file asks for, and which limits
// earlier results give those that compare.
func (p *process) explain(c *console, name, file string, results []string) int {
	provider, ok := catalog.Find(name)
	if !ok {
		c.failure("cloudjob: gates", noProvider(name))
		return job.InvalidInput.Exit()
	}
	src, err := p.readFile(file)
	if err != nil {
		c.failure("cloudjob: gates", fmt.Sprintf("%s cannot be read: %s", file, err))
		return job.InvalidInput.Exit()
	}
	gates, problems := plan.Gates(provider, field.Place{File: file, Line: 1, Col: 1}, string(src))
	for _, problem := range p.unquoted(problems, string(src)) {
		c.problem(problem)
	}
	if len(problems) > 0 {
		return job.InvalidInput.Exit()
	}
	c.doubts(gate.Doubts(gates, provider.Metrics()))
	var past *gate.Baseline
	if len(results) > 0 {
		first, passed, ok := p.passed(c, results)
		switch {
		case !ok:
			return job.InvalidInput.Exit()
		case first.Provider != name:
			c.failure("cloudjob: gates", fmt.Sprintf("%s is of %s, and the gates are for %s", results[0], first.Provider, name))
			return job.InvalidInput.Exit()
		}
		past = &gate.Baseline{Why: "none of the results passed"}
		for _, r := range passed {
			past.Reports = append(past.Reports, r.Report)
		}
	}
	for _, line := range explained(provider, gates, past) {
		c.line("%s", line)
	}
	return 0
}

// explained says in plain words what gates ask for, and then, once for all of them,
// where their values come from, and what the service can watch by itself. past may be
// nil.
func explained(provider catalog.Provider, gates []gate.Gate, past *gate.Baseline) (lines []string) {
	metrics := provider.Metrics()
	var rules []string
	for _, g := range gates {
		of := slices.IndexFunc(metrics, func(m job.Metric) bool { return m.Name == g.Metric })
		lines = append(lines, g.String(), "  "+gate.Explain(g, metrics[of]))
		if past != nil {
			if standing := gate.Standing(g, past); standing != "" {
				lines = append(lines, "  "+standing)
			}
		}
		if provider.Rule != nil {
			if rule, ok := provider.Rule(g); ok {
				rules = append(rules, g.String()+": "+rule)
			}
		}
	}
	from, known := gate.Sources(gates, metrics)
	for _, of := range []struct {
		head  string
		lines []string
	}{
		{"how they are judged", gate.Rules(gates)},
		{"where the values come from", from},
		{"when they are known", known},
		{"the same as rules of the service itself, which hold even if the runner dies", rules},
	} {
		if of.lines != nil {
			lines = append(lines, of.head+":", "  "+strings.Join(of.lines, "\n  "))
		}
	}
	return lines
}

// explainJobs says what the gates of jobs ask for, once for jobs with the same gates.
func (c *console) explainJobs(jobs []plan.Job) {
	said := map[string]bool{}
	for _, j := range jobs {
		text := strings.Join(explained(j.Provider, j.Gates, nil), "\n")
		if j.Gates == nil || said[j.Provider.Name+text] {
			continue
		}
		said[j.Provider.Name+text] = true
		title := "what the gates ask for"
		if len(jobs) > 1 {
			title += " of " + called(j, j.Provider.Name)
		}
		c.group(title, func() { c.line("%s", text) })
	}
}

// suggest proposes gates from the results of one job that passed.
func (p *process) suggest(c *console, files []string) int {
	first, passed, ok := p.passed(c, files)
	if !ok {
		return job.InvalidInput.Exit()
	}
	var reports []job.Report
	for _, r := range passed {
		reports = append(reports, r.Report)
	}
	provider, ok := catalog.Find(first.Provider)
	switch {
	case !ok:
		c.failure("cloudjob: gates", fmt.Sprintf("%s: there is no provider %q", files[0], first.Provider))
		return job.InvalidInput.Exit()
	case reports == nil:
		c.failure("cloudjob: gates", fmt.Sprintf("none of the results passed (%d); gates that such a run keeps are worth nothing", len(files)))
		return job.InvalidInput.Exit()
	}
	c.line("# %s, %s: from %d of %d results, those that passed.", first.Provider, first.What, len(reports), len(files))
	c.line("# Each limit leaves %.0f %% to the worst of them. Instead of it, a gate that compares may stand (it needs the", 100*gate.Margin)
	c.line("# input baseline). Behind each: how many of the results it would have broken on, judged by the others.")
	suggestions := gate.Suggest(provider.Metrics(), reports)
	width := 0
	for _, s := range suggestions {
		width = max(width, len(s.Gate.String()))
		for _, o := range s.Others {
			width = max(width, len(instead+o.Gate.String()))
		}
	}
	for _, s := range suggestions {
		c.verbatim(fmt.Sprintf("%-*s  # %s", width, s.Gate, c.book.Text("worst: "+s.Worst+broken("; ", s.Trial))))
		for _, o := range s.Others {
			c.verbatim(fmt.Sprintf("%-*s  # %s", width, instead+o.Gate.String(), c.book.Text(broken("", o))))
		}
	}
	return 0
}

// passed reads results of one job. It returns the first one that is given, and those
// that passed, the oldest first. If it fails, it has said why.
func (p *process) passed(c *console, files []string) (first report.Result, passed []report.Result, ok bool) {
	results, err := p.readResults(files)
	if err != nil {
		c.failure("cloudjob: gates", err.Error())
		return first, nil, false
	}
	first = results[0]
	for i, r := range results {
		switch {
		case r.Provider != first.Provider || r.What != first.What:
			c.failure("cloudjob: gates", fmt.Sprintf("%s is of %s, %s, and %s of %s, %s; give the results of one job", files[i], r.Provider, r.What, files[0], first.Provider, first.What))
			return first, nil, false
		case report.Passed(r):
			passed = append(passed, r)
		}
	}
	slices.SortStableFunc(passed, func(a, b report.Result) int { return a.When().Compare(b.When()) })
	return first, passed, true
}

// instead is written in front of a gate that is proposed as an alternative.
const instead = "#   or "

// broken says how often a gate would have broken.
func broken(joint string, t gate.Trial) string {
	if t.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%sbroken on %d of %d", joint, t.Broken, t.Of)
}
