// Package github keeps comments of pull requests up to date, by GitHub's REST
// API (docs.github.com/en/rest/issues/comments).
package github

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloudjob/internal/cloud"
	"cloudjob/internal/job"
)

const (
	// Limit is how many characters a comment has at the most. GitHub answers 422
	// to longer ones.
	Limit = 65536

	pageLimit = 100 // the most that GitHub lists in one call
	mostPages = 100 // 10,000 comments: of longer lists nobody knows whether ours is among them
	rounds    = 8   // of looking and changing, until nothing is left to change
	tries     = 3   // of a call that may be made again

	// settles is after how long it is looked once more: an older run that looked
	// before a newer one wrote may write right after it.
	settles = 3 * time.Second
)

// Comments are those of one pull request.
type Comments struct {
	Transport *cloud.Transport
	API       string // its address: https://api.github.com
	Repo      string // owner/name
	Number    int    // of the pull request
	Token     string
}

// Mark says in a comment whose it is and how new.
type Mark struct {
	Place   string `json:"place"`   // of the step: the same in every run; hexadecimal
	Run     int64  `json:"run"`     // the number of the workflow run
	Attempt int64  `json:"attempt"` // of that run
}

// Valid tells of a mark that is read again as it was written.
func (m Mark) Valid() bool {
	again, ok := markOf(m.String())
	return ok && again == m
}

// String is the hidden line that a comment of ours begins with.
func (m Mark) String() string {
	return fmt.Sprintf("<!-- cloudjob %s run=%d attempt=%d -->", m.Place, m.Run, m.Attempt)
}

var marked = regexp.MustCompile(`^<!-- cloudjob ([0-9a-f]+) run=(\d{1,18}) attempt=(\d{1,18}) -->`)

// markOf reads the mark that a comment begins with.
func markOf(body string) (m Mark, ok bool) {
	parts := marked.FindStringSubmatch(body)
	if parts == nil {
		return m, false
	}
	m.Place = parts[1]
	m.Run, _ = strconv.ParseInt(parts[2], 10, 64)
	m.Attempt, _ = strconv.ParseInt(parts[3], 10, 64)
	return m, true
}

// compare tells which of two marks of a place is newer.
func (m Mark) compare(other Mark) int {
	return cmp.Or(cmp.Compare(m.Run, other.Run), cmp.Compare(m.Attempt, other.Attempt))
}

// Kept is what became of a comment.
type Kept string

const (
	Made    Kept = "made"
	Updated Kept = "updated"
	Newer   Kept = "left, because a newer run has written it"
)

// ErrDenied is that the token may not write comments.
var ErrDenied = errors.New("the token may not write comments")

type comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User struct {
		Login string `json:"login"`
		Type  string `json:"type"`
	} `json:"user"` // null if the account is gone
	mark Mark
}

func call(name, does string) cloud.Call {
	return cloud.Call{Name: name, Does: does, Permission: "pull-requests: write", Where: "the pull request"}
}

func listComments() cloud.Call {
	c := call("list issue comments", "looks for the comment")
	c.Reads, c.List = true, true
	return c
}

func getUser() cloud.Call {
	c := call("get the authenticated user", "tells whose token it is")
	c.Reads = true
	return c
}

func createComment() cloud.Call { return call("create an issue comment", "makes the comment") }

func updateComment() cloud.Call { return call("update an issue comment", "writes the comment anew") }

func deleteComment() cloud.Call {
	return call("delete an issue comment", "takes away a second comment")
}

