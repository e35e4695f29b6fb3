package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

// Runs are the workflow runs of a repository
// (docs.github.com/en/rest/actions/workflow-runs).
type Runs struct {
	Transport *cloud.Transport
	API       string // its address: https://api.github.com
	Repo      string // owner/name
	Token     string
}

// Run is one workflow run, of its newest attempt.
type Run struct {
	ID         int64  `json:"id"`
	Status     string `json:"status"`     // queued, in_progress, completed and others
	Conclusion string `json:"conclusion"` // how it ended; null, and so empty, before
	URL        string `json:"html_url"`
}

// Over tells of a run that has ended, and of which GitHub says how.
func (r Run) Over() bool { return r.Status == "completed" && r.Conclusion != "" }

// ErrNoRun is that the repository has no such run, or none that the token may see.
var ErrNoRun = errors.New("the repository does not know the run")

func getRun() cloud.Call {
	return cloud.Call{Name: "get a workflow run", Does: "tells whether a workflow run is over", Permission: "the permission actions: read", Where: "the repository's actions", Reads: true}
}

// Get reads a run.
func (r Runs) Get(ctx context.Context, id int64) (run Run, err error) {
	answer, err := send(ctx, r.Transport, r.Token, getRun(), http.MethodGet, r.API+"/repos/"+r.Repo+"/actions/runs/"+strconv.FormatInt(id, 10), "")
	_, limited := rest(answer)
	switch {
	case err != nil:
		return run, err
	case limited:
		return run, fmt.Errorf("the rate limit of GitHub's API did not yield in time: %s", saying(answer))
	case answer.Status == http.StatusNotFound:
		return run, ErrNoRun
	case answer.Status == http.StatusForbidden || answer.Status == http.StatusUnauthorized:
		return run, fmt.Errorf("the token may not read workflow runs, which needs the permission actions: read: %s", saying(answer))
	case answer.Status != http.StatusOK:
		return run, errors.New(saying(answer))
	}
	if err := json.Unmarshal(answer.Body, &run); err != nil {
		return Run{}, fmt.Errorf("read the workflow run: %w", err)
	}
	if run.ID != id {
		return Run{}, fmt.Errorf("GitHub was asked for run %d and answered with %d", id, run.ID)
	}
	run.Status, run.Conclusion, run.URL = job.Cut(run.Status, 40), job.Cut(run.Conclusion, 40), job.Cut(run.URL, 300)
	return run, nil
}
