package cloud

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cloudjob/internal/job"
)

// mint is GitHub's endpoint for identity tokens and a login service at once: the
// n-th token is traded for the n-th keys, which end after life.
type mint struct {
	life    time.Duration
	token   func(*http.Request) (status int, body string) // nil: fresh ones
	denied  func() error                                  // of an exchange; nil: it never is
	delay   time.Duration                                 // of an exchange
	skew    time.Duration                                 // of the cloud's clock
	secrets []string

	mu        sync.Mutex
	asked     []*http.Request
	tokens    int
	exchanges int
	used      map[string]bool
}

func (m *mint) RoundTrip(r *http.Request) (*http.Response, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, r)
	status, body := http.StatusOK, ""
	if m.token != nil {
		status, body = m.token(r)
	}
	if body == "" {
		m.tokens++
		body = fmt.Sprintf(`{"count":1,"value":"identity-%d"}`, m.tokens)
	}
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func (m *mint) exchange(ctx context.Context, token string) (Keys, error) {
	if m.delay > 0 {
		select {
		case <-time.After(m.delay):
		case <-ctx.Done():
			return Keys{}, &job.Error{Fault: job.Ambiguous, Call: "exchange", Message: "no answer"}
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.exchanges++
	if m.used[token] {
		return Keys{}, Denied("the token was used before", "")
	}
	if m.used == nil {
		m.used = map[string]bool{}
	}
	m.used[token] = true
	if m.denied != nil {
		if err := m.denied(); err != nil {
			return Keys{}, err
		}
	}
	n := strings.TrimPrefix(token, "identity-")
	return Keys{ID: "id-" + n, Secret: "secret-key-" + n, Token: "token-" + n, Ends: time.Now().Round(0).Add(m.skew + m.life)}, nil
}

var github = map[string]string{
	tokenAddress: "https://tokens.example.com/id?api-version=2.0&z=1", tokenBearer: "runner-bearer",
}

func (m *mint) session(env map[string]string, change func(*Env)) *Session {
	e := Env{
		Getenv:    func(name string) string { return env[name] },
		Transport: &Transport{Base: m},
		Secret:    func(s string) { m.mu.Lock(); defer m.mu.Unlock(); m.secrets = append(m.secrets, s) },
	}
	if change != nil {
		change(&e)
	}
	return e.Session("the cloud", "sts.example.com", m.exchange)
}

var (
	reads  = Call{Name: "DescribeJobs", Reads: true}
	starts = Call{Name: "StartJob"}
)

// TestSessionLivesAsLongAsTheJob: two hours of reads with keys of five minutes.
func TestSessionLivesAsLongAsTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{life: 5 * time.Minute}
		s := m.session(github, nil)
		seen := map[string]time.Time{}
		for began := time.Now(); time.Since(began) < 2*time.Hour; time.Sleep(10 * time.Second) {
			keys, err := s.Keys(t.Context(), reads)
			if err != nil {
				t.Fatal(err)
			}
			if left := time.Until(keys.Ends); left < lastMoment {
				t.Fatalf("keys for a call that end in %s", left)
			}
			if seen[keys.ID].IsZero() {
				seen[keys.ID] = time.Now()
			}
		}
		if m.exchanges != m.tokens || m.exchanges < 24 || m.exchanges > 33 || len(seen) != m.exchanges {
			t.Errorf("%d exchanges of %d tokens, %d keys seen", m.exchanges, m.tokens, len(seen))
		}
		for _, secret := range []string{"runner-bearer", "identity-1", "id-1", "secret-key-1", "token-1", "secret-key-20"} {
			if !strings.Contains(strings.Join(m.secrets, "\n")+"\n", secret+"\n") {
				t.Errorf("%s was not told to be a secret", secret)
			}
		}
		for _, r := range m.asked {
			if q := r.URL.Query(); q.Get("api-version") != "2.0" || q.Get("z") != "1" || q.Get("audience") != "sts.example.com" || r.Header.Get("Authorization") != "bearer runner-bearer" {
				t.Fatalf("asked %s as %q", r.URL, r.Header.Get("Authorization"))
			}
		}
	})
}

