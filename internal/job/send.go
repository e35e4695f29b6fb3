package job

import "context"

type sendKey struct{}

// SendWhile makes a context for a call that may still be answered after alive
// has ended, but is not sent any more then.
func SendWhile(ctx, alive context.Context) context.Context {
	return context.WithValue(ctx, sendKey{}, alive)
}

// Sendable is the context that a call waits with before it is sent.
func Sendable(ctx context.Context) context.Context {
	if alive, ok := ctx.Value(sendKey{}).(context.Context); ok {
		return alive
	}
	return ctx
}
