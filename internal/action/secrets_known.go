package action

// This file finds the secrets of this process, and refuses those that cannot be kept
// secret.

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/sethvargo/go-githubactions"

	"cloudjob/internal/catalog"
	"cloudjob/internal/field"
	"cloudjob/internal/job"
	"cloudjob/internal/plan"
)

// unquoted are complaints about what a user wrote. If there is a secret in that, they
// quote nothing, because a quote may begin or end in the middle of the secret.
func (p *process) unquoted(problems field.Problems, wrote ...string) field.Problems {
	if !slices.ContainsFunc(wrote, func(text string) bool { return p.secrets.redact(text) != text }) {
		return problems
	}
	for i := range problems {
		problems[i].Text = quotes.ReplaceAllString(problems[i].Text, `"***"`)
	}
	return problems
}

// quotes finds what field.Quote has quoted.
var quotes = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// proxyLogin are the secrets in the login of a proxy's address. A password that is too
// short to be masked is taken together with its user. In a text that is no address, the
// login is everything up to the last @.
func proxyLogin(address string) []string {
	_, rest, ok := strings.Cut(address, "://")
	if !ok {
		rest = address
	}
	end := strings.LastIndexByte(rest, '@')
	if end < 0 {
		return nil
	}
	login := rest[:end]
	_, password, ok := strings.Cut(login, ":")
	if !ok { // a name alone is no secret
		return nil
	}
	all := []string{login, password}
	for _, text := range all[:2] {
		if plain, err := url.PathUnescape(text); err == nil {
			all = append(all, plain)
		}
	}
	return all
}

// keep makes values secret: they are masked in the runner's log, and taken out of
// everything that is written from now on. It may be called while the step runs.
func (p *process) keep(values ...string) {
	var mask func(string)
	if p.getenv("GITHUB_ACTIONS") == "true" && !p.prints {
		commands := githubactions.New(githubactions.WithWriter(calm{p.stdout, &p.printing}), githubactions.WithGetenv(p.getenv))
		mask = commands.AddMask
	}
	for _, v := range values {
		if slices.Contains(p.ordinary, strings.TrimSpace(v)) {
			p.secrets.add(nil, v)
		} else {
			p.secrets.add(mask, v)
		}
	}
}

// known are the secrets of the environment: the values of all variables of logins, the
// tokens that the runner and other CI systems give to a job, and the logins of proxies.
func (p *process) known() []string {
	var values []string
	for _, name := range []string{"ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_RUNTIME_TOKEN", "GITHUB_TOKEN", "GH_TOKEN", "INPUT_GITHUB_TOKEN", "INPUT_TOKEN", "CI_JOB_TOKEN"} {
		values = append(values, p.getenv(name))
	}
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"} {
		for _, name := range []string{name, strings.ToLower(name)} {
			values = append(values, proxyLogin(p.getenv(name))...)
		}
	}
	for _, name := range p.variables() {
		values = append(values, p.getenv(name))
	}
	return values
}

// variables are the variables of all logins.
func (p *process) variables() []string {
	var names []string
	for _, provider := range catalog.Providers() {
		for _, name := range provider.Variables {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// refuseOrdinary complains of logins that are a part of ordinary texts, such as an
// input's value. Masking them would make the log unreadable, so they are not masked from
// now on. They are still redacted, because it may be the input that is wrong.
func (p *process) refuseOrdinary(asked plan.Plan) (problems field.Problems) {
	words := append(asked.Run.Fields().Words(), catalog.Names()...)
	for _, j := range asked.Jobs {
		words = append(words, j.Spec.Fields().Words()...)
	}
	for _, kind := range job.Kinds() {
		words = append(words, string(kind.Outcome))
	}
	for _, name := range []string{"GITHUB_REPOSITORY", "GITHUB_REF_NAME", "GITHUB_ACTOR", "GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_RUN_ID", "GITHUB_SERVER_URL", "GITHUB_WORKSPACE"} {
		words = append(words, p.getenv(name))
	}
	for _, name := range p.variables() {
		value := strings.TrimSpace(p.getenv(name))
		if value != "" && slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, value) }) {
			problems = append(problems, field.Problem{Place: field.Place{File: name}, Text: "is no secret: the inputs or the names of this run have the same text, and to mask it would hide them; store the key itself in the secret, and write it into no input"})
			p.ordinary = append(p.ordinary, value)
		}
	}
	return problems
}