// TestSessionIsShared: a hundred calls at once log in once.
func TestSessionIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{life: time.Hour, delay: time.Second}
		s := m.session(github, nil)
		var calls sync.WaitGroup
		for range 100 {
			calls.Go(func() {
				if keys, err := s.Keys(t.Context(), starts); err != nil || keys.ID != "id-1" {
					t.Errorf("%+v, %v", keys, err)
				}
			})
		}
		calls.Wait()
		if m.exchanges != 1 {
			t.Errorf("%d exchanges", m.exchanges)
		}
	})
}

// TestNobodyWaitsForARenewal while the old keys are good, but the one who makes
// it; and a start or a stop makes none.
func TestNobodyWaitsForARenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{life: 10 * time.Minute}
		s := m.session(github, nil)
		take := func(call Call) (string, time.Duration) {
			began := time.Now()
			keys, err := s.Keys(t.Context(), call)
			if err != nil {
				t.Error(err)
			}
			return keys.ID, time.Since(began)
		}
		take(reads)
		time.Sleep(9 * time.Minute)
		m.delay = 5 * time.Second
		if id, took := take(starts); id != "id-1" || took != 0 {
			t.Errorf("a start got %s after %s", id, took)
		}
		var calls sync.WaitGroup
		calls.Go(func() {
			if id, took := take(reads); id != "id-2" || took != 5*time.Second {
				t.Errorf("a read got %s after %s", id, took)
			}
		})
		synctest.Wait()
		if id, took := take(reads); id != "id-1" || took != 0 {
			t.Errorf("another read got %s after %s", id, took)
		}
		calls.Wait()
	})
}

// TestRenewalThatFails is tried again while the keys live, and then every call
// is refused before it is sent, until the login works again.
func TestRenewalThatFails(t *testing.T) {
	for name, fault := range map[string]error{
		"not reached": &job.Error{Fault: job.Unsent, Call: "STS", Message: "no connection"},
		"refused":     Denied("the role's policy does not take it", "compare it"),
		"busy":        &job.Error{Fault: job.Throttled, Call: "STS", Message: "too many"},
		"broken":      errors.New("no JSON"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{life: 5 * time.Minute}
				s := m.session(github, nil)
				began := time.Now()
				down := func() bool {
					at := time.Since(began)
					return at > 4*time.Minute && at < 14*time.Minute
				}
				m.denied = func() error {
					if down() {
						return fault
					}
					return nil
				}
				lived, refusals := time.Duration(0), 0
				for time.Since(began) < 16*time.Minute {
					keys, err := s.Keys(t.Context(), reads)
					switch {
					case err == nil && time.Until(keys.Ends) < lastMoment:
						t.Fatalf("a key that ends in %s", time.Until(keys.Ends))
					case err == nil && down():
						lived = time.Since(began)
					case err != nil:
						refusals++
						if e, ok := errors.AsType[*job.Error](err); name != "broken" && (!ok || e.Fault != job.Denied) {
							t.Fatalf("%v", err)
						}
					}
					time.Sleep(10 * time.Second)
				}
				keys, err := s.Keys(t.Context(), reads)
				if err != nil || lived < 4*time.Minute+30*time.Second || refusals == 0 {
					t.Errorf("%+v, %v; the old keys were used until %s, %d refusals", keys, err, lived, refusals)
				}
				if m.exchanges > 300 {
					t.Errorf("%d exchanges in 16 minutes", m.exchanges)
				}
			})
		})
	}
}

// TestTheClockJumps: keys are renewed after a jump of the wall clock in either
// direction, and none is used beyond its life.
func TestTheClockJumps(t *testing.T) {
	for jump, then := range map[time.Duration]time.Duration{2 * time.Hour: 0, -2 * time.Hour: 51 * time.Minute, -59 * time.Minute: 51 * time.Minute} {
		t.Run(jump.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{life: time.Hour}
				jumped := time.Duration(0)
				s := m.session(github, func(e *Env) { e.Clock = func() time.Time { return time.Now().Add(jumped).Round(0) } })
				if _, err := s.Keys(t.Context(), reads); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Minute)
				jumped, m.skew = jump, jump // the cloud's clock was right all the time
				time.Sleep(then)
				keys, err := s.Keys(t.Context(), starts)
				if err != nil || keys.ID != "id-2" {
					t.Errorf("%+v, %v", keys, err)
				}
			})
		})
	}
}

