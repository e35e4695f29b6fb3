package action

import (
	"fmt"
	"slices"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/gate"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// gates is the command about gates: explain PROVIDER FILE, suggest RESULT...
func (p *process) gates() int {
	c := p.newConsole()
	switch {
	case len(p.args) == 3 && p.args[0] == "explain":
		return p.explain(c, p.args[1], p.args[2])
	case len(p.args) > 1 && p.args[0] == "suggest":
		return p.suggest(c, p.args[1:])
	}
	return p.misused("gates")
}

// explain says in plain words what each gate of a file asks for.
func (p *process) explain(c *console, name, file string) int {
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
	metrics := provider.Metrics()
	c.doubts(gate.Doubts(gates, metrics))
	for _, g := range gates {
		c.line("%s", g)
		of := slices.IndexFunc(metrics, func(m job.Metric) bool { return m.Name == g.Metric })
		c.line("  %s", gate.Explain(g, metrics[of]))
		if rule, ok := gate.SLA(g); ok && provider.Name == "tencent-pts" {
			c.line("  The same as a rule of the service itself, which holds even if the runner dies: %s", rule)
		}
	}
	return 0
}

// suggest proposes gates from the results of one job that passed.
func (p *process) suggest(c *console, files []string) int {
	results, err := p.readResults(files)
	if err != nil {
		c.failure("cloudjob: gates", err.Error())
		return job.InvalidInput.Exit()
	}
	var reports []job.Report
	first := results[0]
	for i, r := range results {
		switch {
		case r.Provider != first.Provider || r.What != first.What:
			c.failure("cloudjob: gates", fmt.Sprintf("%s is of %s, %s, and %s of %s, %s; give the results of one job", files[i], r.Provider, r.What, files[0], first.Provider, first.What))
			return job.InvalidInput.Exit()
		case report.Passed(r):
			reports = append(reports, r.Report)
		}
	}
	provider, ok := catalog.Find(first.Provider)
	switch {
	case !ok:
		c.failure("cloudjob: gates", fmt.Sprintf("%s: there is no provider %q", files[0], first.Provider))
		return job.InvalidInput.Exit()
	case reports == nil:
		c.failure("cloudjob: gates", fmt.Sprintf("none of the results passed (%d); gates that such a run keeps are worth nothing", len(results)))
		return job.InvalidInput.Exit()
	}
	c.line("# %s, %s: from %d of %d results, those that passed.", first.Provider, first.What, len(reports), len(results))
	c.line("# Each limit leaves %.0f %% to the worst of them.", 100*gate.Margin)
	suggestions := gate.Suggest(provider.Metrics(), reports)
	width := 0
	for _, s := range suggestions {
		width = max(width, len(s.Gate.String()))
	}
	for _, s := range suggestions {
		c.line("%-*s  # worst: %s", width, s.Gate, s.Worst)
	}
	return 0
}
