package job

import (
	"context"
	"sync"
	"time"
)

// Clock is the time of what is answered from a recording: it stands where the
// recording is, and who waits has waited at once.
type Clock struct {
	mu    sync.Mutex
	now   time.Time
	until time.Time // nobody waits longer; zero: there is no such time
}

type clockKey struct{}

// NewClock makes a clock that stands at a time.
func NewClock(at time.Time) *Clock { return &Clock{now: at} }

// In is a context whose time is the clock's.
func (c *Clock) In(ctx context.Context) context.Context {
	return context.WithValue(ctx, clockKey{}, c)
}

// Set puts the clock to a time, and until when somebody may wait; zero: for ever.
func (c *Clock) Set(to, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now, c.until = to, until
}

// Now is where it stands.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// pass tells whether there was so much time.
func (c *Clock) pass(d time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return c.until.IsZero() || c.now.Before(c.until)
}

// ClockOf is the clock of a context, nil if its time is the real one.
func ClockOf(ctx context.Context) *Clock {
	c, _ := ctx.Value(clockKey{}).(*Clock)
	return c
}

// Now is the time of a context.
func Now(ctx context.Context) time.Time {
	if c := ClockOf(ctx); c != nil {
		return c.Now()
	}
	return time.Now()
}

// Pause waits, and tells whether the context goes on.
func Pause(ctx context.Context, d time.Duration) bool {
	if c := ClockOf(ctx); c != nil {
		return c.pass(d) && ctx.Err() == nil
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

type purposeKey struct{}

// For makes a context for calls that serve one purpose, by which a recording tells
// equal calls apart.
func For(ctx context.Context, purpose string) context.Context {
	return context.WithValue(ctx, purposeKey{}, purpose)
}

// PurposeOf is what the calls of a context are for; empty if nobody said.
func PurposeOf(ctx context.Context) string {
	purpose, _ := ctx.Value(purposeKey{}).(string)
	return purpose
}
