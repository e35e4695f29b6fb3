package cloud

import (
	"context"
	"fmt"
	"strings"
)

// Part is a part of the work on a job. A call may be needed for several parts; not every
// job needs all calls of a part.
type Part uint8

const (
	ToRun   Part = 1 << iota // start it, find it again if the answer is lost, attach to it
	ToWait                   // follow it, judge it, say why it failed
	ToStop                   // end it, and see that it did
	ToCheck                  // tell before a start whether it could work
	ToGuard                  // hold before a start how much would run against a limit
)

func (p Part) String() string {
	var words []string
	for i, word := range []string{"run", "wait", "stop", "check -live", "guard"} {
		if p&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return strings.Join(words, ", ")
}

// Beyond tells of a call that is made for more than a check, or than a guard
// that nobody asks for.
func (p Part) Beyond(asked Part) bool { return p&^(ToCheck|ToGuard&^asked) != 0 }

type readsKey struct{}

// ReadsOnly makes a context in which calls that could start or change anything are
// refused. told is called with how each call ended.
func ReadsOnly(ctx context.Context, told func(Call, error)) context.Context {
	return context.WithValue(ctx, readsKey{}, told)
}

// allowed is the error for a call that may not be made in this context.
func allowed(ctx context.Context, call Call) (told func(Call, error), err error) {
	told, only := ctx.Value(readsKey{}).(func(Call, error))
	switch {
	case !only:
		return func(Call, error) {}, nil
	case !call.Reads:
		return nil, fmt.Errorf("%s %s, and only reads are made here", call.Name, call.Does)
	}
	return told, nil
}
