package action

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/engine"
	"cloudjob/internal/github"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// commentWithin is how long the step may take for its comment.
const commentWithin = time.Minute

// comment keeps the comment of the pull request up to date. Whatever becomes of
// it, the step's outcome is that of its jobs. A cancelled step writes none: its
// runner kills it soon, and what cancelled it is mostly a newer run.
func (p *process) comment(ctx context.Context, c *console, run plan.Run, r engine.Result, j *judging, transport *cloud.Transport) {
	if !run.Comment || ctx.Err() != nil {
		return
	}
	number, ok := p.pullRequest()
	if !ok {
		c.line("no comment: this run is of no pull request")
		return
	}
	repo := p.getenv("GITHUB_REPOSITORY")
	if run.GitHubToken == "" || !repository.MatchString(repo) {
		c.warning("no comment: there is no github_token, or GITHUB_REPOSITORY names no repository")
		return
	}
	if j == nil {
		j = &judging{}
	}
	results := p.results(r, j)
	if len(results) == 0 {
		return
	}
	mark, ok := p.commentMark(run.JobIndex)
	if !ok {
		c.warning("no comment: GITHUB_RUN_NUMBER or GITHUB_RUN_ATTEMPT is no number")
		return
	}
	text := p.commentText(results)
	comments := github.Comments{
		Transport: transport, API: strings.TrimSuffix(cmp.Or(p.getenv("GITHUB_API_URL"), "https://api.github.com"), "/"),
		Repo: repo, Number: number, Token: run.GitHubToken,
	}
	ctx, cancel := context.WithTimeout(ctx, commentWithin)
	defer cancel()
	kept, err := comments.Keep(ctx, mark, text)
	switch {
	case errors.Is(err, github.ErrDenied) && p.fork():
		c.warning("no comment: the pull request is from a fork, and GitHub gives its runs a token that can only read: " + err.Error())
	case errors.Is(err, github.ErrDenied):
		c.warning("no comment: give the workflow's job the permission pull-requests: write: " + err.Error())
	case err != nil:
		c.warning("the comment could not be kept up to date: " + err.Error())
	default:
		c.line("the comment of pull request %d was %s", number, kept)
	}
}

// commentText is the comment in the reader's language, in which it may be longer.
func (p *process) commentText(results []report.Result) string {
	const most = github.Limit - 1<<10
	for limit := most; ; limit -= most / 8 {
		text := report.Markdown(p.secrets.redact(report.Comment(results, limit)), p.book.Load())
		if len(text) <= most || limit <= most/2 {
			return text
		}
	}
}

// repository is how GitHub names one.
var repository = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

// commentMark is that of this step. Its place is the workflow's file, job and
// step; of a matrix each job has its own.
func (p *process) commentMark(jobIndex string) (m github.Mark, ok bool) {
	file, _, _ := strings.Cut(p.getenv("GITHUB_WORKFLOW_REF"), "@") // behind it stands the branch
	place := strings.Join([]string{file, p.getenv("GITHUB_JOB"), p.getenv("GITHUB_ACTION"), jobIndex}, "\n")
	sum := sha256.Sum256([]byte(place))
	m.Place = fmt.Sprintf("%x", sum[:8])
	var errs [2]error
	m.Run, errs[0] = strconv.ParseInt(p.getenv("GITHUB_RUN_NUMBER"), 10, 64)
	m.Attempt, errs[1] = strconv.ParseInt(p.getenv("GITHUB_RUN_ATTEMPT"), 10, 64)
	return m, errors.Join(errs[:]...) == nil
}

// event is what is read of the event that started the workflow.
type event struct {
	PullRequest *struct {
		Number int `json:"number"`
		Head   struct {
			Repo struct {
				FullName string `json:"full_name"`
			} `json:"repo"` // null if it was deleted
		} `json:"head"`
	} `json:"pull_request"`
}

// event reads it; the zero event stands for none that can be read.
func (p *process) event() (e event) {
	f, err := os.Open(p.getenv("GITHUB_EVENT_PATH"))
	if err != nil {
		return e
	}
	defer f.Close()
	if json.NewDecoder(io.LimitReader(f, eventLimit)).Decode(&e) != nil {
		return event{}
	}
	return e
}

// pullRequest is the number of the pull request that the run is of.
func (p *process) pullRequest() (number int, ok bool) {
	if !strings.HasPrefix(p.getenv("GITHUB_EVENT_NAME"), "pull_request") {
		return 0, false
	}
	e := p.event()
	if e.PullRequest == nil {
		return 0, false
	}
	return e.PullRequest.Number, e.PullRequest.Number > 0
}
