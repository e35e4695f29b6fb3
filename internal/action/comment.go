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

// commentWithin is how long the step may take for its comment.
const commentWithin = time.Minute

// lateLimit bounds, in bytes, the comment that a step leaves to its post step, in
// the state.
const lateLimit = 32 << 10

// stateComment is the entry of the state with a comment that is not written yet.
const stateComment = "comment"

// due is what the post step has to write, because main did not come to it.
type due struct {
	github.Mark
	Text string `json:"text,omitempty"` // empty: main did not come to its end
}

// commentDue leaves word that a comment is to be written, so that the last one
// does not go on saying what a run before this one came to. Where that cannot be
// written, a cancel leaves the last one.
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
	_ = appendWhole(path, outputsBlock([]report.Output{{Name: stateComment, Value: value}}, rand.Text)) // main's end says more
}

// comment keeps the comment of the pull request up to date with what text makes of
// so many bytes. Whatever becomes of it, the step's outcome is that of its jobs. A
// cancelled step leaves it to its post step, because its runner kills it soon.
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

// wordedComment is a comment in the reader's language, in which it may be longer
// than in English: it is made shorter until it fits.
func (p *process) wordedComment(text func(limit int) string) string {
	const most = github.Limit - 1<<10
	for limit := most; ; limit -= most / 8 {
		said := report.Markdown(p.secrets.redact(text(limit)), p.book.Load())
		if len(said) <= most || limit <= most/2 {
			return said
		}
	}
}

// lateComment writes what main left to be written, with what became of the jobs.
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
	asked, _ := plan.Decode(p.stepInputs(), p.readFile) // main told of its mistakes
	if !asked.Comment {
		return
	}
	transport := p.env(c, asked.Login, roots).Transport
	if asked.Locale != "" {
		p.speak(asked.Locale)
	}
	p.keepComment(ctx, c, asked.Run, transport, left.Mark, func(limit int) string { return report.CommentLate(left.Text, p.tested(), settled, limit) })
}

// tested is what a comment is of.
func (p *process) tested() report.Tested {
	commit := p.getenv("GITHUB_SHA")
	if e := p.event(); e.PullRequest != nil {
		commit = cmp.Or(e.PullRequest.Head.SHA, commit)
	}
	return report.Tested{Commit: p.secrets.replace(commit), RunURL: p.secrets.replace(p.runURL())}
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
			SHA  string `json:"sha"`
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