// Keep writes the one comment of a place, or leaves it if a newer run has written
// it. It looks before and after each change, because another run may do the same
// at the same time: of several comments the oldest stays. GitHub cannot be asked
// to change a comment only if it still is as it was seen, so the last look comes
// a while later.
func (c Comments) Keep(ctx context.Context, mark Mark, text string) (Kept, error) {
	me, err := c.me(ctx)
	if err != nil {
		return "", err
	}
	body := mark.String() + "\n" + text
	kept := Updated
	settled, written := false, int64(0) // which comment was last seen to take the text
	var unsure error                    // why nobody knows whether the last change was made
	for range rounds {
		if unsure != nil {
			pause(ctx, time.Second)
		}
		ours, err := c.ours(ctx, mark.Place, me)
		if err != nil {
			return "", err
		}
		if len(ours) == 0 {
			answer, err := c.send(ctx, createComment(), http.MethodPost, c.at("issues", strconv.Itoa(c.Number), "comments"), body)
			if err = refusal(answer, err); err != nil && !ambiguous(err) {
				return "", err
			}
			var made comment
			if kept, unsure = Made, err; err == nil && json.Unmarshal(answer.Body, &made) == nil {
				me, written = cmp.Or(me, made.User.Login), made.ID // from now on it is known
			}
			continue
		}
		newest := slices.MaxFunc(ours, func(a, b comment) int { return a.mark.compare(b.mark) })
		if newest.mark.compare(mark) > 0 {
			return Newer, c.dropOwn(ctx, ours, mark)
		}
		first := ours[0]
		if first.ID == written && first.mark == mark { // its text may be what GitHub made of ours
			if len(ours) == 1 {
				if deadline, ok := ctx.Deadline(); settled || ok && time.Until(deadline) < 2*settles {
					return kept, nil
				}
				settled, unsure = true, nil
				pause(ctx, settles)
				continue
			}
			for _, later := range ours[1:] {
				if err := c.drop(ctx, later); err != nil {
					return "", err
				}
			}
			continue
		}
		answer, err := c.send(ctx, updateComment(), http.MethodPatch, c.at("issues", "comments", strconv.FormatInt(first.ID, 10)), body)
		unsure = refusal(answer, err)
		switch {
		case unsure == nil:
			written = first.ID
		case ambiguous(unsure):
		case answer.Status != http.StatusNotFound, c.has(ctx, first, mark.Place, me):
			return "", unsure
		}
	}
	return "", cmp.Or(unsure, errors.New("others change the same comments all the time"))
}

// has tells of a comment that was not found whether it is there all the same.
func (c Comments) has(ctx context.Context, o comment, place, me string) bool {
	ours, err := c.ours(ctx, place, me)
	return err == nil && slices.ContainsFunc(ours, func(other comment) bool { return other.ID == o.ID })
}

