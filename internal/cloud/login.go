package cloud

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"cloudjob/internal/field"
	"cloudjob/internal/job"
)

// Login is how the user logs in without keys: by an identity token, for which the
// clouds give keys that expire. The zero value logs in by keys from the environment.
type Login struct {
	Tencent  TencentRole   `json:"tencent,omitzero"`
	Huawei   HuaweiAgency  `json:"huawei,omitzero"`
	Audience string        `json:"audience,omitempty"` // empty: the cloud's own
	Lasts    time.Duration `json:"lasts,omitempty"`    // of the keys; 0: as long as the cloud likes
	Endpoint string        `json:"endpoint,omitempty"` // of the login services; empty: the vendors' own
	Variable string        `json:"variable,omitempty"` // holds an identity token; empty: GitHub is asked for one
	With     string        `json:"with,omitempty"`     // which one is used if both are given: LoginByKeys or LoginByRole
	Accounts []string      `json:"accounts,omitempty"` // that the step may work in; nil: any
}

// TencentRole is a role of Tencent Cloud and the identity provider that it
// trusts.
type TencentRole struct {
	ARN      string `json:"arn,omitempty"`
	Provider string `json:"provider,omitempty"`
}

// HuaweiAgency is an agency of Huawei Cloud and the identity provider that it
// trusts; or, in the older way, an identity provider of IAM alone.
type HuaweiAgency struct {
	URN              string `json:"urn,omitempty"`
	Provider         string `json:"provider,omitempty"`
	IdentityProvider string `json:"identity_provider,omitempty"`
}

// ByToken reports whether the login to any cloud is by an identity token.
func (l Login) ByToken() bool {
	return l.Tencent.ARN != "" || l.Huawei.URN != "" || l.Huawei.IdentityProvider != ""
}

// The values of With.
const (
	LoginByKeys = "keys"
	LoginByRole = "role"
)

// Fields are the inputs of a login that are the same for all clouds.
func (l *Login) Fields() field.Set {
	return field.Set{
		field.RuledText("oidc_audience", &l.Audience, field.Rule{Max: 255, Pattern: `[^\s\x00-\x1f]+`, Says: "a text without spaces"},
			"Audience of the identity token: one of the client ids that the identity provider in the cloud takes.").
			Or("sts.tencentcloudapi.com on Tencent Cloud, sts.myhuaweicloud.com on Huawei Cloud"),
		field.Duration("session_duration", &l.Lasts, 15*time.Minute, 24*time.Hour,
			"How long the keys of a login live. They are renewed while the step runs, so it need not be as long as the job, unless the token comes from id_token_variable, which nobody can renew. Tencent Cloud and Huawei's STS give at most 12h, and the role or agency may allow less.").
			Or("what the cloud gives: 2h by Tencent Cloud, 1h by Huawei's STS, 15m by Huawei's IAM"),
		Address("login_endpoint", &l.Endpoint,
			"Address of the login services instead of the vendors' own, such as http://127.0.0.1:8787 for the emulator. Plain http is taken for loopback addresses only; in a plan file, only loopback addresses and the vendors' own hosts are.",
			Tencent(), Huawei()),
		field.RuledText("id_token_variable", &l.Variable, field.Rule{Max: 255, Pattern: `[A-Za-z_][A-Za-z0-9_]*`, Says: "the name of an environment variable"},
			"Name of the environment variable that holds an identity token, for GitLab CI and others. Without it GitHub is asked for one, for which the job needs the permission id-token: write.").
			Or("GitHub is asked"),
		field.Choice("login", &l.With, "Which counts where keys and a role or agency are given for one cloud: the keys or the role. Without it both together are a mistake.", LoginByKeys, LoginByRole),
		field.UniqueTexts("allowed_account_ids", &l.Accounts, field.Rule{Max: 64, Pattern: `[0-9A-Za-z]+`, Says: "an account's id"},
			"Accounts that the step may work in: Tencent Cloud's account id (a number), Huawei Cloud's account id (domain id). A login to any other account is refused before anything is started. With jobs on both clouds, name the accounts of both."),
	}
}

// LoginAt is where the login services are called, if not at the vendor's own
// address: where the user says, or where something stands in for the cloud.
func (e Env) LoginAt(endpoint string) string {
	if u, err := url.Parse(endpoint); e.Login.Endpoint == "" && err == nil && loopback(u.Hostname()) {
		return endpoint
	}
	return e.Login.Endpoint
}

// Logins are the logins of the process, each made once and shared by all
// accounts that use it.
type Logins struct {
	mu       sync.Mutex
	sessions map[string]*Session
	known    []known
}

