package action

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
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
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
	"cloudjob/internal/report"
)

// commentWithin is how long writing the comment may take.
const commentWithin = time.Minute

// lateLimit is the size in bytes of the longest comment that main leaves in the state
// for the post step to write.
const lateLimit = 32 << 10

// stateComment is the entry of the state with a comment that is not written yet.
const stateComment = "comment"

// due is a comment that the post step has to write if main does not.
type due struct {
	github.Mark
	Text string `json:"text,omitempty"` // empty: main did not come to its end
}

// commentDue notes in the state that a comment is to be written, so that the post step
// replaces the comment of an earlier run even if main is killed. If the state cannot
// be written, the old comment stays in that case.
func (p *process) commentDue(run plan.Run) {
	if _, ok := p.pullRequest(); !ok || !run.Comment {
		return
	}
	if mark, ok := p.commentMark(run.JobIndex); ok {
		p.leaveComment(due{Mark: mark})
	}
}

func (p *process) leaveComment(d due) {
	path := p.getenv("GITHUB_STATE")
	if path == "" {
		return
	}
	value := ""
	if d != (due{}) {
		b, err := job.JSON(d, "")
		if err != nil { // texts and numbers always marshal
			return
		}
		value = string(b)
	}
	_ = appendWhole(path, outputsBlock([]report.Output{{Name: stateComment, Value: value}}, rand.Text)) // a state that cannot be written is reported elsewhere
}

// comment updates the comment of the pull request with what text returns for a size in
// bytes. If it fails, the outcome of the step stays that of its jobs. A cancelled step
// leaves the comment to its post step, because the runner kills it soon.
func (p *process) comment(ctx context.Context, c *console, run plan.Run, transport *cloud.Transport, text func(limit int) string) {
	if !run.Comment {
		return
	}
	mark, ok := p.commentMark(run.JobIndex)
	if !ok {
		c.warning("no comment: GITHUB_RUN_NUMBER or GITHUB_RUN_ATTEMPT is no number")
		return
	}
	if ctx.Err() != nil {
		if _, of := p.pullRequest(); of {
			p.leaveComment(due{mark, p.secrets.redact(text(lateLimit))})
		}
		return
	}
	p.keepComment(ctx, c, run, transport, mark, text)
	p.leaveComment(due{})
}

// keepComment writes the comment, or says why it cannot.
func (p *process) keepComment(ctx context.Context, c *console, run plan.Run, transport *cloud.Transport, mark github.Mark, text func(limit int) string) {
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
	comments := github.Comments{
		Transport: transport, API: strings.TrimSuffix(cmp.Or(p.getenv("GITHUB_API_URL"), "https://api.github.com"), "/"),
		Repo: repo, Number: number, Token: run.GitHubToken,
	}
	ctx, cancel := context.WithTimeout(ctx, commentWithin)
	defer cancel()
	kept, err := comments.Keep(ctx, mark, p.wordedComment(text))
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

// wordedComment is the comment in the reader's language. The translation may be longer
// than the English text, so it is made shorter until it fits.
func (p *process) wordedComment(text func(limit int) string) string {
	const most = github.Limit - 1<<10
	for limit := most; ; limit -= most / 8 {
		said := report.Markdown(p.secrets.redact(text(limit)), p.book.Load())
		if len(said) <= most || limit <= most/2 {
			return said
		}
	}
}

// lateComment writes the comment that main left, with what became of the jobs.
func (p *process) lateComment(ctx context.Context, c *console, roots []*x509.Certificate, settled engine.Result) {
	var left due
	state := p.getenv("STATE_" + stateComment)
	if state == "" {
		return
	}
	if err := json.Unmarshal([]byte(state), &left); err != nil || !left.Valid() {
		c.warning("no comment: what the state has of it cannot be read")
		return
	}
	asked, _ := plan.Decode(p.stepInputs(), p.readFile) // main has reported mistakes
	if !asked.Comment {
		return
	}
	transport := p.env(c, asked.Login, roots).Transport
	if asked.Locale != "" {
		p.speak(asked.Locale)
	}
	p.keepComment(ctx, c, asked.Run, transport, left.Mark, func(limit int) string { return report.CommentLate(left.Text, p.tested(), settled, limit) })
}

// tested is the commit and the run that a comment is about.
func (p *process) tested() report.Tested {
	commit := p.getenv("GITHUB_SHA")
	if e := p.event(); e.PullRequest != nil {
		commit = cmp.Or(e.PullRequest.Head.SHA, commit)
	}
	return report.Tested{Commit: p.secrets.replace(commit), RunURL: p.secrets.replace(p.runURL())}
}

// repository is the form of GitHub's names of repositories.
var repository = regexp.MustCompile(`^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$`)

// commentMark is the hidden mark by which this step finds its comment again. It is made
// of the workflow's file, job and step, and of the index within a matrix.
func (p *process) commentMark(jobIndex string) (m github.Mark, ok bool) {
	file, _, _ := strings.Cut(p.getenv("GITHUB_WORKFLOW_REF"), "@") // the branch follows
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
			SHA  string `json:"sha"`
			Repo struct {
				FullName string `json:"full_name"`
			} `json:"repo"` // null if it was deleted
		} `json:"head"`
	} `json:"pull_request"`
}

// event reads the event; it is zero if it cannot be read.
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

// pullRequest is the number of the pull request that this run belongs to.
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