// dropOwn takes away what this run made, where a newer one has written another.
func (c Comments) dropOwn(ctx context.Context, ours []comment, mark Mark) error {
	for i, o := range ours {
		if i > 0 && o.mark == mark {
			if err := c.drop(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c Comments) drop(ctx context.Context, o comment) error {
	answer, err := c.send(ctx, deleteComment(), http.MethodDelete, c.at("issues", "comments", strconv.FormatInt(o.ID, 10)), "")
	if answer.Status == http.StatusNotFound { // another one did it
		return nil
	}
	return refusal(answer, err)
}

// me is the login of the token's user, empty for the token of a workflow: that is
// an app's, which this call refuses with 403.
func (c Comments) me(ctx context.Context) (string, error) {
	answer, err := c.send(ctx, getUser(), http.MethodGet, c.API+"/user", "")
	switch {
	case err != nil:
		return "", err
	case answer.Status == http.StatusUnauthorized:
		return "", refusal(answer, nil)
	case answer.Status != http.StatusOK:
		return "", nil
	}
	var user struct{ Login string }
	if err := json.Unmarshal(answer.Body, &user); err != nil {
		return "", fmt.Errorf("read the token's user: %w", err)
	}
	return user.Login, nil
}

// ours are the comments of a place that the token's user wrote, the oldest first.
// Anybody can write a mark of ours into a comment, so a mark alone is none. An
// app whose name is not known is taken for itself if a bot wrote the comment:
// nobody else is one.
func (c Comments) ours(ctx context.Context, place, me string) ([]comment, error) {
	var ours []comment
	next := c.at("issues", strconv.Itoa(c.Number), "comments") + "?per_page=" + strconv.Itoa(pageLimit)
	for range mostPages {
		answer, err := c.send(ctx, listComments(), http.MethodGet, next, "")
		if err := refusal(answer, err); err != nil {
			return nil, err
		}
		var page []comment
		if err := json.Unmarshal(answer.Body, &page); err != nil {
			return nil, fmt.Errorf("read the comments: %w", err)
		}
		for _, o := range page {
			m, ok := markOf(o.Body)
			wrote := o.User.Login == me && me != "" || me == "" && o.User.Type == "Bot"
			if o.mark = m; ok && m.Place == place && wrote {
				ours = append(ours, o)
			}
		}
		if next, err = c.next(answer.Header); next == "" || err != nil {
			slices.SortStableFunc(ours, func(a, b comment) int { return cmp.Compare(a.ID, b.ID) })
			return ours, err
		}
	}
	return nil, fmt.Errorf("the pull request has more than %d comments, so nobody can say whether ours is among them", mostPages*pageLimit)
}

// next is the address of the next page, as the header Link says, empty after the
// last. The token goes to GitHub's API and nowhere else.
func (c Comments) next(header http.Header) (string, error) {
	for _, link := range strings.Split(header.Get("Link"), ",") {
		address, parameters, _ := strings.Cut(link, ";")
		if !strings.Contains(parameters, `rel="next"`) {
			continue
		}
		address = strings.Trim(strings.TrimSpace(address), "<>")
		next, err := url.Parse(address)
		api, apiErr := url.Parse(c.API)
		if err != nil || apiErr != nil || next.Scheme != api.Scheme || next.Host != api.Host {
			return "", errors.New("the next page of the comments is said to be elsewhere, where the token is not sent")
		}
		return address, nil
	}
	return "", nil
}

// at is the address of something of the repository.
func (c Comments) at(parts ...string) string {
	return c.API + "/repos/" + c.Repo + "/" + strings.Join(parts, "/")
}

func (c Comments) send(ctx context.Context, call cloud.Call, method, address, body string) (cloud.Answer, error) {
	return send(ctx, c.Transport, c.Token, call, method, address, body)
}

// send makes a call, and again where that can do no harm: GitHub asked to wait,
// or failed at something that does the same twice.
func send(ctx context.Context, transport *cloud.Transport, token string, call cloud.Call, method, address, body string) (answer cloud.Answer, err error) {
	headers := map[string]string{"Authorization": "Bearer " + token, "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
	var content any
	if body != "" {
		content = map[string]string{"body": body}
	}
	call.NoContent = method == http.MethodDelete
	for try := 1; ; try++ {
		answer, err = transport.JSON(ctx, call, method, address, headers, content)
		wait, asked := rest(answer)
		failed := err != nil && ambiguous(err) || answer.Status >= http.StatusInternalServerError
		if !asked && failed && method != http.MethodPost {
			wait, asked = time.Duration(try)*time.Second, true
		}
		if deadline, ok := ctx.Deadline(); !asked || try == tries || ok && time.Until(deadline) < wait {
			return answer, err
		}
		pause(ctx, wait)
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// rest is how long GitHub asks to wait: by Retry-After, or until the hour's limit
// is reset (docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api).
func rest(answer cloud.Answer) (wait time.Duration, limited bool) {
	if answer.Status != http.StatusForbidden && answer.Status != http.StatusTooManyRequests {
		return 0, false
	}
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<20)) * time.Second, true
	}
	if answer.Header.Get("X-RateLimit-Remaining") == "0" {
		reset, _ := strconv.ParseInt(answer.Header.Get("X-RateLimit-Reset"), 10, 64)
		return max(time.Second, time.Until(time.Unix(reset, 0))), true
	}
	return time.Minute, answer.Status == http.StatusTooManyRequests
}

func ambiguous(err error) bool {
	e, ok := errors.AsType[*job.Error](err)
	return ok && e.Fault == job.Ambiguous
}

// refusal is why an answer is no success, nil if it is one.
func refusal(answer cloud.Answer, err error) error {
	if err != nil || answer.Status < 300 {
		return err
	}
	text := saying(answer)
	_, limited := rest(answer)
	switch {
	case limited:
		return fmt.Errorf("the rate limit of GitHub's API did not yield in time: %s", text)
	case answer.Status == http.StatusForbidden || answer.Status == http.StatusNotFound || answer.Status == http.StatusUnauthorized:
		return fmt.Errorf("%w: %s", ErrDenied, text)
	case answer.Status >= http.StatusInternalServerError:
		return &job.Error{Fault: job.Ambiguous, Call: "the comment", Status: answer.Status, Message: text}
	}
	return errors.New(text)
}

// saying is what an answer that is no success says.
func saying(answer cloud.Answer) string {
	var says struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(answer.Body, &says) // what it does not say is empty
	return fmt.Sprintf("GitHub answered %d: %s", answer.Status, job.Cut(cmp.Or(says.Message, "nothing more"), 300))
}