// known is a login whose account can be asked for.
type known struct {
	name string
	ask  func(context.Context) (account string, err error)
}

// session is the session with this name, made at its first use.
func (l *Logins) session(name string, fresh func() *Session) *Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sessions == nil {
		l.sessions = map[string]*Session{}
	}
	if l.sessions[name] == nil {
		l.sessions[name] = fresh()
	}
	return l.sessions[name]
}

// Know notes how the account of a login is found out. Logins of one name are
// asked once.
func (l *Logins) Know(name string, ask func(context.Context) (account string, err error)) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.ContainsFunc(l.known, func(k known) bool { return k.name == name }) {
		l.known = append(l.known, known{name, ask})
	}
}

// Allow refuses logins to other accounts than the allowed ones, and those whose
// account cannot be told.
func (l *Logins) Allow(ctx context.Context, allowed []string) error {
	if allowed == nil {
		return nil
	}
	l.mu.Lock()
	all := slices.Clone(l.known)
	l.mu.Unlock()
	for _, k := range all {
		account, err := k.ask(ctx)
		switch {
		case err != nil:
			return err
		case account == "":
			return Denied(fmt.Sprintf("the account of the login to %s cannot be told, so allowed_account_ids cannot be kept", k.name),
				"nothing was started; log in by an agency, or leave allowed_account_ids out")
		case !slices.Contains(allowed, account):
			return Denied(fmt.Sprintf("the login to %s is to account %s, which allowed_account_ids does not name", k.name, account),
				"nothing was started; log in to an allowed account, or add this one to allowed_account_ids")
		}
	}
	return nil
}

// Denied is the error of a login that cannot be tried.
func Denied(message, cure string) error {
	return &job.Error{Fault: job.Denied, Call: "login", Message: message, Cure: cure}
}

// Missing is the error of a login that is not there; cure says how to give one.
func (e Env) Missing(message, cure string) error {
	if e.Fork {
		return Denied(message, "this run is of a pull request from a fork, which GitHub gives neither secrets nor identity tokens: leave the step out for it (if: github.event.pull_request.head.repo.full_name == github.repository), and run it after the merge")
	}
	return Denied(message, cure)
}

// FirstSet is the first of the variables that holds anything, or empty.
func (e Env) FirstSet(names []string) string {
	for _, name := range names {
		if strings.TrimSpace(e.Getenv(name)) != "" {
			return name
		}
	}
	return ""
}

// Ways are how one can log in to a cloud.
type Ways struct {
	Variables []string                // that hold keys
	Held      func() (Keyring, error) // those keys
	Role      string                  // the input that asks for a login without keys; empty: none does
	Session   func() (Keyring, error) // that login
	Stand     Held                    // stand-in keys for a rehearsal, which logs in nowhere
}

// Choose takes the way that the user has given. If both are given, the user has to say
// which one counts.
func (w Ways) Choose(env Env) (Keyring, error) {
	keys, missing := w.Held()
	given := env.FirstSet(w.Variables)
	switch {
	case w.Role != "" && given != "" && env.Login.With == "":
		return nil, Denied(fmt.Sprintf("there are keys (%s) and a login without keys (%s)", given, w.Role),
			"give one of them, or say which counts by login: role or login: keys")
	case w.Role != "" && (given == "" || env.Login.With == LoginByRole):
		if env.Rehearsal {
			return w.Stand, nil
		}
		return w.Session()
	case missing != nil && env.Rehearsal:
		return w.Stand, nil
	}
	return keys, missing
}

// Parts reads the parts of a key from the environment.
type Parts struct {
	getenv func(string) string
	err    error
}

// PartsFrom reads from getenv.
func PartsFrom(getenv func(string) string) *Parts { return &Parts{getenv: getenv} }

// shortest is how many characters a key or token has at least.
const shortest = 8

// Get reads a part without the white space around it, which often comes with storing a
// secret.
func (p *Parts) Get(name string) string {
	value := strings.TrimSpace(p.getenv(name))
	if strings.ContainsFunc(value, unicode.IsControl) && p.err == nil {
		what := "a control character"
		if strings.ContainsAny(value, "\r\n") {
			what = "a line break"
		}
		p.err = Denied(name+" has "+what+" inside, so it is no key or token", "store the secret again, as one line and nothing else")
	}
	if value != "" && utf8.RuneCountInString(value) < shortest && p.err == nil {
		p.err = Denied(fmt.Sprintf("%s has fewer than %d characters, so it is no key or token; to mask it would hide parts of other words in the log", name, shortest), "store the whole key in the secret")
	}
	return value
}

// Err is the complaint about a part that cannot be sent in a header.
func (p *Parts) Err() error { return p.err }
