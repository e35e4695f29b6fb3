package action

import (
	"errors"
	"fmt"
	"strings"

	"cloudjob/internal/job"
	"cloudjob/internal/report"
)

// compare is the command that shows two results side by side.
func (p *process) compare() int {
	c := p.newConsole()
	markdown, force := p.flagged("-markdown", "--markdown"), p.flagged("-force", "--force")
	if len(p.args) != 2 {
		return p.misused("compare")
	}
	results, err := p.readResults(p.args)
	if err == nil && !force {
		if why := report.Unlike(results[0], results[1]); why != "" {
			err = fmt.Errorf("%s and %s are not comparable: %s; give two results of one job, or -force", p.args[0], p.args[1], why)
		}
	}
	if err != nil {
		c.failure("cloudjob: compare", err.Error())
		return job.InvalidInput.Exit()
	}
	text, table := report.Compare(results[0], results[1], c.book)
	if markdown {
		text = table
	}
	c.verbatim(strings.TrimSuffix(text, "\n"))
	return 0
}

// readResults reads the result files that a command names. The error names every file
// that cannot be read.
func (p *process) readResults(files []string) ([]report.Result, error) {
	results := make([]report.Result, len(files))
	var failed error
	for i, name := range files {
		at, err := p.locate(name)
		if err == nil {
			results[i], err = readResult(at.root, at.name)
			at.root.Close()
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	return results, failed
}
