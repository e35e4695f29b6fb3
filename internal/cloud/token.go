package cloud

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"cloudjob/internal/job"
)

// identity is where identity tokens come from: a variable, or GitHub.
type identity struct {
	getenv    func(string) string
	transport *Transport
	variable  string // empty: GitHub
	secret    func(string)
	missing   func(message, cure string) error
	proxy     func(address string) error // complains of a proxy that could not be used
}

// What the runner hands to a job that may ask for identity tokens (facts
// tencent-auth §6).
const (
	tokenAddress = "ACTIONS_ID_TOKEN_REQUEST_URL"
	tokenBearer  = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
)

// token returns a token for the audience: of GitHub a fresh one, of a variable
// what it holds, since nobody here can make another.
func (i identity) token(ctx context.Context, audience string) (string, error) {
	if i.variable != "" {
		token := strings.TrimSpace(i.getenv(i.variable))
		if token == "" {
			return "", i.missing("there is no identity token: "+i.variable+", which id_token_variable names, is empty", "let the step's env hold an identity token under this name (in GitLab: id_tokens)")
		}
		i.secret(token)
		if !signed(token) {
			return "", Denied(i.variable+", which id_token_variable names, holds no identity token, so it is sent nowhere", "name the variable that holds one: a JWT, of three parts with dots between")
		}
		return token, nil
	}
	address, bearer := i.getenv(tokenAddress), i.getenv(tokenBearer)
	if address == "" || bearer == "" {
		return "", i.missing("this job may not ask GitHub for an identity token",
			"add \"id-token: write\" to the job's permissions (what they do not name the job loses, so with actions/checkout they need \"contents: read\" too); outside of GitHub name the variable that holds a token in id_token_variable")
	}
	if err := i.proxy(address); err != nil {
		return "", err
	}
	i.secret(bearer)
	token, err := i.ask(ctx, address, bearer, audience)
	if err == nil {
		i.secret(token)
	}
	return token, err
}

// signed tells a JWT (RFC 7519) from other texts. A plan file, which a pull
// request may bring, can name any variable, and no other secret is to be sent.
func signed(token string) bool {
	parts := strings.Split(token, ".")
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	var says struct{ Alg string }
	return len(parts) == 3 && err == nil && json.Unmarshal(header, &says) == nil && says.Alg != ""
}

func (i identity) ask(ctx context.Context, address, bearer, audience string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "", Denied(tokenAddress+" is no address", "leave it as the runner sets it: a step before this one has changed it")
	}
	query := u.Query()
	query.Set("audience", audience)
	u.RawQuery = query.Encode()
	call := Call{Name: "identity token", Reads: true, Keys: true}
	answer, err := i.transport.JSON(ctx, call, http.MethodGet, u.String(), map[string]string{"Authorization": "bearer " + bearer}, nil)
	if err != nil {
		return "", err
	}
	var read struct{ Value string }
	if answer.Status != http.StatusOK {
		e := answer.refused(call, "GitHub did not give an identity token")
		e.Cure = "see whether the job's permissions have \"id-token: write\", and run it again"
		return "", e
	}
	if err := json.Unmarshal(answer.Body, &read); err != nil || read.Value == "" {
		return "", Unknown(call, "GitHub's answer holds no identity token", err)
	}
	return read.Value, nil
}

// described adds to a refusal what the identity token says of itself, as far as
// a trust policy asks: neither claim is secret, and guessing them takes an
// evening.
func described(err error, token string) error {
	e, ok := errors.AsType[*job.Error](err)
	parts := strings.Split(token, ".")
	if !ok || e.Fault != job.Denied || len(parts) != 3 {
		return err
	}
	var claims struct {
		Subject  string `json:"sub"`
		Audience any    `json:"aud"` // a text or a list of them (RFC 7519 §4.1.3)
	}
	text, _ := base64.RawURLEncoding.DecodeString(parts[1])
	if json.Unmarshal(text, &claims) != nil || claims.Subject == "" {
		return err
	}
	var audiences []string
	switch aud := claims.Audience.(type) {
	case string:
		audiences = append(audiences, aud)
	case []any:
		for _, a := range aud {
			audiences = append(audiences, fmt.Sprint(a))
		}
	}
	quote := func(s string) string { return fmt.Sprintf("%q", job.Cut(job.Plain(s), claimLimit)) }
	says := "the token's subject is " + quote(claims.Subject) + ", its audience " + quote(strings.Join(audiences, ", "))
	told := *e
	told.Meaning = says
	if e.Meaning != "" {
		told.Meaning = e.Meaning + " (" + says + ")"
	}
	return &told
}

// claimLimit is more than a repository, its branch and their ids take.
const claimLimit = 500

// Answer is what came of a call that no SDK makes.
type Answer struct {
	Status    int
	Header    http.Header
	Body      []byte
	RequestID string
}

// refused is the error of an answer that is none of success.
func (a Answer) refused(call Call, message string) *job.Error {
	e := &job.Error{Fault: job.Denied, Call: call.Name, Status: a.Status, RequestID: a.RequestID, Message: fmt.Sprintf("%s (HTTP %d)", message, a.Status)}
	switch {
	case a.Status == http.StatusTooManyRequests:
		e.Fault = job.Throttled
	case a.Status >= 500:
		e.Fault = job.Ambiguous
	}
	return e
}

// SessionName names a login in the cloud's records after the workflow run: of
// 2 to 128 letters, digits and +=,.@_- (facts tencent-auth §6, facts huawei-auth §4).
func SessionName(getenv func(string) string) string {
	var parts []string
	for _, names := range [][]string{{"GITHUB_REPOSITORY", "CI_PROJECT_PATH"}, {"GITHUB_RUN_ID", "CI_JOB_ID"}, {"GITHUB_RUN_ATTEMPT"}} {
		for _, name := range names {
			if value := getenv(name); value != "" {
				parts = append(parts, value)
				break
			}
		}
	}
	name := strings.Map(func(r rune) rune {
		switch {
		case r == '/':
			return '.'
		case r < utf8.RuneSelf && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("+=,.@_-", r)):
			return r
		}
		return '_'
	}, strings.Join(append([]string{"cloudjob"}, parts...), "-"))
	return name[max(0, len(name)-sessionNameLimit):]
}

const sessionNameLimit = 128