// TestKeysThatHaveEnded when they come mean that the clock here is wrong.
func TestKeysThatHaveEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{life: time.Hour, skew: -3 * time.Hour}
		_, err := m.session(github, nil).Keys(t.Context(), starts)
		if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Denied || !strings.Contains(e.Error(), "ended 2h0m0s ago by this machine's clock; set the clock") {
			t.Errorf("%v", err)
		}
	})
}

// TestAttempt: keys that the cloud calls ended are replaced once, and the call
// is made again; those of the environment cannot be.
func TestAttempt(t *testing.T) {
	ended := func(e *job.Error) bool { return e.Code == "Ended" }
	refused := &job.Error{Fault: job.Denied, Call: "StartJob", Code: "Ended", Message: "the token has expired"}
	synctest.Test(t, func(t *testing.T) {
		m := &mint{life: time.Hour}
		s := m.session(github, nil)
		var with []string
		err := Attempt(t.Context(), s, starts, ended, func(k Keys) error {
			if with = append(with, k.ID); k.ID == "id-1" {
				return refused
			}
			return nil
		})
		if got := strings.Join(with, " "); err != nil || got != "id-1 id-2" {
			t.Errorf("called with %s: %v", got, err)
		}
		with = nil
		err = Attempt(t.Context(), s, starts, ended, func(k Keys) error { with = append(with, k.ID); return refused })
		if got := strings.Join(with, " "); !errors.Is(err, refused) || got != "id-2 id-3" {
			t.Errorf("called with %s: %v", got, err)
		}
		with = nil
		other := &job.Error{Fault: job.Denied, Code: "NotAllowed"}
		err = Attempt(t.Context(), s, starts, ended, func(k Keys) error { with = append(with, k.ID); return other })
		if len(with) != 1 || !errors.Is(err, other) {
			t.Errorf("a permission: called with %s: %v", with, err)
		}

		calls := 0
		err = Attempt(t.Context(), Held{Keys{ID: "a", Secret: "b", Token: "t"}, "CLOUD_TOKEN"}, starts, ended, func(Keys) error { calls++; return refused })
		if e, ok := errors.AsType[*job.Error](err); calls != 1 || !ok || !strings.Contains(e.Error(), "CLOUD_TOKEN belongs to a temporary login, which is wrong or has expired") {
			t.Errorf("temporary keys: %d calls, %v", calls, err)
		}
		err = Attempt(t.Context(), Held{Keys{ID: "a", Secret: "b"}, "CLOUD_TOKEN"}, starts, ended, func(Keys) error { return refused })
		if !errors.Is(err, refused) {
			t.Errorf("permanent keys: %v", err)
		}
	})
}

