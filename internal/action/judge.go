package action

import (
	"fmt"
	"time"

	"cloudjob/internal/engine"
	"cloudjob/internal/report"
)

// results are the jobs of a run as result.json has them. j is nil if nothing was
// judged.
func (p *process) results(r engine.Result, j *judging) []report.Result {
	if j == nil {
		j = &judging{}
	}
	of, at := p.origin(), j.at
	if j.origin != nil {
		of = *j.origin
	}
	if at.IsZero() {
		at = time.Now()
	}
	var results []report.Result
	for _, item := range r.Items {
		one := report.Of(item)
		one.RunURL, one.Commit, one.GitRef = of.RunURL, of.Commit, of.GitRef
		one.Judged, one.Rerun, one.Kept = at, j.rerun.command, j.reports != nil
		one.Past, one.Base = j.past.Of(item.Provider, item.What, j.newest), j.past.Passed(item.Provider, item.What, j.newest)
		results = append(results, one)
	}
	return results
}

// runOrigin is the workflow run that a result is of.
type runOrigin struct {
	RunURL string `json:"run_url,omitempty"`
	Commit string `json:"commit,omitempty"`
	GitRef string `json:"git_ref,omitempty"`
}

func (p *process) origin() runOrigin {
	return runOrigin{p.secrets.replace(p.runURL()), p.secrets.replace(p.getenv("GITHUB_SHA")), p.secrets.replace(p.getenv("GITHUB_REF"))}
}

// runURL is the page of the workflow run; empty where there is none, or half of it.
func (p *process) runURL() string {
	server, repository, id := p.getenv("GITHUB_SERVER_URL"), p.getenv("GITHUB_REPOSITORY"), p.getenv("GITHUB_RUN_ID")
	if server == "" || repository == "" || id == "" {
		return ""
	}
	return fmt.Sprintf("%s/%s/actions/runs/%s", server, repository, id)
}
