package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"cloudjob/internal/job"
)

// Keys sign calls. A login by token alone has neither id nor secret.
type Keys struct {
	ID, Secret, Token string
	Ends              time.Time // zero: never, or nobody told
	Account           string    // whose they are, where the login told it
}

// Keyring has the keys of one login.
type Keyring interface {
	// Keys returns keys for a call that is signed and sent at once. Its error
	// is a *job.Error: the call was not sent.
	Keys(ctx context.Context, call Call) (Keys, error)

	// Ended is told that the cloud refused the keys as ended. It returns nil
	// if the call can be made again, with others; or what to say instead.
	Ended(keys Keys, refused *job.Error) error
}

// Held are keys that the environment holds. Nobody can renew them.
type Held struct {
	Has  Keys
	From string // the variable with the token
}

var _ Keyring = Held{}

func (h Held) Keys(context.Context, Call) (Keys, error) { return h.Has, nil }

func (h Held) Ended(_ Keys, refused *job.Error) error {
	if h.Has.Token == "" {
		return refused
	}
	e := *refused
	e.Meaning = h.From + " belongs to a temporary login, which is wrong or has expired"
	e.Cure = "make a new one that lasts as long as the job, or log in by a role or agency, which is renewed"
	return &e
}

// Exchange trades an identity token, once, for keys that end.
type Exchange func(ctx context.Context, identityToken string) (Keys, error)

// Session is a login without keys: it trades identity tokens for keys, and
// renews them before they end, at the next call.
type Session struct {
	identity identity
	audience string
	exchange Exchange
	secret   func(string)
	clock    func() time.Time

	turn chan struct{} // holds one while the keys are renewed

	mu       sync.Mutex
	keys     Keys
	got      time.Time     // by a clock that never jumps
	life     time.Duration // of the keys, from then on
	again    time.Time     // before this a renewal that failed is not tried again, while the keys live
	renewing bool
}

var _ Keyring = (*Session)(nil)

const (
	renewAgain  = 15 * time.Second // after a renewal that failed
	renewWithin = 20 * time.Second // while the old keys are good
	loginWithin = time.Minute      // where there are none
	lastMoment  = 10 * time.Second // before their end keys are not used any more
)

// Session is the login of a name, made at its first use and shared by all that
// ask for it.
func (e Env) Session(name, audience string, exchange Exchange) *Session {
	logins := e.Logins
	if logins == nil {
		logins = &Logins{}
	}
	return logins.session(name, func() *Session {
		s := &Session{
			identity: identity{getenv: e.Getenv, transport: e.Transport, variable: e.Login.Variable, missing: e.Missing, proxy: e.CheckProxy},
			audience: cmp.Or(e.Login.Audience, audience), exchange: exchange,
			secret: e.Secret, clock: e.Clock, turn: make(chan struct{}, 1),
		}
		if s.secret == nil {
			s.secret = func(string) {}
		}
		if s.clock == nil {
			s.clock = time.Now
		}
		s.identity.secret = s.secret
		return s
	})
}

// Keys renews the keys in their last fifth. What starts or stops something does
// not wait for that while the old ones are good, and nor does anybody while
// another renews them. If a renewal fails it is tried again later, until the
// keys end; then the calls fail.
func (s *Session) Keys(ctx context.Context, call Call) (Keys, error) {
	ctx = job.Sendable(ctx)
	if keys, ok := s.good(call); ok {
		return keys, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return Keys{}, halted(ctx, call)
	}
	if keys, ok := s.good(call); ok { // another renewed them
		return keys, nil
	}
	return s.renew(ctx, call)
}

// left is how long the keys are good still, by the wall clock and by the one
// that never jumps.
func (s *Session) left() time.Duration {
	if s.keys.Ends.IsZero() {
		return 0
	}
	return min(s.keys.Ends.Sub(s.clock()), s.life-time.Since(s.got)) - min(lastMoment, s.life/10)
}

// good returns the keys if they will do for the call.
func (s *Session) good(call Call) (Keys, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	left := s.left()
	if left <= 0 {
		return Keys{}, false
	}
	return s.keys, left > s.life/5 || !call.Reads || s.renewing || time.Now().Before(s.again)
}

func (s *Session) renew(ctx context.Context, call Call) (Keys, error) {
	s.mu.Lock()
	old, alive := s.keys, s.left() > 0
	s.renewing = true
	s.mu.Unlock()
	budget := loginWithin
	if alive {
		budget = renewWithin
	}
	within, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var keys Keys
	err := Retry(within, Call{Reads: true}, func() error {
		token, err := s.identity.token(within, s.audience)
		if err == nil {
			keys, err = s.exchange(within, token)
			err = described(err, token)
		}
		return err
	})
	life := keys.Ends.Sub(s.clock())
	if err == nil && life <= 0 {
		err = Denied(fmt.Sprintf("the keys that the cloud gave ended %s ago by this machine's clock", -life.Round(time.Second)), "set the clock of the runner")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renewing = false
	switch {
	case err == nil:
		s.secret(keys.ID)
		s.secret(keys.Secret)
		s.secret(keys.Token)
		s.keys, s.got, s.life, s.again = keys, time.Now(), life, time.Time{}
		return keys, nil
	case alive && s.left() > 0:
		s.again = time.Now().Add(renewAgain)
		return old, nil
	case ctx.Err() != nil:
		return Keys{}, halted(ctx, call)
	}
	return Keys{}, unable(err)
}

func halted(ctx context.Context, call Call) error {
	return &job.Error{Fault: job.Halted, Call: call.Name, Message: "cancelled before it was sent", Err: context.Cause(ctx)}
}

// unable makes of whatever went wrong with a login that there is none: nothing
// that needs it was sent.
func unable(err error) error {
	e, ok := errors.AsType[*job.Error](err)
	if !ok {
		return fmt.Errorf("log in: %w", err)
	}
	denied := *e
	denied.Fault = job.Denied
	if e.Fault == job.Ambiguous {
		denied.Meaning = "" // for a call that starts something
	}
	switch see := "see whether the login service can be reached"; e.Fault {
	case job.Denied:
	case job.Unsent: // which says why
		denied.Cure = see + ": " + e.Cure
	default:
		denied.Cure = see + "; nothing was sent without a login"
	}
	return &denied
}

// Ended forgets keys that the cloud calls ended, whatever the clock says.
func (s *Session) Ended(keys Keys, _ *job.Error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys.ID == keys.ID {
		s.keys = Keys{}
	}
	return nil
}

// Attempt makes a call with the keys of the ring; where the cloud says that
// they have ended, once more with others. ended tells that of an error.
func Attempt(ctx context.Context, ring Keyring, call Call, ended func(*job.Error) bool, do func(Keys) error) error {
	for again := true; ; again = false {
		keys, err := ring.Keys(ctx, call)
		if err != nil {
			return err
		}
		err = do(keys)
		e, ok := errors.AsType[*job.Error](err)
		if !ok || e.Fault != job.Denied || !ended(e) {
			return err
		}
		if said := ring.Ended(keys, e); said != nil || !again {
			return cmp.Or(said, err)
		}
	}
}