// TestIdentityTokens: where they come from, and what is said if they do not.
func TestIdentityTokens(t *testing.T) {
	with := func(name, value string) map[string]string {
		env := map[string]string{tokenAddress: github[tokenAddress], tokenBearer: github[tokenBearer]}
		env[name] = value
		return env
	}
	busy := 0
	tests := []struct {
		name     string
		env      map[string]string
		variable string
		fork     bool
		token    func(*http.Request) (int, string)
		fail     string
	}{
		{name: "of GitHub", env: github},
		{name: "a busy GitHub", env: github, token: func(*http.Request) (int, string) {
			if busy++; busy < 3 {
				return 503, `{"message":"busy"}`
			}
			return 200, ""
		}},
		{name: "of a variable", env: map[string]string{"ID_TOKEN": " eyJhbGciOiJSUzI1NiJ9.e30.c2ln\n"}, variable: "ID_TOKEN"},
		{name: "a variable with another secret", env: map[string]string{"DEPLOY_KEY": "hunter2-hunter2"}, variable: "DEPLOY_KEY", fail: "DEPLOY_KEY, which id_token_variable names, holds no identity token"},
		{name: "a variable with dots", env: map[string]string{"HOST": "a.example.com"}, variable: "HOST", fail: "holds no identity token"},
		{name: "a variable with something signed", env: map[string]string{"SIGNED": "e30.e30.c2ln"}, variable: "SIGNED", fail: "holds no identity token"},
		{name: "an empty variable", env: github, variable: "ID_TOKEN", fail: "ID_TOKEN, which id_token_variable names, is empty"},
		{name: "no permission", fail: `this job may not ask GitHub for an identity token; add "id-token: write" to the job's permissions`},
		{name: "no bearer", env: with(tokenBearer, ""), fail: "this job may not ask GitHub for an identity token"},
		{name: "a fork", fork: true, fail: "this run is of a pull request from a fork, which GitHub gives neither secrets nor identity tokens"},
		{name: "no address", env: with(tokenAddress, "://"), fail: "is no address"},
		{name: "plain http", env: with(tokenAddress, "http://tokens.example.com/"), fail: "plain http"},
		{name: "refused", env: github, token: func(*http.Request) (int, string) { return 403, `{"message":"no"}` }, fail: "GitHub did not give an identity token (HTTP 403)"},
		{name: "a redirect", env: github, token: func(*http.Request) (int, string) { return 302, `{"value":"x"}` }, fail: "redirect"},
		{name: "nothing in it", env: github, token: func(*http.Request) (int, string) { return 200, `{"count":0}` }, fail: "holds no identity token"},
		{name: "a page", env: github, token: func(*http.Request) (int, string) { return 200, `<html>` }, fail: "a web page where JSON was due"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := &mint{life: time.Hour, token: test.token}
				s := m.session(test.env, func(e *Env) { e.Login.Variable, e.Fork = test.variable, test.fork })
				keys, err := s.Keys(t.Context(), starts)
				switch {
				case test.fail == "" && (err != nil || keys.ID == ""):
					t.Errorf("%+v, %v", keys, err)
				case test.fail != "":
					if e, ok := errors.AsType[*job.Error](err); !ok || e.Fault != job.Denied || !strings.Contains(e.Error(), test.fail) {
						t.Errorf("got %v, want it denied with %q", err, test.fail)
					}
				}
			})
		})
	}
}

// TestRefusedTokenIsDescribed: a trust policy is compared with what the token
// says, so that is shown, of a token that can be read, and of nothing else.
func TestRefusedTokenIsDescribed(t *testing.T) {
	jwt := func(claims string) string {
		return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".c2lnbmF0dXJl"
	}
	denied := &job.Error{Fault: job.Denied, Call: "exchange", Message: "no", Meaning: "the role does not trust it", Cure: "compare"}
	for name, test := range map[string]struct {
		token string
		err   error
		want  string
	}{
		"one audience":    {jwt(`{"sub":"repo:o/r:ref:refs/heads/main","aud":"sts.example.com"}`), denied, `exchange: no; the role does not trust it (the token's subject is "repo:o/r:ref:refs/heads/main", its audience "sts.example.com"); compare`},
		"several":         {jwt(`{"sub":"s","aud":["a","b"]}`), denied, `(the token's subject is "s", its audience "a, b")`},
		"no audience":     {jwt(`{"sub":"s"}`), denied, `(the token's subject is "s", its audience "")`},
		"hostile":         {jwt(`{"sub":"s\n::stop-commands::x\u202e","aud":"a"}`), denied, `(the token's subject is "s\n::stop-commands::x", its audience "a")`},
		"no subject":      {jwt(`{"aud":"a"}`), denied, "exchange: no; the role does not trust it; compare"},
		"no token":        {"identity-1", denied, "exchange: no; the role does not trust it; compare"},
		"no JSON":         {jwt("secret"), denied, "exchange: no; the role does not trust it; compare"},
		"without meaning": {jwt(`{"sub":"s","aud":"a"}`), Denied("no", ""), `login: no; the token's subject is "s", its audience "a"`},
		"another fault":   {jwt(`{"sub":"s","aud":"a"}`), &job.Error{Fault: job.Throttled, Call: "exchange", Message: "busy"}, "exchange: busy"},
	} {
		if got := described(test.err, test.token).Error(); !strings.Contains(got, test.want) || strings.Contains(test.want, "exchange:") && !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if denied.Meaning != "the role does not trust it" {
		t.Errorf("the refusal itself became %q", denied.Meaning)
	}
}

// TestNoJobBeganByALogin: what an answer means for a start it does not mean for a
// login.
func TestNoJobBeganByALogin(t *testing.T) {
	for fault, meaning := range map[job.Fault]string{job.Ambiguous: "perhaps after the job began", job.Throttled: "too many logins"} {
		synctest.Test(t, func(t *testing.T) {
			m := &mint{life: time.Hour, denied: func() error {
				return &job.Error{Fault: fault, Call: "exchange", Message: "no", Meaning: meaning, Cure: "look for the job"}
			}}
			_, err := m.session(github, nil).Keys(t.Context(), starts)
			want := "exchange: no; see whether the login service can be reached; nothing was sent without a login"
			if fault == job.Throttled {
				want = "exchange: no; too many logins; see whether the login service can be reached; nothing was sent without a login"
			}
			if err == nil || err.Error() != want || job.OutcomeOf(err) != job.Unauthorized {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

// TestCancelledLogin: a cancel ends the wait for a login, and says so.
func TestCancelledLogin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &mint{life: time.Hour, delay: time.Minute}
		s := m.session(github, nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(errors.New("interrupted")) })
		_, err := s.Keys(ctx, starts)
		if job.OutcomeOf(err) != job.Cancelled {
			t.Errorf("%v", err)
		}
		// The answer to a start may be waited for longer than it may be sent.
		alive, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		began := time.Now()
		_, err = s.Keys(job.SendWhile(t.Context(), alive), starts)
		if job.OutcomeOf(err) != job.Cancelled || time.Since(began) != time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
	})
}

func TestSessionName(t *testing.T) {
	long := strings.Repeat("long-name/", 20)
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{nil, "cloudjob"},
		{map[string]string{"GITHUB_REPOSITORY": "acme/shop", "GITHUB_RUN_ID": "123", "GITHUB_RUN_ATTEMPT": "2"}, "cloudjob-acme.shop-123-2"},
		{map[string]string{"CI_PROJECT_PATH": "acme/sub/shop", "CI_JOB_ID": "9"}, "cloudjob-acme.sub.shop-9"},
		{map[string]string{"GITHUB_REPOSITORY": "acmé/sh op", "GITHUB_RUN_ID": "1"}, "cloudjob-acm_.sh_op-1"},
		{map[string]string{"GITHUB_REPOSITORY": long, "GITHUB_RUN_ID": "123", "GITHUB_RUN_ATTEMPT": "2"}, strings.ReplaceAll(long, "/", ".")[200-122:] + "-123-2"},
	} {
		got := SessionName(func(name string) string { return test.env[name] })
		if got != test.want || len(got) < 2 || len(got) > 128 {
			t.Errorf("%v: %q of %d, want %q", test.env, got, len(got), test.want)
		}
	}
}

func TestAllow(t *testing.T) {
	fault := errors.New("not reached")
	for _, test := range []struct {
		account string
		err     error
		allowed []string
		want    string
	}{
		{"1", nil, nil, ""},
		{"1", fault, nil, ""},
		{"1", nil, []string{"2", "1"}, ""},
		{"1", nil, []string{"2"}, "is to account 1, which allowed_account_ids does not name"},
		{"1", nil, []string{"11"}, "is to account 1, which"},
		{"", nil, []string{"1"}, "cannot be told"},
		{"", fault, []string{"1"}, "not reached"},
	} {
		logins := &Logins{}
		asked := 0
		for range 2 {
			logins.Know("the cloud", func(context.Context) (string, error) { asked++; return test.account, test.err })
		}
		err := logins.Allow(t.Context(), test.allowed)
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
			t.Errorf("%+v: %v", test, err)
		}
		if asked > 1 || asked == 1 && test.allowed == nil {
			t.Errorf("%+v: asked %d times", test, asked)
		}
	}
}

// TestLoginThatIsHindered: what is in the way on the road is said, with what to
// do about it.
func TestLoginThatIsHindered(t *testing.T) {
	refused := &job.Error{Fault: job.Unsent, Call: "identity token", Message: "the proxy wants a login", Cure: "write it into its variable"}
	if e := want(t, unable(refused), job.Denied, "the proxy wants a login"); e.Cure != "see whether the login service can be reached: write it into its variable" {
		t.Errorf("got %s", e.Cure)
	}
	if refused.Fault != job.Unsent {
		t.Error("the error of the road was changed")
	}
}
